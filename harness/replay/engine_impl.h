/* harness/replay/engine_impl.h - what the parts of the engine share: windows, parts, protocols.
 *
 * A window goes through these steps, each window in order through those marked (o):
 *
 *   read (o)    octets of the file, boundaries of frames          engine_window.c
 *   parse       quick_packet over its frames, by who read them;   engine_window.c
 *               which packet is of which part
 *   slow (o)    layers_frame over what that left; fragments       engine_window.c
 *   flows (o)   a part of the flows each: open SRTP, classify,     engine_flow.c, engine_srtp.c; of TCP engine_tcp.c,
 *               decode, watch                                     engine_stream.c
 *   merge (o)   texts and problems in the order of frames         engine_merge.c
 *
 * With one job they run one after the other in one window; with more, engine_jobs.c runs those that can be run,
 * over a ring of windows. A part's flows, watchers and sums are touched by one thread at a time. */
#ifndef HARNESS_REPLAY_ENGINE_IMPL_H
#define HARNESS_REPLAY_ENGINE_IMPL_H
#include "harness/core/registry.h"
#include "harness/replay/backlog.h"
#include "harness/replay/engine.h"
#include "harness/replay/flows.h"
#include "harness/replay/known.h"
#include "harness/replay/layers.h"
#include "harness/replay/tcp.h"
#include "harness/replay/tlsdec.h"

enum {
    ENGINE_SLOW_PATHS =
        256, /* of layers beside the quick ones; what is more has a path of its own, "..." */
    ENGINE_PATHS = QUICK_PATHS + ENGINE_SLOW_PATHS,
    ENGINE_TLS = ENGINE_PATHS,      /* added to a path: the same with TLS on it */
    ENGINE_SRTP = 2 * ENGINE_PATHS, /* with SRTP on it */
    ENGINE_OVER =
        3 *
        ENGINE_PATHS, /* with a layer on it that is a codec: each has two, without and with TLS below it */
    ENGINE_LAYERS = 4, /* such codecs */
    ENGINE_ALL_PATHS = ENGINE_OVER + 2 * ENGINE_LAYERS * ENGINE_PATHS,
    ENGINE_TEXT = 1 << 20, /* octets a part's text begins with */
    ENGINE_TEXT_MAX =
        4 << 20, /* from here on messages of the window wait for the merge (several jobs) */
    ENGINE_HELD_MAX = 4096, /* datagrams on probation, a part */
    ENGINE_STREAM_LOOKS =
        4, /* runs of octets in which a stream's protocol is looked for, a direction */
    ENGINE_STREAM_LEAST = 32, /* octets at the front of a stream that are no run yet */
    ENGINE_AHEAD = 1,         /* windows that may be read ahead, beside one a thread */
    ENGINE_WINDOWS_MAX = ENGINE_JOBS_MAX + ENGINE_AHEAD,
    ENGINE_PENDING = 255, /* packet.protocol: on probation */
    ENGINE_WATCHERS = 4,  /* of one protocol */
    ENGINE_APART =
        128, /* octets: what two threads write at once stands so far apart, two cache lines */
};

/* ---- protocols: 0 none, then the registry's, then those without a codec ---- */

static inline const struct codec *engine_codec(unsigned protocol)
{
    return protocol && protocol <= registry_n ? registry[protocol - 1].codec : NULL;
}
/* The protocol of a codec of the registry. */
static inline unsigned engine_protocol(const struct codec *codec)
{
    for (unsigned i = 1; i <= registry_n; i++)
        if (engine_codec(i) == codec)
            return i;
    return 0;
}
static inline const struct known *engine_known(unsigned protocol)
{
    return protocol > registry_n ? &known_protocols[protocol - registry_n - 1] : NULL;
}
/* The protocol that is surest that the packet's payload is its own; 0: none. `sure` gets how sure. */
unsigned engine_guess(const struct packet *k, enum framing framing, unsigned *sure);

