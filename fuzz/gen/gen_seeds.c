/* fuzz/gen/gen_seeds.c - the seeds that our own encoders make, each a file named by what it shows.
 *
 *   gen_seeds --write DIR   writes them to DIR
 *   gen_seeds --check DIR   ends with 1, and says which, where one is missing there or differs
 *
 * corpus/stun holds them; seeds of another origin may stand beside them. */
#include <stdio.h>
#include "codecs/stun/stun_table.h"
#include "fuzz/gen/seeds.h"

static const struct span id = SPAN("rtclab-seeds");
static const struct span classic_id = SPAN("\xb7rtclab-seeds-16");
static const struct span user = SPAN("user"), realm = SPAN("example.org"),
                         password = SPAN("secret");
static const struct addr ip4 = {4, {192, 0, 2, 1}, 32853};
static const struct addr ip6 = {6, {0x20, 0x01, 0x0d, 0xb8, [15] = 1}, 32853};

/* Encode, seal where there is a key, keep. */
static void message(struct seeds *o, const char *name, const struct draft *dr,
                    const struct stun_key *k)
{
    uint8_t p[SEED_MAX];
    struct wr w = {p, sizeof p, 0, false};
    struct stun_marks marks;

    stun_encode(&w, dr, &marks);
    stun_seal(&w, &marks, k);
    if (w.full || dr->mem->full)
        abort();
    seed_keep(o, name, wr_span(&w));
}

/* ---- one attribute each ---- */

static void add_typical(struct draft *dr, uint16_t type)
{
    static const struct span text = SPAN("rtclab"); /* two octets of padding */
    static const struct span octets = SPAN("\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20"
                                           "\21\22\23\24\25\26\27\30\31\32\33\34\35\36\37\40");
    static const struct span md5 = SPAN("\0\1\0\0"), both = SPAN("\0\2\0\0\0\1\0\0");
    static const uint16_t types[] = {STUN_REALM, 0x7ffe, STUN_NONCE};
    const struct stun_rule *r = stun_rule(type);

    switch (r ? r->kind : STUN_RAW) {
    case STUN_EMPTY:
        stun_add(dr, type);
        break;
    case STUN_TEXT:
        stun_add_bytes(dr, type, text);
        break;
    case STUN_ADDR:
        stun_add_addr(dr, type, &ip4);
        break;
    case STUN_XOR_ADDR:
        stun_add_addr(dr, type, type == STUN_XOR_PEER_ADDRESS ? &ip6 : &ip4);
        break;
    case STUN_CODE:
        stun_add_code(dr, 420, "Unknown Attribute");
        break;
    case STUN_TYPES:
        stun_add_types(dr, type, types, COUNT(types));
        break;
    case STUN_ALGORITHM:
        draft_raw(dr, stun_add(dr, type), &stun_value_descs[STUN_RAW]->f[0], md5);
        break;
    case STUN_ALGORITHMS:
        draft_raw(dr, stun_add(dr, type), &stun_value_descs[STUN_RAW]->f[0], both);
        break;
    case STUN_FAMILY_CODE:
        draft_raw(dr, stun_add(dr, type), &stun_value_descs[STUN_RAW]->f[0],
                  (struct span)SPAN("\2\0\4(Address Family not Supported"));
        break;
    case STUN_RAW:
    case STUN_OCTETS:
    case STUN_ICMP_INFO:
        draft_raw(dr, stun_add(dr, type), &stun_value_descs[STUN_RAW]->f[0],
                  span_cut(octets, 0, r && r->min > 8 ? r->min : 8));
        break;
    default:
        stun_add_uint(dr, type, r->kind == STUN_U8 || r->kind == STUN_U8_RFFU ? 17 : 0x4001);
    }
}

/* A class that the attribute may stand in. */
static enum stun_class class_for(uint16_t type)
{
    return type == STUN_ERROR_CODE || type == STUN_UNKNOWN_ATTRIBUTES ? STUN_ERROR : STUN_REQUEST;
}

static void attributes(struct seeds *o)
{
    uint8_t mem[8192];

    for (size_t i = 0; i < stun_types.n; i++) {
        uint16_t type = (uint16_t)stun_types.v[i].v;
        struct arena a = arena_of(mem, sizeof mem);
        struct draft dr;
        char name[64];
        stun_draft(&dr, &a, class_for(type), STUN_BINDING, id);
        add_typical(&dr, type);
        snprintf(name, sizeof name, "attr-%s", stun_types.v[i].s);
        for (char *c = name; *c; c++)
            *c = *c == '_' ? '-' : *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
        message(o, name, &dr, NULL);
    }
}

