/* harness/drivers/live_test.c - the live driver against itself on loopback. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "harness/core/capture.h"
#include "harness/core/test.h"
#include "harness/drivers/live.h"

enum { WAIT_US = 20000000, BURST = 64, PACED = 10, BIG = 1 << 20, RELAYED = 8 };

/* ---- one scripted endpoint class for all tests: what it does is a mode of its configuration ----
 */

enum mode {
    ECHO,      /* answers what comes, from the address it came to; streams too; EOF with shutdown */
    PEER,      /* opens one flow, then `burst` datagrams or `big` octets in odd chunks */
    RELAY,     /* datagrams of each new remote go out through a flow of its own */
    PACER,     /* PACED datagrams, the last first */
    CLOSER,    /* a listener that closes (abort: resets) what it accepts at the first octets */
    RESOLVER,  /* asks for a name */
    DEADLINES, /* PACED timers */
    DIALER,    /* a listener that connects to `remote` from where it listens, and to pkt.remote */
};
struct conf {
    enum mode mode;
    const char *stack;
    struct addr local, remote;
    bool listen, abort;
    size_t burst, size, big, rounds; /* rounds: how often `big` is sent, 0: once */
    bool closes;                     /* after `big`, in place of shutdown */
    const char *name;
    uint16_t rr_type; /* of `name` */
    struct pkt pkt;
};
struct told { /* F_ record of each event: what the endpoint was given */
    struct input in;
    uint8_t data[64];
};
static const struct desc told_desc = {.name = "told", .size = sizeof(struct told)};
struct ep {
    struct env env;
    struct conf c;
    uint64_t due;
    size_t timers, sent, got, n_clients;
    struct addr clients[RELAYED];
    struct pkt towards[RELAYED];
    uint8_t big[BIG];
};

static void tell(struct outq *q, const char *name, const struct input *in)
{
    struct told *t = out_event(q, name, &told_desc, in->token);
    if (!t)
        return;
    t->in = *in;
    if (in->data.n)
        memcpy(t->data, in->data.p, in->data.n < sizeof t->data ? in->data.n : sizeof t->data);
}

static void open_flow(struct outq *q, flow_id id, const struct conf *c)
{
    struct output *o = out_put(q, OUT_OPEN, id);
    o->open.stack = c->stack;
    o->open.listen = c->listen;
    o->open.local = c->local;
    o->open.remote = c->remote;
}

static void send_number(struct outq *q, const struct conf *c, uint32_t i, uint64_t not_before)
{
    uint8_t octets[1024] = {0};
    put_u32(octets, i);
    struct output *o = out_send(q, 1, (struct span){octets, c->size ? c->size : 4}, &c->pkt);
    o->not_before_us = not_before;
}

static void start(struct ep *e, const struct input *in, struct outq *q)
{
    e->c = *(const struct conf *)in->rec;
    e->due = NO_DEADLINE;
    if (e->c.mode == RESOLVER) {
        struct output *o = out_put(q, OUT_RESOLVE, 0);
        o->name = e->c.name;
        o->rr_type = e->c.rr_type;
        o->token = 7;
    } else if (e->c.mode == DEADLINES) {
        e->due = in->now_us + 100;
    } else {
        open_flow(q, 1, &e->c);
    }
}

/* Octets in chunks of 1, 2, 4, 7 ... that are not borrowed from the queue. */
static void send_big(struct ep *e, const struct input *in, struct outq *q)
{
    for (size_t n = 1, at = 0; at < e->c.big; at += n, n = n * 7 / 4 + 1) {
        n = n < e->c.big - at ? n : e->c.big - at;
        struct span *two = arena_take(&q->mem, 2 * sizeof *two);
        struct output *o = out_put(q, OUT_SEND, in->flow);
        two[0] = (struct span){e->big + at, n / 2};
        two[1] = (struct span){e->big + at + n / 2, n - n / 2};
        o->data = two;
        o->n_data = 2;
    }
}

