/* codecs/ws/ws_test.c - what vectors of frames cannot say: a frame in its place, masks, UTF-8 in pieces, writing. */
#include "codecs/http/http.h"
#include "codecs/ws/ws.h"
#include "harness/core/test.h"

struct row { /* frames of one direction, what the reader makes of the last one */
    const char *name;
    bool from_client, rsv1;
    struct span frames;
    enum step last;
    uint16_t code;      /* STEP_FAIL */
    const char *clause; /* of the one finding of the reader; NULL: none */
    const char *text;   /* the message at the end */
};
#define OCTETS(lit)                                                                                \
    {                                                                                              \
        (const uint8_t *)(lit), sizeof(lit) - 1                                                    \
    }

static enum step run(const struct row *row, struct ws_reader *r, struct wr *message,
                     struct findings *fs)
{
    static uint8_t memory[4096];
    enum step s = STEP_MORE;
    struct span in = row->frames;
    size_t used;

    while (s != STEP_FAIL && in.n && ws_next(in, &used, fs) == STEP_ITEM) {
        struct arena mem = arena_of(memory, sizeof memory);
        struct ws_frame f;
        CU_ASSERT_EQUAL(ws_decode(span_cut(in, 0, used), &mem, &f, fs), STEP_ITEM);
        s = ws_read(r, &f, message, fs);
        in = span_cut(in, used, in.n);
    }
    CU_ASSERT_TRUE(in.n == 0 || s == STEP_FAIL);
    return s;
}

/* The same in pieces of `chunk` octets. `message` has at a failure what came before the octet that made it so. */
static enum step run_pieces(const struct row *row, struct ws_reader *r, struct wr *message,
                            struct findings *fs, size_t chunk)
{
    enum step s = STEP_MORE;
    struct span in = row->frames;

    while (s != STEP_FAIL && in.n) {
        uint8_t kept[WS_HEAD_MAX], small[WS_CONTROL_MAX];
        struct wr control = {small, sizeof small, 0, false};
        struct ws_frame f;
        size_t n = 1;
        while (ws_head(span_cut(in, 0, n), &f, fs) == STEP_MORE && n < in.n)
            n++;
        memcpy(kept, in.p, n); /* the key borrows it */
        CU_ASSERT_EQUAL(ws_head((struct span){kept, n}, &f, fs), STEP_ITEM);
        in = span_cut(in, n, in.n);
        s = ws_read_head(r, &f, fs);
        do {
            struct span piece = span_cut(in, 0, r->left < chunk ? (size_t)r->left : chunk);
            if (s == STEP_FAIL)
                return s;
            s = ws_read_payload(r, &f, piece, f.opcode >= WS_CLOSE ? &control : message, fs);
            in = span_cut(in, piece.n, in.n);
        } while (r->left);
    }
    return s;
}

static bool row_good(const struct row *row, enum step s, const struct ws_reader *r,
                     struct span text, const struct findings *fs)
{
    return s == row->last && (s != STEP_FAIL || r->code == row->code) && span_is(text, row->text) &&
           fs->n == (row->clause != NULL) &&
           (!row->clause || strcmp(fs->v[0].clause, row->clause) == 0);
}

