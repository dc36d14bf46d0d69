/* harness/endpoints/ws/ws_frames_test.c - frames, messages and the Close of the layer "ws". */
#include "harness/core/test.h"
#include "harness/tests/ws_rig.h"

#define REMOTE "192.0.2.1:80"
#define O(lit) SPAN(lit)

/* An end that is open, and nothing sent or told since. */
static struct rig_end *open_end(bool server, const struct ws_options *o)
{
    struct rig_end *e = rig_new(server, o, "", REMOTE, NULL);
    struct rig_end *other = rig_new(!server, NULL, "", REMOTE, NULL);

    rig_carry(e, other, 4096);
    CU_ASSERT_STRING_EQUAL_FATAL(e->above, "[open]");
    rig_free(other);
    e->n_above = e->sends = 0;
    e->above[0] = e->events[0] = '\0';
    return e;
}

/* What an end says of octets in pieces of `chunk`. */
static bool gives(bool server, struct span in, size_t chunk, const char *above, const char *said)
{
    static struct rig_said s;
    struct rig_end *e = open_end(server, NULL);

    rig_bytes(e, in, chunk);
    rig_said(e, &s);
    bool good = strcmp(e->above, above) == 0 && strcmp(s.text, said) == 0 && s.strict == 0;
    if (!good)
        printf("\n%s in %zu: '%s' '%s' (%s), %zu strict", server ? "server" : "client", chunk,
               e->above, s.text, e->why, s.strict);
    rig_free(e);
    return good;
}

/* ---- whatever is wrong ---- */

/* Frames that a client sends; a server's are the same without masks. */
struct row {
    struct span in; /* as a server sends it */
    const char *above, *said;
};
static const struct row rows[] = {
    {O("\x81\x05Hello"), "text(Hello)", ""},
    {O("\x82\x00"), "binary()", ""},
    {O("\x01\x02he\x80\x03llo"), "text(hello)", ""},
    {O("\x01\x02he\x89\x01p\x80\x03llo"), "text(hello)", "pong(p)"}, /* ws-3, WS-13 */
    {O("\x01\x00\x00\x00\x00\x01x\x00\x00\x80\x00"), "text(x)", ""}, /* WS-15 */
    {O("\x02\x01\xff\x80\x01\xfe\x81\x01z"), "binary(\xff\xfe)text(z)", ""},
    {O("\x89\x00\x89\x03"
       "abc"),
     "", "pong() pong(abc)"},
    {O("\x8a\x00\x8a\x01x\x81\x01y"), "text(y)", ""}, /* nobody asked */
    {O("\x81\x7e\x00\x7e"
       "01234567890123456789012345678901234567890123456789012345678901234567890123456789"
       "0123456789012345678901234567890123456789012345"),
     "text(126)", ""},
    /* ws-4, WS-08, WS-09, WS-11, WS-12, WS-14 */
    {O("\xc1\x01x"), "[closed protocol 1006]",
     "close(1002 RSV1 is set, and no extension was negotiated)"},
    {O("\xa1\x01x"), "[closed protocol 1006]", "close(1002 RSV2 is set)"},
    {O("\x92\x01x"), "[closed protocol 1006]", "close(1002 RSV3 is set)"},
    {O("\xc9\x00"), "[closed protocol 1006]", "close(1002 RSV1 is set in a control frame)"},
    {O("\x83\x00"), "[closed protocol 1006]", "close(1002 opcode 3 of a data frame is reserved)"},
    {O("\x87\x00"), "[closed protocol 1006]", "close(1002 opcode 7 of a data frame is reserved)"},
    {O("\x8b\x00"), "[closed protocol 1006]",
     "close(1002 opcode 11 of a control frame is reserved)"},
    {O("\x8f\x00"), "[closed protocol 1006]",
     "close(1002 opcode 15 of a control frame is reserved)"},
    {O("\x89\x7e\x00\x7e"), "[closed protocol 1006]",
     "close(1002 a control frame has 126 octets of payload)"},
    {O("\x89\x7e\x00\x01x"), "[closed protocol 1006]",
     "close(1002 a length of 1 stands in 16 bits)"},
    {O("\x81\x7e\x00\x7d"), "[closed protocol 1006]",
     "close(1002 a length of 125 stands in 16 bits)"},
    {O("\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff"), "[closed protocol 1006]",
     "close(1002 a length of 65535 stands in 64 bits)"},
    {O("\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x01"), "[closed protocol 1006]",
     "close(1002 the most significant bit of a 64-bit length is set)"},
    {O("\x09\x00"), "[closed protocol 1006]", "close(1002 a control frame is fragmented)"},
    {O("\x08\x00"), "[closed protocol 1006]", "close(1002 a control frame is fragmented)"},
    {O("\x80\x01x"), "[closed protocol 1006]",
     "close(1002 a continuation stands where no message has begun)"},
    {O("\x81\x01x\x00\x01y"), "text(x)[closed protocol 1006]",
     "close(1002 a continuation stands where no message has begun)"},
    {O("\x01\x01x\x81\x01y"), "[closed protocol 1006]",
     "close(1002 a message begins before the one before it has ended)"},
    {O("\x01\x01x\x02\x01y"), "[closed protocol 1006]",
     "close(1002 a message begins before the one before it has ended)"},
    /* WS-10: beyond the limit, before its payload */
    {O("\x82\x7f\x00\x00\x00\x00\x00\x10\x00\x01"), "[closed protocol 1006]",
     "close(1009 a message has more than 1048576 octets)"},
    {O("\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff"), "[closed protocol 1006]",
     "close(1009 a message has more than 1048576 octets)"},
    {O("\x02\x01x\x80\x7f\x00\x00\x00\x00\x00\x10\x00\x00"), "[closed protocol 1006]",
     "close(1009 a message has more than 1048576 octets)"},
    /* nothing behind it is read */
    {O("\x83\x00\x81\x01x\x89\x00"), "[closed protocol 1006]",
     "close(1002 opcode 3 of a data frame is reserved)"},
    {O("\x88\x00\x81\x01x\x89\x00\x88\x00"), "[closed done 1005]", "close()"}, /* WS-22 */
};

