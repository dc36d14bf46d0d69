/* harness/cli/vectors.c - reading files of test vectors, strictly: a key that is not known, an id
 * used twice or octets that are none are errors of the file, said with the place. */
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include "harness/cli/vectors.h"
#include "harness/core/registry.h"

static const struct vector_check *const checks[] = {&sdp_vector_check, &stun_vector_check};

static const char *const file_keys[] = {"protocol", "source", "groups", NULL};
static const char *const group_keys[] = {"comment", "key", "tests", NULL};
static const char *const test_keys[] = {"id",     "comment",  "result",   "flags", "clauses",
                                        "octets", "file",     "stream",   "step",  "rest",
                                        "fields", "findings", "reencode", NULL};

const struct vector_check *vector_check_named(const char *protocol)
{
    for (size_t i = 0; i < COUNT(checks); i++)
        if (strcmp(checks[i]->protocol, protocol) == 0)
            return checks[i];
    return NULL;
}

struct reading {
    const char *path, *folder;
    const struct codec *only, *codec;
    const struct vector_check *more;
    json_t *seen;
    vector_visit *visit;
    void *ctx;
    uint8_t *buf;
    struct wr *why;
};

static bool among(const char *const *keys, const char *key)
{
    for (; keys && *keys; keys++)
        if (strcmp(*keys, key) == 0)
            return true;
    return false;
}

static bool known_keys(struct reading *r, const json_t *object, const char *const *keys,
                       const char *const *more, const char *where)
{
    const char *key;
    json_t *value;

    if (!json_is_object(object))
        return vector_fails(r->why, "%s: %s is no object", r->path, where);
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        if (!among(keys, key) && !among(more, key))
            return vector_fails(r->why, "%s: %s has an unknown key '%s'", r->path, where, key);
    }
    return true;
}

static bool read_raw(struct reading *r, const char *name, struct vector *v)
{
    char dir[PATH_MAX], path[PATH_MAX + 256];

    snprintf(dir, sizeof dir, "%s", r->path);
    snprintf(path, sizeof path, "%s/%s", dirname(dir), name);
    FILE *f = strchr(name, '/') ? NULL : fopen(path, "rb");
    if (!f)
        return vector_fails(r->why, "%s: %s: cannot read '%s'", r->path, v->id, name);
    size_t n = fread(r->buf, 1, VECTOR_MAX + 1, f);
    bool good = !ferror(f) && n <= VECTOR_MAX;
    fclose(f);
    v->octets = (struct span){r->buf, n};
    return good ||
           vector_fails(r->why, "%s: %s: '%s' is over %d octets", r->path, v->id, name, VECTOR_MAX);
}

static bool read_octets(struct reading *r, struct vector *v)
{
    const char *hex = json_string_value(json_object_get(v->test, "octets"));
    const char *file = json_string_value(json_object_get(v->test, "file"));
    struct wr w = {r->buf, VECTOR_MAX, 0, false};

    if (!hex == !file)
        return vector_fails(r->why, "%s: %s wants one of octets and file", r->path, v->id);
    if (file)
        return read_raw(r, file, v);
    if (!wr_unhex(&w, span_of(hex)) || w.full)
        return vector_fails(r->why, "%s: %s: octets are not hexadecimal", r->path, v->id);
    v->octets = wr_span(&w);
    return true;
}

static bool good_id(const char *id)
{
    if (!*id || *id == '.')
        return false;
    for (; *id; id++)
        if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789-._", *id))
            return false;
    return true;
}

static bool flag(const json_t *test, const char *key, bool otherwise)
{
    const json_t *j = json_object_get(test, key);
    return j ? json_is_true(j) : otherwise;
}

static bool good_finding(const json_t *f)
{
    return json_is_string(json_object_get(f, "clause")) &&
           json_is_string(json_object_get(f, "level")) &&
           json_is_integer(json_object_get(f, "offset")) &&
           json_is_integer(json_object_get(f, "length")) && json_object_size(f) == 4;
}