static void places(void)
{
    static const struct row rows[] = {
        {"text", false, false, OCTETS("\x81\x05Hello"), STEP_ITEM, 0, NULL, "Hello"},
        {"fragments", false, false, OCTETS("\x01\x03Hel\x80\x02lo"), STEP_ITEM, 0, NULL, "Hello"},
        {"ping between", false, false, OCTETS("\x01\x03Hel\x89\x00\x80\x02lo"), STEP_ITEM, 0, NULL,
         "Hello"},
        {"first", false, false, OCTETS("\x01\x03Hel"), STEP_MORE, 0, NULL, "Hel"},
        {"empty fragments", false, false, OCTETS("\x01\x00\x00\x00\x80\x00"), STEP_ITEM, 0, NULL,
         ""},
        {"masked", true, false, OCTETS("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"), STEP_ITEM,
         0, NULL, "Hello"},
        {"not masked", true, false, OCTETS("\x81\x05Hello"), STEP_FAIL, 1002, "RFC6455:5.1#1", ""},
        {"masked of a server", false, false, OCTETS("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"),
         STEP_FAIL, 1002, "RFC6455:5.1#4", ""},
        {"rsv1", false, false, OCTETS("\xc1\x01x"), STEP_FAIL, 1002, "RFC6455:5.2#2", ""},
        {"rsv1 agreed", false, true, OCTETS("\xc1\x01\xff"), STEP_ITEM, 0, NULL, "\xff"},
        {"rsv2", false, true, OCTETS("\xa1\x01x"), STEP_FAIL, 1002, NULL, ""},
        {"opcode", false, false, OCTETS("\x83\x00"), STEP_FAIL, 1002, NULL, ""},
        {"control opcode", false, false, OCTETS("\x8b\x00"), STEP_FAIL, 1002, NULL, ""},
        {"control without fin", false, false, OCTETS("\x09\x00"), STEP_FAIL, 1002, NULL, ""},
        {"continues none", false, false, OCTETS("\x80\x01x"), STEP_FAIL, 1002, "RFC6455:5.4#a3",
         ""},
        {"continues a whole one", false, false, OCTETS("\x81\x01x\x80\x01y"), STEP_FAIL, 1002,
         "RFC6455:5.4#a3", "x"},
        {"new within", false, false, OCTETS("\x01\x01x\x81\x01y"), STEP_FAIL, 1002, "RFC6455:5.4#4",
         "x"},
        {"new behind", false, false, OCTETS("\x81\x01x\x82\x01y"), STEP_ITEM, 0, NULL, "xy"},
        {"after close", false, false, OCTETS("\x88\x00\x81\x01x"), STEP_FAIL, 1002,
         "RFC6455:5.5.1#5", ""},
        {"pong after close", false, false, OCTETS("\x88\x00\x8a\x00"), STEP_ITEM, 0, NULL, ""},
        {"close code", false, false, OCTETS("\x88\x02\x03\xed"), STEP_FAIL, 1002, NULL, ""},
        {"close of one", false, false, OCTETS("\x88\x01\x03"), STEP_FAIL, 1002, NULL, ""},
        {"close reason", false, false, OCTETS("\x88\x03\x03\xe8\xff"), STEP_FAIL, 1007, NULL, ""},
        {"close", false, false, OCTETS("\x88\x03\x03\xe8x"), STEP_ITEM, 0, NULL, ""},
        {"utf-8 across", false, false, OCTETS("\x01\x02\xe2\x82\x80\x01\xac"), STEP_ITEM, 0, NULL,
         "\xe2\x82\xac"},
        {"no utf-8 across", false, false, OCTETS("\x01\x02\xe2\x82\x80\x01x"), STEP_FAIL, 1007,
         "RFC6455:5.6#1", "\xe2\x82x"},
        {"surrogate across", false, false, OCTETS("\x01\x01\xed\x00\x01\xa0"), STEP_FAIL, 1007,
         "RFC6455:5.6#1", "\xed\xa0"},
        {"cut across", false, false, OCTETS("\x01\x01x\x80\x01\xe2"), STEP_FAIL, 1007,
         "RFC6455:5.6#1", "x\xe2"},
        {"no utf-8 at once", false, false, OCTETS("\x01\x01\xff"), STEP_FAIL, 1007, NULL, "\xff"},
        {"binary across", false, false, OCTETS("\x02\x01\xe2\x80\x01x"), STEP_ITEM, 0, NULL,
         "\xe2x"},
        {"same key", true, false, OCTETS("\x89\x80\x01\x02\x03\x04\x89\x80\x01\x02\x03\x04"),
         STEP_ITEM, 0, "RFC6455:5.3#2", ""},
        {"next key", true, false, OCTETS("\x89\x80\x01\x02\x03\x04\x89\x80\x01\x02\x03\x05"),
         STEP_ITEM, 0, "RFC6455:5.3#3b", ""},
        {"other key", true, false, OCTETS("\x89\x80\x01\x02\x03\x04\x89\x80\x01\x02\x03\x06"),
         STEP_ITEM, 0, NULL, ""},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *row = &rows[i];
        struct ws_reader r = {.from_client = row->from_client, .rsv1 = row->rsv1};
        uint8_t text[64];
        struct wr message = {text, sizeof text, 0, false};
        struct finding found[4];
        struct findings fs = {.v = found, .cap = COUNT(found)};
        enum step s = run(row, &r, &message, &fs);
        bool good = row_good(row, s, &r, wr_span(&message), &fs);
        if (!good)
            printf("\n%s: step %d, code %u, %zu findings\n", row->name, s, r.code, fs.n);
        CU_ASSERT_TRUE(good);
        for (size_t chunk = 1; chunk <= row->frames.n; chunk++) {
            r = (struct ws_reader){.from_client = row->from_client, .rsv1 = row->rsv1};
            message.n = fs.n = 0;
            s = run_pieces(row, &r, &message, &fs, chunk);
            CU_ASSERT_TRUE(row_good(row, s, &r, wr_span(&message), &fs));
        }
    }
}

