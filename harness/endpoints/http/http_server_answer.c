/* harness/endpoints/http/http_server_answer.c - what a request gets: resources, refusals, and what a response is made
 * of. */
#include "harness/endpoints/http/http_server.h"

/* ---- resources ---- */

static const struct http_resource for_trying[] = {
    {.path = SPAN("/"), .body = SPAN("hello from rtclab\n")},
    {.path = SPAN("/chunked"), .body = SPAN("hello in chunks of five octets\n"), .chunk = 5},
    {.path = SPAN("/close"), .body = SPAN("hello until the end\n"), .until_close = true},
    {.path = SPAN("/empty"), .status = 204},
    {.path = SPAN("/echo"), .does = HTTP_DOES_ECHO},
    {.path = SPAN("/basic/"), .auth = HTTP_AUTH_BASIC, .body = SPAN("hello, basic\n")},
    {.path = SPAN("/digest/"), .auth = HTTP_AUTH_DIGEST, .body = SPAN("hello, digest\n")},
    {.path = SPAN("/digest/echo"), .auth = HTTP_AUTH_DIGEST, .does = HTTP_DOES_ECHO},
    {.path = SPAN("/both/"), .auth = HTTP_AUTH_BOTH, .body = SPAN("hello, either\n")},
};

static struct http_resource *resource_of(struct http_server *s, struct span path)
{
    for (size_t i = 0; i < s->n_resources; i++)
        if (span_eq(s->resources[i].path, path))
            return &s->resources[i];
    return NULL;
}

bool http_server_resource_put(struct http_server *s, const struct http_resource *r)
{
    struct http_resource *to = resource_of(s, r->path);

    if (!to && s->n_resources == HTTP_RESOURCES)
        return false;
    struct http_resource copy = *r;
    copy.path = arena_copy(&s->mem, r->path);
    copy.type = arena_copy(&s->mem, r->type);
    copy.body = arena_copy(&s->mem, r->body);
    if (s->mem.full)
        return false;
    *(to ? to : &s->resources[s->n_resources++]) = copy;
    return true;
}

void http_server_resources(struct http_server *s, const struct http_resource *v, size_t n)
{
    if (n == 0) {
        v = for_trying;
        n = COUNT(for_trying);
    }
    for (size_t i = 0; i < n; i++)
        http_server_resource_put(s, &v[i]);
}

/* ---- methods ---- */

enum { GET = 1, HEAD = 2, POST = 4, PUT = 8, DELETE = 16, OPTIONS = 32 };
static const struct name method_v[] = {{GET, "GET"}, {HEAD, "HEAD"},     {POST, "POST"},
                                       {PUT, "PUT"}, {DELETE, "DELETE"}, {OPTIONS, "OPTIONS"}};

/* 0: it is none that is implemented. */
static unsigned method_of(struct span method)
{
    for (size_t i = 0; i < COUNT(method_v); i++)
        if (span_is(method, method_v[i].s))
            return (unsigned)method_v[i].v;
    return 0;
}

static unsigned methods_of(const struct http_resource *r)
{
    switch ((enum http_does)r->does) {
    case HTTP_DOES_FIXED:
        return GET | HEAD | OPTIONS;
    case HTTP_DOES_ECHO:
        return GET | HEAD | POST | PUT | OPTIONS;
    case HTTP_DOES_ASK:
        break;
    }
    return GET | HEAD | POST | PUT | DELETE | OPTIONS;
}

static void allow(struct http_answer *a, unsigned methods)
{
    uint8_t room[64];
    struct wr w = {room, sizeof room, 0, false};

    for (size_t i = 0; i < COUNT(method_v); i++)
        if (methods & method_v[i].v) {
            wr_text(&w, w.n ? ", " : "");
            wr_text(&w, method_v[i].s);
        }
    http_add(&a->dr, "Allow", arena_copy(&a->mem, wr_span(&w)));
}

/* ---- deciding ---- */

static unsigned earns(struct http_answer *a, unsigned status, const char *cause)
{
    a->cause = cause;
    return status;
}

/* What the head alone earns; 0: the body is to be looked at, or nothing is wrong. Credentials are not looked at yet. */
static unsigned by_head(struct http_server *s, struct http_answer *a)
{
    unsigned method = method_of(a->m->method);
    struct span e, expect = {NULL, 0};

    a->resource = resource_of(s, http_path_of(a->m));
    if (!method)
        return earns(a, 501, "method"); /* RFC9110:9.1#3 */
    if (a->m->form == HTTP_ASTERISK)    /* OPTIONS, or it would have been refused */
        return 0;
    if (!a->resource || (a->m->form == HTTP_ABSOLUTE && server_flag(s, "absolute-not-found")))
        return earns(a, 404, "path");
    if (!(methods_of(a->resource) & method))
        return earns(a, 405, "method"); /* RFC9110:9.1#4 */
    if (http_header(a->m, HTTP_EXPECT))
        expect = http_header(a->m, HTTP_EXPECT)->value;
    for (size_t at = 0; http_element(expect, &at, &e);)
        if (e.n && !lex_like(e, "100-continue"))
            return earns(a, 417, "expect"); /* RFC9110:10.1.1#1 */
    return 0;
}

