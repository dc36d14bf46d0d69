/* fuzz/engine/codec_oracle.h - what holds for every codec, as oracles for its targets. */
#ifndef FUZZ_ENGINE_CODEC_ORACLE_H
#define FUZZ_ENGINE_CODEC_ORACLE_H
#include "fuzz/engine/target.h"

/* Read every octet; the sum keeps the compiler from leaving it out (see used). */
uint64_t oracle_touch(struct span s);
/* Findings have words and lie within the input. The sum of the octets that they point to. */
uint64_t oracle_findings(const struct findings *fs, struct span in);
/* Any octets as a message: decoded, linted, dumped as JSON and as text, briefed. Findings have words and lie within
 * the input, which is not written to; a decoder that ran out of memory finds nothing else. */
void oracle_parse(const struct codec *c, struct span in);
/* View, draft and octets agree: what decodes is written again octet for octet, in too little room nothing is written
 * past the end, and whatever an edited draft gives, decodes and is written again alike. Choices come from the end of
 * `in`. */
void oracle_roundtrip(const struct codec *c, struct span in);
#endif
