#!/bin/bash
# State and calls that codecs and endpoints must not have, over the objects of a release build.
#
#   .lab/sections.sh BUILD_DIR
#
# 1. No writable data: .data, .bss, .tdata and .tbss are empty (.data.rel.ro*, which the loader makes
#    read-only, aside), and there is no COMMON symbol.
# 2. No call of the allocator, of the clock, of chance, of locale, of setjmp, of files or sockets.
set -euo pipefail
build=${1:?usage: sections.sh BUILD_DIR}
calls='malloc|calloc|realloc|reallocarray|free|strdup|strndup|aligned_alloc|posix_memalign'
calls+='|time|clock|clock_gettime|gettimeofday|nanosleep|usleep|sleep'
calls+='|rand|random|srand|getrandom|getentropy|strtok|setlocale|_?setjmp|_*sigsetjmp|longjmp'
calls+='|socket|connect|bind|send|sendto|sendmsg|recv|recvfrom|recvmsg|open|read|write|fopen|printf|puts|putchar|fprintf'

objects=()
mapfile -t objects < <(find "$build" -name '*.o' -type f \
    \( -path '*rtclab_codecs.dir/codecs/*' -o -path '*rtclab_harness.dir/harness/endpoints/*' \) | sort)
if [ ${#objects[@]} = 0 ]; then
    echo "sections: there are no objects of codecs below $build; build it first" >&2
    exit 2
fi

rc=0
# Columns of readelf -SW: [Nr] Name Type Address Off Size ...
readelf -SW "${objects[@]}" | sed 's/^ *\[ *[0-9]*\]/#/' | awk '
    /^File: / { file = $2 }
    $1 == "#" && $2 ~ /^\.(data|bss|tdata|tbss)(\.|$)/ && $2 !~ /^\.data\.rel\.ro/ && $6 !~ /^0+$/ {
        printf "%s: section %s holds 0x%s octets\n", file, $2, $6
        bad = 1
    }
    END { exit bad }' || rc=1
nm -A "${objects[@]}" | awk -v calls="^($calls)$" '
    $(NF - 1) == "C" { printf "%s COMMON symbol %s\n", $1, $NF; bad = 1 }
    $(NF - 1) == "U" && $NF ~ calls { sub(/:$/, "", $1); printf "%s: calls %s\n", $1, $NF; bad = 1 }
    END { exit bad }' || rc=1
[ "$rc" != 0 ] || echo "sections: ${#objects[@]} objects, no writable data, no forbidden call"
exit "$rc"
