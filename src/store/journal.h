/* The journal of a file set. It names the files of a replacement, with their new contents and the
 * versions that they replace. Once it is on disk, the replacement is committed: recovery can
 * complete it after a crash between two renames, or take it back. It exists until the hook has
 * succeeded. store/settle.h decides whether a journal is trusted. */
#ifndef WCP_STORE_JOURNAL_H
#define WCP_STORE_JOURNAL_H

#include "base/buf.h"
#include "base/error.h"
#include "store/version.h"

#include <limits.h>

enum { GENERATION_SIZE = 17, JOURNAL_MAX_MEMBERS = 4 };

struct journal_member {
    struct str path;            /* borrowed from the text that was parsed */
    char hash[SHA256_HEX_SIZE]; /* of the new contents */
    struct version old;         /* what the new contents replace */
};

/* Where the files are to go. */
enum journal_direction {
    JOURNAL_FORWARD, /* to their new contents */
    JOURNAL_BACK,    /* to their old versions: they could not all be replaced */
};

/* The state of the set before the commit, to which going back leads. */
enum journal_before {
    BEFORE_DONE,      /* nothing was left to do */
    BEFORE_HOOK_DUE,  /* the hook had still to run for an earlier change */
    BEFORE_UNSETTLED, /* the files did not belong together */
};

struct journal {
    /* Names the replacement: 16 lower-case hexadecimal digits, terminated. */
    char generation[GENERATION_SIZE];
    enum journal_direction direction;
    enum journal_before before;
    bool has_old_versions; /* false: of an earlier release, which could not go back */
    struct journal_member members[JOURNAL_MAX_MEMBERS];
    size_t count; /* at least 1 */
};

/* Appends the text of the journal. Returns false when `out` has failed. The text is:
 *     wcp-journal 2
 *     generation <16 hex>
 *     direction forward|back
 *     before done|hook-due|unsettled
 *     member <SHA-256, hex> <absolute path>       (1 to JOURNAL_MAX_MEMBERS times, each with:)
 *     old absent|file|link|unreadable <64 hex>    (store/version.h)
 *     end <SHA-256, hex, of all the lines before>
 * Without old versions it is the text of earlier releases: the heading is "wcp-journal 1", and the
 * lines "direction", "before" and "old" are missing. Paths contain no control character
 * (config/rules.h). */
bool journal_write(const struct journal *journal, struct buf *out);

/* Reads a text in exactly that form; `text` must outlive the journal. Returns false with
 * ERROR_PERMANENT for any other text. */
bool journal_parse(struct str text, struct journal *journal, struct error *error);

/* Writes the journal's file name for the name of a certificate file: ".<name>.wcp-journal". */
void journal_name(const char *certificate_name, char *out, size_t size);
/* The two temporary files of a target. */
enum temporary { TEMPORARY_NEW, TEMPORARY_OLD };
/* Writes the name of a temporary file: ".<name>.<generation>.wcp-new", or the same with ".wcp-old".
 */
void temporary_name(const char *target_name, const char *generation, enum temporary which,
                    char out[NAME_MAX + 1]);
/* Returns true when `name` may be the temporary name of any target: a quick test for all entries of
 * a directory. */
bool temporary_name_is_likely(struct str name);
/* Returns true when `name` is one of the temporary names of `target_name`, with its generation in
 * `generation`. */
bool temporary_name_parse(struct str name, const char *target_name,
                          char generation[GENERATION_SIZE]);

/* Makes a new random generation. Returns false when the kernel gives no random bytes. */
bool generation_new(char generation[GENERATION_SIZE]);

#endif
