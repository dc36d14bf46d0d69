/* fuzz/targets/capture_file.c - any octets as a capture file: in one window and in small ones, the frames are the same,
 * and the engine gets to the end of it. */
#include <sys/mman.h>
#include <unistd.h>
#include "fuzz/engine/target.h"
#include "harness/replay/engine.h"
#include "harness/replay/capfile.h"

enum { COMMENTS = 4096 }; /* of a window that are looked at: more than fit into what is tried */
struct seen {
    uint64_t frames, sum, comments;
    char why[512];
    struct capread_comment held[COMMENTS]; /* of this window */
    size_t n_held;
    bool over; /* there were more */
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

static void hold(void *ctx, const struct capread_comment *c)
{
    struct seen *s = ctx;

    require(c->frame > s->frames, "a comment comes behind its frame");
    s->over |= s->n_held == COMMENTS;
    if (!s->over)
        s->held[s->n_held++] = *c;
}

/* Comments stay what they are until their window goes. */
static void let_go(struct seen *s)
{
    for (size_t i = 0; i < s->n_held; i++) {
        const struct capread_comment *c = &s->held[i];
        uint64_t sum = (uint64_t)c->of << 32 | (c->section ^ c->interface << 16);
        for (size_t at = 0; at < c->text.n; at++)
            sum = sum * 31 + c->text.p[at];
        s->comments += sum * 31 + c->frame;
    }
    s->n_held = 0;
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
    c.comment = hold;
    c.ctx = s;
    capfile_window(&c, buf[turn ^= 1], target);
    while ((got = capfile_next(&c, &f)) != CAPREAD_END) {
        if (got == CAPREAD_DATAGRAM) {
            add(s, &f);
        } else if (got == CAPREAD_MORE) {
            let_go(s);
            capfile_window(&c, buf[turn ^= 1], target);
        } else {
            memcpy(s->why, c.why, sizeof s->why);
        }
    }
    let_go(s);
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
    memset(&whole, 0, sizeof whole);
    memset(&windows, 0, sizeof windows);
    read_all(fd, CAPFILE_BUFFER, &whole);
    read_all(fd, 64 + n % 512, &windows);
    require(whole.frames == windows.frames && whole.sum == windows.sum,
            "windows give other frames");
    require(whole.over || whole.comments == windows.comments, "windows give other comments");
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
