/* harness/drivers/sim.c - the simulated network: a queue of what is on its way, in virtual time. */
#include <stdio.h>
#include <stdlib.h>
#include "harness/core/capture.h"
#include "harness/drivers/sim_impl.h"
#include "harness/drivers/sim_zone.h"

void sim_fail(struct sim *s, const char *why)
{
    if (!s->d.error)
        s->d.error = why;
}

/* ---- the queue: a binary heap by time, then by order of sending ---- */

static bool sooner(const struct coming *a, const struct coming *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->seq < b->seq;
}

static void push(struct sim *s, struct coming c)
{
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 64;
        struct coming *h = cap <= SIM_EVENTS_MAX ? realloc(s->heap, cap * sizeof *h) : NULL;
        if (!h) {
            sim_fail(s, "too much is on its way in the simulated network");
            free(c.data);
            free(c.paced);
            return;
        }
        s->heap = h;
        s->cap = cap;
    }
    c.seq = s->seq++;
    if (c.to)
        c.to->refs++;
    size_t i = s->n++;
    for (; i > 0 && sooner(&c, &s->heap[(i - 1) / 2]); i = (i - 1) / 2)
        s->heap[i] = s->heap[(i - 1) / 2];
    s->heap[i] = c;
}

static struct coming pop(struct sim *s)
{
    struct coming out = s->heap[0], last = s->heap[--s->n];
    size_t i = 0;
    for (size_t kid; (kid = 2 * i + 1) < s->n; i = kid) {
        if (kid + 1 < s->n && sooner(&s->heap[kid + 1], &s->heap[kid]))
            kid++;
        if (!sooner(&s->heap[kid], &last))
            break;
        s->heap[i] = s->heap[kid];
    }
    s->heap[i] = last;
    return out;
}

static void arrive(struct sim *s, uint64_t at, struct sock *to, struct input in, struct span data)
{
    struct coming c = {.at_us = at, .to = to, .in = in};
    if (data.n) {
        c.data = malloc(data.n);
        if (!c.data) {
            sim_fail(s, "out of memory");
            return;
        }
        memcpy(c.data, data.p, data.n);
        c.in.data = (struct span){c.data, data.n};
    }
    push(s, c);
}

static void closed(struct sim *s, uint64_t at, struct sock *to, enum close_why why)
{
    arrive(s, at, to, (struct input){.kind = IN_CLOSED, .why = why}, (struct span){0});
}

/* ---- opening ---- */

static bool choose_local(struct sim *s, const struct party *p, const struct flow_spec *spec,
                         struct addr *local)
{
    const struct host *h = sim_host_of(p);
    uint8_t family = spec->local.family ? spec->local.family : spec->remote.family;
    struct addr any = {.family = family};

    *local = family == 6 ? h->ip6 : h->ip4;
    if (spec->local.family && sim_same_ip(&spec->local, &h->second))
        *local = h->second;
    else if (spec->local.family && !sim_same_ip(&spec->local, &any) &&
             !sim_same_ip(&spec->local, local))
        return false; /* not an address of this host */
    local->port = spec->local.port;
    bool udp = strncmp(spec->stack, "udp", 3) == 0;
    for (int tries = 0; !local->port && tries < 16384; tries++) {
        struct addr a = *local;
        a.port = s->next_port;
        s->next_port = s->next_port == 65535 ? SIM_PORT_FIRST : (uint16_t)(s->next_port + 1);
        if (!sim_addr_taken(s, &a, udp))
            local->port = a.port;
    }
    return local->port && ((!udp && !spec->listen) || !sim_sock_at(s, local, udp));
}

static void opened(struct sim *s, uint64_t at, struct sock *k, flow_id parent)
{
    arrive(s, at, k,
           (struct input){.kind = IN_OPENED,
                          .parent = parent,
                          .pkt = {.local = k->local, .remote = k->remote}},
           (struct span){0});
}

/* The listener that a connection from `k` comes to, and the way to it in *path; with sites, how the other end sees `k`
 * is path->src. */
static struct sock *listener_for(struct sim *s, struct sock *k, struct sim_path *path, bool *there)
{
    *path = (struct sim_path){.src = k->local, .dst = k->remote};
    if (s->sites)
        sim_route(s, k->host, false, &k->local, &k->remote, path);
    else
        path->host = sim_host_at(s, &k->remote);
    *there = path->host && !sim_path_cut(path);
    struct sock *listener = *there ? sim_sock_at(s, &path->dst, false) : NULL;
    return listener && listener->host == path->host ? listener : NULL;
}

