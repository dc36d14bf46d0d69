/* codecs/sdp/sdp_answer_stream.c - feedback, extensions, a=rid and simulcast of an accepted stream. */
#include "codecs/sdp/sdp_make.h"

/* Whether a payload type, by its digits in the offer, is taken. */
static bool taken(const struct sdp_plan *p, struct span format)
{
    for (size_t i = 0; i < p->m->formats_n && i < SDP_FORMATS; i++)
        if (p->ok[i] && span_eq(p->m->formats[i], format))
            return true;
    return false;
}

/* ---- a=rtcp-fb (RFC 4585 section 4.2) ---- */

/* What stands behind the format. */
static struct span feedback_of(const struct sdp_attribute *a)
{
    const struct sdp_feedback *v = a->parts;
    return span_cut(a->value, v->format.n + 1, a->value.n);
}

static bool wanted_feedback(const struct sdp_plan *p, const struct sdp_attribute *a)
{
    if (a->type != SDP_RTCP_FB || !a->parts || !lex_holds(p->m->proto, "AVPF"))
        return false;
    struct span format = ((const struct sdp_feedback *)a->parts)->format;
    return (span_is(format, "*") || taken(p, format)) &&
           sdp_made_of(p->s->feedback, feedback_of(a));
}

void sdp_answer_feedback(struct sdp_answering *w, struct node *list, const struct sdp_plan *p)
{
    for (size_t i = 0; i < p->m->section.attributes_n; i++) {
        const struct sdp_attribute *a = &p->m->section.attributes[i];
        if (wanted_feedback(p, a))
            sdp_make_attribute(&w->k, list, "rtcp-fb", a->value);
    }
}

/* Whether streams can be paused by either side (RFC 7728 section 7). */
static bool pauses(const struct sdp_plan *p)
{
    for (size_t i = 0; i < p->m->section.attributes_n; i++) {
        const struct sdp_attribute *a = &p->m->section.attributes[i];
        const struct sdp_feedback *v = a->parts;
        if (wanted_feedback(p, a) && span_is(v->type, "ccm") && span_is(v->param, "pause"))
            return true;
    }
    return false;
}

/* ---- a=extmap (RFC 8285 sections 5 and 7) ---- */

static bool asks_for_id(uint32_t id)
{
    return id >= 4096 && id <= 4351;
}

/* The identifiers that stand anywhere in the offer are in use. */
static void ids_in_use(struct sdp_answering *w)
{
    const struct sdp_msg *o = w->offer;

    for (size_t i = 0; i <= o->media_n; i++) {
        const struct sdp_section *s = i < o->media_n ? &o->media[i].section : &o->section;
        for (size_t k = 0; k < s->attributes_n; k++) {
            const struct sdp_extmap *e =
                s->attributes[k].type == SDP_EXTMAP ? s->attributes[k].parts : NULL;
            if (e && sdp_extension_valid(e->id))
                w->ids[e->id] = true;
        }
    }
    w->ids[0] = true;
}

/* The identifier of an extension that was offered without a valid one, the same in all media descriptions; 0: none is
 * left. 15 does not exist in the form of one octet. */
static uint32_t given_id(struct sdp_answering *w, struct span uri)
{
    uint32_t id = 1;

    for (size_t i = 0; i < w->given_n; i++)
        if (span_eq(w->given[i].uri, uri))
            return w->given[i].id;
    if (!w->ids[0])
        ids_in_use(w);
    while (id < 15 && w->ids[id])
        id++;
    if (id == 15 || w->given_n == COUNT(w->given))
        return 0;
    w->ids[id] = true;
    w->given[w->given_n].uri = uri;
    w->given[w->given_n++].id = id;
    return id;
}

/* The direction behind the identifier; false: the extension is left out. */
static bool extension_direction(const struct sdp_extmap *e, enum sdp_direction stream,
                                const char **suffix)
{
    *suffix = "";
    if (!e->direction.p || lex_like(e->direction, "sendrecv"))
        return true;
    if (lex_like(e->direction, "inactive")) {
        *suffix = "/inactive";
        return true;
    }
    bool sends = lex_like(e->direction, "recvonly"); /* turned round */
    *suffix = sends ? "/sendonly" : "/recvonly";
    return (sends || lex_like(e->direction, "sendonly")) &&
           stream & (sends ? SDP_DIR_SEND : SDP_DIR_RECV);
}

