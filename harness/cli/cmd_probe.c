/* harness/cli/cmd_probe.c - rtclab probe: a few requests to a live target, and a first profile of it.
 * What is asked stands in scenarios/PROTOCOL/probe.lua; it runs as a case, whose claims become members
 * of a profile where the schema of profiles knows them, and evidence otherwise. */
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>
#include "harness/cli/cli_tls.h"
#include "harness/cli/plan.h"
#include "harness/core/file.h"
#include "harness/core/registry.h"

static const char *const transports[] = {"udp", "tcp", "tls", "dtls"};

struct job {
    struct cli cli;
    struct run_options o;
    struct tls_options tls;
    struct url_says url;
    struct addr target[2];
    const char *text, *out; /* the URL; where the profile goes, NULL: nowhere */
    json_t *claims;         /* {claim, value, why, over} in the order in which they came */
    json_t *schema;         /* the properties of profiles */
    bool failed;            /* the probe itself is at fault */
    struct record record;
    char record_path[512], root[1024]; /* of the runs; the folder of scenarios */
};

/* ---- asking ---- */

/* One run a transport over the family of `target`. */
static void ask(struct job *j, struct case_info *c, const struct addr *target)
{
    struct case_run runs[COUNT(transports)];
    static struct case_result got[COUNT(transports)];

    j->o.target = *target;
    for (size_t i = 0; i < COUNT(transports); i++) {
        runs[i] = (struct case_run){.c = c, .transport = transports[i], .family = target->family};
        snprintf(runs[i].id, sizeof runs[i].id, "%s[%s,ip%d]", c->id, transports[i],
                 target->family == 6 ? 6 : 4);
        runs[i].seed = case_seed(j->cli.seed, runs[i].id);
    }
    memset(got, 0, sizeof got);
    pool_run(&j->o, &(struct pool_options){.jobs = COUNT(transports)}, runs, got,
             COUNT(transports));
    for (size_t i = 0; i < COUNT(transports); i++)
        if (got[i].verdict == VERDICT_ERROR) {
            cli_error("probe", "%s: %s", runs[i].id, got[i].why);
            j->failed = true;
        }
}

static const char *text_of(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    return text ? text : "";
}

/* Members of profiles first, then by name and value: the transports end in any order. */
static int by_claim(const struct job *j, const json_t *a, const json_t *b)
{
    const char *x = text_of(a, "claim"), *y = text_of(b, "claim");
    int members = (json_object_get(j->schema, y) != NULL) - (json_object_get(j->schema, x) != NULL);
    int names = strcmp(x, y);

    return members ? members : names ? names : strcmp(text_of(a, "value"), text_of(b, "value"));
}

/* The same claim over another transport is one claim. */
static void take_claim(struct job *j, const json_t *line)
{
    char over[32];
    size_t i = 0, k = 0;
    json_t *list;

    snprintf(over, sizeof over, "%s/%s", text_of(line, "transport"), text_of(line, "family"));
    while (i < json_array_size(j->claims) && by_claim(j, json_array_get(j->claims, i), line) < 0)
        i++;
    json_t *c = json_array_get(j->claims, i);
    if (!c || by_claim(j, c, line) != 0) {
        c = json_pack("{s:s, s:s, s:s, s:s, s:[]}", "type", "claim", "claim",
                      text_of(line, "claim"), "value", text_of(line, "value"), "why",
                      text_of(line, "why"), "over");
        json_array_insert_new(j->claims, i, c);
    }
    list = json_object_get(c, "over");
    while (k < json_array_size(list) &&
           strcmp(json_string_value(json_array_get(list, k)), over) < 0)
        k++;
    json_array_insert_new(list, k, json_string(over));
}

static void read_claims(struct job *j, const char *path)
{
    char *text = file_text(path, NULL);

    for (char *at = text, *end; at && (end = strchr(at, '\n')); at = end + 1) {
        json_t *line = json_loadb(at, (size_t)(end - at), 0, NULL);
        if (strcmp(text_of(line, "type"), "claim") == 0)
            take_claim(j, line);
        json_decref(line);
    }
    free(text);
}

/* Run `c` over all transports and families, its record in a temporary file, and read the claims. */
static void ask_all(struct job *j, struct case_info *c)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(j->record_path, sizeof j->record_path, "%s/rtclab-probe-XXXXXX", tmp ? tmp : P_tmpdir);
    int fd = mkstemp(j->record_path);
    if (fd < 0 || !record_open(&j->record, j->record_path)) {
        cli_error("probe", "%s cannot be written", j->record_path);
        j->failed = true;
    } else {
        for (size_t f = 0; f < 2 && !j->failed && !pool_interrupted(); f++)
            if (j->target[f].family)
                ask(j, c, &j->target[f]);
        record_close(&j->record);
        read_claims(j, j->record_path);
    }
    if (fd >= 0) {
        unlink(j->record_path);
        close(fd);
    }
}

