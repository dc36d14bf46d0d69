/* harness/core/record.c - the run record: objects put together in memory, each written at once. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>
#include "harness/core/record.h"

#define CUT ",\"cut\":true"
enum {
    TAIL = sizeof CUT + 2, /* octets kept free for the end of a line */
    LONG = 1024,           /* a text longer than this one ... */
    SPARE = 16384,         /* ... leaves so much of the line to the keys after it */
};

bool record_open(struct record *r, const char *path)
{
    *r = (struct record){.fd = STDOUT_FILENO};
    if (strcmp(path, "-") == 0)
        return true;
    r->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
    if (r->fd >= 0)
        return true;
    r->failed = true;
    snprintf(r->why, sizeof r->why, "the record cannot be written: %s", strerror(errno));
    return false;
}

void record_close(struct record *r)
{
    if (r->fd > STDERR_FILENO && close(r->fd) != 0 && !r->failed) {
        r->failed = true;
        snprintf(r->why, sizeof r->why, "the record could not be closed: %s", strerror(errno));
    }
    r->fd = -1;
}

/* Write all of `line`, in one call but for a signal, a full pipe or the last octets of a disk. */
static bool write_all(int fd, struct span line)
{
    while (line.n) {
        ssize_t n = write(fd, line.p, line.n);
        if (n >= 0)
            line = span_cut(line, (size_t)n, line.n);
        else if (errno == EAGAIN)
            poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
        else if (errno != EINTR)
            return false;
    }
    return true;
}

/* w->full of a record means that something was cut; each key that still fits is written all the
 * same. This opens a key: the length before it, to go back to with drop(). */
static size_t key_put(struct rec *r, const char *key, bool *cut)
{
    size_t was = r->w.n;
    *cut = r->w.full;
    r->w.full = false;
    wr_json_key(&r->w, key);
    return was;
}

/* Close a key: what did not fit is taken back whole. */
static void key_end(struct rec *r, size_t was, bool cut)
{
    if (r->w.full)
        r->w.n = was;
    r->w.full |= cut;
}

void rec_begin(struct rec *r, const char *type)
{
    r->w = (struct wr){r->buf, sizeof r->buf - TAIL, 0, false};
    wr_text(&r->w, "{\"type\":");
    wr_json_text(&r->w, span_of(type));
}

void rec_str(struct rec *r, const char *key, const char *v)
{
    if (v)
        rec_span(r, key, span_of(v));
}

/* Write `v`, or where it is too long the most of it that fits, whole characters. */
static bool text_put(struct wr *w, struct span v)
{
    size_t was = w->n, fits = 0, over = v.n;

    wr_json_text(w, v);
    if (!w->full)
        return true;
    while (over - fits > 1) { /* an octet takes one to six in JSON: halve */
        size_t half = fits + (over - fits) / 2;
        w->n = was;
        w->full = false;
        wr_json_text(w, span_cut(v, 0, half));
        if (w->full)
            over = half;
        else
            fits = half;
    }
    for (int back = 0; back < 3 && fits && (v.p[fits] & 0xc0) == 0x80; back++)
        fits--;
    w->n = was;
    w->full = false;
    wr_json_text(w, span_cut(v, 0, fits));
    return false;
}

void rec_span(struct rec *r, const char *key, struct span v)
{
    bool cut, whole;
    size_t was = key_put(r, key, &cut), cap = r->w.cap;

    if (r->w.full) {
        key_end(r, was, cut);
        return;
    }
    if (v.n > LONG)
        r->w.cap = r->w.n < cap - SPARE ? cap - SPARE : r->w.n;
    whole = text_put(&r->w, v);
    r->w.cap = cap;
    key_end(r, was, cut || !whole);
}

void rec_uint(struct rec *r, const char *key, uint64_t v)
{
    bool cut;
    size_t was = key_put(r, key, &cut);
    wr_dec(&r->w, v);
    key_end(r, was, cut);
}

void rec_bool(struct rec *r, const char *key, bool v)
{
    bool cut;
    size_t was = key_put(r, key, &cut);
    wr_text(&r->w, v ? "true" : "false");
    key_end(r, was, cut);
}

void rec_json(struct rec *r, const char *key, struct span json)
{
    bool cut;
    size_t was, at;

    if (json.n == 0)
        return;
    was = key_put(r, key, &cut);
    at = r->w.n;
    wr_put(&r->w, json);
    for (; !r->w.full && at < r->w.n; at++) /* white space in JSON, the end of the record here */
        if (r->buf[at] == '\n' || r->buf[at] == '\r')
            r->buf[at] = ' ';
    key_end(r, was, cut);
}

void rec_fields(struct rec *r, const char *key, const struct desc *d, const void *rec)
{
    bool cut;
    size_t was = key_put(r, key, &cut);
    field_json(&r->w, d, rec);
    key_end(r, was, cut);
}

bool rec_end(struct rec *r, struct record *out)
{
    bool cut = r->w.full;

    r->w.full = false;
    r->w.cap = sizeof r->buf;
    if (cut)
        wr_text(&r->w, CUT);
    wr_text(&r->w, "}\n");
    if (out->failed || out->fd < 0)
        return false;
    if (write_all(out->fd, wr_span(&r->w)))
        return true;
    out->failed = true;
    snprintf(out->why, sizeof out->why, "the record is not complete: %s", strerror(errno));
    return false;
}
