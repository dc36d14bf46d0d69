/* harness/tests/nat_live_test.c - the kinds of NAT that nftables can make, in network namespaces: rtclab nat finds there
 * what it finds behind the same NAT in the simulated network. Takes root. */
#include "harness/tests/nat_rig.h"
#include "harness/tests/program.h"

static const struct kind {
    const char *name; /* of scenarios/peers/nat.sh */
    bool nat;
    struct nat_spec spec;
} kinds[] = {
    {"open", false, {0}},
    {"cone", true, {.mapping = 0, .filtering = 0, .ports = NAT_PORTS_PRESERVED}},
    {"hairpin", true, {.ports = NAT_PORTS_PRESERVED, .hairpin = NAT_HAIRPIN_EXTERNAL}},
    {"restricted", true, {.mapping = 0, .filtering = 1, .ports = NAT_PORTS_PRESERVED}},
    {"port", true, {.mapping = 0, .filtering = 2, .ports = NAT_PORTS_PRESERVED}},
    {"symmetric", true, {.mapping = 2, .filtering = 2}},
};
static pid_t servers[COUNT(kinds)];

static void script(const char *kind, size_t i, char *why, size_t cap)
{
    char command[512], err[600];

    snprintf(err, sizeof err, "%s", program_path("nat.err"));
    snprintf(command, sizeof command, "NAT_NAME=rl%d-%zu scenarios/peers/nat.sh %s 2> '%s'",
             (int)getpid() % 10000, i, kind, err);
    int status = system(command);
    why[0] = '\0';
    if (status != 0)
        program_read(err, why, cap);
}

static pid_t spawn(size_t i, const char *side, const char *out, const char *const *words)
{
    char name[64];
    const char *argv[16] = {"ip", "netns", "exec", name, getenv("RTCLAB")};

    snprintf(name, sizeof name, "rl%d-%zu-%s", (int)getpid() % 10000, i, side);
    for (size_t k = 0; words[k]; k++)
        argv[5 + k] = words[k];
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen(out, "w", stdout) || !freopen("/dev/null", "w", stderr))
            _exit(127);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    return pid;
}

static void out_of(size_t i, const char *what, char path[600])
{
    char name[64];
    snprintf(name, sizeof name, "%s-%zu", what, i);
    snprintf(path, 600, "%s", program_path(name));
}

/* Until the server says that it listens on all its addresses. */
static void listens(size_t i)
{
    char path[600], text[4096];

    out_of(i, "served", path);
    for (int tries = 0; tries < 500; tries++) {
        size_t lines = 0;
        program_read(path, text, sizeof text);
        for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
            lines++;
        if (lines >= 8)
            return;
        usleep(20000);
    }
    CU_FAIL("a server does not listen");
}

static void start(size_t i)
{
    static const char *const words[] = {
        "serve",   "stun.server",       "--listen", "203.0.113.10:3478",
        "--other", "203.0.113.11:3480", NULL};
    char path[600];

    out_of(i, "served", path);
    servers[i] = spawn(i, "out", path, words);
}

/* The last line of the client's output: what it has found. */
static json_t *found(size_t i)
{
    char path[600], text[16384];

    out_of(i, "found", path);
    program_read(path, text, sizeof text);
    char *end = strrchr(text, '}'), *line = end ? end : text;
    while (line > text && line[-1] != '\n')
        line--;
    return end ? json_loadb(line, (size_t)(end - line) + 1, 0, NULL) : NULL;
}

static void same(const json_t *got, const char *key, const char *want, const char *kind)
{
    const char *is = json_string_value(json_object_get(got, key));

    if (!is || strcmp(is, want) != 0)
        printf("\n%s: %s is %s, in the simulator it is %s", kind, key, is ? is : "nothing", want);
    CU_ASSERT_TRUE(is && strcmp(is, want) == 0);
}

static void compare(size_t i)
{
    const struct kind *k = &kinds[i];
    json_t *got = found(i);

    CU_ASSERT_PTR_NOT_NULL_FATAL(got);
    begin(false);
    if (k->nat)
        sim_behind(net.client, sim_site_new(net.d, &k->spec, NULL));
    const struct stun_found *f = discover(0, false);
    same(got, "nat", name_of(&stun_known_names, f->nat), k->name);
    same(got, "mapping", name_of(&stun_nat_by_names, f->mapping), k->name);
    same(got, "filtering", name_of(&stun_nat_by_names, f->filtering), k->name);
    same(got, "hairpin", name_of(&stun_nat_hairpin_names, f->hairpin), k->name);
    same(got, "preserved", name_of(&stun_known_names, f->preserved), k->name);
    same(got, "rfc3489", name_of(&stun_nat_type_names, f->type), k->name);
    end();
    json_decref(got);
}

static void real_ones(void)
{
    static const char *const words[] = {
        "nat", "--server", "stun:203.0.113.10", "--json", "--timeout", "1", NULL};
    char why[600], path[600];
    pid_t clients[COUNT(kinds)];

    for (size_t i = 0; i < COUNT(kinds); i++) {
        script(kinds[i].name, i, why, sizeof why);
        if (why[0] && i == 0) {
            test_skip(why);
            return;
        }
        CU_ASSERT_STRING_EQUAL(why, "");
        start(i);
    }
    for (size_t i = 0; i < COUNT(kinds); i++)
        listens(i);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        out_of(i, "found", path);
        clients[i] = spawn(i, "in", path, words);
    }
    for (size_t i = 0; i < COUNT(kinds); i++) {
        waitpid(clients[i], NULL, 0);
        kill(servers[i], SIGTERM);
        waitpid(servers[i], NULL, 0);
        script("down", i, why, sizeof why);
    }
    for (size_t i = 0; i < COUNT(kinds); i++)
        compare(i);
}

TESTS({"real-ones", real_ones})
