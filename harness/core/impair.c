/* harness/core/impair.c - the decisions of a bad network, and the words that describe one. */
#include "harness/core/impair.h"
#include <stdio.h>

enum { REORDER_US = 10000 };

/* ---- decisions ---- */

void impair_init(struct impair *im, const struct impair_spec *spec, uint64_t seed)
{
    *im = (struct impair){.spec = *spec};
    rng_seed(im->rng, seed);
}

static bool chance(struct impair *im, uint32_t ppm)
{
    return ppm && rng_next(im->rng) % IMPAIR_PPM < ppm;
}

static bool in_drops(const struct impair *im)
{
    for (size_t i = 0; i < IMPAIR_DROPS && im->spec.drops[i].from; i++)
        if (im->number >= im->spec.drops[i].from && im->number <= im->spec.drops[i].to)
            return true;
    return false;
}

static bool in_burst(struct impair *im)
{
    if (!im->spec.burst_enter_ppm)
        return false;
    uint32_t turn = im->burst ? im->spec.burst_leave_ppm : im->spec.burst_enter_ppm;
    if (chance(im, turn))
        im->burst = !im->burst;
    return im->burst;
}

static uint64_t bits_us(const struct impair *im, uint64_t octets)
{
    return octets * 8 * 1000000 / im->spec.rate_bps;
}

/* The line sends one after the other; false: too much waits for it. */
static bool through_line(struct impair *im, uint64_t *at_us, size_t n, bool bounded)
{
    uint64_t queue = im->spec.queue ? im->spec.queue : IMPAIR_QUEUE;

    if (!im->spec.rate_bps)
        return true;
    uint64_t start = im->free_us > *at_us ? im->free_us : *at_us;
    if (bounded && start - *at_us > bits_us(im, queue))
        return false;
    *at_us = im->free_us = start + bits_us(im, n);
    return true;
}

static uint64_t delayed(struct impair *im, uint64_t at_us)
{
    at_us += im->spec.delay_us;
    if (im->spec.jitter_us)
        at_us += rng_next(im->rng) % (im->spec.jitter_us + 1);
    return at_us;
}

struct impair_fate impair_datagram(struct impair *im, uint64_t now_us, size_t n, size_t packet)
{
    struct impair_fate f = {.loss = IMPAIR_KEPT};
    const struct impair_spec *s = &im->spec;
    bool burst = in_burst(im);

    im->number++;
    if (in_drops(im))
        f.loss = IMPAIR_DROPPED;
    else if (s->mtu && packet > s->mtu)
        f.loss = IMPAIR_TOO_LARGE;
    else if (burst || chance(im, s->loss_ppm))
        f.loss = IMPAIR_LOST;
    else if (!through_line(im, &now_us, n, true))
        f.loss = IMPAIR_QUEUE_FULL;
    if (f.loss != IMPAIR_KEPT) {
        im->disturbed++;
        return f;
    }
    f.at_us[0] = delayed(im, now_us);
    f.reordered = chance(im, s->reorder_ppm);
    if (f.reordered)
        f.at_us[0] += s->reorder_us ? s->reorder_us : REORDER_US;
    f.corrupted = n && chance(im, s->corrupt_ppm);
    if (f.corrupted)
        f.bit = rng_next(im->rng) % (n * 8);
    f.doubled = chance(im, s->duplicate_ppm);
    f.at_us[1] = f.at_us[0] + 1;
    im->disturbed += f.reordered || f.corrupted || f.doubled;
    return f;
}

uint64_t impair_stream(struct impair *im, uint64_t now_us, size_t n)
{
    uint64_t at = now_us;

    through_line(im, &at, n, false);
    at = delayed(im, at);
    if (at > im->last_us)
        im->last_us = at;
    return im->last_us;
}

void impair_corrupt(const struct impair_fate *fate, uint8_t *p, size_t n)
{
    if (fate->corrupted && fate->bit / 8 < n)
        p[fate->bit / 8] ^= (uint8_t)(0x80 >> fate->bit % 8);
}

