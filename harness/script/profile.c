/* harness/script/profile.c - what an IUT claims to be, which instances of a case that allows, and what
 * is expected of it. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "harness/script/script.h"

/* ---- profiles ---- */

static const char *const profile_keys[] = {"name", "title",   "requires", "transports", "families",
                                           "supports", "accounts", "own",      "ask",       "restart",
                                           "known", "timers", "schema"};

static bool known_keys(const json_t *j, char err[256], const char *path)
{
    const char *key;
    json_t *v;

    json_object_foreach((json_t *)(uintptr_t)j, key, v) {
        bool known = false;
        for (size_t i = 0; i < COUNT(profile_keys); i++)
            known |= strcmp(profile_keys[i], key) == 0;
        if (!known) {
            snprintf(err, 256, "%s: a profile has no key '%s'", path, key);
            return false;
        }
    }
    return true;
}

bool profile_load(struct profile *p, const char *root, const char *name, char err[256])
{
    json_error_t e;

    *p = (struct profile){0};
    if (strchr(name, '/') || (strlen(name) > 5 && strcmp(name + strlen(name) - 5, ".json") == 0))
        snprintf(p->path, sizeof p->path, "%s", name);
    else
        snprintf(p->path, sizeof p->path, "%s/profiles/%s.json", root, name);
    p->json = json_load_file(p->path, 0, &e);
    if (!p->json) {
        snprintf(err, 256, "%s, line %d: %s", p->path, e.line, e.text);
        return false;
    }
    if (!json_is_object(p->json) || !known_keys(p->json, err, p->path)) {
        if (!json_is_object(p->json))
            snprintf(err, 256, "%s: a profile is a JSON object", p->path);
        profile_free(p);
        return false;
    }
    p->name = json_string_value(json_object_get(p->json, "name"));
    if (!p->name)
        p->name = name;
    return true;
}

void profile_free(struct profile *p)
{
    json_decref(p->json);
    p->json = NULL;
}

bool profile_has(const struct profile *p, const char *list, const char *word)
{
    json_t *v;
    size_t i;

    json_array_foreach(json_object_get(p->json, list), i, v) {
        if (json_is_string(v) && strcmp(json_string_value(v), word) == 0)
            return true;
    }
    return false;
}

const char *profile_text(const struct profile *p, const char *key)
{
    return json_string_value(json_object_get(p->json, key));
}

/* ---- instances ---- */

static bool needs(const struct case_info *c, const char *word)
{
    for (size_t i = 0; i < CASE_NEEDS && c->needs[i]; i++)
        if (strcmp(c->needs[i], word) == 0)
            return true;
    return false;
}

static bool is_carrier(const char *word)
{
    static const char *const carriers[] = {"udp", "tcp", "tls", "dtls", "ip4", "ip6"};
    for (size_t i = 0; i < COUNT(carriers); i++)
        if (strcmp(word, carriers[i]) == 0)
            return true;
    return false;
}

/* Which need the profile does not meet; NULL: all are met. */
static const char *unmet(const struct case_info *c, const struct profile *p)
{
    static char why[128];
    json_t *v;
    size_t i;

    for (size_t k = 0; k < CASE_NEEDS && c->needs[k]; k++)
        if (!is_carrier(c->needs[k]) && !profile_has(p, "supports", c->needs[k])) {
            snprintf(why, sizeof why, "the profile does not claim '%s'", c->needs[k]);
            return why;
        }
    json_array_foreach(json_object_get(p->json, "requires"), i, v) {
        if (json_is_string(v) && !needs(c, json_string_value(v))) {
            snprintf(why, sizeof why, "the profile is for cases that need '%s'",
                     json_string_value(v));
            return why;
        }
    }
    return NULL;
}

size_t case_instances(const struct case_info *c, const struct profile *p, const char *why[1],
                      struct case_run *v, size_t cap)
{
    static const char *const transports[] = {"udp", "tcp"};
    static const char *const families[] = {"ip4", "ip6"};
    size_t n = 0;

    why[0] = unmet(c, p);
    if (why[0])
        return 0;
    bool one_t = needs(c, "udp") || needs(c, "tcp"), one_f = needs(c, "ip4") || needs(c, "ip6");
    for (size_t t = 0; t < COUNT(transports); t++)
        for (size_t f = 0; f < COUNT(families); f++) {
            if (!profile_has(p, "transports", transports[t]) ||
                !profile_has(p, "families", families[f]) || (one_t && !needs(c, transports[t])) ||
                (one_f && !needs(c, families[f])) || n == cap)
                continue;
            v[n] = (struct case_run){.c = c, .transport = transports[t],
                                     .family = f == 0 ? 4 : 6};
            snprintf(v[n].id, sizeof v[n].id, "%s[%s,%s]", c->id, transports[t], families[f]);
            n++;
        }
    if (n == 0)
        why[0] = "no transport and address family of the profile fits";
    return n;
}

uint64_t case_seed(uint64_t run_seed, const char *id)
{
    uint64_t h = 0xcbf29ce484222325u ^ run_seed; /* FNV-1a */
    for (const char *s = id; *s; s++)
        h = (h ^ (uint8_t)*s) * 0x100000001b3u;
    return h ^ h >> 29;
}

