/* codecs/sip/sip_lint.c - what a message breaks beyond its framing: who checks what, the start line, any header
 * field. */
#include "codecs/base/word.h"
#include "codecs/sip/sip_plain.h"

static const struct rule rules[SIP_RULES] = {
#define SIP_RULE(id, clause, level, what) {clause, what, level},
#include "codecs/sip/sip_rules.def"
#include "codecs/sip/sip_rules_ext.def"
#undef SIP_RULE
};

void sip_broke_arg(struct sip_lint *l, enum sip_rule rule, struct span where, uint64_t arg)
{
    if (rule_first(l->said, rule))
        rule_broke(l->fs, &rules[rule], where.p ? (uint64_t)(where.p - l->m->head.p) : 0,
                   where.p ? where.n : l->m->head.n, arg);
}

void sip_broke(struct sip_lint *l, enum sip_rule rule, struct span where)
{
    sip_broke_arg(l, rule, where, 0);
}

static bool told(struct sip_lint *l, const char *clause)
{
    for (size_t i = 0; i < l->told_n; i++)
        if (strcmp(l->told[i], clause) == 0)
            return true;
    if (l->told_n < SIP_TOLD)
        l->told[l->told_n++] = clause;
    return false;
}

void sip_told(struct sip_lint *l, const struct findings *fs)
{
    for (size_t i = 0; i < findings_kept(fs); i++)
        if (!told(l, fs->v[i].clause))
            finding_add(l->fs, fs->v[i]);
}

void sip_lint_uri(struct sip_lint *l, const struct uri *u)
{
    struct finding found[8]; /* of one URI */
    struct findings fs = {.v = found, .cap = COUNT(found)};

    uri_lint(u, &fs, (uint64_t)(u->text.p - l->m->head.p));
    sip_told(l, &fs);
    if (u->kind == URI_OTHER && u->fragment.p)
        sip_broke(l, SIP_R_URI_FRAGMENT,
                  (struct span){u->fragment.p - 1, u->fragment.n + 1}); /* from "#" on */
}

/* ---- the start line ---- */

/* Of a CR in the start line decoding says all there is to say. */
static bool has_cr(struct span s)
{
    return lex_find(s, 0, '\r') < s.n;
}

/* What Reason-Phrase may hold (RFC 3261 section 25.1): all but these, and "%" only with two digits behind it. */
static bool reason_fits(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if ((lex_is(c, LEX_CTL) && c != '\t' && c != '\r') || lex_among(c, "\"#<>[\\]^`{|}"))
            return false;
        if (c == '%' &&
            !(i + 2 < s.n && lex_is(s.p[i + 1], LEX_HEX) && lex_is(s.p[i + 2], LEX_HEX)))
            return false;
    }
    return true;
}

static bool version_fits(struct span s)
{
    struct span number = span_cut(s, 4, s.n);
    size_t dot = lex_find(number, 0, '.');
    return sip_version_like(s) && lex_all(span_cut(number, 0, dot), LEX_DIGIT) &&
           lex_all(span_cut(number, dot + 1, number.n), LEX_DIGIT);
}

static void request_uri(struct sip_lint *l)
{
    const struct uri *u = &l->m->uri;
    struct span s = u->text;
    size_t space = lex_find(s, 0, ' '), control = lex_until(s, 0, LEX_CTL);

    if (s.n && s.p[0] == '<') {
        sip_broke(l, SIP_R_URI_ANGLE, s);
        return; /* what stands in them is said of no further */
    }
    if (space < s.n)
        sip_broke(l, SIP_R_URI_SPACE, span_cut(s, space, space + 1));
    if (control < s.n && s.p[control] != '\r')
        sip_broke(l, SIP_R_URI_CONTROL, span_cut(s, control, control + 1));
    if (space == s.n && control == s.n)
        sip_must(l, u->scheme.p != NULL, SIP_R_URI_ABSOLUTE, s);
    if (u->scheme.p && space == s.n && control == s.n)
        sip_lint_uri(l, u);
    if (u->kind != URI_SIP && u->kind != URI_SIPS)
        return;
    const struct param *method = param_find(u->params, u->params_n, "method");
    if (method)
        sip_broke(l, SIP_R_URI_METHOD, method->text);
    sip_must(l, u->headers_n == 0, SIP_R_URI_HEADERS, s);
    sip_must(l, l->method != SIP_M_REGISTER || !u->user.p, SIP_R_REGISTER_USER, u->user);
}

static void status(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    size_t at = (size_t)(m->version.p + m->version.n - m->start.p);
    size_t from = lex_while(m->start, at, LEX_BLANK);
    struct span code = span_cut(m->start, from, from + 3);

    if (lex_all(code, LEX_DIGIT) && (m->status || code.p[0] == '0') &&
        (m->status < 100 || m->status > 699)) /* what is no three digits decoding said */
        sip_broke_arg(l, SIP_R_STATUS_CLASS, code, m->status);
}

