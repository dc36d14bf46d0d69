/* harness/endpoints/stun/stun_client_rules.c - what a client does with a response: RFC 8489 sections
 * 6.3.3, 6.3.4, 9.1.4, 9.2.5, 10. */
#include "harness/endpoints/stun/stun_client.h"

/* ---- challenges: RFC8489:9.2.5 ---- */

/* 401 and 438 under long-term credentials; false: nothing comes of it. */
static bool challenged(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                       const struct stun_msg *m, unsigned code, struct outq *q)
{
    enum { RENEWALS = 4 };            /* a nonce that is never fresh */
    bool again = t->op.authenticated; /* with this realm and this, the only, account */

    if (c->c.auth != STUN_AUTH_LONG || !t->op.known)
        return false;
    if (client_flag(c, code == 401 ? "challenge-not-followed" : "stale-not-followed") ||
        client_flag(c, "challenge-is-a-failure"))
        return false;
    enum stun_challenge got = stun_login_keep(&t->op.known->login, &c->env, m);
    if (got == STUN_CHALLENGE_NONE)
        return false;
    if (code == 401 && again && got == STUN_CHALLENGE_SAME && /* RFC8489:9.2.5#11 */
        (!client_flag(c, "same-credentials-again") || t->op.again++ > 8))
        return false;
    if (code == 438 && t->op.renewals++ == RENEWALS)
        return false;
    t->op.carry = true;
    client_attempt(c, t, in, q);
    return true;
}

/* ---- 300: RFC8489:10 ---- */

/* Whom the certificate of the other server has to name: RFC8489:10#6, #8. The first server may have been
 * asked for by its address: then that is the name. */
static void rename_server(struct stun_client *c, struct stun_transaction *t,
                          const struct stun_msg *m)
{
    const struct stun_attr *a = stun_find(m, STUN_ALTERNATE_DOMAIN);
    char *domain = t->op.domain;
    uint8_t text[64];
    struct wr w = {text, sizeof text, 0, false};

    if (a && a->kind != STUN_RAW && a->v.s.n && a->v.s.n < sizeof t->op.domain &&
        !client_flag(c, "alternate-domain-unread")) {
        memcpy(domain, a->v.s.p, a->v.s.n);
        domain[a->v.s.n] = '\0';
    } else if (client_flag(c, "domain-forgotten")) {
        domain[0] = '\0';
    } else if (!domain[0]) {
        addr_text(&w, &t->to);
        while (w.n && text[w.n - 1] != ':')
            w.n--;
        struct span host = span_cut(wr_span(&w), t->to.family == 6, w.n);
        host.n -= host.n ? 1u + (t->to.family == 6) : 0;
        memcpy(domain, host.p, host.n);
        domain[host.n] = '\0';
    }
}

static bool redirected(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                       const struct stun_msg *m, struct outq *q)
{
    const struct stun_attr *a = stun_find(m, STUN_ALTERNATE_SERVER);
    static const uint64_t lately = 300 * 1000000ull; /* RFC8489:10#9 */
    struct stun_user_op *op = &t->op;

    if (!c->c.redirect || !a || a->kind == STUN_RAW || client_flag(c, "redirection-not-followed"))
        return false;
    if ((!t->signed_ || (!m->at_integrity && !m->at_integrity256)) &&
        !client_flag(c, "unsigned-redirection-followed"))
        return false; /* 14.8#7b */
    for (size_t i = 0; i < op->n_been; i++)
        if (addr_eq(&op->been[i].at, &a->v.addr) && in->now_us - op->been[i].us < lately &&
            !client_flag(c, "redirections-loop"))
            return false;
    if (op->n_been == CLIENT_REDIRECTIONS) {
        if (!client_flag(c, "redirections-loop"))
            return false;
        op->n_been = 0;
    }
    const struct stun_known *from = op->known;
    struct addr to = a->v.addr;
    if (client_flag(c, "redirected-to-first-port"))
        to.port = t->to.port;
    op->known = client_known(c, &to, in->now_us);
    if (from && op->known && from != op->known &&
        !client_flag(c, "redirected-without-credentials")) {
        struct addr at = op->known->at; /* 10#5: what the first server would have got */
        *op->known = *from;
        op->known->at = at;
        op->known->used_us = in->now_us;
        op->carry = op->authenticated;
    } else {
        op->carry = false;
    }
    if (t->transport.n > 3)
        rename_server(c, t, m);
    t->to = to;
    if (client_flag(c, "redirected-over-udp"))
        t->transport = span_of("udp");
    client_attempt(c, t, in, q);
    return true;
}

/* ---- integrity: RFC8489:9.1.4, 9.2.5 ---- */

