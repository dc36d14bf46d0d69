/* harness/watch/stun/stun_watch_answer.c - answers beside what they answer: RFC 8489 section 6.3. */
#include "harness/watch/stun/stun_watch.h"

static bool code_of(const struct stun_msg *m, uint16_t *code)
{
    const struct stun_attr *a = m->cls == STUN_ERROR ? stun_find(m, STUN_ERROR_CODE) : NULL;

    *code = a && a->kind == STUN_CODE ? a->v.code : 0;
    return *code != 0;
}

/* Whether nothing in the answer lets a client pass it over: RFC8489:6.3, 6.3.3, 6.3.4, 9. */
static bool plain(const struct stun_tx *t, const struct watch_seen *s, const struct stun_msg *m)
{
    enum stun_check sum = stun_check_fingerprint(m);
    uint16_t code;

    if (!s->sound || s->cut || t->signed_ || m->method != t->method || m->classic != t->classic)
        return false;
    if (sum == STUN_BAD || (t->fingerprint && sum != STUN_GOOD))
        return false;
    for (size_t i = 0; i < m->n_attrs; i++)
        if (stun_required(m->attrs[i].type) && !stun_type_name(m->attrs[i].type))
            return false;
    if (m->cls == STUN_ERROR) /* after 500 to 599 the request may be sent again, RFC8489:6.3.4#2a */
        return code_of(m, &code) && code >= 400 && code < 500;
    const struct stun_attr *a = stun_find(m, STUN_XOR_MAPPED_ADDRESS);
    return m->method == STUN_BINDING && a && a->kind == STUN_XOR_ADDR;
}

static uint64_t relayed(const struct stun_msg *m)
{
    const struct stun_attr *a =
        m->cls == STUN_SUCCESS ? stun_find(m, STUN_XOR_RELAYED_ADDRESS) : NULL;

    if (!a || a->kind != STUN_XOR_ADDR)
        return 0;
    const struct addr *r = &a->v.addr;
    uint8_t all[19] = {[16] = r->family, [17] = (uint8_t)(r->port >> 8), [18] = (uint8_t)r->port};
    memcpy(all, r->ip, r->family == 6 ? 16 : 4);
    return stun_watch_hash((struct span){all, sizeof all}) | 1;
}

/* Whether one answer grants and the other refuses for good. Not so with 438, since a nonce may expire in
 * between, nor with 500 to 599, after which the same request may be sent again, nor with 437 to a deletion,
 * which has been carried out by then (RFC8656:8.2#a6). */
static bool contrary(const struct stun_tx *t, const struct stun_msg *m, uint16_t code)
{
    uint16_t refusal = m->cls == STUN_ERROR ? code : t->answer_code;

    if (m->method == STUN_REFRESH && refusal == 437)
        return false;
    return m->cls != t->answer_cls && refusal >= 400 && refusal < 500 && refusal != 438;
}

static void further(struct stun_tx *t, const struct watch_seen *s, const struct stun_msg *m,
                    const struct watch_sink *out)
{
    bool same = stun_watch_hash(s->octets) == t->answer_hash;
    uint64_t other = relayed(m);
    const char *what = NULL;
    uint16_t code;

    watch_tell(out, same ? STUN_F_ANSWER_AGAIN : STUN_F_ANSWER_CHANGED, 1, s, t->answer_frame);
    code_of(m, &code);
    /* Requests after the first answer may be a new transaction, which may end otherwise. A request with a
     * counter is not the same each time. An ICE agent may learn of the session, or change its role,
     * between two copies of a check. */
    if (same || s->cut || t->told_answer || t->again || t->untimed || t->classic || m->classic ||
        t->counter || t->ice || s->now_us - t->first_us >= STUN_WATCH_OVER_US)
        return;
    if (contrary(t, m, code))
        what = "the request was granted and refused: two answers, one with error code %u";
    else if (other && t->relayed_hash && other != t->relayed_hash)
        what = "two answers to the same request have different relayed addresses";
    if (!what)
        return;
    t->told_answer = true;
    stun_watch_broke(out, s,
                     (struct finding){.clause = "RFC8489:6.3.1#1",
                                      .level = MUST,
                                      .what = what,
                                      .len = s->octets.n,
                                      .arg = {code ? code : t->answer_code, 0}},
                     t, t->answer_frame);
}

