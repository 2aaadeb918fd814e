/* Loads, applies and rejects configurations. */
#include "aws/credentials/search.h"
#include "base/file.h"
#include "base/format.h"
#include "base/random.h"
#include "log/destination.h"
#include "store/hook_record.h"
#include "store/install.h"
#include "store/install_check.h"
#include "supervisor/agent_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    NOTE_SIZE = 128 * 1024,
    SHOWN_REASONS = 8 * 1024, /* bytes of it that the status shows */
    REREAD_MS = 60 * 1000,    /* when inotify may miss a change */
    MS_PER_HOUR = 3600 * 1000,
};

static const char note_suffix[] = ".rejected.txt";

/* Writes the reasons of a rejection to a file beside the configuration, for people who have only a
 * USB stick or a serial console. An empty text removes the file. */
static bool update_note(const struct agent *agent, struct str text)
{
    BUF_AUTO struct buf name = BUF(PATH_MAX);
    buf_format(&name, "%s%s", agent->config_path, note_suffix);
    const char *path = buf_text(&name);
    if (path == NULL)
        return false;
    return text.length > 0 ? file_replace(AT_FDCWD, path, text, 0644) : unlink(path) == 0;
}

void agent_reject_config(struct agent *agent, const struct problems *problems)
{
    BUF_AUTO struct buf text = BUF(NOTE_SIZE);
    char now[CLOCK_ISO8601_SIZE];
    clock_format_iso8601(clock_now(), now);
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->list[i];
        if (problem->line > 0)
            buf_format(&text, "%s:%u:%u: ", agent->config_path, problem->line, problem->column);
        buf_format(&text, "%s\n", problem->text);
    }
    struct str shown = str_take(buf_str(&text), SHOWN_REASONS);
    while (shown.length > 0 && shown.data[shown.length - 1] != '\n')
        shown.length--;
    char *reasons = str_duplicate(str_trim(shown));
    if (reasons == NULL || (agent->rejected != NULL && strcmp(reasons, agent->rejected) == 0)) {
        free(reasons); /* already reported */
        return;
    }
    free(agent->rejected);
    agent->rejected = reasons;
    BUF_AUTO struct buf note = BUF(NOTE_SIZE + 256);
    buf_format(
        &note,
        "%s: this configuration was rejected. Correct it: the agent reads it again as soon as "
        "it changes, and removes this file.\n\n%.*s",
        now, (int)text.length, text.data);
    bool noted = update_note(agent, buf_str(&note));
    log_error("The configuration %s was rejected; %s", agent->config_path,
              agent->config->certificate_count > 0 ? "the previous one stays in force"
                                                   : "nothing is refreshed until it is fixed");
    struct str rest = buf_str(&text);
    struct str line;
    while (str_next_line(&rest, &line))
        log_error("%.*s", (int)line.length, line.data);
    if (!noted)
        log_warn("Cannot write these reasons to %s%s", agent->config_path, note_suffix);
}

void agent_watch_files(struct agent *agent)
{
    CREDENTIAL_PLAN_AUTO struct credential_plan plan = {0};
    AWS_SETTINGS_AUTO struct aws_settings settings = {0};
    const char *paths[WATCH_FILES] = {[WATCH_CONFIG] = agent->config_path};
    const enum log_level level = log_get_level();
    struct error unimportant;
    if (!agent->config->watch_config) {
        watch_files_stop(&agent->watch);
        return;
    }
    log_set_level(LOG_LEVEL_NONE); /* the search is for its files; batches tell what is wrong */
    credential_search(agent->config, &plan, &settings, &unimportant);
    log_set_level(level);
    for (size_t i = 0; i < plan.file_count; i++)
        paths[WATCH_CREDENTIALS + i] = plan.files[i];
    watch_files_start(&agent->watch, paths);
}

/* The index of an identical certificate in `config`; SIZE_MAX: none. */
static size_t find_same(const struct config *config, const struct certificate_config *certificate)
{
    for (size_t i = 0; i < config->certificate_count; i++)
        if (config_same_certificate(&config->certificates[i], certificate))
            return i;
    return SIZE_MAX;
}

static bool has_certificate_path(const struct config *config, const char *path)
{
    for (size_t i = 0; i < config->certificate_count; i++)
        if (strcmp(config->certificates[i].certificate_path, path) == 0)
            return true;
    return false;
}

/* Finishes interrupted updates of certificates that are no longer configured, and drops their
 * pending hooks. */
static void settle_removed(const struct config *before, const struct config *after)
{
    const struct install_options options = {0};
    for (size_t i = 0; i < before->certificate_count; i++) {
        const struct certificate_config *certificate = &before->certificates[i];
        struct install_outcome outcome;
        struct error error = error_none();
        if (find_same(after, certificate) != SIZE_MAX)
            continue;
        if (!install_settle(certificate, &options, &outcome, &error)) {
            log_warn(
                "Cannot finish an interrupted update of %s, whose configuration was changed or "
                "removed: %s",
                certificate->arn, error.message);
        } else if (outcome.state == STORE_HOOK_DUE &&
                   !has_certificate_path(after, certificate->certificate_path)) {
            log_warn("Skipping the pending refresh command for %s: it is no longer configured",
                     certificate->arn);
            install_confirm(certificate, outcome.generation, &options, &outcome, &error);
            hook_record_remove(certificate);
        }
    }
}

/* The index of the first certificate with the same role as certificate `index`. */
static size_t first_with_role(const struct config *config, size_t index)
{
    size_t first = 0;
    while (strcmp(config->certificates[first].role_arn, config->certificates[index].role_arn) != 0)
        first++;
    return first;
}

