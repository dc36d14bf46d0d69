/* harness/endpoints/stun/stun_discovery.c - the tests of RFC 5780 section 4, one after another. */
#include "harness/endpoints/stun/stun_discovery.h"

enum {
    SECOND = 1000000,
    CHANGE_BOTH = 6,
    CHANGE_PORT = 2,
    LIFETIME_FIRST_S = 15,
    LIFETIME_STEP_S = 5
};
enum step_of { /* in the order in which they run */
               STEP_CONNECT,
               STEP_FILTER_BOTH,
               STEP_FILTER_PORT,
               STEP_MAP_FIRST,
               STEP_MAP_ADDRESS,
               STEP_MAP_PORT,
               STEP_HAIRPIN_OPEN,
               STEP_HAIRPIN,
               STEP_LIFETIME_BIND,
               STEP_LIFETIME_ASK,
               STEP_DONE,
};
enum { FLOW_A = 1, FLOW_B, FLOW_X, FLOW_Y }; /* filtering; mapping; lifetime */
struct discovery {
    struct env env;
    struct stun_discovery_config c;
    bool on, open[FLOW_Y + 1];
    flow_id base; /* flows of this discovery are those after it */
    struct stun_discover_args a;
    uint32_t token;
    enum step_of step;
    struct stun_found found;
    struct addr mapped_first, mapped_address; /* of the tests of mapping */
    struct addr mapped[FLOW_Y + 1];
    uint64_t alive_us, dead_us,
        try_us; /* of a binding: stood that long, was over after, is tried now */
    /* the test that runs; since_us 0: none, wait_us is when the next begins */
    struct stun_tested test;
    uint16_t response_port;
    flow_id flow, expect; /* expect: where the response has to come */
    uint64_t since_us, next_us, limit_us, wait_us;
    uint8_t id[16], id_n;
    uint8_t wire[256];
    size_t n;
    struct stun_attr attrs[64];
    uint8_t scratch[4096];
};

/* ---- tables ---- */

static const struct name known_v[] = {
    {STUN_NOT_KNOWN, "unknown"}, {STUN_KNOWN_NO, "no"}, {STUN_KNOWN_YES, "yes"}};
const struct names stun_known_names = {known_v, COUNT(known_v)};
static const struct name by_v[] = {
    {0, "unknown"},
    {1 + NAT_ENDPOINT_INDEPENDENT, "endpoint-independent"},
    {1 + NAT_ADDRESS_DEPENDENT, "address-dependent"},
    {1 + NAT_ADDRESS_AND_PORT_DEPENDENT, "address-and-port-dependent"}};
const struct names stun_nat_by_names = {by_v, COUNT(by_v)};
static const struct name hairpin_v[] = {
    {0, "unknown"},
    {1 + NAT_HAIRPIN_NONE, "no"},
    {1 + NAT_HAIRPIN_EXTERNAL, "yes, from the external address"},
    {1 + NAT_HAIRPIN_INTERNAL, "yes, from the internal address"}};
const struct names stun_nat_hairpin_names = {hairpin_v, COUNT(hairpin_v)};
static const struct name type_v[] = {
    {STUN_NAT_UNKNOWN, "unknown"},
    {STUN_NAT_BLOCKED, "UDP blocked"},
    {STUN_NAT_OPEN, "open Internet"},
    {STUN_NAT_FIREWALL, "symmetric UDP firewall"},
    {STUN_NAT_FULL_CONE, "full cone NAT"},
    {STUN_NAT_RESTRICTED, "restricted NAT"},
    {STUN_NAT_PORT_RESTRICTED, "port restricted NAT"},
    {STUN_NAT_SYMMETRIC, "symmetric NAT"},
};
const struct names stun_nat_type_names = {type_v, COUNT(type_v)};
static const struct name kind_v[] = {{0, "success"}, {1, "timeout"}, {2, "failed"}};
static const struct names kind_names = {kind_v, COUNT(kind_v)};

static const struct field config_fields[] = {
    {.name = "server", FIELD(struct stun_discovery_config, server, F_ADDR)},
    {.name = "timeout_us", FIELD(struct stun_discovery_config, timeout_us, F_UINT)},
    {.name = "interval_us", FIELD(struct stun_discovery_config, interval_us, F_UINT)},
};
static const struct desc config_desc = {"discovery", sizeof(struct stun_discovery_config),
                                        FIELDS(config_fields), .next = NULL};
