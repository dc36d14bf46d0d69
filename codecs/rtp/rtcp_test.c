/* codecs/rtp/rtcp_test.c - what vectors cannot say of RTCP: drafts from nothing and changed in one place, lint of
 * regular compounds, looking things up, guessing. */
#include "codecs/rtp/rtcp.h"
#include "harness/core/test.h"

static uint8_t memory[65536], out[4096];

static struct span unhex(const char *hex, uint8_t *p, size_t cap)
{
    struct wr w = {p, cap, 0, false};
    CU_ASSERT_TRUE_FATAL(wr_unhex(&w, span_of(hex)));
    return wr_span(&w);
}

static const struct rtcp_compound *decoded(struct span in, struct arena *mem, struct findings *fs)
{
    const void *view = NULL;
    CU_ASSERT_EQUAL_FATAL(rtcp_codec.decode(in, mem, &view, fs), STEP_ITEM);
    return view;
}

static struct span written(const struct draft *dr)
{
    struct wr w = {out, sizeof out, 0, false};
    rtcp_encode(&w, dr);
    CU_ASSERT_FALSE(w.full);
    return wr_span(&w);
}

/* SR, SDES, feedback and BYE, of a draft that gives no count and no length. */
static void from_nothing(void)
{
    static const char want[] = "81c8000c 00000001 83aa7e82 00000000 00000003 00000004 00000005"
                               "00000002 02fffffd 00000004 00000005 00000006 00000007"
                               "81ca0004 00000001 0103 616263 0801 00 00000000"
                               "84ce0004 00000001 00000000 00000002 09000000"
                               "81cb0002 00000001 02 6162 00";
    static uint8_t buf[256];
    struct arena mem = arena_of(memory, sizeof memory);
    struct draft dr;

    rtcp_draft(&dr, &mem);
    struct node *p = rtcp_add(&dr, RTCP_SR), *b = rtcp_entry(&dr, p, "reports");
    rtcp_set(&dr, p, "ssrc", 1);
    rtcp_set(&dr, p, "ntp_seconds", 0x83aa7e82);
    rtcp_set(&dr, p, "rtp_timestamp", 3);
    rtcp_set(&dr, p, "packet_count", 4);
    rtcp_set(&dr, p, "octet_count", 5);
    rtcp_set(&dr, b, "ssrc", 2);
    rtcp_set(&dr, b, "fraction_lost", 2);
    rtcp_set(&dr, b, "cumulative_lost", 0xfffffd);
    rtcp_set(&dr, b, "highest_sequence", 4);
    rtcp_set(&dr, b, "jitter", 5);
    rtcp_set(&dr, b, "lsr", 6);
    rtcp_set(&dr, b, "dlsr", 7);
    p = rtcp_entry(&dr, rtcp_add(&dr, RTCP_SDES), "chunks");
    rtcp_set(&dr, p, "ssrc", 1);
    b = rtcp_entry(&dr, p, "items");
    rtcp_set(&dr, b, "type", RTCP_CNAME);
    rtcp_set_bytes(&dr, b, "text", span_of("abc"));
    b = rtcp_entry(&dr, p, "items");
    rtcp_set(&dr, b, "type", RTCP_PRIV);
    rtcp_set_bytes(&dr, b, "prefix", span_of(""));
    p = rtcp_add(&dr, RTCP_FIR);
    rtcp_set(&dr, p, "ssrc", 1);
    b = rtcp_entry(&dr, p, "entries");
    rtcp_set(&dr, b, "ssrc", 2);
    rtcp_set(&dr, b, "sequence", 9);
    CU_ASSERT_FALSE(rtcp_set(&dr, b, "nonsense", 1));
    CU_ASSERT_PTR_NULL(rtcp_entry(&dr, p, "reports"));
    p = rtcp_add(&dr, RTCP_BYE);
    rtcp_set(&dr, rtcp_entry(&dr, p, "ssrcs"), "", 1);
    rtcp_set_bytes(&dr, p, "reason", span_of("ab"));
    CU_ASSERT_TRUE(span_eq(written(&dr), unhex(want, buf, sizeof buf)));

    struct findings fs = {0};
    const struct rtcp_compound *c = decoded(written(&dr), &mem, &fs);
    rtcp_lint(c, &fs);
    CU_ASSERT_EQUAL(fs.n, 0);
    struct rd r = rd_of(c->packets[0].list);
    struct rtcp_report report = {0};
    CU_ASSERT_TRUE_FATAL(rtcp_next_report(&r, &report));
    CU_ASSERT_EQUAL(rtcp_lost(&report), -3);
    CU_ASSERT_FALSE(rtcp_next_report(&r, &report));
}

