/* harness/replay/srtpdec.c - streams of SRTP, each with a session of libsrtp that has its one stream. */
#include <stdalign.h>
#include <stdlib.h>
#include "codecs/rtp/rtcp.h"
#include "codecs/rtp/rtp.h"
#include "harness/replay/srtpdec_impl.h"

enum {
    REACH = 16, /* places in which a stream may stand */
    WINDOW =
        1024, /* packets of which the library knows whether they came: late ones take the long way */
    AHEAD = 2, /* rollover counters beyond a stream's own that are tried */
    MEDIAN = 1 << 15,
};

struct stream {
    struct addr from, to;
    uint32_t ssrc;
    bool used, rtcp;
    bool claimed;                  /* a key names its SSRC or an end of it */
    const struct srtpdec_key *key; /* under which packets were authentic; NULL: none yet */
    srtp_t session;                /* the same */
    uint64_t index;                /* the highest that was authentic, RFC 3711 section 3.3.1 */
    uint64_t fails, all_fails;     /* in a row; in all */
    struct codec_memo memo;        /* of a stream without key: whether packets are in sequence */
    unsigned followed;
    bool doubted;  /* that it lacks a key was told */
    uint64_t seen; /* by d->clock */
};
struct srtpdec {
    const struct libsrtp *lib;
    const struct srtpdec_key *keys;
    size_t n;
    srtp_t
        idle; /* Debian's libsrtp sets NSS up with the first session and takes it down with the last: slow */
    struct stream *v; /* SRTPDEC_STREAMS */
    uint64_t clock;
    struct srtpdec_counts counts;
    alignas(16) uint8_t buf[SRTPDEC_PACKET_MAX];
};

/* ---- the library ---- */

static void set_policy(const struct libsrtp *lib, size_t at, srtp_crypto_policy_t *p)
{
    void (*set)(srtp_crypto_policy_t *);

    memcpy(&set, (const char *)lib + at, sizeof set);
    set(p);
}

static srtp_t session_of(const struct libsrtp *lib, const struct srtpdec_key *k, uint32_t ssrc,
                         bool clear)
{
    const struct srtpdec_suite *suite = &srtpdec_suites[k->suite];
    struct srtpdec_key own = *k; /* the library takes no const */
    srtp_master_key_t master = {own.key, own.mki, own.n_mki}, *masters[] = {&master};
    srtp_policy_t p = {.ssrc = {ssrc_specific, ssrc}, .window_size = WINDOW};
    srtp_t s = NULL;

    set_policy(lib, suite->rtp, &p.rtp);
    set_policy(lib, suite->rtcp, &p.rtcp);
    if (k->clear)
        p.rtp.sec_serv = sec_serv_auth;
    if (clear)
        p.rtcp.sec_serv = sec_serv_auth;
    if (own.n_mki) {
        p.keys = masters;
        p.num_master_keys = 1;
    } else {
        p.key = own.key;
    }
    return lib->srtp_create(&s, &p) == srtp_err_status_ok ? s : NULL;
}

const char *srtpdec_library(void)
{
    const char *why;

    libsrtp(&why);
    return why;
}

struct srtpdec *srtpdec_new(const struct srtpdec_key *keys, size_t n)
{
    const char *why;
    const struct libsrtp *lib = libsrtp(&why);
    struct srtpdec *d = lib ? aligned_alloc(16, (sizeof *d + 15) & ~(size_t)15) : NULL;

    if (!d)
        return NULL;
    memset(d, 0, sizeof *d);
    d->lib = lib;
    d->keys = keys;
    d->n = n;
    d->v = calloc(SRTPDEC_STREAMS, sizeof *d->v);
    d->idle = n ? session_of(lib, &keys[0], 0, false) : NULL;
    if (d->v && (d->idle || !n))
        return d;
    srtpdec_free(d);
    return NULL;
}

static void forget(const struct srtpdec *d, struct stream *s)
{
    if (s->session)
        d->lib->srtp_dealloc(s->session);
    *s = (struct stream){0};
}

