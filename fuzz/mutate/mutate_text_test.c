/* fuzz/mutate/mutate_text_test.c - what the mutator makes of messages of text: every kind of edit of header fields and
 * of their parameters comes, by tables and where no table takes a text apart. */
#include <stdlib.h>
#include "codecs/http/http.h"
#include "fuzz/mutate/mutate.h"
#include "fuzz/mutate/parts.h"
#include "harness/core/test.h"

static uint8_t memory[1 << 20];

enum { MUTANTS = 60000, ROOM = 4096 };

struct wanted {
    const char *what;
    const char *with,
        *without; /* texts that a mutant has one of, "|" between them, and has not; NULL: any */
};

static bool has_one(const char *text, struct span of)
{
    char one[128];

    for (size_t at = 0, end; at < of.n; at = end + 1) {
        for (end = at; end < of.n && of.p[end] != '|';)
            end++;
        struct span s = span_cut(of, at, end);
        CU_ASSERT_FATAL(s.n < sizeof one);
        memcpy(one, s.p, s.n);
        one[s.n] = '\0';
        if (strstr(text, one))
            return true;
    }
    return false;
}

static bool holds(const struct wanted *w, const char *text)
{
    return has_one(text, span_of(w->with)) && (!w->without || !strstr(text, w->without));
}

/* Each of `want` is among the mutants of `seed`, some of which have parts of `other`. */
static void reaches(const char *codecs, const char *seed, const char *other,
                    const struct wanted *want, size_t n)
{
    struct mutator *m = mutator_new(codecs);
    static size_t seen[64];
    char text[ROOM + 1];

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    memset(seen, 0, sizeof seen);
    for (size_t i = 0; m && i < MUTANTS; i++) {
        size_t len = strlen(seed);
        memcpy(text, seed, len);
        size_t got = mutate(m, (uint8_t *)text, len, ROOM, span_of(other), i);
        CU_ASSERT_TRUE_FATAL(got <= ROOM);
        text[got] = '\0';
        for (size_t k = 0; k < n; k++)
            seen[k] += holds(&want[k], text);
    }
    for (size_t k = 0; k < n; k++) {
        CU_ASSERT_FALSE(holds(&want[k], seed)); /* or it says nothing */
        if (!seen[k])
            printf("\n  %s: none of %d: %s ", codecs, MUTANTS, want[k].what);
        CU_ASSERT_TRUE(seen[k] > 0);
    }
    mutator_free(m);
}

#define VIA "Via: SIP/2.0/UDP a;branch=z9hG4bK1;rport, SIP/2.0/TCP c;branch=z9hG4bK2\r\n"
#define FROM "From: <sip:a@a>;tag=1;x=2\r\n"
#define SIP_SEED                                                                                   \
    "INVITE sip:b@b;lr SIP/2.0\r\n" VIA FROM "To: <sip:b@b>\r\nCall-ID: c\r\nCSeq: 7 INVITE\r\n"   \
    "Subject: one, two\r\nAllow: ACK\r\nAllow: BYE\r\nContent-Type: application/sdp\r\n"           \
    "Content-Length: 97\r\n\r\n"                                                                   \
    "v=0\r\no=- 1 1 IN IP4 a\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 96\r\na=fmtp:96 "                \
    "x=1;y=2\r\na=x:1;2\r\na=inactive\r\n"

