/* harness/replay/tlsdec.c - records of both directions: RFC 8446 section 5, RFC 5246 section 6.
 *
 * A direction is first in clear. It is protected from its ChangeCipherSpec on (TLS 1.2), or from its first record of
 * type application_data on, once the other side's hello has said that this is TLS 1.3. Where the keys, or that hello,
 * are not there yet, its records wait in `held`, as the unfinished last record does. */
#include <stdlib.h>
#include "harness/replay/backlog.h"
#include "harness/replay/tlsdec_impl.h"

enum record { CHANGE = 20, ALERT = 21, HANDSHAKE = 22, DATA = 23, HEARTBEAT = 24 };
enum message { CLIENT_HELLO = 1, SERVER_HELLO = 2, EXTENSIONS = 8, FINISHED = 20, KEY_UPDATE = 24 };
enum { HEADER = 5, MESSAGE_HEADER = 4, CLOSE_NOTIFY = 0 };
enum phase { CLEAR, SECRET, TRAFFIC }; /* SECRET: TLS 1.3 until Finished, TLS 1.2 for good */
enum took { NEXT, WAIT_KEYS, WAIT_PEER, END };

struct half {
    struct backlog held;
    enum took waits; /* NEXT: for octets only */
    uint64_t serial; /* of the keys, when they were looked for last, and in which frame */
    uint32_t looked;
    size_t budgeted; /* octets that are held at the expense of the store */
    bool ended, opened, hello_told;
    enum phase phase;
    struct protection key;
    uint8_t *message; /* a handshake message, header included, while it is unfinished */
    size_t message_n, message_all, message_skip;
    uint8_t message_head[MESSAGE_HEADER];
    uint64_t off; /* octets of application data */
};
struct tlsdec {
    struct tlskeys *keys;
    struct tlsdec_sink sink;
    void *user;
    struct tlsdec_facts facts;
    const struct suite *suite;
    uint8_t server_random[TLSDEC_RANDOM];
    bool client_known, compressed, no_key_told;
    struct half half[2];
};
struct at {
    uint32_t frame; /* of what happens now */
    uint64_t ns;
    uint32_t first, last; /* in which the record begins, in which it ends */
    uint64_t last_ns;
};

static unsigned side_of(const struct tlsdec *d, const struct half *h)
{
    return h == &d->half[1];
}

static bool of_client(const struct tlsdec *d, const struct half *h)
{
    return d->facts.client == side_of(d, h);
}

static void note(struct tlsdec *d, struct half *h, struct at at, enum tlsdec_note_kind kind,
                 const char *what, uint64_t a, uint64_t b)
{
    const struct tlsdec_note n = {.kind = kind,
                                  .side = side_of(d, h),
                                  .frame = at.frame,
                                  .time_ns = at.ns,
                                  .what = what,
                                  .arg = {a, b}};
    if (d->sink.note)
        d->sink.note(d->user, &n);
}

/* ---- octets that wait ---- */

static void unwait(struct tlsdec *d, struct half *h)
{
    if (h->budgeted)
        tlskeys_unhold(d->keys, h->budgeted);
    h->budgeted = 0;
    h->waits = NEXT;
}

/* A direction is over: what it holds is given back. */
static enum took end(struct tlsdec *d, struct half *h)
{
    unwait(d, h);
    protect_drop(&h->key);
    backlog_free(&h->held);
    free(h->message);
    h->message = NULL;
    h->ended = true;
    return END;
}

static enum took lost(struct tlsdec *d, struct half *h, struct at at, const char *what, uint64_t a)
{
    note(d, h, at, TLSDEC_LOST, what, a, 0);
    return end(d, h);
}

/* ---- handshake messages ---- */

static void client_hello(struct tlsdec *d, struct half *h, struct span body, struct at at)
{
    uint16_t version = d->facts.version;
    bool again = d->facts.hello, retried = d->facts.retried && !d->facts.agreed;

    if (!hello_client(body, &d->facts) && body.n < 2 + TLSDEC_RANDOM)
        return;
    if (d->facts.agreed) /* a renegotiation, of which nothing is agreed yet */
        d->facts.version = version;
    d->facts.hello = d->client_known = true;
    d->facts.client = side_of(d, h);
    if (!again || !retried)
        note(d, h, at, TLSDEC_HELLO, NULL, 0, 0);
}

