#include "store/settle.h"

#include "store/mounts.h"
#include "store/obstacles.h"
#include "store/strays.h"

#include <string.h>

/* The target of a member of the journal; journal_load and fill_journal admit no other members. */
static const struct target *member_target(struct file_set *set, const struct journal *journal,
                                          size_t member)
{
    return file_set_find(set, journal->members[member].path);
}

/* Where the versions of each member are. */
struct places {
    struct whereabouts of[JOURNAL_MAX_MEMBERS];
};

/* Finds all versions that can be reached. Returns false when one cannot be examined: no file may be
 * touched then. */
static bool locate_all(struct file_set *set, const struct journal *journal, struct places *places,
                       struct error *error)
{
    *places = (struct places){0};
    for (size_t i = 0; i < journal->count; i++) {
        const struct target *target = member_target(set, journal, i);
        if (target->directory >= 0 &&
            !target_locate(target, journal->generation, &places->of[i], error))
            return false;
    }
    return true;
}

/* --- forward ---------------------------------------------------------------------------------- */

/* Returns true when every file can go forward. No file may be touched before this is known for
 * all. */
static bool can_go_forward(struct file_set *set, const struct journal *journal,
                           const struct places *places, struct error *error)
{
    for (size_t i = 0; i < journal->count; i++) {
        const struct target *target = member_target(set, journal, i);
        if (target->directory < 0) {
            *error = target->open_error;
            return false;
        }
        if (!target_has_new(&places->of[i]))
            return error_set(
                error, ERROR_PERMANENT,
                "%s does not have its new contents, and their temporary file is missing",
                target->path);
        /* It may have become a directory or a mount point since its temporary file was written. */
        if (!target_is_new(target, &places->of[i]) && !target_preflight_rename(target, error))
            return false;
    }
    return true;
}

static bool go_forward(struct file_set *set, const struct journal *journal,
                       const struct places *places, bool *moved, struct error *error)
{
    for (size_t i = 0; i < journal->count; i++) {
        const struct target *target = member_target(set, journal, i);
        if (target_is_new(target, &places->of[i]))
            continue;
        *moved = true;
        if (!target_put_new(target, journal->generation, &places->of[i], error))
            return false;
    }
    return file_set_sync_directories(set, error);
}

static bool is_all_new(struct file_set *set, const struct journal *journal,
                       const struct places *places)
{
    for (size_t i = 0; i < journal->count; i++)
        if (!target_is_new(member_target(set, journal, i), &places->of[i]))
            return false;
    return true;
}

/* --- back ------------------------------------------------------------------------------------- */

static bool can_go_back(struct file_set *set, const struct journal *journal,
                        const struct places *places)
{
    if (!journal->has_old_versions)
        return false;
    for (size_t i = 0; i < journal->count; i++) {
        const struct target *target = member_target(set, journal, i);
        if (target->directory < 0 || !target_has_old(target, &places->of[i]))
            return false;
    }
    return true;
}

static bool go_back(struct file_set *set, const struct journal *journal,
                    const struct places *places, bool *moved, struct error *error)
{
    for (size_t i = journal->count; i-- > 0;) {
        if (target_is_old(&places->of[i]))
            continue;
        *moved = true;
        if (!target_put_old(member_target(set, journal, i), &places->of[i], error))
            return false;
    }
    return file_set_sync_directories(set, error);
}

/* --- the end ---------------------------------------------------------------------------------- */

static void remove_temporaries(struct file_set *set, const struct journal *journal)
{
    for (size_t i = journal->count; i-- > 0;)
        target_remove_temporaries(member_target(set, journal, i), journal->generation);
    strays_remove(set, NULL);
}

/* All files are in place. With a hook the journal stays until the hook has succeeded. */
static void end_with_hook(struct file_set *set, const struct journal *journal,
                          struct settled *settled, struct error *error)
{
    settled->settlement = SETTLE_HOOK_DUE;
    memcpy(settled->generation, journal->generation, GENERATION_SIZE);
    if (set->certificate->refresh_command == NULL)
        settled->settlement = journal_remove(set, error) ? SETTLE_DONE : SETTLE_UNFINISHED;
}

static void end_forward(struct file_set *set, const struct journal *journal, bool moved,
                        struct settled *settled, struct error *error)
{
    settled->completed = moved;
    remove_temporaries(set, journal);
    end_with_hook(set, journal, settled, error);
}

/* All files are as they were before the commit. */
static void end_back(struct file_set *set, const struct journal *journal, struct settled *settled,
                     struct error *error)
{
    struct error removal = error_none();
    remove_temporaries(set, journal);
    if (journal->before == BEFORE_UNSETTLED) {
        settled->settlement = SETTLE_STUCK;
    } else if (journal->before == BEFORE_HOOK_DUE) {
        end_with_hook(set, journal, settled, error);
    } else if (journal_remove(set, &removal)) {
        settled->settlement = SETTLE_DONE;
    } else {
        settled->settlement = SETTLE_UNFINISHED;
        *error = removal;
    }
}

/* --- both ------------------------------------------------------------------------------------- */

/* Goes back to the old versions. `error` says why. When an earlier run turned the journal and going
 * back fails, it says that. */
static void settle_back(struct file_set *set, const struct journal *journal,
                        const struct places *places, bool turned, struct settled *settled,
                        struct error *error)
{
    bool moved = false;
    struct error failure = error_none();
    if (go_back(set, journal, places, &moved, &failure)) {
        settled->went_back = turned || moved;
        settled->holds_old = true;
        end_back(set, journal, settled, error);
    } else if (!turned) {
        *error = failure;
    }
}

