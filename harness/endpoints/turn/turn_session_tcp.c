/* harness/endpoints/turn/turn_session_tcp.c - connections to peers and of peers on a client's TCP allocation: RFC 6062
 * sections 4.3 to 4.6. Each is a connection of its own to the server, on which octets pass as they are once it is bound. */
#include "harness/endpoints/turn/turn_session.h"

enum { SECOND = 1000000, AFTER_447 = 10 }; /* s; the last: RFC6062:4.3#8b */

/* ---- what there is ---- */

static struct turn_link *link_new(struct turn_session *s, const struct addr *peer)
{
    for (size_t i = 0; i < TURN_SESSION_DATA; i++) {
        struct turn_link *l = &s->links[i];
        if (l->state != TURN_LINK_NONE)
            continue;
        *l = (struct turn_link){.number = ++s->last_link, .peer = *peer, .window = &s->windows[i]};
        return l;
    }
    return NULL;
}

struct turn_link *turn_link_find(struct turn_session *s, flow_id flow)
{
    for (size_t i = 0; i < TURN_SESSION_DATA; i++)
        if (flow && s->links[i].state && s->links[i].flow == flow)
            return &s->links[i];
    return NULL;
}

static struct turn_link *standing(struct turn_session *s, uint32_t number)
{
    for (size_t i = 0; i < TURN_SESSION_DATA; i++)
        if (s->links[i].state == TURN_LINK_STANDS && s->links[i].number == number)
            return &s->links[i];
    return NULL;
}

/* Its flow, its transaction and its place. */
static void forget(struct turn_session *s, struct turn_link *l, struct outq *q)
{
    for (size_t i = 0; i < TURN_ASKS; i++)
        if (s->asks[i].kind && s->asks[i].link == l)
            s->asks[i].kind = TURN_ASK_NONE;
    if (l->flow)
        out_put(q, OUT_CLOSE, l->flow);
    l->window->used = false;
    *l = (struct turn_link){0};
}

void turn_link_lost(struct turn_session *s, struct turn_link *l, const struct turn_told *no,
                    const struct input *in, struct outq *q)
{
    struct turn_told what = *no;
    struct turn_far *f = turn_far_find(s, &l->peer);

    if (no->code == 447 && f && !turn_s_flag(s, "c-connect-at-once"))
        f->connect_us = in->now_us + (uint64_t)AFTER_447 * SECOND;
    what.kind = TURN_TOLD_FAILED;
    what.token = l->token;
    what.peer = l->peer;
    forget(s, l, q);
    if (what.token)
        s->tell(s->owner, s, &what, in, q);
}

static void comes_to_nothing(struct turn_session *s, struct turn_link *l, const char *why,
                             const struct input *in, struct outq *q)
{
    turn_link_lost(s, l, &(struct turn_told){.why = why}, in, q);
}

void turn_links_over(struct turn_session *s, const char *why, const struct input *in,
                     struct outq *q)
{
    for (size_t i = 0; i < TURN_SESSION_DATA; i++)
        if (s->links[i].state)
            comes_to_nothing(s, &s->links[i], why, in, q);
}

/* ---- connecting ---- */

static void open_link(struct turn_session *s, struct turn_link *l, struct outq *q)
{
    struct addr server = s->server;

    if (s->n_been && (turn_s_flag(s, "c-take-first-server") ||
                      (l->theirs && turn_s_flag(s, "c-attempt-first-server"))))
        s->server = s->been[0];
    l->flow =
        turn_session_flow(s, l->window, q); /* where the control connection goes: 4.3#3, 4.4#1 */
    l->window->channels = false;
    s->server = server;
}

/* A request about the link; what cannot be sent ends it. */
static void ask(struct turn_session *s, struct turn_link *l, enum turn_ask_kind kind,
                const struct input *in, struct outq *q)
{
    struct turn_ask *a = turn_ask_new(s, kind, 0, in, q);

    if (!a) {
        comes_to_nothing(s, l, "too many transactions at once", in, q);
        return;
    }
    l->state = kind == TURN_ASK_CONNECT ? TURN_LINK_CONNECT : TURN_LINK_TAKE;
    a->link = l;
    turn_ask_launch(s, a, in, q);
}

