/* fuzz/state/http_help.c - connections of HTTP under a program of steps, judged. */
#include "fuzz/state/http_help.h"
#include <stdio.h>
#include "fuzz/engine/target.h"

enum { MEMORY = 4 << 20, REQUESTS = 1024 };
static const uint64_t hash_begin = 0xcbf29ce484222325u;

static uint64_t hashed(uint64_t h, const void *p, size_t n)
{
    const uint8_t *at = p;

    for (size_t i = 0; i < n; i++)
        h = (h ^ at[i]) * 0x100000001b3u;
    return h;
}

/* ---- what is seen ---- */

void http_seen_begin(struct http_seen *s)
{
    s->n = 0;
    s->events = s->data = hash_begin;
}

struct http_line *http_line_of(struct http_seen *s, flow_id flow)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->lines[i].flow == flow)
            return &s->lines[i];
    if (s->n == HTTP_LINES)
        return NULL;
    struct http_line *l = &s->lines[s->n++];
    l->flow = flow;
    l->script = l->lost = false;
    l->came_n = l->went_n = 0;
    l->went_hash = hash_begin;
    return l;
}

static void keep(struct http_line *l, uint8_t *room, size_t *n, size_t cap, struct span octets)
{
    if (octets.n > cap - *n) {
        l->lost = true;
        return;
    }
    memcpy(room + *n, octets.p, octets.n);
    *n += octets.n;
}

void http_line_came(struct http_seen *s, flow_id flow, struct span octets)
{
    struct http_line *l = http_line_of(s, flow);

    if (l)
        keep(l, l->came, &l->came_n, sizeof l->came, octets);
}

void http_line_went(struct http_seen *s, flow_id flow, struct span octets, bool script)
{
    static const struct span go_on = SPAN("HTTP/1.1 100 Continue\r\n");
    struct http_line *l = http_line_of(s, flow);

    if (!l || octets.n == 0)
        return;
    l->script |= script;
    keep(l, l->went, &l->went_n, sizeof l->went, octets);
    if (!span_eq(span_cut(octets, 0, go_on.n), go_on))
        l->went_hash = hashed(l->went_hash, octets.p, octets.n);
}

void http_seen_event(struct http_seen *s, const struct output *o)
{
    const struct http_event *e = o->rec;

    if (e->kind == HTTP_R_DATA) {
        s->data = hashed(s->data, e->octets.p, e->octets.n);
        return;
    }
    if (e->kind == HTTP_R_OPENED) /* the rig's doing, between pieces */
        return;
    s->events = hashed(s->events, o->name, strlen(o->name));
    s->events = hashed(s->events, &o->token, sizeof o->token);
    s->events = hashed(s->events, &e->kind, sizeof e->kind);
    s->events = hashed(s->events, &e->id, sizeof e->id);
    if (e->why)
        s->events = hashed(s->events, e->why, strlen(e->why));
    if (e->kind == HTTP_R_FAILED) /* what is broken goes on to where a piece ends */
        return;
    s->events = hashed(s->events, &e->code, sizeof e->code);
    s->events = hashed(s->events, e->user.p, e->user.n);
    s->events = hashed(s->events, e->octets.p, e->octets.n);
    s->events = hashed(s->events, e->content.p, e->content.n);
}

/* ---- what went is clean ---- */

static bool clean(struct span octets, enum http_ask ask, struct http_msg *m)
{
    static uint8_t memory[MEMORY];
    struct arena mem = arena_of(memory, sizeof memory);
    static struct finding v[64];
    struct findings fs = {.v = v, .cap = COUNT(v)};

    if (http_decode(octets, ask, &mem, m, &fs) != STEP_ITEM)
        return false;
    http_lint(m, &fs);
    for (size_t i = 0; i < fs.n && i < fs.cap; i++)
        if (fs.v[i].level == MUST || fs.v[i].level == STMT) {
            fprintf(stderr, "%s: %s\n", fs.v[i].clause, fs.v[i].what);
            return false;
        }
    return true;
}

