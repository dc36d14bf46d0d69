/* harness/cli/cmd_decode.c - rtclab decode: every message in a capture, with what is wrong in it.
 */
#include <time.h>
#include "harness/cli/capture_view.h"

struct decode {
    struct view v; /* first */
    bool summary;
    const char *headed; /* file whose name has been printed */
};

/* ---- text ---- */

static void put_time(struct wr *w, uint64_t ns)
{
    time_t sec = (time_t)(ns / 1000000000u);
    struct tm tm;
    char text[64], part[16];

    if (!gmtime_r(&sec, &tm) || strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm) == 0)
        snprintf(text, sizeof text, "%llu", (unsigned long long)sec);
    wr_text(w, text);
    if (ns % 1000)
        snprintf(part, sizeof part, ".%09u", (unsigned)(ns % 1000000000u));
    else
        snprintf(part, sizeof part, ".%06u", (unsigned)(ns % 1000000000u / 1000));
    wr_text(w, part);
}

static void put_number(struct wr *w, const char *before, uint64_t v, const char *after)
{
    wr_text(w, before);
    wr_dec(w, v);
    wr_text(w, after);
}

static void head_line(struct wr *w, const struct view_message *m)
{
    const struct capread_datagram *d = m->d;

    put_number(w, "frame ", d->frame, ", ");
    put_time(w, d->time_ns);
    wr_text(w, ", ");
    addr_text(w, &d->src);
    wr_text(w, " -> ");
    addr_text(w, &d->dst);
    wr_text(w, ", ");
    wr_text(w, m->layers);
    put_number(w, ", ", d->payload.n, " octets");
    if (d->missing)
        put_number(w, " and ", d->missing, " missing");
    if (d->quoted)
        wr_text(w, ", quoted in ICMP");
    if (d->reassembled) {
        wr_text(w, ", frames");
        for (size_t i = 0; i < d->n_frames; i++)
            put_number(w, " ", d->frames[i], "");
    }
    if (m->m.codec->brief) {
        wr_text(w, ": ");
        m->m.codec->brief(w, m->m.view);
    }
    wr_u8(w, '\n');
}

static void put_finding(struct wr *w, const struct finding *f, const struct watch_finding *over,
                        bool color)
{
    const char *paint = level_strict(f->level) ? "\033[31m" : "\033[33m";

    wr_text(w, color ? paint : "");
    wr_text(w, "  ! ");
    wr_text(w, f->clause);
    wr_u8(w, ' ');
    wr_text(w, level_name(f->level));
    put_number(w, ", octet ", f->off, "");
    put_number(w, " length ", f->len, ": ");
    finding_words(w, f);
    view_text_over(w, over);
    wr_text(w, color ? "\033[0m\n" : "\n");
}

static void as_text(struct view *v, const struct view_message *m)
{
    struct decode *job = (struct decode *)v;
    struct wr *w = &v->out;
    size_t kept = findings_kept(m->fs);

    if (v->many && job->headed != m->file) {
        wr_text(w, "== ");
        wr_text(w, m->file);
        wr_u8(w, '\n');
    }
    wr_text(w, v->cli.color ? "\033[1m" : "");
    head_line(w, m);
    wr_text(w, v->cli.color ? "\033[0m" : "");
    if (!v->cli.quiet)
        field_text(w, m->m.codec->view, m->m.view, 1);
    for (size_t i = 0; i < kept; i++)
        put_finding(w, &m->fs->v[i], view_over(m, i), v->cli.color);
    if (m->fs->n > kept)
        put_number(w, "  ! and ", m->fs->n - kept, " more\n");
    if (!w->full)
        job->headed = m->file;
}

/* ---- JSON ---- */

static void json_findings(struct wr *w, const struct view_message *m)
{
    const struct findings *fs = m->fs;
    uint8_t text[512];

    view_key(w, "findings");
    wr_u8(w, '[');
    for (size_t i = 0; i < findings_kept(fs); i++) {
        const struct finding *f = &fs->v[i];
        struct wr words = {text, sizeof text, 0, false};
        finding_words(&words, f);
        wr_text(w, i ? ",{" : "{");
        view_key_text(w, "clause", f->clause);
        view_key_text(w, "level", level_name(f->level));
        view_key_uint(w, "offset", f->off);
        view_key_uint(w, "length", f->len);
        view_key(w, "what");
        wr_json_text(w, wr_span(&words));
        if (view_over(m, i))
            view_key_over(w, view_over(m, i));
        wr_u8(w, '}');
    }
    wr_u8(w, ']');
}