static void opened(struct ep *e, const struct input *in, struct outq *q)
{
    if (e->c.mode == DIALER && in->flow == 1) {
        out_open(q, 2, "tcp", false, &in->pkt.local)->open.remote = e->c.remote;
        out_open(q, 3, "tcp", false, &in->pkt.local)->open.remote = e->c.pkt.remote;
    }
    if (e->c.mode == PEER && e->c.big) {
        for (size_t i = 0; i < e->c.big; i++)
            e->big[i] = (uint8_t)rng_next(e->env.rng);
        for (size_t i = 0; i < (e->c.rounds ? e->c.rounds : 1); i++)
            send_big(e, in, q);
        out_put(q, e->c.closes ? OUT_CLOSE : OUT_SHUTDOWN, in->flow);
    }
    for (uint32_t i = 0; e->c.mode == PEER && i < e->c.burst; i++)
        send_number(q, &e->c, i, 0);
    for (uint32_t i = PACED; e->c.mode == PACER && i-- > 0;)
        send_number(q, &e->c, i, in->now_us + 100 + i * 200);
}

static void relay(struct ep *e, const struct input *in, struct outq *q)
{
    size_t i = 0;

    if (in->flow != 1) { /* an answer, back to the client that this flow is for */
        out_send(q, 1, in->data, &e->towards[in->flow - 2]);
        return;
    }
    while (i < e->n_clients && !addr_eq(&e->clients[i], &in->pkt.remote))
        i++;
    if (i == RELAYED)
        return;
    if (i == e->n_clients) {
        e->clients[i] = in->pkt.remote;
        e->towards[i] = (struct pkt){.remote = in->pkt.remote, .local = in->pkt.local};
        e->n_clients++;
        open_flow(q, (flow_id)i + 2,
                  &(struct conf){.stack = "udp", .local = {4, {127, 0, 0, 1}, 0}});
    }
    out_send(q, (flow_id)i + 2, in->data, &(struct pkt){.remote = e->c.remote});
}

static void bytes(struct ep *e, const struct input *in, struct outq *q)
{
    if (e->c.mode == ECHO)
        out_send(q, in->flow, in->data,
                 &(struct pkt){.remote = in->pkt.remote, .local = in->pkt.local});
    else if (e->c.mode == RELAY)
        relay(e, in, q);
    else if (e->c.mode == CLOSER)
        out_put(q, OUT_CLOSE, in->flow)->abort = e->c.abort;
    if (e->c.mode == PEER && e->c.big) {
        CU_ASSERT_FATAL(e->got + in->data.n <= e->c.big);
        if (memcmp(e->big + e->got, in->data.p, in->data.n) == 0)
            e->got += in->data.n;
    }
}

static void input(void *self, const struct input *in, struct outq *q)
{
    static const char *const names[] = {"start", "opened",   "bytes",    "eof",   "closed", "icmp",
                                        "full",  "writable", "resolved", "timer", "command"};
    struct ep *e = self;

    if (in->kind == IN_START)
        start(e, in, q);
    else if (in->kind == IN_OPENED)
        opened(e, in, q);
    else if (in->kind == IN_BYTES)
        bytes(e, in, q);
    else if (in->kind == IN_EOF && e->c.mode == ECHO)
        out_put(q, OUT_SHUTDOWN, in->flow);
    else if (in->kind == IN_TIMER)
        e->due = ++e->timers < PACED ? in->now_us + 50 : NO_DEADLINE;
    else if (in->kind == IN_COMMAND)
        send_number(q, &e->c, in->token, 0);
    tell(q, names[in->kind], in);
}

static uint64_t deadline(const void *self)
{
    return ((const struct ep *)self)->due;
}

static const struct endpoint_class ep_class = {
    .name = "test.ep", .size = sizeof(struct ep), .input = input, .deadline = deadline};

/* ---- what a test sees ---- */

struct seen {
    struct party *who;
    struct told t;
    char name[12];
};
struct world {
    struct driver *d;
    struct seen v[4096];
    size_t n;
    const char *until; /* event that ends the run, `times` of it, of this party or any */
    struct party *of;
    size_t times;
    struct party *remove_at_bytes;
};

static size_t count(const struct world *w, const struct party *p, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < w->n; i++)
        n += (!p || w->v[i].who == p) && strcmp(w->v[i].name, name) == 0;
    return n;
}

