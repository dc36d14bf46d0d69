/* harness/core/capture.h - what a driver tells the capture writer (harness/drivers/pcapng.c).
 *
 * A driver sees datagrams and octets of streams, never frames: the writer makes IP, UDP and TCP
 * headers for them (the section header says that they are made) and numbers the frames from 1. */
#ifndef HARNESS_CORE_CAPTURE_H
#define HARNESS_CORE_CAPTURE_H
#include "codecs/base/field.h"

struct capture;
/* Start a pcapng file at `path`. `clock_us` is the wall clock at time 0 of the run (0 in sim).
 * NULL: `err` says why in one sentence. */
struct capture *capture_open(const char *path, const char *interface, uint64_t clock_us,
                             const char **err);
/* One datagram; returns its frame number, 0 where writing has failed. */
uint32_t capture_datagram(struct capture *c, uint64_t now_us, const struct addr *from,
                          const struct addr *to, struct span data);
enum capture_flag { CAPTURE_SYN = 2, CAPTURE_FIN = 1, CAPTURE_RST = 4 };
/* Octets of a stream (or, without data, its start and end); the writer keeps the sequence numbers
 * of each connection, cuts what is larger than a segment, and returns the last frame's number. */
uint32_t capture_stream(struct capture *c, uint64_t now_us, const struct addr *from,
                        const struct addr *to, unsigned flags, struct span data);
/* An ICMP or ICMPv6 error about a datagram. */
uint32_t capture_icmp(struct capture *c, uint64_t now_us, const struct addr *from,
                      const struct addr *to, uint16_t type_code, const struct addr *lost_from,
                      const struct addr *lost_to, struct span lost);
/* Lines of a TLS key log, each with its line feed: a Decryption Secrets Block that stands before the
 * frames that the last call made, so that a reader has the keys when it comes to them. */
void capture_secrets(struct capture *c, struct span lines);
/* A comment on the frames written so far: a check of the case with its verdict. Written as a custom
 * packet comment on the last frame where it is still in the buffer, else as a statistics comment. */
void capture_comment(struct capture *c, const char *text);
/* Flush and close; false: something could not be written (a full disk), said once in `err`. */
bool capture_close(struct capture *c, const char **err);
#endif
