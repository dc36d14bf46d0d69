/* codecs/sip/sip_plain_test.c - sip_lint says what sip_lint_all says, of ordinary messages and of all near to them. */
#include "codecs/sip/sip_lint.h"
#include "codecs/sip/sip_vectors_test.h"

enum { ROOM = 1 << 20, LONGEST = 2048, KEPT = 96 };

static const char *const messages[] = {
    "INVITE sip:bob@example.com;transport=udp SIP/2.0\r\n"
    "Via: SIP/2.0/UDP a.example.com:5060;branch=z9hG4bK776asdhds;rport\r\n"
    "Via: SIP/2.0/TCP [2001:db8::1];branch=z9hG4bK1;received=192.0.2.1\r\n"
    "Max-Forwards: 70\r\nFrom: \"A. \\\"B\\\"\" <sip:alice@example.com>;tag=1928301774\r\n"
    "To: Bob <sip:bob@example.com>\r\nCall-ID: a84b4c76e66710@pc33.example.com\r\n"
    "CSeq: 314159 INVITE\r\nContact: <sip:alice@192.0.2.1:5060>\r\n"
    "Route: <sip:p1.example.com;lr>, <sip:p2.example.com;lr>\r\n"
    "Allow: INVITE, ACK, BYE, CANCEL\r\nSupported: 100rel, timer\r\n"
    "Session-Expires: 1800;refresher=uac\r\nMin-SE: 90\r\nUser-Agent: Phone/3.2 (test)\r\n"
    "Content-Type: application/sdp\r\nContent-Length: 0\r\n\r\n",
    "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP "
    "a.example.com;branch=z9hG4bKx;rport=5060;received=192.0.2.4\r\n"
    "Record-Route: <sip:p1.example.com;lr;ftag=19>\r\nFrom: <sip:a@example.com>;tag=1\r\n"
    "To: <sip:b@example.com>;tag=2\r\nCall-ID: 1@a\r\nCSeq: 1 INVITE\r\n"
    "Contact: <sip:b@192.0.2.7>;expires=60\r\nAllow: INVITE\r\nSupported: path\r\n"
    "Require: 100rel\r\nRSeq: 1\r\nServer: x\r\nContent-Length: 0\r\n\r\n",
    "REGISTER sip:example.com SIP/2.0\r\nv: SIP/2.0/TLS c.example.com;branch=z9hG4bK2;alias\r\n"
    "Max-Forwards: 9\r\nf: <sips:a@example.com>;tag=3\r\nt: <sips:a@example.com>\r\ni: 77\r\n"
    "CSeq: 2 REGISTER\r\nm: <sip:a@192.0.2.1;ob>;reg-id=1;q=0.7;+sip.instance=\"<urn:uuid:1>\"\r\n"
    "k: outbound, path\r\nExpires: 3600\r\n"
    "Authorization: Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"sip:example.com\", "
    "response=\"0123456789abcdef0123456789abcdef\", algorithm=MD5, cnonce=\"c\", qop=auth, "
    "nc=00000001\r\nl: 0\r\n\r\n",
    "REGISTER sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP c.example.com;branch=z9hG4bK2\r\n"
    "Max-Forwards: 9\r\nFrom: <sip:a@b>;tag=3\r\nTo: <sip:a@b>\r\nCall-ID: 77\r\n"
    "CSeq: 2 REGISTER\r\nAuthorization: Digest username=\"a\", realm=\"r\", nonce=\"n\", "
    "uri=\"sip:b\", response=\"\", algorithm=SHA-256-sess\r\nContent-Length: 0\r\n\r\n",
    "SIP/2.0 401 Unauthorized\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK3\r\nFrom: <sip:a@a>;tag=1\r\n"
    "To: <sip:a@a>;tag=9\r\nCall-ID: 5\r\nCSeq: 1 REGISTER\r\nWWW-Authenticate: Digest "
    "realm=\"r\", "
    "nonce=\"x\", algorithm=SHA-256, qop=\"auth\", "
    "opaque=\"5ccc069c403ebaf9f0171e9517f40e415ccc069c403ebaf9f0171e9517f40e4100\"\r\n"
    "Content-Length: 0\r\n\r\n",
    "NOTIFY sip:a@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/WSS x.invalid;branch=z9hG4bK4\r\n"
    "Max-Forwards: 70\r\nFrom: <sip:b@b>;tag=4\r\nTo: <sip:a@a>;tag=5\r\nCall-ID: 6\r\n"
    "CSeq: 3 NOTIFY\r\nContact: <sip:b@b>\r\nEvent: presence;id=4\r\n"
    "Subscription-State: active;expires=60\r\nReason: SIP;cause=200;text=\"x\"\r\n"
    "P-Asserted-Identity: <sip:b@b>\r\nPrivacy: id\r\nSubject: on\r\n"
    "Date: Sat, 13 Nov 2010 23:29:00 GMT\r\nX-Any: thing\r\nContent-Length: 0\r\n\r\n",
    /* lawful, and folded and compact in the manner of RFC 4475 section 3.1.1.1 */
    "INVITE sip:v@[2001:db8::9:1];unknownparam;x=%2a1 SIP/2.0\r\nTO :\r\n sip:a@b ;   tag    = "
    "4n\r\n"
    "from   : \"J R \\\\\\\"\"       <sip:j%6F@192.0.2.17>\r\n  ;\r\n  tag = 6\r\n"
    "MaX-fOrWaRdS: 0068\r\nCall-ID: 1@[2001:db8::1]\r\ncseq: 0009\r\n  INVITE\r\n"
    "Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw\r\ns :\r\n"
    "Route:\r\n <sip:b;lr;unknownwith=value;unknown-no-value>\r\n"
    "m:\"Quoted string \\\"\\\"\" <sip:j@b> ; newparam =\r\n      newvalue ;\r\n"
    "  secondparam ; q = 0.33\r\nl: 0\r\n\r\n",
    "BYE sip:a@192.0.2.1;transport=tcp SIP/2.0\r\nVia: SIP/2.0/TCP "
    "192.0.2.9:5061;branch=z9hG4bK5\r\n"
    "Max-Forwards: 70\r\nFrom: Carol <sip:b@b>;tag=4\r\nTo: \"x\" <sip:a@a>;tag=5\r\nCall-ID: 6\r\n"
    "CSeq: 3 BYE\r\nReason: Q.850;cause=16;text=\"Normal call clearing\"\r\n"
    "User-Agent: Example PBX 18.4 (build 2)\r\nContent-Length: 0\r\n\r\n",
    "NOTIFY sip:a@192.0.2.1:5070;ob;lr SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK4;rport\r\n"
    "Max-Forwards: 70\r\nFrom: <sip:+12@b;user=phone>;tag=4\r\nTo: <sip:a@a>;tag=5\r\nCall-ID: "
    "6\r\n"
    "CSeq: 3 NOTIFY\r\nContact: <sip:b@b;ob>\r\nEvent: refer;id=93809824\r\nSupported: outbound\r\n"
    "Subscription-State: terminated;reason=noresource\r\nContent-Type: message/sipfrag\r\n"
    "Content-Length: 20\r\n\r\nSIP/2.0 404 Nothing\n",
    "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP "
    "x;branch=z9hG4bK4;rport=5060;received=192.0.2.3\r\n"
    "Max-Forwards: 70\r\nFrom: <sip:b@b>;tag=4\r\nTo: sip:a@a\r\nCall-ID: 6\r\nCSeq: 3 OPTIONS\r\n"
    "Accept: application/sdp;level=1, text/*\r\nAccept-Encoding: gzip\r\nAccept-Language: en\r\n"
    "Proxy-Authorization: Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"sip:b\", "
    "response=\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\", "
    "algorithm=SHA-256"
    "\r\nContent-Length: 0\r\n\r\n",
};

