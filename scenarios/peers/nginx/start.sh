#!/bin/sh
# nginx in the foreground: files, /basic/ for users alone, /echo gives back what it is sent, /chunked comes in chunks.
#   HTTP_PORT   plain TCP                                  (8080)
#   PEER_HOST6  an IPv6 address to listen on; empty: none  ()
. "$(dirname "$0")/../common.sh"
need nginx nginx-light
need openssl openssl
: "${HTTP_PORT:=8080}" "${PEER_HOST6:=}"
realm=interop.test

mkdir -p "$PEER_RUN/tmp" "$PEER_RUN/www"
echo 'hello from nginx' > "$PEER_RUN/www/index.html"
for name in alice bob carol; do
    echo "$name:$(openssl passwd -apr1 "$name-secret")" >> "$PEER_RUN/htpasswd"
done
{
    echo "load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;"
    if [ "$(id -u)" = 0 ]; then
        echo "user root;"
    fi
    cat << CONF
daemon off;
worker_processes 1;
pid $PEER_RUN/nginx.pid;
error_log $PEER_LOG/error.log info;
events { worker_connections 128; }
http {
    access_log $PEER_LOG/access.log;
    client_body_temp_path $PEER_RUN/tmp;
    proxy_temp_path $PEER_RUN/tmp;
    fastcgi_temp_path $PEER_RUN/tmp;
    uwsgi_temp_path $PEER_RUN/tmp;
    scgi_temp_path $PEER_RUN/tmp;
    client_max_body_size 2m;
    client_body_buffer_size 2m;
    types { text/html html; }
    server {
        server_name $realm;
        listen $PEER_HOST:$HTTP_PORT;
CONF
    if [ -n "$PEER_HOST6" ]; then
        echo "        listen [$PEER_HOST6]:$HTTP_PORT;"
    fi
    cat << CONF
        root $PEER_RUN/www;
        location / { }
        location /basic/ {
            auth_basic "$realm";
            auth_basic_user_file $PEER_RUN/htpasswd;
            alias $PEER_RUN/www/;
        }
        location = /chunked { default_type text/plain; echo "in"; echo_flush; echo "chunks"; }
        location = /echo { default_type text/plain; echo_read_request_body; echo_request_body; }
    }
}
CONF
} > "$PEER_RUN/nginx.conf"
exec nginx -p "$PEER_RUN" -e "$PEER_LOG/error.log" -c "$PEER_RUN/nginx.conf" > "$PEER_LOG/nginx.log" 2>&1
