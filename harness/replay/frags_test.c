/* harness/replay/frags_test.c - orders, copies, overlaps, and both sides of each limit. */
#include <stdlib.h>
#include "harness/core/test.h"
#include "harness/replay/frags.h"

static uint8_t data[65536 + 8];
static struct frags_whole whole;
static const char *why;
static uint32_t lost;

static struct frag piece(uint8_t family, uint32_t id, uint32_t off, size_t n, bool more)
{
    static uint32_t frame;
    frame++;
    return (struct frag){.src = {1},
                         .dst = {2},
                         .family = family,
                         .proto = 17,
                         .id = id,
                         .off = off,
                         .more = more,
                         .data = {data + off, n},
                         .frame = frame};
}

static enum frags_result add(struct frags *f, struct frag g)
{
    return frags_add(f, &g, &whole, &why, &lost);
}

static struct frags *begin(void)
{
    struct frags *f = frags_new();
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + i / 251);
    return f;
}

static void orders(void)
{
    static const uint8_t order[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                       {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    struct frags *f = begin();
    for (size_t i = 0; i < COUNT(order); i++)
        for (uint8_t family = 4; family <= 6; family += 2)
            for (size_t k = 0; k < 3; k++) {
                static const uint32_t off[] = {0, 1480, 2960};
                unsigned p = order[i][k];
                enum frags_result got =
                    add(f, piece(family, 9, off[p], p == 2 ? 41 : 1480, p != 2));
                CU_ASSERT_EQUAL(got, k == 2 ? FRAGS_DONE : FRAGS_MORE);
                CU_ASSERT_PTR_NULL(why);
                if (got != FRAGS_DONE)
                    continue;
                CU_ASSERT_TRUE(span_eq(whole.data, (struct span){data, 3001}));
                CU_ASSERT_EQUAL(whole.n_frames, 3);
                CU_ASSERT_EQUAL(whole.proto, 17);
            }
    CU_ASSERT_EQUAL(frags_left(f), 0);
    frags_free(f);
}

/* What makes datagrams different: addresses, id, IPv4's protocol; not IPv6's. */
static void keys(void)
{
    struct frags *f = begin();
    struct frag g = piece(4, 1, 0, 8, true), h = piece(4, 1, 8, 8, false);
    h.src[0]++;
    add(f, g);
    CU_ASSERT_EQUAL(add(f, h), FRAGS_MORE);
    h = piece(4, 1, 8, 8, false);
    h.dst[0]++;
    CU_ASSERT_EQUAL(add(f, h), FRAGS_MORE);
    CU_ASSERT_EQUAL(add(f, piece(4, 2, 8, 8, false)), FRAGS_MORE);
    CU_ASSERT_EQUAL(add(f, piece(6, 1, 8, 8, false)), FRAGS_MORE);
    h = piece(4, 1, 8, 8, false);
    h.proto = 6;
    CU_ASSERT_EQUAL(add(f, h), FRAGS_MORE);
    CU_ASSERT_EQUAL(add(f, piece(4, 1, 8, 8, false)), FRAGS_DONE);
    g = piece(6, 1, 0, 8, true);
    g.proto = 60; /* what the first one says counts */
    CU_ASSERT_EQUAL(add(f, g), FRAGS_DONE);
    CU_ASSERT_EQUAL(whole.proto, 60);
    frags_free(f);
}

static void copies_and_overlaps(void)
{
    struct frags *f = begin();
    for (uint8_t family = 4; family <= 6; family += 2) { /* an exact copy is ignored */
        CU_ASSERT_EQUAL(add(f, piece(family, 1, 0, 16, true)), FRAGS_MORE);
        CU_ASSERT_EQUAL(add(f, piece(family, 1, 0, 16, true)), FRAGS_MORE);
        CU_ASSERT_PTR_NULL(why);
        CU_ASSERT_EQUAL(add(f, piece(family, 1, 16, 3, false)), FRAGS_DONE);
    }
    /* IPv4: an overlap with the same octets is silent, with others told; the first stay */
    struct frag g = piece(4, 2, 8, 16, true);
    add(f, piece(4, 2, 0, 16, true));
    CU_ASSERT_EQUAL(add(f, g), FRAGS_MORE);
    CU_ASSERT_PTR_NULL(why);
    g.data.p = data + 9;
    CU_ASSERT_EQUAL(add(f, g), FRAGS_MORE);
    CU_ASSERT_PTR_NOT_NULL(why);
    CU_ASSERT_EQUAL(add(f, piece(4, 2, 24, 1, false)), FRAGS_DONE);
    CU_ASSERT_TRUE(span_eq(whole.data, (struct span){data, 25}));
    /* IPv6: any overlap spoils the datagram, and what comes later goes with it (RFC 5722) */
    add(f, piece(6, 3, 0, 16, true));
    CU_ASSERT_EQUAL(add(f, piece(6, 3, 8, 16, true)), FRAGS_BAD);
    CHECK_TEXT(span_of(why), "fragments overlap");
    CU_ASSERT_EQUAL(add(f, piece(6, 3, 16, 3, false)), FRAGS_MORE);
    CU_ASSERT_PTR_NULL(why);
    CU_ASSERT_EQUAL(frags_left(f), 0);
    frags_free(f);
}

static void ends(void)
{
    struct frags *f = begin();
    add(f, piece(4, 1, 8, 8, false));
    CU_ASSERT_EQUAL(add(f, piece(4, 1, 16, 8, true)), FRAGS_BAD); /* past the end */
    CHECK_TEXT(span_of(why), "fragments disagree where their datagram ends");
    add(f, piece(4, 2, 8, 8, false));
    CU_ASSERT_EQUAL(add(f, piece(4, 2, 8, 9, false)), FRAGS_BAD); /* two ends */
    add(f, piece(4, 3, 16, 8, true));
    CU_ASSERT_EQUAL(add(f, piece(4, 3, 8, 8, false)), FRAGS_BAD); /* an end before what is there */
    CU_ASSERT_EQUAL(add(f, piece(4, 4, 0, 9, true)), FRAGS_BAD);
    CHECK_TEXT(span_of(why), "a fragment that is not the last has no multiple of 8 octets");
    CU_ASSERT_EQUAL(add(f, piece(4, 4, 8, 0, false)), FRAGS_BAD);
    CHECK_TEXT(span_of(why), "the fragment is empty");
    frags_free(f);
}

static void octet_limit(void)
{
    struct frags *f = begin();
    add(f, piece(4, 1, 65528, 7, false));
    CU_ASSERT_EQUAL(add(f, piece(4, 1, 0, 65528, true)), FRAGS_DONE);
    CU_ASSERT_TRUE(span_eq(whole.data, (struct span){data, FRAGS_OCTETS_MAX}));
    CU_ASSERT_EQUAL(add(f, piece(4, 1, 65528, 8, false)), FRAGS_BAD);
    CHECK_TEXT(span_of(why), "the fragment reaches past octet 65535 of its datagram");
    frags_free(f);
}

static void datagram_limit(void)
{
    struct frags *f = begin();
    struct frag first = piece(4, 0, 0, 8, true);
    add(f, first);
    for (uint32_t i = 1; i < FRAGS_DATAGRAMS_MAX; i++) {
        add(f, piece(4, i, 0, 8, true));
        CU_ASSERT_EQUAL(lost, 0);
    }
    CU_ASSERT_EQUAL(add(f, piece(4, 1000, 0, 8, true)), FRAGS_MORE); /* the oldest gives way */
    CU_ASSERT_EQUAL(lost, first.frame);
    CU_ASSERT_EQUAL(add(f, piece(4, 1, 8, 8, false)), FRAGS_DONE);
    size_t left = 0;
    while (frags_left(f))
        left++;
    CU_ASSERT_EQUAL(left, FRAGS_DATAGRAMS_MAX - 1);
    frags_free(f);
}

static void frame_limit(void)
{
    struct frags *f = begin();
    for (uint32_t n = FRAGS_FRAMES_MAX; n <= FRAGS_FRAMES_MAX + 1; n++) {
        for (uint32_t i = 0; i < n; i++)
            CU_ASSERT_EQUAL(add(f, piece(4, n, i * 8, 8, i + 1 < n)),
                            i + 1 < n ? FRAGS_MORE : FRAGS_DONE);
        CU_ASSERT_EQUAL(whole.n_frames, FRAGS_FRAMES_MAX);
        CU_ASSERT_EQUAL(whole.data.n, n * 8);
    }
    frags_free(f);
}

static void age_limit(void)
{
    const uint64_t limit = (uint64_t)FRAGS_SECONDS_MAX * 1000000000;
    struct frags *f = begin();
    for (uint64_t over = 0; over < 2; over++) {
        struct frag g = piece(4, 1, 0, 8, true), h = piece(4, 1, 8, 8, false);
        g.time_ns = 5;
        h.time_ns = 5 + limit + over;
        add(f, g);
        CU_ASSERT_EQUAL(add(f, h), over ? FRAGS_MORE : FRAGS_DONE);
        CU_ASSERT_EQUAL(lost, over ? g.frame : 0);
    }
    frags_free(f);
}

TESTS({"orders", orders}, {"keys", keys}, {"copies_and_overlaps", copies_and_overlaps},
      {"ends", ends}, {"octet_limit", octet_limit}, {"datagram_limit", datagram_limit},
      {"frame_limit", frame_limit}, {"age_limit", age_limit})
