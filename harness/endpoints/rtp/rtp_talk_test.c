/* harness/endpoints/rtp/rtp_talk_test.c - participants talk to one another in the simulator. */
#include "harness/tests/rtp_rig.h"

static const struct rtp_config plain;

static struct rtp_config at(struct party *p)
{
    struct rtp_config c = {.server = party_addr(p)};
    c.server.port = RTP_PORT;
    return c;
}

/* A receiver that is told nothing, and a sender that knows it. */
static void talk(void)
{
    struct net net;
    struct note r, s;

    net_open(&net, 1);
    struct party *to = net_add(&net, &rtp_receiver_class, &plain, NULL);
    struct rtp_config c = at(to);
    struct party *from = net_add(&net, &rtp_sender_class, &c, NULL);
    net_run(&net, 10);
    r = net_asked(&net, to, "report", NULL);
    s = net_asked(&net, from, "report", NULL);
    CU_ASSERT_EQUAL(r.n.n_sources, 1);
    CU_ASSERT_TRUE(r.source.valid && r.source.sender);
    CU_ASSERT_EQUAL(r.source.lost, 0);
    CU_ASSERT_EQUAL(r.source.jitter, 0);
    CU_ASSERT_TRUE(r.source.received >= 499 && r.source.received <= 500); /* but one: probation */
    CU_ASSERT_EQUAL(r.n.played, r.source.received);
    CU_ASSERT_TRUE(r.n.reports >= 1 && s.n.reports >= 1);
    CU_ASSERT_EQUAL(r.n.rejected, 0);
    CU_ASSERT_EQUAL(r.n.members, 2);
    CU_ASSERT_EQUAL(r.n.senders, 1);
    CU_ASSERT_EQUAL(s.n.members, 2);
    CU_ASSERT_EQUAL(net_count(&net, to, RTP_K_SOURCE), 1);
    CU_ASSERT_EQUAL(net_count(&net, from, RTP_K_SOURCE), 1);
    s = net_asked(&net, from, "bye", &(struct rtp_args){.reason = span_of("done")});
    CU_ASSERT_EQUAL(s.kind, RTP_K_SUCCESS);
    net_run(&net, 0.1);
    const struct note *bye = net_note(&net, to, RTP_K_BYE, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bye);
    if (bye) {
        CU_ASSERT_EQUAL(bye->n.ssrc, r.source.ssrc);
        CHECK_TEXT(((struct span){bye->data, bye->n_data}), "done");
    }
    r = net_asked(&net, to, "report", NULL);
    CU_ASSERT_EQUAL(r.n.members, 1);
    /* who begins after that is somebody else, who has sent nothing yet */
    uint32_t left = s.n.ssrc ? s.n.ssrc : bye ? bye->n.ssrc : 0;
    s = net_asked(&net, from, "start", NULL);
    CU_ASSERT_EQUAL(s.kind, RTP_K_SUCCESS);
    CU_ASSERT_NOT_EQUAL(s.n.ssrc, left);
    net_run(&net, 10);
    s = net_asked(&net, from, "report", NULL);
    CU_ASSERT_TRUE(s.n.reports >= 1 && s.n.packets <= 502);
    r = net_asked(&net, to, "report", NULL);
    CU_ASSERT_EQUAL(r.n.members, 2);
    net_close(&net);
}

