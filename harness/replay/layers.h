/* harness/replay/layers.h - from a frame down to the datagram or segment in it: every way there is, with
 * fragments, tunnels, and words for what is wrong. packet.h has the short way for what is in order. */
#ifndef HARNESS_REPLAY_LAYERS_H
#define HARNESS_REPLAY_LAYERS_H
#include "harness/replay/capfile.h"
#include "harness/replay/frags.h"

struct layers { /* what one frame gives, and the state over frames */
    struct frags *frags;
    struct capread_counts counts;
    struct capread_problem problems[CAPREAD_PROBLEMS_MAX];
    size_t n_problems;
    bool found; /* `datagram` is set */
    bool
        segment; /* or it is a TCP segment: `datagram` says whence, whither and what its data are */
    struct span tcp;    /* then its header */
    uint32_t told_link; /* 1 + a link type that is not read and was told of */
    struct capread_datagram datagram;
    char path[CAPREAD_LAYERS_MAX];
    /* of the frame being read */
    const struct capfile_frame *frame;
    struct wr names;    /* over path */
    unsigned nested;    /* IP headers so far */
    bool quoted, whole; /* whole: in a reassembled datagram, offsets in the frame mean nothing */
    struct frags_whole from;
};
/* Read one frame; its datagram and problems are in `l` until the next call. */
void layers_frame(struct layers *l, const struct capfile_frame *f);
/* Add a problem of the current frame, `off` octets into it. */
void layers_problem(struct layers *l, size_t off, const char *what, uint64_t a, uint64_t b);

/* ---- between layers.c (link) and layers_ip.c ---- */

/* Add a name to the path. */
void layers_name(struct layers *l, const char *name);
/* Where a piece of the frame stands in it; 0 in a reassembled datagram. */
size_t layers_off(const struct layers *l, struct span s);
/* Read what GRE (RFC 2784, RFC 2890, RFC 2637) carries. */
void layers_gre(struct layers *l, struct span s);
/* Read an IPv4 or IPv6 packet, told apart by its version. */
void layers_ip(struct layers *l, struct span s);
#endif
