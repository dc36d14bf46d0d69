/* harness/endpoints/http/http_auth_test.c - Digest (RFC 7616) and Basic (RFC 7617): what the server takes and refuses,
 * and what client and server make of each other's parameters. */
#include "harness/tests/http_rig.h"

static _Alignas(16) uint8_t memory[1 << 16];

static struct solo *server(const struct http_server_config *c)
{
    struct solo *s = solo_new(&http_origin_class, c, NULL, NULL);
    solo_give(s, (struct input){.kind = IN_OPENED, .flow = 1});
    return s;
}

struct asked {
    const char *method, *target, *body, *more; /* more: further header fields; NULL: none */
};

static const char *ask(struct solo *s, const struct asked *a, struct span authorization)
{
    static char text[8192];
    struct solo_flow *f = solo_accept(s);

    snprintf(text, sizeof text,
             "%s %s HTTP/1.1\r\nHost: a\r\n%s%.*s%sContent-Length: %zu\r\n\r\n%s", a->method,
             a->target, authorization.n ? "Authorization: " : "", (int)authorization.n,
             authorization.n ? (const char *)authorization.p : "", authorization.n ? "\r\n" : "",
             a->body ? strlen(a->body) : 0, a->body ? a->body : "");
    solo_text(s, f, text);
    const char *sent = solo_sent(f);
    solo_give(s, (struct input){.kind = IN_CLOSED, .flow = f->id});
    f->id = 0;
    return sent;
}

/* The challenges of a response, which break no rule, in memory. */
static size_t challenges(const char *sent, struct arena *mem, struct auth_challenge *v, size_t cap)
{
    struct findings fs = {0};
    struct http_msg m;
    struct auth_list list;
    struct span text = arena_copy(mem, span_of(sent));
    size_t n = 0;

    CU_ASSERT_EQUAL_FATAL(http_decode(text, HTTP_ASK_OTHER, mem, &m, &fs), STEP_ITEM);
    http_lint(&m, &fs);
    CU_ASSERT_EQUAL(fs.n, 0);
    for (size_t i = 0; i < m.headers_n; i++)
        for (size_t at = 0; m.headers[i].type == HTTP_WWW_AUTHENTICATE && n < cap &&
                            auth_next(m.headers[i].value, &at, mem, &list);)
            auth_challenge_of(&list, &v[n++]);
    for (size_t i = 0; i < n; i++)
        auth_lint_challenge(&v[i], &(struct auth_where){.in = text}, &fs);
    auth_lint_challenges(v, n, &(struct auth_where){.in = text}, &fs);
    CU_ASSERT_EQUAL(fs.n, 0);
    return n;
}

struct with { /* how credentials are made */
    const char *name, *password;
    uint32_t nc;
    bool integrity;
};

static struct span credentials(const struct auth_challenge *c, const struct asked *a,
                               const struct with *w, struct arena *mem,
                               struct auth_credentials *out)
{
    static uint8_t room[4096];
    struct wr wr = {room, sizeof room, 0, false};
    struct auth_user u = {span_of(w->name), span_of(w->password)};
    struct auth_ask q = {.method = span_of(a->method),
                         .uri = span_of(a->target),
                         .body = span_of(a->body),
                         .cnonce = SPAN("cnonce"),
                         .nc = w->nc,
                         .integrity = w->integrity};

    CU_ASSERT_TRUE_FATAL(auth_answer(c, &u, &q, mem, out));
    auth_put_credentials(&wr, out);
    return wr_span(&wr);
}

static bool is_stale(const char *sent)
{
    return strstr(sent, "stale=true") != NULL;
}

static void digests(void)
{
    static const struct asked get = {"GET", "/digest/", NULL, NULL},
                              post = {"POST", "/digest/echo", "hello", NULL};
    struct solo *s = server(NULL);
    struct auth_challenge v[4];
    struct auth_credentials c;

    for (unsigned k = 0; k < 8; k++) { /* each algorithm, qop and method */
        const struct asked *a = k & 4 ? &post : &get;
        struct with w = {"alice", "alice-secret", 1, k & 2};
        struct arena mem = arena_of(memory, sizeof memory);
        const char *sent = ask(s, a, (struct span){NULL, 0});
        SOLO_BEGINS(sent, "HTTP/1.1 401 Unauthorized\r\n");
        CU_ASSERT_FALSE(is_stale(sent));
        CU_ASSERT_EQUAL_FATAL(challenges(sent, &mem, v, COUNT(v)), 2);
        CHECK_TEXT(v[0].algorithm, "SHA-256");
        CHECK_TEXT(v[1].algorithm, "MD5");
        CU_ASSERT_FALSE(auth_same(v[0].nonce, v[1].nonce));
        sent = ask(s, a, credentials(&v[k & 1], a, &w, &mem, &c));
        SOLO_BEGINS(sent, "HTTP/1.1 200 OK\r\n");
        /* Authentication-Info proves that the server knows the password */
        struct auth_list list;
        struct auth_info i;
        struct auth_key key;
        struct findings fs = {0};
        struct span value = span_of(solo_field(sent, "Authentication-Info"));
        struct span body = span_of(k & 4 ? "hello" : "hello, digest\n");
        auth_split_info(value, &mem, &list);
        auth_info_of(&list, &i);
        auth_key_init(&key, auth_algorithm_of(c.algorithm), span_of("alice"), c.realm,
                      span_of("alice-secret"));
        CU_ASSERT_EQUAL(auth_verify_info(&key, &c, &i, body), AUTH_GOOD);
        auth_lint_info(&i, &c, &(struct auth_where){.in = value}, &fs);
        CU_ASSERT_EQUAL(fs.n, 0);
    }
    solo_free(s);
}

