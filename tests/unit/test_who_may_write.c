/* Who may write a file that decides what this program does. */
#include "base/who_may_write.h"

#include "base/format.h"
#include "support/data.h"
#include "support/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { NOBODY = 65534, SOMEBODY = 65533, LIMIT = 64 };

static bool is_protected(const char *path, struct error *error)
{
    BUF_AUTO struct buf text = BUF(LIMIT);
    return protected_file_read(path, "configuration", &text, NULL, error);
}

static void assert_protected(const char *path)
{
    struct error error = {0};
    if (!is_protected(path, &error))
        fail_msg("%s", error.message);
}

static void assert_refused(const char *path, enum error_kind kind, const char *why)
{
    struct error error = {0};
    if (is_protected(path, &error))
        fail_msg("%s was taken", path);
    assert_int_equal(error.kind, kind);
    assert_non_null(strstr(error.message, "configuration"));
    if (strstr(error.message, why) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", error.message, why);
}

/* --- the judgement ---------------------------------------------------------------------------- */

/* Judged by the agent of user 1000. */
static void owner_and_mode_say_who_may_write(void **state)
{
    (void)state;
    static const struct {
        uid_t owner;
        mode_t mode;
        enum writers file;
        enum writers sticky_entry;
    } table[] = {
        {0, S_IFREG | 0644, WRITERS_NONE, WRITERS_NONE},
        {0, S_IFREG | 0600, WRITERS_NONE, WRITERS_NONE},
        {1000, S_IFREG | 0600, WRITERS_NONE, WRITERS_NONE},
        {1000, S_IFDIR | 0755, WRITERS_NONE, WRITERS_NONE},
        {1001, S_IFREG | 0444, WRITERS_OWNER, WRITERS_OWNER},
        {1001, S_IFREG | 0666, WRITERS_OWNER, WRITERS_OWNER},
        {1001, S_IFLNK | 0777, WRITERS_OWNER, WRITERS_OWNER},
        {0, S_IFREG | 0664, WRITERS_OTHERS, WRITERS_NONE},
        {0, S_IFREG | 0646, WRITERS_OTHERS, WRITERS_NONE},
        {0, S_IFDIR | 01777, WRITERS_OTHERS, WRITERS_NONE},
        {1000, S_IFDIR | 0770, WRITERS_OTHERS, WRITERS_NONE},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct stat status = {.st_uid = table[i].owner, .st_mode = table[i].mode, .st_nlink = 1};
        assert_int_equal(who_may_write(&status, 1000), table[i].file);
        assert_int_equal(who_may_replace_sticky(&status, 1000), table[i].sticky_entry);
        status.st_nlink = 2;
        enum writers twice = table[i].sticky_entry;
        if (twice == WRITERS_NONE && S_ISREG(status.st_mode))
            twice = WRITERS_LINKED;
        assert_int_equal(who_may_replace_sticky(&status, 1000), twice);
    }
}

/* --- files on the disk ------------------------------------------------------------------------ */

static void a_file_that_only_its_owner_may_write_is_protected(void **state)
{
    static const mode_t modes[] = {0600, 0400, 0440, 0640, 0644, 0444, 0755};
    char path[SCRATCH_PATH_SIZE];
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        scratch_write(scratch_path(state, "config.toml", path), STR(""), modes[i]);
        assert_protected(path);
    }
}

static void a_file_that_others_may_write_is_refused(void **state)
{
    static const mode_t modes[] = {0620, 0602, 0660, 0666, 0777, 01602};
    char path[SCRATCH_PATH_SIZE];
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        scratch_write(scratch_path(state, "config.toml", path), STR(""), modes[i]);
        assert_refused(path, ERROR_CONFIGURATION, "may be written by its group or by everybody");
    }
}

