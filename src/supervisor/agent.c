#include "supervisor/agent.h"

#include "supervisor/agent_internal.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"
#include "log/destination.h"
#include "supervisor/machine_ready.h"
#include "supervisor/watch_network.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    QUIET_MS = 200,          /* a changed file is read after this time without another change */
    CHANGING_MOST_MS = 5000, /* but at the latest after this time */
    READY_REMINDER_MS = 3600 * 1000, /* between two log lines with the same reason to wait */
    COMMAND_WROTE_MS = 30 * 1000, /* a credential_process that fails may have changed the files */
    ENTROPY_CHECK_MS = 2000,      /* no event announces entropy */
    EARLY_RETRY_SPREAD_MS = 5000, /* spreads a fleet whose network comes back */
    CLOCK_STEP_MS = 60 * 1000, /* a smaller step hardly makes a failed fetch work: no early retry */
    CLOCK_UNITS_MS = 2000,     /* clock_now has whole seconds: a smaller step may be none */
};

/* --- outcomes --- */

/* When a certificate expires, on the schedule's clock. */
static int64_t expiry_of(const struct agent *agent, size_t index)
{
    int64_t not_after = agent->refresher->list.entries[index].status.not_after;
    return not_after == 0 ? SCHEDULE_NEVER : not_after * 1000 - agent->clock_offset_ms;
}

static void record_fetch_ended(struct agent *agent, size_t index, enum error_kind outcome)
{
    int64_t now = clock_monotonic_ms();
    schedule_fetch_ended(&agent->schedule, index, outcome, now);
    schedule_before_expiry(&agent->schedule, index, expiry_of(agent, index), now);
}

static void update_schedule(struct agent *agent)
{
    int64_t now = clock_monotonic_ms();
    for (size_t i = 0; i < agent->config->certificate_count; i++) {
        struct certificate_outcomes *outcomes = &agent->refresher->list.entries[i].outcomes;
        if (outcomes->fetch_ended && outcomes->fetch_committed)
            schedule_fetch_committed(&agent->schedule, i);
        else if (outcomes->fetch_ended)
            record_fetch_ended(agent, i, outcomes->fetch_error);
        if (outcomes->deployment_ended)
            schedule_deployment_ended(&agent->schedule, i, outcomes->deployment,
                                      random_below(UINT32_MAX), now);
        *outcomes = (struct certificate_outcomes){0};
    }
}

/* --- due work --- */

/* False while the clock is wrong or the kernel has no random numbers. Logs a new reason at once,
 * and the same one again every hour. */
static bool machine_allows_fetch(struct agent *agent)
{
    struct error error = error_none();
    enum machine_state state = machine_check(&error);
    bool is_new = state != agent->machine;
    agent->machine = state;
    agent->waiting = error;
    if (state == MACHINE_READY) {
        if (is_new)
            log_info("The machine is ready: starting to refresh");
        agent->ready_check = (struct deadline){INT64_MAX};
        return true;
    }
    if (is_new || deadline_left_ms(agent->ready_reminder) == 0) {
        log_error("Waiting: %s; %s", error.message, error.advice);
        agent->ready_reminder = deadline_in(READY_REMINDER_MS);
    }
    agent->ready_check =
        deadline_in(state == MACHINE_NO_ENTROPY ? ENTROPY_CHECK_MS : READY_REMINDER_MS);
    return false;
}

static void start_due(struct agent *agent)
{
    bool chosen[LIMIT_CERTIFICATES];
    int64_t now = clock_monotonic_ms();
    for (size_t i = 0; i < agent->schedule.count; i++) {
        struct schedule_entry *entry = &agent->schedule.entries[i];
        if (entry->settle_at > now)
            continue;
        entry->settle_at = SCHEDULE_NEVER;
        certificate_retry(&agent->refresher->list.entries[i]);
    }
    if (schedule_next_fetch(&agent->schedule) > now || !machine_allows_fetch(agent))
        return;
    schedule_start_due(&agent->schedule, now, random_below(UINT32_MAX), chosen);
    for (size_t i = 0; i < agent->schedule.count; i++)
        if (chosen[i])
            life_cycle_next(&agent->refresher->list.entries[i].life, LIFE_FETCH_DUE);
}

/* The earliest planned work. While the machine is not ready, a due fetch only causes the next
 * check. */
static struct deadline next_deadline(const struct agent *agent)
{
    struct deadline next = {schedule_next_settling(&agent->schedule)};
    struct deadline fetch = {schedule_next_fetch(&agent->schedule)};
    if (agent->waiting.kind != ERROR_NONE && fetch.at_ms < agent->ready_check.at_ms)
        fetch = agent->ready_check;
    struct deadline files = deadline_earlier(agent->reload, agent->run_check);
    return deadline_earlier(files, deadline_earlier(next, fetch));
}

/* --- events --- */

static void retry_failures_early(struct agent *agent)
{
    agent->early_retry_at = schedule_next_early_retry(agent->early_retry_at, clock_monotonic_ms());
    schedule_retry_early(&agent->schedule, agent->early_retry_at, EARLY_RETRY_SPREAD_MS,
                         random_below(UINT32_MAX));
}

