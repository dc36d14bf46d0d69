/* codecs/sip/sip_lint_body.c - bodies: what has to be said of them, those of several parts (RFC 2046, RFC 5621), of
 * text. */
#include "codecs/sip/sip_lint.h"

static const struct sip_value *type_of(const struct sip_header *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (v[i].type == SIP_CONTENT_TYPE && v[i].values_n)
            return v[i].values;
    return NULL;
}

static bool begins(struct span s, const char *with)
{
    return lex_like(span_cut(s, 0, strlen(with)), with);
}

/* A multipart type, whose parts, if any, are those of `depth` from `at` on. */
static void multipart(struct sip_lint *l, const struct sip_value *type, struct span body, size_t at,
                      unsigned depth)
{
    const struct sip_msg *m = l->m;
    const struct param *p = param_find(type->params, type->params_n, "boundary");
    struct span boundary = p ? p->value : (struct span){NULL, 0};
    size_t last = m->parts_n;

    if (sip_quoted(boundary))
        boundary = span_cut(boundary, 1, boundary.n - 1);
    if (!sip_boundary_fits(boundary)) {
        sip_broke(l, SIP_R_MULTIPART_BOUNDARY, type->text);
        return;
    }
    for (size_t i = at; i < m->parts_n && m->parts[i].depth >= depth; i++)
        if (m->parts[i].depth == depth)
            last = i;
    if (last == m->parts_n)
        sip_broke(l, SIP_R_MULTIPART_NONE, body);
    else
        sip_must(l, !m->parts[last].open, SIP_R_MULTIPART_OPEN, body);
}

static bool encoded(const struct sip_header *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (v[i].type == SIP_CONTENT_ENCODING)
            return true;
    return false;
}

/* Parts as they nest: which types stand in which. */
static void nested(struct sip_lint *l, const struct sip_value *outer)
{
    const struct sip_msg *m = l->m;
    struct span inside[SIP_PARTS_DEPTH + 1] = {outer->value}; /* by depth, the type around */

    for (size_t i = 0; i < m->parts_n; i++) {
        const struct sip_part *part = &m->parts[i];
        const struct sip_value *type = type_of(part->headers, part->headers_n);
        struct span around = inside[part->depth];

        inside[part->depth + 1] = type ? type->value : (struct span){NULL, 0};
        if (!type || !begins(type->value, "multipart/"))
            continue;
        struct span own = type->value;
        if (lex_same(around, own)) {
            if (lex_like(own, "multipart/mixed"))
                sip_broke(l, SIP_R_PART_MIXED, own);
            else if (lex_like(own, "multipart/alternative"))
                sip_broke(l, SIP_R_PART_ALTERNATIVE, own);
        }
        if (part->depth + 1 < SIP_PARTS_DEPTH && !encoded(part->headers, part->headers_n))
            multipart(l, type, part->body, i + 1, part->depth + 1);
    }
}

static void encoding(struct sip_lint *l, const struct sip_header *v, size_t n)
{
    static const char *const plain[] = {"binary", "8bit", "7bit"};

    for (size_t i = 0; i < n; i++) {
        if (v[i].type != SIP_OTHER || !lex_like(v[i].name, "Content-Transfer-Encoding"))
            continue;
        bool fits = false;
        for (size_t k = 0; k < COUNT(plain); k++)
            fits |= lex_like(v[i].value, plain[k]);
        sip_must(l, fits, SIP_R_PART_ENCODING, v[i].value);
    }
}

/* What is in it. */
static void inside(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    const struct sip_value *type = sip_first(m, SIP_CONTENT_TYPE);

    encoding(l, m->headers, m->headers_n);
    for (size_t i = 0; i < m->parts_n; i++) {
        const struct sip_part *part = &m->parts[i];
        encoding(l, part->headers, part->headers_n);
        sip_lint_sipfrag(l, type_of(part->headers, part->headers_n), part->body);
    }
    sip_lint_parts(l);
    if (!type)
        return;
    sip_lint_sipfrag(l, type, m->body);
    if (begins(type->value, "multipart/")) {
        if (!encoded(m->headers, m->headers_n)) /* else parts show behind decoding only */
            multipart(l, type, m->body, 0, 0);
        nested(l, type);
    } else if (begins(type->value, "text/") &&
               !param_find(type->params, type->params_n, "charset") &&
               !sip_header(m, SIP_CONTENT_ENCODING)) {
        sip_must(l, span_utf8(m->body), SIP_R_TEXT_UTF8, m->body);
    }
}

/* Whether its topmost Via, which is of the hop that it is on, has one of two transports. */
static bool over(const struct sip_msg *m, const char *one, const char *other)
{
    const struct sip_via *top = sip_first(m, SIP_VIA);
    return top && (lex_like(top->transport, one) || lex_like(top->transport, other));
}

/* Whether it says of what type it is, and how long. */
static void content(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    bool ws = over(m, "WS", "WSS"), typed = sip_header(m, SIP_CONTENT_TYPE) != NULL;
    struct span next = m->rest.n ? m->rest : typed ? span_cut(m->body, 0, 0) : m->body;

    if (ws && next.n && sip_guess(next, 0))
        sip_broke(l, SIP_R_WS_TWO, next);
    else if (m->body.n)
        sip_must(l, typed, SIP_R_CONTENT_TYPE_MISSING, m->body);
    if (!ws && !sip_header(m, SIP_CONTENT_LENGTH)) /* RFC 7118 section 5: there it is not needed */
        sip_broke(l, over(m, "TCP", "TLS") ? SIP_R_LENGTH_STREAM : SIP_R_LENGTH_MISSING, m->head);
}

void sip_lint_body(struct sip_lint *l)
{
    content(l);
    if (l->m->body.n)
        inside(l);
}
