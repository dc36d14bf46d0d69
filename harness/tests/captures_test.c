/* harness/tests/captures_test.c - `rtclab decode` beside tshark over every shared capture: which datagrams are
 * STUN, RTP, RTCP or SIP, which segments complete a message of STUN, SIP, HTTP or WebSocket, which of STUN an ICMP error quotes, that ChannelData is not taken for it; and of the
 * protocols that are only recognised, how many datagrams and connections carry each. Differences that are
 * explained stand in captures.tsv; each must still be there. */
#include <stdlib.h>
#include "harness/core/test.h"

#define KNOWN "harness/tests/captures.tsv"
enum { FRAMES_MAX = 1 << 17, KNOWN_MAX = 256, AHEAD = 3, STREAMS_MAX = 4096 };
enum kind {
    STUN = 1,
    QUOTED = 2,
    CHANNEL = 4,
    RTP = 8,
    RTCP = 16,
    SIP = 32,
    HTTP = 64,
    WS = 128
}; /* of a frame, may be joined */
static const struct {
    enum kind kind;
    const char *name;
} kinds[] = {{STUN, "stun"}, {QUOTED, "quoted"}, {RTP, "rtp"}, {RTCP, "rtcp"},
             {SIP, "sip"},   {HTTP, "http"},     {WS, "ws"}};

/* Those without a codec: how tshark calls them, what we say. */
static const struct {
    const char *theirs, *ours;
} counted[] = {{"rtmpt", "rtmp"},
               {"dns", "dns"},
               {"xmpp", "xmpp"},
               {"dtls", "dtls"},
               {NULL, "channeldata"}}; /* which tshark calls STUN */
enum { COUNTED = COUNT(counted), CHANNELDATA = COUNTED - 1 };
struct counts {
    unsigned datagrams[COUNTED], connections[COUNTED];
};

static uint8_t theirs[FRAMES_MAX], ours[FRAMES_MAX];
static struct counts their_counts, our_counts;
static uint8_t carried[COUNTED][STREAMS_MAX]; /* by stream, for tshark */
static struct known {
    char file[128], what[16], value[600];
    bool seen;
} known[KNOWN_MAX];
static size_t n_known;

static void read_known(void)
{
    char line[2048];
    FILE *f = fopen(KNOWN, "r");

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    while (n_known < KNOWN_MAX && fgets(line, sizeof line, f)) {
        struct known *k = &known[n_known];
        if (*line != '#' &&
            sscanf(line, "%127[^\t]\t%15[^\t]\t%599[^\t]\t", k->file, k->what, k->value) == 3)
            n_known++;
    }
    fclose(f);
}

/* A difference is explained by a row with just these words. */
static bool explained(const char *file, const char *what, const char *value)
{
    for (size_t i = 0; i < n_known; i++)
        if (strcmp(known[i].what, what) == 0 && strcmp(known[i].file, file) == 0 &&
            strcmp(known[i].value, value) == 0)
            return known[i].seen = true;
    return false;
}

static void differs(const char *file, const char *what, const char *value)
{
    if (explained(file, what, value))
        return;
    printf("\n%s\t%s\t%s", file, what, value);
    CU_FAIL("a difference that is not explained");
}

/* ---- what each says ---- */

static FILE *ask_tshark(const char *file)
{
    char command[4096];
    snprintf(command, sizeof command,
             "tshark -r '%s' --enable-heuristic rtp_udp -T fields -e frame.number -e stun.channel "
             "-e tcp.stream -e frame.protocols 2>/dev/null",
             file);
    FILE *p = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    return p;
}

/* Whether a protocol is in a list such as eth:ip:udp:rtp. */
static bool has(const char *protocols, const char *name)
{
    size_t n = strlen(name);
    for (const char *s = protocols; s; s = strchr(s, ':') ? strchr(s, ':') + 1 : NULL)
        if (strncmp(s, name, n) == 0 && (s[n] == ':' || s[n] == '\0' || s[n] == '\n'))
            return true;
    return false;
}

