#include "store/install.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/log.h"
#include "store/lock.h"
#include "store/safe_path.h"
#include "store/settle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* renameat */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The contents of the files that are composed of several parts of a bundle. */
struct composition {
    struct buf certificate;
    struct buf chain;
    struct buf combined;
};

static void composition_free(struct composition *composition)
{
    buf_free(&composition->certificate);
    buf_free(&composition->chain);
    buf_free(&composition->combined);
}

/* Appends PEM text with exactly one newline at its end; appends nothing for an empty text. */
static void append_pem(struct buf *out, struct str pem)
{
    while (pem.length > 0 && is_space(pem.data[pem.length - 1]))
        pem.length--;
    if (pem.length == 0)
        return;
    buf_append(out, pem);
    buf_append_byte(out, '\n');
}

static bool compose_contents(struct file_set *set, const struct bundle *bundle,
                             struct composition *composition, struct error *error)
{
    const struct certificate_config *certificate = set->certificate;
    append_pem(&composition->certificate, bundle->certificate);
    append_pem(&composition->chain, bundle->chain);
    if (certificate->chain_path == NULL)
        append_pem(&composition->certificate, bundle->chain);
    append_pem(&composition->combined, bundle->key);
    append_pem(&composition->combined, bundle->certificate);
    append_pem(&composition->combined, bundle->chain);
    if (composition->certificate.failed || composition->chain.failed ||
        composition->combined.failed)
        return error_no_memory(error);
    for (size_t i = 0; i < set->count; i++) {
        struct target *target = &set->targets[i];
        if (target->path == certificate->certificate_path)
            target->contents = buf_str(&composition->certificate);
        else if (target->path == certificate->private_key_path)
            target->contents = bundle->key;
        else if (target->path == certificate->chain_path)
            target->contents = buf_str(&composition->chain);
        else
            target->contents = buf_str(&composition->combined);
    }
    return true;
}

static bool lock_set(const struct file_set *set, struct error *error)
{
    return lock_take(set->targets[0].directory, LIMIT_LOCK_WAIT_MS, "the certificate's directory",
                     error);
}

/* Writes the journal like a file of the set. settle_complete, the next step, syncs it before it
 * renames anything. Sets `rename_tried` before the journal is renamed: after a failure the journal
 * then may exist all the same. */
static bool commit_journal(const struct file_set *set, const struct journal *journal,
                           bool *rename_tried, struct error *error)
{
    BUF_AUTO struct buf text = BUF(LIMIT_JOURNAL);
    struct target target = set->targets[0];
    if (!journal_write(journal, &text))
        return error_no_memory(error);
    target.name = set->journal;
    target.permission = NULL;
    target.contents = buf_str(&text);
    if (!target_write(&target, journal->generation, error))
        return error_context(error, "the journal");
    *rename_tried = true;
    return target_rename(&target, journal->generation, error) ||
           error_context(error, "the journal");
}

static void fill_journal(struct file_set *set, struct journal *journal)
{
    for (size_t i = 0; i < set->count; i++) {
        struct target *target = &set->targets[i];
        sha256_hex(target->contents, target->hash);
        journal->members[i].path = str_from(target->path);
        memcpy(journal->members[i].hash, target->hash, sizeof target->hash);
    }
    journal->count = set->count;
}

static bool write_temporary_files(const struct file_set *set, const char *generation,
                                  struct error *error)
{
    for (size_t i = 0; i < set->count; i++)
        if (!target_write(&set->targets[i], generation, error))
            return false;
    return file_set_sync_directories(set, error);
}

