/* harness/endpoints/turn/turn_allocate.c - Allocate and Refresh: RFC 8656 sections 7.2 and 8.2. */
#include "harness/endpoints/turn/turn_server.h"

struct want { /* what an Allocate request asks for */
    bool six, dual, even, reserve, tcp;
    struct turn_reserved *token;
    uint32_t lifetime;
};

static unsigned refuse(struct turn_request *r, unsigned code, const char *cause)
{
    r->by.cause = cause;
    return code;
}

/* ---- lifetime ---- */

/* RFC8656:7.2#a25, #a26; `asked` in seconds. */
static uint32_t granted(const struct turn_server *s, uint32_t asked, bool refresh)
{
    uint32_t most = s->c.max_lifetime;

    if (asked > INT32_MAX && turn_flag(s, "lifetime-signed"))
        return asked;
    if (turn_flag(s, refresh ? "refresh-unbounded" : "lifetime-unbounded"))
        most = UINT32_MAX;
    if (turn_flag(s, "lifetime-more-than-asked"))
        return most;
    if (asked < s->c.default_lifetime &&
        turn_flag(s, refresh ? "refresh-short-granted" : "short-lifetime-granted"))
        return asked;
    uint32_t least = asked < most ? asked : most;
    return least > s->c.default_lifetime ? least : s->c.default_lifetime;
}

/* The lifetime of the request, 0: to be deleted; false: LIFETIME is malformed. */
static bool lifetime(const struct turn_server *s, const struct turn_request *r, uint32_t *out)
{
    const struct stun_attr *a = turn_attr(s, r, STUN_LIFETIME);
    bool refresh = r->method == STUN_REFRESH;

    *out = s->c.default_lifetime;
    if (!a)
        return true;
    uint32_t asked = a->v.u32;
    if (a->kind != STUN_U32) {
        if (!turn_flag(s, "lifetime-length-any"))
            return false;
        asked = 0;
        for (size_t i = 0; i < a->length && i < 4; i++)
            asked = asked << 8 | a->p[4 + i];
    }
    bool deletes = refresh && asked == 0 && !turn_flag(s, "refresh-0-as-default");
    *out = deletes ? 0 : granted(s, asked, refresh);
    return true;
}

static void set_timer(struct turn_server *s, struct turn_relay *r, uint32_t seconds, uint64_t now)
{
    uint64_t life = env_timer(&s->env, "timer/allocation", seconds * 1000000ull);

    r->lifetime = seconds;
    if (turn_flag(s, "expiry-5s-late"))
        life += 5000000;
    turn_expire_at(s, r, turn_flag(s, "never-expires") ? NO_DEADLINE : now + life);
}

/* ---- the checks of section 7.2; each 0 or the error code that the request earns ---- */

/* RFC6062:5.1#4 to #5c. */
static unsigned check_tcp(const struct turn_server *s, struct turn_request *r)
{
    if (!r->stream && !turn_flag(s, "tcp-over-udp"))
        return refuse(r, 400, "tcp-over-udp");
    if (turn_attr(s, r, STUN_DONT_FRAGMENT) && !turn_flag(s, "tcp-df-taken"))
        return refuse(r, 400, "tcp-dont-fragment");
    if (turn_attr(s, r, STUN_EVEN_PORT) && !turn_flag(s, "tcp-even-taken"))
        return refuse(r, 400, "tcp-even");
    if (turn_attr(s, r, STUN_RESERVATION_TOKEN) && !turn_flag(s, "tcp-reserve-taken"))
        return refuse(r, 400, "tcp-token");
    return 0;
}

