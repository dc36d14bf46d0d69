/* harness/endpoints/ws/ws_layer.h - what the files of the layer share; inside harness/endpoints/ws only. */
#ifndef HARNESS_ENDPOINTS_WS_WS_LAYER_H
#define HARNESS_ENDPOINTS_WS_WS_LAYER_H
#include "codecs/ws/ws_handshake.h"
#include "harness/endpoints/ws/ws.h"

enum ws_phase {
    WS_OPENING, /* the handshake is not done */
    WS_OPEN,
    WS_CLOSING, /* our Close is out, the other's has not come */
    WS_LEAVING, /* nothing more is sent or read: the stream is to end */
    WS_OVER,
};
struct ws_layer {
    struct env env;
    enum ws_phase phase;
    bool server;
    bool stream; /* the flow below is one */
    bool told;   /* above: the end, or nobody is there any more */
    bool ended;  /* the end was reported */
    bool shut;   /* nothing more is sent once the handshake is done */
    bool eof;    /* the stream has ended, behind what waits in `rest` */
    bool full;   /* the stream takes no more for now, */
    bool owed;   /* and a Pong waits for that */
    bool paused; /* the stream is asked to wait for `rest` */
    bool within; /* the head of a frame was read, its payload is next */
    uint8_t messages;
    uint32_t fragment;
    struct pkt pkt;            /* of the flow below */
    uint64_t due_us, again_us; /* again: `rest` is read on */
    uint64_t close_us;
    struct span paths, hosts, origins; /* in `mem`, as are the texts of `offer` and `facts` */
    struct ws_offer offer;             /* its protocols: those that a server speaks, too */
    struct ws_event facts;
    struct http_dec dec;
    struct ws_reader reader;
    struct ws_frame frame; /* where `within` */
    struct wr message;
    size_t n_window, n_head, n_control, n_pong, n_early, n_rest;
    struct arena mem;
    uint8_t head[WS_HEAD_MAX], control[WS_CONTROL_MAX], pong[WS_CONTROL_MAX];
    uint8_t reason[WS_CONTROL_MAX];
    uint8_t kept[WS_OPTIONS_MAX + WS_HANDSHAKE_MAX]; /* the second part: what the other side said */
    uint8_t window[WS_HANDSHAKE_MAX];
    uint8_t text[WS_MESSAGE_MAX]; /* of the message; what was sent early before there is one */
    uint8_t rest[WS_REST_MAX];
};

/* ---- ws_layer.c ---- */

/* The handshake is done. */
void ws_provide(struct ws_layer *l, const struct input *in, struct outq *q);
/* Say how it ended, once, and take nothing more; the stream stays until ws_leave. `why` lives until the queue is
 * emptied. */
void ws_tell_end(struct ws_layer *l, enum ws_told kind, enum close_why how, const char *why,
                 const struct input *in, struct outq *q);
/* There is nothing more to say: the server ends the stream, the client waits for that. */
void ws_leave(struct ws_layer *l, bool end, const struct input *in, struct outq *q);
/* The stream is closed at once, and all is over. */
void ws_drop(struct ws_layer *l, bool abort, struct outq *q);
/* The first finding that is strict, in words; `otherwise` where there is none. In the queue's arena. */
const char *ws_words(const struct findings *fs, const char *otherwise, struct outq *q);

/* ---- ws_open.c ---- */

/* Take what the flow is told; a client's offer, too. */
void ws_take_options(struct ws_layer *l, const struct flow_spec *spec);
/* The client's request. */
void ws_ask(struct ws_layer *l, struct outq *q);
/* Octets of the handshake. Returns how many of them it took. */
size_t ws_handshake(struct ws_layer *l, struct span data, const struct input *in, struct outq *q);

/* ---- ws_frames.c ---- */

/* Octets behind the handshake, as far as WS_BURST reaches. Returns how many of them it took. */
size_t ws_frames(struct ws_layer *l, struct span data, const struct input *in, struct outq *q);
/* A message of the user's. */
void ws_send_message(struct ws_layer *l, uint8_t kind, struct span data, struct outq *q);
/* A Close; `why`: "begin", "answer" or "fail". */
void ws_send_close(struct ws_layer *l, uint16_t code, struct span reason, const char *why,
                   struct outq *q);
/* The Pong that waits. */
void ws_send_pong(struct ws_layer *l, struct outq *q);
/* Fail the connection (RFC 6455 section 7.1.7). */
void ws_fail(struct ws_layer *l, uint16_t code, const char *why, const struct input *in,
             struct outq *q);

/* ---- ws_dev.c: what goes out, with the deviations that are on ---- */

/* A request or response. */
void ws_put_http(struct ws_layer *l, const char *where, struct span octets, struct outq *q);
/* A frame; the deviations of "frame/WHERE" and of "client/WHERE" or "server/WHERE" are its. */
void ws_put_frame(struct ws_layer *l, enum ws_opcode opcode, bool fin, struct span payload,
                  const char *where, struct outq *q);
enum { WS_FAULTS = 70, WS_VARIANTS = 18 };
extern const struct deviation ws_layer_faults[WS_FAULTS], ws_layer_variants[WS_VARIANTS];
#endif
