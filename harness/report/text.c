/* harness/report/text.c - escaping and numbers that the renderers share. */
#include <inttypes.h>
#include <stdlib.h>
#include "harness/report/text.h"

uint32_t text_rune(struct span s, size_t *at)
{
    static const struct {
        uint8_t mask, lead;
    } forms[] = {{0x80, 0}, {0xe0, 0xc0}, {0xf0, 0xe0}, {0xf8, 0xf0}};
    uint8_t c = s.p[*at];

    for (size_t n = 1; n <= COUNT(forms); n++) {
        if ((c & forms[n - 1].mask) != forms[n - 1].lead)
            continue;
        struct span one = span_cut(s, *at, *at + n);
        uint32_t v = (uint32_t)(c & (uint8_t)~forms[n - 1].mask);
        if (one.n < n || !span_utf8(one))
            break;
        for (size_t i = 1; i < n; i++)
            v = v << 6 | (one.p[i] & 0x3f);
        *at += n;
        return v;
    }
    ++*at;
    return TEXT_NONE;
}

char *text_clean_json(struct span line)
{
    char *out = malloc(3 * line.n + 1), *p = out;

    if (!out)
        return NULL;
    for (size_t at = 0; at < line.n;) {
        size_t was = at;
        if (line.p[at] == '\\' && at + 1 < line.n && line.p[at + 1] < 0x80) {
            struct span escape = span_cut(line, at, at + 6);
            bool nul = span_is(escape, "\\u0000");
            at += nul ? 6 : 2;
            p = mempcpy(p, nul ? "\\u2400" : (const char *)escape.p, at - was);
        } else if (text_rune(line, &at) == TEXT_NONE) {
            p = mempcpy(p, "\xef\xbf\xbd", 3);
        } else {
            p = mempcpy(p, line.p + was, at - was);
        }
    }
    *p = '\0';
    return out;
}

/* What XML 1.0 section 2.2 takes for a character, less those that are never right in text. */
static bool xml_char(uint32_t c)
{
    return c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c < 0x7f) ||
           (c >= 0xa0 && c < 0xd800) || (c > 0xdfff && c < 0xfffe) || c > 0xffff;
}

