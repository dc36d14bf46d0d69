/* harness/script/chunks.c - texts that were compiled once: their bytecode, for every later state. */
#include <stdlib.h>
#include "harness/script/sandbox.h"

struct chunk {
    char *text, *name; /* copies: what was compiled */
    uint8_t *code;
    size_t n_text, n, cap;
};
/* A process runs one case at a time. A worker has what its parent compiled before. */
static struct chunk chunks[CHUNKS_MAX];
static size_t n_chunks;

static int append(lua_State *L, const void *p, size_t n, void *ctx)
{
    struct chunk *c = ctx;
    (void)L;
    if (n > c->cap - c->n) {
        size_t cap = 2 * (c->n + n);
        uint8_t *code = realloc(c->code, cap);
        if (!code)
            return 1;
        c->code = code;
        c->cap = cap;
    }
    memcpy(c->code + c->n, p, n);
    c->n += n;
    return 0;
}

static const struct chunk *find(struct span text, const char *name)
{
    for (size_t i = 0; i < n_chunks; i++)
        if (chunks[i].n_text == text.n && memcmp(chunks[i].text, text.p, text.n) == 0 &&
            strcmp(chunks[i].name, name) == 0)
            return &chunks[i];
    return NULL;
}

/* Keep the function on the stack; without memory, or without a place, it is compiled again each time. */
static void keep(lua_State *L, struct span text, const char *name)
{
    struct chunk c = {.n_text = text.n};

    if (n_chunks == CHUNKS_MAX || text.n > CHUNK_TEXT_MAX)
        return;
    c.text = malloc(text.n + 1);
    c.name = strdup(name);
    if (!c.text || !c.name || lua_dump(L, append, &c, 0) != 0) {
        free(c.text);
        free(c.name);
        free(c.code);
        return;
    }
    memcpy(c.text, text.p, text.n);
    chunks[n_chunks++] = c;
}

int sandbox_load(lua_State *L, struct span text, const char *name)
{
    const struct chunk *c = find(text, name);

    if (c)
        return luaL_loadbufferx(L, (const char *)c->code, c->n, name, "b");
    int status = luaL_loadbufferx(L, (const char *)text.p, text.n, name, "t");
    if (status == LUA_OK)
        keep(L, text, name);
    return status;
}
