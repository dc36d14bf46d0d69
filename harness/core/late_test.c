/* harness/core/late_test.c - libraries that are loaded when they are asked for. */
#include <string.h>
#include "harness/core/late.h"
#include "harness/core/test.h"

struct two {
    double (*cos)(double);
    double (*sqrt)(double);
};
static const struct late_name names[] = {{"cos", offsetof(struct two, cos)},
                                         {"sqrt", offsetof(struct two, sqrt)},
                                         {"no_such_function", 0}};

static void there(void)
{
    struct two f = {NULL, NULL};
    struct late l = {.file = "libm.so.6", .names = names, .n = 2, .functions = &f};

    CU_ASSERT_PTR_NULL_FATAL(late_load(&l));
    CU_ASSERT_PTR_NOT_NULL_FATAL(f.sqrt);
    CU_ASSERT_DOUBLE_EQUAL(f.sqrt(81), 9, 0);
    CU_ASSERT_DOUBLE_EQUAL(f.cos(0), 1, 0);
    CU_ASSERT_PTR_NULL(late_load(&l));
}

static void not_there(void)
{
    struct two f = {NULL, NULL};
    struct late none = {.file = "libno_such.so.7", .names = names, .n = 2, .functions = &f};
    struct late old = {.file = "libm.so.6", .names = names, .n = 3, .functions = &f};

    CU_ASSERT_PTR_NOT_NULL_FATAL(late_load(&none));
    CU_ASSERT_PTR_NOT_NULL(strstr(none.why, "libno_such.so.7 cannot be loaded: "));
    CU_ASSERT_STRING_EQUAL(late_load(&old), "libm.so.6 has no no_such_function");
    CU_ASSERT_PTR_NOT_NULL(late_load(&none)); /* again */
}

TESTS({"a library that is there", there}, {"one that is not, one that lacks a function", not_there})
