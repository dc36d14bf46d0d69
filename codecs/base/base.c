/* codecs/base/base.c - the parts of base.h that are too long to stand inline. */
#include "codecs/base/base.h"
#include "codecs/base/word.h"

/* The length of the well-formed UTF-8 character at the front of `s`, RFC 3629 section 4; 0: none. */
static size_t utf8_char(struct span s)
{
    uint8_t c = s.p[0], lo = 0x80, hi = 0xbf;
    size_t n;

    if (c < 0x80)
        return 1;
    if (c < 0xc2 || c > 0xf4)
        return 0;
    n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (c == 0xe0)
        lo = 0xa0;
    if (c == 0xed)
        hi = 0x9f;
    if (c == 0xf0)
        lo = 0x90;
    if (c == 0xf4)
        hi = 0x8f;
    if (s.n < n || s.p[1] < lo || s.p[1] > hi)
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((s.p[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

/* How many octets at the front of `s` are ASCII, eight at a time. */
static size_t ascii_run(struct span s)
{
    size_t i = 0;
    for (uint64_t v; s.n - i >= 8; i += 8) {
        memcpy(&v, s.p + i, 8);
        if (v & word_each(0x80))
            break;
    }
    while (i < s.n && s.p[i] < 0x80)
        i++;
    return i;
}

bool span_utf8(struct span s)
{
    for (size_t i = ascii_run(s); i < s.n;) {
        size_t n = utf8_char(span_cut(s, i, s.n));
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

size_t span_utf8_len(struct span s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.n; count++) {
        size_t n = utf8_char(span_cut(s, i, s.n));
        i += n ? n : 1;
    }
    return count;
}

bool span_eq_ct(struct span a, struct span b)
{
    uint64_t diff = 0, x, y;
    size_t i = 0;

    if (a.n != b.n)
        return false;
    for (; i + 8 <= a.n; i += 8) {
        memcpy(&x, a.p + i, 8);
        memcpy(&y, b.p + i, 8);
        diff |= x ^ y;
    }
    for (; i < a.n; i++)
        diff |= (uint64_t)(a.p[i] ^ b.p[i]);
    return diff == 0;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool span_uint(struct span s, uint64_t *out)
{
    unsigned base = 10;
    uint64_t v = 0;

    if (s.n > 2 && s.p[0] == '0' && (s.p[1] | 0x20) == 'x') {
        base = 16;
        s = span_cut(s, 2, s.n);
    }
    if (s.n == 0)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        int d = hex_digit(s.p[i]);
        if (d < 0 || (unsigned)d >= base || v > (UINT64_MAX - (unsigned)d) / base)
            return false;
        v = v * base + (unsigned)d;
    }
    *out = v;
    return true;
}

void wr_text(struct wr *w, const char *s)
{
    wr_put(w, span_of(s));
}

/* How many decimal digits `v` has: as many as its bits make likely, or one more. */
static unsigned decimals(uint64_t v)
{
    static const uint64_t power[] = {
        0,
        10,
        100,
        1000,
        10000,
        100000,
        1000000,
        10000000,
        100000000,
        1000000000,
        10000000000,
        100000000000,
        1000000000000,
        10000000000000,
        100000000000000,
        1000000000000000,
        10000000000000000,
        100000000000000000,
        1000000000000000000,
        10000000000000000000u,
    };
    unsigned bits = 64 - (unsigned)__builtin_clzll(v | 1);
    unsigned less = bits * 1233 >> 12; /* 1233 / 4096 is the logarithm of 2 to the base 10 */
    return less + (v >= power[less]);
}

void wr_dec(struct wr *w, uint64_t v)
{
    static const char pairs[] =
        "00010203040506070809101112131415161718192021222324252627282930313233"
        "34353637383940414243444546474849505152535455565758596061626364656667"
        "6869707172737475767778798081828384858687888990919293949596979899";
    unsigned n = decimals(v);

    if (w->full || w->cap - w->n < n) {
        w->full = true;
        return;
    }
    w->n += n;
    uint8_t *end = w->p + w->n;
    for (; n > 1; n -= 2, v /= 100)
        memcpy(end -= 2, pairs + v % 100 * 2, 2);
    if (n)
        end[-1] = (uint8_t)('0' + v);
}

void wr_hex(struct wr *w, uint64_t v, unsigned digits)
{
    while (digits-- > 0)
        wr_u8(w, (uint8_t) "0123456789abcdef"[v >> digits * 4 & 15]);
}

/* The digits of HEX_STEP octets: loops of a fixed length, which compilers make vectors of. */
enum { HEX_STEP = 16 };
static inline void hex_step(uint8_t *to, const uint8_t *p)
{
    uint8_t digit[2 * HEX_STEP];

    for (size_t i = 0; i < HEX_STEP; i++) {
        digit[2 * i] = p[i] >> 4;
        digit[2 * i + 1] = p[i] & 15;
    }
    for (size_t i = 0; i < sizeof digit; i++)
        to[i] = (uint8_t)(digit[i] + (digit[i] > 9 ? 'a' - 10 : '0'));
}

void wr_hex_octets(struct wr *w, struct span s)
{
    size_t i = 0;

    if (!w->full && (w->cap - w->n) / 2 >= s.n) /* it fits: no asking at each digit */
        for (; s.n - i >= HEX_STEP; i += HEX_STEP, w->n += sizeof(uint8_t[2 * HEX_STEP]))
            hex_step(w->p + w->n, s.p + i);
    for (; i < s.n; i++)
        wr_hex(w, s.p[i], 2);
}

/* Whether eight octets all stand for themselves in a JSON string; may say no of some that do. */
static inline bool plain8(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, 8);
    uint64_t odd =
        word_below(v, 0x20) | word_holds(v, '"') | word_holds(v, '\\') | word_holds(v, 0x7f);
    return ((odd | v) & word_each(0x80)) == 0;
}

/* How many octets from `at` on stand for themselves in a JSON string. */
static size_t plain_run(struct span s, size_t at)
{
    size_t i = at;
    while (s.n - i >= 8 && plain8(s.p + i))
        i += 8;
    while (i < s.n && s.p[i] >= 0x20 && s.p[i] < 0x7f && s.p[i] != '"' && s.p[i] != '\\')
        i++;
    return i - at;
}

void wr_json_key(struct wr *w, const char *key)
{
    size_t at = w->n, room = w->full ? 0 : w->cap - at;
    bool comma = at && w->p[at - 1] != '{';

    if (room > comma + (size_t)2) {
        uint8_t *p = w->p + at, *last = w->p + w->cap - 2; /* what follows the key fits behind it */
        if (comma)
            *p++ = ',';
        *p++ = '"';
        while (*key && p < last)
            *p++ = (uint8_t)*key++;
        if (*key == '\0') {
            p[0] = '"';
            p[1] = ':';
            w->n = (size_t)(p + 2 - w->p);
            return;
        }
    }
    w->full = true;
}

void wr_json_text(struct wr *w, struct span s)
{
    if (!w->full && w->cap - w->n > s.n + 1 && plain_run(s, 0) == s.n) { /* most are */
        uint8_t *p = w->p + w->n;
        w->n += s.n + 2;
        *p++ = '"';
        if (s.n)
            memcpy(p, s.p, s.n);
        p[s.n] = '"';
        return;
    }
    wr_u8(w, '"');
    for (size_t i = 0, n; i < s.n; i += n) {
        uint8_t c = s.p[i];
        n = plain_run(s, i);
        if (n) {
            wr_put(w, span_cut(s, i, i + n));
            continue;
        }
        n = utf8_char(span_cut(s, i, s.n));
        if (n == 0) {
            wr_text(w, "\xef\xbf\xbd");
            n = 1;
        } else if (c == '"' || c == '\\') {
            wr_u8(w, '\\');
            wr_u8(w, c);
        } else if (c == '\n') {
            wr_text(w, "\\n");
        } else if (c < 0x20 || c == 0x7f) {
            wr_text(w, "\\u00");
            wr_hex(w, c, 2);
        } else {
            wr_put(w, span_cut(s, i, i + n));
        }
    }
    wr_u8(w, '"');
}

bool wr_unhex(struct wr *w, struct span hex)
{
    int high = -1;
    for (size_t i = 0; i < hex.n; i++) {
        uint8_t c = hex.p[i];
        int d = hex_digit(c);
        if (d < 0 && high < 0 && (c == ' ' || c == '\n' || c == '\t' || c == '\r'))
            continue;
        if (d < 0)
            return false;
        if (high < 0) {
            high = d;
            continue;
        }
        wr_u8(w, (uint8_t)(high << 4 | d));
        high = -1;
    }
    return high < 0;
}

void clear_octets(void *p, size_t n)
{
    memset(p, 0, n);
}

void *arena_take(struct arena *a, size_t size)
{
    size_t at = arena_aligned(a);
    if (a->full || !a->p || at > a->cap || a->cap - at < size) {
        a->full = true;
        return NULL;
    }
    a->n = at + size;
    return memset(a->p + at, 0, size);
}

void *arena_grow(struct arena *a, struct arena_list *l, size_t size)
{
    size_t used = l->cap * size, at = arena_aligned(a), room = l->cap ? 2 * l->cap : 1;
    bool last = l->p && (uint8_t *)l->p + used == a->p + a->n; /* and arena_push found no room */

    if (a->full || !a->p || last || at > a->cap || a->cap - at < room * size) {
        a->full = true;
        return NULL;
    }
    if (l->p)
        memcpy(a->p + at, l->p, used);
    a->n = at + room * size;
    l->p = a->p + at;
    l->cap = room;
    return (uint8_t *)l->p + size * l->n++;
}

struct span arena_copy(struct arena *a, struct span s)
{
    uint8_t *p = arena_take(a, s.n);
    if (!p)
        return (struct span){0};
    if (s.n)
        memcpy(p, s.p, s.n);
    return (struct span){p, s.n};
}

const char *arena_text(struct arena *a, struct span s)
{
    char *p = arena_take(a, s.n + 1);
    if (p && s.n)
        memcpy(p, s.p, s.n);
    return p;
}

/* Where the next one goes, which is counted; NULL: there is no room for it. */
static struct finding *next_finding(struct findings *fs)
{
    return fs->n++ < fs->cap ? &fs->v[fs->n - 1] : NULL;
}

void finding_add(struct findings *fs, struct finding f)
{
    struct finding *to = next_finding(fs);
    if (!to)
        return;
    f.layer = fs->layer;
    f.off += fs->base;
    *to = f;
}

void rule_broke(struct findings *fs, const struct rule *r, uint64_t off, uint64_t len, uint64_t arg)
{
    struct finding *to = next_finding(fs);
    if (!to)
        return;
    to->clause = r->clause; /* member by member: there is no other one to copy */
    to->what = r->what;
    to->level = r->level;
    to->layer = fs->layer;
    to->off = fs->base + off;
    to->len = len;
    to->arg[0] = arg;
    to->arg[1] = 0;
}

void finding_words(struct wr *w, const struct finding *f)
{
    size_t arg = 0;
    for (const char *s = f->what; *s; s++) {
        if (*s != '%' || arg >= COUNT(f->arg) || !s[1]) {
            wr_u8(w, (uint8_t)*s);
            continue;
        }
        uint64_t v = f->arg[arg++];
        switch (*++s) {
        case 'x':
            wr_text(w, "0x");
            wr_hex(w, v, v > 0xffffffff ? 16 : v > 0xffff ? 8 : 4);
            break;
        case 'c':
            wr_u8(w, '\'');
            wr_u8(w, (uint8_t)v);
            wr_u8(w, '\'');
            break;
        default:
            wr_dec(w, v);
        }
    }
}

const char *level_name(enum level l)
{
    static const char *const names[] = {"MUST", "STMT", "SHOULD", "MAY"};
    return names[l];
}
