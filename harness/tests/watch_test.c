/* harness/tests/watch_test.c - watchers through the program: captures under lint and decode, and whom a
 * case blames. */
#include "harness/core/capture.h"
#include "harness/tests/program.h"

/* ---- a capture of our own ---- */

static const struct addr here = {.family = 4, .ip = {192, 0, 2, 1}, .port = 5000},
                         there = {.family = 4, .ip = {192, 0, 2, 9}, .port = 3478};

static const char request[] = "000100002112a442000102030405060708090a0b",
                  answer[] = "0101000c2112a442000102030405060708090a0b002000080001333344556677",
                  other[] = "000100002112a442ffffffffffffffffffffffff";

static void put(struct capture *c, uint64_t us, bool back, const char *hex)
{
    uint8_t octets[256];
    struct wr w = {octets, sizeof octets, 0, false};

    CU_ASSERT_TRUE(wr_unhex(&w, span_of(hex)));
    capture_datagram(c, us, back ? &there : &here, back ? &here : &there, wr_span(&w));
}

/* Four requests at equal intervals, an answer to the last, and one that is answered at once. */
static void write_capture(const char *name)
{
    const char *why = NULL;
    struct capture *c = capture_open(program_path(name), "test", 0, &why);

    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    for (uint64_t i = 0; i < 4; i++)
        put(c, i * 700000, false, request);
    put(c, 2150000, true, answer);
    put(c, 3000000, false, other);
    CU_ASSERT_TRUE(capture_close(c, &why));
}

static void lint(void)
{
    if (!program_ready())
        return;
    write_capture("flat.pcapng");
    program_gives("lint --fail-on should flat.pcapng", 1);
    CHECK_TEXT(span_of(program_out),
               "flat.pcapng:4:0 RFC8489:6.2.1#1b SHOULD the time between retransmissions does not "
               "double: 700000 us, then 700000 us (with frames 1, 2, 3)\n");
    program_gives("lint flat.pcapng", 0); /* a SHOULD */
    program_gives("lint --json flat.pcapng", 0);
    json_t *all = program_objects(program_out), *o = json_array_get(all, 0);
    CU_ASSERT_EQUAL(json_array_size(all), 1);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(o, "frame")), 4);
    json_t *frames = json_object_get(o, "frames");
    CU_ASSERT_EQUAL(json_array_size(frames), 4);
    for (size_t i = 0; i < json_array_size(frames); i++)
        CU_ASSERT_EQUAL(json_integer_value(json_array_get(frames, i)), (json_int_t)i + 1);
    CHECK_TEXT(span_of(program_text(o, "clause")), "RFC8489:6.2.1#1b");
    CHECK_TEXT(span_of(program_text(o, "layers")), "ip/udp/stun");
    json_decref(all);
    program_gives("lint -q -v flat.pcapng", 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_err, "stun: 2 transactions\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(program_err, "stun: 3 requests sent again before an answer\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(program_err, "stun: 1 transactions without an answer\n"));
    /* each file begins anew */
    program_gives("lint flat.pcapng flat.pcapng", 0);
    CU_ASSERT_EQUAL(program_lines(program_out), 2);
}

static void decode(void)
{
    if (!program_ready())
        return;
    write_capture("flat.pcapng");
    program_gives("decode --quiet flat.pcapng", 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "700000 us (with frames 1, 2, 3)\nframe 5, "));
    program_gives("decode --json flat.pcapng", 0);
    json_t *all = program_objects(program_out);
    CU_ASSERT_EQUAL(json_array_size(all), 6);
    for (size_t i = 0; i < json_array_size(all); i++) {
        json_t *f = json_object_get(json_array_get(all, i), "findings");
        CU_ASSERT_EQUAL(json_array_size(f), i == 3);
        json_t *frames = json_object_get(json_array_get(f, 0), "frames");
        CU_ASSERT_EQUAL(json_array_size(frames), i == 3 ? 4 : 0);
    }
    json_decref(all);
    program_gives("decode --summary --json flat.pcapng", 0);
    all = program_objects(program_out);
    json_t *facts = json_object_get(
        json_array_get(json_object_get(json_array_get(all, 0), "protocols"), 0), "facts");
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(facts, "retransmissions")), 3);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(facts, "unanswered")), 1);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_object_get(facts, "rtt_us"), "n")), 0);
    json_decref(all);
}

/* ---- two watchers of one codec, and what stands between its messages ---- */

#define COOKIE "2112a442"
#define ASK                                                                                        \
    "000300"                                                                                       \
    "0c" COOKIE "aa0000000000000000000001"                                                         \
    "0019000411000000"                                                                             \
    "80220000"
#define GRANT                                                                                      \
    "01030008" COOKIE "aa0000000000000000000001"                                                   \
    "000d000400000258"
#define DATA(id)                                                                                   \
    "00170014" COOKIE "bb00000000000000000000" id "0012000800010001e112a643"                       \
    "0013000461626364"
