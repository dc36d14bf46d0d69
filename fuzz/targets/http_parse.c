/* fuzz/targets/http_parse.c - any octets as an HTTP message. */
#include "codecs/http/http.h"
#include "fuzz/engine/codec_oracle.h"

static void one(const uint8_t *p, size_t n)
{
    oracle_parse(&http_codec, (struct span){p, n});
}

const struct target http_parse_target = {.name = "http_parse",
                                         .one = one,
                                         .max_len = 4096,
                                         .weight = 3,
                                         .dict = "http",
                                         .codecs = "http/parts"};
