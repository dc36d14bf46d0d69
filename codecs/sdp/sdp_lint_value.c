/* codecs/sdp/sdp_lint_value.c - rules about an attribute by itself: its level and its value. */
#include "codecs/sdp/sdp_rules.h"

enum { AT_SESSION = 1, AT_MEDIA = 2, AT_BOTH = 3 };
enum { NO_VALUE = 1, SOME_VALUE = 2 }; /* what the value has to be; 0: whatever */

/* Where an attribute may stand, what it breaks elsewhere, and what it breaks without the value that it needs. */
static const struct {
    uint8_t levels, value;
    enum sdp_rule_id level_rule, value_rule;
} rules[SDP_TYPES] = {
    [SDP_CAT] = {AT_SESSION, SOME_VALUE, SDP_R_CAT_LEVEL, SDP_R_CAT_VALUE},
    [SDP_KEYWDS] = {AT_SESSION, SOME_VALUE, SDP_R_KEYWDS_LEVEL, SDP_R_KEYWDS_LEVEL},
    [SDP_TOOL] = {AT_SESSION, SOME_VALUE, SDP_R_TOOL_LEVEL, SDP_R_TOOL_LEVEL},
    [SDP_PTIME] = {AT_MEDIA, SOME_VALUE, SDP_R_PTIME_LEVEL, SDP_R_PTIME_VALUE},
    [SDP_MAXPTIME] = {AT_MEDIA, SOME_VALUE, SDP_R_MAXPTIME_LEVEL, SDP_R_MAXPTIME_VALUE},
    [SDP_RTPMAP] = {AT_MEDIA, SOME_VALUE, SDP_R_RTPMAP_LEVEL, SDP_R_RTPMAP_FORM},
    [SDP_RECVONLY] = {AT_BOTH, NO_VALUE, SDP_RULES, SDP_R_DIRECTION_VALUE},
    [SDP_SENDRECV] = {AT_BOTH, NO_VALUE, SDP_RULES, SDP_R_DIRECTION_VALUE},
    [SDP_SENDONLY] = {AT_BOTH, NO_VALUE, SDP_RULES, SDP_R_DIRECTION_VALUE},
    [SDP_INACTIVE] = {AT_BOTH, NO_VALUE, SDP_RULES, SDP_R_DIRECTION_VALUE},
    [SDP_ORIENT] = {AT_MEDIA, SOME_VALUE, SDP_R_ORIENT_LEVEL, SDP_R_ORIENT_VALUE},
    [SDP_TYPE] = {AT_SESSION, SOME_VALUE, SDP_R_TYPE_LEVEL, SDP_R_TYPE_VALUE},
    [SDP_CHARSET] = {AT_SESSION, SOME_VALUE, SDP_R_CHARSET_LEVEL, SDP_R_CHARSET_VALUE},
    [SDP_SDPLANG] = {AT_BOTH, SOME_VALUE, SDP_RULES, SDP_R_SDPLANG_VALUE},
    [SDP_LANG] = {AT_BOTH, SOME_VALUE, SDP_RULES, SDP_R_LANG_VALUE},
    [SDP_FRAMERATE] = {AT_MEDIA, SOME_VALUE, SDP_R_FRAMERATE_LEVEL, SDP_R_FRAMERATE_VALUE},
    [SDP_QUALITY] = {AT_MEDIA, SOME_VALUE, SDP_R_QUALITY_LEVEL, SDP_R_QUALITY_VALUE},
    [SDP_FMTP] = {AT_MEDIA, SOME_VALUE, SDP_R_FMTP_LEVEL, SDP_R_FMTP_FORM},
    [SDP_RTCP] = {AT_MEDIA, SOME_VALUE, SDP_R_RTCP_LEVEL, SDP_R_RTCP_FORM},
    [SDP_SETUP] = {AT_BOTH, SOME_VALUE, SDP_RULES, SDP_R_SETUP_VALUE},
    [SDP_CONNECTION] = {AT_BOTH, SOME_VALUE, SDP_RULES, SDP_R_RECONNECT_VALUE},
    [SDP_CRYPTO] = {AT_MEDIA, SOME_VALUE, SDP_R_CRYPTO_LEVEL, SDP_R_CRYPTO_FORM},
    [SDP_RTCP_FB] = {AT_MEDIA, SOME_VALUE, SDP_R_FEEDBACK_LEVEL, SDP_R_FEEDBACK_FORM},
    [SDP_SSRC] = {AT_MEDIA, SOME_VALUE, SDP_R_SSRC_FORM, SDP_R_SSRC_FORM},
    [SDP_SSRC_GROUP] = {AT_MEDIA, SOME_VALUE, SDP_R_SSRC_GROUP_FORM, SDP_R_SSRC_GROUP_FORM},
    [SDP_RTCP_MUX] = {AT_MEDIA, NO_VALUE, SDP_R_MUX_LEVEL, SDP_R_MUX_VALUE},
    [SDP_RTCP_RSIZE] = {AT_MEDIA, NO_VALUE, SDP_R_RSIZE_FORM, SDP_R_RSIZE_FORM},
    [SDP_GROUP] = {AT_SESSION, SOME_VALUE, SDP_R_GROUP_FORM, SDP_R_GROUP_FORM},
    [SDP_MID] = {AT_MEDIA, SOME_VALUE, SDP_R_MID_FORM, SDP_R_MID_FORM},
    [SDP_FINGERPRINT] = {AT_BOTH, SOME_VALUE, SDP_RULES, SDP_R_FINGERPRINT_FORM},
    [SDP_TLS_ID] = {AT_MEDIA, SOME_VALUE, SDP_R_TLS_ID_FORM, SDP_R_TLS_ID_FORM},
    [SDP_CANDIDATE] = {AT_MEDIA, SOME_VALUE, SDP_R_CANDIDATE_LEVEL, SDP_R_CANDIDATE_FORM},
    [SDP_REMOTE_CANDIDATES] = {AT_MEDIA, SOME_VALUE, SDP_R_REMOTES_FORM, SDP_R_REMOTES_FORM},
    [SDP_ICE_UFRAG] = {AT_BOTH, SOME_VALUE, SDP_RULES, SDP_R_UFRAG_FORM},
    [SDP_ICE_PWD] = {AT_BOTH, SOME_VALUE, SDP_RULES, SDP_R_PWD_FORM},
    [SDP_ICE_OPTIONS] = {AT_BOTH, SOME_VALUE, SDP_RULES, SDP_R_OPTIONS_FORM},
    [SDP_ICE_LITE] = {AT_SESSION, NO_VALUE, SDP_R_LITE_FORM, SDP_R_LITE_FORM},
    [SDP_ICE_MISMATCH] = {AT_MEDIA, NO_VALUE, SDP_R_MISMATCH_FORM, SDP_R_MISMATCH_FORM},
    [SDP_ICE_PACING] = {AT_SESSION, SOME_VALUE, SDP_R_PACING_FORM, SDP_R_PACING_FORM},
    [SDP_END_OF_CANDIDATES] = {AT_BOTH, NO_VALUE, SDP_RULES, SDP_R_END_VALUE},
    [SDP_SCTP_PORT] = {AT_MEDIA, SOME_VALUE, SDP_R_SCTP_PORT_FORM, SDP_R_SCTP_PORT_FORM},
    [SDP_MAX_MESSAGE_SIZE] = {AT_MEDIA, SOME_VALUE, SDP_R_SCTP_SIZE_FORM, SDP_R_SCTP_SIZE_FORM},
    [SDP_BUNDLE_ONLY] = {AT_MEDIA, NO_VALUE, SDP_R_BUNDLE_ONLY_FORM, SDP_R_BUNDLE_ONLY_FORM},
    [SDP_SIMULCAST] = {AT_MEDIA, SOME_VALUE, SDP_R_SIMULCAST_LEVEL, SDP_R_SIMULCAST_FORM},
    [SDP_RID] = {AT_MEDIA, SOME_VALUE, SDP_R_RID_FORM, SDP_R_RID_FORM},
    [SDP_EXTMAP] = {AT_BOTH, SOME_VALUE, SDP_RULES, SDP_R_EXTMAP_FORM},
    [SDP_EXTMAP_ALLOW_MIXED] = {AT_BOTH, NO_VALUE, SDP_RULES, SDP_R_MIXED_VALUE},
};

