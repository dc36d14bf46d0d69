/* harness/replay/srtpdec.h - SRTP and SRTCP out of captured datagrams, with keys given (RFC 3711, by libsrtp).
 *
 * A stream is two addresses and an SSRC, RTP and RTCP apart. Of the keys that may be its own the first one under which
 * a packet is authentic is the stream's. What goes out has passed its tag, but where the suite has none.
 *
 * A capture is not what a receiver sees, so where the library would refuse, this does not:
 *
 * - a packet that comes again is opened again (`again`), though a receiver throws it away (RFC 3711 section 3.3.2);
 * - the rollover counter of a stream that is met in its middle is no receiver's guess (section 3.3.1 has it told): it
 *   is what the key says (ROC=), else 0 and then each up to SRTPDEC_ROCS are tried; two ahead once a stream is known,
 *   for the capture may have a hole.
 *
 * The state is bounded: SRTPDEC_STREAMS streams; where the places for one are taken the one of them that was idle
 * longest is forgotten, those first that no key has opened. No file and no socket is touched here. */
#ifndef HARNESS_REPLAY_SRTPDEC_H
#define HARNESS_REPLAY_SRTPDEC_H
#include "codecs/base/field.h"

enum {
    SRTPDEC_KEYS_MAX = 64,        /* in a list */
    SRTPDEC_KEY_MAX = 46,         /* octets of master key and master salt */
    SRTPDEC_MKI_MAX = 128,        /* octets, RFC 4568 section 6.1 */
    SRTPDEC_WHY_MAX = 256,        /* octets of a sentence with its NUL */
    SRTPDEC_PACKET_MAX = 1 << 16, /* octets; a longer datagram is none */
    SRTPDEC_STREAMS = 2048,
    SRTPDEC_ROCS = 16, /* rollover counters that are tried from 0 on */
    SRTPDEC_TRIES =
        16, /* packets in a row for which all is tried; then those whose number is a power of two */
    SRTPDEC_TOLD = 3,  /* packets that are told of a stream, if they are not authentic */
    SRTPDEC_DOUBT = 3, /* packets in sequence that make a stream one that lacks a key */
};

/* ---- keys ---- */

struct srtpdec_key {
    uint8_t suite;                /* srtpdec_suite_name */
    uint8_t n_mki;                /* 0: packets have no MKI */
    uint8_t key[SRTPDEC_KEY_MAX]; /* master key, then master salt */
    uint8_t mki[SRTPDEC_MKI_MAX];
    bool clear; /* its RTP is not encrypted, only authenticated */
    bool has_ssrc, has_end, has_roc;
    uint32_t ssrc, roc; /* roc: of the first packet of each stream */
    struct addr end;    /* the one or the other end of its packets; RTCP also one port above */
};
/* Read "[SSRC=N,][ROC=N,][ADDR:PORT,][UNENCRYPTED_SRTP,]SUITE:KEY": SUITE a crypto-suite of RFC 4568, 6188 or 7714,
 * KEY what stands behind "inline:" in a=crypto (RFC 4568 section 6.1): master key and salt in base64, then, if need be,
 * lifetime and MKI, each behind "|". False: `why` is a sentence without its subject. */
bool srtpdec_key_read(const char *text, struct srtpdec_key *k, char why[SRTPDEC_WHY_MAX]);
/* "AES_CM_128_HMAC_SHA1_80"; NULL: there are no more. */
const char *srtpdec_suite_name(unsigned suite);
/* Octets of master key and master salt together. */
size_t srtpdec_suite_key(unsigned suite);

/* ---- packets ---- */

struct srtpdec;
struct srtpdec_in {
    struct addr from, to;
    struct span octets; /* of the datagram; borrowed until the call returns */
    size_t missing;     /* octets that the capture left out */
};
enum srtpdec_got {
    SRTPDEC_PASSED, /* no key is for it or opens it, or it is no RTP and no RTCP: as if there were no keys */
    SRTPDEC_OPENED, /* octets: the packet as it was before it was protected */
    SRTPDEC_HEADER, /* octets: the RTP header; of a stream that is being opened, but the packet was cut */
    SRTPDEC_REFUSED, /* not authentic, in a stream of which other packets are */
};
struct srtpdec_out {
    struct span octets; /* lives until the next call */
    bool rtcp,
        again; /* again: a packet of this number was opened before, or it is late by a window */
    bool tell; /* it is one of those packets that are to be told: not authentic */
    uint32_t ssrc;
    uint16_t sequence; /* of RTP */
};
struct srtpdec_counts {
    uint64_t opened, again; /* again: those of them that were */
    uint64_t
        failed; /* not authentic; of streams that no key opens and none names those that are in sequence */
    uint64_t evicted; /* streams that were forgotten */
};
/* NULL: SRTP can be opened; else why not, a sentence: libsrtp2 is not there, or fails. */
const char *srtpdec_library(void);
/* `keys` is borrowed. NULL: no memory, or the library fails. Several may be used by several threads. */
struct srtpdec *srtpdec_new(const struct srtpdec_key *keys, size_t n);
void srtpdec_free(struct srtpdec *d);
/* Forget all streams and counts. */
void srtpdec_reset(struct srtpdec *d);
enum srtpdec_got srtpdec_open(struct srtpdec *d, const struct srtpdec_in *in,
                              struct srtpdec_out *out);
void srtpdec_counts(const struct srtpdec *d, struct srtpdec_counts *c);
#endif
