/* harness/replay/tcp_test.c - orders, copies, gaps, what captures leave out, reuse, and both sides of each limit. */
#include <stdlib.h>
#include "harness/core/test.h"
#include "harness/replay/tcp.h"

enum { OUT = 1 << 16 };

static struct seen { /* what one connection has given */
    char out[2][OUT];
    size_t n[2];
    uint64_t gap[2], off[2], octets; /* of the last run */
    unsigned notes[TCP_FULL + 1][2], runs, order;
    struct tcp_note last[TCP_FULL + 1];
    struct tcp_octets run;
    char sides[64];
    struct tcp *ignores;
} seen, seen2;
static struct tcp_pool pool;
static struct tcp *t;
static uint32_t frame;
static uint64_t now;

static void octets(void *user, const struct tcp_octets *o)
{
    struct seen *s = user;

    CU_ASSERT_TRUE(o->data.n > 0 && o->frame <= o->now_frame);
    if (s->off[o->side] + o->gap != o->off)
        CU_FAIL("the place in the stream does not follow");
    for (size_t i = 0; o->gap && i < 3 && s->n[o->side] < OUT; i++)
        s->out[o->side][s->n[o->side]++] = '.';
    if (s->n[o->side] + o->data.n < OUT) {
        memcpy(s->out[o->side] + s->n[o->side], o->data.p, o->data.n);
        s->n[o->side] += o->data.n;
    }
    s->out[o->side][s->n[o->side]] = 0;
    s->octets += o->data.n;
    s->off[o->side] = o->off + o->data.n;
    s->gap[o->side] += o->gap;
    if (s->runs < sizeof s->sides - 1)
        s->sides[s->runs] = (char)('0' + o->side);
    s->runs++;
    s->run = *o;
    if (s->ignores)
        tcp_ignore(s->ignores, o->side);
}

static void note(void *user, const struct tcp_note *n)
{
    struct seen *s = user;

    s->notes[n->kind][n->side]++;
    s->last[n->kind] = *n;
    if (n->kind == TCP_ANEW)
        s->off[0] = s->off[1] = 0;
}

static void start(void)
{
    memset(&seen, 0, sizeof seen);
    memset(&seen2, 0, sizeof seen2);
    pool = (struct tcp_pool){.sink = {octets, note}};
    frame = 0;
    now = 1000000000;
    t = tcp_new(&pool, &seen);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
}

static void stop(void)
{
    tcp_free(t);
    CU_ASSERT_EQUAL(pool.used, 0);
    CU_ASSERT_TRUE(!pool.first && !pool.last);
}

static void put_cut(unsigned side, uint8_t flags, uint32_t seq, uint32_t ack, const char *text,
                    uint32_t missing)
{
    struct span octets = span_of(text);
    uint8_t *copy = malloc(octets.n ? octets.n : 1); /* so that a look behind it is seen */
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    if (!copy)
        return; /* FATAL has left already */
    memcpy(copy, octets.p, octets.n);
    frame++;
    const struct tcp_segment s = {.side = side,
                                  .seq = seq,
                                  .ack = ack,
                                  .flags = flags,
                                  .window = 1000,
                                  .data = {copy, octets.n},
                                  .missing = missing,
                                  .frame = frame,
                                  .time_ns = now};
    tcp_segment(t, &s);
    free(copy);
}

static void put(unsigned side, uint8_t flags, uint32_t seq, uint32_t ack, const char *text)
{
    put_cut(side, flags, seq, ack, text, 0);
}

static void data(uint32_t seq, const char *text)
{
    put(0, TCP_ACK, seq, 1, text);
}

static void handshake(uint32_t isn)
{
    put(0, TCP_SYN, isn, 0, "");
    put(1, TCP_SYN | TCP_ACK, 5000, isn + 1, "");
    put(0, TCP_ACK, isn + 1, 5001, "");
}

