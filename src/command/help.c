/* wcp-tiny --help and --version, and the list of all commands. */
#include "command/command.h"

const struct command commands[] = {
    {"once", ACCEPTS_ONLY | ACCEPTS_FORCE | ACCEPTS_JSON | ACCEPTS_WAIT_CLOCK, command_once,
     "[--only ARN] [--force] [--wait-clock SECONDS] [--json]",
     "refresh every certificate now, then exit"},
    {"check", 0, command_check, "", "validate the configuration, all errors at once; no network"},
    {"recover", 0, command_recover, "", "finish what a crash interrupted; no network, no command"},
};
const size_t command_count = sizeof commands / sizeof commands[0];

int command_help(void)
{
    static const char *const rest[] = {
        "  --version",
        "      the version of this program and of the libraries inside",
        "  --help",
        "      this text",
        "",
        ("  -c, --config FILE      default: " CONFIG_DEFAULT_PATH),
        "  --only ARN             this certificate only",
        "  --force                replace files and run commands though nothing changed",
        "  --wait-clock SECONDS   wait that long for the clock to be set",
        "  --json                 the result of each certificate, on stdout",
        "",
        "Exit codes: 0 done; 1 something failed, each named on stderr;",
        "2 the configuration or the command line is wrong; 3 not permitted.",
    };
    say("wcp-tiny keeps the TLS certificates on this machine equal to what AWS");
    say("Certificate Manager holds.");
    say("%s", "");
    say("usage: wcp-tiny COMMAND [-c FILE] [OPTION...]");
    say("%s", "");
    for (size_t i = 0; i < command_count; i++) {
        say("  %s %s", commands[i].name, commands[i].synopsis);
        say("      %s", commands[i].summary);
    }
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++)
        say("%s", rest[i]);
    return EXIT_DONE;
}

int command_version(void)
{
    say("wcp-tiny " WCP_VERSION " (Mbed TLS " WCP_MBEDTLS_VERSION ", cJSON " WCP_CJSON_VERSION
        ", musl " WCP_MUSL_VERSION ")");
    return EXIT_DONE;
}