void sip_lint_start(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    struct span version = m->version;

    if (!version_fits(version))
        sip_must(l, has_cr(version), SIP_R_VERSION_FORM, version);
    else if (!span_is(span_cut(version, 4, version.n), "2.0"))
        sip_broke(l, SIP_R_VERSION_20, version);
    else
        sip_must(l, span_is(version, "SIP/2.0"), SIP_R_VERSION_CASE, version);
    if (m->request) {
        sip_must(l, sip_token(m->method) || has_cr(m->method), SIP_R_METHOD_TOKEN, m->method);
        request_uri(l);
        return;
    }
    status(l);
    sip_must(l, reason_fits(m->reason), SIP_R_REASON_CHARS, m->reason);
    sip_must(l, span_utf8(m->reason), SIP_R_UTF8, m->reason);
}

/* ---- any header field ---- */

/* Whether all octets are visible characters of ASCII or spaces: eight at a time. */
static bool plain_text(struct span s)
{
    size_t i = 0;
    uint64_t odd = 0, v;

    for (; i + sizeof v <= s.n; i += sizeof v) {
        memcpy(&v, s.p + i, sizeof v);
        odd |= (v | word_below(v, 0x20) | (v + word_each(1))) & word_each(0x80);
    }
    for (; i < s.n; i++)
        odd |= s.p[i] < 0x20 || s.p[i] > 0x7e;
    return odd == 0;
}

/* Whether text of this header field is never quoted: a backslash there is an octet as any other. */
static bool unquoted(enum sip_type type)
{
    return type == SIP_SUBJECT || type == SIP_ORGANIZATION || type == SIP_CALL_ID ||
           type == SIP_IN_REPLY_TO;
}

static bool commented(enum sip_type type)
{
    return type == SIP_SERVER || type == SIP_USER_AGENT || type == SIP_RETRY_AFTER;
}

/* Octets that may not stand where they do; the end of the value: there is none. */
struct odd_octets {
    size_t control; /* the first control character that no backslash quotes, white space aside */
    size_t pair;    /* the first backslash that quotes CR, LF or what is no ASCII */
};
/* In quoted strings and comments a quoted-pair hides any control character but CR and LF (RFC 3261 section 25.1). */
static struct odd_octets odd_octets(const struct sip_header *h)
{
    struct span s = h->value;
    struct odd_octets odd = {s.n, s.n};
    bool quotes = !unquoted(h->type), comments = commented(h->type), in = false;
    size_t depth = 0;

    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];
        if (lex_is(c, LEX_CTL) && !lex_is(c, LEX_LWS)) {
            odd.control = odd.control < i ? odd.control : i;
        } else if ((in || depth) && c == '\\' && i + 1 < s.n) {
            uint8_t next = s.p[i + 1];
            if (odd.pair == s.n && (next >= 0x80 || lex_is(next, LEX_EOL)))
                odd.pair = i;
            i += !lex_is(next, LEX_EOL);
        } else if (quotes && !depth && c == '"') {
            in = !in;
        } else if (comments && !in && c == '(') {
            depth++;
        } else if (depth && c == ')') {
            depth--;
        }
    }
    return odd;
}

static void characters(struct sip_lint *l, const struct sip_header *h)
{
    struct span s = h->value;

    if (lex_until(s, 0, LEX_CTL) < s.n || lex_find(s, 0, '\\') < s.n) {
        struct odd_octets odd = odd_octets(h);
        if (odd.control < s.n)
            sip_broke(l, SIP_R_VALUE_CONTROL, span_cut(s, odd.control, odd.control + 1));
        if (odd.pair < s.n)
            sip_broke(l, SIP_R_QUOTED_PAIR, span_cut(s, odd.pair, odd.pair + 2));
    }
    sip_must(l, span_utf8(s), SIP_R_UTF8, s);
}

/* An element of a list that is "chunked", parameters aside; p is NULL where there is none. */
static struct span chunked(struct span s)
{
    for (size_t at = 0; at < s.n;) {
        size_t end = lex_find(s, at, ',');
        struct span item = span_cut(s, at, end);
        item = lex_trim(span_cut(item, 0, lex_find(item, 0, ';')), LEX_LWS);
        if (lex_like(item, "chunked"))
            return item;
        at = end + 1;
    }
    return (struct span){NULL, 0};
}

/* `text`: its characters are not known to be plain text and white space. */
static void any_field(struct sip_lint *l, const struct sip_header *h, bool text)
{
    if (h->cut && h->name.p && h->name.n) { /* not "NAME: VALUE" and CRLF */
        size_t before = (size_t)(h->name.p - h->line.p),
               colon = lex_find(h->line, before + h->name.n, ':');
        struct span gap = span_cut(h->line, before + h->name.n, colon);
        bool one =
            h->value.n == 0 || (h->value.p == h->line.p + colon + 2 && h->line.p[colon + 1] == ' ');
        if (before)
            sip_broke(l, SIP_R_NAME_FIRST, span_cut(h->line, 0, before));
        if (gap.n && lex_find(gap, 0, '\n') < gap.n)
            sip_broke(l, SIP_R_NAME_FOLD, gap);
        else
            sip_must(l, gap.n == 0 && one, SIP_R_NAME_SPACE, span_cut(h->line, before, colon + 1));
    }
    if (h->type == SIP_OTHER && h->line.n > h->value.n + 2)
        sip_must(l, sip_token(h->name), SIP_R_NAME_TOKEN, h->name);
    if (text && !plain_text(h->value))
        characters(l, h);
    if (h->type == SIP_OTHER && lex_like(h->name, "Transfer-Encoding")) {
        struct span found = chunked(h->value);
        sip_must(l, !found.p, SIP_R_TRANSFER_CHUNKED, found);
    }
}

