/* harness/endpoints/turn/turn_mobility.c - allocations that move to another 5-tuple: RFC 8016. Nothing is kept of a ticket:
 * it says which allocation it is of, and by how many moves, sealed under a key of the server's own. */
#include "codecs/base/digest.h"
#include "harness/endpoints/turn/turn_server.h"

/* ---- tickets ---- */

/* What is sealed: the allocation's number, its place, its moves. The seal is SIV's (RFC 5297) with HMAC-SHA-256 for both
 * of its parts: the tag, of which the key stream is made, is that of the plain text. So no two tickets look alike that
 * differ in anything, and one and the same is written alike when its response is. */
enum { TAG = 16, PLAIN = 16 };
_Static_assert(TAG + PLAIN == TURN_TICKET, "a ticket is its tag and what is sealed");

void turn_tickets_init(struct turn_server *s)
{
    uint8_t keys[2][DIGEST_MAX];

    rng_fill(s->env.rng, keys[0], sizeof keys);
    for (size_t i = 0; i < COUNT(s->ticket_key); i++)
        hmac_key_init(&s->ticket_key[i], DIGEST_SHA256, (struct span){keys[i], sizeof keys[i]});
}

static void prf(const struct hmac_key *k, const uint8_t *in, size_t n, uint8_t out[DIGEST_MAX])
{
    struct digest d;

    hmac_start(&d, k);
    digest_add(&d, (struct span){in, n});
    hmac_end(&d, k, out);
}

/* Encrypt what is sealed, or decrypt it. */
static void mask(const struct turn_server *s, const uint8_t *tag, uint8_t *text)
{
    uint8_t stream[DIGEST_MAX];

    prf(&s->ticket_key[1], tag, TAG, stream);
    for (size_t i = 0; i < PLAIN; i++)
        text[i] ^= stream[i];
}

static void put_plain(uint8_t *p, uint64_t number, size_t place, uint32_t moves)
{
    put_u32(p, (uint32_t)(number >> 32));
    put_u32(p + 4, (uint32_t)number);
    put_u32(p + 8, (uint32_t)place);
    put_u32(p + 12, moves);
}

void turn_ticket_add(const struct turn_server *s, struct turn_request *r,
                     const struct turn_alloc *a)
{
    uint8_t ticket[TURN_TICKET], tag[DIGEST_MAX];

    if (!a->number)
        return;
    put_plain(ticket + TAG, a->number, (size_t)(a - s->allocs), a->moves);
    prf(&s->ticket_key[0], ticket + TAG, PLAIN, tag);
    memcpy(ticket, tag, TAG);
    mask(s, tag, ticket + TAG);
    stun_add_bytes(&r->dr, STUN_MOBILITY_TICKET,
                   arena_copy(&r->mem, (struct span){ticket, TURN_TICKET}));
}

struct ticket {
    uint64_t number;
    uint32_t place, moves;
};

/* False: this server has not given it. */
static bool opened(const struct turn_server *s, struct span octets, struct ticket *t)
{
    uint8_t plain[PLAIN], tag[DIGEST_MAX];

    if (octets.n != TURN_TICKET)
        return false;
    memcpy(plain, octets.p + TAG, PLAIN);
    mask(s, octets.p, plain);
    prf(&s->ticket_key[0], plain, PLAIN, tag);
    *t = (struct ticket){get_u64(plain), get_u32(plain + 8), get_u32(plain + 12)};
    return span_eq_ct((struct span){tag, TAG}, span_cut(octets, 0, TAG)) &&
           t->place < TURN_ALLOCATIONS;
}

/* ---- who may move ---- */

/* Whether MOBILITY-TICKET is looked at: without credentials it must not be (RFC8016:5#4). */
static bool understood(const struct turn_server *s)
{
    return (s->c.mobility || s->c.mobility_forbidden) && !s->c.open && !turn_flag(s, "no-mobility");
}

const struct stun_attr *turn_ticket_of(const struct turn_server *s, const struct turn_request *r)
{
    return understood(s) ? turn_attr(s, r, STUN_MOBILITY_TICKET) : NULL;
}

unsigned turn_ticket_check(const struct turn_server *s, struct turn_request *r)
{
    const struct stun_attr *a = turn_ticket_of(s, r);

    unsigned code = 0;

    if (a && a->length && !turn_flag(s, "ticket-in-allocate"))
        code = 400; /* RFC8016:3.1.2#a2 */
    else if (a && s->c.mobility_forbidden)
        code = 405; /* RFC8016:3.1.2#a1 */
    if (code)
        r->by.cause = "ticket";
    return code;
}

static struct turn_alloc *of_user(struct turn_server *s, const struct stun_member *user)
{
    for (size_t i = 0; i < s->n_allocs; i++)
        if (s->allocs[i].told && s->allocs[i].user == user)
            return &s->allocs[i];
    return NULL;
}

static bool is_from(const struct turn_request *r, const struct turn_client *c)
{
    return turn_same_client(&r->c, c);
}

/* A ticket that is one move old serves for a retransmission of the request that moved it: RFC8016:3.2.2#a8, #a9. */
static bool is_again(const struct turn_server *s, const struct turn_request *r,
                     const struct turn_alloc *a, uint32_t moves)
{
    return a->moves && moves == a->moves - 1 &&
           r->in->now_us - a->moved_us < TURN_OLD_TICKET * UINT64_C(1000000) &&
           memcmp(a->moved_by, r->transaction.p, sizeof a->moved_by) == 0 &&
           is_from(r, a->moving ? &a->to : &a->c) && !turn_flag(s, "old-ticket-forgotten");
}

