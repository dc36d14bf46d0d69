/* harness/endpoints/stun/stun_realm.c - who asks, and whether that is so: RFC 8489 section 9. */
#include "harness/endpoints/stun/stun.h"

static const uint64_t nonce_default_us = 600000000;

/* ---- users ---- */

void stun_realm_init(struct stun_realm *r, const struct stun_user *users, size_t n,
                     struct arena *mem, uint64_t rng[2])
{
    static const struct stun_user alice = {SPAN("alice"), SPAN("alice-secret")};
    bool given =
        env_flag(r->env, "password-as-given") || env_flag(r->env, "password-as-given-short");
    uint8_t secret[20];

    if (!r->nonce_us)
        r->nonce_us = nonce_default_us;
    r->n_users = n > STUN_USERS ? STUN_USERS : n ? n : 1;
    for (size_t i = 0; i < r->n_users; i++) {
        const struct stun_user *u = n ? &users[i] : &alice;
        struct stun_member *k = &r->users[i];
        k->username = stun_prepare(mem, u->username, true, r->rfc5389);
        struct span password =
            given ? u->password : stun_prepare(mem, u->password, false, r->rfc5389);
        if (r->short_term) { /* RFC8489:9.1.1#a1 */
            stun_key_init(&k->key.md5, password);
            k->key.sha256 = k->key.md5;
        } else { /* RFC8489:9.2.2#a2 */
            stun_key_long_term(&k->key.md5, STUN_MD5, k->username, r->name, password);
            stun_key_long_term(&k->key.sha256, STUN_SHA256, k->username, r->name, password);
        }
        stun_userhash(k->hash, k->username, r->name);
    }
    rng_fill(rng, secret, sizeof secret);
    hmac_key_init(&r->nonce_key, DIGEST_SHA1, (struct span){secret, sizeof secret});
}

static const struct stun_attr *last_of(const struct stun_msg *m, uint16_t type)
{
    for (size_t i = m->n_attrs; i > 0; i--)
        if (m->attrs[i - 1].type == type)
            return &m->attrs[i - 1];
    return NULL;
}

const struct stun_member *stun_realm_user(const struct stun_realm *s, const struct stun_msg *m)
{
    const struct stun_attr *name = stun_find(m, STUN_USERNAME), *hash = stun_find(m, STUN_USERHASH);

    if (name && env_flag(s->env, "last-name-counts"))
        name = last_of(m, STUN_USERNAME);
    for (size_t i = 0; i < s->n_users; i++) {
        const struct stun_member *u = &s->users[i];
        if (name ? span_eq(name->v.s, u->username)
                 : hash && span_eq(hash->v.s, (struct span){u->hash, 32}))
            return u;
    }
    return NULL;
}

/* ---- nonces: cookie, when issued, and an HMAC of that with the client's address ---- */

static void nonce_mac(const struct stun_realm *s, const struct addr *from, uint64_t issued,
                      uint8_t out[DIGEST_MAX])
{
    static const uint8_t nowhere[sizeof(struct addr)];
    uint8_t b[8];
    struct digest d;

    put_u32(b, (uint32_t)(issued >> 32));
    put_u32(b + 4, (uint32_t)issued);
    hmac_start(&d, &s->nonce_key);
    digest_add(&d, (struct span){b, 8});
    if (env_flag(s->env, "one-nonce-for-all"))
        digest_add(&d, (struct span){nowhere, sizeof nowhere});
    else {
        digest_add(&d, (struct span){from->ip, from->family == 6 ? 16 : 4});
        put_u16(b, from->port);
        digest_add(&d, (struct span){b, 2});
    }
    hmac_end(&d, &s->nonce_key, out);
}

static bool offers(const struct stun_realm *s)
{
    return !s->rfc5389 && !s->no_algorithms && !env_flag(s->env, "algorithms-not-offered");
}

static struct span make_nonce(struct stun_realm *s, const struct addr *from, uint64_t issued)
{
    uint8_t mac[DIGEST_MAX];
    struct wr w = {s->nonce, sizeof s->nonce, 0, false};
    uint32_t features = 0;

    if (env_flag(s->env, "one-nonce-for-all"))
        issued = 0;
    nonce_mac(s, from, issued, mac);
    if (offers(s) && !env_flag(s->env, "no-algorithms-bit"))
        features |= STUN_FEATURE_ALGORITHMS; /* RFC8489:9.2.4#7 */
    if ((s->anonymity && !env_flag(s->env, "no-anonymity-bit")) || env_flag(s->env, "names-hashed"))
        features |= STUN_FEATURE_ANONYMITY; /* RFC8489:9.2.4#8b */
    if (!s->rfc5389)
        stun_nonce_cookie(&w, features);
    wr_hex(&w, issued, 16);
    wr_hex_octets(&w, (struct span){mac, 8});
    return wr_span(&w);
}

