/* harness/cli/capture_view.c - capture files, message by message, for `decode` and `lint`. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include "harness/cli/capture_view.h"
#include "harness/core/file.h"
#include "harness/core/pages.h"
#include "harness/drivers/sniff.h"
#include "harness/watch/rtp/rtp_streams.h"

/* ---- JSON ---- */

void view_key_text(struct wr *w, const char *key, const char *text)
{
    wr_json_key(w, key);
    wr_json_text(w, span_of(text));
}

void view_key_uint(struct wr *w, const char *key, uint64_t v)
{
    wr_json_key(w, key);
    wr_dec(w, v);
}

void view_key_addr(struct wr *w, const char *key, const struct addr *a)
{
    uint8_t text[64];
    struct wr t = {text, sizeof text, 0, false};

    addr_text(&t, a);
    wr_json_key(w, key);
    wr_json_text(w, wr_span(&t));
}

void view_key_time(struct wr *w, uint64_t ns)
{
    uint8_t part[10] = ".000000000";
    uint64_t rest = ns % 1000000000u;

    for (size_t i = 9; rest; i--, rest /= 10)
        part[i] = (uint8_t)('0' + rest % 10);
    wr_json_key(w, "time");
    wr_dec(w, ns / 1000000000u);
    wr_put(w, (struct span){part, sizeof part});
}

void view_key_frames(struct wr *w, const struct engine_message *m)
{
    wr_json_key(w, "frames");
    wr_u8(w, '[');
    for (size_t i = 0; i < m->n_frames; i++) {
        if (i)
            wr_u8(w, ',');
        wr_dec(w, m->frames[i]);
    }
    wr_u8(w, ']');
}

const struct watch_finding *view_over(const struct engine_message *m, size_t i)
{
    size_t kept = findings_kept(m->fs);
    return i < kept && i + m->n_over >= kept ? &m->over[i + m->n_over - kept] : NULL;
}

void view_key_over(struct wr *w, const struct watch_finding *f)
{
    wr_json_key(w, "frames");
    wr_u8(w, '[');
    for (size_t i = 0; i < f->n_related; i++) {
        wr_dec(w, f->related[i]);
        wr_u8(w, ',');
    }
    wr_dec(w, f->frame);
    wr_u8(w, ']');
}

void view_text_over(struct wr *w, const struct watch_finding *f)
{
    if (!f || f->n_related == 0)
        return;
    wr_text(w, f->n_related == 1 ? " (with frame" : " (with frames");
    for (size_t i = 0; i < f->n_related; i++) {
        wr_text(w, i ? ", " : " ");
        wr_dec(w, f->related[i]);
    }
    wr_u8(w, ')');
}

/* ---- output ---- */

/* Write text out; false: output has failed, then or before. */
static bool emit(struct view *v, struct span text)
{
    if (v->failed)
        return false;
    errno = 0;
    if (text.n && fwrite(text.p, 1, text.n, stdout) != text.n) {
        v->failed = true;
        cli_error(v->command->name, "standard output cannot be written: %s",
                  strerrordesc_np(errno ? errno : EIO));
    }
    return !v->failed;
}

/* ---- what the engine says ---- */

static bool on_text(void *ctx, struct span text)
{
    struct view *v = ctx;
    bool over = v->progress.on && v->progress.shared; /* where the line of progress is */

    if (over)
        progress_hold(&v->progress);
    if (v->many && v->heading && !v->headed)
        v->heading(v, v->file);
    v->headed = true;
    bool good = emit(v, text);
    if (over) {
        fflush(stdout);
        progress_release(&v->progress);
    }
    return good;
}

static void on_message(void *ctx, struct wr *out, const struct engine_message *m)
{
    struct view *v = ctx;
    if (v->filter && !select_holds(v->filter, m))
        return;
    if (v->message)
        v->message(v, out, m);
    for (size_t i = 0; v->filter && !out->full && i < findings_kept(m->fs); i++)
        v->levels[m->fs->v[i].level]++;
}

static void on_late(void *ctx, struct wr *out, const char *file, const struct watch_finding *f)
{
    struct view *v = ctx;
    if (!v->filter) /* it is of no message */
        v->late(v, out, file, f);
}

