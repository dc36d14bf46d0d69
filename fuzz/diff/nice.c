/* fuzz/diff/nice.c - how libnice reads a STUN message. */
#include <netinet/in.h>
#include <string.h>
#include <stun/stunagent.h>
#include "fuzz/diff/diff.h"

static struct addr addr_of(const struct sockaddr_storage *s)
{
    struct addr a = {0};

    if (s->ss_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, s, sizeof v4);
        a.family = 4;
        a.port = ntohs(v4.sin_port);
        memcpy(a.ip, &v4.sin_addr, 4);
    } else if (s->ss_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, s, sizeof v6);
        a.family = 6;
        a.port = ntohs(v6.sin6_port);
        memcpy(a.ip, &v6.sin6_addr, 16);
    }
    return a;
}

static void addresses(const StunMessage *msg, struct projection *p)
{
    static const StunAttribute types[DIFF_ADDRS] = {
        [DIFF_MAPPED] = STUN_ATTRIBUTE_MAPPED_ADDRESS,
        [DIFF_XOR_MAPPED] = STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS,
        [DIFF_XOR_PEER] = STUN_ATTRIBUTE_XOR_PEER_ADDRESS,
        [DIFF_XOR_RELAYED] = STUN_ATTRIBUTE_XOR_RELAYED_ADDRESS,
    };

    for (int i = 0; i < DIFF_ADDRS; i++) {
        struct sockaddr_storage s = {0};
        socklen_t n = sizeof s;
        struct sockaddr *sa = (struct sockaddr *)(void *)&s;
        StunMessageReturn r = i == DIFF_MAPPED ? stun_message_find_addr(msg, types[i], &s, &n)
                                               : stun_message_find_xor_addr(msg, types[i], &s, &n);
        (void)sa;
        p->v[i].asked = true;
        p->v[i].there = r == STUN_MESSAGE_RETURN_SUCCESS;
        if (p->v[i].there)
            p->v[i].addr = addr_of(&s);
    }
}

static void numbers(const StunMessage *msg, struct projection *p)
{
    static const StunAttribute types[DIFF_ITEMS] = {
        [DIFF_PRIORITY] = STUN_ATTRIBUTE_PRIORITY,
        [DIFF_LIFETIME] = STUN_ATTRIBUTE_LIFETIME,
        [DIFF_CONTROLLED] = STUN_ATTRIBUTE_ICE_CONTROLLED,
        [DIFF_CONTROLLING] = STUN_ATTRIBUTE_ICE_CONTROLLING,
    };
    int code = 0;

    for (int i = DIFF_PRIORITY; i <= DIFF_CONTROLLING; i++) {
        uint32_t u32 = 0;
        uint64_t u64 = 0;
        bool wide = i == DIFF_CONTROLLED || i == DIFF_CONTROLLING;
        StunMessageReturn r = wide ? stun_message_find64(msg, types[i], &u64)
                                   : stun_message_find32(msg, types[i], &u32);
        p->v[i].asked = true;
        p->v[i].there = r == STUN_MESSAGE_RETURN_SUCCESS;
        p->v[i].number = wide ? u64 : u32;
    }
    p->v[DIFF_CODE].asked = true;
    p->v[DIFF_CODE].there = stun_message_find_error(msg, &code) == STUN_MESSAGE_RETURN_SUCCESS;
    p->v[DIFF_CODE].number = (uint64_t)code;
}

static void texts(const StunMessage *msg, struct projection *p)
{
    static const StunAttribute types[DIFF_ITEMS] = {
        [DIFF_USERNAME] = STUN_ATTRIBUTE_USERNAME,
        [DIFF_REALM] = STUN_ATTRIBUTE_REALM,
        [DIFF_NONCE] = STUN_ATTRIBUTE_NONCE,
        [DIFF_SOFTWARE] = STUN_ATTRIBUTE_SOFTWARE,
    };

    for (int i = DIFF_USERNAME; i < DIFF_ITEMS; i++) {
        uint16_t n = 0;
        const void *at = stun_message_find(msg, types[i], &n);
        p->v[i].asked = true;
        p->v[i].there = at != NULL;
        p->v[i].n = n < DIFF_TEXT ? n : DIFF_TEXT;
        if (at && p->v[i].n)
            memcpy(p->v[i].text, at, p->v[i].n);
    }
}

static void read_message(struct span in, struct projection *p)
{
    StunAgent agent;
    StunMessage msg = {.agent = &agent, .buffer = (uint8_t *)(uintptr_t)in.p, .buffer_len = in.n};

    memset(p, 0, sizeof *p);
    stun_agent_init(&agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_IGNORE_CREDENTIALS);
    p->accept = in.n > 0 && stun_message_validate_buffer_length(in.p, in.n, true) == (int)in.n;
    if (!p->accept)
        return;
    p->cls = (uint8_t)stun_message_get_class(&msg);
    p->method = (uint16_t)stun_message_get_method(&msg);
    StunTransactionId id;
    stun_message_id(&msg, id);
    memcpy(p->id, id + 4, sizeof p->id);
    addresses(&msg, p);
    numbers(&msg, p);
    texts(&msg, p);
}

const struct diff_peer diff_nice = {.name = "libnice", .read = read_message};
