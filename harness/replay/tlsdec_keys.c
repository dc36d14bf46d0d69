/* harness/replay/tlsdec_keys.c - key logs, and the secrets in them by client random. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "harness/replay/tlsdec_impl.h"

#define NONE UINT32_MAX
enum { FIRST = 64 };

static const struct {
    const char *label;
    enum tlskeys_label kind;
} labels[] = {
    {"CLIENT_RANDOM", KEY_MASTER},
    {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", KEY_HANDSHAKE},
    {"SERVER_HANDSHAKE_TRAFFIC_SECRET", KEY_HANDSHAKE + 1},
    {"CLIENT_TRAFFIC_SECRET_0", KEY_TRAFFIC},
    {"SERVER_TRAFFIC_SECRET_0", KEY_TRAFFIC + 1},
};

struct entry {
    uint8_t random[TLSDEC_RANDOM];
    uint32_t next; /* of the same bucket */
    struct tlskeys_secret secrets[KEY_LABELS];
};
struct tlskeys {
    pthread_mutex_t lock;
    struct entry *v;
    uint32_t *buckets; /* twice as many as there is room for entries */
    size_t n, cap, limit, oldest;
    struct tlskeys_counts counts;
    _Atomic uint64_t serial;
    _Atomic size_t held;
};

struct tlskeys *tlskeys_new(size_t limit)
{
    struct tlskeys *k = calloc(1, sizeof *k);

    if (!k)
        return NULL;
    k->limit = limit ? limit : TLSKEYS_MAX;
    pthread_mutex_init(&k->lock, NULL);
    return k;
}

void tlskeys_free(struct tlskeys *k)
{
    if (!k)
        return;
    pthread_mutex_destroy(&k->lock);
    free(k->v);
    free(k->buckets);
    free(k);
}

/* Randoms are random, though whoever makes a capture may choose them: chains get long, no more. */
static uint32_t *bucket(const struct tlskeys *k, const uint8_t *random)
{
    return &k->buckets[(get_u64(random) ^ get_u64(random + 24)) % (k->cap * 2)];
}

static struct entry *find(const struct tlskeys *k, const uint8_t *random)
{
    if (!k->n)
        return NULL;
    for (uint32_t i = *bucket(k, random); i != NONE; i = k->v[i].next)
        if (memcmp(k->v[i].random, random, TLSDEC_RANDOM) == 0)
            return &k->v[i];
    return NULL;
}

static void link_in(struct tlskeys *k, uint32_t i)
{
    uint32_t *b = bucket(k, k->v[i].random);
    k->v[i].next = *b;
    *b = i;
}

/* Room for one entry more; false: no memory. */
static bool grow(struct tlskeys *k)
{
    if (k->n < k->cap)
        return true;
    size_t cap = k->cap ? k->cap * 2 : FIRST;
    cap = cap < k->limit ? cap : k->limit;
    struct entry *v = realloc(k->v, cap * sizeof *v);
    if (!v)
        return false;
    k->v = v;
    uint32_t *buckets = malloc(cap * 2 * sizeof *buckets);
    if (!buckets)
        return false;
    free(k->buckets);
    k->buckets = buckets;
    k->cap = cap;
    for (size_t i = 0; i < cap * 2; i++)
        buckets[i] = NONE;
    for (size_t i = 0; i < k->n; i++)
        link_in(k, (uint32_t)i);
    return true;
}

static struct entry *make(struct tlskeys *k, const uint8_t *random)
{
    size_t i = k->n;

    if (k->n == k->limit) { /* the oldest gives way */
        i = k->oldest;
        k->oldest = (k->oldest + 1) % k->limit;
        uint32_t *at = bucket(k, k->v[i].random);
        while (*at != i)
            at = &k->v[*at].next;
        *at = k->v[i].next;
        k->counts.evicted++;
    } else if (grow(k)) {
        k->n++;
    } else {
        return NULL;
    }
    memset(&k->v[i], 0, sizeof k->v[i]);
    memcpy(k->v[i].random, random, TLSDEC_RANDOM);
    link_in(k, (uint32_t)i);
    return &k->v[i];
}

