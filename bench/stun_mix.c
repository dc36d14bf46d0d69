/* bench/stun_mix.c - the request of RFC 5769 section 2.1 under 16 transaction ids. */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include "bench/stun_mix.h"

enum { ID = 8, MI = 76, FP = 100 }; /* offsets: transaction id, the two attributes */

static const uint8_t
    rfc5769[STUN_MIX_SIZE] =
        {
            0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, /* Binding request, 88 octets, cookie */
            0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae,
            0x80, 0x22, 0x00, 0x10, 'S',  'T',  'U',  'N',  ' ',  't',  'e',  's', /* SOFTWARE */
            't',  ' ',  'c',  'l',  'i',  'e',  'n',  't',  0x00, 0x24, 0x00, 0x04,
            0x6e, 0x00, 0x01, 0xff, /* PRIORITY */
            0x80, 0x29, 0x00, 0x08, 0x93, 0x2f, 0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36,
            0x00, 0x06, 0x00, 0x09, 'e',  'v',  't',  'j',  ':',  'h',  '6',  'v',
            'Y',  0x20, 0x20, 0x20, /* USERNAME, padded with spaces */
            0x00, 0x08, 0x00, 0x14, 0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56,
            0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49, 0xc1, 0xb5, 0x71, 0xa2,
            0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf, /* FINGERPRINT */
};

static uint32_t crc32_bitwise(const uint8_t *p, size_t n)
{
    uint32_t crc = 0xffffffffu;
    while (n--) {
        crc ^= *p++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static void seal(uint8_t *msg)
{
    unsigned n = 0;
    uint8_t mac[EVP_MAX_MD_SIZE], whole = msg[3];

    msg[3] = FP - 20; /* the length that RFC8489:14.5 hashes ends with MESSAGE-INTEGRITY */
    HMAC(EVP_sha1(), STUN_MIX_PASSWORD, sizeof STUN_MIX_PASSWORD - 1, msg, MI, mac, &n);
    memcpy(msg + MI + 4, mac, 20);
    msg[3] = whole;
    uint32_t crc = crc32_bitwise(msg, FP) ^ 0x5354554eu;
    for (int i = 0; i < 4; i++)
        msg[FP + 4 + i] = (uint8_t)(crc >> (24 - 8 * i));
}

bool stun_mix_init(struct stun_mix *m)
{
    uint64_t x = 0x9e3779b97f4a7c15u;

    for (int i = 0; i < STUN_MIX; i++) {
        memcpy(m->msg[i], rfc5769, sizeof rfc5769);
        for (int k = 0; i > 0 && k < 12; k++) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            m->msg[i][ID + k] = (uint8_t)x;
        }
        seal(m->msg[i]);
    }
    return memcmp(m->msg[0], rfc5769, sizeof rfc5769) == 0;
}
