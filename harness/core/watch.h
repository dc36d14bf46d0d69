/* harness/core/watch.h - watchers: passive observers of a flow.
 *
 * A watcher is shown each message that passes, in the order and at the time that somebody saw it, and
 * says what is wrong over time (findings) and what there was (facts). It never speaks. Rules on one
 * message live in the codec, rules over time here. The same watcher serves captures, test runs and
 * stateful fuzzing.
 *
 * What an observer cannot know is no finding. A capture may begin in the middle, show one side only,
 * miss frames, hold frames twice or in another order, and its clock may step: where that explains what
 * is seen, there is at most a fact. Two promises of the caller allow more; see struct watch_options.
 *
 * Memory is the caller's and bounded: a pool of at most `limit` transactions (or what else a protocol
 * remembers). Where it is full the oldest is forgotten, and a fact of the watcher's says how many
 * were. What was forgotten is never judged: a watcher that forgets says less, not more. */
#ifndef HARNESS_CORE_WATCH_H
#define HARNESS_CORE_WATCH_H
#include "codecs/base/codec.h"

enum {
    WATCH_RELATED = 6,     /* frames beside its own that a finding names */
    WATCH_FACTS_MAX = 32,  /* kinds of facts of one watcher */
    WATCH_LIMIT = 8192,    /* transactions, where nothing calls for another limit */
    WATCH_STREAMS = 32,    /* directions of streams that struct watch frames at once */
    WATCH_WINDOW = 131072, /* octets of a message on a stream; a longer one loses the framing */
};
enum watch_keep { /* what a watcher keeps beside what findings and facts rest on, for who asks for it */
                  WATCH_ALL,     /* all that headers of harness/watch/p tell */
                  WATCH_FIGURES, /* not what became of it over time */
                  WATCH_BRIEF,   /* little: findings and facts are the same */
};
struct watch_options {
    /* Nothing passed before the first message that is shown, nothing passes that is not shown, and
     * nobody remembers anything from before: a case in the simulator, a fuzzing run. */
    bool origin;
    /* The observer stands beside one of the sides: what is shown has arrived there, or leaves there, at
     * that time, and what one side sends reaches the other, within a time that does not matter. */
    bool beside;
    uint64_t slack_us; /* how far the times may be off; 0: 20 ms */
    /* What the caller knows of the protocol and no message says, in the class's own words (RTP: what payload
     * types stand for); NULL: nothing. Lives as long as the watcher. */
    const char *known;
    enum watch_keep keep;
};
/* What a watcher remembers for its caller of one direction of a flow, so that the next message is found without
 * a search; all zero: nothing. It is good for as long as the watcher is not reset. */
struct watch_place {
    uint32_t n, serial;
};
struct watch_quick { /* a datagram for watcher_class.quick; all of it is there */
    uint64_t now_us;
    struct span octets;
    uint32_t frame;
};
struct watch_seen {  /* one message, or octets that are none */
    uint64_t now_us; /* when it was seen; may be less than before */
    uint16_t ns;     /* nanoseconds beyond that; 0 where nobody measures them */
    uint64_t flow;   /* what the caller tells flows apart by, where addresses do not; 0: nothing */
    struct addr from, to; /* family 0: the observer's own side */
    bool stream;          /* order and delivery are sure; else a datagram */
    bool cut;             /* not all octets are there: content is not compared */
    uint8_t by;           /* the caller's mark of who sent it; given back in findings */
    bool sound;           /* neither decode nor lint has a finding of a strict level on it */
    struct span octets;   /* both live until the call returns */
    /* Nothing of the stream is missing, in either direction, from its first octets to these; of datagrams nobody
     * knows. */
    bool whole;
    /* They are no message, but what may stand between those of the codec (codec->between); view is NULL. Only a
     * class that asks for it is shown this. */
    bool between;
    const void *view;          /* what the codec makes of them; NULL: octets that it cannot read */
    const struct codec *codec; /* whose view it is; NULL: that of the class */
    uint32_t frame;            /* 0: none */
    const char *layer;         /* path of layers, static or as long as the findings; NULL: none */
    struct watch_place *place; /* of its direction, to be filled in; NULL: the caller keeps none */
};
struct watch_finding {
    struct finding f; /* offset and length in the message that showed it */
    uint64_t now_us;  /* when */
    uint64_t flow;
    struct addr from, to;
    uint8_t by; /* who broke the clause: the mark of the message that showed it */
    uint32_t frame;
    uint32_t related[WATCH_RELATED]; /* frames that it rests on too, in order */
    size_t n_related;
};
struct watch_fact_kind {
    const char *name;  /* of JSON: lower case, with the unit at its end where it has one */
    const char *words; /* for people: "requests that were not answered" */
    bool
        measure; /* each value is a measure (shown as least, mean, most); else a count to be added */
};
struct watch_fact {
    uint8_t kind; /* index in the class's facts */
    uint64_t value, now_us, flow;
    uint32_t frame, related; /* 0: none */
};
/* Where a watcher puts what it says, during a call of it; either may be NULL. */
struct watch_sink {
    void (*finding)(void *ctx, const struct watch_finding *f);
    void (*fact)(void *ctx, const struct watch_fact *f);
    void *ctx;
};
/* For a watcher: tell a fact about the message that it is shown; `related` 0: no other frame. */
void watch_tell(const struct watch_sink *out, uint8_t kind, uint64_t value,
                const struct watch_seen *s, uint32_t related);
