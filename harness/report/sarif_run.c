/* harness/report/sarif_run.c - a run record as SARIF: a result for each check that did not pass. */
#include <inttypes.h>
#include <stdlib.h>
#include <jansson.h>
#include "harness/core/clause.h"
#include "harness/report/report.h"
#include "harness/report/sarif.h"
#include "harness/report/text.h"

enum { FRAMES = 32 };

/* One sentence or two: what is wrong, what is required, what came. */
static char *message_of(const struct run_check *k)
{
    const struct clause *clause = clause_named(k->clause);
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    if (!f)
        return NULL;
    fputs(k->what[0] ? k->what : "The requirement is not met", f);
    if (k->actual[0])
        fprintf(f, "; actual: %s", k->actual);
    for (size_t i = 0; i < run_list_n(k->expected); i++)
        fprintf(f, "%s%s", i ? ", or " : "; expected: ", run_list_text(k->expected, i));
    fputc('.', f);
    if (clause)
        fprintf(f, " Required: %s", clause->words);
    fclose(f);
    return text;
}

static char *print(const char *format, ...) __attribute__((format(printf, 1, 2)));
static char *print(const char *format, ...)
{
    char *text = NULL;
    va_list ap;
    va_start(ap, format);
    if (vasprintf(&text, format, ap) < 0)
        text = NULL;
    va_end(ap);
    return text;
}

/* How many checks of the same clause with the same verdict stand before this one in the case. */
static size_t ordinal(const struct run_case *c, const struct run_check *k)
{
    size_t n = 0;
    for (const struct run_check *o = c->checks; o < k; o++)
        n += run_check_shown(c, o) && o->verdict == k->verdict && strcmp(o->clause, k->clause) == 0;
    return n;
}

static enum sarif_kind kind_of(const struct run_case *c, const struct run_check *k)
{
    return c->status == STATUS_FLAKY      ? SARIF_REVIEW
           : k->verdict == VERDICT_INCONC ? SARIF_OPEN
           : c->status == STATUS_INCONC   ? SARIF_OPEN /* the target was never reached */
                                          : SARIF_FAIL;
}

static void properties(FILE *f, const struct run *r, const struct run_case *c,
                       const struct run_check *k)
{
    const struct {
        const char *key, *value;
    } rows[] = {
        {"status", status_name(c->status)},
        {"verdict", verdict_name(k->verdict)},
        {"case", c->id},
        {"seed", c->seed[0] ? c->seed : r->seed},
        {"rerun", c->rerun},
        {"pcap", c->pcap},
    };
    for (size_t i = 0, n = 0; i < COUNT(rows); i++) {
        if (!rows[i].value[0])
            continue;
        fprintf(f, "%s\"%s\":", n++ ? "," : "", rows[i].key);
        text_json(f, rows[i].value);
    }
}

static bool one_check(struct sarif *s, const struct run *r, const struct run_case *c,
                      const struct run_check *k)
{
    uint64_t frames[FRAMES];
    size_t n = 0, size;
    char *text = message_of(k), *more = NULL;
    char *logical = print("%s/%s", c->suite, c->id);
    char *identity =
        print("%s %s %s %zu", c->id, k->clause, verdict_name(k->verdict), ordinal(c, k));
    FILE *f = open_memstream(&more, &size);

    if (f) {
        properties(f, r, c, k);
        fclose(f);
    }
    while (n < FRAMES && n < run_list_n(k->frames)) {
        frames[n] = run_list_uint(k->frames, n);
        n++;
    }
    bool good = text && logical && identity && more;
    if (good)
        sarif_result(s, &(struct sarif_result){
                            .clause = k->clause,
                            .level = k->level,
                            .kind = kind_of(c, k),
                            .message = text,
                            .file = c->file,
                            .line = c->line,
                            .logical = logical,
                            .logical_kind = "case",
                            .capture = c->pcap,
                            .frames = frames,
                            .n_frames = n,
                            .suppressed = c->status == STATUS_XFAIL ? c->why : NULL,
                            .identity = identity,
                            .properties = more,
                        });
    free(text);
    free(more);
    free(logical);
    free(identity);
    return good;
}

/* What is no matter of a requirement: our own fault, an expectation that does not hold any more, a
 * case that ended without a check that says why. */
static bool note(struct sarif *s, const struct run_case *c)
{
    const struct run_check *k = run_case_worst(c);
    bool error = c->status == STATUS_ERROR, stale = c->status == STATUS_XPASS;

    if (!error && !stale && (k || !run_case_notable(c)))
        return true;
    char *text = print("%s: %s%s", c->id, stale ? "unexpectedly passed: " : "", c->why);
    if (text)
        sarif_note(s, &(struct sarif_note){error, stale, text, c->file, c->line});
    free(text);
    return text != NULL;
}

static bool one_case(struct sarif *s, const struct run *r, const struct run_case *c)
{
    bool good = note(s, c);
    for (size_t i = 0; i < c->checks_n && good; i++)
        if (run_check_shown(c, &c->checks[i]) && c->checks[i].verdict != VERDICT_ERROR)
            good = one_check(s, r, c, &c->checks[i]);
    return good;
}

static char *command_of(const struct run *r)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    if (!f)
        return NULL;
    for (size_t i = 0; i < run_list_n(r->command); i++)
        fprintf(f, "%s%s", i ? " " : "", run_list_text(r->command, i));
    fclose(f);
    return text;
}

bool report_sarif(FILE *to, const struct run *r)
{
    struct sarif s;
    bool good = sarif_begin(&s, to);

    for (size_t i = 0; i < r->cases_n && good; i++)
        good = one_case(&s, r, &r->cases[i]);
    if (r->remark[0] && good)
        sarif_note(&s, &(struct sarif_note){.text = r->remark, .file = ""});
    char *command = command_of(r);
    char *automation = print("rtclab/%s/%s/", r->profile, r->target[0] ? r->target : "own");
    if (good && command && automation)
        good = sarif_end(&s, &(struct sarif_run){.version = r->version,
                                                 .started = r->started,
                                                 .command = command,
                                                 .automation = automation,
                                                 .successful = r->complete && !r->interrupted &&
                                                               !r->counts[STATUS_ERROR]});
    else
        good = false;
    free(command);
    free(automation);
    return good;
}
