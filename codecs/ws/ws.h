/* codecs/ws/ws.h - frames of WebSocket (RFC 6455 section 5), and the messages that they make.
 *
 * A frame is a view of its own: what one frame breaks, ws_lint says. What only its place in the stream shows (masking
 * by direction, fragments, UTF-8 over several frames), ws_reader does.
 *
 *   while (ws_next(window, &used, &findings) == STEP_ITEM) {
 *       struct ws_frame f;
 *       if (ws_decode(span_cut(window, 0, used), &mem, &f, &findings) == STEP_ITEM)
 *           switch (ws_read(&reader, &f, &message, &findings)) ...
 */
#ifndef CODECS_WS_WS_H
#define CODECS_WS_WS_H
#include "codecs/base/codec.h"

enum {
    WS_PORT = 80,
    WS_PORT_TLS = 443,
    WS_HEAD_MAX = 14,         /* octets before the payload */
    WS_CONTROL_MAX = 125,     /* octets in the payload of a control frame */
    WS_FRAME_MAX = 64 << 20,  /* octets in the payload of a frame that is taken */
    WS_MESSAGE_MAX = 1 << 20, /* octets in a message, where a reader is told no other limit */
};
enum ws_opcode { /* RFC 6455 section 5.2 */
                 WS_CONTINUATION = 0,
                 WS_TEXT = 1,
                 WS_BINARY = 2,
                 WS_CLOSE = 8,
                 WS_PING = 9,
                 WS_PONG = 10,
};
enum ws_code { /* of a Close (RFC 6455 section 7.4.1) */
               WS_NORMAL = 1000,
               WS_GOING_AWAY = 1001,
               WS_PROTOCOL_ERROR = 1002,
               WS_UNACCEPTABLE = 1003,
               WS_NO_CODE = 1005,  /* not sent: the Close had none */
               WS_ABNORMAL = 1006, /* not sent: there was no Close */
               WS_NOT_UTF8 = 1007,
               WS_POLICY = 1008,
               WS_TOO_BIG = 1009,
               WS_EXTENSION = 1010,
               WS_UNEXPECTED = 1011,
};

struct ws_frame {
    bool fin, rsv1, rsv2, rsv3;
    uint8_t opcode; /* enum ws_opcode, or a reserved one */
    bool masked;
    uint8_t bits;        /* that the length has: 7, 16, 64 */
    uint64_t length;     /* as the frame has it */
    struct span key;     /* the masking key; p is NULL where there is none */
    struct span payload; /* unmasked: in the arena where it was masked, else it borrows the input */
    bool closes;         /* a Close with two octets at least: code and reason are there */
    uint16_t code;
    struct span reason;
    struct span rest; /* octets behind the frame */
    size_t head;      /* octets before the payload */
};
extern const struct desc ws_frame_desc;
extern const struct codec ws_codec;

/* Decode the frame at the front of `in`; what is behind it is `rest`.
 *
 * STEP_ITEM: `f` is filled, though cut short where `mem` ran out. STEP_MORE: `in` ends before the frame does.
 * STEP_FAIL: a length that no frame can have. */
enum step ws_decode(struct span in, struct arena *mem, struct ws_frame *f, struct findings *fs);
/* What a frame breaks by itself. Offsets count from its first octet. */
void ws_lint(const struct ws_frame *f, struct findings *fs);
/* What stands before the payload of the frame at the front of `in`: f->head octets of at most WS_HEAD_MAX; `f` has no
 * payload yet, and its key borrows `in`. STEP_FAIL: a length that no frame can have. */
enum step ws_head(struct span in, struct ws_frame *f, struct findings *fs);
/* How many octets the frame at the front of `in` takes: looks at its first 14 octets only. STEP_FAIL: framing is lost,
 * a finding says why. */
