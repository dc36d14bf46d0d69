/* fuzz/targets/sip_plain.c - sip_lint, which tries no rule where a look suffices, says what sip_lint_all says. */
#include "codecs/sip/sip_lint.h"
#include "fuzz/engine/target.h"

enum { MEMORY = 1 << 20, FINDINGS = 256 };

static void one(const uint8_t *p, size_t n)
{
    static uint8_t room[MEMORY];
    static struct finding all[FINDINGS], some[FINDINGS];
    /* of one input in four lists are cut short, since there is no room for them */
    struct arena mem = arena_of(room, n % 4 || n == 0 ? MEMORY : (size_t)p[n - 1] * 64);
    struct findings none = {0}, fa = {.v = all, .cap = FINDINGS}, fs = {.v = some, .cap = FINDINGS};
    struct sip_msg m;

    if (sip_decode((struct span){p, n}, &mem, &m, &none) != STEP_ITEM)
        return;
    sip_lint_all(&m, &fa);
    sip_lint(&m, &fs);
    for (size_t i = 0; i < findings_kept(&fa) && i < findings_kept(&fs); i++) {
        require(strcmp(all[i].clause, some[i].clause) == 0, "a rule is not tried, or in vain");
        require(all[i].off == some[i].off && all[i].len == some[i].len &&
                    all[i].level == some[i].level && all[i].arg[0] == some[i].arg[0],
                "a finding differs");
    }
    require(fa.n == fs.n, "there are more findings, or less");
}

const struct target sip_plain_target = {
    .name = "sip_plain", .one = one, .max_len = 16384, .weight = 1, .dict = "sip", .codecs = "sip"};
