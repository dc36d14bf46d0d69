/* codecs/uri/uri_check_kinds.c - the checks of what SIP and telephone numbers have. */
#include "codecs/uri/uri_lint.h"

static bool octet(struct span s, size_t i, struct span *at)
{
    *at = span_cut(s, i, i + 1);
    return true;
}

/* ---- sip, sips ---- */

/* The number of a user, before its parameters. */
static struct span number_of(struct span user)
{
    return span_cut(user, 0, lex_find(user, 0, ';'));
}

/* A global number alone is sure to be one: a user of digits may be any name. */
URI_CHECK(uri_bad_phone)
{
    struct span number = number_of(s);
    size_t digits = 0;

    (void)r, (void)at;
    if (number.n == 0 || number.p[0] != '+')
        return false;
    for (size_t i = 1; i < number.n; i++) {
        if (!lex_is(number.p[i], LEX_DIGIT) && !uri_is(number.p[i], URI_SEPARATOR))
            return false;
        digits += lex_is(number.p[i], LEX_DIGIT);
    }
    return digits && !uri_phone(l->u);
}
/* A letter that is none of the DTMF and pause characters of RFC 2806 section 2.2, nor a digit of RFC 3966. */
URI_CHECK(uri_bad_subscriber)
{
    struct span number = number_of(s);

    (void)r;
    if (!uri_phone(l->u))
        return false;
    for (size_t i = 0; i < number.n; i++) {
        uint8_t c = lex_lower(number.p[i]);
        uint8_t as;
        if (uri_escaped(number, i, &as))
            i += 2;
        else if (lex_is(c, LEX_ALPHA) && !lex_is(c, LEX_HEX) && c != 'p' && c != 'w')
            return octet(number, i, at);
    }
    return false;
}
URI_CHECK(uri_bad_capital)
{
    size_t from = number_of(s).n;
    return uri_phone(l->u) && uri_bad_lower(l, span_cut(s, from, s.n), r, at);
}

/* Missing, or with what may stand in a parameter but not in a token: other octets have been said. An empty one too. */
URI_CHECK(uri_bad_token)
{
    (void)r;
    *at = l->p->text;
    if (s.n == 0)
        return !l->p->value.p;
    for (size_t i = 0; i < s.n; i++)
        if (!lex_is(s.p[i], LEX_TOKEN) && uri_is(s.p[i], 1u << URI_PART_PARAM))
            return octet(s, i, at);
    return false;
}
URI_CHECK(uri_bad_ttl)
{
    uint64_t v;

    (void)r;
    *at = l->p->text;
    if (s.n == 0)
        return !l->p->value.p;
    return s.n > 3 || !lex_number(s, &v) || v > 255;
}
URI_CHECK(uri_bad_maddr)
{
    (void)r;
    *at = l->p->text;
    if (s.n == 0)
        return !l->p->value.p;
    enum uri_host h = uri_host_sip(s, at);
    return h != HOST_GOOD && h != HOST_SPACE;
}
URI_CHECK(uri_bad_sips)
{
    (void)l, (void)r, (void)at;
    return uri_named(s, "udp");
}

static const struct param *find(const struct uri *u, const char *name)
{
    for (size_t i = 0; i < u->params_n; i++)
        if (uri_named(u->params[i].name, name))
            return &u->params[i];
    return NULL;
}
/* A name in maddr may be that of a multicast address. */
URI_CHECK(uri_bad_unicast)
{
    const struct param *ttl = find(l->u, "ttl");
    struct span maddr = uri_maddr(l->u);
    struct addr a;

    (void)s, (void)r;
    if (!ttl)
        return false;
    *at = ttl->text;
    if (!maddr.p || !uri_addr(maddr, &a))
        return !maddr.p;
    return a.family == 6 ? a.ip[0] != 0xff : a.ip[0] >> 4 != 0xe;
}
URI_CHECK(uri_bad_stream)
{
    const struct param *ttl = find(l->u, "ttl");

    (void)s, (void)r;
    if (ttl)
        *at = ttl->text;
    return ttl && uri_transport(l->u) != URI_UDP;
}

/* ---- tel ---- */

