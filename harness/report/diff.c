/* harness/report/diff.c - two runs held side by side: what got worse, what got better. */
#include <stdlib.h>
#include <jansson.h>
#include "harness/report/merge.h"
#include "harness/report/text.h"

enum { MARKDOWN_ROWS = 2000 };

/* How bad a status is. Skipped cases say nothing, and expected failures are no news. */
static int rank(enum status s)
{
    static const int ranks[STATUS_N] = {
        [STATUS_PASS] = 0,       [STATUS_SKIP] = 0,  [STATUS_XFAIL] = 0,
        [STATUS_NON_STRICT] = 1, [STATUS_FLAKY] = 1, [STATUS_INCONC] = 2,
        [STATUS_XPASS] = 2,      [STATUS_FAIL] = 3,  [STATUS_ERROR] = 4,
    };
    return ranks[s];
}

/* The check that decides what a clause was judged in a case; NULL: it was not. */
static const struct run_check *worst(const struct run_case *c, const char *clause)
{
    const struct run_check *w = NULL;
    for (size_t i = 0; i < c->checks_n; i++) {
        const struct run_check *k = &c->checks[i];
        if (run_check_counts(c, k) && strcmp(k->clause, clause) == 0 &&
            (!w || k->verdict > w->verdict))
            w = k;
    }
    return w;
}

/* Take up a clause of either case where it was judged otherwise. */
static void take(struct diff_case *d, const char *clause)
{
    const struct run_check *was = worst(d->was, clause), *now = worst(d->now, clause);
    enum verdict a = was ? was->verdict : VERDICT_NONE, b = now ? now->verdict : VERDICT_NONE;
    bool words = a > VERDICT_PASS && a == b &&
                 (strcmp(was->what, now->what) != 0 || strcmp(was->actual, now->actual) != 0);

    for (size_t i = 0; i < d->n; i++)
        if (strcmp(d->clauses[i].clause, clause) == 0)
            return;
    if ((a == b && !words) || d->n == DIFF_CLAUSES)
        return;
    d->clauses[d->n++] =
        (struct diff_clause){clause, a, b, b > VERDICT_PASS || !was ? now->what : was->what};
}

/* What the clauses say where the status is as bad as before. */
static enum diff_kind by_clauses(const struct diff_case *d)
{
    bool worse = false, better = false, changed = d->was->status != d->now->status;

    for (size_t i = 0; i < d->n; i++) {
        const struct diff_clause *c = &d->clauses[i];
        worse |= c->now > VERDICT_PASS && c->now > c->was;
        better |= c->was > VERDICT_PASS && c->now == VERDICT_PASS;
        changed |= c->now > VERDICT_PASS || c->was > VERDICT_PASS;
    }
    return worse                ? DIFF_WORSE
           : better && !changed ? DIFF_BETTER
           : changed            ? DIFF_CHANGED
                                : DIFF_SAME;
}

static enum diff_kind kind_of(const struct diff_case *d)
{
    int was = rank(d->was->status), now = rank(d->now->status);

    if (now > was)
        return DIFF_WORSE;
    if (now < was) /* to skip what failed, or to expect it, is no pass */
        return d->now->status == STATUS_SKIP || d->now->status == STATUS_XFAIL || now >= 2
                   ? DIFF_CHANGED
                   : DIFF_BETTER;
    if (d->was->status == STATUS_XFAIL || d->now->status == STATUS_XFAIL ||
        d->was->status == STATUS_FLAKY) /* what failed there was expected, or passed later */
        return d->was->status != d->now->status || d->n ? DIFF_CHANGED : DIFF_SAME;
    return by_clauses(d);
}

void diff_case(struct diff_case *d, const struct run_case *was, const struct run_case *now)
{
    *d = (struct diff_case){.was = was, .now = now};
    if (!was || !now) {
        d->kind = was ? DIFF_ONLY_A : DIFF_ONLY_B;
        return;
    }
    for (size_t i = 0; i < now->checks_n; i++)
        if (run_check_counts(now, &now->checks[i]))
            take(d, now->checks[i].clause);
    for (size_t i = 0; i < was->checks_n; i++)
        if (run_check_counts(was, &was->checks[i]))
            take(d, was->checks[i].clause);
    d->kind = kind_of(d);
}

