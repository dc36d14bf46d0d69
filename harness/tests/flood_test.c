/* harness/tests/flood_test.c - a capture through a pipe with more flows than the engine keeps (bench/gen_flood): one
 * sentence about it, all that can be decoded is, and the memory that docs/captures.md states is not exceeded. The large
 * ones, too long for a test, stand there as commands with what they took. */
#include <sys/resource.h>
#include "harness/replay/engine.h"
#include "harness/tests/program.h"

enum {
    FLOWS = 300000,
    KINDS = 5,      /* of flows, in equal parts */
    PEAK_MIB = 256, /* docs/captures.md, for one job and for two */
};

static json_t *line, *protocols;

/* Run the program behind the generator; the object that it prints is in `line`. */
static bool decoded(const char *what, unsigned n, unsigned jobs)
{
    const char *build = getenv("RTCLAB_BUILD");
    char command[1024];

    snprintf(command, sizeof command,
             "doctor > /dev/null ; '%s/bench/gen_flood' %s %u | \"$RTCLAB\" decode --summary "
             "--json -j %u -",
             build ? build : "build", what, n, jobs);
    if (!program_gives(command, 0))
        return false;
    json_decref(line);
    line = json_loads(program_out, 0, NULL);
    protocols = json_object_get(line, "protocols");
    CU_ASSERT_PTR_NOT_NULL(line);
    return line != NULL;
}

static long long number(const json_t *o, const char *key)
{
    return json_integer_value(json_object_get(o, key));
}

static const json_t *of(const char *name)
{
    for (size_t i = 0; i < json_array_size(protocols); i++) {
        json_t *p = json_array_get(protocols, i);
        if (strcmp(json_string_value(json_object_get(p, "proto")), name) == 0)
            return p;
    }
    return NULL;
}

static void many_flows(void)
{
    if (!program_ready())
        return;
    for (unsigned jobs = 1; jobs <= 2; jobs++) {
        if (!decoded("flows", FLOWS, jobs))
            return;
        long long evicted = number(line, "flows_evicted");
        /* a sentence about flows, and one about connections, which have less room */
        CU_ASSERT_EQUAL(program_lines(program_err), 2);
        CU_ASSERT_PTR_NOT_NULL(strstr(program_err, "flows were forgotten, since there was"));
        CU_ASSERT_PTR_NOT_NULL(strstr(program_err, "TCP connections were given up, since there"));
        CU_ASSERT_EQUAL(number(line, "flows"), FLOWS);
        CU_ASSERT_TRUE(evicted >= FLOWS - ENGINE_FLOWS && evicted < FLOWS / 2);
        CU_ASSERT_EQUAL(number(of("stun"), "messages"), 2 * FLOWS / KINDS);
        CU_ASSERT_EQUAL(number(of("stun"), "findings"), 0);
        /* what is held back for a stream to show itself has limits too */
        CU_ASSERT_TRUE(number(of("rtp"), "messages") > 4 * FLOWS / KINDS * 99 / 100);
        CU_ASSERT_EQUAL(number(line, "unknown") + number(of("rtp"), "messages"), 6 * FLOWS / KINDS);
        CU_ASSERT_EQUAL(number(line, "connections"), FLOWS / KINDS);
    }
}

/* As many as there are places: none has to go. */
static void few_flows(void)
{
    if (!program_ready() || !decoded("flows", 1000, 1))
        return;
    CU_ASSERT_STRING_EQUAL(program_err, "");
    CU_ASSERT_EQUAL(number(line, "flows"), 1000);
    CU_ASSERT_EQUAL(number(line, "flows_evicted"), 0);
    CU_ASSERT_EQUAL(number(of("rtp"), "messages"), 4 * 1000 / KINDS);
}

static void one_flow(void)
{
    static const char *const kinds[] = {"rtp", "http", "stun"};
    for (size_t i = 0; i < COUNT(kinds); i++) {
        if (!program_ready() || !decoded(kinds[i], 20000000, 1))
            return;
        /* of HTTP one body, of all that is sent: it is not kept */
        bool long_one = strstr(program_err, "a message is longer than 131072 octets") != NULL;
        CU_ASSERT_EQUAL(long_one, strcmp(kinds[i], "http") == 0);
        CU_ASSERT_TRUE(long_one || program_err[0] == '\0');
        CU_ASSERT_EQUAL(number(line, "flows"), 1);
        CU_ASSERT_PTR_NOT_NULL(of(kinds[i]));
    }
}

/* Of all that was run above, since it is the most of any child. */
static void memory(void)
{
    struct rusage u;

    if (ADDRESS_SANITIZER) {
        test_skip("memory of an instrumented program says nothing");
        return;
    }
    CU_ASSERT_EQUAL(getrusage(RUSAGE_CHILDREN, &u), 0);
    CU_ASSERT_TRUE(u.ru_maxrss > 1024 && u.ru_maxrss < PEAK_MIB * 1024L);
    printf(" peak %ld MiB", u.ru_maxrss / 1024);
    json_decref(line);
    line = NULL;
}

TESTS({"many_flows", many_flows}, {"few_flows", few_flows}, {"one_flow", one_flow},
      {"memory", memory})