static bool global(const struct uri *u)
{
    return u->path.n && u->path.p[0] == '+';
}
static bool delimiter(int c)
{
    return c == '+' || c == ';' || c == '=' || c == '?';
}
/* What a character of a number is, in the order in which the rules below take it. */
enum digit { TEL_GOOD, TEL_HIDDEN, TEL_BLANK, TEL_GLOBAL, TEL_LETTER, TEL_OTHER };
static enum digit digit_of(const struct uri_walk *before, int c)
{
    bool plus = before->s.p[0] == '+', escape = c >= 0x100;
    uint8_t v = (uint8_t)c;

    if (escape && delimiter(v))
        return TEL_HIDDEN;
    if (v == ' ')
        return TEL_BLANK;
    if (!escape && (lex_is(v, LEX_DIGIT) || uri_is(v, URI_SEPARATOR) || (plus && before->at == 0)))
        return TEL_GOOD;
    if (!escape && uri_is(v, URI_DIGIT))
        return plus ? TEL_GLOBAL : TEL_GOOD;
    if (lex_is(v, LEX_ALPHA))
        return plus ? TEL_GLOBAL : TEL_LETTER;
    return !escape && (v == '%' || uri_caught(URI_TEL, v)) ? TEL_GOOD : TEL_OTHER;
}
/* The first character of the number `s` that is `what`. */
static bool number(struct span s, enum digit what, struct span *at)
{
    struct uri_walk w = uri_walk_of(s, URI_TEL, 0), before = w;

    for (int c = uri_next(&w); c >= 0; before = w, c = uri_next(&w))
        if (digit_of(&before, c) == what) {
            *at = span_cut(s, before.at, w.at);
            return true;
        }
    return false;
}
URI_CHECK(uri_bad_hidden)
{
    (void)l, (void)r;
    return number(s, TEL_HIDDEN, at);
}
URI_CHECK(uri_bad_blank)
{
    (void)l, (void)r;
    return number(s, TEL_BLANK, at);
}
URI_CHECK(uri_bad_global)
{
    (void)l, (void)r;
    return number(s, TEL_GLOBAL, at);
}
URI_CHECK(uri_bad_letter)
{
    (void)l, (void)r;
    return number(s, TEL_LETTER, at);
}
URI_CHECK(uri_bad_plus)
{
    (void)r;
    return global(l->u) && number(s, TEL_OTHER, at);
}
URI_CHECK(uri_bad_local)
{
    (void)r;
    return !global(l->u) && number(s, TEL_OTHER, at);
}
URI_CHECK(uri_bad_digits)
{
    struct uri_walk w = uri_walk_of(s, URI_TEL, 0);

    (void)at;
    if (global(l->u) != (r->arg == '+'))
        return false;
    for (int c = uri_next(&w); c >= 0; c = uri_next(&w))
        if (c < 0x100 && (r->arg ? lex_is((uint8_t)c, LEX_DIGIT) : uri_is((uint8_t)c, URI_DIGIT)))
            return false;
    return true;
}

URI_CHECK(uri_bad_context)
{
    (void)s, (void)r;
    *at = l->u->path;
    return !global(l->u) && !find(l->u, "phone-context");
}
URI_CHECK(uri_bad_pname)
{
    struct span name = l->p->name;

    (void)s, (void)r;
    for (size_t i = 0; i < name.n; i++)
        if (!lex_is(name.p[i], LEX_ALPHA | LEX_DIGIT) && name.p[i] != '-' &&
            !uri_caught(URI_TEL, name.p[i]))
            return octet(name, i, at);
    return false;
}

