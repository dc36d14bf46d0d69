/* harness/tests/ws_rig.h - for tests of the layer "ws": one end, or two against each other, in memory. An end keeps
 * what it has sent below and told above; the test carries octets, in any pieces, and lets time pass. */
#ifndef HARNESS_TESTS_WS_RIG_H
#define HARNESS_TESTS_WS_RIG_H
#include <stdio.h>
#include <stdlib.h>
#include "codecs/ws/ws_handshake.h"
#include "harness/endpoints/ws/ws.h"

enum {
    RIG_WIRE = 6 << 20,
    RIG_TEXT = 6 << 20,
    RIG_OUTPUTS = 4096,
    RIG_ARENA = 8 << 20,
    RIG_SHOWN = 40 /* octets of a message in a text; of a longer one their number */
};
struct rig_end {
    struct env *self;
    struct outq q;
    uint64_t now_us;
    bool server;
    size_t n_wire, sends, n_above, messages;
    char why[512];       /* the detail of [closed] */
    struct ws_event end; /* of [closed], and of the last event; without its texts */
    char protocol[64], path[64], reason[130], events[256];
    bool closed, aborted, shut, paused; /* below */
    size_t full, writable;
    uint32_t applied;       /* how often a deviation had an effect */
    struct rig_end *next;   /* of those that wait to be used again */
    uint8_t wire[RIG_WIRE]; /* sent below, and not taken by the test yet */
    char above[RIG_TEXT];   /* "[open]", "text(octets)", "[closed why code]" */
};
static uint64_t rig_seed;         /* of chance, beside the side */
static struct rig_end *rig_spare; /* memory of this size is dear under AddressSanitizer */

static inline void rig_say(struct rig_end *e, const char *before, struct span s, const char *behind)
{
    struct wr w = {(uint8_t *)e->above, sizeof e->above - 1, e->n_above, false};

    wr_text(&w, before);
    if (s.n <= RIG_SHOWN)
        wr_put(&w, s);
    else
        wr_dec(&w, s.n);
    wr_text(&w, behind);
    e->n_above = w.n;
    e->above[w.n] = '\0';
}

static inline void rig_event(struct rig_end *e, const struct ws_event *ev)
{
    static const char *const kinds[] = {"opened ", "refused ", "closed ", "failed "};

    e->end = *ev;
    strncat(e->events, kinds[ev->kind], sizeof e->events - strlen(e->events) - 1);
    snprintf(e->protocol, sizeof e->protocol, "%.*s", (int)ev->protocol.n,
             (const char *)ev->protocol.p);
    snprintf(e->path, sizeof e->path, "%.*s", (int)ev->path.n, (const char *)ev->path.p);
    snprintf(e->reason, sizeof e->reason, "%.*s", (int)ev->reason.n, (const char *)ev->reason.p);
}

static inline void rig_take(struct rig_end *e, const struct output *o)
{
    char text[64];

    switch (o->kind) {
    case OUT_SEND:
        for (size_t i = 0; i < o->n_data; i++) {
            if (o->data[i].n > RIG_WIRE - e->n_wire)
                abort();
            if (o->data[i].n)
                memcpy(e->wire + e->n_wire, o->data[i].p, o->data[i].n);
            e->n_wire += o->data[i].n;
        }
        e->sends++;
        break;
    case OUT_PROVIDE:
        rig_say(e, "[open]", (struct span){0}, "");
        break;
    case OUT_DELIVER:
        e->messages++;
        rig_say(e,
                o->pkt.kind == WS_TEXT     ? "text("
                : o->pkt.kind == WS_BINARY ? "binary("
                                           : "?(",
                o->data[0], ")");
        break;
    case OUT_CLOSED:
        snprintf(text, sizeof text, "[closed %s %u]", close_name(o->why),
                 o->rec ? (unsigned)((const struct ws_event *)o->rec)->code : 0);
        rig_say(e, text, (struct span){0}, "");
        snprintf(e->why, sizeof e->why, "%s", o->detail ? o->detail : "");
        break;
    case OUT_EVENT:
        rig_event(e, o->rec);
        break;
    case OUT_SHUTDOWN:
        e->shut = true;
        break;
    case OUT_CLOSE:
        e->closed = true;
        e->aborted = o->abort;
        break;
    case OUT_PAUSE:
    case OUT_RESUME:
        e->paused = o->kind == OUT_PAUSE;
        break;
    case OUT_FULL:
        e->full++;
        break;
    case OUT_WRITABLE:
        e->writable++;
        break;
    default:
        abort();
    }
}

static inline void rig_give(struct rig_end *e, struct input in)
{
    if (e->closed && in.flow == LAYER_LOWER)
        return; /* the flow is gone */
    e->q.n = e->q.mem.n = 0;
    in.now_us = e->now_us;
    ws_layer_class.input(e->self, &in, &e->q);
    if (e->q.full || e->q.mem.full) {
        fprintf(stderr, "the output queue ran over\n");
        abort();
    }
    for (size_t i = 0; i < e->q.n; i++)
        rig_take(e, &e->q.v[i]);
}

