/* fuzz/targets/ws_layer_state.c - the layer "ws", either side, fed any octets, with what its user does in between:
 * pieces of any size give the same; what it sends has nothing that lint calls wrong; what it tells is within its
 * limits; and once the stream has ended it is over.
 *
 * The octets are those of the stream. Choices come from their end: the first one is of the bits below, then follow what
 * the user does and where, then the pieces. */
#include "fuzz/engine/codec_oracle.h"
#include "harness/tests/ws_rig.h"

enum {
    SERVER = 1,
    OPEN = 2, /* the handshake is done before */
    SMALL = 4,
    FRAGMENTS = 8,
    PROTOCOLS = 16,
    FULL = 32, /* the stream is full at the beginning */
};
enum deed { SEND, SEND_BINARY, CLOSE_IT, SHUT, FILL, DRAIN, DEEDS };
enum { ACTS = 4, LIMIT = 300, FINDINGS = 16 };

struct act {
    size_t at; /* before which octet */
    enum deed deed;
    uint8_t n;
};
struct plan {
    uint8_t bits;
    struct act acts[ACTS];
    size_t n_acts;
    struct chance pieces;
};

#define REMOTE "192.0.2.1:80"
static const struct ws_options options[4] = {
    {.paths = SPAN("/, /chat")},
    {.message_max = LIMIT, .paths = SPAN("/, /chat")},
    {.fragment = 7, .protocols = SPAN("chat, sip"), .origins = SPAN("http://example.com")},
    {.fragment = 7, .protocols = SPAN("chat, sip"), .message_max = LIMIT},
};

static const struct ws_options *options_of(const struct plan *p)
{
    return &options[(p->bits & SMALL ? 1 : 0) + (p->bits & FRAGMENTS ? 2 : 0)];
}

/* ---- oracles ---- */

static void strict(const struct findings *fs, const char *what)
{
    for (size_t i = 0; i < findings_kept(fs); i++)
        require(!level_strict(fs->v[i].level), what);
}

/* The handshake at the front of what was sent; returns its octets. */
static size_t sent_http(const struct rig_end *e, struct span in, struct arena *mem)
{
    struct finding found[FINDINGS];
    struct findings fs = {.v = found, .cap = FINDINGS};
    struct http_dec d = {0};
    struct http_msg m = {0};
    size_t used = 0;

    if (!in.n)
        return 0;
    require(http_next(&d, in, &used, &fs) == STEP_ITEM &&
                http_decode(span_cut(in, 0, used), HTTP_ASK_OTHER, mem, &m, &fs) == STEP_ITEM,
            "what is sent first is no HTTP");
    require(m.request == !e->server, "a server asks, or a client answers");
    http_lint(&m, &fs);
    if (!e->server)
        require(ws_check_request(&m, &fs) == 101, "a request is no handshake");
    strict(&fs, "a handshake breaks a rule");
    require(!e->server || m.status == 101 || used == in.n, "frames follow a refusal");
    return used;
}

static void sent(const struct rig_end *e, bool open)
{
    static uint8_t memory[RIG_WIRE], text[RIG_WIRE];
    struct arena mem = arena_of(memory, sizeof memory);
    struct wr message = {text, sizeof text, 0, false};
    struct ws_reader r = {.from_client = !e->server, .limit = sizeof text};
    struct span in = {e->wire, e->n_wire};
    struct ws_frame f;
    size_t used;

    if (!open)
        in = span_cut(in, sent_http(e, in, &mem), in.n);
    for (; in.n; in = span_cut(in, used, in.n)) {
        struct finding found[FINDINGS];
        struct findings fs = {.v = found, .cap = FINDINGS};
        mem.n = 0;
        require(ws_next(in, &used, &fs) == STEP_ITEM &&
                    ws_decode(span_cut(in, 0, used), &mem, &f, &fs) == STEP_ITEM,
                "what is sent is no frame");
        ws_lint(&f, &fs);
        require(ws_read(&r, &f, &message, &fs) != STEP_FAIL, "a frame fails the connection");
        strict(&fs, "a frame breaks a rule");
        if (r.done)
            message.n = 0;
    }
}

/* ---- a run ---- */

static void drain(struct rig_end *e) /* what waits for the next microsecond */
{
    while (ws_layer_class.deadline(e->self) <= e->now_us + 1) {
        e->now_us++;
        rig_give(e, (struct input){.kind = IN_TIMER});
    }
}

static void bytes(struct rig_end *e, struct span s)
{
    rig_give(e, (struct input){.kind = IN_BYTES, .flow = LAYER_LOWER, .data = s});
    drain(e);
}

