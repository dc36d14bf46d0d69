/* harness/endpoints/turn/turn_peer.c - a peer (RFC8656:2): UDP and TCP as they are, for cases that send through a
 * relay and look at what comes out of it. */
#include "harness/endpoints/turn/turn.h"

enum { FLOWS = 32 };
enum notice_kind {
    NOTICE_DATA,
    NOTICE_ICMP,
    NOTICE_OPENED,
    NOTICE_CLOSED,
    NOTICE_SENT,
    NOTICE_EOF
};
struct turn_notice {
    uint8_t kind; /* enum notice_kind */
    struct addr from, local;
    struct span octets;
    const char *codec; /* none: nobody is to judge the octets */
    uint32_t flow, frame;
    uint32_t tos, ttl, code, mtu;
    bool dont_fragment;
    uint64_t time_us;
    const char *why;
};
struct peer_args {
    struct addr to, about; /* about: of ICMP, where the datagram went; family 0: here */
    struct span octets;
    uint32_t flow; /* as an event named it; 0: the first */
    uint32_t tos, ttl, type, code, mtu;
    bool dont_fragment, abort;
};
struct peer_flow {
    flow_id id;
    uint32_t token; /* of the verb that opens it, until it is open */
    struct addr remote, local;
    bool stream;
};
struct turn_peer_actor {
    struct env env;
    struct turn_peer_config c;
    flow_id next;
    struct peer_flow flows[FLOWS];
};

/* ---- tables ---- */

static const struct field config_fields[] = {
    {.name = "listen", FIELD(struct turn_peer_config, listen, F_ADDR)},
    {.name = "tcp", FIELD(struct turn_peer_config, tcp, F_BOOL)},
};
static const struct desc config_desc = {"peer", sizeof(struct turn_peer_config),
                                        FIELDS(config_fields), .next = NULL};

static const struct name kind_v[] = {
    {NOTICE_DATA, "data"},     {NOTICE_ICMP, "icmp"}, {NOTICE_OPENED, "opened"},
    {NOTICE_CLOSED, "closed"}, {NOTICE_SENT, "sent"}, {NOTICE_EOF, "eof"},
};
static const struct names kinds = {kind_v, COUNT(kind_v)};

#define N(m, k)                                                                                    \
    {                                                                                              \
        .name = #m, FIELD(struct turn_notice, m, k)                                                \
    }
static const struct field notice_fields[] = {
    {.name = "kind", FIELD(struct turn_notice, kind, F_ENUM), .names = &kinds},
    N(from, F_ADDR),
    N(local, F_ADDR),
    N(octets, F_BYTES),
    N(codec, F_CHARS),
    N(flow, F_UINT),
    N(frame, F_UINT),
    N(tos, F_UINT),
    N(ttl, F_UINT),
    N(code, F_UINT),
    N(mtu, F_UINT),
    N(dont_fragment, F_BOOL),
    N(time_us, F_UINT),
    N(why, F_CHARS),
};
#undef N
static const struct desc notice_desc = {"peer-event", sizeof(struct turn_notice),
                                        FIELDS(notice_fields), .next = NULL};

#define A(m, k)                                                                                    \
    {                                                                                              \
        .name = #m, FIELD(struct peer_args, m, k)                                                  \
    }
static const struct field args_fields[] = {
    A(to, F_ADDR),   A(about, F_ADDR), A(octets, F_BYTES),       A(flow, F_UINT),
    A(tos, F_UINT),  A(ttl, F_UINT),   A(dont_fragment, F_BOOL), A(abort, F_BOOL),
    A(type, F_UINT), A(code, F_UINT),  A(mtu, F_UINT),
};
#undef A
static const struct desc args_desc = {"peer-args", sizeof(struct peer_args), FIELDS(args_fields),
                                      .next = NULL};

/* ---- flows ---- */

static struct peer_flow *flow_named(struct turn_peer_actor *p, flow_id id)
{
    for (size_t i = 0; i < COUNT(p->flows); i++)
        if (p->flows[i].id && (p->flows[i].id == id || !id))
            return &p->flows[i];
    return NULL;
}

/* A place for a flow; NULL: there are FLOWS. */
static struct peer_flow *flow_new(struct turn_peer_actor *p, flow_id id, bool stream)
{
    for (size_t i = 0; i < COUNT(p->flows); i++)
        if (!p->flows[i].id) {
            p->flows[i] = (struct peer_flow){.id = id, .stream = stream};
            return &p->flows[i];
        }
    return NULL;
}

static struct turn_notice *notice(struct outq *q, const char *name, uint32_t token,
                                  enum notice_kind kind, const struct input *in)
{
    struct turn_notice *n = out_event(q, name, &notice_desc, token);

    if (!n)
        return NULL;
    n->kind = (uint8_t)kind;
    n->from = in->pkt.remote;
    n->local = in->pkt.local;
    n->codec = "";
    n->flow = in->flow;
    n->frame = in->pkt.frame;
    n->tos = in->pkt.tos;
    n->ttl = in->pkt.ttl;
    n->dont_fragment = in->pkt.dont_fragment;
    n->code = in->icmp;
    n->mtu = in->mtu;
    n->time_us = in->now_us;
    return n;
}

static void take(struct outq *q, struct turn_notice *n, struct span octets)
{
    if (!n)
        return;
    n->octets = arena_copy(&q->mem, octets);
    q->full |= q->mem.full;
}

/* What failed, in answer to a command. */
static void failed(struct outq *q, const struct input *in, const char *why)
{
    struct turn_notice *n = notice(q, "closed", in->token, NOTICE_CLOSED, in);
    if (n)
        n->why = why;
}

/* ---- what is asked ---- */

