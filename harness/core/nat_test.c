/* harness/core/nat_test.c - mappings, filters, ports and timers of a NAT. */
#include "harness/core/nat.h"
#include "harness/core/test.h"

enum { SECOND = 1000000 };

static struct addr ip(uint8_t a, uint8_t b, uint16_t port)
{
    return (struct addr){.family = 4, .ip = {a, 0, 0, b}, .port = port};
}

static struct nat *made(struct nat_spec spec)
{
    spec.outside[0] = ip(203, 1, 0);
    struct nat *n = nat_new(&spec, 1);
    CU_ASSERT_FATAL(n != NULL);
    return n;
}

static struct addr out(struct nat *n, struct addr inside, struct addr to, uint64_t now)
{
    struct addr got = {0};
    CU_ASSERT_TRUE(nat_out(n, true, &inside, &to, now, &got));
    return got;
}

static bool in(struct nat *n, struct addr outside, struct addr from, uint64_t now)
{
    struct addr inside;
    return nat_in(n, true, &outside, &from, now, &inside);
}

/* To one server, to another port of it, to another server: which have the same external endpoint. */
static void mappings(void)
{
    static const bool same[3][2] = {{true, true}, {true, false}, {false, false}};
    for (uint8_t by = 0; by < 3; by++) {
        struct nat *n = made((struct nat_spec){.mapping = by});
        struct addr host = ip(10, 2, 5000), first = out(n, host, ip(192, 1, 80), 0);
        struct addr port = out(n, host, ip(192, 1, 81), 0), other = out(n, host, ip(192, 2, 80), 0);
        CU_ASSERT_EQUAL(addr_eq(&first, &port), same[by][0]);
        CU_ASSERT_EQUAL(addr_eq(&first, &other), same[by][1]);
        struct addr again = out(n, host, ip(192, 1, 80), SECOND);
        CU_ASSERT_TRUE(addr_eq(&first, &again));
        struct addr second = out(n, ip(10, 3, 5000), ip(192, 1, 80), 0);
        CU_ASSERT_FALSE(addr_eq(&first, &second));
        nat_free(n);
    }
}

/* From where it was sent to, from another port there, from elsewhere: what passes. */
static void filters(void)
{
    static const bool passes[3][3] = {
        {true, true, true}, {true, true, false}, {true, false, false}};
    for (uint8_t by = 0; by < 3; by++) {
        struct nat *n = made((struct nat_spec){.filtering = by});
        struct addr at = out(n, ip(10, 2, 5000), ip(192, 1, 80), 0);
        CU_ASSERT_EQUAL(in(n, at, ip(192, 1, 80), 1), passes[by][0]);
        CU_ASSERT_EQUAL(in(n, at, ip(192, 1, 81), 1), passes[by][1]);
        CU_ASSERT_EQUAL(in(n, at, ip(192, 2, 80), 1), passes[by][2]);
        at.port ^= 1;
        CU_ASSERT_FALSE(in(n, at, ip(192, 1, 80), 1)); /* nobody's */
        nat_free(n);
    }
}

static void ports(void)
{
    struct nat *n = made((struct nat_spec){.ports = NAT_PORTS_PRESERVED});
    CU_ASSERT_EQUAL(out(n, ip(10, 2, 5000), ip(192, 1, 80), 0).port, 5000);
    CU_ASSERT_NOT_EQUAL(out(n, ip(10, 3, 5000), ip(192, 1, 80), 0).port, 5000);
    nat_free(n);
    n = made((struct nat_spec){.ports = NAT_PORTS_OVERLOADED});
    CU_ASSERT_EQUAL(out(n, ip(10, 2, 5000), ip(192, 1, 80), 0).port, 5000);
    CU_ASSERT_EQUAL(out(n, ip(10, 3, 5000), ip(192, 1, 80), 0).port, 5000);
    nat_free(n);
    n = made((struct nat_spec){.parity = true});
    for (uint16_t port = 5000; port < 5040; port++)
        CU_ASSERT_EQUAL(out(n, ip(10, 2, port), ip(192, 1, 80), 0).port & 1, port & 1);
    nat_free(n);
    n = made((struct nat_spec){.port_first = 7000, .port_last = 7003});
    struct addr got, host = ip(10, 2, 1), to = ip(192, 1, 80);
    for (host.port = 1; host.port < 100 && nat_out(n, true, &host, &to, 0, &got); host.port++)
        CU_ASSERT_TRUE(got.port >= 7000 && got.port <= 7003);
    CU_ASSERT_EQUAL(host.port, 5);                          /* four ports, and no fifth */
    CU_ASSERT_TRUE(nat_out(n, false, &host, &to, 0, &got)); /* those of TCP are others */
    nat_free(n);
}

