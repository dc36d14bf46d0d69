/* codecs/auth/auth.h - the authentication of HTTP and SIP: Digest (RFC 7616, RFC 8760, and RFC 2617 as far as it
 * is still met) and Basic (RFC 7617): challenges, credentials, Authentication-Info; what a response is, and what
 * is wrong.
 *
 * A header field's value is taken apart into parameters (auth_split; codecs/sip has done it already), those into a
 * struct. All texts borrow the value and are as they stand there, quotes included, so that they can be written
 * again as they were; what is calculated and compared has quotes and backslashes taken off ("unq" of RFC 7616
 * section 3.3).
 *
 *   struct auth_list l;
 *   struct auth_challenge c;
 *   struct auth_credentials answer;
 *   auth_split(value, &mem, &l);
 *   auth_challenge_of(&l, &c);
 *   if (auth_answer(&c, &user, &ask, &mem, &answer))
 *       auth_put_credentials(&w, &answer);
 */
#ifndef CODECS_AUTH_AUTH_H
#define CODECS_AUTH_AUTH_H
#include "codecs/base/digest.h"
#include "codecs/base/lexmap.h"
#include "codecs/base/param.h"

enum {
    AUTH_HEX = 2 * DIGEST_MAX, /* octets of a digest in hexadecimal, at most */
    AUTH_NC = 8,               /* digits of a nonce count, RFC 7616 section 3.5 */
    AUTH_MANY = 64,            /* parameters, and challenges, that are compared with each other */
    AUTH_WINDOW = 64,          /* nonce counts below the highest that are still told apart */
};

/* ---- header field values ---- */

struct
    auth_list { /* a scheme with its parameters: a challenge, or credentials, whatever the scheme */
    struct span scheme; /* empty where it has none, as in Authentication-Info */
    struct span
        token68; /* what stands in the place of parameters (RFC 9110 section 11.2); p is NULL: these do */
    const struct param
        *params; /* as they came, each name as often as it came; of token68 this one alone */
    size_t params_n;
    /* What it was taken from, scheme and parameters; p is NULL: that is not known. */
    struct span text;
};
/* Take a value apart that holds one challenge or credentials: those of SIP, and Authorization of HTTP. The
 * parameters are from `mem`, cut short where that is full. */
void auth_split(struct span value, struct arena *mem, struct auth_list *l);
/* The same of a value without scheme: Authentication-Info. */
void auth_split_info(struct span value, struct arena *mem, struct auth_list *l);
/* Take the next challenge of a list of them behind commas, as WWW-Authenticate of HTTP is (RFC 9110 section 11.6.1).
 * `at` is 0 at first, then where the last call left it. False: there is no more. */
bool auth_next(struct span value, size_t *at, struct arena *mem, struct auth_list *l);
/* The list of parameters that a decoder of a protocol has; its text is left to the caller. */
struct auth_list auth_list_of(struct span scheme, const struct param *params, size_t n);

/* In these structs p is NULL where a parameter is not there. What is parsed has the first parameter of a name that
 * has a value; `list` has them all. What is made by hand has no parameters in `list`, only the scheme. */
struct auth_challenge { /* RFC 7616 section 3.3; Basic has realm and charset, RFC 7617 section 2 */
    struct auth_list list;
    struct span realm, domain, nonce, opaque, stale, algorithm, qop, charset, userhash;
};
struct auth_credentials { /* RFC 7616 section 3.4; Basic has list.token68 */
    struct auth_list list;
    struct span username, username_ext; /* username*, RFC 5987 and RFC 8187 */
    struct span realm, uri, algorithm, nonce, nc, cnonce, qop, response, opaque, userhash;
};
struct auth_info { /* RFC 7616 section 3.5 */
    struct auth_list list;
    struct span nextnonce, qop, rspauth, cnonce, nc;
};
void auth_challenge_of(const struct auth_list *l, struct auth_challenge *c);
void auth_credentials_of(const struct auth_list *l, struct auth_credentials *c);
void auth_info_of(const struct auth_list *l, struct auth_info *i);
/* Write the value of a header field as told. The parameters of `list` stand in their order and keep what they are,
 * those that the struct has with its value, or left out where it has none; then what the struct has beside them.
 * Empty parameters are left out. */
void auth_put_challenge(struct wr *w, const struct auth_challenge *c);
void auth_put_credentials(struct wr *w, const struct auth_credentials *c);
void auth_put_info(struct wr *w, const struct auth_info *i);

/* ---- values ---- */

enum auth_scheme { AUTH_OTHER, AUTH_DIGEST, AUTH_BASIC };
enum auth_scheme auth_scheme_of(struct span name); /* the case of letters aside */

