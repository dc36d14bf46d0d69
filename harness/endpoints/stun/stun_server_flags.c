/* harness/endpoints/stun/stun_server_flags.c - what the flags in the tables of deviations do. */
#include "harness/endpoints/stun/stun_server.h"

static bool padded_oddly(const struct stun_msg *m)
{
    for (size_t i = 0; i < m->n_attrs; i++)
        for (size_t k = 0; k < m->attrs[i].pad; k++)
            if (m->attrs[i].p[4 + (size_t)m->attrs[i].length + k] != 0)
                return true;
    return false;
}

unsigned server_check_otherwise(struct stun_server *s, struct reply *r)
{
    const struct stun_attr *software = stun_find(r->m, STUN_SOFTWARE);

    if (env_flag(&s->env, "asks-for-credentials"))
        return 401;
    if (env_flag(&s->env, "redirects-binding"))
        return 300;
    if (r->m->n_attrs == 0 && !r->m->classic && env_flag(&s->env, "header-alone-refused"))
        return 400;
    if (env_flag(&s->env, "padding-minded") && padded_oddly(r->m))
        return 400;
    if (software && software->length > 128 && env_flag(&s->env, "software-matters"))
        return 400;
    return 0;
}

void server_add_otherwise(struct stun_server *s, struct reply *r)
{
    static const uint8_t much[1400];
    bool six = r->in->pkt.remote.family == 6;

    if (env_flag(&s->env, "optional-added"))
        stun_add_bytes(&r->dr, 0xbfff, span_of("abc")); /* nobody knows it, nobody needs to */
    if (env_flag(&s->env, "cache-timeout-added"))
        stun_add_uint(&r->dr, STUN_CACHE_TIMEOUT, 60);
    if (env_flag(&s->env, "answer-over-mtu") ||
        env_flag(&s->env, six ? "answer-over-1232" : "answer-over-548") ||
        (!six && env_flag(&s->env, "answer-over-547")))
        stun_add_bytes(&r->dr, 0xbffe, (struct span){much, sizeof much});
}

bool server_takes_crc(struct stun_server *s, const struct stun_msg *m)
{
    struct span before = span_cut(m->wire, 0, m->at_fingerprint);

    if (env_flag(&s->env, "fingerprint-unchecked"))
        return true;
    return env_flag(&s->env, "plain-crc-taken") && m->wire.n >= before.n + 8 &&
           get_u32(m->wire.p + before.n + 4) == crc32_add(0, before);
}

static void also_unknown(struct reply *r, uint16_t type)
{
    if (r->n_unknown < COUNT(r->unknown))
        r->unknown[r->n_unknown++] = type;
}

/* Whether the attribute stands where it has to be ignored: RFC8489:9#1, 9#2. */
static bool behind(const struct stun_msg *m, const struct stun_attr *a, uint32_t end)
{
    return end && a->p > m->wire.p + end && stun_required(a->type) && !stun_type_name(a->type);
}

void server_unknown_otherwise(struct stun_server *s, struct reply *r)
{
    const struct stun_msg *m = r->m;
    bool optional = env_flag(&s->env, "optional-refused"),
         known = env_flag(&s->env, "known-attribute-refused"),
         first = env_flag(&s->env, "first-of-optional-refused"),
         sha1 = env_flag(&s->env, "behind-sha1-obeyed"),
         sha256 = env_flag(&s->env, "behind-sha256-obeyed");

    if (r->n_unknown == 1 && r->unknown[0] == 0x7fff && env_flag(&s->env, "top-of-required-passed"))
        r->n_unknown = 0;
    if (!optional && !known && !first && !sha1 && !sha256)
        return;
    for (size_t i = 0; i < m->n_attrs; i++) {
        const struct stun_attr *a = &m->attrs[i];
        if ((optional && !stun_required(a->type) && !stun_type_name(a->type)) ||
            (known && (a->type == STUN_XOR_MAPPED_ADDRESS || a->type == STUN_USERNAME)) ||
            (first && a->type == 0x8000) || (sha1 && behind(m, a, m->at_integrity)) ||
            (sha256 && !m->at_integrity && behind(m, a, m->at_integrity256)))
            also_unknown(r, a->type);
    }
}

