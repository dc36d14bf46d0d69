/* harness/tests/second_test.c - a second address for the IUT: in the simulator, on the loopback, and
 * where there is none; and of rtclab serve. */
#include "harness/tests/program.h"

static const char a_case[] =
    "case { id = 'stun-server-901', title = 'two', role = 'stun-server', type = 'V',\n"
    "  needs = { 'nat-discovery', 'udp' }, run = function(t)\n"
    "  local c = t:actor('client', 'stun')\n"
    "  local other = c:request{ class = 'request' }:attribute('OTHER-ADDRESS').address\n"
    "  t:check('RFC5780:6.1#8', other ~= t.target, 'the same')\n"
    "  local r = c:request{ class = 'request', to = other }\n"
    "  t:check('RFC5780:6#2', r.kind == 'success' and r.from == other, 'not served')\n"
    "end }\n";

static void result(const json_t *all, const char *id, const char *status, const char *why)
{
    const json_t *end = program_find(all, "end", "case", id);
    CU_ASSERT_PTR_NOT_NULL(end);
    CU_ASSERT_STRING_EQUAL(program_text(end, "status"), status);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_text(end, "why"), why));
}

static void of_the_iut(void)
{
    if (!program_ready())
        return;
    program_cases("second.lua", a_case);
    if (program_gives("test stun-server-901 --json", 0)) {
        json_t *all = program_objects(program_out);
        result(all, "stun-server-901[udp,ip4]", "pass", "");
        result(all, "stun-server-901[udp,ip6]", "pass", "");
        json_decref(all);
    }
    if (program_gives("test stun-server-901 --live --json", 0)) {
        json_t *all = program_objects(program_out);
        result(all, "stun-server-901[udp,ip4]", "pass", "");
        result(all, "stun-server-901[udp,ip6]", "skip", "no second address");
        json_decref(all);
    }
}

static void of_serve(void)
{
    if (!program_ready())
        return;
    program_gives("serve stun.client --other 127.0.0.2:9", 2);
    program_said("stun.client has no other address");
    program_gives("serve stun.server --listen 127.0.0.1:0 --other nonsense", 2);
    program_said("'nonsense' is no address");
    /* 192.0.2.0/24 is nobody's: RFC 5737 */
    program_gives("serve stun.server --listen 127.0.0.1:26999 --other 192.0.2.7:26998", 4);
    program_said("and 192.0.2.7:26998: an address is taken, or none of ours");
}

TESTS({"of the IUT", of_the_iut}, {"of serve", of_serve})
