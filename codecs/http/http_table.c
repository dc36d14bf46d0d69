/* codecs/http/http_table.c - the field tables of HTTP messages.
 *
 * A draft is typed as far as the usual form goes: where the parts of a line, written in the one usual way, are not the
 * octets that stand there, the draft has the line in their place. So it is lossless. */
#include "codecs/http/http_table.h"

#define LIST(T, m, d) .kind = F_LIST, .off = offsetof(T, m), .count = offsetof(T, m##_n), .sub = (d)

static bool always(const void *rec)
{
    (void)rec;
    return true;
}

/* ---- field lines ---- */

static bool usual_line(const void *rec)
{
    return !((const struct http_header *)rec)->cut;
}
static bool odd_line(const void *rec)
{
    return !usual_line(rec);
}
static bool no_name(const void *rec)
{
    return ((const struct http_header *)rec)->name.n == 0 && odd_line(rec);
}
static bool value_derived(const void *rec)
{
    return odd_line(rec) || ((const struct http_header *)rec)->body;
}
static bool same_name(struct span a, struct span b)
{
    return lex_same(a, b);
}
#define H(label, m, k) .name = label, FIELD(struct http_header, m, k)
const struct field http_header_fields[] = {
    [HEADER_NAME] = {H("name", name, F_TEXT), .absent = no_name, .same = same_name},
    [HEADER_VALUE] = {H("value", value, F_TEXT), .derived = value_derived},
    [HEADER_LINE] = {H("line", line, F_TEXT), .absent = usual_line},
};
static const struct desc header_desc = {"header", sizeof(struct http_header), HEADER_COUNT,
                                        http_header_fields, NULL};

/* ---- chunks ---- */

static bool usual_chunk(const void *rec)
{
    return !((const struct http_chunk *)rec)->cut;
}
static bool odd_chunk(const void *rec)
{
    return !usual_chunk(rec);
}
static bool size_derived(const void *rec)
{
    const struct http_chunk *c = rec;
    return c->cut || c->size == c->data.n;
}
static bool no_ext(const void *rec)
{
    return ((const struct http_chunk *)rec)->ext.n == 0;
}
static bool no_data(const void *rec)
{
    return ((const struct http_chunk *)rec)->data.n == 0;
}
static bool usual_end(const void *rec)
{
    const struct http_chunk *c = rec;
    return c->data.n ? c->end.n == 2 : c->end.n == 0;
}
#define C(label, m, k) .name = label, FIELD(struct http_chunk, m, k)
const struct field http_chunk_fields[] = {
    [CHUNK_SIZE] = {C("size", size, F_UINT), .derived = size_derived},
    [CHUNK_EXT] = {C("ext", ext, F_TEXT), .absent = no_ext, .derived = odd_chunk},
    [CHUNK_LINE] = {C("line", line, F_TEXT), .absent = usual_chunk},
    [CHUNK_DATA] = {C("data", data, F_TEXT), .absent = no_data},
    [CHUNK_END] = {C("end", end, F_TEXT), .absent = usual_end},
};
static const struct desc chunk_desc = {"chunk", sizeof(struct http_chunk), CHUNK_COUNT,
                                       http_chunk_fields, NULL};

/* ---- messages ---- */

static const struct name form_names[] = {{HTTP_NONE, "none"},
                                         {HTTP_ORIGIN, "origin"},
                                         {HTTP_ABSOLUTE, "absolute"},
                                         {HTTP_AUTHORITY, "authority"},
                                         {HTTP_ASTERISK, "asterisk"}},
                         how_names[] = {{HTTP_NO_BODY, "none"},    {HTTP_LENGTH, "length"},
                                        {HTTP_CHUNKED, "chunked"}, {HTTP_CLOSE, "close"},
                                        {HTTP_TUNNEL, "tunnel"},   {HTTP_BROKEN, "broken"}};
static const struct names forms = {form_names, COUNT(form_names)},
                          hows = {how_names, COUNT(how_names)};

static bool is_request(const void *rec)
{
    return ((const struct http_msg *)rec)->request;
}
static bool is_response(const void *rec)
{
    return !is_request(rec);
}
static bool odd_start(const void *rec)
{
    return ((const struct http_msg *)rec)->cut;
}
static bool usual_start(const void *rec)
{
    return !odd_start(rec);
}
static bool no_body(const void *rec)
{
    return ((const struct http_msg *)rec)->body.n == 0;
}
static bool no_rest(const void *rec)
{
    return ((const struct http_msg *)rec)->rest.n == 0;
}
static bool blank_crlf(const void *rec)
{
    return ((const struct http_msg *)rec)->blank.n == 2;
}
static bool not_chunked(const void *rec)
{
    return ((const struct http_msg *)rec)->how != HTTP_CHUNKED;
}
static bool no_trailers(const void *rec)
{
    return ((const struct http_msg *)rec)->trailers_n == 0;
}
static bool end_usual(const void *rec)
{
    return not_chunked(rec) || ((const struct http_msg *)rec)->end.n == 2;
}
#define M(label, m, k) .name = label, FIELD(struct http_msg, m, k)
const struct field http_msg_fields[] = {
    [MSG_METHOD] = {M("method", method, F_TEXT), .absent = is_response, .derived = odd_start},
    [MSG_TARGET] = {M("target", target, F_TEXT), .absent = is_response, .derived = odd_start},
    [MSG_FORM] = {M("form", form, F_ENUM), .names = &forms, .absent = is_response,
                  .derived = always},
    [MSG_VERSION] = {M("version", version, F_TEXT), .derived = odd_start},
    [MSG_STATUS] = {M("status", status, F_UINT), .absent = is_request, .derived = odd_start},
    [MSG_REASON] = {M("reason", reason, F_TEXT), .absent = is_request, .derived = odd_start},
    [MSG_START] = {M("start", start, F_TEXT), .absent = usual_start},
    [MSG_HEADERS] = {.name = "headers", LIST(struct http_msg, headers, &header_desc)},
    [MSG_BLANK] = {M("blank", blank, F_TEXT), .absent = blank_crlf},
    [MSG_FRAMING] = {M("framing", how, F_ENUM), .names = &hows, .derived = always},
    [MSG_BODY] = {M("body", body, F_TEXT), .absent = no_body},
    [MSG_CHUNKS] = {.name = "chunks",
                    LIST(struct http_msg, chunks, &chunk_desc),
                    .absent = not_chunked},
    [MSG_TRAILERS] = {.name = "trailers",
                      LIST(struct http_msg, trailers, &header_desc),
                      .absent = no_trailers},
    [MSG_END] = {M("end", end, F_TEXT), .absent = end_usual},
    [MSG_REST] = {M("rest", rest, F_BYTES), .absent = no_rest},
};
const struct desc http_msg_desc = {"http", sizeof(struct http_msg), MSG_COUNT, http_msg_fields,
                                   NULL};
