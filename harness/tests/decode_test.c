/* harness/tests/decode_test.c - `rtclab decode` and `rtclab lint`, run as programs on captures. */
#include <jansson.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "harness/core/capture.h"
#include "harness/core/test.h"
#include "harness/tests/capture_out.h"

#define CAPTURES "corpus/captures/"
static char out[1 << 20], err[16384], folder[256];
static int status;

static bool program(void)
{
    if (getenv("RTCLAB"))
        return true;
    test_skip("RTCLAB does not name the program");
    return false;
}

static const char *path(const char *name)
{
    static char full[512];
    const char *tmp = getenv("TMPDIR");
    if (!folder[0]) {
        snprintf(folder, sizeof folder, "%s/rtclab-decode-XXXXXX", tmp ? tmp : P_tmpdir);
        CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    }
    snprintf(full, sizeof full, "%s/%s", folder, name);
    return full;
}

static void slurp(FILE *f, char *to, size_t cap)
{
    size_t n = f ? fread(to, 1, cap - 1, f) : 0;
    to[n] = '\0';
}

/* Run `rtclab ARGS` in a shell (which may redirect); fills out, err and status. */
static void run(const char *args)
{
    char command[2048];
    snprintf(command, sizeof command, "{ \"$RTCLAB\" %s ; } 2>%s", args, path("err"));
    FILE *p = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    slurp(p, out, sizeof out);
    int s = pclose(p);
    status = WIFEXITED(s) ? WEXITSTATUS(s) : -1;
    FILE *f = fopen(path("err"), "r");
    slurp(f, err, sizeof err);
    if (f)
        fclose(f);
}

/* The same on a file of the folder. */
static void run_on(const char *command, const char *name)
{
    char args[1024];

    snprintf(args, sizeof args, "%s %s", command, path(name));
    run(args);
}

static size_t lines(const char *s)
{
    size_t n = 0;
    for (; (s = strchr(s, '\n')); s++)
        n++;
    return n;
}

/* Each line of `out` as an object; calls `look` and returns how many. Numbers come as reals,
 * because some (ICE tie-breakers) do not fit jansson's integers. */
static size_t objects(void (*look)(const json_t *o))
{
    size_t n = 0;
    for (char *line = out, *end; (end = strchr(line, '\n')); line = end + 1, n++) {
        json_t *o =
            json_loadb(line, (size_t)(end - line), JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
        CU_ASSERT_PTR_NOT_NULL_FATAL(o);
        if (look)
            look(o);
        json_decref(o);
    }
    return n;
}

static void text(void)
{
    if (!program())
        return;
    run("decode " CAPTURES "stun-rfc3489client-coturn.pcap");
    CU_ASSERT_EQUAL(status, 0);
    CU_ASSERT_STRING_EQUAL(err, "");
    CU_ASSERT_PTR_EQUAL(
        strstr(out, "frame 1, 2026-11-22 07:29:24.137571, 127.0.0.1:18390 -> 127.0.0.1:3478, "
                    "eth/ip/udp/stun, 28 octets: binding request (RFC 3489)\n"),
        out);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\n  method: binding\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "address 127.0.0.2:3480"));
    run("decode --quiet " CAPTURES "stun-rfc3489client-coturn.pcap");
    CU_ASSERT_EQUAL(lines(out), 2);
    CU_ASSERT_PTR_NULL(strstr(out, "\033["));
    run("decode --quiet --color=always " CAPTURES "stun-rfc3489client-coturn.pcap");
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\033["));
}

static void has_keys(const json_t *o)
{
    const char *src, *dst, *layers, *proto, *file;
    double frame, bytes, at;
    json_t *fields, *findings;
    CU_ASSERT_EQUAL(json_unpack((json_t *)(uintptr_t)o, "{s:F,s:F,s:s,s:s,s:s,s:s,s:F,s:o,s:o,s:s}",
                                "frame", &frame, "time", &at, "src", &src, "dst", &dst, "layers",
                                &layers, "proto", &proto, "bytes", &bytes, "fields", &fields,
                                "findings", &findings, "file", &file),
                    0);
    CU_ASSERT_TRUE(json_is_object(fields) && json_is_array(findings));
    CU_ASSERT_STRING_EQUAL(proto, "stun");
    CU_ASSERT_STRING_EQUAL(layers, "eth/ip/udp/stun");
    CU_ASSERT_TRUE(bytes >= 20 && frame > 0 && at > 1795332000);
}

