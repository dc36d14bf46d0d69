/* codecs/ws/ws_handshake.c - the opening handshake: what is written. */
#include "codecs/ws/ws_handshake.h"
#include "codecs/base/base64.h"
#include "codecs/base/digest.h"

static void line(struct wr *w, const char *name, struct span value)
{
    if (!value.p)
        return;
    wr_text(w, name);
    wr_text(w, ": ");
    wr_put(w, value);
    wr_text(w, "\r\n");
}

void ws_key_put(struct wr *w, const uint8_t nonce[16])
{
    base64_put(w, (struct span){nonce, 16});
}

void ws_accept_put(struct wr *w, struct span key)
{
    struct digest d;
    uint8_t out[DIGEST_MAX];

    digest_init(&d, DIGEST_SHA1);
    digest_add(&d, key);
    digest_add(&d, span_of("258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
    base64_put(w, (struct span){out, digest_end(&d, out)});
}

void ws_request_put(struct wr *w, const struct ws_offer *o)
{
    wr_text(w, "GET ");
    wr_put(w, o->resource);
    wr_text(w, o->resource.n ? " HTTP/1.1\r\n" : "/ HTTP/1.1\r\n");
    line(w, "Host", o->host.p ? o->host : span_of(""));
    wr_text(w, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ");
    ws_key_put(w, o->nonce);
    wr_text(w, "\r\n");
    line(w, "Origin", o->origin);
    line(w, "Sec-WebSocket-Protocol", o->protocols);
    line(w, "Sec-WebSocket-Extensions", o->extensions);
    wr_put(w, o->fields);
    wr_text(w, "Sec-WebSocket-Version: 13\r\n\r\n");
}

void ws_response_put(struct wr *w, const struct http_msg *request, struct span protocol,
                     struct span extensions)
{
    const struct http_header *key = http_header(request, HTTP_WS_KEY);

    wr_text(w, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
               "Sec-WebSocket-Accept: ");
    ws_accept_put(w, key ? key->value : (struct span){NULL, 0});
    wr_text(w, "\r\n");
    line(w, "Sec-WebSocket-Protocol", protocol);
    line(w, "Sec-WebSocket-Extensions", extensions);
    wr_text(w, "\r\n");
}

void ws_refuse_put(struct wr *w, unsigned status)
{
    static const struct {
        unsigned status;
        const char *line;
    } rows[] = {
        {400, "Bad Request\r\n"},
        {403, "Forbidden\r\n"},
        {404, "Not Found\r\n"},
        {405, "Method Not Allowed\r\nAllow: GET\r\n"},
        {426, "Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"},
        {505, "HTTP Version Not Supported\r\n"},
    };
    const char *words = "Refused\r\n";

    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].status == status)
            words = rows[i].line;
    wr_text(w, "HTTP/1.1 ");
    wr_dec(w, status);
    wr_u8(w, ' ');
    wr_text(w, words);
    wr_text(w, status == 426 ? "Connection: Upgrade, close\r\n" : "Connection: close\r\n");
    wr_text(w, "Content-Length: 0\r\n\r\n");
}