/* ---- drawing ---- */

static const struct {
    const char *key, *head;
} kinds[DIFF_N] = {
    [DIFF_SAME] = {"same", "the same"},       [DIFF_WORSE] = {"worse", "got worse"},
    [DIFF_BETTER] = {"better", "got better"}, [DIFF_CHANGED] = {"changed", "changed"},
    [DIFF_ONLY_A] = {"only_a", "only in A"},  [DIFF_ONLY_B] = {"only_b", "only in B"},
};

static const char *status_of(const struct run_case *c)
{
    return c ? status_name(c->status) : "absent";
}

static void as_text(FILE *to, const struct diff_case *d)
{
    const struct run_case *c = d->now ? d->now : d->was;

    fputs("  ", to);
    text_tty(to, c->id);
    fprintf(to, "  %s -> %s", status_of(d->was), status_of(d->now));
    fputc('\n', to);
    for (size_t i = 0; i < d->n; i++) {
        fputs("    ", to);
        text_tty(to, d->clauses[i].clause);
        fprintf(to, "  %s -> %s", verdict_name(d->clauses[i].was), verdict_name(d->clauses[i].now));
        if (d->clauses[i].what[0]) {
            fputs(": ", to);
            text_tty(to, d->clauses[i].what);
        }
        fputc('\n', to);
    }
    if (d->kind == DIFF_WORSE && d->n == 0 && c->why[0]) {
        fputs("    ", to);
        text_tty(to, c->why);
        fputc('\n', to);
    }
    if (d->kind == DIFF_WORSE && c->rerun[0]) {
        fputs("    rerun: ", to);
        text_tty(to, c->rerun);
        fputc('\n', to);
    }
}

static void as_json(FILE *to, const struct diff_case *d)
{
    const struct run_case *c = d->now ? d->now : d->was;

    fprintf(to, "{\"type\":\"%s\",\"case\":", kinds[d->kind].key);
    text_json(to, c->id);
    if (d->was)
        fprintf(to, ",\"was\":\"%s\"", status_name(d->was->status));
    if (d->now)
        fprintf(to, ",\"now\":\"%s\"", status_name(d->now->status));
    fputs(",\"clauses\":[", to);
    for (size_t i = 0; i < d->n; i++) {
        fputs(i ? ",{\"clause\":" : "{\"clause\":", to);
        text_json(to, d->clauses[i].clause);
        fprintf(to, ",\"was\":\"%s\",\"now\":\"%s\",\"what\":", verdict_name(d->clauses[i].was),
                verdict_name(d->clauses[i].now));
        text_json(to, d->clauses[i].what);
        fputc('}', to);
    }
    fputs("],\"rerun\":", to);
    text_json(to, c->rerun);
    fputs("}\n", to);
}

static void as_markdown(FILE *to, const struct diff_case *d)
{
    const struct run_case *c = d->now ? d->now : d->was;

    fputs("| ", to);
    text_markdown_brief(to, c->id, 100);
    fprintf(to, " | %s | %s | ", status_of(d->was), status_of(d->now));
    for (size_t i = 0; i < d->n && i < 4; i++) {
        fputs(i ? "; " : "", to);
        text_markdown_brief(to, d->clauses[i].clause, 60);
        fprintf(to, " %s to %s", verdict_name(d->clauses[i].was), verdict_name(d->clauses[i].now));
        if (d->clauses[i].what[0]) {
            fputs(": ", to);
            text_markdown_brief(to, d->clauses[i].what, 100);
        }
    }
    if (d->n > 4)
        fprintf(to, "; and %zu more", d->n - 4);
    fputs(" |\n", to);
}

struct drawing {
    FILE *to;
    const struct run *a, *b;
    enum diff_form form;
    size_t *counts;
    size_t rows;
};

