/* codecs/sip/sip_scan.c - start line, header fields and body of a message. */
#include "codecs/base/marks.h"
#include "codecs/base/startline.h"
#include "codecs/sip/sip_parts.h"

struct scan {
    struct span in;
    struct findings *fs;
    bool fragment;      /* it need not have an empty line */
    bool lf, cr, colon; /* a line end, a CR, a line without colon was said to be wrong */
};

static SELDOM void broke(struct scan *s, const char *clause, const char *what, size_t off,
                         size_t len)
{
    finding_add(s->fs, (struct finding){
                           .clause = clause, .what = what, .level = STMT, .off = off, .len = len});
}
static SELDOM void broke_must(struct scan *s, const char *clause, const char *what, size_t off,
                              size_t len)
{
    finding_add(s->fs, (struct finding){
                           .clause = clause, .what = what, .level = MUST, .off = off, .len = len});
}

static size_t offset(const struct scan *s, struct span part)
{
    return (size_t)(part.p - s->in.p);
}

/* ---- the start line ---- */

bool sip_version_like(struct span s)
{
    return s.n >= 4 && (s.p[0] | 0x20) == 's' && lex_like(span_cut(s, 0, 4), "SIP/");
}

/* "SIP/2.0 200 OK": text without the line end. False: it is none. */
static bool status_line(struct scan *s, struct sip_msg *m, struct span text)
{
    struct start_status r;

    if (!start_status(text, &r))
        return false;
    m->version = r.version;
    m->status = r.status;
    m->reason = r.reason;
    m->cut |= !r.number || !span_is(r.before, " ") || !span_is(r.behind, " ");
    if (!r.number)
        broke(s, "RFC3261:7.2#a3", "the status code is not three digits", offset(s, r.code),
              r.code.n);
    if (!span_is(r.before, " "))
        broke(s, "RFC3261:7.2#a1", "not exactly one space stands before the status code",
              offset(s, r.before), r.before.n);
    if (!r.behind.n && r.code.n)
        broke(s, "RFC3261:7.2#a5", "no space stands behind the status code",
              offset(s, text) + text.n, 0);
    else if (r.behind.n && r.behind.p[0] != ' ')
        broke(s, "RFC3261:7.2#a1", "not exactly one space stands behind the status code",
              offset(s, r.behind), 1);
    return true;
}

/* "INVITE sip:bob@example.com SIP/2.0" as most write it: one space on each side of the Request-URI. */
static inline bool usual_request(struct sip_msg *m, struct span line)
{
    static const uint8_t end[8] = {' ', 'S', 'I', 'P', '/', '2', '.', '0'};
    size_t at = 0, last = line.n - sizeof end; /* the spaces */

    if (line.n < 2 * sizeof end || lex_word(line.p + last) != lex_word(end))
        return false;
    while (at < last && line.p[at] > ' ')
        at++;
    if (at == 0 || at + 1 >= last || line.p[at] != ' ' || line.p[at + 1] <= ' ' ||
        line.p[last - 1] <= ' ')
        return false;
    m->request = true;
    m->method = span_cut(line, 0, at);
    m->uri.text = span_cut(line, at + 1, last);
    m->version = span_cut(line, last + 1, line.n);
    return true;
}

/* The same in any form. False: it is none. */
static SELDOM bool request_line(struct scan *s, struct sip_msg *m, struct span line)
{
    struct start_request r;

    if (!start_request(line, &r) || !sip_version_like(r.version))
        return false;
    m->request = true;
    m->method = r.method;
    m->version = r.version;
    m->uri.text = r.target;
    m->cut |= !r.single || r.text.n != line.n;
    if (r.text.n != line.n)
        broke(s, "RFC3261:7.1#a5", "white space stands before the method or behind the version",
              offset(s, line), line.n);
    if (!r.single)
        broke(s, "RFC3261:7.1#a1",
              "not exactly one space stands between the parts of the Request-Line",
              offset(s, r.text), r.text.n);
    return true;
}

/* The start line, which ends with the LF at `lf`, or, in a fragment, with all; `crs`: more CR may be in it than that of
 * its end. False: it is none. */
static bool start_line(struct scan *s, struct sip_msg *m, size_t from, size_t lf, bool crs)
{
    bool ends = lf < s->in.n, cr = ends && lf > from && s->in.p[lf - 1] == '\r';
    struct span text = span_cut(s->in, from, cr ? lf - 1 : lf);

    m->start = span_cut(s->in, 0, lf + 1);
    m->cut = from > 0 || !cr;
    if (!(sip_version_like(text) ? status_line(s, m, text)
                                 : usual_request(m, text) || request_line(s, m, text)))
        return false;
    if (!ends)
        broke_must(s, "RFC3261:7#1a", "the start line has no end", lf, 0);
    else if (!cr)
        broke_must(s, "RFC3261:7#1a", "the start line ends with LF alone", lf, 1);
    size_t bare = crs ? lex_find(text, 0, '\r') : text.n;
    if (bare < text.n)
        broke(s, m->request ? "RFC3261:7.1#a3" : "RFC3261:7.2#a2", "a CR stands in the start line",
              offset(s, text) + bare, 1);
    return true;
}