static void on_signal(struct agent *agent)
{
    struct signalfd_siginfo signal;
    while (read(agent->signals, &signal, sizeof signal) == sizeof signal) {
        switch (signal.ssi_signo) {
        case SIGTERM:
        case SIGINT:
            log_info("Stopping: signal %u", signal.ssi_signo);
            agent->stop = true;
            break;
        case SIGHUP:
            log_info("Asked to read the configuration again");
            agent->reload = deadline_in(0);
            break;
        case SIGUSR1:
            log_info("Asked to refresh now");
            schedule_all_now(&agent->schedule, clock_monotonic_ms());
            break;
        default: /* SIGCHLD: the queues reap their children themselves */
            break;
        }
    }
}

/* Milliseconds that the wall clock is ahead of the schedule's clock. */
static int64_t clock_offset_ms(void)
{
    return clock_now() * 1000 - clock_monotonic_ms();
}

/* Refreshes what is old or expired by the new time. The start-up jitter spreads a fleet whose
 * clocks were set together. */
static void refresh_after_step(struct agent *agent, int64_t step)
{
    int64_t jitter = (int64_t)agent->config->startup_jitter_seconds * 1000;
    int64_t at = schedule_spread(clock_monotonic_ms(), jitter, random_below(UINT32_MAX));
    for (size_t i = 0; i < agent->schedule.count; i++)
        schedule_clock_set(&agent->schedule, i, step, expiry_of(agent, i), at);
}

static void on_clock_set(struct agent *agent)
{
    char now[CLOCK_ISO8601_SIZE];
    clock_watch_rearm(agent->clock);
    int64_t step = clock_offset_ms() - agent->clock_offset_ms;
    if (step > -CLOCK_UNITS_MS && step < CLOCK_UNITS_MS)
        return;
    agent->clock_offset_ms += step;
    refresh_after_step(agent, step);
    if (step > -CLOCK_STEP_MS && step < CLOCK_STEP_MS)
        return;
    clock_format_iso8601(clock_now(), now);
    log_info("The clock was set to %s", now);
    agent->ready_check = deadline_in(0);
    retry_failures_early(agent);
}

static void on_network_change(struct agent *agent)
{
    watch_network_drain(agent->network);
    log_debug("The network has changed: retrying failures");
    retry_failures_early(agent);
}

static void on_file_change(struct agent *agent)
{
    bool changed[WATCH_FILES] = {false};
    watch_files_read(&agent->watch, changed);
    bool credentials = false;
    for (size_t i = WATCH_CREDENTIALS; i < WATCH_FILES; i++)
        credentials = credentials || changed[i];
    if (credentials) {
        log_info("The credentials have changed: retrying failures");
        bool by_command = fetch_queue_runs_command(&agent->refresher->fetches);
        int64_t wait = by_command ? COMMAND_WROTE_MS : QUIET_MS;
        schedule_retry_early(&agent->schedule, clock_monotonic_ms() + wait, 0, 0);
    }
    if (!credentials && !changed[WATCH_CONFIG]) {
        if (agent->watch.being_written[WATCH_CONFIG]) /* a writer is at work: wait for its end */
            agent->reload.at_ms = INT64_MAX;
        return;
    }
    /* Also for credentials: agent_reload starts to watch their current path, whose links may have
     * changed. */
    if (agent->reload.at_ms == INT64_MAX)
        agent->reload_latest = deadline_in(CHANGING_MOST_MS);
    agent->reload = deadline_earlier(deadline_in(QUIET_MS), agent->reload_latest);
}

/* Listens for network changes only while there are failures to retry. */
static void update_network_watch(struct agent *agent)
{
    bool helps = schedule_has_failures(&agent->schedule);
    if (helps == (agent->network >= 0))
        return;
    if (helps) {
        agent->network = watch_network_open();
        return;
    }
    close(agent->network);
    agent->network = -1;
}

static void set_timer(const struct agent *agent, struct deadline wake)
{
    struct itimerspec timer = {0}; /* zero stops the timer */
    int left = deadline_left_ms(wake);
    if (wake.at_ms != INT64_MAX) {
        timer.it_value.tv_sec = left / 1000;
        timer.it_value.tv_nsec = left % 1000 * 1000000L + 1; /* not 0, which would stop it */
    }
    timerfd_settime(agent->timer, 0, &timer, NULL);
}

enum {
    EVENT_SIGNAL = REFRESHER_EVENTS,
    EVENT_TIMER,
    EVENT_CLOCK,
    EVENT_NETWORK,
    EVENT_FILE,
    EVENT_RUN_DIRECTORY,
    EVENTS
};

