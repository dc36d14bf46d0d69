/* fuzz/targets/tls_records.c - records of TLS, some of them sealed with keys that the log has. Input: an octet of
 * settings, then steps: what it is, how many octets, the octets.
 *
 * What comes out as plaintext is what was sealed, in order and once, and nothing else, however the octets are cut;
 * all that was held is given back. Keys are derived here by OpenSSL's own functions. */
#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include "fuzz/engine/target.h"
#include "harness/replay/tlsdec_impl.h"

enum { TAG = 16, IV = 12, SEALED = 256, RECORD = 512 };

static const struct kind {
    uint16_t suite;
    const char *cipher, *digest;
    uint8_t key, secret;
    bool v13, chacha;
} kinds[] = {
    {0x1301, "AES-128-GCM", "SHA256", 16, 32, true, false},
    {0x1302, "AES-256-GCM", "SHA384", 32, 48, true, false},
    {0x1303, "ChaCha20-Poly1305", "SHA256", 32, 32, true, true},
    {0xc02f, "AES-128-GCM", "SHA256", 16, 48, false, false},
    {0xc030, "AES-256-GCM", "SHA384", 32, 48, false, false},
    {0xcca8, "ChaCha20-Poly1305", "SHA256", 32, 48, false, true},
};

struct keyed {
    uint8_t key[32], iv[IV];
    uint64_t seq;
};
struct world {
    const struct kind *kind;
    struct tlskeys *keys;
    struct tlsdec *d;
    size_t chunk;
    uint32_t frame;
    struct keyed keyed[2][2];       /* side; TLS 1.3: of the handshake, of traffic */
    struct fence sealed[2][SEALED]; /* what may come out */
    size_t n_sealed[2], next[2];
    uint64_t off[2];
    bool ended[2];
};

static void plain(void *user, const struct tlsdec_plain *p)
{
    struct world *w = user;
    unsigned side = p->side;

    require(p->data.n && p->off == w->off[side] && p->first_frame <= p->frame &&
                p->frame <= w->frame,
            "plaintext does not follow");
    require(!w->ended[side], "plaintext of a direction that has ended");
    w->off[side] += p->data.n;
    while (w->next[side] < w->n_sealed[side] &&
           !span_eq(fence_span(&w->sealed[side][w->next[side]]), p->data))
        w->next[side]++;
    require(w->next[side]++ < w->n_sealed[side], "plaintext that nobody sealed, or twice");
}

static void note(void *user, const struct tlsdec_note *n)
{
    struct world *w = user;
    uint8_t text[256];
    struct wr words = {.p = text, .cap = sizeof text};
    const struct finding f = {.what = n->what, .arg = {n->arg[0], n->arg[1]}};

    require(n->frame <= w->frame, "a note of a frame that is none");
    if (n->kind >= TLSDEC_NO_KEY || n->kind == TLSDEC_ENDED) {
        require(!w->ended[n->side], "a direction ends twice");
        w->ended[n->side] = true;
    }
    if (n->what)
        finding_words(&words, &f);
    require(!words.full, "a note is long");
}

static void secret_of(uint8_t *out, unsigned label)
{
    for (size_t i = 0; i < TLSDEC_SECRET; i++)
        out[i] = (uint8_t)(i * 5 + label * 50 + 1);
}

static void kdf(const char *name, OSSL_PARAM *params, uint8_t *out, size_t n)
{
    EVP_KDF *f = EVP_KDF_fetch(NULL, name, NULL);
    EVP_KDF_CTX *c = EVP_KDF_CTX_new(f);
    require(EVP_KDF_derive(c, out, n, params) == 1, "no key comes of a secret");
    EVP_KDF_CTX_free(c);
    EVP_KDF_free(f);
}

static OSSL_PARAM octets(const char *key, const void *p, size_t n)
{
    return OSSL_PARAM_construct_octet_string(key, (void *)(uintptr_t)p, n);
}

static void derive_13(const struct kind *k, unsigned label, const char *what, uint8_t *out,
                      size_t n)
{
    uint8_t secret[TLSDEC_SECRET];
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    char digest[16];

    strcpy(digest, k->digest);
    secret_of(secret, label);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
                           OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                           octets(OSSL_KDF_PARAM_KEY, secret, k->secret),
                           octets(OSSL_KDF_PARAM_PREFIX, "tls13 ", 6),
                           octets(OSSL_KDF_PARAM_LABEL, what, strlen(what)),
                           OSSL_PARAM_construct_end()};
    kdf("TLS13-KDF", params, out, n);
}

