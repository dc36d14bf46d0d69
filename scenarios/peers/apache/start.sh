#!/bin/sh
# Apache httpd in the foreground: files, /digest/ and /basic/ for users alone, /echo gives back what it is sent, and
# /page.shtml comes in chunks.
#   HTTP_PORT       plain TCP                                (8081)
#   PEER_HOST6      an IPv6 address to listen on; empty: none  ()
#   DIGEST_NONCE    seconds that a nonce lives               (300)
. "$(dirname "$0")/../common.sh"
need apache2 apache2-bin
need openssl openssl
: "${HTTP_PORT:=8081}" "${PEER_HOST6:=}" "${DIGEST_NONCE:=300}"
modules=/usr/lib/apache2/modules
realm=interop.test

for folder in . digest basic; do
    mkdir -p "$PEER_RUN/www/$folder"
    echo "hello from apache" > "$PEER_RUN/www/$folder/index.html"
done
head -c 20000 /dev/zero | tr '\0' a > "$PEER_RUN/www/long.txt"
echo '<!--#echo var="REQUEST_METHOD" --> in chunks' > "$PEER_RUN/www/page.shtml"
for name in alice bob carol; do
    sum=$(printf '%s' "$name:$realm:$name-secret" | openssl dgst -md5 -r | cut -d' ' -f1)
    echo "$name:$realm:$sum" >> "$PEER_RUN/htdigest"
    echo "$name:$(openssl passwd -apr1 "$name-secret")" >> "$PEER_RUN/htpasswd"
done
if [ "$(id -u)" = 0 ]; then # it serves nobody as root
    www="setpriv --reuid=www-data --regid=www-data --clear-groups"
    chmod 755 "$PEER_RUN"
    $www true 2> /dev/null || {
        echo "apache: it does not serve as root, and there is no other user here" >&2
        exit 77
    }
    $www test -r "$PEER_RUN/www/index.html" || {
        echo "apache: www-data cannot read what is in $PEER_RUN: a folder above it is closed to others" >&2
        exit 1
    }
fi
{
    echo "Listen $PEER_HOST:$HTTP_PORT"
    if [ -n "$PEER_HOST6" ]; then
        echo "Listen [$PEER_HOST6]:$HTTP_PORT"
    fi
    for module in mpm_event authn_core authn_file authz_core authz_user auth_digest auth_basic dir \
        filter mime include reflector; do
        echo "LoadModule ${module}_module $modules/mod_$module.so"
    done
    if [ "$(id -u)" = 0 ]; then
        echo "User www-data"
        echo "Group www-data"
    fi
    cat << CONF
ServerRoot $PEER_RUN
ServerName $realm
PidFile $PEER_RUN/apache.pid
DefaultRuntimeDir $PEER_RUN
ErrorLog $PEER_LOG/error.log
LogLevel info
StartServers 1
ThreadsPerChild 64
MaxRequestWorkers 64
TypesConfig /dev/null
AddType text/html .html .shtml
AddType text/plain .txt
AddOutputFilter INCLUDES .shtml
DirectoryIndex index.html
DocumentRoot $PEER_RUN/www
<Directory $PEER_RUN/www>
    Options +Includes
    Require all granted
</Directory>
<Location /echo>
    SetHandler reflector
</Location>
<Location /digest>
    AuthType Digest
    AuthName "$realm"
    AuthDigestQop auth
    AuthDigestNonceLifetime $DIGEST_NONCE
    AuthUserFile $PEER_RUN/htdigest
    Require valid-user
</Location>
<Location /basic>
    AuthType Basic
    AuthName "$realm"
    AuthUserFile $PEER_RUN/htpasswd
    Require valid-user
</Location>
CONF
} > "$PEER_RUN/apache.conf"
exec apache2 -D FOREGROUND -f "$PEER_RUN/apache.conf" > "$PEER_LOG/apache.log" 2>&1
