/* codecs/base/startline.c - writing what a draft says of a start line. */
#include "codecs/base/startline.h"

void start_put_code(struct wr *w, const struct node *root, const struct field *f)
{
    for (const struct node *n = root->first; n; n = n->next)
        if (n->f == f) {
            if (n->form == FORM_UINT && n->u < 100)
                wr_text(w, n->u < 10 ? "00" : "0");
            draft_put(w, n);
        }
}
