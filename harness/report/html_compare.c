/* harness/report/html_compare.c - several runs side by side: a column each, differences marked. */
#include <inttypes.h>
#include <stdlib.h>
#include <jansson.h>
#include "harness/core/clause.h"
#include "harness/report/html.h"
#include "harness/report/text.h"

enum {
    CHECKS = 20,          /* of a case in a run */
    WHOLE = HTML_NOTABLE, /* octets of cases with what is behind them */
};

/* The last two words of a path: the folder of a run is often called "run". */
static const char *short_name(const char *path)
{
    const char *p = path + strlen(path);
    int slashes = 0;
    while (p > path && (p[-1] == '/' ? ++slashes : slashes) < 2)
        p--;
    return p[0] ? p : path;
}

/* What heads a column: the target, and the record's name where two have the same. */
static void label(FILE *to, const struct page *p, size_t i)
{
    const char *target = p->runs[i].target[0] ? p->runs[i].target : "own endpoint";
    bool again = false;

    for (size_t k = 0; k < p->n; k++)
        again |= k != i && strcmp(p->runs[k].target, p->runs[i].target) == 0;
    html_put(to, again ? "%s <span class=\"dim\">%s</span>" : "%s", target,
             short_name(p->names[i]));
}

void html_compare_title(const struct page *p)
{
    fprintf(p->to, "rtclab: %zu runs side by side", p->n);
}

void html_compare_n(const struct page *p)
{
    fprintf(p->to, "%zu", p->n);
}

void html_compare_runs(const struct page *p)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct run *r = &p->runs[i];
        fprintf(p->to, "<tr><td>%zu</td><th scope=\"row\">", i + 1);
        label(p->to, p, i);
        html_put(p->to, "</th><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>", r->profile,
                 r->version, r->started, r->seed);
        for (size_t s = 0, n = 0; s < STATUS_N; s++)
            if (r->counts[s])
                fprintf(p->to, "%s<span class=\"s-%s tone\">%zu %s</span>", n++ ? ", " : "",
                        status_name((enum status)s), r->counts[s], status_name((enum status)s));
        html_put(p->to, "</td><td>%s</td></tr>\n", r->remark);
    }
}

/* ---- cases ---- */

struct row {
    const struct run_case **c; /* by run; NULL: not in it */
    const struct run_case *any;
    bool differs;
};
struct rows {
    struct row *v;
    size_t n;
    const struct run_case **cells;
};

static int by_name(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int n = strverscmp(x->any->suite, y->any->suite);
    return n ? n : strverscmp(x->any->id, y->any->id);
}

/* Whether runs that judged the case came to different ends. One that did not is no other opinion. */
static bool disagree(const struct row *r, size_t n)
{
    const struct run_case *first = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct run_case *c = r->c[i];
        if (!c || c->status == STATUS_SKIP)
            continue;
        if (first && first->status != c->status)
            return true;
        first = c;
    }
    return false;
}

static bool gather(const struct page *p, struct rows *t)
{
    json_t *places = json_object();
    size_t total = 0;

    for (size_t i = 0; i < p->n; i++)
        total += p->runs[i].cases_n;
    t->n = 0;
    t->v = calloc(total + 1, sizeof *t->v);
    t->cells = calloc(total * p->n + 1, sizeof *t->cells);
    bool good = places && t->v && t->cells;
    for (size_t i = 0; i < p->n && good; i++)
        for (size_t k = 0; k < p->runs[i].cases_n && good; k++) {
            const struct run_case *c = &p->runs[i].cases[k];
            const json_t *at = json_object_get(places, c->id);
            size_t place = at ? (size_t)json_integer_value(at) : t->n;
            if (!at) {
                good = json_object_set_new(places, c->id, json_integer((json_int_t)place)) == 0;
                t->v[t->n++] = (struct row){t->cells + place * p->n, NULL, false};
            }
            t->cells[place * p->n + i] = c;
            const struct run_case **any = &t->v[place].any;
            if (!*any || !(*any)->suite[0]) /* one that was skipped may say less */
                *any = c;
        }
    for (size_t r = 0; r < t->n && good; r++)
        t->v[r].differs = disagree(&t->v[r], p->n);
    if (t->n)
        qsort(t->v, t->n, sizeof *t->v, by_name);
    json_decref(places);
    return good;
}

static void release(struct rows *t)
{
    free(t->v);
    free(t->cells);
}

