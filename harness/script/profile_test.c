/* harness/script/profile_test.c - profiles against their schema, what the loader refuses, instances
 * of a case, and expected results. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "harness/core/test.h"
#include "harness/script/script.h"

#define PROFILES "scenarios/profiles/"

static bool type_is(const json_t *v, const char *type)
{
    return (strcmp(type, "object") == 0 && json_is_object(v)) ||
           (strcmp(type, "array") == 0 && json_is_array(v)) ||
           (strcmp(type, "string") == 0 && json_is_string(v)) ||
           (strcmp(type, "integer") == 0 && json_is_integer(v)) ||
           (strcmp(type, "boolean") == 0 && json_is_boolean(v));
}

static bool one_of(const json_t *list, const json_t *v)
{
    json_t *item;
    size_t i;
    json_array_foreach(list, i, item)
    {
        if (json_equal(item, v))
            return true;
    }
    return false;
}

/* As much of JSON Schema as schema.json makes use of. */
static bool valid(const json_t *schema, const json_t *v)
{
    const json_t *keys = json_object_get(schema, "properties"),
                 *items = json_object_get(schema, "items"),
                 *other = json_object_get(schema, "additionalProperties"),
                 *words = json_object_get(schema, "enum"), *only = json_object_get(schema, "const");
    const char *type = json_string_value(json_object_get(schema, "type")), *key;
    bool good = (!type || type_is(v, type)) && (!words || one_of(words, v)) &&
                (!only || json_equal(only, v));
    json_t *item;
    size_t i;

    if (items && json_is_array(v))
        json_array_foreach(v, i, item) good &= valid(items, item);
    if (!json_is_object(v))
        return good;
    json_object_foreach((json_t *)(uintptr_t)v, key, item)
    {
        const json_t *known = json_object_get(keys, key);
        if (known)
            good &= valid(known, item);
        else
            good &= !json_is_false(other) && (!json_is_object(other) || valid(other, item));
    }
    return good;
}

