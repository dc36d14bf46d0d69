/* harness/endpoints/turn/turn_session_rules.c - what follows from a response: RFC 8489 sections 6.3, 9.2.5 and 10, RFC
 * 8656 sections 7.3, 7.4, 8.3, 10.3, 12.3, RFC 6062 section 4.3. */
#include "harness/endpoints/turn/turn_session.h"

enum { SECOND = 1000000, LIFETIME_DEFAULT = 600, MARGIN = 60 };

/* ---- whether it counts ---- */

static struct turn_ask *ask_of(struct turn_session *s, const struct stun_msg *m)
{
    for (size_t i = 0; i < TURN_ASKS; i++)
        if (s->asks[i].kind && span_eq((struct span){s->asks[i].id, 12}, m->transaction))
            return &s->asks[i];
    return NULL;
}

static unsigned code_of(const struct stun_msg *m)
{
    const struct stun_attr *code = m->cls == STUN_ERROR ? stun_find(m, STUN_ERROR_CODE) : NULL;
    return code && code->kind == STUN_CODE ? code->v.code : 0;
}

static bool is_proven(const struct turn_ask *a, const struct stun_msg *m)
{
    if (m->at_integrity256)
        return stun_check_integrity256(m, &a->key) == STUN_GOOD;
    return stun_check_integrity(m, &a->key) == STUN_GOOD;
}

/* RFC8489:6.3#a7, 9.2.5#14, #15, #16. */
static bool counts(const struct turn_ask *a, const struct stun_msg *m, unsigned code)
{
    if (m->length + (size_t)STUN_HEADER != m->wire.n || stun_check_fingerprint(m) == STUN_BAD)
        return false;
    if (!a->signed_ || code == 401 || code == 438)
        return true;
    return !stun_bid_down(m) && is_proven(a, m);
}

static void failed(struct turn_session *s, struct turn_ask *a, const struct input *in,
                   const struct stun_msg *m, unsigned code, const char *why, struct outq *q)
{
    struct turn_told what = {.kind = TURN_TOLD_FAILED,
                             .code = code,
                             .why = why,
                             .octets = m->wire,
                             .frame = in->pkt.frame};
    bool allocating = a->kind == TURN_ASK_ALLOCATE, moving = a->kind == TURN_ASK_MOVE;

    struct turn_link *link = a->link;

    if (moving && code == 405)
        s->n_ticket = 0;
    if (a->kind == TURN_ASK_PERMIT || a->kind == TURN_ASK_BIND)
        turn_peers_answered(s, a, &what, in, q);
    turn_ask_end(s, a, &what, in, q);
    if (link)
        turn_link_lost(s, link, &what, in, q);
    if (moving)
        turn_session_stays(s, in, q);
    if (allocating) {
        s->phase = TURN_OVER;
        turn_session_close(s, q);
    }
}

/* ---- challenges ---- */

/* 401 and 438; false: nothing comes of it. */
static bool challenged(struct turn_session *s, struct turn_ask *a, const struct input *in,
                       const struct stun_msg *m, unsigned code, struct outq *q)
{
    if (code == 401 && turn_s_flag(s, "c-no-second-try"))
        return false;
    if (code == 401 && a->signed_ && /* RFC8656:7.4#5 */
        (!turn_s_flag(s, "c-retries-401") || a->again++ > 3))
        return false;
    if (code == 438 && a->renewals++ == TURN_RENEWALS)
        return false;
    if (code == 438 && turn_s_flag(s, "c-old-nonce")) {
        turn_ask_launch(s, a, in, q);
        return true;
    }
    if (stun_login_keep(&s->login, s->env, m) == STUN_CHALLENGE_NONE)
        return false;
    turn_ask_launch(s, a, in, q);
    return true;
}

/* ---- Allocate ---- */

/* Whom the certificate of the other server has to name is whom that of the first has (RFC8489:10#6, #8): where no name
 * was given, its address. */
static void name_of_server(struct turn_session *s, const struct addr *at)
{
    struct wr w = {(uint8_t *)s->name, sizeof s->name - 1, 0, false};

    addr_text(&w, at);
    while (w.n && s->name[w.n - 1] != ':')
        w.n--;
    w.n -= w.n ? 1 : 0;
    if (at->family == 6 && w.n > 2) { /* without brackets */
        memmove(s->name, s->name + 1, w.n - 2);
        w.n -= 2;
    }
    s->name[w.n] = '\0';
}