static void server_hello(struct tlsdec *d, struct half *h, struct span body, struct at at)
{
    struct server_hello s;

    if (!hello_server(body, &s, &d->facts) && body.n < 2 + TLSDEC_RANDOM + 4)
        return;
    if (!d->client_known)
        d->facts.client = !side_of(d, h);
    d->client_known = true;
    d->facts.version = s.version;
    d->facts.suite = s.suite;
    if (s.retry) {
        d->facts.retried = true;
        return;
    }
    d->facts.agreed = true;
    d->suite = suite_find(s.suite);
    d->compressed = s.compression != 0;
    memcpy(d->server_random, s.random, TLSDEC_RANDOM);
    note(d, h, at, TLSDEC_AGREED, NULL, s.version, s.suite);
    if (d->facts.alpn[0])
        note(d, h, at, TLSDEC_ALPN, NULL, 0, 0);
}

static enum took message(struct tlsdec *d, struct half *h, uint8_t type, struct span body,
                         struct at at)
{
    bool v13 = d->facts.agreed && d->facts.version == TLS_13;

    if (type == CLIENT_HELLO && !(v13 && h->phase != CLEAR)) {
        client_hello(d, h, body, at);
    } else if (type == SERVER_HELLO && !(v13 && h->phase != CLEAR)) {
        server_hello(d, h, body, at);
    } else if (type == EXTENSIONS && v13 && h->phase == SECRET) {
        hello_extensions(body, &d->facts);
        if (d->facts.alpn[0])
            note(d, h, at, TLSDEC_ALPN, NULL, 0, 0);
    } else if (type == FINISHED && v13 && h->phase == SECRET) {
        h->phase = TRAFFIC; /* RFC 8446 section 4.4.4: what follows has other keys */
        protect_drop(&h->key);
    } else if (type == KEY_UPDATE && v13 && h->phase == TRAFFIC) {
        if (!protect_update(&h->key))
            return lost(d, h, at, "no memory is left for keys", 0);
        note(d, h, at, TLSDEC_UPDATED, NULL, 0, 0);
    }
    return NEXT;
}

static bool wanted(uint8_t type)
{
    return type == CLIENT_HELLO || type == SERVER_HELLO || type == EXTENSIONS || type == FINISHED ||
           type == KEY_UPDATE;
}

/* A message begins: whether it is kept until it is whole, or passed over. False: no memory. */
static bool message_begin(struct half *h)
{
    size_t n = (size_t)h->message_head[1] << 16 | get_u16(h->message_head + 2);

    h->message_all = MESSAGE_HEADER + n;
    if (wanted(h->message_head[0]) && n <= TLSDEC_MESSAGE_MAX)
        return (h->message = malloc(n + 1)) != NULL;
    h->message_skip = n;
    h->message_n = 0;
    return true;
}

/* The octets of a handshake record; a message may begin and end anywhere in it. */
static enum took handshake(struct tlsdec *d, struct half *h, struct span in, struct at at)
{
    enum took took = NEXT;

    while (in.n && took == NEXT) {
        size_t n = h->message_skip;
        if (n) {
            n = n < in.n ? n : in.n;
            h->message_skip -= n;
        } else if (h->message_n < MESSAGE_HEADER) {
            n = 1;
            h->message_head[h->message_n++] = in.p[0];
            if (h->message_n == MESSAGE_HEADER && !message_begin(h))
                return lost(d, h, at, "no memory is left for a handshake message", 0);
        } else if (!h->message) {
            return lost(d, h, at, "no memory is left for a handshake message", 0);
        } else {
            n = h->message_all - h->message_n;
            n = n < in.n ? n : in.n;
            memcpy(h->message + (h->message_n - MESSAGE_HEADER), in.p, n);
            h->message_n += n;
        }
        in = span_cut(in, n, in.n);
        if (h->message && h->message_n == h->message_all) {
            uint8_t *body = h->message;
            h->message = NULL;
            h->message_n = 0;
            took = message(d, h, h->message_head[0],
                           (struct span){body, h->message_all - MESSAGE_HEADER}, at);
            free(body);
        }
    }
    return took;
}

/* ---- records ---- */

static enum took alert(struct tlsdec *d, struct half *h, struct span in, struct at at)
{
    if (in.n != 2)
        return NEXT;
    note(d, h, at, TLSDEC_ALERT, NULL, in.p[0], in.p[1]);
    if (in.p[1] != CLOSE_NOTIFY)
        return NEXT;
    note(d, h, at, TLSDEC_ENDED, NULL, 0, 0);
    return end(d, h);
}

