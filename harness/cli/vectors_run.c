/* harness/cli/vectors_run.c - what is done with each vector, whatever its protocol: decoded beside
 * unreadable pages, cut at every length, in arenas of every size, framed in chunks of every size,
 * encoded again. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "harness/cli/vectors.h"
#include "harness/core/clause.h"

enum { MARK = 0xa5 };
struct run {
    struct vector_lab *lab;
    const struct vector *v;
    struct wr *why;
};
struct taken { /* what one decoding gave */
    enum step step;
    const void *view;
    struct finding kept[VECTOR_FINDINGS];
    struct findings fs;
    struct arena mem;
};

/* ---- memory ---- */

static bool guard_open(struct guard *g, size_t body)
{
    g->page = (size_t)sysconf(_SC_PAGESIZE);
    g->body = (body + g->page - 1) / g->page * g->page;
    void *p = mmap(NULL, g->body + 2 * g->page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                   -1, 0);
    g->map = p == MAP_FAILED ? NULL : p;
    return g->map && mprotect(g->map, g->page, PROT_NONE) == 0 &&
           mprotect(g->map + g->page + g->body, g->page, PROT_NONE) == 0;
}

/* `n` octets that end where the unreadable page begins. */
static uint8_t *guard_end(const struct guard *g, size_t n)
{
    return g->map + g->page + g->body - n;
}

static struct span guard_put(const struct guard *g, struct span s, bool at_start)
{
    uint8_t *p = at_start ? g->map + g->page : guard_end(g, s.n);
    if (s.n)
        memmove(p, s.p, s.n);
    return (struct span){p, s.n};
}

bool lab_open(struct vector_lab *lab)
{
    *lab = (struct vector_lab){0};
    lab->whole = malloc(VECTOR_MEM);
    lab->json = malloc(2 * (size_t)VECTOR_JSON);
    return lab->whole && lab->json && guard_open(&lab->in, VECTOR_MAX) &&
           guard_open(&lab->mem, VECTOR_MEM) && guard_open(&lab->out, VECTOR_MAX);
}

void lab_close(struct vector_lab *lab)
{
    struct guard *const all[] = {&lab->in, &lab->mem, &lab->out};

    for (size_t i = 0; i < COUNT(all); i++)
        if (all[i]->map)
            munmap(all[i]->map, all[i]->body + 2 * all[i]->page);
    free(lab->whole);
    free(lab->json);
}

/* The next length to try: each of them, but in long messages only every 61st in the middle, so that
 * the cost stays that of a few thousand decodings. */
static size_t next_length(size_t k, size_t n)
{
    if (k < 2048 || k + 64 >= n)
        return k + 1;
    return k + 61 < n - 64 ? k + 61 : n - 64;
}

/* ---- decoding ---- */

static void take(const struct run *r, struct span in, struct arena mem, uint64_t base,
                 struct taken *t)
{
    const struct codec *c = r->v->codec;

    t->mem = mem;
    t->view = NULL;
    t->fs = (struct findings){t->kept, 0, COUNT(t->kept), c->name, base};
    t->step = c->decode(in, &t->mem, &t->view, &t->fs);
}

/* An arena of `size` octets, aligned; what is left up to the unreadable page behind it is marked.
 */
static struct arena arena_end(const struct run *r, size_t size)
{
    size_t slack = (16 - size % 16) % 16;
    uint8_t *p = guard_end(&r->lab->mem, size + slack);
    memset(p + size, MARK, slack);
    return arena_of(p, size);
}

static bool arena_intact(const struct arena *a)
{
    for (size_t i = a->cap; i % 16; i++)
        if (a->p[i] != MARK)
            return false;
    return a->n <= a->cap;
}

static struct span json_of(const struct run *r, const void *view, bool second)
{
    struct wr w = {r->lab->json + (second ? VECTOR_JSON : 0), VECTOR_JSON, 0, false};
    if (view)
        field_json(&w, r->v->codec->view, view);
    return wr_span(&w);
}

static bool same_findings(const struct findings *a, const struct findings *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < findings_kept(a); i++)
        if (strcmp(a->v[i].clause, b->v[i].clause) != 0 || a->v[i].off != b->v[i].off ||
            a->v[i].len != b->v[i].len)
            return false;
    return true;
}

