/* codecs/sip/sip_parts.h - what the files of this codec share; inside codecs/sip only. */
#ifndef CODECS_SIP_SIP_PARTS_H
#define CODECS_SIP_SIP_PARTS_H
#include "codecs/sip/sip.h"

/* sip_scan, up to the header field at which each of `n` types has been found; n is 0: all of it. */
enum step sip_scan_for(struct span in, const enum sip_type *types, size_t n, struct arena *mem,
                       struct sip_msg *m, struct findings *fs);
/* Whether `s` begins with "SIP/", the case of letters aside. */
bool sip_version_like(struct span s);
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
#endif
