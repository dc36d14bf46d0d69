/* harness/tests/tls_test.c - TLS and DTLS on the loopback: our tester against our server, OpenSSL's
 * client against our server, our tester against OpenSSL's server; and the captures, read by tshark. */
#include <netinet/in.h>
#include <sys/socket.h>
#include "harness/tests/program.h"

static char said[1 << 16]; /* by a peer */
static struct server {
    pid_t pid;
    int out;
    unsigned port;
    char certificate[65];
} ours;

static bool have(const char *program, const char *command)
{
    if (!program_ready())
        return false;
    char here[4096]; /* the real cases, not the test's own */
    setenv("RTCLAB_SHARE", getcwd(here, sizeof here) ? here : ".", 1);
    if (!program || system(command) == 0)
        return true;
    printf("\n%s is not installed\n", program);
    test_skip(program);
    return false;
}

static void serve(void)
{
    char at[64];

    ours.port = program_free_port();
    snprintf(at, sizeof at, "stuns:127.0.0.1:%u", ours.port);
    const char *words[] = {
        "serve", "stun.server", "--listen", at, "--capture", program_path("server.pcapng"), NULL};
    ours.pid = program_start(words, &ours.out);
    CU_ASSERT_TRUE(program_until(ours.out, "listening 127.0.0.1:", said, sizeof said));
    CU_ASSERT_EQUAL(sscanf(said, "certificate %64s", ours.certificate), 1);
    if (!strstr(strstr(said, "listening") + 1, "listening"))
        CU_ASSERT_TRUE(program_until(ours.out, "listening", said, sizeof said));
}

static void stop(pid_t pid, int out)
{
    kill(pid, SIGTERM);
    program_end(pid);
    close(out);
}

/* ---- our tester, our server, tshark ---- */

/* How many STUN messages tshark finds inside TLS or DTLS on `port`. */
static int stun_in(const char *file, unsigned port)
{
    char command[2048], text[512];
    int n = -1;

    snprintf(text, sizeof text,
             "DissectorTable.get('tls.port'):add(%u, Dissector.get('stun-tcp'))\n"
             "DissectorTable.get('dtls.port'):add(%u, Dissector.get('stun-udp'))\n",
             port, port);
    program_write("stun.lua", text);
    snprintf(command, sizeof command,
             "tshark -X lua_script:'%s' -r '%s' -d tcp.port==%u,tls -d udp.port==%u,dtls "
             "-Y stun 2>/dev/null | wc -l",
             program_path("stun.lua"), program_path(file), port, port);
    FILE *p = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    CU_ASSERT_EQUAL(fscanf(p, "%d", &n), 1);
    pclose(p);
    return n;
}

/* How many STUN messages over TCP, in TLS or not, we find in it, as told by several threads too. `keylog`: a file, NULL: the
 * capture brings its keys along. */
static int ours_in(const char *file, const char *keylog)
{
    int n[3];

    for (int jobs = 1; jobs <= 3; jobs++) {
        char args[2048];
        snprintf(args, sizeof args, "decode --fields layers --jobs %d %s%s%s '%s'", jobs,
                 keylog ? "--keylog '" : "", keylog ? keylog : "", keylog ? "'" : "", file);
        program_gives(args, 0);
        n[jobs - 1] = 0;
        for (const char *s = program_out; (s = strstr(s, "ip/tcp/tls/stun\n")); s++)
            n[jobs - 1]++;
    }
    CU_ASSERT_TRUE(n[0] == n[1] && n[0] == n[2]);
    return n[0];
}

static uint32_t le32(const char *p)
{
    return (uint32_t)(uint8_t)p[3] << 24 | (uint32_t)(uint8_t)p[2] << 16 |
           (uint32_t)(uint8_t)p[1] << 8 | (uint8_t)p[0];
}

/* What stands in the blocks of secrets of a capture of ours, into a file. */
static void extract_secrets(const char *from, const char *to)
{
    static char text[1 << 20];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");

    CU_ASSERT_FATAL(in && out);
    size_t n = fread(text, 1, sizeof text, in);
    for (size_t at = 0; at + 16 < n && le32(text + at + 4) >= 12; at += le32(text + at + 4))
        if (le32(text + at) == 10)
            fwrite(text + at + 16, 1, le32(text + at + 12), out);
    fclose(in);
    CU_ASSERT_EQUAL(fclose(out), 0);
}

