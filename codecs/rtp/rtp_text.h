/* codecs/rtp/rtp_text.h - real-time text: payload formats text/t140 and audio/t140c (RFC 4103), and the control
 * codes of T.140 in the text itself. */
#ifndef CODECS_RTP_RTP_TEXT_H
#define CODECS_RTP_RTP_TEXT_H
#include "codecs/base/codec.h"

/* Characters with a meaning of their own in T.140. */
enum {
    T140_BEL = 0x07,
    T140_BS = 0x08,
    T140_LF = 0x0a,
    T140_CR = 0x0d,
    T140_ESC = 0x1b,
    T140_SOS = 0x98, /* begins a control string, which ST ends */
    T140_ST = 0x9c,
    T140_LINE_SEPARATOR = 0x2028, /* a new line */
    T140_MISSING = 0xfffd,        /* marks text that was lost */
    T140_BOM = 0xfeff,            /* says that the session begins; shows nothing */
};
extern const struct names t140_names;

struct rtp_text { /* view; borrows the payload */
    struct span wire;
    struct span text; /* a T140block: may be empty, RFC4103:5.2 */
};
extern const struct codec rtp_text_codec;
/* Decode a T140block, of text/t140 or of one generation of redundancy. STEP_ITEM always. */
enum step rtp_text_decode(struct span in, struct rtp_text *v, struct findings *fs);
/* The block counter in front of a T140block of audio/t140c (RFC4103:3.2); false: fewer than two octets. */
bool rtp_t140c_split(struct span in, uint16_t *counter, struct span *block);

/* The next character of UTF-8 text; octets that fit no character come out one by one as U+FFFD. False: the
 * end. */
bool t140_next(struct rd *r, uint32_t *character);
/* What a reader sees after `text` on a screen that holds `w` in UTF-8: BS takes the last character away, CR LF
 * and LINE SEPARATOR are one new line ('\n'), control strings and codes show nothing. */
void t140_show(struct wr *w, struct span text);
#endif
