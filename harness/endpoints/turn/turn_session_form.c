/* harness/endpoints/turn/turn_session_form.c - what a client's requests carry: RFC 8656 sections 5, 7.1, 8.1, 10.1,
 * 12.1, RFC 6062 sections 4.1, 4.3 and 4.4. */
#include "harness/endpoints/turn/turn_session.h"

enum { PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, EVEN_PORT_RESERVE = 0x80 };

static void add_allocate(struct turn_session *s, struct draft *dr)
{
    struct turn_wish *w = &s->wish;

    bool tcp = w->tcp && !turn_s_flag(s, "c-tcp-17");

    stun_add_uint(dr, STUN_REQUESTED_TRANSPORT, tcp ? PROTOCOL_TCP : PROTOCOL_UDP);
    if (w->tcp && turn_s_flag(s, "c-tcp-even"))
        stun_add_uint(dr, STUN_EVEN_PORT, 0);
    if (w->lifetime && !turn_s_flag(s, "c-no-lifetime") && !turn_s_flag(s, "c-lifetime-lost"))
        stun_add_uint(dr, STUN_LIFETIME, w->lifetime);
    else if (turn_s_flag(s, "c-lifetime-3600"))
        stun_add_uint(dr, STUN_LIFETIME, 3600);
    if (w->dont_fragment && !s->no_df && !turn_s_flag(s, "c-df-unasked"))
        stun_add(dr, STUN_DONT_FRAGMENT);
    if (w->mobility && !s->no_ticket)
        stun_add_bytes(dr, STUN_MOBILITY_TICKET, (struct span){0}); /* RFC8016:3.1.1#a1 */
    if (w->token.n) { /* which stands alone: RFC8656:7.1#6, #9, #14 */
        stun_add_bytes(dr, STUN_RESERVATION_TOKEN, w->token);
        if (turn_s_flag(s, "c-token-and-even"))
            stun_add_uint(dr, STUN_EVEN_PORT, 0);
        return;
    }
    if (w->even_port || w->pair)
        stun_add_uint(dr, STUN_EVEN_PORT, w->pair ? EVEN_PORT_RESERVE : 0);
    if (w->family == TURN_WANT_IP4 || w->family == TURN_WANT_IP6)
        stun_add_uint(dr, STUN_REQUESTED_ADDRESS_FAMILY, w->family == TURN_WANT_IP6 ? 2 : 1);
    if (w->family == TURN_WANT_BOTH) {
        if (turn_s_flag(s, "c-two-families"))
            stun_add_uint(dr, STUN_REQUESTED_ADDRESS_FAMILY, 1);
        stun_add_uint(dr, STUN_ADDITIONAL_ADDRESS_FAMILY,
                      turn_s_flag(s, "c-additional-ip4") ? 1 : 2);
    }
}

/* The address as it is to be masked so that it goes out unmasked. */
static void unmask(struct addr *at)
{
    at->port ^= STUN_COOKIE >> 16;
    put_u32(at->ip, get_u32(at->ip) ^ STUN_COOKIE);
}

static void add_permit(struct turn_session *s, const struct turn_ask *a, struct draft *dr)
{
    for (size_t i = 0; i < TURN_FAR && !turn_s_flag(s, "c-no-peer"); i++) {
        struct addr at = s->peers[i].at;
        if (!(a->peers >> i & 1))
            continue;
        if (turn_s_flag(s, "c-peer-port-0"))
            at.port = 0; /* RFC8656:10.1#a2 */
        if (turn_s_flag(s, "c-peer-plain"))
            unmask(&at);
        stun_add_addr(dr, STUN_XOR_PEER_ADDRESS, &at);
    }
}

static void add_bind(struct turn_session *s, const struct turn_ask *a, struct draft *dr)
{
    for (size_t i = 0; i < TURN_FAR; i++)
        if (a->peers >> i & 1) {
            stun_add_uint(dr, STUN_CHANNEL_NUMBER, s->peers[i].number);
            stun_add_addr(dr, STUN_XOR_PEER_ADDRESS, &s->peers[i].at);
        }
}

