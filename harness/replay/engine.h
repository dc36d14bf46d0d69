/* harness/replay/engine.h - the capture engine: frames in; messages, problems and counts out.
 *
 * Frames come from a file (pcap, pcapng, snoop, what libpcap knows besides; gzip'd or not; a pipe; a file
 * that grows) or from whoever has them (a live interface). They are taken in windows: frame boundaries,
 * then link to transport layer, then the flow that each packet belongs to, then its protocol. What a flow
 * carries is found by content, ports being a hint, and remembered: STUN, DTLS, ChannelData, RTP and RTCP
 * may share a flow (RFC 7983). A protocol that one datagram cannot tell, such as RTP, is on probation until
 * more datagrams of the flow bear it out (codec->follows); until then they are held back.
 *
 * Memory is bounded, whatever comes: windows, flows, fragments and held frames have limits below; where one
 * is reached the oldest gives way, and a count says how many did. Nothing is printed here.
 *
 * With `jobs` over 1 windows are worked on by several threads: slices of frames down to the transport layer,
 * then flows shared out by their hash. What comes out is the same, in the same order, for any number. */
#ifndef HARNESS_REPLAY_ENGINE_H
#define HARNESS_REPLAY_ENGINE_H
#include "harness/core/watch.h"
#include "harness/replay/capread.h"
#include "harness/replay/srtpdec.h"

enum {
    ENGINE_JOBS_MAX = 16,
    ENGINE_FLOWS = 1 << 18, /* places of the flow table, 64 octets each, all threads together */
    ENGINE_WINDOW =
        1 << 18,          /* octets of a file that are read at once: what stays in a core's cache */
    ENGINE_FRAMES = 7168, /* frames in a window: it takes a large page as a whole */
    ENGINE_SURE = 50,     /* a guess from here on needs no second datagram */
    ENGINE_PROBATION = 2, /* datagrams that have to follow on the first one of a flow */
    ENGINE_HELD = 1 << 20, /* octets held back for flows on probation, a thread */
    ENGINE_STREAMS =
        1 << 15, /* TCP connections that are put together at once, all threads together */
    ENGINE_STREAM_EARLY = 64 << 20, /* octets of TCP held that came early, all threads together */
    ENGINE_STREAM_HELD =
        32 << 20, /* octets of unfinished messages of streams, all threads together */
    ENGINE_STREAM_MESSAGE =
        1 << 17,                /* octets of an unfinished message; beyond it framing is lost */
    ENGINE_STREAM_FRONT = 8192, /* octets of a direction that are looked at to tell its protocol */
    ENGINE_FINDINGS_MAX = 1024, /* kept of a message; more are counted */
    ENGINE_CARRIED_MAX = 16,    /* things that a message carries; */
    ENGINE_CARRIED_DEPTH = 4,   /* how deep in one another */
    ENGINE_OVER_MAX = 256,      /* findings over time that one message or the end may show */
    ENGINE_ARENA = 4 << 20,     /* octets for the view of a message */
    ENGINE_PROTOCOLS_MAX = 64,  /* with and without codec */
    ENGINE_LEVELS = MAY + 1,
};
struct engine_carried { /* by a message, or by what it carries */
    const struct codec *codec;
    const void *view;
    unsigned depth; /* 1: the message's own; n + 1: of the last one before it of depth n */
};
struct engine_message { /* lives until the callback returns */
    const char *file;   /* as engine_file was told */
    uint32_t frame;   /* as Wireshark counts, from 1; the last of those that the message came in */
    uint32_t worker;  /* of the thread, from 0: for what the callback keeps a thread */
    uint64_t time_ns; /* since 1970; 0 where the file has no time */
    struct addr src, dst;
    const char *layers; /* with the protocol, "eth/ip/udp/stun"; lives as long as the engine */
    const struct codec *codec;
    const void *view;
    struct span octets; /* of the message */
    /* What it carries by its own words, or by those of options->known, and could be read; each is followed by what it
     * carries in turn. */
    const struct engine_carried *carried;
    size_t n_carried;
    size_t missing;         /* octets of it that the capture left out */
    bool quoted;            /* in an ICMP error: src and dst are of the datagram that was lost */
    bool reassembled;       /* of fragments */
    bool stream;            /* of a stream */
    bool whole;             /* nothing of the stream is missing, in either direction, up to here */
    bool partial;           /* it has more parts than there was room for */
    const uint32_t *frames; /* all that it came in, in order; n_frames at least 1 */
    size_t n_frames;
    const struct capread_comment *comments; /* of `frame`; not where it had to wait for others */
    size_t n_comments;
    const struct findings *fs;        /* of decode, lint and, at its end, those over time */
    const struct watch_finding *over; /* the last n_over of fs, with the frames that they rest on */
    size_t n_over;
};
/* Who gets what comes out. Each may be NULL. */
struct engine_sink {
    void *ctx;
    /* A message that a codec knows. What is written to `out` goes to `text`, in the order of frames; it is
     * called again with more room where `out` was full. Unless options say `ordered`, threads call it at
     * once: it may write to `out` and to what is its worker's alone. */
    void (*message)(void *ctx, struct wr *out, const struct engine_message *m);
    /* A finding over time that only the end of the file shows, or what stands between messages; as for messages. */
    void (*late)(void *ctx, struct wr *out, const char *file, const struct watch_finding *f);
    /* A header that is wrong, a datagram that never came whole, octets of a stream that are missing, or other
     * than before. In order, from one thread. */
    void (*problem)(void *ctx, const char *file, const struct capread_problem *p);
    /* A comment of a section or an interface, before the messages of the window that it stands in. From one thread. */
    void (*comment)(void *ctx, const struct capread_comment *c);
    /* The text that messages wrote, from one thread. False: no more is wanted, reading ends. */
    bool (*text)(void *ctx, struct span octets);
};
struct engine_options {
    unsigned jobs; /* threads; 0: one */
    bool ordered;  /* callbacks come from one thread, one at a time, in the order of frames */
    size_t flows;  /* places of the flow table; 0: ENGINE_FLOWS; a power of two */
    bool no_watch; /* no findings over time, no facts */
    bool faulty;   /* messages without findings are not told */
    bool whole;    /* nothing is missing, from the beginning on: `origin` of struct watch_options */
    /* Lines of a key log (see tlsdec.h), for TLS, beside what pcapng files bring along; copied. */
    struct span keylog;
    const char *known; /* for watchers, see struct watch_options; lives as long as the engine */
    const struct srtpdec_key *srtp_keys; /* of SRTP; live as long as the engine */
    size_t n_srtp_keys;
    enum watch_keep keep; /* what engine_watch is asked for; findings and facts are the same */
    /* The end of a file was reached; true: it may have grown, look again, after some wait of the caller's.
     * NULL: the end is the end. */
    bool (*more)(void *ctx);
    void *more_ctx;
    /* How far a file has been read: octets of it, of `size` (0: not known), and frames. Now and then, one call at a
     * time, from any thread. NULL: nobody wants to know. */
    void (*reached)(void *ctx, uint64_t octets, uint64_t size, uint64_t frames);
    void *reached_ctx;
};
struct engine_counts {
    struct capread_counts c;          /* down to the transport layer */
    uint64_t unknown, unknown_quoted; /* datagrams that no codec or recogniser knows */
    uint64_t connections;             /* of TCP */
    uint64_t connections_unknown;     /* those with octets that no codec or recogniser knows */
    uint64_t streams_evicted; /* connections given up, since there was room for no more of them */
    uint64_t tls_decrypted;   /* connections of TLS, of which octets were decrypted */
    uint64_t tls_no_key;      /* those that are encrypted, and no log has the key */
    uint64_t tls_not_read;    /* those of a version or cipher suite that is not decrypted */
    uint64_t tls_wrong_key;   /* those whose key does not fit */
    uint64_t flows, flows_evicted; /* evicted: forgotten, since the table had no room for more */
    uint64_t held, held_lost;      /* datagrams on probation; those that were given up as unknown */
    uint64_t partial;              /* messages that had more parts than there was room for */
    /* findings over time that are of no message: see engine_sink.late */
    uint64_t late[ENGINE_LEVELS];
    struct srtpdec_counts srtp; /* where there are keys */
};
struct engine_protocol { /* one that was seen, with or without a codec */
    const char *name;
    const struct codec *codec; /* NULL: recognised and counted only */
    uint64_t messages;         /* datagrams, or messages of streams */
    uint64_t connections;      /* of TCP */
    uint64_t quoted, octets;   /* quoted: in ICMP errors, apart from messages */
    uint64_t findings[ENGINE_LEVELS];
};
struct engine;

