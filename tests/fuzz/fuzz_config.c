/* Any text is a configuration that keeps every promise of config.h, or is refused with a reason. */
#include "base/limits.h"
#include "config/arn.h"
#include "config/config.h"
#include "config/rules.h"

#include <stdlib.h>
#include <string.h>

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void check_path(const char *path, bool needed)
{
    if (path == NULL) {
        require(!needed);
        return;
    }
    require(rule_file_path(str_from(path)) == NULL);
    require(strstr(path, "//") == NULL && strstr(path, "/./") == NULL);
}

static void check_permission(const struct permission *permission)
{
    require(permission->given && permission->mode <= 0777);
    require(permission->owner == NULL || rule_account(str_from(permission->owner)) == NULL);
    require(permission->group == NULL || rule_account(str_from(permission->group)) == NULL);
}

static void check_certificate(const struct certificate_config *certificate)
{
    require(arn_is_certificate(str_from(certificate->arn)));
    require(arn_is_role(str_from(certificate->role_arn)));
    check_path(certificate->certificate_path, true);
    check_path(certificate->private_key_path, true);
    check_path(certificate->chain_path, false);
    check_path(certificate->combined_path, false);
    require(certificate->refresh_command == NULL ||
            rule_refresh_command(str_from(certificate->refresh_command)) == NULL);
    check_permission(&certificate->certificate_permission);
    check_permission(&certificate->key_permission);
    check_permission(&certificate->combined_permission);
    require(certificate->line > 0);
}

enum { PATHS = 4 };

static const char *path_of(const struct certificate_config *certificate, size_t place)
{
    const char *const paths[PATHS] = {certificate->certificate_path, certificate->private_key_path,
                                      certificate->chain_path, certificate->combined_path};
    return paths[place];
}

/* Neither ARN nor path stands twice, `i` being the later one or the same certificate. */
static void check_uniqueness(const struct config *config, size_t i, size_t j)
{
    const struct certificate_config *a = &config->certificates[i];
    const struct certificate_config *b = &config->certificates[j];
    require(i == j || strcmp(a->arn, b->arn) != 0);
    for (size_t p = 0; p < PATHS; p++)
        for (size_t q = 0; q < PATHS; q++)
            if (path_of(a, p) != NULL && path_of(b, q) != NULL && (i != j || p != q))
                require(strcmp(path_of(a, p), path_of(b, q)) != 0);
}

static void check_config(const struct config *config)
{
    require(config->certificate_count <= LIMIT_CERTIFICATES);
    for (size_t i = 0; i < config->certificate_count; i++) {
        check_certificate(&config->certificates[i]);
        for (size_t j = 0; j <= i; j++)
            check_uniqueness(config, i, j);
    }
    require(config->log_level <= LOG_LEVEL_NONE && config->log_destination <= LOG_TO_SYSLOG);
    require(config->refresh_interval_hours >= 1);
}

static void check_problems(const struct problems *problems)
{
    require(problems->count > 0 && problems->count <= PROBLEMS_MAX);
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->list[i];
        char text[LIMIT_LOG_LINE];
        size_t length = strlen(problem->text);
        require(length > 0 && length < sizeof text);
        memcpy(text, problem->text, length);
        make_printable(text, length);
        require(memcmp(text, problem->text, length) == 0);
        require(i == 0 || problems->list[i - 1].line <= problem->line);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config config;
    struct problems problems = {0};
    if (config_parse(str_bytes(data, size), &config, &problems)) {
        require(problems.count == 0);
        check_config(&config);
    } else {
        require(config.certificates == NULL);
        check_problems(&problems);
    }
    config_free(&config);
    problems_free(&problems);
    return 0;
}
