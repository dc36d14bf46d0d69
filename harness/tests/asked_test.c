/* harness/tests/asked_test.c - the upper tester's command lines: what a profile's "ask" does. */
#include <arpa/inet.h>
#include "harness/tests/program.h"

/* a-ask asks, and passes where it is done; a-client plays the server to what is asked. */
static const char cases[] =
    "case { id = \"a-ask\", title = \"-\", role = \"stun-client\", needs = { \"ask\", \"udp\", "
    "\"ip4\" }, run = function(t)\n"
    "  local r = t:ask(\"binding\", { server = \"192.0.2.7:4000\", username = \"it's $HOME; touch "
    "broken\" })\n"
    "  t:expect(r, { { success = true, clause = \"RFC8489:6.3.3#a2\" } }, r.output)\n"
    "end }\n"
    "case { id = \"a-client\", title = \"-\", role = \"stun-client\", needs = { \"ask\", \"udp\", "
    "\"ip4\" }, run = function(t)\n"
    "  local s = t:actor(\"server\", \"stun\", { manual = true })\n"
    "  local asked = t:ask_start(\"binding\", { server = s.addr })\n"
    "  local r = s:receive { timeout = 10 }\n"
    "  t:allow(s)\n"
    "  if not t:check(\"RFC8489:6.1#1\", r.message ~= nil, \"no request\", r) then return end\n"
    "  s:reply { id = r.id, attributes = { { type = \"XOR-MAPPED-ADDRESS\", address = r.from } } "
    "}\n"
    "  t:expect(asked:wait(20), { { success = true, clause = \"RFC8489:6.3.3#a2\" } })\n"
    "end }\n";

static void profile(const char *command)
{
    json_t *p = json_pack("{s:s,s:[s],s:[s],s:[s],s:{s:s}}", "name", "asked", "transports", "udp",
                          "families", "ip4", "supports", "ask", "ask", "binding", command);
    CU_ASSERT_EQUAL(json_dump_file(p, program_path("p.json"), 0), 0);
    json_decref(p);
}

static bool ready(const char *command)
{
    if (!program_ready())
        return false;
    program_cases("asked.lua", cases);
    profile(command);
    return true;
}

/* A port such that it and the next are free for UDP and TCP on loopback now. */
static unsigned free_port(void)
{
    for (unsigned tries = 0, port = 20000 + (unsigned)getpid() % 5000; tries < 1000;
         tries++, port += 2) {
        bool all = true;
        for (unsigned k = 0; k < 4 && all; k++) {
            int fd = socket(AF_INET, k & 1 ? SOCK_STREAM : SOCK_DGRAM, 0);
            struct sockaddr_in in = {.sin_family = AF_INET,
                                     .sin_port = htons((uint16_t)(port + k / 2)),
                                     .sin_addr = {htonl(INADDR_LOOPBACK)}};
            all = bind(fd, (const struct sockaddr *)(const void *)&in, sizeof in) == 0;
            close(fd);
        }
        if (all)
            return port;
    }
    return 0;
}

static json_t *ask(const char *id, const char *more, int status)
{
    char args[512];
    snprintf(args, sizeof args, "test %s --profile ./p.json --json --jobs 1 --port-base %u %s", id,
             free_port(), more);
    program_gives(args, status);
    return program_objects(program_out);
}

static const json_t *end_of(const json_t *all, const char *base, const char *status)
{
    const json_t *end = program_find(all, "end", "base", base);
    if (strcmp(program_text(end, "status"), status) != 0)
        printf("\n%s: %s, not %s: %s\n", base, program_text(end, "status"), status,
               program_text(end, "why"));
    CU_ASSERT_STRING_EQUAL(program_text(end, "status"), status);
    return end;
}

/* What stands for braces; values of a case are quoted, braces that name nothing stay. */
static void placeholders(void)
{
    if (!ready(
            "x=one; printf '%s\\n' {host} {port} {transport} {username} {nothing} \"${x}\" >line"))
        return;
    char line[512];
    json_t *all = ask("a-ask", "", 0);
    end_of(all, "a-ask", "pass");
    json_decref(all);
    program_read(program_path("line"), line, sizeof line);
    CU_ASSERT_STRING_EQUAL(line,
                           "192.0.2.7\n4000\nudp\nit's $HOME; touch broken\n{nothing}\none\n");
    CU_ASSERT_NOT_EQUAL(access(program_path("broken"), F_OK), 0);
}

static void unsupported(void)
{
    if (!ready("exit 77"))
        return;
    json_t *all = ask("a-ask", "", 77);
    const json_t *end = end_of(all, "a-ask", "skip");
    CU_ASSERT_STRING_EQUAL(program_text(end, "why"), "the IUT does not support what is asked");
    json_decref(all);
    CU_ASSERT_STRING_EQUAL(program_err, "");
}

static void missing(void)
{
    if (!ready("./no-such-program {host}"))
        return;
    json_t *all = ask("a-ask", "", 4);
    const char *why = program_text(end_of(all, "a-ask", "error"), "why");
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "scenarios/stun/server/asked.lua:"));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "the command of the profile cannot be run: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "no-such-program"));
    json_decref(all);
}