/* One field of a draft changed: the octets of that field differ, and no other. */
static void one_field(void)
{
    static const char hex[] =
        "81c90007 00000001 00000002 03000004 00000005 00000006 00000007 00000008"
        "81ca0003 00000001 01026162 00000000"
        "81cd0003 00000001 00000002 000a8001";
    static const struct {
        const char *path, *value;
        size_t off, n;
    } changes[] = {
        {"packets/RR/version", "3", 0, 1},
        {"packets/RR/padding", "true", 0, 1},
        {"packets/RR/count", "31", 0, 1},
        {"packets/RR/length", "65535", 2, 2},
        {"packets/RR/type", "210", 1, 1},
        {"packets/RR/ssrc", "9", 4, 4},
        {"packets/RR/reports/0/fraction_lost", "255", 12, 1},
        {"packets/RR/reports/0/cumulative_lost", "0xffffff", 13, 3},
        {"packets/RR/reports/0/dlsr", "raw:01020304", 28, 4},
        {"packets/SDES/chunks/0/ssrc", "9", 36, 4},
        {"packets/SDES/chunks/0/items/CNAME/length", "255", 41, 1},
        {"packets/SDES/chunks/0/items/CNAME/type", "NAME", 40, 1},
        {"packets/SDES/chunks/0/items/CNAME/text", "xy", 42, 2},
        {"packets/SDES/chunks/0/end", "hex:01000000", 44, 4},
        {"packets/NACK/nacks/0/blp", "0", 62, 2},
        {"packets/NACK/media", "0", 56, 4},
        {"packets/NACK/type", "TMMBR", 48, 1},
    };
    static uint8_t buf[256];
    struct span wire = unhex(hex, buf, sizeof buf);

    for (size_t i = 0; i < COUNT(changes); i++) {
        struct arena mem = arena_of(memory, sizeof memory);
        struct findings fs = {0};
        struct draft dr;
        draft_of(&dr, &rtcp_compound_desc, decoded(wire, &mem, &fs), &mem);
        CU_ASSERT_TRUE(span_eq(written(&dr), wire));
        CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, changes[i].path, changes[i].value), 1);
        CHECK_CHANGED(written(&dr), wire, changes[i].off, changes[i].n);
    }
}

/* What is dropped, doubled or made longer is counted anew. */
static void derived(void)
{
    static uint8_t buf[256];
    struct span wire =
        unhex("81c90007 00000001 00000002 03000004 00000005 00000006 00000007 00000008"
              "81ca0003 00000001 01026162 00000000",
              buf, sizeof buf);
    struct arena mem = arena_of(memory, sizeof memory);
    struct findings fs = {0};
    struct draft dr;

    draft_of(&dr, &rtcp_compound_desc, decoded(wire, &mem, &fs), &mem);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_DOUBLE, "packets/RR/reports/0", NULL), 1);
    CU_ASSERT_EQUAL(
        draft_edit(&dr, DRAFT_SET, "packets/SDES/chunks/0/items/CNAME/text", "user@host.example"),
        1);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "packets/SDES/pad_count", "4"), 1);
    const struct rtcp_compound *c = decoded(written(&dr), &mem, &fs);
    rtcp_lint(c, &fs);
    CU_ASSERT_EQUAL(fs.n, 0);
    CU_ASSERT_EQUAL(c->packets[0].count, 2);
    CU_ASSERT_EQUAL(c->packets[1].pad, 4);
    struct span cname;
    CU_ASSERT_TRUE(rtcp_cname(c, 1, &cname) && span_is(cname, "user@host.example"));
    CU_ASSERT_FALSE(rtcp_cname(c, 2, &cname));
}

