/* harness/watch/turn/turn_watch_data.c - data on their way, beside what is there for them. */
#include "harness/watch/turn/turn_watch.h"

enum { SERVER, CLIENT };

void turn_watch_goes_on(const struct turn_watch *w, struct turn_tuple *t,
                        const struct watch_seen *s, const struct watch_sink *out)
{
    if (!w->o.beside || !t->complete || t->mobile || !t->mismatch || t->told_mismatch ||
        w->passed_us < t->mismatch_passed + TURN_WATCH_GRACE_US)
        return;
    t->told_mismatch = true;
    turn_watch_broke(out, s,
                     (struct finding){.clause = "RFC8656:5#7",
                                      .level = MUST,
                                      .what = "the client goes on %u s after error code 437",
                                      .arg = {(w->passed_us - t->mismatch_passed) / 1000000}},
                     t->frame, t->mismatch_frame, 0);
}

/* Whether data that should not be are sure to be so, told once. A 5-tuple without an allocation may be what a NAT has made
 * of another. Where frames may be out of order, and of a stream only its own octets are known, they have to go on for a
 * second, and the client to be heard since. */
static bool proven(const struct turn_watch *w, const struct turn_tuple *t, struct turn_doubt *d,
                   const struct watch_seen *s)
{
    if (!t->complete || t->mobile || s->cut || d->told || (!w->o.beside && !t->granted))
        return false;
    if (!d->begun)
        *d = (struct turn_doubt){
            .begun = true, .passed_us = w->passed_us, .seq = w->seq, .frame = s->frame};
    if (!w->o.beside && (w->passed_us < d->passed_us + TURN_WATCH_STEP_US ||
                         (!w->o.origin && t->client_seq <= d->seq)))
        return false;
    return d->told = true;
}

/* Data although the allocation is over, by what was granted and deleted. True: nothing else is to be said of them. */
static bool over(const struct turn_watch *w, struct turn_tuple *t, const struct watch_seen *s,
                 unsigned by, const struct watch_sink *out)
{
    bool deleted = t->gone && w->passed_us >= t->gone_passed + TURN_WATCH_GRACE_US;
    bool expired =
        t->granted && !t->gone && !t->open && w->passed_us > t->until_passed + TURN_WATCH_GRACE_US;
    uint64_t since = deleted ? t->gone_passed : t->until_passed;

    if (!deleted && !expired)
        return false;
    watch_tell(out, TURN_F_AFTER, 1, s, t->frame);
    if ((by == CLIENT && deleted) || !proven(w, t, &t->over[by], s))
        return true;
    turn_watch_broke(
        out, s,
        (struct finding){.clause = by == CLIENT ? "RFC8656:8#1"
                                   : deleted    ? "RFC8656:8.1#a5"
                                                : "RFC8656:6#a5",
                         .level = by == CLIENT ? MUST : STMT,
                         .what = deleted ? "data of an allocation that was deleted %u s ago"
                                         : "data of an allocation that expired %u s ago",
                         .arg = {(w->passed_us - since) / 1000000}},
        t->frame, deleted ? t->gone_frame : t->frame_until, 0);
    return true;
}

/* The words for what was never there, and for what has run down. */
struct absent {
    const char *clause;
    enum level level;
    const char *never, *expired;
    uint64_t arg, life_us;
};

static void absent(const struct turn_watch *w, const struct turn_tuple *t, struct turn_held *p,
                   const struct watch_seen *s, unsigned by, const struct absent *a,
                   const struct watch_sink *out)
{
    bool asked = p->asked_seq && p->asked_seq >= t->seq;
    uint64_t since = asked ? p->asked_passed + a->life_us : w->passed_us;

    if (!proven(w, t, &p->doubt[by], s))
        return;
    turn_watch_broke(
        out, s,
        (struct finding){
            .clause = a->clause,
            .level = a->level,
            .what = asked ? a->expired : a->never,
            .arg = {a->arg, w->passed_us > since ? (w->passed_us - since) / 1000000 : 0}},
        t->frame, asked ? p->asked_frame : 0, p->doubt[by].frame);
}

/* Beside the client: data for a peer although the request for its permission has not been granted by now. */
static void early(const struct turn_watch *w, const struct turn_tuple *t, struct turn_held *p,
                  const struct watch_seen *s, const struct watch_sink *out)
{
    const struct turn_tx *a = table_at(&w->asks, p->ask_at);

    if (!w->o.beside || p->trusted || a->serial != p->ask || a->success ||
        !proven(w, t, &p->doubt[CLIENT], s))
        return;
    turn_watch_broke(out, s,
                     (struct finding){.clause = "RFC8656:11.1#1",
                                      .level = MUST,
                                      .what = a->error
                                                  ? "data for a peer whose permission was refused"
                                                  : "data for a peer before its permission is "
                                                    "granted"},
                     t->frame, a->frame, 0);
}

