/* The journal of a file set. It names the files of a replacement and the hashes of their new
 * contents. Once it is on disk, the replacement is committed: recovery can complete it after a
 * crash between two renames. It exists until the hook has succeeded. store/settle.h decides
 * whether a journal is trusted. */
#ifndef WCP_STORE_JOURNAL_H
#define WCP_STORE_JOURNAL_H

#include "base/buf.h"
#include "base/error.h"
#include "crypto/hash.h"

enum { GENERATION_SIZE = 17, JOURNAL_MAX_MEMBERS = 4 };

struct journal_member {
    struct str path; /* borrowed from the text that was parsed */
    char hash[SHA256_HEX_SIZE];
};

struct journal {
    /* Names the replacement: 16 lower-case hexadecimal digits, terminated. */
    char generation[GENERATION_SIZE];
    struct journal_member members[JOURNAL_MAX_MEMBERS];
    size_t count; /* at least 1 */
};

/* Appends the text of the journal. Returns false when `out` has failed. The text is:
 *     wcp-journal 1
 *     generation <16 hex>
 *     member <SHA-256, hex> <absolute path>       (1 to JOURNAL_MAX_MEMBERS times)
 *     end <SHA-256, hex, of all the lines before>
 * Paths contain no control character (config/rules.h). */
bool journal_write(const struct journal *journal, struct buf *out);

/* Reads a text in exactly that form; `text` must outlive the journal. Returns false with
 * ERROR_PERMANENT for any other text. */
bool journal_parse(struct str text, struct journal *journal, struct error *error);

/* Writes the journal's file name for the name of a certificate file: ".<name>.wcp-journal". */
void journal_name(const char *certificate_name, char *out, size_t size);
/* Writes the name of the temporary file of a target: ".<name>.<generation>.wcp-new". */
void temporary_name(const char *target_name, const char *generation, char *out, size_t size);
/* Returns true when `name` may be the temporary name of any target: a quick test for all entries of
 * a directory. */
bool temporary_name_is_likely(struct str name);
/* Returns true when `name` is a temporary name of `target_name`, with its generation in
 * `generation`. */
bool temporary_name_parse(struct str name, const char *target_name,
                          char generation[GENERATION_SIZE]);

/* Makes a new random generation. Returns false when the kernel gives no random bytes. */
bool generation_new(char generation[GENERATION_SIZE]);

#endif
