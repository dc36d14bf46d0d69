/* harness/endpoints/rtp/rtp_dev_test.c - each fault and variant has an effect in some course of events, and what
 * is sent under a variant has no finding. */
#include "harness/tests/rtp_rig.h"

struct course {
    struct net net;
    struct party *us, *tester;
    struct addr rtp, rtcp; /* where the tester sends to */
};

static void open_course(struct course *c, const struct endpoint_class *cls, bool text,
                        const char *name, bool variant)
{
    struct rtp_config t = {.manual = true,
                           .ssrc = 0x77,
                           .sequence = 1000,
                           .timestamp = 5000,
                           .text_only = text},
                      u = {.ssrc = 0x4242, .text_only = text};
    const char *err = "", *const names[] = {name, NULL};

    net_open(&c->net, 1);
    c->tester = net_add(&c->net, &rtp_session_class, &t, NULL);
    u.server = party_addr(c->tester);
    u.server.port = RTP_PORT;
    u.listen = (struct addr){.family = 4, .port = 4000};
    c->us = c->net.d->cls->add(c->net.d,
                               &(struct party_spec){.cls = cls,
                                                    .config = &u,
                                                    .seed = 3,
                                                    .faults = name && !variant ? names : NULL,
                                                    .variants = name && variant ? names : NULL},
                               &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c->us);
    c->rtp = party_addr(c->us);
    c->rtp.port = 4000;
    c->rtcp = c->rtp;
    c->rtcp.port = 4001;
    net_asked(&c->net, c->tester, "aim", &(struct rtp_args){.to = c->rtp, .rtcp_to = c->rtcp});
    net_run(&c->net, 0.01);
}

static void hex(struct course *c, bool rtcp, const char *text)
{
    uint8_t octets[128];
    struct wr w = {octets, sizeof octets, 0, false};

    CU_ASSERT_TRUE(wr_unhex(&w, span_of(text)));
    net_asked(&c->net, c->tester, rtcp ? "rtcp" : "send",
              &(struct rtp_args){.octets = wr_span(&w)});
}

/* What it did, and what it sent: decoded and linted. Returns how often a deviation had an effect. */
static size_t close_course(struct course *c, size_t *findings)
{
    size_t n = party_applied(c->us);
    struct finding found[8];

    for (size_t i = 0; i < c->net.n; i++) {
        const struct note *o = &c->net.notes[i];
        struct findings fs = {found, 0, COUNT(found), NULL, 0};
        struct rtp_packet r;
        struct rtcp_compound v;
        struct rtcp_packet packets[16];
        struct span s = {o->octets, o->n_octets};
        if (o->party != c->tester || o->n_octets == sizeof o->octets)
            continue;
        if (o->kind == RTP_K_PACKET && rtp_decode(s, &r, &fs) == STEP_ITEM)
            rtp_lint(&r, &fs);
        if (o->kind == RTP_K_RTCP && rtcp_decode(s, &v, packets, COUNT(packets), &fs) == STEP_ITEM)
            rtcp_lint(&v, &fs);
        *findings += fs.n;
    }
    net_close(&c->net);
    return n;
}

/* What has our new SSRC comes from where the one before came from: a loop. */
static void collide_again(struct course *c)
{
    char text[40];

    net_run(&c->net, 0.1);
    snprintf(text, sizeof text, "8000000200000002%08x",
             net_asked(&c->net, c->us, "where", NULL).n.ssrc);
    hex(c, false, text);
}

static size_t sender_course(const char *name, bool variant, size_t *findings)
{
    struct course c;
    size_t n;

    open_course(&c, &rtp_sender_class, false, name,
                variant); /* audio, silence, digits, a collision */
    hex(&c, true, "80c90001000000aa81ca0003000000aa0101610000000000");
    net_run(&c.net, 1);
    net_asked(&c.net, c.us, "pause", NULL);
    net_run(&c.net, 1);
    net_asked(&c.net, c.us, "resume", NULL);
    net_run(&c.net, 8);
    net_asked(&c.net, c.us, "dtmf",
              &(struct rtp_args){.digits = span_of("1"), .duration_us = 9000000});
    hex(&c, false, "800000010000000100004242");
    collide_again(&c);
    net_run(&c.net, 1);
    net_asked(&c.net, c.us, "bye", &(struct rtp_args){.reason = span_of("a")});
    net_run(&c.net, 1);
    n = close_course(&c, findings);
    open_course(&c, &rtp_sender_class, true, name, variant); /* text */
    net_asked(&c.net, c.us, "text", &(struct rtp_args){.text = span_of("h\xc3\xa9")});
    net_run(&c.net, 0.5);
    net_asked(&c.net, c.us, "text", &(struct rtp_args){.text = span_of("x")});
    net_run(&c.net, 3);
    n += close_course(&c, findings);
    static const struct rtp_config plain = {.idle = true}; /* nothing at all */
    net_open(&c.net, 1);
    const char *err = "", *const names[] = {name, NULL};
    c.tester = NULL;
    c.us = c.net.d->cls->add(c.net.d,
                             &(struct party_spec){.cls = &rtp_sender_class,
                                                  .config = &plain,
                                                  .faults = name && !variant ? names : NULL,
                                                  .variants = name && variant ? names : NULL},
                             &err);
    net_run(&c.net, 0.1);
    net_asked(&c.net, c.us, "bye", NULL);
    return n + close_course(&c, findings);
}