/* 300: RFC8656:7.4#2, RFC8489:10. */
static bool redirected(struct turn_session *s, struct turn_ask *a, const struct input *in,
                       const struct stun_msg *m, struct outq *q)
{
    const struct stun_attr *to = stun_find(m, STUN_ALTERNATE_SERVER);

    if (!to || to->kind == STUN_RAW || !a->signed_ || s->given || s->n_been == TURN_SERVERS_BEEN)
        return false;
    if (turn_s_flag(s, "c-alternate-ignored")) {
        turn_ask_launch(s, a, in, q);
        s->n_been++;
        return true;
    }
    for (size_t i = 0; i < s->n_been; i++)
        if (addr_eq(&s->been[i], &to->v.addr))
            return false;
    if (addr_eq(&s->server, &to->v.addr))
        return false;
    if (!s->name[0])
        name_of_server(s, &s->server);
    s->been[s->n_been++] = s->server;
    turn_session_close(s, q);
    s->server = to->v.addr;
    turn_session_open(s, q);
    turn_ask_launch(s, a, in, q);
    return true;
}

/* 437: another transport address is tried. */
static bool from_another_port(struct turn_session *s, struct turn_ask *a, const struct input *in,
                              struct outq *q)
{
    bool for_ever = turn_s_flag(s, "c-437-for-ever") && s->ports_tried < 20;

    if (s->given || (s->ports_tried >= TURN_PORTS_TRIED && !for_ever))
        return false;
    s->ports_tried++;
    if (!turn_s_flag(s, "c-437-same-port")) {
        turn_session_close(s, q);
        turn_session_open(s, q);
    }
    turn_ask_launch(s, a, in, q);
    return true;
}

/* Whether UNKNOWN-ATTRIBUTES has a type. */
static bool lists(const struct stun_msg *m, uint16_t type)
{
    const struct stun_attr *a = stun_find(m, STUN_UNKNOWN_ATTRIBUTES);

    for (size_t i = 0; a && a->kind == STUN_TYPES && i + 2 <= a->v.s.n; i += 2)
        if (get_u16(a->v.s.p + i) == type)
            return true;
    return false;
}

/* A fault: the same request once more, at once or 5 s later. */
static bool repeats(struct turn_session *s, struct turn_ask *a, unsigned code)
{
    static const struct {
        unsigned code;
        const char *flag;
        uint32_t after;
    } v[] = {
        {400, "c-retries-400", 0}, {403, "c-retries-403", 0}, {441, "c-retries-403", 0},
        {442, "c-retries-400", 0}, {440, "c-retries-440", 0}, {486, "c-retries-486", 5},
        {508, "c-retries-508", 5}, {499, "c-retries-499", 0},
    };
    for (size_t i = 0; i < COUNT(v); i++)
        if (v[i].code == code && turn_s_flag(s, v[i].flag) && a->again++ < 3)
            return true;
    return false;
}

static void allocate_refused(struct turn_session *s, struct turn_ask *a, const struct input *in,
                             const struct stun_msg *m, unsigned code, struct outq *q)
{
    if (code == 300 && redirected(s, a, in, m, q))
        return;
    if (code == 437 && from_another_port(s, a, in, q))
        return;
    if (code == 420 && s->wish.dont_fragment && !s->no_df && lists(m, STUN_DONT_FRAGMENT) &&
        a->again++ < 3) {
        s->no_df = !turn_s_flag(s, "c-df-again"); /* RFC8656:7.4#7 */
        turn_ask_launch(s, a, in, q);
        return;
    }
    if (code == 405 && !s->no_ticket && a->again++ < 3) {
        s->no_ticket = !turn_s_flag(s, "c-retries-405"); /* RFC8016:3.1.4#1 */
        turn_ask_launch(s, a, in, q);
        return;
    }
    if (repeats(s, a, code)) {
        turn_ask_launch(s, a, in, q);
        if (code == 486 || code == 508) { /* not at once: what has been put off is not sent yet */
            a->sent = 0;
            a->next_us = in->now_us + 5 * SECOND;
        }
        return;
    }
    failed(s, a, in, m, code, NULL, q);
}

