/* codecs/sdp/sdp_lint_line.c - rules about lines other than a=. */
#include "codecs/sdp/sdp_rules.h"

/* ---- names and addresses ---- */

static void domain(const struct sdp_judge *j, struct span s)
{
    size_t label = 0;
    bool high = false, bad = s.n > 255;

    for (size_t i = 0; i < s.n; i++) {
        high |= s.p[i] >= 0x80;
        if (s.p[i] != '.') {
            bad |= ++label > 63;
            continue;
        }
        bad |= label == 0;
        label = 0;
    }
    if (high)
        sdp_broke(j, SDP_R_DOMAIN_UTF8, s);
    if (bad)
        sdp_broke(j, SDP_R_DOMAIN_LABELS, s);
    else if (s.n < 4)
        sdp_broke(j, SDP_R_DOMAIN_SHORT, s);
}

/* An IPv6 address in the one form that RFC 5952 section 4 has for it; one with dots is of its section 5. */
static bool canonical(struct span s)
{
    uint8_t text[64];
    struct wr w = {text, sizeof text, 0, false};
    struct addr a;

    if (addr_parse(s, &a))
        addr_text(&w, &a);
    return lex_find(s, 0, '.') < s.n || span_eq(span_cut(wr_span(&w), 1, s.n + 1), s);
}

static void origin(const struct sdp_judge *j, const struct sdp_origin *o)
{
    if (!o->address.p || !o->address.n || lex_find(o->address, 0, ' ') < o->address.n ||
        !o->username.n) {
        sdp_broke(j, SDP_R_ORIGIN_PARTS, o->text);
        return;
    }
    if (!sdp_is_visible(o->username))
        sdp_broke(j, SDP_R_ORIGIN_USERNAME, o->username);
    if (!sdp_is_digits(o->id))
        sdp_broke(j, SDP_R_ORIGIN_ID, o->id);
    if (!sdp_is_digits(o->version))
        sdp_broke(j, SDP_R_ORIGIN_VERSION, o->version);
    if (!sdp_is_token(o->nettype) || !sdp_is_token(o->addrtype))
        sdp_broke(j, SDP_R_ORIGIN_TOKEN, sdp_is_token(o->nettype) ? o->addrtype : o->nettype);
    else if (!span_is(o->nettype, "IN"))
        return;
    enum sdp_host host = sdp_host_of(o->address);
    if (span_is(o->addrtype, "IP4")) {
        if (host != SDP_HOST_IP4 && host != SDP_HOST_NAME)
            sdp_broke(j, SDP_R_ORIGIN_IP4, o->address);
    } else if (span_is(o->addrtype, "IP6")) {
        if (host != SDP_HOST_NAME && !(host == SDP_HOST_IP6 && canonical(o->address)))
            sdp_broke(j, SDP_R_ORIGIN_IP6, o->address);
    } else if (sdp_is_token(o->addrtype)) {
        sdp_broke(j, SDP_R_ORIGIN_TYPE, o->addrtype);
    }
    if (host == SDP_HOST_NAME)
        domain(j, o->address);
}

/* What stands behind the address of c=, with its first slash. */
static struct span slashes(const struct sdp_connection *c)
{
    size_t at = (size_t)(c->address.p - c->text.p) + c->address.n;
    return span_cut(c->text, at, c->text.n);
}

static void count(const struct sdp_judge *j, struct span s)
{
    if (!sdp_is_positive(s))
        sdp_broke(j, SDP_R_CONNECTION_COUNT, s);
    else if (!j->media)
        sdp_broke(j, SDP_R_CONNECTION_SESSION, s);
}

static void connection_ip4(const struct sdp_judge *j, const struct sdp_connection *c,
                           enum sdp_host host)
{
    struct span tail = slashes(c), ttl = span_cut(tail, 1, lex_find(tail, 1, '/'));
    size_t second = ttl.n + 1;
    struct addr a = {0};
    uint64_t v;

    if (host == SDP_HOST_IP4)
        addr_parse(c->address, &a);
    if ((host != SDP_HOST_IP4 && host != SDP_HOST_NAME) || a.ip[0] >= 240) {
        sdp_broke(j, SDP_R_CONNECTION_IP4, c->address);
        return;
    }
    bool multicast = a.ip[0] >= 224;
    if (multicast && !tail.n)
        sdp_broke(j, SDP_R_CONNECTION_NO_TTL, c->address);
    if (host == SDP_HOST_IP4 && !multicast && tail.n)
        sdp_broke(j, SDP_R_CONNECTION_UNICAST, tail);
    if (!multicast || !tail.n)
        return;
    if (!sdp_is_plain(ttl))
        sdp_broke(j, SDP_R_CONNECTION_TTL_ZERO, ttl);
    else if (ttl.n > 3 || !lex_number(ttl, &v) || v > 255)
        sdp_broke(j, SDP_R_CONNECTION_TTL, ttl);
    if (second < tail.n)
        count(j, span_cut(tail, second + 1, tail.n));
}

