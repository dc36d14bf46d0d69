/* codecs/sip/sip_names.c - names of header fields. */
#include "codecs/sip/sip_parts.h"

const struct sip_name sip_names[SIP_TYPES] = {
    {"", 0, 0, SIP_TEXT, false},
#define SIP_HEADER(id, name, compact, form, list) {name, sizeof(name) - 1, compact, form, list},
#include "codecs/sip/sip_headers.def"
#undef SIP_HEADER
};

/* A perfect hash over length and three letters of a name: each name and compact form has a slot of its own, in
 * which its type stands. The factors were found by trying; sip_test.c has them fail when a name is added that
 * shares a slot. */
const uint8_t sip_slots[SIP_SLOTS] = {
    0,  0,  0,  66, 0,  0,  0,  0,  0,  53, 0,  0,  0,  0,  0,  9,  0,  0,  0,  77, 0,  0,  0,  0,
    0,  0,  0,  0,  0,  0,  0,  67, 0,  0,  0,  0,  0,  0,  24, 0,  0,  0,  61, 0,  0,  73, 0,  0,
    0,  0,  0,  0,  0,  0,  0,  0,  0,  14, 0,  0,  0,  0,  15, 0,  0,  0,  0,  56, 0,  0,  55, 48,
    0,  37, 0,  0,  0,  0,  0,  0,  0,  0,  0,  60, 0,  27, 58, 0,  0,  0,  0,  0,  0,  47, 0,  0,
    0,  0,  83, 78, 45, 0,  0,  6,  0,  0,  0,  0,  3,  0,  51, 0,  0,  0,  68, 0,  0,  0,  0,  0,
    13, 54, 0,  0,  25, 1,  0,  0,  33, 59, 76, 0,  0,  16, 0,  0,  0,  92, 0,  0,  0,  0,  0,  0,
    0,  0,  0,  44, 69, 0,  0,  0,  0,  0,  7,  0,  0,  11, 81, 0,  8,  0,  0,  0,  4,  0,  0,  75,
    8,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  12, 0,  0,  0,  0,  81, 0,
    0,  0,  0,  0,  0,  0,  0,  0,  0,  1,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
    0,  0,  0,  0,  0,  0,  38, 0,  49, 0,  0,  0,  0,  89, 0,  10, 0,  0,  0,  0,  0,  0,  0,  0,
    0,  29, 0,  0,  0,  0,  0,  63, 0,  0,  43, 0,  0,  0,  64, 0,  0,  23, 0,  0,  0,  0,  0,  0,
    0,  36, 24, 0,  0,  26, 0,  95, 0,  9,  0,  0,  71, 0,  0,  79, 2,  0,  0,  0,  0,  0,  0,  0,
    21, 0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  52, 0,  0,  0,  0,  0,  0,  85,
    0,  30, 74, 67, 0,  94, 0,  0,  22, 0,  0,  0,  0,  18, 0,  0,  0,  42, 0,  0,  0,  62, 0,  0,
    91, 0,  0,  4,  84, 30, 0,  5,  0,  0,  70, 72, 0,  0,  19, 0,  0,  0,  0,  0,  0,  46, 0,  0,
    0,  0,  3,  86, 0,  0,  0,  0,  0,  2,  0,  0,  41, 0,  0,  0,  0,  0,  90, 88, 34, 87, 0,  0,
    0,  0,  0,  20, 0,  93, 0,  0,  0,  0,  0,  87, 38, 0,  0,  0,  0,  0,  0,  0,  13, 0,  57, 0,
    50, 0,  0,  0,  0,  0,  0,  68, 0,  0,  0,  82, 0,  35, 0,  0,  0,  0,  0,  0,  0,  0,  28, 17,
    0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  71, 0,  0,  19, 0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
    32, 0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  31, 0,  0,  0,  65, 0,  0,  0,  39,
    0,  0,  0,  0,  0,  0,  0,  80, 66, 0,  0,  0,  0,  0,  0,  0,  40, 0,  0,  0,  85, 0,  0,  0,
    0,  0,  6,  0,  0,  0,  0,  0,
};

enum sip_type sip_type_of(struct span name)
{
    return name.n ? sip_type_at(name.p, name.n) : SIP_OTHER;
}

bool sip_same_name(struct span a, struct span b)
{
    enum sip_type type = sip_type_of(a);
    return type == SIP_OTHER ? lex_same(a, b) : type == sip_type_of(b);
}

/* Lists by their grammar, Authentication-Info among them, what section 7.3.1 exempts, and what RFC 8224 section 4
 * does. */
bool sip_many_allowed(enum sip_type type)
{
    return sip_names[type].list || type == SIP_OTHER || type == SIP_AUTHENTICATION_INFO ||
           type == SIP_IDENTITY || type == SIP_AUTHORIZATION || type == SIP_PROXY_AUTHORIZATION ||
           type == SIP_WWW_AUTHENTICATE || type == SIP_PROXY_AUTHENTICATE;
}
