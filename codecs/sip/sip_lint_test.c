/* codecs/sip/sip_lint_test.c - lint of what vectors cannot hold: one finding a cause however often it is there,
 * and parts in parts. */
#include <stdlib.h>
#include "codecs/sip/sip.h"
#include "harness/core/test.h"

enum { OCTETS = 4 << 20, MEMORY = 64 << 20, FOUND = 64 };
static uint8_t octets[OCTETS];
static struct finding found[FOUND];

#define HEAD                                                                                       \
    "MESSAGE sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/TCP a.example.com;branch=z9hG4bK1\r\n"      \
    "Max-Forwards: 70\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\n"           \
    "Call-ID: 1\r\nCSeq: 1 MESSAGE\r\n"

static void repeat(struct wr *w, const char *text, size_t n)
{
    while (n--)
        wr_text(w, text);
}

static void length(struct wr *w, size_t n)
{
    wr_text(w, "Content-Length: ");
    wr_dec(w, n);
    wr_text(w, "\r\n\r\n");
}

/* All that decoding and lint find in a message, or, with `fragment`, in a fragment. */
static struct findings all_of(struct span in, bool fragment)
{
    struct findings fs = {.v = found, .cap = FOUND};
    uint8_t *memory = malloc(MEMORY);
    struct arena mem = arena_of(memory, MEMORY);
    struct sip_msg m;

    CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
    if (fragment) {
        sip_frag_decode(in, &mem, &m, &fs);
        sip_frag_lint(&m, &fs);
    } else {
        CU_ASSERT_EQUAL_FATAL(sip_decode(in, &mem, &m, &fs), STEP_ITEM);
        sip_lint(&m, &fs);
    }
    CU_ASSERT_FALSE(mem.full);
    free(memory);
    return fs;
}

/* ---- many times the same ---- */

struct many {
    const char *before, *text,
        *after; /* a header field, or several; `text` stands there `n` times */
    size_t n;
    const char *clauses; /* what is found, in order */
};

static const struct many fields[] = {
    {"", "Expires: x\r\n", "", 10000, "RFC3261:25.1#a139 RFC3261:7.3.1#2b "},
    {"", "X-A: \001\r\n", "", 10000, "RFC3261:25.1#a80 "},
    {"", "X-A: \377\r\n", "", 10000, "RFC3261:7#a1 "},
    {"", "no colon\r\n", "", 10000, "RFC3261:7.3.1#a1 "},
    {"", "X-A: 1\n", "", 10000, "RFC3261:7#1b "},
    {"", "X-A: 1\r2\r\n", "", 10000, "RFC3261:25.1#a80 "},
    {"", "X A: 1\r\n", "", 10000, "RFC3261:25.1#a79 "},
    {"", "X-A : 1\r\n", "", 10000, "RFC3261:7.3.1#b1 "},
    {"", "Via: SIP/2.0/TCP ;branch=z9hG4bK1\r\n", "", 1000, "RFC3261:25.1#a179 "},
    {"Via: SIP/2.0/UDP a;branch=1;rport", ",SIP/2.0/UDP a;branch=1;rport", "\r\n", 1000,
     "RFC3261:8.1.1.7#5 "},
    {"", "Route: \"unterminated <sip:a@b>\r\n", "", 1000, "RFC3261:25.1#a23 "},
    {"Subject: ", "\"", "\r\n", 1 << 20, ""},
    {"Route: ", "\"", "\r\n", 100000, "RFC3261:25.1#a115 "},
    {"Subject: ", "a", "\r\n", 1 << 20, ""},
    {"Subject: ", "\001", "\r\n", 100000, "RFC3261:25.1#a80 "},
    {"Route: ", "<sip:a%zz@b;lr>,", "<sip:a;lr>\r\n", 5000, "RFC3261:19.1.2#a1 "},
    {"Route: <sip:a;lr>", ";", "\r\n", 100000, "RFC3261:25.1#a194 "},
    {"Route: <sip:a;lr>", ";a=1", "\r\n", 10000, "RFC3261:7.3.1#6 "},
    {"", "Authorization: Digest x\r\n", "", 1000,
     "RFC3261:25.1#a95 RFC7616:3.4.2#a1 RFC7616:3.4#a3 RFC7616:3.4#a6 RFC7616:3.4#a4 "},
    {"Date: Sat, 13 Nov 2010 23:29:00 GMT\r\nIdentity: ..a;info=", "<", "\r\n", 100000,
     "RFC8224:4#a2 "},
    {"", "Identity: a.b;info=<https://a>\r\n", "Date: Sat, 13 Nov 2010 23:29:00 GMT\r\n", 1000,
     "RFC8224:4.1.1#1 "},
};

static void clauses(const struct findings *fs, struct wr *w)
{
    for (size_t i = 0; i < findings_kept(fs); i++) {
        wr_text(w, fs->v[i].clause);
        wr_u8(w, ' ');
    }
}

static void once(void)
{
    uint8_t text[1024];

    for (size_t i = 0; i < COUNT(fields); i++) {
        const struct many *f = &fields[i];
        struct wr w = {octets, sizeof octets, 0, false}, got = {text, sizeof text, 0, false};
        wr_text(&w, HEAD);
        wr_text(&w, f->before);
        repeat(&w, f->text, f->n);
        wr_text(&w, f->after);
        length(&w, 0);
        CU_ASSERT_FALSE_FATAL(w.full);
        struct findings fs = all_of(wr_span(&w), false);
        clauses(&fs, &got);
        CHECK_TEXT(wr_span(&got), f->clauses);
        CU_ASSERT_TRUE(fs.n <= FOUND);
        fs = all_of(span_cut(wr_span(&w), sizeof HEAD - 1, w.n), true);
        CU_ASSERT_TRUE(fs.n < 8);
    }
}

