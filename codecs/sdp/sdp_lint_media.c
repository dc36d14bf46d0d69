/* codecs/sdp/sdp_lint_media.c - a=crypto, a=rid and a=simulcast, and the attributes of a section together. */
#include "codecs/sdp/sdp_rules.h"

/* ---- a=crypto ---- */

/* The octets that base64 text stands for; SIZE_MAX: it is none. */
static size_t base64_octets(struct span s)
{
    size_t pad = 0;

    while (s.n && pad < 2 && s.p[s.n - 1] == '=') {
        s.n--;
        pad++;
    }
    for (size_t i = 0; i < s.n; i++)
        if (!lex_is(s.p[i], LEX_ALPHA | LEX_DIGIT) && s.p[i] != '+' && s.p[i] != '/')
            return SIZE_MAX;
    return s.n * 3 / 4;
}

/* A number of packets, or a power of 2; `most`: the suite is one that has 2^48 at most. */
static void lifetime(const struct sdp_judge *j, struct span field, bool most)
{
    bool power = field.n > 2 && field.p[0] == '2' && field.p[1] == '^';
    struct span digits = span_cut(field, power ? 2 : 0, field.n);
    uint64_t v;

    if (!(power ? sdp_is_plain(digits) : sdp_is_positive(digits)))
        sdp_broke(j, SDP_R_CRYPTO_LIFETIME, field);
    else if (most && (!lex_number(digits, &v) || v > (power ? 48 : UINT64_C(1) << 48)))
        sdp_broke(j, SDP_R_CRYPTO_LIFETIME_LONG, field);
}

static void mki(const struct sdp_judge *j, struct span value, struct span length)
{
    if (!sdp_is_positive(value))
        sdp_broke(j, SDP_R_CRYPTO_MKI, value);
    if (!sdp_is_positive(length) || sdp_u32(length) > 128)
        sdp_broke(j, SDP_R_CRYPTO_MKI_LENGTH, length);
}

/* An inline key. The length of its MKI; p is NULL where there is no MKI. */
static struct span key(const struct sdp_judge *j, const struct sdp_crypto *v,
                       const struct sdp_crypto_key *k)
{
    static const struct {
        const char *suite;
        enum sdp_rule_id rule;
    } suites[] = {{"AES_CM_128_HMAC_SHA1_80", SDP_R_CRYPTO_KEY_80},
                  {"AES_CM_128_HMAC_SHA1_32", SDP_R_CRYPTO_KEY_32},
                  {"F8_128_HMAC_SHA1_80", SDP_R_CRYPTO_KEY_F8}};
    size_t at = lex_find(k->info, 0, '|');
    struct span salt = span_cut(k->info, 0, at), length = {NULL, 0};
    bool known = false, lived = false;

    for (size_t i = 0; i < COUNT(suites); i++)
        if (lex_like(v->suite, suites[i].suite)) {
            known = true;
            if (base64_octets(salt) != 30)
                sdp_broke(j, suites[i].rule, salt);
        }
    while (at < k->info.n) {
        struct span field = span_cut(k->info, at + 1, lex_find(k->info, at + 1, '|'));
        size_t colon = lex_find(field, 0, ':');
        at += field.n + 1;
        if (length.p) { /* the MKI is the last field */
            sdp_broke(j, SDP_R_CRYPTO_ORDER, field);
            break;
        }
        if (colon < field.n) {
            length = span_cut(field, colon + 1, field.n);
            mki(j, span_cut(field, 0, colon), length);
        } else if (lived) { /* the third field, which is the MKI */
            length = span_cut(field, colon, colon);
            sdp_broke(j, SDP_R_CRYPTO_MKI_BARE, field);
        } else {
            lifetime(j, field, known);
            lived = true;
        }
    }
    return length;
}

static void crypto_param(const struct sdp_judge *j, struct span p)
{
    if (lex_like(span_cut(p, 0, 4), "KDR=")) {
        struct span v = span_cut(p, 4, p.n);
        if (!sdp_is_positive(v) || sdp_u32(v) > 24)
            sdp_broke(j, SDP_R_CRYPTO_KDR, p);
    } else if (lex_like(span_cut(p, 0, 4), "WSH=")) {
        struct span v = span_cut(p, 4, p.n);
        if (!sdp_is_plain(v))
            sdp_broke(j, SDP_R_CRYPTO_WSH, p);
        else if (sdp_u32(v) < 64)
            sdp_broke(j, SDP_R_CRYPTO_WSH_LOW, p);
    } else if (lex_like(span_cut(p, 0, 10), "FEC_ORDER=")) {
        struct span v = span_cut(p, 10, p.n);
        if (!lex_like(v, "FEC_SRTP") && !lex_like(v, "SRTP_FEC"))
            sdp_broke(j, SDP_R_CRYPTO_FEC, p);
    }
}

