/* harness/tests/turn_uclient_test.c - turn.server on real sockets, and a client of another house: turnutils_uclient of
 * coturn, over UDP and TCP, by channels, by Send indications and by TCP allocations, with all that it sends coming
 * back. */
#include "harness/tests/program.h"

static const struct {
    const char *name, *options;
    unsigned messages; /* of all its sessions */
} runs[] = {
    /* two clients, each with a session for RTP and one for RTCP on a pair of ports; 4.6.1 binds channels
     * anywhere from 0x4000 to 0x7fff */
    {"udp-channels", "-m 2 -n 20", 40},
    {"udp-send", "-m 2 -n 20 -s", 40},
    {"udp-no-rtcp", "-m 2 -n 20 -c -g", 40},
    {"udp-many", "-m 10 -n 10 -y -G", 120},
    {"tcp-channels", "-m 2 -n 20 -t", 40},
    {"tcp-send", "-m 2 -n 20 -t -s", 40},
    {"tcp-many", "-m 10 -n 10 -t -y", 120},
    /* RFC 6062: clients connect to each other's relayed address */
    {"tcp-relay", "-m 2 -n 20 -T", 40},
    {"tcp-relay-many", "-m 10 -n 10 -T", 100},
};

static pid_t started(const char *const *words, int *out, size_t lines)
{
    pid_t pid = program_start(words, out);
    char c;

    for (size_t seen = 0; seen < lines; seen += c == '\n') {
        ssize_t n = read(*out, &c, 1);
        CU_ASSERT_FATAL(n == 1);
    }
    return pid;
}

/* Send back whatever comes, until the process is ended. */
static pid_t echoing(int fd)
{
    pid_t pid = fork();

    while (pid == 0) {
        struct sockaddr_in from;
        socklen_t n = sizeof from;
        struct sockaddr *at = (struct sockaddr *)(void *)&from;
        char octets[2048];
        ssize_t got = recvfrom(fd, octets, sizeof octets, 0, at, &n);
        if (got >= 0 && sendto(fd, octets, (size_t)got, 0, at, n) < 0)
            _exit(1);
    }
    return pid;
}

/* Two ports in a row, of which uclient takes the second one for RTCP; false: none were found. */
static bool two_ports(int fd[2], unsigned *port)
{
    for (int tries = 0; tries < 100; tries++) {
        unsigned next = (*port = 0);
        fd[0] = program_bound(SOCK_DGRAM, port);
        next = *port + 1;
        fd[1] = program_bound(SOCK_DGRAM, &next);
        if (fd[0] >= 0 && fd[1] >= 0)
            return true;
        close(fd[0]);
    }
    return false;
}

/* All runs at once, since each waits some seconds between its phases; the output of each in a file. */
static void run_all(unsigned server, unsigned peer)
{
    static char command[8192];
    size_t n = 0;

    for (size_t i = 0; i < COUNT(runs); i++)
        n += (size_t)snprintf(
            command + n, sizeof command - n,
            "timeout 120 turnutils_uclient -u alice -w alice-secret -p %u -e 127.0.0.1 "
            "-r %u %s 127.0.0.1 > '%s' 2>&1 & ",
            server, peer, runs[i].options, program_path(runs[i].name));
    snprintf(command + n, sizeof command - n, "wait");
    CU_ASSERT_EQUAL(system(command), 0);
}

static void judge(size_t i)
{
    static char text[1 << 16];
    unsigned sent = 0, got = 0;

    program_read(program_path(runs[i].name), text, sizeof text);
    for (const char *at = text; (at = strstr(at, "tot_send_msgs=")) != NULL; at++)
        sscanf(at, "tot_send_msgs=%u, tot_recv_msgs=%u", &sent, &got); /* the last one counts */
    bool good =
        sent == runs[i].messages && got == sent && strstr(text, "Total lost packets 0 (0.0");
    if (!good)
        printf("\n%s: %u of %u came back, of %u:\n%.3000s", runs[i].name, got, sent,
               runs[i].messages, text);
    CU_ASSERT_TRUE(good);
}

static void uclient(void)
{
    char at[64];
    unsigned port = program_free_port(), peer;
    int fd[2];
    const char *words[] = {"serve",   "turn.server", "--listen",  at,  "--set",
                           "rfc5766", "--set",       "tcp_relay", NULL};
    int out;

    if (!program_ready())
        return;
    if (system("command -v turnutils_uclient >/dev/null") != 0) {
        test_skip("no turnutils_uclient (coturn)");
        return;
    }
    snprintf(at, sizeof at, "127.0.0.1:%u", port);
    CU_ASSERT_TRUE_FATAL(two_ports(fd, &peer));
    pid_t server = started(words, &out, 2), echo[2] = {echoing(fd[0]), echoing(fd[1])};
    run_all(port, peer);
    for (size_t i = 0; i < COUNT(runs); i++)
        judge(i);
    kill(server, SIGTERM);
    CU_ASSERT_EQUAL(program_end(server), 0);
    for (size_t i = 0; i < COUNT(echo); i++) {
        kill(echo[i], SIGTERM);
        program_end(echo[i]);
        close(fd[i]);
    }
    close(out);
}

TESTS({"turnutils_uclient", uclient})