/* Nonces: counted, replayed, expired, made up, forgotten. */
static void nonces(void)
{
    static const struct asked a = {"GET", "/digest/", NULL, NULL};
    struct http_server_config config = {.nonce_us = 1000000};
    struct solo *s = server(&config);
    struct arena mem = arena_of(memory, sizeof memory);
    struct auth_challenge v[4];
    struct auth_credentials c;
    static const struct {
        uint32_t nc;
        bool good;
    } rows[] = {{1, true},  {2, true},  {2, false}, {5, true},  {4, true},
                {4, false}, {1, false}, {70, true}, {6, false}, {71, true}};

    challenges(ask(s, &a, (struct span){NULL, 0}), &mem, v, COUNT(v));
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct with w = {"alice", "alice-secret", rows[i].nc, false};
        struct arena more = mem;
        const char *sent = ask(s, &a, credentials(&v[0], &a, &w, &more, &c));
        SOLO_BEGINS(sent, rows[i].good ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 401 Unauthorized\r\n");
        CU_ASSERT_EQUAL(is_stale(sent), !rows[i].good);
    }
    struct with w = {"alice", "alice-secret", 72, false}, wrong = {"alice", "x", 73, false};
    solo_pass(s, 999999);
    SOLO_BEGINS(ask(s, &a, credentials(&v[0], &a, &w, &mem, &c)), "HTTP/1.1 200 OK\r\n");
    solo_pass(s, 1);
    w.nc = 73;
    CU_ASSERT_TRUE(is_stale(ask(s, &a, credentials(&v[0], &a, &w, &mem, &c))));
    CU_ASSERT_FALSE(is_stale(ask(s, &a, credentials(&v[0], &a, &wrong, &mem, &c))));
    v[0].nonce = span_of("\"0000000000000000000000000000000000000000\"");
    CU_ASSERT_TRUE(is_stale(ask(s, &a, credentials(&v[0], &a, &w, &mem, &c))));
    v[0].nonce = span_of("\"\xff\"");
    CU_ASSERT_TRUE(is_stale(ask(s, &a, credentials(&v[0], &a, &w, &mem, &c))));
    solo_free(s);

    /* with more nonces than are counted, the first is good no more, and the last is */
    s = server(NULL);
    struct auth_challenge first = {.nonce = {NULL, 0}};
    w.nc = 1;
    for (size_t i = 0; i < HTTP_NONCES + 1; i++) {
        struct arena more = arena_of(memory + sizeof memory / 2, sizeof memory / 2);
        mem = arena_of(memory, sizeof memory / 2);
        struct arena *to = i ? &more : &mem;
        challenges(ask(s, &a, (struct span){NULL, 0}), to, v, COUNT(v));
        first = i ? first : v[0];
        solo_pass(s, 1000);
        SOLO_BEGINS(ask(s, &a, credentials(&v[0], &a, &w, to, &c)), "HTTP/1.1 200 OK\r\n");
    }
    w.nc = 2;
    mem = arena_of(memory + sizeof memory / 4, sizeof memory / 4);
    SOLO_BEGINS(ask(s, &a, credentials(&v[0], &a, &w, &mem, &c)), "HTTP/1.1 200 OK\r\n");
    CU_ASSERT_TRUE(is_stale(ask(s, &a, credentials(&first, &a, &w, &mem, &c))));
    solo_free(s);
}

/* Credentials in which one thing is wrong, or only looks so. */
enum way {
    NAME,
    PASSWORD,
    REALM,
    URI,
    METHOD,
    TARGET,
    QOP,
    NC,
    NC_FORM,
    CNONCE,
    NONCE,
    BOTH,
    RESPONSE,
    ALGORITHM,
    ABSOLUTE,
    HASHED,
    EXT,
    TOKENS,
    WAYS
};
static const struct asked plain = {"GET", "/digest/", NULL, NULL},
                          other = {"GET", "/digest/echo", NULL, NULL},
                          absolute = {"GET", "http://a/digest/", NULL, NULL};

static void spoil(enum way way, struct auth_credentials *c)
{
    struct span *const away[WAYS] = {
        [QOP] = &c->qop,           [NC] = &c->nc,       [CNONCE] = &c->cnonce, [NONCE] = &c->nonce,
        [RESPONSE] = &c->response, [EXT] = &c->username};

    if (away[way])
        *away[way] = (struct span){NULL, 0};
    if (way == NC_FORM)
        c->nc = span_of("1");
    if (way == BOTH || way == EXT)
        c->username_ext = span_of("UTF-8''bob");
    if (way == ALGORITHM)
        c->algorithm = span_of("SHA-512-256");
    if (way == TOKENS) { /* quoted where a token belongs: taken, and not given back so */
        c->qop = span_of("\"auth\"");
        c->nc = span_of("\"00000001\"");
    }
}