bool html_compare_chips(const struct page *p)
{
    size_t counts[STATUS_N] = {0}, differs = 0;
    struct rows t;
    bool good = gather(p, &t);

    for (size_t i = 0; i < t.n && good; i++) {
        bool has[STATUS_N] = {false};
        differs += t.v[i].differs;
        for (size_t k = 0; k < p->n; k++)
            if (t.v[i].c[k])
                has[t.v[i].c[k]->status] = true;
        for (size_t s = 0; s < STATUS_N; s++)
            counts[s] += has[s];
    }
    fprintf(
        p->to,
        "<button class=\"chip\" data-status=\"\" aria-pressed=\"true\">all <b>%zu</b></button>\n"
        "<button class=\"chip\" data-status=\"differs\" aria-pressed=\"false\">differences "
        "<b>%zu</b></button>\n",
        t.n, differs);
    for (size_t s = 0; s < STATUS_N; s++)
        if (counts[s])
            fprintf(p->to,
                    "<button class=\"chip s-%s\" data-status=\"%s\" aria-pressed=\"false\">any %s "
                    "<b>%zu</b></button>\n",
                    status_name((enum status)s), status_name((enum status)s),
                    status_name((enum status)s), counts[s]);
    release(&t);
    return good;
}

static void cells(const struct page *p, const struct row *r)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct run_case *c = r->c[i];
        const char *status = c ? status_name(c->status) : "absent";
        fprintf(p->to, "<span class=\"cell s-%s\"><span class=\"sr\">run %zu: </span>%s</span>",
                status, i + 1, status);
    }
}

/* What is behind the status of a case in one run. */
static void behind(const struct page *p, const struct row *r, size_t i)
{
    const struct run_case *c = r->c[i];
    size_t shown = 0;

    fprintf(p->to, "<div class=\"behind\"><h4>%zu: ", i + 1);
    label(p->to, p, i);
    fputs("</h4>", p->to);
    if (!c) {
        fputs("<p class=\"dim\">not in this run</p></div>\n", p->to);
        return;
    }
    html_put(p->to, "<p><b class=\"badge s-%s\">%s</b> %s</p>", status_name(c->status),
             status_name(c->status), c->why);
    fputs("<ol class=\"checks\">", p->to);
    for (size_t k = 0; k < c->checks_n; k++)
        if (run_check_shown(c, &c->checks[k]) && shown++ < CHECKS)
            html_check(p->to, NULL, &c->checks[k], 0);
    fputs("</ol>", p->to);
    if (shown > CHECKS)
        fprintf(p->to, "<p class=\"dim\">and %zu more checks</p>", shown - CHECKS);
    if (c->rerun[0])
        html_put(p->to,
                 "<p class=\"rerun\"><code>%s</code> <button class=\"copy\" "
                 "hidden>copy</button></p>",
                 c->rerun);
    fputs("</div>\n", p->to);
}

static void one_row(const struct page *p, const struct row *r, size_t id, bool whole)
{
    FILE *to = p->to;

    fprintf(to, "<%s class=\"case%s%s\" id=\"c%zu\" data-tags=\"", whole ? "details" : "div",
            r->differs ? " differs" : "", whole ? "" : " short", id);
    for (size_t i = 0; i < p->n; i++)
        fprintf(to, "%s ", r->c[i] ? status_name(r->c[i]->status) : "absent");
    html_put(to, "%s\" data-find=\"%s %s ", r->differs ? "differs" : "", r->any->id, r->any->title);
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; r->c[i] && k < r->c[i]->checks_n; k++)
            if (run_check_shown(r->c[i], &r->c[i]->checks[k]))
                html_put(to, "%s ", r->c[i]->checks[k].clause);
    html_put(to,
             whole ? "\"><summary><code class=\"id\">%s</code> <span class=\"title\">%s</span>"
                   : "\"><p class=\"summary\"><code class=\"id\">%s</code> <span "
                     "class=\"title\">%s</span>",
             r->any->id, r->any->title);
    cells(p, r);
    if (!whole) {
        fputs("</p></div>\n", to);
        return;
    }
    fputs("</summary><div class=\"body columns\">\n", to);
    for (size_t i = 0; i < p->n; i++)
        behind(p, r, i);
    fputs("</div></details>\n", to);
}

/* Whether there is anything behind the row to show. */
static bool worth(const struct page *p, const struct row *r)
{
    for (size_t i = 0; i < p->n; i++)
        if (r->c[i] && (run_case_notable(r->c[i]) || r->c[i]->why[0]))
            return true;
    return r->differs;
}

static bool put_row(const struct page *p, const struct row *r, size_t id, bool whole, size_t *used,
                    size_t most)
{
    struct page q = *p;
    char *text = NULL;
    size_t n = 0;

    if (*used >= most || !(q.to = open_memstream(&text, &n)))
        return false;
    one_row(&q, r, id, whole);
    bool fits = fclose(q.to) == 0 && *used + n <= most;
    if (fits)
        *used += fwrite(text, 1, n, p->to);
    free(text);
    return fits;
}

