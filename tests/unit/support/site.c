#include "site.h"

#include "base/file.h"
#include "base/format.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h> /* rename */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

const struct bundle bundle_old = {
    .certificate = {"old certificate\n", 16},
    .chain = {"old chain\n", 10},
    .key = {"old key\n", 8},
};
const struct bundle bundle_new = {
    .certificate = {"new certificate\n", 16},
    .chain = {"new chain\n", 10},
    .key = {"new key\n", 8},
};
const char site_generation[GENERATION_SIZE] = "0123456789abcdef";

static const struct install_options at_once = {0};

int site_setup(void **state)
{
    struct site *site = calloc(1, sizeof *site);
    void **scratch = calloc(1, sizeof *scratch);
    if (site == NULL || scratch == NULL || scratch_setup(scratch) != 0)
        return -1;
    site->scratch = scratch;
    *state = site;
    scratch_path(scratch, "left", site->left);
    scratch_path(scratch, "right", site->right);
    scratch_path(scratch, "left/www.crt", site->certificate);
    scratch_path(scratch, "right/www.key", site->key);
    scratch_path(scratch, "left/www.chain", site->chain);
    scratch_path(scratch, "right/www.pem", site->combined);
    scratch_path(scratch, "left/.www.crt.wcp-journal", site->journal);
    site->config = (struct certificate_config){
        .arn = (char *)(uintptr_t) "arn:aws:acm:eu-central-1:123456789012:certificate/www",
        .certificate_path = site->certificate,
        .private_key_path = site->key,
        .chain_path = site->chain,
        .refresh_command = (char *)(uintptr_t) "/bin/true",
        .certificate_permission = {.given = true, .mode = 0644},
        .key_permission = {.given = true, .mode = 0640},
        .combined_permission = {.given = true, .mode = 0600},
    };
    return mkdir(site->left, 0755) == 0 && mkdir(site->right, 0755) == 0 ? 0 : -1;
}

int site_teardown(void **state)
{
    struct site *site = *state;
    int result = scratch_teardown(site->scratch);
    free(site->scratch);
    free(site);
    return result;
}

struct install_outcome site_install(const struct site *site, const struct bundle *bundle)
{
    struct install_outcome outcome;
    struct error error = {0};
    if (!install_bundle(&site->config, bundle, &at_once, &outcome, &error))
        fail_msg("%s", error.message);
    return outcome;
}

struct install_outcome site_settle(const struct site *site)
{
    struct install_outcome outcome;
    struct error error = {0};
    if (!install_settle(&site->config, &at_once, &outcome, &error))
        fail_msg("%s", error.message);
    return outcome;
}

static void assert_says(const struct error *error, enum error_kind kind, const char *part)
{
    if (error->kind != kind || strstr(error->message, part) == NULL)
        fail_msg("%s, \"%s\" instead of %s, \"%s\"", error_kind_name(error->kind), error->message,
                 error_kind_name(kind), part);
}

struct install_outcome assert_install_fails(const struct site *site, enum error_kind kind,
                                            const char *part)
{
    struct install_outcome outcome;
    struct error error = {0};
    assert_false(install_bundle(&site->config, &bundle_new, &at_once, &outcome, &error));
    assert_false(outcome.changed);
    assert_says(&error, kind, part);
    return outcome;
}

void assert_settle_fails(const struct site *site, enum error_kind kind, const char *part)
{
    struct install_outcome outcome;
    struct error error = {0};
    assert_false(install_settle(&site->config, &at_once, &outcome, &error));
    assert_int_equal(outcome.state, STORE_UNSETTLED);
    assert_says(&error, kind, part);
}

enum store_state site_confirm(const struct site *site, const char *generation)
{
    struct install_outcome outcome;
    struct error error = {0};
    if (!install_confirm(&site->config, generation, &at_once, &outcome, &error))
        fail_msg("%s", error.message);
    return outcome.state;
}

void site_settled(const struct site *site, const struct bundle *bundle)
{
    struct install_outcome outcome = site_install(site, bundle);
    if (outcome.state == STORE_HOOK_DUE)
        assert_int_equal(site_confirm(site, outcome.generation), STORE_IN_PLACE);
    assert_no_file(site->journal);
}

