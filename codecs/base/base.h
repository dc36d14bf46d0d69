/* codecs/base/base.h - spans, cursors, arenas and findings shared by every codec. */
#ifndef CODECS_BASE_BASE_H
#define CODECS_BASE_BASE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum level { MUST, STMT, SHOULD, MAY }; /* STMT, a statement without key word, is judged as MUST */
enum step { STEP_FAIL = -1, STEP_MORE = 0, STEP_ITEM = 1 };

struct span { /* borrowed octets, not NUL-terminated */
    const uint8_t *p;
    size_t n;
};
struct rd { /* bounds-checked reader */
    const uint8_t *p;
    size_t n, pos;
};
struct wr { /* the caller's buffer; once full it stays full */
    uint8_t *p;
    size_t cap, n;
    bool full;
};
struct arena { /* bump allocator over the caller's memory; once full it stays full */
    uint8_t *p;
    size_t cap, n;
    bool full;
};

/* Whether AddressSanitizer is compiled in: memory of its own for each thing shows what reads past one. */
#if defined(__SANITIZE_ADDRESS__)
#define ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER 1
#endif
#endif
#ifndef ADDRESS_SANITIZER
#define ADDRESS_SANITIZER 0
#endif

#define COUNT(a) (sizeof(a) / sizeof *(a))
/* A function that is seldom called: its code, and that which leads to it, stands apart from what runs for each
 * message, which is more than a CPU keeps next to it otherwise. */
#define SELDOM __attribute__((cold, noinline))
/* What is so, or is not so, nearly always: the code of that stands in one piece, without jumps. */
#define OFTEN(is) __builtin_expect(!!(is), 1)
#define RARELY(is) __builtin_expect(!!(is), 0)
#define SPAN(lit)                                                                                  \
    {                                                                                              \
        (const uint8_t *)(lit), sizeof(lit) - 1                                                    \
    }

/* A violation seen in octets. All strings are static; `what` may hold up to two conversions,
 * %u (decimal), %x (0x and at least four hex digits) or %c (the quoted character), which take
 * arg[0] and arg[1] in order. Offset and length in octets, counted from the start of the message. */
struct finding {
    const char *clause, *what;
    enum level level;
    const char *layer; /* path of layers, such as "udp/stun"; static or as long as the findings */
    uint64_t off, len;
    uint64_t arg[2];
};
struct findings { /* n counts all, v keeps the first cap; all zero only counts */
    struct finding *v;
    size_t n, cap;
    const char *layer; /* given to each finding that is added */
    uint64_t base;     /* added to each offset: where the codec's input starts in the message */
};

/* ---- spans ---- */

/* The octets of `s` from `from` to `to`, both clamped to the end of `s`. */
static inline struct span span_cut(struct span s, size_t from, size_t to)
{
    if (to > s.n)
        to = s.n;
    if (from > to)
        from = to;
    return (struct span){from ? s.p + from : s.p, to - from};
}
/* The octets of a NUL-terminated string, without the NUL; NULL gives the empty span. */
static inline struct span span_of(const char *s)
{
    return (struct span){(const uint8_t *)s, s ? strlen(s) : 0};
}
static inline bool span_eq(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
static inline bool span_is(struct span a, const char *s)
{
    return span_eq(a, span_of(s));
}
/* Whether `s` is well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, up to U+10FFFF). */
bool span_utf8(struct span s);
/* The number of characters in UTF-8 text; octets that do not fit count as one each. */
size_t span_utf8_len(struct span s);
/* Compare in a time that depends on the lengths only. */
bool span_eq_ct(struct span a, struct span b);
/* Read an unsigned number, decimal or 0x hexadecimal, of the whole of `s`; false: it is none. */
bool span_uint(struct span s, uint64_t *out);

/* ---- reader: each call returns false, and moves nothing, where too little is left ---- */

static inline struct rd rd_of(struct span s)
{
    return (struct rd){s.p, s.n, 0};
}
static inline size_t rd_left(const struct rd *r)
{
    return r->n - r->pos;
}
static inline uint16_t get_u16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}
static inline uint32_t get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}
static inline uint64_t get_u64(const uint8_t *p)
{
    return (uint64_t)get_u32(p) << 32 | get_u32(p + 4);
}
/* FNV-1a, 32 bits: begin with FNV_START, or with what came before. Whoever chooses the octets can make any two
 * alike. */
