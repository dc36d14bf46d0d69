/* fuzz/targets/stun_edit.c - drafts under edits as fault tables and scripts write them: lines of
 * "OP PATH[ VALUE]", a line with nothing in it, a message. Whatever was asked, the draft can be written,
 * and what was written is decoded and drafted again. */
#include "codecs/stun/stun.h"
#include "fuzz/engine/target.h"

enum { EDITS = 8, WORDS = 256, ROOM = 1 << 17, MEMORY = 4 << 20, MESSAGE = 4096 };
static const char *const ops[] = {
    [DRAFT_SET] = "set",     [DRAFT_DROP] = "drop", [DRAFT_DOUBLE] = "double",
    [DRAFT_FIRST] = "first", [DRAFT_LAST] = "last", [DRAFT_ADD] = "add",
};

/* The next line of what is left, without its end. */
static struct span line(struct span *rest)
{
    size_t n = 0;
    while (n < rest->n && rest->p[n] != '\n')
        n++;
    struct span l = span_cut(*rest, 0, n);
    *rest = span_cut(*rest, n < rest->n ? n + 1 : n, rest->n);
    return l;
}

/* A word as C text; what is too long, or has a NUL in it, ends there. */
static size_t word(struct span l, size_t at, bool whole, char to[WORDS])
{
    size_t n = 0;
    for (; at < l.n && (whole || l.p[at] != ' '); at++)
        if (n < WORDS - 1)
            to[n++] = (char)l.p[at];
    to[n] = '\0';
    return at < l.n ? at + 1 : at;
}

static void edit(struct draft *dr, struct span l)
{
    char op[WORDS], path[WORDS], value[WORDS];
    size_t at = word(l, 0, false, op);
    at = word(l, at, false, path);
    word(l, at, true, value);
    for (size_t i = 0; i < COUNT(ops); i++)
        if (strcmp(op, ops[i]) == 0)
            draft_edit(dr, (enum draft_op)i, path, value[0] ? value : NULL);
}

static void one(const uint8_t *p, size_t n)
{
    static uint8_t memory[MEMORY], after[MEMORY], room[ROOM];
    static const struct codec_secret secret = {SPAN("a secret")};
    struct fence copy = fence_copy(p, n);
    struct span rest = fence_span(&copy), edits[EDITS];
    struct arena mem = arena_of(memory, sizeof memory);
    struct wr w = {room, sizeof room, 0, false};
    struct findings none = {0};
    const void *view = NULL;
    struct draft dr;
    size_t k = 0;

    for (struct span l; (l = line(&rest)).n;)
        if (k < EDITS)
            edits[k++] = l;
    if (rest.n <= MESSAGE && stun_codec.decode(rest, &mem, &view, &none) == STEP_ITEM && view) {
        draft_of(&dr, stun_codec.view, view, &mem);
        for (size_t i = 0; i < k; i++)
            edit(&dr, edits[i]);
        stun_codec.encode(&w, &dr);
        if (!w.full && !mem.full) {
            const void *edited = NULL;
            mem = arena_of(after, sizeof after);
            stun_codec.seal(room, w.n, &secret);
            if (stun_codec.decode(wr_span(&w), &mem, &edited, &none) == STEP_ITEM && edited)
                used(field_diff(stun_codec.view, view, edited, &(struct diff){0}));
        }
    }
    fence_free(&copy);
}

const struct target stun_edit_target = {
    .name = "stun_edit", .one = one, .max_len = 4096, .weight = 1, .seeds = "stun/edit"};
