#include "net/socket.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

/* False with errno ETIMEDOUT when the deadline passes first. */
static bool wait_for_socket(int socket, short events, struct deadline deadline)
{
    for (;;) {
        int left = deadline_left_ms(deadline);
        if (left == 0) {
            errno = ETIMEDOUT;
            return false;
        }
        struct pollfd entry = {.fd = socket, .events = events};
        int ready = poll(&entry, 1, left);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return false;
    }
}

bool socket_send(int socket, struct str bytes, struct deadline deadline)
{
    while (bytes.length > 0) {
        ssize_t sent = send(socket, bytes.data, bytes.length, MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes = str_skip(bytes, (size_t)sent);
            continue;
        }
        if (errno == EAGAIN && !wait_for_socket(socket, POLLOUT, deadline))
            return false;
        if (errno != EAGAIN && errno != EINTR)
            return false;
    }
    return true;
}

ssize_t socket_receive(int socket, void *out, size_t size, struct deadline deadline)
{
    for (;;) {
        if (!wait_for_socket(socket, POLLIN, deadline))
            return -1;
        ssize_t got = recv(socket, out, size, 0);
        if (got >= 0 || (errno != EAGAIN && errno != EINTR))
            return got;
    }
}

bool socket_failed(const char *what, int number, struct error *error)
{
    error_set_errno(error, ERROR_TRANSIENT, number, "%s", what);
    return error_advise(error, "check the network to the server; the call is retried");
}
