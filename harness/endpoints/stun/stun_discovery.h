/* harness/endpoints/stun/stun_discovery.h - stun.discovery: what a NAT between this host and a server does, by RFC 5780
 * section 4 (or, `classic`, in the messages of RFC 3489 section 10.1), over UDP.
 *
 * `discover` runs the tests one after another, each on a port that nothing else was sent from, as far as it has to be:
 * connectivity; filtering (4.4); mapping (4.3); hairpinning, which the RFC has no test for; with `lifetime_us` how long a
 * binding lasts (4.6). At most ten transactions begin in a second (RFC5780:5#7a). One event tells of each test, "tested",
 * and one of all, "found". */
#ifndef HARNESS_ENDPOINTS_STUN_STUN_DISCOVERY_H
#define HARNESS_ENDPOINTS_STUN_STUN_DISCOVERY_H
#include "harness/core/nat.h"
#include "harness/endpoints/stun/stun.h"

enum {
    STUN_DISCOVERY_TESTS = 64, /* of one discovery; the search for a lifetime ends there */
    STUN_DISCOVERY_TRIES = 3,  /* requests of a test that nothing answers */
};
struct stun_discovery_config {
    struct addr server;   /* where `discover` asks that names none */
    uint64_t timeout_us;  /* of a test; 0: 3 s */
    uint64_t interval_us; /* between the tests; 0: 150 ms */
};
struct stun_discover_args { /* of `discover` */
    struct addr to;         /* the server; family 0: that of the configuration */
    bool classic;           /* in the messages of RFC 3489 */
    uint64_t lifetime_us;   /* look for the lifetime of a binding up to this; 0: not */
};
enum stun_known_as { STUN_NOT_KNOWN, STUN_KNOWN_NO, STUN_KNOWN_YES };
enum stun_nat_type { /* the words of RFC3489:10.1 */
                     STUN_NAT_UNKNOWN,
                     STUN_NAT_BLOCKED,
                     STUN_NAT_OPEN,
                     STUN_NAT_FIREWALL,
                     STUN_NAT_FULL_CONE,
                     STUN_NAT_RESTRICTED,
                     STUN_NAT_PORT_RESTRICTED,
                     STUN_NAT_SYMMETRIC,
};
struct stun_tested { /* one test */
    const char *name;
    struct addr to, from, local, mapped; /* from: of the response; mapped: as that has it */
    uint8_t change;                      /* CHANGE-REQUEST: 4 address, 2 port */
    uint32_t response_port;
    bool answered;
    uint32_t code, tries; /* of an error response */
    uint64_t rtt_us, time_us;
};
struct stun_found {
    uint8_t kind; /* 0 success, 1 timeout: nothing answers, 2 failed: why */
    struct addr server, other, local, mapped;
    uint8_t nat, preserved;     /* enum stun_known_as: translated at all; to the same port */
    uint8_t mapping, filtering; /* 1 + enum nat_by; 0: not known */
    uint8_t hairpin;            /* 1 + enum nat_hairpin; 0: not known */
    uint8_t type;               /* enum stun_nat_type */
    uint64_t lifetime_us;       /* of a binding, at least; 0: not asked, or not known */
    uint64_t lifetime_below_us; /* and it is over after this; 0: that was not seen */
    uint32_t tests;
    const char *why; /* what is not known, and why not */
    uint64_t time_us;
};
extern const struct desc stun_tested_desc, stun_found_desc;
extern const struct names stun_known_names, stun_nat_type_names, stun_nat_by_names,
    stun_nat_hairpin_names;
extern const struct endpoint_class stun_discovery_class;
#endif