static unsigned check_transport(const struct turn_server *s, struct turn_request *r, struct want *w)
{
    const struct stun_attr *a = turn_attr(s, r, STUN_REQUESTED_TRANSPORT);

    if (!a)
        return turn_flag(s, "transport-not-needed") ? 0 : refuse(r, 400, "no-transport");
    bool any = a->length > 0 && turn_flag(s, "transport-length-any");
    if (a->kind != STUN_U8_RFFU && !any)
        return refuse(r, 400, "transport");
    if (a->kind == STUN_U8_RFFU && a->v.rffu && turn_flag(s, "transport-rffu-checked"))
        return refuse(r, 400, "rffu");
    uint32_t protocol = any ? a->p[4] : a->v.u32;
    w->tcp = protocol == 6 && s->c.tcp_relay;
    if (w->tcp)
        return check_tcp(s, r);
    if (protocol == 17 && s->c.tcp_relay && r->stream && turn_flag(s, "udp-refused"))
        return refuse(r, 442, "udp");
    bool taken =
        turn_flag(s, "protocol-any") || (s->c.tcp_relay && turn_flag(s, "other-protocol-taken"));
    if (protocol != 17 && !taken)
        return refuse(r, 442, "protocol");
    return 0;
}

/* EVEN-PORT, RESERVATION-TOKEN and what may not stand beside them. */
static unsigned check_ports(const struct turn_server *s, struct turn_request *r, struct want *w)
{
    const struct stun_attr *even = turn_attr(s, r, STUN_EVEN_PORT),
                           *token = turn_attr(s, r, STUN_RESERVATION_TOKEN);
    bool family = turn_attr(s, r, STUN_REQUESTED_ADDRESS_FAMILY) != NULL,
         additional = turn_attr(s, r, STUN_ADDITIONAL_ADDRESS_FAMILY) != NULL;

    if (w->tcp)
        return 0; /* neither is for TCP */
    if (even && even->kind != STUN_U8)
        return refuse(r, 400, "even");
    if (even && (even->v.u32 & 0x7f) && turn_flag(s, "even-rffu-checked"))
        return refuse(r, 400, "rffu");
    w->even = even != NULL;
    w->reserve = even && (even->v.u32 & 0x80);
    if (!token)
        return 0;
    if (even && !turn_flag(s, "token-and-even-taken"))
        return refuse(r, 400, "token-and-even");
    if (family && !turn_flag(s, "token-and-family-taken"))
        return refuse(r, 400, "token-and-family");
    if (additional && !turn_flag(s, "token-and-additional-taken"))
        return refuse(r, 400, "token-and-additional");
    if (token->length != 8 && !turn_flag(s, "token-length-any"))
        return refuse(r, 400, "token-length");
    w->token = turn_reserved_find(s, span_cut((struct span){token->p + 4, token->length}, 0, 8));
    w->even = w->reserve = false;
    if (w->token && turn_flag(s, "token-bound-to-tuple") &&
        !addr_eq(&w->token->client, &r->c.remote))
        w->token = NULL;
    return w->token || turn_flag(s, "token-any") ? 0 : refuse(r, 508, "token");
}

/* The family that an attribute of four octets names: 4, 6, 0: neither. */
static uint8_t family_of(const struct stun_attr *a)
{
    if (a->kind != STUN_U8_RFFU)
        return 0;
    return a->v.u32 == 1 ? 4 : a->v.u32 == 2 ? 6 : 0;
}

static bool supports(const struct turn_server *s, bool six)
{
    return six ? s->c.ip6 || s->c.relay6.family : !s->c.no_ip4;
}

static unsigned check_families(const struct turn_server *s, struct turn_request *r, struct want *w)
{
    const struct stun_attr *family = turn_attr(s, r, STUN_REQUESTED_ADDRESS_FAMILY),
                           *more = turn_attr(s, r, STUN_ADDITIONAL_ADDRESS_FAMILY);

    if (turn_flag(s, "no-additional"))
        more = NULL;
    if (w->token)
        return 0; /* beside it there is neither */
    if (family && more && !turn_flag(s, "both-families-taken"))
        return refuse(r, 400, "both-families");
    if (family && family->kind != STUN_U8_RFFU)
        return refuse(r, 400, "family");
    if (family && family->v.rffu && turn_flag(s, "family-rffu-checked"))
        return refuse(r, 400, "rffu");
    if (family && !family_of(family) && !turn_flag(s, "family-any"))
        return refuse(r, 440, "no-family"); /* RFC8656:7.2#4a */
    w->six = family && family_of(family) == 6 && !turn_flag(s, "family-ignored");
    if (!family && ((r->c.remote.family == 6 && turn_flag(s, "family-of-transport")) ||
                    (!supports(s, false) && turn_flag(s, "six-for-want-of-four"))))
        w->six = true;
    if (w->reserve && more && !turn_flag(s, "even-and-additional-taken"))
        return refuse(r, 400, "even-and-additional");
    if (more && family_of(more) != 6 && !turn_flag(s, "additional-ip4-taken"))
        return refuse(r, 400, "additional");
    w->dual = more && !family;
    if (!supports(s, w->six) && !(w->dual && supports(s, true)))
        return refuse(r, 440, "family");
    return 0;
}

