/* fuzz/diff/sofia.c - how sofia-sip reads a message of SIP. */
#include <sofia-sip/msg.h>
#include <sofia-sip/sip_header.h>
#include "fuzz/diff/sip_diff.h"

static void fields(sip_t const *s, struct sip_projection *p)
{
    if (s->sip_request)
        sip_diff_text(p, SIP_DIFF_METHOD, s->sip_request->rq_method_name);
    else
        sip_diff_number(p, SIP_DIFF_STATUS, (uint64_t)s->sip_status->st_status);
    if (s->sip_call_id)
        sip_diff_text(p, SIP_DIFF_CALL_ID, s->sip_call_id->i_id);
    if (s->sip_cseq) {
        sip_diff_number(p, SIP_DIFF_CSEQ, s->sip_cseq->cs_seq);
        sip_diff_text(p, SIP_DIFF_CSEQ_METHOD, s->sip_cseq->cs_method_name);
    }
    if (s->sip_via) {
        sip_diff_text(p, SIP_DIFF_VIA_HOST, s->sip_via->v_host);
        sip_diff_text(p, SIP_DIFF_VIA_PORT, s->sip_via->v_port);
        sip_diff_text(p, SIP_DIFF_BRANCH, s->sip_via->v_branch);
    }
    sip_diff_text(p, SIP_DIFF_FROM_TAG, s->sip_from ? s->sip_from->a_tag : NULL);
    sip_diff_text(p, SIP_DIFF_TO_TAG, s->sip_to ? s->sip_to->a_tag : NULL);
    if (s->sip_content_length)
        sip_diff_number(p, SIP_DIFF_LENGTH, s->sip_content_length->l_length);
}

static void read_message(struct span in, struct sip_projection *p)
{
    memset(p, 0, sizeof *p);
    msg_t *m = msg_make(sip_default_mclass(), 0, in.p, (issize_t)in.n);
    sip_t *s = m ? sip_object(m) : NULL;

    p->accept =
        s && (s->sip_request || s->sip_status) && !s->sip_error && !(s->sip_flags & MSG_FLG_ERROR);
    if (p->accept)
        fields(s, p);
    msg_destroy(m);
}

const struct sip_peer sip_diff_sofia = {"sofia-sip", read_message};
