/* harness/drivers/machine.h - what the machine has and lacks: read by trying, nothing is changed. */
#ifndef HARNESS_DRIVERS_MACHINE_H
#define HARNESS_DRIVERS_MACHINE_H
#include <stddef.h>

enum machine_state {
    MACHINE_HAS,
    MACHINE_LACKS, /* something that is asked for only by some uses: `cost` says which */
    MACHINE_FAILS, /* cases cannot run without it */
};
struct machine_fact {
    const char *group, *name; /* static; names are unique */
    enum machine_state state;
    char found[160];         /* what was seen, one line; may be empty */
    const char *cost, *mend; /* static; of what is lacking: what it costs, what to do. NULL: had */
};
enum { MACHINE_FACTS = 64 };
/* Look at the machine; returns how many facts stand in `facts`. Opens sockets on loopback, forks
 * one child that enters namespaces of its own, and takes well under a second. No clause. */
size_t machine_look(struct machine_fact facts[MACHINE_FACTS]);
#endif