static void on_event(void *ctx, const struct event *ev)
{
    struct world *w = ctx;

    CU_ASSERT_FATAL(w->n < COUNT(w->v));
    struct seen *s = &w->v[w->n++];
    s->who = ev->party;
    s->t = *(const struct told *)ev->rec;
    snprintf(s->name, sizeof s->name, "%s", ev->name);
    if (w->remove_at_bytes == ev->party && strcmp(ev->name, "bytes") == 0) {
        w->remove_at_bytes = NULL;
        w->d->cls->remove(ev->party);
    }
    if (w->until && count(w, w->of, w->until) >= w->times)
        driver_break(w->d);
}

static struct world *world_with(const struct live_options *o)
{
    struct world *w = calloc(1, sizeof *w);
    const char *err;

    w->d = live_new(o, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w->d);
    if (!w->d) /* FATAL has left already */
        abort();
    w->d->on_event = on_event;
    w->d->ctx = w;
    return w;
}

static struct world *world(void)
{
    return world_with(&(struct live_options){0});
}

static void world_end(struct world *w)
{
    CU_ASSERT_PTR_NULL(w->d->error);
    if (w->d->error)
        printf("\nerror: %s\n", w->d->error);
    w->d->cls->destroy(w->d);
    free(w);
}

static struct party *party(struct world *w, struct conf c)
{
    const char *err;
    struct party *p =
        w->d->cls->add(w->d, &(struct party_spec){.cls = &ep_class, .config = &c, .seed = 5}, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    return p;
}

/* Run until `p` (NULL: any) has told `times` of `name`; false: it has not in time. */
static bool until(struct world *w, struct party *p, const char *name, size_t times)
{
    w->until = name;
    w->of = p;
    w->times = times;
    while (count(w, p, name) < times && !w->d->error)
        if (w->d->cls->run(w->d, w->d->now_us + WAIT_US) && !w->d->stop)
            break;
    w->until = NULL;
    if (count(w, p, name) < times)
        printf("\n%zu of %zu %s\n", count(w, p, name), times, name);
    return count(w, p, name) >= times;
}

static const struct told *nth(const struct world *w, const struct party *p, const char *name,
                              size_t n)
{
    static const struct told none = {0};
    for (size_t i = 0; i < w->n; i++)
        if (w->v[i].who == p && strcmp(w->v[i].name, name) == 0 && n-- == 0)
            return &w->v[i].t;
    CU_FAIL("no such event");
    return &none;
}

static const struct addr lo4 = {4, {127, 0, 0, 1}, 0}, lo6 = {6, {[15] = 1}, 0},
                         two4 = {4, {127, 0, 0, 2}, 0}, any4 = {4, {0}, 0}, any6 = {6, {0}, 0};

static bool have_ip6(void)
{
    struct sockaddr_in6 sa = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_DGRAM, 0);
    bool have = fd >= 0 && bind(fd, (struct sockaddr *)&sa, sizeof sa) == 0;
    if (fd >= 0)
        close(fd);
    return have;
}

static struct addr with_port(struct addr a, uint16_t port)
{
    a.port = port;
    return a;
}

/* A port of loopback that nobody has, for a moment at least. */
static uint16_t free_port(int type)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof sa;
    int fd = socket(AF_INET, type, 0);

    CU_ASSERT_EQUAL_FATAL(bind(fd, (struct sockaddr *)&sa, n), 0);
    getsockname(fd, (struct sockaddr *)&sa, &n);
    close(fd);
    return ntohs(sa.sin_port);
}

/* ---- datagrams ---- */

static void bursts(const struct live_options *o, struct addr at, struct addr to, size_t size)
{
    struct world *w = world_with(o);
    struct party *server = party(w, (struct conf){.mode = ECHO, .stack = "udp", .local = at});

    CU_ASSERT_TRUE(until(w, server, "opened", 1));
    to.port = party_addr(server).port;
    CU_ASSERT_NOT_EQUAL(to.port, 0);
    struct party *client = party(w, (struct conf){.mode = PEER,
                                                  .stack = "udp",
                                                  .remote = to,
                                                  .burst = BURST,
                                                  .size = size,
                                                  .pkt = {.ttl = 33, .tos = 0xb8}});
    CU_ASSERT_TRUE(until(w, client, "bytes", BURST));
    for (uint32_t i = 0; i < BURST; i++) {
        const struct told *asked = nth(w, server, "bytes", i), *got = nth(w, client, "bytes", i);
        CU_ASSERT_EQUAL(get_u32(asked->data), i);
        CU_ASSERT_EQUAL(asked->in.pkt.ttl, 33);
        CU_ASSERT_EQUAL(asked->in.pkt.tos, 0xb8);
        CU_ASSERT_TRUE(addr_eq(&asked->in.pkt.local, &to));
        CU_ASSERT_EQUAL(get_u32(got->data), i);
        CU_ASSERT_EQUAL(got->in.data.n, size);
        CU_ASSERT_TRUE(got->in.pkt.ttl > 33);
        CU_ASSERT_TRUE(addr_eq(&got->in.pkt.remote, &to));
    }
    CU_ASSERT_EQUAL(live_counts(w->d)->sent, 2 * BURST);
    CU_ASSERT_EQUAL(live_counts(w->d)->received, 2 * BURST);
    CU_ASSERT_TRUE(live_counts(w->d)->sends < 2 * BURST); /* the client's left in one batch */
    world_end(w);
}

