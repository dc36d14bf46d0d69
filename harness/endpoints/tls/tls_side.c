/* harness/endpoints/tls/tls_side.c - what both models make of certificates and protocols. */
#include "harness/endpoints/tls/tls.h"

static void keep(struct tls_kept *n, struct span s)
{
    s = span_cut(s, 0, TLS_NAME_MAX);
    n->n = (uint8_t)s.n;
    if (s.n)
        memcpy(n->p, s.p, s.n);
}

void tls_side_take(struct tls_side *s, const struct flow_spec *spec)
{
    struct span name = flow_option_text(spec, "server_name");

    keep(&s->subject, flow_option_text(spec, "subject"));
    keep(&s->alpn, flow_option_text(spec, "alpn"));
    keep(&s->host, name.n ? name : spec->name);
    s->facts = (uint8_t)((flow_option_on(spec, "invalid") ? CERT_INVALID : 0) |
                         (flow_option_on(spec, "expired") ? CERT_EXPIRED : 0) |
                         (flow_option_on(spec, "not_yet") ? CERT_NOT_YET : 0) |
                         (flow_option_on(spec, "self_signed") ? CERT_SELF_SIGNED : 0));
    s->insecure = flow_option_on(spec, "insecure");
}

struct span tls_kept_span(const struct tls_kept *k)
{
    return (struct span){k->p, k->n};
}

void tls_put_name(struct wr *w, struct span s)
{
    wr_u8(w, (uint8_t)s.n);
    wr_put(w, s);
}

bool tls_rd_name(struct rd *r, struct span *out)
{
    uint8_t n;
    return rd_u8(r, &n) && rd_take(r, n, out);
}

/* The first item of `ours` that `theirs` has too, both separated by commas; empty: none. */
static struct span common(struct span ours, struct span theirs)
{
    for (size_t a = 0, n; a < ours.n; a += n + 1) {
        for (n = 0; a + n < ours.n && ours.p[a + n] != ','; n++)
            ;
        for (size_t b = 0, m; b < theirs.n; b += m + 1) {
            for (m = 0; b + m < theirs.n && theirs.p[b + m] != ','; m++)
                ;
            if (n && span_eq(span_cut(ours, a, a + n), span_cut(theirs, b, b + m)))
                return span_cut(ours, a, a + n);
        }
    }
    return (struct span){0};
}

bool tls_put_facts(const struct tls_side *s, struct span host, struct span offered, struct wr *w)
{
    struct span chosen = {0};

    if (offered.n && s->alpn.n) {
        chosen = common(tls_kept_span(&s->alpn), offered);
        if (!chosen.n)
            return false;
    }
    wr_u8(w, s->facts);
    tls_put_name(w, s->subject.n ? tls_kept_span(&s->subject) : host);
    tls_put_name(w, chosen);
    return true;
}

enum tls_alert tls_judge_facts(const struct tls_side *s, struct rd *r, const char **why)
{
    struct span subject, chosen, host = tls_kept_span(&s->host);
    uint8_t facts;

    if (!rd_u8(r, &facts) || !tls_rd_name(r, &subject) || !tls_rd_name(r, &chosen)) {
        *why = "the server's flight cannot be read";
        return DECODE_ERROR;
    }
    if (s->insecure)
        return CLOSE_NOTIFY;
    if (facts & CERT_SELF_SIGNED) {
        *why = "the certificate is self-signed, and not trusted";
        return UNKNOWN_CA;
    }
    if (facts & CERT_INVALID) {
        *why = "the issuer of the certificate is not known";
        return UNKNOWN_CA;
    }
    if (facts & CERT_EXPIRED) {
        *why = "the certificate has expired";
        return CERTIFICATE_EXPIRED;
    }
    if (facts & CERT_NOT_YET) {
        *why = "the certificate is not valid yet";
        return BAD_CERTIFICATE;
    }
    if (host.n && !common(host, subject).n) {
        *why = "the certificate is for somebody else";
        return BAD_CERTIFICATE;
    }
    return CLOSE_NOTIFY;
}

const char *tls_alert_words(uint8_t alert)
{
    switch (alert) {
    case CLOSE_NOTIFY:
        return "the peer closed the connection in the handshake";
    case BAD_CERTIFICATE:
        return "the peer refused: bad certificate";
    case CERTIFICATE_EXPIRED:
        return "the peer refused: certificate expired";
    case UNKNOWN_CA:
        return "the peer refused: unknown issuer";
    case NO_APPLICATION_PROTOCOL:
        return "the peer refused: no application protocol";
    default:
        return "the peer refused";
    }
}
