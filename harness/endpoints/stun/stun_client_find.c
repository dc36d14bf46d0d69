/* harness/endpoints/stun/stun_client_find.c - from a URI to addresses: RFC 8489 section 8.1, by the
 * procedure of RFC 2782. */
#include "codecs/stun/stun_uri.h"
#include "harness/endpoints/stun/stun_client.h"

static void ask(struct stun_client *c, struct stun_transaction *t, const char *name,
                uint16_t rr_type, struct outq *q)
{
    struct output *o = out_put(q, OUT_RESOLVE, 0);

    o->name = arena_text(&q->mem, span_of(name));
    o->rr_type = rr_type;
    o->token = t->op.question = ++c->questions;
    t->op.phase = rr_type == RR_SRV ? PHASE_SERVICES : PHASE_ADDRESSES;
    t->next_us = NO_DEADLINE;
    q->full |= !o->name;
}

static void ask_addresses(struct stun_client *c, struct stun_transaction *t, const char *name,
                          struct outq *q)
{
    /* RFC8489:8.1#3a */
    ask(c, t, name, client_flag(c, "ip4-only") ? RR_A : RR_ANY_ADDR, q);
}

/* The service of RFC2782: the scheme, and what STUN runs over. */
static void ask_services(struct stun_client *c, struct stun_transaction *t, bool secure,
                         struct outq *q)
{
    uint8_t text[sizeof t->op.host + 16];
    struct wr w = {text, sizeof text - 1, 0, false};
    bool tcp = !client_is_udp(t->transport);

    if (client_flag(c, "other-protocol-looked-up"))
        tcp = !tcp;
    wr_text(&w, secure && !client_flag(c, "stuns-looked-up-as-stun") ? "_stuns." : "_stun.");
    wr_text(&w, tcp ? "_tcp." : "_udp.");
    wr_text(&w, t->op.host);
    text[w.n] = '\0';
    ask(c, t, (const char *)text, RR_SRV, q);
}

/* A stuns URI with an IP address is none that the parser takes (RFC8489:8.1#1). */
static bool parse(struct stun_client *c, struct span uri, struct stun_uri *u)
{
    struct findings none = {0};
    struct span rest = span_cut(uri, 5, uri.n); /* what follows "stuns" */
    struct wr w = {c->scratch, 512, 0, false};

    if (stun_uri_parse(uri, u, &none))
        return !u->turn;
    wr_text(&w, "stun");
    wr_put(&w, rest);
    if (!rest.n || !client_flag(c, "stuns-address-taken") || !stun_uri_parse(wr_span(&w), u, &none))
        return false;
    u->secure = true;
    u->port = u->port_given ? u->port : 5349;
    return true;
}

bool client_find(struct stun_client *c, struct stun_transaction *t, struct span uri,
                 const struct input *in, struct outq *q, const char **why)
{
    struct stun_uri u;

    if (!parse(c, uri, &u) || u.host.n >= sizeof t->op.host) {
        *why = "not a URI of STUN, or stuns with an IP address";
        return false;
    }
    if (u.secure && !client_flag(c, "stuns-in-clear")) /* 8#a1 */
        t->transport = span_of(client_is_udp(t->transport) ? "udp/dtls" : "tcp/tls");
    memcpy(t->op.host, u.host.p, u.host.n);
    t->op.host[u.host.n] = '\0';
    if (!u.family)
        memcpy(t->op.domain, t->op.host, sizeof t->op.domain);
    t->op.port = client_flag(c, "other-default-port") && !u.port_given ? 3479 : u.port;
    if (u.family && !client_flag(c, "address-looked-up")) { /* 8.1#a1 */
        t->to = (struct addr){.family = u.family, .port = t->op.port};
        memcpy(t->to.ip, u.ip, sizeof t->to.ip);
        client_attempt(c, t, in, q);
    } else if (u.port_given && !u.family) { /* a port leaves nothing for SRV to say */
        ask_addresses(c, t, t->op.host, q);
    } else {
        ask_services(c, t, u.secure, q);
    }
    return true;
}

/* ---- answers ---- */

