/* codecs/rtp/rtcp_codec.c - the descriptor of RTCP that the registry lists. */
#include "codecs/rtp/rtcp_table.h"

static enum step decode(struct span in, struct arena *mem, const void **view, struct findings *fs)
{
    struct rtcp_compound *c = arena_take(mem, sizeof *c);
    size_t n = 0;

    *view = NULL;
    for (size_t at = 0; in.n - at >= RTCP_HEADER; n++) { /* how many there can be at most */
        size_t size = 4 * (size_t)get_u16(in.p + at + 2) + 4;
        if (size > in.n - at)
            break;
        at += size;
    }
    struct rtcp_packet *v = n ? arena_take(mem, n * sizeof *v) : NULL;
    if (!c)
        return STEP_MORE;
    enum step s = rtcp_decode(in, c, v, v ? n : 0, fs);
    mem->full |= s == STEP_ITEM && c->truncated;
    if (s == STEP_ITEM)
        *view = c;
    return s;
}

static void lint(const void *view, struct findings *fs)
{
    rtcp_lint(view, fs);
}

static void brief(struct wr *w, const void *view)
{
    const struct rtcp_compound *c = view;

    for (size_t i = 0; i < c->n_packets && i < 8; i++) {
        const char *name =
            c->packets[i].kind == RTCP_K_REMB ? "REMB" : name_of(&rtcp_types, c->packets[i].type);
        wr_text(w, i ? " " : "");
        if (name)
            wr_text(w, name);
        else
            wr_dec(w, rtcp_packet_type(&c->packets[i]));
    }
    if (c->n_packets > 8)
        wr_text(w, " ...");
    if (c->n_packets == 0)
        wr_text(w, "no packet");
}

/* Tokens for a dictionary: the head of each packet type, SDES items, heads of report blocks. */
static bool token(size_t i, struct wr *w, const char **name)
{
    if (i < rtcp_types.n) {
        uint64_t type = rtcp_types.v[i].v;
        *name = rtcp_types.v[i].s;
        wr_u8(w, (uint8_t)(RTCP_VERSION << 6 | (type > 0xff ? type & 31 : 1)));
        wr_u8(w, (uint8_t)(type > 0xff ? type >> 8 : type));
        return true;
    }
    i -= rtcp_types.n;
    if (i < rtcp_item_types.n) {
        *name = rtcp_item_types.v[i].s;
        wr_u8(w, (uint8_t)rtcp_item_types.v[i].v);
        wr_u8(w, 2);
        return true;
    }
    i -= rtcp_item_types.n;
    if (i < rtcp_xr_types.n) {
        const struct rtcp_xr_rule *r = rtcp_xr_rule((uint8_t)rtcp_xr_types.v[i].v);
        *name = rtcp_xr_types.v[i].s;
        wr_u8(w, (uint8_t)rtcp_xr_types.v[i].v);
        wr_u8(w, 0);
        wr_u16(w, r ? r->min : 0);
        return true;
    }
    if (i > rtcp_xr_types.n)
        return false;
    *name = "REMB-identifier";
    wr_u32(w, RTCP_REMB);
    return true;
}

const struct codec rtcp_codec = {
    .name = "rtcp",
    .framing = FRAMING_DATAGRAM | FRAMING_MESSAGE,
    .view = &rtcp_compound_desc,
    .guess = rtcp_guess,
    .decode = decode,
    .lint = lint,
    .encode = rtcp_encode,
    .brief = brief,
    .token = token,
};
