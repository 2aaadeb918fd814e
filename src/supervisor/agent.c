#include "supervisor/agent.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/random.h"
#include "log/destination.h"
#include "supervisor/machine_ready.h"
#include "supervisor/run_directory.h"
#include "supervisor/watch_network.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    QUIET_MS = 200,          /* without a change before a file is read */
    CHANGING_MOST_MS = 5000, /* but no later */
    CLOCK_REMINDER_MS = 3600 * 1000,
    ENTROPY_LOOK_MS = 2000, /* for entropy, of which nothing tells */
    HURRY_SPREAD_MS = 5000, /* not all boxes at once when a network comes back */
    CLOCK_STEP_S = 60,      /* a smaller one mends nothing that failed */
    STATUS_AGAIN_MS = 1000, /* while much happens */
};

/* --- what became of certificates --- */

static void on_fetched(void *context, size_t certificate, enum error_kind outcome)
{
    struct agent *resident = context;
    schedule_finish(&resident->schedule, certificate, outcome, clock_monotonic_ms());
}

static void on_settled(void *context, size_t certificate, enum error_kind outcome)
{
    struct agent *resident = context;
    schedule_finish_settling(&resident->schedule, certificate, outcome, random_below(UINT32_MAX),
                             clock_monotonic_ms());
}

/* --- what is due --- */

/* A machine whose clock cannot be right, or that has no random numbers, is waited for. */
static bool may_fetch(struct agent *resident)
{
    struct error error = error_none();
    if (machine_is_ready(&error)) {
        if (resident->waiting.kind != ERROR_NONE)
            log_info("The machine is ready now: refreshes begin");
        resident->waiting.kind = ERROR_NONE;
        resident->look_again = (struct deadline){INT64_MAX};
        return true;
    }
    if (deadline_left_ms(resident->look_again) > 0 && resident->waiting.kind != ERROR_NONE)
        return false;
    if (strcmp(error.message, resident->waiting.message) != 0 || random_is_ready())
        log_error("Waiting: %s; %s", error.message, error.advice);
    resident->waiting = error;
    resident->look_again = deadline_in(random_is_ready() ? CLOCK_REMINDER_MS : ENTROPY_LOOK_MS);
    return false;
}

static void start_what_is_due(struct agent *resident)
{
    bool chosen[LIMIT_CERTIFICATES];
    int64_t now = clock_monotonic_ms();
    for (size_t i = 0; i < resident->schedule.count; i++) {
        struct schedule_entry *entry = &resident->schedule.entries[i];
        if (entry->settle_at > now)
            continue;
        entry->settle_at = SCHEDULE_NEVER;
        cycle_settle(resident->cycle, i);
    }
    if (schedule_next_fetch(&resident->schedule) > now || !may_fetch(resident))
        return;
    schedule_take(&resident->schedule, now, random_below(UINT32_MAX), chosen);
    for (size_t i = 0; i < resident->schedule.count; i++)
        if (chosen[i])
            cycle_ask(resident->cycle, i);
}

/* When something is to be done although nothing happens. Of what the machine is not ready for,
 * only what is due lets it be looked at again. */
static struct deadline next_deadline(const struct agent *resident)
{
    struct deadline next = {schedule_next_settling(&resident->schedule)};
    struct deadline fetch = {schedule_next_fetch(&resident->schedule)};
    if (resident->waiting.kind != ERROR_NONE && fetch.at_ms < resident->look_again.at_ms)
        fetch = resident->look_again;
    return deadline_earlier(resident->reload, deadline_earlier(next, fetch));
}

/* --- status --- */

/* Seconds since 1970 of a moment on the other clock; 0: never. */
static int64_t on_the_wall(int64_t at, int64_t offset_ms)
{
    return at == SCHEDULE_NEVER ? 0 : (at + offset_ms) / 1000;
}

/* On what may be flash: not while much happens, and only when something did. */
static void write_status(struct agent *resident, bool busy)
{
    const struct config *config = resident->config;
    struct error error = error_none();
    int64_t offset_ms = clock_now() * 1000 - clock_monotonic_ms();
    if (busy && deadline_left_ms(resident->status_again) > 0)
        return;
    resident->status_again = deadline_in(STATUS_AGAIN_MS);
    for (size_t i = 0; i < config->certificate_count; i++) {
        int64_t fetch = schedule_next_fetch_of(&resident->schedule, i);
        int64_t settling = resident->schedule.entries[i].settle_at;
        resident->cycle->statuses[i].next_attempt =
            on_the_wall(fetch < settling ? fetch : settling, offset_ms);
    }
    const struct agent_status status = {
        .config = config,
        .config_path = resident->config_path,
        .pid = getpid(),
        .started = resident->started,
        .waiting = resident->waiting.kind == ERROR_NONE ? NULL : resident->waiting.message,
        .rejected = resident->rejected,
        .certificates = resident->cycle->statuses,
    };
    bool written = status_write(&status, resident->runtime, &error);
    if (!written && resident->status_is_written)
        log_warn("%s; check status_file under [edge]", error.message);
    resident->status_is_written = written;
}

