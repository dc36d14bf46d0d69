/* harness/replay/caprare.c - libpcap over a capsource, through a stream of our own (fopencookie). */
#include <stdio.h>
#include <stdlib.h>
#include "harness/core/libpcap_impl.h"
#include "harness/replay/caprare.h"

struct caprare {
    const struct libpcap *lib;
    struct capsource *s;
    struct span first; /* not read again yet */
    uint8_t head[CAPRARE_HEAD];
    pcap_t *pcap;
};

static ssize_t feed(void *cookie, char *buf, size_t n)
{
    struct caprare *r = cookie;

    if (r->first.n) {
        size_t k = n < r->first.n ? n : r->first.n;
        memcpy(buf, r->first.p, k);
        r->first = span_cut(r->first, k, r->first.n);
        return (ssize_t)k;
    }
    return (ssize_t)capsource_read(r->s, (uint8_t *)buf, n, true);
}

struct caprare *caprare_open(struct capsource *s, struct span first, const char **why)
{
    char said[PCAP_ERRBUF_SIZE];
    const struct libpcap *lib = libpcap(why);
    struct caprare *r = lib ? calloc(1, sizeof *r) : NULL;
    FILE *f = r ? fopencookie(r, "r", (cookie_io_functions_t){.read = feed}) : NULL;

    if (!f || first.n > sizeof r->head) {
        if (f)
            fclose(f);
        free(r);
        return NULL;
    }
    r->lib = lib;
    r->s = s;
    memcpy(r->head, first.p, first.n);
    r->first = (struct span){r->head, first.n};
    r->pcap = lib->pcap_fopen_offline_with_tstamp_precision(f, PCAP_TSTAMP_PRECISION_NANO, said);
    if (r->pcap)
        return r;
    fclose(f);
    free(r);
    return NULL;
}

void caprare_close(struct caprare *r)
{
    if (r)
        r->lib->pcap_close(r->pcap); /* closes the stream too */
    free(r);
}

int caprare_next(struct caprare *r, struct caprare_frame *f, const char **why)
{
    struct pcap_pkthdr *h;
    const u_char *p;
    int got = r->lib->pcap_next_ex(r->pcap, &h, &p);

    if (got == PCAP_ERROR_BREAK)
        return 0;
    if (got != 1) {
        *why = r->s->why ? r->s->why : r->lib->pcap_geterr(r->pcap);
        return -1;
    }
    *f = (struct caprare_frame){.time_ns =
                                    (uint64_t)h->ts.tv_sec * 1000000000u + (uint64_t)h->ts.tv_usec,
                                .octets = {p, h->caplen},
                                .original = h->len,
                                .link = (uint32_t)r->lib->pcap_datalink(r->pcap)};
    return 1;
}
