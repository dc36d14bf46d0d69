/* harness/endpoints/stun/stun_client_rules.c - what a client does with a response: RFC 8489 sections
 * 6.3.3, 6.3.4, 9.1.4, 9.2.5, 10; and the ways it can break that or differ from it. */
#include "harness/endpoints/stun/stun_client.h"

static void add_long_term(struct stun_client *c, struct stun_transaction *t, struct draft *dr)
{
    uint8_t hash[32];
    enum stun_algorithm alg = c->algorithms ? STUN_SHA256 : STUN_MD5;

    if (c->anonymity) {
        stun_userhash(hash, c->c.username, c->realm);
        stun_add_bytes(dr, STUN_USERHASH, arena_copy(dr->mem, (struct span){hash, 32}));
    } else {
        stun_add_bytes(dr, STUN_USERNAME, c->c.username);
    }
    stun_add_bytes(dr, STUN_REALM, c->realm);
    stun_add_bytes(dr, STUN_NONCE, c->nonce);
    if (c->algorithms) { /* RFC8489:9.2.5#8, #9 */
        static const uint8_t chosen[] = {0, STUN_SHA256, 0, 0};
        draft_raw(dr, stun_add(dr, STUN_PASSWORD_ALGORITHMS), NULL,
                  (struct span){c->offered, c->offered_n});
        draft_raw(dr, stun_add(dr, STUN_PASSWORD_ALGORITHM), NULL,
                  (struct span){chosen, sizeof chosen});
    }
    stun_key_long_term(&t->key, alg, c->c.username, c->realm, c->c.password);
    t->signed_ = true;
    stun_add(dr, c->algorithms ? STUN_MESSAGE_INTEGRITY_SHA256 : STUN_MESSAGE_INTEGRITY);
}

bool client_binding(struct stun_client *c, struct stun_transaction *t)
{
    struct arena mem = arena_of(c->scratch, sizeof c->scratch);
    struct wr w = {t->wire, sizeof t->wire, 0, false};
    struct stun_marks marks;
    struct draft dr;

    t->id_n = 12;
    rng_fill(c->env.rng, t->id, 12);
    if (env_flag(&c->env, "fixed-id"))
        memcpy(t->id, c->fixed_id, 12);
    stun_draft(&dr, &mem, STUN_REQUEST, STUN_BINDING, (struct span){t->id, 12});
    stun_add_bytes(&dr, STUN_SOFTWARE, c->c.software);
    if (c->c.auth == STUN_AUTH_SHORT) { /* RFC8489:9.1.2#1 */
        stun_add_bytes(&dr, STUN_USERNAME, c->c.username);
        stun_key_init(&t->key, c->c.password);
        t->signed_ = true;
        stun_add(&dr, STUN_MESSAGE_INTEGRITY);
        stun_add(&dr, STUN_MESSAGE_INTEGRITY_SHA256);
    } else if (c->c.auth == STUN_AUTH_LONG && c->nonce.n) {
        add_long_term(c, t, &dr);
    }
    if (c->c.fingerprint)
        stun_add(&dr, STUN_FINGERPRINT);
    env_apply(&c->env, t->signed_ ? "request/signed" : "request/plain", &dr);
    stun_encode(&w, &dr, &marks);
    stun_seal(&w, &marks, t->signed_ ? &t->key : NULL);
    t->wire_n = w.n;
    return !w.full && !mem.full;
}

static bool keep_challenge(struct stun_client *c, const struct stun_msg *m)
{
    const struct stun_attr *realm = stun_find(m, STUN_REALM), *nonce = stun_find(m, STUN_NONCE);
    const struct stun_attr *offered = stun_find(m, STUN_PASSWORD_ALGORITHMS);
    struct arena mem = arena_of(c->challenge, sizeof c->challenge);
    uint32_t features = 0;

    if (!nonce || nonce->kind == STUN_RAW || (!realm && !c->realm.n))
        return false;
    bool cookie = stun_nonce_features(nonce->v.s, &features);
    if (cookie && (features & STUN_FEATURE_ALGORITHMS) && !offered)
        return false; /* RFC8489:9.2.5#2 */
    uint8_t was[763];
    struct span r = realm ? realm->v.s : c->realm;
    if (r.n > sizeof was)
        return false;
    memcpy(was, r.p, r.n); /* it may stand in the memory that is written now */
    c->realm = arena_copy(&mem, (struct span){was, r.n});
    c->nonce = arena_copy(&mem, nonce->v.s);
    c->anonymity = cookie && (features & STUN_FEATURE_ANONYMITY);
    c->algorithms = false;
    if (offered && offered->kind == STUN_ALGORITHMS && offered->v.s.n <= sizeof c->offered) {
        memcpy(c->offered, offered->v.s.p, offered->v.s.n);
        c->offered_n = offered->v.s.n;
        for (size_t i = 0; i + 4 <= offered->v.s.n; i += 4)
            c->algorithms |= get_u16(c->offered + i) == STUN_SHA256;
    }
    return !mem.full;
}

static void retry(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                  struct outq *q)
{
    if (client_binding(c, t))
        client_begin(c, t, in, q);
}

/* Whether the response is signed as it must be: RFC8489:9.1.4, 9.2.5. */
static bool integrity_good(const struct stun_transaction *t, const struct stun_msg *m)
{
    if (!t->signed_)
        return true;
    return stun_check_integrity256(m, &t->key) == STUN_GOOD ||
           (!m->at_integrity256 && stun_check_integrity(m, &t->key) == STUN_GOOD);
}

