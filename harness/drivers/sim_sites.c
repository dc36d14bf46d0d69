/* harness/drivers/sim_sites.c - sites of the simulated network: which way a packet goes through routers and NATs, and
 * what their links do to it. */
#include <stdlib.h>
#include "harness/drivers/sim_impl.h"

struct sim_site {
    struct sim_site *outer, *next;
    struct nat *nat;       /* NULL: a router alone */
    struct impair link[2]; /* into it, out of it */
    bool cut;
};

/* ---- making ---- */

static size_t count(const struct sim *s)
{
    size_t n = 0;
    for (const struct sim_site *v = s->sites; v; v = v->next)
        n++;
    return n;
}

struct sim_site *sim_site_new(struct driver *d, const struct nat_spec *nat, struct sim_site *outer)
{
    struct sim *s = (struct sim *)d;
    size_t n = count(s);
    struct sim_site *v = n < SIM_SITES ? calloc(1, sizeof *v) : NULL;

    if (!v)
        return NULL;
    if (nat) {
        struct nat_spec spec = *nat;
        if (!spec.outside[0].family)
            spec.outside[0] = (struct addr){.family = 4, .ip = {203, 0, 113, (uint8_t)(n + 1)}};
        v->nat = nat_new(&spec, n + 1);
        if (!v->nat) {
            free(v);
            return NULL;
        }
    }
    for (size_t i = 0; i < 2; i++)
        impair_init(&v->link[i], &(struct impair_spec){0}, n * 2 + i + 1);
    v->outer = outer;
    v->next = s->sites;
    s->sites = v;
    return v;
}

void sim_sites_free(struct sim *s)
{
    for (struct sim_site *v = s->sites, *next; v; v = next) {
        next = v->next;
        nat_free(v->nat);
        free(v);
    }
    s->sites = NULL;
}

void sim_behind(struct party *p, struct sim_site *site)
{
    ((struct host *)p->transport)->site = site;
}

struct impair_spec *sim_site_link(struct sim_site *site, bool out)
{
    return &site->link[out].spec;
}

void sim_site_cut(struct sim_site *site, bool cut)
{
    site->cut = cut;
}

void sim_site_rebind(struct sim_site *site)
{
    if (site->nat)
        nat_rebind(site->nat);
}

struct addr sim_site_outside(const struct sim_site *site)
{
    return site->nat ? nat_spec_of(site->nat)->outside[0] : (struct addr){0};
}

/* ---- the way ---- */

/* The NAT whose inside this is; NULL: the network itself. */
static struct sim_site *realm_of(struct sim_site *v)
{
    while (v && !v->nat)
        v = v->outer;
    return v;
}

static void hop(struct sim_path *path, struct sim_site *site, bool out)
{
    if (path->n < SIM_HOPS) {
        path->hops[path->n].site = site;
        path->hops[path->n++].out = out;
    }
}

static bool is_within(const struct sim_site *v, const struct sim_site *of)
{
    while (v && v != of)
        v = v->outer;
    return v == of;
}

/* From one place to another of the same realm, or into a NAT of it: up to what is common, and down. */
static void walk(struct sim_path *path, struct sim_site *from, struct sim_site *to)
{
    struct sim_site *down[SIM_HOPS];
    size_t n = 0;

    while (!is_within(to, from)) {
        hop(path, from, true);
        from = from->outer;
    }
    for (; to != from && n < SIM_HOPS; to = to->outer)
        down[n++] = to;
    while (n > 0)
        hop(path, down[--n], false);
}

static bool has_addr(const struct host *h, const struct addr *a)
{
    return sim_same_ip(&h->ip4, a) || sim_same_ip(&h->ip6, a) || sim_same_ip(&h->second, a);
}

static struct host *host_in(struct sim *s, const struct sim_site *realm, const struct addr *a)
{
    for (struct host *h = s->hosts; h; h = h->next)
        if (has_addr(h, a) && realm_of(h->site) == realm)
            return h;
    return NULL;
}

/* The NAT that has the address on its outside, which is in `realm`. */
static struct sim_site *nat_with(struct sim *s, const struct sim_site *realm, const struct addr *a)
{
    for (struct sim_site *v = s->sites; v; v = v->next)
        if (v->nat && realm_of(v->outer) == realm && nat_is_outside(v->nat, a))
            return v;
    return NULL;
}

/* Into the NAT `d`, from outside it; false: it drops the packet. */
static bool go_in(struct sim *s, struct sim_path *path, struct sim_site *d, bool udp)
{
    struct addr inside;

    if (!nat_in(d->nat, udp, &path->dst, &path->src, s->d.now_us, &inside))
        return false;
    path->dst = inside;
    return true;
}

