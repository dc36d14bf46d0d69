/* harness/tests/http_live_test.c - HTTP on the loopback against others: curl at our server, our client at Apache and
 * nginx. */
#include "harness/drivers/live.h"
#include "harness/tests/http_talk.h"
#include "harness/tests/program.h"

static char share[4096];

/* ---- curl at our server ---- */

static struct {
    pid_t pid;
    int out;
    unsigned port;
} ours;

static bool ready(const char *program, const char *command)
{
    if (!program_ready())
        return false;
    setenv("RTCLAB_SHARE", getcwd(share, sizeof share) ? share : ".", 1);
    if (system(command) == 0)
        return true;
    printf("\n%s is not installed\n", program);
    test_skip(program);
    return false;
}

static void serve(const char *set)
{
    char at[64], line[64] = "";
    const char *words[12] = {"serve", "http.server", "--listen",
                             at,      "--capture",   program_path("served.pcapng")};

    if (set) {
        words[6] = "--set";
        words[7] = set;
    }
    ours.port = program_free_port();
    snprintf(at, sizeof at, "127.0.0.1:%u", ours.port);
    ours.pid = program_start(words, &ours.out);
    CU_ASSERT_TRUE(read(ours.out, line, sizeof line - 1) > 0);
    CU_ASSERT_EQUAL(strncmp(line, "listening 127.0.0.1:", 20), 0);
}

static void stop(void)
{
    kill(ours.pid, SIGTERM);
    CU_ASSERT_EQUAL(program_end(ours.pid), 0);
    close(ours.out);
}

static char said[1 << 16];

/* What curl says, with the status behind it: "[200]". */
static const char *curl(const char *options, const char *path)
{
    char command[2048];

    snprintf(command, sizeof command,
             "cd '%s' && curl -s -S --max-time 20 -w '[%%{http_code}]' %s "
             "'http://127.0.0.1:%u%s' 2>&1",
             program_folder, options, ours.port, path);
    FILE *p = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(p);
    size_t n = fread(said, 1, sizeof said - 1, p);
    said[n] = '\0';
    pclose(p);
    return said;
}

/* A file of `n` octets in the temporary folder. */
static void file(const char *name, size_t n)
{
    char *text = malloc(n + 1);

    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    for (size_t i = 0; i < n; i++)
        text[i] = (char)('a' + i % 23);
    text[n] = '\0';
    program_write(name, text);
    free(text);
}

static void ways(void)
{
    static const struct {
        const char *options, *path, *out;
    } rows[] = {
        {"", "/", "hello from rtclab\n[200]"},
        {"--http1.0", "/", "hello from rtclab\n[200]"},
        {"", "/chunked", "hello in chunks of five octets\n[200]"},
        {"--http1.0", "/chunked", "hello in chunks of five octets\n[200]"},
        {"", "/close", "hello until the end\n[200]"},
        {"", "/empty", "[204]"},
        {"", "/nowhere", "404 Not Found\n[404]"},
        {"-X BREW", "/", "501 Not Implemented\n[501]"},
        {"-d hello", "/echo", "hello[200]"},
        {"-d hello -H 'Transfer-Encoding: chunked'", "/echo", "hello[200]"},
        {"-d hello -H 'Expect: 100-continue'", "/echo", "hello[200]"},
        {"-d hello -H 'Expect: 100-continue' -H 'Transfer-Encoding: chunked'", "/echo",
         "hello[200]"},
        {"-d hello -H 'Expect: miracles'", "/echo", "417 Expectation Failed\n[417]"},
        {"-d hello -H 'Expect: 100-continue'", "/nowhere", "404 Not Found\n[404]"},
        {"--digest -u alice:alice-secret", "/digest/", "hello, digest\n[200]"},
        {"--digest -u alice:wrong", "/digest/", "401 Unauthorized\n[401]"},
        {"--digest -u alice:alice-secret -d hello", "/digest/echo", "hello[200]"},
        {"", "/digest/", "401 Unauthorized\n[401]"},
        {"--basic -u alice:alice-secret", "/basic/", "hello, basic\n[200]"},
        {"--basic -u alice:wrong", "/basic/", "401 Unauthorized\n[401]"},
        {"--anyauth -u alice:alice-secret", "/both/", "hello, either\n[200]"},
        {"--request-target '*' -X OPTIONS", "/", "[200]"},
    };

    if (!ready("curl", "curl --version >/dev/null 2>&1"))
        return;
    serve(NULL);
    for (size_t i = 0; i < COUNT(rows); i++)
        SOLO_IS(curl(rows[i].options, rows[i].path), rows[i].out);
    SOLO_BEGINS(curl("-I", "/"), "HTTP/1.1 200 OK\r\n");
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "\r\nContent-Length: 18\r\n"));
    SOLO_BEGINS(curl("-I", "/chunked"), "HTTP/1.1 200 OK\r\n");
    /* one connection for all of them */
    curl("-w '%{num_connects},'", "/[1-5]");
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "404 Not Found\n1,"));
    CU_ASSERT_PTR_NULL(strstr(strstr(said, "1,") + 1, "1,"));
    stop();
}

