#include "store/install_check.h"

#include "store/file_set.h"
#include "store/mounts.h"
#include "store/obstacles.h"

#include <string.h>

size_t install_check(const struct certificate_config *certificate, install_obstacle report,
                     void *context)
{
    FILE_SET_AUTO struct file_set set = {0};
    struct error error = error_none();
    struct error reported = error_none();
    size_t obstacles = 0;
    file_set_open(certificate, &set, &error);
    for (size_t i = 0; i < set.count; i++) {
        const struct target *target = &set.targets[i];
        if (target_preflight(target, &error))
            continue;
        if (strcmp(error.message, reported.message) == 0)
            continue; /* the same as for the previous file, such as a missing directory */
        reported = error;
        obstacles++;
        report(context, certificate, &error);
    }
    if (mounts_check(&set, false, &error))
        return obstacles;
    report(context, certificate, &error);
    return obstacles + 1;
}

size_t install_check_links(const struct certificate_config *certificate, install_obstacle report,
                           void *context)
{
    FILE_SET_AUTO struct file_set set = {0};
    char text[PATH_MAX];
    struct error error = error_none();
    size_t links = 0;
    file_set_open(certificate, &set, &error);
    for (size_t i = 0; i < set.count; i++) {
        const struct target *target = &set.targets[i];
        if (target->directory < 0 || !target_read_link(target, text))
            continue;
        error_set(&error, ERROR_NONE, "%s is a symbolic link to %s, and will be replaced by a file",
                  target->path, text);
        links++;
        report(context, certificate, &error);
    }
    return links;
}
