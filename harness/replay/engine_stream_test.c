/* harness/replay/engine_stream_test.c - the engine over TCP: streams, what is odd in them, limits. */
#include <stdlib.h>
#include "harness/tests/stream_rig.h"

/* ---- streams ---- */

/* "!": the same request sent again over TCP, which the watcher has seen. */
static void framing(void)
{
    start();
    dial_tcp(4000);
    send_hex(0, REQUEST REQUEST);           /* two in a segment */
    send_hex(1, ANSWER CHANNEL "0101");     /* ChannelData stands between */
    send_hex(1, "000c 2112a442" ID "0020"); /* one over three segments */
    send_hex(1, "0008 0001 a147 e112a643" REQUEST "4000");
    send_hex(1, "0001 61 000000" REQUEST);
    CU_ASSERT_STRING_EQUAL(end(), "tcp/stun 3 tcp/stun 3! tcp/stun 4 tcp/stun 4+5+6 tcp/stun 6 "
                                  "tcp/stun 7!");
    CU_ASSERT_EQUAL(of("stun").messages, 6);
    CU_ASSERT_EQUAL(of("stun").octets, 4 * 20 + 2 * 32);
    CU_ASSERT_EQUAL(of("stun").connections, 1);
    CU_ASSERT_EQUAL(counts().c.problems, 0);
    CU_ASSERT_EQUAL(counts().connections_unknown, 0);
}

/* Each octet alone: nothing is lost, though the first ones tell nothing. */
static void octet_by_octet(void)
{
    struct span all = unhex(REQUEST CHANNEL CHANNEL_5766 REQUEST);
    start();
    dial_tcp(4000);
    for (size_t i = 0; i < all.n; i++)
        send_octets(0, span_cut(all, i, i + 1));
    end();
    CU_ASSERT_EQUAL(of("stun").messages, 2);
    CU_ASSERT_TRUE(says("tcp/stun 3+4+5") && says("+22 tcp/stun 39+40"));
    CU_ASSERT_EQUAL(e->parts[0].streams.held, 0);
}

/* A message over more segments than frames are kept of: the last one is the last. */
static void many_frames(void)
{
    struct span all = software(276);

    for (size_t frames = FRAGS_FRAMES_MAX; frames <= FRAGS_FRAMES_MAX + 1; frames++) {
        start();
        dial_tcp(4000);
        for (size_t i = 0; i + 1 < frames; i++)
            send_octets(0, span_cut(all, i, i + 1));
        send_octets(0, span_cut(all, frames - 1, all.n));
        const char *got = end();
        size_t kept = 1;
        for (const char *s = got; (s = strchr(s, '+')); s++)
            kept++;
        CU_ASSERT_EQUAL(kept, FRAGS_FRAMES_MAX);
        CU_ASSERT_EQUAL(of("stun").messages, 1);
        CU_ASSERT_EQUAL(strtoul(strrchr(got, '+') + 1, NULL, 10), frames + 2);
    }
}

static void out_of_order(void)
{
    start();
    dial_tcp(4000);
    struct span all = unhex(REQUEST REQUEST);
    segment(0, TCP_ACK, ends.next[0] + 30, span_cut(all, 30, 40));
    segment(0, TCP_ACK, ends.next[0], span_cut(all, 0, 30));
    segment(0, TCP_ACK, ends.next[0], span_cut(all, 0, 30)); /* again: nobody is told twice */
    CU_ASSERT_STRING_EQUAL(end(), "tcp/stun 4 tcp/stun 3+4!");
    CU_ASSERT_EQUAL(counts().c.problems, 0);
}

/* A gap: it is told, the message in it is lost, and the next segment that begins with one goes on. */
static void gap(void)
{
    start();
    dial_tcp(4000);
    send_hex(0, REQUEST "00010000");
    ends.next[0] += 16;
    send_hex(0, "2112a442" ID); /* no beginning */
    send_hex(0, REQUEST);
    fin(0);
    end();
    CU_ASSERT_STRING_EQUAL(
        said, "tcp/stun 3 {6 10.0.0.1:4000 16 octets of the stream are not in the capture} "
              "tcp/stun 5!");
    CU_ASSERT_EQUAL(counts().c.problems, 1);
}

static void other_octets(void)
{
    start();
    dial_tcp(4000);
    send_hex(0, REQUEST);
    ends.next[0] -= 20;
    send_hex(0, "0001 0000 2112a442 ffffffffffffffffffffffff");
    fin(0);
    segment(0, TCP_ACK, ends.next[0] - 1, unhex(REQUEST)); /* behind the end */
    end();
    CU_ASSERT_TRUE(
        says("tcp/stun 3 {4 10.0.0.1:4000 octets come again, but others than in frame 3"));
    CU_ASSERT_TRUE(says("{6 10.0.0.1:4000 20 octets behind the end that a FIN has set"));
    CU_ASSERT_EQUAL(of("stun").messages, 1);
}

