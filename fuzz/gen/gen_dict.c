/* fuzz/gen/gen_dict.c - dictionaries for fuzzing, from the tables of the codecs.
 *
 *   gen_dict CODEC         prints that codec's
 *   gen_dict --write DIR   writes DIR/CODEC.dict for each codec of the registry
 *   gen_dict --check DIR   ends with 1, and says which, where a file is not what would be written
 *
 * One line a token, `name="\x00\x01"`, in the form that libFuzzer and AFL++ both read: names of
 * letters, digits and underscores. */
#include <stdio.h>
#include "fuzz/engine/target.h"
#include "harness/core/registry.h"

enum { DICT_MAX = 1 << 18, TOKEN_MAX = 128 }; /* AFL++ takes no longer tokens */

static void put_name(struct wr *w, const char *name)
{
    for (; *name; name++) {
        bool plain =
            (*name >= '0' && *name <= '9') || ((*name | 0x20) >= 'a' && (*name | 0x20) <= 'z');
        wr_u8(w, plain ? (uint8_t)*name : '_');
    }
}

static void put_token(struct wr *w, const char *name, struct span token)
{
    put_name(w, name);
    wr_text(w, "=\"");
    for (size_t i = 0; i < token.n; i++) {
        uint8_t c = token.p[i];
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
            wr_u8(w, c);
        } else {
            wr_text(w, "\\x");
            wr_hex(w, c, 2);
        }
    }
    wr_text(w, "\"\n");
}

static void dictionary(struct wr *w, const struct codec *c)
{
    uint8_t token[TOKEN_MAX];
    const char *name;

    wr_text(w, "# ");
    wr_text(w, c->name);
    wr_text(w, ": written by fuzz/gen/gen_dict.c from the codec's tables, do not edit\n");
    for (size_t i = 0;; i++) {
        struct wr t = {token, sizeof token, 0, false};
        if (!c->token(i, &t, &name))
            return;
        if (!t.full && t.n)
            put_token(w, name, wr_span(&t));
    }
}

static bool write_file(const char *path, struct span text)
{
    FILE *f = fopen(path, "wb");
    bool good = f && fwrite(text.p, 1, text.n, f) == text.n;

    if (f && fclose(f) != 0)
        good = false;
    if (!good)
        perror(path);
    return good;
}

static bool same_file(const char *path, struct span text)
{
    static uint8_t was[DICT_MAX + 1];
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(was, 1, sizeof was, f) : 0;

    if (f)
        fclose(f);
    if (f && span_eq(text, (struct span){was, n}))
        return true;
    fprintf(stderr, "gen_dict: %s is stale; `gen_dict --write` of the build writes it again\n",
            path);
    return false;
}

/* One codec's, or where `codec` is NULL those of all, each in its file below `dir`. */
static int run(const char *codec, const char *dir, bool check)
{
    static uint8_t text[DICT_MAX];
    char path[4096];
    bool good = true;
    size_t done = 0;

    for (size_t i = 0; i < registry_n; i++) {
        const struct codec *c = registry[i].codec;
        struct wr w = {text, sizeof text, 0, false};
        if (!c || !c->token || (codec && strcmp(codec, c->name) != 0))
            continue;
        done++;
        dictionary(&w, c);
        if (codec) {
            fwrite(text, 1, w.n, stdout);
            continue;
        }
        snprintf(path, sizeof path, "%s/%s.dict", dir, c->name);
        good &= !w.full && (check ? same_file : write_file)(path, wr_span(&w));
    }
    if (codec && done == 0)
        fprintf(stderr, "gen_dict: there is no codec '%s' with a dictionary\n", codec);
    return done == 0 ? 2 : good ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc == 2 && argv[1][0] != '-')
        return run(argv[1], NULL, false);
    if (argc == 3 && strcmp(argv[1], "--write") == 0)
        return run(NULL, argv[2], false);
    if (argc == 3 && strcmp(argv[1], "--check") == 0)
        return run(NULL, argv[2], true);
    fputs("usage: gen_dict CODEC | --write DIR | --check DIR\n", stderr);
    return 2;
}
