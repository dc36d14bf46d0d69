/* harness/cli/faults_test.c - what the faults of all endpoints cite. */
#include <stdio.h>
#include "harness/core/clause.h"
#include "harness/core/registry.h"
#include "harness/core/test.h"
#include "harness/drivers/tls_live.h"

/* A fault is caught by a failed check of its clause, and a clause that merely defines, points elsewhere or
 * permits can fail nobody. */
static void class_cites(const struct endpoint_class *cls, size_t *seen)
{
    for (size_t i = 0; i < cls->n_faults; i++, (*seen)++) {
        const struct clause *c = clause_named(cls->faults[i].clause);
        if (!c || !c->observable)
            printf("%s/%s: %s is not observable\n", cls->name, cls->faults[i].name,
                   cls->faults[i].clause);
        CU_ASSERT_TRUE(c && c->observable);
    }
}

static void observable(void)
{
    size_t seen = 0;

    for (size_t p = 0; p < registry_n; p++)
        for (size_t c = 0; registry[p].classes && registry[p].classes[c]; c++)
            class_cites(registry[p].classes[c], &seen);
    for (size_t c = 0; tls_live_layers[c]; c++)
        class_cites(tls_live_layers[c], &seen);
    CU_ASSERT_TRUE(seen > 100);
}

TESTS({"faults cite what can be observed", observable})
