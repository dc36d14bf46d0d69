/* bench/bench_sip.c - ours: sip.full, sip.scan, sip.route, sip.build, sip.lint and its two other rows, sip.arena. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "bench/allocs.h"
#include "bench/bench.h"
#include "bench/sip_mix.h"
#include "codecs/sip/sip_template.h"

enum {
    ARENA = 128 << 10, /* octets for the views of messages */
    GROUP = 16,        /* messages that are decoded before they are linted */
};

static const char invite_text[] =
    "INVITE sip:{target}@example.com SIP/2.0\r\nVia: SIP/2.0/UDP "
    "example.com:5060;branch=z9hG4bK{branch};rport\r\n"
    "Max-Forwards: 60\r\nFrom: Alice <sip:{from}@example.com>;tag={tag}\r\n"
    "To: Alice <sip:{to}@example.com>\r\nCall-ID: {call}@example.com\r\nCSeq: {cseq} INVITE\r\n"
    "Contact: <sip:{contact}@example.com:5060;transport=udp>\r\n"
    "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, PRACK, INFO\r\n"
    "Supported: 100rel, timer, replaces\r\nSession-Expires: 900;refresher=uac\r\nMin-SE: 90\r\n"
    "User-Agent: Softphone/3.2.1\r\nContent-Type: application/sdp\r\nContent-Length: "
    "{length}\r\n\r\n"
    "v=0\r\no=- {session} 1000 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n"
    "m=audio {port} RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n";
enum { TARGET, BRANCH, FROM, TAG, TO, CALL, CSEQ, CONTACT, SESSION, PORT, SLOTS };
static const char *const slot_names[SLOTS] = {"target", "branch", "from",    "tag",     "to",
                                              "call",   "cseq",   "contact", "session", "port"};

struct work {
    struct sip_mix mix;
    struct sip_same same;
    uint8_t room[ARENA];
    uint8_t in[ARENA]; /* a message that was received */
    struct sip_template invite;
    struct span slots[SIP_SAME][SLOTS];
    size_t next, bad;
    uint64_t arena, findings;
};

static struct span text_of(const struct sip_mix_text *t)
{
    return (struct span){(const uint8_t *)t->p, t->n};
}

/* The octets of a message of the mix, decoded. */
static void decode(struct work *w, struct span text, struct arena *mem, struct sip_msg *m)
{
    struct findings fs = {0};
    size_t before = mem->n;

    if (sip_decode(text, mem, m, &fs) != STEP_ITEM || fs.n || mem->full || !m->first[SIP_CSEQ] ||
        m->rest.n)
        w->bad++;
    w->arena += mem->n - before;
}

static void lint(struct work *w, const struct sip_msg *m)
{
    struct findings fs = {0};

    sip_lint(m, &fs);
    w->findings += fs.n;
}

static struct span next_of(struct work *w)
{
    return text_of(&w->mix.msg[w->next++ % SIP_MIX]);
}

/* `n` messages of the mix decoded, and linted if `linted`, in groups of `size`: of each, all are decoded first. */
static inline uint64_t groups(struct work *w, size_t n, size_t size, bool linted)
{
    struct sip_msg m[GROUP];
    uint64_t sum = 0;

    while (n) {
        struct arena mem = arena_of(w->room, sizeof w->room);
        size_t some = n < size ? n : size;
        n -= some;
        for (size_t i = 0; i < some; i++) {
            decode(w, next_of(w), &mem, &m[i]);
            sum += m[i].headers_n + mem.n;
        }
        for (size_t i = 0; linted && i < some; i++)
            lint(w, &m[i]);
    }
    return sum + w->findings;
}
static uint64_t full(void *ctx, size_t n)
{
    return groups(ctx, n, 1, false);
}
static uint64_t with_lint(void *ctx, size_t n)
{
    return groups(ctx, n, 1, true);
}
static uint64_t full_groups(void *ctx, size_t n)
{
    return groups(ctx, n, GROUP, false);
}
static uint64_t lint_groups(void *ctx, size_t n)
{
    return groups(ctx, n, GROUP, true);
}

