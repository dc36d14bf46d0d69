#!/bin/sh
# Python's http.server, as its command line has it, with HTTP/1.1: files.
#   HTTP_PORT   plain TCP   (8083)
. "$(dirname "$0")/../common.sh"
: "${HTTP_PORT:=8083}"
/usr/bin/python3 -c 'import http.server' 2> /dev/null || {
    echo "python-http: there is no http.server here; it is in the package python3" >&2
    exit 77
}
mkdir -p "$PEER_RUN/www"
echo "hello from python" > "$PEER_RUN/www/index.html"
exec /usr/bin/python3 -u -m http.server "$HTTP_PORT" --bind "$PEER_HOST" --protocol HTTP/1.1 \
    --directory "$PEER_RUN/www" > "$PEER_LOG/http.log" 2>&1
