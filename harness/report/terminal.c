/* harness/report/terminal.c - the report for people, and for grep. */
#include <inttypes.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <jansson.h>
#include "harness/core/clause.h"
#include "harness/report/report.h"
#include "harness/report/text.h"

enum paint { PLAIN, GREEN, RED, YELLOW, DIM, BOLD };
struct term {
    FILE *to;
    bool color;
    int verbose;
    size_t width;
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

/* ---- lines that end where the terminal does ---- */

/* `text` from column `at` on, words that do not fit on lines of their own after `lead`, which takes
 * `at` columns. */
static void wrapped(const struct term *t, size_t at, const char *lead, const char *text)
{
    struct span s = span_of(text);
    size_t column = at;

    if (!t->width || t->width < at + 20) {
        text_tty(t->to, text);
        return;
    }
    for (size_t i = 0, end; i < s.n; i = end) {
        for (end = i; end < s.n && s.p[end] == ' ';)
            end++;
        for (; end < s.n && s.p[end] != ' ';)
            end++;
        struct span word = span_cut(s, i, end);
        size_t n = text_columns(word);
        if (column > at && column + n > t->width) {
            fprintf(t->to, "\n%s", lead);
            while (word.n && word.p[0] == ' ')
                word = span_cut(word, 1, word.n);
            column = at;
            n = text_columns(word);
        }
        char *copy = strndup((const char *)word.p, word.n);
        text_tty(t->to, copy ? copy : "");
        free(copy);
        column += n;
    }
}

/* The front of `text` that fits into `max` columns, with an ellipsis where it is not all. */
static void fitted(const struct term *t, size_t max, const char *text)
{
    struct span s = span_of(text);
    size_t at = 0, next = 0;

    if (!t->width || text_columns(s) <= max) {
        text_tty(t->to, text);
        return;
    }
    while (next < s.n && text_columns(span_cut(s, 0, next)) < max) {
        at = next;
        text_rune(s, &next);
    }
    char *front = strndup(text, at);
    text_tty(t->to, front ? front : "");
    fputs("\u2026", t->to);
    free(front);
}

static void case_line(const struct term *t, const struct run_case *c)
{
    const struct look *l = &looks[c->status];
    size_t used = 16 + text_columns(span_of(c->id)) + 12;

    fputs("  ", t->to);
    paint(t, l->paint);
    fprintf(t->to, "%s %-10s", l->mark, status_name(c->status));
    paint(t, PLAIN);
    fputc(' ', t->to);
    put(t, BOLD, c->id);
    if (c->title[0]) {
        fputs("  ", t->to);
        fitted(t, t->width > used + 20 ? t->width - used : 20, c->title);
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

/* ---- the tree ---- */

#define BAR "    \u2502   "    /* 8 columns */
#define UNDER BAR "          " /* 18: below the value of a leaf */

/* A line of the tree: a name in a column, a value. */
static void leaf(const struct term *t, const char *name, const char *value)
{
    fprintf(t->to, BAR "%-9s ", name);
    wrapped(t, 18, UNDER, value);
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
        fputs(UNDER "- ", t->to);
        wrapped(t, 20, UNDER "  ", run_list_text(k->expected, i));
        fputc('\n', t->to);
    }
}

static void check_frames(const struct term *t, const struct run_case *c, const struct run_check *k)
{
    if (run_list_n(k->frames) == 0)
        return;
    fprintf(t->to, BAR "%-9s ", "frames");
    for (size_t i = 0; i < run_list_n(k->frames); i++)
        fprintf(t->to, "%s%" PRIu64, i ? ", " : "", run_list_uint(k->frames, i));
    if (c->pcap[0]) {
        fputs(" of ", t->to);
        text_tty(t->to, c->pcap);
    }
    if (k->length)
        fprintf(t->to, ", octets %" PRIu64 " to %" PRIu64 " of the message", k->offset,
                k->offset + k->length - 1);
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

/* "[udp,ip4]" of "stun-server-002[udp,ip4]"; the whole id where there is no more to it. */
static const char *instance(const struct run_case *c)
{
    size_t n = strlen(c->base);
    return n && strncmp(c->id, c->base, n) == 0 && c->id[n] ? c->id + n : c->id;
}

/* Whether the case says why with the words of a check, which stand above. */
static bool said(const struct run_case *c)
{
    for (size_t i = 0; i < c->checks_n; i++) {
        const struct run_check *k = &c->checks[i];
        size_t n = strlen(k->clause);
        if (k->verdict > VERDICT_PASS && n && strncmp(c->why, k->clause, n) == 0 &&
            strncmp(c->why + n, ": ", 2) == 0 && strcmp(c->why + n + 2, k->what) == 0)
            return true;
    }
    return false;
}

static void case_checks(const struct term *t, const struct run_case *c)
{
    for (size_t i = 0; i < c->checks_n; i++)
        if (c->checks[i].verdict > VERDICT_PASS || t->verbose > 1 || c->status == STATUS_XPASS)
            check_tree(t, c, &c->checks[i]);
    if (t->verbose > 0 && c->messages_n) {
        fputs("    \u251c\u2500 messages\n", t->to);
        report_ladder(t->to, c, BAR, SIZE_MAX, text_tty);
    }
    for (size_t i = 0; i < c->notes_n; i++)
        if (t->verbose > 0 && c->notes[i].attempt >= c->attempts) {
            fputs("    \u251c\u2500 note: ", t->to);
            wrapped(t, 13, BAR "     ", c->notes[i].what);
            fputc('\n', t->to);
        }
    if (c->why[0] && !said(c)) {
        fputs("    \u251c\u2500 why: ", t->to);
        wrapped(t, 12, BAR "    ", c->why);
        fputc('\n', t->to);
    }
}

/* An instance of a case. `as`: one above it that failed alike; then that is all there is to say. */
static void case_tree(const struct term *t, const struct run_case *c, const struct run_case *as)
{
    const struct look *l = &looks[c->status];

    fputs("  ", t->to);
    paint(t, l->paint);
    fprintf(t->to, "%s %s ", l->mark, status_name(c->status));
    paint(t, PLAIN);
    put(t, BOLD, instance(c));
    fputs("  ", t->to);
    paint(t, DIM);
    text_duration(t->to, c->duration_us);
    paint(t, PLAIN);
    if (as) {
        fputs("  as ", t->to);
        text_tty(t->to, instance(as));
    }
    fputc('\n', t->to);
    if (!as)
        case_checks(t, c);
    fputs("    \u2514\u2500 rerun: ", t->to);
    put(t, BOLD, c->rerun[0] ? c->rerun : "(the record does not say how)");
    fputs("\n", t->to);
}

/* Whether two instances failed in the same checks with the same words. */
static bool alike(const struct run_case *a, const struct run_case *b)
{
    size_t k = 0;

    if (a->status != b->status || strcmp(a->why, b->why) != 0 || a->checks_n == 0)
        return false;
    for (size_t i = 0; i < a->checks_n; i++) {
        if (a->checks[i].verdict <= VERDICT_PASS)
            continue;
        while (k < b->checks_n && b->checks[k].verdict <= VERDICT_PASS)
            k++;
        if (k == b->checks_n || a->checks[i].verdict != b->checks[k].verdict ||
            strcmp(a->checks[i].clause, b->checks[k].clause) != 0 ||
            strcmp(a->checks[i].what, b->checks[k].what) != 0 ||
            strcmp(a->checks[i].actual, b->checks[k].actual) != 0)
            return false;
        k++;
    }
    while (k < b->checks_n && b->checks[k].verdict <= VERDICT_PASS)
        k++;
    return k == b->checks_n;
}

static int by_group(const void *a, const void *b)
{
    const struct run_case *x = *(const struct run_case *const *)a,
                          *y = *(const struct run_case *const *)b;
    int n = strverscmp(x->suite, y->suite);
    n = n ? n : strverscmp(x->base, y->base);
    return n ? n : x < y ? -1 : x > y;
}

/* The trees of some cases: by suite, case and instance. */
static void trees(const struct term *t, const struct run_case **v, size_t n)
{
    qsort(v, n, sizeof *v, by_group);
    for (size_t i = 0, first = 0; i < n; i++) {
        const struct run_case *c = v[i], *as = NULL;
        bool suite = i == 0 || strcmp(v[i - 1]->suite, c->suite) != 0;
        bool base = suite || strcmp(v[i - 1]->base, c->base) != 0;
        if (base) {
            first = i;
            fputs(i ? "\n" : "", t->to);
        }
        if (suite) {
            put(t, BOLD, c->suite[0] ? c->suite : "(no suite)");
            fputc('\n', t->to);
        }
        if (base) {
            put(t, BOLD, c->base[0] ? c->base : c->id);
            fputs("  ", t->to);
            wrapped(t, text_columns(span_of(c->base)) + 2, "    ", c->title);
            if (c->file[0]) {
                fputs("\n  ", t->to);
                paint(t, DIM);
                text_tty(t->to, c->file);
                fprintf(t->to, ":%" PRIu64, c->line);
                paint(t, PLAIN);
            }
            fputc('\n', t->to);
        }
        for (size_t k = first; k < i && !as && t->verbose <= 0; k++)
            as = alike(v[k], c) ? v[k] : NULL;
        case_tree(t, c, as);
    }
    fputs(n ? "\n" : "", t->to);
}

/* One line for each reason why cases of a suite were skipped, with how many there were. */
static void skips(const struct term *t, const struct run *r, size_t first)
{
    json_t *reasons = json_object(), *n;
    const char *why;

    for (size_t k = first; k != RUN_LAST; k = r->cases[k].next)
        if (r->cases[k].status == STATUS_SKIP) {
            json_int_t was = json_integer_value(json_object_get(reasons, r->cases[k].why));
            json_object_set_new(reasons, r->cases[k].why, json_integer(was + 1));
        }
    json_object_foreach(reasons, why, n)
    {
        paint(t, DIM);
        fprintf(t->to, "  - skip       %" JSON_INTEGER_FORMAT ": ", json_integer_value(n));
        text_tty(t->to, why);
        paint(t, PLAIN);
        fputc('\n', t->to);
    }
    json_decref(reasons);
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
                case_line(t, &r->cases[k]);
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

/* The cases of one status, or, STATUS_N, those that need no look. */
static void some(const struct term *t, const struct run *r, enum status status)
{
    const struct run_case **v = calloc(r->cases_n + 1, sizeof(struct run_case *));
    size_t n = 0;

    for (size_t i = 0; v && i < r->cases_n; i++) {
        const struct run_case *c = &r->cases[i];
        if (status == STATUS_N ? !run_case_notable(c) : c->status == status)
            v[n++] = c;
    }
    if (v)
        trees(t, v, n);
    free(v);
}

void report_terminal_as(FILE *to, const struct run *r, const struct report_look *look)
{
    struct term t = {to, look->color, look->verbose, look->width};

    if (t.verbose >= 0)
        suites(&t, r);
    for (size_t o = 0; o < COUNT(order); o++) {
        if (r->counts[order[o]] == 0)
            continue;
        put(&t, looks[order[o]].paint, looks[order[o]].head);
        fputs("\n\n", to);
        some(&t, r, order[o]);
    }
    if (t.verbose > 1)
        some(&t, r, STATUS_N);
    counts(&t, r);
}

void report_terminal(FILE *to, const struct run *r, bool color, int verbose)
{
    struct winsize w = {0};
    int fd = fileno(to);
    bool wide = fd >= 0 && isatty(fd) && ioctl(fd, TIOCGWINSZ, &w) == 0;

    report_terminal_as(to, r, &(struct report_look){color, verbose, wide ? w.ws_col : 0});
}
