/* codecs/base/base64.h - Base64 of RFC 4648 section 4, with its padding and nothing else: no line ends, no white
 * space. */
#ifndef CODECS_BASE_BASE64_H
#define CODECS_BASE_BASE64_H
#include "codecs/base/base.h"

/* Octets that `n` octets take when they are encoded. `n` is at most SIZE_MAX / 2. */
static inline size_t base64_size(size_t n)
{
    return (n + 2) / 3 * 4;
}
/* Write `s` encoded. */
void base64_put(struct wr *w, struct span s);
/* Write what `text` encodes. False, and nothing is written: it is no Base64, which has the alphabet of section 4
 * alone (3.3), is padded to whole groups of four (3.2), and has pad bits of zero (3.5). So no two texts mean the
 * same octets. */
bool base64_get(struct wr *w, struct span text);
#endif
