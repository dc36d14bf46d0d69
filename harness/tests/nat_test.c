/* harness/tests/nat_test.c - the nine kinds of NAT in the simulated network, as stun.discovery finds them, and what else
 * stands between hosts there: nested NATs, hairpins, lifetimes, cuts, links. */
#include "harness/tests/nat_rig.h"

static void nine_kinds(void)
{
    static const uint8_t types[3][3] = {
        {STUN_NAT_FULL_CONE, STUN_NAT_RESTRICTED, STUN_NAT_PORT_RESTRICTED},
        {STUN_NAT_FULL_CONE, STUN_NAT_SYMMETRIC, STUN_NAT_SYMMETRIC},
        {STUN_NAT_FULL_CONE, STUN_NAT_SYMMETRIC, STUN_NAT_SYMMETRIC},
    };
    for (uint8_t classic = 0; classic < 2; classic++)
        for (uint8_t mapping = 0; mapping < 3; mapping++)
            for (uint8_t filtering = 0; filtering < 3; filtering++) {
                struct nat_spec spec = {.mapping = mapping, .filtering = filtering};
                begin(false);
                sim_behind(net.client, sim_site_new(net.d, &spec, NULL));
                const struct stun_found *f = discover(0, classic);
                CU_ASSERT_EQUAL(f->kind, 0);
                CU_ASSERT_EQUAL(f->nat, STUN_KNOWN_YES);
                CU_ASSERT_EQUAL(f->mapping, 1 + mapping);
                CU_ASSERT_EQUAL(f->filtering, 1 + filtering);
                CU_ASSERT_EQUAL(f->type, types[mapping][filtering]);
                CU_ASSERT_EQUAL(f->mapped.ip[0], 203);
                end();
            }
}

static void without(void)
{
    begin(false);
    const struct stun_found *f = discover(0, false);
    CU_ASSERT_EQUAL(f->nat, STUN_KNOWN_NO);
    CU_ASSERT_EQUAL(f->type, STUN_NAT_OPEN);
    CU_ASSERT_EQUAL(f->mapping, 1 + NAT_ENDPOINT_INDEPENDENT);
    end();
    begin(true); /* the server has one address */
    sim_behind(net.client, sim_site_new(net.d, &(struct nat_spec){.mapping = 0}, NULL));
    f = discover(0, false);
    CU_ASSERT_EQUAL(f->nat, STUN_KNOWN_YES);
    CU_ASSERT_TRUE(!f->mapping && !f->filtering && f->type == STUN_NAT_UNKNOWN && f->why != NULL);
    end();
    begin(false); /* nothing passes */
    struct sim_site *site = sim_site_new(net.d, &(struct nat_spec){.mapping = 0}, NULL);
    sim_behind(net.client, site);
    sim_site_cut(site, true);
    f = discover(0, false);
    CU_ASSERT_EQUAL(f->type, STUN_NAT_BLOCKED);
    sim_site_cut(site, false);
    CU_ASSERT_EQUAL(discover(0, false)->kind, 0);
    end();
}

static void hairpins(void)
{
    for (uint8_t how = 0; how < 3; how++)
        for (uint8_t filtering = 0; filtering < 3; filtering++) {
            struct nat_spec spec = {.hairpin = how, .filtering = filtering};
            begin(false);
            sim_behind(net.client, sim_site_new(net.d, &spec, NULL));
            CU_ASSERT_EQUAL(discover(0, false)->hairpin, 1 + how);
            end();
        }
}

static void ports(void)
{
    begin(false);
    sim_behind(net.client,
               sim_site_new(net.d, &(struct nat_spec){.ports = NAT_PORTS_PRESERVED}, NULL));
    CU_ASSERT_EQUAL(discover(0, false)->preserved, STUN_KNOWN_YES);
    end();
    begin(false);
    sim_behind(net.client, sim_site_new(net.d, &(struct nat_spec){.ports = NAT_PORTS_ANY}, NULL));
    CU_ASSERT_EQUAL(discover(0, false)->preserved, STUN_KNOWN_NO);
    end();
}

/* To 5 s: what stood is below, what was over is above. */
static void lifetimes(void)
{
    static const unsigned v[] = {20, 65, 120, 300};
    for (size_t i = 0; i < COUNT(v); i++) {
        struct nat_spec spec = {.filtering = 2, .timeout_us = (uint64_t)v[i] * SECOND};
        begin(false);
        sim_behind(net.client, sim_site_new(net.d, &spec, NULL));
        const struct stun_found *f = discover(600, false);
        CU_ASSERT_TRUE(f->lifetime_us <= spec.timeout_us);
        CU_ASSERT_TRUE(f->lifetime_below_us >= spec.timeout_us);
        CU_ASSERT_TRUE(f->lifetime_below_us - f->lifetime_us <= 5 * SECOND);
        end();
    }
    struct nat_spec spec = {.timeout_us = 300ull * SECOND};
    begin(false);
    sim_behind(net.client, sim_site_new(net.d, &spec, NULL));
    const struct stun_found *f = discover(60, false); /* not looked at further than asked */
    CU_ASSERT_EQUAL(f->lifetime_us, 60ull * SECOND);
    CU_ASSERT_EQUAL(f->lifetime_below_us, 0);
    end();
}

/* The stricter of two NATs is what is found. */
static void nested(void)
{
    struct nat_spec outer = {.mapping = 1, .filtering = 0}, inner = {.mapping = 0, .filtering = 2};

    inner.outside[0] = at("100.64.0.1:0");
    begin(false);
    struct sim_site *isp = sim_site_new(net.d, &outer, NULL);
    struct sim_site *lan = sim_site_new(net.d, NULL, sim_site_new(net.d, &inner, isp));
    sim_behind(net.client, lan);
    const struct stun_found *f = discover(0, false);
    CU_ASSERT_EQUAL(f->mapping, 1 + NAT_ADDRESS_DEPENDENT);
    CU_ASSERT_EQUAL(f->filtering, 1 + NAT_ADDRESS_AND_PORT_DEPENDENT);
    CU_ASSERT_EQUAL(f->mapped.ip[0], 203);
    end();
}

static void links(void)
{
    begin(false);
    struct sim_site *site = sim_site_new(net.d, NULL, NULL);
    sim_behind(net.client, site);
    sim_site_link(site, true)->delay_us = 30000;
    sim_site_link(site, false)->delay_us = 50000;
    const struct stun_found *f = discover(0, false);
    CU_ASSERT_EQUAL(f->type, STUN_NAT_OPEN); /* a router alone */
    sim_site_link(site, true)->loss_ppm = 1000000;
    f = discover(0, false);
    CU_ASSERT_EQUAL(f->type, STUN_NAT_BLOCKED);
    end();
    begin(false);
    for (size_t i = 0; i < SIM_SITES; i++)
        CU_ASSERT_PTR_NOT_NULL_FATAL(sim_site_new(net.d, NULL, NULL));
    CU_ASSERT_PTR_NULL(sim_site_new(net.d, NULL, NULL));
    end();
}

TESTS({"nine-kinds", nine_kinds}, {"without", without}, {"hairpins", hairpins}, {"ports", ports},
      {"lifetimes", lifetimes}, {"nested", nested}, {"links", links})
