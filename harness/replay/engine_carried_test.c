/* harness/replay/engine_carried_test.c - what messages carry: bodies of SIP and their parts, and what stands in
 * those. */
#include <stdio.h>
#include "harness/core/test.h"
#include "harness/replay/engine.h"

/* ---- what comes out ---- */

static char said[1 << 16];
static size_t n_said;

static void say(const char *s)
{
    int n = snprintf(said + n_said, sizeof said - n_said, "%s", s);
    if (n > 0 && n_said + (size_t)n < sizeof said)
        n_said += (size_t)n;
}

/* "1 sipfrag 2 sdp", what is carried and how deep; then of each finding in that its path behind the message's, its
 * clause and the octets. */
static void on_message(void *user, struct wr *w, const struct engine_message *m)
{
    char text[512];
    size_t own = strlen(m->layers);

    (void)user;
    (void)w;
    for (size_t i = 0; i < m->n_carried; i++) {
        snprintf(text, sizeof text, "%s%u %s", i ? " " : "", m->carried[i].depth,
                 m->carried[i].codec->name);
        say(text);
    }
    for (size_t i = 0; i < findings_kept(m->fs); i++) {
        const struct finding *f = &m->fs->v[i];
        CU_ASSERT_TRUE_FATAL(f->off + f->len <= m->octets.n);
        CU_ASSERT_EQUAL(strncmp(f->layer, m->layers, own), 0);
        if (!f->layer[own])
            continue;
        snprintf(text, sizeof text, ", %s %s '%.*s'", f->layer + own + 1, f->clause, (int)f->len,
                 (const char *)m->octets.p + f->off);
        say(text);
    }
}

static bool on_text(void *user, struct span s)
{
    (void)user;
    (void)s;
    return true;
}

/* What is said of a MESSAGE with a body of this type, in a datagram. */
static const char *of(const char *type, const char *body)
{
    static const struct engine_options plain = {.jobs = 1};
    static const struct engine_sink sink = {.message = on_message, .text = on_text};
    static uint8_t packet[1 << 15], message[1 << 15];
    struct wr w = {packet, sizeof packet, 0, false}, m = {message, sizeof message, 0, false};
    struct engine *e = engine_new(&plain, &sink);

    CU_ASSERT_PTR_NOT_NULL_FATAL(e);
    wr_text(&m,
            "MESSAGE sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/TCP a.example.com;branch=z9hG4bK1"
            "\r\nMax-Forwards: 70\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>"
            "\r\nCall-ID: 1\r\nCSeq: 1 MESSAGE\r\nContent-Type: ");
    wr_text(&m, type);
    wr_text(&m, "\r\nContent-Length: ");
    wr_dec(&m, strlen(body));
    wr_text(&m, "\r\n\r\n");
    wr_text(&m, body);
    wr_u16(&w, 0x4500);
    wr_u16(&w, (uint16_t)(28 + m.n));
    wr_u32(&w, 0);
    wr_u32(&w, 0x40110000);
    wr_u32(&w, 0x0a000001);
    wr_u32(&w, 0x0a000002);
    wr_u16(&w, 5060);
    wr_u16(&w, 5060);
    wr_u16(&w, (uint16_t)(8 + m.n));
    wr_u16(&w, 0);
    wr_put(&w, wr_span(&m));
    CU_ASSERT_FALSE_FATAL(w.full || m.full);
    n_said = 0;
    said[0] = '\0';
    engine_begin(e, "pushed");
    engine_push(e, 101, 1000, wr_span(&w), (uint32_t)w.n);
    engine_end(e);
    engine_free(e);
    return said;
}

/* ---- tests ---- */

#define SDP "v=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define BAD_SDP "v=1\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
#define FRAG "SIP/2.0 200 OK\r\n"
#define WITH_SDP FRAG "Content-Type: application/sdp\r\nContent-Length: 63\r\n\r\n"
#define PART(type) "\r\n--b\r\nContent-Type: " type "\r\n\r\n"
#define MIXED "multipart/mixed;boundary=b"

