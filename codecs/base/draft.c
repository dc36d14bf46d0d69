/* codecs/base/draft.c - building and editing what is to be written. */
#include "codecs/base/draft.h"

static struct node *append(struct draft *dr, struct node *parent, const struct field *f,
                           enum form form)
{
    struct node *n = parent ? arena_take(dr->mem, sizeof *n) : NULL;
    if (!n)
        return NULL;
    n->f = f;
    n->form = form;
    if (parent->last)
        parent->last->next = n;
    else
        parent->first = n;
    parent->last = n;
    return n;
}

void draft_init(struct draft *dr, const struct desc *d, struct arena *mem)
{
    *dr = (struct draft){.mem = mem, .root = {.d = d, .form = FORM_KIDS}};
}

struct node *draft_uint(struct draft *dr, struct node *parent, const struct field *f, uint64_t u)
{
    struct node *n = append(dr, parent, f, FORM_UINT);
    if (n)
        n->u = u;
    return n;
}

struct node *draft_bytes(struct draft *dr, struct node *parent, const struct field *f,
                         struct span s)
{
    struct node *n = append(dr, parent, f, FORM_BYTES);
    if (n)
        n->s = s;
    return n;
}

struct node *draft_addr(struct draft *dr, struct node *parent, const struct field *f,
                        const struct addr *a)
{
    struct node *n = append(dr, parent, f, FORM_ADDR);
    if (n)
        n->a = *a;
    return n;
}

struct node *draft_kids(struct draft *dr, struct node *parent, const struct field *f,
                        const struct desc *d)
{
    struct node *n = append(dr, parent, f, FORM_KIDS);
    if (n)
        n->d = d;
    return n;
}

struct node *draft_raw(struct draft *dr, struct node *parent, const struct field *f, struct span s)
{
    struct node *n = append(dr, parent, f, FORM_RAW);
    if (n)
        n->s = s;
    return n;
}

/* ---- from a view ---- */

static void copy_fields(struct draft *dr, struct node *parent, const struct desc *d,
                        const void *rec, unsigned depth);

static void copy_items(struct draft *dr, struct node *list, const struct val *v, unsigned depth)
{
    struct val_it it = {0};
    uint64_t scratch[16];
    const void *rec;

    while ((rec = val_next(v, &it, scratch, sizeof scratch)) != NULL) {
        struct node *item = draft_kids(dr, list, NULL, v->d);
        if (!item)
            return;
        copy_fields(dr, item, v->d, rec, depth + 1);
    }
}

static void copy_field(struct draft *dr, struct node *parent, const struct field *f,
                       const struct val *v, unsigned depth)
{
    switch (f->kind) {
    case F_UINT:
    case F_ENUM:
    case F_BOOL:
        draft_uint(dr, parent, f, v->u);
        break;
    case F_BYTES:
    case F_TEXT:
    case F_CHARS:
        draft_bytes(dr, parent, f, v->s);
        break;
    case F_ADDR:
        draft_addr(dr, parent, f, v->addr);
        break;
    case F_LIST:
    case F_SEQ:
        copy_items(dr, draft_kids(dr, parent, f, v->d), v, depth);
        break;
    case F_PICK:
        copy_fields(dr, parent, v->d, v->rec, depth);
        break;
    case F_GROUP:
    case F_REF:
        copy_fields(dr, draft_kids(dr, parent, f, v->d), v->d, v->rec, depth + 1);
        break;
    case F_DRAFT:
        break;
    }
}

static void copy_fields(struct draft *dr, struct node *parent, const struct desc *d,
                        const void *rec, unsigned depth)
{
    for (size_t i = 0; parent && i < d->n && depth <= FIELD_DEPTH; i++) {
        struct val v = val_of(&d->f[i], rec);
        if (!v.absent && !(d->f[i].derived && d->f[i].derived(rec)))
            copy_field(dr, parent, &d->f[i], &v, depth);
    }
}

void draft_of(struct draft *dr, const struct desc *d, const void *rec, struct arena *mem)
{
    draft_init(dr, d, mem);
    copy_fields(dr, &dr->root, d, rec, 0);
}

/* ---- looking ---- */

struct node *draft_find(const struct node *parent, const char *name)
{
    if (parent && parent->form == FORM_KIDS)
        for (struct node *n = parent->first; n; n = n->next)
            if (n->f && strcmp(n->f->name, name) == 0)
                return n;
    return NULL;
}