#define BIND                                                                                       \
    "0009000c" COOKIE "cc0000000000000000000001"                                                   \
    "000c000440050000"                                                                             \
    "80220000"
#define CHANNEL "4001000461626364"

/* An allocation, data of a peer and by a channel that nobody has asked for, for two seconds; a channel is asked for in
 * between. */
static void write_turn(const char *name, bool stream)
{
    static const struct {
        unsigned ms;
        bool back;
        const char *hex;
    } rows[] = {{0, false, ASK},       {10, true, GRANT},   {1000, true, DATA("01")},
                {1100, true, CHANNEL}, {2000, false, BIND}, {3000, true, DATA("02")},
                {3100, true, CHANNEL}};
    const char *why = NULL;
    struct capture *c = capture_open(program_path(name), "test", 0, &why);
    uint8_t octets[256];
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    if (stream)
        capture_stream(c, 0, &here, &there, CAPTURE_SYN, (struct span){NULL, 0});
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct wr w = {octets, sizeof octets, 0, false};
        const struct addr *from = rows[i].back ? &there : &here,
                          *to = rows[i].back ? &here : &there;
        CU_ASSERT_TRUE(wr_unhex(&w, span_of(rows[i].hex)));
        if (stream)
            capture_stream(c, rows[i].ms * 1000, from, to, 0, wr_span(&w));
        else
            capture_datagram(c, rows[i].ms * 1000, from, to, wr_span(&w));
    }
    CU_ASSERT_TRUE(capture_close(c, &why));
}

static void turn(void)
{
    if (!program_ready())
        return;
    write_turn("turn.pcapng", false);
    program_gives("lint turn.pcapng", 0); /* the capture may have missed a request */
    CHECK_TEXT(span_of(program_out), "");
    static const char *const all_of_it[] = {"lint --whole turn.pcapng",
                                            "lint --whole -j 2 turn.pcapng"};
    for (size_t i = 0; i < COUNT(all_of_it); i++) {
        program_gives(all_of_it[i], 1);
        CHECK_TEXT(span_of(program_out),
                   "turn.pcapng:6:0 RFC8656:9#a6 STMT data from a peer without permission (port "
                   "8467) (with frames 2, 3)\n"
                   "turn.pcapng:7:0 RFC8656:12#a5 STMT data by channel 0x4001, which nobody has "
                   "bound (with frames 2, 4)\n");
    }
    program_gives("lint -q -v turn.pcapng", 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_err, "stun: 2 indications\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(program_err, "turn: 1 allocations\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(program_err, "turn: 2 datagrams from peers by channels\n"));
    program_gives("decode --summary --json turn.pcapng", 0);
    json_t *all = program_objects(program_out);
    json_t *facts = json_object_get(
        json_array_get(json_object_get(json_array_get(all, 0), "protocols"), 0), "facts");
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(facts, "indications")), 2);
    CU_ASSERT_EQUAL(
        json_integer_value(json_object_get(json_object_get(facts, "turn"), "unpermitted_in")), 2);
    json_decref(all);
    /* a stream shows by itself that nothing is missing */
    write_turn("turn-tcp.pcapng", true);
    program_gives("lint --json turn-tcp.pcapng", 1);
    all = program_objects(program_out);
    CU_ASSERT_PTR_NOT_NULL(program_find(all, "", "clause", "RFC8656:9#a6"));
    json_t *late = program_find(all, "", "clause", "RFC8656:12#a5");
    CHECK_TEXT(span_of(program_text(late, "layers")), "ip/tcp/channeldata");
    json_decref(all);
}

/* ---- whom a case blames ---- */

#define CASE(id)                                                                                   \
    "case { id = \"" id                                                                            \
    "\", title = \"-\", role = \"stun-server\", needs = { \"ip4\" }, run = function(t)\n"          \
    "local c = t:actor(\"client\", \"stun\")\n"
#define END "t:check(\"RFC8489:5#3\", true)\nend }\n"

/* In w-sins the actor uses one id for different requests and for an indication. */
static const char cases[] = CASE("w-plain") "c:request { method = \"binding\" }\n" END CASE(
    "w-sins") "c:request { method = \"binding\", transaction = \"abcdefghijkl\" }\n"
              "c:request { method = \"binding\", transaction = \"abcdefghijkl\",\n"
              "  attributes = { { type = \"SOFTWARE\", value = \"other\" } } }\n"
              "c:send { class = \"indication\", transaction = \"abcdefghijkl\" }\n"
              "c:request { method = \"binding\", transaction = \"abcdefghijkl\" }\n" END;

/* A client may ask on until the answer leaves, which here is 5 s after the actor was told to send it. */
static const char late[] =
    "case { id = \"w-late\", title = \"-\", role = \"stun-client\", needs = { \"ask\", \"udp\", "
    "\"ip4\" },\n"
    "run = function(t)\n"
    "local s = t:actor(\"server\", \"stun\", { manual = true })\n"
    "local asked = t:ask_start(\"binding\", { server = s.addr })\n"
    "local r = s:receive { timeout = 5 }\n"
    "t:allow(s)\n"
    "s:reply { id = r.id, after_us = 5000000,\n"
    "  attributes = { { type = \"XOR-MAPPED-ADDRESS\", address = r.from } } }\n"
    "t:expect(asked:wait(60), { { success = true, clause = \"RFC8489:6.2.1#a3\" } })\n"
    "end }\n";

