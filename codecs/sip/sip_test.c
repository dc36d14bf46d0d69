/* codecs/sip/sip_test.c - what vectors cannot ask: names, framing of streams octet by octet, limits, parts of
 * bodies. */
#include <stdio.h>
#include <stdlib.h>
#include "codecs/sip/sip.h"
#include "harness/core/test.h"

static void names(void)
{
    for (size_t i = 1; i < SIP_TYPES; i++) {
        char upper[64];
        size_t n = strlen(sip_names[i].name);
        for (size_t k = 0; k <= n; k++) {
            char c = sip_names[i].name[k];
            upper[k] = (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
        }
        CU_ASSERT_EQUAL(sip_type_of(span_of(sip_names[i].name)), i);
        CU_ASSERT_EQUAL(sip_type_of(span_of(upper)), i);
        if (n > 2) /* what is left of "To" is its compact form */
            CU_ASSERT_EQUAL(sip_type_of(span_cut(span_of(upper), 0, n - 1)), SIP_OTHER);
        if (sip_names[i].compact) {
            struct span c = {(const uint8_t *)&sip_names[i].compact, 1};
            CU_ASSERT_EQUAL(sip_type_of(c), i);
            CU_ASSERT_TRUE(sip_same_name(c, span_of(upper)));
        }
    }
    for (unsigned c = 0; c < 256;
         c++) { /* each letter is the compact form of one at most, and nothing else is one */
        uint8_t octet = (uint8_t)c;
        enum sip_type type = sip_type_of((struct span){&octet, 1});
        CU_ASSERT_TRUE(type == SIP_OTHER || sip_names[type].compact == (char)lex_lower(octet));
    }
    CU_ASSERT_EQUAL(sip_type_of((struct span){NULL, 0}), SIP_OTHER);
    CU_ASSERT_TRUE(sip_same_name(span_of("X-A"), span_of("x-a")));
    CU_ASSERT_FALSE(sip_same_name(span_of("X-A"), span_of("X-B")));
    CU_ASSERT_FALSE(sip_same_name(span_of("Via"), span_of("From")));
}

/* ---- start lines ---- */

static void start_lines(void)
{
    static const struct {
        const char *line, *first, *second; /* method and Request-URI, or version and reason */
        bool request, cut;
    } of[] = {
        {"OPTIONS sip:b@example.com SIP/2.0", "OPTIONS", "sip:b@example.com", true, false},
        {"A sip:b@c SIP/2.0", "A", "sip:b@c", true, false},
        {"A b SIP/2.0", "A", "b", true, false},
        {"OPTIONS sip:b c@example.com SIP/2.0", "OPTIONS", "sip:b c@example.com", true, false},
        {"OPTIONS  sip:b@example.com SIP/2.0", "OPTIONS", "sip:b@example.com", true, true},
        {"OPTIONS sip:b@example.com  SIP/2.0", "OPTIONS", "sip:b@example.com", true, true},
        {"OPTIONS\tsip:b@example.com SIP/2.0", "OPTIONS", "sip:b@example.com", true, true},
        {" OPTIONS sip:b@example.com SIP/2.0", "OPTIONS", "sip:b@example.com", true, true},
        {"OPTIONS sip:b@example.com SIP/2.0 ", "OPTIONS", "sip:b@example.com", true, true},
        {"OPTIONS sip:b@example.com sip/2.0", "OPTIONS", "sip:b@example.com", true, false},
        {"SIP/2.0 200 OK", "SIP/2.0", "OK", false, false},
        {"SIP/2.0 200 It is SIP/2.0", "SIP/2.0", "It is SIP/2.0", false, false},
        {"SIP/2.0 200 SIP/2.0", "SIP/2.0", "SIP/2.0", false, false},
    };

    for (size_t i = 0; i < COUNT(of); i++) {
        static uint8_t room[4096];
        uint8_t p[128];
        struct arena mem = arena_of(room, sizeof room);
        struct wr w = {.p = p, .cap = sizeof p};
        struct findings fs = {0};
        struct sip_msg m;
        wr_text(&w, of[i].line);
        wr_text(&w, "\r\nCall-ID: 1\r\n\r\n");
        CU_ASSERT_EQUAL_FATAL(sip_decode(wr_span(&w), &mem, &m, &fs), STEP_ITEM);
        CU_ASSERT_EQUAL(m.request, of[i].request);
        CU_ASSERT_EQUAL(m.cut, of[i].cut);
        CU_ASSERT_TRUE(span_is(m.request ? m.method : m.version, of[i].first));
        CU_ASSERT_TRUE(span_is(m.request ? m.uri.text : m.reason, of[i].second));
    }
}

/* ---- streams ---- */

#define REQUEST "OPTIONS sip:a@example.com SIP/2.0\r\nl: 5\r\n\r\nhello"
#define RESPONSE "SIP/2.0 200 OK\nContent-Length:\r\n 2\r\n\nhi"
#define NO_LENGTH "BYE sip:a@example.com SIP/2.0\r\nX: 1\r\n\r\n"

static void stream(void)
{
    static const char text[] = "\r\n\r\n" REQUEST RESPONSE NO_LENGTH "\r\n" REQUEST;
    static const size_t sizes[] = {4 + sizeof REQUEST - 1, sizeof RESPONSE - 1,
                                   sizeof NO_LENGTH - 1, 2 + sizeof REQUEST - 1};
    struct span all = {(const uint8_t *)text, sizeof text - 1};

    for (size_t step = 1; step <= all.n; step++) { /* octets that come at a time */
        struct sip_dec d = {0};
        struct findings none = {0};
        size_t at = 0, used, found = 0;
        for (size_t have = step; at < all.n; have = have + step < all.n ? have + step : all.n) {
            while (sip_next(&d, span_cut(all, at, have), &used, &none) == STEP_ITEM) {
                CU_ASSERT_EQUAL_FATAL(used, sizes[found]);
                at += used;
                found++;
            }
        }
        CU_ASSERT_EQUAL(found, COUNT(sizes));
        CU_ASSERT_EQUAL(none.n, 0);
    }
}

static enum step next(const uint8_t *p, size_t n, struct findings *fs)
{
    struct sip_dec d = {0};
    size_t used;
    return sip_next(&d, (struct span){p, n}, &used, fs);
}

static void limits(void)
{
    static const char start[] = "OPTIONS sip:a SIP/2.0\r\nX: ";
    static const char end[] = {'\r', '\n', '\r', '\n'},
                      later[] = {'x', 'x', 'x', '\r', '\n', '\r', '\n'};
    struct finding v[2];
    struct findings fs = {.v = v, .cap = 2};
    uint8_t *p = malloc(SIP_HEAD_MAX + 8);
    char text[128];

    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    memset(p, 'x', SIP_HEAD_MAX + 8);
    memcpy(p, start, sizeof start - 1);
    memcpy(p + SIP_HEAD_MAX - sizeof end, end, sizeof end);
    CU_ASSERT_EQUAL(next(p, SIP_HEAD_MAX - 1, &fs), STEP_MORE);
    CU_ASSERT_EQUAL(next(p, SIP_HEAD_MAX, &fs), STEP_ITEM);
    CU_ASSERT_EQUAL(fs.n, 0);
    memcpy(p + SIP_HEAD_MAX - sizeof end, later, sizeof later);
    CU_ASSERT_EQUAL(next(p, SIP_HEAD_MAX + 3, &fs), STEP_FAIL);
    CHECK_FINDING(&fs, "RFC3261:21.4.11#1", 0, 0);
    fs.n = 0;
    CU_ASSERT_EQUAL(next(p, SIP_HEAD_MAX + 1, &fs), STEP_FAIL);
    free(p);

    fs.n = 0;
    int n = snprintf(text, sizeof text, "OPTIONS sip:a SIP/2.0\r\nl: %d\r\n\r\n", SIP_BODY_MAX);
    CU_ASSERT_EQUAL(next((uint8_t *)text, (size_t)n, &fs), STEP_MORE);
    n = snprintf(text, sizeof text, "OPTIONS sip:a SIP/2.0\r\nl: %d\r\n\r\n", SIP_BODY_MAX + 1);
    CU_ASSERT_EQUAL(next((uint8_t *)text, (size_t)n, &fs), STEP_FAIL);
    CU_ASSERT_EQUAL(fs.n, 1);
    n = snprintf(text, sizeof text, "OPTIONS sip:a SIP/2.0\r\nl: -1\r\n\r\n");
    CU_ASSERT_EQUAL(next((uint8_t *)text, (size_t)n, &fs), STEP_FAIL);
}

/* ---- parts ---- */

static uint8_t memory[1 << 20], octets[1 << 16];

/* A body of `n` parts, or of parts `deep` inside one another. */
static size_t body(unsigned n, unsigned deep)
{
    struct wr w = {octets, sizeof octets, 0, false};

    wr_text(&w, "MESSAGE sip:a SIP/2.0\r\nc: multipart/mixed;boundary=b0\r\n\r\n");
    for (unsigned i = 0; i < n; i++)
        wr_text(&w, "--b0\r\n\r\nx\r\n");
    for (unsigned i = 0; i < deep; i++) {
        wr_text(&w, "--b");
        wr_dec(&w, i);
        wr_text(&w, "\r\nc: multipart/mixed;boundary=b");
        wr_dec(&w, i + 1);
        wr_text(&w, "\r\n\r\n");
    }
    wr_text(&w, "--b0--\r\n");
    CU_ASSERT_FALSE_FATAL(w.full);
    return w.n;
}

static size_t parts(size_t n)
{
    static struct sip_msg m;
    struct arena mem = arena_of(memory, sizeof memory);
    struct findings none = {0};

    CU_ASSERT_EQUAL_FATAL(sip_decode((struct span){octets, n}, &mem, &m, &none), STEP_ITEM);
    CU_ASSERT_FALSE(mem.full);
    return m.parts_n;
}

static void bodies(void)
{
    CU_ASSERT_EQUAL(parts(body(1, 0)), 1);
    CU_ASSERT_EQUAL(parts(body(SIP_PARTS_MAX, 0)), SIP_PARTS_MAX);
    CU_ASSERT_EQUAL(parts(body(SIP_PARTS_MAX + 1, 0)), SIP_PARTS_MAX);
    CU_ASSERT_EQUAL(parts(body(0, SIP_PARTS_DEPTH)), SIP_PARTS_DEPTH);
    CU_ASSERT_EQUAL(parts(body(0, SIP_PARTS_DEPTH + 1)), SIP_PARTS_DEPTH);
    CU_ASSERT_EQUAL(parts(body(0, 100)), SIP_PARTS_DEPTH);
}

/* An empty boundary takes nothing apart, on whichever level. */
static void empty_boundary(void)
{
    static const char *const texts[] = {
        "MESSAGE sip:a SIP/2.0\r\nc: multipart/mixed;boundary=\"\"\r\n\r\n--\r\n\r\nx\r\n----\r\n",
        "MESSAGE sip:a SIP/2.0\r\nc: multipart/mixed;boundary=b0\r\n\r\n--b0\r\n"
        "c: multipart/mixed;boundary=\"\"\r\n\r\n--\r\n\r\nx\r\n----\r\n--b0--\r\n",
    };

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct wr w = {octets, sizeof octets, 0, false};
        wr_text(&w, texts[i]);
        CU_ASSERT_EQUAL(parts(w.n), i);
    }
}

