/* harness/endpoints/http/http_form.c - messages as drafts. */
#include "harness/endpoints/http/http.h"

static const struct field *field(const char *name)
{
    return field_find(&http_msg_desc, name);
}

/* Of the records in a list of the message: "headers", "chunks". */
static const struct field *item_field(const char *list, const char *name)
{
    return field_find(field(list)->sub, name);
}

void http_draft_request(struct draft *dr, struct arena *mem, struct span method, struct span target)
{
    draft_init(dr, &http_msg_desc, mem);
    draft_bytes(dr, &dr->root, field("method"), method);
    draft_bytes(dr, &dr->root, field("target"), target);
}

void http_draft_response(struct draft *dr, struct arena *mem, unsigned status)
{
    draft_init(dr, &http_msg_desc, mem);
    draft_uint(dr, &dr->root, field("status"), status);
    draft_bytes(dr, &dr->root, field("reason"), span_of(http_reason(status)));
}

/* ---- header fields ---- */

static struct node *list_of(struct draft *dr, const char *name)
{
    struct node *list = draft_find(&dr->root, name);
    return list ? list : draft_kids(dr, &dr->root, field(name), field(name)->sub);
}

struct node *http_add(struct draft *dr, const char *name, struct span value)
{
    struct node *list = list_of(dr, "headers");
    struct node *item =
        list && list->form == FORM_KIDS ? draft_kids(dr, list, NULL, field("headers")->sub) : NULL;

    draft_bytes(dr, item, item_field("headers", "name"), span_of(name));
    if (value.p)
        draft_bytes(dr, item, item_field("headers", "value"), value);
    return item;
}

void http_add_first(struct draft *dr, const char *name, struct span value)
{
    struct node *item = http_add(dr, name, value), *list = draft_find(&dr->root, "headers");

    if (!item || list->first == item)
        return;
    draft_unlink(list, item);
    item->next = list->first;
    list->first = item;
}

bool http_has(const struct draft *dr, enum http_type type)
{
    const struct node *list = draft_find(&dr->root, "headers");

    for (const struct node *i = list && list->form == FORM_KIDS ? list->first : NULL; i;
         i = i->next)
        if (i->form == FORM_KIDS && http_type_of(draft_octets(draft_find(i, "name"))) == type)
            return true;
    return false;
}

/* ---- bodies ---- */

void http_body(struct draft *dr, struct span body)
{
    if (body.n)
        draft_bytes(dr, &dr->root, field("body"), body);
}

void http_chunk(struct draft *dr, size_t each)
{
    struct node *body = draft_find(&dr->root, "body"), *chunks = list_of(dr, "chunks");
    struct span octets = draft_octets(body);

    for (size_t at = 0; chunks; at += each) {
        struct node *c = draft_kids(dr, chunks, NULL, field("chunks")->sub);
        struct span data = span_cut(octets, at, at + each);
        if (data.n == 0) { /* the last one */
            draft_uint(dr, c, item_field("chunks", "size"), 0);
            break;
        }
        draft_bytes(dr, c, item_field("chunks", "data"), data);
    }
    if (body)
        draft_unlink(&dr->root, body);
    if (!http_has(dr, HTTP_TRANSFER_ENCODING))
        http_add(dr, "Transfer-Encoding", span_of("chunked"));
}

void http_drop_body(struct draft *dr)
{
    static const char *const parts[] = {"body", "chunks", "trailers"};
    const struct node *list = draft_find(&dr->root, "headers");
    uint8_t digits[24];
    struct wr w = {digits, sizeof digits, 0, false};

    wr_dec(&w, draft_size(&dr->root, field("body")));
    for (struct node *i = list && list->form == FORM_KIDS ? list->first : NULL; i; i = i->next)
        if (i->form == FORM_KIDS &&
            http_type_of(draft_octets(draft_find(i, "name"))) == HTTP_CONTENT_LENGTH &&
            !draft_find(i, "value"))
            draft_bytes(dr, i, item_field("headers", "value"), arena_copy(dr->mem, wr_span(&w)));
    for (size_t i = 0; i < COUNT(parts); i++)
        for (struct node *n; (n = draft_find(&dr->root, parts[i])) != NULL;)
            draft_unlink(&dr->root, n);
}

/* ---- phrases, dates, paths ---- */

const char *http_reason(unsigned status)
{
    static const struct name v[] = {
        {100, "Continue"},
        {101, "Switching Protocols"},
        {200, "OK"},
        {201, "Created"},
        {202, "Accepted"},
        {203, "Non-Authoritative Information"},
        {204, "No Content"},
        {205, "Reset Content"},
        {206, "Partial Content"},
        {300, "Multiple Choices"},
        {301, "Moved Permanently"},
        {302, "Found"},
        {303, "See Other"},
        {304, "Not Modified"},
        {305, "Use Proxy"},
        {307, "Temporary Redirect"},
        {308, "Permanent Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {402, "Payment Required"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {406, "Not Acceptable"},
        {407, "Proxy Authentication Required"},
        {408, "Request Timeout"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {417, "Expectation Failed"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {426, "Upgrade Required"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {505, "HTTP Version Not Supported"},
    };
    const char *words = name_of(&(struct names){v, COUNT(v)}, status);
    return words ? words : "Unknown";
}

static void two(struct wr *w, unsigned v)
{
    wr_u8(w, (uint8_t)('0' + v / 10));
    wr_u8(w, (uint8_t)('0' + v % 10));
}

void http_put_date(struct wr *w, uint64_t seconds)
{
    static const char days[] = "ThuFriSatSunMonTueWed",
                      months[] = "MarAprMayJunJulAugSepOctNovDecJanFeb";
    uint64_t day = seconds / 86400;
    unsigned second = (unsigned)(seconds % 86400);
    /* days since 1 March 1600: years begin where February ends, so that leap days are their last */
    uint64_t since = day + 135080, era = since / 146097;
    unsigned of_era = (unsigned)(since % 146097);
    unsigned year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * year + year / 4 - year / 100);
    unsigned month = (5 * of_year + 2) / 153;

    wr_put(w, (struct span){(const uint8_t *)days + 3 * (day % 7), 3});
    wr_text(w, ", ");
    two(w, of_year - (153 * month + 2) / 5 + 1);
    wr_u8(w, ' ');
    wr_put(w, (struct span){(const uint8_t *)months + 3 * (size_t)month, 3});
    wr_u8(w, ' ');
    wr_dec(w, 1600 + 400 * era + year + (month >= 10));
    wr_u8(w, ' ');
    two(w, second / 3600);
    wr_u8(w, ':');
    two(w, second / 60 % 60);
    wr_u8(w, ':');
    two(w, second % 60);
    wr_text(w, " GMT");
}

struct span http_path_of(const struct http_msg *m)
{
    struct span t = m->target;
    size_t at = 0;

    if (m->form == HTTP_ABSOLUTE) {
        at = lex_find(t, 0, ':');
        at = span_is(span_cut(t, at, at + 3), "://") ? at + 3 : t.n;
        while (at < t.n && t.p[at] != '/' && t.p[at] != '?')
            at++;
    } else if (m->form != HTTP_ORIGIN) {
        return span_cut(t, t.n, t.n);
    }
    struct span path = span_cut(t, at, t.n);
    path = span_cut(path, 0, lex_find(path, 0, '?'));
    return path.n || m->form != HTTP_ABSOLUTE ? path : span_of("/"); /* RFC9112:3.2.1#2 */
}
