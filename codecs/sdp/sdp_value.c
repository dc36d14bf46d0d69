/* codecs/sdp/sdp_value.c - the values of lines, taken apart. */
#include "codecs/sdp/sdp_parts.h"

void sdp_words(struct sdp_cur c, uint8_t stop, struct arena *mem, const struct span **v, size_t *n)
{
    struct sdp_run run = sdp_run_of(mem, sizeof(struct span));

    for (struct span *to; c.p && (to = sdp_run_next(&run)) != NULL;)
        *to = sdp_until(&c, stop);
    *v = sdp_run_end(&run, n);
}

void sdp_origin_of(struct span s, const uint8_t *lim, struct sdp_origin *o)
{
    struct sdp_cur c = sdp_cur_of(s, lim);

    o->text = s;
    o->username = sdp_word(&c);
    o->id = sdp_word(&c);
    o->version = sdp_word(&c);
    o->nettype = sdp_word(&c);
    o->addrtype = sdp_word(&c);
    o->address = sdp_left(&c);
}

/* "name <address>", "address (comment)", "address". */
void sdp_contact_of(struct span s, struct sdp_contact *c)
{
    size_t open = lex_find(s, 0, '<'), close = lex_find(s, open, '>');

    *c = (struct sdp_contact){.text = s};
    if (close < s.n) {
        c->name = lex_trim(span_cut(s, 0, open), LEX_BLANK);
        c->address = span_cut(s, open + 1, close);
        return;
    }
    open = lex_find(s, 0, '(');
    close = lex_find(s, open, ')');
    c->address = lex_trim(span_cut(s, 0, open), LEX_BLANK);
    if (close < s.n)
        c->comment = span_cut(s, open + 1, close);
}

void sdp_connection_of(struct span s, const uint8_t *lim, struct sdp_connection *c)
{
    struct sdp_cur r = sdp_cur_of(s, lim);

    c->text = s;
    c->nettype = sdp_word(&r);
    c->addrtype = sdp_word(&r);
    c->address = sdp_until(&r, '/');
    c->ttl = c->count = SDP_NONE;
    if (!r.p)
        return;
    uint32_t first = sdp_u32(sdp_until(&r, '/'));
    if (span_is(c->addrtype, "IP6") && !r.p) {
        c->count = first;
    } else {
        c->ttl = first;
        c->count = sdp_u32(sdp_left(&r));
    }
}

void sdp_bandwidth_of(struct span s, const uint8_t *lim, struct sdp_bandwidth *b)
{
    struct sdp_cur c = sdp_cur_of(s, lim);

    b->text = s;
    b->type = sdp_until(&c, ':');
    b->value = sdp_u64(sdp_left(&c));
}

void sdp_time_of(struct span s, const uint8_t *lim, struct sdp_time *t)
{
    struct sdp_cur c = sdp_cur_of(s, lim);

    *t = (struct sdp_time){.text = s};
    t->start = sdp_u64(sdp_word(&c));
    t->stop = sdp_u64(sdp_left(&c));
}

void sdp_repeat_of(struct span s, const uint8_t *lim, struct arena *mem, struct sdp_repeat *r)
{
    struct sdp_cur c = sdp_cur_of(s, lim);

    r->text = s;
    r->interval = sdp_word(&c);
    r->duration = sdp_word(&c);
    sdp_words(c, ' ', mem, &r->offsets, &r->offsets_n);
}

void sdp_zone_of(struct span s, const uint8_t *lim, struct arena *mem, struct sdp_zone *z)
{
    struct sdp_cur c = sdp_cur_of(s, lim);
    struct arena_list l = {0};

    while (c.p) {
        struct sdp_adjustment *a = arena_push(mem, &l, sizeof *a);
        if (!a)
            break;
        a->time = sdp_word(&c);
        a->offset = sdp_word(&c);
    }
    *z = (struct sdp_zone){s, l.p, l.n};
}

void sdp_key_of(struct span s, const uint8_t *lim, struct sdp_key *k)
{
    struct sdp_cur c = sdp_cur_of(s, lim);

    k->text = s;
    k->method = sdp_until(&c, ':');
    k->value = sdp_left(&c);
}

void sdp_media_of(struct span s, const uint8_t *lim, struct arena *mem, struct sdp_media *m)
{
    struct sdp_cur c = sdp_cur_of(s, lim);

    m->line = s;
    m->media = sdp_word(&c);
    struct sdp_cur p = sdp_cur_of(sdp_word(&c), lim);
    m->port = sdp_u32_until(&p, '/');
    m->ports = p.p ? sdp_u32(sdp_left(&p)) : SDP_NONE;
    m->proto = sdp_word(&c);
    sdp_words(c, ' ', mem, &m->formats, &m->formats_n);
}

bool sdp_seconds(struct span s, int64_t *seconds)
{
    static const struct {
        uint8_t unit;
        uint32_t seconds;
    } units[] = {{'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}};
    bool minus = s.n && s.p[0] == '-';
    uint64_t v, by = 1;

    if (minus)
        s = span_cut(s, 1, s.n);
    for (size_t i = 0; i < COUNT(units); i++)
        if (s.n && s.p[s.n - 1] == units[i].unit) {
            by = units[i].seconds;
            s = span_cut(s, 0, s.n - 1);
            break;
        }
    if (!lex_number(s, &v) || v > INT64_MAX / by)
        return false;
    *seconds = minus ? -(int64_t)(v * by) : (int64_t)(v * by);
    return true;
}

bool sdp_is_multicast(const struct sdp_connection *c)
{
    struct addr a;
    return c && c->address.n && addr_parse(c->address, &a) &&
           (a.family == 6 ? a.ip[0] == 0xff : a.ip[0] >= 224);
}
