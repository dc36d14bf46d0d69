/* codecs/sdp/sdp_make.h - writing descriptions as drafts, shared by offers and answers; inside codecs/sdp only. */
#ifndef CODECS_SDP_SDP_MAKE_H
#define CODECS_SDP_SDP_MAKE_H
#include "codecs/sdp/sdp_pair.h"
#include "codecs/sdp/sdp_table.h"

enum {
    SDP_FORMATS = 64, /* formats of a media description that are looked at */
    SDP_RIDS = 16,    /* a=rid of one */
    SDP_PAYLOADS = 128,
};
struct sdp_maker {
    const struct sdp_abilities *able;
    struct draft *dr;
};

/* Parts of a text one behind the other; the empty span where there is no room. */
struct span sdp_make_joined(struct sdp_maker *k, const struct span *parts, size_t n);
struct span sdp_make_decimal(struct sdp_maker *k, uint64_t v);
/* An attribute at the end of a list; `value` has no p where there is none. */
void sdp_make_attribute(struct sdp_maker *k, struct node *list, const char *name,
                        struct span value);
/* One without value. */
void sdp_make_flag(struct sdp_maker *k, struct node *list, const char *name);

/* v=, o=, s=, c= and t=: o= with what `own` has but for `version`, or that of the abilities where it is NULL, never
 * that of `offer`; t= that of `offer`, or "0 0" where it is NULL. The caller adds attributes, then media
 * descriptions. */
void sdp_make_session(struct sdp_maker *k, const struct sdp_origin *own, uint64_t version,
                      const struct sdp_msg *offer);
/* The list of attributes, or of media descriptions, of the session level. */
struct node *sdp_make_attributes(struct sdp_maker *k);
struct node *sdp_make_medias(struct sdp_maker *k);
/* m=; `formats` is where they go, `attributes` the list behind it. */
struct sdp_section_made {
    struct node *formats, *attributes;
};
struct sdp_section_made sdp_make_media(struct sdp_maker *k, struct node *medias, struct span media,
                                       uint32_t port, struct span proto);
void sdp_make_format(struct sdp_maker *k, struct node *formats, struct span format);
/* The a=rtpmap of a payload type. */
void sdp_make_map(struct sdp_maker *k, struct node *list, uint32_t payload,
                  const struct sdp_coding *c);
/* ICE, with the candidates of a stream; `mux`: but those for RTCP, which has no port of its own. */
void sdp_make_ice(struct sdp_maker *k, struct node *list, const struct sdp_ability *s, bool mux);
/* a=group:BUNDLE with these tags. */
void sdp_make_bundle(struct sdp_maker *k, struct node *list, const struct span *tags, size_t n);
/* "TAG SUITE inline:...". */
void sdp_make_crypto(struct sdp_maker *k, struct node *list, struct span tag,
                     const struct sdp_suite *suite);

static inline bool sdp_made_of(struct sdp_texts t, struct span s)
{
    for (size_t i = 0; i < t.n; i++)
        if (span_is(s, t.v[i]))
            return true;
    return false;
}
/* Whether a proto is that of data channels. */
static inline bool sdp_is_sctp(struct span proto)
{
    return lex_holds(proto, "DTLS/SCTP");
}
/* ---- the plan of an answer ---- */

struct sdp_plan { /* of a media description of the offer */
    const struct sdp_media *m;
    const struct sdp_ability *s; /* NULL: it is rejected */
    uint32_t port;
    enum sdp_bundled of;
    const struct sdp_group *group; /* of the offer, that it is bundled in; NULL: none */
    bool mux;                      /* the answer has rtcp-mux here */
    bool ok[SDP_FORMATS];          /* which formats are taken */
};
struct sdp_answering {
    struct sdp_maker k;
    const struct sdp_msg *offer;
    struct sdp_facts facts; /* of the offer */
    struct sdp_plan *plan;
    /* of the media description that is looked at, by payload type */
    const struct sdp_attribute *maps[SDP_PAYLOADS], *fmtps[SDP_PAYLOADS];
    bool used[SDP_ABILITIES];
    uint8_t ids[SDP_EXTENSIONS + 1]; /* identifiers of extensions that are in use somewhere */
    struct {
        struct span uri;
        uint32_t id;
    } given[SDP_FORMATS]; /* to extensions that were offered with 4096 and above */
    size_t given_n;
};
/* Which stream takes which media description, and what is bundled. Returns how many are accepted. */
size_t sdp_plan_make(struct sdp_answering *w);
/* Find the first a=rtpmap and a=fmtp of each payload type of a media description. */
void sdp_plan_maps(struct sdp_answering *w, const struct sdp_media *m);
/* The offered a=crypto that a stream takes, and by which suite; NULL: none. */
const struct sdp_attribute *sdp_plan_crypto(const struct sdp_ability *s, const struct sdp_media *m,
                                            const struct sdp_suite **suite);
/* The value of a=setup in the answer (RFC 4145 section 4.1, RFC 5763 section 5); NULL: there is none. */
const char *sdp_plan_role(const struct sdp_answering *w, const struct sdp_media *m);
/* Whether ICE is offered for a media description. */
bool sdp_plan_ice(const struct sdp_answering *w, const struct sdp_media *m);

/* a=rtcp-fb, a=extmap, a=rid and a=simulcast of an accepted stream. */
void sdp_answer_feedback(struct sdp_answering *w, struct node *list, const struct sdp_plan *p);
void sdp_answer_extensions(struct sdp_answering *w, struct node *list, const struct sdp_plan *p,
                           enum sdp_direction direction);
void sdp_answer_rids(struct sdp_answering *w, struct node *list, const struct sdp_plan *p);
#endif