/* The same frames with masks. */
static struct span masked(struct span in, struct wr *w)
{
    struct findings none = {0};
    struct ws_frame f;
    uint8_t key[4] = {9, 8, 7, 6};

    w->n = 0;
    while (in.n && ws_head(in, &f, &none) == STEP_ITEM) {
        size_t n = f.length < in.n - f.head ? (size_t)f.length : in.n - f.head, from;
        wr_u8(w, in.p[0]);
        wr_u8(w, in.p[1] | 0x80);
        wr_put(w, span_cut(in, 2, f.head));
        wr_put(w, (struct span){key, 4});
        from = w->n;
        wr_put(w, span_cut(in, f.head, f.head + n));
        ws_mask(w->p + from, n, key, 0);
        key[0]++;
        in = span_cut(in, f.head + n, in.n);
    }
    if (in.n) { /* a head that is none */
        wr_u8(w, in.p[0]);
        wr_u8(w, in.p[1] | 0x80);
        wr_put(w, span_cut(in, 2, in.n));
        wr_put(w, (struct span){key, 4});
    }
    return wr_span(w);
}

static void frames(void)
{
    uint8_t text[1024];
    struct wr w = {text, sizeof text, 0, false};

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct span m = masked(rows[i].in, &w);
        for (size_t chunk = 1; chunk <= m.n; chunk++) {
            CU_ASSERT_TRUE(gives(true, m, chunk, rows[i].above, rows[i].said));
            CU_ASSERT_TRUE(gives(false, rows[i].in, chunk, rows[i].above, rows[i].said));
        }
        if (strstr(rows[i].said, "(10")) /* what else is wrong is said */
            continue;
        CU_ASSERT_TRUE(gives(true, rows[i].in, 1, "[closed protocol 1006]", /* WS-06 */
                             "close(1002 a frame of a client is not masked)"));
        CU_ASSERT_TRUE(gives(false, m, 1, "[closed protocol 1006]",
                             "close(1002 a frame of a server is masked)"));
    }
}

