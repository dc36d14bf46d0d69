/* codecs/stun/stun_integrity.c - MESSAGE-INTEGRITY, its SHA-256 form and FINGERPRINT: checked over
 * pieces, so that a message is never written while it is hashed. */
#include "codecs/stun/stun_table.h"

void stun_key_init(struct stun_key *k, struct span key)
{
    hmac_key_init(&k->sha1, DIGEST_SHA1, key);
    hmac_key_init(&k->sha256, DIGEST_SHA256, key);
}

static void add_joined(struct digest *d, struct span a, struct span b)
{
    static const struct span colon = SPAN(":");
    digest_add(d, a);
    digest_add(d, colon);
    digest_add(d, b);
}

void stun_key_long_term(struct stun_key *k, enum stun_algorithm alg, struct span user,
                        struct span realm, struct span password)
{
    static const struct span colon = SPAN(":");
    uint8_t key[DIGEST_MAX];
    struct digest d;

    digest_init(&d, alg == STUN_SHA256 ? DIGEST_SHA256 : DIGEST_MD5);
    add_joined(&d, user, realm);
    digest_add(&d, colon);
    digest_add(&d, password);
    size_t n = digest_end(&d, key);
    stun_key_init(k, (struct span){key, n});
}

void stun_userhash(uint8_t out[32], struct span user, struct span realm)
{
    struct digest d;
    digest_init(&d, DIGEST_SHA256);
    add_joined(&d, user, realm);
    digest_end(&d, out);
}

typedef uint16_t eight_words __attribute__((vector_size(16)));

/* HMAC of the message up to the attribute at `at`, under a header length that ends `size` octets
 * into that attribute's value: RFC8489:14.5, 14.6. */
static void hmac_before(struct span msg, size_t at, size_t size, const struct hmac_key *k,
                        uint8_t out[DIGEST_MAX])
{
    eight_words head; /* 16 octets, so that they are written and read in one piece */
    struct span parts[] = {{(const uint8_t *)&head, sizeof head}, span_cut(msg, sizeof head, at)};
    uint8_t length[2];
    uint16_t word;

    memcpy(&head, msg.p, sizeof head);
    put_u16(length, (uint16_t)(at + 4 + stun_round4(size) - STUN_HEADER));
    memcpy(&word, length, sizeof word);
    head[1] = word;
    hmac_parts(k, parts, COUNT(parts), out);
}

static struct span value_at(struct span msg, uint32_t at)
{
    return span_cut(msg, at + 4, at + 4 + (size_t)get_u16(msg.p + at + 2));
}

/* Two HMAC-SHA1 values, in constant time: 20 octets, without a loop, since this is measured. */
static inline bool same20(const uint8_t *a, const uint8_t *b)
{
    uint64_t x[2], y[2];
    uint32_t u, v;

    memcpy(x, a, 16);
    memcpy(y, b, 16);
    memcpy(&u, a + 16, 4);
    memcpy(&v, b + 16, 4);
    return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (u ^ v)) == 0;
}

enum stun_check stun_check_integrity(const struct stun_msg *m, const struct stun_key *k)
{
    uint8_t want[DIGEST_MAX];
    if (!m->at_integrity)
        return STUN_ABSENT;
    struct span got = value_at(m->wire, m->at_integrity);
    if (got.n != 20) /* RFC8489:14.5#a3 */
        return STUN_BAD;
    hmac_before(m->wire, m->at_integrity, 20, &k->sha1, want);
    return same20(got.p, want) ? STUN_GOOD : STUN_BAD;
}

enum stun_check stun_check_integrity256(const struct stun_msg *m, const struct stun_key *k)
{
    uint8_t want[DIGEST_MAX];
    if (!m->at_integrity256)
        return STUN_ABSENT;
    struct span got = value_at(m->wire, m->at_integrity256);
    if (got.n < 16 || got.n > 32 || (got.n & 3)) /* RFC8489:14.6#1a */
        return STUN_BAD;
    hmac_before(m->wire, m->at_integrity256, got.n, &k->sha256, want);
    return span_eq_ct(got, (struct span){want, got.n}) ? STUN_GOOD : STUN_BAD;
}

enum stun_check stun_check_fingerprint(const struct stun_msg *m)
{
    if (!m->at_fingerprint)
        return STUN_ABSENT;
    struct span got = value_at(m->wire, m->at_fingerprint);
    uint32_t want = crc32_add(0, span_cut(m->wire, 0, m->at_fingerprint)) ^ STUN_FINGERPRINT_XOR;
    return got.n == 4 && get_u32(got.p) == want ? STUN_GOOD : STUN_BAD;
}

void stun_seal(struct wr *w, const struct stun_marks *marks, const struct stun_key *k)
{
    uint8_t mac[DIGEST_MAX];
    struct span msg = {w->p + marks->start, w->n - marks->start};

    if (w->full)
        return;
    /* each covers what stands before it, so they are filled in the order of their places */
    bool first256 = marks->integrity256 && marks->integrity256 < marks->integrity;
    for (int pass = 0; pass < 2 && k; pass++) {
        size_t at = (pass == 0) == first256 ? marks->integrity256 : marks->integrity;
        if (!at)
            continue;
        bool is256 = at == marks->integrity256;
        size_t n = is256 ? marks->cut256 : 20;
        hmac_before(msg, at - marks->start, n, is256 ? &k->sha256 : &k->sha1, mac);
        memcpy(w->p + at + 4, mac, n);
    }
    if (marks->fingerprint) {
        size_t at = marks->fingerprint;
        put_u32(w->p + at + 4,
                crc32_add(0, span_cut(msg, 0, at - marks->start)) ^ STUN_FINGERPRINT_XOR);
    }
}

void stun_reseal(uint8_t *p, size_t n, const struct stun_key *k)
{
    struct findings fs = {0};
    struct wr w = {p, n, n, false};
    struct stun_msg m;

    if (stun_decode((struct span){p, n}, &m, NULL, 0, &fs) != STEP_ITEM)
        return;
    struct stun_marks marks = {.integrity = m.at_integrity,
                               .integrity256 = m.at_integrity256,
                               .fingerprint = m.at_fingerprint};
    if (marks.integrity && value_at(m.wire, m.at_integrity).n != 20)
        marks.integrity = 0;
    if (marks.integrity256)
        marks.cut256 = value_at(m.wire, m.at_integrity256).n;
    if (marks.cut256 < 16 || marks.cut256 > 32 || (marks.cut256 & 3))
        marks.integrity256 = 0;
    if (marks.fingerprint && value_at(m.wire, m.at_fingerprint).n != 4)
        marks.fingerprint = 0;
    stun_seal(&w, &marks, k);
}

/* ---- nonce cookie ---- */

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool stun_nonce_features(struct span nonce, uint32_t *features)
{
    static const struct span prefix = SPAN("obMatJos2"); /* RFC8489:9.2 */
    uint32_t v = 0;

    if (nonce.n < STUN_NONCE_COOKIE || !span_eq(span_cut(nonce, 0, prefix.n), prefix))
        return false;
    for (size_t i = prefix.n; i < STUN_NONCE_COOKIE; i++) {
        const char *at = nonce.p[i] ? strchr(base64, nonce.p[i]) : NULL;
        if (!at)
            return false;
        v = v << 6 | (uint32_t)(at - base64);
    }
    *features = v;
    return true;
}

void stun_nonce_cookie(struct wr *w, uint32_t features)
{
    wr_text(w, "obMatJos2");
    for (unsigned shift = 24; shift > 0; shift -= 6)
        wr_u8(w, (uint8_t)base64[features >> (shift - 6) & 63]);
}
