/* codecs/sip/sip_lint_parts.c - parts of a body: how each is to be handled (RFC 5621), and the token that
 * Referred-By points to (RFC 3892). */
#include "codecs/sip/sip_lint.h"

struct entity { /* the body of a message, or a part of it */
    const struct sip_header *headers;
    size_t headers_n;
    struct span body;
    size_t from, to; /* the parts in it; those of `depth` stand in it themselves */
    unsigned depth;
};

static struct entity whole(const struct sip_msg *m)
{
    return (struct entity){m->headers, m->headers_n, m->body, 0, m->parts_n, 0};
}

static struct entity part(const struct sip_msg *m, size_t i)
{
    const struct sip_part *p = &m->parts[i];
    size_t to = i + 1;

    while (to < m->parts_n && m->parts[to].depth > p->depth)
        to++;
    return (struct entity){p->headers, p->headers_n, p->body, i + 1, to, p->depth + 1};
}

static const struct sip_header *field(const struct entity *e, enum sip_type type)
{
    for (size_t i = 0; i < e->headers_n; i++)
        if (e->headers[i].type == type)
            return &e->headers[i];
    return NULL;
}

static const struct sip_value *value(const struct entity *e, enum sip_type type)
{
    const struct sip_header *h = field(e, type);
    return h && h->values_n ? h->values : NULL;
}

static bool is(const struct entity *e, const char *type)
{
    const struct sip_value *v = value(e, SIP_CONTENT_TYPE);
    return v && lex_like(v->value, type);
}

/* Its disposition, that of RFC 3261 section 20.11 where it has none. */
static struct span disposition(const struct entity *e)
{
    const struct sip_value *v = value(e, SIP_CONTENT_DISPOSITION);
    return v ? v->value : span_of(is(e, "application/sdp") ? "session" : "render");
}

static struct span handling(const struct entity *e)
{
    const struct sip_value *v = value(e, SIP_CONTENT_DISPOSITION);
    return v ? sip_param(v->params, v->params_n, "handling") : (struct span){NULL, 0};
}

/* Where a finding about an entity stands: its disposition, its type, or all of it. */
static struct span place(const struct entity *e)
{
    const struct sip_value *v = value(e, SIP_CONTENT_DISPOSITION);

    if (!v)
        v = value(e, SIP_CONTENT_TYPE);
    return v ? v->text : e->body;
}

/* ---- the header of a part: RFC 2045, RFC 2183 ---- */

/* A token of MIME, which takes more than one of SIP. */
static bool mime_token(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~' || lex_among(s.p[i], "()<>@,;:\\\"/[]?="))
            return false;
    return s.n > 0;
}

/* White space may stand between its parts; where there is a comment nobody looks. */
static bool mime_type(struct span s)
{
    size_t slash = lex_find(s, 0, '/');
    struct span type = lex_trim(span_cut(s, 0, slash), LEX_LWS),
                subtype = lex_trim(span_cut(s, slash + 1, s.n), LEX_LWS);

    return lex_find(s, 0, '(') < s.n || (slash < s.n && mime_token(type) && mime_token(subtype));
}

static void part_fields(struct sip_lint *l, const struct entity *e)
{
    const struct sip_header *first_type = field(e, SIP_CONTENT_TYPE),
                            *first_id = field(e, SIP_CONTENT_ID);

    for (size_t i = 0; i < e->headers_n; i++) {
        const struct sip_header *h = &e->headers[i];
        bool type = h->type == SIP_CONTENT_TYPE, id = h->type == SIP_CONTENT_ID;
        const struct sip_value *v = h->values;
        struct span s = h->values_n ? v->value : h->value;
        sip_must(l, h->name.n > 0, SIP_R_PART_FIELD, h->line);
        if (type || id)
            sip_must(l, h == (type ? first_type : first_id), SIP_R_PART_TWICE, h->name);
        if (type)
            sip_must(l, mime_type(s), SIP_R_PART_TYPE, s.n ? s : h->name);
        if (h->type == SIP_CONTENT_DISPOSITION && lex_find(s, 0, '(') == s.n)
            sip_must(l, mime_token(s), SIP_R_PART_DISPOSITION, s.n ? s : h->name);
    }
}

/* ---- RFC 5621 ---- */

static bool session(struct span s)
{
    return lex_like(s, "session") || lex_like(s, "early-session");
}

static void alternative(struct sip_lint *l, const struct entity *e)
{
    const struct sip_msg *m = l->m;
    bool given = value(e, SIP_CONTENT_DISPOSITION) != NULL;
    struct span types[SIP_COMPARED];
    size_t n = 0;

    for (size_t i = e->from; i < e->to; i++) {
        if (m->parts[i].depth != e->depth)
            continue;
        struct entity p = part(m, i);
        const struct sip_value *type = value(&p, SIP_CONTENT_TYPE);
        if (given)
            sip_must(l, lex_same(disposition(&p), disposition(e)), SIP_R_ALTERNATIVE_DISPOSITION,
                     place(&p));
        sip_must(l, lex_like(handling(&p), "optional"), SIP_R_ALTERNATIVE_HANDLING, place(&p));
        if (!type || !session(given ? disposition(e) : disposition(&p)))
            continue;
        for (size_t k = 0; k < n; k++)
            sip_must(l, !lex_same(types[k], type->value), SIP_R_ALTERNATIVE_TYPES, type->text);
        if (n < SIP_COMPARED)
            types[n++] = type->value;
    }
}

