/* harness/replay/engine_layer_test.c - messages that messages of a layer carry: SIP over WebSocket (RFC 7118), in clear
 * and over TLS, whole, in fragments, in segments of any size. */
#include "codecs/ws/ws.h"
#include "harness/tests/stream_rig.h"
#include "harness/tests/tlsdec_talk.h"

/* ---- what comes out ---- */

/* Of each message of SIP: its path from TCP on, how many frames it came in, and the octets of each finding. */
static void sip_message(void *user, struct wr *w, const struct engine_message *m)
{
    (void)user;
    if (strcmp(m->codec->name, "sip") != 0)
        return;
    CU_ASSERT_TRUE(m->stream && m->n_frames && m->frames[m->n_frames - 1] == m->frame);
    wr_text(w, strstr(m->layers, "tcp"));
    wr_u8(w, ' ');
    m->codec->brief(w, m->view);
    if (m->n_frames > 1) {
        wr_text(w, " in ");
        wr_dec(w, m->n_frames);
    }
    for (size_t i = 0; i < findings_kept(m->fs); i++) {
        const struct finding *f = &m->fs->v[i];
        CU_ASSERT_TRUE_FATAL(f->off + f->len <= m->octets.n);
        CU_ASSERT_STRING_EQUAL(f->layer, m->layers);
        wr_text(w, " !");
        wr_put(w, span_cut(m->octets, (size_t)f->off, (size_t)(f->off + f->len)));
    }
    wr_u8(w, '\n');
}

static void words(void *user, const char *name, const struct capread_problem *p)
{
    uint8_t line[256];
    struct wr w = {line, sizeof line, 0, false};
    const struct finding f = {.what = p->what, .arg = {p->arg[0], p->arg[1]}};

    (void)name;
    finding_words(&w, &f);
    wr_u8(&w, '\n');
    on_text(user, wr_span(&w));
}

/* Of each message of HTTP and WebSocket the clauses that it breaks. */
static void clauses(void *user, struct wr *w, const struct engine_message *m)
{
    (void)user;
    if (strcmp(m->codec->name, "sip") == 0)
        return;
    wr_text(w, m->codec->name);
    for (size_t i = 0; i < findings_kept(m->fs); i++) {
        wr_u8(w, ' ');
        wr_text(w, m->fs->v[i].clause);
    }
    wr_u8(w, '\n');
}

/* ---- a connection ---- */

static size_t segment_max;

static void octets(unsigned side, struct span s)
{
    for (size_t at = 0; at < s.n; at += segment_max)
        send_octets(side, span_cut(s, at, at + segment_max));
}

static void begin_for(const struct engine_options *o, const struct engine_sink *sink, size_t most)
{
    make_for(o, sink);
    segment_max = most;
    server_port = 80;
    engine_begin(e, "pushed");
    dial_tcp(4000);
}

static void begin(const struct engine_options *o, size_t most)
{
    static const struct engine_sink sink = {
        .message = sip_message, .problem = words, .text = on_text};

    begin_for(o, &sink, most);
}

/* ---- what is said over it ---- */

#define ASK                                                                                        \
    "GET / HTTP/1.1\r\nHost: sip-ws.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"  \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n"               \
    "Sec-WebSocket-Version: 13\r\n\r\n"
#define AGREE                                                                                      \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"            \
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: sip\r\n\r\n"
#define HEADER                                                                                     \
    "Via: SIP/2.0/WS a.invalid;branch=z9hG4bK1\r\nFrom: <sip:a@example.com>;tag=1\r\n"             \
    "To: <sip:a@example.com>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 BYE\r\n"
#define BYE "BYE sip:b@example.com SIP/2.0\r\n" HEADER "Max-Forwards: 70\r\n\r\n"
#define BAD "BYE sip:b@example.com SIP/2.0\r\n" HEADER "Max-Forwards: ten\r\n\r\n"
#define OK "SIP/2.0 200 OK\r\n" HEADER "\r\n"

