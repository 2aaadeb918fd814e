/* Small files of the agent's own beside a certificate. */
#ifndef WCP_STORE_OWN_FILE_H
#define WCP_STORE_OWN_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

/* Returns true when what the open file of `status`, in `directory`, says can be believed: it is a
 * regular file with one link that others may not write, and it belongs to root, to the effective
 * user or, when that is root, to the owner of the directory, who could remove it. */
bool own_file_is_trustworthy(int directory, const struct stat *status);

/* Returns true when the open file is still what `name` in `directory` stands for. */
bool own_file_is_named(int directory, const char *name, int file);

#endif
