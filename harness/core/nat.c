/* harness/core/nat.c - mappings and filters of RFC 4787, in hashed chains. */
#include "harness/core/nat.h"
#include <stdlib.h>

enum { BUCKETS = 4096, SECOND = 1000000, TRIES = 64 };

struct mapping {
    struct mapping *in_next, *out_next; /* by external endpoint, by internal one */
    struct mapping *free_next;
    struct remote *remotes;
    struct addr inside, outside;
    struct addr to; /* the remote as far as mappings go by it; family 0: not at all */
    uint64_t until_us;
    bool udp, used;
};
struct remote { /* an endpoint that something was sent to through a mapping */
    struct remote *next;
    struct addr at;
    uint64_t until_us;
};
struct nat {
    struct nat_spec spec;
    uint64_t rng[2];
    struct mapping *by_outside[BUCKETS], *by_inside[BUCKETS];
    struct mapping *spare;
    struct remote *spare_remotes;
    struct mapping mappings[NAT_MAPPINGS];
    struct remote remotes[NAT_REMOTES];
};

static const struct name by_v[] = {
    {NAT_ENDPOINT_INDEPENDENT, "endpoint-independent"},
    {NAT_ADDRESS_DEPENDENT, "address-dependent"},
    {NAT_ADDRESS_AND_PORT_DEPENDENT, "address-and-port-dependent"},
};
static const struct name ports_v[] = {{NAT_PORTS_ANY, "any"},
                                      {NAT_PORTS_PRESERVED, "preserved"},
                                      {NAT_PORTS_OVERLOADED, "overloaded"}};
static const struct name hairpin_v[] = {{NAT_HAIRPIN_NONE, "none"},
                                        {NAT_HAIRPIN_EXTERNAL, "external"},
                                        {NAT_HAIRPIN_INTERNAL, "internal"}};
const struct names nat_by_names = {by_v, COUNT(by_v)};
const struct names nat_ports_names = {ports_v, COUNT(ports_v)};
const struct names nat_hairpin_names = {hairpin_v, COUNT(hairpin_v)};

#define S(m, k)                                                                                    \
    {                                                                                              \
        .name = #m, FIELD(struct nat_spec, m, k)                                                   \
    }
#define E(m)                                                                                       \
    {                                                                                              \
        .name = #m, FIELD(struct nat_spec, m, F_ENUM), .names = &nat_##m##_names                   \
    }
static const struct field fields[] = {
    {.name = "mapping", FIELD(struct nat_spec, mapping, F_ENUM), .names = &nat_by_names},
    {.name = "filtering", FIELD(struct nat_spec, filtering, F_ENUM), .names = &nat_by_names},
    E(ports),
    E(hairpin),
    S(parity, F_BOOL),
    S(arbitrary, F_BOOL),
    S(refresh_in, F_BOOL),
    S(no_refresh_out, F_BOOL),
    S(timeout_us, F_UINT),
    S(port_first, F_UINT),
    S(port_last, F_UINT),
    {.name = "outside", FIELD(struct nat_spec, outside[0], F_ADDR)},
    {.name = "outside2", FIELD(struct nat_spec, outside[1], F_ADDR)},
};
const struct desc nat_spec_desc = {"nat", sizeof(struct nat_spec), FIELDS(fields), .next = NULL};

/* ---- making ---- */

struct nat *nat_new(const struct nat_spec *spec, uint64_t seed)
{
    struct nat *n = spec->outside[0].family ? calloc(1, sizeof *n) : NULL;

    if (!n)
        return NULL;
    n->spec = *spec;
    n->spec.timeout_us = spec->timeout_us ? spec->timeout_us : (uint64_t)NAT_TIMEOUT_S * SECOND;
    n->spec.port_first = spec->port_first ? spec->port_first : 1024;
    n->spec.port_last = spec->port_last ? spec->port_last : 65535;
    rng_seed(n->rng, seed);
    nat_rebind(n);
    return n;
}

void nat_free(struct nat *n)
{
    free(n);
}

const struct nat_spec *nat_spec_of(const struct nat *n)
{
    return &n->spec;
}

