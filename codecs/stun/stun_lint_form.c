/* codecs/stun/stun_lint_form.c - header, FINGERPRINT and addresses: what a message shows of how it was
 * made, where another reading of the octets tells what went wrong. */
#include "codecs/stun/stun_table.h"

/* ---- header ---- */

/* Without the cookie in its place a message may be one of RFC 3489, whose transaction id is chance: it
 * has the cookie elsewhere, or its octets turned round, once in 2^30 messages. */
static void lint_cookie(const struct stun_msg *m, struct findings *fs)
{
    const uint8_t *head = m->wire.p;

    if (m->cookie == __builtin_bswap32(STUN_COOKIE))
        stun_broke(fs, m, "RFC8489:5#3", MUST, "the magic cookie's octets are in reverse order",
                   head + 4, 4, 0);
    if (m->cls == STUN_SUCCESS || m->cls == STUN_ERROR)
        return; /* its id is the request's */
    for (size_t at = 8; at + 4 <= STUN_HEADER; at += 4)
        if (get_u32(head + at) == STUN_COOKIE)
            stun_broke(fs, m, "RFC8489:5#a10", STMT, "the magic cookie stands at octet %u, not 4",
                       head + at, 4, at);
}

void stun_lint_header(const struct stun_msg *m, struct findings *fs)
{
    enum { METHOD_LAST = 0x0ff }; /* that the registry has room for: RFC8489:18.2 */

    if (m->classic)
        lint_cookie(m, fs);
    if (m->classic || m->cls > STUN_INDICATION) /* a response has the method of its request */
        return;
    if (m->method == 0 || m->method == STUN_SHARED_SECRET)
        stun_broke(fs, m, "RFC8489:18.2#a1", STMT, "method %u is reserved", m->wire.p, 2,
                   m->method);
    else if (m->method > METHOD_LAST)
        stun_broke(fs, m, "RFC8489:6.1#2b", STMT, "method %x, which no document can define",
                   m->wire.p, 2, m->method);
}

/* ---- FINGERPRINT ---- */

/* CRC-32C without its inversions, four bits at a time. */
static uint32_t crc32c(struct span s)
{
    static const uint32_t step[16] = {0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
                                      0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
                                      0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
                                      0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    uint32_t crc = ~0u;

    for (size_t i = 0; i < s.n; i++) {
        crc = step[(crc ^ s.p[i]) & 15] ^ crc >> 4;
        crc = step[(crc ^ s.p[i] >> 4) & 15] ^ crc >> 4;
    }
    return crc;
}

/* The polynomial of V.42 with the highest bit of each octet first, from `crc` on. */
static uint32_t crc32_high_first(uint32_t crc, struct span s)
{
    static const uint32_t step[16] = {0x00000000, 0x04c11db7, 0x09823b6e, 0x0d4326d9,
                                      0x130476dc, 0x17c56b6b, 0x1a864db2, 0x1e475005,
                                      0x2608edb8, 0x22c9f00f, 0x2f8ad6d6, 0x2b4bcb61,
                                      0x350c9b64, 0x31cd86d3, 0x3c8ea00a, 0x384fbdbd};

    for (size_t i = 0; i < s.n; i++) {
        crc = step[crc >> 28 ^ s.p[i] >> 4] ^ crc << 4;
        crc = step[crc >> 28 ^ (s.p[i] & 15)] ^ crc << 4;
    }
    return crc;
}

/* Whether the value is another 32-bit check of the same octets: CRC-32C with or without its last inversion,
 * that of V.42 in either order of bits with one of its two inversions, or both, left out. */
static bool other_crc(struct span covered, uint32_t got)
{
    const uint32_t others[] = {
        crc32c(covered),       crc32_high_first(~0u, covered), crc32_high_first(0, covered),
        crc32_add(0, covered), crc32_add(~0u, covered), /* from a register of zero, not of ones */
    };

    for (size_t i = 0; i < COUNT(others); i++)
        if (got == others[i] || got == ~others[i])
            return true;
    return false;
}

/* The CRC up to `at`, over a header with another length and, from `from` to `to`, zeros. */
static uint32_t crc_with(const struct stun_msg *m, size_t at, size_t length, size_t from, size_t to)
{
    static const uint8_t zeros[32];
    uint8_t n[2];

    put_u16(n, (uint16_t)length);
    uint32_t crc = crc32_add(0, span_cut(m->wire, 0, 2));
    crc = crc32_add(crc, (struct span){n, 2});
    crc = crc32_add(crc, span_cut(m->wire, 4, from));
    for (size_t left = to - from; left > 0; left -= left < sizeof zeros ? left : sizeof zeros)
        crc = crc32_add(crc, (struct span){zeros, left < sizeof zeros ? left : sizeof zeros});
    return crc32_add(crc, span_cut(m->wire, to, at));
}

/* Whether it was computed before the integrity attribute at `integrity` (0: none) had its value. */
static bool before_integrity(const struct stun_msg *m, size_t at, size_t integrity, uint32_t got)
{
    size_t from = integrity + 4, to = from + get_u16(m->wire.p + integrity + 2);
    return integrity && to <= at && got == crc_with(m, at, m->length, from, to);
}

void stun_lint_fingerprint(const struct stun_msg *m, struct findings *fs)
{
    const uint8_t *value = m->wire.p + m->at_fingerprint + 4;
    size_t at = m->at_fingerprint;
    uint32_t got = get_u32(value) ^ STUN_FINGERPRINT_XOR;

    if (got == crc_with(m, at, at - STUN_HEADER, at, at))
        stun_broke(fs, m, "RFC8489:14.7#a4", STMT,
                   "FINGERPRINT fits a message length of %u, which does not count it", value, 4,
                   at - STUN_HEADER);
    else if (before_integrity(m, at, m->at_integrity, got) ||
             before_integrity(m, at, m->at_integrity256, got))
        stun_broke(fs, m, "RFC8489:14.7#a5", STMT,
                   "FINGERPRINT fits an integrity attribute that is all zero yet", value, 4, 0);
    else if (other_crc(span_cut(m->wire, 0, at), got))
        stun_broke(fs, m, "RFC8489:14.7#a3", STMT, "FINGERPRINT is another CRC than that of V.42",
                   value, 4, 0);
    else
        stun_broke(fs, m, "RFC8489:14.7#a1", STMT, "FINGERPRINT does not fit the message", value, 4,
                   0);
}

/* ---- addresses ---- */

static bool all_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (p[i] != 0)
            return false;
    return true;
}