unsigned http_server_early(struct http_server *s, struct http_answer *a)
{
    unsigned status = by_head(s, a);

    if (!status && a->resource && a->resource->auth && !http_header(a->m, HTTP_AUTHORIZATION))
        return earns(a, 401, "none");
    return status;
}

/* ---- responses ---- */

static void begin(struct http_answer *a, unsigned status)
{
    a->status = status;
    http_draft_response(&a->dr, &a->mem, status);
}

/* A text for people, as RFC 9110 section 15.5 has it of errors; "505": what is served in its place (15.6.6#1). */
static void explain(struct http_answer *a, unsigned status)
{
    uint8_t room[128];
    struct wr w = {room, sizeof room, 0, false};

    wr_dec(&w, status);
    wr_u8(&w, ' ');
    wr_text(&w, http_reason(status));
    wr_text(&w, status == 505 ? ": HTTP/1.1 is served\n" : "\n");
    http_add(&a->dr, "Content-Type", span_of("text/plain"));
    http_body(&a->dr, arena_copy(&a->mem, wr_span(&w)));
}

static void date(const struct http_server *s, struct http_answer *a)
{
    uint8_t room[HTTP_DATE_OCTETS + 8];
    struct wr w = {room, sizeof room, 0, false};

    http_put_date(&w, s->c.clock_s + a->in->now_us / 1000000);
    http_add(&a->dr, "Date", arena_copy(&a->mem, wr_span(&w)));
}

/* Whether a response of this status has content at all (RFC 9112 section 6.3). */
static bool bare(unsigned status)
{
    return status / 100 == 1 || status == 204 || status == 304;
}

/* The framing of the body; a response to HTTP/1.0 has no chunks (RFC9112:6.1#11). */
static void frame(struct http_server *s, struct http_answer *a, size_t chunk, bool until_close)
{
    bool given = http_has(&a->dr, HTTP_CONTENT_LENGTH) || http_has(&a->dr, HTTP_TRANSFER_ENCODING);

    if (bare(a->status) || (a->turn->ask == HTTP_ASK_CONNECT && a->status / 100 == 2)) {
        http_drop_body(&a->dr);
        return;
    }
    if (server_flag(s, "chunked-always") && !until_close)
        chunk = 7;
    until_close |= chunk && a->turn->old && !server_flag(s, "chunks-to-old");
    until_close |= !given && !a->turn->head && server_flag(s, "until-close-always");
    if (until_close)
        a->close = true;
    else if (chunk && !given)
        http_chunk(&a->dr, chunk);
    else if (!given)
        http_add(&a->dr, "Content-Length", (struct span){NULL, 0});
    if (a->turn->head && !server_flag(s, "head-with-content"))
        http_drop_body(&a->dr);
}

static void connection(const struct http_server *s, struct http_answer *a)
{
    if (server_flag(s, "closes-each-time") || server_flag(s, "closes-unsaid"))
        a->close = true;
    if (http_has(&a->dr, HTTP_CONNECTION) || a->status / 100 == 1 ||
        server_flag(s, "closes-unsaid"))
        return;
    if (a->close)
        http_add(&a->dr, "Connection", span_of("close")); /* RFC9112:9.6#1, #4 */
    else if (a->turn->old || server_flag(s, "keep-alive-said"))
        http_add(&a->dr, "Connection", span_of("keep-alive"));
}

void http_server_finish(struct http_server *s, struct http_answer *a,
                        const struct http_reply_args *by_script)
{
    struct node *root = &a->dr.root;
    const struct node *status = draft_find(root, "status");

    if (!status && !draft_find(root, "start"))
        status = draft_uint(&a->dr, root, field_find(&http_msg_desc, "status"), 200);
    a->status = status && status->form == FORM_UINT ? (unsigned)status->u : 0;
    if (!draft_find(root, "reason") && !draft_find(root, "start"))
        draft_bytes(&a->dr, root, field_find(&http_msg_desc, "reason"),
                    span_of(http_reason(a->status)));
    if (s->c.clock_s && !http_has(&a->dr, HTTP_DATE) && a->status / 100 != 1)
        date(s, a); /* RFC9110:6.6.1#2 */
    if (s->c.software.n && !http_has(&a->dr, HTTP_SERVER) && a->status / 100 != 1)
        http_add(&a->dr, "Server", s->c.software);
    if (by_script)
        frame(s, a, (size_t)by_script->chunk, by_script->until_close);
    else
        frame(s, a, a->resource && a->status / 100 == 2 ? a->resource->chunk : 0,
              a->resource && a->status / 100 == 2 && a->resource->until_close);
    connection(s, a);
}

