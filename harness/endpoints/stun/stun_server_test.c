/* harness/endpoints/stun/stun_server_test.c - the server's room for streams, in the simulator. */
#include "harness/core/test.h"
#include "harness/drivers/sim.h"
#include "harness/endpoints/stun/stun_endpoint.h"

struct seen {
    size_t answers, closed, refused;
    const char *why;
};

static void on_event(void *ctx, const struct event *ev)
{
    struct seen *s = ctx;
    const struct stun_event *e = ev->rec;
    if (strcmp(ev->name, "refused") == 0) {
        s->refused++;
        s->why = e->why;
    }
    s->answers += e->kind == STUN_R_SUCCESS;
    s->closed += e->kind == STUN_R_CLOSED;
}

/* `n` clients at one server, each over a stream of its own; all from one address where `same`. */
static void clients(size_t n, const struct stun_server_config *config, struct seen *s)
{
    struct driver *d = sim_new(1, NULL);
    const char *err;
    static const struct verb *request;
    static struct stun_client_config c;

    *s = (struct seen){0};
    CU_ASSERT_PTR_NOT_NULL_FATAL(d);
    if (!d)
        return; /* FATAL has left already */
    d->on_event = on_event;
    d->ctx = s;
    struct party *server =
        d->cls->add(d, &(struct party_spec){.cls = &stun_server_class, .config = config}, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(server);
    c.server = party_addr(server);
    c.server.port = 3478;
    c.transport = span_of("tcp");
    for (size_t i = 0; i < stun_client_class.n_verbs; i++)
        if (strcmp(stun_client_class.verbs[i].name, "binding") == 0)
            request = &stun_client_class.verbs[i];
    for (size_t i = 0; i < n; i++) {
        struct party *p =
            d->cls->add(d, &(struct party_spec){.cls = &stun_client_class, .config = &c}, &err);
        CU_ASSERT_PTR_NOT_NULL_FATAL(p);
        d->cls->command(p, request, NULL, (uint32_t)i + 1);
    }
    d->cls->run(d, 1000000);
    CU_ASSERT_PTR_NULL(d->error);
    d->cls->destroy(d);
}

static void room_for_all(void)
{
    struct seen s;
    clients(STUN_CONNECTIONS, NULL, &s);
    CU_ASSERT_EQUAL(s.answers, STUN_CONNECTIONS);
    CU_ASSERT_EQUAL(s.refused, 0);
    clients(STUN_CONNECTIONS + 3, NULL, &s);
    CU_ASSERT_EQUAL(s.answers, STUN_CONNECTIONS);
    CU_ASSERT_EQUAL(s.refused, 3);
    CU_ASSERT_EQUAL(s.closed, 3);
    CU_ASSERT_TRUE(s.why && strcmp(s.why, "full") == 0);
}

static void injected(void)
{
    struct seen s;
    clients(3, &(struct stun_server_config){.fail_at = 2}, &s);
    CU_ASSERT_EQUAL(s.answers, 2);
    CU_ASSERT_EQUAL(s.refused, 1);
    CU_ASSERT_TRUE(s.why && strcmp(s.why, "injected") == 0);
}

static void prepared(void)
{
    static const struct {
        const char *what;
        struct span in;
        bool quoted, rfc5389;
        const char *out;
    } v[] = {
        {"ASCII", SPAN("alice"), true, false, "alice"},
        {"trailing NULs", SPAN("alice\0\0"), true, false, "alice"},
        {"quotes", SPAN("\"interop.test\""), true, false, "interop.test"},
        {"quotes of a password", SPAN("\"p\""), false, false, "\"p\""},
        {"one quote", SPAN("\""), true, false, "\""},
        {"quote before NUL", SPAN("\"r\"\0"), true, false, "r"},
        {"OpaqueString", SPAN("pa\u0301ss\u00a0\u2168"), false, false, "p\u00e1ss \u2168"},
        {"SASLprep", SPAN("pa\u0301ss\u00a0\u2168"), false, true, "p\u00e1ss IX"},
        {"refused", SPAN("a\tb"), false, false, "a\tb"},
        {"not UTF-8", SPAN("\xff"), false, false, "\xff"},
    };
    for (size_t i = 0; i < COUNT(v); i++) {
        _Alignas(16) uint8_t room[64];
        struct arena mem = arena_of(room, sizeof room);
        CHECK_TEXT(stun_prepare(&mem, v[i].in, v[i].quoted, v[i].rfc5389), v[i].out);
    }
}

/* A message with both integrity attributes and FINGERPRINT, the second cut to `n` octets. */
static void cut(void)
{
    static uint8_t scratch[8192];
    struct stun_key key;

    stun_key_init(&key, span_of("password"));
    for (size_t n = 1; n <= 33; n++) {
        uint8_t out[256];
        struct wr w = {out, sizeof out, 0, false};
        struct arena mem = arena_of(scratch, sizeof scratch);
        struct stun_marks marks;
        struct stun_attr attrs[8];
        struct stun_msg m;
        struct findings none = {0};
        struct draft dr;

        stun_draft(&dr, &mem, STUN_REQUEST, STUN_BINDING, span_of("transaction."));
        stun_add_bytes(&dr, STUN_USERNAME, span_of("alice"));
        stun_add(&dr, STUN_MESSAGE_INTEGRITY);
        stun_add(&dr, STUN_MESSAGE_INTEGRITY_SHA256);
        stun_add(&dr, STUN_FINGERPRINT);
        stun_encode(&w, &dr, &marks);
        stun_cut256(&w, &marks, n);
        stun_seal(&w, &marks, &key);
        CU_ASSERT_EQUAL(stun_decode(wr_span(&w), &m, attrs, COUNT(attrs), &none), STEP_ITEM);
        CU_ASSERT_EQUAL(m.length, w.n - STUN_HEADER);
        CU_ASSERT_EQUAL(m.n_attrs, 4);
        CU_ASSERT_EQUAL(get_u16(out + m.at_integrity256 + 2), n > 32 ? 32 : n);
        CU_ASSERT_EQUAL(stun_check_integrity(&m, &key), STUN_GOOD);
        CU_ASSERT_EQUAL(stun_check_integrity256(&m, &key),
                        n < 16 || (n < 32 && n % 4) ? STUN_BAD : STUN_GOOD);
        CU_ASSERT_EQUAL(stun_check_fingerprint(&m), STUN_GOOD);
    }
}

TESTS({"room for all", room_for_all}, {"injected", injected}, {"prepared", prepared}, {"cut", cut})
