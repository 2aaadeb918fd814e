#include "scratch.h"

#include "base/file.h"
#include "base/format.h"

#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

int scratch_setup(void **state)
{
    *state = str_duplicate(STR("/tmp/wcp-unit.XXXXXX"));
    return *state != NULL && mkdtemp(*state) != NULL ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

int scratch_teardown(void **state)
{
    int result = nftw(*state, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return result;
}

const char *scratch_path(void **state, const char *name, char out[SCRATCH_PATH_SIZE])
{
    format_text(out, SCRATCH_PATH_SIZE, "%s/%s", (const char *)*state, name);
    return out;
}

void scratch_write(const char *path, struct str contents, mode_t mode)
{
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(descriptor >= 0);
    assert_true(write_all(descriptor, contents));
    assert_int_equal(fchmod(descriptor, mode), 0);
    close(descriptor);
}