/* Run the probe of one protocol; false: it has none. */
static bool probe_protocol(struct job *j, const char *protocol)
{
    char id[64], role[64], suite[] = "probe", title[] = "what it does", file[96], word[32];

    snprintf(file, sizeof file, "scenarios/%s/probe.lua", protocol);
    char *source = file_text(cli_share_path(file), NULL);
    if (!source)
        return false;
    snprintf(id, sizeof id, "%s-probe", protocol);
    snprintf(role, sizeof role, "%s-server", protocol);
    snprintf(word, sizeof word, "%s", protocol);
    ask_all(j, &(struct case_info){.id = id,
                                   .title = title,
                                   .role = role,
                                   .protocol = word,
                                   .suite = suite,
                                   .file = file,
                                   .kind = 'V',
                                   .line = 1,
                                   .last_line = 1,
                                   .version = 1,
                                   .source = source});
    free(source);
    return true;
}

static bool reached(const struct job *j)
{
    json_t *c;
    size_t i;

    json_array_foreach(j->claims, i, c)
    {
        if (strcmp(text_of(c, "claim"), "transports") == 0)
            return true;
    }
    return false;
}

/* The scheme names the protocol; without one each that has a probe is tried until one is answered. */
static bool probe_all(struct job *j)
{
    size_t n = strspn(j->text, "abcdefghijklmnopqrstuvwxyz"), tried = 0;
    const char *rest = j->text + n + 1; /* "host:3478" has no scheme */
    bool named = j->text[n] == ':' && (!rest[0] || rest[strspn(rest, "0123456789")]);

    for (size_t p = 0; p < registry_n && !reached(j) && !j->failed; p++) {
        size_t len = strlen(registry[p].name);
        bool this = strncmp(registry[p].name, j->text, len) == 0 &&
                    (n == len || (n == len + 1 && j->text[len] == 's'));
        if (!named || this)
            tried += probe_protocol(j, registry[p].name);
    }
    if (!tried)
        cli_error("probe", "there is no probe for '%s'", j->text);
    return tried > 0;
}

/* ---- the profile ---- */

/* "tls.fingerprint": the member of the schema, and where it goes. NULL: profiles have no such. */
static const json_t *member_of(const struct job *j, const char *claim, json_t *profile,
                               json_t **where, const char **key)
{
    const char *dot = strchr(claim, '.');
    char outer[32];

    *where = profile;
    *key = claim;
    if (!dot)
        return json_object_get(j->schema, claim);
    snprintf(outer, sizeof outer, "%.*s", (int)(dot - claim), claim);
    const json_t *inner = json_object_get(json_object_get(j->schema, outer), "properties");
    *key = dot + 1;
    if (!json_object_get(inner, *key))
        return NULL;
    if (!json_object_get(profile, outer))
        json_object_set_new(profile, outer, json_object());
    *where = json_object_get(profile, outer);
    return json_object_get(inner, *key);
}

static void over_text(const json_t *c, char out[512])
{
    json_t *over = json_object_get(c, "over"), *word;
    struct wr w = {(uint8_t *)out, 511, 0, false};
    size_t i;

    json_array_foreach(over, i, word)
    {
        wr_text(&w, i ? ", " : "");
        wr_text(&w, json_string_value(word));
    }
    out[w.n] = '\0';
}

static json_t *profile_of(const struct job *j)
{
    json_t *profile = json_pack("{s:i, s:s, s:s, s:[], s:[], s:[]}", "schema", 1, "name", "probed",
                                "title", j->text, "transports", "families", "supports");
    json_t *evidence = json_object(), *c;
    size_t i;

    json_array_foreach(j->claims, i, c)
    {
        const char *claim = text_of(c, "claim"), *key;
        json_t *value = json_object_get(c, "value"), *where;
        const json_t *m = member_of(j, claim, profile, &where, &key);
        const char *type = json_string_value(json_object_get(m, "type"));
        char name[160], why[1024], over[512];

        if (type && strcmp(type, "array") == 0) {
            if (!json_object_get(where, key))
                json_object_set_new(where, key, json_array());
            json_array_append(json_object_get(where, key), value);
        } else if (type && strcmp(type, "string") == 0 && !json_object_get(where, key)) {
            json_object_set(where, key, value);
        }
        over_text(c, over);
        snprintf(name, sizeof name, "%s: %s", claim, json_string_value(value));
        snprintf(why, sizeof why, "%s (%s)", text_of(c, "why"), over);
        json_object_set_new(evidence, name, json_string(why));
    }
    json_object_set_new(profile, "evidence", evidence);
    return profile;
}

/* ---- telling ---- */