static void on_problem(void *ctx, const char *file, const struct capread_problem *p)
{
    struct view *v = ctx;
    uint8_t text[256], ends_text[160];
    struct wr w = {text, sizeof text, 0, false}, ends = {ends_text, sizeof ends_text, 0, false};
    const struct finding f = {.what = p->what, .arg = {p->arg[0], p->arg[1]}};

    finding_words(&w, &f);
    if (p->stream && v->note && v->filter)
        return;
    if (p->stream && v->note) {
        uint8_t line[VIEW_NOTE_MAX];
        struct wr to = {line, sizeof line, 0, false};
        v->note(v, &to, file, p, wr_span(&w));
        on_text(v, wr_span(&to));
        return;
    }
    if (v->cli.quiet || v->notes++ >= VIEW_NOTES_MAX)
        return;
    if (p->stream) {
        wr_text(&ends, ", ");
        addr_text(&ends, &p->src);
        wr_text(&ends, " -> ");
        addr_text(&ends, &p->dst);
    }
    progress_hold(&v->progress);
    cli_error(v->command->name, "%s: frame %u%.*s, octet %llu: %.*s", file, p->frame, (int)ends.n,
              (const char *)ends_text, (unsigned long long)p->off, (int)w.n, (const char *)text);
    progress_release(&v->progress);
}

static void on_comment(void *ctx, const struct capread_comment *c)
{
    struct view *v = ctx;
    uint8_t text[VIEW_COMMENT_MAX];
    struct wr w = {text, sizeof text, 0, false};

    v->comment(v, &w, c);
    if (w.n)
        on_text(v, wr_span(&w));
}

static void on_reached(void *ctx, uint64_t octets, uint64_t size, uint64_t frames)
{
    struct view *v = ctx;
    progress_at(&v->progress, octets, size, frames);
}

/* ---- files ---- */

/* What the end of a file shows, in a text of its own. */
static void file_end(struct view *v)
{
    struct wr w = {pages_new(VIEW_END), VIEW_END, 0, false};

    while (w.p && v->file_end) {
        v->file_end(v, &w, v->file);
        if (!w.full)
            break;
        uint8_t *more = pages_new(w.cap * 2);
        if (!more)
            break;
        pages_free(w.p, w.cap);
        w = (struct wr){more, w.cap * 2, 0, false};
    }
    emit(v, wr_span(&w));
    pages_free(w.p, w.cap);
}

/* What is known at the end of a file. */
static void sums(struct view *v)
{
    struct engine_protocol protocols[ENGINE_PROTOCOLS_MAX];
    size_t n = engine_protocols(v->engine, protocols);
    const char *name = v->command->name;
    struct engine_counts c;

    engine_counts(v->engine, &c);
    for (int l = 0; l < ENGINE_LEVELS && !v->filter; l++) {
        for (size_t i = 0; i < n; i++)
            v->levels[l] += protocols[i].findings[l];
        v->levels[l] += c.late[l];
    }
    if (v->notes > VIEW_NOTES_MAX)
        cli_error(name, "%s: %llu more problems of this kind", v->file,
                  (unsigned long long)(v->notes - VIEW_NOTES_MAX));
    if (c.partial)
        cli_error(name, "%s: %llu messages have more parts than there is room for", v->file,
                  (unsigned long long)c.partial);
    if (c.streams_evicted)
        cli_error(
            name,
            "%s: %llu TCP connections were given up, since there was room for no more of them",
            v->file, (unsigned long long)c.streams_evicted);
    if (c.flows_evicted)
        cli_error(name, "%s: %llu of %llu flows were forgotten, since there was room for no more",
                  v->file, (unsigned long long)c.flows_evicted, (unsigned long long)c.flows);
    if (c.srtp.failed)
        cli_error(name, "%s: %llu packets of RTP and RTCP are authentic under no SRTP key given",
                  v->file, (unsigned long long)c.srtp.failed);
    if (c.srtp.evicted)
        cli_error(name, "%s: %llu streams of SRTP were forgotten, since there was room for no more",
                  v->file, (unsigned long long)c.srtp.evicted);
    file_end(v);
}