/* A Content-Length that is no number is as if there were none: what the datagram holds is the body. */
static void no_length(void)
{
    static const struct {
        const char *length;
        size_t body;
    } rows[] = {{"", 5},          {"l: 3\r\n", 3}, {"l: 9\r\n", 5}, {"l: x\r\n", 5},
                {"l: -1\r\n", 5}, {"l: \r\n", 5},  {"l:\r\n", 5}};

    for (size_t i = 0; i < COUNT(rows); i++) {
        static struct sip_msg m;
        struct wr w = {octets, sizeof octets, 0, false};
        struct arena mem = arena_of(memory, sizeof memory);
        struct findings none = {0};
        wr_text(&w, "MESSAGE sip:a SIP/2.0\r\n");
        wr_text(&w, rows[i].length);
        wr_text(&w, "\r\nhello");
        CU_ASSERT_EQUAL_FATAL(sip_scan(wr_span(&w), &mem, &m, &none), STEP_ITEM);
        CU_ASSERT_EQUAL(m.body.n, rows[i].body);
        CU_ASSERT_EQUAL(m.body.n + m.rest.n, 5);
    }
}

/* Of empty elements in a row one is kept, in every form of list. */
static void empty_elements(void)
{
    static const struct {
        const char *line;
        size_t values;
    } rows[] = {
        {"Contact: <sip:a@b>,,, ,<sip:c@d>", 3},
        {"Contact: ,,,,", 1},
        {"Contact: <sip:a@b>,,", 2},
        {"Contact: <sip:a@b>,", 2},
        {"Via: ,,SIP/2.0/UDP a", 2},
        {"Supported: a,,,b,", 4},
        {"Supported: a,, ,", 2},
        {"Supported: ,", 1},
        {"Accept: a/b;c=\"d\",,,e/f,,", 4},
    };
    uint8_t room[4096];

    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t p[256];
        struct wr w = {.p = p, .cap = sizeof p};
        struct arena mem = arena_of(room, sizeof room);
        struct findings fs = {0};
        struct sip_msg m;
        wr_text(&w, "BYE sip:a@b SIP/2.0\r\n");
        wr_text(&w, rows[i].line);
        wr_text(&w, "\r\n\r\n");
        CU_ASSERT_EQUAL_FATAL(sip_decode((struct span){p, w.n}, &mem, &m, &fs), STEP_ITEM);
        CU_ASSERT_EQUAL(m.headers[0].values_n, rows[i].values);
    }
}