/* What counts for the quota: RFC8656:7.2#8. */
static uint32_t held(const struct turn_server *s, const struct turn_request *r)
{
    uint32_t n = 0;

    if (!turn_flag(s, "quota-by-address"))
        return turn_held(s, r->by.user);
    for (size_t i = 0; i < s->n_allocs; i++)
        n += s->allocs[i].told && pool_source(&s->allocs[i].c.remote) == pool_source(&r->c.remote);
    return n;
}

static unsigned check_policy(struct turn_server *s, struct turn_request *r)
{
    bool six = r->c.remote.family == 6;

    if ((six ? s->c.alternate6 : s->c.alternate).family)
        return refuse(r, r->by.sign ? 300 : 400, "alternate"); /* RFC8489:14.8#6a, #6b */
    if (r->by.sign && turn_flag(s, "redirect-once") && !s->redirected++) {
        *(six ? &s->c.alternate6 : &s->c.alternate) = r->c.local; /* for this answer */
        return refuse(r, 300, "once");
    }
    if (turn_is_tunnel(&r->c.remote) && !turn_flag(s, "tunnel-client-served"))
        return refuse(r, 403, "tunnel"); /* RFC8656:21.4#2a */
    if (s->c.quota && held(s, r) >= s->c.quota && !turn_flag(s, "quota-none"))
        return refuse(r, 486, "quota");
    if (turn_held(s, r->by.user) >= 2 && turn_flag(s, "quota-reached"))
        return refuse(r, 486, "quota");
    if (turn_held(s, r->by.user) >= 2 && turn_flag(s, "third-forbidden"))
        return refuse(r, 403, "third");
    return 0;
}

static unsigned check(struct turn_server *s, struct turn_request *r, struct want *w)
{
    unsigned code;

    if (turn_flag(s, "protocol-error-order") && (code = check_families(s, r, w)) != 0)
        return code;
    if (turn_attr(s, r, STUN_DONT_FRAGMENT) && turn_flag(s, "df-as-400"))
        return refuse(r, 400, "dont-fragment");
    if (!lifetime(s, r, &w->lifetime))
        return refuse(r, 400, "lifetime");
    if ((code = turn_ticket_check(s, r)) != 0)
        return code;
    if ((code = check_transport(s, r, w)) != 0 || (code = check_ports(s, r, w)) != 0 ||
        (code = check_families(s, r, w)) != 0)
        return code;
    bool to_six = (w->six || w->dual) && !r->stream && r->c.remote.family == 4;
    if (to_six && turn_attr(s, r, STUN_DONT_FRAGMENT)) { /* RFC8656:3.7#3: DF is not seen live */
        r->unknown[r->n_unknown++] = STUN_DONT_FRAGMENT;
        return refuse(r, 420, "dont-fragment");
    }
    return check_policy(s, r);
}

/* ---- answering ---- */

/* What answers the Allocate request of `a`, which came earlier. */
static struct turn_request late(const struct turn_alloc *a, const struct input *in, struct outq *q)
{
    return (struct turn_request){.in = in,
                                 .q = q,
                                 .method = STUN_ALLOCATE,
                                 .transaction = {a->transaction, sizeof a->transaction},
                                 .c = a->c,
                                 .by = {.sign = a->sign, .use256 = a->use256, .cause = "none"}};
}

static uint32_t lifetime_left(const struct turn_server *s, const struct turn_relay *r, uint64_t now)
{
    if (turn_flag(s, "lifetime-runs-down") && r->slot && r->until_us > now)
        return (uint32_t)((r->until_us - now) / 1000000);
    return r->lifetime;
}

