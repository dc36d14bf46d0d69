/* codecs/rtp/rtp_encode.c - writing RTP packets, from drafts and at speed. */
#include "codecs/rtp/rtp_table.h"

void rtp_draft(struct draft *dr, struct arena *mem, uint8_t payload_type, bool marker,
               uint16_t sequence, uint32_t timestamp, uint32_t ssrc, struct span payload)
{
    draft_init(dr, &rtp_packet_desc, mem);
    draft_uint(dr, &dr->root, &rtp_fields[F_MARKER], marker);
    draft_uint(dr, &dr->root, &rtp_fields[F_PAYLOAD_TYPE], payload_type);
    draft_uint(dr, &dr->root, &rtp_fields[F_SEQUENCE], sequence);
    draft_uint(dr, &dr->root, &rtp_fields[F_TIMESTAMP], timestamp);
    draft_uint(dr, &dr->root, &rtp_fields[F_SSRC], ssrc);
    draft_bytes(dr, &dr->root, &rtp_fields[F_PAYLOAD], payload);
}

static void put_element(struct wr *w, const struct node *e)
{
    bool two = e->d == &rtp_element_two.d;
    const struct field *f = two ? rtp_element_two_fields : rtp_element_one_fields;
    const struct node *id = draft_child(e, &f[E_ID]), *length = draft_child(e, &f[E_LENGTH]);
    struct span data = draft_octets(draft_child(e, &f[E_DATA]));
    uint64_t n = wire_number(e, &f[E_ID], 0);
    uint64_t size = length && length->form == FORM_UINT ? length->u
                    : two                               ? data.n
                    : data.n                            ? data.n - 1
                                                        : 0;

    if (id && id->form == FORM_RAW) /* in the place of the head */
        wr_put(w, id->s);
    else if (two)
        wr_u8(w, (uint8_t)n);
    else
        wr_u8(w, (uint8_t)(n << 4 | (size & 15)));
    if (two && (n || length || data.n) && !(id && id->form == FORM_RAW))
        wr_u8(w, (uint8_t)size);
    wr_put(w, data);
}

/* The extension's data: elements, or octets. */
static void put_ext(struct wr *w, const struct node *root)
{
    static const struct layout *const forms[] = {&rtp_ext_one, &rtp_ext_two, &rtp_ext_raw};

    for (const struct node *n = root->first; n; n = n->next) {
        bool ext = false;
        for (size_t i = 0; i < COUNT(forms); i++)
            ext |= n->f >= forms[i]->d.f && n->f < forms[i]->d.f + forms[i]->d.n;
        if (!ext)
            continue;
        wr_put(w, draft_octets(n));
        for (const struct node *e = n->form == FORM_KIDS ? n->first : NULL; e; e = e->next) {
            if (e->form == FORM_KIDS)
                put_element(w, e);
            else
                wr_put(w, draft_octets(e));
        }
    }
}

static bool has_ext(const struct node *root)
{
    for (const struct node *n = root->first; n; n = n->next)
        if (n->f && (n->f < rtp_fields || n->f >= rtp_fields + F_COUNT ||
                     n->f == &rtp_fields[F_PROFILE] || n->f == &rtp_fields[F_EXT_LENGTH]))
            return true;
    return false;
}

/* Profile, length and data, the length derived where the draft has none. */
static void put_extension(struct wr *w, const struct node *root)
{
    const struct node *profile = draft_child(root, &rtp_fields[F_PROFILE]);
    const struct node *length = draft_child(root, &rtp_fields[F_EXT_LENGTH]);

    if (profile && profile->form == FORM_RAW)
        wr_put(w, profile->s);
    else
        wr_u16(w, (uint16_t)wire_number(root, &rtp_fields[F_PROFILE], 0));
    size_t at = w->n;
    if (length && length->form == FORM_RAW)
        wr_put(w, length->s);
    else
        wr_u16(w, (uint16_t)wire_number(root, &rtp_fields[F_EXT_LENGTH], 0));
    size_t start = w->n;
    put_ext(w, root);
    while (!length && !w->full && ((w->n - start) & 3))
        wr_u8(w, 0);
    if (!length && !w->full)
        put_u16(w->p + at, (uint16_t)((w->n - start) / 4));
}

static void put_number(struct wr *w, const struct node *root, size_t field, bool wide)
{
    const struct node *n = draft_child(root, &rtp_fields[field]);
    uint64_t v = wire_number(root, &rtp_fields[field], 0);

    if (n && n->form == FORM_RAW)
        wr_put(w, n->s);
    else if (wide)
        wr_u32(w, (uint32_t)v);
    else
        wr_u16(w, (uint16_t)v);
}

void rtp_encode(struct wr *w, const struct draft *dr)
{
    const struct node *root = &dr->root;
    const struct field *f = rtp_fields;

    if (root->form != FORM_KIDS) {
        wr_put(w, draft_octets(root));
        return;
    }
    const struct node *csrc = draft_child(root, &f[F_CSRC]);
    bool ext = has_ext(root),
         pad = draft_child(root, &f[F_PAD]) || draft_child(root, &f[F_PAD_COUNT]);
    wr_u8(w, (uint8_t)((wire_number(root, &f[F_VERSION], RTP_VERSION) & 3) << 6 |
                       (wire_number(root, &f[F_PADDING], pad) & 1) << 5 |
                       (wire_number(root, &f[F_EXTENSION], ext) & 1) << 4 |
                       (wire_number(root, &f[F_CC], wire_items(csrc)) & 15)));
    wr_u8(w, (uint8_t)((wire_number(root, &f[F_MARKER], 0) & 1) << 7 |
                       (wire_number(root, &f[F_PAYLOAD_TYPE], 0) & 0x7f)));
    put_number(w, root, F_SEQUENCE, false);
    put_number(w, root, F_TIMESTAMP, true);
    put_number(w, root, F_SSRC, true);
    if (csrc) {
        if (csrc->form == FORM_KIDS)
            wire_put_items(w, csrc);
        else
            wr_put(w, draft_octets(csrc));
    }
    if (ext)
        put_extension(w, root);
    for (const struct node *n = root->first; n; n = n->next)
        if (n->f == &f[F_PAYLOAD])
            wr_put(w, draft_octets(n));
    wire_put_padding(w, root, &f[F_PAD], &f[F_PAD_COUNT]);
}

void rtp_put(struct wr *w, uint8_t payload_type, bool marker, uint16_t sequence, uint32_t timestamp,
             uint32_t ssrc, struct span payload)
{
    wr_u8(w, RTP_VERSION << 6);
    wr_u8(w, (uint8_t)(marker << 7 | (payload_type & 0x7f)));
    wr_u16(w, sequence);
    wr_u32(w, timestamp);
    wr_u32(w, ssrc);
    wr_put(w, payload);
}
