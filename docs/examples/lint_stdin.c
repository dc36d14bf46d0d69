/* lint_stdin.c - one message in hexadecimal on standard input: what it is, and what it breaks of its
 * standard, with the words of the clause. Needs the installed libraries alone:
 *
 *   cc -std=c17 lint_stdin.c $(pkg-config --cflags --libs rtclab-harness) -o lint_stdin
 *   echo 000100002112a442000102030405060708090a0b | ./lint_stdin
 */
#include <stdio.h>
#include <harness/core/clause.h>
#include <harness/core/registry.h>

static void say(const struct finding *f)
{
    const struct clause *c = clause_named(f->clause);

    printf("octet %llu: %s: %s\n", (unsigned long long)f->off, f->clause, c ? c->words : f->what);
}

int main(void)
{
    static uint8_t octets[65536], memory[1 << 20], text[256];
    static char hex[4 * sizeof octets];
    struct wr in = {octets, sizeof octets, 0, false}, brief = {text, sizeof text, 0, false};
    struct span digits = {(const uint8_t *)hex, fread(hex, 1, sizeof hex, stdin)};
    struct finding found[16];
    struct findings fs = {.v = found, .cap = COUNT(found)};
    struct arena mem = arena_of(memory, sizeof memory);
    const void *view = NULL;

    if (!wr_unhex(&in, digits))
        return fputs("this is not hexadecimal\n", stderr), 2;
    const struct codec *codec = codec_guess(wr_span(&in), 0, FRAMING_DATAGRAM);
    if (!codec || codec->decode(wr_span(&in), &mem, &view, &fs) != STEP_ITEM)
        return fputs("no codec knows this\n", stderr), 2;
    codec->lint(view, &fs);
    codec->brief(&brief, view);
    printf("%s: %.*s, %zu findings\n", codec->name, (int)brief.n, (const char *)text, fs.n);
    for (size_t i = 0; i < fs.n && i < fs.cap; i++)
        say(&found[i]);
    return fs.n ? 1 : 0;
}
