/* codecs/stun/stun_encode.c - writing what a draft says, and sealing it. */
#include "codecs/stun/stun_table.h"

void stun_draft(struct draft *dr, struct arena *mem, enum stun_class cls, uint16_t method,
                struct span transaction)
{
    draft_init(dr, &stun_msg_desc, mem);
    draft_uint(dr, &dr->root, &stun_msg_fields[MSG_CLASS], cls);
    draft_uint(dr, &dr->root, &stun_msg_fields[MSG_METHOD], method);
    draft_bytes(dr, &dr->root, &stun_msg_fields[MSG_TRANSACTION], transaction);
    draft_kids(dr, &dr->root, &stun_msg_fields[MSG_ATTRS], &stun_attr_desc);
}

/* The field that carries the value, or the main part of it, for attributes of this type. */
static const struct field *value_field(uint16_t type)
{
    const struct stun_rule *r = stun_rule(type);
    return &stun_value_descs[r ? r->kind : STUN_RAW]->f[0];
}

struct node *stun_add(struct draft *dr, uint16_t type)
{
    struct node *list = dr->root.last;
    if (!list || list->f != &stun_msg_fields[MSG_ATTRS])
        list = draft_find(&dr->root, "attributes");
    struct node *item = draft_kids(dr, list, NULL, &stun_attr_desc);
    return draft_uint(dr, item, &stun_attr_fields[ATTR_TYPE], type) ? item : NULL;
}

struct node *stun_add_uint(struct draft *dr, uint16_t type, uint64_t v)
{
    struct node *item = stun_add(dr, type);
    return draft_uint(dr, item, value_field(type), v) ? item : NULL;
}

struct node *stun_add_bytes(struct draft *dr, uint16_t type, struct span s)
{
    struct node *item = stun_add(dr, type);
    return draft_bytes(dr, item, value_field(type), s) ? item : NULL;
}

struct node *stun_add_addr(struct draft *dr, uint16_t type, const struct addr *a)
{
    struct node *item = stun_add(dr, type);
    return draft_addr(dr, item, value_field(type), a) ? item : NULL;
}

struct node *stun_add_code(struct draft *dr, unsigned code, const char *reason)
{
    struct node *item = stun_add(dr, STUN_ERROR_CODE);
    const struct field *f = value_field(STUN_ERROR_CODE);
    return draft_uint(dr, item, &f[0], code) && draft_bytes(dr, item, &f[1], span_of(reason))
               ? item
               : NULL;
}

struct node *stun_add_family_code(struct draft *dr, uint8_t family, unsigned code,
                                  const char *reason)
{
    struct node *item = stun_add(dr, STUN_ADDRESS_ERROR_CODE);
    const struct field *f = value_field(STUN_ADDRESS_ERROR_CODE);
    return draft_uint(dr, item, &f[0], family == 6 ? 2 : 1) && draft_uint(dr, item, &f[1], code) &&
                   draft_bytes(dr, item, &f[2], span_of(reason))
               ? item
               : NULL;
}

struct node *stun_add_icmp(struct draft *dr, uint8_t type, uint8_t code, uint32_t data)
{
    struct node *item = stun_add(dr, STUN_ICMP);
    const struct field *f = value_field(STUN_ICMP);
    return draft_uint(dr, item, &f[0], (uint64_t)(type & 0x7f) << 9 | code) &&
                   draft_uint(dr, item, &f[1], data)
               ? item
               : NULL;
}

struct node *stun_add_types(struct draft *dr, uint16_t type, const uint16_t *v, size_t n)
{
    struct node *item = stun_add(dr, type);
    const struct field *f = value_field(type);
    struct node *list = draft_kids(dr, item, f, f->sub);

    for (size_t i = 0; list && i < n; i++)
        if (!draft_uint(dr, draft_kids(dr, list, NULL, f->sub), &f->sub->f[0], v[i]))
            return NULL;
    return list ? item : NULL;
}

/* ---- one attribute ---- */

struct ctx {
    struct wr *w;
    struct stun_marks *marks;
    uint8_t mask[16]; /* what XOR addresses are hidden with: RFC8489:14.2 */
};

static uint64_t uint_of(const struct node *item, const char *name)
{
    const struct node *n = draft_find(item, name);
    return n && n->form == FORM_UINT ? n->u : 0;
}

static struct span bytes_of(const struct node *item, const char *name)
{
    const struct node *n = draft_find(item, name);
    return n && (n->form == FORM_BYTES || n->form == FORM_RAW) ? n->s : (struct span){0};
}

