/* harness/report/html_matrix.c - the requirement matrix: clause x verdict. */
#include <stdlib.h>
#include "harness/core/clause.h"
#include "harness/report/html.h"
#include "harness/report/text.h"

enum { CASES = 12 }; /* links to cases in a row */

struct cell { /* one clause in one case */
    const char *clause, *level;
    enum verdict verdict;
    size_t id; /* of the case */
    size_t seq;
};

/* By clause, numbers in it as numbers (RFC8489:9 before :14); cells of one clause as they came. */
static int by_clause(const void *a, const void *b)
{
    const struct cell *x = a, *y = b;
    int c = strverscmp(x->clause, y->clause);
    return c ? c : x->seq < y->seq ? -1 : x->seq > y->seq;
}

static bool checked(const struct run_case *c, const char *clause)
{
    for (size_t i = 0; i < c->checks_n; i++)
        if (run_check_counts(c, &c->checks[i]) && strcmp(c->checks[i].clause, clause) == 0)
            return true;
    return false;
}

/* All cells: each check that counts, and clauses that a case names but made no check of. */
static struct cell *collect(const struct run *r, size_t *n)
{
    size_t cap = r->checks_n + 1;
    struct cell *v;

    for (size_t i = 0; i < r->cases_n; i++)
        cap += run_list_n(r->cases[i].clauses);
    v = calloc(cap, sizeof *v);
    *n = 0;
    for (size_t i = 0; v && i < r->cases_n; i++) {
        const struct run_case *c = &r->cases[i];
        for (size_t k = 0; k < c->checks_n; k++)
            if (run_check_counts(c, &c->checks[k])) {
                v[*n] = (struct cell){c->checks[k].clause, c->checks[k].level, c->checks[k].verdict,
                                      i, *n};
                ++*n;
            }
        for (size_t k = 0; k < run_list_n(c->clauses); k++) {
            const char *clause = run_list_text(c->clauses, k);
            if (!checked(c, clause)) {
                v[*n] = (struct cell){clause, "", VERDICT_NONE, i, *n};
                ++*n;
            }
        }
    }
    if (*n)
        qsort(v, *n, sizeof *v, by_clause);
    return v;
}

static void links(const struct page *p, const struct cell *v, size_t n)
{
    size_t shown = 0;
    for (size_t i = 0; i < n; i++) {
        if (i && v[i].id == v[i - 1].id)
            continue;
        if (shown++ < CASES) {
            fprintf(p->to, "<a href=\"#c%zu\">", v[i].id);
            html_put(p->to, "%s</a> ", p->run->cases[v[i].id].id);
        }
    }
    if (shown > CASES)
        fprintf(p->to, "and %zu more", shown - CASES);
}

/* One row: `v` holds the `n` cells of a clause. */
static void row(const struct page *p, const struct cell *v, size_t n)
{
    const struct clause *clause = clause_named(v->clause);
    size_t counts[VERDICT_N] = {0};
    enum verdict worst = VERDICT_NONE;
    const char *level = clause ? level_name(clause->level) : "";

    for (size_t i = 0; i < n; i++) {
        counts[v[i].verdict]++;
        if (v[i].verdict > worst)
            worst = v[i].verdict;
        if (!level[0])
            level = v[i].level;
    }
    html_put(p->to,
             "<tr data-verdict=\"%s\"><th scope=\"row\"><code>%s</code></th><td>%s</td>"
             "<td class=\"words\">%s</td>",
             verdict_name(worst), v->clause, level, clause ? clause->words : "");
    for (size_t k = 0; k < VERDICT_N; k++) {
        enum verdict column = (enum verdict)((k + 1) % VERDICT_N); /* none stands last */
        fprintf(p->to, "<td class=\"n%s%s\">", counts[column] ? " v-" : "",
                counts[column] ? verdict_name(column) : "");
        if (counts[column])
            fprintf(p->to, "%zu", counts[column]);
        fputs("</td>", p->to);
    }
    fprintf(p->to, "<td class=\"links v-%s\">", verdict_name(worst));
    links(p, v, n);
    fputs("</td></tr>\n", p->to);
}

bool html_matrix(const struct page *p)
{
    size_t n;
    struct cell *v = collect(p->run, &n);

    if (!v)
        return false;
    for (size_t i = 0, k; i < n; i = k) {
        for (k = i + 1; k < n && strcmp(v[k].clause, v[i].clause) == 0;)
            k++;
        row(p, v + i, k - i);
    }
    if (n == 0)
        fputs("<tr><td colspan=\"9\" class=\"dim\">No clause was judged.</td></tr>\n", p->to);
    free(v);
    return true;
}
