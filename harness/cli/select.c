/* harness/cli/select.c - filters and fields over the field tables. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include "harness/cli/select.h"
#include "harness/core/registry.h"

/* ---- values ---- */

struct visit { /* false: enough */
    bool (*value)(struct visit *v, const struct val *x);
};

static size_t dot(struct span s)
{
    size_t i = 0;
    while (i < s.n && s.p[i] != '.')
        i++;
    return i;
}

static bool walk(struct visit *v, const struct desc *d, const void *rec, struct span path);

static bool walk_items(struct visit *v, const struct val *x, struct span rest)
{
    _Alignas(16) uint8_t scratch[512];
    struct val_it it = {0};
    const void *item;

    while ((item = val_next(x, &it, scratch, sizeof scratch)))
        if (!walk(v, x->d, item, rest))
            return false;
    return true;
}

static bool walk_value(struct visit *v, const struct val *x, struct span rest)
{
    switch (x->kind) {
    case F_GROUP:
    case F_REF:
    case F_PICK:
        return rest.n == 0 ? v->value(v, x) : walk(v, x->d, x->rec, rest);
    case F_LIST:
    case F_SEQ:
        return walk_items(v, x, rest);
    default:
        return rest.n || v->value(v, x);
    }
}

/* All values under a path. An item that is a bare value has the empty name. */
static bool walk(struct visit *v, const struct desc *d, const void *rec, struct span path)
{
    size_t n = dot(path);
    struct span first = span_cut(path, 0, n), rest = span_cut(path, n < path.n ? n + 1 : n, path.n);

    for (size_t i = 0; i < d->n; i++) {
        const struct field *f = &d->f[i];
        struct val x = val_of(f, rec);
        if (x.absent)
            continue;
        if (f->kind == F_PICK && x.d && !walk(v, x.d, x.rec, path))
            return false;
        if (f->kind == F_PICK)
            continue;
        bool bare = f->name[0] == '\0';
        if (bare && !walk_value(v, &x, path))
            return false;
        if (!bare && first.n && span_is(first, f->name) && !walk_value(v, &x, rest))
            return false;
    }
    return true;
}

static struct val number(uint64_t u)
{
    return (struct val){.kind = F_UINT, .u = u};
}

static struct val words(const char *s)
{
    return (struct val){.kind = F_TEXT, .s = span_of(s)};
}

/* What every message has; false: no such name. */
static bool common(const struct engine_message *m, struct span name, struct val *x)
{
    if (span_is(name, "frame"))
        *x = number(m->frame);
    else if (span_is(name, "file"))
        *x = words(m->file);
    else if (span_is(name, "src"))
        *x = (struct val){.kind = F_ADDR, .addr = &m->src};
    else if (span_is(name, "dst"))
        *x = (struct val){.kind = F_ADDR, .addr = &m->dst};
    else if (span_is(name, "layers"))
        *x = words(m->layers);
    else if (span_is(name, "proto"))
        *x = words(m->codec->name);
    else if (span_is(name, "bytes"))
        *x = number(m->octets.n);
    else if (span_is(name, "findings"))
        *x = number(m->fs->n);
    else
        return false;
    return true;
}

static void each(struct visit *v, const struct engine_message *m, struct span name)
{
    struct val x;
    size_t n = dot(name);
    struct span protocol = span_cut(name, 0, n), field = span_cut(name, n + 1, name.n);

    if (common(m, name, &x)) {
        v->value(v, &x);
        return;
    }
    if (n < name.n && span_is(protocol, m->codec->name))
        walk(v, m->codec->view, m->view, field);
    for (size_t i = 0; n < name.n && i < m->n_carried; i++)
        if (span_is(protocol, m->carried[i].codec->name))
            walk(v, m->carried[i].codec->view, m->carried[i].view, field);
}

bool select_name(struct span name)
{
    static const char *const own[] = {"frame",  "file",  "time",  "src",     "dst",
                                      "layers", "proto", "bytes", "findings"};
    struct span protocol = span_cut(name, 0, dot(name));

    for (size_t i = 0; i < COUNT(own); i++)
        if (span_is(name, own[i]))
            return true;
    for (size_t i = 0; i < registry_n; i++)
        if (registry[i].codec && span_is(protocol, registry[i].codec->name))
            return true;
    return false;
}

/* ---- values as text ---- */

static void put_value(struct wr *w, const struct val *x)
{
    switch (x->kind) {
    case F_UINT:
        wr_dec(w, x->u);
        break;
    case F_ENUM:
        if (x->sym)
            wr_text(w, x->sym);
        else
            wr_dec(w, x->u);
        break;
    case F_BOOL:
        wr_text(w, x->u ? "true" : "false");
        break;
    case F_BYTES:
        wr_hex_octets(w, x->s);
        break;
    case F_ADDR:
        addr_text(w, x->addr);
        break;
    case F_TEXT:
    case F_CHARS:
        for (size_t i = 0; i < x->s.n; i++) /* a value stays in its column */
            wr_u8(w, x->s.p[i] < 0x20 || x->s.p[i] == 0x7f ? ' ' : x->s.p[i]);
        break;
    default:
        wr_text(w, "present");
        break;
    }
}

