/* codecs/base/startline.h - the start lines that HTTP and SIP share: a method, a target and a version, or a
 * version, a code of three digits and a reason. They are taken apart whatever stands between; what breaks a rule
 * the codec says. */
#ifndef CODECS_BASE_STARTLINE_H
#define CODECS_BASE_STARTLINE_H
#include "codecs/base/draft.h"
#include "codecs/base/lex.h"

struct start_request { /* all borrow the line */
    struct span text;  /* the line without white space around */
    struct span method, target, version;
    bool single; /* one space stands between two parts, and nothing else */
};
/* Take `line`, without its end, apart: the method is its first word, the version its last. False: it has only one. */
static inline bool start_request(struct span line, struct start_request *r)
{
    struct span text = lex_trim(line, LEX_BLANK);
    size_t at = lex_until(text, 0, LEX_BLANK), last = text.n;

    while (last > at && !lex_is(text.p[last - 1], LEX_BLANK))
        last--;
    if (at == 0 || last <= at)
        return false;
    struct span target = span_cut(text, at + 1, last - 1);
    if (!target.n || lex_is(target.p[0], LEX_BLANK) || lex_is(target.p[target.n - 1], LEX_BLANK))
        target = lex_trim(span_cut(text, at, last), LEX_BLANK); /* more than a space on a side */
    *r = (struct start_request){.text = text,
                                .method = span_cut(text, 0, at),
                                .target = target,
                                .version = span_cut(text, last, text.n)};
    r->single = last - at == target.n + 2 && text.p[at] == ' ' && text.p[last - 1] == ' ';
    return true;
}

struct start_status { /* all borrow the line */
    struct span version, code, reason;
    struct span before,
        behind;  /* white space before the code; the octet behind it, none where the line ends */
    bool number; /* the code is three digits */
    uint16_t status; /* they say */
};
/* Take `line`, without its end, apart. False: it has one word only. */
static inline bool start_status(struct span line, struct start_status *r)
{
    size_t at = lex_until(line, 0, LEX_BLANK), from = lex_while(line, at, LEX_BLANK);
    size_t end = lex_until(line, from, LEX_BLANK);
    uint64_t v = 0;

    *r = (struct start_status){.version = span_cut(line, 0, at),
                               .code = span_cut(line, from, end),
                               .reason = span_cut(line, end + 1, line.n),
                               .before = span_cut(line, at, from),
                               .behind = span_cut(line, end, end + 1)};
    r->number = r->code.n == 3 && lex_number(r->code, &v);
    r->status = r->number ? (uint16_t)v : 0;
    return at < line.n;
}

/* Write the code of a draft, field `f` of `root`: three digits at least, or what stands in its place. */
void start_put_code(struct wr *w, const struct node *root, const struct field *f);
#endif
