/* harness/tests/srtp_test.c - `--srtp-key`: calls that ffmpeg and GStreamer encrypt, decrypted by decode, lint and
 * streams. Both send silence, so what has to come out is known octet for octet. */
#include <fcntl.h>
#include <poll.h>
#include "harness/core/capture.h"
#include "harness/tests/program.h"

enum { SILENCE = 0xff, ENOUGH = 20 }; /* of PCMU; packets that a sender has to have sent */
#define KEY30 "d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj" /* RFC 4568 section 4.3 */
#define HEX28 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b"
#define KEY28 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="
#define HEX44 HEX28 "1c1d1e1f202122232425262728292a2b"
#define KEY44 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKis="
#define HEX46 HEX44 "2c2d"
#define KEY46 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLQ=="

static const struct sender {
    const char *needs, *suite, *key, *command; /* %u: a port, and another for RTCP */
} senders[] = {
/* By the name of RFC 4568 ffmpeg 5.1 gives SRTCP the tag of 32 bits too, by that of RFC 5764 the one it has to have. */
#define FFMPEG(suite, name)                                                                        \
    {                                                                                              \
        "ffmpeg", suite, KEY30,                                                                    \
            "exec timeout 60 ffmpeg -v error -nostdin -f lavfi -i anullsrc=r=8000:cl=mono -t 1 "   \
            "-acodec pcm_mulaw -f rtp -srtp_out_suite " name " -srtp_out_params " KEY30            \
            " 'srtp://127.0.0.1:%u?rtcpport=%u&pkt_size=200' >/dev/null"                           \
    }
#define GSTREAMER(suite, key, hex, cipher, tag, rtcp_tag)                                          \
    {                                                                                              \
        "gst-launch-1.0", suite, key,                                                              \
            "exec timeout 60 gst-launch-1.0 -q audiotestsrc wave=silence num-buffers=40 ! "        \
            "audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay ! srtpenc "                  \
            "'key=" hex "' rtp-cipher=" cipher " rtp-auth=" tag " rtcp-auth=" rtcp_tag             \
            " rtcp-cipher=" cipher " ! udpsink host=127.0.0.1 port=%u sync=false >/dev/null # %u"  \
    }
    FFMPEG("AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_80"),
    FFMPEG("AES_CM_128_HMAC_SHA1_32", "SRTP_AES128_CM_HMAC_SHA1_32"),
    GSTREAMER("AES_256_CM_HMAC_SHA1_80", KEY46, HEX46, "aes-256-icm", "hmac-sha1-80",
              "hmac-sha1-80"),
    GSTREAMER("AES_256_CM_HMAC_SHA1_32", KEY46, HEX46, "aes-256-icm", "hmac-sha1-32",
              "hmac-sha1-80"),
    GSTREAMER("AEAD_AES_128_GCM", KEY28, HEX28, "aes-128-gcm", "null", "null"),
    GSTREAMER("AEAD_AES_256_GCM", KEY44, HEX44, "aes-256-gcm", "null", "null"),
};

/* ---- what a sender sends ---- */

static unsigned take(int fd, unsigned port, struct capture *c, unsigned n)
{
    uint8_t p[2048];
    struct sockaddr_in in;
    socklen_t size = sizeof in;
    struct addr from = {.family = 4, .ip = {127, 0, 0, 1}}, to = from;
    ssize_t got;

    to.port = (uint16_t)port;
    while ((got = recvfrom(fd, p, sizeof p, MSG_DONTWAIT, (struct sockaddr *)(void *)&in, &size)) >
           0) {
        from.port = ntohs(in.sin_port);
        CU_ASSERT_TRUE(
            capture_datagram(c, 20000u * n++, &from, &to, (struct span){p, (size_t)got}) > 0);
    }
    return n;
}

