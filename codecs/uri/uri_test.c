/* codecs/uri/uri_test.c - URIs: their parts, and what is wrong with them. */
#include "codecs/uri/uri_lint.h"
#include "harness/core/clause.h"
#include "harness/core/test.h"

enum { ROOM = 1 << 16, SOME = 3 };
struct broken {
    const char *clause;
    uint64_t off, len;
};
static const struct row {
    const char *text, *parts;
    struct broken found[SOME];
} rows[] = {
    /* RFC 3261 section 19.1.3 */
    {"sip:alice@atlanta.com", "user=alice host=atlanta.com", {{0}}},
    {"sip:alice:secretword@atlanta.com;transport=tcp",
     "user=alice pass=secretword host=atlanta.com ;transport=tcp",
     {{"RFC3261:19.1.1#4", 10, 10}}},
    {"sips:alice@atlanta.com?subject=project%20x&priority=urgent",
     "user=alice host=atlanta.com &subject=project%20x &priority=urgent",
     {{0}}},
    {"sip:+1-212-555-1212:1234@gateway.com;user=phone",
     "user=+1-212-555-1212 pass=1234 host=gateway.com ;user=phone",
     {{"RFC3261:19.1.1#4", 20, 4}}},
    {"sips:1212@gateway.com", "user=1212 host=gateway.com", {{0}}},
    {"sip:alice@192.0.2.4", "user=alice host=192.0.2.4", {{0}}},
    {"sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com",
     "host=atlanta.com ;method=REGISTER &to=alice%40atlanta.com",
     {{0}}},
    {"sip:alice;day=tuesday@atlanta.com", "user=alice;day=tuesday host=atlanta.com", {{0}}},
    /* RFC 3261 section 19.1.4, RFC 5954 section 4.2 */
    {"sip:%61lice@atlanta.com;transport=TCP",
     "user=%61lice host=atlanta.com ;transport=TCP",
     {{0}}},
    {"sip:alice@AtLanTa.CoM;Transport=tcp", "user=alice host=AtLanTa.CoM ;Transport=tcp", {{0}}},
    {"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
     "host=biloxi.com ;transport=tcp ;method=REGISTER &to=sip:bob%40biloxi.com",
     {{0}}},
    {"SIP:ALICE@AtLanTa.CoM;Transport=udp",
     "user=ALICE host=AtLanTa.CoM ;Transport=udp",
     {{"RFC3986:3.1#a3", 0, 1}}},
    {"sip:bob@biloxi.com:6000;transport=tcp",
     "user=bob host=biloxi.com port=6000 ;transport=tcp",
     {{0}}},
    {"sip:bob@[::ffff:192.0.2.128]", "user=bob host=[::ffff:192.0.2.128]", {{0}}},
    {"sip:bob@[2001:db8::9:01]", "user=bob host=[2001:db8::9:01]", {{0}}},
    {"sip:bob@[0:0:0:0:0:FFFF:129.144.52.38]",
     "user=bob host=[0:0:0:0:0:FFFF:129.144.52.38]",
     {{0}}},
    {"sip:bob@444.555.666.777", "user=bob host=444.555.666.777", {{"RFC3261:25.1#a39", 8, 15}}},
    {"sip:alice@atlanta.com;maddr=239.255.255.1;ttl=15",
     "user=alice host=atlanta.com ;maddr=239.255.255.1 ;ttl=15",
     {{0}}},
    /* characters and escapes of sip */
    {"sip:a b@h.example", "user=a b host=h.example", {{"RFC3261:19.1.2#2", 5, 1}}},
    {"sip:a%20b@h.example", "user=a%20b host=h.example", {{0}}},
    {"sip:a@h.example;x=\t1", "user=a host=h.example ;x=\t1", {{"RFC3261:19.1.2#2", 18, 1}}},
    {"sip:a@h.example\r\n", "user=a host=h.example\r\n", {{"RFC3261:19.1.2#2", 15, 1}}},
    {"sip:a\x7f@h.example", "user=a\x7f host=h.example", {{"RFC3261:19.1.2#2", 5, 1}}},
    {"sip:<a>@h.example", "user=<a> host=h.example", {{"RFC3261:19.1.2#1", 4, 1}}},
    {"sip:a@h.example#x", "user=a host=h.example#x", {{"RFC3261:19.1.2#1", 15, 1}}},
    {"sip:a@h.example;x=\"y\"", "user=a host=h.example ;x=\"y\"", {{"RFC3261:19.1.2#1", 18, 1}}},
    {"sip:a%23%22%3C%3E@h.example", "user=a%23%22%3C%3E host=h.example", {{0}}},
    {"sip:a%2@h.example", "user=a%2 host=h.example", {{"RFC3261:19.1.2#a1", 5, 1}}},
    {"sip:a%g0@h.example", "user=a%g0 host=h.example", {{"RFC3261:19.1.2#a1", 5, 1}}},
    {"sip:a%@h.example", "user=a% host=h.example", {{"RFC3261:19.1.2#a1", 5, 1}}},
    {"sip:a@h.example;x=%zz", "user=a host=h.example ;x=%zz", {{"RFC3261:19.1.2#a1", 18, 1}}},
    {"sip:a@h.example?x=%", "user=a host=h.example &x=%", {{"RFC3261:19.1.2#a1", 18, 1}}},
    {"sip:a%2f%2F%00@h.example", "user=a%2f%2F%00 host=h.example", {{0}}},
    /* users and passwords */
    {"sip:@h.example", "user= host=h.example", {{"RFC3261:19.1.1#2", 4, 0}}},
    {"sip:h.example", "host=h.example", {{0}}},
    {"sip:a[b]@h.example", "user=a[b] host=h.example", {{"RFC3261:25.1#a31", 5, 1}}},
    {"sip:\xc3\xa9@h.example", "user=\xc3\xa9 host=h.example", {{"RFC3261:25.1#a31", 4, 1}}},
    {"sip:%C3%A9@h.example", "user=%C3%A9 host=h.example", {{0}}},
    {"sip:a^b@h.example", "user=a^b host=h.example", {{"RFC3261:25.1#a31", 5, 1}}},
    {"sip:a-_.!~*'()&=+$,;?/Z9@h.example", "user=a-_.!~*'()&=+$,;?/Z9 host=h.example", {{0}}},
    {"sip://a@h.example", "user=//a host=h.example", {{0}}},
    {"sip:a:@h.example", "user=a pass= host=h.example", {{"RFC3261:19.1.1#4", 6, 0}}},
    {"sip:a:b:c@h.example",
     "user=a pass=b:c host=h.example",
     {{"RFC3261:19.1.1#4", 6, 3}, {"RFC3261:25.1#a32", 7, 1}}},
    {"sip:a:b;c@h.example",
     "user=a pass=b;c host=h.example",
     {{"RFC3261:19.1.1#4", 6, 3}, {"RFC3261:25.1#a32", 7, 1}}},
    {"sip:a:&=+$,-_.!~*'()@h.example",
     "user=a pass=&=+$,-_.!~*'() host=h.example",
     {{"RFC3261:19.1.1#4", 6, 14}}},
    {"sip:+12125551212@h.example",
     "user=+12125551212 host=h.example",
     {{"RFC3261:19.1.1#10", 4, 12}}},
    {"sip:+1-(212);ext=3@h.example;user=ip",
     "user=+1-(212);ext=3 host=h.example ;user=ip",
     {{"RFC3261:19.1.1#10", 4, 14}}},
    {"sip:+12125551212@h.example;user=phone",
     "user=+12125551212 host=h.example ;user=phone",
     {{0}}},
    {"sip:+a@h.example", "user=+a host=h.example", {{0}}},
    {"sip:+@h.example", "user=+ host=h.example", {{0}}},
    {"sip:alice@h.example;user=phone",
     "user=alice host=h.example ;user=phone",
     {{"RFC3261:25.1#a33", 5, 1}}},
    {"sip:123p4w*%23ABCD@h.example;user=phone",
     "user=123p4w*%23ABCD host=h.example ;user=phone",
     {{0}}},
    {"sip:123;phone-context=example.com@h.example;user=PHONE",
     "user=123;phone-context=example.com host=h.example ;user=PHONE",
     {{0}}},
    {"sip:+1;Isub=2@h.example;user=phone",
     "user=+1;Isub=2 host=h.example ;user=phone",
     {{"RFC3261:19.1.6#1", 7, 1}}},
    {"sip:+1;isub=2;x=%4A@h.example;user=phone",
     "user=+1;isub=2;x=%4A host=h.example ;user=phone",
     {{0}}},
    /* hosts of sip */
    {"sip:", "host=", {{"RFC3261:25.1#a35", 4, 0}}},
    {"sip:a@", "user=a host=", {{"RFC3261:25.1#a35", 6, 0}}},
    {"sip:a@:5060", "user=a host= port=5060", {{"RFC3261:25.1#a35", 6, 0}}},
    {"sip:a@b@h.example", "user=a host=b@h.example", {{"RFC3261:19.1.2#a3", 7, 1}}},
    {"sip:a%40b@h.example", "user=a%40b host=h.example", {{0}}},
    {"sip://h.example", "host=//h.example", {{"RFC3261:25.1#a29", 4, 2}}},
    {"sip:a@h%61.example", "user=a host=h%61.example", {{"RFC3261:19.1.2#a2", 7, 1}}},
    {"sip:a@h..example", "user=a host=h..example", {{"RFC3261:25.1#a36", 8, 0}}},
    {"sip:a@.example", "user=a host=.example", {{"RFC3261:25.1#a36", 6, 0}}},
    {"sip:a@h.example..", "user=a host=h.example..", {{"RFC3261:25.1#a36", 16, 0}}},
    {"sip:a@h.example.", "user=a host=h.example.", {{0}}},
    {"sip:a@my_host.example", "user=a host=my_host.example", {{"RFC3261:25.1#a37", 8, 1}}},
    {"sip:a@my-host.example", "user=a host=my-host.example", {{0}}},
    {"sip:a@-h.example", "user=a host=-h.example", {{"RFC3261:25.1#a37", 6, 2}}},
    {"sip:a@h-.example", "user=a host=h-.example", {{"RFC3261:25.1#a37", 6, 2}}},
    {"sip:a@xn--bcher-kva.example", "user=a host=xn--bcher-kva.example", {{0}}},
    {"sip:a@h]", "user=a host=h]", {{"RFC3261:25.1#a37", 7, 1}}},
    {"sip:a@h.1x", "user=a host=h.1x", {{"RFC3261:25.1#a38", 8, 2}}},
    {"sip:a@1h.x1", "user=a host=1h.x1", {{0}}},
    {"sip:a@192.0.2", "user=a host=192.0.2", {{"RFC3261:25.1#a39", 6, 7}}},
    {"sip:a@192.0.2.256", "user=a host=192.0.2.256", {{"RFC3261:25.1#a39", 6, 11}}},
    {"sip:a@255.255.255.255", "user=a host=255.255.255.255", {{0}}},
    {"sip:a@0.0.0.0", "user=a host=0.0.0.0", {{0}}},
    {"sip:a@192.0.2.1.5", "user=a host=192.0.2.1.5", {{"RFC3261:25.1#a39", 6, 11}}},
    {"sip:a@192.0.2.04", "user=a host=192.0.2.04", {{"RFC3261:25.1#a39", 6, 10}}},
    {"sip:a@2001:db8::1", "user=a host=2001 port=db8::1", {{"RFC3261:25.1#a40", 6, 4}}},
    {"sip:a@[2001:db8::1]", "user=a host=[2001:db8::1]", {{0}}},
    {"sip:a@[2001:db8::1", "user=a host=[2001:db8::1", {{"RFC3261:25.1#a40", 6, 12}}},
    {"sip:a@[2001:db8::1]x", "user=a host=[2001:db8::1]x", {{"RFC3261:25.1#a40", 19, 1}}},
    {"sip:a@[1::2::3]", "user=a host=[1::2::3]", {{"RFC3261:25.1#a41", 7, 7}}},
    {"sip:a@[1:2:3:4:5:6:7]", "user=a host=[1:2:3:4:5:6:7]", {{"RFC3261:25.1#a41", 7, 13}}},
    {"sip:a@[1:2:3:4:5:6:7:8]:5060", "user=a host=[1:2:3:4:5:6:7:8] port=5060", {{0}}},
    {"sip:a@[1:2:3:4:5:6:7:8:9]", "user=a host=[1:2:3:4:5:6:7:8:9]", {{"RFC3261:25.1#a41", 7, 17}}},
    {"sip:a@[]", "user=a host=[]", {{"RFC3261:25.1#a41", 7, 0}}},
    {"sip:a@[192.0.2.1]", "user=a host=[192.0.2.1]", {{"RFC3261:25.1#a42", 7, 9}}},
    {"sip:a@[v1.x]", "user=a host=[v1.x]", {{"RFC3261:25.1#a42", 7, 4}}},
    {"sip:a@[fe80::1%25eth0]", "user=a host=[fe80::1%25eth0]", {{"RFC3261:25.1#a41", 14, 7}}},
    {"sip:a@[1:2:3:4:5:6:7:88888]",
     "user=a host=[1:2:3:4:5:6:7:88888]",
     {{"RFC3261:25.1#a42", 21, 5}}},
    {"sip:a@[::g]", "user=a host=[::g]", {{"RFC3261:25.1#a42", 9, 1}}},
    {"sip:a@[::192.0.2.256]", "user=a host=[::192.0.2.256]", {{"RFC3261:25.1#a39", 9, 11}}},
    {"sip:a@[::]", "user=a host=[::]", {{0}}},
    /* ports */
    {"sip:a@h.example:", "user=a host=h.example port=", {{"RFC3261:25.1#a34", 16, 0}}},
    {"sip:a@h.example:5o60", "user=a host=h.example port=5o60", {{"RFC3261:25.1#a43", 17, 1}}},
    {"sip:a@h.example:-1", "user=a host=h.example port=-1", {{"RFC3261:25.1#a43", 16, 1}}},
    {"sip:a@h.example:65536", "user=a host=h.example port=65536", {{"RFC3261:25.1#a43", 16, 5}}},
    {"sip:a@h.example:99999999999999999999999",
     "user=a host=h.example port=99999999999999999999999",
     {{"RFC3261:25.1#a43", 16, 23}}},
    {"sip:a@h.example:65535", "user=a host=h.example port=65535", {{0}}},
    {"sip:a@h.example:0", "user=a host=h.example port=0", {{0}}},
    {"sip:a@h.example:50%36", "user=a host=h.example port=50%36", {{"RFC3261:25.1#a43", 18, 1}}},
    /* parameters of sip */
    {"sip:a@h.example;", "user=a host=h.example ;", {{"RFC3261:25.1#a44", 16, 0}}},
    {"sip:a@h.example;;lr", "user=a host=h.example ; ;lr", {{"RFC3261:25.1#a44", 16, 0}}},
    {"sip:a@h.example;lr", "user=a host=h.example ;lr", {{0}}},
    {"sip:a@h.example;lr=on", "user=a host=h.example ;lr=on", {{0}}},
    {"sip:a@h.example;=x", "user=a host=h.example ;=x", {{"RFC3261:25.1#a51", 16, 2}}},
    {"sip:a@h.example;x=", "user=a host=h.example ;x=", {{"RFC3261:25.1#a51", 16, 2}}},
    {"sip:a@h.example;x=y", "user=a host=h.example ;x=y", {{0}}},
    {"sip:a@h.example;x=y=z", "user=a host=h.example ;x=y=z", {{"RFC3261:25.1#a52", 19, 1}}},
    {"sip:a@h.example;x,y=z", "user=a host=h.example ;x,y=z", {{"RFC3261:25.1#a52", 17, 1}}},
    {"sip:a@h.example;x={", "user=a host=h.example ;x={", {{"RFC3261:25.1#a52", 18, 1}}},
    {"sip:a@h.example;x[]/:&+$=-_.!~*'()%3b[]/:&+$",
     "user=a host=h.example ;x[]/:&+$=-_.!~*'()%3b[]/:&+$",
     {{0}}},
    {"sip:a@h.example;x=1;y;X=2",
     "user=a host=h.example ;x=1 ;y ;X=2",
     {{"RFC3261:19.1.1#7", 22, 1}}},
    {"sip:a@h.example;x=1;%78=1",
     "user=a host=h.example ;x=1 ;%78=1",
     {{"RFC3261:19.1.1#7", 20, 3}}},
    {"sip:a@h.example;x=1;xx=1", "user=a host=h.example ;x=1 ;xx=1", {{0}}},
    {"sip:a@h.example;transport",
     "user=a host=h.example ;transport",
     {{"RFC3261:25.1#a45", 16, 9}}},
    {"sip:a@h.example;transport=a/b",
     "user=a host=h.example ;transport=a/b",
     {{"RFC3261:25.1#a45", 27, 1}}},
    {"sip:a@h.example;transport=",
     "user=a host=h.example ;transport=",
     {{"RFC3261:25.1#a51", 16, 10}}},
    {"sip:a@h.example;transport=my-own", "user=a host=h.example ;transport=my-own", {{0}}},
    {"sip:a@h.example;transport=ws", "user=a host=h.example ;transport=ws", {{0}}},
    {"sip:h.example;transport=a`", "host=h.example ;transport=a`", {{0}}},
    {"sip:h.example;transport=a|", "host=h.example ;transport=a|", {{"RFC3261:25.1#a52", 25, 1}}},
    {"sip:h.example;transport=a%4",
     "host=h.example ;transport=a%4",
     {{"RFC3261:19.1.2#a1", 25, 1}}},
    {"sip:h.example;transport=a%42", "host=h.example ;transport=a%42", {{0}}},
    {"sip:h.example;x=a`", "host=h.example ;x=a`", {{"RFC3261:25.1#a52", 17, 1}}},
    {"sip:h.example;a`=b", "host=h.example ;a`=b", {{"RFC3261:25.1#a52", 15, 1}}},
    {"sip:h.example;user=a%b", "host=h.example ;user=a%b", {{"RFC3261:19.1.2#a1", 20, 1}}},
    {"sip:h.example;user=`", "host=h.example ;user=`", {{0}}},
    {"sip:h.example;method=A`B", "host=h.example ;method=A`B", {{0}}},
    {"sip:a@h.example;user", "user=a host=h.example ;user", {{"RFC3261:25.1#a46", 16, 4}}},
    {"sip:a@h.example;user=a:b", "user=a host=h.example ;user=a:b", {{"RFC3261:25.1#a46", 22, 1}}},
    {"sip:a@h.example;user=dialstring", "user=a host=h.example ;user=dialstring", {{0}}},
    {"sip:a@h.example;method=", "user=a host=h.example ;method=", {{"RFC3261:25.1#a51", 16, 7}}},
    {"sip:a@h.example;method", "user=a host=h.example ;method", {{"RFC3261:25.1#a47", 16, 6}}},
    {"sip:a@h.example;method=(x)",
     "user=a host=h.example ;method=(x)",
     {{"RFC3261:25.1#a47", 23, 1}}},
    {"sip:a@h.example;method=SUBSCRIBE", "user=a host=h.example ;method=SUBSCRIBE", {{0}}},
    {"sip:a@h.example;maddr=224.0.0.1;ttl=256",
     "user=a host=h.example ;maddr=224.0.0.1 ;ttl=256",
     {{"RFC3261:25.1#a48", 32, 7}}},
    {"sip:a@h.example;maddr=224.0.0.1;ttl=0001",
     "user=a host=h.example ;maddr=224.0.0.1 ;ttl=0001",
     {{"RFC3261:25.1#a48", 32, 8}}},
    {"sip:a@h.example;maddr=224.0.0.1;ttl=x",
     "user=a host=h.example ;maddr=224.0.0.1 ;ttl=x",
     {{"RFC3261:25.1#a48", 32, 5}}},
    {"sip:a@h.example;maddr=224.0.0.1;ttl",
     "user=a host=h.example ;maddr=224.0.0.1 ;ttl",
     {{"RFC3261:25.1#a48", 32, 3}}},
    {"sip:a@h.example;maddr=239.255.255.255;ttl=255",
     "user=a host=h.example ;maddr=239.255.255.255 ;ttl=255",
     {{0}}},
    {"sip:a@h.example;maddr=[ff02::1];ttl=000;transport=UDP",
     "user=a host=h.example ;maddr=[ff02::1] ;ttl=000 ;transport=UDP",
     {{0}}},
    {"sip:a@h.example;ttl=1", "user=a host=h.example ;ttl=1", {{"RFC3261:19.1.1#9", 16, 5}}},
    {"sip:a@h.example;maddr=192.0.2.1;ttl=1",
     "user=a host=h.example ;maddr=192.0.2.1 ;ttl=1",
     {{"RFC3261:19.1.1#9", 32, 5}}},
    {"sip:a@h.example;maddr=[2001:db8::1];ttl=1",
     "user=a host=h.example ;maddr=[2001:db8::1] ;ttl=1",
     {{"RFC3261:19.1.1#9", 36, 5}}},
    {"sip:a@h.example;maddr=240.0.0.1;ttl=1",
     "user=a host=h.example ;maddr=240.0.0.1 ;ttl=1",
     {{"RFC3261:19.1.1#9", 32, 5}}},
    {"sip:a@h.example;maddr=group.example;ttl=1",
     "user=a host=h.example ;maddr=group.example ;ttl=1",
     {{0}}},
    {"sip:a@h.example;maddr=224.0.0.1;ttl=1;transport=tcp",
     "user=a host=h.example ;maddr=224.0.0.1 ;ttl=1 ;transport=tcp",
     {{"RFC3261:19.1.1#9", 32, 5}}},
    {"sips:a@h.example;maddr=224.0.0.1;ttl=1",
     "user=a host=h.example ;maddr=224.0.0.1 ;ttl=1",
     {{"RFC3261:19.1.1#9", 33, 5}}},
    {"sip:a@h.example;maddr", "user=a host=h.example ;maddr", {{"RFC3261:25.1#a49", 16, 5}}},
    {"sip:a@h.example;maddr=a_b.example",
     "user=a host=h.example ;maddr=a_b.example",
     {{"RFC3261:25.1#a49", 23, 1}}},
    {"sip:a@h.example;maddr=2001:db8::1",
     "user=a host=h.example ;maddr=2001:db8::1",
     {{"RFC3261:25.1#a49", 26, 1}}},
    {"sip:a@h.example;maddr=[2001:db8::1]", "user=a host=h.example ;maddr=[2001:db8::1]", {{0}}},
    {"sips:a@h.example;transport=UDP",
     "user=a host=h.example ;transport=UDP",
     {{"RFC3261:19.1.1#8", 27, 3}}},
    {"sips:a@h.example;transport=tcp", "user=a host=h.example ;transport=tcp", {{0}}},
    {"sips:a@h.example;transport=sctp", "user=a host=h.example ;transport=sctp", {{0}}},
    /* headers of sip */
    {"sip:a@h.example?", "user=a host=h.example &", {{"RFC3261:25.1#a53", 16, 0}}},
    {"sip:a@h.example?a=b&", "user=a host=h.example &a=b &", {{"RFC3261:25.1#a53", 20, 0}}},
    {"sip:a@h.example?a=b&&c=d",
     "user=a host=h.example &a=b & &c=d",
     {{"RFC3261:25.1#a53", 20, 0}}},
    {"sip:a@h.example?a", "user=a host=h.example &a", {{"RFC3261:25.1#a54", 16, 1}}},
    {"sip:a@h.example?a=", "user=a host=h.example &a=", {{0}}},
    {"sip:a@h.example?=b", "user=a host=h.example &=b", {{"RFC3261:25.1#a55", 16, 2}}},
    {"sip:a@h.example?a=b;c", "user=a host=h.example &a=b;c", {{"RFC3261:19.1.2#4", 19, 1}}},
    {"sip:a@h.example?a=b=c", "user=a host=h.example &a=b=c", {{"RFC3261:19.1.2#4", 19, 1}}},
    {"sip:h.example?a=b%40c%3D%3B%2C%26", "host=h.example &a=b%40c%3D%3B%2C%26", {{0}}},
    {"sip:a@h.example?to=b@c", "user=a host=h.example &to=b@c", {{"RFC3261:19.1.2#4", 20, 1}}},
    {"sip:a@h.example?a=b,c", "user=a host=h.example &a=b,c", {{"RFC3261:19.1.2#4", 19, 1}}},
    {"sip:a@h.example?a=|", "user=a host=h.example &a=|", {{"RFC3261:25.1#a56", 18, 1}}},
    {"sip:a@h.example?a[]/?:+$=-_.!~*'()[]/?:+$",
     "user=a host=h.example &a[]/?:+$=-_.!~*'()[]/?:+$",
     {{0}}},
    {"sip:h.example?body=v%3D0", "host=h.example &body=v%3D0", {{0}}},
    /* RFC 3966 section 6 and others of tel */
    {"tel:+1-201-555-0123", "path=+1-201-555-0123", {{0}}},
    {"tel:7042;phone-context=example.com", "path=7042 ;phone-context=example.com", {{0}}},
    {"tel:863-1234;phone-context=+1-914-555", "path=863-1234 ;phone-context=+1-914-555", {{0}}},
    {"tel:911;phone-context=+1", "path=911 ;phone-context=+1", {{0}}},
    {"TEL:+1", "path=+1", {{"RFC3986:3.1#a3", 0, 1}}},
    {"tel:*-#06#aBcD;phone-context=x.example", "path=*-#06#aBcD ;phone-context=x.example", {{0}}},
    {"tel:%2B1;phone-context=a", "path=%2B1 ;phone-context=a", {{"RFC3966:3#1", 4, 3}}},
    {"tel:+1%3Bext", "path=+1%3Bext", {{"RFC3966:3#1", 6, 3}, {"RFC3966:5.1.3#a1", 9, 1}}},
    {"tel:+1 201", "path=+1 201", {{"RFC3966:5.1.1#2", 6, 1}}},
    {"tel:+1%20201", "path=+1%20201", {{"RFC3966:5.1.1#2", 6, 3}}},
    {"tel:+1-800-FLOWERS", "path=+1-800-FLOWERS", {{"RFC3966:5.1.3#a1", 11, 1}}},
    {"tel:+1*2", "path=+1*2", {{"RFC3966:5.1.3#a1", 6, 1}}},
    {"tel:+12#", "path=+12#", {{"RFC3966:5.1.3#a1", 7, 1}}},
    {"tel:1-800-FLOWERS;phone-context=+1",
     "path=1-800-FLOWERS ;phone-context=+1",
     {{"RFC3966:5.1.2#a1", 11, 1}}},
    {"tel:+1+2", "path=+1+2", {{"RFC3966:3#a2", 6, 1}}},
    {"tel:+1/2", "path=+1/2", {{"RFC3966:3#a2", 6, 1}}},
    {"tel:1/2;phone-context=+1", "path=1/2 ;phone-context=+1", {{"RFC3966:3#a3", 5, 1}}},
    {"tel:1%2323;phone-context=+1", "path=1%2323 ;phone-context=+1", {{"RFC3966:3#a3", 5, 3}}},
    {"tel:+", "path=+", {{"RFC3966:3#a2", 4, 1}}},
    {"tel:+-.()", "path=+-.()", {{"RFC3966:3#a2", 4, 5}}},
    {"tel:+-.()1", "path=+-.()1", {{0}}},
    {"tel:;phone-context=+1", "path= ;phone-context=+1", {{"RFC3966:3#a3", 4, 0}}},
    {"tel:-;phone-context=+1", "path=- ;phone-context=+1", {{"RFC3966:3#a3", 4, 1}}},
    {"tel:911", "path=911", {{"RFC3966:5.1#2", 4, 3}}},
    {"tel:+1\xc2\xa0"
     "2",
     "path=+1\xc2\xa0"
     "2",
     {{"RFC3986:2#a1", 6, 1}}},
    {"tel:+1;a=<", "path=+1 ;a=<", {{"RFC3986:2#a1", 9, 1}}},
    {"tel:+1;a= ", "path=+1 ;a= ", {{"RFC3986:2#a1", 9, 1}}},
    {"tel:+1;a=%4", "path=+1 ;a=%4", {{"RFC3986:2.1#a1", 9, 1}}},
    {"tel:+1;a=%c3%89", "path=+1 ;a=%c3%89", {{"RFC3986:2.1#a3", 9, 3}}},
    {"tel:+1;a=%C3%89", "path=+1 ;a=%C3%89", {{0}}},
    {"tel:+%31", "path=+%31", {{"RFC3986:2.3#a3", 5, 3}}},
    {"tel:+1;", "path=+1 ;", {{"RFC3966:3#a5", 7, 0}}},
    {"tel:+1;=a", "path=+1 ;=a", {{"RFC3966:3#a5", 7, 2}}},
    {"tel:+1;a_b=c", "path=+1 ;a_b=c", {{"RFC3966:3#a5", 8, 1}}},
    {"tel:+1;a=", "path=+1 ;a=", {{"RFC3966:3#a5", 7, 2}}},
    {"tel:+1;a-b9", "path=+1 ;a-b9", {{0}}},
    {"tel:+1;a=b=c", "path=+1 ;a=b=c", {{"RFC3966:3#2", 10, 1}}},
    {"tel:+1;a=b?c", "path=+1 ;a=b?c", {{"RFC3966:3#2", 10, 1}}},
    {"tel:+1;a=b%3Dc%3F+[]/:&$-_.!~*'()", "path=+1 ;a=b%3Dc%3F+[]/:&$-_.!~*'()", {{0}}},
    {"tel:+1;a=b,c", "path=+1 ;a=b,c", {{"RFC3966:3#a6", 10, 1}}},
    {"tel:+1;a=b@c", "path=+1 ;a=b@c", {{"RFC3966:3#a6", 10, 1}}},
    {"tel:+1;a=#", "path=+1 ;a=#", {{"RFC3966:3#a6", 9, 1}}},
    {"tel:+1;ext=", "path=+1 ;ext=", {{"RFC3966:3#a7", 7, 4}}},
    {"tel:+1;ext=12a", "path=+1 ;ext=12a", {{"RFC3966:3#a7", 7, 7}}},
    {"tel:+1;ext=1-2.(3)", "path=+1 ;ext=1-2.(3)", {{0}}},
    {"tel:+1;isub", "path=+1 ;isub", {{"RFC3966:3#a8", 7, 4}}},
    {"tel:+1;isub=[", "path=+1 ;isub=[", {{"RFC3966:3#a8", 12, 1}}},
    {"tel:+1;isub=1411%2F/?:@&=+$,", "path=+1 ;isub=1411%2F/?:@&=+$,", {{0}}},
    {"tel:1;phone-context=", "path=1 ;phone-context=", {{"RFC3966:3#a9", 6, 14}}},
    {"tel:1;phone-context=+1a", "path=1 ;phone-context=+1a", {{"RFC3966:3#a9", 22, 1}}},
    {"tel:1;phone-context=+-", "path=1 ;phone-context=+-", {{"RFC3966:3#a9", 6, 16}}},
    {"tel:1;phone-context=a..b", "path=1 ;phone-context=a..b", {{"RFC3966:3#a10", 22, 0}}},
    {"tel:1;phone-context=a.1", "path=1 ;phone-context=a.1", {{"RFC3966:3#a10", 22, 1}}},
    {"tel:1;phone-context=a.b1.", "path=1 ;phone-context=a.b1.", {{0}}},
    {"tel:+1;a=1;a=2", "path=+1 ;a=1 ;a=2", {{"RFC3966:3#3", 11, 1}}},
    {"tel:+1;ext=1;ext=2", "path=+1 ;ext=1 ;ext=2", {{"RFC3966:3#3", 13, 3}}},
    {"tel:+1;b=1;a=2", "path=+1 ;b=1 ;a=2", {{"RFC3966:3#4", 11, 1}}},
    {"tel:+1;B=1;a=2", "path=+1 ;B=1 ;a=2", {{"RFC3966:4#1", 7, 1}}},
    {"tel:+1;a=1;B=2", "path=+1 ;a=1 ;B=2", {{"RFC3966:4#1", 11, 1}}},
    {"tel:+1;B=1;a=2;C=3",
     "path=+1 ;B=1 ;a=2 ;C=3",
     {{"RFC3966:3#4", 15, 1}, {"RFC3966:4#1", 7, 1}, {"RFC3966:4#1", 15, 1}}},
    {"tel:+1;a=1;a-b=2", "path=+1 ;a=1 ;a-b=2", {{0}}},
    {"tel:+1;a-b=2;a=1", "path=+1 ;a-b=2 ;a=1", {{0}}},
    {"tel:+1;a=1;a0=2", "path=+1 ;a=1 ;a0=2", {{0}}},
    {"tel:+1;a0=2;a=1", "path=+1 ;a0=2 ;a=1", {{0}}},
    {"tel:+1;ab=2;a=1", "path=+1 ;ab=2 ;a=1", {{"RFC3966:3#4", 12, 1}}},
    {"tel:1;c;b;phone-context=+1;a", "path=1 ;c ;b ;phone-context=+1 ;a", {{"RFC3966:3#4", 8, 1}}},
    {"tel:1;a=1;phone-context=+1", "path=1 ;a=1 ;phone-context=+1", {{"RFC3966:3#4", 10, 13}}},
    {"tel:1;phone-context=+1;ext=2", "path=1 ;phone-context=+1 ;ext=2", {{"RFC3966:3#4", 23, 3}}},
    {"tel:1;ext=2;phone-context=+1;a;b;c-1", "path=1 ;ext=2 ;phone-context=+1 ;a ;b ;c-1", {{0}}},
    {"tel:+1;isub=1;ext=2", "path=+1 ;isub=1 ;ext=2", {{"RFC3966:5.3#a1", 14, 3}}},
    {"tel:+1;ext=2;isub=1", "path=+1 ;ext=2 ;isub=1", {{"RFC3966:5.3#a1", 13, 4}}},
    {"tel:+1;Tgrp=x", "path=+1 ;Tgrp=x", {{"RFC3966:4#1", 7, 1}}},
    {"tel:+1;tgrp=X", "path=+1 ;tgrp=X", {{"RFC3966:4#1", 12, 1}}},
    /* RFC 3986 section 1.1.2, and others of any scheme */
    {"ftp://ftp.is.co.za/rfc/rfc1808.txt", "host=ftp.is.co.za path=/rfc/rfc1808.txt", {{0}}},
    {"http://www.ietf.org/rfc/rfc2396.txt", "host=www.ietf.org path=/rfc/rfc2396.txt", {{0}}},
    {"ldap://[2001:db8::7]/c=GB?objectClass?one",
     "host=[2001:db8::7] path=/c=GB query=objectClass?one",
     {{0}}},
    {"mailto:John.Doe@example.com", "path=John.Doe@example.com", {{0}}},
    {"news:comp.infosystems.www.servers.unix", "path=comp.infosystems.www.servers.unix", {{0}}},
    {"telnet://192.0.2.16:80/", "host=192.0.2.16 port=80 path=/", {{0}}},
    {"urn:oasis:names:specification:docbook:dtd:xml:4.1.2",
     "path=oasis:names:specification:docbook:dtd:xml:4.1.2",
     {{0}}},
    {"foo://example.com:8042/over/there?name=ferret#nose",
     "host=example.com port=8042 path=/over/there query=name=ferret frag=nose",
     {{0}}},
    {"*", "", {{"RFC3986:3.1#a1", 0, 1}}},
    {"", "", {{"RFC3986:3.1#a1", 0, 0}}},
    {"1a:b", "", {{"RFC3986:3.1#a1", 0, 4}}},
    {"a1+-.:b", "path=b", {{0}}},
    {"HTTP://h.example/", "host=h.example path=/", {{"RFC3986:3.1#a3", 0, 1}}},
    {"http://h.example/a b", "host=h.example path=/a b", {{"RFC3986:2#a1", 18, 1}}},
    {"http://h.example/{a}", "host=h.example path=/{a}", {{"RFC3986:2#a1", 17, 1}}},
    {"http://h.example/%7Ba%7D", "host=h.example path=/%7Ba%7D", {{0}}},
    {"http://h.example/\xe4", "host=h.example path=/\xe4", {{"RFC3986:2#a1", 17, 1}}},
    {"http://h.example/%4", "host=h.example path=/%4", {{"RFC3986:2.1#a1", 17, 1}}},
    {"http://h.example/?%", "host=h.example path=/ query=%", {{"RFC3986:2.1#a1", 18, 1}}},
    {"http://h.example/%e2", "host=h.example path=/%e2", {{"RFC3986:2.1#a3", 17, 3}}},
    {"http://h.example/%7E", "host=h.example path=/%7E", {{"RFC3986:2.3#a3", 17, 3}}},
    {"ftp://a[b@h.example/", "user=a[b host=h.example path=/", {{"RFC3986:3.2.1#a1", 7, 1}}},
    {"ftp://a:@h.example/", "user=a: host=h.example path=/", {{0}}},
    {"ftp://-._~!$&'()*+,;=%40@h.example/", "user=-._~!$&'()*+,;=%40 host=h.example path=/", {{0}}},
    {"ftp://a:b@h.example/", "user=a:b host=h.example path=/", {{"RFC3986:7.5#a1", 8, 1}}},
    {"ftp://a@b@h.example/", "user=a host=b@h.example path=/", {{"RFC3986:3.2.1#a2", 9, 1}}},
    {"http:///x", "host= path=/x", {{"RFC3986:3.2.2#a11", 7, 0}}},
    {"http:x", "path=x", {{"RFC3986:3.2.2#a11", 5, 0}}},
    {"file:///x", "host= path=/x", {{0}}},
    {"xmpp:juliet@example.com", "path=juliet@example.com", {{0}}},
    {"xmpp://guest@example.com/support@example.com?message",
     "user=guest host=example.com path=/support@example.com query=message",
     {{0}}},
    {"rtmp://localhost:1936/test", "host=localhost port=1936 path=/test", {{0}}},
    {"ftp://a]b/", "host=a]b path=/", {{"RFC3986:3.2.2#a11", 7, 1}}},
    {"foo://a_b~!$&'()*+,;=%C3%A9/", "host=a_b~!$&'()*+,;=%C3%A9 path=/", {{0}}},
    {"http://2001:db8::1/", "host=2001 port=db8::1 path=/", {{"RFC3986:3.2.2#a5", 7, 4}}},
    {"http://[2001:db8::1/", "host=[2001:db8::1 path=/", {{"RFC3986:3.2.2#a5", 7, 12}}},
    {"http://[::1]x/", "host=[::1]x path=/", {{"RFC3986:3.2.2#a5", 12, 1}}},
    {"http://[::1g]/", "host=[::1g] path=/", {{"RFC3986:3.2.2#a6", 10, 2}}},
    {"http://[1::2::3]/", "host=[1::2::3] path=/", {{"RFC3986:3.2.2#a6", 8, 7}}},
    {"http://[1:2]/", "host=[1:2] path=/", {{"RFC3986:3.2.2#a6", 8, 3}}},
    {"http://[1:2:3:4:5:6:7::]/", "host=[1:2:3:4:5:6:7::] path=/", {{0}}},
    {"http://[fe80::1%25e]/", "host=[fe80::1%25e] path=/", {{"RFC3986:3.2.2#a7", 15, 4}}},
    {"foo://[v.x]/", "host=[v.x] path=/", {{"RFC3986:3.2.2#a8", 7, 3}}},
    {"foo://[v1.]/", "host=[v1.] path=/", {{"RFC3986:3.2.2#a8", 7, 3}}},
    {"foo://[v1f.a:b]/", "host=[v1f.a:b] path=/", {{0}}},
    {"foo://[::ffff:192.0.2.300]/",
     "host=[::ffff:192.0.2.300] path=/",
     {{"RFC3986:3.2.2#a10", 14, 11}}},
    {"foo://[::ffff:192.0.2.30]/", "host=[::ffff:192.0.2.30] path=/", {{0}}},
    {"http://a_b.example/", "host=a_b.example path=/", {{"RFC3986:3.2.2#a14", 8, 1}}},
    {"http://192.0.2.300/", "host=192.0.2.300 path=/", {{"RFC3986:3.2.2#a14", 7, 11}}},
    {"http://a..example/", "host=a..example path=/", {{"RFC3986:3.2.2#a14", 9, 0}}},
    {"http://"
     "abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg."
     "abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg."
     "abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg/",
     "host=abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg."
     "abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg."
     "abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg path=/",
     {{0}}},
    {"http://"
     "abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg."
     "abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg."
     "abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.a/",
     "host=abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg."
     "abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg."
     "abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.abcdefg.a path=/",
     {{"RFC3986:3.2.2#a14", 7, 257}}},
    {"http://H.example/", "host=H.example path=/", {{"RFC3986:3.2.2#a4", 7, 1}}},
    {"foo://[2001:DB8::1]/", "host=[2001:DB8::1] path=/", {{"RFC3986:3.2.2#a4", 12, 1}}},
    {"foo://a%FF/", "host=a%FF path=/", {{"RFC3986:3.2.2#a15", 6, 4}}},
    {"http://h.example:8o/", "host=h.example port=8o path=/", {{"RFC3986:3.2.3#a1", 18, 1}}},
    {"http://h.example:65536/", "host=h.example port=65536 path=/", {{"RFC3986:3.2.3#a1", 17, 5}}},
    {"foo://h.example:65536/", "host=h.example port=65536 path=/", {{0}}},
    {"foo://h.example:6553x/", "host=h.example port=6553x path=/", {{"RFC3986:3.2.3#a1", 20, 1}}},
    {"wss://h.example:65536/", "host=h.example port=65536 path=/", {{"RFC3986:3.2.3#a1", 16, 5}}},
    {"http://h.example:65535/", "host=h.example port=65535 path=/", {{0}}},
    {"http://h.example:/", "host=h.example port= path=/", {{"RFC3986:3.2#a3", 17, 0}}},
    {"https://h.example:443/", "host=h.example port=443 path=/", {{"RFC3986:3.2.3#a2", 18, 3}}},
    {"https://h.example:80/", "host=h.example port=80 path=/", {{0}}},
    {"http://h.example/[x]", "host=h.example path=/[x]", {{"RFC3986:3.3#a2", 17, 1}}},
    {"http://h.example/-._~!$&'()*+,;=:@/%2F//",
     "host=h.example path=/-._~!$&'()*+,;=:@/%2F//",
     {{0}}},
    {"http://h.example/?[x]", "host=h.example path=/ query=[x]", {{"RFC3986:3.4#a2", 18, 1}}},
    {"http://h.example?-._~!$&'()*+,;=:@/?",
     "host=h.example path= query=-._~!$&'()*+,;=:@/?",
     {{0}}},
    {"http://h.example/#a#b", "host=h.example path=/ frag=a#b", {{"RFC3986:3.5#a2", 19, 1}}},
    {"http://h.example/#a/?b", "host=h.example path=/ frag=a/?b", {{0}}},
    {"ws://h.example/chat#x", "host=h.example path=/chat frag=x", {{"RFC6455:3#2", 20, 1}}},
    {"ws://h.example/chat%23x", "host=h.example path=/chat%23x", {{0}}},
    {"wss://me@h.example/", "user=me host=h.example path=/", {{"RFC6455:3#a1", 6, 2}}},
    {"wss://h.example/chat?a=b", "host=h.example path=/chat query=a=b", {{0}}},
    /* what has been said of all of the text is not said of a part again, and more edges */
    {"http://ab:c:z/", "host=ab port=c:z path=/", {{"RFC3986:3.2.3#a1", 10, 1}}},
    {"sip:ab@ab:1:z", "user=ab host=ab port=1:z", {{"RFC3261:25.1#a43", 11, 1}}},
    {"http://a b/", "host=a b path=/", {{"RFC3986:2#a1", 8, 1}}},
    {"sip:a@h b", "user=a host=h b", {{"RFC3261:19.1.2#2", 7, 1}}},
    {"sip:a@h.example:5060 ", "user=a host=h.example port=5060 ", {{"RFC3261:19.1.2#2", 20, 1}}},
    {"http://h.example:8 0/", "host=h.example port=8 0 path=/", {{"RFC3986:2#a1", 18, 1}}},
    {"http://a%e9b%/", "host=a%e9b% path=/", {{"RFC3986:2.1#a1", 12, 1}, {"RFC3986:2.1#a3", 8, 3}}},
    {"tel:+1;ext= 1", "path=+1 ;ext= 1", {{"RFC3986:2#a1", 11, 1}}},
    {"tel:1;phone-context=a b", "path=1 ;phone-context=a b", {{"RFC3986:2#a1", 21, 1}}},
    {"tel:1;phone-context=+1 2", "path=1 ;phone-context=+1 2", {{"RFC3986:2#a1", 22, 1}}},
    {"tel:+1;a b=c", "path=+1 ;a b=c", {{"RFC3986:2#a1", 8, 1}}},
    {"tel:+1;isub=a b", "path=+1 ;isub=a b", {{"RFC3986:2#a1", 13, 1}}},
    {"sip:a@h.example;maddr=a b",
     "user=a host=h.example ;maddr=a b",
     {{"RFC3261:19.1.2#2", 23, 1}}},
    {"foo://a b%FF/", "host=a b%FF path=/", {{"RFC3986:2#a1", 7, 1}}},
    {"sip:a@h%6.example", "user=a host=h%6.example", {{"RFC3261:19.1.2#a2", 7, 1}}},
    {"http://-a.example/", "host=-a.example path=/", {{"RFC3986:3.2.2#a14", 7, 2}}},
    {"http://a.1x/", "host=a.1x path=/", {{"RFC3986:3.2.2#a14", 9, 2}}},
    {"http://h:8%4/", "host=h port=8%4 path=/", {{"RFC3986:3.2.3#a1", 10, 1}}},
    {"sip:a@h:50%3", "user=a host=h port=50%3", {{"RFC3261:25.1#a43", 10, 1}}},
    {"sip:ab@ab:5060", "user=ab host=ab port=5060", {{0}}},
    {"sip:a@[1:2:3:4:5:6:7:]", "user=a host=[1:2:3:4:5:6:7:]", {{"RFC3261:25.1#a41", 7, 14}}},
    {"sip:a@[::1::]", "user=a host=[::1::]", {{"RFC3261:25.1#a41", 7, 5}}},
    {"sip:a@[:1:2:3:4:5:6:7]", "user=a host=[:1:2:3:4:5:6:7]", {{"RFC3261:25.1#a41", 7, 14}}},
    {"foo://[v1.x]/", "host=[v1.x] path=/", {{0}}},
    {"tel: 1;phone-context=+1", "path= 1 ;phone-context=+1", {{"RFC3966:5.1.1#2", 4, 1}}},
    {"tel:+1 ", "path=+1 ", {{"RFC3966:5.1.1#2", 6, 1}}},
    {"http://h.example/%a9", "host=h.example path=/%a9", {{"RFC3986:2.1#a3", 17, 3}}},
    {"http://h.example/%Ca", "host=h.example path=/%Ca", {{"RFC3986:2.1#a3", 17, 3}}},
    {"abc", "", {{"RFC3986:3.1#a1", 0, 3}}},
    {"tel:+1;;a", "path=+1 ; ;a", {{"RFC3966:3#a5", 7, 0}}},
    {"foo://[v1.%41]/", "host=[v1.%41] path=/", {{"RFC3986:3.2.2#a8", 7, 6}}},
};

