#!/bin/sh
# What a cell's network namespace has beside its loopback: d0, 10.99.0.1/24, for peers that refuse
# 127.0.0.0/8, and a default route for those that want one. Traffic to 10.99.0.1 passes the loopback.
# Only ever run in a namespace that was made for it.
set -eu
command -v ip > /dev/null || {
    echo "there is no ip here; it is in the package iproute2" >&2
    exit 77
}
ip link add d0 type veth peer name d1
ip addr add 10.99.0.1/24 dev d0
ip link set d0 up
ip link set d1 up
ip route add default via 10.99.0.2