static void udp4(void)
{
    bursts(&(struct live_options){0}, lo4, lo4, 4);
    bursts(&(struct live_options){.spin_us = 50}, lo4, lo4, 1000);
}

static void udp6(void)
{
    if (!have_ip6()) {
        test_skip("no IPv6 on loopback: UDP over IPv6 is not tested");
        return;
    }
    bursts(&(struct live_options){0}, lo6, lo6, 4);
    bursts(&(struct live_options){.gso = true}, any6, lo6, 200);
}

static void joined(void)
{
    bursts(&(struct live_options){.gso = true}, lo4, lo4, 200);
    bursts(&(struct live_options){.gso = true}, any4, two4, 1000);
}

/* A server that is bound to every address answers from the one that was asked. */
static void asked_address(void)
{
    bursts(&(struct live_options){0}, any4, two4, 4);
    struct world *w = world_with(&(struct live_options){.bind4 = two4});
    struct party *p = party(w, (struct conf){.mode = ECHO, .stack = "udp", .local = any4});
    CU_ASSERT_TRUE(until(w, p, "opened", 1));
    struct addr at = party_addr(p);
    CU_ASSERT_EQUAL(memcmp(at.ip, two4.ip, 4), 0);
    world_end(w);
}

static void refused(struct addr at, uint16_t icmp)
{
    struct world *w = world();
    struct addr to = with_port(at, free_port(SOCK_DGRAM));
    struct party *p =
        party(w, (struct conf){.mode = PEER, .stack = "udp", .remote = to, .burst = 3});

    CU_ASSERT_TRUE(until(w, p, "icmp", 3)); /* each datagram was sent, each was refused */
    for (uint32_t i = 0; i < 3; i++) {
        const struct told *t = nth(w, p, "icmp", i);
        CU_ASSERT_EQUAL(t->in.icmp, icmp);
        CU_ASSERT_EQUAL(t->in.flow, 1);
        CU_ASSERT_TRUE(addr_eq(&t->in.pkt.remote, &to));
        CU_ASSERT_EQUAL(t->in.data.n, 4);
        CU_ASSERT_EQUAL(get_u32(t->data), i);
    }
    CU_ASSERT_EQUAL(live_counts(w->d)->sent, 3);
    CU_ASSERT_EQUAL(live_counts(w->d)->refused, 0);
    world_end(w);
}

static void closed_port(void)
{
    refused(lo4, 3 << 8 | 3);
    if (have_ip6())
        refused(lo6, 1 << 8 | 4);
    else
        test_skip("no IPv6 on loopback: ICMPv6 is not tested");
}

static void no_way(void) /* the system itself refuses: IPv6 through an IPv4 socket */
{
    struct world *w = world();
    struct party *p = party(w, (struct conf){.mode = PEER,
                                             .stack = "udp",
                                             .local = lo4,
                                             .burst = 1,
                                             .pkt = {.remote = with_port(lo6, 9)}});
    CU_ASSERT_TRUE(until(w, p, "icmp", 1));
    CU_ASSERT_EQUAL(nth(w, p, "icmp", 0)->in.icmp, 3 << 8);
    CU_ASSERT_EQUAL(live_counts(w->d)->refused, 1);
    world_end(w);
}

