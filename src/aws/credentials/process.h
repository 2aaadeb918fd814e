/* credential_process: the command line of a profile that writes credentials, and what it writes.
 * supervisor/credential_command.h runs it. */
#ifndef WCP_AWS_CREDENTIALS_PROCESS_H
#define WCP_AWS_CREDENTIALS_PROCESS_H

#include "aws/credentials/credentials.h"
#include "base/limits.h"

/* A command line, split. The words are owned. */
struct process_words {
    char *text;
    char *list[LIMIT_COMMAND_WORDS + 1]; /* ends with NULL, as argv */
};

/* Splits a command line at white space. Quotes and backslashes have the meaning that they have for
 * a POSIX shell; there is no shell. AWS's SDKs differ in that: some start one. What only a shell
 * would understand, such as | or $HOME outside of quotes, is an error, so that a command line means
 * the same to all of them. `what` names its place in messages, which contain nothing of it.
 * ERROR_CONFIGURATION: that; a quote that is not closed; no word, or more than
 * LIMIT_COMMAND_WORDS. The caller frees `words` in every case. */
bool process_split(struct str line, const char *what, struct process_words *words,
                   struct error *error);
void process_words_free(struct process_words *words);
#define PROCESS_WORDS_AUTO __attribute__((cleanup(process_words_free)))

#endif