/* ---- header fields ---- */

/* The LF of a line without CR before it, a CR that is none of a line end: each is said once a message. */
static SELDOM void line_ends(struct scan *s, struct sip_header *h)
{
    struct span line = h->line;
    size_t bare_lf = 0, bare_cr = 0;

    for (size_t i = lex_until(line, 0, LEX_EOL); i < line.n; i = lex_until(line, i + 1, LEX_EOL)) {
        if (line.p[i] == '\n')
            bare_lf = bare_lf ? bare_lf : i + 1;
        else if (i + 1 < line.n && line.p[i + 1] == '\n')
            i++;
        else
            bare_cr = bare_cr ? bare_cr : i + 1;
    }
    if (bare_lf && !s->lf)
        broke_must(s, "RFC3261:7#1b", "a line ends with LF alone", offset(s, line) + bare_lf - 1,
                   1);
    if (bare_cr && !s->cr)
        broke(s, "RFC3261:25.1#a80", "a CR stands in a header field, and no LF behind it",
              offset(s, line) + bare_cr - 1, 1);
    s->lf |= bare_lf != 0;
    s->cr |= bare_cr != 0;
}

#define NONE SIZE_MAX
#define INLINE static inline __attribute__((always_inline)) /* into the one loop over the header */

/* A field while its lines are walked over, block by block. */
struct field_walk {
    struct sip_msg *m;
    struct sip_header *headers;
    size_t n, room; /* of headers; how many there is room for */
    size_t begin;   /* where it begins */
    size_t colon;   /* its first colon; NONE: none so far */
    bool fold;      /* it has gone on behind a line end */
    bool bare;      /* it has a CR that no LF follows, or a LF that follows none */
    bool cr;        /* the octet before the block is a CR */
    bool full;      /* there was no room for one */
};

/* A field that is not "NAME: VALUE" and CRLF. */
static SELDOM void odd_field(struct scan *s, struct sip_header *h, size_t colon, bool bare)
{
    struct span line = h->line;
    bool lf = line.p[line.n - 1] == '\n', crlf = lf && line.n >= 2 && line.p[line.n - 2] == '\r';
    struct span text = {line.p, line.n - (crlf ? 2 : lf ? 1 : 0)};

    if (colon == line.n) {
        h->cut = true;
        h->value = text;
        if (!s->colon)
            broke(s, "RFC3261:7.3.1#a1", "a line of the header has no colon", offset(s, text),
                  text.n);
        s->colon = true;
    } else {
        struct span name = span_cut(text, 0, colon);
        bool spaced = colon && (lex_is(name.p[0], LEX_LWS) || lex_is(name.p[colon - 1], LEX_LWS));
        h->name = spaced ? lex_trim(name, LEX_LWS) : name;
        h->value = lex_trim(span_cut(text, colon + 1, text.n), LEX_LWS);
        h->type = sip_type_of(h->name);
        h->cut = !crlf || h->name.n != colon || h->value.n + colon + 2 != text.n ||
                 (text.n > colon + 1 && text.p[colon + 1] != ' ');
    }
    if (!crlf || bare)
        line_ends(s, h);
}

/* The field ends before `end`; `lf`: with a LF. */
INLINE void field(struct scan *s, struct field_walk *f, size_t end, bool lf)
{
    const uint8_t *p = s->in.p + f->begin;
    size_t n = end - f->begin, colon = f->colon == NONE ? n : f->colon - f->begin;

    if (f->n < f->room) {
        struct sip_header *h = &f->headers[f->n++];
        h->type = SIP_OTHER;
        h->cut = false;
        h->fold = f->fold;
        h->line = (struct span){p, n};
        h->values = NULL;
        h->values_n = 0;
        /* as most are: one space behind the colon, none else around the parts, CRLF at the end */
        if (lf && !f->bare && colon > 0 && colon + 5 <= n && p[colon + 1] == ' ' &&
            p[colon + 2] > ' ' && p[n - 3] > ' ' && p[0] > ' ' && p[colon - 1] > ' ') {
            h->name = (struct span){p, colon};
            h->value = (struct span){p + colon + 2, n - colon - 4};
            h->type = sip_type_at(p, colon);
        } else {
            h->name = (struct span){NULL, 0};
            h->value = (struct span){NULL, 0};
            odd_field(s, h, colon, f->bare);
            f->m->cut_lines |= h->cut;
        }
        if (f->m->first[h->type] == 0)
            f->m->first[h->type] = (uint16_t)(f->n < UINT16_MAX ? f->n : UINT16_MAX);
        else if (h->type != SIP_VIA && !sip_many_allowed(h->type))
            f->m->again = true;
    } else {
        f->full = true;
    }
    f->begin = end;
    f->colon = NONE;
    f->fold = f->bare = false;
}

