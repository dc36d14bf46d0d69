/* codecs/sip/sip_route.c - what transactions and dialogs are found by, without the rest of the message. */
#include "codecs/sip/sip_cursor.h"

enum { VIA = 1, FROM = 2, TO = 4, CALL_ID = 8, CSEQ = 16, ALL = 31 };
static const uint8_t found_by[SIP_TYPES] = {
    [SIP_VIA] = VIA, [SIP_FROM] = FROM, [SIP_TO] = TO, [SIP_CALL_ID] = CALL_ID, [SIP_CSEQ] = CSEQ};

/* What a line may be by its first letter, the case of letters aside: most are told by the first octets of their long
 * name, and most that are not looked for by two. */
static const struct known {
    uint8_t text[8]; /* the long name and its colon; NULs behind it */
    uint8_t fold[8]; /* 0x20 where a letter stands, whose case does not count */
    uint8_t mask[8]; /* which octets count */
    uint8_t n, what;
    bool compact; /* the letter alone is the compact form */
} by_letter[32] =
    {
#define ANY 0xff
#define L 0x20
        ['v' & 31] = {"via:", {L, L, L}, {ANY, ANY, ANY, ANY}, 4, VIA, true},
        ['f' & 31] = {"from:", {L, L, L, L}, {ANY, ANY, ANY, ANY, ANY}, 5, FROM, true},
        ['t' & 31] = {"to:", {L, L}, {ANY, ANY, ANY}, 3, TO, true},
        ['c' & 31] = {"call-id:",
                      {L, L, L, L, 0, L, L},
                      {ANY, ANY, ANY, ANY, ANY, ANY, ANY, ANY},
                      8,
                      CALL_ID,
                      false},
        ['i' & 31] = {"i:", {L}, {ANY, ANY}, 2, CALL_ID, true},
},
  c_seq = {"cseq:", {L, L, L, L}, {ANY, ANY, ANY, ANY, ANY}, 5, CSEQ, false};
#undef ANY
#undef L

struct walk {
    struct cursor c;
    struct sip_route *r;
    unsigned left; /* what has not been found yet */
};

/* What is looked for in the line from `from` to `to`, and where its colon is; 0: nothing. */
static inline unsigned named(const struct cursor *c, size_t from, size_t to, size_t *colon)
{
    const uint8_t *p = c->p + from;
    const struct known *name = &by_letter[p[0] & 31];

    if (!lex_is(p[0], LEX_LWS)) { /* white space before a name is looked at closely */
        if (!name->what)
            return 0;
        if (c->marks->text.n - from >= sizeof name->text) {
            if (name->what == CALL_ID && sip_small(p[1]) == 's')
                name = &c_seq;
            if ((((lex_word(p) | lex_word(name->fold)) ^ lex_word(name->text)) &
                 lex_word(name->mask)) == 0) {
                *colon = from + name->n - 1;
                return name->what;
            }
            if (sip_small(p[1]) != name->text[1] && p[1] > ' ' && p[1] != ':')
                return 0;
        }
    }
    *colon = lex_find(cut(c, 0, to), from, ':');
    return found_by[*colon < to ? sip_type_of(cut_trim(c, from, *colon)) : SIP_OTHER];
}

/* The tag of the address that begins at c->at: the first parameter of that name. */
static inline struct span tag(const struct cursor *c)
{
    static const uint8_t text[4] = {'t', 'a', 'g', '='};
    size_t at = address_open(c, c->at);

    if (at < c->end && c->p[at] == '<') {
        at = marks_next(c->marks, MARKS_CLOSE, at, c->end);
        at += at < c->end;
        if (at < c->end && c->p[at] != ';')
            at = stop(c, at, ';', ';');
    }
    while (at < c->end) {
        size_t from = at + 1;
        at = stop(c, from, ';', ';');
        if (at - from >= sizeof text && lex_half(c->p + from) == lex_half(text)) /* as most */
            return cut_trim(c, from + sizeof text, at);
        size_t equal = marks_next(c->marks, MARKS_EQUAL, from, at);
        if (lex_like(cut_trim(c, from, equal), "tag"))
            return equal < at ? cut_trim(c, equal + 1, at) : (struct span){NULL, 0};
    }
    return (struct span){NULL, 0};
}

