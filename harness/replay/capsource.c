/* harness/replay/capsource.c - reading, unpacking (RFC 1952, by zlib) and waiting. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "harness/replay/capsource.h"

struct capsource_gzip {
    z_stream z;
    bool over; /* at the end of a member */
    uint8_t in[CAPSOURCE_PACKED];
};

void capsource_open(struct capsource *s, int fd)
{
    struct stat st;
    *s = (struct capsource){.fd = fd};
    s->regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    s->size = s->regular ? (uint64_t)st.st_size : 0;
}

void capsource_close(struct capsource *s)
{
    if (s->gzip)
        inflateEnd(&s->gzip->z);
    free(s->gzip);
    s->gzip = NULL;
}

bool capsource_unpack(struct capsource *s, struct span first)
{
    struct capsource_gzip *g = calloc(1, sizeof *g);

    if (!g || first.n > sizeof g->in || inflateInit2(&g->z, 15 + 16) != Z_OK) {
        free(g);
        return false;
    }
    if (first.n)
        memcpy(g->in, first.p, first.n);
    g->z.next_in = g->in;
    g->z.avail_in = (uInt)first.n;
    s->gzip = g;
    return true;
}

static ptrdiff_t plain(struct capsource *s, uint8_t *p, size_t n, bool wait)
{
    struct pollfd quiet = {.fd = s->fd, .events = POLLIN};

    if (!s->regular && !wait && poll(&quiet, 1, CAPSOURCE_WAIT_MS) <= 0)
        return 0;
    for (;;) {
        ssize_t got = read(s->fd, p, n);
        if (got > 0) {
            s->taken += (uint64_t)got;
            return got;
        }
        if (got == 0 && wait && s->more && s->more(s->ctx))
            continue;
        if (got == 0)
            return 0;
        if (errno == EINTR && s->more && !s->more(s->ctx))
            return 0;
        if (errno != EINTR) {
            s->why = strerrordesc_np(errno);
            return -1;
        }
    }
}

static ptrdiff_t damaged(struct capsource *s, const char *why)
{
    s->why = why;
    return -1;
}

static ptrdiff_t unpacked(struct capsource *s, uint8_t *p, size_t n, bool wait)
{
    struct capsource_gzip *g = s->gzip;

    g->z.next_out = p;
    g->z.avail_out = (uInt)n;
    while (g->z.avail_out == n) {
        if (g->z.avail_in == 0) {
            ptrdiff_t got = plain(s, g->in, sizeof g->in, wait);
            if (got < 0)
                return got;
            if (got == 0 && (g->over || !wait))
                return 0;
            if (got == 0)
                return damaged(s, "the gzip stream ends before its end");
            g->z.next_in = g->in;
            g->z.avail_in = (uInt)got;
        }
        if (g->over) { /* another member may follow; what is none is passed over, as gzip does */
            if (g->z.next_in[0] != 0x1f)
                return 0;
            inflateReset(&g->z);
            g->over = false;
        }
        int step = inflate(&g->z, Z_NO_FLUSH);
        if (step == Z_STREAM_END)
            g->over = true;
        else if (step != Z_OK && step != Z_BUF_ERROR)
            return damaged(s, "the gzip stream is damaged");
    }
    return (ptrdiff_t)(n - g->z.avail_out);
}

ptrdiff_t capsource_read(struct capsource *s, uint8_t *p, size_t n, bool wait)
{
    if (s->why)
        return -1;
    return s->gzip ? unpacked(s, p, n, wait) : plain(s, p, n, wait);
}
