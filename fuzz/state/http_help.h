/* fuzz/state/http_help.h - what the stateful targets of HTTP share: what went over each connection, and how it is
 * judged. */
#ifndef FUZZ_STATE_HTTP_HELP_H
#define FUZZ_STATE_HTTP_HELP_H
#include "fuzz/state/rig.h"
#include "harness/endpoints/http/http_endpoint.h"

enum { HTTP_LINES = 256, HTTP_CAME = 8192, HTTP_WENT = 32768 };
struct http_line { /* a connection */
    flow_id flow;
    bool script; /* a command has sent octets of its own: not judged */
    bool lost;   /* more than there is room for: not judged */
    size_t came_n, went_n;
    /* of all that went out but 100, which pieces call for and a whole request does not */
    uint64_t went_hash;
    uint8_t came[HTTP_CAME], went[HTTP_WENT];
};
struct http_seen {
    struct http_line lines[HTTP_LINES];
    size_t n;
    uint64_t events; /* a hash of what was told, but for octets whose end is that of a piece */
    uint64_t data;   /* and of those behind CONNECT and Upgrade */
};
void http_seen_begin(struct http_seen *s);
/* NULL: more than there is room for. */
struct http_line *http_line_of(struct http_seen *s, flow_id flow);
void http_line_came(struct http_seen *s, flow_id flow, struct span octets);
void http_line_went(struct http_seen *s, flow_id flow, struct span octets, bool script);
void http_seen_event(struct http_seen *s, const struct output *o);
/* What went over a connection are clean responses to what came, in its order; clean requests. */
void http_judge_responses(const struct http_line *l);
void http_judge_requests(const struct http_line *l);
/* Run a program twice, with its pieces and whole: nothing but what is said above may differ. `seen` is of `ctx`. */
void http_state_run(const struct rig_class *rc, void *ctx, struct http_seen *seen,
                    struct span octets);
#endif
