/* harness/cli/cmd_prove.c - rtclab prove: cases against every fault and every variant of our own
 * endpoint, in virtual time; those about TLS on the wire live, against the faults of the TLS layers.
 * A fault is caught only by a failed check that cites its clause. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "harness/cli/plan.h"
#include "harness/core/registry.h"
#include "harness/drivers/tls_live.h"

enum which { /* of the cases that a deviation can act on */
             ALL,
             CITING,  /* whose text cites the fault's clause */
             OTHERS,  /* whose text does not, but what they share with others may */
             UNPROVEN /* that no fault has made fail so far */
};
struct world_run { /* one deviation, or a seeded pair of variants, against every case */
    const struct endpoint_class *cls; /* NULL: a layer, whatever the role */
    const struct deviation *dev;
    bool variant;
    const char *names[3];
    char title[128];
    enum which which;
    const struct canary *canary; /* against robustness cases alone */
};
struct job {
    struct cli cli;
    struct plan plan;
    struct profile profile;
    struct run_options o;
    struct case_run *runs;
    struct case_result *results;
    size_t n;
    bool *proven;       /* by case */
    bool *catches;      /* by case, then by place of the fault among all that there are */
    const char **names; /* of those faults */
    size_t n_names, all_faults;
    bool quick;   /* faults: of each case one instance for UDP, one for TCP */
    bool stopped; /* interrupted */
    size_t faults, caught, variants, condemned, inert, harness_errors;
    size_t canaries,
        deaf; /* what a canary was run against and came to harm in; what did not notice */
    struct record out;
    struct rec rec;
};

static const struct option options[] = {
    CLI_OPTIONS, {"pairs", required_argument, NULL, 2000}, {"quick", no_argument, NULL, 2001}, {0}};

/* Whether a run counts now: cases about TLS on the wire run on real sockets, the others in the simulator. */
static bool counts(const struct job *j, const struct case_info *c, const struct endpoint_class *cls)
{
    char name[64];

    if (case_tagged(c, "tls-wire") != j->o.live)
        return false;
    if (!cls)
        return true;
    snprintf(name, sizeof name, "%s", c->role);
    char *dash = strchr(name, '-');
    if (dash)
        *dash = '.';
    return strcmp(name, cls->name) == 0;
}

/* Whether a quick proof may leave the instance out: UDP with IPv4 and TCP with IPv6 stand for all four
 * where a case has them all. */
static bool stands_for_another(const struct job *j, const struct case_run *r)
{
    bool one = case_needs(r->c, "udp") || case_needs(r->c, "tcp") || case_needs(r->c, "ip4") ||
               case_needs(r->c, "ip6");
    bool plain = strcmp(r->transport, "udp") == 0 || strcmp(r->transport, "tcp") == 0;
    return j->quick && !one && plain && (strcmp(r->transport, "udp") == 0) != (r->family == 4);
}

static bool has_role(const struct job *j, const struct endpoint_class *cls)
{
    for (size_t i = 0; i < j->n; i++)
        if (counts(j, j->runs[i].c, cls))
            return true;
    return false;
}

/* Whether `needs` of a deviation, "auth=long" or "alternate", holds in the configuration that the case
 * gives our own endpoint; the word before '=' is a key of it. NULL: it always does. */
static bool can_matter(const struct job *j, const struct case_info *c, const char *needs)
{
    const json_t *own = json_object_get(j->profile.json, "own");
    const char *need;
    json_t *sets;
    char key[64];
    size_t n = needs ? strcspn(needs, "=") : 0;
    bool told = false; /* a word that no configuration has says nothing about cases */

    if (!needs)
        return true;
    snprintf(key, sizeof key, "%.*s", (int)n, needs);
    json_object_foreach((json_t *)(uintptr_t)own, need, sets)
    {
        told |= json_object_get(sets, key) != NULL;
    }
    if (!told)
        return true;
    for (size_t i = 0; i < CASE_NEEDS && c->needs[i]; i++) {
        const json_t *v = json_object_get(json_object_get(own, c->needs[i]), key);
        const char *text = json_is_true(v) ? "true" : json_string_value(v);
        if (v && (!needs[n] || (text && strcmp(text, needs + n + 1) == 0)))
            return true;
    }
    return false;
}

