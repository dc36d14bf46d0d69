/* codecs/uri/uri_plain.c - URIs and hosts of the forms that most have, seen to be faultless if their parts are of host
 * characters: which the caller finds out by counting. */
#include "codecs/base/param_look.h"
#include "codecs/uri/uri_parts.h"

/* ---- hosts ----
 *
 * Hosts are of any kind in any place, so that what the CPU expects of them is often wrong: there are few branches
 * here. */

/* Four numbers from 0 to 255 without leading zeros. `signs`: which octets are neither letters nor digits. */
static bool ipv4(struct span s, uint64_t signs)
{
    static const uint32_t least[4] = {0, '0', '1' << 8 | '0', '1' << 16 | '0' << 8 | '0'},
                          most[4] = {0, '9', '9' << 8 | '9', '2' << 16 | '5' << 8 | '5'};
    const uint8_t *p = s.p;
    uint32_t odd = 0;

    signs |= UINT64_C(1) << s.n; /* all four have a sign behind them */
    for (unsigned i = 0; i < 4; i++) {
        size_t n = (size_t)__builtin_ctzll(signs | 16);
        if (n - 1 > 2)
            return false;
        uint32_t v =
            word_big_half(lex_half(p)) >> (32 - 8 * n); /* its octets; no digit has the bit 0x40 */
        odd |= (v & UINT32_C(0x404040)) | (v < least[n]) | (v > most[n]) | (i < 3 && p[n] != '.');
        p += n + 1;
        signs >>= n + 1;
    }
    return (odd | signs) == 0;
}

/* Groups of one to four hexadecimal digits and one "::" between two of them, in brackets: how many octets they
 * have without colons. 0: it may be another address all the same. `signs`: see above. */
static size_t ipv6(struct span s, uint64_t signs)
{
    uint64_t within = (UINT64_C(1) << (s.n - 1)) - 2, colons = signs & within,
             digits = ~signs & within, gap = colons & colons << 1,
             four = digits & digits << 1 & digits << 2 & digits << 3, above = 0, found = 0;
    size_t n = word_ones(colons); /* as many as groups, where "::" stands between two */
    bool fits = gap && !(gap & (gap - 1)) && !(four & digits << 4) && s.p[s.n - 1] == ']' &&
                digits >> 1 & 1 && digits >> (s.n - 2) & 1 && n < 7;

    if (!fits)
        return 0;
    for (size_t i = 1; i < s.n - 1; i += 8) { /* no letter above "f"; and no sign but ":" */
        uint64_t v = word_little(lex_word(s.p + i)),
                 front = lexmap_fronts[s.n - 1 - i < 8 ? s.n - 1 - i : 8];
        above |= (((v | word_each(0x20)) & word_each(0x7f)) + word_each(0x7f - 'f')) & front;
        found += (word_equal(v, ':') & front) >> 7;
    }
    return (above & word_each(0x80)) == 0 && found * word_each(1) >> 56 == n ? s.n - 2 - n : 0;
}

/* Another host than a usual name: its octets that are of LEXMAP_HOST. */
static __attribute__((noinline)) size_t other_host(const struct lexmap *map, struct span s,
                                                   uint64_t signs)
{
    if (s.n > 6 && s.n <= LEXMAP_SPAN && s.p + s.n + 4 < map->last) {
        if (s.p[0] == '[') {
            size_t n = ipv6(s, signs);
            if (n)
                return n;
        } else if (ipv4(s, signs)) {
            return s.n;
        }
    }
    return uri_is_host(s) ? lexmap_hosts(map, s) : 0;
}

size_t uri_plain_host(const struct lexmap *map, struct span s)
{
    if (RARELY(s.n - 1 >= LEXMAP_SPAN))
        return other_host(map, s, 0);
    uint64_t signs = lexmap_outside(map, LEXMAP_ALNUM, s);
    /* a name ends with a letter, most often: what the CPU expects in vain it sees soon, by one octet */
    uint8_t c = s.p[s.n - 1];
    if ((c & 0x40) == 0 || c == ']')
        return other_host(map, s, signs);
    /* no two dots or hyphens side by side and none at an end, and a letter behind its last dot; of letters and digits
     * only those have the bit 0x40 */
    size_t last = 63 - (size_t)__builtin_clzll(signs | 1), label = last + (signs != 0);
    if (RARELY(signs & (signs << 1 | 1)) || RARELY(signs && s.p[last] != '.') ||
        RARELY(!(s.p[label] & 0x40)))
        return other_host(map, s, signs);
    return s.n;
}

/* ---- URIs ---- */

enum { LR, TRANSPORT, USER, OTHER };
static const struct param_names names = {
    {
        PARAM_NAME(LR, BARE, 'l', 'r'),
        PARAM_NAME(TRANSPORT, PLAIN, 't', 'r', 'a', 'n', 's', 'p', 'o', 'r', 't'),
        PARAM_NAME(USER, PLAIN, 'u', 's', 'e', 'r'),
        PARAM_NAME(OTHER, NEVER, 't', 't', 'l'),
        PARAM_NAME(OTHER, NEVER, 'm', 'a', 'd', 'd', 'r'),
        PARAM_NAME(OTHER, NEVER, 'm', 'e', 't', 'h', 'o', 'd'),
    },
    PARAM_BARE,
};