/* Every recording: how many messages it has, and that none breaks its standard. */
static void recordings(void)
{
    static const struct {
        const char *name;
        size_t messages;
    } files[] = {{"stun-turnutils-stunclient-coturn", 6},
                 {"stun-turnutils-natdiscovery-coturn", 8},
                 {"stun-rfc3489client-coturn", 2},
                 {"turn-uclient-coturn-udp", 44},
                 {"ice-aioice-aioice-host", 20}};
    char args[256];
    if (!program())
        return;
    for (size_t i = 0; i < COUNT(files); i++) {
        snprintf(args, sizeof args, "decode --json " CAPTURES "%s.pcap", files[i].name);
        run(args);
        CU_ASSERT_EQUAL(status, 0);
        CU_ASSERT_EQUAL(objects(has_keys), files[i].messages);
        snprintf(args, sizeof args, "lint " CAPTURES "%s.pcap", files[i].name);
        run(args);
        CU_ASSERT_EQUAL(status, 0);
        CU_ASSERT_STRING_EQUAL(out, "");
        CU_ASSERT_STRING_EQUAL(err, "");
    }
}

static void files(void)
{
    if (!program())
        return;
    run("decode -q " CAPTURES "stun-rfc3489client-coturn.pcap " CAPTURES
        "stun-turnutils-stunclient-coturn.pcap");
    CU_ASSERT_EQUAL(lines(out), 2 + 2 + 6);
    CU_ASSERT_PTR_EQUAL(strstr(out, "== " CAPTURES "stun-rfc3489client-coturn.pcap\n"), out);
    run("decode -q - < " CAPTURES "stun-rfc3489client-coturn.pcap");
    CU_ASSERT_EQUAL(lines(out), 2);
    run("decode --json - < " CAPTURES "stun-rfc3489client-coturn.pcap");
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\"file\":\"standard input\""));
}

static void summary(void)
{
    if (!program())
        return;
    run("decode --summary " CAPTURES "turn-uclient-coturn-udp.pcap");
    CU_ASSERT_EQUAL(status, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "        68  UDP datagrams\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "        44  stun messages, "));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(out, "        12  UDP datagrams of protocols that are not known"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "         0  TCP segments\n"));
    run("decode --summary --json " CAPTURES "turn-uclient-coturn-udp.pcap");
    CU_ASSERT_EQUAL(objects(NULL), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\"unknown\":12"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "{\"proto\":\"stun\",\"messages\":44,\"quoted\":0,"));
}

static void cut(void)
{
    char args[1024];
    if (!program())
        return;
    snprintf(args, sizeof args,
             "head -c 3700 " CAPTURES "stun-turnutils-stunclient-coturn.pcap >%s",
             path("cut.pcap"));
    CU_ASSERT_EQUAL(system(args), 0);
    for (int i = 0; i < 2; i++) {
        snprintf(args, sizeof args, "%s %s " CAPTURES "stun-rfc3489client-coturn.pcap",
                 i ? "lint" : "decode -q", path("cut.pcap"));
        run(args);
        CU_ASSERT_EQUAL(status, 2);
        CU_ASSERT_EQUAL(lines(out), i ? 0 : 2 + 5 + 2); /* the other file is still read */
        CU_ASSERT_EQUAL(lines(err), 1);
        CU_ASSERT_PTR_NOT_NULL(strstr(err, "cut.pcap: frame 6, octet "));
        CU_ASSERT_PTR_NOT_NULL(strstr(err, ": the file ends inside the frame ("));
    }
}

