/* codecs/sdp/sdp_make_offer_test.c - offers made, first and later ones, hold and resume; each passes the checks. */
#include "harness/tests/sdp_able.h"

static uint8_t memory[MEMORY];

#define HEAD(version)                                                                              \
    "v=0\r\no=- 7 " version " IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"

static void decode(const char *text, struct arena *mem, struct sdp_msg *m)
{
    struct findings fs = {0};
    CU_ASSERT_EQUAL(sdp_msg_decode(span_of(text), mem, m, &fs), STEP_ITEM);
}

static bool same(const char *id, struct span got, const char *want)
{
    if (!span_is(got, want))
        fprintf(stderr, "%s:\n%.*s", id, (int)got.n, got.p);
    return span_is(got, want);
}

/* The offer behind what was said, NULL: nothing, is `want`, and a sound one. Returns how many streams it has. */
static size_t offered(const char *id, const struct sdp_abilities *able, const char *own,
                      const char *peer, const char *want)
{
    static uint8_t out[ROOM];
    struct arena mem = arena_of(memory, MEMORY);
    struct wr w = {out, ROOM, 0, false};
    struct finding found[FINDINGS];
    struct findings fs = {.v = found, .cap = FINDINGS};
    struct sdp_msg before, other, offer;
    struct sdp_past past = {.own = NULL};
    struct draft dr;

    if (own) {
        decode(own, &mem, &before);
        past.own = &before;
    }
    if (peer) {
        decode(peer, &mem, &other);
        past.peer = &other;
    }
    size_t n = sdp_offer(able, &past, &dr, &mem);
    sdp_msg_encode(&w, &dr);
    CU_ASSERT_FALSE(mem.full || w.full);
    CU_ASSERT_TRUE(same(id, wr_span(&w), want));
    CU_ASSERT_EQUAL(sdp_msg_decode(wr_span(&w), &mem, &offer, &fs), STEP_ITEM);
    sdp_lint(&offer, &fs);
    sdp_offer_check(&offer, &past, &fs);
    nothing(id, &fs);
    for (size_t i = 0; i < 4096; i += 64) { /* too little room is said */
        struct arena less = arena_of(memory + MEMORY / 2, i);
        sdp_offer(able, &past, &dr, &less);
        if (less.full)
            continue;
        struct wr again = {out, ROOM, 0, false};
        sdp_msg_encode(&again, &dr);
        CU_ASSERT_EQUAL(again.n, w.n);
    }
    return n;
}

#define PHONE(d, ...)                                                                              \
    {                                                                                              \
        .media = "audio", .proto = "RTP/AVP", .port = 49920, .direction = d, CODINGS(__VA_ARGS__)  \
    }
#define G723                                                                                       \
    {                                                                                              \
        SPAN("G723"), 8000, 1                                                                      \
    }
#define OPUS                                                                                       \
    {                                                                                              \
        SPAN("opus"), 48000, 2                                                                     \
    }
#define M "m=audio 49920 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"

