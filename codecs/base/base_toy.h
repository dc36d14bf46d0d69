/* codecs/base/base_toy.h - a toy record with a field of each kind, for field_test.c and
 * draft_test.c. */
#ifndef CODECS_BASE_BASE_TOY_H
#define CODECS_BASE_BASE_TOY_H
#include "codecs/base/draft.h"

enum toy_type { TOY_NUMBER = 1, TOY_TEXT = 2, TOY_PEER = 3, TOY_CODES = 4 };

struct toy_item {
    uint16_t type;
    uint32_t number;
    struct span octets;
    struct addr peer;
};
struct toy_point {
    uint8_t x, y;
};
struct toy_word {
    struct span key, value;
};
struct toy {
    uint8_t kind;
    bool urgent;
    uint16_t number;
    uint32_t length; /* derived where it is 7 */
    uint64_t big;
    struct span id, title;
    const char *note;
    struct addr from;
    struct toy_point at;
    const struct toy_point *to;
    const struct toy_item *items;
    size_t n_items;
    const struct toy_word *words;
    size_t n_words;
    struct span codes; /* u16 each */
};

static const struct name toy_type_names[] = {
    {TOY_NUMBER, "NUMBER"}, {TOY_TEXT, "TEXT"}, {TOY_PEER, "PEER"}, {TOY_CODES, "CODES"}};
static const struct names toy_types = {toy_type_names, COUNT(toy_type_names)};
static const struct name toy_kind_names[] = {{0, "ask"}, {1, "answer"}};
static const struct names toy_kinds = {toy_kind_names, COUNT(toy_kind_names)};

/* a list of bare numbers with names */
static bool toy_code_next(struct rd *r, void *item)
{
    return rd_u16(r, item);
}
static const struct field toy_code_fields[] = {
    {.name = "", .kind = F_ENUM, .size = 2, .names = &toy_types},
};
static const struct desc toy_code = {"code", 2, FIELDS(toy_code_fields), toy_code_next};

/* what an item holds, by its type */
#define TOY_VALUE(member, form, ...)                                                               \
    {                                                                                              \
        .name = "value", FIELD(struct toy_item, member, form), __VA_ARGS__                         \
    }
static const struct field toy_number_fields[] = {TOY_VALUE(number, F_UINT, .names = NULL)};
static const struct field toy_text_fields[] = {
    {.name = "text", FIELD(struct toy_item, octets, F_TEXT)}};
static const struct field toy_peer_fields[] = {TOY_VALUE(peer, F_ADDR, .names = NULL)};
static const struct field toy_codes_fields[] = {TOY_VALUE(octets, F_SEQ, .sub = &toy_code)};
static const struct field toy_raw_fields[] = {TOY_VALUE(octets, F_BYTES, .names = NULL)};
static const struct desc toy_values[] = {
    {"raw", sizeof(struct toy_item), FIELDS(toy_raw_fields), NULL},
    {"number", sizeof(struct toy_item), FIELDS(toy_number_fields), NULL},
    {"text", sizeof(struct toy_item), FIELDS(toy_text_fields), NULL},
    {"peer", sizeof(struct toy_item), FIELDS(toy_peer_fields), NULL},
    {"codes", sizeof(struct toy_item), FIELDS(toy_codes_fields), NULL},
};
static const struct desc *toy_pick_key(uint64_t key)
{
    return key == 0xffff ? NULL : &toy_values[key < COUNT(toy_values) ? key : 0];
}
static const struct desc *toy_pick(const void *rec)
{
    return toy_pick_key(((const struct toy_item *)rec)->type);
}
static const struct field toy_item_fields[] = {
    {.name = "type", FIELD(struct toy_item, type, F_ENUM), .names = &toy_types},
    {.name = "", .kind = F_PICK, .key = 0, .pick = toy_pick, .pick_key = toy_pick_key},
};
static const struct desc toy_item = {"item", sizeof(struct toy_item), FIELDS(toy_item_fields),
                                     NULL};

