/* fuzz/targets/sip_depths.c - sip_scan and sip_decode see one message: the same parts, header fields and findings. */
#include "codecs/sip/sip.h"
#include "fuzz/engine/target.h"

enum { MEMORY = 1 << 20, FINDINGS = 64 };

static bool same(struct span a, struct span b)
{
    return a.p == b.p && a.n == b.n;
}

static void fields(const struct sip_msg *a, const struct sip_msg *b)
{
    require(a->headers_n == b->headers_n, "one sees more header fields");
    for (size_t i = 0; i < a->headers_n; i++) {
        const struct sip_header *x = &a->headers[i], *y = &b->headers[i];
        require(x->type == y->type && same(x->name, y->name) && same(x->value, y->value) &&
                    same(x->line, y->line),
                "a header field differs");
        require(sip_names[y->type].form == SIP_TEXT || y->values_n > 0,
                "a header field is not typed");
    }
    for (size_t t = 1; t < SIP_TYPES; t++)
        require((sip_header(a, (enum sip_type)t) == NULL) ==
                    (sip_header(b, (enum sip_type)t) == NULL),
                "one finds a header field that the other does not");
}

static void one(const uint8_t *p, size_t n)
{
    static uint8_t first[MEMORY], second[MEMORY];
    struct arena ma = arena_of(first, MEMORY), mb = arena_of(second, MEMORY);
    struct finding va[FINDINGS], vb[FINDINGS];
    struct findings fa = {.v = va, .cap = FINDINGS}, fb = {.v = vb, .cap = FINDINGS};
    struct sip_msg a, b;
    struct span in = {p, n};

    enum step sa = sip_scan(in, &ma, &a, &fa), sb = sip_decode(in, &mb, &b, &fb);
    require(sa == sb && fa.n == fb.n, "the two depths end otherwise");
    if (sa != STEP_ITEM || ma.full || mb.full)
        return;
    require(a.request == b.request && a.status == b.status && same(a.method, b.method) &&
                same(a.body, b.body) && same(a.rest, b.rest) && same(a.start, b.start) &&
                same(a.blank, b.blank),
            "a part of the message differs");
    fields(&a, &b);
}

const struct target sip_depths_target = {
    .name = "sip_depths", .one = one, .max_len = 4096, .weight = 1, .dict = "sip", .codecs = "sip"};
