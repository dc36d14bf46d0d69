/* harness/endpoints/ws/ws_dev_test.c - each fault of the layer "ws" shows, by its clause or by what it does; each
 * variant, and each pair of them, keeps to the standard and is understood. */
#include "harness/core/registry.h"
#include "harness/core/test.h"
#include "harness/tests/ws_rig.h"

#define REMOTE "192.0.2.1:80"
#define REQUEST(version)                                                                           \
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                   \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: " version "\r\n\r\n"

static void feed(struct rig_end *e, enum ws_opcode opcode, const char *text)
{
    static uint8_t in[256];
    struct wr w = {in, sizeof in, 0, false};

    if (opcode == WS_CLOSE)
        rig_close_frame(&w, e->server, 1000, text);
    else
        rig_frame(&w, e->server, opcode, true, span_of(text));
    rig_bytes(e, wr_span(&w), 256);
}

/* The request of a client, where it has one, and the response to it. */
static bool answer(struct rig_end *e, const char *more)
{
    static uint8_t memory[1 << 16], text[1024];
    struct arena mem = arena_of(memory, sizeof memory);
    struct wr w = {text, sizeof text, 0, false};
    struct findings none = {0};
    struct http_msg m;

    if (http_decode((struct span){e->wire, e->n_wire}, HTTP_ASK_OTHER, &mem, &m, &none) !=
        STEP_ITEM)
        return false;
    ws_response_put(&w, &m, (struct span){NULL, 0}, (struct span){NULL, 0});
    w.n -= 2;
    wr_text(&w, more);
    wr_text(&w, "\r\n");
    rig_bytes(e, wr_span(&w), 1024);
    return true;
}

enum ending { BEGIN, ANSWER, FAIL, ENDINGS };

/* An end with deviations through a connection; the findings on all that it sends. */
static struct rig_end *walk(bool server, const char *const *names, enum ending how,
                            struct rig_said *said)
{
    static const struct ws_options o = {.fragment = 3};
    struct rig_end *e = rig_new(server, &o, "", REMOTE, names);
    bool open = true;

    if (server)
        rig_bytes(e, span_of(REQUEST("13")), 1024);
    else
        open = answer(e, "");
    rig_send(e, WS_TEXT, span_of("hello"));
    rig_send(e, WS_TEXT, span_of("hi"));
    feed(e, WS_PING, "p");
    feed(e, WS_TEXT, "x");
    if (how == BEGIN)
        rig_close(e, 1000, "");
    if (open)
        feed(e, how == FAIL ? (enum ws_opcode)3 : WS_CLOSE, "");
    rig_said(e, said);
    return e;
}

/* ---- faults that lint sees ---- */

/* Where lint cites another clause than the one that binds who did it. */
static const char *const others[][2] = {{"w-accept-wrong", "RFC6455:4.1#39"}};

static bool cited(const struct deviation *d)
{
    const char *names[] = {d->name, NULL}, *clause = d->clause;
    static struct rig_said said;
    bool seen = false;

    for (size_t i = 0; i < COUNT(others); i++)
        clause = strcmp(others[i][0], d->name) == 0 ? others[i][1] : clause;
    for (unsigned i = 0; i < 2 * ENDINGS; i++) {
        struct rig_end *e = walk(i & 1, names, (enum ending)(i / 2), &said);
        for (size_t k = 0; k < said.n_found; k++)
            seen |= strcmp(said.found[k].clause, clause) == 0;
        rig_free(e);
    }
    return seen;
}

