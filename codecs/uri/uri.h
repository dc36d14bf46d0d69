/* codecs/uri/uri.h - URIs: those of RFC 3986, and sip:, sips: (RFC 3261 section 19), tel: (RFC 3966) in detail.
 *
 * A URI is taken apart at its delimiters, whatever stands between them: so nothing is lost, and what a part may not
 * hold is said by uri_lint. All texts borrow the URI's octets and are as they stand there, with their escapes. */
#ifndef CODECS_URI_URI_H
#define CODECS_URI_URI_H
#include "codecs/base/lexmap.h"
#include "codecs/base/marks.h"
#include "codecs/base/param.h"

enum {
    URI_LOOK_BACK = 64, /* parameters before one among which uri_lint looks for its name again */
};
enum uri_kind {
    URI_OTHER, /* RFC 3986: user, host, port, path, query, fragment */
    URI_SIP,   /* RFC 3261 section 19.1: user, password, host, port, params, headers */
    URI_SIPS,
    URI_TEL, /* RFC 3966: the number is the path; params */
};
struct uri { /* a text whose p is NULL is not there; one of no octets is there and empty */
    enum uri_kind kind;
    bool usual;       /* sip with its scheme in small letters, and neither password nor headers */
    bool port_fits;   /* sip, sips: there is no port, or uri_is_port says that it is one */
    struct span text; /* all of it */
    struct span user; /* sip, sips: without the password; of others all before "@" */
    struct span host; /* an IPv6 literal with its brackets */
    struct span port;
    const struct param *params; /* sip, sips, tel: behind ";" */
    size_t params_n;
    struct span password;        /* sip, sips */
    const struct param *headers; /* sip, sips: behind "?" */
    size_t headers_n;
    struct span scheme;
    struct span path, query, fragment;
};
extern const struct desc uri_desc;

