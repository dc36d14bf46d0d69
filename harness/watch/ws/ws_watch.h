/* harness/watch/ws/ws_watch.h - what a watcher of WebSocket keeps; inside harness/watch/ws only.
 *
 * A link is a connection of which the client's handshake was seen, and everything before it: who is the client, what it
 * asked for. It is judged as long as nothing of the stream is missing: of a link that began unseen, or has a gap, nobody
 * knows who has to mask, which message has begun and which extensions there are. */
#ifndef HARNESS_WATCH_WS_WS_WATCH_H
#define HARNESS_WATCH_WS_WS_WATCH_H
#include "codecs/ws/ws_handshake.h"
#include "harness/core/table.h"
#include "harness/core/watch.h"

enum {
    WS_WATCH_LINKS = 8, /* of `limit` transactions one link to so many */
    WS_WATCH_TEXT =
        512, /* octets of key, subprotocols and extensions of a request; of a longer one the answer is not
                            judged */
};
enum { WS_WATCH_SURE = 90 }; /* how sure a codec has to be that a message is its own */
enum ws_watch_fact {
    WS_F_HANDSHAKES,
    WS_F_ACCEPTED,
    WS_F_REFUSED,
    WS_F_MESSAGES,
    WS_F_OCTETS,
    WS_F_FRAGMENTED,
    WS_F_PINGS,
    WS_F_PONGS,
    WS_F_CLOSES,
    WS_F_EVICTED,
    WS_WATCH_FACTS
};
enum ws_link_state {
    WS_LINK_ASKED, /* there is no answer yet */
    WS_LINK_OPEN,
    WS_LINK_OVER, /* refused, or unknown */
};
struct ws_link {
    struct table_item item;
    uint64_t flow;
    struct addr client, server;
    enum ws_link_state state;
    /* what the client asked for: key, then subprotocols, then extensions, as long as these say; SIZE_MAX: there are none */
    uint8_t text[WS_WATCH_TEXT];
    size_t key_n, protocols_n, extensions_n;
    bool fits;   /* all of it is there */
    bool proper; /* the request breaks nothing, so an answer has to fit it */
    bool agreed; /* the answer has a subprotocol */
    bool told_agreed[2];
    uint32_t asked_frame, answered_frame;
    struct ws_reader readers[2]; /* of the server, of the client */
    bool failed
        [2]; /* it broke what makes the other side fail the connection: no more is said of it */
};
struct ws_watch {
    struct watch_options o;
    struct table links;
};
#endif
