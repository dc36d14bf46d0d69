/* harness/endpoints/turn/turn_session_peers.c - permissions, channels and data on the client's side: RFC 8656 sections 9
 * to 12. */
#include "harness/endpoints/turn/turn_session.h"

enum { SECOND = 1000000, RENEW = 60, QUARANTINE = 300 }; /* s; the last: RFC8656:12#3 */

/* ---- who there is ---- */

struct turn_far *turn_far_find(struct turn_session *s, const struct addr *at)
{
    for (size_t i = 0; i < TURN_FAR; i++)
        if (s->peers[i].at.family && addr_eq(&s->peers[i].at, at))
            return &s->peers[i];
    return NULL;
}

static bool same_ip(const struct addr *a, const struct addr *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, a->family == 6 ? 16 : 4) == 0;
}

bool turn_far_permitted(const struct turn_session *s, const struct addr *at, uint64_t now_us)
{
    for (size_t i = 0; i < TURN_FAR; i++)
        if (s->peers[i].permitted_us > now_us && same_ip(&s->peers[i].at, at))
            return true;
    return false;
}

/* Nothing is left of the peer that matters. */
static bool is_over(const struct turn_far *f, uint64_t now_us)
{
    return !f->wanted && !f->asked && !f->binding && f->permitted_us <= now_us &&
           f->connect_us <= now_us &&
           (!f->number || f->bound_us + (uint64_t)QUARANTINE * SECOND <= now_us);
}

struct turn_far *turn_far_wanted(struct turn_session *s, const struct addr *at, uint64_t now_us)
{
    struct turn_far *f = turn_far_find(s, at);

    if (!s->relayed[at->family == 6].family || (at->family != 4 && at->family != 6))
        return NULL; /* RFC8656:10.1#3, 12.1#1 */
    for (size_t i = 0; !f && i < TURN_FAR; i++)
        if (!s->peers[i].at.family || is_over(&s->peers[i], now_us)) {
            f = &s->peers[i];
            *f = (struct turn_far){.at = *at};
        }
    if (f)
        f->wanted = true;
    return f;
}

static uint64_t bit(const struct turn_session *s, const struct turn_far *f)
{
    return 1ull << (f - s->peers);
}

static void refuse(struct turn_session *s, uint32_t token, const struct input *in, struct outq *q)
{
    struct turn_told what = {.kind = TURN_TOLD_FAILED,
                             .token = token,
                             .why = s->phase != TURN_HAS ? "there is no allocation"
                                    : s->wish.tcp ? "a TCP allocation has data connections alone"
                                                  : "too many peers, or one of another family"};
    s->tell(s->owner, s, &what, in, q);
}

/* ---- permissions ---- */

static void permit(struct turn_session *s, uint64_t which, uint32_t token, const struct input *in,
                   struct outq *q)
{
    bool one_by_one = turn_s_flag(s, "c-permissions-one-by-one");

    while (which) {
        uint64_t some = one_by_one ? which & -which : which;
        which &= ~some;
        struct turn_ask *a =
            turn_ask_new(s, TURN_ASK_PERMIT, which ? 0 : token, in, q); /* the last one is told */
        if (!a)
            return;
        a->peers = some;
        for (size_t i = 0; i < TURN_FAR; i++)
            s->peers[i].asked |= some >> i & 1;
        turn_ask_launch(s, a, in, q);
    }
}

void turn_session_permit(struct turn_session *s, const struct addr *peers, size_t n, uint32_t token,
                         const struct input *in, struct outq *q)
{
    uint64_t which = 0;

    for (size_t i = 0; i < n; i++) {
        struct turn_far *f =
            s->phase == TURN_HAS ? turn_far_wanted(s, &peers[i], in->now_us) : NULL;
        if (!f) {
            refuse(s, token, in, q);
            return;
        }
        which |= bit(s, f);
    }
    if (which)
        permit(s, which, token, in, q);
    else
        refuse(s, token, in, q);
}

