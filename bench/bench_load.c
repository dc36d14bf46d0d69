/* bench/bench_load.c - stun.server: STUN Binding requests over UDP on loopback, 64 in flight, to a
 * server that this program starts: ours or coturn. An operation is a reply, its cost the server's
 * CPU time. Plain sockets: recvmmsg and sendmmsg, no GSO. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "bench/bench.h"
#include "bench/server.h"

enum {
    WINDOW = 64,
    REQUEST = 20,
    REPLY_MAX = 1500,
    RETRY_MS = 100,   /* without any reply: all that is in flight is sent again */
    RETRIES = 100,    /* in a row, then the server is taken for dead */
    WARM_US = 100000, /* before the measurement: sessions, caches */
};

struct load {
    int fd;
    uint32_t seq[WINDOW]; /* of the request in flight in each slot */
    uint8_t out[WINDOW][REQUEST], in[WINDOW][REPLY_MAX];
    struct iovec out_iov[WINDOW], in_iov[WINDOW];
    struct mmsghdr out_msg[WINDOW], in_msg[WINDOW];
    unsigned n_out; /* requests that wait to be sent */
    unsigned silent;
    uint64_t replies, lost, stray;
};

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void ask(struct load *l, unsigned slot)
{
    uint8_t *p = l->out[l->n_out++];

    put32(p, 0x00010000); /* Binding request, no attributes */
    put32(p + 4, 0x2112a442);
    put32(p + 8, 0x72746300);
    put32(p + 12, slot);
    put32(p + 16, l->seq[slot]);
}

static void send_asked(struct load *l)
{
    unsigned done = 0;

    while (done < l->n_out) {
        int n = sendmmsg(l->fd, l->out_msg + done, l->n_out - done, 0);
        if (n <= 0) /* an error that ICMP brought, or no room: what is lost is sent again later */
            break;
        done += (unsigned)n;
    }
    l->n_out = 0;
}

static void take(struct load *l, const uint8_t *p, size_t n)
{
    uint32_t slot = n >= REQUEST ? get32(p + 12) : WINDOW;

    if (slot >= WINDOW || get32(p) >> 16 != 0x0101 || get32(p + 4) != 0x2112a442 ||
        get32(p + 8) != 0x72746300 || get32(p + 16) != l->seq[slot]) {
        l->stray++;
        return;
    }
    l->replies++;
    l->seq[slot]++;
    ask(l, slot);
}

/* One turn: wait for replies, ask anew for each. False: the server does not answer any more. */
static bool turn(struct load *l)
{
    int n = recvmmsg(l->fd, l->in_msg, WINDOW, MSG_WAITFORONE, NULL);

    if (n <= 0) { /* RETRY_MS without a reply, or refused: the server is not there yet */
        if (n < 0 && errno != EAGAIN)
            usleep(RETRY_MS * 1000);
        l->lost += WINDOW;
        for (unsigned i = 0; i < WINDOW; i++)
            ask(l, i);
    }
    l->silent = n > 0 ? 0 : l->silent + 1;
    for (int i = 0; i < n; i++)
        take(l, l->in[i], l->in_msg[i].msg_len);
    send_asked(l);
    return l->silent < RETRIES;
}

static bool turns(struct load *l, struct server *s, uint64_t until_ns)
{
    int status;

    while (bench_wall_ns() < until_ns)
        if (!turn(l) || (l->silent && !server_runs(s, &status)))
            return false;
    return true;
}

