/* harness/script/cites.c - reading Lua text for the clauses that its cases cite. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "harness/script/cites.h"

enum { TOKEN_MAX = 128 }; /* octets of an id */

/* Append an id to a list unless it is there. */
static void add(json_t *list, const char *id)
{
    size_t i;
    json_t *have;
    json_array_foreach(list, i, have) if (strcmp(json_string_value(have), id) == 0) return;
    json_array_append_new(list, json_string(id));
}

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
    bool lib;             /* it is the protocol's lib.lua */
    /* functions, by name: ids of the clauses that they cite; ".name": one of lib.lua */
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

/* Whether the word at `at` is called as a function of lib.lua: l.word(, lib.word(, lib(t).word(; there, of any of its
 * tables. */
static bool of_lib(const struct reading *r, const char *at, const char *end)
{
    if (at - r->text < 2 || at[-1] != '.' || *blanks(end) != '(')
        return false;
    if (r->lib)
        return true;
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

struct cites {
    struct reading r;
};

/* Functions of the text that was read are not of the next. */
static void forget_own(struct reading *r)
{
    const char *name;
    json_t *list;
    void *next;

    json_object_foreach_safe(r->helpers, next, name, list)
    {
        if (*name != '.')
            json_object_del(r->helpers, name);
    }
}

struct cites *cites_new(const char *lib)
{
    struct cites *c = calloc(1, sizeof *c);

    if (!c || !(c->r.helpers = json_object())) {
        free(c);
        return NULL;
    }
    c->r.lib = true;
    if (lib)
        scan(&c->r, lib);
    c->r.lib = false;
    forget_own(&c->r);
    return c;
}

void cites_read(struct cites *c, const char *text,
                void (*cites)(void *ctx, const char *id, const struct clause *c), void *ctx)
{
    c->r.cites = cites;
    c->r.ctx = ctx;
    scan(&c->r, text);
    forget_own(&c->r);
}

void cites_free(struct cites *c)
{
    if (c)
        json_decref(c->r.helpers);
    free(c);
}
