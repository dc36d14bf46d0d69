/* bench/gen_flood.c - captures too large to keep, for a pipe: what memory and time are measured on (docs/captures.md).
 *
 *   gen_flood flows N | rtp OCTETS | http OCTETS | stun OCTETS
 *
 * pcap of raw IPv4 on standard output, always the same:
 *   flows  N flows of a few packets each, a fifth each: STUN request and answer; four packets of RTP; one datagram in
 *          its shape; one of chance; TCP that begins, says half a line, and is not heard of again
 *   rtp    one flow of RTP in datagrams of 1412 octets, PCMU's payload type
 *   http   one connection of TCP that carries the answer to a GET; its sequence numbers wrap every 4 GiB
 *   stun   one connection of TCP that carries STUN indications of 1400 octets
 * OCTETS: of payload, at least. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "codecs/base/base.h"

enum {
    IP = 20,
    UDP = 8,
    TCP = 20,
    SYN = 2,
    PUSH = 8,
    ACK = 16,
    RTP_OCTETS = 1412,
    SEGMENT = 1400,
    STEP_US = 20
};
static const uint32_t client = 0x0a000001, server = 0x0a800001;
static uint64_t now_us, state = 0x9e3779b97f4a7c15u;
static bool failed;

static uint32_t chance(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 32);
}

static void le32(uint8_t *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

/* A packet whose `n` octets behind the header of IP stand at packet + IP. */
static void put(uint8_t *packet, uint8_t protocol, uint32_t from, uint32_t to, size_t n)
{
    uint8_t record[16];
    uint32_t sum = 0;

    memset(packet, 0, IP);
    packet[0] = 0x45;
    put_u16(packet + 2, (uint16_t)(IP + n));
    packet[8] = 64;
    packet[9] = protocol;
    put_u32(packet + 12, from);
    put_u32(packet + 16, to);
    for (size_t i = 0; i < IP; i += 2)
        sum += get_u16(packet + i);
    put_u16(packet + 10, (uint16_t) ~(sum + (sum >> 16)));
    le32(record, (uint32_t)(1700000000 + now_us / 1000000));
    le32(record + 4, (uint32_t)(now_us % 1000000));
    le32(record + 8, (uint32_t)(IP + n));
    le32(record + 12, (uint32_t)(IP + n));
    now_us += STEP_US;
    failed |= fwrite(record, 1, sizeof record, stdout) != sizeof record ||
              fwrite(packet, 1, IP + n, stdout) != IP + n;
}

/* `n` octets of payload stand at packet + IP + UDP. */
static void udp(uint8_t *packet, uint32_t from, uint16_t sport, uint32_t to, uint16_t dport,
                size_t n)
{
    uint8_t *h = packet + IP;

    put_u16(h, sport);
    put_u16(h + 2, dport);
    put_u16(h + 4, (uint16_t)(UDP + n));
    put_u16(h + 6, 0);
    put(packet, 17, from, to, UDP + n);
}

struct side {
    uint32_t ip, next;
    uint16_t port;
};

/* `n` octets of payload stand at packet + IP + TCP. */
static void tcp(uint8_t *packet, struct side *from, const struct side *to, uint8_t flags, size_t n)
{
    uint8_t *h = packet + IP;

    put_u16(h, from->port);
    put_u16(h + 2, to->port);
    put_u32(h + 4, from->next);
    put_u32(h + 8, flags & ACK ? to->next : 0);
    h[12] = TCP / 4 << 4;
    h[13] = flags;
    put_u16(h + 14, 0xffff);
    put_u32(h + 16, 0);
    put(packet, 6, from->ip, to->ip, TCP + n);
    from->next += (uint32_t)n + (flags & SYN ? 1 : 0);
}

static void text(uint8_t *packet, struct side *from, const struct side *to, const char *words)
{
    struct span s = span_of(words);

    memcpy(packet + IP + TCP, s.p, s.n);
    tcp(packet, from, to, PUSH | ACK, s.n);
}

/* STUN's header, and where its `n` octets of attributes begin. */
static uint8_t *stun(uint8_t *p, uint16_t type, uint32_t id, uint16_t n)
{
    put_u16(p, type);
    put_u16(p + 2, n);
    put_u32(p + 4, 0x2112a442);
    put_u32(p + 8, id);
    put_u32(p + 12, id * 0x9e3779b9u);
    put_u32(p + 16, id);
    return p + 20;
}

static void shake_hands(uint8_t *packet, struct side *c, struct side *s)
{
    tcp(packet, c, s, SYN, 0);
    tcp(packet, s, c, SYN | ACK, 0);
    tcp(packet, c, s, ACK, 0);
}

