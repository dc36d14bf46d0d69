/* codecs/base/param_look.h - parameters of the forms that most have, looked at without a closer look at each
 * octet. */
#ifndef CODECS_BASE_PARAM_LOOK_H
#define CODECS_BASE_PARAM_LOOK_H
#include "codecs/base/lexmap.h"
#include "codecs/base/param.h"

enum param_as {                   /* what the value of a parameter may be, joined by | */
                PARAM_LACKS = 1,  /* not there */
                PARAM_PLAIN = 2,  /* host characters */
                PARAM_QUOTED = 4, /* a quoted string */
                PARAM_NUMBER = 8, /* one to eight decimal digits */
                PARAM_BARE = PARAM_LACKS | PARAM_PLAIN,
                PARAM_ANY = PARAM_BARE | PARAM_QUOTED,
                PARAM_NEVER = 0, /* such a parameter is not to be there */
};
enum { PARAM_SLOTS = 64 };
#define PARAM_ODD (UINT32_C(1) << 31)
struct param_name {
    char text[13]; /* small letters, zeros behind them */
    uint8_t n;     /* octets of it; 0: the slot is empty */
    uint8_t as;
    uint8_t bit; /* below 31 */
};
struct param_names {
    struct param_name v[PARAM_SLOTS]; /* by PARAM_SLOT */
    uint8_t other;                    /* enum param_as of parameters with another name */
};
/* Where a name of at least one octet stands, by its length and lexmap_front. Two names in one place may differ;
 * the factor was found by trying, so that those of one table have places of their own. */
#define PARAM_SLOT(front, n) (((front) + (n)) * UINT64_C(0x2827688de6a16a3b) >> 58)
#define PARAM_FRONT(...) PARAM_FRONT8(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0, 0)
#define PARAM_FRONT8(a, b, c, d, e, f, g, h, ...)                                                  \
    ((uint64_t)(a) | (uint64_t)(b) << 8 | (uint64_t)(c) << 16 | (uint64_t)(d) << 24 |              \
     (uint64_t)(e) << 32 | (uint64_t)(f) << 40 | (uint64_t)(g) << 48 | (uint64_t)(h) << 56)
/* A name, octet for octet: the compiler finds its slot. Two names in one slot are an error to it. */
#define PARAM_NAME(bit, as, ...)                                                                   \
    [PARAM_SLOT(PARAM_FRONT(__VA_ARGS__), sizeof((char[]){__VA_ARGS__}))] = {                      \
        {__VA_ARGS__}, sizeof((char[]){__VA_ARGS__}), PARAM_##as, bit}
struct param_seen { /* set its members one by one: it takes longer to clear than to fill */
    uint32_t has;   /* the bits of those that are known; PARAM_ODD: see param_look */
    size_t
        hosts; /* octets of names and values that are of LEXMAP_HOST, as far as is taken for granted */
    const struct param *known[16]; /* by their bits; where there is none it is not set */
};
/* Look at one parameter or more, which stand in the text of `map` up to `end`. Each has a name, all of them
 * differ, and values are as `names` says: if names, and values but quoted strings, are of LEXMAP_HOST, which the
 * caller has to find out by counting. PARAM_ODD: it is not so, or may not be so. A name of more than nine octets
 * may be another one than that which it is taken for: with the same first eight, and the same last. */
void param_look(const struct lexmap *map, const struct param *v, size_t n, const uint8_t *end,
                const struct param_names *names, struct param_seen *s);
#endif