static void remove_temporary_files(const struct file_set *set, const char *generation)
{
    for (size_t i = set->count; i-- > 0;)
        target_remove_temporary(&set->targets[i], generation);
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

/* Writes temporary files, commits, renames. A failure before the commit leaves no file behind;
 * after a later failure, recovery completes the replacement. */
static bool replace_set(struct file_set *set, struct install_outcome *outcome, struct error *error)
{
    struct journal journal = {0};
    bool rename_tried = false;
    if (!preflight_set(set, error))
        return false;
    if (!generation_new(journal.generation))
        return error_set(error, ERROR_INTERNAL, "the kernel gives no random bytes");
    fill_journal(set, &journal);
    if (!write_temporary_files(set, journal.generation, error) ||
        !commit_journal(set, &journal, &rename_tried, error)) {
        if (!rename_tried)
            remove_temporary_files(set, journal.generation);
        outcome->hook_pending = outcome->hook_pending && !rename_tried;
        outcome->unfinished = rename_tried;
        return false;
    }
    if (!settle_complete(set, &journal, error)) {
        outcome->hook_pending = false;
        outcome->unfinished = true;
        return error_context(error,
                             "the new files are committed, but not all of them are in place yet");
    }
    outcome->changed = true;
    memcpy(outcome->generation, journal.generation, GENERATION_SIZE);
    return true;
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

/* All files are in place. The journal stays until the hook has succeeded; without a hook it goes
 * now. */
static bool finish_replacement(const struct file_set *set, struct install_outcome *outcome,
                               struct error *error)
{
    if (set->certificate->refresh_command != NULL) {
        outcome->hook_pending = true;
        return true;
    }
    return journal_remove(set, error);
}

/* The same for a replacement by an earlier run. */
static bool finish_earlier_replacement(const struct file_set *set, struct install_outcome *outcome,
                                       struct error *error)
{
    if (set->certificate->refresh_command == NULL)
        log_info("No refresh command is configured for %s: none runs for the earlier change",
                 set->certificate->arn);
    return finish_replacement(set, outcome, error);
}

static bool install_into(struct file_set *set, bool force, struct install_outcome *outcome,
                         struct error *error)
{
    enum settlement settlement = SETTLE_NOTHING;
    if (!settle_set(set, &settlement, outcome->generation, &outcome->completed, error)) {
        outcome->unfinished = true;
        return false;
    }
    enum comparison comparison = force || settlement == SETTLE_STUCK ? DIFFERENT : compare_all(set);
    if (comparison == DIFFERENT) {
        /* The hook of an earlier change must run even when this change fails. */
        outcome->hook_pending =
            settlement == SETTLE_PENDING && set->certificate->refresh_command != NULL;
        if (!replace_set(set, outcome, error))
            return false;
        if (settlement == SETTLE_STUCK || settlement == SETTLE_UNKNOWN)
            settle_remove_strays(set, NULL);
        return finish_replacement(set, outcome, error);
    }
    outcome->repaired = comparison == SAME_BUT_ATTRIBUTES;
    return (settlement != SETTLE_PENDING || finish_earlier_replacement(set, outcome, error)) &&
           (!outcome->repaired || repair_all(set, error));
}

bool install_bundle(const struct certificate_config *certificate, const struct bundle *bundle,
                    bool force, struct install_outcome *outcome, struct error *error)
{
    FILE_SET_AUTO struct file_set set = {0};
    struct composition composition = {
        .certificate = BUF(LIMIT_INSTALLED_FILE),
        .chain = BUF(LIMIT_INSTALLED_FILE),
        .combined = BUF_SECRET(LIMIT_INSTALLED_FILE),
    };
    *outcome = (struct install_outcome){0};
    int64_t start = clock_monotonic_ms();
    bool done = file_set_open(certificate, &set, error) && file_set_is_reachable(&set, error) &&
                compose_contents(&set, bundle, &composition, error) && lock_set(&set, error) &&
                install_into(&set, force, outcome, error);
    composition_free(&composition);
    if (done)
        log_debug("%zu files compared, %s, %lld ms", set.count,
                  outcome->changed ? "new" : "the same", (long long)(clock_monotonic_ms() - start));
    return done;
}

bool install_recover(const struct certificate_config *certificate, struct install_outcome *outcome,
                     struct error *error)
{
    FILE_SET_AUTO struct file_set set = {0};
    enum settlement settlement = SETTLE_NOTHING;
    *outcome = (struct install_outcome){0};
    if (!file_set_open(certificate, &set, error) || !lock_set(&set, error) ||
        !settle_set(&set, &settlement, outcome->generation, &outcome->completed, error))
        return false;
    if (settlement == SETTLE_STUCK)
        return error_set(error, ERROR_PERMANENT,
                         "an interrupted replacement cannot be completed") ||
               error_advise(error, "run: wcp-tiny once --only %s", certificate->arn);
    return settlement != SETTLE_PENDING || finish_earlier_replacement(&set, outcome, error);
}

/* Sets `pending` to whether the journal is trusted and of that generation, and removes it if
 * `remove`. */
static bool find_pending_hook(const struct certificate_config *certificate, const char *generation,
                              bool remove, bool *pending, struct error *error)
{
    FILE_SET_AUTO struct file_set set = {0};
    BUF_AUTO struct buf text = BUF(LIMIT_JOURNAL);
    struct journal journal;
    if (!file_set_open(certificate, &set, error) || !lock_set(&set, error))
        return false;
    enum journal_state state = journal_load(&set, &text, &journal, error);
    *pending = state == JOURNAL_TRUSTED && strcmp(journal.generation, generation) == 0;
    if (remove && *pending)
        return journal_remove(&set, error);
    return state != JOURNAL_UNTRUSTED;
}

bool install_hook_is_pending(const struct certificate_config *certificate, const char *generation,
                             bool *pending, struct error *error)
{
    return find_pending_hook(certificate, generation, false, pending, error);
}

bool install_hook_done(const struct certificate_config *certificate, const char *generation,
                       struct error *error)
{
    bool pending = false;
    return find_pending_hook(certificate, generation, true, &pending, error);
}