static void relays(void)
{
    struct world *w = world();
    struct party *far = party(w, (struct conf){.mode = ECHO, .stack = "udp", .local = lo4});
    struct party *clients[RELAYED];

    CU_ASSERT_TRUE(until(w, far, "opened", 1));
    struct party *middle = party(
        w, (struct conf){.mode = RELAY, .stack = "udp", .local = any4, .remote = party_addr(far)});
    CU_ASSERT_TRUE(until(w, middle, "opened", 1));
    struct addr to = with_port(two4, party_addr(middle).port);
    for (size_t i = 0; i < RELAYED; i++)
        clients[i] = party(
            w, (struct conf){.mode = PEER, .stack = "udp", .local = lo4, .remote = to, .burst = 5});
    for (size_t i = 0; i < RELAYED; i++) {
        CU_ASSERT_TRUE(until(w, clients[i], "bytes", 5));
        for (uint32_t k = 0; k < 5; k++) {
            const struct told *t = nth(w, clients[i], "bytes", k);
            CU_ASSERT_EQUAL(get_u32(t->data), k);
            CU_ASSERT_TRUE(addr_eq(&t->in.pkt.remote, &to));
        }
    }
    CU_ASSERT_EQUAL(count(w, middle, "opened"), 1 + RELAYED);
    world_end(w);
}

static void paced(void)
{
    struct world *w = world();
    struct party *server = party(w, (struct conf){.mode = ECHO, .stack = "udp", .local = lo4});

    CU_ASSERT_TRUE(until(w, server, "opened", 1));
    struct party *p =
        party(w, (struct conf){.mode = PACER, .stack = "udp", .remote = party_addr(server)});
    CU_ASSERT_TRUE(until(w, p, "bytes", PACED));
    for (uint32_t i = 0; i < PACED; i++)
        CU_ASSERT_EQUAL(get_u32(nth(w, server, "bytes", i)->data), i); /* queued last first */
    CU_ASSERT_EQUAL(count(w, server, "bytes"), PACED);
    party(w, (struct conf){.mode = PACER, .stack = "udp", .remote = party_addr(server)});
    world_end(w); /* with sends still held back */
}

static void timers(void)
{
    struct world *w = world();
    struct party *a = party(w, (struct conf){.mode = DEADLINES});
    struct party *b = party(w, (struct conf){.mode = DEADLINES});
    uint64_t last = 0;

    CU_ASSERT_TRUE(until(w, a, "timer", PACED));
    CU_ASSERT_TRUE(until(w, b, "timer", PACED));
    for (size_t i = 0; i < w->n; i++) {
        CU_ASSERT_TRUE(w->v[i].t.in.now_us >= last);
        last = w->v[i].t.in.now_us;
    }
    uint64_t now = w->d->now_us, then = w->d->cls->run(w->d, now + 1000);
    CU_ASSERT_TRUE(then >= now + 1000 && !w->d->stop);
    CU_ASSERT_EQUAL(count(w, NULL, "timer"), 2 * PACED);
    world_end(w);
}

static void commands(void)
{
    static const struct verb say = {.name = "say"};
    struct world *w = world();
    struct party *server = party(w, (struct conf){.mode = ECHO, .stack = "udp", .local = lo4});

    CU_ASSERT_TRUE(until(w, server, "opened", 1));
    struct party *p =
        party(w, (struct conf){.mode = PEER, .stack = "udp", .remote = party_addr(server)});
    w->d->cls->command(p, &say, NULL, 99);
    CU_ASSERT_TRUE(until(w, p, "bytes", 1));
    CU_ASSERT_EQUAL(get_u32(nth(w, p, "bytes", 0)->data), 99);
    world_end(w);
}

static void removal(void)
{
    struct world *w = world();
    struct party *server = party(w, (struct conf){.mode = ECHO, .stack = "udp", .local = lo4});

    CU_ASSERT_TRUE(until(w, server, "opened", 1));
    struct addr at = party_addr(server);
    w->remove_at_bytes = server; /* while it is being called, the first of a batch */
    struct party *p =
        party(w, (struct conf){.mode = PEER, .stack = "udp", .remote = at, .burst = 5});
    CU_ASSERT_TRUE(until(w, NULL, "bytes", 1));
    CU_ASSERT_EQUAL(count(w, server, "bytes"), 1);
    w->d->cls->remove(p);
    w->n = 0; /* what follows may stand at the address of one that is gone */
    struct party *again = party(w, (struct conf){.mode = ECHO, .stack = "udp", .local = at});
    CU_ASSERT_EQUAL(count(w, again, "opened"), 1); /* the port is free, and told at once */
    w->d->cls->remove(again);
    world_end(w);
}

