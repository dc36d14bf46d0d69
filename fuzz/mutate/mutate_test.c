/* fuzz/mutate/mutate_test.c - what the mutator promises: mutants of a valid message that mostly decode, differ,
 * come again with their seed, never exceed their room, and are sealed. */
#include <stdlib.h>
#include "codecs/stun/stun.h"
#include "fuzz/mutate/mutate.h"
#include "fuzz/state/steps.h"
#include "harness/core/test.h"

enum { MUTANTS = 20000, ROOM = 4096 };

/* A signed request with text, an address and FINGERPRINT. */
static size_t message(uint8_t *p, size_t cap)
{
    static const struct span id = SPAN("mutate-tests");
    static const struct addr at = {4, {192, 0, 2, 1}, 32853};
    uint8_t mem[8192];
    struct arena a = arena_of(mem, sizeof mem);
    struct wr w = {p, cap, 0, false};
    struct stun_marks marks;
    struct stun_key k;
    struct draft dr;

    stun_draft(&dr, &a, STUN_REQUEST, STUN_BINDING, id);
    stun_add_bytes(&dr, STUN_USERNAME, span_of("alice"));
    stun_add_bytes(&dr, STUN_REALM, span_of("interop.test"));
    stun_add_addr(&dr, STUN_XOR_MAPPED_ADDRESS, &at);
    stun_add_uint(&dr, STUN_PRIORITY, 1);
    stun_add(&dr, STUN_MESSAGE_INTEGRITY);
    stun_add(&dr, STUN_FINGERPRINT);
    stun_key_init(&k, span_of(MUTATE_SECRET));
    stun_encode(&w, &dr, &marks);
    stun_seal(&w, &marks, &k);
    CU_ASSERT_FALSE(w.full || a.full);
    return w.n;
}