static json_t *results(const char *args, int status)
{
    char all[512];
    snprintf(all, sizeof all, "test --json %s", args);
    program_gives(all, status);
    return program_objects(program_out);
}

static void status_is(const json_t *all, const char *id, const char *status)
{
    CHECK_TEXT(span_of(program_text(program_find(all, "end", "case", id), "status")), status);
}

static void blame(void)
{
    if (!program_ready())
        return;
    program_cases("watch.lua", cases);
    json_t *all = results("w-plain w-sins", 0);
    status_is(all, "w-plain[udp,ip4]", "pass");
    status_is(all, "w-sins[udp,ip4]", "pass");
    status_is(all, "w-sins[tcp,ip4]", "pass");
    json_decref(all);
    program_cases("late.lua", late);
    all = results("w-late", 0);
    status_is(all, "w-late[udp,ip4]", "pass");
    json_decref(all);
    /* no check of these cases looks at the method or the id */
    all = results("w-plain --fault method-changed", 1);
    status_is(all, "w-plain[udp,ip4]", "fail");
    status_is(all, "w-plain[tcp,ip4]", "fail");
    json_t *check = program_find(all, "check", "clause", "RFC8489:6.3.1.1#a2");
    CU_ASSERT_PTR_NOT_NULL(check);
    CHECK_TEXT(span_of(program_text(check, "verdict")), "fail");
    json_decref(all);
    all = results("w-plain --fault transaction-changed", 1);
    CU_ASSERT_PTR_NOT_NULL(program_find(all, "check", "clause", "RFC8489:5#6"));
    json_decref(all);
    all = results("w-plain --live --fault method-changed", 1);
    CU_ASSERT_PTR_NOT_NULL(program_find(all, "check", "clause", "RFC8489:6.3.1.1#a2"));
    json_decref(all);
}

/* ---- the shared captures ---- */

/* Every finding over time in them, each read: an ICE agent that signs a request anew under the id of the
 * one before; a gateway that starts its timestamps at 0 again while its sequence numbers go on; WebRTC
 * clients that repeat requests of TURN on TCP 250 ms after the first, in octets of their own; clients of
 * WebSocket that do not mask: "89 00" and "82 48" are what they send first. */
static const char *const known[] = {"sip/t38-fax-call.pcap:1437:4 RFC3550:5.1#8 MUST",
                                    "stun/ice-testcall.pcap:31:8 RFC8489:5#5b MUST",
                                    "stun/ice-testcall.pcap:33:8 RFC8489:5#5b MUST",
                                    "stun/ice-testcall.pcap:37:8 RFC8489:5#5b MUST",
                                    "stun/ice-testcall.pcap:39:8 RFC8489:5#5b MUST",
                                    "stun/ndpi-ice-dtls-rtp.pcapng:91:0 RFC8489:6.2.2#a3 STMT",
                                    "stun/ndpi-stun.pcapng:144:0 RFC8489:6.2.2#a3 STMT",
                                    "stun/ndpi-stun.pcapng:148:0 RFC8489:6.2.2#a3 STMT",
                                    "websocket/ping.pcap:8:1 RFC6455:5.1#1 MUST",
                                    "websocket/wstunnel-http.pcap:8:1 RFC6455:5.1#1 MUST"};
static size_t n_known, root_n;

static void finding_line(const char *line)
{
    for (size_t i = 0; i < COUNT(known); i++)
        if (strncmp(line, known[i], strlen(known[i])) == 0) {
            n_known++;
            return;
        }
    printf("\n%s", line);
    CU_FAIL("a finding over time that nobody has read");
}

static void findings_of(const char *path)
{
    static char line[4096];
    char command[4096];

    snprintf(command, sizeof command, "\"$RTCLAB\" lint '%s' 2>/dev/null", path);
    FILE *p = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    while (fgets(line, sizeof line, p))
        if (strstr(line, "(with frame"))
            finding_line(strlen(line) > root_n ? line + root_n : line);
    pclose(p);
}

static void captures(void)
{
    const char *root = test_shared("captures");

    if (!root || !getenv("RTCLAB")) {
        test_skip(root ? "RTCLAB does not name the program"
                       : "the shared captures are not there: no finding on real traffic was read");
        return;
    }
    root_n = strlen(root) + 1;
    size_t n_files;
    char *const *files = test_captures(root, &n_files);
    for (size_t i = 0; i < n_files; i++)
        findings_of(files[i]);
    if (test_captures_all())
        CU_ASSERT_EQUAL(n_known, COUNT(known));
}

TESTS({"lint", lint}, {"decode", decode}, {"turn", turn}, {"blame", blame}, {"captures", captures})
