/* harness/cli/vectors_stun.c - what vectors of STUN say beyond fields: integrity and fingerprint.
 *
 * What is good must also turn bad: each bit that a check covers is flipped once. */
#include <stdlib.h>
#include "codecs/stun/stun.h"
#include "harness/cli/vectors.h"

enum { FLIP_MAX = 2048 }; /* octets: longer messages are not flipped bit by bit */

struct aspect { /* one thing that is checked */
    const char *key;
    bool keyed;
    enum stun_check (*check)(const struct stun_msg *m, const struct stun_key *k);
    bool length; /* covers the length field of the header */
};

static enum stun_check fingerprint(const struct stun_msg *m, const struct stun_key *k)
{
    (void)k;
    return stun_check_fingerprint(m);
}

static const struct aspect aspects[] = {
    {"integrity", true, stun_check_integrity, false},
    {"integrity256", true, stun_check_integrity256, false},
    {"fingerprint", false, fingerprint, true},
};
static const char *const words[] = {"absent", "good", "bad"}; /* enum stun_check */

static struct span text_of(const json_t *object, const char *key)
{
    const json_t *s = json_object_get(object, key);
    return (struct span){(const uint8_t *)json_string_value(s), json_string_length(s)};
}

/* The key of a group: hex, {password}, or {username, realm, password, algorithm}. */
static bool read_key(const json_t *key, struct stun_key *k, struct wr *why)
{
    uint8_t octets[256];
    struct wr w = {octets, sizeof octets, 0, false};
    struct span algorithm = text_of(key, "algorithm"), password = text_of(key, "password");

    if (json_is_string(key)) {
        if (!wr_unhex(&w, span_of(json_string_value(key))) || w.full)
            return vector_fails(why, "the key is not hexadecimal");
        stun_key_init(k, wr_span(&w));
        return true;
    }
    if (!password.p)
        return vector_fails(why, "the group has no key");
    if (!algorithm.p) {
        stun_key_init(k, password);
        return true;
    }
    if (!span_is(algorithm, "MD5") && !span_is(algorithm, "SHA-256"))
        return vector_fails(why, "the key's algorithm is not MD5 or SHA-256");
    stun_key_long_term(k, span_is(algorithm, "MD5") ? STUN_MD5 : STUN_SHA256,
                       text_of(key, "username"), text_of(key, "realm"), password);
    return true;
}

/* Flip each bit that `a` covers, up to the end of its attribute: the check is never good. */
static bool flips(const struct stun_msg *m, const struct aspect *a, const struct stun_key *k,
                  size_t end, struct wr *why)
{
    uint8_t *copy = malloc(m->wire.n);
    struct stun_attr attrs[64];
    size_t bit = 0;

    if (!copy)
        return vector_fails(why, "no memory");
    memcpy(copy, m->wire.p, m->wire.n);
    for (; bit < end * 8; bit++) {
        struct stun_msg other;
        struct findings fs = {0};
        if (!a->length && bit / 8 >= 2 && bit / 8 < 4)
            continue; /* hashed under the length that the attribute's place gives */
        copy[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
        enum step step =
            stun_decode((struct span){copy, m->wire.n}, &other, attrs, COUNT(attrs), &fs);
        if (step == STEP_ITEM && a->check(&other, k) == STUN_GOOD)
            break;
        copy[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
    }
    free(copy);
    return bit == end * 8 || vector_fails(why, "%s is still good with bit %zu of octet %zu flipped",
                                          a->key, bit % 8, bit / 8);
}

/* Where the attribute of an aspect ends: the first of its type, as the check takes it. */
static size_t end_of(const struct stun_msg *m, const struct aspect *a)
{
    size_t at = a->length                          ? m->at_fingerprint
                : a->check == stun_check_integrity ? m->at_integrity
                                                   : m->at_integrity256;
    return at + 4u + get_u16(m->wire.p + at + 2);
}

static bool check(const struct vector *v, const void *view, struct wr *why)
{
    const struct stun_msg *m = view;
    struct stun_key k = {0};

    for (size_t i = 0; i < COUNT(aspects); i++) {
        const struct aspect *a = &aspects[i];
        const char *want = json_string_value(json_object_get(v->test, a->key));
        if (!want)
            continue;
        if (a->keyed && strcmp(want, "absent") != 0 &&
            !read_key(json_object_get(v->group, "key"), &k, why))
            return false;
        enum stun_check got = a->check(m, &k);
        if (strcmp(want, words[got]) != 0)
            return vector_fails(why, "%s is %s, not %s", a->key, words[got], want);
        if (got == STUN_GOOD && m->wire.n <= FLIP_MAX && !flips(m, a, &k, end_of(m, a), why))
            return false;
    }
    return true;
}

static const char *const keys[] = {"integrity", "integrity256", "fingerprint", NULL};
const struct vector_check stun_vector_check = {"stun", keys, check, NULL};
