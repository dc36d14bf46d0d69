/* fuzz/mutate/mutate_lists.c - lists that are said in one record, or in several: where a protocol has both, they mean
 * the same. */
#include "codecs/base/param.h"
#include "fuzz/mutate/mutate_impl.h"

/* The first list in a record that has items, `two` at least; NULL: none. */
static struct node *list_in(const struct node *rec, bool two)
{
    for (struct node *n = rec->first; n; n = n->next)
        if (is_list(n) && n->first && (!two || n->first->next))
            return n;
    return NULL;
}

/* The first text in a record behind its first field, which is its key; `comma`: one that has a comma. NULL: none. */
static struct node *text_in(const struct node *rec, bool comma)
{
    for (struct node *n = rec->first ? rec->first->next : NULL; n; n = n->next)
        if (n->form == FORM_BYTES && n->f && n->f->kind == F_TEXT &&
            (!comma || param_comma(n->s, 0) < n->s.n))
            return n;
    return NULL;
}

/* Leave the first k items in a list. Returns the others. */
static struct node *cut_behind(struct node *list, size_t k)
{
    struct node *last = list->first;

    while (--k > 0 && last->next)
        last = last->next;
    struct node *rest = last->next;
    last->next = NULL;
    list->last = last;
    return rest;
}

static size_t count(const struct node *list)
{
    size_t n = 0;
    for (const struct node *i = list->first; i; i = i->next)
        n++;
    return n;
}

static bool split_list(struct mutator *m, struct draft *dr, struct place at)
{
    struct node *list = list_in(at.n, true), *copy = draft_copy(dr, at.n);

    if (!copy)
        return false;
    size_t k = 1 + pick(m, count(list) - 1);
    struct node *other = list_in(copy, true);
    link_behind(at.parent, at.n, copy);
    cut_behind(list, k);
    other->first = cut_behind(other, k);
    for (other->last = other->first; other->last->next;)
        other->last = other->last->next;
    return true;
}

static bool split_text(struct mutator *m, struct draft *dr, struct place at)
{
    struct node *text = text_in(at.n, true), *copy = draft_copy(dr, at.n);
    struct span s = text->s;
    size_t comma = param_comma(s, 0);

    if (!copy)
        return false;
    for (size_t next; !once_in(m, 2) && (next = param_comma(s, comma + 1)) < s.n;)
        comma = next;
    link_behind(at.parent, at.n, copy);
    text->s = span_cut(s, 0, comma);
    text_in(copy, true)->s = lex_trim(span_cut(s, comma + 1, s.n), LEX_LWS);
    return true;
}

bool lists_split(struct mutator *m, struct draft *dr)
{
    for (size_t i = 0, from = pick(m, m->mine.n); i < m->mine.n; i++) {
        struct place at = m->mine.v[(from + i) % m->mine.n];
        if (at.n->form != FORM_KIDS || !is_list(at.parent))
            continue;
        if (list_in(at.n, true))
            return split_list(m, dr, at);
        if (text_in(at.n, true))
            return split_text(m, dr, at);
    }
    return false;
}

/* ---- the way back ---- */

/* Whether the first field of both says the same. */
static bool same_key(const struct node *a, const struct node *b)
{
    const struct node *x = a->first, *y = b->first;

    if (!x || !y || !x->f || x->f != y->f || x->form != y->form)
        return false;
    if (x->form == FORM_BYTES)
        return x->f->same ? x->f->same(x->s, y->s) : span_eq(x->s, y->s);
    return x->form == FORM_UINT && x->u == y->u;
}

static bool join_texts(struct mutator *m, struct node *a, const struct node *b)
{
    size_t size = a->s.n + 2 + b->s.n;
    struct wr w = {arena_take(&m->mem, size), size, 0, false};

    if (!w.p)
        return false;
    wr_put(&w, a->s);
    wr_text(&w, ", ");
    wr_put(&w, b->s);
    a->s = wr_span(&w);
    return true;
}

static bool join(struct mutator *m, struct node *into, const struct node *from)
{
    struct node *list = list_in(into, false), *more = list_in(from, false),
                *text = text_in(into, false), *other = text_in(from, false);

    if (list && more && list->f == more->f) {
        list->last->next = more->first;
        list->last = more->last;
        return true;
    }
    return text && other && text->f == other->f && join_texts(m, text, other);
}

bool lists_join(struct mutator *m)
{
    for (size_t i = 0, from = pick(m, m->mine.n); i < m->mine.n; i++) {
        struct place at = m->mine.v[(from + i) % m->mine.n];
        if (at.n->form != FORM_KIDS || !is_list(at.parent))
            continue;
        for (struct node *n = at.n->next; n; n = n->next)
            if (n->form == FORM_KIDS && n->d == at.n->d && same_key(at.n, n) && join(m, at.n, n)) {
                draft_unlink(at.parent, n);
                return true;
            }
    }
    return false;
}