/* A decoding that should be the same as that of the whole, `t`, is. */
static bool same(const struct run *r, const struct taken *t, const struct taken *again,
                 const char *where)
{
    if (again->step != t->step || !again->view != !t->view)
        return vector_fails(r->why, "decoding %s ends otherwise", where);
    if (!same_findings(&t->fs, &again->fs))
        return vector_fails(r->why, "decoding %s finds otherwise", where);
    if (!span_eq(json_of(r, t->view, false), json_of(r, again->view, true)))
        return vector_fails(r->why, "decoding %s gives another view", where);
    return true;
}

/* ---- every prefix ---- */

/* A list in the view of a prefix has no more items than that of the whole, and the same ones but
 * for the last, which the cut may have changed. The last few are compared: over all prefixes that
 * is each of them. */
static bool list_within(const struct run *r, const struct field *f, const void *part,
                        const void *whole, size_t cut)
{
    struct val p = val_of(f, part), w = val_of(f, whole);
    size_t size = f->sub->size;

    if (p.absent || p.n == 0)
        return true;
    if (w.absent || p.n > w.n)
        return vector_fails(r->why, "cut to %zu octets it has items in %s that the whole lacks",
                            cut, f->name);
    for (size_t i = p.n > 4 ? p.n - 4 : 0; i + 1 < p.n; i++)
        if (field_diff(f->sub, (const uint8_t *)p.rec + i * size, (const uint8_t *)w.rec + i * size,
                       NULL))
            return vector_fails(r->why, "cut to %zu octets its item %zu in %s is another", cut, i,
                                f->name);
    return true;
}

static bool within(const struct run *r, const struct taken *t, const void *part, size_t cut)
{
    const struct desc *d = r->v->codec->view;

    if (!t->view)
        return vector_fails(r->why, "cut to %zu octets it is a message, the whole is none", cut);
    for (size_t i = 0; i < d->n; i++)
        if (d->f[i].kind == F_LIST && !list_within(r, &d->f[i], part, t->view, cut))
            return false;
    return true;
}

static bool prefixes(const struct run *r, struct span whole, const struct taken *t)
{
    const struct codec *c = r->v->codec;
    struct taken part;

    for (size_t k = 0; k < whole.n; k = next_length(k, whole.n)) {
        struct span in = guard_put(&r->lab->in, span_cut(whole, 0, k), false);
        if (c->guess)
            c->guess(in, 0);
        take(r, in, arena_end(r, VECTOR_MEM), 0, &part);
        if (part.step != STEP_ITEM)
            continue;
        if (!part.view)
            return vector_fails(r->why, "cut to %zu octets there is an item without a view", k);
        if (!within(r, t, part.view, k))
            return false;
        if (c->lint)
            c->lint(part.view, &part.fs);
    }
    return true;
}

/* ---- every arena size ---- */

/* What a decoder says that ran out of memory is no more than what it says with enough. */
static bool among(const struct findings *some, const struct findings *all)
{
    for (size_t i = 0; i < findings_kept(some); i++) {
        size_t k = 0;
        while (k < findings_kept(all) && (strcmp(some->v[i].clause, all->v[k].clause) != 0 ||
                                          some->v[i].off != all->v[k].off))
            k++;
        if (k == findings_kept(all))
            return false;
    }
    return true;
}

static bool arenas(const struct run *r, struct span in, const struct taken *t)
{
    struct taken again;

    for (size_t size = 0; size <= VECTOR_MEM; size += size < 256 ? 1 : size / 64) {
        take(r, in, arena_end(r, size), t->fs.base, &again);
        if (!arena_intact(&again.mem))
            return vector_fails(r->why, "it writes past the end of an arena of %zu octets", size);
        if (!again.mem.full)
            return same(r, t, &again, "in a small arena");
        if (!among(&again.fs, &t->fs))
            return vector_fails(r->why, "out of memory at %zu octets it finds what is not there",
                                size);
        json_of(r, again.view, true); /* whatever stands there can be walked */
        if (again.view && r->v->codec->lint)
            r->v->codec->lint(again.view, &again.fs);
    }
    return vector_fails(r->why, "it does not fit in an arena of %d octets", VECTOR_MEM);
}

/* ---- encoding ---- */

static void say_diff(void *ctx, const char *path, const char *what)
{
    struct wr *why = ctx;
    if (why->n == 0)
        vector_fails(why, "decoded again, %s %s", path, what);
}

