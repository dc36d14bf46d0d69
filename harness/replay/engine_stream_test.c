/* harness/replay/engine_stream_test.c - the engine over TCP: streams, what is odd in them, TLS, limits, jobs. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "harness/replay/engine_impl.h"
#include "harness/tests/tlsdec_talk.h"

/* ---- what comes out ---- */

static struct engine *e;
static char said[1 << 20];
static size_t n_said;

static void on_message(void *user, struct wr *w, const struct engine_message *m)
{
    const char *transport = strstr(m->layers, "tcp");
    (void)user;
    CU_ASSERT_TRUE(m->stream && m->n_frames && m->frames[m->n_frames - 1] == m->frame);
    wr_text(w, transport ? transport : m->layers);
    for (size_t i = 0; i < m->n_frames; i++) {
        wr_u8(w, i ? '+' : ' ');
        wr_dec(w, m->frames[i]);
    }
    wr_text(w, m->fs->n ? "! " : " ");
}

static uint64_t problem_off; /* of the last one */

static void on_problem(void *user, const char *file, const struct capread_problem *p)
{
    uint8_t text[256], src[64];
    struct wr w = {text, sizeof text, 0, false}, a = {src, sizeof src, 0, false};
    const struct finding f = {.what = p->what, .arg = {p->arg[0], p->arg[1]}};
    (void)user;
    (void)file;
    CU_ASSERT_TRUE(p->stream);
    problem_off = p->off;
    finding_words(&w, &f);
    addr_text(&a, &p->src);
    int n = snprintf(said + n_said, sizeof said - n_said, "{%u %.*s %.*s} ", p->frame, (int)a.n,
                     (const char *)src, (int)w.n, (const char *)text);
    if (n > 0 && n_said + (size_t)n < sizeof said)
        n_said += (size_t)n;
}

static bool on_text(void *user, struct span s)
{
    (void)user;
    if (n_said + s.n < sizeof said) {
        memcpy(said + n_said, s.p, s.n);
        n_said += s.n;
    }
    return true;
}

static void make(const struct engine_options *o)
{
    const struct engine_sink sink = {.message = on_message, .problem = on_problem, .text = on_text};
    engine_free(e);
    e = engine_new(o, &sink);
    CU_ASSERT_PTR_NOT_NULL_FATAL(e);
    n_said = 0;
}

static const struct engine_options plain = {.jobs = 1};

static void start(void)
{
    make(&plain);
    engine_begin(e, "pushed");
}

static const char *end(void)
{
    engine_end(e);
    if (n_said && said[n_said - 1] == ' ')
        n_said--;
    said[n_said] = '\0';
    return said;
}

static struct engine_counts counts(void)
{
    struct engine_counts c;
    engine_counts(e, &c);
    return c;
}

static struct engine_protocol of(const char *name)
{
    struct engine_protocol all[ENGINE_PROTOCOLS_MAX];
    size_t n = engine_protocols(e, all);
    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i].name, name) == 0)
            return all[i];
    return (struct engine_protocol){0};
}

static bool says(const char *words)
{
    return strstr(said, words) != NULL;
}

/* ---- connections: a client 10.0.0.1 and a server 10.0.0.2 ---- */

static struct ends {
    uint16_t port; /* of the client */
    uint32_t next[2];
} ends;
static uint64_t now;
static uint8_t file[4 << 20]; /* where frames go to once it has been begun */
static struct wr to;

static void frame_out(struct span p)
{
    now += 1000000;
    if (!to.p) {
        engine_push(e, 101, now, p, (uint32_t)p.n);
        return;
    }
    uint32_t padded = (uint32_t)(p.n + 3) / 4 * 4, block = 32 + padded; /* an enhanced packet */
    wr_u32(&to, 6);
    wr_u32(&to, block);
    wr_u32(&to, 0);
    wr_u64(&to, now / 1000);
    wr_u32(&to, (uint32_t)p.n);
    wr_u32(&to, (uint32_t)p.n);
    wr_put(&to, p);
    for (size_t i = p.n; i < padded; i++)
        wr_u8(&to, 0);
    wr_u32(&to, block);
}

static void segment(unsigned side, uint8_t flags, uint32_t seq, struct span data)
{
    static uint8_t p[70000];
    struct wr w = {p, sizeof p, 0, false};

    wr_u16(&w, 0x4500);
    wr_u16(&w, (uint16_t)(40 + data.n));
    wr_u32(&w, 0);
    wr_u32(&w, 0x40060000);
    wr_u32(&w, 0x0a000001 + side);
    wr_u32(&w, 0x0a000002 - side);
    wr_u16(&w, side ? 3478 : ends.port);
    wr_u16(&w, side ? ends.port : 3478);
    wr_u32(&w, seq);
    wr_u32(&w, flags & TCP_ACK ? ends.next[!side] : 0);
    wr_u8(&w, 0x50);
    wr_u8(&w, flags);
    wr_u16(&w, 1000);
    wr_u32(&w, 0);
    wr_put(&w, data);
    CU_ASSERT_FALSE_FATAL(w.full);
    frame_out(wr_span(&w));
}