const struct node *draft_child(const struct node *parent, const struct field *f)
{
    if (parent && parent->form == FORM_KIDS)
        for (const struct node *n = parent->first; n; n = n->next)
            if (n->f == f)
                return n;
    return NULL;
}

size_t draft_size(const struct node *parent, const struct field *f)
{
    size_t n = 0;
    for (const struct node *i = parent->form == FORM_KIDS ? parent->first : NULL; i; i = i->next)
        n += i->f == f ? draft_octets(i).n : 0;
    return n;
}

/* ---- writing text ---- */

void draft_put(struct wr *w, const struct node *n)
{
    if (n->form == FORM_UINT)
        wr_dec(w, n->u);
    else
        wr_put(w, draft_octets(n));
}

void draft_put_each(struct wr *w, const struct node *rec, const struct field *f, const char *before)
{
    for (const struct node *n = rec->form == FORM_KIDS ? rec->first : NULL; n; n = n->next)
        if (n->f == f) {
            wr_text(w, before);
            draft_put(w, n);
        }
}

void draft_put_or(struct wr *w, const struct node *rec, const struct field *f,
                  const char *otherwise)
{
    if (draft_child(rec, f))
        draft_put_each(w, rec, f, "");
    else
        wr_text(w, otherwise);
}

void draft_put_items(const struct node *rec, const struct field *f, struct wr *w,
                     void (*put)(void *ctx, const struct node *item), void *ctx)
{
    for (const struct node *n = rec->first; n; n = n->next) {
        if (n->f != f)
            continue;
        if (n->form != FORM_KIDS)
            wr_put(w, draft_octets(n));
        for (const struct node *i = n->form == FORM_KIDS ? n->first : NULL; i; i = i->next) {
            if (i->form == FORM_KIDS)
                put(ctx, i);
            else
                wr_put(w, draft_octets(i));
        }
    }
}

const struct desc *draft_picked(const struct node *parent, const struct field **pick)
{
    for (size_t i = 0; parent->d && i < parent->d->n; i++) {
        const struct field *f = &parent->d->f[i];
        if (f->kind != F_PICK)
            continue;
        const struct node *key = draft_find(parent, parent->d->f[f->key].name);
        *pick = f;
        if (key && key->form == FORM_BYTES && f->pick_text)
            return f->pick_text(key->s);
        return key && key->form == FORM_UINT && f->pick_key ? f->pick_key(key->u) : NULL;
    }
    *pick = NULL;
    return NULL;
}

const struct field *draft_field(const struct node *parent, const char *name)
{
    const struct field *pick, *f = parent->d ? field_find(parent->d, name) : NULL;
    const struct desc *d = f ? NULL : draft_picked(parent, &pick);
    return d ? field_find(d, name) : f;
}

/* ---- values from text ---- */

static bool parse_octets(struct draft *dr, struct span hex, struct span *out)
{
    size_t cap = hex.n / 2 + 1;
    uint8_t *p = arena_take(dr->mem, cap);
    struct wr w = {p, cap, 0, false};
    if (!p || !wr_unhex(&w, hex) || w.full)
        return false;
    *out = wr_span(&w);
    return true;
}

static bool invert(struct draft *dr, struct node *n)
{
    if (n->form == FORM_UINT && n->f && n->f->kind == F_BOOL) {
        n->u = !n->u;
        return true;
    }
    if (n->form == FORM_UINT) {
        size_t bits = n->f && n->f->size < 8 ? n->f->size * 8u : 64;
        n->u = ~n->u & (bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1);
        return true;
    }
    if (n->form == FORM_ADDR) {
        for (size_t i = 0; i < sizeof n->a.ip; i++)
            n->a.ip[i] ^= 0xff;
        return true;
    }
    if (n->form != FORM_BYTES && n->form != FORM_RAW)
        return false;
    uint8_t *p = arena_take(dr->mem, n->s.n + 1);
    if (!p)
        return false;
    for (size_t i = 0; i < n->s.n; i++)
        p[i] = n->s.p[i] ^ 0xff;
    n->s.p = p;
    return true;
}

static bool starts(struct span s, const char *with)
{
    struct span w = span_of(with);
    return span_eq(span_cut(s, 0, w.n), w);
}

/* Whether a number fits the field, as field_set_uint says of a record. */
static bool holds(const struct field *f, uint64_t v)
{
    return f->kind == F_BOOL ? v <= 1 : f->size >= 8 || v >> f->size * 8 == 0;
}

