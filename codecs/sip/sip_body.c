/* codecs/sip/sip_body.c - bodies of several parts (RFC 2046 section 5.1, RFC 5621), and which codec a body is of. */
#include "codecs/sdp/sdp.h"
#include "codecs/sip/sip_parts.h"

/* The boundary of a multipart type, without quotes; p is NULL where the type is no multipart, or has none, or an empty
 * one. */
static struct span boundary_of(const struct sip_value *type)
{
    if (type->value.n < 10 || !lex_like(span_cut(type->value, 0, 10), "multipart/"))
        return (struct span){NULL, 0};
    const struct param *p = param_find(type->params, type->params_n, "boundary");
    struct span b = p ? p->value : (struct span){NULL, 0};
    if (b.n >= 2 && b.p[0] == '"' && b.p[b.n - 1] == '"')
        b = span_cut(b, 1, b.n - 1);
    return b.n ? b : (struct span){NULL, 0};
}

bool sip_boundary_fits(struct span s)
{
    if (s.n == 0 || s.n > SIP_BOUNDARY_MAX || s.p[s.n - 1] == ' ')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!lex_is(s.p[i], LEX_ALPHA | LEX_DIGIT) && !lex_among(s.p[i], "'()+_,-./:=? "))
            return false;
    return true;
}

struct delimiter {
    size_t at, end; /* of its line: from the line end before it, to behind its own */
    bool closing;
};

/* The next line of `s`, at or behind `at`, that begins with "--" and the boundary. False: there is none. */
static bool find_delimiter(struct span s, size_t at, struct span boundary, struct delimiter *d)
{
    while (at < s.n) {
        size_t lf = lex_find(s, at, '\n');
        struct span line = span_cut(s, at, lf);
        if (line.n >= boundary.n + 2 && line.p[0] == '-' && line.p[1] == '-' &&
            span_eq(span_cut(line, 2, 2 + boundary.n), boundary)) {
            struct span tail = span_cut(line, 2 + boundary.n, line.n);
            d->closing = tail.n >= 2 && tail.p[0] == '-' && tail.p[1] == '-';
            bool whole = d->closing || lf < s.n; /* what may yet become another line is none */
            if (whole && lex_trim(d->closing ? span_cut(tail, 2, tail.n) : tail, LEX_LWS).n == 0) {
                d->at = at >= 2 && s.p[at - 2] == '\r' ? at - 2 : at ? at - 1 : 0;
                d->end = lf < s.n ? lf + 1 : s.n;
                return true;
            }
        }
        at = lf + 1;
    }
    return false;
}

/* Header fields of a part up to its empty line, and what is behind it. */
static void part_fields(struct span s, struct arena *mem, struct sip_part *part)
{
    struct arena_list l = {0};
    size_t at = 0;

    while (at < s.n && s.p[at] != '\n' &&
           !(s.p[at] == '\r' && at + 1 < s.n && s.p[at + 1] == '\n')) {
        size_t end = lex_find(s, at, '\n');
        bool fold = false;
        while (end + 1 < s.n && lex_is(s.p[end + 1], LEX_BLANK)) {
            end = lex_find(s, end + 1, '\n');
            fold = true;
        }
        struct span line = span_cut(s, at, end + 1);
        size_t colon = lex_find(line, 0, ':');
        struct sip_header *h = arena_push(mem, &l, sizeof *h);
        if (!h)
            break;
        *h = (struct sip_header){.line = line, .fold = fold, .cut = true};
        h->name = colon < line.n ? lex_trim(span_cut(line, 0, colon), LEX_LWS) : h->name;
        h->value = lex_trim(span_cut(line, colon < line.n ? colon + 1 : 0, line.n), LEX_LWS);
        h->type = sip_type_of(h->name);
        at = end + 1;
    }
    size_t blank = at < s.n ? lex_find(s, at, '\n') + 1 : s.n;
    part->body = span_cut(s, blank, s.n);
    part->headers = l.p;
    part->headers_n = l.n;
    for (size_t i = 0; i < part->headers_n; i++)
        sip_type(&part->headers[i], part->body.n, mem);
}