static const char *temporary_path(const char *target, const char *generation, enum temporary which,
                                  char out[SCRATCH_PATH_SIZE])
{
    char name[NAME_MAX + 1];
    size_t directory = (size_t)(strrchr(target, '/') - target);
    temporary_name(target + directory + 1, generation, which, name);
    format_text(out, SCRATCH_PATH_SIZE, "%.*s/%s", (int)directory, target, name);
    return out;
}

const char *site_temporary(const char *target, const char *generation, char out[SCRATCH_PATH_SIZE])
{
    return temporary_path(target, generation, TEMPORARY_NEW, out);
}

const char *site_kept(const char *target, const char *generation, char out[SCRATCH_PATH_SIZE])
{
    return temporary_path(target, generation, TEMPORARY_OLD, out);
}

static void write_journal(const struct site *site, const struct journal *journal)
{
    BUF_AUTO struct buf text = BUF(64 * 1024);
    assert_true(journal_write(journal, &text));
    scratch_write(site->journal, buf_str(&text), 0644);
}

void site_write_journal(const struct site *site, const char *const *members)
{
    struct journal journal = {0};
    memcpy(journal.generation, site_generation, sizeof site_generation);
    for (; members[0] != NULL; members += 2) {
        struct journal_member *member = &journal.members[journal.count++];
        member->path = str_from(members[0]);
        sha256_hex(str_from(members[1]), member->hash);
    }
    write_journal(site, &journal);
}

static void write_new_temporaries(const struct site *site)
{
    char path[SCRATCH_PATH_SIZE];
    const char *const paths[] = SITE_PATHS(site);
    const struct str contents[] = {bundle_new.certificate, bundle_new.key, bundle_new.chain};
    for (size_t i = 0; i < SITE_FILES; i++)
        scratch_write(site_temporary(paths[i], site_generation, path), contents[i], 0600);
}

void site_commit_without_old(const struct site *site)
{
    const char *const members[] = {
        site->certificate, bundle_new.certificate.data, site->key, bundle_new.key.data,
        site->chain,       bundle_new.chain.data,       NULL};
    write_new_temporaries(site);
    site_write_journal(site, members);
}

void site_commit(const struct site *site, enum journal_direction direction,
                 enum journal_before before)
{
    const char *const paths[] = SITE_PATHS(site);
    const struct str contents[] = {bundle_new.certificate, bundle_new.key, bundle_new.chain};
    struct journal journal = {
        .direction = direction, .before = before, .has_old_versions = true, .count = SITE_FILES};
    struct error error = {0};
    memcpy(journal.generation, site_generation, sizeof site_generation);
    for (size_t i = 0; i < SITE_FILES; i++) {
        struct journal_member *member = &journal.members[i];
        member->path = str_from(paths[i]);
        sha256_hex(contents[i], member->hash);
        assert_true(version_examine(AT_FDCWD, paths[i], &member->old, &error));
    }
    write_new_temporaries(site);
    write_journal(site, &journal);
}

void site_exchange(const char *target)
{
    char temporary[SCRATCH_PATH_SIZE];
    char between[SCRATCH_PATH_SIZE];
    site_temporary(target, site_generation, temporary);
    format_text(between, sizeof between, "%s.between", target);
    assert_int_equal(rename(target, between), 0);
    assert_int_equal(rename(temporary, target), 0);
    assert_int_equal(rename(between, temporary), 0);
}

void assert_file(const char *path, struct str contents)
{
    BUF_AUTO struct buf found = BUF(1 << 20);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0 || !read_all(descriptor, &found))
        fail_msg("%s cannot be read", path);
    close(descriptor);
    if (!str_equal(buf_str(&found), contents))
        fail_msg("%s holds \"%s\"", path, buf_text(&found));
}

void assert_no_file(const char *path)
{
    if (access(path, F_OK) == 0)
        fail_msg("%s is there", path);
}

void assert_mode(const char *path, unsigned mode)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, mode);
}

void assert_installed(const struct site *site, const struct bundle *bundle)
{
    assert_file(site->certificate, bundle->certificate);
    assert_file(site->key, bundle->key);
    assert_file(site->chain, bundle->chain);
}

static bool counts(const char *name)
{
    return strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
           !str_ends_with(str_from(name), STR(".wcp-mounts"));
}

size_t files_in(const char *directory)
{
    DIR *entries = opendir(directory);
    size_t count = 0;
    assert_non_null(entries);
    for (const struct dirent *entry = readdir(entries); entry != NULL; entry = readdir(entries))
        count += counts(entry->d_name);
    closedir(entries);
    return count;
}
