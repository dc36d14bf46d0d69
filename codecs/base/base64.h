/* codecs/base/base64.h - Base64 of RFC 4648 section 4, strict: with its padding, without line ends and white space. */
#ifndef CODECS_BASE_BASE64_H
#define CODECS_BASE_BASE64_H
#include "codecs/base/base.h"

/* Write `s` encoded: four characters for each three octets, padded. */
void base64_encode(struct wr *w, struct span s);
/* Write what `s` encodes. False: it is no Base64 - another character (section 3.3), not whole groups of four (3.2), or pad
 * bits that are not 0 (3.5) - and nothing is written. */
bool base64_decode(struct wr *w, struct span s);
#endif