static bool cites(const struct case_info *c, const char *clause)
{
    for (size_t i = 0; i < c->n_clauses; i++)
        if (strcmp(c->clauses[i]->id, clause) == 0)
            return true;
    return c->n_clauses == COUNT(c->clauses); /* the list is full: it may */
}

static bool asked_for(const struct job *j, const struct world_run *w, const struct case_info *c)
{
    switch (w->which) {
    case CITING:
        return !w->dev || cites(c, w->dev->clause);
    case OTHERS:
        return !w->dev || !cites(c, w->dev->clause);
    case UNPROVEN:
        return !j->proven[c - j->plan.cases.v];
    default:
        return true;
    }
}

/* Whether a case is for canaries and not for faults: one of robustness, where they can tell bad input. */
static bool for_canaries(const struct case_info *c)
{
    return c->kind == 'R' && codec_named(c->protocol);
}

/* Whether a case that counts for the class is one for its faults. */
static bool has_plain(const struct job *j, const struct endpoint_class *cls)
{
    for (size_t i = 0; i < j->n; i++)
        if (counts(j, j->runs[i].c, cls) && !for_canaries(j->runs[i].c))
            return true;
    return false;
}

/* What breaks a clause is for cases about that clause, what bad input does for those of robustness. */
static bool concerned(const struct job *j, const struct world_run *w, size_t i)
{
    const struct case_info *c = j->runs[i].c;

    if (!c || !counts(j, c, w->cls))
        return false;
    return w->canary ? for_canaries(c) : !w->dev || w->variant || !for_canaries(c);
}

/* Run every case of the class's role on which the deviation can act; results of others are none. */
static void run_role(struct job *j, const struct world_run *w)
{
    size_t n = 0;
    struct case_run *some = calloc(j->n, sizeof *some);
    struct case_result *got = calloc(j->n, sizeof *got);
    size_t *place = calloc(j->n, sizeof *place);

    for (size_t i = 0; i < j->n; i++)
        if (counts(j, j->runs[i].c, w->cls))
            j->results[i] = (struct case_result){.verdict = VERDICT_PASS, .status = STATUS_SKIP};
    for (size_t i = 0; some && got && place && i < j->n; i++)
        if (concerned(j, w, i) && can_matter(j, j->runs[i].c, w->dev ? w->dev->needs : NULL) &&
            (w->variant || !stands_for_another(j, &j->runs[i])) && asked_for(j, w, j->runs[i].c)) {
            place[n] = i;
            some[n++] = j->runs[i];
        }
    j->o.faults = j->o.variants = NULL;
    j->o.canary = w->canary;
    if (w->dev || w->names[0]) {
        if (w->variant)
            j->o.variants = w->names;
        else
            j->o.faults = w->names;
    }
    if (n && some && got && place && !j->stopped) {
        pool_run(&j->o, &(struct pool_options){.jobs = j->o.live ? 8 : 2}, some, got, n);
        j->stopped = pool_interrupted();
    }
    for (size_t i = 0; i < n; i++)
        j->results[place[i]] = got[i];
    j->o.faults = j->o.variants = NULL; /* the names are the caller's */
    j->o.canary = NULL;
    free(some);
    free(got);
    free(place);
}

static const struct case_check *failed_on(const struct case_result *r, const char *clause)
{
    for (size_t i = 0; i < r->n_kept; i++)
        if (r->checks[i].verdict == VERDICT_FAIL &&
            (!clause || strcmp(r->checks[i].clause->id, clause) == 0))
            return &r->checks[i];
    return NULL;
}

static void say(struct job *j, const char *type, const char *name, const char *clause,
                const char *key, const char *const *ids, size_t n)
{
    static uint8_t text[65536];
    struct wr w = {text, sizeof text, 0, false};

    if (!j->cli.json || j->stopped)
        return;
    wr_u8(&w, '[');
    for (size_t i = 0; i < n; i++) {
        if (i)
            wr_u8(&w, ',');
        wr_json_text(&w, span_of(ids[i]));
    }
    wr_u8(&w, ']');
    rec_begin(&j->rec, type);
    rec_str(&j->rec, type, name);
    rec_str(&j->rec, "clause", clause);
    rec_json(&j->rec, key, wr_span(&w));
    rec_end(&j->rec, &j->out);
}

