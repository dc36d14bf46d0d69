/* codecs/sip/sip_lint_frag.c - fragments, message/sipfrag (RFC 3420): which rules of messages hold in one, and its
 * own. */
#include "codecs/base/startline.h"
#include "codecs/sip/sip_lint.h"

/* Rules that something is missing, or that rest on what is not there: it may have been left out of the fragment. */
static const uint16_t of_whole[] = {
    SIP_R_VIA_MISSING,
    SIP_R_VIA_MISSING_R,
    SIP_R_FROM_MISSING,
    SIP_R_FROM_MISSING_R,
    SIP_R_TO_MISSING,
    SIP_R_TO_MISSING_R,
    SIP_R_CSEQ_MISSING,
    SIP_R_CSEQ_MISSING_R,
    SIP_R_CALL_ID_MISSING,
    SIP_R_CALL_ID_MISSING_R,
    SIP_R_HOPS_MISSING,
    SIP_R_LENGTH_MISSING,
    SIP_R_LENGTH_STREAM,
    SIP_R_CONTENT_TYPE_MISSING, /* SIP_R_FRAG_TYPE says so */
    SIP_R_CONTACT_INVITE,
    SIP_R_CONTACT_2XX,
    SIP_R_OPTIONS_ACCEPT,
    SIP_R_OPTIONS_2XX_ACCEPT,
    SIP_R_OPTIONS_2XX_ENCODING,
    SIP_R_OPTIONS_2XX_LANGUAGE,
    SIP_R_INVITE_2XX_ALLOW,
    SIP_R_OPTIONS_2XX_ALLOW,
    SIP_R_INVITE_SUPPORTED,
    SIP_R_INVITE_2XX_SUPPORTED,
    SIP_R_OPTIONS_2XX_SUPPORTED,
    SIP_R_MISSING_401,
    SIP_R_MISSING_405,
    SIP_R_MISSING_407,
    SIP_R_MISSING_415,
    SIP_R_MISSING_420,
    SIP_R_MISSING_421,
    SIP_R_MISSING_423,
    SIP_R_RACK_MISSING,
    SIP_R_EVENT_SUBSCRIBE,
    SIP_R_EVENT_NOTIFY,
    SIP_R_EXPIRES_SUBSCRIBE,
    SIP_R_EXPIRES_SUBSCRIBE_2XX,
    SIP_R_SUBSTATE_MISSING,
    SIP_R_UPDATE_CONTACT,
    SIP_R_UPDATE_2XX_CONTACT,
    SIP_R_REFER_TO_MISSING,
    SIP_R_REFER_CONTACT,
    SIP_R_REFER_2XX_CONTACT,
    SIP_R_PUBLISH_EVENT,
    SIP_R_PUBLISH_EXPIRES,
    SIP_R_PUBLISH_ETAG,
    SIP_R_PUBLISH_423,
    SIP_R_PUBLISH_489,
    SIP_R_MIN_SE_422,
    SIP_R_RECV_INFO_469,
    SIP_R_GEO_ERROR_424,
    SIP_R_SECURITY_494,
    /* that another header field, or an option tag in it, is not there */
    SIP_R_CONTACT_STAR_EXPIRES,
    SIP_R_RSEQ_NO_REQUIRE,
    SIP_R_REQUIRE_NO_RSEQ,
    SIP_R_MESSAGE_DATE,
    SIP_R_SESSION_SUPPORTED,
    SIP_R_SESSION_2XX_REQUIRE,
    SIP_R_REG_ID_OUTBOUND,
    SIP_R_REG_ID_PATH,
    SIP_R_TARGET_REQUIRE,
    SIP_R_SECURITY_REQUIRE,
    SIP_R_SECURITY_PROXY,
    SIP_R_SECURITY_494_REQUIRE,
    SIP_R_VERIFY_REQUIRE,
    SIP_R_VERIFY_PROXY,
    SIP_R_PATH_SUPPORTED,
    SIP_R_OB_SUPPORTED,
    SIP_R_FLOW_TIMER_OUTBOUND,
    SIP_R_TIMER_SUPPORTED,
    SIP_R_ACCEPT_PRIORITY_SUPPORTED,
    SIP_R_SUBSCRIBE_423,
    SIP_R_SIGNED_DATE,
    SIP_R_BY_REFERENCE,
    SIP_R_REFERRED_CID_PART,
    /* that To, or a tag in it, is not there */
    SIP_R_MESSAGE_SIZE,
    SIP_R_SESSION_1800,
    SIP_R_SESSION_MIN,
    /* that the body is not there */
    SIP_R_REFER_NOTIFY_BODY,
    SIP_R_PUBLISH_BODY,
    SIP_R_WS_TWO,
    SIP_R_REFERRED_CID_BODY,
    SIP_R_GEO_CID,
    /* that nothing stands before it: the topmost Via or Route, the first of a list */
    SIP_R_VIA_NO_BRANCH,
    SIP_R_RPORT_VALUE,
    SIP_R_CONTACT_SIPS,
    SIP_R_CONTACT_2XX_URI,
    SIP_R_HISTORY_FIRST,
};

