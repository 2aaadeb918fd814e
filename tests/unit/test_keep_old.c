/* Keeping the old version of a file: by exchanging names, else as a hard link, else as a copy. The
 * tests are in this order, because each takes a system call from the process for good. */
#include "base/file.h"
#include "support/site.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

enum keeping { BY_EXCHANGE, BY_LINK, BY_COPY };

enum { SOMEBODY = 65533 };

/* --- system calls that fail ------------------------------------------------------------------- */

#define LOW_WORD (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0)
#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define SKIP_UNLESS(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (count))
#define FAIL(number) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (number))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static bool install_filter(struct sock_filter *filter, unsigned short length)
{
    const struct sock_fprog program = {.len = length, .filter = filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* As on a file system that cannot exchange names. False: the kernel has no seccomp. */
static bool forbid_exchange(void)
{
    struct sock_filter filter[] = {
        LOAD(offsetof(struct seccomp_data, nr)),
        SKIP_UNLESS(SYS_renameat2, 3),
        LOAD(offsetof(struct seccomp_data, args[4]) + LOW_WORD),
        SKIP_UNLESS(2, 1), /* RENAME_EXCHANGE */
        FAIL(EINVAL),
        ALLOW,
    };
    return install_filter(filter, sizeof filter / sizeof filter[0]);
}

/* As on a file system without hard links. */
static bool forbid_links(void)
{
    struct sock_filter filter[] = {
        LOAD(offsetof(struct seccomp_data, nr)),
        SKIP_UNLESS(SYS_linkat, 1),
        FAIL(EPERM),
        ALLOW,
    };
    return install_filter(filter, sizeof filter / sizeof filter[0]);
}

/* --- a target --------------------------------------------------------------------------------- */

/* The private key of the site, about to be replaced. */
static struct target target_of(const struct site *site, struct str contents)
{
    struct error error = {0};
    struct target target = {.path = site->key,
                            .name = strrchr(site->key, '/') + 1,
                            .permission = &site->config.key_permission,
                            .directory = open(site->right, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                            .contents = contents};
    sha256_hex(contents, target.hash);
    assert_true(target.directory >= 0);
    assert_true(version_examine(target.directory, target.name, &target.old, &error));
    return target;
}

static void prepare(const struct target *target)
{
    struct error error = {0};
    if (!target_write(target, site_generation, &error) ||
        !target_preserve_old(target, site_generation, &error))
        fail_msg("%s", error.message);
}

static struct whereabouts locate(const struct target *target)
{
    struct whereabouts where;
    struct error error = {0};
    if (!target_locate(target, site_generation, &where, &error))
        fail_msg("%s", error.message);
    return where;
}

/* Puts the new version in place, and the old one back. */
static void go_and_come_back(const struct target *target)
{
    struct error error = {0};
    struct whereabouts where = locate(target);
    assert_true(target_is_old(&where));
    assert_false(target_is_new(target, &where));
    assert_true(target_has_old(target, &where) && target_has_new(&where));
    if (!target_put_new(target, site_generation, &where, &error))
        fail_msg("%s", error.message);
    assert_file(target->path, target->contents);
    where = locate(target);
    assert_true(target_is_new(target, &where));
    assert_true(target_has_old(target, &where) && target_has_new(&where));
    if (!target_is_old(&where) && !target_put_old(target, &where, &error))
        fail_msg("%s", error.message);
    where = locate(target);
    assert_true(target_is_old(&where));
}

static void end(const struct site *site, const struct target *target)
{
    target_remove_temporaries(target, site_generation);
    close(target->directory);
    unlink(target->path);
    assert_int_equal(files_in(site->right), 0);
}

/* --- the checks ------------------------------------------------------------------------------- */

static void check_file(const struct site *site, enum keeping keeping)
{
    struct stat before;
    struct stat kept;
    struct stat after;
    char path[SCRATCH_PATH_SIZE];
    scratch_write(site->key, bundle_old.key, 0604);
    if (geteuid() == 0)
        assert_int_equal(chown(site->key, SOMEBODY, SOMEBODY), 0);
    assert_int_equal(stat(site->key, &before), 0);
    struct target target = target_of(site, bundle_new.key);
    prepare(&target);
    bool is_kept = stat(site_kept(site->key, site_generation, path), &kept) == 0;
    assert_int_equal(is_kept, keeping != BY_EXCHANGE);
    if (is_kept)
        assert_int_equal(kept.st_ino == before.st_ino, keeping == BY_LINK);
    go_and_come_back(&target);
    assert_file(site->key, bundle_old.key);
    assert_int_equal(stat(site->key, &after), 0);
    assert_int_equal(after.st_ino == before.st_ino, keeping != BY_COPY);
    assert_int_equal(after.st_mode, before.st_mode);
    assert_int_equal(after.st_uid, before.st_uid);
    assert_int_equal(after.st_gid, before.st_gid);
    end(site, &target);
}

static void check_symbolic_link(const struct site *site)
{
    char text[64] = "";
    assert_int_equal(symlink("elsewhere", site->key), 0);
    struct target target = target_of(site, bundle_new.key);
    prepare(&target);
    go_and_come_back(&target);
    assert_int_equal(readlink(site->key, text, sizeof text - 1), strlen("elsewhere"));
    assert_string_equal(text, "elsewhere");
    end(site, &target);
}

static void check_absent(const struct site *site)
{
    struct target target = target_of(site, bundle_new.key);
    prepare(&target);
    assert_int_equal(files_in(site->right), 1);
    go_and_come_back(&target);
    assert_no_file(site->key);
    end(site, &target);
}

/* It is replaced all the same: mode, owner or the number of its links may differ. */
static void check_same_contents(const struct site *site)
{
    struct stat before;
    struct stat after;
    scratch_write(site->key, bundle_new.key, 0600);
    assert_int_equal(stat(site->key, &before), 0);
    struct target target = target_of(site, bundle_new.key);
    prepare(&target);
    assert_int_equal(files_in(site->right), 2);
    go_and_come_back(&target);
    assert_int_equal(stat(site->key, &after), 0);
    assert_true(after.st_ino != before.st_ino);
    assert_mode(site->key, 0640);
    assert_int_equal(files_in(site->right), 1);
    end(site, &target);
}

/* A file that vanishes after its replacement was committed needs no exchange. */
static void check_vanished(const struct site *site, enum keeping keeping)
{
    struct error error = {0};
    scratch_write(site->key, bundle_old.key, 0600);
    struct target target = target_of(site, bundle_new.key);
    prepare(&target);
    unlink(site->key);
    struct whereabouts where = locate(&target);
    assert_false(target_is_old(&where));
    assert_int_equal(target_has_old(&target, &where), keeping != BY_EXCHANGE);
    assert_true(target_put_new(&target, site_generation, &where, &error));
    assert_file(site->key, bundle_new.key);
    end(site, &target);
}

/* Leaves no descriptor for another file. */
static struct rlimit use_up_descriptors(void)
{
    struct rlimit before;
    int next = dup(STDERR_FILENO);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    close(next);
    const struct rlimit none = {(rlim_t)next, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    return before;
}

/* Else the old version, which lies in the new temporary file, would be taken for the new one, and
 * replace it. */
static void what_cannot_be_examined_is_not_taken_for_another_file(void **state)
{
    const struct site *site = *state;
    struct error error = {0};
    struct whereabouts where;
    scratch_write(site->key, bundle_old.key, 0600);
    struct target target = target_of(site, bundle_new.key);
    prepare(&target);
    where = locate(&target);
    assert_true(target_put_new(&target, site_generation, &where, &error));
    const struct rlimit before = use_up_descriptors();
    bool known = target_locate(&target, site_generation, &where, &error);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_false(known);
    assert_int_equal(error.kind, ERROR_TRANSIENT);
    assert_true(locate(&target).new_in_place);
    end(site, &target);
}

static void check_all(const struct site *site, enum keeping keeping)
{
    check_file(site, keeping);
    check_symbolic_link(site);
    check_absent(site);
    check_same_contents(site);
    check_vanished(site, keeping);
}

static void an_old_version_changes_places_with_the_new_one(void **state)
{
    check_all(*state, BY_EXCHANGE);
}

static void where_names_cannot_be_exchanged_it_gets_a_second_link(void **state)
{
    if (!forbid_exchange())
        skip();
    check_all(*state, BY_LINK);
}

static void where_there_are_no_links_it_is_copied(void **state)
{
    if (!forbid_exchange() || !forbid_links())
        skip();
    check_all(*state, BY_COPY);
}

static void what_cannot_be_kept_in_any_way_is_not_replaced(void **state)
{
    const struct site *site = *state;
    struct error error = {0};
    char kept[SCRATCH_PATH_SIZE];
    if (geteuid() != 0 || !forbid_exchange() || !forbid_links())
        skip();
    scratch_write(site->key, bundle_old.key, 0600);
    assert_int_equal(chown(site->right, SOMEBODY, SOMEBODY), 0);
    struct target target = target_of(site, bundle_new.key);
    assert_int_equal(seteuid(SOMEBODY), 0);
    bool examined = version_examine(target.directory, target.name, &target.old, &error);
    target.permission = NULL;
    bool written = target_write(&target, site_generation, &error);
    bool preserved = target_preserve_old(&target, site_generation, &error);
    assert_int_equal(seteuid(0), 0);
    assert_true(examined && written);
    assert_int_equal(target.old.kind, VERSION_UNREADABLE);
    assert_false(preserved);
    assert_int_equal(error.kind, ERROR_PERMANENT);
    assert_non_null(strstr(error.message, "could not be put back"));
    assert_no_file(site_kept(site->key, site_generation, kept));
    end(site, &target);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_old_version_changes_places_with_the_new_one),
        TEST(where_names_cannot_be_exchanged_it_gets_a_second_link),
        TEST(where_there_are_no_links_it_is_copied),
        TEST(what_cannot_be_kept_in_any_way_is_not_replaced),
        TEST(what_cannot_be_examined_is_not_taken_for_another_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
