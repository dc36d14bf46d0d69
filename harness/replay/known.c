/* harness/replay/known.c - protocols without a codec, told by their first octets. */
#include "harness/replay/known.h"
#include "codecs/stun/stun.h"

static bool begins(struct span in, const char *s)
{
    size_t n = strlen(s);
    return in.n >= n && memcmp(in.p, s, n) == 0;
}

static bool port(uint16_t want, uint16_t sport, uint16_t dport)
{
    return sport == want || dport == want;
}

/* The first line, without its end; all there is where it does not end within 2048 octets. */
static struct span line(struct span in)
{
    struct span s = span_cut(in, 0, 2048);
    const uint8_t *end = s.n ? memchr(s.p, '\n', s.n) : NULL;
    if (end)
        s.n = (size_t)(end - s.p);
    return s.n && s.p[s.n - 1] == '\r' ? span_cut(s, 0, s.n - 1) : s;
}

static bool ends(struct span s, const char *with)
{
    size_t n = strlen(with);
    return s.n >= n && memcmp(s.p + s.n - n, with, n) == 0;
}

/* ---- SIP: RFC 3261 section 7: a status line, or a request line that ends in the version ---- */

static unsigned sip(struct span in, uint16_t sport, uint16_t dport)
{
    size_t i = 0;
    (void)sport;
    (void)dport;
    while (i + 2 <= in.n && in.p[i] == '\r' && in.p[i + 1] == '\n') /* section 7.5 */
        i += 2;
    in = span_cut(in, i, in.n);
    if (begins(in, "SIP/2.0 "))
        return 95;
    if (in.n == 0 || in.p[0] < 'A' || in.p[0] > 'Z')
        return 0;
    return ends(line(in), " SIP/2.0") ? 95 : 0;
}

/* ---- RTMP: Adobe's specification, section 5.2: a version, a time, four octets that are 0, chance ---- */

static unsigned rtmp(struct span in, uint16_t sport, uint16_t dport)
{
    enum { PLAIN = 3, BLOCK = 1 + 1536 };
    bool zero = in.n >= 9 && get_u32(in.p + 5) == 0;

    if (in.n < 9 || in.p[0] != PLAIN)
        return 0;
    if (port(1935, sport, dport))
        return 90;
    return in.n >= BLOCK ? (zero ? 80 : 60) : zero && in.n >= 512 ? 60 : 0;
}

/* ---- DNS: RFC 1035 section 4.1: a header whose counts and first name fit ---- */

enum dns_name { DNS_BAD, DNS_CUT, DNS_NAME };

/* RFC 1035 section 3.1, 4.1.4: labels of up to 63 octets, to a root or a pointer, but to itself; CUT: `in` ends within it. */
static enum dns_name dns_name(struct span in, size_t *at)
{
    for (size_t length = 0; *at < in.n && length < 255;) {
        size_t label = in.p[*at];
        if (label == 0) {
            ++*at;
            return DNS_NAME;
        }
        if (label >= 0xc0) {
            if (*at + 2 > in.n)
                return DNS_CUT;
            bool other = (get_u16(in.p + *at) & 0x3fffu) != *at;
            *at += 2;
            return other ? DNS_NAME : DNS_BAD;
        }
        if (label > 63)
            return DNS_BAD;
        *at += label + 1;
        length += label + 1;
    }
    return *at >= in.n ? DNS_CUT : DNS_BAD;
}