enum auth_algorithm {
    AUTH_UNKNOWN,
    AUTH_MD5,
    AUTH_MD5_SESS,
    AUTH_SHA256,
    AUTH_SHA256_SESS,
    AUTH_SHA512_256,
    AUTH_SHA512_256_SESS,
    AUTH_ALGORITHMS
};
struct auth_hash {
    const char *name;
    enum digest_kind kind;
    bool session;
    uint8_t hex; /* digits of a digest, RFC 7616 section 3.2; 0: unknown */
    uint8_t
        strength; /* the more the stronger, RFC 7616 section 3.7; variants of one hash are alike */
};
extern const struct auth_hash auth_hashes[AUTH_ALGORITHMS];
/* What the value of algorithm names, quoted or not; MD5 where there is none (RFC 7616 section 3.3). */
enum auth_algorithm auth_algorithm_of(struct span value);

enum { AUTH_QOP_AUTH = 1, AUTH_QOP_INT = 2, AUTH_QOP_OTHER = 4 };
/* What a value of qop lists, joined by |; 0: nothing, or there is no such parameter. */
unsigned auth_qop_of(struct span value);

enum auth_flag { AUTH_FALSE, AUTH_TRUE, AUTH_NEITHER };
/* A value of stale or userhash; AUTH_FALSE where there is none. */
enum auth_flag auth_flag_of(struct span value);

/* Whether two values mean the same octets: "a" and a, "\a" and "a". */
bool auth_same(struct span a, struct span b);
/* A quoted string that means `text`; p is NULL where `text` has control characters (HTAB aside), which a quoted string
 * does not hold, or `mem` is full. */
struct span auth_quoted(struct arena *mem, struct span text);

/* The value of username*: UTF-8, no language; escaped is what is no token of both HTTP and SIP. */
void auth_put_ext(struct wr *w, struct span text);
/* Write what it means. False, and nothing is written: it is no ext-value of UTF-8 (RFC 8187 section 3.2). */
bool auth_get_ext(struct wr *w, struct span value);

/* The octets of name, colon and password, encoded: token68 of Basic. False: the name has a colon, or either has a
 * control character (RFC 7617 section 2). */
bool auth_put_basic(struct wr *w, struct span name, struct span password);
struct auth_user {
    struct span name,
        password; /* octets, prepared as their profile and charset ask for (RFC 7616 section 4) */
};
/* Take token68 of Basic apart; the octets go to `w`. False: it is no Base64, has no colon, or does not fit. */
bool auth_get_basic(struct wr *w, struct span token68, struct auth_user *u);

/* ---- Digest ---- */

struct
    auth_key { /* H(A1) in hexadecimal: what a server has to know of a password (RFC 7616 section 3.6) */
    enum auth_algorithm algorithm;
    uint8_t hex[AUTH_HEX];
};
/* H(A1) of RFC 7616 section 3.4.2, without what a session adds. `realm` is as it stands, quotes are taken off. An
 * unknown algorithm gives a key that no response comes of. */
void auth_key_init(struct auth_key *k, enum auth_algorithm algorithm, struct span name,
                   struct span realm, struct span password);
/* Make it the key of a session, for an algorithm with -sess; another is left as it is. `nonce` and `cnonce` are
 * those of the request that began the session, as they stand. H() within A1 is hexadecimal, as section 3.2 writes
 * digests; the sample code of RFC 2617 section 5 hashes it raw, against its own text. */
void auth_key_session(struct auth_key *k, struct span nonce, struct span cnonce);

struct auth_request { /* what a response covers beside the credentials */
    struct span method;
    struct span body; /* the entity body, with qop auth-int alone; empty where there is none */
};
/* The response to be in `c`, by its uri, nonce, nc, cnonce and qop; without qop as RFC 2617 section 3.2.2.1 has
 * it. `out` holds it, in hexadecimal without quotes. Empty: the algorithm of the key, or qop, is unknown. */
struct span auth_response(const struct auth_key *k, const struct auth_credentials *c,
                          const struct auth_request *r, uint8_t out[AUTH_HEX]);
/* rspauth of the reply to the request with `c`; `body` is that of the reply (RFC 7616 section 3.5). */
struct span auth_rspauth(const struct auth_key *k, const struct auth_credentials *c,
                         struct span body, uint8_t out[AUTH_HEX]);
/* The hash of a user name, RFC 7616 section 3.4.4; empty where the algorithm is unknown. */
struct span auth_userhash(enum auth_algorithm algorithm, struct span name, struct span realm,
                          uint8_t out[AUTH_HEX]);

enum auth_check {
    AUTH_GOOD,
    AUTH_BAD,    /* another response, or of another algorithm than the key's */
    AUTH_CANNOT, /* algorithm or qop is unknown, or there is no response */
};
/* Compare in a time that depends on lengths alone. */
enum auth_check auth_verify(const struct auth_key *k, const struct auth_credentials *c,
                            const struct auth_request *r);
