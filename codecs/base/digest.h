/* codecs/base/digest.h - digests, HMAC and CRC-32 as value types: no allocation, copyable by =.
 * OpenSSL stands behind digest.c alone; CRC-32 is our own. */
#ifndef CODECS_BASE_DIGEST_H
#define CODECS_BASE_DIGEST_H
#include "codecs/base/base.h"

enum { DIGEST_MAX = 32 };
enum digest_kind {
    DIGEST_MD5,        /* RFC 1321, 16 octets */
    DIGEST_SHA1,       /* RFC 3174, 20 octets */
    DIGEST_SHA256,     /* FIPS 180-4, 32 octets */
    DIGEST_SHA512_256, /* FIPS 180-4 section 5.3.6.2, 32 octets; not SHA-512 cut short */
};
struct digest { /* a running digest */
    uint64_t state[28];
    enum digest_kind kind;
};
/* Octets in a digest of this kind. */
size_t digest_size(enum digest_kind kind);
void digest_init(struct digest *d, enum digest_kind kind);
void digest_add(struct digest *d, struct span s);
/* Write the digest to `out`, return its size; `d` is used up. */
size_t digest_end(struct digest *d, uint8_t out[DIGEST_MAX]);

struct hmac_key { /* RFC 2104 with the pads already hashed: set up once, used for many messages */
    struct digest inner, outer;
};
void hmac_key_init(struct hmac_key *k, enum digest_kind kind, struct span key);
static inline void hmac_start(struct digest *d, const struct hmac_key *k)
{
    *d = k->inner;
}
/* Finish an HMAC that hmac_start began and digest_add fed; returns its size. */
size_t hmac_end(struct digest *d, const struct hmac_key *k, uint8_t out[DIGEST_MAX]);

/* The HMAC of `parts` joined, in one call: for short SHA-1 messages several times faster than the three
 * calls above. Returns its size. */
size_t hmac_parts(const struct hmac_key *k, const struct span *parts, size_t n,
                  uint8_t out[DIGEST_MAX]);

/* CRC-32 of ITU-T V.42 (reflected 0x04C11DB7, both inversions inside): crc32_add(0, s) is the CRC
 * of `s`, crc32_add(crc32_add(0, a), b) that of a and b joined. Uses PCLMULQDQ where the CPU has it. */
uint32_t crc32_add(uint32_t crc, struct span s);
/* The same by a table, on any CPU: the reference that tests hold the fast one against. */
uint32_t crc32_portable(uint32_t crc, struct span s);
#endif
