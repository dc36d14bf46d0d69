/* codecs/sdp/sdp_type.c - the values of attributes, by their forms. */
#include "codecs/sdp/sdp_parts.h"

struct reader { /* its cursor is copied before it is moved along: so it stays in registers */
    struct sdp_cur c;
    struct arena *mem;
};

static void number(const struct reader *r, void *parts)
{
    struct sdp_cur c = r->c;
    ((struct sdp_number *)parts)->number = sdp_u64(sdp_left(&c));
}

static void real(const struct reader *r, void *parts)
{
    struct sdp_real *v = parts;
    struct sdp_cur c = r->c;

    v->number = sdp_u64(sdp_until(&c, '.'));
    v->fraction = sdp_left(&c);
}

static void rtpmap(const struct reader *r, void *parts)
{
    struct sdp_rtpmap *v = parts;
    struct sdp_cur c = r->c;

    v->payload = sdp_u32_until(&c, ' ');
    v->encoding = sdp_until(&c, '/');
    v->clock = sdp_u32_until(&c, '/');
    v->params = sdp_left(&c);
}

/* Parameters behind semicolons; white space around each is in none. */
static void params(const struct reader *r, struct sdp_cur c, const struct param **to, size_t *n)
{
    struct sdp_run run = sdp_run_of(r->mem, sizeof(struct param));

    for (struct param *p; c.p && (p = sdp_run_next(&run)) != NULL;) {
        struct span s = sdp_until(&c, ';');
        while (s.n && *s.p == ' ')
            s = (struct span){s.p + 1, s.n - 1};
        while (s.n && s.p[s.n - 1] == ' ')
            s.n--;
        const uint8_t *end = s.p + s.n, *eq = sdp_find(s.p, end, c.lim, '=');
        p->text = s;
        p->name = (struct span){s.p, (size_t)(eq - s.p)};
        p->value =
            eq < end ? (struct span){eq + 1, (size_t)(end - eq - 1)} : (struct span){NULL, 0};
    }
    *to = sdp_run_end(&run, n);
}

static void fmtp(const struct reader *r, void *parts)
{
    struct sdp_fmtp *v = parts;
    struct sdp_cur c = r->c;

    v->format = sdp_word(&c);
    params(r, c, &v->params, &v->params_n);
    v->separator = (struct span){NULL, 0};
    if (v->params_n > 1) {
        const uint8_t *from = v->params[0].text.p + v->params[0].text.n;
        v->separator = (struct span){from, (size_t)(v->params[1].text.p - from)};
    }
}

static void rtcp(const struct reader *r, void *parts)
{
    struct sdp_rtcp *v = parts;
    struct sdp_cur c = r->c;

    v->port = sdp_u32_until(&c, ' ');
    v->nettype = sdp_word(&c);
    v->addrtype = sdp_word(&c);
    v->address = sdp_left(&c);
}

static void crypto(const struct reader *r, void *parts)
{
    struct sdp_crypto *v = parts;
    struct sdp_cur c = r->c;

    v->tag = sdp_u32_until(&c, ' ');
    v->suite = sdp_word(&c);
    struct span keys = sdp_word(&c);
    struct sdp_cur k = keys.p ? sdp_cur_of(keys, c.lim) : (struct sdp_cur){0};
    struct sdp_run keys_run = sdp_run_of(r->mem, sizeof(struct sdp_crypto_key));
    for (struct sdp_crypto_key *to; k.p && (to = sdp_run_next(&keys_run)) != NULL;) {
        struct sdp_cur one = sdp_cur_of(sdp_until(&k, ';'), c.lim);
        to->method = sdp_until(&one, ':');
        to->info = sdp_left(&one);
    }
    v->keys = sdp_run_end(&keys_run, &v->keys_n);
    sdp_words(c, ' ', r->mem, &v->params, &v->params_n);
}

static void feedback(const struct reader *r, void *parts)
{
    struct sdp_feedback *v = parts;
    struct sdp_cur c = r->c;

    v->format = sdp_word(&c);
    v->type = sdp_word(&c);
    v->param = sdp_word(&c);
    v->rest = sdp_left(&c);
}

static void ssrc(const struct reader *r, void *parts)
{
    struct sdp_ssrc *v = parts;
    struct sdp_cur c = r->c;

    v->id = sdp_u32_until(&c, ' ');
    v->attribute = sdp_until(&c, ':');
    v->value = sdp_left(&c);
}

static void group(const struct reader *r, void *parts)
{
    struct sdp_group *v = parts;
    struct sdp_cur c = r->c;

    v->semantics = sdp_word(&c);
    sdp_words(c, ' ', r->mem, &v->ids, &v->ids_n);
}

