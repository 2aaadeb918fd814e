/* The simulated file system against the real one: the same random calls on both must return the
 * same, and leave the same tree. Then what a power cut may lose, which no real kernel can be asked.
 * Reports in the Test Anything Protocol. */
#include "simulation/calls.h"
#include "simulation/history.h"
#include "simulation/kernel.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { ROUNDS = 1000, CALLS_PER_ROUND = 200, OPEN = 6, TEXT = 512 };

int __real_open(const char *path, int flags, ...);
int __real_openat(int directory, const char *path, int flags, ...);
int __real_close(int descriptor);
ssize_t __real_pread(int descriptor, void *out, size_t size, off_t offset);
ssize_t __real_read(int descriptor, void *out, size_t size);
ssize_t __real_write(int descriptor, const void *data, size_t size);
int __real_ftruncate(int descriptor, off_t length);
int __real_renameat2(int from, const char *old, int to, const char *new, unsigned flags);
int __real_linkat(int from, const char *old, int to, const char *new, int flags);
int __real_symlinkat(const char *text, int directory, const char *path);
int __real_unlinkat(int directory, const char *path, int flags);
int __real_mkdirat(int directory, const char *path, mode_t mode);
int __real_fstatat(int directory, const char *path, struct stat *status, int flags);
int __real_flock(int descriptor, int operation);
ssize_t __real_readlinkat(int directory, const char *path, char *out, size_t size);
DIR *__real_fdopendir(int descriptor);
struct dirent *__real_readdir(DIR *directory);
int __real_closedir(DIR *directory);

static int real_root;
static int real_open_files[OPEN];
static int model_root;
static int model_open_files[OPEN];
static char last_call[TEXT];
static unsigned failures;

static long real_result(long result)
{
    return result < 0 ? -errno : result;
}

static void expect(long real, long model)
{
    if (real == model)
        return;
    printf("# %s: the kernel says %ld, the model %ld\n", last_call, real, model);
    failures++;
}

static const char *random_path(struct dice *dice)
{
    static const char *const paths[] = {"a",      "b",      "c",   "d",   "d/a",    "d/b",
                                        "d/e",    "l",      "l/a", "a/x", "d/e/b",  "./c",
                                        "d/../b", "d/e/..", "d/.", "m",   "l/../a", "none/a"};
    return paths[dice_roll(dice, sizeof paths / sizeof paths[0])];
}

/* --- one call on both --- */

static void open_both(struct dice *dice)
{
    static const int flags[] = {
        O_RDONLY,
        O_RDWR,
        O_RDWR | O_CREAT,
        O_RDWR | O_CREAT | O_EXCL,
        O_RDONLY | O_DIRECTORY,
        O_RDWR | O_TRUNC,
        O_PATH | O_NOFOLLOW,
        O_RDONLY | O_NOFOLLOW,
        O_WRONLY | O_APPEND | O_CREAT,
        O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
    };
    const char *path = random_path(dice);
    int flag = flags[dice_roll(dice, sizeof flags / sizeof flags[0])] | O_NONBLOCK;
    unsigned at = dice_roll(dice, OPEN);
    snprintf(last_call, sizeof last_call, "open(%s, %#x)", path, (unsigned)flag);
    if (real_open_files[at] >= 0) {
        __real_close(real_open_files[at]);
        call_close(model_open_files[at]);
    }
    long real = real_result(__real_openat(real_root, path, flag, 0644));
    long model = call_open(model_root, path, flag, 0644, 0);
    real_open_files[at] = (int)real;
    model_open_files[at] = (int)model;
    expect(real < 0 ? real : 0, model < 0 ? model : 0);
}

