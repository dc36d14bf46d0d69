/* harness/report/text.h - text on its way into a report: escaped for where it goes. */
#ifndef HARNESS_REPORT_TEXT_H
#define HARNESS_REPORT_TEXT_H
#include <stdio.h>
#include "codecs/base/base.h"

enum { TEXT_NONE = 0xfffd }; /* what stands for octets that are no character */

/* The character at `*at`, which moves past it; octets that are no UTF-8 give TEXT_NONE one by one.
 */
uint32_t text_rune(struct span s, size_t *at);
/* A line of JSON with octets that are no UTF-8 as U+FFFD, and escaped NULs as U+2400, which C can
 * hold; NUL-terminated, freed with free(). NULL: no memory. */
char *text_clean_json(struct span line);

/* Into XML and HTML, content and attribute values alike: markup characters become references,
 * line ends too; characters that XML 1.0 cannot hold become U+FFFD. */
void text_xml(FILE *to, const char *s);
void text_xml_span(FILE *to, struct span s);
/* Into a terminal: control characters and those that change the direction of writing are shown as
 * \n, \x1b or \u202e. */
void text_tty(FILE *to, const char *s);
/* A JSON string with its quotes; true UTF-8 stays, control characters become \\u00xx. */
void text_json(FILE *to, const char *s);
/* A double-quoted YAML scalar; what JSON writes as \\u00xx stands as \\xXX, which more readers know. */
void text_yaml(FILE *to, const char *s);
/* Into Markdown (CommonMark, GitHub's tables included): no character of it is markup, and line ends
 * become spaces. */
void text_markdown(FILE *to, const char *s);
/* The same, of at most `max` characters, with an ellipsis where it was more. */
void text_markdown_brief(FILE *to, const char *s, size_t max);
/* A relative URL of a file: percent-encoded, led by ./ where it could pass for a scheme. */
void text_url(FILE *to, const char *path);

/* "17 us", "1.2 ms", "3.4 s", "2 min 5 s". */
void text_duration(FILE *to, uint64_t us);
/* Seconds with six decimals: "1.000250". */
void text_seconds(FILE *to, uint64_t us);
/* What a text takes on a terminal, as text_tty writes it: columns, marks that take none and signs that take two counted. */
size_t text_columns(struct span s);
/* "1 case", "2 cases". */
void text_count(FILE *to, size_t n, const char *noun);
#endif
