/* harness/endpoints/turn/turn_session_move.c - a client's allocation moves to another flow: RFC 8016 on the client's side.
 * A Refresh request with the ticket goes out on the new flow; the old one is used until it has its answer. Datagrams of
 * peers come on the old one after that, until the client has sent some on the new one. */
#include "harness/endpoints/turn/turn_session.h"

void turn_session_part(struct turn_session *s, flow_id *flow, struct outq *q)
{
    if (*flow && !s->given)
        out_put(q, OUT_CLOSE, *flow);
    *flow = 0;
}

bool turn_session_has(struct turn_session *s, flow_id flow)
{
    return flow &&
           (flow == s->flow || flow == s->next || flow == s->left || turn_link_find(s, flow));
}

/* ---- asking ---- */

static const char *why_not(const struct turn_session *s)
{
    if (s->phase != TURN_HAS)
        return "there is no allocation";
    if (s->given || !s->window2)
        return "its flow is not its own";
    if (!s->n_ticket)
        return "the server has given no ticket";
    return s->next ? "it is moving already" : NULL;
}

void turn_session_move(struct turn_session *s, uint32_t token, const struct input *in,
                       struct outq *q)
{
    struct turn_told no = {.kind = TURN_TOLD_FAILED, .token = token, .why = why_not(s)};
    struct turn_ask *a;

    if (no.why) {
        s->tell(s->owner, s, &no, in, q);
        return;
    }
    if ((a = turn_ask_new(s, TURN_ASK_MOVE, token, in, q)) == NULL)
        return;
    turn_session_part(s, &s->left, q);
    a->number = s->wish.lifetime;
    s->next_local = (struct addr){0};
    s->next = turn_session_flow(s, s->window2, q);
    turn_ask_launch(s, a, in, q);
}

/* ---- what comes of it ---- */

void turn_session_keep_ticket(struct turn_session *s, const struct stun_msg *m)
{
    const struct stun_attr *a = stun_find(m, STUN_MOBILITY_TICKET);

    if (!a || !a->length || a->length > sizeof s->ticket ||
        (s->n_ticket && turn_s_flag(s, "c-old-ticket")))
        return;
    s->n_ticket = a->length; /* RFC8016:3.1.3#a1, 3.2.3#a1 */
    memcpy(s->ticket, a->p + 4, a->length);
}

void turn_session_moved(struct turn_session *s, const struct input *in, struct outq *q)
{
    struct stun_stream *window = s->window;

    s->left = s->flow;
    s->flow = s->next;
    s->next = 0;
    s->local = s->next_local;
    s->window = s->window2;
    s->window2 = window;
    window->used = false;
    if (!s->stream)
        return;
    turn_session_part(s, &s->left, q); /* which tells the server: RFC8016:3.2.2#a5 */
    for (size_t i = 0; i < TURN_ASKS; i++)
        if (s->asks[i].kind && s->asks[i].kind != TURN_ASK_MOVE)
            turn_ask_launch(s, &s->asks[i], in, q); /* its answer would have come on the old one */
}

void turn_session_stays(struct turn_session *s, const struct input *in, struct outq *q)
{
    turn_session_part(s, &s->next, q);
    s->window2->used = false;
    if (!s->flow)
        turn_session_over(s, "its connection is closed, and it cannot move", in, q);
}

void turn_session_moves_not(struct turn_session *s, const char *why, const struct input *in,
                            struct outq *q)
{
    struct turn_told what = {.kind = TURN_TOLD_FAILED, .why = why};

    for (size_t i = 0; i < TURN_ASKS; i++)
        if (s->asks[i].kind == TURN_ASK_MOVE)
            turn_ask_end(s, &s->asks[i], &what, in, q);
    turn_session_stays(s, in, q);
}
