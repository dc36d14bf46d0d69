/* harness/endpoints/stun/stun_login.c - challenges and what answers them: RFC 8489 sections 9.2.3 and 9.2.5. */
#include "harness/endpoints/stun/stun.h"

/* ---- what a challenge says ---- */

/* An algorithm of PASSWORD-ALGORITHMS that is supported; 0: none. */
static uint16_t choose(const struct stun_login *l, const struct env *env, struct span offered)
{
    uint16_t first = 0, last = 0, best = 0;

    for (size_t i = 0, step; i + 4 <= offered.n; i += step) {
        uint16_t alg = get_u16(offered.p + i);
        step = 4 + ((get_u16(offered.p + i + 2) + 3u) & ~3u);
        if (alg != STUN_MD5 && alg != STUN_SHA256)
            continue;
        first = first ? first : alg;
        last = alg;
        best = best == STUN_SHA256 ? best : alg;
    }
    if (env_flag(env, "last-algorithm-chosen"))
        return last;
    return l->strongest ? best : first;
}

bool stun_bid_down(const struct stun_msg *m)
{
    const struct stun_attr *nonce = stun_find(m, STUN_NONCE);
    uint32_t features = 0;

    return nonce && nonce->kind != STUN_RAW && stun_nonce_features(nonce->v.s, &features) &&
           (features & STUN_FEATURE_ALGORITHMS) && !stun_find(m, STUN_PASSWORD_ALGORITHMS);
}

static bool keep_algorithms(struct stun_login *l, const struct env *env, const struct stun_msg *m)
{
    const struct stun_attr *offered = stun_find(m, STUN_PASSWORD_ALGORITHMS);

    l->algorithm = 0;
    l->offered_n = 0;
    if (!offered)
        return true;
    if (offered->kind != STUN_ALGORITHMS || offered->v.s.n > sizeof l->offered)
        return false;
    l->algorithm = choose(l, env, offered->v.s);
    if (!l->algorithm && env_flag(env, "unknown-algorithm-tried"))
        l->algorithm = STUN_SHA256;
    memcpy(l->offered, offered->v.s.p, offered->v.s.n);
    l->offered_n = (uint16_t)offered->v.s.n;
    return l->algorithm != 0; /* RFC8489:9.2.5#10 */
}

static bool prepared(struct span realm)
{
    uint8_t scratch[16384];
    struct arena mem = arena_of(scratch, sizeof scratch);

    return span_eq(stun_prepare(&mem, realm, false, false), realm);
}

enum stun_challenge stun_login_keep(struct stun_login *l, const struct env *env,
                                    const struct stun_msg *m)
{
    const struct stun_attr *realm = stun_find(m, STUN_REALM), *nonce = stun_find(m, STUN_NONCE);
    uint32_t features = 0;

    if (!nonce || nonce->kind == STUN_RAW || nonce->v.s.n > sizeof l->nonce)
        return STUN_CHALLENGE_NONE;
    if (realm ? realm->kind == STUN_RAW || realm->v.s.n > sizeof l->realm : !l->challenged)
        return STUN_CHALLENGE_NONE;
    if (stun_bid_down(m) && !env_flag(env, "bid-down-followed"))
        return STUN_CHALLENGE_NONE; /* RFC8489:9.2.5#2 */
    if (realm && env_flag(env, "realm-unprepared-refused") && !prepared(realm->v.s))
        return STUN_CHALLENGE_NONE; /* 14.9#1c: it is no REALM */
    struct span was = {l->realm, l->realm_n};
    bool same = l->challenged && (!realm || span_eq(was, realm->v.s));
    if (!keep_algorithms(l, env, m))
        return STUN_CHALLENGE_NONE;
    if (realm) {
        memcpy(l->realm, realm->v.s.p, realm->v.s.n);
        l->realm_n = (uint16_t)realm->v.s.n;
    }
    bool old = l->challenged && env_flag(env, "old-nonce-again");
    if (!old) {
        memcpy(l->nonce, nonce->v.s.p, nonce->v.s.n);
        l->nonce_n = (uint16_t)nonce->v.s.n;
    }
    l->anonymity =
        stun_nonce_features(nonce->v.s, &features) && (features & STUN_FEATURE_ANONYMITY);
    l->challenged = true;
    return same ? STUN_CHALLENGE_SAME : STUN_CHALLENGE_NEW;
}

