/* bench/peers/bench_osip.c - libosip2's parser: sip.full and sip.route (parsed whole, it has no other way), sip.build. */
#include <stdbool.h>
#include <string.h>
#include <sys/time.h>
#include <osipparser2/osip_parser.h>
#include "bench/bench.h"
#include "bench/sip_mix.h"

struct work {
    struct sip_mix mix;
    struct sip_same same;
    osip_message_t *parsed[SIP_SAME];
    size_t next, bad;
};

static osip_message_t *parse(const struct sip_mix_text *t)
{
    osip_message_t *m = NULL;
    if (osip_message_init(&m) != 0 || osip_message_parse(m, t->p, t->n) != 0) {
        osip_message_free(m);
        return NULL;
    }
    return m;
}

static uint64_t full(void *ctx, size_t n)
{
    struct work *w = ctx;
    uint64_t sum = 0;

    while (n--) {
        osip_message_t *m = parse(&w->mix.msg[w->next++ % SIP_MIX]);
        if (!m || !m->cseq || !m->call_id) {
            w->bad++;
            continue;
        }
        sum += (uint64_t)m->vias.nb_elt + (uint64_t)m->cseq->number[0];
        osip_message_free(m);
    }
    return sum;
}

/* Each message is written anew: what osip keeps of the last time is let go. */
static uint64_t build(void *ctx, size_t n)
{
    struct work *w = ctx;
    uint64_t sum = 0;

    while (n--) {
        osip_message_t *m = w->parsed[w->next++ % SIP_SAME];
        char *out = NULL;
        size_t size = 0;
        osip_message_force_update(m);
        if (osip_message_to_str(m, &out, &size) != 0 || size < 500)
            w->bad++;
        else
            sum += size + (uint64_t)out[size - 1];
        osip_free(out);
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
    bool builds = strcmp(a.name, "sip.build") == 0;
    if (!builds && strcmp(a.name, "sip.full") != 0 && strcmp(a.name, "sip.route") != 0)
        return bench_say(&a, BENCH_USAGE, "not measured by this program");
    parser_init();
    size_t size = sip_mix_init(&w.mix) / SIP_MIX;
    if (builds) {
        sip_same_invite(&w.same);
        size = w.same.msg[0].n;
        for (size_t i = 0; i < SIP_SAME; i++)
            if (!(w.parsed[i] = parse(&w.same.msg[i])))
                return bench_say(&a, BENCH_FAILED, "the message is not parsed");
    }
    bench_loop(builds ? build : full, &w, a.time_us, &r);
    return bench_end(&a, &r, size, w.bad);
}
