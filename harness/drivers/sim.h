/* harness/drivers/sim.h - any number of parties on a simulated network in virtual time. Same
 * parties, same seed: same run, octet for octet. Every party is a host of its own with an IPv4 and
 * an IPv6 address (10.0.0.N and fd00::N, N counting from 1, unless party_spec.host says otherwise),
 * and a further one where party_spec.second says so: bindings to any address do not take that. */
#ifndef HARNESS_DRIVERS_SIM_H
#define HARNESS_DRIVERS_SIM_H
#include "harness/core/impair.h"
#include "harness/core/nat.h"
#include "harness/core/stack.h"

enum {
    SIM_PORT_FIRST = 49152,      /* ports that the simulator chooses */
    SIM_STEPS_AT_ONCE = 1000000, /* inputs at one instant; more is a loop: driver error */
    SIM_CONNECT_US = 20000000,   /* a connection to a host that is not there times out */
    SIM_EVENTS_MAX = 1 << 20,    /* what is on its way at once; more is a driver error */
    SIM_DELAY_US = 1000,         /* of the network, at the start */
};
/* NULL: no memory. The network starts with a delay of 1 ms and nothing else. */
struct driver *sim_new(uint64_t seed, struct capture *capture);
/* What the network does to each datagram; to be changed at will. Streams have delay and segments
 * only; an mtu holds for datagrams with dont_fragment set, others are fragmented. */
struct impair_spec *sim_network(struct driver *d);
/* How many datagrams it has lost, doubled, reordered or corrupted so far; links of sites apart. */
uint64_t sim_disturbed(const struct driver *d);
/* A record of the simulated zone, from which OUT_RESOLVE is answered: an address of a name, or an
 * SRV record (RFC2782) of a service's name such as "_stun._udp.example.org". Several of one name are
 * answered in the order in which they were added; case does not matter in names. What they point
 * to is copied. False: no memory. */
bool sim_name(struct driver *d, const char *name, const struct addr *a);
bool sim_service(struct driver *d, const char *name, const struct srv *v);

/* ---- sites: what stands between hosts ---- */

/* A site is a place behind a router: with a NAT, or without. What goes in or out crosses its link, which has an
 * impairment for each direction; sites nest. Hosts behind a NAT have addresses that nobody outside can reach. Without
 * sites all hosts stand in one network. */
struct sim_site;
enum { SIM_SITES = 64 }; /* one more is NULL */
/* `nat`: NULL: a router alone; without an external address it gets 203.0.113.N. `outer`: NULL: it stands in the network
 * itself. The link has no delay at first. NULL: no memory, or SIM_SITES. Lives as long as the driver. */
struct sim_site *sim_site_new(struct driver *d, const struct nat_spec *nat, struct sim_site *outer);
/* From now on the party's host stands there (NULL: in the network itself). Streams that are open keep their way. */
void sim_behind(struct party *p, struct sim_site *site);
/* What the link does: `out` of the site, or into it. An mtu fragments datagrams that may be (all fragments have to
 * arrive), and answers others by ICMP. */
struct impair_spec *sim_site_link(struct sim_site *site, bool out);
/* Nothing passes any more, or (false) again. */
void sim_site_cut(struct sim_site *site, bool cut);
/* Its NAT forgets all mappings; nothing where it has none. */
void sim_site_rebind(struct sim_site *site);
/* An external address of its NAT; family 0: it has none. */
struct addr sim_site_outside(const struct sim_site *site);
#endif
