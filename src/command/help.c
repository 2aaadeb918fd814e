/* wcp-tiny --help and --version, and the list of all commands. */
#include "base/file.h"
#include "command/command.h"

#include <unistd.h>

const struct command commands[] = {
    {"once", ACCEPTS_ONLY | ACCEPTS_FORCE | ACCEPTS_JSON | ACCEPTS_WAIT_CLOCK, command_once,
     "[--only ARN] [--force] [--wait-clock SECONDS] [--json]",
     "refresh every certificate now, then exit"},
    {"run", 0, command_run, "", "stay, and keep every certificate fresh"},
    {"acm start", 0, command_acm_start, "", "the same; ends when nothing is configured"},
    {"refresh", 0, command_refresh, "", "ask the running agent for a refresh now (SIGUSR1)"},
    {"check", 0, command_check, "", "validate the configuration, all errors at once; no network"},
    {"recover", 0, command_recover, "", "finish what a crash interrupted; no network, no command"},
    {"status", ACCEPTS_JSON | ACCEPTS_PROMETHEUS, command_status, "[--json | --prometheus]",
     "every certificate, days left, and what fails; also while no agent runs"},
    {"doctor", 0, command_doctor, "", "try every step, and say how to mend what fails"},
    {"reload", ACCEPTS_NO_SUDOERS, command_reload, "[--no-sudoers]",
     "check FILE, copy it into place, have the agent apply it"},
    {"acm reload", ACCEPTS_NO_SUDOERS, command_reload, "[--no-sudoers]", "the same"},
    {"setup-config-based-permissions", ACCEPTS_NO_SUDOERS, command_permissions, "[--no-sudoers]",
     "let the service user run the commands and write the directories of FILE"},
    {"install", ACCEPTS_NO_START | ACCEPTS_NO_SUDOERS, command_install,
     "[--no-start] [--no-sudoers]", "make this program, with FILE, a service of this machine"},
    {"uninstall", ACCEPTS_PURGE, command_uninstall, "[--purge]",
     "remove what install made; --purge: configuration and logs, too"},
};
const size_t command_count = sizeof commands / sizeof commands[0];

int command_help(void)
{
    static const char before[] =
        "wcp-tiny keeps the TLS certificates on this machine equal to what AWS\n"
        "Certificate Manager holds.\n"
        "\n"
        "usage: wcp-tiny COMMAND [-c FILE] [OPTION...]\n"
        "\n";
    static const char after[] =
        "  --version\n"
        "      the version of this program and of the libraries inside\n"
        "  --help\n"
        "      this text\n"
        "\n"
        "  -c, --config FILE      instead of\n"
        "      " CONFIG_DEFAULT_PATH "\n"
        "  --only ARN             this certificate only\n"
        "  --force                replace files and run commands though nothing changed\n"
        "  --wait-clock SECONDS   wait that long for the clock to be set\n"
        "  --json                 the result of each certificate, on stdout\n"
        "  --prometheus           the same for node_exporter's textfile collector\n"
        "\n"
        "Exit codes: 0 done; 1 something failed, each named on stderr;\n"
        "2 the configuration or the command line is wrong; 3 not permitted, or\n"
        "another agent is running.\n";
    write_all(STDOUT_FILENO, str_from(before));
    for (size_t i = 0; i < command_count; i++) {
        say("  %s %s", commands[i].name, commands[i].synopsis);
        say("      %s", commands[i].summary);
    }
    write_all(STDOUT_FILENO, str_from(after));
    return EXIT_DONE;
}

int command_version(void)
{
    say("wcp-tiny " WCP_VERSION " (Mbed TLS " WCP_MBEDTLS_VERSION ", cJSON " WCP_CJSON_VERSION
        ", musl " WCP_MUSL_VERSION ")");
    return EXIT_DONE;
}
