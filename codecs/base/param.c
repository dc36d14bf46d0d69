/* codecs/base/param.c - parameters: their table, looking for one, writing them. */
#include "codecs/base/param.h"

static bool no_value(const void *rec)
{
    return !((const struct param *)rec)->value.p;
}
/* Whether name and value, with one "=" between, are all that the text has. */
static bool plain(const void *rec)
{
    const struct param *p = rec;
    return p->text.n == p->name.n + (p->value.p ? 1 + p->value.n : 0);
}

enum { P_NAME, P_VALUE, P_TEXT };
static const struct field fields[] = {
    [P_NAME] = {.name = "name", FIELD(struct param, name, F_TEXT), .same = lex_same},
    [P_VALUE] = {.name = "value", FIELD(struct param, value, F_TEXT), .absent = no_value},
    [P_TEXT] = {.name = "text", FIELD(struct param, text, F_TEXT), .absent = plain},
};
const struct desc param_desc = {"param", sizeof(struct param), FIELDS(fields), NULL};

static inline size_t end_of(struct span s, size_t at, uint8_t c)
{
    for (; at < s.n && s.p[at] != c; at++)
        if (s.p[at] == '"') {
            size_t behind = lex_quoted(s, at);
            at = behind ? behind - 1 : s.n - 1;
        }
    return at;
}

size_t param_end(struct span s, size_t at, uint8_t c)
{
    return end_of(s, at, c);
}

size_t param_comma(struct span s, size_t at)
{
    return end_of(s, at, ',');
}

const struct param *param_commas(struct span s, struct arena *mem, size_t *n)
{
    struct arena_list l = {0};

    for (size_t at = 0, end; at < s.n; at = end + 1) {
        end = param_comma(s, at);
        struct param *p = arena_push(mem, &l, sizeof *p);
        if (p)
            *p = param_of(lex_trim(span_cut(s, at, end), LEX_LWS));
    }
    *n = l.n;
    return l.p;
}

void param_find_each(const struct param *v, size_t n, const char *const *names, size_t names_n,
                     const struct param **found)
{
    for (size_t k = 0; k < names_n; k++)
        found[k] = NULL;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; v[i].name.n && k < names_n; k++)
            if (!found[k] && lex_like(v[i].name, names[k]))
                found[k] = &v[i];
}

void param_put(struct wr *w, const struct node *item)
{
    const struct node *text = draft_child(item, &fields[P_TEXT]);

    if (item->form != FORM_KIDS || text) {
        wr_put(w, draft_octets(text ? text : item));
        return;
    }
    draft_put_each(w, item, &fields[P_NAME], "");
    draft_put_each(w, item, &fields[P_VALUE], "=");
}

void param_put_list(struct wr *w, const struct node *list, char first, char next)
{
    if (list->form != FORM_KIDS) {
        wr_put(w, draft_octets(list));
        return;
    }
    for (const struct node *i = list->first; i; i = i->next) {
        wr_u8(w, (uint8_t)(i == list->first ? first : next));
        param_put(w, i);
    }
}
