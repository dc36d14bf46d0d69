/* codecs/sip/sip_frag_test.c - "A valid message/sipfrag part is one that could be obtained by starting with some valid
 * SIP message and deleting" (RFC 3420 section 2): whatever is deleted from the messages of all vectors, nothing is
 * found that the message has not. */
#include <stdio.h>
#include <stdlib.h>
#include "codecs/sip/sip.h"
#include "codecs/sip/sip_vectors_test.h"

enum { OCTETS = 1 << 17, MEMORY = 1 << 20, FOUND = 512 };
static uint8_t cut[OCTETS], memory[MEMORY], memory_cut[MEMORY];
static struct finding found[FOUND], found_cut[FOUND];

/* ---- messages ---- */

struct keep { /* of a message */
    bool start, body;
    size_t from, to; /* header fields, but for */
    size_t without;  /* this one; SIZE_MAX: none */
};

static void put(const struct sip_msg *m, const struct keep *k, struct wr *w)
{
    if (k->start) /* line ends before it are none of it */
        wr_put(w, span_cut(m->start, lex_while(m->start, 0, LEX_EOL), m->start.n));
    for (size_t i = k->from; i < k->to; i++)
        if (i != k->without)
            wr_put(w, m->headers[i].line);
    if (k->body && m->body.n) {
        wr_put(w, m->blank);
        wr_put(w, m->body);
    }
}

/* Header fields that describe the body, which stay with it. */
static bool describes(enum sip_type type)
{
    return type == SIP_CONTENT_TYPE || type == SIP_CONTENT_LENGTH || type == SIP_CONTENT_ENCODING ||
           type == SIP_CONTENT_DISPOSITION;
}

/* What is left shows the same under another clause. */
static const char *const other[][2] = {
    {"RFC3261:7#1b", "RFC3261:7#2"},     /* neither the last line nor the header has an end */
    {"RFC3420:2#a2", "RFC3261:18.3#a2"}, /* less of a body than Content-Length says */
    {"RFC3892:3#a1", "RFC3892:2.1#2"},   /* two values of Referred-By, whatever the method */
    {"RFC3325:9.1#3", "RFC3325:9.1#a1"}, /* two of three values of P-Asserted-Identity */
    {"RFC3325:9.2#3", "RFC3325:9.2#a1"},
    {"RFC3261:7.3.1#2b",
     "RFC3891:3#1a"}, /* two of what INVITE and REFER have rules of their own for */
    {"RFC3261:7.3.1#2b", "RFC3911:4#1a"},
    {"RFC3261:7.3.1#2b", "RFC3515:2.4.1#1b"},
    {"RFC3261:7.3.1#2b", "RFC3892:2.1#2"},
};

static bool has(const struct findings *fs, const char *clause)
{
    for (size_t i = 0; i < findings_kept(fs); i++)
        if (strcmp(fs->v[i].clause, clause) == 0)
            return true;
    for (size_t i = 0; i < COUNT(other); i++)
        if (strcmp(other[i][0], clause) == 0 && has(fs, other[i][1]))
            return true;
    return false;
}

static bool all_there(const struct sip_msg *m)
{
    return sip_header(m, SIP_CONTENT_TYPE) && sip_header(m, SIP_CONTENT_LENGTH) && m->rest.n == 0;
}

struct all { /* what is looked at */
    size_t messages, fragments;
};

/* Nothing is found in what is kept that is not in `whole`, but that a header field that describes the body is not
 * there. */
static void fragment(struct all *all, const char *id, const struct sip_msg *m, const struct keep *k,
                     const struct findings *whole)
{
    struct wr w = {cut, sizeof cut, 0, false};
    struct arena mem = arena_of(memory_cut, sizeof memory_cut);
    struct findings fs = {.v = found_cut, .cap = FOUND};
    struct sip_msg f;

    put(m, k, &w);
    CU_ASSERT_FALSE_FATAL(w.full);
    sip_frag_decode(wr_span(&w), &mem, &f, &fs);
    sip_frag_lint(&f, &fs);
    CU_ASSERT_FALSE_FATAL(mem.full);
    all->fragments++;
    for (size_t i = 0; i < findings_kept(&fs); i++) {
        const struct finding *v = &fs.v[i];
        bool own = k->body && strncmp(v->clause, "RFC3420:2#", 10) == 0;
        if ((own && !all_there(m)) || has(whole, v->clause))
            continue;
        fprintf(stderr, "%s: %s %s at %u+%u in what is left%s%s:\n%.*s\n", id, v->clause, v->what,
                (unsigned)v->off, (unsigned)v->len, k->start ? "" : " without start line",
                k->body ? "" : " without body", (int)w.n, (const char *)w.p);
        CU_FAIL("a fragment has what its message has not");
    }
}

static void fragments(struct all *all, const char *id, const struct sip_msg *m,
                      const struct findings *whole)
{
    for (int start = 0; start < 2; start++)
        for (int body = 0; body < 2; body++) {
            struct keep k = {start, body, 0, m->headers_n, SIZE_MAX};
            fragment(all, id, m, &k, whole);
            for (size_t i = 0; i < m->headers_n; i++) {
                k = (struct keep){start, body, 0, m->headers_n, i};
                if (!body || !describes(m->headers[i].type))
                    fragment(all, id, m, &k, whole);
            }
            for (size_t i = 0; i < m->headers_n && !body; i++) {
                k = (struct keep){start, body, i, i + 1, SIZE_MAX};
                fragment(all, id, m, &k, whole);
            }
        }
}

static void message(void *ctx, const char *id, struct span in)
{
    struct all *all = ctx;
    struct arena mem = arena_of(memory, sizeof memory);
    struct findings fs = {.v = found, .cap = FOUND};
    struct sip_msg m;

    if (sip_decode(in, &mem, &m, &fs) != STEP_ITEM || mem.full || m.headers_n > 256)
        return;
    sip_lint(&m, &fs);
    all->messages++;
    fragments(all, id, &m, &fs);
}

static void deleted(void)
{
    struct all all = {0};

    sip_vectors(message, &all);
    CU_ASSERT_TRUE(all.messages > 1500 && all.fragments > 30 * all.messages);
}

TESTS({"deleted", deleted})
