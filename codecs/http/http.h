/* codecs/http/http.h - messages of HTTP/1.1 (RFC 9112): where their parts are, how long they are, what is wrong.
 *
 * All texts borrow the message and are as they stand there. What a message breaks is one table of rules.
 *
 *   struct http_dec d = {0};
 *   while (http_next(&d, window, &used, &findings) == STEP_ITEM) {
 *       struct http_msg m;
 *       http_decode(span_cut(window, 0, used), HTTP_ASK_OTHER, &mem, &m, &findings);
 *       ...
 */
#ifndef CODECS_HTTP_HTTP_H
#define CODECS_HTTP_HTTP_H
#include "codecs/base/codec.h"
#include "codecs/base/lex.h"

enum {
    HTTP_PORT = 80,
    HTTP_PORT_TLS = 443,
    HTTP_HEAD_MAX =
        1 << 20, /* octets of start line and header fields together; of a trailer section */
    HTTP_BODY_MAX = 64 << 20, /* octets of a body on a stream */
    HTTP_LINE_MAX = 16 << 10, /* octets of the line before a chunk */
};

enum http_type { /* of a header field that a rule is about; the order is that of http_names */
                 HTTP_OTHER,
#define HTTP_FIELD(id, name, flags) HTTP_##id,
#include "codecs/http/http_fields.def"
#undef HTTP_FIELD
                 HTTP_TYPES
};
enum http_flag {
    HTTP_SINGLE = 1,     /* stands once: its value is no list (RFC 9110 section 5.3) */
    HTTP_LIST = 2,       /* its value is a list: no element is empty (RFC 9110 section 5.6.1.1) */
    HTTP_TOKENS = 4,     /* each element is a token */
    HTTP_NO_TRAILER = 8, /* not in a trailer section (RFC 9110 section 6.5.1) */
    HTTP_ALL = 16,       /* for all recipients: no option of Connection (RFC 9110 section 7.6.1) */
    HTTP_DATE_ONLY = 32, /* its value is a date (RFC 9110 section 5.6.7) */
};
struct http_name {
    const char *name;
    size_t n; /* octets of it */
    unsigned flags;
};
extern const struct http_name http_names[HTTP_TYPES];
/* What a header field of this name is, the case of letters aside; HTTP_OTHER: none that is known. */
enum http_type http_type_of(struct span name);

struct http_header { /* a field line: of the header, of a trailer section */
    enum http_type type;
    bool cut;          /* the line is not "NAME: VALUE" and CRLF: line says what it is */
    bool fold;         /* the value goes on behind a line end (RFC 9112 section 5.2) */
    bool body;         /* Content-Length: it is the length of the body, in the shortest form */
    struct span line;  /* all of it, with its end */
    struct span name;  /* as it stands there; empty where the line has no colon */
    struct span value; /* without white space around */
};
struct http_chunk {   /* RFC 9112 section 7.1; the last one, of size 0, too */
    bool cut;         /* the line is not the size in small digits, extensions and CRLF */
    struct span line; /* with its end */
    uint64_t size;    /* as the line has it */
    struct span ext;  /* what stands behind the size, white space too */
    struct span data; /* shorter than size where the octets end */
    struct span end;  /* the CRLF behind the data */
};

enum http_form { /* of a request target (RFC 9112 section 3.2) */
                 HTTP_NONE,
                 HTTP_ORIGIN,
                 HTTP_ABSOLUTE,
                 HTTP_AUTHORITY,
                 HTTP_ASTERISK,
};
enum http_how { /* what says where a body ends (RFC 9112 section 6.3) */
                HTTP_NO_BODY,
                HTTP_LENGTH,  /* Content-Length */
                HTTP_CHUNKED, /* the last chunk */
                HTTP_CLOSE,   /* the end of the connection */
                HTTP_TUNNEL,  /* what follows is no HTTP any more */
                HTTP_BROKEN,  /* nothing: the fields that should are wrong */
};
enum http_ask { /* the request that a response answers, where that matters for its length */
                HTTP_ASK_OTHER,
                HTTP_ASK_HEAD,
                HTTP_ASK_CONNECT,
};

struct http_msg {
    bool request;
    bool cut; /* the start line is not its parts with one space between, and CRLF */
    enum http_ask ask;
    enum http_form form;
    enum http_how how;
    uint64_t length;    /* HTTP_LENGTH: what Content-Length says, UINT64_MAX where that is more */
    struct span start;  /* the start line with its end, and line ends before it */
    struct span method; /* a request's */
    struct span target;
    /* Of no octets where the line is that of a request and has no version at its end, or none at all. */
    struct span version;
    uint16_t status; /* a response's */
    struct span reason;
    struct http_header *headers;
    size_t headers_n;
    struct span blank; /* the empty line; of no octets where there is none */
    struct span body;  /* the octets of the body, where it is not chunked */
    struct http_chunk *chunks;
    size_t chunks_n;
    struct http_header *trailers;
    size_t trailers_n;
    struct span end;  /* the empty line behind the trailer section */
    struct span rest; /* octets behind the message */
    struct span head; /* from the first octet to the empty line */
    /* One more than the index of the first header field of a type; 0: there is none; UINT16_MAX: it is there, or beyond
     * (ask http_header). */
    uint16_t first[HTTP_TYPES];
};
extern const struct desc http_msg_desc;
/* http_head_codec, http_connect_codec: of a response to HEAD, to CONNECT, which its octets do not say. Nobody takes
 * octets for theirs unasked. */
extern const struct codec http_codec, http_head_codec, http_connect_codec;

