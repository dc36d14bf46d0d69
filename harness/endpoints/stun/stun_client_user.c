/* harness/endpoints/stun/stun_client_user.c - a user's Binding from asking to telling: which server,
 * when, over what, and what comes after a failure. RFC 8489 sections 6.2, 8.1, 10. */
#include "harness/endpoints/stun/stun_client.h"

/* ---- what is remembered of servers ---- */

static bool same_ip(const struct addr *a, const struct addr *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, a->family == 6 ? 16 : 4) == 0;
}

struct stun_known *client_known(struct stun_client *c, const struct addr *at, uint64_t now_us)
{
    struct stun_known *oldest = &c->known[0];

    for (size_t i = 0; i < COUNT(c->known); i++) {
        struct stun_known *k = &c->known[i];
        if (k->at.family && addr_eq(&k->at, at)) {
            k->used_us = now_us;
            return k;
        }
        if (!k->at.family || (oldest->at.family && k->used_us < oldest->used_us))
            oldest = k;
    }
    for (size_t i = 0; i < COUNT(c->tx); i++) /* who still looks at the place keeps nothing */
        if (c->tx[i].op.known == oldest)
            c->tx[i].op.known = NULL;
    *oldest = (struct stun_known){.at = *at, .used_us = now_us};
    return oldest;
}

/* RFC8489:6.2.1#8, #9: the estimate to this IP address, unless it is stale. */
static struct stun_rtt *rtt_of(struct stun_client *c, const struct addr *to, uint64_t now_us)
{
    static const uint64_t stale = 600 * 1000000ull;

    for (size_t i = 0; i < COUNT(c->rtt); i++) {
        struct stun_rtt *r = &c->rtt[i];
        if (!r->at.family || !same_ip(&r->at, to))
            continue;
        if (now_us - r->used_us < stale || client_flag(c, "rto-never-stale"))
            return r;
        r->at.family = 0;
    }
    return NULL;
}

uint64_t client_rto(struct stun_client *c, const struct addr *to, uint64_t now_us)
{
    struct stun_rtt *r = rtt_of(c, to, now_us);
    uint64_t rto;

    if (!r || !r->rto_us || client_flag(c, "rto-not-kept"))
        return env_timer(&c->env, "timer/rto", c->c.rto_us);
    r->used_us = now_us;
    rto = env_timer(&c->env, "timer/estimate", r->rto_us);
    if (client_flag(c, "rto-in-seconds"))
        rto = (rto + 999999) / 1000000 * 1000000;
    if (client_flag(c, "rto-in-fiftieths"))
        rto = (rto + 19999) / 20000 * 20000;
    /* a floor, as RFC6298 has one (2.4): the network may be slower the next time */
    return rto < c->c.rto_us && !client_flag(c, "rto-without-floor") ? c->c.rto_us : rto;
}

/* A response has come: RFC6298 (2.2), (2.3); RFC8489:6.2.1#7. */
static void measured(struct stun_client *c, const struct stun_transaction *t, uint64_t now_us)
{
    struct stun_rtt *r = rtt_of(c, &t->to, now_us), *oldest = &c->rtt[0];
    uint64_t took = now_us - t->started_us, off;

    if (t->stream || (t->sent != 1 && !client_flag(c, "retransmissions-measured")))
        return;
    for (size_t i = 0; !r && i < COUNT(c->rtt); i++)
        if (!c->rtt[i].at.family || (oldest->at.family && c->rtt[i].used_us < oldest->used_us))
            oldest = &c->rtt[i];
    if (!r) {
        r = oldest;
        *r = (struct stun_rtt){.at = t->to, .srtt_us = took, .var_us = took / 2};
    } else {
        off = r->srtt_us > took ? r->srtt_us - took : took - r->srtt_us;
        r->var_us = (3 * r->var_us + off) / 4;
        r->srtt_us = (7 * r->srtt_us + took) / 8;
    }
    r->used_us = now_us;
    r->rto_us = r->srtt_us + (4 * r->var_us > 1000 ? 4 * r->var_us : 1000); /* 6.2.1#5 */
}

/* ---- attempts ---- */

static size_t outstanding(const struct stun_client *c, const struct addr *to)
{
    size_t n = 0;
    for (size_t i = 0; i < COUNT(c->tx); i++)
        n += c->tx[i].used && c->tx[i].user && c->tx[i].op.phase == PHASE_RUNS &&
             c->tx[i].next_us && addr_eq(&c->tx[i].to, to);
    return n;
}

static size_t at_once(struct stun_client *c) /* RFC8489:6.2#2 */
{
    if (client_flag(c, "any-number-at-once"))
        return STUN_TRANSACTIONS;
    return client_flag(c, "one-at-a-time") ? 1 : CLIENT_OUTSTANDING;
}

static void visited(struct stun_user_op *op, const struct addr *to, uint64_t now_us)
{
    size_t i = 0;
    while (i < op->n_been && !addr_eq(&op->been[i].at, to))
        i++;
    if (i == COUNT(op->been))
        return;
    op->been[i].at = *to;
    op->been[i].us = now_us;
    op->n_been += i == op->n_been;
}

static void launch(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                   struct outq *q)
{
    t->op.phase = PHASE_RUNS;
    t->op.known = client_known(c, &t->to, in->now_us);
    visited(&t->op, &t->to, in->now_us);
    t->flow = client_user_flow(c, t, q);
    if (client_form(c, t, STUN_REQUEST))
        client_begin(c, t, in, q);
    else
        client_end(t, in, q, STUN_R_FAILED, (struct span){0}, "the request does not fit");
}