static const struct field toy_word_fields[] = {
    {.name = "key", FIELD(struct toy_word, key, F_TEXT)},
    {.name = "value", FIELD(struct toy_word, value, F_TEXT)},
};
static const struct desc toy_word = {"word", sizeof(struct toy_word), FIELDS(toy_word_fields),
                                     NULL};

static const struct field toy_point_fields[] = {
    {.name = "x", FIELD(struct toy_point, x, F_UINT)},
    {.name = "y", FIELD(struct toy_point, y, F_UINT)},
};
static const struct desc toy_point = {"point", sizeof(struct toy_point), FIELDS(toy_point_fields),
                                      NULL};

static struct span toy_half(const void *rec) /* the first half of the title, not stored */
{
    struct span s = ((const struct toy *)rec)->title;
    return span_cut(s, 0, s.n / 2);
}
static bool toy_no_half(const void *rec)
{
    return ((const struct toy *)rec)->title.n < 2;
}
static bool toy_length_derived(const void *rec)
{
    return ((const struct toy *)rec)->length == 7;
}

static const struct field toy_fields[] = {
    {.name = "kind", FIELD(struct toy, kind, F_ENUM), .names = &toy_kinds},
    {.name = "urgent", FIELD(struct toy, urgent, F_BOOL)},
    {.name = "number", FIELD(struct toy, number, F_UINT)},
    {.name = "length", FIELD(struct toy, length, F_UINT), .derived = toy_length_derived},
    {.name = "big", FIELD(struct toy, big, F_UINT)},
    {.name = "id", FIELD(struct toy, id, F_BYTES)},
    {.name = "title", FIELD(struct toy, title, F_TEXT)},
    {.name = "half", .kind = F_TEXT, .octets = toy_half, .absent = toy_no_half},
    {.name = "note", FIELD(struct toy, note, F_CHARS)},
    {.name = "from", FIELD(struct toy, from, F_ADDR)},
    {.name = "at", FIELD(struct toy, at, F_GROUP), .sub = &toy_point},
    {.name = "to", FIELD(struct toy, to, F_REF), .sub = &toy_point},
    {.name = "items",
     FIELD(struct toy, items, F_LIST),
     .count = offsetof(struct toy, n_items),
     .sub = &toy_item},
    {.name = "words",
     FIELD(struct toy, words, F_LIST),
     .count = offsetof(struct toy, n_words),
     .sub = &toy_word},
    {.name = "codes", FIELD(struct toy, codes, F_SEQ), .sub = &toy_code},
};
static const struct desc toy_desc = {"toy", sizeof(struct toy), FIELDS(toy_fields), NULL};

/* A record that has all of it. */
static const struct toy_point toy_there = {3, 4};
static const struct toy_item toy_all_items[] = {
    {.type = TOY_NUMBER, .number = 70000},
    {.type = TOY_TEXT, .octets = SPAN("one")},
    {.type = TOY_PEER, .peer = {4, {192, 0, 2, 1}, 9}},
    {.type = TOY_CODES, .octets = SPAN("\0\1\0\x63")},
    {.type = TOY_TEXT, .octets = SPAN("two")},
    {.type = 0x7777, .octets = SPAN("\xab\xcd")},
};
static const struct toy_word toy_all_words[] = {
    {SPAN("Via"), SPAN("x")}, {SPAN("To"), SPAN("y")}, {SPAN("Via"), SPAN("z")}};
static const struct toy toy_all = {
    .kind = 1,
    .urgent = true,
    .number = 258,
    .length = 66000,
    .big = UINT64_MAX,
    .id = SPAN("\x00\xff"),
    .title = SPAN("a\"b\n"),
    .note = "plain",
    .from = {6, {0x20, 1, 0xd, 0xb8, [15] = 1}, 3478},
    .at = {1, 2},
    .to = &toy_there,
    .items = toy_all_items,
    .n_items = COUNT(toy_all_items),
    .words = toy_all_words,
    .n_words = COUNT(toy_all_words),
    .codes = SPAN("\0\2\0\x64"),
};
#endif