static uint64_t scan(void *ctx, size_t n)
{
    struct work *w = ctx;
    struct sip_msg m;
    uint64_t sum = 0;

    while (n--) {
        struct findings fs = {0};
        struct arena mem = arena_of(w->room, sizeof w->room);
        if (sip_scan(text_of(&w->same.msg[w->next++ % SIP_SAME]), &mem, &m, &fs) != STEP_ITEM ||
            fs.n || m.headers_n != SIP_SCAN_FIELDS)
            w->bad++;
        sum += m.headers[3].value.n + m.headers[11].name.n;
    }
    return sum;
}

/* What a proxy or a transaction layer looks at: topmost Via, the tags, Call-ID, CSeq. */
static uint64_t route(void *ctx, size_t n)
{
    struct work *w = ctx;
    struct sip_route r;
    uint64_t sum = 0;

    while (n--) {
        struct findings fs = {0};
        struct arena mem = arena_of(w->room, sizeof w->room);
        if (sip_route(text_of(&w->mix.msg[w->next++ % SIP_MIX]), &mem, &r, &fs) != STEP_ITEM ||
            fs.n || !r.via.text.p || !r.from_tag.n || !r.call_id.n || !r.cseq.text.n)
            w->bad++;
        sum += r.via.host.n + r.call_id.n + r.cseq.number + r.to_tag.n + r.from_tag.n;
    }
    return sum;
}

/* ---- messages that are received ----
 *
 * A loop of decoding alone has all its code decoded by the CPU, which a program that does anything else does not: so
 * each message comes over a socket of datagrams here, and what that takes is taken off. */

enum task { RECEIVE, DECODE, LINT };

/* CPU time of all messages of the mix, sent and received, decoded, linted. */
static uint64_t burst(struct work *w, const int ends[2], enum task task)
{
    uint64_t start = bench_cpu_ns();

    for (size_t i = 0; i < SIP_MIX; i++) {
        struct span text = next_of(w);
        ssize_t n = send(ends[0], text.p, text.n, 0);
        if (n >= 0)
            n = recv(ends[1], w->in, sizeof w->in, 0);
        w->bad += n != (ssize_t)text.n;
        if (n != (ssize_t)text.n || task == RECEIVE)
            continue;
        struct arena mem = arena_of(w->room, sizeof w->room);
        struct sip_msg m;
        decode(w, (struct span){w->in, text.n}, &mem, &m);
        if (task == LINT)
            lint(w, &m);
    }
    return bench_cpu_ns() - start;
}

/* The median of what a burst takes more than one that only receives. False: there are no sockets. */
static bool received(struct work *w, enum task task, uint64_t time_us, struct bench_result *r)
{
    static int64_t more[1024];
    size_t n = 0;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) < 0)
        return false;
    for (uint64_t start = bench_cpu_ns(); n < COUNT(more); n++) {
        uint64_t only = burst(w, ends, RECEIVE);
        more[n] = (int64_t)burst(w, ends, task) - (int64_t)only;
        if (bench_cpu_ns() - start > time_us * 1000)
            break;
    }
    n += n < COUNT(more);
    close(ends[0]);
    close(ends[1]);
    int64_t median = bench_median(more, n);
    r->ops = SIP_MIX;
    r->cpu_ns = median > 0 ? (uint64_t)median : 1;
    return true;
}

/* ---- building ---- */

/* The slots hold what the message `m` has there. */
static void slots_of(const struct sip_msg *m, struct span slots[SLOTS])
{
    const struct sip_address *from = sip_first(m, SIP_FROM);
    const struct sip_via *via = sip_first(m, SIP_VIA);
    const struct sip_value *call = sip_first(m, SIP_CALL_ID);
    const struct sip_address *to = sip_first(m, SIP_TO), *contact = sip_first(m, SIP_CONTACT);

    slots[TARGET] = m->uri.user;
    slots[TO] = to->uri.user;
    slots[CONTACT] = contact->uri.user;
    slots[FROM] = from->uri.user;
    slots[TAG] = sip_tag(m, SIP_FROM);
    slots[BRANCH] = span_cut(via->params[0].value, 7, via->params[0].value.n);
    slots[CALL] = span_cut(call->value, 0, lex_find(call->value, 0, '@'));
    slots[CSEQ] = span_of("1");
    slots[SESSION] = span_of("1000001000");
    slots[PORT] = span_of("10000");
}

