/* harness/core/registry_guess.c - which codec octets are of. */
#include "harness/core/registry.h"

const struct codec *codec_guess(struct span in, uint16_t port, enum framing framing)
{
    const struct codec *best = NULL;
    unsigned sure = 0;

    for (size_t i = 0; i < registry_n; i++) {
        const struct codec *c = registry[i].codec;
        unsigned s = c && c->guess && (c->framing & (unsigned)framing) ? c->guess(in, port) : 0;
        if (s > sure) {
            sure = s;
            best = c;
        }
    }
    return best;
}