/* Whether no header field begins where the walk stands: the empty line does, or nothing. */
INLINE bool at_blank(struct scan *s, struct field_walk *f)
{
    struct span in = s->in;
    size_t at = f->begin, left = in.n - at, n = 0;

    if (left >= 2 && in.p[at] == '\r' && in.p[at + 1] == '\n') {
        n = 2;
    } else if (left && in.p[at] == '\n') {
        n = 1;
        broke_must(s, "RFC3261:7#1c", "the empty line ends with LF alone", at, 1);
    } else if (left > 1 || (left && in.p[at] != '\r')) {
        return false;
    } else { /* nothing, or the first half of an empty line */
        n = left;
        if (!s->fragment)
            broke_must(s, "RFC3261:7#2", "no empty line ends the header", at, left);
        else if (left)
            broke_must(s, "RFC3261:7#1c", "the empty line has no LF", at, left);
    }
    f->m->blank = span_cut(in, at, at + n);
    return true;
}

/* The fields that end in the block at `base`. True: the last one does. */
INLINE bool block(struct scan *s, struct field_walk *f, const struct marks_lines *b, size_t base)
{
    uint64_t bare =
        (b->cr << 1 | f->cr) ^ b->lf; /* behind each CR but no LF; LF, but not behind CR */
    uint64_t mine = UINT64_MAX; /* what of the block belongs to the field, or comes behind it */

    if (f->begin > base) /* the first one: the start line ends in it */
        mine <<= f->begin - base;
    for (uint64_t ends = b->lf & mine, low; ends; ends &= ~low) {
        low = ends & -ends;
        uint64_t before = mine & (low - 1), colons = b->colon & before;
        size_t end = base + (size_t)__builtin_ctzll(ends) + 1;
        if (f->colon == NONE && colons)
            f->colon = base + (size_t)__builtin_ctzll(colons);
        if (bare)
            f->bare |= (bare & (before | low)) != 0;
        mine = -(low << 1);
        bool plain = end < s->in.n && s->in.p[end] > ' ';
        if (!plain && end < s->in.n && lex_is(s->in.p[end], LEX_BLANK)) {
            f->fold = true;
            continue;
        }
        field(s, f, end, true);
        if (!plain && at_blank(s, f))
            return true;
    }
    if (f->colon == NONE && (b->colon & mine))
        f->colon = base + (size_t)__builtin_ctzll(b->colon & mine);
    if (bare)
        f->bare |= (bare & mine) != 0;
    f->cr = b->cr >> (MARKS_BLOCK - 1);
    return false;
}

/* Header fields from `at` up to the empty line. */
static void header_fields(struct scan *s, struct sip_msg *m, size_t at, struct arena *mem)
{
    enum { AHEAD = 8 }; /* blocks at once: what lies behind the header is looked at in vain */
    struct marks_lines v[AHEAD];
    struct arena_run run = arena_run(mem, sizeof(struct sip_header));
    struct field_walk f = {.m = m, .headers = run.p, .room = run.room, .begin = at, .colon = NONE};
    bool done = at_blank(s, &f);

    for (size_t base = at - at % MARKS_BLOCK; !done && base < s->in.n;) {
        size_t n = marks_lines(s->in, base, v, AHEAD);
        for (size_t i = 0; i < n && !done; i++, base += MARKS_BLOCK)
            done = block(s, &f, &v[i], base);
    }
    if (!done && f.begin < s->in.n)
        field(s, &f, s->in.n, false); /* the last one has no line end */
    if (!done)
        at_blank(s, &f);
    arena_run_end(mem, run, f.n, sizeof *m->headers);
    mem->full |= f.full;
    m->headers = f.n ? f.headers : NULL;
    m->headers_n = f.n;
    m->head = span_cut(s->in, 0, f.begin + m->blank.n);
}

/* ---- the body ---- */

bool sip_length(const struct sip_msg *m, uint64_t *n)
{
    const struct sip_header *h = sip_header(m, SIP_CONTENT_LENGTH);
    return h && lex_number(h->value, n);
}

/* What Content-Length says, `otherwise` where it says nothing. */
static uint64_t said_length(const struct sip_msg *m, uint64_t otherwise)
{
    const struct sip_header *h = sip_header(m, SIP_CONTENT_LENGTH);
    uint64_t n = otherwise;

    if (h && !lex_number(h->value, &n))
        n = lex_all(h->value, LEX_DIGIT) ? UINT64_MAX : otherwise; /* it is above that, or none */
    return n;
}