static bool parse_number(struct node *n, struct span text)
{
    uint64_t v;
    if (text.n > 1 && (text.p[0] == '+' || text.p[0] == '-') && n->form == FORM_UINT) {
        if (!span_uint(span_cut(text, 1, text.n), &v))
            return false;
        v = text.p[0] == '+' ? n->u + v : n->u - v;
        if (n->f->size < 8)
            v &= (UINT64_C(1) << n->f->size * 8) - 1;
    } else if (n->f->kind == F_BOOL && (span_is(text, "true") || span_is(text, "false"))) {
        v = span_is(text, "true");
    } else if (!name_value(n->f->names, text, &v)) {
        return false;
    }
    if (!holds(n->f, v))
        return false;
    n->form = FORM_UINT;
    n->u = v;
    return true;
}

/* "REALM,0x7ffe": the items of a list of bare values. */
static bool parse_list(struct draft *dr, struct node *n, struct span text)
{
    const struct desc *d = n->f->sub;

    if (d->n != 1 || d->f[0].name[0] != '\0')
        return false;
    n->form = FORM_KIDS;
    n->d = d;
    n->first = n->last = NULL;
    for (size_t at = 0, end; at < text.n; at = end + 1) {
        for (end = at; end < text.n && text.p[end] != ','; end++)
            ;
        struct node *item = draft_kids(dr, n, NULL, d);
        struct node *v = draft_uint(dr, item, &d->f[0], 0);
        if (!v || !draft_parse(dr, v, span_cut(text, at, end)))
            return false;
    }
    return true;
}

/* The one value of an item that is shown bare, NULL: `n` is no such item. */
static struct node *bare_value(const struct node *n)
{
    bool bare = !n->f && n->form == FORM_KIDS && n->d && n->d->n == 1 && !n->d->f[0].name[0];
    return bare ? n->first : NULL;
}

static bool parse_value(struct draft *dr, struct node *n, struct span text)
{
    if (starts(text, "raw:")) {
        n->form = FORM_RAW;
        return parse_octets(dr, span_cut(text, 4, text.n), &n->s);
    }
    if (bare_value(n))
        return draft_parse(dr, bare_value(n), text);
    if (span_is(text, "^"))
        return invert(dr, n);
    if (!n->f)
        return false;
    switch (n->f->kind) {
    case F_UINT:
    case F_ENUM:
    case F_BOOL:
        return parse_number(n, text);
    case F_BYTES:
    case F_TEXT:
    case F_CHARS:
        n->form = FORM_BYTES;
        if (starts(text, "hex:"))
            return parse_octets(dr, span_cut(text, 4, text.n), &n->s);
        n->s = arena_copy(dr->mem, text);
        return !dr->mem->full;
    case F_ADDR:
        n->form = FORM_ADDR;
        return addr_parse(text, &n->a);
    case F_LIST:
    case F_SEQ:
        return parse_list(dr, n, text);
    default:
        return false;
    }
}

bool draft_parse(struct draft *dr, struct node *n, struct span text)
{
    struct node was = *n; /* form and value go together: half a change is none */
    if (parse_value(dr, n, text))
        return true;
    *n = was;
    return false;
}

/* ---- editing by path ---- */

struct edit {
    struct draft *dr;
    enum draft_op op;
    const char *value;
};

void draft_unlink(struct node *parent, struct node *n)
{
    struct node *before = NULL;
    for (struct node *i = parent->first; i != n; i = i->next)
        before = i;
    if (before)
        before->next = n->next;
    else
        parent->first = n->next;
    if (parent->last == n)
        parent->last = before;
    n->next = NULL;
}

/* Give an item its key and, after '=', its value. */
static bool fill_item(struct draft *dr, struct node *item, struct span s)
{
    struct span key = s;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '=') {
            key = span_cut(s, 0, i);
            break;
        }
    struct node *first = draft_uint(dr, item, &item->d->f[0], 0);
    if (!first || !draft_parse(dr, first, key))
        return false;
    if (key.n == s.n)
        return true;
    const struct field *pick, *f = draft_field(item, "value");
    if (!f) { /* a picked table whose value goes by another name: its first field */
        const struct desc *d = draft_picked(item, &pick);
        f = d && d->n ? &d->f[0] : NULL;
    }
    struct node *v = f ? draft_bytes(dr, item, f, (struct span){0}) : NULL;
    return v && draft_parse(dr, v, span_cut(s, key.n + 1, s.n));
}

static bool is_list(const struct node *n)
{
    return n->form == FORM_KIDS && n->d && n->f && (n->f->kind == F_LIST || n->f->kind == F_SEQ);
}