static void refused(void)
{
    static const struct {
        const char *args, *words;
    } rows[] = {
        {"decode", "wants capture files"},
        {"decode --nonsense x", "there is no option '--nonsense'"},
        {"decode corpus/captures/README.md", "frame 1, octet 0: this is no capture file"},
        {"decode no/such/file", "no/such/file: cannot be read: No such file or directory"},
        {"decode corpus", "reading fails: Is a directory"},
        {"lint", "wants capture files"},
        {"lint --fail-on may x", "--fail-on wants must or should, not 'may'"},
        {"lint --fail-on", "--fail-on"},
        {"lint /dev/null", "the file is empty"},
    };
    if (!program())
        return;
    for (size_t i = 0; i < COUNT(rows); i++) {
        run(rows[i].args);
        CU_ASSERT_EQUAL(status, 2);
        CU_ASSERT_STRING_EQUAL(out, "");
        CU_ASSERT_EQUAL(lines(err), 1);
        if (!strstr(err, rows[i].words))
            printf("\n%s: %s", rows[i].args, err);
        CU_ASSERT_PTR_NOT_NULL(strstr(err, rows[i].words));
    }
    run("decode --help");
    CU_ASSERT_EQUAL(status, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "examples:"));
    run("lint --help");
    CU_ASSERT_EQUAL(status, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "examples:"));
}

static void full_disk(void)
{
    static const char *const args[] = {"decode", "decode --json", "decode --summary"};
    char command[256];
    if (!program())
        return;
    for (size_t i = 0; i < COUNT(args); i++) {
        snprintf(command, sizeof command, "%s " CAPTURES "ice-aioice-aioice-host.pcap >/dev/full",
                 args[i]);
        run(command);
        CU_ASSERT_EQUAL(status, 4);
        CU_ASSERT_EQUAL(lines(err), 1);
        CU_ASSERT_PTR_NOT_NULL(
            strstr(err, "standard output cannot be written: No space left on device"));
    }
}

/* ---- lint, on messages made to break their standard ---- */

static const struct addr a = {4, {192, 0, 2, 1}, 5000}, b = {4, {192, 0, 2, 2}, 3478};
#define TRANSACTION "000102030405060708090a0b"

static void make(const char *name, const char *const *hex, size_t n)
{
    const char *why = NULL;
    struct capture *c = capture_open(path(name), "test", 0, &why);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    for (size_t i = 0; i < n; i++) {
        uint8_t octets[256];
        struct wr w = {octets, sizeof octets, 0, false};
        CU_ASSERT_TRUE(wr_unhex(&w, span_of(hex[i])));
        capture_datagram(c, i, &a, &b, wr_span(&w));
    }
    CU_ASSERT_TRUE(capture_close(c, &why));
}

static void lint_keys(const json_t *o)
{
    const char *src, *dst, *layers, *clause, *level, *what, *file;
    double frame, off, len, at;
    json_t *frames;
    CU_ASSERT_EQUAL(json_unpack((json_t *)(uintptr_t)o,
                                "{s:F,s:o,s:F,s:s,s:s,s:s,s:s,s:s,s:F,s:F,s:s,s:s}", "frame",
                                &frame, "frames", &frames, "time", &at, "src", &src, "dst", &dst,
                                "layers", &layers, "clause", &clause, "level", &level, "offset",
                                &off, "length", &len, "what", &what, "file", &file),
                    0);
    CU_ASSERT_TRUE(json_array_size(frames) == 1 &&
                   json_number_value(json_array_get(frames, 0)) >= frame);
    CU_ASSERT_STRING_EQUAL(layers, "ip/udp/stun");
    CU_ASSERT_STRING_EQUAL(src, "192.0.2.1:5000");
    CU_ASSERT_PTR_EQUAL(strstr(clause, "RFC8489:"), clause);
}

