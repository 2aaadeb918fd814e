#include "simulation/people.h"

#include "simulation/box.h"
#include "simulation/calls.h"
#include "simulation/checks.h"
#include "simulation/history.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>

enum { TASKS = 16, CONFIG_SIZE = 8192 };

/* What somebody was asked to do. */
static struct task {
    char path[BOX_PATH];
    unsigned how;
    unsigned certificate;
    int64_t lasts;
} tasks[TASKS];
static unsigned task_count;

void people_reset(const struct plan *plan)
{
    (void)plan;
    task_count = 0;
}

static struct task *new_task(void)
{
    return &tasks[task_count++ % TASKS];
}

static void edit(void *context)
{
    const struct task *task = context;
    check_edited(task->certificate);
    int file = (int)call_open(AT_FDCWD, task->path, O_WRONLY | O_TRUNC, 0, 0);
    if (file < 0)
        return;
    while (call_write(file, "hello\n", 6, -1) == -EINTR)
        continue;
    call_close(file);
}

void person_edits(unsigned certificate, unsigned member)
{
    struct task *task = new_task();
    *task = (struct task){.certificate = certificate};
    box_path(certificate, member, task->path);
    process_new("person", 0, edit, task);
}

static void write_text(int file, const char *text, size_t length)
{
    while (length > 0) {
        long written = call_write(file, text, length, -1);
        if (written < 0)
            return;
        text += written;
        length -= (size_t)written;
    }
}

static void drop(void *context)
{
    const struct task *task = context;
    char text[CONFIG_SIZE];
    size_t length = box_configuration(task->how, text, sizeof text);
    bool in_place = task->how % 2 == 1;
    const char *path = in_place ? BOX_CONFIG : "/etc/wcp/config.toml~";
    int file = (int)call_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0644, 0);
    if (file < 0)
        return;
    write_text(file, text, length / 2);
    write_text(file, text + length / 2, length - length / 2);
    call_sync(file);
    call_close(file);
    if (!in_place)
        call_rename(AT_FDCWD, path, AT_FDCWD, BOX_CONFIG, 0);
}

void people_leave(void)
{
    static const char *const all[] = {"person", "admin", "locker"};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        processes_signal(all[i], SIGKILL);
}

void person_drops_configuration(unsigned how)
{
    struct task *task = new_task();
    check_configured(how == 1);
    *task = (struct task){.how = how};
    process_new("admin", 0, drop, task);
}

static void lock(void *context)
{
    const struct task *task = context;
    int directory = (int)call_open(AT_FDCWD, "/data/tls", O_RDONLY | O_DIRECTORY, 0, 0);
    if (directory >= 0 && call_flock(directory, LOCK_EX) == 0)
        call_poll(NULL, 0, (int)(task->lasts / MILLISECONDS));
}

void person_locks(unsigned certificate, int64_t lasts)
{
    struct task *task = new_task();
    *task = (struct task){.certificate = certificate, .lasts = lasts};
    process_new("locker", 0, lock, task);
}
