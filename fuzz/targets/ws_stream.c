/* fuzz/targets/ws_stream.c - WebSocket on a stream: octets in any pieces give the same frames, frames give the same
 * messages, and the checks of UTF-8 and the masks agree with slow ones. */
#include "codecs/ws/ws.h"
#include "fuzz/engine/codec_oracle.h"

enum { MEMORY = 1 << 20, FRAMES = 512 };

struct run {
    size_t ends[FRAMES], n;
    enum step last;
};

static void frames(struct span in, struct run *r, bool whole, struct chance *c)
{
    size_t at = 0, have = whole ? in.n : 0;

    *r = (struct run){.last = STEP_MORE};
    while (r->last != STEP_FAIL && r->n < FRAMES) {
        size_t n;
        struct findings none = {0};
        r->last = ws_next(span_cut(in, at, have), &n, &none);
        if (r->last == STEP_ITEM) {
            require(n >= 2 && n <= have - at, "a frame of too few octets, or of too many");
            at += n;
            r->ends[r->n++] = at;
        } else if (r->last == STEP_MORE) {
            if (have == in.n)
                break;
            size_t more = 1 + chance_u8(c) % 32;
            have += more < in.n - have ? more : in.n - have;
        } else {
            require(none.n > 0, "framing is lost without a finding");
        }
    }
}

/* The same in any pieces as at once. */
static void utf8(struct span s, struct chance *c)
{
    struct ws_utf8 u = {0};
    bool good = true;

    for (size_t at = 0; at < s.n && good;) {
        size_t end = at + 1 + chance_u8(c) % 16;
        good = ws_utf8_add(&u, span_cut(s, at, end));
        at = end;
    }
    require((good && u.left == 0) == span_utf8(s), "two checks of UTF-8 differ");
}

static void masks(struct span s, const uint8_t key[4], struct chance *c)
{
    uint8_t *p = need(s.n + 1);

    if (s.n)
        memcpy(p, s.p, s.n);
    for (size_t at = 0; at < s.n;) {
        size_t n = 1 + chance_u8(c) % 24;
        n = n < s.n - at ? n : s.n - at;
        ws_mask(p + at, n, key, at);
        at += n;
    }
    for (size_t i = 0; i < s.n; i++)
        require((p[i] ^ key[i & 3]) == s.p[i], "a mask is not that of the standard");
    free(p);
}

/* What a reader takes has no finding that fails it, and its messages are its frames joined. */
static void read(struct span in, const struct run *r, bool from_client, struct chance *c)
{
    static uint8_t memory[MEMORY], text[1 << 16];
    struct ws_reader reader = {.from_client = from_client, .limit = sizeof text};
    struct wr message = {text, sizeof text, 0, false};
    size_t joined = 0;

    for (size_t i = 0, at = 0; i < r->n; at = r->ends[i++]) {
        struct arena mem = arena_of(memory, MEMORY);
        struct findings fs = {0}, linted = {0};
        struct ws_frame f;
        require(ws_decode(span_cut(in, at, r->ends[i]), &mem, &f, &fs) == STEP_ITEM,
                "a framed frame does not decode");
        require(f.rest.n == 0 && f.payload.n == f.length, "a framed frame ends elsewhere");
        ws_lint(&f, &linted);
        utf8(f.payload, c);
        if (f.masked)
            masks(f.payload, f.key.p, c);
        enum step s = ws_read(&reader, &f, &message, &fs);
        if (s == STEP_FAIL) {
            require(reader.code >= 1002 && ws_code_good(reader.code), "failed without a code");
            require(fs.n + linted.n > 0 || reader.code == WS_TOO_BIG, "failed without a finding");
            return;
        }
        if (f.opcode >= WS_CLOSE)
            continue;
        joined += f.payload.n;
        require(message.n == joined, "a message is not its fragments");
        if (s != STEP_ITEM)
            continue;
        require(reader.opcode != WS_TEXT || span_utf8(wr_span(&message)), "a text is no UTF-8");
        message.n = joined = 0;
    }
}

/* Frames read in pieces come to the same end as whole ones, at the latest in the same frame. */
static void read_pieces(struct span in, const struct run *r, bool from_client, struct chance *c)
{
    static uint8_t memory[MEMORY], text[2][1 << 16];
    struct ws_reader whole = {.from_client = from_client, .limit = sizeof text[0]}, pieces = whole;
    struct wr a = {text[0], sizeof text[0], 0, false}, b = {text[1], sizeof text[1], 0, false};

    for (size_t i = 0, at = 0; i < r->n; at = r->ends[i++]) {
        struct arena mem = arena_of(memory, MEMORY);
        struct span frame = span_cut(in, at, r->ends[i]);
        struct findings fs = {0};
        struct ws_frame f = {0}, g = {0};
        uint8_t small[WS_CONTROL_MAX];
        struct wr control = {small, sizeof small, 0, false};
        require(ws_decode(frame, &mem, &f, &fs) == STEP_ITEM &&
                    ws_head(frame, &g, &fs) == STEP_ITEM,
                "a frame does not decode");
        enum step want = ws_read(&whole, &f, &a, &fs), s = ws_read_head(&pieces, &g, &fs);
        size_t from = g.head;
        do {
            size_t n = 1 + chance_u8(c) % 32;
            n = n < pieces.left ? n : (size_t)pieces.left;
            if (s != STEP_FAIL)
                s = ws_read_payload(&pieces, &g, span_cut(frame, from, from + n),
                                    g.opcode >= WS_CLOSE ? &control : &b, &fs);
            from += n;
        } while (s != STEP_FAIL && pieces.left);
        require(s == want && whole.code == pieces.code, "pieces of a frame come to another end");
        require(s == STEP_FAIL || span_eq(wr_span(&a), wr_span(&b)), "pieces give another message");
        require(s == STEP_FAIL || g.code == f.code, "pieces give another code");
        if (s == STEP_FAIL)
            return;
        if (s == STEP_ITEM && f.opcode < WS_CLOSE)
            a.n = b.n = 0;
    }
}

static void one(const uint8_t *p, size_t n)
{
    static struct run whole, pieces;
    struct fence f = fence_copy(p, n);
    struct chance c = {p, n};
    struct span in = fence_span(&f);

    frames(in, &whole, true, &c);
    frames(in, &pieces, false, &c);
    require(whole.n == pieces.n && whole.last == pieces.last, "pieces give other frames");
    require(memcmp(whole.ends, pieces.ends, whole.n * sizeof *whole.ends) == 0,
            "pieces end elsewhere");
    read(in, &whole, false, &c);
    read(in, &whole, true, &c);
    read_pieces(in, &whole, c.n & 1, &c);
    fence_free(&f);
}

const struct target ws_stream_target = {
    .name = "ws_stream", .one = one, .max_len = 4096, .weight = 3, .dict = "ws", .codecs = "ws"};
