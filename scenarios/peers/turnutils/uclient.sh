#!/bin/sh
# turnutils_uclient, the TURN client that comes with coturn, as the profile turnutils-turn runs it.
#   uclient.sh echo HOST PORT TRANSPORT [FLAG...]
#       sends to turnutils_peer, at HOST and PORT + 1, which sends back: 0 where nothing was lost
#   uclient.sh allocate HOST PORT TRANSPORT USER PASSWORD
#       0 once it has an allocation; then it is ended
set -eu
command -v turnutils_uclient > /dev/null || {
    echo "there is no turnutils_uclient here; it is in the package coturn" >&2
    exit 77
}
verb=$1 host=$2 port=$3 transport=$4
shift 4
echo_port=$((port + 1))

# client SECONDS USER PASSWORD FLAG...
client() {
    seconds=$1 user=$2 password=$3
    shift 3
    case $transport in
    tcp) set -- "$@" -t ;;
    tls) set -- "$@" -t -S ;;
    dtls) set -- "$@" -S ;;
    esac
    timeout "$seconds" stdbuf -oL turnutils_uclient "$@" -u "$user" -w "$password" \
        -e 127.0.0.1 -r "$echo_port" -p "$port" "$host" 2>&1
}

case $verb in
echo)
    timeout 28 turnutils_peer -p "$echo_port" -L 127.0.0.1 > /dev/null 2>&1 &
    peer=$!
    said=$(client 25 alice alice-secret -n 20 -l 173 "$@" | grep -E 'lost packets|[Ee]rror' || true)
    kill "$peer" 2> /dev/null || true
    echo "$said"
    case $said in
    *'Total lost packets 0 ('*) exit 0 ;;
    esac
    exit 1
    ;;
allocate)
    client 6 "$1" "$2" -v -c -n 1 | grep -m 1 'Received relay addr'
    ;;
esac
