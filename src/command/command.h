/* What a person types: a command, its options, an exit code. */
#ifndef WCP_COMMAND_COMMAND_H
#define WCP_COMMAND_COMMAND_H

#include "base/buf.h"
#include "config/config.h"

/* Exit codes, the same for every command. */
enum {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,      /* something failed, each named on stderr */
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
};

/* Options a command accepts besides --config, as bits. */
enum {
    ACCEPTS_ONLY = 1,
    ACCEPTS_FORCE = 2,
    ACCEPTS_JSON = 4,
    ACCEPTS_WAIT_CLOCK = 8,
    ACCEPTS_PROMETHEUS = 16,
    ACCEPTS_NO_START = 32,
    ACCEPTS_NO_SUDOERS = 64,
    ACCEPTS_PURGE = 128,
};

struct command {
    const char *name;
    unsigned accepts;
    int (*run)(const struct options *options);
};

/* Reads the options after a command's name. False: what is wrong was said on stderr. */
bool options_parse(const struct command *command, int count, char *const *arguments,
                   struct options *options);

/* Loads the configuration and says on stderr all that is wrong with it. `*exit_code` is set when it
 * returns false. */
bool command_load_config(const struct options *options, struct config *config, int *exit_code);

/* The same for a file that is to be copied into place: who may change it is no matter, unless it is
 * there already. `text` must take LIMIT_CONFIGURATION bytes and is what was checked. */
bool command_read_config(const struct options *options, struct buf *text, struct config *config,
                         int *exit_code);

/* Writes one formatted line to stdout or stderr. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Complains of an error, with what to do next: "what: message; advice". */
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

/* What older releases of libraries in this build lack, a sentence each, then NULL. Empty unless it
 * was built with ALLOW_OLDER=1. */
extern const char *const build_lacks[];

#endif
