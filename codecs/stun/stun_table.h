/* codecs/stun/stun_table.h - the one table of attributes, inside codecs/stun only. */
#ifndef CODECS_STUN_STUN_TABLE_H
#define CODECS_STUN_STUN_TABLE_H
#include "codecs/stun/stun.h"

struct stun_rule {
    const char *name;          /* NULL: no attribute has this slot */
    uint8_t kind;              /* enum stun_kind */
    uint16_t min, max;         /* octets of the value, both ends allowed */
    const char *clause, *what; /* of a length outside; STMT unless `must` */
    bool must;
};
/* Attribute types in use stand at 0x0000 to 0x003f and 0x8000 to 0x803f. Turned left by one bit they
 * are 0 to 127, and all others more: a table without search, whose empty rows are STUN_RAW. */
#define STUN_SLOT(type) ((uint16_t)((unsigned)(type) << 1 | (unsigned)(type) >> 15))
#define STUN_SLOTS 128
extern const struct stun_rule stun_rules[STUN_SLOTS];
extern const struct desc *const stun_value_descs[]; /* by enum stun_kind */
extern const struct field stun_msg_fields[], stun_attr_fields[];
enum {
    MSG_CLASS,
    MSG_METHOD,
    MSG_TOP,
    MSG_LENGTH,
    MSG_COOKIE,
    MSG_TRANSACTION,
    MSG_ATTRS,
    MSG_REST
};
enum { ATTR_TYPE, ATTR_LENGTH, ATTR_VALUE, ATTR_PADDING };

/* NULL: not known. */
static inline const struct stun_rule *stun_rule(uint16_t type)
{
    unsigned slot = STUN_SLOT(type);
    return slot < STUN_SLOTS && stun_rules[slot].name ? &stun_rules[slot] : NULL;
}
static inline size_t stun_round4(size_t n)
{
    return (n + 3) & ~(size_t)3;
}
#endif