/* ---- words ---- */

struct reader {
    struct span text;
    size_t at;
    struct impair_error *e;
};
struct unit {
    const char *name;
    uint64_t worth;
};

static bool wrong(struct reader *r, const char *what)
{
    snprintf(r->e->why, sizeof r->e->why, "%s, at character %zu of '%.*s'", what, r->at + 1,
             (int)(r->text.n < 60 ? r->text.n : 60), (const char *)r->text.p);
    return false;
}

static bool next_is(struct reader *r, char c)
{
    if (r->at >= r->text.n || r->text.p[r->at] != (uint8_t)c)
        return false;
    r->at++;
    return true;
}

/* A number with up to six decimals, in millionths. */
static bool read_number(struct reader *r, uint64_t *millionths)
{
    uint64_t v = 0, scale = 1000000;
    size_t from = r->at;
    bool point = false;

    for (; r->at < r->text.n; r->at++) {
        uint8_t c = r->text.p[r->at];
        if (c == '.' && !point && r->at > from) {
            point = true;
        } else if (c >= '0' && c <= '9') {
            if (v > UINT64_C(1000000000000) || (point && scale == 1))
                return wrong(r, "a number with too many digits");
            v = v * 10 + (uint64_t)(c - '0');
            if (point)
                scale /= 10;
        } else {
            break;
        }
    }
    if (r->at == from)
        return wrong(r, "a number is wanted");
    *millionths = v * scale;
    return true;
}

/* A number and one of the units; the first row without a name is for none. */
static bool read_value(struct reader *r, const struct unit *units, uint64_t max, const char *wanted,
                       uint64_t *value)
{
    uint64_t millionths;
    size_t n = 0;

    if (!read_number(r, &millionths))
        return false;
    while (r->at + n < r->text.n && ((r->text.p[r->at + n] >= 'a' && r->text.p[r->at + n] <= 'z') ||
                                     r->text.p[r->at + n] == '%'))
        n++;
    struct span name = {r->text.p + r->at, n};
    for (; units->name; units++)
        if (span_is(name, units->name))
            break;
    if (!units->name)
        return wrong(r, wanted);
    if (units->worth && millionths / 1000000 > max / units->worth)
        return wrong(r, "a value that is too large");
    *value = units->worth ? millionths * units->worth / 1000000 : 0;
    if (*value > max)
        return wrong(r, "a value that is too large");
    r->at += n;
    return true;
}

static bool read_time(struct reader *r, uint64_t *us)
{
    static const struct unit units[] = {{"us", 1}, {"ms", 1000}, {"s", 1000000}, {NULL, 0}};
    return read_value(r, units, IMPAIR_DELAY_MAX_US, "a time ends in us, ms or s", us);
}

static bool read_chance(struct reader *r, uint32_t *ppm)
{
    static const struct unit units[] = {{"%", 10000}, {"ppm", 1}, {NULL, 0}};
    uint64_t v;

    if (!read_value(r, units, IMPAIR_PPM, "a chance ends in % or ppm", &v))
        return false;
    *ppm = (uint32_t)v;
    return true;
}

static bool read_octets(struct reader *r, uint32_t *octets)
{
    static const struct unit units[] = {{"", 1}, {"k", 1024}, {"m", 1048576}, {NULL, 0}};
    uint64_t v;

    if (!read_value(r, units, 1 << 30, "octets are a number, or one that ends in k or m", &v))
        return false;
    if (!v)
        return wrong(r, "zero octets");
    *octets = (uint32_t)v;
    return true;
}

static bool read_delay(struct reader *r, struct impair_spec *s)
{
    return read_time(r, &s->delay_us) && (!next_is(r, '~') || read_time(r, &s->jitter_us));
}

static bool read_loss(struct reader *r, struct impair_spec *s)
{
    return read_chance(r, &s->loss_ppm);
}

