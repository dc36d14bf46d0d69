/* codecs/sdp/sdp_names.c - the names of attributes, and looking for them. */
#include "codecs/sdp/sdp.h"

const struct sdp_name sdp_names[SDP_TYPES] = {
#define SDP_ATTRIBUTE(id, name, form) {name, sizeof(name) - 1, SDP_FORM_##form},
    {"", 0, SDP_FORM_TEXT},
#include "codecs/sdp/sdp_attributes.def"
};

/* Where a name stands: by its first two octets, its last and its length. No two names have one slot, which
 * sdp_test.c checks. */
enum { SLOTS = 128 };
static unsigned slot(struct span name)
{
    return (name.p[0] * 5u + name.p[1] * 52u + name.p[name.n - 1] * 54u + (unsigned)name.n * 61u) %
           SLOTS;
}
static const uint8_t slots[SLOTS] = {
    [2] = SDP_RTCP_MUX,
    [8] = SDP_ICE_UFRAG,
    [10] = SDP_ICE_OPTIONS,
    [11] = SDP_MAXPTIME,
    [12] = SDP_TOOL,
    [13] = SDP_REMOTE_CANDIDATES,
    [15] = SDP_SENDRECV,
    [17] = SDP_CONNECTION,
    [20] = SDP_SETUP,
    [22] = SDP_CANDIDATE,
    [25] = SDP_FRAMERATE,
    [26] = SDP_TYPE,
    [27] = SDP_INACTIVE,
    [29] = SDP_SSRC_GROUP,
    [32] = SDP_END_OF_CANDIDATES,
    [33] = SDP_RTCP_FB,
    [42] = SDP_QUALITY,
    [44] = SDP_RECVONLY,
    [48] = SDP_SIMULCAST,
    [49] = SDP_SENDONLY,
    [50] = SDP_CHARSET,
    [54] = SDP_FMTP,
    [57] = SDP_ORIENT,
    [58] = SDP_TLS_ID,
    [59] = SDP_EXTMAP_ALLOW_MIXED,
    [63] = SDP_PTIME,
    [68] = SDP_MID,
    [69] = SDP_ICE_PACING,
    [75] = SDP_KEYWDS,
    [82] = SDP_CAT,
    [83] = SDP_BUNDLE_ONLY,
    [88] = SDP_RTPMAP,
    [93] = SDP_RID,
    [94] = SDP_RTCP,
    [95] = SDP_ICE_LITE,
    [103] = SDP_EXTMAP,
    [105] = SDP_FINGERPRINT,
    [108] = SDP_ICE_PWD,
    [111] = SDP_CRYPTO,
    [113] = SDP_SSRC,
    [115] = SDP_MAX_MESSAGE_SIZE,
    [116] = SDP_SDPLANG,
    [117] = SDP_ICE_MISMATCH,
    [120] = SDP_SCTP_PORT,
    [122] = SDP_RTCP_RSIZE,
    [124] = SDP_GROUP,
    [126] = SDP_LANG,
};

static uint64_t load8(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
static uint32_t load4(const void *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}
/* Whether `p`, as many octets as the known name has, is that name: by words that overlap. */
static bool same(const uint8_t *p, const struct sdp_name *known)
{
    const char *name = known->name;
    size_t n = known->n;

    if (n > 8)
        return load8(p) == load8(name) && load8(p + n - 8) == load8(name + n - 8) &&
               (n <= 16 || memcmp(p + 8, name + 8, n - 16) == 0);
    if (n >= 4)
        return load4(p) == load4(name) && load4(p + n - 4) == load4(name + n - 4);
    return memcmp(p, name, n) == 0;
}

enum sdp_type sdp_type_of(struct span name)
{
    if (name.n < 2)
        return SDP_OTHER;
    enum sdp_type type = (enum sdp_type)slots[slot(name)];
    return name.n == sdp_names[type].n && same(name.p, &sdp_names[type]) ? type : SDP_OTHER;
}
