/* codecs/base/param.h - parameters "name=value", as URIs and header fields have them. */
#ifndef CODECS_BASE_PARAM_H
#define CODECS_BASE_PARAM_H
#include "codecs/base/draft.h"
#include "codecs/base/lexmap.h"

struct param {
    struct span text; /* all of it, white space inside too, without the separators around it */
    struct span name;
    struct span value; /* a quoted one with its quotes; p is NULL where there is no "=" */
};
/* `name`, `value`; and `text` where these two do not say all of it. A draft with `text` is written as that. */
extern const struct desc param_desc;

/* Take `text` apart at its first "="; white space around both parts is in neither. */
static inline struct param param_of(struct span text)
{
    size_t eq = lex_find(text, 0, '=');
    struct param p = {.text = text, .name = lex_trim(span_cut(text, 0, eq), LEX_LWS)};
    if (eq < text.n)
        p.value = lex_trim(span_cut(text, eq + 1, text.n), LEX_LWS);
    return p;
}
/* The offset of the first `c`, which is no quote, at or behind `at` that no quoted string holds; one without end
 * goes to the end of `s`. s.n: there is none. */
size_t param_end(struct span s, size_t at, uint8_t c);
/* The same for a comma. */
size_t param_comma(struct span s, size_t at);
/* The parameters of `s`, each up to the next such comma. An empty one is a parameter too, but behind a comma at
 * the end there is none. The array is from `mem`, cut short where that is full. */
const struct param *param_commas(struct span s, struct arena *mem, size_t *n);
/* The first parameter called `name`, the case of letters aside; NULL: none. */
static inline const struct param *param_find(const struct param *v, size_t n, const char *name)
{
    struct span want = span_of(name);
    for (size_t i = 0; i < n; i++)
        if (v[i].name.n == want.n && lex_same(v[i].name, want))
            return &v[i];
    return NULL;
}

/* The same of several names, in one go over parameters of which there may be many: found[i] is the first one called names[i]. */
void param_find_each(const struct param *v, size_t n, const char *const *names, size_t names_n,
                     const struct param **found);

enum param_as {                   /* what the value of a parameter may be, joined by | */
                PARAM_LACKS = 1,  /* not there */
                PARAM_PLAIN = 2,  /* host characters */
                PARAM_QUOTED = 4, /* a quoted string */
                PARAM_NUMBER = 8, /* one to eight decimal digits */
                PARAM_BARE = PARAM_LACKS | PARAM_PLAIN,
                PARAM_ANY = PARAM_BARE | PARAM_QUOTED,
                PARAM_NEVER = 0, /* such a parameter is not to be there */
};
enum { PARAM_SLOTS = 64 };
#define PARAM_ODD (UINT32_C(1) << 31)
struct param_name {
    char text[13]; /* small letters, zeros behind them */
    uint8_t n;     /* octets of it; 0: the slot is empty */
    uint8_t as;
    uint8_t bit; /* below 31 */
};
struct param_names {
    struct param_name v[PARAM_SLOTS]; /* by PARAM_SLOT */
    uint8_t other;                    /* enum param_as of parameters with another name */
};
/* Where a name of at least one octet stands, by its length and lexmap_front. Two names in one place may differ;
 * the factor was found by trying, so that those of one table have places of their own. */
#define PARAM_SLOT(front, n) (((front) + (n)) * UINT64_C(0x2827688de6a16a3b) >> 58)
#define PARAM_FRONT(...) PARAM_FRONT8(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0, 0)
#define PARAM_FRONT8(a, b, c, d, e, f, g, h, ...)                                                  \
    ((uint64_t)(a) | (uint64_t)(b) << 8 | (uint64_t)(c) << 16 | (uint64_t)(d) << 24 |              \
     (uint64_t)(e) << 32 | (uint64_t)(f) << 40 | (uint64_t)(g) << 48 | (uint64_t)(h) << 56)
/* A name, octet for octet: the compiler finds its slot. Two names in one slot are an error to it. */
#define PARAM_NAME(bit, as, ...)                                                                   \
    [PARAM_SLOT(PARAM_FRONT(__VA_ARGS__), sizeof((char[]){__VA_ARGS__}))] = {                      \
        {__VA_ARGS__}, sizeof((char[]){__VA_ARGS__}), PARAM_##as, bit}
struct param_seen { /* set its members one by one: it takes longer to clear than to fill */
    uint32_t has;   /* the bits of those that are known; PARAM_ODD: see param_look */
    size_t
        hosts; /* octets of names and values that are of LEXMAP_HOST, as far as is taken for granted */
    const struct param *known[16]; /* by their bits; where there is none it is not set */
};
/* Look at one parameter or more, which stand in the text of `map` up to `end`. Each has a name, all of them
 * differ, and values are as `names` says: if names, and values but quoted strings, are of LEXMAP_HOST, which the
 * caller has to find out by counting. PARAM_ODD: it is not so, or may not be so. A name of more than nine octets
 * may be another one than that which it is taken for: with the same first eight, and the same last. */
void param_look(const struct lexmap *map, const struct param *v, size_t n, const uint8_t *end,
                const struct param_names *names, struct param_seen *s);
/* Write an item of a draft's list of parameters, without a separator. */
void param_put(struct wr *w, const struct node *item);
/* Write a draft's list of parameters, `first` before its first item and `next` before each other. */
void param_put_list(struct wr *w, const struct node *list, char first, char next);
#endif
