/* fuzz/targets/stun_parse.c - any octets as a message, as fast as can be: decode, lint, and every octet
 * that the view or a finding points to is read. No allocation and no text: stun_render has those. */
#include "codecs/stun/stun.h"
#include "fuzz/engine/codec_oracle.h"

enum { FINDINGS = 32, ATTRS = 1024, CHECKED = 4 }; /* ATTRS: as many as fit into max_len */

static uint64_t touch_attr(const struct stun_attr *a)
{
    switch (a->kind) {
    case STUN_RAW:
    case STUN_OCTETS:
    case STUN_TEXT:
    case STUN_TYPES:
    case STUN_ALGORITHMS:
        require(a->v.s.p == a->p + 4 && a->v.s.n == a->length, "a value is not its attribute's");
        return oracle_touch(a->v.s);
    case STUN_CODE:
    case STUN_FAMILY_CODE:
        require(a->v.code < 800, "an error code without class or number");
        return oracle_touch(a->v.reason) + a->v.code;
    case STUN_ALGORITHM:
        return oracle_touch(a->v.reason) + a->v.code;
    case STUN_ADDR:
    case STUN_XOR_ADDR:
        require(a->v.addr.family == 4 || a->v.addr.family == 6, "an address without family");
        return a->v.addr.port + a->v.addr.ip[0];
    default:
        return a->v.u64;
    }
}

/* Attributes stand one behind the other from header to rest, and their octets are there. */
static uint64_t walk(const struct stun_msg *m)
{
    const uint8_t *at = m->wire.p + STUN_HEADER;
    uint64_t sum = oracle_touch(m->transaction) + m->cookie;

    for (size_t i = 0; i < m->n_attrs; i++) {
        const struct stun_attr *a = &m->attrs[i];
        require(a->p == at && a->pad <= 3, "attributes do not follow one another");
        at += 4u + a->length + a->pad;
        sum += touch_attr(a);
    }
    if (!m->truncated)
        require(at + m->rest.n == m->wire.p + m->wire.n, "octets are neither attribute nor rest");
    return sum + oracle_touch(m->rest);
}

static uint64_t look_up(const struct stun_msg *m)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < m->n_attrs && i < CHECKED; i++) {
        const struct stun_attr *a = stun_find(m, m->attrs[i].type);
        require(!a || a->type == m->attrs[i].type, "stun_find gives another attribute");
        sum += a != NULL;
    }
    require((stun_check_fingerprint(m) == STUN_ABSENT) == !m->at_fingerprint, "FINGERPRINT");
    return sum;
}

static void one(const uint8_t *p, size_t n)
{
    static struct stun_attr attrs[ATTRS];
    struct finding found[FINDINGS];
    struct findings fs = {.v = found, .cap = FINDINGS};
    struct span in = {p, n};
    struct stun_msg m;
    uint64_t sum = 0;

    enum step s = stun_decode(in, &m, attrs, ATTRS, &fs);
    bool foreign = n && (p[0] & 0xc0);
    require(s == (foreign           ? STEP_FAIL
                  : n < STUN_HEADER ? STEP_MORE
                                    : STEP_ITEM),
            "decode gives another result");
    if (s == STEP_ITEM) {
        stun_lint(&m, &fs);
        sum = walk(&m) + look_up(&m) + oracle_findings(&fs, in);
    }
    used(sum + stun_guess(in, 0));
}

const struct target stun_parse_target = {.name = "stun_parse",
                                         .one = one,
                                         .max_len = 4096,
                                         .weight = 3,
                                         .dict = "stun",
                                         .codecs = "stun",
                                         .fast = 16};
