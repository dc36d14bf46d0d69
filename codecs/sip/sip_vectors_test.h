/* codecs/sip/sip_vectors_test.h - the messages of all vectors, for tests that do more with them than vectors say. */
#ifndef CODECS_SIP_SIP_VECTORS_TEST_H
#define CODECS_SIP_SIP_VECTORS_TEST_H
#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include "codecs/base/base.h"
#include "harness/core/test.h"

/* Called for each message that is not of a stream; `in` lasts for the call. */
typedef void sip_vector(void *ctx, const char *id, struct span in);

static void sip_vector_of(const json_t *t, sip_vector *each, void *ctx)
{
    static uint8_t octets[1 << 17];
    const char *hex = json_string_value(json_object_get(t, "octets"));
    const char *file = json_string_value(json_object_get(t, "file"));
    struct wr w = {octets, sizeof octets, 0, false};

    if (json_is_true(json_object_get(t, "stream")))
        return;
    if (hex) {
        CU_ASSERT_TRUE_FATAL(wr_unhex(&w, span_of(hex)));
    } else {
        char path[512];
        snprintf(path, sizeof path, "vectors/sip/%s", file);
        FILE *f = fopen(path, "rb");
        CU_ASSERT_PTR_NOT_NULL_FATAL(f);
        w.n = fread(octets, 1, sizeof octets, f);
        fclose(f);
    }
    each(ctx, json_string_value(json_object_get(t, "id")), wr_span(&w));
}

static void sip_vectors(sip_vector *each, void *ctx)
{
    DIR *d = opendir("vectors/sip");

    CU_ASSERT_PTR_NOT_NULL_FATAL(d);
    for (const struct dirent *e; (e = readdir(d));) {
        char path[512];
        size_t i, k, n = strlen(e->d_name);
        const json_t *group, *test;
        if (n < 5 || strcmp(e->d_name + n - 5, ".json") != 0)
            continue;
        snprintf(path, sizeof path, "vectors/sip/%s", e->d_name);
        json_t *root = json_load_file(path, JSON_ALLOW_NUL, NULL);
        CU_ASSERT_PTR_NOT_NULL_FATAL(root);
        if (strcmp(json_string_value(json_object_get(root, "protocol")), "sip") == 0)
            json_array_foreach(json_object_get(root, "groups"), i, group)
                json_array_foreach(json_object_get(group, "tests"), k, test)
                    sip_vector_of(test, each, ctx);
        json_decref(root);
    }
    closedir(d);
}
#endif
