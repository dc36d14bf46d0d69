/* fuzz/triage/minimise.c - the smallest input that crashes in the same way. */
#include <stdlib.h>
#include <time.h>
#include "fuzz/mutate/mutate.h"
#include "fuzz/triage/child.h"
#include "fuzz/triage/triage.h"

struct min {
    const struct triage_target *t;
    const struct crash *c;
    uint8_t *p;
    size_t n;
    time_t until;
    char path[TRIAGE_PATH + 16];
};

static bool over(const struct min *m)
{
    return time(NULL) >= m->until || child_interrupted();
}

/* Whether a candidate crashes alike; if so it is what we go on with. */
static bool take(struct min *m, struct span s)
{
    struct crash c;

    if (s.n >= m->n || !triage_write(m->path, s) || !triage_replay(m->t, m->path, NULL, &c) ||
        !crash_same(&c, m->c))
        return false;
    memmove(m->p, s.p, s.n);
    m->n = s.n;
    return true;
}

/* Parts from the outside in: what is left out with a whole part need not be tried one by one. */
static bool by_structure(struct min *m, struct mutator *mut)
{
    static uint8_t out[TRIAGE_INPUT];
    bool smaller = false;

    for (size_t i = 0; !over(m);) {
        size_t got = 0;
        bool taken = false;
        for (int sealed = 0; sealed < 2 && !taken; sealed++) {
            got = mutate_without(mut, (struct span){m->p, m->n}, i, sealed, out, sizeof out);
            if (got == 0)
                return smaller;
            taken = got != SIZE_MAX && take(m, (struct span){out, got});
        }
        smaller |= taken;
        i += !taken; /* what followed has moved up */
    }
    return smaller;
}

static bool without(struct min *m, size_t from, size_t len)
{
    static uint8_t out[TRIAGE_INPUT];
    size_t end = from + len < m->n ? from + len : m->n;

    memcpy(out, m->p, from);
    memcpy(out + from, m->p + end, m->n - end);
    return take(m, (struct span){out, m->n - (end - from)});
}

static void by_octets(struct min *m)
{
    for (size_t len = m->n / 2; len > 0 && !over(m); len /= 2)
        for (size_t from = 0; from < m->n && !over(m);)
            if (!without(m, from, len))
                from += len;
}

size_t triage_minimise(const struct triage_target *t, const struct crash *c, uint8_t *in, size_t n,
                       unsigned seconds)
{
    struct min m = {.t = t, .c = c, .p = in, .n = n, .until = time(NULL) + (time_t)seconds};
    struct mutator *mut = t->codecs[0] ? mutator_new(t->codecs) : NULL;

    snprintf(m.path, sizeof m.path, "%s/candidate", t->work);
    while (mut && !over(&m) && by_structure(&m, mut))
        ;
    mutator_free(mut);
    by_octets(&m);
    return m.n;
}
