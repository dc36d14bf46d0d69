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

TESTS({"room for all", room_for_all}, {"injected", injected})
