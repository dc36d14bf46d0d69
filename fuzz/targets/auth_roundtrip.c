/* fuzz/targets/auth_roundtrip.c - challenges, credentials and Authentication-Info: parameters, struct, text and
 * parameters again agree; lint stays within the text. The last octet says which of them, and whose rules. */
#include "codecs/auth/auth.h"
#include "fuzz/engine/codec_oracle.h"

enum { ROOM = 1 << 18, WRITTEN = 1 << 14, KINDS = 3 };

static uint8_t written[WRITTEN];

union any { /* the three begin alike, and their other members are texts */
    struct auth_list list;
    struct auth_challenge challenge;
    struct auth_credentials credentials;
    struct auth_info info;
};
static const struct kind {
    size_t size;
} kinds[KINDS] = {
    {sizeof(struct auth_challenge)}, {sizeof(struct auth_credentials)}, {sizeof(struct auth_info)}};

static void read_as(unsigned kind, struct span text, struct arena *mem, union any *v)
{
    struct auth_list l;

    if (kind == 2)
        auth_split_info(text, mem, &l);
    else
        auth_split(text, mem, &l);
    memset(v, 0, sizeof *v);
    if (kind == 0)
        auth_challenge_of(&l, &v->challenge);
    else if (kind == 1)
        auth_credentials_of(&l, &v->credentials);
    else
        auth_info_of(&l, &v->info);
}

static struct span write_as(unsigned kind, const union any *v)
{
    struct wr w = {written, sizeof written, 0, false};

    if (kind == 0)
        auth_put_challenge(&w, &v->challenge);
    else if (kind == 1)
        auth_put_credentials(&w, &v->credentials);
    else
        auth_put_info(&w, &v->info);
    require(!w.full, "what was read takes more room than it had");
    return wr_span(&w);
}

/* The i-th text of a struct; false: it has no more. */
static bool member(unsigned kind, const union any *v, size_t i, struct span *out)
{
    size_t at = sizeof(struct auth_list) + i * sizeof *out;
    if (at >= kinds[kind].size)
        return false;
    memcpy(out, (const uint8_t *)v + at, sizeof *out);
    return true;
}

static bool same_text(struct span a, struct span b)
{
    return a.p && b.p ? span_eq(a, b) : !a.p && !b.p;
}

static void same_members(unsigned kind, const union any *a, const union any *b)
{
    struct span x, y;
    for (size_t i = 0; member(kind, a, i, &x) && member(kind, b, i, &y); i++)
        require(same_text(x, y), "a value is another when it is written and read again");
}

static size_t skip_empty(const struct auth_list *l, size_t i)
{
    while (i < l->params_n && l->params[i].text.n == 0)
        i++;
    return i;
}

static void same_lists(const struct auth_list *a, const struct auth_list *b)
{
    size_t i = skip_empty(a, 0), k = skip_empty(b, 0);

    require(span_eq(a->scheme, b->scheme),
            "the scheme is another when it is written and read again");
    for (; i < a->params_n && k < b->params_n; i = skip_empty(a, i + 1), k = skip_empty(b, k + 1))
        require(span_eq(a->params[i].name, b->params[k].name) &&
                    same_text(a->params[i].value, b->params[k].value),
                "a parameter is another when it is written and read again");
    require(i == a->params_n && k == b->params_n,
            "a parameter comes or goes when it is written and read again");
}

static void lint(unsigned kind, const union any *v, struct span in, bool sip)
{
    struct finding f[32];
    struct findings fs = {.v = f, .cap = COUNT(f)};
    struct auth_where at = {in, sip};

    if (kind == 0) {
        auth_lint_challenge(&v->challenge, &at, &fs);
        auth_lint_challenges(&v->challenge, 1, &at, &fs);
    } else if (kind == 1) {
        auth_lint_credentials(&v->credentials, NULL, &at, &fs);
    } else {
        auth_lint_info(&v->info, NULL, &at, &fs);
    }
    used(oracle_findings(&fs, in));
}

/* A list of challenges: each goes on behind the one before, in the text. */
static void list(struct span in, struct arena *mem)
{
    struct auth_list l;
    size_t at = 0, was = 0, n = 0;

    for (; auth_next(in, &at, mem, &l); was = at, n++) {
        require(at > was && at <= in.n, "a list of challenges does not go on");
        require(l.scheme.n > 0 && l.scheme.p >= in.p + was && l.scheme.p + l.scheme.n <= in.p + at,
                "a scheme is not in its part of the list");
    }
    require(n <= in.n, "more challenges than octets");
}

static void values(const union any *v, struct arena *mem)
{
    struct span s;
    for (size_t i = 0; member(1, v, i, &s); i++) {
        struct wr w = {written, sizeof written, 0, false};
        used(auth_qop_of(s) + auth_algorithm_of(s) + auth_flag_of(s));
        require(auth_same(s, s), "a value is not itself");
        if (s.p && auth_get_ext(&w, s)) {
            struct auth_credentials c = {.username_ext = s};
            struct span name = arena_copy(mem, wr_span(&w));
            require(name.n != w.n || auth_is_user(&c, name), "a name is not that of its ext-value");
        }
    }
}

static void one(const uint8_t *p, size_t n)
{
    static uint8_t room[2][ROOM];
    struct chance c = {p, n};
    uint8_t choice = chance_u8(&c);
    unsigned kind = choice % KINDS;
    struct fence f = fence_copy(c.p, c.n);
    struct span in = fence_span(&f);
    struct arena mem = arena_of(room[0], ROOM), other = arena_of(room[1], ROOM);
    union any v, again;

    read_as(kind, in, &mem, &v);
    if (!mem.full && in.n < WRITTEN / 4) {
        lint(kind, &v, in, choice & 0x80);
        struct span text = write_as(kind, &v);
        read_as(kind, text, &other, &again);
        same_lists(&v.list, &again.list);
        same_members(kind, &v, &again);
        if (kind == 1)
            values(&v, &mem);
        list(in, &other);
    }
    fence_free(&f);
}

const struct target auth_roundtrip_target = {.name = "auth_roundtrip",
                                             .one = one,
                                             .max_len = 2048,
                                             .weight = 2,
                                             .dict = "sip",
                                             .codecs = "parts"};