static void failed_opens(void)
{
    struct world *w = world();
    struct party *a = party(w, (struct conf){.mode = ECHO, .stack = "udp", .local = lo4});

    CU_ASSERT_TRUE(until(w, a, "opened", 1));
    struct conf bad[] = {
        {.mode = ECHO, .stack = "sctp", .local = lo4},
        {.mode = ECHO, .stack = "udp", .local = party_addr(a)},           /* in use */
        {.mode = ECHO, .stack = "udp", .local = {4, {192, 0, 2, 99}, 0}}, /* not ours */
        {.mode = ECHO, .stack = "tcp", .listen = true, .local = {4, {192, 0, 2, 99}, 0}},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct party *p = party(w, bad[i]);
        CU_ASSERT_TRUE(until(w, p, "closed", 1));
        CU_ASSERT_EQUAL(nth(w, p, "closed", 0)->in.why, CLOSE_LOCAL);
    }
    world_end(w);
}

/* ---- streams ---- */

static struct party *listener(struct world *w, struct conf c)
{
    c.stack = "tcp";
    c.listen = true;
    struct party *p = party(w, c);
    CU_ASSERT_TRUE(until(w, p, "opened", 1));
    CU_ASSERT_NOT_EQUAL(party_addr(p).port, 0);
    return p;
}

static void stream(const struct live_options *o, struct addr at)
{
    struct world *w = world_with(o);
    struct party *server = listener(w, (struct conf){.mode = ECHO, .local = at});
    struct addr to = party_addr(server);
    struct party *p =
        party(w, (struct conf){.mode = PEER, .stack = "tcp", .remote = to, .big = BIG});

    /* it sends all, then EOF; the server echoes, answers EOF with EOF: both directions ended */
    CU_ASSERT_TRUE(until(w, p, "closed", 1));
    CU_ASSERT_TRUE(until(w, server, "closed", 1));
    CU_ASSERT_EQUAL(nth(w, p, "closed", 0)->in.why, CLOSE_DONE);
    CU_ASSERT_EQUAL(nth(w, server, "closed", 0)->in.why, CLOSE_DONE);
    CU_ASSERT_EQUAL(count(w, p, "eof"), 1);
    size_t got = 0, n = count(w, p, "bytes");
    for (size_t i = 0; i < n; i++)
        got += nth(w, p, "bytes", i)->in.data.n;
    CU_ASSERT_EQUAL(got, BIG);
    const struct told *accepted = nth(w, server, "opened", 1), *own = nth(w, p, "opened", 0);
    CU_ASSERT_EQUAL(accepted->in.flow, FLOW_ACCEPTED);
    CU_ASSERT_EQUAL(accepted->in.parent, 1);
    CU_ASSERT_TRUE(addr_eq(&accepted->in.pkt.remote, &own->in.pkt.local));
    CU_ASSERT_TRUE(addr_eq(&own->in.pkt.remote, &to));
    party(w, (struct conf){.mode = PEER, .stack = "tcp", .remote = to});
    CU_ASSERT_TRUE(until(w, server, "opened", 3));
    CU_ASSERT_EQUAL(nth(w, server, "opened", 2)->in.flow, FLOW_ACCEPTED + 1);
    world_end(w);
}

static void tcp4(void)
{
    stream(&(struct live_options){0}, lo4);
}

static void tcp6(void)
{
    if (have_ip6())
        stream(&(struct live_options){0}, lo6);
    else
        test_skip("no IPv6 on loopback: TCP over IPv6 is not tested");
}