static void granted(struct turn_session *s, uint32_t lifetime, const struct input *in)
{
    uint64_t now = in->now_us, margin = lifetime >= 2 * MARGIN ? MARGIN : lifetime / 2;

    s->lifetime = lifetime;
    s->until_us = now + (uint64_t)lifetime * SECOND;
    if (turn_s_flag(s, "c-refresh-by-asked")) {
        lifetime = s->wish.lifetime ? s->wish.lifetime : LIFETIME_DEFAULT;
        s->until_us = NO_DEADLINE;
    }
    if (turn_s_flag(s, "c-refresh-often"))
        margin = lifetime > MARGIN ? lifetime - MARGIN : margin;
    if (turn_s_flag(s, "c-refresh-last"))
        margin = 5;
    s->refresh_us = now + (lifetime - margin) * SECOND;
    if (turn_s_flag(s, "c-refresh-late"))
        s->refresh_us = now + (lifetime + 5ull) * SECOND;
    if (s->wish.tcp && turn_s_flag(s, "c-tcp-lapses"))
        s->refresh_us = NO_DEADLINE;
}

static uint32_t lifetime_in(const struct stun_msg *m)
{
    const struct stun_attr *a = stun_find(m, STUN_LIFETIME);
    return a && a->kind == STUN_U32 ? a->v.u32 : LIFETIME_DEFAULT;
}

static void keep_addresses(struct turn_session *s, const struct stun_msg *m)
{
    const struct stun_attr *mapped = stun_find(m, STUN_XOR_MAPPED_ADDRESS),
                           *token = stun_find(m, STUN_RESERVATION_TOKEN);

    memset(s->relayed, 0, sizeof s->relayed);
    for (size_t i = 0; i < m->n_attrs; i++) {
        const struct stun_attr *a = &m->attrs[i];
        bool six = a->v.addr.family == 6;
        if (a->type == STUN_XOR_RELAYED_ADDRESS && a->kind == STUN_XOR_ADDR &&
            !s->relayed[six].family)
            s->relayed[six] = a->v.addr;
    }
    s->mapped = mapped && mapped->kind == STUN_XOR_ADDR ? mapped->v.addr : (struct addr){0};
    s->has_token = token && token->length == sizeof s->token;
    if (s->has_token)
        memcpy(s->token, token->v.s.p, sizeof s->token);
}

/* Whether the addresses are of families that were asked for: RFC8656:7.3#1. */
static bool usable(const struct turn_session *s)
{
    uint8_t want = s->wish.family;

    if (want == TURN_WANT_BOTH || s->wish.token.n)
        return s->relayed[0].family || s->relayed[1].family;
    bool six = want == TURN_WANT_IP6;
    return s->relayed[six].family && !s->relayed[!six].family;
}

static void allocated(struct turn_session *s, struct turn_ask *a, const struct input *in,
                      const struct stun_msg *m, struct outq *q)
{
    struct turn_told what = {
        .kind = TURN_TOLD_ALLOCATED, .octets = m->wire, .frame = in->pkt.frame};

    const struct stun_attr *half = stun_find(m, STUN_ADDRESS_ERROR_CODE);
    if (half && half->kind == STUN_FAMILY_CODE && half->v.code_rffu &&
        turn_s_flag(s, "c-code-reserved-refused")) {
        failed(s, a, in, m, 0, "reserved bits are set", q);
        return;
    }
    keep_addresses(s, m);
    turn_session_keep_ticket(s, m);
    s->phase = TURN_HAS;
    granted(s, lifetime_in(m), in);
    if (!usable(s) && !turn_s_flag(s, "c-keeps-foreign")) { /* RFC8656:7.3#2a */
        what.kind = TURN_TOLD_FAILED;
        what.foreign = true;
        what.why = "no relayed address of the family that was asked for";
        turn_ask_end(s, a, &what, in, q);
        turn_session_leave(s, 0, in, q);
        return;
    }
    s->known = true;
    turn_ask_end(s, a, &what, in, q);
}

/* ---- the others ---- */

/* Of Refresh and of what moves. */
static void refreshed(struct turn_session *s, struct turn_ask *a, const struct input *in,
                      const struct stun_msg *m, struct outq *q)
{
    bool moves = a->kind == TURN_ASK_MOVE;
    struct turn_told what = {.kind = moves ? TURN_TOLD_MOVED : TURN_TOLD_REFRESHED,
                             .octets = m->wire,
                             .frame = in->pkt.frame};
    uint32_t first = s->lifetime;

    turn_session_keep_ticket(s, m);
    if (moves)
        turn_session_moved(s, in, q);

    granted(s, turn_s_flag(s, "c-refresh-by-first") ? first : lifetime_in(m), in);
    if (turn_s_flag(s, "c-refresh-by-first"))
        s->until_us = NO_DEADLINE;
    turn_ask_end(s, a, &what, in, q);
}

