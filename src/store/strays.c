#include "store/strays.h"

#include "store/safe_path.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Returns true when `name`, in the directory of target `first`, is a temporary file of the set and
 * not of `generation`. */
static bool is_stray_temporary(const struct file_set *set, size_t first, struct str name,
                               const char *generation)
{
    char found[GENERATION_SIZE] = "";
    if (!temporary_name_is_likely(name))
        return false;
    bool is_of_set = first == 0 && temporary_name_parse(name, set->journal, found);
    for (size_t i = first; i < set->count && !is_of_set; i++)
        is_of_set = target_shares_directory(&set->targets[first], &set->targets[i]) &&
                    temporary_name_parse(name, set->targets[i].name, found);
    return is_of_set && (generation == NULL || strcmp(found, generation) != 0);
}

/* Finds stray temporary files in the directory of target `first`, and removes them if `remove`.
 * Returns true when there was one. */
static bool strays_find_in(const struct file_set *set, size_t first, const char *generation,
                           bool remove)
{
    DIR *directory = safe_directory_list(set->targets[first].directory);
    bool found = false;
    if (directory == NULL)
        return false;
    for (const struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory))
        if (is_stray_temporary(set, first, str_from(entry->d_name), generation)) {
            found = true;
            if (remove)
                unlinkat(set->targets[first].directory, entry->d_name, 0);
        }
    closedir(directory);
    return found;
}

/* The certificate's directory comes last. After a crash in between, its temporary files still show
 * that its file system is mounted: see strays_may_be_needed. */
void strays_remove(const struct file_set *set, const char *generation)
{
    for (size_t i = set->count; i-- > 0;)
        if (set->targets[i].directory >= 0 && file_set_is_first_in_directory(set, i))
            strays_find_in(set, i, generation, true);
}

static bool has_several_directories(const struct file_set *set)
{
    for (size_t i = 1; i < set->count; i++)
        if (file_set_is_first_in_directory(set, i))
            return true;
    return false;
}

/* A certificate's directory without a certificate or temporary file may be a mount point whose file
 * system, with the journal, is not mounted yet. That journal then needs the temporary files in the
 * other directories. */
bool strays_may_be_needed(const struct file_set *set)
{
    const struct target *certificate = &set->targets[0];
    struct stat status;
    return has_several_directories(set) &&
           fstatat(certificate->directory, certificate->name, &status, AT_SYMLINK_NOFOLLOW) != 0 &&
           !strays_find_in(set, 0, NULL, false);
}
