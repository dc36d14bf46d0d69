/* fuzz/targets/ws_roundtrip.c - WebSocket: view, draft and octets agree. */
#include "codecs/ws/ws.h"
#include "fuzz/engine/codec_oracle.h"

static void one(const uint8_t *p, size_t n)
{
    oracle_roundtrip(&ws_codec, (struct span){p, n});
}

const struct target ws_roundtrip_target = {
    .name = "ws_roundtrip", .one = one, .max_len = 4096, .weight = 3, .dict = "ws", .codecs = "ws"};
