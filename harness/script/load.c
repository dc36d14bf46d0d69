/* harness/script/load.c - finding cases: every file is run once, with a `case` that only notes. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include "harness/core/file.h"
#include "harness/script/sandbox.h"
#include "harness/script/cites.h"
#include "harness/script/script.h"

struct loader {
    struct cases *cases;
    const char *protocol, *file;
    char *source;
    struct case_info c; /* being read; freed by the loader where it is not taken */
};

bool case_needs(const struct case_info *c, const char *word)
{
    for (size_t i = 0; i < CASE_NEEDS && c->needs[i]; i++)
        if (strcmp(c->needs[i], word) == 0)
            return true;
    return false;
}

bool case_tagged(const struct case_info *c, const char *tag)
{
    for (size_t i = 0; i < CASE_NEEDS && c->tags[i]; i++)
        if (strcmp(c->tags[i], tag) == 0)
            return true;
    return false;
}

static void info_free(struct case_info *c)
{
    for (size_t i = 0; i < CASE_NEEDS; i++) {
        free(c->needs[i]);
        free(c->tags[i]);
    }
    free(c->id);
    free(c->title);
    free(c->role);
    free(c->protocol);
    free(c->suite);
    free(c->file);
    *c = (struct case_info){0};
}

static char *copy(lua_State *L, const char *s)
{
    char *out = s ? strdup(s) : NULL;
    if (!out)
        luaL_error(L, "out of memory");
    return out;
}

static void text_field(lua_State *L, const char *key, char **out)
{
    int type = lua_getfield(L, 1, key);
    if (type == LUA_TSTRING)
        *out = copy(L, lua_tostring(L, -1));
    else if (type != LUA_TNIL)
        luaL_error(L, "a case's %s is a text", key);
    lua_pop(L, 1);
}

static void list_field(lua_State *L, const char *key, char *out[CASE_NEEDS])
{
    if (lua_getfield(L, 1, key) == LUA_TTABLE) {
        for (int i = 0; lua_rawgeti(L, -1, i + 1) == LUA_TSTRING; i++) {
            if (i == CASE_NEEDS)
                luaL_error(L, "a case has at most %d %s", CASE_NEEDS, key);
            out[i] = copy(L, lua_tostring(L, -1));
            lua_pop(L, 1);
        }
        if (!lua_isnil(L, -1))
            luaL_error(L, "a case's %s are texts", key);
        lua_pop(L, 1);
    } else if (!lua_isnil(L, -1)) {
        luaL_error(L, "a case's %s are a list", key);
    }
    lua_pop(L, 1);
}

static void add_clause(struct case_info *c, const struct clause *cl)
{
    for (size_t i = 0; i < c->n_clauses; i++)
        if (c->clauses[i] == cl)
            return;
    if (c->n_clauses < COUNT(c->clauses))
        c->clauses[c->n_clauses++] = cl;
}

/* What a function cites that the case names, of its file or of lib.lua. */
static void helper_cites(void *ctx, const char *id, const struct clause *cl)
{
    struct cases *cs = ctx;

    for (size_t i = cs->n; i-- > 0;)
        if (strcmp(cs->v[i].id, id) == 0) {
            add_clause(&cs->v[i], cl);
            return;
        }
}

/* The clauses that stand in the lines of the case, of whatever specification. */
static void cite(struct case_info *c)
{
    int line = 1;
    for (const char *s = c->source; *s && line <= c->last_line; s++) {
        line += *s == '\n';
        if (line < c->line || !isupper((unsigned char)*s))
            continue;
        size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:.#-abcdefghijklmnopqrstuvwxyz");
        char id[64] = "";
        if (n < sizeof id)
            memcpy(id, s, n);
        const struct clause *cl = clause_named(id);
        if (cl)
            add_clause(c, cl);
        if (cl || n >= sizeof id) /* else an id may begin within the word */
            s += n - 1;
    }
}

/* An id is part of file names, selectors and command lines. */
static bool id_fits(const char *id)
{
    size_t n =
        !id ? 0 : strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");
    return n > 0 && n < 64 && id[n] == '\0' && id[0] != '.' && id[0] != '-';
}