static bool crypto_form(const struct sdp_attribute *a)
{
    const struct sdp_crypto *v = a->parts;
    size_t tag = lex_find(a->value, 0, ' ');

    if (!sdp_is_digits(span_cut(a->value, 0, tag)) || tag > 9 || !v->suite.n || !v->keys_n)
        return false;
    for (size_t i = 0; i < v->suite.n; i++)
        if (!lex_is(v->suite.p[i], LEX_ALPHA | LEX_DIGIT) && v->suite.p[i] != '_')
            return false;
    for (size_t i = 0; i < v->keys_n; i++)
        if (!v->keys[i].method.n || !v->keys[i].info.n)
            return false;
    return true;
}

void sdp_lint_crypto(const struct sdp_judge *j, const struct sdp_attribute *a)
{
    const struct sdp_crypto *v = a->parts;
    struct span first = {NULL, 0};
    struct span tag = span_cut(a->value, 0, lex_find(a->value, 0, ' '));
    bool missing = false, differs = false;

    for (size_t at = lex_until(a->value, 0, LEX_BLANK), end; at < a->value.n;
         at = lex_until(a->value, end, LEX_BLANK)) {
        end = lex_while(a->value, at, LEX_BLANK);
        if (end - at > 1 || a->value.p[at] != ' ')
            return; /* lawful white space that the parts do not tell */
    }
    if (!crypto_form(a)) {
        sdp_broke(j, SDP_R_CRYPTO_FORM, a->value);
        return;
    }
    if (!sdp_is_plain(tag))
        sdp_broke(j, SDP_R_CRYPTO_TAG, tag);
    for (size_t i = 0; i < v->keys_n; i++) {
        if (!lex_like(v->keys[i].method, "inline"))
            continue;
        struct span length = key(j, v, &v->keys[i]);
        missing |= !length.p;
        if (i == 0)
            first = length;
        differs |= length.p && first.p && !span_eq(length, first);
    }
    if (v->keys_n > 1 && missing)
        sdp_broke(j, SDP_R_CRYPTO_MKI_ALL, a->value);
    else if (differs)
        sdp_broke(j, SDP_R_CRYPTO_MKI_SAME, a->value);
    for (size_t i = 0; i < v->params_n; i++)
        crypto_param(j, v->params[i]);
}

/* ---- a=rid, a=simulcast ---- */

bool sdp_is_rid(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!lex_is(s.p[i], LEX_ALPHA | LEX_DIGIT) && s.p[i] != '-' && s.p[i] != '_')
            return false;
    return s.n > 0;
}

static bool listed(const struct sdp_media *m, struct span format)
{
    for (size_t i = 0; i < m->formats_n; i++)
        if (span_eq(m->formats[i], format))
            return true;
    return false;
}

/* "pt=96,97": each is in the m= line; `left` lookups are afforded. */
static void rid_formats(const struct sdp_judge *j, struct span list)
{
    size_t left = SDP_LINT_MEDIA;

    for (size_t at = 0; at <= list.n && left-- > 0 && j->media->formats_n <= SDP_LINT_MEDIA; at++) {
        size_t end = lex_find(list, at, ',');
        struct span f = span_cut(list, at, end);
        if (!listed(j->media, f)) {
            sdp_broke(j, SDP_R_RID_FOREIGN, f);
            return;
        }
        at = end;
    }
}

static void rid_param(const struct sdp_judge *j, const struct param *p)
{
    static const char *const whole[] = {"max-width", "max-height", "max-fps",
                                        "max-fs",    "max-br",     "max-pps"};

    if (!p->value.p)
        return;
    if (span_is(p->name, "pt")) {
        rid_formats(j, p->value);
    } else if (span_is(p->name, "max-bpp")) {
        size_t dot = lex_find(p->value, 0, '.');
        struct span fraction = span_cut(p->value, dot + 1, p->value.n);
        if (!sdp_is_digits(span_cut(p->value, 0, dot)) || !sdp_is_digits(fraction))
            sdp_broke(j, SDP_R_RID_NUMBER, p->value);
        else if (fraction.n > 4)
            sdp_broke(j, SDP_R_RID_BPP, p->value);
    } else {
        for (size_t i = 0; i < COUNT(whole); i++)
            if (span_is(p->name, whole[i]) && !sdp_is_digits(p->value))
                sdp_broke(j, SDP_R_RID_NUMBER, p->value);
    }
}