/* Of a server's response: as its client judges it. */
static bool cited_by_client(const struct deviation *d)
{
    static uint8_t memory[1 << 16];
    const char *names[] = {d->name, NULL}, *clause = d->clause;
    struct arena mem = arena_of(memory, sizeof memory);
    struct finding found[8];
    struct findings fs = {.v = found, .cap = COUNT(found)}, none = {0};
    struct ws_offer o = {.nonce = "the sample nonc"};
    struct http_msg m;
    bool seen = false, version = strcmp(d->where, "response/426") == 0;
    struct rig_end *e = rig_new(true, NULL, "", REMOTE, names);

    for (size_t i = 0; i < COUNT(others); i++)
        clause = strcmp(others[i][0], d->name) == 0 ? others[i][1] : clause;
    o.nonce[15] = 'e';
    rig_bytes(e, span_of(version ? REQUEST("8") : REQUEST("13")), 1024);
    CU_ASSERT_EQUAL_FATAL(
        http_decode((struct span){e->wire, e->n_wire}, HTTP_ASK_OTHER, &mem, &m, &none), STEP_ITEM);
    if (strcmp(d->name, "w-accept-wrong") == 0)
        o.nonce[0] = 'T'; /* what is written is right for the example of the standard */
    bool open = ws_check_response(&m, &o, &fs);
    for (size_t i = 0; i < findings_kept(&fs); i++)
        seen |= strcmp(found[i].clause, clause) == 0;
    rig_free(e);
    return seen || (m.status == 200 && !open && strcmp(d->name, "w-status-200") == 0);
}

/* ---- faults that show by what is done, or not ---- */

static const struct {
    const char *name;
    bool server;
    struct span in;          /* frames, as they come */
    const char *said, *kept; /* with the fault, and without */
} acts[] = {
    {"w-no-close-answer", true, SPAN("\x88\x80\1\2\3\4"), "101", "101 close()"},
    {"w-no-close-failed", true, SPAN("\x83\x80\1\2\3\4"), "101",
     "101 close(1002 opcode 3 of a data frame is reserved)"},
    {"w-no-pong", true, SPAN("\x89\x80\1\2\3\4"), "101", "101 pong()"},
    {"w-pong-other", true, SPAN("\x89\x80\1\2\3\4"), "101 pong(other)", "101 pong()"},
    {"w-close-answer-other", true, SPAN("\x88\x82\0\0\0\0\x03\xe8"), "101 close(3000)",
     "101 close(1000)"},
    {"w-takes-unmasked", true, SPAN("\x89\x00"), "101 pong()",
     "101 close(1002 a frame of a client is not masked)"},
    {"w-takes-rsv", true, SPAN("\xf9\x80\1\2\3\4"), "101 pong()",
     "101 close(1002 RSV1 is set in a control frame)"},
    {"w-takes-opcode", true, SPAN("\x83\x80\1\2\3\4\x8b\x80\1\2\3\4\x89\x80\1\2\3\4"), "101 pong()",
     "101 close(1002 opcode 3 of a data frame is reserved)"},
    {"w-takes-no-utf8", true, SPAN("\x81\x81\0\0\0\0\xff\x89\x80\1\2\3\4"), "101 pong()",
     "101 close(1007 a text is no UTF-8)"},
    {"w-takes-masked", false, SPAN("\x89\x80\1\2\3\4"), "GET pong()",
     "GET close(1002 a frame of a server is masked)"},
};

static bool acted(const char *name)
{
    static struct rig_said said;

    for (size_t i = 0; i < COUNT(acts); i++) {
        const char *names[] = {name, NULL};
        if (strcmp(acts[i].name, name) != 0)
            continue;
        for (unsigned with = 0; with < 2; with++) {
            struct rig_end *e = rig_new(acts[i].server, NULL, "", REMOTE, with ? names : NULL);
            if (acts[i].server)
                rig_bytes(e, span_of(REQUEST("13")), 1024);
            else
                answer(e, "");
            rig_bytes(e, acts[i].in, 1);
            rig_said(e, &said);
            bool good = strcmp(said.text, with ? acts[i].said : acts[i].kept) == 0;
            if (!good)
                printf("\n%s: %s\n", name, said.text);
            CU_ASSERT_TRUE(good);
            rig_free(e);
        }
        return true;
    }
    return false;
}

