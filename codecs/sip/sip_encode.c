/* codecs/sip/sip_encode.c - writing what a draft says. */
#include "codecs/base/startline.h"
#include "codecs/sip/sip_table.h"

struct out {
    struct wr *w;
    uint64_t body; /* octets, for a Content-Length without number */
};

static void params(const struct out *o, const struct node *rec, const struct field *f)
{
    for (const struct node *n = rec->first; n; n = n->next)
        if (n->f == f)
            param_put_list(o->w, n, ';', ';');
}

/* Whether the item is a text as a whole; then it is written. */
static bool as_text(const struct out *o, const struct node *item, const struct field *text)
{
    if (item->form != FORM_KIDS) {
        wr_put(o->w, draft_octets(item));
        return true;
    }
    if (!draft_child(item, text))
        return false;
    draft_put_each(o->w, item, text, "");
    return true;
}

static void put_via(const struct out *o, const struct node *item)
{
    const struct field *f = sip_via_fields;

    if (as_text(o, item, &f[VIA_TEXT]))
        return;
    draft_put_each(o->w, item, &f[VIA_PROTOCOL], "");
    draft_put_each(o->w, item, &f[VIA_VERSION], "/");
    draft_put_each(o->w, item, &f[VIA_TRANSPORT], "/");
    draft_put_each(o->w, item, &f[VIA_HOST], " ");
    draft_put_each(o->w, item, &f[VIA_PORT], ":");
    params(o, item, &f[VIA_PARAMS]);
}

static void put_address(const struct out *o, const struct node *item)
{
    const struct field *f = sip_address_fields;

    if (as_text(o, item, &f[ADDRESS_TEXT]))
        return;
    const struct node *bare = draft_child(item, &f[ADDRESS_BARE]);
    bool brackets = !(bare && (bare->form == FORM_UINT ? bare->u : bare->s.n));
    draft_put_each(o->w, item, &f[ADDRESS_DISPLAY], "");
    if (draft_child(item, &f[ADDRESS_GAP]))
        draft_put_each(o->w, item, &f[ADDRESS_GAP], "");
    else if (draft_child(item, &f[ADDRESS_DISPLAY]))
        wr_u8(o->w, ' ');
    for (const struct node *n = item->first; n; n = n->next)
        if (n->f == &f[ADDRESS_URI]) {
            wr_text(o->w, brackets ? "<" : "");
            uri_put(o->w, n);
            wr_text(o->w, brackets ? ">" : "");
        }
    params(o, item, &f[ADDRESS_PARAMS]);
}

static void put_value(const struct out *o, const struct node *item)
{
    if (as_text(o, item, &sip_value_fields[VALUE_TEXT]))
        return;
    draft_put_each(o->w, item, &sip_value_fields[VALUE_VALUE], "");
    params(o, item, &sip_value_fields[VALUE_PARAMS]);
}

static void put_number(const struct out *o, const struct node *item)
{
    const struct field *f = item->d == NULL ? sip_number_fields : item->d->f;

    if (as_text(o, item, &f[NUMBER_TEXT]))
        return;
    draft_put_each(o->w, item, &f[NUMBER_NUMBER], "");
    if (f == sip_length_fields && !draft_child(item, &f[NUMBER_NUMBER]))
        wr_dec(o->w, o->body);
    draft_put_each(o->w, item, &f[NUMBER_COMMENT], " ");
    params(o, item, &f[NUMBER_PARAMS]);
}

static void put_cseq(const struct out *o, const struct node *item)
{
    if (as_text(o, item, &sip_cseq_fields[CSEQ_TEXT]))
        return;
    draft_put_each(o->w, item, &sip_cseq_fields[CSEQ_NUMBER], "");
    draft_put_each(o->w, item, &sip_cseq_fields[CSEQ_METHOD], " ");
}

static void put_rack(const struct out *o, const struct node *item)
{
    if (as_text(o, item, &sip_rack_fields[RACK_TEXT]))
        return;
    draft_put_each(o->w, item, &sip_rack_fields[RACK_RESPONSE], "");
    draft_put_each(o->w, item, &sip_rack_fields[RACK_NUMBER], " ");
    draft_put_each(o->w, item, &sip_rack_fields[RACK_METHOD], " ");
}

static void put_auth(const struct out *o, const struct node *item)
{
    const struct field *f = sip_auth_fields;

    if (as_text(o, item, &f[AUTH_TEXT]))
        return;
    draft_put_each(o->w, item, &f[AUTH_SCHEME], "");
    if (draft_child(item, &f[AUTH_SCHEME]))
        wr_u8(o->w, ' ');
    for (const struct node *n = item->first; n; n = n->next) {
        if (n->f != &f[AUTH_PARAMS])
            continue;
        if (n->form != FORM_KIDS)
            wr_put(o->w, draft_octets(n));
        for (const struct node *p = n->form == FORM_KIDS ? n->first : NULL; p; p = p->next) {
            wr_text(o->w, p == n->first ? "" : ", ");
            param_put(o->w, p);
        }
    }
}

