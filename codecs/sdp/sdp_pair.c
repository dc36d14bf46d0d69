/* codecs/sdp/sdp_pair.c - the rules about two descriptions, and what payload types mean in them. */
#include "codecs/sdp/sdp_pair.h"

const struct rule sdp_pair_rules[SDP_PAIR_RULES] = {
    [SDP_P_ID_RANGE] = {"RFC3264:5#3", "sess-id or sess-version is over 2^63 - 1", MUST},
    [SDP_P_VERSION_RANGE] = {"RFC3264:5#4", "the first sess-version is 2^62 - 1 or more", MUST},
    [SDP_P_NAME] = {"RFC3264:5#6", "s= is neither a space nor a hyphen", SHOULD},
    [SDP_P_TIME_ZERO] = {"RFC3264:5#7", "t= is not 0 0", SHOULD},
    [SDP_P_MAP_OFFER] = {"RFC3264:5.1#12", "a static payload type of the offer has no a=rtpmap",
                         SHOULD},
    [SDP_P_ORIGIN_SAME] = {"RFC3264:6#1", "the o= line is that of the offer", MUST},
    [SDP_P_MEDIA_COUNT] = {"RFC3264:6#3", "the answer does not have as many m= lines as the offer",
                           MUST},
    [SDP_P_TIME] = {"RFC3264:6#5", "the t= line is not that of the offer", MUST},
    [SDP_P_NO_FORMAT] = {"RFC3264:6#9", "the m= line of a rejected stream has no format", MUST},
    [SDP_P_UNICAST] = {"RFC3264:6.1#1", "a unicast stream is answered with a multicast address",
                       MUST},
    [SDP_P_MEDIA] = {"RFC3264:6.1#2", "the media is not that of the offer", MUST},
    [SDP_P_SENDONLY] = {"RFC3264:6.1#3", "sendonly is answered neither recvonly nor inactive",
                        MUST},
    [SDP_P_RECVONLY] = {"RFC3264:6.1#4", "recvonly is answered neither sendonly nor inactive",
                        MUST},
    [SDP_P_INACTIVE] = {"RFC3264:6.1#6", "inactive is not answered inactive", MUST},
    [SDP_P_FORMAT_RECV] = {"RFC3264:6.1#7", "a stream answered recvonly has no format of the offer",
                           MUST},
    [SDP_P_FORMAT_SEND] = {"RFC3264:6.1#9", "a stream answered sendonly has no format of the offer",
                           MUST},
    [SDP_P_FORMAT_BOTH] = {"RFC3264:6.1#10",
                           "a stream answered sendrecv has no format of the offer", MUST},
    [SDP_P_FORMAT_NONE] = {"RFC3264:6.1#24",
                           "no format of the offer is in the answer, and the port is not 0", MUST},
    [SDP_P_PAYLOAD] = {"RFC3264:6.1#13", "a codec has another payload type than in the offer",
                       SHOULD},
    [SDP_P_MAP_DYNAMIC] = {"RFC3264:6.1#14a",
                           "a dynamic payload type of the answer has no a=rtpmap", MUST},
    [SDP_P_MAP_STATIC] = {"RFC3264:6.1#14b", "a static payload type of the answer has no a=rtpmap",
                          SHOULD},
    [SDP_P_ORDER] = {"RFC3264:6.1#17", "the formats are not in the order of the offer", SHOULD},
    [SDP_P_MULTICAST_PLACE] = {"RFC3264:6.2#1",
                               "address or port of a multicast stream is not that of the offer",
                               MUST},
    [SDP_P_MULTICAST_DIRECTION] = {"RFC3264:6.2#2",
                                   "the direction of a multicast stream is not that of the offer",
                                   MUST},
    [SDP_P_MULTICAST_FORMAT] = {"RFC3264:6.2#3",
                                "a multicast stream has a format that was not offered", MUST},
    [SDP_P_MULTICAST_PTIME] = {"RFC3264:6.2#4",
                               "a=ptime of a multicast stream is not that of the offer", MUST},
    [SDP_P_NEXT_ORIGIN] = {"RFC3264:8#4a",
                           "o= differs from the previous one in more than its version", MUST},
    [SDP_P_NEXT_VERSION] = {"RFC3264:8#4b",
                            "the version is not one more than that of the previous description",
                            MUST},
    [SDP_P_NEXT_SAME] = {"RFC3264:8#5", "the description has changed, and its version has not",
                         MUST},
    [SDP_P_NEXT_COUNT] = {"RFC3264:8#9", "there are fewer m= lines than before", MUST},
    [SDP_P_REMOVED] = {"RFC3264:8.2#2", "a stream offered with port 0 is answered with another",
                       MUST},
    [SDP_P_NEXT_MAP] = {"RFC3264:8.3.2#3", "a dynamic payload type has got another meaning", MUST},
    [SDP_P_HOLD_PORT] = {"RFC3264:8.4#2", "the address is 0.0.0.0, and the port is 0", MUST},
    [SDP_P_HOLD_ADDRESS] = {"RFC3264:8.4#a3", "a stream is put on hold by the address 0.0.0.0",
                            STMT},
    [SDP_P_ABLE_TIME] = {"RFC3264:9#2", "t= of a description of capabilities is not 0 0", MUST},
    [SDP_P_ABLE_PORT] = {"RFC3264:9#5", "a port of a description of capabilities is not 0", MUST},
    [SDP_P_ABLE_MAP] = {"RFC3264:9#7",
                        "a dynamic payload type of a description of capabilities has no a=rtpmap",
                        MUST},
    [SDP_P_ASKED_FORMATS] =
        {"RFC3261:14.2#10",
         "an offer that was asked for lists no more formats than had been negotiated", SHOULD},
    [SDP_P_ASKED_OVERLAP] =
        {"RFC3261:14.2#11",
         "an offer that was asked for has no format and transport of the description before", MUST},
    [SDP_P_ASKED_STREAM] =
        {"RFC6337:5.2.5#a7",
         "an offer that was asked for does not try again what the other side had rejected", SHOULD},
    [SDP_P_STUCK] = {"RFC6337:5.3#a12",
                     "who was put on hold offers the direction that it had to answer, not the one "
                     "that it wants",
                     SHOULD},
    [SDP_P_SETUP] = {"RFC4145:4.1#a1", "a=setup does not go with that of the offer", STMT},
    [SDP_P_TCP_PORT] = {"RFC4145:4.1#4", "a new stream over TCP is offered with port 0", MUST},
    [SDP_P_CONNECTION] = {"RFC4145:5.2#1", "connection:new is answered with connection:existing",
                          MUST},
    [SDP_P_CRYPTO] = {"RFC4568:5.1.2#4", "tag and suite of a=crypto are none of the offer", MUST},
    [SDP_P_CRYPTO_ONE] = {"RFC4568:5.1.2#1", "not exactly one of the offered a=crypto is accepted",
                          MUST},
    [SDP_P_FEEDBACK] = {"RFC4585:4.2#14", "a=rtcp-fb is none of the offer", MUST},
    [SDP_P_ACTPASS] = {"RFC5763:5#7", "a=setup of the offer is not actpass", MUST},
    [SDP_P_ACTPASS_DTLS] = {"RFC8842:5.2#1", "a=setup of the offer is not actpass", MUST},
    [SDP_P_DTLS_ROLE] = {"RFC5763:5#8", "a=setup of the answer is neither active nor passive",
                         MUST},
    [SDP_P_DTLS_SETUP] = {"RFC8842:5.3#1", "the answer of media over DTLS has no a=setup", MUST},
    [SDP_P_TLS_ID] = {"RFC8842:5.3#6", "a=tls-id in the answer to an offer without", MUST},
    [SDP_P_MID] = {"RFC5888:9.1#1", "the mid is not that of the offer", MUST},
    [SDP_P_NEXT_MID] = {"RFC5888:9.1#2", "the mid of a stream has changed", SHOULD},
    [SDP_P_GROUP_TAG] = {"RFC5888:9.2#4", "a group has a tag that was not offered in it", MUST},
    [SDP_P_GROUP] = {"RFC5888:9.2#7", "a group that was not offered", MUST},
    [SDP_P_EXTENSION_SENDONLY] = {"RFC8285:7#9",
                                  "an extension offered sendonly is answered with sending it",
                                  MUST},
    [SDP_P_EXTENSION_RECVONLY] = {"RFC8285:7#12",
                                  "an extension offered recvonly is answered with receiving it",
                                  MUST},
    [SDP_P_EXTENSION_ID] = {"RFC8285:7#15b",
                            "an extension has another identifier than in the offer", MUST},
    [SDP_P_NEXT_EXTENSION] = {"RFC8285:7#18", "the identifier of an extension has changed", MUST},
    [SDP_P_ICE] = {"RFC8839:4.3.2#8", "attributes of ICE in the answer to an offer without", MUST},
    [SDP_P_ICE_TRANSPORT] = {"RFC8839:4.3.2#5",
                             "the transport of the answer is not that of the offer", MUST},
    [SDP_P_MUX_CANDIDATE] = {"RFC5761:5.1.3#3b",
                             "the answer agrees to rtcp-mux and has a candidate for RTCP", MUST},
    [SDP_P_ICE_RESTART] = {"RFC8839:4.4.1.1.1#3", "of ice-ufrag and ice-pwd only one has changed",
                           MUST},
    [SDP_P_ICE_KEPT] = {"RFC8839:4.4.1.1.1#7",
                        "ice-options, ice-pacing or ice-lite has changed, and ICE is not restarted",
                        MUST},
    [SDP_P_ICE_REMOVED] = {"RFC8839:4.4.1.1.2#1", "a stream that is removed has candidates", MUST},
    [SDP_P_BUNDLE_ATTRIBUTE] =
        {"RFC8843:7.1.3#5",
         "an attribute of the transport in a bundled media description that is not the tagged one",
         MUST},
    [SDP_P_BUNDLE_PORT] =
        {"RFC9143:7.3#4",
         "address and port of a bundled media description are not those of the tagged one", MUST},
    [SDP_P_BUNDLE_TAG] =
        {"RFC8843:7.3.1#4",
         "the first tag of BUNDLE is not the first of the offer that is accepted with a port",
         MUST},
    [SDP_P_BUNDLE_NO_TAG] = {"RFC8843:7.3.1#6",
                             "a BUNDLE group none of whose streams was offered with a port", MUST},
    [SDP_P_BUNDLE_MOVED] = {"RFC8843:7.3.2#2", "a bundle-only stream is accepted outside the group",
                            MUST},
    [SDP_P_BUNDLE_REJECTED] = {"RFC8843:7.3.3#3",
                               "the BUNDLE group has the tag of a rejected stream", MUST},
    [SDP_P_BUNDLE_ONLY] = {"RFC8843:7.3.3#4", "a rejected stream has a=bundle-only", MUST},
    [SDP_P_BUNDLE_MUX] = {"RFC8843:9.3.1.2#2",
                          "the tagged media description has no a=rtcp-mux, which was offered",
                          MUST},
    [SDP_P_BUNDLE_RTCP] = {"RFC8843:9.3.1.2#6",
                           "a=rtcp in a bundled media description of the answer", MUST},
    [SDP_P_RID] = {"RFC8851:6.3#4", "the id of a=rid is none of the offer", MUST},
    [SDP_P_RID_DIRECTION] = {"RFC8851:6.3#a1",
                             "the direction of a=rid is not that of the offer turned round", STMT},
    [SDP_P_RID_RESTRICTION] = {"RFC8851:6.3#3",
                               "a restriction of a=rid that was not offered for this id", MUST},
    [SDP_P_RID_FORMATS] = {"RFC8851:6.3#6", "pt= in a=rid, where the offer has none for this id",
                           MUST},
    [SDP_P_SIMULCAST_SEVERAL] = {"RFC8853:5.3.2#2",
                                 "a=simulcast in the answer to a stream with several of them",
                                 MUST},
    [SDP_P_SIMULCAST_SEND] = {"RFC8853:5.3.2#5",
                              "a=simulcast will send an id that was not offered to be received",
                              MUST},
    [SDP_P_SIMULCAST_ADDED] = {"RFC8853:5.3.2#7", "a=simulcast has streams that were not offered",
                               MUST},
    [SDP_P_SIMULCAST_PAUSED] = {"RFC8853:5.3.2#8",
                                "a simulcast stream is paused, and the offer cannot pause", MUST},
};