void sdp_lint_rid(const struct sdp_judge *j, const struct sdp_attribute *a)
{
    const struct sdp_rid *v = a->parts;
    bool fits = sdp_is_rid(v->id) && v->direction.n;

    for (size_t i = 0; i < v->params_n; i++)
        fits &= sdp_is_rid(v->params[i].name) && (i == 0 || !span_is(v->params[i].name, "pt"));
    if (!fits) {
        sdp_broke(j, SDP_R_RID_FORM, a->value);
        return;
    }
    if (!span_is(v->direction, "send") && !span_is(v->direction, "recv"))
        sdp_broke(j, SDP_R_RID_DIRECTION, v->direction);
    for (size_t i = 0; i < v->params_n; i++)
        rid_param(j, &v->params[i]);
}

struct ids { /* those of one a=simulcast */
    struct span v[SDP_LINT_MEDIA];
    size_t n;
};

/* The a=rid of an id in this section; NULL: none among its first 4 * SDP_LINT_MEDIA attributes. */
static const struct sdp_rid *rid_of(const struct sdp_media *m, struct span id)
{
    size_t seen = 0;

    for (size_t i = 0;
         i < m->section.attributes_n && seen < SDP_LINT_MEDIA && i < 4 * SDP_LINT_MEDIA; i++) {
        if (m->section.attributes[i].type != SDP_RID || !m->section.attributes[i].parts)
            continue;
        seen++;
        if (span_eq(((const struct sdp_rid *)m->section.attributes[i].parts)->id, id))
            return m->section.attributes[i].parts;
    }
    return NULL;
}

static void simulcast_id(const struct sdp_judge *j, struct span direction, struct span id,
                         struct ids *ids)
{
    id = span_cut(id, id.n && id.p[0] == '~', id.n);
    if (!sdp_is_rid(id)) {
        sdp_broke(j, SDP_R_SIMULCAST_ID, id);
        return;
    }
    for (size_t i = 0; i < ids->n; i++)
        if (span_eq(ids->v[i], id)) {
            sdp_broke(j, SDP_R_SIMULCAST_ID_AGAIN, id);
            return;
        }
    ids->v[ids->n++] = id;
    const struct sdp_rid *rid = rid_of(j->media, id);
    if (rid && !span_eq(rid->direction, direction))
        sdp_broke(j, SDP_R_SIMULCAST_DIRECTION, id);
}

void sdp_lint_simulcast(const struct sdp_judge *j, const struct sdp_attribute *a)
{
    const struct sdp_simulcast *v = a->parts;
    struct ids ids = {.n = 0};
    size_t words = 1;
    bool fits = v->directions_n > 0;

    for (size_t i = 0; i < a->value.n; i++)
        words += a->value.p[i] == ' ';
    for (size_t i = 0; i < v->directions_n; i++) {
        const struct sdp_streams *d = &v->directions[i];
        fits &=
            (span_is(d->direction, "send") || span_is(d->direction, "recv")) && d->streams_n > 0;
    }
    if (!fits || words != 2 * v->directions_n) {
        sdp_broke(j, SDP_R_SIMULCAST_FORM, a->value);
        return;
    }
    if (v->directions_n == 2 && span_eq(v->directions[0].direction, v->directions[1].direction))
        sdp_broke(j, SDP_R_SIMULCAST_TWICE, v->directions[1].direction);
    for (size_t i = 0; i < v->directions_n; i++)
        for (size_t k = 0; k < v->directions[i].streams_n && ids.n < COUNT(ids.v); k++) {
            struct span s = v->directions[i].streams[k];
            for (size_t at = 0; at <= s.n && ids.n < COUNT(ids.v); at++) {
                size_t end = lex_find(s, at, ',');
                simulcast_id(j, v->directions[i].direction, span_cut(s, at, end), &ids);
                at = end;
            }
        }
}