static void one_file(struct view *v, const char *path)
{
    v->file = strcmp(path, "-") == 0 ? "standard input" : path;
    v->notes = 0;
    v->headed = false;
    progress_begin(&v->progress);
    const char *why = engine_file(v->engine, path);
    progress_end(&v->progress);
    if (why) {
        cli_error(v->command->name, "%s", why);
        v->unread = true;
    }
    sums(v);
}

/* ---- what grows, and what is live ---- */

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
    (void)sig;
    interrupted = 1;
}

static void until_interrupted(void)
{
    const struct sigaction act = {.sa_handler = on_signal}; /* without SA_RESTART: a read ends */

    interrupted = 0;
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
}

static bool on_more(void *ctx)
{
    (void)ctx;
    fflush(stdout);
    if (!interrupted)
        nanosleep(&(struct timespec){.tv_nsec = VIEW_WAIT_MS * 1000000L}, NULL);
    return !interrupted;
}

static void on_live(void *ctx, const struct sniff_frame *f)
{
    struct view *v = ctx;

    if (v->count && v->live >= v->count)
        return;
    v->live++;
    engine_push(v->engine, f->link, f->time_ns, f->octets, f->original);
}

static void one_interface(struct view *v)
{
    char why[256];
    struct sniff *s = sniff_open(v->interface, v->bpf, why);

    if (!s) {
        cli_error(v->command->name, "%s", why);
        v->unread = true;
        return;
    }
    v->file = v->interface;
    until_interrupted();
    engine_begin(v->engine, v->interface);
    while (!interrupted && !v->failed && (!v->count || v->live < v->count)) {
        if (sniff_some(s, VIEW_WAIT_MS, on_live, v, why) < 0) {
            cli_error(v->command->name, "%s: %s", v->interface, why);
            v->unread = true;
            break;
        }
        engine_flush(v->engine);
        fflush(stdout);
    }
    engine_end(v->engine);
    if (sniff_lost(s))
        cli_error(v->command->name, "%s: %llu frames were lost, since there was no room for them",
                  v->interface, (unsigned long long)sniff_lost(s));
    sniff_close(s);
    sums(v);
}

static bool number(const struct view *v, const char *option, const char *text, uint64_t most,
                   uint64_t *out)
{
    if (span_uint(span_of(text), out) && *out >= 1 && *out <= most)
        return true;
    cli_error(v->command->name, "--%s is a number from 1 to %llu, not '%s'", option,
              (unsigned long long)most, text);
    return false;
}

static bool map(struct view *v, const char *value)
{
    size_t n = strlen(v->known);
    struct rtp_known checked;
    uint8_t words[256];
    struct wr why = {words, sizeof words, 0, false};

    if (!rtp_known_read(value, &checked, &why)) {
        cli_error(v->command->name, "--map: %.*s", (int)why.n, (const char *)words);
        return false;
    }
    int more = snprintf(v->known + n, sizeof v->known - n, "%s%s", n ? "," : "", value);
    if (more >= 0 && (size_t)more < sizeof v->known - n)
        return true;
    cli_error(v->command->name, "--map: all of them together have at most %d octets",
              VIEW_KNOWN_MAX - 1);
    return false;
}

static bool srtp_key(struct view *v, const char *value)
{
    char why[SRTPDEC_WHY_MAX];

    if (v->n_srtp == SRTPDEC_KEYS_MAX) {
        cli_error(v->command->name, "--srtp-key: there are more than %d keys", SRTPDEC_KEYS_MAX);
        return false;
    }
    const char *missing = srtpdec_library();
    if (missing) {
        cli_error(v->command->name, "--srtp-key: %s", missing);
        return false;
    }
    if (srtpdec_key_read(value, &v->srtp[v->n_srtp], why)) {
        v->n_srtp++;
        return true;
    }
    cli_error(v->command->name, "--srtp-key: %s", why);
    return false;
}

