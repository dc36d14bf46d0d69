/* harness/replay/engine_flow.c - a part of the flows: which protocol a datagram is of, and what it says. */
#include <stdlib.h>
#include "harness/replay/engine_impl.h"

enum { AHEAD = 8 }; /* packets for which the table is fetched ahead */

/* ---- memory ---- */

bool engine_part_init(struct part *p, struct engine *e, uint32_t number, size_t places)
{
    *p = (struct part){.e = e, .number = number};
    p->mem = arena_of(malloc(ENGINE_ARENA), ENGINE_ARENA);
    p->findings = malloc(ENGINE_FINDINGS_MAX * sizeof *p->findings);
    p->over = malloc(ENGINE_OVER_MAX * sizeof *p->over);
    p->watching = engine_apart(registry_n, sizeof *p->watching);
    p->held.v = malloc(ENGINE_HELD_MAX * sizeof *p->held.v);
    p->held.octets = malloc(ENGINE_HELD);
    p->layers = calloc(ENGINE_ALL_PATHS, sizeof *p->layers);
    bool flows = flows_init(&p->flows, places);
    engine_streams_init(p);
    return flows && p->mem.p && p->findings && p->over && p->watching && p->held.v &&
           p->held.octets && p->layers && engine_part_srtp_init(p);
}

void engine_part_free(struct part *p)
{
    for (size_t i = 0; p->watching && i < registry_n; i++)
        watch_free(p->watching[i].w);
    for (size_t i = 0; p->layers && i < ENGINE_ALL_PATHS; i++) {
        for (size_t j = 0; p->layers[i] && j < ENGINE_PROTOCOLS_MAX; j++)
            free(p->layers[i][j]);
        free(p->layers[i]);
    }
    srtpdec_free(p->srtp);
    engine_streams_reset(p);
    flows_free(&p->flows);
    free(p->mem.p);
    free(p->findings);
    free(p->over);
    free(p->watching);
    free(p->held.v);
    free(p->held.octets);
    free(p->layers);
}

void engine_part_reset(struct part *p)
{
    engine_streams_reset(p);
    flows_reset(&p->flows);
    engine_streams_init(p);
    for (size_t i = 0; i < registry_n; i++) {
        if (p->watching[i].w)
            watch_reset(p->watching[i].w);
        memset(p->watching[i].sums, 0, sizeof p->watching[i].sums);
    }
    memset(p->sums, 0, sizeof p->sums);
    p->unknown = p->unknown_quoted = p->connections = p->with_data = p->recognised = 0;
    p->held_all = p->held_lost = p->partial = p->problems = 0;
    if (p->srtp)
        srtpdec_reset(p->srtp);
    memset(p->late, 0, sizeof p->late);
    p->held.n = p->held.used = 0;
}

const char *engine_part_layers(struct part *p, uint16_t path, unsigned protocol)
{
    uint8_t buf[CAPREAD_LAYERS_MAX + 64];
    struct wr w = {buf, sizeof buf - 1, 0, false};
    const struct codec *c = engine_codec(protocol);
    uint16_t below = (uint16_t)(path % ENGINE_PATHS);

    if (!p->layers[path])
        p->layers[path] = calloc(ENGINE_PROTOCOLS_MAX, sizeof *p->layers[path]);
    char **text = p->layers[path] ? &p->layers[path][protocol] : NULL;
    const char *made = text ? *text : NULL;
    if (made)
        return made;
    if (below < QUICK_PATHS)
        quick_path(below, &w);
    else
        wr_text(&w, below == ENGINE_PATHS - 1 ? "..." : p->e->slow_paths[below - QUICK_PATHS]);
    unsigned on = path / ENGINE_PATHS,
             over = path >= ENGINE_OVER ? on - ENGINE_OVER / ENGINE_PATHS : 0;
    bool tls = path >= ENGINE_OVER ? over % 2 : on == ENGINE_TLS / ENGINE_PATHS;
    wr_text(&w, on == ENGINE_SRTP / ENGINE_PATHS ? "/srtp/" : tls ? "/tls/" : "/");
    if (path >= ENGINE_OVER) {
        wr_text(&w, engine_codec(p->e->over[over / 2])->name);
        wr_u8(&w, '/');
    }
    wr_text(&w, c ? c->name : engine_known(protocol) ? engine_known(protocol)->name : "");
    buf[w.n] = '\0';
    if (text)
        *text = strdup((const char *)buf);
    p->failed |= !text || !*text;
    return text && *text ? *text : "";
}