static const struct field args_fields[] = {
    {.name = "to", FIELD(struct stun_discover_args, to, F_ADDR)},
    {.name = "classic", FIELD(struct stun_discover_args, classic, F_BOOL)},
    {.name = "lifetime_us", FIELD(struct stun_discover_args, lifetime_us, F_UINT)},
};
static const struct desc args_desc = {"discover", sizeof(struct stun_discover_args),
                                      FIELDS(args_fields), .next = NULL};

static bool no_change(const void *rec)
{
    return ((const struct stun_tested *)rec)->change == 0;
}
static bool no_port(const void *rec)
{
    return ((const struct stun_tested *)rec)->response_port == 0;
}
static bool no_code(const void *rec)
{
    return ((const struct stun_tested *)rec)->code == 0;
}
#define T(m, k)                                                                                    \
    {                                                                                              \
        .name = #m, FIELD(struct stun_tested, m, k)                                                \
    }
static const struct field tested_fields[] = {
    T(name, F_CHARS),
    T(to, F_ADDR),
    {.name = "change", FIELD(struct stun_tested, change, F_UINT), .absent = no_change},
    {.name = "response_port", FIELD(struct stun_tested, response_port, F_UINT), .absent = no_port},
    T(answered, F_BOOL),
    {.name = "code", FIELD(struct stun_tested, code, F_UINT), .absent = no_code},
    T(from, F_ADDR),
    T(local, F_ADDR),
    T(mapped, F_ADDR),
    T(tries, F_UINT),
    T(rtt_us, F_UINT),
    T(time_us, F_UINT),
};
#undef T
const struct desc stun_tested_desc = {"tested", sizeof(struct stun_tested), FIELDS(tested_fields),
                                      .next = NULL};
static bool no_lifetime(const void *rec)
{
    return ((const struct stun_found *)rec)->lifetime_us == 0;
}
static bool no_lifetime_below(const void *rec)
{
    return ((const struct stun_found *)rec)->lifetime_below_us == 0;
}
#define F(m, k)                                                                                    \
    {                                                                                              \
        .name = #m, FIELD(struct stun_found, m, k)                                                 \
    }
#define N(m, words)                                                                                \
    {                                                                                              \
        .name = #m, FIELD(struct stun_found, m, F_ENUM), .names = &words                           \
    }
static const struct field found_fields[] = {
    N(kind, kind_names),
    F(server, F_ADDR),
    F(other, F_ADDR),
    F(local, F_ADDR),
    F(mapped, F_ADDR),
    N(nat, stun_known_names),
    N(mapping, stun_nat_by_names),
    N(filtering, stun_nat_by_names),
    N(hairpin, stun_nat_hairpin_names),
    N(preserved, stun_known_names),
    {.name = "rfc3489", FIELD(struct stun_found, type, F_ENUM), .names = &stun_nat_type_names},
    {.name = "lifetime_us", FIELD(struct stun_found, lifetime_us, F_UINT), .absent = no_lifetime},
    {.name = "lifetime_below_us",
     FIELD(struct stun_found, lifetime_below_us, F_UINT),
     .absent = no_lifetime_below},
    F(tests, F_UINT),
    F(why, F_CHARS),
    F(time_us, F_UINT),
};
#undef F
#undef N
const struct desc stun_found_desc = {"found", sizeof(struct stun_found), FIELDS(found_fields),
                                     .next = NULL};

/* ---- one test ---- */

static void put(struct discovery *d, const struct input *in, struct outq *q)
{
    struct pkt pkt = {.remote = d->test.to};
    uint64_t wait = SECOND / 2;

    out_send(q, d->base + d->flow, (struct span){d->wire, d->n}, &pkt);
    d->next_us = in->now_us + (wait << d->test.tries);
    d->test.tries++;
}

