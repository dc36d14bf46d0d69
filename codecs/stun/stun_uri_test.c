/* codecs/stun/stun_uri_test.c - URIs of RFC 7064 and RFC 7065: their examples, forms of hosts, and
 * what is none. */
#include "codecs/stun/stun_uri.h"
#include "harness/core/test.h"

static const struct {
    const char *in, *host;
    bool turn, secure;
    uint8_t family;
    uint16_t port;
    bool port_given;
    const char *transport, *stack;
} good[] = {
    /* RFC 7064, appendix A; nat-1 */
    {"stun:example.org", "example.org", false, false, 0, 3478, false, "", "udp"},
    {"stuns:example.org", "example.org", false, true, 0, 5349, false, "", "tcp/tls"},
    {"stun:example.org:8000", "example.org", false, false, 0, 8000, true, "", "udp"},
    {"stuns:example.org:8000", "example.org", false, true, 0, 8000, true, "", "tcp/tls"},
    /* RFC 7065, appendix A; nat-2 */
    {"turn:example.org", "example.org", true, false, 0, 3478, false, "", "udp"},
    {"turns:example.org", "example.org", true, true, 0, 5349, false, "", "tcp/tls"},
    {"turn:example.org:8000", "example.org", true, false, 0, 8000, true, "", "udp"},
    {"turn:example.org?transport=udp", "example.org", true, false, 0, 3478, false, "udp", "udp"},
    {"turn:example.org?transport=tcp", "example.org", true, false, 0, 3478, false, "tcp", "tcp"},
    {"turns:example.org?transport=tcp", "example.org", true, true, 0, 5349, false, "tcp",
     "tcp/tls"},
    {"turns:example.org?transport=udp", "example.org", true, true, 0, 5349, false, "udp",
     "udp/dtls"},
    {"turn:example.org:8000?transport=tcp", "example.org", true, false, 0, 8000, true, "tcp",
     "tcp"},
    /* nat-4, and other hosts */
    {"turn:[2001:db8::1]:3478", "2001:db8::1", true, false, 6, 3478, true, "", "udp"},
    {"turns:[2001:db8::1]?transport=udp", "2001:db8::1", true, true, 6, 5349, false, "udp",
     "udp/dtls"},
    {"stun:[::]", "::", false, false, 6, 3478, false, "", "udp"},
    {"stun:[::ffff:192.0.2.1]:1", "::ffff:192.0.2.1", false, false, 6, 1, true, "", "udp"},
    {"stun:[1:2:3:4:5:6:7::]", "1:2:3:4:5:6:7::", false, false, 6, 3478, false, "", "udp"},
    {"stun:192.0.2.1:65535", "192.0.2.1", false, false, 4, 65535, true, "", "udp"},
    {"turns:192.0.2.255", "192.0.2.255", true, true, 4, 5349, false, "", "tcp/tls"},
    {"stun:192.0.2.256", "192.0.2.256", false, false, 0, 3478, false, "", "udp"}, /* a name */
    {"stun:192.0.2.01", "192.0.2.01", false, false, 0, 3478, false, "", "udp"},
    {"stuns:192.0.2", "192.0.2", false, true, 0, 5349, false, "", "tcp/tls"},
    {"stun:a%2Db.%e2%82%ac", "a%2Db.%e2%82%ac", false, false, 0, 3478, false, "", "udp"},
    {"stun:x_y~!$&'()*+,;=z.", "x_y~!$&'()*+,;=z.", false, false, 0, 3478, false, "", "udp"},
    {"stun:[v1.a:b]", "v1.a:b", false, false, 0, 3478, false, "", NULL},
    {"turn:[vF.x]?transport=udp", "vF.x", true, false, 0, 3478, false, "udp", NULL},
    /* letters of either case, a port of no digits or of leading zeros, other transports */
    {"STUN:Example.ORG", "Example.ORG", false, false, 0, 3478, false, "", "udp"},
    {"TurnS:h?Transport=UDP", "h", true, true, 0, 5349, false, "UDP", "udp/dtls"},
    {"stun:h:", "h", false, false, 0, 3478, false, "", "udp"},
    {"turns:h:?transport=tcp", "h", true, true, 0, 5349, false, "tcp", "tcp/tls"},
    {"stun:h:00000003478", "h", false, false, 0, 3478, true, "", "udp"},
    {"turn:h?transport=sctp", "h", true, false, 0, 3478, false, "sctp", NULL},
    {"turn:h?transport=a-b._~9", "h", true, false, 0, 3478, false, "a-b._~9", NULL},
};

