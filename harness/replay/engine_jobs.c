/* harness/replay/engine_jobs.c - who does which step of which window, and when.
 *
 * Windows are known by their serial number. Each kind of step but parsing is done by one thread at a time, window after
 * window; a part's flows are such a kind each. A thread does the steps of the windows that it has read and leaves the
 * others to who read those, so that packets and their octets stay with one core: what goes from core to core is what
 * the parts know of their flows, which is less, and is asked for ahead. */
#include <pthread.h>
#include "harness/replay/engine_impl.h"

/* A thread that finds nothing to do looks so often for a change before it sleeps: waking costs more than most steps. */
enum { SPINS = 2000 };

enum step_kind { MERGE, FLOWS, SLOW, PARSE, READ, NOTHING };
struct task {
    enum step_kind kind;
    struct window *w;
    unsigned part;
};
struct jobs {
    struct engine *e;
    pthread_mutex_t lock;
    pthread_cond_t change;
    /* the serial numbers of the windows that are next, and whether a thread is at it */
    uint64_t next_read, next_slow, next_merge, next_flows[ENGINE_JOBS_MAX];
    bool reading, slowing, merging, flowing[ENGINE_JOBS_MAX];
    struct window *order[ENGINE_WINDOWS_MAX]; /* by serial number, modulo as many as there are */
    unsigned threads;                         /* that have begun */
    bool read_all;                            /* the last window has been read */
    bool over;
    _Atomic unsigned changes; /* steps that are done */
};

static struct window *at(const struct jobs *j, uint64_t serial)
{
    return j->order[serial % j->e->n_windows];
}

/* The next part of the oldest window that has one to be done; `any`: also of those that another thread has read. */
static struct task flows_task(struct jobs *j, unsigned thread, bool any)
{
    for (uint64_t serial = j->next_merge; serial < j->next_slow; serial++) {
        struct window *w = at(j, serial);
        if (w->state != WINDOW_PACKETS || (w->reader != thread && !any))
            continue;
        for (unsigned i = 0; i < j->e->n_parts; i++) {
            if (j->flowing[i] || j->next_flows[i] != serial)
                continue;
            j->flowing[i] = true;
            return (struct task){FLOWS, w, i};
        }
    }
    return (struct task){NOTHING, NULL, 0};
}

/* A window that is free, one that the thread has always had if there is one; NULL: none. */
static struct window *free_window(const struct jobs *j, unsigned thread)
{
    struct window *any = NULL;

    for (size_t i = 0; i < j->e->n_windows; i++) {
        struct window *w = &j->e->windows[i];
        if (w->state != WINDOW_FREE)
            continue;
        if (i % j->e->n_parts == thread)
            return w;
        any = w;
    }
    return any;
}

/* The next thing to do for a thread, marked as taken. */
static struct task take(struct jobs *j, unsigned thread)
{
    struct window *w = at(j, j->next_merge);

    if (!j->merging && j->next_merge < j->next_slow && w->state == WINDOW_DONE) {
        j->merging = true;
        return (struct task){MERGE, w, 0};
    }
    struct task t = flows_task(j, thread, false);
    if (t.kind != NOTHING)
        return t;
    w = at(j, j->next_slow);
    if (!j->slowing && j->next_slow < j->next_read && w->state == WINDOW_PARSED) {
        j->slowing = true;
        return (struct task){SLOW, w, 0};
    }
    if (!j->reading && !j->read_all && (w = free_window(j, thread)) != NULL) {
        j->reading = true;
        w->reader = thread;
        j->order[j->next_read % j->e->n_windows] = w;
        return (struct task){READ, w, 0};
    }
    return flows_task(j, thread, true);
}

/* Windows with nothing for the slow step have been through it, those before them first. */
static void pass_slow(struct jobs *j)
{
    for (; !j->slowing && j->next_slow < j->next_read; j->next_slow++) {
        struct window *w = at(j, j->next_slow);
        if (w->state != WINDOW_PARSED || w->n_slow || w->last)
            return;
        w->state = WINDOW_PACKETS;
    }
}

