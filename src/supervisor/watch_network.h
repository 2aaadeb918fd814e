/* The kernel's word that a link, an address or a route came or went: a moment to try again what
 * failed. No packet of the network passes here. */
#ifndef WCP_SUPERVISOR_WATCH_NETWORK_H
#define WCP_SUPERVISOR_WATCH_NETWORK_H

/* A descriptor that is readable after such a change; -1 where the kernel does not tell. */
int watch_network_open(void);
/* Forgets what has happened. */
void watch_network_drain(int events);

#endif