/* A port of zero, no address, or one of a group: nobody can be asked there. */
static void lint_alternate(const struct stun_msg *m, const struct stun_attr *a, struct findings *fs)
{
    const struct addr *at = &a->v.addr;
    size_t n = at->family == 4 ? 4 : 16;
    bool group = at->family == 4 ? at->ip[0] >= 224 && at->ip[0] < 240 : at->ip[0] == 0xff;

    if (at->port == 0 || group || all_zero(at->ip, n))
        stun_broke(fs, m, "RFC8489:14.15#a1", STMT, "no server can be reached at this address",
                   a->p + 4, a->length, 0);
}

/* What the two addresses of one client say of how they were written: 192.0.2.1 in one and its octets
 * turned round, or masked otherwise, in the other. A plain difference shows nothing, since a NAT may
 * have rewritten MAPPED-ADDRESS. */
static void lint_masking(const struct stun_msg *m, const struct stun_attr *a,
                         const struct stun_attr *plain, struct findings *fs)
{
    const uint8_t *raw = a->p + 4, *mapped = plain->p + 4;
    bool four = a->v.addr.family == 4;
    size_t n = four ? 4 : 16;
    uint16_t port = plain->v.addr.port, got = a->v.addr.port;
    bool same = memcmp(a->v.addr.ip, plain->v.addr.ip, n) == 0;

    if (!same && memcmp(raw + 4, mapped + 4, n) == 0)
        stun_broke(fs, m, four ? "RFC8489:14.2#a4" : "RFC8489:14.2#a5", STMT,
                   "the address is that in MAPPED-ADDRESS, not masked", raw + 4, n, 0);
    else if (!same && !four && (get_u32(raw + 4) ^ get_u32(mapped + 4)) == STUN_COOKIE &&
             memcmp(raw + 8, mapped + 8, 12) == 0)
        stun_broke(fs, m, "RFC8489:14.2#a5", STMT,
                   "the address is masked by the cookie alone, not by the transaction id", raw + 8,
                   12, 0);
    else if (!same && (get_u32(raw + 4) ^ get_u32(mapped + 4)) == __builtin_bswap32(STUN_COOKIE))
        stun_broke(fs, m, "RFC8489:14.2#a6", STMT,
                   "the address is masked by the cookie in reverse order", raw + 4, 4, 0);
    if (same && got != port && get_u16(raw + 2) == port)
        stun_broke(fs, m, "RFC8489:14.2#a3", STMT, "port %u is not masked", raw + 2, 2, port);
    else if (same && got != port && got == __builtin_bswap16(port))
        stun_broke(fs, m, "RFC8489:14.1#a2", STMT,
                   "port %u is that of XOR-MAPPED-ADDRESS in reverse order", mapped + 2, 2, port);
}

void stun_lint_addresses(const struct stun_msg *m, struct findings *fs)
{
    const struct stun_attr *masked = stun_find(m, STUN_XOR_MAPPED_ADDRESS);
    const struct stun_attr *plain = stun_find(m, STUN_MAPPED_ADDRESS);

    for (size_t i = 0; i < m->n_attrs; i++)
        if (m->attrs[i].type == STUN_ALTERNATE_SERVER && m->attrs[i].kind == STUN_ADDR)
            lint_alternate(m, &m->attrs[i], fs);
    if (masked && masked->kind == STUN_XOR_ADDR && plain && plain->kind == STUN_ADDR &&
        plain->v.addr.family == masked->v.addr.family && m->cls == STUN_SUCCESS)
        lint_masking(m, masked, plain, fs);
}