/* What is wrong is seen with the octet that makes it so, not at the end of the frame. */
static void fails_fast(void)
{
    uint8_t head[] = {0x82, 0x7f, 0, 0, 0, 0, 0, 0x10, 0, 1};
    struct ws_reader r = {0};
    struct findings none = {0};
    struct ws_frame f;
    uint8_t text[8];
    struct wr w = {text, sizeof text, 0, false};

    CU_ASSERT_EQUAL(ws_head((struct span){head, 10}, &f, &none), STEP_ITEM); /* 2^20 + 1 */
    CU_ASSERT_EQUAL(ws_read_head(&r, &f, &none), STEP_FAIL);
    CU_ASSERT_EQUAL(r.code, WS_TOO_BIG);
    r = (struct ws_reader){0};
    head[9] = 0;
    CU_ASSERT_EQUAL(ws_head((struct span){head, 10}, &f, &none), STEP_ITEM);
    CU_ASSERT_EQUAL(ws_read_head(&r, &f, &none), STEP_MORE);
    r = (struct ws_reader){0};
    CU_ASSERT_EQUAL(ws_head((struct span)OCTETS("\x81\x05"), &f, &none), STEP_ITEM);
    CU_ASSERT_EQUAL(ws_read_head(&r, &f, &none), STEP_MORE);
    CU_ASSERT_EQUAL(ws_read_payload(&r, &f, span_of("a"), &w, &none), STEP_MORE);
    CU_ASSERT_EQUAL(ws_read_payload(&r, &f, span_of("\xff"), &w, &none), STEP_FAIL);
    CU_ASSERT_EQUAL(r.code, WS_NOT_UTF8);
    CU_ASSERT_EQUAL(r.left, 3);
    r = (struct ws_reader){0};
    w = (struct wr){text, 1, 0,
                    false}; /* a payload that comes in pieces, and a buffer for one octet */
    CU_ASSERT_EQUAL(ws_read_head(&r, &f, &none), STEP_MORE);
    CU_ASSERT_EQUAL(ws_read_payload(&r, &f, span_of("a"), &w, &none), STEP_MORE);
    CU_ASSERT_EQUAL(ws_read_payload(&r, &f, span_of("b"), &w, &none), STEP_FAIL);
    CU_ASSERT_EQUAL(r.code, WS_TOO_BIG);
}

static void limits(void)
{
    static const struct row three = {"three", false, false, OCTETS("\x02\x02xx\x80\x01x"),
                                     0,       0,     NULL,  NULL};
    uint8_t text[64];
    struct findings none = {0};

    for (uint64_t limit = 2; limit <= 3; limit++) { /* the reader's, then the buffer's */
        struct ws_reader r = {.limit = limit}, unlimited = {0};
        struct wr w = {text, sizeof text, 0, false}, small = {text, limit, 0, false};
        enum step want = limit < 3 ? STEP_FAIL : STEP_ITEM;
        CU_ASSERT_EQUAL(run(&three, &r, &w, &none), want);
        CU_ASSERT_EQUAL(r.code, limit < 3 ? WS_TOO_BIG : 0);
        CU_ASSERT_EQUAL(run(&three, &unlimited, &small, &none), want);
    }
    uint8_t head[14] = {0x82, 0x7f};
    size_t used;
    put_u32(head + 6, WS_FRAME_MAX);
    CU_ASSERT_EQUAL(ws_next((struct span){head, 10}, &used, &none), STEP_MORE);
    CU_ASSERT_EQUAL(none.n, 0);
    put_u32(head + 6, WS_FRAME_MAX + 1);
    CU_ASSERT_EQUAL(ws_next((struct span){head, 10}, &used, &none), STEP_FAIL);
    CU_ASSERT_EQUAL(none.n, 1);
}

/* Every length up to 40, at every place, is what octet by octet gives. */
static void masks(void)
{
    static const uint8_t key[4] = {0x37, 0xfa, 0x21, 0x3d};

    for (size_t n = 0; n <= 40; n++)
        for (size_t at = 0; at < 5; at++) {
            uint8_t p[40], want[40];
            for (size_t i = 0; i < n; i++) {
                p[i] = (uint8_t)(i * 7);
                want[i] = p[i] ^ key[(at + i) % 4];
            }
            ws_mask(p, n, key, at);
            CU_ASSERT_TRUE(n == 0 || memcmp(p, want, n) == 0);
        }
}

