/* codecs/base/base64.c - Base64, strict. */
#include "codecs/base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(struct wr *w, struct span s)
{
    for (size_t i = 0; i < s.n; i += 3) {
        size_t n = s.n - i < 3 ? s.n - i : 3;
        uint32_t v = (uint32_t)s.p[i] << 16;
        uint8_t four[4];
        v |= n > 1 ? (uint32_t)s.p[i + 1] << 8 : 0;
        v |= n > 2 ? s.p[i + 2] : 0u;
        for (size_t k = 0; k < 4; k++)
            four[k] = (uint8_t)(k <= n ? alphabet[v >> (18 - 6 * k) & 63] : '=');
        wr_put(w, (struct span){four, sizeof four});
    }
}

/* The value of a character; 64: it is none of the alphabet. */
static uint32_t value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - (uint32_t)'A';
    if (c >= 'a' && c <= 'z')
        return c - (uint32_t)'a' + 26;
    if (c >= '0' && c <= '9')
        return c - (uint32_t)'0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

bool base64_decode(struct wr *w, struct span s)
{
    struct wr before = *w;
    bool good = s.n % 4 == 0;

    for (size_t i = 0; good && i < s.n; i += 4) {
        bool last = i + 4 == s.n;
        size_t pads = !last || s.p[i + 3] != '=' ? 0 : s.p[i + 2] != '=' ? 1 : 2;
        uint32_t v = 0;
        for (size_t k = 0; k < 4; k++) {
            uint32_t d = k < 4 - pads ? value(s.p[i + k]) : 0;
            good &= d < 64;
            v = v << 6 | (d & 63);
        }
        good &= (v & (pads == 2 ? 0xffffu : pads ? 0xffu : 0)) == 0;
        uint8_t three[3] = {(uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
        wr_put(w, (struct span){three, 3 - pads});
    }
    if (!good)
        *w = before;
    return good;
}