/* ---- a window ---- */

/* What is beside a packet that did not come in its frame alone; its octets and addresses stand here */
struct aside {
    struct aside *next;
    uint32_t n_frames;
    uint32_t frames[FRAGS_FRAMES_MAX];
    uint8_t ips[32];
    uint8_t octets[];
};
struct event {   /* of a part in a window: text, a message that waits for the merge, or a problem */
    uint64_t at; /* its place: a frame; what comes at the end of the file: ENGINE_LAST and more */
    uint32_t text;              /* octets */
    uint32_t problem;           /* 1 + its place among those of the share; 0: none */
    const struct packet *wait;  /* NULL: none */
    const struct aside *stream; /* it is of a stream: frames and octets; NULL: it is not */
    struct packet copy;         /* of one that was held */
};
#define ENGINE_LAST (UINT64_C(1) << 32)
struct share {                             /* what a part gets of a window, and makes of it */
    _Alignas(ENGINE_APART) uint16_t *mine; /* ENGINE_FRAMES: its packets, in order */
    size_t n_mine;
    struct wr text;
    struct event *events;
    size_t n_events, cap_events;
    struct aside *held;            /* copies of held packets that wait, and what SRTP carried */
    struct capread_problem *early; /* with packets, before any message of the window is told */
    size_t n_early, cap_early;
    struct capread_problem *problems;
    size_t n_problems, cap_problems;
};
struct window_room { /* what a window takes; touched from the front */
    struct packet packets[ENGINE_FRAMES];
    struct capfile_frame frames[ENGINE_FRAMES];
    uint16_t slow[ENGINE_FRAMES];
    uint8_t buf[CAPFILE_BUFFER];
};
struct comments {
    struct capread_comment *v;
    size_t n, cap;
};
struct window {
    _Alignas(ENGINE_APART) struct window_room *room;
    uint8_t *buf;                 /* CAPFILE_BUFFER octets */
    size_t used;                  /* of buf, for frames that are pushed */
    struct capfile_frame *frames; /* ENGINE_FRAMES */
    struct packet *packets;       /* the same number; p NULL: none */
    uint16_t *slow;               /* those for layers_frame */
    size_t n, n_slow;
    struct capread_problem *problems;
    size_t n_problems, cap_problems;
    struct comments comments; /* of frames, in their order */
    struct comments remarks;  /* of sections and interfaces */
    struct aside **asides;    /* by packet.aside - 1 */
    size_t n_asides, cap_asides;
    struct capread_counts counts; /* of the quick way */
    struct share *shares;         /* a part each */
    bool last;                    /* the file ends with it */
    enum { WINDOW_FREE, WINDOW_READ, WINDOW_PARSED, WINDOW_PACKETS, WINDOW_DONE } state;
    unsigned parts_done; /* bits */
    unsigned reader;     /* the thread that has read it */
    uint64_t serial;
};

/* ---- a part of the flows ---- */

struct watching {
    struct watch *w;
    struct watch_sum sums[WATCH_FACTS_MAX];
};
struct sum { /* of a protocol */
    uint64_t messages, connections, quoted, octets, findings[ENGINE_LEVELS];
};
struct held {         /* packets on probation, and their octets */
    struct packet *v; /* ENGINE_HELD_MAX */
    size_t n;
    uint8_t *octets; /* ENGINE_HELD */
    size_t used;
};
/* ---- a TCP connection (engine_tcp.c, engine_stream.c) ---- */