static void first(void)
{
    static const struct sdp_ice ice = {"9uB6", "YH75Fviy6338Vbrhrlp8Yh", "ice2", false, false};
    static const struct sdp_ice lite = {"9uB6", "YH75Fviy6338Vbrhrlp8Yh", NULL, true, true};
    const struct sdp_abilities phone = {BOB, STREAMS(PHONE(SDP_DIR_BOTH, OPUS, PCMU))},
                               secure = {BOB, .ice = &lite,
                                         STREAMS({.media = "audio",
                                                  .proto = "RTP/SAVP",
                                                  .port = 5004,
                                                  .direction = SDP_DIR_RECV,
                                                  CODINGS(PCMU),
                                                  .suites =
                                                      (const struct sdp_suite[]){
                                                          {"AES_CM_128_HMAC_SHA1_80", KEY},
                                                          {"F8_128_HMAC_SHA1_80", KEY}},
                                                  .suites_n = 2},
                                                 {.media = "image",
                                                  .proto = "udptl",
                                                  .port = 5006,
                                                  .direction = SDP_DIR_BOTH,
                                                  .format = "t38"},
                                                 {.media = "audio",
                                                  .proto = "TCP/RTP/AVP",
                                                  .port = 5008,
                                                  .direction = SDP_DIR_BOTH,
                                                  CODINGS(PCMU)})};
    const struct sdp_abilities web = {
        BOB,
        .fingerprint = PRINT,
        .tls_id = "abc3de65cddef001be82",
        .mux = true,
        .bundle = true,
        .ice = &ice,
        .flags = TEXTS("rtcp-rsize"),
        STREAMS({.media = "audio",
                 .proto = "UDP/TLS/RTP/SAVPF",
                 .port = 9000,
                 .direction = SDP_DIR_BOTH,
                 CODINGS(OPUS),
                 .extensions = TEXTS("urn:mid", "urn:level"),
                 .candidates = TEXTS("1 1 UDP 2130706431 192.0.2.9 9000 typ host")},
                {.media = "video",
                 .proto = "UDP/TLS/RTP/SAVPF",
                 .port = 9002,
                 .direction = SDP_DIR_SEND,
                 CODINGS({SPAN("VP8"), 90000, 1}),
                 .feedback = TEXTS("nack", "nack pli"),
                 .extensions = TEXTS("urn:rid", "urn:mid"),
                 .simulcast = 2},
                {.media = "application",
                 .proto = "UDP/DTLS/SCTP",
                 .port = 9004,
                 .direction = SDP_DIR_BOTH,
                 .format = "webrtc-datachannel"})};

    CU_ASSERT_EQUAL(offered("phone", &phone, NULL, NULL,
                            HEAD("1") "m=audio 49920 RTP/AVP 96 0\r\na=rtpmap:96 opus/48000/2\r\n"
                                      "a=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"),
                    1);
    offered("secure", &secure, NULL, NULL,
            HEAD("1") "a=ice-lite\r\nm=audio 5004 RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
                      "a=recvonly\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY
                      "\r\na=crypto:2 F8_128_HMAC_SHA1_80 " KEY "\r\n"
                      "a=ice-ufrag:9uB6\r\na=ice-pwd:YH75Fviy6338Vbrhrlp8Yh\r\n"
                      "a=end-of-candidates\r\nm=image 5006 udptl t38\r\na=sendrecv\r\n"
                      "a=ice-ufrag:9uB6\r\na=ice-pwd:YH75Fviy6338Vbrhrlp8Yh\r\n"
                      "a=end-of-candidates\r\nm=audio 5008 TCP/RTP/AVP 0\r\n"
                      "a=rtpmap:0 PCMU/8000\r\na=sendrecv\r\na=setup:actpass\r\n"
                      "a=ice-ufrag:9uB6\r\na=ice-pwd:YH75Fviy6338Vbrhrlp8Yh\r\n"
                      "a=end-of-candidates\r\n");
#define DTLS                                                                                       \
    "a=setup:actpass\r\na=fingerprint:" PRINT "\r\na=tls-id:abc3de65cddef001be82\r\n"              \
    "a=rtcp-mux\r\na=ice-ufrag:9uB6\r\na=ice-pwd:YH75Fviy6338Vbrhrlp8Yh\r\na=ice-options:ice2\r\n"
    offered("web", &web, NULL, NULL,
            HEAD("1") "a=group:BUNDLE 0 1 2\r\nm=audio 9000 UDP/TLS/RTP/SAVPF 96\r\n"
                      "a=rtpmap:96 opus/48000/2\r\na=sendrecv\r\n" DTLS
                      "a=candidate:1 1 UDP 2130706431 192.0.2.9 9000 typ host\r\na=rtcp-rsize\r\n"
                      "a=extmap:1 urn:mid\r\na=extmap:2 urn:level\r\na=mid:0\r\n"
                      "m=video 9002 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n"
                      "a=rtcp-fb:* nack\r\na=rtcp-fb:* nack pli\r\na=sendonly\r\n" DTLS
                      "a=rtcp-rsize\r\na=extmap:3 urn:rid\r\na=extmap:1 urn:mid\r\n"
                      "a=rid:1 send\r\na=rid:2 send\r\na=simulcast:send 1;2\r\na=mid:1\r\n"
                      "m=application 9004 UDP/DTLS/SCTP webrtc-datachannel\r\na=sendrecv\r\n" DTLS
                      "a=sctp-port:5000\r\na=mid:2\r\n");
}

