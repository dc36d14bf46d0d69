/* fuzz/targets/ws_handshake.c - any HTTP message as a handshake of WebSocket; what is accepted is answered by a
 * response that the client accepts, and what an own offer asks for, a server takes. */
#include "codecs/ws/ws_handshake.h"
#include "fuzz/engine/codec_oracle.h"

enum { MEMORY = 1 << 20, FINDINGS = 64 };

static bool decode(struct span in, struct arena *mem, struct http_msg *m)
{
    struct findings none = {0};
    return http_decode(in, HTTP_ASK_OTHER, mem, m, &none) == STEP_ITEM && !mem->full;
}

/* A client with the nonce of `text`, whose offer is the answer's: it takes the response. */
static void answer(const struct http_msg *m, struct span protocol)
{
    static uint8_t memory[MEMORY], out[1 << 13];
    struct arena mem = arena_of(memory, MEMORY);
    struct wr w = {out, sizeof out, 0, false};
    struct finding found[FINDINGS];
    struct findings fs = {.v = found, .cap = FINDINGS};
    struct http_msg response;
    struct ws_offer o = {.protocols = protocol};

    ws_response_put(&w, m, protocol, (struct span){NULL, 0});
    if (w.full)
        return;
    require(decode(wr_span(&w), &mem, &response), "a response does not decode");
    require(response.rest.n == 0, "a response has something behind it");
    ws_check_response(&response, &o, &fs);
    for (size_t i = 0; i < findings_kept(&fs); i++) /* the key is another one's */
        require(strcmp(fs.v[i].clause, "RFC6455:4.1#39") == 0, "an own response breaks a rule");
}

static void offered(struct span in)
{
    static uint8_t memory[MEMORY], out[1 << 12];
    struct arena mem = arena_of(memory, MEMORY);
    struct wr w = {out, sizeof out, 0, false};
    struct findings fs = {0};
    struct http_msg m;
    struct ws_offer o = {.host = span_of("a"), .resource = span_of("/x?y")};

    memcpy(o.nonce, in.p, in.n < 16 ? in.n : 16);
    ws_request_put(&w, &o);
    require(decode(wr_span(&w), &mem, &m), "a request does not decode");
    require(ws_check_request(&m, &fs) == 101 && fs.n == 0, "an own request breaks a rule");
    http_lint(&m, &fs);
    require(fs.n == 0, "an own request breaks a rule of HTTP");
    w.n = 0;
    struct wr key = {memory, 64, 0, false}; /* the request has been looked at */
    ws_key_put(&key, o.nonce);
    require(key.n == WS_KEY_TEXT, "a key is not of 24 characters");
}

static void one(const uint8_t *p, size_t n)
{
    static uint8_t memory[MEMORY];
    struct fence f = fence_copy(p, n);
    struct arena mem = arena_of(memory, MEMORY);
    struct finding found[FINDINGS];
    struct findings fs = {.v = found, .cap = FINDINGS};
    struct http_msg m;
    struct ws_offer o = {.protocols = span_of("chat, superchat"),
                         .extensions = span_of("permessage-deflate")};

    if (n)
        offered(fence_span(&f));
    if (decode(fence_span(&f), &mem, &m)) {
        memcpy(o.nonce, "the sample nonce", 16);
        unsigned status = ws_check_request(&m, &fs);
        used(oracle_findings(&fs, fence_span(&f)));
        require(status == 101 || status == 505 || fs.n || !m.request, "refused without a finding");
        struct span protocol = ws_choose(&m, span_of("superchat, chat"));
        if (status == 101)
            answer(&m, protocol);
        fs.n = 0;
        bool open = ws_check_response(&m, &o, &fs);
        used(oracle_findings(&fs, fence_span(&f)));
        require(!open || (m.status == 101 && !m.request), "open without a 101");
    }
    fence_free(&f);
}

const struct target ws_handshake_target = {.name = "ws_handshake",
                                           .one = one,
                                           .max_len = 4096,
                                           .weight = 2,
                                           .dict = "ws",
                                           .codecs = "http/parts"};
