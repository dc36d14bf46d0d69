/* harness/endpoints/stun/stun_server_nat.c - behaviour discovery: RFC 5780, sections 6 and 7; and
 * what RFC 3489 has in its place for clients without magic cookie.
 *
 * A place is one of four: bit 0 the port (P1, P2), bit 1 the address (A1, A2); place 0 is where the
 * server listens anyway. Each has a socket of its own, so that a response leaves from where it has
 * to. Over streams all four are served, but none can answer for another: RFC5780:3#a1. */
#include "harness/endpoints/stun/stun_server.h"

enum { PLACES = 4, OTHER_PORT = 1, OTHER_IP = 2 };
enum { CHANGE_IP = 4, CHANGE_PORT = 2 }; /* bits of CHANGE-REQUEST: RFC5780:7.2 */
enum {
    MTU_USUAL = 1500,
    DATAGRAM_MAX = 65535,
    HEADERS_MAX = 40 + 8, /* IPv6 and UDP */
    BESIDE_MAX =
        4 * (4 + 20) + 4 + 36 + 8, /* addresses, PADDING's header, integrity, FINGERPRINT */
};

static struct addr place_addr(const struct stun_nat *n, unsigned place)
{
    struct addr a = n->at[place & OTHER_IP ? 1 : 0];
    a.port = n->at[place & OTHER_PORT ? 1 : 0].port;
    return a;
}

/* ---- starting ---- */

static void open_place(struct stun_server *s, unsigned place, bool tcp, struct outq *q)
{
    struct addr at = place_addr(&s->nat, place);

    out_open(q, (tcp ? STUN_FLOW_NAT_TCP : STUN_FLOW_NAT_UDP) + place, tcp ? "tcp" : "udp", tcp,
             &at);
    s->nat.to_open++;
}

void nat_start(struct stun_server *s, const struct addr *listen, struct outq *q)
{
    struct stun_nat *n = &s->nat;

    n->on = s->c.nat || s->c.other.family;
    if (!s->c.other.family)
        return;
    n->at[0] = *listen;
    n->at[1] = s->c.other;
    if (!n->at[1].port)
        n->at[1].port = (uint16_t)(listen->port + 1);
    n->to_open = (uint8_t)(!s->c.no_udp + !s->c.no_tcp); /* place 0 */
    for (unsigned place = 1; place < PLACES; place++) {
        if (place == OTHER_PORT && env_flag(&s->env, "other-port-deaf"))
            continue;
        if (!s->c.no_udp)
            open_place(s, place, false, q);
        if (!s->c.no_tcp)
            open_place(s, place, true, q);
    }
}

void nat_opened(struct stun_server *s, const struct input *in)
{
    struct stun_nat *n = &s->nat;

    if (!n->to_open)
        return;
    n->to_open--;
    if (in->flow == STUN_FLOW_UDP || in->flow == STUN_FLOW_TCP)
        memcpy(n->at[0].ip, in->pkt.local.ip, sizeof n->at[0].ip); /* configured as any, maybe */
    n->two = n->to_open == 0 && n->at[0].family == n->at[1].family &&
             n->at[0].port != n->at[1].port &&
             memcmp(n->at[0].ip, n->at[1].ip, sizeof n->at[0].ip) != 0;
}

void nat_closed(struct stun_server *s)
{
    s->nat.to_open = 0; /* RFC5780:6#4a, #4b: it goes on with one address */
    s->nat.two = false;
}

/* ---- requests ---- */

static bool is_datagram(const struct reply *r)
{
    return r->in->flow < FLOW_ACCEPTED;
}

static void refuse(struct reply *r, uint16_t type)
{
    if (r->n_unknown < COUNT(r->unknown))
        r->unknown[r->n_unknown++] = type;
}

void nat_known(const struct stun_server *s, struct reply *r)
{
    bool port = s->nat.on && !r->m->classic && is_datagram(r) &&
                !env_flag(&s->env, "response-port-unsupported");
    bool padding = s->nat.on && !r->m->classic;
    bool change = s->nat.on && !(r->m->classic && env_flag(&s->env, "classic-change-refused"));
    size_t n = 0;

    for (size_t i = 0; i < r->n_unknown; i++) {
        uint16_t t = r->unknown[i];
        if ((t == STUN_RESPONSE_PORT && port) || (t == STUN_PADDING && padding) ||
            (t == STUN_CHANGE_REQUEST && change) ||
            (t == STUN_RESPONSE_ADDRESS && (env_flag(&s->env, "response-address-ignored") ||
                                            env_flag(&s->env, "reflected-to-nobody"))))
            continue;
        r->unknown[n++] = t;
    }
    r->n_unknown = n;
}

/* The place that answers instead of the one that was asked: what to flip of its number. */
static unsigned check_change(const struct stun_server *s, struct reply *r,
                             const struct stun_attr *a)
{
    uint32_t flags = a->kind == STUN_U32 ? a->v.u32 & (CHANGE_IP | CHANGE_PORT) : 0;

    if (!s->nat.two && !env_flag(&s->env, "change-without-second")) {
        refuse(r, STUN_CHANGE_REQUEST);
        return 420;
    }
    if (!is_datagram(r)) { /* nobody else can send on this connection */
        if (!flags || env_flag(&s->env, "change-on-stream-ignored"))
            return 0;
        if (env_flag(&s->env, "change-on-stream-as-400"))
            return 400;
        refuse(r, STUN_CHANGE_REQUEST);
        return 420;
    }
    if (!s->nat.two)
        return 0;
    r->change =
        (uint8_t)((flags & CHANGE_IP ? OTHER_IP : 0) | (flags & CHANGE_PORT ? OTHER_PORT : 0));
    if ((r->change == OTHER_IP && env_flag(&s->env, "change-ip-ignored")) ||
        (r->change == OTHER_PORT && env_flag(&s->env, "change-port-ignored")))
        r->change = 0;
    if (r->change == (OTHER_IP | OTHER_PORT) && env_flag(&s->env, "change-both-half"))
        r->change = OTHER_IP;
    return 0;
}