/* Run some of the cases under a fault and note which caught it; returns how many instances did. */
static size_t catchers(struct job *j, const struct world_run *w, size_t place, const char **ids,
                       size_t room, uint32_t *applied)
{
    size_t n = 0;

    run_role(j, w);
    for (size_t i = 0; i < j->n && !j->stopped; i++) {
        if (!concerned(j, w, i))
            continue;
        *applied += j->results[i].applied;
        if (j->results[i].verdict == VERDICT_ERROR && j->harness_errors++ < 10)
            cli_error("prove", "%s under the fault %s: %s", j->runs[i].id, w->dev->name,
                      j->results[i].why);
        if (!failed_on(&j->results[i], w->dev->clause))
            continue;
        size_t k = (size_t)(j->runs[i].c - j->plan.cases.v);
        j->proven[k] = true;
        j->catches[k * j->all_faults + place] = true;
        if (n < room)
            ids[n++] = j->runs[i].id;
    }
    return n;
}

/* The cases that cite the clause are asked first: only where none of them catches the fault may a check
 * that they all share, of a message's form or of what passes over time. */
static void prove_fault(struct job *j, const struct endpoint_class *cls,
                        const struct deviation *dev)
{
    struct world_run w = {cls, dev, false, {dev->name, NULL, NULL}, "", CITING, NULL};
    const char *ids[512] = {0};
    size_t place = j->n_names++;

    uint32_t applied = 0;

    j->names[place] = dev->name;
    size_t n = catchers(j, &w, place, ids, COUNT(ids), &applied);
    if (n == 0) {
        w.which = OTHERS;
        n = catchers(j, &w, place, ids, COUNT(ids), &applied);
    }
    if (j->stopped)
        return;
    j->faults++;
    j->caught += n > 0;
    say(j, "fault", dev->name, dev->clause, "caught_by", ids, n);
    if (!j->cli.json && (n == 0 || j->cli.verbose))
        printf("%-8s %-30s %-22s %s\n", n ? "caught" : "MISSED", dev->name, dev->clause,
               n         ? ids[0]
               : applied ? "no failed check cites its clause"
                         : "it has no effect in any case");
}

/* Whether all that failed is a SHOULD that one of the variants does not follow: that its own clause is
 * seen not to be met is what the case is there for. */
static bool forgiven(const struct world_run *w, const struct case_result *r)
{
    for (size_t i = 0; i < r->n_kept; i++) {
        bool own = false;
        if (r->checks[i].verdict != VERDICT_FAIL)
            continue;
        for (size_t k = 0; w->cls && k < w->cls->n_variants; k++)
            for (size_t n = 0; n < COUNT(w->names) && w->names[n]; n++)
                own |= strcmp(w->cls->variants[k].name, w->names[n]) == 0 &&
                       strcmp(w->cls->variants[k].clause, r->checks[i].clause->id) == 0;
        if (!own)
            return false;
    }
    return r->status == STATUS_NON_STRICT;
}

static void prove_variant(struct job *j, const struct world_run *w, const char *clause)
{
    const char *ids[512] = {0};
    size_t n = 0;

    run_role(j, w);
    if (j->stopped)
        return;
    j->variants++;
    for (size_t i = 0; i < j->n; i++) {
        if (!counts(j, j->runs[i].c, w->cls))
            continue;
        const struct case_result *r = &j->results[i];
        if (r->verdict == VERDICT_PASS || r->status == STATUS_SKIP || forgiven(w, r))
            continue;
        if (n < COUNT(ids))
            ids[n++] = j->runs[i].id;
        if (!j->cli.json)
            printf("CONDEMNED %-28s by %s: %s\n", w->title, j->runs[i].id, r->why);
    }
    uint32_t applied = 0;
    for (size_t i = 0; i < j->n; i++)
        applied += counts(j, j->runs[i].c, w->cls) ? j->results[i].applied : 0;
    if (applied == 0 && (w->dev || w->names[0]) &&
        has_plain(j, w->cls)) { /* it never came to differ: nothing is proven */
        j->inert++;
        if (!j->cli.json)
            printf("INERT    %s has no effect in any case\n", w->title);
    }
    j->condemned += n > 0;
    say(j, "variant", w->title, clause, "failed_by", ids, n);
    if (!j->cli.json && n == 0 && j->cli.verbose)
        printf("%-8s %s\n", "lawful", w->title);
}

