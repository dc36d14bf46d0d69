/* fuzz/diff/libre.c - how libre reads a STUN message. */
#include <string.h>
#define HAVE_INTTYPES_H /* its headers ask for these */
#define HAVE_STDBOOL_H
#include <re.h>
#include "fuzz/diff/diff.h"
#include "fuzz/mutate/mutate.h"

static struct addr addr_of(const struct sa *sa)
{
    struct addr a = {.port = sa_port(sa)};

    if (sa_af(sa) == AF_INET) {
        a.family = 4;
        put_u32(a.ip, sa_in(sa));
    } else if (sa_af(sa) == AF_INET6) {
        a.family = 6;
        sa_in6(sa, a.ip);
    }
    return a;
}

static void text(struct projection *p, enum diff_item i, const char *s)
{
    size_t n = s ? strlen(s) : 0;

    p->v[i].n = n < DIFF_TEXT ? n : DIFF_TEXT;
    if (p->v[i].n)
        memcpy(p->v[i].text, s, p->v[i].n);
}

static void values(const struct stun_msg *msg, struct projection *p)
{
    static const uint16_t types[DIFF_ITEMS] = {
        [DIFF_MAPPED] = STUN_ATTR_MAPPED_ADDR,
        [DIFF_XOR_MAPPED] = STUN_ATTR_XOR_MAPPED_ADDR,
        [DIFF_XOR_PEER] = STUN_ATTR_XOR_PEER_ADDR,
        [DIFF_XOR_RELAYED] = STUN_ATTR_XOR_RELAY_ADDR,
        [DIFF_PRIORITY] = STUN_ATTR_PRIORITY,
        [DIFF_LIFETIME] = STUN_ATTR_LIFETIME,
        [DIFF_CONTROLLED] = STUN_ATTR_CONTROLLED,
        [DIFF_CONTROLLING] = STUN_ATTR_CONTROLLING,
        [DIFF_CODE] = STUN_ATTR_ERR_CODE,
        [DIFF_USERNAME] = STUN_ATTR_USERNAME,
        [DIFF_REALM] = STUN_ATTR_REALM,
        [DIFF_NONCE] = STUN_ATTR_NONCE,
        [DIFF_SOFTWARE] = STUN_ATTR_SOFTWARE,
    };

    for (int i = 0; i < DIFF_ITEMS; i++) {
        const struct stun_attr *a = stun_msg_attr(msg, types[i]);
        p->v[i].asked = true;
        p->v[i].there = a != NULL;
        if (!a)
            continue;
        if (i < DIFF_ADDRS)
            p->v[i].addr = addr_of(&a->v.sa);
        else if (i == DIFF_CODE)
            p->v[i].number = a->v.err_code.code;
        else if (i == DIFF_PRIORITY || i == DIFF_LIFETIME)
            p->v[i].number = a->v.uint32;
        else if (i < DIFF_NUMBERS)
            p->v[i].number = a->v.uint64;
        else
            text(p, (enum diff_item)i, a->v.str);
    }
}

static void read_message(struct span in, struct projection *p)
{
    static const uint8_t key[] = MUTATE_SECRET;
    struct stun_unknown_attr unknown;
    struct stun_msg *msg = NULL;
    struct mbuf *mb = mbuf_alloc(in.n ? in.n : 1);

    memset(p, 0, sizeof *p);
    if (mb && mbuf_write_mem(mb, in.p, in.n) == 0) {
        mb->pos = 0;
        p->accept = stun_msg_decode(&msg, mb, &unknown) == 0;
    }
    if (p->accept) {
        p->cls = (uint8_t)stun_msg_class(msg);
        p->method = stun_msg_method(msg);
        memcpy(p->id, stun_msg_tid(msg), sizeof p->id);
        values(msg, p);
        p->integrity = !stun_msg_attr(msg, STUN_ATTR_MSG_INTEGRITY)     ? DIFF_ABSENT
                       : stun_msg_chk_mi(msg, key, sizeof key - 1) == 0 ? DIFF_GOOD
                                                                        : DIFF_BAD;
        p->fingerprint = !stun_msg_attr(msg, STUN_ATTR_FINGERPRINT) ? DIFF_ABSENT
                         : stun_msg_chk_fingerprint(msg) == 0       ? DIFF_GOOD
                                                                    : DIFF_BAD;
    }
    mem_deref(msg);
    mem_deref(mb);
}

const struct diff_peer diff_libre = {.name = "libre",
                                     .read = read_message,
                                     .after_integrity = true,
                                     .c_strings = true,
                                     .by_type = true};
