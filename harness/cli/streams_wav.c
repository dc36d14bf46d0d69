/* harness/cli/streams_wav.c - the sound of streams of G.711, as WAV files. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include "codecs/rtp/g711.h"
#include "harness/cli/streams.h"

enum { HEADER = 44, RATE = 8000, SAMPLES_MAX = 1 << 30 };

struct wav {
    struct addr src, dst;
    uint32_t ssrc,
        first;    /* timestamp of the first sample of this file, shifted where pauses were cut */
    uint32_t end; /* samples in the file */
    FILE *to;
};
struct wavs {
    char folder[1024], why[256];
    struct rtp_known known;
    struct wav v[STREAMS_WAVS];
    size_t n, written;
    uint64_t left_out, cut;
};

struct wavs *wavs_new(const char *folder, const char *known)
{
    struct wavs *ws = calloc(1, sizeof *ws);
    struct wr none = {0};

    if (!ws)
        return NULL;
    snprintf(ws->folder, sizeof ws->folder, "%s", folder);
    rtp_known_read(known, &ws->known, &none);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        snprintf(ws->why, sizeof ws->why, "the folder %.160s cannot be made: %s", folder,
                 strerrordesc_np(errno));
    return ws;
}

static void put_le(uint8_t *p, uint32_t v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

/* RIFF, a "fmt " chunk of 16 octets, and a "data" chunk. */
static void header(uint8_t h[HEADER], uint32_t samples)
{
    static const char riff[] = "RIFF....WAVEfmt ................data....";

    memcpy(h, riff, sizeof riff - 1);
    put_le(h + 4, HEADER - 8 + 2 * samples, 4);
    put_le(h + 16, 16, 4);
    put_le(h + 20, 1, 2); /* linear PCM */
    put_le(h + 22, 1, 2); /* one channel */
    put_le(h + 24, RATE, 4);
    put_le(h + 28, 2 * RATE, 4); /* octets a second */
    put_le(h + 32, 2, 2);        /* octets of a sample in all channels */
    put_le(h + 34, 16, 2);
    memcpy(h + 36, riff + 32, 4);
    put_le(h + 40, 2 * samples, 4);
}

static bool failed(struct wavs *ws, const char *what)
{
    if (!*ws->why)
        snprintf(ws->why, sizeof ws->why, "%.180s cannot be written: %s", what,
                 strerrordesc_np(errno ? errno : EIO));
    return false;
}

static struct wav *begin(struct wavs *ws, const struct engine_message *m,
                         const struct rtp_packet *p)
{
    char path[1200];
    uint8_t h[HEADER];
    struct wav *x = &ws->v[ws->n];

    snprintf(path, sizeof path, "%s/%03zu-%08x.wav", ws->folder, ws->written + ws->n + 1, p->ssrc);
    *x = (struct wav){.src = m->src, .dst = m->dst, .ssrc = p->ssrc, .first = p->timestamp};
    x->to = fopen(path, "wbe");
    header(h, 0);
    if (!x->to || fwrite(h, 1, sizeof h, x->to) != sizeof h) {
        failed(ws, path);
        if (x->to)
            fclose(x->to);
        return NULL;
    }
    ws->n++;
    return x;
}

static struct wav *find(struct wavs *ws, const struct engine_message *m, const struct rtp_packet *p)
{
    for (size_t i = ws->n; i-- > 0;)
        if (ws->v[i].ssrc == p->ssrc && addr_eq(&ws->v[i].src, &m->src) &&
            addr_eq(&ws->v[i].dst, &m->dst))
            return &ws->v[i];
    if (ws->n < STREAMS_WAVS)
        return begin(ws, m, p);
    ws->left_out++; /* packets of it */
    return NULL;
}

static bool silence(struct wav *x, uint32_t samples)
{
    static const uint8_t none[4096];

    for (size_t left = 2 * (size_t)samples; left;) {
        size_t n = left < sizeof none ? left : sizeof none;
        if (fwrite(none, 1, n, x->to) != n)
            return false;
        left -= n;
    }
    return true;
}

/* Where in the file the samples of a packet go. Pauses that are too long are cut: the file's own clock is
 * moved. False: before the start of the file, or past the end of all that it may hold. */
static bool place(struct wav *x, const struct rtp_packet *p, uint32_t *at)
{
    int32_t off = (int32_t)(p->timestamp - x->first);

    if (off < 0 && (uint32_t)-off > RATE * STREAMS_SILENCE_S) { /* another clock */
        x->first = p->timestamp - x->end;
        off = (int32_t)x->end;
    }
    if (off < 0)
        return false;
    if ((uint32_t)off > x->end + RATE * STREAMS_SILENCE_S) {
        x->first += (uint32_t)off - x->end - RATE * STREAMS_SILENCE_S;
        off = (int32_t)(x->end + RATE * STREAMS_SILENCE_S);
    }
    *at = (uint32_t)off;
    return p->payload.n < SAMPLES_MAX && *at < SAMPLES_MAX - p->payload.n;
}

static bool put(struct wav *x, const struct rtp_packet *p, bool ulaw, uint32_t at)
{
    uint8_t two[2];

    if (at > x->end &&
        (fseek(x->to, HEADER + 2L * x->end, SEEK_SET) != 0 || !silence(x, at - x->end)))
        return false;
    if (at < x->end && fseek(x->to, HEADER + 2L * at, SEEK_SET) != 0)
        return false;
    for (size_t i = 0; i < p->payload.n; i++) {
        uint8_t code = p->payload.p[i];
        put_le(two, (uint16_t)(ulaw ? g711_ulaw_decode(code) : g711_alaw_decode(code)), 2);
        if (fwrite(two, 1, 2, x->to) != 2)
            return false;
    }
    uint32_t end = at + (uint32_t)p->payload.n;
    if (at < x->end && fseek(x->to, 0, SEEK_END) != 0)
        return false;
    x->end = end > x->end ? end : x->end;
    return true;
}

bool wavs_take(struct wavs *ws, const struct engine_message *m)
{
    const struct rtp_packet *p = m->view;
    uint32_t at;

    if (*ws->why)
        return false;
    if (m->codec != &rtp_codec)
        return true;
    const struct rtp_type *t = &ws->known.types[p->payload_type];
    bool ulaw = strcmp(t->encoding, "PCMU") == 0, alaw = strcmp(t->encoding, "PCMA") == 0;
    if ((!ulaw && !alaw) || t->clock_rate != RATE || p->payload.n == 0)
        return true;
    if (m->missing) {
        ws->cut++;
        return true;
    }
    struct wav *x = find(ws, m, p);
    if (!x)
        return !*ws->why;
    errno = 0;
    if (place(x, p, &at) && !put(x, p, ulaw, at))
        return failed(ws, ws->folder);
    return true;
}

size_t wavs_end(struct wavs *ws)
{
    uint8_t h[HEADER];
    size_t n = ws->n;

    for (size_t i = 0; i < n; i++) {
        struct wav *x = &ws->v[i];
        header(h, x->end);
        errno = 0;
        bool good = fseek(x->to, 0, SEEK_SET) == 0 && fwrite(h, 1, sizeof h, x->to) == sizeof h;
        if (fclose(x->to) != 0 || !good)
            failed(ws, ws->folder);
    }
    ws->written += n;
    ws->n = 0;
    return n;
}

const char *wavs_error(const struct wavs *ws)
{
    return *ws->why ? ws->why : NULL;
}

uint64_t wavs_cut(const struct wavs *ws)
{
    return ws->cut;
}

uint64_t wavs_left_out(const struct wavs *ws)
{
    return ws->left_out;
}

void wavs_free(struct wavs *ws)
{
    if (ws)
        wavs_end(ws);
    free(ws);
}
