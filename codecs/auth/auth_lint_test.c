/* codecs/auth/auth_lint_test.c - each rule with a value that breaks it and its twin that does not. */
#include <stdio.h>
#include "codecs/auth/auth.h"
#include "harness/core/test.h"

static uint8_t room[1 << 16];

/* What a value is: its kind, and whose rules hold. */
enum { CHALLENGE = 1, CREDENTIALS = 2, INFO = 4, HTTP = 8, SIP = 16, BOTH = HTTP | SIP };

struct pair {
    unsigned is;
    const char *clause;
    const char *bad, *where; /* one finding, of this text */
    const char *good;        /* none */
    const char *to;          /* the challenge or the credentials that it answers; NULL: not known */
};

static void lint(unsigned is, const char *text, const char *to, bool sip, struct findings *fs)
{
    struct arena mem = arena_of(room, sizeof room);
    struct auth_where at = {span_of(text), sip};
    struct auth_list l, asked;
    struct auth_challenge c, to_c;
    struct auth_credentials r, to_r;
    struct auth_info i;

    auth_split(span_of(to), &mem, &asked);
    if (is & INFO)
        auth_split_info(at.in, &mem, &l);
    else
        auth_split(at.in, &mem, &l);
    if (is & CHALLENGE) {
        auth_challenge_of(&l, &c);
        auth_lint_challenge(&c, &at, fs);
    } else if (is & CREDENTIALS) {
        auth_credentials_of(&l, &r);
        auth_challenge_of(&asked, &to_c);
        auth_lint_credentials(&r, to ? &to_c : NULL, &at, fs);
    } else {
        auth_info_of(&l, &i);
        auth_credentials_of(&asked, &to_r);
        auth_lint_info(&i, to ? &to_r : NULL, &at, fs);
    }
}

static void one(const struct pair *p, bool sip)
{
    struct finding v[4];
    struct findings fs = {.v = v, .cap = COUNT(v)}, none = {.v = v, .cap = COUNT(v)};
    const char *at = strstr(p->bad, p->where);

    lint(p->is, p->bad, p->to, sip, &fs);
    CU_ASSERT_EQUAL(fs.n, 1);
    if (fs.n != 1 || !span_is(span_of(v[0].clause), p->clause))
        fprintf(stderr, "%s\n  %s\n", p->clause, p->bad);
    for (size_t i = 0; fs.n != 1 && i < findings_kept(&fs); i++)
        fprintf(stderr, "  %s %s\n", v[i].clause, v[i].what);
    CHECK_TEXT(span_of(fs.n ? v[0].clause : ""), p->clause);
    CU_ASSERT_PTR_NOT_NULL(at);
    CHECK_TEXT(span_cut(span_of(p->bad), v[0].off, v[0].off + v[0].len), p->where);
    lint(p->is, p->good, p->to, sip, &none);
    CU_ASSERT_EQUAL(none.n, 0);
    for (size_t i = 0; i < findings_kept(&none); i++)
        fprintf(stderr, "%s: %s\n  %s %s\n", p->clause, p->good, v[i].clause, v[i].what);
}

static void run(const struct pair *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (v[i].is & HTTP)
            one(&v[i], false);
        if (v[i].is & SIP)
            one(&v[i], true);
    }
}

/* ---- challenges ---- */

#define C_REST ", nonce=\"bm9uY2U=\", qop=\"auth\", charset=UTF-8, userhash=true"
#define C_VALUES "realm=\"a\"" C_REST
#define C_ALL "Digest " C_VALUES