/* NUL is an octet that text functions stop at. */
static void nul(void)
{
    struct wr w = {octets, sizeof octets, 0, false};

    wr_text(&w, HEAD "Subject: ");
    size_t at = w.n;
    for (size_t i = 0; i < 100000; i++)
        wr_u8(&w, 0);
    wr_text(&w, "\r\n");
    length(&w, 0);
    struct findings fs = all_of(wr_span(&w), false);
    CHECK_FINDING(&fs, "RFC3261:25.1#a80", at, 1);
}

/* ---- parts ---- */

static struct findings body(const char *type, const char *text)
{
    struct wr w = {octets, sizeof octets, 0, false};

    wr_text(&w, HEAD "Content-Type: ");
    wr_text(&w, type);
    wr_text(&w, "\r\n");
    length(&w, strlen(text));
    wr_text(&w, text);
    CU_ASSERT_FALSE_FATAL(w.full);
    return all_of(wr_span(&w), false);
}

static void found_in(const char *type, const char *text, const char *want)
{
    uint8_t room[256];
    struct wr got = {room, sizeof room, 0, false};
    struct findings fs = body(type, text);

    clauses(&fs, &got);
    CHECK_TEXT(wr_span(&got), want);
}

#define MULTI(kind, b, in)                                                                         \
    "--a\r\nContent-Type: multipart/" kind ";boundary=" b "\r\n\r\n" in "\r\n--a--\r\n"
#define INNER                                                                                      \
    "--b\r\nContent-Type: text/x\r\nContent-Disposition: "                                         \
    "render;handling=optional\r\n\r\nx\r\n--b--\r\n"

static void nested(void)
{
    found_in("multipart/mixed;boundary=a", MULTI("mixed", "b", INNER), "RFC5621:4.3#2 ");
    found_in("multipart/mixed;boundary=a", MULTI("alternative", "b", INNER), "");
    found_in("multipart/alternative;boundary=a", MULTI("alternative", "b", INNER),
             "RFC5621:8.2#8 RFC5621:4.3#3 ");
    found_in("multipart/mixed;boundary=a", MULTI("related", "b", INNER), "");
    found_in("multipart/mixed;boundary=a", MULTI("mixed", "\"\"", INNER),
             "RFC5621:4.3#2 RFC2046:5.1.1#a1 ");
    found_in("multipart/mixed;boundary=a", MULTI("digest", "c", INNER), "RFC2046:5.1#a1 ");
}

static void deep(void)
{
    struct wr w = {octets + OCTETS / 2, OCTETS / 2 - 1, 0, false};

    for (unsigned i = 0; i < 100; i++) {
        wr_text(&w, "--b");
        wr_dec(&w, i);
        wr_text(&w, "\r\nContent-Type: multipart/mixed;boundary=b");
        wr_dec(&w, i + 1);
        wr_text(&w, "\r\n\r\n");
    }
    w.p[w.n] = '\0';
    found_in("multipart/mixed;boundary=b0", (const char *)w.p, "RFC2046:5.1#a2 RFC5621:4.3#2 ");
    w.n = 0;
    repeat(&w, "--a\r\nContent-Type: text/x\r\nContent-Disposition: by-reference\r\n\r\nx\r\n",
           1000);
    wr_text(&w, "--a--\r\n");
    w.p[w.n] = '\0';
    found_in("multipart/mixed;boundary=a", (const char *)w.p, "RFC5621:9.4#a1 ");
}

/* The token of Referred-By in a signed part. */
#define SIGNED(id, fields)                                                                         \
    "--a\r\nContent-Type: multipart/signed;boundary=b\r\nContent-ID: <" id ">\r\n\r\n"             \
    "--b\r\nContent-Type: message/sipfrag\r\n\r\n" fields "\r\n"                                   \
    "--b\r\nContent-Type: application/pkcs7-signature\r\n\r\nx\r\n--b--\r\n\r\n--a--\r\n"
#define TOKEN                                                                                      \
    "Refer-To: <sip:c@example.com>\r\nReferred-By: <sip:a@example.com>;cid=\"a@b\"\r\n"            \
    "Date: Fri, 25 Sep 2015 19:12:25 GMT\r\n"

static void token(void)
{
    const char *type = "multipart/mixed;boundary=a\r\nReferred-By: <sip:a@example.com>;cid=\"a@b\"";

    found_in(type, SIGNED("a@b", TOKEN), "");
    found_in(type, SIGNED("c@b", TOKEN), "RFC3892:2.1#4 ");
    found_in(type, SIGNED("a@b", TOKEN "Call-ID: 1\r\nFrom: <sip:a@example.com>\r\n"),
             "RFC3892:4#3 RFC3892:4#4 ");
    found_in(type, SIGNED("a@b", "Refer-To: <sip:c@example.com>\r\n"), "RFC3892:4#2 ");
    found_in(type, SIGNED("c@b", "x"), "RFC3892:2.1#4 ");
}

TESTS({"once", once}, {"nul", nul}, {"nested", nested}, {"deep", deep}, {"token", token})
