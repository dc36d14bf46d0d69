/* codecs/auth/auth_plain.c - challenges and credentials of the forms that most have in SIP, seen to be faultless. */
#include "codecs/auth/auth_parts.h"
#include "codecs/base/param_look.h"

/* What stands between the quotes of a quoted string. */
static struct span inner(struct span s)
{
    return span_cut(s, 1, s.n - 1);
}

/* Whether these are small hexadecimal digits, eight of them or a multiple. Of letters and digits those have the
 * bit 0x20, and are not above "f". */
static bool small_hex(const struct lexmap *map, struct span s)
{
    uint64_t odd = 0;

    for (size_t i = 0; i < s.n; i += 8) {
        uint64_t v = lex_word(s.p + i);
        odd |= ((v + word_each(0x7f - 'f')) & word_each(0x80)) | (~v & word_each(0x20));
    }
    return odd == 0 && lexmap_all(map, LEXMAP_ALNUM, s);
}

/* Digits of the digest of an algorithm that most name, or do not; 0: it is another one. */
static size_t digest_digits(const struct lexmap *map, const struct param *algorithm)
{
    uint64_t front = algorithm ? lexmap_front(map, algorithm->value) : LEXMAP_FRONT("md5");
    return front == LEXMAP_FRONT("md5") ? 32 : front == LEXMAP_FRONT("sha-256") ? 64 : 0;
}

/* Most URIs have few octets that are not of LEXMAP_HOST: those are looked at. */
static bool sip_uri(const struct lexmap *map, struct span s)
{
    static const uint8_t sip[4] = {'s', 'i', 'p', ':'};
    bool odd = s.n <= 4 || lex_half(s.p) != lex_half(sip);

    for (size_t i = 0; !odd && i < s.n; i += LEXMAP_SPAN) {
        struct span some = span_cut(s, i, i + LEXMAP_SPAN);
        for (uint64_t left = lexmap_outside(map, LEXMAP_HOST, some); left; left &= left - 1)
            odd |= auth_odd(some.p[__builtin_ctzll(left)]);
    }
    return !odd;
}

static bool is_digest(const struct lexmap *map, struct span scheme)
{
    return scheme.n == 6 && lexmap_front(map, scheme) == LEXMAP_FRONT("digest");
}

enum {
    USER,
    REALM,
    NONCE,
    URI,
    RESPONSE,
    ALGORITHM,
    CNONCE,
    QOP,
    NC,
    OPAQUE,
    STALE,
    OTHER, /* rules of which are tried */
    KNOWN
};
#define HAS(v) (1u << (v))

