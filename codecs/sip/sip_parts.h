/* codecs/sip/sip_parts.h - what the files of this codec share; inside codecs/sip only. */
#ifndef CODECS_SIP_SIP_PARTS_H
#define CODECS_SIP_SIP_PARTS_H
#include "codecs/sip/sip.h"

enum { SIP_SLOTS = 512 };
extern const uint8_t sip_slots[SIP_SLOTS];
/* A letter as a small one; "-" stays as it is, and what other octets become matters to no name. */
static inline unsigned sip_small(uint8_t c)
{
    return c | 0x20;
}
/* sip_type_of, of at least one octet. */
__attribute__((always_inline)) static inline enum sip_type sip_type_at(const uint8_t *p, size_t n)
{
    unsigned h = (unsigned)n * 108u + sip_small(p[0]) * 219u + sip_small(p[n - 1]) * 141u +
                 sip_small(p[n / 2]) * 187u;
    enum sip_type type = sip_slots[(h >> 1 ^ h) % SIP_SLOTS];
    const struct sip_name *s = &sip_names[type];
    const uint8_t *known = (const uint8_t *)s->name;

    if (n == 1)
        return sip_small(p[0]) == (uint8_t)s->compact ? type : SIP_OTHER;
    if (n != s->n)
        return SIP_OTHER;
    return lex_equal(p, known, n) || lex_same((struct span){p, n}, (struct span){known, n})
               ? type
               : SIP_OTHER;
}
/* The start line: m->start, and those of its parts that it has; the others stay as they are. `header`: where the header
 * begins. The rest as sip_scan. */
enum step sip_start(struct span in, struct sip_msg *m, size_t *header, struct findings *fs);
/* sip_scan of a fragment (RFC 3420): start line, empty line and body need not be there. Any octets are one. */
void sip_scan_fragment(struct span in, struct arena *mem, struct sip_msg *m, struct findings *fs);
/* Whether the first line of a fragment is a header field, or is to be: a start line has no ":" behind its first
 * word. */
bool sip_begins_with_field(struct span line);
/* Whether `s` begins with "SIP/", the case of letters aside. */
bool sip_version_like(struct span s);
/* Take a body of several parts apart, as its Content-Type says. */
void sip_parts(struct sip_msg *m, struct arena *mem);
/* The codec of the i-th body, or part of one, that has a codec, and its octets: `view` is a message or a fragment.
 * NULL: there are no more. */
const struct codec *sip_inside(const void *view, size_t i, struct span *octets);
/* Whether `s` is a boundary as RFC 2046 section 5.1.1 has it. */
bool sip_boundary_fits(struct span s);
/* Whether the typed parts of an item, written in the usual way, are the octets of its text. */
bool sip_usual_via(const struct sip_via *v);
bool sip_usual_address(const struct sip_address *a);
bool sip_usual_value(const struct sip_value *v);
bool sip_usual_number(const struct sip_number *n, enum sip_form form);
bool sip_usual_auth(const struct sip_auth *a);
/* The same of all values of a header field; `comma`: what stands between two of them, the same everywhere. */
bool sip_usual_values(const struct sip_header *h, struct span *comma);
/* The text of the i-th value. */
struct span sip_value_text(const struct sip_header *h, size_t i);
/* Set what method a message is about, when its header fields are typed. */
void sip_kind(struct sip_msg *m);
/* Whether several header fields of a type may stand in one message. */
bool sip_many_allowed(enum sip_type type);
#endif
