/* harness/replay/classify.c - payloads to codecs, by what the registry lists alone. */
#include "harness/core/registry.h"
#include "harness/replay/classify.h"

const struct codec *classify_guess(const struct capread_datagram *d)
{
    const struct codec *to = codec_guess(d->payload, d->dst.port, FRAMING_DATAGRAM);
    const struct codec *from = codec_guess(d->payload, d->src.port, FRAMING_DATAGRAM);

    if (!to || !from || to == from)
        return to ? to : from;
    return to->guess(d->payload, d->dst.port) >= from->guess(d->payload, d->src.port) ? to : from;
}

bool classify_decode(const struct capread_datagram *d, struct arena *mem, struct findings *fs,
                     struct classified *m)
{
    const struct codec *codec = classify_guess(d);
    size_t before = fs->n;
    bool judged = !d->missing;
    const void *view = NULL;

    *m = (struct classified){0};
    if (!codec)
        return false;
    mem->n = 0;
    mem->full = false;
    if (codec->decode(d->payload, mem, &view, fs) != STEP_ITEM || !view) {
        fs->n = before;
        return false;
    }
    *m = (struct classified){codec, view, judged && mem->full};
    if (judged && codec->lint)
        codec->lint(view, fs);
    if (!judged)
        fs->n = before;
    return true;
}
