/* harness/replay/streams_test.c - the octets of connections in whole captures, TCP's and TLS's, beside tshark. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "harness/core/capture.h"
#include "harness/replay/layers.h"
#include "harness/replay/tcp.h"
#include "harness/replay/tlsdec.h"
#include "harness/tests/tlsdec_talk.h"

enum { STREAMS = 4 }; /* of a file, the first ones */

struct text { /* of a direction */
    uint8_t *p;
    size_t n, cap;
};
struct stream {
    struct addr end[2]; /* by side */
    struct text raw[2], plain[2];
    bool holes;
};
struct flow {
    struct addr end[2];
    struct tcp *t;
    struct tlsdec *tls; /* NULL: its front is no TLS */
    bool looked;
    size_t stream; /* STREAMS: beyond those that are compared */
};
static struct stream streams[STREAMS];
static size_t n_streams;
static struct flow flows[4096];
static size_t n_flows;
static struct tcp_pool pool;
static struct tlskeys *keys;

static void add(struct text *t, struct span s)
{
    if (t->n + s.n > t->cap) {
        t->cap = (t->n + s.n) * 2;
        t->p = realloc(t->p, t->cap);
        CU_ASSERT_PTR_NOT_NULL_FATAL(t->p);
        if (!t->p)
            return; /* FATAL has left already */
    }
    memcpy(t->p + t->n, s.p, s.n);
    t->n += s.n;
}

static size_t stream_new(const struct flow *f)
{
    if (n_streams == STREAMS)
        return STREAMS;
    streams[n_streams] = (struct stream){.end = {f->end[0], f->end[1]}};
    return n_streams++;
}

static void plain(void *user, const struct tlsdec_plain *p)
{
    const struct flow *f = user;
    add(&streams[f->stream].plain[p->side], p->data);
}

static void octets(void *user, const struct tcp_octets *o)
{
    static const struct tlsdec_sink sink = {plain, NULL};
    struct flow *f = user;
    bool sure;

    if (f->stream == STREAMS)
        return;
    streams[f->stream].holes |= o->gap != 0;
    add(&streams[f->stream].raw[o->side], o->data);
    if (!f->looked && tlsdec_guess(o->data, &sure) == TLSDEC_TLS)
        f->tls = tlsdec_new(keys, &sink, f);
    f->looked = true;
    if (f->tls)
        tlsdec_octets(f->tls, &(struct tlsdec_octets){.side = o->side,
                                                      .data = o->data,
                                                      .gap = o->gap,
                                                      .frame = o->now_frame,
                                                      .time_ns = o->now_ns});
}

static void note(void *user, const struct tcp_note *n)
{
    struct flow *f = user;

    if (n->kind == TCP_ANEW) {
        f->stream = stream_new(f);
        tlsdec_free(f->tls);
        f->tls = NULL;
        f->looked = false;
    } else if (f->stream < STREAMS && n->kind == TCP_ENDED) {
        streams[f->stream].holes |= n->arg[0] != 0;
    }
}

static void segment(const struct layers *l)
{
    const struct capread_datagram *d = &l->datagram;
    size_t i = 0;

    while (i < n_flows &&
           !(addr_eq(&flows[i].end[0], &d->src) && addr_eq(&flows[i].end[1], &d->dst)) &&
           !(addr_eq(&flows[i].end[1], &d->src) && addr_eq(&flows[i].end[0], &d->dst)))
        i++;
    struct flow *f = &flows[i];
    if (i == COUNT(flows))
        return;
    if (i == n_flows) {
        *f = (struct flow){.end = {d->src, d->dst}, .t = tcp_new(&pool, f)};
        CU_ASSERT_PTR_NOT_NULL_FATAL(f->t);
        f->stream = stream_new(f);
        n_flows++;
    }
    const struct tcp_segment s = {.side = !addr_eq(&f->end[0], &d->src),
                                  .seq = get_u32(l->tcp.p + 4),
                                  .ack = get_u32(l->tcp.p + 8),
                                  .flags = l->tcp.p[13],
                                  .window = get_u16(l->tcp.p + 14),
                                  .data = d->payload,
                                  .missing = (uint32_t)d->missing,
                                  .frame = d->frame,
                                  .time_ns = d->time_ns};
    tcp_segment(f->t, &s);
}

