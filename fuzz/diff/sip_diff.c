/* fuzz/diff/sip_diff.c - ours and a peer's reading of one message of SIP, and what may differ. */
#include <stdio.h>
#include "codecs/sip/sip.h"
#include "fuzz/diff/sip_diff.h"
#include "fuzz/engine/target.h"

enum { MEMORY = 1 << 20, FINDINGS = 64 };

static const char *const names[SIP_DIFF_ITEMS] = {
    "method",   "status", "Call-ID",  "CSeq number", "CSeq method",   "Via host",
    "Via port", "branch", "From tag", "To tag",      "Content-Length"};

void sip_diff_text(struct sip_projection *p, enum sip_diff_item i, const char *text)
{
    struct span s = span_of(text);

    p->v[i].there = text != NULL;
    p->v[i].n = s.n < SIP_DIFF_TEXT ? s.n : SIP_DIFF_TEXT;
    if (p->v[i].n)
        memcpy(p->v[i].text, s.p, p->v[i].n);
}

/* As libraries write one thing: numbers without leading zeros, IPv6 literals without brackets. */
static struct span plain(enum sip_diff_item i, struct span s)
{
    if (i == SIP_DIFF_CSEQ || i == SIP_DIFF_LENGTH || i == SIP_DIFF_VIA_PORT)
        while (s.n > 1 && s.p[0] == '0')
            s = span_cut(s, 1, s.n);
    if (i == SIP_DIFF_VIA_HOST && s.n > 1 && s.p[0] == '[' && s.p[s.n - 1] == ']')
        return span_cut(s, 1, s.n - 1);
    return s;
}

void sip_diff_number(struct sip_projection *p, enum sip_diff_item i, uint64_t v)
{
    struct wr w = {p->v[i].text, SIP_DIFF_TEXT, 0, false};

    wr_dec(&w, v);
    p->v[i].there = true;
    p->v[i].n = w.n;
}

struct ours {
    struct sip_msg m;
    bool message; /* it decodes */
    bool clean;   /* and breaks no rule of level MUST or STMT */
    struct span v[SIP_DIFF_ITEMS];
    uint8_t digits[3][24];
};

static struct span decimal(uint8_t *digits, uint64_t v)
{
    struct wr w = {digits, 24, 0, false};
    wr_dec(&w, v);
    return wr_span(&w);
}

static void project(struct ours *o)
{
    const struct sip_msg *m = &o->m;
    const struct sip_number *cseq = sip_first(m, SIP_CSEQ),
                            *length = sip_first(m, SIP_CONTENT_LENGTH);
    const struct sip_via *via = sip_first(m, SIP_VIA);
    const struct sip_header *call_id = sip_header(m, SIP_CALL_ID);

    memset(o->v, 0, sizeof o->v);
    if (m->request)
        o->v[SIP_DIFF_METHOD] = m->method;
    else
        o->v[SIP_DIFF_STATUS] = decimal(o->digits[0], m->status);
    if (call_id)
        o->v[SIP_DIFF_CALL_ID] = call_id->value;
    if (cseq) {
        o->v[SIP_DIFF_CSEQ] = decimal(o->digits[1], cseq->number);
        o->v[SIP_DIFF_CSEQ_METHOD] = cseq->method;
    }
    if (via) {
        const struct param *branch = param_find(via->params, via->params_n, "branch");
        o->v[SIP_DIFF_VIA_HOST] = via->host;
        o->v[SIP_DIFF_VIA_PORT] = via->port;
        if (branch)
            o->v[SIP_DIFF_BRANCH] = branch->value;
    }
    o->v[SIP_DIFF_FROM_TAG] = sip_tag(m, SIP_FROM);
    o->v[SIP_DIFF_TO_TAG] = sip_tag(m, SIP_TO);
    if (length)
        o->v[SIP_DIFF_LENGTH] = decimal(o->digits[2], length->number);
}

static void read_ours(struct span in, struct ours *o)
{
    static uint8_t memory[MEMORY];
    struct finding found[FINDINGS];
    struct findings fs = {.v = found, .cap = FINDINGS};
    struct arena mem = arena_of(memory, MEMORY);

    o->message = sip_decode(in, &mem, &o->m, &fs) == STEP_ITEM && !mem.full;
    if (!o->message)
        return;
    sip_lint(&o->m, &fs);
    o->clean = fs.n <= FINDINGS;
    for (size_t i = 0; i < findings_kept(&fs); i++)
        o->clean &= !level_strict(found[i].level);
    project(o);
}

/* ---- what may differ ---- */

static bool no_length(const struct ours *o, const struct sip_projection *p)
{
    (void)p;
    return !o->v[SIP_DIFF_LENGTH].p;
}
static bool other_scheme(const struct ours *o, const struct sip_projection *p)
{
    (void)p;
    return o->m.request && o->m.uri.kind == URI_OTHER;
}

