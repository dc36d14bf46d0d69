/* harness/cli/view_watch.h - the watchers of all protocols over one capture, for `decode` and `lint`. */
#ifndef HARNESS_CLI_VIEW_WATCH_H
#define HARNESS_CLI_VIEW_WATCH_H
#include "harness/core/watch.h"
#include "harness/replay/classify.h"

struct view_watch;

/* NULL: no memory. */
struct view_watch *view_watch_new(void);
void view_watch_free(struct view_watch *v);
/* Another file begins. */
void view_watch_reset(struct view_watch *v);
/* Show a message that was classified. Findings over time are added to `fs` and, in the same order, with
 * their frames to *over, which lives until the next call; returns how many there are. What ICMP quotes
 * is not shown: it has passed before. */
size_t view_watch_seen(struct view_watch *v, const struct capread_datagram *d,
                       const struct classified *m, struct findings *fs,
                       const struct watch_finding **over);
/* The file has ended; findings that only its end shows. */
size_t view_watch_end(struct view_watch *v, const struct watch_finding **over);
/* Sums of the facts about messages of `codec`; NULL: nobody watches them. `cls` gets who does. */
const struct watch_sum *view_watch_sums(const struct view_watch *v, const struct codec *codec,
                                        const struct watcher_class **cls);
#endif
