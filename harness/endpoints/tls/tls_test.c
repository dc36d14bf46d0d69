/* harness/endpoints/tls/tls_test.c - two modelled TLS layers against each other, or against octets.
 */
#include <stdlib.h>
#include "harness/core/test.h"
#include "harness/endpoints/tls/tls.h"

enum { TEXT = 1 << 16 };

struct end { /* one layer, what it has put below and above */
    struct env *self;
    struct outq q;
    uint64_t now_us;
    uint8_t wire[TEXT];
    size_t n_wire, sent[64], n_sent; /* records, each its length */
    char above[TEXT];                /* "open", octets, "eof", "closed why" in brackets */
    size_t n_above;
    bool lower_closed, lower_shut, aborted;
};

static void say(struct end *e, struct span s)
{
    CU_ASSERT_FATAL(e->n_above + s.n < TEXT);
    if (s.n)
        memcpy(e->above + e->n_above, s.p, s.n);
    e->above[e->n_above += s.n] = '\0';
}

static void take(struct end *e, const struct output *o)
{
    struct span data = o->n_data ? o->data[0] : (struct span){0};

    CU_ASSERT_TRUE(o->n_data <= 1);
    switch (o->kind) {
    case OUT_SEND:
        CU_ASSERT_FATAL(o->flow == LAYER_LOWER && e->n_wire + data.n < TEXT);
        if (data.n)
            memcpy(e->wire + e->n_wire, data.p, data.n);
        e->n_wire += data.n;
        e->sent[e->n_sent++ % COUNT(e->sent)] = data.n;
        break;
    case OUT_PROVIDE:
        say(e, span_of("[open]"));
        break;
    case OUT_DELIVER:
        say(e, data);
        break;
    case OUT_EOF:
        say(e, span_of("[eof]"));
        break;
    case OUT_CLOSED:
        say(e, span_of("[closed "));
        say(e, span_of(close_name(o->why)));
        say(e, span_of("]"));
        break;
    case OUT_EVENT:
        break;
    case OUT_SHUTDOWN:
        e->lower_shut = true;
        break;
    default:
        CU_ASSERT_EQUAL(o->kind, OUT_CLOSE);
        e->lower_closed = true;
        e->aborted = o->abort;
    }
}

static void give(struct end *e, struct input in)
{
    e->q.n = e->q.mem.n = 0;
    in.now_us = e->now_us;
    tls_model_class.input(e->self, &in, &e->q);
    CU_ASSERT_FALSE(e->q.full || e->q.mem.full);
    for (size_t i = 0; i < e->q.n; i++)
        take(e, &e->q.v[i]);
}

static struct end *end_new(const struct tls_options *o, const char *name, bool server)
{
    struct end *e = calloc(1, sizeof *e);

    e->self = calloc(1, tls_model_class.size);
    e->q = (struct outq){.v = calloc(65, sizeof *e->q.v), .cap = 64};
    e->q.mem = arena_of(malloc(TEXT * 2), TEXT * 2);
    e->now_us = 1000;
    struct flow_spec spec = {
        .stack = "tcp/tls", .name = span_of(name), .desc = &tls_options_desc, .options = o};
    give(e, (struct input){.kind = IN_START, .rec = o});
    give(e, (struct input){.kind = IN_OPEN, .flow = LAYER_UPPER, .open = &spec});
    give(e, (struct input){
                .kind = IN_OPENED, .flow = LAYER_LOWER, .parent = server ? LAYER_LOWER : 0});
    return e;
}

static void end_free(struct end *e)
{
    free(e->self);
    free(e->q.v);
    free(e->q.mem.p);
    free(e);
}

static void octets(struct end *e, struct span s, size_t chunk)
{
    for (size_t at = 0; at < s.n && !e->lower_closed; at += chunk)
        give(e, (struct input){
                    .kind = IN_BYTES, .flow = LAYER_LOWER, .data = span_cut(s, at, at + chunk)});
}

/* Carry what each has sent to the other, in chunks, until nothing is left. */
static void carry(struct end *a, struct end *b, size_t chunk)
{
    static uint8_t wire[TEXT];

    while (a->n_wire || b->n_wire) {
        struct end *from = a->n_wire ? a : b, *to = a->n_wire ? b : a;
        struct span s = {wire, from->n_wire};
        memcpy(wire, from->wire, from->n_wire);
        from->n_wire = 0;
        octets(to, s, chunk);
    }
}