/* ---- UTF-8 (WS-16, WS-17) ---- */

static const struct text {
    struct span s;
    size_t
        bad; /* the octet at which it is seen, from 1; 0: it is good; one more than there are: its end is missing */
} texts[] = {
    {O(""), 0},
    {O("\x7f"), 0},
    {O("\xc2\x80"), 0},
    {O("\xdf\xbf"), 0},
    {O("\xe0\xa0\x80"), 0},
    {O("\xed\x9f\xbf"), 0},
    {O("\xee\x80\x80"), 0},
    {O("\xef\xbf\xbd"), 0},
    {O("\xef\xbf\xbe"), 0}, /* noncharacters */
    {O("\xef\xbf\xbf"), 0},
    {O("\xef\xb7\x90"), 0},
    {O("\xf0\x90\x80\x80"), 0},
    {O("\xf0\x9f\xbf\xbe"), 0},
    {O("\xf4\x8f\xbf\xbf"), 0},
    {O("\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5"), 0}, /* Autobahn's own text */
    {O("a\x80"), 2},                                        /* a continuation alone */
    {O("\xbf"), 1},
    {O("\xc0\x80"), 1}, /* overlong */
    {O("\xc1\xbf"), 1},
    {O("\xe0\x80\x80"), 2},
    {O("\xe0\x9f\xbf"), 2},
    {O("\xf0\x80\x80\x80"), 2},
    {O("\xf0\x8f\xbf\xbf"), 2},
    {O("\xf8\x88\x80\x80\x80"), 1},
    {O("\xfc\x84\x80\x80\x80\x80"), 1},
    {O("\xed\xa0\x80"), 2}, /* surrogates */
    {O("\xed\xaf\xbf"), 2},
    {O("\xed\xb0\x80"), 2},
    {O("\xed\xbf\xbf\xed\xa0\x80"), 2},
    {O("\xf4\x90\x80\x80"), 2}, /* above U+10FFFF */
    {O("\xf5\x80\x80\x80"), 1},
    {O("\xfe"), 1},
    {O("\xff"), 1},
    {O("\xc2 "), 2}, /* cut */
    {O("\xe2\x82 "), 3},
    {O("\xf0\x9f\x98 "), 4},
    {O("\xc2"), 2},
    {O("\xe2\x82"), 3},
    {O("\xf0\x9f\x98"), 4},
    {O("\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80"
       "edited"),
     13},
};

/* In two fragments that part at `part`; the octets behind the bad one never come. */
static bool text_gives(const struct text *t, size_t part, bool server)
{
    uint8_t in[256];
    struct wr w = {in, sizeof in, 0, false};
    bool cut = t->bad && t->bad <= t->s.n;
    char above[128];
    size_t end;

    rig_frame(&w, server, WS_TEXT, false, span_cut(t->s, 0, part));
    end = part < t->bad ? 0 : w.n - part + t->bad;
    size_t second = w.n;
    rig_frame(&w, server, WS_CONTINUATION, true, span_cut(t->s, part, t->s.n));
    if (!end && cut)
        end = second + (w.n - second) - (t->s.n - part) + (t->bad - part);
    snprintf(above, sizeof above, "text(%.*s)", (int)t->s.n, (const char *)t->s.p);
    return gives(server, span_cut(wr_span(&w), 0, cut ? end : w.n), 1,
                 t->bad ? "[closed protocol 1006]" : above,
                 !t->bad                 ? ""
                 : cut && part >= t->bad ? "close(1007 a text is no UTF-8)"
                 : cut                   ? "close(1007 a text of several frames is no UTF-8)"
                       : "close(1007 a text of several frames ends within a character)");
}

