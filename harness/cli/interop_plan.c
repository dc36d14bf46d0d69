/* harness/cli/interop_plan.c - scenarios/interop/: which cells there are, and which are asked for. */
#include <fnmatch.h>
#include <glob.h>
#include <stdlib.h>
#include "harness/cli/interop.h"

static const struct key {
    const char *name;
    json_type type;
    bool must;
} keys[] = {
    {"row", JSON_STRING, true},      {"peer", JSON_STRING, true},    {"column", JSON_STRING, true},
    {"title", JSON_STRING, true},    {"profile", JSON_STRING, true}, {"select", JSON_ARRAY, false},
    {"target", JSON_STRING, false},  {"ports", JSON_ARRAY, false},   {"env", JSON_OBJECT, false},
    {"listens", JSON_OBJECT, false}, {"runs", JSON_ARRAY, false},
};

/* A name that may stand in a path and in a selector. */
static bool plain(const char *s)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "_-";
    return *s && s[strspn(s, letters)] == '\0' && *s != '-';
}

static const char *cell_fault(const json_t *j, char *why, size_t cap)
{
    const char *name;
    json_t *v;

    json_object_foreach((json_t *)(uintptr_t)j, name, v)
    {
        size_t i = 0;
        while (i < COUNT(keys) && strcmp(keys[i].name, name) != 0)
            i++;
        if (i == COUNT(keys)) {
            snprintf(why, cap, "a cell has no key '%s'", name);
            return why;
        }
        if (json_typeof(v) != keys[i].type) {
            snprintf(why, cap, "'%s' of a cell is of another type", name);
            return why;
        }
    }
    for (size_t i = 0; i < COUNT(keys); i++)
        if (keys[i].must && !json_object_get(j, keys[i].name)) {
            snprintf(why, cap, "a cell lacks '%s'", keys[i].name);
            return why;
        }
    for (size_t i = 0; i < 3; i++)
        if (!plain(json_string_value(json_object_get(j, keys[i].name)))) {
            snprintf(why, cap, "'%s' of a cell is no plain name", keys[i].name);
            return why;
        }
    if (!json_object_get(j, "select") == !json_object_get(j, "runs"))
        return "a cell has either 'select' or 'runs'";
    return NULL;
}

static bool chosen(const struct interop_cell *c, const char *word)
{
    char both[512];

    snprintf(both, sizeof both, "%s/%s", c->row, c->column);
    const char *names[] = {c->row, c->peer, c->protocol, both};
    for (size_t i = 0; i < COUNT(names); i++)
        if (fnmatch(word, names[i], 0) == 0)
            return true;
    return false;
}

/* Add the cells of one file. */
static bool add_file(struct interop_plan *p, const char *path)
{
    json_error_t e;
    char why[256];
    const char *fault;
    json_t *j = json_load_file(path, JSON_REJECT_DUPLICATES, &e), *cell;
    size_t i;

    if (!j) {
        cli_error("interop", "%s:%d: %s", path, e.line, e.text);
        return false;
    }
    json_array_append_new(p->files, j);
    const char *protocol = json_string_value(json_object_get(j, "protocol"));
    json_t *cells = json_object_get(j, "cells");
    if (json_integer_value(json_object_get(j, "schema")) != 1 || !protocol ||
        !json_is_array(cells)) {
        cli_error("interop", "%s: wants schema 1, a protocol and an array of cells", path);
        return false;
    }
    struct interop_cell *v = realloc(p->v, (p->n + json_array_size(cells) + 1) * sizeof *p->v);
    if (!v) {
        cli_error("interop", "no memory");
        return false;
    }
    p->v = v;
    json_array_foreach(cells, i, cell)
    {
        if ((fault = cell_fault(cell, why, sizeof why)) != NULL) {
            cli_error("interop", "%s: cell %zu: %s", path, i + 1, fault);
            return false;
        }
        p->v[p->n++] =
            (struct interop_cell){cell, protocol, json_string_value(json_object_get(cell, "row")),
                                  json_string_value(json_object_get(cell, "peer")),
                                  json_string_value(json_object_get(cell, "column"))};
    }
    return true;
}

static bool choose(struct interop_plan *p, char *const *words, int n)
{
    size_t kept = 0;

    for (int w = 0; w < n; w++) {
        bool any = false;
        for (size_t i = 0; i < p->n; i++)
            any |= chosen(&p->v[i], words[w]);
        if (!any) {
            cli_error("interop",
                      "'%s' names no peer, protocol or cell; --list says what "
                      "there is",
                      words[w]);
            return false;
        }
    }
    for (size_t i = 0; i < p->n; i++) {
        bool in = n == 0;
        for (int w = 0; w < n; w++)
            in |= chosen(&p->v[i], words[w]);
        if (in)
            p->v[kept++] = p->v[i];
    }
    p->n = kept;
    return true;
}

bool interop_plan(struct interop_plan *p, const char *share, char *const *words, int n)
{
    char pattern[4096];
    glob_t g;
    bool good = true;

    *p = (struct interop_plan){.files = json_array()};
    snprintf(pattern, sizeof pattern, "%s/scenarios/interop/*.json", share ? share : ".");
    if (glob(pattern, 0, NULL, &g) != 0) {
        cli_error("interop", "there is no %s", pattern);
        return false;
    }
    for (size_t i = 0; good && i < g.gl_pathc; i++)
        good = add_file(p, g.gl_pathv[i]);
    globfree(&g);
    return good && choose(p, words, n);
}

void interop_plan_free(struct interop_plan *p)
{
    json_decref(p->files);
    free(p->v);
    *p = (struct interop_plan){0};
}
