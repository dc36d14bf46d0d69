/* harness/endpoints/ws/ws_dev.c - what goes out, and how it can break the standard, or differ and keep to it. */
#include "harness/endpoints/ws/ws_layer.h"

const struct deviation ws_layer_faults[WS_FAULTS] = {
    {"w-post", "RFC6455:4.1#19", "request", DEV_SET, "method", "POST", NULL},
    {"w-http-1.0", "RFC6455:4.1#19", "request", DEV_SET, "version", "HTTP/1.0", NULL},
    {"w-no-host", "RFC6455:4.1#21", "request", DEV_DROP, "headers/Host", NULL, NULL},
    {"w-no-upgrade", "RFC6455:4.1#22", "request", DEV_DROP, "headers/Upgrade", NULL, NULL},
    {"w-no-connection", "RFC6455:4.1#23", "request", DEV_DROP, "headers/Connection", NULL, NULL},
    {"w-no-key", "RFC6455:4.1#24", "request", DEV_DROP, "headers/Sec-WebSocket-Key", NULL, NULL},
    {"w-key-short", "RFC6455:4.1#25a", "request", DEV_SET, "headers/Sec-WebSocket-Key/value",
     "c2hvcnQ=", NULL},
    {"w-key-same", "RFC6455:4.1#26", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"w-key-twice", "RFC6455:11.3.1#1", "request", DEV_DOUBLE, "headers/Sec-WebSocket-Key", NULL,
     NULL},
    {"w-no-version", "RFC6455:4.1#29", "request", DEV_DROP, "headers/Sec-WebSocket-Version", NULL,
     NULL},
    {"w-version-8", "RFC6455:4.1#30", "request", DEV_SET, "headers/Sec-WebSocket-Version/value",
     "8", NULL},
    {"w-version-form", "RFC6455:4.3#a4", "request", DEV_SET, "headers/Sec-WebSocket-Version/value",
     "013", NULL},
    {"w-version-twice", "RFC6455:11.3.5#2", "request", DEV_DOUBLE, "headers/Sec-WebSocket-Version",
     NULL, NULL},
    {"w-protocol-form", "RFC6455:4.1#32a", "request", DEV_ADD, "headers",
     "Sec-WebSocket-Protocol=a b", NULL},
    {"w-protocol-twice", "RFC6455:4.1#32b", "request", DEV_ADD, "headers",
     "Sec-WebSocket-Protocol=x, x", NULL},
    {"w-extension-form", "RFC6455:9.1#1", "request", DEV_ADD, "headers",
     "Sec-WebSocket-Extensions=a b", NULL},
    {"w-accept-asked", "RFC6455:11.3.3#a1", "request", DEV_ADD, "headers", "Sec-WebSocket-Accept=x",
     NULL},
    {"w-status-200", "RFC6455:4.2.2#a1", "response/101", DEV_SET, "status", "200", NULL},
    {"w-no-upgraded", "RFC6455:4.2.2#a2", "response/101", DEV_DROP, "headers/Upgrade", NULL, NULL},
    {"w-upgraded-list", "RFC6455:4.2.2#a2", "response/101", DEV_SET, "headers/Upgrade/value",
     "websocket, other", NULL},
    {"w-no-connected", "RFC6455:4.2.2#a3", "response/101", DEV_DROP, "headers/Connection", NULL,
     NULL},
    {"w-no-accept", "RFC6455:4.2.2#a4", "response/101", DEV_DROP, "headers/Sec-WebSocket-Accept",
     NULL, NULL},
    {"w-accept-wrong", "RFC6455:4.2.2#a4", "response/101", DEV_SET,
     "headers/Sec-WebSocket-Accept/value", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", NULL},
    {"w-accept-twice", "RFC6455:11.3.3#1", "response/101", DEV_DOUBLE,
     "headers/Sec-WebSocket-Accept", NULL, NULL},
    {"w-protocol-unasked", "RFC6455:4.2.2#8", "response/101", DEV_ADD, "headers",
     "Sec-WebSocket-Protocol=unasked", NULL},
    {"w-extension-unasked", "RFC6455:4.2.2#10", "response/101", DEV_ADD, "headers",
     "Sec-WebSocket-Extensions=permessage-deflate", NULL},
    {"w-key-answered", "RFC6455:11.3.1#a1", "response/101", DEV_ADD, "headers",
     "Sec-WebSocket-Key=dGhlIHNhbXBsZSBub25jZQ==", NULL},
    {"w-no-version-list", "RFC6455:4.4#1", "response/426", DEV_DROP,
     "headers/Sec-WebSocket-Version", NULL, NULL},
    {"w-takes-version", "RFC6455:4.2.2#6", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"w-takes-request", "RFC6455:4.2.1#1", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"w-unmasked", "RFC6455:5.1#1", "client", DEV_DROP, "key", NULL, NULL},
    {"w-masked", "RFC6455:5.1#4", "server", DEV_SET, "key", "hex:01020304", NULL},
    {"w-key-fixed", "RFC6455:5.3#2", "client", DEV_SET, "key", "hex:11223344", NULL},
    {"w-rsv1", "RFC6455:5.2#2", "frame", DEV_SET, "rsv1", "true", NULL},
    {"w-rsv3", "RFC6455:5.2#2", "frame", DEV_SET, "rsv3", "true", NULL},
    {"w-opcode-3", "RFC6455:5.2#4", "frame/text", DEV_SET, "opcode", "3", NULL},
    {"w-opcode-11", "RFC6455:5.2#4", "frame/pong", DEV_SET, "opcode", "11", NULL},
    {"w-length-16", "RFC6455:5.2#6", "frame/text", DEV_SET, "bits", "16", NULL},
    {"w-length-64", "RFC6455:5.2#6", "frame/text", DEV_SET, "bits", "64", NULL},
    {"w-length-sign", "RFC6455:5.2#5", "frame/text", DEV_SET, "length", "0x8000000000000000", NULL},
    {"w-control-open", "RFC6455:5.4#2", "frame/pong", DEV_SET, "fin", "false", NULL},
    {"w-control-long", "RFC6455:5.5#1a", "frame/pong", DEV_SET, "payload",
     "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012"
     "345678901234567890123456789012345",
     NULL},
    {"w-continues-none", "RFC6455:5.4#a3", "frame/text", DEV_SET, "opcode", "continuation", NULL},
    {"w-new-within", "RFC6455:5.4#4", "frame/continuation", DEV_SET, "opcode", "text", "fragment"},
    {"w-text-no-utf8", "RFC6455:5.6#1", "frame/text", DEV_SET, "text", "hex:ff", NULL},
    {"w-close-one-octet", "RFC6455:5.5.1#2", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"w-close-999", "RFC6455:7.4.2#a1", "frame/close", DEV_SET, "code", "999", NULL},
    {"w-close-5000", "RFC6455:7.4.2#a1", "frame/close", DEV_SET, "code", "5000", NULL},
    {"w-close-2000", "RFC6455:7.4.2#a2", "frame/close", DEV_SET, "code", "2000", NULL},
    {"w-close-1004", "RFC6455:7.4.1#a2", "frame/close", DEV_SET, "code", "1004", NULL},
    {"w-close-1005", "RFC6455:7.4.1#3", "frame/close", DEV_SET, "code", "1005", NULL},
    {"w-close-1006", "RFC6455:7.4.1#4", "frame/close", DEV_SET, "code", "1006", NULL},
    {"w-close-1010", "RFC6455:7.4.1#a3", "server/close", DEV_SET, "code", "1010", NULL},
    {"w-close-1015", "RFC6455:7.4.1#6", "frame/close", DEV_SET, "code", "1015", NULL},
    {"w-close-reason", "RFC6455:5.5.1#3b", "frame/close", DEV_SET, "reason", "hex:ff", NULL},
    {"w-no-close-answer", "RFC6455:5.5.1#6", "frame/close/answer", DEV_SILENT, NULL, NULL, NULL},
    {"w-close-answer-other", "RFC6455:5.5.1#a2", "frame/close/answer", DEV_SET, "code", "3000",
     NULL},
    {"w-no-close-failed", "RFC6455:7.1.7#3", "frame/close/fail", DEV_SILENT, NULL, NULL, NULL},
    {"w-data-after-close", "RFC6455:5.5.1#5", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"w-keeps-stream", "RFC6455:5.5.1#10a", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"w-no-pong", "RFC6455:5.5.2#2", "frame/pong/answer", DEV_SILENT, NULL, NULL, NULL},
    {"w-pong-other", "RFC6455:5.5.3#a1", "frame/pong/answer", DEV_SET, "payload", "other", NULL},
    {"w-takes-unmasked", "RFC6455:5.1#2", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"w-takes-masked", "RFC6455:5.1#5", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"w-takes-rsv", "RFC6455:5.2#3", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"w-takes-opcode", "RFC6455:5.2#4", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"w-takes-no-utf8", "RFC6455:8.1#1", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"w-takes-accept", "RFC6455:4.1#39", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"w-takes-extension", "RFC6455:4.1#40", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"w-takes-protocol", "RFC6455:4.1#41", "flag", DEV_FLAG, NULL, NULL, NULL},
};

const struct deviation ws_layer_variants[WS_VARIANTS] = {
    {"w-connection-list", "RFC6455:4.2.1#a4", "request", DEV_SET, "headers/Connection/value",
     "keep-alive, Upgrade", NULL},
    {"w-upgrade-case", "RFC6455:4.2.1#a3", "request", DEV_SET, "headers/Upgrade/value", "WebSocket",
     NULL},
    {"w-names-lower", "RFC6455:4.1#a1", "request", DEV_SET, "headers/Sec-WebSocket-Key/name",
     "sec-websocket-key", NULL},
    {"w-names-upper", "RFC6455:4.1#a1", "response", DEV_SET, "headers/Sec-WebSocket-Accept/name",
     "SEC-WEBSOCKET-ACCEPT", NULL},
    {"w-more-fields", "RFC6455:4.1#34", "request", DEV_ADD, "headers", "Cookie=a=b", NULL},
    {"w-more-answered", "RFC6455:4.2.2#12", "response", DEV_ADD, "headers", "Server=rtclab", NULL},
    {"w-order", "RFC6455:4.2.1#a7", "request", DEV_LAST, "headers/Host", NULL, NULL},
    {"w-upgraded-case", "RFC6455:4.1#37", "response/101", DEV_SET, "headers/Upgrade/value",
     "WebSocket", NULL},
    {"w-connected-case", "RFC6455:4.1#38", "response/101", DEV_SET, "headers/Connection/value",
     "upgrade", NULL},
    {"w-absolute", "RFC6455:4.1#20", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"w-split", "RFC6455:2.1#1", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"w-fragments", "RFC6455:5.4#6", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"w-pings", "RFC6455:5.5.2#4", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"w-pongs", "RFC6455:5.5.3#2", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"w-close-1001", "RFC6455:7.4.1#1", "frame/close/begin", DEV_SET, "code", "1001", NULL},
    {"w-close-4000", "RFC6455:7.4.2#a3", "frame/close/begin", DEV_SET, "code", "4000", NULL},
    {"w-close-empty", "RFC6455:5.5.1#1", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"w-answer-1000", "RFC6455:5.5.1#a2", "frame/close/answer", DEV_SET, "code", "1000", NULL},
};

enum { EDITED = 512 }; /* octets that deviations may add */

/* Octets in pieces of 1, 2, 4 ... */
static void send_split(struct span all, struct outq *q)
{
    for (size_t at = 0, n = 1; at < all.n; at += n, n *= 2)
        out_send(q, LAYER_LOWER, span_cut(all, at, at + n), NULL);
}

static void send_draft(struct ws_layer *l, const struct draft *dr, const struct codec *codec,
                       size_t size, bool twice, struct outq *q)
{
    struct wr w = {arena_new(&q->mem, size + EDITED), size + EDITED, 0, false};

    if (!w.p)
        return; /* mem.full is seen by the driver */
    codec->encode(&w, dr);
    for (unsigned i = 0; i < 1u + twice; i++)
        if (env_flag(&l->env, "w-split"))
            send_split(wr_span(&w), q);
        else
            out_send(q, LAYER_LOWER, wr_span(&w), NULL);
}

void ws_put_http(struct ws_layer *l, const char *where, struct span octets, struct outq *q)
{
    struct findings none = {0};
    struct http_msg m;
    struct draft dr;

    if (!env_any(&l->env) || http_decode(octets, HTTP_ASK_OTHER, &q->mem, &m, &none) != STEP_ITEM) {
        out_send(q, LAYER_LOWER, octets, NULL);
        return;
    }
    draft_of(&dr, &http_msg_desc, &m, &q->mem);
    struct deviated d = env_apply(&l->env, where, &dr);
    if (!d.silent)
        send_draft(l, &dr, &http_codec, octets.n, d.repeat, q);
}

/* The frame as it stands in the standard, in `w`. */
static void deviate_frame(struct ws_layer *l, const struct wr *w, const char *where, struct outq *q)
{
    struct findings none = {0};
    struct ws_frame f;
    struct draft dr;
    char path[48];

    if (ws_decode(wr_span(w), &q->mem, &f, &none) != STEP_ITEM)
        return;
    draft_of(&dr, &ws_frame_desc, &f, &q->mem);
    struct wr p = {(uint8_t *)path, sizeof path - 1, 0, false};
    wr_text(&p, "frame/");
    wr_text(&p, where);
    path[p.n] = '\0';
    struct deviated a = env_apply(&l->env, path, &dr);
    p.n = 0;
    wr_text(&p, l->server ? "server/" : "client/");
    wr_text(&p, where);
    path[p.n] = '\0';
    struct deviated b = env_apply(&l->env, path, &dr);
    if (!a.silent && !b.silent)
        send_draft(l, &dr, &ws_codec, w->n, a.repeat || b.repeat, q);
}

/* A large message of a server's is not copied: what is sent lives until the queue is emptied. */
static void send_borrowed(enum ws_opcode opcode, bool fin, struct span payload, struct outq *q)
{
    struct span *slices = arena_take(&q->mem, 2 * sizeof *slices);
    struct wr w = {arena_new(&q->mem, WS_HEAD_MAX), WS_HEAD_MAX, 0, false};
    struct output *o = out_put(q, OUT_SEND, LAYER_LOWER);

    if (!slices || !w.p)
        return;
    ws_put_head(&w, opcode, fin, NULL, payload.n);
    slices[0] = wr_span(&w);
    slices[1] = payload;
    o->data = slices;
    o->n_data = 2;
}

void ws_put_frame(struct ws_layer *l, enum ws_opcode opcode, bool fin, struct span payload,
                  const char *where, struct outq *q)
{
    uint8_t key[8];

    if (!l->server)
        rng_fill(l->env.rng, key, sizeof key);
    if (l->server && opcode < WS_CLOSE && !env_any(&l->env)) {
        send_borrowed(opcode, fin, payload, q);
        return;
    }
    struct wr w = {arena_new(&q->mem, WS_HEAD_MAX + payload.n), WS_HEAD_MAX + payload.n, 0, false};
    struct span *slice = arena_take(&q->mem, sizeof *slice);
    if (!w.p || !slice)
        return;
    ws_put(&w, opcode, fin, l->server ? NULL : key, payload);
    if (env_any(&l->env)) {
        deviate_frame(l, &w, where, q);
        return;
    }
    struct output *o = out_put(q, OUT_SEND, LAYER_LOWER);
    *slice = wr_span(&w);
    o->data = slice;
    o->n_data = 1;
}
