/* bench/peers/bench_http_parser.c - http_parser: sip.scan, the same header fields behind a Request-Line of HTTP. */
#include <stdbool.h>
#include <string.h>
#include <http_parser.h>
#include "bench/bench.h"
#include "bench/sip_mix.h"

struct spans { /* where names and values are, as ours tells it */
    const char *name[64], *value[64];
    size_t name_n[64], value_n[64], n;
    bool done;
};
struct work {
    struct sip_same same;
    size_t next, bad;
};

static int on_name(http_parser *p, const char *at, size_t n)
{
    struct spans *s = p->data;
    if (s->n < 64) {
        s->name[s->n] = at;
        s->name_n[s->n] = n;
    }
    return 0;
}

static int on_value(http_parser *p, const char *at, size_t n)
{
    struct spans *s = p->data;
    if (s->n < 64) {
        s->value[s->n] = at;
        s->value_n[s->n++] = n;
    }
    return 0;
}

static int on_end(http_parser *p)
{
    struct spans *s = p->data;
    s->done = true;
    return 0;
}

static uint64_t scan(void *ctx, size_t n)
{
    static const http_parser_settings settings = {
        .on_header_field = on_name, .on_header_value = on_value, .on_headers_complete = on_end};
    struct work *w = ctx;
    struct spans s;
    uint64_t sum = 0;

    while (n--) {
        const struct sip_mix_text *t = &w->same.msg[w->next++ % SIP_SAME];
        http_parser p;
        http_parser_init(&p, HTTP_REQUEST);
        p.data = &s;
        s.n = 0;
        s.done = false;
        if (http_parser_execute(&p, &settings, t->p, t->n) != t->n || s.n != SIP_SCAN_FIELDS ||
            !s.done)
            w->bad++;
        sum += s.value_n[3] + s.name_n[11];
    }
    return sum;
}

int main(int argc, char **argv)
{
    static struct work w;
    struct bench_args a;
    struct bench_result r = {0};
    int status = bench_args(argc, argv, &a);

    if (status)
        return status;
    if (strcmp(a.name, "sip.scan") != 0)
        return bench_say(&a, BENCH_USAGE, "not measured by this program");
    sip_same_http(&w.same);
    bench_loop(scan, &w, a.time_us, &r);
    return bench_end(&a, &r, SIP_SCAN_SIZE, w.bad);
}
