/* harness/report/run.c - reads run.jsonl into a struct run. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <jansson.h>
#include "harness/report/run.h"
#include "harness/report/text.h"

/* The status, the verdict that is called `s`; STATUS_N, VERDICT_N: none. */
static enum status status_of(const char *s)
{
    unsigned i = 0;
    while (i < STATUS_N && strcmp(status_name((enum status)i), s) != 0)
        i++;
    return (enum status)i;
}

static enum verdict verdict_of(const char *s)
{
    unsigned i = 0;
    while (i < VERDICT_N && strcmp(verdict_name((enum verdict)i), s) != 0)
        i++;
    return (enum verdict)i;
}

static const char *text_at(const json_t *j, const char *key)
{
    const char *s = json_string_value(json_object_get(j, key));
    return s ? s : "";
}

static uint64_t number_of(const json_t *j)
{
    if (json_is_real(j))
        return json_real_value(j) > 0 ? (uint64_t)json_real_value(j) : 0;
    return json_integer_value(j) > 0 ? (uint64_t)json_integer_value(j) : 0;
}

static uint64_t uint_at(const json_t *j, const char *key)
{
    return number_of(json_object_get(j, key));
}

static struct run_list list_at(const json_t *j, const char *key)
{
    const json_t *l = json_object_get(j, key);
    return (struct run_list){json_is_array(l) ? l : NULL};
}

size_t run_list_n(struct run_list l)
{
    return json_array_size(l.json);
}

const char *run_list_text(struct run_list l, size_t i)
{
    const char *s = json_string_value(json_array_get(l.json, i));
    return s ? s : "";
}

uint64_t run_list_uint(struct run_list l, size_t i)
{
    return number_of(json_array_get(l.json, i));
}

bool run_check_strict(const struct run_check *c)
{
    return strcmp(c->level, "SHOULD") != 0 && strcmp(c->level, "MAY") != 0;
}

const struct run_check *run_case_worst(const struct run_case *c)
{
    const struct run_check *worst = NULL;
    for (size_t i = 0; i < c->checks_n; i++) {
        const struct run_check *k = &c->checks[i];
        if (run_check_shown(c, k) && (!worst || k->verdict > worst->verdict))
            worst = k;
    }
    return worst;
}

bool run_case_notable(const struct run_case *c)
{
    return c->status != STATUS_PASS && c->status != STATUS_SKIP && c->status != STATUS_XFAIL;
}

/* ---- lines into the model ---- */

/* Room for one more of `size` octets, zeroed, in an array whose capacity is the power of two from
 * 8 up that holds it; NULL: no memory. */
static void *more(void *array, size_t *n, size_t size)
{
    void **at = array;
    if (*n == 0 || (*n >= 8 && (*n & (*n - 1)) == 0)) {
        size_t cap = *n < 8 ? 8 : 2 * *n;
        void *p = realloc(*at, cap * size);
        if (!p)
            return NULL;
        *at = p;
    }
    return memset((char *)*at + (*n)++ * size, 0, size);
}

const struct run_case *run_case_named(const struct run *r, const char *id)
{
    const json_t *at = json_object_get(r->index, id);
    return at ? &r->cases[json_integer_value(at)] : NULL;
}

static struct run_case *case_new(struct run *r, const char *id)
{
    size_t i = r->cases_n;
    struct run_case *c = more(&r->cases, &r->cases_n, sizeof *c);
    if (!c || json_object_set_new(r->index, id, json_integer((json_int_t)i)) != 0)
        return NULL;
    c->id = id;
    c->base = c->suite = c->role = c->title = c->kind = c->file = c->transport = c->family = "";
    c->seed = c->why = c->pcap = c->rerun = "";
    c->tries = 1;
    return c;
}

/* The case that a line is about, made where it is new; NULL: no memory. */
static struct run_case *case_of(struct run *r, const json_t *j)
{
    const char *id = text_at(j, "case");
    const json_t *at = json_object_get(r->index, id);
    return at ? &r->cases[json_integer_value(at)] : case_new(r, id);
}

