/* harness/tests/streams_test.c - `rtclab streams`, and the filter and fields of `rtclab decode`, on a call that the
 * test writes: what was left out of it is what has to be found. */
#include <math.h>
#include "codecs/rtp/g711.h"
#include "codecs/rtp/rtp_event.h"
#include "harness/core/capture.h"
#include "harness/tests/program.h"

enum {
    PACKETS = 100,
    SAMPLES = 160, /* of a packet: 20 ms at 8 kHz */
    LOST = 30,     /* this one and the next never come */
    LATE = 60,     /* comes after the next one */
    DIGIT = 5,     /* payload type 101, from packet DIGIT_AT on */
    DIGIT_AT = 80,
    DIGIT_PACKETS = 6, /* the last three with the E bit */
    FIRST = 65500,     /* sequence number: it wraps */
    SSRC = 0x11223344,
};

static const struct addr from = {.family = 4, .port = 4000, .ip = {10, 0, 0, 1}},
                         to = {.family = 4, .port = 5000, .ip = {10, 0, 0, 2}};

static void put_packet(struct capture *c, uint64_t now_us, unsigned i)
{
    uint8_t p[12 + SAMPLES];
    bool digit = i >= DIGIT_AT && i < DIGIT_AT + DIGIT_PACKETS;
    unsigned nth = i - DIGIT_AT;
    size_t n = sizeof p;

    p[0] = 0x80;
    p[1] = (uint8_t)((digit ? 101 : 0) | (i == 0 || (digit && nth == 0) ? 0x80 : 0));
    put_u16(p + 2, (uint16_t)(FIRST + i));
    put_u32(p + 4, 1000 + SAMPLES * (digit ? DIGIT_AT : i));
    put_u32(p + 8, SSRC);
    memset(p + 12, g711_ulaw_encode((int16_t)(1000 + 8 * (int)i)), SAMPLES);
    if (digit) {
        p[12] = DIGIT;
        p[13] = (uint8_t)(10 | (nth >= DIGIT_PACKETS - 3 ? 0x80 : 0));
        put_u16(p + 14, (uint16_t)(SAMPLES * (nth < 4 ? nth + 1 : 4)));
        n = 16;
    }
    CU_ASSERT_TRUE(capture_datagram(c, now_us, &from, &to, (struct span){p, n}) > 0);
}

/* Every packet at its time, 20 ms apart. */
static const char *call(void)
{
    static char path[600];
    const char *err;

    snprintf(path, sizeof path, "%s", program_path("call.pcapng"));
    struct capture *c = capture_open(path, "test", 1700000000000000u, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    for (unsigned i = 0; i < PACKETS; i++) {
        unsigned which = i == LATE ? LATE + 1 : i == LATE + 1 ? LATE : i;
        if (i != LOST && i != LOST + 1)
            put_packet(c, 20000u * i, which);
    }
    CU_ASSERT_TRUE(capture_close(c, &err));
    return path;
}

static void figures(void)
{
    char args[1400];

    if (!program_ready())
        return;
    snprintf(args, sizeof args, "streams --json --points --map 101=telephone-event/8000 '%s'",
             call());
    program_gives(args, 0);
    json_t *all = program_objects(program_out);
    CU_ASSERT_EQUAL_FATAL(json_array_size(all), 1);
    json_t *s = json_array_get(all, 0), *events = json_object_get(s, "events"), *e;
    CHECK_TEXT(span_of(program_text(s, "src")), "10.0.0.1:4000");
    CHECK_TEXT(span_of(program_text(s, "dst")), "10.0.0.2:5000");
    const struct {
        const char *key;
        json_int_t value;
    } rows[] = {{"ssrc", SSRC},
                {"packets", PACKETS - 2},
                {"expected", PACKETS},
                {"lost", 2},
                {"missing", 2},
                {"reordered", 1},
                {"duplicates", 0},
                {"gaps", 2},
                {"first_sequence", FIRST},
                {"restarts", 0},
                {"clock_rate", 8000},
                {"highest_sequence", FIRST + PACKETS - 1}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_int_t got = json_integer_value(json_object_get(s, rows[i].key));
        if (got != rows[i].value)
            printf("\n%s is %lld", rows[i].key, (long long)got);
        CU_ASSERT_EQUAL(got, rows[i].value);
    }
    CU_ASSERT_DOUBLE_EQUAL(json_real_value(json_object_get(s, "max_delta_ms")), 60, 0.01);
    CU_ASSERT_EQUAL_FATAL(json_array_size(events), 1);
    e = json_array_get(events, 0);
    CHECK_TEXT(span_of(program_text(e, "key")), "5");
    CU_ASSERT_EQUAL(json_integer_value(json_object_get(e, "duration_ms")), 80);
    CU_ASSERT_TRUE(json_is_true(json_object_get(e, "ended")));
    json_int_t packets = 0, lost = 0;
    size_t i;
    json_t *point;
    json_array_foreach(json_object_get(s, "points"), i, point)
    {
        packets += json_integer_value(json_object_get(point, "packets"));
        lost += json_integer_value(json_object_get(point, "lost"));
    }
    CU_ASSERT_EQUAL(packets, PACKETS - 2);
    CU_ASSERT_EQUAL(lost, 2);
    json_decref(all);
}

/* Samples stand where their timestamps say; what never came is silence. */
static void sound(void)
{
    static uint8_t wav[44 + 4 * SAMPLES * PACKETS];
    char args[1400];

    if (!program_ready())
        return;
    snprintf(args, sizeof args, "streams --map 101=telephone-event/8000 --wav '%s' '%s'",
             program_path("sound"), call());
    program_gives(args, 0);
    FILE *f = fopen(program_path("sound/001-11223344.wav"), "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    size_t n = fread(wav, 1, sizeof wav, f);
    fclose(f);
    CU_ASSERT_EQUAL_FATAL(n, 44 + 2 * SAMPLES * PACKETS);
    CU_ASSERT_EQUAL(memcmp(wav, "RIFF", 4), 0);
    CU_ASSERT_EQUAL(memcmp(wav + 8, "WAVEfmt ", 8), 0);
    CU_ASSERT_EQUAL(memcmp(wav + 36, "data", 4), 0);
    for (unsigned i = 0; i < PACKETS; i++) {
        bool silent = i == LOST || i == LOST + 1 || (i >= DIGIT_AT && i < DIGIT_AT + DIGIT_PACKETS);
        const uint8_t *at = wav + 44 + 2 * SAMPLES * i;
        int16_t sample = (int16_t)(at[0] | at[1] << 8);
        int want = silent ? 0 : 1000 + 8 * (int)i;
        CU_ASSERT_TRUE(abs(sample - want) <= (silent ? 0 : 64)); /* a step of u-law */
    }
}

static void page(void)
{
    char args[5000], full[4096];

    if (!program_ready())
        return;
    snprintf(args, sizeof args, "streams --html '%s' '%s'", program_path("page.html"), call());
    program_gives(args, 0);
    program_read(program_path("page.html"), program_out, sizeof program_out);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "SSRC 0x11223344"));
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "class=\"jitter\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "class=\"lost\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "packets lost<"));
    CU_ASSERT_PTR_NULL(strstr(program_out, "http://"));
    const char *two = test_shared("captures/rtp/dtmf-2833-5.pcap"); /* two packets come twice */
    if (two && realpath(two, full)) {
        snprintf(args, sizeof args, "streams --html '%s' '%s'", program_path("page.html"), full);
        program_gives(args, 0);
        program_read(program_path("page.html"), program_out, sizeof program_out);
        CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "packets lost, or late and doubled (brown)<"));
    }
    snprintf(args, sizeof args, "streams --html /nonexistent/page.html '%s'", call());
    program_gives(args, 4);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_err, "/nonexistent/page.html cannot be written"));
}

