/* harness/endpoints/turn/turn_server_dev.c - how the server can break the standard, and how it can
 * differ and keep to it. */
#include "harness/endpoints/turn/turn_server.h"

const struct deviation turn_server_faults[TURN_SERVER_FAULTS] = {
    {"relayed-missing", "RFC8656:7.2#a28", "success/allocate", DEV_DROP,
     "attributes/XOR-RELAYED-ADDRESS", NULL, NULL},
};
const struct deviation turn_server_variants[TURN_SERVER_VARIANTS] = {
    {"maximum-is-default", "RFC8656:7.2#a27", "flag", DEV_FLAG, NULL, NULL, NULL},
};