static void deleted(struct turn_session *s, struct turn_ask *a, const struct input *in,
                    struct outq *q)
{
    struct turn_told what = {.kind = TURN_TOLD_DELETED};

    turn_ask_end(s, a, &what, in, q);
    turn_session_over(s, "deleted", in, q);
}

static void refused(struct turn_session *s, struct turn_ask *a, const struct input *in,
                    const struct stun_msg *m, unsigned code, struct outq *q)
{
    uint8_t kind = a->kind;

    if (kind == TURN_ASK_DELETE && code == 437 && !turn_s_flag(s, "c-delete-again")) {
        deleted(s, a, in, q); /* RFC8656:8.3#a4 */
        return;
    }
    if (kind == TURN_ASK_DELETE && a->again++ < 3 && code == 437) {
        turn_ask_launch(s, a, in, q);
        return;
    }
    if (repeats(s, a, code)) {
        turn_ask_launch(s, a, in, q);
        return;
    }
    bool rebind = kind == TURN_ASK_BIND && a->number;
    failed(s, a, in, m, code, NULL, q);
    if (code == 437 && kind != TURN_ASK_TAKE &&
        !turn_s_flag(s, "c-goes-on-after-437")) /* RFC8656:5#7 */
        turn_session_over(s, "the server has no such allocation", in, q);
    else if (kind == TURN_ASK_DELETE)
        turn_session_over(s, "its deletion was refused", in, q);
    else if (code == 400 && rebind && s->phase == TURN_HAS &&
             !turn_s_flag(s, "c-goes-on-after-400")) /* RFC8656:12.3#1 */
        turn_session_leave(s, 0, in, q);
}

static void succeeded(struct turn_session *s, struct turn_ask *a, const struct input *in,
                      const struct stun_msg *m, struct outq *q)
{
    struct turn_told what = {.kind =
                                 a->kind == TURN_ASK_BIND ? TURN_TOLD_BOUND : TURN_TOLD_PERMITTED,
                             .octets = m->wire,
                             .frame = in->pkt.frame};

    s->login.done = a->signed_;
    s->login.integrity = m->at_integrity256 ? STUN_HAS_SHA256 : STUN_HAS_SHA1;
    switch (a->kind) {
    case TURN_ASK_ALLOCATE:
        allocated(s, a, in, m, q);
        break;
    case TURN_ASK_REFRESH:
    case TURN_ASK_MOVE:
        refreshed(s, a, in, m, q);
        break;
    case TURN_ASK_DELETE:
        deleted(s, a, in, q);
        break;
    case TURN_ASK_CONNECT:
        turn_link_connected(s, a, in, m, q);
        break;
    case TURN_ASK_TAKE:
        turn_link_taken(s, a, in, m, q);
        break;
    default:
        turn_peers_answered(s, a, NULL, in, q);
        turn_ask_end(s, a, &what, in, q);
        break;
    }
}

void turn_session_response(struct turn_session *s, const struct input *in, const struct stun_msg *m,
                           struct outq *q)
{
    struct turn_ask *a = ask_of(s, m);
    unsigned code = code_of(m);
    uint16_t unknown[1];

    if (!a || !counts(a, m, code))
        return;
    if (stun_unknown(m, false, unknown, 1)) { /* RFC8489:6.3.3#a1, 6.3.4#a1 */
        turn_ask_lost(s, a,
                      &(struct turn_told){.kind = TURN_TOLD_FAILED,
                                          .code = code,
                                          .why = "a comprehension-required attribute is not known",
                                          .octets = m->wire,
                                          .frame = in->pkt.frame},
                      in, q);
        return;
    }
    if (m->cls == STUN_SUCCESS)
        succeeded(s, a, in, m, q);
    else if ((code == 401 || code == 438) && challenged(s, a, in, m, code, q))
        return;
    else if (code >= 500 && code != 508 && code < 600 && a->again++ < 4)
        turn_ask_launch(s, a, in, q); /* RFC8489:6.3.4#2b, #3 */
    else if (a->kind == TURN_ASK_ALLOCATE)
        allocate_refused(s, a, in, m, code, q);
    else
        refused(s, a, in, m, code, q);
}
