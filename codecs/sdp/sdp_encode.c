/* codecs/sdp/sdp_encode.c - writing what a draft says: its lines in the order that they have there. */
#include "codecs/sdp/sdp_table.h"

struct out {
    struct wr *w;
    const char *eol;
};

static void put_record(struct wr *w, const struct sdp_pattern *p, const struct node *rec);

static void put_item(struct wr *w, const struct node *item)
{
    const struct sdp_pattern *p = item->form == FORM_KIDS ? sdp_pattern_of(item->d) : NULL;

    if (item->form != FORM_KIDS)
        draft_put(w, item);
    else if (item->d == &param_desc)
        param_put(w, item);
    else if (p)
        put_record(w, p, item);
    else
        for (const struct node *n = item->first; n; n = n->next)
            draft_put(w, n);
}

static void put_list(struct wr *w, const struct sdp_pattern *p, const struct sdp_sep *sep,
                     const struct node *rec, const struct node *list)
{
    const struct node *between = p->separator ? draft_child(rec, p->separator) : NULL;

    if (list->form != FORM_KIDS) {
        wr_text(w, sep->before);
        draft_put(w, list);
        return;
    }
    for (const struct node *i = list->first; i; i = i->next) {
        if (i != list->first && between)
            draft_put(w, between);
        else
            wr_text(w, i == list->first ? sep->before : sep->next);
        put_item(w, i);
    }
}

/* A record by its pattern, or the text that stands in its place. */
static void put_record(struct wr *w, const struct sdp_pattern *p, const struct node *rec)
{
    const struct node *text = p->text ? draft_child(rec, p->text) : NULL;

    if (rec->form != FORM_KIDS || text) {
        draft_put(w, text ? text : rec);
        return;
    }
    for (size_t i = 0; i < p->n; i++) {
        const struct field *f = &p->d->f[i];
        for (const struct node *n = rec->first; n; n = n->next) {
            if (n->f != f)
                continue;
            if (f->kind == F_LIST) {
                put_list(w, p, &p->sep[i], rec, n);
            } else {
                wr_text(w, p->sep[i].before);
                draft_put(w, n);
            }
        }
    }
}

/* ---- lines ---- */

static void line(const struct out *o, const char *type, const struct node *n)
{
    wr_text(o->w, type);
    put_item(o->w, n);
    wr_text(o->w, o->eol);
}

/* A line for each item of a list; octets in the place of the list stand there as they are. */
static void each(const struct out *o, const struct node *list, const char *type,
                 void (*put)(const struct out *o, const char *type, const struct node *n))
{
    if (list->form != FORM_KIDS)
        draft_put(o->w, list);
    for (const struct node *i = list->form == FORM_KIDS ? list->first : NULL; i; i = i->next)
        put(o, type, i);
}

static void put_attribute(const struct out *o, const char *type, const struct node *a)
{
    const struct field *f = sdp_attribute_fields;

    wr_text(o->w, type);
    if (a->form != FORM_KIDS) {
        draft_put(o->w, a);
    } else {
        bool value = draft_child(a, &f[ATTRIBUTE_VALUE]) != NULL;
        draft_put_each(o->w, a, &f[ATTRIBUTE_NAME], "");
        for (const struct node *n = a->first; n; n = n->next) {
            if (n->f == &f[ATTRIBUTE_NAME] || value != (n->f == &f[ATTRIBUTE_VALUE]))
                continue;
            wr_text(o->w, ":");
            put_item(o->w, n);
        }
    }
    wr_text(o->w, o->eol);
}

static void put_time(const struct out *o, const char *type, const struct node *t)
{
    line(o, type, t);
    for (const struct node *n = t->form == FORM_KIDS ? t->first : NULL; n; n = n->next) {
        if (n->f == &sdp_time_fields[TIME_REPEATS])
            each(o, n, "r=", line);
        else if (n->f == &sdp_time_fields[TIME_ZONE])
            line(o, "z=", n);
    }
}

static void put_other(const struct out *o, const char *type, const struct node *n)
{
    const struct node *text = draft_child(n, &sdp_other_fields[OTHER_LINE]);

    wr_text(o->w, type);
    draft_put(o->w, text ? text : n);
    wr_text(o->w, o->eol);
}

static const struct {
    const char *type;
    bool list;
    void (*put)(const struct out *o, const char *type, const struct node *n);
} session_lines[MSG_COUNT] =
    {
        [MSG_VERSION] = {"v=", false, line},   [MSG_ORIGIN] = {"o=", false, line},
        [MSG_NAME] = {"s=", false, line},      [MSG_INFO] = {"i=", false, line},
        [MSG_URI] = {"u=", false, line},       [MSG_EMAILS] = {"e=", true, line},
        [MSG_PHONES] = {"p=", true, line},     [MSG_CONNECTION] = {"c=", false, line},
        [MSG_BANDWIDTHS] = {"b=", true, line}, [MSG_TIMES] = {"t=", true, put_time},
        [MSG_KEY] = {"k=", false, line},       [MSG_ATTRIBUTES] = {"a=", true, put_attribute},
        [MSG_OTHERS] = {"", true, put_other},
},
  media_lines[MEDIA_COUNT] = {
      [MEDIA_INFO] = {"i=", false, line},
      [MEDIA_CONNECTIONS] = {"c=", true, line},
      [MEDIA_BANDWIDTHS] = {"b=", true, line},
      [MEDIA_KEY] = {"k=", false, line},
      [MEDIA_ATTRIBUTES] = {"a=", true, put_attribute},
      [MEDIA_OTHERS] = {"", true, put_other},
};

static void put_media(const struct out *o, const char *type, const struct node *m)
{
    const struct node *text = draft_child(m, &sdp_media_fields[MEDIA_TEXT]);

    if (m->form != FORM_KIDS || text) {
        draft_put(o->w, text ? text : m);
        return;
    }
    wr_text(o->w, type);
    put_record(o->w, &sdp_media_pattern, m);
    wr_text(o->w, o->eol);
    for (const struct node *n = m->first; n; n = n->next) {
        size_t i = n->f ? (size_t)(n->f - sdp_media_fields) : MEDIA_COUNT;
        if (i >= MEDIA_COUNT || !media_lines[i].put)
            continue;
        if (media_lines[i].list)
            each(o, n, media_lines[i].type, media_lines[i].put);
        else
            media_lines[i].put(o, media_lines[i].type, n);
    }
}

void sdp_msg_encode(struct wr *w, const struct draft *dr)
{
    const struct node *root = &dr->root, *lf = draft_child(root, &sdp_msg_fields[MSG_LF]);
    struct out o = {w, lf && (lf->form != FORM_UINT || lf->u) ? "\n" : "\r\n"};

    if (root->form != FORM_KIDS) {
        wr_put(w, draft_octets(root));
        return;
    }
    for (const struct node *n = root->first; n; n = n->next) {
        size_t i = n->f ? (size_t)(n->f - sdp_msg_fields) : MSG_COUNT;
        if (i == MSG_SESSION)
            draft_put(w, n);
        else if (i == MSG_MEDIA)
            each(&o, n, "m=", put_media);
        else if (i < MSG_COUNT && session_lines[i].list)
            each(&o, n, session_lines[i].type, session_lines[i].put);
        else if (i < MSG_COUNT && session_lines[i].put)
            session_lines[i].put(&o, session_lines[i].type, n);
    }
}