/* The cases that no fault has made fail yet, against all of the class's faults. */
static void prove_rest(struct job *j, const struct endpoint_class *cls, size_t place)
{
    for (size_t i = 0; i < cls->n_faults && !j->stopped; i++) {
        struct world_run w = {cls, &cls->faults[i], false, {cls->faults[i].name, NULL, NULL},
                              "",  UNPROVEN,        NULL};
        const char *id;
        uint32_t applied = 0;
        catchers(j, &w, place + i, &id, 1, &applied);
    }
}

/* A canary came to harm in a case: the case has to fail. Where none came to harm nothing is shown; but a
 * case has to have brought harm to one at least, or it sends nothing bad. */
static void prove_canary(struct job *j, const struct endpoint_class *cls,
                         const struct canary *canary)
{
    struct world_run w = {.cls = cls, .canary = canary};
    const char *ids[512];
    size_t n = 0, harmed = 0;

    run_role(j, &w);
    for (size_t i = 0; i < j->n && !j->stopped; i++) {
        const struct case_result *r = &j->results[i];
        size_t k = (size_t)(j->runs[i].c - j->plan.cases.v);
        if (!concerned(j, &w, i) || r->applied == 0)
            continue;
        harmed++;
        if (r->verdict == VERDICT_FAIL) {
            j->proven[k] = true;
            if (n < COUNT(ids))
                ids[n++] = j->runs[i].id;
            continue;
        }
        j->deaf++;
        if (!j->cli.json)
            printf("UNNOTICED %s/%s: %s was %s\n", cls->name, canary->name, j->runs[i].id,
                   status_name(r->status));
    }
    j->canaries += harmed;
    if (harmed)
        say(j, "canary", canary->name, NULL, "caught_by", ids, n);
    if (!j->cli.json && j->cli.verbose && harmed)
        printf("%-8s %-30s %-22s noticed in %zu of %zu\n", "canary", canary->name, "", n, harmed);
}

static void prove_class(struct job *j, const struct endpoint_class *cls, unsigned pairs)
{
    uint64_t rng[2];

    if (!has_role(j, cls))
        return;
    struct world_run plain = {.cls = cls, .variant = true, .title = "as it is"};
    prove_variant(j, &plain, NULL);
    size_t place = j->n_names;
    for (size_t i = 0; i < cls->n_faults && has_plain(j, cls); i++)
        prove_fault(j, cls, &cls->faults[i]);
    if (has_plain(j, cls))
        prove_rest(j, cls, place);
    for (size_t i = 0; i < canaries_n; i++)
        prove_canary(j, cls, &canaries[i]);
    for (size_t i = 0; i < cls->n_variants; i++) {
        struct world_run w = {
            cls, &cls->variants[i], true, {cls->variants[i].name, NULL, NULL}, "", ALL, NULL};
        snprintf(w.title, sizeof w.title, "%s/%s", cls->name, cls->variants[i].name);
        prove_variant(j, &w, cls->variants[i].clause);
    }
    rng_seed(rng, j->cli.seed);
    for (unsigned k = 0; k < pairs && cls->n_variants > 1; k++) {
        size_t a = rng_next(rng) % cls->n_variants, b = rng_next(rng) % cls->n_variants;
        if (a == b)
            continue;
        struct world_run w = {cls, NULL, true, {cls->variants[a].name, cls->variants[b].name, NULL},
                              "",  ALL,  NULL};
        snprintf(w.title, sizeof w.title, "%s/%s+%s", cls->name, w.names[0], w.names[1]);
        prove_variant(j, &w, NULL);
    }
}

