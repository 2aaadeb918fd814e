/* Runs the command that the arguments name. */
#include "base/relro.h"
#include "command/init.h"
#include "crypto/crypto.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static bool is_any(const char *text, const char *a, const char *b)
{
    return strcmp(text, a) == 0 || strcmp(text, b) == 0;
}

/* Opens the standard descriptors that are closed. Otherwise a file that is opened later would get
 * such a descriptor, and messages would be written into it. */
static void fill_standard_descriptors(void)
{
    int descriptor = 0;
    while (descriptor >= 0 && descriptor <= STDERR_FILENO)
        descriptor = open("/dev/null", O_RDWR);
    if (descriptor > STDERR_FILENO)
        close(descriptor);
}

/* Returns the number of words in a command's name ("run": 1, "acm start": 2) when the arguments
 * begin with them, else 0. */
static int count_matching_words(const char *name, int count, char *const *arguments)
{
    struct str rest = str_from(name);
    struct str word;
    int words = 0;
    for (; str_next(&rest, ' ', &word); words++)
        if (words >= count || !str_equal(word, str_from(arguments[words])))
            return 0;
    return words;
}

/* A parent may have blocked SIGTERM, or ignored SIGCHLD, for itself; both are inherited. Blocked,
 * it would not end a command; ignored, it would make waitpid(2) fail. */
static void restore_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
}

int main(int count, char **arguments)
{
    struct options options;
    relro_protect();
    fill_standard_descriptors();
    restore_signals();
    if (count < 2) {
        complain("wcp-tiny: a command is missing; see wcp-tiny --help");
        return EXIT_WRONG;
    }
    if (is_any(arguments[1], "--help", "-h") || is_any(arguments[count - 1], "--help", "-h") ||
        strcmp(arguments[1], "help") == 0)
        return command_help();
    if (is_any(arguments[1], "--version", "-V"))
        return command_version();
    for (size_t i = 0; i < command_count; i++) {
        int words = count_matching_words(commands[i].name, count - 1, arguments + 1);
        if (words == 0)
            continue;
        if (!options_parse(&commands[i], count - 1 - words, arguments + 1 + words, &options))
            return EXIT_WRONG;
        if (!crypto_start()) {
            complain("wcp-tiny: the cryptographic library does not start");
            return EXIT_FAILED;
        }
        return init_run(&commands[i], &options);
    }
    complain("wcp-tiny: there is no command \"%s\"; see wcp-tiny --help", arguments[1]);
    return EXIT_WRONG;
}
