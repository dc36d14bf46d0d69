/* fuzz/state/stun_help.c - the user of the stateful targets of STUN. */
#include <stdio.h>
#include "fuzz/state/stun_help.h"

enum { ROOM = 65536, DRAFT_MEMORY = 1 << 20 };

static size_t keep(uint8_t *to, size_t cap, const struct stun_attr *a)
{
    if (!a || a->length > cap)
        return 0;
    memcpy(to, a->p + 4, a->length);
    return a->length;
}

void stun_take_told(struct stun_told *t, const struct stun_msg *m)
{
    if (!stun_find(m, STUN_NONCE))
        return;
    t->realm_n = keep(t->realm, sizeof t->realm, stun_find(m, STUN_REALM));
    t->nonce_n = keep(t->nonce, sizeof t->nonce, stun_find(m, STUN_NONCE));
    t->algorithms_n =
        keep(t->algorithms, sizeof t->algorithms, stun_find(m, STUN_PASSWORD_ALGORITHMS));
}

/* ---- messages from steps ---- */

static bool view_of(struct span msg, struct arena *mem, const void **view)
{
    struct findings fs = {0};
    return stun_codec.decode(msg, mem, view, &fs) == STEP_ITEM && !mem->full;
}

static void set_value(struct node *item, struct span s)
{
    const struct field *f = draft_field(item, "value");

    for (struct node *n = item->first; n; n = n->next)
        if (n->f == f && f) {
            n->form = FORM_BYTES;
            n->s = s;
        }
}

struct span stun_put_told(const struct stun_told *t, struct span msg, uint8_t *room)
{
    static uint8_t memory[DRAFT_MEMORY], out[ROOM];
    struct arena mem = arena_of(memory, sizeof memory);
    struct wr w = {out, sizeof out, 0, false};
    const void *view;
    struct draft dr;

    if (!view_of(msg, &mem, &view))
        return msg;
    draft_of(&dr, stun_codec.view, view, &mem);
    const struct node *list = draft_find(&dr.root, "attributes");
    for (struct node *item = list ? list->first : NULL; item; item = item->next) {
        const struct node *type = draft_find(item, "type");
        if (!type || type->form != FORM_UINT)
            continue;
        if (type->u == STUN_USERNAME)
            set_value(item, span_of(STUN_HELP_USER));
        else if (type->u == STUN_REALM && t->realm_n)
            set_value(item, (struct span){t->realm, t->realm_n});
        else if (type->u == STUN_NONCE && t->nonce_n)
            set_value(item, (struct span){t->nonce, t->nonce_n});
    }
    stun_codec.encode(&w, &dr);
    if (w.full || mem.full)
        return msg;
    memcpy(room, out, w.n);
    return (struct span){room, w.n};
}

void stun_user_key(const struct stun_told *t, enum stun_auth auth, const struct stun_msg *m,
                   struct stun_key *k)
{
    const struct stun_attr *one = stun_find(m, STUN_PASSWORD_ALGORITHM);
    bool sha256 = one && one->length >= 4 && get_u16(one->p + 4) == STUN_SHA256;
    const struct stun_attr *realm = stun_find(m, STUN_REALM);
    struct span in =
        realm ? (struct span){realm->p + 4, realm->length} : (struct span){t->realm, t->realm_n};

    if (auth == STUN_AUTH_LONG)
        stun_key_long_term(k, sha256 ? STUN_SHA256 : STUN_MD5, span_of(STUN_HELP_USER), in,
                           span_of(STUN_HELP_PASSWORD));
    else
        stun_key_init(k, span_of(STUN_HELP_PASSWORD));
}

struct span stun_put_seal(const struct stun_told *t, enum stun_auth auth, struct span msg,
                          uint8_t *room)
{
    static struct stun_attr attrs[STUN_ATTRS];
    struct findings fs = {0};
    struct stun_msg m;
    struct stun_key k;

    if (msg.n > ROOM || stun_decode(msg, &m, attrs, COUNT(attrs), &fs) != STEP_ITEM)
        return msg;
    stun_user_key(t, auth, &m, &k);
    if (msg.p != room)
        memcpy(room, msg.p, msg.n);
    stun_reseal(room, msg.n, &k);
    return (struct span){room, msg.n};
}

