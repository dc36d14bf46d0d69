/* codecs/sdp/sdp_codec.c - the descriptor of session descriptions that the registry lists. */
#include "codecs/sdp/sdp_parts.h"

unsigned sdp_guess(struct span in, uint16_t port)
{
    (void)port;
    if (in.n < 5 || in.p[0] != 'v' || in.p[1] != '=')
        return 0;
    size_t at = lex_while(in, 2, LEX_DIGIT);
    size_t next = lex_while(in, at, LEX_EOL);
    if (at == 2 || next == at || next - at > 2)
        return 0;
    return in.n - next >= 2 && in.p[next] == 'o' && in.p[next + 1] == '=' ? 95 : 0;
}

static enum step decode(struct span in, struct arena *mem, const void **view, struct findings *fs)
{
    struct sdp_msg *m = arena_take(mem, sizeof *m);

    *view = NULL;
    if (!m)
        return STEP_MORE;
    enum step s = sdp_msg_decode(in, mem, m, fs);
    if (s == STEP_ITEM)
        *view = m;
    return s;
}

static void lint(const void *view, struct findings *fs)
{
    sdp_lint(view, fs);
}

/* "audio 49170 RTP/AVP, video 0 RTP/AVP". */
static void brief(struct wr *w, const void *view)
{
    const struct sdp_msg *m = view;

    for (size_t i = 0; i < m->media_n; i++) {
        const struct sdp_media *v = &m->media[i];
        wr_text(w, i ? ", " : "");
        wr_put(w, v->media);
        if (v->port != SDP_NONE) {
            wr_u8(w, ' ');
            wr_dec(w, v->port);
        }
        wr_u8(w, ' ');
        wr_put(w, v->proto);
    }
}

/* Tokens for a dictionary: whole lines, attributes with their colons, and words that parsers look for. */
static bool token(size_t i, struct wr *w, const char **name)
{
    static const char *const words[][2] = {
        {"v", "v=0\r\n"},
        {"o", "\r\no=- 1 1 IN IP4 192.0.2.1"},
        {"s", "\r\ns=-"},
        {"i", "\r\ni="},
        {"u", "\r\nu="},
        {"e", "\r\ne=j@example.com (J)"},
        {"p", "\r\np=+1 617 555-6011"},
        {"c", "\r\nc=IN IP4 192.0.2.1"},
        {"c-multicast", "\r\nc=IN IP4 233.252.0.1/127/3"},
        {"c6", "\r\nc=IN IP6 2001:db8::1"},
        {"b", "\r\nb=AS:128"},
        {"t", "\r\nt=0 0"},
        {"r", "\r\nr=7d 1h 0 25h"},
        {"z", "\r\nz=3730928400 -1h 3749680800 0"},
        {"k", "\r\nk=clear:x"},
        {"a", "\r\na="},
        {"audio", "\r\nm=audio 49170 RTP/AVP 0 96"},
        {"video", "\r\nm=video 9 UDP/TLS/RTP/SAVPF 96"},
        {"data", "\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel"},
        {"candidate", "1 1 UDP 2130706431 192.0.2.1 5000 typ host"},
        {"related", " raddr 192.0.2.1 rport 5000"},
        {"opus", "96 opus/48000/2"},
        {"inline", "1 AES_CM_128_HMAC_SHA1_80 inline:"},
        {"sha", "sha-256 00:01:02"},
        {"bundle", "BUNDLE a b"},
        {"simulcast", "send 1;2,~3 recv 4"},
        {"pt", "1 send pt=96;max-width=1280"},
        {"nack", "* nack pli"},
    };

    if (i < COUNT(words)) {
        *name = words[i][0];
        wr_text(w, words[i][1]);
        return true;
    }
    i -= COUNT(words) - 1;
    if (i >= SDP_TYPES)
        return false;
    *name = sdp_names[i].name;
    wr_text(w, "a=");
    wr_text(w, sdp_names[i].name);
    wr_text(w, sdp_names[i].form == SDP_FORM_FLAG ? "" : ":");
    return true;
}

const struct codec sdp_codec = {
    .name = "sdp",
    .framing = FRAMING_MESSAGE,
    .view = &sdp_msg_desc,
    .guess = sdp_guess,
    .decode = decode,
    .lint = lint,
    .encode = sdp_msg_encode,
    .brief = brief,
    .token = token,
};