static void reschedule(struct agent *agent, const struct config *config, const size_t *index_before)
{
    const struct schedule before = agent->schedule;
    size_t roles[LIMIT_CERTIFICATES];
    int64_t now = clock_monotonic_ms();
    int64_t jitter = (int64_t)config->startup_jitter_seconds * 1000;
    for (size_t i = 0; i < config->certificate_count; i++)
        roles[i] = first_with_role(config, i);
    schedule_init(&agent->schedule, roles, config->certificate_count,
                  (int64_t)config->refresh_interval_hours * MS_PER_HOUR,
                  now + (agent->at_start ? (int64_t)random_below((uint32_t)jitter + 1) : 0));
    for (size_t i = 0; i < config->certificate_count; i++)
        if (index_before[i] != SIZE_MAX)
            schedule_carry_over(&agent->schedule, i, &before, index_before[i], now);
    schedule_retry_early(&agent->schedule, now, 0, 0); /* the change may have fixed the failures */
}

static void log_obstacle(void *context, const struct certificate_config *certificate,
                         const struct error *error)
{
    (void)context;
    log_warn("%s: %s; to give the service access to a new directory or command, run: wcp-tiny "
             "reload",
             certificate->arn, error->message);
}

static void start_new_certificates(struct agent *agent, const size_t *index_before)
{
    const struct config *config = agent->config;
    log_info("ACM Scheduler starting with %zu certificate(s)", config->certificate_count);
    if (agent->at_start)
        sandbox_warn_of_gaps();
    for (size_t i = 0; i < config->certificate_count; i++) {
        if (index_before[i] != SIZE_MAX)
            continue;
        log_info("Certificate task started for %s", config->certificates[i].arn);
        struct certificate *certificate = &agent->refresher->list.entries[i];
        certificate->life.hook_at_start =
            certificate->life.has_hook && config->refresh_on_start && agent->at_start;
        if (!agent->at_start)
            install_check(&config->certificates[i], log_obstacle, NULL);
        certificate_retry(certificate);
    }
}

bool agent_apply_config(struct agent *agent, struct config *config)
{
    struct config *before = agent->config;
    struct refresher *refresher = malloc(sizeof *refresher);
    size_t index_before[LIMIT_CERTIFICATES] = {0};
    if (refresher == NULL)
        return false;
    if (!config->acm_enabled) {
        log_warn("ACM is not enabled in %s ([capabilities.acm] enabled = true): nothing to do",
                 agent->config_path);
        config_drop_certificates(config);
    }
    for (size_t i = 0; i < config->certificate_count; i++)
        index_before[i] = find_same(before, &config->certificates[i]);
    log_destination_apply(config);
    settle_removed(before, config);
    refresher_init(refresher, config, agent->config_path, true);
    refresher_take_over(refresher, agent->refresher, index_before);
    free(agent->refresher);
    agent->refresher = refresher;
    reschedule(agent, config, index_before);
    agent->config = config;
    config_free(before);
    free(before);
    if (config->certificate_count > 0)
        start_new_certificates(agent, index_before);
    return true;
}

/* True for an empty file. It may have just been created, with its content still to come. */
static bool is_empty(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == 0;
}

/* The file is valid again: removes the report of its rejection. */
static void clear_rejection(struct agent *agent)
{
    update_note(agent, str_from(NULL));
    if (agent->rejected != NULL)
        log_info("The configuration %s is valid again", agent->config_path);
    free(agent->rejected);
    agent->rejected = NULL;
}

static bool same_watch(const struct config *a, const struct config *b)
{
    return text_equal(a->credentials_file, b->credentials_file) &&
           text_equal(a->roles_anywhere.certificate, b->roles_anywhere.certificate) &&
           text_equal(a->roles_anywhere.private_key, b->roles_anywhere.private_key) &&
           text_equal(a->roles_anywhere.private_key_passphrase_file,
                      b->roles_anywhere.private_key_passphrase_file) &&
           a->credential_places == b->credential_places && a->watch_config == b->watch_config;
}

/* Applies a loaded configuration if it differs from the one in force; else frees it. */
static void apply_loaded(struct agent *agent, struct config *config)
{
    bool watched = same_watch(config, agent->config);
    bool is_new = !config_same(config, agent->config);
    clear_rejection(agent);
    if (is_new)
        log_info("The configuration %s has changed", agent->config_path);
    if (!is_new || !agent_apply_config(agent, config)) {
        if (is_new)
            agent->reload = deadline_in(REREAD_MS); /* out of memory */
        config_free(config);
        free(config);
        return;
    }
    if (watched)
        return;
    agent_watch_files(agent);
    agent->reload = deadline_in(0); /* it may have changed while it was not watched */
}

void agent_reload(struct agent *agent)
{
    struct problems problems = {0};
    struct error error = error_none();
    bool empty = is_empty(agent->config_path);
    if (empty && deadline_left_ms(agent->reload_latest) > 0) {
        agent->reload = agent->reload_latest;
        return;
    }
    agent->reload = (struct deadline){INT64_MAX};
    agent_watch_files(agent); /* before reading, so that no change is missed */
    agent->run_check = deadline_in(0);
    struct config *config = calloc(1, sizeof *config);
    if (config == NULL || empty)
        problems_add(&problems, 0, 0, "%s", config == NULL ? "out of memory" : "the file is empty");
    if (config != NULL && !empty && config_load(agent->config_path, config, &problems, &error)) {
        apply_loaded(agent, config);
    } else {
        agent_reject_config(agent, &problems);
        free(config);
    }
    problems_free(&problems);
    /* Reads again later: the file may have been unreadable for a moment, its file system may be
     * mounted later, or it cannot be watched. */
    if (agent->config->watch_config && (agent->rejected != NULL || agent->watch.incomplete))
        agent->reload = deadline_earlier(agent->reload, deadline_in(REREAD_MS));
}
