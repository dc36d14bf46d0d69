/* harness/watch/rtp/rtp_watch_captures_test.c - the watcher over every shared capture: its figures beside
 * tshark's table of RTP streams, digit for digit, and what it finds fault with. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "harness/core/test.h"
#include "harness/replay/engine.h"
#include "harness/watch/rtp/rtp_streams.h"

enum { ROWS_MAX = 256 };
static size_t n_rows, compared, found, packets;
static struct watch_sum sums[WATCH_FACTS_MAX];
static const char *file_now;

/* What SDP in the capture says, and tshark has read. */
static const struct {
    const char *file, *known;
} agreed[] = {
    {"sip-linphone-kamailio-linphone-call.pcap", "96=opus/48000/2 101=telephone-event/48000"},
    {"sip-baresip-kamailio-baresip-call.pcap", "101=telephone-event/8000"},
};
/* Streams that tshark shows otherwise, and why. */
static struct {
    const char *file, *why;
    unsigned ssrc;
    bool seen;
} otherwise[] = {
    {"t38-fax-call.pcap", "27 datagrams of it are T.38 to tshark, which follows SDP", 0x0eaf0eaf,
     false},
};
struct row {
    struct addr from, to;
    unsigned ssrc;
    int packets, lost;
    double percent, v[6]; /* least, mean, most of delta, then of jitter */
    bool problem;
};
static struct row rows[ROWS_MAX];

static bool read_row(const char *line, struct row *r)
{
    char from[64], to[64];
    unsigned from_port, to_port;
    const char *paren = strstr(line, " (");
    char x = ' ';

    if (!paren || sscanf(line, " %*f %*f %63s %u %63s %u 0x%x", from, &from_port, to, &to_port,
                         &r->ssrc) != 5)
        return false;
    while (paren > line && paren[-1] != ' ') /* back over lost and packets */
        paren--;
    while (paren > line && paren[-1] == ' ')
        paren--;
    while (paren > line && paren[-1] != ' ')
        paren--;
    if (sscanf(paren, "%d %d (%lf%%) %lf %lf %lf %lf %lf %lf %c", &r->packets, &r->lost,
               &r->percent, &r->v[0], &r->v[1], &r->v[2], &r->v[3], &r->v[4], &r->v[5], &x) < 9)
        return false;
    r->problem = x == 'X';
    if (!addr_parse(span_of(from), &r->from) || !addr_parse(span_of(to), &r->to))
        return false;
    r->from.port = (uint16_t)from_port;
    r->to.port = (uint16_t)to_port;
    return true;
}

static void ask_tshark(const char *file)
{
    char command[4096], line[1024];

    n_rows = 0;
    snprintf(command, sizeof command,
             "tshark -r '%s' -q -z rtp,streams --enable-heuristic rtp_udp 2>/dev/null", file);
    FILE *p = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    while (n_rows < ROWS_MAX && fgets(line, sizeof line, p))
        n_rows += read_row(line, &rows[n_rows]);
    pclose(p);
}

/* ---- ours ---- */

static void on_finding(void *ctx, const struct watch_finding *f)
{
    uint8_t text[256];
    struct wr w = {text, sizeof text - 1, 0, false};

    (void)ctx;
    finding_words(&w, &f->f);
    text[w.n] = '\0';
    printf("\n%s: frame %u: %s %s", test_base_name(file_now), f->frame, f->f.clause, (char *)text);
    found++;
}

static void on_fact(void *ctx, const struct watch_fact *f)
{
    (void)ctx;
    watch_add(sums, f);
}

static const struct rtp_stream *find(const struct watch *w, const struct addr *from,
                                     const struct addr *to, uint32_t ssrc, struct rtp_figures *f)
{
    const struct rtp_stream *s = NULL;

    while ((s = rtp_streams_next(w, s))) {
        rtp_stream_figures(s, f);
        if (f->ssrc == ssrc && f->packets && addr_eq(&f->from, from) && addr_eq(&f->to, to))
            break;
    }
    return s;
}

static void on_message(void *ctx, struct wr *out, const struct engine_message *m)
{
    const struct watch_sink sink = {on_finding, on_fact, NULL};

    (void)out;
    if ((m->codec != &rtp_codec && m->codec != &rtcp_codec) || m->quoted)
        return;
    struct watch_seen s = {.now_us = m->time_ns / 1000,
                           .ns = (uint16_t)(m->time_ns % 1000),
                           .from = m->src,
                           .to = m->dst,
                           .cut = m->missing > 0,
                           .sound = true,
                           .octets = m->octets,
                           .view = m->view,
                           .codec = m->codec,
                           .frame = m->frame,
                           .layer = m->layers};
    for (size_t i = 0; i < findings_kept(m->fs); i++)
        s.sound &= !level_strict(m->fs->v[i].level);
    packets++;
    watch_message(ctx, &s, &sink);
}

