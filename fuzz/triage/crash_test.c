/* fuzz/triage/crash_test.c - logs of crashes: what they are, which are the same. */
#include "fuzz/triage/crash.h"
#include "harness/core/test.h"

static const char overflow[] =
    "=================================================================\n"
    "==42==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000074 at pc 0x55 bp "
    "0x7f sp 0x7e\n"
    "READ of size 4 at 0x602000000074 thread T0\n"
    "    #0 0x55d0 in __asan_memcpy (/x/fuzz_stun_parse+0x12)\n"
    "    #1 0x55d1 in get_u32 /home/me/fuzz/codecs/base/base.h:131:12\n"
    "    #2 0x55d2 in take_attr /home/me/fuzz/codecs/stun/stun_decode.c:%s:5\n"
    "    #3 0x55d3 in stun_decode /home/me/fuzz/codecs/stun/stun_decode.c:300\n"
    "    #4 0x55d4 in one /home/me/fuzz/fuzz/targets/stun_parse.c:90\n"
    "    #5 0x55d5 in main /home/me/fuzz/fuzz/engine/standalone_main.c:190\n"
    "\n"
    "0x602000000074 is located 0 bytes after 20-byte region\n"
    "allocated by thread T0 here:\n"
    "    #0 0x55d6 in malloc (/x+0x1)\n"
    "    #1 0x55d7 in slurp /home/me/fuzz/harness/elsewhere.c:1\n";
static const char oracle[] = "finding: RFC8489:14#3 value of 8 octets runs past the end\n"
                             "oracle: %s reads 17 octets of 0x20\n"
                             "fuzz_x: crash in /tmp/a\n"
                             "    #0 0x1 in crashed /a/fuzz/engine/standalone_main.c:50\n"
                             "    #1 0x2 in __restore_rt (/lib+0x1)\n"
                             "    #2 0x3 in gsignal (/lib+0x1)\n"
                             "    #3 0x4 in require /a/fuzz/engine/target.c:20\n"
                             "    #4 0x5 in answer /a/fuzz/targets/stun_server_state.c:99\n";

static struct crash read_text(const char *format, const char *with)
{
    char text[4096];
    struct crash c = {.n_frames = 0};

    int n = snprintf(text, sizeof text, "%.*s%s%s", (int)(strstr(format, "%s") - format), format,
                     with, strstr(format, "%s") + 2);
    CU_ASSERT_TRUE(crash_read((struct span){(const uint8_t *)text, (size_t)n}, &c));
    return c;
}

static void of_a_sanitizer(void)
{
    struct crash c = read_text(overflow, "227"), other_line = read_text(overflow, "9");

    CU_ASSERT_STRING_EQUAL(c.kind, "heap-buffer-overflow");
    CU_ASSERT_EQUAL(c.n_frames, 3);
    CU_ASSERT_STRING_EQUAL(c.frames[0].function, "get_u32");
    CU_ASSERT_STRING_EQUAL(c.frames[1].file, "codecs/stun/stun_decode.c");
    CU_ASSERT_EQUAL(c.frames[1].line, 227);
    CU_ASSERT_STRING_EQUAL(c.slug, "heap-buffer-overflow-get-u32");
    CU_ASSERT_TRUE(crash_same(&c, &other_line)); /* lines move with each edit */
}

static void of_an_oracle(void)
{
    struct crash a = read_text(oracle, "peer"), b = read_text(oracle, "server");

    CU_ASSERT_STRING_EQUAL(a.kind, "oracle");
    CU_ASSERT_STRING_EQUAL(a.words, "peer reads N octets of N");
    CU_ASSERT_EQUAL(a.n_frames, 1);
    CU_ASSERT_STRING_EQUAL(a.frames[0].function, "answer");
    CU_ASSERT_STRING_EQUAL(a.frames[0].file, "fuzz/targets/stun_server_state.c");
    CU_ASSERT_PTR_NOT_NULL(strstr(a.detail, "RFC8489:14#3"));
    CU_ASSERT_FALSE(crash_same(&a, &b)); /* other words: another finding */
}

static void of_none(void)
{
    struct crash c;
    static const struct span log = SPAN("fuzz_stun_parse: 63 inputs, all came back\n");

    CU_ASSERT_FALSE(crash_read(log, &c));
    CU_ASSERT_FALSE(crash_read((struct span){NULL, 0}, &c));
}

TESTS({"of a sanitizer", of_a_sanitizer}, {"of an oracle", of_an_oracle}, {"of none", of_none})
