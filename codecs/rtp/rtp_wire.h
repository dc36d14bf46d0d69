/* codecs/rtp/rtp_wire.h - how the fields of a table stand on the wire, so that one writer serves RTCP packets,
 * their entries and payload formats; inside codecs/rtp only. */
#ifndef CODECS_RTP_RTP_WIRE_H
#define CODECS_RTP_RTP_WIRE_H
#include "codecs/base/codec.h"

enum wire_op {
    WIRE_SKIP,   /* written by the codec itself */
    WIRE_UINT,   /* a number of `bits` */
    WIRE_CONST,  /* a number of 32 bits, `value` where the draft has none */
    WIRE_LENGTH, /* a number of 8 or 16 bits: octets of the next field */
    WIRE_MAYBE,  /* the same, only where the next field is there */
    WIRE_OCTETS, /* the same: octets of all that follows in the record */
    WIRE_WORDS,  /* the same: 32-bit words of all that follows in the record */
    WIRE_COUNT,  /* a number of 8 bits: items in the next list */
    WIRE_BYTES,  /* octets or text */
    WIRE_LIST,   /* items, each a record */
    WIRE_ALIGN,  /* octets; else zeros up to the next 32-bit boundary of the record */
    WIRE_END,    /* octets; else zeros up to the next boundary, one at least */
    WIRE_PICK,   /* the fields of one of the layout's `picks` */
};
struct wire {
    uint8_t op, bits;
    uint32_t value;
};
/* A table and, field by field, how it is written. The desc stands first: all tables in codecs/rtp are part of
 * one, so that a node's desc leads to the layout. */
struct layout {
    struct desc d;
    const struct wire *w;
    const struct layout *const *picks; /* what a WIRE_PICK may hold, NULL-terminated */
};
#define LAYOUT(T, label, fields, ops, reader)                                                      \
    {                                                                                              \
        {label, sizeof(T), FIELDS(fields), .next = (reader)}, ops, NULL                            \
    }

/* Write the record that `rec` (FORM_KIDS over a layout) describes. */
void wire_put(struct wr *w, const struct node *rec);
/* Write the items of a list. */
void wire_put_items(struct wr *w, const struct node *list);
/* The fields of `l` as far as `rec` has them; `start` is where the record began. */
void wire_put_fields(struct wr *w, const struct node *rec, const struct layout *l, size_t start);
/* How many items a list has; NULL: none. */
uint64_t wire_items(const struct node *list);
/* Its number, or `otherwise` where there is none. */
uint64_t wire_number(const struct node *rec, const struct field *f, uint64_t otherwise);
/* What stands in the place of picked fields; NULL: nothing is known of them. */
const struct layout *wire_picked(const struct node *rec, const struct layout *l, size_t pick);
/* Octets at the end: padding, then its count, as fields `pad` and `count` have them. */
void wire_put_padding(struct wr *w, const struct node *rec, const struct field *pad,
                      const struct field *count);

static inline bool all_zero(struct span s)
{
    uint8_t any = 0;
    for (size_t i = 0; i < s.n; i++)
        any |= s.p[i];
    return any == 0;
}
#endif
