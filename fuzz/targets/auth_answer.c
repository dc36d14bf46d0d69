/* fuzz/targets/auth_answer.c - any challenge that can be answered: the answer is verified, with one octet changed it is
 * not, and lint finds nothing in it, beside that challenge. The same of the reply's Authentication-Info. Name, password
 * and choices come from the end of the input. */
#include "codecs/auth/auth.h"
#include "fuzz/engine/codec_oracle.h"

enum { ROOM = 1 << 18, TEXT = 1 << 15 };

static struct span take(struct chance *c, size_t n)
{
    if (n > c->n)
        n = c->n;
    c->n -= n;
    return (struct span){n ? c->p + c->n : NULL, n};
}

static void no_findings(const struct findings *fs)
{
    require(fs->n == 0, "lint finds something in our own answer");
}

/* One bit of a text changed: no longer good. */
static void changed(struct auth_credentials r, const struct auth_user *u,
                    const struct auth_request *rq, uint8_t where)
{
    static uint8_t copy[TEXT];
    struct span *s = r.list.token68.p ? &r.list.token68 : &r.response;
    size_t at = r.list.token68.p ? where % s->n : 1 + where % (s->n - 2);

    memcpy(copy, s->p, s->n);
    copy[at] ^= (uint8_t)(1 << where % 8);
    s->p = copy;
    require(auth_verify_user(&r, u, rq) != AUTH_GOOD, "an answer with an octet changed is good");
}

static void reply(const struct auth_credentials *r, const struct auth_user *u, struct span body,
                  bool sip, struct arena *mem)
{
    static uint8_t text[TEXT];
    uint8_t hex[AUTH_HEX];
    struct finding f[4];
    struct findings fs = {.v = f, .cap = COUNT(f)};
    struct wr w = {text, sizeof text, 0, false};
    struct auth_info i = {.qop = r->qop, .cnonce = r->cnonce, .nc = r->nc};
    struct auth_list l;
    struct auth_key k;

    auth_key_init(&k, auth_algorithm_of(r->algorithm), u->name, r->realm, u->password);
    auth_key_session(&k, r->nonce, r->cnonce);
    i.rspauth = auth_quoted(mem, auth_rspauth(&k, r, body, hex));
    require(i.rspauth.p || mem->full, "a reply to what was answered cannot be calculated");
    auth_put_info(&w, &i);
    if (w.full || mem->full)
        return;
    auth_split_info(wr_span(&w), mem, &l);
    auth_info_of(&l, &i);
    require(auth_verify_info(&k, r, &i, body) == AUTH_GOOD, "our own reply is not good");
    auth_lint_info(&i, r, &(struct auth_where){wr_span(&w), sip}, &fs);
    no_findings(&fs);
}

static void answer(const struct auth_challenge *ch, struct chance *c, bool sip, struct arena *mem)
{
    static uint8_t text[TEXT];
    struct wr w = {text, sizeof text, 0, false};
    struct finding f[4];
    struct findings fs = {.v = f, .cap = COUNT(f)};
    uint8_t choice = chance_u8(c), where = chance_u8(c);
    struct auth_user u = {.name = take(c, choice % 8), .password = take(c, choice / 8 % 4)};
    struct auth_ask ask = {.method = SPAN("REGISTER"),
                           .uri = span_of(sip ? "sip:b@example.org" : "/dir/\"x\"?y"),
                           .body = take(c, choice / 32 % 2 * 3),
                           .cnonce = take(c, choice / 64 % 2 * 2),
                           .nc = 1u + where,
                           .integrity = choice & 0x80};
    struct auth_request rq = {ask.method, ask.body};
    struct auth_credentials made, r;
    struct auth_list l;

    if (!auth_answer(ch, &u, &ask, mem, &made))
        return;
    auth_put_credentials(&w, &made);
    if (w.full)
        return;
    auth_split(wr_span(&w), mem, &l);
    auth_credentials_of(&l, &r);
    if (mem->full)
        return;
    require(auth_verify_user(&r, &u, &rq) == AUTH_GOOD, "our own answer is not good");
    require(auth_scheme_of(r.list.scheme) == AUTH_BASIC || auth_is_user(&r, u.name),
            "our own answer is not of us");
    auth_lint_credentials(&r, ch, &(struct auth_where){wr_span(&w), sip}, &fs);
    no_findings(&fs);
    changed(r, &u, &rq, where);
    if (auth_scheme_of(r.list.scheme) == AUTH_DIGEST)
        reply(&r, &u, ask.body, sip, mem);
}

static void one(const uint8_t *p, size_t n)
{
    static uint8_t room[ROOM];
    struct fence f = fence_copy(p, n);
    struct span in = fence_span(&f);
    struct chance c = {in.p, in.n};
    bool sip = chance_u8(&c) & 1;
    struct arena mem = arena_of(room, ROOM);
    struct auth_challenge v[4];
    size_t at = 0, many = 0;
    struct auth_list l;

    while (many < COUNT(v) && auth_next(in, &at, &mem, &l))
        auth_challenge_of(&l, &v[many++]);
    const struct auth_challenge *best = auth_choose(
        v, many, (struct span){NULL, 0}, (sip ? 0 : AUTH_BASIC_TOO) | (n & 1 ? AUTH_STRONGEST : 0));
    if (best && !mem.full)
        answer(best, &c, sip, &mem);
    fence_free(&f);
}

const struct target auth_answer_target = {.name = "auth_answer",
                                          .one = one,
                                          .max_len = 1024,
                                          .weight = 3,
                                          .dict = "sip",
                                          .codecs = "parts"};
