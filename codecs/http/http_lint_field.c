/* codecs/http/http_lint_field.c - what single fields, and fields together, break. */
#include "codecs/http/http_lint.h"

static const struct http_header *get(struct lint *l, enum http_type type)
{
    return http_header(l->m, type);
}

/* Whether a list, over all fields of a type, has an element that is not empty. */
static bool any(struct lint *l, enum http_type type)
{
    struct span e;

    for (const struct http_header *h = get(l, type); h; h = http_header_next(l->m, h))
        for (size_t at = 0; http_element(h->value, &at, &e);)
            if (e.n)
                return true;
    return false;
}

static bool version_is(struct lint *l, const char *v)
{
    return span_is(l->m->version, v);
}

/* Whether there is content, or Content-Length says so: chunks have it where one stands before the last. */
static bool has_content(const struct http_msg *m)
{
    return (m->how == HTTP_LENGTH && m->length) || m->body.n || m->chunks_n > 1;
}

/* Whether the framing says that there is a body, of which nobody may know before it ends that it is empty. */
static bool has_body(const struct http_msg *m)
{
    return m->how == HTTP_CHUNKED || has_content(m);
}

/* ---- requests ---- */

static void host(struct lint *l)
{
    const struct http_msg *m = l->m;
    const struct http_header *h = get(l, HTTP_HOST);
    struct span authority;

    if (!h) {
        if (version_is(l, "HTTP/1.1"))
            http_say(l, RULE_HOST_MISSING, m->start);
        return;
    }
    for (size_t i = (size_t)(h - m->headers) + 1; i < m->headers_n; i++)
        if (m->headers[i].type == HTTP_HOST) {
            http_say(l, RULE_HOST_TWICE, m->headers[i].line);
            break;
        }
    bool user = http_has_user(h->value);
    if (user)
        http_say(l, RULE_HOST_USER, h->value);
    else if (!http_is_host(h->value, false))
        http_say(l, RULE_HOST_BAD, h->value);
    if (h != m->headers)
        http_say(l, RULE_HOST_FIRST, h->line);
    if (m->form == HTTP_ABSOLUTE && http_authority(m->target, &authority)) {
        size_t at = lex_find(authority, 0, '@');
        authority = at < authority.n ? span_cut(authority, at + 1, authority.n) : authority;
        if (!user && !lex_same(authority, h->value))
            http_say(l, RULE_HOST_TARGET, h->value);
    }
}

void http_lint_request(struct lint *l)
{
    const struct http_msg *m = l->m;
    const struct http_header *expect = get(l, HTTP_EXPECT), *referer = get(l, HTTP_REFERER),
                             *forwards = get(l, HTTP_MAX_FORWARDS);
    struct span authority;

    host(l);
    if (span_is(m->method, "TRACE") && has_content(m))
        http_say(l, RULE_TRACE_BODY, m->start);
    if (span_is(m->method, "CONNECT") && has_content(m))
        http_say(l, RULE_CONNECT_BODY, m->start);
    if (expect && http_has_token(m, HTTP_EXPECT, "100-continue") && !has_body(m))
        http_say(l, RULE_EXPECT_BODY, expect->line);
    if (forwards && !http_is_number(forwards->value))
        http_say(l, RULE_FORWARDS_FORM, forwards->value);
    if (referer && (lex_find(referer->value, 0, '#') < referer->value.n ||
                    (http_authority(referer->value, &authority) && http_has_user(authority))))
        http_say(l, RULE_REFERER_PARTS, referer->value);
}

/* ---- responses ---- */

