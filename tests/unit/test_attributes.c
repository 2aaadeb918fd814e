/* What a new file takes over from the file that it replaces. */
#include "base/format.h"
#include "store/attributes.h"
#include "support/captured_log.h"
#include "support/site.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cmocka.h>

enum { SOMEBODY = 65533, SOMEBODY_ELSE = 65532 };
enum { OWNER = 1, USER = 2, GROUP = 4, MASK = 0x10, OTHERS = 0x20 };
#define ACCESS_LIST "system.posix_acl_access"
#define DEFAULT_LIST "system.posix_acl_default"

/* --- access control lists --- */

static void put_entry(char *at, unsigned tag, unsigned rights, unsigned id)
{
    const unsigned bytes[8] = {tag,     0, rights, 0, id & 0xff, id >> 8 & 0xff, id >> 16 & 0xff,
                               id >> 24};
    for (size_t i = 0; i < 8; i++)
        at[i] = (char)bytes[i];
}

/* The list of mode 0640 with read access for SOMEBODY_ELSE, or with another mask. */
enum { LIST_SIZE = 4 + 5 * 8 };
static void make_list(char list[LIST_SIZE], unsigned mask)
{
    memset(list, 0, 4);
    list[0] = 2; /* the version */
    put_entry(list + 4, OWNER, 6, UINT32_MAX);
    put_entry(list + 12, USER, 4, SOMEBODY_ELSE);
    put_entry(list + 20, GROUP, 0, UINT32_MAX);
    put_entry(list + 28, MASK, mask, UINT32_MAX);
    put_entry(list + 36, OTHERS, 0, UINT32_MAX);
}

static void set_list(const char *path, const char *name, unsigned mask)
{
    char list[LIST_SIZE];
    make_list(list, mask);
    if (setxattr(path, name, list, sizeof list, 0) != 0)
        skip(); /* the file system has none, or this user may not */
}

static void assert_list(const char *path, unsigned mask)
{
    char wanted[LIST_SIZE];
    char found[LIST_SIZE + 1];
    make_list(wanted, mask);
    assert_int_equal(getxattr(path, ACCESS_LIST, found, sizeof found), LIST_SIZE);
    assert_memory_equal(found, wanted, LIST_SIZE);
}

static void assert_no_list(const char *path)
{
    assert_int_equal(getxattr(path, ACCESS_LIST, NULL, 0), -1);
    assert_int_equal(errno, ENODATA);
}

static void an_access_control_list_is_carried_over(void **state)
{
    const struct site *site = *state;
    site_settled(site, &bundle_old);
    set_list(site->key, ACCESS_LIST, 4);
    site_settled(site, &bundle_new);
    assert_file(site->key, bundle_new.key);
    assert_list(site->key, 4);
    assert_mode(site->key, 0640);
    assert_no_list(site->certificate);
}

static void a_configured_mode_limits_the_list_and_that_is_said_once(void **state)
{
    struct site *site = *state;
    BUF_AUTO struct buf lines = BUF(64 * 1024);
    site->config.key_permission.mode = 0600;
    for (size_t i = 0; i < 2; i++) {
        site_settled(site, &bundle_old);
        set_list(site->key, ACCESS_LIST, 4);
        capture_log(&lines);
        site_settled(site, &bundle_new);
        release_log();
        assert_list(site->key, 0);
        assert_mode(site->key, 0600);
    }
    const char *said = strstr(buf_text(&lines), "configured mode 0600");
    assert_non_null(said);
    assert_null(strstr(said + 1, "configured mode 0600"));
    assert_logged(&lines, site->config.arn);
    assert_logged(&lines, site->key);
}

static void without_a_configured_mode_the_mask_stays(void **state)
{
    struct site *site = *state;
    site->config.key_permission =
        (struct permission){.given = true, .mode = 0600, .default_mode = true};
    site_settled(site, &bundle_old);
    set_list(site->key, ACCESS_LIST, 4);
    site_settled(site, &bundle_new);
    assert_list(site->key, 4);
    assert_int_equal(chmod(site->key, 0644), 0);
    assert_true(site_install(site, &bundle_new).repaired);
    assert_list(site->key, 4);
}