static void take(struct turn_session *s, struct turn_link *l, const struct input *in,
                 struct outq *q)
{
    if (!l->flow && !turn_s_flag(s, "c-bind-on-control"))
        open_link(s, l, q);
    l->state = TURN_LINK_TAKE;
    if (!turn_s_flag(s, "c-no-take") && !(l->theirs && turn_s_flag(s, "c-attempt-unbound")))
        ask(s, l, TURN_ASK_TAKE, in, q);
}

static void connect_link(struct turn_session *s, struct turn_link *l, const struct input *in,
                         struct outq *q)
{
    if (turn_s_flag(s, "c-connect-elsewhere"))
        open_link(s, l, q);
    ask(s, l, TURN_ASK_CONNECT, in, q);
}

/* Whether a Connect request for the peer is out, or about to be. */
static bool connecting(const struct turn_session *s, const struct addr *peer)
{
    for (size_t i = 0; i < TURN_SESSION_DATA; i++) {
        const struct turn_link *l = &s->links[i];
        if ((l->state == TURN_LINK_PERMIT || l->state == TURN_LINK_CONNECT) &&
            addr_eq(&l->peer, peer))
            return true;
    }
    return false;
}

static const char *why_not(struct turn_session *s, const struct addr *peer, uint64_t now_us)
{
    if (s->phase != TURN_HAS)
        return "there is no allocation";
    if (!s->wish.tcp || !s->windows)
        return "this is no TCP allocation";
    if (connecting(s, peer) && !turn_s_flag(s, "c-connect-twice"))
        return "a Connect request for this peer is out"; /* RFC6062:4.3#10 */
    const struct turn_far *f = turn_far_wanted(s, peer, now_us);
    if (!f)
        return "too many peers, or one of another family";
    return f->connect_us > now_us ? "the peer is not to be asked for so soon again" : NULL;
}

void turn_session_connect(struct turn_session *s, const struct addr *peer, uint32_t token,
                          const struct input *in, struct outq *q)
{
    struct turn_told no = {.kind = TURN_TOLD_FAILED, .token = token, .peer = *peer};
    struct turn_link *l = NULL;

    no.why = why_not(s, peer, in->now_us);
    if (!no.why && (l = link_new(s, peer)) == NULL)
        no.why = "too many data connections";
    if (no.why) {
        s->tell(s->owner, s, &no, in, q);
        return;
    }
    l->token = token;
    if (turn_far_permitted(s, peer, in->now_us)) {
        connect_link(s, l, in, q);
        return;
    }
    l->state = TURN_LINK_PERMIT;
    const struct turn_far *f = turn_far_find(s, peer);
    if (f && !f->asked)
        turn_session_permit(s, peer, 1, 0, in, q);
    if (l->state == TURN_LINK_PERMIT && (!f || !f->asked))
        comes_to_nothing(s, l, "too many transactions at once", in, q);
}

void turn_links_permitted(struct turn_session *s, const struct addr *peer,
                          const struct turn_told *no, const struct input *in, struct outq *q)
{
    for (size_t i = 0; i < TURN_SESSION_DATA; i++) {
        struct turn_link *l = &s->links[i];
        if (l->state != TURN_LINK_PERMIT)
            continue;
        if (turn_far_permitted(s, &l->peer, in->now_us))
            connect_link(s, l, in, q);
        else if (no && addr_eq(&l->peer, peer))
            turn_link_lost(s, l, no, in, q);
    }
}

/* ---- what the server says ---- */

void turn_link_connected(struct turn_session *s, struct turn_ask *a, const struct input *in,
                         const struct stun_msg *m, struct outq *q)
{
    const struct stun_attr *id = stun_find(m, STUN_CONNECTION_ID);
    struct turn_told none = {.kind = TURN_TOLD_LINKED};
    struct turn_link *l = a->link;

    turn_ask_end(s, a, &none, in, q);
    if (!id || id->kind != STUN_U32) {
        comes_to_nothing(s, l, "Connect succeeds without CONNECTION-ID", in, q);
        return;
    }
    l->id = id->v.u32;
    take(s, l, in, q);
}

void turn_link_taken(struct turn_session *s, struct turn_ask *a, const struct input *in,
                     const struct stun_msg *m, struct outq *q)
{
    struct turn_link *l = a->link;
    struct turn_told what = {.kind = TURN_TOLD_LINKED, .octets = m->wire, .frame = in->pkt.frame};

    turn_ask_end(s, a, &what, in, q);
    l->state = TURN_LINK_STANDS;
    l->window->bare = !turn_s_flag(s, "c-link-read"); /* RFC6062:3#a3 */
    what.token = l->token;
    what.peer = l->peer;
    what.connection = l->number;
    l->token = 0;
    s->tell(s->owner, s, &what, in, q);
}

