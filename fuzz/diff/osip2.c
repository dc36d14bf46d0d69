/* fuzz/diff/osip2.c - how libosip2 reads a message of SIP. */
#include <stdlib.h>
#include <osipparser2/osip_parser.h>
#include "fuzz/diff/sip_diff.h"

/* Of the leak detector, where there is one: what this library loses when it refuses a message is its own affair. */
extern void __lsan_disable(void) __attribute__((weak));
extern void __lsan_enable(void) __attribute__((weak));

static const char *tag(osip_from_t *f)
{
    osip_generic_param_t *p = NULL;
    return f && osip_from_get_tag(f, &p) == 0 && p ? p->gvalue ? p->gvalue : "" : NULL;
}

static void via(osip_message_t *m, struct sip_projection *p)
{
    osip_generic_param_t *branch = NULL;
    osip_via_t *v = NULL;

    if (osip_message_get_via(m, 0, &v) < 0 || !v)
        return;
    sip_diff_text(p, SIP_DIFF_VIA_HOST, v->host);
    sip_diff_text(p, SIP_DIFF_VIA_PORT, v->port);
    if (osip_via_param_get_byname(v, (char *)(uintptr_t) "branch", &branch) == 0 && branch)
        sip_diff_text(p, SIP_DIFF_BRANCH, branch->gvalue ? branch->gvalue : "");
}

static void fields(osip_message_t *m, struct sip_projection *p)
{
    char *call_id = NULL;

    if (MSG_IS_REQUEST(m))
        sip_diff_text(p, SIP_DIFF_METHOD, m->sip_method);
    else
        sip_diff_number(p, SIP_DIFF_STATUS, (uint64_t)m->status_code);
    if (m->call_id && osip_call_id_to_str(m->call_id, &call_id) == 0)
        sip_diff_text(p, SIP_DIFF_CALL_ID, call_id);
    osip_free(call_id);
    if (m->cseq) {
        sip_diff_text(p, SIP_DIFF_CSEQ, m->cseq->number);
        sip_diff_text(p, SIP_DIFF_CSEQ_METHOD, m->cseq->method);
    }
    via(m, p);
    sip_diff_text(p, SIP_DIFF_FROM_TAG, tag(m->from));
    sip_diff_text(p, SIP_DIFF_TO_TAG, tag(m->to));
    if (m->content_length)
        sip_diff_text(p, SIP_DIFF_LENGTH, m->content_length->value);
}

static void read_message(struct span in, struct sip_projection *p)
{
    static bool begun;
    osip_message_t *m = NULL;

    memset(p, 0, sizeof *p);
    if (!begun)
        parser_init();
    begun = true;
    if (osip_message_init(&m) != 0)
        return;
    if (__lsan_disable)
        __lsan_disable();
    p->accept = osip_message_parse(m, (const char *)in.p, in.n) == 0;
    if (__lsan_enable)
        __lsan_enable();
    if (p->accept)
        fields(m, p);
    osip_message_free(m);
}

const struct sip_peer sip_diff_osip2 = {"libosip2", read_message};