/* Make `u` that of no text. Member by member: a span that is copied right after it was written waits for the write. */
static inline void uri_clear(struct uri *u)
{
    const struct span none = {NULL, 0};

    u->kind = URI_OTHER;
    u->usual = false;
    u->port_fits = true;
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
/* Take `text` apart into `u`; lists are allocated from `mem`, and cut short where it is full. False: it has no
 * scheme, so that it is no absolute URI; then `u` has the text only. */
bool uri_parse(struct span text, struct arena *mem, struct uri *u);
/* The same of what stands from `from` to `to` in the text of `marks`: for a reader that has marks already. */
bool uri_parse_at(struct marks *marks, size_t from, size_t to, struct arena *mem, struct uri *u);
/* Write the record that a draft's node over uri_desc describes. */
void uri_put(struct wr *w, const struct node *rec);
/* The port as a number; false: there is none, or it is none below 65536. */
bool uri_port(const struct uri *u, uint16_t *port);
/* Whether `s` is a port: one to five digits, a number below 65536. `end`: of the text in which it stands. */
bool uri_is_port(struct span s, const uint8_t *end);
/* The value of the first parameter `name`, empty where it has none; p is NULL where there is no such parameter.
 * Escapes in names count as what they stand for (RFC 3261 section 19.1.4). */
struct span uri_param(const struct uri *u, const char *name);

/* ---- what the parts mean ---- */

struct uri_scheme {
    const char *name;
    size_t n; /* octets of the name */
    enum uri_kind kind;
    uint16_t port; /* the one meant where the URI has none; 0: the scheme has no ports */
    bool secure;   /* over TLS */
    bool
        host; /* RFC 3986 forms only: it names a host that is looked up, and none without is valid */
};
/* What a scheme of this name is, the case of letters aside; NULL: none of those known here (sip, sips, tel, http,
 * https, ws, wss, xmpp, rtmp). */
const struct uri_scheme *uri_scheme_of(struct span name);

enum uri_transport { /* RFC 3261 section 19.1.1, RFC 7118 section 5 */
                     URI_UDP,
                     URI_TCP,
                     URI_TLS,
                     URI_SCTP,
                     URI_WS,
                     URI_TRANSPORTS /* another one */
};
/* The transport that a sip or sips URI means: of its parameter, else UDP or TCP by its scheme. Over TLS too, where the
 * scheme is sips. */
enum uri_transport uri_transport(const struct uri *u);
/* Whether messages over a transport arrive or the sender hears of it; false for another one, of which nothing is
 * known. */
bool uri_reliable(enum uri_transport t);
/* lr is there, with a value or without (RFC 3261 section 19.1.1). */
bool uri_lr(const struct uri *u);
/* user=phone: the user is a telephone-subscriber (RFC 3261 section 19.1.1). */
bool uri_phone(const struct uri *u);
/* The time to live in ttl; false: there is none, or it is no number from 0 to 255 of one to three digits. */
bool uri_ttl(const struct uri *u, uint8_t *ttl);
/* The values of maddr and method as they stand there; p is NULL where there are none (a request is an INVITE then). */
struct span uri_maddr(const struct uri *u);
struct span uri_method(const struct uri *u);
struct
    uri_xmpp { /* what an xmpp URI names, as it stands there, with escapes; p is NULL where there is none */
    struct span node, host, resource;
    struct span type;  /* the query's: what is to be done */
    struct span pairs; /* of the query, ";" between */
};
/* The parts of an xmpp URI (RFC 5122 section 2.2): they stand in its path; its authority, as whom it asks to authenticate,
 * is in user and host of `u`. False: another scheme, or it names no host. */
bool uri_xmpp(const struct uri *u, struct uri_xmpp *x);
/* uri_port, else the port that scheme and transport mean; 0: neither says one, or the port given is no port. */
uint16_t uri_port_meant(const struct uri *u);
/* A host that is an address, as one with port 0: an IPv6 literal in brackets, or four numbers from 0 to 255 without
 * leading zeros (RFC 3986 section 3.2.2, RFC 5954 section 4.1). False: it is a name, or malformed. */
bool uri_addr(struct span host, struct addr *a);

/* Whether `host` is one as RFC 3261 section 25.1 has it: a name, an IPv4 address, an IPv6 address in brackets, and
 * nothing behind it; addresses by RFC 5954 section 4.1. */
bool uri_is_host(struct span host);
/* The same by RFC 3986 section 3.2.2: an address in brackets, or a name of any of its octets and escapes, which may be
 * empty. */
bool uri_is_any_host(struct span host);

/* ---- escapes ---- */

enum uri_part {                    /* what stands bare in it; "%" never does */
                URI_PART_USER,     /* of sip: user (RFC 3261 section 25.1) */
                URI_PART_PASSWORD, /* password */
                URI_PART_PARAM,    /* name or value of a parameter */
                URI_PART_HEADER,   /* name or value of a header */
                URI_PART_TEL,      /* value of a parameter of tel: (RFC 3966 section 3) */
                URI_PART_USERINFO, /* RFC 3986: userinfo */
                URI_PART_NAME,     /* registered name */
                URI_PART_SEGMENT,  /* segment of a path */
                URI_PART_PATH,     /* path, segments with "/" between */
                URI_PART_QUERY,    /* query, fragment */
                URI_PARTS
};
/* Write `s` as text of a component: each octet that may not stand there bare becomes "%" and two capital digits (RFC
 * 3261 section 19.1.2, RFC 3986 section 2.1). */
void uri_escape(struct wr *w, struct span s, enum uri_part part);
/* Write what `s`, text of one component, stands for. False: a "%" has no two hexadecimal digits behind it; it is
 * written as it is. */
bool uri_unescape(struct wr *w, struct span s);

/* ---- comparison ---- */

/* Whether two URIs are equal: sip and sips by RFC 3261 section 19.1.4 with RFC 5954 section 4.2 (a transport in one
 * of them only makes them differ, whatever it is; header fields compare by section 7.3.1, under one form of their
 * name); tel by RFC 3966 section 4; others by RFC 3986 section 6.2.2, and by 6.2.3 where the scheme is known. Texts
 * without a scheme are equal octet for octet.
 *
 * mem  room for the time of the call; false and mem->full: it did not suffice */
bool uri_same(const struct uri *a, const struct uri *b, struct arena *mem);

/* ---- lint ---- */

/* Say what breaks the syntax of the URI's kind (RFC 3261 sections 19.1.1 and 25.1, RFC 3966, RFC 3986), and what its
 * parts may not be together; each rule once a part. What depends on where the URI stands is not judged.
 *
 * base  offset of u->text in the message */
void uri_lint(const struct uri *u, struct findings *fs, uint64_t base);

/* ---- what most are, for those who look at whole messages ---- */

/* uri_is_host, cheaper, of a host in the text of `map`, if it is of LEXMAP_HOST or an IPv6 address: how many
 * octets of it are of LEXMAP_HOST. 0: it is none. */
size_t uri_plain_host(const struct lexmap *map, struct span host);

enum { /* what a plain URI is, and has */
       URI_PLAIN = 1,
       URI_PLAIN_PORT = 2,
       URI_PLAIN_LR = 4,        /* the parameter lr */
       URI_PLAIN_TRANSPORT = 8, /* transport */
};
struct uri_plain {
    size_t hosts;  /* octets of LEXMAP_HOST that its text has */
    unsigned says; /* those above, joined by |; 0: it may be plain all the same */
};
/* Whether `u`, in the text of `map`, is a sip: URI of which uri_lint has nothing to say, without password, headers,
 * ttl, maddr and method: if its text has as many octets of LEXMAP_HOST as that says. Of its parameters none may have
 * been left out. */
struct uri_plain uri_plain(const struct lexmap *map, const struct uri *u);
#endif
