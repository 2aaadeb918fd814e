/* The options after a command's name. */
#include "base/file.h"
#include "base/format.h"
#include "command/command.h"
#include "support/data.h"
#include "support/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOST_ARGUMENTS = 8 };

#define SEE_HELP "; see wcp-tiny --help\n"

static const struct command everything = {.name = "once",
                                          .accepts = ACCEPTS_ONLY | ACCEPTS_FORCE | ACCEPTS_JSON |
                                                     ACCEPTS_WAIT_CLOCK | ACCEPTS_PROMETHEUS};
static const struct command nothing = {.name = "recover"};

/* Parses the words of `line`. Output to stderr is appended to `said`. */
static bool parse(void **state, const struct command *command, const char *line,
                  struct options *options, struct buf *said)
{
    char path[SCRATCH_PATH_SIZE];
    char *words[MOST_ARGUMENTS];
    static char text[256];
    int count = 0;
    struct str rest = str_from(line);
    struct str word;
    char *at = text;
    while (str_next(&rest, ' ', &word) && word.length > 0) {
        assert_true(count < MOST_ARGUMENTS);
        words[count++] = memcpy(at, word.data, word.length);
        at[word.length] = '\0';
        at += word.length + 1;
    }
    int file =
        open(scratch_path(state, "stderr", path), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int before = dup(STDERR_FILENO);
    assert_true(file >= 0 && before >= 0);
    dup2(file, STDERR_FILENO);
    bool taken = options_parse(command, count, words, options);
    dup2(before, STDERR_FILENO);
    close(before);
    assert_int_equal(lseek(file, 0, SEEK_SET), 0);
    assert_true(read_all(file, said));
    close(file);
    return taken;
}

static struct options taken(void **state, const struct command *command, const char *line)
{
    BUF_AUTO struct buf said = BUF(4096);
    struct options options;
    if (!parse(state, command, line, &options, &said))
        fail_msg("\"%s\": %s", line, buf_text(&said));
    assert_int_equal(said.length, 0);
    return options;
}

static void assert_refused(void **state, const struct command *command, const char *line,
                           const char *why)
{
    BUF_AUTO struct buf said = BUF(4096);
    struct options options;
    if (parse(state, command, line, &options, &said))
        fail_msg("\"%s\" was taken", line);
    assert_string_equal(buf_text(&said), why);
}

static void without_options_the_defaults_hold(void **state)
{
    struct options options = taken(state, &everything, "");
    assert_string_equal(options.config_path, "/etc/aws-workload-credentials-provider/config.toml");
    assert_null(options.only);
    assert_false(options.force);
    assert_false(options.json);
    assert_int_equal(options.wait_clock_seconds, 0);
}

static void every_command_takes_a_configuration_in_three_forms(void **state)
{
    static const char *const lines[] = {"-c /a.toml", "--config /a.toml", "--config=/a.toml"};
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(taken(state, &everything, lines[i]).config_path, "/a.toml");
        assert_string_equal(taken(state, &nothing, lines[i]).config_path, "/a.toml");
    }
    assert_string_equal(taken(state, &nothing, "--config=a=b").config_path, "a=b");
    assert_string_equal(taken(state, &nothing, "-c a -c b").config_path, "b");
}

static void all_options_may_stand_together_in_any_order(void **state)
{
    struct options options =
        taken(state, &everything, "--json --only arn-1 -c x --wait-clock=30 --force --prometheus");
    assert_string_equal(options.config_path, "x");
    assert_string_equal(options.only, "arn-1");
    assert_true(options.force);
    assert_true(options.json);
    assert_true(options.prometheus);
    assert_int_equal(options.wait_clock_seconds, 30);
    options = taken(state, &everything, "--wait-clock 7 --only=arn-2");
    assert_string_equal(options.only, "arn-2");
    assert_int_equal(options.wait_clock_seconds, 7);
    assert_false(options.force || options.json || options.prometheus);
}

static void a_command_refuses_what_it_does_not_know(void **state)
{
    static const struct {
        const char *line;
        const char *shown;
    } cases[] = {{"--only x", "--only"},
                 {"--force", "--force"},
                 {"--json", "--json"},
                 {"--prometheus", "--prometheus"},
                 {"--wait-clock=1", "--wait-clock=1"},
                 {"x", "x"},
                 {"--", "--"},
                 {"-x", "-x"},
                 {"--conf x", "--conf"},
                 {"--configs=x", "--configs=x"},
                 {"-c=x", "-c=x"},
                 {"--Config x", "--Config"},
                 {"-cx", "-cx"},
                 {"=", "="}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        BUF_AUTO struct buf why = BUF(1024);
        buf_format(&why, "wcp-tiny recover: \"%s\" is not an option of this command" SEE_HELP,
                   cases[i].shown);
        assert_refused(state, &nothing, cases[i].line, buf_text(&why));
    }
}

static void a_switch_takes_no_value(void **state)
{
    assert_refused(state, &everything, "--json=yes",
                   "wcp-tiny once: \"--json=yes\" is not an option of this command" SEE_HELP);
}

static void an_option_that_needs_a_value_gets_one(void **state)
{
    assert_refused(state, &everything, "--json -c",
                   "wcp-tiny once: --config needs a value" SEE_HELP);
    assert_refused(state, &everything, "--only", "wcp-tiny once: --only needs a value" SEE_HELP);
    assert_refused(state, &everything,
                   "--config=", "wcp-tiny once: \"\" is not a valid value for --config" SEE_HELP);
    assert_refused(state, &everything,
                   "--only=", "wcp-tiny once: \"\" is not a valid value for --only" SEE_HELP);
    assert_string_equal(taken(state, &everything, "-c --json").config_path, "--json");
}

static void the_time_to_wait_for_the_clock_is_at_most_a_day(void **state)
{
    static const char *const wrong[] = {"86401", "-1", "x", "1.5", "1h"};
    assert_int_equal(taken(state, &everything, "--wait-clock=0").wait_clock_seconds, 0);
    assert_int_equal(taken(state, &everything, "--wait-clock=86400").wait_clock_seconds, 86400);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        BUF_AUTO struct buf line = BUF(256);
        BUF_AUTO struct buf why = BUF(256);
        buf_format(&line, "--wait-clock=%s", wrong[i]);
        buf_format(&why, "wcp-tiny once: \"%s\" is not a valid value for --wait-clock" SEE_HELP,
                   wrong[i]);
        assert_refused(state, &everything, buf_text(&line), buf_text(&why));
    }
}

static void what_is_said_is_printable(void **state)
{
    assert_refused(state, &nothing, "a\033[2J\nb",
                   "wcp-tiny recover: \"a?[2J?b\" is not an option of this command" SEE_HELP);
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(without_options_the_defaults_hold),
        ON_DISK(every_command_takes_a_configuration_in_three_forms),
        ON_DISK(all_options_may_stand_together_in_any_order),
        ON_DISK(a_command_refuses_what_it_does_not_know),
        ON_DISK(a_switch_takes_no_value),
        ON_DISK(an_option_that_needs_a_value_gets_one),
        ON_DISK(the_time_to_wait_for_the_clock_is_at_most_a_day),
        ON_DISK(what_is_said_is_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
