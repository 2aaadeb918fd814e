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

/* The texts of the files, where they are not a part of the bundle as it is. */
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

/* PEM text with exactly one line end; nothing for nothing. */
static void append_pem(struct buf *out, struct str pem)
{
    while (pem.length > 0 && is_space(pem.data[pem.length - 1]))
        pem.length--;
    if (pem.length == 0)
        return;
    buf_append(out, pem);
    buf_append_byte(out, '\n');
}

static bool compose(struct file_set *set, const struct bundle *bundle,
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

/* The journal, written like every file of the set; settle_complete, which comes next, syncs it
 * before it renames anything. `begun`: its rename was tried, so that it may be there. */
static bool commit(const struct file_set *set, const struct journal *journal, bool *begun,
                   struct error *error)
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
    *begun = true;
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

static bool write_all_new(const struct file_set *set, const char *generation, struct error *error)
{
    for (size_t i = 0; i < set->count; i++)
        if (!target_write(&set->targets[i], generation, error))
            return false;
    return file_set_sync_directories(set, error);
}

static void discard_all_new(const struct file_set *set, const char *generation)
{
    for (size_t i = set->count; i-- > 0;)
        target_discard(&set->targets[i], generation);
}

/* A link or any file in the journal's place is replaced by its rename, a directory cannot be. */
static bool preflight_journal(const struct file_set *set, struct error *error)
{
    const struct target *certificate = &set->targets[0];
    struct stat status;
    bool exists = fstatat(certificate->directory, set->journal, &status, AT_SYMLINK_NOFOLLOW) == 0;
    if (!exists ||
        (!S_ISDIR(status.st_mode) && !safe_is_mount_point(certificate->directory, set->journal)))
        return true;
    return error_refuse(error, ERROR_PERMANENT, "remove it",
                        "a directory or mount point stands where the journal %s beside %s is to be",
                        set->journal, certificate->path);
}

static bool preflight_set(const struct file_set *set, struct error *error)
{
    for (size_t i = 0; i < set->count; i++)
        if (!target_preflight(&set->targets[i], error))
            return false;
    return preflight_journal(set, error);
}

/* Write, commit, rename. What fails before the commit leaves nothing behind; what fails after it is
 * for recovery. */
static bool replace_set(struct file_set *set, struct install_outcome *outcome, struct error *error)
{
    struct journal journal = {0};
    bool begun = false;
    if (!preflight_set(set, error))
        return false;
    if (!generation_new(journal.generation))
        return error_set(error, ERROR_INTERNAL, "the kernel gives no random bytes");
    fill_journal(set, &journal);
    if (!write_all_new(set, journal.generation, error) || !commit(set, &journal, &begun, error)) {
        if (!begun)
            discard_all_new(set, journal.generation);
        outcome->hook_pending = outcome->hook_pending && !begun;
        outcome->unfinished = begun;
        return false;
    }
    if (!settle_complete(set, &journal, error)) {
        outcome->hook_pending = false;
        outcome->unfinished = true;
        return error_context(error, "the new files are committed but not all in place yet");
    }
    outcome->changed = true;
    memcpy(outcome->generation, journal.generation, GENERATION_SIZE);
    return true;
}

/* SAME for the whole set only when every file is. */
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
    log_info("Mode or owner of the files for %s set as configured", set->certificate->arn);
    return true;
}

/* Without a command nothing is left to remember once the files are in place. */
static bool finish_change(const struct file_set *set, struct install_outcome *outcome,
                          struct error *error)
{
    if (set->certificate->refresh_command != NULL) {
        outcome->hook_pending = true;
        return true;
    }
    return journal_remove(set, error);
}

/* After a replacement that an earlier run made. */
static bool finish_earlier_change(const struct file_set *set, struct install_outcome *outcome,
                                  struct error *error)
{
    if (set->certificate->refresh_command == NULL)
        log_info("No refresh command is configured for %s: none is run for an earlier change",
                 set->certificate->arn);
    return finish_change(set, outcome, error);
}

static bool install_into(struct file_set *set, bool force, struct install_outcome *outcome,
                         struct error *error)
{
    enum settlement settlement = SETTLE_NOTHING;
    if (!settle(set, &settlement, outcome->generation, &outcome->completed, error)) {
        outcome->unfinished = true;
        return false;
    }
    enum comparison comparison = force || settlement == SETTLE_STUCK ? DIFFERENT : compare_all(set);
    if (comparison == DIFFERENT) {
        /* The command of an earlier change is to run even when this one cannot be made. */
        outcome->hook_pending =
            settlement == SETTLE_PENDING && set->certificate->refresh_command != NULL;
        if (!replace_set(set, outcome, error))
            return false;
        if (settlement == SETTLE_STUCK || settlement == SETTLE_UNKNOWN)
            settle_sweep(set, NULL);
        return finish_change(set, outcome, error);
    }
    outcome->repaired = comparison == SAME_BUT_ATTRIBUTES;
    return (settlement != SETTLE_PENDING || finish_earlier_change(set, outcome, error)) &&
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
                compose(&set, bundle, &composition, error) && lock_set(&set, error) &&
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
        !settle(&set, &settlement, outcome->generation, &outcome->completed, error))
        return false;
    if (settlement == SETTLE_STUCK)
        return error_set(error, ERROR_PERMANENT,
                         "an interrupted replacement cannot be completed") ||
               error_advise(error, "run: wcp-tiny once --only %s", certificate->arn);
    return settlement != SETTLE_PENDING || finish_earlier_change(&set, outcome, error);
}

/* Whether the journal is there and of that generation, which `remove` ends. */
static bool look_for_command(const struct certificate_config *certificate, const char *generation,
                             bool remove, bool *pending, struct error *error)
{
    FILE_SET_AUTO struct file_set set = {0};
    BUF_AUTO struct buf text = BUF(LIMIT_JOURNAL);
    struct journal journal;
    if (!file_set_open(certificate, &set, error) || !lock_set(&set, error))
        return false;
    enum journal_state state = journal_load(&set, &text, &journal, error);
    *pending = state == JOURNAL_BELIEVED && strcmp(journal.generation, generation) == 0;
    if (remove && *pending)
        return journal_remove(&set, error);
    return state != JOURNAL_DOUBTFUL;
}

bool install_hook_is_pending(const struct certificate_config *certificate, const char *generation,
                             bool *pending, struct error *error)
{
    return look_for_command(certificate, generation, false, pending, error);
}

bool install_hook_done(const struct certificate_config *certificate, const char *generation,
                       struct error *error)
{
    bool pending = false;
    return look_for_command(certificate, generation, true, &pending, error);
}