/* What does not go on as messages is told, so often and no more, and where one begins it goes on. */
static void lost_framing(void)
{
    start();
    dial_tcp(4000);
    for (int i = 0; i < 12; i++) {
        send_hex(0, REQUEST);
        send_hex(0, "ff 0001 02");
        send_hex(0, "aabbcc");
    }
    end();
    CU_ASSERT_EQUAL(of("stun").messages, 12);
    CU_ASSERT_EQUAL(counts().c.problems, 8);
    CU_ASSERT_TRUE(says("tcp/stun 3 {4 10.0.0.1:4000 here the stream does not go on as messages"));
    CU_ASSERT_EQUAL(problem_off, 7 * (20 + 7) + 20); /* the eighth request and what follows on it */
}

/* An unfinished message whose rest is something else, and a message that begins with a segment right behind. */
static void lost_in_held(void)
{
    start();
    dial_tcp(4000);
    send_hex(0, REQUEST "0001");
    send_hex(0, ANSWER);
    CU_ASSERT_PTR_NOT_NULL(strstr(end(), "} tcp/stun 4"));
    CU_ASSERT_EQUAL(of("stun").messages, 2);
    start();
    dial_tcp(4000);
    send_hex(0, REQUEST "0001 0000"); /* it is whole, and nothing is told twice */
    send_hex(0, "2112a442" ID "ffffffff");
    send_hex(0, REQUEST);
    end();
    CU_ASSERT_EQUAL(of("stun").messages, 3);
}

static void ends_inside(void)
{
    for (int whole = 0; whole < 2; whole++) {
        start();
        dial_tcp(4000);
        send_hex(0, whole ? REQUEST : REQUEST "000100");
        fin(0);
        end();
        CU_ASSERT_EQUAL(
            says("{4 10.0.0.1:4000 the stream ends in a message, of which 3 octets came}"), !whole);
        CU_ASSERT_EQUAL(counts().c.problems, !whole);
    }
}

