/* codecs/rtp/rtp_wire.c - one writer for all that is laid out in fields. */
#include "codecs/rtp/rtp_wire.h"

uint64_t wire_number(const struct node *rec, const struct field *f, uint64_t otherwise)
{
    const struct node *n = draft_child(rec, f);
    return n && n->form == FORM_UINT ? n->u : otherwise;
}

static bool holds(const struct desc *d, const struct field *f)
{
    return f >= d->f && f < d->f + d->n;
}

const struct layout *wire_picked(const struct node *rec, const struct layout *l, size_t pick)
{
    const struct field *f = &l->d.f[pick];
    const struct node *key = draft_child(rec, &l->d.f[f->key]);

    for (const struct node *n = rec->form == FORM_KIDS ? rec->first : NULL; n; n = n->next)
        for (size_t i = 0; n->f && !holds(&l->d, n->f) && l->picks[i]; i++)
            if (holds(&l->picks[i]->d, n->f))
                return l->picks[i];
    const struct desc *d =
        key && key->form == FORM_UINT && f->pick_key ? f->pick_key(key->u) : NULL;
    return (const struct layout *)d;
}

void wire_put_items(struct wr *w, const struct node *list)
{
    for (const struct node *i = list->form == FORM_KIDS ? list->first : NULL; i; i = i->next) {
        if (i->form == FORM_RAW || i->form == FORM_BYTES)
            wr_put(w, i->s);
        else if (i->form == FORM_KIDS && i->d)
            wire_put(w, i);
    }
}

struct state {
    struct wr *w;
    const struct node *rec;
    const struct layout *l;
    size_t start;
    uint64_t acc; /* bits that make no whole octet yet */
    unsigned n;
};

static void bits(struct state *s, uint64_t v, unsigned n)
{
    for (unsigned i = n; i > 0; i--) {
        s->acc = s->acc << 1 | (v >> (i - 1) & 1);
        if (++s->n == 8) {
            wr_u8(s->w, (uint8_t)s->acc);
            s->acc = s->n = 0;
        }
    }
}

static void flush(struct state *s)
{
    if (s->n)
        bits(s, 0, 8 - s->n);
}

/* All that the draft has of octets or items for a field. */
static void contents(struct state *s, const struct field *f)
{
    flush(s);
    for (const struct node *n = s->rec->first; n; n = n->next) {
        if (n->f != f)
            continue;
        if (n->form == FORM_RAW || n->form == FORM_BYTES)
            wr_put(s->w, n->s);
        else if (n->form == FORM_KIDS)
            wire_put_items(s->w, n);
    }
}

static void number(struct state *s, const struct node *n, unsigned size, uint64_t otherwise)
{
    if (n && n->form == FORM_RAW) {
        flush(s);
        wr_put(s->w, n->s);
        return;
    }
    bits(s, n && n->form == FORM_UINT ? n->u : otherwise, size);
}

uint64_t wire_items(const struct node *list)
{
    uint64_t n = 0;
    for (const struct node *i = list && list->form == FORM_KIDS ? list->first : NULL; i;
         i = i->next)
        n++;
    return n;
}

/* Room for a length that is known once what it counts is written. */
static void patch(struct wr *w, size_t at, unsigned size, size_t n)
{
    if (w->full)
        return;
    if (size == 16)
        put_u16(w->p + at, (uint16_t)n);
    else
        w->p[at] = (uint8_t)n;
}

static void field_at(struct state *s, size_t i);

/* A length, and what it counts; returns the last field that was written. */
static size_t length(struct state *s, size_t i)
{
    const struct wire *op = &s->l->w[i];
    const struct node *given = draft_child(s->rec, &s->l->d.f[i]);
    bool rest = op->op == WIRE_OCTETS || op->op == WIRE_WORDS;
    size_t last = rest ? s->l->d.n - 1 : i + 1;

    if (op->op == WIRE_MAYBE && !given && !draft_child(s->rec, &s->l->d.f[i + 1]))
        return i;
    if (given)
        number(s, given, op->bits, 0);
    else
        bits(s, 0, op->bits);
    size_t at = s->w->n - op->bits / 8;
    for (size_t k = i + 1; k <= last; k++)
        field_at(s, k);
    if (!given) {
        size_t n = s->w->n - at - op->bits / 8;
        patch(s->w, at, op->bits, op->op == WIRE_WORDS ? (n + 3) / 4 : n);
    }
    return last;
}

static void zeros(struct state *s, bool one)
{
    do {
        if (!one && ((s->w->n - s->start) & 3) == 0)
            break;
        wr_u8(s->w, 0);
        one = false;
    } while (((s->w->n - s->start) & 3) && !s->w->full);
}

static void field_at(struct state *s, size_t i)
{
    const struct field *f = &s->l->d.f[i];
    const struct wire *op = &s->l->w[i];
    const struct node *n = draft_child(s->rec, f);

    switch (op->op) {
    case WIRE_UINT:
        number(s, n, op->bits, 0);
        break;
    case WIRE_CONST:
        number(s, n, 32, op->value);
        break;
    case WIRE_COUNT: {
        size_t list = i + 1;
        while (list < s->l->d.n && s->l->w[list].op != WIRE_LIST)
            list++;
        number(s, n, op->bits, wire_items(draft_child(s->rec, &s->l->d.f[list])));
        break;
    }
    case WIRE_BYTES:
    case WIRE_LIST:
        contents(s, f);
        break;
    case WIRE_ALIGN:
    case WIRE_END:
        contents(s, f);
        if (!n)
            zeros(s, op->op == WIRE_END);
        break;
    case WIRE_PICK: {
        const struct layout *l = wire_picked(s->rec, s->l, i);
        flush(s);
        if (l)
            wire_put_fields(s->w, s->rec, l, s->start);
        break;
    }
    default:
        break;
    }
}

void wire_put_fields(struct wr *w, const struct node *rec, const struct layout *l, size_t start)
{
    struct state s = {.w = w, .rec = rec, .l = l, .start = start};

    if (rec->form != FORM_KIDS)
        return;
    for (size_t i = 0; i < l->d.n; i++) {
        uint8_t op = l->w[i].op;
        if (op == WIRE_LENGTH || op == WIRE_MAYBE || op == WIRE_OCTETS || op == WIRE_WORDS)
            i = length(&s, i);
        else
            field_at(&s, i);
    }
    flush(&s);
}

void wire_put(struct wr *w, const struct node *rec)
{
    if (rec->form == FORM_KIDS && rec->d)
        wire_put_fields(w, rec, (const struct layout *)rec->d, w->n);
}

void wire_put_padding(struct wr *w, const struct node *rec, const struct field *pad,
                      const struct field *count)
{
    const struct node *octets = draft_child(rec, pad), *n = draft_child(rec, count);
    uint64_t size = n && n->form == FORM_UINT ? n->u & 0xff : 0;

    if (octets && octets->form != FORM_BYTES && octets->form != FORM_RAW)
        octets = NULL;
    if (octets)
        wr_put(w, octets->s);
    for (uint64_t i = 1; !octets && i < size; i++)
        wr_u8(w, 0);
    if (n && n->form == FORM_RAW)
        wr_put(w, n->s);
    else if (n && n->form == FORM_UINT)
        wr_u8(w, (uint8_t)size);
    else if (octets && octets->form == FORM_BYTES)
        wr_u8(w, (uint8_t)(octets->s.n + 1));
}