static bool integrity_good(struct stun_client *c, const struct stun_transaction *t,
                           const struct stun_msg *m)
{
    bool sha1 = m->at_integrity, sha256 = m->at_integrity256;
    bool is_short = c->c.auth == STUN_AUTH_SHORT;

    if (t->signed_ && client_flag(c, is_short ? "short-signed-refused" : "long-signed-refused"))
        return false;
    if (!t->signed_ || client_flag(c, is_short ? "short-unchecked" : "long-unchecked"))
        return true;
    if (!sha1 && !sha256)
        return client_flag(c, is_short ? "short-unsigned-taken" : "long-unsigned-taken");
    if (is_short &&
        (t->op.integrity == STUN_HAS_SHA1 ? !sha1
                                          : t->op.integrity == STUN_HAS_SHA256 && !sha256) &&
        !client_flag(c, "other-algorithm-taken"))
        return false; /* RFC8489:9.1.4#1 */
    if (sha256 && !(is_short && t->op.integrity == STUN_HAS_SHA1 && sha1))
        return stun_check_integrity256(m, &t->key) == STUN_GOOD;
    return stun_check_integrity(m, &t->key) == STUN_GOOD;
}

static void violated(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                     const struct stun_msg *m, struct outq *q)
{
    bool is_short = c->c.auth == STUN_AUTH_SHORT;

    t->refused = true;
    if (!t->stream || client_flag(c, is_short ? "short-violation-waits" : "long-violation-waits"))
        return; /* RFC8489:9.1.4#2, 9.2.5#16: as if it had not come */
    if (client_flag(c, is_short ? "short-violation-as-timeout" : "long-violation-as-timeout"))
        client_answered(c, t, in, q, STUN_R_TIMEOUT, (struct span){0}, NULL);
    else /* 9.1.4#4, 9.2.5#18 */
        client_answered(c, t, in, q, STUN_R_FAILED, m->wire, "integrity protection was violated");
}

/* ---- the response ---- */

static unsigned code_of(const struct stun_msg *m)
{
    const struct stun_attr *code = m->cls == STUN_ERROR ? stun_find(m, STUN_ERROR_CODE) : NULL;
    return code && code->kind == STUN_CODE ? code->v.code : 0;
}

static bool form_good(struct stun_client *c, const struct stun_msg *m) /* RFC8489:6.3 */
{
    if (m->length + (size_t)STUN_HEADER != m->wire.n && !client_flag(c, "any-length"))
        return false;
    if (m->method != STUN_BINDING && !client_flag(c, "any-method"))
        return false;
    for (size_t i = 0; i < m->n_attrs; i++) {
        const struct stun_attr *a = &m->attrs[i];
        if (!stun_required(a->type) && !stun_type_name(a->type) &&
            client_flag(c, "optional-refused"))
            return false;
        if (a->type == STUN_SOFTWARE && client_flag(c, "software-matters"))
            return false;
        if (a->type == STUN_MAPPED_ADDRESS && a->reserved && client_flag(c, "reserved-refused"))
            return false;
        if (a->type == STUN_XOR_MAPPED_ADDRESS && a->reserved &&
            client_flag(c, "xor-reserved-refused"))
            return false;
        if (a->type == STUN_ERROR_CODE && a->kind == STUN_CODE && a->v.code_rffu &&
            client_flag(c, "code-reserved-refused"))
            return false;
        if (a->type == STUN_UNKNOWN_ATTRIBUTES && m->cls == STUN_SUCCESS &&
            client_flag(c, "unexpected-refused"))
            return false;
    }
    enum stun_check fingerprint = stun_check_fingerprint(m);
    if (fingerprint == STUN_BAD && !client_flag(c, "fingerprint-unchecked"))
        return false; /* 6.3#a7 */
    return fingerprint != STUN_ABSENT || !c->c.fingerprint ||
           client_flag(c, "fingerprint-not-missed"); /* 7#a3 */
}

/* Long-term credentials: a response that is as if it had not come. */
static bool ignored(struct stun_client *c, const struct stun_transaction *t,
                    const struct stun_msg *m, unsigned code)
{
    if (c->c.auth != STUN_AUTH_LONG || !t->signed_)
        return false;
    if (stun_bid_down(m) && !client_flag(c, "bid-down-in-others"))
        return true; /* RFC8489:9.2.5#14 */
    return code == 400 && !m->at_integrity && !m->at_integrity256 &&
           !client_flag(c, "unsigned-400-taken") &&
           !client_flag(c, "unsigned-400-told"); /* 9.2.5#15 */
}

