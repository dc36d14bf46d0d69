/* harness/replay/engine_srtp.c - datagrams of SRTP on their way to being RTP. */
#include <stdlib.h>
#include "codecs/rtp/rtcp.h"
#include "codecs/rtp/rtp.h"
#include "harness/replay/engine_impl.h"

bool engine_part_srtp_init(struct part *p)
{
    struct engine *e = p->e;

    if (!e->o.n_srtp_keys)
        return true;
    for (unsigned i = 1; i <= registry_n; i++)
        for (unsigned rtcp = 0; rtcp < 2; rtcp++)
            if (engine_codec(i) == (rtcp ? &rtcp_codec : &rtp_codec))
                e->rtp_is[rtcp] = (uint8_t)i;
    p->srtp = srtpdec_new(e->o.srtp_keys, e->o.n_srtp_keys);
    return p->srtp != NULL;
}

static void tell(struct part *p, const struct window *w, struct share *s, const struct packet *k,
                 const struct srtpdec_out *out, bool refused)
{
    if (out->rtcp)
        engine_part_problem(p, w, s, k,
                            refused ? "SRTCP of SSRC %x is not authentic: its tag does not fit"
                                    : "RTCP of SSRC %x is authentic under no SRTP key given",
                            out->ssrc, 0);
    else
        engine_part_problem(
            p, w, s, k,
            refused ? "SRTP of SSRC %x, sequence number %u, is not authentic: its tag does not fit"
                    : "RTP of SSRC %x, sequence number %u, is authentic under no SRTP key given",
            out->ssrc, out->sequence);
}

/* What was opened stands in a copy until the window is done with. */
static bool keep(struct share *s, struct packet *k, struct span octets)
{
    struct aside *a = share_aside(s, octets.n);

    if (!a)
        return false;
    k->p = octets.n ? memcpy(a->octets, octets.p, octets.n) : a->octets;
    k->n = (uint32_t)octets.n;
    return true;
}

bool engine_part_srtp(struct part *p, const struct window *w, struct share *s, struct packet *k)
{
    struct srtpdec_in in = {.octets = {k->p, k->n}, .missing = k->missing};
    struct srtpdec_out out;

    if (k->flags & PACKET_QUOTED || !rtp_is_either(in.octets))
        return false;
    packet_addrs(k, &in.from, &in.to);
    enum srtpdec_got got = srtpdec_open(p->srtp, &in, &out);
    if (out.tell)
        tell(p, w, s, k, &out, got == SRTPDEC_REFUSED);
    if (got == SRTPDEC_PASSED)
        return false;
    k->protocol = 0;
    if (got == SRTPDEC_REFUSED)
        return true;
    if (got == SRTPDEC_HEADER) {
        k->missing += k->n - (uint32_t)out.octets.n;
        k->n = (uint32_t)out.octets.n;
    } else if (!keep(s, k, out.octets)) {
        p->failed = true;
        return true;
    }
    k->path = (uint16_t)(k->path + ENGINE_SRTP);
    k->protocol = p->e->rtp_is[out.rtcp];
    engine_part_known(p, k, k->protocol);
    return true;
}
