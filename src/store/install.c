#include "store/install.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/contents.h"
#include "store/lock.h"
#include "store/mounts.h"
#include "store/obstacles.h"
#include "store/safe_path.h"
#include "store/settle.h"
#include "store/strays.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fill_journal(struct file_set *set, enum journal_before before, struct journal *journal,
                         struct error *error)
{
    *journal = (struct journal){.before = before, .has_old_versions = true, .count = set->count};
    if (!generation_new(journal->generation))
        return error_set(error, ERROR_INTERNAL, "the kernel gives no random bytes");
    for (size_t i = 0; i < set->count; i++) {
        struct target *target = &set->targets[i];
        struct journal_member *member = &journal->members[i];
        if (!version_examine(target->directory, target->name, &target->old, error))
            return error_context(error, "%s", target->path);
        if (target->old.kind == VERSION_OTHER) /* it has passed target_preflight */
            return error_set(error, ERROR_TRANSIENT, "another process has just changed %s",
                             target->path);
        sha256_hex(target->contents, target->hash);
        member->path = str_from(target->path);
        member->old = target->old;
        memcpy(member->hash, target->hash, sizeof target->hash);
    }
    return true;
}

static bool write_temporary_files(const struct file_set *set, const char *generation,
                                  struct error *error)
{
    for (size_t i = 0; i < set->count; i++)
        if (!target_write(&set->targets[i], generation, error))
            return false;
    for (size_t i = 0; i < set->count; i++)
        if (!target_preserve_old(&set->targets[i], generation, error))
            return false;
    return file_set_sync_directories(set, error);
}

static void remove_temporary_files(const struct file_set *set, const char *generation)
{
    for (size_t i = set->count; i-- > 0;)
        target_remove_temporaries(&set->targets[i], generation);
}

/* Checks that a rename can put the journal in place: it replaces a link or any file, but neither a
 * directory nor a mount point. */
static bool preflight_journal(const struct file_set *set, struct error *error)
{
    const struct target *certificate = &set->targets[0];
    struct stat status;
    bool exists = fstatat(certificate->directory, set->journal, &status, AT_SYMLINK_NOFOLLOW) == 0;
    if (!exists ||
        (!S_ISDIR(status.st_mode) && !safe_is_mount_point(certificate->directory, set->journal)))
        return true;
    return error_refuse(
        error, ERROR_PERMANENT, "remove it",
        "the journal %s beside %s cannot be written: its name is a directory or a mount point",
        set->journal, certificate->path);
}

static bool preflight_set(const struct file_set *set, struct error *error)
{
    for (size_t i = 0; i < set->count; i++)
        if (!target_preflight(&set->targets[i], error))
            return false;
    return preflight_journal(set, error);
}

/* Takes over what settling found out. */
static void apply_settled(const struct settled *settled, struct install_outcome *outcome)
{
    static const enum store_state states[] = {
        [SETTLE_DONE] = STORE_IN_PLACE,   [SETTLE_ABSENT] = STORE_ABSENT,
        [SETTLE_MISSING] = STORE_UNKNOWN, [SETTLE_HOOK_DUE] = STORE_HOOK_DUE,
        [SETTLE_STUCK] = STORE_UNSETTLED, [SETTLE_UNFINISHED] = STORE_UNSETTLED};
    outcome->state = states[settled->settlement];
    outcome->completed = outcome->completed || settled->completed;
    outcome->went_back = outcome->went_back || settled->went_back;
    outcome->holds_old = settled->holds_old;
    memcpy(outcome->generation, settled->generation, GENERATION_SIZE);
}

/* Without the record the files are as good; the next success tries again. */
static bool record_mounts(const struct file_set *set)
{
    struct error error;
    if (!mounts_record(set, &error))
        log_once(LOG_LEVEL_WARN, "%s: %s; %s", set->certificate->arn, error.message, error.advice);
    return true;
}

/* Writes temporary files and commits. A failure leaves the files as they were, and no temporary
 * file behind. After a failed commit, taking it back may fail, too: the state is STORE_UNSETTLED
 * then. */
static bool write_and_commit(struct file_set *set, const struct journal *journal,
                             struct install_outcome *outcome, struct error *error)
{
    if (!write_temporary_files(set, journal->generation, error)) {
        remove_temporary_files(set, journal->generation);
        return false;
    }
    record_mounts(set); /* for settling, too, when this is the first installation */
    if (journal_commit(set, journal, error))
        return true;
    struct settled settled = {0};
    struct error ignored = error_none();
    settle_uncommitted(set, journal->generation, &settled, &ignored);
    apply_settled(&settled, outcome);
    return false;
}