/* A record's octets, in clear now. */
static enum took content(struct tlsdec *d, struct half *h, uint8_t type, struct span in,
                         struct at at)
{
    if (type == HANDSHAKE)
        return handshake(d, h, in, at);
    if (type == ALERT)
        return alert(d, h, in, at);
    if (type == DATA && in.n) {
        const struct tlsdec_plain p = {.side = side_of(d, h),
                                       .data = in,
                                       .off = h->off,
                                       .first_frame = at.first,
                                       .last_frame = at.last,
                                       .last_ns = at.last_ns,
                                       .frame = at.frame,
                                       .time_ns = at.ns};
        h->off += in.n;
        d->sink.plain(d->user, &p);
    }
    return NEXT;
}

static enum took not_read(struct tlsdec *d, struct half *h, struct at at)
{
    const char *what = d->compressed ? "TLS with compression is not decrypted"
                       : !d->suite   ? "a cipher suite that is not known, %x of version %x"
                                     : "the cipher suite %x is not decrypted, or not in version %x";
    note(d, h, at, TLSDEC_NOT_READ, what, d->facts.suite, d->facts.version);
    return end(d, h);
}

static enum took no_key(struct tlsdec *d, struct half *h, struct at at)
{
    const uint8_t *r = d->facts.client_random;

    if (!d->no_key_told)
        note(d, h, at, TLSDEC_NO_KEY,
             d->facts.hello
                 ? "encrypted, and there is no key for the client random that begins with %x %x"
                 : "encrypted, and the client random was not seen",
             get_u32(r), get_u32(r + 4));
    d->no_key_told = true;
    return end(d, h);
}

/* Keys for a direction that needs them. */
static enum took find_key(struct tlsdec *d, struct half *h, struct at at)
{
    struct tlskeys_secret secret;
    bool client = of_client(d, h), v13 = d->facts.version == TLS_13, ok;
    enum tlskeys_label label =
        v13 ? (h->phase == TRAFFIC ? KEY_TRAFFIC : KEY_HANDSHAKE) + !client : KEY_MASTER;

    if (!d->suite || d->suite->cipher == SUITE_NONE || d->compressed ||
        d->suite->version != d->facts.version)
        return not_read(d, h, at);
    if (!d->keys || !d->facts.hello)
        return no_key(d, h, at);
    h->serial = tlskeys_serial(d->keys);
    h->looked = at.frame;
    if (!tlskeys_find(d->keys, d->facts.client_random, label, at.frame, &secret))
        return WAIT_KEYS;
    ok = v13 ? protect_13(&h->key, d->suite, &secret)
             : protect_12(&h->key, d->suite, &secret, d->facts.client_random, d->server_random,
                          client);
    if (ok)
        return NEXT;
    protect_drop(&h->key);
    note(d, h, at, TLSDEC_WRONG_KEY, "the key log's secret does not fit the cipher suite", 0, 0);
    return end(d, h);
}

static void opened(struct tlsdec *d, struct half *h, struct at at)
{
    if (h->opened)
        return;
    h->opened = d->facts.secured[side_of(d, h)] = true;
    note(d, h, at, TLSDEC_SECURED, NULL, 0, 0);
}

/* A record that the keys do not open. */
static enum took shut(struct tlsdec *d, struct half *h, struct at at)
{
    if (!h->opened && d->facts.early_data && of_client(d, h) && d->facts.version == TLS_13) {
        d->facts
            .passed_over[side_of(d, h)]++; /* under a key of early data, RFC 8446 section 4.2.10 */
        return NEXT;
    }
    note(d, h, at, TLSDEC_WRONG_KEY,
         h->opened ? "record %u of this direction does not pass its tag"
                   : "the key log has a secret for this connection, and it does not fit",
         d->facts.records[side_of(d, h)], 0);
    return end(d, h);
}

static enum took unwrap(struct tlsdec *d, struct half *h, const uint8_t *header,
                        struct span fragment, struct at at)
{
    uint8_t text[TLSDEC_RECORD_MAX], type = header[0];
    bool v13 = d->facts.version == TLS_13;
    size_t n;

