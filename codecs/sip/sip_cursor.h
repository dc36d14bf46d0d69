/* codecs/sip/sip_cursor.h - reading the values of header fields by their delimiters; inside codecs/sip only. */
#ifndef CODECS_SIP_SIP_CURSOR_H
#define CODECS_SIP_SIP_CURSOR_H
#include "codecs/base/marks.h"
#include "codecs/sip/sip_parts.h"

struct kind {     /* how a header field is read */
    uint8_t form; /* enum sip_form */
    uint8_t sep;  /* a comma where it ends a value, else an octet that is no delimiter */
    bool raw;     /* the value is a Call-ID, in which a quote is an octet as any other */
    bool angles;  /* what stands between "<" and ">" is a URI, in parameters too */
};
struct cursor {
    struct marks *marks; /* over the text that `at` counts from */
    const uint8_t *p;    /* that text */
    size_t at, end;      /* where reading is; where the value of the header field ends */
    struct kind kind;
    size_t body; /* octets of the body */
    struct arena *mem;
};

static inline struct span cut(const struct cursor *c, size_t from, size_t to)
{
    return (struct span){c->p + from, to - from};
}

/* The same without white space around. */
static inline struct span cut_trim(const struct cursor *c, size_t from, size_t to)
{
    if (from < to && c->p[from] > ' ' && c->p[to - 1] > ' ') /* as most */
        return cut(c, from, to);
    return lex_trim_ends(cut(c, from, to), LEX_LWS);
}

static inline size_t skip_lws(const struct cursor *c, size_t at)
{
    while (at < c->end && lex_is(c->p[at], LEX_LWS))
        at++;
    return at;
}

/* The offset behind the quoted string that begins at `at`; c->end: it has no end. */
static inline size_t behind_quoted(const struct cursor *c, size_t at)
{
    for (at++;; at += 2) { /* behind a backslash, and what it takes along */
        at = marks_next(c->marks, MARKS_QUOTE, at, c->end);
        if (at >= c->end)
            return c->end;
        if (c->p[at] == '"')
            return at + 1;
    }
}

/* The same of a URI in "<" and ">". */
static inline size_t behind_angle(const struct cursor *c, size_t at)
{
    at = marks_next(c->marks, MARKS_CLOSE, at, c->end);
    return at < c->end ? at + 1 : c->end;
}

/* From `at` on, where it is no `one` nor `two`: the first of them behind it. */
static __attribute__((noinline)) size_t stop_behind(const struct cursor *c, size_t at, uint8_t one,
                                                    uint8_t two)
{
    while (at < c->end && c->p[at] != one && c->p[at] != two) {
        at = c->p[at] == '"'                     ? behind_quoted(c, at)
             : c->p[at] == '<' && c->kind.angles ? behind_angle(c, at)
                                                 : at + 1;
        at = marks_next(c->marks, MARKS_STOP, at, c->end);
    }
    return at;
}

/* From `at` on, the first `one` or `two`, of the octets that MARKS_STOP has; quoted strings are passed over (one
 * without end goes to the end). */
static inline __attribute__((always_inline)) size_t stop(const struct cursor *c, size_t at,
                                                         uint8_t one, uint8_t two)
{
    at = marks_next(c->marks, MARKS_STOP, at, c->end);
    if (at == c->end || c->p[at] == one || c->p[at] == two)
        return at; /* most often it is the next one */
    return stop_behind(c, at, one, two);
}

/* The same where a quote is an octet as any other. */
static inline size_t stop_raw(const struct cursor *c, size_t at, uint8_t one, uint8_t two)
{
    at = marks_next(c->marks, MARKS_STOP, at, c->end);
    while (at < c->end && c->p[at] != one && c->p[at] != two)
        at = marks_next(c->marks, MARKS_STOP, at + 1, c->end);
    return at;
}

/* From `from` on, where an address begins: the "<" of its URI; or where one without ends. */
static inline size_t address_open(const struct cursor *c, size_t from)
{
    size_t at = from;

    for (;; at++) {
        at = marks_next(c->marks, MARKS_STOP, at, c->end);
        if (at < c->end && c->p[at] == '"')
            at = behind_quoted(c, at) - 1;
        else if (at == c->end || c->p[at] != ',' || c->kind.sep == ',')
            return at;
    }
}

/* A value of Via from c->at on; c->at moves behind it. */
void sip_read_via(struct cursor *c, struct sip_via *v);
/* A CSeq, which is all there is from c->at on. */
void sip_read_cseq(struct cursor *c, struct sip_number *v);
#endif
