/* harness/endpoints/ws/ws.h - ws.layer, the layer "ws": WebSocket (RFC 6455) over a stream, as client and as server;
 * without extensions. Stacks are "tcp/ws" and "tcp/tls/ws".
 *
 * Above:
 * - IN_OPENED when the opening handshake is done; its record is a struct ws_event: the subprotocol that was agreed on,
 *   what the client asked for.
 * - One IN_BYTES, or one send, is one message, of no octets too. pkt.kind is its opcode, WS_TEXT or WS_BINARY. A send
 *   that does not say goes as the options say; a text that is none goes out as told.
 * - IN_CLOSE sends a Close and waits for the other's; a record with fields `code` and `reason` (struct ws_close, or any
 *   other that has them) says what is in it, else it is 1000. IN_SHUTDOWN does the same, and what comes before the
 *   other's Close is still delivered. An abort is the stream's.
 * - IN_CLOSED is the end of both directions: CLOSE_DONE where a Close came; CLOSE_PROTOCOL where the other side broke
 *   the protocol, or ended the stream without a Close; CLOSE_REFUSED where a server refused the handshake;
 *   CLOSE_TIMEOUT. Its record is a struct ws_event, its detail a sentence.
 * - What is sent before the handshake is done waits, up to WS_EARLY_MAX octets; more is CLOSE_QUOTA.
 * Below:
 * - Keys and masks are chance of the layer's seed. A Ping is answered at once, while the stream is over the driver's
 *   mark the last one alone (section 5.5.3); a Pong does nothing.
 * - What is wrong is seen with the octet that makes it so; the Close says why. After the last Close the server ends the
 *   stream, the client waits for that; what comes then is dropped.
 * - A server looks at paths, hosts and origins where it is told a list: 404, 403 and 403; a request without Origin,
 *   which no browser sends, passes.
 *
 * The event "ws" of the layer is the record of IN_OPENED, and of the end. */
#ifndef HARNESS_ENDPOINTS_WS_WS_H
#define HARNESS_ENDPOINTS_WS_WS_H
#include "codecs/ws/ws.h"
#include "harness/core/endpoint.h"

enum {
    WS_HANDSHAKE_MAX = 16 << 10, /* octets of a request or response; more is refused */
    WS_EARLY_MAX = WS_MESSAGE_MAX,
    WS_OPTIONS_MAX =
        8 << 10, /* octets of all options that are texts, and of what a client asks for */
    WS_FRAGMENTS_MAX =
        1024,       /* frames of one message that is sent: larger ones where it takes more */
    WS_BURST = 256, /* messages that are told at once; the rest of what came waits a microsecond */
    WS_REST_MAX = 2 << 20, /* octets that wait for that; more is CLOSE_QUOTA */
};
#define WS_OPEN_US                                                                                 \
    UINT64_C(30000000) /* for the opening handshake, the stream's own included: CLOSE_TIMEOUT */
/* For the other's Close after ours: CLOSE_TIMEOUT; and again for the end of the stream after both. */
#define WS_CLOSE_US UINT64_C(5000000)

/* Options of a flow's ws layer: any record whose table has fields of these names will do. All zero: a client that asks
 * for "/" of the flow's name or address, a server that takes what is asked for. Lists are separated by commas. */
struct ws_options {
    struct span path;      /* client: path and query */
    struct span host;      /* client: Host, in place of the flow's name and port */
    struct span origin;    /* client: Origin */
    struct span fields;    /* client: further header fields, a line each */
    struct span protocols; /* client: which it offers; server: which it speaks */
    struct span paths;     /* server: those that there are */
    struct span hosts;     /* server: those that it is; without a port any port will do */
    struct span origins;   /* server: those that may ask */
    /* what a send is that does not say: WS_TEXT, WS_BINARY; 0: text where it is UTF-8 */
    uint8_t messages;
    uint32_t fragment;    /* octets of payload in a frame that is sent; 0: all of them */
    uint32_t message_max; /* octets of a message that comes; 0: WS_MESSAGE_MAX, which is the most */
    uint64_t open_us, close_us; /* 0: WS_OPEN_US, WS_CLOSE_US */
};
extern const struct desc ws_options_desc;

struct ws_close {       /* for OUT_CLOSE of a flow of this layer */
    uint16_t code;      /* 0: the Close is empty */
    struct span reason; /* cut to 123 octets */
};
extern const struct desc ws_close_desc;

enum ws_told {
    WS_TOLD_OPENED,
    WS_TOLD_REFUSED, /* there is no connection: `why` says why */
    WS_TOLD_CLOSED,  /* a Close came, and one was sent */
    WS_TOLD_FAILED,  /* there was a connection; `why` says what broke it */
};
struct ws_event {
    uint8_t kind; /* enum ws_told */
    bool server;  /* our side */
    struct addr remote, local;
    struct span path, host, origin; /* as the client asked; path with its query */
    struct span protocol;           /* agreed on; empty: none */
    uint16_t status;                /* of the response; 0: there was none */
    /* of the Close that came (RFC 6455 section 7.1.5): 1005, it had none; 1006, none came */
    uint16_t code;
    struct span reason;
    uint16_t sent; /* the code of our Close; 0: none was sent, or an empty one */
    const char *why;
    uint64_t time_us;
};
extern const struct desc ws_event_desc;
extern const struct endpoint_class ws_layer_class;
#endif