static void conversation(void)
{
    start();
    handshake(100);
    put(0, TCP_ACK | TCP_PSH, 101, 5001, "hello ");
    put(1, TCP_ACK, 5001, 107, "good day");
    put(0, TCP_ACK | TCP_FIN, 107, 5009, "there"); /* octets and FIN at once */
    CU_ASSERT_STRING_EQUAL(seen.out[0], "hello there");
    CU_ASSERT_EQUAL(seen.notes[TCP_ENDED][0], 1);
    CU_ASSERT_EQUAL(seen.last[TCP_ENDED].off, 11);
    put(1, TCP_ACK, 5009, 113, ", and"); /* half closed: the other side goes on */
    put(1, TCP_ACK, 5014, 113, " more");
    CU_ASSERT_TRUE(tcp_is_open(t));
    put(1, TCP_ACK | TCP_FIN, 5019, 113, "");
    put(0, TCP_ACK, 113, 5020, "");
    put(1, TCP_ACK | TCP_FIN, 5019, 113, ""); /* again: told once */
    CU_ASSERT_STRING_EQUAL(seen.out[1], "good day, and more");
    CU_ASSERT_EQUAL(seen.notes[TCP_ENDED][1], 1);
    CU_ASSERT_FALSE(tcp_is_open(t));
    CU_ASSERT_STRING_EQUAL(seen.sides, "01011");
    CU_ASSERT_EQUAL(seen.notes[TCP_OPENED][0] + seen.notes[TCP_OPENED][1], 2);
    CU_ASSERT_EQUAL(pool.counts.octets, 29);
    CU_ASSERT_EQUAL(pool.counts.retransmitted + pool.counts.out_of_order + pool.counts.keep_alives +
                        pool.counts.midstream,
                    0);
    stop();
}

/* Six pieces in every order, cut so that numbers wrap; each twice in the second round. */
static void orders(void)
{
    static const char *const text = "abcdefghijkl";
    for (unsigned twice = 0; twice < 2; twice++)
        for (unsigned code = 0; code < 720; code++) {
            unsigned left[6] = {0, 1, 2, 3, 4, 5}, n = 6, c = code;
            start();
            handshake(0xfffffffau);
            while (n) {
                unsigned k = c % n, piece = left[k];
                char two[3] = {text[piece * 2], text[piece * 2 + 1], 0};
                c /= n;
                for (unsigned i = 0; i <= twice; i++)
                    data(0xfffffffbu + piece * 2, two);
                memmove(left + k, left + k + 1, (--n - k) * sizeof *left);
            }
            CU_ASSERT_STRING_EQUAL(seen.out[0], text);
            CU_ASSERT_EQUAL(seen.runs, 6);
            CU_ASSERT_EQUAL(pool.counts.retransmitted, twice * 6);
            CU_ASSERT_EQUAL(pool.counts.differing + pool.counts.gaps + pool.counts.strays, 0);
            stop();
        }
}

static void frames_and_times(void)
{
    start();
    handshake(100);
    now += 5;
    data(103, "c"); /* frame 4 */
    now += 5;
    data(101, "ab"); /* frame 5 */
    CU_ASSERT_STRING_EQUAL(seen.out[0], "abc");
    CU_ASSERT_TRUE(seen.run.frame == 4 && seen.run.now_frame == 5);
    CU_ASSERT_TRUE(seen.run.time_ns == 1000000005 && seen.run.now_ns == 1000000010);
    CU_ASSERT_EQUAL(pool.counts.out_of_order, 1);
    stop();
}

static void overlaps(void)
{
    start();
    handshake(100);
    data(101, "abcd");
    data(103, "cdef"); /* the front was there */
    data(109, "ij");
    data(107, "ghijkl"); /* around what is held */
    CU_ASSERT_STRING_EQUAL(seen.out[0], "abcdefghijkl");
    CU_ASSERT_EQUAL(pool.counts.overlaps, 2);
    CU_ASSERT_EQUAL(pool.counts.differing, 0);
    data(101, "abcdefgh"); /* all was there, cut otherwise */
    CU_ASSERT_EQUAL(pool.counts.retransmitted, 1);
    CU_ASSERT_EQUAL(pool.counts.differing, 0);

    data(101, "abXd"); /* against what was passed on */
    CU_ASSERT_EQUAL(pool.counts.differing, 1);
    CU_ASSERT_EQUAL(seen.last[TCP_DIFFERS].arg[0], 4);
    CU_ASSERT_EQUAL(seen.last[TCP_DIFFERS].off, 0);
    data(112, "Lm"); /* one octet of it */
    CU_ASSERT_EQUAL(pool.counts.differing, 2);
    data(117, "qr"); /* against what is held, early */
    data(116, "pqR");
    CU_ASSERT_EQUAL(pool.counts.differing, 3);
    data(114, "noPqr"); /* and in order: the first ones stay */
    CU_ASSERT_EQUAL(pool.counts.differing, 4);
    CU_ASSERT_STRING_EQUAL(seen.out[0], "abcdefghijklmnopqr");
    CU_ASSERT_EQUAL(seen.notes[TCP_DIFFERS][0], 4);
    stop();
}