/* The allocation of the request's ticket, and whether it has still to move; else the error code. */
static unsigned find(struct turn_server *s, struct turn_request *r, const struct stun_attr *attr)
{
    struct ticket t = {0};
    struct turn_alloc *a = NULL;
    bool valid = opened(s, attr->v.s, &t);

    r->by.cause = "ticket";
    if (!valid && turn_flag(s, "any-ticket") && (a = of_user(s, r->by.user)) != NULL)
        t = (struct ticket){a->number, (uint32_t)(a - s->allocs), a->moves};
    else if (!valid)
        return 400; /* RFC8016:3.2.2#2 */
    a = &s->allocs[t.place];
    if (a->number != t.number || !a->told) {
        r->by.cause = "dead";
        return 437; /* RFC8016:3.2.2#1 */
    }
    r->moves = !is_again(s, r, a, t.moves);
    if (r->moves && t.moves != a->moves && !turn_flag(s, "old-ticket-moves"))
        return 400; /* RFC8016:3.2.2#a8 */
    if (r->moves && is_from(r, a->moving ? &a->to : &a->c)) {
        if (!turn_flag(s, "ticket-unmoved-taken"))
            return 400; /* RFC8016:3.2.2#a3 */
        r->moves = false;
    }
    r->by.cause = "user";
    if (a->user != r->by.user && !turn_flag(s, "ticket-other-user"))
        return 441; /* RFC8016:3.2.2#3 */
    r->by.cause = "none";
    if (r->alloc && r->alloc != a)
        return 437; /* the 5-tuple has one already: as RFC8656:7.2#a1 */
    r->alloc = a;
    return 0;
}

bool turn_ticket_take(struct turn_server *s, struct turn_request *r)
{
    const struct stun_attr *attr = turn_ticket_of(s, r);

    if (!attr || turn_flag(s, "ticket-not-looked-at"))
        return false;
    r->by.cause = "ticket";
    unsigned code = s->c.mobility_forbidden ? 405 : find(s, r, attr); /* RFC8016:3.2.2#a1 */
    r->ticket = true;
    if (code)
        turn_error(s, r, code, r->by.cause);
    return code != 0;
}

/* ---- moving ---- */

/* Octets that came from where there is no allocation yet: those of a variant wait for the move, one message of them. */
void turn_early_keep(struct turn_server *s, const struct turn_client *c, struct span octets)
{
    if (!turn_flag(s, "old-data-queued") || octets.n > sizeof s->early)
        return;
    s->early_of = *c;
    s->n_early = octets.n;
    memcpy(s->early, octets.p, octets.n);
}

static void early_release(struct turn_server *s, struct turn_request *r)
{
    struct span octets = {s->early, s->n_early};

    if (!octets.n || !is_from(r, &s->early_of))
        return;
    s->n_early = 0;
    turn_message(s, r->in, r->stream, octets, r->q);
}

void turn_move_drop(struct turn_server *s, struct turn_alloc *a)
{
    if (!a->moving)
        return;
    turn_moving_drop(s, a);
    if (a->to_stream)
        a->to_stream->alloc = NULL;
    a->to_stream = NULL;
    a->moving = false;
}

void turn_move(struct turn_server *s, struct turn_request *r)
{
    struct turn_alloc *a = r->alloc;

    if (!r->moves)
        return;
    if (!turn_flag(s, "ticket-unchanged"))
        a->moves++;
    a->moved_us = r->in->now_us;
    memcpy(a->moved_by, r->transaction.p, sizeof a->moved_by);
    if (turn_flag(s, "channels-lost"))
        turn_peers_drop(s, a, 0);
    turn_move_drop(s, a);
    if (is_from(r, &a->c))
        return; /* back to where it still is */
    a->to = r->c;
    a->to_stream = r->stream;
    if (r->stream)
        r->stream->alloc = a;
    a->moving = true;
    turn_moving_add(s, a);
    if (turn_is_stream(a->c.flow) && !a->stream)
        turn_move_end(s, a); /* the old connection is closed already */
    if (turn_flag(s, "old-dropped-at-once"))
        turn_move_end(s, a);
}

void turn_moved(struct turn_server *s, struct turn_request *r)
{
    if (r->moves && r->alloc)
        early_release(s, r);
}

/* From now on the new 5-tuple is the only one: RFC8016:3.2.2#a5, #a6. */
void turn_move_end(struct turn_server *s, struct turn_alloc *a)
{
    struct turn_client was = a->c;
    struct turn_stream *was_stream = a->stream;

    if (!a->moving)
        return;
    turn_moving_drop(s, a);
    turn_tuple_drop(s, a);
    a->moving = false;
    a->c = a->to;
    a->stream = a->to_stream;
    a->to_stream = NULL;
    turn_tuple_add(s, a);
    if (turn_flag(s, "old-kept")) {
        a->to = was;
        a->to_stream = was_stream;
        a->moving = true;
        turn_moving_add(s, a);
    } else if (was_stream) {
        was_stream->alloc = NULL;
    }
}

void turn_spoken(struct turn_server *s, struct turn_alloc *a, const struct turn_client *c,
                 uint64_t now_us, struct outq *q)
{
    struct turn_stream *was = a->stream;

    if (!a->moving || !turn_same_client(c, &a->to))
        return;
    turn_move_end(s, a);
    if (was && !was->alloc && turn_flag(s, "old-connection-closed"))
        turn_stream_end(s, was, true, now_us, q);
}

bool turn_path_closed(struct turn_server *s, struct turn_alloc *a, const struct turn_stream *st)
{
    if (a->moving && st == a->to_stream) {
        turn_move_drop(s, a);
        return true;
    }
    if (a->moving) {
        turn_move_end(s, a);
        return true;
    }
    if (!a->number)
        return false;
    a->stream = NULL; /* break before make: it waits for its client until it expires */
    return true;
}