/* Read a capture: `streams` has what its connections carried. */
static void read_capture(const char *path)
{
    static struct layers l;
    struct capfile_frame frame;
    struct capfile c;
    const char *err;
    int fd = open(path, O_RDONLY);

    pool = (struct tcp_pool){.sink = {octets, note}};
    n_flows = n_streams = 0;
    l = (struct layers){.frags = frags_new()};
    CU_ASSERT_FATAL(fd >= 0 && l.frags && capfile_open(&c, fd, path, &err));
    for (enum capread_item got; (got = capfile_next(&c, &frame)) != CAPREAD_END;) {
        if (got != CAPREAD_DATAGRAM)
            continue;
        layers_frame(&l, &frame);
        if (l.segment && !l.datagram.quoted)
            segment(&l);
    }
    for (size_t i = 0; i < n_flows; i++) {
        tcp_end(flows[i].t, 0, 0);
        tcp_free(flows[i].t);
        if (flows[i].tls)
            tlsdec_end(flows[i].tls, 0, 0);
        tlsdec_free(flows[i].tls);
    }
    CU_ASSERT_EQUAL(pool.used, 0);
    capfile_close(&c);
    close(fd);
    frags_free(l.frags);
}

static void forget(void)
{
    for (size_t i = 0; i < n_streams; i++)
        for (unsigned side = 0; side < 2; side++) {
            free(streams[i].raw[side].p);
            free(streams[i].plain[side].p);
        }
    n_streams = 0;
}

/* ---- tshark ---- */

static struct text theirs[STREAMS][2]; /* by side */

/* A line of what tshark follows: hexadecimal, behind a tab where it is of node 1. */
static void their_octets(size_t stream, unsigned node0, const char *line)
{
    static uint8_t room[1 << 17];
    struct wr w = {.p = room, .cap = sizeof room};
    unsigned side = *line == '\t' ? !node0 : node0;
    struct span hex = span_of(line + (*line == '\t'));

    while (hex.n && hex.p[hex.n - 1] == '\n')
        hex.n--;
    CU_ASSERT_TRUE(wr_unhex(&w, hex));
    add(&theirs[stream][side], wr_span(&w));
}

/* `what` is "tcp" or "tls". */
static void ask_tshark(const char *path, const char *what, const char *options)
{
    static char command[8192], line[1 << 18];
    char node[128];
    unsigned node0 = 0;
    size_t stream = STREAMS, n;

    n = (size_t)snprintf(command, sizeof command, "tshark -q -r '%s' %s", path, options);
    for (size_t i = 0; i < n_streams; i++)
        n += (size_t)snprintf(command + n, sizeof command - n, " -z follow,%s,raw,%zu", what, i);
    snprintf(command + n, sizeof command - n, " 2>/dev/null");
    FILE *p = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    while (fgets(line, sizeof line, p)) {
        if (sscanf(line, "Filter: tcp.stream eq %zu", &stream) == 1 || *line == '=')
            continue;
        if (sscanf(line, "Node 0: %127s", node) == 1) {
            struct addr a;
            char *colon = strrchr(node, ':');
            *colon = '\0';
            CU_ASSERT_TRUE(addr_parse(span_of(node), &a) || !strcmp(node, ""));
            a.port = (uint16_t)strtoul(colon + 1, NULL, 10);
            node0 = stream < n_streams && addr_eq(&streams[stream].end[1], &a);
            CU_ASSERT_TRUE(!*node || stream >= n_streams || node0 ||
                           addr_eq(&streams[stream].end[0], &a));
        } else if (strchr("\t0123456789abcdef", *line) && stream < STREAMS) {
            their_octets(stream, node0, line);
        }
    }
    pclose(p);
}

static bool same(const char *path, size_t i, unsigned side, const struct text *ours)
{
    const struct text *other = &theirs[i][side];
    if (ours->n == other->n && (ours->n == 0 || memcmp(ours->p, other->p, ours->n) == 0))
        return true;
    printf("\n%s: connection %zu, side %u: %zu octets, tshark says %zu", path, i, side, ours->n,
           other->n);
    return false;
}

static void drop_theirs(void)
{
    for (size_t i = 0; i < STREAMS; i++)
        for (unsigned side = 0; side < 2; side++) {
            free(theirs[i][side].p);
            theirs[i][side] = (struct text){0};
        }
}

/* ---- tests ---- */