static void act(struct rig_end *e, const struct act *a, struct span in)
{
    switch (a->deed) {
    case SEND:
    case SEND_BINARY:
        rig_send(e, a->deed == SEND ? 0 : WS_BINARY, span_cut(in, 0, a->n));
        break;
    case CLOSE_IT:
        rig_close(e, a->n & 1 ? 1000 : a->n & 2 ? 4321 : 0, a->n & 4 ? "a reason" : "");
        break;
    case SHUT:
        rig_give(e, (struct input){.kind = IN_SHUTDOWN, .flow = LAYER_UPPER});
        break;
    default:
        rig_give(e, (struct input){.kind = a->deed == FILL ? IN_FULL : IN_WRITABLE,
                                   .flow = LAYER_LOWER});
    }
}

/* The handshake of the other side, which is the same for the same seed. */
static void open_it(struct rig_end *e, const struct plan *p)
{
    struct rig_end *other = rig_new(!e->server, options_of(p), "", REMOTE, NULL);

    rig_carry(e, other, 1 << 16);
    require(strcmp(e->above, "[open]") == 0, "two ends of ours do not open");
    rig_free(other);
    e->events[0] = '\0';
}

static struct rig_end *run(const struct plan *p, struct span in, bool whole)
{
    struct rig_end *e = rig_new(p->bits & SERVER, options_of(p), "", REMOTE, NULL);
    struct chance pieces = p->pieces;
    size_t at = 0;

    if (p->bits & OPEN)
        open_it(e, p);
    if (p->bits & FULL)
        rig_give(e, (struct input){.kind = IN_FULL, .flow = LAYER_LOWER});
    for (size_t i = 0; i <= p->n_acts; i++) {
        size_t until = i < p->n_acts ? p->acts[i].at : in.n;
        while (at < until) {
            size_t n = whole ? until : 1 + (size_t)chance_u8(&pieces) % 32;
            struct span piece = span_cut(in, at, at + n < until ? at + n : until);
            bytes(e, piece);
            at += piece.n;
        }
        if (i < p->n_acts)
            act(e, &p->acts[i], in);
    }
    if (!e->closed)
        rig_give(e, (struct input){.kind = IN_EOF, .flow = LAYER_LOWER});
    require(e->closed, "the stream has ended, and is not closed");
    require(ws_layer_class.deadline(e->self) == NO_DEADLINE, "what is over waits for something");
    return e;
}

static void same(const struct rig_end *a, const struct rig_end *b)
{
    require(a->n_wire == b->n_wire && memcmp(a->wire, b->wire, a->n_wire) == 0,
            "in pieces something else is sent");
    require(strcmp(a->above, b->above) == 0 && a->messages == b->messages,
            "in pieces something else is told");
    require(strcmp(a->events, b->events) == 0 && strcmp(a->why, b->why) == 0 &&
                strcmp(a->path, b->path) == 0 && strcmp(a->protocol, b->protocol) == 0 &&
                strcmp(a->reason, b->reason) == 0 && a->end.code == b->end.code,
            "in pieces it ends in another way");
    require(a->aborted == b->aborted && a->shut == b->shut, "in pieces the stream ends otherwise");
}

static struct plan plan_of(const uint8_t *p, size_t n)
{
    struct plan plan = {.pieces = {p, n}};
    struct chance *c = &plan.pieces;
    size_t at = 0;

    plan.bits = chance_u8(c);
    for (size_t acts = chance_u8(c) % (ACTS + 1); plan.n_acts < acts; plan.n_acts++) {
        struct act *a = &plan.acts[plan.n_acts];
        at += chance_u8(c);
        a->at = at < n ? at : n;
        a->deed = (enum deed)(chance_u8(c) % DEEDS);
        a->n = chance_u8(c);
    }
    return plan;
}

static void one(const uint8_t *p, size_t n)
{
    struct plan plan = plan_of(p, n);
    struct fence f = fence_copy(p, n);
    struct rig_end *whole = run(&plan, fence_span(&f), true),
                   *pieces = run(&plan, fence_span(&f), false);

    same(whole, pieces);
    sent(whole, plan.bits & OPEN);
    rig_free(whole);
    rig_free(pieces);
    fence_free(&f);
}

const struct target ws_layer_state_target = {.name = "ws_layer_state",
                                             .one = one,
                                             .max_len = 4096,
                                             .weight = 3,
                                             .dict = "ws",
                                             .codecs = "ws",
                                             .seeds = "ws/layer"};
