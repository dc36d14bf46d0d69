/* codecs/rtp/rtp_red.c - redundant data. */
#include "codecs/rtp/rtp_red.h"
#include "codecs/rtp/rtp_payload.h"

/* How many headers of redundant blocks there are; NULL: they do not end within the payload. */
static const uint8_t *headers(struct span in, size_t *n)
{
    *n = 0;
    for (size_t at = 0; at < in.n; at += RTP_RED_HEAD, ++*n)
        if (!(in.p[at] & 0x80))
            return in.p + at;
    return NULL;
}

static enum step broken(struct span in, struct rtp_red *v)
{
    v->rest = in;
    v->n_blocks = 0;
    v->truncated = false;
    return STEP_ITEM;
}

enum step rtp_red_decode(struct span in, struct rtp_red *v, struct rtp_red_block *blocks,
                         size_t cap, struct findings *fs)
{
    size_t n;

    if (in.n == 0)
        return STEP_MORE;
    *v = (struct rtp_red){.wire = in, .blocks = blocks};
    const uint8_t *last = headers(in, &n);
    if (!last) {
        payload_broke(fs, in, "RFC2198:3#c1", STMT, "%u headers, and none says that it is the last",
                      in.p, in.n, n);
        return broken(in, v);
    }
    size_t at = n * RTP_RED_HEAD + 1;
    for (size_t i = 0; i < n; i++) {
        uint32_t head = get_u32(in.p + i * RTP_RED_HEAD);
        struct rtp_red_block b = {(uint8_t)(head >> 24 & 0x7f),
                                  (uint16_t)(head >> 10 & 0x3fff),
                                  (uint16_t)(head & 0x3ff),
                                  {NULL, 0}};
        if (b.length > in.n - at) {
            payload_broke(fs, in, "RFC2198:3#c2", STMT,
                          "a block of %u octets runs past the payload", in.p + i * RTP_RED_HEAD + 2,
                          2, b.length);
            return broken(in, v);
        }
        b.data = span_cut(in, at, at + b.length);
        at += b.length;
        v->truncated |= i >= cap;
        if (i < cap)
            blocks[v->n_blocks++] = b;
    }
    v->has_primary = true;
    v->payload_type = *last & 0x7f;
    v->primary = span_cut(in, at, in.n);
    return STEP_ITEM;
}

static void put_head(struct wr *w, uint64_t type, uint64_t offset, uint64_t length)
{
    wr_u32(w, 1u << 31 | (uint32_t)(type & 0x7f) << 24 | (uint32_t)(offset & 0x3fff) << 10 |
                  (uint32_t)(length & 0x3ff));
}

bool rtp_red_put(struct wr *w, const struct rtp_red_block *blocks, size_t n, uint8_t payload_type,
                 struct span primary)
{
    for (size_t i = 0; i < n; i++)
        if (blocks[i].offset > RTP_RED_OFFSET_MAX || blocks[i].data.n > RTP_RED_LENGTH_MAX)
            return false;
    for (size_t i = 0; i < n; i++)
        put_head(w, blocks[i].payload_type, blocks[i].offset, blocks[i].data.n);
    wr_u8(w, payload_type & 0x7f);
    for (size_t i = 0; i < n; i++)
        wr_put(w, blocks[i].data);
    wr_put(w, primary);
    return true;
}

/* ---- table and descriptor ---- */

static bool length_derived(const void *rec)
{
    const struct rtp_red_block *b = rec;
    return b->length == b->data.n;
}
static bool no_blocks(const void *rec)
{
    return ((const struct rtp_red *)rec)->n_blocks == 0;
}
static bool no_primary(const void *rec)
{
    return !((const struct rtp_red *)rec)->has_primary;
}
static bool no_follows(const void *rec)
{
    return !((const struct rtp_red *)rec)->follows;
}
static bool no_rest(const void *rec)
{
    return ((const struct rtp_red *)rec)->rest.n == 0;
}
#define B(m, k) FIELD(struct rtp_red_block, m, k)
enum { B_TYPE, B_OFFSET, B_LENGTH, B_DATA };
static const struct field block_fields[] = {
    [B_TYPE] = {.name = "payload_type", B(payload_type, F_UINT)},
    [B_OFFSET] = {.name = "offset", B(offset, F_UINT)},
    [B_LENGTH] = {.name = "length", B(length, F_UINT), .derived = length_derived},
    [B_DATA] = {.name = "data", B(data, F_BYTES)},
};
static const struct desc block_desc = {"block", sizeof(struct rtp_red_block), FIELDS(block_fields),
                                       .next = NULL};