/* The next word of a line. */
static struct span word(struct span *line)
{
    size_t n = 0;
    while (n < line->n && line->p[n] != ' ')
        n++;
    struct span w = span_cut(*line, 0, n);
    *line = span_cut(*line, n + 1, line->n);
    return w;
}

static bool unhex(struct span text, uint8_t *out, size_t cap, size_t *n)
{
    struct wr w = {.p = out, .cap = cap};
    if (text.n % 2 || !wr_unhex(&w, text) || w.full)
        return false;
    *n = w.n;
    return true;
}

static void take(struct tlskeys *k, struct span line, uint32_t frame)
{
    struct tlskeys_secret secret = {.frame = frame};
    uint8_t random[TLSDEC_RANDOM];
    size_t n, i = 0;

    k->counts.lines++;
    if (line.n && line.p[line.n - 1] == '\r')
        line.n--;
    if (line.n == 0 || line.p[0] == '#') {
        k->counts.passed_over++;
        return;
    }
    struct span label = word(&line), client = word(&line), octets = word(&line);
    while (i < COUNT(labels) && !span_is(label, labels[i].label))
        i++;
    if (i == COUNT(labels) && octets.n) { /* of no use here, or of a kind that is not known */
        k->counts.passed_over++;
        return;
    }
    if (i == COUNT(labels) || line.n || !unhex(client, random, sizeof random, &n) ||
        n != sizeof random || !unhex(octets, secret.octets, sizeof secret.octets, &n) ||
        (n != TLSDEC_SECRET && (n != 32 || labels[i].kind == KEY_MASTER))) {
        k->counts.bad++;
        return;
    }
    struct entry *e = find(k, random);
    if (!e && !(e = make(k, random)))
        return;
    secret.n = (uint8_t)n;
    if (!e->secrets[labels[i].kind].n)
        e->secrets[labels[i].kind] = secret;
    k->counts.secrets++;
}

void tlskeys_add(struct tlskeys *k, struct span text, uint32_t frame)
{
    pthread_mutex_lock(&k->lock);
    while (text.n) {
        const uint8_t *end = memchr(text.p, '\n', text.n);
        size_t n = end ? (size_t)(end - text.p) : text.n;
        if (n > TLSKEYS_LINE_MAX) {
            k->counts.lines++;
            k->counts.bad++;
        } else {
            take(k, span_cut(text, 0, n), frame);
        }
        text = span_cut(text, n + 1, text.n);
    }
    pthread_mutex_unlock(&k->lock);
    atomic_fetch_add(&k->serial, 1);
}

void tlskeys_counts(struct tlskeys *k, struct tlskeys_counts *c)
{
    pthread_mutex_lock(&k->lock);
    *c = k->counts;
    pthread_mutex_unlock(&k->lock);
}

bool tlskeys_find(struct tlskeys *k, const uint8_t random[TLSDEC_RANDOM], enum tlskeys_label label,
                  uint32_t frame, struct tlskeys_secret *out)
{
    bool found = false;

    pthread_mutex_lock(&k->lock);
    const struct entry *e = find(k, random);
    if (e && e->secrets[label].n && e->secrets[label].frame <= frame) {
        *out = e->secrets[label];
        found = true;
    }
    pthread_mutex_unlock(&k->lock);
    return found;
}

bool tlskeys_has(struct tlskeys *k, const uint8_t *client_random, uint32_t frame)
{
    struct tlskeys_secret secret;

    for (enum tlskeys_label label = KEY_MASTER; label < KEY_LABELS; label++)
        if (tlskeys_find(k, client_random, label, frame, &secret))
            return true;
    return false;
}

uint64_t tlskeys_serial(struct tlskeys *k)
{
    return atomic_load(&k->serial);
}

bool tlskeys_hold(struct tlskeys *k, size_t n)
{
    if (atomic_fetch_add(&k->held, n) + n <= TLSKEYS_HELD_MAX)
        return true;
    tlskeys_unhold(k, n);
    return false;
}

void tlskeys_unhold(struct tlskeys *k, size_t n)
{
    atomic_fetch_sub(&k->held, n);
}