/* A journal whose direction is back: an earlier run turned it. */
static void settle_turned(struct file_set *set, const struct journal *journal,
                          const struct places *places, struct settled *settled, struct error *error)
{
    if (can_go_back(set, journal, places)) {
        error_set(error, ERROR_PERMANENT,
                  "an earlier attempt could not put all new files in place");
        settle_back(set, journal, places, false, settled, error);
        return;
    }
    settled->settlement = SETTLE_STUCK;
    error_set(error, ERROR_PERMANENT, "the earlier version of a file is missing");
}

/* Turns the journal: durably, before any file moves back. */
static void turn_back(struct file_set *set, struct journal *journal, const struct places *places,
                      struct settled *settled, struct error *error)
{
    struct error ignored = error_none();
    journal->direction = JOURNAL_BACK;
    if (journal_commit(set, journal, &ignored))
        settle_back(set, journal, places, true, settled, error);
}

enum how { HOW_FRESH = 1, HOW_PATIENT = 2 };

/* Tries to go forward; else goes back, unless the failure may pass. */
static void settle_forward(struct file_set *set, struct journal *journal, struct places *places,
                           unsigned how, struct settled *settled, struct error *error)
{
    struct error ignored;
    bool moved = false;
    bool possible = can_go_forward(set, journal, places, error);
    if (possible && go_forward(set, journal, places, &moved, error)) {
        end_forward(set, journal, moved, settled, error);
        return;
    }
    if (!locate_all(set, journal, places, &ignored))
        return;
    /* A set that an earlier call put in place, and that could only not be synced now, stays. */
    bool is_in_place = (how & HOW_FRESH) == 0 && possible && is_all_new(set, journal, places);
    bool may_pass = error->kind == ERROR_TRANSIENT;
    if (is_in_place || ((how & HOW_PATIENT) != 0 && may_pass))
        return;
    if (can_go_back(set, journal, places))
        turn_back(set, journal, places, settled, error);
    else if (!possible || !may_pass)
        settled->settlement = SETTLE_STUCK;
}

/* Goes in the journal's direction, and turns it when forward is impossible. `how`: a set of enum
 * how. */
static void go(struct file_set *set, struct journal *journal, unsigned how, struct settled *settled,
               struct error *error)
{
    struct places places;
    settled->settlement = SETTLE_UNFINISHED;
    if (!locate_all(set, journal, &places, error))
        return;
    if ((how & HOW_FRESH) == 0 && !is_all_new(set, journal, &places) &&
        !mounts_check(set, false, error)) {
        settled->settlement = SETTLE_STUCK; /* what is missing is not lost */
        return;
    }
    if (journal->direction == JOURNAL_BACK)
        settle_turned(set, journal, &places, settled, error);
    else
        settle_forward(set, journal, &places, how, settled, error);
}

void settle_journal(struct file_set *set, struct journal *journal, bool patient,
                    struct settled *settled, struct error *error)
{
    go(set, journal, HOW_FRESH | (patient ? HOW_PATIENT : 0U), settled, error);
}

static void settle_trusted(struct file_set *set, struct journal *journal, bool patient,
                           struct settled *settled, struct error *error)
{
    /* The journal must be on disk before the first file moves. */
    if (!target_sync_directory(&set->targets[0], error)) {
        settled->settlement = SETTLE_UNFINISHED;
        return;
    }
    go(set, journal, patient ? HOW_PATIENT : 0U, settled, error);
    if (settled->settlement == SETTLE_STUCK)
        strays_remove(set, journal->generation);
}

static enum settlement settle_without_journal(const struct file_set *set, struct error *error)
{
    struct version certificate;
    struct error ignored;
    if (!mounts_check(set, false, error))
        return SETTLE_MISSING;
    if (!strays_may_be_needed(set))
        strays_remove(set, NULL);
    bool is_absent =
        version_examine(set->targets[0].directory, set->targets[0].name, &certificate, &ignored) &&
        certificate.kind == VERSION_ABSENT;
    return is_absent ? SETTLE_ABSENT : SETTLE_DONE;
}

static void settle_loaded(struct file_set *set, enum journal_state state, struct journal *journal,
                          bool patient, struct settled *settled, struct error *error)
{
    if (state == JOURNAL_ABSENT) {
        settled->settlement = settle_without_journal(set, error);
    } else if (state == JOURNAL_TRUSTED) {
        settle_trusted(set, journal, patient, settled, error);
    } else if (error->kind == ERROR_TRANSIENT) {
        settled->settlement = SETTLE_UNFINISHED; /* it could not be read now */
    }
}

void settle_set(struct file_set *set, bool patient, struct settled *settled, struct error *error)
{
    BUF_AUTO struct buf text = BUF(LIMIT_JOURNAL);
    struct journal journal;
    *settled = (struct settled){.settlement = SETTLE_STUCK};
    enum journal_state state = journal_load(set, &text, &journal, error);
    settle_loaded(set, state, &journal, patient, settled, error);
}

/* An fsync(2) that failed would succeed when it is called again, though the journal may not be on
 * disk: the replacement must not go on. */
void settle_uncommitted(struct file_set *set, const char *generation, struct settled *settled,
                        struct error *error)
{
    BUF_AUTO struct buf text = BUF(LIMIT_JOURNAL);
    struct journal journal;
    *settled = (struct settled){.settlement = SETTLE_STUCK};
    enum journal_state state = journal_load(set, &text, &journal, error);
    if (state != JOURNAL_TRUSTED || strcmp(journal.generation, generation) != 0) {
        settle_loaded(set, state, &journal, false, settled, error);
        return;
    }
    struct places places;
    struct error ignored;
    settled->settlement = SETTLE_UNFINISHED;
    if (locate_all(set, &journal, &places, &ignored))
        turn_back(set, &journal, &places, settled, error);
}
