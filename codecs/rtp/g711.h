/* codecs/rtp/g711.h - G.711 u-law (PCMU) and A-law (PCMA), an octet a sample: ITU-T G.711, RFC 3551 section
 * 4.5.14. Linear samples are of 16 bits: those of G.711 (14 bits of u-law, 13 of A-law) stand at the top. */
#ifndef CODECS_RTP_G711_H
#define CODECS_RTP_G711_H
#include "codecs/base/base.h"

enum {
    G711_ULAW_SILENCE = 0xff, /* the octet of 0 */
    G711_ALAW_SILENCE = 0xd5,
};

/* Of u-law: 8 segments of 16 steps, the first steps 2 wide (in 14 bits), biased by 33, all bits inverted. */
static inline int16_t g711_ulaw_decode(uint8_t code)
{
    unsigned u = (uint8_t)~code, exponent = u >> 4 & 7, mantissa = u & 15;
    int magnitude = (int)((mantissa << 1 | 33) << exponent) - 33;
    return (int16_t)((u & 0x80 ? -magnitude : magnitude) * 4);
}
static inline uint8_t g711_ulaw_encode(int16_t sample)
{
    int v = sample < 0 ? -(int)sample : sample;
    v = (v >> 2) + 33;
    if (v > 8191) /* clipped at the end of the last segment */
        v = 8191;
    unsigned exponent = 0;
    while (v >> (exponent + 6))
        exponent++;
    unsigned code = exponent << 4 | ((unsigned)v >> (exponent + 1) & 15);
    return (uint8_t) ~(code | (sample < 0 ? 0x80 : 0));
}
/* Of A-law: the first two segments are alike, even bits inverted. */
static inline int16_t g711_alaw_decode(uint8_t code)
{
    unsigned a = code ^ 0x55u, exponent = a >> 4 & 7, mantissa = a & 15;
    int magnitude = (int)(mantissa << 1 | 1);
    if (exponent)
        magnitude = (magnitude + 32) << (exponent - 1);
    return (int16_t)((a & 0x80 ? magnitude : -magnitude) * 8);
}
static inline uint8_t g711_alaw_encode(int16_t sample)
{
    int v = sample < 0 ? -((int)sample + 1) : sample; /* the two halves mirror each other at -1/2 */
    v >>= 3;
    unsigned exponent = 0;
    while (v >> (exponent + 5) && exponent < 7)
        exponent++;
    unsigned mantissa = (unsigned)v >> (exponent ? exponent : 1) & 15;
    return (uint8_t)((exponent << 4 | mantissa | (sample < 0 ? 0 : 0x80)) ^ 0x55);
}
#endif