void sdp_answer_extensions(struct sdp_answering *w, struct node *list, const struct sdp_plan *p,
                           enum sdp_direction direction)
{
    const struct sdp_section *s = &p->m->section;
    const struct sdp_extmap *done[SDP_FORMATS];
    uint8_t used[SDP_EXTENSIONS + 1] = {0};
    size_t n = 0;

    if (!sdp_attribute(s, SDP_EXTMAP))
        s = &w->offer->section;
    for (size_t i = 0; i < s->attributes_n && n < COUNT(done); i++) {
        const struct sdp_extmap *e =
            s->attributes[i].type == SDP_EXTMAP ? s->attributes[i].parts : NULL;
        const char *suffix;
        bool again = false;
        if (!e || !sdp_made_of(p->s->extensions, e->uri) ||
            !extension_direction(e, direction, &suffix))
            continue;
        for (size_t k = 0; k < n; k++)
            again |= span_eq(done[k]->uri, e->uri);
        uint32_t id = again                        ? 0
                      : sdp_extension_valid(e->id) ? e->id
                      : asks_for_id(e->id)         ? given_id(w, e->uri)
                                                   : 0;
        if (!id || used[id])
            continue;
        used[id] = 1;
        done[n++] = e;
        struct span parts[] = {sdp_make_decimal(&w->k, id), span_of(suffix), span_of(" "), e->uri};
        sdp_make_attribute(&w->k, list, "extmap", sdp_make_joined(&w->k, parts, COUNT(parts)));
    }
}

/* ---- a=rid and a=simulcast (RFC 8851 section 6.3, RFC 8853 section 5.3.2) ---- */

struct rids {
    const struct sdp_rid *v[SDP_RIDS]; /* those of the offer that are in the answer */
    size_t n;
    bool in_simulcast[SDP_RIDS];
};

static const char *turned(struct span direction)
{
    return span_is(direction, "send") ? "recv" : span_is(direction, "recv") ? "send" : NULL;
}

/* Restrictions of what is to be sent have to be understood: RFC 8851 section 6.3. */
static bool understood(const struct sdp_rid *r)
{
    static const char *const names[] = {"pt",     "max-width", "max-height", "max-fps", "max-fs",
                                        "max-br", "max-pps",   "max-bpp",    "depend"};

    for (size_t i = 0; i < r->params_n; i++) {
        bool known = false;
        for (size_t k = 0; k < COUNT(names); k++)
            known |= span_is(r->params[i].name, names[k]);
        if (!known)
            return false;
    }
    return true;
}

/* "pt=" and those of a list that are taken; false: none is. */
static bool put_formats(const struct sdp_plan *p, struct wr *to, struct span list)
{
    bool any = false;

    wr_text(to, "pt=");
    for (size_t at = 0; at <= list.n;) {
        size_t end = lex_find(list, at, ',');
        struct span f = span_cut(list, at, end);
        at = end + 1;
        if (!taken(p, f))
            continue;
        wr_text(to, any ? "," : "");
        wr_put(to, f);
        any = true;
    }
    return any;
}

/* The a=rid that answers one; false: it is discarded. */
static bool put_rid(struct sdp_answering *w, struct node *list, const struct sdp_plan *p,
                    const struct sdp_attribute *a)
{
    const struct sdp_rid *r = a->parts;
    const char *direction = turned(r->direction);
    uint8_t *room;

    if (!direction || !sdp_is_rid(r->id) || (*direction == 's' && !understood(r)))
        return false;
    room = arena_new(w->k.dr->mem, a->value.n + 1); /* no part gets longer */
    if (!room)
        return false;
    struct wr to = {room, a->value.n + 1, 0, false};
    wr_put(&to, r->id);
    wr_u8(&to, ' ');
    wr_text(&to, direction);
    for (size_t i = 0; i < r->params_n; i++) {
        wr_text(&to, i ? ";" : " ");
        if (!span_is(r->params[i].name, "pt"))
            wr_put(&to, r->params[i].text);
        else if (!put_formats(p, &to, r->params[i].value))
            return false;
    }
    if (!to.full)
        sdp_make_attribute(&w->k, list, "rid", wr_span(&to));
    return !to.full;
}

