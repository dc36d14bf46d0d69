/* harness/endpoints/http/http_client_send.c - a request from asking to the octets on a connection. */
#include "harness/endpoints/http/http_client.h"

/* ---- connections ---- */

const char *http_client_stack(const struct http_client *c, struct span transport,
                              char out[CLIENT_STACK])
{
    struct span s = transport.n ? transport : c->c.transport;

    if (s.n >= CLIENT_STACK)
        return NULL;
    memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    return out;
}

struct http_link *http_client_open(struct http_client *c, const struct addr *to,
                                   const struct addr *local, const char *stack, struct outq *q)
{
    for (size_t i = 0; i < HTTP_LINKS; i++) {
        struct http_link *l = &c->links[i];
        if (l->used)
            continue;
        *l = (struct http_link){.used = true, .pipelines = true, .flow = ++c->next_flow, .to = *to};
        memcpy(l->stack, stack, strlen(stack) + 1);
        http_conn_init(&l->conn, false, &c->c.most, c->windows[i]);
        struct output *o = out_open(q, l->flow, l->stack, false, local);
        o->open.remote = *to;
        o->open.name = http_without_port(c->c.host);
        return l;
    }
    return NULL;
}

static const struct http_trans *last_of(const struct http_client *c, const struct http_link *l)
{
    return l->n ? &c->tx[l->order[l->n - 1]] : NULL;
}

/* Whether a request may go on a connection on which others wait (RFC9112:9.3.2#5). */
static bool may_pipeline(const struct http_client *c, const struct http_trans *t,
                         const struct http_link *l)
{
    const struct http_trans *last = last_of(c, l);

    if (client_flag(c, "pipelines-after-any"))
        return t->pipeline;
    return t->pipeline && l->pipelines && last->idempotent && last->phase == HTTP_SENT &&
           (!last->close || client_flag(c, "goes-on-after-close"));
}

/* A connection to the server that a request may go on; NULL: there is none. */
static struct http_link *link_for(struct http_client *c, const struct http_trans *t)
{
    struct http_link *busy = NULL;

    for (size_t i = 0; i < HTTP_LINKS; i++) {
        struct http_link *l = &c->links[i];
        if (!l->used || l->closing || l->conn.tunnel || l->conn.over || !addr_eq(&l->to, &t->to) ||
            strcmp(l->stack, t->stack) != 0 || l->n == HTTP_OUTSTANDING)
            continue;
        if (l->n == 0 && !http_conn_half(&l->conn))
            return l;
        if (l->n && may_pipeline(c, t, l) && (!busy || l->n < busy->n))
            busy = l;
    }
    return busy;
}

/* ---- credentials ---- */

struct http_login *http_client_login(struct http_client *c, const struct addr *at, uint64_t now_us)
{
    struct http_known *oldest = &c->known[0];

    for (size_t i = 0; i < CLIENT_LOGINS; i++) {
        struct http_known *k = &c->known[i];
        if (k->at.family && addr_eq(&k->at, at)) {
            k->used_us = now_us;
            return &k->login;
        }
        if (oldest->at.family && (!k->at.family || k->used_us < oldest->used_us))
            oldest = k;
    }
    *oldest = (struct http_known){.at = *at, .used_us = now_us};
    return &oldest->login;
}

/* Add Authorization, where the server has asked for it, and note its value. */
static struct span sign(struct http_client *c, struct http_trans *t, const struct http_msg *m,
                        struct draft *dr, uint64_t now_us)
{
    struct http_login *l = http_client_login(c, &t->to, now_us);
    struct arena content = arena_of(c->content, sizeof c->content);
    struct auth_request asked = {.method = m->method};

    if (!t->login || http_has(dr, HTTP_AUTHORIZATION) ||
        !(t->challenges || http_login_fits(l, m->target) ||
          client_flag(c, "credentials-everywhere")))
        return (struct span){NULL, 0};
    asked.body = http_content_of((struct span){t->plain, t->plain_n}, HTTP_ASK_OTHER, &content);
    struct span value =
        http_login_sign(l, &c->env, &t->account, &asked, m->target, c->env.rng, dr->mem);
    if (value.p)
        http_add(dr, "Authorization", value);
    return value;
}

/* ---- what goes out ---- */

/* Where deviations may change it: "request/POST/chunked/auth". */
static void where_of(const struct http_msg *m, bool authorized, struct wr *w)
{
    wr_text(w, "request/");
    wr_put(w, span_cut(m->method, 0, 16));
    wr_text(w, m->how == HTTP_CHUNKED ? "/chunked" : m->body.n ? "/body" : "/plain");
    if (authorized)
        wr_text(w, "/auth");
    wr_u8(w, '\0');
}