struct run { /* octets of a stream, in order */
    unsigned side;
    struct span data;
    uint64_t off;         /* of the first one in the stream */
    bool gap;             /* octets right before it are not there */
    uint32_t first, last; /* the frames that it came in */
    uint64_t ns;          /* of the last */
};
struct half { /* a direction of what is decoded */
    /* what is no whole message yet, or the front of a stream that is not known */
    struct backlog held;
    struct backlog above;   /* what is no whole message yet of those that messages carry */
    struct codec_memo memo; /* of codec->carries */
    struct codec_memo asks; /* of codec->pairs */
    uint64_t end;           /* offset in the stream behind what came last */
    bool begun;             /* its first octet was seen */
    bool framed;            /* the next octet begins a message, or goes on one */
    bool looked;            /* what it carries was looked for long enough */
    uint8_t looks;          /* runs so far */
    uint8_t lost;           /* times that framing was, that were told */
};
struct conn {
    struct part *p;
    struct conn *before, *after; /* in the part's list, the one spoken longest ago first */
    struct tcp *tcp;
    struct tlsdec *tls; /* NULL: it is in clear */
    uint8_t ips[32];    /* of the lower and the upper side, as in struct flow */
    uint16_t port[2], path;
    uint8_t flags; /* PACKET_SIX, PACKET_TCP */
    uint8_t carries,
        decoded;  /* protocol over TCP; protocol that halves are decoded as. 0: not known */
    uint8_t over; /* what the messages of that carry; 0: nothing that is known */
    bool told;    /* a message of it was */
    bool done;    /* nobody wants its octets */
    bool anew;    /* by the segment that is being taken, another connection has begun */
    bool secured, not_read, wrong_key; /* counted so */
    uint32_t first_frame, last_frame;
    uint64_t last_ns;
    struct half half[2];
};
struct streams { /* of a part */
    struct tcp_pool pool;
    struct conn *first, *last,
        *dropped;          /* dropped: their flows were forgotten, they are to be ended */
    size_t n, most;        /* connections */
    size_t held, held_max; /* octets in halves */
    size_t message_max;    /* octets of an unfinished message */
    uint64_t again, evicted, secured, no_key, not_read, wrong_key, problems;
};

struct part {
    _Alignas(ENGINE_APART) struct engine *e;
    uint32_t number;
    struct flows flows;
    struct arena mem;
    struct finding *findings;
    struct watch_finding *over;
    size_t n_over;
    struct engine_carried carried[ENGINE_CARRIED_MAX]; /* by the message that is told */
    struct findings *now;      /* where watchers put what they find; NULL: nowhere but `over` */
    struct watching *watching; /* registry_n */
    struct watching *speaking;
    struct sum sums[ENGINE_PROTOCOLS_MAX];
    uint64_t unknown, unknown_quoted, connections, with_data, recognised, held_all, held_lost,
        partial, late[ENGINE_LEVELS], problems;
    struct held held;
    struct streams streams;
    struct share *share;         /* while a window is worked on */
    const struct window *window; /* the same */
    uint64_t at;                 /* place of what is told now; 0: the frame of the message */
    char ***layers;       /* by path, then protocol: texts that were made; NULL: none of the path */
    struct srtpdec *srtp; /* NULL: there are no keys */
    _Atomic bool failed;  /* no memory */
};

struct engine {
    struct engine_options o;
    struct engine_sink sink;
    const char *name;
    char *name_own;
    struct capfile file;
    bool reading;                       /* `file` is open */
    struct layers layers;               /* of the slow step alone */
    struct tlskeys *keys;               /* of this file */
    bool keyed;                         /* it may have some */
    struct span keylog;                 /* of the options, a copy */
    struct capread_counts quick_counts; /* of the merge alone */
    struct window *windows;
    size_t n_windows;
    /* o.jobs of them, and one more for what waits where there is more than one */
    struct part *parts;
    struct part *serial; /* who works on what waits; parts[0] where there is one job */
    unsigned n_parts;
    char *slow_paths[ENGINE_SLOW_PATHS];
    size_t n_slow_paths;
    /* 1 + the registry's rows with the watchers of a protocol; 0: no more. Of one that stands among messages of a
     * codec, those watchers of the codec that ask for it. */
    uint8_t watch_at[ENGINE_PROTOCOLS_MAX][ENGINE_WATCHERS];
    uint8_t among
        [ENGINE_PROTOCOLS_MAX]; /* what stands among its messages, and is watched or has a codec; 0: nothing */
    /* protocols that carry others, by the place of their paths; 0: none */
    uint8_t over[ENGINE_LAYERS];
    bool waits[UINT8_MAX +
               1];     /* by packet.protocol: a watcher has to see all of its messages, in order */
    uint8_t rtp_is[2]; /* the protocols of what SRTP and SRTCP carry */
    bool placed[UINT8_MAX + 1];   /* by packet.protocol: its watcher remembers places of flows */
    bool quick[UINT8_MAX + 1];    /* the same: its quick way may be taken */
    _Atomic bool stop;            /* the sink wants no more, or memory is out */
    struct window *pushed, *into; /* into: the one that is being read */
    uint32_t pushed_frames;
    char why[600];
    bool error;
    uint64_t serial_window;
};

