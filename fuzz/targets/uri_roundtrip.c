/* fuzz/targets/uri_roundtrip.c - URIs: parts, draft and octets agree; escapes are undone; comparison and lint stay
 * within what they may say. A zero octet separates two URIs to compare. */
#include "codecs/uri/uri.h"
#include "fuzz/engine/codec_oracle.h"

enum { ROOM = 1 << 16, WRITTEN = 3 * 4096 };

static void writes(const struct uri *u, uint8_t *room, uint8_t *out)
{
    struct arena mem = arena_of(room, ROOM);
    struct wr w = {out, WRITTEN, 0, false};
    struct draft dr;

    draft_of(&dr, &uri_desc, u, &mem);
    if (mem.full || u->text.n > WRITTEN)
        return;
    uri_put(&w, &dr.root);
    require(!w.full && span_eq(wr_span(&w), u->text), "a URI that was parsed is written otherwise");
}

static void escapes(struct span s, uint8_t *text, uint8_t *back)
{
    for (unsigned part = 0; part < URI_PARTS; part++) {
        struct wr w = {text, WRITTEN, 0, false}, b = {back, WRITTEN, 0, false};
        uri_escape(&w, s, (enum uri_part)part);
        if (w.full)
            continue;
        require(uri_unescape(&b, wr_span(&w)), "what was escaped has a broken escape");
        require(span_eq(wr_span(&b), s), "what was escaped stands for something else");
    }
}

static void meanings(const struct uri *u)
{
    struct addr a;
    uint8_t ttl = 0;
    uint16_t port = uri_port_meant(u);

    used(port + uri_transport(u) + uri_lr(u) + uri_phone(u) + uri_ttl(u, &ttl) + ttl);
    used(oracle_touch(uri_maddr(u)) + oracle_touch(uri_method(u)));
    if (uri_addr(u->host, &a))
        require(a.family && a.port == 0, "a host is an address without family, or with a port");
}

static void lints(const struct uri *u)
{
    struct finding v[64];
    struct findings fs = {.v = v, .cap = COUNT(v)};

    uri_lint(u, &fs, 0);
    used(oracle_findings(&fs, u->text));
}

/* Whichever comes first, where there is room for both. */
static void compares(const struct uri *a, const struct uri *b, uint8_t *room, size_t n)
{
    struct arena mem = arena_of(room, n), more = arena_of(room, n);
    bool good = uri_same(a, b, &mem), turned = uri_same(b, a, &more);

    require(!good || !mem.full, "two URIs are equal although there was no room to tell");
    require(good == turned || mem.full || more.full, "two URIs are equal in one order only");
    require(uri_same(a, a, &mem), "a URI is not equal to itself");
}
/* The same with another case of its scheme. */
static void changes(const struct uri *a, uint8_t *copy, uint8_t *room, uint8_t *scratch)
{
    struct arena mem = arena_of(room, ROOM), work = arena_of(scratch, ROOM);
    struct uri b;

    if (a->scheme.n == 0)
        return;
    memcpy(copy, a->text.p, a->text.n);
    copy[0] ^= 0x20; /* it is a letter */
    uri_parse((struct span){copy, a->text.n}, &mem, &b);
    bool good = uri_same(a, &b, &work);
    require(good || mem.full || work.full,
            "a URI differs from itself in another case of its scheme");
}

static void one(const uint8_t *p, size_t n)
{
    uint8_t *room = need(4 * ROOM), *text = need(2 * WRITTEN + n + 1);
    struct fence copy = fence_copy(p, n);
    struct span in = fence_span(&copy);
    size_t zero = lex_find(in, 0, 0);
    struct arena mem = arena_of(room, ROOM), more = arena_of(room + ROOM, ROOM);
    struct uri a, b;

    uri_parse(span_cut(in, 0, zero), &mem, &a);
    uri_parse(span_cut(in, zero + 1, in.n), &more, &b);
    if (!mem.full && !more.full) {
        writes(&a, room + 2 * ROOM, text);
        writes(&b, room + 2 * ROOM, text);
        compares(&a, &b, room + 2 * ROOM, ROOM);
        compares(&a, &b, room + 2 * ROOM, n);
        changes(&a, text, room + 2 * ROOM, room + 3 * ROOM);
    }
    escapes(in, text, text + WRITTEN);
    meanings(&a);
    lints(&a);
    lints(&b);
    fence_free(&copy);
    free(text);
    free(room);
}

const struct target uri_roundtrip_target = {.name = "uri_roundtrip",
                                            .one = one,
                                            .max_len = 2048,
                                            .weight = 1,
                                            .dict = "sip",
                                            .codecs = "parts"};
