/* harness/tests/rtp_rig.h - participants in the simulator and what they said, for tests. */
#ifndef HARNESS_TESTS_RTP_RIG_H
#define HARNESS_TESTS_RTP_RIG_H
#include <stdio.h>
#include <stdlib.h>
#include "harness/core/test.h"
#include "harness/drivers/sim.h"
#include "harness/endpoints/rtp/rtp_session.h"

enum { RIG_PARTIES = 4, RIG_NOTES = 20000, RIG_WIRE = 512 };
struct note { /* an event of a party, without what lives in its queue */
    struct party *party;
    char name[16];
    uint8_t kind;
    struct rtp_notice n; /* numbers only */
    char why[64], digit[2];
    size_t n_data, n_octets;
    uint8_t data[128], octets[RIG_WIRE];
    uint32_t token;
    char digits[RTP_DTMF_MAX + 1];
    struct rtp_source source; /* the first */
};
struct net {
    struct driver *d;
    struct party *party[RIG_PARTIES];
    struct note *notes;
    size_t n, n_parties;
    uint32_t token;
};

static void rig_copy(uint8_t *to, size_t cap, size_t *n, struct span s)
{
    *n = s.n < cap ? s.n : cap;
    if (*n)
        memcpy(to, s.p, *n);
}

static void rig_event(void *ctx, const struct event *ev)
{
    struct net *net = ctx;
    const struct rtp_notice *e = ev->rec;

    if (net->n == RIG_NOTES || ev->desc != &rtp_notice_desc)
        return;
    struct note *o = &net->notes[net->n++];
    o->party = ev->party;
    snprintf(o->name, sizeof o->name, "%s", ev->name);
    o->kind = e->kind;
    o->n = *e;
    o->token = ev->token;
    snprintf(o->why, sizeof o->why, "%s", e->why ? e->why : "");
    snprintf(o->digit, sizeof o->digit, "%s", e->digit ? e->digit : "");
    rig_copy(o->data, sizeof o->data, &o->n_data, e->data);
    rig_copy(o->octets, sizeof o->octets, &o->n_octets, e->octets);
    memcpy(o->digits, e->digits.p ? (const char *)e->digits.p : "", e->digits.n);
    o->digits[e->digits.n] = '\0';
    if (e->n_sources)
        o->source = e->sources[0];
}

static inline void net_open(struct net *net, uint64_t seed)
{
    memset(net, 0, sizeof *net);
    net->notes = calloc(RIG_NOTES, sizeof *net->notes);
    net->d = sim_new(seed, NULL);
    CU_ASSERT_TRUE_FATAL(net->d && net->notes);
    net->d->on_event = rig_event;
    net->d->ctx = net;
}

static inline struct party *net_add(struct net *net, const struct endpoint_class *cls,
                                    const struct rtp_config *c, const char *fault)
{
    const char *err = "", *const faults[] = {fault, NULL};
    struct party *p = net->d->cls->add(
        net->d,
        &(struct party_spec){
            .cls = cls, .config = c, .seed = 7 + net->n_parties, .faults = fault ? faults : NULL},
        &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    net->party[net->n_parties++] = p;
    return p;
}

static inline uint32_t net_ask(struct net *net, struct party *p, const char *verb,
                               const struct rtp_args *a)
{
    static const struct rtp_args none;
    const struct endpoint_class *c = party_class(p);

    for (size_t i = 0; i < c->n_verbs; i++)
        if (strcmp(c->verbs[i].name, verb) == 0) {
            net->d->cls->command(p, &c->verbs[i], a ? a : &none, ++net->token);
            return net->token;
        }
    CU_FAIL("no such verb");
    return 0;
}

static inline void net_run(struct net *net, double seconds)
{
    net->d->cls->run(net->d, net->d->now_us + (uint64_t)(seconds * 1e6 + 0.5));
    CU_ASSERT_PTR_NULL(net->d->error);
}

/* The i-th event of a kind that a party told, from 0; NULL: there are not so many. */
static inline const struct note *net_note(const struct net *net, const struct party *p,
                                          enum rtp_notice_kind kind, size_t i)
{
    for (size_t k = 0; k < net->n; k++)
        if (net->notes[k].party == p && net->notes[k].kind == kind && i-- == 0)
            return &net->notes[k];
    return NULL;
}

static inline size_t net_count(const struct net *net, const struct party *p,
                               enum rtp_notice_kind kind)
{
    size_t n = 0;
    while (net_note(net, p, kind, n))
        n++;
    return n;
}

static inline const struct note *net_answer(const struct net *net, uint32_t token)
{
    for (size_t k = 0; k < net->n; k++)
        if (net->notes[k].token == token)
            return &net->notes[k];
    return NULL;
}

/* Ask and wait for the answer. */
static inline struct note net_asked(struct net *net, struct party *p, const char *verb,
                                    const struct rtp_args *a)
{
    uint32_t token = net_ask(net, p, verb, a);
    static const struct note nothing;
    const struct note *o;

    for (int i = 0; i < 1000 && !net_answer(net, token); i++)
        net_run(net, 0.1);
    o = net_answer(net, token);
    CU_ASSERT_PTR_NOT_NULL(o);
    return o ? *o : nothing;
}

static inline void net_close(struct net *net)
{
    net->d->cls->destroy(net->d);
    free(net->notes);
}
#endif