/* Where the tables of deviations may change it: "response/401/none", "response/200/fixed/head". */
static void leave(struct http_server *s, struct http_answer *a)
{
    struct wr w = {s->out, sizeof s->out, 0, false}, where = {(uint8_t *)a->where, 47, 0, false};

    http_server_finish(s, a, NULL);
    wr_text(&where, a->status / 100 == 1 ? "interim/" : "response/");
    wr_dec(&where, a->status);
    wr_u8(&where, '/');
    wr_text(&where, a->cause);
    if (a->m && http_header(a->m, HTTP_EXPECT))
        wr_text(&where, "/expected");
    if (a->turn->head)
        wr_text(&where, "/head");
    if (a->turn->close || a->close)
        wr_text(&where, "/close");
    a->where[where.n] = '\0';
    struct deviated d = env_apply(&s->env, a->where, &a->dr);
    if (!d.silent)
        http_encode(&w, &a->dr);
    for (size_t i = w.n; d.repeat && i; i = 0)
        wr_put(&w, wr_span(&w));
    if (w.full || a->mem.full) { /* it does not fit: nothing is better than half of it */
        w.n = 0;
        a->close = true;
    }
    http_server_respond(s, a, wr_span(&w), d.delay_us ? a->in->now_us + d.delay_us : 0);
}

void http_server_refuse(struct http_server *s, struct http_answer *a, unsigned status,
                        const char *cause)
{
    a->cause = cause;
    begin(a, status);
    if (status == 401)
        http_realm_challenge(&s->realm, (enum http_auth)a->resource->auth, a->by.stale,
                             a->in->now_us, &a->dr);
    if (status == 405)
        allow(a, methods_of(a->resource));
    explain(a, status);
    leave(s, a);
}

void http_server_continue(struct http_server *s, struct http_answer *a)
{
    struct wr w = {s->out, sizeof s->out, 0, false};

    begin(a, 100);
    if (!env_apply(&s->env, "interim/100", &a->dr).silent)
        http_encode(&w, &a->dr);
    out_send(a->q, a->st->flow, wr_span(&w), NULL);
}

/* ---- serving ---- */

static void serve_options(struct http_server *s, struct http_answer *a)
{
    a->cause = "options";
    begin(a, 200);
    allow(a, a->resource ? methods_of(a->resource) : GET | HEAD | POST | PUT | DELETE | OPTIONS);
    leave(s, a);
}

static void type(struct http_answer *a, struct span t)
{
    http_add(&a->dr, "Content-Type", t.n ? arena_copy(&a->mem, t) : span_of("text/plain"));
}

static void serve_echo(struct http_server *s, struct http_answer *a)
{
    const struct http_header *h = http_header(a->m, HTTP_CONTENT_TYPE);

    a->cause = "echo";
    begin(a, 200);
    if (h && http_is_media_type(h->value))
        type(a, h->value);
    else if (a->content.n)
        type(a, span_of("application/octet-stream"));
    http_realm_info(&s->realm, &a->by, a->content, a->in->now_us, &a->dr);
    http_body(&a->dr, a->content);
    leave(s, a);
}

static void serve_fixed(struct http_server *s, struct http_answer *a)
{
    const struct http_resource *r = a->resource;
    unsigned status = r->status ? r->status : 200;
    struct span body = bare(status) ? (struct span){NULL, 0} : r->body;

    a->cause = r->until_close ? "until-close" : r->chunk ? "chunked" : "fixed";
    begin(a, status);
    if (body.n)
        type(a, r->type);
    /* the content of a response to HEAD is none: that is what rspauth covers, with auth-int */
    http_realm_info(&s->realm, &a->by, a->turn->head ? (struct span){NULL, 0} : body, a->in->now_us,
                    &a->dr);
    http_body(&a->dr, body);
    leave(s, a);
}

bool http_server_serve(struct http_server *s, struct http_answer *a)
{
    unsigned status = by_head(s, a);
    const struct http_resource *r = a->resource;

    for (size_t i = 0; i < a->m->chunks_n && server_flag(s, "extensions-refused"); i++)
        if (a->m->chunks[i].ext.n)
            status = earns(a, 400, "extension");
    if (status) {
        http_server_refuse(s, a, status, a->cause);
        return true;
    }
    if (r && r->auth) {
        status = http_realm_check(&s->realm, (enum http_auth)r->auth, a->m, a->content,
                                  a->in->now_us, &a->mem, &a->by);
        if (status) {
            http_server_refuse(s, a, status, a->by.cause);
            return true;
        }
    }
    if (r && r->does == HTTP_DOES_ASK)
        return false;
    if (span_is(a->m->method, "OPTIONS"))
        serve_options(s, a);
    else if (r->does == HTTP_DOES_ECHO)
        serve_echo(s, a);
    else
        serve_fixed(s, a);
    return true;
}
