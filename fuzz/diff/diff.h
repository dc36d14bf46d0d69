/* fuzz/diff/diff.h - a message as two libraries read it, by what can be compared: the differential targets.
 *
 * A peer's library is read in a file of its own, since its names are those of ours; it fills a projection. What
 * the two disagree in is a finding, unless the table of diff.c has a row for it that says why it is lawful, or
 * the peer's own affair. */
#ifndef FUZZ_DIFF_DIFF_H
#define FUZZ_DIFF_DIFF_H
#include "codecs/base/field.h"

enum { DIFF_TEXT = 1024 };
enum diff_item { /* what is compared, each as the first attribute of its type has it */
                 DIFF_MAPPED,
                 DIFF_XOR_MAPPED,
                 DIFF_XOR_PEER,
                 DIFF_XOR_RELAYED,
                 DIFF_ADDRS,
                 DIFF_PRIORITY = DIFF_ADDRS,
                 DIFF_LIFETIME,
                 DIFF_CONTROLLED,
                 DIFF_CONTROLLING,
                 DIFF_CODE,
                 DIFF_NUMBERS,
                 DIFF_USERNAME = DIFF_NUMBERS,
                 DIFF_REALM,
                 DIFF_NONCE,
                 DIFF_SOFTWARE,
                 DIFF_ITEMS,
};
enum diff_check { DIFF_UNASKED, DIFF_ABSENT, DIFF_GOOD, DIFF_BAD };
struct projection {
    bool accept; /* the library takes it for one whole message */
    uint8_t cls;
    uint16_t method;
    uint8_t id[12];
    struct {
        bool asked, there; /* asked: this library can say */
        struct addr addr;  /* up to DIFF_ADDRS */
        uint64_t number;   /* up to DIFF_NUMBERS */
        size_t n;          /* octets of text */
        uint8_t text[DIFF_TEXT];
    } v[DIFF_ITEMS];
    uint8_t integrity, fingerprint; /* enum diff_check; integrity under MUTATE_SECRET */
};
struct diff_peer {
    const char *name;
    void (*read)(struct span in, struct projection *out);
    bool after_integrity; /* it finds attributes that stand behind MESSAGE-INTEGRITY too */
    bool c_strings;       /* its text ends at the first NUL */
    bool by_type; /* it reads as many octets as a type has, whatever the attribute's length says */
};
extern const struct diff_peer diff_libre, diff_nice;

/* Read `in` by both and compare. Comes back, or ends the process through require(). */
void diff_run(const struct diff_peer *peer, struct span in);
#endif