struct printing {
    struct visit v; /* first */
    struct wr *w;
    size_t n;
};

static bool print(struct visit *v, const struct val *x)
{
    struct printing *p = (struct printing *)v;
    if (p->n++)
        wr_u8(p->w, ',');
    put_value(p->w, x);
    return !p->w->full;
}

void select_value(struct wr *w, const struct engine_message *m, struct span name)
{
    struct printing p = {{print}, w, 0};
    char text[48];

    if (span_is(name, "time")) {
        snprintf(text, sizeof text, "%llu.%09llu", (unsigned long long)(m->time_ns / 1000000000u),
                 (unsigned long long)(m->time_ns % 1000000000u));
        wr_text(w, text);
        return;
    }
    each(&p.v, m, name);
}

/* ---- filters ---- */

enum op { OP_HAS, OP_EQ, OP_NE, OP_LT, OP_LE, OP_GT, OP_GE, OP_CONTAINS, OP_NOT, OP_AND, OP_OR };
struct term {
    enum op op;
    uint8_t a, b;           /* of NOT, AND, OR: terms before this one */
    struct span name, text; /* of the others; text: what is compared with */
    bool is_number, is_addr;
    uint64_t u;
    struct addr addr;
};
struct select {
    struct term v[SELECT_TERMS];
    size_t n;
};
struct reading {
    struct select *s;
    struct span all;
    size_t at;
    unsigned depth;
    char *why;
};

static bool fail(struct reading *r, size_t at, const char *what)
{
    if (!*r->why)
        snprintf(r->why, 256, "at character %zu: %s", at + 1, what);
    return false;
}

static void blanks(struct reading *r)
{
    while (r->at < r->all.n && isspace(r->all.p[r->at]))
        r->at++;
}

/* Take a sign or a word that stands next. */
static bool took(struct reading *r, const char *sign)
{
    size_t n = strlen(sign);
    blanks(r);
    if (r->all.n - r->at < n || memcmp(r->all.p + r->at, sign, n) != 0)
        return false;
    if (isalpha((unsigned char)*sign) && r->at + n < r->all.n &&
        (isalnum(r->all.p[r->at + n]) || strchr("._-", r->all.p[r->at + n])))
        return false;
    r->at += n;
    return true;
}

/* A word, or what stands between double quotes. */
static bool word(struct reading *r, struct span *out, bool value)
{
    blanks(r);
    size_t from = r->at;
    if (value && from < r->all.n && r->all.p[from] == '"') {
        for (r->at++; r->at < r->all.n && r->all.p[r->at] != '"';)
            r->at++;
        if (r->at == r->all.n)
            return fail(r, from, "the quotes are not closed");
        *out = span_cut(r->all, from + 1, r->at++);
        return true;
    }
    while (r->at < r->all.n && !isspace(r->all.p[r->at]) && !strchr("()!=<>&|\"", r->all.p[r->at]))
        r->at++;
    *out = span_cut(r->all, from, r->at);
    return out->n || fail(r, from, value ? "a value is missing" : "a name is missing");
}

static bool add(struct reading *r, const struct term *t, uint8_t *index)
{
    if (r->s->n == SELECT_TERMS)
        return fail(r, r->at, "a filter has no more than 64 terms");
    *index = (uint8_t)r->s->n;
    r->s->v[r->s->n++] = *t;
    return true;
}

static bool either(struct reading *r, uint8_t *out);

static bool comparison(struct reading *r, uint8_t *out)
{
    static const struct {
        const char *sign;
        enum op op;
    } ops[] = {{"==", OP_EQ}, {"!=", OP_NE}, {"<=", OP_LE}, {">=", OP_GE},
               {"<", OP_LT},  {">", OP_GT},  {"=", OP_EQ},  {"contains", OP_CONTAINS}};
    struct term t = {.op = OP_HAS};
    size_t from;

    blanks(r);
    from = r->at;
    if (!word(r, &t.name, false))
        return false;
    if (!select_name(t.name))
        return fail(r, from, "this is neither a field of messages nor of a protocol that is known");
    if (span_is(t.name, "time"))
        return fail(r, from, "times are shown by --fields, not compared");
    for (size_t i = 0; i < COUNT(ops) && t.op == OP_HAS; i++)
        if (took(r, ops[i].sign))
            t.op = ops[i].op;
    if (t.op != OP_HAS && !word(r, &t.text, true))
        return false;
    t.is_number = span_uint(t.text, &t.u) ||
                  (t.text.n > 2 && t.text.p[0] == '0' && (t.text.p[1] | 0x20) == 'x' &&
                   sscanf((const char *)t.text.p, "%*2c%llx", (unsigned long long *)&t.u) == 1);
    t.is_addr = addr_parse(t.text, &t.addr);
    return add(r, &t, out);
}

