/* codecs/base/base64.c - Base64, strict. */
#include "codecs/base/base64.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The value of a character of the alphabet; 64: it is none. */
static unsigned value_of(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 0u;
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26u;
    if (c >= '0' && c <= '9')
        return c - '0' + 52u;
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

void base64_put(struct wr *w, struct span s)
{
    for (size_t i = 0; i < s.n; i += 3) {
        size_t n = s.n - i < 3 ? s.n - i : 3;
        uint32_t v = (uint32_t)s.p[i] << 16 | (n > 1 ? (uint32_t)s.p[i + 1] << 8 : 0) |
                     (n > 2 ? s.p[i + 2] : 0u);
        uint8_t four[4];
        for (size_t k = 0; k < 4; k++)
            four[k] = (uint8_t)(k <= n ? alphabet[v >> (18 - 6 * k) & 63] : '=');
        wr_put(w, (struct span){four, 4});
    }
}

/* The octets of a group of four characters, of which `n` octets come: 1 to 3. False: it encodes none. */
static bool group(const uint8_t *p, size_t n, uint8_t out[3])
{
    uint32_t v = 0;

    for (size_t k = 0; k < 4; k++) {
        unsigned c = k <= n ? value_of(p[k]) : 0;
        if (c > 63 || (k > n && p[k] != '='))
            return false;
        v = v << 6 | c;
    }
    out[0] = (uint8_t)(v >> 16);
    out[1] = (uint8_t)(v >> 8);
    out[2] = (uint8_t)v;
    return (v & (0xffffffu >> 8 * n)) == 0; /* pad bits, section 3.5 */
}

bool base64_get(struct wr *w, struct span text)
{
    struct wr before = *w;

    if (text.n % 4 != 0)
        return false;
    for (size_t i = 0; i < text.n; i += 4) {
        const uint8_t *p = text.p + i;
        size_t n = i + 4 < text.n || p[3] != '=' ? 3 : p[2] != '=' ? 2 : 1;
        uint8_t out[3];
        if (!group(p, n, out)) {
            *w = before;
            return false;
        }
        wr_put(w, (struct span){out, n});
    }
    return true;
}