/* ---- channels ---- */

static bool number_free(const struct turn_session *s, uint16_t number, uint64_t now_us)
{
    uint64_t rest = turn_s_flag(s, "c-channel-reused") ? 0 : (uint64_t)QUARANTINE * SECOND;

    for (size_t i = 0; i < TURN_FAR; i++) {
        const struct turn_far *f = &s->peers[i];
        if (f->number == number && (f->binding || f->wanted || f->bound_us + rest > now_us))
            return false;
    }
    return true;
}

static uint16_t number_new(const struct turn_session *s, uint64_t now_us)
{
    unsigned first = turn_s_flag(s, "c-channel-5000") ? 0x5000 : TURN_CHANNEL_FIRST;

    for (unsigned i = 0; i < 2 * TURN_FAR; i++) {
        uint16_t number =
            (uint16_t)(turn_s_flag(s, "c-channels-from-top") ? TURN_CHANNEL_LAST - i : first + i);
        if (number_free(s, number, now_us))
            return number;
    }
    return 0;
}

void turn_session_bind(struct turn_session *s, const struct addr *peer, uint32_t token,
                       const struct input *in, struct outq *q)
{
    bool can = s->phase == TURN_HAS && !s->wish.tcp;
    struct turn_far *f = can ? turn_far_wanted(s, peer, in->now_us) : NULL;
    bool again = f && f->bound;

    if (!f) {
        refuse(s, token, in, q);
        return;
    }
    if (!f->number || (again && turn_s_flag(s, "c-peer-two-channels"))) {
        uint16_t was = f->number;
        f->number = number_new(s, in->now_us);
        f->number = f->number ? f->number : was;
    }
    struct turn_ask *a = turn_ask_new(s, TURN_ASK_BIND, token, in, q);
    if (!a)
        return;
    a->peers = bit(s, f);
    a->number = again;
    f->binding = true;
    turn_ask_launch(s, a, in, q);
}

void turn_session_forget(struct turn_session *s, const struct addr *peer)
{
    for (size_t i = 0; i < TURN_FAR; i++)
        if (s->peers[i].at.family && same_ip(&s->peers[i].at, peer))
            s->peers[i].wanted = false;
}

/* ---- keeping them alive ---- */

/* When the permission, when the channel is to be asked for again; NO_DEADLINE: not. */
static uint64_t renew_permission(const struct turn_session *s, const struct turn_far *f)
{
    if (!f->at.family || !f->wanted || f->asked || f->binding || !f->permitted_us ||
        turn_s_flag(s, "c-permission-lapses"))
        return NO_DEADLINE;
    return f->permitted_us - (uint64_t)RENEW * SECOND;
}

static uint64_t renew_channel(const struct turn_session *s, const struct turn_far *f)
{
    if (!f->at.family || !f->wanted || f->binding || !f->bound ||
        turn_s_flag(s, "c-channel-lapses"))
        return NO_DEADLINE;
    return f->bound_us - (uint64_t)RENEW * SECOND;
}

void turn_peers_keep(struct turn_session *s, const struct input *in, struct outq *q)
{
    uint64_t which = 0;

    for (size_t i = 0; i < TURN_FAR; i++) {
        struct turn_far *f = &s->peers[i];
        if (f->bound && f->bound_us <= in->now_us && !turn_s_flag(s, "c-channel-lapses"))
            f->bound = false;
        if (renew_channel(s, f) <= in->now_us)
            turn_session_bind(s, &f->at, 0, in, q);
        else if (renew_permission(s, f) <= in->now_us)
            which |= bit(s, f);
    }
    if (which)
        permit(s, which, 0, in, q);
}