/* ---- values that are one text ---- */

/* Whether it is one of the words; of plain strings of ABNF the case of letters does not count (RFC 5234 section 2.3). */
static bool one_of(struct span s, const char *const *words,
                   bool (*is)(struct span s, const char *word))
{
    for (; *words; words++)
        if (is(s, *words))
            return true;
    return false;
}

static bool language(struct span s)
{
    for (size_t at = 0, i = 0;; at++, i++) {
        size_t end = lex_find(s, at, '-');
        struct span tag = span_cut(s, at, end);
        if (tag.n > 8 || !lex_all(tag, i ? LEX_ALPHA | LEX_DIGIT : LEX_ALPHA))
            return false;
        if (end == s.n)
            return true;
        at = end;
    }
}

static bool tls_id(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!lex_is(s.p[i], LEX_ALPHA | LEX_DIGIT) && !(s.p[i] && strchr("+/-_", s.p[i])))
            return false;
    return s.n >= 20 && s.n <= 255;
}

/* Whether the text of an attribute has its form. */
static bool text_fits(enum sdp_type type, struct span v)
{
    static const char *const orients[] = {"portrait", "landscape", "seascape", NULL};
    static const char *const types[] = {"broadcast", "meeting", "moderated", "test", "H332", NULL};
    static const char *const setups[] = {"active", "passive", "actpass", "holdconn", NULL};
    static const char *const connections[] = {"new", "existing", NULL};

    switch ((unsigned)type) {
    case SDP_PTIME:
    case SDP_MAXPTIME:
    case SDP_FRAMERATE:
        return sdp_is_real(v);
    case SDP_QUALITY:
        return sdp_is_plain(v);
    case SDP_ORIENT:
        return one_of(v, orients, span_is);
    case SDP_TYPE:
        return one_of(v, types, span_is);
    case SDP_SETUP:
        return one_of(v, setups, lex_like);
    case SDP_CONNECTION:
        return one_of(v, connections, lex_like);
    case SDP_SDPLANG:
    case SDP_LANG:
        return language(v);
    case SDP_CHARSET:
        return lex_until(v, 0, LEX_LWS) == v.n;
    case SDP_MID:
        return sdp_is_token(v);
    case SDP_CAT:
        return sdp_is_visible(v);
    case SDP_ICE_UFRAG:
        return sdp_is_ice(v, 4, 256);
    case SDP_ICE_PWD:
        return sdp_is_ice(v, 22, 256);
    case SDP_TLS_ID:
        return tls_id(v);
    case SDP_ICE_PACING:
        return sdp_is_digits(v) && v.n <= 10;
    case SDP_MAX_MESSAGE_SIZE:
        return sdp_is_digits(v);
    case SDP_SCTP_PORT:
        return sdp_is_digits(v) && sdp_u32(v) <= UINT16_MAX;
    default:
        return true;
    }
}

