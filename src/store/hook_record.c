#include "store/hook_record.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/format.h"
#include "base/limits.h"
#include "store/file_set.h"
#include "store/mounts.h"
#include "store/own_file.h"
#include "store/safe_path.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RECORD_SIZE = 256, BOOT_ID_SIZE = 40, OPEN_TRIES = 8 };

static const char heading[] = "wcp-hook 1";

/* --- the text: heading, boot id, generation or "-", process, start time, limit, state, status ---
 */

/* Reads the id of the machine's present run. Returns false when /proc does not have it. */
static bool read_boot_id(char id[BOOT_ID_SIZE])
{
    FD_AUTO int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, id, BOOT_ID_SIZE - 1);
    if (length <= 0)
        return false;
    id[length] = '\0';
    id[strcspn(id, "\n")] = '\0';
    return true;
}

bool hook_record_write(int lock, const struct hook_record *record)
{
    char text[RECORD_SIZE];
    char boot[BOOT_ID_SIZE];
    if (!read_boot_id(boot))
        return false;
    size_t length =
        format_text(text, sizeof text, "%s %s %s %d %llu %lld %s %d\n", heading, boot,
                    record->generation[0] == '\0' ? "-" : record->generation, (int)record->hook,
                    (unsigned long long)record->started, (long long)record->until_ms,
                    record->state == HOOK_RECORDED_ENDED ? "ended" : "running", record->status);
    return ftruncate(lock, 0) == 0 && lseek(lock, 0, SEEK_SET) == 0 &&
           write_all(lock, str_bytes(text, length));
}

static bool next_word(struct str *rest, struct str *word)
{
    return str_next(rest, ' ', word) && word->length > 0;
}

static bool next_number(struct str *rest, uint64_t most, uint64_t *number)
{
    struct str word;
    return next_word(rest, &word) && str_to_unsigned(word, most, number);
}

static bool parse_generation(struct str word, struct hook_record *record)
{
    if (str_equal(word, STR("-")))
        return true;
    if (word.length != GENERATION_SIZE - 1)
        return false;
    memcpy(record->generation, word.data, word.length);
    return true;
}

static bool parse_record(struct str text, struct hook_record *record)
{
    char boot[BOOT_ID_SIZE];
    struct str line;
    struct str word;
    uint64_t process = 0;
    uint64_t until = 0;
    uint64_t status = 0;
    *record = (struct hook_record){0};
    if (!str_next(&text, '\n', &line) || text.length > 0 ||
        !str_starts_with(line, str_from(heading)))
        return false;
    line = str_skip(line, sizeof heading);
    if (!next_word(&line, &word) || !read_boot_id(boot) || !str_equal(word, str_from(boot)) ||
        !next_word(&line, &word) || !parse_generation(word, record) ||
        !next_number(&line, INT32_MAX, &process) ||
        !next_number(&line, UINT64_MAX, &record->started) ||
        !next_number(&line, INT64_MAX, &until) || !next_word(&line, &word))
        return false;
    bool ended = str_equal(word, STR("ended"));
    if ((!ended && !str_equal(word, STR("running"))) || !next_number(&line, UINT16_MAX, &status))
        return false;
    record->hook = (pid_t)process;
    record->until_ms = (int64_t)until;
    record->status = (int)status;
    record->state = ended ? HOOK_RECORDED_ENDED : HOOK_RECORDED_RUNNING;
    return true;
}

/* --- the file --------------------------------------------------------------------------------- */

/* Opens the certificate's directory, and names its record. */
static int open_directory(const struct certificate_config *certificate, char name[NAME_MAX + 1],
                          struct error *error)
{
    const char *file = NULL;
    int directory = safe_parent_open(certificate->certificate_path, &file, error);
    if (directory >= 0)
        format_text(name, NAME_MAX + 1, ".%s.wcp-hook", file);
    return directory;
}

/* Reads what a record says. An invalid one, and one of before the last reboot, says nothing. */
static void read_record(int directory, int file, struct hook_record *record)
{
    char text[RECORD_SIZE];
    struct stat status;
    ssize_t length = pread(file, text, sizeof text, 0);
    if (length <= 0 || fstat(file, &status) != 0 || !own_file_is_trustworthy(directory, &status) ||
        !parse_record(str_bytes(text, (size_t)length), record))
        *record = (struct hook_record){0};
}

