/* codecs/sip/sip_table.c - the field tables of SIP messages.
 *
 * A draft of a message is typed as far as the usual form goes: where the parts of a value, of a header field or of the
 * start line, written in the one usual way, are not the octets that stand there, the draft has the text in their place.
 * So it is lossless, and what is edited in one place leaves all others as they were. */
#include "codecs/sip/sip_table.h"

#define LIST(T, m, d) .kind = F_LIST, .off = offsetof(T, m), .count = offsetof(T, m##_n), .sub = (d)

/* For a struct with parameters, a text, and a check whether its parts say the text. */
#define ITEM(T, usual)                                                                             \
    static bool T##_plain(const void *rec)                                                         \
    {                                                                                              \
        return usual;                                                                              \
    }                                                                                              \
    static bool T##_odd(const void *rec)                                                           \
    {                                                                                              \
        return !T##_plain(rec);                                                                    \
    }                                                                                              \
    static bool T##_no_params(const void *rec)                                                     \
    {                                                                                              \
        return ((const struct T *)rec)->params_n == 0;                                             \
    }
ITEM(sip_via, sip_usual_via(rec))
ITEM(sip_address, sip_usual_address(rec))
ITEM(sip_value, sip_usual_value(rec))
ITEM(sip_auth, sip_usual_auth(rec))

/* ---- Via ---- */

static bool via_no_port(const void *rec)
{
    return !((const struct sip_via *)rec)->port.p;
}
#define V(label, m, k) .name = label, FIELD(struct sip_via, m, k), .derived = sip_via_odd
const struct field sip_via_fields[] = {
    [VIA_PROTOCOL] = {V("protocol", protocol, F_TEXT)},
    [VIA_VERSION] = {V("version", version, F_TEXT)},
    [VIA_TRANSPORT] = {V("transport", transport, F_TEXT)},
    [VIA_HOST] = {V("host", host, F_TEXT)},
    [VIA_PORT] = {V("port", port, F_TEXT), .absent = via_no_port},
    [VIA_PARAMS] = {.name = "params",
                    LIST(struct sip_via, params, &param_desc),
                    .absent = sip_via_no_params,
                    .derived = sip_via_odd},
    [VIA_TEXT] = {.name = "text", FIELD(struct sip_via, text, F_TEXT), .absent = sip_via_plain},
};
static const struct desc via_desc = {"via", sizeof(struct sip_via), VIA_COUNT, sip_via_fields,
                                     NULL};

/* ---- addresses ---- */

static bool no_display(const void *rec)
{
    return !((const struct sip_address *)rec)->display.p;
}
static bool gap_one(const void *rec)
{
    const struct sip_address *a = rec;
    return no_display(rec) || span_is(a->gap, " ");
}
static bool not_bare(const void *rec)
{
    return !((const struct sip_address *)rec)->bare;
}
#define A(label, m, k) .name = label, FIELD(struct sip_address, m, k), .derived = sip_address_odd
const struct field sip_address_fields[] = {
    [ADDRESS_DISPLAY] = {A("display", display, F_TEXT), .absent = no_display},
    [ADDRESS_GAP] = {A("gap", gap, F_TEXT), .absent = gap_one},
    [ADDRESS_BARE] = {A("bare", bare, F_BOOL), .absent = not_bare},
    [ADDRESS_URI] = {A("uri", uri, F_GROUP), .sub = &uri_desc},
    [ADDRESS_PARAMS] = {.name = "params",
                        LIST(struct sip_address, params, &param_desc),
                        .absent = sip_address_no_params,
                        .derived = sip_address_odd},
    [ADDRESS_TEXT] = {.name = "text",
                      FIELD(struct sip_address, text, F_TEXT),
                      .absent = sip_address_plain},
};
static const struct desc address_desc = {"address", sizeof(struct sip_address), ADDRESS_COUNT,
                                         sip_address_fields, NULL};

/* ---- values ---- */

const struct field sip_value_fields[] = {
    [VALUE_VALUE] = {.name = "value",
                     FIELD(struct sip_value, value, F_TEXT),
                     .derived = sip_value_odd,
                     .same = lex_same},
    [VALUE_PARAMS] = {.name = "params",
                      LIST(struct sip_value, params, &param_desc),
                      .absent = sip_value_no_params,
                      .derived = sip_value_odd},
    [VALUE_TEXT] = {.name = "text",
                    FIELD(struct sip_value, text, F_TEXT),
                    .absent = sip_value_plain},
};
static const struct desc value_desc = {"value", sizeof(struct sip_value), VALUE_COUNT,
                                       sip_value_fields, NULL};

