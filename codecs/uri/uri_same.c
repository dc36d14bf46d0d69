/* codecs/uri/uri_same.c - whether two URIs are equal. */
#include "codecs/uri/uri_parts.h"

/* ---- texts ---- */

/* Both are there, or neither is, and they compare as `how` says. */
static bool same(struct span a, struct span b, enum uri_kind kind, unsigned how)
{
    if (!a.p || !b.p)
        return !a.p == !b.p;
    return uri_order(uri_walk_of(a, kind, how), uri_walk_of(b, kind, how)) == 0;
}
static bool exact(struct span a, struct span b)
{
    return a.p && b.p ? span_eq(a, b) : !a.p == !b.p;
}

/* ---- lists, in whatever order they stand ---- */

/* Parameters and headers that are not compared as all others are: without case, and ignored where one URI has them
 * only. */
enum list { SIP_PARAMS, SIP_HEADERS, TEL_PARAMS };
enum { ALONE = 8, NUMBER = 16 }; /* beside enum uri_how */
static const struct own {
    enum list list;
    const char *name;
    unsigned how;
} owns[] = {
    {SIP_PARAMS, "transport", URI_FOLD | ALONE}, /* RFC 3261 section 19.1.4 */
    {SIP_PARAMS, "user", URI_FOLD | ALONE},
    {SIP_PARAMS, "ttl", URI_FOLD | ALONE},
    {SIP_PARAMS, "maddr", URI_FOLD | ALONE},
    {SIP_PARAMS, "method", ALONE}, /* case counts: section 20.16 */
    {SIP_HEADERS, "call-id", 0},   /* section 20.8 */
    {SIP_HEADERS, "i", 0},
    {SIP_HEADERS, "in-reply-to", 0},
    {TEL_PARAMS, "ext", URI_FOLD | URI_SKIP}, /* RFC 3966 section 4 */
    {TEL_PARAMS, "phone-context", URI_FOLD | NUMBER},
};

struct sorted {
    const struct param **v;
    size_t n;
    enum list list;
    enum uri_kind kind;
};

static unsigned how_of(const struct sorted *l, const struct param *p)
{
    for (size_t i = 0; i < COUNT(owns); i++)
        if (owns[i].list == l->list && uri_named(p->name, owns[i].name))
            return owns[i].how;
    return l->list == SIP_HEADERS ? URI_FOLD | URI_QUOTES : URI_FOLD;
}

static struct uri_walk name_of_param(const struct sorted *l, const struct param *p)
{
    return uri_walk_of(p->name, l->kind, URI_FOLD);
}
static struct uri_walk value_of_param(const struct sorted *l, const struct param *p)
{
    unsigned how = how_of(l, p);
    if ((how & NUMBER) && p->value.p && p->value.n && p->value.p[0] == '+')
        how |= URI_SKIP;
    return uri_walk_of(p->value, l->kind, how);
}

static int by_name(const struct sorted *l, const struct param *a, const struct param *b)
{
    return uri_order(name_of_param(l, a), name_of_param(l, b));
}
static int by_all(const struct sorted *l, const struct param *a, const struct param *b)
{
    int order = by_name(l, a, b);
    if (order == 0)
        order = (a->value.p != NULL) - (b->value.p != NULL);
    return order ? order : uri_order(value_of_param(l, a), value_of_param(l, b));
}

/* Sort `v` with room for as many in `w`: runs of 1, 2, 4... are merged, to and fro. Returns the one that holds them. */
static const struct param **sort(const struct sorted *l, const struct param **v,
                                 const struct param **w)
{
    for (size_t run = 1; run < l->n; run *= 2) {
        for (size_t from = 0; from < l->n; from += 2 * run) {
            size_t mid = from + run < l->n ? from + run : l->n;
            size_t to = mid + run < l->n ? mid + run : l->n;
            for (size_t i = from, j = mid, k = from; k < to; k++)
                w[k] = i < mid && (j == to || by_all(l, v[i], v[j]) <= 0) ? v[i++] : v[j++];
        }
        const struct param **swap = v;
        v = w;
        w = swap;
    }
    return v;
}

static bool sorted_of(struct sorted *l, const struct param *p, size_t n, struct arena *mem)
{
    l->n = n;
    if (n == 0)
        return true;
    const struct param **v =
        n <= SIZE_MAX / (2 * sizeof *v) ? arena_take(mem, 2 * n * sizeof *v) : NULL;
    if (!v)
        return false;
    for (size_t i = 0; i < n; i++)
        v[i] = &p[i];
    l->v = sort(l, v, v + n);
    return true;
}

/* Whether a parameter that one list has only makes them differ. */
static bool alone(const struct sorted *l, const struct param *p)
{
    return l->list != SIP_PARAMS || (how_of(l, p) & ALONE);
}

static bool lists(struct sorted *a, struct sorted *b)
{
    size_t i = 0, j = 0;

    while (i < a->n || j < b->n) {
        int order = i == a->n ? 1 : j == b->n ? -1 : by_name(a, a->v[i], b->v[j]);
        if (order == 0) {
            if (by_all(a, a->v[i++], b->v[j++]) != 0)
                return false;
        } else if (alone(a, order < 0 ? a->v[i++] : b->v[j++])) {
            return false;
        }
    }
    return true;
}