uint64_t turn_peers_deadline(const struct turn_session *s)
{
    uint64_t best = NO_DEADLINE;
    bool room = false;

    for (size_t i = 0; i < TURN_ASKS; i++)
        room |= !s->asks[i].kind;
    if (!room)
        return best; /* it has to wait for a transaction to end */
    for (size_t i = 0; i < TURN_FAR; i++) {
        uint64_t a = renew_permission(s, &s->peers[i]), b = renew_channel(s, &s->peers[i]);
        best = a < best ? a : best;
        best = b < best ? b : best;
    }
    return best;
}

/* ---- data to peers ---- */

static void put_indication(struct turn_session *s, const struct addr *peer, struct span data,
                           struct outq *q)
{
    struct arena mem = arena_of(s->scratch, sizeof s->scratch);
    struct wr w = {s->out, sizeof s->out, 0, false};
    struct stun_marks marks;
    struct draft dr;
    uint8_t id[12];

    rng_fill(((struct env *)(uintptr_t)s->env)->rng, id, sizeof id);
    stun_draft(&dr, &mem, STUN_INDICATION, STUN_SEND, (struct span){id, sizeof id});
    stun_add_addr(&dr, STUN_XOR_PEER_ADDRESS, peer);
    struct node *n = stun_add_bytes(&dr, STUN_DATA_VALUE, data);
    if (n && turn_s_flag(s, "c-send-padding-counted"))
        draft_uint(&dr, n, draft_field(n, "length"), (data.n + 3) & ~(size_t)3);
    if (s->wish.dont_fragment && !s->no_df)
        stun_add(&dr, STUN_DONT_FRAGMENT);
    if (s->c->fingerprint || turn_s_flag(s, "c-fingerprint"))
        stun_add(&dr, STUN_FINGERPRINT);
    env_apply(s->env, "indication/send", &dr);
    stun_encode(&w, &dr, &marks);
    stun_seal(&w, &marks, NULL);
    if (!w.full && !mem.full)
        turn_session_put(s, wr_span(&w), q);
}

static void put_channel(struct turn_session *s, uint16_t number, struct span data, struct outq *q)
{
    struct wr w = {s->out, sizeof s->out, 0, false};
    bool padded = s->stream ? !turn_s_flag(s, "c-stream-unpadded") : turn_s_flag(s, "c-udp-padded");

    if (turn_s_flag(s, "c-channel-of-other") && s->peers[0].number)
        number = s->peers[0].number;
    stun_channel_put(&w, number, data, padded);
    if (turn_s_flag(s, "c-length-padded"))
        put_u16(w.p + 2, (uint16_t)((data.n + 3) & ~(size_t)3));
    if (turn_s_flag(s, "c-channel-other-port") && !s->given) {
        turn_session_close(s, q);
        turn_session_open(s, q);
    }
    if (!w.full)
        turn_session_put(s, wr_span(&w), q);
}

static void put_data(struct turn_session *s, struct turn_far *f, struct span data, bool indication,
                     uint64_t now_us, struct outq *q)
{
    bool channel = f->bound && (f->bound_us > now_us || turn_s_flag(s, "c-channel-lapses"));

    if (channel && turn_s_flag(s, "c-mixed"))
        indication ^= rng_next(((struct env *)(uintptr_t)s->env)->rng) & 1;
    channel |= f->binding && turn_s_flag(s, "c-early-channeldata"); /* RFC8656:12#5 */
    if (channel && !indication)
        put_channel(s, f->number, data, q);
    else
        put_indication(s, &f->at, data, q);
}

/* A datagram that waits: peer, whether not by the channel, length, octets. */
enum { HELD_HEAD = 4 };

static void hold(struct turn_session *s, const struct turn_far *f, struct span data,
                 bool indication)
{
    if (data.n > 0xffff || s->n_held + HELD_HEAD + data.n > TURN_HELD)
        return; /* as a router does whose queue is full */
    uint8_t *p = s->held + s->n_held;
    p[0] = (uint8_t)(f - s->peers);
    p[1] = indication;
    put_u16(p + 2, (uint16_t)data.n);
    if (data.n)
        memcpy(p + HELD_HEAD, data.p, data.n);
    s->n_held += HELD_HEAD + data.n;
}

