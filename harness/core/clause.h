/* harness/core/clause.h - the catalogue of clauses, built in from vectors/clauses/ by the generator
 * harness/core/gen/clausegen.c. A name outside the catalogue fails the build. */
#ifndef HARNESS_CORE_CLAUSE_H
#define HARNESS_CORE_CLAUSE_H
#include "codecs/base/base.h"

struct clause {
    const char *id;   /* RFC8489:6.3.1.1#3 */
    const char *kind; /* N normative sentence, A plain statement (lettered) */
    enum level level;
    const char *roles; /* of the IUT, joined by commas */
    bool observable;
    const char *why_not;
    const char *words; /* in our own words */
};
extern const struct clause clauses[]; /* sorted by id as octets */
extern const size_t clauses_n;
/* NULL: not in the catalogue. */
const struct clause *clause_named(const char *id);
#endif
