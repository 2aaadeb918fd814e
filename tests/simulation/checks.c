#include "simulation/checks.h"

#include "simulation/aws.h"
#include "simulation/box.h"
#include "simulation/history.h"
#include "simulation/hooks.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct plan *plan;
static char failure[CHECK_TEXT];
static uint64_t seen[DISKS]; /* how often each disk had changed when it was last looked at */
static bool edited[CERTIFICATES];

void checks_reset(const struct plan *of)
{
    plan = of;
    failure[0] = '\0';
    memset(seen, 0xff, sizeof seen);
    memset(edited, 0, sizeof edited);
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

void check_edited(unsigned certificate)
{
    edited[certificate] = true;
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

void check_instant(void)
{
    if (!disks_changed())
        return;
    for (unsigned i = 0; i < plan->certificates; i++) {
        struct set_view view = box_look(i);
        if (view.consistent)
            edited[i] = false;
        if (!view.pair_fits && !view.journal && !edited[i])
            check_failed("certificate %u: the files do not fit together, and no journal says so",
                         i);
    }
}

void check_fresh(const struct process *process, unsigned certificate)
{
    struct set_view view = box_look(certificate);
    const struct layout *layout = &plan->layouts[certificate];
    unsigned fetched = process->fetched[certificate];
    if (edited[certificate])
        return;
    if (!view.whole || !view.consistent)
        check_failed("certificate %u is said to be fresh, but its files do not fit together",
                     certificate);
    else if (view.version < fetched)
        check_failed("certificate %u is said to be fresh with version %u, but %u was fetched",
                     certificate, view.version, fetched);
    else if (view.journal)
        check_failed("certificate %u is said to be fresh, but its journal is there", certificate);
    else if (layout->hook != 0 && hooks_server_version(certificate) != view.version)
        check_failed("certificate %u is said to be fresh, but its hook did not succeed",
                     certificate);
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
