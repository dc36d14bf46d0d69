/* harness/drivers/live.c - the live driver: parties, the loop, and what goes between. */
#include <signal.h>
#include <stdlib.h>
#include <netdb.h>
#include <sys/resource.h>
#include <unistd.h>
#include "harness/core/clock.h"
#include "harness/drivers/live_impl.h"
#include "harness/drivers/tls_live.h"

void live_fail(struct live *l, const char *why)
{
    if (!l->d.error)
        l->d.error = why;
}

void live_tick(struct live *l)
{
    l->d.now_us = (monotonic_ns() - l->zero_ns) / 1000;
}

/* ---- inputs ---- */

static void call(struct live *l, struct party *p, struct input *in)
{
    in->now_us = l->d.now_us;
    l->depth++;
    party_input(p, in);
    live_take(l, p);
    l->depth--;
}

void live_give(struct live *l, struct party *p, struct input *in)
{
    call(l, p, in);
    if (l->first_later)
        live_settle(l);
}

void live_later(struct live *l, struct party *p, const struct input *in)
{
    struct later *w = malloc(sizeof *w + in->data.n);

    if (!w) {
        live_fail(l, "out of memory");
        return;
    }
    *w = (struct later){.party = p, .in = *in};
    if (in->data.n)
        memcpy(w->data, in->data.p, in->data.n);
    w->in.data.p = w->data;
    if (l->last_later)
        l->last_later->next = w;
    else
        l->first_later = w;
    l->last_later = w;
}

void live_settle(struct live *l)
{
    if (l->depth)
        return;
    for (size_t steps = 0; l->first_later && steps < LIVE_STEPS && !l->d.error; steps++) {
        struct later *w = l->first_later;
        l->first_later = w->next;
        if (!w->next)
            l->last_later = NULL;
        if (w->party)
            call(l, w->party, &w->in);
        free(w);
    }
}

/* ---- names ---- */

static void resolved(uv_getaddrinfo_t *req, int status, struct addrinfo *found)
{
    struct resolving *r = (struct resolving *)req;
    struct live *l = r->l;
    struct addr addrs[64];
    struct input in = {.kind = IN_RESOLVED, .found = addrs, .token = r->token};
    struct party *p = r->party;

    if (status != 0 && status != UV_EAI_NONAME && status != UV_EAI_NODATA)
        in.why = CLOSE_RESOLVE;
    for (struct addrinfo *i = status == 0 ? found : NULL; i; i = i->ai_next)
        if (in.n_found < COUNT(addrs) && (i->ai_family == AF_INET || i->ai_family == AF_INET6)) {
            union live_sa sa = {0};
            memcpy(&sa, i->ai_addr, i->ai_addrlen < sizeof sa ? i->ai_addrlen : sizeof sa);
            addrs[in.n_found++] = live_of_sa(&sa);
        }
    uv_freeaddrinfo(found);
    struct resolving **at = &l->resolving;
    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
    free(r);
    live_tick(l);
    if (p)
        live_give(l, p, &in);
}

static bool lookup(struct live *l, struct party *p, const struct output *out)
{
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM}; /* one entry an address */
    bool known = out->rr_type == RR_ANY_ADDR || out->rr_type == RR_A || out->rr_type == RR_AAAA;
    struct resolving *r = known && out->name ? calloc(1, sizeof *r) : NULL;

    if (!r)
        return false;
    hints.ai_family = out->rr_type == RR_A      ? AF_INET
                      : out->rr_type == RR_AAAA ? AF_INET6
                                                : AF_UNSPEC;
    r->l = l;
    r->party = p;
    r->token = out->token;
    if (uv_getaddrinfo(&l->loop, &r->req, resolved, out->name, NULL, &hints) != 0) {
        free(r);
        return false;
    }
    r->next = l->resolving;
    l->resolving = r;
    return true;
}

void live_resolve(struct live *l, struct party *p, const struct output *out)
{
    if (out) {
        if (!lookup(l, p, out))
            live_later(
                l, p,
                &(struct input){.kind = IN_RESOLVED, .why = CLOSE_RESOLVE, .token = out->token});
        return;
    }
    for (struct resolving *r = l->resolving; r; r = r->next)
        if (r->party == p) {
            r->party = NULL;
            uv_cancel((uv_req_t *)&r->req); /* one that runs already ends by itself */
        }
}

