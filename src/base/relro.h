/* Write protection for tables that are filled only when the program starts. */
#ifndef WCP_BASE_RELRO_H
#define WCP_BASE_RELRO_H

/* Makes the part of the executable's memory that PT_GNU_RELRO names read-only. It holds tables of
 * addresses, which an attacker could use. The dynamic loader does this for dynamic executables; in
 * a static one, the program must. Call it first in main. Does nothing when the kernel refuses. */
void relro_protect(void);

#endif
