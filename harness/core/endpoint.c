/* harness/core/endpoint.c - output queues, chance, and deviations. */
#include "harness/core/endpoint.h"

const char *close_name(enum close_why why)
{
    static const char *const names[] = {"done",    "reset", "refused", "timeout",     "tls",
                                        "resolve", "quota", "local",   "unreachable", "protocol"};
    return names[why];
}

struct output *out_put(struct outq *q, enum out_kind kind, flow_id flow)
{
    if (q->n == q->cap)
        q->full = true;
    struct output *o = &q->v[q->full ? q->cap : q->n++]; /* v has one more than cap: the scratch */
    *o = (struct output){.kind = kind, .flow = flow};
    return o;
}

struct output *out_open(struct outq *q, flow_id flow, const char *stack, bool listen,
                        const struct addr *local)
{
    struct output *o = out_put(q, OUT_OPEN, flow);

    o->open.stack = stack;
    o->open.listen = listen;
    o->open.local = *local;
    return o;
}

struct output *out_send(struct outq *q, flow_id flow, struct span data, const struct pkt *pkt)
{
    struct output *o = out_put(q, OUT_SEND, flow);
    struct span *slice = arena_take(&q->mem, sizeof *slice);
    if (!slice) {
        q->full = true;
        return o;
    }
    *slice = arena_copy(&q->mem, data);
    q->full |= q->mem.full;
    o->data = slice;
    o->n_data = 1;
    if (pkt)
        o->pkt = *pkt;
    return o;
}

void *out_event(struct outq *q, const char *name, const struct desc *desc, uint32_t token)
{
    void *rec = arena_take(&q->mem, desc->size);
    struct output *o = out_put(q, OUT_EVENT, 0);
    o->name = name;
    o->desc = desc;
    o->rec = rec;
    o->token = token;
    q->full |= !rec;
    return rec;
}

/* ---- chance ---- */

static uint64_t rotl(uint64_t x, unsigned k)
{
    return x << k | x >> (64 - k);
}

uint64_t rng_next(uint64_t rng[2])
{
    uint64_t a = rng[0], b = rng[1], out = a + b;
    b ^= a;
    rng[0] = rotl(a, 24) ^ b ^ b << 16;
    rng[1] = rotl(b, 37);
    return out;
}

void rng_seed(uint64_t rng[2], uint64_t seed)
{
    for (int i = 0; i < 2; i++) {
        uint64_t z = seed += 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        rng[i] = z ^ z >> 31;
    }
}

void rng_fill(uint64_t rng[2], uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i += 8) {
        uint64_t v = rng_next(rng);
        memcpy(p + i, &v, n - i < 8 ? n - i : 8);
    }
}

/* ---- deviations ---- */

static bool bit(const uint64_t *words, size_t i)
{
    return words[i / 64] >> i % 64 & 1;
}

bool env_deviate(struct env *env, bool variant, const char *name, bool on)
{
    const struct deviation *rows = variant ? env->cls->variants : env->cls->faults;
    size_t n = variant ? env->cls->n_variants : env->cls->n_faults;
    uint64_t *words = variant ? env->variants : env->faults;

    for (size_t i = 0; i < n && i < DEV_WORDS * 64; i++) {
        if (strcmp(rows[i].name, name) != 0)
            continue;
        if (on)
            words[i / 64] |= UINT64_C(1) << i % 64;
        else
            words[i / 64] &= ~(UINT64_C(1) << i % 64);
        return true;
    }
    return false;
}

struct active { /* walks the rows that are on, faults first */
    const struct env *env;
    size_t i;
};

static const struct deviation *next_active(struct active *a)
{
    const struct endpoint_class *c = a->env->cls;
    while (a->i < c->n_faults + c->n_variants) {
        size_t i = a->i++;
        if (i < c->n_faults ? bit(a->env->faults, i) : bit(a->env->variants, i - c->n_faults))
            return i < c->n_faults ? &c->faults[i] : &c->variants[i - c->n_faults];
    }
    return NULL;
}

bool env_any(const struct env *env)
{
    uint64_t any = 0;
    for (size_t i = 0; i < DEV_WORDS; i++)
        any |= env->faults[i] | env->variants[i];
    return any != 0;
}

static void count(const struct env *env)
{
    if (env->applied)
        ++*env->applied;
}

bool env_flag(const struct env *env, const char *name)
{
    struct active a = {env, 0};
    const struct deviation *d;

    if (!env_any(env))
        return false;
    while ((d = next_active(&a)) != NULL)
        if (d->op == DEV_FLAG && strcmp(d->name, name) == 0) {
            count(env);
            return true;
        }
    return false;
}

/* "success" is at "success/binding" and at "success", not at "successive". */
static bool is_at(const char *row, const char *where)
{
    size_t n = strlen(row);
    return strncmp(row, where, n) == 0 && (where[n] == '\0' || where[n] == '/');
}

struct deviated env_apply(const struct env *env, const char *where, struct draft *dr)
{
    struct deviated out = {0};
    struct active a = {env, 0};
    const struct deviation *d;
    uint64_t us;

    if (!env_any(env))
        return out;
    while ((d = next_active(&a)) != NULL) {
        if (d->op == DEV_FLAG || !is_at(d->where, where))
            continue;
        if (d->op == DEV_SILENT)
            out.silent = true;
        else if (d->op == DEV_REPEAT)
            out.repeat = true;
        else if (d->op == DEV_DELAY && span_uint(span_of(d->value), &us))
            out.delay_us += us;
        else if (d->op <= DEV_ADD)
            out.edits += draft_edit(dr, (enum draft_op)d->op, d->field, d->value);
    }
    if (out.silent || out.repeat || out.delay_us || out.edits)
        count(env);
    return out;
}

uint64_t env_timer(const struct env *env, const char *where, uint64_t value)
{
    struct active a = {env, 0};
    const struct deviation *d;
    uint64_t percent;

    if (env_any(env))
        while ((d = next_active(&a)) != NULL)
            if (d->op == DEV_SCALE && is_at(d->where, where) &&
                span_uint(span_of(d->value), &percent)) {
                value = value * percent / 100;
                count(env);
            }
    return value;
}

/* ---- options of layers ---- */

struct val flow_option(const struct flow_spec *spec, const char *name)
{
    const struct field *f = spec->desc && spec->options ? field_find(spec->desc, name) : NULL;

    if (f)
        return val_of(f, spec->options);
    f = spec->party_desc && spec->party_options ? field_find(spec->party_desc, name) : NULL;
    return f ? val_of(f, spec->party_options) : (struct val){.absent = true};
}

bool flow_option_on(const struct flow_spec *spec, const char *name)
{
    return flow_option(spec, name).u != 0;
}

struct span flow_option_text(const struct flow_spec *spec, const char *name)
{
    return flow_option(spec, name).s;
}