static void told_limit(void)
{
    start();
    handshake(100);
    data(101, "ab");
    for (unsigned i = 0; i < TCP_TOLD_MAX + 1; i++)
        data(101, "aX");
    CU_ASSERT_EQUAL(seen.notes[TCP_DIFFERS][0], TCP_TOLD_MAX);
    CU_ASSERT_EQUAL(pool.counts.differing, TCP_TOLD_MAX + 1);
    stop();
}

/* The last TCP_REMEMBERED segments are compared with, no older one. */
static void remembered_limit(void)
{
    for (unsigned over = 0; over < 2; over++) {
        start();
        handshake(100);
        for (unsigned i = 0; i < TCP_REMEMBERED + over; i++)
            data(101 + 3 * i, "abc");
        data(101, "abX");
        CU_ASSERT_EQUAL(pool.counts.differing, !over);
        stop();
    }
}

static void gaps(void)
{
    start();
    handshake(100);
    data(101, "ab");
    data(106, "fg");
    CU_ASSERT_STRING_EQUAL(seen.out[0], "ab");
    tcp_end(t, 99, 7);
    CU_ASSERT_STRING_EQUAL(seen.out[0], "ab...fg");
    CU_ASSERT_EQUAL(seen.gap[0], 3);
    CU_ASSERT_TRUE(seen.notes[TCP_GAP][0] == 1 && seen.last[TCP_GAP].arg[0] == 3 &&
                   seen.last[TCP_GAP].off == 2 && seen.last[TCP_GAP].frame == 99);
    stop();

    start(); /* a gap right before the end */
    handshake(100);
    data(101, "ab");
    put(0, TCP_FIN | TCP_ACK, 106, 1, "");
    CU_ASSERT_EQUAL(seen.notes[TCP_ENDED][0], 0);
    tcp_end(t, 99, 7);
    CU_ASSERT_TRUE(seen.notes[TCP_ENDED][0] == 1 && seen.last[TCP_ENDED].off == 5 &&
                   seen.last[TCP_ENDED].arg[0] == 3);
    CU_ASSERT_EQUAL(pool.counts.gap_octets, 3);
    stop();
}

/* A gap that the receiver has acknowledged is not waited for as long as one that it has not. */
static void patience(void)
{
    for (unsigned over = 0; over < 2; over++) {
        start();
        handshake(100);
        data(104, "d");
        now += (uint64_t)TCP_WAIT_SECONDS * 1000000000 + over;
        put(1, TCP_ACK, 5001, 101, "");
        CU_ASSERT_STRING_EQUAL(seen.out[0], over ? "...d" : "");
        stop();

        start();
        handshake(100);
        data(104, "d");
        put(1, TCP_ACK, 5001, 105, "");
        now += (uint64_t)TCP_ACKED_MS * 1000000 + over;
        put(1, TCP_ACK, 5001, 105, "");
        CU_ASSERT_STRING_EQUAL(seen.out[0], over ? "...d" : "");
        stop();

        start();
        handshake(100);
        data(104, "d");
        put(1, TCP_ACK, 5001, 105, "");
        for (unsigned i = 0; i < TCP_ACKED_SEGMENTS + over; i++)
            data(105 + i, "e");
        CU_ASSERT_EQUAL(seen.n[0], over ? 4 + TCP_ACKED_SEGMENTS + 1 : 0);
        stop();
    }
}