static void send_text(struct end *e, const char *text)
{
    give(e, (struct input){.kind = IN_SEND, .flow = LAYER_UPPER, .data = span_of(text)});
}

static void whole_conversation(void)
{
    for (size_t chunk = 1; chunk < 1400; chunk = chunk < 20 ? chunk + 1 : chunk * 2) {
        struct end *c = end_new(NULL, "", false), *s = end_new(NULL, "", true);
        send_text(c, "early ");
        carry(c, s, chunk);
        CU_ASSERT_TRUE(c->sent[0] == TLS_HELLO && s->sent[0] == TLS_SERVER_FLIGHT);
        CU_ASSERT_TRUE(c->sent[1] == TLS_FINISHED && c->sent[2] == 5 + 6);
        send_text(s, "answer");
        send_text(c, "late");
        give(c, (struct input){.kind = IN_SHUTDOWN, .flow = LAYER_UPPER});
        send_text(c, "never");
        CU_ASSERT_TRUE(c->lower_shut);
        carry(c, s, chunk);
        give(s, (struct input){.kind = IN_EOF, .flow = LAYER_LOWER});
        give(s, (struct input){.kind = IN_CLOSE, .flow = LAYER_UPPER});
        carry(c, s, chunk);
        CU_ASSERT_STRING_EQUAL(s->above, "[open]early late[eof]");
        CU_ASSERT_STRING_EQUAL(c->above, "[open]answer[eof]");
        CU_ASSERT_TRUE(s->lower_closed && !s->aborted && !c->lower_closed);
        end_free(c);
        end_free(s);
    }
}

static void facts_of_certificates(void)
{
    static const struct row {
        struct tls_options server, client;
        const char *name;
        bool good;
        uint8_t alert;
    } rows[] = {
        {{.subject = SPAN("a.example")}, {.insecure = false}, "a.example", true, 0},
        {{.subject = SPAN("a.example")}, {.insecure = false}, "b.example", false, 42},
        {{.subject = SPAN("a.example")}, {.insecure = true}, "b.example", true, 0},
        {{.subject = SPAN("a.example")}, {.insecure = false}, "", true, 0},
        {{.expired = true}, {.insecure = false}, "a.example", false, 45},
        {{.expired = true}, {.insecure = true}, "a.example", true, 0},
        {{.invalid = true}, {.insecure = false}, "a.example", false, 48},
        {{.invalid = true}, {.insecure = true}, "a.example", true, 0},
        {{.alpn = SPAN("h2,http/1.1")}, {.alpn = SPAN("http/1.1")}, "", true, 0},
        {{.alpn = SPAN("h2,http/1.1")}, {.alpn = SPAN("http/1")}, "", false, 120},
        {{.alpn = SPAN("h2")}, {.insecure = false}, "", true, 0},
        {{.insecure = false}, {.alpn = SPAN("h2")}, "", true, 0},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct end *c = end_new(&rows[i].client, rows[i].name, false);
        struct end *s = end_new(&rows[i].server, "", true);
        carry(c, s, 100);
        CU_ASSERT_STRING_EQUAL(c->above, rows[i].good ? "[open]" : "[closed tls]");
        CU_ASSERT_STRING_EQUAL(s->above, rows[i].good ? "[open]" : "[closed tls]");
        CU_ASSERT_EQUAL(c->lower_closed, !rows[i].good);
        CU_ASSERT_EQUAL(s->lower_closed, !rows[i].good);
        if (!rows[i].good) { /* the alert was the refuser's last record */
            struct end *by = rows[i].alert == 120 ? s : c;
            CU_ASSERT_TRUE(by->sent[by->n_sent - 1] == 7 && by->wire[6] == rows[i].alert);
        }
        end_free(c);
        end_free(s);
    }
}

