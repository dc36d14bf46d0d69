/* codecs/stun/stun_lint_credentials.c - which attributes of credentials go together, and the nonce cookie. */
#include "codecs/stun/stun_table.h"

#define UNASSIGNED ((1u << 22) - 1) /* security features 2 to 23: RFC8489:18.1 */

/* The attribute, if it has the form that its type asks for; NULL: none. */
static const struct stun_attr *formed(const struct stun_msg *m, uint16_t type, enum stun_kind kind)
{
    const struct stun_attr *a = stun_find(m, type);
    return a && a->kind == kind ? a : NULL;
}

/* ---- the nonce cookie, which is the server's: a client copies it as it is ---- */

static void lint_cookie(const struct stun_msg *m, const struct stun_attr *nonce,
                        struct findings *fs)
{
    static const struct span prefix = SPAN("obMatJos2");
    uint32_t features;

    if (nonce->v.s.n < prefix.n || !span_eq(span_cut(nonce->v.s, 0, prefix.n), prefix))
        return; /* of a server that knows RFC 5389 only */
    if (nonce->v.s.n < STUN_NONCE_COOKIE)
        stun_broke(fs, m, "RFC8489:9.2#a2", STMT, "nonce cookie of %u characters, not 13",
                   nonce->v.s.p, nonce->v.s.n, nonce->v.s.n);
    else if (!stun_nonce_features(nonce->v.s, &features))
        stun_broke(fs, m, "RFC8489:9.2#1", MUST, "the security features are not in base64",
                   nonce->v.s.p + prefix.n, 4, 0);
    else if (features & UNASSIGNED &&
             ((features & STUN_FEATURE_ALGORITHMS) || !stun_find(m, STUN_PASSWORD_ALGORITHMS)))
        stun_broke(fs, m, "RFC8489:18.1#a3", STMT, "security features %x, some of them unassigned",
                   nonce->v.s.p + prefix.n, 4, features);
}

/* PASSWORD-ALGORITHMS under another number: a list of MD5 and SHA-256 without parameters. */
static bool algorithms_like(const struct stun_attr *a)
{
    for (size_t i = 0; i < a->length; i += 4) {
        uint32_t entry = a->length - i < 4 ? 0 : get_u32(a->p + 4 + i);
        if (entry != STUN_MD5 << 16 && entry != STUN_SHA256 << 16)
            return false;
    }
    return a->length > 0;
}

/* The nonce says that there are algorithms, and they are not there. */
static void lint_no_list(const struct stun_msg *m, const struct stun_attr *nonce, unsigned code,
                         struct findings *fs)
{
    for (size_t i = 0; i < m->n_attrs; i++) {
        const struct stun_attr *a = &m->attrs[i];
        if (stun_rule(a->type) || !algorithms_like(a))
            continue;
        stun_broke(fs, m, "RFC8489:18.3.2#a1", STMT,
                   "a list of algorithms in attribute %x, where PASSWORD-ALGORITHMS is 0x8002",
                   a->p, 2, a->type);
        return;
    }
    if (code == 438)
        stun_broke(fs, m, "RFC8489:9.2.4#23a", MUST,
                   "438 without PASSWORD-ALGORITHMS, which its nonce promises", nonce->p, 4, 0);
}

static void lint_bits(const struct stun_msg *m, const struct stun_attr *nonce, unsigned code,
                      struct findings *fs)
{
    const struct stun_attr *list = stun_find(m, STUN_PASSWORD_ALGORITHMS);
    uint32_t features = 0;
    bool bit = stun_nonce_features(nonce->v.s, &features) && (features & STUN_FEATURE_ALGORITHMS);

    if (!list && bit)
        lint_no_list(m, nonce, code, fs);
    else if (list && !bit && (features & 1)) /* counted from the other end */
        stun_broke(fs, m, "RFC8489:18.1#a1", STMT,
                   "the bit for password algorithms is the rightmost, not the leftmost",
                   nonce->v.s.p + 9, 4, 0);
    else if (list && !bit)
        stun_broke(fs, m, "RFC8489:9.2.4#7", MUST,
                   "PASSWORD-ALGORITHMS, but the nonce cookie does not have its bit", nonce->p + 4,
                   nonce->length, 0);
}

/* ---- responses ---- */

/* The first of the attributes that a response under long-term credentials should not have. */
static const struct stun_attr *echoed(const struct stun_msg *m)
{
    static const uint16_t types[] = {STUN_REALM, STUN_NONCE, STUN_USERNAME, STUN_USERHASH};
    const struct stun_attr *a = NULL;

    for (size_t i = 0; i < COUNT(types) && !a; i++)
        a = stun_find(m, types[i]);
    /* a user name alone may stand under a short-term credential, where another rule has it */
    return a && a->type == STUN_USERNAME ? NULL : a;
}