void sdp_pair_broke(const struct sdp_pair *c, enum sdp_pair_id id, struct span at)
{
    if (rule_first(c->said, id))
        rule_broke(c->fs, &sdp_pair_rules[id], at.p ? (uint64_t)(at.p - c->is->text.p) : 0,
                   at.p ? at.n : 0, 0);
}

/* ---- codings ---- */

/* RFC 3551 section 6. */
static const struct {
    uint8_t payload, channels;
    uint32_t clock;
    const char *encoding;
} statics[] = {
    {0, 1, 8000, "PCMU"},   {3, 1, 8000, "GSM"},    {4, 1, 8000, "G723"},   {5, 1, 8000, "DVI4"},
    {6, 1, 16000, "DVI4"},  {7, 1, 8000, "LPC"},    {8, 1, 8000, "PCMA"},   {9, 1, 8000, "G722"},
    {10, 2, 44100, "L16"},  {11, 1, 44100, "L16"},  {12, 1, 8000, "QCELP"}, {13, 1, 8000, "CN"},
    {14, 1, 90000, "MPA"},  {15, 1, 8000, "G728"},  {16, 1, 11025, "DVI4"}, {17, 1, 22050, "DVI4"},
    {18, 1, 8000, "G729"},  {25, 1, 90000, "CelB"}, {26, 1, 90000, "JPEG"}, {28, 1, 90000, "nv"},
    {31, 1, 90000, "H261"}, {32, 1, 90000, "MPV"},  {33, 1, 90000, "MP2T"}, {34, 1, 90000, "H263"},
};

