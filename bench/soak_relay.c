/* bench/soak_relay.c - our TURN server under a thousand allocations with traffic, for a time: each datagram is counted at
 * both ends, allocations and channels are refreshed, and the server's memory is looked at.
 *
 *   soak_relay RTCLAB SECONDS [ALLOCATIONS]
 *
 * Datagrams go by channels to one of PEERS sockets, which send them back; WINDOW are in flight. A line each ten seconds,
 * and one at the end. Exit status: 0 all came back and memory stayed flat, 1 not, 4 it could not be measured. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "bench/bench.h"
#include "bench/relay_client.h"
#include "bench/server.h"

enum {
    CLIENTS_MAX = 5000,
    PEERS = 8,
    WINDOW = 64, /* datagrams in flight, each of another client */
    SIZE = 172,
    LOST_MS = 500,   /* later it is lost */
    REFRESH_S = 240, /* between refreshes, before permissions run out */
    REPORT_S = 10,
    GROWTH_KIB = 256, /* of resident memory after the first report, at most */
};
struct client {
    int fd;
    struct sockaddr_in relayed;
    uint32_t sent, back; /* numbers of its datagrams */
    uint64_t sent_ns;    /* 0: none is in flight */
};
struct soak {
    unsigned n, next; /* clients; whose turn it is */
    struct client v[CLIENTS_MAX];
    int peers[PEERS];
    struct sockaddr_in peer_at[PEERS];
    unsigned flying[WINDOW]; /* whose datagrams are in flight */
    uint64_t sent, at_peers, back, lost, wrong;
};
static struct soak k;

static bool start(struct server *s, const char *rtclab, const struct sockaddr_in *at)
{
    char listen[32];
    char *const argv[] = {(char *)(uintptr_t)rtclab,
                          "serve",
                          "turn.server",
                          "--listen",
                          listen,
                          "--set",
                          "open",
                          "--set",
                          "port_first=20000",
                          NULL};

    snprintf(listen, sizeof listen, "127.0.0.1:%u", (unsigned)ntohs(at->sin_port));
    return server_start(s, argv);
}

static bool begin(unsigned n, const struct sockaddr_in *to)
{
    struct addr relayed;

    k.n = n;
    for (size_t i = 0; i < PEERS; i++)
        if ((k.peers[i] = udp_bound(&k.peer_at[i])) < 0)
            return false;
    for (unsigned i = 0; i < n; i++) {
        struct client *c = &k.v[i];
        c->fd = relay_client_at(i, to);
        if (c->fd < 0 || !relay_allocate(c->fd, &relayed) ||
            !relay_bind(c->fd, &k.peer_at[i % PEERS]))
            return false;
        c->relayed = relay_sockaddr(&relayed);
    }
    return true;
}

static void send_one(unsigned i)
{
    struct client *c = &k.v[i];
    uint8_t p[RELAY_HEAD + SIZE] = {0};

    put_u16(p, RELAY_CHANNEL);
    put_u16(p + 2, SIZE);
    put_u32(p + RELAY_HEAD, i);
    put_u32(p + RELAY_HEAD + 4, ++c->sent);
    memset(p + RELAY_HEAD + 8, (int)(c->sent & 0xff), SIZE - 8);
    c->sent_ns = bench_wall_ns();
    k.sent += send(c->fd, p, sizeof p, 0) == (ssize_t)sizeof p;
}

/* What comes out of the relay goes back as it is. */
static void bounce(void)
{
    uint8_t p[2048];

    for (size_t i = 0; i < PEERS; i++)
        for (;;) {
            struct sockaddr_in from = {0};
            socklen_t len = sizeof from;
            ssize_t n =
                recvfrom(k.peers[i], p, sizeof p, MSG_DONTWAIT, (struct sockaddr *)&from, &len);
            if (n < 0)
                break;
            uint32_t of = n == SIZE ? get_u32(p) : k.n;
            k.at_peers++;
            k.wrong += of >= k.n || from.sin_port != k.v[of].relayed.sin_port;
            sendto(k.peers[i], p, (size_t)n, 0, (struct sockaddr *)&from, len);
        }
}

/* Whether what was sent for `c` has come back, octet for octet. */
static bool came_back(struct client *c, unsigned i)
{
    uint8_t p[2048];
    ssize_t n = recv(c->fd, p, sizeof p, MSG_DONTWAIT);

    if (n < 0)
        return false;
    bool good = n >= RELAY_HEAD + SIZE && get_u16(p) == RELAY_CHANNEL && get_u16(p + 2) == SIZE &&
                get_u32(p + RELAY_HEAD) == i && get_u32(p + RELAY_HEAD + 4) == c->sent;
    for (size_t o = RELAY_HEAD + 8; good && o < RELAY_HEAD + SIZE; o++)
        good = p[o] == (uint8_t)c->sent;
    if (!good) {
        k.wrong++;
        return false;
    }
    k.back++;
    c->back = c->sent;
    return true;
}

