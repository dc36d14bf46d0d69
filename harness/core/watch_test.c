/* harness/core/watch_test.c - what stands around a watcher: framing of streams in any pieces, decoding,
 * sums. The watcher and its protocol are toys: a message is a length octet and that many more. */
#include "harness/core/test.h"
#include "harness/core/watch.h"

static size_t whole, unread, octets, unsound;

static enum step decode(struct span in, struct arena *mem, const void **view, struct findings *fs)
{
    uint8_t *v = arena_take(mem, 1);
    if (in.n == 0 || in.n != (size_t)in.p[0] + 1)
        return STEP_FAIL;
    *v = in.p[0];
    *view = v;
    if (in.p[0] == 9)
        finding_add(fs, (struct finding){.clause = "", .what = "nine", .level = MUST});
    return STEP_ITEM;
}

static enum step next(struct span in, size_t *used, struct findings *fs)
{
    (void)fs;
    if (in.n && in.p[0] == 0xff)
        return STEP_FAIL;
    if (in.n == 0 || in.n < (size_t)in.p[0] + 1)
        return STEP_MORE;
    *used = (size_t)in.p[0] + 1;
    return STEP_ITEM;
}

static size_t size(size_t limit)
{
    return limit;
}

static void init(void *self, size_t limit, const struct watch_options *o)
{
    (void)o;
    memset(self, 0, limit);
    whole = unread = octets = unsound = 0;
}

static void on_seen(void *self, const struct watch_seen *s, const struct watch_sink *out)
{
    (void)self;
    (void)out;
    whole += s->view != NULL;
    unread += s->view == NULL;
    unsound += s->view && !s->sound;
    octets += s->octets.n;
}

static void on_tick(void *self, uint64_t now_us, const struct watch_sink *out)
{
    (void)self;
    (void)now_us;
    (void)out;
}

static void on_end(void *self, const struct watch_sink *out)
{
    on_tick(self, 0, out);
}

static const struct codec codec = {.name = "toy", .decode = decode, .next = next};
static const struct watcher_class cls = {.name = "toy",
                                         .codec = &codec,
                                         .size = size,
                                         .init = init,
                                         .seen = on_seen,
                                         .tick = on_tick,
                                         .end = on_end};
static const struct watch_sink nowhere = {NULL, NULL, NULL};
static const struct watch_options passing = {.origin = false};

static void put(struct watch *w, uint64_t flow, uint16_t from, bool stream, struct span s)
{
    watch_octets(
        w,
        &(struct watch_seen){
            .flow = flow, .from = {.family = 4, .port = from}, .stream = stream, .octets = s},
        &nowhere);
}

/* Two directions whose pieces are mixed: every size of pieces gives the same messages. */
static void pieces(void)
{
    static const struct span all = SPAN("\1a\3bcd\0\2ef");
    struct watch *w = watch_new(&cls, 0, &passing);

    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    for (size_t step = 1; step <= all.n; step++) {
        watch_reset(w);
        for (size_t at = 0; at < all.n; at += step)
            for (uint16_t from = 1; from <= 2; from++)
                put(w, 5, from, true, span_cut(all, at, at + step));
        CU_ASSERT_EQUAL(whole, 8);
        CU_ASSERT_EQUAL(unread, 0);
        CU_ASSERT_EQUAL(octets, 2 * all.n);
    }
    watch_free(w);
}

static void lost(void)
{
    struct watch *w = watch_new(&cls, 0, &passing);

    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    put(w, 1, 1, true, (struct span)SPAN("\1a\xff\1b"));
    put(w, 1, 1, true, (struct span)SPAN("\1c")); /* passed over */
    CU_ASSERT_EQUAL(whole, 1);
    CU_ASSERT_EQUAL(unread, 1);
    put(w, 1, 2, true, (struct span)SPAN("\1d")); /* the other direction goes on */
    CU_ASSERT_EQUAL(whole, 2);
    watch_free(w);
}

/* As many directions as there are windows are followed at once; of one more the first gives way. */
static void windows(void)
{
    struct watch *w = watch_new(&cls, 0, &passing);

    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    for (size_t n = WATCH_STREAMS; n <= WATCH_STREAMS + 1; n++) {
        watch_reset(w);
        for (uint64_t flow = 1; flow <= n; flow++)
            put(w, flow, 1, true, (struct span)SPAN("\4ab"));
        put(w, 1, 1, true, (struct span)SPAN("cd"));
        CU_ASSERT_EQUAL(whole, n == WATCH_STREAMS);
    }
    watch_free(w);
}

