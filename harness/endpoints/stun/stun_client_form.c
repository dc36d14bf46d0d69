/* harness/endpoints/stun/stun_client_form.c - what a user's request carries: RFC 8489 sections 6.1,
 * 9.1.2, 9.1.5, 9.2.3, 9.2.5. */
#include "harness/endpoints/stun/stun_client.h"

static void add_short_term(struct stun_client *c, struct stun_transaction *t, struct draft *dr)
{
    struct stun_user_op *op = &t->op;

    op->integrity = HAS_SHA1 | HAS_SHA256; /* RFC8489:9.1.2#1 */
    if (c->c.integrity)
        op->integrity = c->c.integrity; /* known by other means: 9.1.2#2 */
    else if (op->known && op->known->integrity && !client_flag(c, "short-both-again"))
        op->integrity = op->known->integrity; /* 9.1.5#1 */
    stun_add_bytes(dr, STUN_USERNAME, c->c.username);
    if (op->integrity & HAS_SHA1)
        stun_add(dr, STUN_MESSAGE_INTEGRITY);
    if (op->integrity & HAS_SHA256)
        stun_add(dr, STUN_MESSAGE_INTEGRITY_SHA256);
    stun_key_init(&t->key, client_flag(c, "key-of-name") ? c->c.username : c->c.password);
    t->signed_ = true;
}

static void add_user_name(struct stun_client *c, const struct stun_known *k, struct draft *dr)
{
    struct span name = c->c.username, realm = {k->realm, k->realm_n};
    uint8_t hash[32];

    bool hashed = k->anonymity ? !client_flag(c, "name-in-clear") /* RFC8489:9.2.5#5a, #5b */
                               : client_flag(c, "hash-unasked");
    if (!hashed || client_flag(c, "name-beside-hash"))
        stun_add_bytes(dr, STUN_USERNAME, c->c.username);
    if (!hashed)
        return;
    if (client_flag(c, "name-hashed-as-given"))
        name = c->given_name;
    if (!client_flag(c, "realm-hashed-as-given")) /* RFC8489:14.4#1b */
        realm = stun_prepare(dr->mem, realm, true, false);
    stun_userhash(hash, name, client_flag(c, "hash-without-realm") ? (struct span){0} : realm);
    stun_add_bytes(dr, STUN_USERHASH, arena_copy(dr->mem, (struct span){hash, 32}));
}

static void add_algorithms(struct stun_client *c, const struct stun_known *k, struct draft *dr)
{
    struct span offered = {k->offered, k->offered_n};

    if (!k->algorithm)
        return;
    if (client_flag(c, "algorithms-shortened"))
        offered = span_cut(offered, 0, 4);
    draft_raw(dr, stun_add(dr, STUN_PASSWORD_ALGORITHMS), NULL, offered); /* RFC8489:9.2.5#8 */
    struct node *item = stun_add(dr, STUN_PASSWORD_ALGORITHM);            /* 9.2.5#9 */
    if (item)
        draft_uint(dr, item, draft_field(item, "algorithm"), k->algorithm);
}