/* What a tester sends in a pattern is what the receiver reports: octet by octet of the block. */
static void pattern(void)
{
    struct rtp_step steps[] = {{.n = 0}, {.n = 1}, {.n = 2}, {.n = 4},
                               {.n = 5}, {.n = 5}, {.n = 8}, {.n = 7}};
    struct rtp_config c = {.manual = true, .ssrc = 0x1111, .sequence = 65533, .timestamp = 1000};
    struct net net;
    struct note r;

    net_open(&net, 2);
    struct party *to = net_add(&net, &rtp_receiver_class, &plain, NULL);
    c.server = at(to).server;
    struct party *from = net_add(&net, &rtp_session_class, &c, NULL);
    net_run(&net, 0.01);
    r = net_asked(&net, from, "stream",
                  &(struct rtp_args){.steps = steps, .n_steps = COUNT(steps)});
    CU_ASSERT_EQUAL(r.kind, RTP_K_SUCCESS);
    CU_ASSERT_EQUAL(r.n.first, 65533);
    CU_ASSERT_EQUAL(r.n.last, (65533 + 8) & 0xffff);
    net_run(&net, 0.1);
    r = net_asked(&net, to, "report", NULL);
    CU_ASSERT_EQUAL(r.source.ssrc, 0x1111);
    CU_ASSERT_EQUAL(r.source.base_sequence, 65534);
    CU_ASSERT_EQUAL(r.source.highest_sequence, 65536 + 5);
    CU_ASSERT_EQUAL(r.source.expected, 8);
    CU_ASSERT_EQUAL(r.source.received, 7);
    CU_ASSERT_EQUAL(r.source.lost, 1);
    CU_ASSERT_EQUAL(r.n.played, 6); /* the doubled one once */
    net_run(&net, 7);
    const struct note *rr = net_note(&net, from, RTP_K_RTCP, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(rr);
    if (!rr)
        return;
    static const uint8_t want[] = {0x81, 201, 0, 7};
    CU_ASSERT_EQUAL(memcmp(rr->octets, want, 4), 0);
    CU_ASSERT_EQUAL(get_u32(rr->octets + 8), 0x1111);
    CU_ASSERT_EQUAL(get_u32(rr->octets + 12), 32u << 24 | 1); /* 1 of 8 */
    CU_ASSERT_EQUAL(get_u32(rr->octets + 16), 65541);
    net_close(&net);
}

static void under_loss(void)
{
    struct net net;
    struct note r, s;

    net_open(&net, 3);
    sim_network(net.d)->loss_ppm = 50000;
    sim_network(net.d)->jitter_us = 5000;
    struct party *to = net_add(&net, &rtp_receiver_class, &plain, NULL);
    struct rtp_config c = at(to);
    struct party *from = net_add(&net, &rtp_sender_class, &c, NULL);
    net_run(&net, 60);
    net_asked(&net, from, "stop", NULL);
    net_run(&net, 0.1);
    r = net_asked(&net, to, "report", NULL);
    s = net_asked(&net, from, "report", NULL);
    CU_ASSERT_TRUE(r.source.lost > 90 && r.source.lost < 220); /* 5 % of 3000 */
    CU_ASSERT_EQUAL(r.source.expected, r.source.received + r.source.lost);
    CU_ASSERT_TRUE(r.source.jitter > 0 && r.source.jitter < 40); /* 5 ms are 40 units */
    CU_ASSERT_TRUE(s.n.packets >= 2999 && s.n.packets <= 3001);
    net_close(&net);
}

/* A muxed pair: everything on one port. */
static void muxed(void)
{
    struct rtp_config c = {.mux = true};
    struct net net;
    struct note r;

    net_open(&net, 4);
    struct party *to = net_add(&net, &rtp_receiver_class, &c, NULL);
    struct rtp_config f = at(to);
    f.mux = true;
    struct party *from = net_add(&net, &rtp_sender_class, &f, NULL);
    net_run(&net, 12);
    r = net_asked(&net, to, "report", NULL);
    CU_ASSERT_EQUAL(r.source.lost, 0);
    CU_ASSERT_TRUE(r.source.cname.n > 0 && r.source.lsr != 0);
    r = net_asked(&net, from, "report", NULL);
    CU_ASSERT_EQUAL(r.n.n_sources, 1);
    net_close(&net);
}

/* RTCP that fails A.2 is no RTCP: wrong version, no report first, padding before the last, lengths. */
static void invalid_rtcp(void)
{
    static const char *const bad[] = {"40c90001000000 01", "80ca000100000001",
                                      "a0c90001000000 0180c9000100000001", "80c90002000000 01",
                                      "80c9000100000001 00"};
    struct rtp_config c = {.manual = true};
    struct net net;
    uint8_t octets[64];

    net_open(&net, 5);
    struct party *to = net_add(&net, &rtp_receiver_class, &plain, NULL);
    c.server = at(to).server;
    struct party *from = net_add(&net, &rtp_session_class, &c, NULL);
    net_run(&net, 0.01);
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct wr w = {octets, sizeof octets, 0, false};
        CU_ASSERT_TRUE(wr_unhex(&w, span_of(bad[i])));
        net_asked(&net, from, "rtcp", &(struct rtp_args){.octets = wr_span(&w)});
        net_run(&net, 0.01);
        struct note r = net_asked(&net, to, "report", NULL);
        CU_ASSERT_EQUAL(r.n.rejected, i + 1);
        CU_ASSERT_EQUAL(r.n.n_sources, 0);
    }
    net_close(&net);
}

