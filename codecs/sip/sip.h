/* codecs/sip/sip.h - SIP messages (RFC 3261): where their parts are, what their header fields say, what is wrong.
 *
 * Two depths over one table: sip_scan finds the start line and each header field; sip_decode types every value too.
 * All texts borrow the message and are as they stand there; quoted ones keep their quotes, lex_unquote takes them off.
 *
 *   struct sip_msg m;
 *   if (sip_decode(datagram, &mem, &m, &findings) == STEP_ITEM) {
 *       const struct sip_address *to = sip_first(&m, SIP_TO);
 *       ...
 */
#ifndef CODECS_SIP_SIP_H
#define CODECS_SIP_SIP_H
#include "codecs/base/codec.h"
#include "codecs/uri/uri.h"

enum {
    SIP_PORT = 5060,
    SIP_PORT_TLS = 5061,
    SIP_HEAD_MAX = 4 << 20,  /* octets of start line and header fields together */
    SIP_BODY_MAX = 64 << 20, /* octets of a body on a stream */
    SIP_PARTS_MAX =
        256, /* parts of a body, those inside others too; what is beyond is not taken apart */
    SIP_PARTS_DEPTH = 16,  /* how deep they nest; the same */
    SIP_BOUNDARY_MAX = 70, /* octets of a boundary (RFC 2046 section 5.1.1) */
};

/* ---- header fields ---- */

enum sip_form {                /* what the values of a header field are */
                SIP_TEXT,      /* one text, commas and all */
                SIP_VIAS,      /* struct sip_via */
                SIP_ADDRESSES, /* struct sip_address */
                SIP_VALUES,    /* struct sip_value: a text with parameters */
                SIP_NUMBERS,   /* struct sip_number: with parameters */
                SIP_LENGTH,    /* the same: of the body */
                SIP_CSEQS,     /* struct sip_number: with a method */
                SIP_RACKS,     /* struct sip_number: two, with a method */
                SIP_AUTHS,     /* struct sip_auth: scheme and parameters behind commas */
                SIP_INFOS,     /* the same without a scheme */
                SIP_FORMS
};
enum sip_type { /* of a header field; the order is that of sip_names */
                SIP_OTHER,
#define SIP_HEADER(id, name, compact, form, list) SIP_##id,
#include "codecs/sip/sip_headers.def"
#undef SIP_HEADER
                SIP_TYPES
};
enum { SIP_NAME_ROOM = 32 }; /* octets for a name that is known, with the NULs behind it */
struct sip_name {
    char name[SIP_NAME_ROOM];
    uint8_t n;    /* octets of the name */
    char compact; /* 0: none */
    enum sip_form form;
    bool list; /* several values stand behind commas (RFC 3261 section 7.3.1) */
};
extern const struct sip_name sip_names[SIP_TYPES];
/* What a header field of this name is, the case of letters aside, compact forms too; SIP_OTHER: none that is known. */
enum sip_type sip_type_of(struct span name);
/* Whether two names are of one header field. */
bool sip_same_name(struct span a, struct span b);

struct sip_via { /* RFC 3261 section 20.42 */
    struct span text;
    struct span protocol, version, transport; /* "SIP", "2.0", "UDP" */
    struct span host;                         /* an IPv6 literal with its brackets */
    struct span port;                         /* p is NULL where there is none */
    bool port_fits; /* there is no port, or uri_is_port says that it is one */
    bool usual;     /* "SIP/2.0/", a transport, one space, and no other white space before ";" */
    const struct param *params;
    size_t params_n;
};
struct sip_address { /* RFC 3261 section 20.10: name-addr or addr-spec */
    struct span text;
    struct span display; /* p is NULL where there is none; a quoted one with its quotes */
    struct span gap;     /* between display name and "<" */
    const struct param *params;
    size_t params_n;
    bool bare;      /* no "<" and ">" around the URI */
    bool closed;    /* ">" ends it, and ";", the next address or nothing stands behind that */
    struct uri uri; /* "*" has a text and no scheme */
};
struct sip_value {
    struct span text;
    struct span value;
    const struct param *params;
    size_t params_n;
};
struct sip_number {
    struct span text;
    uint64_t number, second; /* the second one of RAck */
    bool fits;               /* the text is made of numbers, below 2^64, where they have to be */
    bool body;               /* Content-Length: it is the length of the body */
    struct span method;      /* CSeq, RAck */
    struct span comment;     /* Retry-After: with its parentheses; p is NULL where there is none */
    const struct param *params;
    size_t params_n;
};
struct sip_auth { /* RFC 3261 sections 20.7, 20.27, 20.28, 20.44; 20.6 without scheme */
    struct span text;
    struct span scheme;
    const struct param *params;
    size_t params_n;
};
struct sip_header {
    enum sip_type type;
    bool cut;          /* the line is not "NAME: VALUE" and CRLF: line says what it is */
    bool fold;         /* the value goes on behind a line end */
    struct span line;  /* all of it, with its end */
    struct span name;  /* as it stands there; empty where the line has no colon */
    struct span value; /* without white space around */
    /* By the form of its type; NULL while it is not typed. Of empty elements of a list in a row one is kept. */
    const void *values;
    size_t values_n;
};

/* ---- messages ---- */

