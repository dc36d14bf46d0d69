/* harness/script/rounds.c - cases against an IUT that may die of one of them. */
#include <stdio.h>
#include <stdlib.h>
#include "harness/script/script.h"

struct rounds {
    const struct run_options *o;
    const struct pool_options *p;
    struct pool_guard *g;
    const struct case_run *runs;
    struct case_result *results;
    size_t n, finished;
    bool *ran;     /* of each run: it has a result */
    bool *suspect; /* it was in flight when the IUT died */
    bool dead;     /* and nothing can raise it */
    /* the round that runs: its runs by their places, and what came of them */
    size_t *place, m;
    struct case_run *some;
    struct case_result *got;
    bool *ended, *begun;
};

static enum status judge(void *ctx, size_t i, const struct case_result *r)
{
    struct rounds *x = ctx;
    return x->p->judge ? x->p->judge(x->p->ctx, x->place[i], r) : r->status;
}

static void say(struct rounds *x, size_t i)
{
    x->ran[i] = true;
    x->finished++;
    if (x->p->done)
        x->p->done(x->p->ctx, i, &x->results[i]);
}

static void done(void *ctx, size_t i, const struct case_result *r)
{
    struct rounds *x = ctx;
    x->results[x->place[i]] = *r;
    say(x, x->place[i]);
}

static bool died(void *ctx, size_t i, const struct case_result *r)
{
    struct rounds *x = ctx;
    (void)i;
    return !x->g->alive(x->g->ctx, r);
}

/* All that have no result yet, or `only` that one, which is not said yet. True: the IUT has died. */
static bool round_of(struct rounds *x, size_t only)
{
    struct pool_options p = *x->p;

    p.judge = judge;
    p.done = only < x->n ? NULL : done;
    p.died = only < x->n ? NULL : died;
    p.ran = x->ended;
    p.begun = x->begun;
    p.ctx = x;
    p.jobs = only < x->n ? 1 : p.jobs;
    x->m = 0;
    for (size_t i = 0; i < x->n; i++)
        if (only < x->n ? i == only : !x->ran[i]) {
            x->place[x->m] = i;
            x->ended[x->m] = x->begun[x->m] = false;
            x->some[x->m++] = x->runs[i];
        }
    pool_run(x->o, &p, x->some, x->got, x->m);
    bool lost = false;
    for (size_t k = 0; k < x->m; k++) {
        bool in_flight = x->begun[k] && !x->ended[k];
        x->suspect[x->place[k]] = in_flight && !pool_interrupted();
        lost |= in_flight && !pool_interrupted();
    }
    return lost;
}

static void name_suspects(const struct rounds *x, struct wr *w)
{
    const char *between = "";
    for (size_t i = 0; i < x->n; i++)
        if (x->suspect[i]) {
            wr_text(w, between);
            wr_text(w, x->runs[i].id);
            between = ", ";
        }
}

/* Nothing can raise it: those in flight are named together, the others have not run. */
static void give_up(struct rounds *x, const char *why)
{
    char names[200], text[256];
    struct wr w = {(uint8_t *)names, sizeof names - 1, 0, false};

    x->dead = true;
    name_suspects(x, &w);
    names[w.n] = '\0';
    for (size_t i = 0; i < x->n; i++) {
        if (x->ran[i])
            continue;
        x->results[i] = (struct case_result){.verdict = VERDICT_INCONC, .status = STATUS_INCONC};
        if (x->suspect[i])
            snprintf(text, sizeof text, "the implementation died while these ran: %s%s", names,
                     w.full ? " ..." : "");
        else
            snprintf(text, sizeof text, "not run: the implementation has died%s%s", why ? ", " : "",
                     why ? why : "");
        snprintf(x->results[i].why, sizeof x->results[i].why, "%s", text);
        say(x, i);
    }
}

/* One suspect alone, against an IUT that lives. Whether that died of it again. */
static bool reproduces(struct rounds *x, size_t i)
{
    char why[200];

    round_of(x, i);
    if (!x->ended[0])
        return false; /* interrupted */
    struct case_result *r = &x->results[i];
    *r = x->got[0];
    x->suspect[i] = false;
    bool dead = !x->g->alive(x->g->ctx, r);
    if (dead) {
        snprintf(why, sizeof why, "%.190s", r->why);
        if (r->verdict == VERDICT_PASS || r->verdict == VERDICT_NONE) {
            r->verdict = VERDICT_INCONC; /* no check of it says so */
            r->status = STATUS_INCONC;
        }
        snprintf(r->why, sizeof r->why, "the implementation dies of it%s%s", why[0] ? ": " : "",
                 why);
        x->g->killers++;
    }
    say(x, i);
    return dead;
}

static void rounds(struct rounds *x)
{
    while (!x->dead && round_of(x, x->n)) {
        const char *why = NULL;
        x->g->died = true;
        bool lives = x->g->revive && x->g->revive(x->g->ctx, &why);
        for (size_t i = 0; i < x->n && lives && !pool_interrupted(); i++)
            if (x->suspect[i] && reproduces(x, i))
                lives = x->g->revive(x->g->ctx, &why);
        if (!lives)
            give_up(x, why);
        if (pool_interrupted())
            return;
    }
}

size_t pool_run_guarded(const struct run_options *o, const struct pool_options *p,
                        struct pool_guard *g, const struct case_run *runs,
                        struct case_result *results, size_t n)
{
    struct rounds x = {.o = o, .p = p, .g = g, .runs = runs, .results = results, .n = n};

    x.ran = calloc(n + 1, sizeof *x.ran);
    x.suspect = calloc(n + 1, sizeof *x.suspect);
    x.ended = calloc(n + 1, sizeof *x.ended);
    x.begun = calloc(n + 1, sizeof *x.begun);
    x.place = calloc(n + 1, sizeof *x.place);
    x.some = calloc(n + 1, sizeof *x.some);
    x.got = calloc(n + 1, sizeof *x.got);
    if (x.ran && x.suspect && x.ended && x.begun && x.place && x.some && x.got)
        rounds(&x);
    free(x.ran);
    free(x.suspect);
    free(x.ended);
    free(x.begun);
    free(x.place);
    free(x.some);
    free(x.got);
    return x.finished;
}
