/* harness/endpoints/rtp/rtp_receiver_dev.c - how the receiver can break the standards, and how it can differ and
 * keep to them. */
#include "harness/endpoints/rtp/rtp_session.h"

#define BLOCK(field) "packets/RR/reports/0/" field

const struct deviation rtp_receiver_faults[RTP_RECEIVER_FAULTS] = {
    /* the compound */
    {"rr-not-sent", "RFC3550:6.2#11", "rtcp/rr", DEV_SILENT, NULL, NULL, NULL},
    {"rr-not-first", "RFC3550:6.1#7", "rtcp/rr", DEV_LAST, "packets/RR", NULL, NULL},
    {"rr-left-out", "RFC3550:6.4.2#1", "rtcp/rr/empty", DEV_DROP, "packets/RR", NULL, NULL},
    {"rr-alone", "RFC3550:6.1#4", "rtcp/rr", DEV_DROP, "packets/SDES", NULL, NULL},
    {"sdes-without-cname", "RFC3550:6.1#10", "rtcp/rr", DEV_SET,
     "packets/SDES/chunks/0/items/0/type", "TOOL", NULL},
    {"sdes-of-another", "RFC3550:6.5.1#1", "rtcp/rr", DEV_SET, "packets/SDES/chunks/0/ssrc", "+1",
     NULL},
    {"chunk-not-ended", "RFC3550:6.5#1", "rtcp/rr", DEV_SET, "packets/SDES/chunks/0/end",
     "hex:060178", NULL},
    {"chunk-padded-with-octets", "RFC3550:6.5#2", "rtcp/rr", DEV_SET, "packets/SDES/chunks/0/end",
     "hex:000101", NULL},
    {"rtcp-version-one", "RFC3550:6.4.1#a1", "rtcp/rr", DEV_SET, "packets/SDES/version", "1", NULL},
    {"rtcp-length-wrong", "RFC3550:6.4.1#a8", "rtcp/rr", DEV_SET, "packets/SDES/length", "100",
     NULL},
    {"rtcp-padding-in-first", "RFC3550:6.4.1#1", "rtcp/rr", DEV_SET, "packets/RR/pad", "hex:000000",
     NULL},
    {"count-of-two", "RFC3550:6.4.1#a5", "rtcp/rr/full", DEV_SET, "packets/RR/count", "2", NULL},
    /* what is reported */
    {"no-blocks", "RFC3550:6.4#a2", "rtcp/rr/full", DEV_DROP, "packets/RR/reports", NULL, NULL},
    {"block-of-another", "RFC3550:6.4.1#a18", "rtcp/rr", DEV_SET, BLOCK("ssrc"), "+1", NULL},
    {"fraction-inverted", "RFC3550:6.4.1#a19", "rtcp/rr", DEV_SET, BLOCK("fraction_lost"), "200",
     NULL},
    {"fraction-never", "RFC3550:6.4.1#a19", "rtcp/rr", DEV_SET, BLOCK("fraction_lost"), "0", NULL},
    {"lost-three-more", "RFC3550:6.4.1#a22", "rtcp/rr", DEV_SET, BLOCK("cumulative_lost"), "+3",
     NULL},
    {"lost-never", "RFC3550:6.4.1#a22", "rtcp/rr", DEV_SET, BLOCK("cumulative_lost"), "0", NULL},
    {"highest-one-more", "RFC3550:6.4.1#a25", "rtcp/rr", DEV_SET, BLOCK("highest_sequence"), "+1",
     NULL},
    {"cycles-not-counted", "RFC3550:6.4.1#a26", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"jitter-never", "RFC3550:6.4.1#9", "rtcp/rr", DEV_SET, BLOCK("jitter"), "0", NULL},
    {"jitter-too-large", "RFC3550:6.4.1#9", "rtcp/rr", DEV_SET, BLOCK("jitter"), "+4000", NULL},
    {"lsr-missing", "RFC3550:6.4.1#a30", "rtcp/rr", DEV_SET, BLOCK("lsr"), "0", NULL},
    {"lsr-wrong", "RFC3550:6.4.1#a30", "rtcp/rr", DEV_SET, BLOCK("lsr"), "+70000", NULL},
    {"dlsr-missing", "RFC3550:6.4.1#a32", "rtcp/rr", DEV_SET, BLOCK("dlsr"), "0", NULL},
    {"dlsr-a-second-more", "RFC3550:6.4.1#a32", "rtcp/rr", DEV_SET, BLOCK("dlsr"), "+65536", NULL},
    /* when */
    {"interval-too-short", "RFC3550:6.2#12", "timer/rtcp", DEV_SCALE, NULL, "10", NULL},
    {"interval-without-chance", "RFC3550:6.3#3", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"member-never-gone", "RFC3550:6.3.5#1", "timer/member", DEV_SCALE, NULL, "100000", NULL},
    {"no-reconsideration", "RFC3550:6.3.4#1", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"bye-at-once", "RFC3550:6.3.7#1", "flag", DEV_FLAG, NULL, NULL, NULL},
    /* leaving */
    {"bye-not-sent", "RFC3550:6.3.7#a1", "rtcp/bye", DEV_SILENT, NULL, NULL, NULL},
    {"bye-without-report", "RFC3550:6.1#8", "rtcp/bye", DEV_DROP, "packets/0", NULL, NULL},
    {"bye-of-another", "RFC3550:6.6#a4", "rtcp/bye", DEV_SET, "packets/BYE/ssrcs/0", "+1", NULL},
    {"bye-padded-with-octets", "RFC3550:6.6#4", "rtcp/bye", DEV_SET, "packets/BYE/end",
     "hex:000101", NULL},
    {"bye-of-nobody", "RFC3550:6.3.7#5", "flag", DEV_FLAG, NULL, NULL, NULL},
    /* what is done with what comes */
    {"bye-ignored", "RFC3550:6.3.4#a1", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"collision-ignored", "RFC3550:8.2#2", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"any-rtcp-taken", "RFC3550:A.2#a1", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"unknown-type-played", "RFC3550:5.1#6", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"each-end-is-a-digit", "RFC4733:2.5.2.2#8", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"segments-apart", "RFC4733:2.5.2.3#1", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"loss-not-marked", "RFC4103:5.3#3", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"reserved-bit-refused", "RFC4733:2.3.3#1b", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"no-duration-told", "RFC4733:2.3.5#2", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"same-key-once", "RFC4733:2.5.2.2#10", "flag", DEV_FLAG, NULL, NULL, NULL},
};

