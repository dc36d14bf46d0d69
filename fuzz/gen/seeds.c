/* fuzz/gen/seeds.c - files of seeds. */
#include <stdio.h>
#include "fuzz/gen/seeds.h"

bool seeds_args(struct seeds *o, int argc, char **argv)
{
    if (argc != 3 || (strcmp(argv[1], "--write") != 0 && strcmp(argv[1], "--check") != 0)) {
        fprintf(stderr, "usage: %s --write DIR | --check DIR\n", argv[0]);
        return false;
    }
    *o = (struct seeds){.dir = argv[2], .check = strcmp(argv[1], "--check") == 0};
    return true;
}

void seed_keep(struct seeds *o, const char *name, struct span s)
{
    uint8_t was[SEED_MAX + 1];
    char path[4096];

    snprintf(path, sizeof path, "%s/%s", o->dir, name);
    FILE *f = fopen(path, o->check ? "rb" : "wb");
    bool good = f != NULL;
    if (good && o->check)
        good = span_eq(s, (struct span){was, fread(was, 1, sizeof was, f)});
    else if (good)
        good = fwrite(s.p, 1, s.n, f) == s.n;
    if (f && fclose(f) != 0)
        good = false;
    if (!good)
        fprintf(stderr, "seeds: %s %s\n", path,
                o->check ? "is missing or differs" : "cannot be written");
    o->done++;
    o->bad += !good;
}

void program_begin(struct program *g, uint32_t config)
{
    g->w = (struct wr){g->p, sizeof g->p, 0, false};
    wr_u32(&g->w, config);
}

void program_end(struct program *g, const char *name)
{
    if (g->w.full)
        abort();
    seed_keep(g->o, name, wr_span(&g->w));
}

int program_main(int argc, char **argv, void (*const parts[])(struct program *g), size_t n)
{
    static struct program g;
    static struct seeds o;

    if (!seeds_args(&o, argc, argv))
        return 2;
    g.o = &o;
    for (size_t i = 0; i < n; i++)
        parts[i](&g);
    return o.bad ? 1 : 0;
}