/* ---- steps ---- */

/* For capfile: take the keys in a block of secrets; a comment, into the window that is being read. */
void engine_take_secrets(void *ctx, uint32_t type, struct span data, uint32_t frame);
void engine_take_comment(void *ctx, const struct capread_comment *c);
bool window_init(struct window *w, unsigned parts);
void window_free(struct window *w, unsigned parts);
void window_clear(struct window *w, unsigned parts);
void step_read(struct engine *e, struct window *w);
void step_parse(const struct engine *e, struct window *w);
void step_slow(struct engine *e, struct window *w);
void step_flows(struct engine *e, struct window *w, unsigned part);
void step_merge(struct engine *e, struct window *w);
/* `n` times `size` octets of zero, ENGINE_APART from all else, which free() gives back; NULL: no memory. */
void *engine_apart(size_t n, size_t size);
/* Add what the quick way counts. */
void engine_add_counts(struct capread_counts *to, const struct capread_counts *c);
/* All windows of the file, by one thread or by several. */
void engine_run(struct engine *e);

/* Who is told a packet's part. */
static inline unsigned engine_part_of(uint32_t hash, unsigned parts)
{
    return (unsigned)((uint64_t)(hash >> 8) * parts >> 24);
}

/* ---- inside a part ---- */

bool engine_part_init(struct part *p, struct engine *e, uint32_t number, size_t places);
void engine_part_free(struct part *p);
void engine_part_reset(struct part *p);
/* Count a packet that is a message of a known protocol, or decode, judge, watch and tell it. */
void engine_part_message(struct part *p, struct window *w, struct share *s, const struct packet *k);
/* The same of a message that a stream has given, all of its octets there: `k` says whence, whither, when and which
 * protocol; at most FRAGS_FRAMES_MAX frames. */
void engine_part_stream_message(struct part *p, struct share *s, const struct packet *k,
                                const uint32_t *frames, size_t n_frames);
/* A TCP segment of a flow, in order of arrival (engine_tcp.c). */
void engine_part_segment(struct part *p, const struct packet *k);
/* Connections begin; those whose flows were forgotten end, in the place `at`; all end with the file; all are forgotten,
 * and what flows say of them must not be looked at until the next beginning. */