enum sip_method { /* those that rules ask for; any other is SIP_M_OTHER */
                  SIP_M_OTHER,
                  SIP_M_ACK,
                  SIP_M_BYE,
                  SIP_M_CANCEL,
                  SIP_M_INFO,
                  SIP_M_INVITE,
                  SIP_M_MESSAGE,
                  SIP_M_NOTIFY,
                  SIP_M_OPTIONS,
                  SIP_M_PRACK,
                  SIP_M_PUBLISH,
                  SIP_M_REFER,
                  SIP_M_REGISTER,
                  SIP_M_SUBSCRIBE,
                  SIP_M_UPDATE,
                  SIP_METHODS
};
struct sip_part {   /* of a body of type multipart (RFC 2046 section 5.1) */
    unsigned depth; /* in how many other parts it stands */
    bool open;      /* no delimiter ends it */
    struct sip_header *headers;
    size_t headers_n;
    struct span body;
};
struct sip_msg { /* what is asked for most stands in front: shorter code reaches it */
    bool request;
    bool cut;        /* the start line is not its parts with one space between, and CRLF */
    bool full;       /* there was no room for all: lists are cut short */
    bool cut_lines;  /* a header field is cut */
    bool again;      /* a header field that may be there once is there twice */
    uint8_t kind;    /* enum sip_method: a request's own; a response's by its first CSeq */
    uint16_t status; /* a response's */
    struct sip_header *headers;
    size_t headers_n;
    struct span head;   /* from the start line to the empty line */
    struct span body;   /* up to Content-Length, where that is less than there is */
    struct span start;  /* the start line with its end */
    struct span method; /* a request's */
    struct span version;
    struct span reason;
    struct uri uri;         /* a request's */
    struct span blank;      /* the empty line; of no octets where there is none */
    struct span rest;       /* octets of the datagram behind the body */
    struct sip_part *parts; /* of the body; each is followed by those inside it */
    size_t parts_n;
    /* One more than the index of the first header field of a type; 0: there is none; UINT16_MAX: it is there, or beyond
     * (ask sip_header). */
    uint16_t first[SIP_TYPES];
};
extern const struct desc sip_msg_desc;
extern const struct codec sip_codec;

/* Find start line, header fields and body of the message that `in` holds whole; nothing is typed but the Request-URI's
 * text. Header fields go to an array from `mem`; it is cut short where that is full.
 *
 * STEP_ITEM: `m` is filled, what breaks the framing is in `fs`. STEP_MORE: the start line has no end. STEP_FAIL:
 * it is no SIP message. */
enum step sip_scan(struct span in, struct arena *mem, struct sip_msg *m, struct findings *fs);
/* Type the values of one header field; `body`: octets of the body, for Content-Length. */
void sip_type(struct sip_header *h, size_t body, struct arena *mem);

/* What a message is matched to transactions and dialogs by (RFC 3261 sections 17.1.3, 17.2.3, 12.2). */
struct sip_route {
    bool request;
    struct span method; /* a request's */
    struct span target; /* its Request-URI, as it stands */
    uint16_t status;    /* a response's */
    struct sip_via via; /* the topmost; the text's p is NULL where there is none */
    struct span from_tag, to_tag, call_id; /* p is NULL where there is none */
    struct sip_number cseq;                /* the same of its text */
};
/* Find these and look at nothing else; each is what sip_decode says of the first header field of its type, but that the
 * place of a text without octets may be another one. Header fields behind the last of them are not read. Parameters of
 * Via go to an array from `mem`. STEP_ITEM, STEP_MORE and STEP_FAIL as of sip_scan; of findings there are those of the
 * start line. */
enum step sip_route(struct span in, struct arena *mem, struct sip_route *r, struct findings *fs);
/* sip_scan, and all header fields and URIs typed. */
enum step sip_decode(struct span in, struct arena *mem, struct sip_msg *m, struct findings *fs);
/* What a decoded message breaks beyond its framing. Who has many messages is quicker if he decodes some, and lints these
 * then: decoding and linting together are more code than a CPU keeps at hand (bench/README.md, sip.lint). */
void sip_lint(const struct sip_msg *m, struct findings *fs);

/* The first header field of a type; NULL: none. */
const struct sip_header *sip_header(const struct sip_msg *m, enum sip_type type);
/* The first value of the first header field of a type, by the form of that type; NULL: none, or not typed. */
const void *sip_first(const struct sip_msg *m, enum sip_type type);
/* The tag of a From or To header field; p is NULL where there is none. */
struct span sip_tag(const struct sip_msg *m, enum sip_type type);
/* Content-Length; false: there is none, or it is no number. */
bool sip_length(const struct sip_msg *m, uint64_t *n);

/* ---- fragments: message/sipfrag (RFC 3420) ----
 *
 * What is left of a message where the start line, header fields or the body are left out. The view is that of a
 * message: `version` has no octets where there is no start line, and then nobody knows whether it is a request; `blank`
 * has none where there is no empty line. A draft over sip_frag_desc writes a start line where it has a part of one, and
 * an empty line where it has a body. */
extern const struct desc sip_frag_desc;
extern const struct codec sipfrag_codec;
/* Any octets are a fragment; what is none of a valid message is in `fs`. */
void sip_frag_decode(struct span in, struct arena *mem, struct sip_msg *m, struct findings *fs);
/* What a decoded fragment breaks beyond that. What it does not have may have been left out: no rule says that something
 * is missing, but those of RFC 3420. */
void sip_frag_lint(const struct sip_msg *m, struct findings *fs);
void sip_frag_encode(struct wr *w, const struct draft *dr);

struct sip_dec { /* of one stream; all zero at its beginning and behind each message */
    size_t seen; /* octets of the window that hold no end of a header */
};
/* Framing of a stream by Content-Length (RFC 3261 section 18.3): how many octets the next message takes. The window may
 * grow at its end between calls. STEP_FAIL: framing is lost, a finding says why. */
enum step sip_next(struct sip_dec *d, struct span in, size_t *used, struct findings *fs);
/* How sure it is that `in` is SIP, 0 to 100: by its start line. */
unsigned sip_guess(struct span in, uint16_t port);
/* Write what the draft says; a Content-Length without number is that of the body. */
void sip_encode(struct wr *w, const struct draft *dr);
#endif
