/* codecs/rtp/rtp_payload.h - what payload formats share. Each is a codec of its own, which nobody guesses: what a
 * payload is, only its payload type and the signalling say. Inside codecs/rtp only. */
#ifndef CODECS_RTP_RTP_PAYLOAD_H
#define CODECS_RTP_RTP_PAYLOAD_H
#include "codecs/rtp/rtp_wire.h"

/* Add a finding about `len` octets at `at`, which stand in `in`. */
static inline void payload_broke(struct findings *fs, struct span in, const char *clause,
                                 enum level level, const char *what, const uint8_t *at, size_t len,
                                 uint64_t arg)
{
    finding_add(fs, (struct finding){.clause = clause,
                                     .what = what,
                                     .level = level,
                                     .off = in.p ? (uint64_t)(at - in.p) : 0,
                                     .len = len,
                                     .arg = {arg, 0}});
}

/* Write what a draft over the layout `l` says: the encoder of formats without a quirk. */
static inline void payload_encode(struct wr *w, const struct draft *dr, const struct layout *l)
{
    if (dr->root.form == FORM_RAW)
        wr_put(w, dr->root.s);
    else if (dr->root.form == FORM_KIDS)
        wire_put_fields(w, &dr->root, l, w->n);
}

/* The descriptor's decode of a format whose view needs nothing but itself. */
#define PAYLOAD_DECODE(T, decode_it)                                                               \
    static enum step decode(struct span in, struct arena *mem, const void **view,                  \
                            struct findings *fs)                                                   \
    {                                                                                              \
        struct T *v = arena_take(mem, sizeof *v);                                                  \
        *view = NULL;                                                                              \
        if (!v)                                                                                    \
            return STEP_MORE;                                                                      \
        enum step s = decode_it(in, v, fs);                                                        \
        if (s == STEP_ITEM)                                                                        \
            *view = v;                                                                             \
        return s;                                                                                  \
    }
#endif
