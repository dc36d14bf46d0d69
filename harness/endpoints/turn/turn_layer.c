/* harness/endpoints/turn/turn_layer.c - the layer "turn": a flow of datagrams through a relay. */
#include "harness/endpoints/turn/turn_session.h"

struct layer {
    struct env env;
    struct turn_client_config c;
    struct arena mem;
    bool provided, over, send_only;
    struct addr permit;
    uint8_t family;
    char stack[32]; /* what stands below */
    size_t n_early;
    struct turn_session s;
    struct stun_stream window;
    uint8_t kept[2048], wires[TURN_ASKS * TURN_WIRE], held[TURN_HELD], early[TURN_EARLY];
};
struct early { /* before its octets */
    struct addr to;
    size_t n;
};

static const struct field option_fields[] = {
    {.name = "username", FIELD(struct turn_options, username, F_TEXT)},
    {.name = "password", FIELD(struct turn_options, password, F_TEXT)},
    {.name = "permit", FIELD(struct turn_options, permit, F_ADDR)},
    {.name = "family", FIELD(struct turn_options, family, F_UINT)},
    {.name = "send_only", FIELD(struct turn_options, send_only, F_BOOL)},
};
const struct desc turn_options_desc = {"turn-options", sizeof(struct turn_options),
                                       FIELDS(option_fields), .next = NULL};

/* ---- towards peers ---- */

static void send_to(struct layer *l, const struct addr *to, struct span data,
                    const struct input *in, struct outq *q)
{
    const struct turn_far *f = turn_far_find(&l->s, to);

    if (!l->send_only && (!f || (!f->number && !f->binding)))
        turn_session_bind(&l->s, to, 0, in, q);
    turn_session_send(&l->s, to, data, false, in, q);
}

static void keep_early(struct layer *l, const struct input *in)
{
    struct early e = {in->pkt.remote, in->data.n};

    if (l->n_early + sizeof e + e.n > TURN_EARLY)
        return;
    memcpy(l->early + l->n_early, &e, sizeof e);
    if (e.n)
        memcpy(l->early + l->n_early + sizeof e, in->data.p, e.n);
    l->n_early += sizeof e + e.n;
}

static void send_early(struct layer *l, const struct input *in, struct outq *q)
{
    struct early e;

    for (size_t at = 0; at < l->n_early; at += sizeof e + e.n) {
        memcpy(&e, l->early + at, sizeof e);
        send_to(l, &e.to, (struct span){l->early + at + sizeof e, e.n}, in, q);
    }
    l->n_early = 0;
}

/* ---- what the session tells ---- */

static void end(struct layer *l, enum close_why why, const char *detail, struct outq *q)
{
    if (!l->over) {
        struct output *o = out_put(q, OUT_CLOSED, LAYER_UPPER);
        o->why = why;
        o->detail = detail;
    }
    l->over = true;
    out_put(q, OUT_CLOSE, LAYER_LOWER);
}

static void deliver(const struct layer *l, const struct turn_told *what, const struct input *in,
                    struct outq *q)
{
    struct span *slice = arena_take(&q->mem, sizeof *slice);
    struct output *o = out_put(q, OUT_DELIVER, LAYER_UPPER);

    if (!slice)
        return;
    *slice = arena_copy(&q->mem, what->data);
    o->data = slice;
    o->n_data = 1;
    o->pkt = (struct pkt){.remote = what->peer,
                          .local = l->s.relayed[what->peer.family == 6],
                          .tos = in->pkt.tos,
                          .frame = what->frame};
}

static void told(void *owner, struct turn_session *s, const struct turn_told *what,
                 const struct input *in, struct outq *q)
{
    struct layer *l = owner;

    switch (what->kind) {
    case TURN_TOLD_ALLOCATED:
        l->provided = true;
        out_put(q, OUT_PROVIDE, LAYER_UPPER)->pkt =
            (struct pkt){.local = s->relayed[0].family ? s->relayed[0] : s->relayed[1]};
        if (l->permit.family)
            turn_session_permit(s, &l->permit, 1, 0, in, q);
        send_early(l, in, q);
        break;
    case TURN_TOLD_DATA:
        if (l->provided && !l->over)
            deliver(l, what, in, q);
        break;
    case TURN_TOLD_FAILED:
        if (!l->provided)
            end(l, what->timeout ? CLOSE_TIMEOUT : CLOSE_REFUSED,
                what->why ? what->why : stun_reason(what->code), q);
        break;
    case TURN_TOLD_GONE:
    case TURN_TOLD_DELETED:
        end(l, CLOSE_DONE, what->why, q);
        break;
    default:
        break;
    }
}