static void a_file_in_a_directory_that_others_may_write_is_refused(void **state)
{
    static const mode_t modes[] = {0720, 0702, 0777};
    char path[SCRATCH_PATH_SIZE];
    scratch_write(scratch_path(state, "config.toml", path), STR(""), 0600);
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(chmod(*state, modes[i]), 0);
        assert_refused(path, ERROR_CONFIGURATION, "may be written by its group or by everybody");
        assert_refused(path, ERROR_CONFIGURATION, *state);
    }
    assert_int_equal(chmod(*state, 0755), 0);
    assert_protected(path);
}

static bool hard_links_are_protected(void)
{
    char setting[2] = "0";
    FILE *file = fopen("/proc/sys/fs/protected_hardlinks", "re");
    if (file != NULL) {
        (void)!fread(setting, 1, 1, file);
        fclose(file);
    }
    return setting[0] == '1';
}

/* As /tmp is: others can create names, but not replace ours. */
static void a_sticky_directory_protects_the_files_of_its_owner(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    char second[SCRATCH_PATH_SIZE];
    scratch_write(scratch_path(state, "config.toml", path), STR(""), 0600);
    assert_int_equal(chmod(*state, 01777), 0);
    assert_protected(path);
    assert_int_equal(link(path, scratch_path(state, "second", second)), 0);
    if (hard_links_are_protected())
        assert_protected(path);
    else
        assert_refused(path, ERROR_CONFIGURATION, "has a second name");
    assert_int_equal(unlink(second), 0);
    assert_int_equal(chmod(path, 0666), 0);
    assert_refused(path, ERROR_CONFIGURATION, "may be written by its group or by everybody");
}

static void every_directory_above_counts(void **state)
{
    char top[SCRATCH_PATH_SIZE];
    char path[SCRATCH_PATH_SIZE];
    assert_int_equal(mkdir(scratch_path(state, "top", top), 0755), 0);
    assert_int_equal(mkdir(scratch_path(state, "top/middle", path), 0755), 0);
    assert_int_equal(mkdir(scratch_path(state, "top/middle/low", path), 0755), 0);
    scratch_write(scratch_path(state, "top/middle/low/config.toml", path), STR(""), 0600);
    assert_protected(path);
    assert_int_equal(chmod(top, 0777), 0);
    assert_refused(path, ERROR_CONFIGURATION, "top may be written by its group or by everybody");
    assert_int_equal(chmod(top, 01777), 0);
    assert_protected(path);
}

/* A volume of Kubernetes: config.toml -> ..data/config.toml, ..data -> ..2026_06_11. */
static void the_links_of_a_kubernetes_volume_are_followed(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    char file[SCRATCH_PATH_SIZE];
    assert_int_equal(mkdir(scratch_path(state, "..2026_06_11", path), 0755), 0);
    scratch_write(scratch_path(state, "..2026_06_11/config.toml", file), STR(""), 0644);
    assert_int_equal(symlink("..2026_06_11", scratch_path(state, "..data", path)), 0);
    assert_int_equal(symlink("..data/config.toml", scratch_path(state, "config.toml", path)), 0);
    assert_int_equal(chmod(*state, 01777), 0);
    assert_protected(path);
    assert_int_equal(chmod(*state, 0777), 0);
    assert_refused(path, ERROR_CONFIGURATION, "may be written by its group or by everybody");
    assert_int_equal(chmod(*state, 0755), 0);
    assert_int_equal(chmod(file, 0646), 0);
    assert_refused(path, ERROR_CONFIGURATION, "..2026_06_11/config.toml may be written");
}

static void links_up_and_in_circles_come_to_an_end(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    assert_int_equal(mkdir(scratch_path(state, "below", path), 0755), 0);
    scratch_write(scratch_path(state, "config.toml", path), STR(""), 0600);
    assert_int_equal(symlink("../config.toml", scratch_path(state, "below/up", path)), 0);
    assert_protected(path);
    assert_protected(scratch_path(state, ".//below/../below/./up", path));
    assert_int_equal(symlink("circle", scratch_path(state, "circle", path)), 0);
    assert_refused(path, ERROR_CONFIGURATION, "circle: ");
}