static void random_of(uint8_t *out, bool server)
{
    for (size_t i = 0; i < TLSDEC_RANDOM; i++)
        out[i] = (uint8_t)(i + (server ? 100 : 1));
}

static void derive_12(struct world *w)
{
    uint8_t master[TLSDEC_SECRET], seed[13 + 2 * TLSDEC_RANDOM], block[2 * (32 + IV)];
    size_t key = w->kind->key, iv = w->kind->chacha ? IV : 4;
    static const char expansion[] = "key expansion";
    char digest[16];

    strcpy(digest, w->kind->digest);
    secret_of(master, KEY_MASTER);
    memcpy(seed, expansion, sizeof expansion - 1);
    random_of(seed + 13, true);
    random_of(seed + 13 + TLSDEC_RANDOM, false);
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
                           octets(OSSL_KDF_PARAM_SECRET, master, sizeof master),
                           octets(OSSL_KDF_PARAM_SEED, seed, sizeof seed),
                           OSSL_PARAM_construct_end()};
    kdf("TLS1-PRF", params, block, 2 * (key + iv));
    for (unsigned side = 0; side < 2; side++) {
        memcpy(w->keyed[side][0].key, block + side * key, key);
        memcpy(w->keyed[side][0].iv, block + 2 * key + side * iv, iv);
    }
}

static void keys(struct world *w)
{
    static const char *const labels[] = {"CLIENT_RANDOM", "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                                         "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                                         "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"};
    uint8_t text[2048], random[TLSDEC_RANDOM], secret[TLSDEC_SECRET];
    struct wr t = {.p = text, .cap = sizeof text};

    random_of(random, false);
    for (unsigned i = 0; i < KEY_LABELS; i++) {
        secret_of(secret, i);
        wr_text(&t, labels[i]);
        wr_text(&t, " ");
        wr_hex_octets(&t, (struct span){random, sizeof random});
        wr_text(&t, " ");
        wr_hex_octets(&t, (struct span){secret, i ? w->kind->secret : sizeof secret});
        wr_text(&t, "\n");
    }
    tlskeys_add(w->keys, wr_span(&t), 0);
}

/* ---- what is fed ---- */

static void give(struct world *w, unsigned side, struct span s, uint64_t gap)
{
    do {
        size_t n = w->chunk && w->chunk < s.n ? w->chunk : s.n;
        struct fence f = fence_copy(s.p, n);
        tlsdec_octets(w->d, &(struct tlsdec_octets){.side = side,
                                                    .data = fence_span(&f),
                                                    .gap = gap,
                                                    .frame = ++w->frame,
                                                    .time_ns = w->frame});
        fence_free(&f);
        s = span_cut(s, n, s.n);
        gap = 0;
    } while (s.n);
}

static void record(struct world *w, unsigned side, uint8_t type, struct span s)
{
    uint8_t room[RECORD + 5];
    struct wr r = {.p = room, .cap = sizeof room};

    wr_u8(&r, type);
    wr_u16(&r, TLS_12);
    wr_u16(&r, (uint16_t)s.n);
    wr_put(&r, s);
    give(w, side, wr_span(&r), 0);
}

static void hello(struct world *w, bool server, struct span extensions)
{
    uint8_t room[RECORD], random[TLSDEC_RANDOM];
    struct wr r = {.p = room, .cap = sizeof room};

    random_of(random, server);
    wr_u32(&r, 0);
    wr_u16(&r, TLS_12);
    wr_put(&r, (struct span){random, sizeof random});
    wr_u8(&r, 0);
    if (!server)
        wr_u16(&r, 2);
    wr_u16(&r, w->kind->suite);
    wr_u16(&r, server ? 0 : 0x0100);
    if (server) { /* one octet of compression, not two */
        r.n--;
        wr_u16(&r, (uint16_t)(extensions.n + 6));
        wr_u32(&r, 43u << 16 | 2);
        wr_u16(&r, w->kind->v13 ? TLS_13 : TLS_12);
    } else {
        wr_u16(&r, (uint16_t)extensions.n);
    }
    wr_put(&r, extensions);
    put_u32(room, (server ? 2u : 1u) << 24 | (uint32_t)(r.n - 4));
    record(w, server, 22, wr_span(&r));
}

