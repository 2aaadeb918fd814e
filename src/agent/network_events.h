/* The kernel's word that a link, an address or a route came or went: a moment to try again what
 * failed. No packet of the network passes here. */
#ifndef WCP_AGENT_NETWORK_EVENTS_H
#define WCP_AGENT_NETWORK_EVENTS_H

/* A descriptor that is readable after such a change; -1 where the kernel does not tell. */
int network_events_open(void);
/* Forgets what has happened. */
void network_events_drain(int events);

#endif