static void connection_ip6(const struct sdp_judge *j, const struct sdp_connection *c,
                           enum sdp_host host)
{
    struct span tail = slashes(c);
    struct addr a = {0};

    if (host != SDP_HOST_IP6 && host != SDP_HOST_NAME) {
        sdp_broke(j, SDP_R_CONNECTION_IP6, c->address);
        return;
    }
    if (host != SDP_HOST_IP6 || !tail.n || !addr_parse(c->address, &a))
        return;
    if (a.ip[0] != 0xff)
        sdp_broke(j, SDP_R_CONNECTION_UNICAST, tail);
    else if (lex_find(tail, 1, '/') < tail.n)
        sdp_broke(j, SDP_R_CONNECTION_IP6_TTL, tail);
    else
        count(j, span_cut(tail, 1, tail.n));
}

static void connection(const struct sdp_judge *j, const struct sdp_connection *c)
{
    size_t at = c->address.p ? (size_t)(c->address.p - c->text.p) : c->text.n;

    /* other address types may have slashes anywhere, so that the address is all that is left */
    if (at == c->text.n || lex_find(c->text, at, ' ') < c->text.n) {
        sdp_broke(j, SDP_R_CONNECTION_PARTS, c->text);
        return;
    }
    if (!sdp_is_token(c->nettype) || !sdp_is_token(c->addrtype)) {
        sdp_broke(j, SDP_R_CONNECTION_TOKEN, sdp_is_token(c->nettype) ? c->addrtype : c->nettype);
        return;
    }
    if (!span_is(c->nettype, "IN"))
        return;
    enum sdp_host host = sdp_host_of(c->address);
    if (span_is(c->addrtype, "IP4"))
        connection_ip4(j, c, host);
    else if (span_is(c->addrtype, "IP6"))
        connection_ip6(j, c, host);
    else
        sdp_broke(j, SDP_R_CONNECTION_TYPE, c->addrtype);
    if (host == SDP_HOST_NAME)
        domain(j, c->address);
}

static bool is_unicast(const struct sdp_connection *c)
{
    enum sdp_host host = sdp_host_of(c->address);

    return span_is(c->nettype, "IN") && (host == SDP_HOST_IP4 || host == SDP_HOST_IP6) &&
           !sdp_is_multicast(c);
}

/* The c= lines of a media description. */
static void connections(const struct sdp_judge *j, const struct sdp_media *m)
{
    for (size_t i = 0; i < m->connections_n; i++)
        connection(j, &m->connections[i]);
    for (size_t i = 0; i < m->connections_n && m->connections_n > 1; i++)
        if (is_unicast(&m->connections[i])) {
            sdp_broke(j, SDP_R_CONNECTION_SEVERAL, m->connections[i].text);
            return;
        }
}

/* ---- b=, k= ---- */

static void bandwidth(const struct sdp_judge *j, const struct sdp_bandwidth *b)
{
    struct span value = span_cut(b->text, b->type.n + 1, b->text.n);
    bool x = b->type.n > 2 && lex_like(span_cut(b->type, 0, 2), "X-"), odd = false;

    if (!sdp_is_digits(value) || !b->type.n) {
        sdp_broke(j, SDP_R_BANDWIDTH_FORM, b->text);
        return;
    }
    for (size_t i = 0; i < b->type.n; i++) /* what stands behind X- may have hyphens, too */
        odd |= !lex_is(b->type.p[i], LEX_ALPHA | LEX_DIGIT) && !(x && b->type.p[i] == '-');
    if (!sdp_is_token(b->type))
        sdp_broke(j, SDP_R_BANDWIDTH_TYPE, b->type);
    else if (odd)
        sdp_broke(j, SDP_R_BANDWIDTH_CHARS, b->type);
    else if (x)
        sdp_broke(j, SDP_R_BANDWIDTH_X, b->type);
}

static bool base64(struct span s)
{
    size_t end = s.n;

    while (end > 0 && s.n - end < 2 && s.p[end - 1] == '=')
        end--;
    for (size_t i = 0; i < end; i++)
        if (!lex_is(s.p[i], LEX_ALPHA | LEX_DIGIT) && s.p[i] != '+' && s.p[i] != '/')
            return false;
    return s.n % 4 == 0;
}