static void a_mask_is_not_repaired(void **state)
{
    const struct site *site = *state;
    site_settled(site, &bundle_new);
    set_list(site->key, ACCESS_LIST, 7);
    assert_mode(site->key, 0670);
    assert_false(site_install(site, &bundle_new).repaired);
    assert_list(site->key, 7);
    assert_int_equal(chmod(site->key, 0674), 0);
    assert_true(site_install(site, &bundle_new).repaired);
    assert_mode(site->key, 0640);
    assert_false(site_install(site, &bundle_new).repaired);
}

static void the_list_of_the_directory_gives_no_more_than_the_mode(void **state)
{
    struct site *site = *state;
    char path[SCRATCH_PATH_SIZE];
    set_list(site->right, DEFAULT_LIST, 7);
    site->config.key_permission.mode = 0600;
    assert_true(site_install(site, &bundle_new).changed);
    assert_mode(site->key, 0600);
    assert_list(site->key, 0);
    unlink(site->key);
    site->config.key_permission.mode = 0640;
    assert_true(site_install(site, &bundle_old).changed);
    assert_mode(site->key, 0640);
    assert_list(site->key, 4);
    assert_no_file(site_temporary(site->key, site_generation, path));
}

static void a_replaced_file_without_a_list_gets_none_from_the_directory(void **state)
{
    const struct site *site = *state;
    site_settled(site, &bundle_old);
    set_list(site->right, DEFAULT_LIST, 7);
    site_settled(site, &bundle_new);
    assert_no_list(site->key);
    assert_mode(site->key, 0640);
}

static void a_list_is_never_wider_than_the_mode_not_even_for_a_moment(void **state)
{
    const struct site *site = *state;
    BUF_AUTO struct buf list = BUF(LIST_SIZE);
    const struct attributes_place place = {site->config.arn, site->key};
    scratch_write(site->key, STR(""), 0600);
    set_list(site->key, ACCESS_LIST, 7);
    int file = open(site->key, O_RDWR | O_CLOEXEC);
    assert_true(attributes_read_acl(file, &list));
    assert_int_equal(attributes_acl_mask(buf_str(&list)), 070);
    assert_int_equal(fremovexattr(file, ACCESS_LIST), 0);
    assert_int_equal(fchmod(file, 0600), 0);
    assert_false(attributes_read_acl(file, &list));
    buf_clear(&list);
    char text[LIST_SIZE];
    make_list(text, 7);
    buf_append(&list, str_bytes(text, LIST_SIZE));
    assert_true(attributes_set_acl(&place, file, &list, 0440));
    assert_mode(site->key, 0440);
    close(file);
}

static void a_mode_alone_is_no_list(void **state)
{
    const struct site *site = *state;
    BUF_AUTO struct buf list = BUF(LIST_SIZE);
    scratch_write(site->key, STR(""), 0640);
    int file = open(site->key, O_RDONLY | O_CLOEXEC);
    assert_false(attributes_read_acl(file, &list));
    close(file);
}

/* --- other attributes --- */

static void set_attribute(const char *path, const char *name, const char *value)
{
    if (setxattr(path, name, value, strlen(value), 0) != 0)
        skip();
}

static void assert_attribute(const char *path, const char *name, const char *value)
{
    char found[64];
    assert_int_equal(getxattr(path, name, found, sizeof found), strlen(value));
    assert_memory_equal(found, value, strlen(value));
}

static void labels_and_user_attributes_are_carried_over(void **state)
{
    const struct site *site = *state;
    site_settled(site, &bundle_old);
    set_attribute(site->key, "user.note", "do not touch");
    set_attribute(site->key, "user.empty", "");
    set_attribute(site->key, "security.selinux", "system_u:object_r:cert_t:s0");
    set_attribute(site->certificate, "security.SMACK64", "web");
    site_settled(site, &bundle_new);
    assert_attribute(site->key, "user.note", "do not touch");
    assert_attribute(site->key, "user.empty", "");
    assert_attribute(site->key, "security.selinux", "system_u:object_r:cert_t:s0");
    assert_attribute(site->certificate, "security.SMACK64", "web");
    assert_mode(site->key, 0640);
}

static void nothing_else_is_carried_over(void **state)
{
    const struct site *site = *state;
    site_settled(site, &bundle_old);
    set_attribute(site->key, "trusted.note", "x");
    set_attribute(site->key, "security.other", "x");
    site_settled(site, &bundle_new);
    assert_int_equal(getxattr(site->key, "trusted.note", NULL, 0), -1);
    assert_int_equal(getxattr(site->key, "security.other", NULL, 0), -1);
}

