/* bench/sip_mix.c - the SIP messages that are measured: texts with places for what differs. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "bench/sip_mix.h"

struct writer { /* over room that is known to suffice; it stops at the end all the same */
    char *p;
    size_t cap, n;
    uint64_t chance;
    bool same;   /* every choice is the first one, every token the longest: messages of one shape */
    size_t body; /* octets of the body, for %L */
};

/* A text has places: %a.bt a token of a to b letters and digits, %a.bu a number from a to below b, %a.bx as many hexadecimal
 * digits; %L the length of the body; any other letter one of the texts of that letter. */
static const struct choice {
    char letter;
    const char *of[5]; /* the last ones may be NULL */
} choices[] = {
    {'H', {"example.com", "sip.example.net", "192.0.2.17", "pbx7.example.org", "[2001:db8::9:1]"}},
    {'N', {"Alice ", "\"Bob B. Example\" ", "\"Reception, \\\"first\\\"\" ", "", "Carol "}},
    {'A', {"Softphone/3.2.1", "Example PBX 18.4 (build 20260712)", "gw-9.1", "SBC/7.0.3 r2211"}},
    {'T', {"UDP", "TCP", "TLS", "UDP"}},
    {'R', {";rport", "", ";rport"}}, /* a value is for the next hop to write (RFC 3581 section 4) */
    {'S', {"", ";received=192.0.2.%10.250u", ";rport=%10000.60000u;received=192.0.2.%10.250u"}},
    {'U', {"", "", ":%5060.5070u;transport=tcp"}},
    {'V', {"Via: SIP/2.0/%T %H:%5060.5090u;branch=z9hG4bK%9.20t%R\r\n"}},
    {'O', {"Record-Route: <sip:%H:%5060.5090u;lr;ftag=%6.10t>\r\n"}},
    {'P', {"%N<sip:%3.12t@%H>"}},
    {'W', {"Via: SIP/2.0/%T %H:%5060.5090u;branch=z9hG4bK%9.20t%S\r\n"}},
    {'D', {"%W%W%W%W%W%W%W%W%W%W%W%W"}}, /* a dozen */
    {'I', {"Call-ID: %16.32t@%H\r\n"}},
    {'C', {"Contact: <sip:%3.12t@%H:%5060.5090u>\r\n"}},
};

static uint64_t draw(struct writer *w, uint64_t least, uint64_t below)
{
    w->chance ^= w->chance << 13;
    w->chance ^= w->chance >> 7;
    w->chance ^= w->chance << 17;
    return below > least ? least + (w->chance >> 11) % (below - least) : least;
}

static void put(struct writer *w, const char *p, size_t n)
{
    if (n < w->cap - w->n) {
        memcpy(w->p + w->n, p, n);
        w->n += n;
        w->p[w->n] = '\0';
    }
}

static void put_token(struct writer *w, uint64_t least, uint64_t most, unsigned letters)
{
    static const char octets[] = "0123456789abcdefghijklmnopqrstuvwxyz";

    for (uint64_t n = w->same ? most : draw(w, least, most + 1); n > 0; n--)
        put(w, &octets[draw(w, 0, letters)], 1);
}

static void put_number(struct writer *w, uint64_t v)
{
    char digits[24];
    put(w, digits, (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)v));
}

/* Choices hold choices, three deep: as far as the table goes. */
static void write_text(struct writer *w, const char *text);
static void put_choice(struct writer *w, char letter)
{
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        const struct choice *c = &choices[i];
        size_t n = 0;
        if (c->letter != letter)
            continue;
        while (n < 5 && c->of[n])
            n++;
        const char *text = c->of[w->same ? 0 : draw(w, 0, n)];
        if (text)
            write_text(w, text);
    }
}

static uint64_t digits(const char **s)
{
    uint64_t v = 0;
    for (; **s >= '0' && **s <= '9'; ++*s)
        v = v * 10 + (uint64_t)(**s - '0');
    return v;
}

static void write_text(struct writer *w, const char *text)
{
    for (;; text++) {
        size_t n = strcspn(text, "%");
        put(w, text, n);
        text += n;
        if (*text++ == '\0')
            break;
        uint64_t least = digits(&text), most = least;
        if (*text == '.') {
            text++;
            most = digits(&text);
        }
        if (*text == '%')
            put(w, text, 1);
        else if (*text == 't')
            put_token(w, least, most, 36);
        else if (*text == 'x')
            put_token(w, least, most, 16);
        else if (*text == 'u')
            put_number(w, w->same ? least : draw(w, least, most));
        else if (*text == 'L')
            put_number(w, w->body);
        else
            put_choice(w, *text);
    }
}

