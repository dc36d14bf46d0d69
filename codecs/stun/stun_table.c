/* codecs/stun/stun_table.c - attributes, names and field tables; decode, lint, print, encode and
 * dictionary read these alike. */
#include "codecs/stun/stun_table.h"

/* name, kind, least and most octets, clause of the length and what is wrong, whether it is a MUST */
#define A(type) [STUN_SLOT(type)]
#define ADDRESS_BY(n, kind, clause)                                                                \
    {                                                                                              \
        n, kind, 8, 20, clause, "address of %u octets, not 8 or 20", false                         \
    }
#define ADDRESS(n) ADDRESS_BY(n, STUN_ADDR, "RFC8489:14.1#a1")
#define FIXED(n, kind, size, clause)                                                               \
    {                                                                                              \
        n, kind, size, size, clause, n " of %u octets, not " #size, false                          \
    }
const struct stun_rule stun_rules[STUN_SLOTS] = {
    A(STUN_MAPPED_ADDRESS) = ADDRESS("MAPPED-ADDRESS"),
    A(STUN_RESPONSE_ADDRESS) = ADDRESS("RESPONSE-ADDRESS"),
    A(STUN_CHANGE_REQUEST) = FIXED("CHANGE-REQUEST", STUN_U32, 4, "RFC5780:7.2#a1"),
    A(STUN_SOURCE_ADDRESS) = ADDRESS("SOURCE-ADDRESS"),
    A(STUN_CHANGED_ADDRESS) = ADDRESS("CHANGED-ADDRESS"),
    A(STUN_USERNAME) = {"USERNAME", STUN_TEXT, 0, 508, "RFC8489:14.3#1b",
                        "USERNAME of %u octets, not fewer than 509", true},
    A(STUN_PASSWORD) = {"PASSWORD", STUN_OCTETS, 0, 65535, NULL, NULL, false},
    A(STUN_MESSAGE_INTEGRITY) = FIXED("MESSAGE-INTEGRITY", STUN_OCTETS, 20, "RFC8489:14.5#a3"),
    A(STUN_ERROR_CODE) = {"ERROR-CODE", STUN_CODE, 4, 65535, "RFC8489:14.8#a4",
                          "ERROR-CODE of %u octets has no room for its code", false},
    A(STUN_UNKNOWN_ATTRIBUTES) = {"UNKNOWN-ATTRIBUTES", STUN_TYPES, 0, 65535, NULL, NULL, false},
    A(STUN_REFLECTED_FROM) = ADDRESS("REFLECTED-FROM"),
    A(STUN_CHANNEL_NUMBER) = FIXED("CHANNEL-NUMBER", STUN_U16_RFFU, 4, "RFC8656:18.1#a1"),
    A(STUN_LIFETIME) = FIXED("LIFETIME", STUN_U32, 4, "RFC8656:18.2#a1"),
    A(STUN_XOR_PEER_ADDRESS) = ADDRESS_BY("XOR-PEER-ADDRESS", STUN_XOR_ADDR, "RFC8656:18.3#a1"),
    A(STUN_DATA_VALUE) = {"DATA", STUN_OCTETS, 0, 65535, NULL, NULL, false},
    A(STUN_REALM) = {"REALM", STUN_TEXT, 0, 763, "RFC8489:14.9#1b",
                     "REALM of %u octets, not 763 at most", true},
    A(STUN_NONCE) = {"NONCE", STUN_TEXT, 0, 763, "RFC8489:14.10#1",
                     "NONCE of %u octets, not 763 at most", true},
    A(STUN_XOR_RELAYED_ADDRESS) =
        ADDRESS_BY("XOR-RELAYED-ADDRESS", STUN_XOR_ADDR, "RFC8656:18.5#a1"),
    A(STUN_REQUESTED_ADDRESS_FAMILY) =
        FIXED("REQUESTED-ADDRESS-FAMILY", STUN_U8_RFFU, 4, "RFC8656:18.6#a1"),
    A(STUN_EVEN_PORT) = FIXED("EVEN-PORT", STUN_U8, 1, "RFC8656:18.7#a1"),
    A(STUN_REQUESTED_TRANSPORT) = FIXED("REQUESTED-TRANSPORT", STUN_U8_RFFU, 4, "RFC8656:18.8#a1"),
    A(STUN_DONT_FRAGMENT) = FIXED("DONT-FRAGMENT", STUN_EMPTY, 0, "RFC8656:18.9#a1"),
    A(STUN_ACCESS_TOKEN) = {"ACCESS-TOKEN", STUN_OCTETS, 0, 65535, NULL, NULL, false},
    A(STUN_MESSAGE_INTEGRITY_SHA256) = {"MESSAGE-INTEGRITY-SHA256", STUN_OCTETS, 16, 32,
                                        "RFC8489:14.6#1a",
                                        "MESSAGE-INTEGRITY-SHA256 of %u octets, not 16 to 32",
                                        true},
    A(STUN_PASSWORD_ALGORITHM) = {"PASSWORD-ALGORITHM", STUN_ALGORITHM, 4, 65535,
                                  "RFC8489:14.12#a3", "PASSWORD-ALGORITHM of %u octets", false},
    A(STUN_USERHASH) = FIXED("USERHASH", STUN_OCTETS, 32, "RFC8489:14.4#a2"),
    A(STUN_XOR_MAPPED_ADDRESS) = ADDRESS_BY("XOR-MAPPED-ADDRESS", STUN_XOR_ADDR, "RFC8489:14.2#a9"),
    A(STUN_RESERVATION_TOKEN) = FIXED("RESERVATION-TOKEN", STUN_OCTETS, 8, "RFC8656:18.10#a1"),
    A(STUN_PRIORITY) = FIXED("PRIORITY", STUN_U32, 4, "RFC8445:16.1#a1"),
    A(STUN_USE_CANDIDATE) = FIXED("USE-CANDIDATE", STUN_EMPTY, 0, "RFC8445:16.1#a2"),
    A(STUN_PADDING) = {"PADDING", STUN_OCTETS, 0, 65535, NULL, NULL, false},
    A(STUN_RESPONSE_PORT) = FIXED("RESPONSE-PORT", STUN_U16_RFFU, 4, "RFC5780:7.5#a1"),
    A(STUN_CONNECTION_ID) = FIXED("CONNECTION-ID", STUN_U32, 4, "RFC6062:6.2.1#a1"),
    A(STUN_ADDITIONAL_ADDRESS_FAMILY) =
        FIXED("ADDITIONAL-ADDRESS-FAMILY", STUN_U8_RFFU, 4, "RFC8656:18.11#a1"),
    A(STUN_ADDRESS_ERROR_CODE) = {"ADDRESS-ERROR-CODE", STUN_FAMILY_CODE, 4, 65535,
                                  "RFC8656:18.12#a1",
                                  "ADDRESS-ERROR-CODE of %u octets has no room for its code",
                                  false},
    A(STUN_PASSWORD_ALGORITHMS) = {"PASSWORD-ALGORITHMS", STUN_ALGORITHMS, 0, 65535, NULL, NULL,
                                   false},
    A(STUN_ALTERNATE_DOMAIN) = {"ALTERNATE-DOMAIN", STUN_TEXT, 0, 255, "RFC8489:14.16#1b",
                                "ALTERNATE-DOMAIN of %u octets, not 255 at most", true},
    A(STUN_ICMP) = FIXED("ICMP", STUN_ICMP_INFO, 8, "RFC8656:18.13#a1"),
    A(STUN_SOFTWARE) = {"SOFTWARE", STUN_TEXT, 0, 763, "RFC8489:14.14#2b",
                        "SOFTWARE of %u octets, not 763 at most", true},
    A(STUN_ALTERNATE_SERVER) = ADDRESS_BY("ALTERNATE-SERVER", STUN_ADDR, "RFC8489:14.15#a2"),
    A(STUN_TRANSACTION_TRANSMIT_COUNTER) =
        FIXED("TRANSACTION_TRANSMIT_COUNTER", STUN_U32, 4, "RFC7982:3.1#a1"),
    A(STUN_CACHE_TIMEOUT) = {"CACHE-TIMEOUT", STUN_U32, 4, 4, NULL, NULL, false},
    A(STUN_FINGERPRINT) = FIXED("FINGERPRINT", STUN_U32, 4, "RFC8489:14.7#a2"),
    A(STUN_ICE_CONTROLLED) = FIXED("ICE-CONTROLLED", STUN_U64, 8, "RFC8445:16.1#a3"),
    A(STUN_ICE_CONTROLLING) = FIXED("ICE-CONTROLLING", STUN_U64, 8, "RFC8445:16.1#a4"),
    A(STUN_RESPONSE_ORIGIN) = ADDRESS_BY("RESPONSE-ORIGIN", STUN_ADDR, "RFC5780:7.1#a1"),
    A(STUN_OTHER_ADDRESS) = ADDRESS_BY("OTHER-ADDRESS", STUN_ADDR, "RFC5780:7.1#a1"),
    A(STUN_ECN_CHECK) = {"ECN-CHECK", STUN_OCTETS, 0, 65535, NULL, NULL, false},
    A(STUN_THIRD_PARTY_AUTHORIZATION) = {"THIRD-PARTY-AUTHORIZATION", STUN_TEXT, 0, 65535, NULL,
                                         NULL, false},
    A(STUN_MOBILITY_TICKET) = {"MOBILITY-TICKET", STUN_OCTETS, 0, 65535, NULL, NULL, false},
};