static struct uri uri_in(struct span s, void *room)
{
    struct arena mem = arena_of(room, ROOM);
    struct uri u;
    uri_parse(s, &mem, &u);
    return u;
}

/* ---- parts ---- */

static void say(struct wr *w, const char *name, struct span s)
{
    if (!s.p)
        return;
    if (w->n)
        wr_u8(w, ' ');
    wr_text(w, name);
    wr_put(w, s);
}
static void parts(struct wr *w, const struct uri *u)
{
    say(w, "user=", u->user);
    say(w, "pass=", u->password);
    say(w, "host=", u->host);
    say(w, "port=", u->port);
    say(w, "path=", u->path);
    say(w, "query=", u->query);
    say(w, "frag=", u->fragment);
    for (size_t i = 0; i < u->params_n; i++)
        say(w, ";", u->params[i].text);
    for (size_t i = 0; i < u->headers_n; i++)
        say(w, "&", u->headers[i].text);
}

static void splits(void)
{
    static uint8_t room[ROOM], text[1024];

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct span in = test_guard(span_of(rows[i].text));
        struct uri u = uri_in(in, room);
        struct wr w = {text, sizeof text, 0, false};
        struct arena mem = arena_of(room, ROOM);
        CU_ASSERT_EQUAL(uri_parse(in, &mem, &u), u.scheme.p != NULL);
        parts(&w, &u);
        CHECK_TEXT(wr_span(&w), rows[i].parts);
        test_guard_free(in);
    }
}