/* What a regular report has to have beyond what octets alone can tell. */
static void regular(void)
{
    static const struct {
        const char *hex;
        const char *clauses[3];
    } compounds[] = {
        {"80c9000100000001 81ca0003000000010102616200000000", {NULL}},
        {"80c9000100000001", {"RFC3550:6.1#4", "RFC3550:6.1#10"}},
        {"81ce00020000000100000002", {"RFC3550:6.1#7", "RFC3550:6.1#4", "RFC3550:6.1#10"}},
        {"80c9000100000001 81ce00020000000100000002", {"RFC3550:6.1#10"}},
        {"81ca0003000000010102616200000000", {"RFC3550:6.1#7", "RFC3550:6.1#4"}},
        {"80c9000100000001 81cb000100000001", {NULL}}, /* rtcp_lint says it */
        {"80c9000100000001 ffff", {NULL}},             /* it went on, who knows with what */
    };
    static uint8_t buf[256];

    for (size_t i = 0; i < COUNT(compounds); i++) {
        struct arena mem = arena_of(memory, sizeof memory);
        struct finding got[4];
        struct findings none = {0}, fs = {.v = got, .cap = COUNT(got)};
        size_t n = 0;
        rtcp_lint_regular(decoded(unhex(compounds[i].hex, buf, sizeof buf), &mem, &none), &fs);
        for (; n < 3 && compounds[i].clauses[n]; n++)
            CU_ASSERT_TRUE(n < fs.n && strcmp(got[n].clause, compounds[i].clauses[n]) == 0);
        CU_ASSERT_EQUAL(fs.n, n);
    }
}

static void guesses(void)
{
    static const struct {
        const char *hex;
        unsigned least, most;
    } guesses[] = {
        {"80c9000100000001", 80, 100}, {"81ce00020000000100000002", 50, 80},
        {"80d2000100000001", 1, 40},   {"80c9000100000001 80000001 0102030405060708090a", 0, 0},
        {"80c9ffff00000001", 0, 0},    {"80c900", 0, 0},
        {"8000000100000001", 0, 0},    {"00c9000100000001", 0, 0},
        {"80bf000100000001", 0, 0},    {"80e0000100000001", 0, 0},
    };
    static uint8_t buf[64];

    for (size_t i = 0; i < COUNT(guesses); i++) {
        unsigned g = rtcp_guess(unhex(guesses[i].hex, buf, sizeof buf), 5005);
        CU_ASSERT_TRUE(g >= guesses[i].least && g <= guesses[i].most);
    }
    CU_ASSERT_EQUAL(rtcp_ntp_middle(0xaaaabbbb, 0xccccdddd), 0xbbbbcccc);
}

/* The caller's array runs out: that is said, and is no finding. */
static void truncated(void)
{
    static uint8_t buf[64];
    struct span in = unhex("80c9000100000001 81ca0003000000010102616200000000", buf, sizeof buf);
    struct rtcp_packet one[1];
    struct rtcp_compound c;
    struct findings fs = {0};

    CU_ASSERT_EQUAL(rtcp_decode(in, &c, one, 1, &fs), STEP_ITEM);
    CU_ASSERT_TRUE(c.truncated && c.n_packets == 1 && fs.n == 0 && c.rest.n == 0);
    CU_ASSERT_PTR_NOT_NULL(rtcp_find(&c, RTCP_RR));
    CU_ASSERT_PTR_NULL(rtcp_find(&c, RTCP_SDES));
    CU_ASSERT_EQUAL(rtcp_decode(in, &c, NULL, 0, &fs), STEP_ITEM);
    CU_ASSERT_TRUE(c.truncated && c.n_packets == 0 && fs.n == 0);
}

TESTS({"from_nothing", from_nothing}, {"one_field", one_field}, {"derived", derived},
      {"regular", regular}, {"guesses", guesses}, {"truncated", truncated})