static void fingerprint(const struct reader *r, void *parts)
{
    struct sdp_fingerprint *v = parts;
    struct sdp_cur c = r->c;

    v->hash = sdp_word(&c);
    v->value = sdp_left(&c);
}

/* Whether `word`, of small letters, stands next in any case (RFC 5234 section 2.3), and one blank; then they are passed
 * over. */
static inline __attribute__((always_inline)) bool next_is(struct sdp_cur *c, const char *word,
                                                          size_t n)
{
    if (!c->p || (size_t)(c->end - c->p) <= n || c->p[n] != ' ')
        return false;
    for (size_t i = 0; i < n; i++)
        if ((c->p[i] | 0x20) != word[i])
            return false;
    c->p += n + 1;
    return true;
}

static void candidate(const struct reader *r, void *parts)
{
    struct sdp_candidate *v = parts;
    struct sdp_cur c = r->c;

    v->foundation = sdp_word(&c);
    v->component = sdp_u32_until(&c, ' ');
    v->transport = sdp_word(&c);
    v->priority = sdp_u32_until(&c, ' ');
    v->address = sdp_word(&c);
    v->port = sdp_u32_until(&c, ' ');
    v->type = next_is(&c, "typ", 3) ? sdp_word(&c) : (struct span){NULL, 0};
    v->related = next_is(&c, "raddr", 5) ? sdp_word(&c) : (struct span){NULL, 0};
    v->related_port = next_is(&c, "rport", 5) ? sdp_u32_until(&c, ' ') : SDP_NONE;
    struct sdp_run run = sdp_run_of(r->mem, sizeof(struct sdp_extension));
    for (struct sdp_extension *e; c.p && (e = sdp_run_next(&run)) != NULL;) {
        e->name = sdp_word(&c);
        e->value = sdp_word(&c);
    }
    v->extensions = sdp_run_end(&run, &v->extensions_n);
}

static void remotes(const struct reader *r, void *parts)
{
    struct sdp_remotes *v = parts;
    struct sdp_cur c = r->c;
    struct sdp_run run = sdp_run_of(r->mem, sizeof(struct sdp_remote));

    for (struct sdp_remote *to; c.p && (to = sdp_run_next(&run)) != NULL;) {
        to->component = sdp_u32_until(&c, ' ');
        to->address = sdp_word(&c);
        to->port = sdp_u32_until(&c, ' ');
    }
    v->remotes = sdp_run_end(&run, &v->remotes_n);
}

static void options(const struct reader *r, void *parts)
{
    struct sdp_options *v = parts;
    struct sdp_cur c = r->c;
    sdp_words(c, ' ', r->mem, &v->options, &v->options_n);
}

/* "send 1;2,~3 recv 4": two directions at most are read, the list is short. */
static void simulcast(const struct reader *r, void *parts)
{
    struct sdp_simulcast *v = parts;
    struct sdp_cur c = r->c;
    struct sdp_streams *d = arena_new(r->mem, 2 * sizeof *d);

    *v = (struct sdp_simulcast){d, 0};
    while (d && c.p && v->directions_n < 2) {
        d->direction = sdp_word(&c);
        struct span list = sdp_word(&c);
        struct sdp_cur streams = list.p ? sdp_cur_of(list, c.lim) : (struct sdp_cur){0};
        sdp_words(streams, ';', r->mem, &d->streams, &d->streams_n);
        v->directions_n++;
        d++;
    }
}

static void rid(const struct reader *r, void *parts)
{
    struct sdp_rid *v = parts;
    struct sdp_cur c = r->c;

    v->id = sdp_word(&c);
    v->direction = sdp_word(&c);
    params(r, c, &v->params, &v->params_n);
}

static void extmap(const struct reader *r, void *parts)
{
    struct sdp_extmap *v = parts;
    struct sdp_cur c = r->c;
    struct sdp_cur entry = sdp_cur_of(sdp_word(&c), c.lim);

    v->id = sdp_u32_until(&entry, '/');
    v->direction = sdp_left(&entry);
    v->uri = sdp_word(&c);
    v->attributes = sdp_left(&c);
}

static const struct {
    size_t size;
    void (*read)(const struct reader *r, void *parts);
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

void sdp_attribute_parts(struct sdp_attribute *v, size_t n, const uint8_t *lim, struct arena *mem)
{
    struct reader r = {.mem = mem};

    for (size_t i = 0; i < n; i++) {
        struct sdp_attribute *a = &v[i];
        size_t form = sdp_names[a->type].form;
        if (!forms[form].read || !a->value.p)
            continue;
        void *parts = arena_new(mem, forms[form].size);
        if (!parts)
            return;
        r.c = sdp_cur_of(a->value, lim);
        forms[form].read(&r, parts);
        a->parts = parts;
    }
}