/* ---- credentials and challenges ---- */

static bool no_scheme(const void *rec)
{
    return !((const struct sip_auth *)rec)->scheme.p;
}
const struct field sip_auth_fields[] = {
    [AUTH_SCHEME] = {.name = "scheme",
                     FIELD(struct sip_auth, scheme, F_TEXT),
                     .absent = no_scheme,
                     .derived = sip_auth_odd},
    [AUTH_PARAMS] = {.name = "params",
                     LIST(struct sip_auth, params, &param_desc),
                     .absent = sip_auth_no_params,
                     .derived = sip_auth_odd},
    [AUTH_TEXT] = {.name = "text", FIELD(struct sip_auth, text, F_TEXT), .absent = sip_auth_plain},
};
static const struct desc auth_desc = {"auth", sizeof(struct sip_auth), AUTH_COUNT, sip_auth_fields,
                                      NULL};

/* ---- numbers: three tables over one struct ---- */

static bool unfit(const void *rec)
{
    return !((const struct sip_number *)rec)->fits;
}
static bool no_comment(const void *rec)
{
    return !((const struct sip_number *)rec)->comment.p;
}
static bool no_number_params(const void *rec)
{
    return ((const struct sip_number *)rec)->params_n == 0;
}
#define NUMBER_FORM(prefix, form)                                                                  \
    static bool prefix##_plain(const void *rec)                                                    \
    {                                                                                              \
        return sip_usual_number(rec, form);                                                        \
    }                                                                                              \
    static bool prefix##_odd(const void *rec)                                                      \
    {                                                                                              \
        return !prefix##_plain(rec);                                                               \
    }
NUMBER_FORM(number, SIP_NUMBERS)
NUMBER_FORM(cseq, SIP_CSEQS)
NUMBER_FORM(rack, SIP_RACKS)
/* The length of the body is left to the encoder where it is right. */
static bool length_derived(const void *rec)
{
    return number_odd(rec) || ((const struct sip_number *)rec)->body;
}
#define N(label, m, k) .name = label, FIELD(struct sip_number, m, k)
#define NUMBER_ROWS(derives)                                                                       \
    [NUMBER_NUMBER] = {N("number", number, F_UINT), .absent = unfit, .derived = (derives)},        \
    [NUMBER_COMMENT] = {N("comment", comment, F_TEXT), .absent = no_comment,                       \
                        .derived = number_odd},                                                    \
    [NUMBER_PARAMS] = {.name = "params",                                                           \
                       LIST(struct sip_number, params, &param_desc),                               \
                       .absent = no_number_params,                                                 \
                       .derived = number_odd},                                                     \
    [NUMBER_TEXT] = {N("text", text, F_TEXT), .absent = number_plain}
const struct field sip_number_fields[] = {NUMBER_ROWS(number_odd)};
const struct field sip_length_fields[] = {NUMBER_ROWS(length_derived)};
const struct field sip_cseq_fields[] = {
    [CSEQ_NUMBER] = {N("number", number, F_UINT), .absent = unfit, .derived = cseq_odd},
    [CSEQ_METHOD] = {N("method", method, F_TEXT), .derived = cseq_odd},
    [CSEQ_TEXT] = {N("text", text, F_TEXT), .absent = cseq_plain},
};
const struct field sip_rack_fields[] = {
    [RACK_RESPONSE] = {N("response", number, F_UINT), .absent = unfit, .derived = rack_odd},
    [RACK_NUMBER] = {N("number", second, F_UINT), .absent = unfit, .derived = rack_odd},
    [RACK_METHOD] = {N("method", method, F_TEXT), .derived = rack_odd},
    [RACK_TEXT] = {N("text", text, F_TEXT), .absent = rack_plain},
};
static const struct desc number_desc = {"number", sizeof(struct sip_number), NUMBER_COUNT,
                                        sip_number_fields, NULL},
                         length_desc = {"length", sizeof(struct sip_number), NUMBER_COUNT,
                                        sip_length_fields, NULL},
                         cseq_desc = {"cseq", sizeof(struct sip_number), CSEQ_COUNT,
                                      sip_cseq_fields, NULL},
                         rack_desc = {"rack", sizeof(struct sip_number), RACK_COUNT,
                                      sip_rack_fields, NULL};

/* ---- header fields ---- */

