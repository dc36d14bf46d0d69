/* harness/endpoints/echo/echo_test.c - the toy framing and the sender's batches by themselves; the
 * rest is proven in harness/tests/contracts_test.c. */
#include <stdlib.h>
#include "harness/core/test.h"
#include "harness/endpoints/echo/echo.h"

enum { TEXT = 1 << 17 };

struct out { /* what the layer has put */
    struct env *self;
    struct outq q;
    uint8_t wire[TEXT];
    size_t n_wire, n_sends, frames, n[8]; /* n: octets of each frame delivered */
    uint32_t sum;
    bool eof, aborted;
    const char *why;
};

static struct out *layer(void)
{
    struct out *o = calloc(1, sizeof *o);
    o->self = calloc(1, echo_lines_class.size);
    o->q = (struct outq){.v = calloc(65, sizeof *o->q.v), .cap = 64};
    o->q.mem = arena_of(malloc(TEXT), TEXT);
    return o;
}

static void layer_free(struct out *o)
{
    free(o->self);
    free(o->q.v);
    free(o->q.mem.p);
    free(o);
}

static void give(struct out *o, enum in_kind kind, struct span data)
{
    o->q.n = o->q.mem.n = 0;
    echo_lines_class.input(o->self, &(struct input){.kind = kind, .data = data}, &o->q);
    CU_ASSERT_FALSE(o->q.full || o->q.mem.full);
    for (size_t i = 0; i < o->q.n; i++) {
        const struct output *v = &o->q.v[i];
        if (v->kind == OUT_SEND) {
            CU_ASSERT_FATAL(o->n_wire + v->data[0].n <= TEXT);
            memcpy(o->wire + o->n_wire, v->data[0].p, v->data[0].n);
            o->n_wire += v->data[0].n;
            o->n_sends++;
        } else if (v->kind == OUT_DELIVER) {
            o->n[o->frames++ % COUNT(o->n)] = v->data[0].n;
            for (size_t k = 0; k < v->data[0].n; k++)
                o->sum = o->sum * 31 + v->data[0].p[k];
        } else if (v->kind == OUT_CLOSED) {
            o->why = close_name(v->why);
        }
        o->eof |= v->kind == OUT_EOF;
        o->aborted |= v->kind == OUT_CLOSE && v->abort;
    }
}

static void every_chunk(void)
{
    static const struct span in = SPAN("\0\3abc\0\0\0\1x\0\5hello\0\2z");

    for (size_t chunk = 1; chunk <= in.n; chunk++) {
        struct out *o = layer();
        for (size_t at = 0; at < in.n; at += chunk)
            give(o, IN_BYTES, span_cut(in, at, at + chunk));
        CU_ASSERT_TRUE(o->frames == 4 && !o->why);
        CU_ASSERT_TRUE(o->n[0] == 3 && o->n[1] == 0 && o->n[2] == 1 && o->n[3] == 5);
        give(o, IN_EOF, (struct span){0});
        CU_ASSERT_TRUE(o->eof && o->frames == 4);
        layer_free(o);
    }
}

static void limits(void)
{
    static uint8_t big[2 * LINES_MAX + 1];
    struct out *o = layer(), *back = layer();
    static const struct {
        size_t n, sends;
    } rows[] = {{0, 1}, {1, 1}, {LINES_MAX, 1}, {LINES_MAX + 1, 2}, {2 * LINES_MAX + 1, 3}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        o->n_wire = o->n_sends = back->frames = 0;
        give(o, IN_SEND, (struct span){big, rows[i].n});
        CU_ASSERT_TRUE(o->n_sends == rows[i].sends && o->n_wire == rows[i].n + 2 * rows[i].sends);
        give(back, IN_BYTES, (struct span){o->wire, o->n_wire});
        CU_ASSERT_TRUE(back->frames == rows[i].sends && !back->why);
    }
    give(back, IN_BYTES, (struct span)SPAN("\x40")); /* 16384 is 0x4000 */
    give(back, IN_BYTES, (struct span)SPAN("\1\0\1x"));
    CU_ASSERT_TRUE(back->aborted && back->why && strcmp(back->why, "quota") == 0);
    layer_free(o);
    layer_free(back);
}

/* Datagrams that the sender gives at one input, which must be those from `first` on. */
static size_t batch(struct env *self, struct outq *q, enum in_kind kind, uint64_t now,
                    uint64_t first)
{
    size_t n = 0;

    q->n = q->mem.n = 0;
    pace_sender_class.input(self, &(struct input){.kind = kind, .now_us = now}, q);
    for (size_t i = 0; i < q->n; i++)
        if (q->v[i].kind == OUT_SEND) {
            CU_ASSERT_EQUAL(q->v[i].not_before_us, 100 + (first + n) * 20000);
            CU_ASSERT_EQUAL(get_u32(q->v[i].data[0].p), first + n);
            n++;
        }
    return n;
}

static void batches(void)
{
    struct env *self = calloc(1, pace_sender_class.size);
    struct outq q = {.v = calloc(65, sizeof *q.v), .cap = 64};
    uint64_t late;

    q.mem = arena_of(malloc(TEXT), TEXT);
    batch(self, &q, IN_START, 0, 0);
    CU_ASSERT_EQUAL(pace_sender_class.deadline(self), NO_DEADLINE);
    CU_ASSERT_EQUAL(batch(self, &q, IN_OPENED, 100, 0), PACE_BATCH);
    for (uint64_t i = 0; i < 10; i++) { /* half is still held back: as much again */
        uint64_t due = pace_sender_class.deadline(self);
        CU_ASSERT_EQUAL(due, 100 + (PACE_BATCH / 2) * (i + 1) * 20000);
        CU_ASSERT_EQUAL(batch(self, &q, IN_TIMER, due, PACE_BATCH + i * PACE_BATCH / 2),
                        PACE_BATCH / 2);
    }
    late = pace_sender_class.deadline(self) + 100 * 20000;
    CU_ASSERT_EQUAL(batch(self, &q, IN_TIMER, late, 6 * PACE_BATCH), PACE_BATCH);
    free(self);
    free(q.v);
    free(q.mem.p);
}

TESTS({"every_chunk", every_chunk}, {"limits", limits}, {"batches", batches})
