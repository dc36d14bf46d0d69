/* codecs/auth/auth_test.c - the examples of RFC 2617, 7616, 7617 and 3665, and every algorithm and qop (computed by
 * Python's hashlib); taking apart and putting together; limits. */
#include "codecs/auth/auth.h"
#include "codecs/base/base64.h"
#include "harness/core/test.h"

static uint8_t room[1 << 16];

static struct arena fresh(void)
{
    return arena_of(room, sizeof room);
}

static struct auth_credentials credentials(const char *text, struct arena *mem)
{
    struct auth_list l;
    struct auth_credentials c;
    auth_split(span_of(text), mem, &l);
    auth_credentials_of(&l, &c);
    return c;
}
static struct auth_challenge challenge(const char *text, struct arena *mem)
{
    struct auth_list l;
    struct auth_challenge c;
    auth_split(span_of(text), mem, &l);
    auth_challenge_of(&l, &c);
    return c;
}

/* ---- published examples ---- */

#define NONCE_7616 "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
#define CNONCE_7616 "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
#define OPAQUE_7616 "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
#define CHALLENGE_7616(algorithm)                                                                  \
    "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=" algorithm         \
    ", nonce=\"" NONCE_7616 "\", opaque=\"" OPAQUE_7616 "\""
#define ANSWER_7616(algorithm, response)                                                           \
    "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", uri=\"/dir/index.html\", "       \
    "algorithm=" algorithm ", nonce=\"" NONCE_7616 "\", nc=00000001, cnonce=\"" CNONCE_7616        \
    "\", qop=auth, response=\"" response "\", opaque=\"" OPAQUE_7616 "\""
#define CHALLENGE_2617                                                                             \
    "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "                                 \
    "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\""
#define NAME_392 "J\xc3\xa4s\xc3\xb8n Doe"
#define CHALLENGE_392                                                                              \
    "Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256, "                      \
    "nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", "                                     \
    "opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", charset=UTF-8, userhash=true"
#define ANSWER_392(user, response, hashed)                                                         \
    "Digest " user ", realm=\"api@example.org\", uri=\"/doe.json\", algorithm=SHA-512-256, "       \
    "nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", nc=00000001, "                        \
    "cnonce=\"NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v\", qop=auth, response=\"" response      \
    "\", opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", userhash=" hashed