static void lint(void)
{
    static const char *const should[] = {
        "0001 0000 2112a442" TRANSACTION,
        "0111 000c 2112a442" TRANSACTION "0009 0008 00100500 74657374", /* reserved bits */
    };
    static const char *const must[] = {
        "0111 000c 2112a442" TRANSACTION "0009 0008 00100500 74657374",
        "0001 0008 2112a442" TRANSACTION "0008 0004 00000000", /* an HMAC of four octets */
    };
    char args[512], want[512];
    if (!program())
        return;
    make("should.pcapng", should, COUNT(should));
    make("must.pcapng", must, COUNT(must));
    run_on("lint", "should.pcapng");
    CU_ASSERT_EQUAL(status, 0);
    snprintf(want, sizeof want, "%s:2:24 RFC8489:14.8#2 SHOULD ", path("should.pcapng"));
    CU_ASSERT_PTR_EQUAL(strstr(out, want), out);
    CU_ASSERT_EQUAL(lines(out), 1);
    run_on("lint --fail-on should", "should.pcapng");
    CU_ASSERT_EQUAL(status, 1);
    run_on("lint --quiet", "must.pcapng");
    CU_ASSERT_EQUAL(status, 1);
    CU_ASSERT_STRING_EQUAL(out, "");
    run_on("lint --filter 'frame == 2'", "must.pcapng");
    CU_ASSERT_EQUAL(status, 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "must.pcapng:2:"));
    CU_ASSERT_PTR_NULL(strstr(out, "must.pcapng:1:"));
    run_on("lint --filter 'frame == 3'", "must.pcapng"); /* what is left out does not count */
    CU_ASSERT_EQUAL(status, 0);
    run_on("lint --quiet --filter 'frame == 2'", "must.pcapng");
    CU_ASSERT_EQUAL(status, 1);
    run_on("lint --quiet --filter 'frame == 3'", "must.pcapng");
    CU_ASSERT_EQUAL(status, 0);
    run_on("lint --json", "must.pcapng");
    CU_ASSERT_EQUAL(status, 1);
    CU_ASSERT_TRUE(objects(lint_keys) >= 2);
    run_on("lint -v", "must.pcapng");
    CU_ASSERT_PTR_NOT_NULL(strstr(err, "must.pcapng: 2 frames, 2 messages, "));
    snprintf(args, sizeof args, "lint %s >/dev/full", path("must.pcapng"));
    run(args);
    CU_ASSERT_EQUAL(status, 4);
    run_on("decode -q", "must.pcapng");
    CU_ASSERT_EQUAL(status, 0); /* decode never judges */
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\n  ! RFC8489:14.8#2 SHOULD, octet 24 length "));
    snprintf(args, sizeof args, "rm -r %s", folder);
    CU_ASSERT_EQUAL(system(args), 0);
    folder[0] = '\0';
}

/* ---- what RTP carries: read and judged where it is said to be in the clear, and only there ---- */

#define RTP(seq, stamp) "8060 " seq " " stamp " 11223344 "

static void payloads(void)
{
    static const char *const packets[] = {
        RTP("0001", "00000000") "78 0002 6701 0002 6802", /* STAP-A as it should be */
        RTP("0002", "00000000") "18 0002 6701 0002 6802", /* NRI is 0, that of its units 3 */
        RTP("0003", "00000bb8") "6588",
    };
    char want[512];

    if (!program())
        return;
    make("h264.pcapng", packets, COUNT(packets));
    run_on("lint --map 96=H264/90000", "h264.pcapng");
    CU_ASSERT_EQUAL(status, 0);
    CU_ASSERT_STRING_EQUAL(out, "");
    run_on("lint --map 96=h264/90000,clear", "h264.pcapng");
    CU_ASSERT_EQUAL(status, 1);
    snprintf(want, sizeof want,
             "%s:2:12 RFC6184:5.7#4 MUST NRI is 0, the greatest of its units is 3\n",
             path("h264.pcapng"));
    CU_ASSERT_STRING_EQUAL(out, want);
    run_on("decode --map 96=H264/90000", "h264.pcapng");
    CU_ASSERT_PTR_NULL(strstr(out, "rtp_h264"));
    run_on("decode --map 96=H264/90000,clear", "h264.pcapng");
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\n  rtp_h264: STAP-A\n    forbidden: false\n    nri: 3\n"));
    run_on("decode --json --map 96=H264/90000,clear", "h264.pcapng");
    CU_ASSERT_EQUAL(objects(NULL), 3);
    CU_ASSERT_PTR_NOT_NULL(strstr(
        out, ",\"inside\":{\"proto\":\"rtp_h264\",\"fields\":{\"forbidden\":false,\"nri\":3,"));
    run_on("decode --fields frame --filter 'rtp_h264.nri == 0' -m 96=H264/90000,clear",
           "h264.pcapng");
    CU_ASSERT_STRING_EQUAL(out, "2\n");
}

/* ---- what SIP carries: bodies, each with what stands in it ---- */

#define LINE(s) s "\r\n"
#define SDP(v) LINE(v) LINE("o=a 1 1 IN IP4 192.0.2.1") LINE("s=-") LINE("c=IN IP4 x") LINE("t=0 0")