/* An own SSRC from elsewhere: BYE for the old one, another one, once; then the address is known to loop. */
static void collision(void)
{
    struct rtp_config c = {.ssrc = 0xabcd}, f = {.manual = true, .ssrc = 0xabcd};
    struct net net;

    net_open(&net, 6);
    struct party *other = net_add(&net, &rtp_session_class, &f, NULL);
    c.server = at(other).server;
    struct party *us = net_add(&net, &rtp_sender_class, &c, NULL);
    net_run(&net, 1);
    struct rtp_args a = {.to = at(us).server};
    CU_ASSERT_TRUE(net_count(&net, other, RTP_K_PACKET) >= 50);
    a.to = net_note(&net, other, RTP_K_PACKET, 0)->n.from;
    a.count = 3;
    net_asked(&net, other, "stream", &a);
    net_run(&net, 1);
    CU_ASSERT_EQUAL(net_count(&net, us, RTP_K_COLLISION), 1);
    CU_ASSERT_EQUAL(net_count(&net, us, RTP_K_LOOP), 0); /* the SSRC is not ours any more */
    const struct note *new = net_note(&net, us, RTP_K_COLLISION, 0);
    const struct note *bye = net_note(&net, other, RTP_K_RTCP, 0);
    CU_ASSERT_TRUE_FATAL(new &&bye);
    CU_ASSERT_NOT_EQUAL(new->n.ssrc, 0xabcd);
    CU_ASSERT_EQUAL(get_u32(bye->octets + 4), 0xabcd);
    CU_ASSERT_EQUAL(net_note(&net, other, RTP_K_PACKET, 80)->n.ssrc, new->n.ssrc);
    net_close(&net);
}

/* RFC3550:6.3.7: with 60 members the BYE waits, and more BYEs than one put it off; with 50 it goes at once. */
static void leave(unsigned members, bool waits)
{
    struct rtp_config c = {.manual = true};
    struct net net;
    uint8_t octets[64];

    net_open(&net, 8);
    struct party *to = net_add(&net, &rtp_receiver_class, &plain, NULL);
    c.server = at(to).server;
    struct party *from = net_add(&net, &rtp_session_class, &c, NULL);
    net_run(&net, 0.01);
    for (unsigned i = 1; i < members; i++) { /* RR and CNAME of each */
        char hex[80];
        snprintf(hex, sizeof hex, "80c90001%08x81ca0003%08x0101610000000000", i, i);
        struct wr w = {octets, sizeof octets, 0, false};
        wr_unhex(&w, span_of(hex));
        net_asked(&net, from, "rtcp", &(struct rtp_args){.octets = wr_span(&w)});
    }
    net_run(&net, 25);
    struct note r = net_asked(&net, to, "report", NULL);
    CU_ASSERT_EQUAL(r.n.members, members);
    CU_ASSERT_TRUE(r.n.reports > 0);
    uint64_t asked = net.d->now_us;
    uint32_t token = net_ask(&net, to, "bye", NULL);
    net_run(&net, 0.001);
    CU_ASSERT_EQUAL(net_answer(&net, token) == NULL, waits);
    for (unsigned i = 1; waits && i < 60; i++) { /* all others leave too */
        char hex[80];
        snprintf(hex, sizeof hex, "80c90001%08x81cb0001%08x", i, i);
        struct wr w = {octets, sizeof octets, 0, false};
        wr_unhex(&w, span_of(hex));
        net_asked(&net, from, "rtcp", &(struct rtp_args){.octets = wr_span(&w)});
    }
    net_run(&net, 120);
    const struct note *answer = net_answer(&net, token);
    CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
    if (waits &&
        answer) /* 60 BYEs of some 44 octets by 300 octets/s: 8.8 s, at least half of it by 1.22 */
        CU_ASSERT_TRUE(answer->n.time_us - asked > 3000000);
    net_close(&net);
}
static void leaving(void)
{
    leave(50, false);
    leave(51, true);
}

