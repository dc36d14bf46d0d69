/* harness/script/world_tls.c - what TLS is told in a case: the profile, the case, and, where our own
 * endpoint is the IUT on real sockets, an authority that both sides know. */
#include <stdio.h>
#include "harness/drivers/tls_cert.h"
#include "harness/script/world.h"

static const struct carrier {
    const char *word, *stack;
    bool stream, secure;
} carriers[] = {{"udp", "udp", false, false},
                {"tcp", "tcp", true, false},
                {"tls", "tcp/tls", true, true},
                {"dtls", "udp/dtls", false, true}};

static const struct carrier *carrier_of(const char *word)
{
    for (size_t i = 0; i < COUNT(carriers); i++)
        if (strcmp(carriers[i].word, word) == 0)
            return &carriers[i];
    return NULL;
}

const char *transport_stack(const char *word)
{
    const struct carrier *c = carrier_of(word);
    return c ? c->stack : word;
}

bool transport_stream(const char *word)
{
    const struct carrier *c = carrier_of(word);
    return c && c->stream;
}

bool transport_secure(const char *word)
{
    const struct carrier *c = carrier_of(word);
    return c && c->secure;
}

void profile_tls(const struct profile *p, struct tls_options *out)
{
    const json_t *j = json_object_get(p->json, "tls");

    *out = (struct tls_options){0};
    for (size_t i = 0; i < tls_options_desc.n; i++) {
        const struct field *f = &tls_options_desc.f[i];
        const json_t *v = json_object_get(j, f->name);
        if (json_is_string(v)) {
            struct span s = span_of(json_string_value(v));
            memcpy((uint8_t *)out + f->off, &s, sizeof s);
        } else if (json_is_boolean(v)) {
            field_set_uint(f, out, json_is_true(v));
        }
    }
}

bool world_tls_start(struct world *w)
{
    static const struct tls_options nothing;
    struct tls_options both = w->o->tls ? *w->o->tls : nothing;
    const char *err = NULL;

    if (w->o->own && !w->sim && transport_secure(w->run->transport)) {
        static const struct tls_cert_spec authority = {.ca = true};
        if (!both.issuer.n &&
            !tls_cert_make(&authority, &w->mem, &both.issuer, &both.issuer_key, &err)) {
            world_verdict(w, VERDICT_ERROR, err);
            return false;
        }
        if (!both.ca.n)
            both.ca = both.issuer;
    }
    for (size_t i = 0; i < COUNT(w->tls); i++)
        w->tls[i] = both;
    return true;
}

void world_tls_read(struct world *w, lua_State *L, int table, struct tls_options *out)
{
    if (lua_type(L, table) != LUA_TTABLE)
        return;
    if (lua_getfield(L, table, "tls") == LUA_TTABLE) {
        luarec_read(L, lua_gettop(L), &tls_options_desc, out, &w->mem);
        w->told_tls[out - w->tls] = true;
        lua_pushnil(L);
        lua_setfield(L, table, "tls");
    }
    lua_pop(L, 1);
}

void world_tls_event(struct world *w, int id, const struct event *ev)
{
    const struct tls_event *e = ev->rec;
    char text[256];

    if (id == 0 || ev->desc != &tls_event_desc || e->kind != TLS_FAILED || e->server ||
        w->told_tls[id] || w->no_tls)
        return;
    w->no_tls = true;
    snprintf(text, sizeof text, "there is no TLS with the target: %s", e->why ? e->why : "");
    world_verdict(w, VERDICT_INCONC, text);
    driver_break(w->d);
}

void world_place(struct world *w, const struct endpoint_class *cls, void *rec,
                 const struct addr *listen)
{
    bool secure = transport_secure(w->run->transport);
    const struct field *transport = field_find(cls->config, "transport");
    const struct field *secured = field_find(cls->config, "listen_tls");
    const struct field *plain = field_find(cls->config, "listen");
    const struct field *at = secure && secured ? secured : plain;

    if (transport && val_of(transport, rec).s.n == 0) {
        struct span s = span_of(transport_stack(w->run->transport));
        memcpy((uint8_t *)rec + transport->off, &s, sizeof s);
    }
    if (at && val_of(at, rec).absent)
        memcpy((uint8_t *)rec + at->off, listen, sizeof *listen);
}
