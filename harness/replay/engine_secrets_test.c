/* harness/replay/engine_secrets_test.c - the engine over TCP: TLS, secrets in a key log and in files, any number of jobs. */
#include <sys/mman.h>
#include <unistd.h>
#include "harness/tests/stream_rig.h"
#include "harness/tests/tlsdec_talk.h"

/* ---- TLS ---- */

#define SUITE_13 "TLS_AES_128_GCM_SHA256"
#define SUITE_12 "ECDHE-RSA-AES256-GCM-SHA384"

/* A talk of STUN in TLS; what it says is told by side. */
static void stun_talk(const char *suite)
{
    struct span request = unhex(REQUEST REQUEST), answer = unhex(ANSWER);

    contexts(suite, true);
    dial();
    pump();
    say(0, request.p, 30); /* records end where messages do not */
    say(0, request.p + 30, 10);
    say(1, answer.p, answer.n);
    bye();
    hang_up();
    contexts_free();
}

/* The talk over TCP, `most` octets a segment. */
static void send_talk(uint16_t port, size_t most)
{
    dial_tcp(port);
    for (size_t i = 0; i < talk.n_flights; i++) {
        const struct flight *f = &talk.flights[i];
        for (size_t at = 0; at < f->n; at += most)
            send_octets(f->side, span_cut((struct span){talk.octets + f->at, f->n}, at, at + most));
    }
    fin(0);
    fin(1);
}

static void tls_stun(void)
{
    static const char *const suites[] = {SUITE_13, SUITE_12};
    for (size_t i = 0; i < COUNT(suites); i++)
        for (size_t most = 1; most < 5000; most = most * 7 + 3) {
            stun_talk(suites[i]);
            const struct engine_options o = {.keylog = span_of(talk.keys)};
            make(&o);
            engine_begin(e, "pushed");
            send_talk(4000, most);
            end();
            CU_ASSERT_EQUAL(of("stun").messages, 3);
            CU_ASSERT_EQUAL(of("stun").connections, 1);
            CU_ASSERT_EQUAL(of("tls").connections, 1);
            CU_ASSERT_TRUE(says("tcp/tls/stun"));
            CU_ASSERT_EQUAL(counts().tls_decrypted, 1);
            CU_ASSERT_EQUAL(counts().tls_no_key, 0);
            CU_ASSERT_EQUAL(counts().c.problems, 0);
            CU_ASSERT_EQUAL(counts().connections_unknown, 0);
        }
}

/* No key is no problem; a wrong one is. */
static void tls_keys(void)
{
    stun_talk(SUITE_13);
    start();
    send_talk(4000, 1400);
    CU_ASSERT_STRING_EQUAL(end(), "");
    CU_ASSERT_EQUAL(counts().tls_no_key, 1);
    CU_ASSERT_EQUAL(of("tls").connections, 1);
    for (char *p = talk.keys; (p = strchr(p, '\n')); p++)
        p[-1] = p[-1] == '0' ? '1' : '0';
    const struct engine_options o = {.keylog = span_of(talk.keys)};
    make(&o);
    engine_begin(e, "pushed");
    send_talk(4000, 1400);
    end();
    CU_ASSERT_TRUE(says("the key log has a secret for this connection, and it does not fit"));
    CU_ASSERT_EQUAL(counts().tls_wrong_key, 1);
    CU_ASSERT_EQUAL(counts().tls_no_key, 0);
    CU_ASSERT_EQUAL(of("stun").messages, 0);
}

/* What is in TLS is told by the same recognisers. */
static void tls_known(void)
{
    contexts(SUITE_13, true);
    dial();
    pump();
    say(0, "GET / HTTP/1.1\r\n\r\n", 18);
    bye();
    hang_up();
    contexts_free();
    const struct engine_options o = {.keylog = span_of(talk.keys)};
    make(&o);
    engine_begin(e, "pushed");
    send_talk(4000, 1400);
    end();
    CU_ASSERT_EQUAL(of("http").connections, 1);
    CU_ASSERT_EQUAL(of("tls").connections, 1);
    CU_ASSERT_EQUAL(counts().connections, 1);
    CU_ASSERT_EQUAL(counts().connections_unknown, 0);
}

/* ---- files with secrets ---- */

static uint8_t file[4 << 20];

static void file_begin(void)
{
    written = (struct wr){file, sizeof file, 0, false};
    now = 0;
    wr_u32(&written, 0x0a0d0d0a);
    wr_u32(&written, 28);
    wr_u32(&written, 0x1a2b3c4d);
    wr_u32(&written, 0x00010000);
    wr_u64(&written, UINT64_MAX);
    wr_u32(&written, 28);
    wr_u32(&written, 1);
    wr_u32(&written, 20);
    wr_u32(&written, 101 << 16);
    wr_u32(&written, 0);
    wr_u32(&written, 20);
}

static void file_secrets(uint32_t type, struct span text)
{
    uint32_t padded = (uint32_t)(text.n + 3) / 4 * 4;
    wr_u32(&written, 10);
    wr_u32(&written, 20 + padded);
    wr_u32(&written, type);
    wr_u32(&written, (uint32_t)text.n);
    wr_put(&written, text);
    for (size_t i = text.n; i < padded; i++)
        wr_u8(&written, '\n');
    wr_u32(&written, 20 + padded);
}

static void file_read(unsigned jobs)
{
    const struct engine_options o = {.jobs = jobs};
    int fd = memfd_create("capture", 0);

    CU_ASSERT_FALSE_FATAL(written.full);
    CU_ASSERT_TRUE_FATAL(fd >= 0 && write(fd, file, written.n) == (ssize_t)written.n);
    lseek(fd, 0, SEEK_SET);
    make(&o);
    CU_ASSERT_PTR_NULL(engine_fd(e, fd, "x.pcapng"));
    close(fd);
    said[n_said] = '\0';
}

