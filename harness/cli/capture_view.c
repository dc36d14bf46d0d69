/* harness/cli/capture_view.c - capture files, message by message, for `decode` and `lint`. */
#include <errno.h>
#include <stdlib.h>
#include "harness/cli/capture_view.h"

/* ---- JSON ---- */

void view_key(struct wr *w, const char *key)
{
    if (w->n && w->p[w->n - 1] != '{')
        wr_u8(w, ',');
    wr_json_text(w, span_of(key));
    wr_u8(w, ':');
}

void view_key_text(struct wr *w, const char *key, const char *text)
{
    view_key(w, key);
    wr_json_text(w, span_of(text));
}

void view_key_uint(struct wr *w, const char *key, uint64_t v)
{
    view_key(w, key);
    wr_dec(w, v);
}

void view_key_addr(struct wr *w, const char *key, const struct addr *a)
{
    uint8_t text[64];
    struct wr t = {text, sizeof text, 0, false};

    addr_text(&t, a);
    view_key(w, key);
    wr_json_text(w, wr_span(&t));
}

void view_key_time(struct wr *w, uint64_t ns)
{
    char text[40];
    snprintf(text, sizeof text, "%llu.%09u", (unsigned long long)(ns / 1000000000u),
             (unsigned)(ns % 1000000000u));
    view_key(w, "time");
    wr_text(w, text);
}

void view_key_frames(struct wr *w, const struct capread_datagram *d)
{
    view_key(w, "frames");
    wr_u8(w, '[');
    for (size_t i = 0; i < d->n_frames; i++) {
        if (i)
            wr_u8(w, ',');
        wr_dec(w, d->frames[i]);
    }
    wr_u8(w, ']');
}

const struct watch_finding *view_over(const struct view_message *m, size_t i)
{
    size_t kept = findings_kept(m->fs);
    return i < kept && i + m->n_over >= kept ? &m->over[i + m->n_over - kept] : NULL;
}

