/* harness/cli/lint_sarif.c - findings of captures as one SARIF log. */
#include "harness/cli/lint_sarif.h"
#include "harness/core/clause.h"

enum { FRAMES = 32 };
struct place { /* of a finding in a capture */
    const char *file, *layers;
    uint32_t frame;
    uint64_t frames[FRAMES]; /* all that it rests on */
    size_t n;
};

static void put(struct lint *l, const struct finding *f, const struct place *at)
{
    char words[1024], where[96], identity[1400], more[256];
    struct wr w = {(uint8_t *)words, sizeof words - 1, 0, false};
    const char *slash = strrchr(at->file, '/');
    const struct clause *clause = clause_named(f->clause);

    finding_words(&w, f);
    if (clause) {
        wr_text(&w, ". Required: ");
        wr_text(&w, clause->words);
    }
    words[w.n] = '\0';
    snprintf(where, sizeof where, "frame %u", at->frame);
    snprintf(identity, sizeof identity, "%s %u %s %llu %s", slash ? slash + 1 : at->file, at->frame,
             f->clause, (unsigned long long)f->off, words);
    snprintf(more, sizeof more, "\"frame\":%u,\"layers\":\"%s\",\"offset\":%llu,\"length\":%llu",
             at->frame, at->layers, (unsigned long long)f->off, (unsigned long long)f->len);
    sarif_result(&l->sarif, &(struct sarif_result){.clause = f->clause,
                                                   .level = level_name(f->level),
                                                   .message = words,
                                                   .file = at->file,
                                                   .logical = where,
                                                   .logical_kind = "frame",
                                                   .capture = at->n > 1 ? at->file : "",
                                                   .frames = at->frames,
                                                   .n_frames = at->n,
                                                   .identity = identity,
                                                   .properties = more});
}

/* The frames of a finding over time: those that it is about beside its own, which is the last. */
static void over_frames(struct place *at, const struct watch_finding *f)
{
    for (size_t i = 0; i < f->n_related && at->n < FRAMES - 1; i++)
        at->frames[at->n++] = f->related[i];
    if (f->frame)
        at->frames[at->n++] = f->frame;
}

void lint_sarif_message(struct view *v, struct wr *w, const struct engine_message *m)
{
    (void)w;
    for (size_t i = 0; i < findings_kept(m->fs); i++) {
        const struct finding *f = &m->fs->v[i];
        struct place at = {m->file, f->layer ? f->layer : m->layers, m->frame, {0}, 0};
        if (view_over(m, i))
            over_frames(&at, view_over(m, i));
        else
            while (at.n < FRAMES && at.n < m->n_frames) {
                at.frames[at.n] = m->frames[at.n];
                at.n++;
            }
        put((struct lint *)v, f, &at);
    }
    char text[128];
    struct wr to = {(uint8_t *)text, sizeof text - 1, 0, false};
    wr_text(&to, "frame ");
    wr_dec(&to, m->frame);
    wr_text(&to, ": ");
    if (lint_more(m, &to)) {
        text[to.n] = '\0';
        sarif_note(&((struct lint *)v)->sarif, &(struct sarif_note){.text = text, .file = m->file});
    }
}

void lint_sarif_late(struct view *v, struct wr *w, const char *file, const struct watch_finding *f)
{
    struct place at = {file, f->f.layer ? f->f.layer : "", f->frame, {0}, 0};
    (void)w;
    over_frames(&at, f);
    put((struct lint *)v, &f->f, &at);
}

/* About the capture, not about who spoke in it. */
void lint_sarif_note(struct view *v, struct wr *w, const char *file,
                     const struct capread_problem *p, struct span words)
{
    char text[512];
    struct wr to = {(uint8_t *)text, sizeof text - 1, 0, false};

    (void)w;
    wr_text(&to, "frame ");
    wr_dec(&to, p->frame);
    wr_text(&to, ", ");
    addr_text(&to, &p->src);
    wr_text(&to, " -> ");
    addr_text(&to, &p->dst);
    wr_text(&to, ", octet ");
    wr_dec(&to, p->off);
    wr_text(&to, " of the stream: ");
    wr_put(&to, words);
    text[to.n] = '\0';
    sarif_note(&((struct lint *)v)->sarif, &(struct sarif_note){.text = text, .file = file});
}

int lint_sarif_files(struct lint *l, int n, char **files)
{
    if (!sarif_begin(&l->sarif, stdout)) {
        cli_error("lint", "no memory is left for the output");
        return EXIT_OWN_FAULT;
    }
    int status = view_run(&l->v, n, files);
    if (status == EXIT_USAGE)
        sarif_note(&l->sarif, &(struct sarif_note){.error = true,
                                                   .text = "a file could not be read to its end",
                                                   .file = ""});
    bool whole =
        sarif_end(&l->sarif, &(struct sarif_run){.version = RTCLAB_VERSION,
                                                 .started = "",
                                                 .command = "",
                                                 .automation = "rtclab/lint/",
                                                 .successful = status == EXIT_AS_EXPECTED});
    if (!l->v.failed && (!whole || fflush(stdout) != 0 || ferror(stdout))) {
        cli_error("lint", "the output is not whole: %s",
                  whole ? "standard output cannot be written" : "no memory is left");
        return EXIT_OWN_FAULT;
    }
    return status;
}
