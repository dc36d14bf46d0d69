/* harness/core/prep.c - OpaqueString by the properties of Unicode, SASLprep by libidn. */
#include "harness/core/prep.h"
#include <stdlib.h>
#include <stringprep.h>
#include <unictype.h>
#include <unigbrk.h>
#include <uninorm.h>
#include <unistr.h>

const char *prep_name(enum prep_result r)
{
    static const char *const names[] = {"good",
                                        "not UTF-8",
                                        "empty",
                                        "a code point that is not allowed",
                                        "left-to-right and right-to-left text mixed",
                                        "no room"};
    return names[r];
}

/* ---- the FreeformClass: RFC 8264 section 8, with the categories of its section 9 ---- */

enum kind { VALID, JOINED, PLACED, REFUSED }; /* JOINED, PLACED: CONTEXTJ, CONTEXTO */

/* Category F: code points whose properties would say something else (RFC 5892 section 2.6). */
static const struct exception {
    ucs4_t from, to;
    enum kind kind;
} exceptions[] = {
    {0x00b7, 0x00b7, PLACED},  {0x00df, 0x00df, VALID},   {0x0375, 0x0375, PLACED},
    {0x03c2, 0x03c2, VALID},   {0x05f3, 0x05f4, PLACED},  {0x0640, 0x0640, REFUSED},
    {0x0660, 0x0669, PLACED},  {0x06f0, 0x06f9, PLACED},  {0x06fd, 0x06fe, VALID},
    {0x07fa, 0x07fa, REFUSED}, {0x0f0b, 0x0f0b, VALID},   {0x3007, 0x3007, VALID},
    {0x302e, 0x302f, REFUSED}, {0x3031, 0x3035, REFUSED}, {0x303b, 0x303b, REFUSED},
    {0x30fb, 0x30fb, PLACED},
};

static bool old_jamo(ucs4_t c)
{
    int g = uc_graphemeclusterbreak_property(c);
    return g == GBP_L || g == GBP_V || g == GBP_T;
}

/* Category Q: changed by NFKC. */
static bool has_compat(ucs4_t c)
{
    ucs4_t room[32];
    size_t n = COUNT(room);
    ucs4_t *r = u32_normalize(UNINORM_NFKC, &c, 1, room, &n);
    bool other = r != NULL && (n != 1 || r[0] != c);
    if (r != room)
        free(r);
    return other;
}

static enum kind kind_of(ucs4_t c)
{
    for (size_t i = 0; i < COUNT(exceptions); i++)
        if (c >= exceptions[i].from && c <= exceptions[i].to)
            return exceptions[i].kind;
    bool nothing = uc_is_property_not_a_character(c);
    if (uc_is_general_category(c, UC_UNASSIGNED) && !nothing)
        return REFUSED;
    if (c >= 0x21 && c <= 0x7e)
        return VALID;
    if (c == 0x200c || c == 0x200d)
        return JOINED;
    if (old_jamo(c) || nothing || uc_is_property_default_ignorable_code_point(c) ||
        uc_is_general_category(c, UC_CONTROL))
        return REFUSED;
    if (has_compat(c))
        return VALID;
    return uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N |
                                                   UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_Zs |
                                                   UC_CATEGORY_MASK_S | UC_CATEGORY_MASK_P)
               ? VALID
               : REFUSED;
}

/* ---- contextual rules: RFC 5892 appendix A ---- */

struct label {
    const ucs4_t *v;
    size_t n;
};

static bool script_is(const struct label *l, size_t at, const char *name)
{
    if (at >= l->n) /* also before the first: at wraps around */
        return false;
    const uc_script_t *s = uc_script(l->v[at]);
    return s && strcmp(s->name, name) == 0;
}

/* A.1, A.2: behind a virama; the non-joiner also between letters that would join. */
static bool joined(const struct label *l, size_t at)
{
    if (at > 0 && uc_combining_class(l->v[at - 1]) == UC_CCC_VR)
        return true;
    if (l->v[at] == 0x200d)
        return false;
    size_t b = at, a = at + 1;
    while (b > 0 && uc_joining_type(l->v[b - 1]) == UC_JOINING_TYPE_T)
        b--;
    while (a < l->n && uc_joining_type(l->v[a]) == UC_JOINING_TYPE_T)
        a++;
    if (b == 0 || a == l->n)
        return false;
    int before = uc_joining_type(l->v[b - 1]), after = uc_joining_type(l->v[a]);
    return (before == UC_JOINING_TYPE_L || before == UC_JOINING_TYPE_D) &&
           (after == UC_JOINING_TYPE_R || after == UC_JOINING_TYPE_D);
}