static void datagrams(void)
{
    struct watch *w = watch_new(&cls, 0, &passing);

    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    put(w, 0, 1, false, (struct span)SPAN("\1a"));
    put(w, 0, 1, false, (struct span)SPAN("\1ab"));
    put(w, 0, 1, false,
        (struct span)SPAN("\x09"
                          "123456789"));
    CU_ASSERT_EQUAL(whole, 2);
    CU_ASSERT_EQUAL(unread, 1);
    CU_ASSERT_EQUAL(unsound, 1);
    watch_free(w);
}

/* A class with two codecs: whose octets they are is said, or guessed. */
static const struct codec *shown_as;

static unsigned sure_of_toy(struct span in, uint16_t port)
{
    (void)port;
    return in.n && in.p[0] < 9 ? 10 : 0;
}

static unsigned sure_of_other(struct span in, uint16_t port)
{
    (void)port;
    return in.n && in.p[0] == 2 ? 20 : 0;
}

static void on_either(void *self, const struct watch_seen *s, const struct watch_sink *out)
{
    shown_as = s->codec;
    on_seen(self, s, out);
}

static void two_codecs(void)
{
    static const struct codec one = {.name = "toy", .decode = decode, .guess = sure_of_toy},
                              other = {.name = "other", .decode = decode, .guess = sure_of_other};
    struct watcher_class both = cls;
    both.codec = &one;
    both.also = &other;
    both.seen = on_either;
    struct watch *w = watch_new(&both, 4, &passing);

    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    CU_ASSERT_PTR_NOT_NULL(watch_self(w));
    put(w, 0, 1, false, (struct span)SPAN("\1a"));
    CU_ASSERT_PTR_EQUAL(shown_as, &one);
    put(w, 0, 1, false, (struct span)SPAN("\2ab"));
    CU_ASSERT_PTR_EQUAL(shown_as, &other);
    watch_octets(w, &(struct watch_seen){.codec = &one, .octets = SPAN("\2ab")}, &nowhere);
    CU_ASSERT_PTR_EQUAL(shown_as, &one);
    watch_free(w);
}

/* What stands between messages, here '-' and one octet more: passed over, and shown to who asks for it. */
static size_t shown_between;

static enum step toy_between(struct span in, enum framing framing, size_t *used)
{
    if (in.n && in.p[0] != '-')
        return STEP_FAIL;
    *used = 2;
    return framing == FRAMING_DATAGRAM ? (in.n == 2 ? STEP_ITEM : STEP_FAIL)
           : in.n < 2                  ? STEP_MORE
                                       : STEP_ITEM;
}

static void on_any(void *self, const struct watch_seen *s, const struct watch_sink *out)
{
    shown_between += s->between && !s->view && s->octets.n == 2;
    if (!s->between)
        on_seen(self, s, out);
}

static void between_messages(void)
{
    static const struct codec toy = {
        .name = "toy", .decode = decode, .next = next, .between = toy_between};
    static const struct span all = SPAN("\1a-x-y\3bcd-z");

    for (int asks = 0; asks < 2; asks++) {
        struct watcher_class c = cls;
        c.codec = &toy;
        c.seen = on_any;
        c.between = asks;
        shown_between = 0;
        struct watch *w = watch_new(&c, 0, &passing);
        CU_ASSERT_PTR_NOT_NULL_FATAL(w);
        for (size_t step = 1; step <= all.n; step++) {
            watch_reset(w);
            for (size_t at = 0; at < all.n; at += step)
                put(w, 5, 1, true, span_cut(all, at, at + step));
            CU_ASSERT_TRUE(whole == 2 && unread == 0);
        }
        put(w, 0, 1, false, (struct span)SPAN("-x"));
        put(w, 0, 1, false, (struct span)SPAN("\1a"));
        CU_ASSERT_TRUE(whole == 3 && unread == 0);
        put(w, 0, 1, false, (struct span)SPAN("-xy")); /* neither */
        CU_ASSERT_TRUE(whole == 3 && unread == 1);
        CU_ASSERT_EQUAL(shown_between, asks ? 3 * all.n + 1 : 0);
        watch_free(w);
    }
}

static void sums(void)
{
    static const uint64_t values[] = {5, 3, 10};
    struct watch_sum s[WATCH_FACTS_MAX] = {{0}};

    for (size_t i = 0; i < COUNT(values); i++)
        watch_add(s, &(struct watch_fact){.kind = 2, .value = values[i]});
    CU_ASSERT_TRUE(s[2].n == 3 && s[2].least == 3 && s[2].most == 10 && s[2].total == 18);
    CU_ASSERT_EQUAL(s[1].n, 0);
}

TESTS({"pieces", pieces}, {"lost framing", lost}, {"windows", windows}, {"datagrams", datagrams},
      {"two codecs", two_codecs}, {"between messages", between_messages}, {"sums", sums})