static bool load_init(struct load *l, const struct sockaddr_in *to)
{
    struct sockaddr_in local;
    struct timeval wait = {0, RETRY_MS * 1000};

    l->fd = udp_bound(&local);
    if (l->fd < 0 || connect(l->fd, (const struct sockaddr *)to, sizeof *to) != 0 ||
        setsockopt(l->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0)
        return false;
    for (int i = 0; i < WINDOW; i++) {
        l->out_iov[i] = (struct iovec){l->out[i], REQUEST};
        l->in_iov[i] = (struct iovec){l->in[i], REPLY_MAX};
        l->out_msg[i].msg_hdr = (struct msghdr){.msg_iov = &l->out_iov[i], .msg_iovlen = 1};
        l->in_msg[i].msg_hdr = (struct msghdr){.msg_iov = &l->in_iov[i], .msg_iovlen = 1};
    }
    return true;
}

/* Ask one request until it is answered, then fill the window. */
static bool ready(struct load *l, struct server *s, int *status)
{
    for (int i = 0; i < RETRIES && l->replies == 0 && server_runs(s, status); i++) {
        ask(l, 0);
        send_asked(l);
        int n = recvmmsg(l->fd, l->in_msg, 1, 0, NULL);
        if (n == 1)
            take(l, l->in[0], l->in_msg[0].msg_len);
        else if (errno != EAGAIN)
            usleep(RETRY_MS * 1000); /* refused at once: not bound yet */
    }
    l->n_out = 0;
    for (unsigned slot = 0; slot < WINDOW; slot++)
        ask(l, slot);
    send_asked(l);
    return l->replies > 0;
}

static int measure(const struct bench_args *a, struct load *l, struct server *s)
{
    struct bench_result r = {0};
    int status = -1;

    if (!ready(l, s, &status))
        return status == 127 ? BENCH_SKIPPED : BENCH_FAILED;
    if (!turns(l, s, bench_wall_ns() + WARM_US * 1000))
        return BENCH_FAILED;
    uint64_t replies = l->replies, lost = l->lost, stray = l->stray;
    uint64_t wall = bench_wall_ns(), own = bench_cpu_ns(), cpu = server_cpu_ns(s);
    bool alive = turns(l, s, wall + a->time_us * 1000);
    r.cpu_ns = server_cpu_ns(s) - cpu;
    r.sender_ns = bench_cpu_ns() - own;
    r.wall_ns = bench_wall_ns() - wall;
    r.ops = l->replies - replies;
    r.bytes = r.ops * REQUEST;
    r.lost = l->lost - lost;
    r.stray = l->stray - stray;
    return alive && r.ops && r.cpu_ns ? bench_print(a, &r) : BENCH_FAILED;
}

static bool start(struct server *s, const struct bench_args *a, const struct sockaddr_in *at)
{
    char port[8], listen[32], db[96], pid[96];
    char *const ours[] = {(char *)a->rtclab, "serve", "stun.server", "--listen", listen, NULL};
    char *const coturn[] = {
        "turnserver",
        "-n",
        "-L",
        "127.0.0.1",
        "-p",
        port,
        "-m",
        "1",
        "--no-cli",
        "--no-tls",
        "--no-dtls",
        "--no-tcp",
        "--no-tcp-relay",
        "--log-file",
        "stdout",
        "--userdb",
        db,
        "--pidfile",
        pid,
        NULL,
    };

    snprintf(port, sizeof port, "%u", (unsigned)ntohs(at->sin_port));
    snprintf(listen, sizeof listen, "127.0.0.1:%s", port);
    snprintf(db, sizeof db, "%s/turndb", s->dir);
    snprintf(pid, sizeof pid, "%s/pid", s->dir);
    return server_start(s, strcmp(a->who, "rtclab") == 0 ? ours : coturn);
}

int main(int argc, char **argv)
{
    static struct load l;
    struct bench_args a;
    struct server s;
    struct sockaddr_in at;
    int status = bench_args(argc, argv, &a);

    if (status)
        return status;
    bool ours = strcmp(a.who, "rtclab") == 0;
    if (strcmp(a.name, "stun.server") != 0 || (!ours && strcmp(a.who, "coturn") != 0))
        return bench_say(&a, BENCH_USAGE, "not measured by this program");
    if (ours && !a.rtclab)
        return bench_say(&a, BENCH_USAGE, "--rtclab PATH is needed");
    int reserve = udp_bound(&at); /* finds a free port; the server binds it next */
    if (reserve < 0 || !load_init(&l, &at) || !server_folder(&s))
        return bench_say(&a, BENCH_FAILED, "no socket or no folder: %s", strerror(errno));
    close(reserve);
    status = start(&s, &a, &at) ? measure(&a, &l, &s) : BENCH_FAILED;
    server_stop(&s);
    close(l.fd);
    if (status != BENCH_OK)
        bench_say(&a, status, "the server did not answer; its last line: %s",
                  s.why[0] ? s.why : "(none)");
    return status;
}