/* Let time pass, with all that comes due in it. */
static inline void rig_pass(struct rig_end *e, uint64_t us)
{
    uint64_t until = e->now_us + us, due;

    while ((due = ws_layer_class.deadline(e->self)) <= until) {
        e->now_us = due > e->now_us ? due : e->now_us;
        rig_give(e, (struct input){.kind = IN_TIMER});
    }
    e->now_us = until;
}

static inline struct rig_end *rig_memory(void)
{
    struct rig_end *e = rig_spare;

    if (!e) {
        e = calloc(1, sizeof *e);
        e->self = malloc(ws_layer_class.size);
        e->q = (struct outq){.v = calloc(RIG_OUTPUTS + 1, sizeof *e->q.v), .cap = RIG_OUTPUTS};
        e->q.mem = arena_of(malloc(RIG_ARENA), RIG_ARENA);
        if (!e->self || !e->q.v || !e->q.mem.p)
            abort();
    } else {
        struct env *self = e->self;
        struct outq q = {.v = e->q.v, .cap = RIG_OUTPUTS, .mem = arena_of(e->q.mem.p, RIG_ARENA)};
        rig_spare = e->next;
        memset(e, 0, offsetof(struct rig_end, wire));
        e->self = self;
        e->q = q;
        e->above[0] = '\0';
    }
    memset(e->self, 0, ws_layer_class.clear);
    return e;
}

/* An end whose flow below is open. `rows`: faults and variants, NULL at their end; NULL: none. */
static inline struct rig_end *rig_new(bool server, const struct ws_options *o, const char *name,
                                      const char *remote, const char *const *rows)
{
    static const struct ws_options none;
    struct rig_end *e = rig_memory();
    struct flow_spec spec = {.stack = "tcp/ws",
                             .listen = server,
                             .name = span_of(name),
                             .desc = &ws_options_desc,
                             .options = o ? o : &none};
    struct input opened = {
        .kind = IN_OPENED, .flow = LAYER_LOWER, .parent = server ? LAYER_LOWER : 0};

    if (!addr_parse(span_of(remote), &spec.remote))
        abort();
    e->server = server;
    e->self->cls = &ws_layer_class;
    e->self->applied = &e->applied;
    for (; rows && *rows; rows++)
        if (!env_deviate(e->self, false, *rows, true) && !env_deviate(e->self, true, *rows, true))
            abort();
    rng_seed(e->self->rng, rig_seed + 1 + server);
    e->now_us = 1000;
    opened.pkt.remote = spec.remote;
    rig_give(e, (struct input){.kind = IN_START, .rec = o});
    rig_give(e, (struct input){.kind = IN_OPEN, .flow = LAYER_UPPER, .open = &spec});
    rig_give(e, opened);
    return e;
}

static inline void rig_free(struct rig_end *e)
{
    e->next = rig_spare;
    rig_spare = e;
}

/* Octets arrive in pieces of `chunk`; then what waits is read. */
static inline void rig_bytes(struct rig_end *e, struct span s, size_t chunk)
{
    for (size_t at = 0; at < s.n; at += chunk)
        rig_give(e, (struct input){.kind = IN_BYTES,
                                   .flow = LAYER_LOWER,
                                   .data = span_cut(s, at, at + chunk)});
    rig_pass(e, 1000);
}

/* Carry what each of two ends has sent to the other until nothing is left; then the end of a stream that one has
 * ended. */
static inline void rig_carry(struct rig_end *a, struct rig_end *b, size_t chunk)
{
    static uint8_t moving[RIG_WIRE];

    while (a->n_wire || b->n_wire) {
        struct rig_end *from = a->n_wire ? a : b, *to = a->n_wire ? b : a;
        size_t n = from->n_wire;
        memcpy(moving, from->wire, n);
        from->n_wire = 0;
        rig_bytes(to, (struct span){moving, n}, chunk);
    }
    for (unsigned i = 0; i < 2; i++) {
        struct rig_end *from = i ? b : a, *to = i ? a : b;
        if ((from->shut || from->closed) && !to->closed)
            rig_give(to, (struct input){.kind = from->aborted ? IN_CLOSED : IN_EOF,
                                        .flow = LAYER_LOWER,
                                        .why = CLOSE_RESET});
    }
}

static inline void rig_send(struct rig_end *e, uint8_t kind, struct span data)
{
    rig_give(e, (struct input){
                    .kind = IN_SEND, .flow = LAYER_UPPER, .data = data, .pkt = {.kind = kind}});
}