static void sip(void)
{
    static const struct wanted want[] = {
        /* header fields */
        {"one dropped", "To: ", "From: "},
        {"one doubled", FROM FROM, NULL},
        {"two in another order", "Call-ID: c\r\nTo: <sip:b@b>\r\n", NULL},
        {"one of another message", "Max-Forwards: 70\r\n", NULL},
        {"the compact form of a name", "\r\nv: SIP/2.0/UDP", NULL},
        {"another case of a name", "\r\nfROM: |\r\nfrom: |\r\ncALL-id: |\r\ncseq: ", NULL},
        {"a list in two fields", "UDP a;branch=z9hG4bK1;rport\r\nVia: SIP/2.0/TCP c;", NULL},
        {"a text in two fields", "Subject: one\r\nSubject: two\r\n", NULL},
        {"another case of a value",
         "CSeq: 7 invite\r\n|Subject: ONE, TWO\r\n|Subject: one, TWO\r\n", NULL},
        {"two fields in a list", "Allow: ACK, BYE\r\n", "Allow: BYE"},
        {"a length that lies",
         "Content-Length: 0\r\n|Content-Length: 1\r\n|Content-Length: 98\r\n|Content-Length: "
         "4294967295\r\n|Content-Length: -1\r\n",
         "Content-Length: 97"},
        {"a number that is none",
         "CSeq: 18446744073709551616 INV|CSeq: -1 INV|CSeq: 1.5 INV|CSeq: +1 INV|CSeq: 0x10 INV",
         NULL},
        {"a line that is folded", "Subject: one,\r\n\t two|Subject: \r\n\tone|one, two\r\n\t\r\n",
         NULL},
        {"the value of another field",
         "Call-ID: INVITE\r\n|CSeq: 7 c\r\n|Call-ID: one, two\r\n|Subject: INVITE\r\n|Call-ID: "
         "SIP\r\n",
         NULL},
        /* parameters */
        {"one dropped", ">;x=2\r\n", NULL},
        {"one doubled", ";tag=1;tag=1;x=2\r\n", NULL},
        {"two in another order", ";x=2;tag=1\r\n", NULL},
        {"without its value", ";tag;x=2\r\n", NULL},
        {"with an empty value", ";tag=;x=2\r\n", NULL},
        {"in quotes", ";tag=\"1\";x=2\r\n", NULL},
        {"of another message", ";tag=1;ttl=16", NULL},
        {"of another field", ";tag=1;x=1\r\n", NULL},
        {"of a URI dropped", "INVITE sip:b@b SIP/2.0", NULL},
        {"an element of a list dropped", "Via: SIP/2.0/TCP c;branch=z9hG4bK2\r\n", "UDP"},
        {"a name in another case", ";Tag=1", NULL},
        /* the body */
        {"a line dropped", "s=-\r\nm=audio", "t=0"},
        {"a line doubled", "a=inactive\r\na=inactive\r\n", NULL},
        {"a parameter dropped", "a=fmtp:96 y=2\r\n", NULL},
        {"a parameter moved", "a=fmtp:96 y=2;x=1\r\n", NULL},
        {"a part that no table knows moved", "a=x:2;1\r\n", NULL},
    };
    reaches("sip/sdp/parts", SIP_SEED,
            "ACK sip:x@y SIP/2.0\r\nVia: SIP/2.0/UDP y;ttl=16\r\nMax-Forwards: 70\r\n\r\n", want,
            COUNT(want));
}

#define HTTP_SEED                                                                                  \
    "GET /a?b=1&c=2 HTTP/1.1\r\nHost: a\r\nTE: trailers, gzip;q=0.5;x=\"a,b\"\r\n"                 \
    "Content-Length: 2\r\n\r\nok"

static void http(void)
{
    static const struct wanted want[] = {
        {"a field dropped", "TE: ", "Host: "},
        {"a field doubled", "Host: a\r\nHost: a\r\n", NULL},
        {"two in another order", "gzip;q=0.5;x=\"a,b\"\r\nHost: a\r\n", NULL},
        {"a field of another message", "Accept: text/html;level=1\r\n", NULL},
        {"another case of a name", "\r\nhOST: a", NULL},
        {"a list in two fields", "TE: trailers\r\nTE: gzip;q=0.5;x=\"a,b\"\r\n", NULL},
        {"a length that lies", "Content-Length: 0\r\n", NULL},
        {"a length that is none", "Content-Length: -1\r\n", NULL},
        {"an element dropped", "TE: trailers\r\n", NULL},
        {"an element doubled", "TE: trailers,trailers, gzip", NULL},
        {"a parameter dropped", " gzip;x=\"a,b\"\r\n", NULL},
        {"a parameter doubled", " gzip;q=0.5;q=0.5;x", NULL},
        {"two in another order", " gzip;x=\"a,b\";q=0.5\r\n", NULL},
        {"a value that goes over its end",
         "q=1.0000;x|q=1.5;x|q=-1;x|q=65536;x|q=2147483648;x|q=1e9;x", NULL},
        {"a parameter of the query dropped", "/a?c=2 HTTP", NULL},
        {"two of the query in another order", "/a?c=2&b=1 HTTP", NULL},
        {"another separator", "trailers; gzip;q=0.5;x=\"a,b\"\r\n", NULL},
    };
    reaches("http/parts", HTTP_SEED, "GET / HTTP/1.1\r\nAccept: text/html;level=1\r\n\r\n", want,
            COUNT(want));
}