#define FNV_START 2166136261u
static inline uint32_t fnv32(uint32_t h, struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        h = (h ^ s.p[i]) * 16777619u;
    return h;
}
static inline bool rd_u8(struct rd *r, uint8_t *out)
{
    if (rd_left(r) < 1)
        return false;
    *out = r->p[r->pos++];
    return true;
}
static inline bool rd_u16(struct rd *r, uint16_t *out)
{
    if (rd_left(r) < 2)
        return false;
    *out = get_u16(r->p + r->pos);
    r->pos += 2;
    return true;
}
static inline bool rd_u32(struct rd *r, uint32_t *out)
{
    if (rd_left(r) < 4)
        return false;
    *out = get_u32(r->p + r->pos);
    r->pos += 4;
    return true;
}
static inline bool rd_take(struct rd *r, size_t n, struct span *out)
{
    if (rd_left(r) < n)
        return false;
    *out = (struct span){r->pos ? r->p + r->pos : r->p, n};
    r->pos += n;
    return true;
}

/* ---- writer: what does not fit sets `full`, and nothing more is written ---- */

static inline void wr_put(struct wr *w, struct span s)
{
    if (w->full || w->cap - w->n < s.n) {
        w->full = true;
        return;
    }
    if (s.n)
        memcpy(w->p + w->n, s.p, s.n);
    w->n += s.n;
}
static inline void wr_u8(struct wr *w, uint8_t v)
{
    wr_put(w, (struct span){&v, 1});
}
static inline void wr_u16(struct wr *w, uint16_t v)
{
    uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};
    wr_put(w, (struct span){b, 2});
}
static inline void wr_u32(struct wr *w, uint32_t v)
{
    uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v};
    wr_put(w, (struct span){b, 4});
}
static inline void wr_u64(struct wr *w, uint64_t v)
{
    wr_u32(w, (uint32_t)(v >> 32));
    wr_u32(w, (uint32_t)v);
}
static inline void put_u16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}
static inline void put_u32(uint8_t *p, uint32_t v)
{
    put_u16(p, (uint16_t)(v >> 16));
    put_u16(p + 2, (uint16_t)v);
}
static inline struct span wr_span(const struct wr *w)
{
    return (struct span){w->p, w->n};
}
/* Text: a NUL-terminated string, a decimal number, `digits` hexadecimal ones, octets in hex. */
void wr_text(struct wr *w, const char *s);
void wr_dec(struct wr *w, uint64_t v);
void wr_hex(struct wr *w, uint64_t v, unsigned digits);
void wr_hex_octets(struct wr *w, struct span s);
/* A JSON string with its quotes; octets that are no UTF-8 come out as U+FFFD. */
void wr_json_text(struct wr *w, struct span s);
/* "key": of a member of a JSON object, with a comma before it unless the object was just opened. The
 * key is written as it is. */
void wr_json_key(struct wr *w, const char *key);
/* Read hexadecimal digits, white space between octets allowed, into `w`; false: not hexadecimal. */
bool wr_unhex(struct wr *w, struct span hex);

/* Zero `n` octets by the C library: what GCC writes in the place of memset for a struct of some hundred octets takes
 * longer to begin than all of it. */
void clear_octets(void *p, size_t n);

/* ---- arena ---- */