static void connect_to(struct sim *s, struct sock *k)
{
    struct sim_path path;
    bool there;
    struct sock *listener = listener_for(s, k, &path, &there);
    uint64_t now = s->d.now_us, delay = s->path.spec.delay_us + sim_path_delay(&path);

    if (!listener) {
        closed(s, now + (there ? 2 * delay : SIM_CONNECT_US), k,
               there ? CLOSE_REFUSED : CLOSE_TIMEOUT);
        return;
    }
    struct sock *end =
        sim_sock_new(s, listener->host, s->next_accepted++, &listener->local, false, true);
    if (!end)
        return;
    end->remote = path.src;
    sim_pair(end, k);
    if (path.n && (k->path = malloc(sizeof path)) != NULL) {
        *k->path = path;
        end->path = k->path;
        k->owns_path = true;
    }
    k->last_us = end->last_us = now + 2 * delay;
    if (s->d.capture)
        capture_stream(s->d.capture, now, &k->local, &k->remote, CAPTURE_SYN, (struct span){0});
    opened(s, now + delay, end, listener->flow);
    opened(s, now + 2 * delay, k, 0);
}

static void do_open(struct sim *s, struct party *p, const struct output *o)
{
    bool udp = strncmp(o->open.stack, "udp", 3) == 0;
    struct addr local;
    bool known = udp || strncmp(o->open.stack, "tcp", 3) == 0;
    bool good = known && choose_local(s, p, &o->open, &local);
    if (!good)
        local = (struct addr){0};
    struct sock *k = sim_sock_new(s, sim_host_of(p), o->flow, &local, udp, false);

    if (!k)
        return;
    k->remote = o->open.remote;
    k->listening = o->open.listen && !udp;
    if (!good)
        closed(s, s->d.now_us, k, CLOSE_LOCAL);
    else if (udp || k->listening)
        opened(s, s->d.now_us, k, 0);
    else
        connect_to(s, k);
}

/* ---- sending ---- */

static uint8_t *join(const struct output *o, size_t *n)
{
    size_t at = 0;
    *n = 0;
    for (size_t i = 0; i < o->n_data; i++)
        *n += o->data[i].n;
    uint8_t *p = malloc(*n + 1);
    for (size_t i = 0; p && i < o->n_data; at += o->data[i++].n)
        if (o->data[i].n)
            memcpy(p + at, o->data[i].p, o->data[i].n);
    return p;
}

static void refuse(struct sim *s, struct sock *k, const struct addr *to, struct span data)
{
    if (!sim_host_at(s, to))
        return; /* nobody there to say so */
    uint64_t at = s->d.now_us + 2 * s->path.spec.delay_us;
    uint16_t icmp = to->family == 6 ? 1 << 8 | 4 : 3 << 8 | 3; /* port unreachable */
    struct input in = {.kind = IN_ICMP, .icmp = icmp, .pkt = {.remote = *to, .local = k->local}};
    if (s->d.capture)
        in.pkt.frame = capture_icmp(s->d.capture, at, to, &k->local, icmp, &k->local, to, data);
    arrive(s, at, k, in, span_cut(data, 0, 548));
}

/* ICMP that a party makes, as a host or a router on the way would. */
static void send_icmp(struct sim *s, const struct sock *k, const struct output *o)
{
    struct sock *to = sim_sock_at(s, &o->pkt.remote, true);
    struct addr lost = o->pkt.local.family ? o->pkt.local : k->local;
    struct span quoted = o->n_data ? o->data[0] : (struct span){0};

    if (!to || to->local.family != lost.family)
        return;
    struct input in = {.kind = IN_ICMP,
                       .icmp = o->icmp,
                       .mtu = o->mtu,
                       .pkt = {.remote = lost, .local = to->local}};
    if (s->d.capture)
        in.pkt.frame = capture_icmp(s->d.capture, s->d.now_us, &k->local, &to->local, o->icmp,
                                    &to->local, &lost, quoted);
    arrive(s, s->d.now_us + s->path.spec.delay_us, to, in, quoted);
}