static bool same_lists(const struct uri *a, const struct uri *b, enum list list, struct arena *mem)
{
    struct sorted x = {.list = list, .kind = a->kind}, y = x;
    bool heads = list == SIP_HEADERS;
    size_t mark = mem->n;
    bool room =
        sorted_of(&x, heads ? a->headers : a->params, heads ? a->headers_n : a->params_n, mem) &&
        sorted_of(&y, heads ? b->headers : b->params, heads ? b->headers_n : b->params_n, mem);
    bool good = room && lists(&x, &y);
    mem->n = mark;
    return good;
}

/* ---- kinds ---- */

/* Addresses compare by what they are (RFC 5954 section 4.2), names without case; escapes in a host stay what they are
 * (RFC 3261 section 19.1.2). */
static bool same_host(struct span a, struct span b)
{
    struct addr x, y;
    bool is = uri_addr(a, &x);

    if (is != uri_addr(b, &y))
        return false;
    return is ? addr_eq(&x, &y) : lex_same(a, b);
}

static bool same_sip(const struct uri *a, const struct uri *b, struct arena *mem)
{
    return same(a->user, b->user, a->kind, 0) && same(a->password, b->password, a->kind, 0) &&
           same_host(a->host, b->host) && exact(a->port, b->port) &&
           same_lists(a, b, SIP_PARAMS, mem) && same_lists(a, b, SIP_HEADERS, mem);
}

static bool same_tel(const struct uri *a, const struct uri *b, struct arena *mem)
{
    return same(a->path, b->path, URI_TEL, URI_FOLD | URI_SKIP) &&
           same_lists(a, b, TEL_PARAMS, mem);
}

/* A path as it compares: escapes as uri_next has them, without dot segments (RFC 3986 section 5.2.4) where it begins
 * with a slash. NULL: no room. */
static const uint16_t *path_of(const struct uri *u, size_t *n, struct arena *mem)
{
    struct uri_walk w = uri_walk_of(u->path, URI_OTHER, 0);
    size_t all = 0, to = 0;
    uint16_t *v = u->path.n < SIZE_MAX / 4 ? arena_take(mem, (u->path.n + 1) * sizeof *v) : NULL;

    if (!v)
        return NULL;
    for (int c = uri_next(&w); c >= 0; c = uri_next(&w))
        v[all++] = (uint16_t)c;
    *n = all;
    if (all == 0 && u->host.p && uri_scheme_of(u->scheme)) { /* RFC 3986 section 6.2.3 */
        v[0] = '/';
        *n = 1;
    }
    if (all == 0 || v[0] != '/')
        return v;
    for (size_t at = 0; at < all;) { /* at a slash: what is behind it is never before `to` */
        size_t end = at + 1;
        while (end < all && v[end] != '/')
            end++;
        bool one = end - at == 2 && v[at + 1] == '.';
        bool two = end - at == 3 && v[at + 1] == '.' && v[at + 2] == '.';
        if (two)
            while (to > 0 && v[--to] != '/')
                ;
        if (!one && !two) {
            memmove(v + to, v + at, (end - at) * sizeof *v);
            to += end - at;
        } else if (end == all) {
            v[to++] = '/';
        }
        at = end;
    }
    *n = to;
    return v;
}

static bool same_paths(const struct uri *a, const struct uri *b, struct arena *mem)
{
    size_t mark = mem->n, n = 0, m = 0;
    const uint16_t *x = path_of(a, &n, mem), *y = x ? path_of(b, &m, mem) : NULL;
    bool good = y && n == m && memcmp(x, y, n * sizeof *x) == 0;

    mem->n = mark;
    return good;
}

/* The port, none where it says what the scheme means anyway (RFC 3986 section 6.2.3). */
static struct span port_of(const struct uri *u)
{
    const struct uri_scheme *scheme = uri_scheme_of(u->scheme);
    uint16_t port;
    bool usual =
        scheme && scheme->port && (u->port.n == 0 || (uri_port(u, &port) && port == scheme->port));
    return usual ? (struct span){NULL, 0} : u->port;
}

static bool same_other(const struct uri *a, const struct uri *b, struct arena *mem)
{
    return lex_same(a->scheme, b->scheme) && same(a->user, b->user, URI_OTHER, 0) &&
           same(a->host, b->host, URI_OTHER, URI_FOLD) && exact(port_of(a), port_of(b)) &&
           same(a->query, b->query, URI_OTHER, 0) && same(a->fragment, b->fragment, URI_OTHER, 0) &&
           same_paths(a, b, mem);
}

static bool (*const kinds[])(const struct uri *a, const struct uri *b, struct arena *mem) = {
    [URI_OTHER] = same_other, [URI_SIP] = same_sip, [URI_SIPS] = same_sip, [URI_TEL] = same_tel};

bool uri_same(const struct uri *a, const struct uri *b, struct arena *mem)
{
    if (span_eq(a->text, b->text))
        return true;
    return a->scheme.p && b->scheme.p && a->kind == b->kind && kinds[a->kind](a, b, mem);
}