static uint8_t room[ROOM];
static size_t plain, compared, differ;

/* Decoded into `size` octets. */
static void compare_in(const uint8_t *p, size_t n, size_t size)
{
    static struct finding all[KEPT], some[KEPT];
    struct arena mem = arena_of(room, size);
    struct findings none = {0}, fa = {.v = all, .cap = KEPT}, fs = {.v = some, .cap = KEPT};
    struct sip_msg m;

    if (sip_decode((struct span){p, n}, &mem, &m, &none) != STEP_ITEM)
        return;
    sip_lint_all(&m, &fa);
    sip_lint(&m, &fs);
    compared++;
    plain += fa.n == 0;
    bool same = fa.n == fs.n;
    for (size_t i = 0; same && i < findings_kept(&fa); i++)
        same = strcmp(all[i].clause, some[i].clause) == 0 && all[i].off == some[i].off &&
               all[i].len == some[i].len && all[i].level == some[i].level &&
               all[i].arg[0] == some[i].arg[0];
    if (!same && differ++ == 0)
        printf("\nother findings of\n%.*s\n", (int)n, (const char *)p);
}

static void compare(const uint8_t *p, size_t n)
{
    compare_in(p, n, sizeof room);
}

/* Lists that are cut short, since there is no room for them: each octet of those behind counts all the same. */
static void short_of_room(void)
{
    enum { MOST = 6000 };
    uint8_t p[LONGEST];

    differ = 0;
    for (size_t i = 0; i < COUNT(messages); i++) {
        size_t n = strlen(messages[i]);
        memcpy(p, messages[i], n);
        for (size_t size = 0; size < MOST; size += 24) {
            size_t at = (i * 37 + size) % n;
            p[at] = '_';
            compare_in(p, n, size);
            p[at] = (uint8_t)messages[i][at];
            compare_in(p, n, size);
        }
    }
    for (size_t size = 0; size < MOST; size += 8) { /* what is odd, and what makes up for it */
        struct wr w = {.p = p, .cap = sizeof p};
        wr_text(&w, "BYE sip:a_b.c;x SIP/2.0\r\n");
        wr_text(&w, strchr(messages[7], '\n') + 1);
        compare_in(p, w.n, size);
    }
    for (size_t size = 0; size < MOST; size += 8) { /* a line without value, behind a large one */
        static uint8_t large[2 * LONGEST + 4200];
        struct wr w = {.p = large, .cap = sizeof large};
        wr_put(&w, (struct span){(const uint8_t *)messages[7], strlen(messages[7]) - 2});
        wr_text(&w, "X: ");
        for (size_t i = 0; i < 4100; i++)
            wr_text(&w, "a");
        wr_text(&w, "\r\nm:\r\n\r\n");
        CU_ASSERT_FALSE(w.full);
        compare_in(large, w.n, size);
    }
    CU_ASSERT_EQUAL(differ, 0);
}