static void row(struct drawing *w, const struct diff_case *d)
{
    if (w->form == DIFF_TEXT) {
        if (w->counts[d->kind]++ == 0)
            fprintf(w->to, "%c%s\n", kinds[d->kind].head[0] - 'a' + 'A', kinds[d->kind].head + 1);
        as_text(w->to, d);
    } else if (w->form == DIFF_JSON) {
        w->counts[d->kind]++;
        as_json(w->to, d);
    } else {
        if (w->counts[d->kind]++ == 0)
            fprintf(w->to, "\n### %c%s\n\n| case | A | B | clauses |\n| --- | --- | --- | --- |\n",
                    kinds[d->kind].head[0] - 'a' + 'A', kinds[d->kind].head + 1);
        if (w->rows++ < MARKDOWN_ROWS)
            as_markdown(w->to, d);
    }
}

/* All rows of one kind, in the order of the run that has them. */
static void rows(struct drawing *w, enum diff_kind kind)
{
    const struct run *r = kind == DIFF_ONLY_A ? w->a : w->b;
    const struct run *other = kind == DIFF_ONLY_A ? w->b : w->a;
    struct diff_case d;

    for (size_t i = 0; i < r->cases_n; i++) {
        const struct run_case *c = &r->cases[i], *o = run_case_named(other, c->id);
        if (run_case_named(r, c->id) != c) /* repeated: the last counts */
            continue;
        diff_case(&d, r == w->a ? c : o, r == w->a ? o : c);
        if (d.kind != kind)
            continue;
        if (kind == DIFF_SAME)
            w->counts[kind]++;
        else
            row(w, &d);
    }
    if (w->form == DIFF_TEXT && w->counts[kind] && kind != DIFF_SAME)
        fputc('\n', w->to);
}

static void heads(const struct drawing *w)
{
    for (int i = 0; i < 2; i++) {
        const struct run *r = i ? w->b : w->a;
        if (w->form == DIFF_JSON)
            continue;
        fputs(w->form == DIFF_MARKDOWN ? i ? "- **B** " : "## rtclab: two runs\n\n- **A** "
              : i                      ? "B  "
                                       : "A  ",
              w->to);
        void (*put)(FILE * to, const char *s) = w->form == DIFF_TEXT ? text_tty : text_markdown;
        put(w->to, r->target[0] ? r->target : "own endpoints");
        fputs(", started ", w->to);
        put(w->to, r->started);
        fputs(", rtclab ", w->to);
        put(w->to, r->version);
        fputs(", seed ", w->to);
        put(w->to, r->seed);
        if (r->remark[0]) {
            fputs(" (", w->to);
            put(w->to, r->remark);
            fputc(')', w->to);
        }
        fputc('\n', w->to);
    }
    fputs(w->form == DIFF_TEXT ? "\n" : "", w->to);
}

static void summary(const struct drawing *w)
{
    if (w->form == DIFF_JSON) {
        fputs("{\"type\":\"summary\"", w->to);
        for (size_t k = 0; k < DIFF_N; k++)
            fprintf(w->to, ",\"%s\":%zu", kinds[k].key, w->counts[k]);
        fputs("}\n", w->to);
        return;
    }
    if (w->rows > MARKDOWN_ROWS)
        fprintf(w->to, "\n**%zu more rows are left out.**\n", w->rows - MARKDOWN_ROWS);
    fputs(w->form == DIFF_MARKDOWN ? "\n" : "", w->to);
    for (size_t k = DIFF_WORSE, n = 0; k < DIFF_N; k++)
        fprintf(w->to, "%s%zu %s", n++ ? ", " : "", w->counts[k], kinds[k].head);
    fprintf(w->to, "; %zu the same\n", w->counts[DIFF_SAME]);
}

void report_diff(FILE *to, const struct run *a, const struct run *b, enum diff_form form,
                 size_t counts[DIFF_N])
{
    struct drawing w = {.to = to, .a = a, .b = b, .form = form, .counts = counts};

    memset(counts, 0, DIFF_N * sizeof *counts);
    heads(&w);
    for (size_t k = DIFF_SAME; k < DIFF_N; k++)
        rows(&w, (enum diff_kind)k);
    summary(&w);
}

bool report_diff_file(const struct run *a, const struct run *b, const char *path,
                      enum diff_form form, size_t counts[DIFF_N], struct report_error *e)
{
    FILE *f = report_open(path, e);
    if (!f)
        return false;
    report_diff(f, a, b, form, counts);
    return report_close(f, path, e);
}
