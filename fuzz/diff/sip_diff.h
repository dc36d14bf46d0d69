/* fuzz/diff/sip_diff.h - a message of SIP as we and another library read it: the differential targets of SIP.
 *
 * A peer's library is read in a file of its own and fills a projection. Where a message breaks no rule of level MUST or
 * STMT both have to take it and to read the same; what differs is a finding, unless the table of sip_diff.c has a row
 * for it. Of a message that breaks one, what a library makes is its own affair. */
#ifndef FUZZ_DIFF_SIP_DIFF_H
#define FUZZ_DIFF_SIP_DIFF_H
#include "codecs/base/base.h"

enum { SIP_DIFF_TEXT = 2048 };
enum sip_diff_item {
    SIP_DIFF_METHOD,
    SIP_DIFF_STATUS,
    SIP_DIFF_CALL_ID,
    SIP_DIFF_CSEQ, /* the number */
    SIP_DIFF_CSEQ_METHOD,
    SIP_DIFF_VIA_HOST, /* of the topmost one */
    SIP_DIFF_VIA_PORT,
    SIP_DIFF_BRANCH,
    SIP_DIFF_FROM_TAG,
    SIP_DIFF_TO_TAG,
    SIP_DIFF_LENGTH,
    SIP_DIFF_ITEMS
};
struct sip_projection {
    bool accept; /* the library takes it for a message */
    struct {
        bool there;
        size_t n;
        uint8_t text[SIP_DIFF_TEXT]; /* of numbers the decimal digits */
    } v[SIP_DIFF_ITEMS];
};
struct sip_peer {
    const char *name;
    void (*read)(struct span in, struct sip_projection *out);
};
extern const struct sip_peer sip_diff_osip2, sip_diff_sofia;

/* For peers: an item as text, NULL: it is not there; as a number. */
void sip_diff_text(struct sip_projection *p, enum sip_diff_item i, const char *text);
void sip_diff_number(struct sip_projection *p, enum sip_diff_item i, uint64_t v);
/* Read `in` by both and compare. Comes back, or ends the process through require(). */
void sip_diff_run(const struct sip_peer *peer, struct span in);
#endif
