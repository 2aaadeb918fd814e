/* Plays histories, makes those that fail smaller, and says what happened in them.
 *
 *     simulate --seed SEED [--smaller]      one history, call by call; as small as it still fails
 *     simulate [--from SEED] [--jobs N] [--first] --seeds N | --seconds N
 *
 * --first: stops at the first one that fails, and leaves it as it is.
 *
 * Reports in the Test Anything Protocol. */
#include "simulation/actors.h"
#include "simulation/checks.h"
#include "simulation/history.h"
#include "simulation/shrink.h"

#include "crypto/crypto.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KINDS = 16, CHECK_TIME_EVERY = 64 };

/* The first failure of each kind is explained. */
struct kind {
    char text[CHECK_TEXT];
    uint64_t failures;
};

struct task {
    uint64_t first;
    uint64_t count;
    int64_t seconds; /* 0: no limit */
    unsigned jobs;
    bool single;
    bool smaller;
    bool first_only;
};

pid_t __real_fork(void);
pid_t __real_waitpid(pid_t pid, int *status, int options);
int __real_clock_gettime(clockid_t clock, struct timespec *time);

static int64_t seconds_now(void)
{
    struct timespec now = {0};
    __real_clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static void explain(struct plan *plan, const char *failure, bool smaller)
{
    char original[CHECK_TEXT];
    snprintf(original, sizeof original, "%s", failure);
    if (smaller)
        printf("# as small as possible: %s\n", plan_shrink(plan, original));
    plan_print(plan);
    printf("not ok - seed %llu: %s\n", (unsigned long long)plan->seed, original);
}

/* Returns the kind of a failure; NULL: too many are known. */
static struct kind *kind_of(struct kind kinds[KINDS], const char *failure)
{
    char text[CHECK_TEXT];
    check_kind(failure, text);
    for (struct kind *kind = kinds; kind < kinds + KINDS; kind++) {
        if (kind->failures == 0)
            memcpy(kind->text, text, sizeof text);
        if (strcmp(kind->text, text) == 0)
            return kind;
    }
    return NULL;
}

static void count_kinds(const struct kind kinds[KINDS])
{
    for (const struct kind *kind = kinds; kind < kinds + KINDS && kind->failures > 0; kind++)
        printf("# %llu of this kind: %s\n", (unsigned long long)kind->failures, kind->text);
}

static int play_with_history(const struct task *task)
{
    struct plan plan;
    plan_make(task->first, &plan);
    const char *failure = task->smaller ? history_play(&plan) : NULL;
    if (failure != NULL)
        plan_shrink(&plan, failure);
    history_is_on = true;
    plan_print(&plan);
    failure = history_play(&plan);
    printf("%s\n", failure == NULL ? "nothing was wrong" : failure);
    return failure == NULL ? 0 : 1;
}

/* Plays every `jobs`th seed. */
static int play_many(const struct task *task, unsigned job)
{
    struct kind kinds[KINDS] = {{.failures = 0}};
    uint64_t failures = 0;
    uint64_t played = 0;
    uint64_t calls = 0;
    int64_t until = seconds_now() + task->seconds;
    for (uint64_t i = job; i < task->count && !(task->first_only && failures > 0);
         i += task->jobs) {
        struct plan plan;
        if (task->seconds > 0 && i / task->jobs % CHECK_TIME_EVERY == 0 && seconds_now() >= until)
            break;
        plan_make(task->first + i, &plan);
        const char *failure = history_play(&plan);
        played++;
        calls += history_played().calls;
        if (failure == NULL)
            continue;
        failures++;
        struct kind *kind = kind_of(kinds, failure);
        if (kind != NULL && ++kind->failures == 1)
            explain(&plan, failure, !task->first_only);
    }
    count_kinds(kinds);
    printf("%sok - %llu histories from seed %llu on, %llu system calls, %llu failed\n",
           failures == 0 ? "" : "not ", (unsigned long long)played, (unsigned long long)task->first,
           (unsigned long long)calls, (unsigned long long)failures);
    return failures == 0 ? 0 : 1;
}

static int play_in_jobs(const struct task *task)
{
    int failed = 0;
    for (unsigned job = 0; job < task->jobs; job++) {
        if (__real_fork() == 0)
            exit(play_many(task, job));
    }
    for (unsigned job = 0; job < task->jobs; job++) {
        int status = 0;
        __real_waitpid(-1, &status, 0);
        failed = failed != 0 || status != 0;
    }
    return failed;
}

static bool read_task(int count, char **arguments, struct task *task)
{
    *task = (struct task){.first = 1, .jobs = 1};
    for (int i = 1; i < count; i++) {
        const char *name = arguments[i];
        const char *value = i + 1 < count ? arguments[i + 1] : "";
        uint64_t number = strtoull(value, NULL, 10);
        if (strcmp(name, "--smaller") == 0) {
            task->smaller = true;
            continue;
        }
        if (strcmp(name, "--first") == 0) {
            task->first_only = true;
            continue;
        }
        if (strcmp(name, "--seed") == 0) {
            task->single = true;
            task->first = number;
        } else if (strcmp(name, "--from") == 0) {
            task->first = number;
        } else if (strcmp(name, "--seeds") == 0) {
            task->count = number;
        } else if (strcmp(name, "--seconds") == 0) {
            task->seconds = (int64_t)number;
            task->count = UINT64_MAX / 2;
        } else if (strcmp(name, "--jobs") == 0 && number > 0) {
            task->jobs = (unsigned)number;
        } else {
            return false;
        }
        i++;
    }
    return task->single || task->count > 0;
}

int main(int count, char **arguments)
{
    struct task task;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!read_task(count, arguments, &task) || !crypto_start()) {
        fputs("simulate --seed N [--smaller] | [--from N] [--jobs N] [--first] --seeds N | "
              "--seconds N\n",
              stderr);
        return 2;
    }
    return task.single ? play_with_history(&task) : play_in_jobs(&task);
}