/* Seal `s` as a record of `type`; `spoil`: then change an octet. */
static void seal(struct world *w, unsigned side, unsigned epoch, uint8_t type, struct span s,
                 bool spoil)
{
    const struct kind *k = w->kind;
    struct keyed *key = &w->keyed[side][k->v13 ? epoch : 0];
    uint8_t text[RECORD], out[RECORD], nonce[IV], about[16];
    struct wr in = {.p = text, .cap = sizeof text}, aad = {.p = about, .cap = sizeof about};
    size_t front = k->v13 || k->chacha ? 0 : 8;
    int n = 0, last;

    wr_put(&in, s);
    if (k->v13)
        wr_u8(&in, type);
    memcpy(nonce, key->iv, IV);
    for (size_t i = 0; i < 8; i++)
        nonce[4 + i] = (uint8_t)((front ? 0 : nonce[4 + i]) ^ key->seq >> (56 - 8 * i));
    memcpy(out, nonce + 4, front);
    if (!k->v13)
        wr_u64(&aad, key->seq);
    wr_u8(&aad, k->v13 ? 23 : type);
    wr_u16(&aad, TLS_12);
    wr_u16(&aad, (uint16_t)(in.n + (k->v13 ? TAG : 0)));
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, k->cipher, NULL);
    require(EVP_EncryptInit_ex2(c, cipher, key->key, nonce, NULL) == 1 &&
                EVP_EncryptUpdate(c, NULL, &n, about, (int)aad.n) == 1 &&
                EVP_EncryptUpdate(c, out + front, &n, text, (int)in.n) == 1 &&
                EVP_EncryptFinal_ex(c, out + front + n, &last) == 1 &&
                EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG, out + front + n) == 1,
            "OpenSSL does not seal");
    EVP_CIPHER_free(cipher);
    EVP_CIPHER_CTX_free(c);
    key->seq++;
    if (spoil)
        out[(front + s.n) / 2] ^= 1;
    else if (type == 23 && w->n_sealed[side] < SEALED)
        w->sealed[side][w->n_sealed[side]++] = fence_copy(s.p, s.n);
    record(w, side, k->v13 ? 23 : type, (struct span){out, front + (size_t)n + TAG});
}

static void step(struct world *w, uint8_t op, struct span s)
{
    unsigned side = op >> 3 & 1;

    switch (op & 7) {
    case 0:
        hello(w, side, s);
        break;
    case 1:
        record(w, side, (uint8_t)(20 + (op >> 5) % 5), s);
        break;
    case 2:
        give(w, side, s, op & 0x80 ? 7 : 0);
        break;
    case 3:
        keys(w);
        break;
    case 4:
        seal(w, side, op >> 4 & 1, (uint8_t)(20 + (op >> 5) % 5), s, true);
        break;
    default:
        seal(w, side, op >> 4 & 1, (uint8_t)(20 + (op >> 5) % 5), s, false);
    }
}

static void one(const uint8_t *p, size_t n)
{
    static const struct tlsdec_sink sink = {plain, note};
    struct world w = {.kind = &kinds[(n ? p[0] : 0) % COUNT(kinds)], .keys = tlskeys_new(4)};
    struct rd r = rd_of((struct span){p, n});
    uint8_t setting = 0, op, len;
    struct span s;

    rd_u8(&r, &setting);
    w.chunk = setting >> 3 & 7;
    w.d = tlsdec_new(w.keys, &sink, &w);
    require(w.keys && w.d, "no memory");
    if (w.kind->v13)
        for (unsigned i = 0; i < 4; i++) {
            struct keyed *k = &w.keyed[i & 1][i >> 1];
            derive_13(w.kind, KEY_HANDSHAKE + i, "key", k->key, w.kind->key);
            derive_13(w.kind, KEY_HANDSHAKE + i, "iv", k->iv, IV);
        }
    else
        derive_12(&w);
    if (setting & 0x40)
        keys(&w);
    while (rd_u8(&r, &op) && rd_u8(&r, &len) &&
           rd_take(&r, len < rd_left(&r) ? len : rd_left(&r), &s))
        step(&w, op, s);
    w.frame++;
    tlsdec_end(w.d, w.frame, w.frame);
    tlsdec_free(w.d);
    require(tlskeys_hold(w.keys, TLSKEYS_HELD_MAX), "octets are held behind the end");
    tlskeys_free(w.keys);
    for (unsigned side = 0; side < 2; side++)
        for (size_t i = 0; i < w.n_sealed[side]; i++)
            fence_free(&w.sealed[side][i]);
}

const struct target tls_records_target = {
    .name = "tls_records", .one = one, .max_len = 1024, .weight = 1, .dict = NULL};
