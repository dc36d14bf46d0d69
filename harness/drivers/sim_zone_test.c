/* harness/drivers/sim_zone_test.c - names of the simulated network: what is asked for is answered. */
#include <stdlib.h>
#include "harness/core/test.h"
#include "harness/drivers/sim_zone.h"

static struct zone *example(void)
{
    struct zone *z = NULL;
    struct addr a = {.family = 4, .ip = {192, 0, 2, 1}}, b = {.family = 6, .ip = {0x20, 1}},
                c = {.family = 4, .ip = {192, 0, 2, 2}};
    char target[] = "a.example.test";

    CU_ASSERT_TRUE(zone_add(&z, "example.test", &a, NULL));
    CU_ASSERT_TRUE(zone_add(&z, "example.test", &b, NULL));
    CU_ASSERT_TRUE(zone_add(&z, "other.test", &a, NULL));
    CU_ASSERT_TRUE(zone_add(&z, "Example.TEST", &c, NULL));
    CU_ASSERT_TRUE(zone_add(&z, "_stun._udp.example.test", NULL, &(struct srv){2, 3, 4, target}));
    CU_ASSERT_TRUE(zone_add(&z, "_stun._udp.example.test", NULL, &(struct srv){1, 0, 5, "b.test"}));
    target[0] = 'x'; /* it was copied */
    return z;
}

static size_t found(const struct zone *z, const char *name, uint16_t rr_type, const char *last)
{
    struct input in = {.kind = IN_RESOLVED};
    uint8_t *mem, text[64];
    struct wr w = {text, sizeof text, 0, false};

    CU_ASSERT_TRUE(zone_answer(z, name, rr_type, &in, &mem));
    CU_ASSERT_EQUAL(in.why, CLOSE_DONE);
    CU_ASSERT_EQUAL(in.n_srv, 0);
    if (in.n_found && last) {
        addr_text(&w, &in.found[in.n_found - 1]);
        CHECK_TEXT(wr_span(&w), last);
    }
    free(mem);
    return in.n_found;
}

static void addresses(void)
{
    struct zone *z = example();

    CU_ASSERT_EQUAL(found(z, "example.test", RR_ANY_ADDR, "192.0.2.2:0"), 3);
    CU_ASSERT_EQUAL(found(z, "EXAMPLE.test", RR_A, "192.0.2.2:0"), 2);
    CU_ASSERT_EQUAL(found(z, "example.test", RR_AAAA, "[2001::]:0"), 1);
    CU_ASSERT_EQUAL(found(z, "other.test", RR_AAAA, NULL), 0);
    CU_ASSERT_EQUAL(found(z, "example.tes", RR_ANY_ADDR, NULL), 0);
    CU_ASSERT_EQUAL(found(z, "_stun._udp.example.test", RR_ANY_ADDR, NULL), 0);
    CU_ASSERT_EQUAL(found(NULL, "example.test", RR_ANY_ADDR, NULL), 0);
    CU_ASSERT_EQUAL(found(z, NULL, RR_ANY_ADDR, NULL), 0);
    zone_free(z);
}

static void services(void)
{
    struct zone *z = example();
    struct input in = {.kind = IN_RESOLVED};
    uint8_t *mem;

    CU_ASSERT_TRUE(zone_answer(z, "_STUN._udp.example.test", RR_SRV, &in, &mem));
    CU_ASSERT_EQUAL_FATAL(in.n_srv, 2);
    CU_ASSERT_EQUAL(in.n_found, 0);
    CU_ASSERT_STRING_EQUAL(in.srv[0].target, "a.example.test");
    CU_ASSERT_TRUE(in.srv[0].priority == 2 && in.srv[0].weight == 3 && in.srv[0].port == 4);
    CU_ASSERT_STRING_EQUAL(in.srv[1].target, "b.test");
    free(mem);
    in = (struct input){.kind = IN_RESOLVED};
    CU_ASSERT_TRUE(zone_answer(z, "example.test", RR_SRV, &in, &mem));
    CU_ASSERT_TRUE(in.n_srv == 0 && in.why == CLOSE_DONE && !mem);
    CU_ASSERT_TRUE(zone_answer(z, "example.test", 35, &in, &mem)); /* NAPTR: not held */
    CU_ASSERT_TRUE(in.n_srv == 0 && in.why == CLOSE_RESOLVE && !mem);
    zone_free(z);
}

TESTS({"addresses", addresses}, {"services", services})
