/* harness/cli/cmd_decode.c - rtclab decode: every message in a capture, with what is wrong in it.
 */
#include <time.h>
#include "harness/cli/capture_view.h"

enum {
    DECODE_COMMENT = 1024, /* octets of a comment of a section or an interface that are shown */
    DECODE_COMMENTS =
        1 << 16, /* octets of all of them in a summary, as written; more are counted */
};
struct decode {
    struct view v; /* first */
    bool summary;
    struct span fields[SELECT_FIELDS]; /* of --fields */
    size_t n_fields;
    /* For the summary: comments of sections and interfaces of a file, lines or objects of JSON. */
    const char *comments_of;
    uint8_t comments[DECODE_COMMENTS];
    size_t n_comments;
    uint64_t comments_over; /* those that there was no room for */
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

static void head_line(struct wr *w, const struct engine_message *m)
{

    put_number(w, "frame ", m->frame, ", ");
    put_time(w, m->time_ns);
    wr_text(w, ", ");
    addr_text(w, &m->src);
    wr_text(w, " -> ");
    addr_text(w, &m->dst);
    wr_text(w, ", ");
    wr_text(w, m->layers);
    put_number(w, ", ", m->octets.n, " octets");
    if (m->missing)
        put_number(w, " and ", m->missing, " missing");
    if (m->quoted)
        wr_text(w, ", quoted in ICMP");
    if (m->reassembled || m->n_frames > 1) {
        wr_text(w, ", frames");
        for (size_t i = 0; i < m->n_frames; i++)
            put_number(w, " ", m->frames[i], "");
    }
    if (m->codec->brief) {
        wr_text(w, ": ");
        m->codec->brief(w, m->view);
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

static void heading(struct view *v, const char *file)
{
    (void)v;
    printf("== %s\n", file);
}

static void carried_text(struct wr *w, const struct engine_carried *c)
{
    for (unsigned i = 0; i < c->depth; i++)
        wr_text(w, "  ");
    wr_text(w, c->codec->name);
    if (c->codec->brief) {
        wr_text(w, ": ");
        c->codec->brief(w, c->view);
    }
    wr_u8(w, '\n');
    field_text(w, c->codec->view, c->view, c->depth + 1);
}

static void as_text(struct view *v, struct wr *w, const struct engine_message *m)
{
    size_t kept = findings_kept(m->fs);

    wr_text(w, v->cli.color ? "\033[1m" : "");
    head_line(w, m);
    wr_text(w, v->cli.color ? "\033[0m" : "");
    for (size_t i = 0; i < m->n_comments; i++) {
        wr_text(w, "  comment ");
        wr_json_text(w, m->comments[i].text);
        wr_u8(w, '\n');
    }
    if (!v->cli.quiet)
        field_text(w, m->codec->view, m->view, 1);
    for (size_t i = 0; !v->cli.quiet && i < m->n_carried; i++)
        carried_text(w, &m->carried[i]);
    for (size_t i = 0; i < kept; i++)
        put_finding(w, &m->fs->v[i], view_over(m, i), v->cli.color);
    if (m->fs->n > kept)
        put_number(w, "  ! and ", m->fs->n - kept, " more\n");
}

/* 'section 1: comment "..."', 'interface 0 of section 2, from frame 12 on: comment "..."' */
static void comment_text(struct view *v, struct wr *w, const struct capread_comment *c)
{
    (void)v;
    if (c->of == CAPREAD_INTERFACE)
        put_number(w, "interface ", c->interface, " of ");
    put_number(w, "section ", c->section, "");
    if (c->frame > 1)
        put_number(w, ", from frame ", c->frame, " on");
    wr_text(w, ": comment ");
    wr_json_text(w, span_cut(c->text, 0, DECODE_COMMENT));
    if (c->text.n > DECODE_COMMENT)
        put_number(w, "... (", c->text.n, " octets)");
    wr_u8(w, '\n');
}

static void comment_json(struct wr *w, const struct capread_comment *c)
{
    wr_u8(w, '{');
    view_key_text(w, "of", c->of == CAPREAD_SECTION ? "section" : "interface");
    view_key_uint(w, "section", c->section);
    if (c->of == CAPREAD_INTERFACE)
        view_key_uint(w, "interface", c->interface);
    view_key_uint(w, "frame", c->frame);
    view_key_uint(w, "octets", c->text.n);
    wr_json_key(w, "text");
    wr_json_text(w, span_cut(c->text, 0, DECODE_COMMENT));
    wr_u8(w, '}');
}

/* ---- JSON ---- */

static void json_findings(struct wr *w, const struct engine_message *m)
{
    const struct findings *fs = m->fs;
    uint8_t text[512];

    wr_json_key(w, "findings");
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
        wr_json_key(w, "what");
        wr_json_text(w, wr_span(&words));
        if (view_over(m, i))
            view_key_over(w, view_over(m, i));
        wr_u8(w, '}');
    }
    wr_u8(w, ']');
}

static size_t carried_json(struct wr *w, const struct engine_message *m, size_t i, unsigned depth);

/* One thing that is carried, with all in it; returns the place behind them. */
static size_t one_carried(struct wr *w, const struct engine_message *m, size_t i)
{
    const struct engine_carried *c = &m->carried[i];

    wr_u8(w, '{');
    view_key_text(w, "proto", c->codec->name);
    wr_json_key(w, "fields");
    field_json(w, c->codec->view, c->view);
    i = carried_json(w, m, i + 1, c->depth + 1);
    wr_u8(w, '}');
    return i;
}

/* What is carried in this depth from the i-th on: "inside", and "also" for what stands beside it. */
static size_t carried_json(struct wr *w, const struct engine_message *m, size_t i, unsigned depth)
{
    if (i == m->n_carried || m->carried[i].depth != depth)
        return i;
    wr_json_key(w, "inside");
    i = one_carried(w, m, i);
    if (i == m->n_carried || m->carried[i].depth != depth)
        return i;
    wr_json_key(w, "also");
    wr_u8(w, '[');
    for (const char *comma = ""; i < m->n_carried && m->carried[i].depth == depth; comma = ",") {
        wr_text(w, comma);
        i = one_carried(w, m, i);
    }
    wr_u8(w, ']');
    return i;
}

static void as_json(struct view *v, struct wr *w, const struct engine_message *m)
{
    (void)v;
    wr_u8(w, '{');
    view_key_uint(w, "frame", m->frame);
    view_key_time(w, m->time_ns);
    view_key_addr(w, "src", &m->src);
    view_key_addr(w, "dst", &m->dst);
    view_key_text(w, "layers", m->layers);
    view_key_text(w, "proto", m->codec->name);
    view_key_uint(w, "bytes", m->octets.n);
    wr_json_key(w, "fields");
    field_json(w, m->codec->view, m->view);
    carried_json(w, m, 0, 1);
    json_findings(w, m);
    view_key_text(w, "file", m->file);
    if (m->quoted)
        wr_json_key(w, "quoted"), wr_text(w, "true");
    if (m->missing)
        view_key_uint(w, "missing", m->missing);
    if (m->reassembled || m->n_frames > 1)
        view_key_frames(w, m);
    if (m->n_comments) {
        wr_json_key(w, "comments");
        for (size_t i = 0; i < m->n_comments; i++) {
            wr_u8(w, i ? ',' : '[');
            wr_json_text(w, m->comments[i].text);
        }
        wr_u8(w, ']');
    }
    wr_text(w, "}\n");
}

/* ---- fields ---- */

static bool take_fields(struct decode *d, const char *list)
{
    for (const char *at = list; d->n_fields < SELECT_FIELDS; at++) {
        struct span name = {(const uint8_t *)at, strcspn(at, ",")};
        if (!select_name(name)) {
            cli_error("decode",
                      "--fields: '%.*s' is neither a field of messages nor of a protocol "
                      "that is known",
                      (int)name.n, at);
            return false;
        }
        d->fields[d->n_fields++] = name;
        at += name.n;
        if (!*at)
            return true;
    }
    cli_error("decode", "--fields: there are more than %d names", SELECT_FIELDS);
    return false;
}

/* A line a message, tabs between the values; no line where a message has none of them. */
static void as_fields(struct view *v, struct wr *w, const struct engine_message *m)
{
    const struct decode *d = (const struct decode *)v;
    size_t before = w->n, tabs = 0;

    for (size_t i = 0; i < d->n_fields; i++) {
        if (i) {
            wr_u8(w, '\t');
            tabs++;
        }
        select_value(w, m, d->fields[i]);
    }
    if (w->n == before + tabs && !w->full)
        w->n = before;
    else
        wr_u8(w, '\n');
}

/* A finding over time that only the end of the file shows. */
static void late_text(struct view *v, struct wr *w, const char *file, const struct watch_finding *f)
{
    wr_text(w, file);
    put_number(w, ": frame ", f->frame, ":\n");
    put_finding(w, &f->f, f, v->cli.color);
}

/* ---- summary ---- */

struct row { /* of a summary, in the order it is shown */
    const char *words, *key;
    size_t off; /* in struct engine_counts */
    bool always;
};
#define ROW(words, key, m, always)                                                                 \
    {                                                                                              \
        words, key, offsetof(struct engine_counts, m), always                                      \
    }
static const struct row rows[] = {
    ROW("frames", "frames", c.frames, true),
    ROW("octets", "octets", c.octets, true),
    ROW("UDP datagrams", "datagrams", c.datagrams, true),
    ROW("UDP datagrams quoted in ICMP", "quoted", c.quoted, true),
    ROW("TCP segments", "tcp", c.tcp, true),
    ROW("ICMP messages", "icmp", c.icmp, false),
    ROW("packets of other protocols over IP", "other", c.other, false),
    ROW("fragments", "fragments", c.fragments, false),
    ROW("datagrams put together", "reassembled", c.reassembled, false),
    ROW("datagrams that never came whole", "abandoned", c.abandoned, false),
    ROW("frames without IP", "not_ip", c.not_ip, false),
    ROW("frames of a link type that is not read", "link_unknown", c.link_unknown, false),
    ROW("frames that the capture cut short", "cut", c.cut, false),
    ROW("problems in headers and streams", "problems", c.problems, false),
    ROW("TCP connections", "connections", connections, false),
    ROW("TCP connections of protocols that are not known", "connections_unknown",
        connections_unknown, false),
    ROW("packets of SRTP that were decrypted", "srtp", srtp.opened, false),
    ROW("the same, that came again or late", "srtp_again", srtp.again, false),
    ROW("packets of RTP and RTCP that are authentic under no SRTP key given", "srtp_failed",
        srtp.failed, false),
    ROW("TCP connections that were given up, since there was room for no more", "streams_evicted",
        streams_evicted, false),
    ROW("TLS connections that were decrypted", "tls_decrypted", tls_decrypted, false),
    ROW("TLS connections without a key", "tls_no_key", tls_no_key, false),
    ROW("TLS connections with a version or cipher suite that is not decrypted", "tls_not_read",
        tls_not_read, false),
    ROW("TLS connections whose key does not fit", "tls_wrong_key", tls_wrong_key, false),
    ROW("flows", "flows", flows, false),
    ROW("flows that were forgotten, since there was room for no more", "flows_evicted",
        flows_evicted, false),
};

static uint64_t row_value(const struct row *r, const struct engine_counts *c)
{
    uint64_t v;
    memcpy(&v, (const uint8_t *)c + r->off, sizeof v);
    return v;
}

static uint64_t all(const struct engine_protocol *p)
{
    uint64_t n = 0;
    for (int i = 0; i < ENGINE_LEVELS; i++)
        n += p->findings[i];
    return n;
}

static void column(struct wr *w, uint64_t v, const char *words)
{
    char text[160];
    snprintf(text, sizeof text, "%10llu  %s\n", (unsigned long long)v, words);
    wr_text(w, text);
}

/* What a watcher of a codec has counted and measured. */
static void class_text(struct wr *w, const struct watcher_class *cls, const struct watch_sum *sums)
{
    char words[160];

    for (size_t i = 0; i < cls->n_facts; i++) {
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

static void facts_text(const struct view *v, struct wr *w, const struct codec *codec)
{
    struct watch_sum sums[WATCH_FACTS_MAX];
    const struct watcher_class *cls;

    for (size_t n = 0; (cls = engine_facts(v->engine, codec, n, sums)); n++)
        class_text(w, cls, sums);
}

static void class_json(struct wr *w, const struct watcher_class *cls, const struct watch_sum *sums)
{
    for (size_t i = 0; i < cls->n_facts; i++) {
        if (!cls->facts[i].measure) {
            view_key_uint(w, cls->facts[i].name, sums[i].total);
            continue;
        }
        wr_json_key(w, cls->facts[i].name);
        wr_u8(w, '{');
        view_key_uint(w, "n", sums[i].n);
        view_key_uint(w, "least", sums[i].least);
        view_key_uint(w, "most", sums[i].most);
        view_key_uint(w, "mean", sums[i].n ? sums[i].total / sums[i].n : 0);
        wr_u8(w, '}');
    }
}

/* Those of further watchers stand under their names, where they have any. */
static void facts_json(const struct view *v, struct wr *w, const struct codec *codec)
{
    struct watch_sum sums[WATCH_FACTS_MAX];
    const struct watcher_class *cls = engine_facts(v->engine, codec, 0, sums);

    if (!cls)
        return;
    wr_json_key(w, "facts");
    wr_u8(w, '{');
    class_json(w, cls, sums);
    for (size_t n = 1; (cls = engine_facts(v->engine, codec, n, sums)); n++) {
        uint64_t any = 0;
        for (size_t i = 0; i < cls->n_facts; i++)
            any += sums[i].n;
        if (!any)
            continue;
        wr_json_key(w, cls->name);
        wr_u8(w, '{');
        class_json(w, cls, sums);
        wr_u8(w, '}');
    }
    wr_u8(w, '}');
}

/* Kept until the file's end. */
static void summary_comment(struct view *v, struct wr *out, const struct capread_comment *c)
{
    struct decode *d = (struct decode *)(void *)v;

    (void)out;
    if (d->comments_of != v->file)
        d->n_comments = d->comments_over = 0;
    d->comments_of = v->file;
    struct wr w = {d->comments, sizeof d->comments, d->n_comments, false};
    if (v->cli.json) {
        wr_text(&w, w.n ? "," : "");
        comment_json(&w, c);
    } else {
        wr_text(&w, "            ");
        comment_text(v, &w, c);
    }
    if (w.full)
        d->comments_over++;
    else
        d->n_comments = w.n;
}

/* Those of the file; `over`: how many more there were. */
static struct span summary_comments(const struct view *v, uint64_t *over)
{
    const struct decode *d = (const struct decode *)(const void *)v;
    bool any = d->comments_of == v->file;

    *over = any ? d->comments_over : 0;
    return (struct span){d->comments, any ? d->n_comments : 0};
}

static void summary_text(struct view *v, struct wr *w, const char *file)
{
    struct engine_protocol protocols[ENGINE_PROTOCOLS_MAX];
    size_t n = engine_protocols(v->engine, protocols);
    struct engine_counts c;
    char words[128];
    uint64_t over;

    engine_counts(v->engine, &c);
    wr_text(w, file);
    wr_text(w, ":\n");
    wr_put(w, summary_comments(v, &over));
    if (over)
        column(w, over, "more comments of sections and interfaces");
    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].always || row_value(&rows[i], &c))
            column(w, row_value(&rows[i], &c), rows[i].words);
    for (size_t i = 0; i < n; i++) {
        const struct engine_protocol *p = &protocols[i];
        snprintf(words, sizeof words, "%s messages, %llu octets, %llu findings", p->name,
                 (unsigned long long)p->octets, (unsigned long long)all(p));
        if (!p->codec)
            snprintf(words, sizeof words, "%s datagrams, %llu octets, not decoded", p->name,
                     (unsigned long long)p->octets);
        if (p->codec || p->messages)
            column(w, p->messages, words);
        snprintf(words, sizeof words, "%s %s quoted in ICMP", p->name,
                 p->codec ? "messages" : "datagrams");
        if (p->quoted)
            column(w, p->quoted, words);
        snprintf(words, sizeof words, "%s connections of TCP%s", p->name,
                 p->codec ? "" : ", not decoded");
        if (p->connections)
            column(w, p->connections, words);
        if (p->codec)
            facts_text(v, w, p->codec);
    }
    column(w, c.unknown, "UDP datagrams of protocols that are not known");
    if (c.unknown_quoted)
        column(w, c.unknown_quoted, "the same quoted in ICMP");
}

static void summary_json(struct view *v, struct wr *w, const char *file)
{
    struct engine_protocol protocols[ENGINE_PROTOCOLS_MAX];
    size_t n = engine_protocols(v->engine, protocols);
    struct engine_counts c;
    uint64_t over;
    struct span comments = summary_comments(v, &over);

    engine_counts(v->engine, &c);
    wr_u8(w, '{');
    view_key_text(w, "file", file);
    for (size_t i = 0; i < COUNT(rows); i++)
        view_key_uint(w, rows[i].key, row_value(&rows[i], &c));
    view_key_uint(w, "unknown", c.unknown);
    view_key_uint(w, "unknown_quoted", c.unknown_quoted);
    wr_json_key(w, "protocols");
    wr_u8(w, '[');
    for (size_t i = 0; i < n; i++) {
        const struct engine_protocol *p = &protocols[i];
        wr_text(w, i ? ",{" : "{");
        view_key_text(w, "proto", p->name);
        view_key_uint(w, "messages", p->messages);
        view_key_uint(w, "quoted", p->quoted);
        view_key_uint(w, "octets", p->octets);
        view_key_uint(w, "findings", all(p));
        view_key_uint(w, "connections", p->connections);
        wr_json_key(w, "decoded");
        wr_text(w, p->codec ? "true" : "false");
        if (p->codec)
            facts_json(v, w, p->codec);
        wr_u8(w, '}');
    }
    wr_u8(w, ']');
    if (comments.n) {
        wr_json_key(w, "comments");
        wr_u8(w, '[');
        wr_put(w, comments);
        wr_u8(w, ']');
        view_key_uint(w, "comments_over", over);
    }
    wr_text(w, "}\n");
}

/* ---- the command ---- */

static int run_decode(int argc, char **argv)
{
    static const struct option options[] = {CLI_OPTIONS,
                                            {"summary", no_argument, NULL, 's'},
                                            {"fields", required_argument, NULL, 'F'},
                                            VIEW_FILTER_OPTION,
                                            VIEW_WHOLE_OPTION,
                                            VIEW_OPTIONS,
                                            {NULL, 0, NULL, 0}};
    struct decode job = {.v = {.command = &cmd_decode, .keep = WATCH_BRIEF}};
    int opt;

    cli_init(&job.v.cli);
    optind = 0;
    opterr = 0;
    while ((opt = cli_getopt(&cmd_decode, argc, argv, CLI_SHORT "s" VIEW_SHORT, options)) != -1) {
        int took = view_option(&job.v, opt, optarg);
        if (opt == 'h')
            return cli_help(&cmd_decode);
        if (opt == 'F' && !take_fields(&job, optarg))
            return EXIT_USAGE;
        if (opt == 'F')
            continue;
        if (opt == 's')
            job.summary = true;
        else if (took < 0 || (took == 0 && cli_option(&job.v.cli, opt, optarg) <= 0))
            return EXIT_USAGE;
    }
    if (job.summary && (job.n_fields || job.v.filtered)) {
        cli_error("decode",
                  "--summary counts all messages: neither --fields nor --filter goes with it");
        return EXIT_USAGE;
    }
    if (job.n_fields && job.v.cli.json) {
        cli_error("decode", "--fields prints values, a line a message: --json does not go with it");
        return EXIT_USAGE;
    }
    if (job.n_fields) {
        job.v.message = as_fields;
    } else if (job.summary) {
        job.v.file_end = job.v.cli.json ? summary_json : summary_text;
        job.v.comment = summary_comment;
    } else {
        job.v.message = job.v.cli.json ? as_json : as_text;
    }
    if (!job.summary && !job.n_fields && !job.v.cli.json) {
        job.v.late = late_text;
        job.v.comment = comment_text;
        job.v.heading = heading;
    }
    return view_run(&job.v, argc - optind, argv + optind);
}

const struct command cmd_decode = {
    "decode", "every message in a capture, field by field", run_decode,
    "usage: rtclab decode [OPTION...] FILE...\n\n"
    "Reads captures (pcap, pcapng, snoop, what libpcap knows besides; gzip'd or not; '-' is\n"
    "standard input) or an interface, and prints each message that it knows: a line with frame,\n"
    "time, addresses and layers, its fields, and below them, marked '!', what it breaks of its\n"
    "standard. Messages that an ICMP error quotes are shown too, those of TCP where the last of\n"
    "their octets came, and those in TLS where there are keys: of --keylog or in a pcapng file.\n"
    "What has no codec yet is recognised and counted: RTMP, DNS, XMPP, DTLS, TLS.\n\n"
    "  -s, --summary    only counts, by protocol\n"
    "      --fields A,B     only these, a line a message, tabs between them: frame, time, src,\n"
    "                   dst, layers, proto, bytes, findings, file, or PROTOCOL.FIELD\n"
    "      --json       an object a line; the keys are in docs/json.md\n" VIEW_FILTER_HELP
        VIEW_WHOLE_HELP VIEW_HELP
    "  -q, --quiet      no fields, and no notes about damaged headers\n"
    "      --color[=always|never|auto]\n\n"
    "examples:\n"
    "  rtclab decode call.pcapng\n"
    "  rtclab decode --summary *.pcap\n"
    "  tcpdump -w - udp | rtclab decode --json - | jq .fields\n\n"
    "Exit status: 0, also where messages break their standard ('rtclab lint' judges), 2 a file\n"
    "cannot be read, or not to its end, 4 the output cannot be written.\n"};
