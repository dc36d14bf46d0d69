/* harness/drivers/place.c - network namespaces and the ports in them. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "harness/drivers/place.h"

static bool put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return good;
}

/* In a user namespace that is new: we are its root, and files belong to whom they did. */
static bool map_ids(uid_t uid, gid_t gid)
{
    char text[64];

    if (!put("/proc/self/setgroups", "deny"))
        return false;
    snprintf(text, sizeof text, "0 %u 1", (unsigned)uid);
    if (!put("/proc/self/uid_map", text))
        return false;
    snprintf(text, sizeof text, "0 %u 1", (unsigned)gid);
    return put("/proc/self/gid_map", text);
}

static bool loopback_up(void)
{
    struct ifreq r = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && ioctl(fd, SIOCGIFFLAGS, &r) == 0;

    if (good) {
        r.ifr_flags = (short)(r.ifr_flags | IFF_UP);
        good = ioctl(fd, SIOCSIFFLAGS, &r) == 0;
    }
    if (fd >= 0)
        close(fd);
    return good;
}

bool place_enter(char why[128])
{
    uid_t uid = getuid();
    gid_t gid = getgid();
    int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

    why[0] = '\0';
    if (unshare(CLONE_NEWNET) != 0) {
        if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0 || !map_ids(uid, gid))
            snprintf(why, 128, "no network namespace: %s", strerror(errno));
    }
    if (!why[0] && !loopback_up()) {
        snprintf(why, 128, "the loopback of a new network namespace does not come up: %s",
                 strerror(errno));
        if (here >= 0)
            setns(here, CLONE_NEWNET); /* best effort: as root it succeeds */
    }
    if (here >= 0)
        close(here);
    return !why[0];
}

bool place_port_free(uint16_t port)
{
    static const int types[] = {SOCK_DGRAM, SOCK_STREAM};
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
    bool good = true;

    for (size_t i = 0; good && i < COUNT(types); i++) {
        int fd = socket(AF_INET, types[i] | SOCK_CLOEXEC, 0);
        good = fd >= 0 && bind(fd, (const struct sockaddr *)(const void *)&in, sizeof in) == 0;
        if (fd >= 0)
            close(fd);
    }
    return good;
}

/* A table of /proc/net: "sl local rem st ...", local is ADDRESS:PORT in hexadecimal. */
static bool table_has(const char *path, uint16_t port, unsigned state)
{
    char line[512];
    FILE *f = fopen(path, "re");
    bool found = false;

    while (f && !found && fgets(line, sizeof line, f)) {
        unsigned p, s;
        found = sscanf(line, " %*[^:]: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", &p, &s) == 2 &&
                p == port && s == state;
    }
    if (f)
        fclose(f);
    return found;
}

bool place_listens(const char *transport, uint16_t port)
{
    enum { LISTEN = 10, UNCONNECTED = 7 }; /* of the kernel's table of states */
    if (strcmp(transport, "tcp") == 0)
        return table_has("/proc/self/net/tcp", port, LISTEN) ||
               table_has("/proc/self/net/tcp6", port, LISTEN);
    return table_has("/proc/self/net/udp", port, UNCONNECTED) ||
           table_has("/proc/self/net/udp6", port, UNCONNECTED);
}
