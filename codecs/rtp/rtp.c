/* codecs/rtp/rtp.c - RTP data packets: octets to view, findings, guessing. */
#include "codecs/rtp/rtp.h"

static void broke(struct findings *fs, const struct rtp_packet *r, const char *clause,
                  enum level level, const char *what, const uint8_t *at, size_t len, uint64_t arg)
{
    finding_add(fs, (struct finding){.clause = clause,
                                     .what = what,
                                     .level = level,
                                     .off = (uint64_t)(at - r->p),
                                     .len = len,
                                     .arg = {arg, 0}});
}

/* ---- elements ---- */

enum rtp_elements rtp_elements_of(const struct rtp_packet *r)
{
    if (!r->has_ext)
        return RTP_ELEMENTS_NONE;
    if (r->profile == RTP_PROFILE_ONE_BYTE)
        return RTP_ELEMENTS_ONE;
    return (r->profile & 0xfff0) == RTP_PROFILE_TWO_BYTE ? RTP_ELEMENTS_TWO : RTP_ELEMENTS_NONE;
}

bool rtp_next_one_byte(struct rd *r, struct rtp_element *e)
{
    struct rd at = *r;
    uint8_t head;

    if (!rd_u8(&at, &head))
        return false;
    e->id = head >> 4;
    e->length = head & 15;
    /* RFC8285:4.1.2#5, 4.2#4: what follows is not looked at */
    size_t n = e->id == RTP_ELEMENT_STOP || (e->id == 0 && e->length) ? rd_left(&at)
               : e->id == 0                                           ? 0
                                                                      : e->length + 1u;
    if (!rd_take(&at, n, &e->data))
        return false;
    *r = at;
    return true;
}

bool rtp_next_two_byte(struct rd *r, struct rtp_element *e)
{
    struct rd at = *r;

    if (!rd_u8(&at, &e->id))
        return false;
    e->length = 0;
    e->data = (struct span){at.p + at.pos, 0};
    if (e->id != 0 && (!rd_u8(&at, &e->length) || !rd_take(&at, e->length, &e->data)))
        return false;
    *r = at;
    return true;
}

bool rtp_find_element(const struct rtp_packet *r, uint8_t id, struct rtp_element *e)
{
    enum rtp_elements form = rtp_elements_of(r);
    struct rd rd = rd_of(r->ext);

    if (id == 0 || form == RTP_ELEMENTS_NONE ||
        (form == RTP_ELEMENTS_ONE && id >= RTP_ELEMENT_STOP))
        return false;
    while (form == RTP_ELEMENTS_ONE ? rtp_next_one_byte(&rd, e) : rtp_next_two_byte(&rd, e))
        if (e->id == id)
            return true;
    return false;
}

/* Of the one-byte form alone: 0xbede is nobody else's, while values from 0x1000 on may well be, and whether
 * they are elements only signalling says. */
static void check_elements(const struct rtp_packet *r, struct findings *fs)
{
    struct rd rd = rd_of(r->ext);
    struct rtp_element e;

    if (rtp_elements_of(r) != RTP_ELEMENTS_ONE)
        return;
    while (rtp_next_one_byte(&rd, &e))
        if (e.id == 0 && e.length)
            broke(fs, r, "RFC8285:4.1.2#4", MUST, "an element with id 0 has a length, %u",
                  e.data.p - 1, 1, e.length);
    if (rd_left(&rd))
        broke(fs, r, "RFC8285:4.2#a1", STMT, "an element of %u octets runs past the extension",
              rd.p + rd.pos, 1, (rd.p[rd.pos] & 15) + 1u);
}

/* ---- decoding ---- */

/* Padding at the end of what follows the header: RFC3550:5.1. */
static size_t padding(struct rtp_packet *r, struct span in, size_t at, struct findings *fs)
{
    size_t left = in.n - at, n = left ? in.p[in.n - 1] : 0;

    if (n > 0 && n <= left)
        return n;
    if (left == 0)
        broke(fs, r, "RFC3550:5.1#a5", STMT, "P is set, and nothing follows the header", r->p, 1,
              0);
    else
        broke(fs, r, "RFC3550:5.1#a6", STMT, "padding of %u octets does not fit behind the header",
              in.p + in.n - 1, 1, n);
    return 0;
}

