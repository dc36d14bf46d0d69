/* fuzz/targets/sip_stream.c - framing of a stream of SIP: the same messages whether the octets come at once, one by one
 * or cut anywhere, and what is framed decodes as one message. */
#include "codecs/sip/sip.h"
#include "fuzz/engine/target.h"

enum { MESSAGES = 256, MEMORY = 1 << 20 };
struct walk {
    size_t ends[MESSAGES], n;
    enum step step; /* how it ended */
};

/* `step` octets come at a time; 0: as chance has it. */
static void walk(struct span in, size_t step, struct chance c, struct walk *out)
{
    struct sip_dec d = {0};
    size_t at = 0, have = 0;

    out->n = 0;
    for (;;) {
        struct finding found;
        struct findings fs = {.v = &found, .cap = 1};
        struct fence win = fence_copy(in.p + at, have - at);
        size_t used;
        enum step s = sip_next(&d, fence_span(&win), &used, &fs);
        fence_free(&win);
        require((s == STEP_ITEM) == (used != 0) && used <= have - at,
                "used without an item, or beyond the window");
        require((s == STEP_FAIL) == (fs.n != 0),
                "a finding, and framing is not lost, or none where it is");
        out->step = s;
        if (s == STEP_ITEM) {
            at += used;
            if (out->n < MESSAGES)
                out->ends[out->n++] = at;
        } else if (s == STEP_FAIL || have == in.n) {
            return;
        } else {
            size_t more = step ? step : 1u + (chance_u8(&c) & 63);
            have = in.n - have < more ? in.n : have + more;
        }
    }
}

/* What is framed is one message for the decoder: it takes all of it, with nothing behind the body. */
static void decodes(struct span in)
{
    static uint8_t memory[MEMORY];
    struct arena mem = arena_of(memory, MEMORY);
    struct findings none = {0};
    struct sip_msg m;

    if (sip_decode(in, &mem, &m, &none) != STEP_ITEM)
        return; /* not SIP: framing does not ask */
    require(m.blank.n > 0, "framing sees an empty line that decoding does not");
    uint64_t n;
    require(!sip_length(&m, &n) || (n == m.body.n && m.rest.n == 0),
            "framing and decoding see other bodies");
}

static void one(const uint8_t *p, size_t n)
{
    static struct walk whole, other;
    struct chance c = {p, n};
    struct span in = {p, n};

    walk(in, n ? n : 1, c, &whole);
    walk(in, 1, c, &other);
    for (int i = 0;; i++) {
        require(whole.n == other.n && whole.step == other.step,
                "cuts change how many messages there are");
        for (size_t k = 0; k < whole.n; k++)
            require(whole.ends[k] == other.ends[k], "cuts change where a message ends");
        if (i == 1)
            break;
        walk(in, 0, c, &other);
    }
    for (size_t k = 0; k < whole.n; k++)
        decodes(span_cut(in, k ? whole.ends[k - 1] : 0, whole.ends[k]));
}

const struct target sip_stream_target = {.name = "sip_stream",
                                         .one = one,
                                         .max_len = 2048,
                                         .weight = 2,
                                         .dict = "sip",
                                         .codecs = "sip/sdp/parts"};