static enum journal_before state_before(enum settlement settlement)
{
    return settlement == SETTLE_HOOK_DUE ? BEFORE_HOOK_DUE
           : settlement == SETTLE_STUCK  ? BEFORE_UNSETTLED
                                         : BEFORE_DONE;
}

static bool replace_set(struct file_set *set, enum settlement before, bool patient,
                        struct install_outcome *outcome, struct error *error)
{
    struct journal journal;
    struct settled settled = {0};
    if (!preflight_set(set, error) || !fill_journal(set, state_before(before), &journal, error) ||
        !write_and_commit(set, &journal, outcome, error))
        return false;
    settle_journal(set, &journal, patient, &settled, error);
    settled.completed = false; /* it was not interrupted */
    apply_settled(&settled, outcome);
    outcome->changed = !settled.went_back && outcome->state != STORE_UNSETTLED;
    outcome->committed =
        settled.settlement == SETTLE_UNFINISHED && journal.direction == JOURNAL_FORWARD;
    if (outcome->changed)
        return true;
    return error_context(error,
                         settled.went_back ? "the new files could not all be put in place, and the "
                                             "earlier ones are back"
                         : settled.completed
                             ? "the new files are in place"
                             : "the new files are committed, but not all of them are in place yet");
}

/* Returns the largest difference among the files. */
static enum comparison compare_all(const struct file_set *set)
{
    enum comparison worst = SAME;
    for (size_t i = 0; i < set->count; i++) {
        enum comparison each = target_compare(&set->targets[i]);
        worst = each > worst ? each : worst;
    }
    return worst;
}

static bool repair_all(const struct file_set *set, struct error *error)
{
    for (size_t i = 0; i < set->count; i++)
        if (!target_repair(&set->targets[i], error))
            return false;
    log_info("Set mode and owner of the files for %s as configured", set->certificate->arn);
    return true;
}

static void log_stuck(const struct file_set *set, const struct error *cause)
{
    log_warn("An interrupted replacement of the files for %s cannot be completed: %s; all of them "
             "are replaced now",
             set->certificate->arn, cause->message);
}

static void log_went_back(const struct file_set *set, const struct error *cause)
{
    log_warn("An interrupted replacement of the files for %s could not be completed: %s; the "
             "earlier files are back in place",
             set->certificate->arn, cause->message);
}

static bool has_dropped_hook(const struct settled *settled)
{
    return settled->settlement == SETTLE_DONE && settled->generation[0] != '\0';
}

/* Settles what an earlier run left. Returns false when it must be settled before anything else. */
static bool settle_earlier(struct file_set *set, bool patient, struct settled *settled,
                           struct install_outcome *outcome, struct error *error)
{
    settle_set(set, patient, settled, error);
    apply_settled(settled, outcome);
    if (settled->completed)
        log_info("Completed an interrupted replacement of the files for %s", set->certificate->arn);
    if (settled->went_back)
        log_went_back(set, error);
    if (has_dropped_hook(settled))
        log_info("No refresh command is configured for %s: none runs for the earlier change",
                 set->certificate->arn);
    return settled->settlement != SETTLE_UNFINISHED ||
           error_context(error, "an interrupted replacement cannot be completed yet");
}

static struct install_stamp stamp_of(int directory, const char *name)
{
    enum { NS_PER_SECOND = 1000000000 };
    struct stat status;
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return (struct install_stamp){0};
    return (struct install_stamp){status.st_ino, (int64_t)status.st_ctim.tv_sec * NS_PER_SECOND +
                                                     status.st_ctim.tv_nsec};
}

struct install_stamp install_stamp(const struct certificate_config *certificate)
{
    const char *name = NULL;
    struct error ignored;
    FD_AUTO int directory = safe_parent_open(certificate->certificate_path, &name, &ignored);
    if (directory < 0)
        return (struct install_stamp){0};
    return stamp_of(directory, name);
}

/* Two processes may fetch at the same time, while AWS renews the certificate: the one that fetched
 * first must not replace what the other one has installed. */
static bool was_replaced_since(const struct file_set *set, const struct install_stamp *before)
{
    struct install_stamp now = stamp_of(set->targets[0].directory, set->targets[0].name);
    return before != NULL && (now.inode != before->inode || now.changed_ns != before->changed_ns);
}