/* What waits goes out where there is a permission now, or (lost) is forgotten for the peers of `which`. */
static void release(struct turn_session *s, uint64_t lost, const struct input *in, struct outq *q)
{
    size_t kept = 0;

    for (size_t at = 0, n; at < s->n_held; at += n) {
        uint8_t *p = s->held + at;
        struct turn_far *f = &s->peers[p[0]];
        n = HELD_HEAD + (size_t)get_u16(p + 2);
        if (turn_far_permitted(s, &f->at, in->now_us)) {
            put_data(s, f, (struct span){p + HELD_HEAD, n - HELD_HEAD}, p[1], in->now_us, q);
        } else if (!(lost >> p[0] & 1)) {
            memmove(s->held + kept, p, n);
            kept += n;
        }
    }
    s->n_held = kept;
}

bool turn_session_send(struct turn_session *s, const struct addr *peer, struct span data,
                       bool indication, const struct input *in, struct outq *q)
{
    bool can = s->phase == TURN_HAS && !s->wish.tcp;
    struct turn_far *f = can ? turn_far_wanted(s, peer, in->now_us) : NULL;

    if (!f)
        return false;
    if (turn_far_permitted(s, peer, in->now_us) || turn_s_flag(s, "c-send-early") ||
        (f->binding && turn_s_flag(s, "c-early-channeldata")) ||
        (f->permitted_us && turn_s_flag(s, "c-permission-lapses"))) {
        put_data(s, f, data, indication, in->now_us, q);
        return true;
    }
    hold(s, f, data, indication);
    if (!f->asked && !f->binding) {
        if (turn_s_flag(s, "c-bind-only"))
            turn_session_bind(s, peer, 0, in, q);
        else
            permit(s, bit(s, f), 0, in, q);
    }
    return true;
}

void turn_peers_answered(struct turn_session *s, struct turn_ask *a, const struct turn_told *no,
                         const struct input *in, struct outq *q)
{
    bool success = !no;

    for (size_t i = 0; i < TURN_FAR; i++) {
        struct turn_far *f = &s->peers[i];
        if (!(a->peers >> i & 1))
            continue;
        if (a->kind == TURN_ASK_BIND) {
            f->binding = false;
            f->bound |= success;
            if (success || !no->code) /* without an error response it may be bound: RFC8656:12#3 */
                f->bound_us = in->now_us + (uint64_t)TURN_CHANNEL_LIFETIME * SECOND;
            f->number = f->bound || f->bound_us ? f->number : 0;
        } else {
            f->asked = false;
        }
        if (success)
            f->permitted_us = in->now_us + (uint64_t)TURN_PERMISSION_LIFETIME * SECOND;
        else if (f->permitted_us <= in->now_us)
            f->wanted = false;
        turn_links_permitted(s, &f->at, no, in, q);
    }
    release(s, success ? 0 : a->peers, in, q);
}

/* ---- data from peers ---- */

static void deliver(struct turn_session *s, struct turn_told *what, const struct input *in,
                    struct outq *q)
{
    bool icmp = what->kind == TURN_TOLD_ICMP;
    const char *any = icmp            ? "c-icmp-any-peer"
                      : what->channel ? "c-channel-unpermitted"
                                      : "c-data-any-peer";

    if (!turn_far_permitted(s, &what->peer, in->now_us) && !turn_s_flag(s, any))
        return; /* RFC8656:11.4#1, 11.6#1, 12.6#1 */
    if (!icmp && turn_s_flag(s, "c-data-cut"))
        what->data = span_cut(what->data, 0, 500);
    if (!icmp && turn_s_flag(s, "c-peer-ignored"))
        what->peer = s->relayed[what->peer.family == 6];
    what->frame = in->pkt.frame;
    s->tell(s->owner, s, what, in, q);
}