static bool refer_sub_params(const struct ours *o, const struct sip_projection *p)
{
    const struct sip_value *v = sip_first(&o->m, SIP_REFER_SUB);
    (void)p;
    return v && v->params_n > 0;
}
static bool nul(const struct ours *o, const struct sip_projection *p)
{
    (void)p;
    return lex_find(o->m.head, 0, 0) < o->m.head.n;
}
/* Whether an address has a scheme that is neither sip nor tel, or HTAB in its display name. */
static bool odd_address(const struct ours *o, const struct sip_projection *p)
{
    static const enum sip_type types[] = {SIP_FROM, SIP_TO, SIP_CONTACT};

    (void)p;
    for (size_t i = 0; i < COUNT(types); i++) {
        const struct sip_address *a = sip_first(&o->m, types[i]);
        if (a && (a->uri.kind == URI_OTHER || lex_find(a->display, 0, '\t') < a->display.n))
            return true;
    }
    return false;
}
static bool odd_method(const struct ours *o, const struct sip_projection *p)
{
    struct span s = o->m.method;

    (void)p;
    return lex_find(s, 0, '+') < s.n || lex_find(s, 0, '`') < s.n;
}
static bool quoted_comment(const struct ours *o, const struct sip_projection *p)
{
    const struct sip_header *h = sip_header(&o->m, SIP_RETRY_AFTER);

    (void)p;
    return h && lex_find(h->value, 0, '\\') < h->value.n;
}
static bool folded_accept(const struct ours *o, const struct sip_projection *p)
{
    const struct sip_header *h = sip_header(&o->m, SIP_ACCEPT);

    (void)p;
    return h && h->fold;
}
static bool empty_password(const struct ours *o, const struct sip_projection *p)
{
    (void)p;
    return o->m.uri.password.p && o->m.uri.password.n == 0;
}
static bool several_parts(const struct ours *o, const struct sip_projection *p)
{
    const struct sip_value *type = sip_first(&o->m, SIP_CONTENT_TYPE);
    (void)p;
    return type && lex_like(span_cut(type->value, 0, 10), "multipart/");
}

static const struct row {
    const char *peer, *what; /* what: "it refuses a clean message", or the name of an item */
    bool (*when)(const struct ours *o, const struct sip_projection *p);
    const char *why;
} rows[] = {
    {"libosip2", "Content-Length", no_length, "it adds the length of the body where there is none"},
    {"libosip2", "it refuses a clean message", other_scheme,
     "it takes few schemes but sip and tel: its own affair"},
    {"sofia-sip", "it refuses a clean message", refer_sub_params,
     "it takes no parameters of Refer-Sub, which RFC 4488 section 4 allows"},
    {"libosip2", "it refuses a clean message", odd_address,
     "few schemes there either; and HTAB between the tokens of a display name, which it cannot "
     "read"},
    {"libosip2", "it refuses a clean message", nul, "NUL as a quoted-pair, which ends its strings"},
    {"sofia-sip", "it refuses a clean message", nul, "the same"},
    {"sofia-sip", "it refuses a clean message", odd_method,
     "\"+\" and \"`\" in a method, which are of a token"},
    {"sofia-sip", "it refuses a clean message", quoted_comment,
     "a parenthesis as a quoted-pair in the comment of Retry-After"},
    {"sofia-sip", "it refuses a clean message", folded_accept,
     "a line end beside the slash of Accept, where it takes a space"},
    {"libosip2", "it refuses a clean message", empty_password,
     "it wants an octet at least between ':' and '@'"},
    {"libosip2", "it refuses a clean message", several_parts,
     "bodies of several parts it takes apart at once, and not all of them"},
};

static void same(bool ok, const struct ours *o, const struct sip_projection *p,
                 const struct sip_peer *peer, const char *what)
{
    char words[160];

    for (size_t i = 0; !ok && i < COUNT(rows); i++)
        ok = rows[i].peer && strcmp(rows[i].peer, peer->name) == 0 &&
             strcmp(rows[i].what, what) == 0 && rows[i].when(o, p);
    if (ok)
        return;
    snprintf(words, sizeof words, "%s reads it otherwise: %s", peer->name, what);
    require(false, words);
}

void sip_diff_run(const struct sip_peer *peer, struct span in)
{
    static struct ours o;
    static struct sip_projection p;

    read_ours(in, &o);
    if (!o.message)
        return;
    peer->read(in, &p);
    if (!o.clean)
        return;
    same(p.accept, &o, &p, peer, "it refuses a clean message");
    for (size_t i = 0; p.accept && i < SIP_DIFF_ITEMS; i++) {
        struct span theirs = plain((enum sip_diff_item)i, (struct span){p.v[i].text, p.v[i].n});
        struct span mine = plain((enum sip_diff_item)i, span_cut(o.v[i], 0, SIP_DIFF_TEXT));
        bool both = mine.p && p.v[i].there, neither = !mine.p && !p.v[i].there;
        same(neither || (both && span_eq(mine, theirs)), &o, &p, peer, names[i]);
    }
}