static void permitted(struct turn_watch *w, struct turn_tuple *t, const struct addr *at,
                      const struct watch_seen *s, unsigned by, bool icmp,
                      const struct watch_sink *out)
{
    static const struct absent words[] = {
        {"RFC8656:9#a6", STMT, "data from a peer without permission (port %u)",
         "data from a peer (port %u) whose permission ended %u s ago", 0, TURN_WATCH_PERMISSION_US},
        {"RFC8656:11.1#1", MUST, "data for a peer without permission (port %u)",
         "data for a peer (port %u) whose permission ended %u s ago", 0, TURN_WATCH_PERMISSION_US},
        {"RFC8656:11.5#a5", STMT, "ICMP about a peer without permission (port %u)",
         "ICMP about a peer (port %u) whose permission ended %u s ago", 0,
         TURN_WATCH_PERMISSION_US},
    };
    struct turn_held *p = turn_held_of(w, t, TURN_PERMISSION, at, 0, s, out);
    struct absent a = words[icmp ? 2 : by];

    p->datagrams++;
    if (turn_may(w, t, p, TURN_WATCH_PERMISSION_US)) {
        if (by == CLIENT)
            early(w, t, p, s, out);
        return;
    }
    if (t->granted)
        watch_tell(out, by == CLIENT ? TURN_F_UNPERMITTED_OUT : TURN_F_UNPERMITTED_IN, 1, s,
                   t->frame);
    a.arg = at->port;
    absent(w, t, p, s, by, &a, out);
}

/* RFC8656:12.5#1: to a peer that has a channel go no Data indications with DATA. One that was on its way when the
 * channel was bound may come later. */
static void by_channel(struct turn_watch *w, struct turn_tuple *t, const struct addr *at,
                       const struct watch_seen *s, const struct watch_sink *out)
{
    struct turn_held *b = turn_held_find(w, t, TURN_BOUND, at, 0);

    if (s->cut || !turn_sure(w, t, b, TURN_WATCH_CHANNEL_US) || b->doubt[SERVER].told ||
        w->now_us < b->granted_us + TURN_WATCH_GRACE_US)
        return;
    b->doubt[SERVER].told = true;
    turn_watch_broke(out, s,
                     (struct finding){.clause = "RFC8656:12.5#1",
                                      .level = MUST,
                                      .what = "a Data indication from a peer that has channel %x",
                                      .arg = {b->number}},
                     t->frame, b->granted_frame, 0);
}

void turn_watch_indication(struct turn_watch *w, struct turn_tuple *t, const struct watch_seen *s,
                           const struct stun_msg *m, const struct watch_sink *out)
{
    const struct stun_attr *peer = stun_find(m, STUN_XOR_PEER_ADDRESS),
                           *data = stun_find(m, STUN_DATA_VALUE), *icmp = stun_find(m, STUN_ICMP);
    unsigned by = m->method == STUN_SEND ? CLIENT : SERVER;

    if (m->method != STUN_SEND && m->method != STUN_DATA)
        return;
    if (data) {
        watch_tell(out, by == CLIENT ? TURN_F_SENDS : TURN_F_DATAS, 1, s, 0);
        watch_tell(out, by == CLIENT ? TURN_F_SEND_OCTETS : TURN_F_DATA_OCTETS, data->length, s, 0);
    } else if (icmp && by == SERVER) {
        watch_tell(out, TURN_F_ICMP, 1, s, 0);
    }
    if (by == CLIENT)
        turn_watch_goes_on(w, t, s, out);
    if (over(w, t, s, by, out) || !peer || peer->kind != STUN_XOR_ADDR || !(data || icmp))
        return;
    permitted(w, t, &peer->v.addr, s, by, by == SERVER && !data, out);
    if (by == SERVER && data)
        by_channel(w, t, &peer->v.addr, s, out);
}

void turn_watch_channel(struct turn_watch *w, struct turn_tuple *t, const struct watch_seen *s,
                        const struct stun_channel *c, bool by_client, const struct watch_sink *out)
{
    static const struct absent words[] = {
        {"RFC8656:12#a5", STMT, "data by channel %x, which nobody has bound",
         "data by channel %x, whose binding ended %u s ago", 0, TURN_WATCH_CHANNEL_US},
        {"RFC8656:12.4#a3", STMT, "data by channel %x, which the client has not bound",
         "data by channel %x, whose binding ended %u s ago", 0, TURN_WATCH_CHANNEL_US},
    };
    unsigned by = by_client ? CLIENT : SERVER;

    watch_tell(out, by_client ? TURN_F_CHANNEL_OUT : TURN_F_CHANNEL_IN, 1, s, 0);
    watch_tell(out, by_client ? TURN_F_CHANNEL_OUT_OCTETS : TURN_F_CHANNEL_IN_OCTETS, c->length, s,
               0);
    if (by_client)
        turn_watch_goes_on(w, t, s, out);
    if (over(w, t, s, by, out))
        return;
    struct turn_held *p = turn_held_of(w, t, TURN_CHANNEL, NULL, c->number, s, out);
    p->datagrams++;
    if (turn_may(w, t, p, TURN_WATCH_CHANNEL_US)) {
        /* A copy: making room for the permission may take the channel's place. */
        const struct addr at = p->at;
        struct turn_held *permission = turn_held_find(w, t, TURN_PERMISSION, &at, 0);
        if (!p->several && !by_client)
            permitted(w, t, &at, s, by, false, out);
        else if (permission)
            permission->datagrams++;
        return;
    }
    if (t->granted)
        watch_tell(out, TURN_F_UNBOUND, 1, s, t->frame);
    struct absent a = words[by];
    a.arg = c->number;
    if (p->asked_seq && p->asked_seq >= t->seq)
        a.clause = "RFC8656:12#a11";
    absent(w, t, p, s, by, &a, out);
}
