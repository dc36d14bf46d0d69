/* harness/core/record_test.c - lines of the run record: valid JSON whatever goes in, kept whole. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <jansson.h>
#include "harness/core/record.h"
#include "harness/core/test.h"

static char path[] = "/tmp/record_test_XXXXXX";
static struct rec rec;
static uint8_t text[5000];

/* A fresh file of a name of our own. */
static void fresh(void)
{
    strcpy(path + sizeof path - 7, "XXXXXX");
    int fd = mkstemp(path);
    CU_ASSERT_TRUE_FATAL(fd >= 0);
    close(fd);
}

/* The one line of the record, parsed; NULL: it is none. */
static json_t *only_line(void)
{
    json_error_t err;
    char *line = NULL;
    size_t cap = 0;
    FILE *f = fopen(path, "r");
    ssize_t n = f ? getline(&line, &cap, f) : -1;
    json_t *j = NULL;

    if (n > 0 && line[n - 1] == '\n')
        j = json_loadb(line, (size_t)n, JSON_ALLOW_NUL, &err);
    CU_ASSERT_TRUE(f && fgetc(f) == EOF);
    if (f)
        fclose(f);
    free(line);
    unlink(path);
    return j;
}

static void keys(void)
{
    static const struct field fields[] = {
        {.name = "port", FIELD(struct addr, port, F_UINT)},
        {.name = "family", FIELD(struct addr, family, F_UINT)},
    };
    static const struct desc desc = {.name = "addr", .size = sizeof(struct addr), FIELDS(fields)};
    struct record r;
    fresh();
    CU_ASSERT_TRUE_FATAL(record_open(&r, path));
    rec_begin(&rec, "check");
    rec_str(&rec, "case", "a \"quoted\" \\ line\nand \x01");
    rec_str(&rec, "absent", NULL);
    rec_span(&rec, "octets", (struct span)SPAN("\0\xff\xc3\xa9"));
    rec_uint(&rec, "frame", INT64_MAX);
    rec_bool(&rec, "ok", true);
    rec_json(&rec, "list", (struct span)SPAN("[1,\n 2]"));
    rec_json(&rec, "nothing", (struct span){0});
    rec_fields(&rec, "addr", &desc, &(struct addr){.family = 4, .port = 3478});
    CU_ASSERT_TRUE(rec_end(&rec, &r));
    record_close(&r);
    CU_ASSERT_FALSE(r.failed);

    json_t *j = only_line();
    CU_ASSERT_PTR_NOT_NULL_FATAL(j);
    CU_ASSERT_EQUAL(json_object_size(j), 7);
    CHECK_TEXT(span_of(json_string_value(json_object_get(j, "type"))), "check");
    CHECK_TEXT(span_of(json_string_value(json_object_get(j, "case"))),
               "a \"quoted\" \\ line\nand \x01");
    CU_ASSERT_EQUAL(json_string_length(json_object_get(j, "octets")), 6);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(j, "frame")), INT64_MAX);
    CU_ASSERT_TRUE(json_is_true(json_object_get(j, "ok")));
    CU_ASSERT_EQUAL(json_array_size(json_object_get(j, "list")), 2);
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_object_get(j, "addr"), "port")), 3478);
    json_decref(j);
}

/* A text of `n` times `unit`: cut or whole, the line is JSON and later keys are still there. */
static void long_text(const char *unit, size_t n, bool cut)
{
    size_t len = strlen(unit);
    static uint8_t p[8 * REC_MAX];
    struct record r;

    CU_ASSERT_TRUE_FATAL(n * len <= sizeof p);
    for (size_t i = 0; i < n; i++)
        memcpy(p + i * len, unit, len);
    fresh();
    CU_ASSERT_TRUE_FATAL(record_open(&r, path));
    rec_begin(&rec, "note");
    rec_span(&rec, "what", (struct span){p, n * len});
    rec_str(&rec, "after", "here");
    CU_ASSERT_TRUE(rec_end(&rec, &r));
    record_close(&r);
    json_t *j = only_line();
    CU_ASSERT_PTR_NOT_NULL_FATAL(j);
    const char *got = json_string_value(json_object_get(j, "what"));
    size_t kept = json_string_length(json_object_get(j, "what"));
    CU_ASSERT_EQUAL(json_is_true(json_object_get(j, "cut")), cut);
    CU_ASSERT_TRUE(cut ? kept > 1000 && kept < n * len : kept == n * len);
    CU_ASSERT_TRUE(kept % len == 0 && got && memcmp(got, p, kept) == 0);
    CHECK_TEXT(span_of(json_string_value(json_object_get(j, "after"))), "here");
    json_decref(j);
}

