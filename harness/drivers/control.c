/* harness/drivers/control.c - a line to the control socket of an implementation under test. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "harness/drivers/control.h"

union place {
    struct sockaddr any;
    struct sockaddr_un un;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

/* The size of the address; 0: `where` is none. */
static socklen_t place_of(const char *where, union place *p)
{
    struct addr a;

    memset(p, 0, sizeof *p);
    if (strncmp(where, "unix:", 5) == 0) {
        p->un.sun_family = AF_UNIX;
        size_t n = strlen(where + 5);
        if (n == 0 || n >= sizeof p->un.sun_path)
            return 0;
        memcpy(p->un.sun_path, where + 5, n);
        return sizeof p->un;
    }
    if (strncmp(where, "tcp:", 4) != 0 || !addr_parse(span_of(where + 4), &a) || !a.port)
        return 0;
    if (a.family == 4) {
        p->in.sin_family = AF_INET;
        p->in.sin_port = htons(a.port);
        memcpy(&p->in.sin_addr, a.ip, 4);
        return sizeof p->in;
    }
    p->in6.sin6_family = AF_INET6;
    p->in6.sin6_port = htons(a.port);
    memcpy(&p->in6.sin6_addr, a.ip, 16);
    return sizeof p->in6;
}

int control_send(const char *where, struct span line, char why[256])
{
    union place p;
    socklen_t n = place_of(where, &p);

    if (!n) {
        snprintf(why, 256,
                 "the control socket '%.100s' is none; one looks like unix:/run/iut.sock or "
                 "tcp:127.0.0.1:4000",
                 where);
        return -1;
    }
    int fd = socket(p.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 && connect(fd, &p.any, n) == 0 &&
                send(fd, line.p, line.n, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)line.n &&
                fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
    if (good)
        return fd;
    snprintf(why, 256, "the control socket '%.100s' cannot be used: %s", where, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}
