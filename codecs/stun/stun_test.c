/* codecs/stun/stun_test.c - what vectors cannot say: drafts of a view, changed in one place or wrong on
 * purpose, sealing, ChannelData. */
#include "codecs/stun/stun.h"
#include "harness/core/test.h"

/* RFC 5769 section 2.1 */
static const uint8_t request[] = {
    0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
    0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 0x53, 0x54, 0x55, 0x4e, 0x20, 0x74, 0x65, 0x73,
    0x74, 0x20, 0x63, 0x6c, 0x69, 0x65, 0x6e, 0x74, 0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff,
    0x80, 0x29, 0x00, 0x08, 0x93, 0x2f, 0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09,
    0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68, 0x36, 0x76, 0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14,
    0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49,
    0xc1, 0xb5, 0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf};
static const struct span wire = {request, sizeof request};

static uint8_t memory[16384], out[4096];
static struct stun_attr attrs[32];

static void view_to_draft(struct draft *dr, struct arena *mem)
{
    static struct stun_msg m;
    struct findings none = {0};

    *mem = arena_of(memory, sizeof memory);
    CU_ASSERT_EQUAL_FATAL(stun_decode(wire, &m, attrs, COUNT(attrs), &none), STEP_ITEM);
    draft_of(dr, &stun_msg_desc, &m, mem);
}

static struct span written(const struct draft *dr)
{
    struct wr w = {out, sizeof out, 0, false};
    stun_encode(&w, dr, NULL);
    CU_ASSERT_FALSE(w.full);
    return wr_span(&w);
}

/* One field of a draft changed: the octets of that field differ, and no other. */
static void one_field(void)
{
    static const struct {
        const char *path, *value;
        size_t off, n;
    } changes[] = {
        {"attributes/PRIORITY/value", "1845494273", 44, 4},
        {"attributes/SOFTWARE/value", "STUN TEST CLIENT", 24, 16},
        {"attributes/FINGERPRINT/value", "1", 104, 4},
        {"attributes/USERNAME/padding", "hex:000000", 73, 3},
        {"transaction", "hex:000000000000000000000000", 8, 12},
        {"class", "indication", 0, 2},
        {"length", "4", 2, 2},
        {"cookie", "0x2112a443", 4, 4},
        {"attributes/ICE-CONTROLLED/length", "7", 50, 2},
    };
    struct arena mem;
    struct draft dr;

    view_to_draft(&dr, &mem);
    CU_ASSERT_TRUE(span_eq(written(&dr), wire));
    for (size_t i = 0; i < COUNT(changes); i++) {
        view_to_draft(&dr, &mem);
        CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, changes[i].path, changes[i].value), 1);
        CHECK_CHANGED(written(&dr), wire, changes[i].off, changes[i].n);
    }
}

/* A lying length, an attribute doubled, one left out: written as told. */
static void wrong_on_purpose(void)
{
    struct arena mem;
    struct draft dr;

    view_to_draft(&dr, &mem);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_DOUBLE, "attributes/PRIORITY", NULL), 1);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_DROP, "attributes/SOFTWARE", NULL), 1);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "attributes/USERNAME/length", "60000"), 1);
    struct span got = written(&dr);
    CU_ASSERT_EQUAL(got.n, wire.n - 20 + 8);
    CU_ASSERT_EQUAL(get_u16(got.p + 2), got.n - STUN_HEADER); /* not given, so counted */
    CU_ASSERT_TRUE(span_eq(span_cut(got, 20, 28), span_cut(wire, 40, 48)));
    CU_ASSERT_TRUE(span_eq(span_cut(got, 28, 36), span_cut(wire, 40, 48)));
    CU_ASSERT_EQUAL(get_u16(got.p + 50), 60000);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "length", "3"), 1);
    CU_ASSERT_EQUAL(get_u16(written(&dr).p + 2), 3);
}

/* What is sealed checks, under either integrity and FINGERPRINT; another key or a changed octet fails. */
static void sealing(void)
{
    struct span id = {request + 8, 12};
    struct findings none = {0};
    struct stun_key key, other;
    struct stun_marks marks;
    struct stun_msg m;
    struct draft dr;
    struct arena mem = arena_of(memory, sizeof memory);
    struct wr w = {out, sizeof out, 0, false};

    stun_key_long_term(&key, STUN_MD5, span_of("user"), span_of("realm"), span_of("pass"));
    stun_key_init(&other, span_of("pass"));
    stun_draft(&dr, &mem, STUN_REQUEST, STUN_BINDING, id);
    stun_add_bytes(&dr, STUN_USERNAME, span_of("user"));
    stun_add(&dr, STUN_MESSAGE_INTEGRITY);
    stun_add(&dr, STUN_MESSAGE_INTEGRITY_SHA256);
    stun_add(&dr, STUN_FINGERPRINT);
    wr_text(&w, "before"); /* the message need not begin the writer */
    stun_encode(&w, &dr, &marks);
    stun_seal(&w, &marks, &key);
    struct span msg = span_cut(wr_span(&w), 6, w.n);
    CU_ASSERT_EQUAL_FATAL(stun_decode(msg, &m, attrs, COUNT(attrs), &none), STEP_ITEM);
    CU_ASSERT_EQUAL(none.n, 0);
    CU_ASSERT_EQUAL(stun_check_integrity(&m, &key), STUN_GOOD);
    CU_ASSERT_EQUAL(stun_check_integrity256(&m, &key), STUN_GOOD);
    CU_ASSERT_EQUAL(stun_check_fingerprint(&m), STUN_GOOD);
    CU_ASSERT_EQUAL(stun_check_integrity(&m, &other), STUN_BAD);
    CU_ASSERT_EQUAL(stun_check_integrity256(&m, &other), STUN_BAD);
    out[6 + 25] ^= 1;
    CU_ASSERT_EQUAL(stun_check_integrity(&m, &key), STUN_BAD);
    CU_ASSERT_EQUAL(stun_check_integrity256(&m, &key), STUN_BAD);
    CU_ASSERT_EQUAL(stun_check_fingerprint(&m), STUN_BAD);
}

