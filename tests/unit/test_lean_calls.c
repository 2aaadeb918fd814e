/* third_party/musl/lean: system calls, and what ARM has of its own, against what they must do.
 * Where a name has no lean_ in front, the test is of the C library it is linked with: of ours on
 * boards. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

int lean_open(const char *path, int flags, ...);
int lean_openat(int directory, const char *path, int flags, ...);
int lean_fcntl(int descriptor, int command, ...);
int lean_fchmod(int descriptor, mode_t mode);
int lean_fchown(int descriptor, uid_t owner, gid_t group);
int lean_pipe2(int ends[2], int flags);
int lean_socket(int family, int type, int protocol);
int lean_setsockopt(int descriptor, int level, int option, const void *value, socklen_t size);
int lean_getsockopt(int descriptor, int level, int option, void *value, socklen_t *size);
#if defined(__GLIBC__)
int lean_ioctl(int descriptor, unsigned long request, ...);
#else
int lean_ioctl(int descriptor, int request, ...);
#endif
unsigned lean_alarm(unsigned seconds);
int lean___secs_to_tm(long long time, struct tm *parts);
size_t lean_strcspn(const char *text, const char *others);
char *lean_strchrnul(const char *text, int byte);

static bool closes_on_exec(int descriptor)
{
    return (fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0;
}

static void files_are_opened_and_changed(void **state)
{
    (void)state;
    char directory[] = "/tmp/lean-XXXXXX";
    assert_non_null(mkdtemp(directory));
    int place = lean_open(directory, O_RDONLY | O_DIRECTORY);
    assert_true(place >= 0);
    assert_false(closes_on_exec(place));
    mode_t mask = umask(022);
    int file = lean_openat(place, "file", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    umask(mask);
    assert_true(file >= 0);
    assert_true(closes_on_exec(file));
    struct stat status;
    assert_int_equal(fstat(file, &status), 0);
    assert_int_equal(status.st_mode, S_IFREG | 0644);
    assert_int_equal(lean_fchmod(file, 0600), 0);
    assert_int_equal(lean_fchown(file, status.st_uid, status.st_gid), 0);
    assert_int_equal(fstat(file, &status), 0);
    assert_int_equal(status.st_mode, S_IFREG | 0600);
    assert_int_equal(lean_open("/no/such/file", O_RDONLY), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(lean_fchmod(-1, 0600), -1);
    assert_int_equal(errno, EBADF);

    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    assert_int_equal(lean_fcntl(file, F_SETLK, &lock), 0);
    int copy = lean_fcntl(file, F_DUPFD_CLOEXEC, 20);
    assert_true(copy >= 20);
    assert_true(closes_on_exec(copy));

    close(copy);
    close(file);
    assert_int_equal(unlinkat(place, "file", 0), 0);
    close(place);
    assert_int_equal(rmdir(directory), 0);
}

static void what_a_file_is_comes_from_the_kernel(void **state)
{
    (void)state;
    char path[] = "/tmp/lean-XXXXXX/file";
    char *slash = strrchr(path, '/');
    struct timespec before, after;
    struct stat by_path, by_descriptor;
    *slash = '\0';
    assert_non_null(mkdtemp(path));
    *slash = '/';
    clock_gettime(CLOCK_REALTIME, &before);
    int file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_int_equal(write(file, "twelve bytes", 12), 12);
    clock_gettime(CLOCK_REALTIME, &after);
    assert_int_equal(stat(path, &by_path), 0);
    assert_int_equal(fstat(file, &by_descriptor), 0);
    assert_int_equal(by_path.st_size, 12);
    /* The kernel's time of a file may be a tick behind its clock. */
    assert_in_range(by_path.st_mtim.tv_sec, before.tv_sec - 1, after.tv_sec);
    assert_in_range(by_path.st_ctim.tv_sec, before.tv_sec - 1, after.tv_sec);
    assert_in_range(by_path.st_mtim.tv_nsec, 0, 999999999);
    assert_int_equal(by_path.st_mtim.tv_nsec, by_descriptor.st_mtim.tv_nsec);
    assert_int_equal(by_path.st_mode, S_IFREG | 0600);
    assert_int_equal(by_path.st_nlink, 1);
    assert_int_equal(by_path.st_uid, geteuid());
    assert_int_equal(by_path.st_dev, by_descriptor.st_dev);
    assert_int_equal(by_path.st_ino, by_descriptor.st_ino);
    close(file);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(stat(path, &by_path), -1);
    assert_int_equal(errno, ENOENT);
    *slash = '\0';
    assert_int_equal(rmdir(path), 0);
}