/* What is added is most times a field of a name that is known. */
static void names(void)
{
    static const char seed[] = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    struct mutator *m = mutator_new("http/parts");
    size_t added = 0, known = 0;
    char text[ROOM + 1];

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    for (uint64_t i = 0; m && i < 20000; i++) {
        struct arena mem = arena_of(memory, sizeof memory);
        struct findings none = {0};
        const void *view;
        memcpy(text, seed, sizeof seed);
        size_t got = mutate(m, (uint8_t *)text, sizeof seed - 1, ROOM, (struct span){0}, i);
        struct span s = {(const uint8_t *)text, got};
        if (http_codec.decode(s, &mem, &view, &none) != STEP_ITEM)
            continue;
        const struct http_msg *msg = view;
        if (msg->headers_n != 2 || !span_is(msg->headers[0].value, "a"))
            continue;
        added++;
        known += msg->headers[1].type != HTTP_OTHER && msg->headers[1].type != HTTP_HOST;
    }
    CU_ASSERT_TRUE(added > 200);
    CU_ASSERT_TRUE(known > added / 4);
    printf("%zu added, %zu known ", added, known);
    mutator_free(m);
}

/* Challenges, URIs: texts without a table of fields. */
static void texts(void)
{
    static const struct wanted challenge[] = {
        {"a parameter dropped", "Digest realm=\"a,b\", qop=\"auth,auth-int\"", NULL},
        {"a parameter doubled", "nonce=\"c\", nonce=\"c\",", NULL},
        {"two in another order", "qop=\"auth,auth-int\", nonce=\"c\"", NULL},
        {"an element within quotes", "qop=\"auth-int\"", NULL},
        {"without its value", "Digest realm, nonce", NULL},
        {"of another text", "stale=true", NULL},
        {"a line that is folded", "\r\n nonce=\"c\"", NULL},
    };
    static const struct wanted uri[] = {
        {"a parameter dropped", "sip:a@b:5060;lr?x=1&y=2", NULL},
        {"a parameter doubled", ";lr;lr?", NULL},
        {"two in another order", ";lr;transport=tcp?", NULL},
        {"a header dropped", ";lr?y=2", NULL},
        {"another port", "@b:65536;|@b:65535;|@b:0;|@b:-1;|@b:5061;|@b:5059;", NULL},
        {"no user", "sip:b:5060;", NULL},
        {"an escape", "%61@b", NULL},
        {"of another text", "maddr=c", NULL},
    };
    reaches("parts", "Digest realm=\"a,b\", nonce=\"c\", qop=\"auth,auth-int\"",
            "Basic realm=\"x\", stale=true", challenge, COUNT(challenge));
    reaches("parts", "sip:a@b:5060;transport=tcp;lr?x=1&y=2", "sip:d;maddr=c", uri, COUNT(uri));
}

/* Two messages into one: header fields of both, and a body of either. */
static void crossed(void)
{
    static const char a[] = "INVITE sip:a SIP/2.0\r\nTo: <sip:a>\r\nSubject: a\r\nl: 1\r\n\r\na",
                      b[] = "BYE sip:b SIP/2.0\r\nFrom: <sip:b>\r\nCall-ID: b\r\nl: 1\r\n\r\nb";
    struct mutator *m = mutator_new("sip/sdp/parts");
    size_t both = 0, body = 0, method = 0;
    char out[ROOM + 1];

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    for (uint64_t seed = 0; m && seed < 4000; seed++) {
        size_t n = mutate_cross(m, span_of(a), span_of(b), (uint8_t *)out, ROOM, seed);
        CU_ASSERT_TRUE_FATAL(n <= ROOM);
        out[n] = '\0';
        both += strstr(out, "Subject: a\r\n") && strstr(out, "Call-ID: b\r\n");
        body += strstr(out, "INVITE sip:a") && n > 5 && strcmp(out + n - 5, "\r\n\r\nb") == 0;
        method += strstr(out, "BYE sip:a SIP/2.0\r\n") == out;
    }
    CU_ASSERT_TRUE(both > 100);
    CU_ASSERT_TRUE(body > 100);
    CU_ASSERT_TRUE(method > 100);
    mutator_free(m);
}