static const uint8_t key[4] = {0x37, 0xfa, 0x21, 0x3d};

/* A frame of the client, masked, or of the server. */
static struct span frame(unsigned side, enum ws_opcode opcode, bool fin, struct span payload)
{
    static uint8_t p[1 << 18];
    struct wr w = {p, sizeof p, 0, false};

    ws_put(&w, opcode, fin, side ? NULL : key, payload);
    CU_ASSERT_FALSE_FATAL(w.full);
    return wr_span(&w);
}

static void text(unsigned side, const char *s)
{
    octets(side, frame(side, WS_TEXT, true, span_of(s)));
}

static void handshake(void)
{
    octets(0, span_of(ASK));
    octets(1, span_of(AGREE));
}

/* ---- tests ---- */

static void whole(void)
{
    begin(&plain, 1400);
    handshake();
    text(0, BYE);
    text(1, OK);
    octets(0, frame(0, WS_BINARY, true, span_of(BAD)));
    CU_ASSERT_STRING_EQUAL(end(), "tcp/ws/sip BYE sip:b@example.com\ntcp/ws/sip 200 OK (BYE)\n"
                                  "tcp/ws/sip BYE sip:b@example.com !ten\n");
    CU_ASSERT_EQUAL(of("sip").messages, 3);
    CU_ASSERT_EQUAL(of("sip").connections, 1);
    CU_ASSERT_EQUAL(of("ws").messages, 3);
    CU_ASSERT_EQUAL(of("http").messages, 2);
}

/* Pieces of a message, control frames between them, of segments of any size; each side by itself. */
static void pieces(void)
{
    const struct span bye = span_of(BYE), ok = span_of(OK);

    for (size_t most = 1; most < 2000; most = most * 5 + 2) {
        begin(&plain, most);
        handshake();
        octets(0, frame(0, WS_TEXT, false, span_cut(bye, 0, 10)));
        octets(1, frame(1, WS_BINARY, false, span_cut(ok, 0, 30)));
        octets(0, frame(0, WS_PING, true, span_of("x")));
        octets(0, frame(0, WS_CONTINUATION, false, span_of("")));
        octets(1, frame(1, WS_CONTINUATION, true, span_cut(ok, 30, ok.n)));
        octets(0, frame(0, WS_CONTINUATION, true, span_cut(bye, 10, bye.n)));
        const char *bye_at = strstr(end(), "tcp/ws/sip BYE sip:b@example.com in "),
                   *ok_at = strstr(said, "tcp/ws/sip 200 OK (BYE) in ");
        CU_ASSERT_TRUE(bye_at && ok_at && ok_at < bye_at);
        CU_ASSERT_EQUAL(of("sip").messages, 2);
        CU_ASSERT_EQUAL(of("http").messages, 2);
        CU_ASSERT_EQUAL(of("http").connections, 0);
        CU_ASSERT_EQUAL(of("ws").connections, 1);
    }
}

/* What is not SIP; keep-alives; what an extension has packed; a continuation of nothing; a message that never ends. */
static void others(void)
{
    begin(&plain, 1400);
    handshake();
    text(0, "{\"sip\": false}"); /* it may carry anything */
    text(1, "");
    CU_ASSERT_STRING_EQUAL(end(), "");
    CU_ASSERT_EQUAL(of("sip").connections, 0);

    begin(&plain, 1400);
    handshake();
    text(0, BYE);
    text(0, "\r\n\r\n");
    text(1, "\r\n");
    text(0, "\r\n" BYE);
    text(1, "hello");
    octets(0, frame(0, WS_CONTINUATION, true, span_of(BYE)));
    octets(0, frame(0, WS_TEXT, false, span_of("BYE sip:never ends")));
    text(0, BYE);
    uint8_t packed[512];
    struct wr w = {packed, sizeof packed, 0, false};
    ws_put(&w, WS_TEXT, true, NULL, span_of(OK));
    packed[0] |= 0x40; /* RSV1 */
    CU_ASSERT_FALSE(w.full);
    octets(1, wr_span(&w));
    CU_ASSERT_STRING_EQUAL(end(), "tcp/ws/sip BYE sip:b@example.com\n"
                                  "tcp/ws/sip BYE sip:b@example.com\n"
                                  "5 octets are no message of what the stream carried before\n"
                                  "tcp/ws/sip BYE sip:b@example.com\n");
}

