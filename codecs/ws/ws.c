/* codecs/ws/ws.c - frames: reading, masking, framing of streams, writing. */
#include "codecs/base/param.h"
#include "codecs/http/http.h"
#include "codecs/ws/ws_rule.h"
#include "codecs/ws/ws_table.h"

/* ---- masking and UTF-8 ---- */

void ws_mask(uint8_t *p, size_t n, const uint8_t key[4], size_t at)
{
    uint8_t turned[8];
    uint64_t wide, v;
    size_t i = 0;

    for (size_t k = 0; k < 8; k++)
        turned[k] = key[(at + k) & 3];
    memcpy(&wide, turned, 8);
    for (; n - i >= 8; i += 8) {
        memcpy(&v, p + i, 8);
        v ^= wide;
        memcpy(p + i, &v, 8);
    }
    for (; i < n; i++)
        p[i] ^= turned[i & 7];
}

/* The first octet of a character of two to four: what comes behind it (RFC 3629 section 4). */
static bool utf8_lead(struct ws_utf8 *u, uint8_t c)
{
    *u = (struct ws_utf8){0, 0x80, 0xbf};
    if (c >= 0xc2 && c <= 0xdf)
        u->left = 1;
    else if (c >= 0xe0 && c <= 0xef)
        u->left = 2;
    else if (c >= 0xf0 && c <= 0xf4)
        u->left = 3;
    if (c == 0xe0)
        u->lo = 0xa0; /* no overlong form */
    else if (c == 0xed)
        u->hi = 0x9f; /* no surrogate */
    else if (c == 0xf0)
        u->lo = 0x90;
    else if (c == 0xf4)
        u->hi = 0x8f; /* up to U+10FFFF */
    return u->left > 0;
}

bool ws_utf8_add(struct ws_utf8 *u, struct span s)
{
    for (size_t i = 0; i < s.n;) {
        uint64_t v;
        if (u->left == 0 && s.n - i >= 8) { /* eight of ASCII at once */
            memcpy(&v, s.p + i, 8);
            if ((v & 0x8080808080808080u) == 0) {
                i += 8;
                continue;
            }
        }
        uint8_t c = s.p[i++];
        if (u->left) {
            if (c < u->lo || c > u->hi)
                return false;
            u->left--;
            u->lo = 0x80;
            u->hi = 0xbf;
        } else if (c >= 0x80 && !utf8_lead(u, c)) {
            return false;
        }
    }
    return true;
}

/* ---- reading ---- */

enum step ws_head(struct span in, struct ws_frame *f, struct findings *fs)
{
    struct rd r = rd_of(in);
    uint8_t a, b;
    uint16_t small;
    uint32_t high, low;

    memset(f, 0, sizeof *f);
    if (!rd_u8(&r, &a) || !rd_u8(&r, &b))
        return STEP_MORE;
    f->fin = a & 0x80;
    f->rsv1 = a & 0x40;
    f->rsv2 = a & 0x20;
    f->rsv3 = a & 0x10;
    f->opcode = a & 15;
    f->masked = b & 0x80;
    f->bits = 7;
    f->length = b & 0x7f;
    if (f->length == 126) {
        if (!rd_u16(&r, &small))
            return STEP_MORE;
        f->bits = 16;
        f->length = small;
    } else if (f->length == 127) {
        if (!rd_u32(&r, &high) || !rd_u32(&r, &low))
            return STEP_MORE;
        f->bits = 64;
        f->length = (uint64_t)high << 32 | low;
    }
    if (f->length >> 63) {
        ws_broke(fs, RULE_LENGTH_SIGN, 2, 8, 0);
        return STEP_FAIL;
    }
    if (f->masked && !rd_take(&r, 4, &f->key))
        return STEP_MORE;
    f->head = r.pos;
    return STEP_ITEM;
}

static void unmask(struct ws_frame *f, struct arena *mem)
{
    uint8_t *p = arena_take(mem, f->payload.n);

    if (!p) {
        f->payload = span_cut(f->payload, 0, 0);
        return;
    }
    memcpy(p, f->payload.p, f->payload.n);
    ws_mask(p, f->payload.n, f->key.p, 0);
    f->payload.p = p;
}

void ws_close_get(struct ws_frame *f)
{
    f->closes = f->opcode == WS_CLOSE && f->payload.n >= 2;
    if (f->closes) {
        f->code = get_u16(f->payload.p);
        f->reason = span_cut(f->payload, 2, f->payload.n);
    }
}

enum step ws_decode(struct span in, struct arena *mem, struct ws_frame *f, struct findings *fs)
{
    enum step s = ws_head(in, f, fs);

    if (s != STEP_ITEM)
        return s;
    if (in.n - f->head < f->length)
        return STEP_MORE;
    f->payload = span_cut(in, f->head, f->head + (size_t)f->length);
    f->rest = span_cut(in, f->head + f->payload.n, in.n);
    if (f->masked && f->payload.n)
        unmask(f, mem);
    ws_close_get(f);
    return STEP_ITEM;
}

enum step ws_next(struct span in, size_t *used, struct findings *fs)
{
    struct ws_frame f;
    enum step s = ws_head(span_cut(in, 0, WS_HEAD_MAX), &f, fs);