/* Header fields behind 65,534 others are there as any other. */
static void far_fields(void)
{
    enum { OCTETS = 1 << 20, ROOM = 16 << 20 };
    uint8_t *p = malloc(OCTETS), *room = malloc(ROOM);

    CU_ASSERT_TRUE_FATAL(p && room);
    for (size_t n = 65530; n < 65540; n++) {
        struct wr w = {.p = p, .cap = OCTETS};
        struct arena mem = arena_of(room, ROOM);
        struct findings fs = {0};
        struct sip_msg m;
        wr_text(&w, "BYE sip:a@b.example SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n");
        for (size_t i = 0; i < n; i++)
            wr_text(&w, "A-B: c\r\n");
        wr_text(&w, "Max-Forwards: 70\r\nFrom: <sip:a@b.example>;tag=a\r\n"
                    "To: <sip:b@b.example>;tag=b\r\nCall-ID: a\r\nCSeq: 1 BYE\r\n"
                    "Content-Length: 0\r\n\r\n");
        CU_ASSERT_EQUAL_FATAL(sip_decode(wr_span(&w), &mem, &m, &fs), STEP_ITEM);
        sip_lint(&m, &fs);
        CU_ASSERT_EQUAL(fs.n, 0);
        CU_ASSERT_PTR_EQUAL(sip_header(&m, SIP_TO), &m.headers[n + 3]);
        CU_ASSERT_PTR_EQUAL(sip_header(&m, SIP_CONTENT_LENGTH), &m.headers[n + 6]);
        CU_ASSERT_PTR_NULL(sip_header(&m, SIP_CONTACT));
    }
    free(p);
    free(room);
}

