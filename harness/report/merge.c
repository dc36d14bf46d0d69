/* harness/report/merge.c - the records of several shards as one. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <jansson.h>
#include "harness/report/merge.h"

enum { SAID = 20 }; /* duplicates that are named; more are counted */

struct merging {
    FILE *to;
    const struct run *runs;
    size_t n;
    const struct merge_options *o;
    struct report_error *e;
    json_t *owner;           /* case -> place of the run that it is taken from */
    json_t *notes;           /* array of sentences about the whole */
    size_t counts[STATUS_N]; /* of what is kept */
    size_t checks, duplicates;
};

bool merge_fits(const struct run *a, const struct run *b, char why[512])
{
    const struct {
        const char *what, *a, *b;
    } rows[] = {
        {"versions of rtclab", a->version, b->version},
        {"drivers", a->driver, b->driver},
        {"targets", a->target, b->target},
        {"profiles", a->profile, b->profile},
        {"seeds", a->seed, b->seed},
        {"impairments", a->impair, b->impair},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(rows[i].a, rows[i].b) != 0) {
            snprintf(why, 512, "their %s differ (%.150s and %.150s)", rows[i].what,
                     rows[i].a[0] ? rows[i].a : "none", rows[i].b[0] ? rows[i].b : "none");
            return false;
        }
    return true;
}

static bool lost(struct merging *m, const char *what)
{
    snprintf(m->e->why, sizeof m->e->why, "%.500s", what);
    return false;
}

/* ---- duplicates ---- */

static int rank(enum status s)
{
    static const int ranks[STATUS_N] = {
        [STATUS_SKIP] = 0,       [STATUS_PASS] = 1,  [STATUS_XFAIL] = 2,
        [STATUS_NON_STRICT] = 3, [STATUS_FLAKY] = 4, [STATUS_INCONC] = 5,
        [STATUS_XPASS] = 6,      [STATUS_FAIL] = 7,  [STATUS_ERROR] = 8,
    };
    return ranks[s];
}

static bool note(struct merging *m, const char *sentence)
{
    if (m->o->say)
        m->o->say(m->o->ctx, sentence);
    return json_array_append_new(m->notes, json_string(sentence)) == 0;
}

static bool twice(struct merging *m, const struct run_case *c, size_t was, size_t now, bool later)
{
    const struct run_case *first = run_case_named(&m->runs[was], c->id);
    char text[512];

    if (first->status == STATUS_SKIP && c->status == STATUS_SKIP)
        return true;
    if (m->duplicates++ >= SAID)
        return true;
    snprintf(text, sizeof text,
             "%.120s is in the records %zu (%s) and %zu (%s); that of %zu is kept", c->id, was + 1,
             status_name(first->status), now + 1, status_name(c->status), (later ? now : was) + 1);
    return note(m, text);
}

/* Give each case to a run. */
static bool choose(struct merging *m)
{
    bool good = true;
    for (size_t i = 0; i < m->n && good; i++)
        for (size_t k = 0; k < m->runs[i].cases_n && good; k++) {
            const struct run_case *c = &m->runs[i].cases[k];
            const json_t *at = json_object_get(m->owner, c->id);
            size_t was = at ? (size_t)json_integer_value(at) : i;
            bool later = false;
            if (was != i && run_case_named(&m->runs[i], c->id) == c) {
                later = rank(c->status) > rank(run_case_named(&m->runs[was], c->id)->status);
                good = twice(m, c, was, i, later);
            }
            if (good && (!at || later))
                good = json_object_set_new(m->owner, c->id, json_integer((json_int_t)i)) == 0;
        }
    if (good && m->duplicates > SAID) {
        char text[128];
        snprintf(text, sizeof text, "%zu more cases are in more than one record",
                 m->duplicates - SAID);
        good = note(m, text);
    }
    return good || lost(m, "the records do not fit into memory");
}

static bool kept(const struct merging *m, size_t run, const char *id)
{
    const json_t *at = json_object_get(m->owner, id);
    return at && (size_t)json_integer_value(at) == run;
}

/* ---- captures ---- */

