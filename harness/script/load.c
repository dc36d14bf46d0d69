/* harness/script/load.c - finding cases: every file is run once, with a `case` that only notes. */
#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <ctype.h>
#include "harness/script/sandbox.h"
#include "harness/script/script.h"

struct loader {
    struct cases *cases;
    const char *protocol, *file;
    char *source;
};

static void say(struct cases *c, const char *format, const char *a, const char *b)
{
    if (!c->error[0])
        snprintf(c->error, sizeof c->error, format, a, b);
}

static char *text_field(lua_State *L, const char *key)
{
    char *out = NULL;
    if (lua_getfield(L, 1, key) == LUA_TSTRING)
        out = strdup(lua_tostring(L, -1));
    lua_pop(L, 1);
    return out;
}

static void list_field(lua_State *L, const char *key, char *out[CASE_NEEDS])
{
    if (lua_getfield(L, 1, key) == LUA_TTABLE)
        for (int i = 0; i < CASE_NEEDS; i++) {
            if (lua_geti(L, -1, i + 1) == LUA_TSTRING)
                out[i] = strdup(lua_tostring(L, -1));
            lua_pop(L, 1);
        }
    lua_pop(L, 1);
}

/* The clauses that stand in lines `from` to `to` of a source text. */
static void cite(struct case_info *c)
{
    int line = 1;
    for (const char *s = c->source; *s && line <= c->last_line; s++) {
        line += *s == '\n';
        if (line < c->line || strncmp(s, "RFC", 3) != 0)
            continue;
        size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:.#abcdefghijklmnopqrstuvwxyz");
        char id[64];
        if (n >= sizeof id)
            continue;
        memcpy(id, s, n);
        id[n] = '\0';
        const struct clause *cl = clause_named(id);
        bool there = !cl;
        for (size_t i = 0; i < c->n_clauses; i++)
            there |= c->clauses[i] == cl;
        if (!there && c->n_clauses < COUNT(c->clauses))
            c->clauses[c->n_clauses++] = cl;
        s += n - 1;
    }
}

static int on_case(lua_State *L)
{
    struct loader *l = lua_touserdata(L, lua_upvalueindex(1));
    struct cases *cs = l->cases;
    struct case_info c = {.protocol = strdup(l->protocol), .file = strdup(l->file)};
    lua_Debug ar;

    luaL_checktype(L, 1, LUA_TTABLE);
    c.id = text_field(L, "id");
    c.title = text_field(L, "title");
    c.role = text_field(L, "role");
    char *kind = text_field(L, "type");
    c.kind = kind ? kind[0] : 'V';
    free(kind);
    list_field(L, "needs", c.needs);
    list_field(L, "tags", c.tags);
    if (!c.id || !c.title || !c.role || lua_getfield(L, 1, "run") != LUA_TFUNCTION)
        return luaL_error(L, "a case needs id, title, role and run");
    lua_getinfo(L, ">S", &ar);
    c.line = ar.linedefined;
    c.last_line = ar.lastlinedefined;
    c.suite = strdup(c.role);
    c.source = l->source;
    cite(&c);
    for (size_t i = 0; i < cs->n; i++)
        if (strcmp(cs->v[i].id, c.id) == 0)
            return luaL_error(L, "the id %s stands in %s too", c.id, cs->v[i].file);
    struct case_info *v = realloc(cs->v, (cs->n + 1) * sizeof *v);
    if (!v)
        return luaL_error(L, "out of memory");
    cs->v = v;
    cs->v[cs->n++] = c;
    return 0;
}

static char *read_all(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = NULL;
    size_t n = 0, got;

    if (!f)
        return NULL;
    do {
        char *more = realloc(text, n + 65536 + 1);
        if (!more)
            break;
        text = more;
        got = fread(text + n, 1, 65536, f);
        n += got;
    } while (got == 65536);
    fclose(f);
    if (text)
        text[n] = '\0';
    return text;
}

