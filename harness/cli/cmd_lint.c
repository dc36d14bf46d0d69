/* harness/cli/cmd_lint.c - rtclab lint: each violation in a capture, a line each. */
#include "harness/cli/lint_sarif.h"

/* FILE:FRAME:OCTET CLAUSE LEVEL what */
static void line(struct view *v, struct wr *w, const char *file, uint32_t frame,
                 const struct finding *f, const struct watch_finding *over)
{
    const char *paint = level_strict(f->level) ? "\033[31m" : "\033[33m";

    wr_text(w, file);
    wr_u8(w, ':');
    wr_dec(w, frame);
    wr_u8(w, ':');
    wr_dec(w, f->off);
    wr_u8(w, ' ');
    wr_text(w, f->clause);
    wr_u8(w, ' ');
    wr_text(w, v->cli.color ? paint : "");
    wr_text(w, level_name(f->level));
    wr_text(w, v->cli.color ? "\033[0m " : " ");
    finding_words(w, f);
    view_text_over(w, over);
    wr_u8(w, '\n');
}

/* What is odd in a stream: whether the peer or the capture is to blame cannot be told, so that it breaks no clause.
 * FILE:FRAME:OCTET capture NOTE what, SRC -> DST */
static void note_text(struct view *v, struct wr *w, const char *file,
                      const struct capread_problem *p, struct span words)
{
    wr_text(w, file);
    wr_u8(w, ':');
    wr_dec(w, p->frame);
    wr_u8(w, ':');
    wr_dec(w, p->off);
    wr_text(w, " " LINT_CAPTURE " ");
    wr_text(w, v->cli.color ? "\033[2m" LINT_NOTE "\033[0m " : LINT_NOTE " ");
    wr_put(w, words);
    wr_text(w, ", ");
    addr_text(w, &p->src);
    wr_text(w, " -> ");
    addr_text(w, &p->dst);
    wr_u8(w, '\n');
}

static void note_json(struct view *v, struct wr *w, const char *file,
                      const struct capread_problem *p, const char *layers, struct span words)
{
    (void)v;
    wr_u8(w, '{');
    view_key_uint(w, "frame", p->frame);
    view_key_addr(w, "src", &p->src);
    view_key_addr(w, "dst", &p->dst);
    view_key_text(w, "layers", layers);
    view_key_text(w, "clause", LINT_CAPTURE);
    view_key_text(w, "level", LINT_NOTE);
    view_key_uint(w, "offset", p->off);
    wr_json_key(w, "what");
    wr_json_text(w, words);
    view_key_text(w, "file", file);
    wr_text(w, "}\n");
}

static void stream_json(struct view *v, struct wr *w, const char *file,
                        const struct capread_problem *p, struct span words)
{
    note_json(v, w, file, p, "tcp", words);
}

bool lint_more(const struct engine_message *m, struct wr *words)
{
    size_t n = m->fs->n - findings_kept(m->fs);

    wr_dec(words, n);
    wr_text(words, " more findings of this message are not listed");
    return n > 0;
}

static void as_text(struct view *v, struct wr *w, const struct engine_message *m)
{
    uint8_t text[128];
    struct wr words = {text, sizeof text, 0, false};
    const struct capread_problem p = {.frame = m->frame, .src = m->src, .dst = m->dst};

    for (size_t i = 0; i < findings_kept(m->fs); i++)
        line(v, w, m->file, m->frame, &m->fs->v[i], view_over(m, i));
    if (lint_more(m, &words))
        note_text(v, w, m->file, &p, wr_span(&words));
}

static void late_text(struct view *v, struct wr *w, const char *file, const struct watch_finding *f)
{
    line(v, w, file, f->frame, &f->f, f);
}