static size_t count(const char *filter)
{
    char args[1400];
    size_t n = 0;

    snprintf(args, sizeof args, "decode --fields frame,rtp.sequence --filter '%s' '%s'", filter,
             call());
    program_gives(args, 0);
    for (const char *s = program_out; (s = strchr(s, '\n')); s++)
        n++;
    return n;
}

static void filters(void)
{
    static const struct {
        const char *filter;
        size_t n;
    } rows[] = {{"rtp", PACKETS - 2},
                {"not rtp", 0},
                {"rtp.payload_type == 101", DIGIT_PACKETS},
                {"rtp.payload_type != 0 and rtp.marker", 1},
                {"rtp.marker or rtp.sequence == 65535", 3},
                {"!(rtp.sequence >= 65500)", PACKETS - 36},
                {"src == 10.0.0.1 && bytes = 16", DIGIT_PACKETS},
                {"dst == 10.0.0.1", 0},
                {"src == 10.0.0.1:4001", 0},
                {"layers contains udp and frame <= 10", 10},
                {"rtp.ssrc == 0x11223344 and not (rtp.sequence < 10 or rtp.sequence > 65000)",
                 PACKETS - 46},
                {"findings", 0}};
    if (!program_ready())
        return;
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t n = count(rows[i].filter);
        if (n != rows[i].n)
            printf("\n%s: %zu", rows[i].filter, n);
        CU_ASSERT_EQUAL(n, rows[i].n);
    }
    program_gives("decode --fields frame,rtp.sequence --filter 'frame == 1' /dev/null", 2);
}

static void refusals(void)
{
    static const struct {
        const char *args, *why;
    } rows[] = {{"decode --filter 'rtp.x ==' x", "at character 9: a value is missing"},
                {"decode --filter '(rtp' x", "at character 5: a closing parenthesis is missing"},
                {"decode --filter 'rtp rtp' x", "at character 5: this does not go on"},
                {"decode --filter 'foo.bar' x", "at character 1: this is neither"},
                {"decode --filter 'src == \"a' x", "at character 8: the quotes are not closed"},
                {"decode --fields frame,foo x", "--fields: 'foo' is neither"},
                {"decode --summary --filter rtp x", "--summary counts all messages"},
                {"decode --filter 'rtp and time > 1' x", "at character 9: times are shown by"},
                {"decode --fields frame --json x", "--json does not go with it"},
                {"streams --filter rtp x", "--filter"}, /* they are measured whole */
                {"streams --points x", "--points goes with --json"},
                {"streams --map 128=a/1 x", "--map: \"128=a/1\" is neither"}};
    static char text[8 * 100], args[1200];

    if (!program_ready())
        return;
    for (size_t i = 0; i < COUNT(rows); i++) {
        program_gives(rows[i].args, 2);
        CU_ASSERT_PTR_NOT_NULL(strstr(program_err, rows[i].why));
    }
    for (size_t n = 32; n <= 33; n++) { /* terms: n names, n - 1 times or */
        text[0] = '\0';
        for (size_t i = 0; i < n; i++)
            strcat(text, i ? " or rtp" : "rtp");
        snprintf(args, sizeof args, "decode --quiet --filter '%s' '%s'", text, call());
        program_gives(args, n == 32 ? 0 : 2);
    }
}

TESTS({"figures", figures}, {"sound", sound}, {"page", page}, {"filters", filters},
      {"refusals", refusals})
