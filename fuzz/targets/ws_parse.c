/* fuzz/targets/ws_parse.c - any octets as a frame of WebSocket. */
#include "codecs/ws/ws.h"
#include "fuzz/engine/codec_oracle.h"

static void one(const uint8_t *p, size_t n)
{
    oracle_parse(&ws_codec, (struct span){p, n});
}

const struct target ws_parse_target = {
    .name = "ws_parse", .one = one, .max_len = 4096, .weight = 3, .dict = "ws", .codecs = "ws"};
