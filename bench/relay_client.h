/* bench/relay_client.h - what a client of TURN asks for before it measures: an allocation and a channel, without
 * credentials. */
#ifndef BENCH_RELAY_CLIENT_H
#define BENCH_RELAY_CLIENT_H
#include <netinet/in.h>
#include "codecs/stun/stun.h"

enum { RELAY_CHANNEL = 0x4001, RELAY_HEAD = 4, RELAY_RETRY_MS = 100 };
struct sockaddr_in relay_sockaddr(const struct addr *a);
/* Allocate on a socket that is connected to the server and has a receive timeout; false: no success response came. */
bool relay_allocate(int fd, struct addr *relayed);
/* Bind RELAY_CHANNEL to the peer. */
bool relay_bind(int fd, const struct sockaddr_in *peer);
bool relay_refresh(int fd);
/* A socket at an address and a port of its own in 127.0.0.0/8, connected to the server, with that timeout; -1: none. */
int relay_client_at(unsigned i, const struct sockaddr_in *to);
/* Resident pages of a process, KiB; 0: it is not known. */
uint64_t relay_resident_kib(pid_t pid);
#endif
