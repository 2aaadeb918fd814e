/* The resident agent's run-time directory, and its status file there. */
#include "supervisor/agent_internal.h"

#include <string.h>
#include <unistd.h>

enum {
    STATUS_EVERY_MS = 1000,
    STATUS_RETRY_MS = 60 * 1000,
    REMOVAL_MS = 200, /* a removal has ended after this time without another one */
};

void agent_run_directory_changed(struct agent *agent)
{
    if (run_directory_drain(&agent->run))
        agent->run_check = deadline_in(REMOVAL_MS);
}

void agent_keep_run_directory(struct agent *agent)
{
    agent->run_check.at_ms = INT64_MAX;
    if (run_directory_is_current(&agent->run, agent->config_path))
        return;
    run_directory_leave(&agent->run, agent->config_path);
    agent->status_hash[0] = '\0'; /* the file is to be written there */
    agent->status_earliest = deadline_in(0);
    if (run_directory_enter(&agent->run, agent->config_path, agent->config, agent->failure)) {
        log_info("The run-time directory has changed: it is %s now", agent->run.path);
        return;
    }
    log_error("Stopping: %s", agent->failure->message);
    agent->displaced = true;
    agent->stop = true;
}

/* Converts a time on the schedule's clock to seconds since 1970; 0: never. */
static int64_t wall_time(int64_t at, int64_t offset_ms)
{
    return at == SCHEDULE_NEVER ? 0 : (at + offset_ms) / 1000;
}

/* Copies each certificate's status, and adds the members that schedule and life cycle have. */
static void fill_statuses(struct agent *agent,
                          struct certificate_status statuses[LIMIT_CERTIFICATES])
{
    for (size_t i = 0; i < agent->config->certificate_count; i++) {
        struct certificate *certificate = &agent->refresher->list.entries[i];
        int64_t fetch = schedule_next_fetch_of(&agent->schedule, i);
        int64_t settling = agent->schedule.entries[i].settle_at;
        certificate_fill_status(certificate);
        statuses[i] = certificate->status;
        statuses[i].next_attempt =
            wall_time(fetch < settling ? fetch : settling, agent->clock_offset_ms);
    }
}

/* Called once per event. The rate is limited because the file may be on flash. */
void agent_write_status(struct agent *agent, bool busy)
{
    struct certificate_status statuses[LIMIT_CERTIFICATES];
    char before[SHA256_HEX_SIZE];
    struct error error = error_none();
    bool is_early =
        (busy || !agent->status_is_written) && deadline_left_ms(agent->status_earliest) > 0;
    agent->status_due = is_early ? agent->status_earliest : (struct deadline){INT64_MAX};
    if (is_early || agent->run_check.at_ms != INT64_MAX) /* its directory is being removed */
        return;
    fill_statuses(agent, statuses);
    const struct credentials_used *credentials = &agent->refresher->fetches.credentials;
    const struct agent_status status = {
        .config = agent->config,
        .config_path = agent->config_path,
        .pid = getpid(),
        .started = agent->started,
        .written = clock_now(),
        .waiting = agent->waiting.kind == ERROR_NONE ? NULL : agent->waiting.message,
        .rejected = agent->rejected,
        .credentials = credentials->name[0] == '\0' ? NULL : credentials->name,
        .credentials_until = credentials->until,
        .certificates = statuses,
    };
    memcpy(before, agent->status_hash, sizeof before);
    bool written = status_write(&status, agent->run.directory, agent->status_hash, &error);
    if (!written && agent->status_is_written) {
        log_warn("%s; check status_file under [edge]", error.message);
        agent->run_check = deadline_in(0); /* its directory may be gone */
    }
    if (!written)
        agent->status_earliest = deadline_in(STATUS_RETRY_MS);
    else if (strcmp(before, agent->status_hash) != 0)
        agent->status_earliest = deadline_in(STATUS_EVERY_MS);
    agent->status_is_written = written;
}