#define R(m, k) FIELD(struct rtp_red, m, k)
enum { R_BLOCKS, R_TYPE, R_FOLLOWS, R_PRIMARY, R_REST };
static const struct field fields[] = {
    [R_BLOCKS] = {.name = "blocks",
                  R(blocks, F_LIST),
                  .count = offsetof(struct rtp_red, n_blocks),
                  .sub = &block_desc,
                  .absent = no_blocks},
    [R_TYPE] = {.name = "payload_type", R(payload_type, F_UINT), .absent = no_primary},
    [R_FOLLOWS] = {.name = "follows", R(follows, F_BOOL), .absent = no_follows},
    [R_PRIMARY] = {.name = "primary", R(primary, F_BYTES), .absent = no_primary},
    [R_REST] = {.name = "rest", R(rest, F_BYTES), .absent = no_rest},
};
static const struct desc view_desc = {"rtp_red", sizeof(struct rtp_red), FIELDS(fields),
                                      .next = NULL};

/* Headers of the blocks, or their data. */
static void put_blocks(struct wr *w, const struct node *list, bool data)
{
    for (const struct node *b = list && list->form == FORM_KIDS ? list->first : NULL; b;
         b = b->next) {
        if (b->form != FORM_KIDS) {
            if (!data)
                wr_put(w, draft_octets(b));
            continue;
        }
        struct span s = draft_octets(draft_child(b, &block_fields[B_DATA]));
        if (data)
            wr_put(w, s);
        else
            put_head(w, wire_number(b, &block_fields[B_TYPE], 0),
                     wire_number(b, &block_fields[B_OFFSET], 0),
                     wire_number(b, &block_fields[B_LENGTH], s.n));
    }
    if (list && list->form == FORM_RAW && !data)
        wr_put(w, list->s);
}

static void encode(struct wr *w, const struct draft *dr)
{
    const struct node *root = &dr->root;

    if (root->form != FORM_KIDS) {
        wr_put(w, draft_octets(root));
        return;
    }
    const struct node *list = draft_child(root, &fields[R_BLOCKS]);
    const struct node *type = draft_child(root, &fields[R_TYPE]);
    const struct node *primary = draft_child(root, &fields[R_PRIMARY]);
    put_blocks(w, list, false);
    if (type && type->form == FORM_RAW)
        wr_put(w, type->s);
    else if (type || primary)
        wr_u8(w, (uint8_t)((wire_number(root, &fields[R_FOLLOWS], 0) & 1) << 7 |
                           (wire_number(root, &fields[R_TYPE], 0) & 0x7f)));
    put_blocks(w, list, true);
    wr_put(w, draft_octets(primary));
    wr_put(w, draft_octets(draft_child(root, &fields[R_REST])));
}

static enum step decode(struct span in, struct arena *mem, const void **view, struct findings *fs)
{
    struct rtp_red *v = arena_take(mem, sizeof *v);
    size_t n;

    *view = NULL;
    if (!headers(in, &n))
        n = 0;
    struct rtp_red_block *blocks = n ? arena_take(mem, n * sizeof *blocks) : NULL;
    if (!v)
        return STEP_MORE;
    enum step s = rtp_red_decode(in, v, blocks, blocks ? n : 0, fs);
    mem->full |= s == STEP_ITEM && v->truncated;
    if (s == STEP_ITEM)
        *view = v;
    return s;
}

static void brief(struct wr *w, const void *view)
{
    const struct rtp_red *v = view;

    wr_text(w, "payload type ");
    wr_dec(w, v->payload_type);
    wr_text(w, " and ");
    wr_dec(w, v->n_blocks);
    wr_text(w, v->n_blocks == 1 ? " redundant block" : " redundant blocks");
}

const struct codec rtp_red_codec = {
    .name = "rtp_red",
    .view = &view_desc,
    .decode = decode,
    .encode = encode,
    .brief = brief,
};
