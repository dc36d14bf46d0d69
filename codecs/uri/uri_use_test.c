/* codecs/uri/uri_use_test.c - URIs: characters and escapes, and what the parts mean. */
#include <stdlib.h>
#include "codecs/uri/uri_parts.h"
#include "harness/core/test.h"

enum { ROOM = 1 << 16 };
static struct uri uri_in(struct span s, void *room)
{
    struct arena mem = arena_of(room, ROOM);
    struct uri u;
    uri_parse(s, &mem, &u);
    return u;
}

/* ---- escapes ---- */

static const char alnum[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

static void classes(void)
{
    static const struct {
        unsigned cls;
        const char *more; /* beside letters and digits */
    } sets[] = {
        {1 << URI_PART_USER, "-_.!~*'()" /* RFC 3261 section 25.1 */ "&=+$,;?/"},
        {1 << URI_PART_PASSWORD, "-_.!~*'()"
                                 "&=+$,"},
        {1 << URI_PART_PARAM, "-_.!~*'()"
                              "[]/:&+$"},
        {1 << URI_PART_HEADER, "-_.!~*'()"
                               "[]/?:+$"},
        {1 << URI_PART_TEL, "-_.!~*'()"
                            "[]/:&$"}, /* RFC 3966 section 3 */
        {1 << URI_PART_USERINFO, "-._~" /* RFC 3986 appendix A */ "!$&'()*+,;="
                                 ":"},
        {1 << URI_PART_NAME, "-._~"
                             "!$&'()*+,;="},
        {1 << URI_PART_SEGMENT, "-._~"
                                "!$&'()*+,;="
                                ":@"},
        {1 << URI_PART_PATH, "-._~"
                             "!$&'()*+,;="
                             ":@/"},
        {1 << URI_PART_QUERY, "-._~"
                              "!$&'()*+,;="
                              ":@/?"},
        {URI_MARK, "-_.!~*'()"}, /* RFC 2396 section 2.3 */
        {URI_UNRESERVED, "-._~"},
        {URI_ANY, "-._~"
                  ":/?#[]@"
                  "!$&'()*+,;="
                  "%"},
    };
    static const struct {
        unsigned cls;
        const char *all;
    } others[] = {
        {URI_RESERVED, ";/?:@&=+$,"}, /* RFC 2396 section 2.2 */
        {URI_SEPARATOR, "-.()"},
        {URI_DIGIT, "0123456789abcdefABCDEF*#"},
    };
    for (unsigned c = 0; c < 256; c++) {
        bool word = c && strchr(alnum, (int)c);
        for (size_t i = 0; i < COUNT(sets); i++)
            CU_ASSERT_EQUAL(uri_is((uint8_t)c, sets[i].cls),
                            word || (c && strchr(sets[i].more, (int)c)));
        for (size_t i = 0; i < COUNT(others); i++)
            CU_ASSERT_EQUAL(uri_is((uint8_t)c, others[i].cls), c && strchr(others[i].all, (int)c));
    }
}

static void escapes(void)
{
    static const struct {
        const char *in;
        enum uri_part part;
        const char *out;
    } table[] = {
        {"j@s0n", URI_PART_USER, "j%40s0n"}, /* RFC 3261 section 19.1.2 */
        {"a;b/c?d", URI_PART_USER, "a;b/c?d"},
        {"a:b;c", URI_PART_PASSWORD, "a%3Ab%3Bc"},
        {"sip:bob@biloxi.com", URI_PART_HEADER, "sip:bob%40biloxi.com"},
        {"project x", URI_PART_HEADER, "project%20x"},
        {"a=b;c", URI_PART_PARAM, "a%3Db%3Bc"},
        {"+1=?;", URI_PART_TEL, "%2B1%3D%3F%3B"}, /* RFC 3966 section 3 */
        {"100%", URI_PART_QUERY, "100%25"},
        {"a/b", URI_PART_SEGMENT, "a%2Fb"},
        {"a/b", URI_PART_PATH, "a/b"},
        {"\xc3\xa9\x7f", URI_PART_NAME, "%C3%A9%7F"},
        {"", URI_PART_USER, ""},
    };
    uint8_t out[1024], back[1024], all[256];

    for (size_t i = 0; i < COUNT(table); i++) {
        struct wr w = {out, sizeof out, 0, false};
        uri_escape(&w, span_of(table[i].in), table[i].part);
        CHECK_TEXT(wr_span(&w), table[i].out);
    }
    for (unsigned c = 0; c < 256; c++)
        all[c] = (uint8_t)c;
    for (unsigned part = 0; part < URI_PARTS; part++) {
        struct wr w = {out, sizeof out, 0, false}, b = {back, sizeof back, 0, false};
        uri_escape(&w, (struct span){all, 256}, (enum uri_part)part);
        CU_ASSERT_TRUE(uri_unescape(&b, wr_span(&w)));
        CU_ASSERT_TRUE(span_eq(wr_span(&b), (struct span){all, 256}));
    }
    struct wr small = {out, 2, 0, false};
    uri_escape(&small, span_of("@"), URI_PART_USER);
    CU_ASSERT_TRUE(small.full && small.n == 0);
}

static void unescapes(void)
{
    static const struct {
        const char *in, *out;
        bool good;
    } table[] = {
        {"alice%40atlanta.com", "alice@atlanta.com", true},
        {"%2541", "%41", true}, /* once: RFC 3986 section 2.4 */
        {"%4a%4A", "JJ", true},
        {"%", "%", false},
        {"%4", "%4", false},
        {"%4g%41", "%4gA", false},
        {"%%41", "%A", false},
        {"", "", true},
    };
    uint8_t out[64];
    for (size_t i = 0; i < COUNT(table); i++) {
        struct wr w = {out, sizeof out, 0, false};
        struct span in = test_guard(span_of(table[i].in));
        CU_ASSERT_EQUAL(uri_unescape(&w, in), table[i].good);
        CHECK_TEXT(wr_span(&w), table[i].out);
        test_guard_free(in);
    }
}

/* ---- meanings ---- */

static void means(void)
{
    static const struct {
        const char *text;
        enum uri_transport transport;
        uint16_t port;
    } table[] = {
        {"sip:a@h", URI_UDP, 5060}, /* RFC 3261 section 19.1.1 table 1 */
        {"sips:a@h", URI_TCP, 5061},
        {"sip:a@h;transport=udp", URI_UDP, 5060},
        {"sip:a@h;Transport=TCP", URI_TCP, 5060},
        {"sip:a@h;transport=sctp", URI_SCTP, 5060},
        {"sip:a@h;transport=tls", URI_TLS, 5061},
        {"sip:a@h;%74ransport=%74ls", URI_TLS, 5061},
        {"sips:a@h;transport=tls", URI_TLS, 5061},
        {"sip:a@h;transport=ws", URI_WS, 80}, /* RFC 7118 section 5.5 */
        {"sips:a@h;transport=ws", URI_WS, 443},
        {"sip:a@h;transport=x", URI_TRANSPORTS, 5060},
        {"sip:a@h:99;transport=tls", URI_TLS, 99},
        {"sip:a@h:0", URI_UDP, 0},
        {"sip:a@h:65536", URI_UDP, 0},
        {"sip:a@h:", URI_UDP, 5060},
        {"http://h/", URI_UDP, 80},
        {"https://h/", URI_UDP, 443},
        {"ws://h/", URI_UDP, 80},
        {"WSS://h/", URI_UDP, 443},
        {"xmpp:a@h", URI_UDP, 5222},
        {"rtmp://h/a", URI_UDP, 1935},
        {"tel:+1", URI_UDP, 0},
        {"foo://h:1/", URI_UDP, 1},
        {"foo://h/", URI_UDP, 0},
    };
    static uint8_t room[ROOM];

    for (size_t i = 0; i < COUNT(table); i++) {
        struct uri u = uri_in(span_of(table[i].text), room);
        CU_ASSERT_EQUAL(uri_transport(&u), table[i].transport);
        CU_ASSERT_EQUAL(uri_port_meant(&u), table[i].port);
    }
    CU_ASSERT_FALSE(uri_reliable(URI_UDP));
    CU_ASSERT_TRUE(uri_reliable(URI_TCP) && uri_reliable(URI_TLS) && uri_reliable(URI_SCTP));
    CU_ASSERT_TRUE(uri_reliable(URI_WS));
    CU_ASSERT_FALSE(uri_reliable(URI_TRANSPORTS));
    const struct uri_scheme *wss = uri_scheme_of(span_of("Wss"));
    CU_ASSERT_TRUE(wss && wss->secure && wss->host && wss->kind == URI_OTHER);
    CU_ASSERT_PTR_NULL(uri_scheme_of(span_of("stun")));
    CU_ASSERT_PTR_NULL(uri_scheme_of((struct span){0}));
}

static void parameters(void)
{
    static uint8_t room[ROOM], other[ROOM];
    struct uri u =
        uri_in(span_of("sip:a@h;LR;ttl=15;User=Phone;method=BYE;maddr=224.0.0.1;x;y="), room);
    struct uri none = uri_in(span_of("sip:a@h;ttl=1234;user=ip"), other);
    uint8_t ttl = 0;

    CU_ASSERT_TRUE(uri_lr(&u) && uri_phone(&u));
    CU_ASSERT_TRUE(uri_ttl(&u, &ttl) && ttl == 15);
    CHECK_TEXT(uri_method(&u), "BYE");
    CHECK_TEXT(uri_maddr(&u), "224.0.0.1");
    CU_ASSERT_TRUE(uri_param(&u, "x").p && uri_param(&u, "x").n == 0);
    CU_ASSERT_TRUE(uri_param(&u, "y").p && uri_param(&u, "y").n == 0);
    CU_ASSERT_FALSE(uri_lr(&none) || uri_phone(&none) || uri_ttl(&none, &ttl));
    none = uri_in(span_of("sip:a@h;ttl=255"), other);
    CU_ASSERT_TRUE(uri_ttl(&none, &ttl) && ttl == 255);
    none = uri_in(span_of("sip:a@h;ttl=256"), other);
    CU_ASSERT_FALSE(uri_ttl(&none, &ttl));
    CU_ASSERT_PTR_NULL(uri_method(&none).p);
    CU_ASSERT_PTR_NULL(uri_maddr(&none).p);
}

static void addresses(void)
{
    static const struct {
        const char *host, *shown;
    } table[] = {
        {"192.0.2.4", "192.0.2.4:0"},
        {"255.255.255.255", "255.255.255.255:0"},
        {"[2001:db8::9:01]", "[2001:db8::9:1]:0"},
        {"[::ffff:192.0.2.128]", "[::ffff:c000:280]:0"},
        {"256.0.0.1", NULL},
        {"192.0.2.04", NULL},
        {"192.0.2", NULL},
        {"192.0.2.4:1", NULL},
        {"192.0.2.4.", NULL},
        {"2001:db8::1", NULL},
        {"[2001:db8::1", NULL},
        {"[2001:db8::1]:1", NULL},
        {"[2001:db8::1]:1]", NULL},
        {"[192.0.2.4]", NULL},
        {"[]", NULL},
        {"[", NULL},
        {"h.example", NULL},
        {"", NULL},
    };
    uint8_t out[64];

    for (size_t i = 0; i < COUNT(table); i++) {
        struct wr w = {out, sizeof out, 0, false};
        struct span host = test_guard(span_of(table[i].host));
        struct addr a;
        CU_ASSERT_EQUAL(uri_addr(host, &a), table[i].shown != NULL);
        if (table[i].shown) {
            addr_text(&w, &a);
            CHECK_TEXT(wr_span(&w), table[i].shown);
        }
        test_guard_free(host);
    }
}

/* RFC 3261 section 25.1: host. */
static void hosts(void)
{
    static const char *const good[] = {"a",         "a.example",     "a-b.c", "b.",
                                       "192.0.2.1", "[2001:db8::1]", "1a.b"};
    static const char *const bad[] = {
        "",       "b..",         ".b",          "a..b",       "a.1",      "-a.b",        "a-.b",
        "a_b",    "a b",         "192.0.2.256", "192.0.2.1.", "01.2.3.4", "2001:db8::1", "[::1",
        "[::1]x", "[fe80::1%1]", "a:1"};

    for (size_t i = 0; i < COUNT(good); i++)
        CU_ASSERT_TRUE(uri_is_host(span_of(good[i])));
    for (size_t i = 0; i < COUNT(bad); i++)
        CU_ASSERT_FALSE(uri_is_host(span_of(bad[i])));
}

/* RFC 3986 section 3.2.2: host, with or without a name of the DNS in it. */
static void any_hosts(void)
{
    static const char *const good[] = {"",
                                       "a",
                                       "a_b",
                                       "a..b",
                                       "192.0.2.256",
                                       "a%20b",
                                       "[::1]",
                                       "[1::8]",
                                       "[v1.a:b]",
                                       "[VF.x]",
                                       "!$&'()*+,;=~",
                                       "-a",
                                       "a%2Db",
                                       "[::192.0.2.1]",
                                       "%c3%a4",
                                       "[::]",
                                       "[2001:DB8::1]",
                                       "[1:2:3:4:5:6:7:8]"};
    static const char *const bad[] = {"[zz::]",   "a b",     "a@b",       "a/b",       "a:1",
                                      "a%2",      "a%",      "a%2g",      "[a]",       "[]",
                                      "[::1",     "[::1]1",  "[::g]",     "[v1.]",     "[v.a]",
                                      "[vg.a]",   "[v1.a/]", "[1:2]",     "a[b",       "a]b",
                                      "\xc3\xa4", "a\"b",    "[::12345]", "[1::2::3]", "[::1%25a]"};

    for (size_t i = 0; i < COUNT(good); i++)
        CU_ASSERT_TRUE(uri_is_any_host(span_of(good[i])));
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct span host = test_guard(span_of(bad[i]));
        CU_ASSERT_FALSE(uri_is_any_host(host));
        test_guard_free(host);
    }
}

