/* codecs/http/http_encode.c - writing what a draft says. */
#include "codecs/base/startline.h"
#include "codecs/http/http_table.h"

struct out {
    struct wr *w;
    uint64_t body; /* octets, for a Content-Length without value */
};

static void put_header(void *ctx, const struct node *h)
{
    const struct out *o = ctx;
    const struct field *f = http_header_fields;
    const struct node *name = draft_child(h, &f[HEADER_NAME]),
                      *value = draft_child(h, &f[HEADER_VALUE]);

    if (draft_child(h, &f[HEADER_LINE])) {
        draft_put_each(o->w, h, &f[HEADER_LINE], "");
        return;
    }
    draft_put_each(o->w, h, &f[HEADER_NAME], "");
    wr_text(o->w, ": ");
    if (value)
        draft_put_each(o->w, h, &f[HEADER_VALUE], "");
    else if (name && lex_like(draft_octets(name), "Content-Length"))
        wr_dec(o->w, o->body);
    wr_text(o->w, "\r\n");
}

static void hex(struct wr *w, uint64_t v)
{
    unsigned n = 1;
    while (n < 16 && v >> (4 * n))
        n++;
    wr_hex(w, v, n);
}

static void put_chunk(void *ctx, const struct node *c)
{
    const struct out *o = ctx;
    const struct field *f = http_chunk_fields;
    const struct node *size = draft_child(c, &f[CHUNK_SIZE]);
    size_t data = draft_size(c, &f[CHUNK_DATA]);

    if (draft_child(c, &f[CHUNK_LINE])) {
        draft_put_each(o->w, c, &f[CHUNK_LINE], "");
    } else {
        if (!size)
            hex(o->w, data);
        for (const struct node *n = c->first; n; n = n->next)
            if (n->f == &f[CHUNK_SIZE] && n->form == FORM_UINT)
                hex(o->w, n->u);
            else if (n->f == &f[CHUNK_SIZE])
                wr_put(o->w, draft_octets(n));
        draft_put_each(o->w, c, &f[CHUNK_EXT], "");
        wr_text(o->w, "\r\n");
    }
    draft_put_each(o->w, c, &f[CHUNK_DATA], "");
    if (draft_child(c, &f[CHUNK_END]))
        draft_put_each(o->w, c, &f[CHUNK_END], "");
    else if (data)
        wr_text(o->w, "\r\n");
}

static void put_start(struct wr *w, const struct node *root)
{
    const struct field *f = http_msg_fields;

    if (draft_child(root, &f[MSG_START])) {
        draft_put_each(w, root, &f[MSG_START], "");
        return;
    }
    if (draft_child(root, &f[MSG_STATUS]) || draft_child(root, &f[MSG_REASON])) {
        draft_put_or(w, root, &f[MSG_VERSION], "HTTP/1.1");
        wr_u8(w, ' ');
        start_put_code(w, root, &f[MSG_STATUS]);
        wr_u8(w, ' ');
        draft_put_each(w, root, &f[MSG_REASON], "");
    } else {
        draft_put_each(w, root, &f[MSG_METHOD], "");
        wr_u8(w, ' ');
        draft_put_each(w, root, &f[MSG_TARGET], "");
        wr_u8(w, ' ');
        draft_put_or(w, root, &f[MSG_VERSION], "HTTP/1.1");
    }
    wr_text(w, "\r\n");
}

void http_encode(struct wr *w, const struct draft *dr)
{
    const struct node *root = &dr->root;
    const struct field *f = http_msg_fields;
    struct out o = {w, draft_size(root, &f[MSG_BODY])};

    if (root->form != FORM_KIDS) {
        wr_put(w, draft_octets(root));
        return;
    }
    put_start(w, root);
    draft_put_items(root, &f[MSG_HEADERS], w, put_header, &o);
    draft_put_or(w, root, &f[MSG_BLANK], "\r\n");
    draft_put_each(w, root, &f[MSG_BODY], "");
    draft_put_items(root, &f[MSG_CHUNKS], w, put_chunk, &o);
    draft_put_items(root, &f[MSG_TRAILERS], w, put_header, &o);
    draft_put_or(w, root, &f[MSG_END], draft_child(root, &f[MSG_CHUNKS]) ? "\r\n" : "");
    draft_put_each(w, root, &f[MSG_REST], "");
}