static void tell(const struct job *j, const json_t *profile)
{
    json_t *c;
    size_t i;
    char over[512];

    json_array_foreach(j->claims, i, c)
    {
        if (j->cli.json) {
            json_dumpf(c, stdout, JSON_COMPACT);
            putchar('\n');
            continue;
        }
        over_text(c, over);
        if (!j->cli.quiet)
            printf("%-18s %s\n%-18s   %s (%s)\n", text_of(c, "claim"), text_of(c, "value"), "",
                   text_of(c, "why"), over);
    }
    if (j->cli.json) {
        json_t *last = json_pack("{s:s, s:b, s:O}", "type", "summary", "reached", (int)reached(j),
                                 "profile", profile);
        json_dumpf(last, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(last);
    }
}

static int conclude(struct job *j)
{
    json_t *profile = profile_of(j);
    int status = j->failed            ? EXIT_OWN_FAULT
                 : pool_interrupted() ? EXIT_INTERRUPTED
                 : reached(j)         ? EXIT_AS_EXPECTED
                                      : EXIT_UNREACHED;

    tell(j, profile);
    if (status == EXIT_UNREACHED)
        cli_error("probe", "%s was never reached: nothing came back over any transport", j->text);
    if (status == EXIT_AS_EXPECTED && j->out &&
        json_dump_file(profile, j->out, JSON_INDENT(2)) != 0) {
        cli_error("probe", "%s cannot be written", j->out);
        status = EXIT_OWN_FAULT;
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        cli_error("probe", "standard output cannot be written");
        status = EXIT_OWN_FAULT;
    }
    json_decref(profile);
    return status;
}

/* ---- the command ---- */

static int read_options(struct job *j, int argc, char **argv)
{
    static const struct option options[] = {CLI_OPTIONS,
                                            {"out", required_argument, NULL, 'o'},
                                            {"timeout-scale", required_argument, NULL, 2000},
                                            {0}};
    char *end = NULL;
    int opt;

    cli_init(&j->cli);
    optind = 0;
    while ((opt = cli_getopt(&cmd_probe, argc, argv, CLI_SHORT "o:", options)) != -1) {
        if (opt == 'h')
            return 1 + cli_help(&cmd_probe);
        if (opt == 'o') {
            j->out = optarg;
        } else if (opt == 2000) {
            j->o.scale = strtod(optarg, &end);
            if (end == optarg || *end || !(j->o.scale > 0 && j->o.scale <= 1000)) {
                cli_error("probe",
                          "--timeout-scale wants a number above 0 and up to 1000, not '%s'",
                          optarg);
                return 1 + EXIT_USAGE;
            }
        } else if (cli_option(&j->cli, opt, optarg) <= 0) {
            return 1 + EXIT_USAGE;
        }
    }
    if (argc - optind != 1) {
        cli_error("probe", "name one target, such as stun:127.0.0.1:3478");
        return 1 + EXIT_USAGE;
    }
    j->text = argv[optind];
    return 0;
}

static bool prepare(struct job *j)
{
    json_t *schema;

    if (!cli_share()) {
        cli_error("probe", "the folder of scenarios is not found; RTCLAB_SHARE can name it");
        return false;
    }
    if (!cli_url("probe", j->text, &j->url) || !target_both("probe", j->text, j->target))
        return false;
    schema = json_load_file(cli_share_path("scenarios/profiles/schema.json"), 0, NULL);
    j->schema = json_incref(json_object_get(schema, "properties"));
    json_decref(schema);
    if (!j->schema) {
        cli_error("probe", "the schema of profiles cannot be read");
        return false;
    }
    j->tls.server_name = span_of(j->url.host);
    j->o.tls = &j->tls;
    snprintf(j->root, sizeof j->root, "%s", cli_share_path("scenarios"));
    j->o.root = j->root;
    j->o.record = &j->record;
    j->o.live = true;
    j->o.level = MAY;
    j->o.port_base = 26000;
    if (!j->cli.seeded)
        j->cli.seed = seed_fresh();
    j->claims = json_array();
    return true;
}

static int run(int argc, char **argv)
{
    static struct job j;
    int status;

    memset(&j, 0, sizeof j);
    j.o.scale = 1;
    if ((status = read_options(&j, argc, argv)) != 0)
        return status - 1;
    status = prepare(&j) && probe_all(&j) ? conclude(&j) : EXIT_USAGE;
    json_decref(j.claims);
    json_decref(j.schema);
    return status;
}

const struct command cmd_probe = {
    "probe", "what a live target does, and a first profile of it", run,
    "usage: rtclab probe URL [-o FILE]\n\n"
    "Asks the target a few lawful things over each transport, on its IPv4 and its IPv6 address, "
    "and\n"
    "says what it learned: transports that answer, software, authentication, extensions. Each "
    "claim\n"
    "has what it rests on. What was not seen is not claimed: accounts and timers are yours to "
    "add.\n\n"
    "  -o, --out FILE     write a profile that 'rtclab test --profile FILE' takes; each claim's\n"
    "                     evidence stands in it\n"
    "  --timeout-scale X  every wait takes X times as long (default 1)\n"
    "  --json             an object a claim, then a summary with the profile\n"
    "  -q, --quiet        nothing but the exit status, and the profile\n\n"
    "examples:\n"
    "  rtclab probe stun:127.0.0.1:3478\n"
    "  rtclab probe stun:stun.example.org -o mine.json\n"
    "  rtclab test stun-server --target stun:stun.example.org --profile ./mine.json\n\n"
    "Exit status: 0 it answered, 2 usage or a name that cannot be resolved, 3 it was never "
    "reached,\n"
    "4 the probe is at fault, or a file cannot be written, 5 interrupted.\n"};