/* The reference that stands for a character of markup, NULL: it is none. */
static const char *markup(char c)
{
    switch (c) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void text_xml_span(FILE *to, struct span s)
{
    const char *name;
    for (size_t at = 0; at < s.n;) {
        size_t was = at;
        uint32_t c = text_rune(s, &at);
        if (c == TEXT_NONE || !xml_char(c))
            fputs("\xef\xbf\xbd", to);
        else if (c < 0x20)
            fprintf(to, "&#%" PRIu32 ";", c);
        else if (c < 0x7f && (name = markup((char)c)) != NULL)
            fputs(name, to);
        else
            fwrite(s.p + was, 1, at - was, to);
    }
}

void text_xml(FILE *to, const char *s)
{
    text_xml_span(to, span_of(s));
}

void text_tty(FILE *to, const char *text)
{
    struct span s = span_of(text);
    for (size_t at = 0; at < s.n;) {
        size_t was = at;
        uint32_t c = text_rune(s, &at);
        if (c == '\n')
            fputs("\\n", to);
        else if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            fprintf(to, "\\x%02" PRIx32, c);
        else if ((c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
                 (c >= 0x2066 && c <= 0x2069))
            fprintf(to, "\\u%04" PRIx32, c);
        else if (c == TEXT_NONE)
            fputs("\xef\xbf\xbd", to);
        else
            fwrite(s.p + was, 1, at - was, to);
    }
}

static void quoted(FILE *to, const char *text, const char *control)
{
    struct span s = span_of(text);

    fputc('"', to);
    for (size_t at = 0; at < s.n;) {
        size_t was = at;
        uint32_t c = text_rune(s, &at);
        if (c == '"' || c == '\\')
            fprintf(to, "\\%c", (int)c);
        else if (c == '\n' || c == '\t')
            fputs(c == '\n' ? "\\n" : "\\t", to);
        else if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            fprintf(to, "%s%02x", control, (unsigned)c);
        else if (c == 0xfffe || c == 0xffff) /* no characters, and nothing that YAML takes */
            fprintf(to, "\\u%04x", (unsigned)c);
        else if (c == TEXT_NONE)
            fputs("\xef\xbf\xbd", to);
        else
            fwrite(s.p + was, 1, at - was, to);
    }
    fputc('"', to);
}

void text_json(FILE *to, const char *s)
{
    quoted(to, s, "\\u00");
}

void text_yaml(FILE *to, const char *s)
{
    quoted(to, s, "\\x");
}

void text_markdown(FILE *to, const char *text)
{
    struct span s = span_of(text);
    for (size_t at = 0; at < s.n;) {
        size_t was = at;
        uint32_t c = text_rune(s, &at);
        if (c == '<' || c == '>' || c == '&') /* GitHub's own filter looks at HTML first */
            fprintf(to, c == '<' ? "&lt;" : c == '>' ? "&gt;" : "&amp;");
        else if (c == '@') /* nobody is to be told of a failed check */
            fputs("&#64;", to);
        else if (c && c < 0x80 && strchr("\\`*_{}[]#|~!:+^=", (int)c))
            fprintf(to, "\\%c", (int)c);
        else if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            fputc(' ', to);
        else if (c == TEXT_NONE)
            fputs("\xef\xbf\xbd", to);
        else
            fwrite(s.p + was, 1, at - was, to);
    }
}

void text_markdown_brief(FILE *to, const char *text, size_t max)
{
    struct span s = span_of(text);
    size_t at = 0;
    for (size_t n = 0; at < s.n && n < max; n++)
        text_rune(s, &at);
    char *front = strndup(text, at);
    text_markdown(to, front ? front : "");
    fputs(at < s.n ? "\u2026" : "", to);
    free(front);
}

size_t text_columns(struct span s)
{
    size_t n = 0;
    for (size_t at = 0; at < s.n;) {
        uint32_t c = text_rune(s, &at);
        bool none =
            (c >= 0x300 && c < 0x370) || (c >= 0x200b && c < 0x2010) || (c >= 0xfe00 && c < 0xfe10);
        bool two = (c >= 0x1100 && c < 0x1160) || (c >= 0x2e80 && c < 0xa4d0) ||
                   (c >= 0xac00 && c < 0xd7a4) || (c >= 0xf900 && c < 0xfb00) ||
                   (c >= 0xff01 && c < 0xff61) || (c >= 0x1f300 && c < 0x1f700) ||
                   (c >= 0x20000 && c < 0x40000);
        bool turns = (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
                     (c >= 0x2066 && c <= 0x2069); /* shown as \u202e */
        if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            n += c == '\n' ? 2 : 4;
        else
            n += turns ? 6 : none ? 0 : two ? 2 : 1;
    }
    return n;
}

void text_url(FILE *to, const char *path)
{
    while (path[0] == '/' && path[1] == '/') /* else a host would follow */
        path++;
    if (path[0] != '.' && path[0] != '/')
        fputs("./", to);
    for (const char *p = path; *p; p++) {
        bool plain = (*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') ||
                     (*p >= 'A' && *p <= 'Z') || strchr("-._~/", *p);
        if (plain)
            fputc(*p, to);
        else
            fprintf(to, "%%%02X", (unsigned)(uint8_t)*p);
    }
}

void text_duration(FILE *to, uint64_t us)
{
    if (us < 1000)
        fprintf(to, "%" PRIu64 " us", us);
    else if (us < 1000000)
        fprintf(to, "%" PRIu64 ".%" PRIu64 " ms", us / 1000, us / 100 % 10);
    else if (us < 60000000)
        fprintf(to, "%" PRIu64 ".%" PRIu64 " s", us / 1000000, us / 100000 % 10);
    else
        fprintf(to, "%" PRIu64 " min %" PRIu64 " s", us / 60000000, us / 1000000 % 60);
}

void text_seconds(FILE *to, uint64_t us)
{
    fprintf(to, "%" PRIu64 ".%06" PRIu64, us / 1000000, us % 1000000);
}

void text_count(FILE *to, size_t n, const char *noun)
{
    fprintf(to, "%zu %s%s", n, noun, n == 1 ? "" : "s");
}