void turn_session_attempt(struct turn_session *s, const struct input *in, const struct stun_msg *m,
                          struct outq *q)
{
    const struct stun_attr *id = stun_find(m, STUN_CONNECTION_ID),
                           *peer = stun_find(m, STUN_XOR_PEER_ADDRESS);
    struct turn_link *l;
    uint16_t unknown[1];

    if (s->phase != TURN_HAS || !s->wish.tcp || !s->windows || in->flow != s->flow ||
        stun_unknown(m, false, unknown, 1)) /* RFC8489:6.3.2#a1 */
        return;
    if (!id || id->kind != STUN_U32 || !peer || peer->kind != STUN_XOR_ADDR ||
        !turn_far_permitted(s, &peer->v.addr, in->now_us) || turn_s_flag(s, "c-ignores-attempt") ||
        (l = link_new(s, &peer->v.addr)) == NULL)
        return; /* RFC6062:4.4#a1 */
    l->theirs = true;
    l->id = id->v.u32;
    take(s, l, in, q);
}

/* ---- octets ---- */

bool turn_link_send(struct turn_session *s, uint32_t number, struct span data, struct outq *q)
{
    struct turn_link *l = standing(s, number);
    struct wr w = {s->out, sizeof s->out, 0, false};

    if (!l)
        return false;
    if (turn_s_flag(s, "c-link-framed")) {
        stun_channel_put(&w, TURN_CHANNEL_FIRST, data, true);
        data = wr_span(&w);
    }
    if (data.n)
        out_send(q, turn_s_flag(s, "c-link-on-control") ? s->flow : l->flow, data, NULL);
    return true;
}

bool turn_link_close(struct turn_session *s, uint32_t number, struct outq *q)
{
    struct turn_link *l = standing(s, number);

    if (l && !turn_s_flag(s, "c-link-kept"))
        forget(s, l, q);
    return l != NULL;
}

void turn_links_pause(struct turn_session *s, bool on, struct outq *q)
{
    for (size_t i = 0; i < TURN_SESSION_DATA; i++) {
        struct turn_link *l = &s->links[i];
        if (l->state != TURN_LINK_STANDS || l->paused == on)
            continue;
        l->paused = on;
        out_put(q, on ? OUT_PAUSE : OUT_RESUME, l->flow);
    }
}

static void each(void *self, const struct input *in, struct span octets, struct outq *q)
{
    struct turn_session *s = self;
    const struct turn_link *l = turn_link_find(s, in->flow);

    if (!l || l->state != TURN_LINK_STANDS) {
        turn_session_message(s, in, octets, q);
        return;
    }
    struct turn_told what = {.kind = TURN_TOLD_DATA,
                             .peer = l->peer,
                             .connection = l->number,
                             .data = octets,
                             .frame = in->pkt.frame};
    s->tell(s->owner, s, &what, in, q);
}

/* The other side has ended it, or answers ConnectionBind by what is no message. */
static void ended(struct turn_session *s, struct turn_link *l, const struct input *in,
                  struct outq *q)
{
    struct turn_told what = {.kind = TURN_TOLD_ENDED,
                             .peer = l->peer,
                             .connection = l->number,
                             .why = in->kind == IN_CLOSED ? close_name(in->why)
                                    : in->kind == IN_EOF  ? "the other side closed it"
                                                          : "the framing of the stream is lost"};
    bool stood = l->state == TURN_LINK_STANDS;

    if (in->kind == IN_CLOSED)
        l->flow = 0; /* dead already */
    if (!stood) {
        comes_to_nothing(s, l, what.why, in, q);
        return;
    }
    forget(s, l, q);
    s->tell(s->owner, s, &what, in, q);
}

void turn_link_input(struct turn_session *s, struct turn_link *l, const struct input *in,
                     struct outq *q)
{
    if (in->kind == IN_EOF || in->kind == IN_CLOSED)
        ended(s, l, in, q);
    else if (in->kind == IN_BYTES && !stun_stream_take(l->window, in, each, s, q))
        ended(s, l, in, q);
}