/* Returns false with errno set; EWOULDBLOCK: another process holds the lock. */
static bool try_lock(int file)
{
    int result = -1;
    do
        result = flock(file, LOCK_EX | LOCK_NB);
    while (result != 0 && errno == EINTR);
    return result == 0;
}

static int open_record(int directory, const char *name, int flags)
{
    return openat(directory, name, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0644);
}

uint64_t hook_record_process_start(pid_t process)
{
    enum { FIELDS_AFTER_NAME = 20 }; /* proc(5): starttime is field 22, after "pid (name)" */
    char path[32];
    char text[1024];
    uint64_t start = 0;
    format_text(path, sizeof path, "/proc/%d/stat", (int)process);
    FD_AUTO int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (length <= 0)
        return 0;
    text[length] = '\0';
    const char *end_of_name = strrchr(text, ')');
    struct str rest = end_of_name == NULL ? STR("") : str_from(end_of_name + 1);
    struct str word;
    rest = str_skip(rest, 1);
    for (int field = 0; field < FIELDS_AFTER_NAME; field++)
        if (!next_word(&rest, &word) || (field == 0 && str_equal(word, STR("Z"))))
            return 0;
    return str_to_unsigned(word, UINT64_MAX, &start) ? start : 0;
}

/* True while a hook runs whose runner has died. `record` is what the file says. */
static bool is_hook_alive(int directory, int file, struct hook_record *record)
{
    read_record(directory, file, record);
    return record->state == HOOK_RECORDED_RUNNING && record->hook > 0 &&
           (kill(record->hook, 0) == 0 || errno == EPERM) &&
           record->started == hook_record_process_start(record->hook);
}

/* Does what the runner would have done: a hook that is over its limit gets SIGTERM, and SIGKILL
 * after the grace time. Root does this only for its own record: that of another user could name any
 * process. */
static void end_late_hook(int file, const struct hook_record *record)
{
    struct stat status;
    int64_t late_ms = clock_monotonic_ms() - record->until_ms;
    if (late_ms < 0 || record->until_ms == 0 || fstat(file, &status) != 0 ||
        status.st_uid != geteuid())
        return;
    int number = late_ms < LIMIT_HOOK_GRACE_MS ? SIGTERM : SIGKILL;
    if (kill(-record->hook, number) != 0)
        kill(record->hook, number);
}

/* A file of root in another user's directory may have been moved there from elsewhere: only what is
 * a record, or still empty, is written to. */
static bool is_record(int file)
{
    char text[sizeof heading];
    ssize_t length = pread(file, text, sizeof heading - 1, 0);
    return length == 0 ||
           (length == sizeof heading - 1 && memcmp(text, heading, (size_t)length) == 0);
}

/* Opens the record for writing, or creates it. */
static int open_or_create(int directory, const char *name, bool *writable)
{
    struct stat status;
    int file = open_record(directory, name, O_RDWR);
    *writable = file >= 0 && fstat(file, &status) == 0 &&
                own_file_is_trustworthy(directory, &status) && is_record(file);
    if (file >= 0 || errno != ENOENT)
        return file;
    file = open_record(directory, name, O_RDWR | O_CREAT | O_EXCL);
    *writable = file >= 0 && fchmod(file, 0644) == 0; /* others must be able to lock it */
    return file;
}

/* Opens the file for writing. One that this user may not write, or that is no record, is replaced:
 * the user may write the directory, and nobody holds its lock. */
static enum hook_lock open_and_lock(int directory, const char *name, int *lock)
{
    struct hook_record record;
    bool writable = false;
    int file = open_or_create(directory, name, &writable);
    if (file < 0 && (errno == EACCES || errno == EPERM))
        file = open_record(directory, name, O_RDONLY);
    if (file < 0 && errno != ELOOP && errno != EISDIR && errno != ENXIO)
        return HOOK_LOCK_FAILED;
    if (file >= 0 && !try_lock(file)) {
        int number = errno;
        close(file);
        errno = number;
        return number == EWOULDBLOCK ? HOOK_LOCK_HELD : HOOK_LOCK_FAILED;
    }
    if (file >= 0 && is_hook_alive(directory, file, &record)) {
        end_late_hook(file, &record);
        close(file);
        return HOOK_LOCK_HELD;
    }
    if (writable && own_file_is_named(directory, name, file)) {
        *lock = file;
        return HOOK_LOCK_TAKEN;
    }
    if (!writable && unlinkat(directory, name, 0) != 0 && errno != ENOENT) {
        int number = errno;
        close_descriptor(&file);
        errno = number;
        return HOOK_LOCK_FAILED;
    }
    close_descriptor(&file);
    errno = EAGAIN; /* the name stands for another file now: try again */
    return HOOK_LOCK_FAILED;
}

