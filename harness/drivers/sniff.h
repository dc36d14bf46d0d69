/* harness/drivers/sniff.h - frames from a live interface, by libpcap. */
#ifndef HARNESS_DRIVERS_SNIFF_H
#define HARNESS_DRIVERS_SNIFF_H
#include "codecs/base/base.h"

enum {
    SNIFF_SNAP = 262144,    /* octets of a frame that are kept */
    SNIFF_BUFFER = 8 << 20, /* octets that the kernel keeps for us */
};
struct sniff_frame { /* lives until the callback returns */
    uint32_t link;   /* LINKTYPE */
    uint64_t time_ns;
    struct span octets;
    uint32_t original; /* octets that were on the wire */
};
struct sniff;

/* Listen on an interface; "any": all of them. `filter` is in libpcap's words (pcap-filter(7)); NULL: all frames.
 * NULL: `why` has a sentence, 256 octets at most. */
struct sniff *sniff_open(const char *interface, const char *filter, char why[256]);
/* Wait up to `wait_ms` and give what has come. The number of frames; -1: the interface is gone, `why` as above. */
int sniff_some(struct sniff *s, int wait_ms, void (*frame)(void *ctx, const struct sniff_frame *f),
               void *ctx, char why[256]);
/* Frames that the kernel had no room for. */
uint64_t sniff_lost(struct sniff *s);
void sniff_close(struct sniff *s);
#endif
