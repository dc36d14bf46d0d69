/* fuzz/targets/srtp_packets.c - packets of SRTP under a key, sealed here by OpenSSL's ciphers, damaged, or any octets.
 * Input: an octet of settings, then steps: what it is, how far its index goes on, how many octets, the octets.
 *
 * What is opened was sealed and comes out as it was; what was sealed, in reach of those before it and behind fewer than
 * SRTPDEC_TRIES of its source in a row that were not, is opened, also when it comes again; nothing else is. */
#include "codecs/rtp/rtp.h"
#include "fuzz/engine/target.h"
#include "harness/tests/srtp_seal.h"

enum {
    SSRCS = 4,
    BODY = 255,
    KEEP = 32,
    REACH = 30000
}; /* REACH: below half of the sequence numbers */

struct packet {
    uint8_t plain[12 + BODY], octets[SEAL_ROOM];
    size_t n_plain, n;
    uint64_t index;
    unsigned ssrc;
    bool rtcp, opened, again; /* again: it was opened once */
};
struct world {
    struct srtpdec *d;
    struct srtpdec_key key;
    struct packet kept[KEEP]; /* the last that were sealed */
    size_t n_kept;
    uint64_t index[SSRCS];
    uint32_t rtcp_index[SSRCS];
    uint64_t top[SSRCS]; /* the highest that was opened; 0: none, or there was one out of reach */
    unsigned fails[2][SSRCS]; /* of RTP and RTCP: how many in a row were not opened */
};

static bool reached(const struct world *w, const struct packet *p)
{
    uint64_t top = w->top[p->ssrc];
    return p->rtcp || (top && p->index + REACH > top && p->index < top + REACH);
}

/* Whether any key may be tried for what comes next of a source. */
static bool tried(const struct world *w, const struct packet *p)
{
    return w->fails[p->rtcp][p->ssrc] < SRTPDEC_TRIES;
}

static void tally(struct world *w, struct span s, bool opened)
{
    bool rtcp = rtp_is_rtcp(s);
    uint32_t ssrc = s.n < (rtcp ? 8 : 12) ? SSRCS : get_u32(s.p + (rtcp ? 4 : 8));

    if (ssrc < SSRCS)
        w->fails[rtcp][ssrc] = opened ? 0 : w->fails[rtcp][ssrc] + 1;
}

/* A stream may be met anew from here on, and then nobody knows what came before. */
static void lose(struct world *w, unsigned ssrc)
{
    w->top[ssrc] = 0;
    for (size_t i = 0; i < KEEP; i++)
        w->kept[i].again &= w->kept[i].rtcp || w->kept[i].ssrc != ssrc;
}

/* Give octets; `of`: the sealed packet that they are, NULL: they are none. */
static void give(struct world *w, struct span s, size_t missing, struct packet *of)
{
    const struct addr a = {.family = 4, .ip = {1}, .port = 10};
    struct fence f = fence_copy(s.p, s.n);
    struct srtpdec_in in = {a, a, fence_span(&f), missing};
    struct srtpdec_out out;
    enum srtpdec_got got = srtpdec_open(w->d, &in, &out);

    tally(w, in.octets, got == SRTPDEC_OPENED);
    if (got == SRTPDEC_OPENED) {
        require(of && !missing, "what nobody sealed is opened");
        if (!of)
            return; /* require has not come back */
        require(span_eq(out.octets, (struct span){of->plain, of->n_plain}), "it comes out changed");
        require(!out.again || of->again || of->rtcp || !reached(w, of), "it did not come before");
        require(out.again || !of->again, "it came before, and that is not said");
        of->again = true;
        of->opened = true;
    }
    if (of && !of->rtcp) {
        uint64_t *top = &w->top[of->ssrc];
        if (got != SRTPDEC_OPENED || (*top && !reached(w, of)))
            lose(w, of->ssrc);
        else if (of->index > *top)
            *top = of->index;
    }
    if (got == SRTPDEC_HEADER)
        require(out.octets.n >= 12 && out.octets.n <= s.n, "a header is longer than its packet");
    fence_free(&f);
}

static struct packet *make(struct world *w, uint8_t op, uint8_t step, struct span body)
{
    struct packet *p = &w->kept[w->n_kept++ % KEEP];
    struct wr o = {p->plain, sizeof p->plain, 0, false};