void packet_addrs(const struct packet *k, struct addr *src, struct addr *dst)
{
    *src = (struct addr){.family = 4, .port = k->sport};
    *dst = (struct addr){.family = 4, .port = k->dport};
    if (k->flags & PACKET_SIX) {
        src->family = dst->family = 6;
        memcpy(src->ip, k->ips, 16);
        memcpy(dst->ip, k->ips + 16, 16);
    } else {
        memcpy(src->ip, k->ips, 4);
        memcpy(dst->ip, k->ips + 4, 4);
    }
}

/* ---- which protocol ---- */

unsigned engine_guess(const struct packet *k, enum framing framing, unsigned *sure)
{
    const struct span in = {k->p, k->n};
    unsigned best = 0, got;

    *sure = 0;
    for (unsigned i = 1; i <= registry_n + known_protocols_n && *sure < 100; i++) {
        const struct codec *c = engine_codec(i);
        const struct known *n = engine_known(i);
        if (c && c->guess && (c->framing & framing)) {
            unsigned to = c->guess(in, k->dport), from = c->guess(in, k->sport);
            got = to > from ? to : from;
        } else if (n && framing == FRAMING_STREAM && n->stream) {
            got = n->stream(in, k->sport, k->dport);
        } else if (n && framing == FRAMING_DATAGRAM && n->datagram) {
            got = n->datagram(in, k->sport, k->dport);
        } else {
            continue;
        }
        if (got > *sure) {
            *sure = got;
            best = i;
        }
    }
    return best;
}

/* What of RFC 7983 a datagram may be by its first octets, so that each keeps its own protocol in a flow; RTCP apart
 * from RTP as RFC 5761 section 4 has it. */
static inline unsigned class_of(const struct packet *k)
{
    enum { STUN, DTLS, CHANNEL, RTP, RTCP, OTHER };
    uint8_t b = k->n ? k->p[0] : 255;

    if (b >= 128 && b < 192)
        return k->n > 1 && k->p[1] >= 192 && k->p[1] < 224 ? RTCP : RTP;
    if (b < 4)
        return STUN;
    if (b >= 20 && b < 64)
        return DTLS;
    return b >= 64 && b < 80 ? CHANNEL : OTHER;
}

static inline bool takes(unsigned protocol, const struct packet *k)
{
    const struct codec *c = engine_codec(protocol);
    const struct span in = {k->p, k->n};

    if (c)
        return c->guess(in, k->dport) > 0;
    return engine_known(protocol)->datagram(in, k->sport, k->dport) > 0;
}

/* A datagram whose codec wants more of its kind: PENDING, or the protocol where this one is enough. */
static unsigned probation(struct flow *f, const struct packet *k, unsigned protocol, unsigned class)
{
    unsigned side = (k->flags & PACKET_SWAPPED) != 0;
    const struct span in = {k->p, k->n};

    if (flow_denied(f) == FLOWS_DENIED_MAX)
        return 0;
    if (f->candidate != protocol || (f->bits & FLOW_PLACED)) {
        f->candidate = (uint8_t)protocol;
        f->followed[0] = f->followed[1] = 0;
        f->bits &= (uint8_t)~FLOW_PLACED;
        memset(f->dir, 0, sizeof f->dir);
    }
    int went = engine_codec(protocol)->follows(&f->dir[side].memo, in);
    if (went < 0) {
        f->bits = (uint8_t)(f->bits + FLOW_DENIED);
        f->followed[side] = 0;
        f->dir[side].memo = (struct codec_memo){{0, 0}};
        engine_codec(protocol)->follows(&f->dir[side].memo, in);
    } else {
        f->followed[side] = (uint8_t)(f->followed[side] + (went > 0));
    }
    if (f->followed[side] < ENGINE_PROBATION)
        return ENGINE_PENDING;
    f->known[class] = (uint8_t)protocol;
    return protocol;
}