static void valid(void)
{
    for (size_t i = 0; i < COUNT(good); i++) {
        struct finding f[2];
        struct findings fs = {.v = f, .cap = COUNT(f)};
        struct stun_uri u;
        struct span s = test_guard(span_of(good[i].in));
        CU_ASSERT_TRUE(stun_uri_parse(s, &u, &fs));
        CHECK_FINDING(&fs, NULL, 0, 0);
        CHECK_TEXT(u.host, good[i].host);
        CHECK_TEXT(u.transport, good[i].transport);
        CU_ASSERT_EQUAL(u.turn, good[i].turn);
        CU_ASSERT_EQUAL(u.secure, good[i].secure);
        CU_ASSERT_EQUAL(u.family, good[i].family);
        CU_ASSERT_EQUAL(u.port, good[i].port);
        CU_ASSERT_EQUAL(u.port_given, good[i].port_given);
        CU_ASSERT_TRUE(u.stack ? good[i].stack && strcmp(u.stack, good[i].stack) == 0
                               : !good[i].stack);
        test_guard_free(s);
    }
}

static const struct {
    struct span in;
    const char *clause;
    uint64_t off, len;
    const char *words;
} bad[] = {
    /* the form */
    {SPAN(""), "RFC7064:3.1#a1", 0, 0, "the scheme is none of stun, stuns, turn and turns"},
    {SPAN("http:example.org"), "RFC7064:3.1#a1", 0, 4, NULL},
    {SPAN("stunx:example.org"), "RFC7064:3.1#a1", 0, 5, NULL},
    {SPAN("stu:example.org"), "RFC7064:3.1#a1", 0, 3, NULL},
    {SPAN(":example.org"), "RFC7064:3.1#a1", 0, 0, NULL},
    {SPAN(" stun:example.org"), "RFC7064:3.1#a1", 0, 5, NULL},
    {SPAN("stun"), "RFC7064:3.1#a1", 4, 0, "no colon after the scheme"},
    {SPAN("turns"), "RFC7065:3.1#a1", 5, 0, NULL},
    {SPAN("stun://example.org"), "RFC7064:3.1#a1", 5, 1,
     "'/' where the host begins: the URI is not hierarchical"},
    {SPAN("turn://example.org"), "RFC7065:3.1#a1", 5, 1, NULL},
    {SPAN("stun:example.org/path"), "RFC7064:3.1#a1", 16, 5, "'/' where the URI should end"},
    {SPAN("stun:example.org:1/path"), "RFC7064:3.1#a1", 18, 5, NULL},
    {SPAN("stun:h?transport=udp"), "RFC7064:3.1#a1", 6, 14, NULL},
    {SPAN("stuns:h:1?x"), "RFC7064:3.1#a1", 9, 2, NULL},
    {SPAN("turn:h#f"), "RFC7065:3.1#a1", 6, 2, NULL},
    {SPAN("stun:[::1]x"), "RFC7064:3.1#a1", 10, 1, NULL},
    {SPAN("turn:[::1]3478"), "RFC7065:3.1#a1", 10, 4, NULL},
    /* no host; nat-3 */
    {SPAN("stun:"), "RFC7064:3.2#a1", 5, 0, "no host"},
    {SPAN("stuns::5349"), "RFC7064:3.2#a1", 6, 0, NULL},
    {SPAN("turn:?transport=udp"), "RFC7065:3.2#a1", 5, 0, NULL},
    {SPAN("turn:#"), "RFC7065:3.2#a1", 5, 0, NULL},
    /* what no host is; nat-3: a user part */
    {SPAN("stun:user@example.org"), "RFC7064:3.1#a2", 9, 1, "'@' cannot stand in a host"},
    {SPAN("turn:user@example.org"), "RFC7065:3.1#a2", 9, 1, NULL},
    {SPAN("turn:user:pw@example.org"), "RFC7065:3.1#a3", 10, 1, NULL},
    {SPAN("stun:a b"), "RFC7064:3.1#a2", 6, 1, NULL},
    {SPAN("stun:ab "), "RFC7064:3.1#a2", 7, 1, NULL},
    {SPAN("stun:ab\n"), "RFC7064:3.1#a2", 7, 1, NULL},
    {SPAN("stun:a\0b"), "RFC7064:3.1#a2", 6, 1, NULL},
    {SPAN("stun:\xc3\xa4"), "RFC7064:3.1#a2", 5, 1, NULL},
    {SPAN("stun:a%4"), "RFC7064:3.1#a2", 6, 2, "no two hexadecimal digits after '%'"},
    {SPAN("stun:a%"), "RFC7064:3.1#a2", 6, 1, NULL},
    {SPAN("stun:a%g0b"), "RFC7064:3.1#a2", 6, 3, NULL},
    {SPAN("stun:a%0gb"), "RFC7064:3.1#a2", 6, 3, NULL},
    {SPAN("stun:<h>"), "RFC7064:3.1#a2", 5, 1, NULL},
    {SPAN("stun:a]"), "RFC7064:3.1#a2", 6, 1, NULL},
    {SPAN("stun:a["), "RFC7064:3.1#a2", 6, 1, NULL},
    {SPAN("turn:[::1"), "RFC7065:3.1#a2", 5, 4, "no closing bracket after an IP literal"},
    {SPAN("turn:["), "RFC7065:3.1#a2", 5, 1, NULL},
    {SPAN("turn:[]"), "RFC7065:3.1#a2", 5, 2, "no IPv6 address in the brackets"},
    {SPAN("turn:[192.0.2.1]"), "RFC7065:3.1#a2", 5, 11, NULL},
    {SPAN("turn:[1:2:3:4:5:6:7]"), "RFC7065:3.1#a2", 5, 15, NULL},
    {SPAN("turn:[1:2:3:4:5:6:7:8:9]"), "RFC7065:3.1#a2", 5, 19, NULL},
    {SPAN("turn:[1::2::3]"), "RFC7065:3.1#a2", 5, 9, NULL},
    {SPAN("turn:[12345::]"), "RFC7065:3.1#a2", 5, 9, NULL},
    {SPAN("turn:[::g]"), "RFC7065:3.1#a2", 5, 5, NULL},
    {SPAN("turn:[:::]"), "RFC7065:3.1#a2", 5, 5, NULL},
    {SPAN("turn:[::ffff:192.0.2.01]"), "RFC7065:3.1#a2", 5, 19, NULL},
    {SPAN("turn:[fe80::1%25eth0]"), "RFC7065:3.1#a2", 5, 16, NULL},
    {SPAN("turn:[v.x]"), "RFC7065:3.1#a2", 5, 5, NULL},
    {SPAN("turn:[v1.]"), "RFC7065:3.1#a2", 5, 5, NULL},
    {SPAN("turn:[v1]"), "RFC7065:3.1#a2", 5, 4, NULL},
    {SPAN("turn:[vg.x]"), "RFC7065:3.1#a2", 5, 6, NULL},
    {SPAN("turn:[v1.a/b]"), "RFC7065:3.1#a2", 5, 8, NULL},
    /* the port; nat-3: 0 and 65536 */
    {SPAN("stun:h:0"), "RFC7064:3.2#a2", 7, 1, "the port is not 1 to 65535"},
    {SPAN("stun:h:65536"), "RFC7064:3.2#a2", 7, 5, NULL},
    {SPAN("turn:h:0"), "RFC7065:3.2#a2", 7, 1, NULL},
    {SPAN("turn:h:65536?transport=udp"), "RFC7065:3.2#a2", 7, 5, NULL},
    {SPAN("stun:h:18446744073709555094"), "RFC7064:3.2#a2", 7, 20, NULL},
    {SPAN("stun:h:4294970774"), "RFC7064:3.2#a2", 7, 10, NULL},
    {SPAN("stun:h:34x8"), "RFC7064:3.1#a3", 9, 1, "'x' in the port, which is decimal digits"},
    {SPAN("stun:h:-1"), "RFC7064:3.1#a3", 7, 1, NULL},
    {SPAN("stun:h:1:2"), "RFC7064:3.1#a3", 8, 1, NULL},
    {SPAN("turn:2001:db8::1"), "RFC7065:3.1#a3", 10, 1, NULL},
    {SPAN("turn:h:1@x"), "RFC7065:3.1#a3", 8, 1, NULL},
    /* the transport; nat-3: two of them */
    {SPAN("turn:h?transport=udp&transport=tcp"), "RFC7065:3.1#a4", 20, 1,
     "'&' cannot stand in a transport"},
    {SPAN("turn:h?transport=udp?transport=tcp"), "RFC7065:3.1#a4", 20, 1, NULL},
    {SPAN("turn:h?transport="), "RFC7065:3.1#a4", 17, 0, "no transport after the equals sign"},
    {SPAN("turn:h?transport"), "RFC7065:3.1#a4", 6, 10, "a query other than ?transport="},
    {SPAN("turn:h?proto=udp"), "RFC7065:3.1#a4", 6, 10, NULL},
    {SPAN("turn:h:1?"), "RFC7065:3.1#a4", 8, 1, NULL},
    {SPAN("turn:h?transport=u%64p"), "RFC7065:3.1#a4", 18, 1, NULL},
    {SPAN("turn:h?transport=udp#x"), "RFC7065:3.1#a4", 20, 1, NULL},
    /* RFC 8489: no stuns with an address */
    {SPAN("stuns:192.0.2.1"), "RFC8489:8.1#1", 6, 9, "a stuns URI with an IP address"},
    {SPAN("stuns:[2001:db8::1]:5349"), "RFC8489:8.1#1", 6, 13, NULL},
};

