/* codecs/ws/ws_lint.c - what a frame breaks: by itself, and in its place between others. */
#include "codecs/ws/ws_rule.h"
#include "codecs/ws/ws_table.h"

static bool control(const struct ws_frame *f)
{
    return f->opcode >= WS_CLOSE;
}

static void say(struct findings *fs, int rule, size_t off, size_t len, uint64_t arg)
{
    ws_broke(fs, rule, off, len, arg);
}

/* ---- by itself ---- */

static void first_octet(const struct ws_frame *f, struct findings *fs)
{
    if (f->rsv1 && control(f)) /* RFC 7692 section 6 sets it in the first frame of a data message */
        say(fs, RULE_RSV1_CONTROL, 0, 1, 0);
    if (f->rsv1 && f->opcode == WS_CONTINUATION)
        say(fs, RULE_RSV1_CONTINUATION, 0, 1, 0);
    if (f->rsv2)
        say(fs, RULE_RSV2, 0, 1, 0);
    if (f->rsv3)
        say(fs, RULE_RSV3, 0, 1, 0);
    if (f->opcode > WS_BINARY && f->opcode < WS_CLOSE)
        say(fs, RULE_OPCODE_DATA, 0, 1, f->opcode);
    if (f->opcode > WS_PONG)
        say(fs, RULE_OPCODE_CONTROL, 0, 1, f->opcode);
    if (control(f) && !f->fin)
        say(fs, RULE_CONTROL_FIN, 0, 1, 0);
}

static void length(const struct ws_frame *f, struct findings *fs)
{
    if (f->bits == 16 && f->length < 126)
        say(fs, RULE_LENGTH_16, 1, 3, f->length);
    if (f->bits == 64 && f->length <= UINT16_MAX)
        say(fs, RULE_LENGTH_64, 1, 9, f->length);
    if (control(f) && f->length > WS_CONTROL_MAX)
        say(fs, RULE_CONTROL_LONG, 1, f->bits == 16 ? 3 : 9, f->length);
}