static unsigned classify(struct flow *f, const struct packet *k, unsigned class)
{
    unsigned sure, protocol = engine_guess(k, FRAMING_DATAGRAM, &sure);
    const struct codec *c = engine_codec(protocol);

    if (sure < ENGINE_SURE)
        return c && c->follows ? probation(f, k, protocol, class) : 0;
    if (protocol)
        f->known[class] = (uint8_t)protocol;
    return protocol;
}

static inline unsigned protocol_of(struct part *p, struct packet *k)
{
    unsigned class = class_of(k), sure;

    if (k->flags & PACKET_QUOTED) {
        const struct flow *f = flows_find(&p->flows, k);
        unsigned known = f ? f->known[class] : 0;
        return known && takes(known, k) ? known : engine_guess(k, FRAMING_DATAGRAM, &sure);
    }
    struct flow *f = flows_of(&p->flows, k);
    unsigned known = f->known[class];
    k->flow = (uint32_t)(f - p->flows.v);
    return __builtin_expect(known && takes(known, k), 1) ? known : classify(f, k, class);
}

void engine_part_known(struct part *p, const struct packet *k, unsigned protocol)
{
    flows_of(&p->flows, k)->known[class_of(k)] = (uint8_t)protocol;
}

/* ---- what it says ---- */

static void count(struct part *p, unsigned protocol, const struct packet *k, size_t octets)
{
    struct sum *s = &p->sums[protocol];

    if (k->flags & PACKET_QUOTED) {
        s->quoted++;
    } else {
        s->messages++;
        s->octets += octets;
    }
}

/* Where the watcher of a datagram's protocol may remember its flow; NULL: nowhere. The memos of a protocol that
 * is known for the flow are not needed any more. */
static struct watch_place *place_of(struct part *p, const struct packet *k, unsigned protocol)
{
    struct flow *f = p->e->placed[protocol] && !(k->flags & (PACKET_TCP | PACKET_QUOTED))
                         ? flows_at(&p->flows, k->flow, k)
                         : NULL;

    if (!f || (f->candidate && f->candidate != protocol))
        return NULL;
    if (!(f->bits & FLOW_PLACED)) {
        f->bits |= FLOW_PLACED;
        memset(f->dir, 0, sizeof f->dir);
    }
    return &f->dir[(k->flags & PACKET_SWAPPED) != 0].place;
}

/* The same soon. */
static inline void ahead(const struct part *p, const struct packet *k)
{
    if (!p->e->placed[k->protocol] || k->flow >= p->flows.mask + FLOWS_REACH)
        return;
    const struct flow *f = &p->flows.v[k->flow];
    const struct watch *w = engine_part_watcher(p, k->protocol);
    if (w && (f->bits & FLOW_PLACED) && !(f->bits & FLOW_TCP))
        watch_ahead(w, &f->dir[(k->flags & PACKET_SWAPPED) != 0].place);
}

/* What its watcher can take without a view of it, which is most of media. */
static inline bool quick(struct part *p, const struct packet *k)
{
    if (!p->e->quick[k->protocol] || k->missing || (k->flags & (PACKET_TCP | PACKET_QUOTED)))
        return false;
    const struct flow *f = flows_at(&p->flows, k->flow, k);
    struct watch *w = engine_part_watcher(p, k->protocol);
    const struct watch_quick q = {k->time_ns / 1000, {k->p, k->n}, k->frame};
    if (!f || !(f->bits & FLOW_PLACED) || !w ||
        !watch_quick(w, &f->dir[(k->flags & PACKET_SWAPPED) != 0].place, &q))
        return false;
    p->sums[k->protocol].messages++;
    p->sums[k->protocol].octets += k->n;
    return true;
}

