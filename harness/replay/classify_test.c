/* harness/replay/classify_test.c - datagrams to codecs, through the registry. */
#include "harness/core/registry.h"
#include "harness/core/test.h"
#include "harness/replay/classify.h"

static uint8_t memory[1 << 16];
static uint8_t octets[256];

static struct capread_datagram datagram(const char *hex, uint16_t from, uint16_t to)
{
    struct wr w = {octets, sizeof octets, 0, false};
    CU_ASSERT_TRUE(wr_unhex(&w, span_of(hex)));
    return (struct capread_datagram){
        .src = {4, {0}, from}, .dst = {4, {0}, to}, .payload = wr_span(&w)};
}

#define BINDING "0001 0000 2112a442 000102030405060708090a0b"
#define CLASSIC "0001 0000 000102030405060708090a0b0c0d0e0f"
#define FLAWED "0001 0008 2112a442 000102030405060708090a0b 0008 0004 00000000" /* short HMAC */

static void which(void)
{
    const struct codec *stun = codec_named("stun");
    CU_ASSERT_PTR_NOT_NULL_FATAL(stun);
    struct capread_datagram d = datagram(BINDING, 1, 2);
    CU_ASSERT_PTR_EQUAL(classify_guess(&d), stun);
    d = datagram(CLASSIC, 3478,
                 2); /* without cookie and attributes only a port tells, either one */
    CU_ASSERT_PTR_EQUAL(classify_guess(&d), stun);
    d = datagram(CLASSIC, 2, 3478);
    CU_ASSERT_PTR_EQUAL(classify_guess(&d), stun);
    d = datagram(CLASSIC, 1, 2);
    CU_ASSERT_PTR_NULL(classify_guess(&d));
    d = datagram("4000 0004 01020304", 3478, 2); /* ChannelData is not its own codec yet */
    CU_ASSERT_PTR_NULL(classify_guess(&d));
    d = datagram("", 3478, 3478);
    CU_ASSERT_PTR_NULL(classify_guess(&d));
}

static void decoded(void)
{
    struct arena mem = arena_of(memory, sizeof memory);
    struct finding kept[8];
    struct findings fs = {kept, 0, COUNT(kept), "udp/stun", 0};
    struct classified m;

    struct capread_datagram d = datagram(FLAWED, 1, 2);
    CU_ASSERT_TRUE_FATAL(classify_decode(&d, &mem, &fs, &m));
    CU_ASSERT_PTR_EQUAL(m.codec, codec_named("stun"));
    CU_ASSERT_PTR_NOT_NULL(m.view);
    CU_ASSERT_FALSE(m.partial);
    CU_ASSERT_TRUE_FATAL(fs.n > 0);
    CHECK_TEXT(span_of(kept[0].layer), "udp/stun");

    size_t before = fs.n;
    d = datagram("ff", 1, 2);
    CU_ASSERT_FALSE(classify_decode(&d, &mem, &fs, &m));
    CU_ASSERT_PTR_NULL(m.codec);
    CU_ASSERT_EQUAL(fs.n, before);
    d = datagram(FLAWED, 1, 2); /* what is not all there is not judged */
    d.missing = 1;
    CU_ASSERT_TRUE(classify_decode(&d, &mem, &fs, &m));
    CU_ASSERT_EQUAL(fs.n, before);
}

/* Too small an arena is told, and is no finding. */
static void room(void)
{
    struct findings fs = {0};
    struct classified m;
    struct capread_datagram d = datagram(FLAWED, 1, 2);
    bool partial = false;

    for (size_t cap = 0; cap < 1024; cap += 16) {
        struct arena mem = arena_of(memory, cap);
        size_t before = fs.n;
        if (!classify_decode(&d, &mem, &fs, &m))
            CU_ASSERT_EQUAL(fs.n, before);
        partial |= m.partial;
    }
    CU_ASSERT_TRUE(partial);
    CU_ASSERT_FALSE(m.partial);
}

TESTS({"which", which}, {"decoded", decoded}, {"room", room})
