#include "hook_records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

/* Without a certificate nobody gets the lock. */
void put_certificate(const struct site *site)
{
    if (access(site->certificate, F_OK) != 0)
        scratch_write(site->certificate, STR("certificate"), 0644);
}

const char *record_path(const struct site *site, char out[SCRATCH_PATH_SIZE])
{
    return scratch_path(site->scratch, "left/.www.crt.wcp-hook", out);
}

int take_lock(const struct site *site)
{
    put_certificate(site);
    struct error error = {0};
    int lock = -1;
    if (hook_record_lock(&site->config, &lock, &error) != HOOK_LOCK_TAKEN)
        fail_msg("%s", error.message);
    assert_true(lock >= 0);
    return lock;
}

void assert_held(const struct site *site)
{
    struct error error = {0};
    int lock = -1;
    assert_int_equal(hook_record_lock(&site->config, &lock, &error), HOOK_LOCK_HELD);
    assert_int_equal(lock, -1);
}

void assert_free(const struct site *site)
{
    close(take_lock(site));
}

void record(int lock, enum hook_record_state state, pid_t hook, uint64_t started, int status)
{
    const struct hook_record record = {state, GENERATION, hook, started, 0, status};
    assert_true(hook_record_write(lock, &record));
}

void record_end(const struct site *site, int status)
{
    int lock = take_lock(site);
    record(lock, HOOK_RECORDED_ENDED, getpid(), 1, status);
    close(lock);
}

bool says_done(const struct site *site)
{
    return hook_record_says_done(&site->config, GENERATION);
}
