/* harness/endpoints/http/http_client_dev.c - how a client can break the standard, and how it can differ and keep to
 * it. */
#include "harness/endpoints/http/http_client.h"

#define GET "request/GET/plain"
#define POST "request/POST/body"
#define CHUNKED "request/POST/chunked"

const struct deviation http_client_faults[HTTP_CLIENT_FAULTS] = {
    /* form: RFC 9112 sections 2 to 7 */
    {"method-no-token", "RFC9112:3.1#a1", GET, DEV_SET, "method", "G(T", NULL},
    {"two-spaces", "RFC9112:3#a1", GET, DEV_SET, "method", "GET ", NULL},
    {"version-in-small-letters", "RFC9112:2.3#a1", GET, DEV_SET, "version", "http/1.1", NULL},
    {"target-absolute", "RFC9112:3.2.1#1", GET, DEV_SET, "target", "http://interop.test/", NULL},
    {"target-empty", "RFC9112:3.2.1#2", GET, DEV_SET, "target", "?x", NULL},
    {"target-with-fragment", "RFC9112:3.2#a2", GET, DEV_SET, "target", "/#x", NULL},
    {"target-unescaped", "RFC3986:2#a1", GET, DEV_SET, "target", "/\"x\"", NULL},
    {"host-missing", "RFC9112:3.2#3", GET, DEV_DROP, "headers/Host", NULL, NULL},
    {"host-with-user", "RFC9112:3.2#4", GET, DEV_SET, "headers/Host/value", "alice@interop.test",
     NULL},
    {"host-malformed", "RFC9110:7.2#a1", GET, DEV_SET, "headers/Host/value", "[::1", NULL},
    {"host-last", "RFC9110:7.2#2", GET, DEV_LAST, "headers/Host", NULL, NULL},
    {"blank-line-lf", "RFC9112:2.1#a1", GET, DEV_SET, "blank", "\n", NULL},
    {"space-before-colon", "RFC9112:5.1#a1", GET, DEV_SET, "headers/User-Agent/name", "User-Agent ",
     NULL},
    {"value-folded", "RFC9112:5.2#1", GET, DEV_SET, "headers/User-Agent/value", "a\r\n b", NULL},
    {"value-with-cr", "RFC9112:2.2#3", GET, DEV_SET, "headers/User-Agent/value", "a\rb", NULL},
    {"value-with-nul", "RFC9110:5.5#a1", GET, DEV_SET, "headers/User-Agent/value", "hex:610062",
     NULL},
    {"name-no-token", "RFC9112:5#a2", GET, DEV_SET, "headers/User-Agent/name", "User(Agent", NULL},
    {"line-without-colon", "RFC9112:5#a1", GET, DEV_SET, "headers/User-Agent/line", "nothing\r\n",
     NULL},
    {"empty-line-behind", "RFC9112:2.2#5", POST, DEV_SET, "rest", "\r\n", NULL},
    {"length-missing", "RFC9112:6.3#12", POST, DEV_DROP, "headers/Content-Length", NULL, NULL},
    {"length-too-small", "RFC9112:6.3#12", POST, DEV_SET, "headers/Content-Length/value", "1",
     NULL},
    {"length-no-number", "RFC9112:6.3#4a", POST, DEV_SET, "headers/Content-Length/value", "five",
     NULL},
    {"length-without-content", "RFC9110:8.6#2", GET, DEV_ADD, "headers", "Content-Length=0", NULL},
    {"both-lengths", "RFC9112:6.2#1", CHUNKED, DEV_ADD, "headers", "Content-Length=5", NULL},
    {"chunked-not-last", "RFC9112:6.1#3", CHUNKED, DEV_SET, "headers/Transfer-Encoding/value",
     "chunked, gzip", NULL},
    {"chunked-twice", "RFC9112:6.1#2", CHUNKED, DEV_SET, "headers/Transfer-Encoding/value",
     "chunked, chunked", NULL},
    {"chunk-of-no-size", "RFC9112:7.1#a2", CHUNKED, DEV_SET, "chunks/0/line", "z\r\n", NULL},
    {"te-without-connection", "RFC9112:7.4#3", GET, DEV_ADD, "headers", "TE=trailers", NULL},
    {"te-with-chunked", "RFC9112:7.4#1", GET, DEV_ADD, "headers", "TE=chunked", NULL},
    {"agent-unnamed", "RFC9110:10.1.5#1", "request", DEV_DROP, "headers/User-Agent", NULL, NULL},
    {"expects-nothing", "RFC9110:10.1.1#2", GET, DEV_ADD, "headers", "Expect=100-continue", NULL},
    /* Expect: RFC 9110 section 10.1.1 */
    {"waits-for-ever", "RFC9110:10.1.1#5", "timer/continue", DEV_SCALE, NULL, "1000000", NULL},
    {"waits-unsaid", "RFC9110:10.1.1#3", POST, DEV_DROP, "headers/Expect", NULL, NULL},
    {"expects-always", "RFC9110:10.1.1#6", "flag", DEV_FLAG, NULL, NULL, NULL},
    /* responses */
    {"head-read-as-get", "RFC9112:6.3#a1", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"interim-taken-for-final", "RFC9110:15.2#2", "flag", DEV_FLAG, NULL, NULL, NULL},
    /* connections: RFC 9112 section 9 */
    {"connection-each", "RFC9112:9.3#1", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"goes-on-after-close", "RFC9112:9.6#2a", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"stays-after-own-close", "RFC9112:9.6#2b", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"stays-after-close", "RFC9112:9.6#8a", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"stays-on-stray", "RFC9112:9.2#2b", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"pipelines-after-any", "RFC9112:9.3.2#5", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"never-again", "RFC9112:9.3.2#3", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"any-method-again", "RFC9110:9.2.2#1", "flag", DEV_FLAG, NULL, NULL, NULL},
    /* RFC 7616, RFC 7617 */
    {"nc-not-raised", "RFC7616:3.4#a9", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"nc-quoted", "RFC7616:3.4#7", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"cnonce-left-out", "RFC7616:3.4#3", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"opaque-left-out", "RFC7616:3.4#a2", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"qop-of-its-own", "RFC7616:3.4#2", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"uri-of-its-own", "RFC7616:3.4.6#1", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"response-of-its-own", "RFC7616:3.4.1#a1", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"refused-tried-again", "RFC7616:3.3#7", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"stale-nonce-kept", "RFC7616:3.6#a1", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"nextnonce-ignored", "RFC7616:3.5#4", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"basic-preferred", "RFC7616:5.6#2", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"credentials-everywhere", "RFC7617:2.2#a1", "flag", DEV_FLAG, NULL, NULL, NULL},
};

const struct deviation http_client_variants[HTTP_CLIENT_VARIANTS] = {
    {"names-in-small-letters", "RFC9112:5#a2", "request", DEV_SET, "headers/Content-Length/name",
     "content-length", NULL},
    {"fields-of-its-own", "RFC9110:5.1#2", "request", DEV_ADD, "headers", "X-Other=a,b;c=\"d\"",
     NULL},
    {"accept-said", "RFC9110:5.1#2", "request", DEV_ADD, "headers", "Accept=*/*", NULL},
    {"keep-alive-said", "RFC9112:9.3#a2", "request/GET", DEV_ADD, "headers",
     "Connection=keep-alive", NULL},
    {"chunk-extensions", "RFC9112:7.1.1#1", CHUNKED, DEV_SET, "chunks/0/ext", ";a=\"b\"", NULL},
    {"stream-in-octets", "RFC9112:2.2#1", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"strongest-first", "RFC7616:3.7#3", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"stale-given-up", "RFC7616:3.3#7", "flag", DEV_FLAG, NULL, NULL, NULL},
    {"integrity-where-offered", "RFC7616:3.3#a10", "flag", DEV_FLAG, NULL, NULL, NULL},
};