/* All characters of three octets and some, cut at each place, are what span_utf8 says. */
static void utf8(void)
{
    for (uint32_t v = 0xe08000; v <= 0xf0ffff; v += 61) {
        uint8_t p[4] = {(uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v, 'x'};
        for (size_t n = 1; n <= 4; n++)
            for (size_t cut = 0; cut <= n; cut++) {
                struct ws_utf8 u = {0};
                bool good = ws_utf8_add(&u, (struct span){p, cut}) &&
                            ws_utf8_add(&u, (struct span){p + cut, n - cut});
                CU_ASSERT_EQUAL(good && u.left == 0, span_utf8((struct span){p, n}));
            }
    }
}

/* What is written, read again; in too little room nothing is written past the end. */
static void writes(void)
{
    static const uint8_t key[4] = {1, 2, 3, 4};
    static const size_t sizes[] = {0, 1, 125, 126, 65535, 65536};
    static uint8_t payload[65536], out[65536 + WS_HEAD_MAX], memory[70000];

    memset(payload, 'x', sizeof payload);
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (int masked = 0; masked < 2; masked++) {
            struct wr w = {out, sizeof out, 0, false};
            struct arena mem = arena_of(memory, sizeof memory);
            struct findings fs = {0};
            struct ws_frame f;
            struct span in = {payload, sizes[i]};
            ws_put(&w, WS_BINARY, true, masked ? key : NULL, in);
            CU_ASSERT_EQUAL(ws_decode(wr_span(&w), &mem, &f, &fs), STEP_ITEM);
            ws_lint(&f, &fs);
            CU_ASSERT_TRUE(fs.n == 0 && span_eq(f.payload, in) && f.masked == masked);
            w = (struct wr){out, w.n - 1, 0, false};
            ws_put(&w, WS_BINARY, true, masked ? key : NULL, in);
            CU_ASSERT_TRUE(w.full);
        }
    struct wr w = {out, sizeof out, 0, false};
    ws_close_put(&w, 0, span_of("x"));
    CU_ASSERT_EQUAL(w.n, 0);
    ws_close_put(&w, 1000, span_of("x"));
    CU_ASSERT_TRUE(span_eq(wr_span(&w), (struct span){(const uint8_t *)"\x03\xe8x", 3}));
}

/* ---- drafts ---- */

static uint8_t room[4096];

static struct span encoded(struct draft *dr, uint8_t *p, size_t cap)
{
    struct wr w = {p, cap, 0, false};
    ws_encode(&w, dr);
    CU_ASSERT_FALSE(w.full);
    return wr_span(&w);
}

/* What a draft says is written, lawful or not; the rest is derived. */
static void drafts(void)
{
    static const struct {
        const char *path, *value;
        struct span want;
    } rows[] = {
        {"text", "Hi", OCTETS("\x81\x02Hi")},
        {"length", "3", OCTETS("\x81\x03Hello")},
        {"length", "126", OCTETS("\x81\x7e\x00\x7eHello")},
        {"bits", "16", OCTETS("\x81\x7e\x00\x05Hello")},
        {"bits", "64", OCTETS("\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x05Hello")},
        {"masked", "1", OCTETS("\x81\x85Hello")}, /* the bit, and no key */
        {"masked", "raw:01", OCTETS("\x81\x85Hello")},
        {"masked", "raw:", OCTETS("\x81\x05Hello")},
        {"key", "hex:00000000", OCTETS("\x81\x85\x00\x00\x00\x00Hello")},
        {"key", "hex:20202020", OCTETS("\x81\x85\x20\x20\x20\x20hELLO")},
        {"key", "hex:2020", OCTETS("\x81\x85\x20\x20Hello")}, /* a short key masks nothing */
        {"fin", "0", OCTETS("\x01\x05Hello")},
        {"rsv2", "1", OCTETS("\xa1\x05Hello")},
        {"rsv3", "raw:01", OCTETS("\x91\x05Hello")},
        {"opcode", "binary", OCTETS("\x82\x05Hello")},
        {"opcode", "raw:0102", OCTETS("\x80\x05Hello")},
        {"text", "raw:", OCTETS("\x81\x00")},
        {"rest", "hex:ff", OCTETS("\x81\x05Hello\xff")},
    };
    static const struct span frame = OCTETS("\x81\x05Hello");

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena mem = arena_of(room, sizeof room);
        struct findings fs = {0};
        struct ws_frame f;
        struct draft dr;
        uint8_t out[64];
        CU_ASSERT_EQUAL_FATAL(ws_decode(frame, &mem, &f, &fs), STEP_ITEM);
        draft_of(&dr, &ws_frame_desc, &f, &mem);
        CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, rows[i].path, rows[i].value), 1);
        struct span got = encoded(&dr, out, sizeof out);
        if (!span_eq(got, rows[i].want))
            printf("\n%s = %s: %zu octets ", rows[i].path, rows[i].value, got.n);
        CU_ASSERT_TRUE(span_eq(got, rows[i].want));
    }
    struct arena mem = arena_of(room, sizeof room);
    struct draft dr = {&mem, {.form = FORM_RAW, .s = SPAN("\xff")}};
    uint8_t out[64];
    CHECK_TEXT(encoded(&dr, out, sizeof out), "\xff"); /* octets in the place of all of it */
}

