/* harness/drivers/sniff.c - an interface through libpcap: a memory-mapped ring, polled. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include "harness/core/libpcap_impl.h"
#include "harness/drivers/sniff.h"

enum { AT_ONCE = 1024 };

struct sniff {
    const struct libpcap *lib;
    pcap_t *pcap;
    uint32_t link;
    bool nano;
    void (*frame)(void *ctx, const struct sniff_frame *f);
    void *ctx;
};

static void *fail(struct sniff *s, char why[256], const char *interface, const char *what)
{
    snprintf(why, 256, "%s: %s", interface, what);
    sniff_close(s);
    return NULL;
}

struct sniff *sniff_open(const char *interface, const char *filter, char why[256])
{
    char err[PCAP_ERRBUF_SIZE];
    struct bpf_program program;
    const char *missing;
    const struct libpcap *lib = libpcap(&missing);
    struct sniff *s = lib ? calloc(1, sizeof *s) : NULL;

    if (!s)
        return fail(s, why, interface, lib ? strerrordesc_np(ENOMEM) : missing);
    s->lib = lib;
    s->pcap = s->lib->pcap_create(interface, err);
    if (!s->pcap)
        return fail(s, why, interface, err);
    s->lib->pcap_set_snaplen(s->pcap, SNIFF_SNAP);
    s->lib->pcap_set_buffer_size(s->pcap, SNIFF_BUFFER);
    s->lib->pcap_set_timeout(s->pcap, 100);
    s->nano = s->lib->pcap_set_tstamp_precision(s->pcap, PCAP_TSTAMP_PRECISION_NANO) == 0;
    int got = s->lib->pcap_activate(s->pcap);
    if (got < 0) {
        const char *more = s->lib->pcap_geterr(s->pcap);
        snprintf(err, sizeof err, "%s", *more ? more : s->lib->pcap_statustostr(got));
        return fail(s, why, interface, err);
    }
    if (s->lib->pcap_setnonblock(s->pcap, 1, err) != 0)
        return fail(s, why, interface, err);
    if (filter) {
        if (s->lib->pcap_compile(s->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
            snprintf(err, sizeof err, "the filter: %s", s->lib->pcap_geterr(s->pcap));
            return fail(s, why, interface, err);
        }
        got = s->lib->pcap_setfilter(s->pcap, &program);
        s->lib->pcap_freecode(&program);
        if (got != 0)
            return fail(s, why, interface, s->lib->pcap_geterr(s->pcap));
    }
    s->link = (uint32_t)s->lib->pcap_datalink(s->pcap);
    return s;
}

static void on_frame(u_char *user, const struct pcap_pkthdr *h, const u_char *p)
{
    const struct sniff *s = (const struct sniff *)(const void *)user;
    const struct sniff_frame f = {
        .link = s->link,
        .time_ns =
            (uint64_t)h->ts.tv_sec * 1000000000u + (uint64_t)h->ts.tv_usec * (s->nano ? 1 : 1000),
        .octets = {p, h->caplen},
        .original = h->len,
    };
    s->frame(s->ctx, &f);
}

int sniff_some(struct sniff *s, int wait_ms, void (*frame)(void *ctx, const struct sniff_frame *f),
               void *ctx, char why[256])
{
    struct pollfd p = {.fd = s->lib->pcap_get_selectable_fd(s->pcap), .events = POLLIN};

    s->frame = frame;
    s->ctx = ctx;
    if (p.fd >= 0 && poll(&p, 1, wait_ms) <= 0)
        return 0;
    int got = s->lib->pcap_dispatch(s->pcap, AT_ONCE, on_frame, (u_char *)s);
    if (got == PCAP_ERROR)
        snprintf(why, 256, "%s", s->lib->pcap_geterr(s->pcap));
    return got == PCAP_ERROR ? -1 : got < 0 ? 0 : got;
}

uint64_t sniff_lost(struct sniff *s)
{
    struct pcap_stat st;
    return s->lib->pcap_stats(s->pcap, &st) == 0 ? st.ps_drop : 0;
}

void sniff_close(struct sniff *s)
{
    if (s && s->pcap)
        s->lib->pcap_close(s->pcap);
    free(s);
}
