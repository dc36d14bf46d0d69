/* harness/drivers/machine.c - what rtclab doctor tells: each fact is seen by trying it. */
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <uv.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif
#include "codecs/base/base.h"
#include "harness/core/libpcap_impl.h"
#include "harness/drivers/machine.h"

enum { FILES_WANTED = 1024, PORTS_WANTED = 10000, PATH_ROOM = 4096 };

struct look {
    struct machine_fact *facts;
    size_t n;
};

static struct machine_fact *put(struct look *l, const char *group, const char *name,
                                enum machine_state state, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
static struct machine_fact *put(struct look *l, const char *group, const char *name,
                                enum machine_state state, const char *format, ...)
{
    struct machine_fact *f = &l->facts[l->n < MACHINE_FACTS - 1 ? l->n++ : l->n];
    va_list args;

    *f = (struct machine_fact){.group = group, .name = name, .state = state};
    va_start(args, format);
    vsnprintf(f->found, sizeof f->found, format, args);
    va_end(args);
    return f;
}

/* The first line of a file without its newline; empty: it cannot be read. */
static void first_line(const char *path, char *to, size_t room)
{
    FILE *f = fopen(path, "r");

    to[0] = '\0';
    if (!f)
        return;
    if (!fgets(to, (int)room, f))
        to[0] = '\0';
    to[strcspn(to, "\n")] = '\0';
    fclose(f);
}

/* ---- libraries and CPU ---- */

static void libraries(struct look *l)
{
    const char *why;

    put(l, "library", "openssl", MACHINE_HAS, "%s", OpenSSL_version(OPENSSL_VERSION));
    put(l, "library", "libuv", MACHINE_HAS, "%s", uv_version_string());
    const struct libpcap *pcap = libpcap(&why);
    put(l, "library", "libpcap", pcap ? MACHINE_HAS : MACHINE_LACKS, "%s",
        pcap ? pcap->pcap_lib_version() : why);
}

static bool has_sha(void)
{
#if defined(__x86_64__)
    unsigned a, b, c, d;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1);
#else
    return false;
#endif
}

static void cpu_feature(struct look *l, const char *name, bool has, const char *cost)
{
    struct machine_fact *f = put(l, "cpu", name, has ? MACHINE_HAS : MACHINE_LACKS, "%s", "");
    if (!has)
        f->cost = cost;
}

static void cpu(struct look *l)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    put(l, "cpu", "cores", MACHINE_HAS, "%ld", cores);
#if defined(__x86_64__)
    cpu_feature(l, "avx2", __builtin_cpu_supports("avx2"), "text is indexed with SSE2");
    cpu_feature(l, "pclmulqdq", __builtin_cpu_supports("pclmul"), "CRC-32 is computed by a table");
    cpu_feature(l, "sha", has_sha(),
                "SHA-1 and SHA-256 are computed without instructions for them");
#else
    cpu_feature(l, "avx2", false, "text is indexed portably");
#endif
}

/* ---- sockets ---- */

static bool binds(const char *text, int *family)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    bool is6 = inet_pton(AF_INET6, text, &v6.sin6_addr) == 1;

    if (!is6 && inet_pton(AF_INET, text, &v4.sin_addr) != 1)
        return false;
    *family = is6 ? AF_INET6 : AF_INET;
    int fd = socket(*family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool ok = bind(fd, is6 ? (void *)&v6 : (void *)&v4, is6 ? sizeof v6 : sizeof v4) == 0;
    close(fd);
    return ok;
}

static void address(struct look *l, const char *text, enum machine_state lacking, const char *cost,
                    const char *mend)
{
    int family;
    bool ok = binds(text, &family);
    struct machine_fact *f = put(l, "network", text, ok ? MACHINE_HAS : lacking, "%s",
                                 ok ? "a socket can be bound to it" : strerror(errno));
    if (!ok) {
        f->cost = cost;
        f->mend = mend;
    }
}