static void read_case(lua_State *L, struct loader *l, struct case_info *c)
{
    char *kind = NULL;

    c->protocol = copy(L, l->protocol);
    c->file = copy(L, l->file);
    text_field(L, "id", &c->id);
    text_field(L, "title", &c->title);
    text_field(L, "role", &c->role);
    text_field(L, "suite", &c->suite);
    list_field(L, "needs", c->needs);
    list_field(L, "tags", c->tags);
    if (lua_getfield(L, 1, "type") == LUA_TSTRING)
        kind = strchr("VIXTR", lua_tostring(L, -1)[0]);
    if (!lua_isnil(L, -1) && (!kind || !*kind || lua_rawlen(L, -1) != 1))
        luaL_error(L, "a case's type is V, I, X, T or R");
    c->kind = kind ? *kind : 'V';
    c->version = lua_getfield(L, 1, "version") == LUA_TNUMBER ? (int)lua_tointeger(L, -1) : 1;
    if (!c->id || !c->title || !c->role || lua_getfield(L, 1, "run") != LUA_TFUNCTION)
        luaL_error(L, "a case needs id, title, role and run");
    if (!id_fits(c->id))
        luaL_error(L, "'%s' is no id: letters, digits, '-', '_' and '.', at most 63", c->id);
    if (!c->suite)
        c->suite = copy(L, c->role);
}

static int on_case(lua_State *L)
{
    struct loader *l = lua_touserdata(L, lua_upvalueindex(1));
    struct cases *cs = l->cases;
    struct case_info *c = &l->c;
    lua_Debug ar;

    luaL_checktype(L, 1, LUA_TTABLE);
    info_free(c); /* of a case that raised, caught by the file */
    read_case(L, l, c);
    lua_getinfo(L, ">S", &ar);
    c->line = ar.linedefined;
    c->last_line = ar.lastlinedefined;
    c->source = l->source;
    cite(c);
    for (size_t i = 0; i < cs->n; i++)
        if (strcmp(cs->v[i].id, c->id) == 0)
            return luaL_error(L, "the id %s stands in %s too", c->id, cs->v[i].file);
    struct case_info *v = realloc(cs->v, (cs->n + 1) * sizeof *v);
    if (!v)
        return luaL_error(L, "out of memory");
    cs->v = v;
    cs->v[cs->n++] = *c;
    *c = (struct case_info){0};
    return 0;
}

static void broke(struct cases *c, const char *protocol, const char *file, const char *why)
{
    struct broken *v = realloc(c->broken, (c->n_broken + 1) * sizeof *v);
    char suite[256];

    if (!v)
        return;
    c->broken = v;
    v += c->n_broken;
    const char *folder = strchr(file, '/'), *end; /* scenarios/stun/server/auth.lua */
    folder = folder ? strchr(folder + 1, '/') : NULL;
    end = folder ? strchr(folder + 1, '/') : NULL;
    snprintf(suite, sizeof suite, "%s-%.*s", protocol, end ? (int)(end - folder - 1) : 0,
             end ? folder + 1 : "");
    *v = (struct broken){strdup(file), strdup(protocol), strdup(suite), ""};
    if (strstr(why, file))
        snprintf(v->why, sizeof v->why, "%s", why);
    else
        snprintf(v->why, sizeof v->why, "%s: %s", file, why);
    if (v->file && v->protocol && v->suite)
        c->n_broken++;
}

static bool keep_source(struct cases *c, char *source)
{
    char **kept = realloc(c->sources, (c->n_sources + 1) * sizeof *kept);
    if (!kept)
        return false;
    c->sources = kept;
    c->sources[c->n_sources++] = source;
    return true;
}

/* Run a file's text with a `case` that notes. Argument: the loader. */
static int run_text(lua_State *L)
{
    struct loader *l = lua_touserdata(L, 1);
    char chunk[600];

    lua_pushlightuserdata(L, l);
    lua_pushcclosure(L, on_case, 1);
    lua_setglobal(L, "case");
    snprintf(chunk, sizeof chunk, "@%s", l->file);
    if (sandbox_load(L, span_of(l->source), chunk) != LUA_OK)
        return lua_error(L);
    lua_call(L, 0, 0);
    return 0;
}