bool html_compare_cases(const struct page *p)
{
    struct rows t;
    bool good = gather(p, &t);
    size_t used = 0, brief = 0, shortened = 0, left_out = 0;

    for (size_t i = 0; i < t.n && good; i++) {
        const struct row *r = &t.v[i];
        bool first = i == 0 || strcmp(t.v[i - 1].any->suite, r->any->suite) != 0;
        if (first)
            html_put(p->to,
                     i ? "</section><section class=\"suite\"><h3>%s</h3>\n"
                       : "<section class=\"suite\"><h3>%s</h3>\n",
                     r->any->suite[0] ? r->any->suite : "(no suite)");
        if (worth(p, r) && put_row(p, r, i, true, &used, WHOLE))
            continue;
        shortened += worth(p, r);
        left_out += !put_row(p, r, i, false, &brief, HTML_SHORT);
    }
    fputs(t.n ? "</section>\n" : "<p class=\"dim\">There are no cases.</p>\n", p->to);
    if (shortened || left_out)
        fprintf(p->to,
                "<p class=\"remark\">This page is kept small: of %zu cases it has a line only, and "
                "%zu are not on it.</p>\n",
                shortened, left_out);
    release(&t);
    return good;
}

/* ---- requirements ---- */

struct cell { /* a check of a clause in a run */
    const char *clause, *level;
    enum verdict verdict;
    size_t run;
};

static int by_clause(const void *a, const void *b)
{
    const struct cell *x = a, *y = b;
    int n = strverscmp(x->clause, y->clause);
    return n ? n : x->run < y->run ? -1 : x->run > y->run;
}

static struct cell *collect(const struct page *p, size_t *n)
{
    size_t cap = 1;
    for (size_t i = 0; i < p->n; i++)
        cap += p->runs[i].checks_n;
    struct cell *v = calloc(cap, sizeof *v);
    *n = 0;
    for (size_t i = 0; v && i < p->n; i++)
        for (size_t c = 0; c < p->runs[i].cases_n; c++)
            for (size_t k = 0; k < p->runs[i].cases[c].checks_n; k++) {
                const struct run_check *check = &p->runs[i].cases[c].checks[k];
                if (run_check_counts(&p->runs[i].cases[c], check))
                    v[(*n)++] = (struct cell){check->clause, check->level, check->verdict, i};
            }
    if (*n)
        qsort(v, *n, sizeof *v, by_clause);
    return v;
}

/* The cells of one clause in one run: the worst verdict, and how many of how many. */
static enum verdict verdict_cell(const struct page *p, const struct cell *v, size_t n, size_t run,
                                 bool draw)
{
    size_t counts[VERDICT_N] = {0}, all = 0;
    enum verdict worst = VERDICT_NONE;

    for (size_t i = 0; i < n; i++)
        if (v[i].run == run) {
            counts[v[i].verdict]++;
            all++;
            worst = v[i].verdict > worst ? v[i].verdict : worst;
        }
    if (!draw)
        return worst;
    fprintf(p->to, "<td class=\"v-%s tone\">", verdict_name(worst));
    if (all && worst <= VERDICT_PASS)
        fprintf(p->to, "%s %zu", verdict_name(worst), all);
    else if (all)
        fprintf(p->to, "%s %zu of %zu", verdict_name(worst), counts[worst], all);
    else
        fputs("<span class=\"dim\">not judged</span>", p->to);
    fputs("</td>", p->to);
    return worst;
}

static void matrix_row(const struct page *p, const struct cell *v, size_t n)
{
    const struct clause *clause = clause_named(v->clause);
    bool differs = false;
    enum verdict worst = VERDICT_NONE, first = VERDICT_NONE;

    for (size_t i = 0; i < p->n; i++) {
        enum verdict one = verdict_cell(p, v, n, i, false);
        differs |= first != VERDICT_NONE && one != VERDICT_NONE && one != first;
        first = one != VERDICT_NONE ? one : first;
        worst = one > worst ? one : worst;
    }
    html_put(p->to,
             "<tr class=\"%s\" data-verdict=\"%s\" data-tags=\"%s\"><th "
             "scope=\"row\"><code>%s</code></th><td>%s</td><td class=\"words\">%s</td>",
             differs ? "differs" : "", verdict_name(worst), differs ? "differs" : "", v->clause,
             v->level, clause ? clause->words : "");
    for (size_t i = 0; i < p->n; i++)
        verdict_cell(p, v, n, i, true);
    fputs("</tr>\n", p->to);
}

bool html_compare_matrix(const struct page *p)
{
    size_t n;
    struct cell *v = collect(p, &n);

    if (!v)
        return false;
    fputs("<thead><tr><th scope=\"col\">Clause</th><th scope=\"col\">Level</th><th "
          "scope=\"col\">In our words</th>",
          p->to);
    for (size_t i = 0; i < p->n; i++) {
        fprintf(p->to, "<th scope=\"col\">%zu: ", i + 1);
        label(p->to, p, i);
        fputs("</th>", p->to);
    }
    fputs("</tr></thead>\n<tbody>\n", p->to);
    for (size_t i = 0, k; i < n; i = k) {
        for (k = i + 1; k < n && strcmp(v[k].clause, v[i].clause) == 0;)
            k++;
        matrix_row(p, v + i, k - i);
    }
    fputs("</tbody>\n", p->to);
    free(v);
    return true;
}
