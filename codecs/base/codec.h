/* codecs/base/codec.h - what the registry lists of a codec; protocol-free code works on this. */
#ifndef CODECS_BASE_CODEC_H
#define CODECS_BASE_CODEC_H
#include "codecs/base/draft.h"

enum framing { /* how messages come */
               FRAMING_DATAGRAM = 1,
               FRAMING_STREAM = 2,
               FRAMING_MESSAGE = 4, /* a message of a layer, such as one of WebSocket */
};
struct codec_secret { /* what integrity checks and seals need; all zero: none */
    struct span key;
};
struct codec;
struct codec_memo { /* of one direction of a flow, the codec's own; starts all zero */
    uint32_t v[2];
};
struct
    codec_piece { /* of a message that is carried by messages of a layer (WebSocket: the payload of a frame) */
    struct span octets; /* they stand in the layer's message, or in the arena */
    bool first, last;   /* it begins the message; it ends it */
};
/* Of a protocol in which what one side of a stream has sent decides how long a message of the other is, or who
 * ends it. A memo is what the codec wants to remember of what a side has sent, all zero at first. It is asked as
 * long as nothing of either side is missing. */
struct codec_pairs {
    /* In place of the codec's `next`, for a message of the side that answers what `asked` remembers. *by: whose
     * message it is; NULL: what follows is none, and nothing of the stream will be. */
    enum step (*next)(const struct codec_memo *asked, struct span in, size_t *used,
                      const struct codec **by, struct findings *fs);
    /* A message has come from the side of `mine`. */
    void (*came)(struct codec_memo *mine, struct codec_memo *other, struct span message);
    /* Whether `in`, for which next is STEP_MORE, is whole if the stream ends there. */
    bool (*ends)(struct span in);
};
/* Of a protocol that both sides agree on before its messages go over a layer (by the subprotocol of WebSocket): the rules
 * that who connects has to ask for it, and who answers to agree. */
struct codec_agreed {
    struct rule asked, answered;
};
struct codec { /* what may be NULL says so */
    const char *name;
    unsigned framing;
    /* Where a target "name:host" without a port is, and "names:host", over TLS; 0: it needs a port. */
    uint16_t port, port_secure;
    const char
        *also; /* another scheme for the same ports: "turn", of what STUN carries; NULL: none */
    const struct desc *view; /* describes what decode yields */
    /* How sure the codec is that `in`, a whole datagram or the front of a stream, is its own:
     * 0 (no) to 100; `port` is a hint, 0 where unknown. Cheap: no full decode. */
    unsigned (*guess)(struct span in, uint16_t port);
    /* For a protocol that one datagram cannot tell for sure: whether `in`, which guess takes for its own, goes on
     * from the datagrams before it in the same direction of a flow. `memo` is what the codec wants to remember of
     * them, all zero at the first. Positive: it does; 0: it says nothing, since it is the first, came late or
     * twice; negative: it cannot be of the same sender, and is asked about again with an empty memo. A guess below
     * 50 is believed once several go on. Cheap: it is asked until the flow is confirmed. NULL: such a guess is not
     * believed. */
    int (*follows)(struct codec_memo *memo, struct span in);
    /* Decode one message that `in` holds whole. The view is allocated from `mem`, borrows `in`, and
     * is NULL after STEP_FAIL. STEP_MORE: `in` ends before the message does. A list cut short
     * because `mem` ran out sets mem->full. */
    enum step (*decode)(struct span in, struct arena *mem, const void **view, struct findings *fs);
    /* Framing of a stream: how many octets at the front of `in` the next message takes. STEP_ITEM
     * sets *used; STEP_MORE: a longer window is needed; STEP_FAIL: framing is lost (a finding).
     * NULL where `framing` has no FRAMING_STREAM. */
    enum step (*next)(struct span in, size_t *used, struct findings *fs);
    /* What may stand between messages, or before them, and is none of this codec (ChannelData of TURN). On a
     * stream as for `next`, STEP_FAIL where it is not at the front of `in`; of a datagram, or a message of a
     * layer, STEP_ITEM where it is one as a whole, else STEP_FAIL. NULL: nothing may. */
    enum step (*between)(struct span in, enum framing framing, size_t *used);
    /* What a decoded message carries, where it says so itself (bodies of SIP, by their Content-Type): the codec of
     * the i-th thing that has one, and its octets, which stand in the message; NULL: there are no more. NULL: no
     * message says. */
    const struct codec *(*inside)(const void *view, size_t i, struct span *octets);
    /* For a layer over streams: what `in`, the next of its messages in one direction, carries of a message of
     * another codec (one with FRAMING_MESSAGE, which is found by its guess). `memo` is what it wants to remember
     * of the direction, all zero at the first. False: nothing, or nothing that can be read. NULL: it is no layer. */
    bool (*carries)(struct codec_memo *memo, struct span in, struct arena *mem,
                    struct codec_piece *piece);
    /* Whose messages these are, where they are a codec's: the handshake of WebSocket is HTTP. NULL: nobody's. */
    const struct codec *between_codec;
    const struct codec_pairs *pairs;   /* NULL: a side alone tells its messages */
    const struct codec_agreed *agreed; /* NULL: nothing that is known */
    /* Findings that decode does not give: semantics over a decoded view; NULL: there are none. */
    void (*lint)(const void *view, struct findings *fs);
    /* Write what the draft says; `w->full` where it does not fit. */
    void (*encode)(struct wr *w, const struct draft *dr);
    /* Make integrity and checksums of a message good again under `secret`, in place, where they stand and
     * have room; nothing else changes. For any octets at all; NULL: the protocol has none. */
    void (*seal)(uint8_t *p, size_t n, const struct codec_secret *secret);
    /* The clause that a decoded message of a kind is about, and its short name for ladders. */
    void (*brief)(struct wr *w, const void *view);
    /* The i-th token for a fuzzing dictionary; false: no more. */
    bool (*token)(size_t i, struct wr *w, const char **name);
};
#endif
