/* codecs/uri/uri_lint.h - a row of the table of rules, and what its check is called with; inside codecs/uri only. */
#ifndef CODECS_URI_URI_LINT_H
#define CODECS_URI_URI_LINT_H
#include "codecs/uri/uri_parts.h"

struct uri_look { /* at one URI */
    const struct uri *u;
    const struct uri_scheme *scheme; /* NULL: none that is known */
    struct findings *fs;
    uint64_t base;
    enum uri_host host; /* the first thing that is wrong with it, and where */
    struct span host_at;
    const struct param *p; /* rules over parameters and headers: this one, of index i */
    size_t i;
};
struct uri_rule {
    unsigned kinds; /* of URIs, 1 << enum uri_kind joined by | */
    unsigned where;
    size_t off;       /* of the part in struct uri */
    const char *name; /* of the parameter */
    /* Whether `s`, what the rule looks at, breaks it; then *at, which is `s` before, is where. */
    bool (*bad)(const struct uri_look *l, struct span s, const struct uri_rule *r, struct span *at);
    unsigned arg; /* of `bad` */
    const char *clause;
    enum level level;
    const char *what; /* %c is the octet at *at */
};
extern const size_t uri_rules_n; /* in the table */
/* Fill what is known of the host before the rules are tried. */
void uri_look_at_host(struct uri_look *l);

#define URI_CHECK(name)                                                                            \
    bool name(const struct uri_look *l, struct span s, const struct uri_rule *r, struct span *at)
/* of any part */
URI_CHECK(uri_bad_empty);
URI_CHECK(uri_bad_there);
URI_CHECK(uri_bad_octet); /* one that is in none of the classes `arg` */
URI_CHECK(uri_bad_lower); /* a capital letter, those of escapes aside */
URI_CHECK(uri_bad_escape);
URI_CHECK(uri_bad_upper);    /* small letters in an escape */
URI_CHECK(uri_bad_needless); /* an escape of an unreserved character */
URI_CHECK(uri_bad_space);
URI_CHECK(uri_bad_delimiter);
URI_CHECK(uri_bad_any);
/* hosts and ports */
URI_CHECK(uri_bad_host); /* its fault is `arg` */
URI_CHECK(uri_bad_inner);
URI_CHECK(uri_bad_dns);
URI_CHECK(uri_bad_nowhere);
URI_CHECK(uri_bad_utf8);
URI_CHECK(uri_bad_port);
URI_CHECK(uri_bad_range);
URI_CHECK(uri_bad_usual);
URI_CHECK(uri_bad_secret);
URI_CHECK(uri_bad_socket);
/* parameters and headers */
URI_CHECK(uri_bad_name);
URI_CHECK(uri_bad_value);
URI_CHECK(uri_bad_param);
URI_CHECK(uri_bad_twice);
URI_CHECK(uri_bad_equals);
URI_CHECK(uri_bad_reserved);
URI_CHECK(uri_bad_header);
/* sip, sips */
URI_CHECK(uri_bad_phone);
URI_CHECK(uri_bad_subscriber);
URI_CHECK(uri_bad_capital);
URI_CHECK(uri_bad_token);
URI_CHECK(uri_bad_ttl);
URI_CHECK(uri_bad_maddr);
URI_CHECK(uri_bad_sips);
URI_CHECK(uri_bad_unicast);
URI_CHECK(uri_bad_stream);
/* tel */
URI_CHECK(uri_bad_hidden);
URI_CHECK(uri_bad_blank);
URI_CHECK(uri_bad_global);
URI_CHECK(uri_bad_letter);
URI_CHECK(uri_bad_plus);
URI_CHECK(uri_bad_local);
URI_CHECK(uri_bad_digits); /* `arg`: '+' of a global number, 0 of a local one */
URI_CHECK(uri_bad_context);
URI_CHECK(uri_bad_pname);
URI_CHECK(uri_bad_equal);
URI_CHECK(uri_bad_pvalue);
URI_CHECK(uri_bad_ext);
URI_CHECK(uri_bad_isub);
URI_CHECK(uri_bad_prefix);
URI_CHECK(uri_bad_domain);
URI_CHECK(uri_bad_order);
URI_CHECK(uri_bad_both);
#endif
