/* fuzz/targets/http_roundtrip.c - HTTP: view, draft and octets agree. */
#include "codecs/http/http.h"
#include "fuzz/engine/codec_oracle.h"

static void one(const uint8_t *p, size_t n)
{
    oracle_roundtrip(&http_codec, (struct span){p, n});
}

const struct target http_roundtrip_target = {.name = "http_roundtrip",
                                             .one = one,
                                             .max_len = 4096,
                                             .weight = 3,
                                             .dict = "http",
                                             .codecs = "http/parts"};
