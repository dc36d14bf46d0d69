/* harness/tests/ws_test.c - the layer "ws" in its stacks, the same in the simulator and on the loopback: messages of
 * all sizes, what each side is told, deviations, and more messages at once than a queue takes. */
#include "harness/tests/program.h"
#include "harness/tests/ws_rig.h"
#include "harness/tests/ws_talk.h"

/* ---- messages of all sizes ---- */

static void sizes_over(bool sim, const char *stack, uint32_t segment, const char *row)
{
    static const size_t sizes[] = {0, 1, 125, 126, 127, 65535, 65536, 1 << 20};
    static uint8_t data[1 << 20];
    struct say says[COUNT(sizes)];
    const char *rows[] = {row, NULL};
    uint32_t sum = 0;

    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 7 + (i >> 8));
    for (size_t i = 0; i < COUNT(sizes); i++)
        says[i] = (struct say){i & 1 ? WS_BINARY : 0, {data, sizes[i]}};
    says[0].kind = says[2].kind = WS_TEXT;
    says[2].data = (struct span)SPAN("t\xc3\xa9xt");
    for (size_t i = 0; i < COUNT(sizes); i++) /* what comes back is of the same kind */
        sum = fnv32(sum, says[i].data) + (i == 0 || i == 2 ? WS_TEXT : WS_BINARY);
    talk_begin(sim);
    if (sim)
        sim_network(w.d)->segment = segment;
    talk_serve_echo(sim, stack, row ? rows : NULL);
    struct talk_config c = {
        .says = says, .n_says = COUNT(sizes), .waits = true, .closes = COUNT(sizes)};
    talk_to(stack, &c, row ? rows : NULL);
    CU_ASSERT_TRUE(talk_run(talk_forgotten));
    CU_ASSERT_EQUAL(client.messages, COUNT(sizes));
    CU_ASSERT_EQUAL(client.sum, sum);
    CU_ASSERT_STRING_EQUAL(client.text, "[open / ]");
    CU_ASSERT_TRUE((party_applied(parties[0]) > 0) == (row != NULL) &&
                   (party_applied(parties[1]) > 0) == (row != NULL));
    talk_end();
}

/* The largest there is, over TLS too: what one input may cause is enough for it. */
static void sizes(void)
{
    sizes_over(true, "tcp/ws", 0, NULL);
    sizes_over(true, "tcp/ws", 1000, NULL);
    sizes_over(true, "tcp/tls/ws", 1460, NULL);
    sizes_over(true, "tcp/ws", 0, "w-fragments");
    sizes_over(false, "tcp/ws", 0, NULL);
    sizes_over(false, "tcp/tls/ws", 0, NULL);
    sizes_over(false, "tcp/ws", 0, "w-fragments");
}

/* ---- what each side is told ---- */

static void told(void)
{
    static const struct ws_options asks = {.path = SPAN("/chat?x"), .protocols = SPAN("sip, chat")};
    static const struct ws_options speaks = {.paths = SPAN("/chat"), .protocols = SPAN("chat")};
    struct say say = {WS_TEXT, SPAN("hello")};

    for (unsigned row = 0; row < 4; row++) {
        bool sim = row & 1, tls = row & 2;
        const char *stack = tls ? "tcp/tls/ws" : "tcp/ws";
        struct talk_config s = {.open = {.desc = &ws_options_desc, .options = &speaks},
                                .closes = 1,
                                .close = {4001, SPAN("enough")}};
        struct talk_config c = {
            .open = {.desc = &ws_options_desc, .options = &asks}, .says = &say, .n_says = 1};
        talk_begin(sim);
        talk_serve(sim, stack, &s);
        talk_to(stack, &c, NULL); /* TLS is told by the party, ws by the flow */
        CU_ASSERT_TRUE(talk_run(talk_client_closed));
        CU_ASSERT_STRING_EQUAL(client.text, "[open /chat?x chat][closed done 4001 enough]");
        CU_ASSERT_STRING_EQUAL(server.text, "[open /chat?x chat]");
        CU_ASSERT_EQUAL(server.octets, 5);
        talk_end();
    }
}

static void refused(void)
{
    static const struct ws_options asks = {.path = SPAN("/other")}, has = {.paths = SPAN("/chat")};

    for (int sim = 0; sim < 2; sim++) {
        struct talk_config s = {.open = {.desc = &ws_options_desc, .options = &has}};
        struct talk_config c = {.open = {.desc = &ws_options_desc, .options = &asks}};
        talk_begin(sim);
        talk_serve(sim, "tcp/ws", &s);
        talk_to("tcp/ws", &c, NULL);
        CU_ASSERT_TRUE(talk_run(talk_both_closed));
        CU_ASSERT_STRING_EQUAL(
            client.text, "[closed refused 0: the server refused the handshake: 404 Not Found]");
        CU_ASSERT_STRING_EQUAL(server.text, "[closed protocol 0: the path is none that there is]");
        CU_ASSERT_TRUE(talk_run(talk_forgotten));
        talk_end();
    }
}