static const struct sip_value *part_type(const struct sip_part *p)
{
    for (size_t i = 0; i < p->headers_n; i++)
        if (p->headers[i].type == SIP_CONTENT_TYPE && p->headers[i].values_n)
            return p->headers[i].values;
    return NULL;
}

/* The parts of one multipart body, each followed by those inside it. */
static void parts_of(struct span body, struct span boundary, unsigned depth, struct arena *mem,
                     struct arena_list *l)
{
    struct delimiter from, to;

    if (!find_delimiter(body, 0, boundary, &from))
        return;
    while (!from.closing && l->n < SIP_PARTS_MAX) {
        bool ended = find_delimiter(body, from.end, boundary, &to);
        struct sip_part *p = arena_push(mem, l, sizeof *p);
        if (!p)
            return;
        *p = (struct sip_part){.depth = depth, .open = !ended};
        /* the list may move while the part's fields are read: they are put in afterwards */
        size_t at = l->n - 1;
        struct sip_part part = *p;
        size_t end = ended ? to.at : body.n;
        part_fields(span_cut(body, from.end, end > from.end ? end : from.end), mem, &part);
        ((struct sip_part *)l->p)[at] = part;
        const struct sip_value *type = part_type(&part);
        struct span inner = type ? boundary_of(type) : (struct span){NULL, 0};
        if (inner.p && depth + 1 < SIP_PARTS_DEPTH)
            parts_of(part.body, inner, depth + 1, mem, l);
        if (!ended)
            return;
        from = to;
    }
}

void sip_parts(struct sip_msg *m, struct arena *mem)
{
    const struct sip_value *type = sip_first(m, SIP_CONTENT_TYPE);
    struct span boundary = type ? boundary_of(type) : (struct span){NULL, 0};
    struct arena_list l = {0};

    if (boundary.p && m->body.n)
        parts_of(m->body, boundary, 0, mem, &l);
    m->parts = l.p;
    m->parts_n = l.n;
}

/* ---- which codec ---- */

/* Whether a body stands there as it is: nothing packs or encodes it. */
static bool plain(const struct sip_header *v, size_t n)
{
    static const char *const as_it_is[] = {"binary", "8bit", "7bit"};

    for (size_t i = 0; i < n; i++) {
        if (v[i].type == SIP_CONTENT_ENCODING)
            return false;
        if (v[i].type != SIP_OTHER || !lex_like(v[i].name, "Content-Transfer-Encoding"))
            continue;
        bool known = false;
        for (size_t k = 0; k < COUNT(as_it_is); k++)
            known |= lex_like(v[i].value, as_it_is[k]);
        if (!known)
            return false;
    }
    return true;
}

static const struct codec *codec_of(const struct sip_value *type)
{
    static const struct {
        const char *type;
        const struct codec *codec;
    } types[] = {
        {"application/sdp", &sdp_codec},
        {"message/sipfrag", &sipfrag_codec}, /* RFC 3420 */
        {"message/sip", &sip_codec},         /* RFC 3261 section 27.5 */
    };

    for (size_t i = 0; type && i < COUNT(types); i++)
        if (lex_like(type->value, types[i].type))
            return types[i].codec;
    return NULL;
}

const struct codec *sip_inside(const void *view, size_t i, struct span *octets)
{
    const struct sip_msg *m = view;
    const struct codec *c = codec_of(sip_first(m, SIP_CONTENT_TYPE));

    *octets = m->body;
    if (c && m->body.n && plain(m->headers, m->headers_n) && i-- == 0)
        return c;
    for (size_t k = 0; k < m->parts_n; k++) {
        const struct sip_part *p = &m->parts[k];
        c = codec_of(part_type(p));
        *octets = p->body;
        if (c && p->body.n && plain(p->headers, p->headers_n) && i-- == 0)
            return c;
    }
    return NULL;
}