static void bodies(void)
{
    CU_ASSERT_EQUAL(strlen(SDP), 63);
    CU_ASSERT_STRING_EQUAL(of("text/plain", "hello"), "");
    CU_ASSERT_STRING_EQUAL(of("application/sdp", SDP), "1 sdp");
    CU_ASSERT_STRING_EQUAL(of("application/sdp", BAD_SDP), "1 sdp, sdp RFC8866:5.1#a1 '1'");
    CU_ASSERT_STRING_EQUAL(of("message/sipfrag", FRAG), "1 sipfrag");
    CU_ASSERT_STRING_EQUAL(of("MESSAGE/SipFrag;version=2.0", FRAG), "1 sipfrag");
    CU_ASSERT_STRING_EQUAL(of("message/sipfrag", FRAG "Call-ID: a b\r\n"),
                           "1 sipfrag, sipfrag RFC3261:25.1#a107 'a b'");
    CU_ASSERT_STRING_EQUAL(of("message/sipfrag", "SIP/2.0 200 O\rK\r\n"),
                           "1 sipfrag, sipfrag RFC3261:7.2#a2 '\r'");
    CU_ASSERT_STRING_EQUAL(of("message/sip",
                              "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n"
                              "From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>;tag=1\r\n"
                              "Call-ID: 1\r\nCSeq: x BYE\r\nContent-Length: 0\r\n\r\n"),
                           "1 sip, sip RFC3261:25.1#a130 'x BYE'");
    CU_ASSERT_STRING_EQUAL(of("message/sip", "no such message"), "");
}

/* Findings stand where the octets stand in the message around, however deep. */
static void nested(void)
{
    CU_ASSERT_STRING_EQUAL(of("message/sipfrag", WITH_SDP SDP), "1 sipfrag 2 sdp");
    CU_ASSERT_STRING_EQUAL(of("message/sipfrag", WITH_SDP BAD_SDP),
                           "1 sipfrag 2 sdp, sipfrag/sdp RFC8866:5.1#a1 '1'");
    CU_ASSERT_STRING_EQUAL(of(MIXED, PART("application/sdp") BAD_SDP PART("message/sipfrag") FRAG
                              "To: <>\r\n\r\n--b--\r\n"),
                           "1 sdp 1 sipfrag, sdp RFC8866:5.1#a1 '1'"
                           ", sipfrag RFC3261:25.1#a115 '<>'");
    CU_ASSERT_STRING_EQUAL(
        of(MIXED, PART("message/sipfrag") WITH_SDP SDP PART("application/sdp") SDP "\r\n--b--\r\n"),
        "1 sipfrag 2 sdp 1 sdp");
}

/* What is packed or encoded does not stand there as it is. */
static void encoded(void)
{
    CU_ASSERT_STRING_EQUAL(of("application/sdp\r\nContent-Encoding: gzip", BAD_SDP), "");
    CU_ASSERT_STRING_EQUAL(of("application/sdp\r\nContent-Transfer-Encoding: base64", BAD_SDP), "");
    CU_ASSERT_STRING_EQUAL(of("application/sdp\r\nContent-Transfer-Encoding: binary", SDP),
                           "1 sdp");
    CU_ASSERT_STRING_EQUAL(of(MIXED, PART("application/sdp\r\nContent-Transfer-Encoding: base64")
                                         BAD_SDP "\r\n--b--\r\n"),
                           "");
}

/* A fragment in a fragment, and so on; many parts. */
static void limits(void)
{
    static char body[1 << 14], part[1 << 14];

    snprintf(body, sizeof body, "%s", FRAG);
    for (int i = 0; i < 5; i++) {
        snprintf(part, sizeof part,
                 "%sContent-Type: message/sipfrag\r\nContent-Length: %zu\r\n\r\n%s", FRAG,
                 strlen(body), body);
        snprintf(body, sizeof body, "%s", part);
    }
    CU_ASSERT_STRING_EQUAL(of("message/sipfrag", body), "1 sipfrag 2 sipfrag 3 sipfrag 4 sipfrag");
    body[0] = '\0';
    for (size_t i = 0; i < ENGINE_CARRIED_MAX + 2; i++)
        strcat(body, PART("message/sipfrag") FRAG "Call-ID: a b\r\n");
    strcat(body, "\r\n--b--\r\n");
    size_t n = 0, found = 0;
    for (const char *at = of(MIXED, body); (at = strstr(at, "1 sipfrag")) != NULL; at++)
        n++;
    for (const char *at = said; (at = strstr(at, "25.1#a107")) != NULL; at++)
        found++;
    CU_ASSERT_EQUAL(n, ENGINE_CARRIED_MAX);
    CU_ASSERT_EQUAL(found, ENGINE_CARRIED_MAX);
}

TESTS({"bodies", bodies}, {"nested", nested}, {"encoded", encoded}, {"limits", limits})
