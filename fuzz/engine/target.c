/* fuzz/engine/target.c - oracles and memory that targets share. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "fuzz/engine/target.h"

void require(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "oracle: %s\n", what);
    abort();
}

void *need(size_t size)
{
    void *p = malloc(size ? size : 1);
    if (p)
        return p;
    fputs("fuzz: out of memory\n", stderr);
    _exit(71); /* what libFuzzer ends with */
}

/* A block whose last octet is the last of readable memory. */
static uint8_t *guarded(size_t n, size_t *size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (n / page + 1) * page;
    uint8_t *block =
        mmap(NULL, whole + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (block == MAP_FAILED || mprotect(block + whole, page, PROT_NONE) != 0) {
        perror("fuzz: a guarded block");
        _exit(71);
    }
    *size = whole + page;
    return block;
}

struct fence fence_copy(const uint8_t *p, size_t n)
{
    struct fence f = {.n = n};

    if (ADDRESS_SANITIZER) {
        f.block = need(n);
        f.p = n ? f.block : f.block + 1; /* nothing can be read of nothing */
    } else {
        f.block = guarded(n, &f.size);
        f.p = f.block + (f.size - (size_t)sysconf(_SC_PAGESIZE)) - n;
    }
    if (n)
        memcpy(f.p, p, n);
    return f;
}

void fence_free(struct fence *f)
{
    if (ADDRESS_SANITIZER)
        free(f->block);
    else
        munmap(f->block, f->size);
    *f = (struct fence){0};
}
