/* codecs/uri/uri_parts.h - what the files of this codec share; inside codecs/uri only. */
#ifndef CODECS_URI_URI_PARTS_H
#define CODECS_URI_URI_PARTS_H
#include "codecs/uri/uri.h"

/* ---- characters ---- */

enum uri_class { /* sets of octets, joined by |; 1 << enum uri_part too */
                 URI_MARK =
                     1 << 10, /* unreserved of RFC 2396: letters, digits, - _ . ! ~ * ' ( ) */
                 URI_RESERVED = 1 << 11,   /* reserved of RFC 2396 */
                 URI_UNRESERVED = 1 << 12, /* unreserved of RFC 3986 */
                 URI_ANY = 1 << 13,        /* all that a URI of RFC 3986 is made of, "%" too */
                 URI_SEPARATOR = 1 << 14,  /* visual separators of RFC 3966 */
                 URI_DIGIT = 1 << 15,      /* of a local number: hexadecimal digits, * and # */
};
extern const uint16_t uri_chars[256];
static inline bool uri_is(uint8_t c, unsigned classes)
{
    return (uri_chars[c] & classes) != 0;
}
/* Whether an escape stands at `at`; then *c is what it stands for. */
bool uri_escaped(struct span s, size_t at, uint8_t *c);
/* Whether all octets may stand in a part, or are escapes. */
bool uri_fits(struct span s, enum uri_part part);

/* ---- texts as they compare ---- */

enum uri_how {
    URI_FOLD = 1,   /* without the case of letters */
    URI_QUOTES = 2, /* but in quoted strings with it */
    URI_SKIP = 4,   /* without visual separators */
};
struct uri_walk {
    struct span s;
    size_t at;
    enum uri_kind kind; /* which escapes mean the same as their octet */
    unsigned how;
    bool quoted, behind; /* in a quoted string; behind its backslash */
};
static inline struct uri_walk uri_walk_of(struct span s, enum uri_kind kind, unsigned how)
{
    return (struct uri_walk){.s = s, .kind = kind, .how = how};
}
/* The next octet; 256 more where it is an escape that differs from its octet; -1 at the end. */
int uri_next(struct uri_walk *w);
/* Below, equal to or above 0: the order of two texts. */
int uri_order(struct uri_walk a, struct uri_walk b);
/* Whether a name, escapes taken for what they stand for, is `name`, in small letters. */
bool uri_named(struct span s, const char *name);

/* ---- hosts ---- */

enum uri_host {
    HOST_GOOD,
    HOST_EMPTY,
    HOST_AT,      /* "@" */
    HOST_SLASHES, /* "//" where none is */
    HOST_ESCAPE,
    HOST_BARE,   /* an IPv6 address without brackets */
    HOST_OPEN,   /* "[" without "]" */
    HOST_BEHIND, /* text behind "]" */
    HOST_GROUP,  /* no one to four hexadecimal digits */
    HOST_GAPS,   /* "::" twice */
    HOST_COUNT,  /* not eight groups */
    HOST_ZONE,
    HOST_FUTURE,  /* "v" and what is not the form of another version */
    HOST_IPV4,    /* digits and dots, no address */
    HOST_OCTET,   /* none that may stand in the name */
    HOST_DOTS,    /* an empty label */
    HOST_LETTERS, /* no letter, digit or hyphen in a label */
    HOST_HYPHEN,  /* at the end of a label */
    HOST_TOP,     /* the last label does not begin with a letter */
    HOST_LONG,    /* above 255 octets */
    HOST_SPACE,   /* an octet that no URI has: said of the whole text */
};
/* The first thing that is wrong with a host, and where: by RFC 3261 section 25.1, with addresses as RFC 5954 section
 * 4.1 has them, for sip. For others by RFC 3986 section 3.2.2, labels of names in the DNS too where `dns`. */
enum uri_host uri_host_sip(struct span host, struct span *at);
enum uri_host uri_host_other(struct span host, bool dns, struct span *at);
/* A name of labels (RFC 3966 section 3: domainname, RFC 3261 section 25.1: hostname). */
enum uri_host uri_hostname(struct span host, struct span *at);
/* An octet that no URI of a kind has bare: said once of all its text, not again of the part. */
bool uri_caught(enum uri_kind kind, uint8_t c);
#endif