static void the_contents_and_the_mode_are_those_of_the_file(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    struct error error = {0};
    mode_t mode = 0;
    BUF_AUTO struct buf text = BUF(LIMIT);
    scratch_write(scratch_path(state, "file", path), STR("bytes"), 0640);
    assert_true(protected_file_read(path, "CA bundle", &text, &mode, &error));
    assert_true(str_equal(buf_str(&text), STR("bytes")));
    assert_int_equal(mode, S_IFREG | 0640);
    BUF_AUTO struct buf small = BUF(4);
    assert_false(protected_file_read(path, "CA bundle", &small, &mode, &error));
    assert_non_null(strstr(error.message, "is larger than 4 bytes"));
}

static void what_to_do_about_it_is_said(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    BUF_AUTO struct buf advice = BUF(1024);
    struct error error = {0};
    scratch_write(scratch_path(state, "config.toml", path), STR(""), 0666);
    assert_false(is_protected(path, &error));
    buf_format(&advice, "run: chmod go-w %s", path);
    assert_string_equal(error.advice, buf_text(&advice));
}

static void a_link_is_followed_and_its_place_must_be_protected_too(void **state)
{
    char link[SCRATCH_PATH_SIZE];
    char directory[SCRATCH_PATH_SIZE];
    char file[SCRATCH_PATH_SIZE];
    assert_int_equal(mkdir(scratch_path(state, "real", directory), 0700), 0);
    scratch_write(scratch_path(state, "real/config.toml", file), STR(""), 0600);
    assert_int_equal(symlink("real/config.toml", scratch_path(state, "link", link)), 0);
    assert_protected(link);
    assert_int_equal(chmod(directory, 0777), 0);
    assert_refused(link, ERROR_CONFIGURATION, "real may be written by its group or by everybody");
    assert_int_equal(chmod(directory, 0700), 0);
    assert_int_equal(chmod(file, 0606), 0);
    assert_refused(link, ERROR_CONFIGURATION, "may be written by its group or by everybody");
    assert_int_equal(chmod(file, 0600), 0);
    assert_int_equal(chmod(*state, 0777), 0);
    assert_refused(link, ERROR_CONFIGURATION, "may be written by its group or by everybody");
}

static void a_path_may_be_relative(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    char before[SCRATCH_PATH_SIZE];
    assert_non_null(getcwd(before, sizeof before));
    scratch_write(scratch_path(state, "config.toml", path), STR(""), 0600);
    assert_int_equal(chdir(*state), 0);
    struct error error = {0};
    bool alone = is_protected("config.toml", &error);
    assert_int_equal(chmod(".", 0777), 0);
    bool exposed = !is_protected("config.toml", &error);
    assert_int_equal(chdir(before), 0);
    assert_true(alone);
    assert_true(exposed);
}

static void only_a_regular_file_is_taken(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    assert_int_equal(mkfifo(scratch_path(state, "fifo", path), 0600), 0);
    assert_refused(path, ERROR_CONFIGURATION, "is not a regular file");
    assert_int_equal(mkdir(scratch_path(state, "directory", path), 0700), 0);
    assert_refused(path, ERROR_CONFIGURATION, "is not a regular file");
    assert_refused("/dev/null", ERROR_CONFIGURATION, "is not a regular file");
}

static void an_absent_file_is_said_to_be_absent(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    assert_refused(scratch_path(state, "absent", path), ERROR_CONFIGURATION,
                   "No such file or directory");
    assert_int_equal(symlink("nowhere", scratch_path(state, "dangling", path)), 0);
    assert_refused(path, ERROR_CONFIGURATION, "No such file or directory");
}

/* --- files of other users: these tests need root --- */

static void need_root(void)
{
    if (geteuid() != 0)
        skip();
}

