/* codecs/rtp/rtp_event.h - payload formats telephone-event and tone: RFC 4733, which replaces RFC 2833 and keeps
 * its octets. */
#ifndef CODECS_RTP_RTP_EVENT_H
#define CODECS_RTP_RTP_EVENT_H
#include "codecs/base/codec.h"

enum {
    RTP_EVENT_SIZE = 4,  /* octets of an event, RFC4733:2.3 */
    RTP_EVENT_DTMF = 15, /* the last event of DTMF: 0 to 9, *, #, A to D, RFC4733:3.2 */
    RTP_EVENT_VOLUME = 63,
    RTP_TONE_HEAD = 4, /* octets in front of the frequencies, RFC4733:4.3.3 */
};
struct rtp_event { /* RFC4733:2.3 */
    uint8_t event;
    bool end, reserved;
    uint8_t volume;    /* dBm0 without its sign */
    uint16_t duration; /* in units of the RTP timestamp */
};
struct rtp_events { /* view; borrows the payload */
    struct span wire;
    struct span
        events; /* rtp_next_event: one, or several packed behind one another, RFC4733:2.5.1.5 */
    struct span rest; /* octets at the end that are no event */
};
extern const struct codec rtp_event_codec;
/* Decode a payload. STEP_ITEM always; an empty one, and octets that are no event, are findings. */
enum step rtp_event_decode(struct span in, struct rtp_events *v, struct findings *fs);
void rtp_event_lint(const struct rtp_events *v, struct findings *fs);
bool rtp_next_event(struct rd *r, struct rtp_event *v);
/* Write one event as it is told. */
void rtp_event_put(struct wr *w, const struct rtp_event *v);
/* The event of a key, 0 to 9, * # A to D in either case; -1: none. And the key of an event, 0: none. */
int rtp_event_of_key(char key);
char rtp_key_of_event(unsigned event);

struct rtp_tone { /* view; borrows the payload */
    struct span wire;
    uint16_t modulation; /* Hz, 9 bits */
    bool third;          /* T: the modulation is a third of that */
    uint8_t volume;
    uint16_t duration;
    struct span frequencies; /* two octets each: four reserved bits, then Hz */
    struct span rest;
};
extern const struct codec rtp_tone_codec;
/* Decode a payload: STEP_MORE where it has fewer than four octets. */
enum step rtp_tone_decode(struct span in, struct rtp_tone *v, struct findings *fs);
void rtp_tone_lint(const struct rtp_tone *v, struct findings *fs);
#endif
