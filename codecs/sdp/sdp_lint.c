/* codecs/sdp/sdp_lint.c - what a description breaks beyond the order of its lines: the walk, and forms of values. */
#include "codecs/sdp/sdp_rules.h"

void sdp_broke(const struct sdp_judge *j, enum sdp_rule_id id, struct span at)
{
    if (rule_first(j->said, id))
        rule_broke(j->fs, &sdp_rules[id], at.p ? (uint64_t)(at.p - j->m->text.p) : 0,
                   at.p ? at.n : 0, 0);
}

bool sdp_is_token(struct span s)
{
    return lex_all(s, LEX_SDP);
}
bool sdp_is_digits(struct span s)
{
    return lex_all(s, LEX_DIGIT);
}
bool sdp_is_positive(struct span s)
{
    return sdp_is_digits(s) && s.p[0] != '0';
}
bool sdp_is_plain(struct span s)
{
    return sdp_is_digits(s) && (s.n == 1 || s.p[0] != '0');
}
bool sdp_is_real(struct span s)
{
    size_t dot = lex_find(s, 0, '.');
    struct span fraction = span_cut(s, dot + 1, s.n);

    if (dot == s.n)
        return sdp_is_positive(s);
    return sdp_is_plain(span_cut(s, 0, dot)) && sdp_is_digits(fraction) &&
           fraction.p[fraction.n - 1] != '0';
}
bool sdp_is_visible(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] == 0x7f)
            return false;
    return s.n > 0;
}
bool sdp_is_ice(struct span s, size_t min, size_t max)
{
    if (s.n < min || s.n > max)
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!lex_is(s.p[i], LEX_ALPHA | LEX_DIGIT) && s.p[i] != '+' && s.p[i] != '/')
            return false;
    return true;
}

enum sdp_host sdp_host_of(struct span s)
{
    struct addr a;
    size_t at = 0;

    if (lex_find(s, 0, ':') < s.n)
        return s.p[0] != '[' && addr_parse(s, &a) && a.family == 6 ? SDP_HOST_IP6 : SDP_HOST_NONE;
    if (s.n && addr_parse(s, &a))
        return SDP_HOST_IP4;
    while (at < s.n && (lex_is(s.p[at], LEX_DIGIT) || s.p[at] == '.'))
        at++;
    if (at == s.n) /* a number too many, too large or with leading zeros */
        return SDP_HOST_NONE;
    for (at = 0; at < s.n; at++)
        if (!lex_is(s.p[at], LEX_ALPHA | LEX_DIGIT | LEX_HIGH) && s.p[at] != '-' && s.p[at] != '.')
            return SDP_HOST_NONE;
    return SDP_HOST_NAME;
}

enum sdp_direction sdp_facts_direction(const struct sdp_facts *facts, const struct sdp_media *m)
{
    static const enum sdp_type types[] = {SDP_SENDRECV, SDP_SENDONLY, SDP_RECVONLY, SDP_INACTIVE};
    const struct sdp_attribute *first = NULL;
    enum sdp_direction d = SDP_DIR_BOTH;

    if (sdp_direction_in(&m->section, &d))
        return d;
    for (size_t i = 0; i < COUNT(types); i++)
        if (facts->first[types[i]] && (!first || facts->first[types[i]] < first))
            first = facts->first[types[i]];
    if (first)
        sdp_direction_of(first, &d);
    return d;
}

const struct sdp_attribute *sdp_rtcp_candidate(const struct sdp_media *m)
{
    for (size_t i = 0; i < m->section.attributes_n; i++) {
        const struct sdp_attribute *a = &m->section.attributes[i];
        const struct sdp_candidate *v = a->type == SDP_CANDIDATE ? a->parts : NULL;
        if (v && v->component == 2)
            return a;
    }
    return NULL;
}

/* NUL, and CR without LF behind it: one finding each. */
static void octets(const struct sdp_judge *j)
{
    struct span all = j->m->text;
    size_t nul = lex_find(all, 0, 0);

    if (nul < all.n)
        sdp_broke(j, SDP_R_TEXT_NUL, span_cut(all, nul, nul + 1));
    for (size_t at = lex_find(all, 0, '\r'); at < all.n; at = lex_find(all, at + 1, '\r'))
        if (at + 1 == all.n || all.p[at + 1] != '\n') {
            sdp_broke(j, SDP_R_TEXT_CR, span_cut(all, at, at + 1));
            return;
        }
}

void sdp_facts_of(const struct sdp_msg *m, struct sdp_facts *facts)
{
    memset(facts, 0, sizeof *facts);
    for (size_t i = 0; i < m->section.attributes_n; i++) {
        const struct sdp_attribute *a = &m->section.attributes[i];
        if (!facts->first[a->type])
            facts->first[a->type] = a;
        if (a->type == SDP_GROUP && a->parts &&
            span_is(((const struct sdp_group *)a->parts)->semantics, "BUNDLE"))
            facts->bundle = true;
    }
}

void sdp_lint(const struct sdp_msg *m, struct findings *fs)
{
    struct sdp_facts facts;
    uint64_t said[RULE_WORDS(SDP_RULES)] = {0};
    struct sdp_judge j = {m, NULL, fs, &facts, said};

    sdp_facts_of(m, &facts);
    octets(&j);
    sdp_lint_session(&j);
    sdp_lint_section(&j);
    for (size_t i = 0; i < m->media_n; i++) {
        j.media = &m->media[i];
        sdp_lint_media(&j);
        sdp_lint_section(&j);
    }
}