/* The id of a simulcast stream, without its mark, is that of an a=rid in the answer, the way round that it was offered,
 * and stands there once. */
static bool put_id(struct wr *to, struct rids *rids, struct span id, struct span direction,
                   const char *before, bool pause)
{
    bool mark = id.n && id.p[0] == '~';

    id = span_cut(id, mark, id.n);
    for (size_t i = 0; i < rids->n; i++) {
        if (!span_eq(rids->v[i]->id, id) || !span_eq(rids->v[i]->direction, direction) ||
            rids->in_simulcast[i])
            continue;
        rids->in_simulcast[i] = true;
        wr_text(to, before);
        wr_text(to, mark && pause ? "~" : "");
        wr_put(to, id);
        return true;
    }
    return false;
}

/* One direction of an offered simulcast, turned round and cut down; returns how many streams are left. */
static size_t put_streams(struct wr *to, struct rids *rids, const struct sdp_plan *p,
                          const struct sdp_streams *s)
{
    bool pause = pauses(p);
    size_t n = 0;

    wr_text(to, turned(s->direction));
    for (size_t i = 0; i < s->streams_n && n < p->s->simulcast; i++) {
        bool any = false;
        for (size_t at = 0; at <= s->streams[i].n;) {
            size_t end = lex_find(s->streams[i], at, ',');
            any |= put_id(to, rids, span_cut(s->streams[i], at, end), s->direction,
                          any ? ","
                          : n ? ";"
                              : " ",
                          pause);
            at = end + 1;
        }
        n += any;
    }
    return n;
}

static void simulcast(struct sdp_answering *w, struct node *list, const struct sdp_plan *p,
                      struct rids *rids)
{
    const struct sdp_attribute *a = sdp_own(p->m, SDP_SIMULCAST);
    const struct sdp_simulcast *v = a ? a->parts : NULL;
    size_t several = 0;

    for (size_t i = 0; i < p->m->section.attributes_n; i++)
        several += p->m->section.attributes[i].type == SDP_SIMULCAST;
    if (!v || several > 1)
        return;
    uint8_t *room = arena_new(w->k.dr->mem, a->value.n + 1);
    struct wr to = {room, room ? a->value.n + 1 : 0, 0, false};
    for (size_t i = 0; room && i < v->directions_n; i++) {
        size_t before = to.n;
        if (i && span_eq(v->directions[0].direction, v->directions[i].direction))
            continue;
        if (!turned(v->directions[i].direction))
            continue;
        wr_text(&to, before ? " " : "");
        if (!put_streams(&to, rids, p, &v->directions[i]))
            to.n = before;
    }
    if (to.n && !to.full)
        sdp_make_attribute(&w->k, list, "simulcast", wr_span(&to));
}

void sdp_answer_rids(struct sdp_answering *w, struct node *list, const struct sdp_plan *p)
{
    struct span seen[SDP_RIDS]; /* of several of one id the first counts */
    struct rids rids = {.n = 0};
    size_t n = 0;

    for (size_t i = 0; i < p->m->section.attributes_n && p->s->simulcast && n < SDP_RIDS; i++) {
        const struct sdp_attribute *a = &p->m->section.attributes[i];
        const struct sdp_rid *r = a->type == SDP_RID ? a->parts : NULL;
        bool again = !r;
        for (size_t k = 0; r && k < n; k++)
            again |= span_eq(seen[k], r->id);
        if (again)
            continue;
        seen[n++] = r->id;
        if (put_rid(w, list, p, a))
            rids.v[rids.n++] = r;
    }
    simulcast(w, list, p, &rids);
}
