/* codecs/uri/uri.h - URIs: those of RFC 3986, and sip:, sips: (RFC 3261 section 19), tel: (RFC 3966) in detail.
 *
 * A URI is taken apart at its delimiters, whatever stands between them: so nothing is lost, and what a part may not
 * hold is said by uri_lint. All texts borrow the URI's octets and are as they stand there, with their escapes. */
#ifndef CODECS_URI_URI_H
#define CODECS_URI_URI_H
#include "codecs/base/marks.h"
#include "codecs/base/param.h"

enum uri_kind {
    URI_OTHER, /* RFC 3986: user, host, port, path, query, fragment */
    URI_SIP,   /* RFC 3261 section 19.1: user, password, host, port, params, headers */
    URI_SIPS,
    URI_TEL, /* RFC 3966: the number is the path; params */
};
struct uri { /* a text whose p is NULL is not there; one of no octets is there and empty */
    enum uri_kind kind;
    struct span text; /* all of it */
    struct span scheme;
    struct span user, password; /* sip, sips: apart; of others all before "@" is the user */
    struct span host;           /* an IPv6 literal with its brackets */
    struct span port;
    struct span path, query, fragment;
    const struct param *params; /* sip, sips, tel: behind ";" */
    size_t params_n;
    const struct param *headers; /* sip, sips: behind "?" */
    size_t headers_n;
};
extern const struct desc uri_desc;

/* Make `u` that of no text. Member by member: a span that is copied right after it was written waits for the write. */
static inline void uri_clear(struct uri *u)
{
    const struct span none = {NULL, 0};

    u->kind = URI_OTHER;
    u->text = none;
    u->scheme = none;
    u->user = none;
    u->password = none;
    u->host = none;
    u->port = none;
    u->path = none;
    u->query = none;
    u->fragment = none;
    u->params = NULL;
    u->params_n = 0;
    u->headers = NULL;
    u->headers_n = 0;
}
/* Take `text` apart into `u`; lists are allocated from `mem`, and cut short where it is full. False: it has no scheme, so
 * that it is no absolute URI; then `u` has the text only. */
bool uri_parse(struct span text, struct arena *mem, struct uri *u);
/* The same of what stands from `from` to `to` in the text of `marks`: for a reader that has marks already. */
bool uri_parse_at(struct marks *marks, size_t from, size_t to, struct arena *mem, struct uri *u);
/* Write the record that a draft's node over uri_desc describes. */
void uri_put(struct wr *w, const struct node *rec);
/* The port as a number; false: there is none, or it is none below 65536. */
bool uri_port(const struct uri *u, uint16_t *port);
/* The value of parameter `name`, empty where it has none; p is NULL where there is no such parameter. */
struct span uri_param(const struct uri *u, const char *name);
#endif