/* ---- what decoding says of forms ---- */

/* What of a message the tests below look at. */
struct facts {
    unsigned kind;
    bool cut_lines, again;
    struct sip_via via;
    struct sip_address contact;
};
/* Those of a request of a method, or of a 200 to one, with some lines and CSeq, behind which the text ends. */
static struct facts facts_of(const char *lines, const char *method, bool request)
{
    static uint8_t room[1 << 14], text[512];
    struct arena mem = arena_of(room, sizeof room);
    struct wr w = {.p = text, .cap = sizeof text};
    struct findings fs = {0};
    struct facts f = {0};
    struct sip_msg m;

    wr_text(&w, request ? method : "SIP/2.0 200 OK");
    wr_text(&w, request ? " sip:b@example.com SIP/2.0\r\n" : "\r\n");
    wr_text(&w, lines);
    wr_text(&w, "CSeq: 1 ");
    wr_text(&w, method);
    uint8_t *p = malloc(w.n); /* octets of its own: nothing may be read behind them */
    memcpy(p, text, w.n);
    CU_ASSERT_EQUAL_FATAL(sip_decode((struct span){p, w.n}, &mem, &m, &fs), STEP_ITEM);
    f.kind = m.kind;
    f.cut_lines = m.cut_lines;
    f.again = m.again;
    if (sip_first(&m, SIP_VIA))
        f.via = *(const struct sip_via *)sip_first(&m, SIP_VIA);
    if (sip_first(&m, SIP_CONTACT))
        f.contact = *(const struct sip_address *)sip_first(&m, SIP_CONTACT);
    free(p);
    return f;
}