static void as_json(struct view *v, const struct view_message *m)
{
    const struct capread_datagram *d = m->d;
    struct wr *w = &v->out;

    wr_u8(w, '{');
    view_key_uint(w, "frame", d->frame);
    view_key_time(w, d->time_ns);
    view_key_addr(w, "src", &d->src);
    view_key_addr(w, "dst", &d->dst);
    view_key_text(w, "layers", m->layers);
    view_key_text(w, "proto", m->m.codec->name);
    view_key_uint(w, "bytes", d->payload.n);
    view_key(w, "fields");
    field_json(w, m->m.codec->view, m->m.view);
    json_findings(w, m);
    view_key_text(w, "file", m->file);
    if (d->quoted)
        view_key(w, "quoted"), wr_text(w, "true");
    if (d->missing)
        view_key_uint(w, "missing", d->missing);
    if (d->reassembled)
        view_key_frames(w, d);
    wr_text(w, "}\n");
}

/* A finding over time that only the end of the file shows. */
static void late_text(struct view *v, const char *file, const struct watch_finding *f)
{
    struct wr *w = &v->out;

    wr_text(w, file);
    put_number(w, ": frame ", f->frame, ":\n");
    put_finding(w, &f->f, f, v->cli.color);
}

/* ---- summary ---- */

struct row { /* of a summary, in the order it is shown */
    const char *words, *key;
    size_t off; /* in struct capread_counts */
    bool always;
};
#define ROW(words, key, m, always)                                                                 \
    {                                                                                              \
        words, key, offsetof(struct capread_counts, m), always                                     \
    }
static const struct row rows[] = {
    ROW("frames", "frames", frames, true),
    ROW("octets", "octets", octets, true),
    ROW("UDP datagrams", "datagrams", datagrams, true),
    ROW("UDP datagrams quoted in ICMP", "quoted", quoted, true),
    ROW("TCP segments, not followed", "tcp", tcp, true),
    ROW("ICMP messages", "icmp", icmp, false),
    ROW("packets of other protocols over IP", "other", other, false),
    ROW("fragments", "fragments", fragments, false),
    ROW("datagrams put together", "reassembled", reassembled, false),
    ROW("datagrams that never came whole", "abandoned", abandoned, false),
    ROW("frames without IP", "not_ip", not_ip, false),
    ROW("frames of a link type that is not read", "link_unknown", link_unknown, false),
    ROW("frames that the capture cut short", "cut", cut, false),
    ROW("problems in headers", "problems", problems, false),
};

static uint64_t row_value(const struct row *r, const struct capread_counts *c)
{
    uint64_t v;
    memcpy(&v, (const uint8_t *)c + r->off, sizeof v);
    return v;
}

static uint64_t all(const struct view_protocol *p)
{
    uint64_t n = 0;
    for (int i = 0; i < VIEW_LEVELS; i++)
        n += p->findings[i];
    return n;
}

static void column(struct wr *w, uint64_t v, const char *words)
{
    char text[160];
    snprintf(text, sizeof text, "%10llu  %s\n", (unsigned long long)v, words);
    wr_text(w, text);
}

/* What the watcher of a codec has counted and measured. */
static void facts_text(const struct view *v, struct wr *w, const struct codec *codec)
{
    const struct watcher_class *cls;
    const struct watch_sum *sums = view_watch_sums(v->watch, codec, &cls);
    char words[160];

    for (size_t i = 0; sums && i < cls->n_facts; i++) {
        const struct watch_sum *s = &sums[i];
        snprintf(words, sizeof words, "%s %s", cls->name, cls->facts[i].words);
        if (s->n && cls->facts[i].measure)
            snprintf(words, sizeof words, "%s %s: mean of %llu, from %llu to %llu", cls->name,
                     cls->facts[i].words, (unsigned long long)s->n, (unsigned long long)s->least,
                     (unsigned long long)s->most);
        if (s->n)
            column(w, cls->facts[i].measure ? s->total / s->n : s->total, words);
    }
}

static void facts_json(const struct view *v, struct wr *w, const struct codec *codec)
{
    const struct watcher_class *cls;
    const struct watch_sum *sums = view_watch_sums(v->watch, codec, &cls);

    if (!sums)
        return;
    view_key(w, "facts");
    wr_u8(w, '{');
    for (size_t i = 0; i < cls->n_facts; i++) {
        if (!cls->facts[i].measure) {
            view_key_uint(w, cls->facts[i].name, sums[i].total);
            continue;
        }
        view_key(w, cls->facts[i].name);
        wr_u8(w, '{');
        view_key_uint(w, "n", sums[i].n);
        view_key_uint(w, "least", sums[i].least);
        view_key_uint(w, "most", sums[i].most);
        view_key_uint(w, "mean", sums[i].n ? sums[i].total / sums[i].n : 0);
        wr_u8(w, '}');
    }
    wr_u8(w, '}');
}

