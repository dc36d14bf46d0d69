/* fuzz/targets/rtp_parse.c - RTP: any octets as a packet. */
#include "codecs/rtp/rtp.h"
#include "fuzz/engine/codec_oracle.h"

/* The call for the hot path says of a packet what the one with findings says of it. */
static void two_ways(struct span in)
{
    struct rtp_packet a, b;
    struct findings fs = {0};
    enum step s = rtp_decode(in, &b, &fs);
    bool good = rtp_decode_header(in, &a);

    require(!good || s == STEP_ITEM, "the header alone decodes, the packet does not");
    if (good) {
        require(field_diff(&rtp_packet_desc, &a, &b, NULL) == 0, "the header alone is another");
        require(rtp_size(&a) == in.n, "the parts of a packet do not add up to it");
    }
    if (s == STEP_ITEM && !good)
        require(fs.n > 0, "the header alone is refused, and nothing is found");
}

static void one(const uint8_t *p, size_t n)
{
    struct fence f = fence_copy(p, n);
    two_ways(fence_span(&f));
    fence_free(&f);
    oracle_parse(&rtp_codec, (struct span){p, n});
}

const struct target rtp_parse_target = {
    .name = "rtp_parse", .one = one, .max_len = 2048, .weight = 2, .dict = "rtp", .codecs = "rtp"};
