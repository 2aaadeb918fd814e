/* The record of a hook for the certificate of a test's site. */
#ifndef WCP_TESTS_HOOK_RECORDS_H
#define WCP_TESTS_HOOK_RECORDS_H

#include "site.h"
#include "store/hook_record.h"

/* The generation of all records that are written here. */
#define GENERATION "0123456789abcdef"

/* The path of the record, in `out`, which is returned. */
const char *record_path(const struct site *site, char out[SCRATCH_PATH_SIZE]);
/* Writes the certificate file, unless there is one. */
void put_certificate(const struct site *site);
/* Takes the lock, which must be free. The caller closes it. */
int take_lock(const struct site *site);
/* Another process holds the lock, or nobody does. */
void assert_held(const struct site *site);
void assert_free(const struct site *site);
/* Writes a record. */
void record(int lock, enum hook_record_state state, pid_t hook, uint64_t started, int status);
/* Writes that a hook has ended with wait(2)'s `status`. */
void record_end(const struct site *site, int status);
/* True when a hook has succeeded for GENERATION. */
bool says_done(const struct site *site);

#endif
