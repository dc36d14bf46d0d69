/* harness/tests/robust_test.c - an IUT that dies: hooks of the profile, suspects, the killer; floods of our own
 * server, live; robustness cases keep to the loopback. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include "harness/tests/program.h"

/* A STUN server of a few lines that dies of attribute 0x7eee, and writes a line a start, and who it is. */
static const char toy[] =
    "import os, socket, struct, sys\n"
    "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
    "s.bind((sys.argv[1], int(sys.argv[2])))\n"
    "open(os.path.join(os.path.dirname(os.path.abspath(sys.argv[0])), 'pids'), 'a').write('%d\\n' "
    "% os.getpid())\n"
    "print('toy listens', flush=True)\n"
    "while True:\n"
    "    m, a = s.recvfrom(2048)\n"
    "    if b'\\x7e\\xee' in m[20:]: os.abort()\n"
    "    if len(m) < 20: continue\n"
    "    ip = bytes(x ^ y for x, y in zip(socket.inet_aton(a[0]), m[4:8]))\n"
    "    port = struct.pack('>H', a[1] ^ 0x2112)\n"
    "    s.sendto(b'\\1\\1\\0\\x0c' + m[4:20] + b'\\0\\x20\\0\\x08\\0\\1' + port + ip, a)\n";

/* t-1 to t-9 ask for an address; t-5 sends what kills, and hears nothing any more. */
static const char cases[] =
    "for i = 1, 9 do\n"
    "  case { id = 't-' .. i, title = '-', role = 'stun-server', type = i == 5 and 'R' or 'V',\n"
    "    run = function(t)\n"
    "      local c = t:actor('client', 'stun')\n"
    "      if i == 5 then c:send { class = 'request', attributes = { { type = 0x7eee, value = '' } "
    "} } end\n"
    "      local r = c:request { class = 'request', timeout_us = 600000 }\n"
    "      if not t:expect(r, { { success = true, clause = 'RFC8489:12#1' } }) then t:lost() end\n"
    "      t:allow(c)\n"
    "    end }\n"
    "end\n";

static bool ready(void)
{
    if (!program_ready())
        return false;
    if (system("python3 -c '' >/dev/null 2>&1") != 0) {
        test_skip("there is no python3 for the server that dies");
        return false;
    }
    program_write("toy.py", toy);
    program_cases("dies.lua", cases);
    return true;
}

static void profile(const char *hooks)
{
    char text[2048];
    snprintf(text, sizeof text, "{\"transports\":[\"udp\"],\"families\":[\"ip4\"]%s}", hooks);
    program_write("p.json", text);
}

static json_t *run(unsigned jobs, unsigned port, int status)
{
    char args[512];
    snprintf(args, sizeof args,
             "test 't-*' --target stun:127.0.0.1:%u --profile ./p.json --jobs %u --json "
             "--port-base 27500 --out run",
             port, jobs);
    program_gives(args, status);
    return program_objects(program_out);
}

static const char *why_of(const json_t *all, const char *id, const char *status)
{
    const json_t *o = program_find(all, "end", "base", id);
    if (strcmp(program_text(o, "status"), status) != 0)
        printf("\n%s is %s, not %s: %s\n", id, program_text(o, "status"), status,
               program_text(o, "why"));
    CU_ASSERT_STRING_EQUAL(program_text(o, "status"), status);
    return program_text(o, "why");
}

static size_t starts(void)
{
    static char log[65536];
    size_t n = 0;
    program_read(program_path("run/iut.log"), log, sizeof log);
    for (const char *s = log; (s = strstr(s, "toy listens")); s++)
        n++;
    return n;
}

static void only_the_killer_fails(const json_t *all)
{
    char id[8];

    CU_ASSERT_EQUAL(program_count(all, "cases"), 9);
    CU_ASSERT_EQUAL(program_count(all, "pass"), 8);
    CU_ASSERT_PTR_NOT_NULL(strstr(why_of(all, "t-5", "fail"), "the implementation dies of it"));
    for (int i = 1; i <= 9; i++) {
        snprintf(id, sizeof id, "t-%d", i);
        if (i != 5)
            why_of(all, id, "pass");
    }
}