/* What each request of a stream asks for, the one that is not whole too. */
static size_t asks_of(struct span in, uint8_t *asks, size_t cap)
{
    struct http_dec d = {0};
    struct findings none = {0};
    size_t n = 0, at = 0, used_n;

    while (n < cap && at < in.n) {
        bool whole = http_next(&d, span_cut(in, at, in.n), &used_n, &none) == STEP_ITEM;
        size_t from = lex_while(in, at, LEX_EOL);
        size_t end = lex_until(in, from, LEX_BLANK | LEX_EOL);
        asks[n++] = (uint8_t)http_ask_of(span_cut(in, from, end < in.n ? end : from));
        if (!whole)
            break;
        at += used_n;
    }
    return n;
}

void http_judge_responses(const struct http_line *l)
{
    static uint8_t asks[REQUESTS];
    struct span in = {l->went, l->went_n};
    size_t n = asks_of((struct span){l->came, l->came_n}, asks, COUNT(asks)), k = 0, used_n;
    struct http_dec d = {0};
    struct findings none = {0};
    struct http_msg m;

    for (size_t at = 0; at < in.n && !l->script && !l->lost; at += used_n) {
        require(k < n, "a response that nobody has asked for");
        d.ask = (enum http_ask)asks[k];
        enum step s = http_next(&d, span_cut(in, at, in.n), &used_n, &none);
        if (s == STEP_MORE && d.in_body && d.frame.how == HTTP_CLOSE)
            used_n = in.n - at;
        else
            require(s == STEP_ITEM, "a response that is not whole");
        require(clean(span_cut(in, at, at + used_n), (enum http_ask)asks[k], &m),
                "a response that is not clean");
        k += m.status / 100 != 1;
        if (m.how == HTTP_TUNNEL)
            return;
    }
}

void http_judge_requests(const struct http_line *l)
{
    struct span in = {l->went, l->went_n};
    struct http_dec d = {0};
    struct findings none = {0};
    struct http_msg m;
    size_t used_n;

    for (size_t at = 0; at < in.n && !l->script && !l->lost; at += used_n) {
        enum step s = http_next(&d, span_cut(in, at, in.n), &used_n, &none);
        require(s != STEP_FAIL, "a request that is none");
        if (s == STEP_MORE) {
            require(d.in_body, "a request whose head is not whole");
            return;
        }
        require(clean(span_cut(in, at, at + used_n), HTTP_ASK_OTHER, &m),
                "a request that is not clean");
    }
}

/* ---- a run ---- */

void http_state_run(const struct rig_class *rc, void *ctx, struct http_seen *seen,
                    struct span octets)
{
    static struct prog_step steps[RIG_STEPS];
    static uint64_t went[HTTP_LINES];
    struct prog p;
    bool same = true;
    size_t n;

    if (prog_decode(octets, &p, steps, RIG_STEPS) != STEP_ITEM)
        return;
    rig_run(rc, ctx, octets);
    uint64_t events = seen->events, data = seen->data;
    for (n = 0; n < seen->n; n++)
        went[n] = seen->lines[n].went_hash;
    uint8_t *whole = need(octets.n);
    struct wr w = {whole, octets.n, 0, false};
    wr_u32(&w, p.config);
    for (size_t i = 0; i < p.n; i++) {
        const struct prog_step *s = &p.steps[i];
        bool arrives = s->op % OP_COUNT == OP_SEND || s->op % OP_COUNT == OP_HOLD;
        prog_put(&w, (enum step_op)s->op, s->flags, arrives ? 0 : s->arg, s->payload);
        same &= s->op % OP_COUNT != OP_ECHO; /* what was sent last may be 100 */
    }
    rig_run(rc, ctx, wr_span(&w));
    require(!same || seen->n == n, "pieces make other connections");
    require(!same || seen->events == events, "pieces make other events");
    require(!same || seen->data == data, "pieces make other data");
    for (size_t i = 0; same && i < n; i++)
        require(seen->lines[i].went_hash == went[i], "pieces are answered otherwise");
    free(whole);
}
