/* codecs/sdp/sdp_scan.c - the lines of a description, their order, and the sections that they make. */
#include "codecs/base/marks.h"
#include "codecs/sdp/sdp_parts.h"

/* The places of lines in a section, by their letters; 0: none there (RFC 8866 section 5). */
enum {
    PLACE_V = 1,
    PLACE_O,
    PLACE_S,
    PLACE_I,
    PLACE_U,
    PLACE_E,
    PLACE_P,
    PLACE_C,
    PLACE_B,
    PLACE_T,
    PLACE_K,
    PLACE_A
};
static const uint8_t session_places[128] = {
    ['v'] = PLACE_V, ['o'] = PLACE_O, ['s'] = PLACE_S, ['i'] = PLACE_I, ['u'] = PLACE_U,
    ['e'] = PLACE_E, ['p'] = PLACE_P, ['c'] = PLACE_C, ['b'] = PLACE_B, ['t'] = PLACE_T,
    ['r'] = PLACE_T, ['z'] = PLACE_T, ['k'] = PLACE_K, ['a'] = PLACE_A};
static const uint8_t media_places[128] = {
    ['i'] = PLACE_I, ['c'] = PLACE_C, ['b'] = PLACE_B, ['k'] = PLACE_K, ['a'] = PLACE_A};

enum scan_rule {
    FIRST_LINE,
    LINE_FORM,
    LINE_TYPE,
    LINE_EMPTY,
    LINE_END,
    BARE_LF,
    SESSION_ORDER,
    MEDIA_ORDER,
    SESSION_AGAIN,
    MEDIA_AGAIN,
    MEDIA_FOREIGN,
    NO_TIME,
    BEHIND_ZONE,
    SCAN_RULES
};
static const struct rule scan_rules[SCAN_RULES] = {
    [FIRST_LINE] = {"RFC8866:5#a8", "the description does not begin with v=", STMT},
    [LINE_FORM] = {"RFC8866:5#a2", "a line is not one character, \"=\" and a value", STMT},
    [LINE_TYPE] = {"RFC8866:5#2", "a line of the unknown type %c", MUST},
    [LINE_EMPTY] = {"RFC8866:9#a45", "an empty line", STMT},
    [LINE_END] = {"RFC8866:9#a45", "the last line has no end", STMT},
    [BARE_LF] = {"RFC8866:5#5a", "%u lines end with LF alone, of which this is the first", STMT},
    [SESSION_ORDER] = {"RFC8866:5#a9", "a %c= line stands too late", STMT},
    [MEDIA_ORDER] = {"RFC8866:5#a12", "a %c= line stands too late", STMT},
    [SESSION_AGAIN] = {"RFC8866:9#a6", "a second %c= line at session level", STMT},
    [MEDIA_AGAIN] = {"RFC8866:9#a7", "a second %c= line in a media description", STMT},
    [MEDIA_FOREIGN] = {"RFC8866:5#a13", "%c= in a media description", STMT},
    [NO_TIME] = {"RFC8866:9#a24", "%c= without t= before it", STMT},
    [BEHIND_ZONE] = {"RFC8866:9#a44", "%c= behind z= of the same time description", STMT},
};

struct scan {
    struct span in;
    const uint8_t *lim;
    struct arena *mem;
    struct findings *fs;
    struct sdp_msg *m;
    struct sdp_media *media;     /* the section that is read; NULL: that of the session */
    struct sdp_section *section; /* what both have of it; NULL: there is no room for it */
    uint8_t place;               /* of the line before */
    uint64_t said[RULE_WORDS(SCAN_RULES)];
    size_t bare;          /* lines that end with LF alone */
    size_t first_bare;    /* where the first of these LF stands */
    const uint8_t *begin; /* of the section */
    struct arena_list all_media;
    struct arena_list attributes, connections, bandwidths, others; /* of the section */
    struct arena_list emails, phones, times,
        repeats; /* of the session; repeats: of the last time */
};

/* Said of the first place alone, as by sdp_broke. */
static void broke(struct scan *s, enum scan_rule rule, const uint8_t *at, size_t len, uint64_t arg)
{
    if (rule_first(s->said, rule))
        rule_broke(s->fs, &scan_rules[rule], (uint64_t)(at - s->in.p), len, arg);
}
/* Of a line, whose type is named. */
static void broke_line(struct scan *s, enum scan_rule rule, struct span line)
{
    broke(s, rule, line.p, line.n, line.n ? line.p[0] : 0);
}

/* ---- sections ---- */

static void end_repeats(struct scan *s)
{
    if (s->times.n && s->repeats.n) {
        struct sdp_time *t = (struct sdp_time *)s->times.p + (s->times.n - 1);
        t->repeats = s->repeats.p;
        t->repeats_n = s->repeats.n;
    }
    s->repeats = (struct arena_list){0};
}