/* NULL: no memory, or no threads. */
struct engine *engine_new(const struct engine_options *o, const struct engine_sink *sink);
void engine_free(struct engine *e);

/* Read one capture file, "-" for standard input; counts, flows and watchers begin anew. NULL: read to its
 * end. Else a sentence with file, frame and octet, which lives until the next call: what was before that
 * place has come out. */
const char *engine_file(struct engine *e, const char *path);
/* The same of an open descriptor, which is left open; `name` is for sentences. */
const char *engine_fd(struct engine *e, int fd, const char *name);

/* Frames from elsewhere: begin, any number of frames (their octets are copied), end. engine_push keeps them
 * until a window is full or engine_flush says that they are to come out now. */
void engine_begin(struct engine *e, const char *name);
/* `original`: octets that were on the wire, `link`: LINKTYPE. */
void engine_push(struct engine *e, uint32_t link, uint64_t time_ns, struct span octets,
                 uint32_t original);
void engine_flush(struct engine *e);
void engine_end(struct engine *e);

/* Of the file that was read last. The protocols come in the order in which the registry has them, then those
 * without a codec; only those that were seen. */
void engine_counts(const struct engine *e, struct engine_counts *c);
size_t engine_protocols(const struct engine *e,
                        struct engine_protocol *p); /* ENGINE_PROTOCOLS_MAX places */
/* The nth watcher of messages of `codec` that has seen some, and the sums of its facts, WATCH_FACTS_MAX places, added
 * up over all threads; NULL: there are no more. */
const struct watcher_class *engine_facts(const struct engine *e, const struct codec *codec,
                                         size_t n, struct watch_sum *sums);
/* The first watcher of `codec` in thread `worker`, for those who know its class; NULL: it has seen nothing. It
 * lives until the next file. A class that is not by_flow is in worker 0 alone. */
const struct watch *engine_watch(const struct engine *e, unsigned worker,
                                 const struct codec *codec);
#endif
