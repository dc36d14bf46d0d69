# The rules of layering.sh. Input: CMakeLists.txt (who USES whom), then the output of grep -n.

# Kinds of headers in angle brackets. What is not listed is "system".
function kind_of(h) {
    if (h ~ /^(stdbool|stddef|stdint|string|limits|stdarg|inttypes|stdalign|stdnoreturn|float|math|endian|byteswap|assert)\.h$/)
        return "pure"
    if (h ~ /intrin\.h$/ || h ~ /^(cpuid|arm_neon)\.h$/) return "pure"
    if (h ~ /^openssl\//) return "openssl"
    if (h ~ /^uv(\.h$|\/)/) return "uv"
    if (h ~ /^(lua|lualib|lauxlib|luaconf)\.h$/ || h ~ /^lua5/) return "lua"
    if (h ~ /^jansson/) return "jansson"
    if (h ~ /^pcap(\.h$|\/)/) return "pcap"
    if (h == "zlib.h") return "zlib"
    if (h ~ /^srtp2?\//) return "srtp"
    if (h ~ /^CUnit\//) return "cunit"
    if (h ~ /^(sndfile\.h$|speex\/|opus\/)/) return "audio"
    if (h ~ /^(idna|stringprep|punycode|idn2|unistr|uninorm|unicase|unictype|unitypes)\.h$/) return "prep"
    if (h ~ /^(re|nice|stun|agent|osip2|osipparser2|sofia-sip|librtmp|ldns|libxml)\// || h ~ /^(re|re_.*|expat)\.h$/)
        return "rival"
    if (h ~ /^(netinet|arpa|net|netpacket|linux)\// || h ~ /^sys\/(socket|un|epoll|timerfd)\.h$/ || h ~ /^(netdb|ifaddrs)\.h$/)
        return "socket"
    return "system"
}

# Which kinds a folder may include; `place` is set by place_of.
function kinds_for(file) {
    if (is_test(file) || place == "tests" || place == "fuzz" || place == "bench/peers") return "any"
    if (file == "codecs/base/digest.c") return "pure openssl"
    if (file ~ /^harness\/core\/(test\.h|test_main\.c)$/) return "pure system cunit"
    if (file ~ /^harness\/core\/prep/) return "pure system prep"
    if (file ~ /^harness\/core\/libpcap/) return "pure system pcap"
    if (place == "base" || place == "codec" || place == "watch") return "pure"
    if (place == "endpoint") return owner == "ws" ? "pure zlib" : "pure"
    if (place == "core") return "pure system"
    if (place == "drivers") return "pure system socket uv openssl pcap"
    if (place == "replay") return "pure system pcap zlib srtp openssl"
    if (place == "report") return "pure system jansson"
    if (place == "script") return "pure system lua jansson"
    if (place == "apps") return "pure system jansson audio"
    if (place == "cli") return "pure system socket uv openssl pcap jansson zlib"
    return "pure system socket openssl jansson" # bench
}

function place_of(file,  part) {
    split(file, part, "/")
    owner = ""
    if (part[1] == "codecs") {
        owner = part[2]
        return owner == "base" ? "base" : "codec"
    }
    if (part[1] != "harness") return file ~ /^bench\/peers\// ? "bench/peers" : part[1]
    owner = part[3]
    if (part[2] == "endpoints") return "endpoint"
    return part[2]
}

# cmd_test.c is the subcommand "test", not a test.
function is_test(file) { return file ~ /_test\.[ch]$/ && file !~ /\/cmd_test\.c$/ }

function under(path, folder) { return index(path, folder) == 1 }

# Whether `path` is the public header of something that the file's owner USES: FOLDER/q/q.h.
function used(path, folder,  q) {
    for (q in uses)
        if (uses[q] ~ "(^| )" owner "( |$)" && path == folder q "/" q ".h") return 1
    return 0
}

function may_take(file, path) {
    if (is_test(file) || place == "tests" || place == "fuzz" || place == "cli") return 1
    if (under(path, "codecs/base/")) return 1
    if (place == "base") return 0
    if (place == "codec") return under(path, "codecs/" owner "/") || used(path, "codecs/")
    if (under(path, "harness/core/")) return 1
    if (place == "core") return 0
    if (place == "drivers" || place == "report") return under(path, "harness/" place "/")
    if (under(path, "codecs/")) return 1
    if (place == "endpoint") return under(path, "harness/endpoints/" owner "/") || used(path, "harness/endpoints/")
    if (place == "watch") return under(path, "harness/watch/" owner "/") || used(path, "harness/endpoints/")
    if (place == "replay") return under(path, "harness/watch/") || under(path, "harness/replay/")
    if (under(path, "harness/cli/") || under(path, "harness/tests/")) return 0
    if (place == "script") return under(path, "harness/") && !under(path, "harness/apps/")
    if (place == "apps") return under(path, "harness/")
    return under(path, "harness/") || under(path, "bench/") # bench
}

# uses[q] lists, with blanks, the protocols that name q. A call may go over several lines.
FILENAME == "CMakeLists.txt" {
    sub(/#.*/, "")
    call = call " " $0
    if (call !~ /rtclab_protocol *\(/) { call = ""; next }
    if (call !~ /\)/) next
    gsub(/.*rtclab_protocol *\(|\).*/, "", call)
    n = split(call, word, " ")
    list = ""
    for (i = 2; i <= n; i++) {
        if (word[i] ~ /^(PART|CODECS|USES)$/) list = word[i]
        else if (list == "USES") uses[word[i]] = uses[word[i]] " " word[1]
    }
    call = ""
    next
}

{
    split($0, at, ":")
    file = at[1]
    path = $0
    sub(/^[^<"]*/, "", path)
    angle = substr(path, 1, 1) == "<"
    path = substr(path, 2)
    sub(/[>"].*/, "", path)
    place = place_of(file)
    checked++
    if (angle) {
        allowed = kinds_for(file)
        kind = kind_of(path)
        ok = allowed == "any" || (" " allowed " ") ~ (" " kind " ")
        why = "kind " kind "; lawful here: " allowed
    } else {
        ok = may_take(file, path)
        why = "paths start at the top of the tree; see the table of layers"
    }
    if (!ok) {
        printf "%s:%d: %s may not include %s (%s)\n", file, at[2], place, path, why
        bad++
    }
}

END {
    if (bad) exit 1
    printf "layering: %d includes, all lawful\n", checked
}