static const struct {
    const char *challenge, *answer, *name, *password, *uri, *cnonce;
} published[] = {
    {CHALLENGE_2617, /* RFC 2617 section 3.5 */
     "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", "
     "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", qop=auth, "
     "nc=00000001, "
     "cnonce=\"0a4f113b\", response=\"6629fae49393a05397450978507c4ef1\", "
     "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
     "Mufasa", "Circle Of Life", "/dir/index.html", "0a4f113b"},
    {CHALLENGE_7616("MD5"),
     ANSWER_7616("MD5", "8ca523f5e9506fed4657c9700eebdbec"), /* RFC 7616 section 3.9.1 */
     "Mufasa", "Circle of Life", "/dir/index.html", CNONCE_7616},
    {CHALLENGE_7616("SHA-256"),
     ANSWER_7616("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
     "Mufasa", "Circle of Life", "/dir/index.html", CNONCE_7616},
};

static void examples(void)
{
    for (size_t i = 0; i < COUNT(published); i++) {
        struct arena mem = fresh();
        struct auth_challenge c = challenge(published[i].challenge, &mem);
        struct auth_credentials want = credentials(published[i].answer, &mem), got;
        struct auth_user u = {span_of(published[i].name), span_of(published[i].password)};
        struct auth_request r = {.method = SPAN("GET")};
        struct auth_ask ask = {.method = r.method,
                               .uri = span_of(published[i].uri),
                               .cnonce = span_of(published[i].cnonce),
                               .nc = 1};
        CU_ASSERT_EQUAL(auth_verify_user(&want, &u, &r), AUTH_GOOD);
        CU_ASSERT_TRUE(auth_answer(&c, &u, &ask, &mem, &got));
        CU_ASSERT_TRUE(span_eq(got.response, want.response));
        uint8_t text[1024];
        struct wr w = {text, sizeof text, 0, false};
        auth_put_credentials(&w, &got);
        if (i) /* the order of RFC 7616 is the one that is written */
            CHECK_TEXT(wr_span(&w), published[i].answer);
        u.password = (struct span)SPAN("another");
        CU_ASSERT_EQUAL(auth_verify_user(&want, &u, &r), AUTH_BAD);
    }
}

/* RFC 7616 section 3.9.2 is calculated by SHA-512 cut short, not by SHA-512/256, which it is about. */
static void example_392(void)
{
#define WRONG_392 "ae66e67d6b427bd3f120414a82e4acff38e8ecd9101d6c861229025f607a79dd"
#define RIGHT_392 "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"
#define EXT_392 "username*=UTF-8''J%C3%A4s%C3%B8n%20Doe"
    static const char *const answers[] = {
        ANSWER_392("username=\"793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b\"",
                   RIGHT_392, "true"),
        ANSWER_392(EXT_392, RIGHT_392, "false"),
        ANSWER_392("username=\"488869477bf257147b804c45308cd62ac4e25eb717b12b298c79e62dcea254ec\"",
                   WRONG_392, "true"),
        ANSWER_392(EXT_392, WRONG_392, "false"),
        ANSWER_392("username=\"488869477bf257147b804c45308cd62ac4e25eb717b12b298c79e62dcea254ec\"",
                   RIGHT_392, "true"), /* of a name that is not that of the response */
    };
    struct auth_user u = {SPAN(NAME_392), SPAN("Secret, or not?")};
    struct auth_request r = {.method = SPAN("GET")};
    struct auth_ask ask = {.method = SPAN("GET"),
                           .uri = SPAN("/doe.json"),
                           .cnonce = SPAN("NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v"),
                           .nc = 1};
    struct arena mem = fresh();
    struct auth_challenge c = challenge(CHALLENGE_392, &mem);
    uint8_t text[1024];
    struct wr w = {text, sizeof text, 0, false};
    struct auth_credentials got;

    for (size_t i = 0; i < COUNT(answers); i++) {
        struct auth_credentials a = credentials(answers[i], &mem);
        CU_ASSERT_EQUAL(auth_verify_user(&a, &u, &r), i < 2 ? AUTH_GOOD : AUTH_BAD);
        CU_ASSERT_EQUAL(auth_is_user(&a, u.name), i == 0 || i == 1 || i == 3);
    }
    CU_ASSERT_TRUE(auth_answer(&c, &u, &ask, &mem, &got));
    auth_put_credentials(&w, &got);
    CHECK_TEXT(wr_span(&w), answers[0]);
    c.userhash.p = NULL;
    CU_ASSERT_TRUE(auth_answer(&c, &u, &ask, &mem, &got));
    CHECK_TEXT(got.username_ext, "UTF-8''J%C3%A4s%C3%B8n%20Doe");
    CHECK_TEXT(got.response, "\"" RIGHT_392 "\"");
}

/* RFC 3665: "the HTTP Digest responses are not actual MD5 encodings", and there is no password. These are of
 * "secret". */
static const struct {
    const char *value, *method, *response;
} flows[] = {
    {"Digest username=\"bob\", realm=\"atlanta.example.com\",\r\n"
     " nonce=\"ea9c8e88df84f1cec4341ae6cbe5a359\", opaque=\"\",\r\n "
     "uri=\"sips:ss2.biloxi.example.com\",\r\n"
     " response=\"dfe56131d1958046689d83306477ecc\"", /* 2.1, with the comma that it lacks behind realm */
     "REGISTER", "0f185ccad4eb032f41158df6ae9dd5f8"},
    {"Digest username=\"bob\", realm=\"atlanta.example.com\",\r\n"
     " qop=\"auth\", nonce=\"1cec4341ae6cbe5a359ea9c8e88df84f\", opaque=\"\",\r\n"
     " uri=\"sips:ss2.biloxi.example.com\",\r\n response=\"71ba27c64bd01de719686aa4590d5824\"", /* 2.2 */
     "REGISTER", NULL},
    {"Digest username=\"bob\", realm=\"atlanta.example.com\",\r\n"
     " nonce=\"df84f1cec4341ae6cbe5ap359a9c8e88\", opaque=\"\",\r\n "
     "uri=\"sips:ss2.biloxi.example.com\",\r\n"
     " response=\"aa7ab4678258377c6f7d4be6087e2f60\"", /* 2.3 */
     "REGISTER", "7ef39eec4aea6b946bb43563f7862dec"},
    {"Digest username=\"bob\", realm=\"atlanta.example.com\",\r\n"
     " nonce=\"88df84f1cac4341aea9c8ee6cbe5a359\", opaque=\"\",\r\n "
     "uri=\"sips:ss2.biloxi.example.com\",\r\n"
     " response=\"ff0437c51696f9a76244f0cf1dbabbea\"", /* 2.4 */
     "REGISTER", "7c8f4d838ff38a58da313df04dc23cee"},
    {"Digest username=\"bob\", realm=\"atlanta.example.com\",\r\n"
     " nonce=\"f1cec4341ae6ca9c8e88df84be55a359\", opaque=\"\",\r\n "
     "uri=\"sips:ss2.biloxi.example.com\",\r\n"
     " response=\"61f8470ceb87d7ebf508220214ed438b\"", /* 2.5 */
     "REGISTER", "ffc25c954634e0fe5856ca01cdf8a68d"},
    {"Digest username=\"alice\",\r\n realm=\"atlanta.example.com\",\r\n"
     " nonce=\"wf84f1ceczx41ae6cbe5aea9c8e88d359\", opaque=\"\",\r\n "
     "uri=\"sip:bob@biloxi.example.com\",\r\n"
     " response=\"42ce3cef44b22f50c6a6071bc8\"", /* 3.2, 3.3 */
     "INVITE", "4309a8cb620b5b1123f1ca0ac26c6887"},
    {"Digest username=\"alice\",\r\n realm=\"biloxi.example.com\",\r\n"
     " nonce=\"c1e22c41ae6cbe5ae983a9c8e88d359\", opaque=\"\",\r\n"
     " uri=\"sip:bob@biloxi.example.com\", response=\"f44ab22f150c6a56071bce8\"", /* 3.3 */
     "INVITE", "2c0872a70606f58f545b17a7cae196d0"},
};

static void call_flows(void)
{
    for (size_t i = 0; i < COUNT(flows); i++) {
        struct arena mem = fresh();
        struct auth_credentials c = credentials(flows[i].value, &mem);
        struct auth_user u = {auth_same(c.username, (struct span)SPAN("bob"))
                                  ? (struct span)SPAN("bob")
                                  : (struct span)SPAN("alice"),
                              SPAN("secret")};
        struct auth_request r = {.method = span_of(flows[i].method)};
        uint8_t hex[AUTH_HEX];
        struct auth_key k;
        CU_ASSERT_EQUAL(c.list.params_n, i == 1 ? 7 : 6);
        CU_ASSERT_EQUAL(auth_verify_user(&c, &u, &r), AUTH_BAD);
        if (!flows[i].response)
            continue;
        auth_key_init(&k, AUTH_MD5, u.name, c.realm, u.password);
        CHECK_TEXT(auth_response(&k, &c, &r, hex), flows[i].response);
        c.response = span_of(flows[i].response);
        CU_ASSERT_EQUAL(auth_verify_user(&c, &u, &r), AUTH_GOOD);
    }
}

/* ---- every algorithm and qop ---- */

static const struct {
    enum auth_algorithm algorithm;
    const char *qop, *body, *response, *rspauth;
} computed[] = {
    {AUTH_MD5, "auth", "", "8ca523f5e9506fed4657c9700eebdbec", "9b712497bc9f91499fbcca1dfc5f09a5"},
    {AUTH_MD5, "auth-int", "", "8804a53d3640a40a4f73cea12c5ba451",
     "90784b078730942b2d8829a8635a46c5"},
    {AUTH_MD5, "auth-int", "v=0\r\n", "d1b8e2ac3f6782372de4bf3d8735b406",
     "3f93dec4802be26ac02220233b62febf"},
    {AUTH_MD5_SESS, "auth", "", "e783283f46242139c486a698fec7211d",
     "b9bdf5673282d64412df46ad40660539"},
    {AUTH_MD5_SESS, "auth-int", "v=0\r\n", "4321e8772738f242cc32334079264d8c",
     "8c6675f11e8219618c1db376f4d9b7a9"},
    {AUTH_SHA256, "auth", "", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
     "86d3b25618d41854ca5039a5d7e53ff6355d5134a9b1fb088a78ac3c462195a0"},
    {AUTH_SHA256, "auth-int", "",
     "8bdf6f15638e260831e905028de5450562816d093c9bfc5c13d3a46adcdde940",
     "6555f7c47de0e490a2ce870b135ee006897a9badd6302e2907c138dc244ab17a"},
    {AUTH_SHA256_SESS, "auth", "",
     "2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7",
     "d4ad609d150eafce2281da5c3179878fdb37e6a16021272f4bed1a082f5c2324"},
    {AUTH_SHA256_SESS, "auth-int", "v=0\r\n",
     "cade7e5b751d9c3c2f066a95f2405c5509ad0171cf93f117e98b7f0ebb212e57",
     "438548b058d206b41b7f2912e83f1edac5814aef87e0e9e5b4be719a3cd4fbf3"},
    {AUTH_SHA512_256, "auth", "",
     "430d05014cecc49cab6fbe03176d41a1da86cbfe24a16580e22aaad928d960d0",
     "c8f9593a4f49b95ce2c483cc3222ecd360a5c6ec52ca24a530b0aac18478de8c"},
    {AUTH_SHA512_256, "auth-int", "v=0\r\n",
     "5e69357dfa951887c95e88aae45b1f7f834aeba94f85648b86d532e82afdb589",
     "d698bf52758fd9b8c1397ee4c534e761ee704b016fb53eb24d4f3b331245f466"},
    {AUTH_SHA512_256_SESS, "auth", "",
     "3f2a34f923c38b0fb26dce2fdfc2ce326c23cecf86fbb1444f3e51fbbc2cb92e",
     "98012a4e63fae2aea13adaa3410368ef7278c87ca0acbd3c941ca5fe3dceeb86"},
    {AUTH_SHA512_256_SESS, "auth-int", "v=0\r\n",
     "1ba4333021256e8b4eebe5c8d20ba53b167f1dac1f6d8c916a08c17ef99eae9a",
     "6622682caefa83cb8f3c33c2261e6d154f9d82b5980cc381a4130b5598fb7038"},
};

static void algorithms(void)
{
    for (size_t i = 0; i < COUNT(computed); i++) {
        struct arena mem = fresh();
        struct auth_credentials c = credentials(ANSWER_7616("MD5", ""), &mem);
        struct auth_request r = {SPAN("GET"), span_of(computed[i].body)};
        uint8_t hex[AUTH_HEX];
        struct auth_key k;
        c.algorithm = span_of(auth_hashes[computed[i].algorithm].name);
        c.qop = span_of(computed[i].qop);
        auth_key_init(&k, computed[i].algorithm, (struct span)SPAN("Mufasa"), c.realm,
                      (struct span)SPAN("Circle of Life"));
        auth_key_session(&k, c.nonce, c.cnonce);
        CHECK_TEXT(auth_response(&k, &c, &r, hex), computed[i].response);
        c.response = span_of(computed[i].response);
        CU_ASSERT_EQUAL(auth_verify(&k, &c, &r), AUTH_GOOD);
        CHECK_TEXT(auth_rspauth(&k, &c, r.body, hex), computed[i].rspauth);
        struct auth_info info = {.rspauth = span_of(computed[i].rspauth)};
        CU_ASSERT_EQUAL(auth_verify_info(&k, &c, &info, r.body), AUTH_GOOD);
        info.rspauth = c.response;
        CU_ASSERT_EQUAL(auth_verify_info(&k, &c, &info, r.body), AUTH_BAD);
        c.algorithm = (struct span)SPAN("SHA-1");
        CU_ASSERT_EQUAL(auth_verify(&k, &c, &r), AUTH_CANNOT);
        c.algorithm =
            span_of(auth_hashes[computed[i].algorithm == AUTH_MD5 ? AUTH_SHA256 : AUTH_MD5].name);
        CU_ASSERT_EQUAL(auth_verify(&k, &c, &r), AUTH_BAD);
    }
}

/* RFC 2617 section 3.2.2.1, without qop; and what cannot be calculated. */
static void legacy(void)
{
    struct arena mem = fresh();
    struct auth_credentials c = credentials(published[0].answer, &mem);
    struct auth_request r = {.method = SPAN("GET")};
    uint8_t hex[AUTH_HEX];
    struct auth_key k;

    auth_key_init(&k, AUTH_MD5, (struct span)SPAN("Mufasa"), c.realm,
                  (struct span)SPAN("Circle Of Life"));
    c.qop = (struct span){NULL, 0};
    CHECK_TEXT(auth_response(&k, &c, &r, hex), "670fd8c2df070c60b045671b8b24ff02");
    c.response = (struct span){NULL, 0};
    CU_ASSERT_EQUAL(auth_verify(&k, &c, &r), AUTH_CANNOT);
    static const char *const odd[] = {"", "auth,auth-int", "\"auth,auth-int\"", "auth-conf",
                                      "\"\""};
    for (size_t i = 0; i < COUNT(odd); i++) {
        c.qop = span_of(odd[i]);
        CU_ASSERT_PTR_NULL(auth_response(&k, &c, &r, hex).p);
    }
    auth_key_init(&k, AUTH_UNKNOWN, (struct span)SPAN("Mufasa"), c.realm, (struct span)SPAN("x"));
    c.qop = (struct span)SPAN("auth");
    CU_ASSERT_PTR_NULL(auth_response(&k, &c, &r, hex).p);
    CU_ASSERT_PTR_NULL(auth_userhash(AUTH_UNKNOWN, r.method, r.method, hex).p);
}

/* Quotes and backslashes are no part of what is digested: RFC 7616 section 3.4.5. */
static void unquoting(void)
{
    struct span realms[] = {SPAN("\"http-auth@example.org\""), SPAN("http-auth@example.org"),
                            SPAN("\"\\h\\t\\t\\p-auth@example.or\\g\"")};
    struct auth_key want, got;

    auth_key_init(&want, AUTH_MD5, (struct span)SPAN("u"), realms[0], (struct span)SPAN("p"));
    for (size_t i = 0; i < COUNT(realms); i++) {
        auth_key_init(&got, AUTH_MD5, (struct span)SPAN("u"), realms[i], (struct span)SPAN("p"));
        CU_ASSERT_EQUAL(memcmp(&want, &got, sizeof want), 0);
        CU_ASSERT_TRUE(auth_same(realms[i], realms[0]));
    }
    auth_key_init(&want, AUTH_MD5, (struct span)SPAN("u"), (struct span)SPAN("a\\\"b"),
                  (struct span)SPAN("p"));
    auth_key_init(&got, AUTH_MD5, (struct span)SPAN("u"), (struct span)SPAN("\"a\\\\\\\"b\""),
                  (struct span)SPAN("p"));
    CU_ASSERT_EQUAL(memcmp(&want, &got, sizeof want), 0);
    static const char *const others[] = {
        "\"http-auth@example.or\"", "\"http-auth@example.orgg\"", "\"\"", "",
        "\"http-auth@example.org",  "\"Http-auth@example.org\""};
    for (size_t i = 0; i < COUNT(others); i++)
        CU_ASSERT_FALSE(auth_same(span_of(others[i]), realms[0]));
}

/* ---- values ---- */

static void values(void)
{
    static const struct {
        const char *value;
        unsigned is;
    } qops[] = {{"\"auth\"", 1},
                {"auth", 1},
                {"\"AUTH-INT\"", 2},
                {"\"auth,auth-int\"", 3},
                {"\" auth ,\tauth-int \"", 3},
                {"\"auth-conf,auth\"", 5},
                {"\"\"", 0},
                {"\",\"", 0},
                {"\"au\\th\"", 1},
                {"\"auth                            \"", 1}, /* 32 octets */
                {"\"auth                             \"", 4},
                {"\"authauth-int\"", 4}};
    for (size_t i = 0; i < COUNT(qops); i++)
        CU_ASSERT_EQUAL(auth_qop_of(span_of(qops[i].value)), qops[i].is);
    CU_ASSERT_EQUAL(auth_qop_of((struct span){NULL, 0}), 0);
    CU_ASSERT_EQUAL(auth_algorithm_of((struct span){NULL, 0}), AUTH_MD5);
    CU_ASSERT_EQUAL(auth_algorithm_of((struct span)SPAN("")), AUTH_UNKNOWN);
    CU_ASSERT_EQUAL(auth_algorithm_of((struct span)SPAN("\"sha-512-256-SESS\"")),
                    AUTH_SHA512_256_SESS);
    CU_ASSERT_EQUAL(auth_algorithm_of((struct span)SPAN("MD5-ses")), AUTH_UNKNOWN);
    CU_ASSERT_EQUAL(auth_algorithm_of((struct span)SPAN("SHA-512/256")), AUTH_UNKNOWN);
    CU_ASSERT_EQUAL(auth_algorithm_of((struct span)SPAN("MD5\0-sess")), AUTH_UNKNOWN);
    for (int i = AUTH_MD5; i < AUTH_ALGORITHMS; i++) {
        CU_ASSERT_EQUAL(auth_algorithm_of(span_of(auth_hashes[i].name)), (enum auth_algorithm)i);
        CU_ASSERT_EQUAL(auth_hashes[i].hex, 2 * digest_size(auth_hashes[i].kind));
    }
    CU_ASSERT_EQUAL(auth_flag_of((struct span)SPAN("TRUE")), AUTH_TRUE);
    CU_ASSERT_EQUAL(auth_flag_of((struct span)SPAN("\"false\"")), AUTH_FALSE);
    CU_ASSERT_EQUAL(auth_flag_of((struct span)SPAN("1")), AUTH_NEITHER);
    CU_ASSERT_EQUAL(auth_flag_of((struct span)SPAN("")), AUTH_NEITHER);
    CU_ASSERT_EQUAL(auth_flag_of((struct span){NULL, 0}), AUTH_FALSE);
}

static void ext_values(void)
{
    static const struct {
        const char *value, *text; /* NULL: it is none */
    } rows[] = {
        {"UTF-8''J%C3%A4s%C3%B8n%20Doe", NAME_392},
        {"utf-8'de-DE'%c3%a4", "\xc3\xa4"},
        {"UTF-8''", ""},
        {"UTF-8''a!#$&+-.^_`|~9Z", "a!#$&+-.^_`|~9Z"},
        {"UTF-8''%27%2A%25%22%5C", "'*%\"\\"},
        {"UTF-8'a", NULL},
        {"UTF-8", NULL},
        {"", NULL},
        {"''a", NULL},
        {"ISO-8859-1''%E4", NULL},
        {"UTF-8''a'b", NULL},
        {"UTF-8''a*b", NULL},
        {"UTF-8''a b", NULL},
        {"UTF-8''\xc3\xa4", NULL},
        {"UTF-8''%", NULL},
        {"UTF-8''%4", NULL},
        {"UTF-8''%4g", NULL},
        {"UTF-8'd e'a", NULL},
        {"UTF-8'%65'a", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t b[64];
        struct wr w = {b, sizeof b, 0, false};
        struct span s = test_guard(span_of(rows[i].value));
        struct auth_credentials c = {.username_ext = s};
        CU_ASSERT_EQUAL(auth_get_ext(&w, s), rows[i].text != NULL);
        CHECK_TEXT(wr_span(&w), rows[i].text ? rows[i].text : "");
        CU_ASSERT_EQUAL(auth_is_user(&c, span_of(rows[i].text)), rows[i].text != NULL);
        CU_ASSERT_FALSE(auth_is_user(&c, (struct span)SPAN("somebody else, of another length")));
        if (rows[i].text) {
            uint8_t again[64], back[64];
            struct wr e = {again, sizeof again, 0, false}, t = {back, sizeof back, 0, false};
            auth_put_ext(&e, wr_span(&w));
            CU_ASSERT_TRUE(auth_get_ext(&t, wr_span(&e)));
            CHECK_TEXT(wr_span(&t), rows[i].text);
        }
        test_guard_free(s);
    }
}

static void names(void)
{
    static const struct {
        const char *value, *name;
    } rows[] = {
        {"Digest username=\"a\\\"b\"", "a\"b"},
        {"Digest username=bob", "bob"},
        {"Digest username=\"\"", ""},
        {"Digest username*=UTF-8''b%6Fb", "bob"},
        {"Digest realm=\"\"", NULL},
        {"Digest username*=x", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena mem = fresh();
        struct auth_credentials c = credentials(rows[i].value, &mem);
        uint8_t b[16];
        struct wr w = {b, sizeof b, 0, false};
        CU_ASSERT_EQUAL(auth_name(&w, &c), rows[i].name != NULL);
        CHECK_TEXT(wr_span(&w), rows[i].name ? rows[i].name : "");
        CU_ASSERT_EQUAL(auth_is_user(&c, span_of(rows[i].name)), rows[i].name != NULL);
        CU_ASSERT_FALSE(auth_is_user(&c, (struct span)SPAN("bo")));
        CU_ASSERT_FALSE(auth_is_user(&c, (struct span)SPAN("bobb")));
    }
}

/* ---- Basic, RFC 7617 ---- */

static void basic(void)
{
    static const struct {
        const char *value, *name, *password;
    } rows[] = {
        {"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Aladdin", "open sesame"}, /* section 2 */
        {"Basic dGVzdDoxMjPCow==", "test", "123\xc2\xa3"},                /* section 2.1 */
        {"Basic Og==", "", ""},
        {"Basic YTpiOmM=", "a", "b:c"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena mem = fresh();
        struct auth_credentials c = credentials(rows[i].value, &mem), made;
        struct auth_challenge ask = challenge("Basic realm=\"WallyWorld\"", &mem);
        struct auth_user u, want = {span_of(rows[i].name), span_of(rows[i].password)};
        struct auth_request r = {.method = SPAN("GET")};
        uint8_t b[64], text[64];
        struct wr w = {b, sizeof b, 0, false}, t = {text, sizeof text, 0, false};
        CU_ASSERT_TRUE(auth_get_basic(&w, c.list.token68, &u));
        CHECK_TEXT(u.name, rows[i].name);
        CHECK_TEXT(u.password, rows[i].password);
        CU_ASSERT_EQUAL(auth_verify_user(&c, &want, &r), AUTH_GOOD);
        CU_ASSERT_TRUE(
            auth_answer(&ask, &want, &(struct auth_ask){.method = SPAN("GET")}, &mem, &made));
        auth_put_credentials(&t, &made);
        CHECK_TEXT(wr_span(&t), rows[i].value);
        want.password = (struct span)SPAN("open sesamf");
        CU_ASSERT_EQUAL(auth_verify_user(&c, &want, &r), AUTH_BAD);
        struct wr small = {b, 1, 0, false};
        CU_ASSERT_EQUAL(auth_get_basic(&small, c.list.token68, &u), i == 2);
    }
    uint8_t b[64];
    struct wr w = {b, sizeof b, 0, false};
    struct auth_user u;
    CU_ASSERT_FALSE(auth_put_basic(&w, (struct span)SPAN("a:b"), (struct span)SPAN("c")));
    CU_ASSERT_FALSE(auth_put_basic(&w, (struct span)SPAN("a\n"), (struct span)SPAN("c")));
    CU_ASSERT_FALSE(auth_put_basic(&w, (struct span)SPAN("a"), (struct span)SPAN("\x7f")));
    CU_ASSERT_EQUAL(w.n, 0);
    CU_ASSERT_FALSE(auth_get_basic(&w, (struct span)SPAN("YWJj"), &u)); /* no colon */
    CU_ASSERT_FALSE(auth_get_basic(&w, (struct span)SPAN("Og="), &u));
    struct arena mem = fresh();
    struct auth_credentials c = credentials("Basic YTpi=", &mem);
    CU_ASSERT_EQUAL(auth_verify_user(&c, &u, &(struct auth_request){0}), AUTH_CANNOT);
    c = credentials("Basic Og==YQ==", &mem); /* padding within */
    CU_ASSERT_EQUAL(auth_verify_user(&c, &u, &(struct auth_request){0}), AUTH_CANNOT);
    c = credentials("Basic YTpiOmM=", &mem); /* name "a:b" would join to the same octets */
    CU_ASSERT_EQUAL(auth_verify_user(&c, &(struct auth_user){SPAN("a:b"), SPAN("c")},
                                     &(struct auth_request){0}),
                    AUTH_BAD);
    c = credentials("Bearer abc", &mem);
    CU_ASSERT_EQUAL(auth_verify_user(&c, &u, &(struct auth_request){0}), AUTH_CANNOT);
}

/* No answer is made of a name that has a colon, nor without room. */
static void basic_answers(void)
{
    uint8_t b[64];
    struct arena made = fresh(), none = arena_of(b, 0);
    struct auth_challenge ask = challenge("Basic realm=\"a\"", &made);
    struct auth_credentials out;
    struct auth_user who = {SPAN("a:b"), SPAN("c")};

    CU_ASSERT_FALSE(auth_answer(&ask, &who, &(struct auth_ask){0}, &made, &out));
    who.name = (struct span)SPAN("a");
    CU_ASSERT_TRUE(auth_answer(&ask, &who, &(struct auth_ask){0}, &made, &out));
    CU_ASSERT_FALSE(auth_answer(&ask, &who, &(struct auth_ask){0}, &none, &out));
    CU_ASSERT_TRUE(none.full);
}

/* ---- lists ---- */

static void splitting(void)
{
    /* RFC 9110 section 11.6.1 has the first; two challenges in one field */
    static const struct {
        const char *value;
        size_t n;
        const char *text[3]; /* scheme, number of parameters or token68 */
    } rows[] = {
        {"Basic realm=\"simple\", Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\"",
         2,
         {"Basic 1", "Newauth 3"}},
        {"Newauth realm=\"apps\", type=1, title=\"Login, to\", Basic realm=\"simple\"",
         2,
         {"Newauth 3", "Basic 1"}},
        {"Negotiate, Digest realm=\"a\" , nonce = \"b\",,Basic realm=c",
         3,
         {"Negotiate 0", "Digest 2", "Basic 1"}},
        {" ,, Negotiate abc== , Basic realm=\"\",", 2, {"Negotiate abc==", "Basic 1"}},
        {"Digest realm=\"unclosed, Basic realm=x", 1, {"Digest 1"}},
        {"Digest", 1, {"Digest 0"}},
        {"A, B\t,C", 3, {"A 0", "B 0", "C 0"}},
        {"", 0, {NULL}},
        {" , ,", 0, {NULL}},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena mem = fresh();
        struct span s = test_guard(span_of(rows[i].value));
        struct auth_list l;
        size_t at = 0, n = 0;
        for (; auth_next(s, &at, &mem, &l); n++) {
            uint8_t b[64];
            struct wr w = {b, sizeof b, 0, false};
            size_t params = 0;
            for (size_t k = 0; k < l.params_n; k++)
                params += l.params[k].text.n > 0;
            wr_put(&w, l.scheme);
            wr_u8(&w, ' ');
            if (l.token68.p)
                wr_put(&w, l.token68);
            else
                wr_dec(&w, params);
            CHECK_TEXT(wr_span(&w), n < 3 && rows[i].text[n] ? rows[i].text[n] : "");
        }
        CU_ASSERT_EQUAL(n, rows[i].n);
        CU_ASSERT_FALSE(auth_next(s, &at, &mem, &l));
        test_guard_free(s);
    }
}

static void writing(void)
{
    static const char *const same[] = {
        "Digest realm=\"a\", x=y, nonce=\"b\", realm=\"c\"", /* order, strangers and doubles stay */
        "Digest QOP=\"auth\", Realm=a\"b",
        "Negotiate abc==",
        "Digest",
        "Digest novalue, =x, realm=",
    };
    uint8_t b[256];

    for (size_t i = 0; i < COUNT(same); i++) {
        struct arena mem = fresh();
        struct auth_challenge c = challenge(same[i], &mem);
        struct wr w = {b, sizeof b, 0, false};
        auth_put_challenge(&w, &c);
        CHECK_TEXT(wr_span(&w), same[i]);
        for (size_t cap = 0; cap < w.n; cap++) {
            struct wr small = {b, cap, 0, false};
            auth_put_challenge(&small, &c);
            CU_ASSERT_TRUE(small.full && small.n <= cap);
        }
    }
    struct arena mem = fresh();
    struct auth_challenge c = challenge("Digest realm = \"a\",nonce=\"b\", x=y", &mem);
    struct wr w = {b, sizeof b, 0, false};
    c.nonce = (struct span)SPAN("\"new\"");
    c.realm = (struct span){NULL, 0};
    c.stale = (struct span)SPAN("true");
    auth_put_challenge(&w, &c);
    CHECK_TEXT(wr_span(&w), "Digest nonce=\"new\", x=y, stale=true");
    struct auth_list l;
    struct auth_info info, made = {.nextnonce = SPAN("\"n\""), .nc = SPAN("00000001")};
    auth_split_info((struct span)SPAN(" qop=auth , nc=00000001,rspauth=\"ab\" "), &mem, &l);
    auth_info_of(&l, &info);
    w.n = 0;
    auth_put_info(&w, &info);
    CHECK_TEXT(wr_span(&w), "qop=auth, nc=00000001, rspauth=\"ab\"");
    w.n = 0;
    auth_put_info(&w, &made);
    CHECK_TEXT(wr_span(&w), "nextnonce=\"n\", nc=00000001");
}

/* ---- nonce counts ---- */

static void counts(void)
{
    static const struct {
        const char *nc;
        enum auth_nc is;
    } rows[] = {
        {"00000000", AUTH_NC_NONE},   {"0000001", AUTH_NC_NONE},    {"000000001", AUTH_NC_NONE},
        {"0000000g", AUTH_NC_NONE},   {"", AUTH_NC_NONE},           {"00000001", AUTH_NC_NEXT},
        {"00000001", AUTH_NC_REPLAY}, {"00000002", AUTH_NC_NEXT},   {"\"00000003\"", AUTH_NC_NEXT},
        {"00000005", AUTH_NC_AHEAD},  {"00000004", AUTH_NC_LATE},   {"00000004", AUTH_NC_REPLAY},
        {"00000044", AUTH_NC_AHEAD},  {"00000005", AUTH_NC_REPLAY}, {"00000004", AUTH_NC_OLD},
        {"00000006", AUTH_NC_LATE},   {"00000083", AUTH_NC_AHEAD},  {"00000044", AUTH_NC_REPLAY},
        {"000000C3", AUTH_NC_AHEAD},  {"00000083", AUTH_NC_OLD},    {"00000084", AUTH_NC_LATE},
        {"ffffffff", AUTH_NC_AHEAD},  {"FFFFFFFF", AUTH_NC_REPLAY}, {"ffffffc0", AUTH_NC_LATE},
        {"ffffffbf", AUTH_NC_OLD},    {"00000001", AUTH_NC_OLD},
    };
    struct auth_count s = {0};
    for (size_t i = 0; i < COUNT(rows); i++)
        CU_ASSERT_EQUAL(auth_count(&s, span_of(rows[i].nc)), rows[i].is);
}

/* ---- choosing and answering ---- */

static void choosing(void)
{
    static const char *const values[] = {
        "Negotiate",
        "Basic realm=\"a\"",
        "Digest realm=\"a\", nonce=\"1\", algorithm=SHA-1, qop=\"auth\"",
        "Digest realm=\"a\", nonce=\"2\", qop=\"auth\"",
        "Digest realm=\"a\", nonce=\"3\", algorithm=SHA-256, qop=\"auth\"",
        "Digest realm=\"a\", nonce=\"4\", algorithm=SHA-512-256, qop=\"auth-conf\"",
        "Digest realm=\"b\", nonce=\"5\", algorithm=SHA-512-256, qop=\"x,auth-int\"",
        "Digest realm=\"b\", nonce=\"6\", algorithm=SHA-512-256-sess",
        "Digest realm=\"b\", nonce=\"7\", algorithm=SHA-512-256, qop=\"auth\"",
        "Digest realm=\"c\", qop=\"auth\"",
        "Digest nonce=\"8\", qop=\"auth\"",
    };
    struct arena mem = fresh();
    struct auth_challenge v[COUNT(values)];
    struct span any = {NULL, 0};

    for (size_t i = 0; i < COUNT(values); i++)
        v[i] = challenge(values[i], &mem);
    CU_ASSERT_PTR_EQUAL(auth_choose(v, COUNT(v), any, 0), &v[3]);
    CU_ASSERT_PTR_EQUAL(auth_choose(v, COUNT(v), any, AUTH_BASIC_TOO), &v[3]);
    CU_ASSERT_PTR_EQUAL(auth_choose(v, COUNT(v), any, AUTH_STRONGEST), &v[6]);
    CU_ASSERT_PTR_EQUAL(auth_choose(v, COUNT(v), (struct span)SPAN("a"), AUTH_STRONGEST), &v[4]);
    CU_ASSERT_PTR_EQUAL(auth_choose(v, COUNT(v), (struct span)SPAN("\"b\""), 0), &v[6]);
    CU_ASSERT_PTR_NULL(auth_choose(v, COUNT(v), (struct span)SPAN("c"), 0));
    CU_ASSERT_PTR_NULL(auth_choose(v, 2, any, 0));
    CU_ASSERT_PTR_EQUAL(auth_choose(v, 3, any, AUTH_BASIC_TOO), &v[1]);
    CU_ASSERT_PTR_NULL(auth_choose(v, 0, any, AUTH_STRONGEST));
}

static void answering(void)
{
    struct auth_user u = {SPAN("bob"), SPAN("secret")};
    struct auth_ask ask = {
        .method = SPAN("REGISTER"), .uri = SPAN("sip:a"), .cnonce = SPAN("c"), .nc = 0x1f};
    struct arena mem = fresh();
    struct auth_credentials a;
    struct auth_challenge c =
        challenge("Digest realm=a, nonce=\"n\\\"\\\\\", qop=\"auth-int,auth\"", &mem);

    c.realm = (struct span)SPAN("a\"b");

    CU_ASSERT_TRUE(auth_answer(&c, &u, &ask, &mem, &a));
    CHECK_TEXT(a.realm, "\"a\\\"b\"");
    CHECK_TEXT(a.nonce, "\"n\\\"\\\\\"");
    CHECK_TEXT(a.nc, "0000001f");
    CHECK_TEXT(a.qop, "auth");
    CU_ASSERT_PTR_NULL(a.algorithm.p);
    CU_ASSERT_PTR_NULL(a.opaque.p);
    ask.integrity = true;
    CU_ASSERT_TRUE(auth_answer(&c, &u, &ask, &mem, &a));
    CHECK_TEXT(a.qop, "auth-int");
    c.qop = (struct span)SPAN("\"auth\"");
    CU_ASSERT_TRUE(auth_answer(&c, &u, &ask, &mem, &a));
    CHECK_TEXT(a.qop, "auth");
    c.qop = (struct span){NULL, 0}; /* RFC 2069: neither qop nor cnonce nor nc */
    CU_ASSERT_TRUE(auth_answer(&c, &u, &ask, &mem, &a));
    CU_ASSERT_TRUE(!a.qop.p && !a.cnonce.p && !a.nc.p);
    CU_ASSERT_EQUAL(auth_verify_user(&a, &u, &(struct auth_request){.method = ask.method}),
                    AUTH_GOOD);
    c.qop = (struct span)SPAN("\"auth\"");
    static const struct {
        const char *name, *uri, *cnonce;
    } bad[] = {{"bo:b", "sip:a", "c"},
               {"bob", "sip:\n", "c"},
               {"bob", "sip:a", "\xc3\xa4"},
               {"bob", "sip:a", "\1"},
               {"\xff\1", "sip:a", "c"}};
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct auth_user who = {span_of(bad[i].name), u.password};
        ask.uri = span_of(bad[i].uri);
        ask.cnonce = span_of(bad[i].cnonce);
        CU_ASSERT_FALSE(auth_answer(&c, &who, &ask, &mem, &a));
    }
    ask.uri = (struct span)SPAN("sip:a");
    ask.cnonce = (struct span)SPAN("c");
    c.opaque = (struct span)SPAN("\"\1\"");
    CU_ASSERT_FALSE(auth_answer(&c, &u, &ask, &mem, &a));
    c.opaque = (struct span){NULL, 0};
    c.realm = (struct span){NULL, 0}; /* not even one to answer */
    CU_ASSERT_FALSE(auth_answer(&c, &u, &ask, &mem, &a));
}

/* Every arena that is too small. */
static void little_room(void)
{
    static const struct {
        struct auth_user user;
        const char *name, *ext;
    } rows[] = {
        {{SPAN("bob"), SPAN("secret")}, "\"bob\"", ""},
        {{SPAN("b\xc3\xb6"
               "b"),
          SPAN("secret")},
         "",
         "UTF-8''b%C3%B6b"},
    };
    struct auth_ask ask = {
        .method = SPAN("REGISTER"), .uri = SPAN("sip:a"), .cnonce = SPAN("c"), .nc = 1};
    struct arena mem = fresh();
    struct auth_challenge c = challenge("Digest realm=\"a\", nonce=\"n\", qop=\"auth\"", &mem);
    struct auth_credentials a;

    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t cap = 0; cap < 4096; cap += 16) {
            struct arena small = arena_of(room + 4096, cap);
            if (auth_answer(&c, &rows[i].user, &ask, &small, &a))
                break;
            CU_ASSERT_TRUE(small.full);
        }
        CHECK_TEXT(a.username, rows[i].name);
        CHECK_TEXT(a.username_ext, rows[i].ext);
    }
}

/* A response with one octet changed, cut or made longer is refused. */
static void flipped(void)
{
    struct arena mem = fresh();
    struct auth_credentials c = credentials(published[1].answer, &mem);
    struct auth_user u = {span_of(published[1].name), span_of(published[1].password)};
    struct auth_request r = {.method = SPAN("GET")};
    struct span good = c.response;
    uint8_t b[AUTH_HEX];

    CU_ASSERT_EQUAL(good.n, 34);
    if (good.n != 34)
        return;
    for (size_t i = 0; i < good.n; i++)
        for (unsigned bit = 1; bit < 256; bit <<= 1) {
            memcpy(b, good.p, good.n);
            b[i] ^= (uint8_t)bit;
            c.response = (struct span){b, good.n};
            CU_ASSERT_NOT_EQUAL(auth_verify_user(&c, &u, &r), AUTH_GOOD);
        }
    memcpy(b, good.p, good.n);
    b[good.n - 1] = '0';
    b[good.n] = '"';
    c.response = (struct span){b, good.n + 1};
    CU_ASSERT_EQUAL(auth_verify_user(&c, &u, &r), AUTH_BAD);
    c.response = span_cut(good, 1, good.n - 1);
    CU_ASSERT_EQUAL(auth_verify_user(&c, &u, &r), AUTH_GOOD); /* quotes are for lint */
    c.response = span_cut(good, 1, good.n - 2);
    CU_ASSERT_EQUAL(auth_verify_user(&c, &u, &r), AUTH_BAD);
}

TESTS({"examples", examples}, {"example_392", example_392}, {"call_flows", call_flows},
      {"algorithms", algorithms}, {"legacy", legacy}, {"unquoting", unquoting}, {"values", values},
      {"ext_values", ext_values}, {"names", names}, {"basic", basic},
      {"basic_answers", basic_answers}, {"splitting", splitting}, {"writing", writing},
      {"counts", counts}, {"choosing", choosing}, {"answering", answering},
      {"little_room", little_room}, {"flipped", flipped})
