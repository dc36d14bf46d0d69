/* harness/endpoints/rtp/rtp_media_test.c - what a sender's packets look like, and what a receiver makes of them:
 * audio, DTMF, text. */
#include "harness/tests/rtp_rig.h"

struct pair {
    struct net net;
    struct party *tester, *sender, *receiver;
};

/* A tester that hears a sender, and a receiver which the tester sends to. */
static void pair_open(struct pair *p, struct rtp_config c, const char *fault)
{
    static const struct rtp_config plain;
    struct rtp_config t = {.manual = true,
                           .ssrc = 0x77,
                           .sequence = 1000,
                           .timestamp = 5000,
                           .text_only = c.text_only};

    net_open(&p->net, 1);
    p->receiver = net_add(&p->net, &rtp_receiver_class, &plain, fault);
    t.server = party_addr(p->receiver);
    t.server.port = RTP_PORT;
    p->tester = net_add(&p->net, &rtp_session_class, &t, NULL);
    c.server = party_addr(p->tester);
    c.server.port = RTP_PORT;
    p->sender = net_add(&p->net, &rtp_sender_class, &c, NULL);
    net_run(&p->net, 0.01);
}

static const struct note *packet(struct pair *p, size_t i)
{
    static const struct note nothing;
    const struct note *n = net_note(&p->net, p->tester, RTP_K_PACKET, i);
    CU_ASSERT_PTR_NOT_NULL(n);
    return n ? n : &nothing;
}

static void audio(void)
{
    struct pair p;

    pair_open(&p, (struct rtp_config){.sequence = 65534, .timestamp = 0xffffff00, .ssrc = 9}, NULL);
    net_run(&p.net, 0.1);
    for (size_t i = 0; i < 5; i++) {
        const struct note *n = packet(&p, i);
        CU_ASSERT_EQUAL(n->n.sequence, (65534 + i) & 0xffff);
        CU_ASSERT_EQUAL(n->n.timestamp, (uint32_t)(0xffffff00 + 160 * i));
        CU_ASSERT_EQUAL(n->n.marker, i == 0);
        CU_ASSERT_EQUAL(n->n_octets, 172);
        CU_ASSERT_EQUAL(n->n.time_us, packet(&p, 0)->n.time_us + 20000 * i);
    }
    net_asked(&p.net, p.sender, "pause", NULL);
    size_t before = net_count(&p.net, p.tester, RTP_K_PACKET);
    net_run(&p.net, 1);
    CU_ASSERT_EQUAL(net_count(&p.net, p.tester, RTP_K_PACKET), before);
    net_asked(&p.net, p.sender, "resume", NULL);
    net_run(&p.net, 0.1);
    const struct note *a = packet(&p, before - 1), *b = packet(&p, before);
    CU_ASSERT_TRUE(b->n.marker && b->n.sequence == (uint16_t)(a->n.sequence + 1));
    CU_ASSERT_EQUAL((b->n.timestamp - a->n.timestamp) / 8, (b->n.time_us - a->n.time_us) / 1000);
    CU_ASSERT_FALSE(packet(&p, before + 1)->n.marker);
    net_close(&p.net);
}