const struct deviation rtp_receiver_variants[RTP_RECEIVER_VARIANTS] = {
    {"interval-shortest", "RFC3550:6.3#3", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"interval-longest", "RFC3550:6.3#3", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"first-report-at-once", "RFC3550:6.2#18", "timer/first", DEV_SCALE, NULL, "0", NULL},
    {"rtcp-padding-in-last", "RFC3550:6.4.1#1", "rtcp", DEV_SET, "packets/last/pad", "hex:000000",
     NULL},
    {"bye-without-reason", "RFC3550:6.6#3", "rtcp/bye", DEV_DROP, "packets/BYE/reason", NULL, NULL},
    {"no-probation", "RFC3550:A.1#1", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"unknown-type-not-counted", "RFC3550:5.1#6", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"jitter-rounded-up", "RFC3550:6.4.1#9", "rtcp/rr", DEV_SET, BLOCK("jitter"), "+1", NULL},
    {"report-later", "RFC3550:6.3#3", "rtcp/rr", DEV_DELAY, NULL, "2000", NULL},
    {"member-gone-late", "RFC3550:6.2.1#5", "timer/member", DEV_SCALE, NULL, "150", NULL},
    {"redundancy-unused", "RFC4103:4.2#a1", "flag", DEV_FLAG, NULL, NULL, NULL},
};