/* What a server takes that it must not, and a client. */
static const struct {
    const char *name;
    bool server;
    const char *text; /* a request, or what is added to the response */
} taken[] = {
    {"w-takes-version", true, REQUEST("8")},
    {"w-takes-request", true,
     "POST / HTTP/1.1\r\nSec-WebSocket-Key: x\r\nContent-Length: 0\r\n\r\n"},
    {"w-takes-extension", false, "Sec-WebSocket-Extensions: permessage-deflate\r\n"},
    {"w-takes-protocol", false, "Sec-WebSocket-Protocol: unasked\r\n"},
};

static bool took(const char *name)
{
    for (size_t i = 0; i < COUNT(taken); i++) {
        const char *names[] = {name, NULL};
        if (strcmp(taken[i].name, name) != 0)
            continue;
        for (unsigned with = 0; with < 2; with++) {
            struct rig_end *e = rig_new(taken[i].server, NULL, "", REMOTE, with ? names : NULL);
            if (taken[i].server)
                rig_bytes(e, span_of(taken[i].text), 1024);
            else
                answer(e, taken[i].text);
            CU_ASSERT_EQUAL(e->above[1], with ? 'o' : 'c');
            rig_free(e);
        }
        return true;
    }
    return false;
}

/* The rest, one by one. */
static bool others_seen(const char *name)
{
    const char *names[] = {name, NULL};
    struct rig_end *e;
    static uint8_t first[512];
    bool seen = false;

    if (strcmp(name, "w-key-same") == 0) { /* the same whatever the seed */
        e = rig_new(false, NULL, "", REMOTE, names);
        memcpy(first, e->wire, e->n_wire);
        seen = strstr((const char *)first, "eHh4eHh4eHh4eHh4eHh4eA==") != NULL;
        rig_free(e);
    } else if (strcmp(name, "w-keeps-stream") == 0) {
        e = rig_new(true, NULL, "", REMOTE, names);
        rig_bytes(e, span_of(REQUEST("13")), 1024);
        feed(e, WS_CLOSE, "");
        seen = !e->shut && !e->closed;
        rig_free(e);
    } else if (strcmp(name, "w-takes-accept") == 0) {
        e = rig_new(false, NULL, "", REMOTE, names);
        rig_bytes(e,
                  span_of("HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"),
                  1024);
        seen = strcmp(e->above, "[open]") == 0;
        rig_free(e);
    }
    return seen;
}

static void faults(void)
{
    for (size_t i = 0; i < ws_layer_class.n_faults; i++) {
        const struct deviation *d = &ws_layer_class.faults[i];
        bool response = strncmp(d->where, "response", 8) == 0;
        bool seen = response ? cited_by_client(d) : cited(d);
        seen = acted(d->name) || took(d->name) || others_seen(d->name) || seen;
        if (!seen)
            printf("\n%s (%s) is not seen\n", d->name, d->clause);
        CU_ASSERT_TRUE(seen);
    }
}

/* Without deviations there is nothing to see. */
static void clean(void)
{
    static struct rig_said said;

    for (unsigned i = 0; i < 2 * ENDINGS; i++) {
        struct rig_end *e = walk(i & 1, NULL, (enum ending)(i / 2), &said);
        CU_ASSERT_EQUAL(said.n_found, 0);
        rig_free(e);
    }
}

/* ---- variants ---- */

static struct watch *onlooker;
static struct {
    size_t findings, accepted, messages;
} told;

static void on_finding(void *ctx, const struct watch_finding *f)
{
    (void)ctx;
    (void)f;
    told.findings++;
}
static void on_fact(void *ctx, const struct watch_fact *f)
{
    const char *name = watch_class(onlooker)->facts[f->kind].name;

    (void)ctx;
    told.accepted += strcmp(name, "accepted") == 0;
    told.messages += strcmp(name, "messages") == 0;
}