static void put_addr(struct ctx *c, const struct node *item, bool masked)
{
    const struct node *n = draft_find(item, "address");
    struct addr a = n && n->form == FORM_ADDR ? n->a : (struct addr){0};

    wr_u8(c->w, (uint8_t)uint_of(item, "reserved"));
    wr_u8(c->w, a.family == 6 ? 2 : a.family == 4 ? 1 : 0);
    if (masked) {
        a.port ^= (uint16_t)(STUN_COOKIE >> 16);
        for (size_t i = 0; i < sizeof a.ip; i++)
            a.ip[i] ^= c->mask[i];
    }
    wr_u16(c->w, a.port);
    wr_put(c->w, (struct span){a.ip, a.family == 6 ? 16 : 4});
}

static void put_code(struct wr *w, const struct node *item, bool family)
{
    uint64_t code = uint_of(item, "code"), rffu = uint_of(item, "reserved");

    if (family)
        wr_u8(w, (uint8_t)uint_of(item, "family"));
    else
        wr_u8(w, (uint8_t)(rffu >> 13));
    wr_u8(w, (uint8_t)(rffu >> 5));
    wr_u8(w, (uint8_t)(rffu << 3 | (code / 100 & 7)));
    wr_u8(w, (uint8_t)(code % 100));
    wr_put(w, bytes_of(item, "reason"));
}

static void put_algorithm(struct wr *w, const struct node *item)
{
    struct span p = bytes_of(item, "parameters");
    wr_u16(w, (uint16_t)uint_of(item, "algorithm"));
    wr_u16(w, (uint16_t)p.n);
    wr_put(w, p);
    for (size_t i = p.n; i < stun_round4(p.n); i++)
        wr_u8(w, 0);
}

static void put_list(struct wr *w, const struct node *list)
{
    for (const struct node *i = list->first; i; i = i->next)
        if (i->form == FORM_RAW)
            wr_put(w, i->s);
        else if (i->first && i->d->n == 1 && i->first->form == FORM_RAW)
            wr_put(w, i->first->s);
        else if (i->first && i->d->n == 1)
            wr_u16(w, i->first->form == FORM_UINT ? (uint16_t)i->first->u : 0);
        else
            put_algorithm(w, i);
}

/* A number, or its high part and reserved low part, as the layout has it. */
static void put_uint(struct wr *w, enum stun_kind kind, const struct node *item,
                     const struct node *v)
{
    uint32_t rffu = (uint32_t)uint_of(item, "reserved");
    switch (kind) {
    case STUN_U8:
        wr_u8(w, (uint8_t)v->u);
        break;
    case STUN_U8_RFFU:
        wr_u32(w, (uint32_t)v->u << 24 | (rffu & 0xffffff));
        break;
    case STUN_U16_RFFU:
        wr_u16(w, (uint16_t)v->u);
        wr_u16(w, (uint16_t)rffu);
        break;
    case STUN_U64:
        wr_u64(w, v->u);
        break;
    case STUN_ICMP_INFO:
        wr_u32(w, (uint32_t)uint_of(item, "icmp"));
        wr_u32(w, (uint32_t)uint_of(item, "data"));
        break;
    default:
        wr_u32(w, (uint32_t)v->u);
    }
}

/* The layout whose table the field `f` stands in. */
static enum stun_kind kind_of(const struct field *f)
{
    for (size_t k = STUN_RAW; k <= STUN_ICMP_INFO; k++)
        if (f >= stun_value_descs[k]->f && f < stun_value_descs[k]->f + stun_value_descs[k]->n)
            return (enum stun_kind)k;
    return STUN_RAW;
}

/* Write the value whose first node is `v`. */
static void put_value(struct ctx *c, const struct node *item, const struct node *v)
{
    enum stun_kind kind = kind_of(v->f);

    if (v->form == FORM_BYTES && strcmp(v->f->name, "value") == 0) {
        wr_put(c->w, v->s);
        return;
    }
    switch (kind) {
    case STUN_ADDR:
    case STUN_XOR_ADDR:
        put_addr(c, item, kind == STUN_XOR_ADDR);
        break;
    case STUN_CODE:
    case STUN_FAMILY_CODE:
        put_code(c->w, item, kind == STUN_FAMILY_CODE);
        break;
    case STUN_ALGORITHM:
        put_algorithm(c->w, item);
        break;
    case STUN_TYPES:
    case STUN_ALGORITHMS:
        if (v->form == FORM_KIDS)
            put_list(c->w, v);
        break;
    default:
        if (v->form == FORM_BYTES)
            wr_put(c->w, v->s);
        else if (v->form == FORM_UINT)
            put_uint(c->w, kind, item, v);
    }
}