static void bodies(void)
{
    static const char message[] =
        LINE("NOTIFY sip:a@example.com SIP/2.0") LINE("Content-Type: multipart/mixed;boundary=b")
            LINE("") LINE("--b") LINE("Content-Type: message/sipfrag") LINE("")
                LINE("SIP/2.0 200 OK") LINE("Content-Type: application/sdp")
                    LINE("Content-Length: 55") LINE("") LINE(SDP("v=2") "--b")
                        LINE("Content-Type: application/sdp") LINE("") LINE(SDP("v=3") "--b--");
    const char *why = NULL;
    char want[512];

    if (!program())
        return;
    struct capture *c = capture_open(path("notify.pcapng"), "test", 0, &why);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    capture_datagram(c, 0, &a, &b, (struct span){(const uint8_t *)message, sizeof message - 1});
    CU_ASSERT_TRUE(capture_close(c, &why));
    run_on("lint", "notify.pcapng");
    CU_ASSERT_EQUAL(status, 1);
    for (unsigned v = 2; v <= 3; v++) {
        char line[] = {'v', '=', (char)('0' + v), '\0'};
        snprintf(want, sizeof want, "notify.pcapng:1:%zu RFC8866:5.1#a1 STMT ",
                 (size_t)(strstr(message, line) - message) + 2);
        CU_ASSERT_PTR_NOT_NULL(strstr(out, want));
    }
    run_on("decode", "notify.pcapng");
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\n  sipfrag: 200 OK\n    version: \"SIP/2.0\"\n"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\n    sdp"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\n  sdp"));
    run_on("decode --json", "notify.pcapng");
    CU_ASSERT_EQUAL(objects(NULL), 1);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(out, ",\"inside\":{\"proto\":\"sipfrag\",\"fields\":{\"version\":"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "},\"inside\":{\"proto\":\"sdp\","));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "}},\"also\":[{\"proto\":\"sdp\","));
    run_on("decode --fields frame,sipfrag.status,sdp.version", "notify.pcapng");
    CU_ASSERT_STRING_EQUAL(out, "1\t200\t2,3\n");
    run_on("decode --fields frame --filter 'sipfrag.status == 200'", "notify.pcapng");
    CU_ASSERT_STRING_EQUAL(out, "1\n");
}

/* ---- what is odd in a stream ---- */

/* A segment of TCP from `a` to `b` in a frame of a pcap file of raw IP. */
static void segment(FILE *f, uint32_t seq, uint8_t flags, struct span data)
{
    uint8_t octets[256];
    struct wr w = {octets, sizeof octets, 0, false};

    wr_u32(&w, 0); /* seconds, microseconds */
    wr_u32(&w, 0);
    wr_u32(&w, 40 + (uint32_t)data.n);
    wr_u32(&w, 40 + (uint32_t)data.n);
    wr_u16(&w, 0x4500);
    wr_u16(&w, (uint16_t)(40 + data.n));
    wr_u32(&w, 0);
    wr_u32(&w, 0x40060000);
    wr_put(&w, (struct span){a.ip, 4});
    wr_put(&w, (struct span){b.ip, 4});
    wr_u16(&w, a.port);
    wr_u16(&w, b.port);
    wr_u32(&w, seq);
    wr_u32(&w, 1);
    wr_u8(&w, 0x50);
    wr_u8(&w, flags);
    wr_u16(&w, 1024);
    wr_u32(&w, 0);
    wr_put(&w, data);
    fwrite(octets, 1, w.n, f);
}

