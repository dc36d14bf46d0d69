/* harness/replay/capread_test.c - files and layers together: what comes out, and in what order. */
#include <sys/mman.h>
#include <unistd.h>
#include "harness/core/test.h"
#include "harness/replay/capread.h"

static uint8_t octets[8192];
static struct wr w;

static void header(void)
{
    w = (struct wr){octets, sizeof octets, 0, false};
    wr_u32(&w, 0xa1b2c3d4);
    wr_u32(&w, 0x00020004);
    wr_u64(&w, 0);
    wr_u32(&w, 65535);
    wr_u32(&w, 101);
}

static void frame(const char *hex)
{
    size_t at = w.n;
    wr_u64(&w, (uint64_t)1700000000 << 32 | 5);
    wr_u64(&w, 0);
    CU_ASSERT_TRUE_FATAL(wr_unhex(&w, span_of(hex)));
    put_u32(w.p + at + 8, (uint32_t)(w.n - at - 16));
    put_u32(w.p + at + 12, (uint32_t)(w.n - at - 16));
}

static struct capread *start(size_t n)
{
    const char *err = NULL;
    int fd = memfd_create("capture", 0);
    CU_ASSERT_TRUE_FATAL(fd >= 0 && write(fd, octets, n) == (ssize_t)n);
    lseek(fd, 0, SEEK_SET);
    struct capread *r = capread_open_fd(fd, "x.pcap", &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    return r;
}

#define UDP4 "45000021 00070000 40110000 0a000001 0a000002 03e8 07d0 000d 0000 68656c6c6f"
#define LYING "45000021 00070000 40110000 0a000001 0a000002 03e8 07d0 000e 0000 68656c6c6f"
#define FIRST "4500001c 00072000 40110000 0a000001 0a000002 03e8 07d0 000d 0000"

static void order(void)
{
    struct capread_event ev;
    header();
    frame(FIRST);
    frame(UDP4);
    frame(LYING);
    frame(UDP4);
    struct capread *r = start(w.n - 1);
    CU_ASSERT_EQUAL_FATAL(capread_next(r, &ev), CAPREAD_DATAGRAM);
    CU_ASSERT_EQUAL(ev.datagram.frame, 2);
    CU_ASSERT_EQUAL(ev.datagram.time_ns, 1700000000000005000);
    CHECK_TEXT(ev.datagram.payload, "hello");
    CU_ASSERT_EQUAL(ev.datagram.n_frames, 1);
    CU_ASSERT_EQUAL(ev.datagram.frames[0], 2);
    CU_ASSERT_EQUAL_FATAL(capread_next(r, &ev), CAPREAD_PROBLEM); /* before its datagram */
    CU_ASSERT_EQUAL(ev.problem.frame, 3);
    CU_ASSERT_EQUAL(ev.problem.off, 24);
    CU_ASSERT_EQUAL_FATAL(capread_next(r, &ev), CAPREAD_DATAGRAM);
    CU_ASSERT_EQUAL(ev.datagram.frame, 3);
    CU_ASSERT_EQUAL_FATAL(capread_next(r, &ev), CAPREAD_PROBLEM); /* the fragment of frame 1 */
    CU_ASSERT_EQUAL(ev.problem.frame, 1);
    CU_ASSERT_EQUAL_FATAL(capread_next(r, &ev), CAPREAD_ERROR);
    CU_ASSERT_STRING_EQUAL(
        ev.error,
        "x.pcap: frame 4, octet 166: the file ends inside the frame (32 of 33 octets are there)");
    CU_ASSERT_EQUAL(capread_next(r, &ev), CAPREAD_END);
    CU_ASSERT_EQUAL(capread_next(r, &ev), CAPREAD_END);
    const struct capread_counts *c = capread_counts(r);
    CU_ASSERT_TRUE(c->frames == 3 && c->datagrams == 2 && c->problems == 2 && c->abandoned == 1);
    capread_close(r);
}

static void whole(void)
{
    struct capread_event ev;
    header();
    frame(UDP4);
    struct capread *r = start(w.n);
    CU_ASSERT_EQUAL(capread_next(r, &ev), CAPREAD_DATAGRAM);
    CU_ASSERT_EQUAL(capread_next(r, &ev), CAPREAD_END);
    capread_close(r);
}

static void no_file(void)
{
    const char *err = NULL;
    CU_ASSERT_PTR_NULL(capread_open("no/such/file.pcap", &err));
    CHECK_TEXT(span_of(err), "No such file or directory");
    capread_close(NULL);
}

TESTS({"order", order}, {"whole", whole}, {"no_file", no_file})