void http_lint_response(struct lint *l)
{
    static const struct {
        uint16_t status;
        enum http_type type;
        int rule;
        bool list; /* with an element at least */
    } needs[] = {
        {101, HTTP_UPGRADE, RULE_STATUS_101, true},
        {426, HTTP_UPGRADE, RULE_STATUS_426, true},
        {401, HTTP_WWW_AUTHENTICATE, RULE_STATUS_401, true},
        {405, HTTP_ALLOW, RULE_STATUS_405, false},
        {407, HTTP_PROXY_AUTHENTICATE, RULE_STATUS_407, true},
        {206, HTTP_CONTENT_RANGE, RULE_STATUS_206, false},
    };
    const struct http_msg *m = l->m;
    const struct http_header *type = get(l, HTTP_CONTENT_TYPE), *retry = get(l, HTTP_RETRY_AFTER),
                             *length = get(l, HTTP_CONTENT_LENGTH), *etag = get(l, HTTP_ETAG),
                             *coding = get(l, HTTP_TRANSFER_ENCODING);
    bool parts = type && type->value.n >= 20 &&
                 lex_like(span_cut(type->value, 0, 20), "multipart/byteranges");

    for (size_t i = 0; i < COUNT(needs); i++)
        if (m->status == needs[i].status &&
            !(needs[i].list ? any(l, needs[i].type) : get(l, needs[i].type) != NULL) &&
            !(m->status == 206 && parts))
            http_say(l, needs[i].rule, m->start);
    if (m->status == 205 && (m->body.n || m->chunks_n > 1))
        http_say(l, RULE_STATUS_205, m->start);
    if (m->status / 100 == 1 || m->status == 204) {
        if (length)
            http_say_arg(l, RULE_LENGTH_STATUS, length->line, m->status);
        if (coding)
            http_say_arg(l, RULE_CODING_STATUS, coding->line, m->status);
    } else if (m->how == HTTP_TUNNEL) {
        if (length)
            http_say(l, RULE_LENGTH_CONNECT, length->line);
        if (coding)
            http_say(l, RULE_CODING_CONNECT, coding->line);
    }
    if (retry && !http_is_number(retry->value))
        http_say_date(l, retry->value, RULE_RETRY_FORM);
    if (etag && !http_is_etag(etag->value))
        http_say(l, RULE_ETAG_FORM, etag->value);
}

/* ---- Transfer-Encoding ---- */

/* An element of it; `chunked` counts those that are. */
static void coding(struct lint *l, size_t *chunked, struct span e)
{
    static const char *const compress[] = {"compress", "deflate", "gzip", "x-compress", "x-gzip"};
    size_t end = lex_while(e, 0, LEX_TCHAR);
    struct span name = span_cut(e, 0, end), params = span_cut(e, end, e.n);

    if (!name.n || !http_is_params(params, HTTP_PARAMS_BWS)) {
        if (e.n)
            http_say(l, RULE_CODING_FORM, e);
        return;
    }
    if (!http_is_params(params, 0))
        http_say(l, RULE_CODING_SPACE, e);
    bool is_chunked = lex_like(name, "chunked"), packed = false;
    for (size_t i = 0; i < COUNT(compress); i++)
        packed |= lex_like(name, compress[i]);
    if (is_chunked && ++*chunked > 1)
        http_say(l, RULE_CODING_TWICE, e);
    if (is_chunked && params.n)
        http_say(l, RULE_CODING_CHUNKED_PARAM, e);
    if (packed && params.n)
        http_say(l, RULE_CODING_PARAM, e);
}

static void codings(struct lint *l)
{
    const struct http_msg *m = l->m;
    const struct http_header *first = get(l, HTTP_TRANSFER_ENCODING);
    size_t chunked = 0;
    struct span e;

    if (!first)
        return;
    if (version_is(l, "HTTP/1.0"))
        http_say(l, RULE_CODING_10, first->line);
    for (size_t i = (size_t)(first - m->headers); i < m->headers_n; i++)
        if (m->headers[i].type == HTTP_TRANSFER_ENCODING)
            for (size_t at = 0; http_element(m->headers[i].value, &at, &e);)
                coding(l, &chunked, e);
}

/* ---- Content-Length ---- */

static void lengths(struct lint *l)
{
    const struct http_msg *m = l->m;
    const struct http_header *first = get(l, HTTP_CONTENT_LENGTH);
    size_t n = 0;

    if (!first || m->how == HTTP_BROKEN)
        return;
    for (size_t i = (size_t)(first - m->headers); i < m->headers_n; i++)
        n += m->headers[i].type == HTTP_CONTENT_LENGTH;
    if (n > 1 || !http_is_number(first->value))
        http_say(l, RULE_LENGTH_LIST, first->line);
}

/* ---- TE, Connection, Upgrade ---- */