static size_t receiver_course(const char *name, bool variant, size_t *findings)
{
    struct course c;
    size_t n;
    char text[80];

    open_course(&c, &rtp_receiver_class, false, name, variant);
    n = 0;
    net_run(&c.net, 8); /* an empty report */
    net_asked(&c.net, c.tester, "stream", &(struct rtp_args){.count = 100});
    hex(&c, true,
        "80c800060000007700000001000000020000000300000004000000058"
        "1ca0003000000770101610000000000");
    hex(&c, false, "807f044c0000100000000077 00");       /* another type */
    hex(&c, false, "8065044d0000200000000077 010affff"); /* an event of two segments */
    hex(&c, false, "8065044e00011fff00000077 018a0100");
    hex(&c, false, "8065044f00011fff00000077 018a0100"); /* its end again */
    hex(&c, false, "8062045000003000000000 77 61");      /* text, with a gap behind it */
    hex(&c, false, "8064045600003100000000 77 e200000162 62 63");
    hex(&c, false, "8064045700003200000000 77 e200c80162 63 64");
    hex(&c, false, "8064045900003300000000 77 e200c80162 65 66");
    hex(&c, false, "8065045a00020fff00000077 040a0000"); /* an event of no duration */
    hex(&c, false,
        "8065045b00021fff00000077 05ca0100"); /* one with the reserved bit, and the same key again */
    hex(&c, false, "8065045c00022fff00000077 058a0100");
    hex(&c, true, "80ca000100000001"); /* no report first */
    net_run(&c.net, 12);
    hex(&c, true, "80c90001000000aa81cb0001000000aa");
    hex(&c, true, "80c900010000007781cb000100000077");
    hex(&c, false, "8000045d00023fff00000077"); /* a straggler */
    for (unsigned i = 1; i <= 60; i++) {
        snprintf(text, sizeof text, "80c90001%08x81ca0003%08x0101610000000000", i, i);
        hex(&c, true, text);
    }
    net_run(&c.net, 1);
    uint32_t token = net_ask(&c.net, c.us, "bye", &(struct rtp_args){.reason = span_of("a")});
    net_run(&c.net, 120);
    CU_ASSERT_PTR_NOT_NULL(net_answer(&c.net, token));
    n += close_course(&c, findings);
    open_course(&c, &rtp_receiver_class, false, name,
                variant); /* members fall silent, a collision */
    net_asked(&c.net, c.tester, "stream", &(struct rtp_args){.count = 100});
    net_run(&c.net, 60);
    hex(&c, false, "800000010000000100004242");
    collide_again(&c);
    net_run(&c.net, 1);
    n += close_course(&c, findings);
    open_course(&c, &rtp_receiver_class, false, name, variant); /* nothing is ever sent */
    net_asked(&c.net, c.us, "bye", NULL);
    return n + close_course(&c, findings);
}

static void all(const struct deviation *rows, size_t n, bool variant,
                size_t (*course)(const char *, bool, size_t *))
{
    size_t flags = 0;

    for (size_t i = 0; i < n; i++) {
        size_t findings = 0;
        bool had = course(rows[i].name, variant, &findings) > 0;
        if (!had || (variant && findings))
            printf("%s: %s\n", rows[i].name, had ? "is condemned" : "has no effect");
        CU_ASSERT_TRUE(had);
        CU_ASSERT_TRUE(!variant || findings == 0);
        flags += rows[i].op == DEV_FLAG;
    }
    CU_ASSERT_TRUE(flags * 2 < n);
}

static void lawful(void)
{
    size_t findings = 0;
    CU_ASSERT_EQUAL(sender_course(NULL, false, &findings), 0);
    CU_ASSERT_EQUAL(receiver_course(NULL, false, &findings), 0);
    CU_ASSERT_EQUAL(findings, 0);
}
static void sender_faults(void)
{
    all(rtp_sender_faults, RTP_SENDER_FAULTS, false, sender_course);
}
static void sender_variants(void)
{
    all(rtp_sender_variants, RTP_SENDER_VARIANTS, true, sender_course);
}
static void receiver_faults(void)
{
    all(rtp_receiver_faults, RTP_RECEIVER_FAULTS, false, receiver_course);
}
static void receiver_variants(void)
{
    all(rtp_receiver_variants, RTP_RECEIVER_VARIANTS, true, receiver_course);
}

TESTS({"lawful", lawful}, {"sender_faults", sender_faults}, {"sender_variants", sender_variants},
      {"receiver_faults", receiver_faults}, {"receiver_variants", receiver_variants})
