/* codecs/base/field.h - one const description of a record; text dump, JSON, Lua, vector
 * expectations, diffs, drafts, faults and mutators all walk it. No protocol writes these by hand.
 *
 * A record described here is a *view* (what decoding fills: typed, spans into the input), the
 * arguments of a verb or the facts of an event. What is written starts from a *draft* over the
 * same table: draft.h. */
#ifndef CODECS_BASE_FIELD_H
#define CODECS_BASE_FIELD_H
#include "codecs/base/base.h"

enum { FIELD_DEPTH = 8, FIELD_SHOWN = 48 }; /* how deep records nest; octets in a text dump */

struct addr {       /* transport address; ip in network order; family 0: none */
    uint8_t family; /* 4, 6 */
    uint8_t ip[16];
    uint16_t port;
};
/* "192.0.2.1:3478" and "[2001:db8::1]:3478" (RFC 5952); the empty text for family 0. */
void addr_text(struct wr *w, const struct addr *a);
/* Read that form; the port may be absent (0), brackets too where there is no port. */
bool addr_parse(struct span s, struct addr *a);
/* Same family, address and port. */
static inline bool addr_eq(const struct addr *a, const struct addr *b)
{
    return a->family == b->family && a->port == b->port &&
           (a->family == 6 ? memcmp(a->ip, b->ip, 16) == 0
            : a->family    ? memcmp(a->ip, b->ip, 4) == 0
                           : true);
}

enum field_kind {
    F_UINT,  /* unsigned of `size` octets, host order */
    F_ENUM,  /* the same, with names */
    F_BOOL,  /* bool */
    F_BYTES, /* struct span, shown in hex */
    F_TEXT,  /* struct span, shown as text */
    F_CHARS, /* const char *, static or as long as the record; NULL: absent */
    F_ADDR,  /* struct addr */
    F_GROUP, /* a record inside, described by sub */
    F_REF,   /* pointer to a record described by sub; NULL: absent */
    F_LIST,  /* pointer to an array of sub at off, size_t count at count */
    F_SEQ,   /* struct span of wire items, read one by one by sub->next */
    F_PICK,  /* pick() says which table describes the record at off (NULL: none); its fields stand
                beside ours, in a draft too, where pick_key() chooses by the value of field `key` */
    F_DRAFT, /* pointer to a struct draft over sub (arguments of verbs) */
};
struct name {
    uint64_t v;
    const char *s;
};
struct names {
    const struct name *v;
    size_t n;
};
/* The name of `v`, NULL: it has none. */
const char *name_of(const struct names *n, uint64_t v);
/* The value that `s` names, or writes as a number; false: neither. */
bool name_value(const struct names *n, struct span s, uint64_t *v);

struct desc;
struct field {
    const char *name; /* "" for the only field of a table: items are shown bare */
    enum field_kind kind;
    uint16_t off, size, count;
    uint16_t key; /* F_PICK: index of the field that chooses */
    bool hex;     /* F_UINT: shown in hexadecimal to people; JSON has decimal numbers */
    const struct names *names;
    const struct desc *sub;
    const struct desc *(*pick)(const void *rec);
    const struct desc *(*pick_key)(uint64_t key);
    const struct desc *(*pick_text)(struct span key); /* the same where `key` is a text */
    bool (*same)(struct span a,
                 struct span b); /* F_TEXT: whether two texts are one key; NULL: octet for octet */
    struct span (*octets)(const void *rec); /* F_BYTES, F_TEXT that are derived, not stored */
    bool (*absent)(const void *rec);        /* says that a field has no value in this record */
    bool (*derived)(const void *rec); /* what an encoder would derive: a draft leaves it out */
};
struct desc {
    const char *name;
    size_t size, n;
    const struct field *f;
    bool (*next)(struct rd *r, void *item); /* F_SEQ: the next item, false at the end */
};
#define FIELD(T, m, k) .kind = (k), .off = offsetof(T, m), .size = sizeof(((T *)0)->m)
#define FIELDS(a) .n = COUNT(a), .f = (a)

struct val { /* one field's value, borrowed */
    enum field_kind kind;
    bool absent;
    uint64_t u;
    const char *sym; /* F_ENUM: its name or NULL */
    struct span s;
    const struct addr *addr;
    const struct desc *d; /* F_GROUP, F_REF, F_PICK, F_LIST, F_SEQ */
    const void *rec;
    size_t n; /* F_LIST: items */
};
struct val val_of(const struct field *f, const void *rec);

/* The next item of a list or sequence: in place, or decoded into `scratch` of `cap` octets.
 * NULL at the end, or where an item is larger than the scratch. `it` starts all zero. */
struct val_it {
    size_t i;
    struct rd r;
};
const void *val_next(const struct val *v, struct val_it *it, void *scratch, size_t cap);

/* The field called `name`, NULL: none. Does not look into picks. */
const struct field *field_find(const struct desc *d, const char *name);
/* Store an unsigned number in a F_UINT, F_ENUM or F_BOOL; false: it does not fit the field. */
bool field_set_uint(const struct field *f, void *rec, uint64_t u);

/* Add the fields of `d` to the table that `to` is being made of in `room`, for a record that holds one of `d` at
 * `off`. False: they are more than `cap` together. */
bool desc_join(struct desc *to, struct field *room, size_t cap, const struct desc *d, size_t off);

/* One JSON object: {"class":"request",...}; absent fields are left out. */
void field_json(struct wr *w, const struct desc *d, const void *rec);
/* For people: a line a field, indented by `depth` steps of two spaces; an item of a list stands on one
 * line, and octets beyond FIELD_SHOWN are counted, not shown. */
void field_text(struct wr *w, const struct desc *d, const void *rec, unsigned depth);

struct diff {
    void (*say)(void *ctx, const char *path, const char *what);
    void *ctx;
};
/* Compare two records of one table and say each field that differs; returns how many. */
size_t field_diff(const struct desc *d, const void *a, const void *b, const struct diff *out);
#endif