/* ---- outputs ---- */

static void open_flow(struct link *k, const struct output *o)
{
    size_t n = strcspn(o->open.stack, "/");

    if (n == 3 && memcmp(o->open.stack, "udp", 3) == 0)
        live_udp_open(k, o);
    else if (n == 3 && memcmp(o->open.stack, "tcp", 3) == 0)
        live_tcp_open(k, o);
    else
        live_open_failed(k, o->flow, CLOSE_LOCAL);
}

static void hold(struct live *l, struct link *k, const struct output *o)
{
    struct dgram *g = l->n_heap < LIVE_PACED_MAX ? live_dgram(l, o) : NULL;

    if (!g) {
        live_fail(l, "too many sends are held back");
        return;
    }
    g->link = k;
    g->flow = o->flow;
    g->timer.paced = true;
    live_set(l, &g->timer, o->not_before_us);
}

static void send_on(struct live *l, struct link *k, const struct output *o)
{
    struct flow *f = live_flow_find(k, o->flow);

    if (!f || f->kind == FLOW_LISTENER)
        return;
    if (o->not_before_us > l->d.now_us) {
        hold(l, k, o);
    } else if (f->kind == FLOW_TCP) {
        live_tcp_send(f, o->data, o->n_data);
    } else {
        struct dgram *g = live_dgram(l, o);
        if (g)
            live_udp_send(f, g);
    }
}

static void close_flow(struct flow *f, bool by_reset)
{
    if (f->kind == FLOW_UDP)
        live_udp_close(f);
    else
        live_tcp_close(f, by_reset);
}

void live_take(struct live *l, struct party *p)
{
    struct link *k = p->transport;
    struct flow *f;

    for (size_t i = 0; i < p->out.n && !k->gone; i++) {
        const struct output *o = &p->out.v[i];
        switch (o->kind) {
        case OUT_OPEN:
            open_flow(k, o);
            break;
        case OUT_SEND:
            send_on(l, k, o);
            break;
        case OUT_SHUTDOWN:
            f = live_flow_find(k, o->flow);
            if (f && f->kind == FLOW_TCP)
                live_tcp_shutdown(f);
            break;
        case OUT_CLOSE:
            f = live_flow_find(k, o->flow);
            if (f)
                close_flow(f, o->abort);
            break;
        case OUT_PAUSE:
        case OUT_RESUME:
            f = live_flow_find(k, o->flow);
            if (f && f->kind == FLOW_TCP)
                live_tcp_pause(f, o->kind == OUT_PAUSE);
            break;
        case OUT_RESOLVE:
            live_resolve(l, p, o);
            break;
        default:
            break;
        }
    }
    p->out.n = 0;
    if (!k->gone && (p->due_us != k->timer.at_us || (!k->timer.slot && p->due_us != NO_DEADLINE)))
        live_set(l, &k->timer, p->due_us);
}

/* ---- parties ---- */

static struct party *add(struct driver *d, const struct party_spec *spec, const char **err)
{
    struct live *l = (struct live *)d;
    struct link *k = calloc(1, sizeof *k);
    struct party *p = k ? party_new(d, spec, err) : NULL;

    if (!p) {
        if (!k)
            *err = "out of memory";
        free(k);
        return NULL;
    }
    *k = (struct link){.l = l, .party = p, .host = spec->host, .next_accepted = FLOW_ACCEPTED};
    k->timer.at_us = NO_DEADLINE;
    p->transport = k;
    k->next = l->links;
    if (k->next)
        k->next->prev = k;
    l->links = k;
    live_tick(l);
    live_give(l, p, &(struct input){.kind = IN_START, .rec = spec->config});
    return p;
}

static void command(struct party *p, const struct verb *v, const void *args, uint32_t token)
{
    struct live *l = (struct live *)p->driver;

    live_tick(l);
    live_give(l, p, &(struct input){.kind = IN_COMMAND, .verb = v, .rec = args, .token = token});
}

/* Free the parties that were removed while one was being called. */
static void bury(struct live *l)
{
    while (l->graves && !l->depth) {
        struct link *k = l->graves;
        l->graves = k->next;
        party_free(k->party);
        free(k->buckets);
        free(k);
    }
}