static bool copy(const char *from, const char *to)
{
    char block[1 << 16];
    ssize_t n = 0;
    int in = open(from, O_RDONLY | O_CLOEXEC), out;

    if (in < 0)
        return false;
    out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool good = out >= 0;
    while (good && (n = read(in, block, sizeof block)) > 0)
        for (ssize_t at = 0, put; good && at < n; at += put)
            good = (put = write(out, block + at, (size_t)(n - at))) > 0;
    int why = errno;
    good = good && n == 0;
    if (out >= 0 && close(out) != 0 && good) {
        good = false;
        why = errno;
    }
    close(in);
    errno = why;
    return good;
}

/* The name of a capture in the new record; false: it could not be copied. */
static bool capture(struct merging *m, const struct run *r, const char *name, char out[PATH_MAX])
{
    char from[PATH_MAX], text[512];

    if (!m->o->folder) {
        char way[PATH_MAX];
        report_way(way, m->o->file ? m->o->file : ".", r->folder);
        snprintf(out, PATH_MAX, "%s%s%s", way, way[0] ? "/" : "", name);
        return true;
    }
    snprintf(from, sizeof from, "%s/%s", r->folder, name);
    snprintf(out, PATH_MAX, "%s/%s", m->o->folder, name);
    bool good = !strchr(name, '/') && copy(from, out);
    if (!good && (errno == ENOENT || strchr(name, '/'))) {
        snprintf(text, sizeof text, "the capture %.400s is not there", from);
        good = note(m, text);
    } else if (!good) {
        snprintf(text, sizeof text, "the capture %.200s cannot be written: %s", out,
                 strerror(errno));
        lost(m, text);
    }
    snprintf(out, PATH_MAX, "%s", name);
    return good;
}

/* ---- lines ---- */

static void put_line(FILE *to, const json_t *j)
{
    json_dumpf(j, to, JSON_COMPACT);
    fputc('\n', to);
}

static const char *text_at(const json_t *j, const char *key)
{
    const char *s = json_string_value(json_object_get(j, key));
    return s ? s : "";
}

/* The first record's line of type run, with where the parts came from and all their selectors. */
static bool head(struct merging *m)
{
    json_t *j = json_copy(json_array_get(m->runs[0].lines, 0)), *parts = json_array(),
           *selectors = json_array(), *seen = json_object();
    bool good = j && parts && selectors && seen;

    for (size_t i = 0; i < m->n && good; i++) {
        const json_t *line = json_array_get(m->runs[i].lines, 0);
        json_t *v;
        size_t k;
        json_t *part = json_pack("{s:s}", "started", m->runs[i].started);
        json_object_set(part, "command", json_object_get(line, "command"));
        good = json_array_append_new(parts, part) == 0;
        json_array_foreach(json_object_get(line, "selectors"), k, v)
        {
            const char *s = json_string_value(v);
            if (s && !json_object_get(seen, s)) {
                json_object_set_new(seen, s, json_true());
                json_array_append(selectors, v);
            }
        }
    }
    good = good && json_object_set(j, "merged", parts) == 0 &&
           json_object_set(j, "selectors", selectors) == 0;
    if (good)
        put_line(m->to, j);
    json_decref(j);
    json_decref(parts);
    json_decref(selectors);
    json_decref(seen);
    return good || lost(m, "the records do not fit into memory");
}

static bool end_line(struct merging *m, const struct run *r, json_t *line)
{
    const char *pcap = text_at(line, "pcap");
    char name[PATH_MAX];
    bool good = true;

    if (pcap[0]) {
        good = capture(m, r, pcap, name);
        json_t *j = json_copy(line);
        json_object_set_new(j, "pcap", json_string(name));
        put_line(m->to, j);
        json_decref(j);
    } else {
        put_line(m->to, line);
    }
    return good;
}

static bool body(struct merging *m, size_t i)
{
    const struct run *r = &m->runs[i];
    bool good = true;
    size_t k;
    json_t *line;

    json_array_foreach(r->lines, k, line)
    {
        const char *type = text_at(line, "type"), *id = text_at(line, "case");
        if (strcmp(type, "run") == 0 || strcmp(type, "summary") == 0 || (id[0] && !kept(m, i, id)))
            continue;
        if (strcmp(type, "end") == 0)
            good = end_line(m, r, line) && good;
        else
            put_line(m->to, line);
    }
    for (k = 0; k < r->cases_n; k++)
        if (kept(m, i, r->cases[k].id)) {
            m->counts[r->cases[k].status]++;
            m->checks += r->cases[k].checks_n;
        }
    return good;
}

