/* Bytes over a connected, non-blocking socket before a wall deadline. */
#ifndef WCP_NET_SOCKET_H
#define WCP_NET_SOCKET_H

#include "base/clock.h"
#include "base/error.h"

#include <sys/types.h>

/* Sends all of `bytes`. False with errno set, ETIMEDOUT when the deadline passed; a closed peer is
 * EPIPE, never a signal. What the socket takes at once is sent even when the deadline has passed
 * already. */
bool socket_send(int socket, struct str bytes, struct deadline deadline);

/* Waits for at least one byte and receives at most `size`: the count; 0 at the end of the stream;
 * -1 with errno set, ETIMEDOUT when the deadline passed, even while bytes keep coming. */
ssize_t socket_receive(int socket, void *out, size_t size, struct deadline deadline);

/* ERROR_TRANSIENT with `what` and the text of an errno value from above. Always false. */
bool socket_failed(const char *what, int number, struct error *error);

#endif
