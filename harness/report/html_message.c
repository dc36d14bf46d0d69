/* harness/report/html_message.c - decoded messages and their octets. */
#include <inttypes.h>
#include <jansson.h>
#include "harness/report/html.h"
#include "harness/report/text.h"

enum {
    DEPTH = 12,   /* how deep decoded fields are shown */
    SHOWN = 4096, /* octets of a message in the dump; the capture has the rest */
};

static void value(FILE *to, const json_t *j, unsigned depth);

static void members(FILE *to, const json_t *object, unsigned depth)
{
    const char *key;
    json_t *v;
    fputs("<dl class=\"fields\">", to);
    json_object_foreach((json_t *)(uintptr_t)object, key, v)
    {
        html_put(to, "<dt>%s</dt><dd>", key);
        value(to, v, depth + 1);
        fputs("</dd>", to);
    }
    fputs("</dl>", to);
}

static void items(FILE *to, const json_t *array, unsigned depth)
{
    size_t i;
    json_t *v;
    fputs("<ol start=\"0\" class=\"items\">", to);
    json_array_foreach(array, i, v)
    {
        fputs("<li>", to);
        value(to, v, depth + 1);
        fputs("</li>", to);
    }
    fputs("</ol>", to);
}

static void value(FILE *to, const json_t *j, unsigned depth)
{
    if (depth > DEPTH)
        fputs("\u2026", to);
    else if (json_is_object(j))
        members(to, j, depth);
    else if (json_is_array(j))
        items(to, j, depth);
    else if (json_is_string(j))
        text_xml(to, json_string_value(j));
    else if (json_is_integer(j))
        fprintf(to, "%" JSON_INTEGER_FORMAT, json_integer_value(j));
    else if (json_is_real(j))
        fprintf(to, "%.17g", json_real_value(j));
    else
        fputs(json_is_true(j) ? "true" : json_is_false(j) ? "false" : "", to);
}

static unsigned nibble(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10) & 15;
}

/* What a failed check says of the octets of a message. */
struct mark {
    uint64_t offset, end;
    const struct run_check *check;
};
enum { MARKS = 16 };

static size_t marks_of(const struct run_case *c, const struct run_message *m,
                       struct mark marks[MARKS])
{
    size_t n = 0;
    for (size_t i = 0; i < c->checks_n && n < MARKS && m->frame && m->fields; i++) {
        const struct run_check *k = &c->checks[i];
        if (k->length && k->attempt == m->attempt && k->verdict > VERDICT_PASS &&
            run_list_uint(k->frames, 0) == m->frame)
            marks[n++] = (struct mark){k->offset, k->offset + k->length, k};
    }
    return n;
}

static bool marked(const struct mark *marks, size_t n, uint64_t at)
{
    for (size_t i = 0; i < n; i++)
        if (at >= marks[i].offset && at < marks[i].end)
            return true;
    return false;
}

/* One row: offset, hexadecimal, printable characters. */
static void dump_row(FILE *to, const char *hex, size_t row, size_t shown, const struct mark *marks,
                     size_t n)
{
    uint8_t octets[16] = {0};
    size_t have = shown - row < 16 ? shown - row : 16;

    fprintf(to, "<i>%04zx</i> ", row);
    for (size_t i = 0; i < 16; i++) {
        bool on = i < have && marked(marks, n, row + i);
        if (i < have)
            octets[i] = (uint8_t)(nibble(hex[2 * (row + i)]) << 4 | nibble(hex[2 * (row + i) + 1]));
        fputs(i == 8 ? "  " : " ", to);
        if (i < have)
            fprintf(to, on ? "<mark>%02x</mark>" : "%02x", octets[i]);
        else
            fputs("  ", to);
    }
    fputs("   <s>", to);
    for (size_t i = 0; i < have; i++) {
        char text[2] = {octets[i] >= 0x20 && octets[i] < 0x7f ? (char)octets[i] : '.', '\0'};
        html_put(to, marked(marks, n, row + i) ? "<mark>%s</mark>" : "%s", text);
    }
    fputs("</s>\n", to);
}

static void dump(FILE *to, const char *hex, const struct mark *marks, size_t n_marks)
{
    size_t n = strspn(hex, "0123456789abcdefABCDEF") / 2, shown = n < SHOWN ? n : SHOWN;

    fputs("<pre class=\"octets\" tabindex=\"0\" aria-label=\"octets\">", to);
    for (size_t row = 0; row < shown; row += 16)
        dump_row(to, hex, row, shown, marks, n_marks);
    if (n > shown)
        fprintf(to, "and %zu octets more\n", n - shown);
    fputs("</pre>", to);
}

static void message(const struct page *p, const struct run_case *c, size_t id, size_t i)
{
    FILE *to = p->to;
    const struct run_message *m = &c->messages[i];
    struct mark marks[MARKS];
    size_t n = marks_of(c, m, marks);

    fprintf(to, "<details class=\"message\" id=\"m%zu-%zu\"><summary><span class=\"time\">", id, i);
    text_seconds(to, m->time_us);
    html_put(to, "</span> %s ", m->from);
    fputs(m->in ? "\u21d2" : "\u2192", to);
    html_put(to, " %s <b>%s %s</b>", m->to, m->proto, m->brief);
    if (m->frame)
        fprintf(to, " <span class=\"dim\">frame %" PRIu64 "</span>", m->frame);
    fprintf(to, " <span class=\"dim\">%zu octets</span></summary>\n<div class=\"decoded\">",
            strlen(m->octets) / 2);
    if (m->fields) {
        fputs("<div>", to);
        value(to, m->fields, 0);
        fputs("</div>", to);
    }
    fputs("<div>", to);
    if (m->octets[0])
        dump(to, m->octets, marks, n);
    for (size_t k = 0; k < n; k++) {
        html_put(to, "<p class=\"why\"><mark>%s</mark> ", marks[k].check->clause);
        fprintf(to, "octets %" PRIu64 " to %" PRIu64, marks[k].offset, marks[k].end - 1);
        html_put(to, ": %s</p>", marks[k].check->what);
    }
    fputs("</div></div></details>\n", to);
}

void html_messages(const struct page *p, const struct run_case *c, size_t id)
{
    unsigned attempt = 0;
    for (size_t i = 0; i < c->messages_n && i < HTML_MESSAGES; i++) {
        const struct run_message *m = &c->messages[i];
        if (m->attempt != attempt && c->attempts > 1)
            fprintf(p->to, "<p class=\"dim\">Attempt %u</p>\n", m->attempt);
        attempt = m->attempt;
        message(p, c, id, i);
    }
    if (c->messages_n > HTML_MESSAGES)
        fprintf(p->to, "<p class=\"dim\">%zu more messages are in the capture.</p>\n",
                c->messages_n - HTML_MESSAGES);
}

size_t html_message_at(const struct run_case *c, uint64_t frame)
{
    size_t at = RUN_LAST;
    for (size_t i = 0; i < c->messages_n && i < HTML_MESSAGES && frame; i++)
        if (c->messages[i].frame == frame && c->messages[i].attempt >= c->attempts)
            at = i;
    return at;
}
