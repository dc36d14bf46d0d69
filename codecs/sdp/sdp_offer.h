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

/* ---- what an agent can do ---- */

struct sdp_texts { /* all texts here live as long as the drafts that are made of them */
    const char *const *v;
    size_t n;
};
struct sdp_suite {          /* of RFC 4568 */
    const char *name, *key; /* "AES_CM_128_HMAC_SHA1_80", "inline:..." */
};
struct sdp_ability { /* a stream that can be had, once at most */
    const char *media, *proto;
    uint16_t port;                    /* where it is received; not 0 */
    enum sdp_direction direction;     /* what it is wanted for: SDP_DIR_SEND holds it */
    const struct sdp_coding *codings; /* of RTP, the preferred first */
    size_t codings_n;
    const char *format;             /* of others: "webrtc-datachannel" */
    const struct sdp_suite *suites; /* for SRTP without TLS, which needs one, the preferred first */
    size_t suites_n;
    struct sdp_texts feedback;   /* of a=rtcp-fb, behind the format: "nack pli" (RFC 4585) */
    struct sdp_texts extensions; /* URIs of a=extmap (RFC 8285) */
    struct sdp_texts candidates; /* values of a=candidate (RFC 8839) */
    /* streams of a simulcast each way at most (RFC 8853); 0: neither simulcast nor a=rid */
    unsigned simulcast;
};
struct sdp_ice { /* RFC 8839 */
    const char *ufrag, *pwd;
    const char *options; /* "ice2"; NULL: none */
    bool lite;
    bool end; /* no further candidates will come */
};
struct sdp_abilities {
    const char *addrtype, *address; /* "IP4", "192.0.2.1": of o= and c= */
    uint64_t id, version;           /* of o= */
    const char *fingerprint; /* "sha-256 ..", for protos with TLS; NULL: these cannot be had */
    const char *tls_id;      /* RFC 8842; NULL: none */
    bool passive;            /* actpass is answered passive, not active */
    bool mux;                /* rtcp-mux (RFC 5761) */
    bool bundle; /* groups of BUNDLE (RFC 9143), with RTP in them only where mux is, too */
    const struct sdp_ice *ice; /* NULL: ICE is not used */
    /* attributes without value, of the category IDENTICAL, that are answered where they are offered: "rtcp-rsize" */
    struct sdp_texts flags;
    const struct sdp_ability *streams;
    size_t streams_n;
};
enum { SDP_ABILITIES = 32 }; /* streams that are looked at, at most */

/* ---- answers ---- */

/* Make the answer to `offer` as a draft in `mem`, whose texts borrow the offer and the abilities: a media description
 * for each of the offer, formats in the order and with the payload types of the offer.
 *
 * Rejected by port 0 are media descriptions that none of the streams fits, multicast, those with port 0, with TLS where
 * there is no fingerprint, with setup:holdconn over DTLS, with SRTP none of whose a=crypto can be had, and with
 * rtcp-mux-only where rtcp-mux cannot be had. What is bundled has the port of the tagged media description, and
 * attributes of the transport stand there alone; a bundle-only stream is accepted in a group only. Simulcast and a=rid
 * are turned round and cut down to what is accepted, extensions offered with 4096 and above get free identifiers.
 *
 * Returns how many media descriptions are accepted; the draft is incomplete where mem->full is set. */
size_t sdp_answer(const struct sdp_msg *offer, const struct sdp_abilities *able,
                  struct draft *answer, struct arena *mem);

/* ---- offers ---- */

struct sdp_past { /* what was said in the session before; NULL: nothing, or it is not known */
    const struct sdp_msg *own; /* the last description of the side that makes the offer */
    /* that of the other side: the offer that `own` answers, or the answer to it */
    const struct sdp_msg *peer;
    /* one of this side that shows what it wants and is able to: an offer, or an answer to sendrecv */
    const struct sdp_msg *wish;
    bool asked; /* the offer stands in a response to an INVITE without one */
};
/* Make an offer of all that `able` has, as RFC 6337 section 5.1 wants it: what is wanted now, whatever the other side
 * said. The first of a session where `past` is NULL or without `own`. Else the next one: o= goes on from `own`; each
 * stream stays in its place, what can no longer be had is removed there by port 0, a new one takes the place of a
 * removed or rejected one of its media, or comes last; codecs and extensions keep the numbers that `own` and `peer`
 * give them; a BUNDLE group that both have is gone on with. Hold and resume are the direction of a stream. Borrows as
 * sdp_answer, the past, too, and returns how many streams are offered. */
size_t sdp_offer(const struct sdp_abilities *able, const struct sdp_past *past, struct draft *offer,
                 struct arena *mem);
/* Make the next description of an agent that differs from `own`, its last one, in directions alone: `wish[i]` for the
 * i-th of `n` media descriptions; removed ones, and those from n on, stay as they are. So streams are put on hold
 * (sdp_direction_hold) and resumed. False: `own` has lines in an unusual order, or no version that is a number. */
bool sdp_redirect(const struct sdp_msg *own, const enum sdp_direction *wish, size_t n,
                  struct draft *offer, struct arena *mem);

/* ---- checks ---- */

/* What `answer` breaks as the answer to `offer`; offsets are those in the answer. */
void sdp_answer_check(const struct sdp_msg *offer, const struct sdp_msg *answer,
                      struct findings *fs);
/* What `now`, the next description of an agent in a session, breaks in view of `before`, its last one (RFC 3264 section
 * 8, RFC 8839 section 4.4); offsets are those in `now`. */
void sdp_reoffer_check(const struct sdp_msg *before, const struct sdp_msg *now,
                       struct findings *fs);

/* What `offer` breaks as an offer: the first of a session, where `past` is NULL or without `own`, or a later one (with
 * what sdp_reoffer_check finds). What RFC 6337, sections 5.2.5 and 5.3, says of what an agent wants is judged where the
 * descriptions that show it are given. */
void sdp_offer_check(const struct sdp_msg *offer, const struct sdp_past *past, struct findings *fs);
/* What a description of capabilities, as in a 200 to OPTIONS, breaks (RFC 3264 section 9). */
void sdp_able_check(const struct sdp_msg *m, struct findings *fs);
#endif