static unsigned dns(struct span in, uint16_t sport, uint16_t dport)
{
    enum { HEADER = 12, RECORD = 11, QUESTION = 5, PLAIN = 512 };
    bool hint = port(53, sport, dport) || port(5353, sport, dport) || port(5355, sport, dport);
    size_t at = HEADER;

    if (in.n < HEADER)
        return 0;
    unsigned opcode = in.p[2] >> 3 & 15, questions = get_u16(in.p + 4), answers = get_u16(in.p + 6);
    unsigned records = answers + get_u16(in.p + 8) + get_u16(in.p + 10);
    if (opcode > 6 || opcode == 3) /* QUERY, IQUERY, STATUS, NOTIFY, UPDATE, DSO */
        return 0;
    if (hint) { /* a capture may have cut it: what is there has to fit, and the counts a plain datagram */
        size_t room = (in.n < PLAIN ? PLAIN : in.n) - HEADER;
        bool fits = (size_t)questions * QUESTION + (size_t)records * RECORD <= room;
        bool named = in.n == HEADER || dns_name(in, &at) != DNS_BAD;
        return fits && named ? 70 : 0;
    }
    /* elsewhere: one question of class IN, no reserved bit, no more records than there can be octets for */
    if (opcode == 6 || (in.p[3] & 0x40) || questions != 1 || records > in.n / RECORD ||
        (!(in.p[2] & 0x80) && answers))
        return 0;
    if (dns_name(in, &at) != DNS_NAME || at + 4 > in.n)
        return 0;
    unsigned type = get_u16(in.p + at), class = get_u16(in.p + at + 2) & 0x7fffu;
    return type && type < 300 && (class == 1 || class == 255) ? 60 : 0;
}

static unsigned dns_stream(struct span in, uint16_t sport, uint16_t dport)
{
    if (in.n < 14 || get_u16(in.p) < 12 ||
        (!port(53, sport, dport) && 2 + (size_t)get_u16(in.p) > in.n))
        return 0;
    return dns(span_cut(in, 2, 2 + (size_t)get_u16(in.p)), sport, dport);
}

/* ---- XMPP: RFC 6120 section 4.2, RFC 7395 stands in WebSocket ---- */

static unsigned xmpp(struct span in, uint16_t sport, uint16_t dport)
{
    static const char *const names[] = {"http://etherx.jabber.org/streams", "jabber:"};
    struct span s = span_cut(in, 0, 1024);

    while (s.n && (s.p[0] == ' ' || s.p[0] == '\n' || s.p[0] == '\r' || s.p[0] == '\t'))
        s = span_cut(s, 1, s.n);
    if (begins(s, "<stream:stream"))
        return 90;
    if (!begins(s, "<?xml"))
        return 0;
    for (size_t i = 0; i < COUNT(names); i++)
        if (memmem(s.p, s.n, names[i], strlen(names[i])))
            return 90;
    return port(5222, sport, dport) || port(5269, sport, dport) ? 70 : 0;
}

/* ---- TLS: RFC 8446 section 5.1; DTLS: RFC 6347 section 4.1, RFC 9147 section 4 ---- */

static unsigned tls(struct span in, uint16_t sport, uint16_t dport)
{
    (void)sport;
    (void)dport;
    if (in.n < 6 || in.p[0] != 22 || in.p[1] != 3 || in.p[2] > 4)
        return 0;
    unsigned length = get_u16(in.p + 3);
    return length >= 4 && length <= 16384 + 256 && (in.p[5] == 1 || in.p[5] == 2) ? 90 : 0;
}

static unsigned dtls(struct span in, uint16_t sport, uint16_t dport)
{
    (void)sport;
    (void)dport;
    if (in.n < 13 || in.p[0] < 20 || in.p[0] > 26 ||
        (get_u16(in.p + 1) != 0xfeff && get_u16(in.p + 1) != 0xfefd && get_u16(in.p + 1) != 0x0100))
        return 0;
    return 13 + (size_t)get_u16(in.p + 11) <= in.n ? 90 : 55;
}

/* ---- ChannelData in datagrams: RFC 8656 section 12.4, with padding or without; numbers up to 0x7fff are of RFC 5766
 * section 11 ---- */

static unsigned channel_data(struct span in, uint16_t sport, uint16_t dport)
{
    (void)sport;
    (void)dport;
    if (in.n < 4 || in.p[0] >> 6 != 1)
        return 0;
    size_t length = get_u16(in.p + 2);
    return in.n == 4 + length || in.n == 4 + (length + 3) / 4 * 4 ? 55 : 0;
}

const struct known known_protocols[] = {
    {"sip", sip, sip, NULL},
    {"rtmp", NULL, rtmp, NULL},
    {"dns", dns, dns_stream, NULL},
    {"xmpp", NULL, xmpp, NULL},
    {"dtls", dtls, NULL, NULL},
    {"tls", NULL, tls, NULL},
    {"channeldata", channel_data, NULL, &stun_codec},
};
const size_t known_protocols_n = COUNT(known_protocols);
