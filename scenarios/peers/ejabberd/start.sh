#!/bin/sh
# ejabberd in the foreground, as a STUN and TURN server: Binding without credentials, TURN with
# long-term ones. erl is run directly: no change of user, no distribution, and so no epmd.
#   STUN_PORT             UDP and TCP                    (3478)
#   TURNS_PORT            TLS; 0: none                   (0)
#   RELAY_MIN, RELAY_MAX  ports of relayed addresses     (49400, 49500)
. "$(dirname "$0")/../common.sh"
need erl erlang-base
: "${STUN_PORT:=3478}" "${XMPP_DOMAIN:=interop.test}" "${RELAY_MIN:=49400}" "${RELAY_MAX:=49500}"
: "${TURNS_PORT:=0}"
here=$(cd "$(dirname "$0")" && pwd)
sed -e "s|@PEER_HOST@|$PEER_HOST|g" -e "s|@STUN_PORT@|$STUN_PORT|g" \
    -e "s|@XMPP_DOMAIN@|$XMPP_DOMAIN|g" -e "s|@RELAY_MIN@|$RELAY_MIN|g" -e "s|@RELAY_MAX@|$RELAY_MAX|g" \
    "$here/ejabberd.yml.in" > "$PEER_RUN/ejabberd.yml"
if [ "$TURNS_PORT" != 0 ]; then
    selfsigned "$XMPP_DOMAIN"
    cat "$PEER_RUN/cert.pem" "$PEER_RUN/key.pem" > "$PEER_RUN/both.pem"
    cat >> "$PEER_RUN/ejabberd.yml" << CONF
certfiles:
  - "$PEER_RUN/both.pem"
CONF
    # the listener over TLS is the one over TCP, on another port
    awk -v port="$TURNS_PORT" '
        /^  -$/ { item = ""; take = 0; inside = 1 }
        /^[a-z]/ { if (take) tls = item; inside = 0; if (/^modules:/) printf "%s    tls: true\n", tls }
        inside { item = item ($1 == "port:" ? "    port: " port : $0) "\n"; take = take || /transport: tcp/ }
        { print }' "$PEER_RUN/ejabberd.yml" > "$PEER_RUN/with-tls.yml"
    mv "$PEER_RUN/with-tls.yml" "$PEER_RUN/ejabberd.yml"
fi
libs=$(dirname "$(find /usr/lib -maxdepth 3 -type d -name 'ejabberd-*' -print -quit 2> /dev/null)")
if [ ! -d "$libs" ] || [ "$libs" = . ]; then
    echo "ejabberd: there is no ejabberd here; it is in the package ejabberd" >&2
    exit 77
fi
export HOME="$PEER_RUN" ERL_LIBS="$libs"
export EJABBERD_CONFIG_PATH="$PEER_RUN/ejabberd.yml" EJABBERD_LOG_PATH="$PEER_LOG/ejabberd.log"
accounts=
for user in alice bob carol; do
    accounts="$accounts ejabberd_auth:try_register(<<\"$user\">>, <<\"$XMPP_DOMAIN\">>, <<\"$user-secret\">>),"
done
cd "$PEER_RUN"
exec erl -noinput +K true +P 250000 -mnesia dir "\"$PEER_RUN/mnesia\"" -s ejabberd \
    -eval "$accounts ok." > "$PEER_LOG/erl.log" 2>&1
