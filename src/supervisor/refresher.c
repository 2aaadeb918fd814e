#include "supervisor/refresher.h"

#include "base/file.h"
#include "store/lock.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

void refresher_init(struct refresher *refresher, const struct config *config,
                    const char *config_path, bool resident)
{
    struct worker_user user;
    refresher->list = (struct certificate_list){.config = config, .config_path = config_path};
    for (size_t i = 0; i < config->certificate_count; i++)
        certificate_init(&refresher->list.entries[i], &config->certificates[i], resident);
    sandbox_choose_user(config->worker_user, &user);
    fetch_queue_init(&refresher->fetches, &refresher->list, &user);
    hook_queue_init(&refresher->hooks, &refresher->list, &user, resident);
}

void refresher_free(struct refresher *refresher)
{
    fetch_queue_free(&refresher->fetches);
    for (size_t i = 0; i < LIMIT_CERTIFICATES; i++)
        certificate_free(&refresher->list.entries[i]);
    hook_queue_free(&refresher->hooks);
}

bool refresher_start_due(struct refresher *refresher, struct pollfd events[REFRESHER_EVENTS],
                         struct deadline *wake)
{
    bool held = false;
    for (size_t i = 0; i < refresher->list.config->certificate_count; i++)
        held = certificate_continue(&refresher->list.entries[i], wake) || held;
    bool fetching = fetch_queue_start_due(&refresher->fetches, events, wake);
    return hook_queue_start_due(&refresher->hooks, &events[LIMIT_WORKERS], wake) || fetching ||
           held;
}

void refresher_handle_events(struct refresher *refresher,
                             const struct pollfd events[REFRESHER_EVENTS])
{
    fetch_queue_handle_events(&refresher->fetches, events);
    if (!stop_is_pending()) /* the next start continues */
        hook_queue_handle_events(&refresher->hooks, &events[LIMIT_WORKERS]);
}

bool refresher_run(struct refresher *refresher, struct deadline latest)
{
    struct pollfd events[REFRESHER_EVENTS + 1];
    struct deadline wake = latest;
    struct signalfd_siginfo ignored;
    sigset_t child;
    sigset_t before;
    bool fresh = true;
    bool done = false;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &before);
    int children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    while (!(done = !refresher_start_due(refresher, events, &wake)) &&
           deadline_left_ms(latest) > 0) {
        events[REFRESHER_EVENTS] = (struct pollfd){.fd = children, .events = POLLIN};
        poll(events, REFRESHER_EVENTS + 1, deadline_left_ms(wake));
        (void)!read(children, &ignored, sizeof ignored);
        refresher_handle_events(refresher, events);
        wake = latest;
    }
    close_descriptor(&children);
    sigprocmask(SIG_SETMASK, &before, NULL);
    for (size_t i = 0; i < refresher->list.config->certificate_count; i++)
        fresh = fresh && !life_cycle_has_failed(&refresher->list.entries[i].life);
    return done && fresh;
}

void refresher_take_over(struct refresher *refresher, struct refresher *earlier,
                         const size_t *index_before)
{
    for (size_t i = 0; i < refresher->list.config->certificate_count; i++)
        if (index_before[i] != SIZE_MAX)
            certificate_take_over(&refresher->list.entries[i],
                                  &earlier->list.entries[index_before[i]]);
    refresher->fetches.credentials = earlier->fetches.credentials;
    hook_queue_take_over(&refresher->hooks, &earlier->hooks, index_before);
    refresher_free(earlier);
}