static struct sdp_coding static_coding(size_t i)
{
    return (struct sdp_coding){span_of(statics[i].encoding), statics[i].clock, statics[i].channels};
}

bool sdp_coding_of(const struct sdp_media *m, uint32_t payload, struct sdp_coding *c)
{
    for (size_t i = 0; i < m->section.attributes_n; i++) {
        const struct sdp_attribute *a = &m->section.attributes[i];
        const struct sdp_rtpmap *map = a->type == SDP_RTPMAP ? a->parts : NULL;
        if (!map || map->payload != payload)
            continue;
        *c = (struct sdp_coding){map->encoding, map->clock,
                                 map->params.n ? sdp_u32(map->params) : 1};
        return true;
    }
    for (size_t i = 0; i < COUNT(statics); i++)
        if (statics[i].payload == payload) {
            *c = static_coding(i);
            return true;
        }
    return false;
}

bool sdp_coding_same(const struct sdp_coding *a, const struct sdp_coding *b)
{
    return a->clock == b->clock && a->channels == b->channels && lex_same(a->encoding, b->encoding);
}

uint32_t sdp_static_payload(const struct sdp_coding *c)
{
    for (size_t i = 0; i < COUNT(statics); i++) {
        struct sdp_coding known = static_coding(i);
        if (sdp_coding_same(c, &known))
            return statics[i].payload;
    }
    return SDP_NONE;
}

