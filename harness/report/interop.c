/* harness/report/interop.c - the interop matrix, peers x scenarios, as text and as a page. */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include "harness/report/html.h"
#include "harness/report/interop.h"
#include "harness/report/text.h"

static const struct outcome {
    json_int_t exit;
    const char *words, *sgr, *class;
} outcomes[] = {
    {0, "as expected", "32", "pass"},      {1, "not as expected", "31", "fail"},
    {2, "cannot be used", "31", "error"},  {3, "did not come up", "33", "inconc"},
    {4, "error of rtclab", "31", "error"}, {5, "stopped", "33", "inconc"},
    {77, "skipped", "2", "skip"},
};
static const struct outcome odd = {-1, "unknown", "31", "error"};

static const struct outcome *outcome_of(const json_t *cell)
{
    json_int_t e = json_integer_value(json_object_get(cell, "exit"));
    for (size_t i = 0; i < COUNT(outcomes); i++)
        if (outcomes[i].exit == e)
            return &outcomes[i];
    return &odd;
}

static const char *text(const json_t *cell, const char *key)
{
    const char *s = json_string_value(json_object_get(cell, key));
    return s ? s : "";
}

static json_int_t count(const json_t *cell, const char *key)
{
    return json_integer_value(json_object_get(cell, key));
}

/* ---- which rows and columns there are, in the order of the cells ---- */

static bool first_of(const json_t *cells, size_t at, const char *key)
{
    for (size_t i = 0; i < at; i++)
        if (strcmp(text(json_array_get(cells, i), key), text(json_array_get(cells, at), key)) == 0)
            return false;
    return true;
}

static const json_t *cell_at(const json_t *cells, const char *row, const char *column)
{
    size_t i;
    json_t *c;
    json_array_foreach((json_t *)(uintptr_t)cells, i, c)
    {
        if (strcmp(text(c, "row"), row) == 0 && strcmp(text(c, "column"), column) == 0)
            return c;
    }
    return NULL;
}

/* ---- text ---- */

/* "46 of 48, 2 known": of the cases that ran, those that passed. */
static void figures(const json_t *c, char *to, size_t cap)
{
    json_int_t ran = count(c, "cases") - count(c, "skip");
    size_t at;

    to[0] = '\0';
    if (!json_object_get(c, "cases") || ran == 0)
        return;
    at = (size_t)snprintf(to, cap, "%lld of %lld", (long long)count(c, "pass"), (long long)ran);
    if (count(c, "xfail") && at < cap)
        snprintf(to + at, cap - at, ", %lld known", (long long)count(c, "xfail"));
}

/* Every count that is not zero: "48 cases: 46 pass, 2 xfail". */
static void counts(FILE *to, const json_t *c)
{
    static const char *const keys[] = {"pass",       "fail",  "inconc", "error", "skip",
                                       "non_strict", "xfail", "xpass",  "flaky"};
    const char *between = ": ";

    text_count(to, (size_t)count(c, "cases"), "case");
    for (size_t i = 0; i < COUNT(keys); i++)
        if (count(c, keys[i])) {
            fprintf(to, "%s%lld %s", between, (long long)count(c, keys[i]), keys[i]);
            between = ", ";
        }
}

static void pad(FILE *to, const char *s, int width)
{
    int n = (int)strlen(s);
    text_tty(to, s);
    fprintf(to, "%*s", n < width ? width - n : 1, "");
}

static int width_of(const json_t *cells, const char *a, const char *b)
{
    size_t i, most = 0;
    json_t *c;
    json_array_foreach((json_t *)(uintptr_t)cells, i, c)
    {
        size_t n = strlen(text(c, a)) + (b ? strlen(text(c, b)) + 1 : 0);
        most = n > most ? n : most;
    }
    return (int)(most < 60 ? most : 60) + 2;
}

enum { COLUMN = 36 };

static void table(FILE *to, const json_t *cells, bool color)
{
    int rows = width_of(cells, "row", "version");
    size_t i, k;
    json_t *c, *d;

    pad(to, "", rows);
    json_array_foreach((json_t *)(uintptr_t)cells, i, c)
    {
        if (first_of(cells, i, "column"))
            pad(to, text(c, "column"), COLUMN);
    }
    fputc('\n', to);
    json_array_foreach((json_t *)(uintptr_t)cells, i, c)
    {
        char name[200];
        if (!first_of(cells, i, "row"))
            continue;
        snprintf(name, sizeof name, "%s %s", text(c, "row"), text(c, "version"));
        pad(to, name, rows);
        json_array_foreach((json_t *)(uintptr_t)cells, k, d)
        {
            char words[128] = "", cases[96];
            if (!first_of(cells, k, "column"))
                continue;
            const json_t *at = cell_at(cells, text(c, "row"), text(d, "column"));
            const struct outcome *o = at ? outcome_of(at) : NULL;
            if (at) {
                figures(at, cases, sizeof cases);
                snprintf(words, sizeof words, "%s%s%s", o->words, cases[0] ? " " : "", cases);
            }
            if (color && o)
                fprintf(to, "\033[%sm", o->sgr);
            pad(to, at ? words : "-", COLUMN);
            if (color && o)
                fputs("\033[0m", to);
        }
        fputc('\n', to);
    }
}

static void line(FILE *to, const char *name, const char *value)
{
    if (!value[0])
        return;
    fprintf(to, "    %-8s", name);
    text_tty(to, value);
    fputc('\n', to);
}