static void add_relayed(struct turn_server *s, struct turn_request *r,
                        const struct turn_relay *relay)
{
    struct addr at = relay->at;

    if (turn_flag(s, "relayed-twice") && s->first_told.family == at.family)
        at = s->first_told;
    s->first_told = at;
    if (turn_flag(s, "relayed-wrong"))
        at.port ^= 1;
    if (turn_flag(s, "relayed-masked-wrong")) { /* masked twice is not masked */
        at.port ^= (uint16_t)(STUN_COOKIE >> 16);
        for (size_t i = 0; i < 4; i++)
            at.ip[i] ^= (uint8_t)(STUN_COOKIE >> (24 - 8 * i));
    }
    stun_add_addr(&r->dr, STUN_XOR_RELAYED_ADDRESS, &at);
}

/* What there is not of a dual allocation, and why: RFC8656:7.2#a15. */
static void add_missing(const struct turn_server *s, struct turn_request *r,
                        const struct turn_alloc *a)
{
    for (size_t i = 0; i < 2; i++) {
        unsigned code = a->relay[i].error;
        if (a->relay[i].state == TURN_OPEN || !code || turn_flag(s, "dual-one-silently"))
            continue;
        if (turn_flag(s, "half-dual-440") || turn_flag(s, "half-dual-508"))
            code = turn_flag(s, "half-dual-440") ? 440 : 508;
        stun_add_family_code(&r->dr, i ? 6 : 4, code, stun_reason(code));
    }
}

static void answer(struct turn_server *s, struct turn_alloc *a, const struct input *in, bool again,
                   struct outq *q)
{
    struct turn_request r = late(a, in, q);
    const struct turn_relay *one = &a->relay[a->relay[0].state != TURN_OPEN];

    turn_begin(s, &r, STUN_SUCCESS);
    for (size_t i = 0; i < 2; i++) {
        bool second = i == 1 && a->relay[0].state == TURN_OPEN;
        if (a->relay[i].state != TURN_OPEN || (second && turn_flag(s, "dual-one-silently")))
            continue;
        add_relayed(s, &r, &a->relay[second && turn_flag(s, "dual-two-ip4") ? 0 : i]);
    }
    stun_add_uint(&r.dr, STUN_LIFETIME, lifetime_left(s, one, in->now_us));
    if ((a->has_token && !(again && turn_flag(s, "token-once-told"))) ||
        (a->even && turn_flag(s, "token-unasked")) || (a->tcp && turn_flag(s, "tcp-token")))
        stun_add_bytes(&r.dr, STUN_RESERVATION_TOKEN, (struct span){a->token, sizeof a->token});
    stun_add_addr(&r.dr, STUN_XOR_MAPPED_ADDRESS, &a->c.remote);
    add_missing(s, &r, a);
    turn_ticket_add(s, &r, a);
    turn_finish(s, &r, 0);
}

static void tell(const struct turn_alloc *a, const char *name, const char *why, uint64_t now,
                 struct outq *q)
{
    struct turn_event *e = out_event(q, name, &turn_event_desc, 0);

    if (!e)
        return;
    *e = (struct turn_event){.from = a->c.remote,
                             .local = a->c.local,
                             .transport = turn_is_stream(a->c.flow) ? "tcp" : "udp",
                             .why = why,
                             .time_us = now};
    if (a->user)
        e->username = a->user->username;
    for (size_t i = 0; i < 2; i++)
        if (a->relay[i].at.family) {
            *(i ? &e->relayed6 : &e->relayed) = a->relay[i].at;
            e->lifetime = a->relay[i].lifetime;
        }
}

/* Nothing is being opened any more: the request has its answer. */
static void settle(struct turn_server *s, struct turn_alloc *a, const struct input *in,
                   struct outq *q)
{
    bool some = false;