static void fails(void)
{
    if (!ready("echo no luck >&2; exit 3"))
        return;
    json_t *all = ask("a-ask", "", 3); /* nothing ever came from it */
    CU_ASSERT_PTR_NOT_NULL(strstr(program_text(end_of(all, "a-ask", "fail"), "why"), "no luck"));
    json_decref(all);
}

/* Whether the process whose number stands in a file runs on, as one does that was sent no signal. */
static bool runs(const char *file)
{
    char text[512];
    program_read(program_path(file), text, sizeof text);
    long pid = strtol(text, NULL, 10);
    CU_ASSERT_TRUE(pid > 1);
    return !program_ended((pid_t)pid);
}

/* A command that hangs is ended with all that it started: by its own limit, by the end of its case,
 * and with a worker that is killed. */
static void hangs(void)
{
    static const char hang[] = "echo $$ >one; sh -c 'echo $$ >two; exec tail -f /dev/null' & wait";
    if (!ready(hang))
        return;
    json_t *all = ask("a-ask", "--timeout-scale 0.01", 3);
    const char *why = program_text(end_of(all, "a-ask", "inconc"), "why");
    CU_ASSERT_PTR_NOT_NULL(
        strstr(why, "the command for 'binding' gave no answer within 0.6 s and was ended"));
    CU_ASSERT_FALSE(runs("one") || runs("two"));
    json_decref(all);
    all = ask("a-client", "--timeout-scale 0.05", 3);
    end_of(all, "a-client", "fail");
    CU_ASSERT_FALSE(runs("one") || runs("two"));
    json_decref(all);
    all = ask("a-ask", "--kill-after 2", 4);
    end_of(all, "a-ask", "error");
    CU_ASSERT_FALSE(runs("one") || runs("two"));
    json_decref(all);
}

/* A command that dies of a signal condemns nobody, but is told; so is one whose child does. */
static void dies(void)
{
    static const char *const commands[] = {"kill -SEGV $$", "sh -c 'kill -SEGV $$'; exit $?"};
    for (size_t i = 0; i < COUNT(commands); i++) {
        if (!ready(commands[i]))
            return;
        json_t *all = ask("a-ask", "", 3);
        const char *why = program_text(end_of(all, "a-ask", "inconc"), "why");
        CU_ASSERT_PTR_NOT_NULL(strstr(why, "the command for 'binding' died of signal 11"));
        json_decref(all);
    }
}

/* The first try fails, the second does not. */
static void flaky(void)
{
    if (!ready("test -e flag || { touch flag; exit 1; }"))
        return;
    json_t *all = ask("a-ask", "--retries 2 --out flaky", 0);
    const json_t *end = end_of(all, "a-ask", "flaky");
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(end, "tries")), 2);
    CU_ASSERT_STRING_EQUAL(program_text(end, "why"), "passed at try 2 only");
    CU_ASSERT_EQUAL(program_count(all, "flaky"), 1);
    json_decref(all);
    program_gives("report show flaky", 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "1 flaky"));
    unlink(program_path("flag"));
    profile("exit 1");
    all = ask("a-ask", "--retries 2", 3);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(end_of(all, "a-ask", "fail"), "tries")), 3);
    json_decref(all);
}

/* A client of somebody else's, asked to send a Binding request to the case's server. */
static void client(void)
{
    static const char python[] =
        "python3 -c \"import socket,sys; s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); "
        "s.settimeout(20);"
        " s.sendto(bytes.fromhex('000100002112a442')+b'twelve bytes',('{host}',{port}));"
        " sys.exit(s.recv(999)[:2]!=b'\\x01\\x01')\"";
    if (!ready(python))
        return;
    if (system("python3 -c '' 2>/dev/null") != 0) {
        test_skip("no python3 to write a foreign client in");
        return;
    }
    json_t *all = ask("a-client", "", 0);
    end_of(all, "a-client", "pass");
    json_decref(all);
}

static void coturn_client(void)
{
    if (!ready("turnutils_stunclient -p {port} {host}"))
        return;
    if (system("command -v turnutils_stunclient >/dev/null") != 0) {
        test_skip("no turnutils_stunclient (coturn)");
        return;
    }
    json_t *all = ask("a-client", "--timeout-scale 0.2", 0);
    end_of(all, "a-client", "pass");
    json_decref(all);
}

/* Without a target and an own endpoint, a case for a server has nobody to talk to. */
static void no_target(void)
{
    if (!ready("exit 0"))
        return;
    program_cases("server.lua", "case { id = \"a-server\", title = \"-\", role = \"stun-server\", "
                                "run = function(t) end }\n");
    json_t *all = ask("a-server", "", 77);
    CU_ASSERT_STRING_EQUAL(program_text(end_of(all, "a-server", "skip"), "why"),
                           "it needs a target: --target");
    json_decref(all);
    profile("");
    program_write("p.json", "{\"ask\": {\"binding\": 5}}");
    program_gives("test a-ask --profile ./p.json", 2);
    program_said("./p.json: the command for 'binding' in 'ask' is a text");
}

TESTS({"placeholders", placeholders}, {"unsupported", unsupported}, {"missing", missing},
      {"fails", fails}, {"hangs", hangs}, {"dies", dies}, {"flaky", flaky}, {"client", client},
      {"coturn_client", coturn_client}, {"no_target", no_target})
