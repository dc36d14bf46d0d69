/* harness/tests/ws_peers_test.c - the layer "ws" against WebSocket that is not ours, on the loopback: Python's
 * websockets and ws for Node, each as server and as client, plain and over TLS; our variants are understood, our faults
 * are not. */
#include <netinet/in.h>
#include <sys/socket.h>
#include "harness/tests/program.h"
#include "harness/tests/ws_talk.h"

static const struct peer {
    const char *name, *ask; /* the command of its client, without the URL */
} peers[] = {{"websockets", "scenarios/peers/websockets/peer.py ask"},
             {"node-ws", "node scenarios/peers/node-ws/peer.js ask"}};

/* Whether there is one of them at least; `there`: which. */
static bool installed(bool there[COUNT(peers)])
{
    char command[256];
    bool any = false;

    for (size_t i = 0; i < COUNT(peers); i++) {
        snprintf(command, sizeof command, "scenarios/peers/%s/version > %s 2>&1", peers[i].name,
                 program_path("version"));
        there[i] = system(command) == 0;
        any |= there[i];
        if (!there[i])
            printf("\n%s is not installed\n", peers[i].name);
    }
    if (!any)
        test_skip("neither python3-websockets nor node-ws is installed");
    return any;
}

static char heard[4096]; /* of one that serves */

/* ---- theirs serves ---- */

static struct {
    pid_t pid;
    int out;
    unsigned port[2]; /* plain, over TLS */
} theirs;

static void start_theirs(const struct peer *p)
{
    char script[128], port[2][16];
    int pipes[2];

    snprintf(script, sizeof script, "scenarios/peers/%s/start.sh", p->name);
    for (size_t i = 0; i < 2; i++) {
        theirs.port[i] = program_free_port();
        snprintf(port[i], sizeof port[i], "%u", theirs.port[i]);
    }
    const char *run = program_path("peer");
    CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
    theirs.pid = fork();
    if (theirs.pid == 0) {
        setenv("WS_PORT", port[0], 1);
        setenv("WSS_PORT", port[1], 1);
        setenv("PEER_RUN", run, 1);
        dup2(pipes[1], 1);
        close(pipes[0]);
        close(pipes[1]);
        execl(script, script, (char *)NULL);
        _exit(127);
    }
    close(pipes[1]);
    theirs.out = pipes[0];
    CU_ASSERT_TRUE_FATAL(program_until(theirs.out, "listening", heard, sizeof heard));
}

static void stop(pid_t pid, int out)
{
    kill(pid, SIGTERM);
    program_end(pid);
    close(out);
}

static const struct ws_options asks = {.protocols = SPAN("x, chat"), .path = SPAN("/echo?a=b")};
static uint16_t code; /* of the Close that came to the client */

static void watch_code(void *ctx, const struct event *ev)
{
    if (ev->desc == &ws_event_desc)
        code = ((const struct ws_event *)ev->rec)->code;
    talk_event(ctx, ev);
}

/* Our client, with `row` on, says all of `says`, has them back and closes. */
static void to_theirs(const struct say *says, size_t n, bool tls, const char *row)
{
    const char *rows[] = {row, NULL};
    struct talk_config c = {.open = {.desc = &ws_options_desc, .options = &asks},
                            .says = says,
                            .n_says = n,
                            .waits = true,
                            .closes = n,
                            .close = {4001, SPAN("enough")}};

    talk_begin(false);
    w.d->on_event = watch_code;
    code = 0;
    w.listening = (struct addr){4, {127, 0, 0, 1}, (uint16_t)theirs.port[tls]};
    talk_to(tls ? "tcp/tls/ws" : "tcp/ws", &c, row ? rows : NULL);
}

static bool client_gone(void)
{
    return parties[1]->n_edges == 0;
}

static void all_sizes(bool tls)
{
    static const size_t sizes[] = {0, 1, 125, 126, 127, 65535, 65536, 1 << 20};
    static uint8_t text[1 << 20], binary[1 << 20];
    struct say says[COUNT(sizes)];

    memset(text, 'x', sizeof text);
    memset(binary, 0xff, sizeof binary);
    for (int kind = WS_TEXT; kind <= WS_BINARY; kind++) {
        uint32_t sum = 0;
        for (size_t i = 0; i < COUNT(says); i++) {
            says[i] = (struct say){(uint8_t)kind, {kind == WS_TEXT ? text : binary, sizes[i]}};
            sum = fnv32(sum, says[i].data) + says[i].kind;
        }
        to_theirs(says, COUNT(says), tls, NULL);
        CU_ASSERT_TRUE(talk_run(client_gone));
        CU_ASSERT_EQUAL(client.messages, COUNT(says));
        CU_ASSERT_EQUAL(client.sum, sum);
        CU_ASSERT_STRING_EQUAL(client.text, "[open /echo?a=b chat]");
        CU_ASSERT_EQUAL(code, 4001); /* it answers with the same */
        talk_end();
    }
}