/* What a single run with all these cases would have ended with. */
static unsigned exit_status(const struct merging *m, bool interrupted)
{
    size_t cases = 0, own = 0, unreached = 0;

    for (size_t i = 0; i < STATUS_N; i++)
        cases += m->counts[i];
    for (size_t i = 0; i < m->n; i++) {
        own += m->runs[i].exit == 4;
        unreached += m->runs[i].exit == 3;
    }
    if (interrupted)
        return 5;
    if (m->counts[STATUS_ERROR] || own)
        return 4;
    if (unreached)
        return 3;
    if (m->counts[STATUS_FAIL] || m->counts[STATUS_XPASS] || m->counts[STATUS_INCONC])
        return 1;
    return cases && m->counts[STATUS_SKIP] == cases ? 77 : 0;
}

static bool tail(struct merging *m)
{
    static const char *const keys[STATUS_N] = {"pass",       "fail",  "inconc", "error", "skip",
                                               "non_strict", "xfail", "xpass",  "flaky"};
    json_t *j = json_pack("{s:s}", "type", "summary"), *v;
    bool interrupted = false;
    uint64_t wall = 0;
    size_t cases = 0, i;

    for (i = 0; i < m->n; i++) {
        interrupted |= m->runs[i].interrupted || !m->runs[i].complete;
        wall += m->runs[i].wall_us;
    }
    json_array_foreach(m->notes, i, v)
    {
        json_t *line = json_pack("{s:s,s:O}", "type", "note", "what", v);
        put_line(m->to, line);
        json_decref(line);
    }
    for (i = 0; i < STATUS_N; i++)
        cases += m->counts[i];
    json_object_set_new(j, "cases", json_integer((json_int_t)cases));
    for (i = 0; i < STATUS_N; i++)
        json_object_set_new(j, keys[i], json_integer((json_int_t)m->counts[i]));
    json_object_set_new(j, "checks", json_integer((json_int_t)m->checks));
    json_object_set_new(j, "wall_us", json_integer((json_int_t)wall));
    json_object_set_new(j, "interrupted", json_boolean(interrupted));
    json_object_set_new(j, "exit", json_integer(exit_status(m, interrupted)));
    put_line(m->to, j);
    json_decref(j);
    return true;
}

static bool fit(const struct run *runs, size_t n, struct report_error *e)
{
    char why[512];
    for (size_t i = 1; i < n; i++)
        if (!merge_fits(&runs[0], &runs[i], why)) {
            snprintf(e->why, sizeof e->why,
                     "records 1 and %zu are no parts of one run: %.300s; --force merges them",
                     i + 1, why);
            e->refused = true;
            return false;
        }
    return true;
}

bool report_merge(FILE *to, const struct run *runs, size_t n, const struct merge_options *o,
                  struct report_error *e)
{
    struct merging m = {.to = to, .runs = runs, .n = n, .o = o, .e = e};
    bool good;

    *e = (struct report_error){0};
    if (!o->force && !fit(runs, n, e))
        return false;
    m.owner = json_object();
    m.notes = json_array();
    good = (m.owner && m.notes) || lost(&m, "the records do not fit into memory");
    good = good && choose(&m) && head(&m);
    bool captures = true;
    for (size_t i = 0; i < n && good; i++)
        captures = body(&m, i) && captures; /* one that is lost does not cost the others */
    good = good && tail(&m);
    json_decref(m.owner);
    json_decref(m.notes);
    return good && captures;
}

bool report_merge_file(const struct run *runs, size_t n, const char *path,
                       const struct merge_options *o, struct report_error *e)
{
    *e = (struct report_error){0};
    if (!o->force && !fit(runs, n, e)) /* before a file is truncated */
        return false;
    FILE *f = report_open(path, e);
    if (!f)
        return false;
    report_merge(f, runs, n, o, e);
    return report_close(f, path, e);
}
