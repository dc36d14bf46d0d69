/* harness/endpoints/stun/stun_server_nat_test.c - the server of RFC 5780, input by input: what it
 * opens, what it makes of that, and where each response leaves from. */
#include "harness/core/test.h"
#include "harness/endpoints/stun/stun_server.h"

#define A1 "192.0.2.1"
#define A2 "192.0.2.2"
#define CLIENT "198.51.100.7:40000"

static _Alignas(16) struct stun_server server;
static struct output outputs[65];
static uint8_t memory[1 << 20];
static struct outq q;
static struct stun_msg got; /* the last response */
static struct stun_attr got_attrs[64];
static const struct output *sent; /* and how it was sent; NULL: nothing was */

static struct addr at(const char *text)
{
    struct addr a = {0};
    CU_ASSERT_TRUE(addr_parse(span_of(text), &a));
    return a;
}

static bool is(const struct addr *a, const char *text)
{
    struct addr want = at(text);
    return addr_eq(a, &want);
}

static void give(const struct input *in)
{
    q = (struct outq){.v = outputs, .cap = COUNT(outputs) - 1};
    q.mem = arena_of(memory, sizeof memory);
    stun_server_class.input(&server, in, &q);
    CU_ASSERT_FALSE(q.full);
}

/* Start a server; returns how many flows it opens. */
static size_t start(const struct stun_server_config *c)
{
    size_t n = 0;

    memset(&server, 0, sizeof server);
    server.env.cls = &stun_server_class;
    rng_seed(server.env.rng, 1);
    give(&(struct input){.kind = IN_START, .rec = c});
    for (size_t i = 0; i < q.n; i++)
        n += outputs[i].kind == OUT_OPEN;
    return n;
}

/* Tell the server that its flows are open; all but the last `but`, of which one has failed where
 * `failed`. */
static void open_all(size_t but, bool failed)
{
    struct output opens[16];
    size_t n = 0;

    for (size_t i = 0; i < q.n && n < COUNT(opens); i++)
        if (outputs[i].kind == OUT_OPEN)
            opens[n++] = outputs[i];
    for (size_t i = 0; i < n; i++) {
        struct input in = {.kind = IN_OPENED, .flow = opens[i].flow};
        in.pkt.local = opens[i].open.local;
        if (i + but >= n && !failed)
            break;
        if (i + but >= n && i + 1 == n)
            in.kind = IN_CLOSED;
        give(&in);
    }
}

static struct stun_server_config two_addresses(void)
{
    return (struct stun_server_config){.listen = at(A1 ":3478"), .other = at(A2 ":3480")};
}

/* Give a message that came to `local` on `flow`, and decode what is sent back. */
static void ask_octets(flow_id flow, const char *local, struct span octets)
{
    struct input in = {.kind = IN_BYTES, .flow = flow, .data = octets, .now_us = 5};
    struct findings fs = {0};

    in.pkt.remote = at(CLIENT);
    in.pkt.local = at(local);
    give(&in);
    sent = NULL;
    for (size_t i = 0; i < q.n; i++)
        if (outputs[i].kind == OUT_SEND)
            sent = &outputs[i];
    got = (struct stun_msg){0};
    if (sent)
        CU_ASSERT_EQUAL(stun_decode(*sent->data, &got, got_attrs, COUNT(got_attrs), &fs),
                        STEP_ITEM);
}

/* A Binding request with `attributes`, as octets; classic: no cookie. */
static void ask(flow_id flow, const char *local, struct span attributes, bool classic)
{
    static uint8_t wire[65536];
    struct wr w = {wire, sizeof wire, 0, false};

    wr_u16(&w, 1);
    wr_u16(&w, (uint16_t)attributes.n);
    wr_u32(&w, classic ? 0x01020304 : STUN_COOKIE);
    wr_text(&w, "abcdefghijkl");
    wr_put(&w, attributes);
    ask_octets(flow, local, wr_span(&w));
}

static void ask_change(unsigned place, const char *local, uint8_t flags, bool classic)
{
    uint8_t change[] = {0, 3, 0, 4, 0, 0, 0, flags};
    ask(place ? STUN_FLOW_NAT_UDP + place : STUN_FLOW_UDP, local,
        (struct span){change, sizeof change}, classic);
}