/* The same capture without secrets, and these in a file. */
static void keys_apart(void)
{
    char pcap[700], keys[700], command[4096];

    snprintf(pcap, sizeof pcap, "%s", program_path("server.pcap"));
    snprintf(keys, sizeof keys, "%s", program_path("server.keys"));
    snprintf(command, sizeof command, "editcap --discard-all-secrets -F pcap '%s' '%s'",
             program_path("server.pcapng"), pcap);
    CU_ASSERT_EQUAL(system(command), 0);
    extract_secrets(program_path("server.pcapng"), keys);
    int all = ours_in(program_path("server.pcapng"), NULL);
    CU_ASSERT_EQUAL(ours_in(pcap, keys), all);
    CU_ASSERT_EQUAL(ours_in(pcap, NULL), 0);
    snprintf(command, sizeof command, "decode --summary --json '%s'", pcap);
    program_gives(command, 0);
    CU_ASSERT_PTR_NULL(strstr(program_out, "\"tls_no_key\":0,"));
    CU_ASSERT_STRING_EQUAL(program_err, ""); /* that there is no key is no problem */
    snprintf(command, sizeof command, "lint --keylog '%s.none' '%s'", keys, pcap);
    program_gives(command, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_err, "server.keys.none cannot be read: No such file"));
}

static void test_own(const char *how, const char *more, int status)
{
    char args[512];

    snprintf(args, sizeof args,
             "test stun-server-001 --target 'stuns:127.0.0.1:%u%s' %s --out run --json", ours.port,
             how, more);
    program_gives(args, status);
}

static void own_and_captures(void)
{
    char pin[100], wrong[100];

    if (!have("tshark", "tshark --version >/dev/null 2>&1"))
        return;
    serve();
    snprintf(pin, sizeof pin, "--fingerprint %s", ours.certificate);
    snprintf(wrong, sizeof wrong, "--fingerprint %064d", 0);
    test_own("", pin, 0);
    CU_ASSERT_TRUE(stun_in("run/stun-server-001-tls-ip4-.pcapng", ours.port) >= 2);
    CU_ASSERT_EQUAL(ours_in(program_path("run/stun-server-001-tls-ip4-.pcapng"), NULL),
                    stun_in("run/stun-server-001-tls-ip4-.pcapng", ours.port));
    test_own("?transport=udp", pin, 0);
    CU_ASSERT_TRUE(stun_in("run/stun-server-001-dtls-ip4-.pcapng", ours.port) >=
                   2); /* or repeated */
    test_own("", "--insecure", 0);
    test_own("", "", 1); /* inconclusive: nothing is known of the server */
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out,
                                  "there is no TLS with the target: the certificate is "
                                  "self-signed, and not trusted"));
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "\"verdict\":\"inconc\""));
    test_own("?transport=udp", wrong, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "not the one that is trusted"));
    stop(ours.pid, ours.out);
    CU_ASSERT_TRUE(stun_in("server.pcapng", ours.port) >= 6);
    CU_ASSERT_TRUE(ours_in(program_path("server.pcapng"), NULL) >= 4);
    keys_apart();
}

/* ---- OpenSSL's client ---- */