static void tell(struct part *p, struct share *s, struct engine_message *m)
{
    const struct engine_sink *sink = &p->e->sink;
    size_t before = s->text.n;

    for (;;) {
        s->text.n = before;
        s->text.full = false;
        sink->message(sink->ctx, &s->text, m);
        if (!s->text.full)
            break;
        if (!share_grow(s)) {
            p->failed = true;
            s->text.n = before;
            s->text.full = false;
            return;
        }
    }
    if (s->text.n > before)
        p->failed |= !share_event(s, (struct event){.at = p->at ? p->at : m->frame,
                                                    .text = (uint32_t)(s->text.n - before)});
}

/* What was written on the frame in the capture, as long as its window is there. */
static void commented(const struct part *p, struct engine_message *m)
{
    const struct window *w = p->window;
    size_t from = 0, to = w ? w->comments.n : 0, end = to;

    while (from < to) { /* the first one of the frame or behind it */
        size_t at = from + (to - from) / 2;
        if (w->comments.v[at].frame < m->frame)
            from = at + 1;
        else
            to = at;
    }
    for (to = from; to < end && w->comments.v[to].frame == m->frame;)
        to++;
    if (to > from) {
        m->comments = &w->comments.v[from];
        m->n_comments = to - from;
    }
}

/* Decode, lint, watch and tell. False: it is none of the codec's after all. */
static bool speak(struct part *p, struct share *s, const struct packet *k, unsigned protocol,
                  struct span octets, const uint32_t *frames, size_t n_frames)
{
    const struct codec *codec = engine_codec(protocol);
    struct findings fs = {p->findings, 0, ENGINE_FINDINGS_MAX,
                          engine_part_layers(p, k->path, protocol), 0};
    bool judged = !k->missing;
    const void *view = NULL;

    p->mem.n = 0;
    p->mem.full = false;
    if (codec->decode(octets, &p->mem, &view, &fs) != STEP_ITEM || !view)
        return false;
    if (judged && codec->lint)
        codec->lint(view, &fs);
    if (!judged)
        fs.n = 0;
    count(p, protocol, k, octets.n);
    p->partial += judged && p->mem.full;
    const struct watcher_class *watch = engine_watcher(p->e, protocol);
    if (watch || codec->inside || p->e->sink.message) {
        struct engine_message m = {.file = p->e->name,
                                   .frame = k->frame,
                                   .worker = p->number,
                                   .time_ns = k->time_ns,
                                   .layers = fs.layer,
                                   .codec = codec,
                                   .view = view,
                                   .octets = octets,
                                   .missing = k->missing,
                                   .quoted = k->flags & PACKET_QUOTED,
                                   .reassembled = k->flags & PACKET_REASSEMBLED,
                                   .stream = k->flags & PACKET_TCP,
                                   .whole = k->flags & PACKET_WHOLE,
                                   .partial = judged && p->mem.full,
                                   .frames = frames,
                                   .n_frames = n_frames,
                                   .fs = &fs};
        packet_addrs(k, &m.src, &m.dst);
        commented(p, &m);
        engine_part_carried(p, &m, &fs);
        if (watch && !m.quoted)
            engine_part_watch(p, protocol, &m, &fs, place_of(p, k, protocol));
        if (p->e->sink.message && (fs.n || !p->e->o.faulty)) {
            if (watch && !m.quoted)
                engine_part_inside(p, protocol, &m);
            tell(p, s, &m);
        }
    }
    for (size_t i = 0; i < findings_kept(&fs); i++)
        p->sums[protocol].findings[fs.v[i].level]++;
    return true;
}

void engine_part_apart(struct part *p, struct share *s, uint32_t frame,
                       const struct watch_finding *v, size_t n)
{
    size_t before = s->text.n;

    for (size_t i = 0; i < n; i++)
        engine_part_late(p, s, &v[i]);
    if (s->text.n > before)
        p->failed |= !share_event(
            s, (struct event){.at = p->at ? p->at : frame, .text = (uint32_t)(s->text.n - before)});
}

