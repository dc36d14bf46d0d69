#!/bin/sh
# nat.sh KIND: three network namespaces, in (10.1.0.2), mid and out (203.0.113.10 and .11), joined by veth, with a NAT of
# nftables in the middle. Then: ip netns exec NAME-in COMMAND, ip netns exec NAME-out COMMAND. "nat.sh down" removes
# them. NAT_NAME is NAME (nat). It takes root, iproute2 and nftables; exit status 77: they are not there.
#
# KIND, mapping and filtering in the words of RFC 4787:
#   open        no NAT: the host inside has the address 203.0.113.2 as well
#   cone        endpoint-independent, endpoint-independent
#   hairpin     the same, and packets to its own external address come back, from the external address
#   restricted  endpoint-independent, address-dependent
#   port        endpoint-independent, address-and-port-dependent: masquerading as Linux does it
#   symmetric   address-and-port-dependent both: masquerading with ports drawn each time
#   blocked     no UDP passes
set -eu
n=${NAT_NAME:-nat}
kind=${1:?open, cone, hairpin, restricted, port, symmetric, blocked or down}
down() {
    for side in in mid out; do
        ip netns del "$n-$side" 2> /dev/null || true
    done
}
if [ "$kind" = down ]; then
    down
    exit
fi
for tool in ip:iproute2 nft:nftables sysctl:procps; do
    command -v "${tool%:*}" > /dev/null || {
        echo "nat.sh: there is no ${tool%:*} here; it is in the package ${tool#*:}" >&2
        exit 77
    }
done
ip netns add "$n-in" 2> /dev/null || {
    echo "nat.sh: network namespaces cannot be made here: that takes root" >&2
    exit 77
}
trap 'down' EXIT
ip netns add "$n-mid"
ip netns add "$n-out"
for side in in mid out; do
    ip -n "$n-$side" link set lo up
done
ip link add "$n-i" netns "$n-in" type veth peer name inside netns "$n-mid"
ip link add "$n-o" netns "$n-out" type veth peer name outside netns "$n-mid"
ip -n "$n-in" addr add 10.1.0.2/24 dev "$n-i"
ip -n "$n-mid" addr add 10.1.0.1/24 dev inside
ip -n "$n-mid" addr add 203.0.113.1/24 dev outside
ip -n "$n-out" addr add 203.0.113.10/24 dev "$n-o"
ip -n "$n-out" addr add 203.0.113.11/24 dev "$n-o"
ip -n "$n-in" link set "$n-i" up
ip -n "$n-mid" link set inside up
ip -n "$n-mid" link set outside up
ip -n "$n-out" link set "$n-o" up
ip -n "$n-in" route add default via 10.1.0.1
ip netns exec "$n-mid" sysctl -qw net.ipv4.ip_forward=1

# What a filter by address remembers; ports are kept as they are, so that each mapping is independent of where to.
to_inside='iifname "outside" meta l4proto udp'
case $kind in
open)
    ip -n "$n-in" addr add 203.0.113.2/32 dev "$n-i"
    ip -n "$n-in" route replace default via 10.1.0.1 src 203.0.113.2
    ip -n "$n-mid" route add 203.0.113.2/32 dev inside
    ip netns exec "$n-mid" sysctl -qw net.ipv4.conf.outside.proxy_arp=1
    rules= ;;
cone)
    rules="chain pre { type nat hook prerouting priority -100; $to_inside dnat to 10.1.0.2; }
           chain post { type nat hook postrouting priority 100; oifname \"outside\" snat to 203.0.113.1; }" ;;
hairpin)
    rules="chain pre { type nat hook prerouting priority -100; meta l4proto udp ip daddr 203.0.113.1 dnat to 10.1.0.2; }
           chain post { type nat hook postrouting priority 100; ip saddr 10.1.0.0/24 snat to 203.0.113.1; }" ;;
restricted)
    rules="set met { type ipv4_addr; flags dynamic, timeout; timeout 5m; }
           chain meet { type filter hook forward priority 0; oifname \"outside\" add @met { ip daddr }; }
           chain pre { type nat hook prerouting priority -100; $to_inside ip saddr @met dnat to 10.1.0.2; }
           chain post { type nat hook postrouting priority 100; oifname \"outside\" snat to 203.0.113.1; }" ;;
port)
    rules='chain post { type nat hook postrouting priority 100; oifname "outside" masquerade; }' ;;
symmetric)
    rules='chain post { type nat hook postrouting priority 100; oifname "outside" masquerade fully-random; }' ;;
blocked)
    rules='chain pass { type filter hook forward priority 0; meta l4proto udp drop; }' ;;
*)
    echo "nat.sh: there is no kind '$kind'" >&2
    exit 2 ;;
esac
ip netns exec "$n-mid" nft -f - << END
table ip rtclab {
    $rules
}
END
trap - EXIT
