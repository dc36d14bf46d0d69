/* harness/replay/capsource.h - the octets of a capture: from a file or pipe, gzip'd or not, growing or not. */
#ifndef HARNESS_REPLAY_CAPSOURCE_H
#define HARNESS_REPLAY_CAPSOURCE_H
#include "codecs/base/base.h"

enum {
    CAPSOURCE_PACKED = 65536, /* octets of a gzip stream that are read at once */
    CAPSOURCE_WAIT_MS =
        50, /* a pipe that is silent for so long is not waited for while there is work */
};
struct capsource_gzip;
struct capsource {
    int fd;
    bool regular;         /* a file, no pipe */
    uint64_t size, taken; /* octets of a file when it was opened; read so far, before unpacking */
    bool (*more)(void *ctx); /* as in engine_options; NULL: the end is the end */
    void *ctx;
    struct capsource_gzip *gzip;
    const char *why; /* of what failed, a sentence without its subject; NULL: nothing */
};
void capsource_open(struct capsource *s, int fd);
void capsource_close(struct capsource *s); /* the descriptor stays open */
/* Unpack from here on; `first` are the octets that were read already, at most CAPSOURCE_PACKED of them.
 * False: no memory. */
bool capsource_unpack(struct capsource *s, struct span first);
/* At least one octet of the next `n`; 0: the end; -1: it fails, `why` says how. `wait`: the end of a file that
 * grows, and silence of a pipe, are waited out; else 0 says that there is nothing now. */
ptrdiff_t capsource_read(struct capsource *s, uint8_t *p, size_t n, bool wait);
#endif
