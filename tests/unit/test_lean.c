/* third_party/musl/lean: our versions of libc's functions against the host's own. The Makefile
 * compiles them here under names that begin with lean_. */
#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include <cmocka.h>

const char *lean_inet_ntop(int family, const void *address, char *text, socklen_t size);
struct passwd *lean_getpwnam(const char *name);
struct group *lean_getgrnam(const char *name);
void lean_qsort(void *array, size_t count, size_t size, int (*compare)(const void *, const void *));
char *lean_strstr(const char *text, const char *part);
size_t lean_mbstowcs(wchar_t *wide, const char *text, size_t count);
int lean___clock_gettime(clockid_t clock, struct timespec *time);
char *lean_strerror(int number);
unsigned long lean_strtoul(const char *text, char **end, int base);
unsigned long long lean_strtoull(const char *text, char **end, int base);

/* The same bytes in every run. */
static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

static void assert_shown_alike(int family, const void *address)
{
    char ours[INET6_ADDRSTRLEN];
    char theirs[INET6_ADDRSTRLEN];
    assert_ptr_equal(lean_inet_ntop(family, address, ours, sizeof ours), ours);
    assert_non_null(inet_ntop(family, address, theirs, sizeof theirs));
    assert_string_equal(ours, theirs);
}

static void addresses_are_shown_as_libc_shows_them(void **state)
{
    (void)state;
    static const char *const v6[] = {"::",
                                     "::1",
                                     "1::",
                                     "2001:db8::1",
                                     "1:2:3:4:5:6:7:8",
                                     "1::3:4:0:0:7",
                                     "1:0:0:4::8",
                                     "::ffff:1.2.3.4",
                                     "1:2:3:4:5:6:7::",
                                     "0:2:3:4:5:6:7:8",
                                     "fe80::abcd:ef01",
                                     "1:0:3:0:5:0:7:0"};
    for (size_t i = 0; i < sizeof v6 / sizeof v6[0]; i++) {
        struct in6_addr address;
        assert_int_equal(inet_pton(AF_INET6, v6[i], &address), 1);
        assert_shown_alike(AF_INET6, &address);
    }
    uint32_t seed = 1;
    for (int round = 0; round < 20000; round++) {
        uint8_t bytes[16] = {0};
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)(next_random(&seed) % 3 == 0 ? next_random(&seed) : 0);
        bytes[1] |= 1; /* "::1.2.3.4" is libc's old form for addresses that RFC 4291 retired */
        assert_shown_alike(AF_INET6, bytes);
        assert_shown_alike(AF_INET, bytes);
    }
}

static void an_address_that_does_not_fit_is_an_error(void **state)
{
    (void)state;
    char text[8] = "as it is";
    errno = 0;
    assert_null(lean_inet_ntop(AF_INET, "\x0a\x14\x1e\x28", text, sizeof text));
    assert_int_equal(errno, ENOSPC);
    assert_memory_equal(text, "as it is", sizeof text);
    assert_null(lean_inet_ntop(AF_UNIX, "", text, sizeof text));
    assert_int_equal(errno, EAFNOSUPPORT);
}

static void users_and_groups_are_those_of_the_files(void **state)
{
    (void)state;
    static const char *const users[] = {"root", "nobody", "daemon"};
    for (size_t i = 0; i < sizeof users / sizeof users[0]; i++) {
        const struct passwd *theirs = getpwnam(users[i]);
        const struct passwd *ours = lean_getpwnam(users[i]);
        assert_non_null(theirs);
        assert_non_null(ours);
        assert_string_equal(ours->pw_name, theirs->pw_name);
        assert_int_equal(ours->pw_uid, theirs->pw_uid);
        assert_int_equal(ours->pw_gid, theirs->pw_gid);
        assert_string_equal(ours->pw_dir, theirs->pw_dir);
        assert_string_equal(ours->pw_shell, theirs->pw_shell);
    }
    const struct group *group = lean_getgrnam("daemon");
    assert_non_null(group);
    assert_int_equal(group->gr_gid, getgrnam("daemon")->gr_gid);
    assert_null(lean_getpwnam("no such user"));
    assert_null(lean_getpwnam(""));
    assert_null(lean_getpwnam("root:x"));
    assert_null(lean_getgrnam("no such group"));
}

static int by_value(const void *a, const void *b)
{
    const int32_t *left = a;
    const int32_t *right = b;
    return (*left > *right) - (*left < *right);
}