static void first(struct stun_tx *t, const struct watch_seen *s, const struct stun_msg *m,
                  const struct watch_sink *out)
{
    code_of(m, &t->answer_code);
    t->answer_hash = stun_watch_hash(s->octets);
    t->answer_frame = s->frame;
    t->answer_us = s->now_us;
    t->answer_cls = m->cls;
    t->relayed_hash = relayed(m);
    t->answer_plain = plain(t, s, m);
    if (t->sent == 1 && !t->untimed) /* else it is not known which request was answered */
        watch_tell(out, STUN_F_RTT, s->now_us - t->first_us, s, t->frames[0]);
}

static void to_indication(struct stun_tx *t, const struct watch_seen *s, const struct stun_msg *m,
                          const struct watch_sink *out)
{
    if (t->told_answer || t->classic || m->classic)
        return;
    t->told_answer = true;
    stun_watch_broke(out, s,
                     (struct finding){.clause = "RFC8489:6.3.2#a3",
                                      .level = STMT,
                                      .what = "an indication is answered",
                                      .off = 8,
                                      .len = 12},
                     t, 0);
}

static void wrong_method(struct stun_tx *t, const struct watch_seen *s, const struct stun_msg *m,
                         const struct watch_sink *out)
{
    if (t->told_answer || t->classic || m->classic)
        return;
    t->told_answer = true;
    stun_watch_broke(out, s,
                     (struct finding){.clause = "RFC8489:6.3.1.1#a2",
                                      .level = STMT,
                                      .what = "the method of the answer is %x, that of the request "
                                              "%x",
                                      .len = 2,
                                      .arg = {m->method, t->method}},
                     t, 0);
}

/* A request of the side that is answered that waits for the side that answers; NULL: none. */
static const struct stun_tx *waiting(const struct stun_watch *w, const struct watch_seen *s)
{
    for (struct stun_tx *t = NULL; (t = stun_tx_next(w, t));)
        if (!t->answers && !t->muddled && t->flow == s->flow && addr_eq(&t->client, &s->to) &&
            addr_eq(&t->server, &s->from) && s->now_us - t->last_us < STUN_WATCH_OVER_US)
            return t;
    return NULL;
}

/* Only where all that ever passed was shown, and was read, is it known that nobody asked. */
static void unknown(struct stun_watch *w, const struct watch_seen *s, const struct stun_msg *m,
                    const struct watch_sink *out)
{
    struct stun_tx *any = stun_tx_any(w, stun_watch_id(m), &s->from);
    bool sure = w->o.origin && w->o.beside && !w->unread && !w->forgot && !m->classic;

    if (any && !any->indication) {
        watch_tell(out, STUN_F_ELSEWHERE, 1, s, any->frames[0]);
        if (!sure || any->moved || any->muddled || any->told_answer || any->stream || s->stream ||
            any->flow != s->flow || !addr_eq(&any->client, &s->to))
            return;
        any->told_answer = true;
        stun_watch_broke(out, s,
                         (struct finding){.clause = "RFC8489:6.3.1.2#a3",
                                          .level = STMT,
                                          .what = "the answer comes from another address or port "
                                                  "than the request went to",
                                          .len = s->octets.n},
                         any, 0);
        return;
    }
    watch_tell(out, STUN_F_UNASKED, 1, s, 0);
    const struct stun_tx *t = sure ? waiting(w, s) : NULL;
    if (t)
        stun_watch_broke(out, s,
                         (struct finding){.clause = "RFC8489:5#6",
                                          .level = MUST,
                                          .what = "the transaction id of the answer is that of no "
                                                  "request",
                                          .off = 8,
                                          .len = 12},
                         t, 0);
}

void stun_watch_answer(struct stun_watch *w, const struct watch_seen *s, const struct stun_msg *m,
                       const struct watch_sink *out)
{
    struct stun_tx *t = stun_tx_find(w, stun_watch_id(m), s->flow, &s->to, &s->from);

    if (!t) {
        unknown(w, s, m, out);
        return;
    }
    t->untimed |= s->now_us < t->first_us || t->epoch != w->epoch;
    if (t->muddled) {
        t->answers++;
        return;
    }
    if (t->indication) {
        to_indication(t, s, m, out);
        return;
    }
    if (m->method != t->method)
        wrong_method(t, s, m, out);
    if (t->answers++ == 0)
        first(t, s, m, out);
    else
        further(t, s, m, out);
}