/* What stands among messages of a codec: its watchers see it, and what they find is told apart from any message. */
static void among(struct part *p, struct share *s, const struct packet *k)
{
    struct engine_message m = {.frame = k->frame,
                               .time_ns = k->time_ns,
                               .layers = engine_part_layers(p, k->path, k->protocol),
                               .octets = {k->p, k->n},
                               .missing = k->missing,
                               .stream = k->flags & PACKET_TCP,
                               .whole = k->flags & PACKET_WHOLE};

    packet_addrs(k, &m.src, &m.dst);
    engine_part_watch(p, k->protocol, &m, NULL, NULL);
    engine_part_apart(p, s, k->frame, m.over, m.n_over);
}

void engine_part_message(struct part *p, struct window *w, struct share *s, const struct packet *k)
{
    const uint32_t *frames = &k->frame;
    size_t n_frames = 1;

    if (k->aside && w && (k->flags & PACKET_REASSEMBLED)) {
        frames = w->asides[k->aside - 1]->frames;
        n_frames = w->asides[k->aside - 1]->n_frames;
    }
    if (k->protocol && engine_known(k->protocol)) {
        count(p, k->protocol, k, k->n);
        if (engine_watcher(p->e, k->protocol) && !(k->flags & PACKET_QUOTED))
            among(p, s, k);
        return;
    }
    if (k->protocol && k->protocol != ENGINE_PENDING &&
        speak(p, s, k, k->protocol, (struct span){k->p, k->n}, frames, n_frames))
        return;
    p->unknown += !(k->flags & PACKET_QUOTED);
    p->unknown_quoted += (k->flags & PACKET_QUOTED) != 0;
}

/* Whether a message has to wait for the merge: its watcher has to see all of its kind, in order. */
static inline bool waits(const struct part *p, const struct share *s, unsigned protocol)
{
    if (p->e->n_parts == 1)
        return false;
    return p->e->waits[protocol] || (engine_codec(protocol) && s->text.n >= ENGINE_TEXT_MAX);
}

/* A copy of a packet for when what it points to will be gone; NULL: no memory. */
static struct aside *copied(struct part *p, struct share *s, const struct packet *k,
                            struct packet *copy)
{
    struct aside *a = share_aside(s, k->n);

    p->failed |= !a;
    if (!a)
        return NULL;
    *copy = *k;
    copy->ips = memcpy(a->ips, k->ips, k->flags & PACKET_SIX ? 32 : 8);
    copy->p = memcpy(a->octets, k->p, k->n);
    return a;
}

void engine_part_stream_message(struct part *p, struct share *s, const struct packet *k,
                                const uint32_t *frames, size_t n_frames)
{
    struct event ev = {.at = p->at, .wait = k};

    if (p == p->e->serial || !waits(p, s, k->protocol)) {
        if (engine_known(k->protocol))
            among(p, s, k);
        else
            speak(p, s, k, k->protocol, (struct span){k->p, k->n}, frames, n_frames);
        return;
    }
    struct aside *a = copied(p, s, k, &ev.copy);
    if (!a)
        return;
    a->n_frames = (uint32_t)n_frames;
    memcpy(a->frames, frames, n_frames * sizeof *frames);
    ev.stream = a;
    p->failed |= !share_event(s, ev);
}

static void message(struct part *p, struct window *w, struct share *s, const struct packet *k)
{
    if (waits(p, s, k->protocol))
        p->failed |= !share_event(s, (struct event){.at = k->frame, .wait = k});
    else
        engine_part_message(p, w, s, k);
}

/* ---- what is held back ---- */

/* What a datagram on probation has become by now. */
static unsigned become(const struct part *p, const struct packet *k)
{
    const struct flow *f = flows_find(&p->flows, k);

    if (!f)
        return 0;
    unsigned known = f->known[class_of(k)];
    if (known)
        return takes(known, k) ? known : 0;
    return flow_denied(f) == FLOWS_DENIED_MAX ? 0 : ENGINE_PENDING;
}