void view_key_over(struct wr *w, const struct watch_finding *f)
{
    view_key(w, "frames");
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

/* Write what is in v->out; false: output has failed, then or before. */
static bool emit(struct view *v)
{
    struct wr *w = &v->out;

    if (v->failed)
        return false;
    errno = 0;
    if (w->n && fwrite(w->p, 1, w->n, stdout) != w->n) {
        v->failed = true;
        cli_error(v->command->name, "standard output cannot be written: %s",
                  strerrordesc_np(errno ? errno : EIO));
    }
    w->n = 0;
    return !v->failed;
}

/* More room for output; false: no memory. */
static bool grow(struct view *v)
{
    size_t cap = v->out.cap * 2;
    uint8_t *p = realloc(v->out.p, cap);

    if (!p) {
        v->failed = true;
        cli_error(v->command->name, "no memory is left for the output");
        return false;
    }
    v->out = (struct wr){p, cap, 0, false};
    return true;
}

static void message(struct view *v, const struct view_message *m)
{
    do {
        v->out.n = 0;
        v->out.full = false;
        v->message(v, m);
    } while (v->out.full && grow(v));
    emit(v);
}

/* ---- counting ---- */

static struct view_protocol *protocol(struct view_counts *c, const struct codec *codec)
{
    for (size_t i = 0; i < c->n_protocols; i++)
        if (c->protocols[i].codec == codec)
            return &c->protocols[i];
    if (c->n_protocols == VIEW_PROTOCOLS_MAX)
        return &c->protocols[VIEW_PROTOCOLS_MAX - 1];
    struct view_protocol *p = &c->protocols[c->n_protocols++];
    *p = (struct view_protocol){.codec = codec};
    return p;
}

static void count(struct view *v, const struct view_message *m)
{
    struct view_protocol *p = protocol(&v->counts, m->m.codec);

    p->messages += !m->d->quoted;
    p->quoted += m->d->quoted;
    p->octets += m->d->quoted ? 0 : m->d->payload.n;
    for (size_t i = 0; i < findings_kept(m->fs); i++) {
        p->findings[m->fs->v[i].level]++;
        v->levels[m->fs->v[i].level]++;
    }
}

/* ---- files ---- */

/* "LAYERS/NAME", cut to what there is room for. */
static void layer_path(char *to, size_t cap, const char *layers, const char *name)
{
    size_t n = strnlen(layers, cap - 2), k = strnlen(name, cap - n - 2);

    memcpy(to, layers, n);
    to[n] = '/';
    memcpy(to + n + 1, name, k);
    to[n + 1 + k] = '\0';
}

static void datagram(struct view *v, const char *file, const struct capread_datagram *d)
{
    char layers[CAPREAD_LAYERS_MAX + 32];
    struct findings fs = {v->findings, 0, VIEW_FINDINGS_MAX, layers, 0};
    struct arena mem = arena_of(v->arena, VIEW_ARENA);
    struct view_message m = {.file = file, .d = d, .layers = layers, .fs = &fs};

    if (!classify_decode(d, &mem, &fs, &m.m)) {
        v->counts.unknown += !d->quoted;
        v->counts.unknown_quoted += d->quoted;
        return;
    }
    layer_path(layers, sizeof layers, d->layers,
               m.m.codec->name); /* findings point to it already */
    if (m.m.partial)
        cli_error(v->command->name,
                  "%s: frame %u: the message has more parts than there is room for", file,
                  d->frame);
    m.n_over = view_watch_seen(v->watch, d, &m.m, &fs, &m.over);
    count(v, &m);
    if (v->message)
        message(v, &m);
}

/* What only the end of the file shows. */
static void late(struct view *v, const char *file)
{
    const struct watch_finding *over;
    size_t n = view_watch_end(v->watch, &over);

    for (size_t i = 0; i < n; i++) {
        v->levels[over[i].f.level]++;
        if (v->late)
            v->late(v, file, &over[i]);
        emit(v);
    }
}

static void note(const struct view *v, const char *file, const struct capread_problem *p)
{
    uint8_t text[256];
    struct wr w = {text, sizeof text, 0, false};
    const struct finding f = {.what = p->what, .arg = {p->arg[0], p->arg[1]}};

    finding_words(&w, &f);
    cli_error(v->command->name, "%s: frame %u, octet %llu: %.*s", file, p->frame,
              (unsigned long long)p->off, (int)w.n, (const char *)text);
}

static void one_file(struct view *v, const char *path)
{
    const char *err = NULL, *file = strcmp(path, "-") == 0 ? "standard input" : path;
    struct capread *r = capread_open(path, &err);
    struct capread_event ev;
    enum capread_item got;
    uint64_t notes = 0;

    v->counts = (struct view_counts){0};
    view_watch_reset(v->watch);
    if (!r) {
        cli_error(v->command->name, "%s: cannot be read: %s", file, err);
        v->unread = true;
        return;
    }
    while (!v->failed && (got = capread_next(r, &ev)) != CAPREAD_END) {
        if (got == CAPREAD_DATAGRAM)
            datagram(v, file, &ev.datagram);
        else if (got == CAPREAD_PROBLEM && !v->cli.quiet && notes++ < VIEW_NOTES_MAX)
            note(v, file, &ev.problem);
        else if (got == CAPREAD_ERROR) {
            cli_error(v->command->name, "%s", ev.error);
            v->unread = true;
        }
    }
    if (notes > VIEW_NOTES_MAX)
        cli_error(v->command->name, "%s: %llu more problems of this kind", file,
                  (unsigned long long)(notes - VIEW_NOTES_MAX));
    late(v, file);
    if (v->file_end) {
        v->file_end(v, file, capread_counts(r));
        emit(v);
    }
    capread_close(r);
}

int view_files(struct view *v, int n, char **files)
{
    v->many = n > 1;
    v->arena = malloc(VIEW_ARENA);
    v->findings = calloc(VIEW_FINDINGS_MAX, sizeof *v->findings);
    v->watch = view_watch_new();
    v->out = (struct wr){malloc(1 << 20), 1 << 20, 0, false};
    if (!v->arena || !v->findings || !v->watch || !v->out.p) {
        cli_error(v->command->name, "no memory is left");
        v->failed = true;
    }
    for (int i = 0; i < n && !v->failed; i++)
        one_file(v, files[i]);
    errno = 0;
    if (!v->failed && (fflush(stdout) != 0 || ferror(stdout))) {
        v->failed = true;
        cli_error(v->command->name, "standard output cannot be written: %s",
                  strerrordesc_np(errno ? errno : EIO));
    }
    free(v->arena);
    free(v->findings);
    view_watch_free(v->watch);
    free(v->out.p);
    return v->failed ? EXIT_OWN_FAULT : v->unread ? EXIT_USAGE : EXIT_AS_EXPECTED;
}
