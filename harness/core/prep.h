/* harness/core/prep.h - prepared strings: what user names, realms and passwords are made into before
 * they are compared, hashed or sent. Over libunistring and libidn.
 *
 * Text goes in and comes out as UTF-8 octets, not NUL-terminated. The result stands in the caller's
 * arena and lives as long as it; the libraries may take memory for the time of a call. */
#ifndef HARNESS_CORE_PREP_H
#define HARNESS_CORE_PREP_H
#include "codecs/base/base.h"

enum prep_result {
    PREP_OK,
    PREP_NOT_UTF8,   /* not well-formed */
    PREP_EMPTY,      /* nothing there, or nothing left */
    PREP_DISALLOWED, /* a code point that the profile forbids, is not assigned, or stands where its
                        contextual rule does not hold */
    PREP_BIDI,       /* SASLprep: left-to-right and right-to-left mixed */
    PREP_FULL,       /* the arena, or the library's memory, is too small */
};
/* The result in words, static. */
const char *prep_name(enum prep_result r);

/* OpaqueString (RFC 8265, section 4.2), as RFC 8489 wants it for names, realms and passwords: every
 * code point allowed by the FreeformClass (RFC 8264, section 4.3), other spaces made U+0020, then
 * NFC. Case is kept.
 *
 * in   the string as a user would give it
 * out  written on PREP_OK only
 *
 * Idempotent: preparing what was prepared changes nothing. (So a code point whose normal form is not
 * allowed, such as U+0387, is refused.) */
enum prep_result prep_opaque(struct arena *mem, struct span in, struct span *out);
/* SASLprep (RFC 4013), as RFC 5389 wants it: mapped, NFKC, prohibited code points and bidirectional
 * text refused, unassigned ones (of Unicode 3.2) too. A NUL octet is refused as prohibited. */
enum prep_result prep_sasl(struct arena *mem, struct span in, struct span *out);
#endif