/* What the capture of it is taken for: responses to HEAD, a body that ends with its connection. */
static void captured(void)
{
    if (!ready("curl", "curl --version >/dev/null 2>&1"))
        return;
    serve(NULL);
    curl("-I", "/[1-3]");
    curl("", "/close");
    curl("--digest -u alice:alice-secret", "/digest/");
    stop();
    CU_ASSERT_TRUE(program_gives("lint served.pcapng", 0));
    CU_ASSERT_STRING_EQUAL(program_out,
                           ""); /* not even octets of which nobody knows what they are */
    CU_ASSERT_TRUE(program_gives("decode --summary served.pcapng", 0));
    CU_ASSERT_PTR_NOT_NULL(strstr(program_out, "http_head messages"));
}

/* Bodies of which much is under way at once, and such as are refused. */
static void bodies(void)
{
    static const char *const how[] = {"", "-H 'Expect: 100-continue'",
                                      "-H 'Transfer-Encoding: chunked'",
                                      "--digest -u alice:alice-secret"};
    char options[256], command[1024];

    if (!ready("curl", "curl --version >/dev/null 2>&1"))
        return;
    serve("clock_s=1000000000");
    file("body", 1000000);
    file("large", 3000000);
    for (size_t i = 0; i < COUNT(how); i++) {
        snprintf(options, sizeof options, "--data-binary @body -o out %s", how[i]);
        SOLO_IS(curl(options, i == 3 ? "/digest/echo" : "/echo"), "[200]");
        snprintf(command, sizeof command, "cmp '%s/body' '%s/out'", program_folder, program_folder);
        CU_ASSERT_EQUAL(system(command), 0);
        snprintf(options, sizeof options, "--data-binary @large %s", i == 3 ? "" : how[i]);
        SOLO_IS(curl(options, "/echo"), "413 Content Too Large\n[413]");
    }
    SOLO_BEGINS(solo_field(curl("-i", "/"), "Date"), "Sun, 09 Sep 2001 01:4");
    stop();
}

/* ---- our client at others ---- */

static struct {
    pid_t pid;
    unsigned port;
} peer;

/* Start scenarios/peers/NAME; false: it cannot run here. */
static bool start(const char *name)
{
    char path[256], port[16], run[600], command[256];
    int status = 0;
    bool up = false;

    if (!ready("ss", "ss -V >/dev/null 2>&1"))
        return false;
    peer.port = program_free_port();
    snprintf(path, sizeof path, "scenarios/peers/%s/start.sh", name);
    snprintf(port, sizeof port, "%u", peer.port);
    snprintf(run, sizeof run, "%s", program_path(name));
    chmod(program_folder, 0755); /* its server may run as somebody else */
    peer.pid = fork();
    if (peer.pid == 0) {
        setenv("HTTP_PORT", port, 1);
        setenv("PEER_RUN", run, 1);
        execl(path, path, (char *)NULL);
        _exit(127);
    }
    snprintf(command, sizeof command, "ss -Hltn 'sport = :%u' | grep -q .", peer.port);
    for (int i = 0; i < 10000 && !up; i++) { /* it does not say when it listens */
        if (waitpid(peer.pid, &status, WNOHANG) == peer.pid) {
            CU_ASSERT_EQUAL(WEXITSTATUS(status), 77);
            test_skip(name);
            return false;
        }
        up = system(command) == 0;
    }
    CU_ASSERT_TRUE(up);
    return up;
}

static void end(void)
{
    int status;

    kill(peer.pid, SIGTERM);
    CU_ASSERT_EQUAL(waitpid(peer.pid, &status, 0), peer.pid);
}

static void begin(struct talk *t, const char *username, const char *password)
{
    const char *err = NULL;
    struct http_client_config c = {.server = {4, {127, 0, 0, 1}, (uint16_t)peer.port},
                                   .host = SPAN("interop.test"),
                                   .username = span_of(username),
                                   .password = span_of(password)};

    talk_begin(t, live_new(&(struct live_options){.gso = false}, &err));
    t->client = talk_add(t, &http_client_class, &c);
}

struct row {
    const char *method, *target, *body;
    struct http_args a;
    const char *told; /* without the token */
    uint32_t tries;
};

static void fetches(struct talk *t, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        t->told[t->n = 0] = '\0';
        talk_fetch(t, rows[i].a, rows[i].method, rows[i].target, rows[i].body);
        talk_run(t);
        const char *colon = strchr(t->told, ':');
        SOLO_BEGINS(colon ? colon + 1 : t->told, rows[i].told);
        CU_ASSERT_EQUAL(t->tries, rows[i].tries);
    }
}

