/* codecs/sip/sip_template.c - messages written by copying the pieces of a text. */
#include "codecs/sip/sip_template.h"

enum { NONE = 255, LENGTH = 254 }; /* in the place of a slot's index */

static unsigned char slot_of(struct span name, const char *const *names, size_t n)
{
    if (span_is(name, "length"))
        return LENGTH;
    for (size_t i = 0; i < n; i++)
        if (span_is(name, names[i]))
            return (unsigned char)i;
    return NONE;
}

/* Where the body begins: behind the first empty line; text.n: it has none. */
static size_t body_at(struct span text)
{
    for (size_t at = lex_find(text, 0, '\n'); at < text.n; at = lex_find(text, at + 1, '\n'))
        if (at + 2 < text.n && text.p[at + 1] == '\r' && text.p[at + 2] == '\n')
            return at + 3;
    return text.n;
}

/* Add a piece, which ends before `to`, and what stands behind it. False: no room. */
static bool add(struct sip_template *t, struct span piece, unsigned char slot, bool in_body)
{
    if (t->n == SIP_TEMPLATE_PIECES)
        return false;
    t->pieces[t->n++] = (struct sip_piece){piece, slot};
    t->body += in_body ? piece.n : 0;
    if (in_body && slot < SIP_TEMPLATE_SLOTS)
        t->in_body[slot]++;
    return true;
}

bool sip_template_init(struct sip_template *t, struct span text, const char *const *names,
                       size_t names_n)
{
    size_t body = body_at(text), from = 0;

    *t = (struct sip_template){.slots = names_n};
    if (names_n > SIP_TEMPLATE_SLOTS)
        return false;
    while (from < text.n) {
        size_t open = lex_find(text, from, '{'), behind = open + 1;
        unsigned char slot = NONE;
        if (from < body && open >= body) { /* a piece ends where the body begins */
            open = behind = body;
        } else if (open + 1 < text.n && text.p[open + 1] == '{') {
            open++; /* the first one stands for itself */
            behind = open + 1;
        } else if (open < text.n) {
            size_t close = lex_find(text, open, '}');
            slot = slot_of(span_cut(text, open + 1, close), names, names_n);
            if (close == text.n || slot == NONE)
                return false;
            behind = close + 1;
        }
        if (!add(t, span_cut(text, from, open), slot, from >= body))
            return false;
        from = behind;
    }
    return true;
}

void sip_template_put(struct wr *w, const struct sip_template *t, const struct span *values)
{
    size_t body = t->body;

    for (size_t i = 0; i < t->slots; i++)
        body += t->in_body[i] * values[i].n;
    for (size_t i = 0; i < t->n; i++) {
        const struct sip_piece *p = &t->pieces[i];
        wr_put(w, p->text);
        if (p->slot < SIP_TEMPLATE_SLOTS)
            wr_put(w, values[p->slot]);
        else if (p->slot == LENGTH)
            wr_dec(w, body);
    }
}