static void left_out(void)
{
    start(); /* each segment cut short by the capture */
    handshake(100);
    put_cut(0, TCP_ACK, 101, 1, "ab", 8);
    put_cut(0, TCP_ACK, 111, 1, "cd", 8);
    data(121, "ef");
    CU_ASSERT_STRING_EQUAL(seen.out[0], "ab...cd...ef");
    CU_ASSERT_EQUAL(seen.gap[0], 16);
    CU_ASSERT_EQUAL(pool.counts.cut_octets, 16);
    CU_ASSERT_EQUAL(pool.counts.gaps, 0);
    CU_ASSERT_EQUAL(seen.notes[TCP_CUT][0], 1);
    stop();

    start(); /* again, and longer, cut at the same place */
    handshake(100);
    put_cut(0, TCP_ACK, 101, 1, "ab", 8);
    put_cut(0, TCP_ACK, 101, 1, "ab", 18);
    data(121, "ef");
    CU_ASSERT_STRING_EQUAL(seen.out[0], "ab...ef");
    CU_ASSERT_EQUAL(pool.counts.cut_octets, 18);
    CU_ASSERT_EQUAL(pool.counts.overlaps, 1);
    stop();

    start(); /* the same, early; with one that has no octet at all, and a copy that has more of them */
    handshake(100);
    put_cut(0, TCP_ACK, 131, 1, "g", 9);
    put_cut(0, TCP_ACK, 121, 1, "", 10);
    put_cut(0, TCP_ACK, 111, 1, "cd", 8);
    put_cut(0, TCP_ACK, 111, 1, "cdCD", 6);
    CU_ASSERT_STRING_EQUAL(seen.out[0], "");
    put_cut(0, TCP_ACK, 101, 1, "ab", 8);
    put(0, TCP_ACK | TCP_FIN, 141, 1, "");
    CU_ASSERT_STRING_EQUAL(seen.out[0], "ab...cdCD...g");
    CU_ASSERT_EQUAL(pool.counts.cut_octets, 8 + 6 + 10 + 9);
    CU_ASSERT_EQUAL(pool.counts.gaps, 0);
    CU_ASSERT_TRUE(seen.last[TCP_ENDED].off == 40 && seen.last[TCP_ENDED].arg[0] == 9);
    stop();
}

static void probes(void)
{
    start();
    handshake(100);
    data(101, "abc");
    data(103, ""); /* keep-alives, with an octet and without */
    data(103, "X");
    CU_ASSERT_EQUAL(pool.counts.keep_alives, 2);
    CU_ASSERT_EQUAL(pool.counts.differing + pool.counts.retransmitted, 0);
    const struct tcp_segment shut = {.side = 1, .seq = 5001, .ack = 104, .flags = TCP_ACK};
    tcp_segment(t, &shut);
    tcp_segment(t, &shut);
    CU_ASSERT_EQUAL(pool.counts.zero_windows, 1);
    data(103, "");
    data(104, "d"); /* what a probe carries is of the stream */
    data(104, "def");
    CU_ASSERT_EQUAL(pool.counts.zero_window_probes, 2);
    CU_ASSERT_EQUAL(pool.counts.keep_alives, 2);
    CU_ASSERT_STRING_EQUAL(seen.out[0], "abcdef");
    stop();
}

static void odd_beginnings(void)
{
    start(); /* both at once */
    put(0, TCP_SYN, 100, 0, "");
    put(1, TCP_SYN, 300, 0, "");
    put(0, TCP_SYN | TCP_ACK, 100, 301, "");
    put(1, TCP_SYN | TCP_ACK, 300, 101, "");
    data(101, "ab");
    put(1, TCP_ACK, 301, 103, "cd");
    CU_ASSERT_STRING_EQUAL(seen.out[0], "ab");
    CU_ASSERT_STRING_EQUAL(seen.out[1], "cd");
    CU_ASSERT_EQUAL(pool.counts.simultaneous, 1);
    CU_ASSERT_EQUAL(pool.counts.anew, 0);
    stop();

    start(); /* in the middle, one side only, and the SYN after its first octets */
    data(101, "ab");
    data(103, "cd");
    CU_ASSERT_EQUAL(seen.notes[TCP_MIDSTREAM][0], 1);
    put(0, TCP_SYN, 100, 0, "");
    data(105, "ef");
    CU_ASSERT_STRING_EQUAL(seen.out[0], "abcdef");
    CU_ASSERT_EQUAL(pool.counts.anew, 0);
    stop();

    start(); /* octets in the SYN */
    put(0, TCP_SYN, 100, 0, "ab");
    put(0, TCP_SYN, 100, 0, "ab");
    data(103, "cd");
    CU_ASSERT_STRING_EQUAL(seen.out[0], "abcd");
    CU_ASSERT_EQUAL(pool.counts.retransmitted, 1);
    stop();
}