/* --- events --- */

static void hurry(struct agent *resident)
{
    resident->hurried_at = schedule_next_hurry(resident->hurried_at, clock_monotonic_ms());
    schedule_hurry(&resident->schedule, resident->hurried_at, HURRY_SPREAD_MS,
                   random_below(UINT32_MAX));
}

static void on_signal(struct agent *resident)
{
    struct signalfd_siginfo signal;
    while (read(resident->signals, &signal, sizeof signal) == sizeof signal) {
        switch (signal.ssi_signo) {
        case SIGTERM:
        case SIGINT:
            log_info("Stopping: signal %u", signal.ssi_signo);
            resident->stop = true;
            break;
        case SIGHUP:
            log_info("Asked to read the configuration again");
            resident->reload = deadline_in(0);
            break;
        case SIGUSR1:
            log_info("Asked to refresh now");
            schedule_all_now(&resident->schedule, clock_monotonic_ms());
            break;
        default: /* SIGCHLD: whoever started the child looks for it */
            break;
        }
    }
}

/* How far the clock on the wall is ahead of the one that nobody sets. */
static int64_t clock_offset(void)
{
    return clock_now() - clock_monotonic_ms() / 1000;
}

static void on_clock_set(struct agent *resident)
{
    char now[CLOCK_ISO8601_SIZE];
    clock_watch_again(resident->clock);
    int64_t step = clock_offset() - resident->clock_offset;
    if (step > -CLOCK_STEP_S && step < CLOCK_STEP_S)
        return;
    resident->clock_offset += step;
    clock_format_iso8601(clock_now(), now);
    log_info("The clock was set: it is %s now", now);
    resident->look_again = deadline_in(0);
    hurry(resident);
}

static void on_network_change(struct agent *resident)
{
    watch_network_drain(resident->network);
    log_debug("The network has changed: what failed is tried again");
    hurry(resident);
}

static void on_file_change(struct agent *resident)
{
    bool changed[WATCH_FILES] = {false};
    watch_files_read(&resident->watch, changed);
    if (changed[WATCH_CREDENTIALS] || changed[WATCH_AWS_CONFIG]) {
        log_info("The credentials have changed: what failed is tried again");
        schedule_hurry(&resident->schedule, clock_monotonic_ms() + QUIET_MS, 0, 0);
    } else if (!changed[WATCH_CONFIG]) {
        if (resident->watch.written[WATCH_CONFIG]) /* what was to be read is only a part by now */
            resident->reload.at_ms = INT64_MAX;
        return;
    }
    /* For credentials, too: the way to them may be another, and is to be watched. */
    if (resident->reload.at_ms == INT64_MAX)
        resident->reload_latest = deadline_in(CHANGING_MOST_MS);
    resident->reload = deadline_earlier(deadline_in(QUIET_MS), resident->reload_latest);
}

/* Listens to the network's changes only while one could help. */
static void mind_network(struct agent *resident)
{
    bool helps = schedule_has_failures(&resident->schedule);
    if (helps == (resident->network >= 0))
        return;
    if (helps) {
        resident->network = watch_network_open();
        return;
    }
    close(resident->network);
    resident->network = -1;
}

static void set_timer(const struct agent *resident, struct deadline wake)
{
    struct itimerspec timer = {0}; /* which stops it */
    int left = deadline_left_ms(wake);
    if (wake.at_ms != INT64_MAX) {
        timer.it_value.tv_sec = left / 1000;
        timer.it_value.tv_nsec = left % 1000 * 1000000L + 1;
    }
    timerfd_settime(resident->timer, 0, &timer, NULL);
}

enum {
    EVENT_SIGNAL = CYCLE_DESCRIPTORS,
    EVENT_TIMER,
    EVENT_CLOCK,
    EVENT_NETWORK,
    EVENT_FILE,
    EVENTS
};

