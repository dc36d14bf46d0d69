/* codecs/ws/ws_handshake.h - the opening handshake of WebSocket (RFC 6455 section 4): writing it, checking it. */
#ifndef CODECS_WS_WS_HANDSHAKE_H
#define CODECS_WS_WS_HANDSHAKE_H
#include "codecs/http/http.h"
#include "codecs/ws/ws.h"

enum { WS_KEY_TEXT = 24, WS_ACCEPT_TEXT = 28, WS_VERSION = 13 };

struct ws_offer {     /* what a client asks for; spans borrow; those whose p is NULL are not sent */
    struct span host; /* with a port that is not the default */
    struct span resource;   /* path and query; empty: "/" */
    uint8_t nonce[16];      /* of Sec-WebSocket-Key: chance, the caller's */
    struct span key;        /* its text, for who saw it; p is NULL: that of the nonce */
    struct span origin;     /* of browsers */
    struct span protocols;  /* "chat, superchat": in order of preference */
    struct span extensions; /* as the field has them */
    struct span fields;     /* further header fields: whole lines, each with its end */
};
/* Write the request of a client (section 4.1). */
void ws_request_put(struct wr *w, const struct ws_offer *o);
/* The text of Sec-WebSocket-Key. */
void ws_key_put(struct wr *w, const uint8_t nonce[16]);
/* The text of Sec-WebSocket-Accept for a key as it was sent (section 4.2.2). */
void ws_accept_put(struct wr *w, struct span key);

/* What a client's request breaks. The status to answer with: 101; 505 where it is not of HTTP/1 (RFC 9110 section
 * 15.6.6); 426 where the version is another one; 400, and 405 for another method. */
unsigned ws_check_request(const struct http_msg *m, struct findings *fs);
/* The first subprotocol of the client's list, over all its fields, that is in `ours` ("a, b"); p is NULL: none. */
struct span ws_choose(const struct http_msg *request, struct span ours);
/* Write the response that accepts (section 4.2.2): to a request whose check gave 101. `protocol`, `extensions`: p NULL:
 * none. */
void ws_response_put(struct wr *w, const struct http_msg *request, struct span protocol,
                     struct span extensions);
/* Write a response that refuses: 426 lists version 13. */
void ws_refuse_put(struct wr *w, unsigned status);

/* What a server's response breaks, to a request of which the client has kept what it asked for. True: the connection is
 * open; false: it is not, as refused (there may be no finding), or because the client has to fail it. */
bool ws_check_response(const struct http_msg *m, const struct ws_offer *o, struct findings *fs);
#endif
