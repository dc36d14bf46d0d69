/* fuzz/targets/sip_depths.c - sip_scan, sip_decode and sip_route see one message: the same parts, header fields and
 * findings. */
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

static void texts(struct span a, struct span b, const char *what)
{
    require(a.n == b.n && (a.n == 0 || a.p == b.p), what);
}

/* What sip_route finds is what the first header field of each type says. */
static void routed(struct span in, const struct sip_msg *m)
{
    static uint8_t room[MEMORY];
    struct arena mem = arena_of(room, MEMORY);
    struct findings fs = {0};
    struct sip_route r;
    const struct sip_via *via = sip_first(m, SIP_VIA);
    const struct sip_value *call = sip_first(m, SIP_CALL_ID);
    const struct sip_number *cseq = sip_first(m, SIP_CSEQ);

    require(sip_route(in, &mem, &r, &fs) == STEP_ITEM, "no way is found in a message");
    require(r.request == m->request && r.status == m->status, "the kind of message differs");
    texts(r.method, m->method, "the method differs");
    texts(r.target, m->uri.text, "the Request-URI differs");
    require((via != NULL) == (r.via.text.p != NULL), "one finds a Via only");
    if (via) {
        texts(r.via.host, via->host, "the host of Via differs");
        texts(r.via.port, via->port, "the port of Via differs");
        texts(r.via.transport, via->transport, "the transport of Via differs");
        require(r.via.params_n == via->params_n, "the parameters of Via differ");
    }
    texts(r.from_tag, sip_tag(m, SIP_FROM), "the tag of From differs");
    texts(r.to_tag, sip_tag(m, SIP_TO), "the tag of To differs");
    texts(r.call_id, call ? call->value : (struct span){NULL, 0}, "Call-ID differs");
    require((cseq != NULL) == (r.cseq.text.p != NULL), "one finds a CSeq only");
    if (cseq) {
        require(cseq->number == r.cseq.number && cseq->fits == r.cseq.fits, "CSeq differs");
        texts(cseq->method, r.cseq.method, "the method of CSeq differs");
    }
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
    routed(in, &b);
}

const struct target sip_depths_target = {.name = "sip_depths",
                                         .one = one,
                                         .max_len = 4096,
                                         .weight = 1,
                                         .dict = "sip",
                                         .codecs = "sip/sdp/parts"};