static void cuts(void)
{
    struct record r;
    char big[4096];

    long_text("x", 200000, false);
    long_text("x", REC_MAX, true);
    long_text("x", 8 * REC_MAX, true);
    long_text("\x01", REC_MAX, true);
    long_text("\xe2\x82\xac", REC_MAX, true);
    long_text("\xf0\x9f\x98\x80", REC_MAX, true);

    memset(big, '7', sizeof big); /* many keys: each is there whole or not at all */
    fresh();
    CU_ASSERT_TRUE_FATAL(record_open(&r, path));
    rec_begin(&rec, "note");
    for (size_t i = 0; i < REC_MAX / sizeof big + 8; i++)
        rec_json(&rec, "n", (struct span){(const uint8_t *)big, sizeof big});
    for (size_t i = 0; i < REC_MAX; i++)
        rec_uint(&rec, "u", i);
    rec_bool(&rec, "b", false);
    rec_span(&rec, "s", (struct span){(const uint8_t *)big, sizeof big});
    CU_ASSERT_TRUE(rec_end(&rec, &r));
    record_close(&r);
    CU_ASSERT_TRUE(rec.w.n <= REC_MAX && !rec.w.full);
    CHECK_TEXT(span_cut(wr_span(&rec.w), rec.w.n - 13, rec.w.n), ",\"cut\":true}\n");
    unlink(path);
}

/* Every length at which a text may meet the end of the line. */
static void edges(void)
{
    enum { PIECE = 900 };
    memset(text, 'x', sizeof text);
    for (size_t left = 0; left < 64; left++) {
        struct record none = {.fd = -1};
        json_error_t err;
        rec_begin(&rec, "note");
        while (rec.w.cap - rec.w.n > PIECE + left + 32)
            rec_span(&rec, "k", (struct span){text, PIECE});
        rec_span(&rec, "k", (struct span){text, rec.w.cap - rec.w.n - left - 7});
        CU_ASSERT_EQUAL(rec.w.cap - rec.w.n, left);
        rec_str(&rec, "t", "some \"text\" \xe2\x82\xac\xe2\x82\xac\x02\x03");
        rec_uint(&rec, "u", left);
        CU_ASSERT_FALSE(rec_end(&rec, &none));
        json_t *j = json_loadb((const char *)rec.buf, rec.w.n, 0, &err);
        CU_ASSERT_PTR_NOT_NULL(j);
        CU_ASSERT_TRUE(json_is_true(json_object_get(j, "cut")) == (left < 46));
        json_decref(j);
    }
}

static void failures(void)
{
    struct record r;

    CU_ASSERT_FALSE(record_open(&r, "/tmp/no/such/folder/run.jsonl"));
    CHECK_TEXT(span_of(r.why), "the record cannot be written: No such file or directory");
    rec_begin(&rec, "run");
    CU_ASSERT_FALSE(rec_end(&rec, &r));
    record_close(&r);

    if (access("/dev/full", W_OK) != 0) {
        test_skip("there is no /dev/full to write to");
        return;
    }
    CU_ASSERT_TRUE_FATAL(record_open(&r, "/dev/full"));
    rec_begin(&rec, "run");
    CU_ASSERT_FALSE(rec_end(&rec, &r));
    CU_ASSERT_TRUE(r.failed);
    CHECK_TEXT(span_of(r.why), "the record is not complete: No space left on device");
    r.why[0] = '\0'; /* said once: a second failure says nothing more */
    rec_begin(&rec, "summary");
    CU_ASSERT_FALSE(rec_end(&rec, &r));
    CHECK_TEXT(span_of(r.why), "");
    record_close(&r);
}

