/* codecs/sip/sip_codec.c - framing of streams, and the descriptor of SIP that the registry lists. */
#include "codecs/sip/sip_parts.h"

unsigned sip_guess(struct span in, uint16_t port)
{
    size_t at = lex_while(in, 0, LEX_EOL);
    struct span head = span_cut(in, at, at + 1024); /* longer start lines are rare */
    size_t lf = lex_find(head, 0, '\n');
    struct span line = lex_trim(span_cut(head, 0, lf), LEX_LWS);

    if (sip_version_like(line))
        return line.n > 8 && lex_is(line.p[4], LEX_DIGIT) ? 95 : 0;
    if (lf == head.n || lex_while(line, 0, LEX_TOKEN) == 0)
        return 0;
    size_t last = line.n;
    while (last > 0 && !lex_is(line.p[last - 1], LEX_BLANK))
        last--;
    return last > 0 && sip_version_like(span_cut(line, last, line.n)) ? port == SIP_PORT ? 99 : 95
                                                                      : 0;
}

/* The number of octets that Content-Length says; 0 without it. False: it is no number, or another one says otherwise;
 * `value` is where. */
static bool body_length(struct span head, uint64_t *n, struct span *value)
{
    size_t at = lex_find(head, 0, '\n') + 1;
    bool given = false;

    *n = 0;
    *value = span_cut(head, 0, 0);
    while (at < head.n) {
        size_t end = lex_find(head, at, '\n');
        while (end + 1 < head.n && lex_is(head.p[end + 1], LEX_BLANK))
            end = lex_find(head, end + 1, '\n');
        struct span line = span_cut(head, at, end);
        size_t colon = lex_find(line, 0, ':');
        if (sip_type_of(lex_trim(span_cut(line, 0, colon), LEX_LWS)) == SIP_CONTENT_LENGTH) {
            uint64_t before = *n;
            *value = lex_trim(span_cut(line, colon + 1, line.n), LEX_LWS);
            if (!lex_number(*value, n) || (given && *n != before))
                return false;
            given = true;
        }
        at = end + 1;
    }
    return true;
}

enum step sip_next(struct sip_dec *d, struct span in, size_t *used, struct findings *fs)
{
    struct finding lost;
    struct span value;
    uint64_t body;

    *used = 0;
    size_t from = lex_while(in, 0, LEX_EOL);
    if (from == in.n)
        return STEP_MORE;
    if (d->seen < from)
        d->seen = from;
    size_t head = lex_head(in, &d->seen);
    if (!head && in.n <= SIP_HEAD_MAX)
        return STEP_MORE;
    /* our own limits break no rule: who takes no more may close the connection */
    bool number =
        head && head <= SIP_HEAD_MAX && body_length(span_cut(in, from, head), &body, &value);
    if (!head || head > SIP_HEAD_MAX) {
        lost =
            (struct finding){.clause = "RFC3261:21.4.11#1",
                             .what = "no empty line within the %u octets of a header that are read",
                             .level = MAY,
                             .arg = {SIP_HEAD_MAX}};
    } else if (!number) {
        lost = (struct finding){.clause = "RFC3261:20.14#a1",
                                .what =
                                    "Content-Length is no number, or stands twice with two numbers",
                                .level = STMT,
                                .off = (uint64_t)(value.p - in.p),
                                .len = value.n};
    } else if (body > SIP_BODY_MAX) {
        lost = (struct finding){.clause = "RFC3261:21.4.11#1",
                                .what =
                                    "Content-Length is above the %u octets of a body that are read",
                                .level = MAY,
                                .off = (uint64_t)(value.p - in.p),
                                .len = value.n,
                                .arg = {SIP_BODY_MAX}};
    } else if (in.n - head < body) {
        return STEP_MORE;
    } else {
        *used = head + (size_t)body;
        *d = (struct sip_dec){0};
        return STEP_ITEM;
    }
    finding_add(fs, lost);
    return STEP_FAIL;
}

