/* codecs/uri/uri_table.c - the field tables of URIs, and writing what a draft over them says. */
#include "codecs/uri/uri.h"

#define U(m, k) FIELD(struct uri, m, k)
#define LIST(m, d)                                                                                 \
    .kind = F_LIST, .off = offsetof(struct uri, m), .count = offsetof(struct uri, m##_n), .sub = (d)

/* A text that is not there has no p. */
#define THERE(m)                                                                                   \
    static bool no_##m(const void *rec)                                                            \
    {                                                                                              \
        return !((const struct uri *)rec)->m.p;                                                    \
    }
THERE(scheme)
THERE(user)
THERE(password)
THERE(port)
THERE(host)
THERE(query)
THERE(fragment)
static bool no_params(const void *rec)
{
    return ((const struct uri *)rec)->params_n == 0;
}
static bool no_headers(const void *rec)
{
    return ((const struct uri *)rec)->headers_n == 0;
}
static bool has_scheme(const void *rec)
{
    return !no_scheme(rec);
}

enum { SIP_USER, SIP_PASSWORD, SIP_HOST, SIP_PORT, SIP_PARAMS, SIP_HEADERS };
static const struct field sip_fields[] = {
    [SIP_USER] = {.name = "user", U(user, F_TEXT), .absent = no_user},
    [SIP_PASSWORD] = {.name = "password", U(password, F_TEXT), .absent = no_password},
    [SIP_HOST] = {.name = "host", U(host, F_TEXT)},
    [SIP_PORT] = {.name = "port", U(port, F_TEXT), .absent = no_port},
    [SIP_PARAMS] = {.name = "params", LIST(params, &param_desc), .absent = no_params},
    [SIP_HEADERS] = {.name = "headers", LIST(headers, &param_desc), .absent = no_headers},
};
static const struct desc sip_desc = {"sip-uri", sizeof(struct uri), FIELDS(sip_fields), NULL};

enum { TEL_NUMBER, TEL_PARAMS };
static const struct field tel_fields[] = {
    [TEL_NUMBER] = {.name = "number", U(path, F_TEXT)},
    [TEL_PARAMS] = {.name = "params", LIST(params, &param_desc), .absent = no_params},
};
static const struct desc tel_desc = {"tel-uri", sizeof(struct uri), FIELDS(tel_fields), NULL};

enum { ANY_USER, ANY_HOST, ANY_PORT, ANY_PATH, ANY_QUERY, ANY_FRAGMENT };
static const struct field any_fields[] = {
    [ANY_USER] = {.name = "user", U(user, F_TEXT), .absent = no_user},
    [ANY_HOST] = {.name = "host", U(host, F_TEXT), .absent = no_host},
    [ANY_PORT] = {.name = "port", U(port, F_TEXT), .absent = no_port},
    [ANY_PATH] = {.name = "path", U(path, F_TEXT)},
    [ANY_QUERY] = {.name = "query", U(query, F_TEXT), .absent = no_query},
    [ANY_FRAGMENT] = {.name = "fragment", U(fragment, F_TEXT), .absent = no_fragment},
};
static const struct desc any_desc = {"uri", sizeof(struct uri), FIELDS(any_fields), NULL};

static const struct desc *const kinds[] = {
    [URI_OTHER] = &any_desc, [URI_SIP] = &sip_desc, [URI_SIPS] = &sip_desc, [URI_TEL] = &tel_desc};

static const struct desc *pick(const void *rec)
{
    const struct uri *u = rec;
    return u->scheme.p ? kinds[u->kind] : NULL;
}
static const struct desc *pick_text(struct span scheme)
{
    const struct uri_scheme *known = uri_scheme_of(scheme);
    return kinds[known ? known->kind : URI_OTHER];
}

enum { SCHEME, PARTS, TEXT };
static const struct field fields[] = {
    [SCHEME] = {.name = "scheme", U(scheme, F_TEXT), .absent = no_scheme},
    [PARTS] = {.name = "", .kind = F_PICK, .key = SCHEME, .pick = pick, .pick_text = pick_text},
    [TEXT] = {.name = "text", U(text, F_TEXT), .absent = has_scheme},
};
const struct desc uri_desc = {"uri", sizeof(struct uri), FIELDS(fields), NULL};

static void put_lists(struct wr *w, const struct node *rec, const struct field *f, char first,
                      char next)
{
    for (const struct node *n = rec->first; n; n = n->next)
        if (n->f == f)
            param_put_list(w, n, first, next);
}

static void put_sip(struct wr *w, const struct node *rec)
{
    const struct field *f = sip_fields;
    draft_put_each(w, rec, &f[SIP_USER], "");
    draft_put_each(w, rec, &f[SIP_PASSWORD], ":");
    if (draft_child(rec, &f[SIP_USER]) || draft_child(rec, &f[SIP_PASSWORD]))
        wr_u8(w, '@');
    draft_put_each(w, rec, &f[SIP_HOST], "");
    draft_put_each(w, rec, &f[SIP_PORT], ":");
    put_lists(w, rec, &f[SIP_PARAMS], ';', ';');
    put_lists(w, rec, &f[SIP_HEADERS], '?', '&');
}

static void put_any(struct wr *w, const struct node *rec)
{
    const struct field *f = any_fields;
    if (draft_child(rec, &f[ANY_HOST]))
        wr_text(w, "//");
    draft_put_each(w, rec, &f[ANY_USER], "");
    if (draft_child(rec, &f[ANY_USER]))
        wr_u8(w, '@');
    draft_put_each(w, rec, &f[ANY_HOST], "");
    draft_put_each(w, rec, &f[ANY_PORT], ":");
    draft_put_each(w, rec, &f[ANY_PATH], "");
    draft_put_each(w, rec, &f[ANY_QUERY], "?");
    draft_put_each(w, rec, &f[ANY_FRAGMENT], "#");
}

void uri_put(struct wr *w, const struct node *rec)
{
    if (rec->form != FORM_KIDS) {
        wr_put(w, draft_octets(rec));
        return;
    }
    const struct node *scheme = draft_child(rec, &fields[SCHEME]);
    draft_put_each(w, rec, &fields[SCHEME], "");
    if (scheme)
        wr_u8(w, ':');
    /* the fields of each form in turn: a draft has those of one, whatever became of its scheme */
    put_sip(w, rec);
    for (const struct node *n = rec->first; n; n = n->next)
        if (n->f == &tel_fields[TEL_NUMBER])
            wr_put(w, draft_octets(n));
        else if (n->f == &tel_fields[TEL_PARAMS])
            param_put_list(w, n, ';', ';');
    put_any(w, rec);
    draft_put_each(w, rec, &fields[TEXT], "");
}
