/* fuzz/mutate/mutate_value.c - values of fields: boundaries, names, words, chance. */
#include "fuzz/mutate/mutate_impl.h"

enum { FILL = 0x61, LONGEST = 4096 };

static uint64_t mask_of(const struct field *f)
{
    if (f->kind == F_BOOL)
        return 1;
    return f->size && f->size < 8 ? (UINT64_C(1) << f->size * 8) - 1 : UINT64_MAX;
}

uint64_t value_uint(struct mutator *m, const struct field *f, uint64_t was)
{
    uint64_t mask = f ? mask_of(f) : UINT64_MAX, top = mask ^ mask >> 1;
    const uint64_t edges[] = {0,     1,      2,      3,      4,      0x7f, 0xff,
                              0x100, 0x3fff, 0x7fff, 0x8000, 0xffff, top,  top - 1};

    if (f && f->names && f->names->n && !once_in(m, 4))
        return f->names->v[pick(m, f->names->n)].v & mask;
    switch (pick(m, 7)) {
    case 0:
        return mask;
    case 1:
        return mask - 1;
    case 2:
        return (was + 1 + pick(m, 8)) & mask;
    case 3:
        return (was - 1 - pick(m, 8)) & mask;
    case 4:
        return (was ^ UINT64_C(1) << pick(m, 64)) & mask;
    case 5:
        return rng_next(m->rng) & mask;
    default:
        return edges[pick(m, COUNT(edges))] & mask;
    }
}

/* ---- octets ---- */

/* Lengths around which decoders and limits change their mind. */
static size_t edge_length(struct mutator *m)
{
    static const uint16_t edges[] = {0,   1,   2,   3,    4,    5,    7,      8,   12,  13,
                                     16,  20,  21,  31,   32,   33,   63,     64,  65,  100,
                                     127, 128, 129, 254,  255,  256,  257,    508, 509, 510,
                                     762, 763, 764, 1023, 1024, 2048, LONGEST};
    return edges[pick(m, COUNT(edges))];
}

static struct span resized(struct mutator *m, struct span was, size_t n)
{
    uint8_t *p = arena_take(&m->mem, n + 1);

    if (!p)
        return was;
    for (size_t i = 0; i < n; i++)
        p[i] = was.n ? was.p[i % was.n] : FILL;
    return (struct span){p, n};
}

static struct span chance_octets(struct mutator *m, size_t n)
{
    uint8_t *p = arena_take(&m->mem, n + 8);

    if (!p)
        return (struct span){0};
    rng_fill(m->rng, p, n);
    return (struct span){p, n};
}

static struct span changed(struct mutator *m, struct span was)
{
    size_t cap = was.n + 64;
    uint8_t *p = arena_take(&m->mem, cap);

    if (!p)
        return was;
    if (was.n)
        memcpy(p, was.p, was.n);
    return (struct span){p, octets_change(m, p, was.n, cap)};
}

struct span value_octets(struct mutator *m, struct span was)
{
    switch (pick(m, 10)) {
    case 0:
        return (struct span){was.p, 0};
    case 1:
        return span_cut(was, 0, pick(m, was.n + 1));
    case 2:
    case 3:
        return resized(m, was, edge_length(m));
    case 4:
        return resized(m, was, was.n + 1 + pick(m, 4));
    case 5:
        return resized(m, was, was.n + 1 + pick(m, 64));
    case 6:
        return chance_octets(m, pick(m, 24));
    case 7:
        return m->n_tokens ? m->tokens[pick(m, m->n_tokens)] : was;
    default:
        return changed(m, was);
    }
}

struct span value_bytes(struct mutator *m, const struct field *f, struct span was)
{
    if (f && f->same && once_in(m, 4))
        return text_name(m);
    bool text = f && (f->kind == F_TEXT || f->kind == F_CHARS);
    if (text && once_in(m, 2))
        return text_change(m, was);
    return text && m->engine && once_in(m, 2) ? changed(m, was) : value_octets(m, was);
}