static void put_item(const struct out *o, const struct node *item)
{
    static const struct {
        const struct field *f;
        void (*put)(const struct out *o, const struct node *item);
    } forms[] = {
        {sip_via_fields, put_via},       {sip_address_fields, put_address},
        {sip_value_fields, put_value},   {sip_number_fields, put_number},
        {sip_length_fields, put_number}, {sip_cseq_fields, put_cseq},
        {sip_rack_fields, put_rack},     {sip_auth_fields, put_auth},
    };

    if (item->form != FORM_KIDS || !item->d) {
        wr_put(o->w, draft_octets(item));
        return;
    }
    for (size_t i = 0; i < COUNT(forms); i++)
        if (item->d->f == forms[i].f)
            forms[i].put(o, item);
}

static void put_values(const struct out *o, const struct node *header, const struct node *list)
{
    const struct node *comma = NULL;

    if (list->form != FORM_KIDS) {
        wr_put(o->w, draft_octets(list));
        return;
    }
    for (const struct node *n = header->first; n; n = n->next)
        if (n->f && sip_is_values(n->f, VALUES_COMMA))
            comma = n;
    for (const struct node *i = list->first; i; i = i->next) {
        if (i != list->first && comma)
            wr_put(o->w, draft_octets(comma));
        else if (i != list->first)
            wr_text(o->w, ", ");
        put_item(o, i);
    }
}

static void put_header(void *ctx, const struct node *h)
{
    const struct out *o = ctx;

    if (as_text(o, h, &sip_header_fields[HEADER_LINE]))
        return;
    draft_put_each(o->w, h, &sip_header_fields[HEADER_NAME], "");
    wr_text(o->w, ": ");
    if (draft_child(h, &sip_header_fields[HEADER_VALUE])) { /* a text in the place of the values */
        draft_put_each(o->w, h, &sip_header_fields[HEADER_VALUE], "");
    } else {
        for (const struct node *n = h->first; n; n = n->next)
            if (n->f && sip_is_values(n->f, VALUES_VALUES))
                put_values(o, h, n);
    }
    wr_text(o->w, "\r\n");
}

static void put_start(struct wr *w, const struct node *root, const struct field *f)
{
    if (draft_child(root, &f[MSG_START])) {
        draft_put_each(w, root, &f[MSG_START], "");
        return;
    }
    if (draft_child(root, &f[MSG_STATUS]) || draft_child(root, &f[MSG_REASON])) {
        draft_put_or(w, root, &f[MSG_VERSION], "SIP/2.0");
        wr_u8(w, ' ');
        start_put_code(w, root, &f[MSG_STATUS]);
        wr_u8(w, ' ');
        draft_put_each(w, root, &f[MSG_REASON], "");
    } else {
        draft_put_each(w, root, &f[MSG_METHOD], "");
        wr_u8(w, ' ');
        for (const struct node *n = root->first; n; n = n->next)
            if (n->f == &f[MSG_URI])
                uri_put(w, n);
        wr_u8(w, ' ');
        draft_put_or(w, root, &f[MSG_VERSION], "SIP/2.0");
    }
    wr_text(w, "\r\n");
}

/* Whether the draft has something of a start line. */
static bool has_start(const struct node *root, const struct field *f)
{
    for (size_t i = MSG_METHOD; i <= MSG_START; i++)
        if (draft_child(root, &f[i]))
            return true;
    return false;
}

void sip_encode_over(struct wr *w, const struct draft *dr, const struct field *f, bool fragment)
{
    const struct node *root = &dr->root;
    struct out o = {w, draft_size(root, &f[MSG_BODY])};

    if (root->form != FORM_KIDS) {
        wr_put(w, draft_octets(root));
        return;
    }
    if (!fragment || has_start(root, f))
        put_start(w, root, f);
    draft_put_items(root, &f[MSG_HEADERS], w, put_header, &o);
    bool blank = !fragment || draft_child(root, &f[MSG_BODY]) || draft_child(root, &f[MSG_REST]);
    draft_put_or(w, root, &f[MSG_BLANK], blank ? "\r\n" : "");
    draft_put_each(w, root, &f[MSG_BODY], "");
    draft_put_each(w, root, &f[MSG_REST], "");
}

void sip_encode(struct wr *w, const struct draft *dr)
{
    sip_encode_over(w, dr, sip_msg_fields, false);
}