    if (v13 && type == CHANGE) /* RFC 8446 section 5: dropped */
        return NEXT;
    if (v13 && type != DATA) /* an alert of one who has no keys yet */
        return type == ALERT ? alert(d, h, fragment, at) : NEXT;
    if (!h->key.ctx) {
        enum took took = find_key(d, h, at);
        if (took != NEXT)
            return took;
    }
    if (!protect_open(&h->key, header, fragment, text, &n))
        return shut(d, h, at);
    opened(d, h, at);
    if (v13) { /* the type stands behind the octets, and zeros behind it: section 5.2 */
        while (n && !text[n - 1])
            n--;
        if (!n)
            return lost(d, h, at, "a record without a type", 0);
        type = text[--n];
    }
    if (!v13 && type == CHANGE) { /* a renegotiation */
        protect_drop(&h->key);
        note(d, h, at, TLSDEC_UPDATED, NULL, 0, 0);
        return NEXT;
    }
    return content(d, h, type, (struct span){text, n}, at);
}

/* A record of a direction that is in clear. */
static enum took clear(struct tlsdec *d, struct half *h, const uint8_t *header,
                       struct span fragment, struct at at)
{
    struct half *o = &d->half[!side_of(d, h)];
    bool early = d->facts.early_data && of_client(d, h);

    if (header[0] == HANDSHAKE || header[0] == ALERT)
        return content(d, h, header[0], fragment, at);
    if (header[0] == HEARTBEAT)
        return NEXT;
    if (!d->facts.agreed && header[0] == CHANGE && (early || d->facts.retried))
        return NEXT; /* of TLS 1.3, for the sake of middleboxes (RFC 8446 appendix D.4) */
    if (!d->facts.agreed && early && !d->facts.retried) { /* it cannot have waited for the hello */
        d->facts.passed_over[side_of(d, h)]++;
        return NEXT;
    }
    if (!d->facts.agreed && (o->ended || !d->client_known))
        return no_key(d, h, at);
    if (!d->facts.agreed)
        return WAIT_PEER;
    if (d->facts.version == TLS_13) {
        if (header[0] == CHANGE)
            return NEXT;
    } else if (header[0] == DATA) {
        return lost(d, h, at, "application data before a ChangeCipherSpec", 0);
    }
    h->phase = SECRET;
    if (header[0] == DATA)
        return unwrap(d, h, header, fragment, at);
    return NEXT;
}

/* What is wrong with the header of a record, NULL: nothing. */
static const char *lies(const uint8_t *header, uint64_t *arg)
{
    *arg = get_u16(header);
    if (header[0] < CHANGE || header[0] > HEARTBEAT || header[1] != 3)
        return "octets that are no record of TLS: %x";
    *arg = get_u16(header + 3);
    if (*arg > TLSDEC_RECORD_MAX)
        return "a record of %u octets, more than TLS allows";
    return NULL;
}

/* Take the records at the front of `in`; returns the octets that are done with. */
static size_t records(struct tlsdec *d, struct half *h, struct span in, struct at at)
{
    bool buffered = h->held.n != 0;
    size_t used = 0;

    h->waits = NEXT;
    while (!h->ended && in.n - used >= HEADER) {
        const uint8_t *header = in.p + used;
        size_t n = get_u16(header + 3);
        uint64_t arg;
        const char *what = lies(header, &arg);
        if (what) {
            lost(d, h, at, what, arg);
            return in.n;
        }
        if (in.n - used < HEADER + n)
            break;
        struct backlog_mark first = {.first = at.frame}, last = {.last = at.frame, .ns = at.ns};
        if (buffered) {
            first = backlog_at(&h->held, used);
            last = backlog_at(&h->held, used + HEADER + n - 1);
        }
        at.first = first.first;
        at.last = last.last;
        at.last_ns = last.ns;
        struct span fragment = {header + HEADER, n};
        d->facts.records[side_of(d, h)]++;
        enum took took = h->phase == CLEAR ? clear(d, h, header, fragment, at)
                                           : unwrap(d, h, header, fragment, at);
        if (took == WAIT_KEYS || took == WAIT_PEER) {
            d->facts.records[side_of(d, h)]--;
            h->waits = took;
            break;
        }
        used += HEADER + n;
    }
    return h->ended ? in.n : used;
}

/* Whether a direction that waits may go on doing so. */
static bool may_wait(struct tlsdec *d, struct half *h)
{
    if (h->held.n > TLSDEC_WAIT_MAX)
        return false;
    if (!d->keys || h->held.n <= h->budgeted)
        return true;
    if (!tlskeys_hold(d->keys, h->held.n - h->budgeted))
        return false;
    h->budgeted = h->held.n;
    return true;
}

