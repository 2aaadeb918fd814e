/* Reading and writing whole files. */
#include "base/file.h"

#include "support/data.h"
#include "support/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* --- writing --- */

static int reader_of(int from, size_t expected)
{
    BUF_AUTO struct buf all = BUF(expected + 1);
    if (!read_all(from, &all) || all.length != expected)
        return 1;
    for (size_t i = 0; i < expected; i++)
        if (all.data[i] != (char)(i * 7))
            return 2;
    return 0;
}

/* The text is larger than a pipe, which blocks the writer several times. */
static void everything_is_written_in_as_many_steps_as_it_takes(void **state)
{
    (void)state;
    enum { AMOUNT = 1000003 };
    int ends[2];
    char *bytes = malloc(AMOUNT);
    assert_non_null(bytes);
    assert_int_equal(pipe(ends), 0);
    for (size_t i = 0; i < AMOUNT; i++)
        bytes[i] = (char)(i * 7);
    pid_t reader = fork();
    if (reader == 0) {
        close(ends[1]);
        _exit(reader_of(ends[0], AMOUNT));
    }
    close(ends[0]);
    assert_true(write_all(ends[1], str_bytes(bytes, AMOUNT)));
    close(ends[1]);
    free(bytes);
    int status = 0;
    assert_int_equal(waitpid(reader, &status, 0), reader);
    assert_int_equal(status, 0);
}

static void a_failed_write_is_told(void **state)
{
    (void)state;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    assert_true(full >= 0);
    errno = 0;
    assert_false(write_all(full, STR("x")));
    assert_int_equal(errno, ENOSPC);
    assert_true(write_all(full, STR("")));
    close(full);
    assert_false(write_all(-1, STR("x")));
    assert_int_equal(errno, EBADF);
}

/* --- reading from descriptors --- */

static int opened(void **state, struct str contents)
{
    char path[SCRATCH_PATH_SIZE];
    scratch_write(scratch_path(state, "file", path), contents, 0600);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(descriptor >= 0);
    return descriptor;
}

static void what_is_left_is_appended(void **state)
{
    BUF_AUTO struct buf buf = BUF(100);
    FD_AUTO int descriptor = opened(state, STR("abcdef"));
    assert_true(buf_append(&buf, STR("<")));
    assert_int_equal(lseek(descriptor, 2, SEEK_SET), 2);
    assert_true(read_all(descriptor, &buf));
    assert_same_text(buf_str(&buf), STR("<cdef"));
    assert_true(read_all(descriptor, &buf));
    assert_same_text(buf_str(&buf), STR("<cdef"));
}

static void as_much_as_the_limit_is_read_and_no_byte_more(void **state)
{
    static const size_t limits[] = {0, 1, 4095, 4096, 4097, 8192, 10000};
    char bytes[10001];
    memset(bytes, 'x', sizeof bytes);
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        BUF_AUTO struct buf fits = BUF(limits[i]);
        BUF_AUTO struct buf small = BUF(limits[i]);
        FD_AUTO int right = opened(state, str_bytes(bytes, limits[i]));
        assert_true(read_all(right, &fits));
        assert_int_equal(fits.length, limits[i]);
        FD_AUTO int longer = opened(state, str_bytes(bytes, limits[i] + 1));
        assert_false(read_all(longer, &small));
        assert_int_equal(errno, EFBIG);
    }
}

static void a_failed_read_is_told(void **state)
{
    FD_AUTO int directory = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    BUF_AUTO struct buf buf = BUF(10);
    BUF_AUTO struct buf none = BUF(0);
    assert_false(read_all(directory, &buf));
    assert_int_equal(errno, EISDIR);
    errno = 0;
    assert_false(read_all(directory, &none));
    assert_int_equal(errno, EISDIR);
}

/* --- reading by name --- */

static void assert_refused(const char *path, size_t limit, enum error_kind kind, const char *why)
{
    BUF_AUTO struct buf buf = BUF(limit);
    struct error error = {0};
    assert_false(file_read(path, "CA bundle", &buf, &error));
    assert_int_equal(error.kind, kind);
    assert_non_null(strstr(error.message, "CA bundle"));
    assert_non_null(strstr(error.message, path));
    if (strstr(error.message, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, why);
    assert_int_not_equal(error.advice[0], '\0');
}

static void a_file_is_read_whole_through_links(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    char link[SCRATCH_PATH_SIZE];
    BUF_AUTO struct buf buf = BUF(100);
    struct error error;
    scratch_write(scratch_path(state, "file", path), STR("contents"), 0600);
    assert_int_equal(symlink(path, scratch_path(state, "link", link)), 0);
    assert_true(file_read(link, "CA bundle", &buf, &error));
    assert_same_text(buf_str(&buf), STR("contents"));
}

static void an_empty_file_is_a_file(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    BUF_AUTO struct buf buf = BUF(0);
    struct error error;
    scratch_write(scratch_path(state, "empty", path), STR(""), 0600);
    assert_true(file_read(path, "CA bundle", &buf, &error));
    assert_int_equal(buf.length, 0);
}

static void an_absent_file_is_a_matter_of_configuration(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    assert_refused(scratch_path(state, "absent", path), 100, ERROR_CONFIGURATION,
                   "No such file or directory");
}

static void only_regular_files_are_read(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    assert_int_equal(mkfifo(scratch_path(state, "fifo", path), 0600), 0);
    assert_refused(path, 100, ERROR_CONFIGURATION,
                   "is not a regular file"); /* without waiting for a writer */
    assert_refused(*state, 100, ERROR_CONFIGURATION, "is not a regular file");
    assert_refused("/dev/zero", 100, ERROR_CONFIGURATION, "is not a regular file");
}

static void a_file_larger_than_the_limit_is_refused(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    scratch_write(scratch_path(state, "large", path), STR("0123456789"), 0600);
    assert_refused(path, 9, ERROR_CONFIGURATION, "is larger than 9 bytes");
}

static void a_file_that_may_not_be_read_is_denied(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    uid_t before = geteuid();
    scratch_write(scratch_path(state, "secret", path), STR("x"), 0000);
    if (before == 0)
        assert_int_equal(seteuid(65534), 0);
    BUF_AUTO struct buf buf = BUF(100);
    struct error error = {0};
    bool read = file_read(path, "CA bundle", &buf, &error);
    if (before == 0)
        assert_int_equal(seteuid(before), 0);
    assert_false(read);
    assert_int_equal(error.kind, ERROR_DENIED);
}

static void a_descriptor_that_is_none_is_not_closed(void **state)
{
    (void)state;
    const int none = -1;
    errno = 0;
    close_descriptor(&none);
    assert_int_equal(errno, 0);
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_written_in_as_many_steps_as_it_takes),
        cmocka_unit_test(a_failed_write_is_told),
        ON_DISK(what_is_left_is_appended),
        ON_DISK(as_much_as_the_limit_is_read_and_no_byte_more),
        ON_DISK(a_failed_read_is_told),
        ON_DISK(a_file_is_read_whole_through_links),
        ON_DISK(an_empty_file_is_a_file),
        ON_DISK(an_absent_file_is_a_matter_of_configuration),
        ON_DISK(only_regular_files_are_read),
        ON_DISK(a_file_larger_than_the_limit_is_refused),
        ON_DISK(a_file_that_may_not_be_read_is_denied),
        cmocka_unit_test(a_descriptor_that_is_none_is_not_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
