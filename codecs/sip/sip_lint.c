/* codecs/sip/sip_lint.c - what a message breaks beyond its framing. */
#include "codecs/sip/sip_parts.h"

void sip_lint(const struct sip_msg *m, struct findings *fs)
{
    if (!span_is(m->version, "SIP/2.0") && lex_like(m->version, "SIP/2.0"))
        finding_add(fs, (struct finding){.clause = "RFC3261:7.1#5b",
                                         .what = "the version is not in capital letters",
                                         .level = MUST,
                                         .off = (uint64_t)(m->version.p - m->head.p),
                                         .len = m->version.n});
}
