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

static bool wordy(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static const char *blanks(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* The string that begins at the quote `at`, into `out`; returns its end, behind the closing quote.
 * What is too long comes out empty. */
static const char *string_at(const char *at, char out[TOKEN_MAX])
{
    char quote = *at++;
    size_t n = 0;

    while (*at && *at != quote && *at != '\n') {
        if (*at == '\\' && at[1])
            at++;
        if (n < TOKEN_MAX)
            out[n] = *at;
        n++;
        at++;
    }
    out[n < TOKEN_MAX ? n : 0] = '\0';
    return *at ? at + 1 : at;
}

/* Behind a comment that begins at `at`. */
static const char *comment_at(const char *at)
{
    at += 2;
    if (at[0] == '[' && at[1] == '[') {
        const char *end = strstr(at, "]]");
        return end ? end + 2 : at + strlen(at);
    }
    return at + strcspn(at, "\n");
}

/* Whether `case {` begins here. */
static bool case_at(const char *at)
{
    if (strncmp(at, "case", 4) != 0 || wordy(at[4]))
        return false;
    at = blanks(at + 4);
    return *at == '{' || (*at == '(' && *blanks(at + 1) == '{');
}

/* The quote of the string in `id = "..."`, NULL: something else. */
static const char *id_at(const char *at)
{
    if (strncmp(at, "id", 2) != 0 || wordy(at[2]))
        return NULL;
    at = blanks(at + 2);
    if (*at != '=')
        return NULL;
    at = blanks(at + 1);
    return *at == '"' || *at == '\'' ? at : NULL;
}

/* Where a Lua text is being read. */
struct reading {
    const char *text; /* its beginning */
    void (*cites)(void *ctx, const char *id, const struct clause *c);
    void *ctx;
    char id[TOKEN_MAX];   /* of the case that `at` is in, "": none, or its id has not come */
    unsigned depth;       /* open braces of the case, 0: outside */
    char name[TOKEN_MAX]; /* outside cases: the function that began last at the start of a line */
    /* functions, by name: ids of the clauses that they cite; ".name": one of the protocol's lib.lua */
    json_t *helpers;
};

/* A clause is named: by the case, or by the function that cases may call. */
static void cite(struct reading *r, const char *clause)
{
    const struct clause *c = clause_named(clause);

    if (!c)
        return;
    if (r->depth > 0 && r->id[0] && r->cites)
        r->cites(r->ctx, r->id, c);
    else if (r->depth == 0 && r->name[0])
        add(json_object_get(r->helpers, r->name), c->id);
}

/* Whether the word at `at` is called as a function of lib.lua: l.word(, lib.word(, lib(t).word(. */
static bool of_lib(const struct reading *r, const char *at, const char *end)
{
    if (at - r->text < 2 || at[-1] != '.' || *blanks(end) != '(')
        return false;
    const char *to = at - 1;
    if (to[-1] == ')') {
        while (to > r->text && *to != '(' && *to != '\n')
            to--;
        if (*to != '(')
            return false;
    }
    const char *from = to;
    while (from > r->text && wordy(from[-1]))
        from--;
    size_t n = (size_t)(to - from);
    return (n == 1 && *from == 'l') || (n == 3 && strncmp(from, "lib", 3) == 0);
}

/* A word: what it names cites what that function does. Returns the word's end. */
static const char *word_at(struct reading *r, const char *at)
{
    char word[TOKEN_MAX];
    const char *end = at;
    const json_t *clause;
    size_t i;

    while (wordy(*end))
        end++;
    snprintf(word, sizeof word, "%s%.*s", of_lib(r, at, end) ? "." : "", (int)(end - at), at);
    const json_t *helper = json_object_get(r->helpers, word);
    json_array_foreach(helper, i, clause) cite(r, json_string_value(clause));
    return end;
}

/* The name of the function that begins at the start of a line, `at`; returns where reading goes on. */
static const char *function_at(struct reading *r, const char *at)
{
    at += strncmp(at, "local ", 6) == 0 ? 6 : 0;
    if (strncmp(at, "function ", 9) != 0)
        return NULL;
    at = blanks(at + 9);
    const char *end = at;
    while (wordy(*end))
        end++;
    bool member = *end == '.' && wordy(end[1]); /* of lib, or of another table in lib.lua */
    if (member)
        for (at = ++end; wordy(*end);)
            end++;
    snprintf(r->name, sizeof r->name, "%s%.*s", member ? "." : "", (int)(end - at), at);
    if (!member || !json_object_get(r->helpers, r->name))
        json_object_set_new(r->helpers, r->name, json_array());
    return end;
}

static void scan(struct reading *r, const char *text)
{
    char token[TOKEN_MAX];

    r->text = text;
    r->depth = 0;
    r->name[0] = r->id[0] = '\0';
    for (const char *at = text, *next; *at;) {
        bool word = wordy(*at) && (at == text || !wordy(at[-1]));
        bool line = at == text || at[-1] == '\n';
        if (at[0] == '-' && at[1] == '-') {
            at = comment_at(at);
        } else if (r->depth == 0 && word && case_at(at)) {
            r->id[0] = '\0';
            r->depth = 1;
            at = strchr(at, '{') + 1;
        } else if (r->depth == 0 && line && (next = function_at(r, at)) != NULL) {
            at = next;
        } else if (r->depth > 0 && word && !r->id[0] && (next = id_at(at)) != NULL) {
            at = string_at(next, r->id);
        } else if (*at == '"' || *at == '\'') {
            at = string_at(at, token);
            cite(r, token);
        } else if (word) {
            at = word_at(r, at);
        } else {
            r->depth += r->depth > 0 && *at == '{';
            r->depth -= r->depth > 0 && *at == '}';
            at++;
        }
    }
}

void trace_lua(const char *lib, const char *text,
               void (*cites)(void *ctx, const char *id, const struct clause *c), void *ctx)
{
    struct reading r = {.helpers = json_object(), .ctx = ctx};
    const char *name;
    json_t *list;
    void *next;

    if (lib)
        scan(&r, lib);
    json_object_foreach_safe(r.helpers, next, name, list)
    {
        if (*name != '.') /* a function of its own */
            json_object_del(r.helpers, name);
    }
    r.cites = cites;
    scan(&r, text);
    json_decref(r.helpers);
}

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
    trace_lua(lib, text, case_cites, t);
    free(lib);
    free(text);
    return true;
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
