/* harness/tests/sip_captures_test.c - `rtclab decode --json` beside tshark over the shared captures: of each frame in
 * which both see SIP, method, status, Call-ID, CSeq and the number of header fields of its first message. */
#include <jansson.h>
#include <stdlib.h>
#include "codecs/base/lex.h"
#include "harness/core/test.h"

enum { LINE = 1 << 18, FRAMES = 1 << 14, TEXT = 200 };
enum { METHOD, STATUS, CALL_ID, CSEQ, HEADERS, COLUMNS };
static const char *const names[COLUMNS] = {"method", "status", "Call-ID", "CSeq",
                                           "number of header fields"};
struct seen {
    bool there;
    char text[COLUMNS][TEXT];
};
static struct seen theirs[FRAMES], ours[FRAMES];
static char line[LINE];

/* Lines before the empty one that begin with no white space; tshark writes line ends as "\r\n" in letters. */
static unsigned count(const char *header)
{
    unsigned n = 0;
    for (const char *at = header; *at && strncmp(at, "\\r\\n", 4) != 0;) {
        const char *end = strstr(at, "\\n");
        n += *at != ' ' && strncmp(at, "\\t", 2) != 0;
        at = end ? end + 2 : at + strlen(at);
    }
    return n;
}

/* Columns with \001 between; of several messages in a frame, with \002 between, the first. */
static void read_tshark(const char *file)
{
    snprintf(line, sizeof line,
             "tshark -r '%s' -Y sip -T fields -E separator=/x01 -E aggregator=/x02 -e frame.number "
             "-e sip.Method "
             "-e sip.Status-Code -e sip.Call-ID -e sip.CSeq -e sip.msg_hdr 2>/dev/null",
             file);
    for (size_t i = 0; line[i]; i++)
        if (memcmp(line + i, "/x0", 3) == 0) { /* an octet, which an option takes as it is */
            line[i] = (char)(line[i + 3] - '0');
            memmove(line + i + 1, line + i + 4, strlen(line + i + 4) + 1);
        }
    FILE *p = popen(line, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    while (fgets(line, sizeof line, p)) {
        char *at = line;
        unsigned long frame = strtoul(strsep(&at, "\001"), NULL, 10);
        if (frame >= FRAMES)
            continue;
        theirs[frame].there = true;
        for (size_t i = 0; i < COLUMNS && at; i++) {
            char *column = strsep(&at, "\001\n");
            column[strcspn(column, "\002")] = '\0';
            if (i == HEADERS)
                snprintf(theirs[frame].text[i], TEXT, "%u", count(column));
            else
                snprintf(theirs[frame].text[i], TEXT, "%s", column);
        }
    }
    pclose(p);
}

/* The value of the first header field of this name, long or short. */
static const char *header(json_t *headers, const char *name, const char *compact)
{
    size_t i;
    json_t *h;
    json_array_foreach(headers, i, h)
    {
        const char *is = json_string_value(json_object_get(h, "name"));
        if (is && (lex_like(span_of(is), name) || lex_like(span_of(is), compact)))
            return json_string_value(json_object_get(h, "value"));
    }
    return "";
}

static void our_message(json_t *root)
{
    json_int_t frame = json_integer_value(json_object_get(root, "frame"));
    json_t *fields = json_object_get(root, "fields"), *headers = json_object_get(fields, "headers");
    json_t *method = json_object_get(fields, "method"), *status = json_object_get(fields, "status");

    if (frame >= FRAMES || ours[frame].there)
        return;
    struct seen *o = &ours[frame];
    o->there = true;
    snprintf(o->text[METHOD], TEXT, "%s", method ? json_string_value(method) : "");
    if (status)
        snprintf(o->text[STATUS], TEXT, "%u", (unsigned)json_integer_value(status));
    snprintf(o->text[CALL_ID], TEXT, "%s", header(headers, "Call-ID", "i"));
    snprintf(o->text[CSEQ], TEXT, "%s", header(headers, "CSeq", "CSeq"));
    snprintf(o->text[HEADERS], TEXT, "%zu", json_array_size(headers));
}

static void read_rtclab(const char *file)
{
    snprintf(line, sizeof line, "\"$RTCLAB\" decode --quiet --json '%s' 2>/dev/null", file);
    FILE *p = popen(line, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    while (fgets(line, sizeof line, p)) {
        json_t *root = strstr(line, "\"proto\":\"sip\"") ? json_loads(line, 0, NULL) : NULL;
        if (root)
            our_message(root);
        json_decref(root);
    }
    pclose(p);
}

static size_t compare(const char *file)
{
    size_t both = 0;

    for (size_t i = 0; i < FRAMES; i++) {
        if (!ours[i].there || !theirs[i].there)
            continue;
        both++;
        for (size_t k = 0; k < COLUMNS; k++)
            if (strcmp(ours[i].text[k], theirs[i].text[k]) != 0) {
                printf("\n%s frame %zu: %s: rtclab '%s', tshark '%s'", file, i, names[k],
                       ours[i].text[k], theirs[i].text[k]);
                CU_FAIL("a difference");
            }
    }
    return both;
}

static void captures(void)
{
    const char *root = test_shared("captures");
    size_t n_files, both = 0;

    if (!root || !getenv("RTCLAB") || system("tshark --version >/dev/null 2>&1") != 0) {
        test_skip(!root              ? "the shared captures are not there"
                  : getenv("RTCLAB") ? "tshark is not installed"
                                     : "RTCLAB does not name the program");
        return;
    }
    char *const *files = test_captures(root, &n_files);
    for (size_t i = 0; i < n_files; i++) {
        if (!strstr(files[i], "sip")) /* the others hold none, as tests.captures shows */
            continue;
        memset(ours, 0, sizeof ours);
        memset(theirs, 0, sizeof theirs);
        read_tshark(files[i]);
        read_rtclab(files[i]);
        both += compare(files[i]);
    }
    printf("%zu frames that both see; ", both);
    CU_ASSERT_TRUE(both > 0);
}

TESTS({"captures", captures})