static bool load_text(const char *text, char err[512])
{
    char path[] = P_tmpdir "/rtclab-profile-XXXXXX.json";
    struct profile p;
    int fd = mkstemps(path, 5);
    CU_ASSERT_FATAL(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    bool good = profile_load(&p, "scenarios", path, err);
    if (good)
        profile_free(&p);
    unlink(path);
    return good;
}

static void schema(void)
{
    json_t *s = json_load_file(PROFILES "schema.json", 0, NULL), *spec;
    json_t *keys = json_object_get(s, "properties");
    const char *key;
    char err[512];
    size_t n = 0;
    glob_t g;

    CU_ASSERT_PTR_NOT_NULL_FATAL(s);
    CU_ASSERT_EQUAL_FATAL(glob(PROFILES "*.json", 0, NULL, &g), 0);
    for (size_t i = 0; i < g.gl_pathc; i++) {
        struct profile p;
        if (strcmp(g.gl_pathv[i], PROFILES "schema.json") == 0)
            continue;
        CU_ASSERT_TRUE_FATAL(profile_load(&p, "scenarios", g.gl_pathv[i], err));
        CU_ASSERT_TRUE(valid(s, p.json));
        if (!valid(s, p.json))
            printf("\n%s does not fit schema.json\n", g.gl_pathv[i]);
        profile_free(&p);
        n++;
    }
    CU_ASSERT_TRUE(n >= 4);
    globfree(&g);
    json_object_foreach(keys, key, spec)
    { /* each key of the schema is one of the loader's */
        static const char *const values[] = {"1", "\"x\"", "[]", "{}"};
        size_t taken = 0, fits = 0;
        for (size_t i = 0; i < COUNT(values); i++) {
            char text[256];
            snprintf(text, sizeof text, "{\"%s\": %s}", key, values[i]);
            json_t *v = json_loads(text, 0, NULL);
            taken += load_text(text, err);
            fits += valid(s, v);
            CU_ASSERT_EQUAL(load_text(text, err), valid(s, v));
            json_decref(v);
        }
        CU_ASSERT_TRUE(taken == 1 && fits == 1);
    }
    json_decref(s);
}

static void refused(void)
{
    static const struct {
        const char *text, *why;
    } rows[] = {
        {"{\"colour\": 1}", "a profile has no key 'colour'"},
        {"{\"transports\": [\"sctp\"]}", "'transports' cannot have 'sctp' in it"},
        {"{\"families\": [4]}", "'families' cannot have 'what is no text' in it"},
        {"{\"supports\": \"ask\"}", "'supports' is an array"},
        {"{\"ask\": {\"binding\": []}}", "the command for 'binding' in 'ask' is a text"},
        {"{\"schema\": 2}", "the format of this profile is 2, not 1"},
        {"[]", "a profile is a JSON object"},
        {"{\n\"name\": }", "line 2: "},
    };
    char err[512];
    struct profile p;
    for (size_t i = 0; i < COUNT(rows); i++) {
        CU_ASSERT_FALSE(load_text(rows[i].text, err));
        CU_ASSERT_PTR_NOT_NULL(strstr(err, rows[i].why));
    }
    CU_ASSERT_FALSE(profile_load(&p, "scenarios", "no-such-profile", err));
    CU_ASSERT_STRING_EQUAL(err,
                           "the profile scenarios/profiles/no-such-profile.json cannot be read");
}

static size_t instances(const char *profile, const char *need, const char **why,
                        struct case_run v[8])
{
    static char word[32];
    static struct case_info c = {.needs = {word}};
    static char id[] = "x-001";
    struct profile p = {.json = json_loads(profile, 0, NULL)};

    snprintf(word, sizeof word, "%s", need);
    c.id = id;
    c.needs[0] = need[0] ? word : NULL;
    size_t n = case_instances(&c, &p, why, v, 8);
    profile_free(&p);
    return n;
}

static void applies(void)
{
    static const char all[] =
        "{\"transports\":[\"udp\",\"tcp\"],\"families\":[\"ip4\",\"ip6\"],\"supports\":[\"auth\"]}";
    struct case_run v[8];
    const char *why;

    CU_ASSERT_EQUAL(instances(all, "", &why, v), 4);
    CU_ASSERT_STRING_EQUAL(v[3].id, "x-001[tcp,ip6]");
    CU_ASSERT_EQUAL(instances(all, "tcp", &why, v), 2);
    CU_ASSERT_STRING_EQUAL(v[0].id, "x-001[tcp,ip4]");
    CU_ASSERT_EQUAL(instances(all, "auth", &why, v), 4);
    CU_ASSERT_EQUAL(instances(all, "other", &why, v), 0);
    CU_ASSERT_STRING_EQUAL(why, "the profile does not claim 'other'");
    CU_ASSERT_EQUAL(instances("{\"transports\":[\"tcp\"],\"families\":[\"ip4\"],\"supports\":[]}",
                              "udp", &why, v),
                    0);
    CU_ASSERT_EQUAL(instances("{\"transports\":[\"tcp\"],\"families\":[\"ip4\"],\"requires\":["
                              "\"auth\"],\"supports\":[\"auth\"]}",
                              "udp", &why, v),
                    0);
    CU_ASSERT_STRING_EQUAL(why, "the profile is for cases that need 'auth'");
}

/* A failure past CASE_CHECKS, listed and unlisted, and words that are no UTF-8. */
static void expected(void)
{
    static struct case_result r = {.verdict = VERDICT_FAIL, .status = STATUS_FAIL};
    static char id[] = "x-001", path[] = P_tmpdir "/rtclab-expect-XXXXXX";
    struct case_info info = {.id = id};
    struct case_run run = {.c = &info, .id = "x-001[udp,ip4]"};
    struct cases cases = {.v = &info, .n = 1};
    struct expect e;
    char err[512], why[256] = "";
    int fd = mkstemp(path);

    close(fd);
    r.n_checks = r.n_kept = 2;
    r.checks[0] = (struct case_check){clause_named("RFC8489:5#3"), VERDICT_FAIL, "half a \xc3", ""};
    r.checks[1] = (struct case_check){clause_named("RFC8489:5#7"), VERDICT_PASS, "", ""};
    CU_ASSERT_TRUE(expect_write(path, &run, &r, 1, err));
    CU_ASSERT_TRUE_FATAL(expect_load(&e, path, &cases));
    CU_ASSERT_EQUAL(json_array_size(e.list), 1);
    CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json_array_get(e.list, 0), "reason")),
                           "half a ?");
    CU_ASSERT_EQUAL(expect_apply(&e, &run, &r, STATUS_FAIL, why), STATUS_XFAIL);
    r.checks[1].verdict = VERDICT_FAIL;
    CU_ASSERT_EQUAL(expect_apply(&e, &run, &r, STATUS_FAIL, why), STATUS_FAIL);
    r.checks[0].verdict = r.checks[1].verdict = VERDICT_PASS;
    CU_ASSERT_EQUAL(expect_apply(&e, &run, &r, STATUS_PASS, why), STATUS_XPASS);
    CU_ASSERT_STRING_EQUAL(why, "RFC8489:5#3 was expected not to hold, but it does");
    CU_ASSERT_EQUAL(expect_apply(&e, &run, &r, STATUS_SKIP, why), STATUS_SKIP);
    expect_free(&e);
    unlink(path);
}

TESTS({"schema", schema}, {"refused", refused}, {"applies", applies}, {"expected", expected})