/* Each octet becomes another one, is gone, stands twice. */
static void octets(void)
{
    static const char odd[] = " \t\r\n,;:<>\"@=?&%/\\([]*'|#-._+0aZ\x7f\x80";
    uint8_t p[LONGEST];

    for (size_t i = 0; i < COUNT(messages); i++) {
        size_t n = strlen(messages[i]);
        for (size_t at = 0; at < n; at++) {
            memcpy(p, messages[i], n);
            for (size_t k = at % 3; k < sizeof odd;
                 k += 3) { /* NUL is among them; a third of them at each place */
                p[at] = (uint8_t)odd[k];
                compare(p, n);
            }
            memcpy(p + at, messages[i] + at + 1, n - at - 1);
            compare(p, n - 1);
            memcpy(p + at, messages[i] + at, n - at);
            memmove(p + at + 1, p + at, n - at);
            compare(p, n + 1);
        }
    }
    CU_ASSERT_EQUAL(differ, 0);
    CU_ASSERT_TRUE(compared > 20000);
    CU_ASSERT_TRUE(plain > 1000); /* and not all were in vain */
}

/* Each letter and digit many times, with another octet behind: parts that are longer than what is looked at at once. */
static void longer(void)
{
    static const char odd[] = " ,;:<\"@=%/.-_+a\x80";
    enum { AGAIN = 70 };
    uint8_t p[LONGEST];

    differ = plain = 0;
    for (size_t i = 0; i < COUNT(messages); i++) {
        size_t n = strlen(messages[i]);
        for (size_t at = 0; at < n; at++) {
            uint8_t c = (uint8_t)messages[i][at];
            if (!lex_is(c, LEX_ALPHA | LEX_DIGIT))
                continue;
            memcpy(p, messages[i], at);
            memset(p + at, c, AGAIN);
            memcpy(p + at + AGAIN, messages[i] + at, n - at);
            compare(p, n + AGAIN);
            for (size_t k = at % 4; k < sizeof odd - 1; k += 4) {
                p[at + AGAIN - 1] = (uint8_t)odd[k];
                compare(p, n + AGAIN);
            }
        }
    }
    CU_ASSERT_EQUAL(differ, 0);
    CU_ASSERT_TRUE(plain > 1000);
}

