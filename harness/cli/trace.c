/* harness/cli/trace.c - gathering what covers each clause. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <strings.h>
#include "harness/cli/trace.h"
#include "harness/core/file.h"
#include "harness/core/registry.h"
#include "harness/script/cites.h"

enum { TOKEN_MAX = 128, DEPTH_MAX = 16 }; /* octets of an id; folders inside one another */

static bool fails(struct trace *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fails(struct trace *t, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(t->why, sizeof t->why, format, ap);
    va_end(ap);
    return false;
}

static struct cover *cover_of(struct trace *t, const struct clause *c)
{
    return &t->v[c - clauses];
}

bool trace_flips(const struct cover *v)
{
    return v->rules > 0 && v->kept > 0;
}

bool trace_covered(const struct cover *v)
{
    return json_array_size(v->cases) > 0 || trace_flips(v);
}

/* Append an id to a list unless it is there. */
static void add(json_t *list, const char *id)
{
    size_t i;
    json_t *have;
    json_array_foreach(list, i, have) if (strcmp(json_string_value(have), id) == 0) return;
    json_array_append_new(list, json_string(id));
}

/* ---- cases ---- */

static void case_cites(void *ctx, const char *id, const struct clause *c)
{
    add(cover_of(ctx, c)->cases, id);
}

/* The lib.lua of the protocol that a file of cases, share/scenarios/P/..., is of; NULL: it has none. */
static char *library_of(const char *path)
{
    static const char folder[] = "/scenarios/";
    const char *at = NULL;
    char lib[PATH_MAX];

    for (const char *next = path; (next = strstr(next, folder)) != NULL; next++)
        at = next + strlen(folder);
    if (!at)
        return NULL;
    int n = snprintf(lib, sizeof lib, "%.*s/lib.lua",
                     (int)(at - path + (ptrdiff_t)strcspn(at, "/")), path);
    return n < (int)sizeof lib ? file_text(lib, NULL) : NULL;
}

static bool read_lua(struct trace *t, const char *path)
{
    char *text = file_text(path, NULL);
    if (!text) {
        fails(t, "cannot read %s: %s", path, strerror(errno));
        return false;
    }
    char *lib = library_of(path);
    struct cites *c = cites_new(lib);
    if (c)
        cites_read(c, text, case_cites, t);
    else
        fails(t, "no memory");
    cites_free(c);
    free(lib);
    free(text);
    return c != NULL;
}

/* ---- vectors ---- */

/* Whether one of the first `n` findings cites the clause. */
static bool cited(const json_t *findings, size_t n, const struct clause *c)
{
    for (size_t i = 0; i < n; i++) {
        const json_t *name = json_object_get(json_array_get(findings, i), "clause");
        if (json_is_string(name) && strcmp(json_string_value(name), c->id) == 0)
            return true;
    }
    return false;
}

static void read_vector(struct trace *t, const json_t *test)
{
    const char *id = json_string_value(json_object_get(test, "id"));
    const json_t *named = json_object_get(test, "clauses");
    const json_t *findings = json_object_get(test, "findings"), *item;
    size_t i;

    if (!id)
        return;
    json_array_foreach(named, i, item)
    {
        const char *name = json_string_value(item);
        const struct clause *c = name ? clause_named(name) : NULL;
        if (!c)
            continue;
        cover_of(t, c)->kept += !cited(findings, json_array_size(findings), c);
        add(cover_of(t, c)->vectors, id);
    }
    json_array_foreach(findings, i, item)
    {
        const char *name = json_string_value(json_object_get(item, "clause"));
        const struct clause *c = name ? clause_named(name) : NULL;
        if (!c)
            continue;
        /* a rule that speaks twice in one vector counts once */
        cover_of(t, c)->rules += !cited(findings, i, c);
        add(cover_of(t, c)->vectors, id);
    }
}

static bool read_json(struct trace *t, const char *path)
{
    json_error_t err;
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &err);
    const json_t *group, *test;
    size_t g, i;

    if (!root)
        return fails(t, "%s:%d: %s", path, err.line, err.text);
    json_array_foreach(json_object_get(root, "groups"), g, group)
    {
        json_array_foreach(json_object_get(group, "tests"), i, test) read_vector(t, test);
    }
    json_decref(root);
    return true;
}

