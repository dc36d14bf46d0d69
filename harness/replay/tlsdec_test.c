/* harness/replay/tlsdec_test.c - OpenSSL's client and server in memory, what passes between them decrypted. */
#include <stdlib.h>
#include "harness/replay/tlsdec_impl.h"
#include "harness/tests/tlsdec_talk.h"

/* ---- what comes out ---- */

static struct seen {
    uint8_t octets[2][ROOM];
    size_t n[2];
    uint32_t first[2][16], last_frame[2][16]; /* of its records */
    size_t n_plain[2];
    unsigned notes[TLSDEC_LOST + 1][2];
    struct tlsdec_note last[TLSDEC_LOST + 1];
    struct tlsdec_facts facts;
} seen;

static void plain(void *user, const struct tlsdec_plain *p)
{
    struct seen *s = user;
    CU_ASSERT_TRUE(p->data.n > 0 && p->first_frame <= p->frame);
    CU_ASSERT_EQUAL(p->off, s->n[p->side]);
    CU_ASSERT_FATAL(s->n[p->side] + p->data.n <= ROOM);
    memcpy(s->octets[p->side] + s->n[p->side], p->data.p, p->data.n);
    s->n[p->side] += p->data.n;
    if (s->n_plain[p->side] < COUNT(s->first[0])) {
        s->first[p->side][s->n_plain[p->side]] = p->first_frame;
        s->last_frame[p->side][s->n_plain[p->side]] = p->frame;
    }
    s->n_plain[p->side]++;
}

static void note(void *user, const struct tlsdec_note *n)
{
    struct seen *s = user;
    s->notes[n->kind][n->side]++;
    s->last[n->kind] = *n;
}

static const struct tlsdec_sink sink = {plain, note};

struct how {        /* the talk is fed */
    size_t chunk;   /* octets at a time; 0: a flight at a time */
    size_t lose[2]; /* of a side: the flight that is a gap, from 1; 0: none */
    size_t late;    /* keys come before this flight; 0: before all */
    size_t only;    /* 1 + the side that is fed; 0: both */
    bool late_side; /* side 1 comes behind all of side 0 */
    bool no_end;
    size_t late_octets; /* keys come once as many octets have; 0: as `late` says */
    struct tlskeys *into;
    bool frames; /* each piece comes in a frame of its own */
};

static void feed_flight(struct tlsdec *d, const struct flight *f, struct how how, uint32_t *frame,
                        uint64_t gap)
{
    size_t chunk = how.chunk ? how.chunk : f->n;

    for (size_t at = 0; at < f->n; at += chunk) {
        size_t n = f->n - at < chunk ? f->n - at : chunk;
        uint8_t *copy = malloc(n);
        CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
        if (!copy)
            return; /* FATAL has left already */
        memcpy(copy, talk.octets + f->at + at, n);
        *frame += how.frames;
        if (how.late_octets && f->at + at <= how.late_octets && how.late_octets < f->at + at + n)
            tlskeys_add(how.into, span_of(talk.keys), 0);
        tlsdec_octets(d, &(struct tlsdec_octets){.side = f->side,
                                                 .data = {copy, n},
                                                 .gap = gap,
                                                 .frame = *frame,
                                                 .time_ns = *frame});
        free(copy);
        gap = 0;
    }
}

static void feed(struct tlskeys *k, struct how how)
{
    struct tlsdec *d = tlsdec_new(k, &sink, &seen);
    size_t of_side[2] = {0};
    uint32_t frame = 0;

    CU_ASSERT_PTR_NOT_NULL_FATAL(d);
    memset(&seen, 0, sizeof seen);
    how.into = k;
    if (k && !how.late && !how.late_octets)
        tlskeys_add(k, span_of(talk.keys), 0);
    for (unsigned pass = 0; pass < (how.late_side ? 2 : 1); pass++)
        for (size_t i = 0; i < talk.n_flights; i++) {
            const struct flight *f = &talk.flights[i];
            if ((how.late_side && f->side != pass) || (how.only && f->side != how.only - 1))
                continue;
            if (how.late && i + 1 == how.late)
                tlskeys_add(k, span_of(talk.keys), 0);
            uint64_t gap = ++of_side[f->side] == how.lose[f->side] + 1 && how.lose[f->side] ? 9 : 0;
            if (of_side[f->side] != how.lose[f->side]) {
                frame += !how.frames;
                feed_flight(d, f, how, &frame, gap);
            }
        }
    if (!how.no_end)
        tlsdec_end(d, frame + 1, 0);
    seen.facts = *tlsdec_facts(d);
    tlsdec_free(d);
}

