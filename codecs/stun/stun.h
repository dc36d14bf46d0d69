/* codecs/stun/stun.h - STUN and TURN messages: RFC 8489, with RFC 5389 and classic RFC 3489 told
 * apart; attributes of RFC 3489, 5389, 5766, 5780, 6062, 6156, 7635, 7982, 8016, 8445, 8656. */
#ifndef CODECS_STUN_STUN_H
#define CODECS_STUN_STUN_H
#include "codecs/base/codec.h"
#include "codecs/base/digest.h"

enum {
    STUN_HEADER = 20,
    STUN_ATTRS_MAX = 16384, /* attributes that fit into the longest message */
    STUN_MAX = 65535 + STUN_HEADER,
    STUN_NONCE_COOKIE = 13, /* octets of "obMatJos2" and four of base64, RFC8489:9.2 */
};
#define STUN_COOKIE 0x2112a442u
#define STUN_FINGERPRINT_XOR 0x5354554eu /* RFC8489:14.7 */

enum stun_class { STUN_REQUEST, STUN_INDICATION, STUN_SUCCESS, STUN_ERROR };
enum stun_method {
    STUN_BINDING = 0x001,
    STUN_SHARED_SECRET = 0x002, /* RFC 3489 */
    STUN_ALLOCATE = 0x003,
    STUN_REFRESH = 0x004,
    STUN_SEND = 0x006,
    STUN_DATA = 0x007,
    STUN_CREATE_PERMISSION = 0x008,
    STUN_CHANNEL_BIND = 0x009,
    STUN_CONNECT = 0x00a, /* RFC 6062 */
    STUN_CONNECTION_BIND = 0x00b,
    STUN_CONNECTION_ATTEMPT = 0x00c,
};
enum stun_type { /* attributes; below 0x8000 comprehension is required */
                 STUN_MAPPED_ADDRESS = 0x0001,
                 STUN_RESPONSE_ADDRESS = 0x0002, /* RFC 3489 */
                 STUN_CHANGE_REQUEST = 0x0003,
                 STUN_SOURCE_ADDRESS = 0x0004,
                 STUN_CHANGED_ADDRESS = 0x0005,
                 STUN_USERNAME = 0x0006,
                 STUN_PASSWORD = 0x0007,
                 STUN_MESSAGE_INTEGRITY = 0x0008,
                 STUN_ERROR_CODE = 0x0009,
                 STUN_UNKNOWN_ATTRIBUTES = 0x000a,
                 STUN_REFLECTED_FROM = 0x000b,
                 STUN_CHANNEL_NUMBER = 0x000c,
                 STUN_LIFETIME = 0x000d,
                 STUN_XOR_PEER_ADDRESS = 0x0012,
                 STUN_DATA_VALUE = 0x0013,
                 STUN_REALM = 0x0014,
                 STUN_NONCE = 0x0015,
                 STUN_XOR_RELAYED_ADDRESS = 0x0016,
                 STUN_REQUESTED_ADDRESS_FAMILY = 0x0017,
                 STUN_EVEN_PORT = 0x0018,
                 STUN_REQUESTED_TRANSPORT = 0x0019,
                 STUN_DONT_FRAGMENT = 0x001a,
                 STUN_ACCESS_TOKEN = 0x001b,
                 STUN_MESSAGE_INTEGRITY_SHA256 = 0x001c,
                 STUN_PASSWORD_ALGORITHM = 0x001d,
                 STUN_USERHASH = 0x001e,
                 STUN_XOR_MAPPED_ADDRESS = 0x0020,
                 STUN_RESERVATION_TOKEN = 0x0022,
                 STUN_PRIORITY = 0x0024,
                 STUN_USE_CANDIDATE = 0x0025,
                 STUN_PADDING = 0x0026,
                 STUN_RESPONSE_PORT = 0x0027,
                 STUN_CONNECTION_ID = 0x002a,
                 STUN_ADDITIONAL_ADDRESS_FAMILY = 0x8000,
                 STUN_ADDRESS_ERROR_CODE = 0x8001,
                 STUN_PASSWORD_ALGORITHMS = 0x8002,
                 STUN_ALTERNATE_DOMAIN = 0x8003,
                 STUN_ICMP = 0x8004,
                 STUN_SOFTWARE = 0x8022,
                 STUN_ALTERNATE_SERVER = 0x8023,
                 STUN_TRANSACTION_TRANSMIT_COUNTER = 0x8025,
                 STUN_CACHE_TIMEOUT = 0x8027,
                 STUN_FINGERPRINT = 0x8028,
                 STUN_ICE_CONTROLLED = 0x8029,
                 STUN_ICE_CONTROLLING = 0x802a,
                 STUN_RESPONSE_ORIGIN = 0x802b,
                 STUN_OTHER_ADDRESS = 0x802c,
                 STUN_ECN_CHECK = 0x802d,
                 STUN_THIRD_PARTY_AUTHORIZATION = 0x802e,
                 STUN_MOBILITY_TICKET = 0x8030,
};
enum stun_algorithm { STUN_MD5 = 1, STUN_SHA256 = 2 }; /* RFC8489:18.5 */

