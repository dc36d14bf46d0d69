/* harness/replay/srtpdec_key.c - keys of SRTP as people write them. */
#include <openssl/evp.h>
#include <stdio.h>
#include "harness/replay/srtpdec_impl.h"

/* RFC 4568 section 6.2: the shorter tag is of RTP alone. */
#define POLICY(name) offsetof(struct libsrtp, srtp_crypto_policy_set_##name)
#define SHA1_80 POLICY(rtp_default)
const struct srtpdec_suite srtpdec_suites[] = {
    {"AES_CM_128_HMAC_SHA1_80", 16, 14, SHA1_80, SHA1_80},
    {"AES_CM_128_HMAC_SHA1_32", 16, 14, POLICY(aes_cm_128_hmac_sha1_32), SHA1_80},
    {"AES_192_CM_HMAC_SHA1_80", 24, 14, POLICY(aes_cm_192_hmac_sha1_80),
     POLICY(aes_cm_192_hmac_sha1_80)},
    {"AES_192_CM_HMAC_SHA1_32", 24, 14, POLICY(aes_cm_192_hmac_sha1_32),
     POLICY(aes_cm_192_hmac_sha1_80)},
    {"AES_256_CM_HMAC_SHA1_80", 32, 14, POLICY(aes_cm_256_hmac_sha1_80),
     POLICY(aes_cm_256_hmac_sha1_80)},
    {"AES_256_CM_HMAC_SHA1_32", 32, 14, POLICY(aes_cm_256_hmac_sha1_32),
     POLICY(aes_cm_256_hmac_sha1_80)},
    {"AEAD_AES_128_GCM", 16, 12, POLICY(aes_gcm_128_16_auth), POLICY(aes_gcm_128_16_auth)},
    {"AEAD_AES_256_GCM", 32, 12, POLICY(aes_gcm_256_16_auth), POLICY(aes_gcm_256_16_auth)},
    {NULL, 0, 0, 0, 0},
};

const char *srtpdec_suite_name(unsigned suite)
{
    return suite < COUNT(srtpdec_suites) ? srtpdec_suites[suite].name : NULL;
}

size_t srtpdec_suite_key(unsigned suite)
{
    return (size_t)srtpdec_suites[suite].key + srtpdec_suites[suite].salt;
}

static bool fails(char why[SRTPDEC_WHY_MAX], const char *format, struct span s)
{
    snprintf(why, SRTPDEC_WHY_MAX, format, (int)(s.n < 80 ? s.n : 80), (const char *)s.p);
    return false;
}

static struct span front(struct span *s, uint8_t end)
{
    const uint8_t *p = s->n ? memchr(s->p, end, s->n) : NULL;
    size_t n = p ? (size_t)(p - s->p) : s->n;
    struct span got = span_cut(*s, 0, n);

    *s = span_cut(*s, p ? n + 1 : n, s->n);
    return got;
}

static bool begins(struct span s, const char *with)
{
    size_t n = strlen(with);
    return s.n >= n && memcmp(s.p, with, n) == 0;
}

/* A number of 32 bits, decimal or hexadecimal. */
static bool number(struct span s, uint32_t *out)
{
    uint64_t v = 0;

    if (begins(s, "0x") || begins(s, "0X")) {
        s = span_cut(s, 2, s.n);
        if (s.n == 0 || s.n > 8)
            return false;
        for (size_t i = 0; i < s.n; i++) {
            const char *digits = "0123456789abcdef", *at = NULL;
            uint8_t c = (uint8_t)(s.p[i] >= 'A' && s.p[i] <= 'F' ? s.p[i] + 32 : s.p[i]);
            if (!c || !(at = strchr(digits, c)))
                return false;
            v = v << 4 | (uint64_t)(at - digits);
        }
    } else if (!span_uint(s, &v) || v > UINT32_MAX) {
        return false;
    }
    *out = (uint32_t)v;
    return true;
}

