/* fuzz/targets/stun_render.c - any octets as a message: decode, print, lint and check all of it. No
 * crash, no octet outside the input read, no octet of it written; and what the contracts of stun.h
 * and codec.h say of results, views, findings, words, dumps and small memory. stun_parse is the same
 * without text, for speed. */
#include <jansson.h>
#include "codecs/stun/stun.h"
#include "codecs/stun/stun_uri.h"
#include "fuzz/engine/target.h"

enum { FINDINGS = 64, WORDS = 512, JSON_CHECKED = 256, ROOM = 1 << 18, FEW = 16 };

/* ---- findings ---- */

struct notes {
    struct finding v[FINDINGS];
    struct findings fs;
};

static struct findings *notes_start(struct notes *n)
{
    n->fs = (struct findings){.v = n->v, .cap = FINDINGS, .layer = "udp/stun"};
    return &n->fs;
}

/* Each finding names a clause, lies in the input and has words. */
static void check_findings(const struct findings *fs, size_t n)
{
    uint8_t words[WORDS];

    for (size_t i = 0; i < findings_kept(fs); i++) {
        const struct finding *f = &fs->v[i];
        struct wr w = {words, sizeof words, 0, false};
        require(f->clause && f->what, "a finding without clause or words");
        require(f->off <= n && f->len <= n - f->off, "a finding lies outside the input");
        finding_words(&w, f);
        require(!w.full && w.n > 0, "words of a finding are empty or without end");
        require(level_name(f->level) != NULL, "a level without name");
    }
}

/* ---- dumps ---- */