/* Without a certificate the directory may be a bare mount point, which is left alone. */
static bool is_on_its_file_system(const struct certificate_config *certificate, struct error *error)
{
    FILE_SET_AUTO struct file_set set = {0};
    return file_set_open(certificate, &set, error) && mounts_check(&set, false, error);
}

enum hook_lock hook_record_lock(const struct certificate_config *certificate, int *lock,
                                struct error *error)
{
    char name[NAME_MAX + 1];
    enum hook_lock result = HOOK_LOCK_FAILED;
    *lock = -1;
    FD_AUTO int directory = open_directory(certificate, name, error);
    if (directory < 0 || !is_on_its_file_system(certificate, error))
        return HOOK_LOCK_FAILED;
    errno = EAGAIN;
    for (int i = 0; i < OPEN_TRIES && result == HOOK_LOCK_FAILED && errno == EAGAIN; i++)
        result = open_and_lock(directory, name, lock);
    if (result == HOOK_LOCK_FAILED) {
        error_set_errno(error, ERROR_TRANSIENT, errno,
                        "cannot lock %s beside the certificate's file %s", name,
                        certificate->certificate_path);
        error_advise(error, "let the agent's user write that directory, and check its disk");
    }
    return result;
}

/* Opens the record of a certificate for reading, and its directory, whose descriptor the caller
 * closes. Returns -1 when there is no record, or it cannot be opened. */
static int open_existing(const struct certificate_config *certificate, char name[NAME_MAX + 1],
                         int *directory)
{
    struct error ignored;
    *directory = open_directory(certificate, name, &ignored);
    return *directory < 0 ? -1 : open_record(*directory, name, O_RDONLY);
}

bool hook_record_says_done(const struct certificate_config *certificate, const char *generation)
{
    char name[NAME_MAX + 1];
    struct hook_record record;
    FD_AUTO int directory = -1;
    FD_AUTO int file = open_existing(certificate, name, &directory);
    if (file < 0)
        return false;
    read_record(directory, file, &record);
    return record.state == HOOK_RECORDED_ENDED && strcmp(record.generation, generation) == 0 &&
           WIFEXITED(record.status) && WEXITSTATUS(record.status) == 0;
}

bool hook_record_is_held(const struct certificate_config *certificate)
{
    char name[NAME_MAX + 1];
    struct hook_record record;
    FD_AUTO int directory = -1;
    FD_AUTO int file = open_existing(certificate, name, &directory);
    if (file < 0)
        return false;
    if (!try_lock(file))
        return errno == EWOULDBLOCK;
    if (!is_hook_alive(directory, file, &record))
        return false;
    end_late_hook(file, &record);
    return true;
}

bool hook_record_is_in_time(const struct certificate_config *certificate)
{
    char name[NAME_MAX + 1];
    struct hook_record record;
    FD_AUTO int directory = -1;
    FD_AUTO int file = open_existing(certificate, name, &directory);
    if (file < 0 || !is_hook_alive(directory, file, &record))
        return false;
    int64_t left_ms = record.until_ms - clock_monotonic_ms();
    return left_ms > -2 * LIMIT_HOOK_GRACE_MS && left_ms <= LIMIT_HOOK_MS;
}

void hook_record_remove(const struct certificate_config *certificate)
{
    char name[NAME_MAX + 1];
    struct hook_record record;
    FD_AUTO int directory = -1;
    FD_AUTO int file = open_existing(certificate, name, &directory);
    if (file >= 0 && try_lock(file) && !is_hook_alive(directory, file, &record) &&
        own_file_is_named(directory, name, file))
        unlinkat(directory, name, 0);
}