static void channel_data(void)
{
    static const uint8_t four[] = {0x40, 0x01, 0x00, 0x03, 'a', 'b', 'c', 0};
    struct span all = {four, sizeof four};
    struct finding kept[2];
    struct findings fs = {kept, 0, 2, NULL, 0};
    struct stun_channel c;
    size_t used;

    CU_ASSERT_EQUAL(stun_channel_next(all, true, &c, &used, &fs), STEP_ITEM);
    CU_ASSERT_EQUAL(used, 8);
    CHECK_TEXT(c.data, "abc");
    CU_ASSERT_EQUAL(stun_channel_next(span_cut(all, 0, 7), true, &c, &used, &fs), STEP_MORE);
    CU_ASSERT_EQUAL(stun_channel_next(span_cut(all, 0, 7), false, &c, &used, &fs), STEP_ITEM);
    CU_ASSERT_EQUAL(fs.n, 0);
    CU_ASSERT_EQUAL(stun_channel_next(span_cut(all, 0, 6), false, &c, &used, &fs), STEP_FAIL);
    CHECK_FINDING(&fs, "RFC8656:12.4#a1", 2, 2);
    struct wr w = {out, sizeof out, 0, false};
    stun_channel_put(&w, 0x4001, span_of("abc"), true);
    CU_ASSERT_TRUE(span_eq(wr_span(&w), all));
    CU_ASSERT_EQUAL(stun_channel_next((struct span){request, 8}, false, &c, &used, &fs), STEP_FAIL);
}

/* Octets stand where a number would: as they are, and nothing of what else the node holds. */
static void octets_for_a_number(void)
{
    static const struct span types = SPAN("\0\xa\0\2\x7f\xfe\0\0");
    static const struct span raw = SPAN("\xab\xcd\xef\0\2\x7f\xfe\0\0"),
                             item = SPAN("\0\xa\0\1\xee\0\0\0");
    static const struct span id = SPAN("0123456789ab");
    static const uint16_t unknown = 0x7ffe;
    struct arena mem = arena_of(memory, sizeof memory);
    struct draft dr;

    stun_draft(&dr, &mem, STUN_ERROR, STUN_BINDING, id);
    stun_add_types(&dr, STUN_UNKNOWN_ATTRIBUTES, &unknown, 1);
    struct span s = written(&dr);
    CU_ASSERT_TRUE(span_eq(span_cut(s, 20, s.n), types));
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "attributes/0/types/0", "raw:ee"), 1);
    s = written(&dr);
    CU_ASSERT_TRUE(span_eq(span_cut(s, 20, s.n), item));
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "attributes/0/types/0", "raw:7ffe"), 1);
    CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, "attributes/0/type", "raw:abcdef"), 1);
    s = written(&dr);
    CU_ASSERT_TRUE(span_eq(span_cut(s, 20, s.n), raw));
}

/* A message that was changed is sealed again where it stands; what cannot hold a seal is left. */
static void sealed_again(void)
{
    static const struct codec_secret secret = {SPAN("VOkJxbRl1RmTxUk/WvJxBt")};
    uint8_t msg[sizeof request];
    struct stun_msg m;
    struct stun_key k;
    struct findings none = {0};
    struct span s = {msg, sizeof msg};

    memcpy(msg, request, sizeof msg);
    stun_codec.seal(msg, sizeof msg, &secret);
    CU_ASSERT_TRUE(span_eq(s, wire)); /* nothing was wrong with it */
    msg[24] ^= 1;
    stun_key_init(&k, secret.key);
    CU_ASSERT_EQUAL_FATAL(stun_decode(s, &m, attrs, COUNT(attrs), &none), STEP_ITEM);
    CU_ASSERT_EQUAL(stun_check_integrity(&m, &k), STUN_BAD);
    stun_codec.seal(msg, sizeof msg, &secret);
    CU_ASSERT_EQUAL(stun_check_integrity(&m, &k), STUN_GOOD);
    CU_ASSERT_EQUAL(stun_check_fingerprint(&m), STUN_GOOD);
    msg[79] = 19; /* MESSAGE-INTEGRITY of 19 octets is none */
    memcpy(out, msg, sizeof msg);
    stun_codec.seal(msg, sizeof msg, &secret);
    CU_ASSERT_TRUE(memcmp(out, msg, sizeof msg - 4) == 0);
    for (size_t n = 0; n < sizeof msg; n++) /* of octets that end anywhere */
        stun_codec.seal(msg, n, &secret);
}

TESTS({"one field", one_field}, {"wrong on purpose", wrong_on_purpose}, {"sealing", sealing},
      {"channel data", channel_data}, {"octets for a number", octets_for_a_number},
      {"sealed again", sealed_again})
