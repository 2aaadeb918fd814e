/* Write protection for the tables that only the program's start may fill. */
#ifndef WCP_BASE_RELRO_H
#define WCP_BASE_RELRO_H

/* Makes the part of the executable's memory that PT_GNU_RELRO names read-only: addresses in tables,
 * which an attacker would like to change. A dynamic loader does this for others; in a static
 * executable nobody does. To be called first thing in main. Where the kernel refuses, the program
 * goes on without. */
void relro_protect(void);

#endif
