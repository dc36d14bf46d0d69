/* fuzz/targets/sdp_offer_answer.c - what is made passes the checks: the answer to any offer, the offers and the answers
 * after it, hold and resume; and a sound offer has a sound answer. */
#include "codecs/sdp/sdp_offer.h"
#include "fuzz/engine/target.h"

enum { ROOM = 1 << 18, MEMORY = 8 << 20, FINDINGS = 16, STREAMS = 9 };

static const struct sdp_coding audio[] = {{SPAN("opus"), 48000, 2},
                                          {SPAN("red"), 48000, 2},
                                          {SPAN("PCMU"), 8000, 1},
                                          {SPAN("PCMA"), 8000, 1},
                                          {SPAN("telephone-event"), 8000, 1}};
static const struct sdp_coding video[] = {
    {SPAN("VP8"), 90000, 1}, {SPAN("H264"), 90000, 1}, {SPAN("rtx"), 90000, 1}};
static const struct sdp_suite suites[] = {
    {"AES_CM_128_HMAC_SHA1_80", "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"},
    {"AES_CM_128_HMAC_SHA1_32", "inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj"}};
static const char *const feedback[] = {"nack", "nack pli", "ccm fir", "ccm pause", "transport-cc"};
static const char *const extensions[] = {"urn:ietf:params:rtp-hdrext:sdes:mid",
                                         "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
                                         "urn:ietf:params:rtp-hdrext:toffset"};
static const char *const candidates[] = {"1 1 UDP 2130706431 192.0.2.9 9 typ host"};
static const char *const flags[] = {"rtcp-rsize", "extmap-allow-mixed"};
static const struct sdp_ice ices[] = {
    {"8hhY", "asd88fgpdd777uzjYhagZg", "ice2", false, true},
    {"9uB6", "YH75Fviy6338Vbrhrlp8Yh", "ice2 trickle", true, false}};

#define TEXTS(v)                                                                                   \
    {                                                                                              \
        v, COUNT(v)                                                                                \
    }
#define RTP(kind, p, where, list)                                                                  \
    {                                                                                              \
        .media = kind, .proto = p, .port = where, .codings = list, .codings_n = COUNT(list),       \
        .suites = suites, .suites_n = COUNT(suites), .feedback = TEXTS(feedback),                  \
        .extensions = TEXTS(extensions), .candidates = TEXTS(candidates)                           \
    }
static const struct sdp_ability streams[STREAMS] = {
    RTP("audio", "RTP/AVP", 49170, audio),
    RTP("audio", "UDP/TLS/RTP/SAVPF", 9, audio),
    RTP("audio", "RTP/SAVP", 49180, audio),
    RTP("video", "RTP/AVPF", 51372, video),
    RTP("video", "UDP/TLS/RTP/SAVPF", 19, video),
    RTP("video", "UDP/TLS/RTP/SAVPF", 29, video),
    RTP("audio", "TCP/RTP/AVP", 5000, audio),
    {.media = "application",
     .proto = "UDP/DTLS/SCTP",
     .port = 39,
     .format = "webrtc-datachannel",
     .candidates = TEXTS(candidates)},
    {.media = "image", .proto = "udptl", .port = 49200, .format = "t38"}};

struct side { /* an agent, as the input has it */
    struct sdp_ability streams[STREAMS];
    struct sdp_abilities able;
};

static void make_side(struct side *s, struct chance *c, const char *address, uint64_t id)
{
    uint8_t bits = chance_u8(c);

    s->able = (struct sdp_abilities){
        .addrtype = "IP4",
        .address = address,
        .id = id,
        .version = 1,
        .fingerprint = bits & 1 ? NULL
                                : "sha-256 "
                                  "13:38:5D:82:A7:CC:F1:16:3B:60:85:AA:CF:F4:19:3E:63:88:AD:D2:F7:"
                                  "1C:41:66:8B:B0:D5:FA:1F:44:69:8E",
        .tls_id = bits & 2 ? "abc3de65cddef001be82" : NULL,
        .passive = bits & 4,
        .mux = !(bits & 8),
        .bundle = !(bits & 16),
        .ice = bits & 32 ? NULL : &ices[id & 1],
        .flags = TEXTS(flags),
        .streams = s->streams,
        .streams_n = STREAMS};
    for (size_t i = 0; i < STREAMS; i++) {
        s->streams[i] = streams[i];
        s->streams[i].direction = (enum sdp_direction)(~chance_u8(c) & SDP_DIR_BOTH);
        s->streams[i].simulcast = bits >> 6;
    }
    if (!s->able.fingerprint) /* then streams over DTLS are none that it has */
        s->able.streams_n = 1;
}

/* ---- what is made, read again ---- */

struct text { /* one description that was made */
    uint8_t out[ROOM];
    struct sdp_msg m;
};