/* Room for a value that stun_seal fills in; nothing for other types. */
static void put_room(struct ctx *c, uint64_t type, size_t at)
{
    static const uint8_t zero[32];
    if (type == STUN_MESSAGE_INTEGRITY) {
        wr_put(c->w, (struct span){zero, 20});
        c->marks->integrity = at;
    } else if (type == STUN_MESSAGE_INTEGRITY_SHA256) {
        wr_put(c->w, (struct span){zero, 32});
        c->marks->integrity256 = at;
        c->marks->cut256 = 32;
    } else if (type == STUN_FINGERPRINT) {
        wr_put(c->w, (struct span){zero, 4});
        c->marks->fingerprint = at;
    }
}

static void put_attr(struct ctx *c, const struct node *item)
{
    const struct node *value = NULL, *raw = NULL, *padding = NULL, *length = NULL, *octets = NULL;
    size_t at = c->w->n;
    uint64_t type = 0;

    for (const struct node *n = item->first; n; n = n->next) {
        if (n->f == &stun_attr_fields[ATTR_TYPE] && n->form == FORM_RAW)
            octets = n; /* in the place of the type, however many */
        else if (n->f == &stun_attr_fields[ATTR_TYPE])
            type = n->form == FORM_UINT ? n->u : 0;
        else if (n->f == &stun_attr_fields[ATTR_LENGTH])
            length = n;
        else if (n->f == &stun_attr_fields[ATTR_PADDING])
            padding = n;
        else if (n->form == FORM_RAW)
            raw = n;
        else if (!value)
            value = n;
    }
    if (octets)
        wr_put(c->w, octets->s);
    else
        wr_u16(c->w, (uint16_t)type);
    size_t start = c->w->n + 2;
    wr_u16(c->w, 0);
    if (raw)
        wr_put(c->w, raw->s);
    else if (value)
        put_value(c, item, value);
    else if (!length)
        put_room(c, type, at);
    if (c->w->full)
        return;
    size_t n = c->w->n - start;
    put_u16(c->w->p + start - 2,
            length && length->form == FORM_UINT ? (uint16_t)length->u : (uint16_t)n);
    if (padding)
        wr_put(c->w, padding->s);
    for (size_t i = n; !padding && i < stun_round4(n); i++)
        wr_u8(c->w, 0);
}

static void put_attrs(struct ctx *c, const struct node *list)
{
    for (const struct node *a = list->form == FORM_KIDS ? list->first : NULL; a; a = a->next) {
        if (a->form == FORM_RAW)
            wr_put(c->w, a->s);
        else
            put_attr(c, a);
    }
}

static uint16_t type_bits(uint64_t cls, uint64_t method, uint64_t top)
{ /* RFC8489:5, the class bits stand between those of the method */
    return (uint16_t)((top & 3) << 14 | (method & 0xf80) << 2 | (method & 0x70) << 1 |
                      (method & 0xf) | (cls & 2) << 7 | (cls & 1) << 4);
}

void stun_encode(struct wr *w, const struct draft *dr, struct stun_marks *marks)
{
    struct stun_marks none;
    struct ctx c = {.w = w, .marks = marks ? marks : &none};
    const struct node *by[8] = {NULL};
    size_t start = w->n;

    *c.marks = (struct stun_marks){.start = start};
    for (const struct node *n = dr->root.first; n; n = n->next)
        if (n->f && n->f >= stun_msg_fields && n->f < stun_msg_fields + COUNT(by))
            by[n->f - stun_msg_fields] = n;
#define NUMBER(i, otherwise) (by[i] && by[i]->form == FORM_UINT ? by[i]->u : (otherwise))
    struct span id = by[MSG_TRANSACTION] ? by[MSG_TRANSACTION]->s : (struct span){0};
    wr_u16(w, type_bits(NUMBER(MSG_CLASS, 0), NUMBER(MSG_METHOD, 0), NUMBER(MSG_TOP, 0)));
    wr_u16(w, 0);
    if (id.n != 16 || by[MSG_COOKIE])
        wr_u32(w, (uint32_t)NUMBER(MSG_COOKIE, STUN_COOKIE));
    wr_put(w, id);
    if (w->full)
        return;
    size_t body = w->n;
    put_u32(c.mask, STUN_COOKIE);
    if (id.n)
        memcpy(c.mask + 4, id.n == 16 ? id.p + 4 : id.p, id.n >= 12 ? 12 : id.n);
    for (const struct node *n = dr->root.first; n; n = n->next) {
        if (n->form == FORM_RAW || n->f == &stun_msg_fields[MSG_REST])
            wr_put(w, n->s);
        else if (n->f == &stun_msg_fields[MSG_ATTRS])
            put_attrs(&c, n);
    }
    if (!w->full)
        put_u16(w->p + start + 2, (uint16_t)NUMBER(MSG_LENGTH, w->n - body));
#undef NUMBER
}
