/* bench/peers/bench_sofia.c - sofia-sip: sip.full. */
#include <string.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/sip.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include "bench/bench.h"
#include "bench/sip_mix.h"

struct work {
    struct sip_mix mix;
    size_t next, bad;
};

static uint64_t full(void *ctx, size_t n)
{
    struct work *w = ctx;
    uint64_t sum = 0;

    while (n--) {
        const struct sip_mix_text *t = &w->mix.msg[w->next++ % SIP_MIX];
        msg_t *msg = msg_make(sip_default_mclass(), 0, t->p, (ssize_t)t->n);
        const sip_t *sip = msg ? sip_object(msg) : NULL;
        if (!sip || !sip->sip_cseq || !sip->sip_call_id || !sip->sip_via || sip->sip_error)
            w->bad++;
        else
            sum += sip->sip_cseq->cs_seq + sip->sip_call_id->i_hash;
        msg_destroy(msg);
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
    if (strcmp(a.name, "sip.full") != 0)
        return bench_say(&a, BENCH_USAGE, "not measured by this program");
    size_t size = sip_mix_init(&w.mix) / SIP_MIX;
    bench_loop(full, &w, a.time_us, &r);
    return bench_end(&a, &r, size, w.bad);
}