/* Whether there was room; what is written decodes without a finding that `sound` forbids. */
static bool written(struct text *t, const struct draft *dr, struct arena *mem, bool sound)
{
    struct wr w = {t->out, ROOM, 0, false};
    struct finding found[FINDINGS];
    struct findings fs = {.v = found, .cap = FINDINGS};

    if (mem->full)
        return false;
    sdp_msg_encode(&w, dr);
    if (w.full)
        return false;
    require(sdp_msg_decode(wr_span(&w), mem, &t->m, &fs) == STEP_ITEM, "it does not decode");
    if (mem->full)
        return false;
    sdp_lint(&t->m, &fs);
    if (sound && fs.n)
        require(false, found[0].what);
    return true;
}

/* Nothing of these levels was found. */
static void nothing(const struct findings *fs, bool strict_only)
{
    for (size_t i = 0; i < findings_kept(fs); i++)
        require(strict_only ? !level_strict(fs->v[i].level) : fs->v[i].level == MAY, fs->v[i].what);
}

static void held(const struct sdp_msg *own, struct chance *c, struct arena *mem)
{
    static struct text next;
    enum sdp_direction wish[8];
    struct finding found[FINDINGS];
    struct findings fs = {.v = found, .cap = FINDINGS};
    struct draft dr;

    for (size_t i = 0; i < COUNT(wish); i++)
        wish[i] = (enum sdp_direction)(chance_u8(c) & SDP_DIR_BOTH);
    if (!sdp_redirect(own, wish, COUNT(wish), &dr, mem) || !written(&next, &dr, mem, false))
        return;
    sdp_reoffer_check(own, &next.m, &fs);
    nothing(&fs, false);
    for (size_t i = 0; i < own->media_n && i < COUNT(wish); i++)
        require(own->media[i].port == 0 ||
                    sdp_media_direction(&next.m, &next.m.media[i]) == wish[i],
                "a stream has another direction than it was to have");
}

/* An offer by one side in view of what was said, and the answer of the other. */
static void offered(const struct side *by, const struct side *to, const struct sdp_past *past,
                    struct arena *mem, bool sound)
{
    static struct text offer, answer;
    struct finding found[FINDINGS];
    struct findings fs = {.v = found, .cap = FINDINGS};
    struct draft dr;

    sdp_offer(&by->able, past, &dr, mem);
    if (!written(&offer, &dr, mem, sound))
        return;
    sdp_offer_check(&offer.m, past, &fs);
    nothing(&fs, false);
    sdp_answer(&offer.m, &to->able, &dr, mem);
    if (!written(&answer, &dr, mem, sound))
        return;
    sdp_answer_check(&offer.m, &answer.m, &fs);
    nothing(&fs, false);
}

static void after(const struct side *us, const struct side *them, const struct sdp_msg *offer,
                  const struct sdp_msg *answer, struct chance *c, struct arena *mem)
{
    struct findings count = {0};
    const struct sdp_past ours = {answer, offer, NULL, false},
                          theirs = {offer, answer, offer, true};

    held(answer, c, mem);
    offered(us, them, &ours, mem, false);
    /* whatever was said, none of these reads beyond it */
    sdp_reoffer_check(offer, answer, &count);
    sdp_reoffer_check(answer, offer, &count);
    sdp_answer_check(answer, offer, &count);
    sdp_offer_check(answer, &theirs, &count);
    sdp_able_check(offer, &count);
}

static void one(const uint8_t *p, size_t n)
{
    static uint8_t memory[MEMORY];
    static struct text answer;
    static struct side us, them;
    struct fence f = fence_copy(p, n);
    struct chance choices = {p, n};
    struct arena mem = arena_of(memory, MEMORY);
    struct finding found[FINDINGS];
    struct findings fs = {.v = found, .cap = FINDINGS};
    struct sdp_msg offer;
    struct draft dr;

    make_side(&us, &choices, "192.0.2.9", 7);
    make_side(&them, &choices, "192.0.2.4", 8);
    if (chance_u8(&choices) % 8 == 1) /* does not look at the input */
        offered(&us, &them, NULL, &mem, true);
    mem = arena_of(memory, MEMORY);
    if (sdp_msg_decode(fence_span(&f), &mem, &offer, &fs) == STEP_ITEM && !mem.full) {
        sdp_lint(&offer, &fs);
        sdp_offer_check(&offer, NULL, &fs);
        bool sound = fs.n == 0;
        size_t taken = sdp_answer(&offer, &us.able, &dr, &mem);
        require(taken <= offer.media_n, "more streams are accepted than offered");
        if (written(&answer, &dr, &mem, sound)) {
            fs.n = 0;
            sdp_answer_check(&offer, &answer.m, &fs);
            nothing(&fs, false);
            after(&us, &them, &offer, &answer.m, &choices, &mem);
        }
    }
    fence_free(&f);
}

const struct target sdp_offer_answer_target = {.name = "sdp_offer_answer",
                                               .one = one,
                                               .max_len = 8192,
                                               .weight = 2,
                                               .dict = "sdp",
                                               .codecs = "sdp/parts"};