/* From the port of a listener, which goes on listening, and nobody else gets the port. */
static void from_a_listener(struct addr at)
{
    struct world *w = world();
    struct party *one = listener(w, (struct conf){.mode = ECHO, .local = at}),
                 *two = listener(w, (struct conf){.mode = ECHO, .local = at});
    struct conf c = {.mode = DIALER, .stack = "tcp", .listen = true, .local = at};

    c.remote = party_addr(one);
    c.pkt.remote = party_addr(two);
    struct party *p = party(w, c);
    CU_ASSERT_TRUE(until(w, p, "opened", 3) && until(w, two, "opened", 2));
    struct addr own = nth(w, p, "opened", 0)->in.pkt.local;
    CU_ASSERT_TRUE(addr_eq(&nth(w, one, "opened", 1)->in.pkt.remote, &own));
    CU_ASSERT_TRUE(addr_eq(&nth(w, two, "opened", 1)->in.pkt.remote, &own));
    struct party *taken =
        party(w, (struct conf){.mode = ECHO, .stack = "tcp", .listen = true, .local = own});
    CU_ASSERT_TRUE(until(w, taken, "closed", 1));
    CU_ASSERT_EQUAL(nth(w, taken, "closed", 0)->in.why, CLOSE_LOCAL);
    party(w, (struct conf){.mode = PEER, .stack = "tcp", .remote = own});
    CU_ASSERT_TRUE(until(w, p, "opened", 4));
    world_end(w);
}

static void from_listeners(void)
{
    from_a_listener(lo4);
    if (have_ip6())
        from_a_listener(lo6);
}

static void endings(void)
{
    struct world *w = world();
    struct party *resets = listener(w, (struct conf){.mode = CLOSER, .local = lo4, .abort = true});
    struct party *closes = listener(w, (struct conf){.mode = CLOSER, .local = lo4});
    struct conf c = {.mode = PEER, .stack = "tcp", .remote = party_addr(resets), .burst = 1};

    struct party *p = party(w, c);
    CU_ASSERT_TRUE(until(w, p, "closed", 1));
    CU_ASSERT_EQUAL(nth(w, p, "closed", 0)->in.why, CLOSE_RESET);
    c.remote = party_addr(closes);
    p = party(w, c);
    CU_ASSERT_TRUE(until(w, p, "eof", 1));
    CU_ASSERT_EQUAL(count(w, p, "closed"), 0); /* its own direction is open */
    c.remote = with_port(lo4, free_port(SOCK_STREAM));
    p = party(w, c);
    CU_ASSERT_TRUE(until(w, p, "closed", 1));
    CU_ASSERT_EQUAL(nth(w, p, "closed", 0)->in.why, CLOSE_REFUSED);
    world_end(w);
}

static void early_data(void) /* sent before IN_OPENED, held back for nothing */
{
    static const struct verb say = {.name = "say"};
    struct world *w = world();
    struct party *server = listener(w, (struct conf){.mode = ECHO, .local = lo4});
    struct party *p =
        party(w, (struct conf){.mode = PEER, .stack = "tcp", .remote = party_addr(server)});

    w->d->cls->command(p, &say, NULL, 7);
    CU_ASSERT_EQUAL(count(w, p, "opened"), 0);
    CU_ASSERT_TRUE(until(w, p, "bytes", 1));
    CU_ASSERT_EQUAL(get_u32(nth(w, p, "bytes", 0)->data), 7);
    w->d->cls->remove(p); /* the server sees the end of the stream, no reset */
    CU_ASSERT_TRUE(until(w, server, "eof", 1));
    world_end(w);
}

/* Read what there is on a plain socket; false once the stream has ended. */
static bool drain(int fd, size_t *got)
{
    static uint8_t octets[1 << 16];
    ssize_t n;

    while ((n = recv(fd, octets, sizeof octets, MSG_DONTWAIT)) > 0)
        *got += (size_t)n;
    return n < 0;
}

/* More than the system takes, to somebody who reads late: all arrives, then FIN. */
static void backlog(bool closes)
{
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof sa;
    int listens = socket(AF_INET, SOCK_STREAM, 0), rounds = 16;
    struct world *w = world();
    size_t got = 0;

    CU_ASSERT_EQUAL_FATAL(bind(listens, (struct sockaddr *)&sa, n), 0);
    CU_ASSERT_EQUAL_FATAL(listen(listens, 1), 0);
    getsockname(listens, (struct sockaddr *)&sa, &n);
    struct party *p = party(w, (struct conf){.mode = PEER,
                                             .stack = "tcp",
                                             .remote = with_port(lo4, ntohs(sa.sin_port)),
                                             .big = BIG,
                                             .rounds = (size_t)rounds,
                                             .closes = closes});
    CU_ASSERT_TRUE(until(w, p, "opened", 1));
    int fd = accept(listens, NULL, NULL);
    CU_ASSERT_FATAL(fd >= 0);
    if (closes)
        w->d->cls->remove(p);
    while (drain(fd, &got) && w->d->now_us < WAIT_US)
        w->d->cls->run(w->d, w->d->now_us + 100);
    CU_ASSERT_EQUAL(got, (size_t)rounds * BIG);
    if (!closes)
        CU_ASSERT_EQUAL(count(w, p, "writable"), 1);
    close(fd);
    close(listens);
    world_end(w);
}

