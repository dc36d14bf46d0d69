/* harness/cli/plan_test.c - where a target is that says no port. */
#include "harness/cli/plan.h"
#include "harness/core/test.h"

static void ports(void)
{
    static const struct {
        const char *url;
        uint16_t port;
    } rows[] = {{"stun:127.0.0.1", 3478},  {"stuns:127.0.0.1", 5349}, {"turn:127.0.0.1", 3478},
                {"turns:127.0.0.1", 5349}, {"stun://[::1]", 3478},    {"stuns://127.0.0.1:9", 9},
                {"127.0.0.1:7", 7},        {"http://127.0.0.1", 80},  {"https:127.0.0.1", 443}};
    struct addr at;

    for (size_t i = 0; i < COUNT(rows); i++) {
        CU_ASSERT_TRUE_FATAL(target_parse("test", rows[i].url, &at));
        CU_ASSERT_EQUAL(at.port, rows[i].port);
    }
}

TESTS({"ports", ports})
