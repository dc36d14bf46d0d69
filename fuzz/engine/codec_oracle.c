/* fuzz/engine/codec_oracle.c - what holds for every codec. */
#include "fuzz/engine/codec_oracle.h"
#include <stdio.h>

enum {
    FINDINGS = 64,
    MEMORY = 4 << 20, /* views and drafts; a node takes 64 octets */
    ROOM = 1 << 17,   /* what an edited draft gives */
    TEXT = 1 << 20,
    EACH_CAP = 64, /* octets of a message that is tried in every smaller room; else in a few */
    FEW = 6,
    CANARY = 0xa5,
    PATH = 192,
};

uint64_t oracle_touch(struct span s)
{
    uint64_t sum = 0, v;
    size_t i = 0;

    for (; i + 8 <= s.n; i += 8) {
        memcpy(&v, s.p + i, 8);
        sum += v;
    }
    for (; i < s.n; i++)
        sum += s.p[i];
    return sum;
}

uint64_t oracle_findings(const struct findings *fs, struct span in)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < findings_kept(fs); i++) {
        const struct finding *f = &fs->v[i];
        require(f->clause && f->what, "a finding without clause or words");
        require(f->off <= in.n && f->len <= in.n - f->off, "a finding lies outside the input");
        sum += oracle_touch(span_cut(in, f->off, f->off + f->len));
    }
    return sum;
}

static void render(const struct codec *c, const void *view)
{
    static uint8_t text[TEXT];
    struct wr json = {text, TEXT, 0, false}, dump = json, brief = json;

    field_json(&json, c->view, view);
    used(oracle_touch(wr_span(&json)));
    field_text(&dump, c->view, view, 0);
    used(oracle_touch(wr_span(&dump)));
    if (c->brief)
        c->brief(&brief, view);
    used(oracle_touch(wr_span(&brief)));
}

void oracle_parse(const struct codec *c, struct span in)
{
    static uint8_t memory[MEMORY];
    struct fence f = fence_copy(in.p, in.n);
    struct finding found[FINDINGS];
    struct findings fs = {.v = found, .cap = FINDINGS}, less = {0};
    struct arena mem = arena_of(memory, MEMORY), small = arena_of(memory, in.n % 251);
    const void *view = NULL;

    enum step s = c->decode(fence_span(&f), &mem, &view, &fs);
    require((s == STEP_ITEM) == (view != NULL), "an item without a view, or a view of none");
    size_t decoded = fs.n;
    if (view && c->lint)
        c->lint(view, &fs);
    used(oracle_findings(&fs, fence_span(&f)));
    if (view)
        render(c, view);
    require(memcmp(f.p, in.p, in.n) == 0, "the input was written to");
    if (c->guess)
        require(c->guess(fence_span(&f), 0) <= 100, "a guess over 100");
    c->decode(fence_span(&f), &small, &view, &less);
    require(less.n <= decoded, "out of memory it finds what is not there");
    fence_free(&f);
}

/* ---- around ---- */

struct around {
    const struct codec *c;
    struct arena mem;
    uint8_t *out;
};

static const void *decode(struct around *a, struct span in)
{
    struct findings none = {0};
    const void *view = NULL;
    enum step s = a->c->decode(in, &a->mem, &view, &none);
    return s == STEP_ITEM && !a->mem.full ? view : NULL;
}

static void say(void *ctx, const char *path, const char *what)
{
    (void)ctx;
    fprintf(stderr, "%s: %s\n", path, what);
}