static void dial_tcp(uint16_t port)
{
    ends = (struct ends){port, {1000u * port, 77u * port}};
    segment(0, TCP_SYN, ends.next[0]++, (struct span){NULL, 0});
    segment(1, TCP_SYN | TCP_ACK, ends.next[1]++, (struct span){NULL, 0});
}

static void send_octets(unsigned side, struct span data)
{
    segment(side, TCP_ACK | TCP_PSH, ends.next[side], data);
    ends.next[side] += (uint32_t)data.n;
}

static void fin(unsigned side)
{
    segment(side, TCP_ACK | TCP_FIN, ends.next[side]++, (struct span){NULL, 0});
}

static struct span unhex(const char *hex)
{
    static uint8_t buf[4][2048];
    static unsigned turn;
    struct wr w = {buf[turn++ % 4], 2048, 0, false};
    CU_ASSERT_TRUE_FATAL(wr_unhex(&w, span_of(hex)));
    return wr_span(&w);
}

static void send_hex(unsigned side, const char *hex)
{
    send_octets(side, unhex(hex));
}

#define ID "000102030405060708090a0b"
#define REQUEST "0001 0000 2112a442" ID
#define ANSWER "0101 000c 2112a442" ID "0020 0008 0001 a147 e112a643"
#define CHANNEL "4000 0003 61626300"      /* padded to four octets */
#define CHANNEL_5766 "7fff 0004 61626364" /* a number of RFC 5766 that RFC 8656 took back */

/* A request with a SOFTWARE attribute of `n` octets, a multiple of four. */
static struct span software(uint16_t n)
{
    static uint8_t p[1024];
    struct wr w = {p, sizeof p, 0, false};

    wr_u32(&w, 0x00010000u + 4 + n);
    CU_ASSERT_TRUE_FATAL(wr_unhex(&w, span_of("2112a442" ID)));
    wr_u16(&w, 0x8022);
    wr_u16(&w, n);
    for (uint16_t i = 0; i < n; i++)
        wr_u8(&w, 'a');
    return wr_span(&w);
}

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

/* ---- TLS ---- */

#define SUITE_13 "TLS_AES_128_GCM_SHA256"
#define SUITE_12 "ECDHE-RSA-AES256-GCM-SHA384"

/* A talk of STUN in TLS; what it says is told by side. */
static void stun_talk(const char *suite)
{
    struct span request = unhex(REQUEST REQUEST), answer = unhex(ANSWER);

    contexts(suite, true);
    dial();
    pump();
    say(0, request.p, 30); /* records end where messages do not */
    say(0, request.p + 30, 10);
    say(1, answer.p, answer.n);
    bye();
    hang_up();
    contexts_free();
}

/* The talk over TCP, `most` octets a segment. */
static void send_talk(uint16_t port, size_t most)
{
    dial_tcp(port);
    for (size_t i = 0; i < talk.n_flights; i++) {
        const struct flight *f = &talk.flights[i];
        for (size_t at = 0; at < f->n; at += most)
            send_octets(f->side, span_cut((struct span){talk.octets + f->at, f->n}, at, at + most));
    }
    fin(0);
    fin(1);
}

static void tls_stun(void)
{
    static const char *const suites[] = {SUITE_13, SUITE_12};
    for (size_t i = 0; i < COUNT(suites); i++)
        for (size_t most = 1; most < 5000; most = most * 7 + 3) {
            stun_talk(suites[i]);
            const struct engine_options o = {.keylog = span_of(talk.keys)};
            make(&o);
            engine_begin(e, "pushed");
            send_talk(4000, most);
            end();
            CU_ASSERT_EQUAL(of("stun").messages, 3);
            CU_ASSERT_EQUAL(of("stun").connections, 1);
            CU_ASSERT_EQUAL(of("tls").connections, 1);
            CU_ASSERT_TRUE(says("tcp/tls/stun"));
            CU_ASSERT_EQUAL(counts().tls_decrypted, 1);
            CU_ASSERT_EQUAL(counts().tls_no_key, 0);
            CU_ASSERT_EQUAL(counts().c.problems, 0);
            CU_ASSERT_EQUAL(counts().connections_unknown, 0);
        }
}

