/* Logs as the resident agent does: log-lines CONFIG reads "LEVEL message" lines from its input, and
 * answers each with "done" when it is logged. The line "apply" reads the configuration again. */
#include "log/destination.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void apply(const char *path)
{
    struct config config;
    struct problems problems = {0};
    struct error error = {0};
    if (!config_load(path, &config, &problems, &error)) {
        fprintf(stderr, "%s: %s\n", path,
                problems.count > 0 ? problems.list[0].text : error.message);
        exit(2);
    }
    log_destination_apply(&config);
    config_free(&config);
}

int main(int count, char **arguments)
{
    char line[16384];
    if (count != 2)
        return 2;
    apply(arguments[1]);
    while (fgets(line, sizeof line, stdin) != NULL) {
        struct str rest = str_from(line);
        struct str level_name;
        enum log_level level;
        rest.length--;
        if (str_equal(rest, STR("apply")))
            apply(arguments[1]);
        else if (str_next(&rest, ' ', &level_name) && log_level_parse(level_name, &level))
            log_message(level, "%.*s", (int)rest.length, rest.data);
        else
            return 2;
        puts("done");
        fflush(stdout);
    }
    log_destination_reset();
    return 0;
}