/* ---- folders ---- */

static int visible(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

static bool ends(const char *name, const char *with)
{
    size_t n = strlen(name), k = strlen(with);
    return n >= k && strcmp(name + n - k, with) == 0;
}

/* Read every file below `dir` whose name ends in `with`, in the order of names. */
static bool walk(struct trace *t, const char *dir, const char *with,
                 bool (*take)(struct trace *, const char *), unsigned depth)
{
    struct dirent **found;
    struct stat st;
    bool good = true;
    int n = depth < DEPTH_MAX ? scandir(dir, &found, visible, alphasort) : 0;

    if (n < 0)
        return fails(t, "cannot read %s: %s", dir, strerror(errno));
    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];
        int len = snprintf(path, sizeof path, "%s/%s", dir, found[i]->d_name);
        if (good && len < (int)sizeof path && stat(path, &st) == 0) {
            if (S_ISDIR(st.st_mode))
                good = walk(t, path, with, take, depth + 1);
            else if (ends(path, with))
                good = take(t, path);
        }
        free(found[i]);
    }
    if (depth < DEPTH_MAX)
        free(found);
    return good;
}

/* ---- faults ---- */

static void read_faults(struct trace *t, const struct endpoint_class *cls)
{
    for (size_t i = 0; i < cls->n_faults; i++) {
        const struct deviation *d = &cls->faults[i];
        const struct clause *c = d->clause ? clause_named(d->clause) : NULL;
        char id[TOKEN_MAX];
        snprintf(id, sizeof id, "%s/%s", cls->name, d->name);
        if (c)
            add(cover_of(t, c)->faults, id);
    }
}

bool trace_open(struct trace *t, const char *share)
{
    char path[PATH_MAX];

    *t = (struct trace){.v = calloc(clauses_n + 1, sizeof *t->v)};
    if (!t->v)
        return fails(t, "no memory");
    for (size_t i = 0; i < clauses_n; i++) {
        t->v[i] = (struct cover){json_array(), json_array(), json_array(), 0, 0};
        if (!t->v[i].cases || !t->v[i].vectors || !t->v[i].faults)
            return fails(t, "no memory");
    }
    for (size_t i = 0; i < registry_n; i++)
        for (size_t k = 0; registry[i].classes && registry[i].classes[k]; k++)
            read_faults(t, registry[i].classes[k]);
    snprintf(path, sizeof path, "%s/scenarios", share);
    if (!walk(t, path, ".lua", read_lua, 0))
        return false;
    snprintf(path, sizeof path, "%s/vectors", share);
    return walk(t, path, ".json", read_json, 0);
}

void trace_close(struct trace *t)
{
    for (size_t i = 0; t->v && i < clauses_n; i++) {
        json_decref(t->v[i].cases);
        json_decref(t->v[i].vectors);
        json_decref(t->v[i].faults);
    }
    free(t->v);
    t->v = NULL;
}

bool clause_selects(const char *prefix, const char *id)
{
    size_t n = strlen(prefix);
    const char *sentence = strchr(prefix, '#');

    if (n == 0 || strncasecmp(prefix, id, n) != 0)
        return false;
    if (!id[n] || prefix[n - 1] == ':')
        return true;
    return sentence ? id[n] >= 'a' && id[n] <= 'z' && id[n - 1] >= '0' && id[n - 1] <= '9'
                    : strchr(":.#", id[n]) != NULL;
}

static json_t *roles_of(const struct clause *c)
{
    json_t *roles = json_array();
    for (const char *at = c->roles; *at;) {
        size_t n = strcspn(at, ",");
        json_array_append_new(roles, json_stringn(at, n));
        at += n + (at[n] == ',');
    }
    return roles;
}

json_t *trace_json(const struct clause *c, const struct cover *v)
{
    return json_pack("{s:s, s:s, s:o, s:b, s:s, s:O, s:I, s:b, s:O, s:O}", "clause", c->id, "level",
                     level_name(c->level), "roles", roles_of(c), "observable", (int)c->observable,
                     "why_not", c->why_not, "cases", v->cases, "rules", (json_int_t)v->rules,
                     "flips", (int)trace_flips(v), "vectors", v->vectors, "faults", v->faults);
}