static void turn(void)
{
    uint64_t now = bench_wall_ns();
    bool any = false;

    bounce();
    for (size_t w = 0; w < WINDOW; w++) {
        unsigned i = k.flying[w];
        bool done = came_back(&k.v[i], i);
        if (!done && now - k.v[i].sent_ns > LOST_MS * 1000000ull) {
            k.lost++;
            done = true;
        }
        if (!done)
            continue;
        any = true;
        k.v[i].sent_ns = 0;
        while (k.v[k.next].sent_ns)
            k.next = (k.next + 1) % k.n;
        k.flying[w] = k.next;
        send_one(k.next);
        k.next = (k.next + 1) % k.n;
    }
    if (!any)
        usleep(100);
}

/* What is in flight at the end comes back, or is lost. */
static void drain(void)
{
    uint64_t over = bench_wall_ns() + LOST_MS * 1000000ull;
    size_t left = WINDOW;

    while (left && bench_wall_ns() < over) {
        bounce();
        for (size_t w = 0; w < WINDOW; w++) {
            struct client *c = &k.v[k.flying[w]];
            if (c->sent_ns && came_back(c, k.flying[w])) {
                c->sent_ns = 0;
                left--;
            }
        }
    }
    k.lost += left;
}

/* Refresh what is not in flight; the others have their turn the next time. False: one was refused. */
static bool refresh(unsigned *at)
{
    for (unsigned n = 0; n < 4 && *at < k.n; (*at)++) {
        struct client *c = &k.v[*at];
        if (c->sent_ns)
            return true;
        if (!relay_refresh(c->fd) || !relay_bind(c->fd, &k.peer_at[*at % PEERS]))
            return false;
        n++;
    }
    return true;
}

static int soak(struct server *s, uint64_t seconds)
{
    uint64_t begun = bench_wall_ns(), over = begun + seconds * 1000000000ull, first = 0, last = 0;
    uint64_t report = begun + REPORT_S * 1000000000ull, due = begun + REFRESH_S * 1000000000ull;
    unsigned at = k.n;
    int status = 0;

    for (unsigned w = 0; w < WINDOW; w++) {
        k.flying[w] = w;
        send_one(w);
    }
    k.next = WINDOW;
    for (uint64_t now; (now = bench_wall_ns()) < over && server_runs(s, &status);) {
        turn();
        if (now >= due) {
            due = now + REFRESH_S * 1000000000ull;
            at = 0;
        }
        if (!refresh(&at)) {
            printf("a refresh was refused\n");
            return 1;
        }
        if (now < report)
            continue;
        report = now + REPORT_S * 1000000000ull;
        last = relay_resident_kib(s->pid);
        first = first ? first : last;
        printf("%4.0f s  sent %lu, at peers %lu, back %lu, lost %lu, wrong %lu; resident %lu KiB, "
               "CPU %.1f s\n",
               (double)(now - begun) / 1e9, k.sent, k.at_peers, k.back, k.lost, k.wrong, last,
               (double)server_cpu_ns(s) / 1e9);
        fflush(stdout);
    }
    drain();
    bool flat = last <= first + GROWTH_KIB, runs = server_runs(s, &status);
    printf("%u allocations, %lu s: sent %lu, at peers %lu, back %lu, lost %lu, wrong %lu; resident "
           "%lu to %lu KiB%s\n",
           k.n, seconds, k.sent, k.at_peers, k.back, k.lost, k.wrong, first, last,
           runs ? "" : "; the server has ended");
    return runs && flat && !k.lost && !k.wrong ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct sockaddr_in at;
    struct server s;
    unsigned n = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 1000;
    uint64_t seconds = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;

    if (!seconds || n <= WINDOW || n > CLIENTS_MAX) {
        fprintf(stderr, "usage: soak_relay RTCLAB SECONDS [ALLOCATIONS, %d to %d]\n", WINDOW + 1,
                CLIENTS_MAX);
        return BENCH_USAGE;
    }
    int reserve = udp_bound(&at); /* finds a free port; the server binds it next */
    if (reserve < 0 || !server_folder(&s))
        return BENCH_FAILED;
    close(reserve);
    int status = start(&s, argv[1], &at) && begin(n, &at) ? soak(&s, seconds) : BENCH_FAILED;
    server_stop(&s);
    if (status == BENCH_FAILED)
        fprintf(stderr, "the server did not answer; its last line: %s\n",
                s.why[0] ? s.why : "(none)");
    return status;
}
