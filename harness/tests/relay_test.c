/* harness/tests/relay_test.c - rtclab relay between real sockets, and test --impair. */
#include <arpa/inet.h>
#include <poll.h>
#include "harness/tests/program.h"

enum { WAIT_MS = 10000, BIG = 300000 };

struct running {
    pid_t pid;
    int out;
    uint16_t udp, tcp; /* where it listens */
    char rest[65536];  /* what it said after that */
};

/* One line of what a program says; false: it has ended, or is silent too long. */
static bool line_of(int fd, char *to, size_t room)
{
    size_t n = 0;
    struct pollfd p = {.fd = fd, .events = POLLIN};

    while (n + 1 < room && poll(&p, 1, WAIT_MS) == 1 && read(fd, to + n, 1) == 1)
        if (to[n++] == '\n') {
            to[n - 1] = '\0';
            return true;
        }
    return false;
}

static struct running started(const char *const *words, int listeners)
{
    struct running r = {0};
    char line[256];

    r.pid = program_start(words, &r.out);
    for (int i = 0; i < listeners; i++) {
        CU_ASSERT_TRUE_FATAL(line_of(r.out, line, sizeof line));
        const char *port = strrchr(line, ':');
        uint16_t n = (uint16_t)strtoul(port ? port + 1 : "0", NULL, 10);
        *(strstr(line, "tcp") ? &r.tcp : &r.udp) = n;
    }
    return r;
}

static int stopped(struct running *r)
{
    size_t n = 0;
    ssize_t got;

    kill(r->pid, SIGINT);
    while (n + 1 < sizeof r->rest && (got = read(r->out, r->rest + n, sizeof r->rest - 1 - n)) > 0)
        n += (size_t)got;
    r->rest[n] = '\0';
    close(r->out);
    return program_end(r->pid);
}

