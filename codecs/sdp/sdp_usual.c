/* codecs/sdp/sdp_usual.c - whether parts, written in the usual way, are the octets that they were read from. */
#include "codecs/sdp/sdp_table.h"

/* A walk over a text: each part has to stand where the one before ended. */
struct walk {
    struct span s;
    size_t at;
    bool same;
};

static void part(struct walk *w, struct span s)
{
    w->same = w->same && w->at <= w->s.n && span_eq(span_cut(w->s, w->at, w->at + s.n), s);
    w->at += s.n;
}
static void number(struct walk *w, uint64_t v)
{
    uint8_t digits[24];
    struct wr d = {digits, sizeof digits, 0, false};
    wr_dec(&d, v);
    part(w, wr_span(&d));
}

static void fields(struct walk *w, const struct sdp_pattern *p, const void *rec);

static void item(struct walk *w, const struct desc *d, const void *rec)
{
    const struct sdp_pattern *p = sdp_pattern_of(d);

    if (d == &param_desc)
        part(w, ((const struct param *)rec)->text);
    else if (p)
        fields(w, p, rec);
    else
        part(w, *(const struct span *)rec);
}

static void list(struct walk *w, const struct sdp_pattern *p, const struct val *v,
                 const struct sdp_sep *sep, const void *rec)
{
    struct val between = {.absent = true};
    struct val_it it = {0};
    const void *i;

    if (p->separator)
        between = val_of(p->separator, rec);
    for (bool first = true; w->same && (i = val_next(v, &it, NULL, 0)) != NULL; first = false) {
        part(w, first ? span_of(sep->before) : between.absent ? span_of(sep->next) : between.s);
        item(w, v->d, i);
    }
}

static void fields(struct walk *w, const struct sdp_pattern *p, const void *rec)
{
    for (size_t i = 0; i < p->n && w->same; i++) {
        struct val v = val_of(&p->d->f[i], rec);
        if (v.absent)
            continue;
        if (v.kind == F_LIST) {
            list(w, p, &v, &p->sep[i], rec);
            continue;
        }
        part(w, span_of(p->sep[i].before));
        if (v.kind == F_UINT)
            number(w, v.u);
        else
            part(w, v.s);
    }
}

bool sdp_usual(const struct sdp_pattern *p, const void *rec, struct span text)
{
    struct walk w = {text, 0, true};

    fields(&w, p, rec);
    return w.same && w.at == text.n;
}

bool sdp_attribute_usual(const struct sdp_attribute *a)
{
    const struct desc *d = sdp_form_desc((enum sdp_form)sdp_names[a->type].form);

    return a->parts && d && sdp_usual(sdp_pattern_of(d), a->parts, a->value);
}
