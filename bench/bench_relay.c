/* bench/bench_relay.c - turn.relay: datagrams through a TURN server on loopback, by a channel, there and back, 64 in
 * flight; ours or coturn. An operation is a datagram relayed, its cost the server's CPU time. turn.memory: what ten
 * thousand allocations take. Plain sockets; no credentials, since none are looked at on the way of data. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "bench/bench.h"
#include "bench/relay_client.h"
#include "bench/server.h"

enum {
    WINDOW = 64,
    DATA_MAX = 1200,
    RETRIES =
        50, /* waits in a row without anything that comes, then the server is taken for dead */
    WARM_US = 100000,
    ALLOCATIONS = 10000,
};
struct batch { /* datagrams of one socket, in or out */
    uint8_t octets[WINDOW][RELAY_HEAD + DATA_MAX];
    struct iovec iov[WINDOW];
    struct mmsghdr msg[WINDOW];
};
struct load {
    int fd, peer; /* the client's socket and the peer's */
    size_t size;  /* octets of a datagram */
    struct sockaddr_in relayed;
    uint32_t seq[WINDOW];
    struct batch out, in, back, came;
    unsigned n_out, silent;
    uint64_t relayed_n, lost, stray;
};

/* ---- the load ---- */

static void batch_init(struct batch *b, size_t size)
{
    for (int i = 0; i < WINDOW; i++) {
        b->iov[i] = (struct iovec){b->octets[i], size};
        b->msg[i].msg_hdr = (struct msghdr){.msg_iov = &b->iov[i], .msg_iovlen = 1};
    }
}

static void send_all(int fd, struct batch *b, unsigned n)
{
    for (unsigned done = 0; done < n;) {
        int got = sendmmsg(fd, b->msg + done, n - done, 0);
        if (got <= 0)
            return; /* what is lost is sent again later */
        done += (unsigned)got;
    }
}

static void ask(struct load *l, unsigned slot)
{
    uint8_t *p = l->out.octets[l->n_out++];

    put_u16(p, RELAY_CHANNEL);
    put_u16(p + 2, (uint16_t)l->size);
    put_u32(p + RELAY_HEAD, slot);
    put_u32(p + RELAY_HEAD + 4, l->seq[slot]);
}

/* What came out at the peer goes back as it is. */
static unsigned bounce(struct load *l)
{
    int n = recvmmsg(l->peer, l->came.msg, WINDOW, MSG_DONTWAIT, NULL);

    for (int i = 0; i < n; i++) {
        if (l->came.msg[i].msg_len != l->size)
            l->stray++;
        memcpy(l->back.octets[i], l->came.octets[i], l->size);
    }
    if (n > 0)
        send_all(l->peer, &l->back, (unsigned)n);
    l->relayed_n += n > 0 ? (unsigned)n : 0;
    return n > 0 ? (unsigned)n : 0;
}

static unsigned collect(struct load *l)
{
    int n = recvmmsg(l->fd, l->in.msg, WINDOW, MSG_DONTWAIT, NULL);

    for (int i = 0; i < n; i++) {
        const uint8_t *p = l->in.octets[i];
        uint32_t slot = get_u32(p + RELAY_HEAD);
        if (l->in.msg[i].msg_len < RELAY_HEAD + l->size || get_u16(p) != RELAY_CHANNEL ||
            slot >= WINDOW || get_u32(p + RELAY_HEAD + 4) != l->seq[slot]) {
            l->stray++;
            continue;
        }
        l->relayed_n++;
        l->seq[slot]++;
        ask(l, slot);
    }
    return n > 0 ? (unsigned)n : 0;
}

/* One turn; false: nothing comes any more. */
static bool turn(struct load *l, uint64_t *heard_ns)
{
    unsigned n = bounce(l) + collect(l);
    uint64_t now = bench_wall_ns();

    send_all(l->fd, &l->out, l->n_out);
    l->n_out = 0;
    if (n) {
        *heard_ns = now;
        l->silent = 0;
    } else if (now - *heard_ns > RELAY_RETRY_MS * 1000000ull) {
        *heard_ns = now;
        l->lost += WINDOW;
        l->silent++;
        for (unsigned i = 0; i < WINDOW; i++)
            ask(l, i);
    } else {
        usleep(20);
    }
    return l->silent < RETRIES;
}

static bool turns(struct load *l, struct server *s, uint64_t until_ns)
{
    uint64_t heard = bench_wall_ns();
    int status;

    while (bench_wall_ns() < until_ns)
        if (!turn(l, &heard) || (l->silent && !server_runs(s, &status)))
            return false;
    return true;
}

