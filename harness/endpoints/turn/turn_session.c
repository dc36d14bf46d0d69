/* harness/endpoints/turn/turn_session.c - a client's allocation: its flow, its transactions and their timers (RFC 8489
 * section 6.2), and when it is refreshed (RFC 8656 section 8). */
#include "harness/endpoints/turn/turn_session.h"

enum { SECOND = 1000000 };

/* ---- the flow ---- */

flow_id turn_session_flow(struct turn_session *s, struct stun_stream *window, struct outq *q)
{
    flow_id flow = s->flow_new(s->owner);
    struct output *o = out_put(q, OUT_OPEN, flow);

    o->open.stack = s->stack;
    o->open.remote = s->server;
    o->open.name = span_of(s->name);
    if (!s->stream)
        o->open.local.family = s->server.family;
    *window = (struct stun_stream){
        .flow = flow, .used = s->stream, .channels = true, .remote = s->server};
    return flow;
}

void turn_session_open(struct turn_session *s, struct outq *q)
{
    if (turn_s_flag(s, "c-turns-plain"))
        s->stack = "udp";
    s->stream = strncmp(s->stack, "tcp", 3) == 0;
    s->flow = turn_session_flow(s, s->window, q);
}

void turn_session_close(struct turn_session *s, struct outq *q)
{
    turn_session_part(s, &s->next, q);
    turn_session_part(s, &s->left, q);
    if (s->flow && !s->given)
        out_put(q, OUT_CLOSE, s->flow);
    s->flow = 0;
    s->window->used = false;
}

static void put_on(struct turn_session *s, flow_id flow, struct span octets, struct outq *q)
{
    struct pkt pkt = {.remote = s->server};

    if (flow)
        out_send(q, flow, octets, s->stream ? NULL : &pkt);
}

void turn_session_put(struct turn_session *s, struct span octets, struct outq *q)
{
    bool early = s->next && turn_s_flag(s, "c-move-early");

    put_on(s, early ? s->next : s->flow, octets, q);
    turn_session_part(s, &s->left, q); /* the server has no more to send there: RFC8016:3.2.2#a6 */
}

static void put_ask(struct turn_session *s, const struct turn_ask *a, struct outq *q)
{
    flow_id flow = a->kind == TURN_ASK_MOVE ? s->next : s->flow;

    if (a->link && a->link->flow)
        flow = a->link->flow; /* RFC6062:4.3#6, 4.4#4 */
    put_on(s, flow, (struct span){a->wire, a->n}, q);
}

/* ---- transactions ---- */

static void tell_failed(struct turn_session *s, uint32_t token, const char *why,
                        const struct input *in, struct outq *q)
{
    struct turn_told what = {.kind = TURN_TOLD_FAILED, .token = token, .why = why};
    s->tell(s->owner, s, &what, in, q);
}

struct turn_ask *turn_ask_new(struct turn_session *s, enum turn_ask_kind kind, uint32_t token,
                              const struct input *in, struct outq *q)
{
    for (size_t i = 0; i < TURN_ASKS; i++)
        if (!s->asks[i].kind) {
            s->asks[i] = (struct turn_ask){.kind = (uint8_t)kind,
                                           .told = token != 0,
                                           .token = token,
                                           .wire = s->wires + i * TURN_WIRE};
            return &s->asks[i];
        }
    if (token)
        tell_failed(s, token, "too many transactions at once", in, q);
    return NULL;
}

static uint64_t rto_of(const struct turn_session *s)
{
    return s->c->rto_us ? s->c->rto_us : SECOND / 2; /* RFC8489:6.2.1#3 */
}

void turn_ask_lost(struct turn_session *s, struct turn_ask *a, struct turn_told *what,
                   const struct input *in, struct outq *q)
{
    uint8_t kind = a->kind;

    if (kind == TURN_ASK_PERMIT || kind == TURN_ASK_BIND)
        turn_peers_answered(s, a, what, in, q);
    struct turn_link *link = a->link;
    turn_ask_end(s, a, what, in, q);
    if (link)
        turn_link_lost(s, link, what, in, q);
    else if (kind == TURN_ASK_MOVE)
        turn_session_stays(s, in, q);
    else if (kind != TURN_ASK_PERMIT && kind != TURN_ASK_BIND)
        turn_session_over(s, what->why, in, q);
}

void turn_ask_launch(struct turn_session *s, struct turn_ask *a, const struct input *in,
                     struct outq *q)
{
    rng_fill(((struct env *)(uintptr_t)s->env)->rng, a->id, sizeof a->id);
    if (!turn_ask_form(s, a)) {
        turn_ask_lost(
            s, a, &(struct turn_told){.kind = TURN_TOLD_FAILED, .why = "the request does not fit"},
            in, q);
        return;
    }
    a->started_us = in->now_us;
    a->sent = 1;
    if (s->stream) /* RFC8489:6.2.2#2a */
        a->next_us = in->now_us + (s->c->ti_us ? s->c->ti_us : 39500000);
    else
        a->next_us = in->now_us + rto_of(s);
    if (a->kind == TURN_ASK_REFRESH &&
        (turn_s_flag(s, "c-other-port") || (s->wish.tcp && turn_s_flag(s, "c-tcp-other-port")))) {
        turn_session_close(s, q);
        turn_session_open(s, q);
    }
    put_ask(s, a, q);
}

