/* fuzz/engine/list_main.c - the targets for scripts, a line each: name, octets at most, weight,
 * dictionary, codecs of the mutator and folder of seeds, each or '-'. */
#include <stdio.h>
#include "fuzz/engine/target.h"

int main(void)
{
    for (size_t i = 0; i < targets_n; i++)
        printf("%s %zu %u %s %s %s\n", targets[i]->name, targets[i]->max_len, targets[i]->weight,
               targets[i]->dict ? targets[i]->dict : "-",
               targets[i]->codecs ? targets[i]->codecs : "-",
               targets[i]->seeds ? targets[i]->seeds : "-");
    return 0;
}