/* A pipe that is full and does not block: the line waits for room. */
static void slow_pipe(void)
{
    int fds[2];
    uint8_t got[4096];
    size_t all = 0;
    CU_ASSERT_EQUAL_FATAL(pipe2(fds, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct record r = {.fd = fds[1]};
        fcntl(fds[1], F_SETFL, O_NONBLOCK);
        memset(text, 'x', sizeof text);
        rec_begin(&rec, "note");
        for (int i = 0; i < 200; i++)
            rec_span(&rec, "x", (struct span){text, 1000});
        _exit(rec_end(&rec, &r) ? 0 : 1);
    }
    close(fds[1]);
    for (int waiting = 0; waiting < 65536; sched_yield()) /* until the pipe is full */
        CU_ASSERT_EQUAL_FATAL(ioctl(fds[0], FIONREAD, &waiting), 0);
    for (ssize_t n; (n = read(fds[0], got, sizeof got)) > 0;)
        all += (size_t)n;
    close(fds[0]);
    int status;
    waitpid(pid, &status, 0);
    CU_ASSERT_EQUAL(status, 0);
    CU_ASSERT_TRUE(all > 200000);
}

/* The writer is killed in the middle: every line that is there parses. The kernel may end a write of the killed at a
 * page's end, so that the last one has no end. */
static void killed(void)
{
    size_t lines = 0, bad = 0, cap = 0;
    char *line = NULL;
    int status;

    fresh();
    pid_t pid = fork();
    if (pid == 0) {
        struct record r;
        if (!record_open(&r, path))
            _exit(1);
        for (uint64_t i = 0;; i++) {
            rec_begin(&rec, "note");
            rec_uint(&rec, "i", i);
            rec_span(&rec, "what", (struct span){text, i * 37 % 5000});
            rec_end(&rec, &r);
        }
    }
    for (struct stat st = {0}; st.st_size < 200000; sched_yield()) /* it is in the middle of it */
        if (stat(path, &st) != 0)
            st.st_size = 0;
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    CU_ASSERT_TRUE(WIFSIGNALED(status));
    FILE *f = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    for (ssize_t n; (n = getline(&line, &cap, f)) > 0; lines++) {
        json_error_t err;
        if (line[n - 1] != '\n') {
            bad += ftell(f) % sysconf(_SC_PAGESIZE) != 0;
            break;
        }
        json_t *j = json_loadb(line, (size_t)n, JSON_ALLOW_NUL, &err);
        bad += !j || json_integer_value(json_object_get(j, "i")) != (json_int_t)lines;
        json_decref(j);
    }
    CU_ASSERT_TRUE(lines > 10);
    CU_ASSERT_EQUAL(bad, 0);
    fclose(f);
    free(line);
    unlink(path);
}

/* Several processes, one file: lines never mix. */
static void shared(void)
{
    enum { WORKERS = 4, EACH = 200 };
    struct record r;
    size_t lines = 0, bad = 0, cap = 0;
    char *line = NULL;
    pid_t pids[WORKERS];

    fresh();
    CU_ASSERT_TRUE_FATAL(record_open(&r, path));
    for (uint64_t i = 0; i < WORKERS; i++)
        if ((pids[i] = fork()) == 0) {
            for (uint64_t k = 0; k < EACH; k++) {
                rec_begin(&rec, "note");
                rec_uint(&rec, "worker", i);
                rec_span(&rec, "what", (struct span){text, k * 17});
                rec_end(&rec, &r);
            }
            _exit(0);
        }
    for (size_t i = 0; i < WORKERS; i++)
        waitpid(pids[i], NULL, 0);
    record_close(&r);
    FILE *f = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    for (ssize_t n; (n = getline(&line, &cap, f)) > 0; lines++) {
        json_error_t err;
        json_t *j = json_loadb(line, (size_t)n, JSON_ALLOW_NUL, &err);
        bad += !j;
        json_decref(j);
    }
    CU_ASSERT_EQUAL(lines, WORKERS * EACH);
    CU_ASSERT_EQUAL(bad, 0);
    fclose(f);
    free(line);
    unlink(path);
}

TESTS({"keys", keys}, {"cuts", cuts}, {"edges", edges}, {"failures", failures},
      {"slow_pipe", slow_pipe}, {"killed", killed}, {"shared", shared})
