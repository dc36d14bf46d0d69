/* codecs/sdp/sdp_type.c - the values of attributes, by their forms. */
#include "codecs/sdp/sdp_parts.h"

struct reader {
    struct sdp_cur c;
    struct span value;
    struct arena *mem;
};

static void number(struct reader *r, void *parts)
{
    ((struct sdp_number *)parts)->number = sdp_u64(r->value);
}

static void real(struct reader *r, void *parts)
{
    struct sdp_real *v = parts;

    v->number = sdp_u64(sdp_until(&r->c, '.'));
    v->fraction = sdp_left(&r->c);
}

static void rtpmap(struct reader *r, void *parts)
{
    struct sdp_rtpmap *v = parts;

    v->payload = sdp_u32(sdp_word(&r->c));
    v->encoding = sdp_until(&r->c, '/');
    v->clock = sdp_u32(sdp_until(&r->c, '/'));
    v->params = sdp_left(&r->c);
}

/* Parameters behind semicolons; white space around each is in none. */
static void params(struct reader *r, const struct param **to, size_t *n)
{
    struct arena_list l = {0};

    while (r->c.p) {
        struct span s = sdp_until(&r->c, ';');
        struct param *p = arena_push(r->mem, &l, sizeof *p);
        if (!p)
            break;
        while (s.n && *s.p == ' ')
            s = (struct span){s.p + 1, s.n - 1};
        while (s.n && s.p[s.n - 1] == ' ')
            s.n--;
        const uint8_t *eq = sdp_find(s.p, s.p + s.n, r->c.lim, '=');
        p->text = s;
        p->name = (struct span){s.p, (size_t)(eq - s.p)};
        p->value = (struct span){NULL, 0};
        if (eq < s.p + s.n)
            p->value = (struct span){eq + 1, (size_t)(s.p + s.n - eq - 1)};
    }
    *to = l.p;
    *n = l.n;
}

static void fmtp(struct reader *r, void *parts)
{
    struct sdp_fmtp *v = parts;

    v->format = sdp_word(&r->c);
    params(r, &v->params, &v->params_n);
    v->separator = (struct span){NULL, 0};
    if (v->params_n > 1) {
        const uint8_t *from = v->params[0].text.p + v->params[0].text.n;
        v->separator = (struct span){from, (size_t)(v->params[1].text.p - from)};
    }
}

static void rtcp(struct reader *r, void *parts)
{
    struct sdp_rtcp *v = parts;

    v->port = sdp_u32(sdp_word(&r->c));
    v->nettype = sdp_word(&r->c);
    v->addrtype = sdp_word(&r->c);
    v->address = sdp_left(&r->c);
}

static void crypto(struct reader *r, void *parts)
{
    struct sdp_crypto *v = parts;
    struct arena_list l = {0};

    v->tag = sdp_u32(sdp_word(&r->c));
    v->suite = sdp_word(&r->c);
    struct span keys = sdp_word(&r->c);
    struct sdp_cur k = keys.p ? sdp_cur_of(keys, r->c.lim) : (struct sdp_cur){0};
    while (k.p) {
        struct span key = sdp_until(&k, ';');
        struct sdp_crypto_key *to = arena_push(r->mem, &l, sizeof *to);
        if (!to)
            break;
        struct sdp_cur c = sdp_cur_of(key, r->c.lim);
        to->method = sdp_until(&c, ':');
        to->info = sdp_left(&c);
    }
    v->keys = l.p;
    v->keys_n = l.n;
    sdp_words(&r->c, ' ', r->mem, &v->params, &v->params_n);
}

static void feedback(struct reader *r, void *parts)
{
    struct sdp_feedback *v = parts;

    v->format = sdp_word(&r->c);
    v->type = sdp_word(&r->c);
    v->param = sdp_word(&r->c);
    v->rest = sdp_left(&r->c);
}

static void ssrc(struct reader *r, void *parts)
{
    struct sdp_ssrc *v = parts;

    v->id = sdp_u32(sdp_word(&r->c));
    v->attribute = sdp_until(&r->c, ':');
    v->value = sdp_left(&r->c);
}

static void group(struct reader *r, void *parts)
{
    struct sdp_group *v = parts;

    v->semantics = sdp_word(&r->c);
    sdp_words(&r->c, ' ', r->mem, &v->ids, &v->ids_n);
}

static void fingerprint(struct reader *r, void *parts)
{
    struct sdp_fingerprint *v = parts;

    v->hash = sdp_word(&r->c);
    v->value = sdp_left(&r->c);
}

/* Whether `word` and one blank stand next; then they are passed over. */
static bool next_is(struct sdp_cur *c, const char *word, size_t n)
{
    if (!c->p || (size_t)(c->end - c->p) <= n || memcmp(c->p, word, n) != 0 || c->p[n] != ' ')
        return false;
    c->p += n + 1;
    return true;
}

