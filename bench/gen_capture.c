/* bench/gen_capture.c - a capture of calls, always the same: what the figures of `decode`, `lint` and `streams`
 * are taken on (README.md).
 *
 *   gen_capture FILE [SCALE]
 *
 * pcap over Ethernet and IPv4. Each call: STUN binding requests and answers on both media ports, SIP (INVITE, 100,
 * 180, 200 with SDP, ACK, BYE, 200) between two servers, RTP both ways (PCMU, 20 ms, 172 octets), RTCP SR with
 * SDES every 2 s each way. Some 300 calls at a time; SCALE 1 makes 885 600 packets, 202 MB. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "codecs/base/base.h"
#include "codecs/base/digest.h"

enum {
    CALLS = 924,       /* at scale 1 */
    APART_US = 31000,  /* between the beginnings of two calls: 300 at a time */
    RTP_PACKETS = 462, /* a call and direction */
    STEP_US = 20000,
    PACKET_MAX = 1500,
    HEADERS = 42,
};

struct call {
    uint64_t start_us;
    uint32_t number, ssrc[2], stamp[2];
    uint16_t seq[2], port[2];
    uint8_t host[2];
};
static FILE *out;
static uint64_t n_rtp, n_rtcp, n_stun, n_sip, octets;

static uint64_t state = 0x1234567;
static uint32_t chance(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static void le32(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    p[2] = (uint8_t)(v >> 16);
    p[3] = (uint8_t)(v >> 24);
}

static uint32_t address(const struct call *c, unsigned side)
{
    return (side ? 0x0a020000u : 0x0a010000u) + c->host[side];
}

/* One UDP datagram; its payload stands at frame + HEADERS already. */
static void put(uint64_t at_us, uint8_t *frame, uint32_t src, uint16_t sport, uint32_t dst,
                uint16_t dport, size_t n)
{
    static const uint8_t ethernet[14] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};
    uint8_t record[16], *ip = frame + 14, *udp = ip + 20;
    uint32_t sum = 0;

    memcpy(frame, ethernet, sizeof ethernet);
    memset(ip, 0, 28);
    ip[0] = 0x45;
    put_u16(ip + 2, (uint16_t)(n + 28));
    ip[8] = 64;
    ip[9] = 17;
    put_u32(ip + 12, src);
    put_u32(ip + 16, dst);
    for (size_t i = 0; i < 20; i += 2)
        sum += get_u16(ip + i);
    put_u16(ip + 10, (uint16_t) ~(sum + (sum >> 16)));
    put_u16(udp, sport);
    put_u16(udp + 2, dport);
    put_u16(udp + 4, (uint16_t)(n + 8));
    le32(record, (uint32_t)(1700000000 + at_us / 1000000));
    le32(record + 4, (uint32_t)(at_us % 1000000));
    le32(record + 8, (uint32_t)(HEADERS + n));
    le32(record + 12, (uint32_t)(HEADERS + n));
    fwrite(record, 1, sizeof record, out);
    fwrite(frame, 1, HEADERS + n, out);
    octets += sizeof record + HEADERS + n;
}

static void rtp(struct call *c, unsigned side, uint64_t at)
{
    uint8_t frame[PACKET_MAX], *p = frame + HEADERS;

    p[0] = 0x80;
    p[1] = 0;
    put_u16(p + 2, c->seq[side]++);
    put_u32(p + 4, c->stamp[side]);
    put_u32(p + 8, c->ssrc[side]);
    c->stamp[side] += 160;
    for (size_t i = 0; i < 160; i += 4)
        put_u32(p + 12 + i, chance());
    put(at, frame, address(c, side), c->port[side], address(c, !side), c->port[!side], 172);
    n_rtp++;
}