const char *stun_type_name(uint16_t type)
{
    const struct stun_rule *r = stun_rule(type);
    return r ? r->name : NULL;
}

/* ---- names ---- */

static const struct name class_v[] = {
    {STUN_REQUEST, "request"},
    {STUN_INDICATION, "indication"},
    {STUN_SUCCESS, "success"},
    {STUN_ERROR, "error"},
};
static const struct name method_v[] = {
    {STUN_BINDING, "binding"},
    {STUN_SHARED_SECRET, "shared-secret"},
    {STUN_ALLOCATE, "allocate"},
    {STUN_REFRESH, "refresh"},
    {STUN_SEND, "send"},
    {STUN_DATA, "data"},
    {STUN_CREATE_PERMISSION, "create-permission"},
    {STUN_CHANNEL_BIND, "channel-bind"},
    {STUN_CONNECT, "connect"},
    {STUN_CONNECTION_BIND, "connection-bind"},
    {STUN_CONNECTION_ATTEMPT, "connection-attempt"},
};
static const struct name algorithm_v[] = {{STUN_MD5, "MD5"}, {STUN_SHA256, "SHA-256"}};
#define T(x, s)                                                                                    \
    {                                                                                              \
        STUN_##x, s                                                                                \
    }
static const struct name type_v[] = {
    T(MAPPED_ADDRESS, "MAPPED-ADDRESS"),
    T(RESPONSE_ADDRESS, "RESPONSE-ADDRESS"),
    T(CHANGE_REQUEST, "CHANGE-REQUEST"),
    T(SOURCE_ADDRESS, "SOURCE-ADDRESS"),
    T(CHANGED_ADDRESS, "CHANGED-ADDRESS"),
    T(USERNAME, "USERNAME"),
    T(PASSWORD, "PASSWORD"),
    T(MESSAGE_INTEGRITY, "MESSAGE-INTEGRITY"),
    T(ERROR_CODE, "ERROR-CODE"),
    T(UNKNOWN_ATTRIBUTES, "UNKNOWN-ATTRIBUTES"),
    T(REFLECTED_FROM, "REFLECTED-FROM"),
    T(CHANNEL_NUMBER, "CHANNEL-NUMBER"),
    T(LIFETIME, "LIFETIME"),
    T(XOR_PEER_ADDRESS, "XOR-PEER-ADDRESS"),
    T(DATA_VALUE, "DATA"),
    T(REALM, "REALM"),
    T(NONCE, "NONCE"),
    T(XOR_RELAYED_ADDRESS, "XOR-RELAYED-ADDRESS"),
    T(REQUESTED_ADDRESS_FAMILY, "REQUESTED-ADDRESS-FAMILY"),
    T(EVEN_PORT, "EVEN-PORT"),
    T(REQUESTED_TRANSPORT, "REQUESTED-TRANSPORT"),
    T(DONT_FRAGMENT, "DONT-FRAGMENT"),
    T(ACCESS_TOKEN, "ACCESS-TOKEN"),
    T(MESSAGE_INTEGRITY_SHA256, "MESSAGE-INTEGRITY-SHA256"),
    T(PASSWORD_ALGORITHM, "PASSWORD-ALGORITHM"),
    T(USERHASH, "USERHASH"),
    T(XOR_MAPPED_ADDRESS, "XOR-MAPPED-ADDRESS"),
    T(RESERVATION_TOKEN, "RESERVATION-TOKEN"),
    T(PRIORITY, "PRIORITY"),
    T(USE_CANDIDATE, "USE-CANDIDATE"),
    T(PADDING, "PADDING"),
    T(RESPONSE_PORT, "RESPONSE-PORT"),
    T(CONNECTION_ID, "CONNECTION-ID"),
    T(ADDITIONAL_ADDRESS_FAMILY, "ADDITIONAL-ADDRESS-FAMILY"),
    T(ADDRESS_ERROR_CODE, "ADDRESS-ERROR-CODE"),
    T(PASSWORD_ALGORITHMS, "PASSWORD-ALGORITHMS"),
    T(ALTERNATE_DOMAIN, "ALTERNATE-DOMAIN"),
    T(ICMP, "ICMP"),
    T(SOFTWARE, "SOFTWARE"),
    T(ALTERNATE_SERVER, "ALTERNATE-SERVER"),
    T(TRANSACTION_TRANSMIT_COUNTER, "TRANSACTION_TRANSMIT_COUNTER"),
    T(CACHE_TIMEOUT, "CACHE-TIMEOUT"),
    T(FINGERPRINT, "FINGERPRINT"),
    T(ICE_CONTROLLED, "ICE-CONTROLLED"),
    T(ICE_CONTROLLING, "ICE-CONTROLLING"),
    T(RESPONSE_ORIGIN, "RESPONSE-ORIGIN"),
    T(OTHER_ADDRESS, "OTHER-ADDRESS"),
    T(ECN_CHECK, "ECN-CHECK"),
    T(THIRD_PARTY_AUTHORIZATION, "THIRD-PARTY-AUTHORIZATION"),
    T(MOBILITY_TICKET, "MOBILITY-TICKET"),
};
const struct names stun_classes = {class_v, COUNT(class_v)};
const struct names stun_methods = {method_v, COUNT(method_v)};
const struct names stun_types = {type_v, COUNT(type_v)};
static const struct names algorithms = {algorithm_v, COUNT(algorithm_v)};

