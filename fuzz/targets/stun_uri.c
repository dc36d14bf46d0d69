/* fuzz/targets/stun_uri.c - text that people write: URIs of STUN and TURN, and transport addresses. What was
 * read and is written again reads the same. */
#include "codecs/stun/stun_uri.h"
#include "fuzz/engine/target.h"

static void address(struct span in)
{
    uint8_t text[64];
    struct wr w = {text, sizeof text, 0, false};
    struct addr a = {0}, again = {0};

    if (!addr_parse(in, &a))
        return;
    addr_text(&w, &a);
    require(!w.full, "an address does not fit where every address does");
    require(addr_parse(wr_span(&w), &again) && addr_eq(&a, &again),
            "an address that was written reads as another");
}

static void one(const uint8_t *p, size_t n)
{
    struct fence copy = fence_copy(p, n);
    struct finding v[4];
    struct findings fs = {.v = v, .cap = COUNT(v)};
    struct span in = fence_span(&copy);
    struct stun_uri u = {0};

    if (stun_uri_parse(in, &u, &fs)) {
        require(fs.n == 0, "a URI is good, and there is a finding");
        require(u.host.n > 0 && u.host.p >= in.p && u.host.p + u.host.n <= in.p + in.n,
                "the host is not in the URI");
        used(u.port + u.family + u.transport.n);
    } else {
        require(fs.n == 1, "a URI is refused, and not one finding says why");
        require(v[0].off <= n, "a finding stands behind the URI");
    }
    address(in);
    fence_free(&copy);
}

const struct target stun_uri_target = {.name = "stun_uri",
                                       .one = one,
                                       .max_len = 512,
                                       .weight = 1,
                                       .seeds = "stun/uri",
                                       .codecs = "parts"};
