/* codecs/rtp/g711_test.c - both laws against what G.711 says of them. */
#include "codecs/rtp/g711.h"
#include <math.h>
#include <stdlib.h>
#include "harness/core/test.h"

/* Ends of the scale: G.711 tables 1 and 2, in the 14 and 13 bits that they use. RFC 3389 section 3.1 has the
 * 8031 too. */
static void ends(void)
{
    CU_ASSERT_EQUAL(g711_ulaw_decode(0x80), 8031 * 4);
    CU_ASSERT_EQUAL(g711_ulaw_decode(0x00), -8031 * 4);
    CU_ASSERT_EQUAL(g711_ulaw_decode(0xff), 0);
    CU_ASSERT_EQUAL(g711_ulaw_decode(0x7f), 0);
    CU_ASSERT_EQUAL(g711_ulaw_decode(0xfe), 2 * 4);
    CU_ASSERT_EQUAL(g711_ulaw_decode(0xef), 33 * 4);
    CU_ASSERT_EQUAL(g711_alaw_decode(0xaa), 4032 * 8);
    CU_ASSERT_EQUAL(g711_alaw_decode(0x2a), -4032 * 8);
    CU_ASSERT_EQUAL(g711_alaw_decode(0xd5), 1 * 8);
    CU_ASSERT_EQUAL(g711_alaw_decode(0x55), -1 * 8);
    CU_ASSERT_EQUAL(g711_alaw_decode(0xc5), 33 * 8);
    CU_ASSERT_EQUAL(g711_ulaw_encode(INT16_MAX), 0x80);
    CU_ASSERT_EQUAL(g711_ulaw_encode(INT16_MIN), 0x00);
    CU_ASSERT_EQUAL(g711_alaw_encode(INT16_MAX), 0xaa);
    CU_ASSERT_EQUAL(g711_alaw_encode(INT16_MIN), 0x2a);
    CU_ASSERT_EQUAL(g711_ulaw_encode(0), G711_ULAW_SILENCE);
    CU_ASSERT_EQUAL(g711_alaw_encode(0), G711_ALAW_SILENCE);
}

/* Every octet comes back, but the second zero of u-law. */
static void every_octet(void)
{
    for (unsigned c = 0; c < 256; c++) {
        uint8_t u = g711_ulaw_encode(g711_ulaw_decode((uint8_t)c));
        CU_ASSERT_EQUAL(u, c == 0x7f ? 0xff : c);
        CU_ASSERT_EQUAL(g711_alaw_encode(g711_alaw_decode((uint8_t)c)), c);
        CU_ASSERT_EQUAL(g711_ulaw_decode((uint8_t)(c ^ 0x80)), -g711_ulaw_decode((uint8_t)c));
        CU_ASSERT_EQUAL(g711_alaw_decode((uint8_t)(c ^ 0x80)), -g711_alaw_decode((uint8_t)c));
    }
}

/* A sample comes back within half a step of its segment (and the bits that a law leaves out), larger ones than the
 * scale as its end. Steps are 2 to 256 in the 14 bits of u-law, 2 to 128 in the 13 of A-law. */
static void half_a_step(void)
{
    size_t far_u = 0, far_a = 0, falls = 0;
    int last_u = INT16_MIN, last_a = INT16_MIN;

    for (int v = INT16_MIN; v <= INT16_MAX; v++) {
        uint8_t u = g711_ulaw_encode((int16_t)v), a = g711_alaw_encode((int16_t)v);
        int exponent_u = ~u >> 4 & 7, exponent_a = (a ^ 0x55) >> 4 & 7;
        int back_u = g711_ulaw_decode(u), back_a = g711_alaw_decode(a);
        int step_u = 8 << exponent_u, step_a = exponent_a ? 8 << exponent_a : 16;
        bool clipped_u = abs(v) >= 8159 * 4;
        far_u += abs(back_u - v) > step_u / 2 + 3 && !clipped_u;
        far_a += abs(back_a - v) > step_a / 2;
        falls += back_u < last_u || back_a < last_a;
        last_u = back_u;
        last_a = back_a;
    }
    CU_ASSERT_EQUAL(far_u, 0);
    CU_ASSERT_EQUAL(far_a, 0);
    CU_ASSERT_EQUAL(falls, 0);
}

/* The digital milliwatt of G.711 tables 5 and 6: 1 kHz at 0 dBm0, which is 3.14 dB below the overload of A-law
 * and 3.17 dB below that of u-law. */
static void milliwatt(void)
{
    static const uint8_t a[] = {0x34, 0x21, 0x21, 0x34, 0xb4, 0xa1, 0xa1, 0xb4};
    static const uint8_t u[] = {0x1e, 0x0b, 0x0b, 0x1e, 0x9e, 0x8b, 0x8b, 0x9e};
    double power_a = 0, power_u = 0;

    for (size_t i = 0; i < 8; i++) {
        int va = g711_alaw_decode(a[i]), vu = g711_ulaw_decode(u[i]);
        power_a += (double)va * va / 8;
        power_u += (double)vu * vu / 8;
        CU_ASSERT_EQUAL(va, -g711_alaw_decode(a[(i + 4) % 8])); /* half a period later */
        CU_ASSERT_EQUAL(vu, -g711_ulaw_decode(u[(i + 4) % 8]));
    }
    double below_a = 10 * log10(4096.0 * 8 * 4096 * 8 / 2 / power_a);
    double below_u = 10 * log10(8159.0 * 4 * 8159 * 4 / 2 / power_u);
    CU_ASSERT_DOUBLE_EQUAL(below_a, 3.14, 0.02);
    CU_ASSERT_DOUBLE_EQUAL(below_u, 3.17, 0.02);
}

TESTS({"ends", ends}, {"every_octet", every_octet}, {"half_a_step", half_a_step},
      {"milliwatt", milliwatt})