static void invalid(void)
{
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct finding f[2];
        struct findings fs = {.v = f, .cap = COUNT(f)};
        struct stun_uri u;
        uint8_t b[128];
        struct wr w = {b, sizeof b, 0, false};
        struct span s = test_guard(bad[i].in);
        CU_ASSERT_FALSE(stun_uri_parse(s, &u, &fs));
        CHECK_FINDING(&fs, bad[i].clause, bad[i].off, bad[i].len);
        CU_ASSERT_TRUE(level_strict(f[0].level));
        finding_words(&w, &f[0]);
        if (bad[i].words)
            CHECK_TEXT(wr_span(&w), bad[i].words);
        test_guard_free(s);
    }
}

/* Each beginning of a good URI is either one or has one finding, inside the text. */
static void prefixes(void)
{
    for (size_t i = 0; i < COUNT(good); i++)
        for (size_t n = 0; n < strlen(good[i].in); n++) {
            struct finding f[2];
            struct findings fs = {.v = f, .cap = COUNT(f)};
            struct stun_uri u;
            struct span s = test_guard(span_cut(span_of(good[i].in), 0, n));
            CU_ASSERT_EQUAL(stun_uri_parse(s, &u, &fs), fs.n == 0);
            CU_ASSERT_TRUE(fs.n <= 1 && (fs.n == 0 || f[0].off + f[0].len <= n));
            test_guard_free(s);
        }
}