static void text(const struct sdp_judge *j, const struct sdp_attribute *a)
{
    struct span v = a->value;

    if (!text_fits(a->type, v)) {
        sdp_broke(j, rules[a->type].value_rule, v);
        return;
    }
    if (a->type == SDP_CAT)
        sdp_broke(j, SDP_R_CAT_OLD, a->name);
    if (a->type == SDP_KEYWDS)
        sdp_broke(j, SDP_R_KEYWDS_OLD, a->name);
    if (a->type == SDP_ICE_UFRAG && v.n > 32)
        sdp_broke(j, SDP_R_UFRAG_LONG, v);
    if (a->type == SDP_SCTP_PORT && !sdp_is_plain(v))
        sdp_broke(j, SDP_R_SCTP_PORT_ZERO, v);
    if (a->type == SDP_MAX_MESSAGE_SIZE && !sdp_is_plain(v))
        sdp_broke(j, SDP_R_SCTP_SIZE_ZERO, v);
    if (!j->media || !span_is(j->media->media, "video")) {
        if (a->type == SDP_FRAMERATE && j->media)
            sdp_broke(j, SDP_R_FRAMERATE_LEVEL, a->name);
    } else if (a->type == SDP_QUALITY && sdp_u32(v) > 10) {
        sdp_broke(j, SDP_R_QUALITY_VIDEO, v);
    }
}

/* ---- values with parts ---- */

