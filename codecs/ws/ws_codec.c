/* codecs/ws/ws_codec.c - the field table of frames, and the descriptor that the registry lists. */
#include "codecs/http/http.h"
#include "codecs/ws/ws_table.h"

/* ---- the table ---- */

static const struct name opcode_names[] = {{WS_CONTINUATION, "continuation"},
                                           {WS_TEXT, "text"},
                                           {WS_BINARY, "binary"},
                                           {WS_CLOSE, "close"},
                                           {WS_PING, "ping"},
                                           {WS_PONG, "pong"}};
const struct names ws_opcodes = {opcode_names, COUNT(opcode_names)};

static bool always(const void *rec)
{
    (void)rec;
    return true;
}
static bool clear1(const void *rec)
{
    return !((const struct ws_frame *)rec)->rsv1;
}
static bool clear2(const void *rec)
{
    return !((const struct ws_frame *)rec)->rsv2;
}
static bool clear3(const void *rec)
{
    return !((const struct ws_frame *)rec)->rsv3;
}
static bool shortest(const void *rec)
{
    const struct ws_frame *f = rec;
    return f->bits == (f->length < 126 ? 7 : f->length <= UINT16_MAX ? 16 : 64);
}
static bool fits(const void *rec)
{
    return ((const struct ws_frame *)rec)->length == ((const struct ws_frame *)rec)->payload.n;
}
static bool no_key(const void *rec)
{
    return !((const struct ws_frame *)rec)->masked;
}
static bool no_close(const void *rec)
{
    return !((const struct ws_frame *)rec)->closes;
}
static bool no_reason(const void *rec)
{
    return no_close(rec) || ((const struct ws_frame *)rec)->reason.n == 0;
}
static bool no_text(const void *rec)
{
    return ((const struct ws_frame *)rec)->opcode != WS_TEXT;
}
static bool no_payload(const void *rec)
{
    const struct ws_frame *f = rec;
    return f->closes || f->opcode == WS_TEXT || f->payload.n == 0;
}
static bool no_rest(const void *rec)
{
    return ((const struct ws_frame *)rec)->rest.n == 0;
}
#define W(label, m, k) .name = label, FIELD(struct ws_frame, m, k)
const struct field ws_frame_fields[] = {
    [FRAME_FIN] = {W("fin", fin, F_BOOL)},
    [FRAME_RSV1] = {W("rsv1", rsv1, F_BOOL), .absent = clear1},
    [FRAME_RSV2] = {W("rsv2", rsv2, F_BOOL), .absent = clear2},
    [FRAME_RSV3] = {W("rsv3", rsv3, F_BOOL), .absent = clear3},
    [FRAME_OPCODE] = {W("opcode", opcode, F_ENUM), .names = &ws_opcodes},
    [FRAME_MASKED] = {W("masked", masked, F_BOOL), .derived = always},
    [FRAME_BITS] = {W("bits", bits, F_UINT), .derived = shortest},
    [FRAME_LENGTH] = {W("length", length, F_UINT), .derived = fits},
    [FRAME_KEY] = {W("key", key, F_BYTES), .absent = no_key},
    [FRAME_CODE] = {W("code", code, F_UINT), .absent = no_close},
    [FRAME_REASON] = {W("reason", reason, F_TEXT), .absent = no_reason},
    [FRAME_TEXT] = {W("text", payload, F_TEXT), .absent = no_text},
    [FRAME_PAYLOAD] = {W("payload", payload, F_BYTES), .absent = no_payload},
    [FRAME_REST] = {W("rest", rest, F_BYTES), .absent = no_rest},
};
const struct desc ws_frame_desc = {"ws", sizeof(struct ws_frame), FRAME_COUNT, ws_frame_fields,
                                   NULL};

/* ---- the descriptor ---- */

/* The value of a header field of the message at the front of `in`, as far as it is there; p is NULL: there is none. */
static struct span front_field(struct span in, enum http_type type)
{
    in = span_cut(in, 0, 8192);
    for (size_t at = lex_find(in, 0, '\n') + 1; at < in.n;) {
        size_t end = lex_find(in, at, '\n');
        struct span line = lex_trim(span_cut(in, at, end), LEX_EOL);
        size_t colon = lex_find(line, 0, ':');
        if (line.n == 0)
            break;
        if (colon < line.n && http_type_of(span_cut(line, 0, colon)) == type)
            return lex_trim(span_cut(line, colon + 1, line.n), LEX_BLANK);
        at = end + 1;
    }
    return (struct span){NULL, 0};
}