enum step ws_next(struct span in, size_t *used, struct findings *fs);
/* How sure it is that a stream that begins with `in` is WebSocket: by the upgrade. */
unsigned ws_guess(struct span in, uint16_t port);
/* Write what the draft says: what it does not say of the length is derived; a payload is masked where there is a
 * key. */
void ws_encode(struct wr *w, const struct draft *dr);

/* Write a frame as an endpoint sends it: the length in its shortest form. `key`: four octets to mask with, NULL:
 * none. */
void ws_put(struct wr *w, enum ws_opcode opcode, bool fin, const uint8_t *key, struct span payload);
/* What of it stands before a payload of `n` octets. */
void ws_put_head(struct wr *w, enum ws_opcode opcode, bool fin, const uint8_t *key, uint64_t n);
/* The payload of a Close: code and reason; a code of 0 has neither. */
void ws_close_put(struct wr *w, uint16_t code, struct span reason);
/* Mask or unmask `n` octets, the first of which stands at `at` in the payload (RFC 6455 section 5.3). */
void ws_mask(uint8_t *p, size_t n, const uint8_t key[4], size_t at);
/* Whether a Close may have this code (RFC 6455 section 7.4). */
bool ws_code_good(uint16_t code);

struct ws_utf8 {    /* a check of UTF-8 that comes in pieces; all zero at the beginning */
    uint8_t left;   /* octets that the character still needs */
    uint8_t lo, hi; /* between which the next one is */
};
/* False: `s` does not go on as UTF-8. What is added ends a character where u->left is 0. */
bool ws_utf8_add(struct ws_utf8 *u, struct span s);

/* ---- messages ---- */

/* A reader of one direction; the first three are the caller's, the rest all zero at the beginning */
struct ws_reader {
    bool from_client; /* the frames are a client's: masked */
    /* an extension that uses RSV1 was negotiated: such messages are not checked for UTF-8 */
    bool rsv1;
    uint64_t limit; /* octets in a message; 0: WS_MESSAGE_MAX */
    uint8_t opcode; /* of the message that has begun; 0: none has */
    bool packed;    /* RSV1 was set in its first frame */
    bool done;      /* the message of type opcode was given out */
    bool closed;    /* a Close came */
    bool keyed;     /* key is that of the frame before */
    uint32_t key;
    uint64_t size; /* octets of the message so far */
    uint64_t left; /* octets of the payload that are still to come: ws_read_payload */
    struct ws_utf8 utf8;
    uint16_t code; /* STEP_FAIL: what a Close should say */
};
/* Take the next frame of a direction; the payload of a data frame is added to `message`, which the caller empties
 * behind each message.
 *
 * STEP_ITEM: a message is complete, of type r->opcode until the next call; or `f` is a control frame. STEP_MORE: a
 * fragment. STEP_FAIL: the connection fails (RFC 6455 section 7.1.7) with r->code; a finding says why, or `message` is
 * full or the limit passed. */
enum step ws_read(struct ws_reader *r, const struct ws_frame *f, struct wr *message,
                  struct findings *fs);
/* The same for who only looks on, and keeps no message. */
enum step ws_follow(struct ws_reader *r, const struct ws_frame *f, struct findings *fs);

/* The same as ws_read for a frame that comes in pieces, so that what is wrong is seen with the octet that makes it so: its head
 * (of ws_head) first. STEP_MORE: its payload is next. STEP_FAIL as above. */
enum step ws_read_head(struct ws_reader *r, const struct ws_frame *f, struct findings *fs);
/* Then its payload in any pieces, as they came, r->left octets in all; one of no octets where that is 0. They are
 * added, unmasked, to `to`: the message, or, of a control frame, what the caller has emptied for it, WS_CONTROL_MAX
 * octets. Once a control frame is whole its payload stands in `f`, code and reason of a Close too. STEP_MORE: the frame
 * goes on, or it was a fragment (r->left is 0); else as above. */
enum step ws_read_payload(struct ws_reader *r, struct ws_frame *f, struct span piece, struct wr *to,
                          struct findings *fs);
#endif