static void rtpmap(const struct sdp_judge *j, const struct sdp_attribute *a)
{
    const struct sdp_rtpmap *v = a->parts;
    struct span payload = span_cut(a->value, 0, lex_find(a->value, 0, ' '));
    size_t slash = lex_find(a->value, 0, '/');
    struct span clock = span_cut(a->value, slash + 1, lex_find(a->value, slash + 1, '/'));

    if (!v->encoding.n || slash == a->value.n) {
        sdp_broke(j, SDP_R_RTPMAP_FORM, a->value);
        return;
    }
    if (!sdp_is_plain(payload) || v->payload > 127)
        sdp_broke(j, SDP_R_RTPMAP_PAYLOAD, payload);
    if (!sdp_is_token(v->encoding))
        sdp_broke(j, SDP_R_RTPMAP_ENCODING, v->encoding);
    if (!sdp_is_positive(clock))
        sdp_broke(j, SDP_R_RTPMAP_CLOCK, clock);
    if (v->params.p && j->media && span_is(j->media->media, "video"))
        sdp_broke(j, SDP_R_RTPMAP_VIDEO, v->params);
    else if (v->params.p && j->media && span_is(j->media->media, "audio") &&
             !sdp_is_positive(v->params))
        sdp_broke(j, SDP_R_RTPMAP_CHANNELS, v->params);
}

static bool fmtp_form(const struct sdp_attribute *a)
{
    const struct sdp_fmtp *v = a->parts;
    return sdp_is_token(v->format) && v->format.n + 1 < a->value.n;
}

static bool rtcp_form(const struct sdp_attribute *a)
{
    const struct sdp_rtcp *v = a->parts;

    if (v->port > UINT16_MAX)
        return false;
    return !v->nettype.p || (sdp_is_token(v->nettype) && sdp_is_token(v->addrtype) &&
                             v->address.n && lex_until(v->address, 0, LEX_BLANK) == v->address.n);
}

static void feedback(const struct sdp_judge *j, const struct sdp_attribute *a)
{
    const struct sdp_feedback *v = a->parts;
    bool fits = (span_is(v->format, "*") || sdp_is_token(v->format)) && v->type.n &&
                (!v->param.p || sdp_is_token(v->param)) && (!v->rest.p || v->rest.n);

    for (size_t i = 0; i < v->type.n; i++)
        fits &= lex_is(v->type.p[i], LEX_ALPHA | LEX_DIGIT) || v->type.p[i] == '-' ||
                v->type.p[i] == '_';
    if (span_is(v->type, "trr-int"))
        fits &= sdp_is_digits(v->param) && !v->rest.p;
    if (!fits)
        sdp_broke(j, SDP_R_FEEDBACK_FORM, a->value);
    else if (span_is(v->type, "ack") && !v->param.p)
        sdp_broke(j, SDP_R_FEEDBACK_ACK, a->value);
}

/* An SSRC: SDP_NONE is one too, as a number of 32 bits. */
static bool is_ssrc(struct span s)
{
    uint64_t v;
    return sdp_is_plain(s) && lex_number(s, &v) && v <= UINT32_MAX;
}

static bool ssrcs(struct span s)
{
    for (size_t at = 0;; at++) {
        size_t end = lex_find(s, at, ' ');
        if (!is_ssrc(span_cut(s, at, end)))
            return false;
        if (end == s.n)
            return true;
        at = end;
    }
}

static void ssrc(const struct sdp_judge *j, const struct sdp_attribute *a)
{
    const struct sdp_ssrc *v = a->parts;
    bool previous = lex_like(v->attribute, "previous-ssrc");

    if (!is_ssrc(span_cut(a->value, 0, lex_find(a->value, 0, ' '))) ||
        !sdp_is_token(v->attribute) || (v->value.p && !v->value.n))
        sdp_broke(j, SDP_R_SSRC_FORM, a->value);
    else if (lex_like(v->attribute, "cname") && !v->value.p)
        sdp_broke(j, SDP_R_SSRC_CNAME_VALUE, v->attribute);
    else if (previous && !v->value.p)
        sdp_broke(j, SDP_R_SSRC_PREVIOUS, v->attribute);
    else if (previous && !ssrcs(v->value))
        sdp_broke(j, SDP_R_SSRC_PREVIOUS_FORM, v->value);
}

static void group(const struct sdp_judge *j, const struct sdp_attribute *a)
{
    const struct sdp_group *v = a->parts;
    bool sources = a->type == SDP_SSRC_GROUP, fits = sdp_is_token(v->semantics);

    for (size_t i = 0; i < v->ids_n; i++)
        fits &= sources ? is_ssrc(v->ids[i]) : sdp_is_token(v->ids[i]);
    if (!fits)
        sdp_broke(j, rules[a->type].value_rule, a->value);
    else if (sources && !v->ids_n)
        sdp_broke(j, SDP_R_SSRC_GROUP_EMPTY, a->value);
}