static inline void rig_close(struct rig_end *e, uint16_t code, const char *reason)
{
    struct ws_close c = {code, span_of(reason)};
    rig_give(e, (struct input){
                    .kind = IN_CLOSE, .flow = LAYER_UPPER, .rec = &c, .desc = &ws_close_desc});
}

/* A frame of a client, masked, or of a server, appended to `w`. */
static inline void rig_frame(struct wr *w, bool masked, enum ws_opcode opcode, bool fin,
                             struct span payload)
{
    uint8_t key[4] = {0x37, 0xfa, 0x21, (uint8_t)w->n};
    ws_put(w, opcode, fin, masked ? key : NULL, payload);
}
static inline void rig_close_frame(struct wr *w, bool masked, uint16_t code, const char *reason)
{
    uint8_t body[WS_CONTROL_MAX];
    struct wr b = {body, sizeof body, 0, false};

    ws_close_put(&b, code, span_of(reason));
    rig_frame(w, masked, WS_CLOSE, true, wr_span(&b));
}

/* What an end has sent, in words, and take it: "GET 101 text(x) ping() close(1000 bye)"; findings are counted. */
struct rig_said {
    char text[4096];
    size_t strict; /* findings that are MUST or STMT, */
    struct finding found[16];
    size_t n_found; /* all of them */
};
static inline void rig_judge(struct rig_said *s, const struct findings *fs)
{
    for (size_t i = 0; i < findings_kept(fs); i++) {
        s->strict += level_strict(fs->v[i].level);
        if (s->n_found < COUNT(s->found))
            s->found[s->n_found++] = fs->v[i];
    }
}

static inline void rig_say_frame(struct wr *w, const struct ws_frame *f)
{
    static const char *const names[16] = {
        "continuation", "text", "binary", "3",  "4",  "5",  "6",  "7",
        "close",        "ping", "pong",   "11", "12", "13", "14", "15"};

    wr_text(w, w->n ? " " : "");
    wr_text(w, names[f->opcode]);
    wr_text(w, f->fin ? "(" : "...(");
    if (f->closes) {
        wr_dec(w, f->code);
        wr_text(w, f->reason.n ? " " : "");
        wr_put(w, f->reason);
    } else if (f->payload.n > RIG_SHOWN) {
        wr_dec(w, f->payload.n);
    } else {
        wr_put(w, f->payload);
    }
    wr_text(w, ")");
}

/* The handshake at the front of `in`, judged; returns its octets, 0: there is none. */
static inline size_t rig_say_http(struct wr *w, struct rig_said *s, struct span in, bool server,
                                  struct arena *mem)
{
    struct finding found[8];
    struct findings fs = {.v = found, .cap = COUNT(found)}, none = {0};
    struct http_dec d = {0};
    struct http_msg m;
    size_t used;

    if (!in.n || (in.p[0] != 'G' && in.p[0] != 'H' && in.p[0] != 'P') ||
        http_next(&d, in, &used, &none) != STEP_ITEM ||
        http_decode(span_cut(in, 0, used), HTTP_ASK_OTHER, mem, &m, &fs) != STEP_ITEM)
        return 0;
    if (server)
        wr_dec(w, m.status);
    else
        wr_put(w, m.method);
    http_lint(&m, &fs);
    if (!server)
        ws_check_request(&m, &fs);
    rig_judge(s, &fs);
    return used;
}

static inline void rig_said(struct rig_end *e, struct rig_said *s)
{
    static uint8_t memory[RIG_WIRE], text[RIG_WIRE];
    struct wr w = {(uint8_t *)s->text, sizeof s->text - 1, 0, false};
    struct wr message = {text, sizeof text, 0, false};
    struct span in = {e->wire, e->n_wire};
    struct ws_reader r = {.from_client = !e->server, .limit = sizeof text};
    struct finding found[8];
    struct arena mem = arena_of(memory, sizeof memory);
    struct ws_frame f;
    size_t used;

    *s = (struct rig_said){.strict = 0};
    w.p = (uint8_t *)s->text;
    in = span_cut(in, rig_say_http(&w, s, in, e->server, &mem), in.n);
    for (;;) {
        struct findings fs = {.v = found, .cap = COUNT(found)};
        enum step step = in.n ? ws_next(in, &used, &fs) : STEP_MORE;
        mem.n = 0;
        if (step == STEP_ITEM && ws_decode(span_cut(in, 0, used), &mem, &f, &fs) == STEP_ITEM) {
            ws_lint(&f, &fs);
            ws_read(&r, &f, &message, &fs);
            if (r.done)
                message.n = 0;
            rig_say_frame(&w, &f);
        }
        rig_judge(s, &fs);
        if (step != STEP_ITEM)
            break;
        in = span_cut(in, used, in.n);
    }
    if (in.n)
        wr_text(&w, " ...");
    s->text[w.n] = '\0';
    e->n_wire = 0;
}
#endif