static bool single(struct reading *r, uint8_t *out)
{
    struct term t = {.op = OP_NOT};

    if (r->depth == SELECT_DEPTH)
        return fail(r, r->at, "too many parentheses and nots are inside one another");
    r->depth++;
    bool good, negated = took(r, "not") || (took(r, "!"));
    if (negated) {
        good = single(r, &t.a) && add(r, &t, out);
    } else if (took(r, "(")) {
        good = either(r, out);
        if (good && !took(r, ")"))
            good = fail(r, r->at, "a closing parenthesis is missing");
    } else {
        good = comparison(r, out);
    }
    r->depth--;
    return good;
}

static bool both(struct reading *r, uint8_t *out)
{
    if (!single(r, out))
        return false;
    while (took(r, "and") || took(r, "&&")) {
        struct term t = {.op = OP_AND, .a = *out};
        if (!single(r, &t.b) || !add(r, &t, out))
            return false;
    }
    return true;
}

static bool either(struct reading *r, uint8_t *out)
{
    if (!both(r, out))
        return false;
    while (took(r, "or") || took(r, "||")) {
        struct term t = {.op = OP_OR, .a = *out};
        if (!both(r, &t.b) || !add(r, &t, out))
            return false;
    }
    return true;
}

struct select *select_new(const char *text, char why[256])
{
    struct select *s = calloc(1, sizeof *s);
    struct reading r = {.s = s, .all = span_of(text), .why = why};
    uint8_t last;

    *why = '\0';
    if (!s) {
        snprintf(why, 256, "no memory is left");
        return NULL;
    }
    bool good = either(&r, &last);
    blanks(&r);
    if (good && r.at < r.all.n)
        good = fail(&r, r.at, "this does not go on from what stands before it");
    if (good)
        return s;
    free(s);
    return NULL;
}

void select_free(struct select *s)
{
    free(s);
}

/* ---- matching ---- */

struct matching {
    struct visit v; /* first */
    const struct term *t;
    bool holds;
};

static int order(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static bool by_sign(enum op op, int c)
{
    switch (op) {
    case OP_EQ:
        return c == 0;
    case OP_NE:
        return c != 0;
    case OP_LT:
        return c < 0;
    case OP_LE:
        return c <= 0;
    case OP_GT:
        return c > 0;
    default:
        return c >= 0;
    }
}

static bool holds_addr(const struct term *t, const struct addr *a)
{
    struct addr any = *a;
    if (t->addr.port == 0)
        any.port = 0;
    return addr_eq(&any, &t->addr) == (t->op == OP_EQ);
}

static bool holds_text(const struct term *t, const struct val *x)
{
    uint8_t text[512];
    struct wr w = {text, sizeof text, 0, false};
    struct span s;

    put_value(&w, x);
    s = x->kind == F_TEXT || x->kind == F_CHARS ? x->s : wr_span(&w);
    if (t->op == OP_CONTAINS)
        return t->text.n == 0 || memmem(s.p, s.n, t->text.p, t->text.n) != NULL;
    size_t n = s.n < t->text.n ? s.n : t->text.n;
    int c = n ? memcmp(s.p, t->text.p, n) : 0;
    return by_sign(t->op, c ? c : order(s.n, t->text.n));
}

static bool match(struct visit *v, const struct val *x)
{
    struct matching *m = (struct matching *)v;
    const struct term *t = m->t;
    bool numeric = x->kind == F_UINT || x->kind == F_ENUM || x->kind == F_BOOL;

    if (t->op == OP_HAS)
        m->holds = !numeric || x->kind == F_ENUM || x->u != 0;
    else if (numeric && t->is_number && t->op != OP_CONTAINS)
        m->holds = by_sign(t->op, order(x->u, t->u));
    else if (x->kind == F_ADDR && t->is_addr && (t->op == OP_EQ || t->op == OP_NE))
        m->holds = holds_addr(t, x->addr);
    else
        m->holds = holds_text(t, x);
    return !m->holds;
}

static bool term_holds(const struct select *s, size_t i, const struct engine_message *m)
{
    const struct term *t = &s->v[i];
    struct matching x = {{match}, t, false};

    switch (t->op) {
    case OP_NOT:
        return !term_holds(s, t->a, m);
    case OP_AND:
        return term_holds(s, t->a, m) && term_holds(s, t->b, m);
    case OP_OR:
        return term_holds(s, t->a, m) || term_holds(s, t->b, m);
    default:
        if (t->op == OP_HAS && span_is(t->name, m->codec->name))
            return true;
        each(&x.v, m, t->name);
        return x.holds;
    }
}

bool select_holds(const struct select *s, const struct engine_message *m)
{
    return term_holds(s, s->n - 1, m);
}
