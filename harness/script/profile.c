/* harness/script/profile.c - what an IUT claims to be, which instances of a case that allows, and
 * what is expected of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "harness/script/script.h"

/* ---- profiles ---- */

/* What scenarios/profiles/schema.json says, read by the loader. */
static const char *const transports_known[] = {"udp", "tcp", "tls", "dtls", NULL};
static const char *const families_known[] = {"ip4", "ip6", NULL};
static const struct key {
    const char *name;
    json_type type;           /* JSON_TRUE: of texts, an array */
    const char *const *words; /* that may stand in it; NULL: any */
} profile_keys[] = {
    {"schema", JSON_INTEGER, NULL},
    {"name", JSON_STRING, NULL},
    {"title", JSON_STRING, NULL},
    {"known", JSON_STRING, NULL},
    {"requires", JSON_TRUE, NULL},
    {"transports", JSON_TRUE, transports_known},
    {"families", JSON_TRUE, families_known},
    {"supports", JSON_TRUE, NULL},
    {"accounts", JSON_ARRAY, NULL},
    {"timers", JSON_OBJECT, NULL},
    {"alternate_domain", JSON_STRING, NULL},
    {"nat", JSON_OBJECT, NULL},
    {"turn", JSON_OBJECT, NULL},
    {"http", JSON_OBJECT, NULL},
    {"limits", JSON_OBJECT, NULL},
    {"own", JSON_OBJECT, NULL},
    {"ask", JSON_OBJECT, NULL},
    {"control", JSON_STRING, NULL},
    {"start", JSON_STRING, NULL},
    {"restart", JSON_STRING, NULL},
    {"health", JSON_STRING, NULL},
    {"tls", JSON_OBJECT, NULL},
    {"evidence", JSON_OBJECT, NULL},
};

static bool known_word(const char *const *words, const char *word)
{
    if (!words)
        return true;
    for (; *words; words++)
        if (strcmp(*words, word) == 0)
            return true;
    return false;
}

static bool fits_key(const struct key *k, json_t *v, char err[512], const char *path)
{
    static const char *const types[] = {"an object", "an array", "a text", "a whole number"};
    json_type type = k->type == JSON_TRUE ? JSON_ARRAY : k->type;
    json_t *item;
    size_t i;

    if (json_typeof(v) != type) {
        snprintf(err, 512, "%s: '%s' is %s", path, k->name, types[type]);
        return false;
    }
    if (k->type != JSON_TRUE)
        return true;
    json_array_foreach(v, i, item)
    {
        const char *word = json_string_value(item);
        if (word && known_word(k->words, word))
            continue;
        snprintf(err, 512, "%s: '%s' cannot have '%s' in it", path, k->name,
                 word ? word : "what is no text");
        return false;
    }
    return true;
}

/* "ask" is an object of command lines. */
static bool fits_ask(const json_t *ask, char err[512], const char *path)
{
    const char *verb;
    json_t *v;

    json_object_foreach((json_t *)(uintptr_t)ask, verb, v)
    {
        if (!json_is_string(v)) {
            snprintf(err, 512, "%s: the command for '%s' in 'ask' is a text", path, verb);
            return false;
        }
    }
    return true;
}

/* "tls" has options of the layer: texts and switches. */
static bool fits_tls(const json_t *tls, char err[512], const char *path)
{
    const char *key;
    json_t *v;

    json_object_foreach((json_t *)(uintptr_t)tls, key, v)
    {
        const struct field *f = field_find(&tls_options_desc, key);
        if (!f ||
            !(f->kind == F_TEXT ? json_is_string(v) : f->kind == F_BOOL && json_is_boolean(v))) {
            snprintf(err, 512, "%s: 'tls' has no '%s', or it is of another kind", path, key);
            return false;
        }
    }
    return true;
}