static void open_flow(struct turn_peer_actor *p, const struct input *in, bool listen,
                      struct outq *q)
{
    const struct peer_args *a = in->rec;
    bool stream = listen || a->to.family != 0;
    struct peer_flow *f = flow_new(p, ++p->next, stream);

    if (!f) {
        failed(q, in, "too many flows");
        return;
    }
    f->token = in->token;
    struct addr local = p->c.listen;
    local.port = 0;
    struct output *o = out_open(q, f->id, stream ? "tcp" : "udp", listen, &local);
    o->open.remote = a->to;
}

static void send_octets(struct turn_peer_actor *p, const struct input *in, struct outq *q)
{
    const struct peer_args *a = in->rec;
    struct peer_flow *f = flow_named(p, a->flow);
    struct pkt pkt = {.remote = a->to,
                      .tos = (uint8_t)a->tos,
                      .ttl = (uint8_t)a->ttl,
                      .dont_fragment = a->dont_fragment};

    if (!f || (!f->stream && !a->to.family)) {
        failed(q, in, f ? "nobody said where to" : "there is no such flow");
        return;
    }
    out_send(q, f->id, a->octets, f->stream ? NULL : &pkt);
    struct input as = *in;
    as.flow = f->id;
    as.pkt = (struct pkt){.remote = f->stream ? f->remote : a->to, .local = f->local};
    take(q, notice(q, "sent", in->token, NOTICE_SENT, &as), a->octets);
}

/* What the driver can do: in sim. */
static void send_icmp(const struct peer_flow *f, const struct input *in, struct outq *q)
{
    const struct peer_args *a = in->rec;
    struct span *quoted = arena_take(&q->mem, sizeof *quoted);
    struct output *o = out_put(q, OUT_ICMP, f->id);

    o->pkt = (struct pkt){.remote = a->to, .local = a->about};
    o->icmp = (uint16_t)(a->type << 8 | (a->code & 0xff));
    o->mtu = a->mtu;
    if (quoted && a->octets.n) {
        *quoted = arena_copy(&q->mem, a->octets);
        o->data = quoted;
        o->n_data = 1;
    }
}

static void command(struct turn_peer_actor *p, const struct input *in, struct outq *q)
{
    const struct peer_args *a = in->rec;
    const char *v = in->verb->name;
    struct peer_flow *f = flow_named(p, a->flow);

    if (strcmp(v, "send") == 0) {
        send_octets(p, in, q);
    } else if (strcmp(v, "open") == 0 || strcmp(v, "connect") == 0) {
        open_flow(p, in, false, q);
    } else if (strcmp(v, "listen") == 0) {
        open_flow(p, in, true, q);
    } else if (!f) {
        failed(q, in, "there is no such flow");
    } else {
        if (strcmp(v, "icmp") == 0) {
            send_icmp(f, in, q);
        } else if (strcmp(v, "close") == 0) {
            out_put(q, OUT_CLOSE, f->id)->abort = a->abort;
            f->id = 0;
        } else {
            out_put(q, OUT_SHUTDOWN, f->id);
        }
        notice(q, "sent", in->token, NOTICE_SENT, in);
    }
}

/* ---- what comes ---- */

static void start(struct turn_peer_actor *p, const struct input *in, struct outq *q)
{
    p->c = *(const struct turn_peer_config *)in->rec;
    flow_new(p, ++p->next, p->c.tcp);
    out_open(q, p->next, p->c.tcp ? "tcp" : "udp", p->c.tcp, &p->c.listen);
}

static void opened(struct turn_peer_actor *p, const struct input *in, struct outq *q)
{
    struct peer_flow *f = in->parent ? flow_new(p, in->flow, true) : flow_named(p, in->flow);

    if (!f) {
        out_put(q, OUT_CLOSE, in->flow)->abort = true;
        return;
    }
    f->local = in->pkt.local;
    f->remote = in->pkt.remote;
    notice(q, in->parent ? "accepted" : "opened", f->token, NOTICE_OPENED, in);
    f->token = 0;
}

static void gone(struct turn_peer_actor *p, const struct input *in, struct outq *q)
{
    struct peer_flow *f = flow_named(p, in->flow);
    struct input as = *in;

    if (!f)
        return;
    as.pkt.remote = f->remote;
    as.pkt.local = f->local;
    struct turn_notice *n = notice(q, "closed", f->token, NOTICE_CLOSED, &as);
    if (n)
        n->why = in->detail ? in->detail : close_name(in->why);
    f->id = 0;
}

static void input(void *self, const struct input *in, struct outq *q)
{
    struct turn_peer_actor *p = self;

    switch (in->kind) {
    case IN_START:
        start(p, in, q);
        break;
    case IN_OPENED:
        opened(p, in, q);
        break;
    case IN_BYTES:
        take(q, notice(q, "data", 0, NOTICE_DATA, in), in->data);
        break;
    case IN_ICMP:
        notice(q, "icmp", 0, NOTICE_ICMP, in);
        break;
    case IN_EOF:
        notice(q, "eof", 0, NOTICE_EOF, in);
        break;
    case IN_CLOSED:
        gone(p, in, q);
        break;
    case IN_COMMAND:
        command(p, in, q);
        break;
    default:
        break;
    }
}

static const struct verb verbs[] = {
    {"send", &args_desc, true},   {"open", &args_desc, true},  {"connect", &args_desc, true},
    {"listen", &args_desc, true}, {"close", &args_desc, true}, {"shutdown", &args_desc, true},
    {"icmp", &args_desc, true},
};
const struct endpoint_class turn_peer_class = {
    .name = "turn.peer",
    .size = sizeof(struct turn_peer_actor),
    .verbs = verbs,
    .n_verbs = COUNT(verbs),
    .config = &config_desc,
    .input = input,
};