static void as_json(struct view *v, struct wr *w, const struct engine_message *m)
{
    uint8_t text[512];

    for (size_t i = 0; i < findings_kept(m->fs); i++) {
        const struct finding *f = &m->fs->v[i];
        struct wr words = {text, sizeof text, 0, false};
        finding_words(&words, f);
        wr_u8(w, '{');
        view_key_uint(w, "frame", m->frame);
        if (view_over(m, i))
            view_key_over(w, view_over(m, i));
        else
            view_key_frames(w, m);
        view_key_time(w, m->time_ns);
        view_key_addr(w, "src", &m->src);
        view_key_addr(w, "dst", &m->dst);
        view_key_text(w, "layers", f->layer ? f->layer : m->layers);
        view_key_text(w, "clause", f->clause);
        view_key_text(w, "level", level_name(f->level));
        view_key_uint(w, "offset", f->off);
        view_key_uint(w, "length", f->len);
        wr_json_key(w, "what");
        wr_json_text(w, wr_span(&words));
        view_key_text(w, "file", m->file);
        wr_text(w, "}\n");
    }
    const struct capread_problem p = {.frame = m->frame, .src = m->src, .dst = m->dst};
    struct wr words = {text, sizeof text, 0, false};
    if (lint_more(m, &words))
        note_json(v, w, m->file, &p, m->layers, wr_span(&words));
}

static void late_json(struct view *v, struct wr *w, const char *file, const struct watch_finding *f)
{
    uint8_t text[512];
    struct wr words = {text, sizeof text, 0, false};

    (void)v;
    finding_words(&words, &f->f);
    wr_u8(w, '{');
    view_key_uint(w, "frame", f->frame);
    view_key_over(w, f);
    view_key_time(w, f->now_us * 1000);
    view_key_addr(w, "src", &f->from);
    view_key_addr(w, "dst", &f->to);
    view_key_text(w, "layers", f->f.layer ? f->f.layer : "");
    view_key_text(w, "clause", f->f.clause);
    view_key_text(w, "level", level_name(f->f.level));
    view_key_uint(w, "offset", f->f.off);
    view_key_uint(w, "length", f->f.len);
    wr_json_key(w, "what");
    wr_json_text(w, wr_span(&words));
    view_key_text(w, "file", file);
    wr_text(w, "}\n");
}

/* What a watcher has counted and measured, a line a kind. */
static void class_facts(const char *file, const struct watcher_class *cls,
                        const struct watch_sum *sums)
{
    for (size_t i = 0; i < cls->n_facts; i++) {
        const struct watch_sum *s = &sums[i];
        if (s->n && cls->facts[i].measure)
            cli_error("lint", "%s: %s: %s: %llu to %llu, mean %llu, of %llu", file, cls->name,
                      cls->facts[i].words, (unsigned long long)s->least,
                      (unsigned long long)s->most, (unsigned long long)(s->total / s->n),
                      (unsigned long long)s->n);
        else if (s->n)
            cli_error("lint", "%s: %s: %llu %s", file, cls->name, (unsigned long long)s->total,
                      cls->facts[i].words);
    }
}

static void facts(const struct view *v, const char *file, const struct codec *codec)
{
    struct watch_sum sums[WATCH_FACTS_MAX];
    const struct watcher_class *cls;

    for (size_t n = 0; (cls = engine_facts(v->engine, codec, n, sums)); n++)
        class_facts(file, cls, sums);
}

static void messages(struct view *v, struct wr *w, const char *file)
{
    struct engine_protocol protocols[ENGINE_PROTOCOLS_MAX];
    size_t n_protocols = engine_protocols(v->engine, protocols);
    struct engine_counts c;
    uint64_t n = 0, findings = 0;

    (void)w;
    engine_counts(v->engine, &c);
    for (size_t i = 0; i < n_protocols; i++) {
        n += protocols[i].codec ? protocols[i].messages : 0;
        for (int l = 0; l < ENGINE_LEVELS; l++)
            findings += protocols[i].findings[l];
    }
    cli_error("lint", "%s: %llu frames, %llu messages, %llu findings", file,
              (unsigned long long)c.c.frames, (unsigned long long)n, (unsigned long long)findings);
    for (size_t i = 0; i < n_protocols; i++)
        if (protocols[i].codec)
            facts(v, file, protocols[i].codec);
}

/* Which findings make the command fail: those of MUST and plain statements, or of SHOULD too. */
static bool failing(const struct view *v, bool should)
{
    return v->levels[MUST] || v->levels[STMT] || (should && v->levels[SHOULD]);
}

static bool take_format(struct view *v, const char *name, bool *sarif)
{
    *sarif = strcmp(name, "sarif") == 0;
    v->cli.json = strcmp(name, "json") == 0;
    if (*sarif || v->cli.json || strcmp(name, "text") == 0)
        return true;
    cli_error("lint", "--format is text, json or sarif, not '%s'", name);
    return false;
}

