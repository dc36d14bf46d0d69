/* fuzz/gen/gen_states.c - seeds of the stateful targets of STUN: programs that reach each part of an endpoint.
 *
 *   gen_states --write DIR | --check DIR
 *
 * corpus/stun/state holds them. What flags mean is said in fuzz/targets/stun_server_state.c and
 * stun_client_state.c. */
#include "codecs/stun/stun.h"
#include "fuzz/gen/seeds.h"
#include "fuzz/state/rig.h"

enum { LEARNED = 8, MATCHED = 8, SEALED = 16 };
enum { NONE, SHORT, LONG, OLD }; /* OLD: long-term as RFC 5389 has it */
static const struct span id = SPAN("rtclab-state");

/* A message with what the credentials call for; the values of realm and nonce are filled in on the way. */
static void send(struct program *g, enum step_op op, uint8_t flags, uint16_t arg,
                 enum stun_class cls, int auth, unsigned code)
{
    static const struct addr mapped = {4, {192, 0, 2, 7}, 50007};
    static const uint8_t offered[] = {0, STUN_SHA256, 0, 0, 0, STUN_MD5, 0, 0},
                         chosen[] = {0, STUN_SHA256, 0, 0};
    uint8_t memory[4096], out[1024];
    struct arena mem = arena_of(memory, sizeof memory);
    struct wr w = {out, sizeof out, 0, false};
    struct stun_marks marks;
    struct draft dr;

    stun_draft(&dr, &mem, cls, STUN_BINDING, id);
    if (cls == STUN_ERROR)
        stun_add_code(&dr, code, "Reason");
    if (cls == STUN_SUCCESS || code == 300)
        stun_add_addr(&dr, code == 300 ? STUN_ALTERNATE_SERVER : STUN_XOR_MAPPED_ADDRESS, &mapped);
    if (auth != NONE && cls == STUN_REQUEST)
        stun_add_bytes(&dr, STUN_USERNAME, span_of("alice"));
    if (auth == LONG || code == 401 || code == 438) {
        stun_add_bytes(&dr, STUN_REALM, span_of("interop.test"));
        stun_add_bytes(&dr, STUN_NONCE, span_of("obMatJos2gAAA0123456789abcdef"));
        draft_raw(&dr, stun_add(&dr, STUN_PASSWORD_ALGORITHMS), NULL,
                  (struct span){offered, sizeof offered});
    }
    if (auth == OLD) {
        stun_add_bytes(&dr, STUN_REALM, span_of("interop.test"));
        stun_add_bytes(&dr, STUN_NONCE, span_of("0123456789abcdef"));
    }
    if (auth == LONG && cls == STUN_REQUEST)
        draft_raw(&dr, stun_add(&dr, STUN_PASSWORD_ALGORITHM), NULL,
                  (struct span){chosen, sizeof chosen});
    if (auth != NONE)
        stun_add(&dr, auth == LONG ? STUN_MESSAGE_INTEGRITY_SHA256 : STUN_MESSAGE_INTEGRITY);
    stun_add(&dr, STUN_FINGERPRINT);
    stun_encode(&w, &dr, &marks);
    stun_seal(&w, &marks, NULL);
    if (w.full || mem.full)
        abort();
    prog_put(&g->w, op, flags, arg, wr_span(&w));
}

static void request(struct program *g, uint8_t flags, int auth)
{
    send(g, OP_SEND, flags, 0, STUN_REQUEST, auth, 0);
}

static void bare(struct program *g, enum step_op op, uint8_t flags, uint16_t arg)
{
    prog_put(&g->w, op, flags, arg, (struct span){0});
}