    for (size_t i = 0; i < 2; i++) {
        if (a->relay[i].state == TURN_OPENING)
            return;
        some |= a->relay[i].state == TURN_OPEN;
    }
    if (a->spare && a->spare->relay.state == TURN_OPENING)
        return;
    if (!some) {
        struct turn_request r = late(a, in, q);
        unsigned code = a->relay[0].error ? a->relay[0].error : a->relay[1].error;
        turn_free(s, a, "failed", in->now_us, q);
        turn_error(s, &r, code, "capacity");
        return;
    }
    for (size_t i = 0; i < 2; i++)
        if (a->relay[i].state == TURN_OPEN)
            set_timer(s, &a->relay[i], a->relay[i].lifetime, in->now_us);
    if (a->spare) {
        turn_reserved_hold(s, a->spare, in->now_us);
        a->spare->client = a->c.remote;
        memcpy(a->token, a->spare->token, sizeof a->token);
        a->has_token = !turn_flag(s, "token-missing");
        a->spare = NULL;
    }
    a->told = true;
    tell(a, "allocated", NULL, in->now_us, q);
    answer(s, a, in, false, q);
}

/* ---- requests ---- */

/* The sockets of a new allocation. */
static void open_all(struct turn_server *s, struct turn_alloc *a, const struct want *w,
                     struct outq *q)
{
    for (size_t six = 0; six < 2; six++) {
        struct turn_relay *r = &a->relay[six];
        r->lifetime = w->lifetime;
        if (!w->dual && six != w->six)
            continue;
        if (supports(s, six))
            turn_port_open(s, a, six, w->reserve && six == w->six, q);
        else
            r->error = 440;
    }
}

static void create(struct turn_server *s, struct turn_request *r, const struct want *w)
{
    struct turn_alloc *a = turn_alloc_take(s, r->by.user);
    const struct stun_attr *nonce = stun_find(r->m, STUN_NONCE);
    struct turn_reserved *from = w->token;

    if (s->held_allocs > 64 && turn_flag(s, "flood-kills"))
        out_put(r->q, OUT_CLOSE, TURN_FLOW_UDP);
    if (!a) {
        turn_error(s, r, 508, "capacity");
        return;
    }
    a->c = r->c;
    a->stream = r->stream;
    a->sign = r->by.sign;
    a->use256 = r->by.use256;
    a->even = w->even;
    a->tcp = w->tcp && !turn_flag(s, "tcp-relay-is-udp");
    memcpy(a->transaction, r->transaction.p, sizeof a->transaction);
    turn_tuple_add(s, a);
    if (a->stream)
        a->stream->alloc = a;
    a->number = turn_ticket_of(s, r) ? ++s->next_number : 0;
    a->nonce = nonce ? fnv32(FNV_START, nonce->v.s) : 0;
    if (!from && turn_flag(s, "reserved-given-away"))
        from = pool_next(&s->reserved, NULL);
    if (from && !turn_flag(s, "token-other-port") && !turn_flag(s, "token-twice")) {
        a->relay[0].lifetime = a->relay[1].lifetime = w->lifetime;
        turn_port_move(s, from, a);
        turn_reserved_free(s, from, r->q);
    } else {
        if (from && !turn_flag(s, "token-twice"))
            turn_reserved_free(s, from, r->q);
        open_all(s, a, w, r->q);
    }
    settle(s, a, r->in, r->q);
}

void turn_allocate(struct turn_server *s, struct turn_request *r)
{
    struct want w = {0};
    struct turn_alloc *a = r->alloc;

    if (a && memcmp(a->transaction, r->transaction.p, sizeof a->transaction) == 0 &&
        !turn_flag(s, "retransmission-as-437")) { /* RFC8656:7.2#a33 */
        if (turn_flag(s, "retransmission-allocates")) {
            turn_tuple_drop(s, a);
            a = NULL;
        } else {
            if (a->told)
                answer(s, a, r->in, true, r->q);
            return; /* else it will be answered once its sockets are bound */
        }
    }
    if (a && a->told && turn_flag(s, "second-allocate-taken")) {
        memcpy(a->transaction, r->transaction.p, sizeof a->transaction);
        answer(s, a, r->in, false, r->q);
        return;
    }
    if (a) {
        turn_error(s, r, 437, "taken");
        return;
    }
    unsigned code = check(s, r, &w);
    if (code)
        turn_error(s, r, code, r->by.cause);
    else
        create(s, r, &w);
    if (code == 300 && turn_flag(s, "redirect-once"))
        s->c.alternate = s->c.alternate6 = (struct addr){0};
}

