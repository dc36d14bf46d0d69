/* codecs/base/field.c - walking a record by its field table: values, JSON, text, differences. */
#include "codecs/base/field.h"

static void wr_ip6(struct wr *w, const uint8_t *ip)
{
    int best = -1, best_len = 1; /* RFC 5952 section 4.2: the longest run of zeros, two at least */

    for (int i = 0, run = 0; i < 8; i++) {
        run = get_u16(ip + 2 * i) == 0 ? run + 1 : 0;
        if (run > best_len) {
            best = i - run + 1;
            best_len = run;
        }
    }
    for (int i = 0; i < 8; i++) {
        if (i == best) {
            wr_text(w, "::");
            i += best_len - 1;
            continue;
        }
        if (i > 0 && i != best + best_len)
            wr_u8(w, ':');
        uint16_t v = get_u16(ip + 2 * i);
        wr_hex(w, v, v > 0xfff ? 4 : v > 0xff ? 3 : v > 0xf ? 2 : 1);
    }
}

void addr_text(struct wr *w, const struct addr *a)
{
    if (a->family == 0)
        return;
    if (a->family == 4) {
        for (int i = 0; i < 4; i++) {
            if (i)
                wr_u8(w, '.');
            wr_dec(w, a->ip[i]);
        }
    } else {
        wr_u8(w, '[');
        wr_ip6(w, a->ip);
        wr_u8(w, ']');
    }
    wr_u8(w, ':');
    wr_dec(w, a->port);
}

static bool parse_ip4(struct span s, uint8_t *ip)
{
    size_t at = 0;
    for (int i = 0; i < 4; i++) {
        size_t start = at;
        uint64_t v;
        while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9')
            at++;
        bool padded = at - start > 1 && s.p[start] == '0'; /* elsewhere read as octal */
        if (at - start > 3 || padded || !span_uint(span_cut(s, start, at), &v) || v > 255)
            return false;
        ip[i] = (uint8_t)v;
        if (i < 3 && (at >= s.n || s.p[at++] != '.'))
            return false;
    }
    return at == s.n;
}

static bool hex_group(struct span s, uint16_t *v)
{
    uint8_t b[2];
    uint8_t pad[4] = {'0', '0', '0', '0'};
    struct wr w = {b, sizeof b, 0, false};

    if (s.n < 1 || s.n > 4)
        return false;
    memcpy(pad + 4 - s.n, s.p, s.n);
    if (!wr_unhex(&w, (struct span){pad, 4}) || w.n != 2)
        return false;
    *v = get_u16(b);
    return true;
}

static bool parse_ip6(struct span s, uint8_t *ip)
{
    uint16_t g[8];
    int n = 0, gap = -1;
    size_t at = 0;

    if (s.n >= 2 && s.p[0] == ':' && s.p[1] == ':') {
        gap = 0;
        at = 2;
    }
    while (at < s.n) {
        size_t start = at;
        while (at < s.n && s.p[at] != ':')
            at++;
        struct span part = span_cut(s, start, at);
        uint8_t v4[4];
        if (n <= 6 && at == s.n && part.n > 4 && parse_ip4(part, v4)) {
            g[n++] = get_u16(v4);
            g[n++] = get_u16(v4 + 2);
            break;
        }
        if (n == 8 || !hex_group(part, &g[n]))
            return false;
        n++;
        if (at == s.n)
            break;
        if (++at == s.n)
            return false; /* a single colon at the end */
        if (s.p[at] == ':') {
            if (gap >= 0)
                return false;
            gap = n;
            at++;
        }
    }
    if (gap < 0 ? n != 8 : n > 7)
        return false;
    memset(ip, 0, 16);
    for (int i = 0; i < n; i++)
        put_u16(ip + 2 * (gap >= 0 && i >= gap ? 8 - n + i : i), g[i]);
    return true;
}

static bool parse_port(struct span s, uint16_t *port)
{
    uint64_t v;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9') /* span_uint would read hexadecimal too */
            return false;
    if (s.n == 0 || s.n > 5 || !span_uint(s, &v) || v > 65535)
        return false;
    *port = (uint16_t)v;
    return true;
}

