/* The journal of a file set: what was committed, so that a crash between two renames can be
 * finished, and that the refresh command is still to run. */
#ifndef WCP_STORE_JOURNAL_H
#define WCP_STORE_JOURNAL_H

#include "base/buf.h"
#include "base/error.h"
#include "crypto/crypto.h"

enum { GENERATION_SIZE = 17, JOURNAL_MOST_MEMBERS = 4 };

struct journal_member {
    struct str path; /* borrowed from the text that was parsed */
    char hash[SHA256_HEX_SIZE];
};

struct journal {
    char generation[GENERATION_SIZE]; /* 16 lower-case hexadecimal digits, terminated */
    struct journal_member members[JOURNAL_MOST_MEMBERS];
    size_t count; /* at least 1 */
};

/* Appends the journal's text:
 *     wcp-journal 1
 *     generation <16 hex>
 *     member <SHA-256, hex> <absolute path>       (1 to JOURNAL_MOST_MEMBERS times)
 *     end <SHA-256, hex, of all the lines before>
 * Paths hold no control character (config/rules.h). */
bool journal_write(const struct journal *journal, struct buf *out);

/* Reads such a text, strictly; `text` must outlive the journal. ERROR_PERMANENT for anything else.
 */
bool journal_parse(struct str text, struct journal *journal, struct error *error);

/* The journal's file name for a certificate's file name: ".<name>.wcp-journal". */
void journal_name(const char *certificate_name, char *out, size_t size);
/* The temporary file's name for a target and a generation: ".<name>.<generation>.wcp-new". */
void temporary_name(const char *target_name, const char *generation, char *out, size_t size);
/* True when `name` looks like a temporary name of any target: quick, for whole directories. */
bool temporary_name_is_likely(struct str name);
/* True when `name` is a temporary name of `target_name`: `generation` gets its 16 digits. */
bool temporary_name_parse(struct str name, const char *target_name,
                          char generation[GENERATION_SIZE]);

/* A new random generation; false when the kernel gives no random bytes. */
bool generation_new(char generation[GENERATION_SIZE]);

#endif