/* The text between `from` and `to`, a line's end, without white space around; as most are, with one space before it. */
static inline void value_at(struct cursor *c, size_t from, size_t to)
{
    const uint8_t *p = c->p;

    if (to - from > 4 && p[from] == ' ' && p[from + 1] > ' ' && p[to - 3] > ' ' &&
        p[to - 2] == '\r' && p[to - 1] == '\n') {
        c->at = from + 1;
        c->end = to - 2;
        return;
    }
    struct span value = lex_trim(cut(c, from, to), LEX_LWS);
    c->at = (size_t)(value.p - p);
    c->end = c->at + value.n;
}

/* The line from `from` to `to`. */
static inline void line(struct walk *w, size_t from, size_t to)
{
    struct cursor *c = &w->c;
    struct sip_route *r = w->r;
    size_t colon;
    unsigned what = named(c, from, to, &colon);

    if (!(what & w->left))
        return;
    w->left &= ~what;
    value_at(c, colon + 1, to);
    c->kind.sep = what == VIA ? ',' : ';';
    switch (what) {
    case VIA:
        sip_read_via(c, &r->via);
        break;
    case FROM:
        r->from_tag = tag(c);
        break;
    case TO:
        r->to_tag = tag(c);
        break;
    case CALL_ID:
        r->call_id = cut_trim(c, c->at, stop_raw(c, c->at, ';', ';'));
        break;
    default:
        sip_read_cseq(c, &r->cseq);
    }
}

/* Whether the empty line is at `at`, or nothing. */
static inline bool at_blank(struct span in, size_t at)
{
    if (at < in.n && in.p[at] > '\r')
        return false;
    return at >= in.n || in.p[at] == '\n' ||
           (in.p[at] == '\r' && (at + 1 == in.n || in.p[at + 1] == '\n'));
}

/* The lines of the header from `at` on, until all has been found or the header ends. */
static void lines(struct walk *w, struct span in, size_t at)
{
    enum { AHEAD = 4 }; /* blocks at once */
    struct marks_lines v[AHEAD];
    size_t begin = at;

    if (at_blank(in, at))
        return;
    for (size_t base = at - at % MARKS_BLOCK; base < in.n;) {
        size_t n = marks_lines(in, base, v, AHEAD);
        for (size_t i = 0; i < n; i++, base += MARKS_BLOCK) {
            for (uint64_t ends = v[i].lf; ends; ends &= ends - 1) {
                size_t end = base + (size_t)__builtin_ctzll(ends) + 1;
                if (end <= begin || (end < in.n && lex_is(in.p[end], LEX_BLANK)))
                    continue; /* of the start line; or it goes on in the next line */
                line(w, begin, end);
                begin = end;
                if (!w->left || at_blank(in, end))
                    return;
            }
        }
    }
    if (begin < in.n)
        line(w, begin, in.n);
}

enum step sip_route(struct span in, struct arena *mem, struct sip_route *r, struct findings *fs)
{
    const struct span none = {NULL, 0};
    struct sip_msg m;
    struct marks marks;
    size_t header;

    m.request = false;
    m.status = 0;
    m.method = m.uri.text = none;
    enum step step = sip_start(in, &m, &header, fs);
    if (step != STEP_ITEM)
        return step;
    *r = (struct sip_route){
        .request = m.request, .method = m.method, .target = m.uri.text, .status = m.status};
    marks_init(&marks, in);
    struct walk w = {.c = {.marks = &marks, .p = in.p, .mem = mem}, .r = r, .left = ALL};
    lines(&w, in, header);
    return STEP_ITEM;
}
