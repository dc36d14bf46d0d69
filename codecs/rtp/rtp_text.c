/* codecs/rtp/rtp_text.c - real-time text. */
#include "codecs/rtp/rtp_text.h"
#include "codecs/rtp/rtp_payload.h"

enum step rtp_text_decode(struct span in, struct rtp_text *v, struct findings *fs)
{
    *v = (struct rtp_text){in, in};
    if (!span_utf8(in))
        payload_broke(fs, in, "RFC4103:3.3#1", MUST, "the block is no whole characters of UTF-8",
                      in.p, in.n, 0);
    return STEP_ITEM;
}

bool rtp_t140c_split(struct span in, uint16_t *counter, struct span *block)
{
    if (in.n < 2)
        return false;
    *counter = get_u16(in.p);
    *block = span_cut(in, 2, in.n);
    return true;
}

bool t140_next(struct rd *r, uint32_t *character)
{
    const uint8_t *p = r->p + r->pos;
    size_t left = rd_left(r);

    if (left == 0)
        return false;
    size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (n > left || !span_utf8((struct span){p, n})) {
        *character = T140_MISSING;
        r->pos++;
        return true;
    }
    *character = n == 1 ? p[0] : p[0] & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++)
        *character = *character << 6 | (p[i] & 0x3f);
    r->pos += n;
    return true;
}

static void back(struct wr *w)
{
    while (w->n && (w->p[w->n - 1] & 0xc0) == 0x80)
        w->n--;
    if (w->n)
        w->n--;
}

void t140_show(struct wr *w, struct span text)
{
    struct rd r = rd_of(text);
    uint32_t c, before = 0;
    bool string = false;

    for (size_t at = 0; t140_next(&r, &c); at = r.pos, before = c) {
        if (string || c == T140_SOS) {
            string = c != T140_ST;
            continue;
        }
        if (c == T140_BS)
            back(w);
        else if (c == T140_LINE_SEPARATOR || c == T140_CR || (c == T140_LF && before != T140_CR))
            wr_u8(w, '\n');
        else if (c >= 0xa0 ? c != T140_BOM : c >= 0x20 && c < 0x7f && before != T140_ESC)
            wr_put(w, span_cut(text, at, r.pos));
    }
}

/* ---- table and descriptor ---- */

static const struct name name_v[] = {
    {T140_BEL, "BEL"}, {T140_BS, "BS"},   {T140_LF, "LF"}, {T140_CR, "CR"},
    {T140_ESC, "ESC"}, {T140_SOS, "SOS"}, {T140_ST, "ST"}, {T140_LINE_SEPARATOR, "NEWLINE"},
    {T140_BOM, "BOM"},
};
const struct names t140_names = {name_v, COUNT(name_v)};

static const struct field fields[] = {
    {.name = "text", FIELD(struct rtp_text, text, F_TEXT)},
};
static const struct wire wires[] = {{WIRE_BYTES, 0, 0}};
static const struct layout layout = LAYOUT(struct rtp_text, "rtp_text", fields, wires, NULL);

PAYLOAD_DECODE(rtp_text, rtp_text_decode)

static void encode(struct wr *w, const struct draft *dr)
{
    payload_encode(w, dr, &layout);
}

static void brief(struct wr *w, const void *view)
{
    wr_text(w, "text ");
    wr_json_text(w, span_cut(((const struct rtp_text *)view)->text, 0, FIELD_SHOWN));
}

const struct codec rtp_text_codec = {
    .name = "rtp_text",
    .view = &layout.d,
    .decode = decode,
    .encode = encode,
    .brief = brief,
};