/* What the server says to a request with such credentials. */
static const char *tried(struct solo *s, enum way way)
{
    struct arena mem = arena_of(memory, sizeof memory);
    struct with w = {way == NAME ? "bob" : "alice", way == PASSWORD ? "x" : "alice-secret", 1,
                     false};
    struct asked as = way == ABSOLUTE ? absolute : plain;
    struct auth_challenge v[4];
    struct auth_credentials c;
    uint8_t room[2048];
    struct wr wr = {room, sizeof room, 0, false};

    challenges(ask(s, &plain, (struct span){NULL, 0}), &mem, v, COUNT(v));
    if (way == HASHED || way == ALGORITHM || way == TOKENS)
        v[0].userhash = (struct span){NULL, 0}; /* answered by the name itself */
    if (way == REALM)
        v[0].realm = span_of("\"other\"");
    if (way == METHOD)
        as.method = "HEAD";
    credentials(&v[0], way == URI ? &other : &as, &w, &mem, &c);
    as.method = "GET";
    spoil(way, &c);
    auth_put_credentials(&wr, &c);
    return ask(s, way == TARGET ? &other : &as, wr_span(&wr));
}

static void refused(void)
{
    static const uint16_t status[WAYS] = {
        [NAME] = 401,   [PASSWORD] = 401, [REALM] = 401,    [URI] = 400,       [METHOD] = 401,
        [TARGET] = 400, [QOP] = 400,      [NC] = 400,       [NC_FORM] = 400,   [CNONCE] = 400,
        [NONCE] = 400,  [BOTH] = 400,     [RESPONSE] = 400, [ALGORITHM] = 401, [ABSOLUTE] = 200,
        [HASHED] = 200, [EXT] = 401,      [TOKENS] = 200};
    struct solo *s = server(NULL);

    for (size_t i = 0; i < WAYS; i++) {
        char begin[32];
        const char *sent = tried(s, (enum way)i);
        snprintf(begin, sizeof begin, "HTTP/1.1 %u ", status[i]);
        SOLO_BEGINS(sent, begin);
        CU_ASSERT_FALSE(is_stale(sent));
        if (i == TOKENS)
            CU_ASSERT_PTR_NOT_NULL(strstr(solo_field(sent, "Authentication-Info"), "qop=auth,"));
    }
    SOLO_BEGINS(ask(s, &plain, span_of("Digest a=b")), "HTTP/1.1 400 ");
    SOLO_BEGINS(ask(s, &plain, span_of("Basic YWxpY2U6YWxpY2Utc2VjcmV0")), "HTTP/1.1 401 ");
    SOLO_BEGINS(ask(s, &plain, span_of("Other abc")), "HTTP/1.1 401 ");
    solo_free(s);
}

static void basic(void)
{
    static const struct asked a = {"GET", "/basic/", NULL, NULL},
                              both = {"GET", "/both/", NULL, NULL};
    static const struct http_user users[] = {{SPAN("Aladdin"), SPAN("open sesame")},
                                             {SPAN("test"), SPAN("123\u00a3")},
                                             {SPAN("c"), SPAN("a:b")}};
    struct http_server_config c = {.users = (struct http_user *)(uintptr_t)users, .n_users = 3};
    struct solo *s = server(&c);
    struct arena mem = arena_of(memory, sizeof memory);
    struct auth_challenge v[4];

    CU_ASSERT_EQUAL(challenges(ask(s, &a, (struct span){NULL, 0}), &mem, v, COUNT(v)), 1);
    CHECK_TEXT(v[0].realm, "\"interop.test\"");
    /* RFC 7617 sections 2 and 2.1 */
    SOLO_BEGINS(ask(s, &a, span_of("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")), "HTTP/1.1 200 ");
    SOLO_BEGINS(ask(s, &a, span_of("Basic dGVzdDoxMjPCow==")), "HTTP/1.1 200 ");
    SOLO_BEGINS(ask(s, &a, span_of("bASIC YzphOmI=")), "HTTP/1.1 200 ");
    SOLO_BEGINS(ask(s, &a, span_of("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ")), "HTTP/1.1 400 ");
    SOLO_BEGINS(ask(s, &a, span_of("Basic QWxhZGRpbjpvcGVu")), "HTTP/1.1 401 ");
    SOLO_BEGINS(ask(s, &a, span_of("Basic")), "HTTP/1.1 400 ");
    CU_ASSERT_EQUAL(challenges(ask(s, &both, (struct span){NULL, 0}), &mem, v, COUNT(v)), 3);
    CHECK_TEXT(v[2].list.scheme, "Basic");
    SOLO_BEGINS(ask(s, &both, span_of("Basic YzphOmI=")), "HTTP/1.1 200 ");
    solo_free(s);
}

TESTS({"digests", digests}, {"nonces", nonces}, {"refused", refused}, {"basic", basic})
