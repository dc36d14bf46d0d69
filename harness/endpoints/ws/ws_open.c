/* harness/endpoints/ws/ws_open.c - the opening handshake: what each side says, and what it makes of the other's. */
#include "harness/endpoints/ws/ws_layer.h"

/* ---- options ---- */

static struct span text_option(struct ws_layer *l, const struct flow_spec *spec, const char *name)
{
    struct span s = flow_option_text(spec, name);
    return s.n ? arena_copy(&l->mem, s) : (struct span){NULL, 0};
}

static uint64_t number_option(const struct flow_spec *spec, const char *name, uint64_t otherwise)
{
    uint64_t v = flow_option(spec, name).u;
    return v ? v : otherwise;
}

/* Lines, however they end, with their ends. */
static struct span lines(struct ws_layer *l, struct span text)
{
    struct wr w = {arena_take(&l->mem, 2 * text.n + 2), 2 * text.n + 2, 0, false};

    if (!text.n || !w.p)
        return (struct span){NULL, 0};
    for (size_t at = 0, end; at < text.n; at = end + 1) {
        end = lex_find(text, at, '\n');
        struct span line = lex_trim(span_cut(text, at, end), LEX_EOL);
        wr_put(&w, line);
        wr_text(&w, line.n ? "\r\n" : "");
    }
    return wr_span(&w);
}

/* Host of a client that is told none: the flow's name or address, and a port that is not the usual one. */
static struct span host_of(struct ws_layer *l, const struct flow_spec *spec)
{
    uint8_t text[320];
    struct wr w = {text, sizeof text, 0, false};
    uint16_t usual = strstr(spec->stack, "/tls") ? WS_PORT_TLS : WS_PORT;

    if (spec->name.n) {
        wr_put(&w, spec->name);
        wr_u8(&w, ':');
        wr_dec(&w, spec->remote.port);
    } else {
        addr_text(&w, &spec->remote);
    }
    return arena_copy(&l->mem,
                      spec->remote.port == usual ? http_without_port(wr_span(&w)) : wr_span(&w));
}

void ws_take_options(struct ws_layer *l, const struct flow_spec *spec)
{
    struct ws_offer *o = &l->offer;
    uint64_t most = number_option(spec, "message_max", WS_MESSAGE_MAX);

    l->stream = strncmp(spec->stack, "tcp", 3) == 0;
    l->mem = arena_of(l->kept, WS_OPTIONS_MAX);
    l->message = (struct wr){l->text, sizeof l->text, 0, false};
    l->reader.limit = most < WS_MESSAGE_MAX ? most : WS_MESSAGE_MAX;
    l->messages = (uint8_t)number_option(spec, "messages", 0);
    l->fragment = (uint32_t)number_option(spec, "fragment", 0);
    l->due_us = number_option(spec, "open_us", WS_OPEN_US);
    l->close_us = number_option(spec, "close_us", WS_CLOSE_US);
    o->protocols = text_option(l, spec, "protocols");
    l->paths = text_option(l, spec, "paths");
    l->hosts = text_option(l, spec, "hosts");
    l->origins = text_option(l, spec, "origins");
    o->host = text_option(l, spec, "host");
    if (!o->host.n)
        o->host = host_of(l, spec);
    o->resource = text_option(l, spec, "path");
    if (!o->resource.n)
        o->resource = span_of("/");
    o->origin = text_option(l, spec, "origin");
    o->fields = lines(l, flow_option_text(spec, "fields"));
}

/* ---- the client ---- */

void ws_ask(struct ws_layer *l, struct outq *q)
{
    struct ws_offer o = l->offer;
    size_t size = 2 * WS_OPTIONS_MAX + 1024; /* an absolute target has the host a second time */
    struct wr absolute = {arena_new(&q->mem, size), size, 0, false};
    struct wr w = {arena_new(&q->mem, size), size, 0, false};

    if (!w.p || !absolute.p)
        return; /* mem.full is seen by the driver */
    rng_fill(l->env.rng, l->offer.nonce, sizeof l->offer.nonce);
    if (env_flag(&l->env, "w-key-same"))
        memset(l->offer.nonce, 'x', sizeof l->offer.nonce);
    memcpy(o.nonce, l->offer.nonce, sizeof o.nonce);
    if (env_flag(&l->env, "w-absolute")) {
        wr_text(&absolute, "http://");
        wr_put(&absolute, o.host);
        wr_put(&absolute, o.resource);
        o.resource = wr_span(&absolute);
    }
    l->facts.path = l->offer.resource;
    l->facts.host = l->offer.host;
    l->facts.origin = l->offer.origin;
    ws_request_put(&w, &o);
    ws_put_http(l, "request", wr_span(&w), q);
}