static const char
    sdp[] = "v=0\r\no=- %100000.999999u%1000.9999u %1000.9999u IN IP4 192.0.2.%10.99u\r\ns=-\r\n"
            "c=IN IP4 192.0.2.%10.99u\r\nt=0 0\r\nm=audio %10000.60000u RTP/AVP 0 8 101\r\n"
            "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
            "a=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n",
    folded_sdp[] = "v=0\r\no=mhandley %10000.99999u %10000.99999u IN IP4 192.0.2.3\r\ns=-\r\n"
                   "c=IN IP4 192.0.2.4\r\nt=0 0\r\nm=audio %10000.60000u RTP/AVP 0 12\r\n"
                   "m=video 3227 RTP/AVP 31\r\na=rtpmap:31 LPC\r\n",
    dialog[] =
        "<?xml version=\"1.0\"?>\r\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" "
        "version=\"%1.999u\" state=\"full\" entity=\"sip:%3.12t@example.com\">\r\n"
        "<dialog id=\"%8.12t\">\r\n<state>confirmed</state>\r\n</dialog>\r\n</dialog-info>\r\n";

/* What requests begin with: outside a dialog, and within one. */
#define OUTSIDE(method, target)                                                                    \
    method " sip:" target "%H%U SIP/2.0\r\n%VMax-Forwards: %60.71u\r\nFrom: %P;tag=%8.14t\r\n"     \
           "To: %P\r\n%ICSeq: %1.40000u " method "\r\n"
#define WITHIN(method)                                                                             \
    method " sip:%3.12t@%H%U SIP/2.0\r\n%VMax-Forwards: %60.71u\r\nFrom: %P;tag=%8.14t\r\n"        \
           "To: %P;tag=%8.14t\r\n%ICSeq: %1.40000u " method "\r\n"

static const struct kind {
    const char *head, *body;
    unsigned of_200; /* how many of 200 messages */
} kinds[] = {
    {OUTSIDE(
         "INVITE",
         "%3.12t@") "Contact: <sip:%3.12t@%H:%5060.5090u;transport=udp>\r\n"
                    "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, PRACK, INFO\r\n"
                    "Supported: 100rel, timer, replaces\r\n"
                    "Session-Expires: %900.1800u;refresher=uac\r\nMin-SE: 90\r\nUser-Agent: %A\r\n"
                    "Content-Type: application/sdp\r\nContent-Length: %L\r\n\r\n",
     sdp, 49},
    {OUTSIDE("REGISTER",
             "") "Contact: <sip:%3.12t@%H:%5060.5090u;ob>;+sip.instance=\"<urn:uuid:%8.8x-8d1e-"
                 "47aa-9b1c-%12.12x>\";reg-id=1;expires=%60.3600u\r\n"
                 "Authorization: Digest username=\"%4.12t\", realm=\"%H\", nonce=\"%40.56t\", "
                 "uri=\"sip:%H\", response=\"%32.32x\", algorithm=MD5, cnonce=\"%16.24t\", "
                 "qop=auth, nc=%8.8x\r\n"
                 "Expires: %60.3600u\r\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS, MESSAGE\r\n"
                 "Supported: path, outbound, gruu\r\nUser-Agent: %A\r\n"
                 "Content-Length: 0\r\n\r\n",
     "", 36},
    {"SIP/2.0 200 OK\r\n%D%O%O%O%O%O%OFrom: %P;tag=%8.14t\r\nTo: %P;tag=%8.14t\r\n%I"
     "CSeq: %1.40000u INVITE\r\n%CAllow: INVITE, ACK, BYE, CANCEL, OPTIONS\r\nServer: %A\r\n"
     "Content-Type: application/sdp\r\nContent-Length: %L\r\n\r\n",
     sdp, 13},
    /* folded and compact in the manner of RFC 4475 section 3.1.1.1, lawful all of it */
    {"INVITE sip:vivekg@%H;unknownparam;x=%%%2.2x%3.9t SIP/2.0\r\n"
     "TO :\r\n sip:%3.9t@%H ;   tag    = %6.9tn\r\n"
     "from   : \"J Rosenberg \\\\\\\"\"       <sip:jdr%%6F%2.6t@%H>\r\n  ;\r\n  tag = %6.9t\r\n"
     "MaX-fOrWaRdS: 00%60.70u\r\nCall-ID: %12.20t@%H\r\nContent-Length   : %L\r\n"
     "cseq: 000%1.999u\r\n  INVITE\r\n"
     "Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw%2.6t\r\ns :\r\n"
     "NewFangledHeader:   newfangled value\r\n continued newfangled value\r\n"
     "UnknownHeaderWithUnusualValue: ;;,,;;,;\r\nContent-Type: application/sdp\r\n"
     "Route:\r\n <sip:%H;lr;unknownwith=value;unknown-no-value>\r\n"
     "v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n  branch  =   z9hG4bK%6.12t  ,\r\n"
     " SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK%6.12t\r\n"
     "m:\"Quoted string \\\"\\\"\" <sip:%3.9t@%H> ; newparam =\r\n      newvalue ;\r\n"
     "  secondparam ; q = 0.33\r\n\r\n",
     folded_sdp, 13},
    {OUTSIDE("OPTIONS",
             "%3.12t@") "Accept: application/sdp\r\nUser-Agent: %A\r\nContent-Length: 0\r\n\r\n",
     "", 19},
    {WITHIN("BYE") "Route: <sip:%H;lr>\r\nReason: Q.850;cause=16;text=\"Normal call clearing\"\r\n"
                   "User-Agent: %A\r\nContent-Length: 0\r\n\r\n",
     "", 24},
    {WITHIN("ACK") "Route: <sip:%H;lr>, <sip:%H:%5060.5090u;lr>\r\nContent-Length: 0\r\n\r\n", "",
     24},
    {WITHIN(
         "NOTIFY") "%CEvent: dialog;id=%1.99u\r\nSubscription-State: active;expires=%60.3600u\r\n"
                   "Content-Type: application/dialog-info+xml\r\nContent-Length: %L\r\n\r\n",
     dialog, 22},
};