/* Whether nobody is left on the port. */
static void ended(unsigned port)
{
    struct sockaddr_in in = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    char pids[4096], *rest = pids;
    program_read(program_path("pids"), pids, sizeof pids);
    for (char *line; (line = strsep(&rest, "\n")) && *line;)
        CU_ASSERT_TRUE(program_ended(atoi(line)));
    int status = bind(fd, (const struct sockaddr *)(const void *)&in, sizeof in);
    CU_ASSERT_EQUAL(status, 0);
    close(fd);
}

static void started(void)
{
    unsigned port = program_free_port();

    if (!ready())
        return;
    profile(",\"start\":\"exec python3 toy.py {host} {port}\"");
    json_t *all = run(3, port, 1);
    only_the_killer_fails(all);
    CU_ASSERT_EQUAL(starts(), 3); /* at first, after it died, after it died again */
    ended(port);
    json_decref(all);
}

static void restarted(void)
{
    unsigned port = program_free_port();
    char hooks[1024];

    if (!ready())
        return;
    snprintf(hooks, sizeof hooks,
             ",\"start\":\"exec python3 toy.py {host} {port}\","
             "\"restart\":\"echo again; python3 toy.py {host} {port} & :\","
             "\"health\":\"\\\"%s\\\" test t-1 --target stun:{host}:{port} --profile ./h.json "
             "--quiet --port-base 27900\"",
             getenv("RTCLAB"));
    profile(hooks);
    program_write("h.json", "{\"transports\":[\"udp\"],\"families\":[\"ip4\"]}");
    json_t *all = run(3, port, 1);
    only_the_killer_fails(all);
    ended(port);
    json_decref(all);
    profile(",\"start\":\"exec python3 toy.py {host} {port}\",\"restart\":\"exit 3\"");
    all = run(1, port, 1); /* what cannot be raised stays dead: the suspects are named together */
    CU_ASSERT_PTR_NOT_NULL(strstr(why_of(all, "t-5", "inconc"), "died while these ran"));
    CU_ASSERT_PTR_NOT_NULL(strstr(why_of(all, "t-9", "inconc"), "ended with 3"));
    ended(port);
    json_decref(all);
}

/* Nobody can raise it and nobody says that it is dead: a case that lost it is believed. */
static void no_hooks(void)
{
    unsigned port = program_free_port();
    char command[512];

    if (!ready())
        return;
    profile("");
    snprintf(command, sizeof command, "exec python3 '%s' 127.0.0.1 %u", program_path("toy.py"),
             port);
    FILE *server = popen(command, "r");
    char line[64];
    CU_ASSERT_PTR_NOT_NULL_FATAL(server);
    CU_ASSERT_PTR_NOT_NULL(fgets(line, sizeof line, server));
    json_t *all = run(1, port, 1);
    const char *why = why_of(all, "t-5", "inconc");
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "died while these ran"));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "t-5[udp,ip4]"));
    CU_ASSERT_PTR_NOT_NULL(strstr(why_of(all, "t-9", "inconc"), "not run"));
    CU_ASSERT_EQUAL(program_count(all, "fail"), 0);
    json_decref(all);
    CU_ASSERT_NOT_EQUAL(pclose(server), 0);
}

static void never_lives(void)
{
    if (!ready())
        return;
    profile(",\"start\":\"echo no\"");
    program_gives("test t-1 --target stun:127.0.0.1:9 --profile ./p.json", 3);
    program_said("has ended");
}

static void loopback_only(void)
{
    if (!ready())
        return;
    profile(""); /* 192.0.2.1 is nobody's: with no case left nothing is sent */
    program_gives("test t-5 --target stun:192.0.2.1:3478 --profile ./p.json --json", 77);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "--allow-remote"));
}

/* Our own server under the floods of the suite, with more connections than it keeps; then it serves on. */
static void flood(void)
{
    char share[4096], args[512];
    unsigned port = program_free_port();

    if (!program_ready() || !getcwd(share, sizeof share))
        return;
    snprintf(
        args, sizeof args,
        "{\"transports\":[\"udp\",\"tcp\"],\"families\":[\"ip4\"],\"limits\":{\"connections\":90},"
        "\"start\":\"exec \\\"%s\\\" serve stun.server --listen {host}:{port}\"}",
        getenv("RTCLAB"));
    program_write("own.json", args);
    snprintf(
        args, sizeof args,
        "test 'stun-robust-02*' 'stun-robust-03[3-5]' stun-server-001 --target stun:127.0.0.1:%u "
        "--profile ./own.json --jobs 4 --port-base 27500",
        port);
    setenv("RTCLAB_SHARE", share, 1);
    program_gives(args, 0);
    setenv("RTCLAB_SHARE", program_path("share"), 1);
    ended(port);
}