static bool known_keys(const json_t *j, char err[512], const char *path)
{
    const char *key;
    json_t *v;

    if (!json_is_object(j)) {
        snprintf(err, 512, "%s: a profile is a JSON object", path);
        return false;
    }
    json_object_foreach((json_t *)(uintptr_t)j, key, v)
    {
        size_t i = 0;
        while (i < COUNT(profile_keys) && strcmp(profile_keys[i].name, key) != 0)
            i++;
        if (i == COUNT(profile_keys)) {
            snprintf(err, 512, "%s: a profile has no key '%s'", path, key);
            return false;
        }
        if (!fits_key(&profile_keys[i], v, err, path))
            return false;
    }
    const json_t *schema = json_object_get(j, "schema");
    if (schema && json_integer_value(schema) != 1) {
        snprintf(err, 512, "%s: the format of this profile is %d, not 1", path,
                 (int)json_integer_value(schema));
        return false;
    }
    return fits_ask(json_object_get(j, "ask"), err, path) &&
           fits_tls(json_object_get(j, "tls"), err, path);
}

bool profile_load(struct profile *p, const char *root, const char *name, char err[512])
{
    json_error_t e;

    *p = (struct profile){0};
    if (strchr(name, '/') || (strlen(name) > 5 && strcmp(name + strlen(name) - 5, ".json") == 0))
        snprintf(p->path, sizeof p->path, "%s", name);
    else
        snprintf(p->path, sizeof p->path, "%s/profiles/%s.json", root, name);
    p->json = json_load_file(p->path, 0, &e);
    if (!p->json) {
        if (e.line > 0)
            snprintf(err, 512, "the profile %s, line %d: %s", p->path, e.line, e.text);
        else
            snprintf(err, 512, "the profile %s cannot be read", p->path);
        return false;
    }
    if (!known_keys(p->json, err, p->path)) {
        profile_free(p);
        return false;
    }
    p->name = json_string_value(json_object_get(p->json, "name"));
    if (!p->name)
        p->name = name;
    return true;
}