size_t auth_plain_credentials(const struct lexmap *map, struct span scheme, const struct param *v,
                              size_t n, const uint8_t *end)
{
    static const struct param_names names = {
        {
            PARAM_NAME(USER, QUOTED, 'u', 's', 'e', 'r', 'n', 'a', 'm', 'e'),
            PARAM_NAME(REALM, QUOTED, 'r', 'e', 'a', 'l', 'm'),
            PARAM_NAME(NONCE, QUOTED, 'n', 'o', 'n', 'c', 'e'),
            PARAM_NAME(URI, QUOTED, 'u', 'r', 'i'),
            PARAM_NAME(RESPONSE, QUOTED, 'r', 'e', 's', 'p', 'o', 'n', 's', 'e'),
            PARAM_NAME(ALGORITHM, PLAIN, 'a', 'l', 'g', 'o', 'r', 'i', 't', 'h', 'm'),
            PARAM_NAME(CNONCE, QUOTED, 'c', 'n', 'o', 'n', 'c', 'e'),
            PARAM_NAME(QOP, PLAIN, 'q', 'o', 'p'),
            PARAM_NAME(NC, PLAIN, 'n', 'c'),
            PARAM_NAME(OPAQUE, QUOTED, 'o', 'p', 'a', 'q', 'u', 'e'),
            PARAM_NAME(OTHER, NEVER, 'u', 's', 'e', 'r', 'n', 'a', 'm', 'e', '*'),
            PARAM_NAME(OTHER, NEVER, 'u', 's', 'e', 'r', 'h', 'a', 's', 'h'),
        },
        PARAM_PLAIN | PARAM_QUOTED,
    };
    const uint32_t always = HAS(USER) | HAS(REALM) | HAS(NONCE) | HAS(URI) | HAS(RESPONSE),
                   counted = HAS(QOP) | HAS(CNONCE) | HAS(NC);
    struct param_seen s;

    if (!is_digest(map, scheme) || n == 0)
        return 0;
    param_look(map, v, n, end, &names, &s);
    if (s.has & PARAM_ODD || (s.has & always) != always ||
        ((s.has & counted) != counted && s.has & (HAS(QOP) | HAS(CNONCE))))
        return 0;
    struct span response = inner(s.known[RESPONSE]->value);
    if (s.has & HAS(NC)) {
        struct span nc = s.known[NC]->value;
        if (nc.n != 8 || !small_hex(map, nc) ||
            word_little(lex_word(nc.p)) == LEXMAP_FRONT("00000000"))
            return 0;
    }
    size_t digits = digest_digits(map, s.has & HAS(ALGORITHM) ? s.known[ALGORITHM] : NULL);
    bool fits = digits && response.n == digits && small_hex(map, response) &&
                sip_uri(map, inner(s.known[URI]->value));
    return fits ? scheme.n + s.hosts : 0;
}

size_t auth_plain_challenge(const struct lexmap *map, struct span scheme, const struct param *v,
                            size_t n, const uint8_t *end)
{
    static const struct param_names names = {
        {
            PARAM_NAME(REALM, QUOTED, 'r', 'e', 'a', 'l', 'm'),
            PARAM_NAME(NONCE, QUOTED, 'n', 'o', 'n', 'c', 'e'),
            PARAM_NAME(QOP, QUOTED, 'q', 'o', 'p'),
            PARAM_NAME(OPAQUE, QUOTED, 'o', 'p', 'a', 'q', 'u', 'e'),
            PARAM_NAME(ALGORITHM, PLAIN, 'a', 'l', 'g', 'o', 'r', 'i', 't', 'h', 'm'),
            PARAM_NAME(STALE, PLAIN, 's', 't', 'a', 'l', 'e'),
            PARAM_NAME(OTHER, NEVER, 'd', 'o', 'm', 'a', 'i', 'n'),
            PARAM_NAME(OTHER, NEVER, 'c', 'h', 'a', 'r', 's', 'e', 't'),
            PARAM_NAME(OTHER, NEVER, 'u', 's', 'e', 'r', 'h', 'a', 's', 'h'),
        },
        PARAM_PLAIN | PARAM_QUOTED,
    };
    static const char *const options[] = {"\"auth\"", "\"auth,auth-int\"", "\"auth-int\""};
    const uint32_t always = HAS(REALM) | HAS(NONCE) | HAS(QOP);
    struct param_seen s;
    bool offered = false;

    if (!is_digest(map, scheme) || n == 0)
        return 0;
    param_look(map, v, n, end, &names, &s);
    if (s.has & PARAM_ODD || (s.has & always) != always)
        return 0;
    for (size_t i = 0; i < COUNT(options); i++)
        offered |= span_is(s.known[QOP]->value, options[i]);
    bool encoded = true;
    if (s.has & HAS(OPAQUE))
        encoded = lexmap_all(map, LEXMAP_ALNUM, inner(s.known[OPAQUE]->value));
    uint64_t stale =
        s.has & HAS(STALE) ? lexmap_front(map, s.known[STALE]->value) : LEXMAP_FRONT("false");
    bool fits = offered && encoded &&
                digest_digits(map, s.has & HAS(ALGORITHM) ? s.known[ALGORITHM] : NULL) &&
                (stale == LEXMAP_FRONT("true") || stale == LEXMAP_FRONT("false"));
    return fits ? scheme.n + s.hosts : 0;
}
