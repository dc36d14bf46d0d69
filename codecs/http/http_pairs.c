/* codecs/http/http_pairs.c - framing of a stream of which both directions are seen: what a response answers (RFC 9112
 * section 6.3), and what is no HTTP any more.
 *
 * A memo holds the requests of a side that have no response yet. Where there are too many of them nothing is told by
 * them any more, and each message is taken by itself. */
#include "codecs/http/http_parts.h"

enum {
    ASKS = 16, /* in v[0], two bits each, the oldest lowest */
    ASK_BITS = 2,
    COUNT_MASK = 0xff, /* in v[1]: how many */
    EARLY = 0x100,     /* so often: a response came before its request did */
    EARLY_MASK = 0xff00,
    TUNNEL = 0x10000,
    MANY = 0x20000, /* more than there is room for */
};

static enum http_ask oldest(const struct codec_memo *m)
{
    return m->v[1] & MANY || !(m->v[1] & COUNT_MASK)
               ? HTTP_ASK_OTHER
               : (enum http_ask)(m->v[0] & ((1u << ASK_BITS) - 1));
}

static enum step next(const struct codec_memo *asked, struct span in, size_t *used,
                      const struct codec **by, struct findings *fs)
{
    static const struct codec *const codecs[] = {[HTTP_ASK_OTHER] = &http_codec,
                                                 [HTTP_ASK_HEAD] = &http_head_codec,
                                                 [HTTP_ASK_CONNECT] = &http_connect_codec};
    struct http_dec d = {.ask = oldest(asked)};
    enum http_ask ask = d.ask;
    size_t at;

    *by = NULL;
    *used = in.n;
    if (asked->v[1] & TUNNEL)
        return STEP_ITEM;
    enum step s = http_next(&d, in, used, fs);
    *by = s == STEP_ITEM && http_status_of(in, &at) ? codecs[ask] : &http_codec;
    return s;
}

static void asked_for(struct codec_memo *m, struct span method)
{
    uint32_t n = m->v[1] & COUNT_MASK;

    if (m->v[1] & EARLY_MASK) {
        m->v[1] -= EARLY;
    } else if (n == ASKS) {
        m->v[1] |= MANY;
    } else {
        m->v[0] |= (uint32_t)http_ask_of(method) << (ASK_BITS * n);
        m->v[1]++;
    }
}

static void answered(struct codec_memo *m)
{
    if (m->v[1] & COUNT_MASK) {
        m->v[0] >>= ASK_BITS;
        m->v[1]--;
    } else if ((m->v[1] & EARLY_MASK) < EARLY_MASK) {
        m->v[1] += EARLY;
    }
}

static void came(struct codec_memo *mine, struct codec_memo *other, struct span message)
{
    size_t at, from = lex_while(message, 0, LEX_EOL);
    unsigned status = http_status_of(message, &at);

    if (!status) {
        asked_for(mine, span_cut(message, from, lex_until(message, from, LEX_BLANK | LEX_EOL)));
        return;
    }
    if (status == 101 || (status / 100 == 2 && oldest(other) == HTTP_ASK_CONNECT)) {
        mine->v[1] |= TUNNEL;
        other->v[1] |= TUNNEL;
    } else if (status / 100 != 1) {
        answered(other);
    }
}

static bool ends(struct span in)
{
    struct http_dec d = {0};
    struct findings none = {0};

    return http_next_head(&d, in, &none) == STEP_ITEM && d.frame.how == HTTP_CLOSE;
}

const struct codec_pairs http_pairs = {.next = next, .came = came, .ends = ends};
