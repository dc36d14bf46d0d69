/* harness/watch/ws/ws_watch.c - the watcher of WebSocket: the handshake of RFC 6455 section 4, who masks, and how frames
 * follow one another. What one frame breaks by itself the codec says. */
#include "harness/core/registry.h"
#include "harness/watch/ws/ws_watch.h"

static const struct watch_fact_kind facts[WS_WATCH_FACTS] = {
    [WS_F_HANDSHAKES] = {"handshakes", "requests for a connection", false},
    [WS_F_ACCEPTED] = {"accepted", "connections accepted", false},
    [WS_F_REFUSED] = {"refused", "requests refused", false},
    [WS_F_MESSAGES] = {"messages", "messages", false},
    [WS_F_OCTETS] = {"octets", "octets of payload in messages", false},
    [WS_F_FRAGMENTED] = {"fragmented", "messages of several frames", false},
    [WS_F_PINGS] = {"pings", "Pings", false},
    [WS_F_PONGS] = {"pongs", "Pongs", false},
    [WS_F_CLOSES] = {"closes", "Closes", false},
    [WS_F_EVICTED] = {"evicted", "connections forgotten for want of room", false},
};

/* ---- links ---- */

static bool same(const void *item, const void *key)
{
    const struct ws_link *k = item;
    const struct watch_seen *s = key;

    return k->flow == s->flow && ((addr_eq(&k->client, &s->from) && addr_eq(&k->server, &s->to)) ||
                                  (addr_eq(&k->client, &s->to) && addr_eq(&k->server, &s->from)));
}

/* The same for both directions. */
static uint32_t hash_of(const struct watch_seen *s)
{
    return (uint32_t)(table_mix_addr(s->flow, &s->from) + table_mix_addr(s->flow, &s->to));
}

static struct ws_link *find(struct ws_watch *w, const struct watch_seen *s)
{
    return table_find(&w->links, hash_of(s), same, s);
}

static void forget(struct ws_watch *w, struct ws_link *k)
{
    if (k)
        table_drop(&w->links, k);
}

static struct ws_link *begin(struct ws_watch *w, const struct watch_seen *s,
                             const struct watch_sink *out)
{
    uint32_t hash = hash_of(s);

    forget(w, find(w, s));
    struct ws_link *full = table_full(&w->links, hash);
    if (full) {
        watch_tell(out, WS_F_EVICTED, 1, s, full->asked_frame);
        table_drop(&w->links, full);
    }
    struct ws_link *k = table_new(&w->links, hash);
    k->flow = s->flow;
    k->client = s->from;
    k->server = s->to;
    k->asked_frame = s->frame;
    return k;
}

/* ---- findings ---- */

/* Those of a codec over a message; they rest on the handshake too. */
static void broke(const struct watch_sink *out, const struct watch_seen *s, const struct ws_link *k,
                  const struct findings *fs)
{
    for (size_t i = 0; out->finding && i < findings_kept(fs); i++) {
        struct watch_finding w = {.f = fs->v[i],
                                  .now_us = s->now_us,
                                  .flow = s->flow,
                                  .from = s->from,
                                  .to = s->to,
                                  .by = s->by,
                                  .frame = s->frame};
        const uint32_t frames[] = {k->asked_frame, k->answered_frame};
        w.f.layer = s->layer;
        for (size_t n = 0; n < COUNT(frames); n++)
            if (frames[n] && frames[n] != s->frame && (!n || frames[n] != frames[0]))
                w.related[w.n_related++] = frames[n];
        out->finding(out->ctx, &w);
    }
}

/* ---- the handshake ---- */

/* Add to the text of the link the values of all fields of a type, which are one list. Returns how many octets. */
static size_t keep(struct wr *w, const struct http_msg *m, enum http_type type)
{
    const struct http_header *h = http_header(m, type);
    size_t from = w->n;

    if (!h)
        return SIZE_MAX;
    wr_put(w, h->value);
    while ((h = http_header_next(m, h))) {
        wr_text(w, ", ");
        wr_put(w, h->value);
    }
    return w->n - from;
}

static void request(struct ws_watch *w, const struct watch_seen *s, const struct http_msg *m,
                    const struct watch_sink *out)
{
    struct finding found[16];
    struct findings fs = {.v = found, .cap = COUNT(found)};

    if (!http_has_token(m, HTTP_UPGRADE, "websocket") || s->cut) {
        forget(w, find(w, s)); /* who asks for something else is no WebSocket yet */
        return;
    }
    struct ws_link *k = begin(w, s, out);
    struct wr text = {k->text, sizeof k->text, 0, false};
    k->proper = ws_check_request(m, &fs) == 101;
    k->key_n = keep(&text, m, HTTP_WS_KEY);
    k->protocols_n = keep(&text, m, HTTP_WS_PROTOCOL);
    k->extensions_n = keep(&text, m, HTTP_WS_EXTENSIONS);
    k->fits = !text.full;
    watch_tell(out, WS_F_HANDSHAKES, 1, s, 0);
    broke(out, s, k, &fs);
}

/* The next part of what was kept. */
static struct span part(const struct ws_link *k, size_t *at, size_t n)
{
    struct span s = {NULL, 0};

    if (n != SIZE_MAX) {
        s = (struct span){k->text + *at, n};
        *at += n;
    }
    return s;
}

static void accepted(struct ws_link *k, const struct watch_seen *s, const struct http_msg *m,
                     const struct watch_sink *out)
{
    bool extended = http_header(m, HTTP_WS_EXTENSIONS) != NULL; /* which may use RSV1 */

    k->state = WS_LINK_OPEN;
    k->agreed = http_header(m, HTTP_WS_PROTOCOL) != NULL;
    k->answered_frame = s->frame;
    for (size_t i = 0; i < COUNT(k->readers); i++)
        k->readers[i] = (struct ws_reader){.from_client = i, .rsv1 = extended, .limit = UINT64_MAX};
    watch_tell(out, WS_F_ACCEPTED, 1, s, k->asked_frame);
}

