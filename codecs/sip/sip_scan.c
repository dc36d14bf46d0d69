/* codecs/sip/sip_scan.c - start line, header fields and body of a message. */
#include "codecs/sip/sip_parts.h"

struct scan {
    struct span in;
    struct findings *fs;
};

static void broke(struct scan *s, const char *clause, const char *what, size_t off, size_t len)
{
    finding_add(s->fs, (struct finding){
                           .clause = clause, .what = what, .level = STMT, .off = off, .len = len});
}
static void broke_must(struct scan *s, const char *clause, const char *what, size_t off, size_t len)
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
    return s.n >= 4 && lex_like(span_cut(s, 0, 4), "SIP/");
}

/* "SIP/2.0 200 OK": text without the line end. */
static void status_line(struct scan *s, struct sip_msg *m, struct span text)
{
    size_t at = lex_until(text, 0, LEX_BLANK), from = lex_while(text, at, LEX_BLANK);
    size_t end = lex_until(text, from, LEX_BLANK);
    struct span code = span_cut(text, from, end);
    uint64_t v;

    m->version = span_cut(text, 0, at);
    m->reason = span_cut(text, end + 1, text.n);
    if (code.n == 3 && lex_number(code, &v)) {
        m->status = (uint16_t)v;
    } else {
        broke(s, "RFC3261:7.2#a3", "the status code is not three digits", offset(s, code), code.n);
        m->cut = true;
    }
    if (from != at + 1 || text.p[at] != ' ') {
        broke(s, "RFC3261:7.2#a1", "not exactly one space stands before the status code",
              offset(s, text) + at, from - at);
        m->cut = true;
    }
    if (end == text.n) {
        if (code.n)
            broke(s, "RFC3261:7.2#a5", "no space stands behind the status code",
                  offset(s, text) + end, 0);
        m->cut = true;
    } else if (text.p[end] != ' ') {
        broke(s, "RFC3261:7.2#a1", "not exactly one space stands behind the status code",
              offset(s, text) + end, 1);
        m->cut = true;
    }
}

/* "INVITE sip:bob@example.com SIP/2.0". False: it is none. */
static bool request_line(struct scan *s, struct sip_msg *m, struct span line)
{
    struct span text = lex_trim(line, LEX_BLANK);
    size_t at = lex_until(text, 0, LEX_BLANK), last = text.n;

    while (last > at && !lex_is(text.p[last - 1], LEX_BLANK))
        last--;
    m->method = span_cut(text, 0, at);
    m->version = span_cut(text, last, text.n);
    if (at == 0 || last <= at || !sip_version_like(m->version))
        return false;
    m->request = true;
    struct span target = lex_trim(span_cut(text, at, last), LEX_BLANK);
    m->uri.text = target;
    bool single = last - at == target.n + 2 && text.p[at] == ' ' && text.p[last - 1] == ' ';
    m->cut |= !single || text.n != line.n;
    if (text.n != line.n)
        broke(s, "RFC3261:7.1#a5", "white space stands before the method or behind the version",
              offset(s, line), line.n);
    if (!single)
        broke(s, "RFC3261:7.1#a1",
              "not exactly one space stands between the parts of the Request-Line", offset(s, text),
              text.n);
    return true;
}

/* From `at` on the start line; sets where it ends. False: it is none. */
static bool start_line(struct scan *s, struct sip_msg *m, size_t *at)
{
    size_t from =
        lex_while(s->in, 0, LEX_EOL); /* line ends before it are passed over: section 7.5 */
    size_t lf = lex_find(s->in, from, '\n');
    bool cr = lf > from && lf < s->in.n && s->in.p[lf - 1] == '\r';
    struct span text = span_cut(s->in, from, cr ? lf - 1 : lf);

    *at = lf < s->in.n ? lf + 1 : lf;
    m->start = span_cut(s->in, 0, *at);
    m->cut = from > 0 || !cr;
    if (sip_version_like(text)) {
        if (lex_until(text, 0, LEX_BLANK) == text.n)
            return false;
        status_line(s, m, text);
    } else if (!request_line(s, m, text)) {
        return false;
    }
    if (lf < s->in.n && !cr)
        broke_must(s, "RFC3261:7#1a", "the start line ends with LF alone", lf, 1);
    size_t bare = lex_find(text, 0, '\r');
    if (bare < text.n)
        broke(s, m->request ? "RFC3261:7.1#a3" : "RFC3261:7.2#a2", "a CR stands in the start line",
              offset(s, text) + bare, 1);
    return true;
}

/* ---- header fields ---- */

/* Where the header field that begins at `at` ends: behind the last of its lines, which goes to the end of the message
 * where it has no line end. */
static size_t field_end(struct span in, size_t at, bool *fold)
{
    for (*fold = false;; *fold = true) {
        at = lex_find(in, at, '\n') + 1;
        if (at >= in.n)
            return in.n;
        if (!lex_is(in.p[at], LEX_BLANK))
            return at;
    }
}