/* What stands before the suite: SSRC=N, ROC=N, ADDR:PORT, and a session parameter of RFC 4568 section 6.3.2: where
 * RTCP is concerned each packet says it. */
static bool which(struct span s, struct srtpdec_key *k, char why[SRTPDEC_WHY_MAX])
{
    if (begins(s, "SSRC=")) {
        k->has_ssrc = number(span_cut(s, 5, s.n), &k->ssrc);
        return k->has_ssrc || fails(why, "'%.*s' is no SSRC of 32 bits", s);
    }
    if (begins(s, "ROC=")) {
        k->has_roc = number(span_cut(s, 4, s.n), &k->roc);
        return k->has_roc || fails(why, "'%.*s' is no rollover counter of 32 bits", s);
    }
    if (span_eq(s, span_of("UNENCRYPTED_SRTP")))
        return k->clear = true;
    k->has_end = addr_parse(s, &k->end) && k->end.port;
    return k->has_end || fails(why, "'%.*s' is neither SSRC=N nor ROC=N nor ADDRESS:PORT", s);
}

/* RFC 4648 section 4; the padding may be missing. */
static bool base64(struct span s, uint8_t *out, size_t want)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t text[4 * ((SRTPDEC_KEY_MAX + 2) / 3) + 1], octets[SRTPDEC_KEY_MAX + 3];
    size_t n = s.n;

    while (n && s.n - n < 2 && s.p[n - 1] == '=')
        n--;
    if (n * 6 / 8 != want || n % 4 == 1)
        return false;
    memset(text, '=', sizeof text);
    for (size_t i = 0; i < n; i++) {
        if (s.p[i] == '\0' || !strchr(letters, s.p[i]))
            return false;
        text[i] = s.p[i];
    }
    if (EVP_DecodeBlock(octets, text, (int)((n + 3) / 4 * 4)) < 0)
        return false;
    memcpy(out, octets, want);
    return true;
}

/* "2^20", "1066", "1:4": lifetime, or MKI and its length. */
static bool more(struct span s, struct srtpdec_key *k, char why[SRTPDEC_WHY_MAX])
{
    struct span rest = s, value = front(&rest, ':');
    uint64_t mki, n;

    if (value.n == s.n) {
        if (begins(s, "2^"))
            s = span_cut(s, 2, s.n);
        return span_uint(s, &n) || fails(why, "'%.*s' is no lifetime of a key", s);
    }
    if (!span_uint(value, &mki) || !span_uint(rest, &n) || n == 0 || n > SRTPDEC_MKI_MAX ||
        (n < 8 && mki >> 8 * n))
        return fails(why, "'%.*s' is no MKI with its length in octets", s);
    k->n_mki = (uint8_t)n;
    for (size_t i = 0; i < 8 && i < n; i++)
        k->mki[n - 1 - i] = (uint8_t)(mki >> 8 * i);
    return true;
}

bool srtpdec_key_read(const char *text, struct srtpdec_key *k, char why[SRTPDEC_WHY_MAX])
{
    struct span rest = span_of(text), s;

    *k = (struct srtpdec_key){0};
    for (;;) {
        s = front(&rest, ',');
        if (rest.n == 0)
            break;
        if (!which(s, k, why))
            return false;
    }
    struct span suite = front(&s, ':'), key = front(&s, '|');
    while (srtpdec_suites[k->suite].name && !span_eq(suite, span_of(srtpdec_suites[k->suite].name)))
        k->suite++;
    if (!srtpdec_suites[k->suite].name)
        return fails(why, "'%.*s' is no crypto-suite that is decrypted", suite);
    if (!base64(key, k->key, srtpdec_suite_key(k->suite))) {
        snprintf(why, SRTPDEC_WHY_MAX, "key and salt of %s are %zu octets in base64",
                 srtpdec_suites[k->suite].name, srtpdec_suite_key(k->suite));
        return false;
    }
    while (s.n)
        if (!more(front(&s, '|'), k, why))
            return false;
    return true;
}