void srtpdec_reset(struct srtpdec *d)
{
    for (size_t i = 0; i < SRTPDEC_STREAMS; i++)
        forget(d, &d->v[i]);
    d->clock = 0;
    d->counts = (struct srtpdec_counts){0};
}

void srtpdec_free(struct srtpdec *d)
{
    if (!d)
        return;
    if (d->v)
        srtpdec_reset(d);
    if (d->idle)
        d->lib->srtp_dealloc(d->idle);
    free(d->v);
    free(d);
}

void srtpdec_counts(const struct srtpdec *d, struct srtpdec_counts *c)
{
    *c = d->counts;
}

/* Try to open a packet; the octets stand in d->buf, `n` of them, where it says ok. */
static srtp_err_status_t attempt(struct srtpdec *d, srtp_t session, const struct srtpdec_key *k,
                                 const struct stream *s, struct span octets, size_t *n)
{
    int size = (int)octets.n;
    memcpy(d->buf, octets.p, octets.n);
    srtp_err_status_t got = s->rtcp
                                ? d->lib->srtp_unprotect_rtcp_mki(session, d->buf, &size, k->n_mki)
                                : d->lib->srtp_unprotect_mki(session, d->buf, &size, k->n_mki);
    *n = got == srtp_err_status_ok && size > 0 ? (size_t)size : 0;
    return got;
}

/* ---- rollover counters ---- */

/* The index of a sequence number that is nearest to the highest one, RFC 3711 section 3.3.1; there is none below 0. */
static uint64_t nearest(uint64_t index, uint16_t sequence)
{
    uint64_t guess = (index & ~(uint64_t)UINT16_MAX) | sequence;

    if (guess > index && guess - index > MEDIAN && guess > UINT16_MAX)
        return guess - (UINT16_MAX + 1);
    return index > guess && index - guess > MEDIAN ? guess + UINT16_MAX + 1 : guess;
}

struct rocs {
    uint32_t v[SRTPDEC_ROCS + AHEAD + 1];
    size_t n;
};
struct found { /* of a packet that was opened */
    uint32_t roc;
    size_t n; /* octets in d->buf */
};

/* The rollover counters that a packet may have under a key. */
static void rocs_of(const struct stream *s, const struct srtpdec_key *k, uint16_t sequence,
                    struct rocs *r)
{
    r->n = 0;
    if (s->key) {
        uint32_t roc = (uint32_t)(nearest(s->index, sequence) >> 16);
        for (uint32_t i = 0; i <= AHEAD; i++)
            r->v[r->n++] = roc + i;
    } else if (k->has_roc) {
        r->v[r->n++] = k->roc;
        return;
    }
    for (uint32_t i = 0; i < SRTPDEC_ROCS; i++)
        r->v[r->n++] = i;
}

/* A session in which the packet is authentic with one of the counters; NULL: there is none. SRTCP says in each packet
 * whether it is encrypted (RFC 3711 section 3.4), to the library it is the session that does: `clear`. */
static srtp_t enter_as(struct srtpdec *d, const struct stream *s, const struct srtpdec_key *k,
                       bool clear, struct span octets, const struct rocs *rocs, struct found *f)
{
    srtp_t session = session_of(d->lib, k, s->ssrc, clear);

    for (size_t i = 0; session && i < (s->rtcp ? 1 : rocs->n); i++) {
        /* to the library 0 is none, and a fresh session has it */
        if (!s->rtcp && (i > 0 || rocs->v[i] != 0))
            d->lib->srtp_set_stream_roc(session, s->ssrc, rocs->v[i]);
        if (attempt(d, session, k, s, octets, &f->n) == srtp_err_status_ok) {
            f->roc = rocs->v[i];
            return session;
        }
    }
    if (session)
        d->lib->srtp_dealloc(session);
    return NULL;
}