static void run(struct engine *e, const struct task *t)
{
    switch (t->kind) {
    case READ:
        step_read(e, t->w);
        break;
    case PARSE:
        step_parse(e, t->w);
        break;
    case SLOW:
        step_slow(e, t->w);
        break;
    case FLOWS:
        step_flows(e, t->w, t->part);
        break;
    case MERGE:
        step_merge(e, t->w);
        break;
    case NOTHING:
        break;
    }
}

static void done(struct jobs *j, const struct task *t, bool last)
{
    struct window *w = t->w;

    switch (t->kind) {
    case READ:
        j->reading = false;
        j->read_all = last;
        w->state = WINDOW_READ;
        j->next_read++;
        break;
    case PARSE:
        w->state = WINDOW_PARSED;
        pass_slow(j);
        break;
    case SLOW:
        j->slowing = false;
        w->state = WINDOW_PACKETS;
        j->next_slow++;
        pass_slow(j);
        break;
    case FLOWS:
        j->flowing[t->part] = false;
        j->next_flows[t->part]++;
        w->parts_done |= 1u << t->part;
        if (w->parts_done == (1u << j->e->n_parts) - 1)
            w->state = WINDOW_DONE;
        break;
    case MERGE:
        j->merging = false;
        w->state = WINDOW_FREE;
        j->next_merge++;
        j->over |= last;
        break;
    case NOTHING:
        break;
    }
    j->over |= j->e->stop;
}

static void wait_for_change(struct jobs *j)
{
    unsigned seen = j->changes;

    pthread_mutex_unlock(&j->lock);
    for (unsigned i = 0; i < SPINS && j->changes == seen; i++)
#if defined(__x86_64__)
        __builtin_ia32_pause();
#else
        __asm__ volatile("" ::: "memory");
#endif
    pthread_mutex_lock(&j->lock);
    if (j->changes == seen)
        pthread_cond_wait(&j->change, &j->lock);
}

static void *worker(void *arg)
{
    struct jobs *j = arg;

    pthread_mutex_lock(&j->lock);
    unsigned thread = j->threads++;
    for (struct task t, after = {NOTHING, NULL, 0}; !j->over;) {
        t = after.kind == NOTHING ? take(j, thread) : after;
        if (t.kind == NOTHING) {
            wait_for_change(j);
            continue;
        }
        pthread_mutex_unlock(&j->lock);
        bool last = t.kind == MERGE && t.w->last;
        run(j->e, &t);
        last |= t.kind == READ && t.w->last;
        pthread_mutex_lock(&j->lock);
        done(j, &t, last);
        after = t.kind == READ ? (struct task){PARSE, t.w, 0} : (struct task){NOTHING, NULL, 0};
        j->changes++;
        pthread_cond_broadcast(&j->change);
    }
    pthread_mutex_unlock(&j->lock);
    return NULL;
}

static void run_together(struct engine *e)
{
    struct jobs j = {.e = e, .lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};
    pthread_t threads[ENGINE_JOBS_MAX];
    unsigned n = 0;

    for (size_t i = 0; i < e->n_windows; i++) {
        e->windows[i].state = WINDOW_FREE;
        j.order[i] = &e->windows[i];
    }
    while (n + 1 < e->n_parts && pthread_create(&threads[n], NULL, worker, &j) == 0)
        n++;
    worker(&j); /* where no thread could be had, this one does it all */
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

static void run_alone(struct engine *e)
{
    struct window *w = &e->windows[0];
    bool last = false;

    while (!last && !e->stop) {
        step_read(e, w);
        last = w->last;
        step_parse(e, w);
        step_slow(e, w);
        step_flows(e, w, 0);
        step_merge(e, w);
    }
}

void engine_run(struct engine *e)
{
    if (e->n_parts > 1)
        run_together(e);
    else
        run_alone(e);
    for (size_t i = 0; i < e->n_windows; i++)
        window_clear(&e->windows[i], e->n_parts + 1);
}