static bool read_burst(struct reader *r, struct impair_spec *s)
{
    return read_chance(r, &s->burst_enter_ppm) &&
           (next_is(r, '/') ? read_chance(r, &s->burst_leave_ppm)
                            : wrong(r, "'/' and the chance to leave a burst are wanted"));
}

static bool read_dup(struct reader *r, struct impair_spec *s)
{
    return read_chance(r, &s->duplicate_ppm);
}

static bool read_reorder(struct reader *r, struct impair_spec *s)
{
    return read_chance(r, &s->reorder_ppm) && (!next_is(r, '/') || read_time(r, &s->reorder_us));
}

static bool read_corrupt(struct reader *r, struct impair_spec *s)
{
    return read_chance(r, &s->corrupt_ppm);
}

static bool read_rate(struct reader *r, struct impair_spec *s)
{
    static const struct unit units[] = {
        {"bit", 1}, {"kbit", 1000}, {"mbit", 1000000}, {"gbit", 1000000000}, {NULL, 0}};

    return read_value(r, units, UINT64_C(1000000000000), "a rate ends in bit, kbit, mbit or gbit",
                      &s->rate_bps) &&
           (s->rate_bps || wrong(r, "a rate of zero"));
}

static bool read_queue(struct reader *r, struct impair_spec *s)
{
    return read_octets(r, &s->queue);
}

static bool read_mtu(struct reader *r, struct impair_spec *s)
{
    return read_octets(r, &s->mtu);
}

static bool read_split(struct reader *r, struct impair_spec *s)
{
    return read_octets(r, &s->segment);
}

static bool read_drop(struct reader *r, struct impair_spec *s)
{
    static const struct unit plain[] = {{"", 1}, {NULL, 0}};
    size_t n = 0;

    do {
        uint64_t from, to;
        if (n == IMPAIR_DROPS)
            return wrong(r, "more numbers to drop than there is room for");
        if (!read_value(r, plain, UINT32_MAX, "a number of a datagram is wanted", &from))
            return false;
        to = from;
        if (next_is(r, '-') &&
            !read_value(r, plain, UINT32_MAX, "a number of a datagram is wanted", &to))
            return false;
        if (!from || to < from)
            return wrong(r, "numbers count from 1, and the first is not above the last");
        s->drops[n].from = from;
        s->drops[n++].to = to;
    } while (next_is(r, '+'));
    return true;
}

static const struct {
    const char *name;
    bool (*read)(struct reader *r, struct impair_spec *s);
} keys[] = {
    {"delay", read_delay}, {"loss", read_loss},       {"burst", read_burst},
    {"dup", read_dup},     {"reorder", read_reorder}, {"corrupt", read_corrupt},
    {"rate", read_rate},   {"queue", read_queue},     {"mtu", read_mtu},
    {"split", read_split}, {"drop", read_drop},
};

static bool read_item(struct reader *r, struct impair_spec *s, uint32_t *seen)
{
    size_t from = r->at, k;

    while (r->at < r->text.n && r->text.p[r->at] != '=' && r->text.p[r->at] != ',')
        r->at++;
    struct span name = span_cut(r->text, from, r->at);
    for (k = 0; k < COUNT(keys) && !span_is(name, keys[k].name); k++)
        ;
    if (k == COUNT(keys) || (*seen >> k & 1)) {
        r->at = from;
        return wrong(r, k == COUNT(keys) ? "no impairment has this name" : "said twice");
    }
    *seen |= 1u << k;
    return next_is(r, '=') ? keys[k].read(r, s) : wrong(r, "'=' is wanted");
}

bool impair_parse(struct span text, struct impair_spec *spec, struct impair_error *e)
{
    struct reader r = {text, 0, e};
    struct impair_spec s = {0};
    uint32_t seen = 0;

    do {
        if (!read_item(&r, &s, &seen))
            return false;
    } while (next_is(&r, ','));
    if (r.at < text.n)
        return wrong(&r, "',' or the end is wanted");
    *spec = s;
    return true;
}
