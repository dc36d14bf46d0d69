/* harness/core/test_main.c - main of every *_test.c. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <CUnit/Basic.h>
#include "harness/core/test.h"

static size_t skipped;

void test_skip(const char *why)
{
    skipped++;
    printf("skip: %s\n", why);
}

int main(int argc, char **argv)
{
    const char *only = argc > 1 ? argv[1] : NULL;
    CU_pSuite suite;
    unsigned failures;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (CU_initialize_registry() != CUE_SUCCESS || !(suite = CU_add_suite("tests", NULL, NULL)))
        return 1;
    for (size_t i = 0; i < tests_n; i++)
        if ((!only || strcmp(only, tests[i].name) == 0) &&
            !CU_add_test(suite, tests[i].name, tests[i].run))
            return 1;
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    failures = CU_get_number_of_failures() + CU_get_number_of_tests_failed();
    CU_cleanup_registry();
    if (failures)
        return 1;
    return skipped && skipped == tests_n ? 77 : 0;
}

const char *test_shared(const char *below)
{
    static char path[4096];
    const char *root = getenv("RTCLAB_SHARED");
    snprintf(path, sizeof path, "%s/%s", root ? root : "../shared", below);
    return access(path, R_OK) == 0 ? path : NULL;
}

/* ---- captures ---- */

enum { CAPTURES_MAX = 1024, CAPTURES_STEP = 4 };
static char *captures[CAPTURES_MAX];
static size_t n_captures;

static int visit(const char *path, const struct stat *st, int type, struct FTW *at)
{
    const char *dot = strrchr(path, '.');
    (void)st;
    (void)at;
    if (type == FTW_F && dot && (strcmp(dot, ".pcap") == 0 || strcmp(dot, ".pcapng") == 0) &&
        n_captures < CAPTURES_MAX)
        captures[n_captures++] = strdup(path);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool test_captures_all(void)
{
    const char *which = getenv("RTCLAB_CAPTURES");
    return which && strcmp(which, "all") == 0;
}

char *const *test_captures(const char *folder, size_t *n)
{
    if (n_captures == 0) {
        CU_ASSERT_EQUAL_FATAL(nftw(folder, visit, 16, FTW_PHYS), 0);
        CU_ASSERT_TRUE_FATAL(n_captures > 0);
        CU_ASSERT_TRUE_FATAL(n_captures < CAPTURES_MAX);
        qsort(captures, n_captures, sizeof *captures, by_name);
        if (!test_captures_all()) {
            size_t all = n_captures;
            n_captures = 0;
            for (size_t i = 0; i < all; i++)
                if (i % CAPTURES_STEP == 0)
                    captures[n_captures++] = captures[i];
                else
                    free(captures[i]);
            printf("%zu of %zu captures; `./lab captures` looks at all\n", n_captures, all);
        }
    }
    *n = n_captures;
    return captures;
}

const char *test_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* ---- checks ---- */

void test_text(const char *file, int line, struct span got, const char *want)
{
    bool same = span_is(got, want);
    if (!same)
        printf("\n%s:%d: got \"%.*s\", want \"%s\"\n", file, line, (int)got.n, (const char *)got.p,
               want);
    CU_assertImplementation(same, (unsigned)line, want, file, "", CU_FALSE);
}

void test_finding(const char *file, int line, const struct findings *fs, const char *clause,
                  uint64_t off, uint64_t len)
{
    bool same = fs->n == (clause ? 1u : 0u);
    if (same && clause && fs->cap)
        same = strcmp(fs->v[0].clause, clause) == 0 && fs->v[0].off == off && fs->v[0].len == len;
    for (size_t i = 0; !same && i < findings_kept(fs); i++)
        printf("\n%s:%d: got %s at %llu+%llu: %s\n", file, line, fs->v[i].clause,
               (unsigned long long)fs->v[i].off, (unsigned long long)fs->v[i].len, fs->v[i].what);
    CU_assertImplementation(same, (unsigned)line, clause ? clause : "no finding", file, "",
                            CU_FALSE);
}

void test_changed(const char *file, int line, struct span now, struct span was, size_t off,
                  size_t n)
{
    size_t end = off + n;
    bool right = now.n == was.n && end <= was.n &&
                 span_eq(span_cut(now, 0, off), span_cut(was, 0, off)) &&
                 span_eq(span_cut(now, end, now.n), span_cut(was, end, was.n)) &&
                 !span_eq(span_cut(now, off, end), span_cut(was, off, end));
    CU_assertImplementation(right, (unsigned)line, "one field changed, and no other", file, "",
                            CU_FALSE);
}

struct span test_guard(struct span s)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), body = (s.n + page - 1) / page * page;
    uint8_t *p =
        mmap(NULL, body + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        abort();
    mprotect(p + body, page, PROT_NONE);
    if (s.n)
        memcpy(p + body - s.n, s.p, s.n);
    return (struct span){p + body - s.n, s.n};
}

void test_guard_free(struct span s)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), body = (s.n + page - 1) / page * page;
    munmap((void *)(uintptr_t)(s.p + s.n - body), body + page);
}