/* What is parsed is written again octet for octet, in any arena that has room. */
static void writes(void)
{
    static uint8_t room[ROOM], nodes[ROOM], out[1024];

    for (size_t i = 0; i < COUNT(rows); i++)
        for (size_t cap = 0;; cap += 16) {
            struct arena mem = arena_of(room, cap);
            struct span in = span_of(rows[i].text);
            struct uri u;
            uri_parse(in, &mem, &u);
            if (mem.full)
                continue;
            struct arena dm = arena_of(nodes, sizeof nodes);
            struct draft dr;
            struct wr w = {out, sizeof out, 0, false};
            draft_of(&dr, &uri_desc, &u, &dm);
            uri_put(&w, &dr.root);
            CHECK_TEXT(wr_span(&w), rows[i].text);
            break;
        }
}

/* What an edited draft says is written. */
static void edits(void)
{
    static const struct {
        const char *text, *path, *value, *out;
    } table[] = {
        {"sip:a@h", "host", "h2", "sip:a@h2"},
        {"sip:a@h", "port", "5070", "sip:a@h:5070"},
        {"sip:a@h;lr", "params/lr", "raw:78", "sip:a@h;x"},
        {"sip:a@h;lr", "params", "raw:3b", "sip:a@h;"},
        {"sip:a@h;x=1?y=2", "headers/0/value", "3", "sip:a@h;x=1?y=3"},
        {"tel:+1;ext=2", "number", "+2", "tel:+2;ext=2"},
        {"http://h/", "query", "q", "http://h/?q"},
        {"sip:a@h", "scheme", "tel", "tel:a@h"},
        {"*", "text", "x", "x"},
    };
    static uint8_t room[ROOM], nodes[ROOM], out[256];

    for (size_t i = 0; i < COUNT(table); i++) {
        struct uri u = uri_in(span_of(table[i].text), room);
        struct arena mem = arena_of(nodes, sizeof nodes);
        struct wr w = {out, sizeof out, 0, false};
        struct draft dr;
        draft_of(&dr, &uri_desc, &u, &mem);
        CU_ASSERT_EQUAL(draft_edit(&dr, DRAFT_SET, table[i].path, table[i].value), 1);
        uri_put(&w, &dr.root);
        CHECK_TEXT(wr_span(&w), table[i].out);
    }
}

