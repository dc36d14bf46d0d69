/* fuzz/mutate/mutate.c - a mutator over codecs: decode, edit the draft, encode, seal. */
#include <stdlib.h>
#include "codecs/base/lex.h"
#include "fuzz/mutate/mutate_impl.h"

enum { EDITS_MAX = 5, TRIES = 4 };

/* ---- making one ---- */

static const struct codec *named(struct span name)
{
    for (size_t i = 0; i < mutate_codecs_n; i++)
        if (span_is(name, mutate_codecs[i]->name))
            return mutate_codecs[i];
    return NULL;
}

static void take_tokens(struct mutator *m, const struct codec *c, struct wr *w)
{
    const char *name;

    for (size_t i = 0; c->token && m->n_tokens < TOKENS; i++) {
        size_t from = w->n;
        if (!c->token(i, w, &name) || w->full)
            break;
        m->tokens[m->n_tokens++] = (struct span){m->words + from, w->n - from};
    }
}

struct mutator *mutator_new(const char *codecs)
{
    struct mutator *m = calloc(1, sizeof *m);
    struct span s = span_of(codecs);

    if (!m)
        return NULL;
    struct wr w = {m->words, sizeof m->words, 0, false};
    m->secret.key = span_of(MUTATE_SECRET);
    for (size_t at = 0, end, i = 0; at <= s.n; at = end + 1, i++) {
        const struct codec *c;
        for (end = at; end < s.n && s.p[end] != '/';)
            end++;
        if (i > MUTATE_INNER || !(c = named(span_cut(s, at, end)))) {
            mutator_free(m);
            return NULL;
        }
        if (i == 0)
            m->codec = c;
        else
            m->inner[m->n_inner++] = c;
        take_tokens(m, c, &w);
    }
    return m;
}

void mutator_free(struct mutator *m)
{
    free(m);
}

void mutator_engine(struct mutator *m, engine_change *engine)
{
    m->engine = engine;
}

const uint64_t *mutate_counts(const struct mutator *m)
{
    return m->counts;
}

const char *mutation_name(enum mutation kind)
{
    static const char *const names[MUT_KINDS] = {"octets", "set",  "drop",   "double", "move",
                                                 "add",    "copy", "splice", "spell",  "split",
                                                 "join",   "lie",  "raw"};
    return kind < MUT_KINDS ? names[kind] : "?";
}

/* ---- by structure ---- */

static bool draft_from(struct mutator *m, const struct codec *codec, struct span in,
                       struct draft *dr)
{
    struct findings fs = {0};
    const void *view;

    if (codec->decode(in, &m->mem, &view, &fs) != STEP_ITEM || m->mem.full)
        return false;
    draft_of(dr, codec->view, view, &m->mem);
    return !m->mem.full;
}

static void seal(struct mutator *m, const struct codec *codec, struct span s)
{
    if (codec->seal && !once_in(m, 4))
        codec->seal((uint8_t *)(uintptr_t)s.p, s.n, &m->secret);
}

static bool is_text(struct span s)
{
    size_t at = 0;
    while (at < s.n && (!lex_is(s.p[at], LEX_CTL) || lex_is(s.p[at], LEX_LWS)))
        at++;
    return at == s.n;
}

bool mutate_structure(struct mutator *m, const struct codec *codec, struct span in,
                      struct span other, struct wr *w)
{
    struct draft dr, theirs = {0};
    size_t edits = 1, done = 0, from = w->n;

    if (!draft_from(m, codec, in, &dr))
        return false;
    m->text = is_text(in);
    bool has_other = other.n && draft_from(m, codec, other, &theirs);
    m->mem.full = false;
    while (edits < EDITS_MAX && once_in(m, 2))
        edits++;
    for (size_t tries = 0; done < edits && tries < edits + TRIES; tries++)
        done += tree_edit(m, &dr, has_other ? &theirs : NULL);
    codec->encode(w, &dr);
    m->mem.full = false;
    if (w->full)
        return false;
    seal(m, codec, (struct span){w->p + from, w->n - from});
    return true;
}

const struct codec *inner_of(const struct mutator *m, struct span s, unsigned *sure)
{
    const struct codec *best = NULL;

    *sure = 0;
    for (size_t i = m->level; s.n && i < m->n_inner; i++) {
        unsigned guess = m->inner[i]->guess(s, 0);
        if (guess > *sure) {
            *sure = guess;
            best = m->inner[i];
        }
    }
    return best;
}

bool mutate_inside(struct mutator *m, const struct codec *inner, struct span in, struct wr *w)
{
    size_t level = m->level;

    while (m->inner[m->level++] != inner) /* those behind it may stand in it */
        ;
    bool good = mutate_structure(m, inner, in, (struct span){0}, w);
    m->level = level;
    return good;
}

static size_t store(uint8_t *p, const struct wr *w)
{
    if (w->n)
        memcpy(p, w->p, w->n);
    return w->n;
}

size_t mutate(struct mutator *m, uint8_t *p, size_t n, size_t max, struct span other, uint64_t seed)
{
    size_t cap = max < sizeof m->out ? max : sizeof m->out;

    rng_seed(m->rng, seed);
    if (n <= sizeof m->copy && (m->engine || !once_in(m, 5))) { /* an engine has its own share */
        for (int i = 0; i < TRIES; i++) {
            struct wr w = {m->out, cap, 0, false};
            m->mem = arena_of(m->memory, sizeof m->memory);
            if (n)
                memcpy(m->copy, p, n);
            if (mutate_structure(m, m->codec, (struct span){m->copy, n}, other, &w))
                return store(p, &w);
            if (!w.full) /* it does not decode: nor will it next time */
                break;
        }
    }
    m->counts[MUT_OCTETS]++;
    n = octets_change(m, p, n, max);
    if (m->codec->seal && once_in(m, 2))
        m->codec->seal(p, n, &m->secret);
    return n;
}