/* A router on the way says that a datagram does not fit. */
static void too_big(struct sim *s, struct sock *k, const struct addr *to, uint32_t mtu,
                    uint64_t at_us, struct span data)
{
    uint16_t icmp = to->family == 6 ? 2 << 8 : 3 << 8 | 4;
    struct input in = {
        .kind = IN_ICMP, .icmp = icmp, .mtu = mtu, .pkt = {.remote = *to, .local = k->local}};

    if (s->d.capture)
        in.pkt.frame = capture_icmp(s->d.capture, at_us, to, &k->local, icmp, &k->local, to, data);
    arrive(s, at_us, k, in, span_cut(data, 0, 548));
}

/* Through the sites between, from when it has passed the network itself. */
static void send_across(struct sim *s, struct sock *k, const struct addr *to, struct input *in,
                        const struct impair_fate *f, struct span data)
{
    struct sim_path path;

    sim_route(s, k->host, true, &k->local, to, &path); /* also of what is lost: NATs have seen it */
    struct sock *end = path.host ? sim_sock_at(s, &path.dst, true) : NULL;
    uint8_t hops = (uint8_t)path.n;
    in->pkt.remote = path.src;
    in->pkt.local = path.dst;
    in->pkt.ttl = in->pkt.ttl > hops ? in->pkt.ttl - hops : 0;
    for (size_t i = 0; f->loss == IMPAIR_KEPT && i < 1u + f->doubled; i++) {
        struct sim_fate fate;
        sim_cross(&path, f->at_us[i], data, in->pkt.dont_fragment || to->family == 6, &fate);
        if (fate.mtu)
            too_big(s, k, to, fate.mtu, f->at_us[i], data);
        if (!fate.n || path.dropped || !path.host || !in->pkt.ttl)
            continue;
        if (!end || end->host != path.host)
            refuse(s, k, to, data);
        for (size_t n = 0; end && end->host == path.host && n < fate.n; n++)
            arrive(s, fate.at_us[n], end, *in, data);
    }
}

static void send_datagram(struct sim *s, struct sock *k, const struct output *o, struct span data)
{
    struct addr to = o->pkt.remote.family ? o->pkt.remote : k->remote;
    struct input in = {.kind = IN_BYTES, .pkt = o->pkt};

    if (!to.family)
        return;
    in.pkt.remote = k->local;
    in.pkt.local = to;
    in.pkt.ttl = o->pkt.ttl ? o->pkt.ttl : 64;
    if (s->d.capture)
        in.pkt.frame = capture_datagram(s->d.capture, s->d.now_us, &k->local, &to, data);
    party_sent(k->host->party, &to, data, in.pkt.frame);
    size_t packet = o->pkt.dont_fragment ? data.n + (to.family == 6 ? 48 : 28) : 0;
    struct impair_fate f = impair_datagram(&s->path, s->d.now_us, data.n, packet);
    if (f.loss == IMPAIR_KEPT)
        impair_corrupt(&f, (uint8_t *)(uintptr_t)data.p, data.n); /* the sender's copy: do_send */
    if (s->sites) {
        send_across(s, k, &to, &in, &f, data);
        return;
    }
    struct sock *end = sim_sock_at(s, &to, true);
    if (f.loss == IMPAIR_KEPT && !end && sim_host_at(s, &to))
        refuse(s, k, &to, data);
    for (size_t i = 0; end && f.loss == IMPAIR_KEPT && i < 1u + f.doubled; i++)
        arrive(s, f.at_us[i], end, in, data);
}

static void send_stream(struct sim *s, struct sock *k, struct span data)
{
    struct sock *end = k->peer;
    size_t step = s->path.spec.segment ? s->path.spec.segment : data.n;
    uint32_t frame = 0;

    if (!end || k->eof_sent)
        return;
    if (k->path && sim_path_cut(k->path)) {
        closed(s, s->d.now_us + SIM_CONNECT_US, k, CLOSE_TIMEOUT);
        closed(s, s->d.now_us + SIM_CONNECT_US, end, CLOSE_TIMEOUT);
        return;
    }
    for (size_t at = 0; at < data.n; at += step) {
        struct span part = span_cut(data, at, at + step);
        struct input in = {.kind = IN_BYTES, .pkt = {.remote = end->remote, .local = end->local}};
        uint64_t when = s->d.now_us + s->path.spec.delay_us;
        when += k->path ? sim_path_delay(k->path) : 0;
        if (s->d.capture)
            in.pkt.frame = frame =
                capture_stream(s->d.capture, s->d.now_us, &k->local, &end->local, 0, part);
        k->last_us = when > k->last_us ? when : k->last_us;
        if (end->dead) /* the other side closed: the network answers with a reset */
            closed(s, k->last_us, k, CLOSE_RESET);
        else
            arrive(s, k->last_us, end, in, part);
    }
    party_sent(k->host->party, &k->remote, data, frame);
}

