/* fuzz/bugs/toy_server.c - the planted bug: see toy_server.h. */
#include "codecs/stun/stun.h"
#include "fuzz/bugs/toy_server.h"

enum { ATTRS = 64, NONCE = 12 };

struct toy {
    struct env env;
    uint8_t nonce[NONCE];
    unsigned good;        /* signed requests since the last refusal */
    uint8_t refused[20];  /* the nonce of that */
    const char *greeting; /* of those who come back */
    char log[64];
    struct stun_key key;
    struct stun_attr attrs[ATTRS];
    uint8_t memory[8192], out[2048];
};

static const struct span user = SPAN("alice"), realm = SPAN("interop.test"),
                         password = SPAN("alice-secret");

static void new_nonce(struct toy *t)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < NONCE; i++)
        t->nonce[i] = (uint8_t)hex[rng_next(t->env.rng) >> 20 & 15];
}

static void start(struct toy *t, struct outq *q)
{
    struct output *o = out_put(q, OUT_OPEN, 1);

    o->open.stack = "udp";
    o->open.local.port = 3478;
    t->greeting = "toy 1.0";
    stun_key_long_term(&t->key, STUN_MD5, user, realm, password);
    new_nonce(t);
}

static void answer(struct toy *t, const struct input *in, const struct stun_msg *m, unsigned code,
                   struct outq *q)
{
    struct arena mem = arena_of(t->memory, sizeof t->memory);
    struct wr w = {t->out, sizeof t->out, 0, false};
    struct pkt pkt = {.remote = in->pkt.remote, .local = in->pkt.local};
    struct draft dr;

    stun_draft(&dr, &mem, code ? STUN_ERROR : STUN_SUCCESS, m->method, m->transaction);
    if (code) {
        stun_add_code(&dr, code, "No");
        stun_add_bytes(&dr, STUN_REALM, realm);
        stun_add_bytes(&dr, STUN_NONCE, (struct span){t->nonce, NONCE});
    } else {
        stun_add_addr(&dr, STUN_XOR_MAPPED_ADDRESS, &in->pkt.remote);
        if (t->good > 1) /* it comes back */
            stun_add_bytes(&dr, STUN_SOFTWARE, span_of(t->greeting));
    }
    stun_encode(&w, &dr, NULL);
    if (!w.full)
        out_send(q, in->flow, wr_span(&w), &pkt);
}

static void message(struct toy *t, const struct input *in, struct outq *q)
{
    struct findings fs = {0};
    struct stun_msg m;

    if (stun_decode(in->data, &m, t->attrs, ATTRS, &fs) != STEP_ITEM || m.cls != STUN_REQUEST ||
        m.classic)
        return;
    const struct stun_attr *nonce = stun_find(&m, STUN_NONCE);
    if (stun_check_integrity(&m, &t->key) != STUN_GOOD || !nonce) {
        answer(t, in, &m, 401, q);
        return;
    }
    struct span said = {nonce->p + 4, nonce->length};
    if (!span_eq(said, (struct span){t->nonce, NONCE})) {
        t->good = 0;
        new_nonce(t);
        if (said.n < sizeof t->log) /* the bug: it is kept elsewhere, in 20 octets */
            memcpy((uint8_t *)t + offsetof(struct toy, refused), said.p, said.n);
        answer(t, in, &m, 438, q);
        return;
    }
    t->good++;
    answer(t, in, &m, 0, q);
}

static void input(void *self, const struct input *in, struct outq *q)
{
    if (in->kind == IN_START)
        start(self, q);
    else if (in->kind == IN_BYTES)
        message(self, in, q);
}

const struct endpoint_class toy_server_class = {
    .name = "toy.server", .size = sizeof(struct toy), .input = input};
