/* harness/tests/interop_test.c - rtclab interop: peers that work, and peers that do not; whatever
 * becomes of a peer, the end is bounded, one sentence says why, and nothing is left running. */
#include <dirent.h>
#include <fcntl.h>
#include "harness/tests/program.h"

/* What the tests' peers are asked to run. a-kill ends the peer in the middle by the upper tester, whose
 * command is "ask" below; after it there is nothing to wait for. */
static const char cases[] =
    "case { id = \"a-binding\", title = \"-\", role = \"stun-server\", run = function(t)\n"
    "  local c = t:actor(\"client\", \"stun\")\n"
    "  t:expect(c:request { class = \"request\" }, { { success = true, clause = "
    "\"RFC8489:6.3.3#a2\" } })\n"
    "end }\n"
    "case { id = \"a-refused\", title = \"-\", role = \"stun-server\", run = function(t)\n"
    "  local c = t:actor(\"client\", \"stun\")\n"
    "  t:expect(c:request { class = \"request\" }, { { error = 401, clause = \"RFC8489:6.3#a4\" } "
    "})\n"
    "end }\n"
    "case { id = \"a-kill\", title = \"-\", role = \"stun-server\", needs = { \"ask\" }, "
    "run = function(t)\n"
    "  t:ask_start(\"binding\", {})\n"
    "  t:actor(\"client\", \"stun\"):receive { timeout = 1000 }\n"
    "end }\n";

static const char version[] = "#!/bin/sh\necho 1.2\n";
/* A server of ours as the peer: it needs nothing that the machine may lack. */
static const char server[] =
    "#!/bin/sh\necho $$ >\"$PEER_RUN/pid\"\n"
    "exec \"$RTCLAB\" serve stun.server --listen \"$PEER_HOST:$STUN_PORT\"\n";

static void script(const char *peer, const char *name, const char *text)
{
    char path[256];

    snprintf(path, sizeof path, "share/scenarios/peers/%s", peer);
    mkdir(program_path(path), 0777);
    snprintf(path, sizeof path, "share/scenarios/peers/%s/%s", peer, name);
    program_write(path, text);
    CU_ASSERT_EQUAL(chmod(program_path(path), 0755), 0);
}

/* One cell, a/s, whose peer starts as `start` says and whose cases are `select`. */
static void cell(const char *start, const char *select, const char *ask)
{
    json_t *p = json_pack("{s:s,s:[s],s:[s],s:[s],s:{s:s}}", "name", "a", "transports", "udp",
                          "families", "ip4", "supports", "ask", "ask", "binding", ask);
    json_t *c =
        json_pack("{s:i,s:s,s:[{s:s,s:s,s:s,s:s,s:[s],s:s,s:s,s:[s],s:{s:[s]}}]}", "schema", 1,
                  "protocol", "stun", "cells", "row", "a", "peer", "a", "column", "s", "title", "-",
                  "select", select, "profile", program_path("p.json"), "target",
                  "stun:{host}:{STUN_PORT}", "ports", "STUN_PORT", "listens", "STUN_PORT", "udp");
    CU_ASSERT_EQUAL(json_dump_file(p, program_path("p.json"), 0), 0);
    CU_ASSERT_EQUAL(json_dump_file(c, program_path("share/scenarios/interop/t.json"), 0), 0);
    json_decref(p);
    json_decref(c);
    script("a", "start.sh", start);
    script("a", "version", version);
}

static bool ready(void)
{
    if (!program_ready())
        return false;
    mkdir(program_path("share/scenarios/peers"), 0777);
    mkdir(program_path("share/scenarios/interop"), 0777);
    program_cases("a.lua", cases);
    setenv("RTCLAB_SHARE", program_path("share"), 1);
    return true;
}