static void do_send(struct sim *s, struct party *p, const struct output *o)
{
    struct sock *k = sim_sock_of(s, p, o->flow);
    size_t n;

    if (!k)
        return;
    uint8_t *data = join(o, &n);
    if (!data) {
        sim_fail(s, "out of memory");
        return;
    }
    if (o->not_before_us > s->d.now_us) {
        struct coming c = {.at_us = o->not_before_us, .to = k, .data = data};
        c.paced = malloc(sizeof *c.paced);
        if (!c.paced) {
            free(data);
            sim_fail(s, "out of memory");
            return;
        }
        *c.paced = *o;
        c.in.data = (struct span){data, n};
        push(s, c);
        return;
    }
    if (k->udp)
        send_datagram(s, k, o, (struct span){data, n});
    else
        send_stream(s, k, (struct span){data, n});
    free(data);
}

/* ---- ending ---- */

/* Both directions of a stream have ended: its end is told so, once. */
static void check_ended(struct sim *s, struct sock *k)
{
    if (k->dead || k->ended || !k->eof_sent || !k->eof_seen)
        return;
    k->ended = true;
    closed(s, s->d.now_us, k, CLOSE_DONE);
}

static void send_eof(struct sim *s, struct sock *k)
{
    if (k->udp || k->listening || !k->peer || k->eof_sent)
        return;
    k->eof_sent = true;
    uint64_t at = s->d.now_us + s->path.spec.delay_us;
    k->last_us = at > k->last_us ? at : k->last_us;
    if (s->d.capture)
        capture_stream(s->d.capture, s->d.now_us, &k->local, &k->peer->local, CAPTURE_FIN,
                       (struct span){0});
    if (!k->peer->dead)
        arrive(s, k->last_us, k->peer, (struct input){.kind = IN_EOF}, (struct span){0});
}

static void close_sock(struct sim *s, struct sock *k, bool abort)
{
    if (k->peer && abort) {
        uint64_t at = s->d.now_us + s->path.spec.delay_us;
        if (s->d.capture)
            capture_stream(s->d.capture, s->d.now_us, &k->local, &k->peer->local, CAPTURE_RST,
                           (struct span){0});
        closed(s, at > k->last_us ? at : k->last_us, k->peer, CLOSE_RESET);
    } else {
        send_eof(s, k);
    }
    sim_sock_kill(s, k);
}

static void do_resolve(struct sim *s, struct party *p, const struct output *o)
{
    struct coming c = {.at_us = s->d.now_us + s->path.spec.delay_us, .party = p};

    c.in = (struct input){.kind = IN_RESOLVED, .token = o->token};
    if (!zone_answer(s->zone, o->name, o->rr_type, &c.in, &c.data))
        sim_fail(s, "out of memory");
    push(s, c);
}

/* What waits is given as an input of its own, after what is being done now. */
static void pause_sock(struct sim *s, struct sock *k, bool on)
{
    k->paused = on;
    if (on || !k->first || k->resuming)
        return;
    k->resuming = true;
    arrive(s, s->d.now_us, k, (struct input){.kind = IN_TIMER}, (struct span){0});
}

static void take_output(struct sim *s, struct party *p, const struct output *o)
{
    bool named = o->kind == OUT_SHUTDOWN || o->kind == OUT_CLOSE || o->kind == OUT_ICMP ||
                 o->kind == OUT_PAUSE || o->kind == OUT_RESUME;
    struct sock *k = named ? sim_sock_of(s, p, o->flow) : NULL;

    if (o->kind == OUT_OPEN) {
        do_open(s, p, o);
    } else if (o->kind == OUT_SEND) {
        do_send(s, p, o);
    } else if (o->kind == OUT_RESOLVE) {
        do_resolve(s, p, o);
    } else if (k && o->kind == OUT_SHUTDOWN) {
        send_eof(s, k);
        check_ended(s, k);
    } else if (k && o->kind == OUT_CLOSE) {
        close_sock(s, k, o->abort);
    } else if (k && o->kind == OUT_ICMP) {
        send_icmp(s, k, o);
    } else if (k && !k->udp) {
        pause_sock(s, k, o->kind == OUT_PAUSE);
    }
}

