/* codecs/uri/uri_same_test.c - URIs that are equal, and that are not. */
#include "codecs/uri/uri.h"
#include "harness/core/test.h"

enum { ROOM = 1 << 16 };
static struct uri uri_in(struct span s, void *room)
{
    struct arena mem = arena_of(room, ROOM);
    struct uri u;
    uri_parse(s, &mem, &u);
    return u;
}

/* ---- comparison ---- */

static const struct pair {
    const char *a, *b;
    bool same;
} pairs[] = {
    /* RFC 3261 section 19.1.4: equal */
    {"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true},
    {"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
    {"sip:carol@chicago.com", "sip:carol@chicago.com;security=on", true},
    {"sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true},
    {"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
     "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
    {"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
     "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
    /* not equal */
    {"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
    {"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
    {"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
    {"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
    {"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
    {"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false},
    /* not transitive */
    {"sip:carol@chicago.com", "sip:carol@chicago.com;security=off", true},
    {"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
    /* RFC 5954 section 4.2 */
    {"sip:bob@[::ffff:192.0.2.128]", "sip:bob@[::ffff:c000:280]", true},
    {"sip:bob@[2001:db8::9:1]", "sip:bob@[2001:db8::9:01]", true},
    {"sip:bob@[0:0:0:0:0:FFFF:129.144.52.38]", "sip:bob@[::FFFF:129.144.52.38]", true},
    {"sip:bob@[2001:db8::1]", "sip:bob@[2001:db8::2]", false},
    {"sip:bob@192.0.2.4", "sip:bob@[::ffff:192.0.2.4]", false},
    /* schemes, users, passwords */
    {"sip:a@h", "sips:a@h", false},
    {"SIP:a@h", "sip:a@h", true},
    {"sip:a@h", "sip:h", false},
    {"sip:a:p@h", "sip:a@h", false},
    {"sip:a:@h", "sip:a@h", false},
    {"sip:a:p@h", "sip:a:P@h", false},
    {"sip:a:p@h", "sip:a:%70@h", true},
    {"sip:+1-2@h;user=phone", "sip:+12@h;user=phone", false},
    /* escapes: of reserved characters they differ, of others not; their digits have no case */
    {"sip:a%3Bb@h", "sip:a;b@h", false},
    {"sip:a%3Bb@h", "sip:a%3bb@h", true},
    {"sip:a%2Fb@h", "sip:a%3Bb@h", false},
    {"sip:%7E@h", "sip:~@h", true},
    {"sip:%41@h", "sip:a@h", false},
    {"sip:%25%34%31@h", "sip:%41@h", false},
    {"sip:%2541@h", "sip:%41@h", false},
    {"sip:%00@h", "sip:@h", false},
    {"sip:a@h%61", "sip:a@ha", false},
    {"sip:a@h;%78=1", "sip:a@h;x=1", true},
    {"sip:a@h;x=%41", "sip:a@h;X=a", true},
    /* ports */
    {"sip:a@h:5060", "sip:a@h:5060;x", true},
    {"sip:a@h:5060", "sip:a@h:5061", false},
    {"sip:a@h:", "sip:a@h", false},
    /* parameters */
    {"sip:a@h;user=ip", "sip:a@h", false},
    {"sip:a@h;method=INVITE", "sip:a@h", false},
    {"sip:a@h;method=INVITE", "sip:a@h;method=invite", false},
    {"sip:a@h;ttl=1", "sip:a@h", false},
    {"sip:a@h;maddr=192.0.2.1", "sip:a@h", false},
    {"sip:a@h;maddr=H2", "sip:a@h;maddr=h2", true},
    {"sip:a@h;transport=tcp", "sip:a@h", false},
    {"sip:a@h;%74ransport=tcp", "sip:a@h", false},
    {"sip:a@h;lr", "sip:a@h", true},
    {"sip:a@h;lr", "sip:a@h;lr=on", false},
    {"sip:a@h;x;y=2;z", "sip:a@h;Z;w;Y=2", true},
    {"sip:a@h;x;y=2;z", "sip:a@h;z;w;y=3", false},
    {"sip:a@h;a=1;b=2;c=3;d=4;e=5", "sip:a@h;e=5;d=4;c=3;b=2;a=1", true},
    {"sip:a@h;a=1;b=2;c=3;d=4;e=5", "sip:a@h;e=5;d=4;c=4;b=2;a=1", false},
    {"sip:a@h;x=1;x=2", "sip:a@h;x=2;x=1", true},
    {"sip:a@h;x=\"Y\"", "sip:a@h;x=\"y\"", true},
    /* headers */
    {"sip:a@h?a=b", "sip:a@h?A=B", true},
    {"sip:a@h?a=b", "sip:a@h?a=c", false},
    {"sip:a@h?a=b", "sip:a@h?a=b&c=d", false},
    {"sip:a@h?a=b&a=c", "sip:a@h?a=c&a=b", true},
    {"sip:a@h?a=b&a=b", "sip:a@h?a=b", false},
    {"sip:a@h?a=", "sip:a@h?a", false},
    {"sip:a@h?Call-ID=x", "sip:a@h?call-id=x", true},
    {"sip:a@h?Call-ID=x", "sip:a@h?Call-ID=X", false},
    {"sip:a@h?In-Reply-To=x", "sip:a@h?In-Reply-To=X", false},
    {"sip:a@h?Warning=370%20devnull%20%22Choose%22", "sip:a@h?Warning=370%20devnull%20%22CHOOSE%22",
     false},
    {"sip:a@h?Warning=370%20DEVNULL%20%22Choose%22%20X",
     "sip:a@h?Warning=370%20devnull%20%22Choose%22%20x", true},
    {"sip:a@h?a=%22x%5C%22Y%22", "sip:a@h?a=%22x%5C%22y%22", false},
    {"sip:a@h?a=%22x%5C%5C%22Y", "sip:a@h?a=%22x%5C%5C%22y", true},
    {"sip:a@h?a=%5C%22Y%22", "sip:a@h?a=%5C%22y%22", false},
    /* RFC 3966 section 4 */
    {"tel:+1-201-555-0123", "tel:+1(201)555.0123", true},
    {"tel:+1-201", "TEL:+1201", true},
    {"tel:+1%2D201", "tel:+1201", true},
    {"tel:+1201", "tel:1201", false},
    {"tel:1201;phone-context=+1", "tel:1201", false},
    {"tel:12aB;phone-context=+1", "tel:12Ab;phone-context=+1", true},
    {"tel:1;phone-context=+1-914", "tel:1;phone-context=+1914", true},
    {"tel:1;phone-context=a-b.example", "tel:1;phone-context=A-B.example", true},
    {"tel:1;phone-context=a-b.example", "tel:1;phone-context=ab.example", false},
    {"tel:1;phone-context=+1", "tel:1;phone-context=1", false},
    {"tel:+1;ext=1-2", "tel:+1;ext=12", true},
    {"tel:+1;ext=12", "tel:+1;ext=13", false},
    {"tel:+1;isub=1-2", "tel:+1;isub=12", false},
    {"tel:+1;isub=A", "tel:+1;isub=a", true},
    {"tel:+1;a=1;b", "tel:+1;B;A=1", true},
    {"tel:+1;a=1;b", "tel:+1;a=1", false},
    {"tel:+1;a=%5B", "tel:+1;a=[", false},
    {"tel:+1;a=%7e", "tel:+1;a=~", true},
    {"tel:+1", "sip:+1@h;user=phone", false},
    /* RFC 3986 section 6.2.2 */
    {"example://a/b/c/%7Bfoo%7D", "eXAMPLE://a/./b/../b/%63/%7bfoo%7d", true},
    {"HTTP://www.EXAMPLE.com/", "http://www.example.com/", true},
    {"http://h/A", "http://h/a", false},
    {"http://h/%7E", "http://h/~", true},
    {"http://h/%2F", "http://h//", false},
    {"http://h/%2e%2E/a", "http://h/a", true},
    {"http://h/%2E%2E%2Fa", "http://h/a", false},
    {"foo://U@h/", "foo://u@h/", false},
    {"foo://u@h/", "foo://h/", false},
    {"foo://h%61/", "foo://HA/", true},
    {"foo://h/?A", "foo://h/?a", false},
    {"foo://h/?", "foo://h/", false},
    {"http://h/#", "http://h/", false},
    {"http://h/#a", "http://h/#b", false},
    /* section 5.2.4, 5.4 */
    {"http://a/b/c/./g", "http://a/b/c/g", true},
    {"http://a/b/c/../g", "http://a/b/g", true},
    {"http://a/b/c/../..", "http://a/", true},
    {"http://a/b/c/..", "http://a/b/", true},
    {"http://a/../../g", "http://a/g", true},
    {"http://a/b/.", "http://a/b/", true},
    {"http://a/b/g.", "http://a/b/g", false},
    {"http://a/b/g./c", "http://a/c", false},
    {"http://a/b/.g/c", "http://a/c", false},
    {"http://a/b/..g", "http://a/b/g", false},
    {"http://a/b/c/g;x=1/../y", "http://a/b/c/y", true},
    {"http://a/b//../c", "http://a/b/c", true},
    {"urn:a/../b", "urn:/b", false},
    /* section 6.2.3 */
    {"http://example.com", "http://example.com/", true},
    {"http://example.com:/", "http://example.com/", true},
    {"http://example.com:80/", "http://example.com/", true},
    {"http://example.com/?", "http://example.com/", false},
    {"http://example.com:81/", "http://example.com/", false},
    {"wss://h:443", "wss://h/", true},
    {"foo://h:", "foo://h", false},
    {"foo://h", "foo://h/", false},
    {"mailto:a@h", "mailto:A@h", false},
    /* what has no scheme */
    {"*", "*", true},
    {"*", "sip:h", false},
    {"a", "A", false},
};

static bool same(const char *a, const char *b, size_t room, bool *full)
{
    static uint8_t left[ROOM], right[ROOM], scratch[ROOM];
    struct uri x = uri_in(span_of(a), left), y = uri_in(span_of(b), right);
    struct arena mem = arena_of(scratch, room);
    bool good = uri_same(&x, &y, &mem);
    CU_ASSERT_TRUE(mem.full || mem.n == 0);
    *full = mem.full;
    return good;
}

static void compares(void)
{
    for (size_t i = 0; i < COUNT(pairs); i++) {
        const struct pair *p = &pairs[i];
        bool full;
        if (same(p->a, p->b, ROOM, &full) != p->same || same(p->b, p->a, ROOM, &full) != p->same) {
            printf("%s and %s\n", p->a, p->b);
            CU_FAIL("compared wrongly");
        }
        CU_ASSERT_TRUE(same(p->a, p->a, 0, &full) && !full);
        for (size_t room = 0;; room += 8) { /* what does not suffice gives no answer */
            bool good = same(p->a, p->b, room, &full);
            if (!full) {
                CU_ASSERT_EQUAL(good, p->same);
                break;
            }
            CU_ASSERT_FALSE(good);
        }
    }
}

/* Lists whose order counts for nothing, of every length up to some. */
static void sorts(void)
{
    static uint8_t room[2][ROOM], text[2][2048], scratch[ROOM];

    for (unsigned n = 1; n < 40; n++) {
        struct wr a = {text[0], sizeof text[0], 0, false}, b = {text[1], sizeof text[1], 0, false};
        wr_text(&a, "tel:+1");
        wr_text(&b, "tel:+1");
        for (unsigned i = 0; i < n; i++) {
            wr_text(&a, ";p");
            wr_dec(&a, i * 7 % 41);
            wr_text(&b, ";P");
            wr_dec(&b, (n - 1 - i) * 7 % 41);
        }
        struct uri x = uri_in(wr_span(&a), room[0]), y = uri_in(wr_span(&b), room[1]);
        struct arena mem = arena_of(scratch, sizeof scratch);
        CU_ASSERT_TRUE(uri_same(&x, &y, &mem));
        text[1][b.n - 1] ^= 0x10; /* the last digit of one name becomes a letter */
        y = uri_in(wr_span(&b), room[1]);
        CU_ASSERT_FALSE(uri_same(&x, &y, &mem));
    }
}

TESTS({"compares", compares}, {"sorts", sorts})
