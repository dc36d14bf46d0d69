/* codecs/base/param_look.c - parameters of the forms that most have. */
#include "codecs/base/param_look.h"

/* Octets of a value that are of LEXMAP_HOST; SIZE_MAX: it is not as it has to be. */
static inline size_t value_hosts(const struct lexmap *map, struct span s, unsigned as)
{
    if (!s.p)
        return as & PARAM_LACKS ? 0 : SIZE_MAX;
    if (s.n == 0)
        return SIZE_MAX;
    if (s.p[0] == '"')
        return as & PARAM_QUOTED ? lexmap_quoted(map, s) : SIZE_MAX;
    if (as & PARAM_PLAIN || (as & PARAM_NUMBER && lexmap_digits(map, s)))
        return s.n;
    return SIZE_MAX;
}

void param_look(const struct lexmap *map, const struct param *v, size_t n, const uint8_t *end,
                const struct param_names *names, struct param_seen *s)
{
    const struct param *last = v + n - 1;
    uint64_t slots = 0;
    uint32_t has = 0;
    size_t sum = 0;

    for (;; v++) {
        struct span name = v->name;
        unsigned as = names->other;
        if (name.n == 0)
            break;
        uint64_t front = lexmap_front(map, name);
        size_t slot = PARAM_SLOT(front, name.n);
        const struct param_name *known = &names->v[slot];
        if (slots >> slot & 1)
            break;
        slots |= UINT64_C(1) << slot;
        if (front == word_little(lex_word((const uint8_t *)known->text)) && known->n == name.n &&
            (name.n <= 8 || (name.p[name.n - 1] | 0x20) == known->text[name.n - 1])) {
            as = known->as;
            s->known[known->bit] = v;
            has |= 1u << known->bit;
        }
        size_t hosts = value_hosts(map, v->value, as);
        if (hosts == SIZE_MAX)
            break;
        sum += name.n + hosts;
        if (v == last) {
            if (v->text.p + v->text.n != end)
                break;
            s->has = has;
            s->hosts = sum;
            return;
        }
    }
    s->has = PARAM_ODD;
    s->hosts = 0;
}