static void a_link_gives_nothing(void **state)
{
    const struct site *site = *state;
    char precious[SCRATCH_PATH_SIZE];
    scratch_write(scratch_path(site->scratch, "precious", precious), STR("precious"), 0666);
    set_attribute(precious, "user.note", "mine");
    assert_int_equal(symlink(precious, site->key), 0);
    site_settled(site, &bundle_new);
    assert_int_equal(getxattr(site->key, "user.note", NULL, 0), -1);
}

/* --- as a user without capabilities --- */

#define CHILD_ASSERT(condition)                                                                    \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            print_error("line %d: %s\n", __LINE__, #condition);                                    \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (false)

/* Runs `act` as SOMEBODY, in a process of its own; all directories are that user's. */
static void as_somebody(const struct site *site, void (*act)(const struct site *site))
{
    int status = 0;
    if (geteuid() != 0)
        skip();
    assert_int_equal(chmod(*site->scratch, 0755), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (setregid(SOMEBODY, SOMEBODY) != 0 || setreuid(SOMEBODY, SOMEBODY) != 0)
            _exit(2);
        act(site);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void give_to_somebody(const char *path)
{
    assert_int_equal(chown(path, SOMEBODY, SOMEBODY), 0);
}

static void replace_twice(const struct site *site)
{
    BUF_AUTO struct buf lines = BUF(64 * 1024);
    struct install_outcome outcome;
    struct error error;
    capture_log(&lines);
    for (size_t i = 0; i < 2; i++)
        CHILD_ASSERT(install_bundle(&site->config, &bundle_new,
                                    &(struct install_options){.force = true}, &outcome, &error));
    const char *said = strstr(buf_text(&lines), "security.SMACK64");
    CHILD_ASSERT(said != NULL && strstr(said, site->key) != NULL);
    CHILD_ASSERT(strstr(buf_text(&lines), site->config.arn) != NULL);
    CHILD_ASSERT(strstr(said + 1, "security.SMACK64") == NULL);
}

static void what_cannot_be_carried_over_is_said_once(void **state)
{
    const struct site *site = *state;
    site_settled(site, &bundle_old);
    set_attribute(site->key, "security.SMACK64", "web");
    give_to_somebody(site->left);
    give_to_somebody(site->right);
    give_to_somebody(site->certificate);
    give_to_somebody(site->chain);
    give_to_somebody(site->key);
    as_somebody(site, replace_twice);
    assert_file(site->key, bundle_new.key);
    assert_int_equal(getxattr(site->key, "security.SMACK64", NULL, 0), -1);
}

static void replace_once(const struct site *site)
{
    struct install_outcome outcome;
    struct error error;
    if (!install_bundle(&site->config, &bundle_new, &(struct install_options){0}, &outcome,
                        &error)) {
        print_error("%s\n", error.message);
        _exit(1);
    }
}

static void a_list_is_carried_over_from_a_file_that_may_not_be_read(void **state)
{
    const struct site *site = *state;
    if (geteuid() != 0)
        skip();
    give_to_somebody(site->left);
    give_to_somebody(site->right);
    scratch_write(site->key, STR("old"), 0640);
    set_list(site->key, ACCESS_LIST, 4);
    assert_int_equal(chmod(site->key, 0040), 0);
    give_to_somebody(site->key);
    as_somebody(site, replace_once);
    assert_file(site->key, bundle_new.key);
    assert_list(site->key, 4);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, site_setup, site_teardown)
    const struct CMUnitTest tests[] = {
        TEST(an_access_control_list_is_carried_over),
        TEST(a_configured_mode_limits_the_list_and_that_is_said_once),
        TEST(without_a_configured_mode_the_mask_stays),
        TEST(a_mask_is_not_repaired),
        TEST(the_list_of_the_directory_gives_no_more_than_the_mode),
        TEST(a_replaced_file_without_a_list_gets_none_from_the_directory),
        TEST(a_list_is_never_wider_than_the_mode_not_even_for_a_moment),
        TEST(a_mode_alone_is_no_list),
        TEST(labels_and_user_attributes_are_carried_over),
        TEST(nothing_else_is_carried_over),
        TEST(a_link_gives_nothing),
        TEST(what_cannot_be_carried_over_is_said_once),
        TEST(a_list_is_carried_over_from_a_file_that_may_not_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
