/* A directory of a test's own, and files in it. */
#ifndef WCP_TESTS_SCRATCH_H
#define WCP_TESTS_SCRATCH_H

#include "base/str.h"

#include <sys/types.h>

enum { SCRATCH_PATH_SIZE = 256 };

/* Setup and teardown for cmocka: `*state` is the directory's path, mode 0700 and empty at first,
 * removed with all that is in it. */
int scratch_setup(void **state);
int scratch_teardown(void **state);

/* The path of `name` in the test's directory, in `out`, which is returned. */
const char *scratch_path(void **state, const char *name, char out[SCRATCH_PATH_SIZE]);
/* Writes a file with exactly this mode; a failure fails the test. */
void scratch_write(const char *path, struct str contents, mode_t mode);

#endif
