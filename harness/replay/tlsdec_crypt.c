/* harness/replay/tlsdec_crypt.c - from secrets to keys, from records to plaintext, all by OpenSSL's primitives.
 *
 * TLS 1.3: RFC 8446 sections 5.2, 5.3, 7.1 to 7.3. TLS 1.2: RFC 5246 sections 5, 6.2.3.3, 6.3; nonces of AES-GCM as
 * in RFC 5288, of ChaCha20-Poly1305 as in RFC 7905. */
#include <openssl/hmac.h>
#include "harness/replay/tlsdec_impl.h"

enum { TAG = 16, EXPLICIT = 8, SALT = 4, IV = 12, KEY_MAX = 32, HASH_MAX = 48 };

static const EVP_MD *hash_of(const struct suite *s)
{
    return s->sha384 ? EVP_sha384() : EVP_sha256();
}

static size_t hash_size(const struct suite *s)
{
    return s->sha384 ? 48 : 32;
}

static size_t key_size(const struct suite *s)
{
    return s->cipher == SUITE_AES128_GCM ? 16 : 32;
}

static bool mac(const struct suite *s, struct span key, struct span text, uint8_t *out)
{
    unsigned n;
    return HMAC(hash_of(s), key.p, (int)key.n, text.p, text.n, out, &n) != NULL;
}

/* HKDF-Expand-Label with an empty context, for no more octets than the hash has. */
static bool expand(const struct suite *s, const uint8_t *secret, const char *label, uint8_t *out,
                   size_t n)
{
    uint8_t info[64], hash[HASH_MAX];
    struct wr w = {.p = info, .cap = sizeof info};

    wr_u16(&w, (uint16_t)n);
    wr_u8(&w, (uint8_t)(6 + strlen(label)));
    wr_text(&w, "tls13 ");
    wr_text(&w, label);
    wr_u8(&w, 0);
    wr_u8(&w, 1); /* the first block */
    if (w.full || n > hash_size(s) ||
        !mac(s, (struct span){secret, hash_size(s)}, wr_span(&w), hash))
        return false;
    memcpy(out, hash, n);
    return true;
}

static bool set_key(struct protection *p, const struct suite *s, const uint8_t *key)
{
    const EVP_CIPHER *cipher = s->cipher == SUITE_AES128_GCM   ? EVP_aes_128_gcm()
                               : s->cipher == SUITE_AES256_GCM ? EVP_aes_256_gcm()
                                                               : EVP_chacha20_poly1305();

    if (!p->ctx && !(p->ctx = EVP_CIPHER_CTX_new()))
        return false;
    p->suite = s;
    p->seq = 0;
    return EVP_DecryptInit_ex(p->ctx, cipher, NULL, key, NULL) == 1;
}

static bool derive_13(struct protection *p, const struct suite *s)
{
    uint8_t key[KEY_MAX];

    return expand(s, p->secret, "key", key, key_size(s)) && expand(s, p->secret, "iv", p->iv, IV) &&
           set_key(p, s, key);
}

bool protect_13(struct protection *p, const struct suite *s, const struct tlskeys_secret *secret)
{
    if (secret->n != hash_size(s))
        return false;
    memcpy(p->secret, secret->octets, secret->n);
    return derive_13(p, s);
}

bool protect_update(struct protection *p)
{
    uint8_t next[HASH_MAX];

    if (!expand(p->suite, p->secret, "traffic upd", next, hash_size(p->suite)))
        return false;
    memcpy(p->secret, next, hash_size(p->suite));
    return derive_13(p, p->suite);
}