static void end_session(struct scan *s)
{
    struct sdp_msg *m = s->m;

    end_repeats(s);
    m->emails = s->emails.p;
    m->emails_n = s->emails.n;
    m->phones = s->phones.p;
    m->phones_n = s->phones.n;
    m->times = s->times.p;
    m->times_n = s->times.n;
}

enum { ATTRIBUTES_AT_ONCE = 16 };
/* Whether nothing was taken since the last attribute. */
static bool attributes_last(const struct scan *s)
{
    const struct arena_list *l = &s->attributes;
    return l->p && (uint8_t *)((struct sdp_attribute *)l->p + l->cap) == s->mem->p + s->mem->n;
}

static void end_section(struct scan *s, const uint8_t *at)
{
    struct sdp_section *to = s->section;
    struct sdp_attribute *a = s->attributes.p;

    if (!to)
        return;
    if (attributes_last(s))
        s->mem->n -= (s->attributes.cap - s->attributes.n) * sizeof *a;
    sdp_attribute_parts(a, s->attributes.n, s->lim, s->mem);
    to->text = (struct span){s->begin, (size_t)(at - s->begin)};
    to->attributes = a;
    to->attributes_n = s->attributes.n;
    to->bandwidths = s->bandwidths.p;
    to->bandwidths_n = s->bandwidths.n;
    to->others = s->others.p;
    to->others_n = s->others.n;
    if (s->media) {
        s->media->connections = s->connections.p;
        s->media->connections_n = s->connections.n;
    } else {
        end_session(s);
    }
    s->attributes = s->connections = s->bandwidths = s->others = (struct arena_list){0};
    s->begin = at;
    s->place = 0;
}

/* ---- lines ---- */

/* arena_push, whose first item costs less here: most lists stay at one. */
static inline void *push(struct scan *s, struct arena_list *l, size_t size)
{
    if (l->p)
        return arena_push(s->mem, l, size);
    l->p = arena_new(s->mem, size);
    l->n = l->cap = l->p != NULL;
    return l->p;
}

static void other(struct scan *s, struct span line)
{
    struct sdp_other *o = arena_push(s->mem, &s->others, sizeof *o);
    if (o)
        o->line = line;
    s->section->odd = true;
}

/* Room for further attributes, several where they can stand behind those that there are; end_section gives back what is
 * left of it. */
static bool more_attributes(struct scan *s)
{
    struct arena_list *l = &s->attributes;
    size_t room = (s->mem->cap - s->mem->n) / sizeof(struct sdp_attribute);

    if (attributes_last(s) && room > 0 && !s->mem->full) {
        room = room < ATTRIBUTES_AT_ONCE ? room : ATTRIBUTES_AT_ONCE;
        s->mem->n += room * sizeof(struct sdp_attribute);
        l->cap += room;
        return true;
    }
    if (!push(s, l, sizeof(struct sdp_attribute)))
        return false;
    l->n--;
    return true;
}

/* `colon`: the first one of the line. */
static inline void attribute(struct scan *s, struct span v, const uint8_t *colon)
{
    if (s->attributes.n == s->attributes.cap && !more_attributes(s))
        return;
    struct sdp_attribute *a = (struct sdp_attribute *)s->attributes.p + s->attributes.n++;
    const uint8_t *end = v.p + v.n;
    a->name = (struct span){v.p, (size_t)((colon ? colon : end) - v.p)};
    a->value = colon ? (struct span){colon + 1, (size_t)(end - colon - 1)} : (struct span){NULL, 0};
    a->parts = NULL;
    a->type = sdp_type_of(a->name);
}

static void again(struct scan *s, struct span line)
{
    broke_line(s, s->media ? MEDIA_AGAIN : SESSION_AGAIN, line);
    other(s, line);
}
static void once(struct scan *s, struct span line, struct span *to, struct span v)
{
    if (to->p)
        again(s, line);
    else
        *to = v;
}

static void connection(struct scan *s, struct span line, struct span v)
{
    struct sdp_connection *c;

    if (s->media) {
        c = push(s, &s->connections, sizeof *c);
    } else if (s->m->connection) {
        again(s, line);
        return;
    } else {
        s->m->connection = c = arena_new(s->mem, sizeof *c);
    }
    if (c)
        sdp_connection_of(v, s->lim, c);
}

static void key(struct scan *s, struct span line, struct span v)
{
    const struct sdp_key **to = &s->section->key;
    if (*to) {
        again(s, line);
        return;
    }
    struct sdp_key *k = arena_new(s->mem, sizeof *k);
    if (k)
        sdp_key_of(v, s->lim, k);
    *to = k;
}

