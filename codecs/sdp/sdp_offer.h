/* codecs/sdp/sdp_offer.h - offer and answer (RFC 3264, and what RFC 6337 says of SIP) as pure functions over decoded
 * descriptions: an answer is made of an offer and what an agent can do, and answers and later offers are judged. */
#ifndef CODECS_SDP_SDP_OFFER_H
#define CODECS_SDP_SDP_OFFER_H
#include "codecs/sdp/sdp.h"

/* ---- directions ---- */

/* The same direction as the other side sees it: what one sends the other receives. */
static inline enum sdp_direction sdp_direction_other(enum sdp_direction d)
{
    return (enum sdp_direction)((d & SDP_DIR_SEND ? SDP_DIR_RECV : 0) |
                                (d & SDP_DIR_RECV ? SDP_DIR_SEND : 0));
}
/* The direction of an answer to `offered` from one that is willing to do `able` (RFC 3264 section 6.1). */
static inline enum sdp_direction sdp_direction_answer(enum sdp_direction offered,
                                                      enum sdp_direction able)
{
    return (enum sdp_direction)(sdp_direction_other(offered) & able);
}
/* The direction of a stream that is put on hold (RFC 3264 section 8.4): nothing is to be received. */
static inline enum sdp_direction sdp_direction_hold(enum sdp_direction d)
{
    return (enum sdp_direction)(d & SDP_DIR_SEND);
}
/* The name of the attribute: "sendrecv". */
const char *sdp_direction_name(enum sdp_direction d);

/* ---- formats ---- */

struct sdp_coding { /* what a payload type means */
    struct span encoding;
    uint32_t clock, channels; /* channels: 1 where nothing is said */
};
/* What payload type `payload` means in a media description: by its a=rtpmap, else by RFC 3551 section 6; false: nothing
 * says so. Looks at each attribute. */
bool sdp_coding_of(const struct sdp_media *m, uint32_t payload, struct sdp_coding *c);
/* Whether two are the same; encodings are compared without regard to case (RFC 4855 section 3). */
bool sdp_coding_same(const struct sdp_coding *a, const struct sdp_coding *b);

/* ---- answers ---- */

struct
    sdp_ability { /* a stream that can be taken, at most once; texts as long as the draft of the answer */
    const char *media, *proto;
    uint16_t port;                    /* where it will be received; not 0 */
    enum sdp_direction direction;     /* what it is used for at most */
    const struct sdp_coding *codings; /* of RTP */
    size_t codings_n;
    const char *format;      /* of others: "webrtc-datachannel" */
    const char *suite, *key; /* of RFC 4568, for RTP/SAVP without TLS: "inline:..."; NULL: none */
};
struct sdp_abilities {
    const char *addrtype, *address; /* "IP4", "192.0.2.1": of o= and c= */
    uint64_t id, version;           /* of o= */
    const char *fingerprint; /* "sha-256 ..", for protos with TLS; NULL: these are rejected */
    bool mux;                /* rtcp-mux is taken where it is offered */
    const struct sdp_ability *streams;
    size_t streams_n;
};
enum { SDP_ABILITIES = 32 }; /* streams that are looked at, at most */

/* Make the answer to `offer` as a draft in `mem`, whose texts borrow the offer and the abilities: a media description
 * for each of the offer, rejected by port 0 where none of the streams fits, where it is multicast, or where ports are 0;
 * formats in the order and with the payload types of the offer. Neither ICE nor groups are taken up. Returns how many
 * media descriptions are accepted; the draft is incomplete where mem->full is set. */
size_t sdp_answer(const struct sdp_msg *offer, const struct sdp_abilities *able,
                  struct draft *answer, struct arena *mem);

/* ---- checks ---- */

/* What `answer` breaks as the answer to `offer`; offsets are those in the answer. */
void sdp_answer_check(const struct sdp_msg *offer, const struct sdp_msg *answer,
                      struct findings *fs);
/* What `now`, the next description of an agent in a session, breaks in view of `before`, its last one (RFC 3264 section
 * 8, RFC 8839 section 4.4); offsets are those in `now`. */
void sdp_reoffer_check(const struct sdp_msg *before, const struct sdp_msg *now,
                       struct findings *fs);

struct sdp_past { /* what was said in the session before; NULL: nothing, or it is not known */
    const struct sdp_msg *own; /* the last description of the side that makes the offer */
    const struct sdp_msg
        *peer; /* that of the other side: the offer that `own` answers, or the answer to it */
    const struct sdp_msg *
        wish; /* one of this side that shows what it wants and is able to: an offer, or an answer to
                                  * sendrecv */
    bool asked; /* the offer stands in a response to an INVITE without one */
};
/* What `offer` breaks as an offer: the first of a session, where `past` is NULL or without `own`, or a later one (with
 * what sdp_reoffer_check finds). What RFC 6337, sections 5.2.5 and 5.3, says of what an agent wants is judged where the
 * descriptions that show it are given. */
void sdp_offer_check(const struct sdp_msg *offer, const struct sdp_past *past, struct findings *fs);
/* What a description of capabilities, as in a 200 to OPTIONS, breaks (RFC 3264 section 9). */
void sdp_able_check(const struct sdp_msg *m, struct findings *fs);
#endif