static void take_outputs(struct sim *s, struct party *p)
{
    for (size_t i = 0; i < p->out.n && sim_host_of(p)->party; i++)
        take_output(s, p, &p->out.v[i]);
    p->out.n = 0;
}

/* ---- running ---- */

/* Give an input now and do what it causes. */
static void give(struct sim *s, struct party *p, struct input *in)
{
    in->now_us = s->d.now_us;
    party_input(p, in);
    if (!p->busy)
        take_outputs(s, p);
}

/* Tell who sends to `k` that too much waits there, or no longer. */
static void press(struct sim *s, struct sock *k)
{
    struct sock *end = k->peer;

    if (!end || end->dead || end->full == (k->waiting > SIM_BACKLOG_MARK / (end->full ? 2 : 1)))
        return;
    end->full = !end->full;
    arrive(s, s->d.now_us, end, (struct input){.kind = end->full ? IN_FULL : IN_WRITABLE},
           (struct span){0});
}

/* Whether octets or their end wait, since the stream is paused, or others wait before them. */
static bool hold(struct sim *s, struct sock *k, struct coming *c)
{
    if ((!k->paused && !k->first) || (c->in.kind != IN_BYTES && c->in.kind != IN_EOF))
        return false;
    struct held *h = malloc(sizeof *h);
    if (!h) {
        sim_fail(s, "out of memory");
        return true;
    }
    *h = (struct held){.c = *c};
    c->data = NULL;
    *(k->last ? &k->last->next : &k->first) = h;
    k->last = h;
    k->waiting += h->c.in.data.n;
    press(s, k);
    return true;
}

static void take_in(struct sim *s, struct sock *k, struct coming *c)
{
    struct party *p = k->host->party;

    c->in.flow = k->flow;
    k->eof_seen |= c->in.kind == IN_EOF;
    if (c->in.kind == IN_CLOSED)
        sim_sock_kill(s, k);
    give(s, p, &c->in);
    check_ended(s, k);
}

static void take_waiting(struct sim *s, struct sock *k)
{
    k->resuming = false;
    while (!k->dead && k->first && !k->paused) {
        struct coming c = sim_unhold(k);
        press(s, k);
        take_in(s, k, &c);
        free(c.data);
    }
}

static void deliver_to(struct sim *s, struct sock *k, struct coming *c)
{
    if (c->paced) {
        if (k->udp)
            send_datagram(s, k, c->paced, c->in.data);
        else
            send_stream(s, k, c->in.data);
        return;
    }
    if (c->in.kind == IN_TIMER)
        take_waiting(s, k);
    else if (!hold(s, k, c))
        take_in(s, k, c);
}

static void deliver(struct sim *s, struct coming *c)
{
    if (c->to && !c->to->dead)
        deliver_to(s, c->to, c);
    else if (c->party)
        give(s, c->party, &c->in);
    sim_sock_unref(s, c->to);
    free(c->data);
    free(c->paced);
}

/* Free the parties that were removed while they were being called. */
static void bury(struct sim *s)
{
    while (s->graves) {
        struct party *p = s->graves;
        s->graves = p->next;
        party_free(p);
    }
}

static struct party *next_due(const struct sim *s)
{
    struct party *best = NULL;
    for (struct party *p = s->parties; p; p = p->next)
        if (p->due_us != NO_DEADLINE && (!best || p->due_us < best->due_us))
            best = p;
    return best;
}

static uint64_t run(struct driver *d, uint64_t until_us)
{
    struct sim *s = (struct sim *)d;
    size_t steps = 0;

    d->stop = false;
    while (!d->stop && !d->error) {
        struct party *due = next_due(s);
        uint64_t timer = due ? due->due_us : NO_DEADLINE;
        uint64_t next = s->n ? s->heap[0].at_us : NO_DEADLINE;
        next = timer < next ? timer : next;
        if (next == NO_DEADLINE || next > until_us) {
            if (until_us != NO_DEADLINE && until_us > d->now_us)
                d->now_us = until_us;
            break;
        }
        steps = next > d->now_us ? 0 : steps + 1;
        if (steps > SIM_STEPS_AT_ONCE)
            sim_fail(s, "the simulated parties go on for ever at one instant");
        d->now_us = next > d->now_us ? next : d->now_us;
        if (s->n && s->heap[0].at_us <= d->now_us) {
            struct coming c = pop(s);
            deliver(s, &c);
        } else {
            party_timers(due, d->now_us);
            take_outputs(s, due);
        }
        bury(s);
    }
    return d->now_us;
}

