/* codecs/sip/sip_template_test.c - messages from templates; and what sip_route finds. */
#include "codecs/sip/sip_template.h"
#include "harness/core/test.h"

static const char *const names[] = {"call", "port", "body"};
static const struct span values[] = {SPAN("a84b4c76e66710"), SPAN("5060"), SPAN("v=0\r\n")};

/* What a template gives with these values; NULL: it is none. */
static bool gives(const char *text, const char *want)
{
    struct sip_template t;
    uint8_t out[512];
    struct wr w = {.p = out, .cap = sizeof out};

    if (!sip_template_init(&t, span_of(text), names, COUNT(names)))
        return !want;
    sip_template_put(&w, &t, values);
    return want && !w.full && span_is(wr_span(&w), want);
}

static void templates(void)
{
    CU_ASSERT_TRUE(gives("", ""));
    CU_ASSERT_TRUE(gives("no slots", "no slots"));
    CU_ASSERT_TRUE(gives("{call}", "a84b4c76e66710"));
    CU_ASSERT_TRUE(gives("{port}{port}x{port}", "50605060x5060"));
    CU_ASSERT_TRUE(gives("a{{b}c{{{port}}", "a{b}c{5060}"));
    CU_ASSERT_TRUE(gives("{", NULL));
    CU_ASSERT_TRUE(gives("{call", NULL));
    CU_ASSERT_TRUE(gives("{calls}", NULL));
    CU_ASSERT_TRUE(gives("{}", NULL));
}

/* {length} counts what stands behind the first empty line, slots and pieces. */
static void lengths(void)
{
    CU_ASSERT_TRUE(gives("l: {length}\r\n\r\n", "l: 0\r\n\r\n"));
    CU_ASSERT_TRUE(gives("l: {length}\r\n", "l: 0\r\n"));
    CU_ASSERT_TRUE(gives("l: {length}\r\n\r\n{body}", "l: 5\r\n\r\nv=0\r\n"));
    CU_ASSERT_TRUE(gives("l: {length}\r\n\r\nx{body}{port}y{body}\r\n\r\n",
                         "l: 20\r\n\r\nxv=0\r\n5060yv=0\r\n\r\n\r\n"));
    CU_ASSERT_TRUE(
        gives("i: {call}\r\nl: {length}\r\n\r\n{{{length}", "i: a84b4c76e66710\r\nl: 1\r\n\r\n{1"));
}

static void limits(void)
{
    static char text[2 * SIP_TEMPLATE_PIECES * 6];
    static const char slot[] = {'{', 'p', 'o', 'r', 't', '}'};
    const char *many[SIP_TEMPLATE_SLOTS + 1];
    struct sip_template t;
    uint8_t out[8];
    size_t n = 0;

    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = "x";
    CU_ASSERT_TRUE(sip_template_init(&t, span_of("a"), many, SIP_TEMPLATE_SLOTS));
    CU_ASSERT_FALSE(sip_template_init(&t, span_of("a"), many, SIP_TEMPLATE_SLOTS + 1));
    for (; n < SIP_TEMPLATE_PIECES; n++)
        memcpy(text + 6 * n, slot, sizeof slot);
    CU_ASSERT_TRUE(sip_template_init(&t, (struct span){(uint8_t *)text, 6 * n}, names, 2));
    memcpy(text + 6 * n++, slot, sizeof slot);
    CU_ASSERT_FALSE(sip_template_init(&t, (struct span){(uint8_t *)text, 6 * n}, names, 2));
    struct wr w = {.p = out, .cap = sizeof out};
    CU_ASSERT_TRUE(sip_template_init(&t, span_of("12345{port}"), names, 2));
    sip_template_put(&w, &t, values);
    CU_ASSERT_TRUE(w.full);
}

static const char request[] = "INVITE sip:bob@example.com SIP/2.0\r\n"
                              "Via: SIP/2.0/UDP a.example.com;branch=z9hG4bK1\r\n"
                              "f: <sip:alice@example.com>;tag=1\r\n"
                              "CSeq: 7 INVITE\r\n"
                              "Via: SIP/2.0/UDP b.example.com\r\n"
                              "Content-Length: 9\r\n"
                              "\r\n";

static void routes(void)
{
    static uint8_t room[4096];
    struct arena mem = arena_of(room, sizeof room);
    struct findings fs = {0};
    struct sip_route r;

    CU_ASSERT_EQUAL(sip_route(span_of(request), &mem, &r, &fs), STEP_ITEM);
    CU_ASSERT_TRUE(r.request && span_is(r.method, "INVITE"));
    CU_ASSERT_TRUE(span_is(r.target, "sip:bob@example.com"));
    CU_ASSERT_TRUE(span_is(r.via.host, "a.example.com")); /* the topmost */
    CU_ASSERT_TRUE(span_is(param_find(r.via.params, r.via.params_n, "branch")->value, "z9hG4bK1"));
    CU_ASSERT_TRUE(span_is(r.from_tag, "1"));
    CU_ASSERT_PTR_NULL(r.to_tag.p);
    CU_ASSERT_PTR_NULL(r.call_id.p);
    CU_ASSERT_EQUAL(r.cseq.number, 7);
    CU_ASSERT_EQUAL(fs.n, 0);

    /* no line of the body is taken for one of the header */
    CU_ASSERT_EQUAL(
        sip_route(span_of("SIP/2.0 200 OK\r\nTo: <sip:a@b;tag=2>;x=\";tag=3\" ; Tag = 4\r\n"
                          "\r\nCall-ID: 5\r\n"),
                  &mem, &r, &fs),
        STEP_ITEM);
    CU_ASSERT_EQUAL(r.status, 200);
    CU_ASSERT_TRUE(span_is(r.to_tag, "4"));
    CU_ASSERT_PTR_NULL(r.call_id.p);

    CU_ASSERT_EQUAL(sip_route(span_of("INVITE"), &mem, &r, &fs), STEP_MORE);
    CU_ASSERT_EQUAL(sip_route(span_of("INVITE\r\n"), &mem, &r, &fs), STEP_FAIL);
}

TESTS({"templates", templates}, {"lengths", lengths}, {"limits", limits}, {"routes", routes})