static inline struct arena arena_of(void *p, size_t cap)
{
    return (struct arena){(uint8_t *)p, cap, 0, false};
}
/* Where the next thing goes that is aligned to 16. */
static inline size_t arena_aligned(const struct arena *a)
{
    return a->n + (-((uintptr_t)a->p + a->n) & 15);
}
/* `size` zeroed octets, aligned to 16; NULL, and `full` set, where they do not fit. */
void *arena_take(struct arena *a, size_t size);
/* The same, not zeroed, for what is written whole at once. */
static inline void *arena_new(struct arena *a, size_t size)
{
    size_t at = arena_aligned(a);

    if (a->full || !a->p || at > a->cap || a->cap - at < size) {
        a->full = true;
        return NULL;
    }
    a->n = at + size;
    return a->p + at;
}
/* An array that grows in an arena; all zero is empty. Its items move when something else was taken meanwhile. */
struct arena_list {
    void *p;
    size_t n, cap; /* items; room for */
};
/* Room for twice the items, or one more in place; NULL where it does not fit. For arena_push. */
void *arena_grow(struct arena *a, struct arena_list *l, size_t size);
/* Room for one item more of `size` octets, a multiple of 8, the same for each; it is not zeroed. NULL, and
 * `full` set, where it does not fit; the list keeps what it has. All pushes together cost linear time. */
static inline void *arena_push(struct arena *a, struct arena_list *l, size_t size)
{
    if (l->n == l->cap) {
        /* nothing was taken since: it grows where it is */
        if (!l->p || (uint8_t *)l->p + size * l->cap != a->p + a->n || a->full ||
            a->cap - a->n < size)
            return arena_grow(a, l, size);
        a->n += size;
        l->cap++;
    }
    return (uint8_t *)l->p + size * l->n++;
}
/* A run of items that nothing else is taken between: where they begin, and how many of `size` octets there is room for.
 * Nothing is taken until arena_run_end tells how many there are. */
struct arena_run {
    void *p;
    size_t room;
};
static inline struct arena_run arena_run(const struct arena *a, size_t size)
{
    size_t at = arena_aligned(a);

    if (a->full || !a->p || at > a->cap)
        return (struct arena_run){NULL, 0};
    return (struct arena_run){a->p + at, (a->cap - at) / size};
}
static inline void arena_run_end(struct arena *a, struct arena_run r, size_t n, size_t size)
{
    if (n)
        a->n = (size_t)((uint8_t *)r.p - a->p) + n * size;
}
/* A copy of `s` in the arena; the empty span, and `full` set, where it does not fit. */
struct span arena_copy(struct arena *a, struct span s);
/* A NUL-terminated copy; NULL, and `full` set, where it does not fit. */
const char *arena_text(struct arena *a, struct span s);

/* ---- findings ---- */

/* Count a finding; keep it, with the layer and the base of `fs`, where there is room. */
SELDOM void finding_add(struct findings *fs, struct finding f);
/* A row in a codec's table of rules; all strings are static. */
struct rule {
    const char *clause, *what; /* as in a finding */
    enum level level;
};
/* Say that a rule is broken; `arg` is the first argument of its words. */
SELDOM void rule_broke(struct findings *fs, const struct rule *r, uint64_t off, uint64_t len,
                       uint64_t arg);
/* Words of bits, one a rule, in which a codec keeps what it has said of a message. */
#define RULE_WORDS(rules) (((rules) + 63) / 64)
/* Whether a rule is to be said: true once for each, whose bit is then set. */
static inline bool rule_first(uint64_t *said, size_t rule)
{
    uint64_t bit = UINT64_C(1) << rule % 64, was = said[rule / 64];
    said[rule / 64] = was | bit;
    return !(was & bit);
}
/* The words of `f` with its arguments filled in. */
void finding_words(struct wr *w, const struct finding *f);
/* "MUST", "STMT", "SHOULD" or "MAY". */
const char *level_name(enum level l);
/* Whether breaking a rule of this level makes a message invalid. */
static inline bool level_strict(enum level l)
{
    return l == MUST || l == STMT;
}
/* The findings kept, at most `cap`. */
static inline size_t findings_kept(const struct findings *fs)
{
    return fs->n < fs->cap ? fs->n : fs->cap;
}
#endif