/* Work on what waits. */
static void go(struct tlsdec *d, struct half *h, struct at at)
{
    size_t used = h->held.n && !h->ended ? records(d, h, backlog_span(&h->held), at) : 0;

    if (h->ended)
        return;
    if (h->waits == NEXT)
        unwait(d, h);
    backlog_consume(&h->held, used);
    if (h->waits != NEXT && !may_wait(d, h))
        no_key(d, h, at);
}

/* Whether what a direction waits for may have come. */
static bool ready(const struct tlsdec *d, const struct half *h, struct at at)
{
    return (h->waits == WAIT_KEYS &&
            (h->looked != at.frame || tlskeys_serial(d->keys) != h->serial)) ||
           (h->waits == WAIT_PEER && (d->facts.agreed || d->half[!side_of(d, h)].ended));
}

static void go_ready(struct tlsdec *d, struct at at)
{
    for (unsigned i = 0; i < 3; i++) /* one may make the other ready */
        if (ready(d, &d->half[i & 1], at))
            go(d, &d->half[i & 1], at);
}

void tlsdec_octets(struct tlsdec *d, const struct tlsdec_octets *in)
{
    struct half *h = &d->half[in->side & 1];
    struct at at = {.frame = in->frame, .ns = in->time_ns};
    struct span data = in->data;

    go_ready(d, at);
    if (h->ended)
        return;
    if (in->gap) {
        lost(d, h, at, "%u octets are missing, and with them what follows", in->gap);
        go_ready(d, at);
        return;
    }
    if (h->held.n == 0) {
        size_t used = records(d, h, data, at);
        if (h->ended) {
            go_ready(d, at);
            return;
        }
        data = span_cut(data, used, data.n);
    }
    bool waited = h->waits != NEXT;
    if (data.n && !backlog_add(&h->held, data,
                               (struct backlog_mark){
                                   .first = in->frame, .last = in->frame, .ns = in->time_ns}))
        lost(d, h, at, "no memory is left for a record", 0);
    else if (!waited)
        go(d, h, at);
    else if (!may_wait(d, h))
        no_key(d, h, at);
    go_ready(d, at);
}

void tlsdec_end(struct tlsdec *d, uint32_t frame, uint64_t time_ns)
{
    struct at at = {.frame = frame, .ns = time_ns};

    go_ready(d, at);
    for (struct half *h = d->half; h < d->half + 2; h++)
        if (!h->ended && h->waits != NEXT)
            no_key(d, h, at);
        else if (!h->ended && h->key.ctx && !h->opened)
            note(d, h, at, TLSDEC_WRONG_KEY,
                 "no record passes its tag: there was early data only, or the secret does not fit",
                 0, 0);
    go_ready(d, at);
}

struct tlsdec *tlsdec_new(struct tlskeys *keys, const struct tlsdec_sink *sink, void *user)
{
    struct tlsdec *d = calloc(1, sizeof *d);

    if (!d)
        return NULL;
    d->keys = keys;
    d->sink = *sink;
    d->user = user;
    return d;
}

void tlsdec_free(struct tlsdec *d)
{
    if (!d)
        return;
    end(d, &d->half[0]);
    end(d, &d->half[1]);
    free(d);
}

const struct tlsdec_facts *tlsdec_facts(const struct tlsdec *d)
{
    return &d->facts;
}

bool tlsdec_is_over(const struct tlsdec *d)
{
    return d->half[0].ended && d->half[1].ended;
}

bool tlsdec_waits(const struct tlsdec *d)
{
    return d->half[0].waits == WAIT_KEYS || d->half[1].waits == WAIT_KEYS;
}

enum tlsdec_kind tlsdec_guess(struct span front, bool *sure)
{
    const uint8_t *p = front.p;

    *sure = front.n >= 6;
    if (front.n && p[0] != HANDSHAKE && p[0] != ALERT) {
        *sure = true;
        return TLSDEC_OTHER;
    }
    if (!*sure)
        return TLSDEC_OTHER;
    if (p[1] == 3 && p[2] <= 4) {
        size_t n = get_u16(p + 3);
        bool hello = p[0] == HANDSHAKE && n >= MESSAGE_HEADER && n <= TLSDEC_RECORD_MAX &&
                     (p[5] == CLIENT_HELLO || p[5] == SERVER_HELLO);
        return hello || (p[0] == ALERT && n == 2 && p[5] <= 2) ? TLSDEC_TLS : TLSDEC_OTHER;
    }
    return p[1] == 0xfe && (p[2] == 0xfd || p[2] == 0xff) ? TLSDEC_DTLS : TLSDEC_OTHER;
}
