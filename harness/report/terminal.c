/* harness/report/terminal.c - the report for people, and for grep. */
#include <inttypes.h>
#include "harness/core/clause.h"
#include "harness/report/report.h"
#include "harness/report/text.h"

enum paint { PLAIN, GREEN, RED, YELLOW, DIM, BOLD };
struct term {
    FILE *to;
    bool color;
    int verbose;
};

static const struct look {
    const char *mark;
    enum paint paint;
    const char *head; /* over the cases in the tree; NULL: not in it */
} looks[STATUS_N] = {
    [STATUS_PASS] = {"\u2713", GREEN, NULL},
    [STATUS_FAIL] = {"\u2717", RED, "Failed: a requirement is not met"},
    [STATUS_INCONC] = {"?", YELLOW, "Inconclusive: the requirement could not be judged"},
    [STATUS_ERROR] = {"!", RED,
                      "Errors: the fault of rtclab, not of the implementation under test"},
    [STATUS_SKIP] = {"-", DIM, NULL},
    [STATUS_NON_STRICT] = {"~", YELLOW, "Not strict: a recommendation is not followed"},
    [STATUS_XFAIL] = {"x", DIM, NULL},
    [STATUS_XPASS] = {"\u2717", RED, "Unexpectedly passed: take them off the expected results"},
    [STATUS_FLAKY] = {"\u2248", YELLOW, "Flaky: failed, then passed"},
};
/* What a reader wants to see last stands nearest to the prompt. */
static const enum status order[] = {STATUS_FLAKY, STATUS_NON_STRICT, STATUS_INCONC,
                                    STATUS_XPASS, STATUS_FAIL,       STATUS_ERROR};

static void paint(const struct term *t, enum paint p)
{
    static const char *const codes[] = {
        [PLAIN] = "0", [GREEN] = "32", [RED] = "31", [YELLOW] = "33", [DIM] = "2", [BOLD] = "1",
    };
    if (t->color)
        fprintf(t->to, "\x1b[%sm", codes[p]);
}

static void put(const struct term *t, enum paint p, const char *s)
{
    paint(t, p);
    text_tty(t->to, s);
    paint(t, PLAIN);
}

void report_ladder(FILE *to, const struct run_case *c, const char *lead, size_t max,
                   void (*put_text)(FILE *to, const char *s))
{
    size_t shown = 0, left = 0;
    for (size_t i = 0; i < c->messages_n; i++) {
        const struct run_message *m = &c->messages[i];
        if (m->attempt < c->attempts)
            continue;
        if (shown == max) {
            left++;
            continue;
        }
        shown++;
        fputs(lead, to);
        text_seconds(to, m->time_us);
        fputs("  ", to);
        put_text(to, m->from);
        fputs(m->in ? " \u21d2 " : " \u2192 ", to);
        put_text(to, m->to);
        fputs("  ", to);
        put_text(to, m->proto);
        fputs(" ", to);
        put_text(to, m->brief);
        if (m->frame)
            fprintf(to, "  #%" PRIu64, m->frame);
        fputc('\n', to);
    }
    if (left)
        fprintf(to, "%s(%zu more)\n", lead, left);
}

static void case_line(const struct term *t, const struct run_case *c, const char *lead)
{
    const struct look *l = &looks[c->status];

    fputs(lead, t->to);
    paint(t, l->paint);
    fprintf(t->to, "%s %-10s", l->mark, status_name(c->status));
    paint(t, PLAIN);
    fputc(' ', t->to);
    put(t, BOLD, c->id);
    if (c->title[0]) {
        fputs("  ", t->to);
        text_tty(t->to, c->title);
    }
    paint(t, DIM);
    fputs("  ", t->to);
    text_duration(t->to, c->duration_us);
    if (c->why[0] && !run_case_notable(c)) {
        fputs("  (", t->to);
        text_tty(t->to, c->why);
        fputc(')', t->to);
    }
    paint(t, PLAIN);
    fputc('\n', t->to);
}

/* A line of the tree: a name in a column, a value. */
static void leaf(const struct term *t, const char *name, const char *value)
{
    fprintf(t->to, "    \u2502   %-9s ", name);
    text_tty(t->to, value);
    fputc('\n', t->to);
}

static void check_expected(const struct term *t, const struct run_check *k)
{
    size_t n = run_list_n(k->expected);
    if (n == 1)
        leaf(t, "expected", run_list_text(k->expected, 0));
    if (n > 1)
        leaf(t, "expected", "one of");
    for (size_t i = 0; n > 1 && i < n; i++) {
        fputs("    \u2502             - ", t->to);
        text_tty(t->to, run_list_text(k->expected, i));
        fputc('\n', t->to);
    }
}

static void check_frames(const struct term *t, const struct run_case *c, const struct run_check *k)
{
    if (run_list_n(k->frames) == 0)
        return;
    fprintf(t->to, "    \u2502   %-9s ", "frames");
    for (size_t i = 0; i < run_list_n(k->frames); i++)
        fprintf(t->to, "%s%" PRIu64, i ? ", " : "", run_list_uint(k->frames, i));
    if (c->pcap[0]) {
        fputs(" of ", t->to);
        text_tty(t->to, c->pcap);
    }
    fputc('\n', t->to);
}

