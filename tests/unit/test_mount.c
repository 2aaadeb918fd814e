/* The mount that a file lies on. */
#include "base/mount.h"

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#define VOLUME                                                                                     \
    "42 30 8:1 /pods/1/volumes/config /etc/wcp ro,relatime master:1 - ext4 /dev/sda1 "             \
    "rw,errors=x\n"

/* In each text the mount has the number 42. */
static void a_mount_is_sealed_when_nothing_can_be_written_to_it(void **state)
{
    (void)state;
    static const struct {
        const char *mountinfo;
        bool sealed;
    } table[] = {
        {VOLUME, true},
        {VOLUME "43 30 8:1 /pods/1/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw\n", true},
        {VOLUME "43 30 8:1 /pods/1/volumes/config2 /x rw - ext4 /dev/sda1 rw\n", true},
        {VOLUME "43 30 8:2 / /x rw - ext4 /dev/sda2 rw\n", true},
        {VOLUME "43 30 8:1 / /x ro - ext4 /dev/sda1 rw\n", true},
        {"42 30 7:0 / / rw - squashfs /dev/loop0 ro\n43 30 7:0 / /x rw - squashfs /dev/loop0 ro\n",
         true},
        /* The same file system, writable elsewhere. */
        {VOLUME "43 30 8:1 / /x rw - ext4 /dev/sda1 rw\n", false},
        {VOLUME "43 30 8:1 /pods/1 /x rw shared:7 - ext4 /dev/sda1 rw\n", false},
        {VOLUME "43 30 8:1 /pods/1/volumes/config /x rw - ext4 /dev/sda1 rw\n", false},
        {"43 30 8:1 /pods /x rw - ext4 /dev/sda1 rw\n" VOLUME, false},
        {VOLUME "43 30 8:1 /pods/1/volumes/config/..data /x rw - ext4 /dev/sda1 rw\n", false},
        /* Writable, unknown, or not understood. */
        {"42 30 8:1 / / rw - ext4 /dev/sda1 rw\n", false},
        {"43 30 8:1 / / ro - ext4 /dev/sda1 ro\n", false},
        {VOLUME "43 30 8:1 / /x\n", false},
        {VOLUME "\n", false},
        {"", false},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (mount_is_sealed(str_from(table[i].mountinfo), 42) != table[i].sealed)
            fail_msg("%s", table[i].mountinfo);
}

static void the_mount_of_a_descriptor_is_found(void **state)
{
    (void)state;
    assert_int_not_equal(mount_of_descriptor(STDIN_FILENO), 0);
    assert_int_equal(mount_of_descriptor(-1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mount_is_sealed_when_nothing_can_be_written_to_it),
        cmocka_unit_test(the_mount_of_a_descriptor_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
