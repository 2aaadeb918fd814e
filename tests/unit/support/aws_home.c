#include "aws_home.h"

#include "captured_log.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void forget_aws(void)
{
    char name[128];
    for (char **each = environ; *each != NULL;) {
        struct str variable = str_from(*each);
        struct str found = str_take(variable, str_index_of(variable, '='));
        each++;
        if (!str_starts_with(found, STR("AWS_")) || found.length >= sizeof name)
            continue;
        memcpy(name, found.data, found.length);
        name[found.length] = '\0';
        unsetenv(name);
        each = environ; /* which unsetenv has changed */
    }
}

int aws_home_setup(void **state)
{
    char path[SCRATCH_PATH_SIZE];
    if (scratch_setup(state) != 0)
        return -1;
    forget_aws();
    setenv("HOME", *state, 1);
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    return mkdir(scratch_path(state, ".aws", path), 0700);
}

int aws_home_teardown(void **state)
{
    release_log();
    return scratch_teardown(state);
}

void aws_home_write(void **state, const char *name, const char *contents)
{
    char path[SCRATCH_PATH_SIZE];
    scratch_write(scratch_path(state, name, path), str_from(contents), 0600);
}
