/* A certificate of the configuration, whose files are to lie in two directories of a test's own;
 * bundles for it, and how its files stand. */
#ifndef WCP_TESTS_SITE_H
#define WCP_TESTS_SITE_H

#include "scratch.h"
#include "store/install.h"

struct site {
    struct certificate_config config;
    char left[SCRATCH_PATH_SIZE];
    char right[SCRATCH_PATH_SIZE];
    char certificate[SCRATCH_PATH_SIZE]; /* left/www.crt, 0644 */
    char key[SCRATCH_PATH_SIZE];         /* right/www.key, 0640 */
    char chain[SCRATCH_PATH_SIZE];       /* left/www.chain */
    char combined[SCRATCH_PATH_SIZE];    /* right/www.pem; not configured at first */
    char journal[SCRATCH_PATH_SIZE];     /* left/.www.crt.wcp-journal */
    void **scratch;
};

/* Setup and teardown for cmocka: `*state` is a struct site with empty directories and a refresh
 * command. */
int site_setup(void **state);
int site_teardown(void **state);

extern const struct bundle bundle_old;
extern const struct bundle bundle_new;

/* The paths of the configured files, in the order of the set. */
enum { SITE_FILES = 3 };
#define SITE_PATHS(site)                                                                           \
    {                                                                                              \
        (site)->certificate, (site)->key, (site)->chain                                            \
    }

/* install_bundle, install_settle and install_confirm without options, which must succeed. */
struct install_outcome site_install(const struct site *site, const struct bundle *bundle);
struct install_outcome site_settle(const struct site *site);
enum store_state site_confirm(const struct site *site, const char *generation);
/* The first must fail for the new bundle, and the second, with this kind of error and `part` in its
 * message. The second leaves the set unsettled. */
struct install_outcome assert_install_fails(const struct site *site, enum error_kind kind,
                                            const char *part);
void assert_settle_fails(const struct site *site, enum error_kind kind, const char *part);
/* Installed, its command done: no journal is left. */
void site_settled(const struct site *site, const struct bundle *bundle);

/* The paths of the temporary files of a target, with the new contents and with the old version, in
 * `out`, which is returned. */
const char *site_temporary(const char *target, const char *generation, char out[SCRATCH_PATH_SIZE]);
const char *site_kept(const char *target, const char *generation, char out[SCRATCH_PATH_SIZE]);

/* A replacement by `bundle_new`, with generation `site_generation`, as a crash after its commit
 * leaves it: the journal, and every member's new temporary file. The old versions are the present
 * files. */
extern const char site_generation[GENERATION_SIZE];
void site_commit(const struct site *site, enum journal_direction direction,
                 enum journal_before before);
/* The same as an earlier release left it: its journal knows no old versions. */
void site_commit_without_old(const struct site *site);
/* Writes such a journal; members are pairs of a path and contents, NULL at the end. */
void site_write_journal(const struct site *site, const char *const *members);
/* Exchanges a file with its new temporary file. */
void site_exchange(const char *target);

void assert_file(const char *path, struct str contents);
void assert_no_file(const char *path);
void assert_mode(const char *path, unsigned mode);
void assert_installed(const struct site *site, const struct bundle *bundle);
/* How many files there are in a directory, without the record of mount points that stays. */
size_t files_in(const char *directory);

#endif