/* PRF(master, "key expansion", server random + client random), RFC 5246 section 5. */
static bool key_block(const struct suite *s, const struct tlskeys_secret *master,
                      const uint8_t *client, const uint8_t *server, uint8_t *out, size_t n)
{
    uint8_t text[HASH_MAX + 13 + 2 * TLSDEC_RANDOM], hash[HASH_MAX];
    const struct span key = {master->octets, master->n};
    const size_t size = hash_size(s), seed = sizeof text - HASH_MAX;

    static const char label[] = "key expansion";

    memcpy(text + size, label, sizeof label - 1);
    memcpy(text + size + 13, server, TLSDEC_RANDOM);
    memcpy(text + size + 13 + TLSDEC_RANDOM, client, TLSDEC_RANDOM);
    if (!mac(s, key, (struct span){text + size, seed}, hash))
        return false;
    for (size_t at = 0; at < n; at += size) {
        memcpy(text, hash, size); /* A(i), and the seed behind it */
        if (!mac(s, key, (struct span){text, size + seed}, hash))
            return false;
        memcpy(out + at, hash, n - at < size ? n - at : size);
        if (!mac(s, key, (struct span){text, size}, hash))
            return false;
    }
    return true;
}

bool protect_12(struct protection *p, const struct suite *s, const struct tlskeys_secret *master,
                const uint8_t client[TLSDEC_RANDOM], const uint8_t server[TLSDEC_RANDOM],
                bool of_client)
{
    uint8_t block[2 * (KEY_MAX + IV)];
    const size_t key = key_size(s), iv = s->cipher == SUITE_CHACHA ? IV : SALT;

    if (!key_block(s, master, client, server, block, 2 * (key + iv)))
        return false;
    memset(p->iv, 0, sizeof p->iv);
    memcpy(p->iv, block + 2 * key + (of_client ? 0 : iv), iv);
    return set_key(p, s, block + (of_client ? 0 : key));
}

/* The nonce, and what else the tag covers; `fragment` loses what stands in clear. */
static void frame_of(const struct protection *p, const uint8_t header[5], struct span *fragment,
                     uint8_t nonce[IV], struct wr *aad)
{
    memcpy(nonce, p->iv, IV);
    if (p->suite->version == TLS_12 && p->suite->cipher != SUITE_CHACHA) {
        memcpy(nonce + SALT, fragment->p, EXPLICIT);
        *fragment = span_cut(*fragment, EXPLICIT, fragment->n);
    } else {
        for (size_t i = 0; i < 8; i++)
            nonce[4 + i] ^= (uint8_t)(p->seq >> (56 - 8 * i));
    }
    if (p->suite->version == TLS_13) {
        wr_put(aad, (struct span){header, 5});
        return;
    }
    wr_u64(aad, p->seq);
    wr_put(aad, (struct span){header, 3});
    wr_u16(aad, (uint16_t)(fragment->n - TAG));
}

bool protect_open(struct protection *p, const uint8_t header[5], struct span fragment, uint8_t *out,
                  size_t *n)
{
    uint8_t nonce[IV], about[16], tag[TAG];
    struct wr aad = {.p = about, .cap = sizeof about};
    int got = 0, last = 0;

    bool in_clear = p->suite->version == TLS_12 && p->suite->cipher != SUITE_CHACHA;
    if (fragment.n < (in_clear ? TAG + EXPLICIT : TAG))
        return false;
    frame_of(p, header, &fragment, nonce, &aad);
    size_t text = fragment.n - TAG;
    memcpy(tag, fragment.p + text, TAG);
    if (EVP_DecryptInit_ex(p->ctx, NULL, NULL, NULL, nonce) != 1 ||
        EVP_DecryptUpdate(p->ctx, NULL, &got, about, (int)aad.n) != 1 ||
        EVP_DecryptUpdate(p->ctx, out, &got, fragment.p, (int)text) != 1 ||
        EVP_CIPHER_CTX_ctrl(p->ctx, EVP_CTRL_AEAD_SET_TAG, TAG, tag) != 1 ||
        EVP_DecryptFinal_ex(p->ctx, out + got, &last) != 1)
        return false;
    *n = (size_t)got;
    p->seq++;
    return true;
}

void protect_drop(struct protection *p)
{
    EVP_CIPHER_CTX_free(p->ctx);
    *p = (struct protection){0};
}
