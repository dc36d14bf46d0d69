/* codecs/sip/sip_frag.c - fragments of messages, message/sipfrag (RFC 3420), and the descriptor that the registry
 * lists. */
#include "codecs/sip/sip_table.h"

void sip_frag_decode(struct span in, struct arena *mem, struct sip_msg *m, struct findings *fs)
{
    sip_scan_fragment(in, mem, m, fs);
    if (m->request)
        uri_parse(m->uri.text, mem, &m->uri);
    for (size_t i = 0; i < m->headers_n; i++)
        sip_type(&m->headers[i], m->body.n, mem);
    sip_kind(m);
    if (m->body.n)
        sip_parts(m, mem);
}

void sip_frag_encode(struct wr *w, const struct draft *dr)
{
    sip_encode_over(w, dr, sip_frag_fields, true);
}

/* ---- the descriptor ---- */

static enum step decode(struct span in, struct arena *mem, const void **view, struct findings *fs)
{
    struct sip_msg *m = arena_take(mem, sizeof *m);

    *view = m;
    if (!m)
        return STEP_MORE;
    sip_frag_decode(in, mem, m, fs);
    return STEP_ITEM;
}

static void lint(const void *view, struct findings *fs)
{
    sip_frag_lint(view, fs);
}

/* "INVITE sip:bob@example.com", "200 OK", "6 header fields". */
static void brief(struct wr *w, const void *view)
{
    const struct sip_msg *m = view;

    if (m->version.n) {
        sip_codec.brief(w, m);
        return;
    }
    wr_dec(w, m->headers_n);
    wr_text(w, m->headers_n == 1 ? " header field" : " header fields");
}

const struct codec sipfrag_codec = {
    .name = "sipfrag",
    .view = &sip_frag_desc,
    .decode = decode,
    .inside = sip_inside,
    .lint = lint,
    .encode = sip_frag_encode,
    .brief = brief,
};
