/* codecs/ws/ws_rule.h - the rules by name, and saying that one is broken; inside codecs/ws only. */
#ifndef CODECS_WS_WS_RULE_H
#define CODECS_WS_WS_RULE_H
#include "codecs/ws/ws.h"

enum { /* the order is that of ws_rules */
       /* a frame by itself */
       RULE_RSV1_CONTROL,
       RULE_RSV1_CONTINUATION,
       RULE_RSV2,
       RULE_RSV3,
       RULE_OPCODE_DATA,
       RULE_OPCODE_CONTROL,
       RULE_CONTROL_FIN,
       RULE_CONTROL_LONG,
       RULE_LENGTH_16,
       RULE_LENGTH_64,
       RULE_LENGTH_SIGN,
       RULE_CLOSE_ONE,
       RULE_CLOSE_LOW,
       RULE_CLOSE_HIGH,
       RULE_CLOSE_1004,
       RULE_CLOSE_1005,
       RULE_CLOSE_1006,
       RULE_CLOSE_1015,
       RULE_CLOSE_UNDEFINED,
       RULE_CLOSE_REASON,
       RULE_CLOSE_1010_EMPTY,
       RULE_CLOSE_1010_SERVER,
       RULE_TEXT,
       RULE_TEXT_CUT,
       /* a frame in its place */
       RULE_UNMASKED,
       RULE_MASKED,
       RULE_RSV1,
       RULE_CONTINUES_NONE,
       RULE_NEW_WITHIN,
       RULE_AFTER_CLOSE,
       RULE_TEXT_FRAGMENT,
       RULE_TEXT_END,
       RULE_KEY_SAME,
       RULE_KEY_NEXT,
       /* the handshake of a client */
       RULE_METHOD,
       RULE_HTTP_VERSION,
       RULE_TARGET,
       RULE_HOST,
       RULE_UPGRADE,
       RULE_CONNECTION,
       RULE_KEY,
       RULE_KEY_VALUE,
       RULE_KEY_TWICE,
       RULE_VERSION,
       RULE_VERSION_FORM,
       RULE_VERSION_13,
       RULE_VERSION_TWICE,
       RULE_PROTOCOL,
       RULE_PROTOCOL_SAME,
       RULE_EXTENSION,
       RULE_EXTENSION_QUOTED,
       RULE_ACCEPT_ASKED,
       /* the handshake of a server */
       RULE_STATUS,
       RULE_UPGRADED,
       RULE_UPGRADED_OTHER,
       RULE_CONNECTED,
       RULE_ACCEPT,
       RULE_ACCEPT_VALUE,
       RULE_ACCEPT_TWICE,
       RULE_ANSWER_EXTENSION,
       RULE_ANSWER_EXTENSION_FORM,
       RULE_ANSWER_EXTENSION_TWICE,
       RULE_ANSWER_PROTOCOL,
       RULE_ANSWER_PROTOCOL_FORM,
       RULE_ANSWER_PROTOCOL_TWICE,
       RULE_ANSWER_KEY,
       RULE_ANSWER_VERSION,
       RULE_ANSWER_VERSION_FORM,
       RULES
};

extern const struct rule ws_rules[RULES]; /* of frames and of the handshake */

static inline void ws_broke(struct findings *fs, int rule, size_t off, size_t len, uint64_t arg)
{
    rule_broke(fs, &ws_rules[rule], off, len, arg);
}
#endif