/* Processes of a cell of ours: whatever a keeper starts has PEER_RUN in its environment. */
static size_t left_running(void)
{
    static char text[65536];
    char path[300], mark[700];
    DIR *proc = opendir("/proc");
    const struct dirent *e;
    size_t n = 0;

    int mark_n = snprintf(mark, sizeof mark, "PEER_RUN=%s/", program_folder);
    while (proc && (e = readdir(proc)) != NULL) {
        snprintf(path, sizeof path, "/proc/%s/environ", e->d_name);
        int fd = strtol(e->d_name, NULL, 10) > 0 ? open(path, O_RDONLY) : -1;
        ssize_t got = fd >= 0 ? read(fd, text, sizeof text) : 0;
        if (fd >= 0)
            close(fd);
        if (got > 0 && memmem(text, (size_t)got, mark, (size_t)mark_n)) {
            printf("\nprocess %s is left running\n", e->d_name);
            n++;
        }
    }
    if (proc)
        closedir(proc);
    return n;
}

/* Run the cell; its object, which the caller frees. */
static json_t *run(const char *more, int status)
{
    char args[512];
    snprintf(args, sizeof args, "interop a --out out --json %s", more);
    program_gives(args, status);
    CU_ASSERT_EQUAL(left_running(), 0);
    return program_objects(program_out);
}

static const json_t *the_cell(const json_t *all, int exit, const char *why)
{
    const json_t *c = program_find(all, "cell", "", NULL);
    bool good = json_integer_value(json_object_get(c, "exit")) == exit &&
                strncmp(program_text(c, "why"), why, strlen(why)) == 0;
    if (!good)
        printf("\nnot %d, %s:\n%.2000s", exit, why, program_out);
    CU_ASSERT_TRUE(good);
    return c;
}

static void works(void)
{
    static const char *const files[] = {"out/matrix.html", "out/a.s/run.jsonl",
                                        "out/a.s/report.html", "out/a.s/a-binding-udp-ip4-.pcapng"};
    if (!ready())
        return;
    cell(server, "a-binding", "exit 77");
    for (int k = 0; k < 2; k++) { /* the second time over the first one's folder */
        json_t *all = run(k ? "--loopback" : "", 0);
        const json_t *c = the_cell(all, 0, "");
        CU_ASSERT_STRING_EQUAL(program_text(c, "version"), "1.2");
        CU_ASSERT_EQUAL(json_integer_value(json_object_get(c, "pass")), 1);
        CU_ASSERT_EQUAL(json_array_size(json_object_get(c, "notes")) != 0 && k, 0);
        if (k)
            CU_ASSERT_STRING_EQUAL(program_text(c, "place"), "loopback");
        for (size_t i = 0; i < COUNT(files); i++)
            CU_ASSERT_EQUAL(access(program_path(files[i]), R_OK), 0);
        json_decref(all);
    }
}

/* What fails is said with the command that runs it again, and its status is the cell's. */
static void fails(void)
{
    static char record[65536];
    if (!ready())
        return;
    cell(server, "a-refused", "exit 77");
    json_t *all = run("--seed 7", 1);
    the_cell(all, 1, "cases did not end as expected");
    json_decref(all);
    program_read(program_path("out/a.s/run.jsonl"), record, sizeof record);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(record, "\"rerun\":\"rtclab interop a/s --only 'a-refused[udp,ip4]' --seed 7\""));
    script("a", "known.json",
           "[{\"case\":\"a-refused\",\"clause\":\"RFC8489:6.3#a4\",\"verdict\":\"fail\","
           "\"versions\":[\"1.1\"],\"reason\":\"-\"}]");
    all = run("", 0);
    const json_t *c = the_cell(all, 0, "");
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(c, "xfail")), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "1 of the 1 known deviations were seen with another "
                                               "version than 1.2"));
    json_decref(all);
    unlink(program_path("share/scenarios/peers/a/known.json"));
}

static void broken_start(void)
{
    if (!ready())
        return;
    cell("#!/bin/sh\ntail -f /dev/null &\necho no such luck >&2\nexit 3\n", "a-binding", "exit 77");
    json_t *all = run("", 3);
    the_cell(all, 3, "the peer ended before it listened (exit status 3): no such luck");
    json_decref(all);
    cell("#!/no/such/interpreter\n", "a-binding", "exit 77");
    all = run("", 3);
    the_cell(all, 3, "the peer ended before it listened (exit status 127): ");
    json_decref(all);
}