/* ---- in a stream of HTTP ---- */

static void guesses(void)
{
    static const struct {
        const char *text;
        bool is;
    } rows[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nupgrade: h2c, WebSocket\r\n", true}, /* before the head is done */
        {"HTTP/1.1 101 Switching Protocols\nUPGRADE:websocket\n\n", true},
        {"GET / HTTP/1.1\r\nUpgrade: h2c\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\nUpgrade: websocket\r\n", false}, /* in a body */
        {"GET / HTTP/1.1\r\nHost: a\r\n", false},
        {"GET / HTTP/1.1\r\nUpgrade websocket\r\n\r\n", false},
        {"GET / HTTP/1.1\r\n", false},
        {"OPTIONS sip:a SIP/2.0\r\nUpgrade: websocket\r\n\r\n", false},
        {"\x81\x05Hello", false},
        {"", false},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct span in = test_guard(span_of(rows[i].text));
        unsigned http = http_guess(in, 0), sure = ws_guess(in, 0);
        CU_ASSERT_EQUAL(sure > 0, rows[i].is);
        CU_ASSERT_TRUE(!rows[i].is || (sure > http && sure <= 100));
        test_guard_free(in);
    }
}

/* What stands before the frames: a message of HTTP each, whose first octet begins no frame that is lawful. */
static void before_frames(void)
{
#define UPGRADE "GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"
    static const struct {
        struct span in;
        enum framing framing;
        enum step step;
        size_t used;
    } rows[] = {
        {OCTETS(UPGRADE), FRAMING_STREAM, STEP_ITEM, sizeof UPGRADE - 1},
        {OCTETS(UPGRADE "\x81\x05Hello"), FRAMING_STREAM, STEP_ITEM, sizeof UPGRADE - 1},
        {OCTETS("HTTP/1.1 101 x\r\n\r\n\x81\x05Hello"), FRAMING_STREAM, STEP_ITEM, 18},
        {OCTETS("GET / HTTP/1.1\r\n"), FRAMING_STREAM, STEP_MORE, 0},
        {OCTETS("G"), FRAMING_STREAM, STEP_MORE, 0},
        {OCTETS("\x81\x05Hello"), FRAMING_STREAM, STEP_FAIL, 0},
        {OCTETS("POST / HTTP/1.1\r\n\r\n"), FRAMING_STREAM, STEP_FAIL, 0}, /* a handshake is GET */
        {OCTETS(UPGRADE), FRAMING_DATAGRAM, STEP_FAIL, 0},
        {OCTETS(""), FRAMING_STREAM, STEP_FAIL, 0},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t used = 77;
        CU_ASSERT_EQUAL(ws_codec.between(rows[i].in, rows[i].framing, &used), rows[i].step);
        CU_ASSERT_EQUAL(used, rows[i].used);
    }
}

static void briefs(void)
{
    static const struct {
        struct span frame;
        const char *text;
    } rows[] = {
        {OCTETS("\x81\x05Hello"), "text 5"},        {OCTETS("\x01\x03Hel"), "text 3 ..."},
        {OCTETS("\x88\x02\x03\xe8"), "close 1000"}, {OCTETS("\x88\x00"), "close 0"},
        {OCTETS("\x8b\x00"), "opcode 11 0"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct arena mem = arena_of(room, sizeof room);
        struct findings fs = {0};
        const void *view;
        uint8_t out[32];
        struct wr w = {out, sizeof out, 0, false};
        CU_ASSERT_EQUAL_FATAL(ws_codec.decode(rows[i].frame, &mem, &view, &fs), STEP_ITEM);
        ws_codec.brief(&w, view);
        CHECK_TEXT(wr_span(&w), rows[i].text);
    }
}

TESTS({"places", places}, {"fails_fast", fails_fast}, {"limits", limits}, {"masks", masks},
      {"utf8", utf8}, {"writes", writes}, {"drafts", drafts}, {"guesses", guesses},
      {"before frames", before_frames}, {"briefs", briefs})