size_t mutate_octets(struct mutator *m, uint8_t *p, size_t n, size_t max, uint64_t seed)
{
    rng_seed(m->rng, seed);
    m->counts[MUT_OCTETS]++;
    return octets_change(m, p, n, max);
}

/* ---- two into one ---- */

/* The items of both lists of `a`'s root that `b` has too, mixed in order. */
static void mix_lists(struct mutator *m, struct draft *a, struct draft *b)
{
    for (struct node *list = a->root.first; list; list = list->next) {
        struct node *more = is_list(list) ? draft_find(&b->root, list->f->name) : NULL;
        if (!more || more->form != FORM_KIDS)
            continue;
        struct node *from[2] = {list->first, more->first};
        list->first = list->last = NULL;
        while (from[0] || from[1]) {
            size_t side = from[0] && from[1] ? pick(m, 2) : from[0] ? 0 : 1;
            struct node *n = from[side];
            from[side] = n->next;
            if (once_in(m, 2)) /* or messages would grow with each cross */
                continue;
            n->next = NULL;
            if (list->last)
                list->last->next = n;
            else
                list->first = n;
            list->last = n;
        }
    }
}

/* Of the other fields of the root each fourth is `b`'s. */
static void take_fields(struct mutator *m, struct draft *a, struct draft *b)
{
    for (struct node *n = a->root.first; n; n = n->next) {
        const struct node *other =
            n->f && !is_list(n) && once_in(m, 4) ? draft_child(&b->root, n->f) : NULL;
        if (!other)
            continue;
        struct node *next = n->next;
        *n = *other;
        n->next = next;
    }
}

static size_t cross_octets(struct mutator *m, struct span a, struct span b, uint8_t *out,
                           size_t max)
{
    struct wr w = {out, max, 0, false};
    struct span front = span_cut(a, 0, pick(m, a.n + 1));
    struct span back = span_cut(b, pick(m, b.n + 1), b.n);

    wr_put(&w, span_cut(front, 0, max));
    wr_put(&w, span_cut(back, 0, max - w.n));
    return w.n;
}

size_t mutate_cross(struct mutator *m, struct span a, struct span b, uint8_t *out, size_t max,
                    uint64_t seed)
{
    struct wr w = {m->out, max < sizeof m->out ? max : sizeof m->out, 0, false};
    struct draft da, db;

    rng_seed(m->rng, seed);
    m->mem = arena_of(m->memory, sizeof m->memory);
    if (once_in(m, 8) || !draft_from(m, m->codec, a, &da) || !draft_from(m, m->codec, b, &db))
        return cross_octets(m, a, b, out, max);
    mix_lists(m, &da, &db);
    take_fields(m, &da, &db);
    m->counts[MUT_SPLICE]++;
    m->codec->encode(&w, &da);
    if (w.full)
        return cross_octets(m, a, b, out, max);
    seal(m, m->codec, wr_span(&w));
    return store(out, &w);
}

/* ---- smaller ---- */

/* Leave out the i-th part of a message that stands in a field of octets; *i loses as many parts as there are. */
static bool without_inner(struct mutator *m, struct node *n, size_t *i, bool sealed)
{
    struct draft dr;
    unsigned sure;
    const struct codec *inner = n->form == FORM_BYTES ? inner_of(m, n->s, &sure) : NULL;

    if (!inner || !draft_from(m, inner, n->s, &dr)) {
        m->mem.full = false;
        return false;
    }
    tree_places(&m->theirs, &dr);
    if (*i >= m->theirs.n) {
        *i -= m->theirs.n;
        return false;
    }
    draft_unlink(m->theirs.v[*i].parent, m->theirs.v[*i].n);
    size_t cap = n->s.n + 64;
    uint8_t *p = arena_take(&m->mem, cap);
    struct wr w = {p, p ? cap : 0, 0, false};
    inner->encode(&w, &dr);
    if (!w.full && sealed && inner->seal)
        inner->seal(w.p, w.n, &m->secret);
    if (!w.full)
        n->s = wr_span(&w);
    return true;
}

size_t mutate_without(struct mutator *m, struct span in, size_t i, bool sealed, uint8_t *out,
                      size_t max)
{
    struct wr w = {out, max, 0, false};
    struct draft dr;
    bool there = false;

    m->mem = arena_of(m->memory, sizeof m->memory);
    if (!draft_from(m, m->codec, in, &dr))
        return 0;
    tree_places(&m->mine, &dr);
    if (i < m->mine.n) {
        draft_unlink(m->mine.v[i].parent, m->mine.v[i].n);
        there = true;
    } else {
        i -= m->mine.n;
    }
    for (size_t k = 0; !there && k < m->mine.n; k++)
        there = without_inner(m, m->mine.v[k].n, &i, sealed);
    if (!there)
        return 0;
    m->codec->encode(&w, &dr);
    if (w.full || w.n >= in.n)
        return SIZE_MAX;
    if (sealed && m->codec->seal)
        m->codec->seal(out, w.n, &m->secret);
    return w.n;
}
