/* harness/drivers/place.h - where a third party's program runs: a network namespace of its own, where
 * this machine lets us make one, and what of its ports is taken. Linux. */
#ifndef HARNESS_DRIVERS_PLACE_H
#define HARNESS_DRIVERS_PLACE_H
#include "codecs/base/base.h"

/* Move the calling process, which has one thread, and all that it starts later into a new network
 * namespace with its loopback up; without privileges in a user namespace of its own, too. The
 * namespace ends with the last process in it. False: `why` says what refused, and the process is
 * where it was. */
bool place_enter(char why[128]);

/* Whether `port` of every local address is free now, for UDP and TCP over IPv4. */
bool place_port_free(uint16_t port);
/* Whether somebody in this process's network namespace receives on `port`: "udp" bound, "tcp"
 * listening, of either family. No packet is sent. */
bool place_listens(const char *transport, uint16_t port);
#endif