/* Hosts that the quick way takes are some, and of all usual ones none is missing. */
static void plain_hosts(void)
{
    static const char *const usual[] = {
        "a",       "example.com",     "a-b.c9",          "a.b.",   "1.2.3.a",           "192.0.2.1",
        "0.0.0.0", "255.255.255.255", "[2001:db8::9:1]", "[1::2]", "[abcd:ef01::AF:1]",
    };
    static const char *const others[] = {
        "",          "-a",
        "a-",        "a..b",
        ".a",        "a.9",
        "1",         "1.2.3",
        "256.0.0.1", "1.2.3.256",
        "01.2.3.4",  "1.2.3.00",
        "1.2.3.4.5", "1.2.3-4",
        "1.2.3.4a",  "[1::g]",
        "[1::2::3]", "[12345::1]",
        "[1::2",     "[1:2]",
        "[1.2::3]",  "[1::2]3",
        "a_b",       "1234.1.1.1",
        "a.-b",      "[::1:2:3:4:5:6:7:8:9]",
        "1..2.3",    "[1:::2]",
        "[1::2-3]",  "a/b",
        "[1::/]",
    };
    static struct lexmap m;
    uint8_t p[128];

    for (size_t i = 0; i < COUNT(usual) + COUNT(others); i++) {
        const char *text = i < COUNT(usual) ? usual[i] : others[i - COUNT(usual)];
        struct wr w = {.p = p, .cap = sizeof p};
        wr_text(&w, text);
        wr_text(&w, ":5060;more of it behind");
        struct span host = {p, strlen(text)};
        CU_ASSERT_TRUE_FATAL(lexmap_init(&m, (struct span){p, w.n}));
        size_t n = host.n ? uri_plain_host(&m, host) : 0;
        bool taken = n && n == lexmap_hosts(&m, host);
        CU_ASSERT_EQUAL(taken, uri_is_host(host));
        CU_ASSERT_EQUAL(uri_is_host(host), i < COUNT(usual));
        CU_ASSERT_TRUE_FATAL(lexmap_init(&m, (struct span){p, host.n < 8 ? 8 : host.n}));
        n = host.n ? uri_plain_host(&m, host) : 0; /* and at the end of the text */
        taken = n && n == lexmap_hosts(&m, host);
        CU_ASSERT_EQUAL(taken, uri_is_host(host));
    }
}