static void a_file_of_another_user_is_refused(void **state)
{
    need_root();
    char path[SCRATCH_PATH_SIZE];
    struct error error = {0};
    scratch_write(scratch_path(state, "config.toml", path), STR(""), 0600);
    assert_int_equal(chown(path, SOMEBODY, 0), 0);
    assert_refused(path, ERROR_CONFIGURATION, "belongs to another user");
    assert_false(is_protected(path, &error));
    assert_true(str_starts_with(str_from(error.advice), STR("run: chown root /")));
    assert_int_equal(chown(path, 0, 0), 0);
    assert_int_equal(chown(*state, SOMEBODY, 0), 0);
    assert_refused(path, ERROR_CONFIGURATION, "belongs to another user");
}

/* Whoever owns a name in a sticky directory can replace it. */
static void a_sticky_directory_does_not_protect_what_others_put_there(void **state)
{
    need_root();
    char path[SCRATCH_PATH_SIZE];
    char link[SCRATCH_PATH_SIZE];
    scratch_write(scratch_path(state, "config.toml", path), STR(""), 0600);
    assert_int_equal(symlink("config.toml", scratch_path(state, "link", link)), 0);
    assert_int_equal(chmod(*state, 01777), 0);
    assert_protected(link);
    assert_int_equal(lchown(link, SOMEBODY, 0), 0);
    assert_refused(link, ERROR_CONFIGURATION, "link belongs to another user");
    assert_int_equal(chmod(*state, 0755), 0);
    assert_protected(link);
    assert_int_equal(chmod(*state, 01777), 0);
    assert_int_equal(chown(*state, SOMEBODY, 0), 0);
    assert_refused(path, ERROR_CONFIGURATION, "belongs to another user");
}

/* Reads it as a user other than root. */
static bool nobody_finds_protected(const char *path, struct error *error)
{
    assert_int_equal(seteuid(NOBODY), 0);
    bool taken = is_protected(path, error);
    assert_int_equal(seteuid(0), 0);
    return taken;
}

static void roots_and_the_agents_own_files_are_taken(void **state)
{
    need_root();
    char path[SCRATCH_PATH_SIZE];
    struct error error = {0};
    scratch_write(scratch_path(state, "config.toml", path), STR(""), 0644);
    assert_int_equal(chmod(*state, 0755), 0);
    assert_true(nobody_finds_protected(path, &error));
    assert_int_equal(chown(path, NOBODY, 0), 0);
    assert_true(nobody_finds_protected(path, &error));
    assert_int_equal(chown(path, SOMEBODY, 0), 0);
    assert_false(nobody_finds_protected(path, &error));
    assert_int_equal(chmod(*state, 0700), 0);
    assert_false(nobody_finds_protected(path, &error));
    assert_int_equal(error.kind, ERROR_DENIED);
}

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, scratch_setup, scratch_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(owner_and_mode_say_who_may_write),
        ON_DISK(a_file_that_only_its_owner_may_write_is_protected),
        ON_DISK(a_file_that_others_may_write_is_refused),
        ON_DISK(a_file_in_a_directory_that_others_may_write_is_refused),
        ON_DISK(a_sticky_directory_protects_the_files_of_its_owner),
        ON_DISK(every_directory_above_counts),
        ON_DISK(the_links_of_a_kubernetes_volume_are_followed),
        ON_DISK(links_up_and_in_circles_come_to_an_end),
        ON_DISK(the_contents_and_the_mode_are_those_of_the_file),
        ON_DISK(what_to_do_about_it_is_said),
        ON_DISK(a_link_is_followed_and_its_place_must_be_protected_too),
        ON_DISK(a_path_may_be_relative),
        ON_DISK(only_a_regular_file_is_taken),
        ON_DISK(an_absent_file_is_said_to_be_absent),
        ON_DISK(a_file_of_another_user_is_refused),
        ON_DISK(a_sticky_directory_does_not_protect_what_others_put_there),
        ON_DISK(roots_and_the_agents_own_files_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
