/* codecs/sdp/sdp_lint.c - what a description breaks beyond the order of its lines. */
#include "codecs/sdp/sdp_parts.h"

void sdp_lint(const struct sdp_msg *m, struct findings *fs)
{
    if (m->version.p && !span_is(m->version, "0"))
        finding_add(fs, (struct finding){.clause = "RFC8866:5.1#a1",
                                         .what = "the version is not 0",
                                         .level = STMT,
                                         .off = (uint64_t)(m->version.p - m->text.p),
                                         .len = m->version.n});
}
