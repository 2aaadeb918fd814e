#include "simulation/checks.h"

#include "simulation/aws.h"
#include "simulation/box.h"
#include "simulation/history.h"
#include "simulation/hooks.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct plan *plan;
static char failure[CHECK_TEXT];
static uint64_t seen[DISKS]; /* how often each disk had changed when it was last looked at */
static bool edited[CERTIFICATES];

/* All is as it should be with a certificate, or was so until a moment ago. */
static struct goodness {
    bool now;
    bool ever;
    int64_t until;
    unsigned version;
} good[CERTIFICATES];
static unsigned long complaints[CERTIFICATES];
/* Since when not all files hold one version; 0: they do; NEVER: it was not done
 * by the agent that runs. */
static int64_t mixed_since[CERTIFICATES];
static bool without_last; /* the last certificate is not configured */

enum { MOST_COMPLAINTS_A_DAY = 400, GENERATION = 16 };

#define LONGEST_MIXED (20 * 60 * SECONDS)

void checks_reset(const struct plan *of)
{
    plan = of;
    failure[0] = '\0';
    memset(seen, 0xff, sizeof seen);
    memset(edited, 0, sizeof edited);
    memset(good, 0, sizeof good);
    memset(complaints, 0, sizeof complaints);
    memset(mixed_since, 0, sizeof mixed_since);
    without_last = false;
}

void check_failed(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (failure[0] == '\0') {
        vsnprintf(failure, sizeof failure, format, arguments);
        history_note("WRONG: %s", failure);
    }
    va_end(arguments);
}

const char *check_failure(void)
{
    return failure[0] == '\0' ? NULL : failure;
}

void check_kind(const char *text, char out[CHECK_TEXT])
{
    size_t length = 0;
    memset(out, 0, CHECK_TEXT);
    for (; *text != '\0'; text++) {
        if (strspn(text, "0123456789abcdef") == GENERATION)
            text += GENERATION;
        if (*text < '0' || *text > '9')
            out[length++] = *text;
    }
}

void check_edited(unsigned certificate)
{
    edited[certificate] = true;
}

void check_configured(bool lacks_last)
{
    unsigned last = plan->certificates - 1;
    if (without_last && mixed_since[last] > 0 && mixed_since[last] != NEVER)
        mixed_since[last] = kernel.now;
    without_last = lacks_last;
}

static bool disks_changed(void)
{
    bool changed = false;
    for (unsigned i = 1; i <= 2; i++) {
        changed = changed || seen[i] != disks[i].mutations;
        seen[i] = disks[i].mutations;
    }
    return changed;
}

/* Remembers whether all is well, and until when it was. */
static void judge(unsigned certificate, const struct set_view *view)
{
    struct goodness *goodness = &good[certificate];
    const struct layout *layout = &plan->layouts[certificate];
    bool is_good = view->whole && view->consistent && !view->journal &&
                   (layout->hook == 0 || hooks_server_version(certificate) == view->version);
    if (goodness->now || is_good)
        goodness->until = kernel.now;
    goodness->now = is_good;
    goodness->ever = goodness->ever || is_good;
    if (is_good)
        goodness->version = view->version;
}

void checks_look_again(void)
{
    for (unsigned i = 0; i < plan->certificates; i++) {
        struct set_view view = box_look(i);
        judge(i, &view);
    }
}

void check_lasting(bool excused)
{
    for (unsigned i = 0; i < plan->certificates; i++) {
        if (mixed_since[i] == 0 || mixed_since[i] == NEVER)
            continue;
        if (excused || (without_last && i == plan->certificates - 1))
            mixed_since[i] = kernel.now;
        if (kernel.now - mixed_since[i] > LONGEST_MIXED)
            check_failed("certificate %u: the files stay between two versions", i);
    }
}

static bool is_agent(const struct process *process)
{
    return process != NULL && strcmp(process->name, "run") == 0;
}

void checks_new_agent(void)
{
    for (unsigned i = 0; i < plan->certificates; i++)
        mixed_since[i] = mixed_since[i] == 0 ? 0 : NEVER;
}

void check_instant(void)
{
    if (!disks_changed())
        return;
    for (unsigned i = 0; i < plan->certificates; i++) {
        struct set_view view = box_look(i);
        judge(i, &view);
        if (view.consistent || edited[i])
            mixed_since[i] = 0;
        else if (mixed_since[i] == 0)
            mixed_since[i] = is_agent(current) ? kernel.now : NEVER;
        if (view.whole && view.consistent && !view.journal && !process_exists("person"))
            edited[i] = false;
        if (!view.pair_fits && !view.journal && !edited[i])
            check_failed("certificate %u: the files do not fit together, and no journal says so",
                         i);
    }
}

static const char *why_not_good(unsigned certificate)
{
    struct set_view view = box_look(certificate);
    if (!view.whole || !view.consistent)
        return "its files do not fit together";
    return view.journal ? "its journal is there" : "its hook did not succeed";
}

/* Such a process leaves in its pipes what workers have sent meanwhile. */
static bool is_told_to_stop(const struct process *process)
{
    return (process->pending & (UINT64_C(1) << SIGTERM | UINT64_C(1) << SIGINT)) != 0;
}

/* What is said may have ceased to hold a moment ago, but not before the process took the lock under
 * which it looked. */
void check_fresh(struct process *process, unsigned certificate)
{
    const struct goodness *goodness = &good[certificate];
    process->said_fresh |= 1u << certificate;
    if (edited[certificate])
        return;
    if (!goodness->now && (!goodness->ever || goodness->until < process->looked_at[certificate]))
        check_failed("certificate %u is said to be fresh, but %s", certificate,
                     why_not_good(certificate));
    else if (!is_told_to_stop(process) && !aws_explains(process, certificate, goodness->version))
        check_failed("certificate %u is said to be fresh with version %u, but another was fetched",
                     certificate, goodness->version);
}

void check_complaint(unsigned certificate)
{
    int64_t days = 1 + kernel.now / (24 * 3600 * SECONDS);
    if (++complaints[certificate] > (unsigned long)days * MOST_COMPLAINTS_A_DAY)
        check_failed("certificate %u: the log repeats itself", certificate);
}

void check_end(void)
{
    char name[BOX_PATH] = "";
    for (unsigned i = 0; i < plan->certificates; i++) {
        struct set_view view = box_look(i);
        if (!view.whole || !view.consistent || view.version != aws_version(i))
            check_failed("certificate %u: the files are not those that AWS has, version %u", i,
                         aws_version(i));
        if (plan->layouts[i].hook != 0 && hooks_server_version(i) != aws_version(i))
            check_failed("certificate %u: the hook did not succeed after the last change", i);
    }
    if (box_leftovers(name) > 0)
        check_failed("a file is left: %s", name);
}
