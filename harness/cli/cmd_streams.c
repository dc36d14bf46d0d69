/* harness/cli/cmd_streams.c - rtclab streams: each stream of RTP in a capture, and how well it came. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include "harness/cli/streams.h"

/* ---- which streams ---- */

static int by_start(const void *a, const void *b)
{
    const struct streams_row *x = a, *y = b;

    if (x->first_us != y->first_us)
        return x->first_us < y->first_us ? -1 : 1;
    return x->first_frame < y->first_frame ? -1 : x->first_frame > y->first_frame;
}

/* False: no memory, and those that there was room for are there. */
static bool gather(struct streams *x)
{
    unsigned jobs = x->v.jobs ? x->v.jobs : 1;
    size_t cap = 0;
    bool room = true;

    for (unsigned i = 0; i < jobs && room; i++) {
        const struct watch *w = engine_watch(x->v.engine, i, &rtp_codec);
        if (!w)
            continue;
        x->gone += rtp_streams_gone(w);
        for (const struct rtp_stream *s = NULL; room && (s = rtp_streams_next(w, s));) {
            if (!x->rows || x->n_rows == cap) {
                struct streams_row *more = realloc(x->rows, (cap ? 2 * cap : 256) * sizeof *more);
                if (!(room = more != NULL))
                    break;
                x->rows = more;
                cap = cap ? 2 * cap : 256;
            }
            struct streams_row *row = &x->rows[x->n_rows++];
            row->s = s;
            rtp_stream_start(s, &row->first_us, &row->first_frame);
        }
    }
    if (x->rows)
        qsort(x->rows, x->n_rows, sizeof *x->rows, by_start);
    return room;
}

static void drop(struct streams *x)
{
    free(x->rows);
    x->rows = NULL;
    x->n_rows = 0;
    x->gone = 0;
}

/* ---- text ---- */

static void put(struct wr *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct wr *w, const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    wr_text(w, text);
}

static void type_name(const struct rtp_figures *f, char *text, size_t n)
{
    const struct rtp_type *t = f->last_type;
    const char *more = f->n_types > 1 ? "+" : "";

    if (f->packets == 0) /* of whom RTCP alone came */
        snprintf(text, n, "-");
    else if (t && *t->encoding)
        snprintf(text, n, "%u %s/%u%s", f->payload_type, t->encoding, t->clock_rate, more);
    else
        snprintf(text, n, "%u%s", f->payload_type, more);
}

static void head(struct wr *w)
{
    put(w, "%-47s %-10s %-22s %8s %16s %15s %10s %9s\n", "from -> to", "SSRC", "payload type",
        "packets", "lost", "jitter ms", "max delta", "seconds");
}

static void line(struct wr *w, const struct rtp_figures *f)
{
    uint8_t text[160];
    struct wr ends = {text, sizeof text - 1, 0, false};
    char type[64], lost[40], jitter[40] = "-";

    addr_text(&ends, &f->from);
    wr_text(&ends, " -> ");
    addr_text(&ends, &f->to);
    type_name(f, type, sizeof type);
    snprintf(lost, sizeof lost, "%lld (%.1f %%)", (long long)f->lost, f->lost_percent);
    if (f->clock_rate)
        snprintf(jitter, sizeof jitter, "%.2f / %.2f", f->mean_jitter_ms, f->max_jitter_ms);
    put(w, "%-47.*s 0x%08x %-22s %8llu %16s %15s %10.2f %9.2f\n", (int)ends.n, (char *)text,
        f->ssrc, type, (unsigned long long)f->packets, lost, jitter, f->max_delta_ms,
        (double)(f->last_us - f->first_us) * 1e-6);
}

static void odd(struct wr *w, const struct rtp_figures *f)
{
    const struct {
        uint64_t n;
        const char *words;
    } rows[] = {{f->duplicates, "doubled"},
                {f->reordered, "late"},
                {f->restarts, "sequence restarts"},
                {f->strays, "out of range"},
                {f->differing, "with one number and other octets"},
                {f->timestamp_backwards, "with a timestamp that goes back"},
                {f->rtcp.after_bye, "after BYE"}};
    bool any = false;

    for (size_t i = 0; i < COUNT(rows); i++)
        if (rows[i].n) {
            put(w, "%s%llu %s", any ? ", " : "    ", (unsigned long long)rows[i].n, rows[i].words);
            any = true;
        }
    wr_text(w, any ? "\n" : "");
}