static void odd_ends(void)
{
    start();
    handshake(100);
    put(0, TCP_ACK | TCP_FIN, 103, 1, "cd");
    data(105, "X");
    data(103, "cdYZ");
    put(0, TCP_ACK | TCP_FIN, 103, 1, "");
    data(101, "ab");
    data(105, "X");
    CU_ASSERT_STRING_EQUAL(seen.out[0], "abcd");
    CU_ASSERT_EQUAL(pool.counts.behind_fin, 3);
    CU_ASSERT_EQUAL(seen.notes[TCP_FIN_MOVED][0], 1);
    CU_ASSERT_TRUE(seen.notes[TCP_ENDED][0] == 1 && seen.last[TCP_ENDED].off == 4);
    stop();

    start(); /* what a reset says is no part of the stream; one from far off is none */
    handshake(100);
    data(101, "ab");
    put(1, TCP_RST, 5001u + (1u << 30), 0, "");
    CU_ASSERT_TRUE(tcp_is_open(t));
    put(1, TCP_RST | TCP_ACK, 5001, 103, "no more");
    put(1, TCP_RST | TCP_ACK, 5001, 103, "");
    CU_ASSERT_FALSE(tcp_is_open(t));
    CU_ASSERT_EQUAL(seen.n[1], 0);
    CU_ASSERT_EQUAL(seen.notes[TCP_RESET][1], 1);
    stop();
}

static void reuse(void)
{
    start(); /* after its end: at once */
    handshake(100);
    data(101, "ab");
    data(106, "f");
    put(1, TCP_RST, 5001, 0, "");
    put(0, TCP_SYN, 100, 0, ""); /* the same SYN again: nothing new */
    CU_ASSERT_EQUAL(pool.counts.anew, 0);
    handshake(900);
    CU_ASSERT_STRING_EQUAL(seen.out[0], "ab...f"); /* what was held comes before */
    CU_ASSERT_EQUAL(pool.counts.anew, 1);
    data(901, "cd");
    CU_ASSERT_STRING_EQUAL(seen.out[0], "ab...fcd");
    CU_ASSERT_EQUAL(seen.run.off, 0);
    CU_ASSERT_TRUE(tcp_is_open(t));
    stop();

    start(); /* without an end: once it is answered */
    handshake(100);
    data(101, "ab");
    put(0, TCP_SYN, 900, 0, "");
    CU_ASSERT_EQUAL(pool.counts.anew, 0);
    put(1, TCP_SYN | TCP_ACK, 7000, 901, "");
    CU_ASSERT_EQUAL(pool.counts.anew, 1);
    data(901, "cd");
    put(1, TCP_ACK, 7001, 903, "ef");
    CU_ASSERT_STRING_EQUAL(seen.out[0], "abcd");
    CU_ASSERT_STRING_EQUAL(seen.out[1], "ef");
    stop();

    start(); /* one side only: once octets follow on it */
    put(0, TCP_SYN, 100, 0, "");
    data(101, "ab");
    put(0, TCP_SYN, 900, 0, "");
    data(901, "cd");
    CU_ASSERT_EQUAL(pool.counts.anew, 1);
    CU_ASSERT_STRING_EQUAL(seen.out[0], "abcd");
    stop();

    start(); /* an attacker's: the connection goes on */
    handshake(100);
    data(101, "ab");
    put(0, TCP_SYN, 900, 0, "");
    put(1, TCP_ACK, 5001, 103, "");
    data(103, "cd");
    CU_ASSERT_EQUAL(pool.counts.anew, 0);
    CU_ASSERT_STRING_EQUAL(seen.out[0], "abcd");
    stop();

    start(); /* a straggler of the former one between SYN and answer */
    put(0, TCP_SYN, 900, 0, "");
    put(1, TCP_ACK, 4000, 850, "old");
    put(1, TCP_SYN | TCP_ACK, 7000, 901, "");
    put(1, TCP_ACK, 7001, 901, "new");
    data(901, "cd");
    CU_ASSERT_STRING_EQUAL(seen.out[1], "oldnew");
    CU_ASSERT_STRING_EQUAL(seen.out[0], "cd");
    CU_ASSERT_EQUAL(pool.counts.anew, 1);
    stop();
}