/* "node|host|resource|type|pairs" of a URI; "-": there is none; "no": it names nothing. */
static void xmpp(void)
{
    static const struct {
        const char *uri, *parts;
    } rows[] = {
        /* the examples of RFC 5122 */
        {"xmpp:node@example.com", "node|example.com|-|-|-"},
        {"xmpp://guest@example.com/support@example.com?message", "support|example.com|-|message|-"},
        {"xmpp:example-node@example.com/some-resource",
         "example-node|example.com|some-resource|-|-"},
        {"xmpp:example.com", "-|example.com|-|-|-"},
        {"xmpp:example-node@example.com?message;subject=Hello%20World",
         "example-node|example.com|-|message|subject=Hello%20World"},
        {"xmpp:nasty!%23$%25()*+,-.;=%3F%5B%5C%5D%5E_%60%7B%7C%7D~node@example.com",
         "nasty!%23$%25()*+,-.;=%3F%5B%5C%5D%5E_%60%7B%7C%7D~node|example.com|-|-|-"},
        {"xmpp:node@example.com/repulsive%20!%23%22$%25&'()*+,-.:;%3C=%3E%3F%40%5B%5C%5D%5E_%60%7B"
         "%7C%7D~resource",
         "node|example.com|repulsive%20!%23%22$%25&'()*+,-.:;%3C=%3E%3F%40%5B%5C%5D%5E_%60%7B%7C%7D"
         "~resource|-|-"},
        {"XMPP:a@b/c/d?e", "a|b|c/d|e|-"},
        {"xmpp:@b/?;", "|b|||"},
        {"xmpp://guest@example.com", "no"}, /* as whom, and nothing else */
        {"xmpp:", "no"},
        {"xmpp:node@", "no"},
        {"http://node@example.com/a@b", "no"},
    };
    uint8_t room[1024], text[256];

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena mem = arena_of(room, sizeof room);
        struct wr w = {text, sizeof text, 0, false};
        struct uri u;
        struct uri_xmpp x;
        CU_ASSERT_TRUE_FATAL(uri_parse(span_of(rows[i].uri), &mem, &u));
        bool named = uri_xmpp(&u, &x);
        const struct span parts[] = {x.node, x.host, x.resource, x.type, x.pairs};
        for (size_t k = 0; named && k < COUNT(parts); k++) {
            wr_text(&w, k ? "|" : "");
            wr_put(&w, parts[k].p ? parts[k] : span_of("-"));
        }
        wr_text(&w, named ? "" : "no");
        CHECK_TEXT(wr_span(&w), rows[i].parts);
    }
}