static bool on_start(struct run *r, const json_t *j)
{
    struct run_case *c = case_of(r, j);
    if (c && c->ended) /* the same case once more: --repeat */
        c = case_new(r, text_at(j, "case"));
    if (!c)
        return false;
    c->attempts++;
    c->base = text_at(j, "base");
    c->suite = text_at(j, "suite");
    c->role = text_at(j, "role");
    c->title = text_at(j, "title");
    c->kind = text_at(j, "kind");
    c->file = text_at(j, "file");
    c->line = uint_at(j, "line");
    c->transport = text_at(j, "transport");
    c->family = text_at(j, "family");
    c->seed = text_at(j, "seed");
    c->clauses = list_at(j, "clauses");
    c->tags = list_at(j, "tags");
    return true;
}

/* A line without a start before it (which was cut, or left out) is of the first attempt. */
static unsigned attempt_of(const struct run_case *c)
{
    return c->attempts ? c->attempts : 1;
}

static bool on_check(struct run *r, const json_t *j)
{
    struct run_case *c = case_of(r, j);
    struct run_check *k = c ? more(&c->checks, &c->checks_n, sizeof *k) : NULL;
    size_t v = verdict_of(text_at(j, "verdict"));
    if (!k)
        return false;
    *k = (struct run_check){
        .clause = text_at(j, "clause"),
        .level = text_at(j, "level"),
        .what = text_at(j, "what"),
        .actual = text_at(j, "actual"),
        .verdict = v < VERDICT_N ? (enum verdict)v : VERDICT_NONE,
        .expected = list_at(j, "expected"),
        .frames = list_at(j, "frames"),
        .offset = uint_at(j, "offset"),
        .length = uint_at(j, "length"),
        .time_us = uint_at(j, "time_us"),
        .attempt = attempt_of(c),
    };
    r->checks_n++;
    return true;
}

static bool on_message(struct run *r, const json_t *j)
{
    struct run_case *c = case_of(r, j);
    struct run_message *m = c ? more(&c->messages, &c->messages_n, sizeof *m) : NULL;
    if (!m)
        return false;
    *m = (struct run_message){
        .time_us = uint_at(j, "time_us"),
        .frame = uint_at(j, "frame"),
        .from = text_at(j, "from"),
        .to = text_at(j, "to"),
        .proto = text_at(j, "proto"),
        .brief = text_at(j, "brief"),
        .in = strcmp(text_at(j, "dir"), "in") == 0,
        .fields = json_object_get(j, "fields"),
        .octets = text_at(j, "octets"),
        .attempt = attempt_of(c),
    };
    return true;
}

static bool on_note(struct run *r, const json_t *j)
{
    if (!text_at(j, "case")[0]) { /* about the run as a whole */
        r->noted = r->noted ? r->noted : text_at(j, "what");
        return true;
    }
    struct run_case *c = case_of(r, j);
    struct run_note *n = c ? more(&c->notes, &c->notes_n, sizeof *n) : NULL;
    if (!n)
        return false;
    *n = (struct run_note){uint_at(j, "time_us"), text_at(j, "what"), attempt_of(c)};
    return true;
}

static bool on_end(struct run *r, const json_t *j)
{
    struct run_case *c = case_of(r, j);
    size_t s = status_of(text_at(j, "status"));
    size_t v = verdict_of(text_at(j, "verdict"));
    if (!c)
        return false;
    c->ended = true;
    c->status = s < STATUS_N ? (enum status)s : STATUS_ERROR;
    c->verdict = v < VERDICT_N ? (enum verdict)v : VERDICT_NONE;
    c->why = s < STATUS_N ? text_at(j, "why") : "the record gives a status that is not known here";
    c->duration_us = uint_at(j, "duration_us");
    c->wall_us = uint_at(j, "wall_us");
    c->tries = json_object_get(j, "tries") ? uint_at(j, "tries") : 1;
    c->pcap = text_at(j, "pcap");
    c->rerun = text_at(j, "rerun");
    if (!c->base[0])
        c->base = text_at(j, "base");
    if (!c->suite[0]) /* skipped cases may have no start */
        c->suite = text_at(j, "suite");
    if (!c->title[0])
        c->title = text_at(j, "title");
    return true;
}