/* Run a sender to its end, and put all datagrams that it sends into call.pcapng; how many. */
static unsigned record(const struct sender *s)
{
    unsigned port[2] = {0, 0}, n = 0;
    struct pollfd fds[2];
    char command[1024];
    const char *err;
    int status;

    for (unsigned i = 0; i < 2; i++)
        fds[i] = (struct pollfd){.fd = program_bound(SOCK_DGRAM, &port[i]), .events = POLLIN};
    CU_ASSERT_FATAL(fds[0].fd >= 0 && fds[1].fd >= 0);
    struct capture *c = capture_open(program_path("call.pcapng"), "test", 1700000000000000u, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    snprintf(command, sizeof command, s->command, port[0], port[1]);
    pid_t pid = fork();
    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    while (waitpid(pid, &status, WNOHANG) == 0) {
        poll(fds, 2, 20);
        for (unsigned i = 0; i < 2; i++)
            n = take(fds[i].fd, port[i], c, n);
    }
    for (unsigned i = 0; i < 2; i++) {
        n = take(fds[i].fd, port[i], c, n);
        close(fds[i].fd);
    }
    CU_ASSERT_TRUE(capture_close(c, &err));
    CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return n;
}

static bool has(const char *program)
{
    char command[128];
    snprintf(command, sizeof command, "command -v %s >/dev/null", program);
    return system(command) == 0;
}

/* Lines of layers and payload: each of RTP is silence and nothing else; how many. */
static unsigned silent(void)
{
    unsigned rtp = 0;
    char *rest = NULL;

    for (char *line = strtok_r(program_out, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        if (strncmp(line, "ip/udp/srtp/rtcp", 16) == 0)
            continue;
        CU_ASSERT_EQUAL_FATAL(strncmp(line, "ip/udp/srtp/rtp\t", 16), 0);
        CU_ASSERT_TRUE(line[16] && strspn(line + 16, "f") == strlen(line + 16));
        rtp++;
    }
    return rtp;
}

static void one_sender(const struct sender *s)
{
    char args[512], why[128];

    if (!has(s->needs)) {
        snprintf(why, sizeof why, "there is no %s: %s", s->needs, s->suite);
        test_skip(why);
        return;
    }
    unsigned n = record(s);
    printf("%s %s: %u datagrams; ", s->needs, s->suite, n);
    CU_ASSERT_TRUE(n >= ENOUGH);
    snprintf(args, sizeof args, "decode --fields layers,rtp.payload --srtp-key %s:%s call.pcapng",
             s->suite, s->key);
    if (!program_gives(args, 0))
        return;
    CU_ASSERT_EQUAL(program_lines(program_out), n);
    CU_ASSERT_TRUE(silent() >= ENOUGH);
    CU_ASSERT_STRING_EQUAL(program_err, "");
    snprintf(args, sizeof args, "decode --summary --json --srtp-key ROC=1,%s:%s call.pcapng",
             s->suite, s->key); /* wrong for RTP, nothing to RTCP */
    program_gives(args, 0);
    CU_ASSERT_PTR_NULL(strstr(program_out, "\"srtp_failed\":0,"));
}

/* ---- tests ---- */

static void senders_decrypted(void)
{
    if (!program_ready())
        return;
    for (size_t i = 0; i < COUNT(senders); i++)
        one_sender(&senders[i]);
}

static void commands(void)
{
    char args[512];

    if (!program_ready())
        return;
    if (!has("ffmpeg")) {
        test_skip("there is no ffmpeg");
        return;
    }
    CU_ASSERT_TRUE(record(&senders[0]) >= ENOUGH);
    snprintf(args, sizeof args, "streams --srtp-key %s:" KEY30 " --json call.pcapng",
             senders[0].suite);
    if (program_gives(args, 0)) {
        CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "\"lost\":0,"));
        CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "\"sr\":"));
    }
    snprintf(args, sizeof args, "lint -q --srtp-key %s:A" KEY30 " call.pcapng", senders[0].suite);
    program_gives(args, 2);
    program_said("key and salt of AES_CM_128_HMAC_SHA1_80 are 30 octets in base64");
    program_gives(
        "lint -q --srtp-key AES_CM_128_HMAC_SHA1_80:e" /* the first letter is another */
        "0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj --srtp-key SSRC=1,AEAD_AES_128_GCM:" KEY28
        " call.pcapng",
        0);
    program_said("packets of RTP and RTCP are authentic under no SRTP key given");
    char many[8192] = "lint";
    for (unsigned i = 0; i < 65; i++)
        strcat(many, " --srtp-key AEAD_AES_128_GCM:" KEY28);
    setenv("MANY", many, 1);
    program_run("$MANY call.pcapng");
    CU_ASSERT_EQUAL(program_status, 2);
    program_said("there are more than 64 keys");
    many[strlen(many) - strlen(" --srtp-key AEAD_AES_128_GCM:" KEY28)] = '\0';
    setenv("MANY", many, 1);
    program_run("$MANY -q call.pcapng");
    CU_ASSERT_EQUAL(program_status, 0);
}

TESTS({"senders_decrypted", senders_decrypted}, {"commands", commands})