void engine_streams_init(struct part *p);
void engine_streams_dropped(struct part *p, uint64_t at);
void engine_streams_end(struct part *p);
void engine_streams_reset(struct part *p);
/* Tell of what is odd in the stream of a side; `p` has frame, place and words. */
void engine_stream_problem(struct conn *c, unsigned side, struct capread_problem p);
/* The addresses of a packet from a side, and what else a connection knows of it; `ips` has 32 octets. */
void engine_stream_packet(const struct conn *c, unsigned side, uint8_t *ips, struct packet *k);
/* Nobody wants the octets of a connection any more. */
void engine_stream_done(struct conn *c);
/* The next octets of a side, of TCP or out of TLS (engine_stream.c). */
void engine_stream_run(struct conn *c, const struct run *r);
/* A side has ended, all of its octets there. */
void engine_stream_ended(struct conn *c, unsigned side, uint32_t frame);
/* Forget what is held of both sides. */
void engine_stream_clear(struct conn *c);
/* TLS begins here: from here on octets go through it, the next ones first (engine_tcp.c). False: no memory. */
bool engine_stream_tls(struct conn *c);
void engine_stream_sealed(struct conn *c, const struct run *r);
/* Tell a finding over time that belongs to no message; its text goes behind that of the share. */
void engine_part_late(struct part *p, struct share *s, const struct watch_finding *f);
/* Tell `n` of them in their place among the messages: at p->at, `frame` where that is 0. */
void engine_part_apart(struct part *p, struct share *s, uint32_t frame,
                       const struct watch_finding *v, size_t n);
/* The end of the file: held packets are given up, watchers say what is left. */
void engine_part_end(struct part *p, struct share *s);
/* A packet is of `protocol` whatever its octets may look like: its flow remembers that. */
void engine_part_known(struct part *p, const struct packet *k, unsigned protocol);
/* Tell a problem with packet `k` of window `w`, at its first octet. */
void engine_part_problem(struct part *p, const struct window *w, struct share *s,
                         const struct packet *k, const char *what, uint64_t a, uint64_t b);
/* Decode and judge what `m` carries by its own words (codec->inside); findings go behind those of the message, with its
 * layer. */
void engine_part_carried(struct part *p, struct engine_message *m, struct findings *fs);
void packet_addrs(const struct packet *k, struct addr *src, struct addr *dst);
const char *engine_part_layers(struct part *p, uint16_t path, unsigned protocol);
/* Note that `text` octets more of a share's text are of `frame`. */
bool share_event(struct share *s, struct event ev);
/* Have a problem told in the place `at`. */
bool share_problem(struct share *s, uint64_t at, const struct capread_problem *p);
/* More room for text; false: no memory. */
bool share_grow(struct share *s);
/* Memory for a packet of `octets` that lives until the window is done with; NULL: none. */
struct aside *share_aside(struct share *s, size_t octets);
/* Room for one more in an array that grows; NULL: no memory, and the array is as before. */
void *engine_room(void *v, size_t n, size_t *cap, size_t size);
/* One more in an array of problems; false: no memory. */
bool problem_add(struct capread_problem **v, size_t *n, size_t *cap,
                 const struct capread_problem *p);

/* SRTP (engine_srtp.c). False: no memory, or its library fails. */
bool engine_part_srtp_init(struct part *p);
/* Open a datagram of SRTP or SRTCP: from here on it is what that carried. False: it is to be classified as any other;
 * else its protocol is known, 0 where it may not be believed. */
bool engine_part_srtp(struct part *p, const struct window *w, struct share *s, struct packet *k);

/* Watchers (engine_watch.c): which there are, from the registry; the first of a protocol, and where a part has it. */
void engine_watchers(struct engine *e);
static inline const struct watcher_class *engine_watcher(const struct engine *e, unsigned protocol)
{
    return *e->watch_at[protocol] ? registry[*e->watch_at[protocol] - 1].watch : NULL;
}
static inline struct watch *engine_part_watcher(const struct part *p, unsigned protocol)
{
    return p->watching[*p->e->watch_at[protocol] - 1].w;
}
/* Show a message to all watchers of its protocol. It is complete but for `over`. `fs` NULL: it is no message that is
 * told, but what stands among those of a codec. */
void engine_part_watch(struct part *p, unsigned protocol, struct engine_message *m,
                       struct findings *fs, struct watch_place *place);
/* Read what a message carries, which the watcher of its protocol was shown already. */
void engine_part_inside(struct part *p, unsigned protocol, struct engine_message *m);
void engine_part_watch_end(struct part *p);
#endif