/* Each line is gone, stands twice, or stands in a message of another kind. */
static void lines(void)
{
    uint8_t p[LONGEST];

    differ = 0;
    for (size_t i = 0; i < COUNT(messages); i++)
        for (const char *from = messages[i], *to; *from; from = to) {
            const char *end = strchr(from, '\n');
            size_t before = (size_t)(from - messages[i]), rest, line;
            to = end + 1;
            rest = strlen(to);
            line = (size_t)(to - from);
            memcpy(p, messages[i], before);
            memcpy(p + before, to, rest);
            compare(p, before + rest);
            memcpy(p + before, from, line);
            memcpy(p + before + line, from, line + rest);
            compare(p, before + 2 * line + rest);
            for (size_t k = 0; k < COUNT(messages) && line > 2; k++) {
                size_t start = (size_t)(strchr(messages[k], '\n') - messages[k]) + 1;
                memcpy(p, messages[k], start);
                memcpy(p + start, from, line);
                memcpy(p + start + line, messages[k] + start, strlen(messages[k] + start));
                compare(p, strlen(messages[k]) + line);
            }
        }
    CU_ASSERT_EQUAL(differ, 0);
}

/* A message of a method, with a header field of a type; `status` 0: a request. `more`: Contact and Supported too. */
static void of_kind(const char *method, unsigned status, enum sip_type type, const char *value,
                    bool more)
{
    uint8_t p[LONGEST];
    struct wr w = {.p = p, .cap = sizeof p};

    wr_text(&w, status ? "SIP/2.0 " : method);
    if (status)
        wr_dec(&w, status);
    wr_text(&w, status ? " Any\r\nTo: <sip:b@b>;tag=2\r\n"
                       : " sip:a@b SIP/2.0\r\nTo: <sip:b@b>\r\nMax-Forwards: 1\r\n");
    wr_text(
        &w,
        "Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nCall-ID: 1\r\nCSeq: 1 ");
    wr_text(&w, method);
    wr_text(&w, "\r\n");
    wr_text(&w, sip_names[type].n ? sip_names[type].name : "X-Other");
    wr_text(&w, ": ");
    wr_text(&w, value);
    wr_text(&w, more ? "\r\nContact: <sip:a@b>\r\nSupported: timer\r\n" : "\r\n");
    wr_text(&w, "Content-Length: 0\r\n\r\n");
    compare(p, w.n);
}

/* Each method, in a request and in responses of each status, with each header field: which of them may stand there, and
 * which have to, is known in two places. */
static void kinds(void)
{
    static const char *const methods[] = {"ACK",     "BYE",      "CANCEL",    "INFO",   "INVITE",
                                          "MESSAGE", "NOTIFY",   "OPTIONS",   "PRACK",  "PUBLISH",
                                          "REFER",   "REGISTER", "SUBSCRIBE", "UPDATE", "OTHER"};
    static const char *const values[] = {"1", "1;refresher=uac", "sip:a@b", "<sip:a@b;lr>",
                                         "a;q=0.2"};
    static const unsigned statuses[] = {0,   100, 180, 200, 202, 302, 401, 404, 405, 407,
                                        415, 417, 420, 422, 423, 424, 439, 469, 480, 485,
                                        486, 489, 494, 500, 503, 600, 603, 699};
    differ = 0;
    for (size_t i = 0; i < COUNT(methods); i++)
        for (size_t k = 0; k < COUNT(statuses); k++)
            for (unsigned t = 0; t < SIP_TYPES; t++)
                for (unsigned more = 0; more < 2; more++)
                    of_kind(methods[i], statuses[k], (enum sip_type)t,
                            values[(i + k + t) % COUNT(values)], more);
    CU_ASSERT_EQUAL(differ, 0);
}

/* Forms that the look has a way of its own for, and what is next to them: each with all others. */
static const char *const uris[] = {
    "sip:b@c",         "sip:b@c;lr",         "sip:b@c;LR",        "sip:b@c;lr=1",
    "sip:b@c;lr;",     "sip:b@c;ob",         "sip:b@c;",          "sip:b@c;transport",
    "sip:b@c;method",  "sip:b@c;transport=", "sip:b@c;maddr=x",   "sip:b@c;transport=tcp",
    "sip:b@c;user=ip", "sip:b@c;transporx",  "sip:b@c;user=phone"};
