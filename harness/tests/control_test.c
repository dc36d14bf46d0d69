/* harness/tests/control_test.c - the upper tester over a control socket, and --spawn. */
#include <sys/socket.h>
#include <sys/un.h>
#include "harness/tests/program.h"

static const char cases[] =
    "case { id = \"a-ask\", title = \"-\", role = \"stun-client\", needs = { \"ask\", \"udp\", "
    "\"ip4\" }, run = function(t)\n"
    "  local r = t:ask(\"binding\", { server = \"192.0.2.7:4000\", username = \"al\\\"ice\" })\n"
    "  t:expect(r, { { success = true, clause = \"RFC8489:6.3.3#a2\" } }, r.why)\n"
    "end }\n"
    "case { id = \"a-other\", title = \"-\", role = \"stun-client\", needs = { \"ask\", \"udp\", "
    "\"ip4\" }, run = function(t)\n"
    "  t:ask(\"keep_alive\", { server = \"192.0.2.7:4000\" })\n"
    "end }\n"
    "case { id = \"a-wrong\", title = \"-\", role = \"stun-client\", needs = { \"ask\", \"udp\", "
    "\"ip4\" }, run = function(t) t:ask(\"binding\", { shoe = \"42\" }) end }\n"
    "case { id = \"a-verb\", title = \"-\", role = \"stun-client\", needs = { \"ask\", \"udp\", "
    "\"ip4\" }, run = function(t) t:ask(\"dance\") end }\n";

static void profile(const char *control)
{
    json_t *p = json_pack("{s:s,s:[s],s:[s],s:[s],s:s}", "name", "asked", "transports", "udp",
                          "families", "ip4", "supports", "ask", "control", control);
    CU_ASSERT_EQUAL(json_dump_file(p, program_path("p.json"), 0), 0);
    json_decref(p);
}

/* The IUT's side in a process of its own: one connection, one line, which is kept in the file
 * "asked", and `answer`; NULL: none, until the other side has gone. */
static void serve(int fd, const char *answer)
{
    char line[1024];
    size_t n = 0;
    int c = accept(fd, NULL, NULL);

    for (ssize_t got = 1; n < sizeof line && got > 0 && !memchr(line, '\n', n); n += (size_t)got) {
        got = read(c, line + n, sizeof line - n);
        if (got < 0)
            break;
    }
    FILE *f = fopen(program_path("asked"), "w");
    if (f) {
        fwrite(line, 1, n, f);
        fclose(f);
    }
    if (answer)
        (void)!write(c, answer, strlen(answer));
    else
        (void)!read(c, line, 1);
    _exit(0);
}

static json_t *asked(const char *answer, const char *more, int status)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    char args[512], where[128];
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(un.sun_path, sizeof un.sun_path, "%s", program_path("s"));
    unlink(un.sun_path);
    CU_ASSERT_EQUAL_FATAL(bind(fd, (const struct sockaddr *)(const void *)&un, sizeof un), 0);
    CU_ASSERT_EQUAL_FATAL(listen(fd, 1), 0);
    snprintf(where, sizeof where, "unix:%s", un.sun_path);
    profile(where);
    pid_t pid = fork();
    if (pid == 0)
        serve(fd, answer);
    snprintf(args, sizeof args, "test a-ask --profile ./p.json --json --jobs 1 %s", more);
    program_gives(args, status);
    close(fd);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return program_objects(program_out);
}

static void end_is(json_t *all, const char *status, const char *words)
{
    const json_t *end = program_find(all, "end", "base", "a-ask");
    CU_ASSERT_STRING_EQUAL(program_text(end, "status"), status);
    if (words && !strstr(program_text(end, "why"), words)) {
        printf("\n'%s' is not in '%s'\n", words, program_text(end, "why"));
        CU_ASSERT_TRUE(false);
    }
    json_decref(all);
}

static bool ready(void)
{
    if (!program_ready())
        return false;
    program_cases("asked.lua", cases);
    return true;
}

static void answers(void)
{
    char line[512];

    if (!ready())
        return;
    end_is(asked("{\"kind\":\"success\"}\n", "", 0), "pass", NULL);
    program_read(program_path("asked"), line, sizeof line);
    json_t *j = json_loads(line, 0, NULL);
    CU_ASSERT_STRING_EQUAL(program_text(j, "verb"), "binding");
    CU_ASSERT_STRING_EQUAL(program_text(j, "transport"), "udp");
    CU_ASSERT_STRING_EQUAL(program_text(j, "server"), "192.0.2.7:4000");
    CU_ASSERT_STRING_EQUAL(program_text(j, "username"), "al\"ice");
    json_decref(j);
    end_is(asked("{\"kind\":\"error\",\"code\":420}\n", "", 3), "fail", "got error 420");
    end_is(asked("{\"kind\":\"unsupported\"}\n", "", 77), "skip", "does not support");
}

/* One that hangs, dies or talks nonsense is bounded and told, and condemns nobody. */
static void troubles(void)
{
    if (!ready())
        return;
    end_is(asked(NULL, "--timeout-scale 0.01", 3), "inconc",
           "the control socket for 'binding' gave no answer within 0.6 s");
    end_is(asked("", "", 3), "inconc", "closed without an answer to 'binding'");
    end_is(asked("what?\n", "", 4), "error", "which has no \"kind\"");
    profile("unix:/nonexistent/socket");
    program_gives("test a-ask --profile ./p.json --json --jobs 1", 4);
    end_is(program_objects(program_out), "error", "/nonexistent/socket' cannot be used");
    profile("somewhere");
    program_gives("test a-ask --profile ./p.json --json --jobs 1", 4);
    end_is(program_objects(program_out), "error", "the control socket 'somewhere' is none");
}

/* --spawn starts a client; what it cannot be asked beside is skipped. */
static void spawned(void)
{
    if (!ready())
        return;
    program_gives("test a-ask --spawn 'test {host}:{port} = 192.0.2.7:4000' --json", 0);
    end_is(program_objects(program_out), "pass", NULL);
    program_gives("test a-ask --spawn 'exit 77' --json", 77);
    end_is(program_objects(program_out), "skip", NULL);
    program_gives("test a-other --spawn 'exit 0' --json", 77);
}

/* The verbs of a role and their arguments are those of its lib.lua. */
static void closed(void)
{
    if (!ready())
        return;
    program_gives("test a-wrong --spawn 'exit 0'", 4);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "'binding' has no argument 'shoe'"));
    program_gives("test a-verb --spawn 'exit 0'", 4);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "a stun-client cannot be asked to 'dance'"));
}

TESTS({"answers", answers}, {"troubles", troubles}, {"spawned", spawned}, {"closed", closed})