/* Encoding into too small a buffer, and drafts in too small an arena. */
static bool small_encodes(const struct run *r, const struct draft *dr, const void *view, size_t n)
{
    const struct codec *c = r->v->codec;

    for (size_t cap = 0; cap < n; cap = n < 512 ? cap + 1 : cap + 1 + cap / 8) {
        struct wr w = {guard_end(&r->lab->out, cap), cap, 0, false};
        c->encode(&w, dr);
        if (!w.full || w.n > cap)
            return vector_fails(r->why, "encoding into %zu octets does not say that it is full",
                                cap);
    }
    for (size_t size = 0;; size += size < 256 ? 1 : size / 16) {
        struct arena mem = arena_of(malloc(size + 1), size);
        struct draft part;
        struct wr w = {guard_end(&r->lab->out, n), n, 0, false};
        if (!mem.p)
            return vector_fails(r->why, "no memory");
        draft_of(&part, c->view, view, &mem);
        c->encode(&w, &part);
        free(mem.p);
        if (!mem.full)
            return true;
    }
}

static bool encodes(const struct run *r, struct span in, const struct taken *t)
{
    const struct codec *c = r->v->codec;
    struct diff out = {say_diff, r->why};
    struct draft dr;
    struct taken again;
    struct arena mem = arena_end(r, VECTOR_MEM);
    struct wr w = {guard_end(&r->lab->out, in.n), in.n, 0, false};

    if (!c->encode)
        return true;
    draft_of(&dr, c->view, t->view, &mem);
    c->encode(&w, &dr);
    if (!r->v->reencode)
        return true;
    if (mem.full || w.full || w.n != in.n)
        return vector_fails(r->why, "encoded again it takes %s%zu octets, not %zu",
                            w.full ? "more than " : "", w.n, in.n);
    for (size_t i = 0; i < in.n; i++)
        if (w.p[i] != in.p[i])
            return vector_fails(r->why, "encoded again, octet %zu is 0x%02x, not 0x%02x", i, w.p[i],
                                in.p[i]);
    if (!small_encodes(r, &dr, t->view, in.n))
        return false;
    w = (struct wr){guard_end(&r->lab->out, in.n), in.n, 0, false};
    c->encode(&w, &dr);
    take(r, wr_span(&w), arena_end(r, VECTOR_MEM), t->fs.base, &again);
    return again.view ? field_diff(c->view, t->view, again.view, &out) == 0
                      : vector_fails(r->why, "decoded again there is no message");
}

/* ---- framing of streams ---- */

struct frames {
    size_t *used, *at; /* octets of each message, where it begins */
    size_t n, findings, rest;
    enum step last;
};

/* What stands at the front of the window between messages and belongs to none is passed over. */
static enum step between(const struct codec *c, struct span window, size_t *n)
{
    enum step step = c->between && window.n ? c->between(window, FRAMING_STREAM, n) : STEP_FAIL;

    *n = step == STEP_ITEM ? *n : 0;
    return step;
}

/* Frame `in` as it comes in chunks; `ref`: what it must give (NULL: store in f->used and f->at). */
static bool frame(const struct run *r, struct span in, size_t chunk, struct frames *f,
                  const struct frames *ref)
{
    size_t at = 0, have = chunk < in.n ? chunk : in.n, used;
    struct findings fs = {0};

    for (;;) {
        size_t before = fs.n;
        enum step gap = between(r->v->codec, span_cut(in, at, have), &used);
        if (gap == STEP_ITEM && (used == 0 || used > have - at))
            return vector_fails(r->why, "%zu octets of %zu stand between messages", used,
                                have - at);
        at += used;
        if (gap == STEP_ITEM)
            continue;
        struct span window = span_cut(in, at, have);
        used = 0;
        f->last = gap == STEP_MORE ? gap : r->v->codec->next(window, &used, &fs);
        if (f->last == STEP_MORE && fs.n != before)
            return vector_fails(r->why, "framing finds something while it waits for more");
        if (f->last == STEP_ITEM && (used == 0 || used > window.n))
            return vector_fails(r->why, "framing takes %zu octets of %zu", used, window.n);
        if (f->last == STEP_ITEM) {
            if (ref && (f->n >= ref->n || ref->used[f->n] != used || ref->at[f->n] != at))
                return vector_fails(r->why, "in chunks of %zu octets message %zu is another", chunk,
                                    f->n);
            if (!ref) {
                f->used[f->n] = used;
                f->at[f->n] = at;
            }
            f->n++;
            at += used;
        } else if (f->last == STEP_FAIL || have == in.n) {
            break;
        } else {
            have = in.n - have < chunk ? in.n : have + chunk;
        }
    }
    f->findings = fs.n;
    f->rest = in.n - at;
    return true;
}

