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

/* Rows of sixteen octets: offset, hexadecimal, printable characters. */
static void dump(FILE *to, const char *hex)
{
    size_t n = strspn(hex, "0123456789abcdefABCDEF") / 2, shown = n < SHOWN ? n : SHOWN;

    fputs("<pre class=\"octets\">", to);
    for (size_t row = 0; row < shown; row += 16) {
        char text[17] = "";
        fprintf(to, "<i>%04zx</i> ", row);
        for (size_t i = 0; i < 16; i++) {
            const char *h = hex + 2 * (row + i);
            if (row + i >= shown) {
                fputs(i == 8 ? "    " : "   ", to);
                continue;
            }
            unsigned o = nibble(h[0]) << 4 | nibble(h[1]);
            fprintf(to, i == 8 ? "  %02x" : " %02x", o);
            text[i] = o >= 0x20 && o < 0x7f ? (char)o : '.';
        }
        html_put(to, "   <s>%s</s>\n", text);
    }
    if (n > shown)
        fprintf(to, "and %zu octets more\n", n - shown);
    fputs("</pre>", to);
}

static void message(const struct page *p, const struct run_message *m, size_t id, size_t i)
{
    FILE *to = p->to;

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
    if (m->octets[0])
        dump(to, m->octets);
    fputs("</div></details>\n", to);
}

void html_messages(const struct page *p, const struct run_case *c, size_t id)
{
    unsigned attempt = 0;
    for (size_t i = 0; i < c->messages_n; i++) {
        const struct run_message *m = &c->messages[i];
        if (m->attempt != attempt && c->attempts > 1)
            fprintf(p->to, "<p class=\"dim\">Attempt %u</p>\n", m->attempt);
        attempt = m->attempt;
        message(p, m, id, i);
    }
}