static void table(void)
{
    uint8_t b[512];
    struct wr w = {b, sizeof b, 0, false};
    struct findings fs = {0};
    struct stun_uri u;

    stun_uri_parse(span_of("turns:[2001:db8::1]?transport=tcp"), &u, &fs);
    field_json(&w, &stun_uri_desc, &u);
    CHECK_TEXT(wr_span(&w), "{\"turn\":true,\"secure\":true,\"host\":\"2001:db8::1\",\"family\":6,"
                            "\"ip\":\"20010db8000000000000000000000001\",\"port\":5349,"
                            "\"port_given\":false,\"transport\":\"tcp\",\"stack\":\"tcp/tls\"}");
    w.n = 0;
    stun_uri_parse(span_of("stun:192.0.2.1:7"), &u, &fs);
    field_json(&w, &stun_uri_desc, &u);
    CHECK_TEXT(wr_span(&w), "{\"turn\":false,\"secure\":false,\"host\":\"192.0.2.1\",\"family\":4,"
                            "\"ip\":\"c0000201\",\"port\":7,\"port_given\":true,"
                            "\"stack\":\"udp\"}");
    w.n = 0;
    stun_uri_parse(span_of("turn:h?transport=x"), &u, &fs);
    field_json(&w, &stun_uri_desc, &u);
    CHECK_TEXT(wr_span(&w), "{\"turn\":true,\"secure\":false,\"host\":\"h\",\"port\":3478,"
                            "\"port_given\":false,\"transport\":\"x\"}");
}

TESTS({"valid", valid}, {"invalid", invalid}, {"prefixes", prefixes}, {"table", table})