uint32_t sdp_payload(struct span format)
{
    uint32_t v = sdp_u32(format);
    return v < 128 && sdp_is_plain(format) ? v : SDP_NONE;
}

void sdp_payloads_of(const struct sdp_media *m, struct sdp_payloads *p)
{
    memset(p, 0, sizeof *p);
    for (size_t i = 0; i < m->formats_n; i++) {
        uint32_t v = sdp_payload(m->formats[i]);
        if (v < 128 && !p->at[v])
            p->at[v] = (uint8_t)(i < 254 ? i + 1 : 255);
    }
    for (size_t i = 0; i < m->section.attributes_n; i++) {
        const struct sdp_attribute *a = &m->section.attributes[i];
        const struct sdp_rtpmap *map = a->type == SDP_RTPMAP ? a->parts : NULL;
        if (map && map->payload < 128 && !p->mapped[map->payload]) {
            p->mapped[map->payload] = p->known[map->payload] = true;
            p->coding[map->payload] = (struct sdp_coding){map->encoding, map->clock,
                                                          map->params.n ? sdp_u32(map->params) : 1};
        }
    }
    for (size_t i = 0; i < COUNT(statics); i++)
        if (!p->known[statics[i].payload]) {
            p->known[statics[i].payload] = true;
            p->coding[statics[i].payload] = static_coding(i);
        }
}

bool sdp_payload_same(const struct sdp_payloads *a, uint32_t x, const struct sdp_payloads *b,
                      uint32_t y)
{
    if (a->known[x] && b->known[y])
        return sdp_coding_same(&a->coding[x], &b->coding[y]);
    return x == y && a->known[x] == b->known[y];
}

static bool common_words(const struct sdp_media *a, const struct sdp_media *b)
{
    if (a->formats_n > SDP_PAIR_LIMIT || b->formats_n > SDP_PAIR_LIMIT)
        return true;
    for (size_t x = 0; x < a->formats_n; x++)
        for (size_t y = 0; y < b->formats_n; y++)
            if (span_eq(a->formats[x], b->formats[y]))
                return true;
    return false;
}

bool sdp_formats_common(const struct sdp_media *a, const struct sdp_media *b)
{
    struct sdp_payloads pa, pb;

    if (!sdp_is_rtp(b))
        return common_words(a, b);
    sdp_payloads_of(a, &pa);
    sdp_payloads_of(b, &pb);
    for (uint32_t x = 0; x < 128; x++)
        for (uint32_t y = 0; pa.at[x] && y < 128; y++)
            if (pb.at[y] && sdp_payload_same(&pa, x, &pb, y))
                return true;
    return false;
}

void sdp_pair_numbers(const struct sdp_pair *c)
{
    const struct sdp_origin *o = c->is->origin;
    uint64_t v;

    if (o && sdp_is_digits(o->id) && (!lex_number(o->id, &v) || v > INT64_MAX))
        sdp_pair_broke(c, SDP_P_ID_RANGE, o->id);
    if (o && sdp_is_digits(o->version) && (!lex_number(o->version, &v) || v > INT64_MAX))
        sdp_pair_broke(c, SDP_P_ID_RANGE, o->version);
}

void sdp_pair_name(const struct sdp_pair *c)
{
    for (size_t i = 0; i < c->is->media_n; i++)
        if (sdp_is_multicast(sdp_media_connection(c->is, &c->is->media[i])))
            return;
    if (c->is->name.p && !span_is(c->is->name, " ") && !span_is(c->is->name, "-"))
        sdp_pair_broke(c, SDP_P_NAME, c->is->name);
}
