/* harness/tests/dtls_test.c - both DTLS layers, the live one and the model, against themselves: what a
 * user and a network see of them is the same. */
#include <sys/time.h>
#include "harness/drivers/tls_cert.h"
#include "harness/drivers/tls_live.h"
#include "harness/endpoints/tls/tls.h"
#include "harness/tests/pump.h"

#define CLIENT "10.0.0.1:1000"
#define SERVER "10.0.0.9:5349"

static const struct endpoint_class *const classes[] = {&dtls_live_class, &dtls_model_class};
static uint8_t memory[1 << 16];
static struct span authority, authority_key;

static void know(void)
{
    struct arena mem = arena_of(memory, sizeof memory);
    const char *err = "";
    const struct tls_cert_spec spec = {.ca = true};

    if (!authority.n)
        CU_ASSERT_TRUE_FATAL(tls_cert_make(&spec, &mem, &authority, &authority_key, &err));
}

static struct pump_end *server(const struct endpoint_class *cls, struct tls_options o)
{
    know();
    o.issuer = authority;
    o.issuer_key = authority_key;
    struct pump_end *e = pump_new(cls, &o, "", SERVER, NULL, true);
    pump_open(e, false, NULL);
    return e;
}

static struct pump_end *client(const struct endpoint_class *cls, struct tls_options o,
                               const char *at)
{
    know();
    o.ca = authority;
    struct pump_end *e = pump_new(cls, &o, "localhost", at, SERVER, false);
    pump_open(e, false, NULL);
    return e;
}

/* Carry the first datagram that `from` has sent to whichever of `ends` it is for, or lose it. */
static void carry_one(struct pump_end *from, struct pump_end *const *ends, size_t n, bool lose)
{
    struct pump_send s = from->sends[0];

    for (size_t i = 0; i < n && !lose; i++)
        if (addr_eq(&ends[i]->at, &s.to) && !ends[i]->closed)
            pump_give(ends[i], (struct input){.kind = IN_BYTES,
                                              .flow = LAYER_LOWER,
                                              .data = {s.p, s.n},
                                              .pkt = {.remote = from->at, .local = s.to}});
    pump_drop(from, 1);
}

/* Until nothing is on its way; datagram number `lose` of all is lost. Returns how many there were. */
static size_t carry(struct pump_end *const *ends, size_t n, size_t lose)
{
    size_t count = 0;

    for (bool any = true; any;) {
        any = false;
        for (size_t i = 0; i < n; i++)
            if (ends[i]->n_sends) {
                carry_one(ends[i], ends, n, count++ == lose);
                any = true;
            }
    }
    return count;
}

static uint64_t clock_us = 1000000000000000; /* of OpenSSL */

/* In the place of the system's: OpenSSL asks it when a DTLS timer is over. */
int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
    (void)zone;
    tv->tv_sec = (time_t)(clock_us / 1000000);
    tv->tv_usec = (suseconds_t)(clock_us % 1000000);
    return 0;
}

/* The earliest timer of all fires; false: there is none. OpenSSL's clock goes on with ours. */
static bool fire(struct pump_end *const *ends, size_t n)
{
    struct pump_end *first = NULL;
    uint64_t best = NO_DEADLINE, at;

    for (size_t i = 0; i < n; i++)
        if (!ends[i]->closed && (at = ends[i]->cls->deadline(ends[i]->self)) < best) {
            best = at;
            first = ends[i];
        }
    if (!first)
        return false;
    if (best > first->now_us)
        clock_us += best - first->now_us;
    for (size_t i = 0; i < n; i++)
        ends[i]->now_us = best > ends[i]->now_us ? best : ends[i]->now_us;
    pump_give(first, (struct input){.kind = IN_TIMER});
    return true;
}