/* One relayed address of an allocation is over, its permissions and channels with it: RFC8656:8.1#2. */
static void end_relay(struct turn_server *s, struct turn_alloc *a, bool six, const char *why,
                      uint64_t now, struct outq *q)
{
    if (a->relay[!six].state != TURN_OPEN) {
        turn_free(s, a, why, now, q);
        return;
    }
    turn_peers_drop(s, a, six ? 6 : 4);
    turn_conns_drop(s, a, six ? 6 : 4, now, q);
    turn_port_close(s, &a->relay[six], q);
}

static void drop(struct turn_server *s, struct turn_alloc *a, uint8_t family, uint64_t now,
                 struct outq *q)
{
    if (turn_flag(s, "refresh-0-ignored"))
        return;
    if (turn_flag(s, "relay-stays-open")) {
        a->over = true;
    } else if (!family || turn_flag(s, "one-family-deletes-both")) {
        if (!family && a->relay[0].state == TURN_OPEN && turn_flag(s, "refresh-first-family-only"))
            end_relay(s, a, false, "deleted", now, q);
        else
            turn_free(s, a, "deleted", now, q);
    } else {
        end_relay(s, a, family == 6, "deleted", now, q);
    }
}

/* Of the attributes and the family; true: it has been refused. */
static bool bad_refresh(struct turn_server *s, struct turn_request *r, const struct stun_attr *attr)
{
    uint8_t family = attr ? family_of(attr) : 0;
    bool any = turn_flag(s, "refresh-family-any") || turn_flag(s, "deleted-family-refreshed");

    if (attr && attr->kind != STUN_U8_RFFU)
        turn_error(s, r, 400, "family");
    else if (attr && (!family || r->alloc->relay[family == 6].state != TURN_OPEN) && !any)
        turn_error(s, r, 443, "family"); /* RFC8656:8.2#1 */
    else if (attr && turn_flag(s, "refresh-family-refused"))
        turn_error(s, r, 443, "family");
    else if (r->alloc->refreshed_us && r->in->now_us - r->alloc->refreshed_us < 60000000 &&
             turn_flag(s, "refresh-once"))
        turn_error(s, r, 400, "again");
    else
        return false;
    return true;
}

static void refresh_relay(struct turn_server *s, struct turn_relay *r, uint32_t seconds,
                          uint64_t now)
{
    if (r->state != TURN_OPEN || turn_flag(s, "refresh-sets-nothing"))
        return;
    uint64_t base = turn_flag(s, "refresh-adds") && r->slot ? r->until_us : now;
    set_timer(s, r, seconds, base);
}

void turn_refresh(struct turn_server *s, struct turn_request *r)
{
    const struct stun_attr *attr = turn_attr(s, r, STUN_REQUESTED_ADDRESS_FAMILY);
    uint8_t family = attr ? family_of(attr) : 0;
    struct turn_alloc *a = r->alloc;
    uint32_t seconds;

    if (bad_refresh(s, r, attr))
        return;
    if (!lifetime(s, r, &seconds)) {
        turn_error(s, r, 400, "lifetime");
        return;
    }
    a->refreshed_us = r->in->now_us;
    if (seconds)
        for (size_t i = 0; i < 2; i++)
            if (!family || i == (family == 6))
                refresh_relay(s, &a->relay[i], seconds, r->in->now_us);
    turn_move(s, r);
    turn_begin(s, r, STUN_SUCCESS);
    stun_add_uint(&r->dr, STUN_LIFETIME, seconds);
    if (r->ticket)
        turn_ticket_add(s, r, a);
    turn_finish(s, r, 0);
    if (seconds) {
        turn_moved(s, r);
        return;
    }
    s->deleter = r->c;
    memcpy(s->deleted, r->transaction.p, sizeof s->deleted);
    drop(s, a, family, r->in->now_us, r->q);
    if (r->stream && !r->stream->alloc && turn_flag(s, "closed-when-deleted"))
        turn_stream_end(s, r->stream, true, r->in->now_us, r->q);
}