static void fingerprint(const struct sdp_judge *j, const struct sdp_attribute *a)
{
    static const struct {
        const char *name;
        size_t octets;
    } hashes[] = {
        {"sha-1", 20}, {"sha-224", 28}, {"sha-256", 32}, {"sha-384", 48}, {"sha-512", 64}};
    const struct sdp_fingerprint *v = a->parts;
    struct span s = v->value;
    bool fits = sdp_is_token(v->hash) && s.n % 3 == 2;

    for (size_t i = 0; i < s.n; i++)
        fits &= i % 3 == 2 ? s.p[i] == ':'
                           : lex_is(s.p[i], LEX_DIGIT) || (s.p[i] >= 'A' && s.p[i] <= 'F');
    if (!fits) {
        sdp_broke(j, SDP_R_FINGERPRINT_FORM, a->value);
        return;
    }
    if (lex_like(v->hash, "md5") || lex_like(v->hash, "md2"))
        sdp_broke(j, SDP_R_FINGERPRINT_WEAK, v->hash);
    for (size_t i = 0; i < COUNT(hashes); i++)
        if (lex_like(v->hash, hashes[i].name) && s.n + 1 != 3 * hashes[i].octets)
            sdp_broke(j, SDP_R_FINGERPRINT_LENGTH, s);
}

/* The i-th word of a text. */
static struct span word(struct span s, size_t i)
{
    size_t at = 0, end = lex_find(s, 0, ' ');

    for (; i > 0; i--) {
        at = end + 1;
        end = lex_find(s, at, ' ');
    }
    return span_cut(s, at, end);
}

static bool candidate_form(const struct sdp_attribute *a)
{
    const struct sdp_candidate *v = a->parts;

    if (!sdp_is_token(v->transport) || !v->address.n || v->port > UINT16_MAX ||
        !sdp_is_token(v->type))
        return false;
    if (v->related.p && !v->related.n)
        return false;
    for (size_t i = 0; i < v->extensions_n; i++)
        if (!sdp_is_token(v->extensions[i].name) || !v->extensions[i].value.p)
            return false;
    return true;
}

static void candidate(const struct sdp_judge *j, const struct sdp_attribute *a)
{
    const struct sdp_candidate *v = a->parts;
    bool host = lex_like(v->type, "host"), related = v->related.p && v->related_port != SDP_NONE;
    bool derived =
        lex_like(v->type, "srflx") || lex_like(v->type, "prflx") || lex_like(v->type, "relay");

    if (!candidate_form(a)) {
        sdp_broke(j, SDP_R_CANDIDATE_FORM, a->value);
        return;
    }
    if (!sdp_is_ice(v->foundation, 1, 32))
        sdp_broke(j, SDP_R_CANDIDATE_FOUNDATION, v->foundation);
    if (v->component < 1 || v->component > 256 || word(a->value, 1).n > 3)
        sdp_broke(j, SDP_R_CANDIDATE_COMPONENT, word(a->value, 1));
    else if (v->component > 2 && j->media &&
             lex_find(j->media->proto, 0, '/') < j->media->proto.n &&
             !span_is(span_cut(j->media->proto, j->media->proto.n - 4, j->media->proto.n),
                      "SCTP") &&
             span_is(j->media->media, "audio"))
        sdp_broke(j, SDP_R_CANDIDATE_RTP, word(a->value, 1));
    if (v->priority < 1 || v->priority > INT32_MAX || word(a->value, 3).n > 10)
        sdp_broke(j, SDP_R_CANDIDATE_PRIORITY, word(a->value, 3));
    if (sdp_host_of(v->address) == SDP_HOST_NAME)
        sdp_broke(j, SDP_R_CANDIDATE_NAME, v->address);
    if (derived && !related)
        sdp_broke(j, SDP_R_CANDIDATE_RELATED, a->value);
    if (host && (v->related.p || v->related_port != SDP_NONE))
        sdp_broke(j, SDP_R_CANDIDATE_HOST, a->value);
}

