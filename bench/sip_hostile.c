/* bench/sip_hostile.c - messages that are made to be dear. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "bench/sip_hostile.h"

#define START "INVITE sip:a@example.com SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKa\r\n"
#define END "\r\nContent-Length: 0\r\n\r\n"
#define BODY "\r\n\r\n"
#define TEN(s) s s s s s s s s s s

struct octets {
    const char *p;
    size_t n;
};
#define OCTETS(lit)                                                                                \
    {                                                                                              \
        lit, sizeof(lit) - 1                                                                       \
    }

/* `again` fills what head and tail leave. */
static const struct family {
    const char *name;
    struct octets head, again, tail;
} families[] = {
    {"header", OCTETS(START "Subject: "), OCTETS("a"), OCTETS(END)},
    /* a mega-octet has ten thousand */
    {"headers", OCTETS(START "Subject: a"), OCTETS("\r\nX-Header: " TEN("value678 ") "and"),
     OCTETS(END)},
    {"short-headers", OCTETS(START "Subject: a"), OCTETS("\r\na:b"), OCTETS(END)},
    {"vias-line", OCTETS(START "Via: SIP/2.0/UDP a"),
     OCTETS(", SIP/2.0/UDP example.com:5060;branch=z9hG4bK776asdhds"), OCTETS(END)},
    {"vias-lines", OCTETS(START "Subject: a"),
     OCTETS("\r\nVia: SIP/2.0/UDP example.com:5060;branch=z9hG4bK776asdhds"), OCTETS(END)},
    {"quote", OCTETS(START "Contact: \""), OCTETS("a"), OCTETS(END)},
    {"quotes", OCTETS(START "Contact: \""), OCTETS("\\\"<"), OCTETS(END)},
    {"quoted", OCTETS(START "Contact: "), OCTETS("\"<\"<sip:a>;b=\"=;,\","), OCTETS(END)},
    {"nul", OCTETS(START "Contact: "), OCTETS("\0"), OCTETS(END)},
    {"nul-lines", OCTETS(START "Contact: a"), OCTETS("\r\n\0"), OCTETS(END)},
    {"cr", OCTETS(START "Contact: "), OCTETS("\r"), OCTETS(END)},
    {"lf", OCTETS(START "Contact: a"), OCTETS("\na:"), OCTETS(END)},
    {"lf-before", OCTETS("\n"), OCTETS("\n"), OCTETS(START "Contact: a" END)},
    {"fold", OCTETS(START "Contact: a"), OCTETS("\r\n a"), OCTETS(END)},
    {"space", OCTETS(START "Contact: a"), OCTETS(" "), OCTETS("b" END)},
    {"space-params", OCTETS(START "Contact: a"), OCTETS(" ; "), OCTETS("b" END)},
    {"high", OCTETS(START "Contact: "), OCTETS("\xc3\xa9\xff"), OCTETS(END)},
    {"escapes", OCTETS(START "Contact: <sip:"), OCTETS("%41"), OCTETS("@example.com>" END)},
    {"escapes-target", OCTETS("INVITE sip:"), OCTETS("%41"), OCTETS(" SIP/2.0\r\nContact: a" END)},
    {"commas", OCTETS(START "Contact: "), OCTETS(","), OCTETS(END)},
    {"semicolons", OCTETS(START "Contact: <sip:a@b>"), OCTETS(";"), OCTETS(END)},
    {"uri-semicolons", OCTETS(START "Contact: <sip:a@b"), OCTETS(";"), OCTETS(">" END)},
    {"angles", OCTETS(START "Contact: "), OCTETS("<"), OCTETS(END)},
    {"parentheses", OCTETS(START "Retry-After: 1 "), OCTETS("("), OCTETS(END)},
    {"colons", OCTETS(START "Via: "), OCTETS(":"), OCTETS(END)},
    {"digits", OCTETS(START "CSeq: "), OCTETS("1"), OCTETS(" INVITE" END)},
    {"challenge", OCTETS(START "Authorization: Digest a=b"), OCTETS(",n=\"v\""), OCTETS(END)},
    {"multipart", OCTETS(START "Content-Type: multipart/mixed;boundary=a" BODY "--a\r\n"),
     OCTETS("Content-Type: multipart/mixed;boundary=a\r\n\r\n--a\r\n"), OCTETS("\r\n--a--\r\n")},
    {"boundaries", OCTETS(START "Content-Type: multipart/mixed;boundary=a" BODY), OCTETS("--a\r\n"),
     OCTETS("\r\n--a--\r\n")},
};

bool sip_hostile(const char *name, char *p, size_t n)
{
    const struct family *f = families;
    const struct family *end = f + sizeof families / sizeof *families;

    while (f < end && strcmp(f->name, name) != 0)
        f++;
    if (f == end || n < f->head.n + f->tail.n)
        return false;
    memcpy(p, f->head.p, f->head.n);
    size_t at = f->head.n, stop = n - f->tail.n;
    while (stop - at >= f->again.n) {
        memcpy(p + at, f->again.p, f->again.n);
        at += f->again.n;
    }
    memset(p + at, f->again.p[f->again.n - 1], stop - at); /* what is less than once */
    memcpy(p + stop, f->tail.p, f->tail.n);
    return true;
}