/* ---- field tables of values ---- */

static bool never(const void *rec)
{
    (void)rec;
    return true;
}
static bool no_rffu(const void *rec)
{
    return ((const struct stun_attr *)rec)->v.rffu == 0;
}
static bool no_code_rffu(const void *rec)
{
    return ((const struct stun_attr *)rec)->v.code_rffu == 0;
}
static bool no_reserved(const void *rec)
{
    return ((const struct stun_attr *)rec)->reserved == 0;
}
static bool no_octets(const void *rec)
{
    return ((const struct stun_attr *)rec)->v.s.n == 0;
}
static bool no_parameters(const void *rec)
{
    return ((const struct stun_attr *)rec)->v.reason.n == 0;
}

struct type_item {
    uint16_t type;
};
struct algorithm_item {
    uint16_t algorithm;
    struct span parameters;
};

static bool next_type(struct rd *r, void *item)
{
    return rd_u16(r, &((struct type_item *)item)->type);
}

static bool next_algorithm(struct rd *r, void *item)
{
    struct algorithm_item *a = item;
    struct span pad;
    uint16_t n;
    return rd_u16(r, &a->algorithm) && rd_u16(r, &n) && rd_take(r, n, &a->parameters) &&
           rd_take(r, stun_round4(n) - n, &pad);
}