struct watcher_class { /* `p_watch` of harness/watch/p, listed in the registry */
    const char *name;
    const struct codec *codec; /* whose views it is shown */
    /* Another codec whose views it is shown too, since one explains the other (RTP and RTCP; WebSocket and the HTTP
     * of its handshake); NULL: none. */
    const struct codec *also;
    bool between; /* it asks for what stands between messages of `codec`, too */
    const struct watch_fact_kind *facts;
    size_t n_facts;
    /* What it says of a flow rests on messages of that flow alone (both directions between two transport
     * addresses, and the pair of ports that differ from these in the lowest bit): flows may be shared out among
     * several watchers of the class. */
    bool by_flow;
    /* Octets that a watcher of `limit` transactions takes; limit 1 to 2^20. */
    size_t (*size)(size_t limit);
    /* Start in that memory, which is aligned to 16, zero, and the caller's for as long; again: all anew. */
    void (*init)(void *self, size_t limit, const struct watch_options *o);
    void (*seen)(void *self, const struct watch_seen *s, const struct watch_sink *out);
    /* The same of a datagram of `codec` that only goes on from the one before it in its direction. True: neither
     * decode, lint nor seen() would say anything of it, and what seen() remembers is remembered. False: nothing
     * was done. NULL: none. Cheap either way. */
    bool (*quick)(void *self, const struct watch_place *place, const struct watch_quick *q);
    /* quick will be called for that place soon: what it needs is fetched. NULL: none. */
    void (*ahead)(const void *self, const struct watch_place *place);
    /* What a message of `codec` carries, where the caller's `known` says so: its codec, and the octets; NULL: that is
     * not known. NULL: never. */
    const struct codec *(*inside)(const void *self, const void *view, struct span *octets);
    /* What only time shows, such as a request that nobody answered; cost is linear in the limit. NULL: nothing. */
    void (*tick)(void *self, uint64_t now_us, const struct watch_sink *out);
    /* Nothing more will come: what is still open is told. NULL: nothing is. */
    void (*end)(void *self, const struct watch_sink *out);
};

/* ---- a watcher with what it needs around it: memory, decoding, framing of streams ---- */

struct watch;
/* NULL: no memory. `limit` 0: WATCH_LIMIT. */
struct watch *watch_new(const struct watcher_class *cls, size_t limit,
                        const struct watch_options *o);
void watch_free(struct watch *w);
/* Begin anew: nothing that was shown is remembered. */
void watch_reset(struct watch *w);
const struct watcher_class *watch_class(const struct watch *w);
/* The watcher itself, for headers of harness/watch/p that tell more of it than findings and facts. */
const void *watch_self(const struct watch *w);
/* Show a message whose view is in `s` already. */
void watch_message(struct watch *w, const struct watch_seen *s, const struct watch_sink *out);
/* watcher_class.quick, false where the class has none. */
void watch_ahead(const struct watch *w, const struct watch_place *place);
bool watch_quick(struct watch *w, const struct watch_place *place, const struct watch_quick *q);
/* Show octets: a datagram, or (s->stream) the next octets of a stream from s->from on s->flow, in any
 * pieces; `view`, `sound` and `cut` are made here, and `codec` where that is NULL and the class has two.
 * Where the framing of a direction is lost, the rest of it is passed over. */
void watch_octets(struct watch *w, const struct watch_seen *s, const struct watch_sink *out);
void watch_tick(struct watch *w, uint64_t now_us, const struct watch_sink *out);
void watch_end(struct watch *w, const struct watch_sink *out);

struct watch_sum { /* facts of one kind, added up */
    uint64_t n, total, least, most;
};
/* Add a fact to the sums of its kind; `sums` has WATCH_FACTS_MAX places. */
void watch_add(struct watch_sum *sums, const struct watch_fact *f);
#endif