/* How the value of an attribute is laid out. */
enum stun_kind {
    STUN_RAW, /* unknown, or a value that does not fit its form: octets */
    STUN_EMPTY,
    STUN_U8,       /* one octet */
    STUN_U8_RFFU,  /* one octet, three reserved */
    STUN_U16_RFFU, /* two octets, two reserved */
    STUN_U32,
    STUN_U64,
    STUN_OCTETS,
    STUN_TEXT,
    STUN_ADDR,
    STUN_XOR_ADDR,
    STUN_CODE,        /* ERROR-CODE */
    STUN_TYPES,       /* UNKNOWN-ATTRIBUTES */
    STUN_ALGORITHM,   /* PASSWORD-ALGORITHM */
    STUN_ALGORITHMS,  /* PASSWORD-ALGORITHMS */
    STUN_FAMILY_CODE, /* ADDRESS-ERROR-CODE */
    STUN_ICMP_INFO,
};

struct stun_attr {    /* 40 octets; borrows the message */
    const uint8_t *p; /* its type field in the message */
    uint16_t type;
    uint16_t length;  /* of the value, without padding */
    uint8_t kind;     /* enum stun_kind */
    uint8_t pad;      /* octets of padding that are there */
    uint8_t reserved; /* STUN_ADDR, STUN_XOR_ADDR: the first octet */
    uint8_t family;   /* STUN_FAMILY_CODE */
    union {
        struct addr addr; /* unmasked for STUN_XOR_ADDR */
        uint64_t u64;
        struct {
            uint32_t u32, rffu; /* STUN_U8 to STUN_U32; reserved bits as a number */
        };
        struct span s; /* STUN_RAW, STUN_OCTETS, STUN_TEXT, STUN_TYPES, STUN_ALGORITHMS */
        struct {
            struct span reason; /* STUN_CODE, STUN_FAMILY_CODE; STUN_ALGORITHM: parameters */
            uint32_t code_rffu; /* 21 (13 in ADDRESS-ERROR-CODE) reserved bits before the class */
            uint16_t code;      /* class * 100 + number; STUN_ALGORITHM: the algorithm */
        };
    } v;
};
struct stun_msg { /* view; borrows the octets and the attribute array */
    struct span wire;
    uint8_t cls;  /* enum stun_class */
    bool classic; /* no magic cookie: RFC 3489, transaction id of 16 octets */
    uint16_t method, length;
    uint32_t cookie;
    struct span transaction; /* 12 octets, classic: 16 with those of the cookie */
    struct stun_attr *attrs;
    size_t n_attrs;
    bool truncated;   /* more attributes than the caller's array has room for; never a finding */
    struct span rest; /* octets at the end that are no whole attribute */
    /* where the first of each stands: octet offset of its type field, 0: absent */
    uint32_t at_integrity, at_integrity256, at_fingerprint;
};
extern const struct desc stun_msg_desc, stun_attr_desc;
extern const struct names stun_classes, stun_methods, stun_types;
extern const struct codec stun_codec;

/* Decode a whole datagram, or one message that stun_next has framed (RFC8489:5, 14).
 *
 * attrs, cap  the caller's array; m->truncated where the message has more
 * fs          gets what is wrong with framing, syntax and lengths, each once
 *
 * Returns STEP_ITEM (conforming or not), STEP_MORE (fewer than 20 octets) or STEP_FAIL (not STUN:
 * the first two bits are not zero; no finding, a demultiplexer sends it elsewhere).
 * No allocation; `m` borrows `in` and `attrs`. Cost is linear in `in`. */
enum step stun_decode(struct span in, struct stun_msg *m, struct stun_attr *attrs, size_t cap,
                      struct findings *fs);
/* The size of the message at the front of a stream: header and what its length field says
 * (RFC8489:6.2.2). STEP_FAIL, with a finding, where the front cannot be a STUN message. */
enum step stun_next(struct span in, size_t *used, struct findings *fs);
/* What a decoded message breaks beyond its syntax: order of attributes, reserved bits, values,
 * attributes that a class must or must not carry. */
void stun_lint(const struct stun_msg *m, struct findings *fs);
/* 100: magic cookie, bits and length agree; 60: a plausible classic message; else 0. */
unsigned stun_guess(struct span in, uint16_t port);

/* The first attribute of a type that a receiver may look at: RFC8489:14#6, and :9#1, :9#2 (what
 * follows the integrity attributes is ignored but for MI-SHA256 and FINGERPRINT). NULL: none. */
const struct stun_attr *stun_find(const struct stun_msg *m, uint16_t type);
/* Whether the type needs comprehension: RFC8489:14. */
static inline bool stun_required(uint16_t type)
{
    return type < 0x8000;
}
/* Name of an attribute type, of a method; NULL: unknown. */
const char *stun_type_name(uint16_t type);

/* ---- integrity ---- */