static void udp_option(struct look *l, const char *name, int option, const char *cost)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), value = 1;
    bool ok = fd >= 0 && setsockopt(fd, IPPROTO_UDP, option, &value, sizeof value) == 0;
    struct machine_fact *f =
        put(l, "network", name, ok ? MACHINE_HAS : MACHINE_LACKS, "%s", ok ? "" : strerror(errno));

    if (!ok)
        f->cost = cost;
    if (fd >= 0)
        close(fd);
}

static void ports(struct look *l)
{
    char line[64];
    char *end;

    first_line("/proc/sys/net/ipv4/ip_local_port_range", line, sizeof line);
    long low = strtol(line, &end, 10), high = strtol(end, NULL, 10);
    bool ok = high - low + 1 >= PORTS_WANTED;
    struct machine_fact *f = put(l, "network", "ports", ok ? MACHINE_HAS : MACHINE_LACKS,
                                 "%ld to %ld are handed out", low, high);
    if (!ok) {
        f->cost = "many cases in flight run out of ports";
        f->mend = "sysctl -w net.ipv4.ip_local_port_range='32768 60999'";
    }
}

static void network(struct look *l)
{
    address(l, "127.0.0.1", MACHINE_FAILS, "no case can run live", "ip link set lo up");
    address(l, "127.0.0.2", MACHINE_LACKS, "cases with two server addresses are skipped live",
            "ip address add 127.0.0.2/8 dev lo");
    address(l, "::1", MACHINE_LACKS, "cases over IPv6 are skipped live",
            "sysctl -w net.ipv6.conf.lo.disable_ipv6=0");
    udp_option(l, "udp-gso", UDP_SEGMENT, "'serve' answers at about half of its rate");
    udp_option(l, "udp-gro", UDP_GRO, "bursts are received one datagram at a time");
    ports(l);
}

/* ---- privileges ---- */

static bool child_unshares(int flags)
{
    pid_t pid = fork();
    int status = 1;

    if (pid == 0)
        _exit(unshare(flags) == 0 ? 0 : 1);
    if (pid < 0)
        return false;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void privileges(struct look *l)
{
    bool by_root = child_unshares(CLONE_NEWNET);
    bool by_user = by_root || child_unshares(CLONE_NEWUSER | CLONE_NEWNET);
    int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    struct machine_fact *f;

    f = put(l, "privilege", "namespaces", by_user ? MACHINE_HAS : MACHINE_LACKS, "%s",
            by_root   ? "network namespaces as this user"
            : by_user ? "network namespaces inside a user namespace"
                      : "neither as this user nor in a user namespace");
    if (!by_user) {
        f->cost = "peers of 'interop' share the loopback interface";
        f->mend = "run it as root, or sysctl -w kernel.unprivileged_userns_clone=1";
    }
    f = put(l, "privilege", "raw-capture", fd >= 0 ? MACHINE_HAS : MACHINE_LACKS, "%s",
            fd >= 0 ? "packets of an interface can be read" : strerror(errno));
    if (fd < 0) {
        f->cost = "what passes on an interface cannot be read, only rtclab's own traffic";
        f->mend = "setcap cap_net_raw+ep on the program, or run it as root";
    } else {
        close(fd);
    }
}

/* ---- limits, clock, folders ---- */

static void limits(struct look *l)
{
    struct rlimit r = {0, 0};
    char line[128];

    getrlimit(RLIMIT_NOFILE, &r);
    bool ok = r.rlim_cur >= FILES_WANTED;
    struct machine_fact *f =
        put(l, "limit", "open-files", ok ? MACHINE_HAS : MACHINE_LACKS, "%llu, at most %llu",
            (unsigned long long)r.rlim_cur, (unsigned long long)r.rlim_max);
    if (!ok) {
        f->cost = "many connections or cases in flight run out of descriptors";
        f->mend = "ulimit -n 4096";
    }
    first_line("/proc/sys/kernel/core_pattern", line, sizeof line);
    ok = line[0] != '|';
    f = put(l, "limit", "core-pattern", ok ? MACHINE_HAS : MACHINE_LACKS, "%s", line);
    if (!ok) {
        f->cost = "AFL++ does not start: crashes would reach it late";
        f->mend = "sysctl -w kernel.core_pattern=core, or AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1";
    }
}

static void time_source(struct look *l)
{
    struct timespec r = {0, 0};
    char source[64];

    clock_getres(CLOCK_MONOTONIC, &r);
    first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource", source,
               sizeof source);
    bool ok = r.tv_sec == 0 && r.tv_nsec <= 1000;
    struct machine_fact *f = put(l, "clock", "monotonic", ok ? MACHINE_HAS : MACHINE_LACKS,
                                 "%ld ns%s%s", r.tv_nsec, source[0] ? " by " : "", source);
    if (!ok)
        f->cost = "retransmission times are measured only that finely";
}