static int run_lint(int argc, char **argv)
{
    static const struct option options[] = {CLI_OPTIONS,
                                            {"fail-on", required_argument, NULL, 'F'},
                                            {"format", required_argument, NULL, 'f'},
                                            {"sarif", no_argument, NULL, 'S'},
                                            VIEW_FILTER_OPTION,
                                            VIEW_WHOLE_OPTION,
                                            VIEW_OPTIONS,
                                            {NULL, 0, NULL, 0}};
    struct lint l = {.v = {.command = &cmd_lint, .keep = WATCH_BRIEF, .faulty = true}};
    struct view *v = &l.v;
    bool should = false, sarif = false;
    int opt;

    cli_init(&v->cli);
    optind = 0;
    opterr = 0;
    while ((opt = cli_getopt(&cmd_lint, argc, argv, CLI_SHORT VIEW_SHORT, options)) != -1) {
        int took = view_option(v, opt, optarg);
        if (opt == 'h')
            return cli_help(&cmd_lint);
        if (opt == 'F') {
            should = strcmp(optarg, "should") == 0;
            if (should || strcmp(optarg, "must") == 0)
                continue;
            cli_error("lint", "--fail-on wants must or should, not '%s'", optarg);
            return EXIT_USAGE;
        }
        if (opt == 'S') {
            sarif = true;
            continue;
        }
        if (opt == 'f') {
            if (take_format(v, optarg, &sarif))
                continue;
            return EXIT_USAGE;
        }
        if (took < 0 || (took == 0 && cli_option(&v->cli, opt, optarg) <= 0))
            return EXIT_USAGE;
    }
    if (!v->cli.quiet || sarif) {
        v->message = sarif ? lint_sarif_message : v->cli.json ? as_json : as_text;
        v->late = sarif ? lint_sarif_late : v->cli.json ? late_json : late_text;
        v->note = sarif ? lint_sarif_note : v->cli.json ? stream_json : note_text;
    }
    if (v->cli.verbose)
        v->file_end = messages;
    v->ordered = sarif;
    int status = sarif ? lint_sarif_files(&l, argc - optind, argv + optind)
                       : view_run(v, argc - optind, argv + optind);
    if (status == EXIT_AS_EXPECTED && failing(v, should))
        status = EXIT_UNEXPECTED;
    return status;
}

const struct command cmd_lint = {
    "lint", "each violation in a capture, with its clause", run_lint,
    "usage: rtclab lint [OPTION...] FILE...\n\n"
    "Reads captures (pcap, pcapng, snoop, what libpcap knows besides; gzip'd or not; '-' is\n"
    "standard input) or an interface, and prints a line for each place where a message breaks its\n"
    "standard:\n\n"
    "  FILE:FRAME:OCTET CLAUSE LEVEL what     (the octet counts from the start of the message)\n\n"
    "A gap in a stream of TCP, octets that came again as others and their like are findings too,\n"
    "\"capture NOTE\", the octet counted in the stream; they break no clause, and fail nothing.\n"
    "What only several messages show, such as the schedule of retransmissions, stands at the last\n"
    "of them and names the frames of the others.\n\n"
    "      --fail-on must|should   from which level on the exit status is 1; must where not "
    "given,\n"
    "                              which includes plain statements (STMT)\n"
    "      --json                  an object a finding; the keys are in docs/json.md\n"
    "      --format text|json|sarif   sarif: one SARIF 2.1.0 log, rules are clauses\n"
    "      --sarif                 the same as --format sarif\n" VIEW_FILTER_HELP VIEW_WHOLE_HELP
        VIEW_HELP "  -q, --quiet                 prints nothing but errors: for the exit status\n"
    "  -v                          counts of each file on standard error, with what was seen over\n"
    "                              time: transactions, round trips, retransmissions, ...\n"
    "      --color[=always|never|auto]\n\n"
    "examples:\n"
    "  rtclab lint call.pcapng\n"
    "  rtclab lint --quiet --fail-on should *.pcap && echo clean\n"
    "  tcpdump -w - udp port 3478 | rtclab lint --json -\n\n"
    "Exit status: 0 nothing at that level, 1 findings, 2 a file cannot be read, or not to its end\n"
    "(then also where there were findings before), 4 the output cannot be written.\n"};