/* A place far off is taken up once TCP_STRAYS segments follow on one another there. */
static void strays(void)
{
    start();
    handshake(100);
    data(101, "ab");
    data(103u + TCP_REACH + 1, "x");
    data(103u - TCP_REACH - 1, "x");
    data(103, "cd");
    CU_ASSERT_EQUAL(pool.counts.strays, 2);
    CU_ASSERT_STRING_EQUAL(seen.out[0], "abcd");
    for (unsigned i = 0; i < TCP_STRAYS; i++) {
        CU_ASSERT_STRING_EQUAL(seen.out[0], "abcd");
        data(0x90000000u + i, "z");
    }
    data(0x90000000u + TCP_STRAYS, "!");
    CU_ASSERT_STRING_EQUAL(seen.out[0], "abcd...z!");
    CU_ASSERT_EQUAL(seen.gap[0], 0x90000000u + TCP_STRAYS - 1 - 105);
    stop();

    start(); /* the farthest that is none */
    handshake(100);
    data(101u + TCP_REACH, "x");
    CU_ASSERT_TRUE(pool.counts.strays == 0 && pool.counts.out_of_order == 1);
    stop();
}

static void held_limits(void)
{
    static char big[TCP_HELD_MAX / 64 + 1];

    memset(big, 'b', sizeof big - 1);
    start();
    handshake(100);
    for (uint32_t i = 0; i < 64; i++)
        data(102 + i * (uint32_t)(sizeof big - 1), big);
    CU_ASSERT_EQUAL(seen.runs, 0);
    data(102 + TCP_HELD_MAX, "e");
    CU_ASSERT_EQUAL(seen.octets, TCP_HELD_MAX + 1);
    CU_ASSERT_TRUE(seen.notes[TCP_FULL][0] == 1 && seen.notes[TCP_GAP][0] == 1);
    stop();

    start();
    handshake(100);
    for (uint32_t i = 0; i < TCP_PIECES_MAX; i++)
        data(102 + 2 * i, "b");
    CU_ASSERT_EQUAL(seen.runs, 0);
    data(102 + 2 * TCP_PIECES_MAX, "b");
    CU_ASSERT_EQUAL(seen.runs, 1); /* as little as makes room */
    CU_ASSERT_EQUAL(pool.counts.full, 1);
    stop();
}

/* The budget of a pool: the connection whose gap is open longest goes on. */
static void budget(void)
{
    for (unsigned over = 0; over < 2; over++) {
        start();
        struct tcp *first = t, *second = tcp_new(&pool, &seen2);
        CU_ASSERT_PTR_NOT_NULL_FATAL(second);
        handshake(100);
        data(103, "abcdefgh");
        size_t one = pool.used;
        pool.limit = 2 * one - over;
        t = second;
        handshake(100);
        data(103, "ABCDEFGH");
        CU_ASSERT_STRING_EQUAL(seen.out[0], over ? "...abcdefgh" : "");
        CU_ASSERT_EQUAL(seen2.runs, 0);
        CU_ASSERT_EQUAL(pool.used, over ? one : 2 * one);
        CU_ASSERT_EQUAL(seen.notes[TCP_FULL][0], over);
        data(101, "__");
        CU_ASSERT_STRING_EQUAL(seen2.out[0], "__ABCDEFGH");
        tcp_free(second);
        t = first;
        stop();
    }
}

static void ignored(void)
{
    start();
    handshake(100);
    seen.ignores = t; /* from within the sink, at the first octets */
    data(103, "cd");
    data(101, "ab");
    data(115, "xy");
    put(1, TCP_ACK, 5001, 1, "other");
    data(110, "lost");
    put(0, TCP_ACK | TCP_FIN, 117, 1, "");
    CU_ASSERT_STRING_EQUAL(seen.out[0], "ab");
    CU_ASSERT_STRING_EQUAL(seen.out[1], "other");
    CU_ASSERT_EQUAL(seen.notes[TCP_ENDED][0], 1);
    CU_ASSERT_EQUAL(pool.used, 0);
    CU_ASSERT_EQUAL(pool.counts.gaps, 0);
    stop();
}

TESTS({"conversation", conversation}, {"orders", orders}, {"frames_and_times", frames_and_times},
      {"overlaps", overlaps}, {"told_limit", told_limit}, {"remembered_limit", remembered_limit},
      {"gaps", gaps}, {"patience", patience}, {"left_out", left_out}, {"probes", probes},
      {"odd_beginnings", odd_beginnings}, {"odd_ends", odd_ends}, {"reuse", reuse},
      {"strays", strays}, {"held_limits", held_limits}, {"budget", budget}, {"ignored", ignored})