/* Whether a rule of its own says that it stands twice in such a request. */
static bool own_rule(const struct sip_lint *l, enum sip_type type)
{
    bool invite = l->method == SIP_M_INVITE, refer = l->method == SIP_M_REFER;

    return l->m->request && ((invite && (type == SIP_REPLACES || type == SIP_JOIN)) ||
                             (refer && (type == SIP_REFER_TO || type == SIP_REFERRED_BY)));
}

void sip_lint_fields(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    uint64_t seen[(SIP_TYPES + 63) / 64] = {0};

    for (size_t i = 0; i < m->headers_n; i++) {
        const struct sip_header *h = &m->headers[i];
        uint64_t bit = UINT64_C(1) << h->type % 64;

        any_field(l, h, true);
        if (seen[h->type / 64] & bit && !sip_many_allowed(h->type) && !own_rule(l, h->type))
            sip_broke(l, SIP_R_SINGLE, h->name);
        seen[h->type / 64] |= bit;
        if (sip_checks[h->type])
            sip_checks[h->type](l, h);
    }
}

/* ---- all of it ---- */

void sip_lint_topics(struct sip_lint *l, uint32_t due)
{
    static sip_topic_rules *const topics[SIP_TOPICS] = {
#define X(topic, rules) [SIP_ON_##topic] = sip_lint_##rules,
        SIP_EACH_TOPIC(X)
#undef X
    };
    const uint32_t start = 1u << SIP_ON_START, all = (1u << SIP_TOPICS) - 1 - start;

    for (uint32_t left = due & all; left; left &= left - 1)
        topics[__builtin_ctz(left)](l);
}

void sip_lint_all(const struct sip_msg *m, struct findings *fs)
{
    struct sip_lint l = {.m = m, .fs = fs, .method = m->kind};

    sip_lint_start(&l);
    if (m->headers_n == 0) {
        sip_broke(&l, SIP_R_NO_HEADERS, m->head);
        return;
    }
    sip_lint_fields(&l);
    sip_lint_topics(&l, UINT32_MAX);
}

/* Rules of some header fields. */
static void lint_fields(struct sip_lint *l, const struct sip_look *k)
{
    for (uint64_t left = k->lines | k->values; left; left &= left - 1) {
        const struct sip_header *h = &l->m->headers[k->from + (size_t)__builtin_ctzll(left)];
        uint64_t bit = left & -left;
        if (k->lines & bit)
            any_field(l, h, k->values & bit);
        if (k->values & bit && sip_checks[h->type])
            sip_checks[h->type](l, h);
    }
}

static void lint_begin(struct sip_lint *l, const struct sip_look *k, struct findings *fs)
{
    l->m = k->m;
    l->method = k->method;
    l->fs = fs;
    memset(l->said, 0, sizeof l->said);
    l->told_n = 0; /* which are told is then of no account */
    if (k->due >> SIP_ON_START & 1)
        sip_lint_start(l);
}

/* Try what is due of a message that was looked at as a whole. */
static __attribute__((noinline)) void lint_whole(const struct sip_look *k, struct findings *fs)
{
    struct sip_lint l;

    lint_begin(&l, k, fs);
    lint_fields(&l, k);
    sip_lint_topics(&l, k->due);
}

/* Look at a message group by group, and try what is due of it. */
static SELDOM void lint_groups(struct sip_look *k, struct findings *fs)
{
    struct sip_lint l;

    lint_begin(&l, k, fs);
    while (sip_plain_next(k))
        lint_fields(&l, k);
    sip_lint_topics(&l, k->due); /* which is complete now */
}

/* What the look has found itself. */
static __attribute__((noinline)) void lint_session(const struct sip_look *k, struct findings *fs)
{
    const struct sip_header *h = sip_header(k->m, SIP_SESSION_EXPIRES);
    uint64_t off = (uint64_t)(h->value.p - k->m->head.p);

    if (k->session_1800)
        rule_broke(fs, &rules[SIP_R_SESSION_1800], off, h->value.n, k->interval);
    if (k->session_omit)
        rule_broke(fs, &rules[SIP_R_SESSION_OMIT], off, h->value.n, 0);
}

void sip_lint(const struct sip_msg *m, struct findings *fs)
{
    struct sip_look k;

    if (m->full || !sip_plain_look(&k, m)) {
        sip_lint_all(m, fs);
        return;
    }
    if (RARELY(!k.whole))
        lint_groups(&k, fs);
    else if (k.due || (k.lines | k.values))
        lint_whole(&k, fs);
    if (k.session_1800 | k.session_omit)
        lint_session(&k, fs);
}
