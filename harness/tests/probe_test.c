/* harness/tests/probe_test.c - rtclab probe against our own server on the loopback: what it claims is
 * what the server was told to be, and `rtclab test` takes the profile. */
#include "harness/tests/program.h"

static char at[64]; /* where the server listens */
static pid_t server;

/* Start `rtclab serve stun.server` and wait until it says where it listens. */
static bool serve_at(const char *listen, const char *const more[4])
{
    const char *words[] = {"serve", "stun.server", "--listen", listen, more[0],
                           more[1], more[2],       more[3],    NULL};
    char line[256];
    int out = -1;
    bool good = false;

    /* the real probe and scenarios, of the source tree that the program was built in */
    if (!getenv("RTCLAB")) {
        test_skip("RTCLAB does not name the program");
        return false;
    }
    unsetenv("RTCLAB_SHARE");
    program_path("x"); /* makes the folder */
    server = program_start(words, &out);
    FILE *f = fdopen(out, "r");
    while (f && !good && fgets(line, sizeof line, f))
        good = sscanf(line, "listening %63s", at) == 1;
    if (f)
        fclose(f);
    CU_ASSERT_TRUE(good);
    return good;
}

static bool serve(const char *a, const char *b, const char *c, const char *d)
{
    return serve_at("127.0.0.1:0", (const char *const[]){a, b, c, d});
}

static void stop(void)
{
    kill(server, SIGTERM);
    program_end(server);
}

/* Whether the claims have this one; both are what the program says. */
static bool claims(const json_t *all, const char *claim, const char *value)
{
    json_t *o;
    size_t i;

    json_array_foreach(all, i, o)
    {
        if (strcmp(program_text(o, "claim"), claim) == 0 &&
            strcmp(program_text(o, "value"), value) == 0)
            return json_array_size(json_object_get(o, "over")) > 0 && program_text(o, "why")[0];
    }
    return false;
}

static json_t *probe(const char *more, int status)
{
    char line[256];

    snprintf(line, sizeof line, "probe --timeout-scale 0.5 --json stun:%s %s", at, more);
    program_gives(line, status);
    return program_objects(program_out);
}

static bool lists(const json_t *profile, const char *key, const char *word)
{
    json_t *v;
    size_t i;

    json_array_foreach(json_object_get(profile, key), i, v)
    {
        if (strcmp(json_string_value(v), word) == 0)
            return true;
    }
    return false;
}

static void a_plain_server(void)
{
    if (!serve("--set", "fingerprint", "--set", "classic"))
        return;
    json_t *all = probe("-o plain.json", 0);
    const json_t *last = program_find(all, "summary", "", NULL);
    const json_t *profile = json_object_get(last, "profile");
    char line[256];

    CU_ASSERT_TRUE(json_is_true(json_object_get(last, "reached")));
    CU_ASSERT_TRUE(claims(all, "transports", "udp") && claims(all, "transports", "tcp"));
    CU_ASSERT_FALSE(claims(all, "transports", "tls") || claims(all, "transports", "dtls"));
    CU_ASSERT_TRUE(claims(all, "families", "ip4") && !claims(all, "families", "ip6"));
    CU_ASSERT_TRUE(claims(all, "authentication", "none"));
    CU_ASSERT_TRUE(claims(all, "fingerprint", "always"));
    CU_ASSERT_TRUE(claims(all, "supports", "classic"));
    CU_ASSERT_FALSE(claims(all, "supports", "auth-long") ||
                    claims(all, "supports", "nat-discovery"));
    CU_ASSERT_TRUE(lists(profile, "transports", "udp") && lists(profile, "supports", "classic"));
    CU_ASSERT_TRUE(json_object_size(json_object_get(profile, "evidence")) >= 6);
    snprintf(line, sizeof line, "test stun-server-001 --target stun:%s --profile ./plain.json", at);
    program_gives(line, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "2 cases: 2 pass"));
    json_decref(all);
    stop();
}

