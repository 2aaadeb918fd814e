#include "store/orphans.h"

#include "base/log.h"
#include "store/file_set.h"
#include "store/safe_path.h"

#include <dirent.h>
#include <string.h>

static size_t directory_length(const char *path)
{
    return (size_t)(strrchr(path, '/') - path) + 1;
}

static bool is_same_directory(const char *a, const char *b)
{
    size_t length = directory_length(a);
    return length == directory_length(b) && memcmp(a, b, length) == 0;
}

static bool belongs_to_certificate(const struct config *config, const char *in, const char *name)
{
    char journal[NAME_MAX + 1];
    for (size_t i = 0; i < config->certificate_count; i++) {
        const char *path = config->certificates[i].certificate_path;
        journal_name(path + directory_length(path), journal, sizeof journal);
        if (is_same_directory(path, in) && strcmp(journal, name) == 0)
            return true;
    }
    return false;
}

static void report_orphans_in(const struct config *config,
                              const struct certificate_config *certificate)
{
    const char *path = certificate->certificate_path;
    FILE_SET_AUTO struct file_set set = {0};
    struct error ignored;
    if (!file_set_open(certificate, &set, &ignored))
        return;
    DIR *directory = safe_directory_list(set.targets[0].directory);
    if (directory == NULL)
        return;
    for (const struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory))
        if (str_starts_with(str_from(entry->d_name), STR(".")) &&
            str_ends_with(str_from(entry->d_name), STR(".wcp-journal")) &&
            !belongs_to_certificate(config, path, entry->d_name))
            log_warn(
                "The journal %.*s%s belongs to no configured certificate and is ignored; remove "
                "it when its files are no longer in use",
                (int)directory_length(path), path, entry->d_name);
    closedir(directory);
}

void orphans_report(const struct config *config)
{
    for (size_t i = 0; i < config->certificate_count; i++) {
        const struct certificate_config *each = &config->certificates[i];
        bool seen = false;
        for (size_t earlier = 0; earlier < i && !seen; earlier++)
            seen = is_same_directory(config->certificates[earlier].certificate_path,
                                     each->certificate_path);
        if (!seen)
            report_orphans_in(config, each);
    }
}
