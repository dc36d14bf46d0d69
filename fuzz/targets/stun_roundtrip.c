/* fuzz/targets/stun_roundtrip.c - view, draft and octets agree. A message that decodes is written
 * again octet for octet from the draft of its view; in too little room nothing is written past the
 * end; an edited draft encodes whatever was edited, and what it gives is again such a message. */
#include <stdio.h>
#include "codecs/stun/stun.h"
#include "fuzz/engine/target.h"

enum {
    EACH_CAP = 64, /* octets of a message that is tried in every smaller room; else in a few */
    FEW = 8,
    ROOM = 1 << 17,   /* for what an edited draft gives */
    MEMORY = 1 << 20, /* for views and drafts; a node takes 64 octets */
    CANARY = 0xa5,
};

/* Views and drafts of one input; borrowed by them, so given back at the end. */
struct bench {
    struct arena mem;
    uint8_t *out;
};

static const struct stun_msg *decode(struct bench *b, struct span in)
{
    struct findings fs = {0};
    const void *view;
    enum step s = stun_codec.decode(in, &b->mem, &view, &fs);
    return s == STEP_ITEM && !b->mem.full ? view : NULL;
}

static void say(void *ctx, const char *path, const char *what)
{
    (void)ctx;
    fprintf(stderr, "%s: %s\n", path, what);
}

/* The draft of `m`, which is what `in` holds, encoded: the same octets, and the same view. */
static void again(struct bench *b, const struct stun_msg *m, struct span in, struct draft *dr)
{
    static const struct diff out = {.say = say};
    uint8_t *p = need(in.n);
    struct wr w = {p, in.n, 0, false};

    draft_of(dr, &stun_msg_desc, m, &b->mem);
    if (!b->mem.full) {
        stun_encode(&w, dr, NULL);
        require(!w.full, "a view encodes to more octets than it was made of");
        require(w.n == in.n, "a view encodes to fewer octets than it was made of");
        require(memcmp(p, in.p, in.n) == 0, "a view encodes to other octets than it was made of");
        const struct stun_msg *second = decode(b, wr_span(&w));
        require(second || b->mem.full, "what was encoded does not decode");
        require(!second || field_diff(&stun_msg_desc, m, second, &out) == 0,
                "decoding what was encoded gives another view");
    }
    free(p);
}

/* ---- too little room ---- */

static void encode_short(const struct draft *dr, size_t cap, size_t whole, uint8_t *p)
{
    struct wr w = {p, cap, 0, false};
    struct stun_marks marks;

    memset(p, CANARY, whole);
    stun_encode(&w, dr, &marks);
    require(w.full, "too little room, and it is not said");
    require(w.n <= cap, "more written than there is room for");
    for (size_t i = cap; i < whole; i++)
        require(p[i] == CANARY, "an octet behind the room was written");
    stun_seal(&w, &marks, NULL);
}

static void encode_in_less(const struct draft *dr, size_t whole, struct chance *c)
{
    uint8_t *p = need(whole);
    size_t step = whole <= EACH_CAP ? 1 : whole / FEW;
    size_t from = chance_u8(c) % step;

    for (size_t cap = from; cap < whole; cap += step)
        encode_short(dr, cap, whole, p);
    encode_short(dr, whole - 1, whole, p);
    free(p);
}

/* A draft that ran out of memory is a part of one: it encodes, to whatever that gives. */
static void draft_in_less(struct bench *b, const struct stun_msg *m, struct chance *c)
{
    size_t cap = chance_u8(c) * 16u;
    struct arena small = arena_of(need(cap), cap);
    struct wr w = {b->out, ROOM, 0, false};
    struct draft dr;

    draft_of(&dr, &stun_msg_desc, m, &small);
    stun_encode(&w, &dr, NULL);
    free(small.p);
}

/* ---- edits ---- */

static const char *const heads[] = {"attributes/*",    "attributes/0", "attributes/1",
                                    "attributes/last", "attributes",   "attributes/NONCE"};
static const char *const tails[] = {"",
                                    "/type",
                                    "/length",
                                    "/value",
                                    "/padding",
                                    "/address",
                                    "/code",
                                    "/reason",
                                    "/reserved",
                                    "/types",
                                    "/family",
                                    "/algorithm",
                                    "/algorithms",
                                    "/parameters",
                                    "/types/0",
                                    "/algorithms/0/parameters",
                                    "/icmp",
                                    "/data"};
static const char *const fields[] = {"class",       "method",     "top",  "length", "cookie",
                                     "transaction", "attributes", "rest", "",       "/"};
static const char *const values[] = {
    "0",
    "1",
    "0xffff",
    "18446744073709551615",
    "+1",
    "-1",
    "+65536",
    "^",
    "",
    "hex:",
    "hex:0a",
    "raw:",
    "raw:00",
    "raw:000000000000000000000000000000000000000000",
    "hex:x",
    "REALM",
    "REALM,NONCE,0x7ffe",
    ",",
    "192.0.2.1:3478",
    "[2001:db8::1]:9",
    "request",
    "error",
    "MESSAGE-INTEGRITY",
    "MESSAGE-INTEGRITY-SHA256",
    "FINGERPRINT",
    "SOFTWARE=rtclab",
    "ERROR-CODE=420",
    "XOR-MAPPED-ADDRESS=192.0.2.1:5",
    "UNKNOWN-ATTRIBUTES=REALM,2",
    "0x7ffe=hex:0102",
    "REALM=raw:ff",
    "=",
};