static void timers(void)
{
    struct addr host = ip(10, 2, 5000), to = ip(192, 1, 80);
    struct nat *n = made((struct nat_spec){.timeout_us = 60ull * SECOND});
    struct addr at = out(n, host, to, 0);
    CU_ASSERT_TRUE(in(n, at, to, 59ull * SECOND)); /* does not refresh */
    CU_ASSERT_EQUAL(nat_held(n, 59ull * SECOND), 1);
    CU_ASSERT_FALSE(in(n, at, to, 60ull * SECOND));
    CU_ASSERT_EQUAL(nat_held(n, 60ull * SECOND), 0);
    nat_free(n);
    n = made((struct nat_spec){.timeout_us = 60ull * SECOND, .refresh_in = true});
    at = out(n, host, to, 0);
    CU_ASSERT_TRUE(in(n, at, to, 59ull * SECOND));
    CU_ASSERT_TRUE(in(n, at, to, 118ull * SECOND));
    CU_ASSERT_FALSE(in(n, at, to, 178ull * SECOND));
    nat_free(n);
    n = made((struct nat_spec){.timeout_us = 60ull * SECOND});
    at = out(n, host, to, 0);
    out(n, host, to, 50ull * SECOND);
    CU_ASSERT_TRUE(in(n, at, to, 109ull * SECOND));
    nat_free(n);
    n = made((struct nat_spec){.timeout_us = 60ull * SECOND, .no_refresh_out = true});
    at = out(n, host, to, 0);
    out(n, host, to, 50ull * SECOND);
    CU_ASSERT_FALSE(in(n, at, to, 61ull * SECOND));
    nat_free(n);
}

static void rebinds(void)
{
    struct addr host = ip(10, 2, 5000), to = ip(192, 1, 80);
    struct nat *n = made((struct nat_spec){.mapping = 0});
    struct addr before = out(n, host, to, 0);
    nat_rebind(n);
    CU_ASSERT_FALSE(in(n, before, to, 1));
    struct addr after = out(n, host, to, 1);
    CU_ASSERT_FALSE(addr_eq(&before, &after));
    nat_free(n);
}

/* Both limits: so many, and one more is lost; what is over makes room. */
static void limits(void)
{
    struct nat *n = made((struct nat_spec){.timeout_us = SECOND});
    struct addr host = ip(10, 2, 0), to = ip(192, 1, 80), got;
    for (unsigned i = 1; i <= NAT_MAPPINGS; i++) {
        host.port = (uint16_t)i;
        CU_ASSERT_FATAL(nat_out(n, true, &host, &to, 0, &got));
    }
    host.port++;
    CU_ASSERT_FALSE(nat_out(n, true, &host, &to, 0, &got));
    CU_ASSERT_TRUE(nat_out(n, true, &host, &to, SECOND, &got));
    nat_free(n);
    n = made((struct nat_spec){.filtering = NAT_ADDRESS_AND_PORT_DEPENDENT});
    host.port = 1;
    for (unsigned i = 1; i <= NAT_REMOTES; i++) {
        to.port = (uint16_t)i;
        CU_ASSERT_FATAL(nat_out(n, true, &host, &to, 0, &got));
    }
    to.port++;
    CU_ASSERT_FALSE(nat_out(n, true, &host, &to, 0, &got));
    nat_free(n);
    CU_ASSERT_PTR_NULL(nat_new(&(struct nat_spec){.mapping = 0}, 1));
}

static void pooling(void)
{
    struct nat_spec spec = {.outside = {ip(203, 1, 0), ip(203, 2, 0)}};
    struct nat *n = nat_new(&spec, 1);
    bool both[2] = {false, false};
    struct addr first = out(n, ip(10, 2, 1), ip(192, 1, 80), 0);
    for (uint16_t port = 2; port < 40; port++) /* paired: one host, one address */
        CU_ASSERT_EQUAL(out(n, ip(10, 2, port), ip(192, 1, 80), 0).ip[3], first.ip[3]);
    nat_free(n);
    spec.arbitrary = true;
    n = nat_new(&spec, 1);
    for (uint16_t port = 1; port < 40; port++)
        both[out(n, ip(10, 2, port), ip(192, 1, 80), 0).ip[3] - 1] = true;
    CU_ASSERT_TRUE(both[0] && both[1]);
    struct addr a = ip(203, 2, 77), b = ip(203, 3, 77);
    CU_ASSERT_TRUE(nat_is_outside(n, &a));
    CU_ASSERT_FALSE(nat_is_outside(n, &b));
    nat_free(n);
}

TESTS({"mappings", mappings}, {"filters", filters}, {"ports", ports}, {"timers", timers},
      {"rebinds", rebinds}, {"limits", limits}, {"pooling", pooling})
