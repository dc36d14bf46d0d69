#!/bin/sh
# ejabberd in the foreground, as a STUN and TURN server: Binding without credentials, TURN with
# long-term ones. erl is run directly: no change of user, no distribution, and so no epmd.
#   STUN_PORT             UDP and TCP                    (3478)
#   RELAY_MIN, RELAY_MAX  ports of relayed addresses     (49400, 49500)
. "$(dirname "$0")/../common.sh"
need erl erlang-base
: "${STUN_PORT:=3478}" "${XMPP_DOMAIN:=interop.test}" "${RELAY_MIN:=49400}" "${RELAY_MAX:=49500}"
here=$(cd "$(dirname "$0")" && pwd)
sed -e "s|@PEER_HOST@|$PEER_HOST|g" -e "s|@STUN_PORT@|$STUN_PORT|g" \
    -e "s|@XMPP_DOMAIN@|$XMPP_DOMAIN|g" -e "s|@RELAY_MIN@|$RELAY_MIN|g" -e "s|@RELAY_MAX@|$RELAY_MAX|g" \
    "$here/ejabberd.yml.in" > "$PEER_RUN/ejabberd.yml"
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