static void response(struct ws_watch *w, const struct watch_seen *s, const struct http_msg *m,
                     const struct watch_sink *out)
{
    struct finding found[16];
    struct findings fs = {.v = found, .cap = COUNT(found)};
    struct ws_link *k = find(w, s);
    size_t at = 0;

    if (!k || k->state != WS_LINK_ASKED || !addr_eq(&k->server, &s->from))
        return;
    if (m->status >= 100 && m->status < 200 && m->status != 101) /* an answer is still to come */
        return;
    struct ws_offer o = {.key = part(k, &at, k->key_n)};
    o.protocols = part(k, &at, k->protocols_n);
    o.extensions = part(k, &at, k->extensions_n);
    if (k->fits && k->proper && !s->cut) {
        ws_check_response(m, &o, &fs);
        broke(out, s, k, &fs);
    }
    if (m->status == 101) {
        accepted(k, s, m, out);
        return;
    }
    k->state = WS_LINK_OVER;
    watch_tell(out, WS_F_REFUSED, 1, s, k->asked_frame);
}

/* ---- frames ---- */

/* A message of a codec that has a name to be agreed on. A request that lists others may mean something else than the
 * protocol of that name: only one that lists none is judged, and an answer that agrees to none. */
static void subprotocol(struct ws_link *k, const struct ws_frame *f, bool client,
                        struct findings *fs)
{
    const struct codec *c = codec_guess(f->payload, 0, FRAMING_MESSAGE);
    const struct rule *broken = NULL;

    if (k->told_agreed[client] || !c || !c->agreed || c->guess(f->payload, 0) < WS_WATCH_SURE)
        return;
    if (client && k->protocols_n == SIZE_MAX)
        broken = &c->agreed->asked;
    else if (!client && k->protocols_n != SIZE_MAX && !k->agreed)
        broken = &c->agreed->answered;
    if (broken)
        rule_broke(fs, broken, f->head, f->payload.n, 0);
    k->told_agreed[client] = true;
}

static void told(const struct ws_frame *f, const struct watch_seen *s, const struct watch_sink *out)
{
    if (f->opcode == WS_PING)
        watch_tell(out, WS_F_PINGS, 1, s, 0);
    else if (f->opcode == WS_PONG)
        watch_tell(out, WS_F_PONGS, 1, s, 0);
    else if (f->opcode == WS_CLOSE)
        watch_tell(out, WS_F_CLOSES, 1, s, 0);
}

static void frame(struct ws_watch *w, const struct watch_seen *s, const struct ws_frame *f,
                  const struct watch_sink *out)
{
    struct finding found[4];
    struct findings fs = {.v = found, .cap = COUNT(found)};
    struct ws_link *k = find(w, s);

    if (k && k->state == WS_LINK_ASKED)
        k->state = WS_LINK_OVER; /* a frame before the answer: what is seen is not in order */
    if (!k || k->state != WS_LINK_OPEN)
        return;
    bool client = addr_eq(&k->client, &s->from);
    if (k->failed[client])
        return;
    if (s->cut || f->payload.n != f->length) { /* what is not there cannot be followed */
        k->failed[client] = true;
        return;
    }
    struct ws_reader *r = &k->readers[client];
    enum step step = ws_follow(r, f, &fs);
    k->failed[client] = step == STEP_FAIL;
    if (f->fin && !f->rsv1 && (f->opcode == WS_TEXT || f->opcode == WS_BINARY) && f->payload.n)
        subprotocol(k, f, client, &fs);
    if (f->opcode >= WS_CLOSE) {
        told(f, s, out);
    } else if (step == STEP_ITEM) {
        watch_tell(out, WS_F_MESSAGES, 1, s, 0);
        watch_tell(out, WS_F_OCTETS, r->size, s, 0);
        if (f->opcode == WS_CONTINUATION)
            watch_tell(out, WS_F_FRAGMENTED, 1, s, 0);
    }
    broke(out, s, k, &fs);
}

/* ---- the class ---- */

static size_t links(size_t limit)
{
    return (limit + WS_WATCH_LINKS - 1) / WS_WATCH_LINKS;
}

static size_t size(size_t limit)
{
    return TABLE_ROUNDED(sizeof(struct ws_watch)) +
           table_size(links(limit), sizeof(struct ws_link));
}

static void init(void *self, size_t limit, const struct watch_options *o)
{
    struct ws_watch *w = self;

    w->o = *o;
    table_init(&w->links, (uint8_t *)self + TABLE_ROUNDED(sizeof *w), links(limit),
               sizeof(struct ws_link));
}

static void seen(void *self, const struct watch_seen *s, const struct watch_sink *out)
{
    struct ws_watch *w = self;

    if (!s->stream)
        return;
    if (!s->view || !(s->whole || w->o.origin)) {
        forget(w, find(w, s));
        return;
    }
    if (s->codec == &ws_codec) {
        frame(w, s, s->view, out);
        return;
    }
    const struct http_msg *m = s->view;
    if (m->request)
        request(w, s, m, out);
    else
        response(w, s, m, out);
}

extern const struct watcher_class ws_watch;
const struct watcher_class ws_watch = {
    .name = "ws",
    .codec = &ws_codec,
    .also = &http_codec,
    .facts = facts,
    .n_facts = COUNT(facts),
    .by_flow = true,
    .size = size,
    .init = init,
    .seen = seen,
};
