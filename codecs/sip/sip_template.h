/* codecs/sip/sip_template.h - messages of one kind, many: a text with slots, prepared once and then written by copying.
 *
 *   static const char *const names[] = {"call", "branch"};
 *   struct sip_template t;
 *   sip_template_init(&t, span_of("OPTIONS sip:... {call} ... Content-Length: {length}\r\n\r\n..."), names, 2);
 *   ...
 *   sip_template_put(&w, &t, (struct span[]){call, branch});
 */
#ifndef CODECS_SIP_SIP_TEMPLATE_H
#define CODECS_SIP_SIP_TEMPLATE_H
#include "codecs/sip/sip.h"

enum {
    SIP_TEMPLATE_SLOTS = 32,  /* names at most */
    SIP_TEMPLATE_PIECES = 96, /* places for them at most */
};
struct sip_piece {
    struct span text; /* stands there as it is; borrows the template's text */
    unsigned char
        slot; /* what stands behind it: the slot's index, or one of the values that sip_template.c has */
};
struct sip_template {
    struct sip_piece pieces[SIP_TEMPLATE_PIECES];
    size_t n;
    size_t body;                               /* octets of pieces in the body */
    unsigned char in_body[SIP_TEMPLATE_SLOTS]; /* how often each slot stands in the body */
    size_t slots;
};
/* Prepare `text`, which lives as long as `t`. "{name}" is a place for slot i where names[i] is "name"; "{length}"
 * one for the number of octets behind the first empty line, as Content-Length says it (RFC 3261 section 20.14);
 * "{{" is a "{". What is written need not be a lawful message. False: a brace that has no end or an unknown name
 * in it, more than SIP_TEMPLATE_SLOTS names or SIP_TEMPLATE_PIECES places. */
bool sip_template_init(struct sip_template *t, struct span text, const char *const *names,
                       size_t names_n);
/* Write the message with `values[i]` in the places of slot i. */
void sip_template_put(struct wr *w, const struct sip_template *t, const struct span *values);
#endif
