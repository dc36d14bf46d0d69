/* fuzz/mutate/parts.c - texts as parts between separators. */
#include "fuzz/mutate/parts.h"
#include "codecs/base/lex.h"
#include "codecs/base/param.h"

/* Which go before which. */
static const char separators[] = "\n,?;& =:@/";

/* ---- the table ---- */

static const struct name separator_v[] = {
    {'\n', "line"}, {',', "comma"}, {';', "semicolon"}, {'?', "question"}, {'&', "and"},
    {' ', "space"}, {'=', "equal"}, {':', "colon"},     {'@', "at"},       {'/', "slash"}};
static const struct names separator_names = {separator_v, COUNT(separator_v)};

static bool whole(const void *rec)
{
    return ((const struct part *)rec)->parts_n == 0;
}
static bool apart(const void *rec)
{
    return !whole(rec);
}
static const struct desc part_desc;
enum { P_TEXT, P_SEPARATOR, P_PARTS };
static const struct field part_fields[] = {
    [P_TEXT] = {.name = "text", FIELD(struct part, text, F_TEXT), .absent = apart},
    [P_SEPARATOR] = {.name = "separator",
                     FIELD(struct part, separator, F_ENUM),
                     .names = &separator_names,
                     .absent = whole},
    [P_PARTS] = {.name = "parts",
                 .kind = F_LIST,
                 .off = offsetof(struct part, parts),
                 .count = offsetof(struct part, parts_n),
                 .sub = &part_desc,
                 .absent = whole},
};
static const struct desc part_desc = {"part", sizeof(struct part), FIELDS(part_fields), NULL};

/* ---- reading and writing ---- */

/* Within a string that is quoted as a whole they count. */
static size_t end_of(struct span s, size_t at, char separator, bool quoted)
{
    return quoted ? lex_find(s, at, (uint8_t)separator) : param_end(s, at, (uint8_t)separator);
}

static void take_apart(struct part *p, struct span text, const char *sep, unsigned depth,
                       struct arena *mem)
{
    bool quoted = text.n > 1 && text.p[0] == '"' && lex_quoted(text, 0) == text.n;
    size_t n = 1;

    *p = (struct part){.text = text};
    if (quoted) /* what the quotes hid may come again */
        sep = separators;
    while (*sep && end_of(text, 0, *sep, quoted) == text.n)
        sep++;
    if (depth == PARTS_DEPTH || !*sep)
        return;
    for (size_t at = 0; (at = end_of(text, at, *sep, quoted)) < text.n; at++)
        n++;
    if (!(p->parts = arena_take(mem, n * sizeof *p->parts)))
        return;
    p->separator = (uint8_t)*sep;
    for (size_t at = 0, end; p->parts_n < n; at = end + 1) {
        end = end_of(text, at, *sep, quoted);
        take_apart(&p->parts[p->parts_n++], span_cut(text, at, end), sep + 1, depth + 1, mem);
    }
}

static enum step decode(struct span in, struct arena *mem, const void **view, struct findings *fs)
{
    struct part *p = arena_take(mem, sizeof *p);

    (void)fs;
    *view = p;
    if (!p)
        return STEP_MORE;
    take_apart(p, in, separators, 0, mem);
    return STEP_ITEM;
}

static void put(struct wr *w, const struct node *rec)
{
    uint8_t separator = 0;

    if (rec->form != FORM_KIDS) {
        wr_put(w, draft_octets(rec));
        return;
    }
    for (const struct node *n = rec->first; n; n = n->next) {
        if (n->f == &part_fields[P_SEPARATOR]) {
            separator = n->form == FORM_UINT ? (uint8_t)n->u : 0;
        } else if (n->form != FORM_KIDS) {
            draft_put(w, n);
        } else {
            for (const struct node *i = n->first; i; i = i->next) {
                if (i != n->first && separator)
                    wr_u8(w, separator);
                put(w, i);
            }
        }
    }
}

static void encode(struct wr *w, const struct draft *dr)
{
    put(w, &dr->root);
}

/* Texts with something to take apart; less sure than any codec that knows them. */
static unsigned guess(struct span in, uint16_t port)
{
    bool any = false;

    (void)port;
    if (in.n < 2 || in.n > PARTS_MAX)
        return 0;
    for (size_t i = 0; i < in.n; i++) {
        if (lex_is(in.p[i], LEX_CTL) && !lex_is(in.p[i], LEX_LWS))
            return 0;
        any |= lex_among(in.p[i], separators);
    }
    return any ? 1 : 0;
}

/* What readers of text look for. */
static bool token(size_t i, struct wr *w, const char **name)
{
    static const char *const words[][2] = {
        {"empty", "\"\""},     {"open", "\""},          {"hide", "\\"},      {"hidden", "\"\\\"\""},
        {"fold", "\r\n "},     {"percent", "%41"},      {"nul", "%00"},      {"cut", "%4"},
        {"star", "*"},         {"angle", "<"},          {"angled", "<a:b>"}, {"comment", "(a(b))"},
        {"ext", "UTF-8''%C3"}, {"utf-8", "\xc3\xa4"},   {"high", "\xff"},    {"commas", ",,"},
        {"literal", "[::1]"},  {"address", "192.0.2.1"}};

    if (i >= COUNT(words))
        return false;
    *name = words[i][0];
    wr_text(w, words[i][1]);
    return true;
}

const struct codec parts_codec = {.name = "parts",
                                  .view = &part_desc,
                                  .guess = guess,
                                  .decode = decode,
                                  .encode = encode,
                                  .token = token};