static void a_server_that_asks(void)
{
    if (!serve("--set", "auth=long", NULL, NULL))
        return;
    json_t *all = probe("-o long.json", 0);
    char line[256];

    CU_ASSERT_TRUE(claims(all, "authentication", "long"));
    CU_ASSERT_TRUE(claims(all, "supports", "auth-long") && claims(all, "requires", "auth-long"));
    CU_ASSERT_TRUE(claims(all, "realm", "interop.test"));
    CU_ASSERT_FALSE(claims(all, "supports", "classic"));
    CU_ASSERT_TRUE(claims(all, "algorithms", "SHA-256, MD5"));
    snprintf(line, sizeof line, "test stun-server-101 --target stun:%s --profile ./long.json", at);
    program_gives(line, 0);
    json_decref(all);
    stop();
}

static void a_server_with_two_addresses(void)
{
    if (!serve("--other", "127.0.0.2:0", NULL, NULL))
        return;
    json_t *all = probe("", 0);
    CU_ASSERT_TRUE(claims(all, "supports", "nat-discovery"));
    json_decref(all);
    stop();
}

static void a_server_over_tls(void)
{
    char line[256];

    if (!serve(NULL, NULL, NULL, NULL)) /* finds a port: over TLS it has to be named */
        return;
    stop();
    snprintf(line, sizeof line, "stuns:%s", at);
    if (!serve_at(line, (const char *const[]){NULL, NULL, NULL, NULL}))
        return;
    json_t *all = probe("-o tls.json", 0);
    const json_t *profile = json_object_get(program_find(all, "summary", "", NULL), "profile");
    CU_ASSERT_TRUE(claims(all, "transports", "tls"));
    CU_ASSERT_FALSE(claims(all, "transports", "udp") || claims(all, "transports", "tcp"));
    CU_ASSERT_EQUAL(strlen(program_text(json_object_get(profile, "tls"), "fingerprint")), 64);
    snprintf(line, sizeof line, "test stun-server-001 --target stuns:%s --profile ./tls.json", at);
    program_gives(line, 0);
    json_decref(all);
    stop();
}

static void one_that_is_not_there(void)
{
    if (!serve(NULL, NULL, NULL, NULL))
        return;
    stop();
    json_t *all = probe("-o gone.json", 3);
    CU_ASSERT_TRUE(
        json_is_false(json_object_get(program_find(all, "summary", "", NULL), "reached")));
    program_said("was never reached");
    CU_ASSERT_NOT_EQUAL(access(program_path("gone.json"), F_OK), 0);
    json_decref(all);
}

static void fits_the_schema(void)
{
    char schema[4096], command[8192];

    if (!serve(NULL, NULL, NULL, NULL))
        return;
    json_decref(probe("-o fits.json", 0));
    stop();
    if (system("python3 -c 'import jsonschema' 2> /dev/null") != 0) {
        test_skip("python3-jsonschema is not installed");
        return;
    }
    CU_ASSERT_PTR_NOT_NULL_FATAL(realpath("scenarios/profiles/schema.json", schema));
    snprintf(command, sizeof command,
             "python3 -c 'import json,sys,jsonschema;"
             "jsonschema.validate(*[json.load(open(f)) for f in sys.argv[1:]])' '%s' '%s'",
             program_path("fits.json"), schema);
    CU_ASSERT_EQUAL(system(command), 0);
}

static void refuses(void)
{
    if (!program_ready())
        return;
    program_gives("probe", 2);
    program_said("name one target");
    program_gives("probe sip:127.0.0.1", 2);
    program_said("there is no probe for");
    program_gives("probe stun:127.0.0.1:99999", 2);
    program_said("is no target");
    program_gives("probe --timeout-scale 0 stun:127.0.0.1", 2);
    program_said("--timeout-scale wants");
}

TESTS({"a plain server", a_plain_server}, {"one that asks for credentials", a_server_that_asks},
      {"one with two addresses", a_server_with_two_addresses}, {"one over TLS", a_server_over_tls},
      {"one that is not there", one_that_is_not_there},
      {"the profile fits its schema", fits_the_schema}, {"what cannot be probed", refuses})