#if defined(__arm__) && !defined(__GLIBC__)

int __statx_by_fstatat64(int directory, const char *path, int flags, struct statx *found);

static void an_old_kernel_says_the_same_of_a_file(void **state)
{
    (void)state;
    struct statx ours;
    struct stat status;
    assert_int_equal(__statx_by_fstatat64(AT_FDCWD, "/etc/passwd", 0, &ours), 0);
    assert_int_equal(stat("/etc/passwd", &status), 0);
    assert_int_equal(ours.stx_ino, status.st_ino);
    assert_int_equal(ours.stx_mode, status.st_mode);
    assert_int_equal(ours.stx_nlink, status.st_nlink);
    assert_int_equal(ours.stx_uid, status.st_uid);
    assert_int_equal(ours.stx_gid, status.st_gid);
    assert_int_equal(ours.stx_size, status.st_size);
    assert_int_equal(ours.stx_blocks, status.st_blocks);
    assert_int_equal(ours.stx_blksize, status.st_blksize);
    assert_int_equal(ours.stx_mtime.tv_sec, status.st_mtim.tv_sec);
    assert_int_equal(ours.stx_mtime.tv_nsec, status.st_mtim.tv_nsec);
    assert_int_equal(ours.stx_ctime.tv_sec, status.st_ctim.tv_sec);
    assert_int_equal(ours.stx_dev_minor, status.st_dev & 0xff);
    assert_int_equal(__statx_by_fstatat64(AT_FDCWD, "/no/such/file", 0, &ours), -1);
    assert_int_equal(errno, ENOENT);
}

#else

static void an_old_kernel_says_the_same_of_a_file(void **state)
{
    (void)state;
    skip(); /* only ARM has a function of ours for it */
}

#endif

static void pipes_and_sockets_are_made(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(lean_pipe2(ends, O_CLOEXEC), 0);
    assert_true(closes_on_exec(ends[0]) && closes_on_exec(ends[1]));
    assert_int_equal(write(ends[1], "abc", 3), 3);
    int waiting = 0;
    assert_int_equal(lean_ioctl(ends[0], FIONREAD, &waiting), 0);
    assert_int_equal(waiting, 3);
    close(ends[0]);
    close(ends[1]);

    int end = lean_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(end >= 0);
    assert_true(closes_on_exec(end));
    static const int size = 8192;
    assert_int_equal(lean_setsockopt(end, SOL_SOCKET, SO_SNDBUF, &size, sizeof size), 0);
    int kind = 0;
    socklen_t length = sizeof kind;
    assert_int_equal(lean_getsockopt(end, SOL_SOCKET, SO_TYPE, &kind, &length), 0);
    assert_int_equal(kind, SOCK_DGRAM);
    close(end);
    assert_int_equal(lean_getsockopt(-1, SOL_SOCKET, SO_TYPE, &kind, &length), -1);
    assert_int_equal(errno, EBADF);
}

static void an_alarm_is_set_and_taken_back(void **state)
{
    (void)state;
    assert_int_equal(lean_alarm(1000), 0);
    assert_in_range(lean_alarm(0), 1, 1000);
    assert_int_equal(alarm(0), 0);
}