/* The same body comes back, however it is sent. */
static void large(struct talk *t, size_t n)
{
    static char body[HTTP_CONTENT_MOST];
    static const struct http_args ways_of[] = {
        {.flow = 0}, {.chunk = 1000}, {.expect = true}, {.expect = true, .chunk = 4096}};

    for (size_t i = 0; i < n; i++)
        body[i] = (char)('a' + i % 23);
    body[n] = '\0';
    for (size_t i = 0; i < COUNT(ways_of); i++) {
        t->told[t->n = 0] = '\0';
        talk_fetch(t, ways_of[i], "POST", "/echo", body);
        talk_run(t);
        CU_ASSERT_PTR_NOT_NULL(strstr(t->told, ":200 abcdefghijklmnopqrstuvwabc"));
        CU_ASSERT_EQUAL(t->content_n, n);
    }
}

static void apache(void)
{
    static const struct row
        rows[] =
            {
                {"GET", "/", NULL, {.flow = 0}, "200 hello from apache\n;", 1},
                {"HEAD", "/", NULL, {.flow = 0}, "200 ;", 1},
                {"GET", "/long.txt", NULL, {.flow = 0}, "200 aaaaaaaaaaaaaaaaaaaaaaaa", 1},
                {"GET", "/page.shtml", NULL, {.flow = 0}, "200 GET in chunks\n;", 1},
                {"GET", "/nowhere", NULL, {.flow = 0}, "404 ", 1},
                {"POST", "/echo", "hello", {.flow = 0}, "200 hello;", 1},
                {"POST", "/echo", "hello", {.chunk = 2}, "200 hello;", 1},
                {"POST", "/echo", "hello", {.expect = true}, "200 hello;", 1},
                {"GET", "/digest/", NULL, {.flow = 0}, "200 hello from apache\n verified;", 2},
                {"GET",
                 "/digest/index.html",
                 NULL,
                 {.flow = 0},
                 "200 hello from apache\n verified;",
                 1},
                {"HEAD", "/digest/", NULL, {.flow = 0}, "200  verified;", 1},
                {"GET", "/", NULL, {.close = true}, "200 hello from apache\n", 1},
            },
        basic[] =
            {
                {"GET", "/basic/", NULL, {.flow = 0}, "200 hello from apache\n;", 2},
                {"GET", "/basic/", NULL, {.flow = 0}, "200 hello from apache\n;", 1},
                {"GET", "/", NULL, {.flow = 0}, "200 hello from apache\n;", 1},
            },
        wrong[] = {
            {"GET", "/digest/", NULL, {.flow = 0}, "401 ", 2},
            {"GET", "/basic/", NULL, {.flow = 0}, "401 ", 2},
        };
    struct talk t;

    if (!start("apache"))
        return;
    begin(&t, "alice", "alice-secret");
    fetches(&t, rows, COUNT(rows));
    CU_ASSERT_EQUAL(__builtin_popcountll(t.flows), 1); /* all over one connection */
    large(&t, 200000);
    for (size_t i = 0; i < 8; i++)
        talk_fetch(&t, (struct http_args){.pipeline = true}, i & 1 ? "HEAD" : "GET", "/long.txt",
                   NULL);
    t.told[t.n = 0] = '\0';
    talk_run(&t);
    for (const char *at = t.told; (at = strstr(at, ":200 ")); at++)
        t.id++;
    CU_ASSERT_EQUAL(t.id, 8);
    t.d->cls->destroy(t.d);
    begin(&t, "alice", "alice-secret");
    fetches(&t, basic, COUNT(basic));
    t.d->cls->destroy(t.d);
    begin(&t, "alice", "wrong");
    fetches(&t, wrong, COUNT(wrong));
    t.d->cls->destroy(t.d);
    end();
}

static void nginx(void)
{
    static const struct row rows[] = {
        {"GET", "/", NULL, {.flow = 0}, "200 hello from nginx\n;", 1},
        {"HEAD", "/", NULL, {.flow = 0}, "200 ;", 1},
        {"GET", "/chunked", NULL, {.flow = 0}, "200 in\nchunks\n;", 1},
        {"HEAD", "/nowhere", NULL, {.flow = 0}, "404 ;", 1},
        {"POST", "/echo", "hello", {.flow = 0}, "200 hello;", 1},
        {"POST", "/echo", "hello", {.chunk = 2}, "200 hello;", 1},
        {"POST", "/echo", "hello", {.expect = true}, "200 hello;", 1},
        {"GET", "/basic/", NULL, {.flow = 0}, "200 hello from nginx\n;", 2},
        {"GET", "/basic/index.html", NULL, {.flow = 0}, "200 hello from nginx\n;", 1},
        {"GET", "/", NULL, {.close = true}, "200 hello from nginx\n;", 1},
    };
    struct talk t;

    if (!start("nginx"))
        return;
    begin(&t, "alice", "alice-secret");
    fetches(&t, rows, COUNT(rows));
    CU_ASSERT_EQUAL(__builtin_popcountll(t.flows), 1);
    large(&t, 200000);
    t.d->cls->destroy(t.d);
    end();
}

TESTS({"ways", ways}, {"captured", captured}, {"bodies", bodies}, {"apache", apache},
      {"nginx", nginx})