static void their_line(unsigned long frame, bool channel, long stream, const char *protocols)
{
    bool quoted = has(protocols, "icmp") || has(protocols, "icmpv6"), tcp = has(protocols, "tcp");
    bool stun = has(protocols, "stun") || has(protocols, "classicstun");

    if (stun && frame < FRAMES_MAX)
        theirs[frame] |= quoted ? QUOTED : channel ? CHANNEL : STUN;
    if (!tcp && !quoted && frame < FRAMES_MAX) {
        theirs[frame] |= has(protocols, "rtp") ? RTP : 0;
        theirs[frame] |= has(protocols, "rtcp") ? RTCP : 0;
    }
    if (!quoted && frame < FRAMES_MAX && has(protocols, "sip"))
        theirs[frame] |= SIP;
    if (tcp && !quoted && frame < FRAMES_MAX) {
        if (has(protocols, "websocket")) /* which tshark shows on top of HTTP */
            theirs[frame] |= WS;
        else if (has(protocols, "http"))
            theirs[frame] |= HTTP;
    }
    for (size_t i = 0; i < COUNTED && !quoted; i++) {
        if (i == CHANNELDATA ? !stun || !channel || tcp : !has(protocols, counted[i].theirs))
            continue;
        if (!tcp)
            their_counts.datagrams[i]++;
        else if (stream >= 0 && stream < STREAMS_MAX)
            carried[i][stream] = 1;
    }
}

static void count_streams(void)
{
    for (size_t i = 0; i < COUNTED; i++)
        for (size_t s = 0; s < STREAMS_MAX; s++)
            their_counts.connections[i] += carried[i][s];
}

/* Lines of frame number, channel, stream, protocols; the two in the middle may be empty. */
static void read_tshark(FILE *p)
{
    static char line[65536];

    memset(theirs, 0, sizeof theirs);
    memset(carried, 0, sizeof carried);
    their_counts = (struct counts){0};
    while (fgets(line, sizeof line, p)) {
        char *at, *channel = strchr(line, '\t');
        char *stream = channel ? strchr(channel + 1, '\t') : NULL;
        char *protocols = stream ? strchr(stream + 1, '\t') : NULL;
        unsigned long frame = strtoul(line, &at, 10);
        if (protocols && at == channel)
            their_line(frame, channel[1] != '\t',
                       stream[1] == '\t' ? -1 : strtol(stream + 1, NULL, 10), protocols + 1);
    }
    pclose(p);
    count_streams();
}

static FILE *ask_rtclab(const char *file, const char *options)
{
    char command[4096];
    snprintf(command, sizeof command, "\"$RTCLAB\" decode --quiet %s '%s' 2>/dev/null", options,
             file);
    FILE *p = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    return p;
}

/* A number behind a key of the object in which `proto` stands. */
static unsigned number_of(const char *object, const char *key)
{
    const char *at = strstr(object, key);
    return at ? (unsigned)strtoul(at + strlen(key), NULL, 10) : 0;
}

static void read_rtclab(const char *file)
{
    static char line[1 << 16];
    char name[64];
    FILE *p = ask_rtclab(file, "--fields frame,proto,layers");

    memset(ours, 0, sizeof ours);
    our_counts = (struct counts){0};
    while (fgets(line, sizeof line, p)) {
        unsigned long frame = strtoul(line, NULL, 10);
        bool quoted = strstr(line, "icmp") != NULL;
        if (frame < FRAMES_MAX && strstr(line, "\tstun\t"))
            ours[frame] |= quoted ? QUOTED : STUN;
        else if (frame < FRAMES_MAX && !quoted)
            ours[frame] |= strstr(line, "\trtp\t")    ? RTP
                           : strstr(line, "\trtcp\t") ? RTCP
                           : strstr(line, "\tsip\t")  ? SIP
                           : strstr(line, "\thttp\t") ? HTTP
                           : strstr(line, "\tws\t")   ? WS
                                                      : 0;
    }
    pclose(p);
    p = ask_rtclab(file, "--summary --json");
    if (fgets(line, sizeof line, p))
        for (size_t i = 0; i < COUNTED; i++) {
            snprintf(name, sizeof name, "{\"proto\":\"%s\",", counted[i].ours);
            const char *object = strstr(line, name);
            if (!object)
                continue;
            our_counts.datagrams[i] = number_of(object, "\"messages\":");
            our_counts.connections[i] = number_of(object, "\"connections\":");
        }
    pclose(p);
}