/* One check: the requirement, what the standard allows, what came. */
static void check_tree(const struct term *t, const struct run_case *c, const struct run_check *k)
{
    static const enum paint paints[VERDICT_N] = {
        [VERDICT_PASS] = GREEN,
        [VERDICT_INCONC] = YELLOW,
        [VERDICT_FAIL] = RED,
        [VERDICT_ERROR] = RED,
    };
    const struct clause *clause = clause_named(k->clause);

    fputs("    \u251c\u2500 ", t->to);
    put(t, paints[k->verdict], verdict_name(k->verdict));
    fputc(' ', t->to);
    put(t, BOLD, k->clause);
    fputs(" (", t->to);
    text_tty(t->to, k->level);
    fputc(')', t->to);
    if (!run_check_counts(c, k))
        fprintf(t->to, " in attempt %u", k->attempt);
    fputc('\n', t->to);
    if (clause)
        leaf(t, "requires", clause->words);
    if (k->what[0])
        leaf(t, "what", k->what);
    if (k->verdict > VERDICT_PASS)
        check_expected(t, k);
    if (k->actual[0] && k->verdict > VERDICT_PASS)
        leaf(t, "actual", k->actual);
    check_frames(t, c, k);
}

static void case_tree(const struct term *t, const struct run_case *c)
{
    case_line(t, c, "  ");
    for (size_t i = 0; i < c->checks_n; i++)
        if (c->checks[i].verdict > VERDICT_PASS || t->verbose > 1 || c->status == STATUS_XPASS)
            check_tree(t, c, &c->checks[i]);
    if (t->verbose > 0 && c->messages_n) {
        fputs("    \u251c\u2500 messages\n", t->to);
        report_ladder(t->to, c, "    \u2502   ", SIZE_MAX, text_tty);
    }
    for (size_t i = 0; i < c->notes_n; i++)
        if (t->verbose > 0 && c->notes[i].attempt >= c->attempts) {
            fputs("    \u251c\u2500 note: ", t->to);
            text_tty(t->to, c->notes[i].what);
            fputc('\n', t->to);
        }
    if (c->why[0]) {
        fputs("    \u251c\u2500 why: ", t->to);
        text_tty(t->to, c->why);
        fputc('\n', t->to);
    }
    if (c->file[0]) {
        fputs("    \u251c\u2500 case: ", t->to);
        text_tty(t->to, c->file);
        fprintf(t->to, ":%" PRIu64 "\n", c->line);
    }
    fputs("    \u2514\u2500 rerun: ", t->to);
    put(t, BOLD, c->rerun[0] ? c->rerun : "(the record does not say how)");
    fputs("\n\n", t->to);
}

/* One line for each reason why cases of a suite were skipped, with how many there were. */
static void skips(const struct term *t, const struct run *r, size_t first)
{
    for (size_t k = first; k != RUN_LAST; k = r->cases[k].next) {
        const struct run_case *c = &r->cases[k];
        bool said = c->status != STATUS_SKIP;
        size_t n = 0;
        for (size_t i = first; i != k && !said; i = r->cases[i].next)
            said = r->cases[i].status == STATUS_SKIP && strcmp(r->cases[i].why, c->why) == 0;
        for (size_t i = k; i != RUN_LAST && !said; i = r->cases[i].next)
            n += r->cases[i].status == STATUS_SKIP && strcmp(r->cases[i].why, c->why) == 0;
        if (said)
            continue;
        paint(t, DIM);
        fprintf(t->to, "  - skip       %zu: ", n);
        text_tty(t->to, c->why);
        paint(t, PLAIN);
        fputc('\n', t->to);
    }
}

static void suites(const struct term *t, const struct run *r)
{
    for (size_t i = 0; i < r->cases_n; i++) {
        const char *suite = r->cases[i].suite;
        if (!r->cases[i].leads)
            continue;
        put(t, BOLD, suite[0] ? suite : "(no suite)");
        fputc('\n', t->to);
        for (size_t k = i; k != RUN_LAST; k = r->cases[k].next)
            if (r->cases[k].status != STATUS_SKIP || t->verbose > 0)
                case_line(t, &r->cases[k], "  ");
        if (t->verbose <= 0)
            skips(t, r, i);
        fputc('\n', t->to);
    }
}

static void counts(const struct term *t, const struct run *r)
{
    text_count(t->to, r->cases_n, "case");
    fputs(": ", t->to);
    for (size_t s = 0, n = 0; s < STATUS_N; s++)
        if (r->counts[s] || s == STATUS_PASS || s == STATUS_FAIL) {
            fputs(n++ ? ", " : "", t->to);
            paint(t, r->counts[s] ? looks[s].paint : DIM);
            fprintf(t->to, "%zu %s", r->counts[s], status_name((enum status)s));
            paint(t, PLAIN);
        }
    fputs("; ", t->to);
    text_count(t->to, r->checks_n, "check");
    fputs(", ", t->to);
    text_duration(t->to, r->wall_us);
    fputs(r->interrupted ? ", interrupted" : "", t->to);
    if (r->seed[0]) {
        fputs("; seed ", t->to);
        text_tty(t->to, r->seed);
    }
    fputc('\n', t->to);
    if (r->remark[0]) {
        put(t, YELLOW, "note: ");
        text_tty(t->to, r->remark);
        fputc('\n', t->to);
    }
}

void report_terminal(FILE *to, const struct run *r, bool color, int verbose)
{
    struct term t = {to, color, verbose};

    if (verbose >= 0)
        suites(&t, r);
    for (size_t o = 0; o < COUNT(order); o++) {
        if (r->counts[order[o]] == 0)
            continue;
        put(&t, looks[order[o]].paint, looks[order[o]].head);
        fputs("\n\n", to);
        for (size_t i = 0; i < r->cases_n; i++)
            if (r->cases[i].status == order[o])
                case_tree(&t, &r->cases[i]);
    }
    for (size_t i = 0; verbose > 1 && i < r->cases_n; i++)
        if (!run_case_notable(&r->cases[i]))
            case_tree(&t, &r->cases[i]);
    counts(&t, r);
}