/* Up to 20 octets of the input as text. */
static void raw_text(char out[24], struct chance *c)
{
    size_t n = chance_u8(c) % 21;

    for (size_t i = 0; i < n; i++)
        out[i] = (char)chance_u8(c);
    out[n] = '\0';
}

static size_t edit(struct draft *dr, struct chance *c)
{
    enum draft_op op = (enum draft_op)(chance_u8(c) % (DRAFT_ADD + 1));
    uint8_t where = chance_u8(c), what = chance_u8(c), tail = chance_u8(c);
    char path[64], value[24];

    if (where & 0x80) /* an attribute, or what is in it */
        snprintf(path, sizeof path, "%s%s", heads[where % COUNT(heads)],
                 tails[tail % COUNT(tails)]);
    else if (where & 0x40)
        snprintf(path, sizeof path, "attributes/%s%s", stun_types.v[where % stun_types.n].s,
                 tails[tail % COUNT(tails)]);
    else if (where & 0x20)
        snprintf(path, sizeof path, "%s", fields[where % COUNT(fields)]);
    else if (where & 0x10)
        snprintf(path, sizeof path, "attributes");
    else
        raw_text(path, c);
    if (what != 0xff)
        return draft_edit(dr, op, path, values[what % COUNT(values)]);
    raw_text(value, c);
    return draft_edit(dr, op, path, value);
}

/* Each list of a draft ends with the node that it takes for its last: else what is appended next is
 * lost, or goes elsewhere. */
static void check_lists(const struct node *n, unsigned depth)
{
    const struct node *last = NULL;

    if (n->form != FORM_KIDS || depth > FIELD_DEPTH)
        return;
    for (const struct node *kid = n->first; kid; kid = kid->next) {
        check_lists(kid, depth + 1);
        last = kid;
    }
    require(n->last == last, "a list in an edited draft does not end with its last node");
}

/* Sealed values are good wherever the sealed attribute is the one that a receiver would look at,
 * with the length that it was sealed for. */
static void check_seal(const struct stun_msg *m, const struct stun_marks *marks,
                       const struct stun_key *k)
{
    const uint8_t *p = m->wire.p;
    bool over = marks->fingerprint &&
                (marks->fingerprint < marks->integrity || marks->fingerprint < marks->integrity256);

    if (over)
        return; /* FINGERPRINT is filled in last: RFC8489:14.7 has it at the end */
    if (marks->integrity && m->at_integrity == marks->integrity &&
        get_u16(p + marks->integrity + 2) == 20)
        require(stun_check_integrity(m, k) == STUN_GOOD, "sealed, and MESSAGE-INTEGRITY is bad");
    if (marks->integrity256 && m->at_integrity256 == marks->integrity256 &&
        get_u16(p + marks->integrity256 + 2) == marks->cut256)
        require(stun_check_integrity256(m, k) == STUN_GOOD, "sealed, and its SHA256 form is bad");
    if (marks->fingerprint && m->at_fingerprint == marks->fingerprint &&
        get_u16(p + marks->fingerprint + 2) == 4)
        require(stun_check_fingerprint(m) == STUN_GOOD, "sealed, and FINGERPRINT is bad");
}

static void edited(struct bench *b, struct draft *dr, struct chance *c)
{
    static const struct span password = SPAN("correct horse battery staple");
    struct wr w = {b->out, ROOM, 0, false};
    struct stun_marks marks;
    struct stun_key k;
    struct draft unused;

    for (unsigned i = 1u + (chance_u8(c) & 3); i > 0; i--)
        edit(dr, c);
    check_lists(&dr->root, 0);
    stun_encode(&w, dr, &marks);
    if (w.full)
        return;
    if (w.n)
        encode_in_less(dr, w.n, c);
    if (marks.integrity || marks.integrity256 || marks.fingerprint) {
        stun_key_init(&k, password);
        stun_seal(&w, &marks, &k);
    }
    const struct stun_msg *m = decode(b, wr_span(&w));
    if (!m)
        return;
    if (marks.integrity || marks.integrity256 || marks.fingerprint)
        check_seal(m, &marks, &k);
    again(b, m, wr_span(&w), &unused);
}

static void one(const uint8_t *p, size_t n)
{
    struct fence f = fence_copy(p, n);
    struct chance c = {p, n};
    static uint8_t memory[MEMORY], out[ROOM];
    struct bench b = {arena_of(memory, MEMORY), out};
    const struct stun_msg *m = decode(&b, fence_span(&f));
    struct draft dr;

    if (m) {
        again(&b, m, fence_span(&f), &dr);
        if (!b.mem.full) {
            encode_in_less(&dr, n, &c);
            draft_in_less(&b, m, &c);
            edited(&b, &dr, &c);
        }
        require(memcmp(p, f.p, n) == 0, "the input was written to");
    }
    fence_free(&f);
}

const struct target stun_roundtrip_target = {.name = "stun_roundtrip",
                                             .one = one,
                                             .max_len = 2048,
                                             .weight = 3,
                                             .dict = "stun",
                                             .codecs = "stun"};
