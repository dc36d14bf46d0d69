/* codecs/http/http_parts.h - what the files of this codec share; inside codecs/http only. */
#ifndef CODECS_HTTP_HTTP_PARTS_H
#define CODECS_HTTP_HTTP_PARTS_H
#include "codecs/http/http_rule.h"

/* Whether `s` begins with "HTTP/", the case of letters aside. */
bool http_version_like(struct span s);
/* The status of a response, 0: it is a request; *at: behind its start line. */
unsigned http_status_of(struct span head, size_t *at);
extern const struct codec_pairs http_pairs;
/* Where the field that begins at `at` ends: behind the last of its lines; the end of `in` where it has no line end. */
size_t http_field_end(struct span in, size_t at, bool *fold);
/* Hexadecimal digits as a number; false: there are none, other octets, or it is above UINT64_MAX. */
bool http_hex(struct span digits, uint64_t *out);

/* ---- forms of values ---- */

/* "example.com:80", "[::1]"; `port`: it has to have a host and a port that there is. */
bool http_is_host(struct span s, bool port);
/* HTTP_DATE_WRONG: an IMF-fixdate of a day that there is not (RFC 5322 section 3.3). */
enum http_date { HTTP_DATE_NONE, HTTP_DATE_IMF, HTTP_DATE_OBSOLETE, HTTP_DATE_WRONG };
enum http_date http_date_of(struct span s);
enum http_params {
    HTTP_PARAMS_BWS = 1,  /* white space around "=" too */
    HTTP_PARAMS_BARE = 2, /* a name without value too */
    HTTP_PARAMS_EMPTY =
        4, /* nothing behind ";" too: parameters of values (RFC 9110 section 5.6.6) */
};
/* ";name=value" as often as there is; `allowed`: bits of http_params. */
bool http_is_params(struct span s, unsigned allowed);
bool http_is_etag(struct span s);
bool http_is_number(struct span s);
/* "http:" or "https:", the case of letters aside, and the authority behind its slashes. */
bool http_authority(struct span uri, struct span *authority);
/* Whether an authority has "@" in it. */
bool http_has_user(struct span authority);
#endif