/* Of what stands behind the header the first `n` octets, if there are so many, are the body. */
static void body_is(struct sip_msg *m, struct span all, uint64_t n)
{
    n = n < all.n ? n : all.n;
    m->body = span_cut(all, 0, (size_t)n);
    m->rest = span_cut(all, (size_t)n, all.n);
}

static void body(struct scan *s, struct sip_msg *m)
{
    struct span all = span_cut(s->in, m->head.n, s->in.n);
    uint64_t n = said_length(m, all.n);

    if (n > all.n && m->blank.n) {
        finding_add(s->fs,
                    (struct finding){
                        .clause = "RFC3261:18.3#a2",
                        .what = "the datagram ends before the %u octets that Content-Length says",
                        .level = STMT,
                        .off = s->in.n,
                        .arg = {n}});
    }
    body_is(m, all, n);
}

enum step sip_start(struct span in, struct sip_msg *m, size_t *header, struct findings *fs)
{
    struct scan s = {.in = in, .fs = fs};
    size_t from = lex_while(in, 0, LEX_EOL); /* line ends before it are passed over: section 7.5 */
    struct marks_lines front = {0};
    size_t lf;
    bool crs = true;

    marks_lines(in, 0, &front, 1);
    if (from == 0 && front.lf) { /* it ends in the first block: most do */
        lf = (size_t)__builtin_ctzll(front.lf);
        crs = (front.cr & (front.lf ^ (front.lf - 1)) >> 2) != 0;
    } else {
        lf = lex_find(in, from, '\n');
    }
    if (lf == in.n)
        return STEP_MORE;
    *header = lf + 1;
    return start_line(&s, m, from, lf, crs) ? STEP_ITEM : STEP_FAIL;
}

enum step sip_scan(struct span in, struct arena *mem, struct sip_msg *m, struct findings *fs)
{
    struct scan s = {.in = in, .fs = fs};
    size_t header;

    clear_octets(m, sizeof *m);
    enum step step = sip_start(in, m, &header, fs);
    if (step != STEP_ITEM)
        return step;
    header_fields(&s, m, header, mem);
    body(&s, m);
    return STEP_ITEM;
}

/* ---- fragments (RFC 3420 section 2) ---- */

bool sip_begins_with_field(struct span line)
{
    size_t at = lex_while(line, lex_while(line, 0, LEX_TOKEN), LEX_LWS);
    return at < line.n && line.p[at] == ':';
}

/* It was left out, or is all of what the message had. */
static void fragment_body(struct scan *s, struct sip_msg *m)
{
    struct span all = span_cut(s->in, m->head.n, s->in.n);
    uint64_t n = said_length(m, all.n);

    if (all.n && n != all.n)
        finding_add(s->fs,
                    (struct finding){
                        .clause = "RFC3420:2#a2",
                        .what = "the body of the fragment is not the %u octets of Content-Length",
                        .level = STMT,
                        .off = n < all.n ? m->head.n + n : s->in.n,
                        .len = n < all.n ? all.n - n : 0,
                        .arg = {n}});
    body_is(m, all, n);
}

void sip_scan_fragment(struct span in, struct arena *mem, struct sip_msg *m, struct findings *fs)
{
    struct scan s = {.in = in, .fs = fs, .fragment = true};
    size_t lf = lex_find(in, 0, '\n'), at = lf < in.n ? lf + 1 : in.n;
    bool field = sip_begins_with_field(span_cut(in, 0, lf));

    clear_octets(m, sizeof *m);
    if (field || !start_line(&s, m, 0, lf, true)) {
        bool part = !field && in.n && lf == in.n; /* what may yet become a start line */
        if (part)
            broke_must(&s, "RFC3261:7#1a", "the start line has no end", in.n, 0);
        at = part ? in.n : 0;
        m->start = span_cut(in, 0, at);
        m->cut = true;
    }
    header_fields(&s, m, at, mem);
    const struct sip_header *last = m->headers_n ? &m->headers[m->headers_n - 1] : NULL;
    if (last && last->line.p[last->line.n - 1] != '\n')
        broke_must(&s, "RFC3261:7#1b", "the last line has no end", in.n, 0);
    fragment_body(&s, m);
}

/* The first of a type from UINT16_MAX - 1 on; NULL: there is none. */
static SELDOM const struct sip_header *far_header(const struct sip_msg *m, enum sip_type type)
{
    const struct sip_header *v = m->headers;

    for (size_t i = UINT16_MAX - 1; v && i < m->headers_n; i++)
        if (v[i].type == type)
            return &v[i];
    return NULL;
}

const struct sip_header *sip_header(const struct sip_msg *m, enum sip_type type)
{
    size_t i = m->first[type];

    if (i == 0)
        return NULL;
    return i < UINT16_MAX ? &m->headers[i - 1] : far_header(m, type);
}