void turn_session_data(struct turn_session *s, const struct input *in, const struct stun_msg *m,
                       struct outq *q)
{
    const struct stun_attr *peer = stun_find(m, STUN_XOR_PEER_ADDRESS),
                           *data = stun_find(m, STUN_DATA_VALUE), *icmp = stun_find(m, STUN_ICMP);
    struct turn_told what = {.kind = TURN_TOLD_DATA};
    uint16_t unknown[1];

    if (s->phase != TURN_HAS || s->wish.tcp || stun_unknown(m, false, unknown, 1))
        return; /* RFC8489:6.3.2#a1 */
    if (peer && peer->kind == STUN_XOR_ADDR)
        what.peer = peer->v.addr;
    else if ((data && turn_s_flag(s, "c-data-no-peer")) ||
             (icmp && turn_s_flag(s, "c-icmp-no-peer")))
        what.peer = s->peers[0].at;
    else
        return; /* RFC8656:11.4#a1, 11.6#a1 */
    if (icmp && icmp->kind == STUN_ICMP_INFO && icmp->v.u32 >> 16 &&
        turn_s_flag(s, "c-icmp-reserved-refused"))
        return;
    if (icmp && icmp->kind == STUN_ICMP_INFO) {
        what.kind = turn_s_flag(s, "c-icmp-as-data") ? TURN_TOLD_DATA : TURN_TOLD_ICMP;
        what.icmp_type = icmp->v.u32 >> 9 & 0x7f;
        what.icmp_code = (uint8_t)icmp->v.u32;
        what.icmp_data = icmp->v.rffu;
    } else if (data) {
        what.data = data->v.s;
    } else if (!turn_s_flag(s, "c-data-no-peer")) {
        return; /* RFC8656:11.4#a2 */
    }
    deliver(s, &what, in, q);
}

/* The peer of a channel; a binding that is asked for counts: RFC8656:12#4. */
static struct turn_far *far_by_number(struct turn_session *s, uint16_t number, uint64_t now_us)
{
    for (size_t i = 0; i < TURN_FAR; i++) {
        struct turn_far *f = &s->peers[i];
        bool early = f->binding && !f->bound && !turn_s_flag(s, "c-early-dropped");
        if (f->at.family && f->number == number && (early || (f->bound && f->bound_us > now_us)))
            return f;
    }
    bool any =
        turn_s_flag(s, "c-any-channel") || (number == 0x8000 && turn_s_flag(s, "c-any-octet"));
    return any && s->peers[0].at.family ? &s->peers[0] : NULL;
}

void turn_session_channel_data(struct turn_session *s, const struct input *in, struct span octets,
                               struct outq *q)
{
    struct turn_told what = {.kind = TURN_TOLD_DATA};
    struct findings none = {0};
    struct stun_channel c;
    size_t used;

    if (s->phase != TURN_HAS || s->wish.tcp || octets.n < 4)
        return;
    if (stun_channel_next(octets, s->stream, &c, &used, &none) != STEP_ITEM) {
        bool lies = turn_s_flag(s, "c-short-delivered") || turn_s_flag(s, "c-any-channel") ||
                    turn_s_flag(s, "c-any-octet");
        if (!lies)
            return; /* RFC8656:12.6#a1, #a2 */
        c = (struct stun_channel){get_u16(octets.p), 0, span_cut(octets, 4, octets.n)};
    }
    struct turn_far *f = far_by_number(s, c.number, in->now_us);
    if (!f)
        return; /* RFC8656:12.6#a3 */
    what.peer = f->at;
    what.channel = c.number;
    what.data = turn_s_flag(s, "c-padding-delivered") ? span_cut(octets, 4, octets.n) : c.data;
    bool early = !f->bound && !turn_far_permitted(s, &f->at, in->now_us);
    if (early) { /* the ChannelBind request that is out asks for the permission as well */
        what.frame = in->pkt.frame;
        s->tell(s->owner, s, &what, in, q);
        return;
    }
    deliver(s, &what, in, q);
}
