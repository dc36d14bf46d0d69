/* harness/cli/select.h - which messages of a capture are shown, and which of their fields.
 *
 * A name is `frame`, `file`, `time`, `src`, `dst`, `layers`, `proto`, `bytes`, `findings`, or a protocol and a
 * path of field names, `rtp.sequence`, `stun.attributes.type`: those that `decode --json` shows. A path that leads
 * through a list gives the values of all its items.
 *
 *     rtp and rtp.payload_type == 0 and not src == 10.0.0.1
 *     findings or (stun.method == binding and bytes > 100)
 *
 * A bare name holds where there is such a value (a number or flag: one that is not 0), or where the message is of
 * that protocol. A comparison holds
 * where one of the values does. Numbers compare as numbers, all else as text; an address without a port is
 * equal to one with any. */
#ifndef HARNESS_CLI_SELECT_H
#define HARNESS_CLI_SELECT_H
#include "harness/replay/engine.h"

enum {
    SELECT_TERMS = 64,  /* names, comparisons, and, or, not in one filter */
    SELECT_DEPTH = 32,  /* parentheses and nots inside one another */
    SELECT_FIELDS = 64, /* names after --fields */
};
struct select;

/* Read a filter. NULL: `why` says what is wrong and at which character. `text` has to live as long. */
struct select *select_new(const char *text, char why[256]);
void select_free(struct select *s);
/* Several threads may ask at once. */
bool select_holds(const struct select *s, const struct engine_message *m);

/* Write the values of a name, commas between several; nothing where there is none. */
void select_value(struct wr *w, const struct engine_message *m, struct span name);
/* Whether a name can be one: of a message, or of a protocol that is known. Its fields are not looked at, since
 * some depend on the message. */
bool select_name(struct span name);
#endif
