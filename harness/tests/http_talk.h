/* harness/tests/http_talk.h - for tests of HTTP: clients of ours, and servers, in a driver; what a client is told is
 * kept as text. */
#ifndef HARNESS_TESTS_HTTP_TALK_H
#define HARNESS_TESTS_HTTP_TALK_H
#include "harness/core/driver.h"
#include "harness/core/tls.h"
#include "harness/tests/http_rig.h"

enum { TALK_TOLD = 1 << 14 };
struct talk {
    struct driver *d;
    struct party *server, *client;
    char told[TALK_TOLD]; /* responses, in their order: "TOKEN:STATUS WHY|CONTENT VERIFIED;" */
    size_t n;
    uint32_t asked, answered, tries; /* tries, content_n: of the last response */
    uint32_t id;                     /* of a request that the server's driver is to answer */
    uint64_t flows;                  /* a bit for each connection that a response came on */
    size_t content_n;
};

static inline void talk_on_event(void *ctx, const struct event *ev)
{
    struct talk *t = ctx;
    const struct http_event *e = ev->rec;

    if (ev->desc != &http_event_desc)
        return;
    if (ev->party == t->server && strcmp(ev->name, "request") == 0) {
        t->id = e->id; /* to be replied to outside of the handler */
        driver_break(t->d);
    }
    if (ev->party != t->client || strcmp(ev->name, "response") != 0)
        return;
    t->n +=
        (size_t)snprintf(t->told + t->n, TALK_TOLD - t->n, "%u:%u %s%.*s%s;", ev->token, e->code,
                         e->why ? e->why : "", (int)(e->content.n < 100 ? e->content.n : 100),
                         e->content.n ? (const char *)e->content.p : "",
                         e->verified == HTTP_VERIFIED_GOOD  ? " verified"
                         : e->verified == HTTP_VERIFIED_BAD ? " forged"
                                                            : "");
    CU_ASSERT_FATAL(t->n < TALK_TOLD);
    t->flows |= UINT64_C(1) << (e->flow & 63);
    t->tries = e->tries;
    t->content_n = e->content.n;
    if (++t->answered == t->asked)
        driver_break(t->d);
}

/* `d` is NULL: there is none, which fails the test. */
static inline void talk_begin(struct talk *t, struct driver *d)
{
    *t = (struct talk){.d = d};
    CU_ASSERT_PTR_NOT_NULL_FATAL(d);
    d->on_event = talk_on_event;
    d->ctx = t;
}

static inline struct party *talk_add(struct talk *t, const struct endpoint_class *cls,
                                     const void *config)
{
    static const struct tls_options options = {.server_name = SPAN("a.example")};
    const char *err = NULL;
    struct party *p = t->d->cls->add(t->d,
                                     &(struct party_spec){.cls = cls,
                                                          .config = config,
                                                          .layer_desc = &tls_options_desc,
                                                          .layer_options = &options},
                                     &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    return p;
}

static inline void talk_command(struct talk *t, struct party *p, const char *verb, const void *args,
                                uint32_t token)
{
    const struct endpoint_class *cls = party_class(p);

    for (size_t i = 0; i < cls->n_verbs; i++)
        if (strcmp(cls->verbs[i].name, verb) == 0)
            t->d->cls->command(p, &cls->verbs[i], args, token);
}

/* `body` is NULL: none. */
static inline void talk_fetch(struct talk *t, struct http_args a, const char *method,
                              const char *target, const char *body)
{
    static _Alignas(16) uint8_t memory[4096];
    struct arena mem = arena_of(memory, sizeof memory);
    struct draft dr;

    http_draft_request(&dr, &mem, span_of(method), span_of(target));
    if (body)
        http_add(&dr, "Content-Type", span_of("text/plain"));
    if (body)
        http_body(&dr, span_of(body));
    a.message = &dr;
    talk_command(t, t->client, "fetch", &a, ++t->asked);
}

static inline void talk_reply(struct talk *t)
{
    static _Alignas(16) uint8_t memory[4096];
    struct arena mem = arena_of(memory, sizeof memory);
    struct draft dr;
    struct http_reply_args a = {.id = t->id, .message = &dr};

    http_draft_response(&dr, &mem, 202);
    http_body(&dr, span_of("asked"));
    talk_command(t, t->server, "reply", &a, 1);
    t->id = 0;
}

/* Run until all that was asked is answered, for 20 s at most. */
static inline void talk_run(struct talk *t)
{
    uint64_t until = t->d->now_us + 20000000;

    while (t->answered < t->asked && t->d->now_us < until && !t->d->error) {
        t->d->cls->run(t->d, until);
        if (t->id)
            talk_reply(t);
    }
    CU_ASSERT_PTR_NULL(t->d->error);
    CU_ASSERT_EQUAL(t->answered, t->asked);
}
#endif