/* RFC5780:7.5#a1 can be read as a value of 4 octets, or as one of 2 with padding behind it; both
 * put the port first. 0: none that could be sent to. */
static uint16_t port_in(const struct stun_attr *a)
{
    return a->length >= 2 ? get_u16(a->p + 4) : 0;
}

unsigned nat_check(const struct stun_server *s, struct reply *r)
{
    const struct stun_attr *port = stun_find(r->m, STUN_RESPONSE_PORT),
                           *change = stun_find(r->m, STUN_CHANGE_REQUEST);
    bool padding = stun_find(r->m, STUN_PADDING) != NULL && !r->m->classic;
    unsigned code = 0;

    if (r->m->classic || !is_datagram(r))
        port = NULL;
    if (port && padding && !env_flag(&s->env, "padding-and-port-served")) {
        if (env_flag(&s->env, "refused-at-response-port"))
            r->response_port = port_in(port);
        return 400; /* RFC5780:6.1#11, 7.5#2 */
    }
    if (port && !port_in(port))
        return 400;
    if (change)
        code = check_change(s, r, change);
    else if (s->nat.two && is_datagram(r) && env_flag(&s->env, "plain-from-other-port"))
        r->change = OTHER_PORT;
    if (!code && port && !env_flag(&s->env, "response-port-ignored"))
        r->response_port = port_in(port);
    r->padding = padding;
    return code;
}

/* ---- responses ---- */

static unsigned place_of(const struct stun_nat *n, const struct addr *local)
{
    return (local->port == n->at[1].port ? OTHER_PORT : 0u) |
           (memcmp(local->ip, n->at[1].ip, sizeof local->ip) == 0 ? OTHER_IP : 0u);
}

/* Where the response to `r` leaves from. */
static struct addr source_of(const struct stun_server *s, const struct reply *r)
{
    if (!s->nat.two)
        return r->in->pkt.local;
    return place_addr(&s->nat, place_of(&s->nat, &r->in->pkt.local) ^ r->change);
}

/* As long as the MTU, rounded up to a multiple of four: RFC5780:6.1#10a; but not so long that the
 * datagram could not be sent: 7.6#1. */
static void add_padding(const struct stun_server *s, struct reply *r)
{
    size_t n = (s->c.mtu ? s->c.mtu : MTU_USUAL) + (size_t)3;
    size_t most = DATAGRAM_MAX - HEADERS_MAX - STUN_HEADER - BESIDE_MAX - (8 + s->c.software.n);

    if (n > most)
        n = most;
    n &= ~(size_t)3;
    uint8_t *p = arena_take(&r->mem, n);
    if (!p)
        return;
    memset(p, env_flag(&s->env, "padding-of-ones") ? 0xff : 0, n);
    stun_add_bytes(&r->dr, STUN_PADDING, (struct span){p, n});
}

void nat_answer(const struct stun_server *s, struct reply *r)
{
    bool classic = r->m->classic;
    struct addr source = source_of(s, r);

    stun_add_addr(&r->dr, classic ? STUN_SOURCE_ADDRESS : STUN_RESPONSE_ORIGIN, &source);
    if (s->nat.two) { /* counted from where the request was sent to: RFC5780:6.1#a3 */
        unsigned asked = place_of(&s->nat, &r->in->pkt.local);
        if (env_flag(&s->env, "other-address-turned"))
            asked ^= r->change;
        struct addr other = place_addr(&s->nat, asked ^ (OTHER_IP | OTHER_PORT));
        stun_add_addr(&r->dr, classic ? STUN_CHANGED_ADDRESS : STUN_OTHER_ADDRESS, &other);
    }
    if (classic && stun_find(r->m, STUN_RESPONSE_ADDRESS) &&
        env_flag(&s->env, "reflected-to-nobody"))
        stun_add_addr(&r->dr, STUN_REFLECTED_FROM, &r->in->pkt.remote);
    if (r->padding)
        add_padding(s, r);
}

void nat_route(const struct stun_server *s, const struct reply *r, flow_id *flow, struct pkt *pkt)
{
    if (r->response_port)
        pkt->remote.port = r->response_port; /* RFC5780:7.5#1 */
    if (!r->change)
        return;
    unsigned place = place_of(&s->nat, &r->in->pkt.local) ^ r->change;
    *flow = place ? STUN_FLOW_NAT_UDP + place : STUN_FLOW_UDP;
    pkt->local = place_addr(&s->nat, place);
}

/* ---- classic errors ---- */

const char *nat_classic_reason(const char *reason, char out[64])
{
    size_t n = strlen(reason), whole = (n + 3) & ~(size_t)3;

    memset(out, ' ', 64);
    memcpy(out, reason, n < 60 ? n : 60);
    out[whole < 60 ? whole : 60] = '\0';
    return out;
}

void nat_classic_types(struct reply *r)
{
    if (r->n_unknown % 2)
        refuse(r, r->unknown[r->n_unknown - 1]);
}