/* As text and JSON, with room and with too little of it; short ones are read back. */
static void dump(const struct desc *d, const void *rec, size_t n, struct chance *c)
{
    static uint8_t room[ROOM];
    struct wr w = {room, ROOM, 0, false};

    field_text(&w, d, rec, chance_u8(c) & 3);
    w = (struct wr){room, ROOM, 0, false};
    field_json(&w, d, rec);
    require(n > ROOM / 64 - 16 || w.n <= 1024 + 64 * n, "JSON takes over 64 octets for each");
    if (n <= JSON_CHECKED) { /* jansson's integers end at 2^63, those of JSON do not */
        json_t *j =
            json_loadb((const char *)room, w.n, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
        require(j != NULL, "JSON of a view is no JSON");
        json_decref(j);
    }
    size_t less = chance_u8(c) * 4u;
    if (less < w.n) {
        uint8_t *p = need(less);
        struct wr cut = {p, less, 0, false};
        field_json(&cut, d, rec);
        require(cut.full && cut.n <= less, "a dump wrote past its end");
        cut = (struct wr){p, less, 0, false};
        field_text(&cut, d, rec, 0);
        free(p);
    }
}

/* ---- the message ---- */

static void check_attrs(const struct stun_msg *m)
{
    const uint8_t *at = m->wire.p + STUN_HEADER, *end = m->wire.p + m->wire.n;

    for (size_t i = 0; i < m->n_attrs; i++) {
        const struct stun_attr *a = &m->attrs[i];
        require(a->p == at, "attributes do not follow one another");
        require((size_t)(end - at) >= 4u + a->length + a->pad,
                "an attribute ends behind the message");
        require(get_u16(at) == a->type && get_u16(at + 2) == a->length, "another type or length");
        require(a->pad <= 3, "more than three octets of padding");
        at += 4u + a->length + a->pad;
    }
    if (m->rest.n && !m->truncated)
        require(m->rest.p == at && m->rest.n == (size_t)(end - at), "the rest is not what is left");
    else if (!m->truncated)
        require(at == end, "octets are neither attribute nor rest");
}

static void find_one(const struct stun_msg *m, uint16_t type)
{
    const struct stun_attr *a = stun_find(m, type);
    uint32_t features;

    require(!a || (a->type == type && a >= m->attrs && a < m->attrs + m->n_attrs),
            "stun_find gives another attribute");
    if (a && type == STUN_NONCE && a->kind == STUN_TEXT)
        stun_nonce_features(a->v.s, &features);
}

static void look_up(const struct stun_msg *m)
{
    for (size_t i = 0; m->n_attrs <= FEW && i < stun_types.n; i++)
        find_one(m, (uint16_t)stun_types.v[i].v);
    for (size_t i = 0; i < m->n_attrs && i < FEW; i++)
        find_one(m, m->attrs[i].type);
    find_one(m, 0xffff);
}

static void check_integrity(const struct stun_msg *m)
{
    static const struct span password = SPAN("VOkJxbRl1RmTxUk/WvJxBt"); /* RFC 5769 */
    struct stun_key k;

    if (m->at_integrity || m->at_integrity256) {
        stun_key_init(&k, password);
        require(stun_check_integrity(m, &k) != STUN_ABSENT || !m->at_integrity, "MI is absent");
        require(stun_check_integrity256(m, &k) != STUN_ABSENT || !m->at_integrity256,
                "MI-SHA256 is absent");
    }
    require((stun_check_fingerprint(m) == STUN_ABSENT) == !m->at_fingerprint, "FINGERPRINT");
}

/* Fewer attributes than there are: the same ones, as far as there is room. */
static void decode_short(struct span in, const struct stun_msg *whole, size_t cap)
{
    struct stun_attr *attrs = need(cap * sizeof *attrs);
    struct findings fs = {0};
    struct stun_msg m;

    require(stun_decode(in, &m, attrs, cap, &fs) == STEP_ITEM, "few attributes change the result");
    require(m.n_attrs == (cap < whole->n_attrs ? cap : whole->n_attrs), "fewer than there is room");
    require(m.truncated == (cap < whole->n_attrs), "truncated is not as it is");
    require(m.at_integrity == whole->at_integrity && m.at_integrity256 == whole->at_integrity256 &&
                m.at_fingerprint == whole->at_fingerprint,
            "few attributes hide the integrity");
    check_attrs(&m);
    free(attrs);
}

static void decode(struct span in, struct chance *c)
{
    struct notes notes, judged;
    struct findings *fs = notes_start(&notes);
    size_t cap = in.n / 4;
    struct stun_attr *attrs = need(cap * sizeof *attrs);
    struct stun_msg m;

    enum step s = stun_decode(in, &m, attrs, cap, fs);
    bool foreign = in.n && (in.p[0] & 0xc0);
    require(s == (foreign              ? STEP_FAIL
                  : in.n < STUN_HEADER ? STEP_MORE
                                       : STEP_ITEM),
            "decode gives another result");
    check_findings(fs, in.n);
    if (s == STEP_ITEM) {
        require(!m.truncated, "more attributes than octets can hold");
        check_attrs(&m);
        stun_lint(&m, notes_start(&judged));
        check_findings(&judged.fs, in.n);
        look_up(&m);
        check_integrity(&m);
        dump(&stun_msg_desc, &m, in.n, c);
        decode_short(in, &m, chance_u8(c) & 7);
    } else {
        require(fs->n == 0, "a finding about what is no message");
    }
    free(attrs);
}

/* ---- by the descriptor, in too little memory ---- */

static void by_codec(struct span in, struct chance *c)
{
    size_t cap = chance_u8(c) * 32u;
    uint8_t brief[WORDS];
    struct findings fs = {0};
    struct arena mem = arena_of(need(cap), cap);
    struct wr w = {brief, sizeof brief, 0, false};
    const void *view;

    enum step s = stun_codec.decode(in, &mem, &view, &fs);
    require((s == STEP_ITEM) == (view != NULL), "a view without an item, or none with one");
    if (view) {
        stun_codec.brief(&w, view);
        require(w.n > 0, "nothing in brief");
        stun_codec.lint(view, &fs);
        require(mem.full || !((const struct stun_msg *)view)->truncated, "memory ran out unsaid");
    }
    if (stun_guess(in, 3478) == 100)
        require(s == STEP_ITEM || mem.full, "sure of what does not decode");
    free(mem.p);
}

/* ---- what shares the ports and names of STUN ---- */

static void channel(struct span in, bool padded)
{
    struct notes notes;
    struct findings *fs = notes_start(&notes);
    struct stun_channel ch;
    size_t used;

    enum step s = stun_channel_next(in, padded, &ch, &used, fs);
    check_findings(fs, in.n);
    require((s == STEP_ITEM) == (used != 0), "used without an item");
    if (s != STEP_ITEM)
        return;
    uint8_t *p = need(in.n);
    struct wr w = {p, in.n, 0, false};
    require(used <= in.n && used >= 4u + ch.data.n, "ChannelData ends behind the input");
    stun_channel_put(&w, ch.number, ch.data, padded);
    require(!w.full && w.n <= used && memcmp(p, in.p, 4 + ch.data.n) == 0, "ChannelData differs");
    free(p);
}

static void uri(struct span in, struct chance *c)
{
    struct notes notes;
    struct findings *fs = notes_start(&notes);
    struct stun_uri u;

    bool good = stun_uri_parse(in, &u, fs);
    check_findings(fs, in.n);
    require(good || fs->n == 1, "a refused URI without its one finding");
    if (good)
        dump(&stun_uri_desc, &u, in.n, c);
}

static void one(const uint8_t *p, size_t n)
{
    struct fence f = fence_copy(p, n);
    struct chance c = {p, n};
    struct span in = fence_span(&f);
    struct findings fs = {0};
    size_t used;

    decode(in, &c);
    by_codec(in, &c);
    stun_next(in, &used, &fs);
    channel(in, false);
    channel(in, true);
    uri(in, &c);
    require(n == 0 || memcmp(p, f.p, n) == 0, "the input was written to");
    fence_free(&f);
}

const struct target stun_render_target = {.name = "stun_render",
                                          .one = one,
                                          .max_len = 2048,
                                          .weight = 2,
                                          .dict = "stun",
                                          .codecs = "stun"};