static bool has_addr(uint16_t type, const char *text)
{
    const struct stun_attr *a = stun_find(&got, type);
    return a && a->kind == STUN_ADDR && is(&a->v.addr, text);
}

static bool refused(unsigned code)
{
    const struct stun_attr *a = stun_find(&got, STUN_ERROR_CODE);
    return got.cls == STUN_ERROR && a && a->v.code == code;
}

static bool names(uint16_t type)
{
    const struct stun_attr *a = stun_find(&got, STUN_UNKNOWN_ATTRIBUTES);
    for (size_t i = 0; a && i + 1 < a->length; i += 2)
        if (get_u16(a->p + 4 + i) == type)
            return true;
    return false;
}

static const struct span none;
static const struct span port_9 = SPAN("\0\x27\0\4\0\x09\0\0");
static const struct span padding = SPAN("\0\x26\0\4xxxx");
static const struct span both = SPAN("\0\x27\0\4\0\x09\0\0\0\x26\0\4xxxx");

/* ---- tests ---- */

static const char *const places[] = {A1 ":3478", A1 ":3480", A2 ":3478", A2 ":3480"};

static void every_place_and_flag(void)
{
    struct stun_server_config c = two_addresses();
    static const uint8_t flags[] = {0, 2, 4, 6}; /* by what they flip of a place's number */

    CU_ASSERT_EQUAL(start(&c), 8);
    open_all(0, false);
    for (unsigned place = 0; place < 4; place++)
        for (unsigned flip = 0; flip < 4; flip++) {
            unsigned from = place ^ flip;
            ask_change(place, places[place], flags[flip], false);
            CU_ASSERT_EQUAL(got.cls, STUN_SUCCESS);
            CU_ASSERT_TRUE(sent && sent->flow == (from ? STUN_FLOW_NAT_UDP + from : STUN_FLOW_UDP));
            CU_ASSERT_TRUE(sent && is(&sent->pkt.local, places[from]));
            CU_ASSERT_TRUE(sent && is(&sent->pkt.remote, CLIENT));
            CU_ASSERT_TRUE(has_addr(STUN_RESPONSE_ORIGIN, places[from]));
            CU_ASSERT_TRUE(has_addr(STUN_OTHER_ADDRESS, places[place ^ 3]));
        }
}

static void one_address(void)
{
    CU_ASSERT_TRUE(sent && is(&sent->pkt.local, A1 ":3478"));
    CU_ASSERT_EQUAL(got.cls, STUN_SUCCESS);
    CU_ASSERT_TRUE(has_addr(STUN_RESPONSE_ORIGIN, A1 ":3478"));
    CU_ASSERT_PTR_NULL(stun_find(&got, STUN_OTHER_ADDRESS));
    for (uint8_t flags = 0; flags <= 6; flags += 2) {
        ask_change(0, A1 ":3478", flags, false);
        CU_ASSERT_TRUE(refused(420) && names(STUN_CHANGE_REQUEST));
        CU_ASSERT_TRUE(sent && sent->flow == STUN_FLOW_UDP);
        CU_ASSERT_PTR_NULL(stun_find(&got, STUN_OTHER_ADDRESS));
    }
}

/* RFC5780:6#4a, #4b: whatever keeps the second address from being whole. */
static void without_alternate(void)
{
    struct stun_server_config c = two_addresses();

    start(&c);
    open_all(1, true); /* the last of eight cannot be opened */
    ask(STUN_FLOW_UDP, A1 ":3478", none, false);
    one_address();
    start(&c);
    open_all(1, false); /* is not open yet */
    ask(STUN_FLOW_UDP, A1 ":3478", none, false);
    one_address();
    c.other = at(A1 ":3480"); /* the same address */
    start(&c);
    open_all(0, false);
    ask(STUN_FLOW_UDP, A1 ":3478", none, false);
    one_address();
    c.other = at(A2 ":3478"); /* the same port */
    start(&c);
    open_all(0, false);
    ask(STUN_FLOW_UDP, A1 ":3478", none, false);
    one_address();
    c = (struct stun_server_config){.listen = at(A1 ":3478"), .nat = true};
    CU_ASSERT_EQUAL(start(&c), 2);
    open_all(0, false);
    ask(STUN_FLOW_UDP, A1 ":3478", none, false);
    one_address();
}