static void wait_for_events(struct agent *resident)
{
    struct pollfd events[EVENTS];
    struct deadline wake = {INT64_MAX};
    uint64_t expirations = 0;
    bool busy = cycle_prepare(resident->cycle, events, &wake);
    wake = deadline_earlier(wake, next_deadline(resident)); /* of what could not start, too */
    mind_network(resident);
    write_status(resident, busy);
    set_timer(resident, wake);
    const int descriptors[] = {resident->signals, resident->timer, resident->clock,
                               resident->network, resident->watch.events};
    for (size_t i = EVENT_SIGNAL; i < EVENTS; i++)
        events[i] = (struct pollfd){.fd = descriptors[i - EVENT_SIGNAL], .events = POLLIN};
    if ((busy ? poll(events, EVENTS, -1) : memory_sleep(events, EVENTS)) < 0)
        return;
    if (events[EVENT_SIGNAL].revents != 0)
        on_signal(resident);
    if (resident->stop)
        return;
    if (events[EVENT_TIMER].revents != 0)
        (void)!read(resident->timer, &expirations, sizeof expirations);
    if (events[EVENT_CLOCK].revents != 0)
        on_clock_set(resident);
    if (events[EVENT_NETWORK].revents != 0)
        on_network_change(resident);
    if (events[EVENT_FILE].revents != 0)
        on_file_change(resident);
    cycle_go_on(resident->cycle, events);
}

/* --- life --- */

static bool open_events(struct agent *resident, struct error *error)
{
    sigset_t signals;
    sigemptyset(&signals);
    static const int wanted[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD};
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        sigaddset(&signals, wanted[i]);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    resident->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    resident->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
    resident->clock = clock_watch();
    return (resident->signals >= 0 && resident->timer >= 0) ||
           error_set_errno(error, ERROR_INTERNAL, errno, "the kernel gives no signals or timers");
}

/* Nothing is configured yet. */
static bool begin(struct agent *resident)
{
    resident->config = calloc(1, sizeof *resident->config);
    resident->cycle = malloc(sizeof *resident->cycle);
    if (resident->config == NULL || resident->cycle == NULL)
        return false;
    resident->config->watch_config = true;
    cycle_init(resident->cycle, resident->config, resident->config_path, &resident->listener);
    return true;
}

static void end(struct agent *resident)
{
    if (resident->cycle != NULL)
        cycle_free(resident->cycle);
    free(resident->cycle);
    if (resident->config != NULL)
        config_free(resident->config);
    free(resident->config);
    free(resident->rejected);
    free(resident->credentials_paths[0]);
    free(resident->credentials_paths[1]);
    watch_files_stop(&resident->watch);
    const int descriptors[] = {resident->signals, resident->timer,   resident->clock,
                               resident->network, resident->runtime, resident->lock};
    for (size_t i = 0; i < sizeof descriptors / sizeof descriptors[0]; i++)
        close_descriptor(&descriptors[i]);
    log_destination_reset();
}

static void live(struct agent *resident, struct config *config, const struct problems *problems)
{
    struct config *kept = config == NULL ? NULL : malloc(sizeof *kept);
    agent_watch(resident);
    if (kept != NULL) {
        *kept = *config;
        *config = (struct config){0};
        agent_put_in_force(resident, kept);
    } else if (problems != NULL) {
        agent_reject(resident, problems);
    }
    resident->at_start = false;
    resident->reload = deadline_in(0); /* it may have changed since it was loaded */
    while (!resident->stop) {
        if (deadline_left_ms(resident->reload) == 0)
            agent_reload(resident);
        start_what_is_due(resident);
        wait_for_events(resident);
    }
    write_status(resident, false);
}

bool agent_run(const char *config_path, struct config *config, const struct problems *problems,
               struct error *error)
{
    const struct config none = {0};
    struct agent resident = {
        .config_path = config_path,
        .listener = {NULL, on_fetched, on_settled},
        .watch.events = -1,
        .look_again = {INT64_MAX},
        .reload = {INT64_MAX},
        .hurried_at = INT64_MIN / 2,
        .clock_offset = clock_offset(),
        .started = clock_now(),
        .at_start = true,
        .status_is_written = true,
        .lock = -1,
        .signals = -1,
        .timer = -1,
        .clock = -1,
        .network = -1,
    };
    resident.listener.context = &resident;
    resident.runtime = run_directory_open(config_path, config != NULL ? config : &none);
    bool begun = run_directory_lock_agent(resident.runtime, &resident.lock, error) &&
                 open_events(&resident, error) && (begin(&resident) || error_no_memory(error));
    if (begun)
        live(&resident, config, problems);
    end(&resident);
    return begun;
}