static void utf8(void)
{
    for (size_t i = 0; i < COUNT(texts); i++)
        for (size_t part = 0; part <= texts[i].s.n; part++) {
            bool good = text_gives(&texts[i], part, true) && text_gives(&texts[i], part, false);
            if (!good)
                printf(" (text %zu, %zu)\n", i, part);
            CU_ASSERT_TRUE(good);
        }
    /* one frame */
    CU_ASSERT_TRUE(gives(false,
                         (struct span)O("\x81\x05"
                                        "a\xff"),
                         2, "[closed protocol 1006]", "close(1007 a text is no UTF-8)"));
    CU_ASSERT_TRUE(gives(false,
                         (struct span)O("\x81\x02"
                                        "a\xc3"),
                         4, "[closed protocol 1006]", "close(1007 a text is no UTF-8)"));
}

/* ---- the Close ---- */

static void codes(void)
{
    char said[128], above[64];

    for (unsigned code = 0; code <= 5001; code = code > 1020 && code < 2990 ? code + 97 : code + 1)
        for (int server = 0; server < 2; server++) {
            uint8_t in[64];
            struct wr w = {in, sizeof in, 0, false};
            bool good = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
                        (code >= 3000 && code <= 4999);
            uint8_t body[2] = {(uint8_t)(code >> 8), (uint8_t)code};
            rig_frame(&w, server, WS_CLOSE, true, (struct span){body, 2});
            struct rig_end *e = open_end(server, NULL);
            static struct rig_said s;
            rig_bytes(e, wr_span(&w), 1);
            rig_said(e, &s);
            /* 1010 is a client's alone */
            snprintf(said, sizeof said, "close(%u", !good ? 1002 : code == 1010 ? 1000 : code);
            snprintf(above, sizeof above, "[closed %s %u]", good ? "done" : "protocol",
                     good ? code : 1006);
            bool right = strncmp(s.text, said, strlen(said)) == 0 && s.n_found == 0 &&
                         strcmp(e->above, above) == 0;
            if (!right)
                printf("\ncode %u: %s %s", code, s.text, e->above);
            CU_ASSERT_TRUE(right);
            rig_free(e);
        }
    CU_ASSERT_TRUE(gives(false, (struct span)O("\x88\x01\x03"), 9, "[closed protocol 1006]",
                         "close(1002 a Close has one octet of payload)"));
    CU_ASSERT_TRUE(gives(false, (struct span)O("\x88\x03\x03\xe8\xff"), 9, "[closed protocol 1006]",
                         "close(1007 the reason of a Close is no UTF-8)"));
    CU_ASSERT_TRUE(gives(false, (struct span)O("\x88\x02\x03\xed"), 9, "[closed protocol 1006]",
                         "close(1002 a Close has code 1005)"));
}

/* ws-5, WS-19, WS-20: who ends what, when. */
static void closing(void)
{
    static struct rig_said s;
    uint8_t in[64];
    struct wr w = {in, sizeof in, 0, false};

    rig_close_frame(&w, true, 1000, "bye");
    rig_frame(&w, true, WS_TEXT, true, span_of("late"));
    struct rig_end *e = open_end(true, NULL);
    rig_bytes(e, wr_span(&w), 64);
    CU_ASSERT_FALSE(e->paused);
    rig_said(e, &s);
    CU_ASSERT_STRING_EQUAL(s.text, "close(1000)");
    CU_ASSERT_STRING_EQUAL(e->above, "[closed done 1000]");
    CU_ASSERT_STRING_EQUAL(e->reason, "bye");
    CU_ASSERT_EQUAL(e->end.sent, 1000);
    CU_ASSERT_TRUE(e->shut && !e->closed); /* FIN, and what still comes is dropped */
    rig_bytes(e, wr_span(&w), 64);
    rig_give(e, (struct input){.kind = IN_EOF, .flow = LAYER_LOWER});
    CU_ASSERT_TRUE(e->closed && !e->aborted && e->n_wire == 0);
    rig_free(e);

    w.n = 0;
    rig_close_frame(&w, false, 1001, "");
    e = open_end(false, NULL);
    rig_bytes(e, wr_span(&w), 64);
    rig_said(e, &s);
    CU_ASSERT_STRING_EQUAL(s.text, "close(1001)");
    CU_ASSERT_TRUE(!e->shut && !e->closed); /* the server has to */
    rig_pass(e, WS_CLOSE_US - 1001);
    CU_ASSERT_FALSE(e->closed);
    rig_pass(e, 1);
    CU_ASSERT_TRUE(e->closed && !e->aborted);
    rig_free(e);

    for (int server = 0; server < 2; server++) { /* both at once */
        e = open_end(server, NULL);
        rig_close(e, 4000, "we");
        w.n = 0;
        rig_close_frame(&w, server, 3000, "they");
        rig_bytes(e, wr_span(&w), 64);
        rig_said(e, &s);
        CU_ASSERT_STRING_EQUAL(s.text, "close(4000 we)");
        CU_ASSERT_STRING_EQUAL(e->above, "");
        CU_ASSERT_STRING_EQUAL(e->events, "closed ");
        CU_ASSERT_TRUE(e->end.code == 3000 && e->end.sent == 4000 && e->shut == server);
        rig_free(e);
    }
}

