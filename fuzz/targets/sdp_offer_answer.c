/* fuzz/targets/sdp_offer_answer.c - the answer to any offer that decodes is one that the checks pass. */
#include "codecs/sdp/sdp_offer.h"
#include "fuzz/engine/target.h"

enum { ROOM = 1 << 18, MEMORY = 8 << 20, FINDINGS = 16 };

static const struct sdp_coding audio[] = {{SPAN("PCMU"), 8000, 1},
                                          {SPAN("PCMA"), 8000, 1},
                                          {SPAN("opus"), 48000, 2},
                                          {SPAN("telephone-event"), 8000, 1}};
static const struct sdp_coding video[] = {{SPAN("VP8"), 90000, 1}, {SPAN("H264"), 90000, 1}};

static void judge(const struct sdp_msg *offer, const struct sdp_msg *answer)
{
    struct finding found[FINDINGS];
    struct findings fs = {.v = found, .cap = FINDINGS}, again = {0};

    sdp_answer_check(offer, answer, &fs);
    for (size_t i = 0; i < findings_kept(&fs); i++)
        require(!level_strict(found[i].level), found[i].what);
    sdp_reoffer_check(offer, answer, &again);
    sdp_reoffer_check(answer, offer, &again);
    sdp_answer_check(answer, offer, &again);
}

static void one(const uint8_t *p, size_t n)
{
    static uint8_t memory[MEMORY], out[ROOM];
    struct fence f = fence_copy(p, n);
    struct chance choices = {p, n};
    struct arena mem = arena_of(memory, MEMORY);
    struct findings fs = {0};
    struct sdp_msg offer, answer;
    enum sdp_direction d = (enum sdp_direction)(chance_u8(&choices) & SDP_DIR_BOTH);
    const struct sdp_ability streams[] = {
        {"audio", "RTP/AVP", 49170, d, audio, COUNT(audio), NULL, NULL, NULL},
        {"audio", "UDP/TLS/RTP/SAVPF", 9, SDP_DIR_BOTH, audio, COUNT(audio), NULL, NULL, NULL},
        {"audio", "RTP/SAVP", 49180, SDP_DIR_BOTH, audio, COUNT(audio), NULL,
         "AES_CM_128_HMAC_SHA1_80", "inline:AAAA"},
        {"video", "RTP/AVP", 51372, SDP_DIR_BOTH, video, COUNT(video), NULL, NULL, NULL},
        {"video", "UDP/TLS/RTP/SAVPF", 9, d, video, COUNT(video), NULL, NULL, NULL},
        {"application", "UDP/DTLS/SCTP", 9, SDP_DIR_BOTH, NULL, 0, "webrtc-datachannel", NULL,
         NULL}};
    const struct sdp_abilities able = {
        "IP4", "192.0.2.9", 1, 1, "sha-256 00", chance_u8(&choices) & 1, streams, COUNT(streams)};
    struct draft dr;

    if (sdp_msg_decode(fence_span(&f), &mem, &offer, &fs) == STEP_ITEM && !mem.full) {
        struct wr w = {out, ROOM, 0, false};
        size_t taken = sdp_answer(&offer, &able, &dr, &mem);
        require(taken <= offer.media_n, "more streams are accepted than offered");
        if (!mem.full)
            sdp_msg_encode(&w, &dr);
        if (!mem.full && !w.full) {
            fs.n = 0;
            require(sdp_msg_decode(wr_span(&w), &mem, &answer, &fs) == STEP_ITEM,
                    "the answer does not decode");
            if (!mem.full)
                judge(&offer, &answer);
        }
    }
    fence_free(&f);
}

const struct target sdp_offer_answer_target = {.name = "sdp_offer_answer",
                                               .one = one,
                                               .max_len = 4096,
                                               .weight = 2,
                                               .dict = "sdp",
                                               .codecs = "sdp/parts"};