static void stream_notes(void)
{
    enum { ACK = 0x10, SYN = 2, FIN = 1 };
    static const uint8_t head[24] = {0xa1, 0xb2, 0xc3, 0xd4, 0, 2, 0, 4, 0, 0, 0, 0,
                                     0,    0,    0,    0,    0, 4, 0, 0, 0, 0, 0, 101},
                         binding[20] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1},
                         other[20] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 2};
    char args[1024];

    if (!program())
        return;
    FILE *f = fopen(path("gap.pcap"), "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fwrite(head, 1, sizeof head, f);
    segment(f, 99, SYN, (struct span){0});
    segment(f, 100, ACK, (struct span){binding, sizeof binding});
    segment(f, 136, ACK, (struct span){other, sizeof other}); /* 16 octets are not there */
    segment(f, 156, ACK | FIN, (struct span){0});
    CU_ASSERT_EQUAL(fclose(f), 0);
    for (int jobs = 1; jobs <= 2; jobs++) {
        snprintf(args, sizeof args, "lint -j %d %s", jobs, path("gap.pcap"));
        run(args);
        CU_ASSERT_EQUAL(status, 0);
        CU_ASSERT_EQUAL(lines(out), 1);
        CU_ASSERT_STRING_EQUAL(err, "");
        CU_ASSERT_PTR_NOT_NULL(strstr(out,
                                      "gap.pcap:4:20 capture NOTE 16 octets of the stream are not "
                                      "in the capture, 192.0.2.1:5000 -> 192.0.2.2:3478\n"));
    }
    run_on("lint --json", "gap.pcap");
    CU_ASSERT_EQUAL(objects(NULL), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "\"clause\":\"capture\",\"level\":\"NOTE\",\"offset\":20,"));
    run_on("lint --quiet --sarif", "gap.pcap");
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "frame 4, 192.0.2.1:5000 -> 192.0.2.2:3478, octet 20 of the "
                                       "stream: 16 octets of the stream are not in the capture"));
    run_on("lint --filter stun", "gap.pcap"); /* a note is of no message */
    CU_ASSERT_PTR_NULL(strstr(out, "NOTE"));
    run_on("lint --quiet", "gap.pcap");
    CU_ASSERT_EQUAL(status, 0);
    CU_ASSERT_STRING_EQUAL(out, "");
    run_on("decode", "gap.pcap"); /* there on standard error */
    CU_ASSERT_PTR_NOT_NULL(strstr(err, "frame 4, 192.0.2.1:5000 -> 192.0.2.2:3478, octet 20: 16 "));
}

/* A section and `many` interfaces, without a frame; the comments of those are longer than what is shown. */
static void write_commented(const char *name, size_t many)
{
    static uint8_t octets[1 << 20];
    char letters[1028];
    struct out o = {{octets, sizeof octets, 0, false}, false};
    size_t at = out_section(&o);

    out_option(&o, 1, span_of("of \"it\" all."));
    out_end(&o, at);
    for (size_t i = 0; i < many; i++) {
        memset(letters, 'a' + (int)(i % 26), sizeof letters);
        at = out_interface(&o, 101, 0);
        out_option(&o, 1, (struct span){(const uint8_t *)letters, sizeof letters});
        out_end(&o, at);
    }
    FILE *f = fopen(path(name), "wb");
    CU_ASSERT_TRUE_FATAL(f && fwrite(octets, 1, o.w.n, f) == o.w.n && fclose(f) == 0);
}

/* Comments of the file stand in front, and in the summary, which has room for some 60 that are long. */
static void file_comments(void)
{
    if (!program())
        return;
    write_commented("two.pcapng", 1);
    run_on("decode", "two.pcapng");
    CU_ASSERT_PTR_EQUAL(
        strstr(
            out,
            "section 1: comment \"of \\\"it\\\" all.\"\ninterface 0 of section 1: comment \"aaa"),
        out);
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "aaa\"... (1028 octets)\n"));
    run_on("decode --json", "two.pcapng");
    CU_ASSERT_STRING_EQUAL(out, "");
    run_on("decode --summary --json", "two.pcapng");
    CU_ASSERT_EQUAL(objects(NULL), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(
        out,
        "\"comments\":[{\"of\":\"section\",\"section\":1,\"frame\":1,\"octets\":12,"
        "\"text\":\"of \\\"it\\\" all.\"},{\"of\":\"interface\",\"section\":1,\"interface\":0,"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "],\"comments_over\":0}\n"));
    write_commented("windows.pcapng", 800); /* more than is read at once */
    run_on("decode --jobs 2", "windows.pcapng");
    CU_ASSERT_EQUAL(lines(out), 801);
    for (unsigned i = 0; i < 800; i += 47) {
        char want[64];
        snprintf(want, sizeof want, "\ninterface %u of section 1: comment \"%c%c%c", i,
                 'a' + (int)(i % 26), 'a' + (int)(i % 26), 'a' + (int)(i % 26));
        CU_ASSERT_PTR_NOT_NULL(strstr(out, want));
    }
    write_commented("many.pcapng", 70);
    run_on("decode --summary", "many.pcapng");
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "            interface 59 of section 1: comment \"hhh"));
    CU_ASSERT_PTR_NULL(strstr(out, "interface 60 of"));
    CU_ASSERT_PTR_NOT_NULL(strstr(out, "        10  more comments of sections and interfaces\n"));
}

