/* harness/endpoints/stun/stun_client_form.c - what a user's request carries: RFC 8489 sections 6.1,
 * 9.1.2, 9.1.5, 9.2.3, 9.2.5. */
#include "harness/endpoints/stun/stun_client.h"

static void add_short_term(struct stun_client *c, struct stun_transaction *t, struct draft *dr)
{
    struct stun_user_op *op = &t->op;

    op->integrity = STUN_HAS_SHA1 | STUN_HAS_SHA256; /* RFC8489:9.1.2#1 */
    if (c->c.integrity)
        op->integrity = c->c.integrity; /* known by other means: 9.1.2#2 */
    else if (op->known && op->known->login.integrity && !client_flag(c, "short-both-again"))
        op->integrity = op->known->login.integrity; /* 9.1.5#1 */
    stun_add_bytes(dr, STUN_USERNAME, c->c.username);
    if (op->integrity & STUN_HAS_SHA1)
        stun_add(dr, STUN_MESSAGE_INTEGRITY);
    if (op->integrity & STUN_HAS_SHA256)
        stun_add(dr, STUN_MESSAGE_INTEGRITY_SHA256);
    stun_key_init(&t->key, client_flag(c, "key-of-name") ? c->c.username : c->c.password);
    t->signed_ = true;
}

static void add_long_term(struct stun_client *c, struct stun_transaction *t, struct draft *dr)
{
    struct stun_account a = {c->c.username, c->given_name, c->c.password};

    t->op.integrity = stun_login_sign(&t->op.known->login, &c->env, &a, dr, &t->key);
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

    if (c->c.auth != STUN_AUTH_LONG || !k || !k->login.challenged)
        return false;
    if (t->op.carry)
        return true;
    return k->login.done &&
           !client_flag(c, "credentials-forgotten"); /* RFC8489:9.2.3.1#1, 9.2.3.2#1 */
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