/* Whether another transaction has used the nonce; remembers that this one does. */
static bool spent(struct stun_realm *s, const struct stun_msg *m, struct span nonce)
{
    uint8_t key[8] = {0}, id[12] = {0};

    memcpy(key, nonce.p + (nonce.n > 8 ? nonce.n - 8 : 0), nonce.n < 8 ? nonce.n : 8);
    memcpy(id, m->transaction.p, 12);
    for (size_t i = 0; i < COUNT(s->spent); i++)
        if (memcmp(s->spent[i].nonce, key, sizeof key) == 0)
            return memcmp(s->spent[i].transaction, id, sizeof id) != 0;
    struct stun_spent *one = &s->spent[s->n_spent++ % COUNT(s->spent)];
    memcpy(one->nonce, key, sizeof key);
    memcpy(one->transaction, id, sizeof id);
    return false;
}

static bool nonce_good(struct stun_realm *s, const struct input *in, struct span nonce)
{
    uint64_t now = in->now_us;
    uint8_t issued[8];
    struct wr w = {issued, sizeof issued, 0, false};
    size_t at = s->rfc5389 ? 0 : STUN_NONCE_COOKIE;

    if (!wr_unhex(&w, span_cut(nonce, at, at + 16)) || w.n != 8)
        return false;
    uint64_t when = get_u64(issued);
    struct span want = make_nonce(s, &in->pkt.remote, when);
    if (!span_eq_ct(nonce, want))
        return false;
    return env_flag(s->env, "one-nonce-for-all") || (when <= now && now - when < s->nonce_us);
}

/* ---- the challenge ---- */

/* PASSWORD-ALGORITHMS: SHA-256, then MD5, none with parameters (RFC8489:18.5.1). */
static struct span offered(const struct stun_realm *s)
{
    static const uint8_t both[] = {0, STUN_SHA256, 0, 0, 0, STUN_MD5, 0, 0},
                         md5[] = {0, STUN_MD5, 0, 0},
                         other[] = {0x70, 1,           0, 3, 'a', 'b',      'c', 0,
                                    0,    STUN_SHA256, 0, 0, 0,   STUN_MD5, 0,   0};
    static const uint8_t zero[] = {0, 0, 0, 0, 0, STUN_SHA256, 0, 0, 0, STUN_MD5, 0, 0};
    if (env_flag(s->env, "algorithm-zero-offered"))
        return (struct span){zero, sizeof zero};
    if (env_flag(s->env, "md5-alone-offered"))
        return (struct span){md5, sizeof md5};
    if (env_flag(s->env, "new-algorithm-offered"))
        return (struct span){other, sizeof other};
    return (struct span){both, sizeof both};
}

void stun_realm_challenge(struct stun_realm *s, struct draft *dr, const struct input *in,
                          bool fresh)
{
    uint64_t issued = fresh ? in->now_us : in->now_us - s->nonce_us;

    stun_add_bytes(dr, STUN_REALM, s->name);
    stun_add_bytes(dr, STUN_NONCE, arena_copy(dr->mem, make_nonce(s, &in->pkt.remote, issued)));
    if (offers(s)) {
        struct node *item = stun_add(dr, STUN_PASSWORD_ALGORITHMS);
        draft_raw(dr, item, NULL, offered(s));
    }
}

/* ---- requests; each check returns 0 or the error code that the request earns ---- */

static unsigned refuse(struct stun_proof *p, unsigned code, const char *cause)
{
    p->cause = cause;
    return code;
}

static bool verify(const struct stun_realm *s, const struct stun_msg *m, const struct stun_key *k)
{
    bool use256 = m->at_integrity256 != 0; /* RFC8489:9.1.3#a2, 9.2.4#a5 */
    bool sha1_enough = m->at_integrity &&
                       (env_flag(s->env, "sha1-enough") || env_flag(s->env, "sha1-enough-short"));
    enum stun_check c =
        use256 && !sha1_enough ? stun_check_integrity256(m, k) : stun_check_integrity(m, k);
    uint32_t at = use256 ? m->at_integrity256 : m->at_integrity;
    size_t end = at + 4 + (use256 ? 32 : 20);

    /* an HMAC under the length as it was sent fits only what ends the message */
    if (c == STUN_GOOD && end < m->wire.n &&
        env_flag(s->env, use256 ? "sha256-over-length-sent" : "sha1-over-length-sent"))
        return false;
    uint16_t octets = get_u16(m->wire.p + at + 2);
    if (use256 && ((octets < 16 && env_flag(s->env, "sha256-of-12-octets-taken")) ||
                   ((octets & 3) && env_flag(s->env, "sha256-of-18-octets-taken"))))
        return true;
    if (!use256 && env_flag(s->env, "sha1-never-good"))
        return false;
    if (c == STUN_GOOD && use256 && octets < 32 && env_flag(s->env, "cut-integrity-refused"))
        return false; /* RFC8489:14.6#a4: no usage said that it may be cut */
    return c == STUN_GOOD || env_flag(s->env, "any-integrity");
}

