#!/bin/sh
# lighttpd in the foreground: files, /digest/ (SHA-256) and /basic/ for users alone, and by CGI: /echo gives back what
# it is sent, /chunked comes in chunks, /empty with 204.
#   HTTP_PORT   plain TCP   (8082)
. "$(dirname "$0")/../common.sh"
need lighttpd lighttpd
need openssl openssl
: "${HTTP_PORT:=8082}"
realm=interop.test

for folder in . digest basic; do
    mkdir -p "$PEER_RUN/www/$folder"
    echo "hello from lighttpd" > "$PEER_RUN/www/$folder/index.html"
done
script() { # NAME HEADER COMMAND
    printf '#!/bin/sh\nprintf "%s\\r\\n\\r\\n"\n%s\n' "$2" "$3" > "$PEER_RUN/www/$1"
}
script echo 'Content-Type: text/plain' cat
script chunked 'Content-Type: text/plain' 'head -c 200000 /dev/zero | tr "\0" a' # its length is not waited for
script empty 'Status: 204' ''
for name in alice bob carol; do
    sum=$(printf '%s' "$name:$realm:$name-secret" | openssl dgst -sha256 -r | cut -d' ' -f1)
    echo "$name:$realm:$sum" >> "$PEER_RUN/htdigest"
    echo "$name:$(openssl passwd -apr1 "$name-secret")" >> "$PEER_RUN/htpasswd"
done
cat << CONF > "$PEER_RUN/lighttpd.conf"
server.bind = "$PEER_HOST"
server.port = $HTTP_PORT
server.document-root = "$PEER_RUN/www"
server.pid-file = "$PEER_RUN/lighttpd.pid"
server.errorlog = "$PEER_LOG/error.log"
server.upload-dirs = ("$PEER_RUN")
server.modules = ("mod_auth", "mod_authn_file", "mod_cgi")
server.max-request-size = 2048
server.stream-response-body = 1
index-file.names = ("index.html")
mimetype.assign = (".html" => "text/html")
\$HTTP["url"] =~ "^/(echo|chunked|empty)\$" { cgi.assign = ("" => "/bin/sh") }
\$HTTP["url"] =~ "^/digest/" {
    auth.backend = "htdigest"
    auth.backend.htdigest.userfile = "$PEER_RUN/htdigest"
    auth.require = ("" => (
        "method" => "digest", "algorithm" => "SHA-256", "realm" => "$realm", "require" => "valid-user"))
}
\$HTTP["url"] =~ "^/basic/" {
    auth.backend = "htpasswd"
    auth.backend.htpasswd.userfile = "$PEER_RUN/htpasswd"
    auth.require = ("" => ("method" => "basic", "realm" => "$realm", "require" => "valid-user"))
}
CONF
exec lighttpd -D -f "$PEER_RUN/lighttpd.conf" > "$PEER_LOG/lighttpd.log" 2>&1