/* HTTP: what a response answers, and which body ends with its stream, the other direction and the end tell. */
static void pairs(void)
{
#define GET "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
#define HEAD "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
#define CONNECT "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"
#define OK "HTTP/1.1 200 OK\r\n"
#define LENGTH "Content-Length: 5\r\n\r\n"
    static const struct {
        const char *in[4]; /* of the client, of the server, and so on */
        bool fin, middle;
        const char *said;
    } rows[] = {
        {{HEAD GET, OK LENGTH OK LENGTH "hello"},
         false,
         false,
         "tcp/http 3 tcp/http 3 tcp/http_head 4 tcp/http 4!"},
        {{HEAD, "HTTP/1.1 103 Hints\r\n\r\n" OK LENGTH, GET, OK LENGTH "hello"},
         false,
         false,
         "tcp/http 3 tcp/http_head 4 tcp/http_head 4 tcp/http 5 tcp/http 6!"},
        {{GET, OK "\r\nto the end"}, true, false, "tcp/http 3 tcp/http 4+5!"},
        {{GET, OK "\r\nto the", NULL, " end"}, true, false, "tcp/http 3 tcp/http 4+5+6!"},
        {{GET, OK LENGTH "hell"},
         true,
         false,
         "tcp/http 3 {5 10.0.0.2:3478 the stream ends in a message, of which 42 octets came}"},
        {{GET, OK "\r\nto the end"}, false, false, "tcp/http 3"},
        {{CONNECT, OK LENGTH, "what", "ever"}, true, false, "tcp/http 3 tcp/http_connect 4!"},
        {{CONNECT, "HTTP/1.1 404 No\r\n" LENGTH "hello", GET, OK LENGTH "hello"},
         false,
         false,
         "tcp/http 3 tcp/http_connect 4! tcp/http 5 tcp/http 6!"},
        {{"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
          "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nwhat",
          "ever"},
         true,
         false,
         "tcp/http 3 tcp/http 4"},
        /* a response before the request is whole, which is none of the next one's */
        {{"PUT / HTTP/1.1\r\nHost: a\r\n" LENGTH, OK LENGTH "hello", "hello" HEAD, OK LENGTH},
         false,
         false,
         "tcp/http 4! tcp/http 3+5! tcp/http 5 tcp/http_head 6"},
        /* what has no version is of HTTP between messages of it, and nowhere else; nor is what no such line begins */
        {{GET "GET /x\r\n\r\n" GET, OK LENGTH "hello",
          "OPTIONS * RTSP/1.0\r\n\r\nEHLO a\r\n\r\n" GET},
         false,
         false,
         "tcp/http 3 tcp/http 3! tcp/http 3 tcp/http 4! tcp/http 5"},
        {{"GET /x\r\n\r\n", "hello"}, false, false, ""},
        /* nobody knows what came before */
        {{HEAD, OK LENGTH, GET, OK LENGTH "hello"},
         false,
         true,
         "tcp/http 1 tcp/http 3 tcp/http 2+4!"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        start();
        if (!rows[i].middle)
            dial_tcp(4000);
        for (unsigned k = 0; k < 4; k++)
            if (rows[i].in[k])
                send_octets(k % 2, span_of(rows[i].in[k]));
        if (rows[i].fin)
            fin(1);
        end();
        CU_ASSERT_STRING_EQUAL(said, rows[i].said);
        CU_ASSERT_EQUAL(of("http_head").messages > 0, i < 2 || i == 9);
        CU_ASSERT_EQUAL(e->parts[0].streams.held, 0);
    }
}

/* From the middle, and of one side: what begins no message is passed over, without a word. */
static void middle(void)
{
    start();
    ends = (struct ends){4000, {5000, 6000}};
    send_hex(1, "0102030405060708");
    send_hex(1, ANSWER);
    send_hex(1, "aabb");
    CU_ASSERT_PTR_NOT_NULL(strstr(end(), "tcp/stun 2"));
    CU_ASSERT_EQUAL(of("stun").messages, 1);
    CU_ASSERT_EQUAL(counts().connections, 1);
    start();
    ends = (struct ends){4000, {5000, 6000}};
    send_hex(0, REQUEST);
    send_hex(1, "2112a442" ID); /* the end of a message whose beginning is not there */
    send_hex(1, ANSWER);
    CU_ASSERT_STRING_EQUAL(end(), "tcp/stun 1 tcp/stun 3");
}

/* The 4-tuple again, behind a FIN or not: another connection, which may carry something else. */
static void anew(void)
{
    for (int closed = 0; closed < 2; closed++) {
        start();
        dial_tcp(4000);
        send_hex(0, REQUEST "0001");
        if (closed) {
            fin(0);
            fin(1);
        }
        ends.next[0] += 50000000;
        ends.next[1] += 50000000;
        segment(0, TCP_SYN, ends.next[0]++, (struct span){NULL, 0});
        segment(1, TCP_SYN | TCP_ACK, ends.next[1]++, (struct span){NULL, 0});
        send_hex(0, REQUEST);
        send_hex(1, ANSWER);
        end();
        CU_ASSERT_EQUAL(of("stun").messages, 3);
        CU_ASSERT_EQUAL(of("stun").connections, 2);
        CU_ASSERT_EQUAL(counts().connections, 2);
        CU_ASSERT_EQUAL(counts().connections_unknown, 0);
    }
}

#define XMPP "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
/* Nobody keeps what nobody decodes. */
static void ignored(void)
{
    start();
    dial_tcp(4000);
    send_octets(0, span_of(XMPP));
    dial_tcp(4001);
    for (int i = 0; i < ENGINE_STREAM_LOOKS; i++) {
        send_octets(0, span_of("neither this protocol is known nor is it looked at for ever"));
        send_octets(1, span_of("neither this protocol is known nor is it looked at for ever"));
    }
    engine_flush(e);
    CU_ASSERT_EQUAL(e->parts[0].streams.n, 0);
    CU_ASSERT_EQUAL(e->parts[0].streams.held, 0);
    send_hex(0, REQUEST);
    end();
    CU_ASSERT_EQUAL(of("xmpp").connections, 1);
    CU_ASSERT_EQUAL(of("stun").messages, 0);
    CU_ASSERT_EQUAL(counts().connections_unknown, 1);
    start();
    dial_tcp(4001);
    for (int i = 0; i + 1 < ENGINE_STREAM_LOOKS; i++)
        send_octets(0, span_of("neither this protocol is known nor is it looked at for ever"));
    send_hex(0, REQUEST); /* in time */
    end();
    CU_ASSERT_EQUAL(of("stun").messages, 1);
}

/* ---- limits ---- */

static void connection_limit(void)
{
    for (uint16_t most = 3; most <= 4; most++) {
        start();
        e->parts[0].streams.most = most;
        for (uint16_t i = 0; i < 4; i++) {
            dial_tcp((uint16_t)(4000 + i));
            send_hex(0, REQUEST);
        }
        ends = (struct ends){4000, {4000001, 308001}}; /* the first one again */
        ends.next[0] += 20;
        send_hex(0, REQUEST);
        end();
        CU_ASSERT_EQUAL(of("stun").messages, 5);
        CU_ASSERT_EQUAL(of("stun").connections, 4);
        CU_ASSERT_EQUAL(counts().streams_evicted, most < 4 ? 2 : 0);
    }
}

/* A message of 60 octets, unfinished by one octet. */
static void unfinished(size_t message_max, size_t held_max)
{
    struct span all = software(36);

    start();
    e->parts[0].streams.message_max = message_max;
    e->parts[0].streams.held_max = held_max;
    dial_tcp(4000);
    send_hex(0, REQUEST);
    send_octets(0, span_cut(all, 0, 59));
    send_octets(0, span_cut(all, 59, 60));
    send_hex(0, REQUEST);
    end();
}

static void message_limit(void)
{
    unfinished(59, 1000);
    CU_ASSERT_EQUAL(of("stun").messages, 3);
    unfinished(58, 1000);
    CU_ASSERT_TRUE(says("{4 10.0.0.1:4000 a message is longer than 58 octets"));
    CU_ASSERT_EQUAL(problem_off, 20);
    CU_ASSERT_EQUAL(of("stun").messages, 2);
    CU_ASSERT_EQUAL(e->parts[0].streams.held, 0);
}

static void held_limit(void)
{
    unfinished(1000, 90); /* 59 octets, and room for half of them more */
    CU_ASSERT_EQUAL(of("stun").messages, 3);
    unfinished(1000, 58);
    CU_ASSERT_TRUE(says("{4 10.0.0.1:4000 59 octets are no whole message, and there is no room"));
    CU_ASSERT_EQUAL(problem_off, 20);
    CU_ASSERT_EQUAL(of("stun").messages, 2);
}

/* The front of a stream that is not known is not kept for ever. */
static void front_limit(void)
{
    static uint8_t text[ENGINE_STREAM_FRONT];

    memset(text, 'x', sizeof text);
    for (int less = 0; less < 2; less++) {
        start();
        dial_tcp(4000);
        send_octets(0, (struct span){text, sizeof text - (size_t)less});
        send_hex(0, REQUEST);
        end();
        CU_ASSERT_EQUAL(of("stun").messages, (uint64_t)less);
    }
}

static void on_late(void *user, struct wr *w, const char *file, const struct watch_finding *f)
{
    (void)user;
    (void)file;
    wr_text(w, f->f.clause);
    wr_text(w, " at ");
    wr_dec(w, f->f.off);
    wr_text(w, " in ");
    wr_dec(w, f->frame);
    wr_u8(w, ' ');
    wr_text(w, f->f.layer);
    wr_u8(w, '\n');
}

#define SIP_HEADER                                                                                 \
    "BYE sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"  \
    "From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>;tag=2\r\nCall-ID: 1\r\n"           \
    "CSeq: 1 BYE\r\n"

/* What makes that framing is lost is a finding, where it stands in a message of the protocol. */
static void broken_framing(void)
{
    const struct engine_sink sink = {.late = on_late, .text = on_text};
    const struct span good = span_of(SIP_HEADER "Content-Length: 0\r\n\r\n"),
                      bad = span_of(SIP_HEADER "Content-Length: -1\r\n\r\n");

    for (size_t most = 40; most < 2000; most = most * 30) {
        make_for(&plain, &sink);
        engine_begin(e, "pushed");
        server_port = 5060;
        dial_tcp(4000);
        send_octets(0, good);
        for (size_t at = 0; at < bad.n; at += most)
            send_octets(0, span_cut(bad, at, at + most));
        send_octets(0, good);
        CHECK_TEXT(span_of(end()), most < bad.n ? "RFC3261:20.14#a1 at 190 in 8 ip/tcp/sip\n"
                                                : "RFC3261:20.14#a1 at 190 in 4 ip/tcp/sip\n");
        CU_ASSERT_EQUAL(of("sip").messages, 2);
    }
    make_for(&plain, &sink);
    engine_begin(e, "pushed");
    dial_tcp(4000);
    send_octets(0, good);
    send_octets(0, span_of("\x80 nothing of SIP\r\nContent-Length: -1\r\n\r\n"));
    CHECK_TEXT(span_of(end()), "");
    server_port = 3478;
}

TESTS({"framing", framing}, {"octet_by_octet", octet_by_octet}, {"many_frames", many_frames},
      {"out_of_order", out_of_order}, {"gap", gap}, {"other_octets", other_octets},
      {"lost_framing", lost_framing}, {"lost_in_held", lost_in_held}, {"ends_inside", ends_inside},
      {"pairs", pairs}, {"middle", middle}, {"anew", anew}, {"ignored", ignored},
      {"connection_limit", connection_limit}, {"message_limit", message_limit},
      {"held_limit", held_limit}, {"front_limit", front_limit}, {"broken_framing", broken_framing})
