/* harness/watch/turn/turn_watch.h - what a watcher of TURN keeps; inside harness/watch/turn only.
 *
 * A 5-tuple is the client's address, the server's, the flow and whether it is a stream. It has at most one allocation;
 * permissions are kept by the peer's IP address, channels by number and by the peer's address. What a request may have
 * installed counts from the request on, whatever the answer says, and from each of its copies: only what nobody asked
 * for, or what has run down since, is known not to be there. What is there for certain counts from the answer, and the
 * time that it lasts from the first copy of the request.
 *
 * An absence is known of a 5-tuple that is `complete`: all that passed on it was shown. That is so where the caller
 * promises `origin`, and on a stream of which nothing is missing. Then what was there is known from the first message
 * on, or from the allocation on, since a new one has neither permissions nor channels (RFC8656:7.2#a18).
 *
 * Two clocks, since that of a capture may step: `passed_us` never runs ahead of true time by more than a gap between two
 * messages counts (all of it where `beside` is promised), and says what has run down; `now_us` and `epoch`, which counts
 * steps back, say what cannot have run down yet. */
#ifndef HARNESS_WATCH_TURN_TURN_WATCH_H
#define HARNESS_WATCH_TURN_TURN_WATCH_H
#include "codecs/stun/stun.h"
#include "harness/core/table.h"
#include "harness/core/watch.h"

enum {
    /* Of `limit` transactions: */
    TURN_WATCH_TUPLES = 2, /* one 5-tuple to so many */
    TURN_WATCH_PEERS = 4,  /* so many permissions and channels to one */
    TURN_WATCH_GRACE_US =
        10000000, /* what has run down may be freed a little later, RFC8656:6#a6 */
    TURN_WATCH_PERMISSION_US = 300000000, /* RFC8656:9#1 */
    TURN_WATCH_CHANNEL_US = 600000000,    /* RFC8656:12#a9 */
    TURN_WATCH_WAIT_US = 300000000,       /* until a channel may be bound otherwise, RFC8656:12#3 */
    TURN_WATCH_GAP_US = 2000000,          /* what a longer gap between two messages counts */
    TURN_WATCH_STEP_US =
        1000000, /* frames out of order are that near; a clock that goes back farther stepped */
};
enum turn_watch_fact {
    TURN_F_ALLOCATIONS,
    TURN_F_LIFETIME,
    TURN_F_REFRESHES,
    TURN_F_DELETIONS,
    TURN_F_PERMISSIONS,
    TURN_F_CHANNELS,
    TURN_F_REFUSED,
    TURN_F_UNASKED,
    TURN_F_MOBILE,
    TURN_F_SENDS,
    TURN_F_SEND_OCTETS,
    TURN_F_DATAS,
    TURN_F_DATA_OCTETS,
    TURN_F_ICMP,
    TURN_F_CHANNEL_OUT,
    TURN_F_CHANNEL_OUT_OCTETS,
    TURN_F_CHANNEL_IN,
    TURN_F_CHANNEL_IN_OCTETS,
    TURN_F_PER_PERMISSION,
    TURN_F_PER_CHANNEL,
    TURN_F_UNPERMITTED_OUT,
    TURN_F_UNPERMITTED_IN,
    TURN_F_UNBOUND,
    TURN_F_AFTER,
    TURN_F_BACKWARDS,
    TURN_F_EVICTED,
    TURN_WATCH_FACTS,
};

/* ---- what is kept ---- */

