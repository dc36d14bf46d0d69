/* harness/core/clause_test.c - the catalogue as it was built in. */
#include <stdio.h>
#include "harness/core/clause.h"
#include "harness/core/test.h"

static void order(void)
{
    CU_ASSERT_TRUE_FATAL(clauses_n > 0);
    for (size_t i = 1; i < clauses_n; i++)
        CU_ASSERT_TRUE(strcmp(clauses[i - 1].id, clauses[i].id) < 0);
}

static void named(void)
{
    char id[128];

    for (size_t i = 0; i < clauses_n; i++) {
        CU_ASSERT_PTR_EQUAL(clause_named(clauses[i].id), &clauses[i]);
        snprintf(id, sizeof id, "%sz", clauses[i].id); /* just behind it */
        CU_ASSERT_PTR_NULL(clause_named(id));
    }
}

static void unknown(void)
{
    CU_ASSERT_PTR_NULL(clause_named(""));
    CU_ASSERT_PTR_NULL(clause_named("A"));
    CU_ASSERT_PTR_NULL(clause_named("~"));
    CU_ASSERT_PTR_NULL(clause_named("RFC8489:5"));
}

/* What clausegen promises of each row. */
static void rows(void)
{
    for (size_t i = 0; i < clauses_n; i++) {
        const struct clause *c = &clauses[i];
        const char *number = strchr(c->id, '#') + 1;
        bool own = *number >= 'a' && *number <= 'z';
        CU_ASSERT_STRING_EQUAL(c->kind, own ? "A" : "N");
        CU_ASSERT_TRUE(!own || c->level == STMT || c->level == SHOULD);
        CU_ASSERT_EQUAL(c->observable, c->why_not[0] == '\0');
        CU_ASSERT_TRUE(c->roles[0] != '\0' && c->words[0] != '\0');
    }
}

TESTS({"order", order}, {"named", named}, {"unknown", unknown}, {"rows", rows})
