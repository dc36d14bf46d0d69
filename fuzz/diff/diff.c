/* fuzz/diff/diff.c - ours and a peer's reading of one message, and what may differ. */
#include <stdio.h>
#include "codecs/stun/stun.h"
#include "fuzz/diff/diff.h"
#include "fuzz/engine/target.h"
#include "fuzz/mutate/mutate.h"

enum { ATTRS = 1024, FINDINGS = 64 };

struct ours {
    struct stun_msg m;
    struct stun_attr attrs[ATTRS];
    struct finding v[FINDINGS];
    struct findings fs;
    bool message; /* it decodes */
    bool framed;  /* cookie, length and attributes add up to exactly these octets */
    bool clean;   /* and decode has no finding at all */
};

static const uint16_t types[DIFF_ITEMS] = {
    [DIFF_MAPPED] = STUN_MAPPED_ADDRESS,
    [DIFF_XOR_MAPPED] = STUN_XOR_MAPPED_ADDRESS,
    [DIFF_XOR_PEER] = STUN_XOR_PEER_ADDRESS,
    [DIFF_XOR_RELAYED] = STUN_XOR_RELAYED_ADDRESS,
    [DIFF_PRIORITY] = STUN_PRIORITY,
    [DIFF_LIFETIME] = STUN_LIFETIME,
    [DIFF_CONTROLLED] = STUN_ICE_CONTROLLED,
    [DIFF_CONTROLLING] = STUN_ICE_CONTROLLING,
    [DIFF_CODE] = STUN_ERROR_CODE,
    [DIFF_USERNAME] = STUN_USERNAME,
    [DIFF_REALM] = STUN_REALM,
    [DIFF_NONCE] = STUN_NONCE,
    [DIFF_SOFTWARE] = STUN_SOFTWARE,
};

static void read_ours(struct span in, struct ours *o)
{
    static const char *const framing[] = {"RFC8489:5#", "RFC8489:14#"};

    o->fs = (struct findings){.v = o->v, .cap = FINDINGS};
    o->message = stun_decode(in, &o->m, o->attrs, ATTRS, &o->fs) == STEP_ITEM && !o->m.truncated;
    o->framed = o->message && !o->m.classic;
    o->clean = o->framed && o->fs.n == 0;
    for (size_t i = 0; i < findings_kept(&o->fs); i++)
        for (size_t k = 0; k < COUNT(framing); k++)
            o->framed &= strncmp(o->v[i].clause, framing[k], strlen(framing[k])) != 0;
}

/* The attribute that the peer looks at: the first of its type, before the integrity or anywhere. */
static const struct stun_attr *first(const struct ours *o, const struct diff_peer *peer,
                                     uint16_t type)
{
    for (size_t i = 0; i < o->m.n_attrs; i++) {
        const struct stun_attr *a = &o->m.attrs[i];
        if (a->type == type)
            return a;
        /* RFC8489:14.7 has nothing behind FINGERPRINT */
        if ((a->type == STUN_MESSAGE_INTEGRITY || a->type == STUN_FINGERPRINT) &&
            !peer->after_integrity)
            return NULL;
    }
    return NULL;
}

/* ---- what may differ ---- */

/* Rows for acceptance: the peer accepts what is no framed message for us, or refuses what is clean. */
struct row {
    const char *peer;
    bool (*when)(const struct ours *o, struct span in);
    const char *why;
};

static bool followed(const struct ours *o, struct span in) /* more octets than the length says */
{
    return o->message && o->m.length + (size_t)STUN_HEADER < in.n;
}
static bool unpadded(const struct ours *o, struct span in)
{
    (void)in;
    for (size_t i = 0; i < findings_kept(&o->fs); i++)
        if (strcmp(o->v[i].clause, "RFC8489:14#2") == 0)
            return true;
    return false;
}
static bool odd_length(const struct ours *o, struct span in)
{
    (void)in;
    return o->message && (o->m.length & 3);
}
static bool classic(const struct ours *o, struct span in)
{
    (void)in;
    return o->message && o->m.classic;
}
static bool bad_value(const struct ours *o, struct span in)
{
    (void)in;
    for (size_t i = 0; i < findings_kept(&o->fs); i++)
        if (strncmp(o->v[i].clause, "RFC8489:5#", 10) != 0 &&
            strncmp(o->v[i].clause, "RFC8489:14#", 11) != 0)
            return o->message;
    return false;
}
static bool tail(const struct ours *o,
                 struct span in) /* one to three octets behind the last attribute */
{
    (void)in;
    return o->message && o->m.rest.n > 0 && o->m.rest.n < 4;
}

static const struct row accepts[] = {
    {"libre", followed, "it decodes the message at the front of a buffer; more may follow"},
    {"libre", unpadded, "it does not ask for the padding of the last attribute"},
    {"libre", odd_length,
     "it does not check that the length is a multiple of four: its own affair"},
    {"libre", tail, "it stops where no attribute header is left: its own affair"},
    {"libre", classic, "it decodes messages without the cookie as those with it: its own affair"},
    {"libre", bad_value,
     "it reads a value by the size of its type, whatever the attribute's length says, and goes on "
     "behind that: a "
     "defect of its"},
    {"libnice", classic, "it validates RFC 3489 messages by the same function"},
};
static const struct row refuses[] = {
    {NULL, NULL, NULL},
};

/* Rows for what is read: `what` as compare names it. */
static bool middle_method(const struct ours *o, struct span in)
{
    (void)o;
    return in.p[1] & 0xa0; /* bits of the method beside those of the class */
}

static bool type_0115(const struct ours *o, struct span in)
{
    (void)o;
    return in.p[0] == 0x01 && in.p[1] == 0x15;
}

