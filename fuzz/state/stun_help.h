/* fuzz/state/stun_help.h - what the stateful targets of STUN share: user, challenge, seal, clean messages. */
#ifndef FUZZ_STATE_STUN_HELP_H
#define FUZZ_STATE_STUN_HELP_H
#include "fuzz/state/steps.h"
#include "harness/endpoints/stun/stun_server.h"

#define STUN_HELP_USER "alice"
#define STUN_HELP_PASSWORD "alice-secret"

struct stun_told { /* what a challenge said last */
    size_t realm_n, nonce_n, algorithms_n;
    uint8_t realm[1024], nonce[1024], algorithms[256];
};

/* Note REALM, NONCE and PASSWORD-ALGORITHMS of a challenge. */
void stun_take_told(struct stun_told *t, const struct stun_msg *m);
/* The message with user, realm and nonce as told wherever it has such attributes, in `room` of 65536 octets;
 * as it is where it does not decode. */
struct span stun_put_told(const struct stun_told *t, struct span msg, uint8_t *room);
/* The message with integrity and fingerprint good under the user's key, in `room` of 65536 octets. */
struct span stun_put_seal(const struct stun_told *t, enum stun_auth auth, struct span msg,
                          uint8_t *room);
/* The user's key as that message would be checked with. */
void stun_user_key(const struct stun_told *t, enum stun_auth auth, const struct stun_msg *m,
                   struct stun_key *k);
/* A lawful Binding request of the user's. */
struct span stun_request(const struct stun_told *t, enum stun_auth auth, uint8_t *room, size_t cap);
/* Whether `octets` are one message without a finding of MUST or STMT, which is decoded into `m`; those whose
 * clause begins with one of `but` (NULL-terminated, may be NULL) do not count. The first that does is said on
 * standard error. */
bool stun_clean(struct span octets, struct stun_msg *m, struct stun_attr *attrs, size_t cap,
                const char *const *but);
/* A draft of what a payload holds, in memory of the helper until the next call; an empty request where it holds
 * no message. NULL: it is too large. */
struct draft *stun_draft_of(struct span payload);
/* Arguments of the verb `reply` of a manual server from a step. */
bool stun_args_reply(struct stun_reply_args *a, const struct prog_step *s);
#endif
