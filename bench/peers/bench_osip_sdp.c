/* bench/peers/bench_osip_sdp.c - libosip2's parser of session descriptions: sdp.audio, sdp.video, sdp.webrtc. */
#include <stdlib.h>
#include <sys/time.h>
#include <osipparser2/osip_parser.h>
#include <osipparser2/sdp_message.h>
#include "bench/bench.h"
#include "bench/sdp_mix.h"

struct work {
    struct sdp_mix mix;
    size_t next, bad;
};

static uint64_t parse(void *ctx, size_t n)
{
    struct work *w = ctx;
    uint64_t sum = 0;

    while (n--) {
        sdp_message_t *m = NULL;
        const char *text = w->mix.octets[w->next++ % SDP_MIX];
        if (sdp_message_init(&m) != 0 || sdp_message_parse(m, text) != 0 ||
            osip_list_size(&m->m_medias) != (int)w->mix.media ||
            osip_list_size(&((sdp_media_t *)osip_list_get(&m->m_medias, 0))->a_attributes) !=
                (int)w->mix.attributes) {
            w->bad++;
            sdp_message_free(m);
            continue;
        }
        sum += (uint64_t)sdp_message_m_port_get(m, 0)[0] +
               (uint64_t)sdp_message_a_att_value_get(m, 0, 0)[0];
        sdp_message_free(m);
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
    if (!sdp_mix_init(&w.mix, a.name))
        return bench_say(&a, BENCH_USAGE, "not measured by this program");
    parser_init();
    bench_loop(parse, &w, a.time_us, &r);
    return bench_end(&a, &r, w.mix.n, w.bad);
}