enum step rtp_decode(struct span in, struct rtp_packet *r, struct findings *fs)
{
    if (in.n && in.p[0] >> 6 != RTP_VERSION)
        return STEP_FAIL;
    if (in.n < RTP_HEADER)
        return STEP_MORE;
    if (rtp_decode_header(in, r)) {
        if (r->has_ext)
            check_elements(r, fs);
        return STEP_ITEM;
    }
    size_t at = RTP_HEADER, left = in.n - RTP_HEADER;
    *r = (struct rtp_packet){
        .p = in.p,
        .timestamp = get_u32(in.p + 4),
        .ssrc = get_u32(in.p + 8),
        .sequence = get_u16(in.p + 2),
        .version = RTP_VERSION,
        .cc = in.p[0] & 15,
        .payload_type = in.p[1] & 0x7f,
        .marker = in.p[1] >> 7,
        .padding = in.p[0] >> 5 & 1,
        .extension = in.p[0] >> 4 & 1,
    };
    bool whole = 4u * r->cc <= left;
    r->csrc = span_cut(in, at, at + (whole ? 4u * r->cc : left & ~(size_t)3));
    at += r->csrc.n;
    left = in.n - at;
    if (!whole)
        broke(fs, r, "RFC3550:5.1#a3", STMT, "CC is %u, more identifiers than there are", r->p, 1,
              r->cc);
    else if (r->extension && left < 4)
        broke(fs, r, "RFC3550:5.1#1", MUST, "X is set, and %u octets are left for the extension",
              in.p + at, left, left);
    else if (r->extension && 4 * (size_t)get_u16(in.p + at + 2) > left - 4)
        broke(fs, r, "RFC3550:5.3.1#a2", STMT, "extension of %u words runs past the packet",
              in.p + at + 2, 2, get_u16(in.p + at + 2));
    else if (r->extension) {
        r->has_ext = true;
        r->profile = get_u16(in.p + at);
        r->ext_length = get_u16(in.p + at + 2);
        r->ext = span_cut(in, at + 4, at + 4 + 4 * (size_t)r->ext_length);
        at += 4 + r->ext.n;
        check_elements(r, fs);
    }
    if (r->padding && whole && r->extension == r->has_ext)
        r->pad_count = (uint8_t)padding(r, in, at, fs);
    r->payload = span_cut(in, at, in.n - r->pad_count);
    return STEP_ITEM;
}

void rtp_lint(const struct rtp_packet *r, struct findings *fs)
{
    struct rd rd = rd_of(r->ext);
    struct rtp_element e;

    if (rtp_elements_of(r) != RTP_ELEMENTS_ONE)
        return;
    while (rtp_next_one_byte(&rd, &e))
        if (e.id == RTP_ELEMENT_STOP)
            broke(fs, r, "RFC8285:4.2#3", MUST, "an element with the reserved id %u",
                  rd.p + rd.n - e.data.n - 1, 1, e.id);
}

unsigned rtp_guess(struct span in, uint16_t port)
{
    struct rtp_packet r;

    if (!rtp_decode_header(in, &r) || rtp_is_rtcp(in))
        return 0;
    return port && port < 1024 ? 1 : RTP_GUESS;
}

int rtp_follows(struct codec_memo *memo, struct span in)
{
    enum { SEEN = 1u << 16, DROPOUT = 3000, MISORDER = 100 }; /* RFC3550:A.1 */
    uint16_t seq = get_u16(in.p + 2);
    uint32_t ssrc = get_u32(in.p + 8);

    if (!(memo->v[1] & SEEN)) {
        *memo = (struct codec_memo){{ssrc, SEEN | seq}};
        return 0;
    }
    if (memo->v[0] != ssrc)
        return -1;
    uint16_t ahead = (uint16_t)(seq - memo->v[1]);
    if (ahead == 0 || ahead > UINT16_MAX - MISORDER)
        return 0;
    if (ahead > DROPOUT)
        return -1;
    memo->v[1] = SEEN | seq;
    return 1;
}