static void servers(struct program *g)
{
    program_begin(g, NONE | RIG_TWICE);
    request(g, 0, NONE);
    bare(g, OP_REPEAT, 0, 1);
    request(g, 3, NONE);
    program_end(g, "server-plain");

    program_begin(g, SHORT | 4);
    request(g, SEALED, SHORT);
    request(g, 1, SHORT);
    program_end(g, "server-short-term");

    program_begin(g, LONG | 512);
    request(g, 0, NONE);
    request(g, LEARNED | SEALED, LONG);
    bare(g, OP_TIME, RIG_S, 2);
    request(g, LEARNED | SEALED, LONG); /* 438 */
    request(g, LEARNED | SEALED, LONG);
    program_end(g, "server-stale-nonce");

    program_begin(g, LONG | 16);
    request(g, 0, NONE);
    request(g, LEARNED | SEALED, OLD);
    request(g, SEALED, OLD); /* 438 */
    request(g, LEARNED | SEALED, OLD);
    request(g, LEARNED | SEALED, OLD);
    program_end(g, "server-rfc5389");

    program_begin(g, LONG | 128 | 16);
    request(g, 1, NONE);
    request(g, 1 | LEARNED | SEALED, SHORT);
    program_end(g, "server-alternate");

    program_begin(g, NONE | 256 | 2048);
    bare(g, OP_OPEN, 0, 0);
    bare(g, OP_OPEN, 1, 0);
    send(g, OP_SEND, RIG_STREAM, 5, STUN_REQUEST, NONE, 0);
    bare(g, OP_OPEN, 0, 0);
    bare(g, OP_OPEN, 0, 0);
    bare(g, OP_EOF, RIG_STREAM, 0);
    bare(g, OP_CLOSE, RIG_STREAM | 1, 1);
    program_end(g, "server-streams");

    program_begin(g, NONE | 32 | 64);
    request(g, 0, NONE);
    send(g, OP_COMMAND, 1, 0, STUN_SUCCESS, NONE, 0);
    program_end(g, "server-manual");

    program_begin(g, NONE | 8);
    send(g, OP_HOLD, 0, 0, STUN_REQUEST, NONE, 0);
    send(g, OP_SEND, 1, 0, STUN_INDICATION, NONE, 0);
    bare(g, OP_RELEASE, 0, 0);
    bare(g, OP_ECHO, 0, 0);
    program_end(g, "server-reordered");
}

static void clients(struct program *g)
{
    program_begin(g, NONE | RIG_TWICE);
    bare(g, OP_COMMAND, 0, 1);
    bare(g, OP_TIME, RIG_DEADLINE, 0);
    send(g, OP_SEND, MATCHED, 0, STUN_SUCCESS, NONE, 0);
    program_end(g, "client-answered");

    program_begin(g, NONE | 16);
    bare(g, OP_COMMAND, 0, 1);
    bare(g, OP_TIME, RIG_S, 100);
    bare(g, OP_COMMAND, 0, 1);
    bare(g, OP_ICMP, 0, 0x0303);
    program_end(g, "client-timeout-icmp");

    program_begin(g, LONG);
    bare(g, OP_COMMAND, 0, 1);
    send(g, OP_SEND, MATCHED, 0, STUN_ERROR, NONE, 401);
    send(g, OP_SEND, MATCHED | SEALED, 0, STUN_ERROR, NONE, 438);
    send(g, OP_SEND, MATCHED | SEALED, 0, STUN_SUCCESS, LONG, 0);
    program_end(g, "client-challenged");

    program_begin(g, SHORT | 4);
    bare(g, OP_COMMAND, 0, 1);
    send(g, OP_SEND, MATCHED | SEALED, 0, STUN_ERROR, SHORT, 300);
    bare(g, OP_TIME, RIG_10MS, 1);
    send(g, OP_SEND, MATCHED | SEALED, 0, STUN_SUCCESS, SHORT, 0);
    program_end(g, "client-redirected");

    program_begin(g, NONE | 8);
    bare(g, OP_COMMAND, 0, 1);
    send(g, OP_SEND, MATCHED | RIG_STREAM, 3, STUN_SUCCESS, NONE, 0);
    bare(g, OP_COMMAND, 0, 1);
    bare(g, OP_EOF, RIG_STREAM, 0);
    program_end(g, "client-stream");

    program_begin(g, NONE | 8 | RIG_REFUSE);
    bare(g, OP_COMMAND, 0, 1);
    program_end(g, "client-refused");

    program_begin(g, NONE);
    send(g, OP_COMMAND, 0, 0, STUN_REQUEST, NONE, 0);
    send(g, OP_COMMAND, 0, 2, STUN_INDICATION, NONE, 0);
    bare(g, OP_COMMAND, 0, 3);
    bare(g, OP_ECHO, 0, 0);
    program_end(g, "client-scripted");
}

int main(int argc, char **argv)
{
    static void (*const parts[])(struct program * g) = {servers, clients};
    return program_main(argc, argv, parts, COUNT(parts));
}
