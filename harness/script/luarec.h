/* harness/script/luarec.h - Lua tables <-> records and drafts, by field tables alone. */
#ifndef HARNESS_SCRIPT_LUAREC_H
#define HARNESS_SCRIPT_LUAREC_H
#include <lua.h>
#include "codecs/base/draft.h"

/* Push a table of every field of `rec` that is not absent: numbers, names of enumerations, octets
 * and text as strings, addresses as "192.0.2.1:3478", records as tables, lists as arrays; the
 * fields of a pick stand beside the others. */
void luarec_push(lua_State *L, const struct desc *d, const void *rec);
/* Fill `rec` (zeroed by the caller) from the table at `index`; spans and lists go to `mem`. A key
 * that `d` does not have goes to its F_DRAFT field, where there is one. Raises a Lua error that
 * names the key otherwise. nil and none mean an empty table. */
void luarec_read(lua_State *L, int index, const struct desc *d, void *rec, struct arena *mem);
#endif
