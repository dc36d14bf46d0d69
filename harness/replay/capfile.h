/* harness/replay/capfile.h - the file formats under capread.h: frames out of pcap and pcapng. */
#ifndef HARNESS_REPLAY_CAPFILE_H
#define HARNESS_REPLAY_CAPFILE_H
#include "harness/replay/capread.h"

#define CAPFILE_NO_LINK UINT32_MAX /* of a frame on an interface that nothing describes */

struct capfile_frame {
    uint32_t number; /* from 1 */
    uint32_t link;   /* LINKTYPE of tcpdump.org */
    uint64_t time_ns;
    struct span octets; /* lives until the next call */
    uint32_t original;  /* octets that were on the wire, at least octets.n */
    const char *odd;    /* what its header has wrong, NULL: nothing; a format for odd_arg */
    uint64_t odd_arg[2];
};
struct capfile_interface {
    uint32_t link, snap; /* snap 0: no limit */
    uint8_t resolution;  /* if_tsresol */
    int64_t offset;      /* if_tsoffset, s */
};
enum { CAPFILE_BUFFER = CAPREAD_BLOCK_MAX + 65536 };
struct capfile {
    int fd;
    bool opened, done, pcapng, big, nano;
    uint8_t *buf; /* CAPFILE_BUFFER octets */
    size_t n, pos;
    uint64_t base; /* offset in the file of buf[0] */
    uint32_t frames, link;
    struct capfile_interface *interfaces; /* CAPREAD_INTERFACES_MAX */
    size_t n_interfaces;
    const char *name;
    char why[512]; /* the sentence of an error */
};
/* False: no memory, or the file cannot be opened (`err`). */
bool capfile_open(struct capfile *c, int fd, const char *name, const char **err);
void capfile_close(struct capfile *c);
/* CAPREAD_DATAGRAM: a frame is in `f`. CAPREAD_ERROR: c->why, and CAPREAD_END from then on. */
enum capread_item capfile_next(struct capfile *c, struct capfile_frame *f);
/* Nanoseconds since 1970 of a pcapng time stamp; what does not fit is the largest number. */
uint64_t capfile_time(uint64_t stamp, uint8_t resolution, int64_t offset);
#endif
