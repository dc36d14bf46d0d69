/* harness/core/tls.c - field tables of what TLS layers are told and tell. */
#include "harness/core/tls.h"

#define O(m, k) FIELD(struct tls_options, m, k)
static const struct field option_fields[] = {
    {.name = "server_name", O(server_name, F_TEXT)},
    {.name = "alpn", O(alpn, F_TEXT)},
    {.name = "ca", O(ca, F_TEXT)},
    {.name = "fingerprint", O(fingerprint, F_TEXT)},
    {.name = "cert", O(cert, F_TEXT)},
    {.name = "key", O(key, F_TEXT)},
    {.name = "issuer", O(issuer, F_TEXT)},
    {.name = "issuer_key", O(issuer_key, F_TEXT)},
    {.name = "min", O(min, F_TEXT)},
    {.name = "max", O(max, F_TEXT)},
    {.name = "ciphers", O(ciphers, F_TEXT)},
    {.name = "suites", O(suites, F_TEXT)},
    {.name = "insecure", O(insecure, F_BOOL)},
    {.name = "subject", O(subject, F_TEXT)},
    {.name = "invalid", O(invalid, F_BOOL)},
    {.name = "self_signed", O(self_signed, F_BOOL)},
    {.name = "expired", O(expired, F_BOOL)},
    {.name = "not_yet", O(not_yet, F_BOOL)},
    {.name = "revoked", O(revoked, F_BOOL)},
    {.name = "rsa", O(rsa, F_BOOL)},
    {.name = "srv_id", O(srv_id, F_BOOL)},
    {.name = "ask_client", O(ask_client, F_BOOL)},
    {.name = "rto_us", O(rto_us, F_UINT)},
};
const struct desc tls_options_desc = {"tls-options", sizeof(struct tls_options),
                                      FIELDS(option_fields), .next = NULL};

static const struct name kind_v[] = {
    {TLS_SECURED, "secured"}, {TLS_FAILED, "failed"}, {TLS_CUT, "cut"}, {TLS_ENDED, "ended"}};
static const struct names kinds = {kind_v, COUNT(kind_v)};

#define E(m, k) FIELD(struct tls_event, m, k)
static const struct field event_fields[] = {
    {.name = "kind", E(kind, F_ENUM), .names = &kinds},
    {.name = "server", E(server, F_BOOL)},
    {.name = "trusted", E(trusted, F_BOOL)},
    {.name = "cookie", E(cookie, F_BOOL)},
    {.name = "remote", E(remote, F_ADDR)},
    {.name = "local", E(local, F_ADDR)},
    {.name = "version", E(version, F_CHARS)},
    {.name = "cipher", E(cipher, F_CHARS)},
    {.name = "alpn", E(alpn, F_CHARS)},
    {.name = "server_name", E(server_name, F_CHARS)},
    {.name = "subject", E(subject, F_CHARS)},
    {.name = "issuer", E(issuer, F_CHARS)},
    {.name = "not_after", E(not_after, F_CHARS)},
    {.name = "fingerprint", E(fingerprint, F_CHARS)},
    {.name = "offered", E(offered, F_CHARS)},
    {.name = "status_asked", E(status_asked, F_BOOL)},
    {.name = "compressions", E(compressions, F_UINT)},
    {.name = "why", E(why, F_CHARS)},
    {.name = "time_us", E(time_us, F_UINT)},
};
const struct desc tls_event_desc = {"tls-event", sizeof(struct tls_event), FIELDS(event_fields),
                                    .next = NULL};

struct tls_event *tls_report(struct outq *q, enum tls_kind kind, bool server, const struct pkt *pkt,
                             uint64_t now_us)
{
    struct tls_event *e = out_event(q, "tls", &tls_event_desc, 0);

    if (!e)
        return NULL;
    e->kind = (uint8_t)kind;
    e->server = server;
    e->remote = pkt->remote;
    e->local = pkt->local;
    e->time_us = now_us;
    return e;
}
