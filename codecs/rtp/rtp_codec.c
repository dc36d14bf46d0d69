/* codecs/rtp/rtp_codec.c - the descriptor of RTP that the registry lists. */
#include "codecs/rtp/rtp_table.h"

static enum step decode(struct span in, struct arena *mem, const void **view, struct findings *fs)
{
    struct rtp_packet *r = arena_take(mem, sizeof *r);

    *view = NULL;
    if (!r)
        return STEP_MORE;
    enum step s = rtp_decode(in, r, fs);
    if (s == STEP_ITEM)
        *view = r;
    return s;
}

static void lint(const void *view, struct findings *fs)
{
    rtp_lint(view, fs);
}

static void brief(struct wr *w, const void *view)
{
    const struct rtp_packet *r = view;
    const struct rtp_static *s = rtp_static_type(r->payload_type);

    if (s) {
        wr_text(w, s->encoding);
    } else {
        wr_text(w, "payload type ");
        wr_dec(w, r->payload_type);
    }
    wr_text(w, " sequence ");
    wr_dec(w, r->sequence);
    wr_text(w, r->marker ? " marker" : "");
}

/* Tokens for a dictionary: heads of packets and of extensions. */
static bool token(size_t i, struct wr *w, const char **name)
{
    static const struct {
        const char *name;
        uint8_t p[4];
        size_t n;
    } tokens[] = {
        {"head", {0x80}, 1},
        {"head-padding", {0xa0}, 1},
        {"head-extension", {0x90}, 1},
        {"head-csrc-1", {0x81}, 1},
        {"head-csrc-15", {0x8f}, 1},
        {"one-byte", {0xbe, 0xde, 0, 1}, 4},
        {"two-byte", {0x10, 0x00, 0, 1}, 4},
        {"extension-longest", {0xbe, 0xde, 0xff, 0xff}, 4},
        {"element-stop", {0xf0}, 1},
        {"sequence-last", {0xff, 0xff}, 2},
    };

    if (i >= COUNT(tokens))
        return false;
    *name = tokens[i].name;
    wr_put(w, (struct span){tokens[i].p, tokens[i].n});
    return true;
}

const struct codec rtp_codec = {
    .name = "rtp",
    .framing = FRAMING_DATAGRAM | FRAMING_MESSAGE,
    .view = &rtp_packet_desc,
    .guess = rtp_guess,
    .follows = rtp_follows,
    .decode = decode,
    .lint = lint,
    .encode = rtp_encode,
    .brief = brief,
    .token = token,
};