/* Decode the message that `in` holds whole. `ask`: what a response answers. Header fields and chunks go to arrays from
 * `mem`; they are cut short where that is full.
 *
 * STEP_ITEM: `m` is filled, what breaks the framing is in `fs`. STEP_MORE: the start line has no end. STEP_FAIL: it is
 * no message of HTTP/1. */
enum step http_decode(struct span in, enum http_ask ask, struct arena *mem, struct http_msg *m,
                      struct findings *fs);
/* What a decoded message breaks beyond its framing. Here and there each rule is said once, where it is broken first; none
 * is said by both. */
void http_lint(const struct http_msg *m, struct findings *fs);

/* The first header field of a type; NULL: none. */
const struct http_header *http_header(const struct http_msg *m, enum http_type type);
/* The next one of the type of `h` behind it; NULL: none. */
const struct http_header *http_header_next(const struct http_msg *m, const struct http_header *h);
/* Whether a list of tokens, over all header fields of a type, has this one, the case of letters aside; what stands
 * behind a slash or a semicolon of an element does not count. */
bool http_has_token(const struct http_msg *m, enum http_type type, const char *token);
/* The next element of a list behind commas, from `*at` on, without white space around; quoted strings hide commas.
 * False: there is none. Elements may be empty. */
bool http_element(struct span list, size_t *at, struct span *element);
/* Whether the connection goes on behind the message (RFC 9112 section 9.3). */
bool http_persists(const struct http_msg *m);
/* Write the content: the body, or the data of all chunks. */
void http_content(struct wr *w, const struct http_msg *m);
/* What a request of this method asks for. */
enum http_ask http_ask_of(struct span method);
/* Whether it is "type/subtype" with parameters. */
bool http_is_media_type(struct span s);
/* A host, as Host has it, without its port: "[::1]" of "[::1]:80". */
struct span http_without_port(struct span host);
/* Whether "HTTP/", the case of letters aside, stands anywhere in a line. */
bool http_has_version(struct span line);
/* The form of a request target. */
enum http_form http_form_of(struct span target, struct span method);

/* ---- streams ---- */

struct http_frame { /* where a message ends, by RFC 9112 section 6.3 */
    enum http_how how;
    uint64_t length;   /* HTTP_LENGTH */
    struct span both;  /* Content-Length beside Transfer-Encoding: its line */
    struct span bad;   /* HTTP_BROKEN: the line that is wrong */
    bool coding;       /* that is a Transfer-Encoding */
    struct span large; /* HTTP_LENGTH above UINT64_MAX, which length is then: the line */
};
/* The framing of the message whose start line and header fields are `head`. */
struct http_frame http_frame_of(struct span head, enum http_ask ask);

enum http_over {                    /* why framing is lost */
                 HTTP_OVER_NOTHING, /* the other side broke it */
                 HTTP_OVER_HEAD, /* a limit of ours: of start line and header fields, of a trailer section */
                 HTTP_OVER_BODY, /* of the body; a chunk size above UINT64_MAX, too */
                 HTTP_OVER_LINE, /* of the line before a chunk */
};
struct http_chunked {    /* a decoder of the chunked coding; all zero at the beginning of a body */
    uint64_t most;       /* the caller's: octets of data that are taken; 0: HTTP_BODY_MAX */
    size_t trailer_most; /* and of a trailer section; 0: HTTP_HEAD_MAX */
    uint8_t state;
    bool done;           /* the body has ended; what follows is no part of it */
    enum http_over over; /* after STEP_FAIL */
    uint64_t left;       /* octets of the chunk that are still to come */
    uint64_t total;      /* of data so far */
    uint32_t line;       /* octets of the line, or of the trailer section, so far */
};
/* Take the chunked coding off octets that come in any pieces (RFC 9112 section 7.1.3).
 *
 * STEP_ITEM: `data` is the next piece of content; once c->done is set it has no octets. STEP_MORE: all of `in` was
 * taken. STEP_FAIL: framing is lost, a finding says why. `used`: octets of `in` that were taken, in each case; offsets
 * of findings are counted in `in`. */
enum step http_chunked_next(struct http_chunked *c, struct span in, size_t *used, struct span *data,
                            struct findings *fs);

/* A decoder of one stream; all zero at its beginning; the limits stay behind each message. */
struct http_dec {
    size_t head_most; /* the caller's limits, in octets; 0: HTTP_HEAD_MAX (of a trailer section
                            too), HTTP_BODY_MAX */
    uint64_t body_most;
    enum http_ask ask;          /* the caller's: what the next response answers */
    enum http_over over;        /* after STEP_FAIL */
    bool in_body;               /* the head is done */
    size_t head;                /* octets of it, once in_body, those of line ends before it too */
    size_t from;                /* octets of line ends before the start line */
    size_t seen;                /* octets of the window that were looked at */
    struct http_frame frame;    /* once in_body */
    struct http_chunked chunks; /* of a chunked body */
};
/* Framing of a stream: how many octets the next message takes. The window may grow at its end between calls. A body
 * that ends with the connection is STEP_MORE for ever: its end is the caller's to know, who then decodes the window.
 * STEP_FAIL: framing is lost, a finding says why. Empty lines before a start line are of the message. */
enum step http_next(struct http_dec *d, struct span in, size_t *used, struct findings *fs);
/* The same for the head alone: STEP_ITEM: d->head and d->frame are set, and http_next goes on with the body. */
enum step http_next_head(struct http_dec *d, struct span in, struct findings *fs);
/* How sure it is that `in` is HTTP/1, 0 to 100: by its start line. */
unsigned http_guess(struct span in, uint16_t port);
/* Write what the draft says; a Content-Length without value is that of the body, a chunk without size that of its
 * data. */
void http_encode(struct wr *w, const struct draft *dr);
#endif