/* What the user says of the end. */
static void user_closes(void)
{
    static const struct {
        uint16_t code;
        const char *reason, *said;
    } says[] = {
        {1000, "", "close(1000)"},
        {0, "", "close()"},
        {4999, "x", "close(4999 x)"},
        {1008,
         "0123456789012345678901234567890123456789012345678901234567890123456789"
         "01234567890123456789012345678901234567890123456789"
         "12\xe2\x82\xac",
         "close(1008 0123456789012345678901234567890123456789012345678901234567890123456789"
         "0123456789012345678901234567890123456789012345678912)"},
    };
    static struct rig_said s;

    for (size_t i = 0; i < COUNT(says); i++) {
        struct rig_end *e = open_end(i & 1, NULL);
        rig_close(e, says[i].code, says[i].reason);
        rig_said(e, &s);
        CU_ASSERT_STRING_EQUAL(s.text, says[i].said);
        CU_ASSERT_TRUE(!e->shut && !e->closed);
        rig_free(e);
    }
    struct rig_end *e = open_end(false, NULL);
    rig_give(e, (struct input){.kind = IN_CLOSE, .flow = LAYER_UPPER});
    rig_said(e, &s);
    CU_ASSERT_STRING_EQUAL(s.text, "close(1000)");
    rig_free(e);
    e = open_end(true, NULL);
    rig_give(e, (struct input){.kind = IN_CLOSE, .flow = LAYER_UPPER, .why = CLOSE_RESET});
    CU_ASSERT_TRUE(e->closed && e->aborted && e->n_wire == 0);
    rig_free(e);
}

/* A Close that is never answered (WS-21), and what comes in the meantime. */
static void unanswered(void)
{
    static const struct ws_options soon = {.close_us = 3000};
    static struct rig_said s;
    uint8_t in[64];
    struct wr w = {in, sizeof in, 0, false};

    for (unsigned row = 0; row < 8; row++) {
        bool server = row & 1, shut = row & 4;
        struct rig_end *e = open_end(server, row & 2 ? &soon : NULL);
        uint64_t limit = row & 2 ? 3000 : WS_CLOSE_US;
        rig_give(e, (struct input){.kind = shut ? IN_SHUTDOWN : IN_CLOSE, .flow = LAYER_UPPER});
        rig_send(e, WS_TEXT, span_of("never")); /* RFC6455:5.5.1#5 */
        w.n = 0;
        rig_frame(&w, server, WS_PING, true, span_of("p"));
        rig_frame(&w, server, WS_TEXT, true, span_of("late"));
        rig_bytes(e, wr_span(&w), 64); /* takes 1000 us */
        rig_said(e, &s);
        CU_ASSERT_STRING_EQUAL(s.text, "close(1000) pong(p)"); /* RFC6455:5.5.2#2 */
        CU_ASSERT_STRING_EQUAL(e->above, shut ? "text(late)" : "");
        rig_pass(e, limit - 1001);
        CU_ASSERT_FALSE(e->closed);
        rig_pass(e, 1);
        CU_ASSERT_TRUE(e->closed);
        CU_ASSERT_STRING_EQUAL(e->above, shut ? "text(late)[closed timeout 1006]" : "");
        CU_ASSERT_STRING_EQUAL(e->events, "failed ");
        rig_free(e);
    }
}

