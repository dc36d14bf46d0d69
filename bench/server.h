/* bench/server.h - a program under load: started, timed and ended by its process id. */
#ifndef BENCH_SERVER_H
#define BENCH_SERVER_H
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct server {
    pid_t pid;
    char dir[64];  /* a folder of its own, gone after server_stop */
    char log[96];  /* its output, in that folder */
    char why[192]; /* the last line of the output, once server_stop has run */
};
/* Make the folder; false: it cannot be made. What goes in it: log and the files named here. */
bool server_folder(struct server *s);
/* Run argv[0], found by PATH, with both its outputs in the log; it dies with this program.
 * False: no process. That it cannot be executed is seen as its end, status 127. */
bool server_start(struct server *s, char *const argv[]);
/* Whether it still runs; if not, *status is its exit status, 128 and up: by a signal. */
bool server_runs(struct server *s, int *status);
/* CPU time of all its threads. */
uint64_t server_cpu_ns(const struct server *s);
/* End it, by SIGKILL where SIGTERM does not do within 2 s, and remove the folder. */
void server_stop(struct server *s);
/* A UDP socket bound to a free port of 127.0.0.1, -1: none; `at` gets its address. */
int udp_bound(struct sockaddr_in *at);
#endif
