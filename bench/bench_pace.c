/* bench/bench_pace.c - pace: what the live driver makes of not_before_us. `rtclab serve
 * pace.sender` sends 50 datagrams a second; the kernel's receive times (SO_TIMESTAMPNS) are held
 * against the grid of 20 ms that fits them best. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "bench/bench.h"
#include "bench/server.h"

enum {
    GRID_US = 20000,
    MOST = 3000,     /* a minute */
    LEAST = 10,      /* a median of fewer says nothing */
    FIRST_MS = 5000, /* until the sender has begun */
    SLICE_MS = 100,  /* between two looks whether it still runs */
};

struct pace {
    int fd;
    int64_t at_ns[MOST]; /* when each datagram came */
    size_t n;
    uint64_t bytes;
};

static void take(struct pace *p)
{
    union {
        struct cmsghdr head;
        uint8_t room[CMSG_SPACE(sizeof(struct timespec))];
    } control;
    uint8_t data[2048];
    struct iovec iov = {data, sizeof data};
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    ssize_t n = recvmsg(p->fd, &m, 0);

    for (struct cmsghdr *c = n >= 0 ? CMSG_FIRSTHDR(&m) : NULL; c; c = CMSG_NXTHDR(&m, c)) {
        struct timespec t;
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS || p->n == MOST)
            continue;
        memcpy(&t, CMSG_DATA(c), sizeof t);
        p->at_ns[p->n++] = (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
        p->bytes += (uint64_t)n;
    }
}

/* Receive until `want` have come, it has gone on for too long, or the sender has ended. */
static void receive(struct pace *p, struct server *s, size_t want, int *status)
{
    uint64_t end = bench_wall_ns() + FIRST_MS * 1000000ull + want * GRID_US * 2000ull;

    *status = -1;
    while (p->n < want && bench_wall_ns() < end) {
        struct pollfd f = {p->fd, POLLIN, 0};
        if (poll(&f, 1, SLICE_MS) == 1)
            take(p);
        else if (!server_runs(s, status))
            return;
    }
}

/* How far each is from start + i * 20 ms, with the start that makes the median zero: a rate that is
 * wrong by one in a hundred adds up and is seen. */
static void deviations(const struct pace *p, struct bench_result *r)
{
    static int64_t off[MOST];
    size_t n = p->n;

    for (size_t i = 0; i < n; i++)
        off[i] = p->at_ns[i] - p->at_ns[0] - (int64_t)i * GRID_US * 1000;
    int64_t start = bench_median(off, n);
    for (size_t i = 0; i < n; i++)
        off[i] = llabs(off[i] - start);
    r->deviation_ns = (uint64_t)bench_median(off, n);
    r->worst_ns = (uint64_t)off[n - 1];
}

static int measure(const struct bench_args *a, struct server *s)
{
    static struct pace p;
    struct bench_result r = {0};
    struct sockaddr_in at;
    char to[32];
    char *const argv[] = {(char *)a->rtclab, "serve", "pace.sender", "--to", to, NULL};
    int on = 1, status = -1;
    size_t want = a->time_us / GRID_US;

    p.fd = udp_bound(&at);
    if (p.fd < 0 || setsockopt(p.fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) != 0)
        return bench_say(a, BENCH_FAILED, "no socket with timestamps: %s", strerror(errno));
    snprintf(to, sizeof to, "127.0.0.1:%u", (unsigned)ntohs(at.sin_port));
    want = want < LEAST ? LEAST : want > MOST ? MOST : want;
    if (server_start(s, argv))
        receive(&p, s, want, &status);
    r.cpu_ns = server_cpu_ns(s);
    server_stop(s);
    close(p.fd);
    if (p.n == 0 && (status == BENCH_USAGE || status == 127))
        return bench_say(a, BENCH_SKIPPED, "there is no pace.sender to run: %s", s->why);
    if (p.n < want)
        return bench_say(a, BENCH_FAILED, "%zu of %zu datagrams came; last line: %s", p.n, want,
                         s->why[0] ? s->why : "(none)");
    r.ops = p.n - 1;
    r.bytes = p.bytes;
    r.wall_ns = (uint64_t)(p.at_ns[p.n - 1] - p.at_ns[0]);
    deviations(&p, &r);
    return bench_print(a, &r);
}

int main(int argc, char **argv)
{
    struct bench_args a;
    struct server s;
    int status = bench_args(argc, argv, &a);

    if (status)
        return status;
    if (strcmp(a.name, "pace") != 0 || strcmp(a.who, "rtclab") != 0)
        return bench_say(&a, BENCH_USAGE, "not measured by this program");
    if (!a.rtclab)
        return bench_say(&a, BENCH_USAGE, "--rtclab PATH is needed");
    if (!server_folder(&s))
        return bench_say(&a, BENCH_FAILED, "no folder in /tmp: %s", strerror(errno));
    return measure(&a, &s);
}
