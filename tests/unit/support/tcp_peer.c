#include "tcp_peer.h"

#include "base/file.h"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { LONGEST_WAIT_MS = 60 * 1000, LONGEST_REQUEST = 64 * 1024 };

static int bound_socket(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int bound = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(bound >= 0);
    assert_int_equal(bind(bound, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(bound, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return bound;
}

uint16_t tcp_refusing_port(int *holder)
{
    uint16_t port = 0;
    *holder = bound_socket(&port);
    return port;
}

void tcp_peer_start(struct tcp_peer *peer, void (*script)(int listener))
{
    int listener = bound_socket(&peer->port);
    assert_int_equal(listen(listener, 16), 0);
    peer->pid = fork();
    assert_true(peer->pid >= 0);
    if (peer->pid == 0) {
        signal(SIGPIPE, SIG_IGN);
        alarm(LONGEST_WAIT_MS / 1000);
        script(listener);
        _exit(0);
    }
    close(listener);
}

void tcp_peer_finish(struct tcp_peer *peer)
{
    int status = -1;
    assert_int_equal(waitpid(peer->pid, &status, 0), peer->pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

void tcp_require(bool condition, const char *words)
{
    if (condition)
        return;
    write_all(STDERR_FILENO, STR("peer: not so: "));
    write_all(STDERR_FILENO, str_from(words));
    write_all(STDERR_FILENO, STR("\n"));
    _exit(1);
}

int tcp_accept(int listener)
{
    int accepted = accept(listener, NULL, NULL);
    tcp_require(accepted >= 0, "a connection comes");
    return accepted;
}

/* The whole request is there when its head is, and as many bytes behind as that says. */
static bool is_complete(struct str request)
{
    size_t head = str_search(request, STR("\r\n\r\n"));
    if (head == request.length)
        return false;
    struct str field = STR("\r\nContent-Length: ");
    size_t at = str_search(str_take(request, head), field);
    uint64_t length = 0;
    if (at < head) {
        struct str value = str_skip(request, at + field.length);
        str_to_unsigned(str_take(value, str_index_of(value, '\r')), LONGEST_REQUEST, &length);
    }
    return request.length >= head + 4 + length;
}

void tcp_expect(int socket, const char *words)
{
    struct buf request BUF_AUTO = BUF(LONGEST_REQUEST);
    while (!is_complete(buf_str(&request))) {
        tcp_require(buf_reserve(&request, 4096), "a request of a usual size");
        ssize_t got = recv(socket, request.data + request.length, 4096, 0);
        tcp_require(got > 0, "a whole request comes");
        request.length += (size_t)got;
    }
    tcp_require(str_search(buf_str(&request), str_from(words)) < request.length, words);
}

void tcp_say(int socket, const char *text)
{
    tcp_require(write_all(socket, str_from(text)), "the other side listens");
}

void tcp_drip(int socket, const char *text)
{
    for (size_t i = 0;; i = (i + 1) % strlen(text)) {
        struct pollfd entry = {.fd = socket, .events = POLLIN};
        if (poll(&entry, 1, 20) != 0 || !write_all(socket, str_bytes(text + i, 1)))
            return;
    }
}

void tcp_wait_for_end(int socket)
{
    char byte = 0;
    tcp_require(recv(socket, &byte, 1, 0) <= 0, "the other side says no more");
}

void tcp_reset(int socket)
{
    const struct linger none = {.l_onoff = 1};
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(socket);
}
