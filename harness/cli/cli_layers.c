/* harness/cli/cli_layers.c - the options of all layers in one record. */
#include "harness/cli/cli_layers.h"
#include "harness/core/registry.h"

void cli_layers_init(struct cli_layers *l, const struct tls_options *tls)
{
    memset(l, 0, sizeof *l);
    l->rec.tls = *tls;
    l->d.name = "layer-options";
    desc_join(&l->d, l->fields, CLI_LAYERS_FIELDS, &tls_options_desc, 0);
    for (size_t i = 0; i < registry_n; i++)
        for (size_t c = 0; registry[i].classes && registry[i].classes[c]; c++) {
            const struct endpoint_class *cls = registry[i].classes[c];
            size_t off = (l->d.size + 15) & ~(size_t)15;
            if (cls->layer && cls->config && cls->config != &tls_options_desc &&
                off + cls->config->size <= sizeof l->rec)
                desc_join(&l->d, l->fields, CLI_LAYERS_FIELDS, cls->config, off);
        }
}