void nat_rebind(struct nat *n)
{
    memset(n->by_outside, 0, sizeof n->by_outside);
    memset(n->by_inside, 0, sizeof n->by_inside);
    n->spare = NULL;
    n->spare_remotes = NULL;
    for (size_t i = NAT_MAPPINGS; i-- > 0;) {
        n->mappings[i] = (struct mapping){.free_next = n->spare};
        n->spare = &n->mappings[i];
    }
    for (size_t i = NAT_REMOTES; i-- > 0;) {
        n->remotes[i].next = n->spare_remotes;
        n->spare_remotes = &n->remotes[i];
    }
}

/* ---- looking up ---- */

static bool same_ip(const struct addr *a, const struct addr *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, a->family == 6 ? 16 : 4) == 0;
}

static size_t bucket(const struct addr *a, bool udp)
{
    uint32_t h = a->port * 2654435761u + udp;
    for (size_t i = 0; i < (a->family == 6 ? 16u : 4u); i++)
        h = h * 31 + a->ip[i];
    return (h ^ h >> 16) % BUCKETS;
}

bool nat_is_outside(const struct nat *n, const struct addr *a)
{
    for (size_t i = 0; i < NAT_OUTSIDE; i++)
        if (n->spec.outside[i].family && same_ip(&n->spec.outside[i], a))
            return true;
    return false;
}

/* What of a remote endpoint counts for `by`. */
static struct addr part(const struct addr *to, uint8_t by)
{
    struct addr a = {0};

    if (by == NAT_ENDPOINT_INDEPENDENT)
        return a;
    a = *to;
    if (by == NAT_ADDRESS_DEPENDENT)
        a.port = 0;
    return a;
}

static void unlink_from(struct mapping **at, const struct mapping *m, bool in)
{
    while (*at != m)
        at = in ? &(*at)->in_next : &(*at)->out_next;
    *at = in ? m->in_next : m->out_next;
}

static void drop(struct nat *n, struct mapping *m)
{
    unlink_from(&n->by_outside[bucket(&m->outside, m->udp)], m, true);
    unlink_from(&n->by_inside[bucket(&m->inside, m->udp)], m, false);
    while (m->remotes) {
        struct remote *r = m->remotes;
        m->remotes = r->next;
        r->next = n->spare_remotes;
        n->spare_remotes = r;
    }
    *m = (struct mapping){.free_next = n->spare};
    n->spare = m;
}

static struct mapping *find_out(struct nat *n, bool udp, const struct addr *inside,
                                const struct addr *to, uint64_t now_us)
{
    struct addr want = part(to, n->spec.mapping);

    for (struct mapping *m = n->by_inside[bucket(inside, udp)], *next; m; m = next) {
        next = m->out_next;
        if (m->until_us <= now_us)
            drop(n, m);
        else if (m->udp == udp && addr_eq(&m->inside, inside) && addr_eq(&m->to, &want))
            return m;
    }
    return NULL;
}

static bool is_taken(struct nat *n, bool udp, const struct addr *outside, uint64_t now_us)
{
    for (struct mapping *m = n->by_outside[bucket(outside, udp)], *next; m; m = next) {
        next = m->in_next;
        if (m->until_us <= now_us)
            drop(n, m);
        else if (m->udp == udp && addr_eq(&m->outside, outside))
            return true;
    }
    return false;
}

/* ---- choosing ---- */

/* The external address for a host: one for all its mappings (paired), unless `arbitrary`. */
static struct addr choose_address(struct nat *n, const struct addr *inside)
{
    size_t have = 0;
    uint32_t h = 0;

    while (have < NAT_OUTSIDE && n->spec.outside[have].family)
        have++;
    for (size_t i = 0; i < (inside->family == 6 ? 16u : 4u); i++)
        h = h * 31 + inside->ip[i];
    return n->spec.outside[n->spec.arbitrary ? rng_next(n->rng) % have : h % have];
}

/* A free external endpoint for `inside`; false: none was found. */
static bool choose(struct nat *n, bool udp, const struct addr *inside, uint64_t now_us,
                   struct addr *out)
{
    uint32_t span = n->spec.port_last - n->spec.port_first + 1;

