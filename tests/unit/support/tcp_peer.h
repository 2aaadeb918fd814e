/* The peer of a TCP connection: a child process that runs a script. A script that fails fails the
 * test. */
#ifndef WCP_TESTS_TCP_PEER_H
#define WCP_TESTS_TCP_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct tcp_peer {
    pid_t pid;
    uint16_t port; /* on 127.0.0.1 */
};

/* Runs `script` on a listening socket in a child. The script returns when it is done. */
void tcp_peer_start(struct tcp_peer *peer, void (*script)(int listener));
/* Waits for the end of the script, which must succeed. */
void tcp_peer_finish(struct tcp_peer *peer);

/* For scripts. A requirement that is not met is printed to stderr, and ends the child. */
void tcp_require(bool condition, const char *words);
int tcp_accept(int listener);
/* Reads a request: head and, with Content-Length, body. It must contain all of `words`. */
void tcp_expect(int socket, const char *words);
void tcp_say(int socket, const char *text);
/* Sends `text` again and again, a byte every 20 ms, until the other side closes. */
void tcp_drip(int socket, const char *text);
/* Returns when the other side has closed; it must send nothing before. */
void tcp_wait_for_end(int socket);
/* Closes without reading, so that the other side sees a reset. */
void tcp_reset(int socket);

/* A port of 127.0.0.1, and of every other address of this machine, that refuses connections while
 * `holder` stays open. */
uint16_t tcp_refusing_port(int *holder);

#endif