static bool on_run(struct run *r, const json_t *j)
{
    r->version = text_at(j, "rtclab");
    r->started = text_at(j, "started");
    r->seed = text_at(j, "seed");
    r->driver = text_at(j, "driver");
    r->target = text_at(j, "target");
    r->profile = text_at(j, "profile");
    r->impair = text_at(j, "impair");
    r->command = list_at(j, "command");
    return true;
}

static bool on_summary(struct run *r, const json_t *j)
{
    r->complete = true;
    r->wall_us = uint_at(j, "wall_us");
    r->exit = uint_at(j, "exit");
    r->interrupted = json_is_true(json_object_get(j, "interrupted"));
    return true;
}

static const struct kind {
    const char *type;
    bool (*take)(struct run *r, const json_t *j); /* false: no memory */
} kinds[] = {
    {"run", on_run},   {"start", on_start}, {"message", on_message}, {"check", on_check},
    {"note", on_note}, {"end", on_end},     {"summary", on_summary},
};

static bool take(struct run *r, json_t *j)
{
    if (json_array_append_new(r->lines, j) != 0)
        return false;
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strcmp(kinds[i].type, text_at(j, "type")) == 0)
            return kinds[i].take(r, j);
    return true; /* a type that a later version added */
}

/* ---- the file ---- */

static void remark(struct run *r, const char *format, uint64_t n)
{
    if (!r->remark[0])
        snprintf(r->remark, sizeof r->remark, format, (unsigned long long)n);
}

/* An object from a line; NULL: it is none. Numbers past 63 bits are taken as floating ones. */
static json_t *parse(const char *line, size_t n)
{
    json_error_t err;
    json_t *j = json_loadb(line, n, 0, &err);
    if (!j)
        j = json_loadb(line, n, JSON_DECODE_INT_AS_REAL, &err);
    if (j && !json_is_object(j)) {
        json_decref(j);
        return NULL;
    }
    return j;
}

/* A check that passed, in the form that this program writes, which no string in it can have. */
static bool is_pass(struct span line)
{
    static const char check[] = "{\"type\":\"check\",", pass[] = ",\"verdict\":\"pass\",";

    return line.n > sizeof check && memcmp(line.p, check, sizeof check - 1) == 0 &&
           line.p[line.n - 1] == '\n' && memmem(line.p, line.n, pass, sizeof pass - 1);
}

static bool read_lines(struct run *r, FILE *f, bool brief)
{
    char *line = NULL;
    size_t cap = 0;
    uint64_t number = 0;
    bool ok = true;

    for (ssize_t n; ok && (n = getline(&line, &cap, f)) > 0;) {
        struct span raw = {(const uint8_t *)line, (size_t)n};
        bool whole = line[n - 1] == '\n';
        if (brief && is_pass(raw)) {
            r->checks_n++;
            number++;
            continue;
        }
        char *clean = text_clean_json(raw);
        json_t *j = clean ? parse(clean, strlen(clean)) : NULL;
        number++;
        ok = clean != NULL;
        free(clean);
        if (j)
            ok = take(r, j);
        else if (!whole)
            remark(r, "the record ends in the middle of line %llu; all before it is used", number);
        else if (n > 1)
            remark(r, "line %llu of the record is no JSON object and is left out", number);
    }
    free(line);
    if (!ok)
        snprintf(r->remark, sizeof r->remark, "the record does not fit into memory");
    else if (ferror(f))
        snprintf(r->remark, sizeof r->remark, "the record cannot be read: %s", strerror(errno));
    return ok && !ferror(f);
}