static void form(struct discovery *d)
{
    struct arena mem = arena_of(d->scratch, sizeof d->scratch);
    struct wr w = {d->wire, sizeof d->wire, 0, false};
    struct stun_marks marks;
    struct draft dr;

    d->id_n = d->a.classic ? 16 : 12;
    rng_fill(d->env.rng, d->id, d->id_n);
    stun_draft(&dr, &mem, STUN_REQUEST, STUN_BINDING, (struct span){d->id, d->id_n});
    if (d->test.change)
        stun_add_uint(&dr, STUN_CHANGE_REQUEST, d->test.change);
    if (d->test.response_port)
        stun_add_uint(&dr, STUN_RESPONSE_PORT, d->test.response_port);
    stun_encode(&w, &dr, &marks);
    d->n = w.n;
}

static void begin(struct discovery *d, const char *name, flow_id flow, const struct addr *to,
                  uint8_t change, const struct input *in, struct outq *q)
{
    if (!d->open[flow]) {
        struct addr any = {.family = d->found.server.family};
        out_open(q, d->base + flow, "udp", false, &any);
        d->open[flow] = true;
    }
    d->flow = d->expect = flow;
    d->test = (struct stun_tested){.name = name,
                                   .to = *to,
                                   .change = change,
                                   .response_port = d->response_port,
                                   .time_us = in->now_us};
    form(d);
    d->since_us = in->now_us ? in->now_us : 1;
    d->limit_us = in->now_us + (d->c.timeout_us ? d->c.timeout_us : 3 * SECOND);
    put(d, in, q);
}

/* The address and port that a response came to, as far as the driver knows. */
static bool is_local(const struct addr *a)
{
    static const uint8_t zero[16];
    return a->family && memcmp(a->ip, zero, sizeof zero) != 0;
}

/* ---- the order of things ---- */

static const uint64_t interval_default = 150000;

static struct addr other(const struct discovery *d, bool port)
{
    struct addr a = d->found.other;
    if (!port)
        a.port = d->found.server.port;
    return a;
}

/* Whether a step has something to find out still. */
static bool wanted(const struct discovery *d, enum step_of step)
{
    const struct stun_found *f = &d->found;
    bool two = f->other.family == f->server.family && f->other.family;

    switch (step) {
    case STEP_FILTER_BOTH:
        return two; /* RFC5780:4.4#a1 */
    case STEP_FILTER_PORT:
        return two && !f->filtering;
    case STEP_MAP_FIRST: /* also for hairpinning */
        return f->nat == STUN_KNOWN_YES;
    case STEP_MAP_ADDRESS:
        return two && f->nat == STUN_KNOWN_YES && d->mapped[FLOW_B].family;
    case STEP_MAP_PORT:
        return two && f->nat == STUN_KNOWN_YES && d->mapped_address.family && !f->mapping;
    case STEP_HAIRPIN_OPEN:
    case STEP_HAIRPIN: /* with another mapping for each address nothing can be said */
        return f->nat == STUN_KNOWN_YES && d->mapped[FLOW_B].family && d->mapped[FLOW_A].family &&
               f->mapping <= 1 + NAT_ENDPOINT_INDEPENDENT && !f->hairpin;
    case STEP_LIFETIME_BIND:
    case STEP_LIFETIME_ASK:
        return d->a.lifetime_us && f->nat == STUN_KNOWN_YES && f->tests < STUN_DISCOVERY_TESTS;
    default:
        return true;
    }
}

static void classify(struct stun_found *f)
{
    bool independent = f->filtering == 1 + NAT_ENDPOINT_INDEPENDENT;

    if (f->kind == 1)
        f->type = STUN_NAT_BLOCKED;
    else if (f->nat == STUN_KNOWN_NO)
        f->type = !f->filtering ? STUN_NAT_UNKNOWN
                  : independent ? STUN_NAT_OPEN
                                : STUN_NAT_FIREWALL;
    else if (independent)
        f->type = STUN_NAT_FULL_CONE;
    else if (f->mapping > 1 + NAT_ENDPOINT_INDEPENDENT)
        f->type = STUN_NAT_SYMMETRIC;
    else if (f->mapping && f->filtering)
        f->type = f->filtering == 1 + NAT_ADDRESS_DEPENDENT ? STUN_NAT_RESTRICTED
                                                            : STUN_NAT_PORT_RESTRICTED;
}

