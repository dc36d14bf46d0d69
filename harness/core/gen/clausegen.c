/* harness/core/gen/clausegen.c - host tool of the build: the catalogue of clauses as a C table.
 *
 *   clausegen OUT.c CITED.txt FILE.tsv...
 *
 * Reads the catalogues (vectors/clauses/README.md), checks each row, writes them to OUT.c sorted by
 * id, then looks through every file that CITED.txt names, one a line, for clause ids. A bad row, or
 * an id that no catalogue has, is said as "file:line: why"; then the exit status is 1 and there is
 * no OUT.c. */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum column { ID, KIND, LEVEL, ROLES, OBSERVABLE, WHY_NOT, HASH, STATEMENT, COLUMNS };
enum { ID_MAX = 96 };
static const char *const headings[COLUMNS] = {
    "id", "kind", "level", "roles", "observable", "why_not", "hash", "statement",
};
static const char *const levels[] = {"MUST", "STMT", "SHOULD", "MAY"};
static const char *const whys[] = {
    "internal", "policy", "definition", "permission", "other-role", "no-access",
};

struct row {
    const char *col[COLUMNS]; /* into the text of its catalogue */
    const char *path;
    unsigned line;
};
struct gen {
    struct row *rows;
    size_t n, cap;
    char **texts; /* one a catalogue, cut into columns in place */
    size_t n_texts;
    size_t bad;
};

static void say(struct gen *g, const char *path, unsigned line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void say(struct gen *g, const char *path, unsigned line, const char *format, ...)
{
    va_list ap;
    g->bad++;
    fprintf(stderr, "%s:%u: ", path, line);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fputc('\n', stderr);
}

static void *grown(void *p, size_t n)
{
    void *q = realloc(p, n);
    if (!q) {
        fputs("clausegen: out of memory\n", stderr);
        exit(1);
    }
    return q;
}

/* The whole file and a NUL, to be freed; NULL: cannot be read, said as a finding against `by`. */
static char *slurp(struct gen *g, const char *path, const char *by, unsigned line)
{
    FILE *f = fopen(path, "rb");
    char *text = NULL;
    size_t n = 0, cap = 0, got;

    if (!f) {
        say(g, by, line, "cannot read %s: %s", path, strerror(errno));
        return NULL;
    }
    do {
        cap = cap * 2 + 4096;
        text = grown(text, cap);
        got = fread(text + n, 1, cap - n - 1, f);
        n += got;
    } while (n == cap - 1);
    if (ferror(f)) {
        say(g, by, line, "cannot read %s", path);
        free(text);
        text = NULL;
    } else {
        text[n] = '\0';
    }
    fclose(f);
    return text;
}

static bool among(const char *s, const char *const *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(s, v[i]) == 0)
            return true;
    return false;
}

/* ---- clause ids: SPEC:SECTION#3, #3b or #a3 ---- */

static bool upper(char c)
{
    return c >= 'A' && c <= 'Z';
}
static bool lower(char c)
{
    return c >= 'a' && c <= 'z';
}
static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* How many characters at `s` are a clause id, or look like one with a wrong number; 0: none. */
static size_t id_length(const char *s)
{
    size_t n = 0, from;

    if (!upper(s[0]))
        return 0;
    while (upper(s[n]) || digit(s[n]) || s[n] == '-' || (s[n] == '.' && digit(s[n + 1])))
        n++;
    if (s[n++] != ':')
        return 0;
    from = n;
    while (upper(s[n]) || digit(s[n]) || (s[n] == '.' && n > from && s[n - 1] != '.'))
        n++;
    if (n == from || s[n - 1] == '.' || s[n++] != '#')
        return 0;
    from = n;
    while (lower(s[n]) || digit(s[n]))
        n++;
    return n > from ? n : 0;
}

/* Whether what follows '#' is a number, a number and a letter, or a letter and a number; `*own`: the
 * last, the id of a rule without a key word. */
static bool number_well_formed(const char *s, bool *own)
{
    *own = lower(*s);
    s += *own;
    if (!digit(*s) || *s == '0')
        return false;
    while (digit(*s))
        s++;
    return *s == '\0' || (!*own && lower(*s) && s[1] == '\0');
}

static int by_id(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int order = strcmp(x->col[ID], y->col[ID]);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

static bool known(const struct gen *g, const char *id)
{
    struct row key = {.col = {[ID] = id}};
    size_t lo = 0, hi = g->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int order = strcmp(key.col[ID], g->rows[mid].col[ID]);
        if (order == 0)
            return true;
        if (order < 0)
            hi = mid;
        else
            lo = mid + 1;
    }
    return false;
}

/* ---- the catalogues ---- */