/* Whether the response has a mapped address that can be used: RFC8489:6.3.3#a3, #a4, #1. */
static bool mapped(struct stun_client *c, const struct stun_msg *m)
{
    const struct stun_attr *a = stun_find(m, STUN_XOR_MAPPED_ADDRESS);

    if (!a)
        return client_flag(c, "mapped-not-missed");
    return (a->kind == STUN_XOR_ADDR && a->v.addr.family) || client_flag(c, "any-family") ||
           client_flag(c, "odd-family-taken");
}

/* Of several XOR-MAPPED-ADDRESS the first counts (RFC8489:14.2#a8), unless that is broken. */
static void take_last(struct stun_client *c, const struct stun_msg *m, struct stun_event *e)
{
    bool last = client_flag(c, "last-mapped-counts") || client_flag(c, "last-attribute-counts");

    for (size_t i = 0; e && last && i < m->n_attrs; i++)
        if (m->attrs[i].type == STUN_XOR_MAPPED_ADDRESS && m->attrs[i].kind == STUN_XOR_ADDR)
            e->mapped = m->attrs[i].v.addr;
}

static bool again_after_500(struct stun_client *c, struct stun_transaction *t,
                            const struct input *in, struct outq *q)
{
    unsigned limit = client_flag(c, "500-for-ever")    ? 250
                     : client_flag(c, "500-ten-times") ? 10
                                                       : 4;

    if (client_flag(c, "500-not-again") || t->op.again >= limit) /* RFC8489:6.3.4#2b, #3 */
        return false;
    t->op.again++;
    client_attempt(c, t, in, q);
    return true;
}

static void judge_error(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                        const struct stun_msg *m, unsigned code, struct outq *q)
{
    if (!code && client_flag(c, "codeless-ignored"))
        return;
    if (code == 300 && client_flag(c, "300-ignored"))
        return;
    if (code >= 400 && code < 500 && client_flag(c, "400s-ignored"))
        return;
    if (code >= 600 && client_flag(c, "600s-ignored"))
        return;
    if ((code == 401 || code == 438) && challenged(c, t, in, m, code, q))
        return;
    if (code == 300 && redirected(c, t, in, m, q))
        return;
    if (code >= 500 && code < 600 && again_after_500(c, t, in, q))
        return;
    if (code == 400 && client_flag(c, "400-again") && t->op.again++ < 3) {
        client_attempt(c, t, in, q);
        return;
    }
    client_answered(c, t, in, q, STUN_R_ERROR, m->wire,
                    code ? NULL : "error response without a code");
}

void client_judge(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                  const struct stun_msg *m, struct outq *q)
{
    uint16_t unknown[1];
    unsigned code = code_of(m);
    bool challenge = c->c.auth == STUN_AUTH_LONG && (code == 401 || code == 438);

    if (!form_good(c, m))
        return;
    if (!challenge && ignored(c, t, m, code))
        return;
    bool odd = stun_unknown(m, false, unknown, 1) != 0;
    bool sha1 = m->at_integrity != 0;
    odd |= t->signed_ &&
           client_flag(c, sha1 ? "behind-sha1-looked-at" : "behind-sha256-looked-at") &&
           m->n_attrs && m->attrs[m->n_attrs - 1].type == 0x7ffe;
    bool early = odd && client_flag(c, "unknown-before-integrity");
    early |= code == 400 &&
             (client_flag(c, "unsigned-400-taken") || client_flag(c, "unsigned-400-told"));
    early |= code == 300 && client_flag(c, "unsigned-redirection-followed");
    if (!challenge && !early && !integrity_good(c, t, m)) {
        violated(c, t, in, m, q);
        return;
    }
    if (odd &&
        !client_flag(c, m->cls == STUN_SUCCESS ? "unknown-passed" : "unknown-in-error-passed")) {
        client_answered(c, t, in, q, STUN_R_FAILED, m->wire,
                        "a comprehension-required attribute is not known"); /* 6.3.3#a1, 6.3.4#a1 */
        return;
    }
    if (m->cls == STUN_ERROR) {
        judge_error(c, t, in, m, code, q);
        return;
    }
    if (!mapped(c, m)) {
        client_answered(c, t, in, q, STUN_R_FAILED, m->wire, "no mapped address of use");
        return;
    }
    if (t->op.known && t->signed_) {
        t->op.known->login.done = true;
        t->op.known->login.integrity = m->at_integrity256 ? STUN_HAS_SHA256 : STUN_HAS_SHA1;
    }
    enum stun_result told = client_flag(c, "success-untold") ? STUN_R_FAILED : STUN_R_SUCCESS;
    take_last(c, m, client_answered(c, t, in, q, told, m->wire, NULL));
}