static struct tlskeys *keys(void)
{
    struct tlskeys *k = tlskeys_new(0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(k);
    return k;
}

static bool same(unsigned side)
{
    return seen.n[side] == talk.n_said[side] &&
           memcmp(seen.octets[side], talk.said[side], seen.n[side]) == 0;
}

/* Whether all that was said has come out, and nothing was out of the ordinary. */
static void whole(void)
{
    CU_ASSERT_TRUE(same(0) && same(1));
    for (enum tlsdec_note_kind k = TLSDEC_NO_KEY; k <= TLSDEC_LOST; k++) {
        CU_ASSERT_EQUAL(seen.notes[k][0] + seen.notes[k][1], 0);
        if (seen.last[k].what)
            fprintf(stderr, "%s\n", seen.last[k].what);
    }
}

/* ---- tests ---- */

static const struct {
    const char *openssl, *name;
    uint16_t id;
    bool rsa;
} suites[] = {
    {"TLS_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256", 0x1301, false},
    {"TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384", 0x1302, true},
    {"TLS_CHACHA20_POLY1305_SHA256", "TLS_CHACHA20_POLY1305_SHA256", 0x1303, false},
    {"ECDHE-ECDSA-AES128-GCM-SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 0xc02b, false},
    {"ECDHE-ECDSA-AES256-GCM-SHA384", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", 0xc02c, false},
    {"ECDHE-ECDSA-CHACHA20-POLY1305", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 0xcca9,
     false},
    {"ECDHE-RSA-AES128-GCM-SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", 0xc02f, true},
    {"ECDHE-RSA-AES256-GCM-SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", 0xc030, true},
    {"ECDHE-RSA-CHACHA20-POLY1305", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 0xcca8, true},
    {"AES128-GCM-SHA256", "TLS_RSA_WITH_AES_128_GCM_SHA256", 0x009c, true},
    {"AES256-GCM-SHA384", "TLS_RSA_WITH_AES_256_GCM_SHA384", 0x009d, true},
    {"DHE-RSA-AES128-GCM-SHA256", "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", 0x009e, true},
    {"DHE-RSA-AES256-GCM-SHA384", "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", 0x009f, true},
    {"DHE-RSA-CHACHA20-POLY1305", "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 0xccaa, true},
};

static void each_suite(void)
{
    static const size_t chunks[] = {0, 1, 6, 1460, 60000};

    for (size_t i = 0; i < COUNT(suites); i++) {
        contexts(suites[i].openssl, suites[i].rsa);
        dial();
        pump();
        chat();
        bye();
        for (size_t c = 0; c < COUNT(chunks); c++) {
            struct tlskeys *k = keys();
            feed(k, (struct how){.chunk = chunks[c]});
            whole();
            CU_ASSERT_TRUE(seen.facts.hello && seen.facts.agreed && seen.facts.client == 0);
            CU_ASSERT_EQUAL(seen.facts.suite, suites[i].id);
            CU_ASSERT_STRING_EQUAL(tlsdec_suite_name(seen.facts.suite), suites[i].name);
            CU_ASSERT_STRING_EQUAL(tlsdec_version_name(seen.facts.version),
                                   i < 3 ? "TLSv1.3" : "TLSv1.2");
            CU_ASSERT_STRING_EQUAL(seen.facts.sni, "a.example");
            CU_ASSERT_STRING_EQUAL(seen.facts.offers, "sip,xmpp");
            CU_ASSERT_STRING_EQUAL(seen.facts.alpn, "xmpp");
            for (unsigned side = 0; side < 2; side++) {
                CU_ASSERT_TRUE(seen.facts.secured[side] && seen.notes[TLSDEC_SECURED][side] == 1);
                CU_ASSERT_EQUAL(seen.notes[TLSDEC_ENDED][side], 1);
                CU_ASSERT_EQUAL(seen.notes[TLSDEC_ALERT][side], 1);
            }
            CU_ASSERT_EQUAL(seen.notes[TLSDEC_HELLO][0], 1);
            CU_ASSERT_EQUAL(seen.notes[TLSDEC_AGREED][1], 1);
            CU_ASSERT_EQUAL(seen.notes[TLSDEC_ALPN][1], 1);
            tlskeys_free(k);
        }
        hang_up();
        contexts_free();
    }
}

static const char *const two[] = {"TLS_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"};

static void without_keys(void)
{
    for (unsigned v = 0; v < 2; v++) {
        plain_talk(two[v]);
        for (unsigned empty = 0; empty < 2; empty++) {
            struct tlskeys *k = empty ? keys() : NULL;
            talk.keys[0] = '\0';
            feed(k, (struct how){0});
            CU_ASSERT_EQUAL(seen.n[0] + seen.n[1], 0);
            CU_ASSERT_EQUAL(seen.notes[TLSDEC_NO_KEY][0] + seen.notes[TLSDEC_NO_KEY][1], 1);
            CU_ASSERT_EQUAL(seen.last[TLSDEC_NO_KEY].arg[0], get_u32(seen.facts.client_random));
            CU_ASSERT_EQUAL(seen.notes[TLSDEC_WRONG_KEY][0] + seen.notes[TLSDEC_LOST][0], 0);
            CU_ASSERT_STRING_EQUAL(seen.facts.sni, "a.example");
            CU_ASSERT_STRING_EQUAL(seen.facts.alpn, v ? "xmpp" : "");
            CU_ASSERT_FALSE(seen.facts.secured[0] || seen.facts.secured[1]);
            tlskeys_free(k);
        }
    }
}

/* One digit of every secret is another one: the tag tells, and nothing comes out. */
static void wrong_keys(void)
{
    for (unsigned v = 0; v < 2; v++) {
        struct tlskeys *k = keys();
        plain_talk(two[v]);
        for (char *p = talk.keys; (p = strchr(p, '\n')); p++)
            p[-1] = p[-1] == '0' ? '1' : '0';
        feed(k, (struct how){0});
        CU_ASSERT_EQUAL(seen.n[0] + seen.n[1], 0);
        CU_ASSERT_TRUE(seen.notes[TLSDEC_WRONG_KEY][0] == 1 &&
                       seen.notes[TLSDEC_WRONG_KEY][1] == 1);
        CU_ASSERT_EQUAL(seen.notes[TLSDEC_SECURED][0] + seen.notes[TLSDEC_SECURED][1], 0);
        tlskeys_free(k);

        k = keys(); /* the right ones, and an octet that somebody has changed */
        plain_talk(two[v]);
        for (size_t i = 0; i < talk.n_flights; i++)
            if (talk.flights[i].n > 50000)
                talk.octets[talk.flights[i].at + 40000] ^= 1;
        feed(k, (struct how){0});
        CU_ASSERT_TRUE(seen.n[0] == 5 + 2 * 16384 && same(1));
        CU_ASSERT_TRUE(seen.notes[TLSDEC_WRONG_KEY][0] == 1 && !seen.notes[TLSDEC_WRONG_KEY][1]);
        tlskeys_free(k);
    }
}

/* Keys that come behind the octets that need them. */
static void late_keys(void)
{
    for (unsigned v = 0; v < 2; v++)
        for (size_t chunk = 0; chunk < 200; chunk += 199) {
            plain_talk(two[v]);
            size_t first = 2; /* as long as what waits is no more than TLSDEC_WAIT_MAX */
            while (first < talk.n_flights && talk.flights[first - 1].n < 16384)
                first++;
            CU_ASSERT_TRUE(first > 5);
            for (size_t late = 2; late <= first; late++) {
                struct tlskeys *k = keys();
                feed(k, (struct how){.chunk = chunk, .late = late});
                whole();
                CU_ASSERT_TRUE(tlskeys_hold(k, TLSKEYS_HELD_MAX)); /* all was given back */
                tlskeys_free(k);
            }
            struct tlskeys *k = keys();
            feed(k, (struct how){.chunk = chunk, .late = talk.n_flights});
            CU_ASSERT_EQUAL(seen.notes[TLSDEC_NO_KEY][0] + seen.notes[TLSDEC_NO_KEY][1], 1);
            CU_ASSERT_EQUAL(seen.n[0], 0);
            tlskeys_free(k);
        }
}

/* Secrets are seen from a frame on. */
static void keys_of_a_frame(void)
{
    struct tlskeys *k = keys();

    plain_talk(two[0]);
    tlskeys_add(k, span_of(talk.keys), 5);
    feed(k, (struct how){.late = FLIGHTS + 1});
    whole();
    struct tlskeys_secret s;
    CU_ASSERT_FALSE(tlskeys_find(k, seen.facts.client_random, KEY_TRAFFIC, 4, &s));
    CU_ASSERT_TRUE(tlskeys_find(k, seen.facts.client_random, KEY_TRAFFIC, 5, &s));
    tlskeys_free(k);
}

/* Both sides of the limit of what waits; and of the budget of all. */
static void wait_limits(void)
{
    plain_talk(two[1]);
    struct how how = {.late = FLIGHTS + 1, .no_end = true};
    for (size_t over = 0; over < 2; over++) {
        struct tlskeys *k = keys();
        CU_ASSERT_TRUE(tlskeys_hold(k, TLSKEYS_HELD_MAX - 1024 + (over ? 1024 : 0)));
        struct talk *all = &talk;
        size_t flights = all->n_flights;
        all->n_flights = 3; /* up to the client's Finished */
        feed(k, how);
        CU_ASSERT_EQUAL(seen.notes[TLSDEC_NO_KEY][0], over);
        all->n_flights = flights;
        tlskeys_free(k);
    }
    /* the client's records behind its ChangeCipherSpec, cut at the limit and one octet behind it */
    for (size_t over = 0; over < 2; over++) {
        struct tlskeys *k = keys();
        struct tlsdec *d = tlsdec_new(k, &sink, &seen);
        static uint8_t record[TLSDEC_WAIT_MAX + 1];
        memset(&seen, 0, sizeof seen);
        for (size_t at = 0; at < sizeof record; at += 1024)
            memcpy(record + at, "\x17\3\3\3\xfb", 5 < sizeof record - at ? 5 : sizeof record - at);
        CU_ASSERT_PTR_NOT_NULL_FATAL(d);
        uint32_t frame = 1;
        for (size_t i = 0; i < 3; i++)
            feed_flight(d, &talk.flights[i], how, &frame, 0);
        size_t tail = 0; /* of flight 2 (the client's second), what waits already: its Finished */
        const uint8_t *p = talk.octets + talk.flights[2].at;
        for (size_t at = 0; at < talk.flights[2].n; at += 5u + get_u16(p + at + 3))
            tail = p[at] == 20 ? talk.flights[2].n - at - 6 : tail;
        CU_ASSERT_TRUE(tail > 0);
        tlsdec_octets(d, &(struct tlsdec_octets){.data = {record, TLSDEC_WAIT_MAX - tail + over},
                                                 .frame = 2});
        CU_ASSERT_EQUAL(seen.notes[TLSDEC_NO_KEY][0], over);
        tlsdec_free(d);
        tlskeys_free(k);
    }
}

/* In which frames a record began and ended; one that waits for keys comes out in a later one. */
static void frames(void)
{
    enum { CHUNK = 700 };
    static uint8_t raw[2][ROOM];
    static uint32_t of[2][ROOM]; /* the frame of each octet */
    size_t n[2] = {0}, carried = 0, late = 0, middle = 0;
    uint32_t frame = 0;

    plain_talk(two[1]);
    for (size_t i = 0; i < talk.n_flights; i++) {
        const struct flight *f = &talk.flights[i];
        for (size_t at = 0; at < f->n; at++) {
            raw[f->side][n[f->side]] = talk.octets[f->at + at];
            frame += at % CHUNK == 0;
            of[f->side][n[f->side]++] = frame;
        }
        late = f->n < 16384 && late == i ? i + 1 : late;
        middle = f->n > 50000 ? f->at + 30000 : middle; /* of a record that waits as well */
    }
    for (unsigned round = 0; round < 3; round++) {
        struct tlskeys *k = keys();
        feed(k, (struct how){.chunk = CHUNK,
                             .frames = true,
                             .late = round == 1 ? late : 0,
                             .late_octets = round == 2 ? middle : 0});
        whole();
        for (unsigned side = 0; side < 2; side++) {
            size_t record = 0;
            for (size_t at = 0, size; at < n[side]; at += size) {
                size = 5u + get_u16(raw[side] + at + 3);
                if (raw[side][at] != 23 || record == COUNT(seen.first[0]))
                    continue;
                CU_ASSERT_EQUAL(seen.first[side][record], of[side][at]);
                CU_ASSERT_TRUE(round || seen.last_frame[side][record] == of[side][at + size - 1]);
                record++;
                carried++;
            }
        }
        tlskeys_free(k);
    }
    CU_ASSERT_TRUE(carried > 10 && late > 4);
}

static void gaps(void)
{
    for (unsigned v = 0; v < 2; v++) {
        struct tlskeys *k = keys();
        plain_talk(two[v]);
        feed(k, (struct how){.lose = {3}}); /* the client's first words */
        CU_ASSERT_TRUE(seen.n[0] == 0 && same(1));
        CU_ASSERT_TRUE(seen.notes[TLSDEC_LOST][0] == 1 && seen.last[TLSDEC_LOST].arg[0] == 9);
        CU_ASSERT_EQUAL(seen.notes[TLSDEC_NO_KEY][0] + seen.notes[TLSDEC_WRONG_KEY][0], 0);
        feed(k, (struct how){.only = 1}); /* one side only */
        CU_ASSERT_EQUAL(seen.n[0] + seen.n[1], 0);
        CU_ASSERT_EQUAL(seen.notes[TLSDEC_NO_KEY][0], 1);
        CU_ASSERT_STRING_EQUAL(seen.facts.sni, "a.example");
        feed(k, (struct how){.only = 2});
        CU_ASSERT_EQUAL(seen.n[0] + seen.n[1], 0);
        CU_ASSERT_EQUAL(seen.notes[TLSDEC_NO_KEY][1], 1);
        CU_ASSERT_TRUE(seen.facts.agreed && !seen.facts.hello && seen.facts.client == 0);
        tlskeys_free(k);
    }
}

/* The server's octets come behind those of the client that need them, as a capture may have it. */
static void late_side(void)
{
    for (unsigned v = 0; v < 2; v++) {
        struct tlskeys *k = keys();
        contexts(two[v], true);
        dial();
        pump();
        say(0, "hello", 5);
        say(1, "good day", 8);
        hang_up();
        contexts_free();
        feed(k, (struct how){.late_side = true});
        whole();
        tlskeys_free(k);
    }
}

static void updates(void)
{
    struct tlskeys *k = keys();

    contexts(two[0], false);
    SSL_CTX_set_block_padding(ctx[0], 512); /* zeros behind the type, RFC 8446 section 5.4 */
    SSL_CTX_set_block_padding(ctx[1], 512);
    dial();
    pump();
    chat();
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(SSL_key_update(ssl[i & 1], i == 2 ? SSL_KEY_UPDATE_REQUESTED
                                                          : SSL_KEY_UPDATE_NOT_REQUESTED),
                        1);
        chat();
    }
    hang_up();
    contexts_free();
    feed(k, (struct how){.chunk = 777});
    whole();
    CU_ASSERT_TRUE(seen.notes[TLSDEC_UPDATED][0] >= 2 && seen.notes[TLSDEC_UPDATED][1] >= 2);
    tlskeys_free(k);
}

static void renegotiation(void)
{
    struct tlskeys *k = keys();

    contexts(two[1], true);
    SSL_CTX_set_options(ctx[1], SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
    dial();
    pump();
    chat();
    CU_ASSERT_EQUAL(SSL_renegotiate(ssl[0]), 1);
    SSL_do_handshake(ssl[0]);
    pump();
    chat();
    hang_up();
    contexts_free();
    feed(k, (struct how){.chunk = 0});
    whole();
    CU_ASSERT_EQUAL(seen.notes[TLSDEC_UPDATED][0], 1);
    CU_ASSERT_EQUAL(seen.notes[TLSDEC_HELLO][0], 2);
    tlskeys_free(k);
}

static void retries(void)
{
    struct tlskeys *k = keys();

    contexts(two[0], false);
    CU_ASSERT_EQUAL(SSL_CTX_set1_groups_list(ctx[0], "X25519:P-384"), 1);
    CU_ASSERT_EQUAL(SSL_CTX_set1_groups_list(ctx[1], "P-384"), 1);
    dial();
    pump();
    chat();
    hang_up();
    contexts_free();
    feed(k, (struct how){.chunk = 1});
    whole();
    CU_ASSERT_TRUE(seen.facts.retried);
    CU_ASSERT_EQUAL(seen.notes[TLSDEC_HELLO][0], 1);
    CU_ASSERT_EQUAL(seen.notes[TLSDEC_AGREED][1], 1);
    tlskeys_free(k);
}

/* A second connection on the session of the first; in TLS 1.3 its client speaks at once. */
static void resumption(void)
{
    for (unsigned v = 0; v < 2; v++) {
        size_t n;
        contexts(two[v], true);
        dial();
        pump();
        chat();
        bye();
        hang_up();
        CU_ASSERT_PTR_NOT_NULL_FATAL(session);
        dial();
        if (v == 0) {
            uint8_t early[100] = {0}, got[200];
            CU_ASSERT_EQUAL(SSL_write_early_data(ssl[0], early, sizeof early, &n), 1);
            carry(0);
            while (SSL_read_early_data(ssl[1], got, sizeof got, &n) == SSL_READ_EARLY_DATA_SUCCESS)
                ;
        }
        pump();
        chat();
        CU_ASSERT_EQUAL(SSL_session_reused(ssl[0]), 1);
        bye();
        hang_up();
        contexts_free();
        for (size_t chunk = 0; chunk < 3; chunk++) {
            struct tlskeys *k = keys();
            feed(k, (struct how){.chunk = chunk});
            whole();
            CU_ASSERT_EQUAL(seen.facts.early_data, v == 0);
            CU_ASSERT_EQUAL(seen.facts.passed_over[0], v == 0 ? 2 : 0); /* and its end */
            tlskeys_free(k);
        }
    }
}

static void not_read(void)
{
    struct tlskeys *k = keys();

    plain_talk("ECDHE-RSA-AES128-SHA256"); /* CBC */
    feed(k, (struct how){0});
    CU_ASSERT_EQUAL(seen.n[0] + seen.n[1], 0);
    CU_ASSERT_TRUE(seen.notes[TLSDEC_NOT_READ][0] == 1 && seen.notes[TLSDEC_NOT_READ][1] == 1);
    CU_ASSERT_EQUAL(seen.last[TLSDEC_NOT_READ].arg[0], 0xc027);
    tlskeys_free(k);
}

static void odd_octets(void)
{
    static const struct {
        struct span in;
        enum tlsdec_note_kind kind;
        const char *what;
    } rows[] = {
        {SPAN("GET / HTTP/1.1\r\n"), TLSDEC_LOST, "octets that are no record of TLS: %x"},
        {SPAN("\x16\3\1\x48\1....."), TLSDEC_LOST, "a record of %u octets, more than TLS allows"},
        {SPAN("\x17\3\3\0\1x"), TLSDEC_NO_KEY, "encrypted, and the client random was not seen"},
        {SPAN("\x15\3\3\0\2\2\x28"), TLSDEC_ALERT, NULL},
        {SPAN("\x15\3\3\0\2\1\0"), TLSDEC_ENDED, NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct tlsdec *d = tlsdec_new(NULL, &sink, &seen);
        CU_ASSERT_PTR_NOT_NULL_FATAL(d);
        memset(&seen, 0, sizeof seen);
        tlsdec_octets(d, &(struct tlsdec_octets){.data = rows[i].in, .frame = 1});
        CU_ASSERT_EQUAL(seen.notes[rows[i].kind][0], 1);
        if (rows[i].what)
            CU_ASSERT_STRING_EQUAL(seen.last[rows[i].kind].what, rows[i].what);
        tlsdec_free(d);
    }
    struct tlsdec *d = tlsdec_new(NULL, &sink, &seen); /* the largest record */
    static uint8_t large[5 + TLSDEC_RECORD_MAX] = {0x16, 3, 1, 0x48, 0, 11};
    CU_ASSERT_PTR_NOT_NULL_FATAL(d);
    memset(&seen, 0, sizeof seen);
    tlsdec_octets(d, &(struct tlsdec_octets){.data = {large, sizeof large}, .frame = 1});
    CU_ASSERT_EQUAL(seen.notes[TLSDEC_LOST][0], 0);
    CU_ASSERT_EQUAL(tlsdec_facts(d)->records[0], 1);
    tlsdec_free(d);
}

/* A hello of the greatest length that is looked into, and one octet more, which is passed over. */
static void message_limit(void)
{
    for (uint32_t over = 0; over < 2; over++) {
        static uint8_t body[4 + TLSDEC_MESSAGE_MAX + 1];
        uint32_t n = TLSDEC_MESSAGE_MAX + over;
        struct tlsdec *d = tlsdec_new(NULL, &sink, &seen);
        CU_ASSERT_PTR_NOT_NULL_FATAL(d);
        memset(&seen, 0, sizeof seen);
        memset(body, 0, sizeof body);
        put_u32(body, 1u << 24 | n);
        put_u16(body + 4, 0x0303);
        for (size_t at = 0; at < 4 + n; at += 10000) {
            size_t piece = 4 + n - at < 10000 ? 4 + n - at : 10000;
            uint8_t head[5] = {22, 3, 1, (uint8_t)(piece >> 8), (uint8_t)piece};
            tlsdec_octets(d, &(struct tlsdec_octets){.data = {head, 5}, .frame = 1});
            tlsdec_octets(d, &(struct tlsdec_octets){.data = {body + at, piece}, .frame = 1});
        }
        CU_ASSERT_EQUAL(tlsdec_facts(d)->hello, !over);
        tlsdec_free(d);
    }
}

static void key_lines(void)
{
    struct tlskeys *k = tlskeys_new(2);
    struct tlskeys_counts c;
    struct tlskeys_secret s;
    uint8_t random[TLSDEC_RANDOM] = {0};
    char text[2000];
    const char *zero = "0000000000000000000000000000000000000000000000000000000000000000";

    CU_ASSERT_PTR_NOT_NULL_FATAL(k);
    snprintf(text, sizeof text,
             "# a comment\r\n\nCLIENT_RANDOM %s %s%.32s\r\nEXPORTER_SECRET %s %s\n"
             "CLIENT_RANDOM %s %s\nCLIENT_RANDOM %.62s %s%.32s\nNOTHING\n"
             "CLIENT_TRAFFIC_SECRET_0 %s %s x\nSERVER_TRAFFIC_SECRET_0 %s %s",
             zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero, zero);
    tlskeys_add(k, span_of(text), 0);
    tlskeys_counts(k, &c);
    CU_ASSERT_EQUAL(c.lines, 9);
    CU_ASSERT_EQUAL(c.secrets, 2);
    CU_ASSERT_EQUAL(c.passed_over, 3);
    CU_ASSERT_EQUAL(c.bad, 4);
    CU_ASSERT_TRUE(tlskeys_find(k, random, KEY_MASTER, 0, &s) && s.n == 48);
    CU_ASSERT_TRUE(tlskeys_find(k, random, KEY_TRAFFIC + 1, 0, &s) && s.n == 32);
    CU_ASSERT_FALSE(tlskeys_find(k, random, KEY_TRAFFIC, 0, &s));

    for (unsigned i = 1; i < 4; i++) { /* the limit: the oldest of three gives way */
        snprintf(text, sizeof text, "CLIENT_RANDOM %.62s%02x %s%.32s", zero, i, zero, zero);
        tlskeys_add(k, span_of(text), 0);
        tlskeys_counts(k, &c);
        random[31] = 0;
        CU_ASSERT_EQUAL(tlskeys_find(k, random, KEY_MASTER, 0, &s), i == 1);
        CU_ASSERT_EQUAL(c.evicted, i - 1);
        for (unsigned kept = i - 1; kept <= i; kept++) {
            random[31] = (uint8_t)kept;
            CU_ASSERT_TRUE(tlskeys_find(k, random, KEY_MASTER, 0, &s));
        }
    }
    tlskeys_free(k);

    k = tlskeys_new(0); /* the longest line */
    for (int over = 0; over < 2; over++) {
        snprintf(text, sizeof text, "#%*s", TLSKEYS_LINE_MAX - 1 + over, "");
        tlskeys_add(k, span_of(text), 0);
        tlskeys_counts(k, &c);
        CU_ASSERT_EQUAL(c.bad, (uint64_t)over);
    }
    for (unsigned i = 0; i < 1000; i++) { /* it grows */
        snprintf(text, sizeof text, "CLIENT_RANDOM %.60s%04x %s%.32s", zero, i, zero, zero);
        tlskeys_add(k, span_of(text), 0);
    }
    for (unsigned i = 0; i < 1000; i++) {
        put_u16(random + 30, (uint16_t)i);
        CU_ASSERT_TRUE(tlskeys_find(k, random, KEY_MASTER, 0, &s));
    }
    tlskeys_free(k);
}

static void guesses(void)
{
    static const struct {
        struct span in;
        enum tlsdec_kind kind;
        bool sure;
    } rows[] = {
        {SPAN("\x16\3\1\0\x50\1"), TLSDEC_TLS, true},
        {SPAN("\x16\3\3\0\x50\2"), TLSDEC_TLS, true},
        {SPAN("\x15\3\3\0\2\2"), TLSDEC_TLS, true},
        {SPAN("\x16\3\1\0\x50\x0b"), TLSDEC_OTHER, true},
        {SPAN("\x16\xfe\xff\0\0\0"), TLSDEC_DTLS, true},
        {SPAN("\x16\xfe\xfd\0\0\0"), TLSDEC_DTLS, true},
        {SPAN("\x16\3\1\0\x50"), TLSDEC_OTHER, false},
        {SPAN(""), TLSDEC_OTHER, false},
        {SPAN("G"), TLSDEC_OTHER, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool sure;
        CU_ASSERT_EQUAL(tlsdec_guess(rows[i].in, &sure), rows[i].kind);
        CU_ASSERT_EQUAL(sure, rows[i].sure);
    }
}

TESTS({"each_suite", each_suite}, {"without_keys", without_keys}, {"wrong_keys", wrong_keys},
      {"late_keys", late_keys}, {"keys_of_a_frame", keys_of_a_frame}, {"wait_limits", wait_limits},
      {"frames", frames}, {"gaps", gaps}, {"late_side", late_side}, {"updates", updates},
      {"renegotiation", renegotiation}, {"retries", retries}, {"resumption", resumption},
      {"not_read", not_read}, {"odd_octets", odd_octets}, {"message_limit", message_limit},
      {"key_lines", key_lines}, {"guesses", guesses})
