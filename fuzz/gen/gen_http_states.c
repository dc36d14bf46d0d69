/* fuzz/gen/gen_http_states.c - seeds of http_server_state and http_client_state: programs that reach each part of both.
 *
 *   gen_http_states --write DIR | --check DIR
 *
 * corpus/http/state holds them. What flags and bits mean is said in fuzz/targets/http_server_state.c and
 * http_client_state.c; a program of the one is one of the other, too. */
#include "fuzz/gen/seeds.h"
#include "fuzz/state/rig.h"

enum { LEARNED = 8, AT_ONCE = 4 };
enum { MANUAL = 1, QUOTA = 4, NARROW = 32, CLOCK = 64, SCRIPT = 128 };
enum { REPLY, RESOURCE, SEND, CLOSE }; /* verbs of the server */
enum { REQUEST, FETCH };               /* of the client */
enum { EXPECT = 8, PIPELINE = 16, HEAD = 1, POST = 2, CONNECT = 7, CHUNK = 128 }; /* its flags */

static void bare(struct program *g, enum step_op op, uint8_t flags, uint16_t arg)
{
    prog_put(&g->w, op, flags, arg, (struct span){0});
}

static void say(struct program *g, uint8_t flags, uint16_t piece, const char *text)
{
    prog_put(&g->w, OP_SEND, (uint8_t)(RIG_STREAM | flags), piece, span_of(text));
}

static void command(struct program *g, unsigned verb, unsigned upper, uint8_t flags,
                    const char *text)
{
    prog_put(&g->w, OP_COMMAND, flags, (uint16_t)(upper << 8 | verb), span_of(text));
}

static void server(struct program *g)
{
    program_begin(g, RIG_TWICE | CLOCK);
    bare(g, OP_OPEN, 0, 0);
    say(g, 0, 1, "GET / HTTP/1.1\r\nHost: a\r\n\r\nHEAD /chunked HTTP/1.1\r\nHost: a\r\n\r\n");
    say(g, 0, 7,
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5;x=\"y\"\r\nhello\r\n0\r\nX: y\r\n\r\n");
    say(g, 0, 30,
        "PUT /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nabcd");
    say(g, 0, 0, "GET /close HTTP/1.1\r\nHost: a\r\n\r\n");
    bare(g, OP_EOF, RIG_STREAM, 0);
    program_end(g, "server-messages");

    program_begin(g, RIG_TWICE);
    bare(g, OP_OPEN, 0, 0);
    for (int i = 0; i < 3; i++)
        say(g, i ? LEARNED : 0, 20, "GET /digest/ HTTP/1.1\r\nHost: a\r\n\r\n");
    bare(g, OP_TIME, RIG_S, 301);
    bare(g, OP_OPEN, 0, 0);
    say(g, LEARNED, 0, "POST /digest/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok");
    say(g, 0, 0,
        "GET /basic/ HTTP/1.1\r\nHost: a\r\nAuthorization: Basic YWxpY2U6YWxpY2Utc2VjcmV0\r\n\r\n");
    program_end(g, "server-digest");

    program_begin(g, NARROW | QUOTA);
    for (uint8_t i = 0; i < 3; i++)
        bare(g, OP_OPEN, 0, 0);
    say(g, 0, 3, "GET /0123456789012345678901234567890123456789 HTTP/1.1\r\nHost: a\r\n\r\n");
    bare(g, OP_OPEN, 1, 0);
    say(g, 1, 3,
        "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\nF: 6\r\n\r\n");
    bare(g, OP_OPEN, 2, 0);
    say(g, 2, 0,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: "
        "chunked\r\n\r\n0\r\n\r\n");
    bare(g, OP_OPEN, 3, 0);
    say(g, 3, 0, "POST / HTTP/1.1\r\nHost: a\r\nContent-Le");
    bare(g, OP_TIME, RIG_DEADLINE, 0);
    program_end(g, "server-refusals");

    program_begin(g, MANUAL | SCRIPT);
    bare(g, OP_OPEN, 0, 0);
    say(g, 0, 5, "GET /a HTTP/1.1\r\nHost: a\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n");
    command(g, REPLY, 2, 0, "second");
    command(g, REPLY, 1, CHUNK, "first, in chunks");
    say(g, 0, 0, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\nocte");
    command(g, REPLY, 3, AT_ONCE, "");
    say(g, 0, 1, "ts");
    command(g, SEND, 0, 16, "and back");
    command(g, RESOURCE, 1, 2, "more");
    command(g, CLOSE, 0, 0, "");
    program_end(g, "server-script");
}

static void client(struct program *g)
{
    program_begin(g, RIG_TWICE);
    command(g, FETCH, 0, 0, "");
    say(g, 0, 1,
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n");
    command(g, FETCH, 0, HEAD, "");
    say(g, 0, 9, "HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n");
    command(g, FETCH, 0, POST | EXPECT, "body");
    say(g, 0, 4, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n");
    command(g, REQUEST, 0, 0, "");
    say(g, 0, 2, "HTTP/1.0 200 OK\r\n\r\nuntil the end");
    bare(g, OP_EOF, RIG_STREAM, 0);
    program_end(g, "client-messages");

    program_begin(g, RIG_TWICE);
    command(g, FETCH, 0, POST | CHUNK, "a body in chunks");
    say(g, 0, 0,
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nWWW-Authenticate: Digest realm=\"r\", "
        "qop=\"auth, auth-int\", algorithm=SHA-256, nonce=\"n1\", opaque=\"o\", "
        "userhash=true\r\n\r\n");
    say(g, 0, 0,
        "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nWWW-Authenticate: Digest realm=\"r\", "
        "qop=\"auth\", algorithm=MD5, nonce=\"n2\", stale=true\r\n\r\n");
    say(g, 0, 0,
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nAuthentication-Info: nextnonce=\"n3\"\r\n\r\n");
    command(g, FETCH, 0, 0, "");
    program_end(g, "client-digest");

    program_begin(g, 0);
    command(g, FETCH, 0, 0, "");
    say(g, 0, 0, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    for (int i = 0; i < 3; i++)
        command(g, FETCH, 0, PIPELINE, "");
    say(g, 0, 10,
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 304 Not Modified\r\nConnection: "
        "close\r\n\r\n");
    command(g, FETCH, 0, CONNECT, "");
    say(g, 0, 6, "HTTP/1.1 200 OK\r\n\r\nfar away");
    program_end(g, "client-pipeline");
}

int main(int argc, char **argv)
{
    static void (*const parts[])(struct program * g) = {server, client};
    return program_main(argc, argv, parts, COUNT(parts));
}