static unsigned check_short(const struct stun_realm *s, const struct stun_msg *m,
                            struct stun_proof *p) /* RFC8489:9.1.3 */
{
    const struct stun_member *u = stun_realm_user(s, m);
    bool named = stun_find(m, STUN_USERNAME) != NULL;

    if (named && !u && env_flag(s->env, "user-checked-first"))
        return refuse(p, 401, "user");
    if ((!m->at_integrity && !m->at_integrity256) || !named)
        return refuse(p, 400, "missing");
    if (!u)
        return refuse(p, 401, "user");
    if (!verify(s, m, &u->key.md5))
        return refuse(p, 401, "integrity");
    p->user = u;
    p->sign = &u->key.md5;
    p->use256 = m->at_integrity256 != 0; /* RFC8489:9.1.3#10, #11 */
    return 0;
}

/* RFC8489:9.2.4#12a to #12c: both attributes, the list as offered, the choice from it. */
static bool algorithms_good(const struct stun_realm *s, const struct stun_msg *m, bool *sha256)
{
    const struct stun_attr *one = stun_find(m, STUN_PASSWORD_ALGORITHM);
    const struct stun_attr *all = stun_find(m, STUN_PASSWORD_ALGORITHMS);

    if (!one || !all || one->length < 4)
        return false;
    uint16_t chosen = get_u16(one->p + 4); /* the padding of its parameters is not looked at */
    *sha256 = chosen == STUN_SHA256;
    if (!span_eq((struct span){all->p + 4, all->length}, offered(s)))
        return false;
    if (chosen == STUN_MD5 && env_flag(s->env, "md5-offered-alone-in-name"))
        return false;
    return chosen == STUN_MD5 || (*sha256 && !env_flag(s->env, "md5-alone-offered"));
}

static const struct stun_key *key_for(const struct stun_realm *s, const struct stun_member *u,
                                      bool sha256)
{
    if (env_flag(s->env, "always-md5") || env_flag(s->env, "choice-ignored"))
        sha256 = false;
    if (env_flag(s->env, "always-sha256"))
        sha256 = true;
    return sha256 ? &u->key.sha256 : &u->key.md5;
}

static unsigned check_long(struct stun_realm *s, const struct stun_msg *m, const struct input *in,
                           struct stun_proof *p) /* RFC8489:9.2.4 */
{
    const struct stun_attr *nonce = stun_find(m, STUN_NONCE);
    bool sha256 = false, stale = nonce && !nonce_good(s, in, nonce->v.s);
    uint32_t features;

    if (!m->at_integrity && !m->at_integrity256)
        return refuse(p, 401, "none");
    if (stale && env_flag(s->env, "nonce-checked-first"))
        return refuse(p, 438, "nonce");
    if ((!stun_find(m, STUN_USERNAME) && !stun_find(m, STUN_USERHASH)) ||
        !stun_find(m, STUN_REALM) || !nonce)
        return refuse(p, 400, "missing");
    const struct stun_attr *name = stun_find(m, STUN_USERNAME);
    if (name && name->length > 508 && env_flag(s->env, "long-name-refused"))
        return refuse(p, 400, "name");
    bool cookie =
        stun_nonce_features(nonce->v.s, &features) && (features & STUN_FEATURE_ALGORITHMS);
    bool chosen = stun_find(m, STUN_PASSWORD_ALGORITHM) || stun_find(m, STUN_PASSWORD_ALGORITHMS);
    if (cookie && chosen && !algorithms_good(s, m, &sha256) && !env_flag(s->env, "half-a-choice"))
        return refuse(p, 400, "algorithm");
    const struct stun_member *u = stun_realm_user(s, m);
    if (!u)
        return refuse(p, 401, "user");
    const struct stun_key *k = key_for(s, u, sha256);
    if (!verify(s, m, k))
        return refuse(p, 401, "integrity");
    if (!stale && (env_flag(s->env, "nonce-once") || env_flag(s->env, "nonce-each-time")))
        stale = spent(s, m, nonce->v.s);
    if (stale && !env_flag(s->env, "any-nonce")) {
        if (env_flag(s->env, "stale-signed")) {
            p->sign = k;
            p->use256 = cookie && chosen;
        }
        return refuse(p, 438, "nonce");
    }
    p->user = u;
    p->sign = k;
    p->use256 = cookie && chosen; /* RFC8489:9.2.4#26, #27 */
    return 0;
}

unsigned stun_realm_check(struct stun_realm *s, const struct stun_msg *m, const struct input *in,
                          struct stun_proof *p)
{
    return s->short_term ? check_short(s, m, p) : check_long(s, m, in, p);
}