/* ---- expected results ---- */

static bool bad_entry(struct expect *e, const char *path, size_t i, const char *why, const char *what)
{
    snprintf(e->error, sizeof e->error, "%s, entry %zu: %s%s", path, i + 1, why, what);
    return false;
}

static bool check_entry(struct expect *e, const char *path, size_t i, const json_t *j,
                        const struct cases *c)
{
    const char *id = json_string_value(json_object_get(j, "case"));
    const char *clause = json_string_value(json_object_get(j, "clause"));
    const char *verdict = json_string_value(json_object_get(j, "verdict"));
    bool known = false;

    if (!id || !clause || !verdict || !json_string_value(json_object_get(j, "reason")))
        return bad_entry(e, path, i, "case, clause, verdict and reason are needed", "");
    for (size_t k = 0; k < c->n; k++)
        known |= strcmp(c->v[k].id, id) == 0;
    if (!known)
        return bad_entry(e, path, i, "there is no case ", id);
    if (!clause_named(clause))
        return bad_entry(e, path, i, "the catalogue has no clause ", clause);
    if (strcmp(verdict, "fail") != 0 && strcmp(verdict, "inconc") != 0)
        return bad_entry(e, path, i, "a verdict is \"fail\" or \"inconc\", not ", verdict);
    return true;
}

bool expect_load(struct expect *e, const char *path, const struct cases *c)
{
    json_error_t err;
    json_t *v;
    size_t i;

    *e = (struct expect){0};
    e->list = json_load_file(path, 0, &err);
    if (!e->list) {
        snprintf(e->error, sizeof e->error, "%s, line %d: %s", path, err.line, err.text);
        return false;
    }
    if (!json_is_array(e->list)) {
        snprintf(e->error, sizeof e->error, "%s: expected results are a JSON array", path);
        return false;
    }
    json_array_foreach(e->list, i, v) {
        if (!check_entry(e, path, i, v, c))
            return false;
    }
    return true;
}

void expect_free(struct expect *e)
{
    json_decref(e->list);
    e->list = NULL;
}

static bool expired(const json_t *j)
{
    const char *day = json_string_value(json_object_get(j, "expires"));
    char today[16];
    time_t now = time(NULL);
    struct tm tm;

    if (!day || !gmtime_r(&now, &tm) || !strftime(today, sizeof today, "%Y-%m-%d", &tm))
        return false;
    return strcmp(day, today) < 0;
}

static const json_t *entry_for(const struct expect *e, const char *base, const char *clause)
{
    json_t *v;
    size_t i;

    json_array_foreach(e->list, i, v) {
        if (strcmp(json_string_value(json_object_get(v, "case")), base) == 0 &&
            strcmp(json_string_value(json_object_get(v, "clause")), clause) == 0 && !expired(v))
            return v;
    }
    return NULL;
}

enum status expect_apply(struct expect *e, const char *base, const struct case_result *r,
                         enum status s, char why[256])
{
    bool bad = false, all_expected = true;

    if (!e->list || s == STATUS_SKIP || s == STATUS_ERROR)
        return s;
    for (size_t i = 0; i < r->n_kept; i++) {
        const struct case_check *k = &r->checks[i];
        const json_t *v = entry_for(e, base, k->clause->id);
        if (k->verdict == VERDICT_PASS || k->verdict == VERDICT_NONE)
            continue;
        bad = true;
        all_expected &= v && strcmp(json_string_value(json_object_get(v, "verdict")),
                                    verdict_name(k->verdict)) == 0;
    }
    if (bad && all_expected)
        return STATUS_XFAIL;
    for (size_t i = 0; !bad && i < r->n_kept; i++)
        if (entry_for(e, base, r->checks[i].clause->id)) {
            snprintf(why, 256, "%s was expected not to hold, but it does",
                     r->checks[i].clause->id);
            return STATUS_XPASS;
        }
    return s;
}

bool expect_write(const char *path, const struct case_run *runs, const struct case_result *results,
                  size_t n, char err[256])
{
    json_t *list = json_array();
    char key[256];
    json_t *seen = json_object();

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < results[i].n_kept; k++) {
            const struct case_check *c = &results[i].checks[k];
            if (c->verdict != VERDICT_FAIL && c->verdict != VERDICT_INCONC)
                continue;
            snprintf(key, sizeof key, "%s %s", runs[i].c->id, c->clause->id);
            if (json_object_get(seen, key))
                continue;
            json_object_set_new(seen, key, json_true());
            json_array_append_new(
                list, json_pack("{s:s,s:s,s:s,s:[],s:s,s:s}", "case", runs[i].c->id, "clause",
                                c->clause->id, "verdict", verdict_name(c->verdict), "versions",
                                "reason", c->what, "evidence", runs[i].id));
        }
    bool good = json_dump_file(list, path, JSON_INDENT(2) | JSON_PRESERVE_ORDER) == 0;
    if (!good)
        snprintf(err, 256, "%s cannot be written", path);
    json_decref(list);
    json_decref(seen);
    return good;
}
