/* The command line of a credential_process, split into words. */
#include "aws/credentials/process.h"

#include "base/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The words of the line must be these, each followed by '|'. */
static void assert_words(const char *line, const char *expected)
{
    PROCESS_WORDS_AUTO struct process_words words;
    BUF_AUTO struct buf found = BUF(4096);
    struct error error = error_none();
    if (!process_split(str_from(line), "the line", &words, &error))
        fail_msg("%s: %s", line, error.message);
    for (size_t i = 0; words.list[i] != NULL; i++)
        buf_format(&found, "%s|", words.list[i]);
    assert_string_equal(buf_text(&found), expected);
}

static void assert_refused(const char *line, const char *message)
{
    PROCESS_WORDS_AUTO struct process_words words;
    struct error error = error_none();
    if (process_split(str_from(line), "the line", &words, &error))
        fail_msg("taken: %s", line);
    assert_int_equal(error.kind, ERROR_CONFIGURATION);
    if (strstr(error.message, message) == NULL)
        fail_msg("%s: %s", line, error.message);
}

static void words_are_separated_by_white_space(void **state)
{
    (void)state;
    assert_words("/bin/helper", "/bin/helper|");
    assert_words(" \t helper  --role\tx=y \r\n", "helper|--role|x=y|");
}

static void quotes_and_backslashes_are_those_of_a_shell(void **state)
{
    (void)state;
    assert_words("'a b' \"c d\" e\\ f", "a b|c d|e f|");
    assert_words("a' b'\"c \"d", "a bc d|");
    assert_words("'' \"\" x", "||x|");
    assert_words("'a\\b\"c' \"a\\\"b\\\\c\\d'e\"", "a\\b\"c|a\"b\\c\\d'e|");
    assert_words("\\'a\\\" \\\\", "'a\"|\\|");
    assert_words("a\\", "a\\|");
}

static void text_that_only_looks_like_a_shells_is_taken(void **state)
{
    (void)state;
    assert_words("'$HOME' '`a`' '|' \"a&b;c<d>e(f)\" \\$x \"\\$x\"",
                 "$HOME|`a`|||a&b;c<d>e(f)|$x|$x|");
    assert_words("a~ a#b x=~ *", "a~|a#b|x=~|*|");
}

static void what_needs_a_shell_is_refused_with_its_place(void **state)
{
    (void)state;
    static const char *const lines[] = {"ab $x", "ab \"$x\"", "ab `x`", "ab |x",  "ab &", "ab ;x",
                                        "ab >x", "ab <x",     "ab (x)", "ab ~/x", "ab #x"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_refused(lines[i], lines[i][3] == '"' ? "at byte 5" : "at byte 4");
    assert_refused("a $SECRET", "the line has $ at byte 3, which only a shell would understand");
}

static void lines_without_a_command_or_an_end_are_refused(void **state)
{
    (void)state;
    assert_refused("", "the line has no command");
    assert_refused(" \t", "the line has no command");
    assert_refused("a 'b", "a quote that is not closed");
    assert_refused("a \"b\\\"", "a quote that is not closed");
}

static void the_number_of_words_is_limited(void **state)
{
    (void)state;
    BUF_AUTO struct buf line = BUF(4096);
    for (size_t i = 0; i < LIMIT_COMMAND_WORDS; i++)
        buf_append(&line, STR("a "));
    PROCESS_WORDS_AUTO struct process_words words;
    struct error error = error_none();
    assert_true(process_split(buf_str(&line), "the line", &words, &error));
    assert_null(words.list[LIMIT_COMMAND_WORDS]);
    buf_append(&line, STR("a"));
    assert_refused(buf_text(&line), "too many words");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_separated_by_white_space),
        cmocka_unit_test(quotes_and_backslashes_are_those_of_a_shell),
        cmocka_unit_test(text_that_only_looks_like_a_shells_is_taken),
        cmocka_unit_test(what_needs_a_shell_is_refused_with_its_place),
        cmocka_unit_test(lines_without_a_command_or_an_end_are_refused),
        cmocka_unit_test(the_number_of_words_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
