/* codecs/sdp/sdp_answer_test.c - answers made to the offers of the RFCs' examples, and to an offer of WebRTC. */
#include "harness/tests/sdp_able.h"

static uint8_t memory[MEMORY];

#define HEAD "v=0\r\no=- 7 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"

/* The answer to `offer_text` is this text, and a sound answer, where the offer is sound a sound description, too.
 * Returns how many are accepted. */
static size_t judged(const char *id, const char *offer_text, bool sound,
                     const struct sdp_abilities *able, const char *want)
{
    static uint8_t out[ROOM];
    struct arena mem = arena_of(memory, MEMORY);
    struct wr w = {out, ROOM, 0, false};
    struct finding found[FINDINGS];
    struct findings fs = {.v = found, .cap = FINDINGS};
    struct sdp_msg offer, answer;
    struct draft dr;

    CU_ASSERT_EQUAL(sdp_msg_decode(span_of(offer_text), &mem, &offer, &fs), STEP_ITEM);
    sdp_lint(&offer, &fs);
    if (sound)
        nothing("offer", &fs);
    size_t n = sdp_answer(&offer, able, &dr, &mem);
    sdp_msg_encode(&w, &dr);
    CU_ASSERT_FALSE(mem.full || w.full);
    if (!span_is(wr_span(&w), want))
        fprintf(stderr, "%s:\n%.*s", id, (int)w.n, w.p);
    CU_ASSERT_TRUE(span_is(wr_span(&w), want));
    fs.n = 0;
    CU_ASSERT_EQUAL(sdp_msg_decode(wr_span(&w), &mem, &answer, &fs), STEP_ITEM);
    if (sound)
        sdp_lint(&answer, &fs);
    sdp_answer_check(&offer, &answer, &fs);
    nothing(id, &fs);
    for (size_t i = 0; i < 4096; i += 64) { /* too little room is said */
        struct arena less = arena_of(memory + MEMORY / 2, i);
        sdp_answer(&offer, able, &dr, &less);
        if (less.full)
            continue;
        struct wr again = {out, ROOM, 0, false};
        sdp_msg_encode(&again, &dr);
        CU_ASSERT_EQUAL(again.n, w.n);
    }
    return n;
}

static size_t answered(const char *id, const char *offer, const struct sdp_abilities *able,
                       const char *want)
{
    return judged(id, offer, true, able, want);
}

/* RFC 3264 section 10.1: Bob takes audio and the second video. */
static void media(void)
{
    const struct sdp_abilities able = {BOB, STREAMS({.media = "audio",
                                                     .proto = "RTP/AVP",
                                                     .port = 49920,
                                                     .direction = SDP_DIR_BOTH,
                                                     CODINGS(PCMU)},
                                                    {.media = "video",
                                                     .proto = "RTP/AVP",
                                                     .port = 53000,
                                                     .direction = SDP_DIR_BOTH,
                                                     CODINGS({SPAN("MPV"), 90000, 1})})};
    CU_ASSERT_EQUAL(
        answered("media",
                 "v=0\r\no=alice 2890844526 2890844526 IN IP4 host.anywhere.com\r\ns= \r\n"
                 "c=IN IP4 host.anywhere.com\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\n"
                 "a=rtpmap:0 PCMU/8000\r\nm=video 51372 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n"
                 "m=video 53000 RTP/AVP 32\r\na=rtpmap:32 MPV/90000\r\n",
                 &able,
                 HEAD "m=audio 49920 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"
                      "m=video 0 RTP/AVP 31\r\n"
                      "m=video 53000 RTP/AVP 32\r\na=rtpmap:32 MPV/90000\r\na=sendrecv\r\n"),
        2);
    /* without a=rtpmap in the offer, as RFC 3264 has it for static ones: the answer has it */
    answered("static", ALICE "m=audio 49170 RTP/AVP 0 0\r\na=recvonly\r\n", &able,
             HEAD "m=audio 49920 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendonly\r\n");
    answered("times",
             "v=0\r\no=a 1 1 IN IP4 a.example\r\ns=-\r\nc=IN IP4 192.0.2.1\r\n"
             "t=2873397496 2873404696\r\nm=audio 0 RTP/AVP 0\r\n",
             &able,
             "v=0\r\no=- 7 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\n"
             "t=2873397496 2873404696\r\nm=audio 0 RTP/AVP 0\r\n");
    answered("the o= line of the offer", HEAD "m=audio 0 RTP/AVP 0\r\n", &able,
             "v=0\r\no=- 7 2 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
             "m=audio 0 RTP/AVP 0\r\n");
    CU_ASSERT_EQUAL(answered("multicast",
                             ALICE "m=audio 49170 RTP/AVP 0\r\nc=IN IP4 233.252.0.1/127\r\n"
                                   "a=rtpmap:0 PCMU/8000\r\n",
                             &able, HEAD "m=audio 0 RTP/AVP 0\r\n"),
                    0);
}

