/* harness/cli/streams.h - the parts of `rtclab streams`: what it gathers, and the forms that it is shown in. */
#ifndef HARNESS_CLI_STREAMS_H
#define HARNESS_CLI_STREAMS_H
#include "harness/cli/capture_view.h"
#include "codecs/rtp/rtp_event.h"
#include "harness/watch/rtp/rtp_streams.h"

enum {
    STREAMS_FINDINGS = 2000, /* kept for the page; more are counted */
    STREAMS_PAGE = 500,      /* streams that a page shows; more are counted */
    STREAMS_WAVS = 256,      /* sound files of one capture; more streams are told and left out */
    STREAMS_SILENCE_S = 30,  /* of one pause in a sound file; longer ones are cut to it */
};
struct streams_finding { /* of a message, or over time */
    uint32_t frame;
    const char *clause;
    enum level level;
    char what[160];
};
struct streams_row {
    const struct rtp_stream *s;
    uint64_t first_us; /* when it was first seen, and in which frame */
    uint32_t first_frame;
};
struct streams {
    struct view v; /* first: what the callbacks get */
    /* At the end of a file: its streams, of all workers, in the order in which they began. */
    struct streams_row *rows;
    size_t n_rows;
    uint64_t gone;          /* streams that the watcher gave up */
    const char *html, *wav; /* a file, a folder; NULL: not asked for */
    bool points;
    FILE *page;
    struct streams_finding *findings;
    size_t n_findings, more_findings;
    struct wavs *wavs;
};

/* Write one object a line. */
void streams_json(struct view *v, struct wr *w, const char *file);

/* A self-contained page on s->page: head, a part for each file, tail. `css` is the path of the style sheet.
 * streams_html_note keeps the findings of a message for it. */
bool streams_html_begin(struct streams *s, const char *css);
void streams_html_file(struct streams *s, const char *file);
void streams_html_end(struct streams *s);
void streams_html_note(struct streams *s, const struct engine_message *m);

/* Sound: each stream of G.711 as a WAV file (16 bits, one channel) in a folder, what is missing as silence.
 * NULL: no memory. */
struct wavs *wavs_new(const char *folder, const char *known);
/* A message of `file`. False: a file cannot be written; wavs_error says which and why. */
bool wavs_take(struct wavs *ws, const struct engine_message *m);
/* Finish the files of a capture; how many there are. */
size_t wavs_end(struct wavs *ws);
const char *wavs_error(const struct wavs *ws);
uint64_t wavs_left_out(const struct wavs *ws); /* streams past STREAMS_WAVS */
uint64_t wavs_cut(const struct wavs *ws);      /* packets of which octets are missing */
void wavs_free(struct wavs *ws);
#endif
