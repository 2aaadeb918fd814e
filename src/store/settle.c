#include "store/settle.h"

#include "base/file.h"
#include "store/safe_path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_trustworthy(const struct stat *status, struct error *error)
{
    const char *wrong = NULL;
    if (!S_ISREG(status->st_mode))
        wrong = "is not a regular file";
    else if (status->st_nlink != 1)
        wrong = "has more than one link";
    else if (status->st_uid != 0 && status->st_uid != geteuid())
        wrong = "belongs to another user";
    else if ((status->st_mode & (S_IWGRP | S_IWOTH)) != 0)
        wrong = "can be written by others";
    return wrong == NULL || error_set(error, ERROR_PERMANENT, "the journal %s", wrong);
}

static bool names_only_targets(struct file_set *set, const struct journal *journal,
                               struct error *error)
{
    for (size_t i = 0; i < journal->count; i++) {
        const struct journal_member *member = &journal->members[i];
        struct target *target = file_set_find(set, member->path);
        if (target == NULL)
            return error_set(error, ERROR_PERMANENT,
                             "the journal names %.*s, which is not a file of this certificate (a "
                             "private key may be left beside it, in a hidden file that ends in "
                             ".wcp-new)",
                             (int)member->path.length, member->path.data);
        memcpy(target->hash, member->hash, sizeof target->hash);
    }
    return true;
}

enum journal_state journal_load(struct file_set *set, struct buf *text, struct journal *journal,
                                struct error *error)
{
    struct stat status;
    FD_AUTO int descriptor = openat(set->targets[0].directory, set->journal,
                                    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0 && errno == ENOENT)
        return JOURNAL_ABSENT;
    if (descriptor < 0 || fstat(descriptor, &status) != 0) {
        error_set_errno(error, ERROR_PERMANENT, errno, "the journal cannot be opened");
        return JOURNAL_UNTRUSTED;
    }
    if (!is_trustworthy(&status, error))
        return JOURNAL_UNTRUSTED;
    if (!read_all(descriptor, text)) {
        error_set_errno(error, ERROR_PERMANENT, errno, "the journal cannot be read");
        return JOURNAL_UNTRUSTED;
    }
    return journal_parse(buf_str(text), journal, error) && names_only_targets(set, journal, error)
               ? JOURNAL_TRUSTED
               : JOURNAL_UNTRUSTED;
}

static bool has_temporary(const struct target *target, const char *generation)
{
    char name[NAME_MAX + 1];
    temporary_name(target->name, generation, name, sizeof name);
    return target_file_has_hash(target, name);
}

/* The targets whose temporary files must still be renamed. */
struct pending_renames {
    const struct target *targets[JOURNAL_MAX_MEMBERS];
    size_t count;
};

/* Finds the targets that must still be renamed. All others must have their new contents already.
 * Returns false when this is not so, or a file cannot be read. No file may change before this is
 * known for all. */
static bool find_pending_renames(struct file_set *set, const struct journal *journal,
                                 struct pending_renames *pending, struct error *error)
{
    pending->count = 0;
    for (size_t i = 0; i < journal->count; i++) {
        const struct target *target = file_set_find(set, journal->members[i].path);
        if (target->directory < 0) {
            *error = target->open_error;
            return false;
        }
        if (has_temporary(target, journal->generation))
            pending->targets[pending->count++] = target;
        else if (!target_file_has_hash(target, target->name))
            return error_set(
                error, ERROR_PERMANENT,
                "%s does not have its new contents, and their temporary file is missing",
                target->path);
    }
    return true;
}

/* A target may have become a directory or a mount point since its temporary file was written. */
static bool may_be_renamed(const struct pending_renames *pending, struct error *error)
{
    for (size_t i = 0; i < pending->count; i++)
        if (!target_preflight(pending->targets[i], error))
            return false;
    return true;
}

static bool rename_all(const struct file_set *set, const struct journal *journal,
                       const struct pending_renames *pending, struct error *error)
{
    /* The journal must be on disk before the first rename. */
    if (!target_sync_directory(&set->targets[0], error))
        return false;
    for (size_t i = 0; i < pending->count; i++)
        if (!target_rename(pending->targets[i], journal->generation, error))
            return false;
    return file_set_sync_directories(set, error);
}

bool settle_complete(struct file_set *set, const struct journal *journal, struct error *error)
{
    struct pending_renames pending = {.count = set->count};
    for (size_t i = 0; i < set->count; i++)
        pending.targets[i] = &set->targets[i];
    return rename_all(set, journal, &pending, error);
}