    *p = (struct packet){.ssrc = op >> 4 & 3, .rtcp = op & 0x40};
    if (p->rtcp) {
        p->index = w->rtcp_index[p->ssrc] += step + 1u;
        wr_u32(&o, (uint32_t)(0x80c90000u | body.n / 4));
        wr_u32(&o, p->ssrc);
    } else {
        uint64_t far = op & 0x80 ? step * 37u : step;
        p->index = w->index[p->ssrc] += far + 1;
        wr_u16(&o, 0x8060);
        wr_u16(&o, (uint16_t)p->index);
        wr_u32(&o, 7);
        wr_u32(&o, p->ssrc);
    }
    wr_put(&o, body);
    p->n_plain = o.n;
    p->n = p->rtcp ? seal_rtcp(w->key.suite, w->key.key, wr_span(&o), (uint32_t)p->index,
                               (struct span){NULL, 0}, p->octets)
                   : seal_rtp(w->key.suite, w->key.key, wr_span(&o), 12, (uint32_t)(p->index >> 16),
                              (struct span){NULL, 0}, p->octets);
    require(p->n > p->n_plain, "OpenSSL does not seal");
    return p;
}

static void step(struct world *w, uint8_t op, uint8_t by, struct span s)
{
    uint8_t changed[SEAL_ROOM];
    struct packet *p = w->n_kept ? &w->kept[by % (w->n_kept < KEEP ? w->n_kept : KEEP)] : NULL;

    switch (op & 7) {
    case 0:
        give(w, s, op & 8 ? by : 0, NULL);
        break;
    case 1: /* one of those that were, with an octet changed, or cut */
        if (!p)
            break;
        memcpy(changed, p->octets, p->n);
        if (op & 8) {
            give(w, (struct span){changed, s.n % p->n}, p->n - s.n % p->n, NULL);
        } else if (s.n) {
            changed[s.p[0] % p->n] ^= (uint8_t)(s.n > 1 && s.p[1] ? s.p[1] : 1);
            give(w, (struct span){changed, p->n}, 0, NULL);
        }
        break;
    case 2: /* one of those that were, again */
        if (!p || !p->opened || !reached(w, p))
            break;
        p->opened = false;
        give(w, (struct span){p->octets, p->n}, 0, p);
        require(p->opened, "what was opened is not opened again");
        break;
    default:
        p = make(w, op, by, s);
        bool must = reached(w, p) && tried(w, p);
        if (op & 8)
            break; /* it is lost on its way */
        give(w, (struct span){p->octets, p->n}, 0, p);
        require(p->opened || !must, "what was sealed is not opened");
    }
}

static void one(const uint8_t *p, size_t n)
{
    static struct world w;
    struct srtpdec *d = w.d;
    struct rd r = rd_of((struct span){p, n});
    uint8_t setting = 0, op, by, len;
    struct span s;

    rd_u8(&r, &setting);
    memset(&w, 0, sizeof w);
    w.key.suite = setting % COUNT(seal_suites);
    for (size_t i = 0; i < SRTPDEC_KEY_MAX; i++)
        w.key.key[i] = (uint8_t)(i * 11 + 5);
    for (unsigned i = 0; i < SSRCS; i++) /* near a wrap, and beyond some */
        w.index[i] = 65500 + ((uint64_t)(setting >> 4) << 16);
    w.d = d ? d : srtpdec_new(&w.key, 1);
    require(w.d, "no memory");
    srtpdec_reset(w.d);
    while (rd_u8(&r, &op) && rd_u8(&r, &by) && rd_u8(&r, &len) &&
           rd_take(&r, len < rd_left(&r) ? len : rd_left(&r), &s))
        step(&w, op, by, s);
}

#if ADDRESS_SANITIZER
/* Debian's libsrtp2 is made on NSS, which keeps 72 octets when its last session has ended, whatever came in. */
const char *__lsan_default_suppressions(void); /* NOLINT(bugprone-reserved-identifier,cert-dcl*) */
const char *__lsan_default_suppressions(void)  /* NOLINT(bugprone-reserved-identifier,cert-dcl*) */
{
    return "leak:libnss3.so\n";
}
#endif

const struct target srtp_packets_target = {
    .name = "srtp_packets", .one = one, .max_len = 400, .weight = 1, .dict = NULL};