static bool add_item(struct draft *dr, struct node *list, const char *text)
{
    struct node *item = is_list(list) ? draft_kids(dr, list, NULL, list->d) : NULL;
    if (!item)
        return false;
    if (fill_item(dr, item, span_of(text)))
        return true;
    draft_unlink(list, item);
    return false;
}

struct node *draft_copy(struct draft *dr, const struct node *n)
{
    struct node *copy = arena_take(dr->mem, sizeof *copy);

    if (!copy)
        return NULL;
    *copy = *n;
    copy->next = NULL;
    if (n->form != FORM_KIDS)
        return copy;
    copy->first = copy->last = NULL;
    for (const struct node *i = n->first; i; i = i->next) {
        struct node *kid = draft_copy(dr, i);
        if (!kid)
            return NULL;
        if (copy->last)
            copy->last->next = kid;
        else
            copy->first = kid;
        copy->last = kid;
    }
    return copy;
}

static size_t apply(struct edit *e, struct node *parent, struct node *n)
{
    struct node *copy;

    switch (e->op) {
    case DRAFT_SET:
        return draft_parse(e->dr, n, span_of(e->value));
    case DRAFT_ADD:
        return add_item(e->dr, n, e->value);
    case DRAFT_DROP:
        draft_unlink(parent, n);
        return 1;
    case DRAFT_DOUBLE:
        if (!(copy = draft_copy(e->dr, n)))
            return 0;
        copy->next = n->next;
        n->next = copy;
        if (parent->last == n)
            parent->last = copy;
        return 1;
    case DRAFT_FIRST:
        draft_unlink(parent, n);
        n->next = parent->first;
        parent->first = n;
        if (!parent->last)
            parent->last = n;
        return 1;
    case DRAFT_LAST:
        draft_unlink(parent, n);
        if (parent->last)
            parent->last->next = n;
        else
            parent->first = n;
        parent->last = n;
        return 1;
    }
    return 0;
}

/* Whether item `i` of a list is meant by `seg`: its number, "*", "last", or its first field: text,
 * a name, or a number in hexadecimal (in decimal it is that of the item). */
static bool item_is(const struct node *n, size_t i, struct span seg)
{
    uint64_t v;
    const struct node *key = n->form == FORM_KIDS ? n->first : NULL;

    if (span_is(seg, "*") || (span_is(seg, "last") && !n->next))
        return true;
    if (span_uint(seg, &v) && !starts(seg, "0x") && !starts(seg, "0X"))
        return v == i;
    if (key && key->form == FORM_UINT && key->f && name_value(key->f->names, seg, &v))
        return key->u == v;
    if (key && key->form == FORM_BYTES && key->f && key->f->same)
        return key->f->same(key->s, seg);
    return key && key->form == FORM_BYTES && span_eq(key->s, seg);
}

static struct node *add_field(struct edit *e, struct node *parent, struct span seg)
{
    char name[64];
    if (e->op != DRAFT_SET || seg.n == 0 || seg.n >= sizeof name || is_list(parent) ||
        span_is(span_of(e->value), "^")) /* there is nothing to invert */
        return NULL;
    memcpy(name, seg.p, seg.n);
    name[seg.n] = '\0';
    const struct field *f = draft_field(parent, name);
    return f ? draft_bytes(e->dr, parent, f, (struct span){0}) : NULL;
}

static size_t walk(struct edit *e, struct node *parent, struct span path)
{
    size_t end = 0, done = 0, i = 0;
    bool there = false;

    while (end < path.n && path.p[end] != '/')
        end++;
    struct span seg = span_cut(path, 0, end), rest = span_cut(path, end + 1, path.n);
    if (parent->form != FORM_KIDS)
        return 0;
    /* the last node of now ends the walk: DRAFT_LAST puts others behind it */
    for (struct node *n = parent->first, *next, *end_node = parent->last; n; n = next, i++) {
        next = n == end_node ? NULL : n->next;
        if (n->f ? !span_is(seg, n->f->name) : !item_is(n, i, seg))
            continue;
        there = true;
        done += end < path.n ? walk(e, n, rest) : apply(e, parent, n);
        if (n->f || span_is(seg, "last"))
            break;
    }
    if (there || end < path.n)
        return done;
    struct node *added = add_field(e, parent, seg);
    if (!added)
        return 0;
    done = apply(e, parent, added);
    if (!done)
        draft_unlink(parent, added);
    return done;
}

size_t draft_edit(struct draft *dr, enum draft_op op, const char *path, const char *value)
{
    struct edit e = {dr, op, value};
    return walk(&e, &dr->root, span_of(path));
}