static struct sockaddr_in at(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int connected(int type, uint16_t port)
{
    struct sockaddr_in to = at(port);
    struct timeval limit = {.tv_sec = WAIT_MS / 1000};
    int fd = socket(AF_INET, type, 0);

    CU_ASSERT_TRUE_FATAL(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    CU_ASSERT_EQUAL(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static struct running echo_server(const char *stack)
{
    char set[32];
    snprintf(set, sizeof set, "stack=%s", stack);
    const char *words[] = {"serve", "echo.server", "--listen", "127.0.0.1:0", "--set", set, NULL};
    return started(words, 1);
}

static struct running relay_to(uint16_t port, const char *only, const char *option,
                               const char *value, const char *script)
{
    static char to[32];
    snprintf(to, sizeof to, "127.0.0.1:%u", port);
    const char *words[] = {"relay", "--listen", "127.0.0.1:0", "--to", to,   only,   "--json",
                           option,  value,      "--seed",      "1",    NULL, script, NULL};
    if (script)
        words[11] = "--script";
    return started(words, 1);
}

static json_int_t counted(const struct running *r, const char *way, const char *key)
{
    json_t *o = json_loads(r->rest, JSON_DISABLE_EOF_CHECK, NULL);
    json_int_t n = json_integer_value(json_object_get(json_object_get(o, way), key));
    json_decref(o);
    return n;
}

static void drops_by_number(void)
{
    if (!program_ready())
        return;
    struct running server = echo_server("udp"),
                   relay = relay_to(server.udp, "--udp", "--up", "drop=1+3", NULL);
    int fd = connected(SOCK_DGRAM, relay.udp);
    char got[16];

    for (int i = 1; i <= 4; i++) {
        char digit = (char)('0' + i);
        CU_ASSERT_EQUAL(send(fd, &digit, 1, 0), 1);
    }
    for (int i = 2; i <= 4; i += 2) { /* the first to come back are the second and the fourth */
        CU_ASSERT_EQUAL(recv(fd, got, sizeof got, 0), 1);
        CU_ASSERT_EQUAL(got[0], '0' + i);
    }
    close(fd);
    CU_ASSERT_EQUAL(stopped(&relay), 0);
    CU_ASSERT_EQUAL(counted(&relay, "up", "passed"), 4);
    CU_ASSERT_EQUAL(counted(&relay, "up", "dropped"), 2);
    CU_ASSERT_EQUAL(counted(&relay, "down", "passed"), 2);
    stopped(&server);
}

/* Octets that differ all along, so that a lost, doubled or moved piece is seen. */
static uint8_t octet(size_t i)
{
    return (uint8_t)(i * 2654435761u >> 13);
}

static void a_stream_comes_whole(const char *spec, size_t total)
{
    struct running server = echo_server("tcp"),
                   relay = relay_to(server.udp ? server.udp : server.tcp, "--tcp", "--both", spec,
                                    NULL);
    int fd = connected(SOCK_STREAM, relay.tcp);
    size_t sent = 0, got = 0, wrong = 0;
    uint8_t buf[4096];

    while (got < total) {
        struct pollfd p = {.fd = fd, .events = (short)(POLLIN | (sent < total ? POLLOUT : 0))};
        if (poll(&p, 1, WAIT_MS) != 1)
            break;
        if (p.revents & POLLOUT) {
            size_t n = total - sent < sizeof buf ? total - sent : sizeof buf;
            for (size_t i = 0; i < n; i++)
                buf[i] = octet(sent + i);
            ssize_t wrote = send(fd, buf, n, MSG_DONTWAIT);
            sent += wrote > 0 ? (size_t)wrote : 0;
        }
        if (p.revents & POLLIN) {
            ssize_t n = recv(fd, buf, sizeof buf, MSG_DONTWAIT);
            if (n <= 0)
                break;
            for (ssize_t i = 0; i < n; i++)
                wrong += buf[i] != octet(got + (size_t)i);
            got += (size_t)n;
        }
    }
    CU_ASSERT_EQUAL(got, total);
    CU_ASSERT_EQUAL(wrong, 0);
    shutdown(fd, SHUT_WR); /* the server closes then, and its end comes through */
    CU_ASSERT_EQUAL(recv(fd, buf, sizeof buf, 0), 0);
    close(fd);
    CU_ASSERT_EQUAL(stopped(&relay), 0);
    CU_ASSERT_EQUAL(counted(&relay, "up", "octets"), (json_int_t)total);
    CU_ASSERT_EQUAL(counted(&relay, "down", "octets"), (json_int_t)total);
    stopped(&server);
}

static void streams_come_whole(void)
{
    if (!program_ready())
        return;
    a_stream_comes_whole("delay=1ms", BIG);
    a_stream_comes_whole("split=1,delay=1ms~3ms", 3000);
    a_stream_comes_whole("rate=80mbit,split=1000", BIG); /* 30 ms of line, and pressure back */
}

static void refusal_is_passed_on(void)
{
    if (!program_ready())
        return;
    struct running server = echo_server("tcp");
    uint16_t port = server.udp ? server.udp : server.tcp;
    stopped(&server); /* nobody listens there any more */
    struct running relay = relay_to(port, "--tcp", "--both", "delay=1ms", NULL);
    int fd = connected(SOCK_STREAM, relay.tcp);
    char octets[4];

    CU_ASSERT_EQUAL(recv(fd, octets, sizeof octets, 0), -1); /* a reset, not an end */
    close(fd);
    stopped(&relay);
    json_t *o = json_loads(relay.rest, JSON_DISABLE_EOF_CHECK, NULL);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(o, "refused")), 1);
    json_decref(o);
}

static void a_script_rules(void)
{
    if (!program_ready())
        return;
    program_write("rule.lua", "function message(m)\n"
                              "  if m.way == 'down' then return end\n"
                              "  if m.data == 'drop' then return 'drop' end\n"
                              "  if m.data == 'twice' then return { twice = true } end\n"
                              "  if m.data == 'change' then return { data = m.number .. '/' .. "
                              "m.client } end\n"
                              "end\n");
    struct running server = echo_server("udp"),
                   relay =
                       relay_to(server.udp, "--udp", "--up", "loss=0%", program_path("rule.lua"));
    static const char *const sends[] = {"drop", "change", "plain", "twice", NULL};
    static const char *const comes[] = {NULL, "2/1", "plain", "twice", "twice"};
    int fd = connected(SOCK_DGRAM, relay.udp);

    for (size_t i = 0; i < COUNT(comes); i++) {
        char got[64] = "";
        if (sends[i])
            send(fd, sends[i], strlen(sends[i]), 0);
        if (!comes[i])
            continue;
        CU_ASSERT_TRUE(recv(fd, got, sizeof got - 1, 0) > 0);
        CU_ASSERT_STRING_EQUAL(got, comes[i]);
    }
    close(fd);
    CU_ASSERT_EQUAL(stopped(&relay), 0);
    CU_ASSERT_EQUAL(counted(&relay, "up", "dropped"), 1);
    CU_ASSERT_EQUAL(counted(&relay, "up", "changed"), 1);
    stopped(&server);
}

static void a_script_is_bounded(void)
{
    if (!program_ready())
        return;
    program_write("endless.lua", "function message(m) while true do end end\n");
    struct running server = echo_server("udp"),
                   relay = relay_to(server.udp, "--udp", "--up", "loss=0%",
                                    program_path("endless.lua"));
    int fd = connected(SOCK_DGRAM, relay.udp);

    send(fd, "x", 1, 0);
    CU_ASSERT_EQUAL(program_end(relay.pid), 4); /* by itself */
    close(relay.out);
    close(fd);
    stopped(&server);
}

static void bad_input(void)
{
    if (!program_ready())
        return;
    program_gives("relay --listen 127.0.0.1:0 --to 127.0.0.1:1 --up loss=5", 2);
    program_said("a chance ends in % or ppm, at character 7 of 'loss=5'");
    program_gives("relay --to 127.0.0.1:1", 2);
    program_said("--listen and --to are wanted");
    program_gives("relay --listen 127.0.0.1:0 --to 127.0.0.1", 2);
    program_said("'127.0.0.1' is no address with a port");
    program_gives("relay --listen 127.0.0.1:0 --to 127.0.0.1:1 --clients 4097", 2);
    program_said("1 to 4096");
    program_write("none.lua", "local x = 1\n");
    program_gives("relay -q --listen 127.0.0.1:0 --to 127.0.0.1:1 --script none.lua", 2);
    program_said("none.lua defines no function message(m)");
    program_gives("relay -q --listen 192.0.2.1:1000 --to 127.0.0.1:1 --udp", 4);
    program_said("cannot listen at 192.0.2.1:1000 over udp");
    program_gives("test stun --impair loss=200%", 2);
    program_said("a value that is too large");
}

/* A good server behind a bad network does not fail, and one behind a slow one passes. */
static void impaired_cases(void)
{
    char command[256], listen[32];
    const char *words[] = {"serve", "stun.server", "--listen", listen, NULL};

    if (!program_ready())
        return;
    unsetenv("RTCLAB_SHARE");
    snprintf(listen, sizeof listen, "127.0.0.1:%u", program_free_port());
    struct running server = started(words, 2);
    snprintf(command, sizeof command,
             "test 'stun-server-00[1-4]' --target 127.0.0.1:%u --json --impair delay=20ms~10ms",
             server.udp);
    program_gives(command, 0);
    json_t *all = program_objects(program_out);
    CU_ASSERT_EQUAL(program_count(all, "pass"), program_count(all, "cases"));
    CU_ASSERT_STRING_EQUAL(program_text(program_find(all, "run", "", NULL), "impair"),
                           "delay=20ms~10ms");
    json_decref(all);
    snprintf(command, sizeof command,
             "test stun-server-018 --target 127.0.0.1:%u --json --impair dup=100%%", server.udp);
    program_gives(command, 1); /* one request was answered twice, but was it sent once? */
    all = program_objects(program_out);
    CU_ASSERT_EQUAL(program_count(all, "fail"), 0);
    CU_ASSERT_EQUAL(program_count(all, "inconc"), 1);
    json_decref(all);
    stopped(&server);
    setenv("RTCLAB_SHARE", program_path("share"), 1);
}

TESTS({"datagrams are dropped by number", drops_by_number},
      {"streams come whole", streams_come_whole}, {"a refusal is passed on", refusal_is_passed_on},
      {"a script rules", a_script_rules}, {"a script is bounded", a_script_is_bounded},
      {"bad input", bad_input}, {"test --impair", impaired_cases})
