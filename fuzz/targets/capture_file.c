/* fuzz/targets/capture_file.c - any octets as a capture file: in one window and in small ones, the frames are the same,
 * and the engine gets to the end of it. */
#include <sys/mman.h>
#include <unistd.h>
#include "fuzz/engine/target.h"
#include "harness/replay/engine.h"
#include "harness/replay/capfile.h"

struct seen {
    uint64_t frames, sum;
    char why[512];
};

static void add(struct seen *s, const struct capfile_frame *f)
{
    s->frames++;
    require(f->octets.n <= CAPREAD_BLOCK_MAX && f->octets.n <= f->original,
            "a frame holds more than there was");
    for (size_t i = 0; i < f->octets.n; i++)
        s->sum = s->sum * 31 + f->octets.p[i];
    s->sum = s->sum * 31 + f->time_ns + f->link + f->number;
}

static void read_all(int fd, size_t target, struct seen *s)
{
    static uint8_t *buf[2];
    struct capfile c;
    struct capfile_frame f;
    const char *err;
    enum capread_item got;
    unsigned turn = 0;

    for (unsigned i = 0; i < 2 && !buf[i]; i++)
        buf[i] = need(CAPFILE_BUFFER);
    lseek(fd, 0, SEEK_SET);
    require(capfile_open(&c, fd, "x", &err), "no memory");
    capfile_window(&c, buf[turn ^= 1], target);
    while ((got = capfile_next(&c, &f)) != CAPREAD_END) {
        if (got == CAPREAD_DATAGRAM) {
            add(s, &f);
        } else if (got == CAPREAD_MORE) {
            capfile_window(&c, buf[turn ^= 1], target);
        } else {
            memcpy(s->why, c.why, sizeof s->why);
        }
    }
    capfile_close(&c);
}

static void one(const uint8_t *p, size_t n)
{
    static const struct engine_options o = {.jobs = 1, .flows = 1024};
    static const struct engine_sink sink = {0};
    static struct engine *e;
    static struct seen whole, windows; /* large */
    struct engine_counts c;
    int fd = memfd_create("capture", MFD_CLOEXEC);

    require(fd >= 0 && write(fd, p, n) == (ssize_t)n, "no file");
    whole = windows = (struct seen){0};
    read_all(fd, CAPFILE_BUFFER, &whole);
    read_all(fd, 64 + n % 512, &windows);
    require(whole.frames == windows.frames && whole.sum == windows.sum,
            "windows give other frames");
    require(strcmp(whole.why, windows.why) == 0, "windows end with another sentence");
    if (!e)
        e = engine_new(&o, &sink);
    require(e, "no engine");
    lseek(fd, 0, SEEK_SET);
    require((engine_fd(e, fd, "x") != NULL) == (*whole.why != '\0'), "the engine ends otherwise");
    engine_counts(e, &c);
    require(c.c.frames == whole.frames, "the engine sees other frames");
    require(c.c.datagrams + c.c.quoted >= c.unknown + c.unknown_quoted,
            "more are unknown than came");
    close(fd);
}

const struct target capture_file_target = {.name = "capture_file",
                                           .one = one,
                                           .max_len = 8192,
                                           .weight = 1,
                                           .dict = NULL,
                                           .seeds = "capfile"};