/* The same octets again for the same seed, whatever was done before, and none past the end of the room. */
static void again(void)
{
    struct mutator *one = mutator_new("sip/sdp/parts"), *two = mutator_new("sip/sdp/parts");
    size_t n = strlen(SIP_SEED);

    CU_ASSERT_FATAL(one != NULL && two != NULL);
    for (uint64_t seed = 0; one && two && seed < 3000; seed++) {
        size_t max = n + seed % 64;
        char *a = malloc(max), *b = malloc(ROOM);
        CU_ASSERT_FATAL(a != NULL && b != NULL);
        memcpy(a, SIP_SEED, n);
        memcpy(b, HTTP_SEED, strlen(HTTP_SEED));
        mutate(two, (uint8_t *)b, strlen(HTTP_SEED), ROOM, (struct span){0}, ~seed);
        memcpy(b, SIP_SEED, n);
        size_t na = mutate(one, (uint8_t *)a, n, max, span_of(HTTP_SEED), seed);
        size_t nb = mutate(two, (uint8_t *)b, n, max, span_of(HTTP_SEED), seed);
        CU_ASSERT_TRUE(na <= max && na == nb && memcmp(a, b, na) == 0);
        free(a);
        free(b);
    }
    mutator_free(one);
    mutator_free(two);
}

/* ---- texts as parts ---- */

/* As they are taken apart: parts in brackets, their separator in front. */
static void show(struct wr *w, const struct part *p)
{
    if (!p->parts_n) {
        wr_put(w, p->text);
        return;
    }
    wr_u8(w, p->separator);
    wr_u8(w, '[');
    for (size_t i = 0; i < p->parts_n; i++) {
        wr_text(w, i ? "|" : "");
        show(w, &p->parts[i]);
    }
    wr_u8(w, ']');
}

static void parts(void)
{
    static const struct {
        const char *text, *shown;
    } rows[] = {
        {"", ""},
        {"a", "a"},
        {"a,b", ",[a|b]"},
        {",", ",[|]"},
        {"a;b=1,c", ",[;[a|=[b|1]]|c]"},
        {"a=\"b,c\";d", ";[=[a|,[\"b|c\"]]|d]"},
        {"\"a,b\"", ",[\"a|b\"]"}, /* a quoted string alone */
        {"\"a,b", "\"a,b"},        /* which has no end */
        {"\"a\\\",b\",c", ",[,[\"a\\\"|b\"]|c]"},
        {"x y\r\nz", "\n[ [x|y\r]|z]"},
        {"sip:a@b;lr?c=d&e", "?[;[:[sip|@[a|b]]|lr]|&[=[c|d]|e]]"},
        {"a,b;c d=e:f", ",[a|;[b| [c|=[d|e:f]]]]"}, /* no deeper */
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena mem = arena_of(memory, sizeof memory);
        struct findings none = {0};
        struct span in = test_guard(span_of(rows[i].text));
        uint8_t shown[256], again[256];
        struct wr w = {shown, sizeof shown, 0, false}, e = {again, sizeof again, 0, false};
        struct draft dr;
        const void *view;
        CU_ASSERT_EQUAL_FATAL(parts_codec.decode(in, &mem, &view, &none), STEP_ITEM);
        show(&w, view);
        CHECK_TEXT(wr_span(&w), rows[i].shown);
        draft_of(&dr, parts_codec.view, view, &mem);
        parts_codec.encode(&e, &dr);
        CHECK_TEXT(wr_span(&e), rows[i].text);
        test_guard_free(in);
    }
}

static void guesses(void)
{
    static const char *const yes[] = {"a,b", "a b", "\t;", "\xc3\xa4=", "a\r\n"},
                             *const no[] = {"", "a", "abc", ",", "a,\x01", "a,\x7f"};
    uint8_t nul[] = {'a', ',', 0};

    for (size_t i = 0; i < COUNT(yes); i++)
        CU_ASSERT_TRUE(parts_codec.guess(span_of(yes[i]), 0) > 0);
    for (size_t i = 0; i < COUNT(no); i++)
        CU_ASSERT_EQUAL(parts_codec.guess(span_of(no[i]), 0), 0);
    CU_ASSERT_EQUAL(parts_codec.guess((struct span){nul, sizeof nul}, 0), 0);
}

TESTS({"sip", sip}, {"http", http}, {"names", names}, {"texts", texts}, {"crossed", crossed},
      {"again", again}, {"parts", parts}, {"guesses", guesses})