static flow_id no_flow(void *owner)
{
    (void)owner;
    return LAYER_LOWER;
}

/* ---- inputs ---- */

static struct span option(struct layer *l, const struct flow_spec *spec, const char *name,
                          const char *otherwise)
{
    struct span s = flow_option_text(spec, name);
    return arena_copy(&l->mem, s.n ? s : span_of(otherwise));
}

static void take_options(struct layer *l, const struct flow_spec *spec)
{
    struct val permit = flow_option(spec, "permit"), family = flow_option(spec, "family");

    l->mem = arena_of(l->kept, sizeof l->kept);
    l->send_only = flow_option_on(spec, "send_only");
    if (permit.addr && !permit.absent)
        l->permit = *permit.addr;
    l->family = family.absent ? 0 : (uint8_t)family.u;
    l->c.software = span_of("rtclab 0.1");
    l->s.account.given = option(l, spec, "username", "alice");
    l->s.account.username = stun_prepare(&l->mem, l->s.account.given, true, false);
    l->s.account.password =
        stun_prepare(&l->mem, option(l, spec, "password", "alice-secret"), false, false);
}

static void start(struct layer *l, const struct flow_spec *spec)
{
    struct turn_session *s = &l->s;
    size_t n = strlen(spec->stack), word = strlen("/turn");

    take_options(l, spec);
    n = n > word && n - word < sizeof l->stack ? n - word : 0;
    memcpy(l->stack, spec->stack, n);
    s->env = &l->env;
    s->c = &l->c;
    s->owner = l;
    s->tell = told;
    s->flow_new = no_flow;
    s->wires = l->wires;
    s->held = l->held;
    s->window = &l->window;
    s->stack = l->stack;
    s->server = spec->remote;
    s->given = true;
    s->flow = LAYER_LOWER;
    s->stream = strncmp(l->stack, "tcp", 3) == 0;
    s->login.strongest = true;
    *s->window = (struct stun_stream){
        .flow = LAYER_LOWER, .used = s->stream, .channels = true, .remote = s->server};
}

static void ready(struct layer *l, const struct input *in, struct outq *q)
{
    struct turn_wish wish = {.family = l->family};

    if (in->parent) { /* nobody relays what a listener accepts */
        end(l, CLOSE_LOCAL, "the layer is a client's alone", q);
        return;
    }
    turn_session_begin(&l->s, &wish, 1, in, q);
}

static void from_above(struct layer *l, const struct input *in, struct outq *q)
{
    if (in->kind == IN_SEND && in->pkt.remote.family && !l->over) {
        if (l->provided)
            send_to(l, &in->pkt.remote, in->data, in, q);
        else
            keep_early(l, in);
    } else if (in->kind == IN_CLOSE || in->kind == IN_SHUTDOWN) {
        l->over = true;
        if (l->s.phase == TURN_HAS)
            turn_session_leave(&l->s, 1, in, q);
        else
            out_put(q, OUT_CLOSE, LAYER_LOWER);
    }
}

static void input(void *self, const struct input *in, struct outq *q)
{
    struct layer *l = self;

    if (in->kind == IN_OPEN) {
        start(l, in->open);
    } else if (in->kind == IN_TIMER) {
        turn_session_timers(&l->s, in, q);
    } else if (in->flow == LAYER_UPPER) {
        from_above(l, in, q);
    } else if (in->kind == IN_OPENED) {
        turn_session_input(&l->s, in, q);
        ready(l, in, q);
    } else if (in->kind == IN_CLOSED && !l->over && !l->provided) {
        end(l, in->why, in->detail, q);
    } else if (in->flow == LAYER_LOWER) {
        turn_session_input(&l->s, in, q);
    }
}

static uint64_t deadline(const void *self)
{
    const struct layer *l = self;
    return l->s.env ? turn_session_deadline(&l->s) : NO_DEADLINE;
}

const struct endpoint_class turn_layer_class = {
    .name = "turn.layer",
    .size = sizeof(struct layer),
    .sparse = true,
    .layer = "turn",
    .datagrams = true,
    .input = input,
    .deadline = deadline,
};