/* "q=..." where that is the last of parameters and its value is no quoted string; of no octets: it is not. */
static struct span rank_of(struct span params)
{
    size_t last = 0;

    for (size_t i = 0, end; i < params.n; i = end ? end : i + 1) {
        end = params.p[i] == '"' ? lex_quoted(params, i) : 0;
        if (params.p[i] == ';')
            last = i + 1;
    }
    struct span q = lex_trim(span_cut(params, last, params.n), LEX_LWS);
    bool rank =
        q.n >= 2 && lex_lower(q.p[0]) == 'q' && q.p[1] == '=' && (q.n == 2 || q.p[2] != '"');
    return span_cut(q, 0, rank ? q.n : 0);
}

static void te_element(struct lint *l, struct span e)
{
    size_t end = lex_while(e, 0, LEX_TCHAR);
    struct span params = span_cut(e, end, e.n);

    if (!e.n)
        return;
    if (lex_like(span_cut(e, 0, end), "chunked"))
        http_say(l, RULE_TE_CHUNKED, e);
    if (!end || !http_is_params(params, HTTP_PARAMS_BWS)) {
        http_say(l, RULE_TE_FORM, e);
        return;
    }
    if (!http_is_params(params, 0))
        http_say(l, RULE_TE_SPACE, e);
    struct span q = rank_of(params);
    if (q.n && !lex_qvalue(span_cut(q, 2, q.n)))
        http_say(l, RULE_TE_RANK, q);
}

static void te(struct lint *l)
{
    const struct http_header *h = get(l, HTTP_TE);
    struct span e;

    if (h && !http_has_token(l->m, HTTP_CONNECTION, "TE"))
        http_say(l, RULE_TE_CONNECTION, h->line);
    for (; h; h = http_header_next(l->m, h))
        for (size_t at = 0; http_element(h->value, &at, &e);)
            te_element(l, e);
}

static bool is_protocol(struct span e)
{
    size_t slash = lex_while(e, 0, LEX_TCHAR);
    return slash > 0 &&
           (slash == e.n || (e.p[slash] == '/' && lex_all(span_cut(e, slash + 1, e.n), LEX_TCHAR)));
}

/* The first element of a list, over all fields of a type, that is not as it has to be; NULL octets: none. */
static struct span bad_element(struct lint *l, enum http_type type, bool (*good)(struct span))
{
    struct span e;

    for (const struct http_header *h = get(l, type); h; h = http_header_next(l->m, h))
        for (size_t at = 0; http_element(h->value, &at, &e);)
            if (e.n && !good(e))
                return e;
    return (struct span){NULL, 0};
}

static bool is_option(struct span e) /* of Connection: not a field that is for all recipients */
{
    return !(http_names[http_type_of(e)].flags & HTTP_ALL);
}

static void connection(struct lint *l)
{
    const struct http_header *up = get(l, HTTP_UPGRADE), *proxy = get(l, HTTP_PROXY_CONNECTION);
    struct span option = bad_element(l, HTTP_CONNECTION, is_option);
    struct span protocol = bad_element(l, HTTP_UPGRADE, is_protocol);

    if (option.p)
        http_say(l, RULE_CONNECTION_FIELD, option);
    if (proxy && l->m->request)
        http_say(l, RULE_PROXY_CONNECTION, proxy->line);
    if (up && !http_has_token(l->m, HTTP_CONNECTION, "upgrade"))
        http_say(l, RULE_UPGRADE_CONNECTION, up->line);
    if (protocol.p)
        http_say(l, RULE_UPGRADE_FORM, protocol);
}

void http_lint_fields(struct lint *l)
{
    const struct http_msg *m = l->m;
    const struct http_header *type = get(l, HTTP_CONTENT_TYPE),
                             *coded = get(l, HTTP_CONTENT_ENCODING);

    lengths(l);
    codings(l);
    te(l);
    connection(l);
    if (type && !http_is_media_type(type->value))
        http_say(l, RULE_TYPE_FORM, type->value);
    if (!type && (m->body.n || m->chunks_n > 1))
        http_say(l, RULE_TYPE_MISSING, m->start);
    if (coded && http_has_token(m, HTTP_CONTENT_ENCODING, "identity"))
        http_say(l, RULE_IDENTITY, coded->line);
}