void report_interop(FILE *to, const json_t *cells, bool color)
{
    size_t i, k;
    json_t *c, *note;

    table(to, cells, color);
    json_array_foreach((json_t *)(uintptr_t)cells, i, c)
    {
        fprintf(to, "\n%s/%s: %s", text(c, "row"), text(c, "column"), outcome_of(c)->words);
        if (json_object_get(c, "cases")) {
            fputs(", ", to);
            counts(to, c);
        }
        fputc('\n', to);
        line(to, "why", text(c, "why"));
        json_array_foreach(json_object_get(c, "notes"), k, note)
            line(to, "note", json_string_value(note) ? json_string_value(note) : "");
        line(to, "place", text(c, "place"));
        line(to, "run", text(c, "run"));
        line(to, "again", text(c, "command"));
    }
}

/* ---- the page ---- */

static bool copy(FILE *to, const char *folder, const char *name)
{
    char path[4300], part[4096];
    size_t n;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    while ((n = fread(part, 1, sizeof part, f)) > 0)
        fwrite(part, 1, n, to);
    bool good = !ferror(f);
    fclose(f);
    return good;
}

static void html_links(FILE *to, const json_t *c)
{
    static const struct {
        const char *file, *words;
    } links[] = {{"report.html", "report"}, {"run.jsonl", "record"}, {"", "captures and logs"}};
    char folder[512];

    snprintf(folder, sizeof folder, "%s.%s/", text(c, "row"), text(c, "column"));
    if (!json_object_get(c, "cases"))
        return;
    for (size_t i = 0; i < COUNT(links); i++) {
        fputs("<a href=\"", to);
        text_url(to, folder);
        html_put(to, "%s\">%s</a> ", links[i].file, links[i].words);
    }
}

static void html_table(FILE *to, const json_t *cells)
{
    size_t i, k;
    json_t *c, *d;

    fputs("<div class=\"scroll\"><table class=\"matrix\"><thead><tr><th>Peer</th>"
          "<th>Version</th>",
          to);
    json_array_foreach((json_t *)(uintptr_t)cells, i, c)
    {
        if (first_of(cells, i, "column"))
            html_put(to, "<th>%s</th>", text(c, "column"));
    }
    fputs("</tr></thead><tbody>\n", to);
    json_array_foreach((json_t *)(uintptr_t)cells, i, c)
    {
        if (!first_of(cells, i, "row"))
            continue;
        html_put(to, "<tr><td>%s</td><td>%s</td>", text(c, "row"), text(c, "version"));
        json_array_foreach((json_t *)(uintptr_t)cells, k, d)
        {
            char cases[96];
            if (!first_of(cells, k, "column"))
                continue;
            const json_t *at = cell_at(cells, text(c, "row"), text(d, "column"));
            if (!at) {
                fputs("<td class=\"dim\">-</td>", to);
                continue;
            }
            figures(at, cases, sizeof cases);
            html_put(to, "<td class=\"links v-%s\"><a href=\"#%s.", outcome_of(at)->class,
                     text(at, "row"));
            html_put(to, "%s\">%s</a> %s</td>", text(at, "column"), outcome_of(at)->words, cases);
        }
        fputs("</tr>\n", to);
    }
    fputs("</tbody></table></div>\n", to);
}

static void html_cell(FILE *to, const json_t *c)
{
    static const char *const rows[][2] = {
        {"Why", "why"}, {"Place", "place"}, {"Run again", "command"}, {"Folder", "run"}};
    size_t k;
    json_t *note;

    html_put(to, "<h3 id=\"%s.%s\">", text(c, "row"), text(c, "column"));
    html_put(to, "%s/%s</h3>\n<p>%s</p>\n", text(c, "row"), text(c, "column"), text(c, "title"));
    html_put(to, "<p><strong>%s</strong> ", outcome_of(c)->words);
    if (json_object_get(c, "cases"))
        counts(to, c); /* words and numbers of ours: nothing to escape */
    fputs("</p>\n<dl class=\"facts\">\n", to);
    for (size_t i = 0; i < COUNT(rows); i++)
        if (text(c, rows[i][1])[0])
            html_put(to, "<div><dt>%s</dt><dd>%s</dd></div>\n", rows[i][0], text(c, rows[i][1]));
    json_array_foreach(json_object_get(c, "notes"), k, note)
        html_put(to, "<div><dt>Note</dt><dd>%s</dd></div>\n",
                 json_string_value(note) ? json_string_value(note) : "");
    fputs("</dl>\n<p>", to);
    html_links(to, c);
    fputs("</p>\n", to);
}

bool report_interop_html_file(const json_t *cells, const char *path, const char *templates,
                              struct report_error *e)
{
    FILE *to = fopen(path, "we");
    size_t i;
    json_t *c;

    if (!to) {
        snprintf(e->why, sizeof e->why, "%.300s cannot be written: %s", path, strerror(errno));
        return false;
    }
    fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n"
          "<title>rtclab: interop</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>\n",
          to);
    bool good = copy(to, templates, "report.css");
    fputs("</style>\n</head>\n<body>\n<header><h1>rtclab: interop</h1></header>\n<main>\n", to);
    html_table(to, cells);
    json_array_foreach((json_t *)(uintptr_t)cells, i, c) html_cell(to, c);
    fputs("</main>\n</body>\n</html>\n", to);
    if (!good)
        snprintf(e->why, sizeof e->why, "%.300s/report.css cannot be read", templates);
    bool written = !ferror(to);
    if ((fclose(to) != 0 || !written) && good) {
        snprintf(e->why, sizeof e->why, "%.300s cannot be written", path);
        good = false;
    }
    return good;
}