static bool install_into(struct file_set *set, const struct install_options *options,
                         struct install_outcome *outcome, struct error *error)
{
    struct settled settled;
    bool replaced = was_replaced_since(set, options->before_fetch);
    if (!settle_earlier(set, false, &settled, outcome, error))
        return false;
    bool stuck = settled.settlement == SETTLE_STUCK;
    enum comparison comparison = stuck ? DIFFERENT : compare_all(set);
    if (comparison == DIFFERENT && replaced)
        return error_refuse(error, ERROR_TRANSIENT, "it is fetched again",
                            "another process has replaced the files while the certificate was "
                            "fetched");
    if (comparison == DIFFERENT || options->force) {
        /* With SETTLE_HOOK_DUE, and when nothing differs, the files themselves show that their file
         * systems are there. */
        if (settled.settlement != SETTLE_HOOK_DUE && !mounts_check(set, options->force, error))
            return false;
        if (stuck)
            log_stuck(set, error);
        *error = error_none();
        if (!replace_set(set, settled.settlement, options->patient, outcome, error))
            return false;
        strays_remove(set, NULL);
        outcome->compared = true;
        return true;
    }
    outcome->compared = true;
    if (outcome->state != STORE_HOOK_DUE)
        outcome->state = STORE_IN_PLACE;
    outcome->repaired = comparison == SAME_BUT_ATTRIBUTES;
    return !outcome->repaired || repair_all(set, error);
}

/* Opens and locks the set. */
static bool open_locked(const struct certificate_config *certificate, struct file_set *set,
                        const struct install_options *options, struct install_outcome *outcome,
                        struct error *error)
{
    bool held = false;
    *outcome = (struct install_outcome){0};
    if (!file_set_open(certificate, set, error))
        return false;
    if (lock_take(set->targets[0].directory, options->lock_wait_ms, "the certificate's directory",
                  &held, error))
        return true;
    outcome->state = held ? STORE_HELD : STORE_UNKNOWN;
    return false;
}

bool install_bundle(const struct certificate_config *certificate, const struct bundle *bundle,
                    const struct install_options *options, struct install_outcome *outcome,
                    struct error *error)
{
    FILE_SET_AUTO struct file_set set = {0};
    struct contents contents = {0};
    int64_t start = clock_monotonic_ms();
    bool done = open_locked(certificate, &set, options, outcome, error) &&
                file_set_is_reachable(&set, error) &&
                contents_compose(&set, bundle, &contents, error) &&
                install_into(&set, options, outcome, error) && record_mounts(&set);
    contents_free(&contents);
    if (done)
        log_debug("%zu files compared, %s, %lld ms", set.count,
                  outcome->changed ? "new" : "the same", (long long)(clock_monotonic_ms() - start));
    return done;
}

static bool settle_locked(struct file_set *set, const struct install_options *options,
                          struct install_outcome *outcome, struct error *error)
{
    struct settled settled;
    if (!settle_earlier(set, options->patient, &settled, outcome, error))
        return false;
    if (settled.settlement == SETTLE_MISSING)
        return false;
    if (settled.settlement != SETTLE_STUCK)
        return true;
    error_context(error, "an interrupted replacement cannot be completed");
    return error_advise(error,
                        "nothing is changed until a refresh replaces all files; to do that now, "
                        "run: wcp-tiny once --only %s",
                        set->certificate->arn);
}

bool install_settle(const struct certificate_config *certificate,
                    const struct install_options *options, struct install_outcome *outcome,
                    struct error *error)
{
    FILE_SET_AUTO struct file_set set = {0};
    return open_locked(certificate, &set, options, outcome, error) &&
           settle_locked(&set, options, outcome, error);
}

bool install_confirm(const struct certificate_config *certificate, const char *generation,
                     const struct install_options *options, struct install_outcome *outcome,
                     struct error *error)
{
    FILE_SET_AUTO struct file_set set = {0};
    if (!open_locked(certificate, &set, options, outcome, error) ||
        !settle_locked(&set, options, outcome, error))
        return false;
    if (outcome->state != STORE_HOOK_DUE || strcmp(outcome->generation, generation) != 0)
        return true;
    if (!journal_remove(&set, error))
        return false;
    outcome->state = STORE_IN_PLACE;
    return true;
}