static void port_by_itself(void)
{
    struct stun_server_config c = two_addresses();

    c.other.port = 0;
    start(&c);
    open_all(0, false);
    ask(STUN_FLOW_UDP, A1 ":3478", none, false);
    CU_ASSERT_TRUE(has_addr(STUN_OTHER_ADDRESS, A2 ":3479"));
}

static void response_port(void)
{
    struct stun_server_config c = {.listen = at(A1 ":3478"), .nat = true};

    start(&c);
    open_all(0, false);
    ask(STUN_FLOW_UDP, A1 ":3478", port_9, false);
    CU_ASSERT_TRUE(got.cls == STUN_SUCCESS && sent && is(&sent->pkt.remote, "198.51.100.7:9"));
    ask(STUN_FLOW_UDP, A1 ":3478", (struct span)SPAN("\0\x27\0\2\0\x09\0\0"),
        false); /* the other reading */
    CU_ASSERT_TRUE(got.cls == STUN_SUCCESS && sent && is(&sent->pkt.remote, "198.51.100.7:9"));
    ask(STUN_FLOW_UDP, A1 ":3478", none, false); /* and it does not stick */
    CU_ASSERT_TRUE(got.cls == STUN_SUCCESS && sent && is(&sent->pkt.remote, CLIENT));
    ask(STUN_FLOW_UDP, A1 ":3478", (struct span)SPAN("\0\x27\0\4\0\0\0\0"), false);
    CU_ASSERT_TRUE(refused(400) && sent && is(&sent->pkt.remote, CLIENT));
    ask(STUN_FLOW_UDP, A1 ":3478", (struct span)SPAN("\0\x27\0\0"), false);
    CU_ASSERT_TRUE(refused(400) && sent && is(&sent->pkt.remote, CLIENT));
    ask(STUN_FLOW_UDP, A1 ":3478", both, false);
    CU_ASSERT_TRUE(refused(400) && sent && is(&sent->pkt.remote, CLIENT));
    CU_ASSERT_PTR_NULL(stun_find(&got, STUN_PADDING));
}

static size_t padding_with(uint32_t mtu, struct span software)
{
    struct stun_server_config c = two_addresses();
    const struct stun_attr *a;

    c.mtu = mtu;
    c.software = software;
    c.fingerprint = true;
    start(&c);
    open_all(0, false);
    ask(STUN_FLOW_UDP, A1 ":3478", padding, false);
    CU_ASSERT_EQUAL(got.cls, STUN_SUCCESS);
    CU_ASSERT_TRUE(got.wire.n + 40 + 8 <= 65535);
    a = stun_find(&got, STUN_PADDING);
    CU_ASSERT_PTR_NOT_NULL(stun_find(&got, STUN_FINGERPRINT));
    return a ? a->length : 0;
}

static void padding_length(void)
{
    static uint8_t x[763];
    struct span long_name = {x, sizeof x};

    memset(x, 'x', sizeof x);
    CU_ASSERT_EQUAL(padding_with(0, none), 1500);
    CU_ASSERT_EQUAL(padding_with(1280, none), 1280);
    CU_ASSERT_EQUAL(padding_with(1501, none), 1504);
    CU_ASSERT_TRUE(padding_with(65536, none) > 65000); /* the loopback's: as much as goes */
    CU_ASSERT_EQUAL(padding_with(65536, long_name) % 4, 0);
}

/* What a stream asks for: nobody else can answer on it, and all of its four listeners are there. */
static void streams(void)
{
    struct stun_server_config c = two_addresses();
    struct input in = {.kind = IN_OPENED, .flow = FLOW_ACCEPTED, .parent = STUN_FLOW_NAT_TCP + 3};

    start(&c);
    open_all(0, false);
    in.pkt.local = at(A2 ":3480");
    in.pkt.remote = at(CLIENT);
    give(&in);
    ask(FLOW_ACCEPTED, A2 ":3480", none, false);
    CU_ASSERT_TRUE(got.cls == STUN_SUCCESS && sent && sent->flow == FLOW_ACCEPTED);
    CU_ASSERT_TRUE(has_addr(STUN_RESPONSE_ORIGIN, A2 ":3480"));
    CU_ASSERT_TRUE(has_addr(STUN_OTHER_ADDRESS, A1 ":3478"));
    ask(FLOW_ACCEPTED, A2 ":3480", (struct span)SPAN("\0\3\0\4\0\0\0\6"), false);
    CU_ASSERT_TRUE(refused(420) && names(STUN_CHANGE_REQUEST));
    ask(FLOW_ACCEPTED, A2 ":3480", (struct span)SPAN("\0\3\0\4\0\0\0\0"), false);
    CU_ASSERT_EQUAL(got.cls, STUN_SUCCESS);
    ask(FLOW_ACCEPTED, A2 ":3480", port_9, false);
    CU_ASSERT_TRUE(refused(420) && names(STUN_RESPONSE_PORT));
    ask(FLOW_ACCEPTED, A2 ":3480", padding, false);
    CU_ASSERT_PTR_NOT_NULL(stun_find(&got, STUN_PADDING));
}