static void finish(struct discovery *d, const struct input *in, struct outq *q)
{
    struct stun_found *f = &d->found;

    classify(f);
    f->lifetime_us = d->alive_us;
    f->lifetime_below_us = d->dead_us;
    if (!f->kind && !f->other.family && !f->why)
        f->why = "the server tells of no second address: mapping and filtering are not known";
    struct stun_found *e = out_event(q, "found", &stun_found_desc, d->token);
    f->time_us = in->now_us;
    if (e)
        *e = *f;
    for (flow_id i = FLOW_A; i <= FLOW_Y; i++)
        if (d->open[i])
            out_put(q, OUT_CLOSE, d->base + i);
    d->on = false;
}

/* Run the test of d->step. */
static void run(struct discovery *d, const struct input *in, struct outq *q)
{
    const struct addr *server = &d->found.server;
    struct addr to;

    d->response_port = 0;
    switch (d->step) {
    case STEP_CONNECT:
        begin(d, "connectivity", FLOW_A, server, 0, in, q);
        break;
    case STEP_FILTER_BOTH:
        begin(d, "filtering: from another address", FLOW_A, server, CHANGE_BOTH, in, q);
        break;
    case STEP_FILTER_PORT:
        begin(d, "filtering: from another port", FLOW_A, server, CHANGE_PORT, in, q);
        break;
    case STEP_MAP_FIRST:
        begin(d, "mapping: to the server", FLOW_B, server, 0, in, q);
        break;
    case STEP_MAP_ADDRESS:
        to = other(d, false);
        begin(d, "mapping: to its other address", FLOW_B, &to, 0, in, q);
        break;
    case STEP_MAP_PORT:
        to = other(d, true);
        begin(d, "mapping: to its other address and port", FLOW_B, &to, 0, in, q);
        break;
    case STEP_HAIRPIN_OPEN: /* so that a filter lets the next one through */
        begin(d, "hairpinning: there", FLOW_A, &d->mapped[FLOW_B], 0, in, q);
        d->expect = FLOW_B;
        break;
    case STEP_HAIRPIN:
        begin(d, "hairpinning: and back", FLOW_B, &d->mapped[FLOW_A], 0, in, q);
        d->expect = FLOW_A;
        break;
    case STEP_LIFETIME_BIND:
        begin(d, "lifetime: a binding", FLOW_X, server, 0, in, q);
        break;
    case STEP_LIFETIME_ASK:
        d->response_port = d->mapped[FLOW_X].port;
        begin(d, "lifetime: whether it stands", FLOW_Y, server, 0, in, q);
        d->expect = FLOW_X;
        break;
    default:
        finish(d, in, q);
        break;
    }
}

/* How long a binding is left alone the next time; 0: enough is known. */
static uint64_t next_try(const struct discovery *d)
{
    uint64_t first = (uint64_t)LIFETIME_FIRST_S * SECOND, most = d->a.lifetime_us, try;

    if (!d->alive_us && !d->dead_us)
        return first < most ? first : most;
    if (!d->dead_us) {
        try = d->alive_us * 2 < most ? d->alive_us * 2 : most;
        return d->alive_us < most ?
        try:
            0;
    }
    if (d->dead_us - d->alive_us <= (uint64_t)LIFETIME_STEP_S * SECOND)
        return 0;
    return d->alive_us + (d->dead_us - d->alive_us) / 2;
}

/* To the next step; it begins when `wait_us` is over. */
static void advance(struct discovery *d, const struct input *in)
{
    uint64_t pause = d->c.interval_us ? d->c.interval_us : interval_default;

    if (d->step == STEP_LIFETIME_BIND)
        pause = d->try_us;
    if (d->step == STEP_LIFETIME_ASK && (d->try_us = next_try(d)) != 0)
        d->step = STEP_LIFETIME_BIND - 1; /* once more: RFC5780:4.6#a2 */
    do
        d->step++;
    while (d->step < STEP_DONE && !wanted(d, d->step));
    if (d->step == STEP_LIFETIME_BIND && !d->try_us)
        d->try_us = next_try(d);
    d->since_us = 0;
    d->wait_us = in->now_us + pause;
}

/* ---- what a test has shown ---- */