static bool no_values(const void *rec)
{
    return ((const struct sip_header *)rec)->values_n == 0;
}
static bool untyped(const void *rec)
{
    struct span comma;
    return no_values(rec) || !sip_usual_values(rec, &comma);
}
static bool typed(const void *rec)
{
    return !untyped(rec);
}
static bool comma_one(const void *rec)
{
    struct span comma;
    return ((const struct sip_header *)rec)->values_n < 2 || !sip_usual_values(rec, &comma) ||
           span_is(comma, ", ");
}
static struct span comma(const void *rec)
{
    struct span s = {NULL, 0};
    sip_usual_values(rec, &s);
    return s;
}

/* The values of each form: one table a form, the fields of each stand beside those of the header field. */
#define VALUES(sub)                                                                                \
    {                                                                                              \
        {.name = "values",                                                                         \
         LIST(struct sip_header, values, sub),                                                     \
         .absent = no_values,                                                                      \
         .derived = untyped},                                                                      \
        {                                                                                          \
            .name = "comma", .kind = F_TEXT, .octets = comma, .absent = comma_one                  \
        }                                                                                          \
    }
static const struct field values_fields[SIP_FORMS][VALUES_COUNT] = {
    [SIP_VIAS] = VALUES(&via_desc),      [SIP_ADDRESSES] = VALUES(&address_desc),
    [SIP_VALUES] = VALUES(&value_desc),  [SIP_NUMBERS] = VALUES(&number_desc),
    [SIP_LENGTH] = VALUES(&length_desc), [SIP_CSEQS] = VALUES(&cseq_desc),
    [SIP_RACKS] = VALUES(&rack_desc),    [SIP_AUTHS] = VALUES(&auth_desc),
    [SIP_INFOS] = VALUES(&auth_desc),
};
#define FORM(f) [f] = {"values", sizeof(struct sip_header), VALUES_COUNT, values_fields[f], NULL}
static const struct desc values_desc[SIP_FORMS] = {
    FORM(SIP_VIAS),  FORM(SIP_ADDRESSES), FORM(SIP_VALUES), FORM(SIP_NUMBERS), FORM(SIP_LENGTH),
    FORM(SIP_CSEQS), FORM(SIP_RACKS),     FORM(SIP_AUTHS),  FORM(SIP_INFOS),
};
static const struct desc *form_desc(enum sip_type type)
{
    enum sip_form form = sip_names[type].form;
    return form == SIP_TEXT ? NULL : &values_desc[form];
}
static const struct desc *pick_values(const void *rec)
{
    return form_desc(((const struct sip_header *)rec)->type);
}
static const struct desc *pick_name(struct span name)
{
    return form_desc(sip_type_of(name));
}
static bool usual_line(const void *rec)
{
    return !((const struct sip_header *)rec)->cut;
}
static bool no_name(const void *rec)
{
    return ((const struct sip_header *)rec)->name.n == 0 && ((const struct sip_header *)rec)->cut;
}
static bool odd_line(const void *rec)
{
    return !usual_line(rec);
}
static bool value_derived(const void *rec)
{
    return odd_line(rec) || typed(rec);
}
#define H(label, m, k) .name = label, FIELD(struct sip_header, m, k)
const struct field sip_header_fields[] = {
    [HEADER_NAME] = {H("name", name, F_TEXT), .absent = no_name, .same = sip_same_name},
    [HEADER_VALUE] = {H("value", value, F_TEXT), .derived = value_derived},
    [HEADER_VALUES] = {.name = "",
                       .kind = F_PICK,
                       .key = HEADER_NAME,
                       .pick = pick_values,
                       .pick_text = pick_name,
                       .derived = odd_line},
    [HEADER_LINE] = {H("line", line, F_TEXT), .absent = usual_line},
};
static const struct desc header_desc = {"header", sizeof(struct sip_header), HEADER_COUNT,
                                        sip_header_fields, NULL};

bool sip_is_values(const struct field *f, size_t which)
{
    for (size_t i = 0; i < SIP_FORMS; i++)
        if (f == &values_fields[i][which])
            return true;
    return false;
}

/* ---- parts of a body: shown only, a draft has the body ---- */

static bool always(const void *rec)
{
    (void)rec;
    return true;
}
static bool no_depth(const void *rec)
{
    return ((const struct sip_part *)rec)->depth == 0;
}
static bool part_has_end(const void *rec)
{
    return !((const struct sip_part *)rec)->open;
}
static const struct field part_header_fields[] = {
    {H("name", name, F_TEXT), .absent = no_name, .same = sip_same_name},
    {H("value", value, F_TEXT)},
};
static const struct desc part_header_desc = {"header", sizeof(struct sip_header),
                                             FIELDS(part_header_fields), NULL};
