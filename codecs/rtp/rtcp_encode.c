/* codecs/rtp/rtcp_encode.c - building RTCP drafts and writing them. */
#include "codecs/rtp/rtcp_table.h"

void rtcp_draft(struct draft *dr, struct arena *mem)
{
    draft_init(dr, &rtcp_compound_desc, mem);
    draft_kids(dr, &dr->root, &rtcp_compound_fields[0], &rtcp_packet_layout.d);
}

struct node *rtcp_add(struct draft *dr, uint16_t type)
{
    struct node *list = draft_find(&dr->root, "packets");
    struct node *p = draft_kids(dr, list, NULL, &rtcp_packet_layout.d);
    return draft_uint(dr, p, &rtcp_packet_fields[P_TYPE], type) ? p : NULL;
}

struct node *rtcp_entry(struct draft *dr, struct node *parent, const char *list)
{
    const struct field *f = parent ? draft_field(parent, list) : NULL;

    if (!f || f->kind != F_SEQ)
        return NULL;
    struct node *l = draft_find(parent, list);
    if (!l)
        l = draft_kids(dr, parent, f, f->sub);
    return draft_kids(dr, l, NULL, f->sub);
}

bool rtcp_set(struct draft *dr, struct node *parent, const char *field, uint64_t v)
{
    const struct field *f = parent ? draft_field(parent, field) : NULL;
    return f && draft_uint(dr, parent, f, v) != NULL;
}

bool rtcp_set_bytes(struct draft *dr, struct node *parent, const char *field, struct span s)
{
    const struct field *f = parent ? draft_field(parent, field) : NULL;
    return f && draft_bytes(dr, parent, f, s) != NULL;
}

/* The count that a packet has when its draft gives none: of reports, chunks, SSRCs, whatever type they go out
 * under; of feedback the format. */
static uint64_t count_of(const struct node *n, const struct layout *l, uint64_t type)
{
    bool counted = l == rtcp_kinds[RTCP_K_SR] || l == rtcp_kinds[RTCP_K_RR] ||
                   l == rtcp_kinds[RTCP_K_SDES] || l == rtcp_kinds[RTCP_K_BYE];

    if (type > 0xff)
        return type & 31;
    for (size_t i = 0; counted && i < l->d.n; i++)
        if (l->w[i].op == WIRE_LIST)
            return wire_items(draft_child(n, &l->d.f[i]));
    return 0;
}

static void put_packet(struct wr *w, const struct node *n)
{
    const struct field *f = rtcp_packet_fields;
    const struct node *type = draft_child(n, &f[P_TYPE]), *length = draft_child(n, &f[P_LENGTH]);
    const struct layout *l = wire_picked(n, &rtcp_packet_layout, P_BODY);
    uint64_t t = wire_number(n, &f[P_TYPE], 0);
    size_t start = w->n;
    bool pad = draft_child(n, &f[P_PAD]) || draft_child(n, &f[P_PAD_COUNT]);

    if (!l)
        l = rtcp_kinds[RTCP_K_RAW];
    wr_u8(w, (uint8_t)((wire_number(n, &f[P_VERSION], RTCP_VERSION) & 3) << 6 |
                       (wire_number(n, &f[P_PADDING], pad) & 1) << 5 |
                       (wire_number(n, &f[P_COUNT], count_of(n, l, t)) & 31)));
    if (type && type->form == FORM_RAW)
        wr_put(w, type->s);
    else
        wr_u8(w, (uint8_t)(t > 0xff ? t >> 8 : t));
    if (length && length->form == FORM_RAW)
        wr_put(w, length->s);
    else
        wr_u16(w, (uint16_t)wire_number(n, &f[P_LENGTH], 0));
    wire_put_fields(w, n, l, start);
    wire_put_padding(w, n, &f[P_PAD], &f[P_PAD_COUNT]);
    if (!length && !w->full && w->n >= start + 4)
        put_u16(w->p + start + 2, (uint16_t)((w->n - start + 3) / 4 - 1));
}

void rtcp_encode(struct wr *w, const struct draft *dr)
{
    if (dr->root.form != FORM_KIDS) {
        if (dr->root.form == FORM_RAW)
            wr_put(w, dr->root.s);
        return;
    }
    for (const struct node *n = dr->root.first; n; n = n->next) {
        if (n->form == FORM_RAW || n->form == FORM_BYTES)
            wr_put(w, n->s);
        for (const struct node *p = n->form == FORM_KIDS ? n->first : NULL; p; p = p->next) {
            if (p->form == FORM_RAW || p->form == FORM_BYTES)
                wr_put(w, p->s);
            else if (p->form == FORM_KIDS)
                put_packet(w, p);
        }
    }
}