int view_option(struct view *v, int opt, const char *value)
{
    struct select *checked;
    char why[256];
    uint64_t n;

    switch (opt) {
    case 'j':
        if (!number(v, "jobs", value, ENGINE_JOBS_MAX, &n))
            return -1;
        v->jobs = (unsigned)n;
        return 1;
    case 'N':
        return number(v, "count", value, UINT32_MAX, &v->count) ? 1 : -1;
    case 'm':
        return map(v, value) ? 1 : -1;
    case 'K':
        return srtp_key(v, value) ? 1 : -1;
    case 'X':
        if ((checked = select_new(value, why))) {
            select_free(checked);
            v->filtered = value;
            return 1;
        }
        cli_error(v->command->name, "--filter: %s", why);
        return -1;
    case 'i':
        v->interface = value;
        return 1;
    case 'B':
        v->bpf = value;
        return 1;
    case 'L':
        v->keylog = value;
        return 1;
    case 'W':
        v->follow = true;
        return 1;
    case 'O':
        v->whole = true;
        return 1;
    case 'P':
        v->asked = true;
        return 1;
    default:
        return 0;
    }
}

int view_run(struct view *v, int n, char **files)
{
    const char *name = v->command->name;

    if (v->interface && n) {
        cli_error(name, "wants an interface or files, not both");
        return EXIT_USAGE;
    }
    if (!v->interface && n == 0) {
        cli_error(name, "wants capture files, or '-' for standard input; --help says more");
        return EXIT_USAGE;
    }
    if (!v->interface && (v->bpf || v->count)) {
        cli_error(name, "--bpf and --count are for an interface; --interface names it");
        return EXIT_USAGE;
    }
    return view_files(v, n, files);
}

/* The key log, in memory of its own. False: it cannot be read, which was said. */
static bool read_keylog(const struct view *v, char **text, size_t *n)
{
    *text = NULL;
    *n = 0;
    if (!v->keylog || (*text = file_text_most(v->keylog, VIEW_KEYLOG_MAX, n)))
        return true;
    if (errno == EFBIG)
        cli_error(v->command->name, "--keylog: %s has more than %d octets", v->keylog,
                  VIEW_KEYLOG_MAX);
    else
        cli_error(v->command->name, "--keylog: %s cannot be read: %s", v->keylog,
                  strerrordesc_np(errno));
    return false;
}

int view_files(struct view *v, int n, char **files)
{
    char *keylog;
    size_t n_keylog;
    if (!read_keylog(v, &keylog, &n_keylog))
        return EXIT_USAGE;
    if (!v->cli.quiet && !v->follow)
        progress_init(&v->progress, v->asked);
    const struct engine_options o = {.jobs = v->jobs,
                                     .ordered = v->ordered,
                                     .known = *v->known ? v->known : NULL,
                                     .keylog = {(const uint8_t *)keylog, n_keylog},
                                     .keep = v->keep,
                                     .faulty = v->faulty,
                                     .whole = v->whole,
                                     .srtp_keys = v->srtp,
                                     .n_srtp_keys = v->n_srtp,
                                     .more = v->follow ? on_more : NULL,
                                     .reached = v->progress.on ? on_reached : NULL,
                                     .reached_ctx = v};
    const struct engine_sink sink = {.ctx = v,
                                     .message = v->message || v->filtered ? on_message : NULL,
                                     .late = v->late ? on_late : NULL,
                                     .problem = on_problem,
                                     .comment = v->comment ? on_comment : NULL,
                                     .text = on_text};

    char why[256];

    v->many = n > 1;
    v->filter = v->filtered ? select_new(v->filtered, why) : NULL;
    v->engine = engine_new(&o, &sink);
    if (!v->engine || (v->filtered && !v->filter)) {
        cli_error(v->command->name, "no memory is left");
        v->failed = true;
    }
    if (v->follow)
        until_interrupted();
    for (int i = 0; i < n && !v->failed; i++)
        one_file(v, files[i]);
    if (v->interface && !v->failed)
        one_interface(v);
    errno = 0;
    if (!v->failed && (fflush(stdout) != 0 || ferror(stdout))) {
        v->failed = true;
        cli_error(v->command->name, "standard output cannot be written: %s",
                  strerrordesc_np(errno ? errno : EIO));
    }
    engine_free(v->engine);
    select_free(v->filter);
    free(keylog);
    return v->failed ? EXIT_OWN_FAULT : v->unread ? EXIT_USAGE : EXIT_AS_EXPECTED;
}