static void rtcp(struct call *c, unsigned side, uint64_t at, uint32_t sent)
{
    uint8_t frame[PACKET_MAX];
    struct wr w = {frame + HEADERS, PACKET_MAX - HEADERS, 0, false};
    uint64_t s = 1700000000u + 2208988800u + at / 1000000;

    wr_u32(&w, 0x81c8000c); /* SR with a report block */
    wr_u32(&w, c->ssrc[side]);
    wr_u32(&w, (uint32_t)s);
    wr_u32(&w, (uint32_t)((at % 1000000 << 32) / 1000000));
    wr_u32(&w, c->stamp[side]);
    wr_u32(&w, sent);
    wr_u32(&w, sent * 160);
    wr_u32(&w, c->ssrc[!side]);
    wr_u32(&w, 0);
    wr_u32(&w, c->seq[!side]);
    wr_u32(&w, chance() % 40);
    wr_u32(&w, (uint32_t)s << 16);
    wr_u32(&w, 0x8000);
    wr_u32(&w, 0x81ca0006); /* SDES with a CNAME */
    wr_u32(&w, c->ssrc[side]);
    wr_u16(&w, 0x0110);
    char name[24];
    snprintf(name, sizeof name, "%08x@example", c->ssrc[side]);
    wr_put(&w, (struct span){(const uint8_t *)name, 16});
    wr_u16(&w, 0);
    put(at, frame, address(c, side), (uint16_t)(c->port[side] + 1), address(c, !side),
        (uint16_t)(c->port[!side] + 1), w.n);
    n_rtcp++;
}

static void stun(struct call *c, unsigned side, uint64_t at, bool answer, unsigned n)
{
    uint8_t frame[PACKET_MAX];
    struct wr w = {frame + HEADERS, PACKET_MAX - HEADERS, 0, false};

    wr_u16(&w, answer ? 0x0101 : 0x0001);
    wr_u16(&w, answer ? 20 : 24);
    wr_u32(&w, 0x2112a442);
    wr_u32(&w, c->number);
    wr_u32(&w, n * 2 + (answer ? !side : side));
    wr_u32(&w, 0x01020304);
    if (answer) {
        wr_u32(&w, 0x00200008); /* XOR-MAPPED-ADDRESS */
        wr_u16(&w, 1);
        wr_u16(&w, c->port[!side] ^ 0x2112);
        wr_u32(&w, address(c, !side) ^ 0x2112a442);
    } else {
        wr_u32(&w, 0x00240004); /* PRIORITY */
        wr_u32(&w, 0x6e0001ff);
        wr_u32(&w, 0x80290000 + 8 - 0); /* ICE-CONTROLLED, 8 octets */
        wr_u64(&w, (uint64_t)c->number << 8);
    }
    wr_u16(&w, 0x8028); /* FINGERPRINT */
    wr_u16(&w, 4);
    put_u16(frame + HEADERS + 2, (uint16_t)(w.n + 4 - 20));
    wr_u32(&w, crc32_add(0, (struct span){frame + HEADERS, w.n - 4}) ^ 0x5354554e);
    put(at, frame, address(c, side), c->port[side], address(c, !side), c->port[!side], w.n);
    n_stun++;
}

