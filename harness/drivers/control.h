/* harness/drivers/control.h - a line to the control socket of an implementation under test. */
#ifndef HARNESS_DRIVERS_CONTROL_H
#define HARNESS_DRIVERS_CONTROL_H
#include "codecs/base/field.h"

/* Connect to `where`, "unix:/PATH" or "tcp:ADDRESS:PORT", and send `line`, which ends with a line
 * feed. The descriptor, which does not block and from which the answer is read; it is the caller's.
 * -1: `why` says in one sentence what was the matter. It is a socket of this machine or of one
 * nearby: connecting waits. */
int control_send(const char *where, struct span line, char why[256]);
#endif