bool profile_spawn(struct profile *p, const char *command, char err[512])
{
    json_t *supports = json_object_get(p->json, "supports");

    if (!supports)
        json_object_set_new(p->json, "supports", supports = json_array());
    json_object_del(p->json, "control");
    if ((profile_has(p, "supports", "ask") ||
         json_array_append_new(supports, json_string("ask")) == 0) &&
        json_object_set_new(p->json, "ask", json_pack("{s:s}", "spawn", command)) == 0)
        return true;
    snprintf(err, 512, "--spawn: the command is no UTF-8, or there is no memory");
    return false;
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

    json_array_foreach(json_object_get(p->json, list), i, v)
    {
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
    json_array_foreach(json_object_get(p->json, "requires"), i, v)
    {
        if (json_is_string(v) && !case_needs(c, json_string_value(v))) {
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
    static const char *const transports[] = {"udp", "tcp", "tls", "dtls"};
    static const char *const families[] = {"ip4", "ip6"};
    size_t n = 0;

    why[0] = unmet(c, p);
    if (why[0])
        return 0;
    bool one_t = case_needs(c, "udp") || case_needs(c, "tcp") || case_needs(c, "tls") ||
                 case_needs(c, "dtls"),
         one_f = case_needs(c, "ip4") || case_needs(c, "ip6");
    for (size_t t = 0; t < COUNT(transports); t++)
        for (size_t f = 0; f < COUNT(families); f++) {
            if (!profile_has(p, "transports", transports[t]) ||
                !profile_has(p, "families", families[f]) ||
                (one_t && !case_needs(c, transports[t])) ||
                (one_f && !case_needs(c, families[f])) || n == cap)
                continue;
            v[n] = (struct case_run){.c = c, .transport = transports[t], .family = f == 0 ? 4 : 6};
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

static bool bad_entry(struct expect *e, const char *path, size_t i, const char *why,
                      const char *what)
{
    snprintf(e->error, sizeof e->error, "%s, entry %zu: %s%s", path, i + 1, why, what);
    return false;
}

/* Whether an entry's case is this one: "stun-server-004", or one instance of it. */
static bool names_case(const char *entry, const char *id)
{
    size_t n = strlen(id);
    return strncmp(entry, id, n) == 0 && (entry[n] == '\0' || entry[n] == '[');
}

/* "[udp,ip4]" behind an id, or nothing. */
static bool is_instance(const char *s)
{
    char transport[8], family[8];
    int n = 0;

    if (s[0] == '\0')
        return true;
    return sscanf(s, "[%7[a-z],%7[a-z0-9]]%n", transport, family, &n) == 2 && n && s[n] == '\0' &&
           is_carrier(transport) && transport[0] != 'i' && is_carrier(family) && family[0] == 'i';
}

static bool is_day(const char *s)
{
    static const char form[] = "0000-00-00";
    for (size_t i = 0; i < sizeof form; i++)
        if (form[i] == '0' ? s[i] < '0' || s[i] > '9' : s[i] != form[i])
            return false;
    return true;
}

/* A key that is misspelt would be passed over in silence, and texts that are none be lost. */
static bool known_members(struct expect *e, const char *path, size_t i, const json_t *j)
{
    static const char *const keys[] = {"case",   "clause",   "verdict", "versions",
                                       "reason", "evidence", "expires"};
    const char *key;
    json_t *v, *version;
    size_t k;

    json_object_foreach((json_t *)(uintptr_t)j, key, v)
    {
        for (k = 0; k < COUNT(keys) && strcmp(keys[k], key) != 0;)
            k++;
        if (k == COUNT(keys))
            return bad_entry(e, path, i, "an expected result has no key ", key);
    }
    v = json_object_get(j, "versions");
    if (v && !json_is_array(v))
        return bad_entry(e, path, i, "versions is an array of texts", "");
    json_array_foreach(v, k, version)
    {
        if (!json_is_string(version))
            return bad_entry(e, path, i, "versions is an array of texts", "");
    }
    v = json_object_get(j, "evidence");
    if (v && !json_is_string(v))
        return bad_entry(e, path, i, "evidence is a text", "");
    return true;
}

static bool check_entry(struct expect *e, const char *path, size_t i, const json_t *j,
                        const struct cases *c)
{
    const char *id = json_string_value(json_object_get(j, "case"));
    const char *clause = json_string_value(json_object_get(j, "clause"));
    const char *verdict = json_string_value(json_object_get(j, "verdict"));
    const json_t *expires = json_object_get(j, "expires");
    bool known = false;

    if (!known_members(e, path, i, j))
        return false;
    if (!id || !clause || !verdict || !json_string_value(json_object_get(j, "reason")))
        return bad_entry(e, path, i, "case, clause, verdict and reason are needed", "");
    for (size_t k = 0; k < c->n; k++)
        known |= names_case(id, c->v[k].id) && is_instance(id + strlen(c->v[k].id));
    if (!known)
        return bad_entry(e, path, i, "there is no case ", id);
    if (!clause_named(clause))
        return bad_entry(e, path, i, "the catalogue has no clause ", clause);
    if (strcmp(verdict, "fail") != 0 && strcmp(verdict, "inconc") != 0)
        return bad_entry(e, path, i, "a verdict is \"fail\" or \"inconc\", not ", verdict);
    if (expires && (!json_is_string(expires) || !is_day(json_string_value(expires))))
        return bad_entry(e, path, i, "expires is a day such as \"2031-12-31\"", "");
    return true;
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

bool expect_load(struct expect *e, const char *path, const struct cases *c)
{
    json_error_t err;
    json_t *v;
    size_t i;

    *e = (struct expect){0};
    e->list = json_load_file(path, 0, &err);
    if (!e->list) {
        if (err.line > 0)
            snprintf(e->error, sizeof e->error, "%s, line %d: %s", path, err.line, err.text);
        else
            snprintf(e->error, sizeof e->error, "the expected results %s cannot be read", path);
        return false;
    }
    if (!json_is_array(e->list)) {
        snprintf(e->error, sizeof e->error, "%s: expected results are a JSON array", path);
        return false;
    }
    json_array_foreach(e->list, i, v)
    {
        if (!check_entry(e, path, i, v, c))
            return false;
        e->expired += expired(v);
    }
    return true;
}

void expect_free(struct expect *e)
{
    json_decref(e->list);
    e->list = NULL;
}

static bool entry_is(const json_t *v, const struct case_run *run, const char *clause)
{
    const char *id = json_string_value(json_object_get(v, "case"));
    return (strcmp(id, run->c->id) == 0 || strcmp(id, run->id) == 0) &&
           strcmp(json_string_value(json_object_get(v, "clause")), clause) == 0 && !expired(v);
}

/* Whether a check is listed; `verdict` VERDICT_NONE: with any verdict. */
static bool listed(const struct expect *e, const struct case_run *run, const char *clause,
                   enum verdict verdict)
{
    json_t *v;
    size_t i;

    json_array_foreach(e->list, i, v)
    {
        if (entry_is(v, run, clause) &&
            (verdict == VERDICT_NONE ||
             strcmp(json_string_value(json_object_get(v, "verdict")), verdict_name(verdict)) == 0))
            return true;
    }
    return false;
}

/* The worst that a clause was judged in a case. */
static enum verdict worst(const struct case_result *r, const struct clause *clause)
{
    enum verdict v = VERDICT_NONE;
    for (size_t i = 0; i < r->n_kept; i++)
        if (r->checks[i].clause == clause && r->checks[i].verdict > v)
            v = r->checks[i].verdict;
    return v;
}

enum status expect_apply(const struct expect *e, const struct case_run *run,
                         const struct case_result *r, enum status s, char why[256])
{
    bool bad = false;

    if (!e->list || s == STATUS_SKIP || s == STATUS_ERROR)
        return s;
    for (size_t i = 0; i < r->n_kept; i++) {
        const struct case_check *k = &r->checks[i];
        if (k->verdict <= VERDICT_PASS)
            continue;
        bad = true;
        if (!listed(e, run, k->clause->id, k->verdict))
            return s; /* this one is not expected, whatever the others are */
    }
    for (size_t i = 0; i < r->n_kept; i++) {
        const struct clause *c = r->checks[i].clause;
        if (worst(r, c) == VERDICT_PASS && listed(e, run, c->id, VERDICT_NONE)) {
            snprintf(why, 256, "%s was expected not to hold, but it does", c->id);
            return STATUS_XPASS;
        }
    }
    return bad ? STATUS_XFAIL : s;
}

/* Whether another instance of the case met the clause. */
static bool passes_elsewhere(const struct case_run *runs, const struct case_result *results,
                             size_t n, size_t i, const struct clause *clause)
{
    for (size_t k = 0; k < n; k++)
        if (k != i && runs[k].c == runs[i].c && worst(&results[k], clause) == VERDICT_PASS)
            return true;
    return false;
}

/* Words that were cut in the middle of a character are no JSON. */
static void plain_words(char *out, size_t cap, const char *words)
{
    snprintf(out, cap, "%s", words);
    json_t *good = json_string(out);
    for (char *s = out; !good && *s; s++)
        *s = (unsigned char)*s < 0x80 ? *s : '?';
    json_decref(good);
}

static void write_entry(json_t *list, json_t *seen, const char *id, const struct case_check *c,
                        const char *evidence)
{
    char key[256], words[sizeof c->what];

    snprintf(key, sizeof key, "%s %s %s", id, c->clause->id, verdict_name(c->verdict));
    if (json_object_get(seen, key))
        return;
    json_object_set_new(seen, key, json_true());
    plain_words(words, sizeof words, c->what);
    json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:[],s:s,s:s}", "case", id, "clause",
                                          c->clause->id, "verdict", verdict_name(c->verdict),
                                          "versions", "reason", words, "evidence", evidence));
}

bool expect_write(const char *path, const struct case_run *runs, const struct case_result *results,
                  size_t n, char err[512])
{
    json_t *list = json_array(), *seen = json_object();

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < results[i].n_kept; k++) {
            const struct case_check *c = &results[i].checks[k];
            if (c->verdict != VERDICT_FAIL && c->verdict != VERDICT_INCONC)
                continue;
            bool one = passes_elsewhere(runs, results, n, i, c->clause);
            write_entry(list, seen, one ? runs[i].id : runs[i].c->id, c, runs[i].id);
        }
    bool good = json_dump_file(list, path, JSON_INDENT(2) | JSON_PRESERVE_ORDER) == 0;
    if (!good)
        snprintf(err, 512, "the expected results %s cannot be written: %s", path, strerror(errno));
    json_decref(list);
    json_decref(seen);
    return good;
}
