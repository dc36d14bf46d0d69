/* fuzz/mutate/mutate_tree.c - one edit of a draft, chosen by chance among all that it has. */
#include "fuzz/mutate/mutate_impl.h"

/* ---- all nodes ---- */

static void collect(struct places *ps, struct node *parent, unsigned depth)
{
    if (depth > FIELD_DEPTH)
        return;
    for (struct node *n = parent->first; n && ps->n < PLACES; n = n->next) {
        ps->v[ps->n++] = (struct place){parent, n};
        if (n->form == FORM_KIDS)
            collect(ps, n, depth + 1);
    }
}

void tree_places(struct places *ps, struct draft *dr)
{
    ps->n = 0;
    collect(ps, &dr->root, 0);
}

/* ---- edits; each returns whether it changed anything ---- */

/* By the inner codec's structure. The places of the outer draft are lost. */
static bool nested(struct mutator *m, struct node *n)
{
    enum { GROWTH = 512, GUESSED = 10 };
    size_t cap = n->s.n + GROWTH;
    unsigned sure;
    const struct codec *inner = inner_of(m, n->s, &sure);
    if (sure < GUESSED && once_in(m, 2)) /* what no table takes apart is less than what one does */
        return false;
    uint8_t *p = inner ? arena_take(&m->mem, cap) : NULL;
    struct wr w = {p, p ? cap : 0, 0, false};

    bool good = p && mutate_inside(m, inner, n->s, &w);
    if (good)
        n->s = wr_span(&w);
    return good;
}

static bool set(struct mutator *m, struct place at)
{
    struct node *n = at.n;

    switch (n->form) {
    case FORM_UINT:
        if (m->text && once_in(m, 4)) { /* where numbers are digits they may be none */
            n->form = FORM_RAW;
            n->s = text_number(m);
            return true;
        }
        n->u = value_uint(m, n->f, n->u);
        return true;
    case FORM_ADDR:
        n->a = value_addr(m, n->a);
        return true;
    case FORM_BYTES:
    case FORM_RAW:
        if (!once_in(m, 4) && nested(m, n))
            return true;
        n->s = value_bytes(m, n->f, n->s);
        return true;
    case FORM_KIDS:
        return false;
    }
    return false;
}

static bool drop(struct place at)
{
    draft_unlink(at.parent, at.n);
    return true;
}

void link_behind(struct node *parent, struct node *before, struct node *n)
{
    n->next = before ? before->next : parent->first;
    if (before)
        before->next = n;
    else
        parent->first = n;
    if (parent->last == before)
        parent->last = n;
}

static bool twice(struct mutator *m, struct draft *dr, struct place at)
{
    size_t times = once_in(m, 24) ? 1 + pick(m, 40) : 1; /* many: what has room for a few only */

    for (size_t i = 0; i < times; i++) {
        struct node *copy = draft_copy(dr, at.n);
        if (!copy)
            return i > 0;
        link_behind(at.parent, at.n, copy);
    }
    return true;
}

static bool move(struct mutator *m, struct place at)
{
    size_t count = 0;
    struct node *before = NULL;

    if (at.parent->first == at.parent->last)
        return false;
    draft_unlink(at.parent, at.n);
    for (struct node *i = at.parent->first; i; i = i->next)
        count++;
    for (size_t to = pick(m, count + 1); to > 0; to--)
        before = before ? before->next : at.parent->first;
    link_behind(at.parent, before, at.n);
    return true;
}

/* A new item in a list, or a field that a record has not got, which may be one that is derived: a length
 * that is told is a length that lies. */
static bool add(struct mutator *m, struct draft *dr, struct node *parent)
{
    const struct field *pick_field;

    if (is_list(parent)) {
        struct node *item = draft_kids(dr, parent, NULL, parent->d);
        if (!item)
            return false;
        value_fill(m, dr, item, 0);
        return true;
    }
    const struct desc *picked = draft_picked(parent, &pick_field);
    const struct desc *d = picked && once_in(m, 2) ? picked : parent->d;
    const struct field *f = d && d->n ? &d->f[pick(m, d->n)] : NULL;
    return f && f->kind != F_PICK && f->kind != F_DRAFT && value_fresh(m, dr, parent, f, 0) != NULL;
}