static void write_message(struct writer *w, const char *head, const char *body)
{
    char written[1024];
    struct writer b = {written, sizeof written, 0, w->chance, w->same, 0};

    write_text(&b, body);
    w->chance = b.chance;
    w->body = b.n;
    write_text(w, head);
    put(w, written, b.n);
}

size_t sip_mix_init(struct sip_mix *m)
{
    struct writer w = {m->octets, sizeof m->octets, 0, 0x9e3779b97f4a7c15u, false, 0};
    uint8_t order[SIP_MIX];
    size_t n = 0;

    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        for (unsigned i = 0; i < kinds[k].of_200 * (SIP_MIX / 200); i++)
            order[n++] = (uint8_t)k;
    for (size_t i = n - 1; i > 0; i--) {
        size_t j = (size_t)draw(&w, 0, i + 1);
        uint8_t kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
    for (size_t i = 0; i < n; i++) {
        size_t from = w.n;
        write_message(&w, kinds[order[i]].head, kinds[order[i]].body);
        m->msg[i] = (struct sip_mix_text){m->octets + from, w.n - from};
        w.n++; /* the NUL */
    }
    return w.n - n;
}

/* ---- messages of one shape ---- */

static void write_same(struct sip_same *m, const char *start, const char *head, const char *body,
                       size_t size)
{
    for (size_t i = 0; i < SIP_SAME; i++) {
        struct writer w = {m->octets[i], SIP_SAME_ROOM, 0, 0x9e3779b97f4a7c15u + i, true, 0};
        write_text(&w, start);
        write_message(&w, head, body);
        if (size) {
            put_token(&w, 0, size - 4 - w.n, 36);
            put(&w, "\r\n\r\n", 4);
        }
        m->msg[i] = (struct sip_mix_text){m->octets[i], w.n};
    }
}

static const char
    fields[] = /* SIP_SCAN_FIELDS of them; the last one is made as long as it has to be */
    "%VMax-Forwards: 70\r\nFrom: %P;tag=%8.14t\r\nTo: %P\r\n%ICSeq: %1000.9999u INVITE\r\n%C"
    "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, PRACK, INFO\r\n"
    "Supported: 100rel, timer, replaces\r\nUser-Agent: %A\r\nContent-Length: 0\r\nSubject: ";

void sip_same_sip(struct sip_same *m)
{
    write_same(m, "INVITE sip:%12.12t@example.com SIP/2.0\r\n", fields, "", SIP_SCAN_SIZE);
}

void sip_same_http(struct sip_same *m)
{
    write_same(m, "GET /users/%12.12t/example.com HTTP/1.1\r\n", fields, "", SIP_SCAN_SIZE);
}

void sip_same_invite(struct sip_same *m)
{
    write_same(m, "", kinds[0].head, kinds[0].body, 0);
}