static uint64_t build(void *ctx, size_t n)
{
    struct work *w = ctx;
    uint8_t out[SIP_SAME_ROOM];
    uint64_t sum = 0;

    while (n--) {
        struct span slots[SLOTS];
        for (size_t i = 0; i < SLOTS; i++)
            slots[i] = w->slots[w->next % SIP_SAME][i];
        struct wr o = {.p = out, .cap = sizeof out};
        sip_template_put(&o, &w->invite, slots);
        w->bad += o.full || o.n != w->same.msg[w->next % SIP_SAME].n;
        w->next++;
        sum += o.p[o.n - 1] + o.n;
    }
    return sum;
}

/* Template and slots for each message; each written by the template must be the message octet for octet. */
static bool ready_to_build(struct work *w)
{
    static uint8_t kept[SIP_SAME][ARENA];
    uint8_t out[SIP_SAME_ROOM];

    if (!sip_template_init(&w->invite, span_of(invite_text), slot_names, SLOTS))
        return false;
    for (size_t i = 0; i < SIP_SAME; i++) {
        struct sip_msg m;
        struct findings fs = {0};
        struct arena mem = arena_of(kept[i], sizeof kept[i]);
        struct wr o = {.p = out, .cap = sizeof out};
        if (sip_decode(text_of(&w->same.msg[i]), &mem, &m, &fs) != STEP_ITEM)
            return false;
        slots_of(&m, w->slots[i]);
        sip_template_put(&o, &w->invite, w->slots[i]);
        if (!span_eq(wr_span(&o), text_of(&w->same.msg[i])))
            return false;
    }
    return true;
}

/* Whether no message of the mix breaks what has to be: peers are to be measured by lawful ones. */
static bool lawful(struct work *w)
{
    for (size_t i = 0; i < SIP_MIX; i++) {
        struct arena mem = arena_of(w->room, sizeof w->room);
        struct finding found[16];
        struct findings fs = {.v = found, .cap = COUNT(found)};
        struct sip_msg m;
        if (sip_decode(text_of(&w->mix.msg[i]), &mem, &m, &fs) != STEP_ITEM)
            return false;
        sip_lint(&m, &fs);
        for (size_t k = 0; k < findings_kept(&fs); k++)
            if (found[k].level <= STMT)
                return false;
    }
    return true;
}

static const struct row {
    const char *name;
    uint64_t (*batch)(void *ctx, size_t n); /* NULL: over a socket */
    uint64_t (*alone)(void *ctx, size_t n); /* decoding alone, which it is held against */
    void (*same)(struct sip_same *m);       /* NULL: over the mix */
} rows[] = {
    {"sip.full", full, NULL, NULL},          {"sip.route", route, NULL, NULL},
    {"sip.scan", scan, NULL, sip_same_sip},  {"sip.build", build, NULL, sip_same_invite},
    {"sip.lint", with_lint, full, NULL},     {"sip.lint.groups", lint_groups, full_groups, NULL},
    {"sip.lint.received", NULL, NULL, NULL}, {"sip.arena", full, NULL, NULL},
};

int main(int argc, char **argv)
{
    static struct work w;
    const struct row *row = NULL;
    struct bench_args a;
    struct bench_result r = {0};
    int status = bench_args(argc, argv, &a);

    if (status)
        return status;
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(a.name, rows[i].name) == 0)
            row = &rows[i];
    if (!row)
        return bench_say(&a, BENCH_USAGE, "not measured by this program");
    uint64_t (*batch)(void *ctx, size_t n) = row->batch;
    bool alone = strcmp(a.who, "decode") == 0; /* sip.lint: what it is held against */
    if (alone && row->alone)
        batch = row->alone;
    size_t size = sip_mix_init(&w.mix) / SIP_MIX;
    if (row->same) {
        row->same(&w.same);
        size = w.same.msg[0].n;
    }
    if (batch == build && !ready_to_build(&w))
        return bench_say(&a, BENCH_FAILED, "the template does not give the message");
    if (!row->same && !lawful(&w))
        return bench_say(&a, BENCH_FAILED, "a message of the mix breaks a rule");
    uint64_t before = allocs_so_far();
    if (batch)
        bench_loop(batch, &w, a.time_us, &r);
    else if (!received(&w, alone ? DECODE : LINT, a.time_us, &r))
        return bench_say(&a, BENCH_FAILED, "no pair of sockets");
    r.allocs = allocs_so_far() - before;
    r.arena = w.next ? w.arena / w.next : 0;
    return bench_end(&a, &r, size, w.bad);
}