/* A telephone number, which may begin with "+" and has visual separators alone between digits. */
static bool is_phone(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!lex_is(s.p[i], LEX_DIGIT) && !uri_is(s.p[i], URI_SEPARATOR) && (i || s.p[i] != '+'))
            return false;
    return true;
}

/* A user of other octets than host characters, with escapes that are some: those of it that are of LEXMAP_HOST. `phone`:
 * it has to be a telephone number, which no other with "+" may be. */
static __attribute__((noinline)) size_t other_user(const struct lexmap *map, struct span s,
                                                   bool phone)
{
    bool fits = s.n && (phone ? is_phone(s) : s.p[0] != '+' && uri_fits(s, URI_PART_USER));
    return fits ? lexmap_hosts(map, s) : 0;
}

/* Whether it is of host characters. */
static inline bool plain_user(const struct lexmap *map, struct span s)
{
    return s.n - 1 < LEXMAP_SPAN && !lexmap_other(map, LEXMAP_HOST, s);
}

/* How many octets of values, other than those of LEXMAP_HOST, may stand there all the same, escapes among them;
 * SIZE_MAX: one may not. */
static size_t others_in(const struct lexmap *map, const struct param *v, size_t n)
{
    size_t others = 0;
    uint8_t c;

    for (; n > 0; n--, v++) {
        struct span s = v->value;
        if (s.n - 1 >= LEXMAP_SPAN)
            continue; /* where it has some, counting finds it */
        uint64_t left = lexmap_outside(map, LEXMAP_HOST, s);
        for (; left; left &= left - 1, others++) {
            size_t at = (size_t)__builtin_ctzll(left);
            if (!uri_is(s.p[at], 1u << URI_PART_PARAM) && !uri_escaped(s, at, &c))
                return SIZE_MAX;
        }
    }
    return others;
}

enum { PHONE = 0x80 }; /* beside what uri_plain says: the user is a telephone number */

/* What a URI is whose parameter is lr, ob or transport, as most have no other; 0: it has another one. */
static inline unsigned only_param(const struct lexmap *map, const struct param *p)
{
    uint64_t front = p->name.n ? lexmap_front(map, p->name) : 0;

    if (front == LEXMAP_FRONT("lr") && !p->value.p)
        return URI_PLAIN | URI_PLAIN_LR;
    if (front == LEXMAP_FRONT("ob") && !p->value.p)
        return URI_PLAIN;
    bool transport = front == LEXMAP_FRONT("transpor") && p->name.n == 9 &&
                     (p->name.p[8] | 0x20) == 't' && p->value.n;
    return transport ? URI_PLAIN | URI_PLAIN_TRANSPORT : 0;
}

/* Look at its parameters: their octets, and what they say. */
static __attribute__((noinline)) struct uri_plain plain_params(const struct lexmap *map,
                                                               const struct uri *u)
{
    const struct param *p = u->params;
    struct param_seen s;

    if (u->params_n == 1) {
        unsigned says = only_param(map, p);
        if (says)
            return (struct uri_plain){p->name.n + p->value.n, says};
    }
    param_look(map, p, u->params_n, u->text.p + u->text.n, &names, &s);
    size_t others = s.has & PARAM_ODD ? SIZE_MAX : others_in(map, p, u->params_n);
    bool odd = others == SIZE_MAX || s.has & 1u << OTHER || (others && s.has & 1u << TRANSPORT);
    if (RARELY(odd) || (RARELY(s.has & 1u << USER) &&
                        lexmap_front(map, s.known[USER]->value) != LEXMAP_FRONT("phone")))
        return (struct uri_plain){0, 0};
    unsigned says = URI_PLAIN | (s.has & 1u << LR ? URI_PLAIN_LR : 0u) |
                    (s.has & 1u << TRANSPORT ? URI_PLAIN_TRANSPORT : 0u) |
                    (s.has & 1u << USER ? (unsigned)PHONE : 0u);
    return (struct uri_plain){s.hosts - others, says};
}

struct uri_plain uri_plain(const struct lexmap *map, const struct uri *u)
{
    const struct uri_plain none = {0, 0};
    struct uri_plain is = {0, URI_PLAIN};

    if (RARELY(!u->usual) || RARELY(!u->port_fits))
        return none;
    if (u->params_n) {
        is = plain_params(map, u);
        if (RARELY(is.says == 0))
            return none;
    }
    size_t host = uri_plain_host(map, u->host);
    if (RARELY(host == 0))
        return none;
    is.hosts += sizeof "sip" - 1 + host + u->port.n;
    if (u->user.p) {
        bool phone = is.says & PHONE;
        size_t user = u->user.n;
        if (RARELY(phone) || RARELY(!plain_user(map, u->user)))
            user = other_user(map, u->user, phone);
        if (RARELY(user == 0))
            return none;
        is.hosts += user;
    }
    is.says = (is.says & ~(unsigned)PHONE) | (u->port.p ? URI_PLAIN_PORT : 0u);
    return is;
}
