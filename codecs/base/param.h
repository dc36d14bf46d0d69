/* codecs/base/param.h - parameters "name=value", as URIs and header fields have them. */
#ifndef CODECS_BASE_PARAM_H
#define CODECS_BASE_PARAM_H
#include "codecs/base/draft.h"
#include "codecs/base/lex.h"

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

/* The same of several names, in one go over parameters of which there may be many: found[i] is the first one
 * called names[i]. */
void param_find_each(const struct param *v, size_t n, const char *const *names, size_t names_n,
                     const struct param **found);

/* Write an item of a draft's list of parameters, without a separator. */
void param_put(struct wr *w, const struct node *item);
/* Write a draft's list of parameters, `first` before its first item and `next` before each other. */
void param_put_list(struct wr *w, const struct node *list, char first, char next);
#endif