static void sorting_sorts(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (size_t count = 0; count < 70; count++) {
        int32_t ours[70];
        int32_t theirs[70];
        for (size_t i = 0; i < count; i++)
            ours[i] = theirs[i] = (int32_t)(next_random(&seed) % 50) - 25;
        lean_qsort(ours, count, sizeof ours[0], by_value);
        qsort(theirs, count, sizeof theirs[0], by_value);
        assert_memory_equal(ours, theirs, count * sizeof ours[0]);
    }
}

static void numbers_are_read_as_libc_reads_them(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "0",
                                        "10",
                                        " 42x",
                                        "+7",
                                        "-7",
                                        "0x1f",
                                        "0x",
                                        "0xg",
                                        "077",
                                        "08",
                                        "18446744073709551615",
                                        "z",
                                        "- 1",
                                        "\t9",
                                        "99z",
                                        "0X1",
                                        "1e5",
                                        "18446744073709551616",
                                        "99999999999999999999999999",
                                        "-18446744073709551616",
                                        "4294967296"};
    static const int bases[] = {0, 8, 10, 16};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        for (size_t j = 0; j < sizeof bases / sizeof bases[0]; j++) {
            char *ours_end = NULL;
            char *theirs_end = NULL;
            errno = 0;
            unsigned long ours = lean_strtoul(texts[i], &ours_end, bases[j]);
            int ours_errno = errno;
            errno = 0;
            unsigned long theirs = strtoul(texts[i], &theirs_end, bases[j]);
            assert_int_equal(ours, theirs);
            assert_ptr_equal(ours_end, theirs_end);
            if (ours_end != texts[i]) /* where there is no number, C libraries differ */
                assert_int_equal(ours_errno, errno);
            assert_int_equal(lean_strtoull(texts[i], NULL, bases[j]),
                             strtoull(texts[i], NULL, bases[j]));
        }
    }
}

static void text_is_searched_and_widened(void **state)
{
    (void)state;
    const char *text = "one two three";
    assert_ptr_equal(lean_strstr(text, "two"), text + 4);
    assert_ptr_equal(lean_strstr(text, ""), text);
    assert_null(lean_strstr(text, "four"));

    wchar_t wide[4] = {9, 9, 9, 9};
    assert_int_equal(lean_mbstowcs(NULL, "host.example", 0), 12);
    assert_int_equal(lean_mbstowcs(wide, "ab", 4), 2);
    assert_int_equal(wide[0], L'a');
    assert_int_equal(wide[2], L'\0');
    assert_int_equal(lean_mbstowcs(wide, "abcd", 2), 2);
    assert_int_equal(lean_mbstowcs(NULL, "caf\xc3\xa9", 0), (size_t)-1);
}

static void the_clocks_are_those_of_libc(void **state)
{
    (void)state;
    static const clockid_t clocks[] = {CLOCK_REALTIME, CLOCK_BOOTTIME, CLOCK_MONOTONIC};
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        struct timespec before, ours, after;
        clock_gettime(clocks[i], &before);
        assert_int_equal(lean___clock_gettime(clocks[i], &ours), 0);
        clock_gettime(clocks[i], &after);
        assert_in_range(ours.tv_sec, before.tv_sec, after.tv_sec);
        assert_in_range(ours.tv_nsec, 0, 999999999);
    }
    struct timespec none;
    assert_int_equal(lean___clock_gettime(-1000, &none), -1);
    assert_int_equal(errno, EINVAL);
}

static void frequent_errors_have_a_text_and_others_their_number(void **state)
{
    (void)state;
    assert_string_equal(lean_strerror(EPERM), "Operation not permitted");
    assert_string_equal(lean_strerror(ENOENT), strerror(ENOENT));
    assert_string_equal(lean_strerror(ENOSPC), "No space left on device");
    assert_string_equal(lean_strerror(ECONNREFUSED), strerror(ECONNREFUSED));
    assert_string_equal(lean_strerror(EPROTONOSUPPORT), strerror(EPROTONOSUPPORT));
    assert_string_equal(lean_strerror(4711), "error 4711");
    assert_string_equal(lean_strerror(217), "error 0217");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_shown_as_libc_shows_them),
        cmocka_unit_test(an_address_that_does_not_fit_is_an_error),
        cmocka_unit_test(users_and_groups_are_those_of_the_files),
        cmocka_unit_test(sorting_sorts),
        cmocka_unit_test(numbers_are_read_as_libc_reads_them),
        cmocka_unit_test(text_is_searched_and_widened),
        cmocka_unit_test(the_clocks_are_those_of_libc),
        cmocka_unit_test(frequent_errors_have_a_text_and_others_their_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