/* What waits has the limit of any message of a stream, and gives way to the next one. */
static void limit(void)
{
    static uint8_t long_one[ENGINE_STREAM_MESSAGE / 2];

    memset(long_one, 'a', sizeof long_one);
    begin(&plain, 60000);
    handshake();
    octets(0, frame(0, WS_TEXT, false, span_of("BYE sip:b@example.com SIP/2.0\r\nX: ")));
    for (int i = 0; i < 4; i++)
        octets(0, frame(0, WS_CONTINUATION, false, (struct span){long_one, sizeof long_one}));
    octets(0, frame(0, WS_CONTINUATION, true, span_of("\r\n\r\n")));
    text(0, BYE);
    CU_ASSERT_STRING_EQUAL(end(), "tcp/ws/sip BYE sip:b@example.com\n");
}

/* A hole in the stream: what was begun before it is no beginning of what comes behind. */
static void hole(void)
{
    begin(&plain, 1400);
    handshake();
    text(0, BYE);
    octets(0, frame(0, WS_TEXT, false, span_of("BYE sip:lost SIP/2.0\r\n")));
    ends.next[0] += 1000;
    octets(0, span_of(ASK));
    octets(0, frame(0, WS_CONTINUATION, true, span_of("\r\n")));
    text(0, BYE);
    end();
    CU_ASSERT_PTR_NULL(strstr(said, "sip:lost"));
    CU_ASSERT_EQUAL(of("sip").messages, 2);
}

/* What the handshake, the direction and the frames before show. */
static void watched(void)
{
    static const struct engine_sink sink = {.message = clauses, .text = on_text};

    for (size_t most = 50; most < 2000; most *= 20) {
        begin_for(&plain, &sink, 1400);
        octets(0, span_of(ASK));
        octets(1, span_of("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\nSec-WebSocket-Accept: bm8=\r\n\r\n"));
        segment_max = most;
        octets(1, frame(1, WS_TEXT, true, span_of("a")));
        octets(0, frame(1, WS_TEXT, true, span_of("a")));
        octets(1, frame(1, WS_CONTINUATION, true, span_of("b")));
        CU_ASSERT_STRING_EQUAL(end(), "http\nhttp RFC6455:4.1#39\nws\nws RFC6455:5.1#1\n"
                                      "ws RFC6455:5.4#a3\n");
    }
}

static void tls(void)
{
    contexts("TLS_AES_128_GCM_SHA256", true);
    dial();
    pump();
    say(0, ASK, strlen(ASK));
    say(1, AGREE, strlen(AGREE));
    const struct span one = frame(0, WS_TEXT, true, span_of(BYE));
    say(0, one.p, one.n);
    const struct span two = frame(1, WS_TEXT, true, span_of(OK));
    say(1, two.p, two.n);
    bye();
    hang_up();
    contexts_free();
    for (unsigned jobs = 1; jobs <= 2; jobs++) {
        const struct engine_options o = {.jobs = jobs, .keylog = span_of(talk.keys)};
        begin(&o, 1400);
        for (size_t i = 0; i < talk.n_flights; i++)
            octets(talk.flights[i].side,
                   (struct span){talk.octets + talk.flights[i].at, talk.flights[i].n});
        CU_ASSERT_STRING_EQUAL(
            end(), "tcp/tls/ws/sip BYE sip:b@example.com\ntcp/tls/ws/sip 200 OK (BYE)\n");
    }
}

TESTS({"whole", whole}, {"pieces", pieces}, {"others", others}, {"limit", limit}, {"hole", hole},
      {"watched", watched}, {"tls", tls})