/* What is wrong behind our Close: there is no second one. */
static void wrong_then(void)
{
    static struct rig_said s;
    struct rig_end *e = open_end(false, NULL);

    rig_close(e, 1000, "");
    rig_bytes(e, (struct span)O("\x83\x00"), 2);
    rig_said(e, &s);
    CU_ASSERT_STRING_EQUAL(s.text, "close(1000)");
    CU_ASSERT_STRING_EQUAL(e->events, "failed ");
    CU_ASSERT_EQUAL(e->end.sent, 1000);
    rig_free(e);
}

/* WS-23: the stream ends, or is lost, at any time. */
static void lost(void)
{
    for (unsigned row = 0; row < 8; row++) {
        struct rig_end *e = open_end(row & 1, NULL);
        if (row & 2)
            rig_give(e, (struct input){.kind = IN_SHUTDOWN, .flow = LAYER_UPPER});
        rig_give(e, (struct input){.kind = row & 4 ? IN_EOF : IN_CLOSED,
                                   .flow = LAYER_LOWER,
                                   .why = CLOSE_RESET});
        CU_ASSERT_STRING_EQUAL(e->above,
                               row & 4 ? "[closed protocol 1006]" : "[closed reset 1006]");
        CU_ASSERT_EQUAL(e->closed, (row & 4) != 0);
        CU_ASSERT_STRING_EQUAL(e->events, "failed ");
        rig_free(e);
    }
}

/* ---- messages ---- */

/* ws-2, WS-10: all lengths, in the shortest form; both ways, text and binary; WS-07: no masks of the server's. */
static void lengths(void)
{
    static const struct {
        size_t n;
        unsigned head;
    } sizes[] = {{0, 2},   {1, 2},     {125, 2},    {126, 4},
                 {127, 4}, {65535, 4}, {65536, 10}, {1 << 20, 10}};
    static uint8_t data[1 << 20], wire[RIG_WIRE];

    memset(data, 'x', sizeof data);
    for (size_t i = 0; i < COUNT(sizes) * 4; i++) {
        bool from_client = i & 1;
        uint8_t kind = i & 2 ? WS_TEXT : WS_BINARY;
        size_t n = sizes[i / 4].n;
        struct rig_end *a = rig_new(false, NULL, "", REMOTE, NULL),
                       *b = rig_new(true, NULL, "", REMOTE, NULL);
        rig_carry(a, b, 4096);
        struct rig_end *from = from_client ? a : b, *to = from_client ? b : a;
        rig_send(from, kind, (struct span){data, n});
        CU_ASSERT_EQUAL(from->n_wire, n + sizes[i / 4].head + (from_client ? 4 : 0));
        CU_ASSERT_EQUAL(from->wire[0], 0x80 | kind);
        CU_ASSERT_EQUAL(from->wire[1] >> 7, from_client);
        memcpy(wire, from->wire, from->n_wire);
        for (size_t chunk = n < 1000 ? 1 : 4093; chunk <= n + 14; chunk *= 97) {
            char want[64];
            to->n_above = 6;
            rig_bytes(to, (struct span){wire, from->n_wire}, chunk);
            snprintf(want, sizeof want, "%s(%.*s", kind == WS_TEXT ? "text" : "binary",
                     n <= RIG_SHOWN ? (int)n : 0, (const char *)data);
            CU_ASSERT_NSTRING_EQUAL(to->above + 6, want, strlen(want));
            CU_ASSERT_TRUE(n <= RIG_SHOWN || (size_t)atol(strchr(to->above, '(') + 1) == n);
        }
        rig_free(a);
        rig_free(b);
    }
}