static bool raw(struct http_trans *t)
{
    memcpy(t->wire, t->plain, t->plain_n);
    t->wire_n = t->plain_n;
    return true;
}

/* Write the wire anew from what was asked for: credentials, and what deviates. False: it does not fit. */
static bool form(struct http_client *c, struct http_trans *t, uint64_t now_us)
{
    struct arena view = arena_of(c->view, sizeof c->view),
                 mem = arena_of(c->scratch, sizeof c->scratch);
    struct http_msg *m = arena_new(&view, sizeof *m);
    struct findings none = {0};
    struct draft dr;
    char where[48];
    struct wr w = {t->wire, sizeof t->wire, 0, false},
              at = {(uint8_t *)where, sizeof where, 0, false};

    if (!t->login && !t->user)
        return raw(t);
    if (http_decode((struct span){t->plain, t->plain_n}, HTTP_ASK_OTHER, &view, m, &none) !=
        STEP_ITEM)
        return raw(t);
    draft_of(&dr, &http_msg_desc, m, &mem);
    if (t->no_expect)
        draft_edit(&dr, DRAFT_DROP, "headers/Expect", NULL);
    struct span value = sign(c, t, m, &dr, now_us);
    where_of(m, value.p != NULL, &at);
    if (t->user)
        env_apply(&c->env, where, &dr);
    http_encode(&w, &dr);
    t->wire_n = w.n;
    t->authorization_n = value.n;
    for (size_t i = 0; value.n && i + value.n <= w.n; i++)
        if (w.p[i] == value.p[0] && memcmp(w.p + i, value.p, value.n) == 0) {
            t->authorization = i;
            break;
        }
    return !w.full && !mem.full && !view.full;
}

static void measure(struct http_trans *t)
{
    struct span wire = {t->wire, t->wire_n}, method;
    size_t seen = 0, head = lex_head(wire, &seen);

    method = span_cut(wire, 0, lex_until(wire, 0, LEX_BLANK | LEX_EOL));
    t->head_n = head ? head : wire.n;
    t->ask = (uint8_t)http_ask_of(method);
    t->idempotent = http_idempotent(method);
}

void http_client_attempt(struct http_client *c, struct http_trans *t, struct http_link *l,
                         bool fresh, const struct input *in, struct outq *q)
{
    struct span wire;

    t->tries++;
    if (!form(c, t, in->now_us)) {
        http_client_end(c, t, in, q, HTTP_R_FAILED, (struct span){NULL, 0},
                        "the request is too large");
        return;
    }
    measure(t);
    if (!l && !fresh && !client_flag(c, "connection-each"))
        l = link_for(c, t);
    if (!l)
        l = http_client_open(c, &t->to, &t->local, t->stack, q);
    wire = (struct span){t->wire, t->wire_n};
    struct span method = span_cut(wire, 0, lex_until(wire, 0, LEX_BLANK));
    if (client_flag(c, "head-read-as-get"))
        method = span_of("GET");
    if (!l || !http_conn_asked(&l->conn, method)) {
        http_client_end(c, t, in, q, HTTP_R_FAILED, (struct span){NULL, 0},
                        "no connection is free");
        return;
    }
    t->link = (uint32_t)(l - c->links) + 1;
    l->order[l->n++] = (uint8_t)(t - c->tx);
    l->closing |= t->close && !client_flag(c, "goes-on-after-close"); /* RFC9112:9.6#2a */
    if (t->again)
        l->pipelines = false;
    t->phase = t->expect && t->head_n < t->wire_n ? HTTP_BODY_WAITS : HTTP_SENT;
    t->continue_us = t->phase == HTTP_BODY_WAITS
                         ? in->now_us + env_timer(&c->env, "timer/continue", c->c.continue_us)
                         : NO_DEADLINE;
    http_put(&c->env, l->flow, t->phase == HTTP_BODY_WAITS ? span_cut(wire, 0, t->head_n) : wire,
             t->split, q);
}

void http_client_send_body(struct http_client *c, struct http_trans *t, struct outq *q)
{
    t->phase = HTTP_SENT;
    t->continue_us = NO_DEADLINE;
    http_put(&c->env, c->links[t->link - 1].flow,
             span_cut((struct span){t->wire, t->wire_n}, t->head_n, t->wire_n), t->split, q);
}

/* ---- asking ---- */

/* Host first, then what else the message lacks. */
static void complete(struct http_client *c, const struct http_args *a, struct http_trans *t,
                     struct draft *dr)
{
    struct span host = a->host.n ? a->host : c->c.host;
    uint8_t room[64];
    struct wr w = {room, sizeof room, 0, false};
    const struct node *body = draft_find(&dr->root, "body");