/* ---- the driver's surface ---- */

static struct party *add(struct driver *d, const struct party_spec *spec, const char **err)
{
    struct sim *s = (struct sim *)d;
    struct host *h = calloc(1, sizeof *h);
    struct party *p = h ? party_new(d, spec, err) : NULL;

    if (!p) {
        free(h);
        return NULL;
    }
    h->party = p;
    h->n = ++s->n_hosts;
    h->ip4 = spec->host.family == 4 ? spec->host : sim_host_addr(h->n, 4);
    h->ip6 = spec->host.family == 6 ? spec->host : sim_host_addr(h->n, 6);
    h->second = spec->second;
    h->ip4.port = h->ip6.port = h->second.port = 0;
    h->next = s->hosts;
    s->hosts = h;
    p->addr = spec->host.family == 6 ? h->ip6 : h->ip4;
    p->transport = h;
    p->next = s->parties;
    s->parties = p;
    give(s, p, &(struct input){.kind = IN_START, .rec = spec->config});
    return p;
}

static void command(struct party *p, const struct verb *v, const void *args, uint32_t token)
{
    struct sim *s = (struct sim *)p->driver;
    give(s, p, &(struct input){.kind = IN_COMMAND, .verb = v, .rec = args, .token = token});
}

static void remove_party(struct party *p)
{
    struct sim *s = (struct sim *)p->driver;
    struct host *h = sim_host_of(p);

    if (!h->party)
        return;
    while (h->socks)
        close_sock(s, h->socks, true);
    for (size_t i = 0; i < s->n; i++)
        if (s->heap[i].party == p)
            s->heap[i].party = NULL;
    for (struct party **at = &s->parties; *at; at = &(*at)->next)
        if (*at == p) {
            *at = p->next;
            break;
        }
    h->party = NULL;
    if (p->busy) {
        p->next = s->graves;
        s->graves = p;
    } else {
        party_free(p);
    }
}

static void destroy(struct driver *d)
{
    struct sim *s = (struct sim *)d;
    for (struct party *p = s->parties, *next; p; p = next) {
        next = p->next;
        party_free(p);
    }
    bury(s);
    for (size_t i = 0; i < s->n; i++) {
        sim_sock_unref(s, s->heap[i].to);
        free(s->heap[i].data);
        free(s->heap[i].paced);
    }
    for (struct host *h = s->hosts, *next; h; h = next) {
        next = h->next;
        while (h->socks)
            sim_sock_kill(s, h->socks);
        free(h);
    }
    for (struct sock *k = s->spare, *next; k; k = next) {
        next = k->next;
        free(k);
    }
    sim_sites_free(s);
    zone_free(s->zone);
    free(s->by_flow);
    free(s->heap);
    free(s);
}

static const struct driver_class sim_class = {"sim", add, command, remove_party, run, destroy};

struct driver *sim_new(uint64_t seed, struct capture *capture)
{
    struct sim *s = calloc(1, sizeof *s);
    if (!s || !sim_flows_grow(s)) {
        free(s);
        return NULL;
    }
    s->d.cls = &sim_class;
    s->d.capture = capture;
    s->next_port = SIM_PORT_FIRST;
    s->next_accepted = FLOW_ACCEPTED;
    impair_init(&s->path, &(struct impair_spec){.delay_us = SIM_DELAY_US}, seed);
    return &s->d;
}

struct impair_spec *sim_network(struct driver *d)
{
    return &((struct sim *)d)->path.spec;
}

uint64_t sim_disturbed(const struct driver *d)
{
    return ((const struct sim *)d)->path.disturbed;
}

bool sim_name(struct driver *d, const char *name, const struct addr *a)
{
    return zone_add(&((struct sim *)d)->zone, name, a, NULL);
}

bool sim_service(struct driver *d, const char *name, const struct srv *v)
{
    return zone_add(&((struct sim *)d)->zone, name, NULL, v);
}