/* Back from the NAT's outside to where it came from. */
static bool turn_around(struct sim *s, struct sim_path *path, const struct sim_site *n, bool udp,
                        const struct addr *mapped)
{
    struct addr inside;
    uint8_t how = nat_spec_of(n->nat)->hairpin;

    if (how == NAT_HAIRPIN_NONE || !nat_in(n->nat, udp, &path->dst, mapped, s->d.now_us, &inside))
        return false;
    path->dst = inside;
    if (how == NAT_HAIRPIN_EXTERNAL)
        path->src = *mapped;
    return true;
}

void sim_route(struct sim *s, const struct host *from, bool udp, const struct addr *src,
               const struct addr *dst, struct sim_path *out)
{
    struct sim_site *at = from->site, *n;
    struct addr mapped;

    *out = (struct sim_path){.src = *src, .dst = *dst};
    for (int steps = 0; steps < SIM_HOPS; steps++) {
        struct sim_site *realm = realm_of(at);
        if ((out->host = host_in(s, realm, &out->dst)) != NULL) {
            walk(out, at, out->host->site);
            return;
        }
        if ((n = nat_with(s, realm, &out->dst)) != NULL) {
            walk(out, at, n);
            out->dropped = !go_in(s, out, n, udp);
            at = n;
        } else if (!realm) {
            return; /* nobody has the address */
        } else if (!nat_out(realm->nat, udp, &out->src, &out->dst, s->d.now_us, &mapped)) {
            out->dropped = true;
        } else if (nat_is_outside(realm->nat, &out->dst)) {
            out->dropped = !turn_around(s, out, realm, udp, &mapped);
            walk(out, at, realm);
            at = realm;
        } else {
            walk(out, at, realm);
            hop(out, realm, true);
            out->src = mapped;
            at = realm->outer;
        }
        if (out->dropped)
            return;
    }
}

/* ---- links ---- */

uint64_t sim_path_delay(const struct sim_path *path)
{
    uint64_t us = 0;
    for (size_t i = 0; i < path->n; i++)
        us += path->hops[i].site->link[path->hops[i].out].spec.delay_us;
    return us;
}

bool sim_path_cut(const struct sim_path *path)
{
    bool cut = false;
    for (size_t i = 0; i < path->n; i++)
        cut |= path->hops[i].site->cut;
    return cut;
}

/* Octets of IP and UDP around a datagram. */
static size_t around(const struct sim_path *path)
{
    return path->dst.family == 6 ? 48 : 28;
}

/* One datagram over one link, at `at`: when it leaves goes into `to`; returns how many copies. */
static size_t over(struct impair *link, uint64_t at, size_t packet, struct span data, uint64_t *to,
                   size_t room)
{
    uint32_t mtu = link->spec.mtu;
    size_t payload = mtu > 28 ? (mtu - 20) & ~(size_t)7 : 0, n = 0;
    uint64_t last = 0;

    if (!mtu || packet <= mtu) {
        struct impair_fate f = impair_datagram(link, at, packet, 0);
        if (f.loss != IMPAIR_KEPT)
            return 0;
        impair_corrupt(&f, (uint8_t *)(uintptr_t)data.p, data.n);
        for (size_t i = 0; i < 1u + f.doubled && n < room; i++)
            to[n++] = f.at_us[i];
        return n;
    }
    for (size_t left = packet - 20; left > 0 && payload; left -= left < payload ? left : payload) {
        size_t part = left < payload ? left : payload;
        struct impair_fate f = impair_datagram(link, at, part + 20, 0);
        if (f.loss != IMPAIR_KEPT)
            return 0; /* and so the datagram */
        last = f.at_us[0] > last ? f.at_us[0] : last;
    }
    to[n++] = last;
    return payload ? n : 0;
}

void sim_cross(const struct sim_path *path, uint64_t at_us, struct span data, bool dont_fragment,
               struct sim_fate *fate)
{
    size_t packet = data.n + around(path);

    *fate = (struct sim_fate){.at_us = {at_us}, .n = 1};
    for (size_t i = 0; i < path->n && fate->n; i++) {
        struct sim_site *v = path->hops[i].site;
        struct impair *link = &v->link[path->hops[i].out];
        uint64_t next[COUNT(fate->at_us)];
        size_t n = 0;
        if (v->cut) {
            fate->n = 0;
            return;
        }
        if (link->spec.mtu && packet > link->spec.mtu && dont_fragment) {
            fate->n = 0;
            fate->mtu = link->spec.mtu;
            return;
        }
        for (size_t k = 0; k < fate->n; k++)
            n += over(link, fate->at_us[k], packet, data, next + n, COUNT(next) - n);
        memcpy(fate->at_us, next, n * sizeof next[0]);
        fate->n = n;
    }
}
