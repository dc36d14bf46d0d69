/* harness/replay/capread.c - files and layers joined into a stream of datagrams and problems. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#include "harness/replay/layers.h"

struct capread {
    struct capfile file;
    struct layers layers;
    struct capfile_frame frame;
    size_t told; /* of layers.problems */
    int fd;
    bool own_fd, error_due, over;
};

struct capread *capread_open_fd(int fd, const char *name, const char **err)
{
    struct capread *r = calloc(1, sizeof *r);

    *err = strerrordesc_np(ENOMEM);
    if (!r)
        return NULL;
    r->layers.frags = frags_new();
    if (r->layers.frags && capfile_open(&r->file, fd, name, err))
        return r;
    frags_free(r->layers.frags);
    free(r);
    return NULL;
}

struct capread *capread_open(const char *path, const char **err)
{
    bool standard = strcmp(path, "-") == 0;
    int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        *err = strerrordesc_np(errno);
        return NULL;
    }
    struct capread *r = capread_open_fd(fd, standard ? "standard input" : path, err);
    if (r) {
        r->fd = fd;
        r->own_fd = !standard;
    } else if (!standard)
        close(fd);
    return r;
}

void capread_close(struct capread *r)
{
    if (!r)
        return;
    if (r->own_fd)
        close(r->fd);
    capfile_close(&r->file);
    frags_free(r->layers.frags);
    free(r);
}

const struct capread_counts *capread_counts(const struct capread *r)
{
    return &r->layers.counts;
}

/* What is still unfinished at the end of the file. */
static bool unfinished(struct capread *r, struct capread_event *ev)
{
    uint32_t frame = frags_left(r->layers.frags);

    if (!frame)
        return false;
    r->layers.counts.abandoned++;
    r->layers.counts.problems++;
    ev->problem = (struct capread_problem){
        frame, 0, "the datagram whose fragments begin in frame %u never came whole", {frame, 0}};
    return true;
}

enum capread_item capread_next(struct capread *r, struct capread_event *ev)
{
    struct layers *l = &r->layers;

    while (!r->over) {
        if (r->told < l->n_problems) {
            ev->problem = l->problems[r->told++];
            return CAPREAD_PROBLEM;
        }
        if (l->found) {
            l->found = false;
            ev->datagram = l->datagram;
            return CAPREAD_DATAGRAM;
        }
        enum capread_item got = capfile_next(&r->file, &r->frame);
        if (got == CAPREAD_DATAGRAM) {
            layers_frame(l, &r->frame);
            r->told = 0;
            continue;
        }
        r->over = true;
        r->error_due = got == CAPREAD_ERROR;
    }
    if (unfinished(r, ev))
        return CAPREAD_PROBLEM;
    if (!r->error_due)
        return CAPREAD_END;
    r->error_due = false;
    ev->error = r->file.why;
    return CAPREAD_ERROR;
}