/* Codes of RFC 6455, and 1012 to 1014, which the registry of its section 11.7 has got since. */
static bool defined(uint16_t code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

bool ws_code_good(uint16_t code)
{
    return defined(code) || (code >= 3000 && code <= 4999);
}

static void close_frame(const struct ws_frame *f, struct findings *fs)
{
    static const struct {
        uint16_t code;
        int rule;
    } never[] = {{1004, RULE_CLOSE_1004},
                 {1005, RULE_CLOSE_1005},
                 {1006, RULE_CLOSE_1006},
                 {1015, RULE_CLOSE_1015}};
    size_t at = f->head;

    if (f->length == 1)
        say(fs, RULE_CLOSE_ONE, at, 1, 0);
    if (!f->closes)
        return;
    bool said = false;
    for (size_t i = 0; i < COUNT(never); i++)
        if (f->code == never[i].code) {
            say(fs, never[i].rule, at, 2, 0);
            said = true;
        }
    if (f->code < 1000)
        say(fs, RULE_CLOSE_LOW, at, 2, f->code);
    else if (f->code >= 5000)
        say(fs, RULE_CLOSE_HIGH, at, 2, f->code);
    else if (!said && !ws_code_good(f->code))
        say(fs, RULE_CLOSE_UNDEFINED, at, 2, f->code);
    if (f->code == WS_EXTENSION && f->reason.n == 0)
        say(fs, RULE_CLOSE_1010_EMPTY, at, 2, 0);
    if (f->code == WS_EXTENSION && !f->masked)
        say(fs, RULE_CLOSE_1010_SERVER, at, 2, 0);
    if (!f->rsv1 && !span_utf8(f->reason))
        say(fs, RULE_CLOSE_REASON, at + 2, f->reason.n, 0);
}

void ws_lint(const struct ws_frame *f, struct findings *fs)
{
    struct ws_utf8 u = {0};

    first_octet(f, fs);
    length(f, fs);
    if (f->opcode == WS_CLOSE)
        close_frame(f, fs);
    if (f->opcode != WS_TEXT || f->rsv1)
        return;
    if (!ws_utf8_add(&u, f->payload))
        say(fs, RULE_TEXT, f->head, f->payload.n, 0);
    else if (u.left && f->fin && f->payload.n == f->length)
        say(fs, RULE_TEXT_CUT, f->head, f->payload.n, 0);
}

/* ---- in its place ---- */

static enum step failed(struct ws_reader *r, uint16_t code)
{
    r->code = code;
    return STEP_FAIL;
}

static enum step broke(struct ws_reader *r, struct findings *fs, int rule, size_t off, size_t len,
                       uint16_t code)
{
    say(fs, rule, off, len, 0);
    return failed(r, code);
}

/* Masking keys, one after the other. */
static void keys(struct ws_reader *r, const struct ws_frame *f, struct findings *fs)
{
    if (!f->masked)
        return;
    uint32_t key = get_u32(f->key.p);
    if (r->keyed && key == r->key)
        say(fs, RULE_KEY_SAME, f->head - 4, 4, 0);
    else if (r->keyed && key == r->key + 1)
        say(fs, RULE_KEY_NEXT, f->head - 4, 4, 0);
    r->keyed = true;
    r->key = key;
}

/* What makes a receiver fail the connection, of those that ws_lint finds. */
static bool sound(const struct ws_frame *f)
{
    if (control(f))
        return f->fin && !f->rsv1 && f->length <= WS_CONTROL_MAX && f->opcode <= WS_PONG;
    return f->opcode <= WS_BINARY && !(f->rsv1 && f->opcode == WS_CONTINUATION);
}

static enum step control_frame(struct ws_reader *r, const struct ws_frame *f)
{
    if (f->opcode != WS_CLOSE)
        return STEP_ITEM;
    r->closed = true;
    if (f->length == 1 || (f->closes && !ws_code_good(f->code)))
        return failed(r, WS_PROTOCOL_ERROR);
    return span_utf8(f->reason) ? STEP_ITEM : failed(r, WS_NOT_UTF8);
}

/* Where in the stream of messages a data frame stands. */
static enum step place(struct ws_reader *r, const struct ws_frame *f, struct findings *fs)
{
    bool first = f->opcode != WS_CONTINUATION;

    if (first && r->opcode)
        return broke(r, fs, RULE_NEW_WITHIN, 0, 1, WS_PROTOCOL_ERROR);
    if (!first && !r->opcode)
        return broke(r, fs, RULE_CONTINUES_NONE, 0, 1, WS_PROTOCOL_ERROR);
    if (first) {
        r->opcode = f->opcode;
        r->packed = f->rsv1;
        r->size = 0;
        r->utf8 = (struct ws_utf8){0};
    }
    return STEP_ITEM;
}

/* A piece of a data frame's payload that stands in the message now. */
static enum step data_piece(struct ws_reader *r, const struct ws_frame *f, struct span piece,
                            struct findings *fs)
{
    bool one = f->opcode != WS_CONTINUATION; /* ws_lint says what is wrong within it */
    bool end = f->fin && r->left == 0;

    r->size += piece.n;
    if (r->opcode == WS_TEXT && !r->packed) {
        if (!ws_utf8_add(&r->utf8, piece))
            return one ? failed(r, WS_NOT_UTF8)
                       : broke(r, fs, RULE_TEXT_FRAGMENT, f->head, piece.n, WS_NOT_UTF8);
        if (end && r->utf8.left)
            return one ? failed(r, WS_NOT_UTF8)
                       : broke(r, fs, RULE_TEXT_END, f->head, piece.n, WS_NOT_UTF8);
    }
    r->done = end;
    return end ? STEP_ITEM : STEP_MORE;
}

enum step ws_read_head(struct ws_reader *r, const struct ws_frame *f, struct findings *fs)
{
    if (r->done) { /* the message before this frame was given out */
        r->done = false;
        r->opcode = 0;
    }
    r->left = f->length;
    if (f->masked != r->from_client)
        return broke(r, fs, r->from_client ? RULE_UNMASKED : RULE_MASKED, 1, 1, WS_PROTOCOL_ERROR);
    keys(r, f, fs);
    if (!sound(f) || f->rsv2 || f->rsv3)
        return failed(r, WS_PROTOCOL_ERROR);
    if (f->rsv1 && !r->rsv1)
        return broke(r, fs, RULE_RSV1, 0, 1, WS_PROTOCOL_ERROR);
    if (control(f))
        return STEP_MORE;
    if (r->closed)
        return broke(r, fs, RULE_AFTER_CLOSE, 0, 1, WS_PROTOCOL_ERROR);
    if (place(r, f, fs) != STEP_ITEM)
        return STEP_FAIL;
    uint64_t limit = r->limit ? r->limit : WS_MESSAGE_MAX;
    return f->length > limit - r->size ? failed(r, WS_TOO_BIG) : STEP_MORE;
}

enum step ws_read_payload(struct ws_reader *r, struct ws_frame *f, struct span piece, struct wr *to,
                          struct findings *fs)
{
    size_t from = to->n;

    wr_put(to, piece);
    if (to->full)
        return failed(r, WS_TOO_BIG);
    if (f->masked && piece.n)
        ws_mask(to->p + from, piece.n, f->key.p, (size_t)(f->length - r->left) & 3);
    r->left -= piece.n;
    if (!control(f))
        return data_piece(r, f, span_cut(wr_span(to), from, to->n), fs);
    if (r->left)
        return STEP_MORE;
    f->payload = wr_span(to);
    ws_close_get(f);
    return control_frame(r, f);
}

/* `message` NULL: it is not kept. */
static enum step read_frame(struct ws_reader *r, const struct ws_frame *f, struct wr *message,
                            struct findings *fs)
{
    if (ws_read_head(r, f, fs) == STEP_FAIL)
        return STEP_FAIL;
    r->left = 0;
    if (control(f))
        return control_frame(r, f);
    if (message) {
        wr_put(message, f->payload);
        if (message->full)
            return failed(r, WS_TOO_BIG);
    }
    return data_piece(r, f, f->payload, fs);
}

enum step ws_read(struct ws_reader *r, const struct ws_frame *f, struct wr *message,
                  struct findings *fs)
{
    return read_frame(r, f, message, fs);
}

enum step ws_follow(struct ws_reader *r, const struct ws_frame *f, struct findings *fs)
{
    return read_frame(r, f, NULL, fs);
}