static srtp_t enter(struct srtpdec *d, const struct stream *s, const struct srtpdec_key *k,
                    struct span octets, const struct rocs *rocs, struct found *f)
{
    srtp_t session = enter_as(d, s, k, false, octets, rocs, f);

    return session || !s->rtcp ? session : enter_as(d, s, k, true, octets, rocs, f);
}

/* ---- streams ---- */

static bool at_end(const struct srtpdec_key *k, const struct addr *a, bool rtcp)
{
    struct addr above = k->end;

    above.port++;
    return addr_eq(&k->end, a) || (rtcp && addr_eq(&above, a));
}

static bool matches(const struct srtpdec_key *k, const struct srtpdec_in *in, uint32_t ssrc,
                    bool rtcp)
{
    return (!k->has_ssrc || k->ssrc == ssrc) &&
           (!k->has_end || at_end(k, &in->from, rtcp) || at_end(k, &in->to, rtcp));
}

static uint32_t hash(const struct srtpdec_in *in, uint32_t ssrc, bool rtcp)
{
    const struct addr *ends[] = {&in->from, &in->to};
    uint32_t h = fnv32(FNV_START + rtcp, (struct span){(const uint8_t *)&ssrc, sizeof ssrc});

    for (size_t i = 0; i < COUNT(ends); i++) {
        h = fnv32(h, (struct span){ends[i]->ip, ends[i]->family == 6 ? 16 : 4});
        h = fnv32(h, (struct span){(const uint8_t *)&ends[i]->port, sizeof ends[i]->port});
    }
    return h ^ h >> 15;
}

/* Whether `a` is to give way rather than `b`. */
static bool worse(const struct stream *a, const struct stream *b)
{
    if (!a->used || !b->used)
        return !a->used;
    if (!a->key != !b->key)
        return !a->key;
    return a->seen < b->seen;
}

static struct stream *stream_of(struct srtpdec *d, const struct srtpdec_in *in, uint32_t ssrc,
                                bool rtcp)
{
    uint32_t h = hash(in, ssrc, rtcp);
    struct stream *worst = NULL;

    d->clock++;
    for (uint32_t i = 0; i < REACH; i++) {
        struct stream *s = &d->v[(h + i) % SRTPDEC_STREAMS];
        if (s->used && s->ssrc == ssrc && s->rtcp == rtcp && addr_eq(&s->from, &in->from) &&
            addr_eq(&s->to, &in->to)) {
            s->seen = d->clock;
            return s;
        }
        if (!worst || worse(s, worst))
            worst = s;
    }
    d->counts.evicted += worst->used;
    forget(d, worst);
    *worst = (struct stream){
        .from = in->from, .to = in->to, .ssrc = ssrc, .used = true, .rtcp = rtcp, .seen = d->clock};
    for (size_t i = 0; i < d->n; i++)
        worst->claimed |=
            (d->keys[i].has_ssrc || d->keys[i].has_end) && matches(&d->keys[i], in, ssrc, rtcp);
    return worst;
}

/* ---- packets ---- */

static bool known_by_some(const struct srtpdec *d, const struct srtpdec_in *in, uint32_t ssrc,
                          bool rtcp)
{
    for (size_t i = 0; i < d->n; i++)
        if (matches(&d->keys[i], in, ssrc, rtcp))
            return true;
    return false;
}

/* Under the key that the stream has. */
static bool go_on(struct srtpdec *d, struct stream *s, struct span octets, struct srtpdec_out *out,
                  struct found *f)
{
    uint64_t index = nearest(s->index, out->sequence);
    srtp_err_status_t got = attempt(d, s->session, s->key, s, octets, &f->n);

    if (got == srtp_err_status_replay_fail || got == srtp_err_status_replay_old) {
        const struct rocs roc = {{(uint32_t)(index >> 16)}, 1};
        srtp_t aside = enter(d, s, s->key, octets, &roc, f);
        if (aside)
            d->lib->srtp_dealloc(aside);
        out->again = aside != NULL;
        return out->again;
    }
    if (got == srtp_err_status_ok && index > s->index)
        s->index = index;
    return got == srtp_err_status_ok;
}

