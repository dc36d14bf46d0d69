/* harness/watch/stun/stun_watch.h - what a watcher of STUN keeps; inside harness/watch/stun only.
 *
 * A transaction is known by the flow, the side that began it, the side that it went to, and the last 12
 * octets of its id (so a request without magic cookie meets an answer with one, and RFC8489:5#a7 holds:
 * equal ids in opposite directions are two). A request takes a place of three quarters of the pool, an
 * indication of the last one: floods of indications (TURN data) push out no request. */
#ifndef HARNESS_WATCH_STUN_STUN_WATCH_H
#define HARNESS_WATCH_STUN_STUN_WATCH_H
#include "codecs/stun/stun.h"
#include "harness/core/table.h"
#include "harness/core/watch.h"

enum {
    STUN_WATCH_SAME_ID = 8,     /* transactions with one id; the oldest of more is forgotten */
    STUN_WATCH_PAIRS = 1024,    /* hosts that spoke to a host, remembered; a power of two */
    STUN_WATCH_TWICE_US = 2000, /* equal octets within it are one datagram, captured twice */
    STUN_WATCH_OVER_US =
        39500000, /* RFC8489:6.2.1#a5, 6.2.2#2b: a transaction is over by default */
    STUN_WATCH_STALE_US =
        640000000, /* RFC8489:6.2.1#9 ten minutes after a transaction, and that itself */
};
enum stun_watch_fact {
    STUN_F_TRANSACTIONS,
    STUN_F_RTT,
    STUN_F_RETRANSMISSIONS,
    STUN_F_UNANSWERED,
    STUN_F_AGAIN,
    STUN_F_REUSED,
    STUN_F_SHORT_RTO,
    STUN_F_UNASKED,
    STUN_F_ELSEWHERE,
    STUN_F_ANSWER_AGAIN,
    STUN_F_ANSWER_CHANGED,
    STUN_F_INDICATIONS,
    STUN_F_TWICE,
    STUN_F_BACKWARDS,
    STUN_F_EVICTED,
    STUN_WATCH_FACTS,
};
struct stun_tx {
    uint8_t id[12];
    uint16_t method;
    uint64_t flow;
    struct addr client, server;
    bool indication, classic, stream, used;
    /* of the request, as first seen */
    bool partial; /* its octets are not all known */
    bool ice, signed_, fingerprint, counter,
        moved;          /* moved: it asks for an answer from elsewhere */
    bool first_contact; /* the two hosts are known not to have spoken in the last ten minutes */
    bool muddled;       /* its id was used for something else too: answers are not judged */
    bool untimed;       /* the clock stepped within it */
    bool told_unanswered, told; /* told: its requests have a finding already */
    uint64_t hash, first_us, last_us, gap_us;
    uint32_t epoch, sent, again; /* again: requests in a row after an answer */
    uint8_t flat;                /* intervals in a row that did not grow */
    uint32_t frames[WATCH_RELATED];
    size_t n_frames; /* all of them; the last WATCH_RELATED are kept, in a ring */
    /* of the answers */
    uint32_t answers, answer_frame;
    uint64_t answer_us, answer_hash, relayed_hash;
    bool answer_plain; /* nothing allows a client to pass it over */
    bool told_answer;
    uint8_t answer_cls;
    uint16_t answer_code;
    uint32_t older, newer; /* in the order of their beginning; 0: none */
};
struct stun_gone { /* what is told of a transaction that is forgotten; used false: none is */
    bool used, indication, unanswered;
    uint64_t last_us;
    uint32_t frame;
};
struct stun_pair { /* two hosts, the client's first */
    uint64_t key, last_us;
};
struct stun_place { /* of the index */
    uint32_t n;     /* of tx; 0: empty */
    uint32_t hash;  /* of its id: most of those that are not meant are passed by without a look */
};
struct stun_list { /* 0: none */
    uint32_t oldest, newest;
    uint32_t free;        /* given back, linked by `newer` */
    uint32_t unused, end; /* never taken: from unused to end, without it */
};
struct stun_watch {
    struct watch_options o;
    size_t limit, places;      /* places of the index: a power of two of at least twice the limit */
    struct stun_list lists[2]; /* requests, indications */
    uint64_t now_us, known_us; /* the latest time; since when all that passed is remembered */
    uint32_t epoch;            /* counts steps of the clock */
    /* unread: octets passed that are no message; forgot: the pool was full; past_lost: that nothing was
     * before is known no more */
    bool begun, unread, forgot, past_lost;
    struct stun_pair pairs[STUN_WATCH_PAIRS];
    struct stun_tx *tx; /* from 1 */
    struct stun_place *index;
};

/* ---- stun_watch_pool.c ---- */

size_t stun_watch_size(size_t limit);
void stun_watch_init(void *self, size_t limit, const struct watch_options *o);
/* The transaction that `client` began towards `server`; NULL: not known. */
struct stun_tx *stun_tx_find(const struct stun_watch *w, const uint8_t id[12], uint64_t flow,
                             const struct addr *client, const struct addr *server);
/* One with this id, between whomever, that `not_by` did not begin; NULL: none. */
struct stun_tx *stun_tx_any(const struct stun_watch *w, const uint8_t id[12],
                            const struct addr *not_by);
/* A new one, zeroed but for its key and kind. `gone` gets what was forgotten for it. */
struct stun_tx *stun_tx_new(struct stun_watch *w, const uint8_t id[12], uint64_t flow,
                            const struct addr *client, const struct addr *server, bool indication,
                            struct stun_gone *gone);
/* The next in the order of their beginning, NULL: the first; NULL at the end. */
struct stun_tx *stun_tx_next(const struct stun_watch *w, const struct stun_tx *t);
/* Note that the client's host speaks to the server's; whether it is known not to have done so for ten
 * minutes. */
bool stun_first_contact(struct stun_watch *w, const struct addr *client, const struct addr *server,
                        uint64_t now_us);
uint64_t stun_watch_hash(struct span s);

/* ---- stun_watch.c, for both kinds of rules ---- */

/* What the message shows; `off` and `len` in it. `t`, where given, names its requests' frames. */
void stun_watch_broke(const struct watch_sink *out, const struct watch_seen *s, struct finding f,
                      const struct stun_tx *t, uint32_t answer_frame);
/* The last 12 octets of the transaction id; NULL: it has fewer. */
const uint8_t *stun_watch_id(const struct stun_msg *m);

/* ---- stun_watch_ask.c, stun_watch_answer.c ---- */

void stun_watch_request(struct stun_watch *w, const struct watch_seen *s, const struct stun_msg *m,
                        const struct watch_sink *out);
void stun_watch_indication(struct stun_watch *w, const struct watch_seen *s,
                           const struct stun_msg *m, const struct watch_sink *out);
void stun_watch_answer(struct stun_watch *w, const struct watch_seen *s, const struct stun_msg *m,
                       const struct watch_sink *out);
#endif