/* The part that the parameter start names, else the first. */
static void related(struct sip_lint *l, const struct entity *e)
{
    const struct sip_msg *m = l->m;
    const struct sip_value *type = value(e, SIP_CONTENT_TYPE);
    struct span start = sip_param(type->params, type->params_n, "start");
    struct entity root = {.headers_n = 0};
    bool required = false, found = false;

    if (sip_quoted(start))
        start = span_cut(start, 1, start.n - 1);
    for (size_t i = e->from; i < e->to; i++) {
        if (m->parts[i].depth != e->depth)
            continue;
        struct entity p = part(m, i);
        const struct sip_header *id = field(&p, SIP_CONTENT_ID);
        required |= lex_like(handling(&p), "required");
        if (!found && (!start.n || (id && span_eq(id->value, start)))) {
            root = p;
            found = true;
        }
    }
    if (required && found)
        sip_must(l, !lex_like(handling(&root), "optional"), SIP_R_RELATED_ROOT, place(&root));
}

static void entity(struct sip_lint *l, const struct entity *e)
{
    const struct sip_value *v = value(e, SIP_CONTENT_DISPOSITION);

    if (v && lex_like(v->value, "by-reference"))
        sip_must(l, field(e, SIP_CONTENT_ID) != NULL, SIP_R_BY_REFERENCE, v->text);
    if (is(e, "multipart/mixed") && v)
        sip_must(l, lex_like(v->value, "render"), SIP_R_MIXED_RENDER, v->text);
    else if (is(e, "multipart/alternative"))
        alternative(l, e);
    else if (is(e, "multipart/related"))
        related(l, e);
}

/* ---- RFC 3892 ---- */

/* Whether a fragment has a header field of this type. */
static bool fragment_has(struct span s, enum sip_type type)
{
    for (size_t at = 0; at < s.n;) {
        size_t end = lex_find(s, at, '\n');
        struct span line = span_cut(s, at, end);
        size_t colon = lex_find(line, 0, ':');
        if (line.n == 0 || line.p[0] == '\r')
            return false;
        if (colon < line.n && sip_type_of(lex_trim(span_cut(line, 0, colon), LEX_LWS)) == type)
            return true;
        at = end + 1;
    }
    return false;
}

/* What the token, a fragment, has to have and should not. */
static void token(struct sip_lint *l, const struct entity *e)
{
    struct span s = e->body;

    sip_must(l,
             fragment_has(s, SIP_REFER_TO) && fragment_has(s, SIP_REFERRED_BY) &&
                 fragment_has(s, SIP_DATE),
             SIP_R_TOKEN_COPIES, s);
    sip_must(l, !fragment_has(s, SIP_CALL_ID), SIP_R_TOKEN_CALL_ID, s);
    sip_must(l, !fragment_has(s, SIP_FROM), SIP_R_TOKEN_FROM, s);
}

/* Whether this is the Content-ID `<id>`. */
static bool named(const struct entity *e, struct span id)
{
    const struct sip_header *h = field(e, SIP_CONTENT_ID);
    struct span s = h ? h->value : (struct span){NULL, 0};
    return s.n > 2 && s.p[0] == '<' && s.p[s.n - 1] == '>' && span_eq(span_cut(s, 1, s.n - 1), id);
}

static bool sealed(const struct entity *e)
{
    return is(e, "application/pkcs7-mime") || is(e, "multipart/encrypted");
}

/* The part that cid names; in it, or it itself, the fragment. In what is sealed nobody looks. */
static void referred(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    const struct sip_address *by = sip_first(m, SIP_REFERRED_BY);
    struct span id = by ? sip_param(by->params, by->params_n, "cid") : (struct span){NULL, 0};
    struct entity e = whole(m);
    bool found, hidden = sealed(&e);

    if (!m->request || !sip_clean_id(id))
        return;
    id = span_cut(id, 1, id.n - 1);
    found = named(&e, id);
    for (size_t i = 0; i < m->parts_n && !found; i++) {
        e = part(m, i);
        hidden |= sealed(&e);
        found = named(&e, id);
    }
    if (!found) {
        if (!hidden && m->parts_n < SIP_PARTS_MAX)
            sip_broke(l, SIP_R_REFERRED_CID_PART, id);
        return;
    }
    for (size_t i = e.from, to = e.to; i < to && !is(&e, "message/sipfrag"); i++)
        e = part(m, i);
    if (is(&e, "message/sipfrag"))
        token(l, &e);
}

void sip_lint_parts(struct sip_lint *l)
{
    struct entity e = whole(l->m);

    entity(l, &e);
    for (size_t i = 0; i < l->m->parts_n; i++) {
        e = part(l->m, i);
        part_fields(l, &e);
        entity(l, &e);
    }
    referred(l);
}