/* The limit that is asked for, on both sides of it, whole and in fragments. */
static void limit(void)
{
    static const struct ws_options three = {.message_max = 3},
                                   more = {.message_max = WS_MESSAGE_MAX + 1};
    static const struct {
        struct span in;
        bool good;
    } sizes[] = {{O("\x81\x03xyz"), true},
                 {O("\x81\x04xyzz"), false},
                 {O("\x01\x02xy\x80\x01z"), true},
                 {O("\x01\x02xy\x80\x02zz"), false}};

    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct rig_end *e = open_end(false, &three);
        static struct rig_said s;
        rig_bytes(e, sizes[i].in, 64);
        rig_said(e, &s);
        CU_ASSERT_STRING_EQUAL(s.text,
                               sizes[i].good ? "" : "close(1009 a message has more than 3 octets)");
        rig_free(e);
    }
    struct rig_end *e = open_end(false, &more);
    rig_bytes(e, (struct span)O("\x82\x7f\x00\x00\x00\x00\x00\x10\x00\x01"), 64);
    CU_ASSERT_STRING_EQUAL(e->above, "[closed protocol 1006]");
    rig_free(e);
}

/* What a send is that does not say. */
static void kinds(void)
{
    static const struct {
        uint8_t option, kind;
        const char *data, *said;
    } says[] = {
        {0, 0, "a", "text(a)"},
        {0, 0, "\xff", "binary(\xff)"}, /* RFC 7118 section 4.2 wants that */
        {0, 0, "", "text()"},
        {0, WS_BINARY, "a", "binary(a)"},
        {WS_BINARY, 0, "a", "binary(a)"},
        {WS_TEXT, WS_BINARY, "a", "binary(a)"},
        {WS_BINARY, WS_TEXT, "a", "text(a)"},
        {0, 77, "a", "text(a)"},
    };

    for (size_t i = 0; i < COUNT(says); i++) {
        struct rig_end *e = open_end(true, &(struct ws_options){.messages = says[i].option});
        static struct rig_said s;
        rig_send(e, says[i].kind, span_of(says[i].data));
        rig_said(e, &s);
        CU_ASSERT_STRING_EQUAL(s.text, says[i].said);
        rig_free(e);
    }
}

/* Fragments that are sent and that come: 10,000 of them, none of them larger than asked. */
static void fragments(void)
{
    static uint8_t data[3000], in[1 << 17];
    struct wr w = {in, sizeof in, 0, false};
    static struct rig_said s;

    memset(data, 'y', sizeof data);
    struct rig_end *e = open_end(false, &(struct ws_options){.fragment = 4});
    rig_send(e, WS_TEXT, span_of("0123456789"));
    rig_send(e, WS_TEXT, span_of("0123"));
    rig_send(e, WS_TEXT, span_of(""));
    rig_said(e, &s);
    CU_ASSERT_STRING_EQUAL(
        s.text, "text...(0123) continuation...(4567) continuation(89) text(0123) text()");
    CU_ASSERT_EQUAL(s.n_found, 0);
    rig_free(e);

    e = open_end(false, &(struct ws_options){.fragment = 1}); /* more than WS_FRAGMENTS_MAX */
    struct rig_end *to = rig_new(true, NULL, "", REMOTE, NULL),
                   *hello = rig_new(false, NULL, "", REMOTE, NULL);
    rig_carry(hello, to, 4096);
    rig_send(e, WS_BINARY, (struct span){data, sizeof data});
    CU_ASSERT_EQUAL(e->sends, 1000); /* three octets each */
    rig_carry(e, to, 4096);
    CU_ASSERT_STRING_EQUAL(to->above, "[open]binary(3000)");
    rig_free(to);
    rig_free(hello);
    rig_free(e);

    for (size_t i = 0; i < 10000; i++)
        rig_frame(&w, true, i ? WS_CONTINUATION : WS_TEXT, i == 9999, span_of(i % 3 ? "z" : ""));
    e = open_end(true, NULL);
    rig_bytes(e, wr_span(&w), 1500);
    CU_ASSERT_STRING_EQUAL(e->above, "text(6666)");
    rig_free(e);
}