/* Link the cases of each suite, which may be mixed in the record. */
static bool link_suites(struct run *r)
{
    json_t *last = json_object(); /* suite -> its last case so far */
    bool ok = last != NULL;

    for (size_t i = 0; ok && i < r->cases_n; i++) {
        struct run_case *c = &r->cases[i];
        json_t *at = json_object_get(last, c->suite);
        c->leads = !at;
        c->next = RUN_LAST;
        if (at)
            r->cases[json_integer_value(at)].next = i;
        ok = json_object_set_new(last, c->suite, json_integer((json_int_t)i)) == 0;
    }
    json_decref(last);
    return ok;
}

/* What can be said once all lines are there. */
static void finish(struct run *r)
{
    uint64_t wall = 0;
    for (size_t i = 0; i < r->cases_n; i++) {
        struct run_case *c = &r->cases[i];
        if (!c->attempts)
            c->attempts = 1;
        if (!c->ended) {
            c->status = STATUS_INCONC;
            c->why = "the run ended before this case did";
        }
        for (size_t k = 0; k < c->checks_n; k++)
            if (run_check_counts(c, &c->checks[k]) && c->checks[k].verdict > c->verdict)
                c->verdict = c->checks[k].verdict;
        if (!c->ended && c->verdict < VERDICT_INCONC)
            c->verdict = VERDICT_INCONC;
        r->counts[c->status]++;
        wall += c->wall_us;
    }
    if (!r->complete) {
        r->wall_us = wall;
        remark(r, "the record ends before the run did; what it has is shown", 0);
    }
    if (!r->remark[0] && r->noted)
        snprintf(r->remark, sizeof r->remark, "%s", r->noted);
}

/* Open `path` or the run.jsonl in it, and remember the folder. */
static FILE *open_record(struct run *r, const char *path)
{
    struct stat st;
    char file[sizeof r->folder + 16];

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        snprintf(r->folder, sizeof r->folder, "%s", path);
        snprintf(file, sizeof file, "%s/run.jsonl", r->folder);
    } else {
        const char *slash = strrchr(path, '/');
        snprintf(r->folder, sizeof r->folder, "%.*s", slash ? (int)(slash - path) : 1,
                 slash ? path : ".");
        if (slash == path)
            strcpy(r->folder, "/");
        snprintf(file, sizeof file, "%s", path);
    }
    return fopen(file, "re");
}

static bool read_as(struct run *r, const char *path, bool brief)
{
    FILE *f;
    bool ok;

    memset(r, 0, sizeof *r);
    r->version = r->started = r->seed = r->driver = r->target = r->profile = r->impair = "";
    f = open_record(r, path);
    if (!f) {
        snprintf(r->remark, sizeof r->remark, "the record cannot be read: %s", strerror(errno));
        return false;
    }
    r->lines = json_array();
    r->index = json_object();
    ok = r->lines && r->index && read_lines(r, f, brief);
    fclose(f);
    if (ok && strcmp(text_at(json_array_get(r->lines, 0), "type"), "run") != 0) {
        snprintf(r->remark, sizeof r->remark, "this is no run record: it has no line of type run");
        ok = false;
    }
    if (ok && !(ok = link_suites(r)))
        snprintf(r->remark, sizeof r->remark, "the record does not fit into memory");
    if (!ok) {
        run_free(r);
        return false;
    }
    finish(r);
    return true;
}

bool run_read(struct run *r, const char *path)
{
    return read_as(r, path, false);
}

bool run_read_brief(struct run *r, const char *path)
{
    return read_as(r, path, true);
}

void run_free(struct run *r)
{
    for (size_t i = 0; i < r->cases_n; i++) {
        free(r->cases[i].checks);
        free(r->cases[i].messages);
        free(r->cases[i].notes);
    }
    free(r->cases);
    json_decref(r->index);
    json_decref(r->lines);
    r->cases = NULL;
    r->cases_n = 0;
    r->index = r->lines = NULL;
}
