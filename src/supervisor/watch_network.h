/* Kernel notifications that a link, an address or a route was added or removed: a good time to
 * retry failures. No packet from the network is read. */
#ifndef WCP_SUPERVISOR_WATCH_NETWORK_H
#define WCP_SUPERVISOR_WATCH_NETWORK_H

/* Opens a descriptor that is readable after such a change. -1: the kernel offers none. */
int watch_network_open(void);
/* Discards pending notifications. */
void watch_network_drain(int events);

#endif