static void remove_party(struct party *p)
{
    struct live *l = (struct live *)p->driver;
    struct link *k = p->transport;

    if (k->gone) /* NOLINT(clang-analyzer-unix.Malloc): a buried link is on no list any more */
        return;
    if (!p->busy && !l->d.error) { /* layers say goodbye */
        party_close(p, l->d.now_us);
        live_take(l, p);
    }
    k->gone = true;
    live_set(l, &k->timer, NO_DEADLINE);
    live_forget_paced(l, k);
    live_resolve(l, p, NULL);
    while (k->flows)
        close_flow(k->flows, false);
    for (struct later *w = l->first_later; w; w = w->next)
        if (w->party == p)
            w->party = NULL;
    if (k->prev)
        k->prev->next = k->next;
    else
        l->links = k->next;
    if (k->next)
        k->next->prev = k->prev;
    k->next = l->graves;
    l->graves = k;
    bury(l);
}

/* ---- running ---- */

/* Wait for sockets or time; not at all where something is due, or soon enough to spin for it. */
static void wait_for_more(struct live *l, uint64_t until_us)
{
    uint64_t next = l->n_heap ? l->heap[0]->at_us : NO_DEADLINE, now = l->d.now_us;
    uint64_t spin = l->opt.spin_us;
    uv_run_mode mode = UV_RUN_ONCE;

    next = until_us < next ? until_us : next;
    if (next <= now || l->first_later || l->dirty || next - now <= spin ||
        (spin && now - l->sent_us < spin))
        mode = UV_RUN_NOWAIT;
    else
        live_arm(l, next);
    uv_run(&l->loop, mode);
}

static uint64_t run(struct driver *d, uint64_t until_us)
{
    struct live *l = (struct live *)d;
    bool last = false;

    d->stop = false;
    live_tick(l);
    while (!last && !d->stop && !d->error) {
        live_due(l);
        live_flush(l);
        bury(l);
        if (d->stop || d->error)
            break;
        last = d->now_us >= until_us; /* sockets are looked at once at least */
        wait_for_more(l, until_us);
        live_tick(l);
    }
    live_flush(l);
    bury(l);
    return d->now_us;
}

/* ---- making and ending ---- */

static void end_handle(uv_handle_t *h, void *ctx)
{
    (void)ctx;
    if (!uv_is_closing(h)) /* streams that linger have their flow as data, the clock has not */
        uv_close(h, h->type == UV_TCP ? live_flow_freed : NULL);
}

static void destroy(struct driver *d)
{
    struct live *l = (struct live *)d;

    l->depth = 0;
    while (l->links)
        remove_party(l->links->party);
    bury(l);
    uv_walk(&l->loop, end_handle, NULL);
    uv_run(&l->loop, UV_RUN_DEFAULT);
    uv_loop_close(&l->loop);
    if (l->clock_fd >= 0)
        close(l->clock_fd);
    while (l->first_later) {
        struct later *w = l->first_later;
        l->first_later = w->next;
        free(w);
    }
    while (l->spare) {
        struct dgram *g = l->spare;
        l->spare = g->next;
        free(g);
    }
    free(l->heap);
    free(l->rx);
    free(l->tx);
    free(l);
}

static void prepare_process(void)
{
    struct rlimit files;
    struct sigaction pipe;

    if (sigaction(SIGPIPE, NULL, &pipe) == 0 && pipe.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN); /* libuv writes streams with write(2) */
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static const struct driver_class live_class = {
    .name = "live",
    .add = add,
    .command = command,
    .remove = remove_party,
    .run = run,
    .destroy = destroy,
};

struct driver *live_new(const struct live_options *o, const char **err)
{
    struct live *l = calloc(1, sizeof *l);

    *err = "out of memory";
    if (!l)
        return NULL;
    l->d = (struct driver){.cls = &live_class, .capture = o->capture, .layers = tls_live_layers};
    l->opt = *o;
    l->zero_ns = monotonic_ns();
    l->clock_fd = -1;
    if (uv_loop_init(&l->loop) != 0) {
        free(l);
        *err = "the system gives no event loop";
        return NULL;
    }
    prepare_process();
    if (!live_udp_init(l) || !live_send_init(l)) {
        destroy(&l->d);
        return NULL;
    }
    if (!live_clock_init(l)) {
        *err = "the system gives no timer";
        destroy(&l->d);
        return NULL;
    }
    return &l->d;
}

const struct live_counts *live_counts(const struct driver *d)
{
    return &((const struct live *)d)->counts;
}