static void client_fails(struct ws_layer *l, enum close_why how, const char *why,
                         const struct input *in, struct outq *q)
{
    ws_tell_end(l, WS_TOLD_REFUSED, how, why, in, q);
    ws_drop(l, false, q);
}

/* "the server refused the handshake: 403 Forbidden" */
static const char *refusal(const struct http_msg *m, struct outq *q)
{
    uint8_t text[160];
    struct wr w = {text, sizeof text, 0, false};
    struct span reason = span_cut(m->reason, 0, 64);

    wr_text(&w, "the server refused the handshake: ");
    wr_dec(&w, m->status);
    if (reason.n && lex_all(reason, LEX_TCHAR | LEX_BLANK)) {
        wr_u8(&w, ' ');
        wr_put(&w, reason);
    }
    return arena_text(&q->mem, wr_span(&w));
}

/* What a client that has a fault of it does not see in a response. */
static bool overlooked(const struct ws_layer *l, const struct findings *fs)
{
    static const struct {
        const char *flag, *clause;
    } rows[] = {{"w-takes-accept", "RFC6455:4.1#39"},
                {"w-takes-extension", "RFC6455:4.2.2#10"},
                {"w-takes-protocol", "RFC6455:4.2.2#8"}};

    for (size_t i = 0; fs->n == 1 && i < COUNT(rows); i++)
        if (strcmp(fs->v[0].clause, rows[i].clause) == 0)
            return env_flag(&l->env, rows[i].flag);
    return false;
}

static void answered(struct ws_layer *l, const struct http_msg *m, const struct input *in,
                     struct outq *q)
{
    struct finding found[8];
    struct findings fs = {.v = found, .cap = COUNT(found)};
    const struct http_header *protocol = http_header(m, HTTP_WS_PROTOCOL);

    l->facts.status = m->status;
    if (m->request) {
        client_fails(l, CLOSE_PROTOCOL, "what the server answers is a request", in, q);
    } else if (ws_check_response(m, &l->offer, &fs) || overlooked(l, &fs)) {
        l->mem.cap = sizeof l->kept;
        if (protocol)
            l->facts.protocol = arena_copy(&l->mem, protocol->value);
        ws_provide(l, in, q);
    } else if (m->status == 101) {
        client_fails(l, CLOSE_PROTOCOL, ws_words(&fs, "the response is wrong", q), in, q);
    } else {
        client_fails(l, CLOSE_REFUSED, refusal(m, q), in, q);
    }
}

/* ---- the server ---- */

static void refuse(struct ws_layer *l, unsigned status, const char *why, const struct input *in,
                   struct outq *q)
{
    uint8_t text[512];
    char where[] = "response/000";
    struct wr w = {text, sizeof text, 0, false};

    ws_refuse_put(&w, status);
    for (unsigned i = 0, v = status; i < 3; i++, v /= 10)
        where[sizeof where - 2 - i] = (char)('0' + v % 10);
    ws_put_http(l, where, wr_span(&w), q);
    l->facts.status = (uint16_t)status;
    ws_tell_end(l, WS_TOLD_REFUSED, CLOSE_PROTOCOL, why, in, q);
    ws_leave(l, true, in, q);
}

/* Path and query of a request target: what an absolute one has behind its authority (RFC 6455 section 4.1). */
static struct span resource_of(const struct http_msg *m)
{
    size_t at = lex_find(m->target, 0, ':') + strlen("://");

    if (m->form != HTTP_ABSOLUTE)
        return m->target;
    while (at < m->target.n && m->target.p[at] != '/' && m->target.p[at] != '?')
        at++;
    return span_cut(m->target, at, m->target.n);
}

static bool same_host(struct span have, struct span want)
{
    return lex_same(have, want) || lex_same(http_without_port(have), want);
}

static bool same_path(struct span have, struct span want)
{
    have = span_cut(have, 0, lex_find(have, 0, '?'));
    return span_eq(have.n ? have : span_of("/"), want);
}

/* Whether a list has what is asked for; one of nothing has all. */
static bool among(struct span list, struct span have, bool (*same)(struct span, struct span))
{
    struct span e;

    for (size_t at = 0; list.n && http_element(list, &at, &e);)
        if (same(have, e))
            return true;
    return list.n == 0;
}

static bool two_hosts(const struct http_msg *m)
{
    size_t n = 0;

    for (size_t i = 0; i < m->headers_n; i++)
        n += m->headers[i].type == HTTP_HOST;
    return n > 1;
}