/* Each in octets of its own, and with others behind: the text ends where it is said to. */
static void ports(void)
{
    static const struct {
        const char *text;
        bool port;
    } of[] = {
        {"0", true},      {"9", true},      {"5060", true},    {"9999", true},
        {"65535", true},  {"00080", true},  {"", false},       {"65536", false},
        {"70000", false}, {"99999", false}, {"100000", false}, {"000080", false},
        {"506o", false},  {":", false},     {"/", false},      {"1 ", false},
    };

    for (size_t i = 0; i < COUNT(of); i++)
        for (size_t behind = 0; behind < 10; behind++) {
            size_t n = strlen(of[i].text);
            uint8_t *p = malloc(n + behind + 1);
            memset(p, '7', n + behind + 1);
            memcpy(p + 1, of[i].text, n);
            CU_ASSERT_EQUAL(uri_is_port((struct span){p + 1, n}, p + 1 + n + behind), of[i].port);
            free(p);
        }
}

TESTS({"classes", classes}, {"escapes", escapes}, {"unescapes", unescapes}, {"means", means},
      {"parameters", parameters}, {"addresses", addresses}, {"hosts", hosts},
      {"any hosts", any_hosts}, {"plain hosts", plain_hosts}, {"xmpp", xmpp}, {"ports", ports})
