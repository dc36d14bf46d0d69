/* harness/script/luarec.c - Lua tables <-> records and drafts. */
#include <lauxlib.h>
#include "harness/script/luarec.h"

enum { LIST_MAX = 65535 }; /* items of a list that a script gives */

/* ---- records to tables ---- */

static void push_fields(lua_State *L, const struct desc *d, const void *rec, unsigned depth);

static void push_addr(lua_State *L, const struct addr *a)
{
    uint8_t text[64];
    struct wr w = {text, sizeof text, 0, false};
    addr_text(&w, a);
    lua_pushlstring(L, (const char *)text, w.n);
}

static void push_record(lua_State *L, const struct desc *d, const void *rec, unsigned depth);

static void push_items(lua_State *L, const struct val *v, unsigned depth)
{
    struct val_it it = {0};
    uint64_t scratch[16];
    const void *rec;

    lua_newtable(L);
    for (lua_Integer i = 1; (rec = val_next(v, &it, scratch, sizeof scratch)) != NULL; i++) {
        push_record(L, v->d, rec, depth);
        lua_rawseti(L, -2, i);
    }
}

static void push_scalar(lua_State *L, const struct val *v)
{
    switch (v->kind) {
    case F_BOOL:
        lua_pushboolean(L, v->u != 0);
        break;
    case F_BYTES:
    case F_TEXT:
    case F_CHARS:
        lua_pushlstring(L, (const char *)v->s.p, v->s.n);
        break;
    case F_ADDR:
        push_addr(L, v->addr);
        break;
    default:
        if (v->sym)
            lua_pushstring(L, v->sym);
        else
            lua_pushinteger(L, (lua_Integer)v->u);
    }
}

static void push_record(lua_State *L, const struct desc *d, const void *rec, unsigned depth)
{
    if (d->n == 1 && d->f[0].name[0] == '\0') {
        struct val v = val_of(&d->f[0], rec);
        push_scalar(L, &v);
        return;
    }
    lua_newtable(L);
    if (depth < FIELD_DEPTH)
        push_fields(L, d, rec, depth + 1);
}

static void push_fields(lua_State *L, const struct desc *d, const void *rec, unsigned depth)
{
    luaL_checkstack(L, 8, "record too deep");
    for (size_t i = 0; i < d->n; i++) {
        struct val v = val_of(&d->f[i], rec);
        if (v.absent)
            continue;
        if (v.kind == F_PICK) {
            push_fields(L, v.d, v.rec, depth);
            continue;
        }
        if (v.kind == F_LIST || v.kind == F_SEQ)
            push_items(L, &v, depth);
        else if (v.d)
            push_record(L, v.d, v.rec, depth);
        else
            push_scalar(L, &v);
        lua_setfield(L, -2, d->f[i].name);
    }
}

void luarec_push(lua_State *L, const struct desc *d, const void *rec)
{
    push_record(L, d, rec, 0);
}

/* ---- tables to drafts ---- */

struct reader {
    lua_State *L;
    struct arena *mem;
    struct draft *dr;
};

static int bad(struct reader *r, const char *field, const char *why)
{
    return luaL_error(r->L, "field '%s' %s", field, why);
}

static struct span text_at(struct reader *r, int index)
{
    size_t n;
    const char *s = lua_tolstring(r->L, index, &n);
    struct span out = arena_copy(r->mem, (struct span){(const uint8_t *)s, n});
    if (r->mem->full)
        luaL_error(r->L, "arguments of over %d octets", (int)r->mem->cap);
    return out;
}

static void draft_table(struct reader *r, int index, struct node *node, const struct desc *d);

/* {raw = octets}: written in the place of the field; {omit = true}: not written. */
static bool special(struct reader *r, int index, struct node *parent, const struct field *f)
{
    if (lua_getfield(r->L, index, "raw") == LUA_TSTRING) {
        draft_raw(r->dr, parent, f, text_at(r, -1));
        lua_pop(r->L, 1);
        return true;
    }
    lua_pop(r->L, 1);
    bool omit = lua_getfield(r->L, index, "omit") == LUA_TBOOLEAN && lua_toboolean(r->L, -1);
    lua_pop(r->L, 1);
    return omit;
}

