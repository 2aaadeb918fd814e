/* Sends and receives bytes on a connected, non-blocking socket before a deadline. */
#ifndef WCP_NET_SOCKET_H
#define WCP_NET_SOCKET_H

#include "base/clock.h"
#include "base/error.h"

#include <sys/types.h>

/* Sends all of `bytes`. False with errno set: ETIMEDOUT when the deadline passed, EPIPE when the
 * peer has closed the connection (no SIGPIPE is raised). Bytes that the socket accepts without
 * waiting are sent even after the deadline. */
bool socket_send(int socket, struct str bytes, struct deadline deadline);

/* Waits for at least one byte and receives at most `size` bytes. Returns their count, or 0 at the
 * end of the stream, or -1 with errno set. errno is ETIMEDOUT after the deadline, even while bytes
 * keep arriving. */
ssize_t socket_receive(int socket, void *out, size_t size, struct deadline deadline);

/* Sets ERROR_TRANSIENT with the message "`what`: " and the text of errno value `number`. Always
 * returns false. */
bool socket_failed(const char *what, int number, struct error *error);

#endif
