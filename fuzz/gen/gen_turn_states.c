/* fuzz/gen/gen_turn_states.c - seeds of turn_server_state: programs that reach each part of the TURN server.
 *
 *   gen_turn_states --write DIR | --check DIR
 *
 * corpus/turn/state holds them. What flags and bits mean is said in fuzz/targets/turn_server_state.c. */
#include "codecs/stun/stun.h"
#include "fuzz/gen/seeds.h"
#include "fuzz/state/rig.h"

enum { LEARNED = 8, SEALED = 16, SIGNED = 32 }; /* SIGNED: LEARNED and SEALED, with room for it */
enum { OPEN = 1, SIX = 8, QUOTA = 16, PORTS = 32, RFC5766 = 128 };
static const struct addr peer = {4, {192, 0, 2, 7}, 7000};

struct message {
    struct draft dr;
    struct arena mem;
    uint8_t memory[4096];
};

static struct draft *begin(struct message *m, enum stun_class cls, uint16_t method)
{
    static uint8_t id[12] = "rtclab-turn";
    id[11]++;
    m->mem = arena_of(m->memory, sizeof m->memory);
    stun_draft(&m->dr, &m->mem, cls, method, (struct span){id, sizeof id});
    return &m->dr;
}

static void end(struct program *g, struct message *m, uint8_t flags)
{
    uint8_t out[1024];
    struct wr w = {out, sizeof out, 0, false};
    struct stun_marks marks;

    if (flags & SIGNED) {
        stun_add_bytes(&m->dr, STUN_USERNAME, span_of("alice"));
        stun_add_bytes(&m->dr, STUN_REALM, span_of("interop.test"));
        stun_add_bytes(&m->dr, STUN_NONCE, span_of("obMatJos2gAAA0123456789abcdef"));
        stun_add(&m->dr, STUN_MESSAGE_INTEGRITY);
        flags = (uint8_t)((flags & ~SIGNED) | LEARNED | SEALED);
    }
    stun_encode(&w, &m->dr, &marks);
    stun_seal(&w, &marks, NULL);
    if (w.full || m->mem.full)
        abort();
    prog_put(&g->w, OP_SEND, flags, 0, wr_span(&w));
}

static void allocate(struct program *g, uint8_t flags, uint16_t more, const char *value)
{
    struct message m;

    stun_add_uint(begin(&m, STUN_REQUEST, STUN_ALLOCATE), STUN_REQUESTED_TRANSPORT, 17);
    if (more)
        draft_raw(&m.dr, stun_add(&m.dr, more), NULL,
                  (struct span){(const uint8_t *)value, more == STUN_EVEN_PORT ? 1 : 4});
    end(g, &m, flags);
}

static void refresh(struct program *g, uint8_t flags, uint32_t lifetime)
{
    struct message m;
    stun_add_uint(begin(&m, STUN_REQUEST, STUN_REFRESH), STUN_LIFETIME, lifetime);
    end(g, &m, flags);
}

static void permit(struct program *g, uint8_t flags)
{
    struct message m;
    stun_add_addr(begin(&m, STUN_REQUEST, STUN_CREATE_PERMISSION), STUN_XOR_PEER_ADDRESS, &peer);
    end(g, &m, flags);
}

static void bind_channel(struct program *g, uint8_t flags, uint16_t number)
{
    struct message m;
    stun_add_uint(begin(&m, STUN_REQUEST, STUN_CHANNEL_BIND), STUN_CHANNEL_NUMBER, number);
    stun_add_addr(&m.dr, STUN_XOR_PEER_ADDRESS, &peer);
    end(g, &m, flags);
}

static void send_data(struct program *g, uint8_t flags)
{
    struct message m;
    stun_add_addr(begin(&m, STUN_INDICATION, STUN_SEND), STUN_XOR_PEER_ADDRESS, &peer);
    stun_add_bytes(&m.dr, STUN_DATA_VALUE, span_of("data"));
    stun_add(&m.dr, STUN_DONT_FRAGMENT);
    end(g, &m, flags);
}

static void channel(struct program *g, uint8_t flags, uint16_t number)
{
    uint8_t out[16];
    struct wr w = {out, sizeof out, 0, false};
    stun_channel_put(&w, number, span_of("data!"), true);
    prog_put(&g->w, OP_SEND, flags, 0, wr_span(&w));
}

static void bare(struct program *g, enum step_op op, uint8_t flags, uint16_t arg)
{
    prog_put(&g->w, op, flags, arg, (struct span){0});
}

static void datagrams(struct program *g)
{
    program_begin(g, RIG_TWICE);
    allocate(g, 0, 0, NULL);
    allocate(g, SIGNED, 0, NULL);
    bare(g, OP_REPEAT, 0, 2);
    permit(g, SIGNED);
    send_data(g, 0);
    refresh(g, SIGNED, 700);
    refresh(g, SIGNED, 0);
    program_end(g, "server-signed");

    program_begin(g, OPEN | RIG_LATE);
    allocate(g, 0, 0, NULL);
    bare(g, OP_REPEAT, 0, 1);
    bare(g, OP_TIME, RIG_MS, 1);
    bind_channel(g, 0, 0x4000);
    channel(g, 0, 0x4000);
    bare(g, OP_TIME, RIG_S, 301);
    bind_channel(g, 0, 0x4000);
    bare(g, OP_TIME, RIG_DEADLINE, 0);
    program_end(g, "server-channel");

    program_begin(g, OPEN | SIX | PORTS);
    allocate(g, 0, STUN_EVEN_PORT, "\x80");
    allocate(g, 1, STUN_ADDITIONAL_ADDRESS_FAMILY, "\2\0\0");
    allocate(g, 2, STUN_REQUESTED_ADDRESS_FAMILY, "\2\0\0");
    allocate(g, 3, STUN_RESERVATION_TOKEN, "toke");
    bare(g, OP_TIME, RIG_S, 30);
    refresh(g, 1, 0);
    program_end(g, "server-ports");

    program_begin(g, OPEN | QUOTA | RFC5766);
    for (uint8_t i = 0; i < 3; i++)
        allocate(g, i, 0, NULL);
    bind_channel(g, 0, 0x7ffe);
    channel(g, 0, 0x7ffe);
    bare(g, OP_ICMP, 0, 0x0303);
    program_end(g, "server-quota");
}

static void streams(struct program *g)
{
    program_begin(g, OPEN);
    bare(g, OP_OPEN, 0, 0);
    allocate(g, RIG_STREAM, 0, NULL);
    bind_channel(g, RIG_STREAM, 0x4000);
    channel(g, RIG_STREAM, 0x4000);
    bare(g, OP_EOF, RIG_STREAM, 0);
    bare(g, OP_OPEN, 1, 0);
    allocate(g, RIG_STREAM | 1, 0, NULL);
    bare(g, OP_CLOSE, RIG_STREAM | 1, 1);
    program_end(g, "server-streams");
}

int main(int argc, char **argv)
{
    static void (*const parts[])(struct program * g) = {datagrams, streams};
    return program_main(argc, argv, parts, COUNT(parts));
}