    *out = choose_address(n, inside);
    out->port = inside->port;
    if (n->spec.ports == NAT_PORTS_OVERLOADED)
        return true;
    if (n->spec.ports == NAT_PORTS_PRESERVED && !is_taken(n, udp, out, now_us))
        return true;
    for (int i = 0; i < TRIES; i++) {
        out->port = (uint16_t)(n->spec.port_first + rng_next(n->rng) % span);
        if (n->spec.parity && (out->port ^ inside->port) & 1)
            out->port ^= 1;
        if (out->port && !is_taken(n, udp, out, now_us))
            return true;
    }
    return false;
}

static struct mapping *make(struct nat *n, bool udp, const struct addr *inside,
                            const struct addr *to, uint64_t now_us)
{
    struct addr outside;
    struct mapping *m = n->spare;

    for (size_t i = 0; !m && i < NAT_MAPPINGS; i++) /* what is over and nobody has looked at */
        if (n->mappings[i].until_us <= now_us) {
            drop(n, &n->mappings[i]);
            m = n->spare;
        }
    if (!m || !choose(n, udp, inside, now_us, &outside))
        return NULL;
    m = n->spare;
    n->spare = m->free_next;
    *m = (struct mapping){.inside = *inside,
                          .outside = outside,
                          .to = part(to, n->spec.mapping),
                          .until_us = now_us + n->spec.timeout_us,
                          .udp = udp,
                          .used = true};
    size_t in = bucket(&outside, udp), out = bucket(inside, udp);
    m->in_next = n->by_outside[in];
    n->by_outside[in] = m;
    m->out_next = n->by_inside[out];
    n->by_inside[out] = m;
    return m;
}

/* ---- packets ---- */

/* Remember that something went to `to`, for the filter; false: there is no room. */
static bool open_filter(struct nat *n, struct mapping *m, const struct addr *to, uint64_t now_us)
{
    struct addr want = part(to, n->spec.filtering);
    struct remote *r = m->remotes;

    if (n->spec.filtering == NAT_ENDPOINT_INDEPENDENT)
        return true;
    while (r && !addr_eq(&r->at, &want))
        r = r->next;
    if (!r) {
        r = n->spare_remotes;
        if (!r)
            return false;
        n->spare_remotes = r->next;
        *r = (struct remote){.next = m->remotes, .at = want};
        m->remotes = r;
    }
    r->until_us = now_us + n->spec.timeout_us;
    return true;
}

static bool passes(struct nat *n, const struct mapping *m, const struct addr *from, uint64_t now_us)
{
    struct addr want = part(from, n->spec.filtering);

    if (n->spec.filtering == NAT_ENDPOINT_INDEPENDENT)
        return true;
    for (const struct remote *r = m->remotes; r; r = r->next)
        if (addr_eq(&r->at, &want) && r->until_us > now_us)
            return true;
    return false;
}

bool nat_out(struct nat *n, bool udp, const struct addr *inside, const struct addr *to,
             uint64_t now_us, struct addr *outside)
{
    struct mapping *m = find_out(n, udp, inside, to, now_us);
    bool fresh = !m;

    if (!m)
        m = make(n, udp, inside, to, now_us);
    if (!m || !open_filter(n, m, to, now_us))
        return false;
    if (fresh || !n->spec.no_refresh_out)
        m->until_us = now_us + n->spec.timeout_us;
    *outside = m->outside;
    return true;
}

bool nat_in(struct nat *n, bool udp, const struct addr *outside, const struct addr *from,
            uint64_t now_us, struct addr *inside)
{
    for (struct mapping *m = n->by_outside[bucket(outside, udp)], *next; m; m = next) {
        next = m->in_next;
        if (m->until_us <= now_us) {
            drop(n, m);
            continue;
        }
        if (m->udp != udp || !addr_eq(&m->outside, outside) || !passes(n, m, from, now_us))
            continue;
        if (n->spec.refresh_in)
            m->until_us = now_us + n->spec.timeout_us;
        *inside = m->inside;
        return true;
    }
    return false;
}

size_t nat_held(const struct nat *n, uint64_t now_us)
{
    size_t held = 0;

    for (size_t i = 0; i < NAT_MAPPINGS; i++)
        held += n->mappings[i].used && n->mappings[i].until_us > now_us;
    return held;
}