static void reports(struct wr *w, const struct rtp_figures *f)
{
    const struct rtp_reported *r = &f->reported;

    if (f->rtcp.compounds) {
        put(w, "    RTCP: %llu compounds", (unsigned long long)f->rtcp.compounds);
        if (f->rtcp.intervals)
            put(w, ", every %.1f s", f->rtcp.mean_interval_ms * 1e-3);
        if (*f->rtcp.cname) {
            wr_text(w, ", CNAME ");
            wr_json_text(w, span_of(f->rtcp.cname));
        }
        wr_text(w, f->rtcp.left ? ", BYE\n" : "\n");
    }
    if (r->reports) {
        put(w, "    reported: %.1f %% lost at most, jitter %.2f ms", 100 * r->max_fraction_lost,
            r->jitter_ms);
        if (r->round_trips)
            put(w, ", round trip %.2f ms (%.2f to %.2f)", r->mean_rtt_ms, r->min_rtt_ms,
                r->max_rtt_ms);
        wr_text(w, "\n");
    }
}

static void contents(struct wr *w, const struct rtp_stream *s, const struct rtp_figures *f)
{
    size_t n;
    const struct rtp_digit *d = rtp_stream_digits(s, &n);

    for (size_t i = 0; i < n; i++) {
        char key = rtp_key_of_event(d[i].event);
        wr_text(w, i ? " " : "    DTMF: ");
        if (key)
            put(w, "%c", key);
        else
            put(w, "event %u", d[i].event);
        put(w, " (%u ms%s)", d[i].duration_ms, d[i].end ? "" : ", end not seen");
    }
    if (f->digits > n)
        put(w, " and %llu more", (unsigned long long)(f->digits - n));
    wr_text(w, n ? "\n" : "");
    if (f->text_octets) {
        wr_text(w, "    text: ");
        wr_json_text(w, rtp_stream_text(s));
        put(w, ", %llu blocks missing, %llu recovered\n", (unsigned long long)f->text_missing,
            (unsigned long long)f->text_recovered);
    }
}

static void as_text(struct view *v, struct wr *w, const char *file)
{
    const struct streams *x = (const struct streams *)v;

    if (v->many)
        put(w, "== %s\n", file);
    if (x->n_rows)
        head(w);
    for (size_t i = 0; x->rows && i < x->n_rows; i++) {
        struct rtp_figures f;
        rtp_stream_figures(x->rows[i].s, &f);
        line(w, &f);
        if (v->cli.quiet)
            continue;
        odd(w, &f);
        reports(w, &f);
        contents(w, x->rows[i].s, &f);
    }
    put(w, "%zu streams%s\n", x->n_rows, x->n_rows ? "" : " of RTP");
}

/* ---- the command ---- */

static void on_message(struct view *v, struct wr *w, const struct engine_message *m)
{
    struct streams *s = (struct streams *)v;

    (void)w;
    if (s->wavs)
        wavs_take(s->wavs, m);
    if (s->page)
        streams_html_note(s, m);
}

/* Called again with more room, where there was too little. */
static void on_end(struct view *v, struct wr *w, const char *file)
{
    struct streams *s = (struct streams *)v;

    if (s->wavs) {
        wavs_end(s->wavs);
        if (wavs_error(s->wavs) && !v->failed) {
            cli_error("streams", "%s", wavs_error(s->wavs));
            v->failed = true;
        }
    }
    if (!s->rows && !gather(s)) {
        cli_error("streams", "%s: no memory is left for all of its streams", file);
        v->failed = true;
    }
    if (v->cli.json)
        streams_json(v, w, file);
    else
        as_text(v, w, file);
    if (w->full)
        return;
    if (s->page)
        streams_html_file(s, file);
    if (s->gone)
        cli_error("streams", "%s: %llu streams were given up, since there was room for no more",
                  file, (unsigned long long)s->gone);
    drop(s);
}

static bool open_page(struct streams *s)
{
    s->page = fopen(s->html, "we");
    s->findings = calloc(STREAMS_FINDINGS, sizeof *s->findings);
    if (s->page && s->findings && streams_html_begin(s, cli_share_path("reports/report.css")))
        return true;
    cli_error("streams", "%s cannot be written: %s", s->html, strerrordesc_np(errno ? errno : EIO));
    return false;
}