static void late_reader(void)
{
    backlog(false);
    backlog(true);
}

/* ---- names and captures ---- */

static void names(void)
{
    struct world *w = world();
    struct party *none = party(w, (struct conf){.mode = RESOLVER, .name = "no..name.invalid"});
    struct party *some = party(w, (struct conf){.mode = RESOLVER, .name = "127.0.0.2"});

    struct party *srv = party(
        w, (struct conf){.mode = RESOLVER, .name = "_stun._udp.localhost", .rr_type = RR_SRV});

    CU_ASSERT_TRUE(until(w, srv, "resolved", 1)); /* no resolver for it here: that is no answer */
    CU_ASSERT_EQUAL(nth(w, srv, "resolved", 0)->in.n_srv, 0);
    CU_ASSERT_EQUAL(nth(w, srv, "resolved", 0)->in.why, CLOSE_RESOLVE);
    CU_ASSERT_TRUE(until(w, none, "resolved", 1));
    CU_ASSERT_TRUE(until(w, some, "resolved", 1));
    CU_ASSERT_EQUAL(nth(w, none, "resolved", 0)->in.n_found, 0);
    CU_ASSERT_EQUAL(nth(w, none, "resolved", 0)->in.token, 7);
    CU_ASSERT_EQUAL(nth(w, some, "resolved", 0)->in.n_found, 1);
    w->d->cls->remove(party(w, (struct conf){.mode = RESOLVER, .name = "127.0.0.3"}));
    party(w, (struct conf){.mode = RESOLVER, .name = "127.0.0.4"});
    world_end(w); /* with a lookup under way */
}

static void captured(void)
{
    char path[] = "/tmp/rtclab-live.XXXXXX";
    const char *err;
    int fd = mkstemp(path);

    CU_ASSERT_FATAL(fd >= 0);
    close(fd);
    struct capture *c = capture_open(path, "lo", 0, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    struct world *w = world_with(&(struct live_options){.capture = c});
    struct party *server = party(w, (struct conf){.mode = ECHO, .stack = "udp", .local = any4});
    CU_ASSERT_TRUE(until(w, server, "opened", 1));
    struct addr to = with_port(two4, party_addr(server).port);
    struct party *p =
        party(w, (struct conf){.mode = PEER, .stack = "udp", .remote = to, .burst = 3});
    CU_ASSERT_TRUE(until(w, p, "bytes", 3));
    for (uint32_t i = 0; i < 3; i++) { /* each datagram once, though both ends are ours */
        CU_ASSERT_EQUAL(nth(w, server, "bytes", i)->in.pkt.frame, i + 1);
        CU_ASSERT_EQUAL(nth(w, p, "bytes", i)->in.pkt.frame, i + 4);
    }
    p = party(w, (struct conf){.mode = PEER,
                               .stack = "udp",
                               .remote = with_port(lo4, free_port(SOCK_DGRAM)),
                               .burst = 1});
    CU_ASSERT_TRUE(until(w, p, "icmp", 1));
    CU_ASSERT_EQUAL(nth(w, p, "icmp", 0)->in.pkt.frame, 8); /* 7 is what was refused */
    world_end(w);
    stream(&(struct live_options){.capture = c}, lo4);
    CU_ASSERT_TRUE(capture_close(c, &err));
    unlink(path);
}

TESTS({"udp4", udp4}, {"udp6", udp6}, {"joined", joined}, {"asked_address", asked_address},
      {"closed_port", closed_port}, {"no_way", no_way}, {"relays", relays}, {"paced", paced},
      {"timers", timers}, {"commands", commands}, {"removal", removal},
      {"failed_opens", failed_opens}, {"tcp4", tcp4}, {"tcp6", tcp6},
      {"from_listeners", from_listeners}, {"endings", endings}, {"early_data", early_data},
      {"late_reader", late_reader}, {"names", names}, {"captured", captured})
