/* codecs/auth/auth_lint.h - what the files of lint share; inside codecs/auth only. */
#ifndef CODECS_AUTH_AUTH_LINT_H
#define CODECS_AUTH_AUTH_LINT_H
#include "codecs/auth/auth_parts.h"

/* A rule has a clause of HTTP and one of SIP; NULL: it is none there. */
struct auth_rule {
    const char *http;
    enum level http_level;
    const char *sip;
    enum level sip_level;
    const char *what;
};
#define AUTH_BOTH(clause, level) clause, level, clause, level
#define AUTH_HTTP(clause, level) clause, level, NULL, level
#define AUTH_SIP(clause, level) NULL, level, clause, level

struct auth_lint {
    const struct auth_where *at;
    struct findings *fs;
};
/* Add the finding at `where`, a text that borrows at->in, if it is a rule here. */
void auth_broke(const struct auth_lint *l, const struct auth_rule *r, struct span where,
                uint64_t arg);

enum auth_kind { AUTH_CHALLENGE, AUTH_CREDENTIALS, AUTH_INFO };
/* What holds for all lists of parameters; `rec` has a list in front and its members as `t` says; the forms of `t`
 * are those of Digest and of Authentication-Info. */
void auth_lint_list(const struct auth_lint *l, enum auth_kind kind, const struct auth_table *t,
                    const void *rec);

/* The text between the quotes of a quoted string, or the value as it is. */
static inline struct span auth_inner(struct span v)
{
    return auth_is_quoted(v) ? span_cut(v, 1, v.n - 1) : v;
}
/* Whether what a value says is judged as it stands. The grammar of SIP says which octets stand between the quotes
 * of most values; in HTTP a backslash may hide any of them, and what it hides is left alone. */
static inline bool auth_judged(const struct auth_lint *l, struct span v)
{
    return l->at->sip || lex_find(v, 0, '\\') == v.n;
}
/* The comma behind the last parameter, where the text ends with one: the parameters do not show it. p is NULL: there is
 * none. */
struct span auth_last_comma(const struct auth_list *a);
/* Whether `s` begins as an absolute URI does and has no white space or control characters. */
bool auth_is_uri(struct span s);
bool auth_is_path(struct span s);
/* Whether all of `s` are digits 0 to 9 and a to f; also where it is empty. */
bool auth_is_lhex(struct span s);
/* Where a finding stands that is about the whole. */
struct span auth_whole(const struct auth_list *l);
#endif