    *used = 0;
    if (s != STEP_ITEM)
        return s;
    if (f.length > WS_FRAME_MAX) { /* a limit of ours: nobody breaks a rule */
        finding_add(fs, (struct finding){.clause = "RFC6455:10.4#2",
                                         .what = "a frame has %u octets of payload, more than %u",
                                         .level = MAY,
                                         .len = f.head,
                                         .arg = {f.length, WS_FRAME_MAX}});
        return STEP_FAIL;
    }
    if (in.n - f.head < f.length)
        return STEP_MORE;
    *used = f.head + (size_t)f.length;
    return STEP_ITEM;
}

/* ---- writing ---- */

static void put_length(struct wr *w, uint8_t mask, uint64_t bits, uint64_t n)
{
    if (bits == 64) {
        wr_u8(w, (uint8_t)(mask | 127));
        wr_u64(w, n);
    } else if (bits == 16) {
        wr_u8(w, (uint8_t)(mask | 126));
        wr_u16(w, (uint16_t)n);
    } else {
        wr_u8(w, (uint8_t)(mask | (n & 127)));
    }
}

static unsigned bits_of(uint64_t n)
{
    return n < 126 ? 7 : n <= UINT16_MAX ? 16 : 64;
}

void ws_put_head(struct wr *w, enum ws_opcode opcode, bool fin, const uint8_t *key, uint64_t n)
{
    wr_u8(w, (uint8_t)((fin ? 0x80u : 0u) | (unsigned)opcode));
    put_length(w, key ? 0x80 : 0, bits_of(n), n);
    if (key)
        wr_put(w, (struct span){key, 4});
}

void ws_put(struct wr *w, enum ws_opcode opcode, bool fin, const uint8_t *key, struct span payload)
{
    ws_put_head(w, opcode, fin, key, payload.n);
    wr_put(w, payload);
    if (key && !w->full && payload.n)
        ws_mask(w->p + w->n - payload.n, payload.n, key, 0);
}

void ws_close_put(struct wr *w, uint16_t code, struct span reason)
{
    if (!code)
        return;
    wr_u16(w, code);
    wr_put(w, reason);
}

struct out { /* what a draft has */
    uint64_t flags, opcode, length, bits;
    bool mask, given_length, given_bits;
    struct span key;
};

static void flag(struct out *o, const struct node *n, unsigned bit)
{
    uint64_t v = n->form == FORM_UINT ? n->u : draft_octets(n).n;
    o->flags = v ? o->flags | bit : o->flags & ~(uint64_t)bit;
}

static struct out out_of(const struct node *root)
{
    struct out o = {0};
    bool told = false;

    for (const struct node *n = root->first; n; n = n->next) {
        size_t i = (size_t)(n->f - ws_frame_fields);
        uint64_t u = n->form == FORM_UINT ? n->u : 0;
        if (i <= FRAME_RSV3)
            flag(&o, n, 0x80u >> i);
        else if (i == FRAME_OPCODE)
            o.opcode = u;
        else if (i == FRAME_MASKED)
            o.mask = n->form == FORM_UINT ? u : draft_octets(n).n, told = true;
        else if (i == FRAME_BITS)
            o.bits = u, o.given_bits = true;
        else if (i == FRAME_LENGTH)
            o.length = u, o.given_length = true;
        else if (i == FRAME_KEY)
            o.key = draft_octets(n);
    }
    if (!told)
        o.mask = o.key.p != NULL;
    return o;
}

static void put_payload(struct wr *w, const struct node *root)
{
    for (const struct node *n = root->first; n; n = n->next) {
        size_t i = (size_t)(n->f - ws_frame_fields);
        if (i == FRAME_CODE && n->form == FORM_UINT)
            wr_u16(w, (uint16_t)n->u);
        else if (i == FRAME_CODE || i == FRAME_REASON || i == FRAME_TEXT || i == FRAME_PAYLOAD)
            wr_put(w, draft_octets(n));
    }
}

/* Octets that put_payload writes. */
static uint64_t payload_size(const struct node *root)
{
    uint64_t size = 0;

    for (const struct node *n = root->first; n; n = n->next) {
        size_t i = (size_t)(n->f - ws_frame_fields);
        if (i >= FRAME_CODE && i <= FRAME_PAYLOAD)
            size += i == FRAME_CODE && n->form == FORM_UINT ? 2 : draft_octets(n).n;
    }
    return size;
}

void ws_encode(struct wr *w, const struct draft *dr)
{
    const struct node *root = &dr->root;

    if (root->form != FORM_KIDS) {
        wr_put(w, draft_octets(root));
        return;
    }
    struct out o = out_of(root);
    if (!o.given_length)
        o.length = payload_size(root);
    wr_u8(w, (uint8_t)(o.flags | (o.opcode & 15)));
    put_length(w, o.mask ? 0x80 : 0, o.given_bits ? o.bits : bits_of(o.length), o.length);
    wr_put(w, o.key);
    size_t from = w->n;
    put_payload(w, root);
    if (o.key.n == 4 && !w->full && w->n > from)
        ws_mask(w->p + from, w->n - from, o.key.p, 0);
    draft_put_each(w, root, &ws_frame_fields[FRAME_REST], "");
}