void client_attempt(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                    struct outq *q)
{
    t->next_us = 0; /* it is none of those in progress */
    if (outstanding(c, &t->to) >= at_once(c)) {
        t->op.phase = PHASE_WAITS;
        t->next_us = NO_DEADLINE;
        return;
    }
    launch(c, t, in, q);
}

void client_wake(struct stun_client *c, const struct input *in, struct outq *q)
{
    for (size_t i = 0; i < COUNT(c->tx); i++) {
        struct stun_transaction *t = &c->tx[i];
        if (t->used && t->user && t->op.phase == PHASE_WAITS && outstanding(c, &t->to) < at_once(c))
            launch(c, t, in, q);
    }
}

/* ---- ends ---- */

/* A flow that was opened for this request alone is closed with it. */
static void release(struct stun_client *c, const struct stun_transaction *t, struct outq *q)
{
    if (!client_flag(c, t->stream ? "connection-each" : "socket-each"))
        return;
    struct stun_stream *s = client_stream(c, t->flow);
    if (s)
        s->used = false;
    if (s || !t->stream)
        out_put(q, OUT_CLOSE, t->flow);
}

struct stun_event *client_answered(struct stun_client *c, struct stun_transaction *t,
                                   const struct input *in, struct outq *q, enum stun_result kind,
                                   struct span msg, const char *why)
{
    for (size_t i = 0; t->stream && i < COUNT(c->streams); i++)
        c->answered[i] += c->streams[i].used && c->streams[i].flow == t->flow;
    memcpy(c->last_id, t->id, sizeof c->last_id);
    if (kind == STUN_R_SUCCESS || kind == STUN_R_ERROR)
        measured(c, t, in->now_us);
    if (client_flag(c, "repeats-after-answer"))
        client_put(c, t, q);
    release(c, t, q);
    return client_end(t, in, q, kind, msg, why);
}

/* Whether the connection had served and has died since: RFC8489:6.2.2#5b. Then it is reset, and the
 * request goes out over a new one. */
static bool reconnected(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                        struct outq *q)
{
    size_t i = 0;

    while (i < COUNT(c->streams) && !(c->streams[i].flow == t->flow && c->streams[i].flow))
        i++;
    if (!t->stream || i == COUNT(c->streams) || !c->answered[i] || t->op.reconnects)
        return false;
    if (c->streams[i].used)
        out_put(q, OUT_CLOSE, t->flow)->abort = !client_flag(c, "dead-connection-closed");
    c->streams[i].used = false;
    c->streams[i].flow = 0;
    if (client_flag(c, "no-new-connection"))
        return false;
    t->op.reconnects++;
    client_attempt(c, t, in, q);
    return true;
}

void client_failed(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                   struct outq *q, enum stun_result kind, const char *why)
{
    bool is_short = c->c.auth == STUN_AUTH_SHORT;

    if (reconnected(c, t, in, q))
        return;
    if (t->refused && kind == STUN_R_TIMEOUT &&
        !client_flag(c, is_short ? "short-violation-untold" : "long-violation-untold")) {
        kind = STUN_R_FAILED; /* RFC8489:9.1.4#3, 9.2.5#17 */
        why = "integrity protection was violated";
    } else if (client_next_target(c, t, in, q)) {
        return; /* 8.1#2 */
    }
    if (kind != STUN_R_CLOSED)
        release(c, t, q);
    struct stun_event *e = client_end(t, in, q, kind, (struct span){0}, why);
    if (e && kind == STUN_R_ICMP)
        e->code = in->icmp;
}

/* ---- what a user asks ---- */

void client_binding(struct stun_client *c, const struct input *in, struct outq *q)
{
    const struct stun_send_args *a = in->rec;
    struct stun_transaction *t = client_new(c, in->token), spare;
    const char *why = NULL;

    if (!t) {
        memset(&spare, 0, offsetof(struct stun_transaction, wire));
        spare.token = in->token;
        client_end(&spare, in, q, STUN_R_FAILED, (struct span){0}, "too many transactions");
        return;
    }
    t->user = true;
    t->transport = c->c.transport;
    t->to = a && a->to.family ? a->to : c->c.server;
    if (!a || !a->uri.n)
        client_attempt(c, t, in, q);
    else if (!client_find(c, t, a->uri, in, q, &why))
        client_end(t, in, q, STUN_R_FAILED, (struct span){0}, why);
}

/* A Binding indication keeps the bindings of NATs: RFC8489:6.3.2. */
void client_keep_alive(struct stun_client *c, const struct input *in, struct outq *q)
{
    const struct stun_send_args *a = in->rec;
    struct stun_transaction *t = client_new(c, in->token);

    if (!t)
        return;
    t->user = true;
    t->transport = c->c.transport;
    t->to = a->to.family ? a->to : c->c.server;
    t->flow = client_user_flow(c, t, q);
    t->stream = client_stream(c, t->flow) != NULL;
    if (client_form(c, t, STUN_INDICATION))
        client_put(c, t, q);
    t->sent = 1;
    if (client_flag(c, "indication-repeated")) {
        t->started_us = in->now_us;
        t->next_us = in->now_us + c->c.rto_us;
        t->rto_us = c->c.rto_us;
        stun_report(q, "sent", in->token, STUN_R_SENT, in, (struct span){0});
        return;
    }
    t->used = false;
    stun_report(q, "sent", in->token, STUN_R_SENT, in, (struct span){0});
}