/* Returns true when `name`, in the directory of target `first`, is a temporary file of the set and
 * not of `generation`. */
static bool is_stray_temporary(const struct file_set *set, size_t first, struct str name,
                               const char *generation)
{
    char found[GENERATION_SIZE] = "";
    if (!temporary_name_is_likely(name))
        return false;
    bool is_of_set = first == 0 && temporary_name_parse(name, set->journal, found);
    for (size_t i = first; i < set->count && !is_of_set; i++)
        is_of_set = target_shares_directory(&set->targets[first], &set->targets[i]) &&
                    temporary_name_parse(name, set->targets[i].name, found);
    return is_of_set && (generation == NULL || strcmp(found, generation) != 0);
}

/* Finds stray temporary files in the directory of target `first`, and removes them if `remove`.
 * Returns true when there was one. */
static bool find_strays(const struct file_set *set, size_t first, const char *generation,
                        bool remove)
{
    DIR *directory = safe_directory_list(set->targets[first].directory);
    bool found = false;
    if (directory == NULL)
        return false;
    for (const struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory))
        if (is_stray_temporary(set, first, str_from(entry->d_name), generation)) {
            found = true;
            if (remove)
                unlinkat(set->targets[first].directory, entry->d_name, 0);
        }
    closedir(directory);
    return found;
}

/* The certificate's directory comes last. After a crash in between, its temporary files still show
 * that its file system is mounted: see may_be_unmounted. */
void settle_remove_strays(const struct file_set *set, const char *generation)
{
    for (size_t i = set->count; i-- > 0;)
        if (set->targets[i].directory >= 0 && file_set_is_first_in_directory(set, i))
            find_strays(set, i, generation, true);
}

static bool has_several_directories(const struct file_set *set)
{
    for (size_t i = 1; i < set->count; i++)
        if (file_set_is_first_in_directory(set, i))
            return true;
    return false;
}

/* A certificate's directory without a certificate or temporary file may be a mount point whose file
 * system, with the journal, is not mounted yet. That journal then needs the temporary files in the
 * other directories. */
static bool may_be_unmounted(const struct file_set *set)
{
    const struct target *certificate = &set->targets[0];
    struct stat status;
    return has_several_directories(set) &&
           fstatat(certificate->directory, certificate->name, &status, AT_SYMLINK_NOFOLLOW) != 0 &&
           !find_strays(set, 0, NULL, false);
}

bool settle_set(struct file_set *set, enum settlement *settlement, char generation[GENERATION_SIZE],
                bool *completed, struct error *error)
{
    BUF_AUTO struct buf text = BUF(LIMIT_JOURNAL);
    struct journal journal;
    struct pending_renames pending;
    struct error cause = error_none();
    *settlement = SETTLE_NOTHING;
    *completed = false;
    enum journal_state state = journal_load(set, &text, &journal, &cause);
    if (state == JOURNAL_ABSENT) {
        if (may_be_unmounted(set))
            *settlement = SETTLE_UNKNOWN;
        else
            settle_remove_strays(set, NULL);
        return true;
    }
    if (state == JOURNAL_UNTRUSTED || !find_pending_renames(set, &journal, &pending, &cause) ||
        !may_be_renamed(&pending, &cause)) {
        *settlement = SETTLE_STUCK;
        log_warn("An interrupted replacement of the files for %s cannot be completed: %s; nothing "
                 "is changed until a refresh replaces all of them",
                 set->certificate->arn, cause.message);
        if (state == JOURNAL_TRUSTED)
            settle_remove_strays(set, journal.generation);
        return true;
    }
    if (!rename_all(set, &journal, &pending, error))
        return error_context(error, "an interrupted replacement cannot be completed yet");
    *completed = pending.count > 0;
    if (*completed)
        log_info("Completed an interrupted replacement of the files for %s", set->certificate->arn);
    *settlement = SETTLE_PENDING;
    memcpy(generation, journal.generation, GENERATION_SIZE);
    settle_remove_strays(set, NULL);
    return true;
}

bool journal_remove(const struct file_set *set, struct error *error)
{
    int directory = set->targets[0].directory;
    if ((unlinkat(directory, set->journal, 0) == 0 || errno == ENOENT) &&
        safe_directory_sync(directory))
        return true;
    error_set_errno(error, ERROR_TRANSIENT, errno, "cannot remove the journal of %s",
                    set->targets[0].path);
    return error_advise(error, "check the file system");
}