/* Cases about TLS on the wire: live on the loopback, under each fault of the live layers. */
static void prove_wire(struct job *j)
{
    const struct endpoint_class *before = NULL;
    struct world_run plain = {.variant = true, .title = "as it is, live"};

    j->o.live = true;
    if (has_role(j, NULL))
        prove_variant(j, &plain, NULL);
    for (size_t c = 0; tls_live_layers[c] && has_role(j, NULL); c++) {
        const struct endpoint_class *cls = tls_live_layers[c];
        size_t had = before ? before->n_faults : 0; /* the rows of both stand in both, first */
        for (size_t i = had; i < cls->n_faults; i++)
            prove_fault(j, NULL, &cls->faults[i]);
        before = cls;
    }
    j->o.live = false;
}

/* {case, catches}: the faults on whose clause the case failed. */
static void say_case(struct job *j, size_t i)
{
    static uint8_t text[65536];
    struct wr w = {text, sizeof text, 0, false};
    bool first = true;

    wr_u8(&w, '[');
    for (size_t f = 0; f < j->n_names; f++) {
        if (!j->catches[i * j->all_faults + f])
            continue;
        if (!first)
            wr_u8(&w, ',');
        wr_json_text(&w, span_of(j->names[f]));
        first = false;
    }
    wr_u8(&w, ']');
    rec_begin(&j->rec, "case");
    rec_str(&j->rec, "case", j->plan.cases.v[i].id);
    rec_json(&j->rec, "catches", wr_span(&w));
    rec_bool(&j->rec, "proven", j->proven[i]);
    rec_end(&j->rec, &j->out);
}

static void say_summary(struct job *j, size_t cases, size_t unproven)
{
    if (!j->cli.json) {
        printf("%zu of %zu faults caught, %zu of %zu cases proven, %zu of %zu variants and pairs "
               "condemned, %zu without effect, canaries noticed %zu of %zu times, %zu errors\n",
               j->caught, j->faults, cases - unproven, cases, j->condemned, j->variants, j->inert,
               j->canaries - j->deaf, j->canaries, j->harness_errors);
        return;
    }
    rec_begin(&j->rec, "summary");
    rec_uint(&j->rec, "faults", j->faults);
    rec_uint(&j->rec, "caught", j->caught);
    rec_uint(&j->rec, "cases", cases);
    rec_uint(&j->rec, "unproven", unproven);
    rec_uint(&j->rec, "variants", j->variants);
    rec_uint(&j->rec, "condemned", j->condemned);
    rec_uint(&j->rec, "inert", j->inert);
    rec_uint(&j->rec, "canaries", j->canaries);
    rec_uint(&j->rec, "unnoticed", j->deaf);
    rec_uint(&j->rec, "errors", j->harness_errors);
    rec_bool(&j->rec, "interrupted", j->stopped);
    rec_end(&j->rec, &j->out);
}

static int conclude(struct job *j)
{
    size_t unproven = 0, cases = 0;

    for (size_t i = 0; i < j->plan.cases.n; i++) {
        const struct case_info *c = &j->plan.cases.v[i];
        if (!j->plan.chosen[i])
            continue;
        cases++;
        if (!j->proven[i]) {
            unproven++;
            if (!j->cli.json && !j->stopped)
                printf("UNPROVEN %s: %s\n", c->id,
                       for_canaries(c) ? "no canary comes to harm in it, or none is noticed"
                                       : "no fault makes it fail on the fault's clause");
        }
        if (j->cli.json)
            say_case(j, i);
    }
    say_summary(j, cases, unproven);
    if (fflush(stdout) != 0 || ferror(stdout) || j->out.failed) {
        cli_error("prove", "standard output cannot be written");
        return EXIT_OWN_FAULT;
    }
    if (j->stopped)
        return EXIT_INTERRUPTED;
    if (j->plan.n_lost)
        return EXIT_OWN_FAULT;
    if (j->harness_errors)
        return EXIT_OWN_FAULT;
    return j->caught < j->faults || unproven || j->condemned || j->inert || j->deaf
               ? EXIT_UNEXPECTED
               : EXIT_AS_EXPECTED;
}

