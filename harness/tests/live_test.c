/* harness/tests/live_test.c - rtclab test against live peers on loopback: ours by `rtclab serve`,
 * and some that do what no server should. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include "harness/tests/program.h"

static bool ready(void)
{
    char share[4096];
    if (!program_ready() || !getcwd(share, sizeof share))
        return false;
    setenv("RTCLAB_SHARE", share, 1); /* the real suite */
    program_write("udp.json", "{\"transports\":[\"udp\"],\"families\":[\"ip4\"]}");
    program_write("tcp.json", "{\"transports\":[\"tcp\"],\"families\":[\"ip4\"]}");
    return true;
}

struct server {
    pid_t pid;
    int out;
    unsigned port;
};

/* Start our server, and wait until it says `lines` times that it listens. */
static struct server serve(const char *const *more, int lines)
{
    struct server s = {.port = program_free_port()};
    char at[64], text[1024];
    const char *words[16] = {"serve", "stun.server", "--listen", at};
    size_t n = 0;

    for (size_t i = 0; more && more[i]; i++)
        words[4 + i] = more[i];
    snprintf(at, sizeof at, "127.0.0.1:%u", s.port);
    s.pid = program_start(words, &s.out);
    for (int seen = 0; seen < lines;) {
        ssize_t k = read(s.out, text + n, 1);
        CU_ASSERT_FATAL(k == 1 && n < sizeof text - 1);
        seen += text[n++] == '\n';
    }
    text[n] = '\0';
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "listening 127.0.0.1:"));
    return s;
}

static void stop(struct server *s)
{
    kill(s->pid, SIGTERM);
    CU_ASSERT_EQUAL(program_end(s->pid), 0);
    close(s->out);
}

static json_t *test(const char *words, unsigned port, int status)
{
    char args[512];
    snprintf(args, sizeof args, "test --json %s --target stun:127.0.0.1:%u", words, port);
    program_gives(args, status);
    return program_objects(program_out);
}

/* Whether a failed check cites the clause. */
static bool fails_on(const json_t *all, const char *clause)
{
    json_t *o;
    size_t i;
    json_array_foreach(all, i, o)
    {
        if (strcmp(program_text(o, "type"), "check") == 0 &&
            strcmp(program_text(o, "clause"), clause) == 0 &&
            strcmp(program_text(o, "verdict"), "fail") == 0)
            return true;
    }
    return false;
}

static void nobody(void)
{
    if (!ready())
        return;
    json_t *all =
        test("stun-server-001 stun-server-002 --timeout-scale 0.2", program_free_port(), 3);
    CU_ASSERT_EQUAL(program_count(all, "fail"), 0); /* nothing was its doing */
    CU_ASSERT_EQUAL(program_count(all, "inconc"), 4);
    json_decref(all);
    program_said("was never reached: no case got any answer from it");
    program_gives("test stun-server-001 --target stun:no-such-host.invalid", 2);
    program_said("the target 'stun:no-such-host.invalid' cannot be resolved");
    static const char *const wrong[] = {"127.0.0.1", "stun:", "stun:127.0.0.1:99999", "stun:[::1",
                                        "stun:a:b"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        char args[128];
        snprintf(args, sizeof args, "test stun-server-001 --target '%s'", wrong[i]);
        program_gives(args, 2);
        program_said("is no target");
    }
}

static void ours(void)
{
    if (!ready())
        return;
    struct server s = serve(NULL, 2);
    json_t *all = test("stun-server", s.port, 0);
    CU_ASSERT_TRUE(program_count(all, "pass") > 10);
    CU_ASSERT_EQUAL(program_count(all, "fail"), 0);
    json_decref(all);
    stop(&s);
}

static void faults(void)
{
    static const struct {
        const char *option, *name, *id, *clause;
        int status;
    } rows[] = {
        {"--fault", "unknown-not-listed", "stun-server-003", "RFC8489:6.3.1.1#3", 1},
        {"--fault", "transaction-changed", "stun-server-002", "RFC8489:5#6", 1},
        {"--fault", "binding-unanswered", "stun-server-001", "RFC8489:12#1", 3},
        {"--fault", "answered-twice", "stun-server-018", "RFC8489:16.1.2#a1", 1},
        {"--variant", "reason-empty", "stun-server-001", NULL, 0},
    };
    if (!ready())
        return;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char words[128];
        struct server s = serve((const char *const[]){rows[i].option, rows[i].name, NULL}, 2);
        snprintf(words, sizeof words, "%s --timeout-scale 0.5", rows[i].id);
        json_t *all = test(words, s.port, rows[i].status);
        CU_ASSERT_TRUE(!rows[i].clause || fails_on(all, rows[i].clause));
        json_decref(all);
        stop(&s);
    }
}

/* A success response with XOR-MAPPED-ADDRESS; the smallest server that there is. */
static size_t answer(uint8_t out[32], const uint8_t *in, const struct sockaddr_in *from)
{
    static const uint8_t cookie[] = {0x21, 0x12, 0xa4, 0x42};
    const uint8_t *ip = (const uint8_t *)&from->sin_addr, *port = (const uint8_t *)&from->sin_port;

    memcpy(out, (const uint8_t[]){0x01, 0x01, 0x00, 0x0c}, 4);
    memcpy(out + 4, in + 4, 16);
    memcpy(out + 20, (const uint8_t[]){0x00, 0x20, 0x00, 0x08, 0x00, 0x01}, 6);
    out[26] =
        port[0] ^ cookie[0]; /* NOLINT(clang-analyzer-core.*): accept and recvfrom fill it in */
    out[27] = port[1] ^ cookie[1];
    for (size_t i = 0; i < 4; i++)
        out[28 + i] = ip[i] ^ cookie[i];
    return 32;
}