static void hold(struct part *p, struct window *w, struct share *s, const struct packet *k)
{
    struct held *h = &p->held;
    size_t ip = k->flags & PACKET_SIX ? 32 : 8, want = ip + k->n;

    if (h->n == ENGINE_HELD_MAX || ENGINE_HELD - h->used < want ||
        (k->flags & PACKET_REASSEMBLED)) {
        struct packet lost = *k;
        lost.protocol = 0;
        p->held_lost++;
        engine_part_message(p, w, s, &lost);
        return;
    }
    struct packet *copy = &h->v[h->n++];
    *copy = *k;
    copy->ips = memcpy(h->octets + h->used, k->ips, ip);
    copy->p = memcpy(h->octets + h->used + ip, k->p, k->n);
    copy->aside = 0;
    h->used += want;
    p->held_all++;
}

/* A held packet that has to wait for the merge: its octets will have moved by then. */
static void wait_copied(struct part *p, struct share *s, const struct packet *k)
{
    struct event ev = {.at = k->frame, .wait = k};

    if (copied(p, s, k, &ev.copy))
        p->failed |= !share_event(s, ev);
}

/* Go through the held packets: those that are something by now are told, the others stay. */
static void release(struct part *p, struct share *s, bool all)
{
    struct held *h = &p->held;
    size_t n = 0, used = 0, at = 0;

    for (size_t i = 0; i < h->n; i++) {
        struct packet k = h->v[i];
        size_t ip = k.flags & PACKET_SIX ? 32 : 8, want = ip + k.n;
        unsigned now = become(p, &k);
        k.protocol = (uint8_t)now;
        if (now == ENGINE_PENDING && !all) {
            memmove(h->octets + used, h->octets + at, want);
            k.ips = h->octets + used;
            k.p = k.ips + ip;
            h->v[n++] = k;
            used += want;
        } else if (now && now != ENGINE_PENDING && waits(p, s, now)) {
            wait_copied(p, s, &k);
        } else {
            k.protocol = now == ENGINE_PENDING ? 0 : (uint8_t)now;
            p->held_lost += k.protocol == 0;
            engine_part_message(p, NULL, s, &k);
        }
        at += want;
    }
    h->n = n;
    h->used = used;
}

/* ---- the step ---- */

/* Open and classify the datagrams of a part. Where another thread has parsed them, even the packets are far away. */
static void first_pass(struct part *p, struct window *w, struct share *s)
{
    for (size_t i = 0; i < s->n_mine; i++) {
        struct packet *k = &w->packets[s->mine[i]];
        if (i + 3 * AHEAD < s->n_mine) {
            __builtin_prefetch(&w->packets[s->mine[i + 3 * AHEAD]]);
            __builtin_prefetch(w->packets[s->mine[i + 2 * AHEAD]].p);
            flows_prefetch(&p->flows, &w->packets[s->mine[i + AHEAD]]);
        }
        if (!(k->flags & PACKET_TCP) && !(p->srtp && engine_part_srtp(p, w, s, k)))
            k->protocol = (uint8_t)protocol_of(p, k);
    }
}

void step_flows(struct engine *e, struct window *w, unsigned number)
{
    struct part *p = &e->parts[number];
    struct share *s = &w->shares[number];

    p->flows.now++;
    p->share = s;
    p->window = w;
    first_pass(p, w, s);
    if (p->streams.dropped && s->n_mine)
        engine_streams_dropped(p, w->packets[s->mine[0]].frame);
    if (p->held.n)
        release(p, s, false);
    for (size_t i = 0; i < s->n_mine; i++) {
        struct packet *k = &w->packets[s->mine[i]];
        if (i + AHEAD < s->n_mine)
            ahead(p, &w->packets[s->mine[i + AHEAD]]);
        if (k->flags & PACKET_TCP) {
            engine_part_segment(p, k);
            continue;
        }
        if (k->protocol == ENGINE_PENDING) {
            k->protocol = (uint8_t)become(p, k);
            if (k->protocol == ENGINE_PENDING) {
                hold(p, w, s, k);
                continue;
            }
        }
        if (!quick(p, k))
            message(p, w, s, k);
    }
    if (w->last) {
        release(p, s, true);
        engine_streams_end(p);
    }
    p->share = NULL;
    p->window = NULL;
}