static void key(const struct sdp_judge *j, const struct sdp_key *k)
{
    bool prompt = span_is(k->method, "prompt"), b64 = span_is(k->method, "base64");

    sdp_broke(j, SDP_R_KEY, k->text);
    if (prompt
            ? k->value.p != NULL
            : !k->value.p || (!b64 && !span_is(k->method, "clear") && !span_is(k->method, "uri")))
        sdp_broke(j, SDP_R_KEY_FORM, k->text);
    else if (b64 && !base64(k->value))
        sdp_broke(j, SDP_R_KEY_BASE64, k->value);
}

/* ---- t=, r=, z= ---- */

static bool long_time(struct span s)
{
    return sdp_is_positive(s) && s.n >= 10;
}
static bool typed_time(struct span s)
{
    if (s.n > 1 &&
        (s.p[s.n - 1] == 'd' || s.p[s.n - 1] == 'h' || s.p[s.n - 1] == 'm' || s.p[s.n - 1] == 's'))
        s.n--;
    return sdp_is_digits(s);
}

static void repeat(const struct sdp_judge *j, const struct sdp_repeat *r)
{
    if (!r->duration.n || !r->offsets_n) {
        sdp_broke(j, SDP_R_REPEAT_FORM, r->text);
        return;
    }
    if (!typed_time(r->interval) || r->interval.p[0] == '0')
        sdp_broke(j, SDP_R_REPEAT_INTERVAL, r->interval);
    if (!typed_time(r->duration))
        sdp_broke(j, SDP_R_REPEAT_TIME, r->duration);
    for (size_t i = 0; i < r->offsets_n; i++)
        if (!typed_time(r->offsets[i])) {
            sdp_broke(j, SDP_R_REPEAT_TIME, r->offsets[i]);
            break;
        }
}

static void zone(const struct sdp_judge *j, const struct sdp_time *t)
{
    const struct sdp_zone *z = t->zone;

    if (!t->repeats_n)
        sdp_broke(j, SDP_R_ZONE_ALONE, z->text);
    for (size_t i = 0; i < z->adjustments_n; i++) {
        const struct sdp_adjustment *a = &z->adjustments[i];
        bool minus = a->offset.n && a->offset.p[0] == '-';
        if (!a->offset.p) {
            sdp_broke(j, SDP_R_ZONE_PAIRS, z->text);
        } else if (!long_time(a->time)) {
            sdp_broke(j, SDP_R_ZONE_TIME, a->time);
        } else if (!typed_time(span_cut(a->offset, minus, a->offset.n))) {
            sdp_broke(j, SDP_R_ZONE_OFFSET, a->offset);
        }
    }
}

static void times(const struct sdp_judge *j, const struct sdp_time *t)
{
    size_t space = lex_find(t->text, 0, ' ');
    struct span start = span_cut(t->text, 0, space), stop = span_cut(t->text, space + 1, t->text.n);

    if ((!span_is(start, "0") && !long_time(start)) || (!span_is(stop, "0") && !long_time(stop)))
        sdp_broke(j, SDP_R_TIME_FORM, t->text);
    for (size_t i = 0; i < t->repeats_n; i++)
        repeat(j, &t->repeats[i]);
    if (t->zone)
        zone(j, t);
}

/* ---- sections ---- */

static void info(const struct sdp_judge *j, struct span s)
{
    if (s.p && !s.n)
        sdp_broke(j, SDP_R_INFO_EMPTY, s);
    else if (s.p && !span_utf8(s) && !j->facts->first[SDP_CHARSET])
        sdp_broke(j, SDP_R_INFO_UTF8, s);
}

static void name(const struct sdp_judge *j, struct span s)
{
    if (!s.p)
        sdp_broke(j, SDP_R_NO_NAME, s);
    else if (!s.n)
        sdp_broke(j, SDP_R_NAME_EMPTY, s);
    else if (!span_utf8(s) && !j->facts->first[SDP_CHARSET])
        sdp_broke(j, SDP_R_NAME_UTF8, s);
}