static void load_file(struct cases *c, const char *root, const char *protocol, const char *below)
{
    char path[1024], chunk[1100];
    struct sandbox box;
    struct loader l = {c, protocol, NULL, NULL};

    snprintf(path, sizeof path, "%s/%s", root, below);
    snprintf(chunk, sizeof chunk, "@scenarios/%s", below);
    l.file = chunk + 1;
    l.source = read_all(path);
    if (!l.source) {
        say(c, "%s%s cannot be read", path, "");
        return;
    }
    char **kept = realloc(c->sources, (c->n_sources + 1) * sizeof *kept);
    if (kept) {
        c->sources = kept;
        c->sources[c->n_sources++] = l.source;
    }
    if (!kept || !sandbox_open(&box, CASE_MEMORY, CASE_INSTRUCTIONS, 0)) {
        say(c, "%s: out of memory%s", path, "");
        return;
    }
    lua_pushlightuserdata(box.L, &l);
    lua_pushcclosure(box.L, on_case, 1);
    lua_setglobal(box.L, "case");
    if (sandbox_load(box.L, span_of(l.source), chunk) != LUA_OK ||
        lua_pcall(box.L, 0, 0, 0) != LUA_OK)
        say(c, "%s%s", lua_tostring(box.L, -1), "");
    sandbox_close(&box);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int visible(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

static void load_below(struct cases *c, const char *root, const char *protocol, const char *below,
                       int depth)
{
    char path[1024];
    struct dirent **names;
    int n;

    snprintf(path, sizeof path, "%s/%s", root, below);
    n = scandir(path, &names, visible, by_name);
    for (int i = 0; i < n; i++) {
        char sub[512];
        size_t len = strlen(names[i]->d_name);
        snprintf(sub, sizeof sub, "%s/%s", below, names[i]->d_name);
        if (len > 4 && strcmp(names[i]->d_name + len - 4, ".lua") == 0) {
            if (depth > 0) /* beside the suites stands lib.lua, which has no cases */
                load_file(c, root, protocol, sub);
        } else if (depth < 1) {
            load_below(c, root, protocol, sub, depth + 1);
        }
        free(names[i]);
    }
    if (n >= 0)
        free(names);
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct case_info *)a)->id, ((const struct case_info *)b)->id);
}

bool cases_load(struct cases *c, const char *root)
{
    static const char *const others[] = {"profiles", "peers", "interop", "load"};
    struct dirent **names;
    int n;

    *c = (struct cases){0};
    n = scandir(root, &names, visible, by_name);
    if (n < 0)
        say(c, "%s: the folder of scenarios cannot be read%s", root, "");
    for (int i = 0; i < n; i++) {
        bool other = false;
        for (size_t k = 0; k < COUNT(others); k++)
            other |= strcmp(names[i]->d_name, others[k]) == 0;
        if (!other)
            load_below(c, root, names[i]->d_name, names[i]->d_name, 0);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
    if (c->n)
        qsort(c->v, c->n, sizeof *c->v, by_id);
    return c->error[0] == '\0';
}

void cases_free(struct cases *c)
{
    for (size_t i = 0; i < c->n; i++) {
        struct case_info *k = &c->v[i];
        for (size_t j = 0; j < CASE_NEEDS; j++) {
            free(k->needs[j]);
            free(k->tags[j]);
        }
        free(k->id);
        free(k->title);
        free(k->role);
        free(k->protocol);
        free(k->suite);
        free(k->file);
    }
    free(c->v);
    for (size_t i = 0; i < c->n_sources; i++)
        free(c->sources[i]);
    free(c->sources);
    *c = (struct cases){0};
}

static bool has(char *const list[CASE_NEEDS], const char *word)
{
    for (size_t i = 0; i < CASE_NEEDS && list[i]; i++)
        if (strcmp(list[i], word) == 0)
            return true;
    return false;
}

bool case_selected(const struct case_info *c, const char *selector)
{
    if (selector[0] == '+')
        return has(c->tags, selector + 1) || has(c->needs, selector + 1);
    if (selector[0] == '^')
        return !has(c->tags, selector + 1) && !has(c->needs, selector + 1);
    if (strcmp(selector, c->protocol) == 0 || strcmp(selector, c->suite) == 0 ||
        fnmatch(selector, c->id, 0) == 0)
        return true;
    size_t n = strlen(selector); /* a clause, or a section and all below it */
    for (size_t i = 0; i < c->n_clauses; i++) {
        const char *id = c->clauses[i]->id;
        if (strncmp(id, selector, n) == 0 && strchr(selector, ':') &&
            (id[n] == '\0' || id[n] == '#' || id[n] == '.' || isalpha((unsigned char)id[n])))
            return true;
    }
    return false;
}