/* ---- whole messages ---- */

static void authenticated(struct seeds *o)
{
    static const struct span nonce = SPAN("obMatJos2AAACf//499k954d6OL34oL9FSTvy64sA");
    uint8_t mem[8192], hash[32];
    struct arena a = arena_of(mem, sizeof mem);
    struct stun_key k;
    struct draft dr;

    stun_key_init(&k, password);
    stun_draft(&dr, &a, STUN_REQUEST, STUN_BINDING, id);
    stun_add_bytes(&dr, STUN_USERNAME, user);
    stun_add_uint(&dr, STUN_PRIORITY, 0x6e0001ff);
    stun_add_uint(&dr, STUN_ICE_CONTROLLED, UINT64_C(0x932ff9b151263b36));
    stun_add(&dr, STUN_MESSAGE_INTEGRITY);
    stun_add(&dr, STUN_FINGERPRINT);
    message(o, "short-term", &dr, &k);

    a = arena_of(mem, sizeof mem);
    stun_key_long_term(&k, STUN_SHA256, user, realm, password);
    stun_userhash(hash, user, realm);
    stun_draft(&dr, &a, STUN_REQUEST, STUN_ALLOCATE, id);
    stun_add_bytes(&dr, STUN_USERHASH, (struct span){hash, sizeof hash});
    stun_add_bytes(&dr, STUN_REALM, realm);
    stun_add_bytes(&dr, STUN_NONCE, nonce);
    add_typical(&dr, STUN_PASSWORD_ALGORITHMS);
    add_typical(&dr, STUN_PASSWORD_ALGORITHM);
    stun_add_uint(&dr, STUN_REQUESTED_TRANSPORT, 17);
    stun_add(&dr, STUN_MESSAGE_INTEGRITY_SHA256);
    stun_add(&dr, STUN_FINGERPRINT);
    message(o, "long-term", &dr, &k);
}

static void empty_ones(struct seeds *o)
{
    static const struct {
        const char *name;
        enum stun_class cls;
    } all[] = {{"class-request", STUN_REQUEST},
               {"class-indication", STUN_INDICATION},
               {"class-success", STUN_SUCCESS},
               {"class-error", STUN_ERROR}};
    uint8_t mem[2048];
    struct draft dr;

    for (size_t i = 0; i < COUNT(all); i++) {
        struct arena a = arena_of(mem, sizeof mem);
        stun_draft(&dr, &a, all[i].cls, STUN_BINDING, id);
        message(o, all[i].name, &dr, NULL);
    }
    struct arena a = arena_of(mem, sizeof mem);
    stun_draft(&dr, &a, STUN_SUCCESS, STUN_BINDING, classic_id);
    stun_add_addr(&dr, STUN_MAPPED_ADDRESS, &ip4);
    stun_add_addr(&dr, STUN_CHANGED_ADDRESS, &ip4);
    message(o, "classic", &dr, NULL);
}

/* A request, ChannelData with padding, a request: what a TURN client over TCP sends. */
static void stream(struct seeds *o)
{
    static const struct span data = SPAN("hello");
    uint8_t mem[2048], p[256];
    struct arena a = arena_of(mem, sizeof mem);
    struct wr w = {p, sizeof p, 0, false};
    struct draft dr;

    stun_draft(&dr, &a, STUN_REQUEST, STUN_REFRESH, id);
    stun_add_uint(&dr, STUN_LIFETIME, 600);
    stun_encode(&w, &dr, NULL);
    size_t n = w.n;
    stun_channel_put(&w, 0x4000, data, true);
    seed_keep(o, "channel-data", span_cut(wr_span(&w), n, w.n));
    stun_encode(&w, &dr, NULL);
    seed_keep(o, "stream-with-channel-data", wr_span(&w));
}

int main(int argc, char **argv)
{
    struct seeds o;

    if (!seeds_args(&o, argc, argv))
        return 2;
    attributes(&o);
    authenticated(&o);
    empty_ones(&o);
    stream(&o);
    seed_keep(&o, "uri-turns", (struct span)SPAN("turns:[2001:db8::1]:5349?transport=tcp"));
    return o.bad ? 1 : 0;
}