/* Starts what is due, waits for an event, and handles it. */
static void run_one_turn(struct agent *agent)
{
    struct pollfd events[EVENTS];
    struct deadline wake = {INT64_MAX};
    uint64_t expirations = 0;
    bool busy = refresher_start_due(agent->refresher, events, &wake);
    update_schedule(agent); /* what could not be started has ended at once */
    wake = deadline_earlier(wake, next_deadline(agent));
    update_network_watch(agent);
    agent_write_status(agent, busy);
    wake = deadline_earlier(wake, agent->status_due);
    set_timer(agent, wake);
    const int descriptors[] = {agent->signals, agent->timer,        agent->clock,
                               agent->network, agent->watch.events, agent->run.events};
    for (size_t i = EVENT_SIGNAL; i < EVENTS; i++)
        events[i] = (struct pollfd){.fd = descriptors[i - EVENT_SIGNAL], .events = POLLIN};
    if ((busy ? poll(events, EVENTS, -1) : memory_sleep(events, EVENTS)) < 0)
        return;
    if (events[EVENT_SIGNAL].revents != 0)
        on_signal(agent);
    if (agent->stop)
        return;
    if (events[EVENT_TIMER].revents != 0)
        (void)!read(agent->timer, &expirations, sizeof expirations);
    if (events[EVENT_CLOCK].revents != 0)
        on_clock_set(agent);
    if (events[EVENT_NETWORK].revents != 0)
        on_network_change(agent);
    if (events[EVENT_FILE].revents != 0)
        on_file_change(agent);
    if (events[EVENT_RUN_DIRECTORY].revents != 0)
        agent_run_directory_changed(agent);
    refresher_handle_events(agent->refresher, events);
}

/* --- start and end --- */

static bool open_events(struct agent *agent, struct error *error)
{
    sigset_t signals;
    sigemptyset(&signals);
    static const int wanted[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        sigaddset(&signals, wanted[i]);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    agent->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    agent->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    agent->clock = clock_watch();
    return (agent->signals >= 0 && agent->timer >= 0) ||
           error_set_errno(error, ERROR_INTERNAL, errno, "the kernel gives no signals or timers");
}

/* Starts with an empty configuration. */
static bool begin_unconfigured(struct agent *agent)
{
    agent->config = calloc(1, sizeof *agent->config);
    agent->refresher = malloc(sizeof *agent->refresher);
    if (agent->config == NULL || agent->refresher == NULL)
        return false;
    agent->config->watch_config = true;
    refresher_init(agent->refresher, agent->config, agent->config_path, true);
    return true;
}

static void free_agent(struct agent *agent)
{
    if (agent->refresher != NULL && agent->config != NULL)
        refresher_free(agent->refresher);
    free(agent->refresher);
    if (agent->config != NULL)
        config_free(agent->config);
    free(agent->config);
    free(agent->rejected);
    watch_files_stop(&agent->watch);
    run_directory_leave(&agent->run, agent->config_path);
    const int descriptors[] = {agent->signals, agent->timer, agent->clock, agent->network};
    for (size_t i = 0; i < sizeof descriptors / sizeof descriptors[0]; i++)
        close_descriptor(&descriptors[i]);
    log_destination_reset();
}

/* False: another agent has come with this configuration file. */
static bool run_event_loop(struct agent *agent, struct config *config,
                           const struct problems *problems)
{
    struct config *kept = config == NULL ? NULL : malloc(sizeof *kept);
    agent_watch_files(agent);
    if (kept != NULL) {
        *kept = *config;
        *config = (struct config){0};
        agent_apply_config(agent, kept);
    } else if (problems != NULL) {
        agent_reject_config(agent, problems);
    }
    agent->at_start = false;
    agent->reload = deadline_in(0); /* the file may have changed since it was loaded */
    while (!agent->stop) {
        update_schedule(agent); /* what the last turn's events have ended */
        if (deadline_left_ms(agent->reload) == 0)
            agent_reload(agent);
        if (agent->run.events < 0 || deadline_left_ms(agent->run_check) == 0)
            agent_keep_run_directory(agent);
        if (agent->stop)
            break;
        start_due(agent);
        run_one_turn(agent);
    }
    agent->run_check.at_ms = INT64_MAX;
    if (!agent->displaced) /* the status is the other agent's */
        agent_write_status(agent, false);
    return !agent->displaced;
}

bool agent_run(const char *config_path, struct config *config, const struct problems *problems,
               struct error *error)
{
    const struct config none = {0};
    struct agent agent = {
        .config_path = config_path,
        .watch.events = -1,
        .ready_check = {INT64_MAX},
        .reload = {INT64_MAX},
        .early_retry_at = INT64_MIN / 2,
        .clock_offset_ms = clock_offset_ms(),
        .started = clock_now(),
        .at_start = true,
        .status_due = {INT64_MAX},
        .status_is_written = true,
        .run_check = {INT64_MAX},
        .failure = error,
        .signals = -1,
        .timer = -1,
        .clock = -1,
        .network = -1,
    };
    bool done =
        run_directory_enter(&agent.run, config_path, config != NULL ? config : &none, error) &&
        open_events(&agent, error) && (begin_unconfigured(&agent) || error_no_memory(error));
    if (done)
        done = run_event_loop(&agent, config, problems);
    free_agent(&agent);
    return done;
}