/* What an end sends, as somebody between the two sees it. */
static void seen_between(bool server, struct span s)
{
    static const struct addr sides[2] = {{.family = 4, .ip = {192, 0, 2, 9}, .port = 5000},
                                         {.family = 4, .ip = {192, 0, 2, 1}, .port = 80}};
    static const struct watch_sink sink = {on_finding, on_fact, NULL};
    watch_octets(onlooker,
                 &(struct watch_seen){
                     .from = sides[server], .to = sides[!server], .stream = true, .octets = s},
                 &sink);
}

static void lawful(const char *const *names)
{
    static const struct ws_options o = {.protocols = SPAN("chat")};
    static struct rig_said said[2];
    struct rig_end *a = rig_new(false, &o, "", REMOTE, names),
                   *b = rig_new(true, &o, "", REMOTE, names);
    static uint8_t kept[2][1 << 16];
    size_t n[2] = {0};
    static const char heard[] = "[open]text(h\xc3\xa9llo)[closed done ";

    watch_reset(onlooker);
    memset(&told, 0, sizeof told);
    for (unsigned step = 0; step < 6;
         step++) { /* what each sends is kept for judgement, and carried */
        struct rig_end *ends[2] = {a, b};
        if (step == 2)
            rig_send(a, WS_TEXT, span_of("h\xc3\xa9llo"));
        if (step == 3)
            rig_send(b, WS_BINARY, span_of("\xff"));
        if (step == 4)
            rig_close(a, 1000, "");
        for (unsigned k = 0; k < 2; k++) {
            static uint8_t moving[1 << 16];
            size_t m = ends[k]->n_wire;
            memcpy(moving, ends[k]->wire, m);
            memcpy(kept[k] + n[k], moving, m);
            n[k] += m;
            ends[k]->n_wire = 0;
            seen_between(k, (struct span){moving, m});
            rig_bytes(ends[1 - k], (struct span){moving, m}, 3);
        }
    }
    for (unsigned k = 0; k < 2; k++) {
        struct rig_end *e = k ? b : a;
        memcpy(e->wire, kept[k], n[k]);
        e->n_wire = n[k];
        rig_said(e, &said[k]);
    }
    bool good = said[0].strict == 0 && said[1].strict == 0 &&
                strcmp(a->above, "[open]binary(\xff)") == 0 &&
                strncmp(b->above, heard, strlen(heard)) == 0 && strcmp(a->protocol, "chat") == 0 &&
                strcmp(a->events, "opened closed ") == 0 && b->shut;
    if (!good || !(a->applied + b->applied))
        printf("\n%s %s: %s, %s, %s, %s; %zu, %zu\n", names[0], names[1] ? names[1] : "", a->above,
               b->above, a->why, b->why, said[0].strict, said[1].strict);
    CU_ASSERT_TRUE(good);
    CU_ASSERT_TRUE(a->applied + b->applied > 0);
    CU_ASSERT_EQUAL(told.findings, 0);
    CU_ASSERT_TRUE(told.accepted == 1 && told.messages == 2);
    rig_free(a);
    rig_free(b);
}

static void variants(void)
{
    const struct deviation *v = ws_layer_class.variants;

    const struct watch_options beside = {.origin = true, .beside = true};
    onlooker = watch_new(watcher_of(&ws_codec, 0), 8, &beside);
    CU_ASSERT_PTR_NOT_NULL_FATAL(onlooker);
    for (size_t i = 0; i < ws_layer_class.n_variants; i++)
        for (size_t k = i; k < ws_layer_class.n_variants; k++)
            lawful((const char *const[]){v[i].name, k > i ? v[k].name : NULL, NULL});
    watch_free(onlooker);
}

/* A segment of one octet, then two, then four: nothing stands in one as a whole. */
static void split(void)
{
    struct rig_end *e = rig_new(false, NULL, "", REMOTE, (const char *const[]){"w-split", NULL});

    CU_ASSERT_TRUE(e->sends >= 7);
    rig_free(e);
}

TESTS({"faults", faults}, {"clean", clean}, {"variants", variants}, {"split", split})