static const char *const via_params[] = {"",
                                         ";rport",
                                         ";received=192.0.2.1",
                                         ";branch=z9hG4bK",
                                         ";branch=1;rport",
                                         ";branch=z9hG4bK1;rport",
                                         ";branch=z9hG4bK1;rport;",
                                         ";branch=z9hG4bK1;rport=5060",
                                         ";branch=z9hG4bK1;received=a.b",
                                         ";branch=z9hG4bK1;branch=z9hG4bK2",
                                         ";rport=5060;received=192.0.2.1",
                                         ";received=192.0.2.1;rport=5060;branch=z9hG4bK1",
                                         ";received=192.0.2.1;rport=0;branch=z9hG4bK1",
                                         ";branch=z9hG4bK1;received=192.0.2.1;received=192.0.2.1",
                                         ";branch=z9hG4bK1;receivedx=192.0.2.1;rport=1"};
static const char *const tos[] = {"<sip:b@c>",       "<sip:b@c>;tag=1",       "<sip:b@c>;tag=\"1\"",
                                  "<sip:b@c>;tag=",  "<sip:b@c>;tag=1;tag=2", "sip:b@c",
                                  "<sips:b@c>;tag=1"};
static const char *const others[] = {"Session-Expires: 900",
                                     "Session-Expires: 900;refresher=uac",
                                     "Session-Expires: 1800;refresher=uas",
                                     "Session-Expires: 900;refresher=x",
                                     "Session-Expires: 80 (x)",
                                     "Allow: INVITE,",
                                     "Allow: INVITE,,ACK",
                                     "Allow: ,",
                                     "Supported: timer;x=1",
                                     "Privacy: id;critical",
                                     "Accept: a/b+c;d=e",
                                     "Accept: a/b, a/",
                                     "Accept: a/b/c"};

/* `kind`: whether it is a response, whether it is of UPDATE, whether there is a Via below. */
static void with(const char *uri, const char *via, const char *to, const char *other, unsigned kind)
{
    uint8_t p[LONGEST];
    struct wr w = {.p = p, .cap = sizeof p};
    const char *method = kind & 2 ? "UPDATE" : "INVITE",
               *parts[] = {kind & 1 ? "SIP/2.0 200 " : method,
                           kind & 1 ? "" : " ",
                           kind & 1 ? "OK" : uri,
                           kind & 1 ? "" : " SIP/2.0",
                           "\r\nVia: SIP/2.0/UDP a",
                           via,
                           kind & 4 ? "\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1" : "",
                           "\r\nMax-Forwards: 1\r\nFrom: <sip:a@b>;tag=1\r\nTo: ",
                           to,
                           "\r\nCall-ID: 1\r\nCSeq: 1 ",
                           method,
                           "\r\nContact: <",
                           uri,
                           ">\r\n",
                           other,
                           "\r\nContent-Length: 0\r\n\r\n"};

    for (size_t i = 0; i < COUNT(parts); i++)
        wr_text(&w, parts[i]);
    compare(p, w.n);
}

static void ways(void)
{
    differ = plain = 0;
    for (size_t u = 0; u < COUNT(uris); u++)
        for (size_t v = 0; v < COUNT(via_params); v++)
            for (size_t t = 0; t < COUNT(tos); t++)
                for (size_t o = 0; o < COUNT(others); o++)
                    for (unsigned kind = 0; kind < 8; kind++)
                        with(uris[u], via_params[v], tos[t], others[o], kind);
    CU_ASSERT_EQUAL(differ, 0);
    CU_ASSERT_TRUE(plain > 10);
}

/* Messages of more than a group of header fields, or with one that is more than a map has: each ordinary one with
 * its lines many times, or the values of one; an octet somewhere becomes another one. */
