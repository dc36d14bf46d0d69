/* harness/drivers/sim_zone.c - the names of the simulated network. */
#include <stdlib.h>
#include <strings.h>
#include "harness/drivers/sim_zone.h"

struct zone {
    struct zone *next;
    uint16_t rr_type;
    struct addr addr;
    struct srv srv; /* target stands behind the name */
    char name[];
};

bool zone_add(struct zone **z, const char *name, const struct addr *a, const struct srv *v)
{
    size_t n = strlen(name) + 1, target = v ? strlen(v->target) + 1 : 0;
    struct zone *r = calloc(1, sizeof *r + n + target);

    if (!r)
        return false;
    memcpy(r->name, name, n);
    if (a) {
        r->rr_type = a->family == 6 ? RR_AAAA : RR_A;
        r->addr = *a;
    } else if (v) {
        r->rr_type = RR_SRV;
        r->srv = *v;
        memcpy(r->name + n, v->target, target);
        r->srv.target = r->name + n;
    }
    while (*z)
        z = &(*z)->next;
    *z = r;
    return true;
}

static bool answers(const struct zone *z, const char *name, uint16_t rr_type)
{
    bool type = z->rr_type == rr_type || (rr_type == RR_ANY_ADDR && z->rr_type != RR_SRV);
    return type && name && strcasecmp(z->name, name) == 0;
}

bool zone_answer(const struct zone *z, const char *name, uint16_t rr_type, struct input *in,
                 uint8_t **mem)
{
    size_t n = 0, i = 0;

    *mem = NULL;
    in->why = CLOSE_DONE;
    if (rr_type != RR_ANY_ADDR && rr_type != RR_A && rr_type != RR_AAAA && rr_type != RR_SRV) {
        in->why = CLOSE_RESOLVE;
        return true;
    }
    for (const struct zone *r = z; r; r = r->next)
        n += answers(r, name, rr_type);
    if (n == 0)
        return true;
    if (rr_type == RR_SRV) {
        struct srv *v = malloc(n * sizeof *v);
        for (const struct zone *r = z; v && r; r = r->next)
            if (answers(r, name, rr_type))
                v[i++] = r->srv; /* its target lives as long as the zone: the simulator */
        in->srv = v;
        in->n_srv = i;
        *mem = (uint8_t *)v;
    } else {
        struct addr *v = malloc(n * sizeof *v);
        for (const struct zone *r = z; v && r; r = r->next)
            if (answers(r, name, rr_type))
                v[i++] = r->addr;
        in->found = v;
        in->n_found = i;
        *mem = (uint8_t *)v;
    }
    return *mem != NULL;
}

void zone_free(struct zone *z)
{
    for (struct zone *next; z; z = next) {
        next = z->next;
        free(z);
    }
}