/* RFC 3264 sections 10.1 and 10.2, RFC 6337 sections 5.2.5 and 5.3. */
static void later(void)
{
    const struct sdp_abilities
        both = {BOB, STREAMS(PHONE(SDP_DIR_BOTH, PCMU, G723))},
        one = {BOB, STREAMS(PHONE(SDP_DIR_BOTH, G723))},
        hold = {BOB, STREAMS(PHONE(SDP_DIR_SEND, PCMU))}, nothing_left = {BOB},
        secure = {BOB,
                  STREAMS(PHONE(SDP_DIR_BOTH, PCMU),
                          {.media = "audio",
                           .proto = "RTP/SAVP",
                           .port = 5004,
                           .direction = SDP_DIR_BOTH,
                           CODINGS(PCMU),
                           .suites = (const struct sdp_suite[]){{"AES_CM_128_HMAC_SHA1_80", KEY}},
                           .suites_n = 1})},
        more = {BOB,
                STREAMS(PHONE(SDP_DIR_BOTH, PCMU), {.media = "audio",
                                                    .proto = "RTP/AVP",
                                                    .port = 51434,
                                                    .direction = SDP_DIR_RECV,
                                                    CODINGS({SPAN("telephone-event"), 8000, 1})})},
        video = {BOB, STREAMS(PHONE(SDP_DIR_BOTH, PCMU), {.media = "video",
                                                          .proto = "RTP/AVP",
                                                          .port = 51372,
                                                          .direction = SDP_DIR_BOTH,
                                                          CODINGS({SPAN("H261"), 90000, 1})})};

    /* 10.2: the codec is chosen */
    offered(
        "one of several", &one,
        HEAD("3") "m=audio 49920 RTP/AVP 0 4\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:4 G723/8000\r\n"
                  "a=inactive\r\n",
        NULL, HEAD("4") "m=audio 49920 RTP/AVP 4\r\na=rtpmap:4 G723/8000\r\na=sendrecv\r\n");
    /* all codecs again, though one was negotiated; hold, whatever the other side said */
    offered(
        "all again", &both, HEAD("1") M "a=recvonly\r\n", ALICE M "a=sendonly\r\n",
        HEAD("2") "m=audio 49920 RTP/AVP 0 4\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:4 G723/8000\r\n"
                  "a=sendrecv\r\n");
    offered("hold", &hold, HEAD("1") M, ALICE M, HEAD("2") M "a=sendonly\r\n");
    /* 10.1: Bob adds a stream behind a rejected video, which stays */
    offered("added", &more, HEAD("1") M "a=sendrecv\r\nm=video 0 RTP/AVP 31\r\na=mid:x\r\n", NULL,
            HEAD("2") M "a=sendrecv\r\nm=video 0 RTP/AVP 31\r\na=mid:x\r\n"
                        "m=audio 51434 RTP/AVP 96\r\na=rtpmap:96 telephone-event/8000\r\n"
                        "a=recvonly\r\n");
    /* video, which Alice rejected, is tried again in its place */
    offered("again", &video, HEAD("1") "m=video 0 RTP/AVP 31\r\n" M,
            ALICE "m=video 0 RTP/AVP 31\r\n" M,
            HEAD("2") "m=video 51372 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\na=sendrecv\r\n" M
                      "a=sendrecv\r\n");
    offered("again, over another transport", &secure,
            HEAD("1") M "m=audio 0 RTP/AVP 0\r\nm=video 0 RTP/AVP 31\r\n", NULL,
            HEAD("2") M "a=sendrecv\r\nm=audio 5004 RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
                        "a=sendrecv\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY
                        "\r\nm=video 0 RTP/AVP 31\r\n");
    CU_ASSERT_EQUAL(
        offered("removed", &nothing_left, HEAD("1") M, NULL, HEAD("2") "m=audio 0 RTP/AVP 0\r\n"),
        0);
}

/* Payload types keep what they mean in the session, and take no number that means something else (RFC 3264 section
 * 8.3.2). */
