/* bench/peers/bench_nice.c - libnice: stun.decode (validation without credentials or fingerprint:
 * lengths and unknown attributes, no attribute is typed) and stun.integrity. */
#include <string.h>
#include <stun/stunagent.h>
#include "bench/bench.h"
#include "bench/stun_mix.h"

struct work {
    struct stun_mix mix;
    StunAgent agent;
    StunDefaultValidaterData *users; /* NULL: none */
    size_t next, bad;
};

static uint64_t validate(void *ctx, size_t n)
{
    struct work *w = ctx;
    StunMessage msg;
    uint64_t sum = 0;

    while (n--) {
        const uint8_t *in = w->mix.msg[w->next++ % STUN_MIX];
        if (stun_agent_validate(&w->agent, &msg, in, STUN_MIX_SIZE,
                                w->users ? stun_agent_default_validater : NULL,
                                w->users) != STUN_VALIDATION_SUCCESS)
            w->bad++;
        sum += msg.buffer_len + msg.buffer[8];
    }
    return sum;
}

int main(int argc, char **argv)
{
    static struct work w;
    static uint8_t user[] = STUN_MIX_USER, password[] = STUN_MIX_PASSWORD;
    StunDefaultValidaterData users[] = {
        {user, sizeof user - 1, password, sizeof password - 1},
        {NULL, 0, NULL, 0},
    };
    struct bench_args a;
    struct bench_result r = {0};
    int status = bench_args(argc, argv, &a);

    if (status)
        return status;
    bool checked = strcmp(a.name, "stun.integrity") == 0;
    if (!checked && strcmp(a.name, "stun.decode") != 0)
        return bench_say(&a, BENCH_USAGE, "not measured by this program");
    if (!stun_mix_init(&w.mix))
        return bench_say(&a, BENCH_FAILED, "the messages are not those of RFC 5769");
    w.users = checked ? users : NULL;
    stun_agent_init(&w.agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                    checked
                        ? STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT
                        : STUN_AGENT_USAGE_IGNORE_CREDENTIALS);
    bench_loop(validate, &w, a.time_us, &r);
    return bench_end(&a, &r, STUN_MIX_SIZE, w.bad);
}