void turn_ask_end(struct turn_session *s, struct turn_ask *a, struct turn_told *what,
                  const struct input *in, struct outq *q)
{
    what->token = a->told ? a->token : 0;
    a->kind = TURN_ASK_NONE;
    if (what->token)
        s->tell(s->owner, s, what, in, q);
}

void turn_session_over(struct turn_session *s, const char *why, const struct input *in,
                       struct outq *q)
{
    bool had = s->known;
    struct turn_told gone = {.kind = TURN_TOLD_GONE, .why = why};

    s->phase = TURN_OVER;
    s->known = false;
    for (size_t i = 0; i < TURN_ASKS; i++)
        if (s->asks[i].kind) {
            struct turn_told what = {.kind = s->asks[i].kind == TURN_ASK_DELETE ? TURN_TOLD_DELETED
                                                                                : TURN_TOLD_FAILED,
                                     .why = why};
            turn_ask_end(s, &s->asks[i], &what, in, q);
        }
    turn_links_over(s, why, in, q);
    turn_session_close(s, q);
    memset(s->peers, 0, sizeof s->peers);
    s->n_held = 0;
    if (had)
        s->tell(s->owner, s, &gone, in, q);
}

/* RFC8489:6.2.1: sent at 0, RTO, 3 RTO, 7 RTO ..., Rc times; then Rm times the first RTO more. */
static void again(struct turn_session *s, struct turn_ask *a, const struct input *in,
                  struct outq *q)
{
    uint32_t rc = s->c->rc ? s->c->rc : 7, rm = s->c->rm ? s->c->rm : 16;

    if (s->stream || a->sent >= rc) {
        turn_ask_lost(s, a,
                      &(struct turn_told){.kind = TURN_TOLD_FAILED,
                                          .timeout = true,
                                          .why = "the server does not answer"},
                      in, q);
        return;
    }
    put_ask(s, a, q);
    uint64_t step = rto_of(s) << a->sent;
    a->sent++;
    a->next_us = in->now_us + (a->sent >= rc ? rto_of(s) * rm : step);
}

/* ---- what is asked ---- */

void turn_session_begin(struct turn_session *s, const struct turn_wish *wish, uint32_t token,
                        const struct input *in, struct outq *q)
{
    s->wish = *wish;
    s->wish.token = span_cut(wish->token, 0, sizeof s->asked_token);
    if (s->wish.token.n)
        memcpy(s->asked_token, s->wish.token.p, s->wish.token.n);
    s->wish.token.p = s->asked_token;
    s->no_ticket = !wish->mobility;
    s->phase = TURN_ALLOCATING;
    s->n_been = 0;
    s->ports_tried = 1;
    if (!s->given)
        turn_session_open(s, q);
    struct turn_ask *a = turn_ask_new(s, TURN_ASK_ALLOCATE, token, in, q);
    if (!a)
        return;
    if (turn_s_flag(s, "c-binding-first")) {
        static const uint8_t empty[20] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};
        uint8_t wire[20];
        memcpy(wire, empty, sizeof wire);
        rng_fill(((struct env *)(uintptr_t)s->env)->rng, wire + 8, 12);
        put_on(s, s->flow, (struct span){wire, sizeof wire}, q);
    }
    turn_ask_launch(s, a, in, q);
}

void turn_session_refresh(struct turn_session *s, uint32_t lifetime, uint32_t token,
                          const struct input *in, struct outq *q)
{
    if (s->phase != TURN_HAS) {
        tell_failed(s, token, "there is no allocation", in, q);
        return;
    }
    struct turn_ask *a = turn_ask_new(s, TURN_ASK_REFRESH, token, in, q);
    if (!a)
        return;
    a->number = lifetime;
    turn_ask_launch(s, a, in, q);
}

void turn_session_leave(struct turn_session *s, uint32_t token, const struct input *in,
                        struct outq *q)
{
    struct turn_told done = {.kind = TURN_TOLD_DELETED, .token = token};

    if (s->phase != TURN_HAS) {
        tell_failed(s, token, "there is no allocation", in, q);
        return;
    }
    s->known &= token == 0;
    if (turn_s_flag(s, "c-no-delete")) {
        s->phase = TURN_LEAVING;
        turn_session_over(s, NULL, in, q);
        s->tell(s->owner, s, &done, in, q);
        return;
    }
    struct turn_ask *a = turn_ask_new(s, TURN_ASK_DELETE, token, in, q);
    if (!a)
        return;
    s->phase = TURN_LEAVING;
    turn_ask_launch(s, a, in, q);
}

/* ---- what comes ---- */