static void load_file(struct cases *c, const char *root, const char *protocol, const char *below,
                      struct cites *cites)
{
    char path[2048], file[600];
    struct sandbox box = {0};
    struct loader l = {.cases = c, .protocol = protocol, .file = file};
    size_t before = c->n;

    snprintf(path, sizeof path, "%s/%s", root, below);
    snprintf(file, sizeof file, "scenarios/%s", below);
    l.source = file_text(path, NULL);
    if (!l.source) {
        broke(c, protocol, file, "it cannot be read");
        return;
    }
    if (!keep_source(c, l.source)) {
        free(l.source);
        broke(c, protocol, file, "out of memory");
        return;
    }
    if (!sandbox_open(&box, CASE_MEMORY, CASE_INSTRUCTIONS, 0)) {
        broke(c, protocol, file, "out of memory");
        return;
    }
    lua_pushcfunction(box.L, run_text);
    lua_pushlightuserdata(box.L, &l);
    if (lua_pcall(box.L, 1, 0, 0) != LUA_OK) {
        const char *why = lua_tostring(box.L, -1);
        while (c->n > before) /* none of a file that would raise again when a case of it runs */
            info_free(&c->v[--c->n]);
        broke(c, protocol, file, why ? why : "an error without words");
    }
    info_free(&l.c);
    sandbox_close(&box);
    if (cites)
        cites_read(cites, l.source, helper_cites, c);
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
                       struct cites *cites, int depth)
{
    char path[2048];
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
                load_file(c, root, protocol, sub, cites);
        } else if (depth < 1) {
            load_below(c, root, protocol, sub, cites, depth + 1);
        }
        free(names[i]);
    }
    if (n >= 0)
        free(names);
}

static void load_protocol(struct cases *c, const char *root, const char *name)
{
    char path[2048];

    snprintf(path, sizeof path, "%s/%s/lib.lua", root, name);
    char *lib = file_text(path, NULL);
    struct cites *cites = cites_new(lib);
    load_below(c, root, name, name, cites, 0);
    cites_free(cites);
    free(lib);
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
        snprintf(c->error, sizeof c->error, "the folder of scenarios, %s, cannot be read: %s", root,
                 strerror(errno));
    for (int i = 0; i < n; i++) {
        bool other = false;
        for (size_t k = 0; k < COUNT(others); k++)
            other |= strcmp(names[i]->d_name, others[k]) == 0;
        if (!other)
            load_protocol(c, root, names[i]->d_name);
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
    for (size_t i = 0; i < c->n; i++)
        info_free(&c->v[i]);
    free(c->v);
    for (size_t i = 0; i < c->n_broken; i++) {
        free(c->broken[i].file);
        free(c->broken[i].protocol);
        free(c->broken[i].suite);
    }
    free(c->broken);
    for (size_t i = 0; i < c->n_sources; i++)
        free(c->sources[i]);
    free(c->sources);
    *c = (struct cases){0};
}

/* Whether the clause is what the selector names, or stands below it: a standard's or a section's.
 */
static bool clause_below(const char *id, const char *selector)
{
    size_t n = strlen(selector);

    if (n == 0 || strncmp(id, selector, n) != 0)
        return false;
    if (!strchr(selector, ':'))
        return id[n] == ':';
    return id[n] == '\0' || id[n] == '#' || id[n] == '.' || isalpha((unsigned char)id[n]) ||
           selector[n - 1] == ':';
}

bool case_instance_of(const struct case_info *c, const char *selector)
{
    size_t n = strlen(c->id);
    return strncmp(selector, c->id, n) == 0 && selector[n] == '[';
}

bool case_selected(const struct case_info *c, const char *selector)
{
    if (selector[0] == '+')
        return case_tagged(c, selector + 1) || case_needs(c, selector + 1);
    if (selector[0] == '^')
        return !case_tagged(c, selector + 1) && !case_needs(c, selector + 1);
    if (strcmp(selector, c->protocol) == 0 || strcmp(selector, c->suite) == 0 ||
        fnmatch(selector, c->id, 0) == 0 || case_instance_of(c, selector))
        return true;
    for (size_t i = 0; i < c->n_clauses; i++)
        if (clause_below(c->clauses[i]->id, selector))
            return true;
    return false;
}