/* ---- beside one another ---- */

static size_t totals[WS + 1];

/* Frames of one kind that only one of both sees: "rtclab 3,4" or "tshark 7". */
static void compare_kind(const char *file, enum kind kind, const char *name, bool we)
{
    char list[600];
    size_t n = (size_t)snprintf(list, sizeof list, "%s ", we ? "rtclab" : "tshark"), before = n;

    for (unsigned long i = 0; i < FRAMES_MAX && n < sizeof list - 16; i++) {
        bool a = ours[i] & kind, b = theirs[i] & kind;
        totals[kind] += !we && b;
        if (a != b && a == we)
            n += (size_t)snprintf(list + n, sizeof list - n, "%s%lu", n > before ? "," : "", i);
    }
    if (n > before)
        differs(file, name, list);
}

static void compare(const char *file)
{
    char value[160];

    for (size_t k = 0; k < COUNT(kinds); k++) {
        compare_kind(file, kinds[k].kind, kinds[k].name, true);
        compare_kind(file, kinds[k].kind, kinds[k].name, false);
    }
    for (unsigned long i = 0; i < FRAMES_MAX; i++)
        totals[CHANNEL] += (theirs[i] & CHANNEL) != 0;
    for (size_t i = 0; i < COUNTED; i++) {
        const struct counts *a = &our_counts, *b = &their_counts;
        if (a->datagrams[i] == b->datagrams[i] && a->connections[i] == b->connections[i])
            continue;
        snprintf(value, sizeof value, "rtclab %u datagrams %u connections, tshark %u and %u",
                 a->datagrams[i], a->connections[i], b->datagrams[i], b->connections[i]);
        differs(file, counted[i].ours, value);
    }
}

static void captures(void)
{
    const char *root = test_shared("captures");
    FILE *ahead[AHEAD] = {NULL};
    size_t skip, asked = 0;

    if (!root || !getenv("RTCLAB") || system("tshark --version >/dev/null 2>&1") != 0) {
        test_skip(!root              ? "the shared captures are not there"
                  : getenv("RTCLAB") ? "tshark is not installed"
                                     : "RTCLAB does not name the program");
        return;
    }
    skip = strlen(root) + 1;
    read_known();
    size_t n_files;
    char *const *files = test_captures(root, &n_files);
    for (size_t i = 0; i < n_files; i++) {
        for (; asked < n_files && asked < i + AHEAD; asked++)
            ahead[asked % AHEAD] = ask_tshark(files[asked]);
        read_tshark(ahead[i % AHEAD]);
        read_rtclab(files[i]);
        compare(files[i] + skip);
    }
    for (size_t i = 0; i < n_known; i++)
        if (!known[i].seen && test_captures_all()) {
            printf("\n%s: %s %s: no longer so; take it out of " KNOWN, known[i].file, known[i].what,
                   known[i].value);
            CU_FAIL("a difference that is gone");
        }
    printf("%zu files, %zu STUN, %zu quoted in ICMP, %zu ChannelData, %zu RTP, %zu RTCP, %zu SIP, "
           "%zu HTTP, %zu WebSocket, "
           "%zu differences explained; ",
           n_files, totals[STUN], totals[QUOTED], totals[CHANNEL], totals[RTP], totals[RTCP],
           totals[SIP], totals[HTTP], totals[WS], n_known);
}

TESTS({"captures", captures})
