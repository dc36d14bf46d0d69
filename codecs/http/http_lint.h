/* codecs/http/http_lint.h - the parts of lint; inside codecs/http only. */
#ifndef CODECS_HTTP_HTTP_LINT_H
#define CODECS_HTTP_HTTP_LINT_H
#include "codecs/http/http_parts.h"

struct lint {
    const struct http_msg *m;
    struct findings *fs;
};
/* Say that `at`, a part of the message, breaks a rule. */
void http_say(const struct lint *l, int rule, struct span at);
/* Say that a date is none, in an obsolete form or of no day that there is; `none`: the rule about none. */
void http_say_date(const struct lint *l, struct span value, int none);
void http_lint_request(const struct lint *l);
void http_lint_response(const struct lint *l);
void http_lint_fields(const struct lint *l); /* of either, by their types */
#endif