void turn_session_message(void *self, const struct input *in, struct span octets, struct outq *q)
{
    struct turn_session *s = self;
    struct findings none = {0};
    struct stun_msg m;

    if (stun_is_channel(octets) ||
        (octets.n > 4 && octets.p[0] == 0x80 && turn_s_flag(s, "c-any-octet"))) {
        turn_session_channel_data(s, in, octets, q);
        return;
    }
    if (stun_decode(octets, &m, s->attrs, COUNT(s->attrs), &none) != STEP_ITEM || m.classic)
        return;
    if (m.cls == STUN_SUCCESS || m.cls == STUN_ERROR)
        turn_session_response(s, in, &m, q);
    else if (m.cls == STUN_INDICATION && m.method == STUN_DATA)
        turn_session_data(s, in, &m, q);
    else if (m.cls == STUN_INDICATION && m.method == STUN_CONNECTION_ATTEMPT)
        turn_session_attempt(s, in, &m, q);
}

static void bytes(struct turn_session *s, const struct input *in, struct outq *q)
{
    if (!s->stream) { /* from elsewhere it is nothing of TURN: RFC8656:3.1#a2 */
        if (addr_eq(&in->pkt.remote, &s->server))
            turn_session_message(s, in, in->data, q);
        return;
    }
    bool next = in->flow == s->next;
    if (stun_stream_take(next ? s->window2 : s->window, in, turn_session_message, s, q))
        return;
    if (next && s->next == in->flow)
        turn_session_moves_not(s, "the framing of the stream is lost", in, q);
    else
        turn_session_over(s, "the framing of the stream is lost", in, q);
}

static void ended(struct turn_session *s, const struct input *in, struct outq *q)
{
    const char *why = in->kind == IN_EOF ? "the server closed the connection"
                      : in->detail       ? in->detail
                                         : close_name(in->why);
    flow_id *which = in->flow == s->next ? &s->next : in->flow == s->left ? &s->left : &s->flow;
    bool next = which == &s->next, moving = which == &s->flow && s->next;

    if (in->kind == IN_CLOSED && !s->given)
        *which = 0; /* dead already */
    if (next)
        turn_session_moves_not(s, why, in, q);
    else if (which == &s->left ||
             moving) /* break before make: what becomes of the move is what counts */
        turn_session_part(s, which, q);
    else
        turn_session_over(s, why, in, q);
}

void turn_session_input(struct turn_session *s, const struct input *in, struct outq *q)
{
    struct turn_link *link = turn_link_find(s, in->flow);

    if (link) {
        turn_link_input(s, link, in, q);
        return;
    }
    switch (in->kind) {
    case IN_OPENED:
        *(in->flow == s->next ? &s->next_local : &s->local) = in->pkt.local;
        break;
    case IN_BYTES:
        bytes(s, in, q);
        break;
    case IN_EOF:
    case IN_CLOSED:
        ended(s, in, q);
        break;
    default: /* ICMP about the server: its transactions time out */
        break;
    }
}

/* ---- time ---- */

static void keep_alive(struct turn_session *s, const struct input *in, struct outq *q)
{
    uint8_t wire[20] = {0, 0x11, 0, 0, 0x21, 0x12, 0xa4, 0x42};

    if (!s->keep_us)
        s->keep_us = in->now_us + 15 * SECOND;
    if (s->keep_us > in->now_us)
        return;
    s->keep_us = in->now_us + 15 * SECOND;
    rng_fill(((struct env *)(uintptr_t)s->env)->rng, wire + 8, 12);
    put_on(s, s->flow, (struct span){wire, sizeof wire}, q);
}

void turn_session_timers(struct turn_session *s, const struct input *in, struct outq *q)
{
    for (size_t i = 0; i < TURN_ASKS; i++)
        if (s->asks[i].kind && s->asks[i].next_us <= in->now_us)
            again(s, &s->asks[i], in, q);
    if (s->phase != TURN_HAS)
        return;
    if (s->refresh_us <= in->now_us) {
        s->refresh_us = NO_DEADLINE;
        turn_session_refresh(s, s->wish.lifetime, 0, in, q);
    }
    if (s->until_us <= in->now_us && !turn_s_flag(s, "c-refresh-late")) {
        turn_session_over(s, "the allocation has expired", in, q);
        return;
    }
    if (turn_s_flag(s, "c-keepalive"))
        keep_alive(s, in, q);
    turn_peers_keep(s, in, q);
}

uint64_t turn_session_deadline(const struct turn_session *s)
{
    uint64_t best = NO_DEADLINE;

    for (size_t i = 0; i < TURN_ASKS; i++)
        if (s->asks[i].kind && s->asks[i].next_us < best)
            best = s->asks[i].next_us;
    if (s->phase != TURN_HAS)
        return best;
    best = s->refresh_us < best ? s->refresh_us : best;
    best = s->until_us < best && !turn_s_flag(s, "c-refresh-late") ? s->until_us : best;
    best = s->keep_us && s->keep_us < best ? s->keep_us : best;
    uint64_t peers = turn_peers_deadline(s);
    return peers < best ? peers : best;
}
