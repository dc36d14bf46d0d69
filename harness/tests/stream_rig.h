/* harness/tests/stream_rig.h - for tests of the engine over TCP: a connection whose segments the test writes, pushed or
 * put into a file, and what the engine tells of it, as text. */
#ifndef HARNESS_TESTS_STREAM_RIG_H
#define HARNESS_TESTS_STREAM_RIG_H
#include "harness/core/test.h"
#include "harness/replay/engine_impl.h"

/* ---- what comes out ---- */

static struct engine *e;
static char said[1 << 20];
static size_t n_said;

static inline void on_message(void *user, struct wr *w, const struct engine_message *m)
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

static inline void on_problem(void *user, const char *file, const struct capread_problem *p)
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

static inline bool on_text(void *user, struct span s)
{
    (void)user;
    if (n_said + s.n < sizeof said) {
        memcpy(said + n_said, s.p, s.n);
        n_said += s.n;
    }
    return true;
}

static inline void make_for(const struct engine_options *o, const struct engine_sink *sink)
{
    engine_free(e);
    e = engine_new(o, sink);
    CU_ASSERT_PTR_NOT_NULL_FATAL(e);
    n_said = 0;
}

static inline void make(const struct engine_options *o)
{
    const struct engine_sink sink = {.message = on_message, .problem = on_problem, .text = on_text};
    make_for(o, &sink);
}

static const struct engine_options plain = {.jobs = 1};

static inline void start(void)
{
    make(&plain);
    engine_begin(e, "pushed");
}

static inline const char *end(void)
{
    engine_end(e);
    if (n_said && said[n_said - 1] == ' ')
        n_said--;
    said[n_said] = '\0';
    return said;
}

static inline struct engine_counts counts(void)
{
    struct engine_counts c;
    engine_counts(e, &c);
    return c;
}

static inline struct engine_protocol of(const char *name)
{
    struct engine_protocol all[ENGINE_PROTOCOLS_MAX];
    size_t n = engine_protocols(e, all);
    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i].name, name) == 0)
            return all[i];
    return (struct engine_protocol){0};
}

static inline bool says(const char *words)
{
    return strstr(said, words) != NULL;
}

/* ---- connections: a client 10.0.0.1 and a server 10.0.0.2 ---- */

static uint16_t server_port = 3478;
static struct ends {
    uint16_t port; /* of the client */
    uint32_t next[2];
} ends;
static uint64_t now;
static struct wr written; /* where frames go to once it has been begun: a file */

static inline void frame_out(struct span p)
{
    now += 1000000;
    if (!written.p) {
        engine_push(e, 101, now, p, (uint32_t)p.n);
        return;
    }
    uint32_t padded = (uint32_t)(p.n + 3) / 4 * 4, block = 32 + padded; /* an enhanced packet */
    wr_u32(&written, 6);
    wr_u32(&written, block);
    wr_u32(&written, 0);
    wr_u64(&written, now / 1000);
    wr_u32(&written, (uint32_t)p.n);
    wr_u32(&written, (uint32_t)p.n);
    wr_put(&written, p);
    for (size_t i = p.n; i < padded; i++)
        wr_u8(&written, 0);
    wr_u32(&written, block);
}

static inline void segment(unsigned side, uint8_t flags, uint32_t seq, struct span data)
{
    static uint8_t p[70000];
    struct wr w = {p, sizeof p, 0, false};

    wr_u16(&w, 0x4500);
    wr_u16(&w, (uint16_t)(40 + data.n));
    wr_u32(&w, 0);
    wr_u32(&w, 0x40060000);
    wr_u32(&w, 0x0a000001 + side);
    wr_u32(&w, 0x0a000002 - side);
    wr_u16(&w, side ? server_port : ends.port);
    wr_u16(&w, side ? ends.port : server_port);
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

static inline void dial_tcp(uint16_t port)
{
    ends = (struct ends){port, {1000u * port, 77u * port}};
    segment(0, TCP_SYN, ends.next[0]++, (struct span){NULL, 0});
    segment(1, TCP_SYN | TCP_ACK, ends.next[1]++, (struct span){NULL, 0});
}

static inline void send_octets(unsigned side, struct span data)
{
    segment(side, TCP_ACK | TCP_PSH, ends.next[side], data);
    ends.next[side] += (uint32_t)data.n;
}

static inline void fin(unsigned side)
{
    segment(side, TCP_ACK | TCP_FIN, ends.next[side]++, (struct span){NULL, 0});
}

static inline struct span unhex(const char *hex)
{
    static uint8_t buf[4][2048];
    static unsigned turn;
    struct wr w = {buf[turn++ % 4], 2048, 0, false};
    CU_ASSERT_TRUE_FATAL(wr_unhex(&w, span_of(hex)));
    return wr_span(&w);
}

static inline void send_hex(unsigned side, const char *hex)
{
    send_octets(side, unhex(hex));
}

#define ID "000102030405060708090a0b"
#define REQUEST "0001 0000 2112a442" ID
#define ANSWER "0101 000c 2112a442" ID "0020 0008 0001 a147 e112a643"
#define CHANNEL "4000 0003 61626300"      /* padded to four octets */
#define CHANNEL_5766 "7fff 0004 61626364" /* a number of RFC 5766 that RFC 8656 took back */

/* A request with a SOFTWARE attribute of `n` octets, a multiple of four. */
static inline struct span software(uint16_t n)
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
#endif
