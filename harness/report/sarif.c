/* harness/report/sarif.c - SARIF 2.1.0: results are streamed, and "tool", which has the rules that
 * they brought up, follows them: the order of keys in an object is free. */
#include <inttypes.h>
#include <stdlib.h>
#include <jansson.h>
#include "harness/core/clause.h"
#include "harness/report/report.h"
#include "harness/report/sarif.h"
#include "harness/report/text.h"

enum { FRAMES = 32 }; /* related locations of a result */

bool sarif_begin(struct sarif *s, FILE *to)
{
    *s = (struct sarif){.to = to, .rules = json_object(), .notes = json_array()};
    if (!s->rules || !s->notes)
        return false;
    fputs("{\n\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\n"
          "\"version\":\"2.1.0\",\n\"runs\":[{\n\"results\":[",
          to);
    return true;
}

static void member(FILE *to, const char *key, const char *value)
{
    fprintf(to, "\"%s\":", key);
    text_json(to, value);
}

/* The place of a clause among the rules, where it is put when it is new. */
static size_t rule_of(struct sarif *s, const char *clause)
{
    const json_t *at = json_object_get(s->rules, clause);
    size_t n = json_object_size(s->rules);

    if (at)
        return (size_t)json_integer_value(at);
    if (json_object_set_new(s->rules, clause, json_integer((json_int_t)n)) != 0)
        s->failed = true;
    return n;
}

static const char *severity(const char *level)
{
    return strcmp(level, "SHOULD") == 0 ? "warning" : strcmp(level, "MAY") == 0 ? "note" : "error";
}

/* FNV-1a: the fingerprint has to be the same everywhere, not hard to forge. */
static uint64_t fingerprint(const char *s)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (; *s; s++)
        h = (h ^ (uint8_t)*s) * 0x100000001b3u;
    return h;
}

static void uri(FILE *to, const char *path)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);

    if (f) {
        text_url(f, path);
        fclose(f);
    }
    /* what text_url leads with is for browsers; a relative path in SARIF has none */
    fprintf(to, "{\"uri\":\"%s%s\"}", path[0] == '/' ? "file://" : "",
            text ? text + (strncmp(text, "./", 2) == 0 ? 2 : 0) : "");
    free(text);
}

static void physical(FILE *to, const char *file, uint64_t line)
{
    fputs("\"physicalLocation\":{\"artifactLocation\":", to);
    uri(to, file);
    if (line)
        fprintf(to, ",\"region\":{\"startLine\":%" PRIu64 "}", line);
    fputc('}', to);
}

static void logical(FILE *to, const char *name, const char *kind)
{
    const char *slash = strrchr(name, '/');

    fputs("\"logicalLocations\":[{", to);
    member(to, "name", slash ? slash + 1 : name);
    fputc(',', to);
    member(to, "fullyQualifiedName", name);
    fputc(',', to);
    member(to, "kind", kind);
    fputs("}]", to);
}

static void locations(FILE *to, const struct sarif_result *r)
{
    if (!r->file[0] && !r->logical[0])
        return;
    fputs(",\n \"locations\":[{", to);
    if (r->file[0])
        physical(to, r->file, r->line);
    if (r->logical[0]) {
        fputs(r->file[0] ? "," : "", to);
        logical(to, r->logical, r->logical_kind);
    }
    fputs("}]", to);
}

/* The frames that a result rests on: a place in the capture, which has no lines. */
static void frames(FILE *to, const struct sarif_result *r)
{
    size_t n = r->n_frames < FRAMES ? r->n_frames : FRAMES;

    if (n == 0 || !r->capture[0])
        return;
    fputs(",\n \"relatedLocations\":[", to);
    for (size_t i = 0; i < n; i++) {
        char name[64];
        snprintf(name, sizeof name, "frame %" PRIu64, r->frames[i]);
        fprintf(to, "%s{\"id\":%zu,", i ? "," : "", i + 1);
        physical(to, r->capture, 0);
        fputc(',', to);
        logical(to, name, "frame");
        fprintf(to, ",\"message\":{\"text\":\"%s\"}}", name);
    }
    fputc(']', to);
}

void sarif_result(struct sarif *s, const struct sarif_result *r)
{
    static const char *const kinds[] = {"fail", "open", "review", "pass"};
    FILE *to = s->to;
    size_t rule = rule_of(s, r->clause);

    fputs(s->results++ ? ",\n{" : "\n{", to);
    member(to, "ruleId", r->clause);
    fprintf(to, ",\"ruleIndex\":%zu,\"kind\":\"%s\",\"level\":\"%s\",\n \"message\":{", rule,
            kinds[r->kind], r->kind == SARIF_FAIL ? severity(r->level) : "none");
    member(to, "text", r->message);
    fputc('}', to);
    locations(to, r);
    frames(to, r);
    fprintf(to, ",\n \"partialFingerprints\":{\"rtclab/v1\":\"%016" PRIx64 "\"}",
            fingerprint(r->identity));
    if (r->suppressed) {
        fputs(",\n \"suppressions\":[{\"kind\":\"external\",\"status\":\"accepted\",", to);
        member(to, "justification", r->suppressed[0] ? r->suppressed : "an expected result");
        fputs("}]", to);
    }
    if (r->properties)
        fprintf(to, ",\n \"properties\":{%s}", r->properties);
    fputc('}', to);
}

