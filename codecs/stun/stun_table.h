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

/* Add a finding about the `len` octets from `at` on, which stand in the message. */
static inline void stun_broke(struct findings *fs, const struct stun_msg *m, const char *clause,
                              enum level level, const char *what, const uint8_t *at, size_t len,
                              uint64_t arg)
{
    finding_add(fs, (struct finding){.clause = clause,
                                     .what = what,
                                     .level = level,
                                     .off = (uint64_t)(at - m->wire.p),
                                     .len = len,
                                     .arg = {arg, 0}});
}

/* The parts of stun_lint: the header (RFC8489:5, 6.1, 18.2); a FINGERPRINT that does not fit (14.7);
 * what an attribute names (14.3, 14.9, 14.16); what credentials ask for (9.1, 9.2, 18.1), and
 * addresses (14.1, 14.2, 14.15), both in a message with a magic cookie that is not truncated. */
void stun_lint_header(const struct stun_msg *m, struct findings *fs);
void stun_lint_fingerprint(const struct stun_msg *m, struct findings *fs);
void stun_lint_names(const struct stun_msg *m, const struct stun_attr *a, struct findings *fs);
void stun_lint_addresses(const struct stun_msg *m, struct findings *fs);
void stun_lint_credentials(const struct stun_msg *m, struct findings *fs);
#endif