/* What is on probation in one window and believed in a later one: the same for any number of jobs. */
static void same_for_any_jobs(void)
{
    static const uint8_t binding[20] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1};
    uint8_t rtp[172] = {0x80, 0, 0, 7, 0, 0, 1, 0, 1, 2, 3, 4};
    char args[4400], held[512];
    const char *why;

    if (!program())
        return;
    struct capture *c = capture_open(path("held.pcapng"), "test", 0, &why);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    const struct addr from = {4, {192, 0, 2, 1}, 7000}, to = {4, {192, 0, 2, 2}, 7002};
    for (unsigned i = 0; i < 24000; i++) { /* two windows and more */
        if (i % 6000 == 0) {
            rtp[3]++;
            capture_datagram(c, i, &from, &to, (struct span){rtp, sizeof rtp});
        }
        capture_datagram(c, i, &a, &b, (struct span){binding, sizeof binding});
    }
    CU_ASSERT_TRUE(capture_close(c, &why));
    snprintf(held, sizeof held, "%s", path("held.pcapng"));
    snprintf(args, sizeof args, "decode --fields frame,proto --jobs 1 %s > %s", held,
             path("alone"));
    run(args);
    for (unsigned jobs = 2; jobs <= 4; jobs++) {
        snprintf(args, sizeof args, "decode --fields frame,proto --jobs %u %s | cmp - %s", jobs,
                 held, path("alone"));
        run(args);
        CU_ASSERT_EQUAL(status, 0);
        CU_ASSERT_STRING_EQUAL(out, "");
    }
    snprintf(args, sizeof args, "decode --fields frame --filter rtp %s", held);
    run(args);
    CU_ASSERT_STRING_EQUAL(out, "1\n6002\n12003\n18004\n");
}

/* What was written on a frame stands with its message. */
static void comments(void)
{
    char args[4400];
    static const uint8_t binding[20] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1};
    const char *why;

    if (!program())
        return;
    struct capture *c = capture_open(path("said.pcapng"), "test", 0, &why);
    CU_ASSERT_PTR_NOT_NULL_FATAL(c);
    for (unsigned i = 0; i < 3; i++) {
        capture_datagram(c, i, &a, &b, (struct span){binding, sizeof binding});
        if (i == 1) {
            capture_comment(c, "first \"words\"");
            capture_comment(c, "second");
        }
    }
    CU_ASSERT_TRUE(capture_close(c, &why));
    for (unsigned jobs = 1; jobs <= 2; jobs++) {
        snprintf(args, sizeof args, "decode --quiet -j %u %s", jobs, path("said.pcapng"));
        run(args);
        const char *said = strstr(out, "  comment \"first \\\"words\\\"\"\n  comment \"second\"\n");
        const char *third = strstr(out, "frame 3, ");
        CU_ASSERT_PTR_NOT_NULL_FATAL(said);
        CU_ASSERT_PTR_NULL(strstr(said + 12, "comment \"first"));
        CU_ASSERT_TRUE(third && said < third && said > strstr(out, "frame 2, "));
    }
    run_on("decode --json", "said.pcapng");
    CU_ASSERT_PTR_NOT_NULL(strstr(out, ",\"comments\":[\"first \\\"words\\\"\",\"second\"]}\n"));
    snprintf(args, sizeof args, "rm -r %s", folder);
    CU_ASSERT_EQUAL(system(args), 0);
    folder[0] = '\0';
}

TESTS({"text", text}, {"recordings", recordings}, {"files", files}, {"summary", summary},
      {"cut", cut}, {"refused", refused}, {"full_disk", full_disk}, {"lint", lint},
      {"payloads", payloads}, {"bodies", bodies}, {"stream_notes", stream_notes},
      {"file_comments", file_comments}, {"same_for_any_jobs", same_for_any_jobs},
      {"comments", comments})