static void use_open_file(struct dice *dice)
{
    unsigned at = dice_roll(dice, OPEN);
    int real = real_open_files[at];
    int model = model_open_files[at];
    char out[2][64] = {{0}, {0}};
    const char *data = "0123456789abcdef";
    size_t size = dice_roll(dice, 17);
    int64_t offset = dice_roll(dice, 24);
    if (real < 0)
        return;
    switch (dice_roll(dice, 4)) {
    case 0:
        snprintf(last_call, sizeof last_call, "pread(%zu, %lld)", size, (long long)offset);
        expect(real_result(__real_pread(real, out[0], size, offset)),
               call_read(model, out[1], size, offset));
        break;
    case 1:
        snprintf(last_call, sizeof last_call, "read(%zu)", size);
        expect(real_result(__real_read(real, out[0], size)), call_read(model, out[1], size, -1));
        break;
    case 2: {
        snprintf(last_call, sizeof last_call, "write(%zu)", size);
        long written = call_write(model, data, size, -1); /* the model may write a part */
        long wanted = written >= 0 ? written : (long)size;
        expect(real_result(__real_write(real, data, (size_t)wanted)), written);
        break;
    }
    default:
        snprintf(last_call, sizeof last_call, "ftruncate(%lld)", (long long)offset);
        expect(real_result(__real_ftruncate(real, offset)), call_truncate(model, offset));
        break;
    }
    expect(0, memcmp(out[0], out[1], sizeof out[0]));
}

