#!/bin/sh
# coturn in the foreground: STUN with RFC 5780, and TURN with long-term credentials.
#   STUN_PORT      UDP and TCP                                              (3478)
#   STUN_ALT_PORT  the second port of RFC 5780                              (STUN_PORT + 2)
#   PEER_ALT_HOST  the second address of RFC 5780; empty: one address only  (127.0.0.2)
#   STUN_AUTH      1: Binding requests need credentials too                 (0)
#   STUN_NONCE     seconds that a nonce lives                               (600)
#   TURNS_PORT     TLS and DTLS; 0: neither                                 (0)
#   TURN_MOBILITY  1: allocations may move, RFC 8016                        (0)
#   TURN_SOFTWARE  0: no SOFTWARE in responses                              (1)
#   RELAY_MIN, RELAY_MAX  ports of relayed addresses                        (49160, 49300)
#   PEER_HOST6     an IPv6 address to listen on and to relay by; empty: none     ()
#   TURN_QUOTA     allocations of one user at once; 0: no limit                  (0)
#   TURN_MAX_LIFETIME  seconds, of an allocation                                 (3600)
#   TURN_DENIED    an address that no peer may have; empty: none                 ()
. "$(dirname "$0")/../common.sh"
need turnserver coturn
: "${STUN_PORT:=3478}" "${STUN_AUTH:=0}" "${STUN_NONCE:=600}" "${TURNS_PORT:=0}" "${TURN_REALM:=interop.test}"
: "${TURN_MOBILITY:=0}" "${TURN_SOFTWARE:=1}"
: "${PEER_HOST6:=}" "${TURN_QUOTA:=0}" "${TURN_MAX_LIFETIME:=3600}" "${TURN_DENIED:=}"
: "${STUN_ALT_PORT:=$((STUN_PORT + 2))}" "${RELAY_MIN:=49160}" "${RELAY_MAX:=49300}"
PEER_ALT_HOST=${PEER_ALT_HOST-127.0.0.2}

{
    echo "listening-ip=$PEER_HOST"
    if [ -n "$PEER_ALT_HOST" ]; then
        echo "listening-ip=$PEER_ALT_HOST"
        echo "alt-listening-port=$STUN_ALT_PORT"
    else
        echo no-rfc5780
    fi
    if [ -n "$PEER_HOST6" ]; then
        echo "listening-ip=$PEER_HOST6"
    fi
    cat << CONF
relay-ip=$PEER_HOST
listening-port=$STUN_PORT
min-port=$RELAY_MIN
max-port=$RELAY_MAX
realm=$TURN_REALM
lt-cred-mech
stale-nonce=$STUN_NONCE
user=alice:alice-secret
user=bob:bob-secret
user=carol:carol-secret
fingerprint
userdb=$PEER_RUN/turndb
pidfile=$PEER_RUN/turnserver.pid
log-file=stdout
simple-log
verbose
allow-loopback-peers
no-cli
max-allocate-lifetime=$TURN_MAX_LIFETIME
CONF
    if [ -n "$PEER_HOST6" ]; then
        echo "relay-ip=$PEER_HOST6"
    fi
    if [ "$TURN_QUOTA" != 0 ]; then
        echo "user-quota=$TURN_QUOTA"
    fi
    if [ -n "$TURN_DENIED" ]; then
        echo "denied-peer-ip=$TURN_DENIED"
    fi
    if [ "$STUN_AUTH" = 1 ]; then
        echo secure-stun
    fi
    if [ "$TURN_MOBILITY" = 1 ]; then
        echo mobility
    fi
    if [ "$TURN_SOFTWARE" = 0 ]; then
        echo no-software-attribute
    fi
    if [ "$TURNS_PORT" = 0 ]; then
        echo no-tls
        echo no-dtls
    else
        selfsigned "$TURN_REALM"
        echo "tls-listening-port=$TURNS_PORT"
        echo "cert=$PEER_RUN/cert.pem"
        echo "pkey=$PEER_RUN/key.pem"
    fi
} > "$PEER_RUN/turnserver.conf"
exec turnserver -c "$PEER_RUN/turnserver.conf" > "$PEER_LOG/turnserver.log" 2>&1