/* No key is no problem; a wrong one is. */
static void tls_keys(void)
{
    stun_talk(SUITE_13);
    start();
    send_talk(4000, 1400);
    CU_ASSERT_STRING_EQUAL(end(), "");
    CU_ASSERT_EQUAL(counts().tls_no_key, 1);
    CU_ASSERT_EQUAL(of("tls").connections, 1);
    for (char *p = talk.keys; (p = strchr(p, '\n')); p++)
        p[-1] = p[-1] == '0' ? '1' : '0';
    const struct engine_options o = {.keylog = span_of(talk.keys)};
    make(&o);
    engine_begin(e, "pushed");
    send_talk(4000, 1400);
    end();
    CU_ASSERT_TRUE(says("the key log has a secret for this connection, and it does not fit"));
    CU_ASSERT_EQUAL(counts().tls_wrong_key, 1);
    CU_ASSERT_EQUAL(counts().tls_no_key, 0);
    CU_ASSERT_EQUAL(of("stun").messages, 0);
}

/* What is in TLS is told by the same recognisers. */
static void tls_known(void)
{
    contexts(SUITE_13, true);
    dial();
    pump();
    say(0, "GET / HTTP/1.1\r\n\r\n", 18);
    bye();
    hang_up();
    contexts_free();
    const struct engine_options o = {.keylog = span_of(talk.keys)};
    make(&o);
    engine_begin(e, "pushed");
    send_talk(4000, 1400);
    end();
    CU_ASSERT_EQUAL(of("http").connections, 1);
    CU_ASSERT_EQUAL(of("tls").connections, 1);
    CU_ASSERT_EQUAL(counts().connections, 1);
    CU_ASSERT_EQUAL(counts().connections_unknown, 0);
}

/* ---- files with secrets ---- */

static void file_begin(void)
{
    to = (struct wr){file, sizeof file, 0, false};
    now = 0;
    wr_u32(&to, 0x0a0d0d0a);
    wr_u32(&to, 28);
    wr_u32(&to, 0x1a2b3c4d);
    wr_u32(&to, 0x00010000);
    wr_u64(&to, UINT64_MAX);
    wr_u32(&to, 28);
    wr_u32(&to, 1);
    wr_u32(&to, 20);
    wr_u32(&to, 101 << 16);
    wr_u32(&to, 0);
    wr_u32(&to, 20);
}

static void file_secrets(uint32_t type, struct span text)
{
    uint32_t padded = (uint32_t)(text.n + 3) / 4 * 4;
    wr_u32(&to, 10);
    wr_u32(&to, 20 + padded);
    wr_u32(&to, type);
    wr_u32(&to, (uint32_t)text.n);
    wr_put(&to, text);
    for (size_t i = text.n; i < padded; i++)
        wr_u8(&to, '\n');
    wr_u32(&to, 20 + padded);
}

static void file_read(unsigned jobs)
{
    const struct engine_options o = {.jobs = jobs};
    int fd = memfd_create("capture", 0);

    CU_ASSERT_FALSE_FATAL(to.full);
    CU_ASSERT_TRUE_FATAL(fd >= 0 && write(fd, file, to.n) == (ssize_t)to.n);
    lseek(fd, 0, SEEK_SET);
    make(&o);
    CU_ASSERT_PTR_NULL(engine_fd(e, fd, "x.pcapng"));
    close(fd);
    said[n_said] = '\0';
}

static void secrets_block(void)
{
    static const uint32_t types[] = {CAPFILE_SECRETS_TLS,
                                     0x57474b4c}; /* the other is WireGuard's */
    stun_talk(SUITE_13);
    for (int place = 0; place < 3; place++) /* before the frames, in their midst, behind them */
        for (size_t i = 0; i < COUNT(types); i++) {
            file_begin();
            if (place == 0)
                file_secrets(types[i], span_of(talk.keys));
            dial_tcp(4000);
            for (size_t j = 0; j < talk.n_flights; j++) {
                const struct flight *f = &talk.flights[j];
                if (place == 1 && j == 3)
                    file_secrets(types[i], span_of(talk.keys));
                send_octets(f->side, (struct span){talk.octets + f->at, f->n});
            }
            if (place == 2)
                file_secrets(types[i], span_of(talk.keys));
            for (unsigned jobs = 1; jobs <= 3; jobs++) {
                file_read(jobs);
                CU_ASSERT_EQUAL(of("stun").messages, i == 0 ? 3 : 0);
                CU_ASSERT_EQUAL(counts().tls_no_key, i == 0 ? 0 : 1);
            }
        }
    to.p = NULL;
}