static uint64_t hash_of(const uint8_t *p, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u ^ n;
    for (size_t i = 0; i < n; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return h;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static size_t distinct(uint64_t *v, size_t n)
{
    size_t d = n > 0;
    qsort(v, n, sizeof *v, by_value);
    for (size_t i = 1; i < n; i++)
        d += v[i] != v[i - 1];
    return d;
}

struct tally {
    size_t decode, typed, signed_, good, printed;
};

static void judge(struct span s, struct tally *t)
{
    struct stun_attr attrs[512];
    struct findings fs = {0};
    struct stun_msg m;
    struct stun_key k;

    if (stun_decode(s, &m, attrs, COUNT(attrs), &fs) != STEP_ITEM)
        return;
    t->decode++;
    t->typed += m.rest.n == 0 && m.n_attrs > 0;
    stun_key_init(&k, span_of(MUTATE_SECRET));
    enum stun_check c = stun_check_integrity(&m, &k);
    t->signed_ += c != STUN_ABSENT;
    t->good += c == STUN_GOOD;
    t->printed += stun_check_fingerprint(&m) == STUN_GOOD;
}

static void of_a_message(void)
{
    static uint64_t hashes[MUTANTS];
    struct mutator *m = mutator_new("stun");
    uint8_t valid[512], p[ROOM];
    struct tally t = {0};
    size_t n = message(valid, sizeof valid);

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    for (size_t i = 0; m && i < MUTANTS; i++) {
        memcpy(p, valid, n);
        size_t got = mutate(m, p, n, sizeof p, (struct span){valid, n}, i);
        CU_ASSERT_TRUE(got <= sizeof p);
        judge((struct span){p, got}, &t);
        hashes[i] = hash_of(p, got);
    }
    CU_ASSERT_TRUE(t.decode > MUTANTS * 8 / 10); /* most are messages */
    CU_ASSERT_TRUE(t.typed > MUTANTS / 2);       /* whose attributes add up */
    CU_ASSERT_TRUE(t.good > t.signed_ / 2);      /* and are sealed, */
    CU_ASSERT_TRUE(t.good < t.signed_);          /* though not all */
    CU_ASSERT_TRUE(t.printed > MUTANTS / 3);
    size_t differ = distinct(hashes, MUTANTS);
    printf("%zu decode, %zu differ ", t.decode, differ);
    CU_ASSERT_TRUE(differ >
                   MUTANTS / 2); /* one edit of a message of six attributes has few results */
    for (int kind = 0; m && kind < MUT_KINDS; kind++) {
        if (kind == MUT_SPELL ||
            kind == MUT_SPLIT) /* names that are texts, lists: mutate_text_test.c */
            continue;
        if (mutate_counts(m)[kind] == 0)
            printf("  no edit '%s' in %d mutants\n", mutation_name((enum mutation)kind), MUTANTS);
        CU_ASSERT_TRUE(mutate_counts(m)[kind] > 0);
    }
    mutator_free(m);
}

static void same_again(void)
{
    struct mutator *one = mutator_new("steps/stun"), *two = mutator_new("steps/stun");
    uint8_t valid[512], program[1024], a[ROOM], b[ROOM];
    size_t n = message(valid, sizeof valid);
    struct wr w = {program, sizeof program, 0, false};

    CU_ASSERT_FATAL(one != NULL && two != NULL);
    wr_u32(&w, 1);
    prog_put(&w, OP_SEND, 0, 0, (struct span){valid, n});
    prog_put(&w, OP_TIME, 1, 500, (struct span){0});
    for (uint64_t seed = 0; one && two && seed < 3000; seed++) {
        memcpy(a, program, w.n);
        memcpy(b, program, w.n);
        memset(a + w.n, 0x11,
               sizeof a - w.n); /* what stood in the memory before is no part of it */
        memset(b + w.n, 0x22, sizeof b - w.n);
        size_t na = mutate(one, a, w.n, sizeof a, wr_span(&w), seed);
        mutate(two, b, n, sizeof b, (struct span){0}, ~seed); /* nor is what was done before */
        memcpy(b, program, w.n);
        size_t nb = mutate(two, b, w.n, sizeof b, wr_span(&w), seed);
        CU_ASSERT_TRUE(span_eq((struct span){a, na}, (struct span){b, nb}));
    }
    mutator_free(one);
    mutator_free(two);
}

/* Each mutant is made in a block of the very size that it is told. */
static void in_its_room(void)
{
    struct mutator *m = mutator_new("stun");
    uint8_t valid[512];
    size_t n = message(valid, sizeof valid);

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    for (size_t max = 1; m && max < 300; max += 1 + max / 20)
        for (uint64_t seed = 0; seed < 60; seed++) {
            uint8_t *p = malloc(max), *out = malloc(max);
            size_t from = n < max ? n : max;
            if (p && out) {
                memcpy(p, valid, from);
                CU_ASSERT_TRUE(mutate(m, p, from, max, (struct span){valid, n}, seed) <= max);
                struct span whole = {valid, n}, part = span_cut(whole, 0, from);
                CU_ASSERT_TRUE(mutate_cross(m, part, whole, out, max, seed) <= max);
                CU_ASSERT_TRUE(mutate_octets(m, p, from, max, seed) <= max);
            }
            free(p);
            free(out);
        }
    mutator_free(m);
}

static size_t steps_with_stun(struct span in)
{
    struct prog_step v[64];
    struct prog p;
    size_t n = 0;

    if (prog_decode(in, &p, v, COUNT(v)) != STEP_ITEM)
        return 0;
    for (size_t i = 0; i < p.n; i++)
        n += stun_guess(v[i].payload, 0) >= 70;
    return n;
}

/* Messages that do not fit any more inside a program that has no room: what is tried and given up leaves the
 * rest of the draft alone. */
static void nested_in_little_room(void)
{
    struct mutator *m = mutator_new("steps/stun");
    uint8_t valid[512], program[2048], p[2048];
    size_t n = message(valid, sizeof valid);
    struct wr w = {program, sizeof program, 0, false};

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    wr_u32(&w, 0);
    for (int i = 0; i < 6; i++)
        prog_put(&w, OP_SEND, 0, 0, (struct span){valid, n});
    for (uint64_t seed = 0; m && seed < 20000; seed++) {
        memcpy(p, program, w.n);
        CU_ASSERT_TRUE(mutate(m, p, w.n, w.n + 8, wr_span(&w), seed) <= w.n + 8);
    }
    mutator_free(m);
}

/* A message in a program is changed as a message: it changes, and most times is one still. */
static void nested(void)
{
    struct mutator *m = mutator_new("steps/stun");
    uint8_t valid[512], program[1024], p[ROOM];
    size_t n = message(valid, sizeof valid), still = 0, changed = 0;
    struct wr w = {program, sizeof program, 0, false};

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    wr_u32(&w, 0);
    prog_put(&w, OP_SEND, 0, 0, (struct span){valid, n});
    for (uint64_t seed = 0; m && seed < 2000; seed++) {
        memcpy(p, program, w.n);
        size_t got = mutate(m, p, w.n, sizeof p, (struct span){0}, seed);
        still += steps_with_stun((struct span){p, got}) > 0;
        changed += got > 10 + n && memcmp(p + 10, valid, n) != 0 &&
                   stun_guess((struct span){p + 10, got - 10}, 0);
    }
    CU_ASSERT_TRUE(still > 1000);
    CU_ASSERT_TRUE(changed > 100);
    mutator_free(m);
}

static void crossed(void)
{
    struct mutator *m = mutator_new("stun");
    uint8_t a[512], b[512], out[ROOM];
    size_t na = message(a, sizeof a), nb = message(b, sizeof b);
    struct tally t = {0};

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    for (uint64_t seed = 0; m && seed < 2000; seed++) {
        size_t n =
            mutate_cross(m, (struct span){a, na}, (struct span){b, nb}, out, sizeof out, seed);
        judge((struct span){out, n}, &t);
    }
    CU_ASSERT_TRUE(t.decode > 1600);
    mutator_free(m);
}

/* Parts are left out one by one: each form is smaller, and there is an end of them. */
static void without(void)
{
    struct mutator *m = mutator_new("stun");
    uint8_t valid[512], out[512];
    size_t n = message(valid, sizeof valid), i = 0, got, smaller = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(m);
    for (; m && (got = mutate_without(m, (struct span){valid, n}, i, true, out, sizeof out)) != 0;
         i++) {
        CU_ASSERT_TRUE(got == SIZE_MAX || got < n);
        smaller += got != SIZE_MAX;
    }
    CU_ASSERT_TRUE(i > 12 && smaller >= 7); /* the list, and each of six attributes */
    mutator_free(m);
}

static void unknown(void)
{
    CU_ASSERT_PTR_NULL(mutator_new("no-such"));
    CU_ASSERT_PTR_NULL(mutator_new("stun/no-such"));
    CU_ASSERT_PTR_NULL(mutator_new("stun/"));
    CU_ASSERT_PTR_NULL(mutator_new("sip/sdp/stun/parts/parts")); /* more than MUTATE_INNER */
    CU_ASSERT_PTR_NULL(mutator_new(""));
}

TESTS({"of a message", of_a_message}, {"same again", same_again}, {"in its room", in_its_room},
      {"nested", nested}, {"nested in little room", nested_in_little_room}, {"crossed", crossed},
      {"without", without}, {"unknown", unknown})
