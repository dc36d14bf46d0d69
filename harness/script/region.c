/* harness/script/region.c - size classes over blocks. */
#include <stdlib.h>
#include "harness/script/region.h"

struct region_block {
    struct region_block *next;
    size_t n; /* octets taken */
    _Alignas(16) uint8_t p[REGION_BLOCK];
};
struct region_spare { /* at the front of a piece that was given back */
    struct region_spare *next;
};
struct region_large {
    struct region_large *next, *last;
    _Alignas(16) uint8_t p[];
};

/* Under AddressSanitizer each piece is of its own, or what reads past one would not be noticed. */
enum { SMALL = ADDRESS_SANITIZER ? 0 : REGION_SMALL };

static size_t class_of(size_t size)
{
    return (size - 1) / REGION_STEP;
}

static void *take_small(struct region *r, size_t size)
{
    size_t c = class_of(size), n = (c + 1) * REGION_STEP;
    struct region_spare *spare = r->spare[c];
    struct region_block *b = r->blocks;

    if (spare) {
        r->spare[c] = spare->next;
        return spare;
    }
    if (!b || n > REGION_BLOCK - b->n) {
        b = malloc(sizeof *b);
        if (!b)
            return NULL;
        b->next = r->blocks;
        b->n = 0;
        r->blocks = b;
    }
    b->n += n;
    return b->p + b->n - n;
}

static struct region_large *large_of(void *p)
{
    return (struct region_large *)(void *)((uint8_t *)p - offsetof(struct region_large, p));
}

/* Set the neighbours of a large piece that is new or has moved. */
static void join(struct region *r, struct region_large *l)
{
    if (l->last)
        l->last->next = l;
    else
        r->large = l;
    if (l->next)
        l->next->last = l;
}

static void *take_large(struct region *r, size_t size)
{
    struct region_large *l = size > SIZE_MAX - sizeof *l ? NULL : malloc(sizeof *l + size);

    if (!l)
        return NULL;
    l->last = NULL;
    l->next = r->large;
    join(r, l);
    return l->p;
}

static void *resize_large(struct region *r, void *p, size_t size)
{
    struct region_large *l =
        size > SIZE_MAX - sizeof *l ? NULL : realloc(large_of(p), sizeof *l + size);

    if (!l)
        return NULL;
    join(r, l);
    return l->p;
}

void region_give(struct region *r, void *p, size_t was)
{
    if (!p || was == 0)
        return;
    if (was <= SMALL) {
        struct region_spare *spare = p;
        spare->next = r->spare[class_of(was)];
        r->spare[class_of(was)] = spare;
        return;
    }
    struct region_large *l = large_of(p);
    if (l->last)
        l->last->next = l->next;
    else
        r->large = l->next;
    if (l->next)
        l->next->last = l->last;
    free(l);
}

void *region_resize(struct region *r, void *p, size_t was, size_t size)
{
    if (p && was > SMALL && size > SMALL)
        return resize_large(r, p, size);
    if (p && was && was <= SMALL && size <= SMALL && class_of(was) == class_of(size))
        return p;
    void *q = size <= SMALL ? take_small(r, size) : take_large(r, size);
    if (!q)
        return NULL;
    if (p && was) {
        memcpy(q, p, was < size ? was : size);
        region_give(r, p, was);
    }
    return q;
}

void region_end(struct region *r)
{
    for (struct region_block *b = r->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    for (struct region_large *l = r->large, *next; l; l = next) {
        next = l->next;
        free(l);
    }
    *r = (struct region){0};
}