static void large(void)
{
    static const struct {
        const char *line, *again; /* the line goes on with `again` */
        size_t lines, times;
    } rows[] = {
        {"Via: SIP/2.0/UDP b.example.com;branch=z9hG4bK7",
         ", SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bK8", 1, 150},
        {"Via: SIP/2.0/UDP b.example.com;branch=z9hG4bK7", "", 120, 0},
        {"X-Any: thing", "", 90, 0},
        {"X-Any: thing", "x", 1, 5000},
        {"Record-Route: <sip:p.example.com;lr>", ", <sip:192.0.2.1:5061;lr>", 3, 100},
        {"Supported: path", ", x", 1, 2500},
        {"Reason: SIP;cause=200", ", Q.850;cause=16;text=\"a b\"", 1, 300},
    };
    static const char odd[] = " \t\r\n,;:<>\"@=%/\\([*.-0aZ\x80";
    static uint8_t p[3 * LONGEST + 20000];
    uint64_t chance = 1;

    differ = plain = 0;
    for (size_t i = 0; i < COUNT(messages); i++)
        for (size_t r = 0; r < COUNT(rows); r++)
            for (size_t at = 0; at < 3; at++) { /* behind the first line, the third, the sixth */
                struct wr w = {.p = p, .cap = sizeof p};
                const char *from = messages[i];
                for (size_t k = 0; k < 1 + at * 2 && *from; k++)
                    from = strchr(from, '\n') + 1;
                wr_put(&w,
                       (struct span){(const uint8_t *)messages[i], (size_t)(from - messages[i])});
                for (size_t k = 0; k < rows[r].lines; k++) {
                    wr_text(&w, rows[r].line);
                    for (size_t t = 0; t < rows[r].times; t++)
                        wr_text(&w, rows[r].again);
                    wr_text(&w, "\r\n");
                }
                wr_text(&w, from);
                CU_ASSERT_FALSE(w.full);
                compare(p, w.n);
                for (size_t k = 0; k < 40; k++) {
                    chance = chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                    size_t where = (size_t)(chance >> 33) % w.n;
                    uint8_t was = p[where];
                    p[where] = (uint8_t)odd[(chance >> 20) % (sizeof odd - 1)];
                    compare(p, w.n);
                    p[where] = was;
                }
            }
    CU_ASSERT_EQUAL(differ, 0);
    CU_ASSERT_TRUE(plain > 20);
}

/* ---- header fields of vectors ---- */

enum { TEXTS = 8192, TEXTS_ROOM = 4 << 20, TIMES = 12 };
struct text {
    enum sip_type type; /* of a header field */
    struct span s;
};
struct texts { /* each once */
    struct text v[TEXTS];
    size_t n;
};
static struct {
    struct texts starts, lines, bodies;
    size_t messages;
    struct wr room;
} all;

static void keep(struct texts *t, enum sip_type type, struct span s)
{
    for (size_t i = 0; i < t->n; i++)
        if (span_eq(t->v[i].s, s))
            return;
    const uint8_t *p = all.room.p + all.room.n;
    wr_put(&all.room, s);
    CU_ASSERT_FATAL(!all.room.full && t->n < TEXTS);
    t->v[t->n++] = (struct text){type, {p, s.n}};
}

static void vector(void *ctx, const char *id, struct span in)
{
    struct arena mem = arena_of(room, sizeof room);
    struct findings none = {0};
    struct sip_msg m;

    (void)ctx, (void)id;
    if (in.n > LONGEST || sip_decode(in, &mem, &m, &none) != STEP_ITEM || mem.full)
        return;
    keep(&all.starts, SIP_OTHER, m.start);
    for (size_t i = 0; i < m.headers_n; i++)
        if (m.headers[i].line.n < 512)
            keep(&all.lines, m.headers[i].type, m.headers[i].line);
    if (m.body.n)
        keep(&all.bodies, SIP_OTHER, m.body);
    compare(in.p, in.n);
    all.messages++;
}

static uint64_t chance = 1;
static size_t draw(size_t below)
{
    chance = chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(chance >> 33) % below;
}

/* Any of them, often none. */
static struct text any(const struct texts *t, size_t of)
{
    return draw(of) ? (struct text){SIP_TYPES, {NULL, 0}} : t->v[draw(t->n)];
}

static void start_line(struct wr *w, const char *method, unsigned status)
{
    struct text other = any(&all.starts, 8);

    if (other.s.n) {
        wr_put(w, other.s);
        return;
    }
    wr_text(w, status ? "SIP/2.0 " : method);
    if (status)
        wr_dec(w, status);
    wr_text(w, status ? " Any\r\n" : " sip:a@b SIP/2.0\r\n");
}

