/* harness/drivers/tls_live_test.c - the live TLS layer against itself, in memory. */
#include "harness/drivers/tls_cert.h"
#include "harness/drivers/tls_live.h"
#include "harness/tests/pump.h"

#define CLIENT "127.0.0.1:1000"
#define SERVER "127.0.0.1:2000"

static uint8_t memory[1 << 16];
static struct span authority, authority_key;

/* The authority of all these tests, made once. */
static void know(void)
{
    struct arena mem = arena_of(memory, sizeof memory);
    const char *err = "";
    const struct tls_cert_spec spec = {.ca = true};

    if (!authority.n)
        CU_ASSERT_TRUE_FATAL(tls_cert_make(&spec, &mem, &authority, &authority_key, &err));
}

struct two {
    struct pump_end *c, *s;
};

/* Both ends, connected; `s` and `c` with the authority filled in where there is none. */
static struct two meet(struct tls_options s, struct tls_options c, const char *name)
{
    struct two t;

    know();
    if (!s.issuer.n && !s.cert.n) {
        s.issuer = authority;
        s.issuer_key = authority_key;
    }
    if (!c.ca.n)
        c.ca = authority;
    t.c = pump_new(&tls_live_class, &c, name, CLIENT, SERVER, false);
    t.s = pump_new(&tls_live_class, &s, "", SERVER, NULL, true);
    pump_open(t.s, true, CLIENT);
    pump_open(t.c, false, SERVER);
    return t;
}

static void part(struct two t)
{
    pump_free(t.c);
    pump_free(t.s);
}

static void end_of_lower(struct pump_end *e)
{
    if (!e->closed)
        pump_give(e, (struct input){.kind = IN_EOF, .flow = LAYER_LOWER});
}

/* The same conversation in both versions, however the octets arrive. */
static void split_at_every_octet(void)
{
    static const char *const versions[] = {"1.2", "1.3"};

    for (size_t v = 0; v < COUNT(versions); v++)
        for (size_t chunk = 1; chunk < 5000; chunk = chunk < 9 ? chunk + 1 : chunk * 3) {
            struct tls_options only = {.min = span_of(versions[v]), .max = span_of(versions[v])};
            struct two t = meet(only, only, "localhost");
            pump_send_text(t.c, "early ", NULL);
            pump_carry(t.c, t.s, chunk);
            pump_send_text(t.s, "answer", NULL);
            pump_send_text(t.c, "late", NULL);
            pump_give(t.c, (struct input){.kind = IN_SHUTDOWN, .flow = LAYER_UPPER});
            pump_send_text(t.c, "never", NULL);
            CU_ASSERT_TRUE(t.c->shut);
            pump_carry(t.c, t.s, chunk);
            end_of_lower(t.s);
            pump_give(t.s, (struct input){.kind = IN_CLOSE, .flow = LAYER_UPPER});
            pump_carry(t.c, t.s, chunk);
            CU_ASSERT_STRING_EQUAL(t.s->above, "[open]early late[eof]");
            CU_ASSERT_STRING_EQUAL(t.c->above, "[open]answer[eof]");
            CU_ASSERT_STRING_EQUAL(t.s->events, "secured ");
            CU_ASSERT_TRUE(t.s->closed && !t.s->aborted && !t.c->closed);
            CU_ASSERT_TRUE(t.c->secrets > 0 && t.s->secrets > 0);
            part(t);
        }
}

static void facts(void)
{
    struct tls_options s = {.alpn = SPAN("stun.turn,stun.nat-discovery"),
                            .subject = SPAN("a.example")};
    struct tls_options c = {.alpn = SPAN("stun.nat-discovery"),
                            .max = SPAN("1.2"),
                            .ciphers = SPAN("ECDHE-ECDSA-AES128-GCM-SHA256")};
    struct two t = meet(s, c, "a.example");

    pump_carry(t.c, t.s, 5000);
    CU_ASSERT_STRING_EQUAL(t.c->facts,
                           "TLSv1.2|ECDHE-ECDSA-AES128-GCM-SHA256|stun.nat-discovery|a.example|"
                           "CN=a.example,O=rtclab|CN=rtclab authority,O=rtclab");
    CU_ASSERT_STRING_EQUAL(
        t.s->facts, "TLSv1.2|ECDHE-ECDSA-AES128-GCM-SHA256|stun.nat-discovery|a.example|-|-");
    CU_ASSERT_TRUE(t.c->last.trusted && !t.c->last.server && t.s->last.server);
    CU_ASSERT_EQUAL(strlen(t.c->fingerprint), 64);
    CU_ASSERT_EQUAL(t.s->last.compressions, 0);
    part(t);
}