static void connected(struct discovery *d, const struct stun_msg *m)
{
    const struct stun_attr *o = stun_find(m, STUN_OTHER_ADDRESS);
    struct stun_found *f = &d->found;

    if (!o)
        o = stun_find(m, STUN_CHANGED_ADDRESS); /* a server of RFC 3489 tells it so */
    if (o && o->kind != STUN_RAW && o->v.addr.family == f->server.family &&
        !addr_eq(&o->v.addr, &f->server))
        f->other = o->v.addr;
    f->local = d->test.local;
    f->mapped = d->test.mapped;
    if (is_local(&f->local) && f->mapped.family) {
        f->nat = addr_eq(&f->local, &f->mapped) ? STUN_KNOWN_NO : STUN_KNOWN_YES;
        f->preserved = f->local.port == f->mapped.port ? STUN_KNOWN_YES : STUN_KNOWN_NO;
    }
    if (f->nat == STUN_KNOWN_NO)
        f->mapping = 1 + NAT_ENDPOINT_INDEPENDENT; /* RFC5780:4.3#a2 */
}

static void filtered(struct discovery *d, bool answered)
{
    struct stun_found *f = &d->found;
    const struct addr *from = &d->test.from;
    bool address = memcmp(from->ip, f->server.ip, sizeof from->ip) != 0,
         port = from->port != f->server.port;

    if (answered && (!port || address != (d->test.change == CHANGE_BOTH))) {
        f->why = "the server does not answer from where it is asked to: filtering is not known";
        f->other.family = 0;
    } else if (d->step == STEP_FILTER_BOTH) {
        f->filtering = answered ? 1 + NAT_ENDPOINT_INDEPENDENT : 0;
    } else {
        f->filtering = 1 + (answered ? NAT_ADDRESS_DEPENDENT : NAT_ADDRESS_AND_PORT_DEPENDENT);
    }
}

static void mapped(struct discovery *d, bool answered)
{
    struct stun_found *f = &d->found;
    const struct addr *at = &d->test.mapped;

    if (!answered)
        return;
    if (d->step == STEP_MAP_FIRST) {
        d->mapped_first = *at;
    } else if (d->step == STEP_MAP_ADDRESS) {
        d->mapped_address = *at;
        if (addr_eq(at, &d->mapped_first))
            f->mapping = 1 + NAT_ENDPOINT_INDEPENDENT;
    } else {
        f->mapping = 1 + (addr_eq(at, &d->mapped_address) ? NAT_ADDRESS_DEPENDENT
                                                          : NAT_ADDRESS_AND_PORT_DEPENDENT);
    }
}

static void hairpinned(struct discovery *d, bool answered)
{
    struct stun_found *f = &d->found;
    bool internal = memcmp(d->test.from.ip, f->local.ip, sizeof f->local.ip) == 0;

    if (answered)
        f->hairpin = 1 + (internal ? NAT_HAIRPIN_INTERNAL : NAT_HAIRPIN_EXTERNAL);
    else if (d->step == STEP_HAIRPIN)
        f->hairpin = 1 + NAT_HAIRPIN_NONE;
}

static void lasted(struct discovery *d, bool answered)
{
    if (d->test.code) { /* RFC5780:5#1 */
        d->found.why = "the server does not take RESPONSE-PORT: lifetimes are not known";
        d->a.lifetime_us = d->alive_us = d->dead_us = 0;
    } else if (answered) {
        d->alive_us = d->try_us > d->alive_us ? d->try_us : d->alive_us;
    } else {
        d->dead_us = d->try_us;
    }
}

static void shown(struct discovery *d, bool answered, const struct stun_msg *m)
{
    struct stun_found *f = &d->found;

    switch (d->step) {
    case STEP_CONNECT:
        f->kind = answered ? 0 : d->test.code ? 2 : 1;
        if (answered)
            connected(d, m);
        else if (f->kind == 2)
            f->why = "the server refuses a Binding request";
        break;
    case STEP_FILTER_BOTH:
    case STEP_FILTER_PORT:
        filtered(d, answered);
        break;
    case STEP_MAP_FIRST:
    case STEP_MAP_ADDRESS:
    case STEP_MAP_PORT:
        mapped(d, answered);
        break;
    case STEP_HAIRPIN_OPEN:
    case STEP_HAIRPIN:
        hairpinned(d, answered);
        break;
    case STEP_LIFETIME_ASK:
        lasted(d, answered);
        break;
    default:
        break;
    }
    if (answered && d->test.mapped.family && d->flow == d->expect)
        d->mapped[d->flow] = d->test.mapped;
}