static bool item_no_parameters(const void *rec)
{
    return ((const struct algorithm_item *)rec)->parameters.n == 0;
}

static const struct field type_fields[] = {
    {.name = "", FIELD(struct type_item, type, F_ENUM), .names = &stun_types},
};
static const struct desc type_desc = {"type", sizeof(struct type_item), FIELDS(type_fields),
                                      .next = next_type};
static const struct field algorithm_fields[] = {
    {.name = "algorithm", FIELD(struct algorithm_item, algorithm, F_ENUM), .names = &algorithms},
    {.name = "parameters",
     FIELD(struct algorithm_item, parameters, F_BYTES),
     .absent = item_no_parameters},
};
static const struct desc algorithm_desc = {"algorithm", sizeof(struct algorithm_item),
                                           FIELDS(algorithm_fields), .next = next_algorithm};

#define AT(m, k) FIELD(struct stun_attr, m, k)
/* Any value may be given as octets in a draft instead; no view shows this row. */
#define AS_OCTETS                                                                                  \
    {                                                                                              \
        .name = "value", AT(v.s, F_BYTES), .absent = never                                         \
    }
#define VALUE(n, ...)                                                                              \
    static const struct field n##_fields[] = {__VA_ARGS__};                                        \
    static const struct desc n##_desc = {#n, sizeof(struct stun_attr), FIELDS(n##_fields),         \
                                         .next = NULL}