static void add_long_term(struct stun_client *c, struct stun_transaction *t, struct draft *dr)
{
    struct stun_known *k = t->op.known;
    struct span realm = {k->realm, k->realm_n};
    enum stun_algorithm alg = k->algorithm == STUN_SHA256 ? STUN_SHA256 : STUN_MD5;

    add_user_name(c, k, dr);
    stun_add_bytes(dr, STUN_REALM, realm);
    stun_add_bytes(dr, STUN_NONCE, (struct span){k->nonce, k->nonce_n});
    add_algorithms(c, k, dr);
    /* RFC8489:9.2.5#19, else 9.2.3.2#a1 */
    t->op.integrity = k->algorithm ? HAS_SHA256 : k->done && k->integrity ? k->integrity : HAS_SHA1;
    if (k->done && client_flag(c, "other-integrity-later"))
        t->op.integrity = (HAS_SHA1 | HAS_SHA256) ^ t->op.integrity;
    if (k->done && k->algorithm && client_flag(c, "sha1-later"))
        t->op.integrity = HAS_SHA1;
    stun_add(dr,
             t->op.integrity & HAS_SHA256 ? STUN_MESSAGE_INTEGRITY_SHA256 : STUN_MESSAGE_INTEGRITY);
    if (client_flag(c, k->algorithm ? "key-of-other-algorithm" : "key-not-of-md5"))
        alg = alg == STUN_MD5 ? STUN_SHA256 : STUN_MD5;
    if (!client_flag(c, "realm-in-key-as-it-came")) /* RFC8489:9.2.2#a2 */
        realm = stun_prepare(dr->mem, realm, true, false);
    stun_key_long_term(&t->key, alg, c->c.username, realm, c->c.password);
    t->signed_ = true;
    t->op.authenticated = true;
}

/* Where the deviations of a request stand: what kind of request it is. */
static const char *place(const struct stun_client *c, const struct stun_transaction *t,
                         enum stun_class cls)
{
    if (cls == STUN_INDICATION)
        return "indication";
    if (!t->signed_)
        return "request/plain";
    if (c->c.auth == STUN_AUTH_SHORT)
        return c->c.integrity ? "request/known" : "request/short";
    if (!t->op.carry)
        return "request/later";
    return t->op.renewals ? "request/renewed" : "request/long";
}

/* Whether the credentials of a challenge go into the request. */
static bool carries(struct stun_client *c, const struct stun_transaction *t)
{
    const struct stun_known *k = t->op.known;

    if (c->c.auth != STUN_AUTH_LONG || !k || !k->challenged)
        return false;
    if (t->op.carry)
        return true;
    return k->done && !client_flag(c, "credentials-forgotten"); /* RFC8489:9.2.3.1#1, 9.2.3.2#1 */
}

static void new_id(struct stun_client *c, struct stun_transaction *t)
{
    bool same = t->id_n && t->op.carry && client_flag(c, "retry-in-same-transaction");

    t->id_n = 12;
    if (!same)
        rng_fill(c->env.rng, t->id, 12);
    if (client_flag(c, "fixed-id"))
        memcpy(t->id, c->fixed_id, 12);
}

bool client_form(struct stun_client *c, struct stun_transaction *t, enum stun_class cls)
{
    struct arena mem = arena_of(c->scratch, sizeof c->scratch);
    struct wr w = {t->wire, sizeof t->wire, 0, false};
    struct stun_marks marks;
    struct draft dr;

    new_id(c, t);
    t->signed_ = t->op.authenticated = false;
    t->op.integrity = 0;
    stun_draft(&dr, &mem, cls, STUN_BINDING, (struct span){t->id, 12});
    stun_add_bytes(&dr, STUN_SOFTWARE, c->c.software);
    if (c->c.auth == STUN_AUTH_SHORT)
        add_short_term(c, t, &dr);
    else if (cls == STUN_REQUEST && carries(c, t)) /* no indication: RFC8489:9.2#a1 */
        add_long_term(c, t, &dr);
    env_apply(&c->env, place(c, t, cls), &dr);
    if (client_is_udp(t->transport) && t->transport.n > 3)
        env_apply(&c->env, "dtls", &dr);
    if (c->c.fingerprint && !client_flag(c, "fingerprint-not-sent")) {
        draft_edit(&dr, DRAFT_DROP, "attributes/FINGERPRINT", NULL); /* of a variant */
        stun_add(&dr, STUN_FINGERPRINT);
    }
    if (client_flag(c, "signed-with-other-key"))
        stun_key_init(&t->key, span_of("another"));
    stun_encode(&w, &dr, &marks);
    stun_seal(&w, &marks, t->signed_ ? &t->key : NULL);
    t->wire_n = w.n;
    return !w.full && !mem.full;
}
