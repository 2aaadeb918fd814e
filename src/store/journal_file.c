#include "store/journal_file.h"

#include "base/file.h"
#include "store/safe_path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* True when this user owns every directory of the set. */
static bool owns_directories(const struct file_set *set, uid_t user)
{
    struct stat status;
    for (size_t i = 0; i < set->count; i++)
        if (fstat(set->targets[i].directory, &status) != 0 || status.st_uid != user)
            return false;
    return true;
}

/* Root believes the user who owns the directories, too: that user could put any file there without
 * a journal. So `recover` at boot completes what an unprivileged service left unfinished. */
static bool is_trusted_owner(const struct file_set *set, uid_t owner)
{
    return owner == 0 || owner == geteuid() || (geteuid() == 0 && owns_directories(set, owner));
}

static bool is_trustworthy(const struct file_set *set, const struct stat *status,
                           struct error *error)
{
    const char *wrong = NULL;
    if (!S_ISREG(status->st_mode))
        wrong = "is not a regular file";
    else if (status->st_nlink != 1)
        wrong = "has more than one link";
    else if (!is_trusted_owner(set, status->st_uid))
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
        target->old = member->old;
    }
    return true;
}

/* A device that fails, or a lack of memory, passes; a link or a file that is too large does not. */
static enum error_kind kind_of_failure(int number)
{
    return number == EIO || number == ENOMEM || number == ENFILE || number == EMFILE
               ? ERROR_TRANSIENT
               : ERROR_PERMANENT;
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
        error_set_errno(error, kind_of_failure(errno), errno, "the journal cannot be opened");
        return JOURNAL_UNTRUSTED;
    }
    if (!is_trustworthy(set, &status, error))
        return JOURNAL_UNTRUSTED;
    if (!read_all(descriptor, text)) {
        error_set_errno(error, kind_of_failure(errno), errno, "the journal cannot be read");
        return JOURNAL_UNTRUSTED;
    }
    return journal_parse(buf_str(text), journal, error) && names_only_targets(set, journal, error)
               ? JOURNAL_TRUSTED
               : JOURNAL_UNTRUSTED;
}

/* Everybody may read it, so that an agent of another user, perhaps root's, can go on: it holds no
 * secret. */
bool journal_commit(const struct file_set *set, const struct journal *journal, struct error *error)
{
    BUF_AUTO struct buf text = BUF(LIMIT_JOURNAL);
    struct target target = set->targets[0];
    if (!journal_write(journal, &text))
        return error_no_memory(error);
    target.name = set->journal;
    target.permission = NULL;
    target.contents = buf_str(&text);
    target.old.kind = VERSION_ABSENT;                        /* an earlier journal is not kept */
    target_remove_temporaries(&target, journal->generation); /* of a try that failed */
    return (target_write(&target, journal->generation, error) &&
            target_rename(&target, journal->generation, error) &&
            target_sync_directory(&target, error)) ||
           error_context(error, "the journal");
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