/* A number that the record does not give, since an encoder derives it: as a number or as text. */
static bool lie(struct mutator *m, struct draft *dr, struct node *parent)
{
    size_t fields = parent->d && !is_list(parent) ? parent->d->n : 0;

    for (size_t i = 0, from = pick(m, fields); i < fields; i++) {
        const struct field *f = &parent->d->f[(from + i) % parent->d->n];
        if (!f->derived || draft_find(parent, f->name))
            continue;
        if (f->kind == F_TEXT)
            return draft_bytes(dr, parent, f, text_number(m)) != NULL;
        if (f->kind != F_UINT)
            continue;
        struct node *n = draft_uint(dr, parent, f, 0);
        if (n) /* most lies are small ones */
            n->u = once_in(m, 3) ? value_uint(m, f, 0) : pick(m, 48);
        return n != NULL;
    }
    return false;
}

static bool raw(struct mutator *m, struct place at)
{
    struct span was =
        at.n->form == FORM_BYTES || at.n->form == FORM_RAW ? at.n->s : (struct span){0};

    at.n->form = FORM_RAW;
    at.n->s = value_octets(m, was);
    return true;
}

/* What may stand in the place of `n`: a value of the same field, or an item of the same list. */
static bool same_kind(const struct node *a, const struct node *b)
{
    return a->f == b->f && (a->f || (a->form == FORM_KIDS && b->form == FORM_KIDS && a->d == b->d));
}

static bool replace(struct draft *dr, struct place at, const struct node *by)
{
    struct node *copy = draft_copy(dr, by);

    if (!copy)
        return false;
    link_behind(at.parent, at.n, copy);
    draft_unlink(at.parent, at.n);
    return true;
}

static bool splice(struct mutator *m, struct draft *dr, struct place at, struct draft *other)
{
    if (!other)
        return false;
    tree_places(&m->theirs, other);
    for (size_t i = 0, from = pick(m, m->theirs.n); i < m->theirs.n; i++) {
        struct node *n = m->theirs.v[(from + i) % m->theirs.n].n;
        struct node *copy = same_kind(at.n, n) ? draft_copy(dr, n) : NULL;
        if (!copy)
            continue;
        link_behind(at.parent, at.n, copy);
        if (at.n->f || once_in(m, 2)) /* a field stands once; an item may be one more */
            draft_unlink(at.parent, at.n);
        return true;
    }
    return false;
}

/* The value of another node of the message that may hold it: any text for a text. */
static bool copy(struct mutator *m, struct draft *dr, struct place at)
{
    for (size_t i = 0, from = pick(m, m->mine.n); i < m->mine.n; i++) {
        const struct node *n = m->mine.v[(from + i) % m->mine.n].n;
        if (n == at.n || n->form != at.n->form)
            continue;
        if (n->form == FORM_BYTES)
            at.n->s = n->s;
        else if (n->form == FORM_UINT)
            at.n->u = n->u;
        else if (n->form == FORM_ADDR)
            at.n->a = n->a;
        else if (n->form == FORM_KIDS && same_kind(at.n, n))
            return replace(dr, at, n);
        else
            continue;
        return true;
    }
    return false;
}

/* Another spelling of a name that is a key. */
static bool spell(struct mutator *m)
{
    for (size_t i = 0, from = pick(m, m->mine.n); i < m->mine.n; i++) {
        struct node *n = m->mine.v[(from + i) % m->mine.n].n;
        if (n->form != FORM_BYTES || !n->f || !n->f->same)
            continue;
        struct span was = n->s;
        n->s = text_spelling(m, n->f->same, was);
        return n->s.p != was.p;
    }
    return false;
}

/* ---- choice ---- */