static void never_listens(void)
{
    if (!ready())
        return;
    cell("#!/bin/sh\necho waiting for the moon\ntail -f /dev/null\n", "a-binding", "exit 77");
    json_t *all = run("--start-limit 0.3", 3);
    the_cell(all, 3, "the peer did not listen within 0.3 s: waiting for the moon");
    json_decref(all);
}

/* It listens, but says by `ready` that it is not ready. */
static void never_ready(void)
{
    if (!ready())
        return;
    cell(server, "a-binding", "exit 77");
    script("a", "ready", "#!/bin/sh\nexit 1\n");
    json_t *all = run("--start-limit 0.3", 3);
    the_cell(all, 3, "the peer did not listen within 0.3 s: ");
    json_decref(all);
    unlink(program_path("share/scenarios/peers/a/ready"));
}

static void missing(void)
{
    if (!ready())
        return;
    cell("#!/bin/sh\necho there is no a here >&2\nexit 77\n", "a-binding", "exit 77");
    json_t *all = run("", 77);
    the_cell(all, 77, "there is no a here");
    json_decref(all);
    script("a", "version", "#!/bin/sh\necho there is no b here >&2\nexit 77\n");
    all = run("", 77);
    the_cell(all, 77, "there is no b here");
    json_decref(all);
}

static void dies(void)
{
    if (!ready())
        return;
    cell(server, "a-kill", "kill -9 $(cat \"$PEER_RUN/pid\")");
    json_t *all = run("", 1);
    the_cell(all, 1, "the peer ended while the cases ran: signal 9");
    json_decref(all);
}

/* Deaf to SIGTERM, and the server is a child of it, which nobody asks to end. */
static void hangs_at_stop(void)
{
    if (!ready())
        return;
    cell("#!/bin/sh\ntrap '' TERM\n"
         "\"$RTCLAB\" serve stun.server --listen \"$PEER_HOST:$STUN_PORT\" &\n"
         "exec tail -f /dev/null\n",
         "a-binding", "exit 77");
    json_t *all = run("--stop-limit 0.3", 0);
    const json_t *c = the_cell(all, 0, "");
    const char *note = json_string_value(json_array_get(json_object_get(c, "notes"), 0));
    CU_ASSERT_STRING_EQUAL(note ? note : "",
                           "the peer did not stop within 0.3 s of SIGTERM and was killed");
    json_decref(all);
}

static void takes_too_long(void)
{
    if (!ready())
        return;
    cell(server, "a-kill", "exit 0");
    json_t *all = run("--cell-limit 1", 5);
    the_cell(all, 5, "stopped while the cases ran: the limit of 1 s for a cell is over");
    json_decref(all);
}

/* Start the cell and send `sig` to the program once the case runs, which it says through a pipe; what
 * the program printed until it and its keepers had ended is in program_out. Returns how it ended. */
static int signalled(int sig)
{
    static const char *const words[] = {"interop", "a", "--out", NULL, "--json", NULL};
    const char *mine[COUNT(words)];
    char out[600], ask[700];
    int from;

    unlink(program_path("running"));
    CU_ASSERT_EQUAL_FATAL(mkfifo(program_path("running"), 0600), 0);
    snprintf(ask, sizeof ask, "echo >'%s'; exec tail -f /dev/null", program_path("running"));
    cell(server, "a-kill", ask);
    snprintf(out, sizeof out, "%s", program_path("out"));
    memcpy(mine, words, sizeof mine);
    mine[3] = out;
    pid_t pid = program_start(mine, &from);
    int go = open(program_path("running"), O_RDONLY);
    CU_ASSERT_TRUE(go >= 0);
    close(go);
    kill(pid, sig);
    int status = program_end(pid);
    size_t have = 0;
    for (ssize_t n; (n = read(from, program_out + have, sizeof program_out - 1 - have)) > 0;)
        have += (size_t)n;
    program_out[have] = '\0';
    close(from);
    CU_ASSERT_EQUAL(left_running(), 0);
    return status;
}

static void interrupted(void)
{
    if (!ready())
        return;
    CU_ASSERT_EQUAL(signalled(SIGINT), 5);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "\"why\":\"interrupted while the cases ran\""));
}