static void sip(struct call *c, unsigned side, uint64_t at, const char *first, const char *method,
                bool sdp)
{
    uint8_t frame[PACKET_MAX];
    char body[400] = "", text[PACKET_MAX - HEADERS];

    if (sdp)
        snprintf(
            body, sizeof body,
            "v=0\r\no=- %u 1 IN IP4 10.%u.0.%u\r\ns=-\r\nc=IN IP4 10.%u.0.%u\r\nt=0 0\r\n"
            "m=audio %u RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
            "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n",
            c->number, side + 1, c->host[side], side + 1, c->host[side], c->port[side]);
    int n = snprintf(text, sizeof text,
                     "%s\r\nVia: SIP/2.0/UDP 10.1.0.250:5060;branch=z9hG4bK%08x%s;rport\r\n"
                     "Max-Forwards: 70\r\nFrom: \"Alice %u\" <sip:alice%u@example.com>;tag=%08x\r\n"
                     "To: <sip:bob%u@example.net>;tag=%08x\r\nCall-ID: %08x%08x@10.1.0.250\r\n"
                     "CSeq: %u %s\r\nContact: <sip:alice%u@10.1.0.250:5060;transport=udp>\r\n"
                     "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE\r\n"
                     "User-Agent: gen_capture\r\n%sContent-Length: %zu\r\n\r\n%s",
                     first, c->number * 77, method, c->number, c->number, c->ssrc[0], c->number,
                     c->ssrc[1], c->ssrc[0], c->number, *method == 'B' ? 2u : 1u, method, c->number,
                     sdp ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
    memcpy(frame + HEADERS, text, (size_t)n);
    put(at, frame, side ? 0x0a0200fau : 0x0a0100fau, 5060, side ? 0x0a0100fau : 0x0a0200fau, 5060,
        (size_t)n);
    n_sip++;
}

enum { RING = 8, MEDIA = 12, END = MEDIA + RTP_PACKETS, REPORT = 54 };

/* What a call says in its `i`-th step of 20 ms. */
static void signalling(struct call *c, unsigned i, uint64_t at)
{
    if (i == 0)
        sip(c, 0, at, "INVITE sip:bob@example.net SIP/2.0", "INVITE", true);
    if (i == 1)
        sip(c, 1, at, "SIP/2.0 100 Trying", "INVITE", false);
    if (i == 2)
        sip(c, 1, at, "SIP/2.0 180 Ringing", "INVITE", false);
    if (i == RING)
        sip(c, 1, at, "SIP/2.0 200 OK", "INVITE", true);
    if (i == RING + 1)
        sip(c, 0, at, "ACK sip:bob@example.net SIP/2.0", "ACK", false);
    for (unsigned side = 0; side < 2 && (i == RING + 1 || i == RING + 3); side++)
        stun(c, side, at, false, i), stun(c, !side, at, true, i);
    if (i == END)
        sip(c, 0, at, "BYE sip:bob@example.net SIP/2.0", "BYE", false);
    if (i == END + 1)
        sip(c, 1, at, "SIP/2.0 200 OK", "BYE", false);
}

/* What one side of it sends then. */
static void media(struct call *c, unsigned side, unsigned i, uint64_t at)
{
    if (i < MEDIA || i >= END)
        return;
    rtp(c, side, at);
    if ((i - MEDIA) % REPORT == REPORT - 1 || i + 1 == END)
        rtcp(c, side, at, i - MEDIA + 1);
}

static struct call begin(uint32_t number)
{
    struct call c = {.number = number, .start_us = (uint64_t)number * APART_US};
    for (unsigned side = 0; side < 2; side++) {
        c.ssrc[side] = chance();
        c.stamp[side] = chance();
        c.seq[side] = (uint16_t)chance();
        c.host[side] = (uint8_t)(1 + (number * 7 + side) % 200);
        c.port[side] = (uint16_t)(16384 + number * 2 % 16000);
    }
    return c;
}

int main(int argc, char **argv)
{
    static const uint8_t header[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0,
                                       0,    0,    0,    0,    0, 0, 4, 0, 1, 0, 0, 0};
    static struct call active[1024];
    enum { STEPS = RTP_PACKETS + 16 };
    uint32_t calls = CALLS * (argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1), next = 0;
    size_t n = 0;

    if (argc < 2 || !(out = fopen(argv[1], "wb"))) {
        fprintf(stderr, "gen_capture: usage: gen_capture FILE [SCALE]\n");
        return 2;
    }
    fwrite(header, 1, sizeof header, out);
    for (uint64_t now = 0; next < calls || n; now += STEP_US) {
        while (next < calls && n < COUNT(active) && (uint64_t)next * APART_US <= now) {
            active[n] = begin(next++);
            active[n++].start_us = now;
        }
        for (size_t i = 0; i < 2 * n; i++) {
            struct call *c = &active[i % n];
            uint64_t at = now + i * STEP_US / (2 * n);
            unsigned at_step = (unsigned)((now - c->start_us) / STEP_US);
            if (i < n)
                signalling(c, at_step, at);
            media(c, i >= n, at_step, at);
        }
        for (size_t i = 0; i < n; i++)
            if ((now - active[i].start_us) / STEP_US == STEPS)
                active[i--] = active[--n];
    }
    bool whole = fflush(out) == 0 && fclose(out) == 0;
    printf("%llu packets, %llu octets: %llu RTP, %llu RTCP, %llu STUN, %llu SIP\n",
           n_rtp + n_rtcp + n_stun + n_sip + 0ULL, octets + 24ULL, (unsigned long long)n_rtp,
           (unsigned long long)n_rtcp, (unsigned long long)n_stun, (unsigned long long)n_sip);
    return whole ? 0 : 1;
}