static void summary_text(struct view *v, const char *file, const struct capread_counts *c)
{
    const struct view_counts *n = &v->counts;
    struct wr *w = &v->out;
    char words[128];

    wr_text(w, file);
    wr_text(w, ":\n");
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].always || row_value(&rows[i], c))
            column(w, row_value(&rows[i], c), rows[i].words);
    for (size_t i = 0; i < n->n_protocols; i++) {
        const struct view_protocol *p = &n->protocols[i];
        snprintf(words, sizeof words, "%s messages, %llu octets, %llu findings", p->codec->name,
                 (unsigned long long)p->octets, (unsigned long long)all(p));
        column(w, p->messages, words);
        snprintf(words, sizeof words, "%s messages quoted in ICMP", p->codec->name);
        if (p->quoted)
            column(w, p->quoted, words);
        facts_text(v, w, p->codec);
    }
    column(w, n->unknown, "UDP datagrams of protocols that are not known");
    if (n->unknown_quoted)
        column(w, n->unknown_quoted, "the same quoted in ICMP");
}

static void summary_json(struct view *v, const char *file, const struct capread_counts *c)
{
    const struct view_counts *n = &v->counts;
    struct wr *w = &v->out;

    wr_u8(w, '{');
    view_key_text(w, "file", file);
    for (size_t i = 0; i < COUNT(rows); i++)
        view_key_uint(w, rows[i].key, row_value(&rows[i], c));
    view_key_uint(w, "unknown", n->unknown);
    view_key_uint(w, "unknown_quoted", n->unknown_quoted);
    view_key(w, "protocols");
    wr_u8(w, '[');
    for (size_t i = 0; i < n->n_protocols; i++) {
        const struct view_protocol *p = &n->protocols[i];
        wr_text(w, i ? ",{" : "{");
        view_key_text(w, "proto", p->codec->name);
        view_key_uint(w, "messages", p->messages);
        view_key_uint(w, "quoted", p->quoted);
        view_key_uint(w, "octets", p->octets);
        view_key_uint(w, "findings", all(p));
        facts_json(v, w, p->codec);
        wr_u8(w, '}');
    }
    wr_text(w, "]}\n");
}

/* ---- the command ---- */

static int run_decode(int argc, char **argv)
{
    static const struct option options[] = {
        CLI_OPTIONS, {"summary", no_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
    struct decode job = {.v.command = &cmd_decode};
    int opt;

    cli_init(&job.v.cli);
    optind = 0;
    opterr = 0;
    while ((opt = cli_getopt(&cmd_decode, argc, argv, CLI_SHORT "s", options)) != -1) {
        int took = cli_option(&job.v.cli, opt, optarg);
        if (opt == 'h')
            return cli_help(&cmd_decode);
        if (opt == 's') {
            job.summary = true;
        } else if (took <= 0) {
            return EXIT_USAGE;
        }
    }
    if (optind == argc) {
        cli_error("decode", "wants capture files, or '-' for standard input; --help says more");
        return EXIT_USAGE;
    }
    if (job.summary)
        job.v.file_end = job.v.cli.json ? summary_json : summary_text;
    else
        job.v.message = job.v.cli.json ? as_json : as_text;
    if (!job.summary && !job.v.cli.json)
        job.v.late = late_text;
    return view_files(&job.v, argc - optind, argv + optind);
}

const struct command cmd_decode = {
    "decode", "every message in a capture, field by field", run_decode,
    "usage: rtclab decode [OPTION...] FILE...\n\n"
    "Reads captures (pcap and pcapng, '-' for standard input) and prints each message that it\n"
    "knows over UDP: a line with frame, time, addresses and layers, its fields, and below them,\n"
    "marked '!', what it breaks of its standard. Messages that an ICMP error quotes are shown "
    "too.\n"
    "TCP is counted, not followed.\n\n"
    "  -s, --summary    only counts, by protocol\n"
    "      --json       an object a line; the keys are in docs/json.md\n"
    "  -q, --quiet      no fields, and no notes about damaged headers\n"
    "      --color[=always|never|auto]\n\n"
    "examples:\n"
    "  rtclab decode call.pcapng\n"
    "  rtclab decode --summary *.pcap\n"
    "  tcpdump -w - udp | rtclab decode --json - | jq .fields\n\n"
    "Exit status: 0, also where messages break their standard ('rtclab lint' judges), 2 a file\n"
    "cannot be read, or not to its end, 4 the output cannot be written.\n"};