/* SR: counts of what was sent, and the timestamp of the instant that NTP says. */
static void sender_report(void)
{
    struct pair p;

    pair_open(&p, (struct rtp_config){.timestamp = 1000, .wallclock_us = 500000}, NULL);
    net_run(&p.net, 8);
    const struct note *sr = net_note(&p.net, p.tester, RTP_K_RTCP, 0), *first = packet(&p, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(sr);
    if (!sr)
        return;
    uint64_t ntp_us = (uint64_t)(get_u32(sr->octets + 8) - 2208988800u) * 1000000 +
                      ((uint64_t)get_u32(sr->octets + 12) * 1000000 >> 32);
    uint64_t begun = first->n.time_us - 1000,
             sent = sr->n.time_us - 1000; /* the network takes 1 ms */
    CU_ASSERT_TRUE(ntp_us + 1 >= sent + 500000 && ntp_us <= sent + 500000);
    CU_ASSERT_EQUAL(get_u32(sr->octets + 16), 1000 + (sent - begun) * 8 / 1000);
    uint32_t packets = (uint32_t)((sent - begun) / 20000 + 1);
    CU_ASSERT_EQUAL(get_u32(sr->octets + 20), packets);
    CU_ASSERT_EQUAL(get_u32(sr->octets + 24), packets * 160);
    net_close(&p.net);
}

/* Every packet of an event, RFC4733:2.5.1. */
static void dtmf(void)
{
    struct pair p;

    pair_open(&p, (struct rtp_config){.idle = true}, NULL);
    struct note r = net_asked(&p.net, p.sender, "dtmf",
                              &(struct rtp_args){.digits = span_of("5#"), .duration_us = 60000});
    CU_ASSERT_EQUAL(r.kind, RTP_K_SUCCESS);
    net_run(&p.net, 0.1);
    CU_ASSERT_EQUAL(net_count(&p.net, p.tester, RTP_K_PACKET), 10);
    for (size_t i = 0; i < 10; i++) {
        const struct note *n = packet(&p, i);
        size_t k = i % 5;
        const uint8_t *e = n->octets + 12;
        CU_ASSERT_EQUAL(n->n.payload_type, 101);
        CU_ASSERT_EQUAL(n->n.sequence, (uint16_t)(packet(&p, 0)->n.sequence + i));
        CU_ASSERT_EQUAL(n->n.timestamp, packet(&p, i - k)->n.timestamp);
        CU_ASSERT_EQUAL(n->n.marker, k == 0);
        CU_ASSERT_EQUAL(e[0], i < 5 ? 5 : 11);
        CU_ASSERT_EQUAL(e[1], k < 2 ? 10 : 0x80 | 10);
        CU_ASSERT_EQUAL(get_u16(e + 2), k < 2 ? 160 * (k + 1) : 480);
    }
    CU_ASSERT_EQUAL(packet(&p, 5)->n.timestamp - packet(&p, 0)->n.timestamp, 880); /* 110 ms */
    net_close(&p.net);
}

/* An event of 10 s at 8 kHz has two segments: RFC4733:2.5.1.3. */
static void long_event(void)
{
    struct pair p;
    size_t full = 0, second = 0;
    const struct note *n;

    pair_open(&p, (struct rtp_config){.idle = true}, NULL);
    net_asked(&p.net, p.sender, "dtmf",
              &(struct rtp_args){.digits = span_of("1"), .duration_us = 10000000});
    net_run(&p.net, 0.1);
    uint32_t begin = packet(&p, 0)->n.timestamp;
    for (size_t i = 0; (n = net_note(&p.net, p.tester, RTP_K_PACKET, i)) != NULL; i++) {
        const uint8_t *e = n->octets + 12;
        bool last = n->n.timestamp == begin + 0xffff;
        CU_ASSERT_TRUE(last || n->n.timestamp == begin);
        CU_ASSERT_EQUAL(n->n.marker, i == 0);
        CU_ASSERT_TRUE(last || !(e[1] & 0x80));
        full += !last && get_u16(e + 2) == 0xffff;
        second += last;
        if (last && e[1] & 0x80)
            CU_ASSERT_EQUAL(get_u16(e + 2), 80000 - 0xffff);
    }
    CU_ASSERT_EQUAL(full, 3);
    CU_ASSERT_EQUAL(second, (80000 - 0xffff + 159) / 160 + 2);
    net_close(&p.net);
}

static void send_event(struct pair *p, uint32_t sequence, uint32_t timestamp, const char *hex)
{
    uint8_t octets[64], head[12] = {0x80, 101};
    struct wr w = {octets, sizeof octets, 0, false};

    put_u16(head + 2, (uint16_t)sequence);
    put_u32(head + 4, timestamp);
    put_u32(head + 8, 0x77);
    wr_put(&w, (struct span){head, sizeof head});
    CU_ASSERT_TRUE(wr_unhex(&w, span_of(hex)));
    net_asked(&p->net, p->tester, "send", &(struct rtp_args){.octets = wr_span(&w)});
}

/* What the receiver makes of a dialled string: each digit once, whatever is lost or comes again. */
static void detected(const char *fault, const char *want)
{
    struct pair p;

    pair_open(&p, (struct rtp_config){.idle = true}, fault);
    net_asked(&p.net, p.tester, "stream", &(struct rtp_args){.count = 3}); /* 1000 to 1002: valid */
    send_event(&p, 1003, 9000, "010a00a0");
    send_event(&p, 1004, 9000, "010a0140");
    send_event(&p, 1005, 9000, "018a01e0");
    send_event(&p, 1006, 9000, "018a01e0");
    send_event(&p, 1007, 9000, "018a01e0");
    send_event(&p, 1009, 12000, "028a01e0"); /* only an end came */
    send_event(&p, 1010, 14000, "030a00a0"); /* no end: another begins */
    send_event(&p, 1011, 16000, "030a00a0");
    send_event(&p, 1012, 16000, "038a00a0");
    send_event(&p, 1013, 18000, "040a0000"); /* no duration: none */
    send_event(&p, 1014, 20000, "0c0a00a0"); /* and one that is heard of no more */
    net_run(&p.net, 1);
    send_event(&p, 1015, 20000, "0c8a00f0"); /* its end, when it was told already */
    net_run(&p.net, 0.1);
    CU_ASSERT_STRING_EQUAL(net_asked(&p.net, p.receiver, "report", NULL).digits, want);
    net_close(&p.net);
}
static void digits(void)
{
    detected(NULL, "1233A");
    detected("each-end-is-a-digit", "111233AA");
}

static void segments(void)
{
    struct pair p;
    const struct note *n;

    pair_open(&p, (struct rtp_config){.idle = true}, NULL);
    net_asked(&p.net, p.tester, "stream", &(struct rtp_args){.count = 3});
    send_event(&p, 1003, 9000, "060a00a0");
    send_event(&p, 1004, 9000, "060affff");
    send_event(&p, 1005, 9000 + 0xffff, "060a0050");
    send_event(&p, 1006, 9000, "060affff");
    send_event(&p, 1007, 9000 + 0xffff, "068a0100");
    send_event(&p, 1008, 9000 + 0xffff, "068a0100");
    net_run(&p.net, 0.5);
    CU_ASSERT_EQUAL(net_count(&p.net, p.receiver, RTP_K_DIGIT), 1);
    n = net_note(&p.net, p.receiver, RTP_K_DIGIT, 0);
    CU_ASSERT_TRUE(n && n->n.duration == 0xffff + 0x100 && n->n.timestamp == 9000 &&
                   n->digit[0] == '6');
    net_close(&p.net);
}

static void same_text(struct net *net, struct party *p, const char *want)
{
    char got[1024] = "";
    const struct note *n;

    for (size_t i = 0; (n = net_note(net, p, RTP_K_TEXT, i)) != NULL; i++)
        strncat(got, (const char *)n->data, n->n_data);
    CU_ASSERT_STRING_EQUAL(got, want);
}

/* Text with two redundant generations, while the packets of `drops` are lost. */
static void text_case(uint64_t from, uint64_t to, const char *want, bool red)
{
    static const struct rtp_config plain;
    struct net net;

    net_open(&net, 1);
    struct party *receiver = net_add(&net, &rtp_receiver_class, &plain, NULL);
    struct rtp_config c = {
        .server = party_addr(receiver), .text_only = true, .no_rtcp = true, .no_redundancy = !red};
    c.server.port = RTP_PORT;
    struct party *sender = net_add(&net, &rtp_sender_class, &c, NULL);
    sim_network(net.d)->drops[0].from = from;
    sim_network(net.d)->drops[0].to = to;
    net_run(&net, 0.01);
    static const char *const parts[] = {"a", "b", "c", "d", "e\xc3\xa9", "f", "g", "h"};
    for (size_t i = 0; i < COUNT(parts); i++) {
        net_asked(&net, sender, "text", &(struct rtp_args){.text = span_of(parts[i])});
        net_run(&net, 0.28); /* before the next block is due */
    }
    net_run(&net, 3);
    same_text(&net, receiver, want);
    net_close(&net);
}
static void text(void)
{
    text_case(0, 0,
              "abcde\xc3\xa9"
              "fgh",
              true);
    text_case(4, 5,
              "abcde\xc3\xa9"
              "fgh",
              true); /* two in a row are made up for */
    text_case(4, 6,
              "abc\xef\xbf\xbd"
              "e\xc3\xa9"
              "fgh",
              true); /* of three the oldest is lost */
    text_case(4, 4,
              "bc\xef\xbf\xbd"
              "e\xc3\xa9"
              "fgh",
              false); /* without redundancy; the first went to probation */
}

/* The packets of a text: marker, generations, flush. */
static void text_packets(void)
{
    struct pair p;

    pair_open(&p, (struct rtp_config){.text_only = true}, NULL);
    net_asked(&p.net, p.sender, "text", &(struct rtp_args){.text = span_of("hi")});
    net_run(&p.net, 2);
    CU_ASSERT_EQUAL(net_count(&p.net, p.tester, RTP_K_PACKET), 3);
    static const size_t size[] = {12 + 1 + 2, 12 + 4 + 1 + 2, 12 + 8 + 1 + 2};
    for (size_t i = 0; i < 3; i++) {
        const struct note *n = packet(&p, i);
        CU_ASSERT_EQUAL(n->n_octets, size[i]);
        CU_ASSERT_EQUAL(n->n.marker, i == 0);
        CU_ASSERT_EQUAL(n->n.payload_type, 100);
        CU_ASSERT_EQUAL(n->n.timestamp, packet(&p, 0)->n.timestamp + 300 * i);
    }
    CU_ASSERT_EQUAL(get_u32(packet(&p, 2)->octets + 12), 0x80000000u | 98u << 24 | 600 << 10 | 2);
    net_close(&p.net);
}

TESTS({"audio", audio}, {"sender_report", sender_report}, {"dtmf", dtmf},
      {"long_event", long_event}, {"digits", digits}, {"segments", segments}, {"text", text},
      {"text_packets", text_packets})
