/* harness/cli/vectors.h - test vectors: files of vectors/<p>/, what is done with each of them.
 *
 * docs/vectors.md has the format. vectors.c reads, vectors_run.c runs what holds for every codec,
 * vectors_match.c compares; vectors_<p>.c has what one protocol checks beyond that (keys). */
#ifndef HARNESS_CLI_VECTORS_H
#define HARNESS_CLI_VECTORS_H
#include <jansson.h>
#include "codecs/base/codec.h"

enum {
    VECTOR_MAX = 1 << 20,   /* octets in a vector */
    VECTOR_FINDINGS = 256,  /* findings of one vector */
    VECTOR_MEM = 8 << 20,   /* octets of the arena that a decoder gets at most */
    VECTOR_JSON = 16 << 20, /* octets of a view as JSON */
    VECTOR_WHY = 1024,
};
struct vector { /* one test; borrows the file's JSON and `octets`, which live while it is visited */
    const char *id, *result, *path;
    const struct codec *codec;
    const json_t *group, *test;
    struct span octets;
    bool stream;    /* octets of a stream: framed by codec->next, any number of messages */
    bool reencode;  /* each message that decodes is encoded to the same octets again */
    enum step step; /* what decoding (stream: framing at the end) gives */
    size_t rest;    /* stream: octets at the end that are no whole message */
};

/* Add to `why` a sentence without its full stop, behind a semicolon where one stands there; returns
 * false. */
bool vector_fails(struct wr *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- reading ---- */

typedef void vector_visit(void *ctx, const struct vector *v);
/* Read one file of a protocol's folder and visit its tests in order; a file of another codec than `only`
 * (NULL: any) is passed over. `seen` is a JSON object of the ids so far, which are
 * not used twice. False: the file does not keep the format, `why` says where. */
bool vectors_read(const char *path, const char *folder, const struct codec *only, json_t *seen,
                  vector_visit *visit, void *ctx, struct wr *why);

/* ---- running ---- */

struct guard { /* octets between two unreadable pages */
    uint8_t *map;
    size_t page, body;
};
struct vector_lab { /* memory for runs */
    struct guard in, mem, out;
    uint8_t *whole; /* VECTOR_MEM octets: the view of the whole message */
    uint8_t *json;  /* VECTOR_JSON octets, twice */
};
/* False: no memory. Closed either way with lab_close. */
bool lab_open(struct vector_lab *lab);
void lab_close(struct vector_lab *lab);
/* Do with `v` what docs/vectors.md lists; false: `why` says what is not as it should be. */
bool vector_run(struct vector_lab *lab, const struct vector *v, struct wr *why);

/* ---- comparing ---- */

/* Every key and item in `want` stands in `got` (null: the key is absent); lists are of one length.
 * `path` is where both stand. */
bool vector_match(const json_t *want, const json_t *got, const char *path, struct wr *why);
/* `got` holds the findings that the array `want` lists, no others, in any order. */
bool vector_findings(const json_t *want, const struct findings *got, struct wr *why);

/* ---- what a protocol adds ---- */

struct vector_check {
    const char *protocol;
    const char *const *keys; /* of a test, beside those of every protocol; NULL-terminated */
    /* One message of `v` in its decoded form; false: `why` says what does not hold. NULL: nothing is checked. */
    bool (*check)(const struct vector *v, const void *view, struct wr *why);
    /* What the message breaks beside what else `v` names, to `fs`; NULL: nothing. */
    bool (*judge)(const struct vector *v, const void *view, struct findings *fs, struct wr *why);
};
extern const struct vector_check sdp_vector_check, stun_vector_check;
/* NULL: the protocol adds nothing. */
const struct vector_check *vector_check_named(const char *protocol);
#endif