/* The LF of a line without CR before it, each CR that is none of a line end. One finding each a header field. */
static void line_ends(struct scan *s, struct sip_header *h)
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
    if (bare_lf)
        broke_must(s, "RFC3261:7#1b", "a line ends with LF alone", offset(s, line) + bare_lf - 1,
                   1);
    if (bare_cr)
        broke(s, "RFC3261:25.1#a80", "a CR stands in a header field, and no LF behind it",
              offset(s, line) + bare_cr - 1, 1);
}

static void header_line(struct scan *s, struct sip_header *h)
{
    struct span line = h->line;
    bool lf = line.p[line.n - 1] == '\n', crlf = lf && line.n >= 2 && line.p[line.n - 2] == '\r';
    struct span text = span_cut(line, 0, line.n - (crlf ? 2 : lf ? 1 : 0));
    size_t colon = lex_find(text, 0, ':');

    if (colon == text.n) {
        h->cut = true;
        h->value = text;
        broke(s, "RFC3261:7.3.1#a1", "a line of the header has no colon", offset(s, line), text.n);
    } else {
        struct span name = span_cut(text, 0, colon);
        bool spaced = name.n && (lex_is(name.p[0], LEX_LWS) || lex_is(name.p[name.n - 1], LEX_LWS));
        h->name = spaced ? lex_trim(name, LEX_LWS) : name;
        h->value = lex_trim(span_cut(text, colon + 1, text.n), LEX_LWS);
        h->type = sip_type_of(h->name);
        h->cut = !crlf || h->name.n != colon || h->value.n + colon + 2 != text.n ||
                 (text.n > colon + 1 && text.p[colon + 1] != ' ');
    }
    if (!crlf || h->fold || lex_find(text, 0, '\r') < text.n)
        line_ends(s, h);
}

/* Header fields from `at` up to the empty line. */
static void header_fields(struct scan *s, struct sip_msg *m, size_t at, struct arena *mem)
{
    struct arena_list l = {0};
    struct span in = s->in;

    for (;;) {
        size_t left = in.n - at;
        if (left >= 2 && in.p[at] == '\r' && in.p[at + 1] == '\n') {
            m->blank = span_cut(in, at, at + 2);
            break;
        }
        if (left >= 1 && in.p[at] == '\n') {
            m->blank = span_cut(in, at, at + 1);
            broke_must(s, "RFC3261:7#1c", "the empty line ends with LF alone", at, 1);
            break;
        }
        if (!left ||
            (left == 1 && in.p[at] == '\r')) { /* nothing, or the first half of an empty line */
            m->blank = span_cut(in, at, in.n);
            broke_must(s, "RFC3261:7#2", "no empty line ends the header", at, left);
            break;
        }
        bool fold;
        size_t end = field_end(in, at, &fold);
        struct sip_header *h = arena_push(mem, &l, sizeof *h);
        if (h) {
            *h = (struct sip_header){.fold = fold, .line = span_cut(in, at, end)};
            header_line(s, h);
            if (m->first[h->type] == 0 && l.n < UINT16_MAX)
                m->first[h->type] = (uint16_t)l.n;
        }
        at = end;
    }
    m->headers = l.p;
    m->headers_n = l.n;
    m->head = span_cut(in, 0, at + m->blank.n);
}

/* ---- the body ---- */

bool sip_length(const struct sip_msg *m, uint64_t *n)
{
    const struct sip_header *h = sip_header(m, SIP_CONTENT_LENGTH);
    return h && lex_number(h->value, n);
}

static void body(struct scan *s, struct sip_msg *m)
{
    struct span all = span_cut(s->in, m->head.n, s->in.n);
    const struct sip_header *h = sip_header(m, SIP_CONTENT_LENGTH);
    uint64_t n = all.n;

    if (h && !lex_number(h->value, &n) && lex_all(h->value, LEX_DIGIT))
        n = UINT64_MAX; /* it is above that */
    if (n > all.n && m->blank.n) {
        finding_add(s->fs,
                    (struct finding){
                        .clause = "RFC3261:18.3#a2",
                        .what = "the datagram ends before the %u octets that Content-Length says",
                        .level = STMT,
                        .off = s->in.n,
                        .arg = {n}});
    }
    n = n < all.n ? n : all.n;
    m->body = span_cut(all, 0, (size_t)n);
    m->rest = span_cut(all, (size_t)n, all.n);
}

enum step sip_scan(struct span in, struct arena *mem, struct sip_msg *m, struct findings *fs)
{
    struct scan s = {in, fs};
    size_t at;

    memset(m, 0, sizeof *m);
    if (lex_find(in, lex_while(in, 0, LEX_EOL), '\n') == in.n)
        return STEP_MORE;
    if (!start_line(&s, m, &at))
        return STEP_FAIL;
    header_fields(&s, m, at, mem);
    body(&s, m);
    return STEP_ITEM;
}

const struct sip_header *sip_header(const struct sip_msg *m, enum sip_type type)
{
    return m->first[type] ? &m->headers[m->first[type] - 1] : NULL;
}