/* ---- relayed addresses ---- */

void turn_relay_opened(struct turn_server *s, struct turn_relay *r, const struct input *in,
                       struct outq *q)
{
    static const uint8_t any[16];
    struct turn_alloc *a;

    if (!r || r->state != TURN_OPENING)
        return;
    a = r->of ? r->of : ((struct turn_reserved *)(void *)r)->by;
    r->at = in->pkt.local;
    r->state = TURN_OPEN;
    if (memcmp(r->at.ip, any, sizeof any) == 0) { /* the driver cannot say where it is */
        turn_port_close(s, r, q);
        r->state = TURN_FAILED;
        r->error = 440;
        if (a->spare)
            turn_reserved_free(s, a->spare, q);
        a->spare = NULL;
    }
    settle(s, a, in, q);
}

void turn_relay_closed(struct turn_server *s, struct turn_relay *r, const struct input *in,
                       struct outq *q)
{
    if (!r)
        return;
    struct turn_alloc *a = r->of ? r->of : ((struct turn_reserved *)(void *)r)->by;
    if (!a) { /* reserved */
        turn_port_close(s, r, NULL);
        turn_reserved_free(s, (struct turn_reserved *)(void *)r, q);
        return;
    }
    bool six = r->at.family == 6, pair = a->spare != NULL;
    turn_port_close(s, r, NULL);
    if (a->told) {
        end_relay(s, a, six, "closed", in->now_us, q);
        return;
    }
    turn_port_close(s, &a->relay[six], q);
    if (a->spare)
        turn_port_close(s, &a->spare->relay, q);
    if (in->why == CLOSE_QUOTA)
        a->relay[six].tries = TURN_PORT_TRIES; /* no more sockets: another port does not help */
    if (!turn_port_open(s, a, six, pair, q) && a->spare) {
        turn_reserved_free(s, a->spare, q);
        a->spare = NULL;
    }
    settle(s, a, in, q);
}

void turn_free(struct turn_server *s, struct turn_alloc *a, const char *why, uint64_t now_us,
               struct outq *q)
{
    if (a->told)
        tell(a, "freed", why, now_us, q);
    for (struct turn_peer *p = a->peers, *next; p; p = next) {
        next = p->mine_next;
        if (!turn_flag(s, p->number ? "channels-survive" : "permissions-survive"))
            turn_peer_drop(s, p);
    }
    turn_conns_drop(s, a, 0, now_us, q);
    for (size_t i = 0; i < 2; i++)
        turn_port_close(s, &a->relay[i], q);
    if (a->spare)
        turn_reserved_free(s, a->spare, q);
    a->spare = NULL;
    if (turn_flag(s, "tuple-held")) {
        a->over = true;
        return;
    }
    turn_tuple_drop(s, a);
    turn_move_drop(s, a);
    if (a->stream && a->stream->alloc == a)
        a->stream->alloc = NULL;
    a->told = false;
    turn_alloc_give(s, a);
}

void turn_listener_closed(struct turn_server *s, flow_id flow, uint64_t now_us, struct outq *q)
{
    for (size_t i = 0; i < TURN_TUPLES; i++)
        for (struct turn_alloc *a = s->by_tuple[i], *next; a; a = next) {
            next = a->tuple_next;
            if (a->moving && a->to.flow == flow)
                turn_move_drop(s, a);
            if (a->c.flow == flow && a->moving)
                turn_move_end(s, a); /* to another flow, where it will be met again, if at all */
            else if (a->c.flow == flow)
                turn_free(s, a, "closed", now_us, q);
        }
}

void turn_allocations_expire(struct turn_server *s, uint64_t now_us, struct outq *q)
{
    for (size_t i = 0; i < TURN_AT_ONCE && s->n_heap && s->heap[1]->until_us <= now_us; i++) {
        struct turn_relay *r = s->heap[1];
        if (turn_flag(s, "expired-relays")) {
            r->of->over = true;
            turn_expire_at(s, r, NO_DEADLINE);
        } else {
            end_relay(s, r->of, r->at.family == 6, "expired", now_us, q);
        }
    }
}
