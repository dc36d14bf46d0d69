/* codecs/http/http_rule.h - the rules by name, and saying that one is broken; inside codecs/http only. */
#ifndef CODECS_HTTP_HTTP_RULE_H
#define CODECS_HTTP_HTTP_RULE_H
#include "codecs/http/http.h"

enum { /* the order is that of http_rules */
       /* the start line: decoding */
       RULE_START_LF,
       RULE_START_CR,
       RULE_EMPTY_BEFORE,
       RULE_EMPTY_BEFORE_STATUS,
       RULE_REQUEST_SPACES,
       RULE_REQUEST_EDGES,
       RULE_REQUEST_PARTS,
       RULE_STATUS_SPACES,
       RULE_STATUS_DIGITS,
       RULE_STATUS_NO_SPACE,
       /* field lines: decoding */
       RULE_NO_COLON,
       RULE_SPACE_COLON,
       RULE_SPACE_FIRST,
       RULE_FOLD,
       RULE_FIELD_CR,
       RULE_FIELD_LF,
       RULE_BLANK_LF,
       RULE_NO_BLANK,
       /* the body: decoding */
       RULE_LENGTH_BAD,
       RULE_LENGTH_LARGE,
       RULE_LENGTH_BOTH,
       RULE_CODING_LAST,
       RULE_BODY_SHORT,
       RULE_CHUNK_NONE,
       RULE_CHUNK_SIZE,
       RULE_CHUNK_LARGE,
       RULE_CHUNK_LF,
       RULE_CHUNK_CR,
       RULE_CHUNK_END,
       RULE_CHUNK_END_LF,
       RULE_CHUNK_SHORT,
       RULE_TRAILER_END,
       RULE_TRAILER_LF,
       RULE_TRAILER_SPACE,
       /* the start line */
       RULE_METHOD,
       RULE_TARGET_SPACE,
       RULE_TARGET_FORM,
       RULE_TARGET_FRAGMENT,
       RULE_TARGET_OCTET,
       RULE_TARGET_PERCENT,
       RULE_TARGET_EMPTY_PATH,
       RULE_TARGET_USER,
       RULE_TARGET_PATH,
       RULE_TARGET_QUERY,
       RULE_TARGET_NO_AUTHORITY,
       RULE_TARGET_NO_AUTHORITY_TLS,
       RULE_TARGET_NO_HOST,
       RULE_TARGET_NO_HOST_TLS,
       RULE_AUTHORITY_METHOD,
       RULE_CONNECT_FORM,
       RULE_CONNECT_PORT,
       RULE_ASTERISK_METHOD,
       RULE_VERSION_CASE,
       RULE_VERSION_FORM,
       RULE_REASON,
       RULE_STATUS_RANGE,
       /* fields */
       RULE_NAME,
       RULE_VALUE_NUL,
       RULE_VALUE_CTL,
       RULE_VALUE_SPACE,
       RULE_REPEATED,
       RULE_LIST_EMPTY,
       RULE_DATE_FORM,
       RULE_DATE_BAD,
       RULE_DATE_CALENDAR,
       RULE_HOST_MISSING,
       RULE_HOST_TWICE,
       RULE_HOST_BAD,
       RULE_HOST_USER,
       RULE_HOST_TARGET,
       RULE_HOST_FIRST,
       RULE_LENGTH_LIST,
       RULE_LENGTH_STATUS,
       RULE_LENGTH_CONNECT,
       RULE_CODING_TWICE,
       RULE_CODING_STATUS,
       RULE_CODING_CONNECT,
       RULE_CODING_10,
       RULE_CODING_FORM,
       RULE_CODING_SPACE,
       RULE_CODING_CHUNKED_PARAM,
       RULE_CODING_PARAM,
       RULE_EXT_FORM,
       RULE_EXT_SPACE,
       RULE_EXT_CTL,
       RULE_TRAILER_FIELD,
       RULE_TRAILER_ANNOUNCED,
       RULE_TOKEN_LIST,
       RULE_TE_CHUNKED,
       RULE_TE_CONNECTION,
       RULE_TE_RANK,
       RULE_TE_FORM,
       RULE_TE_SPACE,
       RULE_CONNECTION_FIELD,
       RULE_PROXY_CONNECTION,
       RULE_UPGRADE_CONNECTION,
       RULE_UPGRADE_FORM,
       RULE_STATUS_101,
       RULE_STATUS_426,
       RULE_STATUS_401,
       RULE_STATUS_405,
       RULE_STATUS_407,
       RULE_STATUS_206,
       RULE_STATUS_205,
       RULE_TRACE_BODY,
       RULE_CONNECT_BODY,
       RULE_EXPECT_BODY,
       RULE_TYPE_FORM,
       RULE_TYPE_MISSING,
       RULE_IDENTITY,
       RULE_ETAG_FORM,
       RULE_RETRY_FORM,
       RULE_FORWARDS_FORM,
       RULE_REFERER_PARTS,
       RULES
};

extern const struct rule http_rules[RULES];

/* What was said of one message, a bit each rule: a finding is said once, where the rule is broken first. */
struct http_said {
    uint64_t bits[RULE_WORDS(RULES)];
};

static inline void http_broke(struct findings *fs, int rule, size_t off, size_t len, uint64_t arg)
{
    rule_broke(fs, &http_rules[rule], off, len, arg);
}

static inline void http_broke_once(struct http_said *said, struct findings *fs, int rule,
                                   size_t off, size_t len, uint64_t arg)
{
    if (rule_first(said->bits, (size_t)rule))
        http_broke(fs, rule, off, len, arg);
}
#endif