static void whole_conversation(void)
{
    for (size_t k = 0; k < COUNT(classes); k++) {
        struct pump_end *c = client(classes[k], (struct tls_options){0}, CLIENT);
        struct pump_end *s = server(classes[k], (struct tls_options){0});
        struct pump_end *ends[] = {c, s};
        CU_ASSERT_STRING_EQUAL(s->above, "[open]"); /* a server's flow is there at once */
        CU_ASSERT_STRING_EQUAL(c->above, "");
        pump_send_text(c, "early ", NULL);
        carry(ends, 2, SIZE_MAX);
        CU_ASSERT_TRUE(c->largest <= TLS_MTU && s->largest <= TLS_MTU);
        pump_send_text(s, "answer", &c->at);
        pump_send_text(c, "late", &s->at);
        CU_ASSERT_TRUE(c->n_sends == 1 && s->n_sends == 1); /* one datagram, one record */
        carry(ends, 2, SIZE_MAX);
        CU_ASSERT_STRING_EQUAL(s->above, "[open]early late");
        CU_ASSERT_STRING_EQUAL(c->above, "[open]answer");
        CU_ASSERT_TRUE(c->last.cookie && s->last.cookie);
        CU_ASSERT_EQUAL(classes[k]->deadline(c->self), NO_DEADLINE);
        CU_ASSERT_EQUAL(classes[k]->deadline(s->self), NO_DEADLINE);
        pump_give(c, (struct input){.kind = IN_CLOSE, .flow = LAYER_UPPER});
        CU_ASSERT_EQUAL(c->n_sends, 1); /* close_notify */
        carry(ends, 2, SIZE_MAX);
        CU_ASSERT_STRING_EQUAL(s->events, "secured ended ");
        CU_ASSERT_STRING_EQUAL(s->above, "[open]early late"); /* others may come */
        pump_free(c);
        pump_free(s);
    }
}

static void server_says_goodbye(void)
{
    for (size_t k = 0; k < COUNT(classes); k++) {
        struct pump_end *c = client(classes[k], (struct tls_options){0}, CLIENT);
        struct pump_end *s = server(classes[k], (struct tls_options){0});
        struct pump_end *ends[] = {c, s};
        carry(ends, 2, SIZE_MAX);
        pump_give(s, (struct input){.kind = IN_CLOSE, .flow = LAYER_UPPER});
        carry(ends, 2, SIZE_MAX);
        CU_ASSERT_STRING_EQUAL(c->above, "[open][closed done]");
        CU_ASSERT_STRING_EQUAL(c->why, "the peer closed the association");
        pump_free(c);
        pump_free(s);
    }
}

/* A conversation in which datagram number `lose` is lost; timers bring it again. Returns how many there
 * were. */
static size_t with_loss(const struct endpoint_class *cls, size_t lose)
{
    struct tls_options quick = {.rto_us = 16000};
    struct pump_end *c = client(cls, quick, CLIENT), *s = server(cls, quick);
    struct pump_end *ends[] = {c, s};

    pump_send_text(c, "x", NULL);
    size_t n = carry(ends, 2, lose);
    for (bool any = true; any && !strstr(c->above, "[open]"); n += carry(ends, 2, SIZE_MAX))
        any = fire(ends, 2);
    if (!strstr(s->above,
                "x")) { /* it was the datagram with the user's data: those are not repeated */
        pump_send_text(c, "x", NULL);
        carry(ends, 2, SIZE_MAX);
    }
    CU_ASSERT_STRING_EQUAL(c->above, "[open]");
    CU_ASSERT_STRING_EQUAL(s->above, "[open]x");
    CU_ASSERT_STRING_EQUAL(s->events, "secured ");
    CU_ASSERT_STRING_EQUAL(c->events, "secured ");
    pump_free(c);
    pump_free(s);
    return n;
}

static void each_datagram_lost(void)
{
    for (size_t k = 0; k < COUNT(classes); k++) {
        size_t lose = 0;
        while (with_loss(classes[k], lose) > lose) /* until there is none of that number */
            lose++;
        CU_ASSERT_TRUE(lose >= 7);
    }
}

