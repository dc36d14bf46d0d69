/* fuzz/gen/gen_turn_client.c - seeds of turn_client_state: programs that reach each part of the TURN client.
 *
 *   gen_turn_client --write DIR | --check DIR
 *
 * corpus/turn/client holds them. What flags and bits mean is said in fuzz/targets/turn_client_state.c. */
#include <stdio.h>
#include "codecs/stun/stun.h"
#include "fuzz/gen/seeds.h"
#include "fuzz/state/rig.h"
#include "harness/endpoints/turn/turn.h"

enum { MATCHED = 8, SEALED = 16, BEFORE = 32, SIGNED = MATCHED | SEALED };
enum { EVEN = 4, PAIR = 8, DF = 16, MOBILITY = 32, TOKEN = 64, MANY = 128 };
enum { FINGERPRINT = 1, TCP = 2, FAST = 4, THREE = 8, SEND_ONLY = 16, SIX = 32, RELAY = 64 };
static const struct addr peer = {4, {192, 0, 2, 5}, 7002}, relayed = {4, {192, 0, 2, 7}, 50007},
                         relayed6 = {6, {0x20, 0x01, 0x0d, 0xb8, [15] = 7}, 50007},
                         other = {4, {198, 51, 100, 77}, 3478};

struct message {
    struct draft dr;
    struct arena mem;
    uint8_t memory[4096];
};

static struct draft *begin(struct message *m, enum stun_class cls, uint16_t method)
{
    static const uint8_t id[12] = "rtclab-turn";
    m->mem = arena_of(m->memory, sizeof m->memory);
    stun_draft(&m->dr, &m->mem, cls, method, (struct span){id, sizeof id});
    return &m->dr;
}

static void end(struct program *g, struct message *m, uint8_t flags, uint16_t piece)
{
    uint8_t out[1024];
    struct wr w = {out, sizeof out, 0, false};
    struct stun_marks marks;

    if (flags & SEALED)
        stun_add(&m->dr, STUN_MESSAGE_INTEGRITY);
    stun_encode(&w, &m->dr, &marks);
    stun_seal(&w, &marks, NULL);
    if (w.full || m->mem.full)
        abort();
    prog_put(&g->w, OP_SEND, flags, piece, wr_span(&w));
}

/* A command; `upper`: peer, or lifetime. The verb is what the rig makes of the whole of arg. */
static void ask(struct program *g, const char *verb, uint8_t flags, unsigned upper,
                const char *data)
{
    size_t n = turn_client_class.n_verbs, which = 0, low = 0;

    while (which < n && strcmp(turn_client_class.verbs[which].name, verb) != 0)
        which++;
    if (which == n)
        abort();
    while (((upper << 8) + low) % n != which)
        low++;
    prog_put(&g->w, OP_COMMAND, flags, (uint16_t)((upper << 8) + low), span_of(data));
}

static void refuse(struct program *g, uint8_t flags, unsigned code)
{
    struct message m;

    stun_add_code(begin(&m, STUN_ERROR, STUN_ALLOCATE), code, "Reason");
    if (code == 401 || code == 438) {
        stun_add_bytes(&m.dr, STUN_REALM, span_of("interop.test"));
        stun_add_bytes(&m.dr, STUN_NONCE, span_of(code == 401 ? "0123456789abcdef" : "fedcba"));
        flags &= (uint8_t)~SEALED;
    }
    if (code == 300)
        stun_add_addr(&m.dr, STUN_ALTERNATE_SERVER, &other);
    end(g, &m, flags, 0);
}

static void grant(struct program *g, uint8_t flags, uint32_t lifetime, const char *ticket, bool six)
{
    struct message m;

    stun_add_addr(begin(&m, STUN_SUCCESS, STUN_ALLOCATE), STUN_XOR_RELAYED_ADDRESS, &relayed);
    if (six)
        stun_add_addr(&m.dr, STUN_XOR_RELAYED_ADDRESS, &relayed6);
    stun_add_addr(&m.dr, STUN_XOR_MAPPED_ADDRESS, &peer);
    stun_add_uint(&m.dr, STUN_LIFETIME, lifetime);
    if (ticket)
        stun_add_bytes(&m.dr, STUN_MOBILITY_TICKET, span_of(ticket));
    end(g, &m, flags, flags & RIG_STREAM ? 7 : 0);
}

