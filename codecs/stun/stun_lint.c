/* codecs/stun/stun_lint.c - what one decoded message breaks beyond its syntax. */
#include "codecs/stun/stun_table.h"

static void broke(struct findings *fs, const struct stun_msg *m, const char *clause,
                  enum level level, const char *what, const uint8_t *at, size_t len, uint64_t arg)
{
    finding_add(fs, (struct finding){.clause = clause,
                                     .what = what,
                                     .level = level,
                                     .off = (uint64_t)(at - m->wire.p),
                                     .len = len,
                                     .arg = {arg, 0}});
}

/* Texts that are counted in characters: fewer than 128. */
static void lint_text(const struct stun_msg *m, const struct stun_attr *a, struct findings *fs)
{
    static const struct {
        uint16_t type;
        const char *clause, *what;
    } limits[] = {
        {STUN_ERROR_CODE, "RFC8489:14.8#1b", "reason phrase of %u characters, not fewer than 128"},
        {STUN_REALM, "RFC8489:14.9#1b", "REALM of %u characters, not fewer than 128"},
        {STUN_NONCE, "RFC8489:14.10#1", "NONCE of %u characters, not fewer than 128"},
        {STUN_SOFTWARE, "RFC8489:14.14#2b", "SOFTWARE of %u characters, not fewer than 128"},
    };
    struct span s = a->kind == STUN_CODE ? a->v.reason : a->v.s;

    if (a->kind == STUN_RAW || s.n < 128 || s.n > 763)
        return;
    for (size_t i = 0; i < COUNT(limits); i++) {
        size_t n = limits[i].type == a->type ? span_utf8_len(s) : 0;
        if (n >= 128)
            broke(fs, m, limits[i].clause, MUST, limits[i].what, s.p, s.n, n);
    }
}

static void lint_reserved(const struct stun_msg *m, const struct stun_attr *a, struct findings *fs)
{
    struct span padding = {a->p + 4 + a->length, a->pad};

    for (size_t i = 0; i < padding.n; i++)
        if (padding.p[i] != 0) {
            broke(fs, m, "RFC8489:14#4a", MUST, "padding is not zero", padding.p, padding.n, 0);
            break;
        }
    if ((a->kind == STUN_ADDR || a->kind == STUN_XOR_ADDR) && a->reserved)
        broke(fs, m, a->kind == STUN_ADDR ? "RFC8489:14.1#3a" : "RFC8489:14.2#a7",
              a->kind == STUN_ADDR ? MUST : STMT, "first octet of the address is %u, not 0",
              a->p + 4, 1, a->reserved);
    if (a->kind == STUN_CODE && a->v.code_rffu)
        broke(fs, m, "RFC8489:14.8#2", SHOULD, "reserved bits before the error class are not zero",
              a->p + 4, 3, 0);
}

static void lint_order(const struct stun_msg *m, struct findings *fs)
{
    const struct stun_attr *last = m->n_attrs ? &m->attrs[m->n_attrs - 1] : NULL;

    if (!m->at_fingerprint || m->truncated)
        return;
    if (last->p != m->wire.p + m->at_fingerprint)
        broke(fs, m, "RFC8489:14.7#2", MUST, "FINGERPRINT is not the last attribute",
              m->wire.p + m->at_fingerprint, 8, 0);
    if (stun_check_fingerprint(m) == STUN_BAD && get_u16(m->wire.p + m->at_fingerprint + 2) == 4)
        broke(fs, m, "RFC8489:14.7#a1", STMT, "FINGERPRINT does not fit the message",
              m->wire.p + m->at_fingerprint + 4, 4, 0);
}

static void lint_error(const struct stun_msg *m, struct findings *fs)
{
    const struct stun_attr *code = stun_find(m, STUN_ERROR_CODE);
    const uint8_t *head = m->wire.p;
    uint32_t features;

    if (!code) {
        broke(fs, m, "RFC8489:6.3.1.1#1", MUST, "error response without ERROR-CODE", head, 2, 0);
        return;
    }
    if (code->kind != STUN_CODE)
        return;
    if (code->v.code == 420 && !stun_find(m, STUN_UNKNOWN_ATTRIBUTES))
        broke(fs, m, "RFC8489:6.3.1.1#3", MUST, "420 without UNKNOWN-ATTRIBUTES", code->p, 8, 0);
    if (code->v.code == 300 && !stun_find(m, STUN_ALTERNATE_SERVER))
        broke(fs, m, "RFC8489:10#1a", MUST, "300 without ALTERNATE-SERVER", code->p, 8, 0);
    const struct stun_attr *nonce = stun_find(m, STUN_NONCE);
    const struct stun_attr *algorithms = stun_find(m, STUN_PASSWORD_ALGORITHMS);
    if (nonce && algorithms && nonce->kind == STUN_TEXT &&
        !(stun_nonce_features(nonce->v.s, &features) && (features & STUN_FEATURE_ALGORITHMS)))
        broke(fs, m, "RFC8489:9.2.4#7", MUST,
              "PASSWORD-ALGORITHMS, but the nonce cookie does not have its bit", nonce->p + 4,
              nonce->length, 0);
}

static void lint_place(const struct stun_msg *m, const struct stun_attr *a, struct findings *fs)
{
    const struct stun_attr *code;

    if (a->type == STUN_UNKNOWN_ATTRIBUTES) { /* only in a 420; RFC 5389 and 3489 say the same */
        code = m->cls == STUN_ERROR ? stun_find(m, STUN_ERROR_CODE) : NULL;
        if (m->cls != STUN_ERROR || (code && code->kind == STUN_CODE && code->v.code != 420))
            broke(fs, m, "RFC8489:14.13#a1", STMT, "UNKNOWN-ATTRIBUTES outside a 420 response",
                  a->p, 4, 0);
    }
    if (a->type == STUN_PASSWORD_ALGORITHM && m->cls != STUN_REQUEST)
        broke(fs, m, "RFC8489:14.12#a1", STMT, "PASSWORD-ALGORITHM outside a request", a->p, 4, 0);
}

void stun_lint(const struct stun_msg *m, struct findings *fs)
{
    for (size_t i = 0; i < m->n_attrs; i++) {
        const struct stun_attr *a = &m->attrs[i];
        lint_reserved(m, a, fs);
        lint_text(m, a, fs);
        lint_place(m, a, fs);
    }
    lint_order(m, fs);
    if (m->cls == STUN_ERROR && !m->truncated)
        lint_error(m, fs);
    if (m->cls == STUN_SUCCESS && m->method == STUN_BINDING && !m->classic && !m->truncated &&
        !stun_find(m, STUN_XOR_MAPPED_ADDRESS))
        broke(fs, m, "RFC8489:6.3.1.1#a6", STMT,
              "success response to Binding without XOR-MAPPED-ADDRESS", m->wire.p, 2, 0);
}