static void refuse(struct stun_transaction *t, const struct input *in, const struct stun_msg *m,
                   struct outq *q)
{
    t->refused = true;
    if (t->stream) /* RFC8489:9.1.4#4b, 9.2.5#18b; over datagrams it is as if it had not come */
        client_end(t, in, q, STUN_R_FAILED, m->wire, "integrity protection was violated");
}

static void judge_error(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                        const struct stun_msg *m, struct outq *q)
{
    const struct stun_attr *code = stun_find(m, STUN_ERROR_CODE);
    unsigned n = code && code->kind == STUN_CODE ? code->v.code : 0;

    if (n == 401 && c->c.auth == STUN_AUTH_LONG && !t->challenged && keep_challenge(c, m)) {
        t->challenged = true;
        retry(c, t, in, q);
    } else if (n == 438 && c->c.auth == STUN_AUTH_LONG && !t->renewed && keep_challenge(c, m)) {
        t->renewed = true;
        retry(c, t, in, q);
    } else if (n == 400 && t->signed_ && c->c.auth == STUN_AUTH_LONG && !m->at_integrity &&
               !m->at_integrity256) {
        /* RFC8489:9.2.5#15, discarded as if it had never come */
    } else {
        client_end(t, in, q, STUN_R_ERROR, m->wire, n ? NULL : "error response without a code");
    }
}

void client_judge(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                  const struct stun_msg *m, struct outq *q)
{
    uint16_t unknown[1];

    if (m->length + (size_t)STUN_HEADER != m->wire.n || m->method != STUN_BINDING)
        return; /* RFC8489:6.3#a3 */
    if (stun_check_fingerprint(m) == STUN_BAD)
        return; /* RFC8489:6.3#a7 */
    const struct stun_attr *code = m->cls == STUN_ERROR ? stun_find(m, STUN_ERROR_CODE) : NULL;
    bool challenge = code && code->kind == STUN_CODE &&
                     (code->v.code == 401 || code->v.code == 438 || code->v.code == 400);
    if (!challenge && !integrity_good(t, m)) {
        refuse(t, in, m, q);
        return;
    }
    if (stun_unknown(m, false, unknown, 1) && !env_flag(&c->env, "unknown-passed")) {
        client_end(t, in, q, STUN_R_FAILED, m->wire,
                   "a comprehension-required attribute is not known"); /* RFC8489:6.3.3#a1 */
        return;
    }
    if (m->cls == STUN_ERROR) {
        judge_error(c, t, in, m, q);
        return;
    }
    const struct stun_attr *mapped = stun_find(m, STUN_XOR_MAPPED_ADDRESS);
    if (!mapped || mapped->kind != STUN_XOR_ADDR) { /* RFC8489:6.3.3#a3 */
        client_end(t, in, q, STUN_R_FAILED, m->wire, "no XOR-MAPPED-ADDRESS");
        return;
    }
    client_end(t, in, q, STUN_R_SUCCESS, m->wire, NULL);
}

/* ---- deviations ---- */

const struct deviation stun_client_faults[STUN_CLIENT_FAULTS] = {
    {"cookie-wrong", "RFC8489:5#3", "request", DEV_SET, "cookie", "0x2112a443", NULL},
    {"length-lies", "RFC8489:5#7", "request", DEV_SET, "length", "4", NULL},
    {"class-is-success", "RFC8489:6.1#2a", "request", DEV_SET, "class", "success", NULL},
    {"padding-not-zero", "RFC8489:14#4a", "request", DEV_SET, "attributes/SOFTWARE/padding",
     "hex:2020", NULL},
    {"software-too-long", "RFC8489:14.14#2b", "request", DEV_SET, "attributes/SOFTWARE/value",
     "0123456789012345678901234567890123456789012345678901234567890123"
     "0123456789012345678901234567890123456789012345678901234567890123",
     NULL},
    {"rto-short", "RFC8489:6.2.1#2", "timer/rto", DEV_SCALE, NULL, "20", NULL},
    {"gives-up-early", "RFC8489:6.2.1#12b", "timer/last", DEV_SCALE, NULL, "25", NULL},
    {"three-tries", "RFC8489:6.2.1#10b", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"no-doubling", "RFC8489:6.2.1#1b", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"id-changed", "RFC8489:5#5a", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"fixed-id", "RFC8489:5#4a", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"any-transaction", "RFC8489:6.3#a6", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"unknown-passed", "RFC8489:6.3.3#a1", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"stream-repeated", "RFC8489:6.2.2#a3", "flag", DEV_FLAG, NULL, NULL, NULL},
};

const struct deviation stun_client_variants[STUN_CLIENT_VARIANTS] = {
    {"optional-added", "RFC8489:14#a4", "request/plain", DEV_ADD, "attributes", "0xbfff=hex:010203",
     NULL},
    {"fingerprint-added", "RFC8489:14.7#1", "request", DEV_ADD, "attributes", "FINGERPRINT", NULL},
    {"no-software", "RFC8489:6.1#3", "request", DEV_DROP, "attributes/SOFTWARE", NULL, NULL},
    {"software-long", "RFC8489:14.14#2b", "request", DEV_SET, "attributes/SOFTWARE/value",
     "012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
     "0123456789012345678901234567890123456",
     NULL},
    {"rto-doubled", "RFC8489:6.2.1#2", "timer/rto", DEV_SCALE, NULL, "200", NULL},
    {"rto-long", "RFC8489:6.2.1#2", "timer/rto", DEV_SCALE, NULL, "600", NULL},
    {"waits-longer", "RFC8489:6.2.1#11", "timer/last", DEV_SCALE, NULL, "150", NULL},
    {"stream-in-octets", "RFC8489:6.2.2#a2", "flag", DEV_FLAG, NULL, NULL, NULL},
};
