/* codecs/sdp/sdp_lint_contact.c - rules about e= and p=, and what an addr-spec is. */
#include "codecs/sdp/sdp_rules.h"

/* ---- addr-spec (RFC 5322 section 3.4.1), with its obsolete forms (section 4.4)
 *
 * Each reader moves `at` behind what it takes. Octets above 0x7f count as letters (RFC 6532), and NUL and CR inside
 * quotes are left to the rules about lines. ---- */

static bool atext(uint8_t c)
{
    return lex_is(c, LEX_ALPHA | LEX_DIGIT | LEX_HIGH) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* [CFWS]: blanks, and comments one in another to any depth. False: a comment does not end. */
static bool cfws(struct span s, size_t *at)
{
    size_t depth = 0;

    for (; *at < s.n; ++*at) {
        uint8_t c = s.p[*at];
        if (c == '\\' && depth)
            ++*at;
        else if (c == '(')
            depth++;
        else if (c == ')' && depth)
            depth--;
        else if (!depth && c != ' ' && c != '\t')
            return true;
    }
    return !depth;
}

/* What stands between two marks, with quoted pairs, from the first one on; the first one is none of it. */
static bool between(struct span s, size_t *at, uint8_t first, uint8_t last)
{
    if (*at >= s.n || s.p[*at] != first)
        return false;
    for (++*at; *at < s.n; ++*at) {
        uint8_t c = s.p[*at];
        if (c == last) {
            ++*at;
            return true;
        }
        if (c == first)
            return false;
        if (c == '\\')
            ++*at;
    }
    return false;
}

/* Atoms, or words where quoted strings may be among them, with dots between: a dot-atom is one of these lists. */
static bool words(struct span s, size_t *at, bool quoted)
{
    for (;; ++*at) {
        if (!cfws(s, at))
            return false;
        size_t from = *at;
        while (*at < s.n && atext(s.p[*at]))
            ++*at;
        if (*at == from && !(quoted && between(s, at, '"', '"')))
            return false;
        if (!cfws(s, at))
            return false;
        if (*at == s.n || s.p[*at] != '.')
            return true;
    }
}

static bool addr_spec(struct span s)
{
    size_t at = 0;

    if (!words(s, &at, true) || at == s.n || s.p[at++] != '@' || !cfws(s, &at))
        return false;
    bool fits = at < s.n && s.p[at] == '[' ? between(s, &at, '[', ']') && cfws(s, &at)
                                           : words(s, &at, false);
    return fits && at == s.n;
}

/* ---- the forms of contacts ---- */

/* 1*email-safe, but for the octets that no line has. */
static bool safe(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '(' || s.p[i] == ')' || s.p[i] == '<' || s.p[i] == '>')
            return false;
    return s.n > 0;
}

static bool ends_with(struct span s, uint8_t c)
{
    return s.n && s.p[s.n - 1] == c;
}

static bool phone_number(struct span s)
{
    size_t plus = s.n && s.p[0] == '+', at = plus + 1;

    while (at < s.n && (lex_is(s.p[at], LEX_DIGIT) || s.p[at] == ' ' || s.p[at] == '-'))
        at++;
    return s.n >= plus + 2 && at == s.n && lex_is(s.p[plus], LEX_DIGIT);
}

/* What stands before a comment, up to its bracket; p is NULL where there is none at the end. The brackets of a comment
 * are the last ones: there are none in it. */
static struct span before_comment(struct span s)
{
    size_t open = s.n;

    while (open > 0 && s.p[open - 1] != '(')
        open--;
    if (!open || !ends_with(s, ')') || !safe(span_cut(s, open, s.n - 1)))
        return (struct span){NULL, 0};
    return span_cut(s, 0, open - 1);
}

/* What stands in angle brackets behind a name and `gap` spaces or more; p is NULL where it is not so. The first bracket
 * is that one: there are none in a name. */
static struct span behind_name(struct span s, size_t gap)
{
    size_t open = lex_find(s, 0, '<');

    if (open < gap || !ends_with(s, '>') || (gap && !ends_with(span_cut(s, 0, open), ' ')) ||
        !safe(span_cut(s, 0, open - gap)))
        return (struct span){NULL, 0};
    return span_cut(s, open + 1, s.n - 1);
}

/* What keeps a contact from having any of its forms, by the brackets that it has. */
static void contact(const struct sdp_judge *j, const struct sdp_contact *c, size_t gap,
                    enum sdp_rule_id form, enum sdp_rule_id address)
{
    struct span text = c->text, last = c->name.p ? c->address : c->comment;

    if (!last.p) {
        sdp_broke(j, address, text);
        return;
    }
    bool ends = last.p + last.n + 1 == text.p + text.n;
    struct span before = span_cut(text, 0, (size_t)(last.p - text.p) - 1);
    bool apart = !gap || ends_with(before, ' ');
    struct span name = c->name.p ? span_cut(before, 0, before.n - (gap && apart)) : c->comment;
    if (!safe(name))
        sdp_broke(j, SDP_R_CONTACT_SAFE, c->name.p ? c->name : c->comment);
    else if (!ends || !apart)
        sdp_broke(j, form, text);
    else
        sdp_broke(j, address, c->address);
}

void sdp_lint_email(const struct sdp_judge *j, const struct sdp_contact *c)
{
    struct span before = before_comment(c->text), named = behind_name(c->text, 1);

    if (addr_spec(c->text) || (ends_with(before, ' ') && addr_spec(before)) ||
        (named.p && addr_spec(named)))
        return;
    contact(j, c, 1, SDP_R_EMAIL_FORM, SDP_R_EMAIL_ADDRESS);
}

void sdp_lint_phone(const struct sdp_judge *j, const struct sdp_contact *c)
{
    struct span before = before_comment(c->text), named = behind_name(c->text, 0);

    if (!phone_number(c->text) && !phone_number(before) && !phone_number(named))
        contact(j, c, 0, SDP_R_PHONE_FORM, SDP_R_PHONE_DIGITS);
    else if (c->address.n && c->address.p[0] != '+')
        sdp_broke(j, SDP_R_PHONE_PLUS, c->address);
}