bool addr_parse(struct span s, struct addr *a)
{
    size_t colons = 0, colon = 0;

    memset(a, 0, sizeof *a);
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == ':') {
            colons++;
            colon = i;
        }
    if (s.n && s.p[0] == '[') {
        size_t end = 1;
        while (end < s.n && s.p[end] != ']')
            end++;
        if (end == s.n || !parse_ip6(span_cut(s, 1, end), a->ip))
            return false;
        a->family = 6;
        if (end + 1 == s.n)
            return true;
        return s.p[end + 1] == ':' && parse_port(span_cut(s, end + 2, s.n), &a->port);
    }
    if (colons > 1) {
        a->family = 6;
        return parse_ip6(s, a->ip);
    }
    a->family = 4;
    if (colons == 1 && !parse_port(span_cut(s, colon + 1, s.n), &a->port))
        return false;
    return parse_ip4(colons ? span_cut(s, 0, colon) : s, a->ip);
}

const char *name_of(const struct names *n, uint64_t v)
{
    for (size_t i = 0; n && i < n->n; i++)
        if (n->v[i].v == v)
            return n->v[i].s;
    return NULL;
}

bool name_value(const struct names *n, struct span s, uint64_t *v)
{
    for (size_t i = 0; n && i < n->n; i++)
        if (span_is(s, n->v[i].s)) {
            *v = n->v[i].v;
            return true;
        }
    return span_uint(s, v);
}

static uint64_t load_uint(const void *p, size_t size)
{
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;

    switch (size) {
    case 1:
        memcpy(&u8, p, 1);
        return u8;
    case 2:
        memcpy(&u16, p, 2);
        return u16;
    case 4:
        memcpy(&u32, p, 4);
        return u32;
    default:
        memcpy(&u64, p, 8);
        return u64;
    }
}

static void val_record(const struct field *f, const uint8_t *at, struct val *v)
{
    v->d = f->sub;
    v->rec = at;
    if (f->kind == F_PICK)
        v->d = f->pick(v->rec = at - f->off);
    if (f->kind == F_REF)
        memcpy(&v->rec, at, sizeof v->rec);
    if (f->kind == F_LIST) {
        memcpy(&v->rec, at, sizeof v->rec);
        memcpy(&v->n, at - f->off + f->count, sizeof v->n);
    }
    v->absent |= !v->d || (!v->rec && f->kind != F_LIST);
}

/* Into `v`, member by member: copied as a whole, what was just written in parts has to be waited for. */
static void val_get(const struct field *f, const void *rec, struct val *v)
{
    const uint8_t *at = (const uint8_t *)rec + f->off;
    const char *chars;

    *v = (struct val){.kind = f->kind, .absent = f->absent && f->absent(rec)};
    switch (f->kind) {
    case F_UINT:
    case F_ENUM:
    case F_BOOL:
        v->u = load_uint(at, f->size);
        v->sym = f->kind == F_ENUM ? name_of(f->names, v->u) : NULL;
        break;
    case F_BYTES:
    case F_TEXT:
        if (f->octets)
            v->s = f->octets(rec);
        else
            memcpy(&v->s, at, sizeof v->s);
        break;
    case F_CHARS:
        memcpy(&chars, at, sizeof chars);
        v->s = span_of(chars);
        v->absent |= !chars;
        break;
    case F_ADDR:
        v->addr = (const struct addr *)(const void *)at;
        v->absent |= v->addr->family == 0;
        break;
    case F_SEQ:
        v->d = f->sub;
        memcpy(&v->s, at, sizeof v->s);
        break;
    case F_GROUP:
    case F_REF:
    case F_LIST:
    case F_PICK:
        val_record(f, at, v);
        break;
    case F_DRAFT:
        v->absent = true;
        break;
    }
}

struct val val_of(const struct field *f, const void *rec)
{
    struct val v;

    val_get(f, rec, &v);
    return v;
}

const void *val_next(const struct val *v, struct val_it *it, void *scratch, size_t cap)
{
    if (v->kind == F_LIST) {
        if (it->i >= v->n)
            return NULL;
        return (const uint8_t *)v->rec + it->i++ * v->d->size;
    }
    if (it->i++ == 0)
        it->r = rd_of(v->s);
    if (!v->d || v->d->size > cap || !v->d->next(&it->r, scratch))
        return NULL;
    return scratch;
}

const struct field *field_find(const struct desc *d, const char *name)
{
    for (size_t i = 0; i < d->n; i++)
        if (strcmp(d->f[i].name, name) == 0)
            return &d->f[i];
    return NULL;
}

bool desc_join(struct desc *to, struct field *room, size_t cap, const struct desc *d, size_t off)
{
    if (d->n > cap - to->n || off + d->size > UINT16_MAX)
        return false;
    for (size_t i = 0; i < d->n; i++) {
        struct field *f = &room[to->n++];
        *f = d->f[i];
        f->off = (uint16_t)(f->off + off);
    }
    to->f = room;
    to->size = to->size > off + d->size ? to->size : off + d->size;
    return true;
}