static bool roles_well_formed(const char *s)
{
    bool word = false; /* inside a name */
    for (; *s; s++) {
        if (*s == ',' ? !word : !lower(*s) && !digit(*s) && !(*s == '-' && word))
            return false;
        word = *s != ',';
    }
    return word;
}

static bool hash_well_formed(const char *s)
{
    size_t n = 0;
    while (digit(s[n]) || (s[n] >= 'a' && s[n] <= 'f'))
        n++;
    return s[n] == '\0' && (n == 0 || n == 8);
}

static void check_row(struct gen *g, const struct row *r)
{
    const char *const *c = r->col;
    const char *hash = strchr(c[ID], '#');
    bool own = false, seen = strcmp(c[OBSERVABLE], "yes") == 0;

    if (strlen(c[ID]) > ID_MAX || id_length(c[ID]) != strlen(c[ID]) || !hash ||
        !number_well_formed(hash + 1, &own)) {
        say(g, r->path, r->line, "'%s' is no clause id such as TOY1:5#3", c[ID]);
        return;
    }
    if (strcmp(c[KIND], own ? "A" : "N") != 0)
        say(g, r->path, r->line, "%s: the kind is '%s', not %s", c[ID], c[KIND], own ? "A" : "N");
    if (!among(c[LEVEL], levels, COUNT(levels)))
        say(g, r->path, r->line, "%s: there is no level '%s'", c[ID], c[LEVEL]);
    else if (own && strcmp(c[LEVEL], "STMT") != 0 && strcmp(c[LEVEL], "SHOULD") != 0)
        say(g, r->path, r->line,
            "%s: a rule without a key word is STMT, or SHOULD where its text is for information, "
            "not %s",
            c[ID], c[LEVEL]);
    if (!roles_well_formed(c[ROLES]))
        say(g, r->path, r->line, "%s: '%s' are no roles joined by commas", c[ID], c[ROLES]);
    if (!seen && strcmp(c[OBSERVABLE], "no") != 0)
        say(g, r->path, r->line, "%s: observable is '%s', not yes or no", c[ID], c[OBSERVABLE]);
    else if (seen && c[WHY_NOT][0])
        say(g, r->path, r->line, "%s: observable, yet why_not is '%s'", c[ID], c[WHY_NOT]);
    else if (!seen && !among(c[WHY_NOT], whys, COUNT(whys)))
        say(g, r->path, r->line, "%s: not observable, and '%s' is no why_not", c[ID], c[WHY_NOT]);
    if (!hash_well_formed(c[HASH]) || (own && c[HASH][0]))
        say(g, r->path, r->line, "%s: the hash '%s' is wrong here", c[ID], c[HASH]);
    if (!c[STATEMENT][0])
        say(g, r->path, r->line, "%s: there is no statement", c[ID]);
}

/* Cut a line at its tabs; returns how many columns it has, and fills the first COLUMNS. */
static size_t cut(char *line, const char *col[COLUMNS])
{
    size_t n = 0;
    for (char *at = line; at; n++) {
        char *tab = strchr(at, '\t');
        if (tab)
            *tab++ = '\0';
        if (n < COLUMNS)
            col[n] = at;
        at = tab;
    }
    return n;
}

static void check_heading(struct gen *g, const struct row *r)
{
    for (size_t i = 0; i < COLUMNS; i++)
        if (strcmp(r->col[i], headings[i]) != 0)
            say(g, r->path, r->line, "column %zu is '%s', not %s", i + 1, r->col[i], headings[i]);
}

static void read_catalogue(struct gen *g, const char *path)
{
    char *text = slurp(g, path, path, 0);
    unsigned line = 0;

    if (!text)
        return;
    g->texts = grown(g->texts, (g->n_texts + 1) * sizeof *g->texts);
    g->texts[g->n_texts++] = text;
    for (char *at = text, *next; *at || line == 0; at = next) {
        line++;
        struct row r = {.path = path, .line = line};
        next = at + strcspn(at, "\n");
        if (*next)
            *next++ = '\0';
        size_t n = cut(at, r.col);
        if (n != COLUMNS) {
            say(g, path, line, "%zu columns, not %d", n, COLUMNS);
            continue;
        }
        if (line == 1) {
            check_heading(g, &r);
            continue;
        }
        check_row(g, &r);
        if (g->n == g->cap) {
            g->cap = g->cap * 2 + 64;
            g->rows = grown(g->rows, g->cap * sizeof *g->rows);
        }
        g->rows[g->n++] = r;
    }
}

static void sort_rows(struct gen *g)
{
    if (g->n)
        qsort(g->rows, g->n, sizeof *g->rows, by_id);
    for (size_t i = 1; i < g->n; i++) {
        const struct row *r = &g->rows[i], *first = r - 1;
        if (strcmp(r->col[ID], first->col[ID]) == 0)
            say(g, r->path, r->line, "%s stands twice, first at %s:%u", r->col[ID], first->path,
                first->line);
    }
}