static void secrets_block(void)
{
    static const uint32_t types[] = {CAPFILE_SECRETS_TLS,
                                     0x57474b4c}; /* the other is WireGuard's */
    stun_talk(SUITE_13);
    for (int place = 0; place < 3; place++) /* before the frames, in their midst, behind them */
        for (size_t i = 0; i < COUNT(types); i++) {
            file_begin();
            if (place == 0)
                file_secrets(types[i], span_of(talk.keys));
            dial_tcp(4000);
            for (size_t j = 0; j < talk.n_flights; j++) {
                const struct flight *f = &talk.flights[j];
                if (place == 1 && j == 3)
                    file_secrets(types[i], span_of(talk.keys));
                send_octets(f->side, (struct span){talk.octets + f->at, f->n});
            }
            if (place == 2)
                file_secrets(types[i], span_of(talk.keys));
            for (unsigned jobs = 1; jobs <= 3; jobs++) {
                file_read(jobs);
                CU_ASSERT_EQUAL(of("stun").messages, i == 0 ? 3 : 0);
                CU_ASSERT_EQUAL(counts().tls_no_key, i == 0 ? 0 : 1);
            }
        }
    written.p = NULL;
}

/* A block of secrets that is as long as may be, and one that is longer. */
static void secrets_limit(void)
{
    static uint8_t text[CAPREAD_BLOCK_MAX];

    stun_talk(SUITE_13);
    for (size_t more = 0; more <= 4; more += 4) {
        size_t n = CAPREAD_BLOCK_MAX - 20 + more, keys = strlen(talk.keys);
        memset(text, '\n', n);
        memcpy(text + n - keys, talk.keys, keys);
        file_begin();
        file_secrets(CAPFILE_SECRETS_TLS, (struct span){text, n});
        send_talk(4000, 1400);
        CU_ASSERT_FALSE_FATAL(written.full);
        const struct engine_sink none = {0};
        const struct engine_options o = {.jobs = 1};
        int fd = memfd_create("capture", 0);
        CU_ASSERT_TRUE_FATAL(fd >= 0 && write(fd, file, written.n) == (ssize_t)written.n);
        lseek(fd, 0, SEEK_SET);
        engine_free(e);
        e = engine_new(&o, &none);
        CU_ASSERT_PTR_NOT_NULL_FATAL(e);
        CU_ASSERT_PTR_NULL(engine_fd(e, fd, "x.pcapng"));
        close(fd);
        CU_ASSERT_EQUAL(of("stun").messages, more ? 0 : 3);
        CU_ASSERT_EQUAL(counts().c.problems, more != 0); /* of the next frame */
    }
    written.p = NULL;
}

/* ---- any number of jobs ---- */

enum { MANY = 300, ROUNDS = 12 };

/* Many connections at once, with gaps, other octets, unfinished messages, and TLS whose keys come late. */
static void mixed_file(void)
{
    static struct ends all[MANY];

    stun_talk(SUITE_13);
    file_begin();
    for (unsigned i = 0; i < MANY; i++) {
        dial_tcp((uint16_t)(4000 + i));
        all[i] = ends;
    }
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned i = 0; i < MANY; i++) {
            ends = all[i];
            if (i % 7 == 1 && round == 4)
                ends.next[0] += 20; /* lost */
            if (i % 11 == 2 && round == 6) {
                ends.next[0] -= 20;
                send_hex(0, "0001 0000 2112a442 ffffffffffffffffffffffff");
            }
            send_hex(0, i % 5 == 3 ? REQUEST "0001 0000" : REQUEST);
            if (i % 5 == 3)
                send_hex(0, "2112a442" ID);
            send_hex(1, i % 13 == 5 && round == 7 ? "ffee" : ANSWER);
            all[i] = ends;
        }
    for (unsigned i = 0; i < MANY; i += 3) { /* what only the end of the file delivers */
        ends = all[i];
        ends.next[0] += 4;
        send_hex(0, REQUEST);
    }
    send_talk(9000, 1400);
    send_talk(9001, 100);
    file_secrets(CAPFILE_SECRETS_TLS, span_of(talk.keys));
    send_talk(9002, 1400);
}

static void jobs(void)
{
    static char alone[sizeof said];

    mixed_file();
    CU_ASSERT_TRUE(written.n > 2 * ENGINE_WINDOW);
    file_read(1);
    memcpy(alone, said, sizeof said);
    struct engine_counts one = counts(), more;
    uint64_t messages = of("stun").messages;
    CU_ASSERT_TRUE(messages > 2 * MANY * (ROUNDS - 2) && one.c.problems > MANY / 7);
    CU_ASSERT_EQUAL(one.tls_decrypted, 3);
    CU_ASSERT_TRUE(says("are not in the capture") && says("others than in frame") &&
                   says("tls/stun"));
    for (unsigned j = 2; j <= 5; j++) {
        file_read(j);
        CU_ASSERT_STRING_EQUAL(said, alone);
        more = counts();
        CU_ASSERT_EQUAL(memcmp(&one, &more, sizeof one), 0);
        CU_ASSERT_EQUAL(of("stun").messages, messages);
    }
    written.p = NULL;
    engine_free(e);
    e = NULL;
}

TESTS({"tls_stun", tls_stun}, {"tls_keys", tls_keys}, {"tls_known", tls_known},
      {"secrets_block", secrets_block}, {"secrets_limit", secrets_limit}, {"jobs", jobs})