/* A case that sends what is bad and does not look is told so; those of the suite look. */
static void canaries(void)
{
    char share[4096];

    if (!program_ready() || !getcwd(share, sizeof share))
        return;
    program_cases("deaf.lua",
                  "case { id = 'r-deaf', title = '-', role = 'stun-server', type = 'R',\n"
                  "  needs = { 'udp', 'ip4' }, run = function(t)\n"
                  "    local c = t:actor('client', 'stun')\n"
                  "    c:send { octets = '\\0\\1\\0' }\n"
                  "    t:pass(1)\n"
                  "    t:allow(c)\n"
                  "    t:check('RFC8489:6.3.1#a4', true)\n"
                  "  end }\n"
                  "case { id = 'r-tame', title = '-', role = 'stun-server', type = 'R',\n"
                  "  needs = { 'udp', 'ip4' }, run = function(t)\n"
                  "    local c = t:actor('client', 'stun')\n"
                  "    local r = c:request { class = 'request' }\n"
                  "    t:check('RFC8489:6.3.1#a4', r.kind == 'success')\n"
                  "  end }\n");
    program_gives("prove r-deaf --pairs 0", 1);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(program_out, "UNNOTICED stun.server/crash: r-deaf[udp,ip4] was pass"));
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "UNNOTICED stun.server/hang"));
    CU_ASSERT_PTR_NULL(strstr(program_out, "stun.server/grow")); /* it comes to no harm */
    program_gives("prove r-tame --pairs 0", 1); /* sends nothing bad: it proves nothing */
    CU_ASSERT_PTR_NULL(strstr(program_out, "UNNOTICED"));
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "UNPROVEN r-tame"));
    program_gives("test r-tame --canary no-such", 2);
    program_said("no canary 'no-such'");
    setenv("RTCLAB_SHARE", share, 1);
    program_gives("test 'stun-robust-006[udp,ip4]' --canary hang --quiet", 1);
    program_gives("test 'stun-robust-006[udp,ip4]' --quiet", 0);
    setenv("RTCLAB_SHARE", program_path("share"), 1);
}

/* What a receiver had said before bad input came is no sign that it lives after it. */
static void report_of_before(void)
{
    static const char text[] =
        "case { id = 'r-before', title = '-', role = 'rtp-receiver', type = 'R', needs = { 'udp' "
        "},\n"
        "  run = function(t)\n"
        "    local l = t:lib('rtp')\n"
        "    local a = l.receiver(t)\n"
        "    local first = l.robust.exchange(t, a, nil, 1).answer\n"
        "    local s = a.tried\n"
        "    a:stream { count = 8, ssrc = s.ssrc, sequence = s.sequence, timestamp = s.timestamp "
        "}\n"
        "    s.sequence, s.timestamp = s.sequence + 8, s.timestamp + 1280\n"
        "    t:pass(20)\n" /* its report waits */
        "    a:send { octets = '\\0\\1\\0' }\n"
        "    t:pass(0.1)\n"
        "    local again = l.robust.exchange(t, a, nil, 2).answer\n"
        "    t:check('RFC3550:6.4#a2', first.kind == 'success' and again.kind == 'success')\n"
        "  end }\n";
    char lib[4096];
    const char *real = realpath("scenarios/rtp/lib.lua", lib);

    CU_ASSERT_PTR_NOT_NULL_FATAL(real);
    if (!program_ready() || !real)
        return;
    mkdir(program_path("share/scenarios/rtp"), 0777);
    mkdir(program_path("share/scenarios/rtp/receiver"), 0777);
    CU_ASSERT_EQUAL_FATAL(symlink(real, program_path("share/scenarios/rtp/lib.lua")), 0);
    program_write("share/scenarios/rtp/receiver/before.lua", text);
    program_gives("test 'r-before[udp,ip4]' --quiet", 0);
    program_gives("test 'r-before[udp,ip4]' --canary hang --quiet", 1);
}

TESTS({"canaries", canaries}, {"report of before", report_of_before},
      {"started by the profile", started}, {"restarted", restarted}, {"no hooks", no_hooks},
      {"never lives", never_lives}, {"loopback only", loopback_only}, {"flood", flood})