static void origin(struct scan *s, struct span line, struct span v)
{
    if (s->m->origin) {
        again(s, line);
        return;
    }
    struct sdp_origin *o = arena_new(s->mem, sizeof *o);
    if (o)
        sdp_origin_of(v, s->lim, o);
    s->m->origin = o;
}

static void contact(struct scan *s, struct arena_list *l, struct span v)
{
    struct sdp_contact *c = push(s, l, sizeof *c);
    if (c)
        sdp_contact_of(v, c);
}

static void time_line(struct scan *s, struct span v)
{
    end_repeats(s);
    struct sdp_time *t = push(s, &s->times, sizeof *t);
    if (t)
        sdp_time_of(v, s->lim, t);
}

static void repeat_or_zone(struct scan *s, struct span line, struct span v)
{
    struct sdp_time *t = s->times.n ? (struct sdp_time *)s->times.p + (s->times.n - 1) : NULL;

    if (!t || t->zone) {
        if (!s->mem->full) /* the t= may be what there was no room for */
            broke_line(s, t ? BEHIND_ZONE : NO_TIME, line);
        other(s, line);
    } else if (line.p[0] == 'r') {
        struct sdp_repeat *r = push(s, &s->repeats, sizeof *r);
        if (r)
            sdp_repeat_of(v, s->lim, s->mem, r);
    } else {
        struct sdp_zone *z = arena_new(s->mem, sizeof *z);
        if (z)
            sdp_zone_of(v, s->lim, s->mem, z);
        t->zone = z;
    }
}

static void media(struct scan *s, const uint8_t *begin, struct span v)
{
    end_section(s, begin);
    struct sdp_media *m = push(s, &s->all_media, sizeof *m);
    s->section = m ? &m->section : NULL;
    if (!m)
        return;
    s->media = m;
    clear_octets(m, sizeof *m);
    sdp_media_of(v, s->lim, s->mem, m);
}

static void bandwidth(struct scan *s, struct span v)
{
    struct sdp_bandwidth *b = push(s, &s->bandwidths, sizeof *b);
    if (b)
        sdp_bandwidth_of(v, s->lim, b);
}

/* A line other than m= and a= that has its place in the section. */
static void typed(struct scan *s, struct span line, struct span v)
{
    switch (line.p[0]) {
    case 'v':
        once(s, line, &s->m->version, v);
        break;
    case 'o':
        origin(s, line, v);
        break;
    case 's':
        once(s, line, &s->m->name, v);
        break;
    case 'i':
        once(s, line, &s->section->info, v);
        break;
    case 'u':
        once(s, line, &s->m->uri, v);
        break;
    case 'e':
        contact(s, &s->emails, v);
        break;
    case 'p':
        contact(s, &s->phones, v);
        break;
    case 'c':
        connection(s, line, v);
        break;
    case 'b':
        bandwidth(s, v);
        break;
    case 't':
        time_line(s, v);
        break;
    case 'k':
        key(s, line, v);
        break;
    default:
        repeat_or_zone(s, line, v);
    }
}

/* A line that has no place in its section. What stands behind the last line end and is too short for a line is the
 * beginning of one, of which whole_line says enough. */
static void misplaced(struct scan *s, struct span line)
{
    bool begun = line.p + line.n == s->lim;

    if (begun && (line.n < 2 || line.p[1] != '=')) {
        s->section->odd = true;
        return;
    }
    if (line.n == 0)
        broke_line(s, LINE_EMPTY, line);
    else if (line.n < 2 || line.p[1] != '=')
        broke_line(s, LINE_FORM, line);
    else
        broke_line(s, line.p[0] < 128 && session_places[line.p[0]] ? MEDIA_FOREIGN : LINE_TYPE,
                   line);
    other(s, line);
}

static void line_of(struct scan *s, struct span line, const uint8_t *colon)
{
    struct span v = {NULL, 0};
    uint8_t place = 0;

    if (line.n >= 2 && line.p[1] == '=') {
        v = (struct span){line.p + 2, line.n - 2};
        if (line.p[0] == 'm') {
            media(s, line.p, v);
            return;
        }
        if (line.p[0] < 128)
            place = s->media ? media_places[line.p[0]] : session_places[line.p[0]];
    }
    if (!s->section)
        return;
    if (!place) {
        misplaced(s, line);
        return;
    }
    if (place < s->place) {
        broke_line(s, s->media ? MEDIA_ORDER : SESSION_ORDER, line);
        s->section->odd = true;
    } else {
        s->place = place;
    }
    if (place == PLACE_A)
        attribute(s, v, colon);
    else
        typed(s, line, v);
}

