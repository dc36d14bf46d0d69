/* harness/script/relay_script.h - a relay's rulings from a function in Lua, in the sandbox of cases.
 *
 * The file defines `function message(m)`, called for each datagram, and for each piece of a stream
 * as it was read. m has `way` ("up", "down"), `stream`, `time_us`, `number` (of its direction, from
 * 1), `client` (from 1), `data`, and `m:decode()`: the fields of the message by the codec that is
 * surest of it, with `protocol`, or nil. It returns nothing (the specification decides), "drop",
 * "reset" (streams), or a table of `drop`, `reset`, `twice`, `delay_us`, `data`. */
#ifndef HARNESS_SCRIPT_RELAY_SCRIPT_H
#define HARNESS_SCRIPT_RELAY_SCRIPT_H
#include "harness/endpoints/relay/relay.h"

enum {
    RELAY_SCRIPT_MEMORY = 32 << 20,      /* octets of its Lua state */
    RELAY_SCRIPT_INSTRUCTIONS = 1000000, /* for each message */
};
struct relay_script;
/* NULL: `err` says in one sentence why, with file and line. */
struct relay_script *relay_script_open(const char *path, uint64_t seed, char err[512]);
/* Lives as long as the script. */
const struct relay_hook *relay_script_hook(const struct relay_script *s);
/* The first error that a call ended with, NULL: none. The function is not called again: the relay is
 * to be ended. */
const char *relay_script_error(const struct relay_script *s);
void relay_script_close(struct relay_script *s);
#endif