static void numbers(void)
{
    const struct sdp_abilities able = {
        BOB,
        STREAMS(PHONE(SDP_DIR_BOTH, OPUS, {SPAN("L16"), 16000, 1}, {SPAN("iLBC"), 8000, 1}, PCMU))};
    const struct sdp_abilities long_list = {
        BOB, STREAMS({.media = "audio",
                      .proto = "RTP/AVP",
                      .port = 49920,
                      .direction = SDP_DIR_BOTH,
                      CODINGS(PCMU),
                      .extensions = TEXTS("u:1", "u:2", "u:3", "u:4", "u:5", "u:6", "u:7", "u:8",
                                          "u:9", "u:10", "u:11", "u:12", "u:13", "u:14", "u:15")})};
    static struct sdp_coding many[100];
    static char names[100][8];
    const struct sdp_abilities full = {BOB, STREAMS({.media = "audio",
                                                     .proto = "RTP/AVP",
                                                     .port = 49920,
                                                     .direction = SDP_DIR_BOTH,
                                                     .codings = many,
                                                     .codings_n = COUNT(many)})};
    struct arena mem = arena_of(memory, MEMORY);
    struct draft dr;

    offered("numbers", &able,
            HEAD("1") "m=audio 49920 RTP/AVP 97 96\r\na=rtpmap:97 opus/48000/2\r\n"
                      "a=rtpmap:96 speex/8000\r\na=extmap:3 urn:a\r\n",
            ALICE "m=audio 5000 RTP/AVP 97 98 99 0\r\na=rtpmap:97 opus/48000/2\r\n"
                  "a=rtpmap:98 G726-32/8000\r\na=rtpmap:99 iLBC/8000\r\na=rtpmap:0 L8/8000\r\n",
            HEAD("2") "m=audio 49920 RTP/AVP 97 100 99 101\r\na=rtpmap:97 opus/48000/2\r\n"
                      "a=rtpmap:100 L16/16000\r\na=rtpmap:99 iLBC/8000\r\n"
                      "a=rtpmap:101 PCMU/8000\r\na=sendrecv\r\n");
    /* of identifiers of extensions 1 to 14 */
    offered("identifiers", &long_list, NULL, NULL,
            HEAD("1") M "a=sendrecv\r\na=extmap:1 u:1\r\na=extmap:2 u:2\r\na=extmap:3 u:3\r\n"
                        "a=extmap:4 u:4\r\na=extmap:5 u:5\r\na=extmap:6 u:6\r\n"
                        "a=extmap:7 u:7\r\na=extmap:8 u:8\r\na=extmap:9 u:9\r\n"
                        "a=extmap:10 u:10\r\na=extmap:11 u:11\r\na=extmap:12 u:12\r\n"
                        "a=extmap:13 u:13\r\na=extmap:14 u:14\r\n");
    /* when all are used up, those below 64 serve, and then the rest is left out */
    for (size_t i = 0; i < COUNT(many); i++) {
        snprintf(names[i], sizeof names[i], "c%zu", i);
        many[i] = (struct sdp_coding){span_of(names[i]), 8000, 1};
    }
    static uint8_t out[ROOM];
    struct wr w = {out, ROOM, 0, false};
    struct findings fs = {0};
    struct sdp_msg m;
    sdp_offer(&full, NULL, &dr, &mem);
    sdp_msg_encode(&w, &dr);
    CU_ASSERT_EQUAL(sdp_msg_decode(wr_span(&w), &mem, &m, &fs), STEP_ITEM);
    CU_ASSERT_EQUAL(m.media[0].formats_n, 32 + 29);
    CU_ASSERT_TRUE(span_is(m.media[0].formats[32], "35"));
    CU_ASSERT_TRUE(span_is(m.media[0].formats[60], "63"));
}

#define AUDIO(port, mux) "m=audio " port " RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n" mux
#define VIDEO(port, mux)                                                                           \
    "m=video " port " RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\na=sendrecv\r\n" mux
#define MUX "a=rtcp-mux\r\n"