static void methods(void)
{
    static const struct {
        const char *name;
        enum sip_method kind;
    } of[] = {
        {"ACK", SIP_M_ACK},         {"BYE", SIP_M_BYE},
        {"CANCEL", SIP_M_CANCEL},   {"INFO", SIP_M_INFO},
        {"INVITE", SIP_M_INVITE},   {"MESSAGE", SIP_M_MESSAGE},
        {"NOTIFY", SIP_M_NOTIFY},   {"OPTIONS", SIP_M_OPTIONS},
        {"PRACK", SIP_M_PRACK},     {"PUBLISH", SIP_M_PUBLISH},
        {"REFER", SIP_M_REFER},     {"REGISTER", SIP_M_REGISTER},
        {"UPDATE", SIP_M_UPDATE},   {"SUBSCRIBE", SIP_M_SUBSCRIBE},
        {"A", SIP_M_OTHER},         {"AC", SIP_M_OTHER},
        {"ACKS", SIP_M_OTHER},      {"ACL", SIP_M_OTHER},
        {"invite", SIP_M_OTHER},    {"INVITEE", SIP_M_OTHER},
        {"INVOTE", SIP_M_OTHER},    {"REGISTES", SIP_M_OTHER},
        {"SUBSCRIBD", SIP_M_OTHER}, {"SUBSCRYBE", SIP_M_OTHER},
    };

    for (size_t i = 0; i < COUNT(of); i++) {
        CU_ASSERT_EQUAL(facts_of("", of[i].name, true).kind, of[i].kind);
        CU_ASSERT_EQUAL(facts_of("", of[i].name, false).kind, of[i].kind);
        CU_ASSERT_EQUAL(facts_of("CSeq: 2 BYE\r\n", of[i].name, false).kind, SIP_M_BYE);
    }
}

static void lines(void)
{
    static const struct {
        const char *lines;
        bool cut, again;
    } of[] = {
        {"To: <sip:a@b.example>\r\nVia: a\r\nVia: b\r\nQ: a\r\nQ: b\r\n", false, false},
        {"Route: <sip:a>\r\nRoute: <sip:b>\r\nAuthorization: A a=b\r\nAuthorization: B a=b\r\n",
         false, false},
        {"To: <sip:a>\r\nt: <sip:b>\r\n", false, true},
        {"CSeq: 1 A\r\n", false, true},
        {"To:<sip:a>\r\n", true, false},
        {"To : <sip:a>\r\n", true, false},
        {"To: <sip:a> \r\n", true, false},
        {"To: <sip:a>\n", true, false},
        {"To <sip:a>\r\n", true, false},
        {"Subject: a\r\n b\r\n", false, false},
    };

    for (size_t i = 0; i < COUNT(of); i++) {
        struct facts f = facts_of(of[i].lines, "A", true);
        CU_ASSERT_EQUAL(f.again, of[i].again);
        CU_ASSERT_TRUE(f.cut_lines); /* CSeq has no end */
        f = facts_of(of[i].lines, "A\r\n\r\n", false);
        CU_ASSERT_EQUAL(f.cut_lines, of[i].cut);
    }
}

