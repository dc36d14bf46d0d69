/* fuzz/targets/http_stream.c - HTTP on a stream: octets in any pieces give the same messages; what is framed decodes as
 * one message with nothing behind it, and the chunked coding comes off alike in both ways. */
#include "codecs/http/http.h"
#include "fuzz/engine/codec_oracle.h"

enum { MEMORY = 4 << 20, MESSAGES = 256 };

struct run { /* what a stream was taken for */
    size_t ends[MESSAGES], n, left;
    enum step last;
};

/* The messages of a stream whose octets come as `more` says: how many further ones next. */
static void frames(struct span in, struct run *r, size_t (*more)(struct chance *c),
                   struct chance *c)
{
    struct http_dec d = {0};
    size_t at = 0, have = 0;

    *r = (struct run){.last = STEP_MORE};
    while (r->last != STEP_FAIL && r->n < MESSAGES) {
        size_t used_n;
        struct findings none = {0};
        r->last = http_next(&d, span_cut(in, at, have), &used_n, &none);
        if (r->last == STEP_ITEM) {
            require(used_n > 0 && used_n <= have - at, "a message of no octets, or of too many");
            at += used_n;
            r->ends[r->n++] = at;
        } else if (r->last == STEP_MORE) {
            require(used_n == 0, "no message, and octets of it");
            if (have == in.n)
                break;
            size_t step = more(c);
            have += step < in.n - have ? step : in.n - have;
        } else {
            require(none.n > 0, "framing is lost without a finding");
        }
    }
    r->left = in.n - at;
}

static size_t all(struct chance *c)
{
    (void)c;
    return (size_t)-1;
}
static size_t single(struct chance *c)
{
    (void)c;
    return 1;
}
static size_t any(struct chance *c)
{
    return 1 + chance_u8(c) % 64;
}

static void same(const struct run *a, const struct run *b)
{
    require(a->n == b->n && a->last == b->last && a->left == b->left, "pieces give other messages");
    require(memcmp(a->ends, b->ends, a->n * sizeof *a->ends) == 0, "pieces end elsewhere");
}

/* The content of a chunked body, taken off in pieces, is that of the chunks. */
static void content(const struct http_msg *m, struct span body, struct chance *c)
{
    struct http_chunked k = {0};
    struct findings none = {0};
    uint8_t *a = need(body.n + 1), *b = need(body.n + 1);
    struct wr wa = {a, body.n, 0, false}, wb = wa;
    size_t at = 0;

    wb.p = b;
    http_content(&wa, m);
    while (!k.done) {
        size_t end = at + any(c), took;
        struct span in = span_cut(body, at, end), data;
        enum step s = http_chunked_next(&k, in, &took, &data, &none);
        require(s != STEP_FAIL, "a framed body is none");
        require(took > 0 || k.done, "a decoder that takes nothing");
        at += took;
        wr_put(&wb, data);
    }
    require(at == body.n, "a chunked body ends elsewhere");
    require(span_eq(wr_span(&wa), wr_span(&wb)), "the content differs");
    free(a);
    free(b);
}

static void message(struct span in, struct chance *c)
{
    static uint8_t memory[MEMORY];
    struct arena mem = arena_of(memory, MEMORY);
    struct findings none = {0};
    struct http_msg m;

    enum step s = http_decode(in, HTTP_ASK_OTHER, &mem, &m, &none);
    if (s != STEP_ITEM || mem.full)
        return;
    require(m.rest.n == 0, "octets stand behind a framed message");
    require(m.how != HTTP_LENGTH || m.body.n == m.length, "a framed body is too short");
    if (m.how == HTTP_CHUNKED)
        content(&m, span_cut(in, m.head.n, in.n), c);
}

static void one(const uint8_t *p, size_t n)
{
    static struct run whole, octets, pieces;
    struct fence f = fence_copy(p, n);
    struct chance c = {p, n};
    struct span in = fence_span(&f);

    frames(in, &whole, all, &c);
    frames(in, &octets, single, &c);
    frames(in, &pieces, any, &c);
    same(&whole, &octets);
    same(&whole, &pieces);
    for (size_t i = 0, at = 0; i < whole.n; at = whole.ends[i++])
        message(span_cut(in, at, whole.ends[i]), &c);
    fence_free(&f);
}

const struct target http_stream_target = {.name = "http_stream",
                                          .one = one,
                                          .max_len = 4096,
                                          .weight = 3,
                                          .dict = "http",
                                          .codecs = "http/parts"};
