/* harness/report/html.c - one self-contained page from the templates in reports/. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include "harness/report/html.h"
#include "harness/report/report.h"
#include "harness/report/text.h"

void html_put(FILE *to, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    for (const char *at; (at = strstr(format, "%s")) != NULL; format = at + 2) {
        fwrite(format, 1, (size_t)(at - format), to);
        text_xml(to, va_arg(ap, const char *));
    }
    va_end(ap);
    fputs(format, to);
}

static void title(const struct page *p)
{
    const struct run *r = p->run;
    html_put(p->to, "rtclab: %s", r->target[0] ? r->target : "own endpoints, simulated");
}

static void command(const struct page *p)
{
    for (size_t i = 0; i < run_list_n(p->run->command); i++)
        html_put(p->to, i ? " %s" : "%s", run_list_text(p->run->command, i));
}

static void fact(const struct page *p, const char *name, const char *value)
{
    if (value[0])
        html_put(p->to, "<div><dt>%s</dt><dd>%s</dd></div>\n", name, value);
}

static void facts(const struct page *p)
{
    const struct run *r = p->run;
    fact(p, "Target", r->target);
    fact(p, "Driver", r->driver);
    fact(p, "Impaired by", r->impair);
    fact(p, "Profile", r->profile);
    fact(p, "Started", r->started);
    fact(p, "Seed", r->seed);
    fputs("<div><dt>Took</dt><dd>", p->to);
    text_duration(p->to, r->wall_us);
    fputs("</dd></div>\n<div><dt>Checks</dt><dd>", p->to);
    fprintf(p->to, "%zu</dd></div>\n", r->checks_n);
    fact(p, "rtclab", r->version);
    fact(p, "Ended", r->interrupted ? "interrupted" : r->complete ? "" : "before it was done");
}

static void remark(const struct page *p)
{
    if (p->run->remark[0])
        html_put(p->to, "<p class=\"remark\">Note: %s.</p>\n", p->run->remark);
}

/* A share of the bar for each status, and a button that filters by it. */
static void bar(const struct page *p)
{
    for (size_t s = 0; s < STATUS_N; s++)
        if (p->run->counts[s])
            fprintf(p->to, "<span class=\"s-%s\" style=\"flex:%zu\" title=\"%zu %s\"></span>",
                    status_name((enum status)s), p->run->counts[s], p->run->counts[s],
                    status_name((enum status)s));
}

static void chips(const struct page *p)
{
    fprintf(p->to,
            "<button class=\"chip\" data-status=\"\" aria-pressed=\"true\">all "
            "<b>%zu</b></button>\n",
            p->run->cases_n);
    for (size_t s = 0; s < STATUS_N; s++)
        if (p->run->counts[s])
            fprintf(p->to,
                    "<button class=\"chip s-%s\" data-status=\"%s\" aria-pressed=\"false\">"
                    "%s <b>%zu</b></button>\n",
                    status_name((enum status)s), status_name((enum status)s),
                    status_name((enum status)s), p->run->counts[s]);
}

/* ---- templates ---- */

/* The whole of a file, NUL-terminated, freed with free(); NULL: errno says why. */
static char *slurp(const char *folder, const char *name)
{
    char path[4096];
    char *text = NULL;
    size_t cap = 0;
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "re");
    if (!f)
        return NULL;
    errno = 0;
    ssize_t n = getdelim(&text, &cap, '\0', f);
    fclose(f);
    if (n > 0)
        return text;
    free(text);
    return NULL;
}

static bool cases(const struct page *p)
{
    html_cases(p);
    return true;
}

static const struct slot {
    const char *name;
    void (*fill)(const struct page *p);
    bool (*try)(const struct page *p); /* false: no memory */
    const char *file;                  /* the template that is put in */
} slots[] = {
    {"title", title, NULL, NULL},
    {"command", command, NULL, NULL},
    {"facts", facts, NULL, NULL},
    {"remark", remark, NULL, NULL},
    {"bar", bar, NULL, NULL},
    {"chips", chips, NULL, NULL},
    {"cases", NULL, cases, NULL},
    {"matrix", NULL, html_matrix, NULL},
    {"css", NULL, NULL, "report.css"},
    {"js", NULL, NULL, "report.js"},
    {"compare-title", html_compare_title, NULL, NULL},
    {"compare-n", html_compare_n, NULL, NULL},
    {"compare-runs", html_compare_runs, NULL, NULL},
    {"compare-chips", NULL, html_compare_chips, NULL},
    {"compare-cases", NULL, html_compare_cases, NULL},
    {"compare-matrix", NULL, html_compare_matrix, NULL},
};

/* Fill in what stands in double braces; false: no memory, or a template that is not there. */
static bool fill(const struct page *p, const char *templates, struct span name)
{
    for (size_t i = 0; i < COUNT(slots); i++) {
        if (!span_is(name, slots[i].name))
            continue;
        if (slots[i].try)
            return slots[i].try(p);
        if (slots[i].fill) {
            slots[i].fill(p);
            return true;
        }
        char *text = slurp(templates, slots[i].file);
        if (text)
            fputs(text, p->to);
        free(text);
        return text != NULL;
    }
    errno = EINVAL;
    return false;
}

static bool draw(const struct page *p, const char *templates, const char *name)
{
    char *page = slurp(templates, name);
    const char *at = page, *open, *close;
    bool ok = page != NULL;

    while (ok && (open = strstr(at, "{{")) != NULL && (close = strstr(open, "}}")) != NULL) {
        fwrite(at, 1, (size_t)(open - at), p->to);
        ok = fill(p, templates,
                  (struct span){(const uint8_t *)open + 2, (size_t)(close - open - 2)});
        at = close + 2;
    }
    if (ok)
        fputs(at, p->to);
    free(page);
    return ok;
}

bool report_html(FILE *to, const struct run *r, const char *templates, const char *captures)
{
    return draw(&(struct page){.to = to, .run = r, .captures = captures}, templates, "report.html");
}

bool report_compare(FILE *to, const struct run *runs, size_t n, const char *const *names,
                    const char *templates)
{
    struct page p = {.to = to, .run = runs, .captures = "", .runs = runs, .n = n, .names = names};
    return draw(&p, templates, "compare.html");
}