static void folders(struct look *l)
{
    const char *tmp = getenv("TMPDIR");
    bool ok;

    tmp = tmp && tmp[0] ? tmp : "/tmp";
    ok = access(tmp, W_OK | X_OK) == 0;
    struct machine_fact *f = put(l, "folder", "temporary", ok ? MACHINE_HAS : MACHINE_FAILS,
                                 "%s%s%s", tmp, ok ? "" : ": ", ok ? "" : strerror(errno));
    if (!ok) {
        f->cost = "sockets and files of a run have no place";
        f->mend = "name a folder that you may write to in TMPDIR";
    }
}

/* ---- programs ---- */

static const struct wanted {
    const char *program, *cost, *mend;
} programs[] = {
    {"turnserver", "the demo and 'interop' have no coturn", "apt install coturn"},
    {"tshark", "no second opinion on captures", "apt install tshark"},
    {"chromium", "reports are not looked at in a browser by the tests", "apt install chromium"},
    {"xmllint", "JUnit reports are not validated by the tests", "apt install libxml2-utils"},
    {"jq", "some tests of the JSON are skipped", "apt install jq"},
    {"ip", "no network namespaces for peers", "apt install iproute2"},
    {"nft", "no real NAT for tests", "apt install nftables"},
    {"clang-19", "no libFuzzer", "apt install clang-19 libclang-rt-19-dev llvm-19"},
    {"afl-fuzz", "no AFL++", "apt install afl++"},
    {"debootstrap", "'./lab fresh' cannot make an empty machine", "apt install debootstrap"},
};

/* Where PATH, and the folders of administrators that it may leave out, have the program. */
static bool find_program(const char *name, char *to, size_t room)
{
    const char *path = getenv("PATH");
    char all[PATH_ROOM];

    snprintf(all, sizeof all, "%s:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin");
    for (char *rest = all, *dir; (dir = strsep(&rest, ":"));) {
        if (!dir[0])
            continue;
        snprintf(to, room, "%s/%s", dir, name);
        if (access(to, X_OK) == 0)
            return true;
    }
    return false;
}

static void tools(struct look *l)
{
    for (size_t i = 0; i < COUNT(programs); i++) {
        const struct wanted *w = &programs[i];
        char where[128];
        bool ok = find_program(w->program, where, sizeof where);
        struct machine_fact *f = put(l, "program", w->program, ok ? MACHINE_HAS : MACHINE_LACKS,
                                     "%s", ok ? where : "not found");
        if (!ok) {
            f->cost = w->cost;
            f->mend = w->mend;
        }
    }
}

size_t machine_look(struct machine_fact facts[MACHINE_FACTS])
{
    struct look l = {facts, 0};

    libraries(&l);
    cpu(&l);
    network(&l);
    privileges(&l);
    limits(&l);
    time_source(&l);
    folders(&l);
    tools(&l);
    return l.n;
}
