#include "store/file_set.h"

#include "store/safe_path.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Targets in one directory share its descriptor. */
static void add_target(struct file_set *set, const char *path, const struct permission *permission)
{
    if (path == NULL)
        return;
    struct target *target = &set->targets[set->count];
    const char *slash = strrchr(path, '/');
    *target = (struct target){.path = path, .arn = set->certificate->arn, .permission = permission};
    target->name = slash == NULL ? path : slash + 1;
    const struct target *neighbour = set->targets;
    while (neighbour < target && !target_shares_directory(neighbour, target))
        neighbour++;
    if (neighbour < target) {
        target->directory = neighbour->directory;
        target->open_error = neighbour->open_error;
    } else {
        target->directory = safe_parent_open(path, &target->name, &target->open_error);
    }
    set->count++;
}

bool file_set_open(const struct certificate_config *certificate, struct file_set *set,
                   struct error *error)
{
    set->certificate = certificate;
    set->count = 0;
    add_target(set, certificate->certificate_path, &certificate->certificate_permission);
    add_target(set, certificate->private_key_path, &certificate->key_permission);
    add_target(set, certificate->chain_path, &certificate->certificate_permission);
    add_target(set, certificate->combined_path, &certificate->combined_permission);
    journal_name(set->targets[0].name, set->journal, sizeof set->journal);
    if (set->targets[0].directory >= 0)
        return true;
    *error = set->targets[0].open_error;
    return false;
}

void file_set_close(struct file_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->targets[i].directory >= 0 && file_set_is_first_in_directory(set, i))
            close(set->targets[i].directory);
    set->count = 0;
}

bool file_set_is_reachable(const struct file_set *set, struct error *error)
{
    for (size_t i = 0; i < set->count; i++) {
        if (set->targets[i].directory < 0) {
            *error = set->targets[i].open_error;
            return false;
        }
    }
    return true;
}

struct target *file_set_find(struct file_set *set, struct str path)
{
    for (size_t i = 0; i < set->count; i++)
        if (str_equal(str_from(set->targets[i].path), path))
            return &set->targets[i];
    return NULL;
}

bool file_set_is_first_in_directory(const struct file_set *set, size_t index)
{
    for (size_t earlier = 0; earlier < index; earlier++)
        if (target_shares_directory(&set->targets[index], &set->targets[earlier]))
            return false;
    return true;
}

bool file_set_sync_directories(const struct file_set *set, struct error *error)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct target *target = &set->targets[i];
        if (target->directory >= 0 && file_set_is_first_in_directory(set, i) &&
            !target_sync_directory(target, error))
            return false;
    }
    return true;
}