struct turn_doubt { /* data that should not be, until they are sure to be so */
    bool begun, told;
    uint64_t passed_us, seq;
    uint32_t frame; /* of the first */
};
struct turn_tuple {
    struct table_item item;
    uint32_t serial; /* what stands under it names it by that */
    uint64_t flow;
    struct addr client, server;
    bool stream;
    bool complete;
    bool mobile; /* RFC 8016: what is asked on another 5-tuple counts here too */
    bool raw;    /* a data connection of RFC 6062: what follows is the peer's */
    bool told_mismatch;
    struct turn_doubt over[2]; /* after the end: of the server, of the client */
    uint64_t client_seq;       /* of the last message of the client */
    /* the allocation */
    bool granted; /* its success response was seen */
    uint8_t id[12];
    uint64_t seq;                /* of its request; what was asked before is no more */
    uint32_t frame, frame_until; /* of the responses that granted it, and the lifetime that runs */
    uint64_t until_passed;       /* when it has run down, by the greatest lifetime granted */
    uint32_t open;               /* requests not answered that may prolong it, or make another */
    uint32_t usual;              /* the server's default lifetime, s; 0: not known */
    bool gone, mismatch;         /* deleted; not known to the server: 437 */
    uint64_t gone_passed, mismatch_passed;
    uint32_t gone_frame, mismatch_frame;
};
struct turn_tx { /* a request */
    struct table_item item;
    uint32_t tuple, serial;
    uint8_t id[12];
    uint16_t method, number;
    uint32_t lifetime, given; /* s: asked for; granted */
    bool has_lifetime, family, peers, signed_;
    bool success, error; /* it was answered */
    struct addr peer;    /* of ChannelBind */
    uint32_t sent, frame, epoch;
    uint64_t seq, first_us;
};
enum turn_kind {
    TURN_PERMISSION, /* by IP address */
    TURN_CHANNEL,    /* by number */
    TURN_BOUND,      /* a peer that has a channel, by transport address */
};
struct turn_held {
    struct table_item item;
    uint32_t tuple, owner; /* serial and number of the 5-tuple */
    uint8_t kind;          /* enum turn_kind */
    uint16_t number;       /* TURN_BOUND: the one granted */
    struct addr at;        /* TURN_CHANNEL: the peer as asked for last; TURN_PERMISSION: port 0 */
    uint64_t asked_seq, asked_passed;  /* asked_seq 0: nobody asked for it */
    uint32_t asked_frame, ask, ask_at; /* ask, ask_at: serial and number of the request */
    bool several;                      /* TURN_CHANNEL: asked for with different peers */
    bool trusted;                      /* an earlier request may have been granted */
    /* as granted; granted_seq 0: it was not */
    struct addr granted_at;
    uint64_t granted_seq, granted_first_us, granted_us;
    uint32_t granted_frame, epoch;
    struct turn_doubt doubt[2]; /* data of the server, of the client, though it is not there */
    bool told_twice, told_soon; /* bound otherwise; asked for */
    uint64_t datagrams;
};
struct turn_watch {
    struct watch_options o;
    uint64_t now_us, passed_us, seq; /* seq: messages so far */
    uint32_t epoch, serial;
    bool begun, forgot; /* forgot: a 5-tuple was */
    struct table tuples, asks, peers;
};
struct turn_key { /* of a 5-tuple */
    uint64_t flow;
    const struct addr *client, *server;
    bool stream;
};

size_t turn_watch_size(size_t limit);
void turn_watch_init(void *self, size_t limit, const struct watch_options *o);
/* The 5-tuple of a message that one of both has sent; NULL: not known. */
struct turn_tuple *turn_tuple_find(struct turn_watch *w, const struct watch_seen *s,
                                   bool by_client);
/* The same, made where there is none. */
struct turn_tuple *turn_tuple_of(struct turn_watch *w, const struct watch_seen *s, bool by_client,
                                 const struct watch_sink *out);
struct turn_tx *turn_tx_find(struct turn_watch *w, const struct turn_tuple *t,
                             const uint8_t id[12]);
struct turn_tx *turn_tx_new(struct turn_watch *w, const struct turn_tuple *t, const uint8_t id[12],
                            const struct watch_seen *s, const struct watch_sink *out);
/* A permission (number 0; the port of `at` does not count), a channel (`at` NULL), a peer with a channel. */
struct turn_held *turn_held_find(struct turn_watch *w, const struct turn_tuple *t,
                                 enum turn_kind kind, const struct addr *at, uint16_t number);
struct turn_held *turn_held_of(struct turn_watch *w, struct turn_tuple *t, enum turn_kind kind,
                               const struct addr *at, uint16_t number, const struct watch_seen *s,
                               const struct watch_sink *out);

/* Tell what went by a permission or a channel that is forgotten now. */
void turn_watch_told(const struct turn_held *p, uint64_t now_us, const struct watch_sink *out);

/* ---- rules ---- */

/* Whether what was asked for may be there, `life_us` after each request. */
bool turn_may(const struct turn_watch *w, const struct turn_tuple *t, const struct turn_held *p,
              uint64_t life_us);
/* Whether what was granted is there for certain for so long. */
bool turn_sure(const struct turn_watch *w, const struct turn_tuple *t, const struct turn_held *p,
               uint64_t life_us);
/* What the message shows, as a whole; related frames, 0: none. */
void turn_watch_broke(const struct watch_sink *out, const struct watch_seen *s, struct finding f,
                      uint32_t a, uint32_t b, uint32_t c);
/* A client that speaks on although it was told that there is no allocation (RFC8656:5#7). */
void turn_watch_goes_on(const struct turn_watch *w, struct turn_tuple *t,
                        const struct watch_seen *s, const struct watch_sink *out);
void turn_watch_request(struct turn_watch *w, struct turn_tuple *t, const struct watch_seen *s,
                        const struct stun_msg *m, const struct watch_sink *out);
void turn_watch_answer(struct turn_watch *w, struct turn_tuple *t, const struct watch_seen *s,
                       const struct stun_msg *m, const struct watch_sink *out);
/* Send and Data indications. */
void turn_watch_indication(struct turn_watch *w, struct turn_tuple *t, const struct watch_seen *s,
                           const struct stun_msg *m, const struct watch_sink *out);
void turn_watch_channel(struct turn_watch *w, struct turn_tuple *t, const struct watch_seen *s,
                        const struct stun_channel *c, bool by_client, const struct watch_sink *out);
#endif