/* LIFETIME, and the ticket where the request moves. */
static void add_refresh(struct turn_session *s, const struct turn_ask *a, struct draft *dr)
{
    bool shown = a->kind == TURN_ASK_MOVE || turn_s_flag(s, "c-ticket-always");

    if (a->kind == TURN_ASK_DELETE)
        stun_add_uint(dr, STUN_LIFETIME, 0);
    else if (a->number && !turn_s_flag(s, "c-lifetime-lost"))
        stun_add_uint(dr, STUN_LIFETIME, a->number);
    if (a->kind == TURN_ASK_REFRESH && turn_s_flag(s, "c-refresh-family"))
        stun_add_uint(dr, STUN_REQUESTED_ADDRESS_FAMILY, 2);
    if (turn_s_flag(s, "c-refresh-own-family")) /* which RFC8656:8.1#1 lets it name */
        stun_add_uint(dr, STUN_REQUESTED_ADDRESS_FAMILY, s->relayed[0].family ? 1 : 2);
    if (shown && s->n_ticket)
        stun_add_bytes(dr, STUN_MOBILITY_TICKET, (struct span){s->ticket, s->n_ticket});
}

static void add_link(const struct turn_ask *a, struct draft *dr)
{
    if (a->kind == TURN_ASK_CONNECT)
        stun_add_addr(dr, STUN_XOR_PEER_ADDRESS, &a->link->peer); /* RFC6062:4.3#2 */
    else
        stun_add_uint(dr, STUN_CONNECTION_ID, a->link->id); /* 4.3#7, 4.4#5 */
}

static uint16_t method_of(const struct turn_ask *a)
{
    static const uint16_t v[] = {0,
                                 STUN_ALLOCATE,
                                 STUN_REFRESH,
                                 STUN_REFRESH,
                                 STUN_CREATE_PERMISSION,
                                 STUN_CHANNEL_BIND,
                                 STUN_REFRESH,
                                 STUN_CONNECT,
                                 STUN_CONNECTION_BIND};
    return v[a->kind];
}

static const char *place(const struct turn_ask *a)
{
    static const char *const v[] = {"",
                                    "request/allocate",
                                    "request/refresh",
                                    "request/delete",
                                    "request/permission",
                                    "request/channel",
                                    "request/move",
                                    "request/connect",
                                    "request/take/own"};
    return a->link && a->link->theirs && a->kind == TURN_ASK_TAKE ? "request/take/theirs"
                                                                  : v[a->kind];
}

static struct stun_account account_of(const struct turn_session *s, const struct turn_ask *a)
{
    struct stun_account who = s->account;

    if (a->kind == TURN_ASK_REFRESH && turn_s_flag(s, "c-other-user"))
        who.username = who.given = span_of("bob");
    if (a->kind == TURN_ASK_TAKE && turn_s_flag(s, "c-take-other-user"))
        who.username = who.given = span_of("bob");
    return who;
}

bool turn_ask_form(struct turn_session *s, struct turn_ask *a)
{
    struct arena mem = arena_of(s->scratch, sizeof s->scratch);
    struct wr w = {a->wire, TURN_WIRE, 0, false};
    struct stun_marks marks;
    struct draft dr;

    stun_draft(&dr, &mem, STUN_REQUEST, method_of(a), (struct span){a->id, sizeof a->id});
    if (a->kind == TURN_ASK_ALLOCATE)
        add_allocate(s, &dr);
    else if (a->kind == TURN_ASK_PERMIT)
        add_permit(s, a, &dr);
    else if (a->kind == TURN_ASK_BIND)
        add_bind(s, a, &dr);
    else if (a->link)
        add_link(a, &dr);
    else
        add_refresh(s, a, &dr);
    stun_add_bytes(&dr, STUN_SOFTWARE, s->c->software); /* RFC8656:5#8a, #8b */
    a->signed_ = s->login.challenged;
    if (a->signed_) {
        struct stun_account who = account_of(s, a);
        a->integrity = stun_login_sign(&s->login, s->env, &who, &dr, &a->key);
    }
    if (s->c->fingerprint || turn_s_flag(s, "c-fingerprint"))
        stun_add(&dr, STUN_FINGERPRINT);
    env_apply(s->env, place(a), &dr);
    if (a->signed_)
        env_apply(s->env, "signed", &dr);
    stun_encode(&w, &dr, &marks);
    stun_seal(&w, &marks, a->signed_ ? &a->key : NULL);
    a->n = w.n;
    return !w.full && !mem.full;
}
