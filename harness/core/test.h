/* harness/core/test.h - for *_test.c: CUnit, and the table of tests that test_main.c runs.
 *
 *   static void splits(void) { ... CU_ASSERT_EQUAL(...) ... }
 *   TESTS({"splits", splits}, {"limits", limits})
 *
 * A test that cannot run here calls test_skip("why"), which is printed and counted. */
#ifndef HARNESS_CORE_TEST_H
#define HARNESS_CORE_TEST_H
#include <CUnit/CUnit.h>
#include "codecs/base/base.h"

struct test {
    const char *name;
    void (*run)(void);
};
extern const struct test tests[];
extern const size_t tests_n;
#define TESTS(...)                                                                                 \
    const struct test tests[] = {__VA_ARGS__};                                                     \
    const size_t tests_n = COUNT(tests);

/* Say why this test cannot run here. A program all of whose tests skip ends with 77. */
void test_skip(const char *why);
/* The folder shared beside the project (captures, peers), NULL: not there. */
const char *test_shared(const char *below);
/* Of the captures (*.pcap, *.pcapng) in `folder` and all below it every fourth, in order of their names; all of them
 * where RTCLAB_CAPTURES=all (`./lab captures`). The names live as long as the program. */
char *const *test_captures(const char *folder, size_t *n);
bool test_captures_all(void);
/* What stands behind the last slash of a path. */
const char *test_base_name(const char *path);
#define CHECK_TEXT(got, want) test_text(__FILE__, __LINE__, (got), (want))
void test_text(const char *file, int line, struct span got, const char *want);
/* `fs` holds exactly one finding, of this clause and place; clause NULL: none at all. */
void test_finding(const char *file, int line, const struct findings *fs, const char *clause,
                  uint64_t off, uint64_t len);
#define CHECK_FINDING(fs, clause, off, len) test_finding(__FILE__, __LINE__, fs, clause, off, len)
/* The octets from `off` on, `n` of them, differ between `now` and `was`, and no other. */
void test_changed(const char *file, int line, struct span now, struct span was, size_t off,
                  size_t n);
#define CHECK_CHANGED(now, was, off, n) test_changed(__FILE__, __LINE__, now, was, off, n)
/* A copy of `s` that ends at an unreadable page; freed with test_guard_free. */
struct span test_guard(struct span s);
void test_guard_free(struct span s);
#endif