static bool remotes_form(const struct sdp_attribute *a)
{
    const struct sdp_remotes *v = a->parts;

    for (size_t i = 0; i < v->remotes_n; i++)
        if (v->remotes[i].component < 1 || v->remotes[i].component > 256 ||
            !v->remotes[i].address.n || v->remotes[i].port > UINT16_MAX)
            return false;
    return v->remotes_n > 0;
}

static bool options_form(const struct sdp_attribute *a)
{
    const struct sdp_options *v = a->parts;

    for (size_t i = 0; i < v->options_n; i++)
        if (!sdp_is_ice(v->options[i], 1, SIZE_MAX))
            return false;
    return v->options_n > 0;
}

static void extmap(const struct sdp_judge *j, const struct sdp_attribute *a)
{
    static const char *const directions[] = {"sendonly", "recvonly", "sendrecv", "inactive", NULL};
    const struct sdp_extmap *v = a->parts;
    struct span entry = word(a->value, 0), id = span_cut(entry, 0, lex_find(entry, 0, '/'));
    size_t colon = lex_find(v->uri, 0, ':');

    if (!sdp_is_digits(id) || id.n > 5 || !v->uri.n || (v->attributes.p && !v->attributes.n)) {
        sdp_broke(j, SDP_R_EXTMAP_FORM, a->value);
        return;
    }
    if (v->id == 0 || (v->id > 256 && v->id < 4096) || v->id > 4351)
        sdp_broke(j, SDP_R_EXTMAP_RANGE, id);
    if (v->direction.p && !one_of(v->direction, directions, lex_like))
        sdp_broke(j, SDP_R_EXTMAP_DIRECTION, v->direction);
    if (colon == 0 || colon == v->uri.n || !lex_is(v->uri.p[0], LEX_ALPHA))
        sdp_broke(j, SDP_R_EXTMAP_URI, v->uri);
}

static void parts(const struct sdp_judge *j, const struct sdp_attribute *a)
{
    bool fits = true;

    if (!a->parts) { /* its form is a text */
        text(j, a);
        return;
    }
    switch ((unsigned)a->type) {
    case SDP_RTPMAP:
        rtpmap(j, a);
        break;
    case SDP_FMTP:
        fits = fmtp_form(a);
        break;
    case SDP_RTCP:
        fits = rtcp_form(a);
        break;
    case SDP_CRYPTO:
        sdp_lint_crypto(j, a);
        break;
    case SDP_RTCP_FB:
        feedback(j, a);
        break;
    case SDP_SSRC:
        ssrc(j, a);
        break;
    case SDP_SSRC_GROUP:
    case SDP_GROUP:
        group(j, a);
        break;
    case SDP_FINGERPRINT:
        fingerprint(j, a);
        break;
    case SDP_CANDIDATE:
        candidate(j, a);
        break;
    case SDP_REMOTE_CANDIDATES:
        fits = remotes_form(a);
        break;
    case SDP_ICE_OPTIONS:
        fits = options_form(a);
        break;
    case SDP_SIMULCAST:
        sdp_lint_simulcast(j, a);
        break;
    case SDP_RID:
        sdp_lint_rid(j, a);
        break;
    case SDP_EXTMAP:
        extmap(j, a);
        break;
    default:
        text(j, a);
    }
    if (!fits)
        sdp_broke(j, rules[a->type].value_rule, a->value);
}

void sdp_lint_attribute(const struct sdp_judge *j, const struct sdp_attribute *a)
{
    if (!sdp_is_token(a->name))
        sdp_broke(j, SDP_R_ATTRIBUTE_NAME, a->name);
    if (a->value.p && !a->value.n) {
        sdp_broke(j, SDP_R_ATTRIBUTE_EMPTY, a->value);
        return;
    }
    if (a->type == SDP_OTHER)
        return;
    if (!(rules[a->type].levels & (j->media ? AT_MEDIA : AT_SESSION))) {
        sdp_broke(j, rules[a->type].level_rule, a->name);
        return;
    }
    if (rules[a->type].value == NO_VALUE && a->value.p)
        sdp_broke(j, rules[a->type].value_rule, a->value);
    else if (rules[a->type].value == SOME_VALUE && !a->value.p)
        sdp_broke(j, rules[a->type].value_rule, a->name);
    else if (a->value.p && (a->parts || sdp_names[a->type].form == SDP_FORM_TEXT))
        parts(j, a);
}
