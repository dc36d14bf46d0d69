/* harness/drivers/listens.c - is a port somebody's? */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "harness/drivers/listens.h"

enum { ICMP_MS = 50, CONNECT_MS = 1000 };

static int socket_to(const struct addr *a, int type)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(a->port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(a->port)};
    bool v6 = a->family == 6;
    int fd = socket(v6 ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    memcpy(&six.sin6_addr, a->ip, 16);
    memcpy(&four.sin_addr, a->ip, 4);
    if (fd >= 0 &&
        connect(fd, v6 ? (void *)&six : (void *)&four, v6 ? sizeof six : sizeof four) != 0 &&
        errno != EINPROGRESS) {
        close(fd);
        return -1;
    }
    return fd;
}

/* An empty datagram is nothing to anybody, and says as much as the ICMP error that a closed port gives. */
bool addr_listens(const struct addr *a, bool stream)
{
    int fd = socket_to(a, stream ? SOCK_STREAM : SOCK_DGRAM), error = 0;
    socklen_t n = sizeof error;

    if (fd < 0)
        return false;
    if (!stream)
        (void)!send(fd, "", 0, MSG_NOSIGNAL);
    struct pollfd p = {fd, stream ? POLLOUT : POLLERR, 0};
    int ready = poll(&p, 1, stream ? CONNECT_MS : ICMP_MS);
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n);
    close(fd);
    return error == 0 && (!stream || ready > 0);
}
