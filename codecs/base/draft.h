/* codecs/base/draft.h - what writing starts from: an ordered tree of fields over a field table.
 *
 * A draft says exactly what is to be written, conforming or not. Each field in it is typed, or raw
 * octets that stand in its place; a field may be missing, doubled or out of order. What a draft
 * does not give and the encoder can derive (a length) is derived; what it gives is written as told.
 * Nodes live in the arena that the draft was started with; running out sets arena->full. */
#ifndef CODECS_BASE_DRAFT_H
#define CODECS_BASE_DRAFT_H
#include "codecs/base/field.h"

enum form {
    FORM_UINT,  /* u */
    FORM_BYTES, /* s */
    FORM_ADDR,  /* a */
    FORM_KIDS,  /* first..last: fields of a record described by d, or items of a list of d */
    FORM_RAW,   /* s, octets written in place of whatever stands here, no padding, no length */
};
struct node {
    struct node *next;
    const struct field *f; /* NULL: an item of a list, or the root */
    const struct desc *d;  /* FORM_KIDS */
    enum form form;
    union {
        uint64_t u;
        struct span s;
        struct addr a;
        struct {
            struct node *first, *last;
        };
    };
};
struct draft {
    struct arena *mem;
    struct node root; /* FORM_KIDS over the table */
};

/* Start an empty draft over `d`; nodes come from `mem`, which the caller owns. */
void draft_init(struct draft *dr, const struct desc *d, struct arena *mem);
/* A draft of every field of a view, lossless: encoding it gives the octets the view was made of.
 * Spans are borrowed from the view. */
void draft_of(struct draft *dr, const struct desc *d, const void *rec, struct arena *mem);

/* Append to `parent` (the root: &dr->root). Each returns the node, NULL where the arena is full;
 * a NULL parent is passed on as NULL, so that a chain needs one check at its end. */
struct node *draft_uint(struct draft *dr, struct node *parent, const struct field *f, uint64_t u);
struct node *draft_bytes(struct draft *dr, struct node *parent, const struct field *f,
                         struct span s);
struct node *draft_addr(struct draft *dr, struct node *parent, const struct field *f,
                        const struct addr *a);
struct node *draft_kids(struct draft *dr, struct node *parent, const struct field *f,
                        const struct desc *d);
struct node *draft_raw(struct draft *dr, struct node *parent, const struct field *f, struct span s);

/* The first field called `name` in `parent`, NULL: none. */
struct node *draft_find(const struct node *parent, const char *name);
/* The first child of `parent` that stands for `f`; NULL: none, or no parent. */
const struct node *draft_child(const struct node *parent, const struct field *f);
/* The octets of a node of FORM_BYTES or FORM_RAW; empty for any other, and for NULL. */
static inline struct span draft_octets(const struct node *n)
{
    return n && (n->form == FORM_BYTES || n->form == FORM_RAW) ? n->s : (struct span){NULL, 0};
}
/* Octets of all children of `parent` that stand for `f`. */
size_t draft_size(const struct node *parent, const struct field *f);

/* For encoders of text: a number as decimal digits, else the octets of the node. */
void draft_put(struct wr *w, const struct node *n);
/* Each child of `rec` that stands for `f` in that way, `before` in front of it: most often one or none. */
void draft_put_each(struct wr *w, const struct node *rec, const struct field *f,
                    const char *before);
/* The same, or `otherwise` where there is none. */
void draft_put_or(struct wr *w, const struct node *rec, const struct field *f,
                  const char *otherwise);
/* Items of each list of `rec` that stands for `f`, by `put`, or the octets that stand in the place of one or of
 * the list. */
void draft_put_items(const struct node *rec, const struct field *f, struct wr *w,
                     void (*put)(void *ctx, const struct node *item), void *ctx);
/* The table that names what may stand in `parent` beside its own fields: the picked one, or NULL. */
const struct desc *draft_picked(const struct node *parent, const struct field **pick);
/* The field called `name` that may stand in `parent`, its own or a picked one; NULL: none. */
const struct field *draft_field(const struct node *parent, const char *name);

/* Take `n` out of `parent`, whose child it is. */
void draft_unlink(struct node *parent, struct node *n);
/* A node and all below it, so that the two can be edited apart; NULL where the arena is full. */
struct node *draft_copy(struct draft *dr, const struct node *n);

/* Edit by path, which is how faults, variants, scripts and mutators change a draft.
 *
 * A path is field names joined by '/'; an item of a list is chosen by its number from 0, by "*"
 * (all), by "last", or by the value of its first field: "attributes/SOFTWARE/value".
 *   DRAFT_SET     value in text: a number, a name, an address, text; "hex:0a0b" octets;
 *                 "raw:0a0b" octets in the place of the field whatever its kind;
 *                 "+1", "-1": a number relative to what stands there; "^": the octets inverted.
 *                 A field that is not there is added, but by those three: a length that is derived
 *                 while writing is told wrong by a number.
 *   DRAFT_DROP    removes what the path names
 *   DRAFT_DOUBLE  writes it twice
 *   DRAFT_FIRST, DRAFT_LAST  moves it to the front or the end of its parent
 *   DRAFT_ADD     appends a list item: the path names the list, the value is "KEY" or "KEY=value"
 *                 and goes to the item's first field and, where given, to its field `value`
 * Returns how many nodes it changed; 0: nothing there, or a value that the field cannot hold. */
enum draft_op {
    DRAFT_SET,
    DRAFT_DROP,
    DRAFT_DOUBLE,
    DRAFT_FIRST,
    DRAFT_LAST,
    DRAFT_ADD,
};
size_t draft_edit(struct draft *dr, enum draft_op op, const char *path, const char *value);
/* The value of a node from text, as DRAFT_SET reads it. */
bool draft_parse(struct draft *dr, struct node *n, struct span text);
#endif