/* Anything but MESSAGE-INTEGRITY at the end, or right before FINGERPRINT there. */
static bool behind_integrity(const struct ours *o, struct span in)
{
    size_t end = o->m.at_integrity + 24;
    return o->m.at_fingerprint ? end + 8 != in.n || o->m.at_fingerprint != end : end != in.n;
}

static const struct differs {
    const char *peer, *what;
    bool (*when)(const struct ours *o, struct span in);
    const char *why;
} differs[] = {
    {"libre", "class", middle_method,
     "it takes two bits of the method for bits of the class (figure 3 of RFC 8489): a defect of "
     "its"},
    {"libnice", "class", type_0115,
     "it takes 0x0115 for a Data indication, as an older server sent it"},
    {"libnice", "method", type_0115, "the same"},
    {"libre", "MESSAGE-INTEGRITY", behind_integrity,
     "it takes the length of the whole message, less a FINGERPRINT wherever that is, where "
     "attributes follow that have to be ignored, as "
     "one that ends "
     "behind the attribute (RFC8489:14.5#a8): a defect of its"},
};

static const struct row *row_of(const struct row *rows, size_t n, const struct diff_peer *peer,
                                const struct ours *o, struct span in)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].peer && strcmp(rows[i].peer, peer->name) == 0 && rows[i].when(o, in))
            return &rows[i];
    return NULL;
}

/* ---- comparing ---- */

static void same(bool ok, const struct ours *o, const struct diff_peer *peer, const char *what)
{
    char words[160];

    for (size_t i = 0; !ok && i < COUNT(differs); i++)
        ok = strcmp(differs[i].peer, peer->name) == 0 && strcmp(differs[i].what, what) == 0 &&
             differs[i].when(o, o->m.wire);
    if (ok)
        return;
    snprintf(words, sizeof words, "%s reads it otherwise: %s", peer->name, what);
    require(false, words);
}

static void accepted(const struct ours *o, const struct diff_peer *peer, const struct projection *p,
                     struct span in)
{
    if (p->accept && !o->framed)
        same(row_of(accepts, COUNT(accepts), peer, o, in) != NULL, o, peer,
             "it accepts what is no framed message");
    if (!p->accept && o->clean)
        same(row_of(refuses, COUNT(refuses), peer, o, in) != NULL, o, peer,
             "it refuses a clean message");
}

static size_t text_n(const struct stun_attr *a, const struct diff_peer *peer)
{
    const uint8_t *nul = peer->c_strings && a->length ? memchr(a->p + 4, 0, a->length) : NULL;
    size_t n = nul ? (size_t)(nul - (a->p + 4)) : a->length;
    return n < DIFF_TEXT ? n : DIFF_TEXT;
}

static void value(const struct ours *o, const struct diff_peer *peer, const struct projection *p,
                  int i)
{
    const struct stun_attr *a = first(o, peer, types[i]);
    const char *name = stun_type_name(types[i]);

    if (!p->v[i].asked || (a && a->kind == STUN_RAW))
        return; /* a value that does not fit its type: what a library makes of it is its own affair */
    if (a && i == DIFF_CODE && (a->v.code < 300 || a->v.code > 699))
        return; /* nor does this one */
    same((a != NULL) == p->v[i].there, o, peer, name);
    if (!a)
        return;
    if (i < DIFF_ADDRS)
        same(addr_eq(&a->v.addr, &p->v[i].addr), o, peer, name);
    else if (i == DIFF_CODE)
        same(a->v.code == p->v[i].number, o, peer, name);
    else if (i == DIFF_CONTROLLED || i == DIFF_CONTROLLING)
        same(a->v.u64 == p->v[i].number, o, peer, name);
    else if (i < DIFF_NUMBERS)
        same(a->v.u32 == p->v[i].number, o, peer, name);
    else
        same(text_n(a, peer) == p->v[i].n && memcmp(a->p + 4, p->v[i].text, p->v[i].n) == 0, o,
             peer, name);
}

/* Integrity and fingerprint, where the attribute is where a receiver would look. */
static void checks(const struct ours *o, const struct diff_peer *peer, const struct projection *p)
{
    struct stun_key k;

    if (p->integrity != DIFF_UNASKED && o->m.at_integrity && !o->m.at_integrity256) {
        stun_key_init(&k, span_of(MUTATE_SECRET));
        enum stun_check c = stun_check_integrity(&o->m, &k);
        same((c == STUN_GOOD) == (p->integrity == DIFF_GOOD), o, peer, "MESSAGE-INTEGRITY");
    }
    /* where it is not the last attribute, which it has to be, a library may take what it covers as it likes */
    if (p->fingerprint != DIFF_UNASKED && o->m.at_fingerprint + 8 == o->m.wire.n)
        same((stun_check_fingerprint(&o->m) == STUN_GOOD) == (p->fingerprint == DIFF_GOOD), o, peer,
             "FINGERPRINT");
}

void diff_run(const struct diff_peer *peer, struct span in)
{
    static struct ours o;
    static struct projection p;

    read_ours(in, &o);
    peer->read(in, &p);
    accepted(&o, peer, &p, in);
    if (!p.accept || !o.framed)
        return;
    same(p.cls == o.m.cls, &o, peer, "class");
    same(p.method == o.m.method, &o, peer, "method");
    same(memcmp(p.id, o.m.transaction.p, sizeof p.id) == 0, &o, peer, "transaction");
    if (peer->by_type && bad_value(&o, in))
        return; /* what it reads from there on it reads elsewhere: see the row in `accepts` */
    for (int i = 0; i < DIFF_ITEMS; i++)
        value(&o, peer, &p, i);
    checks(&o, peer, &p);
}