/* Most lines are attributes that nothing is wrong with: these in a few steps. False: it is another. */
static inline bool quick_attribute(struct scan *s, const uint8_t *p, const uint8_t *lf,
                                   const uint8_t *colon)
{
    if (p[0] != 'a' || lf - p < 3 || p[1] != '=' || lf[-1] != '\r' || s->m->lf || !s->section)
        return false;
    s->place = PLACE_A; /* the last place of each section */
    attribute(s, (struct span){p + 2, (size_t)(lf - p) - 3}, colon);
    return true;
}

/* The line from `p` to its LF, or to the end of all where there is none. */
static void whole_line(struct scan *s, const uint8_t *p, const uint8_t *lf, const uint8_t *colon)
{
    const uint8_t *end = lf ? lf : s->lim;
    bool crlf = lf && lf > p && lf[-1] == '\r';

    if (p == s->in.p)
        s->m->lf = lf && !crlf;
    line_of(s, (struct span){p, (size_t)(end - p) - crlf}, colon);
    if (!lf)
        broke(s, LINE_END, end, 0, 0);
    else if (!crlf && !s->bare++)
        s->first_bare = (size_t)(lf - s->in.p);
    if (s->section && (!lf || crlf == s->m->lf))
        s->section->odd = true;
}

static void lines(struct scan *s)
{
    struct marks_lines v[MARKS_AHEAD];
    const uint8_t *begin = s->in.p, *colon = NULL;

    for (size_t at = 0; at < s->in.n;) {
        size_t n = marks_lines(s->in, at, v, MARKS_AHEAD);
        for (size_t i = 0; i < n; i++, at += MARKS_BLOCK) {
            const uint8_t *block = s->in.p + at;
            uint64_t colons = v[i].colon;
            for (uint64_t lfs = v[i].lf; lfs; lfs &= lfs - 1) {
                uint64_t before = colons & ((lfs & -lfs) - 1);
                const uint8_t *lf = block + __builtin_ctzll(lfs);
                if (!colon && before)
                    colon = block + __builtin_ctzll(before);
                if (!quick_attribute(s, begin, lf, colon))
                    whole_line(s, begin, lf, colon);
                colons &= ~((lfs & -lfs) - 1);
                colon = NULL;
                begin = lf + 1;
            }
            if (!colon && colons)
                colon = block + __builtin_ctzll(colons);
        }
    }
    if (begin < s->lim)
        whole_line(s, begin, NULL, colon);
    end_section(s, s->lim);
}

enum step sdp_msg_decode(struct span in, struct arena *mem, struct sdp_msg *m, struct findings *fs)
{
    if (in.n < 2)
        return STEP_MORE;
    if (!lex_is(in.p[0], LEX_ALPHA) || in.p[1] != '=')
        return STEP_FAIL;
    struct scan s;
    clear_octets(&s, sizeof s);
    s.in = in;
    s.lim = in.p + in.n;
    s.mem = mem;
    s.fs = fs;
    s.m = m;
    s.section = &m->section;
    s.begin = in.p;
    clear_octets(m, sizeof *m);
    m->text = in;
    if (in.p[0] != 'v')
        broke(&s, FIRST_LINE, in.p, 1, 0);
    lines(&s);
    m->media = s.all_media.p;
    m->media_n = s.all_media.n;
    if (s.bare)
        broke(&s, BARE_LF, in.p + s.first_bare, 1, s.bare);
    return STEP_ITEM;
}

const struct sdp_attribute *sdp_attribute(const struct sdp_section *s, enum sdp_type type)
{
    for (size_t i = 0; i < s->attributes_n; i++)
        if (s->attributes[i].type == type)
            return &s->attributes[i];
    return NULL;
}

const struct sdp_connection *sdp_media_connection(const struct sdp_msg *m,
                                                  const struct sdp_media *media)
{
    return media->connections_n ? media->connections : m->connection;
}

bool sdp_direction_of(const struct sdp_attribute *a, enum sdp_direction *d)
{
    if (a->type == SDP_SENDRECV)
        *d = SDP_DIR_BOTH;
    else if (a->type == SDP_SENDONLY)
        *d = SDP_DIR_SEND;
    else if (a->type == SDP_RECVONLY)
        *d = SDP_DIR_RECV;
    else if (a->type == SDP_INACTIVE)
        *d = SDP_DIR_INACTIVE;
    else
        return false;
    return true;
}

bool sdp_direction_in(const struct sdp_section *s, enum sdp_direction *d)
{
    for (size_t i = 0; i < s->attributes_n; i++)
        if (sdp_direction_of(&s->attributes[i], d))
            return true;
    return false;
}

enum sdp_direction sdp_media_direction(const struct sdp_msg *m, const struct sdp_media *media)
{
    enum sdp_direction d = SDP_DIR_BOTH;

    if (!sdp_direction_in(&media->section, &d))
        sdp_direction_in(&m->section, &d);
    return d;
}
