/* harness/drivers/listens.h - whether somebody listens at an address. */
#ifndef HARNESS_DRIVERS_LISTENS_H
#define HARNESS_DRIVERS_LISTENS_H
#include "codecs/base/field.h"

/* Whether a connection opens (stream, within a second), or a datagram is not refused within 50 ms: off the
 * loopback that says little. Blocks for as long. */
bool addr_listens(const struct addr *a, bool stream);
#endif
