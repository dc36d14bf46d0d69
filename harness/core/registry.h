/* harness/core/registry.h - what each protocol brings; the table is generated from CMakeLists.txt. */
#ifndef HARNESS_CORE_REGISTRY_H
#define HARNESS_CORE_REGISTRY_H
#include "harness/core/endpoint.h"
#include "harness/core/watch.h"

struct protocol {
    const char *name;
    const struct codec *codec;                   /* NULL: none */
    const struct endpoint_class *const *classes; /* NULL-terminated; NULL: none */
    const struct watcher_class *watch;           /* NULL: none */
};
extern const struct protocol registry[];
extern const size_t registry_n;

/* By name, NULL: none such. */
const struct codec *codec_named(const char *name);
const struct endpoint_class *class_named(const char *name);
const struct endpoint_class *layer_named(const char *word, size_t n);
/* The watcher that is shown the views of a codec; NULL: none. */
const struct watcher_class *watcher_of(const struct codec *codec);
/* The codec that is surest that a datagram (or the front of a stream, by `framing`) is its own;
 * NULL: none is. */
const struct codec *codec_guess(struct span in, uint16_t port, enum framing framing);
#endif
