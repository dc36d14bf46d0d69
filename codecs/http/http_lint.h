/* codecs/http/http_lint.h - the parts of lint; inside codecs/http only. */
#ifndef CODECS_HTTP_HTTP_LINT_H
#define CODECS_HTTP_HTTP_LINT_H
#include "codecs/http/http_parts.h"

struct lint {
    const struct http_msg *m;
    struct findings *fs;
    struct http_said said;
};
/* Say that `at`, a part of the message, breaks a rule; the first time only. */
void http_say(struct lint *l, int rule, struct span at);
/* The same with an argument of its words. */
void http_say_arg(struct lint *l, int rule, struct span at, uint64_t arg);
/* Say that a date is none, in an obsolete form or of no day that there is; `none`: the rule about none. */
void http_say_date(struct lint *l, struct span value, int none);
void http_lint_request(struct lint *l);
void http_lint_response(struct lint *l);
void http_lint_fields(struct lint *l); /* of either, by their types */
#endif