static void classic_clients(void)
{
    struct stun_server_config c = two_addresses();
    const struct stun_attr *code, *list;

    c.classic = true;
    start(&c);
    open_all(0, false);
    ask_change(0, A1 ":3478", 6, true);
    CU_ASSERT_TRUE(got.cls == STUN_SUCCESS && got.classic);
    CU_ASSERT_TRUE(sent && is(&sent->pkt.local, A2 ":3480"));
    CU_ASSERT_TRUE(has_addr(STUN_MAPPED_ADDRESS, CLIENT));
    CU_ASSERT_TRUE(has_addr(STUN_SOURCE_ADDRESS, A2 ":3480"));
    CU_ASSERT_TRUE(has_addr(STUN_CHANGED_ADDRESS, A2 ":3480"));
    CU_ASSERT_PTR_NULL(stun_find(&got, STUN_XOR_MAPPED_ADDRESS));
    CU_ASSERT_PTR_NULL(stun_find(&got, STUN_RESPONSE_ORIGIN));
    /* RESPONSE-ADDRESS would have it send to anybody: RFC5389:12.2#a2 */
    ask(STUN_FLOW_UDP, A1 ":3478", (struct span)SPAN("\0\2\0\x08\0\1\0\x09\xc6\x33\x64\x08"), true);
    CU_ASSERT_TRUE(refused(420) && names(STUN_RESPONSE_ADDRESS));
    CU_ASSERT_TRUE(sent && is(&sent->pkt.remote, CLIENT));
    code = stun_find(&got, STUN_ERROR_CODE);
    list = stun_find(&got, STUN_UNKNOWN_ATTRIBUTES);
    CU_ASSERT_TRUE(code && code->length % 4 == 0); /* RFC3489:11.2.9#1 */
    CU_ASSERT_TRUE(list && list->length == 4);     /* RFC3489:11.2.10#1 */
    ask(STUN_FLOW_UDP, A1 ":3478", both, true);    /* attributes that RFC 3489 does not know */
    CU_ASSERT_TRUE(refused(420) && names(STUN_RESPONSE_PORT) && names(STUN_PADDING));
}

/* A server that is none of RFC 5780 refuses what it would have to act on. */
static void plain_server(void)
{
    struct stun_server_config c = {.listen = at(A1 ":3478")};

    CU_ASSERT_EQUAL(start(&c), 2);
    open_all(0, false);
    ask(STUN_FLOW_UDP, A1 ":3478", none, false);
    CU_ASSERT_EQUAL(got.cls, STUN_SUCCESS);
    CU_ASSERT_PTR_NULL(stun_find(&got, STUN_RESPONSE_ORIGIN));
    CU_ASSERT_PTR_NULL(stun_find(&got, STUN_MAPPED_ADDRESS));
    ask_change(0, A1 ":3478", 6, false);
    CU_ASSERT_TRUE(refused(420) && names(STUN_CHANGE_REQUEST));
    ask(STUN_FLOW_UDP, A1 ":3478", both, false);
    CU_ASSERT_TRUE(refused(420) && names(STUN_RESPONSE_PORT) && names(STUN_PADDING));
    CU_ASSERT_TRUE(sent && is(&sent->pkt.remote, CLIENT));
}

TESTS({"every place and flag", every_place_and_flag}, {"without alternate", without_alternate},
      {"port by itself", port_by_itself}, {"RESPONSE-PORT", response_port},
      {"length of PADDING", padding_length}, {"streams", streams},
      {"classic clients", classic_clients}, {"plain server", plain_server})