/* The status to answer with, and why where it is none of 101. */
static unsigned judge(struct ws_layer *l, const struct http_msg *m, const char **why,
                      struct outq *q)
{
    struct finding found[8];
    struct findings fs = {.v = found, .cap = COUNT(found)};
    const struct http_header *host = http_header(m, HTTP_HOST),
                             *origin = http_header(m, HTTP_ORIGIN_FIELD);
    unsigned status = ws_check_request(m, &fs);

    if (status != 101) {
        if ((status == 426 && env_flag(&l->env, "w-takes-version")) ||
            (http_header(m, HTTP_WS_KEY) && env_flag(&l->env, "w-takes-request")))
            return 101;
        *why = ws_words(&fs, "the request is no handshake of WebSocket", q);
        return status;
    }
    *why = "there are several Host";
    if (two_hosts(m)) /* RFC 9112 section 3.2 */
        return 400;
    *why = "the path is none that there is";
    if (!among(l->paths, l->facts.path, same_path))
        return 404;
    *why = "the host is another one";
    if (host && !among(l->hosts, host->value, same_host))
        return 403;
    *why = "the origin may not ask";
    if (origin && !among(l->origins, origin->value, lex_same))
        return 403;
    return 101;
}

static void asked(struct ws_layer *l, const struct http_msg *m, const struct input *in,
                  struct outq *q)
{
    const struct http_header *host = http_header(m, HTTP_HOST),
                             *origin = http_header(m, HTTP_ORIGIN_FIELD);
    struct span protocol = ws_choose(m, l->offer.protocols);
    const char *why = NULL;

    l->mem.cap = sizeof l->kept;
    l->facts.protocol = arena_copy(&l->mem, protocol);
    l->facts.path = arena_copy(&l->mem, m->request ? resource_of(m) : (struct span){0});
    l->facts.host = arena_copy(&l->mem, host ? host->value : (struct span){0});
    l->facts.origin = arena_copy(&l->mem, origin ? origin->value : (struct span){0});
    unsigned status = judge(l, m, &why, q);
    if (status != 101) {
        l->facts.protocol = (struct span){0};
        refuse(l, status, why, in, q);
        return;
    }
    struct wr w = {arena_new(&q->mem, WS_HANDSHAKE_MAX), WS_HANDSHAKE_MAX, 0, false};
    if (!w.p)
        return;
    ws_response_put(&w, m, protocol, (struct span){NULL, 0});
    ws_put_http(l, "response/101", wr_span(&w), q);
    l->facts.status = 101;
    ws_provide(l, in, q);
}

/* ---- both ---- */

static void wrong(struct ws_layer *l, const char *why, const struct input *in, struct outq *q)
{
    if (l->server)
        refuse(l, 400, why, in, q);
    else
        client_fails(l, CLOSE_PROTOCOL, why, in, q);
}

/* The window holds a message; where it has a body that has not come whole, a response. */
static void message(struct ws_layer *l, const struct input *in, struct outq *q)
{
    struct findings none = {0};
    struct http_msg m;

    if (http_decode((struct span){l->window, l->n_window}, HTTP_ASK_OTHER, &q->mem, &m, &none) !=
        STEP_ITEM)
        wrong(l, "what came is no HTTP", in, q);
    else if (l->server)
        asked(l, &m, in, q);
    else if (m.status / 100 != 1 ||
             m.status == 101) /* else it is not the last one: RFC 9110 15.2 */
        answered(l, &m, in, q);
}

size_t ws_handshake(struct ws_layer *l, struct span data, const struct input *in, struct outq *q)
{
    struct finding found[4];
    struct findings fs = {.v = found, .cap = COUNT(found)};
    struct span part = span_cut(data, 0, sizeof l->window - l->n_window);
    size_t used;

    memcpy(l->window + l->n_window, part.p, part.n);
    l->n_window += part.n;
    enum step s = http_next(&l->dec, (struct span){l->window, l->n_window}, &used, &fs);
    if (s == STEP_FAIL) {
        wrong(l, ws_words(&fs, "what came is no HTTP", q), in, q);
    } else if (s == STEP_MORE && l->dec.in_body &&
               (!l->server || l->dec.frame.how == HTTP_CLOSE)) { /* a response, whoever sends it */
        message(l, in, q);
    } else if (s == STEP_ITEM) {
        size_t behind = l->n_window - used;
        l->n_window = used;
        message(l, in, q);
        l->n_window = 0;
        return part.n - behind;
    } else if (l->n_window == sizeof l->window) {
        wrong(l, "the handshake is too long", in, q);
    }
    return part.n;
}
