/* The command line: commands, options and exit codes. */
#ifndef WCP_COMMAND_COMMAND_H
#define WCP_COMMAND_COMMAND_H

#include "base/buf.h"
#include "config/config.h"

/* Exit codes, the same for every command. */
enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,      /* something failed; stderr lists each failure */
    EXIT_WRONG = 2,       /* the configuration or the command line is wrong */
    EXIT_NOT_ALLOWED = 3, /* not permitted, or another agent is running */
};

struct options {
    const char *config_path;
    const char *only; /* one certificate's ARN; NULL: all */
    bool force;
    bool json;
    bool prometheus;
    bool no_start;
    bool no_sudoers;
    bool purge;
    uint32_t wait_clock_seconds;
    uint32_t for_seconds; /* 0: one attempt, whatever time it takes */
};

/* The options that a command accepts besides --config, as bits. */
enum {
    ACCEPTS_ONLY = 1,
    ACCEPTS_FORCE = 2,
    ACCEPTS_JSON = 4,
    ACCEPTS_WAIT_CLOCK = 8,
    ACCEPTS_PROMETHEUS = 16,
    ACCEPTS_NO_START = 32,
    ACCEPTS_NO_SUDOERS = 64,
    ACCEPTS_PURGE = 128,
    ACCEPTS_FOR = 256,
};

struct command {
    const char *name;
    unsigned accepts;
    int (*run)(const struct options *options);
};

/* Parses the options after a command's name. False: an option is wrong, and the error was
 * printed. */
bool options_parse(const struct command *command, int count, char *const *arguments,
                   struct options *options);

/* Loads the configuration. False: it is invalid; its problems were printed to stderr, and
 * `*exit_code` is set. */
bool command_load_config(const struct options *options, struct config *config, int *exit_code);

/* The same for a file that is to be copied to its place. Its owner and mode are checked only when
 * it is the file at that place. `text` becomes the text that was checked; its limit must be
 * LIMIT_CONFIGURATION bytes. */
bool command_read_config(const struct options *options, struct buf *text, struct config *config,
                         int *exit_code);

/* Print one formatted line: say to stdout, complain to stderr. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Prints an error to stderr: "what: message; advice". */
void complain_of(const char *what, const struct error *error);

int command_once(const struct options *options);
int command_run(const struct options *options);
int command_acm_start(const struct options *options);
int command_refresh(const struct options *options);
int command_check(const struct options *options);
int command_recover(const struct options *options);
int command_status(const struct options *options);
int command_doctor(const struct options *options);
int command_reload(const struct options *options);
int command_permissions(const struct options *options);
int command_install(const struct options *options);
int command_uninstall(const struct options *options);

extern const struct command commands[];
extern const size_t command_count;
int command_help(void);
int command_version(void);

/* The shortcomings of older library releases in this build, one sentence each; NULL ends the list.
 * Empty unless it was built with ALLOW_OLDER=1. */
extern const char *const build_lacks[];

#endif