VALUE(raw, {.name = "value", AT(v.s, F_BYTES), .absent = no_octets});
VALUE(empty, {.name = "value", AT(v.s, F_BYTES), .absent = no_octets});
VALUE(u8, {.name = "value", .kind = F_UINT, .off = offsetof(struct stun_attr, v.u32), .size = 4});
VALUE(u8_rffu, {.name = "value", AT(v.u32, F_UINT)},
      {.name = "reserved", AT(v.rffu, F_UINT), .absent = no_rffu});
VALUE(u16_rffu, {.name = "value", AT(v.u32, F_UINT)},
      {.name = "reserved", AT(v.rffu, F_UINT), .absent = no_rffu});
VALUE(u32, {.name = "value", AT(v.u32, F_UINT)});
VALUE(u64, {.name = "value", AT(v.u64, F_UINT)});
VALUE(octets, {.name = "value", AT(v.s, F_BYTES)});
VALUE(text, {.name = "value", AT(v.s, F_TEXT)});
VALUE(addr, {.name = "address", AT(v.addr, F_ADDR)},
      {.name = "reserved", AT(reserved, F_UINT), .absent = no_reserved}, AS_OCTETS);
VALUE(xor_addr, {.name = "address", AT(v.addr, F_ADDR)},
      {.name = "reserved", AT(reserved, F_UINT), .absent = no_reserved}, AS_OCTETS);
VALUE(code, {.name = "code", AT(v.code, F_UINT)}, {.name = "reason", AT(v.reason, F_TEXT)},
      {.name = "reserved", AT(v.code_rffu, F_UINT), .absent = no_code_rffu}, AS_OCTETS);
VALUE(types, {.name = "types", AT(v.s, F_SEQ), .sub = &type_desc}, AS_OCTETS);
VALUE(algorithm_value, {.name = "algorithm", AT(v.code, F_ENUM), .names = &algorithms},
      {.name = "parameters", AT(v.reason, F_BYTES), .absent = no_parameters}, AS_OCTETS);
VALUE(algorithms, {.name = "algorithms", AT(v.s, F_SEQ), .sub = &algorithm_desc}, AS_OCTETS);
VALUE(family_code, {.name = "family", AT(family, F_UINT)}, {.name = "code", AT(v.code, F_UINT)},
      {.name = "reason", AT(v.reason, F_TEXT)},
      {.name = "reserved", AT(v.code_rffu, F_UINT), .absent = no_code_rffu}, AS_OCTETS);
VALUE(icmp_info, {.name = "icmp", AT(v.u32, F_UINT)}, {.name = "data", AT(v.rffu, F_UINT)},
      AS_OCTETS);

const struct desc *const stun_value_descs[] = {
    [STUN_RAW] = &raw_desc,
    [STUN_EMPTY] = &empty_desc,
    [STUN_U8] = &u8_desc,
    [STUN_U8_RFFU] = &u8_rffu_desc,
    [STUN_U16_RFFU] = &u16_rffu_desc,
    [STUN_U32] = &u32_desc,
    [STUN_U64] = &u64_desc,
    [STUN_OCTETS] = &octets_desc,
    [STUN_TEXT] = &text_desc,
    [STUN_ADDR] = &addr_desc,
    [STUN_XOR_ADDR] = &xor_addr_desc,
    [STUN_CODE] = &code_desc,
    [STUN_TYPES] = &types_desc,
    [STUN_ALGORITHM] = &algorithm_value_desc,
    [STUN_ALGORITHMS] = &algorithms_desc,
    [STUN_FAMILY_CODE] = &family_code_desc,
    [STUN_ICMP_INFO] = &icmp_info_desc,
};