static void draft_item(struct reader *r, int index, struct node *list, const struct desc *d)
{
    lua_State *L = r->L;
    bool bare = d->n == 1 && d->f[0].name[0] == '\0';

    if (lua_type(L, index) == LUA_TTABLE) {
        if (special(r, index, list, NULL))
            return;
        draft_table(r, index, draft_kids(r->dr, list, NULL, d), d);
        return;
    }
    struct node *item = draft_kids(r->dr, list, NULL, d); /* its first field alone */
    struct node *n = draft_uint(r->dr, item, &d->f[0], 0);
    if (!n) {
        bad(r, d->name, "has no room left");
        return;
    }
    if (lua_isinteger(L, index))
        n->u = (uint64_t)lua_tointeger(L, index);
    else if (lua_type(L, index) != LUA_TSTRING || !draft_parse(r->dr, n, text_at(r, index)))
        bad(r, bare ? d->name : d->f[0].name, "is no name or number that is known");
}

/* A list's length, which its metatable may claim to be anything. */
static lua_Integer list_length(lua_State *L, int index, const struct field *f)
{
    luaL_checktype(L, index, LUA_TTABLE);
    lua_Integer n = luaL_len(L, index);
    if (n < 0 || n > LIST_MAX)
        luaL_error(L, "field '%s' has more than %d items", f->name, LIST_MAX);
    return n;
}

static void draft_list(struct reader *r, int index, struct node *parent, const struct field *f)
{
    lua_State *L = r->L;
    struct node *list = draft_kids(r->dr, parent, f, f->sub);
    lua_Integer n = list_length(L, index, f);

    for (lua_Integer i = 1; i <= n; i++) {
        lua_geti(L, index, i);
        draft_item(r, lua_gettop(L), list, f->sub);
        lua_pop(L, 1);
    }
}

static void draft_value(struct reader *r, int index, struct node *parent, const struct field *f)
{
    lua_State *L = r->L;
    bool number = f->kind == F_UINT || f->kind == F_ENUM || f->kind == F_BOOL;
    struct node *n;

    if (lua_istable(L, index)) {
        if (special(r, index, parent, f))
            return;
        if (f->kind == F_LIST || f->kind == F_SEQ)
            draft_list(r, index, parent, f);
        else if (f->kind == F_GROUP || f->kind == F_REF)
            draft_table(r, index, draft_kids(r->dr, parent, f, f->sub), f->sub);
        else
            bad(r, f->name, "takes no table");
        return;
    }
    if (number && lua_isinteger(L, index)) {
        draft_uint(r->dr, parent, f, (uint64_t)lua_tointeger(L, index));
        return;
    }
    if (lua_type(L, index) != LUA_TSTRING) {
        if (f->kind == F_BOOL && lua_isboolean(L, index))
            draft_uint(r->dr, parent, f, (uint64_t)lua_toboolean(L, index));
        else
            bad(r, f->name, "wants a number or a string");
        return;
    }
    struct span s = text_at(r, index);
    if (f->kind == F_UINT) { /* octets where a number belongs: raw */
        draft_raw(r->dr, parent, f, s);
    } else if (f->kind == F_ENUM || f->kind == F_ADDR) {
        n = draft_bytes(r->dr, parent, f, s);
        if (n && !draft_parse(r->dr, n, s))
            bad(r, f->name, "has a value that cannot be read");
    } else {
        draft_bytes(r->dr, parent, f, s);
    }
}

/* The fields of one record: those of its own table in the table's order, then picked ones. */
static void draft_table(struct reader *r, int index, struct node *node, const struct desc *d)
{
    lua_State *L = r->L;
    const struct field *pick = NULL;
    const struct desc *sets[2] = {d, NULL};

    luaL_checkstack(L, 12, "draft too deep");
    if (!node)
        bad(r, d->name, "has no room left");
    for (size_t k = 0; k < COUNT(sets); k++) {
        if (k == 1)
            sets[1] = draft_picked(node, &pick);
        for (size_t i = 0; sets[k] && i < sets[k]->n; i++) {
            const struct field *f = &sets[k]->f[i];
            if (f->kind == F_PICK)
                continue;
            if (k == 1 && draft_find(node, f->name))
                continue; /* two rows of one name: the first that is given */
            if (lua_getfield(L, index, f->name) != LUA_TNIL)
                draft_value(r, lua_gettop(L), node, f);
            lua_pop(L, 1);
        }
    }
}

/* ---- tables to records ---- */

