/* harness/drivers/sim.h - any number of parties on a simulated network in virtual time. Same
 * parties, same seed: same run, octet for octet. Every party is a host of its own with an IPv4 and
 * an IPv6 address (10.0.0.N and fd00::N, N counting from 1, unless party_spec.host says otherwise).
 */
#ifndef HARNESS_DRIVERS_SIM_H
#define HARNESS_DRIVERS_SIM_H
#include "harness/core/stack.h"

enum {
    SIM_PORT_FIRST = 49152,      /* ports that the simulator chooses */
    SIM_STEPS_AT_ONCE = 1000000, /* inputs at one instant; more is a loop: driver error */
    SIM_CONNECT_US = 20000000,   /* a connection to a host that is not there times out */
    SIM_EVENTS_MAX = 1 << 20,    /* what is on its way at once; more is a driver error */
};
struct sim_net { /* what the network does to each datagram; streams have the delay only */
    uint64_t delay_us, jitter_us;
    uint32_t loss_ppm, duplicate_ppm, reorder_ppm, corrupt_ppm;
    uint64_t reorder_us; /* how much later a reordered datagram arrives */
    uint32_t mtu; /* octets of IP packet; larger ones with dont_fragment set are lost; 0: none */
    uint32_t segment; /* streams: octets in a segment at most; 0: as sent */
};
/* NULL: no memory. The network starts with a delay of 1 ms and nothing else. */
struct driver *sim_new(uint64_t seed, struct capture *capture);
struct sim_net *sim_network(struct driver *d);
/* A name of the simulated zone; several addresses of one name in order. False: no memory. */
bool sim_name(struct driver *d, const char *name, const struct addr *a);
#endif