static void binding(uint8_t *packet, const struct side *c, const struct side *s, uint32_t id)
{
    uint8_t *p = packet + IP + UDP, *at;

    stun(p, 0x0001, id, 0);
    udp(packet, c->ip, c->port, s->ip, s->port, 20);
    at = stun(p, 0x0101, id, 12); /* XOR-MAPPED-ADDRESS */
    put_u32(at, 0x00200008);
    put_u32(at + 4, 0x00010000u | (c->port ^ 0x2112u));
    put_u32(at + 8, c->ip ^ 0x2112a442u);
    udp(packet, s->ip, s->port, c->ip, c->port, 32);
}

static void audio(uint8_t *packet, const struct side *c, const struct side *s, unsigned n)
{
    uint8_t *p = packet + IP + UDP;
    uint32_t ssrc = chance(), begin = chance();

    for (unsigned i = 0; i < n; i++) {
        put_u32(p, 0x80000000u | ((begin + i) & 0xffff));
        put_u32(p + 4, begin + 160 * i);
        put_u32(p + 8, ssrc);
        memset(p + 12, 0xff, 28);
        udp(packet, c->ip, c->port, s->ip, s->port, 40);
    }
}

static void flow(uint8_t *packet, uint32_t i)
{
    enum { KINDS = 5, CLIENT_PORTS = 50000 };
    static const uint16_t ports[KINDS] = {3478, 5004, 5006, 9999, 80};
    struct side c = {client + i / CLIENT_PORTS, chance(), (uint16_t)(10000 + i % CLIENT_PORTS)},
                s = {server, chance(), ports[i % KINDS]};

    if (i % KINDS == 0) {
        binding(packet, &c, &s, i);
    } else if (i % KINDS < 3) {
        audio(packet, &c, &s, i % KINDS == 1 ? 4 : 1);
    } else if (i % KINDS == 3) {
        for (size_t k = 0; k < 32; k += 4)
            put_u32(packet + IP + UDP + k, chance());
        udp(packet, c.ip, c.port, s.ip, s.port, 32);
    } else {
        shake_hands(packet, &c, &s);
        text(packet, &c, &s, "GET /half/of/a/li");
    }
}

static void rtp(uint8_t *packet, uint64_t octets)
{
    uint8_t *p = packet + IP + UDP;
    uint32_t i = 0;

    memset(p, 0xd5, RTP_OCTETS);
    put_u32(p + 8, 0x1234abcd);
    for (uint64_t n = 0; n < octets && !failed; n += RTP_OCTETS, i++) {
        put_u32(p, 0x80000000u | (i & 0xffff));
        put_u32(p + 4, i * (RTP_OCTETS - 12));
        udp(packet, client, 5004, server, 5006, RTP_OCTETS);
    }
}

static void stream(uint8_t *packet, uint64_t octets, bool messages)
{
    struct side c = {client, 0xfffff000, 40000}, s = {server, 0x80000000, messages ? 3478 : 80};
    uint8_t *p = packet + IP + TCP;

    shake_hands(packet, &c, &s);
    if (!messages) {
        text(packet, &c, &s, "GET /large HTTP/1.1\r\nHost: example.com\r\n\r\n");
        text(packet, &s, &c, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    }
    memset(p, 'x', SEGMENT);
    for (uint64_t n = 0; n < octets && !failed; n += SEGMENT) {
        if (messages) /* one attribute that nobody has to know */
            put_u32(stun(p, 0x0011, (uint32_t)(n / SEGMENT), SEGMENT - 20),
                    0xc0010000u | (SEGMENT - 24));
        tcp(packet, &s, &c, PUSH | ACK, SEGMENT);
        if (n / SEGMENT % 8 == 7)
            tcp(packet, &c, &s, ACK, 0);
    }
}

int main(int argc, char **argv)
{
    static const uint8_t header[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0,   0, 0, 0,
                                       0,    0,    0,    0,    0, 0, 4, 0, 101, 0, 0, 0};
    static char buffer[1 << 20];
    uint8_t packet[2048];
    const char *what = argc > 1 ? argv[1] : "";
    uint64_t n = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;

    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    failed = fwrite(header, 1, sizeof header, stdout) != sizeof header;
    if (strcmp(what, "flows") == 0 && n && n <= UINT32_MAX)
        for (uint32_t i = 0; i < n && !failed; i++)
            flow(packet, i);
    else if (strcmp(what, "rtp") == 0 && n)
        rtp(packet, n);
    else if ((strcmp(what, "http") == 0 || strcmp(what, "stun") == 0) && n)
        stream(packet, n, *what == 's');
    else
        fprintf(stderr, "usage: gen_flood flows N | rtp OCTETS | http OCTETS | stun OCTETS\n");
    failed |= fflush(stdout) != 0;
    return failed || n == 0;
}
