/* harness/cli/vectors_match.c - expected fields and findings against what came out. */
#include <stdarg.h>
#include <stdio.h>
#include "harness/cli/vectors.h"

bool vector_fails(struct wr *why, const char *format, ...)
{
    char line[VECTOR_WHY];
    va_list ap;

    va_start(ap, format);
    vsnprintf(line, sizeof line, format, ap);
    va_end(ap);
    if (why->n)
        wr_text(why, "; ");
    wr_text(why, line);
    return false;
}

/* A short form of a value for messages. */
static const char *brief(const json_t *j, char *buf, size_t cap)
{
    size_t n = json_dumpb(j, buf, cap - 1, JSON_ENCODE_ANY | JSON_COMPACT);
    if (n >= cap)
        n = cap - 1;
    buf[n] = '\0';
    return buf;
}

static bool match_object(const json_t *want, const json_t *got, const char *path, struct wr *why)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)want, key, value)
    {
        char below[256];
        const json_t *at = json_object_get(got, key);
        snprintf(below, sizeof below, "%s%s%s", path, *path ? "/" : "", key);
        if (json_is_null(value)) {
            if (at)
                return vector_fails(why, "%s is there, and should not be", below);
        } else if (!at) {
            return vector_fails(why, "%s is absent", below);
        } else if (!vector_match(value, at, below, why)) {
            return false;
        }
    }
    return true;
}

bool vector_match(const json_t *want, const json_t *got, const char *path, struct wr *why)
{
    char a[160], b[160];

    if (json_is_object(want) && json_is_object(got))
        return match_object(want, got, path, why);
    if (!json_is_array(want) || !json_is_array(got)) {
        if (json_equal(want, got))
            return true;
        return vector_fails(why, "%s is %s, not %s", path, brief(got, a, sizeof a),
                            brief(want, b, sizeof b));
    }
    if (json_array_size(want) != json_array_size(got))
        return vector_fails(why, "%s has %zu items, not %zu", path, json_array_size(got),
                            json_array_size(want));
    for (size_t i = 0; i < json_array_size(want); i++) {
        char below[256];
        snprintf(below, sizeof below, "%s/%zu", path, i);
        if (!vector_match(json_array_get(want, i), json_array_get(got, i), below, why))
            return false;
    }
    return true;
}

static bool same_finding(const json_t *want, const struct finding *f)
{
    const char *clause = json_string_value(json_object_get(want, "clause"));
    const char *level = json_string_value(json_object_get(want, "level"));

    return clause && level && strcmp(clause, f->clause) == 0 &&
           strcmp(level, level_name(f->level)) == 0 &&
           json_integer_value(json_object_get(want, "offset")) == (json_int_t)f->off &&
           json_integer_value(json_object_get(want, "length")) == (json_int_t)f->len;
}

static void unexpected(const struct finding *f, struct wr *why)
{
    uint8_t words[256];
    struct wr w = {words, sizeof words, 0, false};

    finding_words(&w, f);
    vector_fails(why, "unexpected finding %s %s at %llu+%llu: %.*s", f->clause,
                 level_name(f->level), (unsigned long long)f->off, (unsigned long long)f->len,
                 (int)w.n, (const char *)words);
}

static void missing(const json_t *w, struct wr *why)
{
    vector_fails(why, "missing finding %s %s at %lld+%lld",
                 json_string_value(json_object_get(w, "clause")),
                 json_string_value(json_object_get(w, "level")),
                 (long long)json_integer_value(json_object_get(w, "offset")),
                 (long long)json_integer_value(json_object_get(w, "length")));
}

bool vector_findings(const json_t *want, const struct findings *got, struct wr *why)
{
    bool met[VECTOR_FINDINGS] = {false};
    size_t before = why->n;

    if (got->n > got->cap || got->cap > COUNT(met))
        return vector_fails(why, "%zu findings, more than the runner keeps", got->n);
    for (size_t i = 0; i < json_array_size(want); i++) {
        const json_t *w = json_array_get(want, i);
        size_t f = 0;
        while (f < got->n && (met[f] || !same_finding(w, &got->v[f])))
            f++;
        if (f < got->n)
            met[f] = true;
        else
            missing(w, why);
    }
    for (size_t f = 0; f < got->n; f++)
        if (!met[f])
            unexpected(&got->v[f], why);
    return why->n == before && !why->full;
}