static const struct desc *value_of_view(const void *rec)
{
    return stun_value_descs[((const struct stun_attr *)rec)->kind];
}

static const struct desc *value_of_type(uint64_t type)
{
    const struct stun_rule *r = type <= 0xffff ? stun_rule((uint16_t)type) : NULL;
    return stun_value_descs[r ? r->kind : STUN_RAW];
}

/* ---- field tables of attribute and message ---- */

/* Not where nothing stands: without a value and a length an attribute to be sealed gets room. */
static bool attr_length_derived(const void *rec)
{
    const struct stun_attr *a = rec;
    return a->length > 0 || a->kind != STUN_RAW;
}

static struct span padding_of(const void *rec)
{
    const struct stun_attr *a = rec;
    return (struct span){a->p + 4 + a->length, a->pad};
}

static bool no_padding(const void *rec)
{
    const struct stun_attr *a = rec;
    return a->pad == 0 && (a->length & 3) == 0;
}

static bool padding_derived(const void *rec)
{
    struct span s = padding_of(rec);
    const struct stun_attr *a = rec;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != 0)
            return false;
    return s.n == stun_round4(a->length) - a->length;
}

const struct field stun_attr_fields[] = {
    [ATTR_TYPE] = {.name = "type", AT(type, F_ENUM), .names = &stun_types},
    [ATTR_LENGTH] = {.name = "length", AT(length, F_UINT), .derived = attr_length_derived},
    [ATTR_VALUE] = {.name = "",
                    .kind = F_PICK,
                    .key = ATTR_TYPE,
                    .pick = value_of_view,
                    .pick_key = value_of_type},
    [ATTR_PADDING] = {.name = "padding",
                      .kind = F_BYTES,
                      .octets = padding_of,
                      .absent = no_padding,
                      .derived = padding_derived},
};
const struct desc stun_attr_desc = {"attribute", sizeof(struct stun_attr), .n = 4,
                                    .f = stun_attr_fields};

static bool length_derived(const void *rec)
{
    const struct stun_msg *m = rec;
    return m->wire.n == (size_t)m->length + STUN_HEADER;
}

static bool is_classic(const void *rec)
{
    return ((const struct stun_msg *)rec)->classic;
}

static bool cookie_derived(const void *rec)
{
    return ((const struct stun_msg *)rec)->cookie == STUN_COOKIE;
}

static bool no_rest(const void *rec)
{
    return ((const struct stun_msg *)rec)->rest.n == 0;
}

#define IN(m, k) FIELD(struct stun_msg, m, k)
const struct field stun_msg_fields[] = {
    [MSG_CLASS] = {.name = "class", IN(cls, F_ENUM), .names = &stun_classes},
    [MSG_METHOD] = {.name = "method", IN(method, F_ENUM), .names = &stun_methods},
    [MSG_TOP] = {.name = "top", IN(cls, F_UINT), .absent = never}, /* the first two bits */
    [MSG_LENGTH] = {.name = "length", IN(length, F_UINT), .derived = length_derived},
    [MSG_COOKIE] = {.name = "cookie",
                    IN(cookie, F_UINT),
                    .hex = true,
                    .absent = is_classic,
                    .derived = cookie_derived},
    [MSG_TRANSACTION] = {.name = "transaction", IN(transaction, F_BYTES)},
    [MSG_ATTRS] = {.name = "attributes",
                   IN(attrs, F_LIST),
                   .count = offsetof(struct stun_msg, n_attrs),
                   .sub = &stun_attr_desc},
    [MSG_REST] = {.name = "rest", IN(rest, F_BYTES), .absent = no_rest},
};
const struct desc stun_msg_desc = {"stun", sizeof(struct stun_msg), .n = 8, .f = stun_msg_fields};