/* ---- messages of our own ---- */

struct span stun_request(const struct stun_told *t, enum stun_auth auth, uint8_t *room, size_t cap)
{
    static const struct span id = SPAN("rtclab-sane!");
    uint8_t memory[4096];
    struct arena mem = arena_of(memory, sizeof memory);
    struct wr w = {room, cap, 0, false};
    struct stun_marks marks;
    struct stun_key k;
    struct draft dr;

    stun_draft(&dr, &mem, STUN_REQUEST, STUN_BINDING, id);
    if (auth != STUN_AUTH_NONE)
        stun_add_bytes(&dr, STUN_USERNAME, span_of(STUN_HELP_USER));
    if (auth == STUN_AUTH_LONG) {
        stun_add_bytes(&dr, STUN_REALM, (struct span){t->realm, t->realm_n});
        stun_add_bytes(&dr, STUN_NONCE, (struct span){t->nonce, t->nonce_n});
        stun_key_long_term(&k, STUN_MD5, span_of(STUN_HELP_USER),
                           (struct span){t->realm, t->realm_n}, span_of(STUN_HELP_PASSWORD));
    } else {
        stun_key_init(&k, span_of(STUN_HELP_PASSWORD));
    }
    if (auth != STUN_AUTH_NONE)
        stun_add(&dr, STUN_MESSAGE_INTEGRITY);
    stun_encode(&w, &dr, &marks);
    stun_seal(&w, &marks, &k);
    return wr_span(&w);
}

/* ---- judging ---- */

static bool counts(const struct finding *f, const char *const *but)
{
    if (!level_strict(f->level))
        return false;
    for (; but && *but; but++)
        if (strncmp(f->clause, *but, strlen(*but)) == 0)
            return false;
    return true;
}

bool stun_clean(struct span octets, struct stun_msg *m, struct stun_attr *attrs, size_t cap,
                const char *const *but)
{
    struct finding v[32];
    struct findings fs = {.v = v, .cap = COUNT(v)};

    if (stun_decode(octets, m, attrs, cap, &fs) != STEP_ITEM) {
        fputs("finding: it does not decode\n", stderr);
        return false;
    }
    stun_lint(m, &fs);
    for (size_t i = 0; i < findings_kept(&fs); i++)
        if (counts(&v[i], but)) {
            uint8_t words[256];
            struct wr w = {words, sizeof words, 0, false};
            finding_words(&w, &v[i]);
            fprintf(stderr, "finding: %s %.*s\n", v[i].clause, (int)w.n, (const char *)words);
            return false;
        }
    return true;
}

/* ---- arguments of verbs ---- */

struct draft *stun_draft_of(struct span payload)
{
    static uint8_t memory[DRAFT_MEMORY], copy[ROOM];
    static struct arena mem;
    static struct draft dr;
    static const struct span id = SPAN("rtclab-steps");
    const void *view;

    mem = arena_of(memory, sizeof memory);
    if (payload.n)
        memcpy(copy, payload.p, payload.n < sizeof copy ? payload.n : sizeof copy);
    if (view_of(span_cut((struct span){copy, payload.n}, 0, sizeof copy), &mem, &view)) {
        draft_of(&dr, stun_codec.view, view, &mem);
    } else {
        mem = arena_of(memory, sizeof memory);
        stun_draft(&dr, &mem, STUN_REQUEST, STUN_BINDING, id);
    }
    return mem.full ? NULL : &dr;
}

bool stun_args_reply(struct stun_reply_args *a, const struct prog_step *s)
{
    *a = (struct stun_reply_args){
        .id = s->flags,
        .algorithm = s->arg & 0x100 ? STUN_SHA256 : STUN_MD5,
        .octets = s->arg & 0x200 ? s->payload : (struct span){0},
        .split = s->arg & 0x400 ? 7 : 0,
        .after_us = s->arg & 0x800 ? 1000 : 0,
        .message = stun_draft_of(s->payload),
    };
    return a->message != NULL;
}