/* ---- findings ---- */

static void finds(void)
{
    static uint8_t room[ROOM];
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *row = &rows[i];
        struct span in = test_guard(span_of(row->text));
        struct uri u = uri_in(in, room);
        struct finding v[SOME + 1];
        struct findings fs = {.v = v, .cap = COUNT(v)};
        size_t want = 0;
        uri_lint(&u, &fs, 1000);
        while (want < SOME && row->found[want].clause)
            want++;
        if (fs.n != want)
            printf("%s: %zu findings\n", row->text, fs.n);
        CU_ASSERT_EQUAL(fs.n, want);
        for (size_t k = 0; k < findings_kept(&fs); k++) {
            const struct broken *b = &row->found[k < want ? k : 0];
            const struct clause *c = clause_named(v[k].clause);
            if (k >= want || strcmp(v[k].clause, b->clause) != 0 || v[k].off != b->off + 1000 ||
                v[k].len != b->len) {
                printf("%s: %s at %u+%u\n", row->text, v[k].clause, (unsigned)v[k].off - 1000,
                       (unsigned)v[k].len);
                CU_FAIL("another finding");
            }
            CU_ASSERT_TRUE(c && c->level == v[k].level);
        }
        test_guard_free(in);
    }
}

/* Each row of the table of rules is broken by one URI at least. */
static void covers(void)
{
    static uint8_t room[ROOM];
    struct finding seen[256];
    size_t n = 0;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct uri u = uri_in(span_of(rows[i].text), room);
        struct finding v[SOME];
        struct findings fs = {.v = v, .cap = COUNT(v)};
        uri_lint(&u, &fs, 0);
        for (size_t k = 0; k < findings_kept(&fs); k++) {
            size_t known = 0;
            while (known < n && (strcmp(seen[known].what, v[k].what) != 0 ||
                                 strcmp(seen[known].clause, v[k].clause) != 0))
                known++;
            if (known == n && n < COUNT(seen))
                seen[n++] = v[k];
        }
    }
    CU_ASSERT_EQUAL(n, uri_rules_n + 1); /* and that there is no scheme */
}

/* A name is looked for among so many parameters before, and no more. */
static void looks_back(void)
{
    static uint8_t room[ROOM], text[1024];

    for (unsigned between = URI_LOOK_BACK - 2; between <= URI_LOOK_BACK; between++) {
        struct wr w = {text, sizeof text, 0, false};
        struct findings fs = {0};
        wr_text(&w, "sip:h.example;x");
        for (unsigned i = 0; i < between; i++) {
            wr_text(&w, ";p");
            wr_dec(&w, i);
        }
        wr_text(&w, ";x");
        struct uri u = uri_in(wr_span(&w), room);
        uri_lint(&u, &fs, 0);
        CU_ASSERT_EQUAL(fs.n, between < URI_LOOK_BACK);
    }
}

TESTS({"splits", splits}, {"writes", writes}, {"edits", edits}, {"finds", finds},
      {"covers", covers}, {"looks_back", looks_back})