/* More messages at once than the queue takes: in order, and the stream waits. */
static void burst(void)
{
    static uint8_t in[WS_REST_MAX + 8192];
    struct wr w = {in, sizeof in, 0, false};
    static struct rig_said s;

    for (size_t i = 0; i < 20000; i++)
        rig_frame(&w, true, i % 4 ? WS_BINARY : WS_PING, true, (struct span){NULL, 0});
    rig_close_frame(&w, true, 1000, "");
    struct rig_end *e = open_end(true, NULL);
    rig_give(e, (struct input){.kind = IN_BYTES, .flow = LAYER_LOWER, .data = wr_span(&w)});
    CU_ASSERT_TRUE(e->messages < WS_BURST && e->paused);
    rig_give(e, (struct input){.kind = IN_EOF, .flow = LAYER_LOWER});
    CU_ASSERT_FALSE(e->closed);
    rig_pass(e, 1000);
    CU_ASSERT_TRUE(e->messages == 15000 && !e->paused && e->closed);
    CU_ASSERT_STRING_EQUAL(e->events, "closed ");
    CU_ASSERT_EQUAL(e->n_wire, 5000 * 2 + 4); /* a Pong each */
    rig_said(e, &s);
    CU_ASSERT_EQUAL(s.n_found, 0);
    rig_free(e);

    w.n = 0;
    while (!w.full)
        rig_frame(&w, true, WS_BINARY, true, (struct span){NULL, 0});
    e = open_end(true, NULL);
    rig_give(e, (struct input){.kind = IN_BYTES, .flow = LAYER_LOWER, .data = wr_span(&w)});
    CU_ASSERT_TRUE(e->closed && e->aborted && strstr(e->above, "[closed quota 1006]"));
    rig_free(e);
}

/* A stream that takes no more: the user is told, and of Pings the last is answered. */
static void backlog(void)
{
    static struct rig_said s;
    struct rig_end *e = open_end(false, NULL);

    rig_give(e, (struct input){.kind = IN_FULL, .flow = LAYER_LOWER});
    rig_bytes(e,
              (struct span)O("\x89\x01"
                             "a\x89\x01"
                             "b\x89\x01"
                             "c"),
              3);
    CU_ASSERT_TRUE(e->full == 1 && e->n_wire == 0);
    rig_give(e, (struct input){.kind = IN_WRITABLE, .flow = LAYER_LOWER});
    rig_said(e, &s);
    CU_ASSERT_STRING_EQUAL(s.text, "pong(c)");
    CU_ASSERT_EQUAL(e->writable, 1);
    rig_bytes(e,
              (struct span)O("\x89\x01"
                             "d"),
              3);
    rig_said(e, &s);
    CU_ASSERT_STRING_EQUAL(s.text, "pong(d)");
    rig_free(e);
}

/* WS-27: no two keys alike, the same for the same seed; a key of zero is one, too. */
static void masks(void)
{
    static struct rig_said s, again;
    struct rig_end *e = open_end(false, NULL), *same = open_end(false, NULL);

    for (size_t i = 0; i < 100; i++) {
        rig_send(e, WS_TEXT, span_of("x"));
        rig_send(same, WS_TEXT, span_of("x"));
    }
    CU_ASSERT_TRUE(e->n_wire == 700 && same->n_wire == 700 &&
                   memcmp(e->wire, same->wire, 700) == 0);
    rig_said(e, &s);
    rig_said(same, &again);
    CU_ASSERT_TRUE(s.n_found == 0 && again.n_found == 0);
    rig_free(e);
    rig_free(same);
    CU_ASSERT_TRUE(gives(true, (struct span)O("\x81\x81\x00\x00\x00\x00x\x81\x81\x00\x00\x00\x00y"),
                         14, "text(x)text(y)", ""));
}

TESTS({"frames", frames}, {"utf8", utf8}, {"codes", codes}, {"closing", closing},
      {"user_closes", user_closes}, {"unanswered", unanswered}, {"wrong_then", wrong_then},
      {"lost", lost}, {"lengths", lengths}, {"limit", limit}, {"kinds", kinds},
      {"fragments", fragments}, {"burst", burst}, {"backlog", backlog}, {"masks", masks})
