/* bench/relay_client.c - the requests of a client of TURN, one at a time. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "bench/relay_client.h"

enum { UDP = 17, TRIES = 50 };

struct sockaddr_in relay_sockaddr(const struct addr *a)
{
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(a->port)};
    memcpy(&in.sin_addr, a->ip, 4);
    return in;
}

struct exchange { /* a request and its response */
    struct draft dr;
    struct arena mem;
    struct stun_msg m;
    struct stun_attr attrs[16];
    uint8_t scratch[4096], buf[1500];
};

static void begin(struct exchange *x, uint16_t method)
{
    static uint8_t id[12] = "rtclab";

    put_u32(id + 8, get_u32(id + 8) + 1);
    x->mem = arena_of(x->scratch, sizeof x->scratch);
    stun_draft(&x->dr, &x->mem, STUN_REQUEST, method, (struct span){id, sizeof id});
}

/* Whether a success response comes; other things that come meanwhile are lost. */
static bool transact(int fd, struct exchange *x)
{
    struct findings none = {0};
    uint8_t wire[512];
    struct wr w = {wire, sizeof wire, 0, false};

    stun_encode(&w, &x->dr, NULL);
    for (int i = 0; i < TRIES; i++) {
        if (send(fd, wire, w.n, 0) < 0 && errno == ECONNREFUSED)
            usleep(RELAY_RETRY_MS * 1000); /* not bound yet */
        ssize_t n = recv(fd, x->buf, sizeof x->buf, 0);
        if (n > 0 &&
            stun_decode((struct span){x->buf, (size_t)n}, &x->m, x->attrs, 16, &none) ==
                STEP_ITEM &&
            memcmp(x->m.transaction.p, wire + 8, 12) == 0)
            return x->m.cls == STUN_SUCCESS;
        if (n < 0 && errno == ECONNREFUSED)
            usleep(RELAY_RETRY_MS * 1000);
    }
    return false;
}

bool relay_allocate(int fd, struct addr *relayed)
{
    struct exchange x;

    begin(&x, STUN_ALLOCATE);
    stun_add_uint(&x.dr, STUN_REQUESTED_TRANSPORT, UDP);
    if (!transact(fd, &x))
        return false;
    const struct stun_attr *a = stun_find(&x.m, STUN_XOR_RELAYED_ADDRESS);
    if (!a || a->kind != STUN_XOR_ADDR)
        return false;
    *relayed = a->v.addr;
    return true;
}

bool relay_bind(int fd, const struct sockaddr_in *peer)
{
    struct addr at = {.family = 4, .port = ntohs(peer->sin_port)};
    struct exchange x;

    memcpy(at.ip, &peer->sin_addr, 4);
    begin(&x, STUN_CHANNEL_BIND);
    stun_add_uint(&x.dr, STUN_CHANNEL_NUMBER, RELAY_CHANNEL);
    stun_add_addr(&x.dr, STUN_XOR_PEER_ADDRESS, &at);
    return transact(fd, &x);
}

bool relay_refresh(int fd)
{
    struct exchange x;

    begin(&x, STUN_REFRESH);
    return transact(fd, &x);
}

int relay_client_at(unsigned i, const struct sockaddr_in *to)
{
    struct timeval wait = {0, RELAY_RETRY_MS * 1000};
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(40000)};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    at.sin_addr.s_addr = htonl(0x7f010001 + (i / 250 << 8) + i % 250);
    if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof at) != 0 ||
        connect(fd, (const struct sockaddr *)to, sizeof *to) != 0) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    return fd;
}

uint64_t relay_resident_kib(pid_t pid)
{
    unsigned long total = 0, resident = 0;
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    FILE *f = fopen(path, "re");
    bool good = f && fscanf(f, "%lu %lu", &total, &resident) == 2;
    if (f)
        fclose(f);
    return good ? resident * (uint64_t)sysconf(_SC_PAGESIZE) / 1024 : 0;
}
