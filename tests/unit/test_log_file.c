/* The log file: whole lines, bounded size, archives, and files of other kinds in its place. */
#include "log/file.h"

#include "base/buf.h"
#include "base/file.h"
#include "base/format.h"
#include "support/data.h"
#include "support/scratch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define LOG "logs/" LOG_FILE_NAME
#define ARCHIVE "logs/archive"

/* Changes to the directory of the test, where the log is. */
static struct log_file log_in(void **state, uint32_t max_bytes, uint32_t archives)
{
    static char directory[] = "logs";
    assert_int_equal(chdir(*state), 0);
    return (struct log_file){directory, max_bytes, archives};
}

static void write_line(const struct log_file *file, const char *line)
{
    struct error error = {0};
    if (!log_file_write(file, str_from(line), &error))
        fail_msg("%s: %s", line, error.message);
}

static void assert_refused(const struct log_file *file, const char *part)
{
    struct error error = {0};
    assert_false(log_file_write(file, STR("refused\n"), &error));
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    if (strstr(error.message, part) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", part, error.message);
}

static bool exists(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

static unsigned mode_of(const char *path)
{
    struct stat status;
    assert_int_equal(lstat(path, &status), 0);
    return status.st_mode & 07777;
}

/* Appends the file's contents. */
static void read_into(const char *path, struct buf *text)
{
    struct error error = {0};
    if (!file_read(path, "log", text, &error))
        fail_msg("%s", error.message);
}

static void assert_text(const char *path, const char *expected)
{
    BUF_AUTO struct buf text = BUF(1 << 20);
    read_into(path, &text);
    assert_same_text(buf_str(&text), str_from(expected));
}

static const char *archive(unsigned number)
{
    static char path[64];
    format_text(path, sizeof path, ARCHIVE "/acm_provider_%u.log", number);
    return path;
}

static void lines_are_appended_to_a_file_that_others_cannot_read(void **state)
{
    struct log_file file = log_in(state, 4096, 5);
    mode_t before = umask(0777);
    write_line(&file, "one\n");
    umask(0);
    write_line(&file, "two\n");
    umask(before);
    assert_text(LOG, "one\ntwo\n");
    assert_int_equal(mode_of(LOG), 0640);
    assert_int_equal(chmod(LOG, 0600), 0);
    write_line(&file, "three\n");
    assert_int_equal(mode_of(LOG), 0600); /* an administrator chose this mode */
}

static void the_directory_is_made_but_not_its_parents(void **state)
{
    struct log_file file = log_in(state, 4096, 5);
    mode_t before = umask(0);
    write_line(&file, "one\n");
    umask(before);
    assert_int_equal(mode_of("logs"), 0750);
    file.directory = (char[]){"a/b"};
    assert_refused(&file, "a/b/acm_provider.log: No such file");
    assert_false(exists("a"));
}

/* The line that would exceed the limit begins a new file: exact to the byte. */
static void a_line_that_would_pass_the_limit_begins_a_new_file(void **state)
{
    enum { LIMIT = 100, LINE = 20 };
    for (unsigned filled = LIMIT - LINE - 3; filled <= LIMIT + 3; filled++) {
        struct log_file file = log_in(state, LIMIT, 5);
        char before[LIMIT + 4] = {0};
        char line[LINE + 1] = {0};
        BUF_AUTO struct buf both = BUF(1000);
        bool fits = filled + LINE <= LIMIT;
        memset(before, 'a', filled);
        memset(line, 'b', LINE);
        before[filled - 1] = line[LINE - 1] = '\n';
        mkdir("logs", 0700);
        scratch_write(LOG, str_from(before), 0640);
        write_line(&file, line);
        buf_format(&both, "%s%s", before, line);
        assert_text(LOG, fits ? buf_text(&both) : line);
        assert_int_equal(exists(archive(1)), !fits);
        if (!fits)
            assert_text(archive(1), before);
        unlink(archive(1));
    }
}

static void a_line_longer_than_the_limit_has_a_file_of_its_own(void **state)
{
    struct log_file file = log_in(state, 10, 5);
    write_line(&file, "a line that is too long\n");
    assert_false(exists(ARCHIVE));
    write_line(&file, "b\n");
    assert_text(LOG, "b\n");
    assert_text(archive(1), "a line that is too long\n");
    assert_int_equal(mode_of(ARCHIVE), 0750);
    assert_int_equal(mode_of(archive(1)), 0640);
}

static void the_newest_archives_are_kept(void **state)
{
    struct log_file file = log_in(state, 6, 5);
    char line[8];
    for (unsigned i = 1; i <= 20; i++) {
        format_text(line, sizeof line, "%u\n", 1000 + i);
        write_line(&file, line);
    }
    assert_text(LOG, "1020\n");
    for (unsigned number = 1; number <= 5; number++) {
        format_text(line, sizeof line, "%u\n", 1020 - number);
        assert_text(archive(number), line);
    }
    assert_false(exists(archive(6)));
}

static void fewer_archives_from_now_on(void **state)
{
    struct log_file file = log_in(state, 6, 5);
    for (unsigned i = 0; i < 10; i++)
        write_line(&file, "line\n");
    file.archives = 2;
    write_line(&file, "last\n");
    assert_true(exists(archive(2)));
    assert_false(exists(archive(3)));
    assert_false(exists(archive(5)));
    file.archives = 0;
    write_line(&file, "none\n");
    assert_text(LOG, "none\n");
    assert_false(exists(archive(1)));
}

static void no_line_is_lost_or_split_by_rotations(void **state)
{
    enum { LINES = 6000, ARCHIVES = 100, LIMIT = 4096 };
    struct log_file file = log_in(state, LIMIT, ARCHIVES);
    BUF_AUTO struct buf text = BUF(1 << 20);
    char line[128];
    struct str rest;
    struct str part;
    unsigned number = 0;
    /* The lengths vary, so that rotation happens at every distance from the limit. */
    for (unsigned i = 0; i < LINES; i++) {
        format_text(line, sizeof line, "%06u %.*s\n", i, (int)(i * 7 % 53),
                    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        write_line(&file, line);
    }
    for (unsigned i = ARCHIVES; i >= 1; i--) {
        size_t before = text.length;
        if (exists(archive(i)))
            read_into(archive(i), &text);
        assert_true(text.length - before <= LIMIT);
    }
    read_into(LOG, &text);
    rest = buf_str(&text);
    while (str_next_line(&rest, &part)) {
        format_text(line, sizeof line, "%06u", number);
        assert_same_text(str_take(part, 6), str_from(line));
        assert_int_equal(part.length, 7 + number * 7 % 53);
        number++;
    }
    assert_int_equal(number, LINES);
}

/* A killed rotation leaves a missing archive. The next rotation drops no archive for it. */
static void a_missing_number_takes_the_shift_up(void **state)
{
    for (unsigned missing = 1; missing <= 5; missing++) {
        struct log_file file = log_in(state, 6, 5);
        char line[8];
        for (unsigned i = 0; i < 6; i++) {
            format_text(line, sizeof line, "old%u\n",
                        5 - i); /* archive N holds "oldN", the log "old0" */
            write_line(&file, line);
        }
        assert_int_equal(unlink(archive(missing)), 0);
        write_line(&file, "new\n");
        for (unsigned number = 1; number <= 5; number++) {
            format_text(line, sizeof line, "old%u\n", number <= missing ? number - 1 : number);
            assert_text(archive(number), line);
        }
    }
}

static void a_log_that_was_moved_or_removed_begins_again(void **state)
{
    struct log_file file = log_in(state, 4096, 5);
    write_line(&file, "one\n");
    assert_int_equal(rename(LOG, "logs/acm_provider.log.1"), 0);
    write_line(&file, "two\n");
    assert_text("logs/acm_provider.log.1", "one\n");
    assert_text(LOG, "two\n");
    assert_int_equal(unlink(LOG), 0);
    write_line(&file, "three\n");
    assert_text(LOG, "three\n");
    assert_int_equal(truncate(LOG, 0), 0);
    write_line(&file, "four\n");
    assert_text(LOG, "four\n");
    assert_int_equal(rename("logs", "moved"), 0);
    write_line(&file, "five\n");
    assert_text(LOG, "five\n");
}

static void a_line_behind_a_torn_one_is_on_a_line_of_its_own(void **state)
{
    struct log_file file = log_in(state, 4096, 5);
    write_line(&file, "torn");
    write_line(&file, "whole\n");
    assert_text(LOG, "torn\nwhole\n");
}

static void a_link_in_place_of_the_log_is_refused(void **state)
{
    struct log_file file = log_in(state, 4096, 5);
    mkdir("logs", 0700);
    scratch_write("victim", STR("untouched\n"), 0600);
    assert_int_equal(symlink("../victim", LOG), 0);
    assert_refused(&file, "logs/acm_provider.log is a link or not a regular file");
    assert_int_equal(unlink(LOG), 0);
    assert_int_equal(symlink("../nowhere", LOG), 0);
    assert_refused(&file, "is a link");
    assert_false(exists("nowhere"));
    assert_int_equal(unlink(LOG), 0);
    assert_int_equal(link("victim", LOG), 0);
    assert_refused(&file, "is a link");
    assert_text("victim", "untouched\n");
}

static void what_is_no_file_in_place_of_the_log_is_refused(void **state)
{
    struct log_file file = log_in(state, 4096, 5);
    mkdir("logs", 0700);
    assert_int_equal(mkfifo(LOG, 0600), 0);
    assert_refused(&file, "is a link or not a regular file");
    assert_int_equal(unlink(LOG), 0);
    assert_int_equal(mkdir(LOG, 0700), 0);
    assert_refused(&file, "is a link or not a regular file");
}

static void a_link_in_place_of_the_archive_leads_nowhere(void **state)
{
    struct log_file file = log_in(state, 10, 5);
    write_line(&file, "one two\n");
    mkdir("elsewhere", 0700);
    assert_int_equal(symlink("../elsewhere", ARCHIVE), 0);
    assert_refused(&file, "cannot write the log");
    assert_text(LOG, "one two\n");
    assert_int_equal(rmdir("elsewhere"), 0); /* it is empty */
}

static void a_line_that_does_not_fit_leaves_nothing_of_itself(void **state)
{
    struct log_file file = log_in(state, 4096, 5);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    write_line(&file, "fits\n");
    struct rlimit tight = {.rlim_cur = 9, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    assert_refused(&file, "cannot write the log logs/acm_provider.log: No space left");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_DFL);
    assert_text(LOG, "fits\n");
    write_line(&file, "later\n");
    assert_text(LOG, "fits\nlater\n");
}

static void whether_it_can_be_written_is_told_without_writing(void **state)
{
    struct log_file file = log_in(state, 4096, 5);
    struct error error = {0};
    assert_false(log_file_is_writable(&file, &error));
    assert_non_null(strstr(error.message, "cannot write the log logs/acm_provider.log: No such"));
    mkdir("logs", 0700);
    assert_true(log_file_is_writable(&file, &error));
    assert_false(exists(LOG));
    write_line(&file, "one\n");
    assert_true(log_file_is_writable(&file, &error));
    assert_int_equal(unlink(LOG), 0);
    assert_int_equal(symlink("x", LOG), 0);
    assert_false(log_file_is_writable(&file, &error));
    assert_non_null(strstr(error.message, "is a link"));
}

#define IN_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(lines_are_appended_to_a_file_that_others_cannot_read),
        IN_SCRATCH(the_directory_is_made_but_not_its_parents),
        IN_SCRATCH(a_line_that_would_pass_the_limit_begins_a_new_file),
        IN_SCRATCH(a_line_longer_than_the_limit_has_a_file_of_its_own),
        IN_SCRATCH(the_newest_archives_are_kept),
        IN_SCRATCH(fewer_archives_from_now_on),
        IN_SCRATCH(no_line_is_lost_or_split_by_rotations),
        IN_SCRATCH(a_missing_number_takes_the_shift_up),
        IN_SCRATCH(a_log_that_was_moved_or_removed_begins_again),
        IN_SCRATCH(a_line_behind_a_torn_one_is_on_a_line_of_its_own),
        IN_SCRATCH(a_link_in_place_of_the_log_is_refused),
        IN_SCRATCH(what_is_no_file_in_place_of_the_log_is_refused),
        IN_SCRATCH(a_link_in_place_of_the_archive_leads_nowhere),
        IN_SCRATCH(a_line_that_does_not_fit_leaves_nothing_of_itself),
        IN_SCRATCH(whether_it_can_be_written_is_told_without_writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
