/* fuzz/gen/gen_rtp_watch.c - seeds of the target of the watcher of RTP: sessions that keep to the standards under each
 * of the promises, and streams that do not.
 *
 *   gen_rtp_watch --write DIR | --check DIR
 *
 * corpus/rtp/watch holds them. What config and flags mean is said in fuzz/targets/rtp_watch.c, what the octets of
 * choice mean in fuzz/state/rtp_lawful.c. */
#include <stdio.h>
#include "codecs/rtp/rtp.h"
#include "fuzz/gen/seeds.h"
#include "fuzz/state/rig.h"

enum {
    ORIGIN = 1,
    BESIDE = 2,
    KNOWN = 4,
    TWICE = 8,
    MUX = 16,
    SMALL = 32,
    SMALLEST = 64,
    BACKWARD = 4,
    NUMBERED = 8,
    RTCP = 16
};

/* Choices: what, of whom, how much. */
static uint8_t act(unsigned what, unsigned who, unsigned much)
{
    return (uint8_t)(what | who << 4 | much << 6);
}

static void acts(struct program *g, const uint8_t *choices, size_t n)
{
    prog_put(&g->w, OP_COMMAND, 0, 0, (struct span){choices, n});
}

/* Both sides speak, what `what` says happens now and then, and both report. */
static void session(struct program *g, const char *name, uint32_t config, unsigned what)
{
    uint8_t choices[160];

    program_begin(g, config | TWICE);
    for (unsigned i = 0; i < COUNT(choices); i++) {
        choices[i] = act(0, i % 2, 0);
        if (i % 11 == 5)
            choices[i] = act(what, i % 3, i / 11 % 4);
        if (i % 40 >= 38)
            choices[i] = act(10, i % 2, 0);
    }
    acts(g, choices, sizeof choices);
    program_end(g, name);
}

static void sessions(struct program *g)
{
    static const struct {
        const char *name;
        unsigned what;
    } kinds[] = {{"silence", 6}, {"late", 7}, {"twice", 8},  {"missed", 9},
                 {"type", 12},   {"key", 13}, {"leave", 14}, {"clock", 15}};
    char name[32];

    for (unsigned i = 0; i < COUNT(kinds); i++)
        for (unsigned all = 0; all < 2; all++) {
            snprintf(name, sizeof name, "lawful-%s%s", kinds[i].name, all ? "-beside" : "");
            session(g, name,
                    (all     ? ORIGIN | BESIDE | MUX
                     : i % 2 ? SMALL
                             : SMALLEST) |
                        KNOWN | 65500u << 16,
                    kinds[i].what);
        }
}

static void rtp(struct program *g, uint8_t flags, uint8_t type, uint16_t sequence,
                uint32_t timestamp)
{
    uint8_t out[64];
    struct wr w = {out, sizeof out, 0, false};

    rtp_put(&w, type, false, sequence, timestamp, 1, (struct span)SPAN("audio"));
    prog_put(&g->w, OP_SEND, flags, 200, wr_span(&w));
}

static void rtcp(struct program *g, uint8_t flags, const char *hex)
{
    uint8_t out[256];
    struct wr w = {out, sizeof out, 0, false};

    if (!wr_unhex(&w, span_of(hex)))
        abort();
    prog_put(&g->w, OP_SEND, flags | RTCP, 1000, wr_span(&w));
}

static void strange(struct program *g)
{
    program_begin(g, ORIGIN | BESIDE | KNOWN);
    for (uint16_t i = 0; i < 4; i++)
        rtp(g, NUMBERED, 0, i, i * 160u);
    prog_put(&g->w, OP_REPEAT, NUMBERED | 2, 250, (struct span){0});
    rtp(g, NUMBERED, 0, 7, 5);            /* a number used again */
    rtp(g, NUMBERED, 0, 300, 0x80000000); /* time goes back */
    rtp(g, NUMBERED, 8, 40000, 5);
    rtp(g, NUMBERED, 8, 40001, 5); /* begun anew */
    prog_put(&g->w, OP_ECHO, 0, 0, (struct span){0});
    prog_put(&g->w, OP_TIME, RIG_S, 3, (struct span){0});
    prog_put(&g->w, OP_ECHO, 0, 0, (struct span){0});
    program_end(g, "strange-streams");

    program_begin(g, ORIGIN | BESIDE);
    rtp(g, 0, 0, 1, 1);
    rtp(g, 0, 0, 2, 161);
    rtcp(g, 0,
         "80c8 0006 00000001 00000002 00000003 00000004 00000009 00000006 81ca 0003 00000001 0101 "
         "610000000000");
    rtcp(g, 0,
         "80c8 0006 00000001 00000003 00000003 00000004 00000001 00000001 81ca 0003 00000001 0101 "
         "610000000000");
    rtcp(g, BACKWARD,
         "81c9 0007 00000002 00000001 ff ffffff 00000099 00000000 00000000 00000000 81cb 0001 "
         "00000002");
    rtcp(g, 0, "80c9 0001 00000001 81cb 0001 00000001");
    rtp(g, 0, 0, 3, 321);
    program_end(g, "strange-reports");

    program_begin(g, SMALLEST);
    for (uint16_t i = 0; i < 40; i++)
        rtp(g, (uint8_t)(i % 4), 0, i, i);
    prog_put(&g->w, OP_TIME, BACKWARD | RIG_S, 900, (struct span){0});
    for (uint16_t i = 0; i < 10; i++)
        rtp(g, 0, 0, i, i);
    prog_put(&g->w, OP_EOF, 0, 0, (struct span){0});
    program_end(g, "strange-many");
}

int main(int argc, char **argv)
{
    static void (*const parts[])(struct program * g) = {sessions, strange};
    return program_main(argc, argv, parts, COUNT(parts));
}
