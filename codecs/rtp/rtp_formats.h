/* codecs/rtp/rtp_formats.h - payload formats by their encoding names, as in "a=rtpmap:97 H264/90000". */
#ifndef CODECS_RTP_RTP_FORMATS_H
#define CODECS_RTP_RTP_FORMATS_H
#include "codecs/base/codec.h"

/* Whether two encoding names are the same: case does not matter (RFC4855:3). */
static inline bool rtp_encoding_is(const char *name, const char *other)
{
    size_t i = 0;
    for (; name[i] && other[i]; i++)
        if ((name[i] | 0x20) != (other[i] | 0x20))
            return false;
    return name[i] == other[i];
}
/* The codec of the payloads of that name: CN, H264, opus, red, t140, telephone-event, tone; NULL: there is none. It
 * decodes what an RtpPacket carries behind its header and before its padding, where that is not encrypted. */
const struct codec *rtp_format_named(const char *encoding);
#endif
