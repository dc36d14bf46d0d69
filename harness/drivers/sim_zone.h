/* harness/drivers/sim_zone.h - the names of the simulated network; inside harness/drivers only. */
#ifndef HARNESS_DRIVERS_SIM_ZONE_H
#define HARNESS_DRIVERS_SIM_ZONE_H
#include "harness/core/endpoint.h"

struct zone; /* a list of records, NULL: empty */

/* Append a record, an address or a service. False: no memory. */
bool zone_add(struct zone **z, const char *name, const struct addr *a, const struct srv *v);
/* What the zone has for a question: `found` or `srv` of `in`, in memory that `*mem` owns (free),
 * NULL where there is nothing. An RR type that it does not hold is answered by why CLOSE_RESOLVE.
 * False: no memory. */
bool zone_answer(const struct zone *z, const char *name, uint16_t rr_type, struct input *in,
                 uint8_t **mem);
void zone_free(struct zone *z);
#endif