/* RFC 3264 section 10.2: one of several codecs, on hold until it is chosen. */
static void inactive(void)
{
    const struct sdp_abilities able = {BOB, STREAMS({.media = "audio",
                                                     .proto = "RTP/AVP",
                                                     .port = 54344,
                                                     .direction = SDP_DIR_BOTH,
                                                     CODINGS(PCMU, {SPAN("G723"), 8000, 1})})};
    answered("inactive",
             ALICE
             "m=audio 62986 RTP/AVP 0 4 18\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:4 G723/8000\r\n"
             "a=rtpmap:18 G729/8000\r\na=inactive\r\n",
             &able,
             HEAD "m=audio 54344 RTP/AVP 0 4\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:4 G723/8000\r\n"
                  "a=inactive\r\n");
}

/* ---- BUNDLE: RFC 9143 section 18 ---- */

#define FOO                                                                                        \
    "m=audio 10000 RTP/AVP 0 8 97\r\nb=AS:200\r\na=mid:foo\r\na=rtcp-mux\r\n"                      \
    "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:97 iLBC/8000\r\n"                    \
    "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
#define BAR(port, rest)                                                                            \
    "m=video " port " RTP/AVP 31 32\r\nb=AS:1000\r\na=mid:bar\r\n" rest                            \
    "a=rtpmap:31 H261/90000\r\na=rtpmap:32 MPV/90000\r\n"                                          \
    "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
#define MID "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
#define AUDIO                                                                                      \
    {                                                                                              \
        .media = "audio", .proto = "RTP/AVP", .port = 20000, .direction = SDP_DIR_BOTH,            \
        CODINGS(PCMU), .extensions = TEXTS("urn:ietf:params:rtp-hdrext:sdes:mid")                  \
    }
#define VIDEO                                                                                      \
    {                                                                                              \
        .media = "video", .proto = "RTP/AVP", .port = 30000, .direction = SDP_DIR_BOTH,            \
        CODINGS({SPAN("MPV"), 90000, 1}),                                                          \
        .extensions = TEXTS("urn:ietf:params:rtp-hdrext:sdes:mid")                                 \
    }
#define ANSWER_FOO(port, mux)                                                                      \
    "m=audio " port " RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n" mux MID "a=mid:foo\r\n"
#define ANSWER_BAR(port, mux)                                                                      \
    "m=video " port " RTP/AVP 32\r\na=rtpmap:32 MPV/90000\r\na=sendrecv\r\n" mux MID "a=mid:"      \
    "bar\r\n"

static void bundles(void)
{
    const struct sdp_abilities both = {BOB, .mux = true, .bundle = true, STREAMS(AUDIO, VIDEO)},
                               apart = {BOB, .mux = true, STREAMS(AUDIO, VIDEO)},
                               no_audio = {BOB, .mux = true, .bundle = true, STREAMS(VIDEO)},
                               no_mux = {BOB, .bundle = true, STREAMS(AUDIO, VIDEO)},
                               tcp = {BOB, .mux = true, .bundle = true,
                                      STREAMS(AUDIO, {.media = "video",
                                                      .proto = "TCP/RTP/AVP",
                                                      .port = 30000,
                                                      .direction = SDP_DIR_BOTH,
                                                      CODINGS({SPAN("MPV"), 90000, 1})})};
    static const char offer[] =
        ALICE "a=group:BUNDLE foo bar\r\n" FOO BAR("10002", "a=rtcp-mux\r\n"),
                      only[] = ALICE "a=group:BUNDLE foo bar\r\n" FOO BAR("0", "a=bundle-only\r\n");

    answered("18.1", offer, &both,
             HEAD "a=group:BUNDLE foo bar\r\n" ANSWER_FOO("20000", "a=rtcp-mux\r\n")
                 ANSWER_BAR("20000", ""));
    answered("18.2", offer, &apart,
             HEAD ANSWER_FOO("20000", "a=rtcp-mux\r\n") ANSWER_BAR("30000", "a=rtcp-mux\r\n"));
    answered("the first rejected", offer, &no_audio,
             HEAD "a=group:BUNDLE bar\r\nm=audio 0 RTP/AVP 0 8 97\r\na=mid:foo\r\n" ANSWER_BAR(
                 "30000", "a=rtcp-mux\r\n"));
    answered("no rtcp-mux", offer, &no_mux, HEAD ANSWER_FOO("20000", "") ANSWER_BAR("30000", ""));
    CU_ASSERT_EQUAL(answered("bundle-only", only, &both,
                             HEAD "a=group:BUNDLE foo bar\r\n" ANSWER_FOO("20000", "a=rtcp-mux\r\n")
                                 ANSWER_BAR("20000", "")),
                    2);
    CU_ASSERT_EQUAL(answered("bundle-only alone", only, &no_audio,
                             HEAD "m=audio 0 RTP/AVP 0 8 97\r\na=mid:foo\r\n"
                                  "m=video 0 RTP/AVP 31 32\r\na=mid:bar\r\n"),
                    0);
    answered("bundle-only apart", only, &apart,
             HEAD ANSWER_FOO("20000", "a=rtcp-mux\r\n") "m=video 0 RTP/AVP 31 32\r\na=mid:bar\r\n");
    CU_ASSERT_EQUAL(answered("rtcp-mux or nothing",
                             ALICE "m=audio 10000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
                                   "a=rtcp-mux\r\na=rtcp-mux-only\r\n",
                             &no_mux, HEAD "m=audio 0 RTP/AVP 0\r\n"),
                    0);
    answered(
        "over TCP",
        ALICE "a=group:BUNDLE foo bar\r\n" FOO
              "m=video 10002 TCP/RTP/AVP 32\r\na=mid:bar\r\na=rtcp-mux\r\n"
              "a=rtpmap:32 MPV/90000\r\na=setup:passive\r\n",
        &tcp,
        HEAD "a=group:BUNDLE foo\r\n" ANSWER_FOO(
            "20000",
            "a=rtcp-mux\r\n") "m=video 9 TCP/RTP/AVP 32\r\na=rtpmap:32 MPV/90000\r\na=sendrecv\r\n"
                              "a=setup:active\r\na=rtcp-mux\r\na=mid:bar\r\n");
    /* the second tag of the offer is the first of the group that is accepted: it goes first */
    answered("order", ALICE "a=group:BUNDLE bar foo\r\n" FOO BAR("10002", "a=rtcp-mux\r\n"), &both,
             HEAD "a=group:BUNDLE bar foo\r\n" ANSWER_FOO("30000", "")
                 ANSWER_BAR("30000", "a=rtcp-mux\r\n"));
}

