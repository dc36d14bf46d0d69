/* codecs/http/http_encode.c - writing what a draft says. */
#include "codecs/base/param.h"
#include "codecs/http/http_table.h"

struct out {
    struct wr *w;
    uint64_t body; /* octets, for a Content-Length without value */
};

static void each(const struct out *o, const struct node *rec, const struct field *f,
                 const char *before)
{
    param_put_each(o->w, rec, f, before);
}

/* The items of a list, or what stands in its place. */
static void items(const struct out *o, const struct node *root, const struct field *f,
                  void (*put)(const struct out *o, const struct node *item))
{
    for (const struct node *n = root->first; n; n = n->next) {
        if (n->f != f)
            continue;
        if (n->form != FORM_KIDS)
            wr_put(o->w, draft_octets(n));
        for (const struct node *i = n->form == FORM_KIDS ? n->first : NULL; i; i = i->next) {
            if (i->form == FORM_KIDS)
                put(o, i);
            else
                wr_put(o->w, draft_octets(i));
        }
    }
}

static void put_header(const struct out *o, const struct node *h)
{
    const struct field *f = http_header_fields;
    const struct node *name = draft_child(h, &f[HEADER_NAME]),
                      *value = draft_child(h, &f[HEADER_VALUE]);

    if (draft_child(h, &f[HEADER_LINE])) {
        each(o, h, &f[HEADER_LINE], "");
        return;
    }
    each(o, h, &f[HEADER_NAME], "");
    wr_text(o->w, ": ");
    if (value)
        each(o, h, &f[HEADER_VALUE], "");
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

static void put_chunk(const struct out *o, const struct node *c)
{
    const struct field *f = http_chunk_fields;
    const struct node *size = draft_child(c, &f[CHUNK_SIZE]);
    size_t data = 0;

    for (const struct node *n = c->first; n; n = n->next)
        if (n->f == &f[CHUNK_DATA])
            data += draft_octets(n).n;
    if (draft_child(c, &f[CHUNK_LINE])) {
        each(o, c, &f[CHUNK_LINE], "");
    } else {
        if (!size)
            hex(o->w, data);
        for (const struct node *n = c->first; n; n = n->next)
            if (n->f == &f[CHUNK_SIZE] && n->form == FORM_UINT)
                hex(o->w, n->u);
            else if (n->f == &f[CHUNK_SIZE])
                wr_put(o->w, draft_octets(n));
        each(o, c, &f[CHUNK_EXT], "");
        wr_text(o->w, "\r\n");
    }
    each(o, c, &f[CHUNK_DATA], "");
    if (draft_child(c, &f[CHUNK_END]))
        each(o, c, &f[CHUNK_END], "");
    else if (data)
        wr_text(o->w, "\r\n");
}

static void version(const struct out *o, const struct node *root)
{
    if (draft_child(root, &http_msg_fields[MSG_VERSION]))
        each(o, root, &http_msg_fields[MSG_VERSION], "");
    else
        wr_text(o->w, "HTTP/1.1");
}

static void put_status(const struct out *o, const struct node *root)
{
    for (const struct node *n = root->first; n; n = n->next) {
        if (n->f != &http_msg_fields[MSG_STATUS])
            continue;
        if (n->form == FORM_UINT) {
            wr_text(o->w, n->u < 10 ? "00" : n->u < 100 ? "0" : "");
            wr_dec(o->w, n->u);
        } else {
            wr_put(o->w, draft_octets(n));
        }
    }
}

static void put_start(const struct out *o, const struct node *root)
{
    const struct field *f = http_msg_fields;

    if (draft_child(root, &f[MSG_START])) {
        each(o, root, &f[MSG_START], "");
        return;
    }
    if (draft_child(root, &f[MSG_STATUS]) || draft_child(root, &f[MSG_REASON])) {
        version(o, root);
        wr_u8(o->w, ' ');
        put_status(o, root);
        wr_u8(o->w, ' ');
        each(o, root, &f[MSG_REASON], "");
    } else {
        each(o, root, &f[MSG_METHOD], "");
        wr_u8(o->w, ' ');
        each(o, root, &f[MSG_TARGET], "");
        wr_u8(o->w, ' ');
        version(o, root);
    }
    wr_text(o->w, "\r\n");
}

void http_encode(struct wr *w, const struct draft *dr)
{
    struct out o = {w, 0};
    const struct node *root = &dr->root;
    const struct field *f = http_msg_fields;

    if (root->form != FORM_KIDS) {
        wr_put(w, draft_octets(root));
        return;
    }
    for (const struct node *n = root->first; n; n = n->next)
        if (n->f == &f[MSG_BODY])
            o.body += draft_octets(n).n;
    put_start(&o, root);
    items(&o, root, &f[MSG_HEADERS], put_header);
    if (draft_child(root, &f[MSG_BLANK]))
        each(&o, root, &f[MSG_BLANK], "");
    else
        wr_text(w, "\r\n");
    each(&o, root, &f[MSG_BODY], "");
    items(&o, root, &f[MSG_CHUNKS], put_chunk);
    items(&o, root, &f[MSG_TRAILERS], put_header);
    if (draft_child(root, &f[MSG_END]))
        each(&o, root, &f[MSG_END], "");
    else if (draft_child(root, &f[MSG_CHUNKS]))
        wr_text(w, "\r\n");
    each(&o, root, &f[MSG_REST], "");
}