static bool any_between(const struct label *l, ucs4_t from, ucs4_t to)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->v[i] >= from && l->v[i] <= to)
            return true;
    return false;
}

/* A.3 to A.9. */
static bool placed(const struct label *l, size_t at)
{
    ucs4_t c = l->v[at];

    if (c == 0xb7)
        return at > 0 && at + 1 < l->n && l->v[at - 1] == 'l' && l->v[at + 1] == 'l';
    if (c == 0x375)
        return script_is(l, at + 1, "Greek");
    if (c == 0x5f3 || c == 0x5f4)
        return script_is(l, at - 1, "Hebrew");
    if (c == 0x30fb) {
        for (size_t i = 0; i < l->n; i++)
            if (script_is(l, i, "Hiragana") || script_is(l, i, "Katakana") ||
                script_is(l, i, "Han"))
                return true;
        return false;
    }
    return c < 0x6f0 ? !any_between(l, 0x6f0, 0x6f9) : !any_between(l, 0x660, 0x669);
}

static bool freeform(const struct label *l)
{
    for (size_t i = 0; i < l->n; i++) {
        enum kind k = kind_of(l->v[i]);
        if (k == REFUSED || (k == JOINED && !joined(l, i)) || (k == PLACED && !placed(l, i)))
            return false;
    }
    return true;
}

/* ---- the profiles ---- */

static bool plain(struct span in)
{
    for (size_t i = 0; i < in.n; i++)
        if (in.p[i] < 0x20 || in.p[i] > 0x7e)
            return false;
    return true;
}

static enum prep_result keep(struct arena *mem, struct span s, struct span *out)
{
    struct span copy = arena_copy(mem, s);
    if (copy.n != s.n)
        return PREP_FULL;
    *out = copy;
    return PREP_OK;
}

enum prep_result prep_opaque(struct arena *mem, struct span in, struct span *out)
{
    enum prep_result got = PREP_FULL;
    size_t n = 0, octets = 0;

    if (in.n == 0)
        return PREP_EMPTY;
    if (plain(in)) /* printable ASCII is itself */
        return keep(mem, in, out);
    if (!span_utf8(in))
        return PREP_NOT_UTF8;
    ucs4_t *v = u8_to_u32(in.p, in.n, NULL, &n), *nfc = NULL;
    uint8_t *text = NULL;
    if (!v)
        return PREP_FULL;
    if (!freeform(&(struct label){v, n})) {
        got = PREP_DISALLOWED;
    } else {
        for (size_t i = 0; i < n; i++)
            if (uc_is_general_category(v[i], UC_SPACE_SEPARATOR))
                v[i] = ' ';
        nfc = u32_normalize(UNINORM_NFC, v, n, NULL, &n);
        bool stays = nfc && freeform(&(struct label){nfc, n}); /* U+0387 becomes U+00B7 */
        text = stays ? u32_to_u8(nfc, n, NULL, &octets) : NULL;
        if (nfc && !stays)
            got = PREP_DISALLOWED;
        else if (text)
            got = keep(mem, (struct span){text, octets}, out);
    }
    free(text);
    free(nfc);
    free(v);
    return got;
}

enum prep_result prep_sasl(struct arena *mem, struct span in, struct span *out)
{
    if (in.n == 0)
        return PREP_EMPTY;
    if (!span_utf8(in))
        return PREP_NOT_UTF8;
    if (memchr(in.p, 0, in.n))
        return PREP_DISALLOWED;  /* U+0000 is a control character: RFC 3454 table C.2.1 */
    size_t room = in.n * 18 + 1; /* the longest expansion of NFKC, U+FDFA */
    char *text = malloc(room);
    if (!text)
        return PREP_FULL;
    memcpy(text, in.p, in.n);
    text[in.n] = '\0';
    int e = stringprep(text, room, STRINGPREP_NO_UNASSIGNED, stringprep_saslprep);
    enum prep_result got = PREP_DISALLOWED;
    if (e == STRINGPREP_OK)
        got = text[0] ? keep(mem, span_of(text), out) : PREP_EMPTY;
    else if (e == STRINGPREP_BIDI_BOTH_L_AND_RAL || e == STRINGPREP_BIDI_LEADTRAIL_NOT_RAL ||
             e == STRINGPREP_BIDI_CONTAINS_PROHIBITED)
        got = PREP_BIDI;
    else if (e == STRINGPREP_TOO_SMALL_BUFFER || e == STRINGPREP_MALLOC_ERROR)
        got = PREP_FULL;
    free(text);
    return got;
}