static void show(struct watch *w, const char *path)
{
    const struct watch_sink sink = {on_finding, on_fact, NULL};
    const struct engine_options o = {.ordered = true, .no_watch = true};
    const struct engine_sink es = {.ctx = w, .message = on_message};
    struct engine *e = engine_new(&o, &es);

    CU_ASSERT_PTR_NOT_NULL_FATAL(e);
    engine_file(e, path); /* some are damaged: what was before that is compared */
    watch_end(w, &sink);
    engine_free(e);
}

static void figures(const struct rtp_figures *f, struct row *r)
{
    const struct rtp_tshark *t = &f->tshark;
    const double v[] = {t->min_delta_ms,  t->mean_delta_ms,  t->max_delta_ms,
                        t->min_jitter_ms, t->mean_jitter_ms, t->max_jitter_ms};

    r->packets = (int)f->packets;
    r->lost = (int)t->lost;
    r->percent = t->lost_percent;
    memcpy(r->v, v, sizeof v);
    r->problem = t->problem;
}

static void print(const char *who, const struct row *r)
{
    printf("  %s %d %d (%.1f%%) %.3f %.3f %.3f %.3f %.3f %.3f%s\n", who, r->packets, r->lost,
           r->percent, r->v[0], r->v[1], r->v[2], r->v[3], r->v[4], r->v[5],
           r->problem ? " X" : "");
}

/* Equal to the digits that the table shows; what ends in a half may be rounded either way. */
static bool same(const struct row *a, const struct row *b)
{
    bool good = a->packets == b->packets && a->lost == b->lost && a->problem == b->problem &&
                fabs(a->percent - b->percent) < 0.0501;
    for (size_t i = 0; i < COUNT(a->v); i++)
        good &= fabs(a->v[i] - b->v[i]) < 0.000501;
    return good;
}

static bool explained(const struct row *r)
{
    for (size_t i = 0; i < COUNT(otherwise); i++)
        if (otherwise[i].ssrc == r->ssrc &&
            strcmp(otherwise[i].file, test_base_name(file_now)) == 0)
            return otherwise[i].seen = true;
    return false;
}

static void compare(const struct watch *w, const struct row *r)
{
    struct rtp_figures f;
    struct row ours = {0};
    const struct rtp_stream *s = find(w, &r->from, &r->to, r->ssrc, &f);

    if (s)
        figures(&f, &ours);
    if (s && same(&ours, r)) {
        compared++;
        return;
    }
    if (explained(r))
        return;
    printf("\n%s: SSRC 0x%08x%s:\n", test_base_name(file_now), r->ssrc,
           s ? "" : ", no such stream");
    print("tshark", r);
    print("ours  ", &ours);
    CU_FAIL("a stream that tshark shows otherwise");
}

static void one(const char *file)
{
    struct watch_options o = {.origin = false};

    file_now = file;
    for (size_t i = 0; i < COUNT(agreed); i++)
        if (strcmp(test_base_name(file), agreed[i].file) == 0)
            o.known = agreed[i].known;
    struct watch *w = watch_new(&rtp_watch, 0, &o);
    bool any = false;
    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    show(w, file);
    for (const struct rtp_stream *s = NULL; (s = rtp_streams_next(w, s));) {
        struct rtp_figures f;
        rtp_stream_figures(s, &f);
        any |= f.packets > 0;
    }
    n_rows = 0;
    if (any) /* else tshark is not asked, which takes a second */
        ask_tshark(file);
    for (size_t i = 0; i < n_rows; i++)
        compare(w, &rows[i]);
    watch_free(w);
}

static void captures(void)
{
    const char *root = test_shared("captures");

    if (!root || system("tshark --version >/dev/null 2>&1") != 0) {
        test_skip(root ? "tshark is not installed" : "the shared captures are not there");
        return;
    }
    size_t n_files;
    char *const *files = test_captures(root, &n_files);
    for (size_t i = 0; i < n_files; i++)
        one(files[i]);
    printf("\n%zu files, %zu datagrams, %zu streams as in tshark, %zu findings\n", n_files, packets,
           compared, found);
    for (size_t i = 0; i < rtp_watch.n_facts; i++)
        if (sums[i].n)
            printf("  %s: %llu\n", rtp_watch.facts[i].words, (unsigned long long)sums[i].total);
    CU_ASSERT_TRUE(compared > 0 && packets > 0);
    if (!test_captures_all())
        return;
    for (size_t i = 0; i < COUNT(otherwise); i++)
        CU_ASSERT_TRUE(otherwise[i].seen);
    CU_ASSERT_TRUE(compared >= 41);
    CU_ASSERT_EQUAL(found, 1); /* t38-fax-call: the timestamp begins anew at 0 behind the fax */
}

TESTS({"beside tshark", captures})