void sarif_note(struct sarif *s, const struct sarif_note *n)
{
    if (json_array_append_new(s->notes,
                              json_pack("{s:b,s:b,s:s,s:s,s:I}", "error", n->error, "configuration",
                                        n->configuration, "text", n->text, "file", n->file, "line",
                                        (json_int_t)n->line)) != 0)
        s->failed = true;
}

/* ---- the end ---- */

/* Where a clause can be read: RFC8489:6.3.1#2 stands in section 6.3.1. */
static void help_uri(FILE *to, struct span clause)
{
    size_t colon = 0, hash = 0;
    uint64_t number;

    while (colon < clause.n && clause.p[colon] != ':')
        colon++;
    hash = colon;
    while (hash < clause.n && clause.p[hash] != '#')
        hash++;
    struct span section = span_cut(clause, colon + 1, hash);
    if (colon < 4 || memcmp(clause.p, "RFC", 3) != 0 ||
        !span_uint(span_cut(clause, 3, colon), &number))
        return;
    for (size_t i = 0; i < section.n; i++)
        if (section.p[i] != '.' && (section.p[i] < '0' || section.p[i] > '9'))
            return;
    fprintf(to, ",\"helpUri\":\"https://www.rfc-editor.org/rfc/rfc%" PRIu64 "#section-%.*s\"",
            number, (int)section.n, (const char *)section.p);
}

static void rule(FILE *to, const char *id)
{
    const struct clause *c = clause_named(id);

    fputc('{', to);
    member(to, "id", id);
    fputs(",\"shortDescription\":{", to);
    member(to, "text", c ? c->words : "A requirement that the catalogue does not have.");
    fputc('}', to);
    help_uri(to, span_of(id));
    if (c)
        fprintf(to,
                ",\n \"defaultConfiguration\":{\"level\":\"%s\"},\"properties\":{\"level\":\"%s\"}",
                severity(level_name(c->level)), level_name(c->level));
    fputc('}', to);
}

static void tool(struct sarif *s, const struct sarif_run *run)
{
    FILE *to = s->to;
    const char *id;
    json_t *at;
    size_t n = 0;

    fputs("\n],\n\"tool\":{\"driver\":{\"name\":\"rtclab\"", to);
    if (run->version[0]) {
        fputc(',', to);
        member(to, "version", run->version);
    }
    fputs(",\n\"rules\":[", to);
    json_object_foreach(s->rules, id, at)
    {
        fputs(n++ ? ",\n" : "\n", to);
        rule(to, id);
    }
    fputs("\n]}}", to);
}

static void notifications(FILE *to, const json_t *notes, const char *key, bool configuration)
{
    size_t i, n = 0;
    json_t *v;

    json_array_foreach(notes, i, v)
    {
        const char *file = json_string_value(json_object_get(v, "file"));
        if (json_is_true(json_object_get(v, "configuration")) != configuration)
            continue;
        fprintf(to, n++ ? ",\n{" : ",\n\"%s\":[\n{", key);
        fprintf(to, "\"level\":\"%s\",\"message\":{",
                json_is_true(json_object_get(v, "error")) ? "error" : "warning");
        member(to, "text", json_string_value(json_object_get(v, "text")));
        fputc('}', to);
        if (file[0]) {
            fputs(",\"locations\":[{", to);
            physical(to, file, (uint64_t)json_integer_value(json_object_get(v, "line")));
            fputs("}]", to);
        }
        fputc('}', to);
    }
    fputs(n ? "]" : "", to);
}

bool sarif_end(struct sarif *s, const struct sarif_run *run)
{
    FILE *to = s->to;
    bool whole = !s->failed;

    tool(s, run);
    fprintf(to, ",\n\"invocations\":[{\"executionSuccessful\":%s",
            run->successful ? "true" : "false");
    if (run->started[0]) {
        fputc(',', to);
        member(to, "startTimeUtc", run->started);
    }
    if (run->command[0]) {
        fputc(',', to);
        member(to, "commandLine", run->command);
    }
    notifications(to, s->notes, "toolExecutionNotifications", false);
    notifications(to, s->notes, "toolConfigurationNotifications", true);
    fputs("}]", to);
    if (run->automation[0]) {
        fputs(",\n\"automationDetails\":{", to);
        member(to, "id", run->automation);
        fputc('}', to);
    }
    fputs(",\n\"columnKind\":\"unicodeCodePoints\"\n}]\n}\n", to);
    json_decref(s->rules);
    json_decref(s->notes);
    s->rules = s->notes = NULL;
    return whole;
}