struct stun_key { /* a credential, its pads hashed; copyable */
    struct hmac_key sha1, sha256;
};
/* The HMAC key as octets: for short-term credentials the password (prepared by the caller). */
void stun_key_init(struct stun_key *k, struct span key);
/* Long-term: MD5 or SHA-256 of username ":" realm ":" password (RFC8489:9.2.2, 18.5.1), all three
 * prepared by the caller. */
void stun_key_long_term(struct stun_key *k, enum stun_algorithm alg, struct span user,
                        struct span realm, struct span password);
/* USERHASH: SHA-256 of username ":" realm (RFC8489:14.4). */
void stun_userhash(uint8_t out[32], struct span user, struct span realm);

enum stun_check { STUN_ABSENT, STUN_GOOD, STUN_BAD };
/* MESSAGE-INTEGRITY (RFC8489:14.5), MESSAGE-INTEGRITY-SHA256 also cut short (14.6), FINGERPRINT
 * (14.7), as the first of each stands; hashed in pieces under the length that it is defined over. */
enum stun_check stun_check_integrity(const struct stun_msg *m, const struct stun_key *k);
enum stun_check stun_check_integrity256(const struct stun_msg *m, const struct stun_key *k);
enum stun_check stun_check_fingerprint(const struct stun_msg *m);

/* ---- writing ---- */

/* Start a draft: class, method and transaction id (12 octets, or 16 for a classic message). */
void stun_draft(struct draft *dr, struct arena *mem, enum stun_class cls, uint16_t method,
                struct span transaction);
/* Append an attribute, typed by the table; each returns its node, NULL where the arena is full. */
struct node *stun_add(struct draft *dr, uint16_t type); /* no value: empty, or to be sealed */
struct node *stun_add_uint(struct draft *dr, uint16_t type, uint64_t v);
struct node *stun_add_bytes(struct draft *dr, uint16_t type, struct span s);
struct node *stun_add_addr(struct draft *dr, uint16_t type, const struct addr *a);
struct node *stun_add_code(struct draft *dr, unsigned code, const char *reason);
/* ADDRESS-ERROR-CODE (family 4 or 6), and ICMP (RFC8656:18.13: 7 bits of type, 9 of code). */
struct node *stun_add_family_code(struct draft *dr, uint8_t family, unsigned code,
                                  const char *reason);
struct node *stun_add_icmp(struct draft *dr, uint8_t type, uint8_t code, uint32_t data);
struct node *stun_add_types(struct draft *dr, uint16_t type, const uint16_t *v, size_t n);

struct
    stun_marks { /* attributes that were written without a value, to be sealed; offsets, 0: none */
    size_t integrity, integrity256, fingerprint;
    size_t cut256; /* octets of MESSAGE-INTEGRITY-SHA256 */
    size_t start;  /* where the message begins in the writer */
};
/* Write what the draft says, conforming or not. A length that the draft does not give is derived;
 * an attribute without a value is empty, but MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256 and
 * FINGERPRINT, which get room of their size, all zero, and a mark. `marks` may be NULL. */
void stun_encode(struct wr *w, const struct draft *dr, struct stun_marks *marks);
/* Fill in the marked values of a message that stun_encode wrote: integrity under `k` (NULL: left
 * zero), then FINGERPRINT. */
void stun_seal(struct wr *w, const struct stun_marks *marks, const struct stun_key *k);

/* The same for any octets, in place: the first MESSAGE-INTEGRITY, MESSAGE-INTEGRITY-SHA256 and FINGERPRINT
 * that have a lawful length are made good again; what is no message is left as it is. */
void stun_reseal(uint8_t *p, size_t n, const struct stun_key *k);

/* ---- ChannelData (RFC8656:12.4), which shares the ports of STUN ---- */

struct stun_channel {
    uint16_t number, length;
    struct span data;
};
/* Decode a ChannelData message at the front of `in`; `padded`: on a stream, where it is padded to
 * four octets. STEP_FAIL: the number is not 0x4000 to 0x4fff. A length beyond a datagram is a
 * finding and STEP_FAIL there, STEP_MORE on a stream. */
enum step stun_channel_next(struct span in, bool padded, struct stun_channel *c, size_t *used,
                            struct findings *fs);
/* The same as RFC 5766 had it, with numbers from 0x4000 to 0x7fff. */
enum step stun_channel_next_5766(struct span in, bool padded, struct stun_channel *c, size_t *used,
                                 struct findings *fs);
void stun_channel_put(struct wr *w, uint16_t number, struct span data, bool padded);

/* ---- the nonce cookie (RFC8489:9.2, 18.1) ---- */

enum { STUN_FEATURE_ALGORITHMS = 1 << 23, STUN_FEATURE_ANONYMITY = 1 << 22 }; /* bit 0 is the top */
/* The security features in a NONCE; false: it does not begin with the cookie. */
bool stun_nonce_features(struct span nonce, uint32_t *features);
void stun_nonce_cookie(struct wr *w, uint32_t features);
#endif