struct addr value_addr(struct mutator *m, struct addr was)
{
    static const uint8_t families[] = {4, 6, 4, 6, 0};
    static const uint16_t ports[] = {0, 1, 80, 3478, 5349, 0x7fff, 0x8000, 0xffff};

    switch (pick(m, 4)) {
    case 0:
        was.family = families[pick(m, COUNT(families))];
        break;
    case 1:
        was.port = ports[pick(m, COUNT(ports))];
        break;
    case 2:
        memset(was.ip, once_in(m, 2) ? 0 : 0xff, sizeof was.ip);
        break;
    default:
        rng_fill(m->rng, was.ip, sizeof was.ip);
    }
    return was;
}

/* ---- new fields ---- */

void value_fill(struct mutator *m, struct draft *dr, struct node *rec, unsigned depth)
{
    for (size_t i = 0; rec && i < rec->d->n && (i == 0 || !once_in(m, 3)); i++) {
        const struct field *f = &rec->d->f[i];
        if (i && f->kind == F_TEXT && f->absent && !once_in(m, 4))
            continue; /* many of them stand in the place of all others */
        value_fresh(m, dr, rec, f, depth + 1);
    }
}

static struct node *fresh_picked(struct mutator *m, struct draft *dr, struct node *parent,
                                 unsigned depth)
{
    const struct field *pick_field;
    const struct desc *d = draft_picked(parent, &pick_field);
    struct node *first = NULL;

    for (size_t i = 0; d && i < d->n && (i == 0 || once_in(m, 2)); i++) {
        struct node *n = value_fresh(m, dr, parent, &d->f[i], depth + 1);
        first = first ? first : n;
    }
    return first;
}

/* Whether a text is what a record is known by. */
static bool is_key(const struct desc *d, const struct field *f)
{
    if (f->same)
        return true;
    for (size_t i = 0; d && i < d->n; i++)
        if (d->f[i].kind == F_PICK && d->f[i].pick_text && &d->f[d->f[i].key] == f)
            return true;
    return false;
}

static struct node *fresh_text(struct mutator *m, struct draft *dr, struct node *parent,
                               const struct field *f)
{
    const struct field *pick_field;
    struct span s;

    /* what the encoder derives, or what a table for the record's key says in parts */
    if (f->derived && !once_in(m, f->kind != F_TEXT || draft_picked(parent, &pick_field) ? 4 : 2))
        return NULL;
    if (f->kind == F_TEXT && is_key(parent->d, f) && !once_in(m, 4))
        s = text_name(m);
    else if (f->kind == F_TEXT && once_in(m, 2))
        s = text_word(m);
    else
        s = value_octets(m, (struct span)SPAN("alice"));
    return draft_bytes(dr, parent, f, s);
}

struct node *value_fresh(struct mutator *m, struct draft *dr, struct node *parent,
                         const struct field *f, unsigned depth)
{
    struct node *n;

    if (!parent || depth > FIELD_DEPTH)
        return NULL;
    switch (f->kind) {
    case F_UINT:
    case F_ENUM:
    case F_BOOL:
        if (f->derived && !once_in(m, 4)) /* a length stays the encoder's own most times */
            return NULL;
        return draft_uint(dr, parent, f, value_uint(m, f, pick(m, 32)));
    case F_BYTES:
    case F_TEXT:
    case F_CHARS:
        return fresh_text(m, dr, parent, f);
    case F_ADDR:
        return draft_addr(dr, parent, f,
                          &(struct addr){4, {192, 0, 2, 1}, (uint16_t)pick(m, 65536)});
    case F_LIST:
    case F_SEQ:
        n = draft_kids(dr, parent, f, f->sub);
        for (size_t i = pick(m, 3); n && i > 0; i--)
            value_fill(m, dr, draft_kids(dr, n, NULL, f->sub), depth);
        return n;
    case F_GROUP:
    case F_REF:
        n = f->sub ? draft_kids(dr, parent, f, f->sub) : NULL;
        value_fill(m, dr, n, depth);
        return n;
    case F_PICK:
        return fresh_picked(m, dr, parent, depth);
    case F_DRAFT:
        return NULL;
    }
    return NULL;
}
