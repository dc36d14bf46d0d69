/* harness/script/cites.h - which clauses the cases of a Lua text cite, without running it. */
#ifndef HARNESS_SCRIPT_CITES_H
#define HARNESS_SCRIPT_CITES_H
#include "harness/core/clause.h"

struct cites;

/* For the cases of one protocol; `lib` is the text of its lib.lua, which is read here, NULL: there is none. NULL: no
 * memory. */
struct cites *cites_new(const char *lib);
/* The cases of a text: cites each clause id that stands alone in a string behind the id of a case, and those in
 * functions of the same text that the case names, or that these name; such a function begins at the start of a line,
 * and stands before it is named. So do those in functions of lib.lua that are called as l.NAME(, lib.NAME( or
 * lib(t).NAME(. */
void cites_read(struct cites *c, const char *text,
                void (*cites)(void *ctx, const char *id, const struct clause *c), void *ctx);
void cites_free(struct cites *c);
#endif