static void our_client(void)
{
    bool there[COUNT(peers)];

    if (!installed(there))
        return;
    for (size_t i = 0; i < COUNT(peers); i++)
        if (there[i]) {
            start_theirs(&peers[i]);
            all_sizes(false);
            all_sizes(true);
            stop(theirs.pid, theirs.out);
        }
}

/* ---- what is lawful is understood, what is not is refused ---- */

static const struct {
    const char *fault;
    uint16_t code; /* of their Close; 0: there is no connection */
} refused[] = {
    {"w-no-key", 0},          {"w-key-short", 0},
    {"w-no-version", 0}, /* ws for Node takes version 8 as well */
    {"w-no-upgrade", 0},      {"w-post", 0},
    {"w-unmasked", 1002},     {"w-rsv3", 1002},
    {"w-opcode-3", 1002},     {"w-continues-none", 1002},
    {"w-text-no-utf8", 1007},
};

static void deviations(void)
{
    static const struct say says[] = {{WS_TEXT, SPAN("h\xc3\xa9llo")},
                                      {WS_BINARY, SPAN("\xff\xfe")}};
    bool there[COUNT(peers)];

    if (!installed(there))
        return;
    for (size_t i = 0; i < COUNT(peers); i++) {
        if (!there[i])
            continue;
        start_theirs(&peers[i]);
        for (size_t k = 0; k < ws_layer_class.n_variants; k++) {
            const char *name = ws_layer_class.variants[k].name;
            to_theirs(says, 2, false, name);
            CU_ASSERT_TRUE(talk_run(client_gone));
            if (client.messages != 2)
                printf("\n%s, %s: %s\n", peers[i].name, name, client.text);
            CU_ASSERT_EQUAL(client.messages, 2);
            talk_end();
        }
        for (size_t k = 0; k < COUNT(refused); k++) {
            to_theirs(says, 1, false, refused[k].fault);
            CU_ASSERT_TRUE(talk_run(talk_client_closed));
            bool open = strncmp(client.text, "[open ", 6) == 0;
            bool good = open == (refused[k].code > 0) && code == refused[k].code;
            if (!good)
                printf("\n%s, %s: %s, %u\n", peers[i].name, refused[k].fault, client.text, code);
            CU_ASSERT_TRUE(good);
            talk_end();
        }
        stop(theirs.pid, theirs.out);
    }
}

/* ---- ours serves, by the program ---- */

static struct {
    pid_t pid;
    int out;
    char url[64];
} ours;

static void serve(bool tls, const char *option, const char *row)
{
    char at[64];
    unsigned port = program_free_port();
    const char *words[] = {"serve",
                           "echo.server",
                           "--listen",
                           at,
                           "--set",
                           tls ? "stack=tcp/tls/ws" : "stack=tcp/ws",
                           "--set",
                           "protocols=chat",
                           row ? option : NULL,
                           row,
                           NULL};

    snprintf(at, sizeof at, "127.0.0.1:%u", port);
    snprintf(ours.url, sizeof ours.url, "%s://127.0.0.1:%u/echo?a=b", tls ? "wss" : "ws", port);
    ours.pid = program_start(words, &ours.out);
    CU_ASSERT_TRUE_FATAL(program_until(ours.out, "listening", heard, sizeof heard));
}

/* Whether their client is content. */
static bool content(const struct peer *p)
{
    char command[512];

    snprintf(command, sizeof command, "timeout 60 %s '%s' > %s 2>&1", p->ask, ours.url,
             program_path("client"));
    return system(command) == 0;
}

static void their_clients(void)
{
    static const char *const differs[] = {"w-fragments", "w-split", "w-pings"};
    static const char *const wrong[] = {"w-accept-wrong", "w-protocol-unasked", "w-masked",
                                        "w-rsv3", "w-continues-none"};
    bool there[COUNT(peers)];

    if (!program_ready() || !installed(there))
        return;
    for (size_t i = 0; i < COUNT(peers); i++) {
        if (!there[i])
            continue;
        for (int tls = 0; tls < 2; tls++) {
            serve(tls, NULL, NULL);
            CU_ASSERT_TRUE(content(&peers[i]));
            stop(ours.pid, ours.out);
        }
        for (size_t k = 0; k < COUNT(differs); k++) {
            serve(false, "--variant", differs[k]);
            bool good = content(&peers[i]);
            if (!good)
                printf("\n%s does not take %s\n", peers[i].name, differs[k]);
            CU_ASSERT_TRUE(good);
            stop(ours.pid, ours.out);
        }
        for (size_t k = 0; k < COUNT(wrong); k++) {
            serve(false, "--fault", wrong[k]);
            bool good = content(&peers[i]);
            if (good)
                printf("\n%s takes %s\n", peers[i].name, wrong[k]);
            CU_ASSERT_FALSE(good);
            stop(ours.pid, ours.out);
        }
    }
}

TESTS({"our_client", our_client}, {"deviations", deviations}, {"their_clients", their_clients})
