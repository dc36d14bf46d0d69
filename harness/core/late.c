/* harness/core/late.c - dlopen and dlsym, once a library. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "harness/core/late.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool load(struct late *l)
{
    void *library = dlopen(l->file, RTLD_NOW | RTLD_LOCAL);

    if (!library) {
        snprintf(l->why, sizeof l->why, "%s cannot be loaded: %s", l->file, dlerror());
        return false;
    }
    for (size_t i = 0; i < l->n; i++) {
        void *p = dlsym(library, l->names[i].name);
        if (!p) {
            snprintf(l->why, sizeof l->why, "%s has no %s", l->file, l->names[i].name);
            dlclose(library);
            return false;
        }
        memcpy((char *)l->functions + l->names[i].at, &p, sizeof p); /* C has no cast for it */
    }
    return true;
}

const char *late_load(struct late *l)
{
    pthread_mutex_lock(&lock);
    if (!l->loaded)
        l->loaded = load(l);
    bool loaded = l->loaded;
    pthread_mutex_unlock(&lock);
    return loaded ? NULL : l->why;
}
