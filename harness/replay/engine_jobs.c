/* harness/replay/engine_jobs.c - who does which step of which window, and when. */
#include "harness/replay/engine_impl.h"

void engine_run(struct engine *e)
{
    struct window *w = &e->windows[0];
    bool last = false;

    while (!last && !e->stop) {
        step_read(e, w);
        last = w->last;
        step_parse(w);
        step_slow(e, w);
        for (unsigned i = 0; i < e->n_parts; i++)
            step_flows(e, w, i);
        step_merge(e, w);
    }
    window_clear(w, e->n_parts + 1);
}