static bool ready(struct load *l, const struct sockaddr_in *to, struct sockaddr_in *peer_at)
{
    struct timeval wait = {0, RELAY_RETRY_MS * 1000};
    struct sockaddr_in local;
    struct addr relayed;

    l->fd = udp_bound(&local);
    l->peer = udp_bound(peer_at);
    if (l->fd < 0 || l->peer < 0 || connect(l->fd, (const struct sockaddr *)to, sizeof *to) != 0 ||
        setsockopt(l->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0 ||
        !relay_allocate(l->fd, &relayed) || !relay_bind(l->fd, peer_at))
        return false;
    l->relayed = relay_sockaddr(&relayed);
    if (connect(l->peer, (const struct sockaddr *)&l->relayed, sizeof l->relayed) != 0)
        return false;
    batch_init(&l->out, RELAY_HEAD + l->size);
    batch_init(&l->in, RELAY_HEAD + DATA_MAX);
    batch_init(&l->back, l->size);
    batch_init(&l->came, DATA_MAX);
    for (unsigned slot = 0; slot < WINDOW; slot++)
        ask(l, slot);
    return true;
}

static int measure(const struct bench_args *a, struct load *l, struct server *s)
{
    struct bench_result r = {0};

    if (!turns(l, s, bench_wall_ns() + WARM_US * 1000))
        return BENCH_FAILED;
    uint64_t relayed = l->relayed_n, lost = l->lost, stray = l->stray;
    uint64_t wall = bench_wall_ns(), own = bench_cpu_ns(), cpu = server_cpu_ns(s);
    bool alive = turns(l, s, wall + a->time_us * 1000);
    r.cpu_ns = server_cpu_ns(s) - cpu;
    r.sender_ns = bench_cpu_ns() - own;
    r.wall_ns = bench_wall_ns() - wall;
    r.ops = l->relayed_n - relayed;
    r.bytes = r.ops * l->size;
    r.lost = l->lost - lost;
    r.stray = l->stray - stray;
    return alive && r.ops && r.cpu_ns ? bench_print(a, &r) : BENCH_FAILED;
}

/* ---- memory ---- */

static int hold(const struct bench_args *a, const struct sockaddr_in *to, struct server *s)
{
    struct bench_result r = {0};
    struct addr relayed;
    uint64_t before = 0, cpu = 0;

    for (unsigned i = 0; i < ALLOCATIONS + 1; i++) {
        int fd = relay_client_at(i, to);
        bool good = fd >= 0 && relay_allocate(fd, &relayed);
        if (fd >= 0)
            close(fd);
        if (!good)
            return BENCH_FAILED;
        if (i == 0) { /* what the first one takes, all have in common */
            before = relay_resident_kib(s->pid);
            cpu = server_cpu_ns(s);
        }
    }
    r.ops = ALLOCATIONS;
    r.cpu_ns = server_cpu_ns(s) - cpu;
    r.peak_kib = relay_resident_kib(s->pid) - before;
    return before && r.cpu_ns ? bench_print(a, &r) : BENCH_FAILED;
}

/* ---- the server ---- */

static bool start(struct server *s, const struct bench_args *a, const struct sockaddr_in *at)
{
    char port[8], listen[32], db[96], pid[96];
    char *const ours[] = {(char *)a->rtclab, "serve", "turn.server", "--listen",         listen,
                          "--set",           "open",  "--set",       "port_first=20000", NULL};
    char *const coturn[] = {"turnserver",
                            "-n",
                            "-z",
                            "-L",
                            "127.0.0.1",
                            "-E",
                            "127.0.0.1",
                            "-p",
                            port,
                            "-m",
                            "1",
                            "--allow-loopback-peers",
                            "--no-cli",
                            "--no-tls",
                            "--no-dtls",
                            "--no-tcp",
                            "--no-tcp-relay",
                            "--log-file",
                            "stdout",
                            "--simple-log",
                            "--userdb",
                            db,
                            "--pidfile",
                            pid,
                            NULL};

    snprintf(port, sizeof port, "%u", (unsigned)ntohs(at->sin_port));
    snprintf(listen, sizeof listen, "127.0.0.1:%s", port);
    snprintf(db, sizeof db, "%s/turndb", s->dir);
    snprintf(pid, sizeof pid, "%s/pid", s->dir);
    return server_start(s, strcmp(a->who, "rtclab") == 0 ? ours : coturn);
}

static int run(const struct bench_args *a, struct load *l, struct server *s,
               const struct sockaddr_in *at)
{
    struct sockaddr_in peer;

    if (!start(s, a, at))
        return BENCH_FAILED;
    if (strcmp(a->name, "turn.memory") == 0) {
        return hold(a, at, s);
    }
    if (!ready(l, at, &peer)) {
        int status = -1;
        return !server_runs(s, &status) && status == 127 ? BENCH_SKIPPED : BENCH_FAILED;
    }
    return measure(a, l, s);
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
    bool ours = strcmp(a.who, "rtclab") == 0, memory = strcmp(a.name, "turn.memory") == 0;
    l.size = strcmp(a.name, "turn.relay.1200") == 0 ? 1200 : 172;
    if ((!memory && strncmp(a.name, "turn.relay.", 11) != 0) ||
        (!ours && (memory || strcmp(a.who, "coturn") != 0)))
        return bench_say(&a, BENCH_USAGE, "not measured by this program");
    if (ours && !a.rtclab)
        return bench_say(&a, BENCH_USAGE, "--rtclab PATH is needed");
    int reserve = udp_bound(&at); /* finds a free port; the server binds it next */
    if (reserve < 0 || !server_folder(&s))
        return bench_say(&a, BENCH_FAILED, "no socket or no folder: %s", strerror(errno));
    close(reserve);
    status = run(&a, &l, &s, &at);
    server_stop(&s);
    if (status != BENCH_OK)
        bench_say(&a, status, "the server did not answer; its last line: %s",
                  s.why[0] ? s.why : "(none)");
    return status;
}
