/* The configuration as a file. */
#include "base/limits.h"
#include "base/who_may_write.h"
#include "config/config.h"

bool config_load(const char *path, struct config *config, struct problems *problems,
                 struct error *error)
{
    /* The text may hold the password of a proxy. */
    BUF_AUTO struct buf text = BUF_SECRET(LIMIT_CONFIGURATION);
    *config = (struct config){0};
    error->kind = ERROR_NONE;
    if (!protected_file_read(path, "configuration", &text, NULL, error)) {
        if (error->advice[0] == '\0')
            error_advise(error, "give its path with --config, or put it there");
        problems_add(problems, 0, 0, "%s; %s", error->message, error->advice);
        return false;
    }
    if (config_parse(buf_str(&text), config, problems))
        return true;
    return error_set(error, ERROR_CONFIGURATION, "the configuration %s is wrong", path);
}
