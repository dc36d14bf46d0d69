/* codecs/stun/stun_codec.c - the descriptor that the registry lists. */
#include "codecs/stun/stun_table.h"

static enum step decode(struct span in, struct arena *mem, const void **view, struct findings *fs)
{
    struct stun_msg *m = arena_take(mem, sizeof *m);
    size_t attrs = 0, at = STUN_HEADER;

    *view = NULL;
    while (at + 4 <= in.n && attrs < STUN_ATTRS_MAX) { /* how many there can be at most */
        at += 4 + stun_round4(get_u16(in.p + at + 2));
        attrs++;
    }
    size_t cap = attrs;
    struct stun_attr *v = arena_take(mem, cap * sizeof *v);
    if (!m)
        return STEP_MORE;
    enum step s = stun_decode(in, m, v, v ? cap : 0, fs);
    mem->full |= s == STEP_ITEM && m->truncated;
    if (s == STEP_ITEM)
        *view = m;
    return s;
}

/* ChannelData shares the connection, RFC8656:12.4. Numbers from 0x5000 to 0x7fff too, which were channels until RFC 8656:
 * nothing else stands there. */
static enum step between(struct span in, size_t *used)
{
    struct stun_channel c;
    struct findings none = {0};

    return stun_channel_next_5766(in, true, &c, used, &none);
}

static void lint(const void *view, struct findings *fs)
{
    stun_lint(view, fs);
}

static void encode(struct wr *w, const struct draft *dr)
{
    stun_encode(w, dr, NULL);
}

/* The secret is the HMAC key, as stun_key_init has it. */
static void seal(uint8_t *p, size_t n, const struct codec_secret *secret)
{
    struct stun_key k;

    stun_key_init(&k, secret->key);
    stun_reseal(p, n, &k);
}

static void brief(struct wr *w, const void *view)
{
    const struct stun_msg *m = view;
    const char *method = name_of(&stun_methods, m->method);
    const struct stun_attr *a;

    if (method)
        wr_text(w, method);
    else
        wr_dec(w, m->method);
    wr_u8(w, ' ');
    wr_text(w, name_of(&stun_classes, m->cls));
    a = m->cls == STUN_ERROR ? stun_find(m, STUN_ERROR_CODE) : NULL;
    if (a && a->kind == STUN_CODE) {
        wr_u8(w, ' ');
        wr_dec(w, a->v.code);
    }
    a = m->cls == STUN_SUCCESS ? stun_find(m, STUN_XOR_MAPPED_ADDRESS) : NULL;
    if (a && a->kind == STUN_XOR_ADDR) {
        wr_u8(w, ' ');
        addr_text(w, &a->v.addr);
    }
    if (m->classic)
        wr_text(w, " (RFC 3489)");
}

/* Tokens for a dictionary: each attribute's type, with its length where that is fixed. */
static bool token(size_t i, struct wr *w, const char **name)
{
    if (i == 0) {
        *name = "cookie";
        wr_u32(w, STUN_COOKIE);
        return true;
    }
    if (--i < stun_types.n) {
        uint16_t type = (uint16_t)stun_types.v[i].v;
        const struct stun_rule *r = stun_rule(type);
        *name = stun_types.v[i].s;
        wr_u16(w, type);
        if (r && r->min == r->max)
            wr_u16(w, r->min);
        return true;
    }
    i -= stun_types.n;
    if (i < stun_methods.n) {
        *name = stun_methods.v[i].s;
        wr_u16(w, (uint16_t)stun_methods.v[i].v);
        return true;
    }
    return false;
}

const struct codec stun_codec = {
    .name = "stun",
    .framing = FRAMING_DATAGRAM | FRAMING_STREAM | FRAMING_MESSAGE,
    .port = 3478, /* RFC8489:8.1#a4 */
    .port_secure = 5349,
    .also = "turn", /* RFC8656:4.1#a2, #a3 */
    .view = &stun_msg_desc,
    .guess = stun_guess,
    .decode = decode,
    .next = stun_next,
    .between = between,
    .lint = lint,
    .encode = encode,
    .seal = seal,
    .brief = brief,
    .token = token,
};
