/* harness/replay/tlsdec.h - TLS out of captured octets: what its handshake shows and, with keys, what it carries.
 *
 * TLS 1.2 (RFC 5246) with AES-GCM or ChaCha20-Poly1305 and any key exchange, TLS 1.3 (RFC 8446) with AES-GCM or
 * ChaCha20-Poly1305. Keys come from key logs (lines as NSS writes them: LABEL CLIENT_RANDOM SECRET) by file or pcapng
 * block. What goes out as plaintext has passed its tag: wrong keys are said to be wrong. Early data (0-RTT) is passed
 * over. DTLS and older TLS are recognised only. No file and no socket is touched here. */
#ifndef HARNESS_REPLAY_TLSDEC_H
#define HARNESS_REPLAY_TLSDEC_H
#include "codecs/base/base.h"

enum {
    TLSKEYS_MAX = 1 << 16,            /* client randoms; beyond it the oldest gives way */
    TLSKEYS_LINE_MAX = 256,           /* octets in a line of a key log; a longer one is bad */
    TLSKEYS_HELD_MAX = 16 << 20,      /* octets that all connections hold while they wait */
    TLSDEC_RECORD_MAX = 16384 + 2048, /* octets in a record's fragment, RFC 5246 section 6.2.3 */
    TLSDEC_MESSAGE_MAX = 1 << 16,     /* octets in a handshake message that is looked into */
    TLSDEC_WAIT_MAX = 32768, /* of a direction, while it waits for keys or the other direction */
    TLSDEC_NAME_MAX = 255,   /* octets of a server name or protocol name */
};

/* ---- keys ---- */

/* A store of secrets by client random; threads may share it. */
struct tlskeys;
struct tlskeys_counts {
    uint64_t lines, secrets; /* secrets: that were taken, copies included */
    uint64_t passed_over;    /* labels of no use here, comments, blank lines */
    uint64_t bad;            /* lines that are no such line */
    uint64_t evicted;        /* client randoms that gave way */
};
/* `limit`: client randoms, 0: TLSKEYS_MAX. NULL: no memory. */
struct tlskeys *tlskeys_new(size_t limit);
void tlskeys_free(struct tlskeys *k);
/* Take lines of a key log; the last one needs no line feed. `frame`: who asks for frames before it does not see them
 * (so that several threads, some of them ahead, decrypt the same); 0: everybody sees them. */
void tlskeys_add(struct tlskeys *k, struct span text, uint32_t frame);
void tlskeys_counts(struct tlskeys *k, struct tlskeys_counts *c);
/* Whether there is a secret of a client random, 32 octets, as seen from `frame`. */
bool tlskeys_has(struct tlskeys *k, const uint8_t *client_random, uint32_t frame);

/* ---- connections ---- */

enum tlsdec_kind { TLSDEC_OTHER, TLSDEC_TLS, TLSDEC_DTLS };
/* What octets at the front of a stream or datagram are: TLS where a handshake record with a hello begins, or an alert.
 * `sure` false: they are too few to tell (5 octets are needed). */
enum tlsdec_kind tlsdec_guess(struct span front, bool *sure);

struct tlsdec_octets { /* in: what TCP delivers. All of `data` is taken */
    unsigned side;     /* the sender, 0 or 1 */
    struct span data;  /* borrowed until the call returns; empty: only the gap */
    uint64_t gap;      /* octets right before it that are not there: this direction ends */
    uint32_t frame;    /* of data */
    uint64_t time_ns;
};
struct tlsdec_plain { /* out: application data; lives until the callback returns */
    unsigned side;
    struct span data;     /* of one record, at least one octet */
    uint64_t off;         /* octets of application data in this direction before it */
    uint32_t first_frame; /* in which its record begins */
    uint32_t last_frame;  /* in which its record ends */
    uint64_t last_ns;     /* of last_frame */
    uint32_t frame;       /* that made it available: last_frame, or one that its keys came before */
    uint64_t time_ns;     /* of `frame` */
};
enum tlsdec_note_kind {
    TLSDEC_HELLO,     /* ClientHello: facts has SNI, what it offers, client random */
    TLSDEC_AGREED,    /* ServerHello (no HelloRetryRequest): version and cipher suite are known */
    TLSDEC_ALPN,      /* the server has chosen a protocol */
    TLSDEC_SECURED,   /* a direction is being decrypted: its first record has passed its tag */
    TLSDEC_ALERT,     /* arg[0] level, arg[1] description */
    TLSDEC_UPDATED,   /* a key update, in TLS 1.2 a renegotiation: other keys from here on */
    TLSDEC_ENDED,     /* close_notify */
    TLSDEC_NO_KEY,    /* encrypted, and the log has no key; told once, though both directions end */
    TLSDEC_WRONG_KEY, /* a tag does not fit; the direction ends */
    TLSDEC_NOT_READ,  /* a version or cipher suite that is not decrypted; the direction ends */
    TLSDEC_LOST,      /* octets are missing, or are no records of TLS; the direction ends */
};
struct tlsdec_note {
    enum tlsdec_note_kind kind;
    unsigned side;
    uint32_t frame;
    uint64_t time_ns;
    const char *what; /* a static format for finding_words; NULL: `kind` says all */
    uint64_t arg[2];
};
/* Called with `user`; neither may call into the same tlsdec but for tlsdec_facts. */
struct tlsdec_sink {
    void (*plain)(void *user, const struct tlsdec_plain *p);
    void (*note)(void *user, const struct tlsdec_note *n); /* NULL: nobody wants to know */
};
struct tlsdec_facts {
    bool hello, agreed; /* ClientHello, ServerHello were seen */
    unsigned client;    /* the client's side, where one of them was */
    uint16_t version;   /* agreed: 0x0303, 0x0304 ...; before: the highest that the client offers */
    uint16_t suite;     /* agreed */
    uint8_t client_random[32];
    char sni[TLSDEC_NAME_MAX + 1];       /* printable; empty: none */
    char alpn[TLSDEC_NAME_MAX + 1];      /* chosen; empty: none, or not seen */
    char offers[TLSDEC_NAME_MAX + 1];    /* of the client, by comma, as many as fit */
    bool early_data;                     /* the client offers 0-RTT data */
    bool retried;                        /* HelloRetryRequest */
    bool secured[2];                     /* a side is being decrypted */
    uint64_t records[2], passed_over[2]; /* passed_over: records of early data */
};
struct tlsdec;

/* A connection from its first octet of TLS on. `keys` is borrowed and may be NULL. NULL: no memory. */
struct tlsdec *tlsdec_new(struct tlskeys *keys, const struct tlsdec_sink *sink, void *user);
void tlsdec_free(struct tlsdec *d);
/* Take the next octets of a side, in order, split anywhere. Once a direction has ended its octets are passed over. */
void tlsdec_octets(struct tlsdec *d, const struct tlsdec_octets *in);
/* Nothing more will come: what waits for keys is tried once more and, without them, told. */
void tlsdec_end(struct tlsdec *d, uint32_t frame, uint64_t time_ns);
const struct tlsdec_facts *tlsdec_facts(const struct tlsdec *d);
/* Whether both directions have ended: nothing more will come out. */
bool tlsdec_is_over(const struct tlsdec *d);
/* Whether a direction waits for keys. */
bool tlsdec_waits(const struct tlsdec *d);
/* "TLSv1.2", "TLS_AES_128_GCM_SHA256"; NULL: not known here. */
const char *tlsdec_version_name(uint16_t version);
const char *tlsdec_suite_name(uint16_t suite);
#endif