static bool prepare(struct job *j, char **selectors, int n)
{
    char err[512];

    if (!plan_make(&j->plan, "prove", selectors, n))
        return false;
    if (!profile_load(&j->profile, cli_share_path("scenarios"), "own", err)) {
        cli_error("prove", "%s", err);
        return false;
    }
    j->runs = calloc(j->plan.n_chosen * 8 + 1, sizeof *j->runs);
    j->results = calloc(j->plan.n_chosen * 8 + 1, sizeof *j->results);
    for (size_t p = 0; p < registry_n; p++)
        for (size_t c = 0; registry[p].classes && registry[p].classes[c]; c++)
            j->all_faults += registry[p].classes[c]->n_faults;
    for (size_t c = 0; tls_live_layers[c]; c++)
        j->all_faults += tls_live_layers[c]->n_faults;
    j->proven = calloc(j->plan.cases.n + 1, sizeof *j->proven);
    j->catches = calloc(j->plan.cases.n + 1, j->all_faults + 1);
    j->names = calloc(j->all_faults + 1, sizeof *j->names);
    if (!j->runs || !j->results || !j->proven || !j->catches || !j->names)
        return false;
    for (size_t i = 0; i < j->plan.cases.n; i++) {
        const char *why;
        if (j->plan.chosen[i])
            j->n += case_instances(&j->plan.cases.v[i], &j->profile, &why, j->runs + j->n, 8);
    }
    for (size_t i = 0; i < j->n; i++)
        j->runs[i].seed = case_seed(j->cli.seed, j->runs[i].id);
    return true;
}

static int run(int argc, char **argv)
{
    static struct job j;
    char root[1024];
    uint64_t pairs = 20;
    int opt;

    cli_init(&j.cli);
    optind = 1;
    while ((opt = cli_getopt(&cmd_prove, argc, argv, CLI_SHORT, options)) != -1) {
        if (opt == 'h')
            return cli_help(&cmd_prove);
        if (opt == 2000 && !span_uint(span_of(optarg), &pairs)) {
            cli_error("prove", "--pairs wants a number, not '%s'", optarg);
            return EXIT_USAGE;
        }
        j.quick |= opt == 2001;
        if (opt < 2000 && cli_option(&j.cli, opt, optarg) <= 0)
            return EXIT_USAGE;
    }
    if (!j.cli.seeded)
        j.cli.seed = 1;
    if (!prepare(&j, argv + optind, argc - optind))
        return EXIT_USAGE;
    snprintf(root, sizeof root, "%s", cli_share_path("scenarios"));
    j.out.fd = 1;
    j.o = (struct run_options){.root = root,
                               .profile = &j.profile,
                               .scale = 1,
                               .own = true,
                               .level = MAY,
                               .port_base = 27000};
    for (size_t p = 0; p < registry_n; p++)
        for (size_t c = 0; registry[p].classes && registry[p].classes[c]; c++)
            prove_class(&j, registry[p].classes[c], (unsigned)pairs);
    prove_wire(&j);
    int status = conclude(&j);
    profile_free(&j.profile);
    plan_free(&j.plan);
    free(j.runs);
    free(j.results);
    free(j.proven);
    free(j.catches);
    free(j.names);
    return status;
}

const struct command cmd_prove = {
    "prove", "cases against every fault and variant of our own endpoints", run,
    "usage: rtclab prove [SELECTOR...] [OPTION...]\n\n"
    "A fault breaks a clause: a case has to fail on exactly that clause. A variant is lawful: no "
    "case\n"
    "may fail under it, nor under seeded pairs of variants. One that leaves a SHOULD may "
    "be\n"
    "told so, on its own clause alone.\n"
    "A robustness case has to notice each canary that comes to harm in it: our own endpoint that\n"
    "dies, hangs or babbles.\n\n"
    "  --pairs N   how many pairs (20)\n"
    "  --quick     faults on two of the four instances of a case\n\n"
    "example:\n"
    "  rtclab prove stun\n"};
