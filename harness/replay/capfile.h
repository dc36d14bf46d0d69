/* harness/replay/capfile.h - the file formats: frames out of pcap, pcapng, snoop and what libpcap reads.
 *
 * Frame by frame (capfile_next alone), or in windows: capfile_window reads a piece of the file into a buffer
 * of the caller's, and capfile_next gives the frames in it, which stay where they are; at CAPREAD_MORE another
 * window is due. So windows can be worked on while the next one is read. */
#ifndef HARNESS_REPLAY_CAPFILE_H
#define HARNESS_REPLAY_CAPFILE_H
#include "harness/replay/caprare.h"
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
enum capfile_kind { CAPFILE_PCAP, CAPFILE_PCAPNG, CAPFILE_SNOOP, CAPFILE_RARE };
struct capfile {
    struct capsource src;
    enum capfile_kind kind;
    bool opened, done, big, nano, own;
    bool windows;  /* capfile_window has been called */
    bool starved;  /* what is wanted needs another window */
    size_t given;  /* frames and comments of this window */
    size_t target; /* octets to read ahead */
    uint8_t *buf;  /* CAPFILE_BUFFER octets */
    size_t n, pos;
    struct caprare *rare;
    struct caprare_frame
        ahead;     /* a frame of libpcap's for which this window has no room; octets.p NULL: none */
    uint64_t base; /* offset in the file of buf[0] */
    uint32_t frames, link;
    struct capfile_interface *interfaces; /* CAPREAD_INTERFACES_MAX */
    size_t n_interfaces;
    uint32_t sections; /* of pcapng, so far */
    /* Gets what a pcapng Decryption Secrets Block holds, and the frame before which it stands; set after
     * capfile_open, NULL: such blocks are passed over. */
    void (*secrets)(void *ctx, uint32_t type, struct span data, uint32_t frame);
    /* Gets each comment of a section, an interface or a frame, that before the frame is given. Set as that; NULL:
     * comments are passed over. */
    void (*comment)(void *ctx, const struct capread_comment *c);
    void *ctx; /* of both */
    const char
        *odd; /* what is odd of a block without a frame, as in a frame: told with the next one */
    uint64_t odd_arg[2];
    const char *name;
    char why[512]; /* the sentence of an error */
};
#define CAPFILE_SECRETS_TLS 0x544c534bu /* type of secrets: a key log of TLS */
/* False: no memory, or the file cannot be opened (`err`). */
bool capfile_open(struct capfile *c, int fd, const char *name, const char **err);
void capfile_close(struct capfile *c); /* the descriptor stays open */
/* Read on into `buf`, CAPFILE_BUFFER octets that stay the caller's, about `target` of them. What is left of
 * the window before moves there; the one before may go once its frames are done with. */
void capfile_window(struct capfile *c, uint8_t *buf, size_t target);
/* CAPREAD_DATAGRAM: a frame is in `f`. CAPREAD_ERROR: c->why, and CAPREAD_END from then on. CAPREAD_MORE: this
 * window has no more whole frames. */
enum capread_item capfile_next(struct capfile *c, struct capfile_frame *f);
/* The frames that stand next in the window and are as they should be, `most` at most: the quick way of capfile_next,
 * which has to be asked for what follows. Returns how many. */
size_t capfile_some(struct capfile *c, struct capfile_frame *f, size_t most);
/* Nanoseconds since 1970 of a pcapng time stamp; what does not fit is the largest number. */
uint64_t capfile_time(uint64_t stamp, uint8_t resolution, int64_t offset);
#endif
