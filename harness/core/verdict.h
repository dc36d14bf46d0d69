/* harness/core/verdict.h - verdicts of checks (ISO/IEC 9646: they can only worsen), and what a run
 * makes of a case. */
#ifndef HARNESS_CORE_VERDICT_H
#define HARNESS_CORE_VERDICT_H

enum verdict {
    VERDICT_NONE,
    VERDICT_PASS,
    VERDICT_INCONC,
    VERDICT_FAIL,
    VERDICT_ERROR, /* the harness's own fault, never the IUT's */
    VERDICT_N,
};
enum status {
    STATUS_PASS,
    STATUS_FAIL,
    STATUS_INCONC,
    STATUS_ERROR,
    STATUS_SKIP,       /* not in the profile */
    STATUS_NON_STRICT, /* a SHOULD not met */
    STATUS_XFAIL,
    STATUS_XPASS,
    STATUS_FLAKY,
    STATUS_N,
};
/* As docs/json.md writes them: "none", "pass" ...; "pass", "non-strict" ... */
const char *verdict_name(enum verdict v);
const char *status_name(enum status s);
#endif