/* ---- keys, DTLS, ICE ---- */

#define SAVP(...)                                                                                  \
    {                                                                                              \
        BOB, STREAMS({.media = "audio",                                                            \
                      .proto = "RTP/SAVP",                                                         \
                      .port = 49920,                                                               \
                      .direction = SDP_DIR_BOTH,                                                   \
                      CODINGS(PCMU),                                                               \
                      .suites = (const struct sdp_suite[]){__VA_ARGS__},                           \
                      .suites_n = sizeof((const struct sdp_suite[]){__VA_ARGS__}) /                \
                                  sizeof(struct sdp_suite)})                                       \
    }
#define SAVP_OFFER(crypto) ALICE "m=audio 49170 RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\n" crypto
#define SAVP_ANSWER(crypto)                                                                        \
    HEAD "m=audio 49920 RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n" crypto

/* RFC 4568 sections 5.1.2 and 6.3: the first that can be had, with its tag; parameters have to be obeyed. */
static void keys(void)
{
    const struct sdp_abilities one = SAVP({"AES_CM_128_HMAC_SHA1_32", KEY}),
                               two = SAVP({"AES_CM_128_HMAC_SHA1_32", KEY},
                                          {"F8_128_HMAC_SHA1_80", KEY});
    static const char offer[] = SAVP_OFFER("a=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY "\r\n"
                                           "a=crypto:2 F8_128_HMAC_SHA1_80 " KEY "|2^20|1:4\r\n"
                                           "a=crypto:3 AES_CM_128_HMAC_SHA1_32 " KEY "\r\n");

    answered("crypto", offer, &one, SAVP_ANSWER("a=crypto:3 AES_CM_128_HMAC_SHA1_32 " KEY "\r\n"));
    answered("crypto, first", offer, &two,
             SAVP_ANSWER("a=crypto:2 F8_128_HMAC_SHA1_80 " KEY "\r\n"));
    answered("crypto, parameters",
             SAVP_OFFER("a=crypto:1 AES_CM_128_HMAC_SHA1_32 " KEY " UNENCRYPTED_SRTP\r\n"
                        "a=crypto:2 AES_CM_128_HMAC_SHA1_32 " KEY " WSH=64 -x=1\r\n"),
             &one, SAVP_ANSWER("a=crypto:2 AES_CM_128_HMAC_SHA1_32 " KEY "\r\n"));
    CU_ASSERT_EQUAL(answered("crypto, none",
                             SAVP_OFFER("a=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY "\r\n"), &one,
                             HEAD "m=audio 0 RTP/SAVP 0\r\n"),
                    0);
}

#define DTLS(...)                                                                                  \
    {                                                                                              \
        BOB,                                                                                       \
            STREAMS({.media = "audio",                                                             \
                     .proto = "UDP/TLS/RTP/SAVP",                                                  \
                     .port = 12000,                                                                \
                     .direction = SDP_DIR_BOTH,                                                    \
                     CODINGS(PCMU)},                                                               \
                    {.media = "application",                                                       \
                     .proto = "UDP/DTLS/SCTP",                                                     \
                     .port = 12002,                                                                \
                     .format = "webrtc-datachannel"},                                              \
                    {.media = "audio",                                                             \
                     .proto = "TCP/RTP/AVP",                                                       \
                     .port = 12004,                                                                \
                     .direction = SDP_DIR_BOTH,                                                    \
                     CODINGS(PCMU)}),                                                              \
            __VA_ARGS__                                                                            \
    }
#define DTLS_OFFER(attributes)                                                                     \
    ALICE "m=audio 6056 UDP/TLS/RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\n" attributes
#define DTLS_ANSWER(attributes)                                                                    \
    HEAD "m=audio 12000 UDP/TLS/RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n" attributes

/* RFC 5763 sections 5 and 7.1, where setup and fingerprint stand at session level; RFC 8842 section 5.3. */
static void dtls(void)
{
    const struct sdp_abilities active =
                                   DTLS(.fingerprint = PRINT, .tls_id = "abc3de65cddef001be82"),
                               passive = DTLS(.fingerprint = PRINT, .passive = true),
                               none = DTLS(.passive = true);
    static const char *const roles[][3] = {
        /* offered, answered by who would be active, and by who would be passive */
        {"actpass", "active", "passive"},
        {"active", "passive", "passive"},
        {"passive", "active", "active"}};

    answered("session level",
             "v=0\r\no=- 1181923068 1181923196 IN IP4 ua1.example.com\r\ns=-\r\n"
             "c=IN IP4 ua1.example.com\r\nt=0 0\r\na=setup:actpass\r\na=fingerprint:" PRINT "\r\n"
             "m=audio 6056 UDP/TLS/RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n",
             &active, DTLS_ANSWER("a=setup:active\r\na=fingerprint:" PRINT "\r\n"));
    for (size_t i = 0; i < COUNT(roles); i++)
        for (size_t k = 0; k < 2; k++) {
            char offer[1024], want[1024];
            snprintf(offer, sizeof offer, DTLS_OFFER("a=setup:%s\r\na=fingerprint:" PRINT "\r\n"),
                     roles[i][0]);
            snprintf(want, sizeof want, DTLS_ANSWER("a=setup:%s\r\na=fingerprint:" PRINT "\r\n"),
                     roles[i][1 + k]);
            answered(roles[i][0], offer, k ? &passive : &active, want);
        }
    answered("tls-id",
             DTLS_OFFER("a=setup:actpass\r\na=fingerprint:" PRINT
                        "\r\na=tls-id:dbc8de77cddef001be90\r\n"),
             &active,
             DTLS_ANSWER("a=setup:active\r\na=fingerprint:" PRINT
                         "\r\na=tls-id:abc3de65cddef001be82\r\n"));
    CU_ASSERT_EQUAL(answered("no fingerprint",
                             DTLS_OFFER("a=setup:actpass\r\na=fingerprint:" PRINT "\r\n"), &none,
                             HEAD "m=audio 0 UDP/TLS/RTP/SAVP 0\r\n"),
                    0);
    answered("data channel",
             ALICE "m=application 6056 UDP/DTLS/SCTP webrtc-datachannel\r\na=setup:actpass\r\n"
                   "a=fingerprint:" PRINT "\r\na=sctp-port:5000\r\n",
             &active,
             HEAD "m=application 12002 UDP/DTLS/SCTP webrtc-datachannel\r\na=inactive\r\n"
                  "a=setup:active\r\na=fingerprint:" PRINT "\r\na=sctp-port:5000\r\n");
    CU_ASSERT_EQUAL(judged("holdconn over DTLS",
                           ALICE "m=audio 6056 UDP/TLS/RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
                                 "a=setup:holdconn\r\na=fingerprint:" PRINT "\r\n",
                           false, &active, HEAD "m=audio 0 UDP/TLS/RTP/SAVP 0\r\n"),
                    0);
    /* RFC 4145: the side that opens the connection has port 9 */
    answered("tcp, active",
             ALICE "m=audio 6056 TCP/RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=setup:actpass\r\n"
                   "a=connection:new\r\n",
             &active,
             HEAD "m=audio 9 TCP/RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"
                  "a=setup:active\r\na=connection:new\r\n");
    answered("tcp, holdconn",
             ALICE "m=audio 6056 TCP/RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=setup:holdconn\r\n",
             &passive,
             HEAD "m=audio 12004 TCP/RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"
                  "a=setup:holdconn\r\n");
}

/* RFC 8839 section 4.2.6: ICE at session level; it is not taken up where it was not offered. */
static void ice(void)
{
    static const struct sdp_ice lite = {"9uB6", "YH75Fviy6338Vbrhrlp8Yh", "ice2", true, true};
    const struct sdp_abilities able = {
        BOB, .ice = &lite,
        STREAMS({.media = "audio",
                 .proto = "RTP/AVP",
                 .port = 3478,
                 .direction = SDP_DIR_BOTH,
                 CODINGS(PCMU),
                 .candidates = TEXTS("1 1 UDP 2130706431 192.0.2.9 3478 typ host")})};

    answered("ice",
             "v=0\r\no=jdoe 2890844526 2890842807 IN IP4 203.0.113.141\r\ns=-\r\n"
             "c=IN IP4 192.0.2.3\r\nt=0 0\r\na=ice-options:ice2\r\na=ice-pacing:50\r\n"
             "a=ice-pwd:asd88fgpdd777uzjYhagZg\r\na=ice-ufrag:8hhY\r\nm=audio 45664 RTP/AVP 0\r\n"
             "b=RS:0\r\nb=RR:0\r\na=rtpmap:0 PCMU/8000\r\n"
             "a=candidate:1 1 UDP 2130706431 203.0.113.141 8998 typ host\r\n"
             "a=candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport "
             "8998\r\n",
             &able,
             HEAD "a=ice-lite\r\nm=audio 3478 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"
                  "a=ice-ufrag:9uB6\r\na=ice-pwd:YH75Fviy6338Vbrhrlp8Yh\r\na=ice-options:ice2\r\n"
                  "a=candidate:1 1 UDP 2130706431 192.0.2.9 3478 typ host\r\n"
                  "a=end-of-candidates\r\n");
    answered("no ice", ALICE "m=audio 45664 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n", &able,
             HEAD "m=audio 3478 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n");
}

/* RFC 5761 section 5.1.3: where rtcp-mux is agreed to, RTCP has no candidates. */
static void components(void)
{
    static const struct sdp_ice full = {"9uB6", "YH75Fviy6338Vbrhrlp8Yh", NULL, false, false};
    const struct sdp_abilities able = {
        BOB, .mux = true, .ice = &full,
        STREAMS({.media = "audio",
                 .proto = "RTP/AVP",
                 .port = 3478,
                 .direction = SDP_DIR_BOTH,
                 CODINGS(PCMU),
                 .candidates = TEXTS("1 1 UDP 2130706431 192.0.2.9 3478 typ host",
                                     "1 2 UDP 2130706430 192.0.2.9 3479 typ host")})};
#define ICE_OFFER                                                                                  \
    "a=ice-ufrag:8hhY\r\na=ice-pwd:asd88fgpdd777uzjYhagZg\r\n"                                     \
    "a=candidate:1 1 UDP 2130706431 192.0.2.3 8998 typ host\r\n"                                   \
    "a=candidate:1 2 UDP 2130706430 192.0.2.3 8999 typ host\r\n"
#define ICE_ANSWER                                                                                 \
    "a=ice-ufrag:9uB6\r\na=ice-pwd:YH75Fviy6338Vbrhrlp8Yh\r\n"                                     \
    "a=candidate:1 1 UDP 2130706431 192.0.2.9 3478 typ host\r\n"

    answered("ice, rtcp-mux",
             ALICE "m=audio 8998 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=rtcp-mux\r\n"
                   "a=rtcp:8999\r\n" ICE_OFFER,
             &able,
             HEAD "m=audio 3478 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n"
                  "a=rtcp-mux\r\n" ICE_ANSWER);
    answered("ice, two ports", ALICE "m=audio 8998 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n" ICE_OFFER,
             &able,
             HEAD "m=audio 3478 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=sendrecv\r\n" ICE_ANSWER
                  "a=candidate:1 2 UDP 2130706430 192.0.2.9 3479 typ host\r\n");
}

/* ---- simulcast, feedback, extensions ---- */

#define CAMERA(...)                                                                                \
    {                                                                                              \
        BOB, .mux = true, .bundle = true,                                                          \
             STREAMS({.media = "video",                                                            \
                      .proto = "RTP/AVPF",                                                         \
                      .port = 49674,                                                               \
                      .direction = SDP_DIR_BOTH,                                                   \
                      CODINGS({SPAN("H264"), 90000, 1}, {SPAN("VP8"), 90000, 1},                   \
                              {SPAN("rtx"), 90000, 1}),                                            \
                      __VA_ARGS__})                                                                \
    }
#define V(formats, attributes) ALICE "m=video 49300 RTP/AVPF " formats "\r\n" attributes
#define W(formats, attributes) HEAD "m=video 49674 RTP/AVPF " formats "\r\n" attributes
#define H(pt) "a=rtpmap:" pt " H264/90000\r\n"

/* RFC 8853 section 5.6.1, figures 5 and 6, and the first video of Fred's offer in figure 7. */
static void simulcasts(void)
{
    const struct sdp_abilities all = CAMERA(.simulcast = 4), one = CAMERA(.simulcast = 1),
                               none = CAMERA(.simulcast = 0),
                               pausing =
                                   CAMERA(.simulcast = 2, .feedback = TEXTS("ccm pause nowait"));
    static const char figure5[] =
        V("97 98", H("97") H("98") "a=fmtp:97 profile-level-id=42c01f\r\n"
                                   "a=rid:1 send pt=97\r\na=rid:2 send pt=98\r\n"
                                   "a=rid:3 recv pt=97\r\na=simulcast:send 1;2 recv 3\r\n");
    static const char figure7[] =
        V("100 101 103",
          "a=rtpmap:100 H264-SVC/90000\r\n" H(
              "101") "a=rtpmap:103 VP8/90000\r\n"
                     "a=rid:1 send pt=100;max-width=1280;max-height=720;max-fps=60;depend=2\r\n"
                     "a=rid:2 send pt=101;max-width=1280;max-height=720;max-fps=30\r\n"
                     "a=rid:3 send pt=101;max-width=640;max-height=360\r\n"
                     "a=rid:4 send pt=103;max-width=640;max-height=360\r\n"
                     "a=rtcp-fb:* ccm pause nowait\r\na=simulcast:send 1;2;~4,3\r\n");

#define A56(rest)                                                                                  \
    W("97 98", H("97") "a=fmtp:97 profile-level-id=42c01f\r\n" H("98") "a=sendrecv\r\n" rest)
    answered("figure 6", figure5, &all,
             A56("a=rid:1 recv pt=97\r\na=rid:2 recv pt=98\r\na=rid:3 send pt=97\r\n"
                 "a=simulcast:recv 1;2 send 3\r\n"));
    answered("one stream", figure5, &one,
             A56("a=rid:1 recv pt=97\r\na=rid:2 recv pt=98\r\na=rid:3 send pt=97\r\n"
                 "a=simulcast:recv 1 send 3\r\n"));
    answered("no simulcast", figure5, &none, A56(""));
#define FRED(feedback, streams)                                                                    \
    W("101 103", H("101") "a=rtpmap:103 VP8/90000\r\n" feedback "a=sendrecv\r\n"                   \
                          "a=rid:2 recv pt=101;max-width=1280;max-height=720;max-fps=30\r\n"       \
                          "a=rid:3 recv pt=101;max-width=640;max-height=360\r\n"                   \
                          "a=rid:4 recv pt=103;max-width=640;max-height=360\r\n"                   \
                          "a=simulcast:recv " streams "\r\n")
    answered("figure 7", figure7, &all, FRED("", "2;4,3"));
    answered("figure 7, paused", figure7, &pausing,
             FRED("a=rtcp-fb:* ccm pause nowait\r\n", "2;~4,3"));
    judged("one direction twice",
           V("97", H("97") "a=rid:1 send\r\na=rid:2 send\r\n"
                           "a=simulcast:send 1 send 2\r\n"),
           false, &all,
           W("97", H("97") "a=sendrecv\r\na=rid:1 recv\r\na=rid:2 recv\r\n"
                           "a=simulcast:recv 1\r\n"));
    judged("no direction",
           V("97", H("97") "a=rid:1 send\r\na=rid:2 both\r\n"
                           "a=simulcast:both 2 send 1\r\n"),
           false, &all, W("97", H("97") "a=sendrecv\r\na=rid:1 recv\r\na=simulcast:recv 1\r\n"));
    judged("an id twice",
           V("97", H("97") "a=rid:1 both\r\na=rid:1 send\r\n"
                           "a=simulcast:send 1\r\n"),
           false, &all, W("97", H("97") "a=sendrecv\r\n"));
    judged("two of them",
           V("97", H("97") "a=rid:1 send\r\na=simulcast:send 1\r\n"
                           "a=simulcast:send 1\r\n"),
           false, &all, W("97", H("97") "a=sendrecv\r\na=rid:1 recv\r\n"));
    answered("several",
             V("97", H("97") "a=rid:1 send pt=97\r\na=rid:2 send\r\n"
                             "a=rid:3 recv vendor=1\r\n"),
             &all, W("97", H("97") "a=sendrecv\r\na=rid:1 recv pt=97\r\na=rid:2 recv\r\n"));
}

static void feedbacks(void)
{
    const struct sdp_abilities able = CAMERA(.feedback = TEXTS("nack", "nack pli"),
                                             .extensions = TEXTS("urn:a", "urn:b", "urn:c", "urn:d",
                                                                 "urn:e")),
                               twice = {BOB, STREAMS({.media = "video",
                                                      .proto = "RTP/AVPF",
                                                      .port = 49674,
                                                      .direction = SDP_DIR_BOTH,
                                                      CODINGS({SPAN("VP8"), 90000, 1}),
                                                      .extensions = TEXTS("urn:d", "urn:e")},
                                                     {.media = "video",
                                                      .proto = "RTP/AVPF",
                                                      .port = 49676,
                                                      .direction = SDP_DIR_BOTH,
                                                      CODINGS({SPAN("VP8"), 90000, 1}),
                                                      .extensions = TEXTS("urn:d", "urn:e")})},
                               red = {BOB, STREAMS({.media = "audio",
                                                    .proto = "RTP/AVP",
                                                    .port = 5004,
                                                    .direction = SDP_DIR_BOTH,
                                                    CODINGS({SPAN("opus"), 48000, 2},
                                                            {SPAN("red"), 48000, 2})})};

    answered("feedback",
             V("96 97 98 99",
               "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
               "a=rtpmap:98 VP9/90000\r\na=rtpmap:99 rtx/90000\r\na=fmtp:99 apt=98\r\n"
               "a=rtcp-fb:96 nack\r\na=rtcp-fb:96 ccm fir\r\na=rtcp-fb:98 nack\r\n"
               "a=rtcp-fb:* nack pli\r\n"),
             &able,
             W("96 97", "a=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
                        "a=rtcp-fb:96 nack\r\na=rtcp-fb:* nack pli\r\na=sendrecv\r\n"));
    /* RFC 8285 section 7: directions turned round, identifiers given */
    answered("extensions",
             V("96", "a=rtpmap:96 VP8/90000\r\na=extmap:1/sendonly urn:a\r\n"
                     "a=extmap:2/recvonly urn:b\r\na=extmap:3/inactive urn:c\r\n"
                     "a=extmap:4096 urn:d\r\na=extmap:5 urn:x\r\na=extmap:4096/sendrecv urn:e\r\n"),
             &able,
             W("96", "a=rtpmap:96 VP8/90000\r\na=sendrecv\r\na=extmap:1/recvonly urn:a\r\n"
                     "a=extmap:2/sendonly urn:b\r\na=extmap:3/inactive urn:c\r\n"
                     "a=extmap:4 urn:d\r\na=extmap:6 urn:e\r\n"));
    /* an identifier that was asked for is the same everywhere, and 1 to 14 is all that there is */
    answered("extensions of two streams",
             ALICE "m=video 49300 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\na=extmap:4096 urn:d\r\n"
                   "m=audio 0 RTP/AVP 0\r\na=extmap:1 urn:x\r\n"
                   "m=video 49302 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\na=extmap:4097 urn:e\r\n"
                   "a=extmap:4096 urn:d\r\n",
             &twice,
             HEAD "m=video 49674 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\na=sendrecv\r\n"
                  "a=extmap:2 urn:d\r\nm=audio 0 RTP/AVP 0\r\n"
                  "m=video 49676 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\na=sendrecv\r\n"
                  "a=extmap:3 urn:e\r\na=extmap:2 urn:d\r\n");
    answered("no identifier left",
             V("96", "a=rtpmap:96 VP8/90000\r\na=extmap:1 urn:1\r\na=extmap:2 urn:2\r\n"
                     "a=extmap:3 urn:3\r\na=extmap:4 urn:4\r\na=extmap:5 urn:5\r\n"
                     "a=extmap:6 urn:6\r\na=extmap:7 urn:7\r\na=extmap:8 urn:8\r\n"
                     "a=extmap:9 urn:9\r\na=extmap:10 urn:10\r\na=extmap:11 urn:11\r\n"
                     "a=extmap:12 urn:12\r\na=extmap:13 urn:13\r\na=extmap:14 urn:b\r\n"
                     "a=extmap:4096 urn:d\r\n"),
             &able, W("96", "a=rtpmap:96 VP8/90000\r\na=sendrecv\r\na=extmap:14 urn:b\r\n"));
    answered("extensions of an inactive stream",
             V("96", "a=rtpmap:96 VP8/90000\r\na=inactive\r\na=extmap:1/sendonly urn:a\r\n"
                     "a=extmap:2 urn:b\r\n"),
             &able, W("96", "a=rtpmap:96 VP8/90000\r\na=inactive\r\na=extmap:2 urn:b\r\n"));
    answered("extensions at session level",
             ALICE "a=extmap:7 urn:b\r\nm=video 49300 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\n",
             &able, W("96", "a=rtpmap:96 VP8/90000\r\na=sendrecv\r\na=extmap:7 urn:b\r\n"));
    answered("red of what is not taken",
             ALICE "m=audio 5000 RTP/AVP 111 63 64\r\na=rtpmap:111 opus/48000/2\r\n"
                   "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:64 red/48000/2\r\n"
                   "a=fmtp:64 111/0\r\n",
             &red,
             HEAD "m=audio 5004 RTP/AVP 111 63\r\na=rtpmap:111 opus/48000/2\r\n"
                  "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=sendrecv\r\n");
    answered("redundancy",
             ALICE
             "m=video 49300 RTP/AVPF 96 97\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\n"
             "a=fmtp:97 apt=100\r\n",
             &able, W("96", "a=rtpmap:96 VP8/90000\r\na=sendrecv\r\n"));
}

/* ---- an offer of WebRTC ---- */

#define TRANSPORT                                                                                  \
    "a=setup:actpass\r\na=fingerprint:" PRINT "\r\na=ice-ufrag:8hhY\r\n"                           \
    "a=ice-pwd:asd88fgpdd777uzjYhagZg\r\na=ice-options:trickle ice2\r\n"                           \
    "a=candidate:1 1 UDP 2130706431 192.0.2.4 9 typ host\r\n"
#define WEB_AUDIO                                                                                  \
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 126\r\n" TRANSPORT                                     \
    "a=rtcp:9 IN IP4 0.0.0.0\r\na=mid:0\r\na=extmap:1 urn:level\r\na=extmap:4 urn:mid\r\n"         \
    "a=sendrecv\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:111 opus/48000/2\r\n"                    \
    "a=rtcp-fb:111 transport-cc\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"                      \
    "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\na=rtpmap:9 G722/8000\r\n"                     \
    "a=rtpmap:0 PCMU/8000\r\na=rtpmap:126 telephone-event/8000\r\n"
#define WEB_VIDEO(port, rest)                                                                      \
    "m=video " port " UDP/TLS/RTP/SAVPF 96 97 98\r\n" rest                                         \
    "a=mid:1\r\na=extmap:4 urn:mid\r\na=sendonly\r\na=rtpmap:96 VP8/90000\r\n"                     \
    "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtpmap:98 VP9/90000\r\n"                       \
    "a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:98 nack\r\n"                          \
    "a=rid:hi send pt=96,98\r\na=rid:lo send pt=98\r\na=simulcast:send hi;lo\r\n"
#define WEB_DATA(port, rest)                                                                       \
    "m=application " port " UDP/DTLS/SCTP webrtc-datachannel\r\n" rest                             \
    "a=mid:2\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n"

static void web(void)
{
    static const struct sdp_ice ice = {"9uB6", "YH75Fviy6338Vbrhrlp8Yh", "ice2", false, true};
    const struct sdp_ability streams[] = {
        {.media = "audio",
         .proto = "UDP/TLS/RTP/SAVPF",
         .port = 5000,
         .direction = SDP_DIR_BOTH,
         CODINGS({SPAN("opus"), 48000, 2}, {SPAN("red"), 48000, 2}),
         .feedback = TEXTS("transport-cc"),
         .extensions = TEXTS("urn:mid"),
         .candidates = TEXTS("1 1 UDP 2130706431 192.0.2.9 5000 typ host")},
        {.media = "video",
         .proto = "UDP/TLS/RTP/SAVPF",
         .port = 5002,
         .direction = SDP_DIR_BOTH,
         CODINGS({SPAN("VP8"), 90000, 1}, {SPAN("rtx"), 90000, 1}),
         .feedback = TEXTS("nack", "nack pli"),
         .extensions = TEXTS("urn:mid"),
         .candidates = TEXTS("1 1 UDP 2130706431 192.0.2.9 5002 typ host"),
         .simulcast = 3},
        {.media = "application",
         .proto = "UDP/DTLS/SCTP",
         .port = 5004,
         .direction = SDP_DIR_BOTH,
         .format = "webrtc-datachannel",
         .candidates = TEXTS("1 1 UDP 2130706431 192.0.2.9 5004 typ host")}};
    const struct sdp_abilities able = {BOB,
                                       .fingerprint = PRINT,
                                       .mux = true,
                                       .bundle = true,
                                       .ice = &ice,
                                       .flags = TEXTS("rtcp-rsize", "extmap-allow-mixed"),
                                       .streams = streams,
                                       .streams_n = COUNT(streams)};
#define WEB_ANSWER(port, mux, flags)                                                               \
    "a=setup:active\r\na=fingerprint:" PRINT "\r\n" mux "a=ice-ufrag:9uB6\r\n"                     \
    "a=ice-pwd:YH75Fviy6338Vbrhrlp8Yh\r\na=ice-options:ice2\r\n"                                   \
    "a=candidate:1 1 UDP 2130706431 192.0.2.9 " port " typ host\r\na=end-of-candidates\r\n" flags
#define AUDIO_ANSWER(port, transport)                                                              \
    "m=audio " port " UDP/TLS/RTP/SAVPF 111 63\r\na=rtpmap:111 opus/48000/2\r\n"                   \
    "a=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"    \
    "a=rtcp-fb:111 transport-cc\r\na=sendrecv\r\n" transport "a=extmap:4 urn:mid\r\na=mid:0\r\n"
#define VIDEO_ANSWER(port)                                                                         \
    "m=video " port " UDP/TLS/RTP/SAVPF 96 97\r\na=rtpmap:96 VP8/90000\r\n"                        \
    "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\na=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n"  \
    "a=recvonly\r\na=extmap:4 urn:mid\r\na=rid:hi recv pt=96\r\na=simulcast:recv hi\r\n"           \
    "a=mid:1\r\n"
#define DATA_ANSWER(port, transport)                                                               \
    "m=application " port " UDP/DTLS/SCTP webrtc-datachannel\r\na=sendrecv\r\n" transport          \
    "a=sctp-port:5000\r\na=mid:2\r\n"

    CU_ASSERT_EQUAL(answered("web",
                             ALICE
                             "a=group:BUNDLE 0 1 2\r\na=extmap-allow-mixed\r\n" WEB_AUDIO WEB_VIDEO(
                                 "0", "a=bundle-only\r\n") WEB_DATA("0", "a=bundle-only\r\n"),
                             &able,
                             HEAD "a=group:BUNDLE 0 1 2\r\n" AUDIO_ANSWER(
                                 "5000", WEB_ANSWER("5000", "a=rtcp-mux\r\n",
                                                    "a=rtcp-rsize\r\na=extmap-allow-mixed\r\n"))
                                 VIDEO_ANSWER("5000") DATA_ANSWER("5000", "")),
                    3);
    /* the data channel is tagged, and has rtcp-mux for the others */
    answered("web, data first",
             ALICE "a=group:BUNDLE 2 0\r\n" WEB_AUDIO WEB_DATA("9", TRANSPORT "a=rtcp-mux\r\n"),
             &able,
             HEAD "a=group:BUNDLE 2 0\r\n" AUDIO_ANSWER("5004", "")
                 DATA_ANSWER("5004", WEB_ANSWER("5004", "a=rtcp-mux\r\n", "")));
    /* without audio the video is tagged, where it was offered with a port */
    const struct sdp_abilities silent = {
        BOB,         .fingerprint = PRINT,   .mux = true,   .bundle = true,
        .ice = &ice, .streams = streams + 1, .streams_n = 2};
    CU_ASSERT_EQUAL(
        answered("web, no audio",
                 ALICE "a=group:BUNDLE 0 1 2\r\n" WEB_AUDIO WEB_VIDEO("0", "a=bundle-only\r\n")
                     WEB_DATA("9", TRANSPORT "a=rtcp-mux\r\n"),
                 &silent,
                 HEAD "a=group:BUNDLE 2 1\r\n"
                      "m=audio 0 UDP/TLS/RTP/SAVPF 111 63 9 0 126\r\na=mid:0\r\n" VIDEO_ANSWER(
                          "5004") DATA_ANSWER("5004", WEB_ANSWER("5004", "a=rtcp-mux\r\n", ""))),
        2);
}

TESTS({"web", web}, {"media", media}, {"inactive", inactive}, {"bundles", bundles}, {"keys", keys},
      {"dtls", dtls}, {"ice", ice}, {"components", components}, {"simulcasts", simulcasts},
      {"feedbacks", feedbacks})
