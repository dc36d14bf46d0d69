/* harness/tests/captures_test.c - `rtclab decode` beside tshark over every shared capture: which
 * datagrams are STUN, which of them an ICMP error quotes, and that ChannelData is not taken for it.
 * Differences that are explained stand in captures.tsv; each must still be there. */
#include <ftw.h>
#include <stdlib.h>
#include "harness/core/test.h"

#define KNOWN "harness/tests/captures.tsv"
enum { FILES_MAX = 1024, FRAMES_MAX = 1 << 17, KNOWN_MAX = 64, AHEAD = 3 };
enum kind { NO_STUN, PLAIN = 1, QUOTED = 2, CHANNEL = 4 }; /* of a frame, may be joined */

static char *files[FILES_MAX];
static size_t n_files;
static uint8_t theirs[FRAMES_MAX], ours[FRAMES_MAX];
static struct known {
    char file[128], who[16];
    unsigned long frame;
    bool seen;
} known[KNOWN_MAX];
static size_t n_known;

static int visit(const char *path, const struct stat *st, int type, struct FTW *at)
{
    const char *dot = strrchr(path, '.');
    (void)st;
    (void)at;
    if (type == FTW_F && dot && (strcmp(dot, ".pcap") == 0 || strcmp(dot, ".pcapng") == 0) &&
        n_files < FILES_MAX)
        files[n_files++] = strdup(path);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void read_known(void)
{
    char line[1024];
    FILE *f = fopen(KNOWN, "r");

    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    while (n_known < KNOWN_MAX && fgets(line, sizeof line, f)) {
        struct known *k = &known[n_known];
        if (*line != '#' &&
            sscanf(line, "%127[^\t]\t%lu\t%15[^\t]\t", k->file, &k->frame, k->who) == 3)
            n_known++;
    }
    fclose(f);
}

static bool explained(const char *file, unsigned long frame, const char *who)
{
    for (size_t i = 0; i < n_known; i++)
        if (known[i].frame == frame && strcmp(known[i].who, who) == 0 &&
            strcmp(known[i].file, file) == 0)
            return known[i].seen = true;
    return false;
}

/* ---- what each says ---- */

static FILE *ask_tshark(const char *file)
{
    char command[4096];
    snprintf(command, sizeof command,
             "tshark -r '%s' -Y '(stun || classicstun) && udp' -T fields -e frame.number "
             "-e stun.channel -e icmp.type -e icmpv6.type 2>/dev/null",
             file);
    FILE *p = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    return p;
}

/* Lines of frame number, channel, ICMP type, ICMPv6 type, each empty where there is none. */
static void read_tshark(FILE *p)
{
    char line[4096];
    memset(theirs, NO_STUN, sizeof theirs);
    while (fgets(line, sizeof line, p)) {
        char *end;
        unsigned long frame = strtoul(line, &end, 10);
        if (frame == 0 || frame >= FRAMES_MAX || *end != '\t')
            continue;
        bool channel = end[1] != '\t';
        char *icmp = strchr(end + 1, '\t');
        bool quoted = icmp && strspn(icmp, "\t\n") < strlen(icmp);
        theirs[frame] = quoted ? QUOTED : channel ? CHANNEL : PLAIN;
    }
    pclose(p);
}

static void read_rtclab(const char *file)
{
    static char line[1 << 20];
    char command[4096];
    bool begin = true;

    memset(ours, NO_STUN, sizeof ours);
    snprintf(command, sizeof command, "\"$RTCLAB\" decode --quiet --json '%s' 2>/dev/null", file);
    FILE *p = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    while (fgets(line, sizeof line, p)) {
        unsigned long frame;
        bool stun = begin && sscanf(line, "{\"frame\":%lu,", &frame) == 1 && frame < FRAMES_MAX &&
                    strstr(line, "\"proto\":\"stun\"");
        if (stun)
            ours[frame] = strstr(line, "\"quoted\":true") ? QUOTED : PLAIN;
        begin = strchr(line, '\n') != NULL;
    }
    pclose(p);
}

static size_t totals[CHANNEL + 1];

static void compare(const char *file)
{
    for (unsigned long i = 0; i < FRAMES_MAX; i++) {
        uint8_t want = theirs[i] == CHANNEL ? NO_STUN : theirs[i];
        totals[theirs[i]] += theirs[i] != NO_STUN;
        if (ours[i] == want || explained(file, i, want ? "tshark" : "rtclab"))
            continue;
        printf("\n%s: frame %lu: tshark %d, rtclab %d", file, i, theirs[i], ours[i]);
        CU_FAIL("a difference that is not explained");
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
    CU_ASSERT_EQUAL_FATAL(nftw(root, visit, 16, FTW_PHYS), 0);
    qsort(files, n_files, sizeof *files, by_name);
    CU_ASSERT_TRUE(n_files > 0);
    for (size_t i = 0; i < n_files; i++) {
        for (; asked < n_files && asked < i + AHEAD; asked++)
            ahead[asked % AHEAD] = ask_tshark(files[asked]);
        read_tshark(ahead[i % AHEAD]);
        read_rtclab(files[i]);
        compare(files[i] + skip);
    }
    for (size_t i = 0; i < n_known; i++)
        if (!known[i].seen) {
            printf("\n%s: frame %lu no longer differs; take it out of " KNOWN, known[i].file,
                   known[i].frame);
            CU_FAIL("a difference that is gone");
        }
    printf("%zu files, %zu STUN, %zu quoted in ICMP, %zu ChannelData, %zu differences explained; ",
           n_files, totals[PLAIN], totals[QUOTED], totals[CHANNEL], n_known);
    for (size_t i = 0; i < n_files; i++)
        free(files[i]);
}

TESTS({"captures", captures})
