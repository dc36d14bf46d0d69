/* scenarios/peers/libnice/stun_client.c - a STUN client over libnice's StunAgent: one Binding over UDP.
 *
 * stun_client HOST PORT: prints the mapped address and ends with 0; 1 where the transaction failed, 2
 * where it could not begin. The agent, its timer and its Binding usage are libnice's, in the mode
 * that it has for RFC 5389; sockets alone are ours. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <nice/nice-version.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <stun/stunagent.h>
#include <stun/usages/bind.h>
#include <stun/usages/timer.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUESTS = 7 }; /* Rc of RFC 8489 section 6.2.1; the timer counts the first one too */

static int dial(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST}, *found;
    int fd;

    if (getaddrinfo(host, port, &hints, &found) != 0)
        return -1;
    fd = socket(found->ai_family, found->ai_socktype, 0);
    if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
        close(fd);
        fd = -1;
    }
    freeaddrinfo(found);
    return fd;
}

/* What a datagram makes of the transaction: -1 nothing, else the exit status. */
static int judge(StunAgent *agent, const uint8_t *in, size_t n)
{
    struct sockaddr_storage mapped, other;
    socklen_t mapped_n = sizeof mapped, other_n = sizeof other;
    char host[NI_MAXHOST], port[NI_MAXSERV];
    StunMessage m;
    StunValidationStatus valid = stun_agent_validate(agent, &m, in, n, NULL, NULL);

    if (valid != STUN_VALIDATION_SUCCESS &&
        valid != STUN_VALIDATION_UNKNOWN_ATTRIBUTE) { /* the agent keeps waiting, and so do we */
        fprintf(stderr, "a datagram is not taken: validation status %d\n", (int)valid);
        return -1;
    }
    if (valid == STUN_VALIDATION_UNKNOWN_ATTRIBUTE) {
        fputs("failed: the response has an unknown mandatory attribute\n", stderr);
        return 1;
    }
    switch (stun_usage_bind_process(&m, (struct sockaddr *)&mapped, &mapped_n,
                                    (struct sockaddr *)&other, &other_n)) {
    case STUN_USAGE_BIND_RETURN_SUCCESS:
        getnameinfo((struct sockaddr *)&mapped, mapped_n, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV);
        printf("mapped address %s port %s\n", host, port);
        return 0;
    case STUN_USAGE_BIND_RETURN_INVALID:
        return -1;
    case STUN_USAGE_BIND_RETURN_ALTERNATE_SERVER:
        fputs("failed: redirected to another server\n", stderr);
        return 1;
    default:
        fputs("failed: an error response\n", stderr);
        return 1;
    }
}

static int transact(StunAgent *agent, int fd)
{
    uint8_t out[512], in[2048];
    StunMessage request;
    StunTimer timer;
    size_t n = stun_usage_bind_create(agent, &request, out, sizeof out);
    int status = -1;

    if (n == 0 || send(fd, out, n, 0) < 0)
        return 2;
    stun_timer_start(&timer, STUN_TIMER_DEFAULT_TIMEOUT, REQUESTS);
    while (status < 0) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, (int)stun_timer_remainder(&timer)) > 0) {
            ssize_t got = recv(fd, in, sizeof in, 0);
            if (got < 0) { /* an ICMP error, since the socket is connected */
                fprintf(stderr, "failed: %s\n", strerror(errno));
                return 1;
            }
            status = judge(agent, in, (size_t)got);
            continue;
        }
        switch (stun_timer_refresh(&timer)) {
        case STUN_USAGE_TIMER_RETURN_TIMEOUT:
            fputs("failed: no response\n", stderr);
            return 1;
        case STUN_USAGE_TIMER_RETURN_RETRANSMIT:
            (void)!send(fd, out, n, 0);
            break;
        default:
            break;
        }
    }
    return status;
}

int main(int argc, char **argv)
{
    static const uint16_t known[] = {STUN_ATTRIBUTE_MAPPED_ADDRESS,
                                     STUN_ATTRIBUTE_XOR_MAPPED_ADDRESS,
                                     STUN_ATTRIBUTE_ERROR_CODE,
                                     STUN_ATTRIBUTE_UNKNOWN_ATTRIBUTES,
                                     STUN_ATTRIBUTE_MESSAGE_INTEGRITY,
                                     STUN_ATTRIBUTE_USERNAME,
                                     STUN_ATTRIBUTE_REALM,
                                     STUN_ATTRIBUTE_NONCE,
                                     STUN_ATTRIBUTE_ALTERNATE_SERVER,
                                     0};
    StunAgent agent;
    int fd;

    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("%d.%d.%d\n", NICE_VERSION_MAJOR, NICE_VERSION_MINOR, NICE_VERSION_MICRO);
        return 0;
    }
    if (argc != 3 || (fd = dial(argv[1], argv[2])) < 0) {
        fputs("usage: stun_client HOST PORT, with a numeric address\n", stderr);
        return 2;
    }
    stun_agent_init(&agent, known, STUN_COMPATIBILITY_RFC5389, STUN_AGENT_USAGE_ADD_SOFTWARE);
    stun_agent_set_software(&agent, "rtclab's client over libnice");
    int status = transact(&agent, fd);
    close(fd);
    return status;
}