/* The success response of a request that asks for nothing; of Refresh with a lifetime, and a ticket. */
static void accept(struct program *g, uint8_t flags, uint32_t lifetime, const char *ticket)
{
    struct message m;

    begin(&m, STUN_SUCCESS, STUN_REFRESH);
    if (lifetime)
        stun_add_uint(&m.dr, STUN_LIFETIME, lifetime);
    if (ticket)
        stun_add_bytes(&m.dr, STUN_MOBILITY_TICKET, span_of(ticket));
    end(g, &m, flags, 0);
}

/* What names a connection: the success response to Connect, or a ConnectionAttempt indication. */
static void names(struct program *g, uint8_t flags, bool attempt)
{
    struct message m;

    if (attempt) {
        begin(&m, STUN_INDICATION, STUN_CONNECTION_ATTEMPT);
        stun_add_addr(&m.dr, STUN_XOR_PEER_ADDRESS, &peer);
    } else {
        begin(&m, STUN_SUCCESS, STUN_CONNECT);
    }
    stun_add_uint(&m.dr, STUN_CONNECTION_ID, 0x5a17c0de);
    end(g, &m, flags, 0);
}

static void from_peer(struct program *g, uint8_t flags, bool icmp)
{
    struct message m;

    stun_add_addr(begin(&m, STUN_INDICATION, STUN_DATA), STUN_XOR_PEER_ADDRESS, &peer);
    if (icmp)
        stun_add_icmp(&m.dr, 3, 3, 0);
    else
        stun_add_bytes(&m.dr, STUN_DATA_VALUE, span_of("data"));
    end(g, &m, flags, 0);
}

static void channel(struct program *g, uint8_t flags)
{
    uint8_t out[16];
    struct wr w = {out, sizeof out, 0, false};
    stun_channel_put(&w, 0x4000, span_of("data!"), true);
    prog_put(&g->w, OP_SEND, flags, 3, wr_span(&w));
}

static void bare(struct program *g, enum step_op op, uint8_t flags, uint16_t arg)
{
    prog_put(&g->w, op, flags, arg, (struct span){0});
}

/* An allocation, as a client gets it. */
static void allocate(struct program *g, uint8_t flags, uint8_t on, const char *ticket)
{
    ask(g, "allocate", flags, 0, "");
    bare(g, OP_TIME, RIG_MS, 1);
    refuse(g, MATCHED | on, 401);
    grant(g, SIGNED | on, 600, ticket, (flags & 3) == 3);
}

static void datagrams(struct program *g)
{
    program_begin(g, RIG_TWICE);
    allocate(g, 0, 0, NULL);
    ask(g, "permit", 0, 5, "");
    accept(g, SIGNED, 0, NULL);
    ask(g, "send", 0, 5, "to the peer");
    from_peer(g, 0, false);
    from_peer(g, 0, true);
    ask(g, "receive", EVEN, 0, "");
    bare(g, OP_TIME, RIG_S, 241);
    accept(g, SIGNED, 0, NULL);
    bare(g, OP_TIME, RIG_DEADLINE, 0);
    accept(g, SIGNED, 700, NULL);
    ask(g, "release", 0, 0, "");
    accept(g, SIGNED, 0, NULL);
    program_end(g, "client-data");

    program_begin(g, FINGERPRINT | THREE);
    allocate(g, 3 | DF, 0, NULL);
    ask(g, "bind", 0, 5, "");
    channel(g, 0);
    accept(g, SIGNED, 0, NULL);
    ask(g, "send", 0, 5, "by the channel");
    channel(g, 0);
    ask(g, "send", DF, 0x85, "to the other family");
    ask(g, "permit", MANY, 1,
        "as many peers as this has octets, which is more than a session has room for, by a few");
    bare(g, OP_TIME, RIG_S, 541);
    refuse(g, SIGNED, 400);
    accept(g, SIGNED, 0, NULL);
    program_end(g, "client-channel");
}

static void refused(struct program *g)
{
    static const uint16_t codes[] = {400, 403, 405, 420, 437, 438, 440, 486, 500, 508};

    for (size_t i = 0; i < COUNT(codes); i++) {
        char name[32];
        program_begin(g, FAST | (i & 1 ? SIX : 0));
        ask(g, "allocate", (uint8_t)(MOBILITY | (i & 2)), 4, "");
        bare(g, OP_TIME, RIG_MS, 1);
        refuse(g, MATCHED, 401);
        refuse(g, SIGNED, codes[i]);
        refuse(g, SIGNED, codes[i]);
        grant(g, SIGNED, 60, NULL, false);
        ask(g, "refresh", 0, 9, "");
        refuse(g, SIGNED, codes[i]);
        snprintf(name, sizeof name, "client-refused-%u", codes[i]);
        program_end(g, name);
    }
    program_begin(g, 0);
    ask(g, "allocate", PAIR, 0, "");
    refuse(g, MATCHED, 401);
    refuse(g, SIGNED, 300);
    refuse(g, SIGNED, 300);
    ask(g, "allocate", TOKEN, 0, "a token!");
    bare(g, OP_TIME, RIG_S, 40);
    program_end(g, "client-redirected");
}