/* Whether a parameter of the number says by itself what its value is. */
static bool own_value(const struct param *p)
{
    return uri_named(p->name, "ext") || uri_named(p->name, "isub") ||
           uri_named(p->name, "phone-context");
}
/* "+" is taken: the grammar has it, although the sentence of RFC 3966 section 3 names it too. */
URI_CHECK(uri_bad_equal)
{
    struct span v = l->p->value;

    (void)s, (void)r;
    for (size_t i = 0; !own_value(l->p) && i < v.n; i++)
        if (v.p[i] == '=' || v.p[i] == '?')
            return octet(v, i, at);
    return false;
}
URI_CHECK(uri_bad_pvalue)
{
    struct span v = l->p->value;

    (void)s, (void)r;
    for (size_t i = 0; !own_value(l->p) && i < v.n; i++)
        if (!uri_is(v.p[i], 1u << URI_PART_PARAM) && !delimiter(v.p[i]) && v.p[i] != '%' &&
            !uri_caught(URI_TEL, v.p[i]))
            return octet(v, i, at);
    return false;
}
URI_CHECK(uri_bad_ext)
{
    struct uri_walk w = uri_walk_of(s, URI_TEL, 0);

    (void)r;
    *at = l->p->text;
    for (int c = uri_next(&w); c >= 0; c = uri_next(&w))
        if (c >= 0x100 || (!lex_is((uint8_t)c, LEX_DIGIT) && !uri_is((uint8_t)c, URI_SEPARATOR) &&
                           c != '%' && !uri_caught(URI_TEL, (uint8_t)c)))
            return true;
    return s.n == 0;
}
URI_CHECK(uri_bad_isub)
{
    (void)r;
    *at = l->p->text;
    for (size_t i = 0; i < s.n; i++)
        if (!uri_is(s.p[i], URI_RESERVED | URI_MARK) && s.p[i] != '%' &&
            !uri_caught(URI_TEL, s.p[i]))
            return octet(s, i, at);
    return s.n == 0;
}
/* A context that begins with "+", or is none. */
URI_CHECK(uri_bad_prefix)
{
    size_t digits = 0;

    (void)r;
    *at = l->p->text;
    if (s.n == 0 || s.p[0] != '+')
        return s.n == 0;
    for (size_t i = 1; i < s.n; i++) {
        if (!lex_is(s.p[i], LEX_DIGIT) && !uri_is(s.p[i], URI_SEPARATOR) &&
            !uri_caught(URI_TEL, s.p[i]))
            return octet(s, i, at);
        digits += lex_is(s.p[i], LEX_DIGIT);
    }
    return digits == 0;
}
URI_CHECK(uri_bad_domain)
{
    (void)l, (void)r;
    return s.n && s.p[0] != '+' && uri_hostname(s, at) != HOST_GOOD &&
           !(at->n && uri_caught(URI_TEL, at->p[0]));
}

static int rank(struct span name)
{
    if (uri_named(name, "isub") || uri_named(name, "ext"))
        return 0;
    return uri_named(name, "phone-context") ? 1 : 2;
}
/* The orders, a bit each, in which two neighbours stand: of names and of whole parameters, by octets and without the
 * case of letters. The text names none of them; all make it possible to compare character by character. */
static unsigned orders(const struct param *a, const struct param *b)
{
    static const unsigned how[] = {0, URI_FOLD};
    unsigned are = 0;

    for (unsigned i = 0; i < COUNT(how); i++) {
        bool names = uri_order(uri_walk_of(a->name, URI_TEL, how[i]),
                               uri_walk_of(b->name, URI_TEL, how[i])) <= 0;
        bool texts = uri_order(uri_walk_of(a->text, URI_TEL, how[i]),
                               uri_walk_of(b->text, URI_TEL, how[i])) <= 0;
        are |= (names ? 1u : 0u) << 2 * i | (texts ? 2u : 0u) << 2 * i;
    }
    return are;
}
/* The first parameter with which they stand in no order. */
URI_CHECK(uri_bad_order)
{
    const struct param *v = l->u->params;
    unsigned left = 15;

    (void)s, (void)r;
    for (size_t i = 1; i < l->u->params_n; i++) {
        int was = rank(v[i - 1].name), now = rank(v[i].name);
        if (now == 2 && was == 2)
            left &= orders(&v[i - 1], &v[i]);
        if (now < was || !left) {
            *at = v[i].name;
            return true;
        }
    }
    return false;
}
URI_CHECK(uri_bad_both)
{
    bool isub = uri_named(l->p->name, "isub"), ext = uri_named(l->p->name, "ext");
    size_t n = l->i < URI_LOOK_BACK ? l->i : URI_LOOK_BACK;

    (void)s, (void)r;
    *at = l->p->name;
    for (size_t k = 1; (isub || ext) && k <= n; k++)
        if (uri_named((l->p - k)->name, isub ? "ext" : "isub"))
            return true;
    return false;
}