/* Under any key and counter; the stream has that key from here on. */
static bool begin(struct srtpdec *d, struct stream *s, const struct srtpdec_in *in,
                  const struct srtpdec_out *out, struct found *f)
{
    for (size_t i = 0; i < d->n; i++) {
        const struct srtpdec_key *k = &d->keys[i];
        struct rocs rocs;
        if (!matches(k, in, s->ssrc, s->rtcp))
            continue;
        rocs_of(s, k, out->sequence, &rocs);
        srtp_t session = enter(d, s, k, in->octets, &rocs, f);
        if (!session)
            continue;
        if (s->session)
            d->lib->srtp_dealloc(s->session);
        s->session = session;
        s->key = k;
        s->index = (uint64_t)f->roc << 16 | out->sequence;
        return true;
    }
    return false;
}

/* Whether everything is worth trying, after so many packets in a row for which nothing helped. */
static bool worth(uint64_t fails)
{
    return fails < SRTPDEC_TRIES || (fails & (fails - 1)) == 0;
}

static enum srtpdec_got failed(struct srtpdec *d, struct stream *s, struct span octets,
                               struct srtpdec_out *out)
{
    s->fails++;
    s->all_fails++;
    if (s->key || s->claimed) {
        d->counts.failed++;
        out->tell = s->all_fails <= SRTPDEC_TOLD;
        return s->key ? SRTPDEC_REFUSED : SRTPDEC_PASSED;
    }
    if (!s->rtcp && rtp_follows(&s->memo, octets) < 0)
        s->followed = 0;
    s->followed += s->followed < SRTPDEC_DOUBT;
    if (s->followed == SRTPDEC_DOUBT) {
        d->counts.failed++;
        out->tell = !s->doubted;
        s->doubted = true;
    }
    return SRTPDEC_PASSED;
}

static enum srtpdec_got cut(const struct stream *s, const struct srtpdec_in *in,
                            struct srtpdec_out *out)
{
    size_t n = RTP_HEADER;

    if (!s->key || s->rtcp)
        return SRTPDEC_PASSED;
    n += 4 * (size_t)(in->octets.p[0] & 15);
    if (in->octets.p[0] & 0x10)
        n += n + 4 <= in->octets.n ? 4 + 4 * (size_t)get_u16(in->octets.p + n + 2) : 4;
    if (n > in->octets.n)
        return SRTPDEC_PASSED;
    out->octets = span_cut(in->octets, 0, n);
    return SRTPDEC_HEADER;
}

enum srtpdec_got srtpdec_open(struct srtpdec *d, const struct srtpdec_in *in,
                              struct srtpdec_out *out)
{
    bool rtcp = rtp_is_rtcp(in->octets);
    struct found f = {0, 0};

    *out = (struct srtpdec_out){.rtcp = rtcp};
    if (!rtp_is_either(in->octets) || in->octets.n < (rtcp ? 8 : RTP_HEADER) ||
        in->octets.n > SRTPDEC_PACKET_MAX)
        return SRTPDEC_PASSED;
    out->ssrc = get_u32(in->octets.p + (rtcp ? 4 : 8));
    out->sequence = rtcp ? 0 : get_u16(in->octets.p + 2);
    if (!known_by_some(d, in, out->ssrc, rtcp))
        return SRTPDEC_PASSED;
    struct stream *s = stream_of(d, in, out->ssrc, rtcp);
    if (in->missing)
        return cut(s, in, out);
    if (!(s->key && go_on(d, s, in->octets, out, &f)) &&
        !(worth(s->fails) && begin(d, s, in, out, &f)))
        return failed(d, s, in->octets, out);
    s->fails = 0;
    d->counts.opened++;
    d->counts.again += out->again;
    out->octets = (struct span){d->buf, f.n};
    return SRTPDEC_OPENED;
}