/* A block of secrets that is as long as may be, and one that is longer. */
static void secrets_limit(void)
{
    static uint8_t text[CAPREAD_BLOCK_MAX];

    stun_talk(SUITE_13);
    for (size_t more = 0; more <= 4; more += 4) {
        size_t n = CAPREAD_BLOCK_MAX - 20 + more, keys = strlen(talk.keys);
        memset(text, '\n', n);
        memcpy(text + n - keys, talk.keys, keys);
        file_begin();
        file_secrets(CAPFILE_SECRETS_TLS, (struct span){text, n});
        send_talk(4000, 1400);
        CU_ASSERT_FALSE_FATAL(to.full);
        const struct engine_sink none = {0};
        const struct engine_options o = {.jobs = 1};
        int fd = memfd_create("capture", 0);
        CU_ASSERT_TRUE_FATAL(fd >= 0 && write(fd, file, to.n) == (ssize_t)to.n);
        lseek(fd, 0, SEEK_SET);
        engine_free(e);
        e = engine_new(&o, &none);
        CU_ASSERT_PTR_NOT_NULL_FATAL(e);
        CU_ASSERT_PTR_NULL(engine_fd(e, fd, "x.pcapng"));
        close(fd);
        CU_ASSERT_EQUAL(of("stun").messages, more ? 0 : 3);
        CU_ASSERT_EQUAL(counts().c.problems, more != 0); /* of the next frame */
    }
    to.p = NULL;
}

/* ---- any number of jobs ---- */

enum { MANY = 300, ROUNDS = 12 };

/* Many connections at once, with gaps, other octets, unfinished messages, and TLS whose keys come late. */
static void mixed_file(void)
{
    static struct ends all[MANY];

    stun_talk(SUITE_13);
    file_begin();
    for (unsigned i = 0; i < MANY; i++) {
        dial_tcp((uint16_t)(4000 + i));
        all[i] = ends;
    }
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned i = 0; i < MANY; i++) {
            ends = all[i];
            if (i % 7 == 1 && round == 4)
                ends.next[0] += 20; /* lost */
            if (i % 11 == 2 && round == 6) {
                ends.next[0] -= 20;
                send_hex(0, "0001 0000 2112a442 ffffffffffffffffffffffff");
            }
            send_hex(0, i % 5 == 3 ? REQUEST "0001 0000" : REQUEST);
            if (i % 5 == 3)
                send_hex(0, "2112a442" ID);
            send_hex(1, i % 13 == 5 && round == 7 ? "ffee" : ANSWER);
            all[i] = ends;
        }
    for (unsigned i = 0; i < MANY; i += 3) { /* what only the end of the file delivers */
        ends = all[i];
        ends.next[0] += 4;
        send_hex(0, REQUEST);
    }
    send_talk(9000, 1400);
    send_talk(9001, 100);
    file_secrets(CAPFILE_SECRETS_TLS, span_of(talk.keys));
    send_talk(9002, 1400);
}

static void jobs(void)
{
    static char alone[sizeof said];

    mixed_file();
    CU_ASSERT_TRUE(to.n > 2 * ENGINE_WINDOW);
    file_read(1);
    memcpy(alone, said, sizeof said);
    struct engine_counts one = counts(), more;
    uint64_t messages = of("stun").messages;
    CU_ASSERT_TRUE(messages > 2 * MANY * (ROUNDS - 2) && one.c.problems > MANY / 7);
    CU_ASSERT_EQUAL(one.tls_decrypted, 3);
    CU_ASSERT_TRUE(says("are not in the capture") && says("others than in frame") &&
                   says("tls/stun"));
    for (unsigned j = 2; j <= 5; j++) {
        file_read(j);
        CU_ASSERT_STRING_EQUAL(said, alone);
        more = counts();
        CU_ASSERT_EQUAL(memcmp(&one, &more, sizeof one), 0);
        CU_ASSERT_EQUAL(of("stun").messages, messages);
    }
    to.p = NULL;
    engine_free(e);
    e = NULL;
}

TESTS({"framing", framing}, {"octet_by_octet", octet_by_octet}, {"many_frames", many_frames},
      {"out_of_order", out_of_order}, {"gap", gap}, {"other_octets", other_octets},
      {"lost_framing", lost_framing}, {"lost_in_held", lost_in_held}, {"ends_inside", ends_inside},
      {"pairs", pairs}, {"middle", middle}, {"anew", anew}, {"ignored", ignored},
      {"connection_limit", connection_limit}, {"message_limit", message_limit},
      {"held_limit", held_limit}, {"front_limit", front_limit}, {"tls_stun", tls_stun},
      {"tls_keys", tls_keys}, {"tls_known", tls_known}, {"secrets_block", secrets_block},
      {"secrets_limit", secrets_limit}, {"jobs", jobs})