static void read_list(lua_State *L, int index, const struct field *f, void *rec, struct arena *mem)
{
    lua_Integer n = list_length(L, index, f);
    uint8_t *items = arena_take(mem, (size_t)n * f->sub->size);
    size_t count = (size_t)n;

    if (!items)
        luaL_error(L, "field '%s' has too many items", f->name);
    for (lua_Integer i = 1; i <= n; i++) {
        lua_geti(L, index, i);
        luarec_read(L, lua_gettop(L), f->sub, items + (size_t)(i - 1) * f->sub->size, mem);
        lua_pop(L, 1);
    }
    memcpy((uint8_t *)rec + f->off, &items, sizeof items);
    memcpy((uint8_t *)rec + f->count, &count, sizeof count);
}

static bool read_number(lua_State *L, int index, const struct field *f, void *rec)
{
    uint64_t u = 0;
    size_t n;

    if (lua_isboolean(L, index)) {
        u = (uint64_t)lua_toboolean(L, index);
    } else if (lua_isnumber(L, index) && lua_type(L, index) == LUA_TNUMBER) {
        lua_Number x = lua_tonumber(L, index);
        if (!(x >= 0 && x < 0x1p64)) /* nor NaN */
            return false;
        u = lua_isinteger(L, index) ? (uint64_t)lua_tointeger(L, index) : (uint64_t)x;
    } else if (lua_type(L, index) == LUA_TSTRING) {
        const char *s = lua_tolstring(L, index, &n);
        if (!name_value(f->names, (struct span){(const uint8_t *)s, n}, &u))
            return false;
    } else {
        return false;
    }
    return field_set_uint(f, rec, u);
}

static void read_value(lua_State *L, int index, const struct field *f, void *rec, struct arena *mem)
{
    uint8_t *at = (uint8_t *)rec + f->off;
    struct reader r = {L, mem, NULL};
    struct span s;
    struct addr a;

    switch (f->kind) {
    case F_UINT:
    case F_ENUM:
    case F_BOOL:
        if (!read_number(L, index, f, rec))
            bad(&r, f->name, "has a value that it cannot hold");
        break;
    case F_BYTES:
    case F_TEXT:
        if (lua_type(L, index) != LUA_TSTRING)
            bad(&r, f->name, "wants a string");
        s = text_at(&r, index);
        memcpy(at, &s, sizeof s);
        break;
    case F_ADDR:
        if (lua_type(L, index) != LUA_TSTRING || !addr_parse(text_at(&r, index), &a))
            bad(&r, f->name, "wants an address such as \"192.0.2.1:3478\"");
        memcpy(at, &a, sizeof a);
        break;
    case F_LIST:
        read_list(L, index, f, rec, mem);
        break;
    case F_GROUP:
        luarec_read(L, index, f->sub, at, mem);
        break;
    default:
        bad(&r, f->name, "cannot be given by a script");
    }
}

static const struct draft *start_draft(lua_State *L, int index, const struct field *f, void *rec,
                                       struct arena *mem)
{
    struct draft *dr = arena_take(mem, sizeof *dr);
    if (!dr || !rec) { /* the record is of the same memory */
        luaL_error(L, "arguments of over %d octets", (int)mem->cap);
        return NULL;
    }
    draft_init(dr, f->sub, mem);
    struct reader r = {L, mem, dr};
    if (lua_istable(L, index))
        draft_table(&r, index, &dr->root, f->sub);
    memcpy((uint8_t *)rec + f->off, &dr, sizeof dr);
    if (mem->full)
        luaL_error(L, "arguments of over %d octets", (int)mem->cap);
    return dr;
}

void luarec_read(lua_State *L, int index, const struct desc *d, void *rec, struct arena *mem)
{
    const struct field *draft = NULL;
    const struct draft *dr = NULL;

    for (size_t i = 0; i < d->n; i++)
        if (d->f[i].kind == F_DRAFT)
            draft = &d->f[i];
    if (draft)
        dr = start_draft(L, index, draft, rec, mem);
    if (lua_isnoneornil(L, index))
        return;
    luaL_checktype(L, index, LUA_TTABLE);
    luaL_checkstack(L, 8, "arguments too deep");
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            luaL_error(L, "arguments are named, not numbered");
        const char *key = lua_tostring(L, -2);
        const struct field *f = field_find(d, key);
        if (f && f->kind != F_DRAFT)
            read_value(L, lua_gettop(L), f, rec, mem);
        else if (!dr || !draft_field(&dr->root, key)) /* of its own table, or of the picked one */
            luaL_error(L, "'%s' has no field '%s'", d->name, key);
    }
}
