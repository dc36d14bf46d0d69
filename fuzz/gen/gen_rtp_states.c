/* fuzz/gen/gen_rtp_states.c - seeds of the stateful target of RTP: programs that reach each part of a participant.
 *
 *   gen_rtp_states --write DIR | --check DIR
 *
 * corpus/rtp/state holds them. What flags mean is said in fuzz/targets/rtp_session_state.c. */
#include "codecs/rtp/rtcp.h"
#include "codecs/rtp/rtp.h"
#include "fuzz/gen/seeds.h"
#include "fuzz/state/rig.h"

enum { OURS = 8, KNOWN = 16, MANUAL = 3, TEXT = 4, PLAIN_TEXT = 8, TOLD = 32, SHORT = 128 };
enum {
    START,
    STOP,
    PAUSE,
    RESUME,
    PAYLOAD,
    DTMF,
    SAY,
    BYE,
    REPORT,
    WHERE,
    RECEIVE,
    AIM,
    OBSERVE,
    SEND,
    RTCP,
    STREAM
};

static void rtp(struct program *g, uint8_t flags, uint8_t type, bool marker, uint16_t sequence,
                struct span payload)
{
    uint8_t out[256];
    struct wr w = {out, sizeof out, 0, false};

    rtp_put(&w, type, marker, sequence, sequence * 160u, 1, payload);
    prog_put(&g->w, OP_SEND, flags, 0, wr_span(&w));
}

static void octets(struct program *g, uint8_t flags, const char *hex)
{
    uint8_t out[256];
    struct wr w = {out, sizeof out, 0, false};

    if (!wr_unhex(&w, span_of(hex)))
        abort();
    prog_put(&g->w, OP_SEND, flags, 0, wr_span(&w));
}

static void verb(struct program *g, uint8_t flags, uint16_t which, const char *payload)
{
    prog_put(&g->w, OP_COMMAND, flags, which, span_of(payload));
}

static void pass(struct program *g, enum rig_unit unit, uint16_t n)
{
    prog_put(&g->w, OP_TIME, (uint8_t)unit, n, (struct span){0});
}

static void sending(struct program *g)
{
    program_begin(g, TOLD | RIG_TWICE);
    verb(g, 0, START, "");
    pass(g, RIG_10MS, 10);
    verb(g, 0, PAUSE, "");
    pass(g, RIG_S, 1);
    verb(g, 0, RESUME, "");
    verb(g, 0, DTMF, "5");
    pass(g, RIG_S, 7);
    verb(g, 0, BYE, "over");
    program_end(g, "sends");

    program_begin(g, TOLD | TEXT);
    verb(g, 0, SAY, "hello");
    pass(g, RIG_S, 2);
    program_end(g, "sends-text");

    program_begin(g, TOLD | TEXT | PLAIN_TEXT);
    verb(g, 0, SAY, "hello");
    pass(g, RIG_S, 2);
    program_end(g, "sends-text-plain");

    program_begin(g, TOLD);
    verb(g, 0, START, "");
    pass(g, RIG_S, 1);
    rtp(g, OURS, 0, false, 1, (struct span)SPAN("x"));
    pass(g, RIG_S, 1);
    prog_put(&g->w, OP_ECHO, 0, 0, (struct span){0});
    program_end(g, "collides");

    program_begin(g, MANUAL | TOLD);
    verb(g, 128, STREAM, "\1\2\4\3");
    pass(g, RIG_S, 1);
    verb(g, 0, SEND, "\200");
    verb(g, 0, RTCP, "\200\311");
    program_end(g, "is-told");
}

static void receiving(struct program *g)
{
    program_begin(g, SHORT);
    for (uint16_t i = 0; i < 6; i++)
        rtp(g, KNOWN, 0, i == 0, (uint16_t)(65533 + i), (struct span)SPAN("audio"));
    octets(g, KNOWN,
           "80c800060000000100000002000000030000000400000005000000"
           "0681ca0003000000010101610000000000");
    pass(g, RIG_S, 6);
    octets(g, KNOWN, "80c900010000000181cb000100000001");
    program_end(g, "hears");

    program_begin(g, 0);
    rtp(g, KNOWN, 0, false, 1, (struct span)SPAN("audio"));
    rtp(g, KNOWN, 0, false, 2, (struct span)SPAN("audio"));
    rtp(g, KNOWN, 101, true, 3, (struct span)SPAN("\5\12\0\240"));
    rtp(g, KNOWN, 101, false, 3, (struct span)SPAN("\5\212\1\100"));
    rtp(g, KNOWN, 101, true, 5, (struct span)SPAN("\6\12\377\377"));
    pass(g, RIG_S, 1);
    program_end(g, "hears-digits");

    program_begin(g, TEXT);
    rtp(g, KNOWN, 100, true, 1, (struct span)SPAN("\142a"));
    rtp(g, KNOWN, 100, false, 2, (struct span)SPAN("\342\0\4\1\142ab"));
    rtp(g, KNOWN, 100, false, 4, (struct span)SPAN("\342\11\140\1\342\4\260\1\142bcd"));
    rtp(g, KNOWN, 100, false, 9, (struct span)SPAN("\142z"));
    pass(g, RIG_S, 2);
    program_end(g, "hears-text");
}

int main(int argc, char **argv)
{
    static void (*const parts[])(struct program * g) = {sending, receiving};
    return program_main(argc, argv, parts, COUNT(parts));
}
