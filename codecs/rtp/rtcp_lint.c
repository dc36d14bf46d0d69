/* codecs/rtp/rtcp_lint.c - what one decoded compound breaks beyond its syntax. */
#include "codecs/rtp/rtcp_table.h"

void rtcp_lint(const struct rtcp_compound *c, struct findings *fs)
{
    (void)c;
    (void)fs;
}
