/* fuzz/targets/stun_stream.c - framing of a stream that carries STUN and ChannelData: the same
 * messages and findings whether the octets come at once, one by one, or cut anywhere. */
#include "codecs/stun/stun.h"
#include "fuzz/engine/target.h"

struct frame {
    size_t off, used; /* the last one: where the walk ended, 0 */
    enum step step;
    struct finding f; /* of the last one, where framing was lost */
};
struct frames {
    struct frame *v;
    size_t n;
};

/* What stands at the front of a window: RFC8656:12.4, the first two bits tell. */
static enum step next(struct span in, size_t *used, struct findings *fs)
{
    struct stun_channel c;

    if (in.n && (in.p[0] & 0xc0) == 0x40)
        return stun_channel_next(in, true, &c, used, fs);
    return stun_next(in, used, fs);
}

static void add(struct frames *out, size_t cap, struct frame f)
{
    require(out->n < cap, "more messages than octets can hold");
    out->v[out->n++] = f;
}

/* Walk over `in`, of which `step` octets come at a time; 0: as `c` has it. The window is each time
 * a block of its own, so that a look beyond it is seen. */
static void walk(struct span in, size_t step, struct chance c, struct frames *out, size_t cap)
{
    size_t at = 0, have = 0;
    struct finding found = {0};
    enum step s = STEP_MORE;

    out->n = 0;
    for (;;) {
        struct findings fs = {.v = &found, .cap = 1};
        struct fence win = fence_copy(in.p + at, have - at);
        size_t used;
        found = (struct finding){0};
        s = next(fence_span(&win), &used, &fs);
        fence_free(&win);
        require((s == STEP_ITEM) == (used != 0), "used without an item");
        require(used <= have - at, "a message ends behind the window");
        require(s == STEP_FAIL || fs.n == 0, "a finding, and framing is not lost");
        if (s == STEP_ITEM) {
            add(out, cap, (struct frame){.off = at, .used = used, .step = s});
            at += used;
        } else if (s == STEP_FAIL || have == in.n) {
            break;
        } else {
            size_t more = step ? step : 1u + (chance_u8(&c) & 63);
            have = in.n - have < more ? in.n : have + more;
        }
    }
    add(out, cap, (struct frame){.off = at, .step = s, .f = found});
}

static void same(const struct frames *a, const struct frames *b)
{
    require(a->n == b->n, "cuts change how many messages there are");
    for (size_t i = 0; i < a->n; i++) {
        const struct frame *x = &a->v[i], *y = &b->v[i];
        require(x->off == y->off && x->used == y->used, "cuts change where a message ends");
        require(x->step == y->step, "cuts change how the walk ends");
        require(x->f.clause == y->f.clause && x->f.off == y->f.off && x->f.len == y->f.len,
                "cuts change the finding");
    }
}

/* A message that was framed decodes, and its length fits. */
static void decode(struct span in, const struct frames *got)
{
    struct stun_attr attrs[8];
    struct findings fs = {0};
    struct stun_msg m;

    for (size_t i = 0; i + 1 < got->n; i++) {
        struct span msg = span_cut(in, got->v[i].off, got->v[i].off + got->v[i].used);
        if ((msg.p[0] & 0xc0) == 0)
            require(stun_decode(msg, &m, attrs, COUNT(attrs), &fs) == STEP_ITEM &&
                        m.length + (size_t)STUN_HEADER == msg.n && !m.classic,
                    "a framed message does not decode");
    }
}

static void one(const uint8_t *p, size_t n)
{
    size_t cap = n / 4 + 1; /* ChannelData takes four octets at least */
    struct frames whole = {need(cap * sizeof *whole.v), 0};
    struct frames cut = {need(cap * sizeof *cut.v), 0};
    struct fence f = fence_copy(p, n);
    struct span in = fence_span(&f);
    struct chance c = {p, n};

    walk(in, n ? n : 1, c, &whole, cap);
    if (n <= 512) { /* a block for each octet: too slow for long ones */
        walk(in, 1, c, &cut, cap);
        same(&whole, &cut);
    }
    walk(in, 0, c, &cut, cap);
    same(&whole, &cut);
    decode(in, &whole);
    fence_free(&f);
    free(cut.v);
    free(whole.v);
}

const struct target stun_stream_target = {.name = "stun_stream",
                                          .one = one,
                                          .max_len = 1024,
                                          .weight = 1,
                                          .dict = "stun",
                                          .codecs = "stun"};