/* What is wrong with a certificate is said, and nothing of the user's goes out. */
static void certificates(void)
{
    static const struct row {
        struct tls_options s, c;
        const char *name, *why; /* NULL: it is good */
    } rows[] = {
        {{.subject = SPAN("a.example")}, {.min = {0}}, "a.example", NULL},
        {{.subject = SPAN("a.example")}, {.min = {0}}, "A.EXAMPLE", NULL},
        {{.subject = SPAN("*.lab.example")}, {.min = {0}}, "a.lab.example", NULL},
        {{.subject = SPAN("*.lab.example")},
         {.min = {0}},
         "a.b.lab.example",
         "for *.lab.example, not for a.b"},
        {{.subject = SPAN("a*.lab.example")},
         {.min = {0}},
         "ab.lab.example",
         "for a*.lab.example, not for"},
        {{.subject = SPAN("b.example,c.example")},
         {.min = {0}},
         "a.example",
         "the certificate is for b.example, c.example, not for a.example"},
        {{.subject = SPAN("b.example")}, {.server_name = SPAN("b.example")}, "a.example", NULL},
        {{.min = {0}}, {.min = {0}}, "", NULL}, /* by the address that was connected to */
        {{.subject = SPAN("127.0.0.2")},
         {.min = {0}},
         "",
         "the certificate is for 127.0.0.2, not for 127.0.0.1"},
        {{.subject = SPAN("127.0.0.2")}, {.min = {0}}, "127.0.0.2", NULL},
        {{.subject = SPAN("localhost"), .srv_id = true},
         {.min = {0}},
         "localhost",
         "a name of another kind, not for localhost"},
        {{.expired = true}, {.min = {0}}, "localhost", "the certificate has expired: it was valid"},
        {{.not_yet = true}, {.min = {0}}, "localhost", "the certificate is not valid yet: it will"},
        {{.invalid = true},
         {.min = {0}},
         "localhost",
         "the issuer of the certificate is not known"},
        {{.self_signed = true}, {.min = {0}}, "localhost", "self-signed, and not trusted"},
        {{.revoked = true}, {.min = {0}}, "localhost", "the certificate is revoked"},
        {{.revoked = true}, {.max = SPAN("1.2")}, "localhost", "the certificate is revoked"},
        {{.revoked = true}, {.insecure = true}, "localhost", NULL},
        {{.expired = true}, {.insecure = true}, "localhost", NULL},
        {{.self_signed = true}, {.insecure = true}, "x.example", NULL},
        {{.min = {0}},
         {.fingerprint = SPAN("0000000000000000000000000000000000000000000000000000000000000000")},
         "localhost",
         "not the one that is trusted"},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        for (int v = 0; v < 2; v++) {
            struct tls_options c = rows[i].c;
            c.max = span_of(v ? "1.3" : "1.2");
            struct two t = meet(rows[i].s, c, rows[i].name);
            pump_send_text(t.c, "private", NULL);
            pump_carry(t.c, t.s, 5000);
            if (!rows[i].why) {
                if (t.c->why[0])
                    fprintf(stderr, "row %zu: %s\n", i, t.c->why);
                CU_ASSERT_STRING_EQUAL(t.c->above, "[open]");
                CU_ASSERT_STRING_EQUAL(t.s->above, "[open]private");
                CU_ASSERT_EQUAL(t.c->last.trusted, !c.insecure);
                CU_ASSERT_EQUAL(t.c->told[0] != '\0', c.insecure);
            } else {
                CU_ASSERT_STRING_EQUAL(t.c->above, "[closed tls]");
                CU_ASSERT_STRING_EQUAL(t.s->above, "[closed tls]");
                CU_ASSERT_PTR_NOT_NULL(strstr(t.c->why, rows[i].why));
                CU_ASSERT_STRING_EQUAL(t.c->why, t.c->told);
                CU_ASSERT_STRING_EQUAL(t.c->events, "failed ");
                CU_ASSERT_PTR_NOT_NULL(strstr(t.s->why, "the peer refused: "));
                CU_ASSERT_TRUE(t.c->closed && t.s->closed);
            }
            if (rows[i].why && !strstr(t.c->why, rows[i].why))
                fprintf(stderr, "row %zu: %s\n", i, t.c->why);
            part(t);
        }
}

static void pinned(void)
{
    uint8_t room[1 << 14];
    struct arena mem = arena_of(room, sizeof room);
    struct tls_cert_spec spec = {.names = SPAN("x.example"), .from_s = -100, .until_s = -10};
    struct tls_options s = {.alpn = {0}}, c = {.ca = {0}};
    const char *err = "";
    char mark[65];

    CU_ASSERT_TRUE(tls_cert_make(&spec, &mem, &s.cert, &s.key, &err));
    CU_ASSERT_TRUE(tls_cert_fingerprint(s.cert, mark));
    c.fingerprint = span_of(mark);
    struct two t =
        meet(s, c, "other.example"); /* expired, self-signed, of another name: no matter */
    pump_carry(t.c, t.s, 5000);
    CU_ASSERT_STRING_EQUAL(t.c->above, "[open]");
    CU_ASSERT_STRING_EQUAL(t.c->fingerprint, mark);
    CU_ASSERT_TRUE(t.c->last.trusted);
    part(t);
}

/* Options that cannot be followed close the flow as soon as it is there, with a sentence. */
static void bad_options(void)
{
    static const struct {
        struct tls_options o;
        bool server;
        const char *why;
    } rows[] = {
        {{.ca = SPAN("/nowhere/ca.pem")}, false, "no authority's certificate to read: /nowhere/ca"},
        {{.cert = SPAN("/nowhere/c.pem")}, true, "no certificate to read: /nowhere/c.pem"},
        {{.min = SPAN("1.4")}, false, "a version is 1.0, 1.1, 1.2 or 1.3, not: 1.4"},
        {{.ciphers = SPAN("NOTHING")}, false, "none of these cipher suites is known: NOTHING"},
        {{.suites = SPAN("NOTHING")}, true, "none of these cipher suites is known: NOTHING"},
        {{.fingerprint = SPAN("abc")}, false, "64 hexadecimal digits, not: abc"},
        {{.alpn = SPAN("a,,b")}, true, "1 to 255 octets: a,,b"},
        {{.issuer = SPAN("x")}, true, "is no PEM text"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct pump_end *e =
            pump_new(&tls_live_class, &rows[i].o, "", SERVER, NULL, rows[i].server);
        CU_ASSERT_FALSE(e->closed);
        pump_open(e, rows[i].server, CLIENT);
        CU_ASSERT_STRING_EQUAL(e->above, "[closed local]");
        CU_ASSERT_PTR_NOT_NULL(strstr(e->why, rows[i].why));
        if (!strstr(e->why, rows[i].why))
            fprintf(stderr, "row %zu: %s\n", i, e->why);
        CU_ASSERT_TRUE(e->closed && e->n_sends == 0);
        pump_free(e);
    }
}

static void no_common_ground(void)
{
    struct tls_options a = {.alpn = SPAN("a")}, b = {.alpn = SPAN("b")};
    struct two t = meet(a, b, "localhost");
    pump_carry(t.c, t.s, 5000);
    CU_ASSERT_STRING_EQUAL(t.c->above, "[closed tls]");
    CU_ASSERT_STRING_EQUAL(t.c->why, "the peer refused: no application protocol");
    part(t);

    t = meet((struct tls_options){.min = SPAN("1.3")}, (struct tls_options){.max = SPAN("1.2")},
             "localhost");
    pump_carry(t.c, t.s, 5000);
    CU_ASSERT_STRING_EQUAL(t.c->why, "the peer refused: protocol version");
    CU_ASSERT_STRING_EQUAL(t.s->above, "[closed tls]");
    part(t);

    t = meet(
        (struct tls_options){.rsa = true},
        (struct tls_options){.max = SPAN("1.2"), .ciphers = SPAN("ECDHE-ECDSA-AES128-GCM-SHA256")},
        "localhost");
    pump_carry(t.c, t.s, 5000);
    CU_ASSERT_STRING_EQUAL(t.c->why, "the peer refused: handshake failure");
    part(t);
}

static void ends_of_all_kinds(void)
{
    struct two t = meet((struct tls_options){0}, (struct tls_options){0}, "localhost");
    pump_carry(t.c, t.s, 5000);
    end_of_lower(t.s); /* no close_notify */
    CU_ASSERT_STRING_EQUAL(t.s->above, "[open][closed tls]");
    CU_ASSERT_PTR_NOT_NULL(strstr(t.s->why, "ended without close_notify"));
    CU_ASSERT_STRING_EQUAL(t.s->events, "secured cut ");
    pump_give(t.c, (struct input){.kind = IN_WRITABLE, .flow = LAYER_LOWER});
    CU_ASSERT_EQUAL(t.c->writable, 1);
    pump_give(t.c, (struct input){.kind = IN_CLOSE, .flow = LAYER_UPPER, .why = CLOSE_RESET});
    CU_ASSERT_TRUE(t.c->n_sends == 0 && t.c->closed && t.c->aborted);
    CU_ASSERT_STRING_EQUAL(t.c->above, "[open]");
    part(t);

    t = meet((struct tls_options){0}, (struct tls_options){0}, "localhost");
    end_of_lower(t.c); /* in the handshake */
    CU_ASSERT_STRING_EQUAL(t.c->above, "[closed tls]");
    CU_ASSERT_STRING_EQUAL(t.c->events, "failed ");
    part(t);

    t = meet((struct tls_options){0}, (struct tls_options){0}, "localhost");
    pump_carry(t.c, t.s, 5000);
    pump_send_text(t.c, "x", NULL);
    t.c->sends[0].p[t.c->sends[0].n - 1] ^= 1; /* somebody has changed an octet on the way */
    pump_carry(t.c, t.s, 5000);
    CU_ASSERT_STRING_EQUAL(t.s->above, "[open][closed tls]");
    CU_ASSERT_STRING_EQUAL(t.s->events, "secured cut ");
    part(t);

    t = meet((struct tls_options){0}, (struct tls_options){0}, "localhost");
    pump_give(t.c, (struct input){.kind = IN_CLOSED, .flow = LAYER_LOWER, .why = CLOSE_REFUSED});
    CU_ASSERT_STRING_EQUAL(t.c->above, "[closed refused]");
    part(t);
}

/* Both sides of each limit. */
static void limits(void)
{
    static uint8_t big[TLS_HANDSHAKE_MAX + 1];
    struct two t = meet((struct tls_options){0}, (struct tls_options){0}, "localhost");
    struct input early = {.kind = IN_SEND, .flow = LAYER_UPPER, .data = {big, TLS_EARLY_MAX}};

    CU_ASSERT_EQUAL(tls_live_class.deadline(t.s->self), 1000 + TLS_HANDSHAKE_US);
    pump_give(t.c, early);
    pump_carry(t.c, t.s, 5000);
    CU_ASSERT_EQUAL(t.s->n_above, 6 + TLS_EARLY_MAX);
    CU_ASSERT_EQUAL(tls_live_class.deadline(t.s->self), NO_DEADLINE);
    part(t);

    t = meet((struct tls_options){0}, (struct tls_options){0}, "localhost");
    early.data.n = TLS_EARLY_MAX + 1;
    pump_give(t.c, early);
    CU_ASSERT_STRING_EQUAL(t.c->above, "[closed quota]");
    CU_ASSERT_TRUE(t.c->aborted);
    t.s->now_us = 1000 + TLS_HANDSHAKE_US;
    pump_give(t.s, (struct input){.kind = IN_TIMER});
    CU_ASSERT_STRING_EQUAL(t.s->above, "[closed timeout]");
    CU_ASSERT_TRUE(t.s->aborted);
    part(t);

    /* a client hello of 131071 octets that never ends, in records of 16384 */
    static const uint8_t record[] = {0x16, 3, 1, 0x40, 0}, hello[] = {1, 1, 0xff, 0xff};
    struct pump_end *s =
        pump_new(&tls_live_class, &(struct tls_options){0}, "", SERVER, NULL, true);
    for (size_t at = 0; at + 5 < sizeof big; at += 5 + TLS_RECORD_MAX)
        memcpy(big + at, record, sizeof record);
    memcpy(big + 5, hello, sizeof hello);
    pump_open(s, true, CLIENT);
    pump_bytes(s, (struct span){big, TLS_HANDSHAKE_MAX}, 4096);
    CU_ASSERT_STRING_EQUAL(s->above, "");
    pump_bytes(s, (struct span){big + TLS_HANDSHAKE_MAX, 1}, 1);
    CU_ASSERT_STRING_EQUAL(s->above, "[closed quota]");
    CU_ASSERT_TRUE(s->aborted);
    pump_free(s);
}

TESTS({"split_at_every_octet", split_at_every_octet}, {"facts", facts},
      {"certificates", certificates}, {"pinned", pinned}, {"bad_options", bad_options},
      {"no_common_ground", no_common_ground}, {"ends_of_all_kinds", ends_of_all_kinds},
      {"limits", limits})