unsigned ws_guess(struct span in, uint16_t port)
{
    struct span e, upgrade;
    unsigned http = http_guess(in, port);

    if (!http)
        return 0;
    upgrade = front_field(in, HTTP_UPGRADE);
    for (size_t at = 0; http_element(upgrade, &at, &e);)
        if (lex_like(e, "websocket"))
            return http + 1;
    return 0;
}

/* The handshake, and what of HTTP comes before it. Its first octet, G or H, begins no frame: opcodes 7 and, without
 * FIN, 8. */
static enum step between(struct span in, enum framing framing, size_t *used)
{
    struct findings none = {0};
    struct http_dec d = {0};

    *used = 0;
    if (framing != FRAMING_STREAM || in.n == 0 || (in.p[0] != 'G' && in.p[0] != 'H'))
        return STEP_FAIL;
    return http_next(&d, in, used, &none);
}

static enum step decode(struct span in, struct arena *mem, const void **view, struct findings *fs)
{
    struct ws_frame *f = arena_take(mem, sizeof *f);

    *view = NULL;
    if (!f)
        return STEP_MORE;
    enum step s = ws_decode(in, mem, f, fs);
    if (s == STEP_ITEM)
        *view = f;
    return s;
}

static void lint(const void *view, struct findings *fs)
{
    ws_lint(view, fs);
}

/* "text 5", "close 1000", "ping 0 ...": three dots where it is not the last of its message. */
static void brief(struct wr *w, const void *view)
{
    const struct ws_frame *f = view;
    const char *name = name_of(&ws_opcodes, f->opcode);

    wr_text(w, name ? name : "opcode ");
    if (!name)
        wr_dec(w, f->opcode);
    wr_u8(w, ' ');
    wr_dec(w, f->closes ? f->code : f->length);
    wr_text(w, f->fin ? "" : " ...");
}

static bool token(size_t i, struct wr *w, const char **name)
{
#define TOKEN(label, lit)                                                                          \
    {                                                                                              \
        label, SPAN(lit)                                                                           \
    }
    static const struct {
        const char *name;
        struct span s;
    } words[] = {
        TOKEN("text", "\x81\x05Hello"),
        TOKEN("text-masked", "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"),
        TOKEN("first", "\x01\x03Hel"),
        TOKEN("middle", "\x00\x01-"),
        TOKEN("last", "\x80\x02lo"),
        TOKEN("binary-16", "\x82\x7e\x00\x7e"),
        TOKEN("binary-64", "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
        TOKEN("close", "\x88\x02\x03\xe8"),
        TOKEN("close-empty", "\x88\x00"),
        TOKEN("ping", "\x89\x00"),
        TOKEN("pong", "\x8a\x00"),
        TOKEN("rsv1", "\xc1\x00"),
        TOKEN("masked-empty", "\x81\x80\x00\x00\x00\x00"),
        TOKEN("utf8", "\xe2\x82\xac"),
        TOKEN("surrogate", "\xed\xa0\x80"),
        TOKEN("upgrade", "Upgrade: websocket\r\n"),
        TOKEN("connection", "Connection: Upgrade\r\n"),
        TOKEN("key", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
        TOKEN("accept", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
        TOKEN("version", "Sec-WebSocket-Version: 13\r\n"),
        TOKEN("protocol", "Sec-WebSocket-Protocol: chat\r\n"),
        TOKEN("extensions", "Sec-WebSocket-Extensions: permessage-deflate; a=\"b\"\r\n"),
        TOKEN("get", "GET /chat HTTP/1.1\r\nHost: a\r\n"),
        TOKEN("switching", "HTTP/1.1 101 Switching Protocols\r\n"),
    };
#undef TOKEN

    if (i >= COUNT(words))
        return false;
    *name = words[i].name;
    wr_put(w, words[i].s);
    return true;
}

const struct codec ws_codec = {
    .name = "ws",
    .framing = FRAMING_STREAM,
    .port = WS_PORT,
    .port_secure = WS_PORT_TLS,
    .view = &ws_frame_desc,
    .guess = ws_guess,
    .decode = decode,
    .next = ws_next,
    .between = between,
    .carries = ws_carries,
    .between_codec = &http_codec,
    .lint = lint,
    .encode = ws_encode,
    .brief = brief,
    .token = token,
};