static bool chunks(const struct run *r, struct span in, const struct frames *ref)
{
    for (size_t chunk = 1; chunk <= in.n; chunk = next_length(chunk, in.n)) {
        struct frames f = {0};
        if (!frame(r, in, chunk, &f, ref))
            return false;
        if (f.n != ref->n || f.last != ref->last || f.rest != ref->rest ||
            f.findings != ref->findings)
            return vector_fails(r->why, "in chunks of %zu octets the stream is framed otherwise",
                                chunk);
    }
    for (size_t k = 0; k < in.n; k = next_length(k, in.n)) {
        struct span part = guard_put(&r->lab->in, span_cut(in, 0, k), false);
        size_t used = 0;
        struct findings fs = {0};
        enum step step = r->v->codec->next(part, &used, &fs);
        if (step == STEP_ITEM && (ref->n == 0 || used != ref->used[0]))
            return vector_fails(r->why, "cut to %zu octets the stream is framed otherwise", k);
    }
    return true;
}

/* ---- a vector ---- */

/* JSON with each number above 2^63 - 1, which jansson does not read, in quotes. */
static struct span quote_big(const struct run *r, struct span text)
{
    struct wr w = {r->lab->json + VECTOR_JSON, VECTOR_JSON, 0, false};
    bool quoted = false;

    for (size_t i = 0, n; i < text.n; i += n) {
        for (n = 0; !quoted && i + n < text.n && text.p[i + n] >= '0' && text.p[i + n] <= '9'; n++)
            ;
        bool big = n > 19 || (n == 19 && memcmp(text.p + i, "9223372036854775807", 19) > 0);
        if (n == 0) {
            n = quoted && text.p[i] == '\\' ? 2 : 1;
            quoted ^= text.p[i] == '"';
        }
        wr_text(&w, big ? "\"" : "");
        wr_put(&w, span_cut(text, i, i + n));
        wr_text(&w, big ? "\"" : "");
    }
    return wr_span(&w);
}

static bool fields(const struct run *r, const json_t *want, const void *view, struct wr *why)
{
    struct span text = quote_big(r, json_of(r, view, false));
    json_t *got = json_loadb((const char *)text.p, text.n, JSON_ALLOW_NUL, NULL);
    bool good = got ? !want || vector_match(want, got, "", why)
                    : vector_fails(why, "the view gives no JSON");
    json_decref(got);
    return good;
}

/* One message that decodes: `in` ends at an unreadable page, `base` is where it starts. */
static bool message(const struct run *r, struct span in, const json_t *want, struct taken *t)
{
    const struct vector_check *check = vector_check_named(r->v->codec->name);
    uint8_t line[256];
    struct wr w = {line, sizeof line, 0, false};
    struct findings count = {0};
    struct arena mem = arena_end(r, VECTOR_MEM);
    const void *view = NULL;

    if (r->v->codec->brief)
        r->v->codec->brief(&w, t->view);
    if (!fields(r, want, t->view, r->why) ||
        (check && check->check && !check->check(r->v, t->view, r->why)) || !encodes(r, in, t))
        return false;
    r->v->codec->decode(in, &mem, &view, &count);
    if (count.n != t->fs.n)
        return vector_fails(r->why, "with no room for findings it counts %zu, not %zu", count.n,
                            t->fs.n);
    return true;
}

/* Decode one message, check all that does not depend on the expected findings, and add its findings
 * to `all`. */
static bool one(const struct run *r, struct span in, const json_t *want, uint64_t base,
                enum step step, struct findings *all)
{
    struct vector_lab *lab = r->lab;
    struct taken t, again;

    /* the octets that everything below borrows: nothing else is put there until the end */
    in = guard_put(&lab->in, in, false);
    take(r, in, arena_of(lab->whole, VECTOR_MEM), base, &t);
    if (t.step != step || (t.step == STEP_ITEM) != (t.view != NULL) || t.mem.full)
        return vector_fails(r->why, "decoding gives step %d, not %d", t.step, step);
    if (t.view && !message(r, in, want, &t))
        return false;
    if (!arenas(r, in, &t))
        return false;
    struct taken linted = t;
    linted.fs.v = linted.kept;
    if (t.view && r->v->codec->lint)
        r->v->codec->lint(t.view, &linted.fs);
    const struct vector_check *check = vector_check_named(r->v->codec->name);
    if (t.view && check && check->judge && !check->judge(r->v, t.view, &linted.fs, r->why))
        return false;
    for (size_t i = 0; i < findings_kept(&linted.fs); i++)
        if (all->n < all->cap)
            all->v[all->n++] = linted.kept[i];
    if (linted.fs.n > linted.fs.cap)
        all->n += linted.fs.n - linted.fs.cap;