static void forms(void)
{
    static const struct {
        const char *via;
        bool usual, port_fits;
    } vias[] = {
        {"SIP/2.0/UDP a.example", true, true},
        {"SIP/2.0/UDP a.example:5060;branch=a", true, true},
        {"SIP/2.0/UDP a.example:65535 ;branch=a", false, true},
        {"SIP/2.0/UDP a.example:65536", true, false},
        {"SIP/2.0/UDP a.example:", true, false},
        {"SIP/2.0/UDP [2001:db8::1]:1", true, true},
        {"SIP/2.0/UDP  a.example:1", false, true},
        {"SIP / 2.0 / UDP a.example : 65536", false, false},
        {"SIP / 2.0 / UDP a.example : 9", false, true},
        {"sip/2.0/UDP a.example", false, true},
        {"SIP/2.0/ a.example", false, true},
    };
    static const struct {
        const char *contact;
        bool closed, usual, port_fits;
    } contacts[] = {
        {"<sip:a@b.example>", true, true, true},
        {"A <sip:b.example:65535>;q=1", true, true, true},
        {"<sip:b.example:65536>", true, true, false},
        {"<sip:b.example:5060a>", true, true, false},
        {"<sip:b.example:>, <sip:c>", true, true, false},
        {"<sip:b.example> ;q=1", false, true, true},
        {"<sip:b.example>a", false, true, true},
        {"<sip:b.example", false, true, true},
        {"sip:b.example:012345", false, true, false},
        {"<sip:a:b@c.example>", true, false, true},
        {"<sip:c.example?a=b>", true, false, true},
        {"<SIP:c.example>", true, false, true},
        {"<sips:c.example:99999>", true, false, false},
        {"<tel:1>", true, false, true},
    };

    for (size_t i = 0; i < COUNT(vias); i++) {
        char line[128];
        snprintf(line, sizeof line, "Via: %s\r\n", vias[i].via);
        struct facts f = facts_of(line, "A", true);
        CU_ASSERT_EQUAL(f.via.usual, vias[i].usual);
        CU_ASSERT_EQUAL(f.via.port_fits, vias[i].port_fits);
    }
    for (size_t i = 0; i < COUNT(contacts); i++) {
        char line[128];
        snprintf(line, sizeof line, "Contact: %s\r\n", contacts[i].contact);
        struct facts f = facts_of(line, "A", true);
        CU_ASSERT_EQUAL(f.contact.closed, contacts[i].closed);
        CU_ASSERT_EQUAL(f.contact.uri.usual, contacts[i].usual);
        CU_ASSERT_EQUAL(f.contact.uri.port_fits, contacts[i].port_fits);
    }
}

static void guess(void)
{
    CU_ASSERT_TRUE(sip_guess(span_of("INVITE sip:a SIP/2.0\r\n"), SIP_PORT) > 90);
    CU_ASSERT_TRUE(sip_guess(span_of("SIP/2.0 100 x\r\n"), 0) > 90);
    CU_ASSERT_EQUAL(sip_guess(span_of("GET / HTTP/1.1\r\n"), SIP_PORT), 0);
    CU_ASSERT_EQUAL(sip_guess(span_of("INVITE sip:a SIP/2.0"), SIP_PORT),
                    0); /* the line has no end */
    CU_ASSERT_EQUAL(sip_guess(span_of("\0\0\0"), SIP_PORT), 0);
    CU_ASSERT_EQUAL(sip_guess((struct span){NULL, 0}, SIP_PORT), 0);
}

TESTS({"names", names}, {"start lines", start_lines}, {"empty elements", empty_elements},
      {"streams", stream}, {"limits", limits}, {"bodies", bodies},
      {"empty_boundary", empty_boundary}, {"no_length", no_length}, {"far fields", far_fields},
      {"methods", methods}, {"lines", lines}, {"forms", forms}, {"guess", guess})