static void answers(int fd, int type)
{
    uint8_t in[2048], out[32];
    struct sockaddr_in from;
    struct sockaddr *sa = (struct sockaddr *)(void *)&from;

    for (;;) {
        socklen_t n = sizeof from;
        int c = type == SOCK_STREAM ? accept(fd, sa, &n) : -1;
        ssize_t got = type == SOCK_STREAM ? recv(c, in, 20, MSG_WAITALL)
                                          : recvfrom(fd, in, sizeof in, 0, sa, &n);
        if (got < 20)
            _exit(1);
        size_t k = answer(out, in, &from);
        if (type == SOCK_STREAM)
            (void)!(send(c, out, k, MSG_NOSIGNAL) + recv(c, in, 1, 0)); /* until it closes */
        else
            (void)!sendto(fd, out, k, 0, sa, n);
        close(c);
    }
}

/* A server of one transport: the other is refused, and a profile can say so. */
static void one_transport(void)
{
    static const char *const transports[] = {"udp", "tcp"};
    if (!ready())
        return;
    for (size_t i = 0; i < 2; i++) {
        char words[128];
        int type = i ? SOCK_STREAM : SOCK_DGRAM, fd = -1;
        unsigned port = program_free_port();
        fd = program_bound(type, &port);
        CU_ASSERT_FATAL(fd >= 0 && (i == 0 || listen(fd, 16) == 0));
        pid_t pid = fork();
        if (pid == 0)
            answers(fd, type);
        close(fd);
        snprintf(words, sizeof words, "stun-server-001 --profile ./%s.json", transports[i]);
        json_decref(test(words, port, 0));
        json_t *all = test("stun-server-001 --timeout-scale 0.2", port, 1);
        CU_ASSERT_EQUAL(program_count(all, "pass"), 1);
        CU_ASSERT_EQUAL(program_count(all, "fail"), 1);
        json_decref(all);
        kill(pid, SIGKILL);
        program_end(pid);
    }
}

/* A port that is taken, a fault that does not exist. */
static void serve_refuses(void)
{
    char args[128];
    unsigned port = 0;
    if (!ready())
        return;
    int udp = program_bound(SOCK_DGRAM, &port), tcp = program_bound(SOCK_STREAM, &port);
    snprintf(args, sizeof args, "serve stun.server --listen 127.0.0.1:%u", port);
    program_gives(args, 4);
    program_said("stun.server cannot listen at 127.0.0.1:");
    close(udp);
    close(tcp);
    program_gives("serve stun.server --fault nonsense", 2);
    program_said("nonsense");
    program_gives("serve nonsense", 2);
    program_said("there is no endpoint 'nonsense'");
}

/* The beginning of a success response that says 12 octets more, as a server of octets. */
static const uint8_t half[] = {0x01, 0x01, 0x00, 0x0c, 0x21, 0x12, 0xa4, 0x42};

static void closes_mid_message(int listener)
{
    uint8_t in[2048], out[24];
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd < 0)
            _exit(1);
        if (recv(fd, in, 20, MSG_WAITALL) == 20) {
            memcpy(out, half, sizeof half);
            memcpy(out + 8, in + 8, 12);
            memset(out + 20, 0, 4);
            if (send(fd, out, sizeof out, MSG_NOSIGNAL) != sizeof out)
                _exit(1);
        }
        close(fd);
    }
}

static void mid_message(void)
{
    unsigned port = 0;
    if (!ready())
        return;
    int fd = program_bound(SOCK_STREAM, &port);
    CU_ASSERT_EQUAL_FATAL(listen(fd, 16), 0);
    pid_t pid = fork();
    if (pid == 0)
        closes_mid_message(fd);
    close(fd);
    json_t *all = test("stun-server-001 --profile ./tcp.json --timeout-scale 0.5", port, 1);
    const json_t *end = program_find(all, "end", "base", "stun-server-001");
    CU_ASSERT_STRING_EQUAL(program_text(end, "status"), "fail");
    CU_ASSERT_PTR_NOT_NULL(strstr(program_text(end, "why"), "closed"));
    json_decref(all);
    kill(pid, SIGKILL);
    program_end(pid);
}

/* A server that answers with octets of no protocol, and a second time with another transaction. */
static void babbles(int fd)
{
    uint8_t in[2048], out[20] = {0x01, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42, 'n', 'o', 't'};
    struct sockaddr_in from;
    for (;;) {
        socklen_t n = sizeof from;
        if (recvfrom(fd, in, sizeof in, 0, (struct sockaddr *)(void *)&from, &n) < 0)
            _exit(1);
        sendto(fd, "what?", 5, 0, (const struct sockaddr *)(const void *)&from, n);
        sendto(fd, out, sizeof out, 0, (const struct sockaddr *)(const void *)&from, n);
    }
}

static void another_transaction(void)
{
    unsigned port = 0;
    if (!ready())
        return;
    int fd = program_bound(SOCK_DGRAM, &port);
    pid_t pid = fork();
    if (pid == 0)
        babbles(fd);
    close(fd);
    json_t *all = test("stun-server-001 --profile ./udp.json --timeout-scale 0.2", port, 1);
    const json_t *end = program_find(all, "end", "base", "stun-server-001");
    CU_ASSERT_STRING_EQUAL(program_text(end, "status"), "fail");
    CU_ASSERT_TRUE(fails_on(all, "RFC8489:12#1"));
    json_decref(all);
    kill(pid, SIGKILL);
    program_end(pid);
}

TESTS({"nobody", nobody}, {"ours", ours}, {"faults", faults}, {"one_transport", one_transport},
      {"serve_refuses", serve_refuses}, {"mid_message", mid_message},
      {"another_transaction", another_transaction})