static bool tshark_here(void)
{
    if (system("tshark --version >/dev/null 2>&1") == 0)
        return true;
    test_skip("tshark is not installed");
    return false;
}

/* Where the two differ, and why. */
static const struct {
    const char *file;
    size_t stream;
} known[] = {
    /* below TCP: IP fragments overlap with different octets, of which we keep the first, tshark the last */
    {"net/ipv4-frag-4.pcap", 1},
};

static bool is_known(const char *path, size_t stream)
{
    for (size_t i = 0; i < COUNT(known); i++)
        if (strstr(path, known[i].file) && known[i].stream == stream)
            return true;
    return false;
}

/* Every connection of the shared captures that has no hole. */
static void shared_captures(void)
{
    const char *root = test_shared("captures");
    size_t compared = 0, carried = 0;

    if (!root) {
        test_skip("the folder of shared captures is not here");
        return;
    }
    if (!tshark_here())
        return;
    size_t n_files;
    char *const *files = test_captures(root, &n_files);
    for (size_t k = 0; k < n_files; k++) {
        /* fragments of IPv4 that overlap with other octets: tshark keeps those that came last, we the first */
        if (strstr(files[k], "net/ipv4-frag-4.pcap"))
            continue;
        read_capture(files[k]);
        if (n_streams)
            ask_tshark(files[k], "tcp", "");
        for (size_t i = 0; i < n_streams; i++) {
            if (streams[i].holes)
                continue;
            compared++;
            for (unsigned side = 0; side < 2; side++) {
                CU_ASSERT_TRUE(same(files[k], i, side, &streams[i].raw[side]) ||
                               is_known(files[k], i));
                carried += streams[i].raw[side].n;
            }
        }
        forget();
        drop_theirs();
    }
    printf("\n%zu connections, %zu octets ", compared, carried);
    CU_ASSERT_TRUE(compared > 0 && carried > 0);
}

/* A talk as our own writer writes it down, read by both with the keys. */
static void own_tls(void)
{
    static const char *const suites[] = {"TLS_AES_256_GCM_SHA384", "ECDHE-RSA-CHACHA20-POLY1305"};
    char path[] = P_tmpdir "/rtclab-streams-XXXXXX", log[64], options[128];
    const char *err = "";

    if (!tshark_here())
        return;
    int fd = mkstemp(path);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    close(fd);
    snprintf(log, sizeof log, "%s.keys", path);
    snprintf(options, sizeof options, "-o tls.keylog_file:'%s' -d tcp.port==4433,tls", log);
    for (size_t v = 0; v < COUNT(suites); v++) {
        struct addr end[2] = {{.family = 4, .ip = {127, 0, 0, 1}, .port = 40000},
                              {.family = 4, .ip = {127, 0, 0, 1}, .port = 4433}};
        struct capture *c = capture_open(path, "test", 0, &err);
        CU_ASSERT_PTR_NOT_NULL_FATAL(c);
        plain_talk(suites[v]);
        capture_stream(c, 1, &end[0], &end[1], CAPTURE_SYN, (struct span){NULL, 0});
        for (size_t i = 0; i < talk.n_flights; i++) {
            const struct flight *f = &talk.flights[i];
            capture_stream(c, i + 2, &end[f->side], &end[!f->side], 0,
                           (struct span){talk.octets + f->at, f->n});
        }
        CU_ASSERT_TRUE(capture_close(c, &err));
        FILE *f = fopen(log, "w");
        CU_ASSERT_PTR_NOT_NULL_FATAL(f);
        fputs(talk.keys, f);
        fclose(f);
        keys = tlskeys_new(0);
        CU_ASSERT_PTR_NOT_NULL_FATAL(keys);
        tlskeys_add(keys, span_of(talk.keys), 0);
        read_capture(path);
        CU_ASSERT_EQUAL(n_streams, 1);
        ask_tshark(path, "tls", options);
        for (unsigned side = 0; side < 2; side++) {
            CU_ASSERT_EQUAL(streams[0].plain[side].n, talk.n_said[side]);
            CU_ASSERT_TRUE(same(path, 0, side, &streams[0].plain[side]));
        }
        forget();
        drop_theirs();
        tlskeys_free(keys);
        keys = NULL;
    }
    unlink(path);
    unlink(log);
}

TESTS({"shared_captures", shared_captures}, {"own_tls", own_tls})