/* Who has sent nothing sends no BYE: 6.3.7#5. */
static void nobody(void)
{
    struct net net;

    net_open(&net, 9);
    struct party *to = net_add(&net, &rtp_receiver_class, &plain, NULL);
    net_run(&net, 1);
    struct note r = net_asked(&net, to, "bye", NULL);
    CU_ASSERT_EQUAL(r.kind, RTP_K_SUCCESS);
    CU_ASSERT_STRING_EQUAL(r.why, "nothing was sent");
    net_close(&net);
}

/* A member that falls silent is gone after five intervals of 5 s: 6.3.5. */
static void silent(void)
{
    struct rtp_config c = {.manual = true};
    struct net net;

    net_open(&net, 10);
    struct party *to = net_add(&net, &rtp_receiver_class, &plain, NULL);
    c.server = at(to).server;
    struct party *from = net_add(&net, &rtp_session_class, &c, NULL);
    net_run(&net, 0.01);
    net_asked(&net, from, "stream", &(struct rtp_args){.count = 10});
    net_run(&net, 24);
    CU_ASSERT_EQUAL(net_asked(&net, to, "report", NULL).n.members, 2);
    CU_ASSERT_EQUAL(net_asked(&net, to, "report", NULL).n.senders, 0); /* after two intervals */
    net_run(&net, 10);
    CU_ASSERT_EQUAL(net_asked(&net, to, "report", NULL).n.members, 1);
    CU_ASSERT_EQUAL(net_count(&net, to, RTP_K_GONE), 1);
    net_close(&net);
}

/* The table has room for so many: who was never valid gives way, valid members do not. */
static void crowd(void)
{
    struct rtp_config c = {.manual = true};
    struct net net;

    net_open(&net, 11);
    struct party *to = net_add(&net, &rtp_receiver_class, &plain, NULL);
    c.server = at(to).server;
    struct party *from = net_add(&net, &rtp_session_class, &c, NULL);
    net_run(&net, 0.01);
    net_asked(&net, from, "stream", &(struct rtp_args){.count = 10});
    for (uint32_t i = 1; i <= RTP_MEMBERS + 10; i++)
        net_asked(&net, from, "stream",
                  &(struct rtp_args){.count = 1, .ssrc = 0x10000 + i, .sequence = 1});
    net_run(&net, 0.1);
    struct note r = net_asked(&net, to, "report", NULL);
    CU_ASSERT_EQUAL(r.n.n_sources, RTP_MEMBERS);
    CU_ASSERT_EQUAL(r.n.members, 2);
    CU_ASSERT_TRUE(r.source.valid); /* the first is still there */
    net_close(&net);
}

TESTS({"talk", talk}, {"pattern", pattern}, {"under_loss", under_loss}, {"muxed", muxed},
      {"invalid_rtcp", invalid_rtcp}, {"collision", collision}, {"leaving", leaving},
      {"nobody", nobody}, {"silent", silent}, {"crowd", crowd})