static enum mutation choose(struct mutator *m, bool other)
{
    static const enum mutation share[] = {
        MUT_SET,   MUT_SET,    MUT_SET, MUT_SET,    MUT_SET,    MUT_SET,   MUT_SET,  MUT_DROP,
        MUT_DROP,  MUT_DOUBLE, MUT_ADD, MUT_ADD,    MUT_ADD,    MUT_MOVE,  MUT_COPY, MUT_SPELL,
        MUT_SPLIT, MUT_LIE,    MUT_RAW, MUT_SPLICE, MUT_SPLICE, MUT_SPLICE};
    enum mutation kind = share[pick(m, COUNT(share) - (other ? 0 : 3))];

    return kind == MUT_SPLIT && once_in(m, 2) ? MUT_JOIN : kind;
}

/* The list that the item `n` is in stands in one, too; NULL: in none. */
static struct node *list_around(const struct mutator *m, const struct node *list)
{
    for (size_t i = m->mine.n; i > 0; i--) { /* those around stand before */
        const struct place *at = &m->mine.v[i - 1];
        if (at->n != list)
            continue;
        list = at->parent;
        if (is_list(list))
            return at->parent;
    }
    return NULL;
}

/* Most records and lists stand deep in a message, so that one is as often one around it. */
static struct node *any_parent(struct mutator *m, struct draft *dr)
{
    for (size_t i = 0, from = pick(m, m->mine.n); i < m->mine.n && !once_in(m, 6); i++) {
        struct node *n = m->mine.v[(from + i) % m->mine.n].n;
        if (n->form != FORM_KIDS)
            continue;
        for (struct node *out; once_in(m, 2) && (out = list_around(m, n));)
            n = out;
        return n;
    }
    return &dr->root;
}

/* A value, not a record; any node after some tries. */
static struct place leaf(struct mutator *m, struct place otherwise)
{
    for (int i = 0; i < 8 && otherwise.n && otherwise.n->form == FORM_KIDS; i++)
        otherwise = m->mine.v[pick(m, m->mine.n)];
    return otherwise;
}

/* The messages inside are what most is about: each second edit of a program is one of a message in it. */
static bool edit_inside(struct mutator *m)
{
    struct node *any = NULL;

    if (m->level == m->n_inner || once_in(m, 2))
        return false;
    const struct codec *wanted = m->inner[m->level + pick(m, m->n_inner - m->level)];
    for (size_t i = 0, from = pick(m, m->mine.n); i < m->mine.n; i++) {
        struct node *n = m->mine.v[(from + i) % m->mine.n].n;
        unsigned sure;
        const struct codec *c =
            n->form == FORM_BYTES || n->form == FORM_RAW ? inner_of(m, n->s, &sure) : NULL;
        if (c == wanted) /* of which there may be one, among many of the others */
            return nested(m, n);
        if (c && !any)
            any = n;
    }
    return any && nested(m, any); /* m->mine is the inner message's from here on */
}

bool tree_edit(struct mutator *m, struct draft *dr, struct draft *other)
{
    enum mutation kind = choose(m, other != NULL);
    bool done = false;

    tree_places(&m->mine, dr);
    if (edit_inside(m))
        return true; /* which has been counted */
    tree_places(&m->mine, dr);
    struct place at = m->mine.n ? m->mine.v[pick(m, m->mine.n)] : (struct place){NULL, NULL};
    if (kind == MUT_ADD || !at.n)
        done = add(m, dr, any_parent(m, dr));
    else if (kind == MUT_LIE)
        done = lie(m, dr, any_parent(m, dr));
    else if (kind == MUT_SET)
        done = set(m, leaf(m, at));
    else if (kind == MUT_DROP)
        done = drop(at);
    else if (kind == MUT_DOUBLE)
        done = twice(m, dr, at);
    else if (kind == MUT_MOVE)
        done = move(m, at);
    else if (kind == MUT_COPY)
        done = copy(m, dr, at);
    else if (kind == MUT_SPELL)
        done = spell(m);
    else if (kind == MUT_SPLIT)
        done = lists_split(m, dr);
    else if (kind == MUT_JOIN)
        done = lists_join(m);
    else if (kind == MUT_SPLICE)
        done = splice(m, dr, at, other);
    else
        done = raw(m, at);
    m->counts[kind] += done;
    return done;
}