static void nobody_answers(void)
{
    for (size_t k = 0; k < COUNT(classes); k++) {
        struct pump_end *c = client(classes[k], (struct tls_options){0}, CLIENT);
        struct pump_end *ends[] = {c};
        size_t sent = 0;
        for (; fire(ends, 1); sent += carry(ends, 1, SIZE_MAX))
            ;
        CU_ASSERT_TRUE(classes[k] == &dtls_live_class || sent == 5);
        CU_ASSERT_STRING_EQUAL(c->above, "[closed timeout]");
        CU_ASSERT_STRING_EQUAL(c->why, "the handshake took too long");
        CU_ASSERT_TRUE(c->now_us <= 1000 + TLS_HANDSHAKE_US);
        pump_free(c);

        c = client(classes[k], (struct tls_options){0}, CLIENT);
        struct input icmp = {.kind = IN_ICMP, .flow = LAYER_LOWER, .icmp = 3 << 8 | 3};
        CU_ASSERT_TRUE(addr_parse(span_of(SERVER), &icmp.pkt.remote));
        pump_give(c, icmp);
        CU_ASSERT_STRING_EQUAL(c->above, "[closed refused]");
        pump_free(c);
    }
}

static void refused_certificates(void)
{
    static const struct {
        struct tls_options s;
        const char *why;
    } rows[] = {{{.expired = true}, "has expired"},
                {{.not_yet = true}, "is not valid yet"},
                {{.invalid = true}, "the issuer of the certificate is not known"},
                {{.self_signed = true}, "self-signed"},
                {{.subject = SPAN("other.example")}, "the certificate is for "}};

    for (size_t k = 0; k < COUNT(classes); k++)
        for (size_t i = 0; i < COUNT(rows); i++) {
            struct pump_end *c = client(classes[k], (struct tls_options){0}, CLIENT);
            struct pump_end *s = server(classes[k], rows[i].s);
            struct pump_end *ends[] = {c, s};
            pump_send_text(c, "private", NULL);
            carry(ends, 2, SIZE_MAX);
            CU_ASSERT_STRING_EQUAL(c->above, "[closed tls]");
            CU_ASSERT_PTR_NOT_NULL(strstr(c->why, rows[i].why));
            CU_ASSERT_STRING_EQUAL(c->events, "failed ");
            CU_ASSERT_STRING_EQUAL(s->events, "failed ");
            CU_ASSERT_STRING_EQUAL(s->above, "[open]");
            CU_ASSERT_PTR_NOT_NULL(strstr(s->told, "the peer refused: "));
            pump_free(c);
            pump_free(s);
        }
}

/* Several remotes on one binding, each with an association of its own, one begun anew. */
static void many_remotes(void)
{
    for (size_t k = 0; k < COUNT(classes); k++) {
        struct pump_end *s = server(classes[k], (struct tls_options){0});
        struct pump_end *a = client(classes[k], (struct tls_options){0}, "10.0.0.1:1000");
        struct pump_end *b = client(classes[k], (struct tls_options){0}, "10.0.0.2:1000");
        struct pump_end *ends[] = {s, a, b};
        carry(ends, 3, SIZE_MAX);
        pump_send_text(s, "to a", &a->at);
        pump_send_text(s, "to b", &b->at);
        struct addr nobody = b->at;
        nobody.port = 7;
        pump_send_text(s, "to nobody", &nobody);
        carry(ends, 3, SIZE_MAX);
        CU_ASSERT_STRING_EQUAL(a->above, "[open]to a");
        CU_ASSERT_STRING_EQUAL(b->above, "[open]to b");
        pump_free(a); /* gone without a word; somebody else begins at the same address */
        ends[1] = a = client(classes[k], (struct tls_options){0}, "10.0.0.1:1000");
        carry(ends, 3, SIZE_MAX);
        pump_send_text(s, "again", &a->at);
        carry(ends, 3, SIZE_MAX);
        CU_ASSERT_STRING_EQUAL(a->above, "[open]again");
        CU_ASSERT_STRING_EQUAL(s->events, "secured secured secured ");
        for (size_t i = 0; i < 3; i++)
            pump_free(ends[i]);
    }
}