static void lint_response(const struct stun_msg *m, struct findings *fs)
{
    const struct stun_attr *nonce = formed(m, STUN_NONCE, STUN_TEXT), *a;
    const struct stun_attr *error = formed(m, STUN_ERROR_CODE, STUN_CODE);
    unsigned code = m->cls == STUN_ERROR && error ? error->v.code : 0;

    if (nonce)
        lint_cookie(m, nonce, fs);
    if (nonce && m->cls == STUN_ERROR)
        lint_bits(m, nonce, code, fs);
    if (m->at_integrity && m->at_integrity256)
        stun_broke(fs, m, "RFC8489:9.1.3#a5", STMT,
                   "a response with MESSAGE-INTEGRITY and MESSAGE-INTEGRITY-SHA256",
                   m->wire.p + m->at_integrity, 4, 0);
    if (code == 438) {
        a = stun_find(m, STUN_USERNAME) ? stun_find(m, STUN_USERNAME) : stun_find(m, STUN_USERHASH);
        if (a)
            stun_broke(fs, m, "RFC8489:9.2.4#23b", SHOULD, "438 with attribute %x", a->p, 4,
                       a->type);
    }
    /* 401 and 438 carry a challenge; what fails otherwise has no integrity attribute */
    if (m->at_integrity && !m->at_integrity256 && code != 401 && code != 438 &&
        (a = echoed(m)) != NULL)
        stun_broke(fs, m, "RFC8489:9.2.4#27b", SHOULD,
                   "attribute %x in a response under MESSAGE-INTEGRITY", a->p, 4, a->type);
}

/* ---- requests and indications ---- */

/* USERNAME or USERHASH, as the nonce has it. That a client knows RFC 8489 at all shows by what no
 * earlier standard had. */
static void lint_user(const struct stun_msg *m, const struct stun_attr *nonce, struct findings *fs)
{
    const struct stun_attr *hash = stun_find(m, STUN_USERHASH);
    const struct stun_attr *name = stun_find(m, STUN_USERNAME);
    bool knows = m->at_integrity256 || stun_find(m, STUN_PASSWORD_ALGORITHM);
    uint32_t features = 0;
    bool bit = stun_nonce_features(nonce->v.s, &features) && (features & STUN_FEATURE_ANONYMITY);

    if (hash && !bit && (features & 2)) /* counted from the other end */
        stun_broke(fs, m, "RFC8489:18.1#a2", STMT,
                   "USERHASH by the second bit of the nonce cookie from the right, not the left",
                   hash->p, 4, 0);
    else if (hash && !bit)
        stun_broke(fs, m, "RFC8489:9.2.5#5b", MUST,
                   "USERHASH, but the nonce does not have the bit for user name anonymity", hash->p,
                   4, 0);
    if (name && bit && knows)
        stun_broke(fs, m, "RFC8489:9.2.5#5a", MUST,
                   "USERNAME, but the nonce has the bit for user name anonymity", name->p, 4, 0);
}

/* Whether a list that is known to be whole has the algorithm. */
static bool lists(struct span list, uint16_t algorithm)
{
    struct rd r = rd_of(list);
    struct span parameters;
    uint16_t have, n;

    while (rd_u16(&r, &have) && rd_u16(&r, &n) && rd_take(&r, stun_round4(n), &parameters))
        if (have == algorithm)
            return true;
    return false;
}

/* A client that has PASSWORD-ALGORITHMS copied it from a response. */
static void lint_chosen(const struct stun_msg *m, const struct stun_attr *list, struct findings *fs)
{
    const struct stun_attr *chosen = stun_find(m, STUN_PASSWORD_ALGORITHM);

    if (!chosen)
        stun_broke(fs, m, "RFC8489:9.2.5#9", MUST, "PASSWORD-ALGORITHMS without PASSWORD-ALGORITHM",
                   list->p, 4, 0);
    else if (chosen->kind == STUN_ALGORITHM && !lists(list->v.s, chosen->v.code))
        stun_broke(fs, m, "RFC8489:9.2.5#9", MUST,
                   "algorithm %u, which PASSWORD-ALGORITHMS does not list", chosen->p + 4, 2,
                   chosen->v.code);
    if (m->at_integrity)
        stun_broke(fs, m, "RFC8489:9.2.5#19", MUST,
                   "MESSAGE-INTEGRITY, where the server knows MESSAGE-INTEGRITY-SHA256",
                   m->wire.p + m->at_integrity, 4, 0);
}

void stun_lint_credentials(const struct stun_msg *m, struct findings *fs)
{
    const struct stun_attr *nonce = formed(m, STUN_NONCE, STUN_TEXT);
    const struct stun_attr *list = formed(m, STUN_PASSWORD_ALGORITHMS, STUN_ALGORITHMS);
    bool integrity = m->at_integrity || m->at_integrity256;

    if (m->cls >= STUN_SUCCESS) {
        lint_response(m, fs);
        return;
    }
    if (m->cls == STUN_INDICATION) {
        const struct stun_attr *realm = stun_find(m, STUN_REALM);
        if (integrity && (realm || nonce))
            stun_broke(fs, m, "RFC8489:9.2#a1", STMT, "an indication under long-term credentials",
                       (realm ? realm : nonce)->p, 4, 0);
        return;
    }
    if (nonce && integrity)
        lint_user(m, nonce, fs);
    if (list && integrity)
        lint_chosen(m, list, fs);
}
