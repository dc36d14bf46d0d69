/* harness/cli/lint_test.c - what rtclab lint says of findings that there was no room for. */
#include "harness/cli/lint_sarif.h"
#include "harness/core/test.h"

static void more(void)
{
    struct finding kept[3] = {{.clause = "", .what = ""}};
    struct findings fs = {.v = kept, .n = 3, .cap = 3};
    const struct engine_message m = {.fs = &fs};
    uint8_t text[128];
    struct wr w = {text, sizeof text, 0, false};

    CU_ASSERT_FALSE(lint_more(&m, &w));
    fs.n = 1027;
    w.n = 0;
    CU_ASSERT_TRUE(lint_more(&m, &w));
    CHECK_TEXT(wr_span(&w), "1024 more findings of this message are not listed");
}

TESTS({"more", more})