/* The server's answer to a first client hello costs it nothing that it would have to remember. */
static void cookies(void)
{
    for (size_t k = 0; k < COUNT(classes); k++) {
        struct pump_end *s = server(classes[k], (struct tls_options){0});
        struct pump_end *c = client(classes[k], (struct tls_options){0}, CLIENT);
        struct pump_end *ends[] = {s, c};
        struct pump_send hello = c->sends[0];
        for (uint16_t port = 1; port < 200; port++) {
            c->at.port = port;
            pump_give(s, (struct input){.kind = IN_BYTES,
                                        .flow = LAYER_LOWER,
                                        .data = {hello.p, hello.n},
                                        .pkt = {.remote = c->at, .local = s->at}});
            CU_ASSERT_EQUAL_FATAL(s->n_sends, 1);
            CU_ASSERT_TRUE(s->sends[0].n < hello.n && addr_eq(&s->sends[0].to, &c->at));
            if (port < 199)
                pump_drop(s, 1);
        }
        CU_ASSERT_EQUAL(classes[k]->deadline(s->self), NO_DEADLINE);
        pump_drop(c, 1);
        carry_one(s, ends, 2, false); /* the cookie of port 199 ... */
        CU_ASSERT_EQUAL_FATAL(c->n_sends, 1);
        c->at.port = 198; /* ... does not do for another */
        carry_one(c, ends, 2, false);
        CU_ASSERT_TRUE(s->n_sends == 1 && s->largest < 200);
        CU_ASSERT_EQUAL(classes[k]->deadline(s->self), NO_DEADLINE);
        pump_free(s);
        pump_free(c);
    }
}

/* A client that returns its cookie and then says nothing more. */
static void half_open(struct pump_end *s, uint16_t port)
{
    struct pump_end *c = client(s->cls, (struct tls_options){0}, CLIENT);
    struct pump_end *ends[] = {s, c};

    c->at.port = port;
    carry_one(c, ends, 2, false);
    carry_one(s, ends, 2, false);
    carry_one(c, ends, 2, false);
    pump_drop(s, s->n_sends);
    pump_free(c);
}

static void too_many_half_open(void)
{
    struct pump_end *s = server(&dtls_live_class, (struct tls_options){0});
    struct pump_end *good = client(&dtls_live_class, (struct tls_options){0}, "10.0.0.3:1000");
    struct pump_end *ends[] = {s, good};

    carry(ends, 2, SIZE_MAX);
    for (int i = 0; i < TLS_HALF_OPEN; i++)
        half_open(s, (uint16_t)(2000 + i));
    CU_ASSERT_STRING_EQUAL(s->events, "secured ");
    half_open(s, 3000);
    CU_ASSERT_STRING_EQUAL(s->events, "secured failed ");
    CU_ASSERT_STRING_EQUAL(s->told, "too many handshakes at once");
    CU_ASSERT_EQUAL(s->last.remote.port, 2000); /* the oldest */
    pump_send_text(good, "still here", NULL);
    carry(ends, 2, SIZE_MAX);
    CU_ASSERT_STRING_EQUAL(s->above, "[open]still here");
    pump_free(s);
    pump_free(good);
}

TESTS({"whole_conversation", whole_conversation}, {"server_says_goodbye", server_says_goodbye},
      {"each_datagram_lost", each_datagram_lost}, {"nobody_answers", nobody_answers},
      {"refused_certificates", refused_certificates}, {"many_remotes", many_remotes},
      {"cookies", cookies}, {"too_many_half_open", too_many_half_open})
