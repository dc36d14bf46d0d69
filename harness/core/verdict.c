/* harness/core/verdict.c - names of verdicts and statuses. */
#include "harness/core/verdict.h"

const char *verdict_name(enum verdict v)
{
    static const char *const names[VERDICT_N] = {"none", "pass", "inconc", "fail", "error"};
    return names[v];
}

const char *status_name(enum status s)
{
    static const char *const names[STATUS_N] = {"pass",       "fail",  "inconc", "error", "skip",
                                                "non-strict", "xfail", "xpass",  "flaky"};
    return names[s];
}
