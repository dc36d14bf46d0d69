/* harness/tests/srtp_seal.h - for tests: SRTP and SRTCP made by OpenSSL's ciphers, without libsrtp. */
#ifndef HARNESS_TESTS_SRTP_SEAL_H
#define HARNESS_TESTS_SRTP_SEAL_H
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include "harness/replay/srtpdec.h"

enum { SEAL_LABEL_RTP = 0, SEAL_LABEL_RTCP = 3, SEAL_TAG = 16, SEAL_ROOM = 512 };

static const struct seal_suite { /* in the order of srtpdec_suite_name */
    uint8_t key, salt, tag, tag_rtcp;
    bool gcm;
} seal_suites[] = {
    {16, 14, 10, 10, false}, {16, 14, 4, 10, false},  {24, 14, 10, 10, false},
    {24, 14, 4, 10, false},  {32, 14, 10, 10, false}, {32, 14, 4, 10, false},
    {16, 12, 16, 16, true},  {32, 12, 16, 16, true},
};
struct seal_keys { /* of one session: RTP, or RTCP */
    uint8_t key[32], salt[14], auth[20];
};

static inline const EVP_CIPHER *seal_cipher(const struct seal_suite *s, bool gcm)
{
    if (gcm)
        return s->key == 16 ? EVP_aes_128_gcm() : EVP_aes_256_gcm();
    return s->key == 16 ? EVP_aes_128_ctr() : s->key == 24 ? EVP_aes_192_ctr() : EVP_aes_256_ctr();
}

/* `n` octets through a cipher; a tag of 16 octets is put behind where the mode has one. False: OpenSSL fails. */
static inline bool seal_run(const EVP_CIPHER *cipher, const uint8_t *key, const uint8_t *iv,
                            struct span aad, const uint8_t *in, size_t n, uint8_t *out, bool tag)
{
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int got = 0, last = 0;
    bool ok = c && EVP_EncryptInit_ex(c, cipher, NULL, key, iv) == 1 &&
              (aad.n == 0 || EVP_EncryptUpdate(c, NULL, &got, aad.p, (int)aad.n) == 1) &&
              EVP_EncryptUpdate(c, out, &got, in, (int)n) == 1 &&
              EVP_EncryptFinal_ex(c, out + got, &last) == 1 &&
              (!tag || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, SEAL_TAG, out + n) == 1);
    EVP_CIPHER_CTX_free(c);
    return ok;
}

/* RFC 3711 section 4.3.1: what a label makes of the master key and salt, at index 0. */
static inline bool seal_derive(const struct seal_suite *s, const uint8_t *master, uint8_t label,
                               uint8_t *out, size_t n)
{
    uint8_t iv[16] = {0}, padded[32 + 16] = {0};
    const uint8_t zero[32] = {0};
    const EVP_CIPHER *cipher = seal_cipher(s, false);
    size_t key = s->key == 24 ? 32 : s->key;

    memcpy(padded, master, s->key + s->salt);
    memcpy(iv, padded + key, s->key == 24 ? 14 : s->salt);
    if (s->key ==
        24) /* libsrtp 2.5: key and salt, with zeros behind, are taken for those of AES-256 */
        cipher = EVP_aes_256_ctr();
    iv[7] ^= label;
    return seal_run(cipher, padded, iv, (struct span){NULL, 0}, zero, n, out, false);
}

static inline bool seal_keys_of(const struct seal_suite *s, const uint8_t *master, uint8_t label,
                                struct seal_keys *k)
{
    return seal_derive(s, master, label, k->key, s->key) &&
           seal_derive(s, master, (uint8_t)(label + 1), k->auth, sizeof k->auth) &&
           seal_derive(s, master, (uint8_t)(label + 2), k->salt, s->salt);
}

/* The initial counter of RFC 3711 section 4.1.1; for GCM the nonce, SSRC and index in other places. */
static inline void seal_iv(const struct seal_suite *s, const struct seal_keys *k, uint32_t ssrc,
                           uint64_t index, uint8_t iv[16])
{
    size_t at = s->gcm ? 2 : 4;

    memset(iv, 0, 16);
    memcpy(iv, k->salt, s->salt);
    for (size_t i = 0; i < 4; i++)
        iv[at + i] ^= (uint8_t)(ssrc >> (24 - 8 * i));
    for (size_t i = 0; i < 6; i++)
        iv[at + 4 + i] ^= (uint8_t)(index >> (40 - 8 * i));
}

/* Protect `in`, whose first `clear` octets stay readable. `behind` is authenticated and, where `sent` (SRTCP), goes out
 * before the tag, as the MKI does. Returns the octets in `out`, of SEAL_ROOM; 0: OpenSSL fails. */
static inline size_t seal(const struct seal_suite *s, const struct seal_keys *k, struct span in,
                          size_t clear, uint32_t ssrc, uint64_t index, struct span behind,
                          bool sent, struct span mki, uint8_t *out)
{
    uint8_t iv[16], about[SEAL_ROOM], tag[EVP_MAX_MD_SIZE];
    struct wr w = {out, SEAL_ROOM, 0, false}, aad = {about, sizeof about, 0, false};
    unsigned n_tag = 0;

    wr_put(&w, in);
    wr_put(&aad, span_cut(in, 0, clear));
    if (s->gcm && sent)
        wr_put(&aad, behind);
    seal_iv(s, k, ssrc, index, iv);
    if (!seal_run(seal_cipher(s, s->gcm), k->key, iv, s->gcm ? wr_span(&aad) : span_cut(in, 0, 0),
                  in.p + clear, in.n - clear, out + clear, s->gcm))
        return 0;
    w.n += s->gcm ? SEAL_TAG : 0;
    size_t end = w.n;
    wr_put(&w, behind);
    if (!s->gcm && !HMAC(EVP_sha1(), k->auth, sizeof k->auth, out, w.n, tag, &n_tag))
        return 0;
    w.n = sent ? w.n : end;
    wr_put(&w, mki);
    if (!s->gcm)
        wr_put(&w, (struct span){tag, sent ? s->tag_rtcp : s->tag});
    return w.n;
}

/* An RTP packet with its header of `head` octets as SRTP; `master` is key and salt. */
static inline size_t seal_rtp(unsigned suite, const uint8_t *master, struct span in, size_t head,
                              uint32_t roc, struct span mki, uint8_t *out)
{
    const struct seal_suite *s = &seal_suites[suite];
    struct seal_keys k;
    uint8_t counter[4];

    put_u32(counter, roc);
    if (!seal_keys_of(s, master, SEAL_LABEL_RTP, &k))
        return 0;
    return seal(s, &k, in, head, get_u32(in.p + 8), (uint64_t)roc << 16 | get_u16(in.p + 2),
                (struct span){counter, 4}, false, mki, out);
}

/* A compound of RTCP as SRTCP, encrypted. */
static inline size_t seal_rtcp(unsigned suite, const uint8_t *master, struct span in,
                               uint32_t index, struct span mki, uint8_t *out)
{
    const struct seal_suite *s = &seal_suites[suite];
    struct seal_keys k;
    uint8_t word[4];

    put_u32(word, index | 0x80000000u);
    if (!seal_keys_of(s, master, SEAL_LABEL_RTCP, &k))
        return 0;
    return seal(s, &k, in, 8, get_u32(in.p + 4), index, (struct span){word, 4}, true, mki, out);
}
#endif
