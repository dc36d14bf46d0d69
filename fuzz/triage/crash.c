/* fuzz/triage/crash.c - logs of replays. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include "fuzz/triage/crash.h"

/* ---- lines ---- */

static bool next_line(struct span log, size_t *at, struct span *line)
{
    if (*at >= log.n)
        return false;
    size_t from = *at;
    while (*at < log.n && log.p[*at] != '\n')
        ++*at;
    *line = span_cut(log, from, *at);
    ++*at;
    return true;
}

/* What follows `after` in `s`; false: it is not in there. */
static bool behind(struct span s, const char *after, struct span *out)
{
    const uint8_t *at = s.n ? memmem(s.p, s.n, after, strlen(after)) : NULL;

    if (!at)
        return false;
    *out = span_cut(s, (size_t)(at - s.p) + strlen(after), s.n);
    return true;
}

static void copy(char *to, size_t cap, struct span s)
{
    size_t n = s.n < cap - 1 ? s.n : cap - 1;

    if (n)
        memcpy(to, s.p, n);
    to[n] = '\0';
}

static struct span word(struct span s)
{
    size_t n = 0;
    while (n < s.n && s.p[n] != ' ' && s.p[n] != '\t')
        n++;
    return span_cut(s, 0, n);
}

/* Numbers differ from input to input: each becomes one 'N'. */
static void without_numbers(char *s)
{
    char *to = s;

    for (const char *at = s; *at;) {
        if (!isdigit((unsigned char)*at)) {
            *to++ = *at++;
            continue;
        }
        while (isxdigit((unsigned char)*at) || *at == 'x')
            at++;
        *to++ = 'N';
    }
    *to = '\0';
}

/* ---- frames: "#1 0x55 in stun_decode /top/codecs/stun/stun_decode.c:12:3" ---- */

static bool is_ours(const char *function)
{
    static const char *const not_ours[] = {"__",      "fuzzer::", "LLVM", "abort",   "raise",
                                           "gsignal", "pthread_", "main", "_start",  "require",
                                           "crashed", "say_last", "died", "replay_", "fence_",
                                           "need",    "mem",      "str",  "rig_run", "one"};
    for (size_t i = 0; i < COUNT(not_ours); i++) {
        size_t n = strlen(not_ours[i]);
        bool whole = strcmp(not_ours[i], "one") == 0 || strcmp(not_ours[i], "need") == 0;
        if (whole ? strcmp(function, not_ours[i]) == 0 : strncmp(function, not_ours[i], n) == 0)
            return false;
    }
    return true;
}

static bool read_place(struct span s, struct crash_frame *f)
{
    static const char *const tops[] = {"/codecs/", "/harness/", "/fuzz/"};
    const uint8_t *best = NULL;
    char text[CRASH_WORDS], *colon;

    for (size_t i = 0; i < COUNT(tops); i++) { /* the last of them that begins the shortest path */
        const uint8_t *at = s.n ? memmem(s.p, s.n, tops[i], strlen(tops[i])) : NULL;
        for (const uint8_t *more = at; more;) {
            size_t left = s.n - (size_t)(more + 1 - s.p);
            at = more;
            more = memmem(more + 1, left, tops[i], strlen(tops[i]));
        }
        if (at && (!best || at > best))
            best = at;
    }
    if (!best)
        return false;
    copy(text, sizeof text, span_cut(s, (size_t)(best + 1 - s.p), s.n));
    colon = strchr(text, ':');
    if (colon) {
        f->line = (unsigned)strtoul(colon + 1, NULL, 10);
        *colon = '\0';
    }
    copy(f->file, sizeof f->file, span_of(text));
    return true;
}

static void read_frame(struct span line, struct crash *c)
{
    struct crash_frame f = {.line = 0};
    struct span rest;

    if (c->n_frames == CRASH_FRAMES || !behind(line, " in ", &rest))
        return;
    copy(f.function, sizeof f.function, word(rest));
    if (is_ours(f.function) && read_place(rest, &f))
        c->frames[c->n_frames++] = f;
}

/* ---- kinds ---- */

static void set_kind(struct crash *c, const char *kind, struct span words)
{
    if (c->kind[0])
        return; /* the first says what it was, the others what came of it */
    copy(c->kind, sizeof c->kind, span_of(kind));
    copy(c->words, sizeof c->words, words);
    without_numbers(c->words);
}

static void read_kind(struct span line, struct crash *c)
{
    struct span rest;
    char kind[CRASH_NAME];

    if (behind(line, "oracle: ", &rest)) {
        set_kind(c, "oracle", rest);
    } else if (behind(line, "runtime error: ", &rest)) {
        set_kind(c, "undefined", rest);
    } else if (behind(line, "LeakSanitizer: ", &rest)) {
        set_kind(c, "leak", (struct span){0});
    } else if (behind(line, "ERROR: AddressSanitizer: ", &rest) ||
               behind(line, "ERROR: MemorySanitizer: ", &rest)) {
        copy(kind, sizeof kind, word(rest));
        set_kind(c, kind, (struct span){0});
    } else if (behind(line, "too long a time in ", &rest)) {
        set_kind(c, "hang", (struct span){0});
    } else if (behind(line, ": crash in ", &rest)) {
        set_kind(c, "crash", (struct span){0});
    } else if (behind(line, "finding: ", &rest) && !c->kind[0]) {
        copy(c->detail, sizeof c->detail, rest);
    }
}

static void name(struct crash *c)
{
    size_t at = 0;
    char text[CRASH_WORDS + 2 * CRASH_NAME];
    const char *where = c->n_frames ? c->frames[0].function : "";

    snprintf(text, sizeof text, "%s %s", c->kind,
             c->words[0] && strcmp(c->kind, "oracle") == 0 ? c->words : where);
    for (const char *s = text; *s && at + 1 < sizeof c->slug && at < 64; s++) {
        if (isalnum((unsigned char)*s))
            c->slug[at++] = (char)tolower((unsigned char)*s);
        else if (at && c->slug[at - 1] != '-')
            c->slug[at++] = '-';
    }
    while (at && c->slug[at - 1] == '-')
        at--;
    c->slug[at] = '\0';
    int n = snprintf(c->key, sizeof c->key, "%s|%s", c->kind, c->words);
    for (size_t i = 0; i < c->n_frames && n > 0 && (size_t)n < sizeof c->key; i++)
        n += snprintf(c->key + n, sizeof c->key - (size_t)n, "|%s", c->frames[i].function);
}

bool crash_read(struct span log, struct crash *c)
{
    struct span line;
    bool stack_over = false, in_stack = false;

    *c = (struct crash){.n_frames = 0};
    for (size_t at = 0; next_line(log, &at, &line);) {
        struct span rest;
        read_kind(line, c);
        bool frame = behind(line, "    #", &rest) && rest.n && isdigit(rest.p[0]);
        stack_over |=
            in_stack && !frame; /* the first stack is where it happened; others tell of memory */
        in_stack = frame;
        if (frame && !stack_over)
            read_frame(line, c);
    }
    if (!c->kind[0])
        return false;
    name(c);
    return true;
}

bool crash_same(const struct crash *a, const struct crash *b)
{
    return strcmp(a->key, b->key) == 0;
}
