#!/bin/bash
# Who may include whom: every #include below codecs, harness, fuzz and bench against the rules in
# .lab/layering.awk, which are the table "Layers and folders" of docs/architecture.md.
#
#   .lab/layering.sh [ROOT]   check a tree; 1 where a rule is broken
#   .lab/layering.sh --red    check the checker: it refuses what it must, and nothing else
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

check_tree() {
    local root=$1 folders=() f
    for f in codecs harness fuzz bench; do
        [ ! -d "$root/$f" ] || folders+=("$f")
    done
    (
        cd "$root"
        grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' --include='*.[ch]' "${folders[@]}" |
            awk -f "$here/layering.awk" CMakeLists.txt -
    )
}

# Lines "FILE INCLUDE" for a made-up tree in which turn USES stun; the first list breaks a rule each.
broken='
codecs/base/base.c <stdio.h>
codecs/base/base.c <openssl/evp.h>
codecs/base/base.c "codecs/stun/stun.h"
codecs/base/base.c "base.h"
codecs/stun/stun.c <stdlib.h>
codecs/stun/stun.c <time.h>
codecs/stun/stun.c <sys/types.h>
codecs/stun/stun.c "codecs/turn/turn.h"
codecs/stun/stun.h "harness/core/endpoint.h"
codecs/turn/turn.c "codecs/stun/stun_table.h"
harness/core/stack.c "codecs/stun/stun.h"
harness/core/stack.c "harness/drivers/sim.h"
harness/core/stack.c <sys/socket.h>
harness/core/stack.c <lua.h>
harness/core/record.c <jansson.h>
harness/core/record.c <CUnit/CUnit.h>
harness/endpoints/stun/server.c <stdio.h>
harness/endpoints/stun/server.c "harness/endpoints/turn/turn.h"
harness/endpoints/stun/server.c "harness/drivers/live.h"
harness/endpoints/stun/server.c <zlib.h>
harness/watch/stun/watch.c "harness/endpoints/stun/server.h"
harness/drivers/live.c "codecs/stun/stun.h"
harness/drivers/live.c "harness/script/case.h"
harness/drivers/live.c <lua.h>
harness/replay/reader.c "harness/drivers/live.h"
harness/report/html.c "harness/script/case.h"
harness/report/html.c <netinet/in.h>
harness/script/case.c <sys/socket.h>
harness/script/case.c <uv.h>
harness/script/case.c "harness/cli/cli.h"
harness/apps/caller.c "harness/cli/cli.h"
harness/cli/cmd_test.c <lua.h>
harness/cli/cmd_bench.c <re/re.h>
bench/stun.c <nice/agent.h>
'
lawful='
codecs/base/base.c <string.h>
codecs/base/index.c <immintrin.h>
codecs/base/digest.c <openssl/sha.h>
codecs/base/base_test.c <stdio.h>
codecs/base/base_able_test.h <stdio.h>
codecs/stun/stun.c "codecs/base/base.h"
codecs/stun/stun.c "codecs/stun/stun_table.h"
codecs/turn/turn.c "codecs/stun/stun.h"
harness/core/record.c <unistd.h>
harness/core/libpcap_impl.h <pcap/pcap.h>
harness/core/test.h <CUnit/CUnit.h>
harness/endpoints/turn/relay.c "harness/endpoints/stun/stun.h"
harness/endpoints/stun/server.c "codecs/stun/stun.h"
harness/endpoints/ws/deflate.c <zlib.h>
harness/drivers/live.c <sys/socket.h>
harness/drivers/live.c <uv.h>
harness/replay/reader.c <pcap/pcap.h>
harness/report/html.c <jansson.h>
harness/script/case.c <lauxlib.h>
harness/script/case.c "harness/drivers/sim.h"
harness/cli/cmd_test.c "harness/script/case.h"
harness/tests/e2e.c <sys/socket.h>
fuzz/targets/stun_parse.c <stdlib.h>
bench/peers/stun_re.c <re/re.h>
'

plant() { # ROOT LINES
    local file include
    printf 'rtclab_protocol(stun)\nrtclab_protocol(turn\n    CODECS turn data USES stun)\n' > "$1/CMakeLists.txt"
    while read -r file include; do
        [ -n "$file" ] || continue
        mkdir -p "$1/$(dirname "$file")"
        printf '#include %s\n' "$include" >> "$1/$file"
    done <<< "$2"
}

red() {
    local dir want got
    dir=$(mktemp -d)
    # shellcheck disable=SC2064 # the folder's name as it is now
    trap "rm -rf '$dir'" EXIT
    mkdir "$dir/broken" "$dir/lawful"
    plant "$dir/broken" "$broken"
    plant "$dir/lawful" "$lawful"
    want=$(grep -c . <<< "$broken")
    got=$(check_tree "$dir/broken" | grep -c 'may not include' || true)
    if [ "$want" != "$got" ]; then
        echo "layering: $want broken rules were planted, $got were seen"
        check_tree "$dir/broken"
        return 1
    fi
    check_tree "$dir/lawful"
    echo "layering: $want planted violations were seen, no lawful include was refused"
}

case ${1-} in
    --red) red ;;
    *) check_tree "${1-$here/..}" ;;
esac