void sdp_lint_session(const struct sdp_judge *j)
{
    const struct sdp_msg *m = j->m;

    if (m->version.p && !sdp_is_digits(m->version))
        sdp_broke(j, SDP_R_VERSION_DIGITS, m->version);
    else if (m->version.p && !span_is(m->version, "0"))
        sdp_broke(j, SDP_R_VERSION_ZERO, m->version);
    if (m->origin)
        origin(j, m->origin);
    else
        sdp_broke(j, SDP_R_NO_ORIGIN, (struct span){NULL, 0});
    name(j, m->name);
    info(j, m->section.info);
    if (m->uri.p && !sdp_is_reference(m->uri))
        sdp_broke(j, SDP_R_URI_FORM, m->uri);
    for (size_t i = 0; i < m->emails_n; i++)
        sdp_lint_email(j, &m->emails[i]);
    for (size_t i = 0; i < m->phones_n; i++)
        sdp_lint_phone(j, &m->phones[i]);
    if (m->connection)
        connection(j, m->connection);
    for (size_t i = 0; i < m->section.bandwidths_n; i++)
        bandwidth(j, &m->section.bandwidths[i]);
    if (!m->times_n)
        sdp_broke(j, SDP_R_NO_TIME, (struct span){NULL, 0});
    for (size_t i = 0; i < m->times_n; i++)
        times(j, &m->times[i]);
    if (m->section.key)
        key(j, m->section.key);
}

static bool proto_form(struct span s)
{
    for (size_t at = 0;; at++) {
        size_t end = lex_find(s, at, '/');
        if (!sdp_is_token(span_cut(s, at, end)))
            return false;
        if (end == s.n)
            return true;
        at = end;
    }
}

static void port(const struct sdp_judge *j, const struct sdp_media *m)
{
    size_t space = lex_find(m->line, 0, ' ');
    struct span all = span_cut(m->line, space + 1, lex_find(m->line, space + 1, ' '));
    size_t slash = lex_find(all, 0, '/');
    struct span first = span_cut(all, 0, slash);

    if (!sdp_is_digits(first))
        sdp_broke(j, SDP_R_MEDIA_PORT, first);
    else if (m->port > UINT16_MAX)
        sdp_broke(j, SDP_R_MEDIA_PORT_RANGE, first);
    if (slash < all.n && !sdp_is_positive(span_cut(all, slash + 1, all.n)))
        sdp_broke(j, SDP_R_MEDIA_PORTS, span_cut(all, slash + 1, all.n));
}

static void formats(const struct sdp_judge *j, const struct sdp_media *m)
{
    bool rtp = lex_holds(m->proto, "RTP/");

    for (size_t i = 0; i < m->formats_n; i++) {
        struct span f = m->formats[i];
        uint32_t v = sdp_u32(f);
        if (!sdp_is_token(f))
            sdp_broke(j, SDP_R_MEDIA_TOKEN, f);
        else if (rtp && (!sdp_is_digits(f) || v > 127))
            sdp_broke(j, SDP_R_MEDIA_PAYLOAD, f);
        else if (rtp && v >= 72 && v <= 76)
            sdp_broke(j, SDP_R_MEDIA_RESERVED, f);
        else
            continue;
        break; /* one finding a line */
    }
}

static void media_line(const struct sdp_judge *j, const struct sdp_media *m)
{
    static const char *const top[] = {"audio", "video", "text", "application", "message"};
    bool udp = span_is(m->proto, "udp");

    if (!m->media.n || !m->proto.n || !m->formats_n || !m->formats[m->formats_n - 1].n) {
        sdp_broke(j, SDP_R_MEDIA_PARTS, m->line);
        return;
    }
    if (!sdp_is_token(m->media))
        sdp_broke(j, SDP_R_MEDIA_TOKEN, m->media);
    if (span_is(m->media, "control") || span_is(m->media, "data"))
        sdp_broke(j, SDP_R_MEDIA_CONTROL, m->media);
    for (size_t i = 0; udp && i < COUNT(top); i++)
        udp = !span_is(m->media, top[i]);
    if (udp)
        sdp_broke(j, SDP_R_MEDIA_UDP, m->media);
    if (!proto_form(m->proto))
        sdp_broke(j, SDP_R_MEDIA_PROTO, m->proto);
    port(j, m);
    formats(j, m);
}

void sdp_lint_media(const struct sdp_judge *j)
{
    const struct sdp_media *m = j->media;

    media_line(j, m);
    info(j, m->section.info);
    connections(j, m);
    if (!m->connections_n && !j->m->connection)
        sdp_broke(j, SDP_R_CONNECTION_NONE, m->line);
    for (size_t i = 0; i < m->section.bandwidths_n; i++)
        bandwidth(j, &m->section.bandwidths[i]);
    if (m->section.key)
        key(j, m->section.key);
}