/* Rules of responses that come without a look at the status, where there is no start line: it may be a request. */
static const uint16_t of_response[] = {
    SIP_R_PUBLISH_ROUTE,
    SIP_R_SESSION_90,
    SIP_R_RPORT_RECEIVED,
};

/* They count as said. */
static void silence(struct sip_lint *l, const uint16_t *rules, size_t n)
{
    for (size_t i = 0; i < n; i++)
        l->said[rules[i] / 64] |= UINT64_C(1) << rules[i] % 64;
}

void sip_frag_lint(const struct sip_msg *m, struct findings *fs)
{
    struct sip_lint l = {.m = m, .fs = fs, .method = m->kind};

    silence(&l, of_whole, COUNT(of_whole));
    l.told[l.told_n++] = "RFC8760:3#1"; /* a better challenge may have stood beside those of MD5 */
    if (m->version.n)
        sip_lint_start(&l);
    else
        silence(&l, of_response, COUNT(of_response));
    sip_lint_fields(&l);
    sip_lint_topics(&l, UINT32_MAX);
    if (m->body.n == 0)
        return;
    sip_must(&l, sip_header(m, SIP_CONTENT_TYPE) != NULL, SIP_R_FRAG_TYPE, m->body);
    sip_must(&l, sip_header(m, SIP_CONTENT_LENGTH) != NULL, SIP_R_FRAG_LENGTH, m->body);
}

/* ---- what the message around one says of it ---- */

/* The version in the start line, without "SIP/"; p is NULL where there is no start line. */
static struct span version_of(struct span fragment)
{
    struct span line = lex_trim(span_cut(fragment, 0, lex_find(fragment, 0, '\n')), LEX_LWS);
    struct start_request r = {.version = span_cut(line, 0, lex_until(line, 0, LEX_BLANK))};

    if (sip_begins_with_field(line) || (!sip_version_like(line) && !start_request(line, &r)))
        return (struct span){NULL, 0};
    return sip_version_like(r.version) ? span_cut(r.version, 4, r.version.n)
                                       : (struct span){NULL, 0};
}

void sip_lint_sipfrag(struct sip_lint *l, const struct sip_value *type, struct span body)
{
    if (!type || !lex_like(type->value, "message/sipfrag"))
        return;
    struct span says = sip_param(type->params, type->params_n, "version"), is = version_of(body);
    if (sip_quoted(says))
        says = span_cut(says, 1, says.n - 1);
    if (is.p)
        sip_must(l, says.p ? span_eq(says, is) : span_is(is, "2.0"), SIP_R_FRAG_VERSION,
                 says.n ? says : type->text);
}

/* ---- the event refer (RFC 3515 section 2.4) ---- */

/* The code of the Status-Line that the fragment in a NOTIFY begins with; 0: none that can be read. */
static uint16_t referred(const struct sip_msg *m)
{
    const struct sip_value *type = sip_first(m, SIP_CONTENT_TYPE);
    struct span line = span_cut(m->body, 0, lex_find(m->body, 0, '\n'));
    struct start_status r = {.number = false};
    bool plain = type && lex_like(type->value, "message/sipfrag") &&
                 !sip_header(m, SIP_CONTENT_ENCODING) && sip_version_like(line);

    return plain && start_status(line, &r) ? r.status : 0;
}

static void notify(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    const struct sip_value *state = sip_first(m, SIP_SUBSCRIPTION_STATE);
    uint16_t status = referred(m);

    if (!state || !status)
        return;
    struct span why = sip_param(state->params, state->params_n, "reason");
    if (lex_like(state->value, "pending"))
        sip_must(l, status == 100 && lex_find(m->body, 0, '\n') + 1 >= m->body.n,
                 SIP_R_REFER_PENDING, m->body);
    /* approval that was denied may say when it can be asked for again: section 2.4.7 */
    if (lex_like(state->value, "terminated") && status >= 200 && status != 603)
        sip_must(l, lex_like(why, "noresource"), SIP_R_REFER_FINAL, state->text);
}

void sip_lint_refer(struct sip_lint *l)
{
    const struct sip_msg *m = l->m;
    const struct sip_value *event = sip_first(m, SIP_EVENT);
    bool subscribe = l->method == SIP_M_SUBSCRIBE;
    uint64_t n;

    if (!m->request || !event || !span_is(event->value, "refer") ||
        !(subscribe || l->method == SIP_M_NOTIFY))
        return;
    struct span id = sip_param(event->params, event->params_n, "id");
    if (id.p)
        sip_must(l, lex_number(id, &n) && n <= UINT32_MAX, SIP_R_REFER_ID, id.n ? id : event->text);
    if (subscribe && sip_header(m, SIP_TO))
        sip_must(l, sip_tag(m, SIP_TO).p != NULL, SIP_R_REFER_SUBSCRIBE,
                 sip_header(m, SIP_TO)->value);
    if (!subscribe)
        notify(l);
}
