/* fuzz/triage/sarif.c - findings of fuzzing as SARIF 2.1.0. */
#include <stdlib.h>
#include <jansson.h>
#include "fuzz/triage/triage.h"

static json_t *location(const struct triage_finding *f)
{
    const struct crash_frame *at = f->crash.n_frames ? &f->crash.frames[0] : NULL;
    json_t *place = at ? json_pack("{s:{s:s}}", "artifactLocation", "uri", at->file)
                       : json_pack("{s:{s:s}}", "artifactLocation", "uri", f->input);

    if (at && at->line)
        json_object_set_new(place, "region", json_pack("{s:i}", "startLine", (int)at->line));
    return json_pack("{s:o}", "physicalLocation", place);
}

/* The place of a kind among the rules, where it is put when it is new. */
static size_t rule_of(json_t *rules, const char *kind)
{
    size_t i;
    json_t *rule;

    json_array_foreach(rules, i, rule) if (strcmp(json_string_value(json_object_get(rule, "id")),
                                                  kind) == 0) return i;
    json_array_append_new(
        rules, json_pack("{s:s, s:{s:s}}", "id", kind, "shortDescription", "text", kind));
    return json_array_size(rules) - 1;
}

static json_t *result(const char *target, const struct triage_finding *f, json_t *rules)
{
    const struct crash *c = &f->crash;
    char text[CRASH_WORDS * 2 + 64];

    snprintf(text, sizeof text, "%s: %s%s%s%s%s", target, c->kind, c->words[0] ? ": " : "",
             c->words, c->detail[0] ? ": " : "", c->detail);
    size_t rule = rule_of(rules, c->kind);
    json_t *r = json_pack("{s:s, s:I, s:s, s:s, s:{s:s}, s:[o]}", "ruleId", c->kind, "ruleIndex",
                          (json_int_t)rule, "kind", "fail", "level", "error", "message", "text",
                          text, "locations", location(f));
    if (!r)
        return NULL;
    json_object_set_new(r, "partialFingerprints", json_pack("{s:s}", "rtclabCrash/v1", c->key));
    json_object_set_new(r, "properties",
                        json_pack("{s:s, s:s, s:I, s:I, s:b}", "target", target, "input", f->input,
                                  "octets", (json_int_t)f->octets, "inputs", (json_int_t)f->inputs,
                                  "again", f->again));
    return r;
}

bool triage_sarif(FILE *to, const char *const *targets, const struct triage_finding *v, size_t n)
{
    json_t *rules = json_array(), *results = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(results, result(targets[i], &v[i], rules));
    json_t *log = json_pack("{s:s, s:s, s:[{s:{s:{s:s, s:s, s:o}}, s:o}]}", "$schema",
                            "https://json.schemastore.org/sarif-2.1.0.json", "version", "2.1.0",
                            "runs", "tool", "driver", "name", "rtclab", "version", RTCLAB_VERSION,
                            "rules", rules, "results", results);
    bool good = log && json_dumpf(log, to, JSON_INDENT(1)) == 0 && fputc('\n', to) != EOF;
    json_decref(log);
    return good;
}
