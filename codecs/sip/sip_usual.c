/* codecs/sip/sip_usual.c - whether parts, written in the usual way, are the octets that they were read from. */
#include "codecs/sip/sip_parts.h"

/* A walk over a text: each part has to stand where the one before ended. */
struct walk {
    struct span s;
    size_t at;
    bool same;
};

static void part(struct walk *w, struct span s)
{
    w->same &= s.n == 0 || s.p == w->s.p + w->at;
    w->at += s.n;
}
static void text(struct walk *w, const char *t)
{
    struct span want = span_of(t), is = span_cut(w->s, w->at, w->at + want.n);
    w->same &= w->at <= w->s.n && span_eq(is, want);
    w->at += want.n;
}
static void params(struct walk *w, const struct param *v, size_t n, const char *before)
{
    for (size_t i = 0; i < n; i++) {
        text(w, before);
        part(w, v[i].text);
    }
}
static void number(struct walk *w, uint64_t v)
{
    uint8_t digits[24];
    struct wr d = {digits, sizeof digits, 0, false};
    wr_dec(&d, v);
    w->same &= w->at <= w->s.n && span_eq(span_cut(w->s, w->at, w->at + d.n), wr_span(&d));
    w->at += d.n;
}
static bool done(const struct walk *w)
{
    return w->same && w->at == w->s.n;
}
static struct walk over(struct span s)
{
    return (struct walk){s, 0, true};
}

bool sip_usual_via(const struct sip_via *v)
{
    struct walk w = over(v->text);
    part(&w, v->protocol);
    text(&w, "/");
    part(&w, v->version);
    text(&w, "/");
    part(&w, v->transport);
    text(&w, " ");
    part(&w, v->host);
    if (v->port.p) {
        text(&w, ":");
        part(&w, v->port);
    }
    params(&w, v->params, v->params_n, ";");
    return done(&w);
}

bool sip_usual_address(const struct sip_address *a)
{
    struct walk w = over(a->text);
    part(&w, a->display);
    part(&w, a->gap);
    if (!a->bare)
        text(&w, "<");
    part(&w, a->uri.text);
    if (!a->bare)
        text(&w, ">");
    params(&w, a->params, a->params_n, ";");
    return done(&w);
}

bool sip_usual_value(const struct sip_value *v)
{
    struct walk w = over(v->text);
    part(&w, v->value);
    params(&w, v->params, v->params_n, ";");
    return done(&w);
}

bool sip_usual_number(const struct sip_number *n, enum sip_form form)
{
    struct walk w = over(n->text);

    number(&w, n->number);
    if (form == SIP_RACKS) {
        text(&w, " ");
        number(&w, n->second);
    }
    if (form == SIP_RACKS || form == SIP_CSEQS) {
        text(&w, " ");
        part(&w, n->method);
    }
    if (n->comment.p) {
        text(&w, " ");
        part(&w, n->comment);
    }
    params(&w, n->params, n->params_n, ";");
    return n->fits && done(&w);
}

bool sip_usual_auth(const struct sip_auth *a)
{
    struct walk w = over(a->text);

    if (a->scheme.p) {
        part(&w, a->scheme);
        text(&w, " ");
    }
    for (size_t i = 0; i < a->params_n; i++) {
        text(&w, i ? ", " : "");
        part(&w, a->params[i].text);
    }
    return done(&w);
}

struct span sip_value_text(const struct sip_header *h, size_t i)
{
    switch (sip_names[h->type].form) {
    case SIP_VIAS:
        return ((const struct sip_via *)h->values)[i].text;
    case SIP_ADDRESSES:
        return ((const struct sip_address *)h->values)[i].text;
    case SIP_VALUES:
        return ((const struct sip_value *)h->values)[i].text;
    case SIP_AUTHS:
    case SIP_INFOS:
        return ((const struct sip_auth *)h->values)[i].text;
    case SIP_NUMBERS:
    case SIP_LENGTH:
    case SIP_CSEQS:
    case SIP_RACKS:
        return ((const struct sip_number *)h->values)[i].text;
    case SIP_TEXT:
    case SIP_FORMS:
        break;
    }
    return (struct span){NULL, 0};
}

bool sip_usual_values(const struct sip_header *h, struct span *comma)
{
    struct walk w = over(h->value);

    *comma = (struct span){NULL, 0};
    for (size_t i = 0; i < h->values_n; i++) {
        struct span item = sip_value_text(h, i);
        if (i == 1)
            *comma = span_cut(h->value, w.at, (size_t)(item.p ? item.p - h->value.p : 0));
        if (i) {
            w.same &= comma->n && span_eq(span_cut(h->value, w.at, w.at + comma->n), *comma);
            w.at += comma->n;
        }
        part(&w, item);
    }
    return h->values_n && done(&w);
}