/* The program itself is killed: its keepers end, and with them all that they started. */
static void killed(void)
{
    if (!ready())
        return;
    CU_ASSERT_EQUAL(signalled(SIGKILL), 128 + SIGKILL);
}

/* ---- a peer that is a client of ours ---- */

static void client_cell(const char *ask)
{
    json_t *p = json_pack("{s:s,s:[s],s:[s],s:[s],s:{s:s}}", "name", "a", "transports", "udp",
                          "families", "ip4", "supports", "ask", "ask", "binding", ask);
    json_t *c =
        json_pack("{s:i,s:s,s:[{s:s,s:s,s:s,s:s,s:s,s:[{s:s,s:s,s:[s],s:s,s:s}]}]}", "schema", 1,
                  "protocol", "stun", "cells", "row", "a", "peer", "a", "column", "own", "title",
                  "-", "profile", program_path("p.json"), "runs", "id", "own-udp", "title", "-",
                  "serve", "stun.server", "transport", "udp", "clause", "RFC8489:6.3.3#a2");
    CU_ASSERT_EQUAL(json_dump_file(p, program_path("p.json"), 0), 0);
    CU_ASSERT_EQUAL(json_dump_file(c, program_path("share/scenarios/interop/t.json"), 0), 0);
    json_decref(p);
    json_decref(c);
    script("a", "version", version);
}

/* A foreign client that sends `hex` and wants an answer. */
static const char *python(const char *hex)
{
    static char text[600];
    snprintf(text, sizeof text,
             "python3 -c \"import socket,sys; s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); "
             "s.settimeout(20); s.sendto(bytes.fromhex('%s'),('{host}',{port})); "
             "sys.exit(s.recv(999)[:2]!=b'\\x01\\x01')\"",
             hex);
    return text;
}

static void served(void)
{
    static char record[65536];
    if (!ready())
        return;
    client_cell("exit 0");
    json_t *all = run("", 1);
    the_cell(all, 1, "runs did not end as expected");
    json_decref(all);
    program_read(program_path("out/a.own/run.jsonl"), record, sizeof record);
    CU_ASSERT_PTR_NOT_NULL(strstr(record, "\"why\":\"no message of the client arrived\""));
    if (system("python3 -c '' 2>/dev/null") != 0) {
        test_skip("no python3 to write a foreign client in");
        return;
    }
    client_cell(python("000100002112a442000102030405060708090a0b"));
    all = run("", 0);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(the_cell(all, 0, ""), "pass")), 1);
    json_decref(all);
    /* SOFTWARE of one octet, whose padding is not zero: the exchange works, the message does not */
    client_cell(python("000100082112a442000102030405060708090a0b8022000161ffffff"));
    all = run("", 1);
    the_cell(all, 1, "runs did not end as expected");
    json_decref(all);
    program_read(program_path("out/a.own/run.jsonl"), record, sizeof record);
    CU_ASSERT_PTR_NOT_NULL(strstr(record, "\"clause\":\"RFC8489:14#4a\",\"level\":\"MUST\","
                                          "\"verdict\":\"fail\""));
    client_cell("python3 -c \"import socket; s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); "
                "s.sendto(bytes.fromhex('000100002112a442000102030405060708090a0b'),('{host}',"
                "{port})); s.recv(99)\"; echo not today; exit 1");
    all = run("", 1);
    json_decref(all);
    program_read(program_path("out/a.own/run.jsonl"), record, sizeof record);
    CU_ASSERT_PTR_NOT_NULL(strstr(record, "the client ended with status 1: not today"));
}

static void usage(void)
{
    if (!ready())
        return;
    cell(server, "a-binding", "exit 77");
    program_gives("interop nobody --out out", 2);
    program_said("'nobody' names no peer, protocol or cell");
    program_gives("interop --jobs 0", 2);
    program_said("--jobs wants a number from 1 to 64, not '0'");
    program_gives("interop stun '*/s' a/s --list", 0);
    CU_ASSERT_EQUAL(program_lines(program_out), 1);
    program_write("share/scenarios/interop/t.json",
                  "{\"schema\":1,\"protocol\":\"stun\",\"cells\":[{\"row\":\"a\"}]}");
    program_gives("interop --out out", 2);
    program_said("cell 1: a cell lacks 'peer'");
    /* a folder of somebody else's is left alone */
    cell(server, "a-binding", "exit 77");
    mkdir(program_path("mine"), 0777);
    mkdir(program_path("mine/a.s"), 0777);
    program_write("mine/a.s/letter", "-");
    program_gives("interop --out mine", 4);
    CU_ASSERT_EQUAL(access(program_path("mine/a.s/letter"), F_OK), 0);
}

