/* wcp-tiny --help (help.txt) and --version, and the list of all commands. */
#include "base/file.h"
#include "build_info.h"
#include "command/command.h"
#include "command/embedded.h"

#include <unistd.h>

const struct command commands[] = {
    {"once", ACCEPTS_ONLY | ACCEPTS_FORCE | ACCEPTS_JSON | ACCEPTS_WAIT_CLOCK | ACCEPTS_FOR,
     command_once},
    {"run", 0, command_run},
    {"acm start", 0, command_acm_start},
    {"refresh", 0, command_refresh},
    {"check", 0, command_check},
    {"recover", 0, command_recover},
    {"status", ACCEPTS_JSON | ACCEPTS_PROMETHEUS, command_status},
    {"doctor", 0, command_doctor},
    {"reload", ACCEPTS_NO_SUDOERS, command_reload},
    {"acm reload", ACCEPTS_NO_SUDOERS, command_reload},
    {"setup-config-based-permissions", ACCEPTS_NO_SUDOERS, command_permissions},
    {"install", ACCEPTS_NO_START | ACCEPTS_NO_SUDOERS, command_install},
    {"uninstall", ACCEPTS_PURGE, command_uninstall},
};
const size_t command_count = sizeof commands / sizeof commands[0];

int command_help(void)
{
    BUF_AUTO struct buf texts = BUF(embedded_length);
    struct error error = error_none();
    if (!embedded_unpack(&texts, &error)) {
        complain("wcp-tiny: %s", error.message);
        return EXIT_FAILED;
    }
    /* help.txt is the first of them */
    return write_all(STDOUT_FILENO, str_from(texts.data + sizeof "help.txt")) ? EXIT_DONE
                                                                              : EXIT_FAILED;
}

const char *const build_lacks[] = WCP_LACKS;

int command_version(void)
{
    say("wcp-tiny " WCP_VERSION " (" WCP_LIBRARIES ")");
    for (const char *const *lack = build_lacks; *lack != NULL; lack++)
        say("older than wanted: %s", *lack);
    return EXIT_DONE;
}
