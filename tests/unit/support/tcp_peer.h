/* The other end of a TCP connection: a child process that plays a script, and fails the test when
 * it could not. */
#ifndef WCP_TESTS_TCP_PEER_H
#define WCP_TESTS_TCP_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct tcp_peer {
    pid_t pid;
    uint16_t port; /* on 127.0.0.1 */
};

/* Runs `script` on a listening socket in a child; it returns when it is through. */
void tcp_peer_start(struct tcp_peer *peer, void (*script)(int listener));
/* Waits for the script's end, which must be a good one. */
void tcp_peer_finish(struct tcp_peer *peer);

/* For scripts. What they require and do not get ends the child with the words on stderr. */
void tcp_require(bool condition, const char *words);
int tcp_accept(int listener);
/* Reads a request head, and a body when Content-Length says so; all of `words` must stand in it. */
void tcp_expect(int socket, const char *words);
void tcp_say(int socket, const char *text);
/* One byte of `text` after the other, each 20 ms, over and over until the other side has gone. */
void tcp_drip(int socket, const char *text);
/* Returns when the other side has closed; it must send nothing before. */
void tcp_wait_for_end(int socket);
/* Closes in a way that the other side notices as a reset, what it sent unread. */
void tcp_reset(int socket);

/* A port of 127.0.0.1, and of every other address of this machine, that refuses connections while
 * `holder` stays open. */
uint16_t tcp_refusing_port(int *holder);

#endif