    uint8_t *copy = malloc(in.n + 1);
    if (!copy)
        return vector_fails(r->why, "no memory");
    struct span whole = {memcpy(copy, in.p, in.n), in.n};
    take(r, whole, arena_of(lab->whole, VECTOR_MEM), base, &t);
    take(r, guard_put(&lab->in, whole, true), arena_end(r, VECTOR_MEM), base, &again);
    bool good = same(r, &t, &again, "after an unreadable page") && prefixes(r, whole, &t);
    free(copy);
    return good;
}

static bool stream(const struct run *r, const struct frames *f, struct findings *all)
{
    const json_t *want = json_object_get(r->v->test, "fields");

    if (want && json_array_size(want) != f->n)
        return vector_fails(r->why, "the stream has %zu messages, not %zu", f->n,
                            json_array_size(want));
    if (f->last != r->v->step || f->rest != r->v->rest)
        return vector_fails(r->why, "framing ends with step %d and %zu octets left, not %d and %zu",
                            f->last, f->rest, r->v->step, r->v->rest);
    for (size_t i = 0; i < f->n; i++)
        if (!one(r, span_cut(r->v->octets, f->at[i], f->at[i] + f->used[i]),
                 json_array_get(want, i), f->at[i], STEP_ITEM, all))
            return false;
    if (f->last != STEP_FAIL)
        return true;
    size_t used, at = r->v->octets.n - f->rest;
    all->base = at;
    r->v->codec->next(span_cut(r->v->octets, at, r->v->octets.n), &used, all);
    all->base = 0;
    return true;
}

/* Framing in chunks for any codec of streams; messages, one or many. */
static bool framed(const struct run *r, struct findings *all)
{
    struct span in = r->v->octets;
    struct frames f = {.used = NULL};
    bool good = true;

    if (r->v->stream && !r->v->codec->next)
        return vector_fails(r->why, "the codec frames no streams");
    if (r->v->codec->next) {
        f.used = malloc(2 * (in.n + 1) * sizeof *f.used);
        f.at = f.used ? f.used + in.n + 1 : NULL;
        good = f.used ? frame(r, in, in.n + 1, &f, NULL) && chunks(r, in, &f)
                      : vector_fails(r->why, "no memory");
    }
    if (good && r->v->stream)
        good = stream(r, &f, all);
    else if (good)
        good = one(r, in, json_object_get(r->v->test, "fields"), 0, r->v->step, all);
    free(f.used);
    return good;
}

/* The codec writes a level beside a clause; the catalogue has the last word on it. */
static bool levels_hold(const struct run *r, const struct findings *all)
{
    for (size_t i = 0; i < findings_kept(all); i++) {
        const struct clause *c = clause_named(all->v[i].clause);
        if (!c)
            return vector_fails(r->why, "the catalogue has no clause %s", all->v[i].clause);
        if (c->level != all->v[i].level)
            return vector_fails(r->why, "%s is %s in the catalogue, %s in the codec", c->id,
                                level_name(c->level), level_name(all->v[i].level));
    }
    return true;
}

/* `result` says of the findings what docs/vectors.md defines. */
static bool result_holds(const struct run *r, const struct findings *all)
{
    bool strict = r->v->step == STEP_FAIL || (!r->v->stream && r->v->step == STEP_MORE);
    bool broken = strict;

    for (size_t i = 0; i < findings_kept(all); i++)
        strict |= level_strict(all->v[i].level);
    if (strcmp(r->v->result, "valid") == 0 && strict)
        return vector_fails(r->why, "it is not valid");
    if (strcmp(r->v->result, "invalid") == 0 && !strict)
        return vector_fails(r->why, "it is not invalid");
    if (strcmp(r->v->result, "acceptable") == 0 && (broken || all->n == 0))
        return vector_fails(r->why, "it is not merely acceptable");
    return true;
}

bool vector_run(struct vector_lab *lab, const struct vector *v, struct wr *why)
{
    struct run r = {lab, v, why};
    struct finding kept[VECTOR_FINDINGS];
    struct findings all = {kept, 0, COUNT(kept), NULL, 0};

    return framed(&r, &all) && vector_findings(json_object_get(v->test, "findings"), &all, why) &&
           result_holds(&r, &all) && levels_hold(&r, &all);
}