static const struct pair challenges[] = {
    {CHALLENGE | BOTH, "RFC7616:3.3#a2",
     "Digest nonce=\"b\", qop=\"auth\", charset=UTF-8, userhash=true", "Digest", C_ALL, NULL},
    {CHALLENGE | BOTH, "RFC7616:3.3#a2",
     "Digest realm=\"a\", qop=\"auth\", charset=UTF-8, userhash=true", "Digest", C_ALL, NULL},
    {CHALLENGE | HTTP, "RFC7616:3.3#9",
     "Digest realm=\"a\", nonce=\"b\", charset=UTF-8, userhash=true", "Digest", C_ALL, NULL},
    {CHALLENGE | SIP, "RFC8760:2.6#5a", "Digest realm=\"a\", nonce=\"b\"", "Digest",
     "Digest realm=\"a\", nonce=\"b\", qop=\"auth\"", NULL},
    /* quoted strings */
    {CHALLENGE | HTTP, "RFC7616:3.3#13", "Digest realm=a" C_REST, "a", C_ALL, NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a151", "Digest realm=rr" C_REST, "rr", C_ALL, NULL},
    {CHALLENGE | HTTP, "RFC7616:3.3#13", C_ALL ", domain=http:b", "http:b",
     C_ALL ", domain=\"http://b/\"", NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a152", C_ALL ", domain=sip:b", "sip:b",
     C_ALL ", domain=\"sip:b\"", NULL},
    {CHALLENGE | HTTP, "RFC7616:3.3#13",
     "Digest realm=\"a\", nonce=bbbb, qop=\"auth\", charset=UTF-8, userhash=true", "bbbb", C_ALL,
     NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a154", "Digest realm=\"a\", nonce=bbbb, qop=\"auth\"", "bbbb",
     C_ALL, NULL},
    {CHALLENGE | HTTP, "RFC7616:3.3#13", C_ALL ", opaque=cccc", "cccc", C_ALL ", opaque=\"cccc\"",
     NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a155", C_ALL ", opaque=cccc", "cccc", C_ALL ", opaque=\"cccc\"",
     NULL},
    {CHALLENGE | HTTP, "RFC7616:3.3#13",
     "Digest realm=\"a\", nonce=\"b\", qop=auth, charset=UTF-8, userhash=true", "auth", C_ALL,
     NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a158", "Digest realm=\"a\", nonce=\"b\", qop=auth", "auth",
     C_ALL, NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a151", "Digest realm=, nonce=\"b\", qop=\"auth\"", "", C_ALL,
     NULL},
    /* tokens */
    {CHALLENGE | HTTP, "RFC7616:3.3#14", C_ALL ", stale=\"true\"", "\"true\"", C_ALL ", stale=true",
     NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a156", C_ALL ", stale=\"FALSE\"", "\"FALSE\"",
     C_ALL ", stale=FALSE", NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a156", C_ALL ", stale=no", "no", C_ALL ", stale=False", NULL},
    {CHALLENGE | HTTP, "RFC7616:3.3#14", C_ALL ", algorithm=\"MD5\"", "\"MD5\"",
     C_ALL ", algorithm=MD5", NULL},
    {CHALLENGE | SIP, "RFC8760:2.7#a3", C_ALL ", algorithm=\"SHA-256\"", "\"SHA-256\"",
     C_ALL ", algorithm=SHA-256-sess", NULL},
    {CHALLENGE | SIP, "RFC8760:2.1#a1", C_ALL ", algorithm=SHA-1", "SHA-1",
     C_ALL ", algorithm=AKAv1-MD5", NULL},
    /* what they say */
    {CHALLENGE | BOTH, "RFC7616:3.3#11b",
     "Digest realm=\"a\", nonce=\"b\", qop=\"auth\", userhash=true, charset=UTF8", "UTF8",
     "Digest realm=\"a\", nonce=\"b\", qop=\"auth\", userhash=true, charset=\"utf-8\"", NULL},
    {CHALLENGE | BOTH, "RFC7616:3.3#12b",
     "Digest realm=\"a\", nonce=\"b\", qop=\"auth\", charset=UTF-8, userhash=yes", "yes",
     "Digest realm=\"a\", nonce=\"b\", qop=\"auth\", charset=UTF-8, userhash=\"True\"", NULL},
    {CHALLENGE | HTTP, "RFC7616:3.4.4#1",
     "Digest realm=\"a\", nonce=\"b\", qop=\"auth\", charset=UTF-8", "Digest", C_ALL, NULL},
    {CHALLENGE | HTTP, "RFC7616:3.4.4#1",
     "Digest realm=\"a\", nonce=\"b\", qop=\"auth\", charset=UTF-8, userhash=false", "false", C_ALL,
     NULL},
    {CHALLENGE | HTTP, "RFC7616:4#1",
     "Digest realm=\"a\", nonce=\"b\", qop=\"auth\", userhash=true", "Digest", C_ALL, NULL},
    {CHALLENGE | BOTH, "RFC7616:3.3#5", C_ALL ", opaque=\"a b\"", "\"a b\"", C_ALL ", opaque=\"\"",
     NULL},
    {CHALLENGE | BOTH, "RFC7616:3.3#5", C_ALL ", opaque=\"a.b\"", "\"a.b\"",
     C_ALL ", opaque=\"YQ==\"", NULL},
    {CHALLENGE | HTTP, "RFC7616:3.3#a10",
     "Digest realm=\"a\", nonce=\"b\", charset=UTF-8, userhash=true, qop=\"\"", "\"\"",
     "Digest realm=\"a\", nonce=\"b\", charset=UTF-8, userhash=true, qop=\"auth, auth-int\"", NULL},
    {CHALLENGE | HTTP, "RFC7616:3.3#a10",
     "Digest realm=\"a\", nonce=\"b\", charset=UTF-8, userhash=true, qop=\"auth int\"", "auth int",
     "Digest realm=\"a\", nonce=\"b\", charset=UTF-8, userhash=true, qop=\"x-int\"", NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a158", "Digest realm=\"a\", nonce=\"b\", qop=\"auth,\"",
     "\"auth,\"", "Digest realm=\"a\", nonce=\"b\", qop=\"auth,token\"", NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a158",
     "Digest realm=\"a\", nonce=\"b\", qop=\"auth, auth-int\"", " auth-int",
     "Digest realm=\"a\", nonce=\"b\", qop=\"auth,auth-int\"", NULL},
    {CHALLENGE | HTTP, "RFC7616:3.3#a3", C_ALL ", domain=\"http://b/ c\"", "c",
     C_ALL ", domain=\"http://b/ /c\"", NULL},
    {CHALLENGE | HTTP, "RFC7616:3.3#a3", C_ALL ", domain=\"//b/\"", "//b/", C_ALL ", domain=\"\"",
     NULL},
    {CHALLENGE | HTTP, "RFC7616:3.3#a3", C_ALL ", domain=\"1a:b\"", "1a:b",
     C_ALL ", domain=\"a+1:b  /\"", NULL},
    {CHALLENGE | HTTP, "RFC7616:3.3#a3", C_ALL ", domain=\"a_b:c\"", "a_b:c",
     C_ALL ", domain=\"a-b.c:d\"", NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a153", C_ALL ", domain=\"b\"", "b",
     C_ALL ", domain=\"sip:b sips:c\"", NULL},
    {CHALLENGE | SIP, "RFC8760:2.6#a1", C_ALL ", domain=\"sip:b /c\"", "/c",
     C_ALL ", domain=\"http://c/\"", NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a152", C_ALL ", domain=\"\"", "\"\"",
     C_ALL ", domain=\"sip:b\"", NULL},
    /* parameters */
    {CHALLENGE | HTTP, "RFC9110:11.2#1", C_ALL ", Realm=\"a\"", "Realm", C_ALL ", realm2=\"a\"",
     NULL},
    {CHALLENGE | SIP, "RFC3261:7.3.1#6", C_ALL ", x=1, X=2", "X", C_ALL ", x=1, y=2", NULL},
    {CHALLENGE | HTTP, "RFC9110:11.2#a1", C_ALL ", flag", "flag", C_ALL ", flag=\"\"", NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a149", C_ALL ", flag", "flag", C_ALL ", flag=1", NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a149", C_ALL ", =1", "=1", C_ALL ", b = 1", NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a150", "Other flag, x=1", "flag", "Other flag=1, x=1", NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a148", "Other", "Other", "Other x=1", NULL},
    {CHALLENGE | HTTP, "RFC9110:11.1#a1", "Fo(o a=b", "Fo(o", "Fo|o a=b", NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a150", "Fo|o a=b", "Fo|o", "Fo%o a=b", NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a150", "Digest, " C_VALUES, "Digest,", "Digest\t" C_VALUES,
     NULL},
    /* elements that are empty */
    {CHALLENGE | HTTP, "RFC9110:5.6.1.1#1", C_ALL ",", ",", C_ALL ", x=\",\"", NULL},
    {CHALLENGE | HTTP, "RFC9110:5.6.1.1#1", C_ALL " , ,x=1", "", C_ALL " ,x=1", NULL},
    {CHALLENGE | HTTP, "RFC9110:5.6.1.1#1", C_ALL " ,x=1,,", "", C_ALL " ,x=1", NULL},
    {CHALLENGE | HTTP, "RFC9110:5.6.1.1#1", "Digest ," C_VALUES, "", "Digest " C_VALUES, NULL},
    {CHALLENGE | HTTP, "RFC9110:5.6.1.1#1", "Other a=b,", ",", "Other a=b", NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a149", C_ALL "\r\n ,", ",", C_ALL "\r\n , x=1", NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a149", "Digest ," C_VALUES, "", "Digest " C_VALUES, NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a149", C_ALL ", x=\",\",", ",", C_ALL ", x=\",\"", NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a150", "Other a=b,", ",", "Other a=b", NULL},
    {CHALLENGE | HTTP, "RFC9110:11.2#a1", C_ALL ", x=", "", C_ALL ", x=\"\"", NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a102", C_ALL ", x=a/b", "a/b", C_ALL ", x=\"a/b\"", NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a102", C_ALL ", x:y=a", "x:y", C_ALL ", x'y=a", NULL},
    {CHALLENGE | HTTP, "RFC9110:11.2#a1", C_ALL ", x@y=a", "x@y", C_ALL ", x|y=a", NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a23", C_ALL ", x=\"YQ", "\"YQ", C_ALL ", x=\"YQ\"", NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a23", C_ALL ", x=\"a\"b", "\"a\"b", C_ALL ", x=\"a\\\"b\"",
     NULL},
    {CHALLENGE | HTTP, "RFC9110:5.6.4#a1", C_ALL ", x=\"a\"b", "\"a\"b", C_ALL ", x=\"a\\\"b\"",
     NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a25", C_ALL ", x=\"a\1\"", "\1",
     C_ALL ", x=\"a\r\n b\t\xc3\xa4\"", NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a25", C_ALL ", x=\"a\r\nb\"", "\r", C_ALL ", x=\"a\\\1\"",
     NULL},
    {CHALLENGE | HTTP, "RFC9110:5.6.4#a1", C_ALL ", x=\"a\x7f\"", "\x7f",
     C_ALL ", x=\"a\t\\b\\\xff\"", NULL},
    {CHALLENGE | HTTP, "RFC9110:5.6.4#a1", C_ALL ", x=\"a\\\1\"", "\\\1", C_ALL ", x=\"a\\\t\"",
     NULL},
    {CHALLENGE | SIP, "RFC3261:25.1#a26", C_ALL ", x=\"a\\\xc3\xa4\"", "\\\xc3",
     C_ALL ", x=\"a\\b\"", NULL},
    /* Basic */
    {CHALLENGE | SIP, "RFC8760:2.6#1a", "Basic realm=\"a\"", "Basic", "Other realm=\"a\"", NULL},
    {CHALLENGE | HTTP, "RFC7617:2#1", "Basic charset=UTF-8", "Basic",
     "basic REALM=\"a\", charset=utf-8", NULL},
    {CHALLENGE | HTTP, "RFC9110:11.5#2", "Basic Realm=x", "x", "Basic Realm=\"x\"", NULL},
    {CHALLENGE | HTTP, "RFC9110:11.5#2", "Bearer realm=x, scope=y", "x",
     "Bearer realm=\"x\", scope=y", NULL},
    {CHALLENGE | HTTP, "RFC9110:5.6.4#a1", "Basic realm=\"x", "\"x", "Basic realm=\"\"", NULL},
    {CHALLENGE | HTTP, "RFC7617:2#3b", "Basic realm=\"a\", nonce=\"b\"", "nonce",
     "Basic realm=\"a\"", NULL},
    {CHALLENGE | HTTP, "RFC7617:2.1#a1", "Basic realm=\"a\", charset=ISO-8859-1", "ISO-8859-1",
     "Basic realm=\"a\", charset=\"UTF-8\"", NULL},
};

static void challenges_pairs(void)
{
    run(challenges, COUNT(challenges));
}

/* ---- credentials ---- */

#define HEX32 "0123456789abcdef0123456789abcdef"
#define HEX64 HEX32 HEX32
#define R_NAMES "Digest username=\"u\", realm=\"a\", nonce=\"b\""
#define R_URI ", uri=\"sip:b\""
#define R_QOP ", qop=auth, nc=00000001, cnonce=\"c\""
#define R_RESPONSE ", response=\"" HEX32 "\""
#define R_ALL R_NAMES R_URI R_QOP R_RESPONSE
#define R_OLD R_NAMES R_URI R_RESPONSE
#define TO_QOP "Digest realm=\"a\", nonce=\"b\", qop=\"auth,auth-conf\""
#define TO_OLD "Digest realm=\"a\", nonce=\"b\""

static const struct pair answers[] = {
    {CREDENTIALS | BOTH, "RFC7616:3.4.2#a1",
     "Digest realm=\"a\", nonce=\"b\"" R_URI R_QOP R_RESPONSE, "Digest", R_ALL, NULL},
    {CREDENTIALS | BOTH, "RFC7616:3.4#a3",
     "Digest username=\"u\", nonce=\"b\"" R_URI R_QOP R_RESPONSE, "Digest", R_ALL, TO_QOP},
    {CREDENTIALS | BOTH, "RFC7616:3.4#a3",
     "Digest username=\"u\", realm=\"a\"" R_URI R_QOP R_RESPONSE, "Digest", R_ALL, TO_QOP},
    {CREDENTIALS | BOTH, "RFC7616:3.4#a6", R_NAMES R_QOP R_RESPONSE, "Digest", R_ALL, NULL},
    {CREDENTIALS | BOTH, "RFC7616:3.4#a4", R_NAMES R_URI R_QOP, "Digest", R_ALL, NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.3#9", R_OLD, "Digest", R_ALL, NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.3#9", R_OLD, "Digest", R_ALL, TO_QOP},
    {CREDENTIALS | SIP, "RFC8760:2.6#5b", R_OLD, "Digest", R_ALL, TO_QOP},
    {CREDENTIALS | SIP, "RFC3261:22.4#5", R_OLD ", cnonce=\"c\"", "\"c\"", R_OLD, NULL},
    {CREDENTIALS | SIP, "RFC3261:22.4#5", R_OLD ", cnonce=\"c\"", "\"c\"", R_OLD, TO_OLD},
    {CREDENTIALS | SIP, "RFC3261:22.4#a5", R_OLD ", algorithm=MD5-sess", "MD5-sess",
     R_ALL ", algorithm=MD5-sess", NULL},
    {CREDENTIALS | BOTH, "RFC7616:3.4#3", R_OLD ", qop=auth, nc=00000001", "Digest", R_ALL, NULL},
    {CREDENTIALS | BOTH, "RFC7616:3.4#4", R_OLD ", qop=auth, cnonce=\"c\"", "Digest", R_ALL, NULL},
    {CREDENTIALS | BOTH, "RFC7616:3.4#2", R_OLD ", qop=auth-int, nc=00000001, cnonce=\"c\"",
     "auth-int", R_OLD ", qop=auth-conf, nc=00000001, cnonce=\"c\"", TO_QOP},
    {CREDENTIALS | BOTH, "RFC7616:3.4#2", R_OLD ", qop=x-conf, nc=00000001, cnonce=\"c\"", "x-conf",
     R_OLD ", qop=AUTH-CONF, nc=00000001, cnonce=\"c\"", TO_QOP},
    {CREDENTIALS | HTTP, "RFC7616:3.4#2", R_ALL, "auth", R_OLD, TO_OLD},
    {CREDENTIALS | SIP, "RFC7616:3.4#2", R_OLD ", qop=auth-int, nc=00000001, cnonce=\"c\"",
     "auth-int", R_ALL, TO_OLD},
    /* quoted strings and tokens */
    {CREDENTIALS | HTTP, "RFC7616:3.4#6",
     "Digest username=uu, realm=\"a\", nonce=\"b\"" R_URI R_QOP R_RESPONSE, "uu", R_ALL, NULL},
    {CREDENTIALS | SIP, "RFC3261:25.1#a96",
     "Digest username=uu, realm=\"a\", nonce=\"b\"" R_URI R_QOP R_RESPONSE, "uu", R_ALL, NULL},
    {CREDENTIALS | SIP, "RFC3261:25.1#a151",
     "Digest username=\"u\", realm=aa, nonce=\"b\"" R_URI R_QOP R_RESPONSE, "aa", R_ALL, NULL},
    {CREDENTIALS | SIP, "RFC3261:25.1#a154",
     "Digest username=\"u\", realm=\"a\", nonce=bb" R_URI R_QOP R_RESPONSE, "bb", R_ALL, NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.4#6", R_NAMES ", uri=*" R_QOP R_RESPONSE, "*",
     R_NAMES ", uri=\"*\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | SIP, "RFC8760:2.6#2", R_NAMES ", uri=sip:x" R_QOP R_RESPONSE, "sip:x", R_ALL,
     NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.4#6", R_OLD ", qop=auth, nc=00000001, cnonce=cc", "cc", R_ALL,
     NULL},
    {CREDENTIALS | SIP, "RFC3261:25.1#a99", R_OLD ", qop=auth, nc=00000001, cnonce=cc", "cc", R_ALL,
     NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.4#6", R_NAMES R_URI R_QOP ", response=" HEX32, HEX32, R_ALL,
     NULL},
    {CREDENTIALS | SIP, "RFC8760:2.7#a1", R_NAMES R_URI R_QOP ", response=" HEX32, HEX32, R_ALL,
     NULL},
    {CREDENTIALS | SIP, "RFC3261:25.1#a155", R_ALL ", opaque=oo", "oo", R_ALL ", opaque=\"oo\"",
     NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.4#7", R_ALL ", algorithm=\"MD5\"", "\"MD5\"",
     R_ALL ", algorithm=MD5", NULL},
    {CREDENTIALS | SIP, "RFC8760:2.7#a3", R_ALL ", algorithm=\"MD5\"", "\"MD5\"",
     R_ALL ", algorithm=MD5", NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.4#7", R_OLD ", qop=\"auth\", nc=00000001, cnonce=\"c\"",
     "\"auth\"", R_ALL, NULL},
    {CREDENTIALS | SIP, "RFC3261:25.1#a98", R_OLD ", qop=\"auth\", nc=00000001, cnonce=\"c\"",
     "\"auth\"", R_ALL, NULL},
    {CREDENTIALS | SIP, "RFC3261:25.1#a98",
     R_OLD ", qop=\"auth,auth-int\", nc=00000001, cnonce=\"c\"", "\"auth,auth-int\"", R_ALL, NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.4#7", R_OLD ", qop=auth, nc=\"00000001\", cnonce=\"c\"",
     "\"00000001\"", R_ALL, NULL},
    {CREDENTIALS | SIP, "RFC3261:25.1#a100", R_OLD ", qop=auth, nc=\"00000001\", cnonce=\"c\"",
     "\"00000001\"", R_ALL, NULL},
    {CREDENTIALS | BOTH, "RFC7616:3.4#a5",
     "Digest username*=\"UTF-8''%C3%A4\", realm=\"a\", nonce=\"b\"" R_URI R_QOP R_RESPONSE,
     "\"UTF-8''%C3%A4\"",
     "Digest username*=UTF-8''%C3%A4, realm=\"a\", nonce=\"b\"" R_URI R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | SIP, "RFC3261:25.1#a102",
     "Digest username*=UTF-8''$%C3%A4, realm=\"a\", nonce=\"b\"" R_URI R_QOP R_RESPONSE,
     "UTF-8''$%C3%A4",
     "Digest username*=UTF-8''%24%C3%A4, realm=\"a\", nonce=\"b\"" R_URI R_QOP R_RESPONSE, NULL},
    /* nc, both sides of eight digits */
    {CREDENTIALS | HTTP, "RFC7616:3.4#a10", R_OLD ", qop=auth, nc=0000001, cnonce=\"c\"", "0000001",
     R_OLD ", qop=auth, nc=0000000A, cnonce=\"c\"", NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.4#a10", R_OLD ", qop=auth, nc=000000001, cnonce=\"c\"",
     "000000001", R_ALL, NULL},
    {CREDENTIALS | SIP, "RFC3261:25.1#a100", R_OLD ", qop=auth, nc=0000000A, cnonce=\"c\"",
     "0000000A", R_OLD ", qop=auth, nc=0000000a, cnonce=\"c\"", NULL},
    {CREDENTIALS | SIP, "RFC3261:25.1#a100", R_OLD ", qop=auth, nc=1, cnonce=\"c\"", "1", R_ALL,
     NULL},
    {CREDENTIALS | BOTH, "RFC7616:3.4#a9", R_OLD ", qop=auth, nc=00000000, cnonce=\"c\"",
     "00000000", R_OLD ", qop=auth, nc=ffffffff, cnonce=\"c\"", NULL},
    {CREDENTIALS | BOTH, "RFC7616:3.4#a8", R_OLD ", qop=auth, nc=00000001, cnonce=\"\xc3\xa4\"",
     "\"\xc3\xa4\"", R_OLD ", qop=auth, nc=00000001, cnonce=\"\"", NULL},
    /* response, both sides of each length */
    {CREDENTIALS | HTTP, "RFC7616:3.2#a1",
     R_NAMES R_URI R_QOP ", response=\"0123456789ABCDEF0123456789abcdef\"",
     "\"0123456789ABCDEF0123456789abcdef\"", R_ALL, NULL},
    {CREDENTIALS |
         HTTP, /* RFC 9110 section 5.6.4: a backslash hides an octet that counts as itself */
     "RFC7616:3.2#a1", R_NAMES R_URI R_QOP ", response=\"A123456789abcdef0123456789abcdef\"",
     "\"A123456789abcdef0123456789abcdef\"",
     R_NAMES R_URI R_QOP ", response=\"\\0123456789abcdef0123456789abcde\\f\"", NULL},
    {CREDENTIALS | SIP, "RFC3261:25.1#a13",
     R_NAMES R_URI R_QOP ", response=\"0123456789ABCDEF0123456789abcdef\"",
     "\"0123456789ABCDEF0123456789abcdef\"", R_ALL, NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.2#a2", R_NAMES R_URI R_QOP ", response=\"" HEX32 "0\"",
     "\"" HEX32 "0\"", R_ALL, NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.2#a2", R_NAMES R_URI R_QOP ", response=\"\"", "\"\"", R_ALL,
     NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.2#a2", R_ALL ", algorithm=SHA-256", "\"" HEX32 "\"",
     R_NAMES R_URI R_QOP ", algorithm=SHA-256, response=\"" HEX64 "\"", NULL},
    {CREDENTIALS | SIP, "RFC3261:25.1#a101",
     R_NAMES R_URI R_QOP ", response=\"0123456789abcdef0123456789abcde\"",
     "\"0123456789abcdef0123456789abcde\"", R_ALL, NULL},
    {CREDENTIALS | SIP, "RFC8760:2.2#a2",
     R_NAMES R_URI R_QOP ", algorithm=SHA-512-256, response=\"" HEX64 "0\"", "\"" HEX64 "0\"",
     R_NAMES R_URI R_QOP ", algorithm=SHA-512-256, response=\"" HEX64 "\"", NULL},
    {CREDENTIALS | SIP, "RFC8760:2.7#a1",
     R_NAMES R_URI R_QOP ", algorithm=AKAv1-MD5, response=\"0123456789abcdef0123456789abcde\"",
     "\"0123456789abcdef0123456789abcde\"", R_ALL ", algorithm=AKAv1-MD5", NULL},
    {CREDENTIALS | SIP, "RFC8760:2.7#a2", R_NAMES R_URI R_QOP ", response=\"\"", "\"\"", R_ALL,
     TO_QOP},
    {CREDENTIALS | SIP, "RFC8760:2.1#a1", R_ALL ", algorithm=SHA-1", "SHA-1",
     R_ALL ", algorithm=MD5", NULL},
    /* uri */
    {CREDENTIALS | HTTP, "RFC7616:3.4.6#1", R_NAMES ", uri=\"a/b\"" R_QOP R_RESPONSE, "\"a/b\"",
     R_NAMES ", uri=\"/a/b?c\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.4.6#1", R_NAMES ", uri=\"/a b\"" R_QOP R_RESPONSE, "\"/a b\"",
     R_NAMES ", uri=\"http://a/b\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | SIP, "RFC8760:2.6#a2", R_NAMES ", uri=\"/a/b\"" R_QOP R_RESPONSE, "\"/a/b\"",
     R_NAMES ", uri=\"tel:+1\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | SIP, "RFC3261:25.1#a97", R_NAMES ", uri=\" sip:b\"" R_QOP R_RESPONSE,
     "\" sip:b\"", R_ALL, NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.4.6#1", R_NAMES ", uri=\"h:\"" R_QOP R_RESPONSE, "\"h:\"",
     R_NAMES ", uri=\"192.0.2.1:443\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.4.6#1", R_NAMES ", uri=\":1\"" R_QOP R_RESPONSE, "\":1\"",
     R_NAMES ", uri=\"[2001:db8::1]:443\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.4.6#1", R_NAMES ", uri=\"1/:1\"" R_QOP R_RESPONSE, "\"1/:1\"",
     R_NAMES ", uri=\"1:1\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.4.6#1", R_NAMES ", uri=\"/a#\"" R_QOP R_RESPONSE, "#",
     R_NAMES ", uri=\"/a%23\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.4.6#1", R_NAMES ", uri=\"/a<\"" R_QOP R_RESPONSE, "<",
     R_NAMES ", uri=\"/a-._~\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.4.6#1", R_NAMES ", uri=\"/a>\"" R_QOP R_RESPONSE, ">",
     R_NAMES ", uri=\"/a!$&'()*+,;=\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.4.6#1", R_NAMES ", uri=\"/a^\"" R_QOP R_RESPONSE, "^",
     R_NAMES ", uri=\"/a:@\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.4.6#1", R_NAMES ", uri=\"/a`\"" R_QOP R_RESPONSE, "`",
     R_NAMES ", uri=\"/a?\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.4.6#1", R_NAMES ", uri=\"/a{\"" R_QOP R_RESPONSE, "{",
     R_NAMES ", uri=\"/a%7B\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.4.6#1", R_NAMES ", uri=\"/a|\"" R_QOP R_RESPONSE, "|",
     R_NAMES ", uri=\"/a/\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.4.6#1", R_NAMES ", uri=\"/a}\"" R_QOP R_RESPONSE, "}",
     R_NAMES ", uri=\"/a%7D\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | HTTP, "RFC7616:3.4.6#1", R_NAMES ", uri=\"/a\xe4\"" R_QOP R_RESPONSE, "\xe4",
     R_NAMES ", uri=\"/a%E4\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | SIP, "RFC8760:2.6#a2", R_NAMES ", uri=\"sip:a#\"" R_QOP R_RESPONSE, "#",
     R_NAMES ", uri=\"tel:#21#;phone-context=a\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | SIP, "RFC8760:2.6#a2", R_NAMES ", uri=\"sip:a<\"" R_QOP R_RESPONSE, "<",
     R_NAMES ", uri=\"sip:h;transport=a`\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | SIP, "RFC8760:2.6#a2", R_NAMES ", uri=\"sip:a>\"" R_QOP R_RESPONSE, ">",
     R_NAMES ", uri=\"sip:-_.!~*'()&=+$,;?/:%40@h\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | SIP, "RFC8760:2.6#a2", R_NAMES ", uri=\"sip:a\\b\"" R_QOP R_RESPONSE, "\\",
     R_NAMES ", uri=\"sip:a%5Cb\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | SIP, "RFC8760:2.6#a2", R_NAMES ", uri=\"sip:a^\"" R_QOP R_RESPONSE, "^",
     R_NAMES ", uri=\"sip:[::1]\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | SIP, "RFC8760:2.6#a2", R_NAMES ", uri=\"sip:a{\"" R_QOP R_RESPONSE, "{",
     R_NAMES ", uri=\"sip:h;a[]/:&+$=b\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | SIP, "RFC8760:2.6#a2", R_NAMES ", uri=\"sip:a|\"" R_QOP R_RESPONSE, "|",
     R_NAMES ", uri=\"sip:h?a=b&c=d\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | SIP, "RFC8760:2.6#a2", R_NAMES ", uri=\"sip:a}\"" R_QOP R_RESPONSE, "}",
     R_NAMES ", uri=\"http://h/?a\"" R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | SIP, "RFC8760:2.6#a2", R_NAMES ", uri=\"sip:a\xe4\"" R_QOP R_RESPONSE, "\xe4",
     R_NAMES ", uri=\"sip:%C3%A4@h\"" R_QOP R_RESPONSE, NULL},
    /* user names */
    {CREDENTIALS | BOTH, "RFC7616:3.4#1", R_ALL ", username*=UTF-8''%C3%A4", "UTF-8''%C3%A4", R_ALL,
     NULL},
    {CREDENTIALS | BOTH, "RFC7616:3.4#a5",
     "Digest username*=u, realm=\"a\", nonce=\"b\"" R_URI R_QOP R_RESPONSE, "u",
     "Digest username*=UTF-8'de'%C3%A4, realm=\"a\", nonce=\"b\"" R_URI R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | BOTH, "RFC7616:3.4#a5",
     "Digest username*=UTF-8''a%2, realm=\"a\", nonce=\"b\"" R_URI R_QOP R_RESPONSE, "UTF-8''a%2",
     "Digest username*=UTF-8''a%20b, realm=\"a\", nonce=\"b\"" R_URI R_QOP R_RESPONSE, NULL},
    {CREDENTIALS | BOTH, "RFC7616:3.4#a5",
     "Digest username*=UTF-8''%C3%A4, userhash=true, realm=\"a\", nonce=\"b\"" R_URI R_QOP
         R_RESPONSE,
     "UTF-8''%C3%A4",
     "Digest username*=UTF-8''%C3%A4, userhash=false, realm=\"a\", nonce=\"b\"" R_URI R_QOP
         R_RESPONSE,
     NULL},
    {CREDENTIALS | BOTH, "RFC7616:3.4#5b", R_ALL ", userhash=1", "1", R_ALL ", userhash=FALSE",
     NULL},
    {CREDENTIALS | BOTH, "RFC7616:3.4.4#a1", R_ALL ", userhash=true", "\"u\"",
     "Digest username=\"" HEX32
     "\", realm=\"a\", nonce=\"b\", userhash=true" R_URI R_QOP R_RESPONSE,
     NULL},
    /* beside the challenge */
    {CREDENTIALS | BOTH, "RFC7616:3.4#a3", R_ALL, "\"a\"",
     "Digest username=\"u\", realm=\"\\A\", nonce=\"b\"" R_URI R_QOP R_RESPONSE,
     "Digest realm=\"A\", nonce=\"b\", qop=\"auth\""},
    {CREDENTIALS | BOTH, "RFC7616:3.4#a3", R_ALL, "\"b\"",
     "Digest username=\"u\", realm=\"a\", nonce=\"B\"" R_URI R_QOP R_RESPONSE,
     "Digest realm=\"a\", nonce=\"B\", qop=\"auth\""},
    {CREDENTIALS | BOTH, "RFC7616:3.4#a2", R_ALL, "Digest", R_ALL ", opaque=\"\"",
     TO_QOP ", opaque=\"\""},
    {CREDENTIALS | BOTH, "RFC7616:3.4#a2", R_ALL ", opaque=\"x\"", "\"x\"", R_ALL ", opaque=\"y\"",
     TO_QOP ", opaque=\"y\""},
    {CREDENTIALS | BOTH, "RFC7616:3.4#a2", R_ALL ", opaque=\"x\"", "\"x\"", R_ALL, TO_QOP},
    {CREDENTIALS | BOTH, "RFC7616:3.4#a2", R_ALL, "Digest",
     R_NAMES R_URI R_QOP ", algorithm=sha-256, response=\"" HEX64 "\"",
     TO_QOP ", algorithm=SHA-256"},
    {CREDENTIALS | BOTH, "RFC7616:3.4#a2", R_ALL ", algorithm=MD5-sess", "MD5-sess",
     R_ALL ", algorithm=MD5", TO_QOP},
    {CREDENTIALS | HTTP, "RFC7616:3.4#a1", "Basic dTpw", "Basic", R_ALL, TO_QOP},
    /* parameters */
    {CREDENTIALS | SIP, "RFC3261:7.3.1#6", R_ALL ", realm=\"a\"", "realm", R_ALL, NULL},
    {CREDENTIALS | SIP, "RFC3261:25.1#a95", R_ALL ", flag", "flag", R_ALL ", flag=1", NULL},
    {CREDENTIALS | SIP, "RFC3261:25.1#a103", "Other abc", "abc", "Other abc=d", NULL},
    {CREDENTIALS | SIP, "RFC3261:25.1#a94", "Other", "Other", "Other abc=d", NULL},
    {CREDENTIALS | HTTP, "RFC9110:11.1#a1", "Fo(o a=b", "Fo(o", "Other a=b", NULL},
    {CREDENTIALS | HTTP, "RFC9110:11.1#a1", "Bear@er abc", "Bear@er", "Bearer abc", NULL},
    {CREDENTIALS | SIP, "RFC3261:25.1#a103", "Fo(o a=b", "Fo(o", "Fo.o a=b", NULL},
    {CREDENTIALS | HTTP, "RFC9110:5.6.1.1#1", R_ALL ",", ",", R_ALL, NULL},
    {CREDENTIALS | HTTP, "RFC9110:5.6.1.1#1", R_ALL ",, x=1", "", R_ALL ", x=1", NULL},
    {CREDENTIALS | SIP, "RFC3261:25.1#a95", R_ALL " , ", ",", R_ALL " ", NULL},
    {CREDENTIALS | SIP, "RFC3261:25.1#a95", R_ALL ",,", "", R_ALL ", x=1", NULL},
    {CREDENTIALS | SIP, "RFC3261:25.1#a103", "Other a=b,", ",", "Other a=b", NULL},
    {CREDENTIALS | HTTP, "RFC9110:11.2#a1", R_ALL ", x=a/b", "a/b", R_ALL ", x=\"a/b\"", NULL},
    /* Basic */
    {CREDENTIALS | SIP, "RFC8760:2.6#1c", "Basic dTpw", "Basic", "Other a=b", NULL},
    {CREDENTIALS | HTTP, "RFC7617:2#a2", "Basic dTp", "dTp", "Basic dTpw", NULL},
    {CREDENTIALS | HTTP, "RFC7617:2#a2", "Basic user=\"a\"", "Basic", "basic dTo=", NULL},
    {CREDENTIALS | HTTP, "RFC7617:2#a2", "Basic dTpx=", "dTpx=", "Basic dTpx", NULL},
    {CREDENTIALS | HTTP, "RFC7617:2#a2", "Basic dTpw,", "dTpw", "Basic dTpw ", NULL},
    {CREDENTIALS | HTTP, "RFC7617:2#a3", "Basic dXA=", "dXA=", "Basic dTpw", NULL},
    {CREDENTIALS | HTTP, "RFC7617:2#4", "Basic dToK", "dToK", "Basic dTrDpA==", NULL},
};

static void answers_pairs(void)
{
    run(answers, COUNT(answers));
}

/* charset beside the token is not one text either: two findings. */
static void basic_charset(void)
{
    struct finding v[4];
    struct findings fs = {.v = v, .cap = COUNT(v)};

    lint(CREDENTIALS, "Basic dTpw, charset=UTF-8", NULL, false, &fs);
    CU_ASSERT_EQUAL(fs.n, 2);
    CHECK_TEXT(span_of(v[0].clause), "RFC7617:2#a2");
    CHECK_TEXT(span_of(v[1].clause), "RFC7617:2.1#a3");
    lint(CREDENTIALS, R_OLD ", qop=\"auth,auth-int\", nc=00000001, cnonce=\"c\"", NULL, false,
         &(struct findings){.v = v, .cap = COUNT(v)});
    CHECK_TEXT(span_of(v[0].clause), "RFC7616:3.4#7");
    CHECK_TEXT(span_of(v[1].clause), "RFC7616:3.4#a7");
}

/* ---- what is plain ---- */

/* Whether it is taken for faultless without a rule being tried. */
static bool is_plain(unsigned is, const char *text)
{
    struct arena mem = arena_of(room, sizeof room);
    struct span in = span_of(text), value = lex_trim(in, LEX_LWS);
    struct lexmap map;
    struct auth_list l;

    auth_split(in, &mem, &l);
    if (!lexmap_init(&map, in))
        return false;
    size_t n = (is & CHALLENGE ? auth_plain_challenge : auth_plain_credentials)(
        &map, l.scheme, l.params, l.params_n, value.p + value.n);
    return n && n == map.hosts;
}

static void plain_of(const struct pair *v, size_t n, size_t *plain)
{
    for (size_t i = 0; i < n; i++)
        if (v[i].is & SIP) {
            struct findings fs = {0};
            lint(v[i].is, v[i].bad, NULL, true, &fs);
            CU_ASSERT_FALSE(fs.n && is_plain(v[i].is, v[i].bad));
            if (fs.n && is_plain(v[i].is, v[i].bad))
                fprintf(stderr, "plain: %s\n", v[i].bad);
            *plain += is_plain(v[i].is, v[i].good);
        }
}

static void plain_pairs(void)
{
    static const struct pair more[] = {
        {CREDENTIALS | SIP, NULL, R_ALL ",", NULL, R_ALL, NULL},
        {CREDENTIALS | SIP, NULL, R_ALL " ,", NULL, R_ALL " ", NULL},
        {CREDENTIALS | SIP, NULL, R_ALL "\r\n ,", NULL, R_ALL ", opaque=\",\"", NULL},
        {CHALLENGE | SIP, NULL, TO_QOP ",", NULL, "Digest realm=\"a\", nonce=\"b\", qop=\"auth\"",
         NULL},
    };
    size_t plain = 0;

    plain_of(challenges, COUNT(challenges), &plain);
    plain_of(answers, COUNT(answers), &plain);
    CU_ASSERT_TRUE(plain > 20);
    plain = 0;
    plain_of(more, COUNT(more), &plain);
    CU_ASSERT_EQUAL(plain, COUNT(more));
}

/* ---- Authentication-Info ---- */

#define I_ALL "qop=auth, rspauth=\"" HEX32 "\", cnonce=\"c\", nc=00000001"

static const struct pair infos[] = {
    {INFO | BOTH, "RFC7616:3.5#10", "qop=auth, cnonce=\"c\", nc=00000001", "qop=auth", I_ALL, NULL},
    {INFO | BOTH, "RFC7616:3.5#10", "qop=auth, rspauth=\"" HEX32 "\", nc=00000001", "qop=auth",
     I_ALL, NULL},
    {INFO | BOTH, "RFC7616:3.5#10", "qop=auth-int, rspauth=\"" HEX32 "\", cnonce=\"c\"",
     "qop=auth-int", "nextnonce=\"n\"", NULL},
    {INFO | HTTP, "RFC7616:3.5#11", I_ALL ", nextnonce=nn", "nn", I_ALL ", nextnonce=\"nn\"", NULL},
    {INFO | SIP, "RFC3261:25.1#a105", I_ALL ", nextnonce=nn", "nn", I_ALL ", nextnonce=\"nn\"",
     NULL},
    {INFO | HTTP, "RFC7616:3.5#11", "rspauth=" HEX32, HEX32, "rspauth=\"" HEX32 "\"", NULL},
    {INFO | SIP, "RFC3261:25.1#a106", "rspauth=" HEX32, HEX32, "rspauth=\"" HEX32 "\"", NULL},
    {INFO | HTTP, "RFC7616:3.5#11", "cnonce=cc", "cc", "cnonce=\"cc\"", NULL},
    {INFO | SIP, "RFC3261:25.1#a99", "cnonce=cc", "cc", "cnonce=\"cc\"", NULL},
    {INFO | HTTP, "RFC7616:3.5#12",
     "qop=\"auth\", rspauth=\"" HEX32 "\", cnonce=\"c\", nc=00000001", "\"auth\"", I_ALL, NULL},
    {INFO | SIP, "RFC3261:25.1#a98",
     "qop=\"auth\", rspauth=\"" HEX32 "\", cnonce=\"c\", nc=00000001", "\"auth\"", I_ALL, NULL},
    {INFO | HTTP, "RFC7616:3.5#12", "nc=\"00000001\"", "\"00000001\"", "nc=00000001", NULL},
    {INFO | SIP, "RFC3261:25.1#a100", "nc=\"00000001\"", "\"00000001\"", "nc=00000001", NULL},
    {INFO | HTTP, "RFC7616:3.5#13", "nc=0000001", "0000001", "nc=0000000F", NULL},
    {INFO | HTTP, "RFC7616:3.5#13", "nc=000000001", "000000001", "nc=00000001", NULL},
    {INFO | SIP, "RFC3261:25.1#a100", "nc=0000000F", "0000000F", "nc=0000000f", NULL},
    {INFO | HTTP, "RFC7616:3.2#a1", "rspauth=\"ABC\"", "\"ABC\"", "rspauth=\"abc\"", NULL},
    {INFO | SIP, "RFC3261:25.1#a106", "rspauth=\"ABC\"", "\"ABC\"", "rspauth=\"\"", NULL},
    {INFO | BOTH, "RFC7616:3.2#a2", "rspauth=\"" HEX64 "\"", "\"" HEX64 "\"",
     "rspauth=\"" HEX32 "\"", R_ALL},
    {INFO | BOTH, "RFC7616:3.5#8", "qop=auth-int, rspauth=\"" HEX32 "\", cnonce=\"c\", nc=00000001",
     "auth-int", I_ALL, R_ALL},
    {INFO | BOTH, "RFC7616:3.5#9", "cnonce=\"C\"", "\"C\"", "cnonce=\"\\c\"", R_ALL},
    {INFO | BOTH, "RFC7616:3.5#9", "nc=00000002", "00000002", "nc=00000001", R_ALL},
    {INFO | SIP, "RFC3261:25.1#a104", "nextnonce=\"n\", x=1", "x", "nextnonce=\"n\"", NULL},
    {INFO | SIP, "RFC3261:25.1#a104", "nextnonce", "nextnonce", "nextnonce=\"\"", NULL},
    {INFO | SIP, "RFC3261:25.1#a104", "", "", "nextnonce=\"\"", NULL},
    {INFO | SIP, "RFC3261:25.1#a104", "nextnonce=\"\",", ",", "nextnonce=\"\"", NULL},
    {INFO | SIP, "RFC3261:25.1#a104", ", nextnonce=\"\"", "", "nextnonce=\"\"", NULL},
    {INFO | HTTP, "RFC9110:5.6.1.1#1", "nextnonce=\"\",", ",", "nextnonce=\"\"", NULL},
    {INFO | SIP, "RFC3261:7.3.1#6", "nextnonce=\"n\", nextnonce=\"n\"", "nextnonce",
     "nextnonce=\"n\"", NULL},
};

static void infos_pairs(void)
{
    run(infos, COUNT(infos));
}

/* ---- several challenges ---- */

static void together(void)
{
    static const struct {
        const char *values[3];
        const char *http, *sip;
    } rows[] = {
        {{"Digest realm=\"a\", algorithm=SHA-256", "Digest realm=\"a\"", "Basic realm=\"a\""},
         NULL,
         NULL},
        {{"Digest realm=\"a\", algorithm=SHA-256", "Digest realm=\"a\", algorithm=sha-256",
          "Basic realm=\"a\""},
         "RFC7616:3.7#1",
         "RFC8760:2.3#2"},
        {{"Digest realm=\"a\", algorithm=SHA-256", "Digest realm=\"b\", algorithm=SHA-256",
          "Digest realm=\"b\""},
         "RFC7616:3.7#1",
         NULL},
        {{"Digest realm=\"a\", algorithm=x", "Digest realm=\"a\", algorithm=y",
          "Digest realm=\"b\""},
         NULL,
         NULL},
        {{"Basic realm=\"a\"", "Digest realm=\"a\"", "Digest realm=\"a\", algorithm=MD5-sess"},
         "RFC7616:3.2#1",
         "RFC8760:3#1"},
        {{"Basic realm=\"a\"", "Basic realm=\"a\"", "Negotiate"}, NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        for (int sip = 0; sip < 2; sip++) {
            struct arena mem = arena_of(room, sizeof room);
            struct auth_challenge v[3];
            struct finding f[2];
            struct findings fs = {.v = f, .cap = COUNT(f)};
            const char *want = sip ? rows[i].sip : rows[i].http;
            for (size_t k = 0; k < COUNT(v); k++) {
                struct auth_list l;
                auth_split(span_of(rows[i].values[k]), &mem, &l);
                auth_challenge_of(&l, &v[k]);
            }
            auth_lint_challenges(v, COUNT(v), &(struct auth_where){.sip = sip != 0}, &fs);
            CU_ASSERT_EQUAL(fs.n, want ? 1 : 0);
            CHECK_TEXT(span_of(fs.n ? f[0].clause : ""), want ? want : "");
        }
}

/* Parameters are compared up to AUTH_MANY; doubles behind that are not found, and nothing is slow. */
static void many(void)
{
    for (size_t n = AUTH_MANY - 1; n <= AUTH_MANY + 1; n++) {
        static uint8_t text[4096];
        struct wr w = {text, sizeof text, 0, false};
        wr_text(&w, "Other a=1");
        for (size_t i = 1; i + 1 < n; i++) {
            wr_text(&w, ",b");
            wr_dec(&w, i);
            wr_text(&w, "=1");
        }
        wr_text(&w, ",a=2");
        wr_u8(&w, 0);
        struct findings fs = {0};
        lint(CHALLENGE, (const char *)text, NULL, true, &fs);
        CU_ASSERT_EQUAL(fs.n, n <= AUTH_MANY ? 1 : 0);
    }
}

/* The published examples: what lint says of them, and of RFC 3665, whose messages are illustrations. */
static void published(void)
{
    static const struct {
        unsigned is;
        const char *value, *to;
        size_t n;
        const char *clauses[4];
    } rows[] = {
        {CREDENTIALS |
             SIP, /* RFC 3665 section 2.1 F3: no comma behind realm, so that nonce is not there; 31 digits */
         "Digest username=\"bob\", realm=\"atlanta.example.com\"\r\n "
         "nonce=\"ea9c8e88df84f1cec4341ae6cbe5a359\", "
         "opaque=\"\",\r\n uri=\"sips:ss2.biloxi.example.com\",\r\n "
         "response=\"dfe56131d1958046689d83306477ecc\"",
         NULL,
         3,
         {"RFC3261:25.1#a23", "RFC7616:3.4#a3", "RFC3261:25.1#a101"}},
        {CREDENTIALS | SIP, /* 2.2 F1: qop in quotes, without nc and cnonce */
         "Digest username=\"bob\", realm=\"atlanta.example.com\",\r\n qop=\"auth\", "
         "nonce=\"1cec4341ae6cbe5a359ea9c8e88df84f\", opaque=\"\",\r\n "
         "uri=\"sips:ss2.biloxi.example.com\",\r\n "
         "response=\"71ba27c64bd01de719686aa4590d5824\"",
         NULL,
         3,
         {"RFC3261:25.1#a98", "RFC7616:3.4#3", "RFC7616:3.4#4"}},
        {CREDENTIALS | SIP, /* 2.5 F3 to F2 */
         "Digest username=\"bob\", realm=\"atlanta.example.com\",\r\n "
         "nonce=\"f1cec4341ae6ca9c8e88df84be55a359\", "
         "opaque=\"\",\r\n uri=\"sips:ss2.biloxi.example.com\",\r\n "
         "response=\"61f8470ceb87d7ebf508220214ed438b\"",
         "Digest realm=\"atlanta.example.com\", qop=\"auth\",\r\n "
         "nonce=\"f1cec4341ae6ca9c8e88df84be55a359\",\r\n "
         "opaque=\"\", stale=FALSE, algorithm=MD5",
         1,
         {"RFC8760:2.6#5b"}},
        {CHALLENGE | SIP,
         "Digest realm=\"atlanta.example.com\", qop=\"auth\",\r\n "
         "nonce=\"ea9c8e88df84f1cec4341ae6cbe5a359\",\r\n "
         "opaque=\"\", stale=FALSE, algorithm=MD5",
         NULL,
         0,
         {NULL}},
        {CREDENTIALS | SIP, /* 3.2 F5 to F2: another nonce, 26 digits, no qop */
         "Digest username=\"alice\",\r\n realm=\"atlanta.example.com\",\r\n "
         "nonce=\"wf84f1ceczx41ae6cbe5aea9c8e88d359\", opaque=\"\",\r\n "
         "uri=\"sip:bob@biloxi.example.com\",\r\n "
         "response=\"42ce3cef44b22f50c6a6071bc8\"",
         "Digest realm=\"atlanta.example.com\", qop=\"auth\",\r\n "
         "nonce=\"f84f1cec41e6cbe5aea9c8e88d359\",\r\n "
         "opaque=\"\", stale=FALSE, algorithm=MD5",
         3,
         {"RFC8760:2.6#5b", "RFC3261:25.1#a101", "RFC7616:3.4#a3"}},
        {CHALLENGE, /* RFC 2617 section 3.5: of before userhash and charset */
         "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
         "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
         "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
         NULL,
         2,
         {"RFC7616:4#1", "RFC7616:3.4.4#1"}},
        {CREDENTIALS, /* RFC 7616 section 3.9.2: lint does not calculate */
         "Digest username*=UTF-8''J%C3%A4s%C3%B8n%20Doe, realm=\"api@example.org\", "
         "uri=\"/doe.json\", "
         "algorithm=SHA-512-256, nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", "
         "nc=00000001, "
         "cnonce=\"NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v\", qop=auth, "
         "response=\"ae66e67d6b427bd3f120414a82e4acff38e8ecd9101d6c861229025f607a79dd\", "
         "opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", userhash=false",
         "Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256, "
         "nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", "
         "opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", charset=UTF-8, userhash=true",
         0,
         {NULL}},
        {CREDENTIALS, /* RFC 6750 section 2.1: a token68 of a scheme that is not known here */
         "Bearer mF_9.B5f-4.1JqM",
         NULL,
         0,
         {NULL}},
        {CREDENTIALS | SIP, /* registration before any challenge, as in mobile networks */
         "Digest username=\"u\", realm=\"a\", nonce=\"\", uri=\"sip:a\", response=\"\"",
         NULL,
         0,
         {NULL}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct finding v[4];
        struct findings fs = {.v = v, .cap = COUNT(v)};
        lint(rows[i].is, rows[i].value, rows[i].to, rows[i].is & SIP, &fs);
        CU_ASSERT_EQUAL(fs.n, rows[i].n);
        for (size_t k = 0; k < findings_kept(&fs); k++)
            CHECK_TEXT(span_of(v[k].clause), k < rows[i].n ? rows[i].clauses[k] : "");
    }
}

TESTS({"challenges", challenges_pairs}, {"answers", answers_pairs}, {"plain", plain_pairs},
      {"basic_charset", basic_charset}, {"infos", infos_pairs}, {"together", together},
      {"many", many}, {"published", published})