enum auth_check auth_verify_info(const struct auth_key *k, const struct auth_credentials *c,
                                 const struct auth_info *i, struct span body);
/* The same by name and password, of Digest and Basic; a session is one that began with this request. Realm, nonce,
 * uri and nc of the credentials are the caller's to compare. */
enum auth_check auth_verify_user(const struct auth_credentials *c, const struct auth_user *u,
                                 const struct auth_request *r);
/* Write the name in credentials of Digest: of username, without quotes (a hash where userhash is true), or of
 * username*. False: there is none, or not one. */
bool auth_name(struct wr *w, const struct auth_credentials *c);
/* Whether the name is `name`, or its hash where userhash is true. */
bool auth_is_user(const struct auth_credentials *c, struct span name);

enum auth_nc {
    AUTH_NC_NEXT,   /* one more than the highest so far */
    AUTH_NC_AHEAD,  /* more than that: requests are on their way, or lost */
    AUTH_NC_LATE,   /* below the highest, and not seen before */
    AUTH_NC_REPLAY, /* seen before (RFC 7616 section 3.4) */
    AUTH_NC_OLD,    /* so far below the highest that nobody knows */
    AUTH_NC_NONE,   /* it is no count: eight hexadecimal digits, 00000001 and up */
};
struct auth_count { /* of one nonce; all zero at first */
    uint32_t last;
    uint64_t seen; /* bit i: last - i */
};
/* Take the nonce count of a request, quoted or not, into account. */
enum auth_nc auth_count(struct auth_count *s, struct span nc);

/* ---- answering ---- */

enum { /* which challenges are answered, and in which order */
       AUTH_STRONGEST =
           1, /* by strength (RFC 7616 section 3.7); else the first that can be answered is taken
                            * (RFC7616:3.7#3, RFC8760:2.4#1), since servers put the preferred one first */
       AUTH_BASIC_TOO = 2, /* where no other can be; never in SIP */
};
/* Whether a challenge can be answered: by scheme, algorithm, and what a response takes. */
bool auth_can_answer(const struct auth_challenge *c, unsigned how);
/* Which of several challenges is to be answered; NULL: none can. `realm`, as it stands, narrows the choice to one
 * realm; p is NULL: any. Of equal strength the first is taken. */
const struct auth_challenge *auth_choose(const struct auth_challenge *v, size_t n,
                                         struct span realm, unsigned how);

struct auth_ask { /* what is answered beside the challenge */
    struct span method, uri, body;
    struct span cnonce; /* text without quotes; ASCII */
    uint32_t nc;        /* 1 for the first request with this nonce */
    bool integrity;     /* auth-int where it is offered; else only where auth is not */
};
/* The credentials that answer a challenge. The name is hashed where the challenge says userhash=true, and is in
 * username* where a quoted string of ASCII does not do. Texts are from `mem` and borrow the challenge. False: the
 * challenge cannot be answered, a text cannot stand in a quoted string, the name has a colon, or `mem` is full. */
bool auth_answer(const struct auth_challenge *c, const struct auth_user *u,
                 const struct auth_ask *ask, struct arena *mem, struct auth_credentials *out);

/* ---- lint ---- */

struct auth_where {
    struct span
        in; /* offsets of findings count from its start: the message, or the value; texts elsewhere are at 0 */
    bool sip; /* the rules of SIP (RFC 3261, RFC 8760) where they differ from those of HTTP */
};
/* What a challenge, one of the schemes Digest and Basic or another, breaks. */
void auth_lint_challenge(const struct auth_challenge *c, const struct auth_where *at,
                         struct findings *fs);
/* What the challenges of one response break together. */
void auth_lint_challenges(const struct auth_challenge *v, size_t n, const struct auth_where *at,
                          struct findings *fs);
/* What credentials break; `c` is the challenge that they answer, NULL: not known. Its nonce is compared: give none
 * where a nextnonce came in between. */
void auth_lint_credentials(const struct auth_credentials *r, const struct auth_challenge *c,
                           const struct auth_where *at, struct findings *fs);
/* What Authentication-Info breaks; `r` is what the request had, NULL: not known. */
void auth_lint_info(const struct auth_info *i, const struct auth_credentials *r,
                    const struct auth_where *at, struct findings *fs);

/* ---- what most are, for those who look at whole messages ---- */

/* Whether these are credentials, or a challenge, of Digest in SIP that stand in the text of `map` up to `end`, of which
 * auth_lint_credentials (with no challenge) and auth_lint_challenge have nothing to say, if they have as many octets of
 * LEXMAP_HOST as is returned. 0: they may have nothing to say all the same. */
size_t auth_plain_credentials(const struct lexmap *map, struct span scheme, const struct param *v,
                              size_t n, const uint8_t *end);
size_t auth_plain_challenge(const struct lexmap *map, struct span scheme, const struct param *v,
                            size_t n, const uint8_t *end);
#endif