static const struct field part_fields[] = {
    {.name = "depth", FIELD(struct sip_part, depth, F_UINT), .absent = no_depth},
    {.name = "open", FIELD(struct sip_part, open, F_BOOL), .absent = part_has_end},
    {.name = "headers", LIST(struct sip_part, headers, &part_header_desc)},
    {.name = "body", FIELD(struct sip_part, body, F_TEXT)},
};
static const struct desc part_desc = {"part", sizeof(struct sip_part), FIELDS(part_fields), NULL};

/* ---- messages ---- */

static bool is_request(const void *rec)
{
    return ((const struct sip_msg *)rec)->request;
}
static bool is_response(const void *rec)
{
    return !is_request(rec);
}
static bool odd_start(const void *rec)
{
    return ((const struct sip_msg *)rec)->cut;
}
static bool usual_start(const void *rec)
{
    return !odd_start(rec);
}
static bool no_body(const void *rec)
{
    return ((const struct sip_msg *)rec)->body.n == 0;
}
static bool no_parts(const void *rec)
{
    return ((const struct sip_msg *)rec)->parts_n == 0;
}
static bool no_rest(const void *rec)
{
    return ((const struct sip_msg *)rec)->rest.n == 0;
}
static bool blank_crlf(const void *rec)
{
    return ((const struct sip_msg *)rec)->blank.n == 2;
}
#define M(label, m, k) .name = label, FIELD(struct sip_msg, m, k)
#define BODY_ROWS                                                                                  \
    [MSG_BODY] = {M("body", body, F_TEXT), .absent = no_body},                                     \
    [MSG_PARTS] = {.name = "parts",                                                                \
                   LIST(struct sip_msg, parts, &part_desc),                                        \
                   .absent = no_parts,                                                             \
                   .derived = always},                                                             \
    [MSG_REST] = {M("rest", rest, F_BYTES), .absent = no_rest}
const struct field sip_msg_fields[] = {
    [MSG_METHOD] = {M("method", method, F_TEXT), .absent = is_response, .derived = odd_start},
    [MSG_URI] = {M("uri", uri, F_GROUP), .sub = &uri_desc, .absent = is_response,
                 .derived = odd_start},
    [MSG_VERSION] = {M("version", version, F_TEXT), .derived = odd_start},
    [MSG_STATUS] = {M("status", status, F_UINT), .absent = is_request, .derived = odd_start},
    [MSG_REASON] = {M("reason", reason, F_TEXT), .absent = is_request, .derived = odd_start},
    [MSG_START] = {M("start", start, F_TEXT), .absent = usual_start},
    [MSG_HEADERS] = {.name = "headers", LIST(struct sip_msg, headers, &header_desc)},
    [MSG_BLANK] = {M("blank", blank, F_TEXT), .absent = blank_crlf},
    BODY_ROWS,
};
const struct desc sip_msg_desc = {"sip", sizeof(struct sip_msg), MSG_COUNT, sip_msg_fields, NULL};

/* ---- fragments: the same, but for what need not be there ---- */

static bool no_start(const void *rec)
{
    return ((const struct sip_msg *)rec)->version.n == 0;
}
static bool no_request(const void *rec)
{
    return !is_request(rec);
}
static bool no_response(const void *rec)
{
    return no_start(rec) || is_request(rec);
}
static bool no_odd_start(const void *rec)
{
    return ((const struct sip_msg *)rec)->start.n == 0 || usual_start(rec);
}
/* The encoder writes one before a body, and none elsewhere. */
static bool blank_derived(const void *rec)
{
    return ((const struct sip_msg *)rec)->blank.n == (no_body(rec) && no_rest(rec) ? 0 : 2);
}
const struct field sip_frag_fields[] = {
    [MSG_METHOD] = {M("method", method, F_TEXT), .absent = no_request, .derived = odd_start},
    [MSG_URI] = {M("uri", uri, F_GROUP), .sub = &uri_desc, .absent = no_request,
                 .derived = odd_start},
    [MSG_VERSION] = {M("version", version, F_TEXT), .absent = no_start, .derived = odd_start},
    [MSG_STATUS] = {M("status", status, F_UINT), .absent = no_response, .derived = odd_start},
    [MSG_REASON] = {M("reason", reason, F_TEXT), .absent = no_response, .derived = odd_start},
    [MSG_START] = {M("start", start, F_TEXT), .absent = no_odd_start},
    [MSG_HEADERS] = {.name = "headers", LIST(struct sip_msg, headers, &header_desc)},
    [MSG_BLANK] = {M("blank", blank, F_TEXT), .absent = blank_derived},
    BODY_ROWS,
};
const struct desc sip_frag_desc = {"sipfrag", sizeof(struct sip_msg), MSG_COUNT, sip_frag_fields,
                                   NULL};
