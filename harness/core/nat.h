/* harness/core/nat.h - a NAT with each behaviour that RFC 4787 has words for: what becomes of the addresses of a packet
 * that goes out or comes in. No clock and no socket: a decision is a function of the specification, the seed and what
 * has passed before. One NAT has one transport's mappings beside the other's; they share nothing. */
#ifndef HARNESS_CORE_NAT_H
#define HARNESS_CORE_NAT_H
#include "harness/core/endpoint.h"

enum {
    NAT_MAPPINGS = 4096, /* at once; one more cannot be made: the packet is lost */
    NAT_REMOTES =
        16384, /* remote endpoints that filters remember, of all mappings; one more is lost too */
    NAT_OUTSIDE = 4,     /* external addresses */
    NAT_TIMEOUT_S = 300, /* of a mapping, as section 4.3 recommends */
};
/* How much of the remote endpoint counts: section 4.1 for mapping, section 5 for filtering. */
enum nat_by {
    NAT_ENDPOINT_INDEPENDENT,
    NAT_ADDRESS_DEPENDENT,
    NAT_ADDRESS_AND_PORT_DEPENDENT,
};
enum nat_ports {                       /* section 4.2 */
                 NAT_PORTS_ANY,        /* no preservation: a port drawn by chance */
                 NAT_PORTS_PRESERVED,  /* the internal port where it is free, else one drawn */
                 NAT_PORTS_OVERLOADED, /* the internal port always: two mappings may share it */
};
enum nat_hairpin { /* section 6 */
                   NAT_HAIRPIN_NONE,
                   NAT_HAIRPIN_EXTERNAL, /* the packet comes from the sender's external endpoint */
                   NAT_HAIRPIN_INTERNAL, /* and from its internal one */
};
extern const struct names nat_by_names, nat_ports_names, nat_hairpin_names;

struct nat_spec {
    uint8_t mapping, filtering; /* enum nat_by */
    uint8_t ports;              /* enum nat_ports */
    uint8_t hairpin;            /* enum nat_hairpin */
    bool parity;                /* a drawn port is even or odd as the internal one is */
    bool
        arbitrary; /* several external addresses: any of them for each mapping, not one for each host */
    bool refresh_in;                  /* what comes in sets the timer back too: section 4.3 */
    bool no_refresh_out;              /* what goes out does not */
    uint64_t timeout_us;              /* 0: NAT_TIMEOUT_S */
    uint32_t port_first, port_last;   /* that are drawn; 0: 1024, 65535 */
    struct addr outside[NAT_OUTSIDE]; /* family 0: unused; all of one family, ports not looked at */
};
extern const struct desc nat_spec_desc;

struct nat; /* about 2 MiB */
/* NULL: no memory, or no external address. */
struct nat *nat_new(const struct nat_spec *spec, uint64_t seed);
void nat_free(struct nat *n);
const struct nat_spec *nat_spec_of(const struct nat *n);
/* Whether an IP address is one of its external ones. */
bool nat_is_outside(const struct nat *n, const struct addr *a);
/* A packet goes out from `inside` to `to`: the external endpoint that it comes from then, in *outside; a mapping and
 * a filter's entry are made or refreshed. False: there is no port or no room. */
bool nat_out(struct nat *n, bool udp, const struct addr *inside, const struct addr *to,
             uint64_t now_us, struct addr *outside);
/* A packet comes from `from` to the external endpoint `outside`: the internal one that it goes on to. False: there is no
 * mapping, or the filter drops it. */
bool nat_in(struct nat *n, bool udp, const struct addr *outside, const struct addr *from,
            uint64_t now_us, struct addr *inside);
/* All mappings are gone, as when the NAT has begun anew; the next ones have other ports. */
void nat_rebind(struct nat *n);
/* Mappings that are alive. */
size_t nat_held(const struct nat *n, uint64_t now_us);
#endif