static void dates_are_those_of_libc(void **state)
{
    (void)state;
    static const int64_t times[] = {0,          86399,      951782400,  951868799,    1077926400,
                                    1709164800, 4107542399, 4107542400, 253402300799, 2147483648};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        time_t time = (time_t)times[i];
        struct tm ours, theirs;
        assert_int_equal(lean___secs_to_tm(time, &ours), 0);
        gmtime_r(&time, &theirs);
        assert_int_equal(ours.tm_year, theirs.tm_year);
        assert_int_equal(ours.tm_mon, theirs.tm_mon);
        assert_int_equal(ours.tm_mday, theirs.tm_mday);
        assert_int_equal(ours.tm_hour, theirs.tm_hour);
        assert_int_equal(ours.tm_min, theirs.tm_min);
        assert_int_equal(ours.tm_sec, theirs.tm_sec);
    }
}

static void text_is_looked_through(void **state)
{
    (void)state;
    assert_int_equal(lean_strcspn("a word", " \t"), 1);
    assert_int_equal(lean_strcspn("word", " \t"), 4);
    assert_int_equal(lean_strcspn("", "x"), 0);
    assert_int_equal(lean_strcspn("word", ""), 4);
    const char *text = "one/two";
    assert_ptr_equal(lean_strchrnul(text, '/'), text + 3);
    assert_ptr_equal(lean_strchrnul(text, 'x'), text + 7);
    assert_ptr_equal(lean_strchrnul(text, '\0'), text + 7);
}

static void division_gives_quotient_and_remainder(void **state)
{
    (void)state;
    static const uint32_t numbers[] = {0,          1,          2,          3,          7,
                                       10,         255,        65535,      65536,      86400,
                                       0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff};
    enum { COUNT = sizeof numbers / sizeof numbers[0] };
    for (size_t i = 0; i < COUNT; i++) {
        for (size_t j = 1; j < COUNT; j++) {
            volatile uint32_t a = numbers[i];
            volatile uint32_t b = numbers[j];
            uint32_t quotient = a / b;
            uint32_t remainder = a % b;
            assert_true(remainder < b);
            assert_true((uint64_t)quotient * b + remainder == a);

            volatile int32_t c = (int32_t)numbers[i];
            volatile int32_t d = (int32_t)numbers[j];
            if (c == INT32_MIN && d == -1)
                continue;
            int64_t ratio = c / d;
            int64_t rest = c % d;
            assert_true(ratio * d + rest == c);
            assert_true(rest == 0 || (rest < 0) == (c < 0));
            assert_true(llabs(rest) < llabs((int64_t)d));
        }
    }
}

static void memory_is_copied_moved_and_set(void **state)
{
    (void)state;
    for (size_t from = 0; from < 9; from++) {
        for (size_t to = 0; to < 9; to++) {
            for (size_t count = 0; count < 20; count++) {
                uint8_t before[32], after[32], apart[32];
                for (size_t i = 0; i < sizeof before; i++)
                    before[i] = after[i] = (uint8_t)(i * 7 + 1);
                memset(apart, 0xa5, sizeof apart);
                volatile size_t length = count;
                assert_ptr_equal(memmove(after + to, after + from, length), after + to);
                assert_ptr_equal(memcpy(apart + to, before + from, length), apart + to);
                for (size_t i = 0; i < sizeof before; i++) {
                    bool inside = i >= to && i < to + count;
                    assert_int_equal(after[i], inside ? before[i - to + from] : before[i]);
                    assert_int_equal(apart[i], inside ? before[i - to + from] : 0xa5);
                }
                assert_ptr_equal(memset(apart + to, (int)count - 300, length), apart + to);
                for (size_t i = 0; i < sizeof apart; i++)
                    assert_int_equal(
                        apart[i], i >= to && i < to + count ? (uint8_t)((int)count - 300) : 0xa5);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_opened_and_changed),
        cmocka_unit_test(what_a_file_is_comes_from_the_kernel),
        cmocka_unit_test(an_old_kernel_says_the_same_of_a_file),
        cmocka_unit_test(pipes_and_sockets_are_made),
        cmocka_unit_test(an_alarm_is_set_and_taken_back),
        cmocka_unit_test(dates_are_those_of_libc),
        cmocka_unit_test(text_is_looked_through),
        cmocka_unit_test(division_gives_quotient_and_remainder),
        cmocka_unit_test(memory_is_copied_moved_and_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
