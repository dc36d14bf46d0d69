/* harness/cli/cli_layers.h - the options of all layers in one record, as the stacks of a party share them. */
#ifndef HARNESS_CLI_CLI_LAYERS_H
#define HARNESS_CLI_CLI_LAYERS_H
#include "harness/core/tls.h"

enum { CLI_LAYERS_FIELDS = 96, CLI_LAYERS_SIZE = 2048 };
struct cli_layers {
    struct desc d;
    struct field fields[CLI_LAYERS_FIELDS];
    struct {
        struct tls_options tls;
        _Alignas(16) uint8_t rest[CLI_LAYERS_SIZE]; /* those of the other layers */
    } rec;
};
/* The table of the options of each layer that there is; the record is all zero but for what TLS is told. */
void cli_layers_init(struct cli_layers *l, const struct tls_options *tls);
#endif