static enum step next(struct span in, size_t *used, struct findings *fs)
{
    struct sip_dec d = {0};
    if (lex_is(in.n ? in.p[0] : 0, LEX_EOL)) { /* what stands between messages: see between */
        *used = 0;
        return STEP_FAIL;
    }
    return sip_next(&d, in, used, fs);
}

/* Keep-alives: CRLF CRLF, and the CRLF that answers it (RFC 5626 section 3.5.1); a CRLF before a start line. */
static enum step between(struct span in, enum framing framing, size_t *used)
{
    size_t n = lex_while(in, 0, LEX_EOL);

    *used = n;
    if (n == 0 || (framing != FRAMING_STREAM && n != in.n))
        return STEP_FAIL;
    return STEP_ITEM;
}

static enum step decode(struct span in, struct arena *mem, const void **view, struct findings *fs)
{
    struct sip_msg *m = arena_take(mem, sizeof *m);

    *view = NULL;
    if (!m)
        return STEP_MORE;
    enum step s = sip_decode(in, mem, m, fs);
    if (s == STEP_ITEM)
        *view = m;
    return s;
}

static void lint(const void *view, struct findings *fs)
{
    sip_lint(view, fs);
}

/* "INVITE sip:bob@example.com", "200 OK (INVITE)". */
static void brief(struct wr *w, const void *view)
{
    const struct sip_msg *m = view;
    const struct sip_number *cseq = sip_first(m, SIP_CSEQ);

    if (m->request) {
        wr_put(w, m->method);
        wr_u8(w, ' ');
        wr_put(w, m->uri.text);
        return;
    }
    wr_dec(w, m->status);
    wr_u8(w, ' ');
    wr_put(w, m->reason);
    if (cseq) {
        wr_text(w, " (");
        wr_put(w, cseq->method);
        wr_u8(w, ')');
    }
}

/* Tokens for a dictionary: names with their colons, and words that parsers look for. */
static bool token(size_t i, struct wr *w, const char **name)
{
    static const char *const words[][2] = {
        {"version", "SIP/2.0"},
        {"via-udp", "SIP/2.0/UDP "},
        {"branch", ";branch=z9hG4bK"},
        {"tag", ";tag="},
        {"lr", ";lr"},
        {"transport", ";transport=tcp"},
        {"sip", "sip:"},
        {"sips", "sips:"},
        {"tel", "tel:+1"},
        {"fold", "\r\n "},
        {"end", "\r\n\r\n"},
        {"digest", "Digest "},
        {"sdp", "application/sdp"},
        {"invite", "INVITE "},
        {"ack", "ACK "},
        {"register", "REGISTER "},
        {"ok", "SIP/2.0 200 OK"},
        {"quote", "\\\""},
        {"ipv6", "[2001:db8::1]"},
        {"star", "*"},
        {"multipart", "multipart/mixed;boundary=b"},
        {"sipfrag", "message/sipfrag"},
    };

    if (i < COUNT(words)) {
        *name = words[i][0];
        wr_text(w, words[i][1]);
        return true;
    }
    i -= COUNT(words) - 1;
    if (i >= SIP_TYPES)
        return false;
    *name = sip_names[i].name;
    wr_text(w, sip_names[i].name);
    wr_u8(w, ':');
    return true;
}

static const struct codec_agreed agreed = {
    .asked = {"RFC7118:4.1#1", "SIP is sent, and the handshake did not ask for the subprotocol sip",
              MUST},
    .answered = {"RFC7118:4.1#2", "SIP is sent, and the 101 did not agree to the subprotocol sip",
                 MUST},
};

const struct codec sip_codec = {
    .name = "sip",
    .framing = FRAMING_DATAGRAM | FRAMING_STREAM | FRAMING_MESSAGE,
    .port = SIP_PORT,
    .port_secure = SIP_PORT_TLS,
    .view = &sip_msg_desc,
    .guess = sip_guess,
    .decode = decode,
    .next = next,
    .between = between,
    .inside = sip_inside,
    .lint = lint,
    .encode = sip_encode,
    .brief = brief,
    .token = token,
    .agreed = &agreed,
};
