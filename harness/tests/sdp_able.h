/* harness/tests/sdp_able.h - abilities written shortly, and what tests of offers and answers share. */
#ifndef HARNESS_TESTS_SDP_ABLE_H
#define HARNESS_TESTS_SDP_ABLE_H
#include "codecs/sdp/sdp_pair.h"
#include "harness/core/test.h"

enum { ROOM = 1 << 14, MEMORY = 1 << 19, FINDINGS = 8 };

#define TEXTS(...)                                                                                 \
    {                                                                                              \
        (const char *const[]){__VA_ARGS__},                                                        \
            sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)                      \
    }
#define CODINGS(...)                                                                               \
    .codings = (const struct sdp_coding[]){__VA_ARGS__},                                           \
    .codings_n = sizeof((const struct sdp_coding[]){__VA_ARGS__}) / sizeof(struct sdp_coding)
#define PCMU                                                                                       \
    {                                                                                              \
        SPAN("PCMU"), 8000, 1                                                                      \
    }
#define STREAMS(...)                                                                               \
    .streams = (const struct sdp_ability[]){__VA_ARGS__},                                          \
    .streams_n = sizeof((const struct sdp_ability[]){__VA_ARGS__}) / sizeof(struct sdp_ability)
#define BOB .addrtype = "IP4", .address = "192.0.2.9", .id = 7, .version = 1
#define ALICE "v=0\r\no=alice 1 1 IN IP4 host.example\r\ns=-\r\nc=IN IP4 192.0.2.4\r\nt=0 0\r\n"
#define KEY "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
#define PRINT                                                                                      \
    "sha-256 13:38:5D:82:A7:CC:F1:16:3B:60:85:AA:CF:F4:19:3E:63:88:AD:D2:F7:1C:41:66:8B:B0:D5:FA:" \
    "1F:44:69:8E"

/* What was found is nothing of MUST, STMT or SHOULD. */
static inline void nothing(const char *id, const struct findings *fs)
{
    for (size_t i = 0; i < findings_kept(fs); i++) {
        CU_ASSERT_EQUAL(fs->v[i].level, MAY);
        fprintf(stderr, "%s: %s %s\n", id, fs->v[i].clause, fs->v[i].what);
    }
}

#endif
