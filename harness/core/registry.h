/* harness/core/registry.h - what each protocol brings; the table is generated from CMakeLists.txt. A row a
 * codec: a protocol that has several, such as RTP and RTCP, has its endpoints and watcher in the first. */
#ifndef HARNESS_CORE_REGISTRY_H
#define HARNESS_CORE_REGISTRY_H
#include "harness/core/endpoint.h"
#include "harness/core/watch.h"

struct protocol {
    const char *name;          /* of the codec, or of a protocol without one */
    const char *folder;        /* of the protocol: codecs/, vectors/, corpus/ ... */
    const struct codec *codec; /* NULL: none */
    const struct endpoint_class *const *classes; /* NULL-terminated; NULL: none */
    const struct watcher_class *watch;           /* NULL: none */
};
extern const struct protocol registry[];
extern const size_t registry_n;

/* By name, NULL: none such. */
const struct codec *codec_named(const char *name);
const struct endpoint_class *class_named(const char *name);
const struct endpoint_class *layer_named(const char *word, size_t n);
/* The folder of the protocol that has the codec; NULL: it is not in the registry. */
const char *codec_folder(const struct codec *codec);
/* The i-th watcher that is shown the views of a codec, its own protocol's and those of others that share it (STUN and
 * TURN); NULL: there are no more. */
const struct watcher_class *watcher_of(const struct codec *codec, size_t i);
/* The codec that is surest that a datagram (or the front of a stream, by `framing`) is its own;
 * NULL: none is. */
const struct codec *codec_guess(struct span in, uint16_t port, enum framing framing);
#endif
