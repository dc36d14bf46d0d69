/* harness/cli/progress.c - drawing and clearing the line. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "harness/cli/progress.h"
#include "harness/core/clock.h"

static const char clear_line[] = "\r\033[K";

static bool same_terminal(void)
{
    struct stat out, err;
    return isatty(STDOUT_FILENO) && fstat(STDOUT_FILENO, &out) == 0 &&
           fstat(STDERR_FILENO, &err) == 0 && out.st_rdev == err.st_rdev;
}

void progress_init(struct progress *p, bool asked)
{
    *p = (struct progress){.lock = PTHREAD_MUTEX_INITIALIZER};
    if (!isatty(STDERR_FILENO))
        return;
    p->shared = same_terminal();
    p->on = asked || !p->shared;
}

void progress_begin(struct progress *p)
{
    if (p->on)
        p->begun_us = p->drawn_us = monotonic_us();
}

void progress_line(struct wr *w, uint64_t octets, uint64_t total, uint64_t frames, uint64_t us)
{
    char text[PROGRESS_LINE];

    if (total && octets <= total) {
        wr_dec(w, (uint64_t)(100.0 * (double)octets / (double)total));
        wr_text(w, " %, ");
    }
    snprintf(text, sizeof text, "%.1f MB/s, %llu frames", us ? (double)octets / (double)us : 0.0,
             (unsigned long long)frames);
    wr_text(w, text);
}

void progress_at(struct progress *p, uint64_t octets, uint64_t total, uint64_t frames)
{
    uint8_t text[sizeof clear_line + PROGRESS_LINE];
    struct wr w = {text, sizeof text, 0, false};

    if (!p->on)
        return;
    uint64_t now = monotonic_us();
    pthread_mutex_lock(&p->lock);
    if (now - p->drawn_us >= PROGRESS_MS * 1000u) {
        wr_text(&w, clear_line);
        progress_line(&w, octets, total, frames, now - p->begun_us);
        fwrite(text, 1, w.n, stderr);
        fflush(stderr);
        p->drawn_us = now;
        p->shown = true;
    }
    pthread_mutex_unlock(&p->lock);
}

void progress_hold(struct progress *p)
{
    if (!p->on)
        return;
    pthread_mutex_lock(&p->lock);
    if (p->shown)
        fputs(clear_line, stderr);
    p->shown = false;
}

void progress_release(struct progress *p)
{
    if (p->on)
        pthread_mutex_unlock(&p->lock);
}

void progress_end(struct progress *p)
{
    progress_hold(p);
    progress_release(p);
}
