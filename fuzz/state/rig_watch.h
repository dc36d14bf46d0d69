/* fuzz/state/rig_watch.h - the watcher of a protocol beside the endpoint: the oracle for rules over time. */
#ifndef FUZZ_STATE_RIG_WATCH_H
#define FUZZ_STATE_RIG_WATCH_H
#include "fuzz/state/rig.h"
#include "harness/core/watch.h"

enum rig_by { RIG_PEER, RIG_ENDPOINT, RIG_SCRIPT }; /* who sent it; SCRIPT: as a command had it */

/* A program begins: nothing was before, and all that passes is shown. */
void rig_watch_begin(const struct codec *codec);
/* What passed on a flow. A finding of MUST or STMT on what RIG_ENDPOINT sent ends the process, after a line that
 * says which. */
void rig_watch_show(uint64_t now_us, const struct rig_flow *f, const struct addr *remote,
                    enum rig_by by, struct span octets);
void rig_watch_end(void);
#endif