bool field_set_uint(const struct field *f, void *rec, uint64_t u)
{
    uint8_t *at = (uint8_t *)rec + f->off;
    uint8_t u8 = (uint8_t)u;
    uint16_t u16 = (uint16_t)u;
    uint32_t u32 = (uint32_t)u;

    if ((f->size < 8 && u >> f->size * 8) || (f->kind == F_BOOL && u > 1))
        return false;
    switch (f->size) {
    case 1:
        memcpy(at, &u8, 1);
        break;
    case 2:
        memcpy(at, &u16, 2);
        break;
    case 4:
        memcpy(at, &u32, 4);
        break;
    default:
        memcpy(at, &u, 8);
    }
    return true;
}

/* ---- one walk, two manners of printing ---- */

struct dump {
    struct wr *w;
    bool json, first;
    bool line; /* text: the fields of an item stand on one line */
    unsigned depth, nest;
};

static bool bare(const struct desc *d)
{
    return d->n == 1 && d->f[0].name[0] == '\0';
}

static void dump_fields(struct dump *o, const struct desc *d, const void *rec);

static void dump_scalar(struct dump *o, const struct val *v, bool hex)
{
    switch (v->kind) {
    case F_BOOL:
        wr_text(o->w, v->u ? "true" : "false");
        break;
    case F_BYTES:
        if (o->json)
            wr_u8(o->w, '"');
        wr_hex_octets(o->w, o->json ? v->s : span_cut(v->s, 0, FIELD_SHOWN));
        if (o->json) {
            wr_u8(o->w, '"');
        } else if (v->s.n > FIELD_SHOWN) {
            wr_text(o->w, "... (");
            wr_dec(o->w, v->s.n);
            wr_text(o->w, " octets)");
        }
        break;
    case F_TEXT:
    case F_CHARS:
        wr_json_text(o->w, v->s);
        break;
    case F_ADDR:
        if (o->json)
            wr_u8(o->w, '"');
        addr_text(o->w, v->addr);
        if (o->json)
            wr_u8(o->w, '"');
        break;
    default:
        if (v->sym && o->json)
            wr_json_text(o->w, span_of(v->sym));
        else if (v->sym)
            wr_text(o->w, v->sym);
        else if (o->json && v->u >> 53) { /* more than other readers of JSON keep of a number */
            wr_u8(o->w, '"');
            wr_dec(o->w, v->u);
            wr_u8(o->w, '"');
        } else if (!o->json && hex) {
            wr_text(o->w, "0x");
            wr_hex(o->w, v->u, v->u >> 32 ? 16 : v->u >> 16 ? 8 : 4);
        } else {
            wr_dec(o->w, v->u);
        }
    }
}

static void dump_record(struct dump *o, const struct desc *d, const void *rec)
{
    if (bare(d)) {
        struct val v = val_of(&d->f[0], rec);
        dump_scalar(o, &v, d->f[0].hex);
        return;
    }
    if (o->json)
        wr_u8(o->w, '{');
    bool first = o->first;
    o->first = true;
    o->depth++;
    o->nest++;
    dump_fields(o, d, rec);
    o->nest--;
    o->depth--;
    o->first = first;
    if (o->json)
        wr_u8(o->w, '}');
}

static void new_line(struct dump *o, unsigned more)
{
    wr_u8(o->w, '\n');
    for (unsigned i = 0; i < o->depth + more; i++)
        wr_text(o->w, "  ");
}

static void dump_items(struct dump *o, const struct val *v)
{
    struct val_it it = {0};
    uint64_t scratch[16];
    const void *rec;

    if (o->json)
        wr_u8(o->w, '[');
    for (size_t i = 0; (rec = val_next(v, &it, scratch, sizeof scratch)) != NULL; i++) {
        if (o->json && i)
            wr_u8(o->w, ',');
        else if (!o->json && (bare(v->d) || o->line))
            wr_text(o->w, i ? ", " : "");
        else if (!o->json)
            new_line(o, 1);
        bool line = o->line;
        o->line = !o->json;
        dump_record(o, v->d, rec);
        o->line = line;
    }
    if (o->json)
        wr_u8(o->w, ']');
}

static void dump_name(struct dump *o, const char *name)
{
    if (o->json) {
        wr_json_key(o->w, name);
    } else if (!o->line) {
        new_line(o, 0);
        wr_text(o->w, name);
        wr_text(o->w, ": ");
    } else if (!o->first) { /* the first field of an item is what it is known by */
        wr_text(o->w, "  ");
        wr_text(o->w, name);
        wr_u8(o->w, ' ');
    }
    o->first = false;
}