static void rename_both(struct dice *dice)
{
    static const unsigned flags[] = {0, 0, RENAME_EXCHANGE, RENAME_NOREPLACE};
    const char *old = random_path(dice);
    const char *new = random_path(dice);
    unsigned flag = flags[dice_roll(dice, 4)];
    snprintf(last_call, sizeof last_call, "rename(%s, %s, %u)", old, new, flag);
    /* Loops of directories are left out: the product never renames one. */
    struct stat status;
    if (__real_fstatat(real_root, old, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISDIR(status.st_mode))
        return;
    if (__real_fstatat(real_root, new, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISDIR(status.st_mode) && flag == RENAME_EXCHANGE)
        return;
    expect(real_result(__real_renameat2(real_root, old, real_root, new, flag)),
           call_rename(model_root, old, model_root, new, flag));
}

static void change_names(struct dice *dice)
{
    const char *path = random_path(dice);
    const char *other = random_path(dice);
    char text[2][TEXT] = {{0}, {0}};
    bool ends_in_dot = path[strlen(path) - 1] == '.'; /* for rmdir(2): several errors of its own */
    int flags = dice_hit(dice, 3) && !ends_in_dot ? AT_REMOVEDIR : 0;
    static const char *const names[] = {"unlink", "link", "mkdir", "symlink", "readlink"};
    unsigned kind = dice_roll(dice, 5);
    snprintf(last_call, sizeof last_call, "%s(%s, %s)", names[kind], path, other);
    switch (kind) {
    case 0:
        expect(real_result(__real_unlinkat(real_root, path, flags)),
               call_unlink(model_root, path, flags));
        break;
    case 1:
        expect(real_result(__real_linkat(real_root, path, real_root, other, 0)),
               call_link(model_root, path, model_root, other, 0));
        break;
    case 2:
        expect(real_result(__real_mkdirat(real_root, path, 0755)),
               call_make_directory(model_root, path, 0755));
        break;
    case 3:
        expect(real_result(__real_symlinkat(other, real_root, path)),
               call_make_link(other, model_root, path));
        break;
    default:
        expect(real_result(__real_readlinkat(real_root, path, text[0], TEXT)),
               call_read_link(model_root, path, text[1], TEXT));
        expect(0, strcmp(text[0], text[1]));
        break;
    }
}

static void look_at_both(struct dice *dice)
{
    struct stat real = {0};
    struct stat model = {0};
    const char *path = random_path(dice);
    int flags = dice_hit(dice, 2) ? AT_SYMLINK_NOFOLLOW : 0;
    snprintf(last_call, sizeof last_call, "stat(%s, %d)", path, flags);
    long result = real_result(__real_fstatat(real_root, path, &real, flags));
    expect(result, call_stat(model_root, path, flags, &model));
    if (result != 0)
        return;
    expect(real.st_mode & S_IFMT, model.st_mode & S_IFMT);
    if (!S_ISDIR(real.st_mode)) {
        expect((long)real.st_nlink, (long)model.st_nlink);
        expect(real.st_size, model.st_size);
    }
}

static void lock_both(struct dice *dice)
{
    static const int operations[] = {LOCK_EX | LOCK_NB, LOCK_SH | LOCK_NB, LOCK_UN};
    unsigned at = dice_roll(dice, OPEN);
    int operation = operations[dice_roll(dice, 3)];
    if (real_open_files[at] < 0)
        return;
    snprintf(last_call, sizeof last_call, "flock(%u, %d)", at, operation);
    if (operation == (LOCK_SH | LOCK_NB)) /* changing a lock is not modelled: take it anew */
        expect(real_result(__real_flock(real_open_files[at], LOCK_UN)),
               call_flock(model_open_files[at], LOCK_UN));
    expect(real_result(__real_flock(real_open_files[at], operation)),
           call_flock(model_open_files[at], operation));
}

static void call_both(struct dice *dice)
{
    static void (*const kinds[])(struct dice *) = {open_both,    use_open_file, use_open_file,
                                                   rename_both,  change_names,  change_names,
                                                   look_at_both, lock_both};
    kinds[dice_roll(dice, sizeof kinds / sizeof kinds[0])](dice);
}

/* --- the trees --- */

static void empty_real(int directory)
{
    DIR *listing = __real_fdopendir(__real_openat(directory, ".", O_RDONLY | O_DIRECTORY));
    for (struct dirent *entry = __real_readdir(listing); entry != NULL;
         entry = __real_readdir(listing)) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (__real_unlinkat(directory, entry->d_name, 0) == 0)
            continue;
        int below = __real_openat(directory, entry->d_name, O_RDONLY | O_DIRECTORY);
        empty_real(below);
        __real_close(below);
        __real_unlinkat(directory, entry->d_name, AT_REMOVEDIR);
    }
    __real_closedir(listing);
}

static void play_round(void *context)
{
    struct dice *dice = context;
    kernel.switch_once_in = UINT32_MAX;
    call_make_directory(AT_FDCWD, "/top", 0755);
    model_root = (int)call_open(AT_FDCWD, "/top", O_RDONLY | O_DIRECTORY, 0, 0);
    for (unsigned i = 0; i < OPEN; i++)
        real_open_files[i] = model_open_files[i] = -1;
    for (unsigned i = 0; i < CALLS_PER_ROUND && failures == 0; i++)
        call_both(dice);
    for (unsigned i = 0; i < OPEN; i++)
        if (real_open_files[i] >= 0)
            __real_close(real_open_files[i]);
    empty_real(real_root);
}

static bool nobody_is_left(void)
{
    return !process_exists("test");
}

static void compare_with_kernel(void)
{
    char directory[] = "/dev/shm/wcp-simulation-XXXXXX";
    struct dice dice = {1};
    if (mkdtemp(directory) == NULL)
        exit(1);
    real_root = __real_open(directory, O_RDONLY | O_DIRECTORY);
    for (unsigned i = 0; i < ROUNDS && failures == 0; i++) {
        kernel_reset(i);
        process_new("test", 0, play_round, &dice);
        kernel_run_until(NEVER, nobody_is_left);
    }
    __real_close(real_root);
    __real_unlinkat(AT_FDCWD, directory, AT_REMOVEDIR);
    printf("%sok 1 - the model answers as the kernel does\n", failures == 0 ? "" : "not ");
}

int main(int count, char **arguments)
{
    history_is_on = count > 1 && strcmp(arguments[1], "-v") == 0;
    setvbuf(stdout, NULL, _IOLBF, 0);
    compare_with_kernel();
    printf("1..1\n");
    return failures == 0 ? 0 : 1;
}