/* ---- what answers it ---- */

static void add_user_name(const struct stun_login *l, const struct env *env,
                          const struct stun_account *a, struct draft *dr)
{
    struct span name = a->username, realm = {l->realm, l->realm_n};
    uint8_t hash[32];

    bool hashed = l->anonymity ? !env_flag(env, "name-in-clear") /* RFC8489:9.2.5#5a, #5b */
                               : env_flag(env, "hash-unasked");
    if (!hashed || env_flag(env, "name-beside-hash"))
        stun_add_bytes(dr, STUN_USERNAME, a->username);
    if (!hashed)
        return;
    if (env_flag(env, "name-hashed-as-given"))
        name = a->given;
    if (!env_flag(env, "realm-hashed-as-given")) /* RFC8489:14.4#1b */
        realm = stun_prepare(dr->mem, realm, true, false);
    stun_userhash(hash, name, env_flag(env, "hash-without-realm") ? (struct span){0} : realm);
    stun_add_bytes(dr, STUN_USERHASH, arena_copy(dr->mem, (struct span){hash, 32}));
}

static void add_algorithms(const struct stun_login *l, const struct env *env, struct draft *dr)
{
    struct span offered = {l->offered, l->offered_n};

    if (!l->algorithm)
        return;
    if (env_flag(env, "algorithms-shortened"))
        offered = span_cut(offered, 0, 4);
    draft_raw(dr, stun_add(dr, STUN_PASSWORD_ALGORITHMS), NULL, offered); /* RFC8489:9.2.5#8 */
    struct node *item = stun_add(dr, STUN_PASSWORD_ALGORITHM);            /* 9.2.5#9 */
    if (item)
        draft_uint(dr, item, draft_field(item, "algorithm"), l->algorithm);
}

uint8_t stun_login_sign(struct stun_login *l, const struct env *env, const struct stun_account *a,
                        struct draft *dr, struct stun_key *key)
{
    struct span realm = {l->realm, l->realm_n};
    enum stun_algorithm alg = l->algorithm == STUN_SHA256 ? STUN_SHA256 : STUN_MD5;
    uint8_t integrity;

    add_user_name(l, env, a, dr);
    stun_add_bytes(dr, STUN_REALM, realm);
    stun_add_bytes(dr, STUN_NONCE, (struct span){l->nonce, l->nonce_n});
    add_algorithms(l, env, dr);
    /* RFC8489:9.2.5#19, else 9.2.3.2#a1 */
    integrity = l->algorithm              ? STUN_HAS_SHA256
                : l->done && l->integrity ? l->integrity
                                          : STUN_HAS_SHA1;
    if (l->done && env_flag(env, "other-integrity-later"))
        integrity = (STUN_HAS_SHA1 | STUN_HAS_SHA256) ^ integrity;
    if (l->done && l->algorithm && env_flag(env, "sha1-later"))
        integrity = STUN_HAS_SHA1;
    stun_add(dr,
             integrity & STUN_HAS_SHA256 ? STUN_MESSAGE_INTEGRITY_SHA256 : STUN_MESSAGE_INTEGRITY);
    if (env_flag(env, l->algorithm ? "key-of-other-algorithm" : "key-not-of-md5"))
        alg = alg == STUN_MD5 ? STUN_SHA256 : STUN_MD5;
    if (!env_flag(env, "realm-in-key-as-it-came")) /* RFC8489:9.2.2#a2 */
        realm = stun_prepare(dr->mem, realm, true, false);
    stun_key_long_term(key, alg, a->username, realm, a->password);
    return integrity;
}