static void dump_fields(struct dump *o, const struct desc *d, const void *rec)
{
    struct val v;

    for (size_t i = 0; i < d->n; i++) {
        const struct field *f = &d->f[i];
        val_get(f, rec, &v);
        if (v.absent || o->nest > FIELD_DEPTH)
            continue;
        if (f->kind == F_PICK) {
            dump_fields(o, v.d, v.rec);
            continue;
        }
        dump_name(o, f->name);
        if (f->kind == F_LIST || f->kind == F_SEQ)
            dump_items(o, &v);
        else if (f->kind == F_GROUP || f->kind == F_REF)
            dump_record(o, v.d, v.rec);
        else
            dump_scalar(o, &v, f->hex);
    }
}

void field_json(struct wr *w, const struct desc *d, const void *rec)
{
    struct dump o = {.w = w, .json = true, .first = true};
    dump_record(&o, d, rec);
}

void field_text(struct wr *w, const struct desc *d, const void *rec, unsigned depth)
{
    struct dump o = {.w = w, .first = true, .depth = depth};
    size_t start = w->n;
    dump_fields(&o, d, rec);
    if (!w->full && w->n > start && w->p[start] == '\n') { /* each line starts with the break */
        memmove(w->p + start, w->p + start + 1, w->n - start - 1);
        w->p[w->n - 1] = '\n';
    }
}

/* ---- differences ---- */

struct cmp {
    const struct diff *out;
    char path[256];
    size_t n, found;
    unsigned nest;
};

static size_t path_push(struct cmp *c, const char *name, const char *sep)
{
    size_t was = c->n;
    struct wr w = {(uint8_t *)c->path, sizeof c->path - 1, c->n, false};
    if (c->n && *name)
        wr_text(&w, sep);
    wr_text(&w, name);
    c->n = w.n;
    c->path[c->n] = '\0';
    return was;
}

static void path_pop(struct cmp *c, size_t was)
{
    c->n = was;
    c->path[was] = '\0';
}

static void differ(struct cmp *c, const char *what)
{
    c->found++;
    if (c->out && c->out->say)
        c->out->say(c->out->ctx, c->path, what);
}

static void diff_fields(struct cmp *c, const struct desc *da, const void *a, const struct desc *db,
                        const void *b);

static void diff_items(struct cmp *c, const struct val *a, const struct val *b)
{
    struct val_it ia = {0}, ib = {0};
    uint64_t sa[16], sb[16];

    for (size_t i = 0;; i++) {
        const void *ra = val_next(a, &ia, sa, sizeof sa);
        const void *rb = val_next(b, &ib, sb, sizeof sb);
        char number[24];
        struct wr w = {(uint8_t *)number, sizeof number - 1, 0, false};
        if (!ra && !rb)
            return;
        wr_dec(&w, i);
        number[w.n] = '\0';
        size_t was = path_push(c, number, "/");
        if (!ra || !rb)
            differ(c, ra ? "missing in the second" : "missing in the first");
        else
            diff_fields(c, a->d, ra, b->d, rb);
        path_pop(c, was);
    }
}

static bool same_scalar(const struct val *a, const struct val *b)
{
    if (a->kind == F_ADDR)
        return addr_eq(a->addr, b->addr);
    return a->u == b->u && span_eq(a->s, b->s);
}

static void diff_fields(struct cmp *c, const struct desc *da, const void *a, const struct desc *db,
                        const void *b)
{
    if (da != db) {
        differ(c, "of different kinds");
        return;
    }
    for (size_t i = 0; i < da->n && c->nest < FIELD_DEPTH; i++) {
        const struct field *f = &da->f[i];
        struct val va = val_of(f, a), vb = val_of(f, b);
        if (va.absent && vb.absent)
            continue;
        size_t was = f->kind == F_PICK ? c->n : path_push(c, f->name, "/");
        c->nest++;
        if (va.absent != vb.absent)
            differ(c, va.absent ? "missing in the first" : "missing in the second");
        else if (f->kind == F_LIST || f->kind == F_SEQ)
            diff_items(c, &va, &vb);
        else if (va.d)
            diff_fields(c, va.d, va.rec, vb.d, vb.rec);
        else if (!same_scalar(&va, &vb))
            differ(c, "differs");
        c->nest--;
        path_pop(c, was);
    }
}

size_t field_diff(const struct desc *d, const void *a, const void *b, const struct diff *out)
{
    struct cmp c = {.out = out};
    diff_fields(&c, d, a, d, b);
    return c.found;
}