static void over(struct discovery *d, bool answered, const struct stun_msg *m,
                 const struct input *in, struct outq *q)
{
    d->test.answered = answered;
    struct stun_tested *e = out_event(q, "tested", &stun_tested_desc, 0);
    if (e)
        *e = d->test;
    d->found.tests++;
    shown(d, answered, m);
    advance(d, in);
}

/* ---- inputs ---- */

static void message(struct discovery *d, const struct input *in, struct outq *q)
{
    struct findings none = {0};
    struct stun_msg m;
    bool hairpin = d->step == STEP_HAIRPIN_OPEN || d->step == STEP_HAIRPIN;

    if (!d->since_us || stun_decode(in->data, &m, d->attrs, COUNT(d->attrs), &none) != STEP_ITEM ||
        !span_eq(m.transaction, (struct span){d->id, d->id_n}))
        return;
    if (m.cls != (hairpin ? STUN_REQUEST : STUN_SUCCESS) && m.cls != STUN_ERROR)
        return;
    const struct stun_attr *at = stun_find(&m, STUN_XOR_MAPPED_ADDRESS),
                           *code = stun_find(&m, STUN_ERROR_CODE);
    if (!at)
        at = stun_find(&m, STUN_MAPPED_ADDRESS);
    d->test.from = in->pkt.remote;
    d->test.local = in->pkt.local;
    d->test.rtt_us = in->now_us - d->since_us;
    if (at && at->kind != STUN_RAW)
        d->test.mapped = at->v.addr;
    if (m.cls == STUN_ERROR)
        d->test.code = code && code->kind == STUN_CODE ? code->v.code : 400;
    over(d, m.cls != STUN_ERROR && in->flow == d->base + d->expect, &m, in, q);
}

static void discover(struct discovery *d, const struct input *in, struct outq *q)
{
    const struct stun_discover_args *a = in->rec;
    struct stun_found *e;

    if (d->on || !(a->to.family || d->c.server.family)) {
        e = out_event(q, "found", &stun_found_desc, in->token);
        if (e) {
            e->kind = 2;
            e->why = d->on ? "a discovery runs already" : "nobody said where the server is";
        }
        return;
    }
    d->a = *a;
    d->found = (struct stun_found){.server = a->to.family ? a->to : d->c.server};
    d->token = in->token;
    d->step = STEP_CONNECT;
    d->on = true;
    d->base += FLOW_Y;
    memset(d->open, 0, sizeof d->open);
    memset(d->mapped, 0, sizeof d->mapped);
    d->mapped_first = d->mapped_address = (struct addr){0};
    d->alive_us = d->dead_us = d->try_us = 0;
    run(d, in, q);
}

static void timers(struct discovery *d, const struct input *in, struct outq *q)
{
    if (!d->on)
        return;
    if (!d->since_us) {
        if (d->wait_us <= in->now_us)
            run(d, in, q);
    } else if (d->limit_us <= in->now_us) {
        over(d, false, NULL, in, q);
    } else if (d->next_us <= in->now_us) {
        put(d, in, q);
        if (d->test.tries >= STUN_DISCOVERY_TRIES)
            d->next_us = NO_DEADLINE;
    }
}

static uint64_t deadline(const void *self)
{
    const struct discovery *d = self;

    if (!d->on)
        return NO_DEADLINE;
    if (!d->since_us)
        return d->wait_us;
    return d->next_us < d->limit_us ? d->next_us : d->limit_us;
}

static void input(void *self, const struct input *in, struct outq *q)
{
    struct discovery *d = self;

    switch (in->kind) {
    case IN_START:
        d->c = *(const struct stun_discovery_config *)in->rec;
        break;
    case IN_COMMAND:
        discover(d, in, q);
        break;
    case IN_TIMER:
        timers(d, in, q);
        break;
    case IN_BYTES:
        message(d, in, q);
        break;
    default: /* a test that is refused by ICMP is one that nothing answers */
        break;
    }
}

static const struct verb verbs[] = {{"discover", &args_desc, true}};
const struct endpoint_class stun_discovery_class = {
    .name = "stun.discovery",
    .size = sizeof(struct discovery),
    .verbs = verbs,
    .n_verbs = COUNT(verbs),
    .config = &config_desc,
    .input = input,
    .deadline = deadline,
};
