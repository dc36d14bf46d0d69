/* harness/core/registry.c - looking things up by name in the generated registry. */
#include "harness/core/registry.h"

const struct codec *codec_named(const char *name)
{
    for (size_t i = 0; i < registry_n; i++)
        if (registry[i].codec && strcmp(registry[i].codec->name, name) == 0)
            return registry[i].codec;
    return NULL;
}

const char *codec_folder(const struct codec *codec)
{
    for (size_t i = 0; i < registry_n; i++)
        if (codec && registry[i].codec == codec)
            return registry[i].folder;
    return NULL;
}

const struct endpoint_class *class_named(const char *name)
{
    for (size_t i = 0; i < registry_n; i++)
        for (size_t c = 0; registry[i].classes && registry[i].classes[c]; c++)
            if (strcmp(registry[i].classes[c]->name, name) == 0)
                return registry[i].classes[c];
    return NULL;
}

const struct endpoint_class *layer_named(const char *word, size_t n)
{
    for (size_t i = 0; i < registry_n; i++)
        for (size_t c = 0; registry[i].classes && registry[i].classes[c]; c++) {
            const char *l = registry[i].classes[c]->layer;
            if (l && strlen(l) == n && memcmp(l, word, n) == 0)
                return registry[i].classes[c];
        }
    return NULL;
}

const struct watcher_class *watcher_of(const struct codec *codec, size_t i)
{
    for (size_t r = 0; r < registry_n; r++) {
        const struct watcher_class *w = registry[r].watch;
        if (codec && w && (w->codec == codec || w->also == codec) && i-- == 0)
            return w;
    }
    return NULL;
}
