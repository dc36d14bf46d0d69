/* harness/replay/engine_tcp.c - segments of TCP: connections, and which protocol each carries, by its first octets.
 *
 * flow->dir[side].stream is the place of whoever puts the octets of a direction in order. */
#include "harness/replay/engine_impl.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

static void recognise(struct part *p, struct flow *f, const struct packet *k)
{
    unsigned sure, side = (k->flags & PACKET_SWAPPED) != 0;
    unsigned protocol = engine_guess(k, true, &sure);

    if (protocol && sure >= ENGINE_SURE) {
        f->known[0] = (uint8_t)protocol;
        p->sums[protocol].connections++;
        p->recognised++;
        return;
    }
    f->followed[side]++;
    if (f->followed[0] >= ENGINE_STREAM_LOOKS && f->followed[1] >= ENGINE_STREAM_LOOKS)
        f->bits |= FLOW_LOOKED;
}

void engine_part_segment(struct part *p, struct window *w, struct share *s, const struct packet *k)
{
    const uint8_t *head = k->p - k->head;
    uint8_t flags = head[13];
    uint64_t before = p->flows.made;
    struct flow *f = flows_of(&p->flows, k);
    unsigned side = (k->flags & PACKET_SWAPPED) != 0;

    (void)w;
    (void)s;
    if ((flags & (SYN | ACK)) == SYN && (f->bits & FLOW_OVER)) /* the 4-tuple again */
        flows_renew(&p->flows, f);
    p->connections += p->flows.made - before;
    if (flags & (FIN | RST))
        f->bits |= FLOW_OVER;
    if (k->n == 0)
        return;
    if (!(f->bits & FLOW_DATA)) {
        f->bits |= FLOW_DATA;
        p->with_data++;
    }
    if (!f->known[0] && !(f->bits & FLOW_LOOKED) && f->followed[side] < ENGINE_STREAM_LOOKS)
        recognise(p, f, k);
}