/* RFC 9143 section 7.5: a group that is established is gone on with. */
static void bundles(void)
{
#define A PHONE(SDP_DIR_BOTH, PCMU)
#define B                                                                                          \
    {                                                                                              \
        .media = "video", .proto = "RTP/AVP", .port = 51372, .direction = SDP_DIR_BOTH,            \
        CODINGS({SPAN("H261"), 90000, 1}), .extensions = TEXTS("urn:a", "urn:b")                   \
    }
#define T                                                                                          \
    {                                                                                              \
        .media = "audio", .proto = "TCP/RTP/AVP", .port = 50000, .direction = SDP_DIR_BOTH,        \
        CODINGS(PCMU)                                                                              \
    }
    const struct sdp_abilities two = {BOB, .mux = true, .bundle = true, STREAMS(A, B)},
                               video = {BOB, .mux = true, .bundle = true, STREAMS(B)},
                               three = {BOB, .mux = true, .bundle = true, STREAMS(A, B, B, T)},
                               no_mux = {BOB, .bundle = true, STREAMS(A)},
                               apart = {BOB, STREAMS(B, B, B)}, one = {BOB, STREAMS(B)};
    static const char own[] = HEAD("1") "a=group:BUNDLE a b\r\n" AUDIO("49920", MUX "a=mid:a\r\n")
        VIDEO("51372", MUX "a=extmap:4 urn:b\r\na=mid:b\r\n");
    static const char peer[] = ALICE
        "a=group:BUNDLE b\r\nm=audio 0 RTP/AVP 0\r\na=mid:a\r\n" VIDEO("9", MUX "a=mid:b\r\n");
    static const char peer_both[] =
        ALICE "a=group:BUNDLE a b\r\n" AUDIO("9", MUX "a=mid:a\r\n") VIDEO("9", "a=mid:b\r\n");
#define E "a=extmap:1 urn:a\r\na=extmap:4 urn:b\r\n"

    offered("established", &two, own, peer_both,
            HEAD("2") "a=group:BUNDLE a b\r\n" AUDIO("49920", MUX "a=mid:a\r\n")
                VIDEO("49920", E "a=mid:b\r\n"));
    offered("tagged by the answer", &two, own, peer,
            HEAD("2") "a=group:BUNDLE b a\r\n" AUDIO("51372", "a=mid:a\r\n")
                VIDEO("51372", MUX E "a=mid:b\r\n"));
    offered("the tagged one removed", &video, own, peer_both,
            HEAD("2") "a=group:BUNDLE b\r\nm=audio 0 RTP/AVP 0\r\na=mid:a\r\n" VIDEO(
                "51372", MUX E "a=mid:b\r\n"));
    offered("added, but what runs over TCP", &three, own, peer_both,
            HEAD("2") "a=group:BUNDLE a b 2\r\n" AUDIO("49920", MUX "a=mid:a\r\n")
                VIDEO("49920", E "a=mid:b\r\n")
                    VIDEO("49920", E "a=mid:2\r\n") "m=audio 50000 TCP/RTP/AVP 0\r\na=rtpmap:0 "
                                                    "PCMU/8000\r\na=sendrecv\r\n"
                                                    "a=setup:actpass\r\na=rtcp-mux\r\na=mid:3\r\n");
    offered("not established", &two, own, ALICE AUDIO("9", "") VIDEO("9", ""),
            HEAD("2") "a=group:BUNDLE a b\r\n" AUDIO("49920", MUX "a=mid:a\r\n")
                VIDEO("51372", MUX E "a=mid:b\r\n"));
    /* apart, each media description has identifiers of its own, and keeps them */
    offered("identifiers apart", &apart,
            HEAD("1") VIDEO("51372", "a=extmap:1 urn:a\r\na=extmap:2 urn:b\r\n")
                VIDEO("51372", "a=extmap:2 urn:a\r\n"),
            ALICE VIDEO("9", "a=extmap:1 urn:a\r\n") VIDEO("9", "a=extmap:3 urn:b\r\n"),
            HEAD("2") VIDEO("51372", "a=extmap:1 urn:a\r\na=extmap:2 urn:b\r\n")
                VIDEO("51372", "a=extmap:2 urn:a\r\na=extmap:3 urn:b\r\n")
                    VIDEO("51372", "a=extmap:1 urn:a\r\na=extmap:2 urn:b\r\n"));
    offered("an identifier that the sides understand otherwise", &one,
            HEAD("1") VIDEO("51372", "a=extmap:1 urn:b\r\n"),
            ALICE VIDEO("9", "a=extmap:1 urn:a\r\n"),
            HEAD("2") VIDEO("51372", "a=extmap:2 urn:a\r\na=extmap:1 urn:b\r\n"));
    offered("an identifier that is taken", &apart,
            HEAD("1") VIDEO("51372", "a=extmap:1 urn:a\r\n") VIDEO("51372", "a=extmap:1 urn:x\r\n")
                VIDEO("51372", ""),
            NULL,
            HEAD("2") VIDEO("51372", "a=extmap:1 urn:a\r\na=extmap:2 urn:b\r\n")
                VIDEO("51372", "a=extmap:3 urn:a\r\na=extmap:2 urn:b\r\n")
                    VIDEO("51372", "a=extmap:1 urn:a\r\na=extmap:2 urn:b\r\n"));
    offered("a mid that is taken", &two, HEAD("1") AUDIO("49920", MUX "a=mid:1\r\n"), NULL,
            HEAD("2") "a=group:BUNDLE 1 2\r\n" AUDIO("49920", MUX "a=mid:1\r\n")
                VIDEO("51372", MUX "a=extmap:1 urn:a\r\na=extmap:2 urn:b\r\na=mid:2\r\n"));
    offered("without rtcp-mux", &no_mux, NULL, NULL, HEAD("1") AUDIO("49920", "a=mid:0\r\n"));
    offered("rtcp-mux is given up", &no_mux, own, peer_both,
            HEAD("2") AUDIO("49920", "a=mid:a\r\n") "m=video 0 RTP/AVP 31\r\na=mid:b\r\n");
}