/* ---- the real peers, one case each ---- */

static void real(const char *words, const char *what)
{
    char args[256];

    if (!getenv("RTCLAB")) {
        test_skip("RTCLAB does not name the program");
        return;
    }
    unsetenv("RTCLAB_SHARE");
    program_path("out");         /* makes the folder */
    chmod(program_folder, 0755); /* a peer may run as somebody else */
    snprintf(args, sizeof args, "interop %s --cell-limit 60 --out out", words);
    program_run(args);
    if (program_status == 77)
        test_skip(what);
    else if (program_status != 0)
        printf("\n%s: status %d\n%.3000s%.1000s", args, program_status, program_out, program_err);
    CU_ASSERT_TRUE(program_status == 0 || program_status == 77);
    CU_ASSERT_EQUAL(left_running(), 0);
}

static void coturn(void)
{
    real("coturn/stun-server --only stun-server-001", "no coturn");
}

static void ejabberd(void)
{
    real("ejabberd/stun-server --only stun-server-001", "no ejabberd");
}

static void turnutils(void)
{
    real("turnutils/own-server", "no turnutils_stunclient (coturn)");
}

static void aioice(void)
{
    real("aioice/own-server", "no python3-aioice");
}

static void libnice(void)
{
    real("libnice/own-server", "no client over libnice (libnice-dev)");
}

static void coturn_turn(void)
{
    real("coturn/turn-server --only turn-server-001 --only turn-server-003 --only turn-server-012",
         "no coturn");
}

static void ejabberd_turn(void)
{
    real("ejabberd/turn-server --only turn-server-001 --only turn-server-037", "no ejabberd");
}

static void turnutils_turn(void)
{
    real("turnutils/own-turn-server --only channels-udp --only send-tcp",
         "no turnutils_uclient (coturn)");
}

static void aioice_turn(void)
{
    real("aioice/own-turn-server --only audio-udp --only audio-tcp", "no python3-aioice");
}

static void http_servers(void)
{
    real("nginx/http-server --only http-server-001 --only http-server-026", "no nginx-light");
    real("apache/http-server --only http-server-060 --only http-server-032", "no apache2-bin");
    real("lighttpd/http-server --only http-server-061 --only http-server-021", "no lighttpd");
    real("python-http/http-server --only http-server-002 --only http-server-005", "no python3");
}

static void http_clients(void)
{
    static const char *const names[] = {"curl", "wget", "urllib", "requests"};
    char words[128], what[32];

    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(what, sizeof what, "no %s", names[i]);
        snprintf(words, sizeof words,
                 "%s/http-client --only http-client-005 --only http-client-007", names[i]);
        real(words, what);
        snprintf(words, sizeof words, "%s/own-http-server", names[i]);
        real(words, what);
    }
}

TESTS({"works", works}, {"fails", fails}, {"broken_start", broken_start},
      {"never_listens", never_listens}, {"never_ready", never_ready}, {"missing", missing},
      {"dies", dies}, {"hangs_at_stop", hangs_at_stop}, {"takes_too_long", takes_too_long},
      {"interrupted", interrupted}, {"killed", killed}, {"served", served}, {"usage", usage},
      {"coturn", coturn}, {"ejabberd", ejabberd}, {"turnutils", turnutils}, {"aioice", aioice},
      {"libnice", libnice}, {"coturn_turn", coturn_turn}, {"ejabberd_turn", ejabberd_turn},
      {"turnutils_turn", turnutils_turn}, {"aioice_turn", aioice_turn},
      {"http_servers", http_servers}, {"http_clients", http_clients})