static int finish(struct streams *s, int status)
{
    if (s->page) {
        streams_html_end(s);
        errno = 0;
        bool bad = ferror(s->page) != 0;
        if (fclose(s->page) != 0 || bad) {
            cli_error("streams", "%s cannot be written: %s", s->html,
                      strerrordesc_np(errno ? errno : EIO));
            status = EXIT_OWN_FAULT;
        }
    }
    if (s->wavs && wavs_left_out(s->wavs))
        cli_error("streams", "%llu packets are of streams past the %d that get a sound file",
                  (unsigned long long)wavs_left_out(s->wavs), STREAMS_WAVS);
    if (s->wavs && wavs_cut(s->wavs))
        cli_error("streams",
                  "%llu packets of G.711 are cut in the capture: their sound is left out",
                  (unsigned long long)wavs_cut(s->wavs));
    wavs_free(s->wavs);
    free(s->findings);
    drop(s);
    return status;
}

static int run_streams(int argc, char **argv)
{
    static const struct option options[] = {CLI_OPTIONS,
                                            VIEW_OPTIONS,
                                            {"html", required_argument, NULL, 'H'},
                                            {"wav", required_argument, NULL, 'w'},
                                            {"points", no_argument, NULL, 'p'},
                                            {NULL, 0, NULL, 0}};
    struct streams s = {.v = {.command = &cmd_streams}};
    int opt;

    cli_init(&s.v.cli);
    optind = 0;
    opterr = 0;
    while ((opt = cli_getopt(&cmd_streams, argc, argv, CLI_SHORT VIEW_SHORT, options)) != -1) {
        int took = view_option(&s.v, opt, optarg);
        if (opt == 'h')
            return cli_help(&cmd_streams);
        if (opt == 'H')
            s.html = optarg;
        else if (opt == 'w')
            s.wav = optarg;
        else if (opt == 'p')
            s.points = true;
        else if (took < 0 || (took == 0 && cli_option(&s.v.cli, opt, optarg) <= 0))
            return EXIT_USAGE;
    }
    if (s.points && !s.v.cli.json) {
        cli_error("streams", "--points goes with --json");
        return EXIT_USAGE;
    }
    s.v.keep = s.points || s.html ? WATCH_ALL : s.v.cli.json ? WATCH_FIGURES : WATCH_BRIEF;
    s.v.file_end = on_end;
    if (s.wav || s.html) {
        s.v.message = on_message;
        s.v.ordered = true;
    }
    s.wavs = s.wav ? wavs_new(s.wav, *s.v.known ? s.v.known : NULL) : NULL;
    if (s.wav && (!s.wavs || wavs_error(s.wavs))) {
        cli_error("streams", "%s", s.wavs ? wavs_error(s.wavs) : "no memory is left");
        return finish(&s, EXIT_OWN_FAULT);
    }
    if (s.html && !open_page(&s))
        return finish(&s, EXIT_OWN_FAULT);
    return finish(&s, view_run(&s.v, argc - optind, argv + optind));
}

const struct command cmd_streams = {
    "streams", "RTP streams in a capture: loss, jitter, digits, text", run_streams,
    "usage: rtclab streams [OPTION...] FILE...\n\n"
    "Reads captures (pcap, pcapng, snoop, gzip'd or not, '-' for standard input) or an interface "
    "and\n"
    "shows each stream of RTP: packets, loss and jitter as RFC 3550 counts them, the longest time\n"
    "between two packets, what was doubled or late, what the other side reported by RTCP, digits\n"
    "(RFC 4733) and text (RFC 4103) where --map says which payload types carry them.\n\n"
    "      --json           an object a stream; the keys are in docs/json.md\n"
    "      --points         with --json: loss, jitter and delta over time\n"
    "      --html FILE      a page with plots of jitter and loss, and with all findings\n"
    "      --wav DIR        the sound of each G.711 stream, DIR/NNN-SSRC.wav; what is missing is "
    "silence\n" VIEW_HELP "  -q, --quiet      a line a stream, no more\n\n"
    "examples:\n"
    "  rtclab streams call.pcapng\n"
    "  rtclab streams --map 101=telephone-event/8000,96=opus/48000/2 call.pcapng\n"
    "  rtclab streams --html call.html --wav sound call.pcapng\n\n"
    "Exit status: 0, 2 a file cannot be read, or not to its end, 4 the output cannot be "
    "written.\n"};