static bool good_test(struct reading *r, const struct vector *v)
{
    static const char *const results[] = {"valid", "invalid", "acceptable", NULL};
    const json_t *fields = json_object_get(v->test, "fields");
    const json_t *findings = json_object_get(v->test, "findings");

    if (!v->result || !among(results, v->result))
        return vector_fails(r->why, "%s: %s: result is not valid, invalid or acceptable", r->path,
                            v->id);
    if (!json_is_string(json_object_get(v->test, "comment")))
        return vector_fails(r->why, "%s: %s has no comment", r->path, v->id);
    if (fields && (v->stream ? !json_is_array(fields) : !json_is_object(fields)))
        return vector_fails(r->why, "%s: %s: fields are an object, of a stream an array", r->path,
                            v->id);
    if (findings && !json_is_array(findings))
        return vector_fails(r->why, "%s: %s: findings are no array", r->path, v->id);
    for (size_t i = 0; i < json_array_size(findings); i++)
        if (!good_finding(json_array_get(findings, i)))
            return vector_fails(r->why, "%s: %s: finding %zu is not clause, level, offset, length",
                                r->path, v->id, i);
    return true;
}

static bool read_step(struct reading *r, struct vector *v)
{
    const char *s = json_string_value(json_object_get(v->test, "step"));

    v->step = v->stream ? STEP_MORE : STEP_ITEM;
    if (!s)
        return true;
    if (strcmp(s, "more") == 0)
        v->step = STEP_MORE;
    else if (strcmp(s, "fail") == 0)
        v->step = STEP_FAIL;
    else
        return vector_fails(r->why, "%s: %s: step is not more or fail", r->path, v->id);
    return true;
}

static bool read_test(struct reading *r, const json_t *group, const json_t *test)
{
    struct vector v = {.path = r->path, .codec = r->codec, .group = group, .test = test};

    v.id = json_string_value(json_object_get(test, "id"));
    if (!v.id || !good_id(v.id))
        return vector_fails(r->why, "%s: an id is absent, or not of a-z 0-9 - . _: '%s'", r->path,
                            v.id ? v.id : "");
    if (json_object_get(r->seen, v.id))
        return vector_fails(r->why, "%s: the id %s is used twice", r->path, v.id);
    json_object_set_new(r->seen, v.id, json_true());
    v.result = json_string_value(json_object_get(test, "result"));
    v.stream = flag(test, "stream", false);
    v.reencode = flag(test, "reencode", true);
    v.rest = (size_t)json_integer_value(json_object_get(test, "rest"));
    if (!known_keys(r, test, test_keys, r->more ? r->more->keys : NULL, v.id) ||
        !good_test(r, &v) || !read_step(r, &v) || !read_octets(r, &v))
        return false;
    r->visit(r->ctx, &v);
    return true;
}

static bool read_groups(struct reading *r, const json_t *root)
{
    const char *protocol = json_string_value(json_object_get(root, "protocol"));
    const json_t *groups = json_object_get(root, "groups");

    if (!known_keys(r, root, file_keys, NULL, "the file"))
        return false;
    const char *folder = protocol ? codec_folder(codec_named(protocol)) : NULL;
    if (!folder || strcmp(folder, r->folder) != 0)
        return vector_fails(r->why, "%s: protocol is no codec of '%s'", r->path, r->folder);
    r->codec = codec_named(protocol);
    r->more = vector_check_named(protocol);
    if (r->only && r->codec != r->only)
        return true;
    if (!json_is_string(json_object_get(root, "source")) || !json_array_size(groups))
        return vector_fails(r->why, "%s: source or groups are absent", r->path);
    for (size_t g = 0; g < json_array_size(groups); g++) {
        const json_t *group = json_array_get(groups, g), *tests = json_object_get(group, "tests");
        if (!known_keys(r, group, group_keys, NULL, "a group"))
            return false;
        for (size_t t = 0; t < json_array_size(tests); t++)
            if (!read_test(r, group, json_array_get(tests, t)))
                return false;
    }
    return true;
}

bool vectors_read(const char *path, const char *folder, const struct codec *only, json_t *seen,
                  vector_visit *visit, void *ctx, struct wr *why)
{
    json_error_t err;
    struct reading r = {.path = path,
                        .folder = folder,
                        .only = only,
                        .seen = seen,
                        .visit = visit,
                        .ctx = ctx,
                        .why = why};
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &err);

    if (!root)
        return vector_fails(why, "%s:%d: %s", path, err.line, err.text);
    r.buf = malloc(VECTOR_MAX + 1);
    bool good = r.buf ? read_groups(&r, root) : vector_fails(why, "%s: no memory", path);
    free(r.buf);
    json_decref(root);
    return good;
}