/* ---- hold and resume ---- */

static bool redirected(const char *own_text, enum sdp_direction d, const char *want)
{
    static uint8_t out[ROOM];
    const enum sdp_direction wish[] = {d, d};
    struct arena mem = arena_of(memory, MEMORY);
    struct wr w = {out, ROOM, 0, false};
    struct finding found[FINDINGS];
    struct findings fs = {.v = found, .cap = FINDINGS};
    struct sdp_msg own, next;
    struct draft dr;

    decode(own_text, &mem, &own);
    if (!sdp_redirect(&own, wish, COUNT(wish), &dr, &mem))
        return false;
    sdp_msg_encode(&w, &dr);
    CU_ASSERT_TRUE(same("redirected", wr_span(&w), want));
    CU_ASSERT_EQUAL(sdp_msg_decode(wr_span(&w), &mem, &next, &fs), STEP_ITEM);
    sdp_reoffer_check(&own, &next, &fs);
    nothing("redirected", &fs);
    return true;
}

static void holds(void)
{
    CU_ASSERT_TRUE(redirected(HEAD("1") M "a=sendrecv\r\na=mid:a\r\n", SDP_DIR_SEND,
                              HEAD("2") M "a=mid:a\r\na=sendonly\r\n"));
    CU_ASSERT_TRUE(redirected(HEAD("2") M "a=mid:a\r\na=sendonly\r\n", SDP_DIR_BOTH,
                              HEAD("3") M "a=mid:a\r\na=sendrecv\r\n"));
    CU_ASSERT_TRUE(redirected(HEAD("1") "m=audio 49920 RTP/AVP 0\r\n", SDP_DIR_INACTIVE,
                              HEAD("2") "m=audio 49920 RTP/AVP 0\r\na=inactive\r\n"));
    /* a direction for all stays, and is overruled; a removed stream stays as it is; a third is not asked about */
    CU_ASSERT_TRUE(redirected(
        HEAD("9") "a=recvonly\r\n" M "m=video 0 RTP/AVP 31\r\na=sendrecv\r\n" M, SDP_DIR_SEND,
        HEAD("10") "a=recvonly\r\n" M "a=sendonly\r\nm=video 0 RTP/AVP 31\r\na=sendrecv\r\n" M));
    CU_ASSERT_FALSE(redirected("v=0\r\no=- 7 x IN IP4 192.0.2.9\r\n" M, SDP_DIR_SEND, ""));
    CU_ASSERT_FALSE(redirected("v=0\r\ns=-\r\n" M, SDP_DIR_SEND, ""));
    CU_ASSERT_FALSE(redirected(HEAD("1") M "b=AS:1\r\n", SDP_DIR_SEND, "")); /* b= too late */
}

TESTS({"first", first}, {"later", later}, {"numbers", numbers}, {"bundles", bundles},
      {"holds", holds})