/* Order services as RFC2782 says: by priority, and by chance in proportion to weight where it is
 * equal; those of weight 0 stand first where the running sum is taken. */
static void order(struct stun_client *c, struct stun_service *v, size_t n)
{
    for (size_t i = 1; i < n; i++) /* insertion: priority, then weight 0 first */
        for (size_t k = i; k > 0; k--) {
            struct stun_service *a = &v[k - 1], *b = &v[k], x = *a;
            if (a->priority < b->priority ||
                (a->priority == b->priority && (a->weight == 0 || b->weight != 0)))
                break;
            *a = *b;
            *b = x;
        }
    for (size_t i = 0; i < n; i++) {
        uint64_t sum = 0, pick;
        size_t end = i;
        while (end < n && v[end].priority == v[i].priority)
            sum += v[end++].weight;
        pick = rng_next(c->env.rng) % (sum + 1);
        size_t k = i;
        for (uint64_t run = v[k].weight; run < pick && k + 1 < end; run += v[k].weight)
            k++;
        struct stun_service chosen = v[k];
        memmove(&v[i + 1], &v[i], (k - i) * sizeof *v);
        v[i] = chosen;
    }
}

static void services(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                     struct outq *q)
{
    struct stun_user_op *op = &t->op;

    if (in->n_srv == 1 && strcmp(in->srv[0].target, ".") == 0) { /* RFC2782: not to be had */
        client_end(t, in, q, STUN_R_FAILED, (struct span){0}, "the domain offers no such service");
        return;
    }
    for (size_t i = 0; i < in->n_srv && op->n_services < CLIENT_SERVICES; i++) {
        const struct srv *s = &in->srv[i];
        size_t n = strlen(s->target);
        if (n >= sizeof op->services[0].target || strcmp(s->target, ".") == 0)
            continue;
        struct stun_service *v = &op->services[op->n_services++];
        *v = (struct stun_service){.priority = s->priority, .weight = s->weight, .port = s->port};
        memcpy(v->target, s->target, n + 1);
    }
    if (!client_flag(c, "services-unordered"))
        order(c, op->services, op->n_services);
    if (!op->n_services && client_flag(c, "no-address-without-srv"))
        client_end(t, in, q, STUN_R_FAILED, (struct span){0}, "there is no SRV record");
    else if (!op->n_services)
        ask_addresses(c, t, op->host, q); /* 8.1#a6 */
    else
        client_next_target(c, t, in, q);
}

bool client_next_target(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                        struct outq *q)
{
    struct stun_user_op *op = &t->op;

    if (op->target > 0 &&
        client_flag(c, op->n_services ? "next-server-not-tried" : "next-address-not-tried"))
        return false;
    if (op->target < op->n_targets) {
        t->to = op->targets[op->target++];
        op->carry = false;
        client_attempt(c, t, in, q);
        return true;
    }
    if (op->service == op->n_services || op->n_targets == CLIENT_TARGETS)
        return false;
    const struct stun_service *s = &op->services[op->service++];
    op->port = client_flag(c, "port-of-srv-ignored") ? 3478 : s->port;
    ask_addresses(c, t, s->target, q);
    return true;
}

static void addresses(struct stun_client *c, struct stun_transaction *t, const struct input *in,
                      struct outq *q)
{
    struct stun_user_op *op = &t->op;

    for (size_t i = 0; i < in->n_found && op->n_targets < CLIENT_TARGETS; i++) {
        op->targets[op->n_targets] = in->found[i];
        op->targets[op->n_targets++].port = op->port;
    }
    if (!client_next_target(c, t, in, q))
        client_end(t, in, q, STUN_R_FAILED, (struct span){0},
                   op->n_targets ? "no address is left" : "the name does not resolve");
}

void client_found(struct stun_client *c, const struct input *in, struct outq *q)
{
    for (size_t i = 0; i < COUNT(c->tx); i++) {
        struct stun_transaction *t = &c->tx[i];
        if (!t->used || !t->user || t->op.question != in->token)
            continue;
        if (t->op.phase == PHASE_SERVICES)
            services(c, t, in, q);
        else if (t->op.phase == PHASE_ADDRESSES)
            addresses(c, t, in, q);
        return;
    }
}