    if (!draft_find(&dr->root, "method") && !draft_find(&dr->root, "start"))
        draft_bytes(dr, &dr->root, field_find(&http_msg_desc, "method"), span_of("GET"));
    if (!draft_find(&dr->root, "target") && !draft_find(&dr->root, "start"))
        draft_bytes(dr, &dr->root, field_find(&http_msg_desc, "target"), span_of("/"));
    if (!host.n) {
        addr_text(&w, &t->to);
        host = arena_copy(dr->mem, wr_span(&w));
    }
    if (c->c.software.n && !http_has(dr, HTTP_USER_AGENT))
        http_add(dr, "User-Agent", c->c.software);
    if (!http_has(dr, HTTP_HOST)) /* RFC9112:3.2#3, RFC9110:7.2#2 */
        http_add_first(dr, "Host", host);
    if (t->close && !http_has(dr, HTTP_CONNECTION))
        http_add(dr, "Connection", span_of("close"));
    if (draft_octets(body).n == 0 && !draft_find(&dr->root, "chunks"))
        t->expect = false; /* RFC9110:10.1.1#2 */
    if (t->expect && !http_has(dr, HTTP_EXPECT))
        http_add(dr, "Expect", span_of("100-continue"));
    if (body && !http_has(dr, HTTP_CONTENT_TYPE)) /* RFC9110:8.3#1 */
        http_add(dr, "Content-Type", span_of("application/octet-stream"));
    if (a->chunk)
        http_chunk(dr, (size_t)a->chunk);
    else if (body && !http_has(dr, HTTP_CONTENT_LENGTH) && !http_has(dr, HTTP_TRANSFER_ENCODING))
        http_add(dr, "Content-Length", (struct span){NULL, 0}); /* RFC9112:6.3#12 */
}

/* What was asked for, as octets in t->plain. False: it does not fit. */
static bool plain(struct http_client *c, const struct http_args *a, struct http_trans *t)
{
    struct arena mem = arena_of(c->scratch, sizeof c->scratch);
    struct wr w = {t->plain, sizeof t->plain, 0, false};
    struct draft dr;

    if (a->octets.n) {
        wr_put(&w, a->octets);
    } else {
        dr = *a->message;
        dr.mem = &mem;
        if (!a->as_is)
            complete(c, a, t, &dr);
        http_encode(&w, &dr);
    }
    t->plain_n = w.n;
    return !w.full && !mem.full && w.n;
}

static struct http_trans *free_one(struct http_client *c)
{
    for (size_t i = 0; i < HTTP_TRANSACTIONS; i++)
        if (!c->tx[i].used)
            return &c->tx[i];
    return NULL;
}

static void refuse(const struct input *in, const char *why, struct outq *q)
{
    http_tell(q, "response", in->token, HTTP_R_FAILED, in, why);
}

void http_client_ask(struct http_client *c, const struct input *in, bool user, struct outq *q)
{
    const struct http_args *a = in->rec;
    struct http_trans *t = free_one(c);
    struct http_link *l = NULL;

    if (!t) {
        refuse(in, "too many requests wait", q);
        return;
    }
    for (size_t i = 0; a->flow && i < HTTP_LINKS; i++)
        if (c->links[i].used && c->links[i].flow == a->flow)
            l = &c->links[i];
    if (a->flow && !l) {
        refuse(in, "there is no such connection", q);
        return;
    }
    if (l && (l->conn.tunnel || (l->n && last_of(c, l)->phase == HTTP_BODY_WAITS))) {
        refuse(in, "what goes there now is no request", q);
        return;
    }
    memset(t, 0, offsetof(struct http_trans, kept));
    t->user = user;
    t->to = l ? l->to : a->to.family ? a->to : c->c.server;
    t->local = a->local;
    t->token = in->token;
    t->expect = a->expect;
    t->close = a->close;
    t->stay = a->stay;
    t->pipeline = a->pipeline;
    t->split = a->split;
    t->mem = arena_of(t->kept, sizeof t->kept);
    t->account.username = http_prepare(&t->mem, a->username.n ? a->username : c->c.username);
    t->account.password = http_prepare(&t->mem, a->username.n ? a->password : c->c.password);
    t->login = (a->login || user) && t->account.username.n;
    t->started_us = in->now_us;
    t->limit_us = in->now_us + (a->timeout_us ? a->timeout_us : c->c.timeout_us);
    t->continue_us = NO_DEADLINE;
    if (!http_client_stack(c, a->transport, t->stack) || !plain(c, a, t)) {
        refuse(in, "the request is too large", q);
        return;
    }
    t->used = true;
    http_client_attempt(c, t, l, a->fresh, in, q);
}