bool server_answers_indication(struct stun_server *s, const struct reply *r, unsigned code)
{
    char name[64] = "indication-refused-";

    if (!code || !r->by.cause)
        return env_flag(&s->env, "indication-answered");
    if (code == 420 && env_flag(&s->env, "unknown-indication-answered"))
        return true;
    struct wr w = {(uint8_t *)name, sizeof name - 1, strlen(name), false};
    wr_text(&w, r->by.cause);
    name[w.n] = '\0';
    return env_flag(&s->env, name) || env_flag(&s->env, "indication-answered");
}

flow_id server_call_back(struct stun_server *s, const struct reply *r)
{
    flow_id flow = STUN_FLOW_BACK + s->n_back++;
    struct output *o = out_put(r->q, OUT_OPEN, flow);

    o->open = (struct flow_spec){.stack = "tcp", .remote = r->in->pkt.remote};
    return flow;
}

struct addr server_seen(struct stun_server *s, const struct reply *r)
{
    struct addr a = r->in->pkt.remote;
    const uint8_t *id = r->m->transaction.p;
    uint8_t mask[16];
    size_t from = sizeof mask;

    /* the encoder masks what it is given; what is masked here as well leaves in the clear */
    put_u32(mask, STUN_COOKIE);
    memcpy(mask + 4, id, 12);
    if (env_flag(&s->env, "mapped-port-plain"))
        a.port ^= (uint16_t)(STUN_COOKIE >> 16);
    if (env_flag(&s->env, "mapped-port-swapped") || env_flag(&s->env, "fields-swapped"))
        a.port = (uint16_t)(a.port >> 8 | a.port << 8);
    if (a.family == 4 && env_flag(&s->env, "mapped-address-plain"))
        from = 0;
    if (a.family == 6 && env_flag(&s->env, "mapped-address-half-masked"))
        from = 4;
    for (size_t i = from; i < (a.family == 6 ? sizeof mask : 4); i++)
        a.ip[i] ^= mask[i];
    if (memcmp(s->last_id, id, 12) == 0 && env_flag(&s->env, "repeat-answered-otherwise"))
        a.port ^= 1;
    memcpy(s->last_id, id, 12);
    return a;
}

void server_cut(struct stun_server *s, struct wr *w, struct stun_marks *marks)
{
    if (env_flag(&s->env, "sha256-cut"))
        stun_cut256(w, marks, 16);
}

void server_spoil(struct stun_server *s, struct wr *w, struct stun_marks *marks)
{
    bool is256 = marks->integrity256 != 0;
    size_t at = is256 ? marks->integrity256 : marks->integrity;
    size_t end = at + 4 + (is256 ? 32 : 20);
    struct stun_marks print = {.fingerprint = marks->fingerprint, .start = marks->start};

    if (!w->full && env_flag(&s->env, "header-fields-swapped")) {
        memmove(w->p + marks->start + 4, w->p + marks->start + 8, 12);
        put_u32(w->p + marks->start + 16, STUN_COOKIE);
    }
    if (!w->full && env_flag(&s->env, "length-swapped")) {
        uint16_t n = get_u16(w->p + marks->start + 2);
        put_u16(w->p + marks->start + 2, (uint16_t)(n >> 8 | n << 8));
    }
    if (w->full || !at)
        return;
    bool late = end < w->n && env_flag(&s->env, is256 ? "sha256-sealed-late" : "sha1-sealed-late");
    if (late || env_flag(&s->env, is256 ? "sha256-covers-less" : "sha1-covers-less") ||
        env_flag(&s->env, is256 ? "sha256-under-another-key" : "sha1-under-another-key")) {
        w->p[at + 4] ^= 1; /* as good as an HMAC over something else, or under another key */
        stun_seal(w, &print, NULL);
    }
    if (end < w->n && env_flag(&s->env, is256 ? "length-left-at-sha256" : "length-left-at-sha1"))
        put_u16(w->p + marks->start + 2, (uint16_t)(end - marks->start - STUN_HEADER));
    if (print.fingerprint && env_flag(&s->env, "fingerprint-sealed-first"))
        w->p[print.fingerprint + 4] ^= 1;
}