static void moves(struct program *g)
{
    program_begin(g, RIG_TWICE);
    allocate(g, MOBILITY, 0, "the first ticket");
    ask(g, "permit", 0, 5, "");
    accept(g, SIGNED, 0, NULL);
    ask(g, "move", 0, 0, "");
    ask(g, "send", 0, 5, "on the way");
    accept(g, SIGNED, 600, "the second ticket");
    from_peer(g, BEFORE, false);
    ask(g, "send", 0, 5, "there");
    ask(g, "move", 0, 0, "");
    refuse(g, SIGNED, 400);
    ask(g, "move", 0, 0, "");
    refuse(g, SIGNED, 437);
    program_end(g, "client-moves");

    program_begin(g, TCP);
    allocate(g, MOBILITY, RIG_STREAM, "the first ticket");
    ask(g, "permit", 0, 5, "");
    ask(g, "move", 0, 0, "");
    accept(g, SIGNED | RIG_STREAM, 600, "the second ticket");
    ask(g, "move", 0, 0, "");
    bare(g, OP_EOF, RIG_STREAM, 0);
    program_end(g, "client-moves-stream");
}

static void streams(struct program *g)
{
    program_begin(g, TCP);
    allocate(g, 0, RIG_STREAM, NULL);
    ask(g, "bind", 0, 5, "");
    accept(g, SIGNED | RIG_STREAM, 0, NULL);
    channel(g, RIG_STREAM);
    ask(g, "send", 0, 5, "odd");
    allocate(g, 0, RIG_STREAM, NULL);
    bare(g, OP_CLOSE, RIG_STREAM, 1);
    bare(g, OP_TIME, RIG_S, 40);
    program_end(g, "client-streams");

    program_begin(g, TCP | RIG_REFUSE);
    ask(g, "allocate", 0, 0, "");
    program_end(g, "client-unreachable");

    program_begin(g, RIG_LATE | SEND_ONLY);
    for (unsigned i = 0; i < 5; i++)
        ask(g, "allocate", 0, i, "");
    bare(g, OP_TIME, RIG_S, 100);
    bare(g, OP_ICMP, 0, 0x0303);
    program_end(g, "client-many");
}

static void connections(struct program *g)
{
    program_begin(g, TCP | RELAY);
    allocate(g, 0, RIG_STREAM, NULL);
    ask(g, "connect", 0, 5, "");
    accept(g, SIGNED | RIG_STREAM, 0, NULL);
    names(g, SIGNED | RIG_STREAM, false);
    accept(g, SIGNED | RIG_STREAM, 0, NULL);
    ask(g, "send", 0, 1, "octets");
    prog_put(&g->w, OP_SEND, RIG_STREAM, 0, span_of("and back"));
    ask(g, "receive", EVEN, 0, "");
    ask(g, "connect", 0, 6, "");
    accept(g, SIGNED | RIG_STREAM, 0, NULL);
    refuse(g, SIGNED | RIG_STREAM, 447);
    ask(g, "connect", 0, 6, "");
    ask(g, "close", 0, 1, "");
    program_end(g, "client-connects");

    program_begin(g, TCP | RELAY | RIG_TWICE);
    allocate(g, 0, RIG_STREAM, NULL);
    ask(g, "permit", 0, 5, "");
    accept(g, SIGNED | RIG_STREAM, 0, NULL);
    names(g, RIG_STREAM, true);
    accept(g, SIGNED | RIG_STREAM, 0, NULL);
    prog_put(&g->w, OP_SEND, RIG_STREAM, 0, span_of("from a peer"));
    bare(g, OP_EOF, RIG_STREAM, 0);
    program_end(g, "client-takes");
}

int main(int argc, char **argv)
{
    static void (*const parts[])(struct program * g) = {datagrams, refused, moves, streams,
                                                        connections};
    return program_main(argc, argv, parts, COUNT(parts));
}