/* A message of a method in which header fields stand, in place of those of their types that it would have. */
static void with_lines(const char *method, unsigned status, struct text a, struct text b,
                       struct text c)
{
    static const struct {
        enum sip_type type;
        const char *line;
    } usual[] = {
        {SIP_VIA, "Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\n"},
        {SIP_FROM, "From: <sip:a@b>;tag=1\r\n"},
        {SIP_TO, "To: <sip:b@b>;tag=2\r\n"},
        {SIP_TO, "To: <sip:b@b>\r\n"},
        {SIP_CALL_ID, "Call-ID: 1\r\n"},
        {SIP_MAX_FORWARDS, "Max-Forwards: 1\r\n"},
        {SIP_CONTACT, "Contact: <sip:a@b>\r\n"},
        {SIP_SUPPORTED, "Supported: timer, path\r\n"},
        {SIP_ALLOW, "Allow: INVITE\r\n"},
        {SIP_CONTENT_TYPE, "Content-Type: application/sdp\r\n"},
        {SIP_EVENT, "Event: presence\r\n"},
        {SIP_EXPIRES, "Expires: 60\r\n"},
    };
    static const uint8_t four[4] = {'a', 'b', 'c', 'd'};
    static uint8_t p[4 * LONGEST];
    struct wr w = {.p = p, .cap = sizeof p};
    struct text other = any(&all.bodies, 4);
    struct span body = other.s.n ? other.s : (struct span){four, draw(2) ? sizeof four : 0};
    bool tag = status > 100 || draw(2);

    start_line(&w, method, status);
    for (size_t i = 0; i < COUNT(usual); i++) {
        enum sip_type type = usual[i].type;
        bool maybe = type == SIP_MAX_FORWARDS   ? !status
                     : type == SIP_TO           ? tag == (i == 2)
                     : type == SIP_CONTENT_TYPE ? body.n
                                                : i < 6 || draw(2);
        if (maybe && type != a.type && type != b.type && type != c.type)
            wr_text(&w, usual[i].line);
    }
    if (a.type != SIP_CSEQ && b.type != SIP_CSEQ && c.type != SIP_CSEQ) {
        wr_text(&w, "CSeq: 1 ");
        wr_text(&w, method);
        wr_text(&w, "\r\n");
    }
    wr_put(&w, a.s);
    wr_put(&w, b.s);
    wr_put(&w, c.s);
    if (a.type != SIP_CONTENT_LENGTH && b.type != SIP_CONTENT_LENGTH &&
        c.type != SIP_CONTENT_LENGTH) {
        wr_text(&w, "Content-Length: ");
        wr_dec(&w, body.n);
        wr_text(&w, "\r\n");
    }
    wr_text(&w, "\r\n");
    wr_put(&w, body);
    compare(p, w.n);
}

/* Each header field that a vector has, in ordinary messages of all kinds, and with another one. */
static void fields(void)
{
    static const char *const methods[] = {"ACK",     "BYE",      "CANCEL",    "INFO",   "INVITE",
                                          "MESSAGE", "NOTIFY",   "OPTIONS",   "PRACK",  "PUBLISH",
                                          "REFER",   "REGISTER", "SUBSCRIBE", "UPDATE", "OTHER"};
    static const unsigned statuses[] = {0,   0,   0,   100, 180, 200, 200,
                                        202, 302, 401, 407, 420, 423, 489};
    static uint8_t texts_room[TEXTS_ROOM];

    differ = 0;
    all.room = (struct wr){.p = texts_room, .cap = sizeof texts_room};
    sip_vectors(vector, NULL);
    CU_ASSERT_TRUE(all.messages > 1500 && all.lines.n > 1500);
    for (size_t i = 0; i < all.lines.n; i++)
        for (size_t k = 0; k < TIMES; k++)
            with_lines(methods[draw(COUNT(methods))], statuses[draw(COUNT(statuses))],
                       all.lines.v[i], any(&all.lines, 2), any(&all.lines, 4));
    CU_ASSERT_EQUAL(differ, 0);
}

TESTS({"octets", octets}, {"short of room", short_of_room}, {"longer", longer}, {"lines", lines},
      {"kinds", kinds}, {"ways", ways}, {"large", large}, {"fields", fields})