/* The draft of `view`, which is what `in` holds, encoded: the same octets, and the same view. */
static void again(struct around *a, const void *view, struct span in, struct draft *dr)
{
    static const struct diff out = {.say = say};
    uint8_t *p = need(in.n + 1);
    struct wr w = {p, in.n, 0, false};

    draft_of(dr, a->c->view, view, &a->mem);
    if (!a->mem.full) {
        a->c->encode(&w, dr);
        require(!w.full, "a view encodes to more octets than it was made of");
        require(w.n == in.n, "a view encodes to fewer octets than it was made of");
        require(in.n == 0 || memcmp(p, in.p, in.n) == 0, "a view encodes to other octets");
        const void *second = decode(a, wr_span(&w));
        require(second || a->mem.full, "what was encoded does not decode");
        if (second)
            require(field_diff(a->c->view, view, second, &out) == 0, "decoded again it differs");
    }
    free(p);
}

static void encode_in_less(struct around *a, const struct draft *dr, size_t n, struct chance *c)
{
    size_t tries = n < EACH_CAP ? n : FEW;

    for (size_t i = 0; i < tries; i++) {
        size_t cap = n < EACH_CAP ? i : (chance_u8(c) | (size_t)chance_u8(c) << 8) % n;
        uint8_t *p = need(cap + 1);
        struct wr w = {p, cap, 0, false};
        p[cap] = CANARY;
        a->c->encode(&w, dr);
        require(w.full && w.n <= cap, "encoding in too little room does not say so");
        require(p[cap] == CANARY, "encoding writes past the end");
        free(p);
    }
}

/* The path of a node that the choices lead to, down from `n`. */
static void path_to(char path[PATH], const struct node *n, struct chance *c)
{
    size_t at = 0;

    path[0] = '\0';
    while (n->form == FORM_KIDS && n->first && at + 40 < PATH) {
        size_t count = 0, i = 0;
        for (const struct node *k = n->first; k; k = k->next)
            count++;
        size_t pick = chance_u8(c) % count;
        const struct node *kid = n->first;
        for (; i < pick; i++)
            kid = kid->next;
        if (kid->f)
            at += (size_t)snprintf(path + at, PATH - at, "%s%s", at ? "/" : "", kid->f->name);
        else
            at += (size_t)snprintf(path + at, PATH - at, "%s%zu", at ? "/" : "", pick);
        n = kid;
        if (chance_u8(c) % 4 == 0)
            break;
    }
}

static void edit(struct draft *dr, struct chance *c)
{
    static const char *const values[] = {"0",     "1",          "255",
                                         "65535", "0xffffffff", "+1",
                                         "-1",    "^",          "",
                                         "hex:",  "hex:0a",     "hex:00ff00ff00",
                                         "raw:",  "raw:00",     "raw:0102030405060708090a",
                                         "3",     "7",          "text"};
    char path[PATH];
    enum draft_op op = (enum draft_op)(chance_u8(c) % (DRAFT_ADD + 1));

    path_to(path, &dr->root, c);
    draft_edit(dr, op, path, values[chance_u8(c) % COUNT(values)]);
}

static void edited(struct around *a, struct draft *dr, struct chance *c)
{
    struct wr w = {a->out, ROOM, 0, false};
    struct draft unused;

    for (unsigned i = 1u + (chance_u8(c) & 3); i > 0; i--)
        edit(dr, c);
    a->c->encode(&w, dr);
    if (w.full)
        return;
    if (w.n)
        encode_in_less(a, dr, w.n, c);
    const void *view = decode(a, wr_span(&w));
    if (view)
        again(a, view, wr_span(&w), &unused);
}

void oracle_roundtrip(const struct codec *c, struct span in)
{
    static uint8_t memory[MEMORY], out[ROOM];
    struct fence f = fence_copy(in.p, in.n);
    struct around a = {c, arena_of(memory, MEMORY), out};
    struct chance choices = {in.p, in.n};
    struct draft dr;
    const void *view = decode(&a, fence_span(&f));

    if (view) {
        again(&a, view, fence_span(&f), &dr);
        if (!a.mem.full) {
            encode_in_less(&a, &dr, in.n, &choices);
            edited(&a, &dr, &choices);
        }
    }
    require(in.n == 0 || memcmp(in.p, f.p, in.n) == 0, "the input was written to");
    fence_free(&f);
}