/* What a server says to octets that are no client's. */
static void bad_octets(void)
{
    static const struct {
        struct span in;
        uint8_t alert;
    } rows[] = {
        {SPAN("\x16\3\3\x40\1"), 22},      /* a record of 16385 octets */
        {SPAN("\x17\3\3\0\1x"), 10},       /* data first */
        {SPAN("\x99\3\3\0\1x"), 10},       /* no type */
        {SPAN("\x16\3\3\0\0"), 10},        /* an empty handshake record */
        {SPAN("\x16\3\3\0\1\x14"), 10},    /* finished first */
        {SPAN("\x16\3\3\0\3\1\5x"), 50},   /* a name that is not there */
        {SPAN("\x16\3\3\0\4\1\1x\1"), 50}, /* a list that is not there */
        {SPAN("\x16\3\3\0\1\1"), 50},      /* nothing at all */
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t chunk = 1; chunk <= rows[i].in.n; chunk++) {
            struct end *s = end_new(NULL, "", true);
            octets(s, rows[i].in, chunk);
            CU_ASSERT_STRING_EQUAL(s->above, "[closed tls]");
            CU_ASSERT_TRUE(s->lower_closed && s->n_wire == 7 && s->wire[5] == 2);
            CU_ASSERT_EQUAL(s->wire[6], rows[i].alert);
            end_free(s);
        }
}

static void ends_of_all_kinds(void)
{
    struct end *c = end_new(NULL, "", false), *s = end_new(NULL, "", true);
    carry(c, s, 4000);
    give(s, (struct input){.kind = IN_EOF, .flow = LAYER_LOWER}); /* no close_notify */
    CU_ASSERT_STRING_EQUAL(s->above, "[open][closed tls]");
    give(c, (struct input){.kind = IN_CLOSE, .flow = LAYER_UPPER, .why = CLOSE_RESET});
    CU_ASSERT_TRUE(c->n_wire == 0 && c->lower_closed && c->aborted);
    CU_ASSERT_STRING_EQUAL(c->above, "[open]");
    end_free(c);
    end_free(s);

    c = end_new(NULL, "", false); /* nobody answers */
    CU_ASSERT_EQUAL(tls_model_class.deadline(c->self), 1000 + TLS_HANDSHAKE_US);
    c->now_us = 1000 + TLS_HANDSHAKE_US;
    give(c, (struct input){.kind = IN_TIMER});
    CU_ASSERT_STRING_EQUAL(c->above, "[closed timeout]");
    CU_ASSERT_TRUE(c->aborted && tls_model_class.deadline(c->self) == NO_DEADLINE);
    end_free(c);

    c = end_new(NULL, "", false);
    give(c, (struct input){.kind = IN_CLOSED, .flow = LAYER_LOWER, .why = CLOSE_REFUSED});
    CU_ASSERT_STRING_EQUAL(c->above, "[closed refused]");
    end_free(c);
}

static void limits(void)
{
    static uint8_t big[TLS_EARLY_MAX + 1];
    struct end *c = end_new(NULL, "", false), *s = end_new(NULL, "", true);

    memset(big, 'x', sizeof big);
    give(c, (struct input){.kind = IN_SEND, .flow = LAYER_UPPER, .data = {big, TLS_EARLY_MAX}});
    carry(c, s, 4000);
    CU_ASSERT_EQUAL(s->n_above, 6 + TLS_EARLY_MAX);
    give(c,
         (struct input){.kind = IN_SEND, .flow = LAYER_UPPER, .data = {big, TLS_RECORD_MAX + 1}});
    CU_ASSERT_TRUE(c->sent[c->n_sent - 2] == 5 + TLS_RECORD_MAX && c->sent[c->n_sent - 1] == 6);
    carry(c, s, 4000);
    CU_ASSERT_EQUAL(s->n_above, 6 + TLS_EARLY_MAX + TLS_RECORD_MAX + 1);
    end_free(c);
    end_free(s);

    c = end_new(NULL, "", false);
    give(c, (struct input){.kind = IN_SEND, .flow = LAYER_UPPER, .data = {big, sizeof big}});
    CU_ASSERT_STRING_EQUAL(c->above, "[closed quota]");
    CU_ASSERT_TRUE(c->aborted);
    end_free(c);

    memset(big, 'n', sizeof big);
    big[TLS_NAME_MAX + 9] = '\0'; /* names are cut, on both sides alike */
    c = end_new(&(struct tls_options){.alpn = {big, 300}}, (char *)big, false);
    s = end_new(&(struct tls_options){.subject = {big, 300}}, "", true);
    carry(c, s, 1);
    CU_ASSERT_STRING_EQUAL(c->above, "[open]");
    end_free(c);
    end_free(s);
}

TESTS({"whole_conversation", whole_conversation}, {"facts_of_certificates", facts_of_certificates},
      {"bad_octets", bad_octets}, {"ends_of_all_kinds", ends_of_all_kinds}, {"limits", limits})