static void no_stream(void)
{
    struct talk_config c = {.n_says = 0};

    talk_begin(true);
    w.listening = (struct addr){4, {10, 0, 0, 9}, 9};
    talk_to("udp/ws", &c, NULL);
    CU_ASSERT_TRUE(talk_run(talk_client_closed));
    CU_ASSERT_STRING_EQUAL(client.text, "[closed local 0: the flow below is no stream]");
    talk_end();
}

/* ---- deviations of the layer, by the party ---- */

static void deviations(void)
{
    static const char *const masked[] = {"w-masked", NULL}, *const none[] = {"w-nothing", NULL};
    struct say say = {WS_TEXT, SPAN("hello")};

    for (int sim = 0; sim < 2; sim++) {
        struct talk_config c = {.says = &say, .n_says = 1};
        const char *err = NULL;
        talk_begin(sim);
        talk_serve_echo(sim, "tcp/ws", masked);
        talk_to("tcp/ws", &c, NULL);
        CU_ASSERT_TRUE(talk_run(talk_client_closed));
        CU_ASSERT_STRING_EQUAL(client.text,
                               "[open / ][closed protocol 1006: a frame of a server is masked]");
        CU_ASSERT_TRUE(party_applied(parties[0]) > 0 && party_applied(parties[1]) == 0);
        CU_ASSERT_PTR_NULL(talk_add(&talk_class, &c, none, &err));
        CU_ASSERT_PTR_NOT_NULL(strstr(err, "no fault or variant 'w-nothing'"));
        talk_end();
    }
}

/* ---- more at once than a queue takes ---- */

enum { FLOOD = 20000 };
static uint8_t flood_octets[1 << 18];

/* A client's handshake and FLOOD frames of no octets, each third a Ping. */
static struct span flood(void)
{
    struct wr o = {flood_octets, sizeof flood_octets, 0, false};
    struct ws_offer offer = {.host = SPAN("a")};

    ws_request_put(&o, &offer);
    for (size_t i = 0; i < FLOOD; i++)
        rig_frame(&o, true, i % 3 ? WS_BINARY : WS_PING, true, (struct span){NULL, 0});
    return wr_span(&o);
}

static bool flood_back(void)
{
    return client.octets >= 129 + 2 * FLOOD || client.closed;
}

static void floods(void)
{
    for (int sim = 0; sim < 2; sim++) {
        struct say say = {0, flood()};
        struct talk_config c = {.says = &say, .n_says = 1};
        talk_begin(sim);
        talk_serve_echo(sim, "tcp/ws", NULL);
        talk_to("tcp", &c, NULL);
        CU_ASSERT_TRUE(talk_run(flood_back));
        CU_ASSERT_EQUAL(client.octets, 129 + 2 * FLOOD);
        CU_ASSERT_FALSE(client.closed);
        talk_end();
    }
}

static bool server_had_10(void)
{
    return server.messages >= 10;
}
static bool never(void)
{
    return false;
}

/* A user who has the stream wait is not overruled by the layer, which has it wait, too, and go on. */
static void pauses(void)
{
    struct say says[2] = {{0, flood()}, {0, SPAN("\x81\x80\1\2\3\4")}};
    struct talk_config s = {.pauses = 10}, c = {.says = says, .n_says = 2};

    talk_begin(true);
    talk_serve(true, "tcp/ws", &s);
    talk_to("tcp", &c, NULL);
    CU_ASSERT_TRUE(talk_run(server_had_10));
    talk_run(never); /* what was read before comes; the second piece of the client's does not */
    CU_ASSERT_EQUAL(server.messages, FLOOD - (FLOOD + 2) / 3);
    w.d->cls->command(parties[0], &talk_verbs[0], NULL, 0);
    talk_run(never);
    CU_ASSERT_EQUAL(server.messages, FLOOD - (FLOOD + 2) / 3 + 1);
    talk_end();
}

/* ---- in a case: what the layer tells is no message that nobody expects ---- */

static void in_a_case(void)
{
    if (!program_ready())
        return;
    program_cases(
        "ws.lua",
        "case { id = \"s-ws\", title = \"-\", role = \"stun-server\", needs = { \"udp\", \"ip4\" "
        "},\n"
        "run = function(t)\n"
        "  local s = t:actor(\"server\", \"echo\", { stack = \"tcp/ws\" })\n"
        "  local c = t:actor(\"client\", \"echo\", { stack = \"tcp/ws\", to = s.addr })\n"
        "  assert(c:layer(\"ws\").kind == \"opened\")\n"
        "  assert(c:echo { data = \"hello\" }.data == \"hello\")\n"
        "  c:close {}\n"
        "  local first, last = s:layer(\"ws\"), s:layer(\"ws\")\n"
        "  assert(first.kind == \"opened\" and first.layer == \"ws\" and first.path == \"/\")\n"
        "  assert(last.kind == \"closed\" and last.code == 1000)\n"
        "  t:check(\"RFC8489:5#3\", true)\n"
        "end }\n");
    program_gives("test s-ws", 0);
}

TESTS({"in_a_case", in_a_case}, {"sizes", sizes}, {"told", told}, {"refused", refused},
      {"no_stream", no_stream}, {"deviations", deviations}, {"floods", floods}, {"pauses", pauses})
