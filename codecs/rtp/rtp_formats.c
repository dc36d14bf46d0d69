/* codecs/rtp/rtp_formats.c - payload formats by name. */
#include "codecs/rtp/rtp_formats.h"
#include "codecs/rtp/rtp_cn.h"
#include "codecs/rtp/rtp_event.h"
#include "codecs/rtp/rtp_h264.h"
#include "codecs/rtp/rtp_opus.h"
#include "codecs/rtp/rtp_red.h"
#include "codecs/rtp/rtp_text.h"

const struct codec *rtp_format_named(const char *encoding)
{
    static const struct {
        const char *encoding;
        const struct codec *codec;
    } formats[] = {
        {"CN", &rtp_cn_codec},     {"H264", &rtp_h264_codec}, {"opus", &rtp_opus_codec},
        {"red", &rtp_red_codec},   {"t140", &rtp_text_codec}, {"telephone-event", &rtp_event_codec},
        {"tone", &rtp_tone_codec},
    };

    for (size_t i = 0; i < COUNT(formats); i++)
        if (rtp_encoding_is(encoding, formats[i].encoding))
            return formats[i].codec;
    return NULL;
}