static pid_t client(const char *version, bool quiet, int *to, int *from)
{
    char at[32];
    int in[2], out[2];

    snprintf(at, sizeof at, "127.0.0.1:%u", ours.port);
    CU_ASSERT_EQUAL_FATAL(pipe(in), 0);
    CU_ASSERT_EQUAL_FATAL(pipe(out), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        dup2(out[1], 2);
        close(in[1]);
        close(out[0]);
        execlp("openssl", "openssl", "s_client", "-connect", at, version,
               quiet ? "-quiet" : "-nocommands", NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    *to = in[1];
    *from = out[0];
    return pid;
}

/* A Binding request by OpenSSL's client; whether the answer to it came. */
static void asks(const char *version)
{
    static const uint8_t request[] = "\0\1\0\0\x21\x12\xa4\x42transactions";
    uint8_t got[4096];
    size_t n = 0;
    ssize_t more;
    int to, from;
    pid_t pid = client(version, true, &to, &from);

    CU_ASSERT_EQUAL(write(to, request, 20), 20);
    uint8_t *answer = NULL; /* what the client says of certificates comes before */
    while (!answer && n < sizeof got && (more = read(from, got + n, sizeof got - n)) > 0) {
        n += (size_t)more;
        answer = memmem(got, n, "\1\1", 2);
        if (answer && got + n - answer < 20)
            answer = NULL;
    }
    CU_ASSERT_PTR_NOT_NULL(answer);
    if (answer)
        CU_ASSERT_EQUAL(memcmp(answer + 4, request + 4, 16), 0);
    close(to);
    kill(pid, SIGTERM);
    program_end(pid);
    close(from);
}

static void openssl_client(void)
{
    int to, from;

    if (!have("openssl", "openssl version >/dev/null 2>&1"))
        return;
    serve();
    asks("-tls1_2");
    asks("-tls1_3");
    asks("-dtls1_2");
    pid_t pid = client("-tls1_1", true, &to, &from);
    CU_ASSERT_TRUE(program_until(from, "protocol version", said, sizeof said));
    close(to);
    program_end(pid);
    close(from);
    stop(ours.pid, ours.out);
}

/* A client that wants to renegotiate is told no, and goes on as before or goes. */
static void renegotiation(void)
{
    int to, from, in[2], out[2];
    char at[32];

    if (!have("openssl", "openssl version >/dev/null 2>&1"))
        return;
    serve();
    snprintf(at, sizeof at, "127.0.0.1:%u", ours.port);
    CU_ASSERT_EQUAL_FATAL(pipe(in), 0);
    CU_ASSERT_EQUAL_FATAL(pipe(out), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        dup2(out[1], 2);
        close(in[1]);
        close(out[0]);
        execlp("openssl", "openssl", "s_client", "-connect", at, "-tls1_2", NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    to = in[1];
    from = out[0];
    CU_ASSERT_TRUE(program_until(from, "Verify return code", said, sizeof said));
    CU_ASSERT_EQUAL(write(to, "R\n", 2), 2);
    CU_ASSERT_TRUE(program_until(from, "no renegotiation", said, sizeof said));
    close(to);
    kill(pid, SIGTERM);
    program_end(pid);
    close(from);
    stop(ours.pid, ours.out);
}

/* ---- OpenSSL's server ---- */

/* Our tester meets OpenSSL's server, which knows no STUN: what is looked at is the handshake, which
 * succeeds, or `fails` in these words. */
static void meets(const char *version, const char *how, const char *trust, const char *fails)
{
    char args[512], at[32];
    int out[2];
    unsigned port = program_free_port();

    snprintf(at, sizeof at, "%u", port);
    CU_ASSERT_EQUAL_FATAL(pipe(out), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], 1);
        dup2(out[1], 2);
        close(out[0]);
        if (chdir(program_folder) == 0)
            execlp("openssl", "openssl", "s_server", "-accept", at, version, "-cert", "cert.pem",
                   "-key", "key.pem", "-quiet", "-ign_eof", NULL);
        _exit(127);
    }
    close(out[1]);
    bool up = false;
    for (int i = 0; i < 10000 && !up; i++) { /* it does not say when it listens */
        snprintf(args, sizeof args,
                 "ss -Hlun 'sport = :%u' | grep -q . || ss -Hltn 'sport = :%u' | "
                 "grep -q .",
                 port, port);
        up = system(args) == 0;
    }
    CU_ASSERT_TRUE(up);
    snprintf(args, sizeof args,
             "test stun-server-001 --target 'stuns:127.0.0.1:%u%s' %s --timeout-scale 0.4 --out "
             "run2 --json",
             port, how, trust);
    program_run(args);
    CU_ASSERT_EQUAL(strstr(program_out, "there is no TLS") != NULL, fails != NULL);
    CU_ASSERT_TRUE(!fails || strstr(program_out, fails) != NULL);
    kill(pid, SIGTERM);
    program_end(pid);
    close(out[0]);
}

static void openssl_server(void)
{
    if (!have("openssl", "openssl version >/dev/null 2>&1 && ss -V >/dev/null 2>&1"))
        return;
    char command[1024];
    snprintf(command, sizeof command,
             "cd '%s' && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
             "-days 2 -subj /CN=x -addext subjectAltName=IP:127.0.0.1 -keyout key.pem "
             "-out cert.pem >/dev/null 2>&1",
             program_folder);
    CU_ASSERT_EQUAL(system(command), 0);
    meets("-tls1_2", "", "--ca cert.pem", NULL);
    meets("-tls1_3", "", "--ca cert.pem", NULL);
    meets("-dtls1_2", "?transport=udp", "--ca cert.pem", NULL);
    meets("-tls1_3", "", "", "self-signed, and not trusted");
    meets("-dtls1_2", "?transport=udp", "--ca cert.pem --server-name y.example",
          "the certificate is for 127.0.0.1, not for y.example");
}

TESTS({"own_and_captures", own_and_captures}, {"openssl_client", openssl_client},
      {"renegotiation", renegotiation}, {"openssl_server", openssl_server})