static void candidate(struct reader *r, void *parts)
{
    struct sdp_candidate *v = parts;
    struct arena_list l = {0};

    v->foundation = sdp_word(&r->c);
    v->component = sdp_u32(sdp_word(&r->c));
    v->transport = sdp_word(&r->c);
    v->priority = sdp_u32(sdp_word(&r->c));
    v->address = sdp_word(&r->c);
    v->port = sdp_u32(sdp_word(&r->c));
    v->type = next_is(&r->c, "typ", 3) ? sdp_word(&r->c) : (struct span){NULL, 0};
    v->related = next_is(&r->c, "raddr", 5) ? sdp_word(&r->c) : (struct span){NULL, 0};
    v->related_port = next_is(&r->c, "rport", 5) ? sdp_u32(sdp_word(&r->c)) : SDP_NONE;
    while (r->c.p) {
        struct sdp_extension *e = arena_push(r->mem, &l, sizeof *e);
        if (!e)
            break;
        e->name = sdp_word(&r->c);
        e->value = sdp_word(&r->c);
    }
    v->extensions = l.p;
    v->extensions_n = l.n;
}

static void remotes(struct reader *r, void *parts)
{
    struct sdp_remotes *v = parts;
    struct arena_list l = {0};

    while (r->c.p) {
        struct sdp_remote *to = arena_push(r->mem, &l, sizeof *to);
        if (!to)
            break;
        to->component = sdp_u32(sdp_word(&r->c));
        to->address = sdp_word(&r->c);
        to->port = sdp_u32(sdp_word(&r->c));
    }
    v->remotes = l.p;
    v->remotes_n = l.n;
}

static void options(struct reader *r, void *parts)
{
    struct sdp_options *v = parts;
    sdp_words(&r->c, ' ', r->mem, &v->options, &v->options_n);
}

/* "send 1;2,~3 recv 4": two directions at most are read, the list is short. */
static void simulcast(struct reader *r, void *parts)
{
    struct sdp_simulcast *v = parts;
    struct sdp_streams *d = sdp_take(r->mem, 2 * sizeof *d);

    *v = (struct sdp_simulcast){d, 0};
    while (d && r->c.p && v->directions_n < 2) {
        d->direction = sdp_word(&r->c);
        struct span list = sdp_word(&r->c);
        struct sdp_cur c = list.p ? sdp_cur_of(list, r->c.lim) : (struct sdp_cur){0};
        sdp_words(&c, ';', r->mem, &d->streams, &d->streams_n);
        v->directions_n++;
        d++;
    }
}

static void rid(struct reader *r, void *parts)
{
    struct sdp_rid *v = parts;

    v->id = sdp_word(&r->c);
    v->direction = sdp_word(&r->c);
    params(r, &v->params, &v->params_n);
}

static void extmap(struct reader *r, void *parts)
{
    struct sdp_extmap *v = parts;
    struct span entry = sdp_word(&r->c);
    struct sdp_cur c = sdp_cur_of(entry, r->c.lim);

    v->id = sdp_u32(sdp_until(&c, '/'));
    v->direction = sdp_left(&c);
    v->uri = sdp_word(&r->c);
    v->attributes = sdp_left(&r->c);
}

static const struct {
    size_t size;
    void (*read)(struct reader *r, void *parts);
} forms[SDP_FORMS] = {
    [SDP_FORM_NUMBER] = {sizeof(struct sdp_number), number},
    [SDP_FORM_REAL] = {sizeof(struct sdp_real), real},
    [SDP_FORM_RTPMAP] = {sizeof(struct sdp_rtpmap), rtpmap},
    [SDP_FORM_FMTP] = {sizeof(struct sdp_fmtp), fmtp},
    [SDP_FORM_RTCP] = {sizeof(struct sdp_rtcp), rtcp},
    [SDP_FORM_CRYPTO] = {sizeof(struct sdp_crypto), crypto},
    [SDP_FORM_FEEDBACK] = {sizeof(struct sdp_feedback), feedback},
    [SDP_FORM_SSRC] = {sizeof(struct sdp_ssrc), ssrc},
    [SDP_FORM_GROUP] = {sizeof(struct sdp_group), group},
    [SDP_FORM_FINGERPRINT] = {sizeof(struct sdp_fingerprint), fingerprint},
    [SDP_FORM_CANDIDATE] = {sizeof(struct sdp_candidate), candidate},
    [SDP_FORM_REMOTES] = {sizeof(struct sdp_remotes), remotes},
    [SDP_FORM_OPTIONS] = {sizeof(struct sdp_options), options},
    [SDP_FORM_SIMULCAST] = {sizeof(struct sdp_simulcast), simulcast},
    [SDP_FORM_RID] = {sizeof(struct sdp_rid), rid},
    [SDP_FORM_EXTMAP] = {sizeof(struct sdp_extmap), extmap},
};

void sdp_attribute_parts(struct sdp_attribute *a, const uint8_t *lim, struct arena *mem)
{
    size_t form = sdp_names[a->type].form;

    if (!forms[form].read || !a->value.p)
        return;
    void *parts = sdp_take(mem, forms[form].size);
    if (!parts)
        return;
    struct reader r = {sdp_cur_of(a->value, lim), a->value, mem};
    forms[form].read(&r, parts);
    a->parts = parts;
}