/* ---- citations ---- */

/* Whether ids of this specification have to be known: every RFC, and what a catalogue is about. */
static bool spec_checked(const struct gen *g, const char *id)
{
    size_t n = strcspn(id, ":") + 1;
    if (strncmp(id, "RFC", 3) == 0 && digit(id[3]) && strspn(id + 3, "0123456789") == n - 4)
        return true;
    for (size_t i = 0; i < g->n; i++)
        if (strncmp(g->rows[i].col[ID], id, n) == 0)
            return true;
    return false;
}

/* Say that an id is unknown, with the parts of the sentence where it is one that is split. */
static void unknown(struct gen *g, const char *path, unsigned line, const char *id)
{
    char parts[ID_MAX + 32] = "";
    size_t n = strlen(id), at = 0;

    for (size_t i = 0; i < g->n && at < ID_MAX; i++) {
        const char *other = g->rows[i].col[ID];
        if (strncmp(other, id, n) == 0 && lower(other[n]))
            at += (size_t)snprintf(parts + at, sizeof parts - at, " #%s", strchr(other, '#') + 1);
    }
    say(g, path, line, "%s is not in the catalogue%s%s", id, at ? ", it is split into" : "", parts);
}

static void check_text(struct gen *g, const char *path, const char *text)
{
    unsigned line = 1;
    char before = '\n';

    for (const char *at = text; *at;) {
        bool inside = upper(before) || lower(before) || digit(before) || before == '_';
        size_t n = inside ? 0 : id_length(at);
        char id[ID_MAX + 1];
        if (n > 0) {
            snprintf(id, sizeof id, "%.*s", (int)(n < ID_MAX ? n : ID_MAX), at);
            if (spec_checked(g, id) && (n > ID_MAX || !known(g, id)))
                unknown(g, path, line, id);
        } else {
            n = 1;
            line += *at == '\n';
        }
        before = at[n - 1];
        at += n;
    }
}

static void check_cited(struct gen *g, const char *list)
{
    char *paths = slurp(g, list, list, 0);
    unsigned line = 0;

    for (char *at = paths, *next; at && *at; at = next) {
        next = at + strcspn(at, "\n");
        if (*next)
            *next++ = '\0';
        line++;
        if (!*at)
            continue;
        char *text = slurp(g, at, list, line);
        if (text)
            check_text(g, at, text);
        free(text);
    }
    free(paths);
}

/* ---- the table ---- */

static void put_string(FILE *f, const char *s)
{
    fputc('"', f);
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\' || c == '?') /* a '?' could begin a trigraph */
            fprintf(f, "\\%c", c);
        else if (c < 0x20 || c > 0x7e)
            fprintf(f, "\\%03o", c);
        else
            fputc(c, f);
    }
    fputc('"', f);
}

static bool write_table(const struct gen *g, const char *path)
{
    FILE *f = fopen(path, "wb");
    if (!f)
        return false;
    fputs("/* generated from vectors/clauses/ by clausegen */\n"
          "#include \"harness/core/clause.h\"\nconst struct clause clauses[] = {\n",
          f);
    for (size_t i = 0; i < g->n; i++) {
        const char *const *c = g->rows[i].col;
        fputs("    {", f);
        put_string(f, c[ID]);
        fprintf(f, ", \"%s\", %s, ", c[KIND], c[LEVEL]);
        put_string(f, c[ROLES]);
        fprintf(f, ", %s, \"%s\",\n     ", c[WHY_NOT][0] ? "false" : "true", c[WHY_NOT]);
        put_string(f, c[STATEMENT]);
        fputs("},\n", f);
    }
    if (g->n == 0)
        fputs("    {0},\n", f);
    fprintf(f, "};\nconst size_t clauses_n = %zu;\n", g->n);
    bool ok = !ferror(f);
    return fclose(f) == 0 && ok;
}

int main(int argc, char **argv)
{
    struct gen g = {0};

    if (argc < 3) {
        fputs("usage: clausegen OUT.c CITED.txt FILE.tsv...\n", stderr);
        return 2;
    }
    for (int i = 3; i < argc; i++)
        read_catalogue(&g, argv[i]);
    sort_rows(&g);
    check_cited(&g, argv[2]);
    if (g.bad == 0 && !write_table(&g, argv[1])) {
        fprintf(stderr, "clausegen: cannot write %s: %s\n", argv[1], strerror(errno));
        g.bad++;
    }
    if (g.bad)
        remove(argv[1]);
    for (size_t i = 0; i < g.n_texts; i++)
        free(g.texts[i]);
    free(g.texts);
    free(g.rows);
    return g.bad > 0;
}
